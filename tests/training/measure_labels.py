"""Whether pretraining without labels helps when labels are few: a program that draws a figure and prints JSON.

    python tests/training/measure_labels.py --out labels --seeds 3

The views of pretraining, its number of epochs, and the steps of training at few labels are chosen first, one after the
other, on a simulated survey of another seed, none of whose galaxies is reported on: by the least mean CRPS there, of
fine-tuned networks, the steps of fine-tuned ones and those from scratch. Where --views, --pretrain-epochs and --steps
name one of each, nothing is chosen.

Then a trunk is pretrained on all training images of a simulated survey (or of --store), and for each fraction of its
labels three trainings are scored on the same test galaxies: from scratch, from the trunk in the very same way, and a
linear probe on the frozen trunk. All see the same labels, the same validation galaxies choose their best epoch, and at
few labels they pass through them more often, so that none has fewer steps than --steps. What is finished lies in OUT
and is not done again; after --minutes nothing new is begun.
"""

import argparse
import copy
import json
import math
import sys
import time
from pathlib import Path

import numpy as np

from slipher.density.scores import columns, paired_difference, scores
from slipher.files import write_json
from slipher.methods.base import fit
from slipher.methods.network.pretraining import Pretraining, trunk_file
from slipher.networks.config import NetworkConfig
from slipher.progress import say
from slipher.survey.mock.simulate import simulate
from slipher.survey.store import open_store
from slipher.training.config import TrainingConfig
from slipher.training.pretrain_config import PretrainConfig

METRICS = {"mad": "MAD", "crps": "CRPS", "cde_loss": "CDE loss"}
NETWORK = NetworkConfig("resnet18", stem="reduced", head="hayat", stretch="asinh-colours", deredden=True, size=32)
WAYS = {"scratch": "none", "fine-tuned": "none", "linear probe": "trunk"}
"""How a network is trained, and what of it stays as it begins."""
BATCH = 128
FEW = (0.01, 0.03, 0.1)
"""Fractions of labels by which views and epochs are chosen."""
WAYS_OF_TRUNK, WAYS_OF_STEPS = ("fine-tuned",), ("scratch", "fine-tuned")
"""Whose mean CRPS chooses the trunk, and the steps of training, which favour neither."""
CHOOSING = 1
"""Seed of the survey on which they are; that of the one that is reported on is 0."""


def training_of(way, fraction, labelled, given):
    """How one network is trained."""
    count = max(2, round(fraction * labelled))
    batch = int(min(BATCH, max(16, count // 4)))
    steps = math.ceil(count / batch)
    epochs = max(given.epochs, math.ceil(given.steps[0] / steps))
    start = None if way == "scratch" else str(given.out / "trunk.safetensors")
    # with few labels the validation loss is too noisy for a plateau
    schedule = {"schedule": "steps", "milestones": (0.6, 0.85)}
    return TrainingConfig(
        epochs=epochs, batch_size=batch, labels=fraction, loss=given.loss, start=start, frozen=WAYS[way], **schedule
    )


def folder_of(row, given):
    """Where a run keeps what it found."""
    way = row["way"].replace(" ", "-")
    return given.out / "runs" / f"{given.loss}-{way}-{100 * row['fraction']:g}-{given.steps[0]}-{row['seed']}"


def run(galaxies, way, fraction, seed, given):
    """Train, predict and score, unless that is done."""
    folder = folder_of({"way": way, "fraction": fraction, "seed": seed}, given)
    if (folder / "scores.json").is_file():
        return json.loads((folder / "scores.json").read_text())
    labelled = int(np.isfinite(galaxies.train.redshift).sum())
    training = training_of(way, fraction, labelled, given)
    started = time.perf_counter()
    label = f"{way}, {fraction:.0%} of {labelled} labels, seed {seed}"
    augment = ("symmetry",)
    model = fit(
        galaxies,
        network=NETWORK,
        training=training,
        augment=augment,
        seed=seed,
        folder=folder / "training",
        label=label,
    )
    density = model.predict(galaxies.test, progress=False)
    row = {
        "way": way,
        "fraction": fraction,
        "labels": max(2, round(fraction * labelled)),
        "seed": seed,
        "epochs": training.epochs,
        "batch_size": training.batch_size,
        "metrics": {name: score.as_dict() for name, score in scores(density).items() if name in METRICS},
        "seconds": time.perf_counter() - started,
    }
    np.savez(folder / "columns.npz", **columns(density))
    write_json(folder / "scores.json", row)
    return row


def trunk_of(galaxies, given):
    """The pretrained trunk."""
    out = given.out / "trunk.safetensors"
    if out.is_file():
        return out
    config = PretrainConfig(
        epochs=given.pretrain_epochs[0],
        batch_size=given.pretrain_batch,
        learning_rate=given.pretrain_rate * given.pretrain_batch / 256,
        momentum=given.momentum,
        temperature=given.temperature,
        queue=min(given.queue, len(galaxies.train)),
        groups=given.groups,
        augment=tuple(given.views[0].split(",")),
    )
    return trunk_file(Pretraining(galaxies, NETWORK, config), out)


def chosen(given):
    """What is measured, with one of each candidate; and how it was chosen."""
    if all(len(candidates) == 1 for candidates in (given.views, given.pretrain_epochs, given.steps)):
        return given, None
    galaxies, tried = open_store(simulate(given.out / "choosing.h5", given.galaxies, CHOOSING)), []
    middle = {name: getattr(given, name)[len(getattr(given, name)) // 2] for name in ("pretrain_epochs", "steps")}
    best = {"views": given.views[0], **middle}
    for name, ways in (("views", WAYS_OF_TRUNK), ("pretrain_epochs", WAYS_OF_TRUNK), ("steps", WAYS_OF_STEPS)):
        if len(getattr(given, name)) == 1:
            continue
        scored = [tried_with(galaxies, best | {name: value}, ways, given) for value in getattr(given, name)]
        best = min(scored, key=lambda one: one["crps"])["with"]
        tried += scored
    say(f"chosen on a survey of seed {CHOOSING}: {best}")
    choice = {"survey_seed": CHOOSING, "test_galaxies": len(galaxies.test), "fractions": FEW, "tried": tried}
    return altered(given, given.out, best), choice | {"chosen": best}


def tried_with(galaxies, values, ways, given):
    """One candidate: the mean CRPS of networks trained on few labels, on the test galaxies of the choosing survey."""
    trunk = f"{values['views'].replace(',', '-')}-{values['pretrain_epochs']}"
    own = altered(given, given.out / "choosing" / trunk, values)
    trunk_of(galaxies, own)
    rows = [run(galaxies, way, fraction, 0, own) for fraction in FEW for way in ways]
    return {"with": values, "ways": ways, "crps": np.mean([row["metrics"]["crps"]["value"] for row in rows])}


def altered(given, out, values):
    """The same with one of each candidate, in another folder."""
    own = copy.copy(given)
    own.out = out
    for name, value in values.items():
        setattr(own, name, [value])
    out.mkdir(parents=True, exist_ok=True)
    return own


def compared(rows, given):
    """Pretrained against scratch, paired by galaxy, for each fraction and seed."""
    found = []
    for row in rows:
        if row["way"] != "scratch":
            found.extend(_against(row, other, given) for other in rows if _pair(row, other))
    return found


def _pair(row, other):
    return other["way"] == "scratch" and all(row[key] == other[key] for key in ("fraction", "seed"))


def _against(row, other, given):
    """The differences of all metrics; negative is better than scratch."""
    first, second = (dict(np.load(folder_of(each, given) / "columns.npz")) for each in (row, other))
    differences = {name: paired_difference(name, first, second).as_dict() for name in METRICS}
    return {key: row[key] for key in ("way", "fraction", "seed")} | {"minus_scratch": differences}


def history_of(trunk):
    """First and last epoch of a pretraining."""
    lines = trunk.with_suffix(".history.csv").read_text().splitlines()
    names = lines[0].split(",")
    rows = [dict(zip(names, map(float, line.split(",")), strict=True)) for line in lines[1:]]
    return {"epochs": len(rows), "seconds": sum(row["seconds"] for row in rows), "first": rows[0], "last": rows[-1]}


def draw(rows, path):
    """Error against labels, a panel a metric."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 3.4), layout="constrained")
    for axes, (name, title) in zip(figure.subplots(1, len(METRICS)), METRICS.items(), strict=True):
        for way in WAYS:
            own = [row for row in rows if row["way"] == way]
            counts = sorted({row["labels"] for row in own})
            values = [[row["metrics"][name]["value"] for row in own if row["labels"] == count] for count in counts]
            axes.plot(counts, [np.mean(each) for each in values], "o-", label=way)
            if max(map(len, values), default=0) > 1:
                axes.fill_between(counts, [min(each) for each in values], [max(each) for each in values], alpha=0.2)
        axes.set(xscale="log", xlabel="labelled galaxies", title=title)
        counts = sorted({row["labels"] for row in rows})
        axes.set_xticks(counts, [f"{count}" for count in counts], minor=False)
        axes.set_xticks([], minor=True)
        if name != "cde_loss":
            axes.set_yscale("log")
            axes.yaxis.set_major_formatter("{x:.3g}")
            axes.yaxis.set_minor_formatter("{x:.3g}")
    figure.axes[0].legend()
    figure.savefig(path, dpi=150)


def measure(given):
    """The document that is printed."""
    started = time.perf_counter()
    given, choice = chosen(given)
    store = given.store or simulate(given.out / "survey.h5", given.galaxies)
    galaxies = open_store(store)
    trunk = trunk_of(galaxies, given)
    plan = [(f, w, s) for f in sorted(given.fractions) for s in range(given.seeds) for w in WAYS]
    rows, skipped = [], []
    for fraction, way, seed in plan:
        if time.perf_counter() - started > 60 * given.minutes:
            skipped.append([way, fraction, seed])
            continue
        rows.append(run(galaxies, way, fraction, seed, given))
    if skipped:
        say(f"{len(skipped)} of {len(plan)} trainings were not begun, for want of time; the same command does them.")
    document = {
        "galaxies": {part: len(getattr(galaxies, part)) for part in ("train", "validation", "test")},
        "simulated": galaxies.simulated,
        "network": NETWORK.name,
        "loss": given.loss,
        "note": "all validation galaxies have labels, whatever the fraction",
        "choice": choice,
        "pretraining": history_of(trunk) | {"views": given.views[0]},
        "rows": rows,
        "comparisons": compared(rows, given),
        "skipped": skipped,
        "seconds": time.perf_counter() - started,
    }
    draw(rows, given.out / "labels.png")
    write_json(given.out / "labels.json", document)
    return document


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--store", type=Path, help="a galaxy store in place of a simulated survey")
    parser.add_argument("--galaxies", type=int, default=6000)
    parser.add_argument("--fractions", type=float, nargs="+", default=[0.01, 0.03, 0.1, 0.3, 1.0])
    parser.add_argument("--seeds", type=int, default=1, help="of training; the trunk is the same")
    parser.add_argument("--epochs", type=int, default=6, help="of training, at least")
    parser.add_argument("--steps", type=int, nargs="+", default=[60, 120, 240], help="of training, at least; to choose")
    # cross-entropy learns each of 180 bins by itself: with 40 labels its MAD is three times that of CRPS
    parser.add_argument("--loss", choices=("cross-entropy", "crps"), default="crps")
    parser.add_argument("--pretrain-epochs", type=int, nargs="+", default=[10, 20, 40], help="to choose among")
    parser.add_argument("--pretrain-batch", type=int, default=256)
    parser.add_argument("--groups", type=int, default=4, help="of a batch, with batch statistics of their own")
    parser.add_argument("--pretrain-rate", type=float, default=0.06, help="for batches of 256")
    parser.add_argument("--momentum", type=float, default=0.99)
    parser.add_argument("--temperature", type=float, default=0.1)
    parser.add_argument("--queue", type=int, default=4096)
    # those of Hayat et al., without the dust that hides colours, and with what hides other things
    candidates = [
        "rotation,jitter,reddening,noise",
        "rotation,jitter,noise",
        "rotation,jitter,distortion,dimming,noise",
    ]
    parser.add_argument("--views", nargs="+", default=candidates, help="what views go through, to choose among")
    parser.add_argument("--minutes", type=float, default=120, help="after which no training is begun")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    json.dump(measure(given), sys.stdout, indent=2)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
