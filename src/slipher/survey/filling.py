"""Filling a store: block after block, in one process or many, whatever is still missing."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from jaxtyping import Float

from slipher.physics.skynoise import sky_correlation
from slipher.progress import bar
from slipher.survey.pool import Block, Work, run
from slipher.survey.writer import StoreWriter

__all__ = ["CORRELATION", "fill", "finish"]

CORRELATION = "sky/correlation"
ENOUGH = 256
"""Galaxies on which the correlation of the noise is measured: it is known to 0.002 then."""

Read = Callable[[int, int], Any]


def fill(writer: StoreWriter, work: Work, *, label: str, workers: int = 1, read: Read | None = None) -> None:
    """Make and write every block that is still missing, with progress.

    Args:
        writer: an open store.
        work: makes the columns of a block (first, past-the-last galaxy) from what was read for it; it is sent to the
            worker processes if there are several.
        label: what the progress bar says.
        workers: number of processes.
        read: what ``work`` needs for the galaxies from a first to a past-the-last, read in this process and in order.
    """
    missing = writer.missing()
    workers = min(workers, len(missing))
    with bar(writer.schema.galaxies, label, done=writer.done) as progress:
        for (start, stop), columns in run(work, _jobs(missing, read), workers):
            writer.write(start, columns)
            progress.update(stop - start)


def _jobs(blocks: list[Block], read: Read | None) -> Iterator[tuple[Block, Any]]:
    """The blocks, each with what was read for it."""
    for start, stop in blocks:
        yield (start, stop), None if read is None else read(start, stop)


def finish(writer: StoreWriter) -> str:
    """Add what is measured on the store as a whole, and give the store its name.

    Returns:
        The fingerprint.
    """
    if CORRELATION in writer.schema.tables:
        writer.put(CORRELATION, _correlation(writer))
    return writer.finish()


def _correlation(writer: StoreWriter) -> Float[np.ndarray, "bands dy dx"]:
    """The autocorrelation of the sky noise, averaged over the first galaxies: the noise of all is alike."""
    names = ("images", "sources", "sky/level", "sky/sigma", "valid")
    count = min(writer.schema.galaxies, ENOUGH)
    images, sources, level, sigma, valid = (writer.read(name, 0, count) for name in names)
    return sky_correlation(images.astype(np.float32), sources, level, sigma, valid)
