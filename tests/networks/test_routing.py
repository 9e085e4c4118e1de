"""Capsules and routing, against loops written out after Sabour et al. (2017)."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from slipher.networks.routing import length, route, squash


def by_hand(votes, bias, rounds):
    """Procedure 1 for one galaxy, one output capsule a place or one over all places, in float64."""
    inputs, outputs, atoms, places = votes.shape
    logits = np.zeros((inputs, outputs, places))
    for turn in range(rounds):
        found = np.zeros((outputs, atoms, places))
        for i in range(inputs):
            share = np.exp(logits[i]) / np.exp(logits[i]).sum()
            for j in range(outputs):
                for p in range(places):
                    found[j, :, p] += share[j, p] * votes[i, j, :, p]
        for j in range(outputs):
            found[j] += bias[j][:, None]
            square = (found[j] ** 2).sum()
            found[j] *= square / (1 + square) / np.sqrt(square)
        if turn < rounds - 1:
            for i in range(inputs):
                for j in range(outputs):
                    for p in range(places):
                        logits[i, j, p] += found[j, :, p] @ votes[i, j, :, p]
    return found


@pytest.mark.parametrize(("places", "rounds"), [(1, 1), (1, 3), (4, 2), (4, 3)])
def test_routing_is_that_of_the_paper(places, rounds):
    rng = np.random.default_rng(places + rounds)
    votes, bias = rng.normal(size=(2, 6, 3, 5, places)), rng.normal(size=(3, 5))
    found = route(torch.from_numpy(votes), torch.from_numpy(bias), rounds)
    expected = np.stack([by_hand(each, bias, rounds) for each in votes])
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-7)


def test_agreement_wins():
    votes = torch.zeros(1, 4, 2, 3, 1)
    votes[0, :3, 0, :, 0] = torch.tensor([2.0, 0.0, 0.0])
    votes[0, 3, 0, :, 0] = torch.tensor([-2.0, 0.0, 0.0])
    votes[0, :, 1, :, 0] = torch.eye(4, 3) * 0.5
    once, often = (length(route(votes, torch.zeros(2, 3), rounds).squeeze(3)) for rounds in (1, 3))
    assert often[0, 0] > once[0, 0]
    assert often[0, 1] < once[0, 1]


def test_gradients_pass_through_all_rounds():
    rng = np.random.default_rng(1)
    votes = torch.from_numpy(rng.normal(size=(1, 3, 2, 2, 2))).requires_grad_()
    bias = torch.from_numpy(rng.normal(size=(2, 2))).requires_grad_()
    assert torch.autograd.gradcheck(lambda v, b: route(v, b, 3), (votes, bias))


@settings(max_examples=50, deadline=None)
@given(values=st.lists(st.floats(-1e6, 1e6, width=32), min_size=4, max_size=4))
def test_squash_keeps_direction_and_stays_below_one(values):
    vector = torch.tensor([values], requires_grad=True)
    found = squash(vector, dims=(1,))
    assert found.norm() <= 1 + 1e-6
    square = sum(value**2 for value in values)
    if square > 1e-4:
        expected = np.array(values) / square**0.5 * square / (1 + square)
        np.testing.assert_allclose(found[0].detach(), expected, rtol=2e-3, atol=1e-6)
    length(found).sum().backward()
    assert vector.grad.isfinite().all()
