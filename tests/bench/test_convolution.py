"""The benchmark of small maps: two ways to the same numbers, on a small layer."""

from slipher.bench import convolution
from slipher.bench.convolution import Layer


def test_both_ways_find_the_same(here):
    here(convolution)
    result = convolution.compared(Layer("a layer", 8, 8, 2), batch=4, runs=1)
    assert result.meaning == "times as fast"
    assert result.ratio > 0
    assert float(result.note.rsplit("difference ", 1)[1].split(" of")[0]) < 0.02
