"""Catalogues in the usual formats, with the usual names of columns or any others."""

import numpy as np
import pytest
from astropy import units as u
from astropy.io import fits
from astropy.table import Table

from slipher.errors import InputError
from slipher.survey.frames.positions import read_positions

RA, DEC, Z = np.array([10.5, 200.25, 359.9]), np.array([-1.5, 0.25, 60.0]), np.array([0.1, np.nan, 0.3])
IDS = np.array([1237648720693755918, 299489677444933632, 7])


def write(path, **columns):
    Table(columns).write(path, format={".vot": "votable", ".ecsv": "ascii.ecsv"}.get(path.suffix, path.suffix[1:]))
    return path


@pytest.mark.parametrize("suffix", [".fits", ".csv", ".parquet", ".vot"])
def test_columns_are_found_in_every_format(tmp_path, suffix):
    found = read_positions(write(tmp_path / f"c{suffix}", specObjID=IDS, RA=RA, Dec=DEC, Z=Z, EBV=[0.1, 0.2, 0.3]))
    assert found.id.dtype == np.int64
    np.testing.assert_array_equal(found.id, IDS)
    np.testing.assert_array_equal([found.ra, found.dec, found.redshift], [RA, DEC, Z])
    np.testing.assert_array_equal(found.ebv, [0.1, 0.2, 0.3])
    assert found.spectrum == {}


def test_named_columns(tmp_path):
    path = write(tmp_path / "c.fits", a=RA, b=DEC, ra=0 * RA, dec=0 * RA, zz=Z, z=0 * Z, name=["x", "y", "zz"])
    found = read_positions(path, ra="a", dec="b", redshift="zz", id="name", ebv="0.05")
    np.testing.assert_array_equal([found.ra, found.dec, found.redshift], [RA, DEC, Z])
    assert found.id.tolist() == [b"x", b"y", b"zz"]
    assert found.ebv.tolist() == [0.05] * 3


def test_what_is_not_there_is_unknown(tmp_path):
    found = read_positions(write(tmp_path / "c.csv", ra=RA, dec=DEC))
    assert found.id.tolist() == [0, 1, 2]
    assert np.isnan(found.redshift).all()
    assert np.isnan(found.ebv).all()
    assert found.ebv_source == "unknown"


def test_positions_in_the_unit_that_the_file_names(tmp_path):
    found = read_positions(write(tmp_path / "c.ecsv", ra=RA / 15 * u.hourangle, dec=np.radians(DEC) * u.rad))
    np.testing.assert_allclose([found.ra, found.dec], [RA, DEC])


def test_a_magnitude_is_no_redshift(tmp_path):
    magnitudes = {band: np.full(3, 18.0) for band in "ugriz"}
    assert np.isnan(read_positions(write(tmp_path / "c.fits", ra=RA, dec=DEC, **magnitudes)).redshift).all()


def test_what_says_that_there_is_none_is_unknown_and_counted(tmp_path, capsys):
    path = write(
        tmp_path / "c.csv", ra=[-0.1, 200, -9999], dec=[1.0, 2, -9999], z=[0.1, -9999, 0.3], ebv=[0.1, 0.2, -1]
    )
    found = read_positions(path)
    np.testing.assert_allclose(found.ra, [359.9, 200, np.nan])
    np.testing.assert_array_equal([found.redshift, found.ebv], [[0.1, np.nan, 0.3], [0.1, 0.2, np.nan]])
    said = capsys.readouterr().err
    for name in ("ra", "dec", "z", "ebv"):
        assert f"c.csv: '{name}': 1 of 3 values, such as -" in said


def test_vector_columns_and_the_spectrum(tmp_path):
    """As SDSS's own files have them: identifiers as padded text, extinctions in five bands."""
    extinction = np.array([0.1, 0.2, 0.3])[:, None] * np.array([5.155, 3.793, 2.751, 2.086, 1.479])
    columns = [
        fits.Column("SPECOBJID", "22A", array=[f" {name}" for name in IDS]),
        fits.Column("PLUG_RA", "D", array=RA),
        fits.Column("PLUG_DEC", "D", array=DEC),
        fits.Column("EXTINCTION", "5E", array=extinction),
        *(fits.Column(name, "J", array=[1, 2, 3]) for name in ("PLATE", "MJD", "FIBERID")),
    ]
    fits.BinTableHDU.from_columns(columns).writeto(tmp_path / "c.fits")
    found = read_positions(tmp_path / "c.fits")
    np.testing.assert_array_equal(found.id, IDS)
    np.testing.assert_allclose(found.ebv, [0.1, 0.2, 0.3], rtol=1e-6)
    assert list(found.spectrum) == ["plate", "mjd", "fiber"]
    assert all(values.tolist() == [1, 2, 3] for values in found.spectrum.values())


def test_identifiers_that_are_no_plain_numbers_stay_text(tmp_path):
    for number, (ids, expected) in enumerate(
        [
            (np.array([2**63 + 5, 1, 2], np.uint64), [b"9223372036854775813", b"1", b"2"]),
            (np.array(["007", "8", "9"]), [b"007", b"8", b"9"]),
        ]
    ):
        found = read_positions(write(tmp_path / f"{number}.parquet", id=ids, ra=RA, dec=DEC))
        assert found.id.tolist() == expected


@pytest.mark.parametrize(
    ("columns", "options", "message"),
    [
        ({"x": RA, "dec": DEC}, {}, r"c\.fits has no column that is called ra, only x, dec; name the one .*\(--ra\)"),
        ({"ra": RA, "dec": DEC}, {"dec": "b"}, "has no column 'b'; it has ra, dec"),
        ({"ra": RA + 400, "dec": DEC}, {}, "'ra' holds no right ascensions in degrees: 3 of 3 values are impossible"),
        ({"ra": DEC, "dec": RA}, {}, "'dec' holds no declinations in degrees: .* look like right ascensions"),
        ({"ra": ["a", "b", "c"], "dec": DEC}, {}, "not numbers"),
        (
            {"ra": RA, "dec": DEC, "g_mag": [17.1] * 3, "r_mag": [16.6] * 3, "z": [16.2, 15.8, 16.4]},
            {},
            "'z' holds no redshifts: 3 of 3 values lie between 10 and 40 and look like magnitudes; name the column of",
        ),
        ({"ra": RA, "dec": DEC, "extinction_r": 0.1 * Z}, {}, "ask for extinction_r/2.751 or extinction_r/2.285"),
        ({"ra": RA, "dec": DEC, "id": RA}, {}, "identifiers are whole numbers or text"),
        ({"ra": RA, "dec": DEC}, {"ebv": "dust"}, "no column 'dust'"),
        ({"ra": RA, "dec": DEC}, {"ebv": -0.1}, "E.B−V. is -0.1, but must be from 0 to 10"),
    ],
)
def test_what_cannot_be_used(tmp_path, columns, options, message):
    with pytest.raises(InputError, match=message):
        read_positions(write(tmp_path / "c.fits", **columns), **options)
