"""What a verb gives back."""

from dataclasses import dataclass
from typing import Any

__all__ = ["BAD_INPUT", "Answer"]

BAD_INPUT = 2
"""Exit status of a command whose input cannot be used."""


@dataclass(frozen=True)
class Answer:
    """What a verb has to say."""

    text: str
    """For a person."""
    document: Any = None
    """For --json."""
    status: int = 0
