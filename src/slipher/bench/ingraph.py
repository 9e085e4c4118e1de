"""The flux constraint as the paper computes it: every integral inside the graph, in every step.

This is what tables of responses (:mod:`slipher.physics.response`) are held against, in tests and in time.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from slipher.physics.filters import Filter
from slipher.redshift import Grid

__all__ = ["flux_in_graph"]


def flux_in_graph(
    p: Float[Tensor, "bins"],
    wavelength: Float[Tensor, "pixels"],
    flux: Float[Tensor, "pixels"],
    redshift: float,
    grid: Grid,
    filters: Sequence[Filter],
) -> Float[Tensor, ""]:
    """P_flux of one galaxy by the trapezoid rule over the shifted pixels (Engel & Strube, B.1).

    Args:
        p: mass in each bin.
        wavelength: increasing wavelengths λ of the observed spectrum, Å, in the precision of p.
        flux: F_λ, any unit, in the precision of p.
        redshift: spectroscopic redshift ẑ.
        grid: the redshift bins.
        filters: the bands' filters; all of them count.
    """
    shift = (1 + torch.from_numpy(grid.centres)) / (1 + redshift)
    shifts = torch.cat([shift, shift.new_ones(1)]).to(p)
    deviations = []
    for band in filters:
        value = _through(band, shifts, wavelength, flux)
        deviations.append(((p * value[:-1]).sum() / value[-1] - 1).abs())
    return torch.stack(deviations).mean()


def _through(
    band: Filter, shifts: Float[Tensor, "shifts"], wavelength: Float[Tensor, "pixels"], flux: Float[Tensor, "pixels"]
) -> Float[Tensor, "shifts"]:
    """Φ' of a shifted spectrum through a filter; 0 where it misses the filter."""
    shifted = shifts[:, None] * wavelength
    curve = torch.from_numpy(band.wavelength).to(shifts), torch.from_numpy(band.response).to(shifts)
    response = _interpolated(shifted, *curve)
    numerator = torch.trapezoid(flux * response * shifted, shifted)
    denominator = torch.trapezoid(response / shifted, shifted)
    return torch.where(denominator > 0, numerator / denominator, 0.0)


def _interpolated(
    x: Float[Tensor, "*shape"], xp: Float[Tensor, "samples"], fp: Float[Tensor, "samples"]
) -> Float[Tensor, "*shape"]:
    """numpy.interp in the graph, zero outside."""
    right = torch.searchsorted(xp, x).clamp(1, len(xp) - 1)
    fraction = (x - xp[right - 1]) / (xp[right] - xp[right - 1])
    value = fp[right - 1] + fraction * (fp[right] - fp[right - 1])
    return torch.where((x >= xp[0]) & (x <= xp[-1]), value, 0.0)
