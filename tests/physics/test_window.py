import numpy as np
import pytest
import torch

from slipher.physics.window import centre_cut, moved


def images(y=9, x=11):
    return torch.arange(2 * 3 * y * x, dtype=torch.float32).reshape(2, 3, y, x)


def test_the_middle_is_the_middle():
    cut = centre_cut(images(), (5, 7))
    assert torch.equal(cut, images()[:, :, 2:7, 2:9])
    assert torch.equal(centre_cut(images(), (4, 4)), images()[:, :, 2:6, 3:7])


@pytest.mark.parametrize("size", [(9, 11), (5, 4), (1, 1)])
def test_each_image_moves_by_its_own_shift_and_the_beyond_is_bad(size):
    shift = torch.tensor([[3, -2], [-20, 1]])
    given, found = images().numpy(), moved(images(), shift, size).numpy()
    top, left = (9 - size[0]) // 2, (11 - size[1]) // 2
    for galaxy, (down, right) in enumerate(shift.tolist()):
        for row in range(size[0]):
            for column in range(size[1]):
                y, x = top + row + down, left + column + right
                inside = 0 <= y < 9 and 0 <= x < 11
                expected = given[galaxy, :, y, x] if inside else np.full(3, np.nan)
                np.testing.assert_array_equal(found[galaxy, :, row, column], expected)


def test_no_shift_is_the_middle():
    assert torch.equal(moved(images(), torch.zeros(2, 2, dtype=torch.long), (4, 7)), centre_cut(images(), (4, 7)))
