"""How a density is made of an expansion in cosines, and the choice of that by its loss (Izbicki & Lee 2017, 2.2)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Int

from slipher.errors import InputError
from slipher.methods.expansion.cosine import masses
from slipher.methods.shapes.around_fit import FLOOR
from slipher.methods.shapes.shaping import nearest_density, sharpened, without_bumps
from slipher.redshift import Grid

__all__ = ["Shape", "best_shape"]

BUMPS = (0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.35)
"""Masses below which a bump may be taken for noise."""
POWERS = tuple(np.round(np.arange(0.5, 2.55, 0.1), 2).tolist())
"""Powers that may sharpen, or widen."""

Coefficients = Float[np.ndarray, "galaxies basis"]
Masses = Float[np.ndarray, "galaxies bins"]


@dataclass(frozen=True)
class Shape:
    """The three choices."""

    cosines: int
    """How many are used."""
    bump: float = 0.0
    """Mass that a bump must have."""
    power: float = 1.0
    """To which the density is raised."""

    def __post_init__(self) -> None:
        if self.cosines < 1 or not 0 <= self.bump < 1 or self.power <= 0:
            raise InputError(
                f"shape is {self.cosines} cosines, bump {self.bump:g} and power {self.power:g}, but must be at least "
                "1, a part of the mass, and above 0."
            )

    def mass(self, coefficients: Coefficients, grid: Grid) -> Masses:
        """Mass in each bin, non-negative, of sum 1, every bin floored.

        Args:
            coefficients: β_1 …, at least as many as are used.
            grid: the redshift grid, to whose range [0, 1] is stretched.
        """
        density = nearest_density(masses(coefficients[:, : self.cosines], grid.bins))
        return _floored(sharpened(without_bumps(density, self.bump), self.power))


def best_shape(coefficients: Coefficients, redshift: Float[np.ndarray, "galaxies"], grid: Grid) -> Shape:
    """The number of cosines, then the bump together with the power, of least mean conditional density loss.

    Args:
        coefficients: of galaxies that were not trained on.
        redshift: of these galaxies, inside the grid.
        grid: the redshift grid.
    """
    label = grid.index(redshift)
    numbers = (Shape(count + 1) for count in range(coefficients.shape[1]))
    plain = _least(numbers, coefficients, label, grid)
    density = nearest_density(masses(coefficients[:, : plain.cosines], grid.bins))
    # raising to a power is done to what each bump leaves, which is made once
    found = [
        (_loss(_floored(sharpened(left, power)), label), bump, power)
        for bump in BUMPS
        for left in [without_bumps(density, bump)]
        for power in POWERS
    ]
    _, bump, power = min(found)
    return replace(plain, bump=bump, power=power)


def _least(
    shapes: Iterable[Shape], coefficients: Coefficients, label: Int[np.ndarray, "galaxies"], grid: Grid
) -> Shape:
    """The first shape of least loss."""
    return min(shapes, key=lambda shape: _loss(shape.mass(coefficients, grid), label))


def _loss(mass: Masses, label: Int[np.ndarray, "galaxies"]) -> float:
    """Mean of Σp² − 2p_label: the conditional density loss in units of 1/width of a bin."""
    return float(np.mean(np.square(mass).sum(axis=1) - 2 * mass[np.arange(len(label)), label]))


def _floored(mass: Masses) -> Masses:
    mass = np.maximum(mass, FLOOR)
    return np.asarray(mass / mass.sum(axis=1, keepdims=True))
