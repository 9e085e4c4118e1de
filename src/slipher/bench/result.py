"""What a benchmark found: ours, the other, their ratio and its spread."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any, Literal

from slipher.bench.apart import Run
from slipher.progress import bar

__all__ = ["Pairs", "Result", "alternating", "in_turn"]


@dataclass(frozen=True)
class Result:
    """One figure."""

    name: str
    """Of the benchmark, and after a colon of what in it: "step: FLOP/s"."""
    value: float
    """Ours."""
    unit: str
    against: str
    """The other, in words."""
    baseline: float
    """The other's, in the same unit."""
    ratio: float
    """Median over the pairs of runs."""
    low: float
    """Lowest of a pair."""
    high: float
    """Highest of a pair."""
    meaning: Literal["times as fast", "times the cost", "share", "exponent"]
    """How the ratio reads."""
    runs: int
    """Pairs of runs, one right after the other."""
    goal: str = ""
    """What the ratio or the value is meant to reach, in words."""
    note: str = ""
    """Sizes, and what a reader must know."""

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Pairs:
    """Seconds of two things that ran in turn."""

    ours: tuple[float, ...]
    other: tuple[float, ...]

    def faster(self, name: str, work: float, unit: str, against: str, goal: str = "", note: str = "") -> Result:
        """How many times as fast ours is; ``work`` is what one run gets done, in what ``unit`` counts a second."""
        ratios = [other / ours for ours, other in zip(self.ours, self.other, strict=True)]
        values = (work / median(self.ours), work / median(self.other))
        return _result(name, values, unit, against, ratios, "times as fast", goal, note)

    def cost(self, name: str, against: str, goal: str = "", note: str = "") -> Result:
        """How many times the other's time ours takes, in seconds."""
        ratios = [ours / other for ours, other in zip(self.ours, self.other, strict=True)]
        values = (median(self.ours), median(self.other))
        return _result(name, values, "s", against, ratios, "times the cost", goal, note)


def alternating(ours: Callable[[], Run], other: Callable[[], Run], runs: int, warm: int = 1, label: str = "") -> Pairs:
    """Call two things in turn, the one that goes first changing from pair to pair, after unmeasured calls of both.

    Args:
        ours: gives its time.
        other: gives its time.
        runs: pairs.
        warm: unmeasured pairs.
        label: of a progress bar; empty shows none.
    """
    seconds = in_turn({"ours": ours, "other": other}, runs, warm, label)
    return Pairs(seconds["ours"], seconds["other"])


def in_turn(
    functions: Mapping[str, Callable[[], Run]], runs: int, warm: int = 1, label: str = ""
) -> dict[str, tuple[float, ...]]:
    """Seconds of things that are called in turn, another one first in each round, after unmeasured rounds.

    Args:
        functions: each gives its time.
        runs: rounds.
        warm: unmeasured rounds.
        label: of a progress bar; empty shows none.
    """
    names = list(functions)
    seconds: dict[str, list[float]] = {name: [] for name in names}
    with bar((warm + runs) * len(names), label, "run") if label else nullcontext() as shown:
        for turn in range(warm + runs):
            first = turn % len(names)
            for name in names[first:] + names[:first]:
                run = functions[name]()
                if turn >= warm:
                    seconds[name].append(run.seconds)
                if shown is not None:
                    shown.update()
    return {name: tuple(values) for name, values in seconds.items()}


def _result(
    name: str,
    values: tuple[float, float],
    unit: str,
    against: str,
    ratios: Sequence[float],
    meaning: Literal["times as fast", "times the cost"],
    goal: str,
    note: str,
) -> Result:
    return Result(
        name=name,
        value=values[0],
        unit=unit,
        against=against,
        baseline=values[1],
        ratio=median(ratios),
        low=min(ratios),
        high=max(ratios),
        meaning=meaning,
        runs=len(ratios),
        goal=goal,
        note=note,
    )
