"""Training galaxies among which neighbours are looked up, and planes fitted to them."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float
from scipy.spatial import KDTree

from slipher.methods.planes.local_fit import Planes, fit_planes
from slipher.threads import available_cores

__all__ = ["Found", "Neighbourhood"]

CHUNK = 512
"""Galaxies fitted at once by one thread: their neighbours then stay in the processor's cache."""
LEAF = 32
"""Training galaxies in a leaf of the tree; about as quick from 16 to 64."""


@dataclass(frozen=True, eq=False)
class Found:
    """What some galaxies got."""

    planes: Planes
    outside: Bool[np.ndarray, "galaxies"]
    """Whether the galaxy lies outside the box that its neighbours span."""


@dataclass(frozen=True, eq=False)
class Neighbourhood:
    """Training galaxies, all of whose features are known."""

    features: Float[np.ndarray, "train features"]
    redshift: Float[np.ndarray, "train"]
    count: int
    """Neighbours that a plane is fitted to."""
    scaled: bool
    """Whether each feature is measured in its standard deviation when neighbours are looked for."""

    @cached_property
    def scale(self) -> Float[np.ndarray, "features"]:
        """The unit of each feature in distances, magnitudes."""
        spread = self.features.std(axis=0)
        return np.where((spread > 0) & self.scaled, spread, 1.0)

    @cached_property
    def tree(self) -> KDTree:
        """The training galaxies, ready for looking up neighbours."""
        return KDTree(self.features / self.scale, leafsize=LEAF)

    def find(self, features: Float[np.ndarray, "galaxies features"]) -> Found:
        """The planes of some galaxies."""
        # a list of ranks keeps the axis of neighbours even if there is one
        nearest = self.tree.query(features / self.scale, k=np.arange(1, self.count + 1))[1]
        around = self.features[nearest]
        outside = ((features < around.min(axis=1)) | (features > around.max(axis=1))).any(axis=1)
        return Found(fit_planes(features, around, self.redshift[nearest]), outside)

    def over_chunks(
        self,
        features: Float[np.ndarray, "galaxies features"],
        work: Callable[[Found], Float[np.ndarray, "chunk columns"]],
    ) -> Float[np.ndarray, "galaxies columns"]:
        """A row for each galaxy from what it got, in threads: search and arithmetic leave Python's lock alone.

        Args:
            features: of at least one galaxy.
            work: makes the rows of a chunk.
        """
        _ = self.tree
        # galaxies that are alike share neighbours, which are in the processor's cache then: a quarter of the time
        order = KDTree(features).indices
        chunks = [features[order[start : start + CHUNK]] for start in range(0, len(features), CHUNK)]
        with ThreadPoolExecutor(available_cores()) as pool:
            rows = np.concatenate(list(pool.map(lambda chunk: work(self.find(chunk)), chunks)))
        return np.asarray(rows[np.argsort(order)])
