"""The page: one HTML file that holds the table, the words and the figures of a study."""

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import jinja2

from slipher import __version__
from slipher.errors import InputError
from slipher.extras import require
from slipher.files import write_text
from slipher.locks import held
from slipher.report.facts import Facts, find_store, gather
from slipher.report.folder import Group, StudyFolder, read_study
from slipher.report.table import duration, make_table, rate
from slipher.report.words import caveats
from slipher.study.compare import legend
from slipher.threads import available_cores

__all__ = ["write_report"]

HEADLINES = ("mad", "outliers_0.05", "cde_loss", "crps", "pit_ks")
"""Metrics whose comparisons are said in words."""
SMALLEST_LIMIT, LARGEST_LIMIT = 1e-6, 100.0
"""Of |Δz|: beyond them no figure has a place for the limit."""


class Section(NamedTuple):
    """The figures of one group, as the page shows them."""

    name: str
    method: str
    columns: list[list[Any]]
    """Three columns of narrow figures."""
    wide: list[Any]


def write_report(folder: Path, limit: float = 0.05, workers: int | None = None) -> Path:
    """Draw every figure of a finished study and write its page.

    Drawn again, the same study gives the same files byte for byte.

    Args:
        folder: Where the study left its results.
        limit: |Δz| beyond which the figures call a galaxy an outlier: 0.05 as in the paper's text, 0.15 as in its
            captions.
        workers: Number of processes that draw; None takes every core that this process may use.

    Returns:
        The path of report.html.

    Raises:
        InputError: if the folder is no finished study, or matplotlib is missing.
    """
    if not SMALLEST_LIMIT <= limit <= LARGEST_LIMIT:
        raise InputError(
            f"the limit for outliers is {limit}, but must lie between {SMALLEST_LIMIT} and {LARGEST_LIMIT:g}, such as "
            "0.05 or 0.15."
        )
    require("matplotlib", "plots")
    study = read_study(Path(folder))
    path = study.path / "report.html"
    with held(path, wait=True):
        context = _draw(study, limit, workers or available_cores())
        write_text(path, _template().render(context))
    return path


def _draw(study: StudyFolder, limit: float, workers: int) -> dict[str, Any]:
    """All figures, drawn and saved, and everything that the template shows."""
    # matplotlib is an extra: whoever reads a density must not need it
    from slipher.report.figures import Canvas, draw_groups, draw_overview
    from slipher.report.style import looks

    store = find_store(study)
    canvas = Canvas(study, store, looks([group.name for group in study.groups]), limit)
    drawn = draw_groups(canvas, workers)
    comparison, stack = draw_overview(canvas, drawn)
    facts = gather(study, store, drawn[0].stacked.redshift.size)
    histories = {group.name: group.histories for group in drawn if group.histories}
    sections = [_section(group, figures.pictures) for group, figures in zip(study.groups, drawn, strict=True)]
    return {
        **_context(study, facts),
        "caveats": caveats(study, facts, histories),
        "comparison": comparison,
        "nz": stack,
        "sections": sections,
        "embedded": lambda name: _embedded(study.path / "figures" / f"{name}.png"),
    }


def _section(group: Group, pictures: Sequence[Any]) -> Section:
    """The narrow figures in three columns, a further one below the first, which is the shortest; then the wide ones."""
    narrow = [picture for picture in pictures if not picture.wide]
    columns = [[narrow[0], *narrow[3:]], *([picture] for picture in narrow[1:3])]
    return Section(group.name, group.method, columns, [picture for picture in pictures if picture.wide])


def _context(study: StudyFolder, facts: Facts) -> dict[str, Any]:
    """What the template shows beside figures."""
    return {
        "facts": facts,
        "table": make_table(study),
        "sentences": _by_group(study),
        "legend": legend(str(study.comparisons[0]["against"])) if study.comparisons else "",
        "stages": _stages(study),
        "runs": _runs(study),
        "environment": [(name, str(value)) for name, value in _flat(study.environment)],
        "configuration": study.configuration_text,
        "version": __version__,
    }


def _embedded(path: Path) -> str:
    """A PNG as a data URL: the page needs no other file."""
    return f"data:image/png;base64,{base64.b64encode(path.read_bytes()).decode('ascii')}"


def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    text = files("slipher.report").joinpath("template.html.j2").read_text(encoding="utf-8")
    return environment.from_string(text)


def _by_group(study: StudyFolder) -> dict[str, list[str]]:
    """The sentences on the metrics that matter most, by what they compare; table.json has those on all others."""
    found: dict[str, list[str]] = {}
    for entry in study.sentences:
        if entry.get("metric", HEADLINES[0]) in HEADLINES:
            found.setdefault(f"{entry['group']} against {entry['against']}", []).append(str(entry["sentence"]))
    return found


def _stages(study: StudyFolder) -> list[tuple[str, str]]:
    """Wall time of each stage of the study."""
    return [(name, duration(seconds)) for name, seconds in (study.timings.get("stages") or {}).items()]


def _runs(study: StudyFolder) -> list[tuple[str, str, str]]:
    """Training time and rate of each run."""
    return [
        (name, duration(entry.get("train_seconds")), rate(entry.get("images_per_second")))
        for name, entry in (study.timings.get("runs") or {}).items()
    ]


def _flat(document: Mapping[str, Any], before: str = "") -> Iterable[tuple[str, Any]]:
    """The leaves of nested mappings with their names joined by dots; lists as JSON."""
    for name, value in document.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{name} · ")
        else:
            yield f"{before}{name}", json.dumps(value, ensure_ascii=False) if isinstance(value, list) else value
