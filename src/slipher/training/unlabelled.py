"""Galaxies of which nothing but images and E(B−V) is asked, redshift or not."""

from dataclasses import dataclass

import torch

from slipher.survey.store import Galaxies
from slipher.training.examples import Examples, Recipe, known_ebv

__all__ = ["UNKNOWN", "UnlabelledRecipe"]

UNKNOWN = -1
"""The label of galaxies whose redshift nobody looks at."""


@dataclass(frozen=True)
class UnlabelledRecipe(Recipe):
    """What is read of each galaxy; redshifts are not, so that none can play a role."""

    def read(self, galaxies: Galaxies) -> Examples:
        """Read galaxies, all at once."""
        count = len(galaxies)
        return Examples(
            inputs=torch.from_numpy(self.inputs(galaxies)),
            ebv=torch.from_numpy(known_ebv(galaxies)),
            redshift=torch.full((count,), torch.nan),
            label=torch.full((count,), UNKNOWN),
            sources=torch.from_numpy(galaxies.sources()) if self.sky else None,
            sky_level=torch.from_numpy(galaxies.sky_level) if self.sky else None,
            sky_sigma=torch.from_numpy(galaxies.sky_sigma) if self.sky else None,
        )
