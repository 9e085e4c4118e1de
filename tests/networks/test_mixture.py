import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from slipher.networks.build import parameters
from slipher.networks.config import CONFIGURATIONS
from slipher.networks.mixture import FLOOR, MixtureNetwork, components, log_masses, paired


def mixture(seed, galaxies=6, components=5):
    rng = np.random.default_rng(seed)
    weight = rng.dirichlet(np.ones(components), galaxies)
    return weight, rng.uniform(0, 1, weight.shape), rng.uniform(0.01, 0.3, weight.shape)


def test_channels_are_bands_and_all_differences():
    images = torch.randn(2, 5, 3, 3)
    out = paired(images)
    assert out.shape == (2, 15, 3, 3)
    torch.testing.assert_close(out[:, :5], images)
    torch.testing.assert_close(out[:, 5], images[:, 0] - images[:, 1])
    torch.testing.assert_close(out[:, 14], images[:, 3] - images[:, 4])


def test_masses_are_those_of_scipy():
    weight, mean, std = mixture(1)
    edges = np.linspace(0, 1, 41)
    cdf = (weight[..., None] * stats.norm.cdf(edges, mean[..., None], std[..., None])).sum(axis=1)
    expected = np.diff(cdf) / (cdf[:, -1] - cdf[:, 0])[:, None]
    found = log_masses(*(torch.from_numpy(x) for x in (np.log(weight), mean, std)), 40).exp()
    np.testing.assert_allclose(found, (1 - FLOOR) * expected + FLOOR / 40, rtol=1e-10)
    np.testing.assert_allclose(found.sum(dim=1), 1)


def test_far_tails_are_exact_until_the_floor():
    one = torch.ones(1, 1, dtype=torch.float64)
    found = log_masses(0 * one, 0.5 * one, 0.07 * one, 100)
    for bins in (range(60), range(40, 100)):
        lower = np.array(bins) / 100
        expected = np.abs(stats.norm.sf((lower - 0.5) / 0.07) - stats.norm.sf((lower + 0.01 - 0.5) / 0.07))
        exact = np.log((1 - FLOOR) * expected + FLOOR / 100)
        np.testing.assert_allclose(found[0, list(bins)], exact, rtol=1e-9)
    torch.testing.assert_close(found, found.flip(1))


@settings(max_examples=60, deadline=None)
@given(values=st.lists(st.floats(-1e4, 1e4, width=32), min_size=15, max_size=15), label=st.integers(0, 179))
def test_masses_and_gradients_are_finite_whatever_the_last_layer_says(values, label):
    raw = torch.tensor([values], requires_grad=True)
    logits = log_masses(*components(raw, 180), 180).float()
    assert logits.isfinite().all()
    assert logits.exp().sum().item() == pytest.approx(1, abs=1e-4)
    torch.nn.functional.cross_entropy(logits, torch.tensor([label])).backward()
    assert raw.grad.isfinite().all()


def test_gradients_are_those_of_finite_differences():
    weight, mean, std = (torch.from_numpy(x).requires_grad_() for x in mixture(2, galaxies=2, components=3))
    assert torch.autograd.gradcheck(lambda w, m, s: log_masses(w.log(), m, s, 12), (weight, mean, std))


def test_logits_are_normalised_log_masses_in_bf16_too():
    torch.manual_seed(0)
    network = MixtureNetwork(3, 30).eval()
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        logits = network(torch.randn(4, 3, 64, 64), torch.rand(4))
    assert logits.dtype == torch.float32
    torch.testing.assert_close(logits.exp().sum(dim=1), torch.ones(4))


def test_weights_start_orthogonal():
    torch.manual_seed(0)
    network = MixtureNetwork(5, 30)
    layer = network.hidden[1].weight
    torch.testing.assert_close(layer @ layer.T, torch.eye(len(layer)), atol=1e-5, rtol=0)


def test_size():
    assert parameters(CONFIGURATIONS["disanto"]) == 6_776_967
