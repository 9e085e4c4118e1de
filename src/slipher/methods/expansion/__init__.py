"""Densities expanded in cosines."""
