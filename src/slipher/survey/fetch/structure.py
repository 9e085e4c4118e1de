"""Whether the bytes of a file are what its format promises, from the first to the last.

A web page in the place of a file, a file that ends too early and one with more bytes than it should have are found; a
damaged value inside the data is not, for want of a published digest.
"""

import re
import struct
from collections.abc import Callable, Iterator
from math import prod
from pathlib import Path
from typing import BinaryIO
from zipfile import BadZipFile, ZipFile

import h5py

__all__ = ["flaw"]

BLOCK, CARD = 2880, 80
"""Bytes of a FITS block and of a header card (FITS standard 4.0, sections 3.1 and 3.3)."""
MOST_BLOCKS = 200
"""A longer header is none."""
NUMBER = re.compile(rb"\s*([+-]?\d+)\s*(/|$)")
PAGE = re.compile(rb"\s*<(!doctype|html|\?xml|head)", re.IGNORECASE)


def flaw(path: Path, kind: str, shape: tuple[int, int] | None = None) -> str | None:
    """What is wrong with a file; None if nothing is.

    Args:
        path: of the file.
        kind: fits, npz or hdf5.
        shape: rows and columns that the first image of a FITS file must have.
    """
    with path.open("rb") as stream:
        if PAGE.match(stream.read(64)):
            return f"it is a web page, not {kind}"
    try:
        return FLAWS[kind](path, shape)
    except (ValueError, BadZipFile, OSError, EOFError, struct.error, NotImplementedError, RuntimeError) as error:
        return f"it is not {kind} ({' '.join(str(error).split())})"


def _fits(path: Path, shape: tuple[int, int] | None) -> str | None:
    """Go from header to header: the last unit must end where the file does."""
    total, end, first = path.stat().st_size, 0, None
    with path.open("rb") as stream:
        while end < total:
            stream.seek(end)
            header = _header(stream, "XTENSION" if end else "SIMPLE")
            first = first or header
            end += header["length"] + _padded(_data_bytes(header))
    if end != total or first is None:
        return f"it has {total:,} bytes, but {end:,} by its headers"
    found = first.get("NAXIS2"), first.get("NAXIS1")
    return f"its image is {found[0]} x {found[1]}, not {shape[0]} x {shape[1]}" if shape and found != shape else None


def _header(stream: BinaryIO, opening: str) -> dict[str, int]:
    """The whole numbers of a header by keyword, and its length in bytes.

    Raises:
        ValueError: if it is none.
    """
    numbers: dict[str, int] = {}
    for index, card in enumerate(_cards(stream)):
        if index == 0 and card[:9] != opening.encode().ljust(8) + b"=":
            raise ValueError(f"no {opening}")
        if card.rstrip() == b"END":
            return numbers | {"length": _padded((index + 1) * CARD)}
        if card[8:10] == b"= " and (number := NUMBER.match(card, 10)):
            numbers[card[:8].decode().rstrip()] = int(number[1])
    raise ValueError("a header without END")


def _cards(stream: BinaryIO) -> Iterator[bytes]:
    """The cards of a header.

    Raises:
        ValueError: if one holds what no header may (section 3.3.1: ASCII text).
    """
    for _ in range(MOST_BLOCKS):
        block = stream.read(BLOCK)
        if not block.isascii() or not block.decode().isprintable():
            raise ValueError("a header with bytes that are no text")
        yield from (block[start : start + CARD] for start in range(0, len(block), CARD))


def _data_bytes(header: dict[str, int]) -> int:
    """Bytes of the data below a header (section 4.4.1.1).

    Raises:
        ValueError: if it does not say.
    """
    try:
        axes = [header[f"NAXIS{axis}"] for axis in range(1, header["NAXIS"] + 1)]
        size = abs(header["BITPIX"]) // 8
    except KeyError as error:
        raise ValueError(f"a header without {error}") from error
    extra, groups = header.get("PCOUNT", 0), header.get("GCOUNT", 1)
    if min([*axes, extra, groups], default=0) < 0:
        # one that goes backwards would never come to the end
        raise ValueError("a header with negative sizes")
    pixels = prod(axes) if axes else 0
    return size * groups * (extra + pixels) if axes else 0


def _padded(count: int) -> int:
    """Bytes up to the end of the block."""
    return -(-count // BLOCK) * BLOCK


def _npz(path: Path, _: tuple[int, int] | None) -> str | None:
    """A zip file ends with a directory of what it holds."""
    with ZipFile(path) as archive:
        return None if any(name.endswith(".npy") for name in archive.namelist()) else "it is a zip file without arrays"


def _hdf5(path: Path, _: tuple[int, int] | None) -> str | None:
    """The library compares the size of the file with that in its first bytes."""
    with h5py.File(path, "r"):
        return None


FLAWS: dict[str, Callable[[Path, tuple[int, int] | None], str | None]] = {"fits": _fits, "npz": _npz, "hdf5": _hdf5}
