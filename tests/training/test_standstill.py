from hypothesis import given
from hypothesis import strategies as st

from slipher.training.config import TrainingConfig
from slipher.training.schedule import learning_rate, least_rate
from slipher.training.standstill import standstill

FALLING = [3.0, 2.0, 1.5, 1.2, 1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3]


def test_a_rate_that_moves_nothing_is_named_with_its_first_epoch():
    rates = [1e-3, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8]
    (found,) = standstill(rates, FALLING[:7], 12)
    assert found.startswith("from epoch 5 of 12 on the learning rate is a thousandth")
    assert standstill(rates[:4], FALLING[:4], 12) == []


def test_a_validation_loss_that_falls_no_more_is_named_with_its_best_epoch():
    totals = [-1.0, -3.0, -2.0, -2.5, -2.9, -3.0, -2.0, -1.0]
    (found,) = standstill([1e-3] * 8, totals, 8)
    assert found.startswith("the validation loss has not fallen since epoch 2 of 8")
    assert standstill([1e-3] * 6, totals[:6], 8) == []
    assert standstill([1e-3] * 8, totals, 50) == []


def test_before_the_first_epoch_nothing_is_said():
    assert standstill([], [], 8) == []


@given(epochs=st.integers(1, 200), schedule=st.sampled_from(["steps", "plateau"]))
def test_a_schedule_that_ends_low_is_no_standstill(epochs, schedule):
    config = TrainingConfig(epochs=epochs, schedule=schedule)
    lowest = {"steps": learning_rate, "plateau": least_rate}[schedule]
    rates = [config.learning_rate, *(lowest(config, done) for done in range(1, epochs))]
    assert standstill(rates, [-float(done) for done in range(epochs)], epochs) == []
