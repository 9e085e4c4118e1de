"""One array of all galaxies, in any order, type and unit."""

import h5py
import numpy as np
import pytest
from astropy.io import fits

from slipher.errors import InputError
from slipher.formats.containers import open_container
from slipher.survey.stamps.cube import Cube
from slipher.survey.stamps.reading import Reading

BANDS = ("g", "r", "i")
CUBE = np.random.default_rng(8).normal(size=(12, 3, 16, 20)).astype(np.float32)


def cube(container, count=None, **options):
    return Cube(container, Reading(**{"bands": BANDS} | options), count)


def write(path, array, attributes=None, **more):
    """An array as the file's suffix says."""
    match path.suffix:
        case ".npy":
            np.save(path, array)
        case ".npz":
            np.savez(path, stamps=array, **more)
        case ".zip":
            path = path.with_suffix(".npz")
            np.savez_compressed(path, stamps=array, **more)
        case ".hdf5":
            with h5py.File(path, "w") as file:
                file["stamps"] = array
                file["stamps"].attrs.update(attributes or {})
        case ".fits":
            unit = fits.ImageHDU(array, name="STAMPS")
            unit.header.update(attributes or {})
            fits.HDUList([fits.PrimaryHDU(), unit]).writeto(path)
    return path


@pytest.mark.parametrize("suffix", [".npy", ".npz", ".zip", ".hdf5", ".fits"])
@pytest.mark.parametrize("layout", ["NCHW", "NHWC", "CNHW", "HWCN"])
def test_every_form_in_every_order(tmp_path, capsys, suffix, layout):
    array = CUBE[..., :16].transpose(["NCHW".index(letter) for letter in layout])
    with open_container(write(tmp_path / f"stamps{suffix}", array)) as container:
        stamps = cube(container, 12)
        assert (stamps.count, stamps.shape) == (12, (16, 16))
        for start, stop in ((0, 5), (5, 12), (3, 4)):
            images, unmeasured = stamps(start, stop)
            np.testing.assert_array_equal(images, CUBE[start:stop, ..., :16])
            assert unmeasured.galaxies == stop - start
    told = capsys.readouterr().err
    assert f"is read as {layout} (" in told
    assert "is in nanomaggies, since nothing else is said" in told


@pytest.mark.parametrize("layout", ["NCHW", "WHNC", "CNWH"])
def test_a_layout_that_is_said_decides(tmp_path, layout):
    array = CUBE[:3].transpose(["NCHW".index(letter) for letter in layout])
    with open_container(write(tmp_path / "a.npy", array)) as container:
        np.testing.assert_array_equal(cube(container, layout=layout)(0, 3)[0], CUBE[:3])


def test_one_band_and_one_galaxy(tmp_path):
    with open_container(write(tmp_path / "a.npy", CUBE[:, 0])) as container:
        np.testing.assert_array_equal(cube(container, 12, bands=("g",))(2, 5)[0], CUBE[2:5, :1])
    with open_container(write(tmp_path / "b.npy", CUBE[4, :, :, :16])) as container:
        np.testing.assert_array_equal(cube(container)(0, 1)[0], CUBE[4:5, ..., :16])
    with open_container(write(tmp_path / "c.npy", CUBE[4, 1])) as container:
        np.testing.assert_array_equal(cube(container, bands=("g",))(0, 1)[0], CUBE[4:5, 1:2])


def test_the_middle(tmp_path):
    with open_container(write(tmp_path / "a.npy", CUBE)) as container:
        stamps = cube(container, size=8)
        assert stamps.shape == (8, 8)
        np.testing.assert_array_equal(stamps(0, 12)[0], CUBE[..., 4:12, 6:14])
        with pytest.raises(InputError, match=r"has 16 by 20 pixels, fewer than the 18 that are wanted \(--size\)"):
            cube(container, size=18)


@pytest.mark.parametrize(
    ("suffix", "attributes", "more"),
    [
        (".fits", {"BANDS": "izrg"}, {}),
        (".fits", {"BAND0": "i", "BAND1": "z", "BAND2": "r", "BAND3": "g"}, {}),
        (".hdf5", {"bands": "i z r g"}, {}),
        (".hdf5", {"filters": np.array([b"hsc-i", b"hsc-z", b"hsc-r", b"hsc-g"])}, {}),
        (".npz", None, {"bands": np.array(["I", "Z", "R", "G"])}),
    ],
)
def test_bands_that_a_file_names_are_taken_by_name(tmp_path, suffix, attributes, more):
    four = np.concatenate([CUBE, CUBE[:, :1] + 1], axis=1)[:, [2, 3, 1, 0]]
    with open_container(write(tmp_path / f"a{suffix}", four, attributes, **more)) as container:
        np.testing.assert_array_equal(cube(container)(0, 12)[0], CUBE)
        with pytest.raises(InputError, match=r"says that its bands are .* but u g r i are named, and u is not there"):
            cube(container, bands=("u", "g", "r", "i"))


@pytest.mark.parametrize(
    ("suffix", "attributes", "factor"),
    [
        (".fits", {"BUNIT": "nJy"}, 1 / 3631),
        (".hdf5", {"unit": "uJy"}, 1 / 3.631),
        (".fits", {"FLUXMAG0": 63095734448.0194}, 10**-1.8),
        (".hdf5", {"zero_point": 25.0}, 0.1),
    ],
)
def test_units_that_a_file_says(tmp_path, capsys, suffix, attributes, factor):
    with open_container(write(tmp_path / f"a{suffix}", CUBE, attributes)) as container:
        np.testing.assert_allclose(cube(container)(0, 12)[0], CUBE * np.float32(factor), rtol=1e-6)
        assert f"'{'STAMPS' if suffix == '.fits' else 'stamps'}' is in " in capsys.readouterr().err
        with pytest.raises(InputError, match="leave it to the file, or correct the file"):
            cube(container, unit="nanomaggy")


def test_the_only_array_need_not_be_named(tmp_path):
    with open_container(write(tmp_path / "a.npz", CUBE, z=np.arange(12.0), names=np.array(["a"] * 12))) as container:
        assert cube(container).count == 12
    with (
        open_container(write(tmp_path / "b.npz", CUBE, ivar=CUBE, z=np.arange(12.0))) as container,
        pytest.raises(InputError, match=r"several arrays that may be cutouts, stamps, ivar; name one \(--images\)"),
    ):
        cube(container)
    np.savez(tmp_path / "c.npz", z=np.arange(12.0))
    with (
        open_container(tmp_path / "c.npz") as container,
        pytest.raises(InputError, match=r"has no array of cutouts, only z \(12,\)"),
    ):
        cube(container)
