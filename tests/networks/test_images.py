import numpy as np
import pytest
import torch

from slipher.networks.images import ImageNetwork
from slipher.networks.stretch import STRETCHES, stretch
from slipher.physics.extinction import EXTINCTION_PER_EBV

SIGMA = torch.tensor([0.02, 0.05])


class Seen(torch.nn.Module):
    """A body that gives back what it was shown."""

    def forward(self, images, ebv):
        return images.flatten(1)


def values(name, pixels):
    images = torch.as_tensor(pixels, dtype=torch.float64).view(1, 1, 1, -1).expand(1, 2, 1, -1)
    return stretch(images, SIGMA.double(), name)[0]


@pytest.mark.parametrize("name", STRETCHES)
def test_bad_pixels_become_zero_and_so_does_zero(name):
    out = values(name, [0.0, np.nan, 1.0])
    assert (out[..., :2] == 0).all()
    assert (out[..., 2] > 0).all()


@pytest.mark.parametrize("name", STRETCHES)
def test_a_stretch_is_odd_and_rises(name):
    x = np.linspace(-3, 3, 41)
    out = values(name, x)
    torch.testing.assert_close(out, -out.flip(-1))
    assert (out.diff(dim=-1) > 0).all()


def test_formulae():
    x = np.array([-2.0, 0.3, 40.0])
    np.testing.assert_allclose(values("asinh", x)[1, 0], np.arcsinh(x / 0.05), rtol=1e-6)
    np.testing.assert_allclose(values("asinh-colours", x)[0, 0], np.arcsinh(x / 0.05), rtol=1e-6)
    np.testing.assert_allclose(values("asinh-colours", x)[1, 0], np.arcsinh(x / 0.02) - np.arcsinh(x / 0.05), rtol=1e-6)
    np.testing.assert_allclose(values("sqrt", x)[0, 0], np.sign(x) * (np.sqrt(np.abs(x) + 1) - 1))
    np.testing.assert_allclose(values("dey", x)[0, 0], x / 10)
    np.testing.assert_allclose(values("none", x)[0, 0], x)


def test_colours_stay_when_a_bright_galaxy_is_fainter_and_one_band_is_no_colour():
    sigma, galaxy = torch.tensor([0.02, 0.05, 0.1]), torch.rand(2, 3, 4, 4) + 500
    near, far = (stretch(images, sigma, "asinh-colours") for images in (galaxy, galaxy / 3))
    torch.testing.assert_close(near[:, 1:], far[:, 1:], atol=1e-5, rtol=0)
    torch.testing.assert_close(near[:, 0] - far[:, 0], torch.full((2, 4, 4), 3.0).log(), atol=1e-5, rtol=0)
    only = galaxy[:, :1]
    assert torch.equal(stretch(only, sigma[:1], "asinh-colours"), stretch(only, sigma[:1], "asinh"))


def test_dereddening_undoes_extinction():
    bands, ebv = ("g", "i"), torch.tensor([0.3, 0.0])
    k = torch.tensor([EXTINCTION_PER_EBV[band] for band in bands])
    network = ImageNetwork(Seen(), 2, "none", k)
    clean = torch.rand(2, 2, 4, 4)
    reddened = clean * 10 ** (-0.4 * k * ebv[:, None])[:, :, None, None]
    torch.testing.assert_close(network(reddened, ebv), clean.flatten(1))


def test_the_unit_of_the_stretch_is_saved_with_the_weights():
    network = ImageNetwork(Seen(), 2, "asinh")
    network.calibrate(SIGMA)
    other = ImageNetwork(Seen(), 2, "asinh")
    other.load_state_dict(network.state_dict())
    assert torch.equal(other.sigma, SIGMA)
