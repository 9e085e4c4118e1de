import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slipher.errors import InputError
from slipher.redshift import Grid

grids = st.builds(Grid, st.floats(1e-3, 20), st.integers(2, 500))


def test_the_grid_of_the_paper():
    grid = Grid()
    assert (grid.z_max, grid.bins) == (0.4, 180)
    assert grid.width == pytest.approx(1 / 450)
    assert len(grid.edges) == 181
    assert (grid.edges[0], grid.edges[-1]) == (0.0, 0.4)
    assert grid.centres[0] == pytest.approx(1 / 900)


@settings(max_examples=50, deadline=None)
@given(grids)
def test_edges_and_centres(grid):
    assert np.diff(grid.edges) == pytest.approx(grid.width)
    assert grid.centres == pytest.approx(grid.edges[:-1] + grid.width / 2)
    np.testing.assert_array_equal(grid.index(grid.centres), np.arange(grid.bins))


@settings(max_examples=50, deadline=None)
@given(grids, st.integers(0, 10_000))
def test_a_redshift_lies_in_its_bin(grid, seed):
    z = grid.z_max * (1 - np.random.default_rng(seed).random(100))
    c = grid.index(z)
    assert ((grid.edges[c] < z) & (z <= grid.edges[c + 1])).all()


@settings(max_examples=50, deadline=None)
@given(grids)
def test_an_upper_edge_belongs_to_the_bin_below(grid):
    np.testing.assert_array_equal(grid.index(grid.edges[1:]), np.arange(grid.bins))


@settings(max_examples=50, deadline=None)
@given(grids, st.sampled_from([np.float32, np.float64]))
def test_the_last_edge_is_inside_in_any_precision(grid, precision):
    last = np.array([grid.z_max]).astype(precision)
    assert grid.contains(last).all()
    assert grid.index(last)[0] == grid.bins - 1


def test_float32_of_the_last_edge():
    """float32(0.4) exceeds 0.4, so it must be compared with float32 edges."""
    z = np.array([0.4], dtype=np.float32)
    assert z.astype(np.float64)[0] > 0.4
    assert Grid().index(z)[0] == 179
    assert not Grid().contains(z.astype(np.float64))[0]
    assert not Grid().contains(np.nextafter(z, np.float32(1)))[0]


def test_what_lies_outside():
    z = np.array([-0.1, 0.0, 1e-12, 0.4, 0.4000001, np.nan, np.inf])
    assert Grid().contains(z).tolist() == [False, False, True, True, False, False, False]


def test_any_shape():
    assert Grid().index(np.full((2, 3), 0.1)).shape == (2, 3)
    assert Grid().index(np.zeros(0)).dtype == np.int64


@pytest.mark.parametrize("bad", [0.0, 0.41, np.nan, -1.0])
def test_a_redshift_outside_has_no_bin(bad):
    with pytest.raises(InputError, match=r"1 of 3 redshifts lie outside the grid \(0, 0.4\], the first is"):
        Grid().index(np.array([0.1, bad, 0.2]))


@pytest.mark.parametrize("z_max", [0.0, -1.0, float("nan"), float("inf"), 1e308, 1101.0])
def test_a_grid_needs_an_end(z_max):
    with pytest.raises(InputError, match=r"grid\.z_max"):
        Grid(z_max)


def test_a_grid_needs_bins():
    with pytest.raises(InputError, match=r"grid\.bins is 1"):
        Grid(bins=1)


def test_equal_grids_are_equal():
    assert Grid(3.0, 300) == Grid(3.0, 300) != Grid(3.0, 301)
    assert len({Grid(), Grid(), Grid(3.0, 300)}) == 2
