"""The logistic-normal head, against SciPy."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from slipher.networks.logisticnormal import NARROWEST, WIDEST, LogisticNormalHead, logit_edges
from slipher.networks.mixture import FLOOR, log_masses_between


class Given(LogisticNormalHead):
    """A head whose last layer says what it is told."""

    def __init__(self, bins):
        super().__init__(2, bins)
        self.layers = torch.nn.Identity()


def raw_of(std):
    """What the last layer must say for a standard deviation."""
    return special.logit((std - NARROWEST) / WIDEST)


@pytest.mark.parametrize(("mean", "std"), [(-1.0, 0.15), (0.0, 1.0), (2.5, 0.4), (-4.0, 0.05)])
def test_masses_are_those_of_scipy(mean, std):
    bins = 60
    with np.errstate(divide="ignore"):
        cdf = stats.norm.cdf(special.logit(np.linspace(0, 1, bins + 1)), mean, std)
    found = Given(bins)(torch.tensor([[mean, raw_of(std)]], dtype=torch.float64)).exp()[0]
    np.testing.assert_allclose(found, (1 - FLOOR) * np.diff(cdf) + FLOOR / bins, rtol=1e-4, atol=1e-9)


def test_median_is_the_published_point_estimate():
    found = Given(4000)(torch.tensor([[-0.7, raw_of(0.3)]], dtype=torch.float64)).exp()[0].double().cumsum(0)
    median = np.interp(0.5, found, np.arange(1, 4001) / 4000)
    assert median == pytest.approx(special.expit(-0.7), abs=3e-4)


def test_cross_entropy_is_the_published_square_at_fixed_width():
    std, bins = 0.5, 2000
    x = torch.linspace(-2, 2, 9, dtype=torch.float64)[:, None]
    label = torch.from_numpy(np.full(9, int(special.expit(0.3) * bins)))
    logits = Given(bins)(torch.cat([x, torch.full_like(x, raw_of(std))], dim=1))
    loss = torch.nn.functional.cross_entropy(logits, label, reduction="none").double()
    square = (x[:, 0] - 0.3) ** 2 / (2 * std**2)
    np.testing.assert_allclose(loss - loss[4], square - square[4], atol=0.02)


@settings(max_examples=60, deadline=None)
@given(values=st.lists(st.floats(-1e4, 1e4, width=32), min_size=2, max_size=2), label=st.integers(0, 179))
def test_masses_and_gradients_are_finite_whatever_the_last_layer_says(values, label):
    raw = torch.tensor([values], requires_grad=True)
    logits = Given(180)(raw)
    assert logits.isfinite().all()
    assert logits.exp().sum().item() == pytest.approx(1, abs=1e-4)
    torch.nn.functional.cross_entropy(logits, torch.tensor([label])).backward()
    assert raw.grad.isfinite().all()


def test_gradients_are_those_of_finite_differences():
    mean = torch.tensor([[-1.0], [0.4]], dtype=torch.float64, requires_grad=True)
    std = torch.tensor([[0.2], [0.9]], dtype=torch.float64, requires_grad=True)
    edges = logit_edges(12, mean)
    assert torch.autograd.gradcheck(lambda m, s: log_masses_between(torch.zeros_like(m), m, s, edges), (mean, std))
