"""Both encoders and the queue."""

import pytest
import torch
from torch.nn import functional

from slipher.errors import InputError
from slipher.networks.build import build
from slipher.networks.config import NetworkConfig
from slipher.training.momentum import LEAST, MomentumContrast, encoder_of, trunk_of

WIDTH = 6


def moco(size=10, momentum=0.9, groups=2):
    torch.manual_seed(0)
    encoder = encoder_of(build(NetworkConfig(), ("g", "r"), 10), "resnet18", WIDTH)
    return MomentumContrast(encoder, WIDTH, size, momentum, groups)


def generator():
    return torch.Generator().manual_seed(1)


def views(count=16):
    images = torch.randn(count, 2, 16, 16, generator=generator())
    return images, images.flip(3), torch.zeros(count)


@pytest.mark.parametrize("config", [NetworkConfig(), NetworkConfig("resnet50", head="hayat")], ids=lambda c: c.name)
def test_the_trunk_keeps_the_names_of_its_network(config):
    torch.manual_seed(0)
    network = build(config, ("g", "r"), 10)
    expected = {name: value for name, value in network.state_dict().items() if not name.startswith("body.head.")}
    wide = network.body.stages[-1].branch[-1].num_features
    trunk = trunk_of(encoder_of(network, config.name, WIDTH))
    assert set(trunk) == set(expected)
    assert all(torch.equal(trunk[name], expected[name]) for name in expected)
    head = network.body.head
    assert (head.hidden.in_features, head.hidden.out_features, head.out.out_features) == (wide, wide, WIDTH)


def test_a_network_without_a_head_apart_is_refused():
    for name in ("colours", "pasquet", "hoyle"):
        config = NetworkConfig(name)
        with pytest.raises(InputError, match=f"network.name is '{name}', but only residual networks"):
            encoder_of(build(config, ("g", "r"), 10), name, WIDTH)


def test_features_have_length_one_and_keys_carry_no_gradient():
    queries, keys = moco()(*views(), generator())
    assert queries.shape == keys.shape == (16, WIDTH)
    torch.testing.assert_close(queries.norm(dim=1), torch.ones(16))
    torch.testing.assert_close(keys.norm(dim=1), torch.ones(16))
    assert queries.requires_grad
    assert not keys.requires_grad


def test_the_key_encoder_follows():
    contrast = moco(momentum=0.75)
    fast, slow = dict(contrast.query.named_parameters()), dict(contrast.key.named_parameters())
    before = {name: value.clone() for name, value in slow.items()}
    with torch.no_grad():
        for value in fast.values():
            value.add_(1)
    contrast.follow()
    for name, value in slow.items():
        torch.testing.assert_close(value, before[name] + 0.25)
        assert not value.requires_grad


def test_the_queue_holds_the_latest_keys():
    contrast = moco(size=5)
    assert contrast.filled == 0
    marks = [torch.full((3, WIDTH), float(n)) for n in range(3)]
    for number, keys in enumerate(marks):
        contrast.push(keys, torch.arange(3) + 3 * number)
        others, _ = contrast.others(torch.tensor([0]))
        assert len(others) == contrast.filled == min(5, 3 * (number + 1))
    others, same = contrast.others(torch.tensor([8, 0, 4]))
    assert sorted(others[:, 0].tolist()) == [1, 1, 2, 2, 2]
    assert same.sum(dim=1).tolist() == [1, 0, 1]
    contrast.push(torch.full((7, WIDTH), 9.0), torch.arange(7))
    assert contrast.others(torch.tensor([0]))[0].unique().tolist() == [9]


def test_groups_are_normalised_by_themselves_and_keys_grouped_anew():
    contrast = moco(groups=2)
    seen = []
    contrast.query.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    contrast.key.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    first, second, ebv = views(2 * LEAST)
    _, keys = contrast(first, second, ebv, generator())
    assert [len(images) for images in seen] == [LEAST] * 4
    assert torch.equal(torch.cat(seen[:2]), first)
    shuffled = torch.cat(seen[2:])
    assert not torch.equal(shuffled, second)
    # the keys come back in the order of the galaxies
    places = [int((second == image).flatten(1).all(1).nonzero()) for image in shuffled]
    assert sorted(places) == list(range(2 * LEAST))
    again = torch.cat([contrast.key(part, ebv[:LEAST]) for part in seen[2:4]])
    torch.testing.assert_close(keys[places], again)


def test_small_batches_are_one_group():
    contrast = moco(groups=8)
    calls = []
    contrast.query.register_forward_pre_hook(lambda _, given: calls.append(len(given[0])))
    contrast(*views(LEAST + 3), generator())
    assert calls == [LEAST + 3]


def test_batch_statistics_would_betray_the_pair():
    """Why groups: features that are nothing but their group's mean still find their own key without them."""

    def found(groups):
        contrast = moco(groups=groups)
        for encoder in (contrast.query, contrast.key):
            encoder.forward = lambda images, ebv: functional.normalize(
                images.mean(dim=(0, 2, 3))[None] + torch.zeros(len(images), 2), dim=1
            )
        queries, keys = contrast(*views(64), generator())
        return float((queries * keys).sum(dim=1).mean())

    assert found(1) == pytest.approx(1, abs=1e-5)
    assert found(8) < 0.9
