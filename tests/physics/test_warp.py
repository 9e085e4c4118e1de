import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage, stats

from slipher.physics.distortion import ELONGATION, ZOOM, random_distortion
from slipher.physics.warp import rotation, warped
from slipher.physics.window import centre_cut, moved


def images(seed=0, shape=(2, 2, 15, 15)):
    return torch.from_numpy(np.random.default_rng(seed).normal(size=shape))


def turn(given, angles, shift=(0, 0), size=None):
    return mapped(given, rotation(torch.tensor(angles, dtype=given.dtype)), shift, size)


def mapped(given, maps, shift=(0, 0), size=None):
    shifts = torch.tensor([shift] * len(given))
    return warped(given, maps, shifts, size or tuple(given.shape[2:]))


def test_no_angle_is_no_change_but_for_the_edge():
    found = turn(images(), [0.0, 0.0])
    torch.testing.assert_close(found[:, :, 1:-1, 1:-1], images()[:, :, 1:-1, 1:-1], atol=1e-12, rtol=0)


def test_a_quarter_turn_takes_y_to_x():
    given = images()
    found = turn(given, [math.pi / 2, -math.pi / 2])
    expected = torch.stack([given[0].transpose(1, 2).flip(1), given[1].transpose(1, 2).flip(2)])
    torch.testing.assert_close(found[:, :, 2:-2, 2:-2], expected[:, :, 2:-2, 2:-2], atol=1e-9, rtol=0)
    spot = torch.zeros(1, 1, 15, 15, dtype=torch.float64)
    spot[0, 0, 12, 7] = 1
    assert turn(spot, [math.pi / 2])[0, 0, 7, 12].item() == pytest.approx(1)


@settings(max_examples=15, deadline=None)
@given(angle=st.floats(-7, 7), seed=st.integers(0, 99), size=st.sampled_from([(15, 15), (8, 9), (5, 5)]))
def test_as_scipy_interpolates(angle, seed, size):
    shift = np.array([1, -2])
    found = turn(images(seed, (1, 1, 15, 15)), [angle], tuple(shift), size)[0, 0].numpy()
    cosine, sine = math.cos(angle), math.sin(angle)
    back = np.array([[cosine, sine], [-sine, cosine]])
    middle = np.full(2, 7.0)
    first = (15 - np.array(size)) // 2 + shift
    # a pixel of the window comes from middle + back @ (pixel + first - middle)
    expected = ndimage.affine_transform(
        images(seed, (1, 1, 15, 15))[0, 0].numpy(),
        back,
        middle + back @ (first - middle),
        output_shape=size,
        order=1,
        mode="constant",
        cval=np.nan,
    )
    known = np.isfinite(found) & np.isfinite(expected)
    np.testing.assert_allclose(found[known], expected[known], atol=1e-6)
    assert (np.isfinite(found) ^ np.isfinite(expected)).sum() <= 2 * sum(size)


def test_beyond_the_image_is_bad_and_a_margin_fills_the_corners():
    given = images(shape=(1, 1, 31, 31))
    whole = turn(given, [math.pi / 4])[0, 0]
    assert whole[0, 0].isnan()
    assert whole[15, 15].isfinite()
    assert 0.1 < whole.isnan().double().mean() < 0.25
    assert turn(given, [math.pi / 4], shift=(2, -1), size=(16, 16)).isfinite().all()


def test_a_bad_pixel_spoils_what_is_interpolated_from_it_and_no_more():
    given = images(shape=(1, 2, 31, 31))
    bad = given.clone()
    bad[0, 1, 12, 18] = torch.nan
    clean, spoilt = (turn(each, [0.7], size=(16, 16)) for each in (given, bad))
    touched = spoilt.isnan()
    assert not touched[:, 0].any()
    assert 2 <= touched.sum() <= 6
    assert torch.equal(spoilt[~touched], clean[~touched])


def test_the_window_of_no_angle_is_that_of_whole_pixels():
    given, shift = images(shape=(1, 1, 107, 107)), torch.tensor([[-7, 5]])
    found = warped(given, rotation(torch.zeros(1, dtype=torch.float64)), shift, (64, 64))
    torch.testing.assert_close(found, moved(given, shift, (64, 64)), atol=1e-10, rtol=0)
    assert torch.equal(centre_cut(given, (64, 64)), given[:, :, 21:85, 21:85])


def test_light_is_kept():
    y, x = np.mgrid[:41, :41] - 20
    blob = torch.from_numpy(np.exp(-(x**2 / 18 + y**2 / 8)))[None, None]
    assert turn(blob, [0.9])[0, 0].nansum().item() == pytest.approx(blob.sum().item(), rel=1e-3)


def test_what_is_twice_as_large_comes_from_half_as_far():
    blob = torch.zeros(1, 1, 15, 15, dtype=torch.float64)
    blob[0, 0, 9, 6] = 1
    maps = torch.tensor([[[0.5, 0.0], [0.0, 1.0]]], dtype=torch.float64)
    assert mapped(blob, maps)[0, 0, 11, 6].item() == pytest.approx(1)


def test_distortions_are_of_every_size_and_ratio_of_axes_up_to_the_largest():
    maps = random_distortion(4000, torch.Generator().manual_seed(1))
    torch.testing.assert_close(maps, maps.mT)
    values = torch.linalg.eigvalsh(maps).log()
    size, ratio = values.mean(dim=1), values[:, 1] - values[:, 0]
    for found, low, high in ((size, -ZOOM, ZOOM), (ratio, 0, ELONGATION)):
        assert stats.kstest(found.numpy(), "uniform", (low, high - low)).pvalue > 1e-3
    cosines = torch.linalg.eigh(maps).eigenvectors[:, 0, 0].abs().acos() / (math.pi / 2)
    assert stats.kstest(cosines.numpy(), "uniform").pvalue > 1e-3
