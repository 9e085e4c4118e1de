"""Planes fitted to the nearest galaxies in photometry."""
