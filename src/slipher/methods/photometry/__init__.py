"""Measured photometry: what methods on catalogues look at."""
