import numpy as np
import pytest

from slipher.bench import reading
from slipher.bench.reading import CHUNKED, STORE, Sizes, chunked, compared, images, measure, write_files
from slipher.survey.store import open_store

SMALL = Sizes(
    galaxies=600,
    side=16,
    batch=64,
    batches=8,
    chunked=8,
    trained=8,
    steps=1,
    runs=1,
    networks=(("resnet18", 16),),
)


def test_images_a_second_against_appetite_and_chunks(here):
    here(reading)
    appetite, chunks = compared(SMALL)
    assert (appetite.name, chunks.name) == ("reading", "reading: images")
    assert appetite.unit == chunks.unit == "images/s"
    assert appetite.ratio > 3
    assert chunks.value > 0
    assert "appetite of " in appetite.against
    assert "random batches of 64 of 600 galaxies, 5×16×16 float16" in chunks.note


def test_both_files_hold_the_same_galaxies(tmp_path):
    write_files(tmp_path, SMALL)
    assert {path.name for path in tmp_path.iterdir()} == {STORE, CHUNKED}
    galaxies = open_store(tmp_path / STORE)
    assert (len(galaxies), len(np.unique(galaxies.id))) == (600, 600)
    np.testing.assert_array_equal(images(tmp_path, SMALL)(), chunked(tmp_path, SMALL)())


@pytest.mark.parametrize("count", [64, 1])
def test_rows_are_random_and_differ_within_a_batch(count):
    drawn = reading._random_rows(Sizes(galaxies=64, batch=count))
    first, second = next(drawn), next(drawn)
    assert len(np.unique(first)) == count
    assert not np.array_equal(first, second)


def test_the_benchmark_takes_the_sizes_that_are_told(monkeypatch):
    monkeypatch.setattr(reading, "compared", lambda sizes: iter([sizes]))
    (sizes,) = measure()
    assert (sizes.galaxies, sizes.side, sizes.batch) == (20_000, 64, 256)
