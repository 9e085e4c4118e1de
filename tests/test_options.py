"""Bounds that options share."""

import pytest

from slipher.arguments import parse
from slipher.errors import InputError
from slipher.options import LARGEST, MOST_EPOCHS, check_most, check_seed
from slipher.training.config import TrainingConfig
from slipher.training.pretrain_config import PretrainConfig
from slipher.verbs import study


@pytest.mark.parametrize("seed", [-1, LARGEST + 1, 10**30])
def test_seeds_that_nothing_is_drawn_from(seed):
    with pytest.raises(InputError, match=f"the seed is {seed}, but must be a whole number from 0 to"):
        check_seed(seed, "the seed")


@pytest.mark.parametrize("seed", [0, LARGEST])
def test_seeds_at_the_bounds(seed):
    check_seed(seed, "the seed")


def test_a_number_with_a_most():
    check_most(5, 5, "it")
    with pytest.raises(InputError, match="it is 6, but must be at most 5"):
        check_most(6, 5, "it")


@pytest.mark.parametrize(("kind", "name"), [(TrainingConfig, "training"), (PretrainConfig, "pretrain")])
def test_epochs_without_end(kind, name):
    assert kind(epochs=MOST_EPOCHS).epochs == MOST_EPOCHS
    with pytest.raises(InputError, match=rf"{name}.epochs is 1,000,001, but must be at most 1,000,000"):
        kind(epochs=MOST_EPOCHS + 1)


@pytest.mark.parametrize("number", [LARGEST + 1, -(10**30)])
def test_numbers_beyond_64_bits_are_no_values_of_options(number):
    words = ["store.h5", "--out", "m.safetensors"]
    parse("train", study.train, [*words, "--seed", str(LARGEST)], takes_json=False)
    with pytest.raises(InputError, match=f"--seed is {number}, but no number goes beyond {LARGEST}"):
        parse("train", study.train, [*words, f"--seed={number}"], takes_json=False)
