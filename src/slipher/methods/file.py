"""The model file: safetensors, its configuration as JSON in the header, the same bytes for the same model.

A file comes from anywhere, so nothing in it is believed before it was looked at: what reads one asks a `ModelFile` for
a key as a type and for a tensor of a shape, and is given just that or an error that names them.
"""

import contextlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from reprlib import repr as shortened
from typing import Any

import numpy as np
from jaxtyping import Float
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from slipher.errors import InputError
from slipher.files import replacing, unreadable
from slipher.methods.parsing import parsed
from slipher.redshift import Grid

__all__ = ["ModelFile", "identity_of", "naming", "read_model", "sign", "write_model"]

KEY = "slipher"  # one key only: the order of several would change from run to run
FORMAT = "slipher-model"
VERSION = 2
READABLE = (1, 2)
"""Of version 1 are models whose magnitudes are softened as SDSS's and say nothing of it."""
TYPES = ("F64", "F32", "F16", "I64", "I32", "I16", "I8", "U64", "U32", "U16", "U8", "BOOL")
"""Types of tensors that numpy has too."""
REQUIRED = object()
"""In place of a default: the key must be there."""
SUM_TOLERANCE = 1e-6
"""How far from 1 the masses of a density may sum."""


@dataclass(frozen=True)
class ModelFile:
    """What a model file holds; each part is checked when it is asked for."""

    path: Path
    header: Mapping[str, Any]
    tensors: Mapping[str, np.ndarray]

    @property
    def version(self) -> int:
        """Of the format."""
        return int(self.value("format_version", int))

    @property
    def grid(self) -> Grid:
        """The redshift grid.

        Raises:
            InputError: if it is missing or none.
        """
        self.table("grid", ("z_max", "bins"))
        grid: Grid = self.value("grid", Grid)
        return grid

    @property
    def bands(self) -> tuple[str, ...]:
        """The bands, blue to red.

        Raises:
            InputError: if they are missing, or one stands twice.
        """
        bands: tuple[str, ...] = self.value("bands", tuple[str, ...])
        if not bands or len(set(bands)) < len(bands):
            raise InputError(f"bands is {list(bands)}, but must name each band once.")
        return bands

    def value(self, key: str, kind: Any, default: Any = REQUIRED) -> Any:
        """A key of the header as a type that `parsed` knows.

        Raises:
            InputError: if it is missing and has no default, or holds anything else.
        """
        if key in self.header:
            return parsed(kind, self.header[key], key)
        if default is REQUIRED:
            raise InputError(f"the header lacks {key}; copy or train the model again.")
        return default

    def table(self, key: str, names: Iterable[str]) -> Mapping[str, Any]:
        """A table that names everything: no default of today's stands for what a model was trained with.

        Raises:
            InputError: if it is missing, none, or lacks a name.
        """
        found: Mapping[str, Any] = self.value(key, Mapping[str, Any])
        lacking = [name for name in names if name not in found]
        if lacking:
            raise InputError(f"the header's {key} lacks {lacking[0]}; copy or train the model again.")
        return found

    def options(self, kind: type) -> Mapping[str, Any]:
        """The options of a method, all of them.

        Raises:
            InputError: as `table`.
        """
        return self.table("options", [each.name for each in fields(kind)])

    def floats(
        self, name: str, *shape: int | None, kind: type[np.floating[Any]] = np.float64, gaps: bool = False
    ) -> Float[np.ndarray, "..."]:
        """A tensor of finite numbers.

        Args:
            name: of the tensor.
            shape: the length of each axis, None where it may be any.
            kind: the type that is wanted.
            gaps: whether NaN may stand in it.

        Raises:
            InputError: if it is missing, or holds anything else.
        """
        if name not in self.tensors:
            raise InputError(f"the tensor {name} is missing; copy or train the model again.")
        tensor = self.tensors[name]
        if tensor.dtype.kind != "f" or not _fits(tensor.shape, shape):
            wanted = "×".join("any" if length is None else str(length) for length in shape)
            raise InputError(
                f"the tensor {name} has {tensor.dtype} numbers of shape {tensor.shape}, but must have floating-point "
                f"ones of shape {wanted}; copy or train the model again."
            )
        if not (np.isfinite(tensor) | (np.isnan(tensor) & gaps)).all():
            raise InputError(f"the tensor {name} holds numbers that are not finite; copy or train the model again.")
        return tensor.astype(kind)

    def mass(self, name: str, grid: Grid) -> Float[np.ndarray, "bins"]:
        """A tensor that is a density: a mass a bin.

        Raises:
            InputError: if it is missing, or none.
        """
        mass = self.floats(name, grid.bins)
        if (mass < 0).any() or abs(mass.sum() - 1) > SUM_TOLERANCE:
            raise InputError(f"the tensor {name} holds no density, whose masses are at least 0 and sum to 1.")
        return mass

    def part(self, key: str) -> "ModelFile":
        """Another model that lies in the file: its header below a key, its tensors behind ``key/``.

        Raises:
            InputError: if it is missing, or is no model of ours.
        """
        header = self.value(key, Mapping[str, Any])
        start = f"{key}/"
        own = {name.removeprefix(start): each for name, each in self.tensors.items() if name.startswith(start)}
        _check_format(header)
        return ModelFile(self.path, header, own)


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Where what is wrong with a file's contents is said with the name of the file."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def write_model(path: Path, header: Mapping[str, Any], tensors: Mapping[str, np.ndarray]) -> None:
    """Write a model file, whole or not at all.

    Args:
        path: where to.
        header: anything JSON can say; must hold "method", which names who can restore it.
        tensors: name to array.
    """
    document = {"format": FORMAT, "format_version": VERSION, **header}
    text = json.dumps(document, sort_keys=True, allow_nan=False)
    with replacing(path) as temporary:
        temporary.write_bytes(save({name: np.ascontiguousarray(array) for name, array in tensors.items()}, {KEY: text}))


def read_model(path: Path) -> ModelFile:
    """Read a model file: its header and its arrays.

    Raises:
        InputError: if it is absent, a pickle, truncated, or not one of ours.
    """
    _refuse_pickles(path)
    try:
        with safe_open(path, framework="numpy") as file, naming(path):
            header = _header(file.metadata())
            return ModelFile(path, header, {name: _tensor(file, name) for name in file.keys()})  # noqa: SIM118
    except SafetensorError as error:
        raise InputError(
            f"{path} is damaged or no safetensors file ({error}); copy or train the model again."
        ) from error


def sign(path: Path, identity: str) -> None:
    """Write into a model file what it was made from, by which `identity_of` knows it again.

    Raises:
        InputError: if it is no model file, or cannot be written.
    """
    file = read_model(path)
    write_model(path, {**file.header, "identity": identity}, file.tensors)


def identity_of(path: Path) -> str | None:
    """What a model file was made from; None where that is not known, and for any other file."""
    with contextlib.suppress(SafetensorError, InputError, OSError), safe_open(path, framework="numpy") as file:
        identity = _header(file.metadata()).get("identity")
        return identity if isinstance(identity, str) else None
    return None


def _refuse_pickles(path: Path) -> None:
    """Say so when a file looks like a pickle or an archive made by torch.save."""
    if why := unreadable(path):
        raise InputError(f"{path} {why}; give the path of a model file, such as model.safetensors.")
    with path.open("rb") as file:
        start = file.read(9)
    # a safetensors file opens with the length of its header, then the brace of the JSON
    if start[8:] != b"{" and (start.startswith(b"PK") or start[:1] == b"\x80"):
        raise InputError(
            f"{path} is a pickle, and a pickle is never loaded, since it can run any program; "
            "give a model.safetensors written by slipher."
        )


def _header(metadata: Mapping[str, str] | None) -> dict[str, Any]:
    """The JSON of the header, checked."""
    try:
        header = json.loads((metadata or {}).get(KEY, "{}"))
    except (ValueError, RecursionError) as error:  # no JSON, or JSON that is too deep or has too long a number
        raise InputError(f"the header's {KEY} is no JSON that slipher wrote; copy or train the model again.") from error
    _check_format(header)
    return dict(header)


def _check_format(header: Any) -> None:
    """Refuse what is no model of ours, or of a slipher to come.

    Raises:
        InputError: says which.
    """
    if not isinstance(header, Mapping) or header.get("format") != FORMAT:
        raise InputError("this is a safetensors file but no slipher model; give one that slipher wrote.")
    version = header.get("format_version")
    if type(version) is not int or version not in READABLE:
        raise InputError(
            f"the header's format_version is {shortened(version)}, but this slipher reads {READABLE[0]} to "
            f"{READABLE[-1]}; install the slipher that wrote it, or train it again."
        )


def _tensor(file: Any, name: str) -> np.ndarray:
    """A tensor of an open file.

    Raises:
        InputError: if it is of a type that no model of ours has.
    """
    kind = file.get_slice(name).get_dtype()
    if kind not in TYPES:
        raise InputError(f"the tensor {name} is of type {kind}, which no model of slipher has; copy or train it again.")
    tensor: np.ndarray = file.get_tensor(name)
    return tensor


def _fits(shape: tuple[int, ...], wanted: tuple[int | None, ...]) -> bool:
    """Whether a shape is as wanted."""
    return len(shape) == len(wanted) and all(b is None or a == b for a, b in zip(shape, wanted, strict=True))
