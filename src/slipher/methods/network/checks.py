"""What a training of networks needs of its job and its galaxies, told before anything is read or trained."""

import torch

from slipher.constraints.base import Constraint
from slipher.constraints.config import from_config
from slipher.constraints.flux import Flux
from slipher.constraints.terms import Terms
from slipher.errors import InputError
from slipher.methods.base import Job
from slipher.methods.network.ensemble import member_jobs
from slipher.methods.network.model import USE, check_size, checked_views
from slipher.methods.network.start import Start
from slipher.methods.photometry.system import MagnitudeSystem
from slipher.networks.build import build
from slipher.networks.colours import Colours
from slipher.networks.images import ImageNetwork
from slipher.physics.reddening import reddening_coefficients
from slipher.survey.responses import filters_of_spectra
from slipher.survey.supply import Supply, check_images
from slipher.training.config import AUGMENTATIONS, VIEWS
from slipher.training.precision import check_device

__all__ = ["OPTIONS", "blueprint", "check_training", "needs_sky", "terms_of"]

OPTIONS = ("views", "members")
"""Options of the method neural."""
PROVIDED = frozenset({"response", "views"})
"""What a constraint may need."""


def check_training(galaxies: Supply, job: Job) -> None:
    """See that a job of the method neural can be trained on such galaxies.

    Raises:
        InputError: if not; says why.
    """
    terms, network = terms_of(job), blueprint(job, galaxies.bands)
    _check_options(job)
    _check_words(job, terms, network.inputs)
    _check_terms(terms)
    _check_galaxies(galaxies, job, terms, network.inputs)
    check_device(job.training)
    if job.training.start is not None:
        Start(job.training.start).check(network, job.network)


def blueprint(job: Job, bands: tuple[str, ...]) -> ImageNetwork | Colours:
    """The network without its weights: nothing is allocated or drawn.

    Raises:
        InputError: if there is no such network, or it cannot be had in these bands.
    """
    with torch.device("meta"):
        return build(job.network, bands, job.grid.bins)


def terms_of(job: Job) -> Terms:
    """The constraints, however they were given.

    Raises:
        InputError: for one that is not known, or an option that is not allowed.
    """
    given = job.constraints
    if isinstance(given, Terms | Constraint):
        return 1.0 * given
    return from_config(given or {}, job.base)


def needs_sky(job: Job, terms: Terms) -> bool:
    """Whether the measured sky is drawn anew."""
    return job.training.sky == "robust" and "background" in _operations(job, terms)


def _operations(job: Job, terms: Terms) -> tuple[str, ...]:
    """What images go through, be it to augment or for second views."""
    return (*job.augment, *VIEWS) if "views" in terms.needs else job.augment


def _check_options(job: Job) -> None:
    other = sorted(set(map(str, job.options)) - set(OPTIONS))
    if other:
        raise InputError(f"method neural has no option {', '.join(other)}; allowed: {', '.join(OPTIONS)}.")
    member_jobs(job)
    checked_views(job.options.get("views", 1))


def _check_words(job: Job, terms: Terms, inputs: str) -> None:
    """See that what is asked for goes together."""
    unknown = [name for name in job.augment if name not in AUGMENTATIONS]
    if unknown:
        raise InputError(f"augment holds {unknown[0]!r}, but may hold {', '.join(AUGMENTATIONS)}.")
    if job.training.frozen == "trunk" and job.training.start is None:
        raise InputError(
            "training.frozen is trunk, but there is no training.start: nothing was learnt that could be kept; name a "
            "model file to start from."
        )
    if inputs == "photometry" and _operations(job, terms):
        raise InputError(
            "a network on colours sees no image, so it takes neither augment nor invariance; leave it out."
        )


def _check_terms(terms: Terms) -> None:
    """See that constraints find in a batch what they need."""
    if len(terms.of_type(Flux)) > 1:
        raise InputError("constraints has two flux terms, but a training can hold one response table; keep one.")
    for name, (_, constraint) in zip(terms.names, terms.parts, strict=True):
        unknown = constraint.needs - PROVIDED
        if unknown:
            raise InputError(
                f"constraints.{name} needs {', '.join(sorted(unknown))}, but a batch can hold "
                f"{' and '.join(sorted(PROVIDED))} beside the densities."
            )
    if "response" in terms.needs and not terms.of_type(Flux):
        raise InputError("constraints needs the response table, which comes with flux; add flux, if with weight 0.")


def _check_galaxies(galaxies: Supply, job: Job, terms: Terms, inputs: str) -> None:
    """See that the galaxies have what is looked at."""
    if inputs != "photometry":
        check_images(galaxies)
        check_size(galaxies, job.network.size)
    if inputs != "images":
        MagnitudeSystem.check(galaxies, USE)
    if needs_sky(job, terms) and not (galaxies.has("sky") and galaxies.has("sources")):
        raise InputError(
            f"{galaxies.path} holds no measured sky, which the background operator needs; import it again with sep "
            "installed, or set training.sky to paper."
        )
    if "reddening" in job.augment:
        reddening_coefficients(galaxies.bands)
    if terms.of_type(Flux) and job.responses is None:
        filters_of_spectra(galaxies)
