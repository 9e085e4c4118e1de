"""Units against the definition of the AB magnitude, and against astropy's."""

import astropy.units as u
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipher.errors import InputError
from slipher.formats.column import Column
from slipher.formats.units import flux_factors, magnitude_factor, nanomaggies_per, read_unit, unit_worth, worth_in

NANOMAGGY = [
    "nanomaggy",
    "nanomaggies",
    "nanomaggie",
    "nanomaggys",
    "nmgy",
    "nMgy",
    "NMGY",
    "Nanomaggies",
    "nano-maggy",
    "nmaggy",
    "1e-9maggy",
    "3631e-9Jy",
    "3.631uJy",
    "3631nJy",
    "10^-9maggies",
    "nanomaggies (AB)",
    "AB nanomaggy",
    "nmgy_AB",
    "10**(-9) mgy",
    "flux [nanomaggy]",
]
MICROJANSKY = [
    "uJy",
    "µJy",
    "μJy",
    "ujy",
    "UJY",
    "microJy",
    "microjansky",
    "micro-Jansky",
    "1e-6Jy",
    "1000nJy",
    "1e-29erg/s/cm2/Hz",
    "microJanskies",
    "[uJy]",
    "flux (uJy)",
    "Flux density [µJy]",
    "f_nu (uJy)",
    "uJy (AB)",
]


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


@pytest.mark.parametrize("written", NANOMAGGY)
def test_every_spelling_of_the_nanomaggy(written):
    assert read_unit(written) == 1.0
    assert read_unit(f" {written} ") == 1.0


@pytest.mark.parametrize("written", MICROJANSKY)
def test_every_spelling_of_the_microjansky(written):
    assert read_unit(written) == nanomaggies_per("uJy")


@given(st.floats(1e-3, 1e3), st.sampled_from(["nJy", "uJy", "mJy", "Jy", "erg / (s cm2 Hz)", "W / (m2 Hz)"]))
def test_units_that_astropy_writes(factor, name):
    unit = u.Unit(factor * u.Unit(name))
    flux = (1 * unit).to(u.nJy).value / 3631
    for form in ("generic", "console"):
        assert read_unit(unit.to_string(form)) == pytest.approx(flux, rel=1e-3)
    assert read_unit((unit**-2).to_string(), -2) == pytest.approx(flux**-2, rel=3e-3)


@pytest.mark.parametrize(
    "written",
    ["1/nanomaggy^2", "1/nanomaggies**2", "nanomaggy^-2", "nMgy-2", "nmgy^{-2}", "1/(nanomaggy)^2", "(nanomaggy)^-2"],
)
def test_inverse_variances(written):
    assert read_unit(written, -2) == 1.0


@pytest.mark.parametrize(
    ("written", "kind"),
    [(each, "count") for each in ("count", "counts", "ct", "ADU", "DN", "electron", "e-/s", "count/s", "1/count^2")]
    + [(each, "magnitude") for each in ("mag", "ABmag", "AB mag", "mag(AB)", "mag_AB", "asinh mag")]
    + [(each, None) for each in (None, "", " ", "none", "1", "unitless", "-")],
)
def test_what_is_no_flux(written, kind):
    assert read_unit(written) == kind


@pytest.mark.parametrize(
    "written",
    [
        "banana",
        "deg",
        "log (uJy)",
        "uJy (Vega)",
        "flux",
        "nanomaggy/arcsec2",
        "1e-17 erg/s/cm2/Angstrom",
        "nanomaggy^2",
    ],
)
def test_what_is_no_brightness(written):
    with pytest.raises(ValueError, match=r"."):
        read_unit(written)


def column(unit, name="flux"):
    return Column(name, "t.fits", np.zeros(0), unit=unit)


@pytest.mark.parametrize("power", [1, -2])
def test_the_file_names_the_unit_or_the_user_or_nobody(power):
    error = {1: "uJy", -2: "1/uJy^2"}[power]
    micro = pytest.approx(1 / 3.631)
    assert flux_factors([column("uJy")], [column(error)], power, None, None) == ([micro], [micro])
    assert flux_factors([column("uJy")], [column(None)], power, None, None) == ([micro], [micro])
    assert flux_factors([column(None)], [column(error)], power, "uJy", None) == ([micro], [micro])
    assert flux_factors([column(None)], [column("none")], power, None, None) == ([1.0], [1.0])
    assert flux_factors([column("nmgy")], [column(error)], power, None, None) == ([1.0], [micro])
    assert flux_factors([column("ADU")], [column(None)], power, "count", 25.0)[0] == [pytest.approx(0.1)]
    assert flux_factors([column("strange")], [column(None)], power, "nJy", None)[0] == [1 / 3631]


@pytest.mark.parametrize(
    ("written", "unit", "zero_point", "message"),
    [
        ("uJy", "nanomaggy", None, "column 'flux' is in uJy, but the unit is given as nanomaggy"),
        ("nanomaggies", "count", 22.5, "is in nanomaggies, but the unit is given as count"),
        ("mag", None, None, "is in mag, so that it holds magnitudes"),
        ("adu", None, None, "is in adu; give unit count"),
        ("adu", "nJy", None, "is in adu; give unit count"),
        ("strange", None, None, "is in strange, which is not understood; name its unit"),
    ],
)
def test_who_says_another_unit_than_the_file_is_told(written, unit, zero_point, message):
    with pytest.raises(InputError, match=f"t.fits: .*{message}"):
        flux_factors([column(None), column(written)], [column(None)], 1, unit, zero_point)


def test_magnitudes(capsys):
    assert [magnitude_factor(column(unit)) for unit in ("mag", None, "strange", "mmag", "mag(AB)")] == [
        1,
        1,
        1,
        1e-3,
        1,
    ]
    said = capsys.readouterr().err
    assert "is in strange, which is not understood; it is taken as magnitudes" in said
    assert "is in mmag, and converted to magnitudes" in said
    with pytest.raises(InputError, match="is in nanomaggy, so that it holds no magnitudes"):
        magnitude_factor(column("nanomaggy"))
    with pytest.raises(InputError, match="AB magnitudes are needed"):
        magnitude_factor(column("mag(Vega)"))
    with pytest.raises(InputError, match="is in km, which is no unit of a magnitude; name a column in magnitudes"):
        magnitude_factor(column("km"))


@pytest.mark.parametrize(
    ("written", "unit", "worth"),
    [
        *(
            (text, "deg", 1)
            for text in (None, "", "deg", "degree", "degrees", "Degrees", "DEG", "deg (J2000)", "°", "J2000")
        ),
        *((text, "deg", 15) for text in ("hourangle", "h", "hr", "hours", "Hour Angle")),
        *((text, "deg", u.rad.to("deg")) for text in ("rad", "radian", "radians")),
        *(("arcsec", "deg", 1 / 3600), ("arcmin", "deg", 1 / 60), ("mas", "deg", 1 / 3.6e6), ("strange", "deg", None)),
        *((text, "mag", 1) for text in (None, "mag", "mags", "AB mag", "1", "magnitude", "Mag")),
        *((text, "mag", 1e-3) for text in ("mmag", "millimag", "mmags", "milli-magnitudes", "0.001 mag", "mmag (AB)")),
        ("what", "mag", None),
    ],
)
def test_angles_and_magnitudes(written, unit, worth):
    assert unit_worth(column(written), unit) == (None if worth is None else pytest.approx(worth, rel=1e-12))


@pytest.mark.parametrize(
    ("written", "unit", "words"),
    [
        ("km", "deg", "no unit of an angle; name a column in degrees"),
        ("mag", "deg", "no unit of an angle"),
        ("d", "deg", "no unit of an angle"),
        ("deg", "mag", "no unit of a magnitude; name a column in magnitudes"),
        ("dex", "mag", "no unit of a magnitude"),
    ],
)
def test_what_is_no_angle_or_no_magnitude_is_refused(written, unit, words):
    with pytest.raises(InputError, match=words):
        worth_in(column(written), unit)
