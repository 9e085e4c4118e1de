"""E(B−V) from columns of catalogues."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slipher.errors import InputError
from slipher.formats.column import Column
from slipher.formats.tables import Held
from slipher.physics.extinction import EXTINCTION_PER_EBV, EXTINCTION_PER_EBV_2011
from slipher.survey.dust import reddening_of

SFD98 = np.array([5.155, 3.793, 2.751, 2.086, 1.479])
RECALIBRATED = np.array([4.239, 3.303, 2.285, 1.698, 1.263])
EBV = np.linspace(0.005, 0.4, 30)


def held(arrays):
    return Held.of(Path("catalogue"), arrays)


def of_five(extinction):
    """E(B−V) of extinctions in u, g, r, i, z."""
    return reddening_of("A", held({"A": extinction}), None, None, None, len(extinction))[0]


@pytest.mark.parametrize("coefficients", [SFD98, RECALIBRATED])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_five_bands_tell_their_coefficients(coefficients, dtype):
    extinction = (EBV[:, None] * coefficients).astype(dtype)
    np.testing.assert_allclose(of_five(extinction), EBV, rtol=1e-6)


def test_five_bands_give_the_mean_and_keep_gaps():
    extinction = EBV[:, None] * SFD98 * np.array([1.1, 1.0, 1.0, 1.0, 0.9])
    extinction[3, 2] = np.nan
    found = of_five(extinction)
    np.testing.assert_allclose(np.delete(found, 3), np.delete(EBV, 3), rtol=1e-12)
    assert np.isnan(found[3])


def test_no_extinction_at_all():
    np.testing.assert_array_equal(of_five(np.zeros((4, 5))), np.zeros(4))


TABLE = {
    "EBV": EBV.astype(np.float32),
    "extinction_r": EBV * 2.751,
    "EXTINCTION_Z": EBV * 1.479,
    "A_g": EBV[:, None] * 3.303,
    "A_i": EBV * 1.698,
    "labels/ext_U": EBV * 5.155,
    "labels/ext_R": EBV * 2.751,
    "A_V": EBV * 3.1,
    "EXTINCTION": EBV[:, None] * SFD98,
    "e_bv": EBV[:, None] * SFD98,
}


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("EBV", "column EBV"),
        ("extinction_r", "column extinction_r, extinction in r / 2.751"),
        ("A_g", "column A_g, extinction in g / 3.303"),
        ("A_V/3.1", "column A_V / 3.1"),
        ("labels/ext_U/5.155", "column labels/ext_U / 5.155"),
        ("labels/ext_U", "column labels/ext_U, extinction in u / 5.155"),
        ("EXTINCTION", "column EXTINCTION, extinction in ugriz"),
        ("e_bv", "column e_bv, extinction in ugriz"),
    ],
)
def test_a_column_is_known_by_its_name_or_its_shape(name, source):
    ebv, said = reddening_of(name, held(TABLE), None, None, None, len(EBV))
    np.testing.assert_allclose(ebv, EBV, rtol=1e-6)
    assert said == source


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.floats(5e-3, 2), min_size=1, max_size=40),
    st.sets(st.sampled_from("ugriz"), min_size=2),
    st.sampled_from([SFD98, RECALIBRATED]),
    st.data(),
)
def test_other_bands_tell_the_coefficients(ebv, bands, coefficients, data):
    """Whatever bands there are, also where values are as short as catalogues write them, or missing."""
    ebv = np.array([*ebv, 0.1])
    columns = {f"extinction_{band}": np.round(ebv * coefficients["ugriz".index(band)], 5) for band in bands}
    wanted = data.draw(st.sampled_from(sorted(columns)))
    other = data.draw(st.sampled_from(sorted(set(columns) - {wanted})))
    columns[other][data.draw(st.integers(0, len(ebv) - 2))] = data.draw(st.sampled_from([np.nan, -9999.0]))
    found, _ = reddening_of(wanted, held(columns), None, None, None, len(ebv))
    np.testing.assert_allclose(found, ebv, rtol=2e-3)


@pytest.mark.parametrize(
    "columns",
    [
        {"extinction_r": EBV * 2.285},
        {"extinction_r": EBV * 2.285, "A_g": EBV * 3.303},
        {"extinction_r": EBV * 2.285, "extinction_g": EBV * 3.5},
        {"extinction_r": EBV * 2.285, "extinction_g": EBV * np.nan},
    ],
)
def test_where_nothing_tells_the_coefficient_it_is_asked_for(columns):
    with pytest.raises(InputError, match=r"2.751 E.B−V. in SDSS until DR12 .*; ask for extinction_r/2.751 or extinct"):
        reddening_of("extinction_r", held(columns), None, None, None, len(EBV))
    found, source = reddening_of("extinction_r/2.285", held(columns), None, None, None, len(EBV))
    np.testing.assert_allclose(found, EBV)
    assert source == "column extinction_r / 2.285"


@pytest.mark.parametrize("name", ["ebv", "A_g", "A_g/3.303", "A_V/3.1"])
def test_millimagnitudes_are_converted(name, capsys):
    values = {"ebv": EBV * 1e3, "A_g": EBV * 3303, "A_r": EBV * 2285, "A_V": EBV * 3100}
    table = Held(Path("catalogue"), [Column(key, "catalogue", each, unit="mmag") for key, each in values.items()])
    found, _ = reddening_of(name, table, None, None, None, len(EBV))
    np.testing.assert_allclose(found, EBV)
    assert "is in mmag, and converted to magnitudes" in capsys.readouterr().err


def test_a_column_of_another_unit_is_no_reddening():
    table = Held(Path("catalogue"), [Column("ebv", "catalogue", EBV, unit="deg")])
    with pytest.raises(InputError, match="'ebv' is in deg, which is no unit of a magnitude"):
        reddening_of("ebv", table, None, None, None, len(EBV))


def test_no_extinction_needs_no_coefficient():
    found, _ = reddening_of("A_r", held({"A_r": np.zeros(3)}), None, None, None, 3)
    np.testing.assert_array_equal(found, np.zeros(3))


def test_a_number_and_nothing():
    ebv, source = reddening_of(0.03, None, None, None, None, 4)
    np.testing.assert_array_equal(ebv, np.full(4, 0.03))
    assert source == "0.03 for all galaxies"
    ebv, source = reddening_of(None, held(TABLE), None, None, None, 4)
    assert np.isnan(ebv).all()
    assert source == "unknown"


@pytest.mark.parametrize(("value", "words"), [(np.nan, ""), (-9999, "say that there is none"), (-0.1, "impossible")])
def test_unknown_values_are_unknown(value, words, capsys):
    for name in ("x", "x/2", "A_r"):
        columns = {"x": [0.1, value, 0.2], "A_r": [0.2751, value, 0.5502], "A_g": [0.3793, 0.3, 0.7586]}
        table = held({key: np.array(values) for key, values in columns.items()})
        ebv, _ = reddening_of(name, table, None, None, None, 3)
        np.testing.assert_array_equal(np.isnan(ebv), [False, True, False])
        assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    "name",
    [
        *("extinctionR", "r_extinction", "Ar", "gal_ext_r", "extinction_r_x", "A_V", "av", "AV_gal", "extinction_V"),
        *("EXT_Y", "galExt", "galext", "A_G_x", "a_lambda", "labels/A_V", "absorption", "attenuation_i", "r", "dust_g"),
        *("reddening_r", "sfd_r", "Ai", "ABS_A_R", "extinction1", "extinction_x"),
    ],
)
def test_a_column_that_is_called_as_an_extinction_is_asked_for(name):
    table = held({name: EBV * 2.285})
    with pytest.raises(InputError, match=r"called as an extinction .* ask for it divided by its A / E.B−V., such as "):
        reddening_of(name, table, None, None, None, len(EBV))
    np.testing.assert_allclose(reddening_of(f"{name}/2.285", table, None, None, None, len(EBV))[0], EBV)


@pytest.mark.parametrize("name", ["mw_transmission_r", "MWTransmission", "trans_g", "g/transmission"])
@pytest.mark.parametrize("tail", ["", "/2.285"])
def test_what_dust_lets_through_is_no_reddening(name, tail):
    with pytest.raises(InputError, match=r"the share of light that dust lets through, not E.B−V.; name a column"):
        reddening_of(name + tail, held({name: 10 ** (-0.4 * EBV)}), None, None, None, len(EBV))


@pytest.mark.parametrize(
    "name",
    [
        *("ebv", "EBV", "e_bv", "E_BV", "E(B-V)", "E_B_V", "E(B-V)SandF", "EBminusV", "ebv_sfd", "sfd_ebv", "mw_ebv"),
        *(
            "MWEBV",
            "ext_ebv",
            "A_EBV",
            "labels/E_B_V",
            "sfd",
            "SFD98",
            "reddening",
            "dust",
            "x",
            "mw_reddening",
            "colour",
        ),
    ],
)
def test_a_column_that_says_reddening_or_nothing_holds_it(name):
    found, source = reddening_of(name, held({name: EBV}), None, None, None, len(EBV))
    np.testing.assert_array_equal(found, EBV)
    assert source == f"column {name}"


WRONG = {
    "no such column": ("nope", {"x": EBV}, "there is no column 'nope' for E.B−V., only x; name one of these"),
    "no table": ("nope", None, "there is no column 'nope' for E.B−V., only none"),
    "extinction of no band": (
        "EXTINCTION",
        {"EXTINCTION": EBV},
        "but not of which band; name one such as extinction_r",
    ),
    "three values": ("x", {"x": np.ones((30, 3))}, r"shape \(30, 3\); one number for each of the 30 galaxies"),
    "too short": ("x", {"x": np.ones(4)}, r"shape \(4,\); one number for each of the 30"),
    "text": ("x", {"x": np.full(30, "a")}, "has type <U1"),
    "negative": ("x", {"x": EBV - 1}, "'x' holds no E.B−V.: 30 of 30 values are impossible, the first is -0.995"),
    "too large": ("x", {"x": EBV + 20}, "'x' holds no E.B−V.: 30 of 30 values are impossible, the first is 20.005"),
    "negative number": (-0.1, None, r"E.B−V. is -0.1, but must be from 0 to 10"),
    "infinite": (np.inf, None, "E.B−V. is inf"),
    "divided by nothing": ("x/0", {"x": EBV}, "asked for as x/0, but the number must be positive"),
    "divided by a word": ("x/y", {"x": EBV}, "there is no column 'x/y' for E.B−V., only x"),
    "maps without positions": ("sfd", None, "needs positions; name the columns of ra and dec"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_no_reddening_is_told_in_one_sentence(case):
    spec, table, message = WRONG[case]
    with pytest.raises(InputError, match=message) as caught:
        reddening_of(spec, table and held(table), None, None, None, len(EBV))
    assert "\n" not in str(caught.value)


def test_the_catalogue_of_sdss_is_on_the_same_scale_in_every_band(sdss_dust):
    (ra, _), extinction = sdss_dust
    np.testing.assert_allclose(of_five(extinction), extinction[:, 2] / 2.751, rtol=1e-4)
    assert len(ra) == 10_000


def test_a_column_may_be_called_sfd():
    ebv, source = reddening_of("sfd", held({"sfd": EBV}), None, None, None, len(EBV))
    np.testing.assert_array_equal(ebv, EBV)
    assert source == "column sfd"


def test_the_coefficients_are_the_published_ones():
    assert list(EXTINCTION_PER_EBV_2011.values()) == RECALIBRATED.tolist()
    assert list(EXTINCTION_PER_EBV.values()) == SFD98.tolist()
