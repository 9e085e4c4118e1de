"""Training and its results: study, report, train, predict, evaluate."""

from pathlib import Path
from typing import Any, Literal

from slipher.verbs.answer import Answer

__all__ = ["evaluate", "predict", "report", "study", "train"]


def study(
    preset: str = "quickstart",
    *,
    out: Path | None = None,
    overwrite: bool = False,
    dry_run: bool = False,
    print_config: bool = False,
    threads: int | None = None,
    overrides: tuple[tuple[str, Any], ...] = (),
) -> Answer:
    """Train every group with every seed, evaluate, compare, and write the report.

    Any key of a study file is an option too: --training.epochs 5 --seeds 3 --data sdss.h5. The same command, started
    several times, on machines that share a disk too, shares the work.

    Args:
        preset: a preset (quickstart, paper, as-printed, catalogue, comparison, fraction) or a study file (.yaml)
        out: folder for everything; runs/PRESET if left out. The same study there continues
        overwrite: replace another study that lies there
        dry_run: say what would run and for how long, and stop
        print_config: show the study with all defaults written out, and stop
        threads: threads of arithmetic; one a core if left out. The same number gives the same bytes
        overrides: dotted keys of a study file and their values
    """
    from slipher.progress import say
    from slipher.report.page import write_report
    from slipher.study.config import read_config
    from slipher.study.normal import normalised
    from slipher.study.opening import study_text

    config = normalised(read_config(preset, overrides))
    if print_config:
        return Answer(study_text(config).rstrip())
    from slipher.study.plan import plan
    from slipher.study.run import run_study
    from slipher.threads import limited

    out = out or Path("runs") / Path(preset).stem
    with limited(threads):
        planned = str(plan(config, out, overwrite))
        if dry_run:
            return Answer(planned)
        say(planned)
        return Answer(str(run_study(config, out, overwrite, write_report) / "report.html"))


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
    threads: int | None = None,
    overrides: tuple[tuple[str, Any], ...] = (),
) -> Answer:
    """Train one model.

    Any key of a study file is an option too, such as --training.epochs 20. Checkpoints lie in a hidden folder beside
    the model until it is finished, so that the same command continues.

    Args:
        store: galaxy store
        out: model file (.safetensors)
        from_: study file or preset that describes the groups
        group: which of its groups
        seed: of initialisation, order and augmentation
        overwrite: replace a model that lies there
        threads: threads of arithmetic; one a core if left out. The same number gives the same bytes
        overrides: dotted keys of a study file and their values
    """
    from slipher.study.config import read_config
    from slipher.study.single import train_one
    from slipher.threads import limited

    config = read_config(from_, (("data", str(store.absolute())), *overrides))
    with limited(threads):
        return Answer(str(train_one(config, group, seed, out, overwrite)))


def predict(
    model: Path,
    store: Path,
    *,
    out: Path,
    catalog: Path | None = None,
    engine: Literal["auto", "eager", "bf16", "openvino", "openvino-bf16"] = "eager",
    overwrite: bool = False,
    threads: int | None = None,
) -> Answer:
    """Write p(z) of every galaxy of a store, in order.

    What is predicted lies in a hidden folder beside the densities until all is, so that the same command continues.

    Args:
        model: model file
        store: galaxy store
        out: densities (.hdf5), which qp opens
        catalog: table of point estimates, intervals and flags (.parquet, .fits or .csv)
        engine: eager is the reference; openvino (extra export) equals it; bf16, openvino-bf16 are near it and faster
        overwrite: replace files that lie there
        threads: threads of arithmetic; one a core if left out. The same number gives the same bytes
    """
    from slipher.files import keep_apart
    from slipher.methods.base import load
    from slipher.methods.network.engine import with_engine
    from slipher.study.predict import predict as library
    from slipher.survey.store import open_store
    from slipher.threads import limited

    keep_apart(out, model)
    keep_apart(catalog, model)
    with limited(threads):
        return Answer(str(library(with_engine(load(model), engine), open_store(store), out, catalog, overwrite)))


def evaluate(
    densities: Path,
    *,
    truth: str | None = None,
    point: str | None = None,
    by: Literal["redshift", "r", "ebv"] | None = None,
    convention: Literal["paper", "rail"] = "paper",
    split: Literal["train", "validation", "test", "all"] | None = None,
    pdf: str | None = None,
    grid: str | None = None,
    z_max: float | None = None,
    bins: int | None = None,
) -> Answer:
    """Score densities, or a table of point estimates, against known redshifts.

    Galaxies of other parts, of unknown redshift, or with an impossible point estimate are left out and counted.
    Densities of others are scored on their own bins or knots, unless --z-max and --bins ask for a grid.

    Args:
        densities: of slipher, qp or RAIL (.hdf5, .fits, .pq), or in a column of a table, or a table of point estimates
        truth: column of known redshifts, or FILE:COLUMN; redshift if left out
        point: mean, median or mode of the densities, or the table's column of point estimates
        by: also in five bins of this
        convention: whose definitions of the metrics
        split: the part that is scored; test if left out and the file has a column split, else every galaxy
        pdf: column of the table that holds an array of densities a row; found by its redshifts if left out
        grid: redshifts of these arrays, COLUMN or FILE:COLUMN, as many as densities or one more (edges)
        z_max: end of the grid from 0 on onto which densities are brought
        bins: number of bins of that grid
    """
    from slipher.density.evaluate import evaluate as library
    from slipher.text import scores_text

    document = library(densities, truth, point, by, convention, split, pdf, grid, z_max, bins)
    return Answer(scores_text(document), document)
