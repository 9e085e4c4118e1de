"""What is a measurement in a catalogue, and what only stands in the place of one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from slipher.survey.catalogs.brightness import of_fluxes, of_magnitudes

BANDS = tuple("gri")
ROWS = 12


def fluxes(rows=ROWS, seed=0):
    """Fluxes and errors in three bands, as finely written as a computer does."""
    rng = np.random.default_rng(seed)
    flux = rng.uniform(1, 50, (rows, 3))
    return flux, 0.03 * flux


def counted(found, name):
    return getattr(found.counts, name).tolist()


@pytest.mark.parametrize(
    ("value", "error", "impossible"),
    [
        (np.nan, 0.1, 0),
        (5.0, np.nan, 0),
        (5.0, np.inf, 0),
        (5.0, 0.0, 0),
        (5.0, -1.0, 0),
        (-99.0, -99.0, 0),
        (-99.0, 0.1, 0),
        (-9999.0, 0.1, 0),
        (99.0, 99.0, 0),
        (-99.0, 99.0, 0),
        (-9999.0, 9999.0, 0),
        (-99.99, 99.99, 0),
        (5.0, 1e108, 0),
        (5.0, 1e20, 0),
        (1e20, 0.1, 0),
        (1e12, 0.1, 1),
        (-1e12, 0.1, 1),
        (5.0, 1e12, 1),
        (0.0, 0.1, 0),
    ],
)
def test_a_band_without_a_flux_is_missing(value, error, impossible):
    flux, flux_error = fluxes()
    flux[4, 1], flux_error[4, 1] = value, error
    found = of_fluxes(flux, flux_error)
    assert (found.flux[4, 1], found.error[4, 1]) == (0, np.inf)
    kept = found.usable
    assert (~kept).sum() == 1
    np.testing.assert_array_equal(found.flux[kept], flux[kept])
    np.testing.assert_array_equal(found.error[kept], flux_error[kept])
    assert counted(found, "missing") == [1, 0, 1, 0]
    assert counted(found, "impossible") == [impossible, 0, impossible, 0]
    assert counted(found, "zero") == [int(value == 0), 0, int(value == 0), 0]


@pytest.mark.parametrize(
    ("value", "error"),
    [(-99.0, 60.0), (-1.0, 0.5), (-1.0, 1.0), (-98.0, 98.0), (-0.3, 0.1), (9.0, 1.0), (99.0, 3.0), (1e8, 9.0)],
)
def test_what_can_be_measured_stays(value, error):
    flux, flux_error = fluxes()
    flux[4, 1], flux_error[4, 1] = value, error
    found = of_fluxes(flux, flux_error)
    assert (found.flux[4, 1], found.error[4, 1]) == (value, error)
    assert found.usable.all()
    assert counted(found, "faint") == [int(value < 0), 0, int(value < 0), 0]


def test_another_unit():
    """Codes are those of the file, ranges those of nanomaggies."""
    flux, error = fluxes()
    flux[0, 0], flux[1, 0] = -99, 3e12
    found = of_fluxes(flux, error, 1 / 3631)
    np.testing.assert_allclose(found.flux[2:], flux[2:] / 3631)
    np.testing.assert_allclose(found.error[2:], error[2:] / 3631)
    np.testing.assert_array_equal(found.usable[:2, 0], [False, True])


def rounded(faint, zeros, digits, seed=1):
    """Fluxes of which many are about 0, rounded, and some more set to 0."""
    rng = np.random.default_rng(seed)
    flux = np.round(rng.normal(0.5 if faint else 40, 1.0, (3000, 1)), digits)
    flux[:zeros] = 0
    return flux, np.full(flux.shape, 0.3)


@pytest.mark.parametrize(
    ("faint", "zeros", "digits", "filled"),
    [
        (True, 0, 1, 0),
        (True, 0, 2, 0),
        (True, 3, 2, 0),
        (True, 2000, 1, None),
        (True, 400, 2, None),
        (True, 1, 9, 1),
        (False, 200, 2, 200),
        (False, 60, 0, 0),
        (False, 2999, 0, 2999),
        (False, 3000, 2, 3000),
        (False, 1, 9, 1),
    ],
)
def test_zeros_that_were_filled_in(faint, zeros, digits, filled):
    """None of those that rounding makes; all where 0 is far commoner than any value, or nothing is rounded."""
    flux, error = rounded(faint, zeros, digits)
    found = of_fluxes(flux, error)
    expected = int((flux == 0).sum()) if filled is None else filled
    assert counted(found, "zero") == [expected, expected]
    assert (~found.usable).sum() == expected


def test_seen_not_seen_and_not_looked():
    magnitude = np.full((6, 3), 20.0)
    error = np.full((6, 3), 0.1)
    magnitude[1, 0], error[1, 0] = 99, 27.5
    magnitude[2, 0], error[2, 0] = 99, 99
    magnitude[3, 1], error[3, 1] = -99, 0
    magnitude[4, 2], error[4, 2] = 45, 0.1
    magnitude[5, 2], error[5, 2] = np.nan, np.nan
    found = of_magnitudes(magnitude, error, BANDS)
    assert found.flux[0, 0] == pytest.approx(10.0)
    assert found.error[0, 0] == pytest.approx(10.0 * 0.1 * np.log(10) / 2.5)
    assert (found.flux[1, 0], found.error[1, 0]) == pytest.approx((0, 0.01))
    assert np.argwhere(~found.usable).tolist() == [[2, 0], [3, 1], [4, 2], [5, 2]]
    assert counted(found, "unseen") == [1, 1, 0, 0]
    assert counted(found, "unlimited") == [1, 1, 0, 0]
    assert counted(found, "impossible") == [1, 0, 0, 1]
    assert counted(found, "missing") == [4, 1, 1, 2]
    assert counted(found, "faint") == [0, 0, 0, 0]


@pytest.mark.parametrize("kind", ["pogson", "asinh"])
@pytest.mark.parametrize("zero", [0.0, -0.0])
def test_magnitude_zero_is_no_measurement(kind, zero):
    found = of_magnitudes(np.array([[zero, 20.0], [0.4, 20.0]]), np.full((2, 2), 0.02), "gr", kind)
    assert found.usable.tolist() == [[False, True], [True, True]]
    assert counted(found, "impossible") == counted(found, "missing") == [1, 1, 0]


@pytest.mark.parametrize("code", [99, 99.0, 99.9, 99.99, 999, 9999, 1e20, np.inf])
def test_codes_for_not_seen(code):
    found = of_magnitudes(np.array([[code, 20.0]]), np.array([[26.0, 0.1]]), "gr")
    assert found.flux[0].tolist() == pytest.approx([0, 10])
    assert found.error[0, 0] == pytest.approx(10 ** (-0.4 * 3.5))


@pytest.mark.parametrize("code", [-99, -99.9, -999, -9999, -1, -np.inf, np.nan])
def test_codes_for_not_looked_at(code):
    """Also with what would be a limit of something not seen."""
    found = of_magnitudes(np.array([[code, 20.0]]), np.array([[26.0, 0.1]]), "gr")
    assert found.usable.tolist() == [[False, True]]
    assert counted(found, "unseen") == counted(found, "unlimited") == [0, 0, 0]


@settings(max_examples=150, deadline=None)
@given(
    arrays.arrays(
        np.float64, (9, 2), elements=st.one_of(st.floats(-5, 45), st.sampled_from([99, -99, np.nan]), st.floats())
    ),
    arrays.arrays(
        np.float64, (9, 2), elements=st.one_of(st.floats(-1, 30), st.sampled_from([99, -99, 1e108]), st.floats())
    ),
    st.integers(0, 9),
    st.sampled_from(["pogson", "flux"]),
)
def test_nothing_but_measurements_comes_through(value, error, cut, kind):
    """Whatever is written, a flux has a positive error and can be stored, and parts add up."""

    def read(rows):
        part = value[rows], error[rows]
        return of_magnitudes(*part, "gr") if kind == "pogson" else of_fluxes(*part)

    found = read(slice(None))
    assert np.isfinite(found.flux.astype(np.float32)).all()
    assert (found.error > 0).all()
    assert (found.flux[~found.usable] == 0).all()
    if not (value == 0).any():
        parts = read(slice(0, cut)).counts + read(slice(cut, 9)).counts
        assert {name: each.tolist() for name, each in vars(parts).items() if name != "galaxies"} == {
            name: each.tolist() for name, each in vars(found.counts).items() if name != "galaxies"
        }
        assert parts.galaxies == 9


def test_counts_in_words(capsys):
    magnitude, error = np.full((1200, 3), 20.0), np.full((1200, 3), 0.1)
    magnitude[:1100, 0], error[:1100, 0] = 99, 27.5
    magnitude[0, 1:] = -99
    of_magnitudes(magnitude, error, BANDS).counts.tell(BANDS)
    assert capsys.readouterr().err.splitlines() == [
        "1 of 1,200 galaxies have (r 1, i 1) no usable value; they have flux 0 and an infinite error there.",
        "1,100 of 1,200 galaxies have (g 1,100) not been seen where they were looked at; they have flux 0 and the limit "
        "as its error there.",
    ]
