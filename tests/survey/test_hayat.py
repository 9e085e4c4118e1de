"""Files in the layout of Hayat et al. (2021) become stores. The galaxies here are synthetic; only the layout is theirs."""

import hashlib
import signal
import subprocess
import sys
import time
from pathlib import Path

import h5py
import numpy as np
import pytest

from slipher.errors import InputError
from slipher.survey.check import check
from slipher.survey.hayat import dereddening, import_hayat
from slipher.survey.split import split_by_id
from slipher.survey.store import open_store

N, SIDE = 36, 107
SFD98 = np.array([5.155, 3.793, 2.751, 2.086, 1.479])
SCHLAFLY = np.array([4.239, 3.303, 2.285, 1.698, 1.263])
SIGMA = np.array([0.08, 0.02, 0.03, 0.05, 0.2])
NAMES = ["ObjID", "dec", "e_bv", "images", "ra", "specObjID", "specz_redshift", "specz_redshift_err"]


def galaxies(count=N, seed=7):
    """The arrays of a synthetic file: exponential discs, redder with redshift, in the noise of SDSS, and their truth."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
    redshift, angle, axis = rng.uniform(0.02, 0.35, count), rng.uniform(0, np.pi, count), rng.uniform(0.4, 1, count)
    along = x * np.cos(angle)[:, None, None] + y * np.sin(angle)[:, None, None]
    across = (y * np.cos(angle)[:, None, None] - x * np.sin(angle)[:, None, None]) / axis[:, None, None]
    profile = np.exp(-np.hypot(along, across) / rng.uniform(2, 4, count)[:, None, None])
    profile /= profile.sum(axis=(1, 2), keepdims=True)
    ebv = rng.uniform(0.01, 0.15, count)
    magnitude = rng.uniform(15.5, 17.7, count)[:, None] + np.outer(0.3 + 2 * redshift, [5, 2, 0, -1, -1.7])
    flux = 10 ** (-0.4 * (magnitude + ebv[:, None] * SCHLAFLY - 22.5))
    noise = rng.normal(size=(count, 5, SIDE, SIDE)) * SIGMA[:, None, None]
    columns = {
        "ObjID": 1237648720693755904 + np.arange(count, dtype=np.int64),
        "dec": rng.uniform(0, 60, count),
        "e_bv": (ebv[:, None] * SFD98).astype(np.float32),
        "images": (flux[:, :, None, None] * profile[:, None] + noise).astype(np.float32),
        "ra": rng.uniform(120, 240, count),
        "specObjID": 299489676975171584 + 1024 * np.arange(count, dtype=np.int64),
        "specz_redshift": redshift.astype(np.float32),
        "specz_redshift_err": np.full(count, 1e-5, np.float32),
    }
    return columns, ebv, flux


COLUMNS, EBV, FLUX = galaxies()


def save(folder, name="synthetic.h5", without=(), chunks=None, **changed):
    """A synthetic file."""
    path = folder / name
    with h5py.File(path, "w") as file:
        for key, values in (COLUMNS | changed).items():
            if key not in without:
                file.create_dataset(key, data=values, chunks=(chunks, *values.shape[1:]) if chunks else None)
    return path


def run(path, **options):
    """Import in one process as float32; returns the store."""
    out = path.with_suffix(".store.h5")
    return open_store(import_hayat(path, out, **{"dtype": "float32", "workers": 1} | options))


@pytest.fixture(autouse=True)
def _sep():
    pytest.importorskip("sep")


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """The synthetic file as it is."""
    pytest.importorskip("sep")
    return run(save(tmp_path_factory.mktemp("as-it-is")))


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    """The synthetic file without the dust."""
    pytest.importorskip("sep")
    return run(save(tmp_path_factory.mktemp("clean")), deredden=True)


def test_the_layout_is_theirs(tmp_path):
    with h5py.File(save(tmp_path)) as file:
        assert sorted(file) == sorted(NAMES)
        assert file["images"].shape == (N, 5, 107, 107)
        assert file["images"].dtype == np.float32
        assert file["e_bv"].shape == (N, 5)


def test_content(store):
    assert store.bands == ("u", "g", "r", "i", "z")
    assert store.shape == (107, 107)
    assert store.pixel_scale == 0.396
    np.testing.assert_array_equal(store.images(), COLUMNS["images"])
    assert store.valid().all()
    np.testing.assert_array_equal(store.id, COLUMNS["specObjID"])
    np.testing.assert_allclose(store.redshift, COLUMNS["specz_redshift"], rtol=1e-6)
    np.testing.assert_allclose(store.ebv, EBV, rtol=1e-6)
    np.testing.assert_array_equal(store.split, split_by_id(COLUMNS["specObjID"]))
    assert store.source == "cutouts of Hayat et al. (2021) in synthetic.h5"
    assert check(store.path)["ok"]


def test_what_the_catalogue_says_is_carried_along(store):
    assert store.catalogue == ("dec", "objid", "ra", "redshift_error")
    np.testing.assert_array_equal(store.column("catalogue/ra"), COLUMNS["ra"])
    np.testing.assert_array_equal(store.column("catalogue/dec"), COLUMNS["dec"])
    np.testing.assert_array_equal(store.column("catalogue/objid"), COLUMNS["ObjID"])
    np.testing.assert_allclose(store.column("catalogue/redshift_error"), 1e-5)
    assert store.attributes["dereddened"] is False
    assert store.attributes["ebv_source"] == "column e_bv, extinction in ugriz"


def test_measurements(store):
    np.testing.assert_allclose(np.median(store.sky_sigma, axis=0), SIGMA, rtol=0.05)
    measured = store.flux / FLUX
    np.testing.assert_allclose(np.median(measured, axis=0), 1, atol=0.12)
    assert (np.abs(measured[:, 1] / measured[:, 2] - 1) < 0.05).all(), "colours in one aperture"


def test_dereddening_is_the_closed_form(store, clean):
    # as the authors compute it: the mean over the bands of DR12's extinction over its coefficients, then 10^(R E(B-V) / 2.5)
    mean = np.mean(COLUMNS["e_bv"].astype(np.float64) / SFD98, axis=1)
    factor = 10 ** (SCHLAFLY * mean[:, None] / 2.5)
    np.testing.assert_allclose(clean.images(), COLUMNS["images"] * factor[:, :, None, None], rtol=1e-6)
    np.testing.assert_allclose(clean.flux, store.flux * factor, rtol=1e-6)
    np.testing.assert_allclose(clean.flux_error, store.flux_error * factor, rtol=1e-6)
    np.testing.assert_allclose(clean.sky_sigma, store.sky_sigma * factor, rtol=1e-6)
    np.testing.assert_array_equal(clean.sources(), store.sources())
    assert (factor[:, 0] > 1.03).all(), "the test could fail"


def test_a_dereddened_store_says_so_and_has_no_reddening_left(clean):
    assert clean.attributes["dereddened"] is True
    assert (clean.ebv == 0).all()
    np.testing.assert_allclose(clean.column("catalogue/ebv"), EBV, rtol=1e-6)
    assert clean.attributes["ebv_source"] == "none left; removed: column e_bv, extinction in ugriz"


def test_factors():
    np.testing.assert_allclose(dereddening(np.array([0.0, 0.1]))[0], np.ones(5))
    np.testing.assert_allclose(-2.5 * np.log10(dereddening(np.array([0.1]))), [-0.1 * SCHLAFLY], rtol=1e-12)


def test_float16_is_the_default_and_channels_last_is_read(tmp_path, store):
    path = save(tmp_path, images=COLUMNS["images"].transpose(0, 2, 3, 1), chunks=10)
    other = open_store(import_hayat(path, tmp_path / "a.h5", workers=1))
    with h5py.File(other.path) as file:
        assert file["images"].dtype == np.float16
    np.testing.assert_array_equal(other.images(), COLUMNS["images"].astype(np.float16))
    np.testing.assert_array_equal(other.flux, store.flux)


def test_unlabelled_galaxies_stay_unlabelled(tmp_path):
    redshift = np.where(np.arange(N) % 2, np.nan, COLUMNS["specz_redshift"]).astype(np.float32)
    store = run(save(tmp_path, specz_redshift=redshift))
    np.testing.assert_array_equal(np.isnan(store.redshift), np.arange(N) % 2 == 1)


def test_a_file_without_redshifts_is_known_by_objid(tmp_path):
    store = run(save(tmp_path, without=("specz_redshift", "specz_redshift_err", "specObjID")))
    assert np.isnan(store.redshift).all()
    np.testing.assert_array_equal(store.id, COLUMNS["ObjID"])
    np.testing.assert_array_equal(store.split, split_by_id(COLUMNS["ObjID"]))


def test_bad_pixels(tmp_path):
    images = COLUMNS["images"].copy()
    images[3, 1, :4] = np.nan
    images[9, :, 53, 53] = np.inf
    path = save(tmp_path, images=images)
    with pytest.raises(InputError, match=rf"1 of 36 galaxies are bad \(id {COLUMNS['specObjID'][9]}\); .*--skip-bad"):
        run(path)
    assert [item.name for item in tmp_path.iterdir()] == ["synthetic.h5"]
    store = run(path, skip_bad=True, deredden=True)
    assert store.attributes["dropped"] == 1
    np.testing.assert_array_equal(store.id, np.delete(COLUMNS["specObjID"], 9))
    np.testing.assert_array_equal(store.valid(), np.isfinite(np.delete(images, 9, axis=0)))
    np.testing.assert_allclose(store.column("catalogue/ebv"), np.delete(EBV, 9), rtol=1e-6)
    factor = dereddening(np.delete(EBV, 9))[8:, :, None, None]
    np.testing.assert_allclose(store.images()[8:], images[np.r_[8, 10:N]] * factor, rtol=1e-5)


WRONG = {
    "no extinction": (("e_bv",), {}, "has no array e_bv, which the files of Hayat et al. have, only ObjID"),
    "no images nor positions": (("images", "ra"), {}, "has no array images and no ra, which"),
    "no identifiers": (("ObjID", "specObjID"), {}, "has no array specObjID"),
    "redshifts of no spectra": (("specObjID",), {}, "has no array specObjID"),
    "one extinction": (
        (),
        {"e_bv": EBV},
        r"e_bv has shape \(36,\), but must hold the extinction of 36 galaxies in five",
    ),
    "short column": ((), {"ra": np.ones(7)}, r"'ra' has shape \(7,\), but there are 36 cutouts"),
    "short redshifts": ((), {"specz_redshift": np.ones(7)}, r"'specz_redshift' has shape \(7,\)"),
    "three bands": ((), {"images": COLUMNS["images"][:, :3]}, r"images has shape \(36, 3, 107, 107\) and type float32"),
    "flat images": ((), {"images": np.ones((N, 5), np.float32)}, r"images has shape \(36, 5\) and type"),
    "integers": ((), {"images": np.ones((N, 5, 20, 20), int)}, "type int64, but must be floats of the shape"),
    "tiny": ((), {"images": np.ones((N, 5, 4, 4), np.float32)}, "at least one cutout of 8 by 8 pixels is needed"),
    "no galaxies": ((), {"images": np.ones((0, 5, 20, 20), np.float32)}, r"images has shape \(0, 5, 20, 20\)"),
    "negative extinction": ((), {"e_bv": -COLUMNS["e_bv"]}, "'e_bv' holds no extinctions: 180 of 180 values"),
    "magnitudes": ((), {"specz_redshift": np.full(N, 17.0)}, "'specz_redshift' holds no redshifts: 36 of 36"),
    "positions of another sphere": ((), {"dec": COLUMNS["dec"] + 180}, "look like right ascensions"),
    "other units": (
        (),
        {"images": COLUMNS["images"] * np.float32(1e9)},
        "would have magnitude .* name their true unit",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_not_theirs_is_told_in_one_sentence_and_leaves_nothing(tmp_path, case):
    without, changed, message = WRONG[case]
    path = save(tmp_path, without=without, **changed)
    with pytest.raises(InputError, match=message) as caught:
        run(path)
    assert "\n" not in str(caught.value)
    assert [item.name for item in tmp_path.iterdir()] == ["synthetic.h5"]


def test_unknown_extinction_cannot_be_removed(tmp_path):
    extinction = COLUMNS["e_bv"].copy()
    extinction[4, 1] = np.nan
    path = save(tmp_path, e_bv=extinction)
    with pytest.raises(InputError, match=r"of 1 of 36 galaxies is not known, first in row 4.*without --deredden"):
        run(path, deredden=True)
    assert np.isnan(run(path).ebv).nonzero()[0].tolist() == [4]


@pytest.mark.parametrize("share", [0.001, 0.5, 0.999])
def test_a_truncated_file(tmp_path, share):
    path = save(tmp_path)
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    with pytest.raises(InputError, match="is damaged or truncated") as caught:
        run(path)
    assert "\n" not in str(caught.value)
    assert [item.name for item in tmp_path.iterdir()] == ["synthetic.h5"]


def test_a_file_of_another_kind(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, images=COLUMNS["images"][:2])
    with pytest.raises(InputError, match=r"is npz, but the files of Hayat et al. are HDF5; .*data import images"):
        run(path)
    with pytest.raises(InputError, match="does not exist"):
        run(tmp_path / "nowhere.h5")


def test_unusable_options(tmp_path):
    path = save(tmp_path)
    with pytest.raises(InputError, match="dtype is 'float64', but must be one of float16, float32"):
        run(path, dtype="float64")
    with pytest.raises(InputError, match="0 workers were asked for, but there must be at least 1"):
        run(path, workers=0)


def test_the_same_again_does_nothing_and_another_option_is_another_store(tmp_path):
    path = save(tmp_path)
    before = run(path).path.stat().st_mtime_ns
    assert run(path).path.stat().st_mtime_ns == before
    with pytest.raises(InputError, match="made from something else"):
        run(path, deredden=True)
    assert run(path, deredden=True, overwrite=True).attributes["dereddened"] is True


IMPORT = """
import sys
from pathlib import Path
from slipher.survey.hayat import import_hayat
if __name__ == "__main__":
    import_hayat(sys.argv[1], sys.argv[2], deredden=True, workers=int(sys.argv[3]))
"""


def test_a_killed_import_continues_with_any_number_of_workers(tmp_path):
    columns = {name: np.concatenate([values] * 4)[:130] for name, values in COLUMNS.items()}
    path = save(tmp_path, chunks=30, **columns)
    undisturbed, target = tmp_path / "undisturbed.h5", tmp_path / "killed.h5"
    import_hayat(path, undisturbed, deredden=True, workers=1)
    script = tmp_path / "script.py"
    script.write_text(IMPORT)
    command = [sys.executable, str(script), str(path), str(target)]
    child = subprocess.Popen([*command, "1"], stderr=subprocess.DEVNULL)
    journal = tmp_path / ".unfinished-killed.h5" / "journal"
    while not (journal.exists() and journal.read_bytes().count(b"\n") > 1):
        time.sleep(0.005)
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert not target.exists()
    subprocess.run([*command, "2"], check=True, stderr=subprocess.DEVNULL)
    assert sha(target) == sha(undisturbed)
    assert not journal.exists()


def sha(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_padding_is_bad(tmp_path, capsys):
    images = COLUMNS["images"].copy()
    images[4, :, 95:] = images[5, 3, :, :20] = 0
    store = run(save(tmp_path, images=images))
    np.testing.assert_array_equal(store.valid(), images != 0)
    assert "2 of 36 galaxies are padded along an edge with 0" in capsys.readouterr().err


def test_galaxies_that_stand_twice_are_said_and_kept_together(tmp_path, capsys):
    names = COLUMNS["specObjID"].copy()
    names[5] = names[1]
    store = run(save(tmp_path, specObjID=names))
    np.testing.assert_array_equal(store.id, names)
    assert store.split[5] == store.split[1]
    assert f"1 identifier stands several times ({names[1]} 2 times) in column 'specObjID'" in capsys.readouterr().err
