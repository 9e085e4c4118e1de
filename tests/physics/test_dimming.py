import pytest
import torch

from slipher.physics.dimming import random_dimming


def test_colours_and_the_noise_of_the_sky_stay_and_the_flux_falls():
    draw, sigma = torch.Generator().manual_seed(4), torch.tensor([1.0, 3.0])
    images = sigma[:, None, None] * torch.randn(200, 2, 24, 24, generator=draw)
    images[:, :, 8:16, 8:16] += 1e4 * sigma[:, None, None]
    images[0, 0, 0, 0] = torch.nan
    found = random_dimming(images, sigma, draw, faintest=2.0)
    assert torch.equal(found.isnan(), images.isnan())
    before, after = (each[:, :, 8:16, 8:16].sum(dim=(2, 3)) for each in (images, found))
    dimmed = -2.5 * torch.log10(after / before)
    torch.testing.assert_close(dimmed[:, 0], dimmed[:, 1], atol=1e-3, rtol=0)
    assert dimmed.min() >= -1e-3
    assert dimmed.max() <= 2.001
    assert dimmed.mean().item() == pytest.approx(1.0, abs=0.15)
    sky = found[1:, :, :6].std(dim=(0, 2, 3)) / sigma
    torch.testing.assert_close(sky, torch.ones(2), atol=0.01, rtol=0)


def test_nothing_is_dimmed_by_nothing():
    images = torch.rand(5, 2, 4, 4)
    assert torch.equal(random_dimming(images, torch.ones(2), torch.Generator(), faintest=0.0), images)
