"""Small valid inputs of every kind, and a command of every verb that takes them.

The sources are written with numpy, astropy, h5py and pandas; stores, models, densities and a study are made of them by
slipher itself. Everything is simulated.
"""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
from astropy.io import fits
from astropy.table import Table
from running import HERE, fresh, run

TESTS = Path(__file__).resolve().parents[1] / "survey"
sys.path += [str(TESTS / "pasquet"), str(TESTS / "frames")]
from pasquet_archive import write_archive  # noqa: E402
from sdss_frames import sky_of, write_field  # noqa: E402

COUNT, SIDE = 48, 12
PLATE, MJD = 266, 51602
CATALOGUES = ("csv", "ecsv", "fits", "parquet", "npz", "hdf5", "vot", "txt", "csv.gz")
COLUMNS = "--flux flux_{band} --flux-error error_{band} --redshift z --id id --ra ra --dec dec --ebv ebv"
CUTOUTS = "--images cube --bands ugriz --pixel-scale 0.396"
STUDY = """\
data: catalogue.store.h5
grid: {z_max: 0.4, bins: 40}
drop_outside: true
network: {name: colours}
training: {epochs: 2, batch_size: 16, device: cpu, precision: float32}
groups:
  trainz: {method: trainz}
  linear: {method: local-linear, options: {neighbours: 12}}
  network: {constraints: {cde: 0.1}}
"""
IMAGE_STUDY = """\
data: images.store.h5
grid: {z_max: 0.4, bins: 40}
network: {name: henghes}
training: {epochs: 1, batch_size: 16, device: cpu, precision: float32}
groups:
  baseline: {augment: [symmetry]}
"""
SMALL_STUDY = "data: catalogue.store.h5\ngrid: {z_max: 0.4, bins: 40}\ngroups: {trainz: {method: trainz}}\n"
FLUX_STUDY = """\
data: spectra.store.h5
grid: {z_max: 0.4, bins: 40}
network: {name: colours}
training: {epochs: 1, batch_size: 16, device: cpu, precision: float32}
groups: {flux: {constraints: {flux: {weight: 0.1, uncovered: mask}}}}
"""
BASE = "BASE"
"""Stands for the address of the server on the loopback."""


IMAGE = ("images.store.h5", "image.yaml")
CATALOGUE = ("catalogue.store.h5", "study.yaml")
WRITTEN: list[tuple[str, tuple[str, ...]]] = [
    (f"data import catalog catalogue.csv out.h5 {COLUMNS}", ("catalogue.csv",)),
    (f"data import images cutouts.npz out.h5 {CUTOUTS} --redshift z --workers 1", ("cutouts.npz",)),
    (f"data import images cutouts.hdf5 out.h5 {CUTOUTS} --redshift z --workers 1", ("cutouts.hdf5",)),
    ("data import images cube.npy out.h5 --bands ugriz --pixel-scale 0.396 --catalog catalogue.csv --redshift z",
     ("cube.npy", "catalogue.csv")),
    ("data import images stamps out.h5 --bands ugriz --pixel-scale 0.396 --workers 1", ("stamps",)),
    ("data import pasquet sdss.npz out.h5", ("sdss.npz",)),
    ("data import hayat hayat.h5 out.h5 --workers 1", ("hayat.h5",)),
    ("data simulate 24 --out out.h5 --workers 1", ()),
    ("data cutouts --frames frames --catalog positions.csv --out out.h5 --size 16 --workers 1",
     ("frames", "positions.csv")),
    ("data spectra catalogue.store.h5 spectra --workers 1", ("catalogue.store.h5", "spectra")),
    ("data measure bare.store.h5 --workers 1", ("bare.store.h5",)),
    ("data dust dustless.store.h5", ("dustless.store.h5",)),
    ("data info images.store.h5 --page page.png", ("images.store.h5",)),
    (f"data fetch spectra --ids two.csv:id --base {BASE} --out got", ("two.csv",)),
    (f"data fetch hayat --base {BASE} --out got", ()),
    ("train catalogue.store.h5 --out m.safetensors --from study.yaml --group trainz", CATALOGUE),
    ("train catalogue.store.h5 --out m.safetensors --from study.yaml --group linear", CATALOGUE),
    ("train catalogue.store.h5 --out m.safetensors --from study.yaml --group network", CATALOGUE),
    ("train spectra.store.h5 --out m.safetensors --from flux.yaml --group flux", ("spectra.store.h5", "flux.yaml")),
    ("train images.store.h5 --out m.safetensors --from image.yaml", IMAGE),
    ("pretrain images.store.h5 --out m.safetensors --network.name resnet18 --epochs 1 --batch-size 8 --queue 8", IMAGE),
    ("predict trainz.safetensors catalogue.store.h5 --out d.hdf5", ("trainz.safetensors", "catalogue.store.h5")),
    ("predict network.safetensors catalogue.store.h5 --out d.hdf5 --catalog d.csv",
     ("network.safetensors", "catalogue.store.h5")),
    ("predict linear.safetensors catalogue.store.h5 --out d.hdf5 --catalog d.parquet",
     ("linear.safetensors", "catalogue.store.h5")),
    ("predict linear.safetensors catalogue.store.h5 --out d.hdf5 --catalog d.fits",
     ("linear.safetensors", "catalogue.store.h5")),
    ("study small.yaml --out run", ("catalogue.store.h5", "small.yaml")),
    ("study study.yaml --out run", CATALOGUE),
    ("report run", ("run",)),
]  # fmt: skip
READ: list[tuple[str, tuple[str, ...]]] = [
    ("data info images.store.h5", ("images.store.h5",)),
    ("data info images.store.h5 --json", ("images.store.h5",)),
    ("data check catalogue.store.h5", ("catalogue.store.h5",)),
    ("data check spectra.store.h5 --json", ("spectra.store.h5",)),
    ("flux spectra", ("spectra",)),
    ("flux --json spectra/spec-0266-51602-0001.fits", ("spectra",)),
    ("list", ()),
    ("list --json", ()),
    ("bench metrics --out figures --help", ()),
    ("evaluate densities.hdf5", ("densities.hdf5",)),
    ("evaluate densities.hdf5 --json --by redshift --convention rail", ("densities.hdf5",)),
    ("evaluate estimates.csv --point z_mean --truth catalogue.csv:z --split all", ("estimates.csv", "catalogue.csv")),
    ("study study.yaml --out run --dry-run", CATALOGUE),
    ("study study.yaml --print-config", CATALOGUE),
]
SLOW = ("data simulate", "study", "report", "data info images.store.h5 --page", "train images", "pretrain")


@dataclass(frozen=True)
class Example:
    """A command that works.

    Args:
        line: its words.
        inputs: what it reads, of the samples.
        slow: whether it takes seconds, where others take tenths.
    """

    line: str
    inputs: tuple[str, ...]
    slow: bool = False


def examples() -> list[Example]:
    """Commands that work, at least one of every verb."""
    formats = [Example(f"data import catalog catalogue.{kind} out.h5 {COLUMNS}", (f"catalogue.{kind}",))
               for kind in CATALOGUES]  # fmt: skip
    return [*formats, *writing(), *(Example(line, inputs) for line, inputs in READ)]


def writing() -> list[Example]:
    """Commands that write, each in its own way."""
    return [Example(line, inputs, line.startswith(SLOW)) for line, inputs in WRITTEN]


@contextmanager
def server(samples: Path) -> Iterator[str]:
    """Serve the samples of what can be fetched on the loopback, in a process of its own; gives the address."""
    handler = partial(Quiet, directory=str(samples / "mirror"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as listening:
        address = f"http://127.0.0.1:{listening.server_address[1]}"
        # whatever else is asked for is asked of this server, as if it were a proxy: nothing leaves the machine
        os.environ.update(dict.fromkeys(("http_proxy", "https_proxy", "ftp_proxy"), address), no_proxy="127.0.0.1")
        pid = os.fork()
        if not pid:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            listening.serve_forever()
    try:
        yield address
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


class Quiet(SimpleHTTPRequestHandler):
    """Says nothing of what it serves."""

    def log_message(self, *_):
        pass


def make(root: Path) -> Path:
    """Write every sample; gives the folder that they lie in."""
    folder = fresh(root) / HERE
    galaxies = _galaxies()
    _catalogues(folder, galaxies)
    _cutouts(folder, galaxies)
    _spectra(folder, galaxies)
    write_archive(folder / "sdss.npz", 12)
    _hayat(folder / "hayat.h5")
    _frames(folder)
    _mirror(folder)
    for name, text in {"study": STUDY, "image": IMAGE_STUDY, "small": SMALL_STUDY, "flux": FLUX_STUDY}.items():
        (folder / f"{name}.yaml").write_text(text)
    for line in _made_by_slipher():
        outcome = run(line.split(), root)
        if outcome.status:
            raise RuntimeError(f"slipher {line}: {outcome.status}: {outcome.err}")
    return folder


def _made_by_slipher() -> list[str]:
    """Commands that make the other samples, in order."""
    trained = [f"train catalogue.store.h5 --out {group}.safetensors --from study.yaml --group {group}"
               for group in ("trainz", "linear", "network")]  # fmt: skip
    return [
        f"data import catalog catalogue.csv catalogue.store.h5 {COLUMNS}",
        f"data import catalog catalogue.csv dustless.store.h5 {COLUMNS.replace(' --ebv ebv', '')}",
        f"data import catalog catalogue.csv spectra.store.h5 {COLUMNS}",
        "data spectra spectra.store.h5 spectra --workers 1",
        f"data import images cutouts.npz images.store.h5 {CUTOUTS} --redshift z --ebv 0.02 --workers 1",
        "data import pasquet sdss.npz bare.store.h5",
        *trained,
        "predict linear.safetensors catalogue.store.h5 --out densities.hdf5 --catalog estimates.csv",
        "study small.yaml --out run",
    ]


def _galaxies() -> pd.DataFrame:
    """Galaxies whose colours tell the redshift."""
    rng = np.random.default_rng(11)
    redshift = np.clip(rng.gamma(4, 0.03, COUNT), 0.01, 0.39)
    fibre = np.arange(1, COUNT + 1)
    identifier = (PLATE << 50) + (fibre << 38) + ((MJD - 50000) << 24) + (26 << 10)
    made = {"id": identifier, "ra": rng.uniform(120, 240, COUNT), "dec": rng.uniform(0, 60, COUNT), "z": redshift}
    made |= {"ebv": rng.uniform(0, 0.1, COUNT)}
    for band, slope in zip("ugriz", (4.0, 3.0, 1.5, 1.0, 0.8), strict=True):
        made[f"flux_{band}"] = 10 ** (-0.4 * (17 + 4 * redshift * slope + rng.normal(0, 0.05, COUNT) - 22.5))
        made[f"error_{band}"] = 0.02 * made[f"flux_{band}"]
    return pd.DataFrame(made)


def _catalogues(folder: Path, galaxies: pd.DataFrame) -> None:
    """The same catalogue in every format."""
    for kind in ("csv", "csv.gz"):
        galaxies.to_csv(folder / f"catalogue.{kind}", index=False)
    galaxies.to_string(folder / "catalogue.txt", index=False)
    galaxies.to_parquet(folder / "catalogue.parquet")
    table = Table.from_pandas(galaxies)
    for kind, form in {"ecsv": "ascii.ecsv", "fits": "fits", "vot": "votable"}.items():
        table.write(folder / f"catalogue.{kind}", format=form)
    columns = {name: galaxies[name].to_numpy() for name in galaxies}
    np.savez(folder / "catalogue.npz", **columns)
    _hdf5(folder / "catalogue.hdf5", columns)
    galaxies.head(2)[["id"]].to_csv(folder / "two.csv", index=False)


def _hdf5(path: Path, columns: dict[str, np.ndarray]) -> None:
    with h5py.File(path, "w") as file:
        for name, values in columns.items():
            file.create_dataset(name, data=values)


def _cutouts(folder: Path, galaxies: pd.DataFrame) -> None:
    """Cutouts of blobs in noise: in arrays, in a cube, in a folder."""
    columns = {"cube": _blobs(COUNT, SIDE), "z": galaxies["z"].to_numpy(), "id": galaxies["id"].to_numpy()}
    np.savez(folder / "cutouts.npz", **columns)
    _hdf5(folder / "cutouts.hdf5", columns)
    np.save(folder / "cube.npy", columns["cube"])
    fits.PrimaryHDU(columns["cube"]).writeto(folder / "cube.fits")
    (folder / "stamps").mkdir()
    for number in range(4):
        fits.PrimaryHDU(columns["cube"][number]).writeto(folder / "stamps" / f"{number}.fits")


def _blobs(count: int, side: int) -> np.ndarray:
    """Round galaxies (galaxies, bands, y, x), nanomaggies."""
    rng = np.random.default_rng(12)
    y, x = np.mgrid[:side, :side] - (side - 1) / 2
    profile = np.exp(-np.hypot(x, y) / rng.uniform(1, 2, (count, 1, 1)))
    flux = rng.uniform(1, 3, (count, 5, 1, 1))
    return (flux * profile[:, None] + rng.normal(0, 0.03, (count, 5, side, side))).astype(np.float32)


def _spectra(folder: Path, galaxies: pd.DataFrame) -> None:
    """Files in SDSS's spec format, of the first galaxies."""
    loglam = 3.5798 + 1e-4 * np.arange(3840)
    light = {"flux": 10 + 5 * np.sin(40 * loglam), "loglam": loglam, "ivar": np.full(3840, 4.0)}
    light["and_mask"] = np.zeros(3840)
    (folder / "spectra").mkdir()
    for fibre in range(1, 5):
        row = {
            "CLASS": ["GALAXY"],
            "Z": [galaxies["z"][fibre - 1]],
            "ZWARNING": [0],
            "SPECTROFLUX": [np.arange(1.0, 6)],
        }
        formats = {"CLASS": "6A", "Z": "E", "ZWARNING": "J", "SPECTROFLUX": "5E"}
        one = fits.BinTableHDU.from_columns([fits.Column(name, "E", array=array) for name, array in light.items()])
        two = fits.BinTableHDU.from_columns([fits.Column(name, formats[name], array=row[name]) for name in row])
        fits.HDUList([fits.PrimaryHDU(), one, two]).writeto(
            folder / "spectra" / f"spec-{PLATE:04d}-{MJD}-{fibre:04d}.fits"
        )


def _hayat(path: Path) -> None:
    """A file in the layout of Hayat et al. (2021)."""
    rng, count = np.random.default_rng(13), 6
    _hdf5(path, {
        "ObjID": np.arange(count),
        "specObjID": np.arange(count) + 100,
        "ra": rng.uniform(120, 240, count),
        "dec": rng.uniform(0, 60, count),
        "e_bv": rng.uniform(0, 0.5, (count, 5)).astype(np.float32),
        "images": _blobs(count, 107),
        "specz_redshift": rng.uniform(0.02, 0.35, count).astype(np.float32),
        "specz_redshift_err": np.full(count, 1e-5, np.float32),
    })  # fmt: skip


def _frames(folder: Path) -> None:
    """A field of SDSS, and the positions of stars in it."""
    ra, dec = sky_of(np.array([60.0, 200.0, 300.0]), np.array([80.0, 150.0, 220.0]))
    write_field(folder / "frames", ra, dec)
    pd.DataFrame({"ra": ra, "dec": dec, "z": [0.1, 0.2, 0.3], "id": [1, 2, 3]}).to_csv(
        folder / "positions.csv", index=False
    )


def _mirror(folder: Path) -> None:
    """What a server has: spectra where SDSS keeps them, and the file of Hayat et al."""
    place = folder / "mirror" / "dr17/sdss/spectro/redux/26/spectra/lite" / f"{PLATE:04d}"
    place.mkdir(parents=True)
    for path in (folder / "spectra").iterdir():
        (place / path.name).write_bytes(path.read_bytes())
    (folder / "mirror" / "sdss_w_specz_valid.h5").write_bytes((folder / "hayat.h5").read_bytes())
