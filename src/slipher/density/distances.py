"""Distances of the PIT from the uniform distribution, what they are where calibrated, and which of two is larger.

They have no bootstrap interval: resampling lifts a distance, so that its interval misses the truth, the more often the
better a density is calibrated. Beside a distance stands what calibrated densities of as many galaxies have.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Float
from scipy.optimize import brentq
from scipy.stats import kstwo

from slipher.density.intervals import TAIL

__all__ = ["AD", "CVM", "KS", "PIT_CLIP", "Distance", "pit_ad", "pit_cvm", "pit_ks"]

PIT_CLIP = 1e-6
"""PIT values are kept this far from 0 and 1 in pit_ad, whose weights are infinite there."""

SMALL, LARGE = 2e-3, 100.0
"""No calibrated density is as near to uniform, or as far."""
NODES, INTERVALS = 64, 100
"""Of the integrals that give p: more change nothing between SMALL and LARGE."""

PerGalaxy = Float[np.ndarray, "galaxies"]
Nodes = Float[np.ndarray, "intervals nodes"]


@dataclass(frozen=True)
class Distance:
    """What is known of a distance beside its value."""

    p: Callable[[float, int], float]
    """Probability that calibrated densities of n galaxies have one as large."""
    influence: Callable[[PerGalaxy], PerGalaxy]
    """How far each galaxy, by its sorted PIT, moves the distance; the distance varies as the mean of these does."""

    def expected(self, n: int) -> tuple[float, float]:
        """Between which values calibrated densities of n galaxies have it with a probability of 95 %."""
        return _quantile(self.p, TAIL, n), _quantile(self.p, 1 - TAIL, n)


@lru_cache
def _quantile(p: Callable[[float, int], float], above: float, n: int) -> float:
    """The value that is exceeded with a probability."""
    return float(brentq(lambda value: p(value, n) - above, 1e-6, LARGE, xtol=1e-12))


def pit_ks(pit: PerGalaxy) -> float:
    """Kolmogorov–Smirnov distance of the PIT to the uniform distribution."""
    return float(np.max(_apart(np.sort(pit, kind="stable"))))


def pit_cvm(pit: PerGalaxy) -> float:
    """Cramér–von Mises statistic n∫(F_n − u)² du of the PIT."""
    middles = (np.arange(len(pit)) + 0.5) / len(pit)
    return float(np.sum((np.sort(pit, kind="stable") - middles) ** 2)) + 1 / (12 * len(pit))


def pit_ad(pit: PerGalaxy) -> float:
    """Anderson–Darling statistic n∫(F_n − u)²/(u(1 − u)) du of the PIT, clipped to [1e-6, 1 − 1e-6]."""
    clipped = np.clip(np.sort(pit, kind="stable"), PIT_CLIP, 1 - PIT_CLIP)
    odd = 2 * np.arange(len(pit)) + 1
    return -len(pit) - float(np.mean(odd * np.log(clipped) + odd[::-1] * np.log1p(-clipped)))


def _ks_p(value: float, n: int) -> float:
    """Exact (Simard & L'Ecuyer 2011)."""
    return float(kstwo.sf(value, n))


def _cvm_p(value: float, _n: int) -> float:
    """That of many galaxies, within 0.006 of the exact one from 10 galaxies on; Σ χ²_j/(πj)², D = sin x/x at s = x²/2.

    Each χ²_j is the square of a standard normal number (Anderson & Darling 1952).
    """
    x, weight = _nodes(math.pi, math.pi, 2 * math.pi)
    return _beyond(value, x**2 / 2, math.pi * weight / np.sqrt(x * np.abs(np.sin(x))))


def _ad_p(value: float, _n: int) -> float:
    """That of many galaxies, within 0.001 of the exact one from 10 on; Σ χ²_j/(j(j + 1)), D = −cos(πx/2)/(2πs).

    Here x² = 1 + 8s (Anderson & Darling 1952).
    """
    x, weight = _nodes(3.0, 2.0, 4.0)
    s = (x**2 - 1) / 8
    return _beyond(value, s, x / 4 * weight * np.sqrt(2 * math.pi / (s * np.abs(np.cos(math.pi * x / 2)))))


def _nodes(first: float, length: float, step: float) -> tuple[Nodes, Float[np.ndarray, "nodes"]]:
    """Chebyshev's, in intervals a step apart, and √(1 − t²), which is 0 at their ends, as √|D| is."""
    t = np.cos((np.arange(NODES) + 0.5) * math.pi / NODES)
    return first + length / 2 * (1 + t) + step * np.arange(INTERVALS)[:, None], np.sqrt(1 - t**2)


def _beyond(value: float, s: Nodes, integrand: Nodes) -> float:
    """Probability that Σ λ_j χ²_j is larger, small ones as exact as large ones (Smirnov 1936).

    It is 1/π times the alternating sum of ∫exp(−s value)/(s √|D(s)|) ds over the intervals where
    D(s) = ∏ (1 − 2s λ_j) is negative, by Gauss and Chebyshev's rule.
    """
    parts = np.mean(np.exp(-s * min(max(value, SMALL), LARGE)) * integrand, axis=1)
    return min(float(parts[::2].sum() - parts[1::2].sum()), 1.0)


def _apart(pit: PerGalaxy) -> Float[np.ndarray, "2 galaxies"]:
    """At each sorted PIT u, how far u lies above the share of those before it, and the share up to it above u."""
    count = len(pit)
    return np.stack([pit - np.arange(count) / count, np.arange(1, count + 1) / count - pit])


def _ks_influence(pit: PerGalaxy) -> PerGalaxy:
    """The distance is that of the share F(u) from u where that is largest: a galaxy counts for it below u."""
    apart = _apart(pit)
    side, place = divmod(int(np.argmax(apart)), len(pit))
    return np.where(np.arange(len(pit)) < place + side, 2.0 * side - 1, 0.0)


def _cvm_influence(pit: PerGalaxy) -> PerGalaxy:
    """2n∫(F − u) du from each PIT to 1."""
    share, ends = np.arange(1, len(pit) + 1) / len(pit), np.append(pit, 1.0)
    return _from_each(2 * share * np.diff(ends) - np.diff(ends**2))


def _ad_influence(pit: PerGalaxy) -> PerGalaxy:
    """2n∫(F − u)/(u(1 − u)) du from each PIT to 1, both within the clip."""
    share = np.arange(1, len(pit) + 1) / len(pit)
    ends = np.clip(np.append(pit, 1.0), PIT_CLIP, 1 - PIT_CLIP)
    return _from_each(2 * (share * np.diff(np.log(ends)) + (1 - share) * np.diff(np.log1p(-ends))))


def _from_each(steps: PerGalaxy) -> PerGalaxy:
    """N times the sum of the steps from each one to the last."""
    return np.asarray(len(steps) * np.cumsum(steps[::-1])[::-1])


KS = Distance(_ks_p, _ks_influence)
CVM = Distance(_cvm_p, _cvm_influence)
AD = Distance(_ad_p, _ad_influence)
