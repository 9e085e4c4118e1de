import json

import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st
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
        "plateau": lambda: ReduceLROnPlateau(bare, factor=0.5, patience=2, threshold_mode="abs"),
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


def rates_of(config, totals, stop=None):
    """The learning rate of each epoch, the first included; the training may be stopped after some and go on."""
    schedule = Schedule(optimizer(config.learning_rate), config)
    rates = [schedule.rate]
    for done, total in enumerate(totals, start=1):
        if done == stop:
            state = json.loads(json.dumps(schedule.state()))
            schedule = Schedule(optimizer(config.learning_rate), config)
            schedule.restore(state)
        schedule.step(done, total)
        rates.append(schedule.rate)
    return rates[:-1]


# the quickstart on 1,000 galaxies, of which the rate was 1e-8 in the eighth epoch
@example([4.67, 4.57, 4.69, 4.57, 4.61, 4.6, 4.6, 4.6, 4.6, 4.6, 4.6, 4.6], 0.1)
@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=60), st.floats(0.01, 0.9))
def test_no_sequence_of_totals_starves_a_training(totals, factor):
    epochs = len(totals)
    config = TrainingConfig(epochs=epochs, schedule_factor=factor)
    rates = rates_of(config, totals)
    assert rates == rates_of(config, totals, stop=1 + epochs // 2)
    falls = [next(k for k in range(9) if rate >= 1e-3 * factor**k * (1 - 1e-9)) for rate in rates]
    for part, most in ((0.6, 1), (0.9, 2), (1.0, 3)):
        assert max(falls[: round(part * epochs)], default=0) <= most
    assert falls == sorted(falls)


def test_a_plateau_that_is_real_still_lowers_the_rate():
    rates = rates_of(TrainingConfig(epochs=10), [3.0, 2.0, 1.0, *[1.0] * 7])
    assert rates == pytest.approx([1e-3] * 4 + [1e-4] * 2 + [1e-5] * 3 + [1e-6])


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=60), st.integers(0, 10), st.floats(-1e6, 1e6))
def test_a_plateau_is_one_at_whatever_level_the_totals_lie(totals, patience, level):
    config = TrainingConfig(epochs=len(totals), schedule="plateau", patience=patience)
    whole = [float(round(total)) for total in totals]
    rates = rates_of(config, whole)
    assert rates == rates_of(config, [total + round(level) for total in whole])
    assert all(rate >= 0.99e-3 * 0.1 ** (done // (patience + 1)) - 2e-8 for done, rate in enumerate(rates))


@pytest.mark.parametrize("level", [0.0, 10.0, -10.0, -1e4])
def test_a_total_that_has_ceased_to_fall_is_a_plateau_below_zero_too(level):
    totals = [level + each for each in (3, 2, 1, 1, 1, 1, 1, 1)]
    rates = rates_of(TrainingConfig(epochs=8, schedule="plateau", patience=2), totals)
    assert rates == pytest.approx([1e-3] * 6 + [1e-4] * 2)


def test_totals_in_units_of_redshift_may_fall_by_less():
    config = TrainingConfig(epochs=8, schedule="plateau", patience=1, loss="crps")
    assert rates_of(config, [0.012 - 1e-5 * epoch for epoch in range(8)]) == [1e-3] * 8


def test_only_what_learns_is_optimised():
    network = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Linear(3, 1))
    network[0].requires_grad_(False)
    for name, momentum in (("adam", None), ("sgd", 0.9)):
        config = TrainingConfig(optimizer=name, weight_decay=0.5, learning_rate=0.1)
        found = optimizer_of(network, config, torch.device("cpu"))
        group = found.param_groups[0]
        assert [each.shape for each in group["params"]] == [(1, 3), (1,)]
        assert (group["lr"], group["weight_decay"], group.get("momentum")) == (0.1, 0.5, momentum)
