"""Galaxies of a store as tensors: kept in memory where they fit, else read batch by batch."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields, replace

import numpy as np
import torch
from jaxtyping import Bool, Float, Float32, Int
from torch import Tensor

from slipher.redshift import Grid
from slipher.survey.store import Galaxies
from slipher.survey.supply import check_images
from slipher.training.responses import Responses

__all__ = ["Examples", "Reader", "Recipe", "known_ebv", "pixels", "prefetched"]

MEMORY = 4_000_000_000
"""Bytes of training galaxies that are kept in memory."""
CPU = torch.device("cpu")
PEEK = 64
"""Galaxies that are read to learn how large one is."""


@dataclass(frozen=True)
class Examples:
    """Labelled galaxies."""

    inputs: Float[Tensor, "batch ..."]
    """Images (batch, bands, y, x) in nanomaggies, NaN where bad; or features of photometry (batch, features)."""
    ebv: Float[Tensor, "batch"]
    redshift: Float[Tensor, "batch"]
    label: Int[Tensor, "batch"]
    photometry: Float[Tensor, "batch features"] | None = None
    """Features of photometry, for a network that takes them beside images."""
    classes: Int[Tensor, "batch"] | None = None
    """Numbers of the galaxies' classes, −1 where unknown, for a network that is shown them in training."""
    sources: Bool[Tensor, "batch y x"] | None = None
    """Pixels that hold light of a source."""
    sky_level: Float[Tensor, "batch bands"] | None = None
    sky_sigma: Float[Tensor, "batch bands"] | None = None
    response: Float[Tensor, "batch bins bands"] | None = None
    counting: Bool[Tensor, "batch bands"] | None = None

    def __len__(self) -> int:
        return len(self.label)

    def __getitem__(self, rows: Tensor | slice) -> "Examples":
        return self._map(lambda column: column[rows])

    def to(self, device: torch.device) -> "Examples":
        """The same on another device."""
        return self._map(lambda column: column.to(device, non_blocking=True))

    def pinned(self) -> "Examples":
        """The same in pages that stay where they are, from which an accelerator copies without anybody waiting."""
        return self._map(Tensor.pin_memory)

    @property
    def beside(self) -> tuple[Tensor, ...]:
        """What the network takes beside its inputs: E(B−V), and photometry and classes where there are some."""
        return (self.ebv, *(each for each in (self.photometry, self.classes) if each is not None))

    @property
    def bytes(self) -> int:
        """Memory taken."""
        columns = (getattr(self, field.name) for field in fields(self))
        return sum(column.nbytes for column in columns if column is not None)

    def _map(self, function: Callable[[Tensor], Tensor]) -> "Examples":
        held = {field.name: getattr(self, field.name) for field in fields(self)}
        return replace(self, **{name: function(column) for name, column in held.items() if column is not None})


@dataclass(frozen=True)
class Recipe:
    """What is read of each galaxy."""

    grid: Grid
    inputs: Callable[[Galaxies], Float32[np.ndarray, "galaxies ..."]]
    """Galaxies to the network's inputs."""
    photometry: Callable[[Galaxies], Float32[np.ndarray, "galaxies features"]] | None = None
    """Galaxies to features, for a network that takes them beside images."""
    classes: Callable[[Galaxies], Int[np.ndarray, "galaxies"]] | None = None
    """Galaxies to numbers of their classes, for a network that is shown them in training."""
    sky: bool = False
    """Whether the measured sky is needed, to draw it anew."""
    responses: Responses | None = None
    """The response table of the store, where the flux constraint needs it."""

    def read(self, galaxies: Galaxies) -> Examples:
        """Read galaxies, all at once."""
        response, counting = self.responses.rows(galaxies.rows) if self.responses else (None, None)
        return Examples(
            inputs=torch.from_numpy(self.inputs(galaxies)),
            ebv=torch.from_numpy(known_ebv(galaxies)),
            redshift=torch.from_numpy(galaxies.redshift),
            label=torch.from_numpy(self.grid.index(galaxies.redshift)),
            photometry=torch.from_numpy(self.photometry(galaxies)) if self.photometry else None,
            classes=torch.from_numpy(self.classes(galaxies)) if self.classes else None,
            sources=torch.from_numpy(galaxies.sources()) if self.sky else None,
            sky_level=torch.from_numpy(galaxies.sky_level) if self.sky else None,
            sky_sigma=torch.from_numpy(galaxies.sky_sigma) if self.sky else None,
            response=None if response is None else torch.from_numpy(np.ascontiguousarray(response)),
            counting=None if counting is None else torch.from_numpy(np.ascontiguousarray(counting)),
        )


class Reader:
    """Galaxies by their place, however many there are.

    Args:
        galaxies: labelled galaxies inside the grid.
        recipe: what is read of each.
        memory: bytes up to which all are kept in memory.
    """

    def __init__(self, galaxies: Galaxies, recipe: Recipe, memory: int = MEMORY) -> None:
        self.galaxies = galaxies
        self.recipe = recipe
        sample = recipe.read(galaxies[:PEEK])
        fits = sample.bytes / max(len(sample), 1) * len(galaxies) <= memory
        self.kept = recipe.read(galaxies) if fits else None

    def __len__(self) -> int:
        return len(self.galaxies)

    def __call__(self, places: Int[np.ndarray, "batch"]) -> Examples:
        """The galaxies at those places, in that order."""
        if self.kept is not None:
            return self.kept[torch.from_numpy(places)]
        return self.recipe.read(self.galaxies[places])


def prefetched(
    reader: Reader, batches: Sequence[Int[np.ndarray, "_"]], device: torch.device = CPU
) -> Iterator[Examples]:
    """Go through batches on their way to a device, reading the next one while the last is worked on.

    Args:
        reader: of galaxies.
        batches: their places.
        device: where the galaxies are wanted.
    """
    if device.type != "cuda" and reader.kept is not None:
        # a second thread would bring torch's workers a second time, and they would wait for each other's cores
        yield from map(reader, batches)
        return

    def read(places: Int[np.ndarray, "_"]) -> Examples:
        return reader(places).pinned() if device.type == "cuda" else reader(places)

    with ThreadPoolExecutor(max_workers=1) as pool:
        pending = pool.submit(read, batches[0])
        for following in batches[1:]:
            ready, pending = pending.result(), pool.submit(read, following)
            yield ready.to(device)
        yield pending.result().to(device)


def pixels(galaxies: Galaxies) -> Float32[np.ndarray, "galaxies bands y x"]:
    """Images in nanomaggies, NaN where a pixel is bad, so that nothing can mistake it for sky.

    Raises:
        InputError: if the store has no images.
    """
    check_images(galaxies)
    images = galaxies.images()
    return np.where(galaxies.valid(), images, np.float32(np.nan)) if galaxies.has("valid") else images


def known_ebv(galaxies: Galaxies) -> Float32[np.ndarray, "galaxies"]:
    """E(B−V) in magnitudes; 0 where it is unknown, which takes such a galaxy as it was observed."""
    return np.asarray(np.nan_to_num(galaxies.ebv, nan=0.0), dtype=np.float32)
