"""What training asks of a response table."""

from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float, Int

__all__ = ["Responses"]


@runtime_checkable
class Responses(Protocol):
    """A response table aligned with the rows of a store (survey/responses.py)."""

    def rows(
        self, rows: Int[np.ndarray, "galaxies"]
    ) -> tuple[Float[np.ndarray, "galaxies bins bands"], Bool[np.ndarray, "galaxies bands"]]:
        """Response Φ'_b(ν_c)/Φ'_b(1) of those store rows, and which bands count."""
        ...
