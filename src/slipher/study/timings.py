"""How long what took, added up over all sessions of a study and all processes that share it."""

import json
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from slipher.errors import InputError
from slipher.files import write_json, writing
from slipher.locks import held
from slipher.progress import say

__all__ = ["Timings"]


class Timings:
    """timings.json: seconds by stage, and numbers of each run.

    Nothing of it is kept in memory: another process may add to the file at any time.

    Args:
        path: the file; what it holds is added to.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add the wall time of what is done inside to a stage, also when it fails."""
        started = time.perf_counter()
        try:
            yield
        except BaseException:
            with suppress(InputError):  # what went wrong inside is what matters
                self._add(name, time.perf_counter() - started)
            raise
        self._add(name, time.perf_counter() - started)

    def note(self, run: str, **numbers: float | None) -> None:
        """Keep numbers of a run.

        Raises:
            InputError: if the file cannot be written.
        """
        known = {name: None if value is None else round(value, 3) for name, value in numbers.items()}
        with self._changed() as document:
            document["runs"].setdefault(run, {}).update(known)

    def of(self, run: str, name: str) -> float | None:
        """A number of a run, if it was kept."""
        value = self._read()["runs"].get(run, {}).get(name)
        return None if value is None else float(value)

    def _add(self, stage: str, seconds: float) -> None:
        with self._changed() as document:
            document["stages"][stage] = round(document["stages"].get(stage, 0.0) + seconds, 3)

    @contextmanager
    def _changed(self) -> Iterator[dict[str, Any]]:
        """What the file holds, to be changed inside while no other process does, and written again."""
        with held(self.path, wait=True):
            document = self._read()
            yield document
            write_json(self.path, document)

    def _read(self) -> dict[str, Any]:
        """What the file holds; of one that is damaged, nothing."""
        with writing(self.path):
            if not self.path.is_file():
                return {"stages": {}, "runs": {}}
            text = self.path.read_text(encoding="utf-8", errors="replace")
        try:
            return _checked(json.loads(text))
        except (ValueError, RecursionError):
            say(f"{self.path} is damaged: how long things took is counted anew.")
            return {"stages": {}, "runs": {}}


def _checked(document: Any) -> dict[str, Any]:
    """A document of the form that is written here.

    Raises:
        ValueError: if it is of another.
    """
    stages, runs = (document.get(name) if isinstance(document, dict) else None for name in ("stages", "runs"))
    if not isinstance(stages, dict) or not isinstance(runs, dict):
        raise ValueError("no stages or runs")
    entries = [each for run in runs.values() for each in (run.values() if isinstance(run, dict) else ["no run"])]
    if not all(_is_time(value) for value in (*stages.values(), *(each for each in entries if each is not None))):
        raise ValueError("a time is no number")
    return {"stages": stages, "runs": runs}


def _is_time(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value >= 0
