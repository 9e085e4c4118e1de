"""How long the command line takes to answer: nobody should wait for a library that is not needed yet."""

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from slipher.bench.apart import Run
from slipher.bench.result import Result, alternating

__all__ = ["measure"]

HELP = ("-m", "slipher", "--help")
NOTHING = ("-c", "pass")
RUNS = 15
"""Pairs of processes."""


def measure(out: Path | None = None) -> Iterator[Result]:
    """Seconds of ``slipher --help``, process and all.

    Args:
        out: takes no figure from here.
    """
    yield started(RUNS)


def started(runs: int) -> Result:
    """The result of so many pairs of processes."""
    pairs = alternating(lambda: python(HELP), lambda: python(NOTHING), runs)
    return pairs.cost("start", "python -c pass", "at most 0.5 s", "slipher --help as a whole process, files cached")


def python(words: Sequence[str]) -> Run:
    """A process of this Python, from its start to its end; what it wrote is the answer."""
    began = time.perf_counter()
    ended = subprocess.run([sys.executable, *words], capture_output=True, text=True, check=True)
    return Run(time.perf_counter() - began, 0, ended.stdout)
