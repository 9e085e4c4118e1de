"""What second views of a random fraction of a batch estimate, and what they do not."""

from itertools import combinations, product

import pytest
import torch
from torch import nn

from slipher.constraints import Batch, Invariance, Views
from slipher.physics.symmetry import SYMMETRIES, apply_symmetry
from slipher.redshift import Grid
from slipher.training import step
from slipher.training.augment import Augmenter
from slipher.training.examples import Examples
from slipher.training.step import Objective, chosen

GRID = Grid(0.4, 7)
GALAXIES, VIEWED, BANDS, SIDE = 5, 2, 3, 6
SUBSETS = [torch.tensor(rows) for rows in combinations(range(GALAXIES), VIEWED)]
READINGS = [
    Invariance(on=on, detach=detach, fraction=VIEWED / GALAXIES)
    for on, detach in product(("probability", "logits"), (False, True))
]


class Flipped(Augmenter):
    """Second views that are the same in every draw, so that only the choice of galaxies is random."""

    def __call__(self, examples, operations, generator):
        return examples.inputs.flip(-1) if operations else examples.inputs


class Network(nn.Module):
    """A small network, with batch statistics or without."""

    def __init__(self, batch_statistics=False):
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(2)
            normalised = nn.BatchNorm2d(4) if batch_statistics else nn.GroupNorm(2, 4)
            self.body = nn.Sequential(
                nn.Conv2d(BANDS, 4, 3), normalised, nn.ReLU(), nn.Flatten(), nn.Linear(4 * (SIDE - 2) ** 2, GRID.bins)
            )

    def forward(self, images, ebv):
        return self.body(images) + ebv[:, None]


def galaxies(count=GALAXIES, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return Examples(
        inputs=torch.randn(count, BANDS, SIDE, SIDE, generator=generator),
        ebv=torch.zeros(count),
        redshift=torch.from_numpy(GRID.centres)[torch.arange(count) % GRID.bins],
        label=torch.arange(count) % GRID.bins,
        sources=torch.rand(count, SIDE, SIDE, generator=generator) > 0.5,
        sky_level=torch.zeros(count, BANDS),
        sky_sigma=torch.ones(count, BANDS),
    )


def term_and_gradient(network, objective, fraction, seed=0):
    """The weighted term of a step, and its gradient with respect to all weights, in one vector."""
    _, evaluation = objective(network, galaxies(), (), fraction, torch.Generator().manual_seed(seed))
    gradient = torch.autograd.grad(evaluation.total, list(network.parameters()), allow_unused=True)
    flat = [torch.zeros(0) if each is None else each.flatten() for each in gradient]
    return torch.cat([evaluation.total.detach()[None], *flat])


def over_all_subsets(monkeypatch, network, objective):
    """The mean over all choices of two of five galaxies, and the full term."""
    found = []
    for rows in SUBSETS:
        monkeypatch.setattr(step, "chosen", lambda *_, rows=rows: rows)
        found.append(term_and_gradient(network, objective, VIEWED / GALAXIES))
    monkeypatch.setattr(step, "chosen", chosen)
    return torch.stack(found).mean(dim=0), term_and_gradient(network, objective, 1.0)


@pytest.mark.parametrize("constraint", READINGS, ids=repr)
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_the_mean_over_all_choices_is_the_full_term_and_its_gradient(monkeypatch, constraint, reduction):
    objective = Objective(GRID, 0.5 * constraint, reduction, Flipped())
    mean, full = over_all_subsets(monkeypatch, Network(), objective)
    assert full.abs().max() > 1e-3
    torch.testing.assert_close(mean, full, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("constraint", READINGS, ids=repr)
def test_so_is_the_gradient_with_respect_to_logits(constraint):
    generator = torch.Generator().manual_seed(0)
    logits, again = (torch.randn(GALAXIES, GRID.bins, generator=generator, dtype=torch.float64) for _ in range(2))

    def gradient(rows):
        seen, viewed = logits.clone().requires_grad_(), again.clone().requires_grad_()
        total = (1.0 * constraint).evaluate(seen.softmax(1), batch_of(seen, rows, viewed[rows])).total
        # without views of some galaxies, or with p(x) held fixed, some of it is zero
        return torch.cat([torch.zeros_like(x) if g is None else g for x, g in graded(total, seen, viewed)])

    mean = torch.stack([gradient(rows) for rows in SUBSETS]).mean(dim=0)
    torch.testing.assert_close(mean, gradient(torch.arange(GALAXIES)))


def graded(total, *leaves):
    return zip(leaves, torch.autograd.grad(total, leaves, allow_unused=True), strict=True)


def batch_of(logits, rows, again):
    zeros = torch.zeros(len(logits))
    views = Views(rows, again, again.softmax(1))
    return Batch(GRID, zeros[:, None], zeros, zeros, zeros.long(), logits, logits.softmax(1), views=views)


def test_every_choice_of_galaxies_is_as_likely_as_any_other():
    generator, draws = torch.Generator().manual_seed(0), 4000
    found = [tuple(sorted(chosen(GALAXIES, VIEWED / GALAXIES, generator).tolist())) for _ in range(draws)]
    expected = draws / len(SUBSETS)
    counts = [found.count(tuple(rows.tolist())) for rows in SUBSETS]
    assert sum((count - expected) ** 2 / expected for count in counts) < 27.9  # chi-square of 9: one in a thousand


def test_random_steps_estimate_the_full_term_and_its_gradient():
    """As the training step draws them: galaxies by ``chosen``, views by Θ and B."""
    network, objective = Network(), Objective(GRID, 1.0 * Invariance(), "mean", Augmenter())
    part, whole = (
        torch.stack([term_and_gradient(network, objective, fraction, seed) for seed in range(400)])
        for fraction in (VIEWED / GALAXIES, 1.0)
    )
    error = ((part.var(dim=0) + whole.var(dim=0)) / len(part)).sqrt()
    deviation = (part.mean(dim=0) - whole.mean(dim=0)) / error.clamp(min=1e-9)
    # hundreds of components, none independent of the others
    assert deviation.abs().max() < 4.5
    assert deviation[0].abs() < 3
    assert (whole.mean(dim=0).abs() / error).max() > 20


def test_shared_batch_statistics_are_a_bias_of_training_alone(monkeypatch):
    """With batch normalisation the views change the statistics under which every galaxy is seen."""
    objective, network = Objective(GRID, 1.0 * Invariance(), "mean", Flipped()), Network(batch_statistics=True)
    mean, full = over_all_subsets(monkeypatch, network.train(), objective)
    assert 1e-3 < (mean[0] / full[0] - 1).abs() < 0.2
    mean, full = over_all_subsets(monkeypatch, network.eval(), objective)
    torch.testing.assert_close(mean, full, rtol=1e-6, atol=1e-6)


def gradient_of_pairs(images, again, detach, fixed=None):
    """Gradient of the mean over pairs; ``fixed`` gives p(x) where it is not to be the network's own."""
    network = Network()
    ebv = torch.zeros(len(images))
    seen, viewed = network(images, ebv) if fixed is None else fixed, network(again, ebv)
    batch = batch_of(seen, torch.arange(len(images)), viewed)
    total = (1.0 * Invariance(detach=detach)).evaluate(batch.p, batch).total
    return torch.cat([each.flatten() for each in torch.autograd.grad(total, list(network.parameters()))])


def test_detached_it_is_the_gradient_of_the_view_alone():
    images = galaxies().inputs
    again = images.flip(-1)
    full, detached = (gradient_of_pairs(images, again, detach) for detach in (False, True))
    fixed = Network()(images, torch.zeros(GALAXIES)).detach()
    torch.testing.assert_close(detached, gradient_of_pairs(images, again, False, fixed))
    # what is missing is the same with x and x' exchanged
    torch.testing.assert_close(full - detached, gradient_of_pairs(again, images, True), rtol=1e-4, atol=1e-6)


def all_orientations(images):
    """Each image under each symmetry."""
    which = torch.arange(SYMMETRIES).repeat(len(images))
    return apply_symmetry(images.repeat_interleave(SYMMETRIES, dim=0), which)


def test_detached_it_is_no_estimate_of_the_gradient_of_images_as_they_are():
    images = galaxies().inputs
    repeated, again = images.repeat_interleave(SYMMETRIES, dim=0), all_orientations(images)
    full, detached = (gradient_of_pairs(repeated, again, detach) for detach in (False, True))
    assert (2 * detached - full).norm() > 0.1 * full.norm()


def test_detached_it_is_half_the_gradient_where_views_are_exchangeable():
    """If every orientation of a galaxy is as likely in the training set, x' might as well have been x."""
    seen = all_orientations(galaxies().inputs)
    repeated, again = seen.repeat_interleave(SYMMETRIES, dim=0), all_orientations(seen)
    full, detached = (gradient_of_pairs(repeated, again, detach) for detach in (False, True))
    torch.testing.assert_close(2 * detached, full, rtol=1e-4, atol=1e-6)
    assert full.norm() > 1e-2
