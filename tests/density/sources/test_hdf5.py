"""Ensembles in HDF5 that promise what is not there, are of other types or damaged: one sentence, and little memory."""

import contextlib

import h5py
import numpy as np
import pytest

from slipher.density.file import DensityFile, DensityWriter, is_densities, read
from slipher.errors import InputError
from slipher.redshift import Grid

N, BINS = 12, 8
GRID = Grid(0.4, BINS)


@pytest.fixture
def path(tmp_path):
    mass = np.random.default_rng(1).dirichlet(np.ones(BINS), N)
    with DensityWriter(tmp_path / "d.hdf5", GRID, N) as writer:
        writer.write(0, mass, np.array([f"g{row}" for row in range(N)]), np.linspace(0.01, 0.3, N))
    return tmp_path / "d.hdf5"


def use(path):
    """Read all that there is; InputErrors are answers."""
    with contextlib.suppress(InputError):
        is_densities(path)
    with contextlib.suppress(InputError), DensityFile(path) as file:
        file.ancil.read(file.ancil.names)
        for start, stop in file.bounds():
            file.block(start, stop)


def replaced(name, values=None, **how):
    def change(file):
        del file[name]
        if isinstance(values, h5py.SoftLink | h5py.ExternalLink):
            file[name] = values
        else:
            file.create_dataset(name, data=values, **how)

    return change


def grouped(name):
    def change(file):
        del file[name]
        file.create_group(name)

    return change


OBJECTS = {"vlen": h5py.vlen_dtype(np.float64), "text": h5py.string_dtype(), "reference": h5py.ref_dtype}
WRONG = {
    "unwritten": replaced("data/pdfs", shape=(2**57, BINS), dtype="f8"),
    "hardly written": replaced("data/pdfs", shape=(2**40, BINS), dtype="f8", chunks=(9, BINS)),
    "wide": replaced("data/pdfs", shape=(N, 2**40), dtype="f8", chunks=(1, 9)),
    "external": replaced("data/pdfs", shape=(N, BINS), dtype="f8", external=[("/dev/zero", 0, 8 * N * BINS)]),
    "outside": replaced("data/pdfs", h5py.ExternalLink("/dev/zero", "/pdfs")),
    "soft": replaced("data/pdfs", h5py.SoftLink("/data/pdfs")),
    "data outside": replaced("data", h5py.ExternalLink("/dev/zero", "/data")),
    "no data": grouped("data"),
    "a group": grouped("data/pdfs"),
    "no meta": grouped("meta"),
    "bins of text": replaced("meta/bins", np.array([b"a", b"b"])),
    "bins missing": grouped("meta/bins"),
    "bins of no shape": replaced("meta/bins", 1.0),
    "no bins": replaced("meta/bins", np.zeros((1, 0))),
    "bins of others": replaced("meta/bins", np.linspace(0, 1, 3)[None]),
    "bins that are none": replaced("meta/bins", np.full((1, BINS + 1), np.nan)),
    "many bins": replaced("meta/bins", shape=(1, 2**40), dtype="f8", chunks=(1, 9)),
    "empty": replaced("data/pdfs", h5py.Empty("f8")),
    "one number": replaced("data/pdfs", 1.0),
    "another rank": replaced("data/pdfs", np.zeros((N, BINS, 2))),
    "complex": replaced("data/pdfs", np.zeros((N, BINS), complex)),
    "a table": replaced("data/pdfs", np.zeros((N, BINS), [("a", "f4")])),
    "name": replaced("meta/pdf_name", np.array([b"\xff\xfe"])),
    "unknown name": replaced("meta/pdf_name", np.array([b"rv_frozen"])),
    "named otherwise": replaced("meta/pdf_name", np.array([b"norm"])),
    "name of numbers": replaced("meta/pdf_name", np.zeros(1)),
    **{f"{key} in data": replaced("data/pdfs", shape=(N, BINS), dtype=kind) for key, kind in OBJECTS.items()},
    **{f"{key} in meta": replaced("meta/bins", shape=(1, BINS + 1), dtype=kind) for key, kind in OBJECTS.items()},
    **{f"{key} as name": replaced("meta/pdf_name", shape=(1,), dtype=kind) for key, kind in OBJECTS.items()},
}


@pytest.mark.parametrize("wrong", WRONG)
def test_densities_that_are_none(path, wrong):
    with h5py.File(path, "r+") as file:
        WRONG[wrong](file)
    use(path)
    with pytest.raises(InputError):
        read(path)


@pytest.mark.parametrize("kind", OBJECTS)
def test_columns_beside_densities_that_are_none(path, kind):
    with h5py.File(path, "r+") as file:
        file.create_dataset("ancil/odd", (N,), OBJECTS[kind])
        file["ancil/outside"] = h5py.ExternalLink("/dev/zero", "/x")
        file.create_dataset("ancil/zeros", (N,), "f8", external=[("/dev/zero", 0, 8 * N)])
    use(path)
    with DensityFile(path) as file:
        assert len(file.density(0, N)) == N


def test_no_densities_are_none(path):
    with h5py.File(path, "r+") as file:
        for name in ("data/pdfs", "ancil/id", "ancil/redshift"):
            replaced(name, file[name][:0])(file)
    use(path)
    assert len(read(path)) == 0


def test_no_damage_crashes_the_reader(path, check_survives):
    check_survives(use, path, 40)
