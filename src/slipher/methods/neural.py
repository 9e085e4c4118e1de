"""A network trained on images or colours, under soft constraints (Engel & Strube): the method of the paper."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Float32
from torch import Tensor

from slipher import __version__
from slipher.constraints.base import Constraint
from slipher.constraints.config import from_config
from slipher.constraints.flux import Flux
from slipher.constraints.terms import Terms
from slipher.density.histogram import Density
from slipher.errors import InputError
from slipher.methods.base import Job
from slipher.methods.features import features_of, spread
from slipher.methods.file import write_model
from slipher.networks.build import build
from slipher.networks.colours import Colours
from slipher.networks.config import NetworkConfig
from slipher.networks.images import ImageNetwork
from slipher.networks.mixed import MixedNetwork
from slipher.physics.symmetry import SYMMETRIES, apply_symmetry
from slipher.progress import track
from slipher.redshift import Grid
from slipher.survey.store import Galaxies, open_store
from slipher.training.augment import Augmenter
from slipher.training.config import AUGMENTATIONS, TrainingConfig
from slipher.training.examples import Reader, Recipe, known_ebv, pixels
from slipher.training.history import History
from slipher.training.loop import Task, train
from slipher.training.responses import Responses
from slipher.training.skyunit import sky_unit
from slipher.training.step import Objective

__all__ = ["NeuralModel", "fit", "restore"]

BATCH = 256
"""Galaxies predicted at once."""
SCALE_TOLERANCE = 0.01
"""How far the pixel scale may differ, relative."""


@dataclass(frozen=True, eq=False)
class NeuralModel:
    """A trained network and all that must hold of the galaxies it is shown."""

    grid: Grid
    config: NetworkConfig
    network: ImageNetwork | Colours
    bands: tuple[str, ...]
    shape: tuple[int, int] | None = None
    """(y, x) of the cutouts it was trained on."""
    pixel_scale: float | None = None
    """Arcseconds a pixel."""
    views: int = 1
    """Symmetries that a prediction is averaged over, 1 or 8."""
    history: History | None = None
    """How the training went, if this model was trained here."""

    def predict(self, galaxies: Galaxies, progress: bool = True, views: int | None = None) -> Density:
        """The density of every galaxy, in the order of the rows, the same whenever it is asked for.

        Args:
            galaxies: any galaxies with the bands, the pixel scale and the size of the training's.
            progress: whether a progress bar is shown.
            views: 8 averages the densities over the eight symmetries; None does as the model was told to.

        Raises:
            InputError: if the galaxies do not suit the model; says why.
        """
        self._check(galaxies)
        views = _checked_views(self.views if views is None else views)
        parts = list(self._masses(galaxies, views, progress))
        mass = np.concatenate(parts) if parts else np.empty((0, self.grid.bins))
        return Density(self.grid, mass, id=galaxies.id, redshift=galaxies.redshift)

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
            "views": self.views,
            "software": f"slipher {__version__}",
        }
        tensors = {name: value.cpu().numpy() for name, value in self.network.state_dict().items()}
        write_model(Path(path), header, tensors)

    def _masses(self, galaxies: Galaxies, views: int, shown: bool) -> Iterator[Float[np.ndarray, "batch bins"]]:
        """Masses of the galaxies, a batch at a time, in float32 arithmetic whatever the training used."""
        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        network = self.network.to(device).eval()
        parts = galaxies.batches(BATCH)
        for part in track(parts, "predicting", -(-len(galaxies) // BATCH), "batch") if shown else parts:
            inputs, *beside = (torch.from_numpy(each).to(device) for each in self._inputs(part))
            yield mass(network, inputs, beside, views).cpu().numpy()

    def _inputs(self, galaxies: Galaxies) -> tuple[Float32[np.ndarray, "galaxies ..."], ...]:
        """What the network is shown of galaxies whose store may have more bands than it knows; E(B−V) comes second."""
        if self.network.inputs == "photometry":
            return photometry(galaxies, self.bands), known_ebv(galaxies)
        images = pixels(galaxies)[:, [galaxies.bands.index(band) for band in self.bands]]
        measured = (photometry(galaxies, self.bands),) if self.network.inputs == "both" else ()
        return images, known_ebv(galaxies), *measured

    def _check(self, galaxies: Galaxies) -> None:
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
        if self.shape is not None and galaxies.has("images"):
            self._check_images(galaxies)

    def _check_images(self, galaxies: Galaxies) -> None:
        if galaxies.shape != self.shape:
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


def fit(galaxies: Galaxies, job: Job) -> NeuralModel:
    """Train a network on the labelled training galaxies; the validation galaxies choose the epoch.

    Args:
        galaxies: a store, or its training part (the validation galaxies are then taken from the store).
        job: grid, network, training, augment, constraints; of its options ``views`` (1 or 8) is for prediction.

    Raises:
        InputError: for anything in the job or the store that does not fit; says what.
    """
    network = _network(job, galaxies.bands)
    terms = _terms(job)
    _check_job(galaxies, job, terms, network)
    train_part, validation_part = _labelled(galaxies, job.grid)
    _calibrate(network, train_part)
    recipe = _recipe(galaxies, job, terms, network)
    task = Task(
        network=network,
        train=Reader(train_part, recipe),
        validation=Reader(validation_part, recipe),
        objective=Objective(
            job.grid, terms, job.training.reduction, _augmenter(galaxies, job.training), job.training.loss
        ),
        config=job.training,
        augment=job.augment,
        seed=job.seed,
        folder=job.folder,
        identity=_identity(galaxies, job, terms, train_part),
        label=job.label,
        progress=job.progress,
    )
    history = train(task)
    return NeuralModel(
        grid=job.grid,
        config=job.network,
        network=network.cpu(),
        bands=galaxies.bands,
        shape=galaxies.shape if network.inputs != "photometry" else None,
        pixel_scale=galaxies.pixel_scale if network.inputs != "photometry" else None,
        views=_checked_views(job.options.get("views", 1)),
        history=history,
    )


def restore(header: Mapping[str, Any], tensors: Mapping[str, np.ndarray]) -> NeuralModel:
    """The model a file holds.

    Raises:
        InputError: if the weights are not those of the network that the header names.
    """
    grid, config, bands = Grid(**header["grid"]), NetworkConfig(**header["network"]), tuple(header["bands"])
    network = build(config, bands, grid.bins)
    try:
        network.load_state_dict({name: torch.from_numpy(array) for name, array in tensors.items()})
    except RuntimeError as error:
        raise InputError("the model file's weights are not those of the network it names; train it again.") from error
    shape = None if header["shape"] is None else (int(header["shape"][0]), int(header["shape"][1]))
    return NeuralModel(grid, config, network.eval(), bands, shape, header["pixel_scale"], int(header["views"]))


@torch.inference_mode()
def mass(
    network: ImageNetwork | Colours,
    inputs: Float[Tensor, "batch ..."],
    beside: Sequence[Float[Tensor, "batch ..."]],
    views: int = 1,
) -> Float[Tensor, "batch bins"]:
    """Mass in each bin, float64, averaged over the first ``views`` symmetries of the images.

    Args:
        network: from inputs and what stands beside them to logits.
        inputs: images, or features of photometry.
        beside: E(B−V), and features of photometry for a network that takes both.
        views: 1 or 8.
    """
    total = torch.zeros(())
    for symmetry in range(views):
        which = torch.full((len(inputs),), symmetry, device=inputs.device)
        seen = apply_symmetry(inputs, which) if symmetry else inputs
        total = total.to(inputs.device) + network(seen, *beside).double().softmax(dim=1)
    return total / views


def photometry(galaxies: Galaxies, bands: tuple[str, ...]) -> Float32[np.ndarray, "galaxies features"]:
    """The features of a network on colours; NaN where one needs a band that the galaxy lacks.

    Raises:
        InputError: if the store has no photometry.
    """
    return features_of(galaxies, bands, "a network on colours needs; train one on images").astype(np.float32)


def _network(job: Job, bands: tuple[str, ...]) -> ImageNetwork | Colours:
    """A network initialised by the job's seed, without touching anybody else's random numbers."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(job.seed)
        return build(job.network, bands, job.grid.bins)


def _terms(job: Job) -> Terms:
    """The constraints, however they were given."""
    given = job.constraints
    if isinstance(given, Terms | Constraint):
        return 1.0 * given
    return from_config(given or {}, job.base)


def _check_job(galaxies: Galaxies, job: Job, terms: Terms, network: ImageNetwork | Colours) -> None:
    """Refuse what cannot be trained before anything is read."""
    unknown = [name for name in job.augment if name not in AUGMENTATIONS]
    if unknown:
        raise InputError(f"augment holds {unknown[0]!r}, but may hold {', '.join(AUGMENTATIONS)}.")
    other = set(job.options) - {"views"}
    if other:
        raise InputError(f"method neural has no option {', '.join(sorted(other))}; allowed: views.")
    if len(terms.of_type(Flux)) > 1:
        raise InputError("constraints has two flux terms, but a training can hold one response table; keep one.")
    operations = _operations(job, terms)
    if network.inputs == "photometry" and operations:
        raise InputError(
            "a network on colours sees no image, so it takes neither augment nor invariance; leave it out."
        )


def _operations(job: Job, terms: Terms) -> tuple[str, ...]:
    """What images go through, be it to augment or for second views."""
    return AUGMENTATIONS if "views" in terms.needs else job.augment


def _labelled(galaxies: Galaxies, grid: Grid) -> tuple[Galaxies, Galaxies]:
    """Training and validation galaxies with a redshift.

    Raises:
        InputError: if there are too few, or one lies outside the grid.
    """
    whole = galaxies if len(galaxies.validation) else open_store(galaxies.path)
    return _inside(galaxies.train, grid, "training", 2), _inside(whole.validation, grid, "validation", 1)


def _inside(part: Galaxies, grid: Grid, name: str, least: int) -> Galaxies:
    """The labelled galaxies of a part, all of them inside the grid."""
    labelled = part[np.isfinite(part.redshift)]
    if len(labelled) < least:
        raise InputError(f"{part.path} has {len(labelled)} labelled {name} galaxies; it needs at least {least}.")
    grid.index(labelled.redshift)
    return labelled


def _calibrate(network: ImageNetwork | Colours, galaxies: Galaxies) -> None:
    """Give the network the scale of what it will see, from the training galaxies."""
    if isinstance(network, Colours):
        network.calibrate(*_spread(galaxies))
        return
    network.calibrate(torch.from_numpy(sky_unit(galaxies)))
    if isinstance(network, MixedNetwork):
        network.calibrate_photometry(*_spread(galaxies))


def _spread(galaxies: Galaxies) -> tuple[Float[Tensor, "features"], Float[Tensor, "features"]]:
    """Mean and standard deviation of the features of photometry."""
    mean, deviation = spread(photometry(galaxies, galaxies.bands).astype(np.float64))
    return torch.from_numpy(mean), torch.from_numpy(deviation)


def _recipe(galaxies: Galaxies, job: Job, terms: Terms, network: ImageNetwork | Colours) -> Recipe:
    """What is read of each galaxy."""
    measured = partial(photometry, bands=galaxies.bands)
    sky = job.training.sky == "robust" and "background" in _operations(job, terms)
    if sky and not (galaxies.has("sky") and galaxies.has("sources")):
        raise InputError(
            f"{galaxies.path} holds no measured sky, which the background operator needs; import it again with sep "
            "installed, or set training.sky to paper."
        )
    flux = terms.of_type(Flux)
    return Recipe(
        grid=job.grid,
        inputs=measured if network.inputs == "photometry" else pixels,
        photometry=measured if network.inputs == "both" else None,
        sky=sky,
        responses=_responses(galaxies, job, flux[0]) if flux else None,
    )


def _responses(galaxies: Galaxies, job: Job, flux: Flux) -> Responses:
    """The response table that the flux constraint looks up."""
    if job.responses is not None:
        return job.responses(galaxies, job.grid, flux)
    from slipher.survey.responses import response_cache

    return response_cache(open_store(galaxies.path), job.grid, flux)


def _augmenter(galaxies: Galaxies, config: TrainingConfig) -> Augmenter:
    correlation = torch.from_numpy(galaxies.sky_correlation) if galaxies.has("correlation") else None
    return Augmenter(config.sky, config.clips, correlation)


def _identity(galaxies: Galaxies, job: Job, terms: Terms, train_part: Galaxies) -> str:
    """A digest of all that determines the outcome, so that no other training's checkpoint is taken up."""
    document = {
        "store": galaxies.fingerprint,
        "rows": hashlib.sha256(train_part.rows.tobytes()).hexdigest(),
        "grid": asdict(job.grid),
        "network": asdict(job.network),
        "training": asdict(job.training),
        "augment": job.augment,
        "constraints": repr(terms),
        "seed": job.seed,
    }
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


def _checked_views(views: Any) -> int:
    """The number of symmetries averaged over.

    Raises:
        InputError: if it is neither 1 nor 8.
    """
    if views not in (1, SYMMETRIES):
        raise InputError(f"views is {views!r}, but must be 1 or {SYMMETRIES}.")
    return int(views)


def _times(shape: tuple[int, int] | None) -> str:
    return "no" if shape is None else f"{shape[0]}×{shape[1]}"
