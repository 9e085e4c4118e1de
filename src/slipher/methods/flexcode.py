"""FlexCode: a density expanded in cosines, whose coefficients any regressor estimates.

Izbicki & Lee (2017, Electron. J. Stat. 11, 2800, arXiv:1704.08095); Dalmasso et al. (2020, Astron. Comput. 30, 100362,
arXiv:1908.11523). With u = z/z_max, p(u|x) = 1 + Σ_j β_j(x) φ_j(u) and β_j(x) = E[φ_j(U)|x], which is a regression.
The number of cosines, and then together the bump that is too small to be believed and the power that sharpens, are
those with the least conditional density loss on the validation galaxies. That loss is taken of the very masses that
would be predicted, on the grid of the redshifts: the reference implementation scores coefficients in one scale of
redshift against densities in another when it chooses the last two.

Features are the reference magnitude, the adjacent colours and the whitened magnitudes, or what a trained network makes
of the galaxies before its last layer. A galaxy without any measured band gets the redshifts of the training sample.

A fitted regressor can be kept by pickling it only, which is not done: the file holds what it was fitted to, and it is
fitted again, with the same seed, when a loaded model first predicts. That takes as long as the first time; the file
holds what the regressor said of some galaxies too, and a regressor that now says otherwise is refused.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Float32

from slipher.density.histogram import Density
from slipher.errors import InputError
from slipher.methods.base import Job
from slipher.methods.expansion.cosine import values
from slipher.methods.expansion.features import Embedding, Photometry, restored_features
from slipher.methods.expansion.regressors import check_regressor, fitted, predicted, regressor_class
from slipher.methods.expansion.shape import Shape, best_shape
from slipher.methods.file import ModelFile, write_model
from slipher.methods.photometry.error_class import error_class
from slipher.methods.photometry.features import spread
from slipher.methods.photometry.measured import USE, check_names, labelled, redshifts_alone
from slipher.methods.photometry.range import TrainingRange
from slipher.methods.photometry.system import MagnitudeSystem
from slipher.redshift import Grid
from slipher.survey.store import Galaxies
from slipher.survey.supply import Supply

__all__ = ["FlexCode", "Options", "check", "fit", "restore"]

REGRESSOR = "ExtraTreesRegressor"
REGRESSOR_OPTIONS = {"n_estimators": 100, "min_samples_leaf": 5}
"""Of the default regressor: of forests, nearest neighbours, boosted trees and networks the one with the least loss on
real catalogues that is fitted in seconds."""
WITNESSES = 32
"""Training galaxies by which a regressor that is fitted again is known to be the same."""
SAME = 1e-6
"""How far its coefficients may then differ."""


@dataclass(frozen=True)
class Options:
    """What a group may set."""

    on: str = "photometry"
    """What is regressed on: photometry, or the file of a neural model, whose last layer's input it is."""
    regressor: str = REGRESSOR
    """A regressor class of scikit-learn."""
    regressor_options: Mapping[str, Any] | None = None
    """Its arguments; null takes slipher's for the default regressor, and scikit-learn's for another."""
    basis: int = 35
    """Cosines at most; how many are used is chosen on the validation galaxies."""

    @property
    def arguments(self) -> Mapping[str, Any]:
        """The regressor's arguments."""
        if self.regressor_options is not None:
            return self.regressor_options
        return REGRESSOR_OPTIONS if self.regressor == REGRESSOR else {}


@dataclass
class Expansion:
    """The regression of cosines on features; the regressor is fitted when it is first needed."""

    options: Options
    seed: int
    grid: Grid
    features: Float32[np.ndarray, "train features"]
    redshift: Float[np.ndarray, "train"]
    witness: Float[np.ndarray, "witnesses basis"] | None = None
    """What the regressor said of the first training galaxies when it was first fitted."""

    @cached_property
    def scaling(self) -> tuple[Float[np.ndarray, "features"], Float[np.ndarray, "features"]]:
        """Mean and standard deviation of the features."""
        return spread(self.features.astype(np.float64))

    @cached_property
    def regressor(self) -> Any:
        """The regressor.

        Raises:
            InputError: if it is not the one that it was when the model was saved.
        """
        targets = values(self.redshift / self.grid.z_max, self.options.basis)
        inputs = self._scaled(self.features)
        found = fitted(self.options.regressor, self.options.arguments, self.seed, inputs, targets)
        witness = predicted(found, inputs[:WITNESSES], self.options.basis)
        if self.witness is None:
            self.witness = witness
        if not np.allclose(witness, self.witness, rtol=0, atol=SAME):
            raise InputError(
                f"{self.options.regressor} of this scikit-learn, fitted again, is not the one that the model was saved "
                "with; train the model again, or install the scikit-learn that it was made with."
            )
        return found

    def coefficients(self, features: Float32[np.ndarray, "galaxies features"]) -> Float[np.ndarray, "galaxies basis"]:
        """β_1 … of galaxies."""
        return predicted(self.regressor, self._scaled(features), self.options.basis)

    def _scaled(self, features: Float32[np.ndarray, "galaxies features"]) -> Float[np.ndarray, "galaxies features"]:
        mean, deviation = self.scaling
        return np.asarray((features - mean) / deviation)


@dataclass(frozen=True, eq=False)
class FlexCode:
    """The regression, and how densities are made of it."""

    features: Photometry | Embedding
    expansion: Expansion
    shape: Shape
    prior: Float[np.ndarray, "bins"] = field(repr=False)
    """The redshift distribution of the training galaxies."""
    seen: TrainingRange | None = None
    """The photometry of the training galaxies, outside of which others are flagged."""

    @property
    def grid(self) -> Grid:
        """The redshift grid."""
        return self.expansion.grid

    def predict(self, galaxies: Galaxies, progress: bool = True) -> Density:
        """The density of every galaxy; n(z) of the training sample where no band was measured.

        Raises:
            InputError: if the galaxies lack what the features need.
        """
        features, known = self.features(galaxies)
        mass = np.tile(self.prior, (len(features), 1))
        mass[known] = self.shape.mass(self.expansion.coefficients(features[known]), self.grid)
        return Density(self.grid, mass, galaxies.id, galaxies.redshift)

    def details(self, galaxies: Galaxies) -> dict[str, np.ndarray]:
        """Columns for a catalogue.

        Returns:
            On photometry ``error_class``: 1 to 7 by the size of the photometric errors (7 also where a band is
            missing), 0 where all are. Nothing on a network's embedding.

        Raises:
            InputError: as `predict`.
        """
        if isinstance(self.features, Embedding):
            return {}
        _, known = self.features(galaxies)
        return {"error_class": np.where(known, error_class(galaxies, self.features.system), 0)}

    def save(self, path: Path) -> None:
        """Write what the regressor was fitted to, the choices, and the network if there is one, as one safetensors."""
        expansion = self.expansion
        header = {
            "method": "flexcode",
            "grid": asdict(self.grid),
            "options": {**asdict(expansion.options), "on": "photometry"},
            "seed": expansion.seed,
            "shape": asdict(self.shape),
            **self.features.header,
            **TrainingRange.header(self.seen),
        }
        _ = expansion.regressor
        tensors = {
            "features": expansion.features,
            "redshift": expansion.redshift,
            "witness": np.asarray(expansion.witness),
            "prior": self.prior,
            **self.features.tensors,
        }
        write_model(path, header, tensors)


def check(galaxies: Supply, job: Job) -> None:
    """See that the options are right, and that there is what is regressed on.

    Raises:
        InputError: otherwise.
    """
    options = _options(job.options)
    check_regressor(options.regressor, options.arguments)
    if galaxies.train is not None and options.basis > max(len(galaxies.train), Options().basis):
        raise InputError(
            f"options.basis is {options.basis:,}, but {galaxies.path} has at most {len(galaxies.train):,} training "
            "galaxies, which tell no more cosines than that apart; lower it."
        )
    if options.on == "photometry":
        MagnitudeSystem.check(galaxies, USE.format("flexcode"))
    else:
        Embedding.of((job.base or Path()) / options.on).check(galaxies)


def fit(galaxies: Galaxies, job: Job) -> FlexCode:
    """Regress the cosines of the training galaxies' redshifts; the validation galaxies choose how they are used.

    Raises:
        InputError: for a store without photometry, too few galaxies, or an option that is none.
    """
    check(galaxies, job)
    options = _options(job.options)
    train, validation = labelled(galaxies, job.grid, "flexcode")
    own = Photometry.of(train) if options.on == "photometry" else Embedding.of((job.base or Path()) / options.on)
    features, known = own(train)
    expansion = Expansion(options, job.seed, job.grid, features[known], np.asarray(train.redshift[known]))
    features, known = own(validation)
    if not known.any():
        raise InputError(f"{galaxies.path} has no validation galaxy with photometry; give a store that has some.")
    shape = best_shape(expansion.coefficients(features[known]), validation.redshift[known], job.grid)
    return FlexCode(own, expansion, shape, redshifts_alone(train.redshift, job.grid), TrainingRange.of(train))


def restore(file: ModelFile) -> FlexCode:
    """The model a file holds; it is fitted again when it first predicts.

    Raises:
        InputError: if it holds none; names what is wrong.
    """
    grid, own, options = file.grid, restored_features(file), _options(file.options(Options))
    regressor_class(options.regressor)
    shape = file.value("shape", Shape)
    features = file.floats("features", None, own.count, kind=np.float32)
    redshift = file.floats("redshift", len(features))
    witness = file.floats("witness", min(len(features), WITNESSES), options.basis)
    if not len(redshift) or not grid.contains(redshift).all() or shape.cosines > options.basis:
        raise InputError(
            "the tensor redshift must hold galaxies inside the grid, and shape.cosines be at most options.basis; "
            "copy or train the model again."
        )
    expansion = Expansion(options, file.value("seed", int), grid, features, redshift, witness)
    seen = TrainingRange.stored(file, own.system.bands if isinstance(own, Photometry) else None)
    return FlexCode(own, expansion, shape, file.mass("prior", grid), seen)


def _options(given: Mapping[str, Any]) -> Options:
    """The options of a job, checked."""
    check_names("flexcode", Options, given)
    values = asdict(Options()) | dict(given)
    for name in ("on", "regressor"):
        if not isinstance(values[name], str):
            raise InputError(f"options.{name} is {values[name]!r}, but must be a name.")
    basis, arguments = values["basis"], values["regressor_options"]
    if type(basis) is not int or basis < 1:
        raise InputError(f"options.basis is {basis!r}, but must be a whole number of at least 1.")
    if arguments is not None and not isinstance(arguments, Mapping):
        raise InputError(
            f"options.regressor_options is {arguments!r}, but must be names and values such as {{n_estimators: 200}}."
        )
    return Options(**values)
