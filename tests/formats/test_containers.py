"""Files of arrays are read piece by piece, and broken ones say so in one sentence."""

import io
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st

from slipher.errors import InputError
from slipher.formats.containers import open_container

CUBE = np.random.default_rng(1).normal(size=(30, 4, 5, 2)).astype(np.float32)
REDSHIFT = np.linspace(0.0, 0.4, 30)
NAMES = np.array([f"galaxy {row}" for row in range(30)])


def write(path, kind):
    match kind:
        case "npz":
            np.savez(path, cube=CUBE, z=REDSHIFT, name=NAMES)
        case "compressed npz":
            np.savez_compressed(path, cube=CUBE, z=REDSHIFT, name=NAMES)
        case "Fortran npz":
            np.savez(path, cube=np.asfortranarray(CUBE), z=REDSHIFT, name=NAMES)
        case "big-endian npz":
            np.savez(path, cube=CUBE.astype(">f4"), z=REDSHIFT.astype(">f8"), name=NAMES)
        case "HDF5":
            with h5py.File(path, "w") as file:
                file.create_dataset("cube", data=CUBE, chunks=(7, 4, 5, 2), compression="gzip")
                file["z"] = REDSHIFT
                file["name"] = NAMES.astype("S")
        case "text HDF5":
            with h5py.File(path, "w") as file:
                file["cube"], file["z"], file["name"] = CUBE, REDSHIFT, NAMES.astype(object)
        case "FITS" | "gzipped FITS":
            columns = [fits.Column("z", "D", array=REDSHIFT), fits.Column("name", "12A", array=NAMES)]
            units = [fits.PrimaryHDU(), fits.ImageHDU(CUBE, name="cube"), fits.BinTableHDU.from_columns(columns)]
            buffer = io.BytesIO()
            fits.HDUList(units).writeto(buffer)
            path.write_bytes(buffer.getvalue())
            if kind == "gzipped FITS":
                import gzip

                path.write_bytes(gzip.compress(buffer.getvalue()))
        case "FITS table":
            columns = [
                fits.Column("cube", "40E", dim="(2,5,4)", array=CUBE.reshape(30, -1)),
                fits.Column("z", "D", array=REDSHIFT),
                fits.Column("name", "12A", array=NAMES),
            ]
            fits.BinTableHDU.from_columns(columns).writeto(path)
    return path


KINDS = [
    "npz", "compressed npz", "Fortran npz", "big-endian npz", "HDF5", "text HDF5", "FITS", "gzipped FITS", "FITS table",
]  # fmt: skip


def text(values):
    return [value.decode() if isinstance(value, bytes) else value for value in values.tolist()]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_gives_the_same(tmp_path, kind):
    # Every suffix is wrong: the content says what a file is.
    path = write(tmp_path / "cutouts.data.npz" if "npz" in kind else tmp_path / "cutouts.data", kind)
    cube = "CUBE" if kind in ("FITS", "gzipped FITS") else "cube"
    with open_container(path) as container:
        for start, stop in ((3, 9), (9, 20), (0, 30), (29, 30), (4, 4)):
            part = container.read(cube, start, stop)
            np.testing.assert_array_equal(part, CUBE[start:stop])
            assert part.dtype == np.dtype(np.float32)
        np.testing.assert_array_equal(container.read("z"), REDSHIFT)
        assert text(container.read("name")) == NAMES.tolist()
        assert container.describe(cube) == (container.arrays[cube][0], (30, 4, 5, 2))


@given(pieces=st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)).map(sorted), max_size=6))
@settings(max_examples=25, deadline=None)
def test_any_pieces_in_any_order(tmp_path_factory, pieces):
    path = tmp_path_factory.getbasetemp() / "pieces.npz"
    if not path.exists():
        write(path, "compressed npz")
    with open_container(path) as container:
        for start, stop in pieces:
            np.testing.assert_array_equal(container.read("cube", start, stop), CUBE[start:stop])


def test_scaled_fits_images(tmp_path):
    unit = fits.ImageHDU(np.arange(24, dtype=np.int16).reshape(4, 3, 2), name="COUNTS")
    unit.header["BSCALE"], unit.header["BZERO"] = 0.5, 10.0
    fits.HDUList([fits.PrimaryHDU(), unit]).writeto(tmp_path / "a.fits")
    with open_container(tmp_path / "a.fits") as container:
        np.testing.assert_allclose(container.read("COUNTS", 1, 3), 10 + 0.5 * np.arange(6, 18).reshape(2, 3, 2))


def test_missing_file_and_array(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        open_container(tmp_path / "a.npz")
    with pytest.raises(InputError, match="is a folder"):
        open_container(tmp_path)
    with (
        open_container(write(tmp_path / "a.npz", "npz")) as container,
        pytest.raises(InputError, match=r"has no array 'image', only cube \(30, 4, 5, 2\), z \(30,\)"),
    ):
        container.read("image")


def test_another_format(tmp_path):
    (tmp_path / "a.txt").write_text("1 2 3")
    with pytest.raises(InputError, match="is neither npy, npz, HDF5 nor FITS"):
        open_container(tmp_path / "a.txt")


def test_objects_are_never_loaded(tmp_path):
    np.savez(tmp_path / "a.npz", cube=np.array([{"a": 1}], dtype=object), one=np.float64(3))
    with open_container(tmp_path / "a.npz") as container:
        with pytest.raises(InputError, match="'cube' holds Python objects, which are never loaded"):
            container.read("cube")
        with pytest.raises(InputError, match="'one' is a single number"):
            container.read("one")


@pytest.mark.parametrize("kind", ["npz", "compressed npz", "HDF5", "FITS", "gzipped FITS", "FITS table"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_truncated(tmp_path, kind, share):
    path = write(tmp_path / "a.npz", kind)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])

    def read():
        with open_container(path) as container:
            for name in container.arrays:
                container.read(name)

    with pytest.raises(InputError, match="damaged or truncated"):
        read()


@pytest.mark.parametrize("kind", ["npz", "compressed npz"])
def test_damaged_zip(tmp_path, kind):
    path = write(tmp_path / "a.npz", kind)
    content = bytearray(path.read_bytes())
    content[2000] ^= 255
    path.write_bytes(content)
    with open_container(path) as container, pytest.raises(InputError, match="'cube' cannot be read"):
        container.read("cube")


def test_a_foreign_zip(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("cube.npy", b"not numpy")
    with pytest.raises(InputError, match="not a whole npz file"):
        open_container(tmp_path / "a.npz")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("scheme", ["http:", "file:"])
def test_a_folder_is_never_taken_for_the_network(tmp_path, monkeypatch, kind, scheme):
    """astropy downloads what begins like an address, even where a file of that name lies here."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / scheme / "server").mkdir(parents=True)
    with open_container(write(Path(scheme, "server", "a.npz" if "npz" in kind else "a"), kind)) as container:
        np.testing.assert_array_equal(container.read("z"), REDSHIFT)
