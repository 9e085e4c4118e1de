"""Convolutions as products of matrices: torch's convolution is the reference, in values and in gradients."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional

from slipher.networks.convolution import SMALL, Convolution, _Windows
from slipher.networks.resnet import ResNet


def made(inputs, outputs, size, stride, bias, dtype=torch.float64):
    torch.manual_seed(0)
    return Convolution(inputs, outputs, size, stride, bias).to(dtype)


def library(layer, maps):
    return functional.conv2d(maps, layer.weight, layer.bias, layer.stride, layer.padding)


@settings(deadline=None, max_examples=60)
@given(
    side=st.tuples(st.integers(1, 9), st.integers(1, 9)),
    size=st.sampled_from((1, 3, 5)),
    stride=st.integers(1, 3),
    channels=st.tuples(st.integers(1, 5), st.integers(1, 5)),
    bias=st.booleans(),
    last=st.booleans(),
)
def test_values_and_gradients_are_those_of_torch(side, size, stride, channels, bias, last):
    layer = made(*channels, size, stride, bias)
    maps = torch.randn(3, channels[0], *side, dtype=torch.float64)
    maps = maps.contiguous(memory_format=torch.channels_last) if last else maps
    ours, theirs = maps.clone().requires_grad_(), maps.clone().requires_grad_()
    found, expected = layer(ours), library(layer, theirs)
    assert torch.allclose(found, expected, rtol=0, atol=1e-12)
    towards = torch.randn_like(expected)
    variables = list(layer.parameters())
    first = torch.autograd.grad(found, [ours, *variables], towards)
    second = torch.autograd.grad(expected, [theirs, *variables], towards)
    assert all(torch.allclose(*pair, rtol=0, atol=1e-11) for pair in zip(first, second, strict=True))


@pytest.fixture
def products(monkeypatch):
    """Counts what is multiplied out."""
    calls, real = [], _Windows.apply
    monkeypatch.setattr(_Windows, "apply", lambda *arguments: calls.append(arguments) or real(*arguments))
    return calls


@pytest.mark.parametrize(("side", "stride", "small"), [(4, 1, True), (8, 2, True), (7, 2, True), (5, 1, False)])
def test_small_outputs_alone_are_multiplied_out(products, side, stride, small):
    made(2, 3, 3, stride, False)(torch.randn(2, 2, side, side, dtype=torch.float64))
    assert len(products) == small
    assert SMALL == 4 * 4


def test_gradients_of_gradients():
    layer = made(2, 2, 3, 1, True)
    maps = torch.randn(2, 2, 3, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradgradcheck(lambda x: layer(x).tanh(), (maps,))


def test_under_autocast_as_near_to_float32_as_torch():
    layer = made(64, 64, 3, 1, False, torch.float32)
    maps = torch.randn(16, 64, 4, 4, requires_grad=True)
    towards = torch.randn(16, 64, 4, 4)
    exact = torch.autograd.grad(library(layer, maps), [maps, layer.weight], towards)
    apart = {}
    for name, run in {"ours": layer, "torch": lambda x: library(layer, x)}.items():
        with torch.autocast("cpu", torch.bfloat16):
            out = run(maps)
        assert out.dtype == torch.bfloat16
        found = torch.autograd.grad(out, [maps, layer.weight], towards.bfloat16())
        apart[name] = [float((one - other).square().mean()) for one, other in zip(found, exact, strict=True)]
    assert all(one < 1.1 * other for one, other in zip(apart["ours"], apart["torch"], strict=True))


def test_weights_are_those_of_the_plain_layer():
    ours, plain = Convolution(3, 4, 3), nn.Conv2d(3, 4, 3, padding=1, bias=False)
    assert {name: value.shape for name, value in ours.state_dict().items()} == {
        name: value.shape for name, value in plain.state_dict().items()
    }


def test_a_traced_network_holds_convolutions_alone():
    network = ResNet(18, 3, 7, "reduced", "paper").eval()
    inputs = (torch.randn(2, 3, 16, 16), torch.rand(2))
    exported = torch.export.export(network, inputs)
    names = [str(node.target) for node in exported.graph.nodes]
    assert not any("as_strided" in name for name in names)
    assert torch.allclose(exported.module()(*inputs), network(*inputs), atol=1e-5)
