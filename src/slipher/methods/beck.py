"""Local linear regression as the SDSS Photoz table was made (Beck et al. 2016, MNRAS 460, 1371, section 3).

The 100 nearest training galaxies by Euclidean distance in r, u−g, g−r, r−i and i−z as they are, dereddened
magnitudes; a plane fitted to their redshifts, outliers beyond three times the root mean square residual left out once.
All else is ``local-linear``'s, which measures distances in units of each feature's standard deviation instead.
"""

from slipher.methods.base import Job
from slipher.methods.local_linear import DETERMINISTIC, LocalLinear, Options, check_named, fit_named, restore
from slipher.survey.store import Galaxies
from slipher.survey.supply import Supply

__all__ = ["DETERMINISTIC", "check", "fit", "restore"]

DEFAULTS = Options(scale=False)


def check(galaxies: Supply, job: Job) -> None:
    """See that the options are right, and that there is photometry.

    Raises:
        InputError: otherwise.
    """
    check_named("beck", galaxies, job, DEFAULTS)


def fit(galaxies: Galaxies, job: Job) -> LocalLinear:
    """Keep the photometry of the labelled training galaxies.

    Raises:
        InputError: for a store without photometry, fewer galaxies than neighbours, or an unknown option.
    """
    return fit_named("beck", galaxies, job, DEFAULTS)
