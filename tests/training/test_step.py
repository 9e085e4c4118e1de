"""What a network asks to be minimised beside the data term reaches the loss."""

import pytest
import torch

from slipher.constraints import Invariance
from slipher.constraints.terms import Terms
from slipher.methods.network.morphology import morphology
from slipher.networks.auxiliary import Auxiliary
from slipher.redshift import Grid
from slipher.training.augment import Augmenter
from slipher.training.examples import Recipe, pixels
from slipher.training.step import Objective

GRID = Grid(0.4, 10)


class Asking(torch.nn.Module):
    """Asks for the numbers of the classes to be small, and for the square of its one weight."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.tensor(3.0))

    def forward(self, images, ebv, classes):
        logits = self.weight * torch.zeros(len(images), GRID.bins)
        square = self.weight.square().expand(len(images))
        return logits, {
            "class": Auxiliary(2.0, classes.float(), classes >= 0),
            "square": Auxiliary(0.5, square, torch.ones_like(ebv, dtype=torch.bool)),
        }


def examples(survey, classes):
    found = Recipe(GRID, pixels, classes=morphology, sky=True).read(survey[: len(classes)])
    assert found.classes.tolist() == [-1] * len(classes)
    found.classes.copy_(torch.tensor(classes))
    return found


@pytest.mark.parametrize(("terms", "fraction"), [(Terms(), 0.0), (0.1 * Invariance(), 1.0)])
def test_what_a_network_asks_for_is_a_mean_over_those_it_applies_to(survey, terms, fraction):
    network, objective = Asking(), Objective(GRID, terms, "mean", Augmenter())
    found = examples(survey, [1, 0, -1, 1])
    loss, evaluation = objective(network, found, (), fraction, torch.Generator().manual_seed(0))
    assert set(evaluation.terms) == {*terms.names, "class", "square"}
    asked = evaluation.terms["class"]
    assert (asked.penalties, asked.count) == (2, 3)
    assert asked.weighted.item() == pytest.approx(2 * 2 / 3)
    assert evaluation.total.item() == pytest.approx(2 * 2 / 3 + 0.5 * 9)
    (loss + evaluation.total).backward()
    assert network.weight.grad.item() == pytest.approx(3)


def test_where_nothing_is_known_nothing_is_asked(survey):
    objective = Objective(GRID, Terms(), "mean", Augmenter())
    found = examples(survey, [-1, -1])
    _, evaluation = objective(Asking(), found, (), 0.0, torch.Generator().manual_seed(0))
    assert evaluation.terms["class"].weighted == 0
    assert evaluation.terms["class"].count == 0
