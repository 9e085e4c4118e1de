import numpy as np
import pytest
import torch

from slipher.errors import InputError
from slipher.redshift import Grid
from slipher.training.examples import Examples, Reader, Recipe, pixels, prefetched


class Table:
    """A response table whose entries say which row they are of."""

    def rows(self, rows):
        table = np.broadcast_to(rows[:, None, None], (len(rows), 180, 3)).astype(np.float32)
        return table, np.ones((len(rows), 3), bool)


@pytest.fixture
def recipe():
    return Recipe(Grid(), pixels, sky=True, responses=Table())


def same(a, b):
    names = ("inputs", "ebv", "redshift", "label", "sources", "sky_level", "sky_sigma", "response", "counting")
    return all(torch.equal(getattr(a, n).nan_to_num(), getattr(b, n).nan_to_num()) for n in names)


def test_read_from_disk_or_from_memory_is_the_same(survey, recipe):
    places = np.array([5, 3, 59, 3])
    kept, streamed = Reader(survey.train, recipe), Reader(survey.train, recipe, memory=0)
    assert kept.kept is not None
    assert streamed.kept is None
    assert same(kept(places), streamed(places))
    np.testing.assert_array_equal(kept(places).response[:, 0, 0], survey.train.rows[places])
    np.testing.assert_array_equal(kept(places).redshift, survey.train.redshift[places])


@pytest.mark.parametrize("memory", [0, 10**9])
def test_prefetching_changes_nothing(survey, recipe, memory):
    reader = Reader(survey.validation, recipe, memory)
    batches = np.split(np.arange(15), 3)
    for places, examples in zip(batches, prefetched(reader, batches), strict=True):
        assert same(examples, reader(places))


def test_a_redshift_outside_the_grid_is_an_error(survey):
    with pytest.raises(InputError, match="outside the grid"):
        Recipe(Grid(0.1, 10), pixels).read(survey)


@pytest.mark.parametrize("memory", [0, 10**9])
def test_on_the_way_to_an_accelerator_galaxies_are_pinned_and_read_ahead(survey, recipe, memory, monkeypatch):
    done = []
    monkeypatch.setattr(Examples, "pinned", lambda self: (done.append("pinned"), self)[1])
    monkeypatch.setattr(Examples, "to", lambda self, device: (done.append(device.type), self)[1])
    reader = Reader(survey.validation, recipe, memory)
    batches = np.split(np.arange(15), 3)
    for places, examples in zip(batches, prefetched(reader, batches, torch.device("cuda")), strict=True):
        assert same(examples, reader(places))
    assert done.count("pinned") == done.count("cuda") == 3
    assert done[0] == "pinned"
