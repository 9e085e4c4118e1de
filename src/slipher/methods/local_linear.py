"""Local linear regression on measured photometry (Beck et al. 2016, MNRAS 460, 1371, section 3).

The redshift of a galaxy is a plane fitted to its nearest training galaxies in a dereddened reference magnitude and the
adjacent colours, with one rejection of outliers; its error is the root mean square of the kept residuals. Distances
are measured in units of each feature's standard deviation, since magnitudes spread much wider than colours and would
choose the neighbours alone; ``beck`` is the same with the published distance.

Galaxies that lack a band are never dropped: those for training are counted and left out of the fit, those to predict
get the redshift distribution of the training sample and the error class 0.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.spatial import KDTree

from slipher.density.histogram import Density
from slipher.errors import InputError
from slipher.methods.around_fit import FLOOR, gaussian_mass, residual_mass
from slipher.methods.base import Job
from slipher.methods.features import magnitude_and_colours
from slipher.methods.file import write_model
from slipher.methods.local_fit import Planes, fit_planes
from slipher.options import check_choice, choices
from slipher.physics.magnitudes import dereddened_magnitudes
from slipher.progress import say
from slipher.redshift import Grid
from slipher.survey.pool import available_cores
from slipher.survey.store import Galaxies

__all__ = ["ERROR_CLASSES", "LocalLinear", "Options", "fit", "fit_named", "gaussian_mass", "restore"]

DETERMINISTIC = True
"""Nothing is drawn at random, so every seed gives the same model."""

CHUNK = 512
"""Galaxies fitted at once by one thread: their neighbours then stay in the processor's cache."""
LEAF = 32
"""Training galaxies in a leaf of the tree; about as quick from 16 to 64."""
ERROR_CLASSES = (0.1, 0.15, 0.2, 0.3, 0.5, 1.0)
"""Upper limits of the error classes 1 to 6, in magnitudes: the root mean square of the errors of a galaxy's magnitude
and colours. The idea of seven classes is Beck's (section 3.3), the limits are ours."""


@dataclass(frozen=True)
class Options:
    """What a group may set."""

    neighbours: int = 100
    """Training galaxies that a plane is fitted to."""
    scale: bool = True
    """Whether each feature is measured in its standard deviation when neighbours are looked for."""
    density: Literal["residuals", "gaussian"] = "residuals"
    """From the neighbours' own residuals, or a Gaussian of the fit and its error."""


@dataclass(frozen=True, eq=False)
class Found:
    """What a chunk of galaxies got."""

    planes: Planes
    outside: Bool[np.ndarray, "galaxies"]
    """Whether the galaxy lies outside the box that its neighbours span."""


@dataclass(frozen=True)
class LocalLinear:
    """The training photometry, in which neighbours are looked up."""

    name: str
    """Of the method that a file of it names."""
    grid: Grid
    bands: tuple[str, ...]
    options: Options
    features: Float[np.ndarray, "train features"]
    """Reference magnitude and adjacent colours, dereddened asinh magnitudes."""
    redshift: Float[np.ndarray, "train"]

    @cached_property
    def scale(self) -> Float[np.ndarray, "features"]:
        """The unit of each feature in distances, magnitudes."""
        spread = self.features.std(axis=0)
        return np.where((spread > 0) & self.options.scale, spread, 1.0)

    @cached_property
    def tree(self) -> KDTree:
        """The training galaxies, ready for looking up neighbours."""
        return KDTree(self.features / self.scale, leafsize=LEAF)

    @cached_property
    def prior(self) -> Float[np.ndarray, "bins"]:
        """The redshift distribution of the training galaxies, for those of which nothing is known."""
        counts = np.bincount(self.grid.index(self.redshift), minlength=self.grid.bins)
        mass = np.maximum(counts / counts.sum(), FLOOR)
        return np.asarray(mass / mass.sum())

    def find(self, features: Float[np.ndarray, "galaxies features"]) -> Found:
        """The planes of a chunk of galaxies, all of whose features are known."""
        # a list of ranks keeps the axis of neighbours even if there is one
        nearest = self.tree.query(features / self.scale, k=np.arange(1, self.options.neighbours + 1))[1]
        around = self.features[nearest]
        outside = ((features < around.min(axis=1)) | (features > around.max(axis=1))).any(axis=1)
        return Found(fit_planes(features, around, self.redshift[nearest]), outside)

    def predict(self, galaxies: Galaxies, progress: bool = True) -> Density:
        """A density around the fit of each galaxy; n(z) of the training sample where a band is missing.

        Raises:
            InputError: if the store has no photometry, or lacks a band of the training galaxies.
        """
        features, usable = _features(galaxies, self.bands, self.name)
        mass = np.tile(self.prior, (len(features), 1))
        mass[usable] = self._over_chunks(features[usable], self._mass, np.zeros((0, self.grid.bins)))
        return Density(self.grid, mass, galaxies.id, galaxies.redshift)

    def details(self, galaxies: Galaxies) -> dict[str, np.ndarray]:
        """Columns for a catalogue, as the Photoz table of SDSS has them.

        Returns:
            ``fit_z`` and ``fit_error`` (z and zErr), ``neighbours`` kept (nnCount), ``neighbours_z`` their mean
            redshift (nnAvgZ), ``error_class`` (photoErrorClass): 1 to 7 by the size of the photometric errors, negative
            where the galaxy lies outside its neighbours' box, 0 where a band is missing and all else is NaN or 0.

        Raises:
            InputError: as `predict`.
        """
        features, usable = _features(galaxies, self.bands, self.name)
        table = np.zeros((len(features), 5))
        table[:, [0, 1, 3]] = np.nan
        table[usable] = self._over_chunks(features[usable], self._row, np.zeros((0, 5)))
        table[:, 4] *= error_class(galaxies, self.bands)
        whole = table[:, [2, 4]].astype(np.int64)
        return {
            "fit_z": table[:, 0],
            "fit_error": table[:, 1],
            "neighbours": whole[:, 0],
            "neighbours_z": table[:, 3],
            "error_class": whole[:, 1],
        }

    def save(self, path: Path) -> None:
        """Write the model as one safetensors file."""
        header = {
            "method": self.name,
            "grid": {"z_max": self.grid.z_max, "bins": self.grid.bins},
            "bands": list(self.bands),
            "options": asdict(self.options),
        }
        write_model(path, header, {"features": self.features, "redshift": self.redshift})

    def _mass(self, features: Float[np.ndarray, "galaxies features"]) -> Float[np.ndarray, "galaxies bins"]:
        planes = self.find(features).planes
        if self.options.density == "gaussian":
            return gaussian_mass(planes.value, planes.error, self.grid)
        return residual_mass(planes.value, planes.residual, planes.error, self.grid)

    def _row(self, features: Float[np.ndarray, "galaxies features"]) -> Float[np.ndarray, "galaxies 5"]:
        found = self.find(features)
        planes = found.planes
        sign = np.where(found.outside, -1.0, 1.0)
        return np.column_stack([planes.value, planes.error, planes.count.astype(np.float64), planes.mean, sign])

    def _over_chunks(
        self,
        features: Float[np.ndarray, "galaxies features"],
        work: Callable[[np.ndarray], np.ndarray],
        none: Float[np.ndarray, "0 columns"],
    ) -> Float[np.ndarray, "galaxies columns"]:
        """The work on every chunk, in threads: the search and the arithmetic leave Python's lock alone."""
        _ = self.tree
        chunks = [features[start : start + CHUNK] for start in range(0, len(features), CHUNK)]
        with ThreadPoolExecutor(available_cores()) as pool:
            return np.concatenate([none, *pool.map(work, chunks)])


def error_class(galaxies: Galaxies, bands: tuple[str, ...]) -> Int[np.ndarray, "galaxies"]:
    """1 to 7 by the size of the photometric errors, 1 the best: `ERROR_CLASSES`."""
    index = [galaxies.bands.index(band) for band in bands]
    _, error = dereddened_magnitudes(
        galaxies.flux[:, index], galaxies.flux_error[:, index], np.nan_to_num(galaxies.ebv), bands
    )
    variance = np.square(error)
    reference = bands.index("r") if "r" in bands else len(bands) // 2
    colours = variance[:, :-1] + variance[:, 1:]
    typical = np.sqrt((variance[:, reference] + colours.sum(axis=1)) / len(bands))
    return np.asarray(np.digitize(typical, ERROR_CLASSES) + 1)


def fit(galaxies: Galaxies, job: Job) -> LocalLinear:
    """Keep the photometry of the labelled training galaxies.

    Raises:
        InputError: for a store without photometry, fewer galaxies than neighbours, or an unknown option.
    """
    return fit_named("local-linear", galaxies, job, Options())


def fit_named(name: str, galaxies: Galaxies, job: Job, defaults: Options) -> LocalLinear:
    """As `fit`, for a method of this name with defaults of its own."""
    options = _options(name, job.options, defaults, len(galaxies.bands))
    train = galaxies.train
    train = train[job.grid.contains(train.redshift)]
    features, usable = _features(train, tuple(galaxies.bands), name)
    if not usable.all():
        say(f"{name}: {(~usable).sum()} of {len(train)} training galaxies lack a band and are left out of the fit.")
    if usable.sum() < options.neighbours:
        raise InputError(
            f"{galaxies.path} has {usable.sum()} training galaxies with a redshift and all bands, but {name} fits "
            f"planes to {options.neighbours}; give more galaxies, or lower the method's option neighbours."
        )
    return LocalLinear(
        name, job.grid, tuple(galaxies.bands), options, features[usable], np.asarray(train.redshift[usable])
    )


def restore(header: Mapping[str, Any], tensors: Mapping[str, np.ndarray]) -> LocalLinear:
    """The model a file holds."""
    return LocalLinear(
        header["method"],
        Grid(**header["grid"]),
        tuple(header["bands"]),
        Options(**header["options"]),
        np.asarray(tensors["features"]),
        np.asarray(tensors["redshift"]),
    )


def _options(name: str, given: Mapping[str, Any], defaults: Options, bands: int) -> Options:
    """The options of a job, checked."""
    allowed = [field.name for field in fields(Options)]
    unknown = [key for key in given if key not in allowed]
    if unknown:
        raise InputError(f"method {name} has no option {unknown[0]}; allowed: {', '.join(allowed)}.")
    values = asdict(defaults) | dict(given)
    neighbours, scale = values["neighbours"], values["scale"]
    check_choice(values["density"], choices(Options)["density"], "options.density")
    if type(scale) is not bool:
        raise InputError(f"options.scale is {scale!r}, but must be true or false.")
    # a plane has as many coefficients as there are bands, and one: one neighbour more leaves it an error
    if type(neighbours) is not int or neighbours < bands + 2:
        raise InputError(
            f"options.neighbours is {neighbours!r}, but a plane in {bands} bands needs a whole number of at least "
            f"{bands + 2}."
        )
    return Options(**values)


def _features(
    galaxies: Galaxies, bands: tuple[str, ...], name: str
) -> tuple[Float[np.ndarray, "galaxies features"], Bool[np.ndarray, "galaxies"]]:
    """Reference magnitude and colours, and which galaxies have all bands."""
    if not galaxies.has("photometry"):
        raise InputError(
            f"{galaxies.path} has no photometry, which {name} works on; import a survey with photometry, or leave this "
            "group out."
        )
    missing = [band for band in bands if band not in galaxies.bands]
    if missing:
        raise InputError(
            f"{galaxies.path} has bands {''.join(galaxies.bands)}, but the model was fitted on {''.join(bands)}; give "
            "a store in those bands."
        )
    index = [galaxies.bands.index(band) for band in bands]
    flux, error = galaxies.flux[:, index], galaxies.flux_error[:, index]
    features = np.asarray(magnitude_and_colours(flux, error, galaxies.ebv, bands), np.float64)
    return features, np.isfinite(features).all(axis=1) & np.isfinite(error).all(axis=1)
