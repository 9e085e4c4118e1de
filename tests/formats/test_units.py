"""Units against the definition of the AB magnitude."""

import astropy.units as u
import numpy as np
import pytest

from slipher.errors import InputError
from slipher.formats.units import nanomaggies_per


@pytest.mark.parametrize(("name", "unit"), [("nJy", u.nJy), ("uJy", u.uJy)])
def test_janskys_give_the_same_magnitude(name, unit):
    flux = 5.0
    magnitude = (flux * unit).to(u.ABmag).value
    # astropy's AB zero point is 3630.78 Jy, the survey's convention 3631 Jy.
    assert 22.5 - 2.5 * np.log10(flux * nanomaggies_per(name)) == pytest.approx(magnitude, abs=1e-4)


def test_counts():
    assert nanomaggies_per("count", 22.5) == 1.0
    assert nanomaggies_per("count", 27.5) == pytest.approx(0.01)
    assert nanomaggies_per("nanomaggy") == 1.0


@pytest.mark.parametrize(
    ("unit", "zero_point", "message"),
    [
        ("mJy", None, "unit is 'mJy', but must be one of nanomaggy, nJy, uJy, count"),
        ("count", None, "needs a zero point"),
        ("nJy", 30.0, "takes no zero point"),
    ],
)
def test_misuse(unit, zero_point, message):
    with pytest.raises(InputError, match=message):
        nanomaggies_per(unit, zero_point)
