"""Whether a group differs from the baseline, paired by galaxy, and what can be said about it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float
from scipy.stats import t as student

from slipher.density.scores import METRICS
from slipher.study.table import Scored

__all__ = ["Comparison", "baseline_of", "compare", "sentence", "to_markdown"]

LEVEL = 0.95

WORDS = {
    "mad": "MAD",
    "mad_centred": "centred MAD",
    "outliers_0.05": "fraction of outliers above 0.05",
    "outliers_0.15": "fraction of outliers above 0.15",
    "cde_loss": "CDE loss",
    "crps": "CRPS",
    "log_score": "log score",
    "pit_ks": "KS distance of the PIT",
}
"""Metrics of which less is better; the others have a best value, and are compared without judging."""


@dataclass(frozen=True)
class Comparison:
    """A metric of one group less that of another, on the same galaxies."""

    group: str
    against: str
    metric: str
    difference: float | None
    low: float | None
    high: float | None
    one_seed: bool
    """Whether chance in training could not be estimated: a seeded group ran with one seed only."""
    both_seeded: bool
    """Whether chance in training touches both groups."""

    def as_row(self) -> dict[str, Any]:
        """As table.json keeps it."""
        names = ("group", "against", "metric", "difference", "low", "high")
        return {name: getattr(self, name) for name in names}


def baseline_of(scored: Scored) -> str:
    """What groups are compared with: ``baseline``, else the first network, else the first group."""
    names = [result.group for result in scored.results]
    if "baseline" in names:
        return "baseline"
    return next((result.group for result in scored.results if result.seeded), names[0])


def compare(scored: Scored, against: str) -> list[Comparison]:
    """Every other group against one, in every metric.

    The interval of galaxies comes from the bootstrap, both groups on the same resamples. Where groups have several
    seeds, each of its half-widths is added in quadrature to t·√(s²/n + s'²/n'), with s the standard deviation over
    the n seeds of a group and t Student's quantile for Welch's degrees of freedom: the same difference must survive
    training again.
    """
    others = [result.group for result in scored.results if result.group != against]
    return [_compare(scored, group, against, metric) for group in others for metric in METRICS]


def _compare(scored: Scored, group: str, against: str, metric: str) -> Comparison:
    ours, theirs = scored.members(group), scored.members(against)
    paired = scored.draws.difference(metric, ours, theirs)
    values = scored.draws.values[metric]
    low, high = paired.low, paired.high
    if paired.value is not None and low is not None and high is not None:
        chance = seed_half_width(values[ours], values[theirs])
        low = paired.value - math.hypot(paired.value - low, chance)
        high = paired.value + math.hypot(high - paired.value, chance)
    seeded = {name: scored.result(name).seeded for name in (group, against)}
    one = any(seeded[name] and len(scored.members(name)) == 1 for name in seeded)
    return Comparison(group, against, metric, paired.value, low, high, one, all(seeded.values()))


def seed_half_width(ours: Float[np.ndarray, "seeds"], theirs: Float[np.ndarray, "others"]) -> float:
    """Half-width of the 95 % interval that chance in training alone gives a difference of means (Welch)."""
    parts = [(np.var(values, ddof=1) / len(values), len(values) - 1) for values in (ours, theirs) if len(values) > 1]
    variance = float(sum(part for part, _ in parts))
    if variance <= 0:
        return 0.0
    freedom = variance**2 / sum(part**2 / below for part, below in parts)
    return float(student.ppf((1 + LEVEL) / 2, freedom)) * math.sqrt(variance)


def sentence(found: Comparison) -> str:
    """One comparison in words."""
    name = WORDS.get(found.metric, found.metric)
    if found.difference is None or found.low is None or found.high is None:
        return f"{found.group} and {found.against} cannot be compared in {name}: it is infinite for one of them."
    numbers = _numbers(found.difference, found.low, found.high)
    if found.one_seed and found.both_seeded:
        return (
            f"One seed: cannot tell whether {found.group} differs from {found.against} in {name}; between these two "
            f"networks the difference is {numbers}."
        )
    note = f" (one seed of {found.against}; its chance is not in the interval)" if found.one_seed else ""
    if found.low <= 0 <= found.high:
        return f"{found.group} and {found.against} do not differ in {name} within the uncertainty: {numbers}{note}."
    if found.metric not in WORDS:
        return f"{found.group} differs from {found.against} in {name} by {numbers}{note}."
    better = "better" if found.difference < 0 else "worse"
    return f"{found.group} is {better} than {found.against} in {name}, by {numbers}{note}."


def _numbers(difference: float, low: float, high: float) -> str:
    half = (high - low) / 2
    digits = min(max(1 - math.floor(math.log10(half)), 0), 6) if half > 0 else 3
    text = f"{difference:+.{digits}f} (95 % interval {low:+.{digits}f} to {high:+.{digits}f})"
    return text.replace("-", "\N{MINUS SIGN}")


def to_markdown(comparisons: Sequence[Comparison]) -> str:
    """All sentences, a heading for each group."""
    lines: list[str] = []
    for group in dict.fromkeys(found.group for found in comparisons):
        chosen = [found for found in comparisons if found.group == group and found.metric in (*WORDS, "bias")]
        lines += [f"## {group} against {chosen[0].against}", "", *(f"- {sentence(found)}" for found in chosen), ""]
    return "\n".join(lines) if lines else "One group only: there is nothing to compare.\n"
