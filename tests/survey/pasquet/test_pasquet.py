"""The published archive becomes a store: streamed, in either form, whatever the moment of a kill."""

import importlib.util
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from slipher.errors import InputError
from slipher.physics.magnitudes import asinh_magnitudes, sdss_softening
from slipher.survey.pasquet import archive as pasquet
from slipher.survey.pasquet.archive import import_pasquet
from slipher.survey.split import split_by_id, split_by_rank
from slipher.survey.store import open_store

spec = importlib.util.spec_from_file_location("pasquet_archive", Path(__file__).with_name("pasquet_archive.py"))
synthetic = importlib.util.module_from_spec(spec)
spec.loader.exec_module(synthetic)

N = 600
MODES = ["stored", "deflated"]


@pytest.fixture(scope="module")
def archives(tmp_path_factory):
    """The same galaxies in both forms."""
    folder = tmp_path_factory.mktemp("archives")
    return {mode: synthetic.write_archive(folder / f"{mode}.npz", N, mode == "deflated") for mode in MODES}


@pytest.fixture(scope="module")
def content(archives):
    with np.load(archives["stored"]) as file:
        return file["cube"], file["labels"]


def small(folder, cube=None, labels=None, name="sdss.npz", save=np.savez):
    """A few galaxies, with other contents than the synthetic ones."""
    count = 5 if labels is None else len(labels)
    cube = synthetic.cutouts(0, count) if cube is None else cube
    path = folder / name
    save(path, cube=cube, labels=synthetic.labels(0, count) if labels is None else labels)
    return path


def other(labels, **fields):
    """A table with columns added, changed or (None) left out."""
    names = [name for name in labels.dtype.names if name not in fields]
    added = {name: np.asarray(values) for name, values in fields.items() if values is not None}
    dtype = [(name, labels.dtype[name]) for name in names] + [
        (name, values.dtype, values.shape[1:]) for name, values in added.items()
    ]
    out = np.zeros(len(labels), dtype)
    for name in names:
        out[name] = labels[name]
    for name, values in added.items():
        out[name] = values
    return out


def run(path, **options):
    return open_store(import_pasquet(path, path.with_suffix(".h5"), **options))


def test_the_synthetic_archive_has_the_published_layout(content):
    cube, labels = content
    assert cube.shape == (N, 64, 64, 5)
    assert cube.dtype == np.float32
    assert cube.flags.c_contiguous
    assert len(labels.dtype.names) == 64
    assert {"specObjID", "z", "EBV", "dered_petro_r", "extinction_r", "primtarget", "zphot"} <= set(labels.dtype.names)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_every_byte(tmp_path, archives, content, mode, dtype):
    cube, labels = content
    store = open_store(import_pasquet(archives[mode], tmp_path / "a.h5", dtype=dtype))
    expected = cube.transpose(0, 3, 1, 2).astype(dtype).astype(np.float32)
    np.testing.assert_array_equal(store.images(), expected)
    assert store.valid().all()
    assert store.bands == tuple("ugriz")
    assert store.pixel_scale == pytest.approx(0.396)
    np.testing.assert_array_equal(store.id, labels["specObjID"])
    np.testing.assert_array_equal(store.redshift, labels["z"])
    np.testing.assert_array_equal(store.ebv, labels["EBV"])
    np.testing.assert_array_equal(store.split, split_by_id(labels["specObjID"]))
    assert [path.name for path in tmp_path.iterdir()] == ["a.h5"]


def test_both_forms_give_the_same_galaxies(tmp_path, archives):
    stores = []
    for mode in MODES:
        (tmp_path / mode).mkdir()
        same_name = (tmp_path / mode / "sdss.npz").resolve()
        same_name.symlink_to(archives[mode])
        stores.append(run(same_name))
    assert stores[0].fingerprint == stores[1].fingerprint


def test_labels_pass_through(tmp_path, archives, content):
    store = open_store(import_pasquet(archives["stored"], tmp_path / "a.h5"))
    labels = content[1]
    assert set(store.catalogue) == set(labels.dtype.names) - {"specObjID", "z", "EBV"}
    for name in store.catalogue:
        values, expected = store.column(f"catalogue/{name}"), labels[name]
        assert values.tolist() == [value.decode() if isinstance(value, bytes) else value for value in expected.tolist()]
    assert store.column("catalogue/zphot").dtype == np.float32
    assert store.column("catalogue/clean").dtype == bool


def test_odd_columns_stay_readable(tmp_path):
    labels = synthetic.labels(0, 4)
    odd = {"r/i ratio": np.arange(4.0), "r_i ratio": np.arange(4) + 9, "..": np.ones((4, 2)), "a\nb": np.ones(4, bool)}
    path = small(tmp_path, labels=other(labels, when=np.zeros(4, "M8[s]"), **odd))
    store = run(path)
    assert store.column("catalogue/r_i ratio").tolist() == [0, 1, 2, 3]
    assert store.column("catalogue/r_i ratio_").tolist() == [9, 10, 11, 12]
    assert store.column("catalogue/a_b").all()
    assert store.column("catalogue/_..").shape == (4, 2)
    assert "when" not in store.catalogue


def test_names_outside_latin(tmp_path):
    labels = other(synthetic.labels(0, 4), **{"σ_v": np.arange(4.0)})
    with pytest.warns(UserWarning, match="format 3.0"):
        path = small(tmp_path, labels=labels)
    assert run(path).column("catalogue/σ_v").tolist() == [0, 1, 2, 3]


def test_model_magnitudes_become_fluxes(tmp_path, archives, content):
    store = open_store(import_pasquet(archives["stored"], tmp_path / "a.h5"))
    measured = store.flux.astype(float), store.flux_error.astype(float)
    magnitude, error = asinh_magnitudes(*measured, sdss_softening(store.bands))
    for number, band in enumerate("ugriz"):
        np.testing.assert_allclose(magnitude[:, number], content[1][f"modelMag_{band}"], atol=2e-6)
        np.testing.assert_allclose(error[:, number], content[1][f"modelMagErr_{band}"], rtol=2e-6)


def test_photometry_without_some_labels(tmp_path):
    labels = synthetic.labels(0, 4)
    labels["modelMag_g"][1] = labels["petroMagErr_i"][2] = -9999
    store = run(small(tmp_path, labels=other(labels, modelMagErr_u=None)))
    assert store.flux[1, 1] == 0
    assert np.isinf(store.flux_error[1, 1])
    assert np.isinf(store.flux_error[2, 3])
    assert np.isfinite(store.flux_error).sum() == 18
    (tmp_path / "b").mkdir()
    assert not run(small(tmp_path / "b", labels=other(labels, modelMag_u=None))).has("photometry")


@pytest.mark.parametrize("mode", MODES)
def test_the_paper_sample(tmp_path, archives, content, capsys, mode):
    cube, labels = content
    store = open_store(import_pasquet(archives[mode], tmp_path / "a.h5", sample="paper"))
    petro = labels["dered_petro_r"].astype(float) + labels["extinction_r"]
    kept = np.flatnonzero((petro < 17.77) & (labels["z"] <= 0.4))
    assert 100 < len(kept) < N
    assert store.id.tolist() == labels["specObjID"][kept].tolist()
    np.testing.assert_array_equal(store.images(), cube[kept].transpose(0, 3, 1, 2).astype("f2").astype("f4"))
    assert store.column("catalogue/zphot").tolist() == labels["zphot"][kept].tolist()
    assert store.attributes["sample_galaxies"] == len(kept)
    assert store.attributes["sample_published"] == 607_712
    assert f"{len(kept)} of the archive's {N} galaxies are in sample paper" in capsys.readouterr().err


def test_the_pasquet_sample(tmp_path, archives, content):
    labels = content[1]
    store = open_store(import_pasquet(archives["stored"], tmp_path / "a.h5", sample="pasquet"))
    kept = (labels["dered_petro_r"] <= np.float32(17.8)) & (labels["z"] <= 0.4) & (labels["primtarget"] >= 64)
    assert store.id.tolist() == labels["specObjID"][kept].tolist()
    assert store.attributes["sample_published"] == 516_525


def test_an_empty_sample(tmp_path):
    labels = synthetic.labels(0, 4)
    labels["primtarget"] = 0
    with pytest.raises(InputError, match=r"none of 4 galaxies has .* primtarget >= 64"):
        run(small(tmp_path, labels=labels), sample="pasquet")
    assert [path.name for path in tmp_path.iterdir()] == ["sdss.npz"]


def test_the_paper_split(tmp_path, monkeypatch, archives):
    monkeypatch.setattr(pasquet, "PAPER_TEST", 150)
    monkeypatch.setattr(pasquet, "PAPER_VALIDATION", 40)
    store = open_store(import_pasquet(archives["stored"], tmp_path / "a.h5", split="paper"))
    assert np.bincount(store.split).tolist() == [N - 190, 40, 150]
    np.testing.assert_array_equal(store.split, split_by_rank(store.id, 40, 150))


def test_the_paper_split_needs_its_sample(tmp_path, archives):
    with pytest.raises(InputError, match="the sample has 600 galaxies, but 121,543 must test, 20,000 validate"):
        import_pasquet(archives["stored"], tmp_path / "a.h5", split="paper")
    assert list(tmp_path.iterdir()) == []


def test_bad_pixels(tmp_path):
    cube = synthetic.cutouts(0, 300)
    cube[7, :3, 5, 1] = np.nan
    cube[290, 0, 0, 4] = np.inf
    cube[3, ..., 2] = np.nan
    store = run(small(tmp_path, cube, synthetic.labels(0, 300)))
    turned = cube.transpose(0, 3, 1, 2)
    np.testing.assert_array_equal(store.valid(), np.isfinite(turned))
    np.testing.assert_array_equal(store.images(), np.where(np.isfinite(turned), turned, 0).astype("f2").astype("f4"))


@pytest.mark.parametrize("skip_bad", [False, True])
def test_padding_is_bad(tmp_path, capsys, skip_bad):
    cube = synthetic.cutouts(0, 300)
    cube[270, :, :9] = cube[3, :7, :, 2] = 0
    store = run(small(tmp_path, cube, synthetic.labels(0, 300)), skip_bad=skip_bad)
    np.testing.assert_array_equal(store.valid(), cube.transpose(0, 3, 1, 2) != 0)
    assert capsys.readouterr().err.count("2 of 300 galaxies are padded along an edge with 0") == 1


def test_unusable_galaxies(tmp_path, capsys):
    cube = synthetic.cutouts(0, 300)
    cube[270, 31, 32, 2] = cube[280, 20:] = cube[4] = np.nan
    path = small(tmp_path, cube, labels := synthetic.labels(0, 300))
    with pytest.raises(InputError, match=rf"are bad \(id {labels['specObjID'][4]}\); .*--skip-bad"):
        run(path)
    assert [item.name for item in tmp_path.iterdir()] == ["sdss.npz"]
    store = run(path, skip_bad=True)
    kept = np.setdiff1d(np.arange(300), [4, 270, 280])
    assert store.id.tolist() == labels["specObjID"][kept].tolist()
    np.testing.assert_array_equal(store.images(), cube[kept].transpose(0, 3, 1, 2).astype("f2").astype("f4"))
    np.testing.assert_array_equal(store.split, split_by_id(labels["specObjID"])[kept])
    assert store.attributes["dropped"] == 3
    assert "3 galaxies were dropped" in capsys.readouterr().err


def test_the_paper_split_counts_galaxies_that_are_kept(tmp_path, monkeypatch):
    """A test galaxy and a validation galaxy are bad: the next by rank take their places, and no part is short."""
    monkeypatch.setattr(pasquet, "PAPER_TEST", 60)
    monkeypatch.setattr(pasquet, "PAPER_VALIDATION", 20)
    cube, labels = synthetic.cutouts(0, 200), synthetic.labels(0, 200)
    before = split_by_rank(labels["specObjID"], 20, 60)
    bad = [int(np.flatnonzero(before == part)[0]) for part in (1, 2)]
    cube[bad] = np.nan
    store = run(small(tmp_path, cube, labels), split="paper", skip_bad=True)
    assert np.bincount(store.split).tolist() == [118, 20, 60]
    kept = np.setdiff1d(np.arange(200), bad)
    np.testing.assert_array_equal(store.split, split_by_rank(labels["specObjID"][kept], 20, 60))


def test_identifiers_that_floats_have_rounded(tmp_path):
    labels = synthetic.labels(0, 6)
    kinds = [(name, "f8" if name == "specObjID" else labels.dtype[name]) for name in labels.dtype.names]
    with pytest.raises(InputError, match=r"column 'specObjID' holds float64.*which is no exact whole number"):
        run(small(tmp_path, labels=labels.astype(kinds)))


def test_too_bright_for_float16(tmp_path):
    cube = synthetic.cutouts(0, 5)
    cube[2, 30, 30, 1] = 7e4
    path = small(tmp_path, cube)
    with pytest.raises(InputError, match="too large for float16; write it as float32"):
        run(path)
    assert [item.name for item in tmp_path.iterdir()] == ["sdss.npz"]
    assert run(path, dtype="float32").images().max() == np.float32(7e4)


def test_galaxies_that_stand_twice(tmp_path, capsys):
    labels = synthetic.labels(0, 6)
    labels["specObjID"][5] = labels["specObjID"][1]
    store = run(small(tmp_path, labels=labels))
    assert len(store) == 6
    assert store.split[5] == store.split[1]
    assert store.attributes["duplicates"] == 1
    assert f"1 specObjID stand more than once and are kept ({labels['specObjID'][1]})" in capsys.readouterr().err


@pytest.mark.parametrize("dtype", ["<u8", ">i8", "S19", "<U19"])
def test_identifiers_in_any_form(tmp_path, dtype):
    labels = synthetic.labels(0, 4)
    store = run(small(tmp_path, labels=other(labels, specObjID=labels["specObjID"].astype(dtype))))
    assert store.id.tolist() == labels["specObjID"].tolist()
    assert store.id.dtype == np.int64


def test_rerun_does_nothing_and_overwriting_is_asked_for(tmp_path):
    path = small(tmp_path)
    first = run(path)
    before = (tmp_path / "sdss.h5").stat()
    assert run(path).fingerprint == first.fingerprint
    assert (tmp_path / "sdss.h5").stat().st_mtime_ns == before.st_mtime_ns
    with pytest.raises(InputError, match="was made from something else"):
        run(path, dtype="float32")
    assert run(path, dtype="float32", overwrite=True).fingerprint != first.fingerprint


def spoil(folder, kind):
    """An archive that cannot be used."""
    labels, cube = synthetic.labels(0, 5), synthetic.cutouts(0, 5)
    match kind:
        case "Fortran":
            return small(folder, np.asfortranarray(cube))
        case "pickled":
            return small(folder, labels=other(labels, subClass=np.array(["a"] * 5, object)))
        case "other shape":
            return small(folder, cube[:, :32, :32].copy())
        case "bands first":
            return small(folder, cube.transpose(0, 3, 1, 2).copy())
        case "float64":
            return small(folder, cube.astype(float))
        case "other length":
            return small(folder, cube[:4].copy(), labels)
        case "no table":
            path = folder / "sdss.npz"
            np.savez(path, cube=cube, labels=np.zeros(5))
            return path
        case "no labels":
            path = folder / "sdss.npz"
            np.savez(path, cube=cube)
            return path
        case "missing columns":
            return small(folder, labels=other(labels, EBV=None, primtarget=None))
        case "text redshift":
            return small(folder, labels=other(labels, z=np.array(["0.1"] * 5)))
        case "negative redshift":
            labels["z"][3] = -9999
            return small(folder, labels=labels)
        case "negative extinction":
            labels["EBV"][3] = -1
            return small(folder, labels=labels)
        case "fractional identifiers":
            return small(folder, labels=other(labels, specObjID=np.arange(5) + 0.5))
        case "HDF5":
            return import_pasquet(small(folder, name="other.npz"), folder / "sdss.npz")
        case "nothing":
            return folder / "sdss.npz"


@pytest.mark.filterwarnings("ignore:Stored array in format")
@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("Fortran", "'cube' is in Fortran order"),
        ("pickled", "'labels' holds Python objects, which are never loaded"),
        ("other shape", r"shape \(5, 32, 32, 5\) and type <f4, but the published one is"),
        ("bands first", r"shape \(5, 5, 64, 64\)"),
        ("float64", "type <f8"),
        ("other length", "'cube' has 4 galaxies, but 'labels' has 5 rows"),
        ("no table", "must be a table of labels"),
        ("no labels", "has no array 'labels', only cube"),
        ("missing columns", "lacks EBV, primtarget; "),
        ("text redshift", "holds z as <U3"),
        ("negative redshift", "z of 1 of the sample's galaxies is impossible"),
        ("negative extinction", "EBV of 1 of the sample's galaxies is impossible"),
        ("fractional identifiers", r"holds float64, in row 0 0\.5, which is no exact whole number"),
        ("HDF5", "is HDF5, but the published archive is an npz file"),
        ("nothing", "does not exist"),
    ],
)
def test_unusable_archives(tmp_path, kind, message):
    path = spoil(tmp_path, kind)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(InputError, match=message) as raised:
        import_pasquet(path, tmp_path / "store.h5")
    assert "\n" not in str(raised.value)
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("share", [0.001, 0.5, 0.98, 0.99999])
def test_truncated(tmp_path, archives, mode, share):
    path = tmp_path / "sdss.npz"
    content = archives[mode].read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(InputError, match="damaged or truncated"):
        run(path)
    assert [item.name for item in tmp_path.iterdir()] == ["sdss.npz"]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("sample", ["all", "paper"])
def test_a_flipped_byte_is_found_though_no_galaxy_of_the_sample_has_it(tmp_path, archives, mode, sample):
    path = tmp_path / "sdss.npz"
    content = bytearray(archives[mode].read_bytes())
    content[len(content) // 2] ^= 16
    path.write_bytes(content)
    with pytest.raises(InputError, match="damaged or truncated: 'cube' cannot be read"):
        run(path, sample=sample)
    assert [item.name for item in tmp_path.iterdir()] == ["sdss.npz"]


CHILD = """
import os, signal, sys, threading
from slipher.survey import writer
from slipher.survey.pasquet.archive import import_pasquet
write, one = writer.StoreWriter.write, threading.Lock()
def dying(self, start, columns):
    with one:
        write(self, start, columns)
        os.kill(os.getpid(), signal.SIGKILL)
if sys.argv[3] == "die":
    writer.StoreWriter.write = dying
import_pasquet(sys.argv[1], sys.argv[2], sample="paper")
"""


@pytest.mark.parametrize("mode", MODES)
def test_killed_and_continued(tmp_path, archives, mode):
    undisturbed = open_store(import_pasquet(archives[mode], tmp_path / "a.h5", sample="paper"))
    command = [sys.executable, "-c", CHILD, str(archives[mode]), str(tmp_path / "b.h5")]
    for _ in range(2):
        assert subprocess.run([*command, "die"], capture_output=True).returncode == -signal.SIGKILL
    assert not (tmp_path / "b.h5").exists()
    subprocess.run([*command, "live"], check=True, capture_output=True)
    assert open_store(tmp_path / "b.h5").fingerprint == undisturbed.fingerprint
    assert sorted(item.name for item in tmp_path.iterdir()) == ["a.h5", "b.h5"]
