import numpy as np
import pytest
import torch

from slipher.physics.extinction import extinction_coefficients
from slipher.physics.reddening import random_reddening, reddening_coefficients


def test_dust_dims_all_bands_of_a_galaxy_by_one_reddening():
    images = torch.rand(500, 5, 3, 2, dtype=torch.float64) + 1
    images[0, 1, 2, 0] = torch.nan
    coefficients = reddening_coefficients(tuple("ugriz"))
    found = random_reddening(images, coefficients, torch.Generator().manual_seed(1))
    ebv = -2.5 * torch.log10(found / images) / coefficients[:, None, None]
    assert torch.equal(found.isnan(), images.isnan())
    one = ebv.flatten(1).nanmean(dim=1)
    torch.testing.assert_close(ebv.nan_to_num(), ebv.isfinite() * one[:, None, None, None], atol=1e-6, rtol=0)
    assert one.min() >= 0
    assert one.max() <= 0.5
    assert one.mean().item() == pytest.approx(0.25, abs=0.02)
    assert one.std().item() == pytest.approx(0.5 / 12**0.5, rel=0.1)


def test_the_coefficients_are_the_published_ones_or_the_curve():
    assert reddening_coefficients(("g", "r", "z")).tolist() == pytest.approx([3.303, 2.285, 1.263])
    bands = ("lsst2016-g", "lsst2016-y")
    np.testing.assert_allclose(reddening_coefficients(bands), extinction_coefficients(bands), rtol=1e-6)
