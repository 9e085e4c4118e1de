import pytest
import torch
from torch.optim.lr_scheduler import ExponentialLR, MultiStepLR, ReduceLROnPlateau

from slipher.training.config import TrainingConfig
from slipher.training.optimizer import optimizer_of
from slipher.training.schedule import Schedule

LOSSES = [3.0, 2.0, 2.1, 2.2, 1.9, 1.95, 1.96, 1.97, 1.98, 1.99]


def optimizer(rate=0.3):
    return torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], rate)


def theirs(name):
    """torch's own schedule of the same numbers."""
    bare = optimizer()
    kinds = {
        "plateau": lambda: ReduceLROnPlateau(bare, factor=0.5, patience=2),
        "steps": lambda: MultiStepLR(bare, [6, 9], gamma=0.5),
        "exponential": lambda: ExponentialLR(bare, gamma=0.5),
    }
    schedule, rates = kinds[name](), []
    for loss in LOSSES:
        bare.step()
        schedule.step(*([loss] if name == "plateau" else []))
        rates.append(bare.param_groups[0]["lr"])
    return rates


@pytest.mark.parametrize("name", ["plateau", "steps", "exponential"])
@pytest.mark.parametrize("stop", [0, 4, 7])
def test_rates_are_torchs_whether_stopped_or_not(name, stop):
    config = TrainingConfig(epochs=10, schedule=name, schedule_factor=0.5, patience=2, learning_rate=0.3)
    schedule, rates = Schedule(optimizer(), config), []
    for done, loss in enumerate(LOSSES):
        if done == stop:
            state = schedule.state()
            schedule = Schedule(optimizer(), config)
            schedule.restore(state)
        schedule.step(done + 1, loss)
        rates.append(schedule.rate)
    assert rates == pytest.approx(theirs(name), rel=1e-12)


def test_only_what_learns_is_optimised():
    network = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Linear(3, 1))
    network[0].requires_grad_(False)
    for name, momentum in (("adam", None), ("sgd", 0.9)):
        config = TrainingConfig(optimizer=name, weight_decay=0.5, learning_rate=0.1)
        found = optimizer_of(network, config, torch.device("cpu"))
        group = found.param_groups[0]
        assert [each.shape for each in group["params"]] == [(1, 3), (1,)]
        assert (group["lr"], group["weight_decay"], group.get("momentum")) == (0.1, 0.5, momentum)
