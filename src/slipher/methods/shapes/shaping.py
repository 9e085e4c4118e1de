"""From an expansion, which may be negative, to a density (Izbicki & Lee 2017, arXiv:1704.08095, section 2.2).

Everything acts on masses in bins, so that what is chosen by a score is chosen by the score of what is predicted.
"""

import numpy as np
from jaxtyping import Float

__all__ = ["nearest_density", "sharpened", "without_bumps"]

Masses = Float[np.ndarray, "galaxies bins"]


def nearest_density(mass: Masses) -> Masses:
    """The probabilities nearest to each row in the sum of squares: max(mass − ξ, 0) with ξ so that they sum to 1.

    What Glad, Hjort & Ushakov (2003, Scand. J. Stat. 30, 415) do to densities, in closed form for histograms (Duchi et
    al. 2008, ICML, figure 1). It never takes a row farther from the true density.
    """
    ranked = -np.sort(-mass, axis=1)
    excess = (np.cumsum(ranked, axis=1) - 1) / np.arange(1, mass.shape[1] + 1)
    last = np.count_nonzero(ranked > excess, axis=1) - 1
    return np.maximum(mass - np.take_along_axis(excess, last[:, None], axis=1), 0.0)


def without_bumps(mass: Masses, least: float) -> Masses:
    """Without the runs of bins between empty ones that hold less than ``least``; each row's largest stays.

    Args:
        mass: probabilities.
        least: mass that a bump must have; 0 leaves all.
    """
    if not mass.size or least <= 0:
        return mass
    filled = mass > 0
    begins = filled & ~np.pad(filled, ((0, 0), (1, 0)))[:, :-1]
    bump = begins.cumsum(axis=1)
    width = mass.shape[1] + 1
    rows = np.arange(len(mass))[:, None] * width
    held = np.bincount((rows + bump).ravel(), mass.ravel(), minlength=len(mass) * width).reshape(-1, width)
    limit = np.minimum(least, held.max(axis=1, keepdims=True))
    kept = np.where(np.take_along_axis(held, bump, axis=1) >= limit, mass, 0.0)
    return np.asarray(kept / kept.sum(axis=1, keepdims=True))


def sharpened(mass: Masses, power: float) -> Masses:
    """Each row to a power, renormalised: above 1 narrower, below 1 wider."""
    # divided by its peak first, so that no power of a small mass vanishes
    raised = (mass / mass.max(axis=1, keepdims=True)) ** power
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))
