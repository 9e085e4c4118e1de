"""What follows from the mean, the variance and the quantiles of densities, whatever form they have."""

from abc import ABC, abstractmethod
from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from slipher.errors import InputError

__all__ = ["Estimates", "Query"]

PerGalaxy = Float[np.ndarray, "galaxies"]
Query = float | Float[np.ndarray, "*query"]
Rule = Callable[[np.ndarray], np.ndarray]
"""Of (galaxies, k) queries."""


class Estimates(ABC):
    """p(z) of many galaxies."""

    @abstractmethod
    def __len__(self) -> int:
        """Number of galaxies."""

    @abstractmethod
    def mean(self) -> PerGalaxy:
        """Expected redshift."""

    @abstractmethod
    def median(self) -> PerGalaxy:
        """Redshift with half of the probability on either side."""

    @abstractmethod
    def mode(self) -> PerGalaxy:
        """Redshift of the highest density."""

    @abstractmethod
    def variance(self) -> PerGalaxy:
        """Variance of the redshift."""

    @abstractmethod
    def quantile(self, q: Query) -> Float[np.ndarray, "*shape"]:
        """The redshift z with F(z) = q, for q in [0, 1] of shape (), (galaxies,) or (galaxies, k)."""

    def std(self) -> PerGalaxy:
        """Standard deviation of the redshift."""
        return np.asarray(np.sqrt(self.variance()))

    def interval(self, level: float) -> tuple[PerGalaxy, PerGalaxy]:
        """Lower and upper end of the equal-tailed interval of probability ``level``."""
        return self.quantile((1 - level) / 2), self.quantile((1 + level) / 2)

    def point(self, kind: str) -> PerGalaxy:
        """The point estimate of that name: mean, median or mode.

        Raises:
            InputError: for another name.
        """
        points = {"mean": self.mean, "median": self.median, "mode": self.mode}
        if kind not in points:
            raise InputError(f"a density has no point estimate {kind!r}; it has {', '.join(points)}.")
        return points[kind]()

    def _answer(self, query: Query, rule: Rule) -> Float[np.ndarray, "*shape"]:
        """Apply a rule of (galaxies, k) queries to a query of any of the three shapes."""
        asked = np.asarray(query, dtype=np.float64)
        if asked.ndim == 2:
            return np.asarray(rule(np.broadcast_to(asked, (len(self), asked.shape[1]))))
        if asked.shape not in [(), (len(self),)]:
            raise InputError(f"{asked.shape} values were asked of {len(self)} densities; ask one, one each, or (n, k).")
        return np.asarray(rule(np.broadcast_to(asked, (len(self),))[:, None])[:, 0])

    def _quantiles(self, q: Query, rule: Rule) -> Float[np.ndarray, "*shape"]:
        """As ``_answer``, of probabilities.

        Raises:
            InputError: if one is not in [0, 1].
        """
        if not np.all((np.asarray(q) >= 0) & (np.asarray(q) <= 1)):
            raise InputError("a quantile was asked for at a probability outside [0, 1]; give probabilities.")
        return self._answer(q, rule)
