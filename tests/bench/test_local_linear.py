import numpy as np
import pytest

pytest.importorskip("sklearn")

from slipher.bench import local_linear
from slipher.bench.local_linear import LOOP, SEARCH, compared, measure, ours, plainly


def test_galaxies_a_second_against_both_plain_ways(here):
    here(local_linear)
    loop, search = compared(2000, 2000, looped=30, batched=100, runs=1)
    assert (loop.name, search.name) == ("local-linear", "local-linear: search")
    assert loop.unit == search.unit == "galaxies/s"
    assert loop.value > 0
    assert search.ratio > 0
    assert "2,000 galaxies among 2,000, 100 neighbours; the other: 30, scaled" in loop.note


@pytest.mark.parametrize("way", [LOOP, SEARCH])
def test_both_plain_ways_give_the_same_fits(way):
    taken = plainly(way, 40, 3000, 3000)()
    np.testing.assert_allclose(ours(3000, 3000)()[:40], taken.fits, atol=1e-9)
    assert taken.building > 0
    assert taken.asking > 0


def test_the_benchmark_takes_the_sizes_that_are_told(monkeypatch):
    monkeypatch.setattr(local_linear, "compared", lambda *sizes: iter([sizes]))
    assert list(measure()) == [(100_000, 100_000, 1_000, 10_000, 3)]
