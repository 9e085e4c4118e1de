"""Whether a group differs from the baseline, and what can be said about it.

Where a metric has a best value, what is compared is how far each group is from it: the bias from 0, a coverage from its
level. Differences are paired by galaxy, and by seed where that serves (``chance.py``).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from slipher.density.bootstrap import Draws
from slipher.density.intervals import LEVEL, nearer
from slipher.density.scores import METRICS
from slipher.study.chance import Estimate, estimated
from slipher.study.table import Scored

__all__ = ["Comparison", "baseline_of", "compare", "legend", "sentence", "to_markdown"]

WORDS = {
    "mad": "MAD",
    "mad_centred": "centred MAD",
    "outliers_0.05": "fraction of outliers above 0.05",
    "outliers_0.15": "fraction of outliers above 0.15",
    "cde_loss": "CDE loss",
    "crps": "CRPS",
    "log_score": "log score",
    "pit_ks": "KS distance of the PIT",
    "pit_cvm": "Cramér–von Mises distance of the PIT",
    "pit_ad": "Anderson–Darling distance of the PIT",
    "pit_outliers": "fraction of PIT outliers",
    "coverage_68": "coverage of the 68 % interval",
    "coverage_95": "coverage of the 95 % interval",
    "coverage_68_hpd": "coverage of the densest 68 %",
    "coverage_95_hpd": "coverage of the densest 95 %",
}

DIFFERENCES = (
    "Differences are paired by galaxy. With one seed their 95 % intervals are over test galaxies alone; with several, "
    "over galaxies and luck in training, paired by seed too if both groups ran with the same seeds and that narrows "
    "the interval. What has a best value (bias 0, a coverage its level) is compared by its distance from it. Distances "
    "of the PIT have no interval, but a p of being equal."
)


@dataclass(frozen=True)
class Comparison:
    """A metric of one group less that of another, on the same galaxies; or of its distance from the best value."""

    group: str
    against: str
    metric: str
    difference: float | None
    low: float | None
    high: float | None
    p: float | None
    """Of the two being equal, of distances of the PIT."""
    one_seed: bool
    """Whether chance in training could not be estimated: a seeded group ran with one seed only."""
    both_seeded: bool
    """Whether chance in training touches both groups."""

    @property
    def target(self) -> float | None:
        """The best value, if the difference is that of the distances from it."""
        return METRICS[self.metric].target

    @property
    def differs(self) -> bool | None:
        """Whether the difference is beyond its uncertainty; None where that is not known."""
        if self.p is not None:
            return self.p < 1 - LEVEL
        return None if self.low is None or self.high is None else not self.low <= 0 <= self.high

    def as_row(self) -> dict[str, Any]:
        """As table.json keeps it."""
        names = ("group", "against", "metric", "difference", "low", "high", "p", "target")
        return {name: getattr(self, name) for name in names}


def baseline_of(scored: Scored) -> str:
    """What groups are compared with: ``baseline``, else the first that depends on a seed, else the first group."""
    names = [result.group for result in scored.results]
    if "baseline" in names:
        return "baseline"
    return next((result.group for result in scored.results if result.seeded), names[0])


def legend(against: str) -> str:
    """Which group is the reference and why, and what differences from it are."""
    why = (
        "the group of that name"
        if against == "baseline"
        else "the first group of the study whose training depends on a seed, or the first where none does, since none "
        "is called baseline"
    )
    return f"Every group is compared with {against}, {why}. {DIFFERENCES}"


def compare(scored: Scored, against: str) -> list[Comparison]:
    """Every other group against one, in every metric."""
    others = [result.group for result in scored.results if result.group != against]
    return [_compare(scored, group, against, metric) for group in others for metric in METRICS]


def _compare(scored: Scored, group: str, against: str, metric: str) -> Comparison:
    ours, theirs = scored.members(group), scored.members(against)
    first, second = scored.result(group), scored.result(against)
    same = first.seeded and second.seeded and first.seeds == second.seeds and len(first.seeds) > 1
    target = METRICS[metric].target
    if target is None:
        found = estimated(scored.draws, metric, ours, theirs, same_seeds=same)
    else:
        found = _nearer(scored.draws, metric, ours, theirs, target, same)
    one = any(each.seeded and len(each.densities) == 1 for each in (first, second))
    both = first.seeded and second.seeded
    return Comparison(group, against, metric, found.value, found.low, found.high, found.p, one, both)


def _nearer(
    draws: Draws, metric: str, ours: Sequence[int], theirs: Sequence[int], target: float, same: bool
) -> Estimate:
    """How much farther from the best value our mean is than theirs."""
    first, second = draws.value(metric, draws.mean(ours)), draws.value(metric, draws.mean(theirs))
    if first is None or second is None:
        return Estimate(None)
    difference = estimated(draws, metric, ours, theirs, same_seeds=same)
    total = estimated(draws, metric, ours, theirs, sign=1, same_seeds=same)
    if total.low is None or total.high is None:
        return Estimate(abs(first - target) - abs(second - target))
    about = (total.low - 2 * target, total.high - 2 * target)
    low, high = nearer((difference.low, difference.high), about)
    return Estimate(abs(first - target) - abs(second - target), low, high)


def sentence(found: Comparison) -> str:
    """One comparison in words."""
    name = _name(found)
    if found.difference is None or found.differs is None:
        return f"{found.group} and {found.against} cannot be compared in {name}: {_why(found)}."
    numbers = _numbers(found)
    if found.one_seed and found.both_seeded:
        return (
            f"One seed: cannot tell whether {found.group} differs from {found.against} in {name}; between these two "
            f"networks the difference is {numbers}."
        )
    note = f" (one seed of {found.against}; its chance is not in the interval)" if found.one_seed else ""
    if not found.differs:
        return f"{found.group} and {found.against} do not differ in {name} within the uncertainty: {numbers}{note}."
    better = "better" if found.difference < 0 else "worse"
    return f"{found.group} is {better} than {found.against} in {name}, by {numbers}{note}."


def _name(found: Comparison) -> str:
    name = WORDS.get(found.metric, found.metric)
    return name if found.target is None else f"{name} (its distance from {found.target:g})"


def _why(found: Comparison) -> str:
    return "it is infinite for one of them" if found.difference is None else "there is one galaxy only"


def _numbers(found: Comparison) -> str:
    """The difference with its interval or p."""
    if found.low is None or found.high is None:
        text = f"{found.difference:+.2g} (p {_p(found.p or 0.0)})"
    else:
        half = (found.high - found.low) / 2
        digits = min(max(1 - math.floor(math.log10(half)), 0), 6) if half > 0 else 3
        low, high = f"{found.low:+.{digits}f}", f"{found.high:+.{digits}f}"
        text = f"{found.difference:+.{digits}f} (95 % interval {low} to {high})"
    return text.replace("-", "\N{MINUS SIGN}")


def _p(value: float) -> str:
    return f"= {value:.2g}" if value >= 0.001 else "< 0.001"


def to_markdown(comparisons: Sequence[Comparison]) -> str:
    """All sentences, a heading for each group."""
    if not comparisons:
        return "One group only: there is nothing to compare.\n"
    lines = [legend(comparisons[0].against), ""]
    for group in dict.fromkeys(found.group for found in comparisons):
        chosen = [found for found in comparisons if found.group == group]
        lines += [f"## {group} against {chosen[0].against}", "", *(f"- {sentence(found)}" for found in chosen), ""]
    return "\n".join(lines)
