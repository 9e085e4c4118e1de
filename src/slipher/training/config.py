"""How a network is trained, in words: no torch is needed to read or write it."""

from dataclasses import dataclass
from typing import Literal, get_args

from slipher.errors import InputError
from slipher.options import MOST_EPOCHS, check_choices, check_most

__all__ = ["AUGMENTATIONS", "VIEWS", "Operation", "TrainingConfig"]

VIEWS = ("symmetry", "background")
"""What a second view of the invariance constraint goes through: Θ, one of the eight flips and quarter turns, and B, a
sky drawn anew."""
Operation = Literal["symmetry", "background", "rotation", "jitter", "distortion", "reddening", "dimming", "noise"]
AUGMENTATIONS: tuple[Operation, ...] = get_args(Operation)
"""What ``augment`` may hold: those two; any angle, a centre moved by whole pixels, another apparent size and shape,
more dust, a galaxy that is fainter under the same sky, and more noise."""


@dataclass(frozen=True)
class TrainingConfig:
    """The hyper-parameters of training (Engel & Strube, Table 2) and the readings of physics.md."""

    epochs: int = 8
    """Passes through the training galaxies."""
    batch_size: int = 128
    """Galaxies a step, at least 2."""
    accumulate: int = 1
    """Pieces in which a batch goes through the network where memory is short, each with batch statistics of its own."""
    optimizer: Literal["adam", "sgd"] = "adam"
    """Adam, or stochastic gradient descent with momentum 0.9."""
    learning_rate: float = 1e-3
    """Of the optimiser, at the start."""
    weight_decay: float = 1e-6
    """Given to the optimiser as torch takes it: coupled, on all parameters."""
    schedule: Literal["plateau", "steps", "exponential"] = "plateau"
    """When the learning rate falls: on a plateau of the total validation loss, at ``milestones``, or every epoch."""
    schedule_factor: float = 0.1
    """What it is multiplied by then."""
    patience: int | Literal["auto"] = "auto"
    """Epochs without improvement that are no plateau yet. A number is taken as torch takes it; auto is a sixteenth of
    all epochs, and lets the rate fall once before the first of ``milestones`` and once more before each further one, so
    that no training is starved."""
    milestones: tuple[float, ...] = (0.6, 0.9)
    """Of ``steps``, and of plateaus with ``patience: auto``, in fractions of all epochs."""
    precision: Literal["auto", "float32", "bf16"] = "auto"
    """Of the network's arithmetic; auto is bf16 where the machine computes it natively. Losses are always float32."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where it is trained."""
    loss: Literal["cross-entropy", "crps"] = "cross-entropy"
    """Data term: of the true bin, or the continuous ranked probability score in units of redshift, which is some
    hundred times smaller, so that weights of constraints beside it should be too."""
    reduction: Literal["mean", "sum"] = "mean"
    """Of a constraint over the batch; sum is the paper's eq. 2."""
    statistics: Literal["precise", "running"] = "precise"
    """Of batch normalisation: measured anew after each epoch, or the moving average of its steps (the usual, and the
    paper's)."""
    checkpoint: Literal["best", "last"] = "best"
    """Which weights are kept: those of the lowest total validation loss, or the last epoch's."""
    sky: Literal["robust", "paper"] = "robust"
    """Background operator: source-free pixels and measured noise, or the paper's one-sigma rule (B.3)."""
    clips: int = 1
    """Rounds of one-sigma clipping of the paper's background operator."""
    labels: float = 1.0
    """Fraction of the labelled training galaxies that is used, by a digest of their ids: a smaller one is part of a
    larger one."""
    start: str | None = None
    """A model file whose weights, where they fit, training begins from."""
    logits: Literal["equal", "drawn"] = "equal"
    """How the logits of residual networks and timm's begin: all equal, the last layer being zero, or drawn He-normal
    like all other layers (the paper's). A drawn last layer stays as it is in every direction that the training galaxies
    do not fill, and some thousand leave most of them empty."""
    frozen: Literal["none", "trunk"] = "none"
    """Whether all but the last layers (networks/heads.py), batch statistics too, stays as it begins: a linear probe."""

    def __post_init__(self) -> None:
        check_choices(self, "training")
        if self.batch_size < 2:
            raise InputError(f"training.batch_size is {self.batch_size}, but batch normalisation needs at least 2.")
        for name in ("epochs", "learning_rate", "schedule_factor", "clips", "accumulate"):
            if getattr(self, name) <= 0:
                raise InputError(f"training.{name} is {getattr(self, name)}, but must be positive.")
        check_most(self.epochs, MOST_EPOCHS, "training.epochs")
        if 2 * self.accumulate > self.batch_size:
            raise InputError(
                f"training.accumulate is {self.accumulate}, but each piece of a batch of {self.batch_size} needs at "
                "least 2 galaxies."
            )
        if self.schedule_factor > 1 or (self.schedule == "plateau" and self.schedule_factor == 1):
            raise InputError(
                f"training.schedule_factor is {self.schedule_factor}, but must be below 1: the learning rate is "
                "multiplied by it in order to fall."
            )
        if not 0 < self.labels <= 1:
            raise InputError(f"training.labels is {self.labels}, but must be above 0 and at most 1.")
        if not all(0 < milestone < 1 for milestone in self.milestones):
            raise InputError(
                f"training.milestones is {list(self.milestones)}, but must hold fractions of all epochs, above 0 and "
                "below 1."
            )
        for name, value in (("weight_decay", self.weight_decay), ("patience", self.epochs_of_patience)):
            if value < 0:
                raise InputError(f"training.{name} is {value}, but must not be negative.")

    @property
    def epochs_of_patience(self) -> int:
        """The patience in epochs, whichever way it was given."""
        return self.epochs // 16 if self.patience == "auto" else self.patience
