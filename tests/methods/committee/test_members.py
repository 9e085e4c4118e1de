import numpy as np
import pytest
import torch
from sklearn.neural_network import MLPRegressor

from slipher.methods.committee import members as committee
from slipher.methods.committee.members import Committee, outputs, trained

SETTINGS = {"hidden": (8, 6), "members": 3, "decay": 1e-6, "iterations": 200, "seed": 0}


def part(count, seed):
    x = torch.randn(count, 3, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return x, torch.sin(2 * x[:, 0]) + x[:, 1] * x[:, 2]


@pytest.fixture(scope="module")
def found():
    return trained(part(800, 1), part(200, 2), **SETTINGS)


def test_outputs_are_those_of_scikit_learns_network(found):
    """A member's parameters, put into another program's network of the same shape."""
    x, _ = part(20, 3)
    other = MLPRegressor((8, 6), activation="tanh", max_iter=1, solver="lbfgs")
    member, begin = found.members[1].numpy(), 0
    other.coefs_, other.intercepts_ = [], []
    for before, after in ((3, 8), (8, 6), (6, 1)):
        other.coefs_.append(member[begin : begin + before * after].reshape(before, after))
        begin += before * after
        other.intercepts_.append(member[begin : begin + after])
        begin += after
    assert begin == len(member)
    other.n_layers_, other.out_activation_, other.n_outputs_ = 4, "identity", 1
    other.n_features_in_ = 3
    assert np.allclose(other.predict(x.numpy()), found(x)[1].numpy())


def test_it_learns_what_it_was_not_shown(found):
    x, y = part(300, 4)
    assert (found(x).mean(dim=0) - y).square().mean() < 0.01 * y.var()
    single = (found(x) - y).square().mean(dim=1)
    assert (found(x).mean(dim=0) - y).square().mean() < single.mean()


def test_slopes_are_those_of_the_mean(found):
    x, _ = part(10, 5)
    for column in range(3):
        step = torch.zeros(3, dtype=torch.float64)
        step[column] = 1e-5
        numeric = (found(x + step).mean(dim=0) - found(x - step).mean(dim=0)) / 2e-5
        assert torch.allclose(found.slopes(x)[:, column], numeric, atol=1e-6)


def test_members_differ_and_a_seed_repeats_them(found):
    again = trained(part(800, 1), part(200, 2), **SETTINGS)
    assert torch.equal(again.members, found.members)
    assert not torch.allclose(found.members[0], found.members[1])


def test_decay_keeps_weights_small():
    free, bound = (
        trained(part(100, 1), part(50, 2), **{**SETTINGS, "decay": decay, "iterations": 40}) for decay in (0.0, 0.1)
    )
    assert bound.members.square().sum() < 0.5 * free.members.square().sum()


def test_chunks_of_galaxies_do_not_matter(found, monkeypatch):
    data = part(800, 1)
    whole = committee._square_error((3, 8, 6, 1), found.members, (data[0].float(), data[1].float()))
    monkeypatch.setattr(committee, "CHUNK", 37)
    pieces = committee._square_error((3, 8, 6, 1), found.members, (data[0].float(), data[1].float()))
    for one, other in zip(whole, pieces, strict=True):
        assert torch.allclose(one, other, rtol=1e-4, atol=1e-6)


def test_one_hidden_layer_or_none():
    x, _ = part(4, 1)
    for widths, count in (((3, 5, 1), 26), ((3, 1), 4)):
        rows = torch.ones(2, count, dtype=torch.float64)
        assert outputs(widths, rows, x).shape == (2, 4)
    assert torch.allclose(Committee((3, 1), torch.ones(1, 4, dtype=torch.float64))(x)[0], x.sum(dim=1) + 1)
