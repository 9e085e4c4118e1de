"""Cutouts from SDSS frames."""
