"""Galaxies in: the store, and one file per source that fills it."""
