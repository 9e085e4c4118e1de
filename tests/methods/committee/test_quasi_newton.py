import pytest
import torch
from scipy.optimize import minimize as scipy_minimize
from scipy.optimize import rosen, rosen_der

from slipher.methods.committee.quasi_newton import minimise


def rosenbrock(rows):
    """Value and gradient of Rosenbrock's valley in six dimensions."""
    with torch.enable_grad():
        x = rows.detach().requires_grad_()
        value = (100 * (x[:, 1:] - x[:, :-1] ** 2) ** 2 + (1 - x[:, :-1]) ** 2).sum(dim=1)
        return value.detach(), torch.autograd.grad(value.sum(), x)[0]


def value(rows):
    return rosenbrock(rows)[0]


@pytest.fixture
def start():
    return torch.randn(3, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def test_it_finds_the_minima_that_scipy_finds(start):
    found = minimise(rosenbrock, value, start, 150)
    for row, begin in zip(found, start, strict=True):
        best = scipy_minimize(rosen, begin.numpy(), jac=rosen_der, method="L-BFGS-B")
        assert value(row[None]).item() <= best.fun + 1e-6


def test_a_row_comes_out_as_it_would_alone(start):
    together = minimise(rosenbrock, value, start, 40)
    for number in range(3):
        alone = minimise(rosenbrock, value, start[number : number + 1], 40)
        assert torch.allclose(together[number], alone[0], atol=1e-9)


def test_the_check_decides_what_is_kept(start):
    """Rows are pulled to 1 but checked by their distance from 0.5, which they pass on the way."""
    begin = torch.zeros(3, 4, dtype=torch.float64)
    begin[1:] = 0.4

    def bowl(rows):
        return 0.01 * (rows - 1).square().sum(dim=1), 0.02 * (rows - 1)

    def check(rows):
        return (rows - 0.5).abs().sum(dim=1)

    found = minimise(bowl, check, begin, 50)
    assert (check(found) <= check(begin)).all()
    assert (check(found) < check(torch.ones(3, 4, dtype=torch.float64))).all()
    assert value(minimise(rosenbrock, value, start, 1)).mean() < value(start).mean()


def test_a_row_at_its_minimum_stays():
    ones = torch.ones(2, 6, dtype=torch.float64)
    assert torch.equal(minimise(rosenbrock, value, ones, 20), ones)
