import torch

from slipher.constraints import Batch, Flux
from slipher.redshift import Grid


def a_batch(p, response, counting):
    n, bins, _ = response.shape
    zeros = torch.zeros(n)
    return Batch(
        Grid(0.4, bins), torch.zeros(n, 1), zeros, zeros, zeros.long(), p, p, response=response, counting=counting
    )


def test_by_hand():
    p = torch.tensor([[0.25, 0.75]])
    response = torch.tensor([[[2.0, 1.0], [1.0, 0.2]]])
    both = a_batch(p, response, torch.tensor([[True, True]]))
    torch.testing.assert_close(Flux().penalty(p, both), torch.tensor([(0.25 + 0.6) / 2]))
    one = a_batch(p, response, torch.tensor([[True, False]]))
    torch.testing.assert_close(Flux().penalty(p, one), torch.tensor([0.25]))


def test_a_galaxy_without_a_counting_band_is_in_no_mean():
    p = torch.tensor([[0.5, 0.5], [0.5, 0.5]])
    response = torch.tensor([[[2.0], [1.0]], [[torch.nan], [torch.inf]]]).nan_to_num(nan=0.0, posinf=0.0)
    batch = a_batch(p, response, torch.tensor([[True], [False]]))
    value = (1.0 * Flux()).evaluate(p, batch).terms["flux"]
    assert value.count == 1
    assert value.weighted == 0.5
    nobody = a_batch(p, response, torch.tensor([[False], [False]]))
    assert (1.0 * Flux()).evaluate(p, nobody).total == 0


def test_the_gradient_is_that_of_the_definition():
    """d|E − 1|/dp_c is sign(E − 1) times the response, averaged over bands."""
    generator = torch.Generator().manual_seed(0)
    p = torch.rand(4, 9, generator=generator).softmax(dim=1).requires_grad_()
    response = 1 + torch.randn(4, 9, 3, generator=generator)
    Flux().penalty(p, a_batch(p, response, torch.ones(4, 3, dtype=torch.bool))).sum().backward()
    sign = ((p[:, :, None] * response).sum(dim=1) - 1).sign()
    torch.testing.assert_close(p.grad, (response * sign[:, None]).mean(dim=2))
