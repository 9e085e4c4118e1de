import numpy as np
import pytest
from scipy.integrate import quad

from slipher.methods.expansion.cosine import masses, values


def test_the_basis_is_orthonormal():
    u = (np.arange(20_000) + 0.5) / 20_000
    phi = np.column_stack([np.ones_like(u), values(u, 12)])
    assert np.allclose(phi.T @ phi / len(u), np.eye(13), atol=1e-9)


def test_masses_are_the_integrals_over_the_bins():
    beta = np.random.default_rng(0).normal(size=(3, 9))
    found = masses(beta, 7)
    assert np.allclose(found.sum(axis=1), 1)
    for row, each in zip(found, beta, strict=True):
        for c in range(7):
            expected, _ = quad(lambda u, each=each: 1 + float((values(np.array([u]), 9) @ each)[0]), c / 7, (c + 1) / 7)
            assert row[c] == pytest.approx(expected, abs=1e-10)


def test_coefficients_of_a_density_give_it_back():
    u = (np.arange(50_000) + 0.5) / 50_000
    density = np.exp(-0.5 * ((u - 0.4) / 0.06) ** 2)
    density /= density.mean()
    beta = (values(u, 40) * density[:, None]).mean(axis=0)
    assert np.allclose(masses(beta[None], 50)[0], density.reshape(50, -1).mean(axis=1) / 50, atol=1e-4)
