"""The command slipher, and python -m slipher: the command line, of which an interruption is never a traceback."""

import os
import signal
import sys
import threading
from typing import Any

__all__ = ["main"]

INTERRUPTED = 130
SOON = 0.05
"""Seconds until an interruption is told again that came where Python can only ignore it."""


def main() -> int:
    """Run the command line that this process was started with; gives its exit status.

    Until its modules are there nobody else minds an interruption, and when it has ended nobody needs to hear of one.
    """
    sys.unraisablehook = _again
    try:
        from slipher.cli import main as command

        return command()
    except KeyboardInterrupt:
        sys.stderr.write("\nInterrupted; the same command continues.\n")
        return INTERRUPTED
    finally:
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, signal.SIG_DFL)


def _again(unraisable: Any) -> None:
    """Repeat an interruption that met a callback, which has nobody to raise it to."""
    if issubclass(unraisable.exc_type, KeyboardInterrupt):
        threading.Timer(SOON, os.kill, (os.getpid(), signal.SIGINT)).start()
    else:
        sys.__unraisablehook__(unraisable)


if __name__ == "__main__":
    sys.exit(main())
