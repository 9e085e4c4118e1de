"""The command line: verbs to calls, nothing else.

A verb is a function below: its signature is its options, its docstring its help, and it imports what it needs. Results
go to standard output; progress, messages and errors go to standard error.
"""

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from slipher import __version__
from slipher.errors import InputError

__all__ = ["main"]

BAD_INPUT, INTERRUPTED = 2, 130


@dataclass(frozen=True)
class Answer:
    """What a verb has to say."""

    text: str
    """For a person."""
    document: Any = None
    """For --json."""
    status: int = 0


def study(
    preset: str = "quickstart",
    *,
    out: Path | None = None,
    overwrite: bool = False,
    dry_run: bool = False,
    print_config: bool = False,
    overrides: tuple[tuple[str, Any], ...] = (),
) -> Answer:
    """Train every group with every seed, evaluate, compare, and write the report.

    Any key of a study file is an option too: --training.epochs 5 --seeds 3 --data sdss.h5

    Args:
        preset: a preset (quickstart, paper, as-printed, catalogue) or a study file (.yaml)
        out: folder for everything; runs/PRESET if left out. The same study there continues
        overwrite: replace another study that lies there
        dry_run: say what would run and for how long, and stop
        print_config: show the study with all defaults written out, and stop
        overrides: dotted keys of a study file and their values
    """
    from slipher.progress import say
    from slipher.report.page import write_report
    from slipher.study.config import read_config
    from slipher.study.folder import study_text
    from slipher.study.normal import normalised

    config = normalised(read_config(preset, overrides))
    if print_config:
        return Answer(study_text(config).rstrip())
    from slipher.study.plan import plan
    from slipher.study.run import run_study

    out = out or Path("runs") / Path(preset).stem
    planned = str(plan(config, out, overwrite))
    if dry_run:
        return Answer(planned)
    say(planned)
    return Answer(str(write_report(run_study(config, out, overwrite))))


def report(folder: Path, *, limit: float = 0.05) -> Answer:
    """Draw the figures and the page of a study again.

    Args:
        folder: folder of a finished study
        limit: |dz| beyond which figures call a galaxy an outlier: 0.05 as in the paper's text, 0.15 as in its captions
    """
    from slipher.report.page import write_report

    return Answer(str(write_report(folder, limit)))


def train(
    store: Path,
    *,
    out: Path,
    from_: str = "quickstart",
    group: str = "baseline",
    seed: int = 0,
    overwrite: bool = False,
    overrides: tuple[tuple[str, Any], ...] = (),
) -> Answer:
    """Train one model.

    Any key of a study file is an option too, such as --training.epochs 20. Checkpoints lie beside the model until it is
    finished, so that the same command continues.

    Args:
        store: galaxy store
        out: model file (.safetensors)
        from_: study file or preset that describes the groups
        group: which of its groups
        seed: of initialisation, order and augmentation
        overwrite: replace a model that lies there
        overrides: dotted keys of a study file and their values
    """
    from slipher.study.config import read_config
    from slipher.study.single import train_one

    config = read_config(from_, (("data", str(store.absolute())), *overrides))
    return Answer(str(train_one(config, group, seed, out, overwrite)))


def predict(model: Path, store: Path, *, out: Path, catalog: Path | None = None, overwrite: bool = False) -> Answer:
    """Write p(z) of every galaxy of a store, in order.

    Args:
        model: model file
        store: galaxy store
        out: densities (.hdf5), which qp opens
        catalog: table of point estimates, intervals and flags (.parquet, .fits or .csv)
        overwrite: replace files that lie there
    """
    from slipher.methods.base import load
    from slipher.study.predict import predict as library
    from slipher.survey.store import open_store

    return Answer(str(library(load(model), open_store(store), out, catalog, overwrite)))


def evaluate(
    densities: Path,
    *,
    truth: str | None = None,
    point: str | None = None,
    by: Literal["redshift", "r", "ebv"] | None = None,
    convention: Literal["paper", "rail"] = "paper",
) -> Answer:
    """Score densities, or a table of point estimates, against known redshifts.

    Args:
        densities: densities of slipher, qp or RAIL (.hdf5), or a table (.csv, .fits, .parquet, .npz, .hdf5)
        truth: column of known redshifts, or FILE:COLUMN; redshift if left out
        point: mean, median or mode of the densities, or the table's column of point estimates
        by: also in five bins of this
        convention: whose definitions of the metrics
    """
    from slipher.density.evaluate import evaluate as library
    from slipher.text import scores_text

    document = library(densities, truth, point, by, convention)
    return Answer(scores_text(document), document)


def data_simulate(
    count: int = 6000, *, out: Path, seed: int = 0, workers: int | None = None, overwrite: bool = False
) -> Answer:
    """Make a mock survey from real SDSS measurements.

    Args:
        count: number of galaxies
        out: galaxy store to write
        seed: the survey depends on this and the number, on nothing else
        workers: processes; one a core if left out
        overwrite: replace a file that lies there
    """
    from slipher.survey.mock.simulate import simulate

    return Answer(str(simulate(out, count, seed, workers, overwrite)))


def data_import_images(
    file: Path,
    *,
    images: str,
    bands: str,
    pixel_scale: float,
    redshift: str | None = None,
    layout: Literal["NHWC", "NCHW"] = "NHWC",
    unit: Literal["nanomaggy", "nJy", "uJy", "count"] = "nanomaggy",
    zero_point: float | None = None,
    ebv: float | str | None = None,
    id: str | None = None,  # noqa: A002
    dtype: Literal["float16", "float32"] = "float16",
    out: Path | None = None,
    skip_bad: bool = False,
    overwrite: bool = False,
) -> Answer:
    """Fill a galaxy store with the cutouts of a file, of any survey.

    Args:
        file: .npz, .hdf5 or .fits
        images: array of cutouts
        bands: from blue to red, such as ugriz, or names with commas: lsst2016-g,lsst2016-r
        pixel_scale: arcseconds a pixel
        redshift: column of spectroscopic redshifts (NaN where unknown)
        layout: axes of the array: galaxies N, y H, x W, bands C
        unit: of the pixels
        zero_point: AB magnitude of one count, with --unit count
        ebv: column of E(B-V) in magnitudes, or one value for all
        id: column of identifiers
        dtype: in which the store keeps pixels
        out: galaxy store to write; FILE with the suffix .store.h5 if left out
        skip_bad: drop and count galaxies whose centre or half of whose pixels are bad
        overwrite: replace a file that lies there
    """
    from slipher.survey.images import import_images

    names = tuple(bands.split(",")) if "," in bands else tuple(bands)
    path = import_images(
        file,
        out or file.with_suffix(".store.h5"),
        images=images,
        redshift=redshift,
        bands=names,
        layout=layout,
        unit=unit,
        zero_point=zero_point,
        pixel_scale=pixel_scale,
        ebv=ebv,
        id=id,
        dtype=dtype,
        skip_bad=skip_bad,
        overwrite=overwrite,
    )
    return Answer(str(path))


def data_info(store: Path, *, page: Path | None = None) -> Answer:
    """Say what a galaxy store holds.

    Args:
        store: galaxy store
        page: draw a page of its galaxies (.png)
    """
    from slipher.survey.info import info, info_text

    document = info(store)
    if page is not None:
        from slipher.survey.page import cutout_page

        cutout_page(store, page)
    return Answer(info_text(document), document)


def data_check(store: Path) -> Answer:
    """Verify a galaxy store block by block; the exit status is 2 if any is damaged.

    Args:
        store: galaxy store
    """
    from slipher.survey.check import check, check_text

    document = check(store)
    return Answer(check_text(document), document, 0 if document["ok"] else BAD_INPUT)


def flux(*spectra: Path) -> Answer:
    """Synthetic photometry of SDSS spectra beside the catalogue's own; the exit status is 2 if a file cannot be used.

    Args:
        spectra: spectrum files (spec-*.fits)
    """
    from slipher.survey.spectra import flux_report
    from slipher.text import flux_text

    found = flux_report(list(spectra))
    return Answer(flux_text(found), found, BAD_INPUT if any(each["error"] for each in found) else 0)


def list_() -> Answer:
    """Networks with their parameters, methods, constraints with their options, presets."""
    from slipher.study.inventory import inventory
    from slipher.text import inventory_text

    document = inventory()
    return Answer(inventory_text(document), document)


VERBS: dict[str, Callable[..., Answer]] = {
    "study": study,
    "report": report,
    "train": train,
    "predict": predict,
    "evaluate": evaluate,
    "data simulate": data_simulate,
    "data import images": data_import_images,
    "data info": data_info,
    "data check": data_check,
    "flux": flux,
    "list": list_,
}
JSON = {"evaluate", "data info", "data check", "flux", "list"}
"""Verbs that answer with a document."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        The exit status: 0, 2 for input that cannot be used, 130 when interrupted.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    name = next((verb for verb in VERBS if words[: len(verb.split())] == verb.split()), None)
    try:
        if name is None:
            return _without_verb(words)
        return _run(name, words[len(name.split()) :])
    except InputError as error:
        sys.stderr.write(f"slipher{f' {name}' if name else ''}: {error}\n")
        return BAD_INPUT
    except KeyboardInterrupt:
        sys.stderr.write("\nInterrupted; the same command continues.\n")
        return INTERRUPTED
    except BrokenPipeError:
        # the reader of our output has seen enough; nothing more must be written, not even when Python ends
        sys.stdout = None
        return 0


def _run(name: str, words: list[str]) -> int:
    """Parse, call, answer."""
    from slipher.arguments import parse

    call, as_json = parse(name, VERBS[name], words, name in JSON)
    answer = call()
    text = json.dumps(answer.document, indent=2, allow_nan=False, ensure_ascii=False) if as_json else answer.text
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
    return answer.status


def _without_verb(words: list[str]) -> int:
    """Help, the version, or an error that names the verbs."""
    if words in ([], ["--help"], ["-h"]):
        sys.stdout.write(_help())
        return 0
    if words == ["--version"]:
        sys.stdout.write(f"slipher {__version__}\n")
        return 0
    below = [verb for verb in VERBS if verb.split()[0] == words[0]]
    raise InputError(f"there is no command {' '.join(words[:2])!r}; there are {', '.join(below or VERBS)}.")


def _help() -> str:
    """The verbs, each with the first line of its docstring."""
    width = max(map(len, VERBS))
    lines = [f"  {name:{width}}  {(verb.__doc__ or '').splitlines()[0]}" for name, verb in VERBS.items()]
    return "\n".join(
        [
            "usage: slipher VERB [OPTIONS]",
            "",
            "Photometric redshifts from galaxy images as calibrated conditional densities.",
            "",
            *lines,
            "",
            "slipher VERB --help shows the options of a verb; slipher study is the place to start.",
            "",
        ]
    )
