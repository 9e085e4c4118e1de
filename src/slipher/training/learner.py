"""What learns: a network with its optimiser, taking one step after the other."""

from collections.abc import Collection

import torch
from torch import nn

from slipher.training import sampler
from slipher.training.config import TrainingConfig
from slipher.training.examples import Examples
from slipher.training.frozen import freeze_trunk
from slipher.training.gradients import SharedOut
from slipher.training.history import Meter
from slipher.training.memory import keep_freed_memory
from slipher.training.optimizer import optimizer_of
from slipher.training.precision import fabric_of
from slipher.training.step import Objective

__all__ = ["Learner"]


class Learner:
    """A network under way, in the arithmetic and on the device of a training.

    Nothing in a step waits for the device: no number is read back, and nothing has a size that depends on numbers.
    torch.compile was tried on two processor cores in bf16 and is not used: after a minute of compiling, a step of
    ``resnet50`` took five per cent longer than without.

    Args:
        network: trained in place.
        objective: what is minimised.
        config: how.
        augment: what the images of the data term go through, of ``AUGMENTATIONS``.
        view_fraction: part of each batch that is seen a second time.
    """

    def __init__(
        self,
        network: nn.Module,
        objective: Objective,
        config: TrainingConfig,
        augment: Collection[str] = (),
        view_fraction: float = 0.0,
    ) -> None:
        keep_freed_memory()
        self.fabric = fabric_of(config)
        self.device: torch.device = self.fabric.device
        self.frozen = config.frozen == "trunk"
        if self.frozen:
            freeze_trunk(network)
        self.bare_optimizer = optimizer_of(network, config, self.device)
        self.network, self.optimizer = self.fabric.setup(network, self.bare_optimizer)
        self.objective = objective.to(self.device)
        self.config = config
        self.augment = augment
        self.view_fraction = view_fraction

    def step(self, galaxies: Examples, generator: torch.Generator, meter: Meter) -> None:
        """One step: the gradient of a batch's mean losses, piece by piece, and then the weights.

        Args:
            galaxies: on the device.
            generator: random numbers of this step, on the device.
            meter: told the losses.
        """
        self.optimizer.zero_grad()
        for rows in sampler.pieces(len(galaxies), self.config.accumulate):
            piece = galaxies[rows]
            with SharedOut():
                loss, terms = self.objective(
                    self.network, piece, self.augment, self.view_fraction, generator, len(galaxies)
                )
            self.fabric.backward((loss + terms.total) * (len(piece) / len(galaxies)))
            meter.add(loss, terms, len(piece))
        self.optimizer.step()
