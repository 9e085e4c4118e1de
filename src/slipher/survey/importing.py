"""Cutouts that lie in a file become a store: looked through for bad pixels, then measured and written."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float, Float32, Int, Shaped

from slipher.errors import InputError
from slipher.extras import require
from slipher.progress import bar, say
from slipher.survey.badpixels import keep_rows, spoiled
from slipher.survey.filling import fill, finish
from slipher.survey.measuring import measured
from slipher.survey.padding import Unmeasured
from slipher.survey.pool import Block, processes
from slipher.survey.schema import Column, Schema
from slipher.survey.writer import StoreWriter
from slipher.unfinished import Unfinished

__all__ = ["DTYPES", "Cutouts", "check_dtype", "check_pixel_scale", "column_of", "write_store"]

DTYPES = ("float16", "float32")
"""In which a store keeps cutouts."""
SMALLEST_SCALE, LARGEST_SCALE = 1e-4, 1e4
"""Arcseconds a pixel."""
PIECE = 256
"""Galaxies read at once while pixels are checked."""
BRIGHTEST, FAINTEST = 8.0, 32.0
"""Magnitudes between which the median galaxy of every survey lies."""


BRIGHTNESSES = ("images", "sky/level", "sky/sigma", "photometry/flux", "photometry/flux_error")
"""Columns in nanomaggies."""

_Payload = tuple[dict[str, np.ndarray], np.ndarray | None]


@dataclass(frozen=True)
class Cutouts:
    """The galaxies of a file, read and checked but for their pixels."""

    where: Path
    """The file, for messages."""
    schema: Schema
    """What the store would hold if every galaxy were kept."""
    columns: Mapping[str, Shaped[np.ndarray, "galaxies ..."]]
    """Every column that is neither pixels nor measured on them, by the store's names."""
    images: Callable[[int, int], tuple[Float32[np.ndarray, "some bands y x"], Unmeasured]]
    """Cutouts from a first to a past-the-last in nanomaggies, float32, not finite where a pixel is bad; and what was in
    them that is no measurement."""
    unit: str = "nanomaggy"
    """What the file's pixels were said to be in, for messages."""
    factor: Float32[np.ndarray, "galaxies bands"] | None = None
    """What the images, and the fluxes measured on them as they are, are multiplied by in the end."""


def write_store(
    cutouts: Cutouts, out: Path, identity: str, skip_bad: bool, workers: int | None, work: Unfinished
) -> None:
    """Write the store, or what is missing of it.

    The file is read in order and by this process alone; other processes measure.

    Args:
        cutouts: the galaxies.
        out: where the store shall lie.
        identity: digest of everything that determines the content.
        skip_bad: whether galaxies whose centre or half of whose pixels are bad are dropped.
        workers: number of processes; None takes every core that this process may use.
        work: of the destination, from `making`.

    Raises:
        InputError: if galaxies cannot be used, or the destination cannot be written.
    """
    count = processes(workers)
    require("sep", "simulate")
    # The whole file is looked through first: every unusable galaxy is named at once, before any work is done.
    rows = keep_rows(_spoiled(cutouts), cutouts.columns["id"], skip_bad, str(cutouts.where))
    dropped = cutouts.schema.galaxies - len(rows)
    attributes = {**cutouts.schema.attributes, "dropped": dropped}
    schema = replace(cutouts.schema, galaxies=len(rows), attributes=attributes)
    with StoreWriter(out, schema, identity, work) as writer:
        measurer, read = _Measurer(cutouts.where, cutouts.unit), _Reader(cutouts, rows)
        fill(writer, measurer, label="importing", workers=count, read=read)
        finish(writer)
    if dropped:
        say(f"{dropped} of {cutouts.schema.galaxies} galaxies were dropped for their bad pixels.")


def check_dtype(dtype: str) -> None:
    """See that a store can keep cutouts in a dtype.

    Raises:
        InputError: if it cannot.
    """
    if dtype not in DTYPES:
        raise InputError(f"dtype is {dtype!r}, but must be one of {', '.join(DTYPES)}.")


def check_pixel_scale(scale: float) -> None:
    """See that pixels have a size that a telescope's may have.

    Raises:
        InputError: if they have not.
    """
    if not SMALLEST_SCALE <= scale <= LARGEST_SCALE:
        raise InputError(
            f"pixel_scale is {scale}, but must be from {SMALLEST_SCALE} to {LARGEST_SCALE:g} arcseconds a pixel."
        )


def column_of(values: Shaped[np.ndarray, "galaxies ..."]) -> Column:
    """The type and the shape of a column of a store that holds these values."""
    return Column(values.dtype.str[1:] if values.dtype.kind == "S" else values.dtype.name, values.shape[1:])


def _spoiled(cutouts: Cutouts) -> Bool[np.ndarray, "galaxies"]:
    """Which galaxies cannot be used for their bad pixels; says what was no measurement."""
    found, count, unmeasured = [], cutouts.schema.galaxies, Unmeasured()
    with bar(count, "checking pixels") as progress:
        for start in range(0, count, PIECE):
            images, more = cutouts.images(start, min(start + PIECE, count))
            found.append(spoiled(images))
            unmeasured += more
            progress.update(len(found[-1]))
    for sentence in unmeasured.sentences():
        say(f"{cutouts.where}: {sentence}")
    return np.concatenate(found)


@dataclass(frozen=True)
class _Reader:
    """Reads the rows of a file that are kept, ascending."""

    cutouts: Cutouts
    rows: Int[np.ndarray, "kept"]

    def __call__(self, start: int, stop: int) -> _Payload:
        """Every column that is not measured, and the factor, for the kept galaxies from a first to a past-the-last."""
        rows = self.rows[start:stop]
        first = int(rows[0])
        images, _ = self.cutouts.images(first, int(rows[-1]) + 1)
        columns = {name: values[rows] for name, values in self.cutouts.columns.items()}
        columns["images"] = images if len(images) == len(rows) else images[rows - first]
        return columns, None if self.cutouts.factor is None else self.cutouts.factor[rows]


@dataclass(frozen=True)
class _Measurer:
    """Marks bad pixels and measures, in whatever process it is sent to."""

    where: Path
    unit: str

    def __call__(self, block: Block, payload: _Payload) -> dict[str, np.ndarray]:
        """Every column of a block."""
        columns, factor = payload
        valid = np.isfinite(columns["images"])
        images = np.where(valid, columns["images"], np.float32(0))
        found = measured(images, valid)
        if block[0] == 0:
            _check_brightness(found["photometry/flux"], self.where, self.unit)
        found |= {"images": images, "valid": valid}
        if factor is not None:
            found |= {name: _multiplied(found[name], factor) for name in BRIGHTNESSES}
        return {**columns, **found}


def _multiplied(
    values: Float[np.ndarray, "galaxies bands *pixels"], factor: Float32[np.ndarray, "galaxies bands"]
) -> Float[np.ndarray, "galaxies bands *pixels"]:
    """Brightnesses times a factor for every galaxy and band."""
    return np.asarray(values * factor.reshape(*factor.shape, *[1] * (values.ndim - 2)))


def _check_brightness(flux: Float[np.ndarray, "galaxies bands"], where: Path, unit: str) -> None:
    """See that the galaxies are about as bright as galaxies are: the unit may be another than was said.

    Raises:
        InputError: if the median galaxy is impossibly bright or faint.
    """
    reddest = flux[:, -1][flux[:, -1] > 0]
    if not len(reddest):
        return
    magnitude = 22.5 - 2.5 * float(np.log10(np.median(reddest)))
    if not BRIGHTEST < magnitude < FAINTEST:
        raise InputError(
            f"{where}: the median galaxy would have magnitude {magnitude:.1f} if the images were in {unit}; name their "
            "true unit (--unit, --zero-point of `slipher data import images`)."
        )
