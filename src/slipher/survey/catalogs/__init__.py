"""Catalogues of measured photometry, as stores without images."""
