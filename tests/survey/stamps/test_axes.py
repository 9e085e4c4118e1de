"""Which axis is what is told by lengths where these tell it, and asked for where they do not."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slipher.errors import InputError
from slipher.survey.stamps.axes import check_layout, layout_of, listed_layouts

TOLD = {
    "NCHW": ((100, 5, 32, 32), 5, None),
    "NHWC": ((100, 32, 32, 5), 5, None),
    "CNHW": ((5, 100, 32, 32), 5, None),
    "HWCN": ((32, 32, 5, 100), 5, 100),
    "HWNC": ((32, 32, 100, 5), 5, 100),
    "CHWN": ((5, 32, 32, 100), 5, 100),
    "NHW": ((100, 32, 32), 1, None),
    "HWN": ((32, 32, 100), 1, None),
    "CHW": ((5, 32, 32), 5, None),
    "HWC": ((32, 32, 5), 5, None),
    "HW": ((32, 32), 1, None),
}


@pytest.mark.parametrize("layout", TOLD)
def test_what_lengths_tell(layout):
    shape, bands, count = TOLD[layout]
    assert layout_of(shape, bands, count, "a") == layout
    check_layout(layout)


@pytest.mark.parametrize(
    ("shape", "bands", "count", "layout"),
    [
        ((64, 64, 64, 5), 5, None, "NHWC"),
        ((5, 64, 64, 64), 5, None, "CNHW"),
        ((5, 64, 64, 5), 5, 5, "NHWC"),
        ((5, 64, 64, 64), 5, 64, "CNHW"),
        ((30, 3, 20, 24), 3, None, "NCHW"),
        ((3, 30, 20, 24), 3, None, "CNHW"),
    ],
)
def test_what_people_use_and_the_number_of_galaxies_decide(shape, bands, count, layout):
    assert layout_of(shape, bands, count, "a") == layout


@pytest.mark.parametrize(
    ("shape", "bands", "count", "several"),
    [
        ((5, 5, 64, 64), 5, None, "NCHW or CNHW"),
        ((5, 5, 64, 64), 5, 5, "NCHW or CNHW"),
        ((10, 8, 8, 8), 8, None, "NCHW or NHWC"),
        ((20, 24, 30), 1, None, "NHW or HNW or HWN"),
    ],
)
def test_what_nothing_decides_is_asked_for(shape, bands, count, several):
    with pytest.raises(InputError, match=rf"a has shape .* bands.* may be {several}; say which \(--layout\)"):
        layout_of(shape, bands, count, "a")


@pytest.mark.parametrize(
    ("shape", "count"),
    [((100, 4, 32, 32), None), ((5, 100), None), ((5, 4, 4, 4), None), ((1, 2, 3, 4, 5), None), ((7,), None),
     ((9, 5, 32, 32), 8)],
)  # fmt: skip
def test_what_is_no_array_of_cutouts(shape, count):
    with pytest.raises(InputError, match="is no array of cutouts of 5 bands"):
        layout_of(shape, 5, count, "a")


@given(st.permutations("NCHW"), st.integers(9, 40), st.integers(41, 60), st.integers(2, 7))
@settings(max_examples=80, deadline=None)
def test_any_order_is_told_by_distinct_lengths(order, pixels, count, bands):
    layout = "".join(order)
    if layout.index("H") > layout.index("W"):
        layout = layout.translate(str.maketrans("HW", "WH"))
    shape = tuple({"N": count, "C": bands, "H": pixels, "W": pixels}[letter] for letter in layout)
    assert layout_of(shape, bands, count, "a") == layout


@pytest.mark.parametrize("layout", ["NCHW", "NHWC", "WHNC", "CNWH", "NWH", "WHC", "WH"])
def test_any_order_may_be_said(layout):
    check_layout(layout)


@pytest.mark.parametrize("layout", ["nchw", "NCH", "NCHWX", "NNHW", "", "C"])
def test_what_is_no_layout(layout):
    with pytest.raises(InputError, match=r"must be the letters N \(galaxies\)"):
        check_layout(layout)


def test_in_words():
    assert listed_layouts("CNHW") == "CNHW (bands, galaxies, y, x)"
