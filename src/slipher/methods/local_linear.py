"""Local linear regression on measured photometry (Beck et al. 2016, MNRAS 460, 1371, section 3).

The redshift of a galaxy is a plane fitted to its nearest training galaxies in a dereddened reference magnitude and the
adjacent colours, with one rejection of outliers; its error is the root mean square of the kept residuals. Distances
are measured in units of each feature's standard deviation, since magnitudes spread much wider than colours and would
choose the neighbours alone; ``beck`` is the same with the published distance.

A galaxy that lacks a band is fitted in the features that it has, among all training galaxies that have them; where
these are too few it gets the redshift distribution of the training sample and the error class 0.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
from jaxtyping import Bool, Float

from slipher.density.histogram import Density
from slipher.errors import InputError
from slipher.methods.base import Job
from slipher.methods.file import ModelFile, write_model
from slipher.methods.photometry.error_class import error_class
from slipher.methods.photometry.features import features_of
from slipher.methods.photometry.measured import USE, check_names
from slipher.methods.photometry.range import TrainingRange
from slipher.methods.photometry.system import MagnitudeSystem
from slipher.methods.planes.neighbours import Found, Neighbourhood
from slipher.methods.shapes.around_fit import FLOOR, gaussian_mass, residual_mass
from slipher.options import check_choice, choices
from slipher.progress import say
from slipher.redshift import Grid
from slipher.survey.store import Galaxies
from slipher.survey.supply import Supply

__all__ = ["LocalLinear", "Options", "check", "check_named", "fit", "fit_named", "gaussian_mass", "restore"]

DETERMINISTIC = True
"""Nothing is drawn at random, so every seed gives the same model."""


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
class LocalLinear:
    """The training photometry, in which neighbours are looked up."""

    name: str
    """Of the method that a file of it names."""
    grid: Grid
    system: MagnitudeSystem
    options: Options
    features: Float[np.ndarray, "train features"]
    """Reference magnitude and adjacent colours, dereddened asinh magnitudes; NaN where a band is missing."""
    redshift: Float[np.ndarray, "train"]
    seen: TrainingRange | None = None
    """The photometry of the training galaxies, outside of which others are flagged."""

    _parts: dict[bytes, Neighbourhood | None] = field(default_factory=dict, repr=False)

    @cached_property
    def prior(self) -> Float[np.ndarray, "bins"]:
        """The redshift distribution of the training galaxies, for those of which nothing is known."""
        counts = np.bincount(self.grid.index(self.redshift), minlength=self.grid.bins)
        mass = np.maximum(counts / counts.sum(), FLOOR)
        return np.asarray(mass / mass.sum())

    def among(self, known: Bool[np.ndarray, "features"]) -> Neighbourhood | None:
        """The training galaxies that have some of the features; None if they are fewer than the neighbours of a fit."""
        key = known.tobytes()
        if key not in self._parts:
            having = np.isfinite(self.features[:, known]).all(axis=1)
            few = not known.any() or having.sum() < self.options.neighbours
            own = (self.features[having][:, known], self.redshift[having])
            self._parts[key] = None if few else Neighbourhood(*own, self.options.neighbours, self.options.scale)
        return self._parts[key]

    def estimate(
        self, features: Float[np.ndarray, "galaxies features"]
    ) -> tuple[Float[np.ndarray, "galaxies"], Float[np.ndarray, "galaxies"]]:
        """Redshift and error of each galaxy from its features; NaN where too few are known."""
        rows = self._by_what_is_known(features, _row, np.full(5, np.nan))
        return rows[:, 0], rows[:, 1]

    def predict(self, galaxies: Galaxies, progress: bool = True) -> Density:
        """A density around the fit of each galaxy; n(z) of the training sample where there is no fit.

        Raises:
            InputError: if the store has no photometry, or lacks a band of the training galaxies.
        """
        mass = self._by_what_is_known(features_of(galaxies, self.system, USE.format(self.name)), self._mass, self.prior)
        return Density(self.grid, mass, galaxies.id, galaxies.redshift)

    def details(self, galaxies: Galaxies) -> dict[str, np.ndarray]:
        """Columns for a catalogue, as the Photoz table of SDSS has them.

        Returns:
            ``fit_z`` and ``fit_error`` (z and zErr), ``neighbours`` kept (nnCount), ``neighbours_z`` their mean
            redshift (nnAvgZ), ``error_class`` (photoErrorClass): 1 to 7 by the size of the photometric errors (7 also
            where a band is missing), negative where the galaxy lies outside its neighbours' box, 0 where there is no
            fit and all else is NaN or 0.

        Raises:
            InputError: as `predict`.
        """
        none = np.array([np.nan, np.nan, 0.0, np.nan, 0.0])
        rows = self._by_what_is_known(features_of(galaxies, self.system, USE.format(self.name)), _row, none)
        return {
            "fit_z": rows[:, 0],
            "fit_error": rows[:, 1],
            "neighbours": rows[:, 2].astype(np.int64),
            "neighbours_z": rows[:, 3],
            "error_class": rows[:, 4].astype(np.int64) * error_class(galaxies, self.system),
        }

    def save(self, path: Path) -> None:
        """Write the model as one safetensors file."""
        header = {
            "method": self.name,
            "grid": {"z_max": self.grid.z_max, "bins": self.grid.bins},
            **asdict(self.system),
            "options": asdict(self.options),
            "gaps": int(np.isnan(self.features).sum()),
            **TrainingRange.header(self.seen),
        }
        write_model(path, header, {"features": self.features, "redshift": self.redshift})

    def _mass(self, found: Found) -> Float[np.ndarray, "galaxies bins"]:
        planes = found.planes
        if self.options.density == "gaussian":
            return gaussian_mass(planes.value, planes.error, self.grid)
        return residual_mass(planes.value, planes.residual, planes.error, self.grid)

    def _by_what_is_known(
        self,
        features: Float[np.ndarray, "galaxies features"],
        work: Callable[[Found], Float[np.ndarray, "chunk columns"]],
        none: Float[np.ndarray, "columns"],
    ) -> Float[np.ndarray, "galaxies columns"]:
        """A row for each galaxy, fitted together with those that have the same features; ``none`` without a fit."""
        rows = np.tile(none, (len(features), 1))
        known = np.isfinite(features)
        for pattern in np.unique(known, axis=0):
            among, same = self.among(pattern), (known == pattern).all(axis=1)
            if among is not None:
                rows[same] = among.over_chunks(features[same][:, pattern], work)
        return rows


def _row(found: Found) -> Float[np.ndarray, "galaxies 5"]:
    """Redshift, error, neighbours kept, their mean, and 1 inside or −1 outside of their box."""
    planes, sign = found.planes, np.where(found.outside, -1.0, 1.0)
    return np.column_stack([planes.value, planes.error, planes.count.astype(np.float64), planes.mean, sign])


def check(galaxies: Supply, job: Job) -> None:
    """See that the options are right, and that there is photometry.

    Raises:
        InputError: otherwise.
    """
    check_named("local-linear", galaxies, job, Options())


def check_named(name: str, galaxies: Supply, job: Job, defaults: Options) -> None:
    """As `check`, for a method of this name with defaults of its own."""
    options = _options(name, job.options, defaults, len(galaxies.bands))
    MagnitudeSystem.check(galaxies, USE.format(name))
    if galaxies.train is not None:
        _check_count(name, galaxies, len(galaxies.train), options.neighbours, "at most ")


def fit(galaxies: Galaxies, job: Job) -> LocalLinear:
    """Keep the photometry of the labelled training galaxies.

    Raises:
        InputError: for a store without photometry, fewer galaxies than neighbours, or an unknown option.
    """
    return fit_named("local-linear", galaxies, job, Options())


def fit_named(name: str, galaxies: Galaxies, job: Job, defaults: Options) -> LocalLinear:
    """As `fit`, for a method of this name with defaults of its own."""
    check_named(name, galaxies, job, defaults)
    options = _options(name, job.options, defaults, len(galaxies.bands))
    train = galaxies.train
    train = train[job.grid.contains(train.redshift)]
    system = MagnitudeSystem.of(train, USE.format(name))
    features = features_of(train, system, USE.format(name))
    lacking = np.isnan(features).any(axis=1)
    if lacking.any():
        say(f"{name}: {lacking.sum()} of {len(train)} training galaxies lack a band and count where it is not needed.")
    _check_count(name, galaxies, int((~lacking).sum()), options.neighbours)
    seen = TrainingRange.of(train, system)
    return LocalLinear(name, job.grid, system, options, features, np.asarray(train.redshift), seen)


def _check_count(name: str, galaxies: Supply, count: int, neighbours: int, about: str = "") -> None:
    """See that there are enough training galaxies to choose neighbours among."""
    if count < neighbours:
        raise InputError(
            f"{galaxies.path} has {about}{count:,} training galaxies with a redshift and all bands, but {name} "
            f"fits planes to {neighbours}; give more galaxies, or lower the method's option neighbours."
        )


def restore(file: ModelFile) -> LocalLinear:
    """The model a file holds.

    Raises:
        InputError: if it holds none; names what is wrong.
    """
    name, grid, system = file.value("method", str), file.grid, MagnitudeSystem.stored(file)
    options = _options(name, file.options(Options), Options(), len(system.bands))
    features = file.floats("features", None, len(system.bands), gaps=True)
    redshift = file.floats("redshift", len(features))
    if not grid.contains(redshift).all() or np.isfinite(features).all(axis=1).sum() < options.neighbours:
        raise InputError(
            f"the tensors features and redshift must hold {options.neighbours} galaxies with all bands, each inside "
            "the grid; copy or train the model again."
        )
    gaps = int(np.isnan(features).sum())
    if file.version > 1 and gaps != file.value("gaps", int):
        raise InputError(
            f"the tensor features holds {gaps} numbers that are not known, but gaps is {file.value('gaps', int)}; copy "
            "or train the model again."
        )
    return LocalLinear(name, grid, system, options, features, redshift, TrainingRange.stored(file, system.bands))


def _options(name: str, given: Mapping[str, Any], defaults: Options, bands: int) -> Options:
    """The options of a job, checked."""
    check_names(name, Options, given)
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
