"""Densities and a catalogue for every galaxy of a store, streamed."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int

from slipher import progress
from slipher.density.file import DensityWriter, attributes_of
from slipher.density.histogram import Density
from slipher.errors import InputError
from slipher.files import content_of, keep_apart
from slipher.formats.tables import write_table
from slipher.methods.base import Model
from slipher.methods.photometry.features import is_r
from slipher.methods.photometry.range import TrainingRange
from slipher.physics.magnitudes import SOFTENING_PER_NOISE, asinh_magnitudes, dereddened_fluxes, measured_bands
from slipher.study.blocks import Blocks
from slipher.study.identity import identity_of_densities
from slipher.survey.store import Galaxies
from slipher.unfinished import unfinished

__all__ = ["FLAGS", "catalogue", "predict", "quality_flags"]

BLOCK = 4096
"""Galaxies predicted at a time."""

FLAGS = {
    "beyond": 1,
    "edge": 2,
    "bad_pixels": 4,
    "wide": 8,
    "peaks": 16,
    "missing_band": 32,
    "far": 64,
}
"""Bits of the column ``flags``.

beyond: the known redshift lies outside the grid, so the density cannot be right.
edge: more than a tenth of the probability lies in the last bin, so that the galaxy may lie beyond the grid, or in the
    first, as of a star.
bad_pixels: some pixels of the cutout were masked, in a band that is there.
wide: half of the 16-84 % interval exceeds 0.05 (1 + median), the limit of an outlier.
peaks: more than a fifth of the probability lies beyond where the main peak has fallen to a tenth of its height.
missing_band: the galaxy lacks a band, in images or photometry, so that its density rests on the others, or, by methods
    that need all, is the redshift distribution of the training sample.
far: its photometry lies outside that of the training galaxies (methods/photometry/range.py), where no method knows
    anything: a galaxy of another kind, or bands in another order, another unit, another filter.
"""
ABOUT = {
    "ra": "right ascension, degrees",
    "dec": "declination, degrees",
    "split": "part of the survey: 0 training, 1 validation, 2 test",
    "z_mean": "redshift, mean of p(z)",
    "z_median": "redshift, median of p(z)",
    "z_mode": "redshift, mode of p(z)",
    "z_q025": "redshift, 2.5 % quantile of p(z)",
    "z_q16": "redshift, 16 % quantile of p(z)",
    "z_q84": "redshift, 84 % quantile of p(z)",
    "z_q975": "redshift, 97.5 % quantile of p(z)",
    "odds": "probability within 0.03 (1 + mode) of the mode",
    "flags": "sum of " + ", ".join(f"{bit} {name}" for name, bit in FLAGS.items()),
}
"""What the columns of the catalogue are, for its metadata."""
MOST_FAR = 0.5
"""Share of the galaxies that are far at which something is wrong with all of them."""

DENSITIES = "densities.hdf5"
"""What densities are called until they get their name."""
_DENSITIES = (".hdf5", ".h5")
_TABLES = (".parquet", ".fits", ".csv")
_QUANTILES = {"z_q025": 0.025, "z_q16": 0.16, "z_q84": 0.84, "z_q975": 0.975}


def predict(
    model: Model,
    galaxies: Galaxies,
    out: Path,
    catalog: Path | None = None,
    overwrite: bool = False,
    label: str = "predicting",
) -> Path:
    """Write p(z) of every galaxy in order, and with ``catalog`` a table of its point estimates.

    Until both are whole, blocks that were predicted lie in a hidden folder beside ``out``, from which the same call
    continues; densities that the same call made before are left as they are.

    Galaxies whose known redshift lies beyond the grid, or whose photometry lies outside that of the training galaxies,
    are predicted all the same, flagged, and named in a message (the latter if they are most).

    Args:
        model: what predicts.
        galaxies: of any length; they are read a block at a time.
        out: densities (.hdf5), a qp ensemble.
        catalog: table (.parquet, .fits or .csv).
        overwrite: whether files that lie there are replaced.
        label: name of the progress bar.

    Returns:
        The path of the densities.

    Raises:
        InputError: if the galaxies do not suit the model, or a destination cannot be written.
    """
    _check_formats(out, catalog)
    keep_apart(out, galaxies.path)
    keep_apart(catalog, galaxies.path, out)
    _check_names(galaxies, catalog)
    # asked for no galaxy at all, a model says whether these galaxies suit it
    model.predict(galaxies[:0], progress=False)
    identity = identity_of_densities(model, galaxies)
    places = {DENSITIES: out} | ({} if catalog is None else {_table(catalog): catalog})
    with unfinished(places, identity, partial(_identity_of, catalog=catalog), overwrite=overwrite) as work:
        if work.done:
            progress.say(f"{out} is there already, predicted by the same command before.")
            return out
        blocks = Blocks(work.folder("plain" if catalog is None else "detailed"), len(galaxies), BLOCK)
        _predict_missing(model, galaxies, blocks, catalog is not None, label)
        attributes = {"identity": identity}
        if catalog is not None:
            write_table(work.path(_table(catalog)), blocks.joined("catalogue"), ABOUT)
            attributes["catalogue"] = content_of(work.path(_table(catalog)))
        _write_densities(DensityWriter(work.path(DENSITIES), model.grid, len(galaxies), attributes), blocks)
        far = blocks.joined("far")["far"]
        work.publish()
    _name_beyond(galaxies, model)
    _say_far(far)
    return out


def _table(catalog: Path) -> str:
    """What a catalogue is called until it gets its name."""
    return f"catalogue{catalog.suffix}"


def _identity_of(out: Path, catalog: Path | None) -> str | None:
    """What densities were made from; None where another catalogue lies beside them than was made with them."""
    known = attributes_of(out)
    if catalog is not None and catalog.is_file() and content_of(catalog) != known.get("catalogue"):
        return None
    return known.get("identity")


def _predict_missing(model: Model, galaxies: Galaxies, blocks: Blocks, detailed: bool, label: str) -> None:
    """Predict the blocks that are not kept yet, with the columns of the catalogue if ``detailed``."""
    missing = blocks.missing()
    done = len(galaxies) - sum(stop - start for start, stop in missing)
    with progress.bar(len(galaxies), label, done=done) as bar:
        for start, stop in missing:
            blocks.keep(start, stop, _predicted(model, galaxies[start:stop], detailed))
            bar.update(stop - start)


def _predicted(model: Model, block: Galaxies, detailed: bool) -> dict[str, np.ndarray]:
    """All that is to be written of some galaxies."""
    density, far = model.predict(block, progress=False), _far(model, block)
    columns = {
        "mass": {"mass": density.mass},
        "far": {"far": far},
        "ancil": {"id": block.id, "redshift": block.redshift} | _whereabouts(block) | _properties(block),
        "catalogue": catalogue(density, block, far) | _details(model, block) if detailed else {},
    }
    return {f"{kind}/{name}": np.asarray(values) for kind, own in columns.items() for name, values in own.items()}


def _write_densities(writer: DensityWriter, blocks: Blocks) -> None:
    """Write down what was predicted, block after block."""
    with writer:
        together = zip(blocks.bounds, blocks.parts("mass"), blocks.parts("ancil"), strict=True)
        for (start, _), mass, known in together:
            writer.write(start, mass["mass"], known.pop("id"), known.pop("redshift"), known)


def _whereabouts(galaxies: Galaxies) -> dict[str, np.ndarray]:
    """Where on the sky galaxies are, in degrees, where the store knows it, and in which part of the split."""
    known = [name for name in ("ra", "dec") if name in galaxies.catalogue]
    return {**{name: galaxies.numbers(f"catalogue/{name}") for name in known}, "split": galaxies.split}


def _properties(galaxies: Galaxies) -> dict[str, np.ndarray]:
    """What `evaluate` can split galaxies by: E(B−V), and the dereddened asinh magnitude in r, NaN where unknown."""
    found = {"ebv": np.asarray(galaxies.ebv)}
    red = [band for band in galaxies.bands if is_r(band)]
    if galaxies.has("photometry") and red:
        found["r"] = _r_magnitude(galaxies, red[0])
    return found


def _r_magnitude(galaxies: Galaxies, band: str) -> Float[np.ndarray, "galaxies"]:
    """Softened by each galaxy's own error, so that it depends on nothing but the galaxy: no model, no other galaxy."""
    place = galaxies.bands.index(band)
    columns = galaxies.flux[:, [place]], galaxies.flux_error[:, [place]]
    flux, error = dereddened_fluxes(*columns, galaxies.ebv, [band])
    known = measured_bands(flux, error) & (error > 0)
    magnitudes, _ = asinh_magnitudes(flux, error, np.where(known, SOFTENING_PER_NOISE * error, 1.0))
    return np.where(known, magnitudes, np.nan)[:, 0]


def _check_formats(out: Path, catalog: Path | None) -> None:
    """See, before any work, that both files have a format that is known."""
    for path, suffixes in ((out, _DENSITIES), (catalog, _TABLES)):
        if path is not None and path.suffix.lower() not in suffixes:
            raise InputError(
                f"{path} cannot be written in that format; the allowed suffixes are {', '.join(suffixes)}."
            )


def _check_names(galaxies: Galaxies, catalog: Path | None) -> None:
    """See, before any work, that a catalogue can hold the galaxies' identifiers."""
    if catalog is not None and catalog.suffix.lower() == ".fits" and galaxies.id.dtype.kind == "U":
        foreign = np.flatnonzero([not name.isascii() for name in galaxies.id.tolist()])
        if len(foreign):
            raise InputError(
                f"{catalog} cannot hold {len(foreign):,} of the {len(galaxies):,} identifiers, such as "
                f"{str(galaxies.id[foreign[0]])!r}, since FITS knows no text but ASCII; write it as .parquet or .csv."
            )


def _details(model: Model, galaxies: Galaxies) -> dict[str, Any]:
    """The columns that a method adds to the catalogue; most add none."""
    return model.details(galaxies) if hasattr(model, "details") else {}


def _far(model: Model, galaxies: Galaxies) -> Bool[np.ndarray, "galaxies"]:
    """Which galaxies have a photometry unlike that of the training galaxies, where the model knows that."""
    seen: TrainingRange | None = getattr(model, "seen", None)
    return np.zeros(len(galaxies), bool) if seen is None else seen.far(galaxies)


def catalogue(density: Density, galaxies: Galaxies, far: Bool[np.ndarray, "galaxies"]) -> dict[str, Any]:
    """The columns of the catalogue: id, position, part of the split, point estimates, quantiles, odds and flags."""
    bad, missing = _bad_and_missing(galaxies)
    points = {"z_mean": density.mean(), "z_median": density.median(), "z_mode": density.mode()}
    quantiles = {name: density.quantile(q) for name, q in _QUANTILES.items()}
    flags = quality_flags(density, galaxies.redshift, bad, missing, far)
    return {
        "id": galaxies.id,
        **_whereabouts(galaxies),
        **points,
        **quantiles,
        "odds": density.odds(),
        "flags": flags,
    }


def _bad_and_missing(galaxies: Galaxies) -> tuple[Bool[np.ndarray, "galaxies"], Bool[np.ndarray, "galaxies"]]:
    """Which galaxies have bad pixels in a band that is there, and which lack a band in images or photometry."""
    bad, missing = np.zeros(len(galaxies), bool), np.zeros(len(galaxies), bool)
    if galaxies.has("images") and galaxies.has("valid"):
        valid = galaxies.valid()
        there = np.asarray(valid.any(axis=(2, 3)))
        whole = np.asarray(valid.all(axis=(2, 3)))
        bad, missing = np.asarray((there & ~whole).any(axis=1)), np.asarray(~there.all(axis=1))
    if galaxies.has("photometry"):
        missing = missing | ~measured_bands(galaxies.flux, galaxies.flux_error).all(axis=1)
    return bad, missing


def quality_flags(
    density: Density,
    redshift: Float[np.ndarray, "galaxies"],
    bad_pixels: Bool[np.ndarray, "galaxies"],
    missing_band: Bool[np.ndarray, "galaxies"],
    far: Bool[np.ndarray, "galaxies"],
) -> Int[np.ndarray, "galaxies"]:
    """The bits of ``FLAGS`` that each galaxy has."""
    low, high = density.quantile(0.16), density.quantile(0.84)
    found: dict[str, np.ndarray] = {
        "beyond": np.isfinite(redshift) & ~density.grid.contains(redshift),
        "edge": np.maximum(density.mass[:, 0], density.mass[:, -1]) > 0.1,
        "bad_pixels": bad_pixels,
        "wide": (high - low) / 2 > 0.05 * (1 + density.median()),
        "peaks": _beyond_main_peak(density.mass) > 0.2,
        "missing_band": missing_band,
        "far": far,
    }
    return np.asarray(sum(FLAGS[name] * bit.astype(np.int64) for name, bit in found.items()), dtype=np.int64)


def _beyond_main_peak(mass: Float[np.ndarray, "galaxies bins"]) -> Float[np.ndarray, "galaxies"]:
    """Probability on the far side of the bins, left and right of the mode, that fall to a tenth of its height."""
    bins = np.arange(mass.shape[1])
    mode = np.argmax(mass, axis=1)[:, None]
    low = mass < 0.1 * mass.max(axis=1, keepdims=True)
    left = np.max(np.where(low & (bins < mode), bins, -1), axis=1, keepdims=True)
    right = np.min(np.where(low & (bins > mode), bins, len(bins)), axis=1, keepdims=True)
    return np.asarray(np.sum(mass, axis=1, where=(bins <= left) | (bins >= right)))


def _name_beyond(galaxies: Galaxies, model: Model) -> None:
    """Say which galaxies are known to lie outside the grid."""
    beyond = galaxies[_beyond(galaxies, model)]
    if len(beyond):
        named = zip(beyond[:5].id, beyond[:5].redshift, strict=True)
        examples = ", ".join(f"{name} (z = {z:.4g})" for name, z in named)
        more = ", ..." if len(beyond) > 5 else ""
        progress.say(
            f"{len(beyond)} of {len(galaxies)} galaxies have a known redshift outside the grid (0, "
            f"{model.grid.z_max:g}], and a density on the grid all the same: {examples}{more}"
        )


def _say_far(far: Bool[np.ndarray, "galaxies"]) -> None:
    """Say so if most galaxies have a photometry unlike that of the training galaxies."""
    if far.sum() > MOST_FAR * len(far):
        progress.say(
            f"{far.sum():,} of {len(far):,} galaxies have a photometry far from that of the training galaxies "
            f"(flags {FLAGS['far']}), so that their densities mean nothing; see whether bands, unit, filters and "
            "correction for dust are those of the training."
        )


def _beyond(galaxies: Galaxies, model: Model) -> Bool[np.ndarray, "galaxies"]:
    """Which galaxies have a known redshift outside the grid; read a block at a time."""
    beyond = np.zeros(len(galaxies), bool)
    for number, block in enumerate(galaxies.batches(BLOCK)):
        redshift = block.redshift
        outside = np.isfinite(redshift) & ~model.grid.contains(redshift)
        beyond[number * BLOCK : number * BLOCK + len(block)] = outside
    return beyond
