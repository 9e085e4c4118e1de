import math

import numpy as np
import pytest
import torch
from astropy.stats import sigma_clip

from slipher.physics.sky import clipped_statistics, correlated_noise, is_white, paper_background, robust_background

GENERATOR = torch.Generator().manual_seed(1)
NOISE = torch.randn(24, 5, 64, 64, generator=GENERATOR)
WHOLE = torch.ones_like(NOISE, dtype=torch.bool)
NOTHING = torch.zeros(24, 64, 64, dtype=torch.bool)
ONES = torch.ones(24, 5)


def fresh():
    return torch.Generator().manual_seed(2)


def kernel(across, down):
    """An autocorrelation with the given values one pixel away."""
    out = torch.zeros(5, 5, 5)
    out[:, 2, 2] = 1
    out[:, 2, 1] = out[:, 2, 3] = across
    out[:, 1, 2] = out[:, 3, 2] = down
    return out


@pytest.mark.parametrize(("clips", "sigma"), [(1, 0.5396), (5, 0.0581)])
def test_the_papers_sky_is_too_quiet_and_lifted(clips, sigma):
    drawn = clipped_statistics(NOISE, WHOLE, clips)[1]
    assert drawn.mean().item() == pytest.approx(sigma, rel=0.01)
    result = paper_background(NOISE, fresh(), clips)
    # Pixels above σ stay, and their mean is the lift: the normal density at σ.
    assert result.mean().item() == pytest.approx(math.exp(-(sigma**2) / 2) / math.sqrt(2 * math.pi), abs=0.005)
    below = NOISE < 0
    assert result[below].std().item() == pytest.approx(sigma, abs=0.01)


def test_one_clip_is_astropys_about_the_mean():
    pixels = NOISE[0, 0].double().numpy()
    clipped = sigma_clip(pixels, sigma=1, maxiters=1, cenfunc="mean")
    mean, sigma = clipped_statistics(NOISE[:1, :1], WHOLE[:1, :1], 1)
    assert mean.item() == pytest.approx(clipped.mean(), abs=1e-6)
    assert sigma.item() == pytest.approx(clipped.std(), rel=1e-5)


def test_the_paper_keeps_what_is_bright():
    images = NOISE.clone()
    images[:, :, 30:34, 30:34] += 50
    result = paper_background(images, fresh())
    assert torch.equal(result[:, :, 30:34, 30:34], images[:, :, 30:34, 30:34])


@pytest.mark.parametrize("correlation", [None, kernel(0.0, 0.0), kernel(0.25, 0.15)])
def test_robust_noise_has_the_level_scatter_and_correlation_asked_for(correlation):
    result = robust_background(NOISE, NOTHING, 2 * ONES, 3 * ONES, correlation, fresh())
    residual = (result - 2) / 3
    assert residual.mean().item() == pytest.approx(0, abs=0.01)
    assert residual.std().item() == pytest.approx(1, rel=0.01)
    across, down = (0.0, 0.0) if correlation is None else (correlation[0, 2, 1].item(), correlation[0, 1, 2].item())
    assert (residual[..., 1:] * residual[..., :-1]).mean().item() == pytest.approx(across, abs=0.01)
    assert (residual[..., 1:, :] * residual[..., :-1, :]).mean().item() == pytest.approx(down, abs=0.01)


def test_each_galaxy_and_band_has_its_own_sky():
    level = torch.arange(24 * 5.0).reshape(24, 5)
    result = robust_background(NOISE, NOTHING, level, 1 + level, None, fresh())
    assert torch.allclose(result.mean(dim=(-2, -1)), level, atol=8.0)
    assert torch.allclose(result.std(dim=(-2, -1)), 1 + level, rtol=0.06)


def test_sources_stay():
    sources = torch.rand(24, 64, 64, generator=fresh()) > 0.5
    result = robust_background(NOISE, sources, ONES, ONES, None, fresh())
    same = (result == NOISE).all(dim=1)
    assert torch.equal(same, sources)


@pytest.mark.parametrize("operator", ["paper", "robust"])
def test_bad_pixels_stay_and_are_not_measured(operator):
    images, valid = NOISE.clone(), WHOLE.clone()
    images[:, 0, :8] = torch.nan
    images[:, 1, :8], valid[:, 1, :8] = 1e6, False
    if operator == "paper":
        result = paper_background(images, fresh(), valid=valid)
    else:
        result = robust_background(images, NOTHING, ONES, ONES, None, fresh(), valid)
    assert result[:, 0, :8].isnan().all()
    assert (result[:, 1, :8] == 1e6).all()
    assert result[:, :, 8:].isfinite().all()
    assert result[:, :, 8:].abs().max() < 10


@pytest.mark.parametrize("correlation", [None, kernel(0.25, 0.15)])
def test_the_generator_decides(correlation):
    def draw(generator):
        return robust_background(NOISE, NOTHING, ONES, ONES, correlation, generator)

    assert torch.equal(draw(fresh()), draw(fresh()))
    assert not torch.equal(draw(fresh()), draw(torch.Generator().manual_seed(3)))
    assert torch.equal(paper_background(NOISE, fresh()), paper_background(NOISE, fresh()))


def test_negative_power_does_no_harm():
    impossible = kernel(0.9, 0.9)
    noise = correlated_noise(NOISE, impossible)
    assert noise.isfinite().all()
    assert noise.std().item() == pytest.approx(1, rel=0.05)


def test_images_without_a_good_pixel_stay_as_they_are():
    images = torch.full((1, 1, 4, 4), np.nan)
    assert paper_background(images, fresh()).isnan().all()


def test_what_is_white():
    assert is_white(kernel(0.0, 0.0))
    assert not is_white(kernel(0.25, 0.0))
