"""A process that is killed before each of its system calls on files, and runs again; run by test_killing.

usage: killing.py WORK FOLDER STRIDE
"""

import hashlib
import importlib.util
import io
import os
import shutil
import signal
import sys
from functools import partial
from pathlib import Path

import h5py
import numpy as np

from slipher.constraints.flux import Flux
from slipher.redshift import Grid
from slipher.survey.amend import amend
from slipher.survey.catalogs.catalog import import_catalogue
from slipher.survey.catalogs.mapping import CatalogueColumns
from slipher.survey.dusting import add_reddening
from slipher.survey.frames.cutouts import cut_out
from slipher.survey.hayat import import_hayat
from slipher.survey.images import import_images
from slipher.survey.measure import measure_store
from slipher.survey.mock.simulate import simulate
from slipher.survey.pasquet.archive import import_pasquet
from slipher.survey.responses import response_cache
from slipher.survey.schema import Column, Schema, galaxy_schema
from slipher.survey.spectra.attach import attach_spectra
from slipher.survey.spectra.specobj import encode
from slipher.survey.store import open_store
from slipher.survey.writer import StoreWriter

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from dying import Dying, ended  # noqa: E402 - this is a program, which lies in a folder of its own

COUNT, SIDE, PIXELS = 5, 24, 3820
OUT = "out.h5"


def module(path):
    """A module of the tests."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def store_of(path, block=2, **parts):
    """A small store of random values."""
    schema = galaxy_schema(COUNT, ("g", "r"), source="a test", **parts)
    schema = Schema(COUNT, schema.bands, schema.columns, schema.tables, schema.attributes, block)
    rng = np.random.default_rng(7)
    columns = {name: rng.uniform(0, 1, (COUNT, *column.shape)) for name, column in schema.columns.items()}
    columns |= {"id": [encode(266, 51602, 1 + number, "26") for number in range(COUNT)], "redshift": [0.12] * COUNT}
    if "valid" in columns:
        columns["valid"] = np.ones_like(columns["valid"], bool)
    if "catalogue/ra" in columns:
        columns["ebv"] = np.full(COUNT, np.nan)
    with StoreWriter(path, schema, "made") as writer:
        for start, stop in writer.missing():
            writer.write(start, {name: np.asarray(values)[start:stop] for name, values in columns.items()})
        writer.finish()


def catalogue(folder):
    rows = [f"{number},{17 + number},0.1,{20 - number},0.1,0.{number + 1}" for number in range(COUNT)]
    (folder / "c.csv").write_text("\n".join(["id,g,eg,r,er,z", *rows, ""]))


def import_it(folder):
    columns = CatalogueColumns(magnitude="g,r", magnitude_error="eg,er", bands="gr", id="id", redshift="z")
    import_catalogue(folder / "c.csv", folder / OUT, columns)


def blobs(bands):
    y, x = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
    noise = np.random.default_rng(7).normal(0, 0.5, (COUNT, bands, SIDE, SIDE))
    return (50 * np.exp(-np.hypot(x, y) / 2) + noise).astype(np.float32)


def images(folder):
    np.savez(folder / "c.npz", cube=blobs(2), z=np.linspace(0.1, 0.2, COUNT))


def hayat(folder):
    numbers = {name: np.linspace(0.1, 0.2, COUNT) for name in ("ra", "dec", "specz_redshift", "specz_redshift_err")}
    with h5py.File(folder / "c.h5", "w") as file:
        for name, values in (numbers | {"images": blobs(5), "specObjID": 2**60 + np.arange(COUNT)}).items():
            file[name] = values
        file["e_bv"] = np.full((COUNT, 5), 0.1)


def archive(folder):
    module(HERE / "pasquet" / "pasquet_archive.py").write_archive(folder / "c.npz", COUNT, False)


def frames(folder):
    sdss = module(HERE / "frames" / "sdss_frames.py")
    ra, dec = sdss.sky_of(np.array([60.0, 200.0, 330.0]), np.array([60.0, 150.0, 240.0]))
    sdss.write_field(folder / "frames", ra, dec, "r")
    rows = [f"{one},{other}" for one, other in zip(ra, dec, strict=True)]
    (folder / "c.csv").write_text("\n".join(["ra,dec", *rows, ""]))


def positions(folder):
    store_of(folder / OUT, catalogue={"ra": Column("float64"), "dec": Column("float64")})


def spectra(folder):
    store_of(folder / OUT)
    (folder / "spectra").mkdir()
    module(HERE / "conftest.py").write(folder / "spectra" / "spec-0266-51602-0003.fits")


def with_spectra(folder):
    store_of(folder / OUT, loglam0=3.58, pixels=PIXELS)


def doubled(galaxies, _payload):
    return {"catalogue/double": 2 * galaxies.redshift}


WORKS = {
    "catalogue": (catalogue, import_it),
    "images": (
        images,
        lambda folder: import_images(
            folder / "c.npz", folder / OUT, bands="gr", redshift="z", images="cube", layout="NCHW", workers=1
        ),
    ),
    "hayat": (hayat, lambda folder: import_hayat(folder / "c.h5", folder / OUT, workers=1)),
    "pasquet": (archive, lambda folder: import_pasquet(folder / "c.npz", folder / OUT)),
    "cutouts": (frames, lambda folder: cut_out(folder / "frames", folder / "c.csv", folder / OUT, size=16, workers=1)),
    "simulate": (lambda folder: None, lambda folder: simulate(folder / OUT, 24, workers=1)),
    "measure": (
        lambda folder: store_of(folder / OUT, shape=(SIDE, SIDE), sky=False, photometry=False),
        lambda folder: measure_store(folder / OUT, workers=1),
    ),
    "spectra": (spectra, lambda folder: attach_spectra(folder / OUT, folder / "spectra", workers=1)),
    "dust": (positions, lambda folder: add_reddening(folder / OUT)),
    "amend": (
        positions,
        lambda folder: amend(
            folder / OUT, doubled, stamp=("doubled", "1"), columns={"catalogue/double": Column("float64")}
        ),
    ),
    "responses": (with_spectra, lambda folder: response_cache(open_store(folder / OUT), Grid(0.4, 20), Flux())),
}
"""What makes the input of a verb in an empty folder, and what the verb does there."""


def die_at(step):
    """Be killed before the step-th call that changes a file."""
    dying = Dying(step)
    dying.watch("pwrite", "fsync", "ftruncate", "replace", "unlink", "mkdir", "rmdir", "chmod")
    os.open = dying.counted(os.open, lambda path, flags, *arguments, **options: flags & (os.O_CREAT | os.O_RDWR))
    io.open = dying.counted(io.open, lambda file, mode="r", *arguments, **options: "r" not in mode)
    h5py.File.__init__ = dying.counted(h5py.File.__init__, lambda self, name, mode="r", **options: mode != "r")
    h5py.File.close = dying.counted(h5py.File.close)


def killed(work, step):
    """Do a work until the step-th call."""
    die_at(step)
    work()


def content(folder):
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files(folder)}


def files(folder):
    return [path for path in sorted(folder.rglob("*")) if not path.is_dir() or path.name.startswith(".")]


def every(name, folder, stride):
    """Kill a work before its n-th call, for every n or every few, and see that the same work then ends well.

    Returns:
        Number of kills.
    """
    prepare, work = WORKS[name]
    fresh, place = folder / "fresh", folder / "place"
    fresh.mkdir()
    prepare(fresh)
    shutil.copytree(fresh, place)
    work(place)  # here, and not in a child: every child then has the modules
    whole = content(place)
    assert whole != content(fresh)
    for kills in range(100000):
        shutil.rmtree(place)
        shutil.copytree(fresh, place)
        status = ended(partial(killed, partial(work, place), kills * stride))
        if status != -signal.SIGKILL:
            assert status == 0
            return kills
        assert ended(partial(work, place)) == 0, f"killed before call {kills * stride}"
        assert content(place) == whole, f"killed before call {kills * stride}"
    raise AssertionError


def twice(name, folder):
    """Whether a work leaves what it made as it is when it is done again."""
    place = folder / "place"
    before = [path.stat().st_mtime_ns for path in files(place)]
    assert ended(partial(WORKS[name][1], place)) == 0
    return before == [path.stat().st_mtime_ns for path in files(place)]


if __name__ == "__main__":
    count = every(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
    assert twice(sys.argv[1], Path(sys.argv[2]))
    sys.stdout.write(str(count))
