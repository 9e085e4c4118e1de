import pytest
import torch
from torch import nn

from slipher.redshift import Grid
from slipher.training.examples import Reader, Recipe, pixels
from slipher.training.statistics import measure_statistics


class Norm(nn.Module):
    """Nothing but a batch normalisation."""

    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm2d(3)

    def forward(self, images, ebv):
        return self.norm(images.nan_to_num())


@pytest.fixture
def batches(survey):
    reader = Reader(survey.train, Recipe(Grid(), pixels))
    return [reader(places) for places in torch.arange(60).numpy().reshape(3, 20)]


def test_statistics_are_the_mean_over_the_batches(batches):
    network = Norm()
    network.norm.running_mean += 7
    measure_statistics(network, batches)
    means = torch.stack([batch.inputs.nan_to_num().mean(dim=(0, 2, 3)) for batch in batches])
    variances = torch.stack([batch.inputs.nan_to_num().transpose(0, 1).flatten(1).var(dim=1) for batch in batches])
    torch.testing.assert_close(network.norm.running_mean, means.mean(dim=0))
    torch.testing.assert_close(network.norm.running_var, variances.mean(dim=0))
    assert network.norm.momentum == 0.1


def test_a_network_without_statistics_is_left_alone(batches):
    network = nn.Linear(3, 3)
    measure_statistics(network, batches)
    assert network.training
