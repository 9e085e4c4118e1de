import pytest
import torch

from slipher.networks.frame import framed


@pytest.mark.parametrize(("shape", "size"), [((16, 16), (28, 28)), ((64, 64), (28, 28)), ((15, 40), (28, 28))])
def test_the_galaxy_stays_in_the_middle(shape, size):
    y, x = torch.meshgrid(*(torch.arange(side) - (side - 1) / 2 for side in shape), indexing="ij")
    galaxy = torch.exp(-(x**2 + y**2) / 8)[None, None]
    out = framed(galaxy, *size)
    assert out.shape == (1, 1, *size)
    for axis, side in ((2, size[0]), (3, size[1])):
        profile = out.sum(dim=5 - axis).squeeze()
        centre = (profile * (torch.arange(side) - (side - 1) / 2)).sum() / profile.sum()
        assert abs(centre) <= 0.5 + 1e-3


def test_images_of_the_size_are_left_alone():
    images = torch.randn(2, 3, 32, 32)
    assert framed(images, 32, 32) is images
