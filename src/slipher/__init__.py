"""slipher: photometric redshifts from galaxy images as calibrated conditional densities."""

__version__ = "0.1.0"
