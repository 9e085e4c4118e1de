"""What a method is: a module with ``check``, ``fit`` and ``restore``; what it gives back: a model."""

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from slipher.density.histogram import Density
from slipher.errors import InputError
from slipher.methods.file import naming, read_model
from slipher.networks.config import NetworkConfig
from slipher.redshift import Grid
from slipher.survey.store import Galaxies
from slipher.training.config import TrainingConfig
from slipher.training.responses import Responses

__all__ = ["METHODS", "NETWORKS", "Job", "Model", "Responses", "fit", "load", "module"]

METHODS: dict[str, str] = {
    "neural": "slipher.methods.neural",
    "pretrained": "slipher.methods.pretrained",
    "trainz": "slipher.methods.trainz",
    "local-linear": "slipher.methods.local_linear",
    "beck": "slipher.methods.beck",
    "annz": "slipher.methods.annz",
    "flexcode": "slipher.methods.flexcode",
}
"""Name of each method and the module that holds its ``check(galaxies, job)``, ``fit(galaxies, job)`` and
``restore(file)``. A check says in time what is wrong with a job, or what the galaxies lack for it, be they a
store's or announced (survey/supply.py); ``fit`` begins with it."""
NETWORKS = frozenset({"neural", "pretrained"})
"""Those that train the job's network, which takes time worth foretelling."""


@runtime_checkable
class Model(Protocol):
    """What has been fitted: it predicts, and it can be kept."""

    grid: Grid

    def predict(self, galaxies: Galaxies, progress: bool = True) -> Density:
        """The density of every galaxy, in the order of the rows; ids and known redshifts ride along."""
        ...

    def save(self, path: Path) -> None:
        """Write the model as one safetensors file with its configuration in the header."""
        ...


@dataclass(frozen=True)
class Job:
    """All that a method is told beside the galaxies; each method takes what concerns it."""

    grid: Grid = field(default_factory=Grid)
    seed: int = 0
    folder: Path | None = None
    """Where checkpoints and history go; None keeps nothing on disk and cannot continue."""
    network: NetworkConfig = field(default_factory=NetworkConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)
    augment: tuple[str, ...] = ()
    """Of the operations of ``AUGMENTATIONS`` in training/config.py."""
    constraints: Any = field(default_factory=dict)
    """As a study file gives them, ``{"flux": 0.1}``, or a sum of constraints, ``0.1 * Flux()``."""
    base: Path | None = None
    """Folder of the study file, from which ``mine.py:Smooth`` is looked up; None is the current one."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Options of the method itself."""
    responses: Callable[[Galaxies, Grid, Any], Responses] | None = None
    """Makes the response table for a Flux constraint; None takes the cache beside the store."""
    progress: bool = True
    """Whether a progress bar is shown."""
    label: str = "training"
    """What the progress bar calls it."""


def module(name: str) -> Any:
    """The module of a method.

    Raises:
        InputError: if there is none of that name; lists those there are.
    """
    if name not in METHODS:
        raise InputError(f"there is no method {name!r}; there are {', '.join(METHODS)}.")
    return importlib.import_module(METHODS[name])


def fit(galaxies: Galaxies, constraints: Any = None, method: str = "neural", **options: Any) -> Model:
    """Fit a method to galaxies: ``slipher.fit``.

    Args:
        galaxies: a store, or its training part.
        constraints: a sum such as ``0.1 * Flux() + 0.1 * CDELoss()``.
        method: a name of ``METHODS``.
        options: fields of ``Job``: grid, seed, folder, network, training, augment ...

    Raises:
        InputError: for an unknown option, or whatever the method does not accept.
    """
    names = [field.name for field in fields(Job)]
    unknown = [name for name in options if name not in names]
    if unknown:
        raise InputError(f"fit has no option {unknown[0]!r}; allowed are {', '.join(names)}.")
    fitted: Model = module(method).fit(galaxies, Job(constraints=constraints or {}, **options))
    return fitted


def load(path: Path | str, grid: Grid | None = None) -> Model:
    """Read any model that was saved.

    Args:
        path: a model file.
        grid: the redshift grid it must have, if that matters.

    Raises:
        InputError: if the file is no model of ours, is damaged, or is for another grid.
    """
    file = read_model(Path(path))
    with naming(file.path):
        model: Model = module(file.value("method", str)).restore(file)
    if grid is not None and model.grid != grid:
        raise InputError(
            f"{path} is a model for {model.grid.bins} bins to redshift {model.grid.z_max:g}, not {grid.bins} bins to "
            f"{grid.z_max:g}; give the grid it was trained on, or train one on this grid."
        )
    return model
