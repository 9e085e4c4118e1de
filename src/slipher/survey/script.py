"""The script that calls slipher, hidden from the processes that slipher spawns.

A spawned process otherwise runs the script of its parent again. One without ``if __name__ == "__main__":``, as most
that are written for one night's data, would begin the whole work once more inside each worker; and its parent can wait
for ever, when a dead worker is to be sent more than a pipe holds. What slipher sends to workers is its own, so that no
worker needs the script.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

__all__ = ["script_hidden"]

MAIN = "__main__"


@contextmanager
def script_hidden() -> Iterator[None]:
    """Let the processes that are started meanwhile not run the script; nothing that it defines can be sent to them."""
    script = sys.modules[MAIN]
    sys.modules[MAIN] = ModuleType(MAIN)
    try:
        yield
    finally:
        sys.modules[MAIN] = script
