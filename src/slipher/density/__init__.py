"""p(z): the histogram density, its scores with intervals, and its file."""

from slipher.density.histogram import Density

__all__ = ["Density"]
