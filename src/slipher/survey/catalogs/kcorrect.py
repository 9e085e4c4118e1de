"""Catalogues of measured fluxes, as stores without images."""

import importlib.util
from pathlib import Path

import numpy as np
from jaxtyping import Shaped

from slipher.errors import InputError
from slipher.extras import require
from slipher.formats.column import decimal
from slipher.physics.extinction import EXTINCTION_PER_EBV
from slipher.progress import bar
from slipher.survey.layout import digest
from slipher.survey.schema import galaxy_schema
from slipher.survey.split import split_by_id
from slipher.survey.writer import StoreWriter, making

__all__ = ["kcorrect_catalogue"]

BANDS = ("u", "g", "r", "i", "z")
FARTHEST = 0.4
CATALOGUE = Path("data", "test", "gst_tests_small.fits")
IDENTITY = "kcorrect's SDSS galaxies, version 1"

Columns = dict[str, Shaped[np.ndarray, " galaxies *entry"]]


def kcorrect_catalogue(path: str | Path, overwrite: bool = False) -> Path:
    """Make a store of the 10,000 SDSS main-sample galaxies that the kcorrect package ships (Blanton & Roweis 2007).

    It holds those with 0 < z < 0.4: model fluxes in ugriz as observed (reddened, nanomaggies) with their errors,
    redshifts, and E(B−V) from the extinction in r. A galaxy's identifier is its row in kcorrect's file. A fifth is for
    testing and a twentieth for validation, by a digest of the identifier.

    Args:
        path: where the store shall lie.
        overwrite: whether another file there may be replaced.

    Returns:
        The path.

    Raises:
        InputError: if kcorrect or astropy is not installed, or the destination cannot be written.
    """
    path, identity = Path(path), digest(IDENTITY.encode()).hex()
    with making(path, identity, overwrite) as work:
        if work.done:
            return path
        columns = _columns()
        count = len(columns["id"])
        schema = galaxy_schema(count, BANDS, source="SDSS main sample, as kcorrect ships it")
        with StoreWriter(path, schema, identity, work) as writer, bar(count, "writing", done=writer.done) as progress:
            for start, stop in writer.missing():
                writer.write(start, {name: values[start:stop] for name, values in columns.items()})
                progress.update(stop - start)
            writer.finish()
    return path


def _columns() -> Columns:
    """Every column of the store."""
    catalogue = _read(_kcorrect_file(), "MODELFLUX", "MODELFLUX_IVAR", "EXTINCTION", "Z")
    redshift = decimal(catalogue["Z"])
    kept = np.flatnonzero((redshift > 0) & (redshift < FARTHEST))
    extinction = catalogue["EXTINCTION"][kept, BANDS.index("r")]
    return {
        "id": kept,
        "redshift": redshift[kept],
        "ebv": extinction / EXTINCTION_PER_EBV["r"],
        "split": split_by_id(kept),
        "photometry/flux": catalogue["MODELFLUX"][kept],
        "photometry/flux_error": catalogue["MODELFLUX_IVAR"][kept] ** -0.5,
    }


def _kcorrect_file() -> Path:
    """The catalogue in the kcorrect package, which is found but not imported: that takes seconds."""
    package = importlib.util.find_spec("kcorrect")
    if package is None or package.origin is None:
        raise InputError("kcorrect is not installed; pip install 'slipher[simulate]' brings it.")
    return Path(package.origin).parent / CATALOGUE


def _read(file: Path, *names: str) -> dict[str, np.ndarray]:
    """Columns of a FITS table in the machine's byte order."""
    fits = require("astropy.io.fits", "simulate")
    try:
        with fits.open(file) as units:
            table = units[1].data
            return {name: table[name].astype(table[name].dtype.newbyteorder("=")) for name in names}
    except (OSError, KeyError) as error:
        raise InputError(f"{file} cannot be read ({error}); install kcorrect again.") from error
