"""Densities that go straight from knot to knot: qp's interp, interp_irregular, packed_interp and sparse."""

from functools import lru_cache

import numpy as np
from jaxtyping import Float

from slipher.density import nodes
from slipher.density.foreign.padding import direction, unpadded
from slipher.density.foreign.record import Pieces, Record
from slipher.errors import InputError
from slipher.extras import require

__all__ = ["interp", "own_interp", "packed", "sparse"]

SPARSE = "qp.parameterizations.sparse_interp.sparse_rep"

Heights = Float[np.ndarray, "galaxies knots"]


def interp(record: Record) -> Pieces:
    """``yvals`` at ``xvals`` that all share."""
    knots = record.knots("xvals")
    return _lines(knots, record.heights("yvals", knots.shape[1]))


def own_interp(record: Record) -> Pieces:
    """``yvals`` at ``xvals`` of each galaxy's own, of as many as it has, rising or falling."""
    knots = record.own_knots("xvals")
    way = direction(knots)
    knots, heights = unpadded(way * knots, record.heights("yvals", knots.shape[1]))
    return _lines(way * knots[:, ::way], heights[:, ::way])


def packed(record: Record) -> Pieces:
    """Heights as a share of the highest one, in 255 steps, linear or of its logarithm (qp.packing_utils)."""
    knots = record.knots("xvals")
    share = record.rows("ypacked", knots.shape[1]) / 255
    kind = int(record.shared("packing_type")[0]) if "packing_type" in record.meta else 0
    if kind not in (0, 1):
        raise InputError(f"{record.where} packs its densities in the way {kind}; known are 0 and 1 of qp.")
    if kind == 1:
        decades = -record.shared("log_floor")[0] if "log_floor" in record.meta else 3.0
        share = np.where(share == 0, 0.0, 10 ** (decades * (share - 1)))
    return _lines(knots, record.rows("ymax", 1) * share)


def sparse(record: Record) -> Pieces:
    """Sums of Voigt profiles out of a dictionary (Carrasco Kind & Brunner 2014), unpacked by qp at its ``xvals``."""
    knots, spans = record.knots("xvals"), record.rows("sparse_indices")
    means, widths, dims = (tuple(record.shared(name).tolist()) for name in ("mu", "sig", "dims"))
    if len(dims) < 3 or min(dims) < 1 or len(means) != 2 or len(widths) != 2:
        raise InputError(f"{record.where} has no dictionary of qp's sparse in 'dims', 'mu' and 'sig'; it is damaged.")
    basis = _dictionary(tuple(knots[0].tolist()), means, widths, tuple(map(int, dims)))
    qp = require(SPARSE, "qp")
    places, weights = qp.decode_sparse_indices(spans.astype(np.int64))
    if places.max(initial=0) >= basis.shape[1]:
        raise InputError(f"{record.where} has 'sparse_indices' beyond its dictionary; it is damaged.")
    heights = np.stack([basis[:, place] @ weight for place, weight in zip(places, weights, strict=True)])
    # sums of few profiles swing below 0, where qp's pdf_from_sparse takes 0 too
    return _lines(knots, np.maximum(heights, 0.0))


@lru_cache(maxsize=1)
def _dictionary(
    knots: tuple[float, ...], means: tuple[float, ...], widths: tuple[float, ...], dims: tuple[int, ...]
) -> Float[np.ndarray, "knots profiles"]:
    """The profiles, which take longer than a block of galaxies."""
    table = {"xvals": np.array(knots), "mu": means, "sig": widths, "dims": dims}
    return np.asarray(require(SPARSE, "qp").create_basis(table))


def _lines(knots: Float[np.ndarray, "rows knots"], heights: Heights) -> Pieces:
    """Lines, by their heights at two places inside each piece."""
    s = nodes.nodes(2)
    return Pieces(knots, heights[:, :-1, None] * (1 - s) + heights[:, 1:, None] * s)
