"""Cutouts on their way into a store: bad ones dropped, the others measured as they are, then multiplied."""

from pathlib import Path

import numpy as np
import pytest

from slipher.errors import InputError
from slipher.survey.importing import Cutouts, check_dtype, column_of, write_store
from slipher.survey.padding import Unmeasured
from slipher.survey.schema import Column, galaxy_schema
from slipher.survey.store import open_store
from slipher.survey.writer import making

N, SIDE = 300, 24


@pytest.fixture(autouse=True)
def _sep():
    pytest.importorskip("sep")


def blobs(factor=None, seen=None):
    """Round galaxies in two bands; the third one has a bad centre."""
    rng = np.random.default_rng(2)
    y, x = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
    images = 3 * np.exp(-(x**2 + y**2) / 8) + rng.normal(size=(N, 2, SIDE, SIDE)) * 0.05
    images[2, 0, 12, 12] = np.nan
    images = images.astype(np.float32)

    def read(start, stop):
        if seen is not None:
            seen.append((start, stop))
        return images[start:stop], Unmeasured()

    schema = galaxy_schema(N, ("g", "r"), source="synthetic", shape=(SIDE, SIDE), image_dtype="float32")
    columns = {
        "id": np.arange(N) + 50,
        "redshift": np.linspace(0, 0.3, N),
        "ebv": np.zeros(N),
        "split": np.zeros(N, np.uint8),
    }
    return Cutouts(Path("synthetic.npz"), schema, columns, read, factor=factor), images


def imported(cutouts, out, skip_bad=True):
    with making(out, "identity") as work:
        write_store(cutouts, out, "identity", skip_bad, workers=1, work=work)


def test_a_factor_multiplies_what_was_measured_without_it(tmp_path):
    factor = np.random.default_rng(3).uniform(1, 2, (N, 2)).astype(np.float32)
    for name, given in (("plain", None), ("times", factor)):
        imported(blobs(given)[0], tmp_path / name)
    plain, times = open_store(tmp_path / "plain"), open_store(tmp_path / "times")
    kept = np.delete(factor, 2, axis=0)
    np.testing.assert_array_equal(times.id, plain.id)
    np.testing.assert_array_equal(times.images(), plain.images() * kept[..., None, None])
    for name in ("flux", "flux_error", "sky_level", "sky_sigma"):
        np.testing.assert_allclose(getattr(times, name), getattr(plain, name) * kept, rtol=1e-6)
    np.testing.assert_array_equal(times.sources(), plain.sources())


def test_the_file_is_read_in_order(tmp_path):
    seen = []
    imported(blobs(seen=seen)[0], tmp_path / "a")
    assert seen == [(0, 256), (256, 300), (0, 257), (257, 300)]


def test_a_bad_galaxy_is_told_before_anything_is_written(tmp_path):
    with pytest.raises(InputError, match=r"synthetic.npz: .* of 1 of 300 galaxies are bad \(id 52\)"):
        imported(blobs()[0], tmp_path / "a", skip_bad=False)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("values", "column"),
    [
        (np.zeros(3), Column("float64")),
        (np.zeros((3, 5), np.float32), Column("float32", (5,))),
        (np.zeros(3, ">i8"), Column("int64")),
        (np.array([b"a", b"longer"]), Column("S6")),
    ],
)
def test_columns(values, column):
    assert column_of(values) == column


def test_dtypes():
    check_dtype("float16")
    with pytest.raises(InputError, match="dtype is 'int8', but must be one of float16, float32"):
        check_dtype("int8")
