"""The one exception a user is meant to see."""

__all__ = ["InputError"]


class InputError(ValueError):
    """Something handed over cannot be used.

    The message is one sentence that says what is wrong, where, and what to do; the command line prints it and
    leaves with exit status 2.
    """
