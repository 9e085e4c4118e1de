"""Cutouts as people keep them: one array of all galaxies, or a folder with files of each."""
