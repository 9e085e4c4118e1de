"""ANNz: a committee of small networks on magnitudes (Collister & Lahav 2004, PASP 116, 345, arXiv:astro-ph/0311058).

Inputs are the dereddened magnitudes, hidden layers 10 and 10, the output the redshift; the cost is the mean square
error with weight decay, minimised by a quasi-Newton method from several random starts, and the weights kept are those
that do best on validation galaxies (sections 2 and 3). The estimate is the committee's mean. Its variance is the sum of
the members' variance, of the photometric errors carried through the network, Σ (∂z/∂m_b)² σ_b² (section 3.2), and of
one constant for all galaxies, fitted to the residuals: what the two do not explain.

Differences: inputs are whitened (what a first layer can undo, and what makes its training quick), hidden units are
tanh, a logistic function but for scale, and there is a density: the residuals in units of their errors, scaled by each
galaxy's own, or a Gaussian. The residuals are those of the training and the validation galaxies together: networks as
small as these, stopped by other galaxies, fit those that they were trained on no better than the test galaxies
(measured, up to layers of 40), and a twentieth of a survey tells too little of tails. A band that a galaxy lacks is
filled in from its others, with the error of that; a galaxy without any gets the redshifts of the training sample and
the error class 0.
"""

import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from jaxtyping import Float
from scipy.optimize import minimize_scalar

from slipher.density.histogram import Density
from slipher.errors import InputError
from slipher.methods.base import Job
from slipher.methods.committee.members import Committee, parameters, trained
from slipher.methods.file import ModelFile, write_model
from slipher.methods.photometry.completion import Completion
from slipher.methods.photometry.error_class import error_class
from slipher.methods.photometry.measured import (
    USE,
    Measured,
    check_names,
    completion_of,
    labelled,
    measured,
    redshifts_alone,
)
from slipher.methods.photometry.range import TrainingRange
from slipher.methods.photometry.system import MagnitudeSystem
from slipher.methods.shapes.around_fit import gaussian_mass
from slipher.methods.shapes.residuals import ResidualShape
from slipher.options import MOST_EPOCHS, check_choice, check_most, choices
from slipher.redshift import Grid
from slipher.survey.store import Galaxies
from slipher.survey.supply import Supply

__all__ = ["Annz", "Options", "check", "fit", "restore"]

CHUNK = 8192
"""Galaxies estimated at once."""
MOST_WEIGHTS = 10_000_000
"""More than any catalogue of magnitudes determines; their training keeps some gigabytes."""

PerGalaxy = Float[np.ndarray, "galaxies"]


@dataclass(frozen=True)
class Options:
    """What a group may set."""

    members: int = 6
    """Networks in the committee."""
    hidden: tuple[int, ...] = (10, 10)
    """Widths of the hidden layers."""
    decay: float = 1e-5
    """λ of the weight decay λ Σw², beside a mean square error in units of the redshifts' variance."""
    iterations: int = 500
    """Steps of the quasi-Newton method at most; most members end before."""
    density: Literal["residuals", "gaussian"] = "residuals"
    """Shaped like the residuals, or Gaussian."""


@dataclass(frozen=True, eq=False)
class Estimator:
    """The committee between magnitudes and redshifts."""

    system: MagnitudeSystem
    completion: Completion
    committee: Committee
    centre: float
    """Mean redshift of the training galaxies, where the committee says 0."""
    scale: float
    """Their standard deviation, where it says 1 more."""

    def __call__(self, photometry: Measured) -> tuple[PerGalaxy, PerGalaxy]:
        """Redshift, and its variance by the members' spread and by the photometric errors."""
        whole = self.completion.whitened(photometry.magnitudes)
        parts = [self._part(whole[i : i + CHUNK], photometry.error[i : i + CHUNK]) for i in range(0, len(whole), CHUNK)]
        value, variance = np.concatenate([np.zeros((2, 0)), *parts], axis=1)
        return self.centre + self.scale * value, self.scale**2 * variance

    def _part(
        self, inputs: Float[np.ndarray, "galaxies bands"], error: Float[np.ndarray, "galaxies bands"]
    ) -> Float[np.ndarray, "2 galaxies"]:
        tensor = torch.from_numpy(inputs)
        said = self.committee(tensor).numpy()
        spread = said.var(axis=0, ddof=1) if len(said) > 1 else np.zeros(len(inputs))
        slopes = self.committee.slopes(tensor).numpy() @ self.completion.whitening
        return np.stack([said.mean(axis=0), spread + np.square(slopes * error).sum(axis=1)])


@dataclass(frozen=True, eq=False)
class Annz:
    """The estimator, and how far it is off."""

    grid: Grid
    options: Options
    estimator: Estimator
    noise: float
    """Variance of the redshift that neither the committee nor the photometric errors explain."""
    shape: ResidualShape
    prior: Float[np.ndarray, "bins"]
    """The redshift distribution of the training galaxies."""
    seen: TrainingRange | None = None
    """The photometry of the training galaxies, outside of which others are flagged."""

    def predict(self, galaxies: Galaxies, progress: bool = True) -> Density:
        """A density around the estimate of each galaxy; n(z) of the training sample where no band was measured.

        Raises:
            InputError: if the store has no photometry, or lacks a band of the training galaxies.
        """
        value, error = self._estimates(galaxies)
        known = np.isfinite(value)
        mass = np.tile(self.prior, (len(value), 1))
        mass[known] = self._mass(value[known], error[known])
        return Density(self.grid, mass, galaxies.id, galaxies.redshift)

    def details(self, galaxies: Galaxies) -> dict[str, np.ndarray]:
        """Columns for a catalogue.

        Returns:
            ``fit_z`` and ``fit_error``, NaN where no band was measured, and ``error_class``: 1 to 7 by the size of the
            photometric errors (7 also where a band is missing), 0 where all are.

        Raises:
            InputError: as `predict`.
        """
        value, error = self._estimates(galaxies)
        flag = np.where(np.isfinite(value), error_class(galaxies, self.estimator.system), 0)
        return {"fit_z": value, "fit_error": error, "error_class": flag}

    def save(self, path: Path) -> None:
        """Write the model as one safetensors file."""
        estimator, completion = self.estimator, self.estimator.completion
        header = {
            "method": "annz",
            "grid": asdict(self.grid),
            **asdict(estimator.system),
            "options": asdict(self.options),
            "centre": estimator.centre,
            "scale": estimator.scale,
            "noise": self.noise,
            **TrainingRange.header(self.seen),
        }
        tensors = {
            "members": estimator.committee.members.numpy(),
            "mean": completion.mean,
            "covariance": completion.covariance,
            "place": self.shape.place,
            "below": self.shape.below,
            "prior": self.prior,
        }
        write_model(path, header, tensors)

    def _estimates(self, galaxies: Galaxies) -> tuple[PerGalaxy, PerGalaxy]:
        """Redshift and error; NaN where no band was measured."""
        photometry = measured(galaxies, self.estimator.system, self.estimator.completion, "annz")
        value, variance = self.estimator(photometry)
        error = np.sqrt(variance + self.noise)
        return np.where(photometry.known, value, np.nan), np.where(photometry.known, error, np.nan)

    def _mass(self, value: PerGalaxy, error: PerGalaxy) -> Float[np.ndarray, "galaxies bins"]:
        if self.options.density == "gaussian":
            return gaussian_mass(value, error, self.grid)
        return self.shape.mass(value, error, self.grid)


def check(galaxies: Supply, job: Job) -> None:
    """See that the options are right, and that there is photometry.

    Raises:
        InputError: otherwise.
    """
    _options(job.options)
    MagnitudeSystem.check(galaxies, USE.format("annz"))


def fit(galaxies: Galaxies, job: Job) -> Annz:
    """Train the committee; the validation galaxies end the training.

    Raises:
        InputError: for a store without photometry, or too few galaxies, or an option that is none.
    """
    check(galaxies, job)
    options = _options(job.options)
    train, validation = labelled(galaxies, job.grid, "annz")
    system = MagnitudeSystem.of(train, USE.format("annz"))
    completion = completion_of(train, system, "annz")
    centre, scale = float(train.redshift.mean()), max(float(train.redshift.std()), job.grid.width)

    def part(one: Galaxies) -> tuple[torch.Tensor, torch.Tensor]:
        whole = completion.whitened(measured(one, system, completion, "annz").magnitudes)
        return torch.from_numpy(whole), torch.from_numpy((one.redshift - centre) / scale)

    committee = trained(
        part(train), part(validation), options.hidden, options.members, options.decay, options.iterations, job.seed
    )
    estimator = Estimator(system, completion, committee, centre, scale)
    looks = [(one.redshift, *estimator(measured(one, system, completion, "annz"))) for one in (train, validation)]
    redshift, value, variance = (np.concatenate(each) for each in zip(*looks, strict=True))
    residual = redshift - value
    noise = unexplained(residual, variance)
    return Annz(
        grid=job.grid,
        options=options,
        estimator=estimator,
        noise=noise,
        shape=ResidualShape.of(residual / np.sqrt(variance + noise)),
        prior=redshifts_alone(train.redshift, job.grid),
        seen=TrainingRange.of(train, system),
    )


def restore(file: ModelFile) -> Annz:
    """The model a file holds.

    Raises:
        InputError: if it holds none; names what is wrong.
    """
    grid, system, options = file.grid, MagnitudeSystem.stored(file), _options(file.options(Options))
    widths = (len(system.bands), *options.hidden, 1)
    members = torch.from_numpy(file.floats("members", options.members, parameters(widths)))
    centre, scale, noise = (file.value(key, float) for key in ("centre", "scale", "noise"))
    if not (0 <= centre <= grid.z_max and 0 < scale <= grid.z_max and noise >= 0):
        raise InputError(
            f"centre is {centre:g}, scale {scale:g} and noise {noise:g}, but the first two must lie inside the grid, "
            "and the last be at least 0; copy or train the model again."
        )
    return Annz(
        grid=grid,
        options=options,
        estimator=Estimator(system, Completion.stored(file), Committee(widths, members), centre, scale),
        noise=noise,
        shape=ResidualShape.stored(file),
        prior=file.mass("prior", grid),
        seen=TrainingRange.stored(file, system.bands),
    )


def unexplained(residual: PerGalaxy, variance: PerGalaxy) -> float:
    """The variance s² ≥ 0 that makes residuals likeliest, each a draw from N(0, variance + s²)."""
    square = np.square(residual)
    least, most = 1e-8, float(square.max()) + 1e-8

    def cost(logarithm: float) -> float:
        total = variance + np.exp(logarithm)
        return float(np.mean(np.log(total) + square / total))

    found = minimize_scalar(cost, bounds=(np.log(least), np.log(most)), method="bounded")
    return float(np.exp(found.x))


def _options(given: Mapping[str, Any]) -> Options:
    """The options of a job, checked."""
    check_names("annz", Options, given)
    values = asdict(Options()) | dict(given)
    check_choice(values["density"], choices(Options)["density"], "options.density")
    for name in ("members", "iterations"):
        if type(values[name]) is not int or values[name] < 1:
            raise InputError(f"options.{name} is {values[name]!r}, but must be a whole number of at least 1.")
    check_most(values["iterations"], MOST_EPOCHS, "options.iterations")
    hidden, decay = values["hidden"], values["decay"]
    if not isinstance(hidden, list | tuple) or not all(type(width) is int and width > 0 for width in hidden):
        raise InputError(f"options.hidden is {hidden!r}, but must be a list of widths such as [10, 10].")
    check_most(
        values["members"] * parameters((1, *hidden, 1)), MOST_WEIGHTS, "the number of weights in options.members"
    )
    if type(decay) not in (int, float) or not 0 <= decay <= sys.float_info.max:
        raise InputError(f"options.decay is {decay!r}, but must be a number of at least 0.")
    return Options(**{**values, "hidden": tuple(hidden), "decay": float(decay)})
