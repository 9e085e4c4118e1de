"""SDSS spectra: their files, what is wrong with them, and their way into a store."""
