"""How a trunk is pretrained without labels, in words: no torch is needed to read or write it.

He et al. (2020, arXiv:1911.05722) and Chen et al. (2020, arXiv:2003.04297) published the values that stand here, for a
million images of everyday things; Hayat et al. (2021, arXiv:2012.13083) applied them to 1.2 million galaxies and say
which views they take, and their released trunk is that of epoch 101. A survey of some thousand galaxies passes through
a few hundred steps, in which a momentum of 0.999 hardly moves: 0.99, a temperature of 0.1 and a queue of 4,096 are the
values of the former's own demonstration on 50,000 small images.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from slipher.errors import InputError
from slipher.options import MOST_EPOCHS, check_most
from slipher.training.config import AUGMENTATIONS

__all__ = ["PretrainConfig"]


@dataclass(frozen=True)
class PretrainConfig:
    """The hyper-parameters of momentum contrast."""

    epochs: int = 100
    """Passes through the training galaxies."""
    batch_size: int = 256
    """Galaxies a step."""
    learning_rate: float = 0.03
    """Of gradient descent at the start, for batches of 256; half of it for half as many. It falls as a cosine."""
    weight_decay: float = 1e-4
    """Coupled, on all parameters."""
    momentum: float = 0.999
    """Part of the key encoder that stays in each step."""
    queue: int = 65536
    """Keys of earlier steps that a query is told apart from; never more than there are training galaxies."""
    temperature: float = 0.2
    """What similarities are divided by."""
    width: int = 128
    """Of the space in which views are compared."""
    groups: int = 8
    """Parts of a batch with batch statistics of their own (He et al.: eight devices), each of at least 8 galaxies."""
    augment: tuple[str, ...] = ("rotation", "jitter", "reddening", "noise")
    """What each of the two views of a galaxy goes through: any angle, a moved centre, more dust, more noise."""

    def __post_init__(self) -> None:
        for name in ("epochs", "learning_rate", "queue", "temperature", "width", "groups"):
            if getattr(self, name) <= 0:
                raise InputError(f"pretrain.{name} is {getattr(self, name)}, but must be positive.")
        check_most(self.epochs, MOST_EPOCHS, "pretrain.epochs")
        if self.batch_size < 2:
            raise InputError(f"pretrain.batch_size is {self.batch_size}, but batch normalisation needs at least 2.")
        if self.weight_decay < 0:
            raise InputError(f"pretrain.weight_decay is {self.weight_decay}, but must not be negative.")
        if not 0 <= self.momentum < 1:
            raise InputError(f"pretrain.momentum is {self.momentum}, but must be at least 0 and below 1.")
        unknown = [name for name in self.augment if name not in AUGMENTATIONS]
        if unknown or not self.augment:
            what = f"holds {unknown[0]!r}" if unknown else "is empty, and a view would be its own key"
            raise InputError(f"pretrain.augment {what}; it takes {', '.join(AUGMENTATIONS)}.")

    @classmethod
    def from_options(cls, options: Any) -> "PretrainConfig":
        """The configuration that a study file gives as ``options: {pretrain: {epochs: 50, ...}}``.

        Raises:
            InputError: for an unknown key or a value of another kind.
        """
        if not isinstance(options, Mapping):
            raise InputError(f"pretrain is {options!r}, but must be a mapping of keys to values.")
        defaults = {field.name: field.default for field in fields(cls)}
        unknown = [name for name in options if name not in defaults]
        if unknown:
            raise InputError(f"pretrain has no key {unknown[0]!r}; allowed: {', '.join(defaults)}.")
        return cls(**{name: _typed(name, value, defaults[name]) for name, value in options.items()})


def _typed(name: str, value: Any, default: Any) -> Any:
    """A value of the kind of its default."""
    if isinstance(default, tuple):
        if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
            return tuple(value)
        raise InputError(f"pretrain.{name} is {value!r}, but must be a list of names.")
    if isinstance(value, bool) or not isinstance(value, int | type(default)):
        kind = "a whole number" if isinstance(default, int) else "a number"
        raise InputError(f"pretrain.{name} is {value!r}, but must be {kind}.")
    return type(default)(value)
