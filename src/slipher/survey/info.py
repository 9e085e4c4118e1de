"""What a store holds, in numbers and in words."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Shaped

from slipher.survey.ranges import RULES
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
PIECE = 65536
"""Galaxies whose photometry is read at once."""
SHOWN_ELSEWHERE = frozenset(
    {"bands", "fingerprint", "pixel_scale", "simulated", "software", "source", "unit"}
    | {"block", "format", "format_version", "identity"}
)
"""Attributes that the description has under a name of its own, or that say nothing to a reader."""


def info(path: str | Path) -> dict[str, Any]:
    """Describe a galaxy store; reads its small columns, not its images, some galaxies at a time.

    Args:
        path: the store.

    Returns:
        A document for JSON: where it is from and how large; galaxies in all and in each part of the split; bands, unit,
        pixel scale and size of the cutouts; what it has and what is missing; how many galaxies lack each band; the
        distribution of redshifts; E(B−V); the magnitudes in each band that 1, 50 and 99 % of the galaxies are brighter
        than; the number of spectra and of each of their flags; the columns from a catalogue, each with its kind and
        range; and the other attributes. None where unknown.

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
        "without_band": _without_band(galaxies),
        "redshift": _redshifts(_possible(galaxies.redshift)),
        "ebv": _spread(galaxies.ebv.astype(np.float64)),
        "magnitudes": _magnitudes(galaxies) if galaxies.has("photometry") else None,
        "spectra": int(galaxies.spectrum_have.sum()) if galaxies.has("spectra") else 0,
        "spectrum_flags": _spectrum_flags(galaxies),
        "catalogue": {name: _kind_and_range(galaxies.column(f"catalogue/{name}")) for name in galaxies.catalogue},
        "attributes": {key: galaxies.attributes[key] for key in sorted(set(galaxies.attributes) - SHOWN_ELSEWHERE)},
    }


def _parts(galaxies: Galaxies) -> dict[str, int]:
    """Galaxies in each part of the split."""
    names = {"train": TRAIN, "validation": VALIDATION, "test": TEST}
    return {name: int((galaxies.split == part).sum()) for name, part in names.items()}


def _missing(galaxies: Galaxies) -> list[str]:
    """What the store lacks, in words."""
    missing = [words for part, words in PARTS.items() if not galaxies.has(part)]
    unknown = {"redshift": np.isnan(_possible(galaxies.redshift)), "E(B−V)": np.isnan(galaxies.ebv)}
    for name, where in unknown.items():
        if where.any():
            missing.append(f"{name} of {'all' if where.all() else f'{int(where.sum()):,}'} galaxies")
    if galaxies.has("spectra") and not galaxies.spectrum_have.all():
        missing.append(f"spectra of {int((~galaxies.spectrum_have).sum()):,} galaxies")
    lacking = (_without_band(galaxies) or {}).items()
    return [*missing, *(f"band {band} of {count:,} galaxies" for band, count in lacking if count)]


def _possible(redshift: Float[np.ndarray, "galaxies"]) -> Float[np.ndarray, "galaxies"]:
    """Redshifts, unknown where a number is none: a histogram to 1e308 shows nothing."""
    return np.where(RULES["redshift"].holds(redshift), redshift, np.nan)


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
    magnitudes = np.empty((len(galaxies.bands), len(galaxies)), np.float32)
    for start, part in _pieces(galaxies):
        flux = part.flux.T
        positive = np.isfinite(flux) & (flux > 0)
        brightness = 22.5 - 2.5 * np.log10(np.where(positive, flux, 1.0))
        magnitudes[:, start : start + len(part)] = np.where(positive, brightness, np.nan)
    return {band: _quantiles(values) for band, values in zip(galaxies.bands, magnitudes, strict=True)}


def _quantiles(magnitudes: Float[np.ndarray, "galaxies"]) -> dict[str, Any]:
    """The magnitudes of one band that 1, 50 and 99 % are brighter than, and how many galaxies have none."""
    known = magnitudes[np.isfinite(magnitudes)]
    values = np.quantile(known, (0.01, 0.5, 0.99)).tolist() if len(known) else [None] * 3
    rounded = [None if value is None else round(value, 3) for value in values]
    return dict(zip(("bright", "median", "faint"), rounded, strict=True)) | {
        "not_positive": len(magnitudes) - len(known)
    }


def _without_band(galaxies: Galaxies) -> dict[str, int] | None:
    """How many galaxies lack each band: their sky was not measured, or their flux where there are no images."""
    if not galaxies.has("sky") and not galaxies.has("photometry"):
        return None
    counts = sum(_lacking(part).sum(axis=0) for _, part in _pieces(galaxies))
    return dict(zip(galaxies.bands, np.asarray(counts).tolist(), strict=True))


def _lacking(galaxies: Galaxies) -> Bool[np.ndarray, "galaxies bands"]:
    """Which bands galaxies lack."""
    return np.asarray(~np.isfinite(galaxies.sky_sigma if galaxies.has("sky") else galaxies.flux_error))


def _pieces(galaxies: Galaxies) -> Iterator[tuple[int, Galaxies]]:
    """Some galaxies at a time, each part with the place of its first."""
    return ((number * PIECE, part) for number, part in enumerate(galaxies.batches(PIECE)))


def _spectrum_flags(galaxies: Galaxies) -> dict[str, int] | None:
    """How many spectra have each flag, by name."""
    if "spectrum_flags" not in galaxies.catalogue:
        return None
    flags = galaxies.column("catalogue/spectrum_flags")
    if flags.dtype.kind not in "iu":
        return None
    # imported where it is needed: it brings the physics of spectra, which takes longer than all else here
    from slipher.survey.spectra.flags import SpectrumFlag

    return {str(flag.name).lower(): int(np.count_nonzero(flags & flag)) for flag in SpectrumFlag}


def _kind_and_range(values: Shaped[np.ndarray, "galaxies ..."]) -> dict[str, Any]:
    """The type of a column, its shape per galaxy, and the least and greatest of its known values."""
    kind = "text" if values.dtype.kind in "SU" else str(values.dtype)
    numbers = values.astype(np.float64) if values.dtype.kind in "iuf" else np.zeros(0)
    known = values[np.isfinite(numbers)] if numbers.size else np.zeros(0)
    ends = (known.min().item(), known.max().item()) if known.size else (None, None)
    return {"kind": kind, "shape": list(values.shape[1:]), "known": known.size, "least": ends[0], "greatest": ends[1]}


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
    lines += [*_histogram_text(document["redshift"]), *_magnitude_text(document["magnitudes"])]
    return "\n".join([*lines, *_spectrum_text(document), *_catalogue_text(document["catalogue"]), *_notes(document)])


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


def _spectrum_text(document: Mapping[str, Any]) -> list[str]:
    """How many spectra there are, and what they are flagged with."""
    if not document["spectra"] and document["spectrum_flags"] is None:
        return []
    flagged = [f"{count:,} {name}" for name, count in (document["spectrum_flags"] or {}).items() if count]
    return [f"spectra     {document['spectra']:,}" + (f"; flagged: {', '.join(flagged)}" if flagged else "")]


def _catalogue_text(catalogue: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """A line for every column from a catalogue."""
    width = max(map(len, catalogue), default=0)
    lines = ["catalogue"] if catalogue else []
    for name, entry in catalogue.items():
        shape = "".join(f" × {length}" for length in entry["shape"])
        ends = "" if entry["least"] is None else f"  {entry['least']:g} to {entry['greatest']:g}"
        lines.append(f"  {name:{width}}  {entry['kind']}{shape}{ends}")
    return lines


def _notes(document: Mapping[str, Any]) -> list[str]:
    """A line for every other attribute."""
    attributes = document["attributes"]
    width = max(map(len, attributes), default=0)
    return [*(["attributes"] if attributes else []), *(f"  {key:{width}}  {attributes[key]}" for key in attributes)]
