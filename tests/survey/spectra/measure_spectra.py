"""How many real spectra a second are read, filled into a store, and tabled; run as a program.

    python tests/survey/spectra/measure_spectra.py [FOLDER [GALAXIES]]

The files of FOLDER (../shared/data/spectra) are read again and again, so that the disk does not count.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import perf_counter

import numpy as np
from astropy.io import fits

from slipher.constraints.flux import Flux
from slipher.redshift import Grid
from slipher.survey.responses import response_cache
from slipher.survey.schema import galaxy_schema
from slipher.survey.spectra.attach import attach_spectra
from slipher.survey.spectra.file import read_file
from slipher.survey.spectra.specobj import encode, name_of_file
from slipher.survey.store import open_store
from slipher.survey.writer import StoreWriter
from slipher.threads import available_cores

FOLDER = Path(__file__).resolve().parents[4] / "shared" / "data" / "spectra"


def say(what: str, count: int, work: Callable[[], object]) -> None:
    """Do something and say how fast it was."""
    began = perf_counter()
    work()
    seconds = perf_counter() - began
    sys.stdout.write(f"{what:50} {count / seconds:9,.0f} spectra/s\n")


def with_astropy(path: Path) -> None:
    """Read as one would without slipher."""
    with fits.open(path, memmap=False) as file:
        pixels, row = file[1].data, file[2].data[0]
        _ = [np.array(pixels[name]) for name in ("flux", "loglam", "ivar")], row["Z"], row["CLASS"], row["ZWARNING"]


def make_store(path: Path, files: list[Path], count: int) -> Path:
    """Galaxies that share the files."""
    names = [name_of_file(file) for file in files]
    ids = np.array([encode(*name, "26") for name in names if name])
    redshift = np.array([read_file(file).redshift for file in files])
    rows = np.arange(count) % len(files)
    columns = {
        "id": ids[rows],
        "redshift": redshift[rows],
        "ebv": np.zeros(count, np.float32),
        "split": rows.astype(np.uint8) % 3,
    }
    schema = galaxy_schema(count, tuple("ugriz"), source="spectra of a measurement", photometry=False)
    with StoreWriter(path, schema, "measurement") as writer:
        for start, stop in writer.missing():
            writer.write(start, {name: values[start:stop] for name, values in columns.items()})
        writer.finish()
    return path


def main(folder: Path, count: int) -> None:
    """Measure."""
    files = sorted(folder.glob("spec-*.fits"))
    few = [files[row % len(files)] for row in range(count // 10)]
    say("astropy.io.fits, one process", len(few), lambda: [with_astropy(file) for file in few])
    say("slipher's reader, one process", len(few), lambda: [read_file(file) for file in few])
    with tempfile.TemporaryDirectory() as place:
        for workers in sorted({1, available_cores()}):
            store = make_store(Path(place) / f"store-{workers}.h5", files, count)
            say(
                f"data spectra, {workers} processes, to the disk",
                count,
                partial(attach_spectra, store, folder, workers),
            )
        for uncovered in ("mask", "template"):
            work = partial(response_cache, open_store(store), Grid(), Flux(uncovered=uncovered))
            say(f"response tables, 180 bins of ugriz, {uncovered}", count, work)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=FOLDER, help="of real spectra")
    parser.add_argument("count", type=int, nargs="?", default=3000, help="galaxies that are given them, over and over")
    given = parser.parse_args()
    main(given.folder, given.count)
