"""Cutouts of several files, one behind the other."""

import numpy as np
import pytest

from slipher.formats.containers import open_container
from slipher.survey.stamps.cube import Cube
from slipher.survey.stamps.reading import Reading
from slipher.survey.stamps.stacked import StackedStamps

IMAGES = np.random.default_rng(3).normal(1, 0.1, (9, 2, 16, 16)).astype(np.float32)
"""Nine galaxies in two bands; of the seventh a corner is padded."""
IMAGES[6, :, :6] = 0


@pytest.fixture
def stamps(tmp_path):
    for name, rows in (("train", slice(0, 5)), ("test", slice(5, 9))):
        np.savez(tmp_path / f"{name}.npz", image=IMAGES[rows], z=np.arange(9)[rows] / 10)
    with open_container(tmp_path / "train.npz") as train, open_container(tmp_path / "test.npz") as test:
        yield StackedStamps([Cube(each, Reading(("g", "r")), None) for each in (train, test)])


def test_any_run_of_cutouts(stamps):
    expected = np.where(IMAGES == 0, np.nan, IMAGES)
    for start in range(9):
        for stop in range(start + 1, 10):
            images, unmeasured = stamps(start, stop)
            np.testing.assert_array_equal(images, expected[start:stop])
            assert unmeasured.galaxies == stop - start
            assert unmeasured.padded == (start <= 6 < stop)


def test_columns_and_files(stamps, tmp_path):
    assert (stamps.count, stamps.shape) == (9, (16, 16))
    assert stamps.unit == "nanomaggies, since nothing else is said"
    assert stamps.table["z"].numbers().tolist() == (np.arange(9) / 10).tolist()
    assert stamps.files == [tmp_path / "train.npz", tmp_path / "test.npz"]
    assert stamps.where == tmp_path / "train.npz with test.npz"
    assert stamps.names is None
