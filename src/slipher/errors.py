"""The one exception a user is meant to see."""

from unicodedata import category

__all__ = ["InputError", "printable"]


class InputError(ValueError):
    """Something handed over cannot be used.

    The message is one sentence that says what is wrong, where, and what to do; the command line prints it and
    leaves with exit status 2. It stays one line, whatever characters the names in it hold.
    """

    def __init__(self, message: str) -> None:
        super().__init__(printable(message))


def printable(text: str) -> str:
    """Text on one line, its control characters written out: a name may hold a line break, or what steers a terminal."""
    if text.isprintable():
        return text
    return "".join(repr(c)[1:-1] if category(c)[0] == "C" or c in "\u2028\u2029" else c for c in text)
