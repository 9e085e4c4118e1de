"""Folding of batch normalisation: the same numbers, fewer layers, the network left as it was."""

import copy

import pytest
import torch
from torch import nn

from slipher.networks.build import build
from slipher.networks.config import CONFIGURATIONS
from slipher.networks.folding import folded

BANDS, BINS = ("g", "r", "i"), 17
NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)
NORMALISED = (
    "resnet18",
    "resnet18-reduced",
    "resnet34",
    "resnet34-reduced",
    "resnet50",
    "resnet50-reduced",
    "hayat",
    "dey",
)


def lived(network, seed=3):
    """The network as if it had been trained: statistics and factors of normalisations are all kinds of numbers."""
    generator = torch.Generator().manual_seed(seed)
    for module in network.modules():
        if isinstance(module, NORMS):
            module.running_mean.normal_(0, 0.3, generator=generator)
            module.running_var.uniform_(0.5, 2, generator=generator)
            nn.init.uniform_(module.weight, 0.5, 1.2, generator=generator)
            nn.init.normal_(module.bias, 0, 0.2, generator=generator)
    return network.eval()


def norms(network):
    return sum(isinstance(module, NORMS) for module in network.modules())


def test_these_are_all_that_have_normalisations():
    with torch.device("meta"):
        having = {name for name, config in CONFIGURATIONS.items() if norms(build(config, BANDS, BINS))}
    assert having == set(NORMALISED)


@pytest.mark.parametrize("name", NORMALISED)
def test_a_folded_network_is_the_same_function(name):
    torch.manual_seed(0)
    network = lived(build(CONFIGURATIONS[name], BANDS, BINS))
    before = {key: value.clone() for key, value in network.state_dict().items()}
    ours = folded(network)
    with torch.no_grad():
        images, ebv = torch.randn(3, 3, 16, 16), torch.rand(3) / 10
        expected, found = network(images, ebv), ours(images, ebv)
    assert (found - expected).abs().max() < 1e-4 * expected.abs().max()
    # in the stem of Dey et al.'s network a ReLU stands between
    assert norms(ours) == (1 if name == "dey" else 0)
    assert norms(network) > 0
    for key, value in network.state_dict().items():
        assert torch.equal(value, before[key]), key


def test_a_linear_layer_takes_its_normalisation_too():
    torch.manual_seed(0)
    network = lived(nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6), nn.ReLU(), nn.Linear(6, 2)))
    x = torch.randn(5, 4)
    torch.testing.assert_close(folded(network)(x), network(x))
    assert norms(folded(network)) == 0


def test_what_does_not_follow_a_layer_stays():
    torch.manual_seed(0)
    network = lived(nn.Sequential(nn.BatchNorm2d(3), nn.Conv2d(3, 3, 1), nn.ReLU(), nn.BatchNorm2d(3)))
    x = torch.randn(5, 3, 2, 2)
    torch.testing.assert_close(folded(network)(x), network(x))
    assert norms(folded(network)) == 2


def test_a_network_in_training_is_folded_as_in_evaluation():
    torch.manual_seed(0)
    network = lived(nn.Sequential(nn.Conv2d(3, 3, 1), nn.BatchNorm2d(3))).train()
    evaluated = copy.deepcopy(network).eval()
    x = torch.randn(5, 3, 2, 2)
    torch.testing.assert_close(folded(network)(x), evaluated(x))
    assert network.training
