"""The words for pretraining."""

from dataclasses import fields

import pytest

from slipher.errors import InputError
from slipher.training.pretrain_config import PretrainConfig


def test_options_become_a_configuration():
    assert PretrainConfig.from_options({}) == PretrainConfig()
    found = PretrainConfig.from_options({"epochs": 3, "temperature": 1, "augment": ["rotation"]})
    assert found == PretrainConfig(epochs=3, temperature=1.0, augment=("rotation",))
    assert isinstance(found.temperature, float)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"epoch": 3}, "pretrain has no key 'epoch'; allowed: epochs, batch_size"),
        ({"epochs": "ten"}, "pretrain.epochs is 'ten', but must be a whole number"),
        ({"epochs": 2.5}, "pretrain.epochs is 2.5, but must be a whole number"),
        ({"temperature": True}, "pretrain.temperature is True, but must be a number"),
        ({"augment": "rotation"}, "pretrain.augment is 'rotation', but must be a list of names"),
        ({"augment": ["blur"]}, "pretrain.augment holds 'blur'; it takes symmetry, background"),
        ({"augment": []}, "pretrain.augment is empty"),
        ({"epochs": 0}, "pretrain.epochs is 0, but must be positive"),
        ({"batch_size": 1}, "pretrain.batch_size is 1, but"),
        ({"momentum": 1}, "pretrain.momentum is 1.0, but must be at least 0 and below 1"),
        ({"weight_decay": -1}, "pretrain.weight_decay is -1.0, but must not be negative"),
        ([1], r"pretrain is \[1\], but must be a mapping"),
    ],
)
def test_what_makes_no_sense_is_named(options, message):
    with pytest.raises(InputError, match=message) as caught:
        PretrainConfig.from_options(options)
    assert "\n" not in str(caught.value)


def test_the_published_values_are_the_defaults():
    published = {"momentum": 0.999, "queue": 65536, "temperature": 0.2, "learning_rate": 0.03, "batch_size": 256}
    assert published.items() <= {field.name: field.default for field in fields(PretrainConfig)}.items()
