"""Units and zero points as files write them, against astropy and the surveys' own formulas."""

import numpy as np
import pytest
from astropy import units

from slipher.errors import InputError
from slipher.survey.stamps.calibration import calibrated


def factor(said=None, notes=None, unit=None, zero_point=None):
    return calibrated("a", said, notes or {}, unit, zero_point).factor


JANSKY = {"nJy": units.nJy, "uJy": units.uJy, "µJy": units.uJy, "mJy": units.mJy, "Jy": units.Jy, "microJy": units.uJy}


@pytest.mark.parametrize("said", JANSKY)
def test_flux_densities(said):
    assert factor(said) == pytest.approx(float((1 * JANSKY[said]).to_value(3631 * units.nJy)), rel=1e-12)


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("nanomaggy", 1), ("nanomaggies", 1), ("nmgy", 1), ("nMgy", 1), ("NANOMAGGIES", 1), (" nanomaggy/pixel ", 1),
        ("maggies", 1e9), ("1e-9 maggy", 1), ("1.58479740e-02 nanomaggy", 0.0158479740), ("10 nanomaggy", 10),
        ("nanojansky", 1 / 3631), ("janskys", 1e9 / 3631),
        ("10**(-9) mgy", 1), ("[nJy]", 1 / 3631), ("nanomaggies (AB)", 1), ("nJy pix-1", 1 / 3631),
        ("nJy per pixel", 1 / 3631), ("1e-32 W / (m2 Hz)", 1e3 / 3631),
    ],
)  # fmt: skip
def test_maggies_in_any_spelling(said, number):
    assert factor(said) == pytest.approx(number, rel=1e-12)


def test_zero_points():
    assert factor(notes={"FLUXMAG0": 63095734448.0194}) == pytest.approx(10 ** (-0.4 * (27 - 22.5)))
    for key in ("PHOTZP", "ZPT", "MAGZERO", "MAGZPT", "zero_point"):
        assert factor(notes={key: 30.0}) == pytest.approx(1e-3)
        assert factor("counts", notes={key: "30.0"}) == pytest.approx(1e-3)
        assert factor("ADU", notes={key: np.array([30.0])}) == pytest.approx(1e-3)
    assert factor("nanomaggy", notes={"MAGZERO": 30.0}) == 1, "what the unit says goes before"


def test_the_stacks_of_pan_starrs():
    notes = {"BOFFSET": 0.25, "BSOFTEN": 40.0, "EXPTIME": 900.0, "FPA.ZP": 25.0}
    calibration = calibrated("a", None, notes, None, None)
    compressed = np.array([-3, -0.5, 0, 0.1, 4, 9], np.float32)
    # the flux as the archive gives it, and the magnitude of a flux
    x = compressed.astype(float) * 0.4 * np.log(10)
    counts = 0.25 + 40.0 * (np.exp(x) - np.exp(-x))
    magnitude_of_one = 25 + 2.5 * np.log10(900.0)
    np.testing.assert_allclose(calibration(compressed), counts * 10 ** (-0.4 * (magnitude_of_one - 22.5)), rtol=1e-5)
    linear = calibrated("a", None, {"FPA.ZP": 25.0, "EXPTIME": 900.0}, None, None)
    assert linear.asinh is None
    assert linear.factor == pytest.approx(calibration.factor)


@pytest.mark.parametrize(
    ("notes", "message"),
    [
        ({"BSOFTEN": 40.0, "EXPTIME": 9.0}, "lacks BOFFSET or BSOFTEN"),
        ({"BSOFTEN": 40.0, "BOFFSET": 1.0}, "has no EXPTIME"),
    ],
)
def test_stacks_that_lack_a_keyword(notes, message):
    with pytest.raises(InputError, match=message):
        factor(notes=notes)


def test_nothing_said_is_nanomaggies():
    found = calibrated("a", None, {"EXPTIME": 30.0, "GAIN": 2}, None, None)
    assert (found.factor, found.words) == (1.0, "nanomaggies, since nothing else is said")


@pytest.mark.parametrize("key", ["ABMAGZP", "ZP", "MAG_ZP", "SEXMGZPT", "MAGZEROP", "magzero_ab", "MAG0", "ZPAB"])
@pytest.mark.parametrize("said", [None, "adu"])
def test_a_keyword_like_a_zero_point_is_asked_about(key, said):
    with pytest.raises(InputError, match=rf"its {key} of 25 may be one's calibration; say what"):
        factor(said, {key: 25.0})
    assert factor(said, {key: 25.0}, zero_point=25.0) == pytest.approx(0.1)
    assert factor("uJy", {key: 25.0}) == pytest.approx(1 / 3.631)
    assert factor(said, {key: 25.0, "MAGZERO": 30.0}) == pytest.approx(1e-3), "what is known goes before"


def test_the_flux_of_a_count_is_asked_about():
    with pytest.raises(InputError, match="its PHOTFLAM of 1e-19 may be"):
        factor(notes={"PHOTFLAM": 1e-19})


@pytest.mark.parametrize("key", ["BZERO", "TZERO2", "MAGZPERR", "EXPTIME"])
def test_keywords_that_are_no_zero_points(key):
    assert factor(notes={key: 20.0 if "ZERO" in key or key == "EXPTIME" else 0.02}) == 1


def test_what_the_user_says_where_the_file_says_nothing():
    assert factor(unit="uJy") == pytest.approx(1 / 3.631)
    assert factor(unit="count", zero_point=25.0) == pytest.approx(0.1)
    assert factor(zero_point=25.0) == pytest.approx(0.1)
    assert factor(notes={"ZPT": 25.0}, unit="count") == pytest.approx(0.1), "the file has the zero point"
    assert factor("counts", unit="count", zero_point=25.0) == pytest.approx(0.1)
    assert factor("erg/s/cm2/A", unit="nJy") == pytest.approx(1 / 3631), "a unit that is not known"


@pytest.mark.parametrize(
    ("said", "notes", "options", "message"),
    [
        ("uJy", {}, {"unit": "nanomaggy"}, r"a is in uJy, as it says, but --unit nanomaggy is 3.631 times that"),
        ("nanomaggy", {}, {"unit": "nJy"}, "is a 3631th of that; leave it to the file"),
        (None, {"FLUXMAG0": 10**10.8}, {"unit": "nanomaggy"}, r"counts with the zero point 27 \(FLUXMAG0\), but"),
        (
            None,
            {"ZPT": 27.0},
            {"unit": "count", "zero_point": 30.0},
            "--unit count --zero-point 30 is a 15.85th of that",
        ),
        ("MJy/sr", {}, {}, "is in 'MJy/sr', which is no unit that is known; say its unit"),
        ("erg/s/cm2/A", {"MAGZERO": 25.0}, {}, "no unit that is known"),
        ("electron/s", {}, {}, r"is in counts \('electron/s'\) and names no zero point; give it"),
        (None, {}, {"unit": "count"}, "needs a zero point"),
        (None, {}, {"unit": "nJy", "zero_point": 3.0}, "takes no zero point"),
    ],
)
def test_what_contradicts_or_is_not_enough(said, notes, options, message):
    with pytest.raises(InputError, match=message):
        factor(said, notes, **options)


def test_what_agrees():
    assert factor("nJy", unit="nJy") == pytest.approx(1 / 3631)
    assert factor(None, {"FLUXMAG0": 63095734448.0194}, zero_point=27.0) == pytest.approx(10**-1.8)
    assert factor("nJy", zero_point=31.4) == pytest.approx(1 / 3631, rel=1e-3), "31.4 is the zero point of nJy"
