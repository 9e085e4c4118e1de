"""Gradients of weights that threads share: float64 and torch's own bf16 are the reference."""

import threading

import pytest
import torch
from torch import nn
from torch.nn import functional

from slipher.training import gradients as module
from slipher.training.gradients import LEAST, SharedOut

LAYERS = {
    "stem": nn.Conv2d(5, 16, 7, 2, 3),
    "plain": nn.Conv2d(8, 8, 3, padding=1, bias=False),
    "stride": nn.Conv2d(8, 16, 3, 2, 1, bias=False),
    "one": nn.Conv2d(8, 4, 1),
    "groups": nn.Conv2d(8, 8, 3, groups=4),
    "dilated": nn.Conv2d(8, 8, 3, dilation=2, padding=(2, 1)),
}


@pytest.fixture(autouse=True)
def _three_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def calls(monkeypatch):
    """Counts the convolutions that are shared out."""
    found, real = [], module._convolved
    monkeypatch.setattr(module, "_convolved", lambda *args: found.append(args) or real(*args))
    return found


def gradients(layer, maps, towards, dtype=torch.bfloat16):
    """By maps, weights and bias."""
    variables = [maps, *layer.parameters()]
    with torch.autocast("cpu", torch.bfloat16, enabled=dtype == torch.bfloat16):
        out = layer(maps)
    return torch.autograd.grad(out, variables, towards.to(out.dtype))


def case(name, galaxies=16):
    generator = torch.Generator().manual_seed(0)
    layer = LAYERS[name]
    maps = torch.randn(galaxies, layer.in_channels, 9, 9, generator=generator)
    maps = maps.contiguous(memory_format=torch.channels_last).requires_grad_()
    towards = torch.randn(layer(maps).shape, generator=generator)
    return layer, maps, towards


@pytest.mark.parametrize("name", LAYERS)
def test_as_near_to_float64_as_torchs_and_the_same_again(name, calls):
    layer, maps, towards = case(name)
    double = maps.detach().double().requires_grad_()
    wide = [None if each is None else each.detach().double().requires_grad_() for each in (layer.weight, layer.bias)]
    out = functional.conv2d(double, *wide, layer.stride, layer.padding, layer.dilation, layer.groups)
    exact = torch.autograd.grad(out, [double, *(each for each in wide if each is not None)], towards.double())
    theirs = gradients(layer, maps, towards)
    with SharedOut():
        ours, again = gradients(layer, maps, towards), gradients(layer, maps, towards)
    assert len(calls) == 2
    for one, other, third, true in zip(ours, theirs, again, exact, strict=True):
        assert one.dtype == other.dtype
        assert torch.equal(one, third)
        error, usual = ((each.double() - true).norm() / true.norm() for each in (one, other))
        assert error < 1.05 * usual < 0.01


def test_parts_are_computed_by_threads_that_compute_alone(monkeypatch):
    layer, maps, towards = case("plain")
    seen, real = [], torch.ops.aten.convolution_backward
    here = threading.get_ident()

    def spy(*args):
        seen.append((threading.get_ident() == here, torch.get_num_threads(), len(args[0]), tuple(args[-1])))
        return real(*args)

    monkeypatch.setattr(torch.ops.aten, "convolution_backward", spy)
    with SharedOut():
        gradients(layer, maps, towards)
    assert sorted(seen[:3]) == [(False, 1, galaxies, (False, True, False)) for galaxies in (5, 5, 6)]
    assert seen[3:] == [(True, 3, 16, (True, False, False))]
    assert torch.get_num_threads() == 3


def test_a_thread_that_begins_later_has_as_many_as_before():
    module._threads(3)
    found = []
    later = threading.Thread(target=lambda: found.append(torch.get_num_threads()))
    later.start()
    later.join()
    assert found == [3]


def test_what_needs_no_gradient_gets_none(calls):
    layer, maps, _ = case("stem")
    with SharedOut(), torch.autocast("cpu", torch.bfloat16):
        layer(maps.detach()).float().sum().backward()
    assert len(calls) == 1
    assert layer.weight.grad is not None
    layer.zero_grad()


def run(layer, maps, dtype=torch.bfloat16):
    with SharedOut(), torch.autocast("cpu", dtype, enabled=dtype != torch.float32):
        return layer(maps)


def test_all_else_is_left_to_torch(calls):
    layer, maps, _ = case("plain")
    run(layer, maps, torch.float32)
    run(layer, maps, torch.float16)
    run(layer, maps[: 2 * LEAST - 1])
    run(nn.Conv2d(8, 8, 3, padding="same"), maps)
    run(nn.Conv2d(8, 8, 3).requires_grad_(requires_grad=False), maps)
    with torch.no_grad():
        run(layer, maps)
    torch.set_num_threads(1)
    run(layer, maps)
    assert not calls
    torch.set_num_threads(2)
    run(layer, maps[: 2 * LEAST])
    assert len(calls) == 1
