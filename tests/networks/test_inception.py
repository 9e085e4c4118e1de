import numpy as np
import torch

from slipher.networks.build import parameters
from slipher.networks.config import CONFIGURATIONS
from slipher.networks.inception import Inception, InceptionNetwork, Smoothing, halving


def means(image, stride):
    """SAME average pooling of 2×2, pixel by pixel: means of what lies inside the image."""
    y, x = (range(0, side, stride) for side in image.shape)
    return np.array([[image[j : j + 2, i : i + 2].mean() for i in x] for j in y])


def test_both_sizes_are_those_of_the_paper_and_of_the_released_code():
    assert parameters(CONFIGURATIONS["pasquet"]) == 27_596_372
    assert parameters(CONFIGURATIONS["pasquet-1024"]) == 25_826_972


def test_pools_keep_to_what_lies_inside():
    for side in (4, 5):
        image = np.random.default_rng(side).normal(size=(side, side))
        maps = torch.from_numpy(image)[None, None]
        np.testing.assert_allclose(Smoothing()(maps)[0, 0], means(image, 1))
        np.testing.assert_allclose(halving()(maps)[0, 0], means(image, 2))


def test_branches_stand_in_the_published_order():
    block = Inception(3, 4, 6)
    maps = torch.randn(2, 3, 8, 8)
    out = block(maps)
    assert out.shape == (2, block.channels, 8, 8) == (2, 22, 8, 8)
    parts = (block.point, block.five, block.three, block.pool)
    assert [part(maps).shape[1] for part in parts] == [6, 6, 6, 4]
    torch.testing.assert_close(torch.cat([part(maps) for part in parts], dim=1), out)
    assert Inception(3, 4, 6, large=False).channels == 16


def test_maps_of_64_pixels_are_flattened_as_they_are():
    network = InceptionNetwork(5, 10, 16)
    assert network.hidden[0].in_features == 8 * 8 * 348 + 1
    seen = []
    network.hidden[0].register_forward_pre_hook(lambda layer, given: seen.append(given[0]))
    images, ebv = torch.randn(1, 5, 64, 64), torch.tensor([0.25])
    network(images, ebv)
    torch.testing.assert_close(seen[0][:, :-1], network.layers(images).flatten(1))
    assert seen[0][0, -1] == 0.25


def test_it_starts_with_xavier_weights_and_as_relu():
    torch.manual_seed(0)
    network = InceptionNetwork(5, 10, 64)
    for module in network.modules():
        if isinstance(module, torch.nn.Conv2d | torch.nn.Linear):
            assert (module.bias == 0.1).all()
            fans = module.weight[0].numel() + module.weight[:, 0].numel()
            assert module.weight.abs().max().item() <= (6 / fans) ** 0.5 + 1e-6
            assert module.weight.std().item() > 0.7 * (2 / fans) ** 0.5
        if isinstance(module, torch.nn.PReLU):
            assert (module.weight == 0).all()
            assert len(module.weight) > 1
