"""What a store holds, in numbers and in words."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from slipher.survey.split import TEST, TRAIN, VALIDATION
from slipher.survey.store import Galaxies, open_store

__all__ = ["info", "info_text"]

PARTS = {
    "images": "images",
    "spectra": "spectra",
    "photometry": "measured photometry",
    "sources": "source masks",
    "sky": "sky statistics",
}
BINS = 20
WIDTH = 40


def info(path: str | Path) -> dict[str, Any]:
    """Describe a galaxy store; reads its small columns, not its images.

    Args:
        path: the store.

    Returns:
        A document for JSON: where it is from and how large; galaxies in all and in each part of the split; bands, unit,
        pixel scale and size of the cutouts; what it has and what is missing; the distribution of redshifts; E(B−V); and
        the magnitudes in each band that 1, 50 and 99 % of the galaxies are brighter than. None where unknown.

    Raises:
        InputError: if the file cannot be opened as a store.
    """
    galaxies = open_store(path)
    return {
        "path": str(path),
        "fingerprint": galaxies.fingerprint,
        "source": galaxies.source,
        "simulated": galaxies.simulated,
        "software": galaxies.attributes.get("software"),
        "bytes": Path(path).stat().st_size,
        "galaxies": len(galaxies),
        "split": _parts(galaxies),
        "bands": list(galaxies.bands),
        "unit": galaxies.unit,
        "pixel_scale": galaxies.pixel_scale,
        "cutout": None if galaxies.shape is None else list(galaxies.shape),
        "has": [part for part in PARTS if galaxies.has(part)],
        "missing": _missing(galaxies),
        "redshift": _redshifts(galaxies.redshift),
        "ebv": _spread(galaxies.ebv.astype(np.float64)),
        "magnitudes": _magnitudes(galaxies) if galaxies.has("photometry") else None,
        "spectra": int(galaxies.spectrum_have.sum()) if galaxies.has("spectra") else 0,
    }


def _parts(galaxies: Galaxies) -> dict[str, int]:
    """Galaxies in each part of the split."""
    names = {"train": TRAIN, "validation": VALIDATION, "test": TEST}
    return {name: int((galaxies.split == part).sum()) for name, part in names.items()}


def _missing(galaxies: Galaxies) -> list[str]:
    """What the store lacks, in words."""
    missing = [words for part, words in PARTS.items() if not galaxies.has(part)]
    unknown = {"redshift": np.isnan(galaxies.redshift), "E(B−V)": np.isnan(galaxies.ebv)}
    for name, where in unknown.items():
        if where.any():
            missing.append(f"{name} of {'all' if where.all() else f'{int(where.sum()):,}'} galaxies")
    if galaxies.has("spectra") and not galaxies.spectrum_have.all():
        missing.append(f"spectra of {int((~galaxies.spectrum_have).sum()):,} galaxies")
    return missing


def _spread(values: Float[np.ndarray, "values"]) -> dict[str, Any]:
    """Number, least, median and greatest of the known values."""
    known = values[np.isfinite(values)]
    if not len(known):
        return {"known": 0, "least": None, "median": None, "greatest": None}
    low, middle, high = (round(float(value), 6) for value in (known.min(), np.median(known), known.max()))
    return {"known": len(known), "least": low, "median": middle, "greatest": high}


def _redshifts(redshift: Float[np.ndarray, "galaxies"]) -> dict[str, Any]:
    """The spread of the redshifts, and their histogram from 0 to the greatest."""
    known = redshift[np.isfinite(redshift)]
    summary = _spread(redshift)
    if not len(known):
        return {**summary, "histogram": None}
    low, high = min(0.0, float(known.min())), max(float(known.max()), 1e-6)
    counts, edges = np.histogram(known, bins=BINS, range=(low, high))
    return {**summary, "histogram": {"edges": edges.round(6).tolist(), "counts": counts.tolist()}}


def _magnitudes(galaxies: Galaxies) -> dict[str, Any]:
    """Magnitudes of the galaxies with positive flux at three quantiles, bright first, and how many have none."""
    found: dict[str, Any] = {}
    for band, flux in zip(galaxies.bands, galaxies.flux.T, strict=True):
        positive = flux[np.isfinite(flux) & (flux > 0)]
        quantiles = np.quantile(22.5 - 2.5 * np.log10(positive), (0.01, 0.5, 0.99)) if len(positive) else [None] * 3
        names = ("bright", "median", "faint")
        found[band] = {
            name: None if q is None else round(float(q), 3) for name, q in zip(names, quantiles, strict=True)
        }
        found[band]["not_positive"] = len(flux) - len(positive)
    return found


def info_text(document: Mapping[str, Any]) -> str:
    """The description for a reader.

    Args:
        document: what `info` returns.
    """
    split = ", ".join(f"{count:,} {name}" for name, count in document["split"].items())
    size = "no cutouts" if document["cutout"] is None else "{1} × {0} pixels".format(*document["cutout"])
    scale = "" if document["pixel_scale"] is None else f" of {document['pixel_scale']:g}″"
    lines = [
        f"{document['path']}: {document['bytes'] / 1e6:,.1f} MB, fingerprint {document['fingerprint']}",
        f"source      {document['source']}" + (" (simulated)" if document["simulated"] else ""),
        f"galaxies    {document['galaxies']:,} ({split})",
        f"cutouts     {size}{scale}, bands {' '.join(document['bands'])}, in units of a {document['unit']}",
        f"has         {', '.join(PARTS[part] for part in document['has']) or 'redshifts only'}",
        f"missing     {', '.join(document['missing']) or 'nothing'}",
        f"E(B−V)      {_spread_text(document['ebv'])}",
        f"redshift    {_spread_text(document['redshift'])}",
    ]
    return "\n".join([*lines, *_histogram_text(document["redshift"]), *_magnitude_text(document["magnitudes"])])


def _spread_text(spread: Mapping[str, Any]) -> str:
    """A spread in words."""
    if not spread["known"]:
        return "unknown"
    return (
        f"{spread['least']:.4f} to {spread['greatest']:.4f}, median {spread['median']:.4f} ({spread['known']:,} known)"
    )


def _histogram_text(redshift: Mapping[str, Any]) -> list[str]:
    """A bar for every bin of redshift."""
    histogram = redshift["histogram"]
    if histogram is None:
        return []
    most = max(histogram["counts"])
    bins = zip(histogram["edges"][:-1], histogram["edges"][1:], histogram["counts"], strict=True)
    return [
        f"  {low:6.3f} – {high:6.3f} {count:>8,} {'█' * round(WIDTH * count / most)}".rstrip()
        for low, high, count in bins
    ]


def _magnitude_text(magnitudes: Mapping[str, Any] | None) -> list[str]:
    """A line for every band."""
    if magnitudes is None:
        return []
    lines = ["magnitudes  1 %, median, 99 %"]
    for band, entry in magnitudes.items():
        shown = "  ".join(
            "    –" if entry[name] is None else f"{entry[name]:5.2f}" for name in ("bright", "median", "faint")
        )
        note = f"  ({entry['not_positive']:,} without a positive flux)" if entry["not_positive"] else ""
        lines.append(f"  {band:9} {shown}{note}")
    return lines
