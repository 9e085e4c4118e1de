"""The learning rate of each epoch: lower on a plateau, at given epochs, or a little lower each time."""

from typing import Any

from torch.optim import Optimizer
from torch.optim.lr_scheduler import ReduceLROnPlateau

from slipher.training.config import TrainingConfig

__all__ = ["Schedule", "learning_rate"]

MEMORY = ("best", "num_bad_epochs", "cooldown_counter", "last_epoch")
"""What the plateau schedule remembers."""


class Schedule:
    """Sets the learning rate of an optimiser after each epoch."""

    def __init__(self, optimizer: Optimizer, config: TrainingConfig) -> None:
        self._optimizer = optimizer
        self._config = config
        self._plateau = ReduceLROnPlateau(optimizer, factor=config.schedule_factor, patience=config.epochs_of_patience)

    @property
    def rate(self) -> float:
        """The learning rate as it is."""
        return float(self._optimizer.param_groups[0]["lr"])

    def step(self, done: int, total: float) -> None:
        """Set the rate of the next epoch.

        Args:
            done: epochs done.
            total: the total validation loss of the last one.
        """
        if self._config.schedule == "plateau":
            self._plateau.step(total)
        else:
            self._set(learning_rate(self._config, done))

    def state(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        remembered = self._plateau.state_dict() if self._config.schedule == "plateau" else {}
        return {
            "learning_rate": self.rate,
            "plateau": {name: remembered[name] for name in MEMORY if name in remembered},
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a checkpoint."""
        self._set(state["learning_rate"])
        if self._config.schedule == "plateau":
            self._plateau.load_state_dict(state["plateau"])

    def _set(self, rate: float) -> None:
        for group in self._optimizer.param_groups:
            group["lr"] = rate


def learning_rate(config: TrainingConfig, done: int) -> float:
    """The rate after that many epochs of the schedules that look at nothing else, ``steps`` and ``exponential``."""
    passed = sum(done >= round(milestone * config.epochs) for milestone in config.milestones)
    times = done if config.schedule == "exponential" else passed
    return float(config.learning_rate * config.schedule_factor**times)
