"""What a user says of densities in a file: where they and their redshifts are, and the grid that is wanted."""

from dataclasses import dataclass

import numpy as np

from slipher.errors import InputError
from slipher.redshift import Grid

__all__ = ["Asked"]


@dataclass(frozen=True)
class Asked:
    """Options of ``slipher evaluate``.

    Attributes:
        pdf: the column that holds an array of densities a row.
        grid: the redshifts that go with these arrays: a column or array, COL of the same file or FILE:COL.
        z_max: the end of the grid that is wanted.
        bins: its number of bins.
    """

    pdf: str | None = None
    grid: str | None = None
    z_max: float | None = None
    bins: int | None = None

    def wanted(self, edges: np.ndarray | None) -> Grid | None:
        """The grid on which densities shall be scored; None if on their own knots.

        Args:
            edges: of the bins that the densities have, if they have some: where these end at ``z_max`` they are meant.

        Raises:
            InputError: if half of it is said.
        """
        if self.z_max is None and self.bins is None:
            return None
        bins = self.bins
        if bins is None and edges is not None and edges.size and edges.max() == self.z_max:
            bins = edges.size - 1
        if self.z_max is None or bins is None:
            raise InputError("--z-max and --bins tell a grid together; give both, or neither.")
        return Grid(self.z_max, bins)

    def refuse_columns(self, why: str) -> None:
        """Raise an InputError if columns are named for a file that has none to choose."""
        self._refuse(why, {"--pdf": self.pdf, "--grid": self.grid})

    def refuse(self, why: str) -> None:
        """Raise an InputError if anything is asked of densities where there are none."""
        self._refuse(why, {"--pdf": self.pdf, "--grid": self.grid, "--z-max": self.z_max, "--bins": self.bins})

    def _refuse(self, why: str, options: dict[str, object]) -> None:
        for option, value in options.items():
            if value is not None:
                raise InputError(f"{why}; leave out {option} {value}.")
