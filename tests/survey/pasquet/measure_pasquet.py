"""Measure the import of the published archive on synthetic ones; prints one JSON document.

    python tests/survey/pasquet/measure_pasquet.py speed --galaxies 50000 --repeats 5 [--dtype float32] [--sample paper]
    python tests/survey/pasquet/measure_pasquet.py size --sizes 5000 20000 50000 100000 [--mode deflated]
    python tests/survey/pasquet/measure_pasquet.py kills --galaxies 20000 --kills 10 [--mode deflated]

speed: the import and the plainest loop that writes the same bytes, in turn, each in a process of its own. The plain
loop leaves its file to the system ("plain") or waits for the disk as the import does ("plain_on_disk").
size: time and memory against the number of galaxies, and random batches of 256 from the largest store.
kills: imports killed at random moments and continued, compared with one that ran through.

Everything is written below --folder (a temporary one if left out) and removed. The machine should be idle.
"""

import argparse
import importlib.util
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from statistics import median

import numpy as np

SHAPE, BATCH = (64, 64, 5), 256
KINDS = ("import", "plain", "plain_on_disk")


def import_once(archive, out, dtype, sample):
    """The import itself."""
    from slipher.survey.pasquet.archive import import_pasquet

    import_pasquet(archive, out, dtype=dtype, sample=sample)


def plain_once(archive, out, dtype, on_disk):
    """The plainest loop: zip member, transpose, contiguous HDF5."""
    import h5py

    with zipfile.ZipFile(archive) as file, file.open("cube.npy") as stream, h5py.File(out, "w") as store:
        np.lib.format.read_magic(stream)
        galaxies = np.lib.format.read_array_header_1_0(stream)[0][0]
        images = store.create_dataset("images", (galaxies, SHAPE[2], *SHAPE[:2]), dtype)
        row = 4 * int(np.prod(SHAPE))
        for start in range(0, galaxies, BATCH):
            count = min(BATCH, galaxies - start)
            cube = np.frombuffer(stream.read(count * row), np.float32).reshape(count, *SHAPE)
            images[start : start + count] = cube.transpose(0, 3, 1, 2).astype(dtype)
    if on_disk:
        descriptor = os.open(out, os.O_RDWR)
        os.fsync(descriptor)
        os.close(descriptor)


def once(kind, archive, out, dtype, sample):
    """One timed call in this process; imports of libraries are not counted."""
    import h5py  # noqa: F401

    import slipher.survey.pasquet.archive  # noqa: F401

    begin = time.perf_counter()
    if kind == "import":
        import_once(archive, out, dtype, sample)
    else:
        plain_once(archive, out, dtype, kind == "plain_on_disk")
    sys.stdout.write(str(time.perf_counter() - begin))


def in_child(kind, archive, out, dtype="float16", sample="all"):
    """Seconds and peak memory (MB) of one call in a process of its own; the file stays."""
    out.unlink(missing_ok=True)
    os.sync()
    command = [sys.executable, __file__, "once", kind, str(archive), str(out), dtype, sample]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    with child.stdout:
        seconds = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise RuntimeError(f"{' '.join(command)} failed with status {child.returncode}")
    return float(seconds), usage.ru_maxrss / 1024


def make_archive(folder, galaxies, mode):
    """A synthetic archive, whole in the page cache if it fits."""
    path = Path(__file__).with_name("pasquet_archive.py")
    spec = importlib.util.spec_from_file_location("pasquet_archive", path)
    synthetic = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(synthetic)
    archive = synthetic.write_archive(folder / f"sdss-{mode}-{galaxies}.npz", galaxies, mode == "deflated")
    os.sync()
    return archive


def speed(folder, options):
    """Both forms of the archive, all kinds of runs in turn."""
    found = {}
    for mode in options.modes:
        archive, out = make_archive(folder, options.galaxies, mode), folder / "out.h5"
        runs = {kind: [] for kind in KINDS}
        for _ in range(options.repeats):
            for kind in KINDS:
                runs[kind].append(in_child(kind, archive, out, options.dtype, options.sample))
        out.unlink()
        archive.unlink()
        found[mode] = {kind: summary(values, options.galaxies) for kind, values in runs.items()}
        for kind in KINDS[1:]:
            ratios = [theirs[0] / ours[0] for ours, theirs in zip(runs["import"], runs[kind], strict=True)]
            found[mode][f"throughput_over_{kind}"] = {"median": median(ratios), "low": min(ratios), "high": max(ratios)}
    return {
        "galaxies": options.galaxies,
        "dtype": options.dtype,
        "sample": options.sample,
        "repeats": options.repeats,
    } | found


def summary(runs, galaxies):
    """Median and spread of some runs."""
    seconds = [run[0] for run in runs]
    return {
        "seconds": {"median": median(seconds), "low": min(seconds), "high": max(seconds)},
        "galaxies_per_second": galaxies / median(seconds),
        "peak_mb": max(run[1] for run in runs),
    }


def size(folder, options):
    """Cost against the number of galaxies; the largest store is read at random."""
    found, out = [], folder / "out.h5"
    for galaxies in sorted(options.sizes):
        archive = make_archive(folder, galaxies, options.mode)
        runs = [in_child("import", archive, out, options.dtype) for _ in range(options.repeats)]
        archive.unlink()
        found.append({"galaxies": galaxies, **summary(runs, galaxies)})
    logs = np.log([[run["galaxies"], run["seconds"]["median"]] for run in found])
    exponent = float(np.polyfit(*logs.T, 1)[0]) if len(found) > 1 else None
    reading = batches(out)
    out.unlink()
    return {"mode": options.mode, "dtype": options.dtype, "runs": found, "exponent": exponent, "reading": reading}


def batches(path, rounds=200):
    """Images a second in random batches from a warm store: as stored, and widened to float32."""
    from slipher.survey.store import open_store

    galaxies, rng = open_store(path), np.random.default_rng(0)
    for part in galaxies.batches(1024):
        part.images()
    file, rates = galaxies._file, {}
    for name, read in (
        ("stored", lambda rows: file.read("images", rows)),
        ("float32", lambda rows: galaxies[rows].images()),
    ):
        picks = [rng.choice(len(galaxies), min(BATCH, len(galaxies)), replace=False) for _ in range(rounds)]
        begin = time.perf_counter()
        for rows in picks:
            read(rows)
        rates[name] = sum(map(len, picks)) / (time.perf_counter() - begin)
    return {"images_per_second": rates, "batch": BATCH, "rounds": rounds}


def kills(folder, options):
    """Imports killed once each, at a random moment before they end, and continued."""
    from slipher.survey.store import open_store

    archive, out = make_archive(folder, options.galaxies, options.mode), folder / "out.h5"
    chance = random.Random(options.seed)
    begin = time.perf_counter()
    in_child("import", archive, out, options.dtype)
    whole, expected = time.perf_counter() - begin, open_store(out).fingerprint
    found = []
    while sum(not each["had_finished"] for each in found) < options.kills and len(found) < 3 * options.kills:
        out.unlink()
        moment = chance.uniform(0, whole)
        blocks = killed(["once", "import", str(archive), str(out), options.dtype, "all"], moment, out)
        finished = out.exists()
        if not finished:
            in_child("import", archive, out, options.dtype)
        same = open_store(out).fingerprint == expected
        found.append({"seconds": moment, "blocks_written": blocks, "had_finished": finished, "same_fingerprint": same})
    left = sorted(path.name for path in folder.iterdir() if path not in (archive, out))
    archive.unlink()
    out.unlink()
    same = all(each["same_fingerprint"] for each in found)
    words = {"galaxies": options.galaxies, "mode": options.mode, "dtype": options.dtype, "seconds": whole}
    return {**words, "all_same": same, "left_over": left, "kills": found}


def killed(arguments, moment, out):
    """Kill a run after some seconds; the blocks that its journal holds."""
    child = subprocess.Popen(
        [sys.executable, __file__, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    time.sleep(moment)
    child.send_signal(signal.SIGKILL)
    child.wait()
    journal = out.with_name(f".unfinished-{out.name}") / "journal"
    return max(len(journal.read_bytes().splitlines()) - 1, 0) if journal.exists() else 0


def parsed():
    """The options."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    verbs = parser.add_subparsers(dest="verb", required=True)
    for verb in (speed, size, kills):
        one = verbs.add_parser(verb.__name__, help=verb.__doc__)
        one.add_argument("--folder", type=Path)
        one.add_argument("--dtype", default="float16", choices=["float16", "float32"])
        if verb is not size:
            one.add_argument("--galaxies", type=int, default=2000)
        if verb is not kills:
            one.add_argument("--repeats", type=int, default=5 if verb is speed else 1)
        if verb is not speed:
            one.add_argument("--mode", default="stored", choices=["stored", "deflated"])
    verbs.choices["speed"].add_argument("--modes", nargs="+", default=["stored", "deflated"])
    verbs.choices["speed"].add_argument("--sample", default="all", choices=["all", "paper", "pasquet"])
    verbs.choices["size"].add_argument("--sizes", type=int, nargs="+", default=[500, 2000])
    verbs.choices["kills"].add_argument("--kills", type=int, default=10)
    verbs.choices["kills"].add_argument("--seed", type=int, default=0)
    return parser.parse_args()


if __name__ == "__main__":
    if sys.argv[1:2] == ["once"]:
        once(sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]), *sys.argv[5:])
    else:
        options = parsed()
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            document = {"speed": speed, "size": size, "kills": kills}[options.verb](Path(folder), options)
        sys.stdout.write(json.dumps(document, indent=2) + "\n")
