"""The labels of an archive: a table with a row a galaxy, read in pieces beside the images."""

from collections.abc import Iterator, Mapping

import numpy as np
from jaxtyping import Float32, Float64, Int64, Shaped

from slipher.errors import InputError
from slipher.formats.column import as_column, decimal
from slipher.formats.containers import Container
from slipher.formats.identifiers import identifiers
from slipher.physics.magnitudes import asinh_fluxes, sdss_softening
from slipher.progress import bar
from slipher.survey.pasquet.samples import UNMEASURED
from slipher.survey.schema import Column

__all__ = ["NEEDED", "Labels"]

ID = "specObjID"
HOMES = {ID: "id", "z": "redshift", "EBV": "ebv"}
"""Labels that a store keeps under a name of its own."""
NEEDED = (ID, "z", "EBV", "dered_petro_r", "extinction_r", "primtarget")
USED = (*NEEDED[1:], "petroMag_r")
"""Labels that are read as numbers before the images; the last where it is there."""
ERRORS = ("modelMagErr_", "petroMagErr_")
"""Errors of the model magnitudes: their own, or of about the same size."""
PIECE = 1 << 15
"""Rows read at once."""
KINDS = "biufSU"
"""Kinds of numpy types that a store can carry along: truth values, numbers and text."""


class Labels:
    """The table of labels of a container.

    Args:
        container: the open file.
        name: the array.

    Raises:
        InputError: if the array is no table, or lacks a column that is needed.
    """

    def __init__(self, container: Container, name: str = "labels") -> None:
        self.container = container
        self.name = name
        self._dtype, shape = container.describe(name)
        self._where = f"{container.path}: {name!r}"
        if self._dtype.names is None or len(shape) != 1:
            raise InputError(f"{self._where} has type {self._dtype} and shape {shape}, but must be a table of labels.")
        self._missing(NEEDED)
        self.count = shape[0]
        self._longest: dict[str, int] = {}

    def used(self) -> tuple[Int64[np.ndarray, "galaxies"], dict[str, Float64[np.ndarray, "galaxies"]]]:
        """The identifiers, and the columns that choose galaxies, as numbers; the whole table is gone through once.

        Raises:
            InputError: if they hold something else than numbers, or the table is damaged.
        """
        names = [name for name in USED if name in self._names]
        identifiers, pieces = [], []
        with bar(self.count, "reading labels") as progress:
            for rows in self._pieces():
                identifiers.append(self._identifiers(rows[ID]))
                pieces.append(np.stack([self._numbers(name, rows[name]) for name in names]))
                self._measure_text(rows)
                progress.update(len(rows))
        numbers = np.concatenate(pieces, axis=1)
        return np.concatenate(identifiers), dict(zip(names, numbers, strict=True))

    def read(self, rows: Int64[np.ndarray, "galaxies"]) -> Shaped[np.ndarray, "galaxies"]:
        """Some rows, ascending; quick if they follow on those read before."""
        first = int(rows[0])
        return np.asarray(self.container.read(self.name, first, int(rows[-1]) + 1)[rows - first])

    def columns(self) -> dict[str, Column]:
        """The columns that are carried along, by their names in the store; to be asked after `used`."""
        return {stored: self._column(name) for stored, name in self._carried().items()}

    def carried(self, rows: Shaped[np.ndarray, "galaxies"]) -> dict[str, Shaped[np.ndarray, "galaxies ..."]]:
        """The values of those columns."""
        values = {stored: rows[name] for stored, name in self._carried().items()}
        return {
            name: np.char.encode(text, "utf-8") if text.dtype.kind == "U" else text for name, text in values.items()
        }

    def left_out(self) -> list[str]:
        """Names of the columns that a store cannot carry along."""
        return [name for name in self._names if self._dtype[name].base.kind not in KINDS]

    def has_photometry(self, bands: tuple[str, ...]) -> bool:
        """Whether model magnitudes with errors are there in all bands."""
        return self._errors(bands) is not None

    def photometry(
        self, rows: Shaped[np.ndarray, "galaxies"], bands: tuple[str, ...]
    ) -> Mapping[str, Float32[np.ndarray, "galaxies bands"]]:
        """Fluxes and errors in nanomaggies, as observed, of SDSS's asinh model magnitudes; 0 ± ∞ where unmeasured."""
        magnitudes = np.stack([rows[f"modelMag_{band}"] for band in bands], axis=1).astype(np.float64)
        errors = np.stack([rows[f"{self._errors(bands)}{band}"] for band in bands], axis=1).astype(np.float64)
        measured = (np.abs(magnitudes) < -UNMEASURED) & (errors > 0) & (errors < -UNMEASURED)
        flux, error = asinh_fluxes(np.where(measured, magnitudes, 0), errors, sdss_softening(bands))
        return {
            "photometry/flux": np.where(measured, flux, 0).astype(np.float32),
            "photometry/flux_error": np.where(measured, error, np.inf).astype(np.float32),
        }

    @property
    def _names(self) -> tuple[str, ...]:
        """All columns."""
        return self._dtype.names or ()

    def _missing(self, names: tuple[str, ...]) -> None:
        """See that columns are there."""
        missing = [name for name in names if name not in self._names]
        if missing:
            raise InputError(
                f"{self._where} lacks {', '.join(missing)}; the columns of the published archive are needed, and "
                f"there are only {', '.join(self._names)}."
            )

    def _pieces(self) -> Iterator[Shaped[np.ndarray, "piece"]]:
        """All rows, some at a time."""
        for start in range(0, self.count, PIECE):
            yield self.container.read(self.name, start, min(start + PIECE, self.count))

    def _identifiers(self, values: Shaped[np.ndarray, "piece"]) -> Int64[np.ndarray, "piece"]:
        """Identifiers as whole numbers, however they were kept."""
        found = identifiers(as_column(ID, self._where, values))
        if found.values.dtype.kind != "i" or found.missing is not None:
            raise InputError(f"{self._where} holds {ID} that are no whole numbers of 64 bits; correct them.")
        return found.values

    def _numbers(self, name: str, values: Shaped[np.ndarray, "piece ..."]) -> Float64[np.ndarray, "piece"]:
        """A column as numbers."""
        if values.dtype.kind not in "iuf" or values.ndim != 1:
            raise InputError(f"{self._where} holds {name} as {values.dtype}, but it must be one number a galaxy.")
        return decimal(values)

    def _measure_text(self, rows: Shaped[np.ndarray, "piece"]) -> None:
        """Take note of how many bytes the text of each column needs in UTF-8."""
        for name in self._names:
            if self._dtype[name].base.kind == "U":
                needed = np.char.encode(rows[name], "utf-8").dtype.itemsize
                self._longest[name] = max(needed, self._longest.get(name, 1))

    def _column(self, name: str) -> Column:
        """What a store needs to know of a column."""
        base, shape = self._dtype[name].base, self._dtype[name].shape
        if base.kind in "SU":
            return Column(f"S{self._longest.get(name, max(base.itemsize, 1))}", shape)
        return Column(base.name, shape)

    def _carried(self) -> dict[str, str]:
        """The columns that are carried along: name in the store, name in the table."""
        names: dict[str, str] = {}
        for name in self._names:
            if name not in HOMES and name not in self.left_out():
                stored = _readable(name)
                while f"catalogue/{stored}" in names:
                    stored += "_"
                names[f"catalogue/{stored}"] = name
        return names

    def _errors(self, bands: tuple[str, ...]) -> str | None:
        """How the names of the errors of the model magnitudes begin, if these and the magnitudes are there."""
        complete = [
            prefix
            for prefix in ("modelMag_", *ERRORS)
            if all(f"{prefix}{band}" in self._names and self._is_real(f"{prefix}{band}") for band in bands)
        ]
        return complete[1] if complete[:1] == ["modelMag_"] and len(complete) > 1 else None

    def _is_real(self, name: str) -> bool:
        """Whether a column has one real number a galaxy."""
        return self._dtype[name].kind == "f"


def _readable(name: str) -> str:
    """A column's name without what HDF5 takes for a path, or cannot show."""
    clean = "".join(letter if letter.isprintable() and letter != "/" else "_" for letter in name).strip()
    return clean if clean.strip(".") else f"_{clean}"
