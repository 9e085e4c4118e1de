"""Networks of timm: what is said where it does not import, and the network where it does."""

import importlib
import sys
from types import ModuleType

import pytest
import torch

from slipher.errors import InputError
from slipher.networks.build import build
from slipher.networks.config import NetworkConfig

BANDS = ("g", "r", "i")


def stand_in(features=7, error=None):
    """A module in the place of timm, whose one network takes means of colours."""

    class Means(torch.nn.Module):
        def __init__(self, bands):
            super().__init__()
            self.layer = torch.nn.Conv2d(bands, features, 1)

        def forward(self, images):
            if error:
                raise error
            return self.layer(images).mean(dim=(2, 3))

    module = ModuleType("timm")
    module.is_model = lambda name: name == "means"
    module.list_models = lambda: ["means", "medians"]
    module.create_model = lambda name, pretrained, in_chans, num_classes: Means(in_chans)
    return module


def made(name="timm:means", **options):
    return build(NetworkConfig(name, **options), BANDS, 11)


def test_a_torchvision_made_for_another_torch_is_named(monkeypatch):
    def broken(name):
        raise RuntimeError("operator torchvision::nms does not exist\nat a line")

    monkeypatch.setattr(importlib, "import_module", broken)
    with pytest.raises(
        InputError, match=r"timm does not import beside torch .*nms does not exist\); install the"
    ) as caught:
        made()
    assert "\n" not in str(caught.value)


def test_without_timm_its_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(InputError, match=r"timm is not installed .*slipher\[timm\]"):
        made()


def test_a_name_that_timm_does_not_know_gets_the_nearest(monkeypatch):
    monkeypatch.setitem(sys.modules, "timm", stand_in())
    with pytest.raises(InputError, match="'timm:mean', but timm has no such network; near are means"):
        made("timm:mean")
    with pytest.raises(InputError, match=r"no such network; timm.list_models\(\) names"):
        made("timm:xyz")


def test_a_network_for_one_size_is_refused(monkeypatch):
    monkeypatch.setitem(sys.modules, "timm", stand_in(error=AssertionError("Input height (32) is not 224.")))
    with pytest.raises(InputError, match=r"timm:means does not take cutouts of 32 pixels \(Input height"):
        made()


@pytest.mark.parametrize("head", ["paper", "hayat"])
def test_features_go_through_our_head(monkeypatch, head):
    monkeypatch.setitem(sys.modules, "timm", stand_in())
    network = made(head=head)
    images, ebv = torch.randn(2, 3, 16, 16), torch.rand(2)
    assert network(images, ebv).shape == (2, 11)
    assert torch.equal(network(images, ebv), network(images, ebv + 0.1)) == (head == "hayat")


@pytest.mark.parametrize("name", ["convnext_atto", "efficientnet_b0", "vit_tiny_patch16_224"])
def test_networks_of_the_real_timm(name):
    try:
        importlib.import_module("timm")
    except (ImportError, RuntimeError) as error:
        pytest.skip(f"timm does not import: {error}")
    if name.startswith("vit"):
        with pytest.raises(InputError, match="does not take cutouts of 32 pixels"):
            made(f"timm:{name}")
        return
    network = made(f"timm:{name}")
    for side in (16, 64):
        network(torch.randn(2, 3, side, side), torch.rand(2)).sum().backward()
    assert all(parameter.grad is not None for parameter in network.parameters())
