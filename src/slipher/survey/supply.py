"""What can be counted on before galaxies are read: those of a store, or of a survey that is yet to be made."""

from collections.abc import Collection, Sized
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from slipher.errors import InputError

__all__ = ["Announced", "Supply", "check_images", "check_photometry"]


@runtime_checkable
class Supply(Protocol):
    """As much of galaxies as can be checked before they are read; a store's ``Galaxies`` are one."""

    @property
    def path(self) -> Path | str:
        """What messages call them."""

    @property
    def bands(self) -> tuple[str, ...]:
        """From blue to red."""

    @property
    def shape(self) -> tuple[int, int] | None:
        """(y, x) of the cutouts, or None without images."""

    @property
    def pixel_scale(self) -> float | None:
        """Arcseconds a pixel."""

    @property
    def train(self) -> Sized | None:
        """The galaxies to train on, or all among which they are; None if it is not known yet how many there are."""

    @property
    def dusty(self) -> bool:
        """Whether an extinction by the Galaxy's dust is known of any, by which they are dereddened."""

    def has(self, part: str) -> bool:
        """Whether there are "images", "spectra", "photometry", "sources", "sky", "correlation" or "valid"."""


@dataclass(frozen=True)
class Announced:
    """Galaxies that are yet to be made."""

    path: str
    bands: tuple[str, ...]
    parts: Collection[str]
    shape: tuple[int, int] | None = None
    pixel_scale: float | None = None
    train: Sized | None = None
    dusty: bool = False

    def has(self, part: str) -> bool:
        """Whether they will have a part."""
        return part in self.parts


def check_photometry(galaxies: Supply, use: str) -> None:
    """See that there is photometry.

    Args:
        galaxies: of any kind.
        use: what needs it and what to do without, for the error.

    Raises:
        InputError: if there is none.
    """
    if not galaxies.has("photometry"):
        raise InputError(f"{galaxies.path} has no photometry, which {use}.")


def check_images(galaxies: Supply) -> None:
    """See that there are images.

    Raises:
        InputError: if there are none.
    """
    if not galaxies.has("images"):
        raise InputError(f"{galaxies.path} has no images; train a network on colours, or give a store with images.")
