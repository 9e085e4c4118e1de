"""The learning rate of each epoch: lower on a plateau, at given epochs, or a little lower each time."""

from typing import Any

from torch.optim import Optimizer
from torch.optim.lr_scheduler import ReduceLROnPlateau

from slipher.training.config import TrainingConfig

__all__ = ["IMPROVEMENT", "Schedule", "learning_rate", "least_rate"]

MEMORY = ("best", "num_bad_epochs", "cooldown_counter", "last_epoch")
"""What the plateau schedule remembers."""
IMPROVEMENT = {"cross-entropy": 1e-4, "crps": 1e-6}
"""By how much a total must fall to be no plateau, with each data term. Not relative to the total, which a conditional
density term carries below 0, where a relative rule of torch's calls every total no worse than the best an
improvement."""


class Schedule:
    """Sets the learning rate of an optimiser after each epoch."""

    def __init__(self, optimizer: Optimizer, config: TrainingConfig) -> None:
        self._optimizer = optimizer
        self._config = config
        self._plateau = ReduceLROnPlateau(optimizer, **_plateau(config)) if config.schedule == "plateau" else None

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
        if self._plateau is not None:
            self._plateau.min_lrs = [least_rate(self._config, done)]
            self._plateau.step(total)
        else:
            self._set(learning_rate(self._config, done))

    def state(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        remembered = {} if self._plateau is None else self._plateau.state_dict()
        return {
            "learning_rate": self.rate,
            "plateau": {name: remembered[name] for name in MEMORY if name in remembered},
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a checkpoint."""
        self._set(state["learning_rate"])
        if self._plateau is not None:
            self._plateau.load_state_dict(state["plateau"])

    def _set(self, rate: float) -> None:
        for group in self._optimizer.param_groups:
            group["lr"] = rate


def learning_rate(config: TrainingConfig, done: int) -> float:
    """The rate after that many epochs of the schedules that look at nothing else, ``steps`` and ``exponential``."""
    times = done if config.schedule == "exponential" else _passed(config, done)
    return float(config.learning_rate * config.schedule_factor**times)


def least_rate(config: TrainingConfig, done: int) -> float:
    """Below which no plateau brings the rate after that many epochs; 0 where the patience is a number, as in torch.

    With the default milestones it is a tenth of the rate at the start until 60 % of the epochs are done, and a
    hundredth until 90 % are. A validation loss that rises by chance, or since galaxies are few, would else bring the
    rate down in every epoch, to a hundred-thousandth by the eighth: the first fall is what such a training needs, and
    with the others it stands still.
    """
    if config.patience != "auto":
        return 0.0
    return float(config.learning_rate * config.schedule_factor ** (1 + _passed(config, done)))


def _passed(config: TrainingConfig, done: int) -> int:
    """Milestones that lie behind."""
    return sum(done >= round(milestone * config.epochs) for milestone in config.milestones)


def _plateau(config: TrainingConfig) -> dict[str, Any]:
    """Arguments of torch's plateau schedule."""
    return {
        "factor": config.schedule_factor,
        "patience": config.epochs_of_patience,
        "threshold": IMPROVEMENT[config.loss],
        "threshold_mode": "abs",
    }
