import pytest
import torch

from slipher.physics.addednoise import random_noise


def test_noise_is_white_and_a_random_share_of_the_skys():
    images, sigma = torch.zeros(300, 2, 20, 20), torch.tensor([1.0, 3.0])
    images[0, 0, 0, 0] = torch.nan
    found = random_noise(images, sigma, torch.Generator().manual_seed(4))
    assert torch.equal(found.isnan(), images.isnan())
    share = found[1:].std(dim=(2, 3)) / sigma
    assert (share[:, 0] - share[:, 1]).abs().max() < 0.25
    assert share.min() >= 0
    assert share.max() < 1.15
    assert share.mean().item() == pytest.approx(0.5, abs=0.05)
    neighbours = (found[1:, :, :, 1:] * found[1:, :, :, :-1]).mean() / found[1:].square().mean()
    assert abs(neighbours) < 0.01
    assert abs(found[1:].mean()) < 0.01
