"""SDSS's corrected frames: which there are, where they lie on the sky, and their pixels in nanomaggies.

Two forms: ``frame-{band}-{run:06d}-{camcol}-{field:04d}.fits`` of data release 8 and later, in nanomaggies with the sky
subtracted, and ``fpC-{run:06d}-{band}{camcol}-{field:04d}.fit`` of earlier releases, in counts with sky and a bias on
them; both also compressed (.gz, .bz2). Their celestial coordinates are read from the few keywords that define a tangent
projection, so that nothing else in a header of SDSS's long history matters. Pixel positions count from 0 at the centre
of the first pixel, x along a row.
"""

import bz2
import gzip
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Float32

from slipher.errors import InputError
from slipher.extras import require
from slipher.files import unreadable
from slipher.survey.padding import padding

__all__ = ["BANDS", "DamagedFrameError", "Field", "Frame", "Geometry", "find_fields", "read_frame", "read_geometry"]

BANDS = ("u", "g", "r", "i", "z")
REFERENCE = ("r", "i", "g", "z", "u")
"""The band whose pixels stand for a field: the first of these that it has, deepest first."""
CARD_BLOCK = 2880
"""Bytes of which FITS files are made."""
MOST_HEADER = 100 * CARD_BLOCK
BITPIX = {-32: ">f4", -64: ">f8", 16: ">i2", 32: ">i4"}
BIAS = 1000.0
"""Counts that fpC frames carry beside the sky, where the header does not say (SOFTBIAS)."""
NMGY_OF_FLUX20 = 10.0
"""A source of magnitude 20 in nanomaggies: 10^(0.4 (22.5 − 20))."""
END_OF_BZIP2 = 0x177245385090
OPENERS: dict[str, Any] = {".gz": gzip.open, ".bz2": bz2.open}
NAMES = (
    re.compile(r"(?P<kind>frame)-(?P<band>[ugriz])-(?P<run>\d{6})-(?P<camcol>\d)-(?P<field>\d{4})\.fits?(\.gz|\.bz2)?"),
    re.compile(r"(?P<kind>fpC)-(?P<run>\d{6})-(?P<band>[ugriz])(?P<camcol>\d)-(?P<field>\d{4})\.fits?(\.gz|\.bz2)?"),
)


class DamagedFrameError(InputError):
    """A frame that cannot be read, though its name is one of SDSS's."""


@dataclass(frozen=True, order=True)
class Field:
    """One stretch of the sky, seen in several bands at once."""

    run: int
    camcol: int
    field: int
    paths: Mapping[str, Path]
    """The frame in each band that there is."""

    @property
    def reference(self) -> str:
        """The band whose pixels stand for the field."""
        return next(band for band in REFERENCE if band in self.paths)

    def __str__(self) -> str:
        return f"run {self.run}, camcol {self.camcol}, field {self.field}"


@dataclass(frozen=True)
class Geometry:
    """Where a frame lies on the sky: a tangent projection."""

    shape: tuple[int, int]
    """Rows and columns."""
    axes: tuple[str, str]
    """What the projection's two axes are, as FITS names them."""
    crpix: tuple[float, float]
    crval: tuple[float, float]
    cd: tuple[tuple[float, float], tuple[float, float]]
    """Degrees a pixel."""

    def wcs(self) -> Any:
        """The projection as an astropy WCS."""
        wcs = require("astropy.wcs", "cutouts").WCS(naxis=2)
        wcs.wcs.ctype = list(self.axes)
        wcs.wcs.crpix, wcs.wcs.crval, wcs.wcs.cd = self.crpix, self.crval, np.array(self.cd)
        wcs.wcs.set()
        return wcs

    def pixels(
        self, ra: Float[np.ndarray, "*points"], dec: Float[np.ndarray, "*points"]
    ) -> tuple[Float[np.ndarray, "*points"], Float[np.ndarray, "*points"]]:
        """Pixel coordinates x and y of positions (degrees, ICRS); NaN for those that a tangent plane cannot show."""
        x, y = self.wcs().wcs_world2pix(ra.ravel(), dec.ravel(), 0, ra_dec_order=True)
        return x.reshape(ra.shape), y.reshape(ra.shape)

    def sky(
        self, x: Float[np.ndarray, "*points"], y: Float[np.ndarray, "*points"]
    ) -> tuple[Float[np.ndarray, "*points"], Float[np.ndarray, "*points"]]:
        """Right ascension and declination (degrees, ICRS) of pixel positions."""
        ra, dec = self.wcs().wcs_pix2world(x.ravel(), y.ravel(), 0, ra_dec_order=True)
        return ra.reshape(x.shape), dec.reshape(x.shape)


@dataclass(frozen=True, eq=False)
class Frame:
    """The pixels of a frame and where they lie."""

    image: Float32[np.ndarray, "y x"]
    """Nanomaggies; not finite where nothing was measured."""
    geometry: Geometry


def find_fields(folder: Path) -> list[Field]:
    """Every field of which a folder, or one below, holds frames; by run, camcol and field.

    Where a field is there in both forms, the later one (``frame-*``) is taken.

    Raises:
        InputError: if there is no such folder, it has no frames, or one frame twice.
    """
    if why := unreadable(folder, folder=True):
        raise InputError(f"{folder} {why}; give the one that holds the SDSS frames.")
    found: dict[tuple[str, int, int, int], dict[str, Path]] = {}
    for path, name in _frame_files(folder):
        key = name["kind"], int(name["run"]), int(name["camcol"]), int(name["field"])
        paths = found.setdefault(key, {})
        other = paths.setdefault(name["band"], path)
        if other != path:
            raise InputError(f"{other} and {path} are the same frame; leave one of them in {folder}.")
    if not found:
        raise InputError(
            f"{folder} holds no SDSS frames; they are called frame-r-002583-2-0136.fits or fpC-004192-r4-0300.fit, "
            "or so with .gz or .bz2."
        )
    later = {key[1:] for key in found if key[0] == "frame"}
    kept = {key[1:]: paths for key, paths in found.items() if key[0] == "frame" or key[1:] not in later}
    return [Field(*key, kept[key]) for key in sorted(kept)]


def read_geometry(path: Path) -> Geometry:
    """Where a frame lies, from its header alone; sees also that the file is not cut off.

    Raises:
        DamagedFrameError: if it is no whole SDSS frame; says what is wrong.
    """
    with _damage(path), _opened(path) as stream:
        header, length = _header(stream)
        geometry = _geometry(header)
        _calibration(path, header)
        _check_whole(path, length + _data_bytes(header))
    return geometry


def read_frame(path: Path) -> Frame:
    """A frame's pixels in nanomaggies, and where they lie.

    Counts become nanomaggies by (DN − bias − sky) · 10 / FLUX20, all from the header; nothing is subtracted from frames
    that are in nanomaggies. A count of 0 is below any bias, and an edge that holds one value is padding: nothing was
    measured there.

    Raises:
        DamagedFrameError: if it is no whole SDSS frame; says what is wrong.
    """
    with _damage(path), _opened(path) as stream:
        header, _ = _header(stream)
        geometry = _geometry(header)
        zero, factor = _calibration(path, header)
        raw = stream.read(_data_bytes(header))
        stored = np.frombuffer(raw, BITPIX[header["BITPIX"]]).reshape(geometry.shape)
        _read_to_the_end(stream)
    scaled = stored.astype(np.float32) * np.float32(header.get("BSCALE", 1)) + np.float32(header.get("BZERO", 0))
    if path.name.startswith("fpC"):
        scaled[scaled <= 0] = np.nan
        scaled = (scaled - np.float32(zero)) * np.float32(factor)
    scaled[padding(scaled)] = np.nan
    return Frame(scaled, geometry)


def _frame_files(folder: Path) -> Iterator[tuple[Path, re.Match[str]]]:
    """Files below a folder that are called as frames are, in a fixed order."""
    for parent, folders, files in os.walk(folder, followlinks=True):
        folders.sort()
        for name in sorted(files):
            match = next(filter(None, (form.fullmatch(name) for form in NAMES)), None)
            if match is not None:
                yield Path(parent, name), match


class _damage:  # noqa: N801 - reads as a phrase after `with`
    """Turns what the libraries say about a bad file into one sentence that names it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, Exception) and not isinstance(error, AssertionError):
            reason = " ".join(str(error).strip("\"'").split()).rstrip(".") or type(error).__name__
            raise DamagedFrameError(f"{self.path} cannot be used ({reason}); get it again.") from error


def _opened(path: Path) -> Any:
    """The file's content as a stream of bytes, decompressed on the way."""
    return OPENERS.get(path.suffix, open)(path, "rb")


def _header(stream: Any) -> tuple[Any, int]:
    """The first header of a FITS stream, which then stands at the data, and its length in bytes."""
    fits = require("astropy.io.fits", "cutouts")
    text = b""
    while not re.search(rb"(?:^|\s)END *$", text):
        block = stream.read(CARD_BLOCK)
        if len(block) < CARD_BLOCK or len(text) > MOST_HEADER or not (text or block).startswith(b"SIMPLE"):
            raise ValueError("it is cut off" if text.startswith(b"SIMPLE") or not block else "it has no FITS header")
        text += block
    return fits.Header.fromstring(text.decode("ascii", "replace")), len(text)


def _geometry(header: Any) -> Geometry:
    """Where a frame lies, by its header."""
    missing = [key for key in ("NAXIS1", "NAXIS2", "CTYPE1", "CRPIX1", "CRVAL1", "CD1_1") if key not in header]
    if missing:
        raise ValueError(f"its header has no {missing[0]}")
    axes = (header["CTYPE1"].strip(), header["CTYPE2"].strip())
    if sorted(axes) != ["DEC--TAN", "RA---TAN"]:
        raise ValueError(f"its projection is {' '.join(axes)}, not the tangent one of SDSS frames")
    crpix, crval = ((float(header[f"{key}1"]), float(header[f"{key}2"])) for key in ("CRPIX", "CRVAL"))
    first, second = ((float(header[f"CD{row}_1"]), float(header[f"CD{row}_2"])) for row in (1, 2))
    values = np.array([*crpix, *crval, *first, *second])
    if not np.isfinite(values).all() or first[0] * second[1] == first[1] * second[0]:
        raise ValueError("its coordinates are not a projection")
    return Geometry((int(header["NAXIS2"]), int(header["NAXIS1"])), axes, crpix, crval, (first, second))


def _calibration(path: Path, header: Any) -> tuple[float, float]:
    """The counts that are no light, and nanomaggies a count; 0 and 1 for a frame in nanomaggies."""
    band = header.get("FILTER", "")
    if band.strip() and f"-{band.strip()}" not in path.name:
        raise ValueError(f"its header says that it is the {band.strip()} band")
    if not path.name.startswith("fpC"):
        unit = header.get("BUNIT", "no unit")
        if not unit.lower().startswith("nanomagg"):
            raise ValueError(f"its pixels are in {unit}, not nanomaggy")
        return 0.0, 1.0
    sky, flux20 = float(header["SKY"]), float(header["FLUX20"])
    if not (flux20 > 0 and np.isfinite(sky)):
        raise ValueError(f"it is not calibrated: SKY {sky:g}, FLUX20 {flux20:g}")
    return float(header.get("SOFTBIAS", BIAS)) + sky, NMGY_OF_FLUX20 / flux20


def _data_bytes(header: Any) -> int:
    """Bytes that the pixels take."""
    if header["BITPIX"] not in BITPIX or header["NAXIS"] != 2:
        raise ValueError(f"it holds no image of numbers: BITPIX {header['BITPIX']}, NAXIS {header['NAXIS']}")
    return int(header["NAXIS1"] * header["NAXIS2"] * abs(header["BITPIX"]) // 8)


def _check_whole(path: Path, needed: int) -> None:
    """See that a file reaches its end; decompressed to see so only where its last bytes leave a doubt.

    Args:
        path: the file.
        needed: bytes that the header and the pixels take.
    """
    size = path.stat().st_size
    if path.suffix not in OPENERS:
        if size < needed:
            raise EOFError(f"it is cut off: {size} bytes of at least {needed}")
        return
    with path.open("rb") as stream:
        stream.seek(max(0, size - 11))
        tail = stream.read()
    if not (_ends_as_bzip2(tail) if path.suffix == ".bz2" else _ends_as_gzip(tail, needed)):
        with _opened(path) as stream:
            _read_to_the_end(stream)


def _ends_as_bzip2(tail: bytes) -> bool:
    """Whether the last bytes are a bzip2 stream's end: a mark, a checksum, and up to seven bits to fill the byte."""
    bits = int.from_bytes(tail, "big")
    return any((bits >> (32 + filler)) & (1 << 48) - 1 == END_OF_BZIP2 for filler in range(8))


def _ends_as_gzip(tail: bytes, needed: int) -> bool:
    """Whether the last four bytes can be the length of a FITS file that holds what is needed."""
    length = int.from_bytes(tail[-4:], "little")
    return length >= needed and length % CARD_BLOCK == 0


def _read_to_the_end(stream: Any) -> None:
    """Read on to the end, where a compressed stream's checksum is."""
    while stream.read(1 << 20):
        pass
