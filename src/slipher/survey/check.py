"""Verifying a store: every byte against its checksum, every column against what it may hold."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Shaped

from slipher.progress import bar
from slipher.survey import layout
from slipher.survey.columns import LEAST_REDSHIFT
from slipher.survey.layout import CHECKSUMS, DIGEST_BYTES, METADATA_CHECKSUM, digest
from slipher.survey.schema import TABLES
from slipher.survey.store import StoreFile, open_file, widened

__all__ = ["check", "check_text"]

Values = Shaped[np.ndarray, "*shape"]

RULES: dict[str, tuple[str, Callable[[Values], Bool[np.ndarray, "*shape"]]]] = {
    "images": ("finite", np.isfinite),
    "redshift": ("a redshift, or NaN where unknown", lambda z: np.isnan(z) | (np.isfinite(z) & (z >= LEAST_REDSHIFT))),
    "ebv": ("not negative, or NaN where unknown", lambda ebv: np.isnan(ebv) | (ebv >= 0)),
    "split": ("0, 1 or 2", lambda split: split <= 2),
    "photometry/flux": ("finite", np.isfinite),
    "photometry/flux_error": ("positive", lambda error: error > 0),
    "sky/sigma": ("not negative, or NaN where nothing was measured", lambda sigma: np.isnan(sigma) | (sigma >= 0)),
    "spectrum/flux": ("finite", np.isfinite),
    "spectrum/ivar": ("finite and not negative", lambda ivar: np.isfinite(ivar) & (ivar >= 0)),
    "spectrum/have": ("0 or 1", lambda have: have <= 1),
}
"""What the values of a column must be, in words and as a test."""


def check(path: str | Path) -> dict[str, Any]:
    """Verify a galaxy store block by block.

    Args:
        path: the store.

    Returns:
        A document for JSON: ``ok``; ``galaxies`` and ``blocks``; ``fingerprint``; ``damaged``, an entry {dataset,
        block, first, last, ids} for each damaged block (ids of the galaxies in it; ``dataset`` "structure" if the HDF5
        structure or an attribute is damaged, when nothing else can be told); ``problems``, sentences about values that
        a column may not hold; ``columns``, the share of finite values with the least and the greatest of each.

    Raises:
        InputError: if the file cannot be opened as a store.
    """
    file = open_file(Path(path))
    report: dict[str, Any] = {
        "path": str(path),
        "ok": False,
        "galaxies": file.places["redshift"].shape[0],
        "blocks": 0,
        "fingerprint": file.attributes["fingerprint"],
        "damaged": [],
        "problems": [],
        "columns": {},
    }
    if _structure_is_sound(file):
        _check_content(file, report)
    else:
        report["damaged"].append(_entry("structure"))
    report["ok"] = not report["damaged"] and not report["problems"]
    return report


def check_text(report: Mapping[str, Any]) -> str:
    """The report for a reader: a line for every damaged block and every problem, or that all is well."""
    if report["ok"]:
        plural = "" if report["blocks"] == 1 else "s"
        return f"{report['path']} is whole: {report['galaxies']:,} galaxies in {report['blocks']:,} block{plural}."
    lines = [_damage_text(report["path"], entry) for entry in report["damaged"]]
    return "\n".join([*lines, *(f"{report['path']}: {problem}" for problem in report["problems"])])


def _damage_text(path: str, entry: Mapping[str, Any]) -> str:
    """One damaged block in words."""
    if entry["block"] is None:
        return f"{path}: {entry['dataset']} is damaged; make or import it again with --overwrite."
    some = ", ".join(map(str, entry["ids"][:3])) + (", ..." if len(entry["ids"]) > 3 else "")
    return (
        f"{path}: {entry['dataset']} is damaged in block {entry['block']}, galaxies {entry['first']} to "
        f"{entry['last']} (id {some}); make or import it again with --overwrite."
    )


def _structure_is_sound(file: StoreFile) -> bool:
    """Whether every byte outside the datasets is as it was written."""
    place = file.places.get(METADATA_CHECKSUM)
    if place is None or place.shape != (DIGEST_BYTES,):
        return False
    return layout.metadata_digest(file.descriptor, file.places) == file.read_all(METADATA_CHECKSUM).tobytes()


def _check_content(file: StoreFile, report: dict[str, Any]) -> None:
    """Read every dataset and enter what is found into the report."""
    checksums = {name: file.read_all(CHECKSUMS + name) for name in file.places if CHECKSUMS + name in file.places}
    report["blocks"] = len(checksums["redshift"])
    with bar(sum(map(len, checksums.values())), "checking", unit="block") as progress:
        for name, digests in checksums.items():
            summary = _Summary(name)
            for number, stored in enumerate(digests):
                values, entry = _block(file, name, number)
                if digest(values) == stored.tobytes():
                    summary.add(values)
                else:
                    report["damaged"].append(entry)
                progress.update(1)
            summary.enter(report)
    joined = {name: digests.tobytes() for name, digests in checksums.items()}
    if layout.fingerprint(file.attributes, file.places, joined) != file.attributes["fingerprint"]:
        report["damaged"].append(_entry("checksums"))


def _block(file: StoreFile, name: str, number: int) -> tuple[Values, dict[str, Any]]:
    """The values of one block, or of a whole table, and how it is called should it be damaged."""
    if name in TABLES:
        return file.read_all(name), _entry(name)
    size = int(file.attributes["block"])
    rows = np.arange(number * size, min((number + 1) * size, file.places[name].shape[0]))
    names = [
        each.decode(errors="replace") if isinstance(each, bytes) else each for each in file.read("id", rows).tolist()
    ]
    return file.read(name, rows), _entry(name, number, int(rows[0]), int(rows[-1]), names)


def _entry(
    dataset: str, block: int | None = None, first: int | None = None, last: int | None = None, ids: Sequence[Any] = ()
) -> dict[str, Any]:
    """How something damaged is reported."""
    return {"dataset": dataset, "block": block, "first": first, "last": last, "ids": list(ids)}


class _Summary:
    """What the values of one dataset are like, block after block.

    Args:
        name: the dataset.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.count = self.finite = self.broken = 0
        self.low, self.high = np.inf, -np.inf

    def add(self, values: Values) -> None:
        """Take in one block."""
        if self.name not in RULES:
            return
        values = widened(values) if values.dtype == np.float16 else values
        finite = np.isfinite(values)
        self.count += values.size
        self.finite += int(finite.sum())
        self.broken += int((~RULES[self.name][1](values)).sum())
        if finite.any():
            known = values if finite.all() else values[finite]
            self.low, self.high = min(self.low, float(known.min())), max(self.high, float(known.max()))

    def enter(self, report: dict[str, Any]) -> None:
        """Put the summary into the report."""
        if not self.count:
            return
        known = self.finite > 0
        report["columns"][self.name] = {
            "finite": self.finite / self.count,
            "least": self.low if known else None,
            "greatest": self.high if known else None,
        }
        if self.broken:
            rule = RULES[self.name][0]
            wrong = f"{self.broken:,} of {self.count:,} values of {self.name} are wrong"
            report["problems"].append(f"{wrong}: each must be {rule}.")
