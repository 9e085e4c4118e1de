"""Magnitudes of bands that a galaxy lacks, as the other bands lead one to expect.

Magnitudes are taken to be jointly normal among the training galaxies; those that a galaxy lacks then have a mean and a
variance given those that it has (e.g. Eaton 1983, *Multivariate Statistics*, proposition 3.13): the linear regression
of one on the others, with the scatter about it as the error.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from slipher.errors import InputError
from slipher.methods.file import ModelFile

__all__ = ["Completion"]

LEAST_VARIANCE = 1e-8
"""Of a combination of magnitudes, magnitudes squared, so that it can be divided by."""

PerBand = Float[np.ndarray, "galaxies bands"]


@dataclass(frozen=True, eq=False)
class Completion:
    """Mean and covariance of the magnitudes of training galaxies that have all bands."""

    mean: Float[np.ndarray, "bands"]
    covariance: Float[np.ndarray, "bands bands"]

    @classmethod
    def of(cls, magnitudes: PerBand) -> "Completion":
        """From the rows without a NaN, of which there must be more than bands."""
        whole = magnitudes[np.isfinite(magnitudes).all(axis=1)]
        return cls(whole.mean(axis=0), np.atleast_2d(np.cov(whole, rowvar=False, bias=True)))

    @classmethod
    def stored(cls, file: ModelFile) -> "Completion":
        """The one that a model file holds.

        Raises:
            InputError: if it holds none.
        """
        bands = len(file.bands)
        covariance = file.floats("covariance", bands, bands)
        if not np.array_equal(covariance, covariance.T) or (np.diag(covariance) < 0).any():
            raise InputError("the tensor covariance holds none; copy or train the model again.")
        return cls(file.floats("mean", bands), covariance)

    @property
    def whitening(self) -> Float[np.ndarray, "bands bands"]:
        """W such that W (m − mean) has unit covariance: magnitudes are so alike that networks learn little of them."""
        values, vectors = np.linalg.eigh(self.covariance)
        return np.asarray(vectors.T / np.sqrt(np.maximum(values, LEAST_VARIANCE))[:, None])

    def whitened(self, magnitudes: PerBand) -> PerBand:
        """Uncorrelated combinations of the magnitudes, of mean 0 and variance 1."""
        return np.asarray((magnitudes - self.mean) @ self.whitening.T)

    def fill(self, magnitudes: PerBand, error: PerBand) -> tuple[PerBand, PerBand]:
        """Magnitudes and errors, those that are NaN replaced by what is expected of them.

        What the bands filled in have in common is not told: their errors are given one by one.

        Args:
            magnitudes: NaN where a band is missing.
            error: their errors, of any value there.
        """
        filled, error = magnitudes.copy(), error.copy()
        known = np.isfinite(magnitudes)
        for pattern in np.unique(known, axis=0):
            if not pattern.all():
                rows = np.flatnonzero((known == pattern).all(axis=1))
                where = np.ix_(rows, ~pattern)
                filled[where], error[where] = self._expected(magnitudes[rows][:, pattern], pattern)
        return filled, error

    def _expected(
        self, known: Float[np.ndarray, "galaxies known"], pattern: Bool[np.ndarray, "bands"]
    ) -> tuple[Float[np.ndarray, "galaxies missing"], Float[np.ndarray, "missing"]]:
        """Mean and standard deviation of the missing bands given the known ones."""
        across = self.covariance[np.ix_(~pattern, pattern)]
        slopes = across @ np.linalg.pinv(self.covariance[np.ix_(pattern, pattern)], hermitian=True)
        variance = np.diag(self.covariance)[~pattern] - np.einsum("mk,mk->m", slopes, across)
        mean = self.mean[~pattern] + (known - self.mean[pattern]) @ slopes.T
        return mean, np.sqrt(np.maximum(variance, 0.0))
