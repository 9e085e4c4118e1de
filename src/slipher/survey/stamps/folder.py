"""A folder with a file of each galaxy, or with one of each galaxy and band, as surveys' cutout services give them."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from slipher.errors import InputError
from slipher.formats.column import Column
from slipher.formats.container import Container
from slipher.formats.containers import open_container
from slipher.formats.table import Held
from slipher.progress import say, track
from slipher.survey.padding import Unmeasured, without_padding
from slipher.survey.stamps.axes import SMALLEST
from slipher.survey.stamps.cube import middle
from slipher.survey.stamps.naming import without_band
from slipher.survey.stamps.planes import Plane, plane_calibration, planes_in, read_plane
from slipher.survey.stamps.reading import Reading

__all__ = ["FolderStamps", "shortened"]

SUFFIX = re.compile(r"\.(fits?|fts|npy)(\.(gz|bz2|fz))?$", re.IGNORECASE)
LISTED = 5
Shape = tuple[int, int]


@dataclass(frozen=True)
class Galaxy:
    """One galaxy's files."""

    name: str
    paths: Mapping[str, Path]
    """By band; one file of all bands is called ""."""


class FolderStamps:
    """The cutouts of a folder, and of those below it, in the order of their names.

    Args:
        folder: the folder.
        reading: how to read them.

    Raises:
        InputError: if there are none, a file cannot be read, or they have different sizes; says how many.
    """

    def __init__(self, folder: Path, reading: Reading) -> None:
        self.where = folder
        self._reading = reading
        files, others = _files(folder)
        self.galaxies = _galaxies(folder, files, reading)
        self.count = len(self.galaxies)
        found = [_looked_at(galaxy, reading) for galaxy in track(self.galaxies, "reading headers", self.count)]
        self.shape = _one_shape(folder, self.galaxies, [shape for shape, _ in found], reading.size)
        self.files = [path for galaxy in self.galaxies for path in galaxy.paths.values()]
        self.names = Column("file names", str(folder), np.array([galaxy.name for galaxy in self.galaxies]))
        self.table = Held(folder, [])
        with open_container(self.files[0]) as container:
            plane = next(iter(planes_in(container, reading).values()))
            self.unit = plane_calibration(container, plane, reading).words
        kind = "a file each" if self._whole else "a file for each band"
        say(
            f"{folder} has {self.count:,} galaxies, {kind}"
            + (f", and {others:,} files that are no images." if others else ".")
        )
        if reading.unit is None:
            say(f"{folder}: the first image is in {self.unit}; every image is taken as its own header says.")
        _tell_missing(folder, [bands for _, bands in found], reading.bands)

    @property
    def _whole(self) -> bool:
        """Whether one file has all bands of a galaxy."""
        return "" in self.galaxies[0].paths

    def __call__(self, start: int, stop: int) -> tuple[Float32[np.ndarray, "some bands y x"], Unmeasured]:
        """Cutouts ``start`` to ``stop`` in nanomaggies, NaN where a pixel is bad; and what was no measurement."""
        bands = self._reading.bands
        raw = np.full((stop - start, len(bands), *self.shape), np.nan, np.float32)
        calibrations = {}
        for row, galaxy in enumerate(self.galaxies[start:stop]):
            for band, container, plane in _planes(galaxy, self._reading):
                place = row, bands.index(band)
                raw[place] = middle(read_plane(container, plane), self._reading.size)
                calibrations[place] = plane_calibration(container, plane, self._reading)
        images, unmeasured = without_padding(raw)
        for place, calibration in calibrations.items():
            images[place] = calibration(images[place])
        return images, unmeasured


def shortened(names: Sequence[str]) -> list[str]:
    """Names without the beginning and the end that all of them share, cut at signs between words."""
    if len(set(names)) < 2:
        return list(names)
    before = re.sub(r"[A-Za-z0-9]*$", "", _shared(names))
    after = re.sub(r"^[A-Za-z0-9]*", "", _shared([name[::-1] for name in names])[::-1])
    return [name[len(before) : len(name) - len(after)] for name in names]


def _shared(names: Sequence[str]) -> str:
    """What all names begin with."""
    first, last = min(names), max(names)
    alike = (one == other for one, other in zip(first, last, strict=False))
    return first[: sum(takewhile(bool, alike))]


def _files(folder: Path) -> tuple[list[Path], int]:
    """The files of images below a folder, and how many others there are."""
    every = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    images = [path for path in every if SUFFIX.search(path.name)]
    if not images:
        raise InputError(f"{folder} holds no images; give a folder of FITS files, one or more of each galaxy.")
    return images, len(every) - len(images)


def _galaxies(folder: Path, files: Sequence[Path], reading: Reading) -> list[Galaxy]:
    """The files by galaxy: each its own, or those whose names differ in the band alone."""
    names = [SUFFIX.sub("", path.relative_to(folder).as_posix()) for path in files]
    with open_container(files[0]) as container:
        alone = len(planes_in(container, reading)) == 1
    if not alone or len(reading.bands) == 1:
        _check_once(folder, names)
        return [Galaxy(name, {"": path}) for name, path in zip(names, files, strict=True)]
    found: dict[str, dict[str, Path]] = {}
    for name, path in zip(names, files, strict=True):
        galaxy, band = without_band(name, reading.bands)
        if band is None:
            raise InputError(
                f"{path} holds one image, but its name says none of the bands {' '.join(reading.bands)}; name files "
                f"so, such as {Path(name).name}_{reading.bands[0]}.fits, or take it out."
            )
        if band in found.setdefault(galaxy, {}):
            raise InputError(f"{found[galaxy][band]} and {path} are both {band} of {galaxy!r}; leave one of them.")
        found[galaxy][band] = path
    return [Galaxy(name, found[name]) for name in sorted(found)]


def _check_once(folder: Path, names: Sequence[str]) -> None:
    """See that no galaxy has two files, such as one that is packed and one that is not."""
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice:
        raise InputError(f"{folder} has several files of {', '.join(twice[:LISTED])}; leave one of each.")


def _planes(galaxy: Galaxy, reading: Reading) -> Iterator[tuple[str, Container, Plane]]:
    """The planes of a galaxy by band, with their open files."""
    for band, path in galaxy.paths.items():
        with open_container(path) as container:
            planes = planes_in(container, reading)
            if not band and set(planes) == {""}:
                planes = {reading.bands[0]: planes[""]}
            if band:
                said = next(iter(planes))
                if len(planes) > 1 or said not in ("", band):
                    raise InputError(
                        f"{path} is called {band}, but holds {' '.join(planes)} by its header; rename or replace it."
                    )
                planes = {band: planes[said]}
            for name, plane in planes.items():
                yield name, container, plane


def _looked_at(galaxy: Galaxy, reading: Reading) -> tuple[Shape, list[str]]:
    """The size of a galaxy's images, and the bands that there are."""
    shapes = {}
    for band, container, plane in _planes(galaxy, reading):
        shape = [*container.describe(plane.array)[1]]
        if plane.layer is not None:
            del shape[plane.axis]
        shapes[band] = shape[0], shape[1]
    if len(set(shapes.values())) > 1:
        each = ", ".join(f"{band} {y} by {x}" for band, (y, x) in shapes.items())
        raise InputError(f"the images of {galaxy.name!r} have different sizes, {each} pixels; cut them alike.")
    return next(iter(shapes.values())), list(shapes)


def _one_shape(folder: Path, galaxies: Sequence[Galaxy], shapes: Sequence[Shape], size: int | None) -> Shape:
    """The size that all cutouts have.

    Raises:
        InputError: if they have several, or are smaller than the size that is wanted.
    """
    counts = Counter(shapes)
    if size is not None:
        small = [galaxy.name for galaxy, shape in zip(galaxies, shapes, strict=True) if min(shape) < size]
        if small:
            raise InputError(
                f"{folder}: {len(small):,} of {len(shapes):,} cutouts are smaller than {size} pixels "
                f"({', '.join(small[:LISTED])}); take them out, or cut all smaller (--size)."
            )
        return size, size
    if len(counts) > 1:
        each = ", ".join(f"{count:,} of {y} by {x}" for (y, x), count in counts.most_common(LISTED))
        odd = next(
            galaxy.name for galaxy, shape in zip(galaxies, shapes, strict=True) if shape != counts.most_common(1)[0][0]
        )
        least = min(min(shape) for shape in counts)
        raise InputError(
            f"the cutouts in {folder} have different sizes, {each} pixels (such as {odd}); cut them all to their "
            f"middle (--size {least})."
        )
    if min(shapes[0]) < SMALLEST:
        rows, columns = shapes[0]
        raise InputError(
            f"the cutouts in {folder} have {rows} by {columns} pixels; {SMALLEST} by {SMALLEST} are needed."
        )
    return shapes[0]


def _tell_missing(folder: Path, found: Sequence[Sequence[str]], bands: Sequence[str]) -> None:
    """Say how many galaxies lack a band.

    Raises:
        InputError: if all of them lack one.
    """
    without = {band: sum(band not in each for each in found) for band in bands}
    none = [band for band in bands if without[band] == len(found)]
    if none:
        raise InputError(f"no galaxy in {folder} has the band {none[0]}; name the bands that there are (--bands).")
    lacking = sum(not set(bands) <= set(each) for each in found)
    if lacking:
        listed = ", ".join(f"{band} {number:,}" for band, number in without.items() if number)
        say(f"{folder}: {lacking:,} of {len(found):,} galaxies lack a band ({listed}), which counts as missing.")
