"""Answers of the command line for a reader; --json has the same numbers whole."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

__all__ = ["flux_text", "inventory_text", "scores_text"]

Document = Mapping[str, Any]
LEAST_P = 1e-6
"""A smaller p says no more."""


def scores_text(document: Document) -> str:
    """Metrics with their 95 % intervals, and below them those of each bin."""
    part = f" of the part {document['split']}" if document.get("split", "all") != "all" else ""
    head = f"{document['n']:,} galaxies{part}, point estimate {document['point']}; 95 % intervals"
    parts = [head, *_metrics(document["metrics"])]
    for part in document.get("by", []):
        parts += ["", f"{part['low']:.4g} to {part['high']:.4g}: {part['n']:,} galaxies", *_metrics(part["metrics"])]
    return "\n".join(parts)


def _metrics(metrics: Document) -> list[str]:
    return [f"  {name:16} {_number(score['value'])}  {_beside(score)}" for name, score in metrics.items()]


def _beside(score: Document) -> str:
    """The interval of a metric, or what is expected of a distance of the PIT."""
    if score.get("p") is None:
        return f"[{_number(score['low'])}, {_number(score['high'])}]"
    low, high = _number(score["expected_low"]), _number(score["expected_high"])
    p = f"= {score['p']:.2g}" if score["p"] >= LEAST_P else f"< {LEAST_P:g}"
    return f"({low}, {high}) where calibrated, p {p}"


def _number(value: float | None) -> str:
    return f"{'–':>10}" if value is None else f"{value:10.4g}"


def flux_text(found: Sequence[Document]) -> str:
    """A line a file and band: synthetic over catalogue flux, and coverage."""
    rows: list[str] = []
    for spectrum in found:
        if spectrum["error"]:
            # every error names its file already
            rows.append(spectrum["error"])
            continue
        warnings = f"  ({'; '.join(spectrum['warnings'])})" if spectrum["warnings"] else ""
        rows.append(f"{spectrum['file']}  z = {spectrum['redshift']:.4f}{warnings}")
        rows += [_band(name, band) for name, band in spectrum["bands"].items()]
    return "\n".join([*rows, *_medians([spectrum["bands"] for spectrum in found if not spectrum["error"]])])


def _medians(spectra: Sequence[Mapping[str, Document]]) -> list[str]:
    """One line that sums up several spectra: the median ratio in each band."""
    if len(spectra) < 2:
        return []
    ratios = {
        name: [
            bands[name]["synthetic"] / bands[name]["catalogue"]
            for bands in spectra
            if bands[name]["synthetic"] and bands[name]["catalogue"]
        ]
        for name in spectra[0]
    }
    words = [f"{name} {median(values):.4f}" for name, values in ratios.items() if values]
    return [f"median ratio of {len(spectra)} spectra: {', '.join(words)}"]


def _band(name: str, band: Document) -> str:
    synthetic, catalogue = band["synthetic"], band["catalogue"]
    ratio = f", ratio {synthetic / catalogue:.4f}" if synthetic and catalogue else ""
    return (
        f"  {name}: synthetic {_number(synthetic).strip()} nMgy, catalogue {_number(catalogue).strip()} nMgy{ratio}, "
        f"coverage {100 * band['coverage']:.1f} %"
    )


def inventory_text(document: Document) -> str:
    """Networks, methods, constraints and presets, a heading each."""
    networks = [f"  {each['name']:18} {each['parameters']:>12,} parameters" for each in document["networks"]]
    constraints = [
        f"  {each['name']:18} " + ", ".join(f"{key}={value}" for key, value in each["options"].items())
        for each in document["constraints"]
    ]
    parts = {
        "Networks": networks,
        "Methods": [f"  {name}" for name in document["methods"]],
        "Constraints": constraints,
        "Presets": [f"  {name}" for name in document["presets"]],
    }
    return "\n\n".join("\n".join([heading, *rows]) for heading, rows in parts.items())
