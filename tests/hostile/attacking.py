"""What the attacks have in common: where they take place, and how they are asked for on the command line."""

import argparse
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from running import scratch, warm
from samples import make, server

__all__ = ["attack", "prepared"]


@contextmanager
def prepared(keep: bool = False) -> Iterator[tuple[Path, Path, str]]:
    """The folder of the samples, one to attack in, and the address of the server; all goes again, unless kept."""
    warm()
    with scratch(keep) as root:
        samples = make(root / "samples")
        with server(samples) as address:
            yield samples, root / "run", address


def attack(work: Callable[..., dict], description: str, default: int) -> None:
    """Do as the command line asks.

    Args:
        work: an attack, given samples, folder, address, seed, how many, and how commands begin; returns its report.
        description: of the program.
        default: how many.
    """
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(f"--{work.__name__}", type=int, default=default, dest="count", help="at most")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="commands that begin so")
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    with prepared() as (samples, root, address):
        report = work(samples, root, address, asked.seed, asked.count, asked.only)
    if asked.out:
        asked.out.write_text(json.dumps(report, indent=1))
