"""The cosine basis on [0, 1]: φ_0 = 1 and φ_j(u) = √2 cos(πju) (Izbicki & Lee 2017, arXiv:1704.08095, section 2)."""

import numpy as np
from jaxtyping import Float

__all__ = ["masses", "values"]


def values(place: Float[np.ndarray, "galaxies"], count: int) -> Float[np.ndarray, "galaxies count"]:
    """φ_1 … φ_count at places in [0, 1]; φ_0 is always 1."""
    return np.asarray(np.sqrt(2) * np.cos(np.pi * place[:, None] * np.arange(1, count + 1)))


def masses(coefficients: Float[np.ndarray, "galaxies count"], bins: int) -> Float[np.ndarray, "galaxies bins"]:
    """Integral of 1 + Σ_j β_j φ_j(u) over each of equal bins of [0, 1], in closed form; rows sum to 1.

    ∫_a^b φ_j du = √2 (sin πjb − sin πja)/(πj).

    Args:
        coefficients: β_1 …, that of φ_0 being 1 for whatever integrates to 1.
        bins: number of bins.
    """
    order = np.arange(1, coefficients.shape[1] + 1)
    sines = np.sin(np.pi * np.linspace(0, 1, bins + 1)[None] * order[:, None])
    integrals = np.sqrt(2) * np.diff(sines, axis=1) / (np.pi * order[:, None])
    return np.asarray(1 / bins + coefficients @ integrals)
