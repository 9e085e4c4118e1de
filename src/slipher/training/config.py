"""How a network is trained, in words: no torch is needed to read or write it."""

from dataclasses import dataclass
from typing import Literal

from slipher.errors import InputError
from slipher.options import check_choices

__all__ = ["AUGMENTATIONS", "TrainingConfig"]

AUGMENTATIONS = ("symmetry", "background")
"""What ``augment`` may hold: one of the eight flips and rotations, and a sky drawn anew."""


@dataclass(frozen=True)
class TrainingConfig:
    """The hyper-parameters of training (Engel & Strube, Table 2) and the readings of physics.md."""

    epochs: int = 8
    """Passes through the training galaxies."""
    batch_size: int = 128
    """Galaxies a step, at least 2."""
    learning_rate: float = 1e-3
    """Of Adam, at the start."""
    weight_decay: float = 1e-6
    """Given to Adam as torch takes it: coupled, on all parameters."""
    schedule_factor: float = 0.1
    """What the learning rate is multiplied by on a plateau of the total validation loss."""
    patience: int | Literal["auto"] = "auto"
    """Epochs without improvement that are borne before that; auto is a sixteenth of all epochs."""
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

    def __post_init__(self) -> None:
        check_choices(self, "training")
        if self.batch_size < 2:
            raise InputError(f"training.batch_size is {self.batch_size}, but batch normalisation needs at least 2.")
        for name in ("epochs", "learning_rate", "schedule_factor", "clips"):
            if getattr(self, name) <= 0:
                raise InputError(f"training.{name} is {getattr(self, name)}, but must be positive.")
        for name, value in (("weight_decay", self.weight_decay), ("patience", self.epochs_of_patience)):
            if value < 0:
                raise InputError(f"training.{name} is {value}, but must not be negative.")

    @property
    def epochs_of_patience(self) -> int:
        """The patience in epochs, whichever way it was given."""
        return self.epochs // 16 if self.patience == "auto" else self.patience
