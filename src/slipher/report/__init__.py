"""What a finished study looks like: the paper's figures for every group, and one page that holds them."""
