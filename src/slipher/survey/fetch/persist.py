"""Trying again, as long as it makes sense."""

from collections.abc import Callable

from slipher.survey.fetch.line import BrokenError, BusyError, Line, RefusedError, SilentError

__all__ = ["GaveUpError", "TooMuchError", "WrongError", "persist"]

GAIN = 1 << 20
"""So many new bytes, and a fresh start is granted: a long download may break off any number of times."""
WRONG = 2
"""Once a transfer may go wrong; twice the same, and it is what the server has."""
SILENCE = 2
"""Attempts for which one counts that ends in silence: it has taken its time already."""


class WrongError(Exception):
    """What arrived whole is not what it should be."""


class TooMuchError(Exception):
    """More comes than such a file has."""


class GaveUpError(Exception):
    """No attempt succeeded."""

    def __init__(self, attempts: int, last: Exception) -> None:
        super().__init__(str(last))
        self.attempts = attempts
        self.last = last


def persist(line: Line, attempt: Callable[[], None], gained: Callable[[], int] = int) -> int:
    """Repeat what fails in passing, with pauses.

    Args:
        line: says how often, and pauses.
        attempt: is called until it returns.
        gained: bytes that have arrived so far.

    Returns:
        How many attempts it took.

    Raises:
        GaveUpError: if too many failed in a row, two brought the wrong bytes, the server refuses, or sends too
            much.
        StoppedError: if the run is over.
    """
    count = fruitless = wrong = best = 0
    while True:
        count += 1
        try:
            attempt()
        except (RefusedError, TooMuchError) as error:
            raise GaveUpError(count, error) from error
        except (BrokenError, BusyError, WrongError) as error:
            wrong += isinstance(error, WrongError)
            cost = SILENCE if isinstance(error, SilentError) else 1
            fruitless, best = (0, gained()) if gained() >= best + GAIN else (fruitless + cost, best)
            if fruitless >= line.patience.attempts or wrong >= WRONG:
                raise GaveUpError(count, error) from error
            _pause(line, error, fruitless)
        else:
            return count


def _pause(line: Line, error: Exception, fruitless: int) -> None:
    """As long as the server asks for, else longer after each failure."""
    if isinstance(error, BusyError) and error.pause > 0:
        line.hold(error.pause)
    else:
        line.rest(max(fruitless, 1))
