"""Names of files, extensions and filters as surveys write them."""

import numpy as np
import pytest

from slipher.errors import InputError
from slipher.survey.stamps.naming import band_in, band_names, picked, without_band

GRIZY = ("g", "r", "i", "z", "y")


@pytest.mark.parametrize(
    ("text", "bands", "band"),
    [
        ("HSC-G", GRIZY, "g"),
        ("g.00000", GRIZY, "g"),
        ("y.00000", GRIZY, "y"),
        ("g DECam SDSS c0001 4720.0 1520.0", GRIZY, "g"),
        ("sdss_r", GRIZY, "r"),
        ("i", ("lsst2016-g", "lsst2016-i"), "lsst2016-i"),
        ("LSST2016-I", ("lsst2016-g", "lsst2016-i"), "lsst2016-i"),
        ("HSC-I2", GRIZY, None),
        ("", GRIZY, None),
        ("g and r", GRIZY, None),
        ("F814W", ("F606W", "F814W"), "F814W"),
    ],
)
def test_bands_in_names(text, bands, band):
    assert band_in(text, bands) == band


@pytest.mark.parametrize(
    ("stem", "galaxy", "band"),
    [
        ("123_g", "123", "g"),
        ("123/g", "123", "g"),
        ("g/123", "123", "g"),
        ("HSC-R/galaxy_7", "HSC/galaxy_7", "r"),
        ("2-cutout-HSC-G-9813-pdr3_wide", "2-cutout-HSC-9813-pdr3_wide", "g"),
        ("J0123+45.i", "J0123+45", "i"),
        ("z_0.5_g", "z_0.5", "g"),
        ("J0123+45", "J0123+45", None),
    ],
)
def test_names_without_their_band(stem, galaxy, band):
    assert without_band(stem, GRIZY) == (galaxy, band)


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ("grz", ["g", "r", "z"]),
        ("g,r,z", ["g", "r", "z"]),
        ("hsc-g hsc-r", ["hsc-g", "hsc-r"]),
        (np.array([b"g", b"r"]), ["g", "r"]),
        (np.array(["g", "r"]), ["g", "r"]),
        (np.array([4700.0, 6200.0]), []),
        (None, []),
    ],
)
def test_bands_that_are_listed(said, names):
    assert band_names(said) == names


def test_planes_by_name():
    assert picked(["G", "HSC-R", "i.00000", "z"], ("g", "r", "z"), "a") == [0, 1, 3]
    with pytest.raises(InputError, match=r"a says that its bands are g r z, but u g r are named, and u is not there"):
        picked(["g", "r", "z"], ("u", "g", "r"), "a")
    with pytest.raises(InputError, match="and g is there twice"):
        picked(["g", "g"], ("g", "r"), "a")
