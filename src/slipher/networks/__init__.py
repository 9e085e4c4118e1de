"""Networks: a batch of galaxies in, logits over redshift bins out; one file an architecture."""
