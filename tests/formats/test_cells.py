"""Cells of text as values, exactly or not at all."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipher.formats.cells import MISSING, as_floats, kind_of, meet, typed

WHOLE = st.integers(-(2**70), 2**70).map(str)
REAL = st.floats().map(repr)
WORDS = st.text(st.sampled_from("0123456789abcdefABCDEFxX+-._ "), max_size=12).map(str.strip)


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["1", "2"], "count"),
        (["1", "-2"], "whole"),
        (["1", str(2**64 - 1)], "unsigned"),
        (["-1", str(2**64 - 1)], "digits"),
        ([str(2**64)], "digits"),
        (["007"], "digits"),
        (["+7"], "digits"),
        (["5e10", "12"], "digits"),
        (["1e-5", "12"], "real"),
        (["1.5D+03"], "real"),
        (["12d4"], "text"),
        (["1_0"], "text"),
        (["0x1F"], "text"),
        (["١"], "text"),
        (["inf", "nan"], "real"),
        (["True", "false"], "truth"),
        (["null", "", "--", "N/A", "\\N"], "nothing"),
        (["1", "null"], "count"),
        (["INDEF", "*****", "?", ".", "N.A.", "1.#QNAN", "-1.#IND", "masked", "NIL"], "nothing"),
        (["0.5", "********"], "real"),
        (["1", "*"], "text"),
        (["NGC 1", "NA"], "text"),
    ],
)
def test_kinds(cells, kind):
    assert kind_of(cells) == kind


@given(st.lists(st.one_of(WHOLE, REAL, WORDS, st.sampled_from(sorted(MISSING))), max_size=6), st.integers(0, 6))
def test_blocks_have_the_kind_of_the_whole(cells, cut):
    """The type of a column is that of its blocks joined, wherever they end."""
    assert meet([kind_of(cells[:cut]), kind_of(cells[cut:])]) == kind_of(cells)


@given(st.lists(st.one_of(WHOLE, WORDS, st.sampled_from(sorted(MISSING))), max_size=6))
def test_what_may_be_a_name_reads_back_as_it_was_written(cells):
    kind = kind_of(cells)
    values, missing = typed(cells, kind)
    gaps = np.array([cell in MISSING for cell in cells], bool)
    np.testing.assert_array_equal(gaps if missing is None else missing, gaps)
    if kind not in ("real", "truth", "nothing"):
        assert [str(value) for value, gap in zip(values.tolist(), gaps, strict=True) if not gap] == [
            cell for cell in cells if cell not in MISSING
        ]


@given(st.lists(st.floats(), min_size=1))
def test_floats_are_exact(numbers):
    values, _ = typed([repr(number) for number in numbers], "real")
    np.testing.assert_array_equal(values, numbers)


def test_double_precision_of_fortran():
    assert as_floats(["1.5D+03", "-.5d-1", "2"]).tolist() == [1500, -0.05, 2]
    assert as_floats(["12d4"]) is None
