"""A trained network as a model: what it predicts, and the file that keeps it."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Float32, Shaped
from torch import Tensor

from slipher import __version__
from slipher.density.histogram import Density
from slipher.errors import InputError
from slipher.methods.file import ModelFile, write_model
from slipher.methods.network.engine import Engine, Network, checked_engine
from slipher.methods.network.portrait import portrait_columns
from slipher.methods.photometry.features import features_of
from slipher.methods.photometry.range import TrainingRange
from slipher.methods.photometry.system import MagnitudeSystem
from slipher.networks.build import build
from slipher.networks.config import NetworkConfig
from slipher.networks.dey import CapsuleNetwork
from slipher.networks.ensemble import Ensemble
from slipher.physics.symmetry import SYMMETRIES
from slipher.physics.window import centre_cut
from slipher.progress import track
from slipher.redshift import Grid
from slipher.survey.store import Galaxies
from slipher.survey.supply import Supply, check_images
from slipher.training.examples import known_ebv, pixels
from slipher.training.history import History

__all__ = ["USE", "NeuralModel", "check_size", "checked_views", "mass", "photometry", "restore"]

BATCH = 256
"""Galaxies predicted at once."""
USE = "a network on colours needs; train one on images"
"""What photometry is for here, in the words of an error."""
SCALE_TOLERANCE = 0.01
"""How far the pixel scale may differ, relative."""


@dataclass(frozen=True, eq=False)
class NeuralModel:
    """A trained network and all that must hold of the galaxies it is shown."""

    grid: Grid
    config: NetworkConfig
    network: Network
    bands: tuple[str, ...]
    shape: tuple[int, int] | None = None
    """(y, x) of the cutouts it was trained on."""
    pixel_scale: float | None = None
    """Arcseconds a pixel."""
    system: MagnitudeSystem | None = None
    """The magnitudes that it is shown; None if it is shown none."""
    views: int = 1
    """Symmetries that a prediction is averaged over, 1 or 8."""
    seen: TrainingRange | None = None
    """The photometry of the training galaxies, outside of which others are flagged."""
    history: History | None = None
    """How the training went, if this model was trained here."""
    engine: str = "eager"
    """What computes predictions, one of ``ENGINES``; not kept in the file."""
    _engines: dict[str, Engine] = field(default_factory=dict, init=False, repr=False)
    """Those that took time to make, by name."""

    @property
    def size(self) -> tuple[int, int] | None:
        """(y, x) of the middle of each image that the network sees, or None if it sees the whole."""
        return None if self.config.size is None else (self.config.size, self.config.size)

    def predict(
        self, galaxies: Galaxies, progress: bool = True, views: int | None = None, engine: str | None = None
    ) -> Density:
        """The density of every galaxy, in the order of the rows, the same whenever it is asked for.

        Args:
            galaxies: any galaxies with the bands and the pixel scale of the training's, and images of its size, or
                with a size of the network's own at least as large as that.
            progress: whether a progress bar is shown.
            views: 8 averages the densities over the eight symmetries; None does as the model was told to.
            engine: what computes, of methods/network/engine.py, whose masses are within its ``TOLERANCE`` of those of
                ``eager``; None takes the model's own.

        Raises:
            InputError: if the galaxies do not suit the model, or the engine cannot compute it; says why.
        """
        self.check(galaxies)
        views = checked_views(self.views if views is None else views)
        ready = self._ready(checked_engine(self.engine if engine is None else engine))
        parts = [
            ready.mass(inputs, beside, views).cpu().numpy() for inputs, *beside in self._batches(galaxies, progress)
        ]
        mass = np.concatenate(parts) if parts else np.empty((0, self.grid.bins))
        return Density(self.grid, mass, id=galaxies.id, redshift=galaxies.redshift)

    def details(self, galaxies: Galaxies) -> dict[str, Shaped[np.ndarray, "galaxies"]]:
        """Columns for a catalogue beside those of every method: of a capsule network what it sees in the images."""
        if not isinstance(self.network, CapsuleNetwork):
            return {}
        network = self.network.to(_device()).eval()
        with torch.inference_mode():
            return portrait_columns([network.portrait(*batch) for batch in self._batches(galaxies, shown=False)])

    def save(self, path: Path) -> None:
        """Write the model as one safetensors file, its configuration in the header; the same model, the same bytes."""
        header = {
            "method": "neural",
            "grid": asdict(self.grid),
            "network": asdict(self.config),
            "bands": list(self.bands),
            "shape": self.shape,
            "pixel_scale": self.pixel_scale,
            "unit": "nanomaggy",
            "softening": None if self.system is None else self.system.softening,
            "views": self.views,
            "members": len(self.network.members) if isinstance(self.network, Ensemble) else 1,
            "software": f"slipher {__version__}",
            **TrainingRange.header(self.seen),
        }
        tensors = {name: value.cpu().numpy() for name, value in self.network.state_dict().items()}
        write_model(Path(path), header, tensors)

    def _ready(self, name: str) -> Engine:
        """The network where it computes, by an engine."""
        network = self.network.to(_device()).eval()
        if name == "eager":
            return Engine(network)
        if name not in self._engines:
            self._engines[name] = Engine(network, name)
        return self._engines[name]

    def _batches(self, galaxies: Galaxies, shown: bool) -> Iterator[list[Tensor]]:
        """What the network is shown of the galaxies, a batch at a time, where it computes."""
        parts = galaxies.batches(BATCH)
        for part in track(parts, "predicting", -(-len(galaxies) // BATCH), "batch") if shown else parts:
            inputs, *beside = (torch.from_numpy(each) for each in self._inputs(part))
            seen = inputs if self.size is None or inputs.ndim < 4 else centre_cut(inputs, self.size)
            yield [each.to(_device()) for each in (seen, *beside)]

    def _inputs(self, galaxies: Galaxies) -> tuple[Float32[np.ndarray, "galaxies ..."], ...]:
        """What the network is shown of galaxies whose store may have more bands than it knows; E(B−V) comes second."""
        measured = () if self.system is None else (photometry(galaxies, self.system),)
        if self.network.inputs == "photometry":
            return *measured, known_ebv(galaxies)
        images = pixels(galaxies)[:, [galaxies.bands.index(band) for band in self.bands]]
        return images, known_ebv(galaxies), *measured

    def check(self, galaxies: Supply) -> None:
        """Refuse galaxies that are unlike those of the training.

        Raises:
            InputError: says in what.
        """
        missing = [band for band in self.bands if band not in galaxies.bands]
        if missing:
            raise InputError(
                f"{galaxies.path} has bands {' '.join(galaxies.bands)}, but the model needs {' '.join(missing)} too; "
                "give a store in the bands of its training."
            )
        if self.shape is not None:
            self._check_images(galaxies)

    def _check_images(self, galaxies: Supply) -> None:
        check_images(galaxies)
        check_size(galaxies, self.config.size)
        if self.size is None and galaxies.shape != self.shape:
            raise InputError(
                f"{galaxies.path} has cutouts of {_times(galaxies.shape)} pixels, but the model was trained on "
                f"{_times(self.shape)}; cut them to that size."
            )
        scale = galaxies.pixel_scale
        if self.pixel_scale and scale and not np.isclose(scale, self.pixel_scale, rtol=SCALE_TOLERANCE):
            raise InputError(
                f"{galaxies.path} has {scale:g} arcseconds a pixel, but the model was trained on {self.pixel_scale:g}; "
                "resample the images, or train on this store."
            )


def restore(file: ModelFile) -> NeuralModel:
    """The model a file holds.

    Raises:
        InputError: if the weights are not those of the network that the header names, or a key is not what it must be.
    """
    grid, config, bands = file.grid, file.value("network", NetworkConfig), file.bands
    members = file.value("members", int, 1)
    _check_weights(file, config, members)
    built = [build(config, bands, grid.bins) for _ in range(members)]
    network: Network = Ensemble(built) if members > 1 else built[0]
    network.load_state_dict({name: torch.from_numpy(array) for name, array in file.tensors.items()})
    shape, scale = file.value("shape", tuple[int, int] | None), file.value("pixel_scale", float | None)
    if (shape is not None and min(shape) < 1) or (scale is not None and scale <= 0):
        raise InputError(f"shape is {shape} and pixel_scale {scale}, but both must be above 0, or null.")
    system = MagnitudeSystem.stored(file) if network.inputs != "images" else None
    views, seen = checked_views(file.value("views", int)), TrainingRange.stored(file, bands)
    return NeuralModel(grid, config, network.eval(), bands, shape, scale, system, views, seen)


def _check_weights(file: ModelFile, config: NetworkConfig, members: int) -> None:
    """See that a file has the tensors of a network, or of each member of an ensemble, before one is made.

    Raises:
        InputError: names the first that is missing or another.
    """
    with torch.device("meta"):
        own = build(config, file.bands, file.grid.bins).state_dict()
    if members < 1 or members * len(own) != len(file.tensors):
        raise InputError(
            f"{len(file.tensors)} tensors are not those of {members} networks {config.name} of {len(own)}; copy or "
            "train the model again."
        )
    for start in [f"members.{number}." for number in range(members)] if members > 1 else [""]:
        for name, tensor in own.items():
            _check_tensor(file, start + name, tensor)


def _check_tensor(file: ModelFile, name: str, wanted: Tensor) -> None:
    """See that a tensor is there, of the shape and the kind of number that a network needs."""
    # a model file keeps a single number as a row of one
    shape = tuple(wanted.shape) or (1,)
    if wanted.is_floating_point():
        file.floats(name, *shape, kind=np.float32)
    elif name not in file.tensors or file.tensors[name].shape != shape or file.tensors[name].dtype.kind not in "iu":
        raise InputError(f"the tensor {name} is missing or another; copy or train the model again.")


def mass(
    network: Network,
    inputs: Float[Tensor, "batch ..."],
    beside: Sequence[Float[Tensor, "batch ..."]],
    views: int = 1,
) -> Float[Tensor, "batch bins"]:
    """Mass in each bin, float64, averaged over the first ``views`` symmetries of the images: the reference.

    Args:
        network: from inputs and what stands beside them to logits.
        inputs: images, or features of photometry.
        beside: E(B−V), and features of photometry for a network that takes both.
        views: 1 or 8.
    """
    return Engine(network).mass(inputs, beside, views)


def _device() -> torch.device:
    """Where networks predict."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def photometry(galaxies: Galaxies, system: MagnitudeSystem) -> Float32[np.ndarray, "galaxies features"]:
    """The features of a network on colours; NaN where one needs a band that the galaxy lacks.

    Raises:
        InputError: if the store has no photometry.
    """
    return features_of(galaxies, system, USE).astype(np.float32)


def check_size(galaxies: Supply, size: int | None) -> None:
    """See that the images are as large as what the network sees of them.

    Raises:
        InputError: otherwise.
    """
    if size is not None and galaxies.shape is not None and min(galaxies.shape) < size:
        raise InputError(
            f"{galaxies.path} has cutouts of {_times(galaxies.shape)} pixels, but the network sees {size}×{size}; give "
            "a store of larger cutouts, or set network.size to what it has."
        )


def checked_views(views: Any) -> int:
    """The number of symmetries averaged over.

    Raises:
        InputError: if it is neither 1 nor 8.
    """
    if views not in (1, SYMMETRIES):
        raise InputError(f"views is {views!r}, but must be 1 or {SYMMETRIES}.")
    return int(views)


def _times(shape: tuple[int, int] | None) -> str:
    return "no" if shape is None else f"{shape[0]}×{shape[1]}"
