"""Write a synthetic archive in the exact layout of the published one, of any size, with little memory.

    python tests/survey/pasquet/pasquet_archive.py OUT.npz --galaxies 2000 [--deflated] [--seed 0]

The galaxies are simulated: smooth blobs in noise, and labels drawn at random.
"""

import argparse
import zipfile
from pathlib import Path

import numpy as np
from numpy.lib import format as npy

SHAPE = (64, 64, 5)
BANDS = "ugriz"
PIECE = 256
KNOWN = ("specObjID", "z", "EBV", "primtarget", "ra", "dec", "zphot")
BANDED = (
    "dered_petro_",
    "modelMag_",
    "cModelMag_",
    "petroMagErr_",
    "modelMagErr_",
    "extinction_",
    "petroRad_",
    "deVAB_",
)
OTHERS = (
    "objID", "bestObjID", "zErr", "dzphot", "run", "rerun", "camcol", "field", "type", "flags", "clean", "insideMask",
    "class", "subClass", "sectarget", "gz1Morpho", "imageID",
)  # fmt: skip
TYPES = {
    "specObjID": "<i8", "objID": "<i8", "bestObjID": "<i8", "flags": "<i8", "primtarget": "<i4", "sectarget": "<i4",
    "run": "<i4", "field": "<i4", "rerun": "<i2", "camcol": "<i2", "type": "<i2", "clean": "|b1", "insideMask": "|b1",
    "class": "|S6", "subClass": "<U12", "ra": "<f8", "dec": "<f8", "z": "<f8", "imageID": "<i8",
}  # fmt: skip


def labels_dtype():
    """The 64 columns of a row."""
    names = [*KNOWN, *(f"{prefix}{band}" for prefix in BANDED for band in BANDS), *OTHERS]
    return np.dtype([(name, TYPES.get(name, "<f4")) for name in names])


def labels(start, count, seed=0):
    """Rows ``start`` to ``start + count`` of the labels; each depends on its piece's number alone."""
    rng = np.random.default_rng([seed, 1, start])
    rows = np.zeros(count, labels_dtype())
    number = start + np.arange(count)
    magnitude = 17.9 - rng.exponential(0.7, count)
    rows["specObjID"] = 299_489_677_444_933_632 + 1024 * number
    rows["z"] = rng.gamma(4, 0.03, count)
    rows["zphot"] = rows["z"] + rng.normal(0, 0.015, count)
    rows["EBV"] = rng.exponential(0.03, count)
    rows["primtarget"] = rng.choice([32, 64, 96, 128], count, p=[0.1, 0.6, 0.2, 0.1])
    rows["ra"], rows["dec"] = rng.uniform(0, 360, count), rng.uniform(-10, 60, count)
    rows["class"], rows["subClass"] = b"GALAXY", rng.choice(["", "STARFORMING", "AGN α"], count)
    rows["clean"], rows["objID"], rows["imageID"] = True, number + 10**18, number
    for band, colour, extinction in zip(
        BANDS, (2.6, 0.9, 0.0, -0.4, -0.7), (5.155, 3.793, 2.751, 2.086, 1.479), strict=True
    ):
        rows[f"extinction_{band}"] = extinction * rows["EBV"]
        rows[f"dered_petro_{band}"] = magnitude + colour
        rows[f"modelMag_{band}"] = magnitude + colour + rows[f"extinction_{band}"]
        rows[f"cModelMag_{band}"] = rows[f"modelMag_{band}"]
        rows[f"modelMagErr_{band}"] = rows[f"petroMagErr_{band}"] = 0.02
    return rows


def cutouts(start, count, seed=0):
    """Images ``start`` to ``start + count`` (galaxies, y, x, bands), nanomaggies."""
    rng = np.random.default_rng([seed, 2, start])
    y, x = np.mgrid[:64, :64] - 31.5
    width = rng.uniform(1.5, 5, (count, 1, 1))
    profile = np.exp(-np.hypot(x, y) / width).astype(np.float32)
    flux = rng.uniform(0.5, 3, (count, 1, 1, 5)).astype(np.float32)
    return profile[..., None] * flux + np.float32(0.03) * rng.standard_normal((count, *SHAPE), np.float32)


def write_archive(path, galaxies, deflated=False, seed=0, make_cutouts=cutouts, make_labels=labels):
    """Write the archive member by member, piece by piece."""
    kind = zipfile.ZIP_DEFLATED if deflated else zipfile.ZIP_STORED
    with zipfile.ZipFile(path, "w", kind, allowZip64=True, compresslevel=1) as archive:
        for name, make in (("cube", make_cutouts), ("labels", make_labels)):
            with archive.open(f"{name}.npy", "w", force_zip64=True) as stream:
                for start in range(0, galaxies, PIECE):
                    rows = make(start, min(PIECE, galaxies - start), seed)
                    if start == 0:
                        shape, descr = (galaxies, *rows.shape[1:]), npy.dtype_to_descr(rows.dtype)
                        npy.write_array_header_1_0(stream, {"descr": descr, "fortran_order": False, "shape": shape})
                    stream.write(rows.tobytes())
    return path


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--galaxies", type=int, required=True)
    parser.add_argument("--deflated", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    write_archive(options.out, options.galaxies, options.deflated, options.seed)
