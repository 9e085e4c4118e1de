"""The contrastive loss, against the formula written out, and what it says of simple cases."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from slipher.training.contrast import COLLAPSED, contrast, retrieval, spread


def features(count, width, generator):
    return functional.normalize(torch.randn(count, width, generator=generator), dim=1)


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 6), st.integers(1, 9), st.floats(0.05, 1), st.integers(0, 99))
def test_the_loss_is_that_of_the_formula(batch, others, temperature, seed):
    generator = torch.Generator().manual_seed(seed)
    queries, keys, queue = (features(n, 4, generator) for n in (batch, batch, others))
    same = torch.rand(batch, others, generator=generator) < 0.3
    loss, accuracy = contrast(queries, keys, queue, same, temperature)
    losses, nearest = [], []
    for i in range(batch):
        own = math.exp(float(queries[i].double() @ keys[i].double()) / temperature)
        far = [
            math.exp(float(queries[i].double() @ queue[j].double()) / temperature)
            for j in range(others)
            if not same[i, j]
        ]
        losses.append(-math.log(own / (own + sum(far))))
        nearest.append(own >= max(far, default=0))
    assert float(loss) == pytest.approx(np.mean(losses), rel=1e-4, abs=1e-6)
    assert float(accuracy) == pytest.approx(np.mean(nearest))


def test_a_galaxy_is_never_told_apart_from_itself():
    queries = torch.eye(3)
    loss, accuracy = contrast(queries, queries, queries, torch.eye(3, dtype=torch.bool), 0.1)
    assert float(loss) == pytest.approx(2 * math.exp(-10), rel=1e-3)
    assert float(accuracy) == 1
    confused, _ = contrast(queries, queries, queries, torch.zeros(3, 3, dtype=torch.bool), 0.1)
    assert float(confused) == pytest.approx(math.log(2), abs=1e-3)


def test_a_network_that_sees_nothing_pays_the_logarithm_of_the_number():
    queries = torch.ones(5, 4) / 2
    loss, _ = contrast(queries, queries, queries[:1].expand(31, 4), torch.zeros(5, 31, dtype=torch.bool), 0.2)
    assert float(loss) == pytest.approx(math.log(32))
    assert float(retrieval(queries, queries, 0.2)[0]) == pytest.approx(math.log(5))


def test_gradient_reaches_the_queries_alone():
    generator = torch.Generator().manual_seed(0)
    queries = features(4, 3, generator).requires_grad_()
    loss, accuracy = contrast(
        queries, features(4, 3, generator), features(8, 3, generator), torch.zeros(4, 8).bool(), 0.1
    )
    loss.backward()
    assert queries.grad.abs().sum() > 0
    assert not accuracy.requires_grad


def test_retrieval_counts_the_nearest():
    views = torch.eye(4)
    assert float(retrieval(views, views, 0.1)[1]) == 1
    assert float(retrieval(views, views[[1, 0, 2, 3]], 0.1)[1]) == 0.5


def test_the_spread_tells_a_sphere_from_a_point():
    generator = torch.Generator().manual_seed(0)
    assert float(spread(features(4000, 64, generator))) == pytest.approx(1, abs=0.01)
    assert float(spread(torch.ones(50, 4) / 2)) == pytest.approx(0, abs=1e-6)
    narrow = functional.normalize(torch.tensor([1.0, 0, 0]) + 0.02 * torch.randn(400, 3, generator=generator), dim=1)
    assert float(spread(narrow)) < COLLAPSED
