"""Published data over the network: what there is, from where, and how it arrives whole."""
