"""slipher: photometric redshifts from galaxy images as calibrated conditional densities.

Everything a notebook needs is here by name; a name is imported when it is first used, so that ``import slipher`` is
quick and needs no torch.
"""

import importlib
import os
from typing import TYPE_CHECKING, Any

from slipher import threads

__version__ = "0.1.0"

# before torch is loaded by whoever needs it
threads.prepare(os.environ)

if TYPE_CHECKING:
    from slipher.constraints.base import Constraint as Constraint
    from slipher.constraints.cde import CDELoss as CDELoss
    from slipher.constraints.flux import Flux as Flux
    from slipher.constraints.invariance import Invariance as Invariance
    from slipher.density.evaluate import evaluate as evaluate
    from slipher.density.file import read as read_densities
    from slipher.density.file import write as write_densities
    from slipher.density.histogram import Density as Density
    from slipher.density.scores import point_scores as point_scores
    from slipher.density.scores import scores as scores
    from slipher.errors import InputError as InputError
    from slipher.methods.base import fit as fit
    from slipher.methods.base import load as load
    from slipher.networks.config import NetworkConfig as NetworkConfig
    from slipher.redshift import Grid as Grid
    from slipher.report.page import write_report as write_report
    from slipher.study.config import StudyConfig as StudyConfig
    from slipher.study.config import read_config as read_config
    from slipher.study.predict import predict as predict
    from slipher.study.run import run_study as run_study
    from slipher.survey.images import import_images as import_images
    from slipher.survey.mock.simulate import simulate as simulate
    from slipher.survey.store import Galaxies as Galaxies
    from slipher.survey.store import open_store as open  # noqa: A004
    from slipher.training.config import TrainingConfig as TrainingConfig

_HOMES = {
    "CDELoss": ("constraints.cde", "CDELoss"),
    "Constraint": ("constraints.base", "Constraint"),
    "Density": ("density.histogram", "Density"),
    "Flux": ("constraints.flux", "Flux"),
    "Galaxies": ("survey.store", "Galaxies"),
    "Grid": ("redshift", "Grid"),
    "InputError": ("errors", "InputError"),
    "Invariance": ("constraints.invariance", "Invariance"),
    "NetworkConfig": ("networks.config", "NetworkConfig"),
    "StudyConfig": ("study.config", "StudyConfig"),
    "TrainingConfig": ("training.config", "TrainingConfig"),
    "evaluate": ("density.evaluate", "evaluate"),
    "fit": ("methods.base", "fit"),
    "import_images": ("survey.images", "import_images"),
    "load": ("methods.base", "load"),
    "open": ("survey.store", "open_store"),
    "point_scores": ("density.scores", "point_scores"),
    "predict": ("study.predict", "predict"),
    "read_config": ("study.config", "read_config"),
    "read_densities": ("density.file", "read"),
    "run_study": ("study.run", "run_study"),
    "scores": ("density.scores", "scores"),
    "simulate": ("survey.mock.simulate", "simulate"),
    "write_densities": ("density.file", "write"),
    "write_report": ("report.page", "write_report"),
}

__all__ = [
    "CDELoss",
    "Constraint",
    "Density",
    "Flux",
    "Galaxies",
    "Grid",
    "InputError",
    "Invariance",
    "NetworkConfig",
    "StudyConfig",
    "TrainingConfig",
    "__version__",
    "evaluate",
    "fit",
    "import_images",
    "load",
    "open",
    "point_scores",
    "predict",
    "read_config",
    "read_densities",
    "run_study",
    "scores",
    "simulate",
    "threads",
    "write_densities",
    "write_report",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = _HOMES[name]
    return getattr(importlib.import_module(f"{__name__}.{module}"), attribute)


def __dir__() -> list[str]:
    return sorted(__all__)
