import pytest
import torch

from slipher.networks.frame import framed
from slipher.networks.reconstruct import Decoder, PixelPReLU


@pytest.fixture(scope="module")
def decoder():
    torch.manual_seed(0)
    made = Decoder(16, 3, 64)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter += 0.1 * torch.randn_like(parameter)
    return made


@pytest.mark.parametrize(("height", "width"), [(16, 16), (45, 20), (54, 64), (63, 60)])
def test_the_middle_is_that_of_the_whole(decoder, height, width):
    capsule = torch.randn(2, 16)
    with torch.no_grad():
        whole = decoder(capsule, 64, 64)
        torch.testing.assert_close(decoder(capsule, height, width), framed(whole, height, width))
    assert whole.shape == (2, 3, 64, 64)
    assert whole.abs().max() <= 1


def test_transposed_convolutions_of_stride_one_are_convolutions_with_turned_kernels():
    layer, x = torch.nn.Conv2d(3, 5, 3, padding=1, bias=False), torch.randn(2, 3, 7, 7)
    turned = layer.weight.flip(2, 3).transpose(0, 1)
    torch.testing.assert_close(torch.nn.functional.conv_transpose2d(x, turned, padding=1), layer(x))


def test_every_pixel_has_its_slope():
    layer, x = PixelPReLU(2, 4), -torch.ones(1, 2, 2, 2)
    with torch.no_grad():
        layer.slopes.copy_(torch.arange(32.0).reshape(1, 2, 4, 4))
    torch.testing.assert_close(layer(x)[0, 1], -torch.tensor([[21.0, 22.0], [25.0, 26.0]]))
    torch.testing.assert_close(layer(-x), -x)
