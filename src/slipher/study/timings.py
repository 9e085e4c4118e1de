"""How long what took, added up over all sessions of a study."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from slipher.files import write_json

__all__ = ["Timings"]


class Timings:
    """timings.json: seconds by stage, and numbers of each run.

    Args:
        path: the file; what it holds is added to.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.document: dict[str, Any] = {"stages": {}, "runs": {}}
        if path.is_file():
            self.document |= json.loads(path.read_text(encoding="utf-8"))

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add the wall time of what is done inside to a stage, also when it fails."""
        started = time.perf_counter()
        try:
            yield
        finally:
            stages = self.document["stages"]
            stages[name] = round(stages.get(name, 0.0) + time.perf_counter() - started, 3)
            self._write()

    def note(self, run: str, **numbers: float | None) -> None:
        """Keep numbers of a run."""
        known = {name: None if value is None else round(value, 3) for name, value in numbers.items()}
        self.document["runs"].setdefault(run, {}).update(known)
        self._write()

    def of(self, run: str, name: str) -> float | None:
        """A number of a run, if it was kept."""
        value = self.document["runs"].get(run, {}).get(name)
        return None if value is None else float(value)

    def _write(self) -> None:
        write_json(self.path, self.document)
