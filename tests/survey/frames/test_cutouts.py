"""Frames and a catalogue become a store: which galaxies, from which field, with what missing, and after any kill."""

import importlib.util
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from astropy.table import Table

from slipher.errors import InputError
from slipher.survey.check import check
from slipher.survey.frames.cutouts import cut_out
from slipher.survey.split import split_by_id
from slipher.survey.store import open_store

sep = pytest.importorskip("sep")
spec = importlib.util.spec_from_file_location("sdss_frames", Path(__file__).with_name("sdss_frames.py"))
sdss = importlib.util.module_from_spec(spec)
spec.loader.exec_module(sdss)

X, Y = np.array([60.3, 200.0, 330.7, 120.5, 300.2, 50.0]), np.array([60.8, 150.0, 240.4, 230.5, 80.1, 150.0])
RA, DEC = sdss.sky_of(X, Y)
IDS = np.array([11, 5, 7, 3, 2, 13])
FLUX = np.array([sdss.FLUX[band] for band in "ugriz"])


@pytest.fixture(scope="module")
def frames(tmp_path_factory):
    """Two overlapping fields: the second lies 150 pixels along x of the first and has no u band."""
    folder = tmp_path_factory.mktemp("frames")
    sdss.write_field(folder / "301", RA, DEC)
    centre = sdss.sky_of(np.array([349.5]), np.array([149.5]))
    sdss.write_field(folder / "137", RA, DEC, "griz", centre=[float(each[0]) for each in centre], field=137)
    return folder


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory):
    """The stars, and one galaxy that lies elsewhere."""
    path = tmp_path_factory.mktemp("catalogue") / "c.csv"
    columns = {"objID": [*IDS, 99], "RA": [*RA, 10.0], "DEC": [*DEC, 10.0], "z": [*np.linspace(0.1, 0.6, 6), 0.7]}
    Table({**columns, "EBV": np.linspace(0.01, 0.07, 7)}).write(path)
    return path


@pytest.fixture(scope="module")
def galaxies(frames, catalogue, tmp_path_factory):
    out = tmp_path_factory.mktemp("store") / "s.h5"
    return open_store(cut_out(frames, catalogue, out, dtype="float32", size=48, workers=1))


def test_every_galaxy_in_a_field_is_there_once(galaxies):
    """By field, and within a field in the catalogue's order."""
    first = np.minimum(X, 399 - X) >= np.minimum(X - 150, 399 - X + 150)
    order = np.argsort(~first, kind="stable")
    assert galaxies.id.tolist() == IDS[order].tolist()
    assert galaxies.column("catalogue/field").tolist() == np.where(first, 136, 137)[order].tolist()
    np.testing.assert_array_equal(galaxies.column("catalogue/row"), order)
    np.testing.assert_allclose(galaxies.redshift, np.linspace(0.1, 0.6, 6)[order])
    np.testing.assert_allclose(galaxies.ebv, np.linspace(0.01, 0.06, 6)[order], rtol=1e-6)
    np.testing.assert_array_equal(galaxies.column("catalogue/ra"), RA[order])
    np.testing.assert_array_equal(galaxies.column("catalogue/dec"), DEC[order])
    np.testing.assert_allclose(galaxies.column("catalogue/x"), (X - np.where(first, 0, 150))[order], atol=1e-3)
    np.testing.assert_allclose(galaxies.column("catalogue/y"), Y[order], atol=1e-3)
    np.testing.assert_array_equal(galaxies.split, split_by_id(galaxies.id))
    assert (galaxies.attributes["outside"], galaxies.attributes["dropped"]) == (1, 0)
    assert galaxies.attributes["pixel_scale"] == 0.396
    assert check(galaxies.path)["ok"]


def test_the_bands_lie_on_one_another(galaxies):
    images = galaxies.images().astype(np.float64)
    for image, there in zip(images, galaxies.valid().any(axis=(2, 3)), strict=True):
        for band in np.flatnonzero(there):
            x, y, _ = sep.winpos(image[band], [23.5], [23.5], 1.6)
            np.testing.assert_allclose([x[0], y[0]], 23.5, atol=0.05)
            flux, _, _ = sep.sum_circle(image[band], [23.5], [23.5], 8.0, subpix=0)
            assert flux[0] == pytest.approx(FLUX[band], rel=0.01)


def test_a_band_that_a_field_lacks_is_missing(galaxies):
    lacking = galaxies.column("catalogue/field") == 137
    assert lacking.any()
    np.testing.assert_array_equal(galaxies.valid().any(axis=(2, 3))[:, 0], ~lacking)
    assert (galaxies.flux[lacking, 0] == 0).all()
    assert np.isinf(galaxies.flux_error[lacking, 0]).all()
    np.testing.assert_allclose(galaxies.flux[~lacking], np.broadcast_to(FLUX, galaxies.flux[~lacking].shape), rtol=0.05)


def test_a_second_call_changes_nothing(frames, catalogue, galaxies, tmp_path):
    out = tmp_path / "s.h5"
    for _ in range(2):
        cut_out(frames, catalogue, out, dtype="float32", size=48, workers=1)
        assert out.read_bytes() == galaxies.path.read_bytes()
    with pytest.raises(InputError, match="was made from something else"):
        cut_out(frames, catalogue, out, dtype="float16", size=48)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["s.h5"]


def dense(folder, count):
    """A field with stars at its first positions, and a catalogue."""
    rng = np.random.default_rng(4)
    ra, dec = sdss.sky_of(rng.uniform(30, 370, count), rng.uniform(30, 270, count))
    frames = sdss.write_field(folder / "frames", ra[:20], dec[:20], "ri", suffix=".gz")
    Table({"ra": ra, "dec": dec}).write(folder / "c.csv")
    return frames, folder / "c.csv"


def test_killed_and_continued(tmp_path):
    """Killed between its blocks, the same call ends with the same bytes, which are also those of two processes."""
    frames, catalogue = dense(tmp_path, 280)
    whole = cut_out(frames, catalogue, tmp_path / "whole.h5", size=16, workers=2).read_bytes()
    out = tmp_path / "killed.h5"
    code = (
        "import sys; from slipher.survey.frames.cutouts import cut_out;"
        "cut_out(sys.argv[1], sys.argv[2], sys.argv[3], size=16, workers=1)"
    )
    process = subprocess.Popen([sys.executable, "-c", code, frames, catalogue, out], stderr=subprocess.DEVNULL)
    journal = tmp_path / ".unfinished-killed.h5" / "journal"
    while process.poll() is None and not (journal.is_file() and journal.read_bytes().count(b"\n") > 1):
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert journal.is_file(), "it was killed under way"
    assert not out.exists()
    assert cut_out(frames, catalogue, out, size=16, workers=1).read_bytes() == whole


def test_a_frame_that_turns_out_damaged(tmp_path):
    """Its bytes reach the end, but their checksum is wrong: found when it is cut, and mended without starting anew."""
    frames, catalogue = dense(tmp_path, 20)
    path = next(frames.glob("frame-i*"))
    sound = path.read_bytes()
    damaged = bytearray(sound)
    damaged[len(sound) // 2] ^= 255
    path.write_bytes(damaged)
    out = tmp_path / "s.h5"
    with pytest.raises(InputError, match=r"frame-i-.*cannot be used.*and run the same again to go on"):
        cut_out(frames, catalogue, out, size=16, workers=1)
    assert (tmp_path / ".unfinished-s.h5" / "store.h5").is_file()
    other = open_store(cut_out(frames, catalogue, tmp_path / "skipped.h5", size=16, workers=1, skip_bad=True))
    assert other.valid().any(axis=(2, 3)).all(axis=0).tolist() == [True, False]
    path.write_bytes(sound)
    mended = open_store(cut_out(frames, catalogue, out, size=16, workers=1))
    assert mended.valid().all()


def test_frames_that_cannot_be_read(frames, catalogue, tmp_path, capsys):
    folder = tmp_path / "frames"
    folder.mkdir()
    for path in frames.rglob("*.fits"):
        (folder / path.name).write_bytes(path.read_bytes())
    for band, content in (("g", b"<html>"), ("z", (folder / "frame-z-002583-2-0136.fits").read_bytes()[:9000])):
        (folder / f"frame-{band}-002583-2-0136.fits").write_bytes(content)
    with pytest.raises(InputError, match=r"frame-g-002583-2-0136\.fits cannot be used .*--skip-bad.* 1 more"):
        cut_out(folder, catalogue, tmp_path / "s.h5", workers=1)
    found = open_store(cut_out(folder, catalogue, tmp_path / "s.h5", workers=1, skip_bad=True))
    first = found.column("catalogue/field") == 136
    assert found.valid().any(axis=(2, 3))[first].tolist() == [[True, False, True, True, False]] * first.sum()
    assert "2 of 9 frames cannot be used and count as missing" in capsys.readouterr().err


def test_galaxies_at_the_edge(frames, tmp_path, capsys):
    """Rows outside are bad; a galaxy of which too much is outside is named, or dropped."""
    ra, dec = sdss.sky_of(np.array([100.0, 100.0, 100.0]), np.array([150.0, 12.0, 0.2]))
    Table({"id": [1, 2, 3], "ra": ra, "dec": dec}).write(tmp_path / "c.fits")
    with pytest.raises(InputError, match=r"the pixels of 1 of 3 galaxies are bad \(id 3\).*--skip-bad"):
        cut_out(frames, tmp_path / "c.fits", tmp_path / "s.h5", workers=1)
    assert not list(tmp_path.glob(".*"))
    galaxies = open_store(cut_out(frames, tmp_path / "c.fits", tmp_path / "s.h5", workers=1, skip_bad=True))
    assert galaxies.id.tolist() == [1, 2]
    assert galaxies.attributes["dropped"] == 1
    assert "1 galaxies were dropped" in capsys.readouterr().err
    bad = ~galaxies.valid()
    assert not bad[0].any()
    assert bad[1, 2].sum(axis=1).tolist() == [64] * 20 + [0] * 44, "the rows below the first, and no others"
    assert not galaxies.images()[bad].any()


def test_pixels_that_were_not_measured(tmp_path):
    """A few are bad; at the centre the band counts as missing."""
    folder = sdss.write_field(tmp_path / "frames", RA, DEC, "gr")
    path = folder / "frame-g-002583-2-0136.fits"
    with sdss.fits.open(path, mode="update") as file:
        x, y = sdss.projection(angle=90 + 0.01 * sdss.SHIFTS["g"][0], shift=sdss.SHIFTS["g"]).wcs_world2pix(RA, DEC, 0)
        file[0].data[round(y[0]), round(x[0])] = np.nan
        file[0].data[round(y[1]) + 9, round(x[1])] = np.nan
    Table({"ra": RA[:2], "dec": DEC[:2]}).write(tmp_path / "c.csv")
    valid = open_store(cut_out(folder, tmp_path / "c.csv", tmp_path / "s.h5", workers=1)).valid()
    assert not valid[0, 0].any()
    assert (~valid[1, 0]).sum() == 16
    assert valid[:, 1].all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size": 4}, "size is 4"),
        ({"pixel_scale": 0.0}, "pixel_scale is 0"),
        ({"dtype": "int8"}, "dtype is 'int8'"),
        ({"workers": 0}, "0 workers"),
        ({"ra": "alpha"}, "no column 'alpha'"),
    ],
)
def test_options_that_cannot_be(frames, catalogue, tmp_path, options, message):
    with pytest.raises(InputError, match=message):
        cut_out(frames, catalogue, tmp_path / "s.h5", **options)
    assert not list(tmp_path.iterdir())


def test_no_galaxy_in_any_field(frames, tmp_path):
    Table({"ra": [10.0], "dec": [20.0]}).write(tmp_path / "c.csv")
    with pytest.raises(InputError, match=r"no galaxy of .*c\.csv lies in any of the 2 fields in .*frames"):
        cut_out(frames, tmp_path / "c.csv", tmp_path / "s.h5")
