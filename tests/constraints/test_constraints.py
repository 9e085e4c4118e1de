"""One battery over every constraint, and the algebra that adds them."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from slipher.constraints import Batch, CDELoss, Constraint, Flux, Invariance, Terms, Views
from slipher.redshift import Grid

GRID = Grid(0.4, 12)
GALAXIES = 6
EVERY = {
    "flux": Flux(),
    "invariance": Invariance(),
    "invariance-logits": Invariance(on="logits"),
    "invariance-detached": Invariance(detach=True),
    "cde": CDELoss(),
    "cde-brier": CDELoss(form="brier"),
    "cde-mass": CDELoss(form="mass"),
}


def batch_of(logits, again=None, rows=None, seed=0):
    """A batch in float64 around some logits; the response is 1 at the true bin."""
    generator = torch.Generator().manual_seed(seed)
    n = len(logits)
    label = torch.randint(GRID.bins, (n,), generator=generator)
    response = 1 + torch.randn(n, GRID.bins, 3, generator=generator, dtype=torch.float64)
    response[torch.arange(n), label] = 1
    counting = torch.ones(n, 3, dtype=torch.bool)
    counting[0] = False
    counting[1, 0] = False
    rows = torch.arange(0, n, 2) if rows is None else rows
    again = logits[rows] + 0.1 if again is None else again
    return Batch(
        grid=GRID,
        inputs=torch.zeros(n, 3, 4, 4),
        ebv=torch.zeros(n),
        redshift=torch.from_numpy(GRID.centres)[label],
        label=label,
        logits=logits,
        p=logits.softmax(dim=1),
        response=response,
        counting=counting,
        views=Views(rows, again, again.softmax(dim=1)),
    )


def random_logits(seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(GALAXIES, GRID.bins, generator=generator, dtype=torch.float64)


def truth_logits(batch):
    """All probability in the true bin."""
    return torch.full_like(batch.logits, -1e3).scatter(1, batch.label[:, None], 1e3)


@pytest.fixture(params=EVERY)
def constraint(request):
    return EVERY[request.param]


def test_one_finite_number_a_galaxy(constraint):
    batch = batch_of(random_logits())
    penalty = constraint.penalty(batch.p, batch)
    applies = constraint.applies(batch)
    assert penalty.ndim == 1
    assert len(penalty) == (len(batch.views.rows) if "views" in constraint.needs else GALAXIES)
    assert penalty.isfinite().all()
    assert applies is None or applies.shape == penalty.shape


def test_gradient_is_that_of_finite_differences(constraint):
    again = random_logits(1)[::2].requires_grad_(not getattr(constraint, "detach", False))

    def total(logits, again):
        batch = batch_of(logits, again)
        return constraint.penalty(batch.p, batch).sum()

    if getattr(constraint, "detach", False):
        fixed = random_logits()
        assert torch.autograd.gradcheck(lambda view: total(fixed, view), (again.detach().requires_grad_(),))
        seen = random_logits().requires_grad_()
        total(seen, again.detach().requires_grad_()).backward()
        assert seen.grad is None or seen.grad.abs().sum() == 0
    else:
        assert torch.autograd.gradcheck(total, (random_logits().requires_grad_(), again))


@pytest.mark.parametrize("name", EVERY)
def test_certainty_of_the_truth_does_better_than_a_guess(name):
    constraint = EVERY[name]
    batch = batch_of(random_logits())
    rough = constraint.penalty(batch.p, batch).sum()
    ideal = batch_of(truth_logits(batch), truth_logits(batch)[batch.views.rows])
    best = constraint.penalty(ideal.p, ideal).sum()
    assert best < rough
    if not isinstance(constraint, CDELoss):
        assert best == 0


def test_a_constraint_prints_as_it_is_written(constraint):
    names = {"Flux": Flux, "Invariance": Invariance, "CDELoss": CDELoss}
    assert eval(repr(constraint), names) == constraint


def test_the_algebra_is_the_sum_of_the_parts():
    batch = batch_of(random_logits())
    terms = 0.1 * Flux() + Invariance() * 0.2 + CDELoss(form="brier")
    evaluation = terms.evaluate(batch.p, batch)
    flux = Flux().penalty(batch.p, batch)
    expected = (
        0.1 * flux[1:].mean()
        + 0.2 * Invariance().penalty(batch.p, batch).mean()
        + CDELoss(form="brier").penalty(batch.p, batch).mean()
    )
    torch.testing.assert_close(evaluation.total, expected)
    assert list(evaluation.terms) == ["flux", "invariance", "cde"]
    assert evaluation.terms["flux"].count == GALAXIES - 1
    torch.testing.assert_close(evaluation.terms["flux"].penalties, flux[1:].sum())
    torch.testing.assert_close(evaluation.terms["flux"].weighted, 0.1 * flux[1:].mean())


def test_scaling_a_sum_scales_its_total():
    batch = batch_of(random_logits())
    terms = 0.1 * Flux() + CDELoss()
    torch.testing.assert_close((3 * terms).evaluate(batch.p, batch).total, 3 * terms.evaluate(batch.p, batch).total)


def test_sums_print_as_they_are_written():
    terms = 0.1 * Flux() + 2 * CDELoss(form="mass")
    assert repr(terms) == ("0.1 * Flux(uncovered='mask', min_coverage=0.95, deredden=False) + 2 * CDELoss(form='mass')")
    assert terms.needs == {"response"}
    assert not Terms()
    assert sum([Flux(), CDELoss()], start=Terms()).names == ("flux", "cde")
    assert sum([0.5 * Flux(), CDELoss()]).names == ("flux", "cde")


def test_nothing_else_can_be_added():
    with pytest.raises(TypeError):
        Flux() + 3


def test_names_do_not_collide():
    @dataclass(frozen=True)
    class Total(Constraint):
        def penalty(self, p, batch):
            return p.sum(dim=1)

    assert (CDELoss() + CDELoss(form="mass") + Total()).names == ("cde", "cde-2", "total-2")


def test_an_empty_sum_adds_nothing():
    batch = batch_of(random_logits())
    assert Terms().evaluate(batch.p, batch).total == 0


def test_a_sum_over_the_batch_is_not_biased_by_the_fraction():
    """Under ``sum`` a random quarter of the batch stands, on average, for the whole of it."""
    logits, again = random_logits(2).repeat(4, 1), random_logits(3).repeat(4, 1)
    n = len(logits)
    term = 1.0 * Invariance()

    def total(rows):
        batch = batch_of(logits, again[rows], rows)
        return term.evaluate(batch.p, batch, "sum").total.item()

    generator = torch.Generator().manual_seed(0)
    draws = [total(torch.randperm(n, generator=generator)[: n // 4]) for _ in range(800)]
    error = np.std(draws) / np.sqrt(len(draws))
    assert abs(np.mean(draws) - total(torch.arange(n))) < 4 * error


def test_a_batch_without_what_is_needed_says_so():
    batch = batch_of(random_logits())
    bare = Batch(GRID, batch.inputs, batch.ebv, batch.redshift, batch.label, batch.logits, batch.p)
    with pytest.raises(ValueError, match="views"):
        Invariance().penalty(bare.p, bare)
    with pytest.raises(ValueError, match="response"):
        Flux().penalty(bare.p, bare)
