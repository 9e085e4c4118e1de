"""The published archive of SDSS cutouts (Pasquet et al. 2019; Dey et al. 2022)."""
