import numpy as np
import pytest

from slipher.bench import flux
from slipher.bench.constraints import Sizes
from slipher.bench.flux import Amounts, compared, shares

TINY = Amounts(
    batch=32, part=2, bins=40, repeats=3, runs=1, step=Sizes(train=24, validation=4, batch=24, side=16, rounds=1)
)


def test_table_and_graph_find_the_same_penalties_and_gradients():
    ours, theirs = flux._lookups("flux", TINY)(), flux._in_graph(TINY)()
    np.testing.assert_allclose(ours[0], theirs[0], rtol=1e-3)
    np.testing.assert_allclose(ours[1], theirs[1], atol=2e-3 * np.abs(theirs[1]).max())
    assert theirs[0].min() > 0.01


def test_the_table_is_far_faster():
    result = compared(TINY)
    assert (result.meaning, result.goal) == ("times as fast", "at least 5,000")
    assert result.ratio > 30
    assert "penalties agree" in result.note


def test_shares_of_a_step():
    (result,) = shares(TINY, ("flux",))
    assert result.name == "flux: share of flux"
    assert (result.meaning, result.goal) == ("share", "below 0.01")
    assert result.ratio == pytest.approx(result.value / result.baseline)
    assert 0 < result.ratio < 1
