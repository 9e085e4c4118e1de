"""Parameterisations that slipher does not know, asked of qp at so many places that little is lost."""

import numpy as np

from slipher.density.foreign.lines import own_interp
from slipher.density.foreign.record import Pieces, Record
from slipher.errors import InputError
from slipher.extras import require

__all__ = ["other"]

PLACES = 1001
"""Redshifts at which each density is asked for."""
TAIL = 1e-4
"""Probability left out on either side."""


def other(record: Record) -> Pieces:
    """Qp's pdf at equal steps between quantiles that hold nearly all of each density.

    Raises:
        InputError: if qp is not installed or cannot make sense of the numbers.
    """
    qp = require("qp", "qp")
    try:
        ensemble = qp.from_tables({"meta": dict(record.meta), "data": dict(record.data)})
        ends = np.asarray(ensemble.ppf(np.array([TAIL, 1 - TAIL]))).reshape(record.count, 2)
        reach = ends[:, 1:] - ends[:, :1]
        places = ends[:, :1] - reach / 2 + 2 * reach * np.linspace(0, 1, PLACES)
        heights = np.asarray(ensemble.pdf(places)).reshape(record.count, PLACES)
    except (ArithmeticError, AttributeError, IndexError, KeyError, NotImplementedError, TypeError, ValueError) as error:
        reason = " ".join(str(error).split()).rstrip(".")
        raise InputError(
            f"{record.where} is not an ensemble that this qp can read ({reason}); check how it was made."
        ) from error
    return own_interp(Record(record.where, record.kind, {}, {"xvals": places, "yvals": heights}))
