"""p(z): the histogram density, its scores with bootstrap intervals, and its file."""

from slipher.density.histogram import Density

__all__ = ["Density"]
