"""From a store of images to the file of a pretrained trunk, which ``training.start`` takes (Hayat et al. 2021)."""

import hashlib
import json
from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch

from slipher import __version__
from slipher.errors import InputError
from slipher.files import keep_apart
from slipher.methods.file import identity_of, write_model
from slipher.networks.build import build
from slipher.networks.config import NetworkConfig
from slipher.networks.images import ImageNetwork
from slipher.options import check_seed
from slipher.physics.reddening import reddening_coefficients
from slipher.progress import say
from slipher.redshift import Grid
from slipher.survey.store import Galaxies
from slipher.survey.supply import Supply
from slipher.training.augment import Augmenter
from slipher.training.config import TrainingConfig
from slipher.training.examples import Reader, pixels
from slipher.training.momentum import MomentumContrast, encoder_of, trunk_of
from slipher.training.pretrain import PretrainTask
from slipher.training.pretrain import pretrain as run
from slipher.training.pretrain_config import PretrainConfig
from slipher.training.skyunit import sky_unit
from slipher.training.unlabelled import UnlabelledRecipe
from slipher.unfinished import unfinished

__all__ = ["METHOD", "Pretraining", "pretrain", "trunk_file"]

METHOD = "pretrained"
"""What the header of a trunk's file says."""
TRUNK, WORK = "trunk.safetensors", "pretraining"
"""What lies where while a trunk is made."""


@dataclass(frozen=True)
class Pretraining:
    """What is pretrained: all that its outcome depends on."""

    store: Galaxies
    """A whole store: its training part is trained on, with or without redshifts, its validation part held out."""
    network: NetworkConfig = field(default_factory=NetworkConfig)
    """Whose trunk it is."""
    config: PretrainConfig = field(default_factory=PretrainConfig)
    machine: TrainingConfig = field(default_factory=TrainingConfig)
    """Of which device and precision count."""
    seed: int = 0
    """Of initialisation, order and views."""

    @property
    def identity(self) -> str:
        """A digest, so that no other pretraining's checkpoint is taken up."""
        rows = hashlib.sha256(self.store.train.rows.tobytes()).hexdigest()
        document = {**self._settings(), "store": self.store.fingerprint, "rows": rows}
        return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()

    @property
    def header(self) -> dict[str, Any]:
        """What the file says of the trunk."""
        return {
            "method": METHOD,
            **self._settings(),
            "bands": list(self.store.bands),
            "shape": self.store.shape,
            "pixel_scale": self.store.pixel_scale,
            "unit": "nanomaggy",
            "galaxies": len(self.store.train),
            "identity": self.identity,
            "software": f"slipher {__version__}",
        }

    def encoder(self) -> ImageNetwork:
        """The network with a projection for a head, initialised without touching anybody else's random numbers.

        Raises:
            InputError: if its head is not apart from its trunk.
        """
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            network = build(self.network, self.store.bands, Grid().bins)
            return encoder_of(network, self.network.name, self.config.width)

    def augmenter(self, sigma: torch.Tensor) -> Augmenter:
        """What makes views, with the numbers of this survey."""
        size, store = self.network.size, self.store
        return Augmenter(
            correlation=torch.from_numpy(store.sky_correlation) if store.has("correlation") else None,
            size=None if size is None else (size, size),
            sigma=sigma.clone(),
            reddening=reddening_coefficients(store.bands) if "reddening" in self.config.augment else None,
        )

    def recipe(self) -> UnlabelledRecipe:
        """What is read of each galaxy.

        Raises:
            InputError: if the sky is to be drawn anew, but the store does not hold it.
        """
        check_views(self.store, self.config.augment)
        return UnlabelledRecipe(Grid(), pixels, sky="background" in self.config.augment)

    def _settings(self) -> dict[str, Any]:
        return {
            "network": asdict(self.network),
            "pretrain": asdict(self.config),
            "device": self.machine.device,
            "precision": self.machine.precision,
            "seed": self.seed,
        }


def check_views(galaxies: Supply, augment: Collection[str]) -> None:
    """See that galaxies have what their views need.

    Raises:
        InputError: if the sky is to be drawn anew but is not known, or a band to be reddened has no filter.
    """
    if "background" in augment and not (galaxies.has("sky") and galaxies.has("sources")):
        raise InputError(
            f"{galaxies.path} holds no measured sky, which the view background needs; measure it with `slipher data "
            "measure`, or leave background out of pretraining's augment."
        )
    if "reddening" in augment:
        reddening_coefficients(galaxies.bands)


def trunk_file(what: Pretraining, out: Path, *, overwrite: bool = False, progress: bool = True) -> Path:
    """Pretrain a trunk and write it to a file of one's choice.

    Until it is written, checkpoints lie in a hidden folder beside it, from which the same call continues; a trunk that
    the same call made before is left as it is. ``history.csv`` lies beside it afterwards, under its name.

    Args:
        what: is pretrained.
        out: the trunk's file (.safetensors).
        overwrite: whether files that lie there are replaced.
        progress: whether a progress bar is shown.

    Raises:
        InputError: for galaxies, a network or a destination that cannot be used.
    """
    check_seed(what.seed, "the seed of a pretraining")
    if out.suffix != ".safetensors":
        raise InputError(f"{out} cannot be written in that format; a trunk's file ends in .safetensors.")
    places = {f"{WORK}/{TRUNK}": out, f"{WORK}/history.csv": out.with_suffix(".history.csv")}
    for path in places.values():
        keep_apart(path, what.store.path)
    with unfinished(places, what.identity, identity_of, overwrite=overwrite) as work:
        if work.done:
            say(f"{out} is there already, pretrained by the same command before.")
        else:
            pretrain(what, work.path(WORK), label=out.name, progress=progress)
            work.publish()
    return out


def pretrain(what: Pretraining, folder: Path, *, label: str = "pretraining", progress: bool = True) -> Path:
    """Pretrain a trunk in a folder.

    Args:
        what: is pretrained.
        folder: where checkpoints, history.csv and the trunk go; the same call continues, or finds it finished.
        label: what the progress bar calls it.
        progress: whether a progress bar is shown.

    Returns:
        The trunk's file.

    Raises:
        InputError: for galaxies or a network that cannot be used, or a folder that holds another pretraining.
    """
    made = folder / TRUNK
    if made.is_file():
        return _finished(made, what.identity)
    if len(what.store.train) < 2:
        raise InputError(f"{what.store.path} has {len(what.store.train)} training galaxies; pretraining needs some.")
    encoder = what.encoder()
    run(_task(what, encoder, folder, label, progress))
    tensors = {name: value.cpu().numpy() for name, value in trunk_of(encoder).items()}
    write_model(made, what.header, tensors)
    return made


def _finished(made: Path, identity: str) -> Path:
    """A trunk that was made before.

    Raises:
        InputError: if it is another.
    """
    if identity_of(made) != identity:
        raise InputError(f"{made.parent} holds another pretraining; choose another destination, or remove it.")
    return made


def _task(what: Pretraining, encoder: ImageNetwork, folder: Path | None, label: str, progress: bool) -> PretrainTask:
    """What the loop is given."""
    train, held, config, recipe = what.store.train, what.store.validation, what.config, what.recipe()
    size = min(config.queue, len(train))
    if size < config.queue:
        say(f"{label}: the queue holds {size} keys, not {config.queue}, since there are no more training galaxies.")
    reader = Reader(train, recipe)
    encoder.calibrate(torch.from_numpy(sky_unit(train)))
    return PretrainTask(
        contrast=MomentumContrast(encoder, config.width, size, config.momentum, config.groups),
        train=reader,
        held=Reader(held, recipe) if len(held) > 1 else None,
        augmenter=what.augmenter(encoder.sigma),
        config=config,
        machine=what.machine,
        seed=what.seed,
        folder=folder,
        identity=what.identity,
        label=label,
        progress=progress,
    )
