"""What can be, what says that there is none, and what is impossible."""

import numpy as np
import pytest
from astropy import units
from astropy.coordinates import Longitude
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from slipher.errors import InputError
from slipher.formats import plausible as table
from slipher.formats.column import decimal
from slipher.formats.plausible import (
    DECLINATION,
    EBV,
    ESTIMATE,
    FLUX_ERROR,
    REDSHIFT,
    Tally,
    plausible,
    positions,
    tell,
)

CODES = [-1, -9, -10, -99, -99.9, -999, -9999, -99999, -32768, -2147483648, 99, 999, 9999, 99.99, 1e20, -1e30, np.inf]
anything = arrays.arrays(
    np.float64,
    st.integers(1, 40),
    elements=st.one_of(st.floats(-1, 25), st.sampled_from([*CODES, np.nan]), st.floats()),
)

LONE = {-99.0, -99.9, -99.99, -99.999, -99.9999}
"""Right ascensions that are taken for codes."""


def judged(values, quantity=REDSHIFT, **options):
    return plausible(np.array(values, np.float64), quantity, **options)


@pytest.mark.parametrize("code", CODES)
def test_codes_for_an_unknown_redshift(code, capsys):
    kept, tally = judged([0.1, code, 0.3])
    np.testing.assert_array_equal(kept, [0.1, np.nan, 0.3])
    assert (tally.codes, tally.implausible, tally.code) == (1, 0, code)
    tell(tally, REDSHIFT, "a.csv: 'z'")
    assert f"a.csv: 'z': 1 of 3 values, such as {code:g}, say that there is none" in capsys.readouterr().err


@pytest.mark.parametrize("quantity", [REDSHIFT, ESTIMATE])
@pytest.mark.parametrize("written", ["9.99", "9.999", "9.9999", "9.99999", "9.999999", "99.9", "99.99", "99.9999"])
def test_nines_with_decimals_are_no_redshift(quantity, written):
    """In single precision too, as files hold them."""
    for values in (np.array([0.1, float(written), 9.98]), np.array([0.1, float(written), 9.98], np.float32)):
        kept, tally = plausible(decimal(values), quantity)
        np.testing.assert_array_equal(kept, [0.1, np.nan, 9.98])
        assert (tally.good, tally.codes, tally.implausible, tally.code) == (2, 1, 0, float(written))


@pytest.mark.parametrize("value", [-0.02, -0.5, 20.1, 57.3])
def test_impossible_redshifts(value, capsys):
    kept, tally = judged([0.1, 0.2, value])
    np.testing.assert_array_equal(kept, [0.1, 0.2, np.nan])
    tell(tally, REDSHIFT, "z")
    assert f"1 of 3 values are impossible, the first is {value:g}" in capsys.readouterr().err


@pytest.mark.parametrize("value", [-0.01, -0.001, 0, 1e-6, 9, 9.9, 14.44])
def test_redshifts_that_can_be(value):
    kept, tally = judged([value])
    assert kept == [value]
    assert (tally.count, tally.good, tally.codes, tally.implausible) == (1, 1, 0, 0)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([16.2], "look like magnitudes"),
        ([0.1, 14.2, 19.9, -9999, 22.4], "look like magnitudes"),
        ([12000.0, 29000.0, 0.0], "velocities in km/s; divide them by 299792.458"),
        ([0.2, 55, 66], "2 of 3 values are impossible, the first is 55"),
    ],
)
def test_another_column(values, words):
    with pytest.raises(InputError, match=words):
        tell(judged(values)[1], REDSHIFT, "z")


@settings(max_examples=150, deadline=None)
@given(anything, st.integers(0, 40), st.sampled_from([REDSHIFT, EBV, FLUX_ERROR, DECLINATION]))
def test_every_value_is_counted_once_and_parts_add_up(values, cut, quantity):
    kept, tally = plausible(values, quantity)
    good = np.isfinite(kept)
    np.testing.assert_array_equal(kept[good], values[good])
    assert tally.good == good.sum()
    assert tally.good + tally.codes + tally.implausible + np.isnan(values).sum() == tally.count == len(values)
    if good.any():
        assert (tally.low, tally.high) == (kept[good].min(), kept[good].max())
    assert plausible(values[:cut], quantity)[1] + plausible(values[cut:], quantity)[1] == tally
    assert Tally() + tally == tally == tally + Tally()


@pytest.mark.parametrize(
    ("quantity", "good", "bad"),
    [
        (table.FLUX, [-5, 0, 1e8], [1e12, -1e12]),
        (table.FLUX_ERROR, [1e-9, 5], [0, -1, 1e108, 2e9]),
        (table.MAGNITUDE, [0.4, 31], [-0.1, 99, -99, 45]),
        (table.MAGNITUDE_ERROR, [0.01, 2.5], [0, -1, 99, 9.99]),
        (table.EBV, [0, 0.03, 8], [-0.01, 11]),
        (table.RIGHT_ASCENSION, [-180, -0.1, 360], [-180.1, 361]),
        (table.DECLINATION, [-90, 90], [-90.1, 91]),
    ],
)
def test_each_quantity(quantity, good, bad):
    np.testing.assert_array_equal(judged(good, quantity)[0], good)
    assert np.isnan(judged(bad, quantity)[0]).all()


def test_codes_are_looked_for_before_and_ranges_after_the_unit():
    kept, tally = judged([1e3, -99, 1e9], table.FLUX_ERROR, factor=10.0)
    np.testing.assert_array_equal(kept, [1e4, np.nan, np.nan])
    assert (tally.codes, tally.implausible) == (1, 1)


@settings(max_examples=150, deadline=None)
@given(arrays.arrays(np.float64, 5, elements=st.floats(-180, 360).filter(lambda ra: ra not in LONE)))
def test_right_ascensions_are_wrapped_as_astropy_does(ra):
    got, dec, _ = positions(ra, np.full(5, 12.5))
    turned = Longitude(ra, units.deg).deg
    np.testing.assert_array_equal(got, np.where(turned == 360, 0, turned))
    assert ((got >= 0) & (got < 360)).all()
    assert (dec == 12.5).all()


def test_no_positions(capsys):
    ra = np.array([10, -99, -9, 0, 5, 400, np.nan, -1, 359.9])
    dec = np.array([5, -99, -9, 0, 91, 5, 5, 2, np.nan])
    got_ra, got_dec, tallies = positions(ra, dec)
    np.testing.assert_array_equal(got_ra, [10, *[np.nan] * 6, 359, np.nan])
    np.testing.assert_array_equal(got_dec, [5, *[np.nan] * 6, 2, np.nan])
    table.tell_positions(tallies, ("RA", "Dec"))
    said = capsys.readouterr().err
    assert "RA: 3 of 9 values, such as -99, say that there is none" in said
    assert "RA: 1 of 9 values are impossible, the first is 400" in said
    assert "Dec: 1 of 9 values are impossible, the first is 91" in said


@pytest.mark.parametrize("ra", [-99.0, -999.0, -9999.0])
@pytest.mark.parametrize("dec", [-9.0, -99.0, -1.0, 12.5])
def test_codes_that_differ_are_no_position(ra, dec):
    got_ra, got_dec, (tally, _) = positions(np.array([ra, 10.0]), np.array([dec, 5.0]))
    np.testing.assert_array_equal([got_ra, got_dec], [[np.nan, 10.0], [np.nan, 5.0]])
    assert (tally.codes, tally.code) == (1, ra)


@pytest.mark.parametrize(("ra", "dec"), [(-9.0, 3.0), (99.0, 3.0), (5.0, -9.0), (-98.5, 3.0), (0.0, 3.0), (3.0, 0.0)])
def test_a_low_code_alone_may_be_a_position(ra, dec):
    got_ra, got_dec, _ = positions(np.array([ra]), np.array([dec]))
    assert (got_ra[0], got_dec[0]) == (ra % 360, dec)


def test_positions_in_other_units(capsys):
    ra, dec = np.linspace(0.1, 359, 50), np.linspace(-80, 80, 50)
    for given_ra, given_dec, words in (
        (ra, dec, ""),
        (ra / 15, dec, "if they are hours, multiply them by 15"),
        (np.radians(ra), np.radians(dec), "are they radians"),
        (ra / 100, dec, ""),
    ):
        table.tell_positions(positions(given_ra, given_dec)[2], ("RA", "Dec"))
        said = capsys.readouterr().err
        assert words in said
        assert bool(said) == bool(words)
    with pytest.raises(InputError, match="look like right ascensions"):
        table.tell_positions(positions(dec, ra)[2], ("RA", "Dec"))
