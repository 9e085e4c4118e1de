"""How each metric is called, scaled and read: what a table or a figure says about a number."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import floor, isfinite, log10
from statistics import median_low

from slipher.density.scores import METRICS as SCORES

__all__ = ["METRICS", "Metric", "decimals", "metric", "number"]

MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True)
class Metric:
    """Words for one metric of the table."""

    key: str
    label: str
    family: str
    """Heading under which the table shows it."""
    scale: float = 1.0
    """Shown value = stored value × scale."""
    unit: str = ""
    meaning: str = ""

    @property
    def target(self) -> float | None:
        """The best value; None where less is better."""
        known = SCORES.get(self.key)
        return None if known is None else known.target


METRICS = (
    Metric("mad", "MAD", "Point estimate", 1e3, "10⁻³", "1.4826 median |Δz|"),
    Metric("mad_centred", "MAD centred", "Point estimate", 1e3, "10⁻³", "1.4826 median |Δz − median Δz|"),
    Metric("bias", "Bias", "Point estimate", 1e3, "10⁻³", "mean Δz"),
    Metric("outliers_0.05", "|Δz| > 0.05", "Point estimate", 1e2, "%", "fraction of outliers of the paper's text"),
    Metric("outliers_0.15", "|Δz| > 0.15", "Point estimate", 1e2, "%", "fraction of outliers of its captions"),
    Metric("cde_loss", "CDE loss", "Density", meaning="mean of ∫ρ² dz − 2ρ(z)"),
    Metric("crps", "CRPS", "Density", 1e3, "10⁻³", "continuous ranked probability score"),
    Metric("log_score", "Log score", "Density", meaning="−mean ln ρ(z)"),
    Metric("pit_ks", "PIT KS", "Calibration", 1e3, "10⁻³", "largest distance of the PIT from uniform"),
    Metric("coverage_68", "in 68 %", "Calibration", 1e2, "%", "redshifts inside the central 68 % interval"),
    Metric("coverage_95", "in 95 %", "Calibration", 1e2, "%", "redshifts inside the central 95 % interval"),
)
"""The metrics that Table 1 of the page shows, in its order; table.csv holds the others too."""

_KNOWN = {entry.key: entry for entry in METRICS}


def metric(key: str) -> Metric:
    """The words for a metric; one that is not known here is shown as it is."""
    return _KNOWN.get(key, Metric(key, key, "Other"))


def decimals(half_widths: Iterable[float]) -> int:
    """Digits after the point that suit the typical uncertainty of a column, from none to four.

    As the Particle Data Group rounds: two figures of an uncertainty that begins with 1 to 3.5, one of a larger one.
    """
    positive = [width for width in half_widths if isfinite(width) and width > 0]
    if not positive:
        return 2
    typical = median_low(positive)
    power = floor(log10(typical))
    return min(max((1 if typical / 10**power < 3.55 else 0) - power, 0), 4)


def number(value: float | None, digits: int, signed: bool = False) -> str:
    """A number for print, with a true minus sign; a dash where there is none."""
    if value is None or not isfinite(value):
        return "–"
    text = f"{value:+.{digits}f}" if signed else f"{value:.{digits}f}"
    if float(text) == 0:
        text = text.lstrip("+-")
    return text.replace("-", MINUS)
