"""The layers of capsules, and the network of Dey et al. that is made of them."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from slipher.networks.build import build, parameters
from slipher.networks.capsule import CapsuleBlock, CapsuleConvolution, CapsuleDense, RoutedConvolution, flat
from slipher.networks.config import CONFIGURATIONS
from slipher.networks.dey import margin, picked
from slipher.networks.routing import length, route, squash

BANDS = ("g", "r", "i")
BINS = 17
EBV = torch.zeros(4)


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return build(CONFIGURATIONS["dey"], BANDS, BINS)


def images(side=16, count=4):
    return torch.randn(count, 3, side, side, generator=torch.Generator().manual_seed(1))


def test_size():
    # 8.4 million as published, whose last layer has one output, 17 numbers, where ours has two
    assert parameters(CONFIGURATIONS["dey"]) == 8_364_214 + 17


def test_size_of_each_part():
    body = build(CONFIGURATIONS["dey"], ("u", "g", "r", "i", "z"), 180).body
    counts = {name: sum(each.numel() for each in part.parameters()) for name, part in body.named_children()}
    assert counts == {
        "stem": 5 * 9 * 128 + 128 + 2 * 128,
        "blocks": 4 * 9 * 128**2
        + (9 * 128 * 256 + 3 * 9 * 256**2)
        + 4 * 9 * 256**2
        + (3 * 9 * 256**2 + 72 * 256 + 256),
        "classes": 2560 * 8 * 2 * 16 + 2 * 16,
        "head": 17 * 128 + 129 * 64 + 65 * 32 + 33 * 16 + 17 * 2 + (128 + 64 + 32 + 16),
        "decoder": (17 + 1) * 20480 + 46 * 64 + 577 * 32 + 289 * 16 + 145 * 8 + 73 * 5 + 64**2 * (64 + 32 + 16 + 8),
    }


def test_maps_and_capsules_have_the_published_shapes(network):
    sizes = []
    hooks = [
        block.register_forward_hook(lambda _, __, out: sizes.append(tuple(out.shape))) for block in network.body.blocks
    ]
    with torch.no_grad():
        capsules = network.body(images(64, 2))
    for hook in hooks:
        hook.remove()
    assert sizes == [(2, 128, 32, 32), (2, 256, 16, 16), (2, 256, 8, 8), (2, 256, 4, 4)]
    assert capsules.shape == (2, 2, 16)
    assert network.body.classes.weight.shape[0] == 512 + 2048


def test_a_convolution_squashes_each_capsule():
    torch.manual_seed(1)
    layer, x = CapsuleConvolution(6, 5, 4, stride=2), torch.randn(2, 6, 8, 8)
    found = layer(x)
    plain = functional.conv2d(x, layer.convolution.weight, stride=2, padding=1)
    for capsule in range(5):
        atoms = slice(4 * capsule, 4 * capsule + 4)
        torch.testing.assert_close(found[:, atoms], squash(plain[:, atoms], dims=(1,)))
    assert layer.convolution.weight.abs().max().item() == pytest.approx((3 / (9 * 6 * 20) ** 0.5) ** 0.5, rel=0.01)


def test_a_routed_convolution_is_one_of_three_dimensions():
    torch.manual_seed(2)
    layer, x = RoutedConvolution(4, 3), torch.randn(2, 12, 5, 5)
    deep = functional.conv3d(x[:, None], layer.weight[:, None], stride=(3, 1, 1), padding=(0, 1, 1))
    assert deep.shape == (2, 12, 4, 5, 5)
    votes = deep.transpose(1, 2).reshape(2, 4, 4, 3, 25)
    expected = route(votes, layer.bias, 3).reshape(2, 12, 5, 5)
    torch.testing.assert_close(layer(x), expected)
    torch.testing.assert_close(layer(x.to(memory_format=torch.channels_last)), expected)


def test_a_block_adds_its_two_ways():
    torch.manual_seed(3)
    block, x = CapsuleBlock(6, 4, 3), torch.randn(2, 6, 8, 8)
    half = block.first(x)
    torch.testing.assert_close(block(x), block.branch[1](block.branch[0](half)) + block.around(half))


def test_every_capsule_has_votes_of_its_own():
    torch.manual_seed(4)
    layer, capsules = CapsuleDense(7, 3, 2, 5), torch.randn(4, 7, 3)
    votes = torch.stack([capsules[:, i] @ layer.weight[i] for i in range(7)], dim=1)
    torch.testing.assert_close(layer(capsules), route(votes.reshape(4, 7, 2, 5, 1), layer.bias, 3)[..., 0])


def test_flattening_keeps_capsules_whole():
    maps = torch.arange(2 * 6 * 4).reshape(2, 6, 2, 2).float()
    found = flat(maps, 3, 2)
    assert found.shape == (2, 8, 3)
    torch.testing.assert_close(found[1, 2 * 1 + 1], maps[1, 3:, 0, 1])


@pytest.mark.parametrize("side", [8, 16, 45, 64, 80])
def test_any_size_of_cutout(network, side):
    with torch.no_grad():
        logits, asked = network.train()(images(side, 2), EBV[:2], torch.tensor([0, 1]))
    assert logits.shape == (2, BINS)
    assert logits.isfinite().all()
    torch.testing.assert_close(logits.exp().sum(dim=1), torch.ones(2))
    assert all(each.penalty.isfinite().all() for each in asked.values())


def test_gradient_reaches_every_parameter(network):
    network.train().zero_grad()
    logits, asked = network(images(), EBV, torch.tensor([0, 1, -1, 1]))
    (logits.square().sum() + sum(each.penalty.sum() for each in asked.values())).backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
        # a small cutout is only the middle of what the decoder makes
        assert parameter.grad.abs().sum() > 0, name


def test_classes_choose_the_capsule_in_training_only(network):
    x, classes = images(), torch.tensor([0, 1, -1, -1])
    with torch.no_grad():
        network.train()
        first, second = network(x, EBV, classes)[0], network(x, EBV, torch.tensor([1, 0, -1, -1]))[0]
        assert not torch.allclose(first[:2], second[:2])
        torch.testing.assert_close(first[2:], second[2:])
        network.eval()
        torch.testing.assert_close(network(x, EBV, classes)[0], network(x, EBV))


def test_the_longest_capsule_is_picked():
    capsules = torch.zeros(3, 2, 16)
    capsules[0, 1, 3] = capsules[1, 0, 2] = capsules[2, 0, 5] = 0.7
    capsules[1, 1, 2] = 0.3
    torch.testing.assert_close(picked(capsules), capsules[range(3), [1, 0, 0]])
    torch.testing.assert_close(picked(capsules, torch.tensor([0, -1, 1])), capsules[range(3), [0, 0, 1]])


def test_margin_loss():
    lengths = torch.tensor([[0.95, 0.05], [0.5, 0.6], [0.2, 0.8]])
    expected = [0.0, 0.4**2 + 0.5 * 0.5**2, 0.1**2 + 0.5 * 0.1**2]
    torch.testing.assert_close(margin(lengths, torch.tensor([0, 0, 1])), torch.tensor(expected))


def test_margin_says_nothing_of_unknown_classes(network):
    asked = network.train()(images(), EBV, torch.tensor([0, 1, -1, -1]))[1]
    assert asked["margin"].applies.tolist() == [True, True, False, False]
    assert asked["reconstruction"].applies.all()


def test_reconstruction_is_the_published_one_and_leaves_bad_pixels_out(network):
    x = images(64, 2)
    x[0, 1, 3:5, 7] = float("nan")
    with torch.no_grad():
        network.eval()
        asked = network(x, EBV[:2], torch.tensor([0, 1]))[1]["reconstruction"]
        decoded = network.body.decoder(network.portrait(x, EBV[:2]).capsule, 64, 64)
    error = (decoded - x / 10).numpy()
    np.testing.assert_allclose(asked.penalty, np.nansum(error**2, axis=(1, 2, 3)), rtol=1e-5)
    assert asked.weight * asked.penalty[1].item() == pytest.approx(
        0.005 * error[1].size * np.mean(error[1] ** 2), rel=1e-4
    )
    assert asked.weight * 64 * 64 * 5 == pytest.approx(102.4)
    assert decoded.abs().max() <= 1


def test_portrait_is_what_the_densities_are_made_of(network):
    network.eval()
    with torch.no_grad():
        portrait = network.portrait(images(), EBV)
        torch.testing.assert_close(network.body.head(portrait.capsule), network(images(), EBV))
    assert portrait.capsule.shape == (4, 16)
    torch.testing.assert_close(length(portrait.capsule), portrait.lengths.max(dim=1).values)
    assert (portrait.lengths < 1).all()


def test_state_survives_a_round_trip(network):
    other = build(CONFIGURATIONS["dey"], BANDS, BINS)
    other.load_state_dict(network.state_dict())
    with torch.no_grad():
        assert torch.equal(other.eval()(images(), EBV), network.eval()(images(), EBV))


def test_bfloat16_gives_nearly_the_same_capsules_and_logits_in_float32(network):
    network.eval()
    with torch.no_grad():
        exact, portrait = network(images(), EBV), network.portrait(images(), EBV)
        with torch.autocast("cpu", torch.bfloat16):
            rough, rougher = network(images(), EBV), network.portrait(images(), EBV)
    assert rough.dtype == rougher.capsule.dtype == torch.float32
    assert (rough.exp() - exact.exp()).abs().max() < 0.05 * exact.exp().max()
    torch.testing.assert_close(rougher.capsule, portrait.capsule, atol=0.02, rtol=0.02)
