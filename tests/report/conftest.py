"""A small finished study, simulated from made-up densities: what the report must be able to draw."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from slipher.density.file import write
from slipher.density.histogram import Density
from slipher.density.scores import METRICS, scores
from slipher.methods.neural import NeuralModel
from slipher.networks.build import build
from slipher.networks.config import NetworkConfig
from slipher.redshift import Grid
from slipher.survey.schema import galaxy_schema
from slipher.survey.store import open_store
from slipher.survey.writer import StoreWriter

GRID = Grid()
BANDS = ("u", "g", "r", "i", "z")
SIDE, TRAIN, VALIDATION, TEST = 32, 240, 40, 400
GROUPS = {
    "baseline": ("neural", 0.018, 0.7),
    "constrained": ("neural", 0.016, 0.9),
    "trainz": ("trainz", None, None),
}
"""Method, scatter of the point estimates, and width of the densities in units of it."""
STUDY = """
data: survey.h5
seeds: {seeds}
groups:
  baseline: {{}}
  constrained: {{constraints: {{flux: 0.1, invariance: 0.1, cde: 0.1}}}}
  trainz: {{method: trainz}}
"""


@pytest.fixture(scope="session")
def study_folder(tmp_path_factory):
    """One seed, with a store of images."""
    folder = tmp_path_factory.mktemp("study") / "simulated-test"
    make_study(folder, seeds=1)
    return folder


def make_study(folder: Path, seeds: int) -> None:
    """Write a whole study folder."""
    rng = np.random.default_rng(7)
    folder.mkdir(parents=True)
    fingerprint = make_store(folder / "survey.h5", rng)
    (folder / "study.yaml").write_text(STUDY.format(seeds=seeds))
    environment = {"slipher": "0", "store": "survey.h5", "fingerprint": fingerprint, "simulated": True}
    write_json(folder / "environment.json", environment | {"source": "simulated for a test", "seeds": [*range(seeds)]})
    test = open_store(folder / "survey.h5").test
    found = {name: make_runs(folder, name, test, seeds, rng) for name in GROUPS}
    runs = {f"{name}/seed-0": {"train_seconds": 71.2, "images_per_second": 812.0} for name in GROUPS}
    write_json(folder / "timings.json", {"stages": {"data": 12.3, "train": 300.1}, "runs": runs})
    write_json(folder / "table.json", make_table(found))


def make_store(path: Path, rng: np.random.Generator) -> str:
    """Round blobs in noise, brighter and redder with redshift."""
    count = TRAIN + VALIDATION + TEST
    redshift = np.clip(rng.gamma(4, 0.028, count), 0.006, 0.39)
    y, x = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
    size, colour = rng.uniform(2, 4, count), 1 + 3 * redshift
    profile = np.exp(-np.hypot(x, y) / size[:, None, None])
    flux = np.array([0.3, 1.0, 1.8, 2.4, 2.8]) * colour[:, None] ** np.arange(5)
    sigma = np.array([0.05, 0.02, 0.03, 0.05, 0.2])
    images = flux[:, :, None, None] * profile[:, None] + sigma[:, None, None] * rng.normal(size=(count, 5, SIDE, SIDE))
    columns = {
        "id": np.arange(1000, 1000 + count),
        "redshift": redshift,
        "ebv": rng.uniform(0.01, 0.1, count),
        "split": np.repeat([0, 1, 2], [TRAIN, VALIDATION, TEST]),
        "images": images,
        "valid": np.ones(images.shape, bool),
        "sources": profile > 0.05,
        "sky/level": np.zeros((count, 5)),
        "sky/sigma": np.broadcast_to(sigma, (count, 5)),
    }
    schema = galaxy_schema(
        count, BANDS, source="blobs of a test", simulated=True, shape=(SIDE, SIDE), pixel_scale=0.396, photometry=False
    )
    with StoreWriter(path, schema, "report-test") as writer:
        for start, stop in writer.missing():
            block = {name: values[start:stop] for name, values in columns.items()}
            writer.write(
                start,
                {
                    k: v.astype(schema.columns[k].dtype) if schema.columns[k].dtype != "bits" else v
                    for k, v in block.items()
                },
            )
        correlation = np.zeros((5, 5, 5), np.float32)
        correlation[:, 2, 2] = 1
        writer.put("sky/correlation", correlation)
        return writer.finish()


def make_runs(folder: Path, name: str, test, seeds: int, rng: np.random.Generator) -> list[Density]:
    method, scatter, width = GROUPS[name]
    found = []
    for seed in range(seeds if method == "neural" else 1):
        run = folder / name / f"seed-{seed}"
        density = Density(GRID, make_mass(test.redshift, scatter, width, rng), test.id, test.redshift)
        write(run / "densities.hdf5", density)
        if method == "neural":
            write_history(run / "history.csv", name == "constrained", rng)
            if seed == 0:
                make_model(run / "model.safetensors")
        found.append(density)
    return found


def make_mass(redshift, scatter, width, rng):
    """Normal densities about redshifts with scatter and a few outliers; without a scatter, one density for all."""
    if scatter is None:
        counts = np.histogram(np.clip(rng.gamma(4, 0.028, 20_000), 0.006, 0.39), GRID.edges)[0] + 1e-3
        return np.broadcast_to(counts / counts.sum(), (redshift.size, GRID.bins)).copy()
    centre = redshift + scatter * (1 + redshift) * rng.standard_t(4, redshift.size)
    spread = width * scatter * (1 + redshift) * rng.uniform(0.8, 1.6, redshift.size)
    mass = np.exp(-(((GRID.centres - np.clip(centre, 0.01, 0.39)[:, None]) / spread[:, None]) ** 2) / 2) + 1e-7
    return mass / mass.sum(axis=1, keepdims=True)


def make_model(path: Path) -> None:
    torch.manual_seed(0)
    config = NetworkConfig()
    network = build(config, BANDS, GRID.bins)
    NeuralModel(GRID, config, network, BANDS, (SIDE, SIDE), 0.396).save(path)


def write_history(path: Path, constrained: bool, rng) -> None:
    epochs = np.arange(8)
    columns = {"epoch": epochs + 1, "learning_rate": np.full(8, 1e-3)}
    for part, above in (("train", 0.0), ("validation", 0.1)):
        total = 3.5 + above + 1.5 * np.exp(-epochs / 2) + 0.02 * rng.normal(size=8)
        columns[f"{part}_ce"] = total.copy()
        for term, start in (("flux", 0.4), ("invariance", 0.02), ("cde", -12.0)) if constrained else ():
            raw = start * (1 + 0.5 * np.exp(-epochs / 3)) + 0.02 * start * rng.normal(size=8)
            columns |= {
                f"{part}_{term}": raw,
                f"{part}_{term}_count": np.full(8, 240),
                f"{part}_{term}_weighted": 0.1 * raw,
            }
            total = total + 0.1 * raw
        columns[f"{part}_total"] = total
    lines = [",".join(columns), *(",".join(f"{values[row]:.10g}" for values in columns.values()) for row in epochs)]
    path.write_text("\n".join(lines) + "\n")


def make_table(found: dict[str, list[Density]]) -> dict:
    """The table of T's format; differences between groups with an interval of the wider of both."""
    rows = [make_row(name, densities) for name, densities in found.items()]
    published = {
        "group": "Engel & Strube, baseline",
        "method": "resnet50",
        "seeds": 1,
        "published": True,
        "metrics": {"mad": entry(1.17e-2), "bias": entry(7.5e-4), "outliers_0.05": entry(0.0148)},
        "train_seconds": 25776.0,
        "images_per_second": None,
        "source": "Table 1, which prints a CDE loss of −8.34e−4 in a unit it does not state",
    }
    comparisons = [compare(row, rows[0], name) for row in rows[1:] for name in METRICS]
    sentences = [
        {
            "group": c["group"],
            "against": c["against"],
            "metric": c["metric"],
            "sentence": f"{c['group']}: {c['difference']:+.4f} in {c['metric']}.",
        }
        for c in comparisons
    ]
    return {"rows": [*rows, published], "comparisons": comparisons, "sentences": sentences}


def make_row(name: str, densities: list[Density]) -> dict:
    each = [scores(density, resamples=40) for density in densities]
    metrics = {}
    for metric in METRICS:
        values = [found[metric].value for found in each]
        spread = float(np.std(values, ddof=1)) if len(values) > 1 else None
        metrics[metric] = each[0][metric].as_dict() | {"mean": float(np.mean(values)), "spread": spread}
    seconds, speed = (71.2, 812.0) if GROUPS[name][0] == "neural" else (0.4, None)
    shared = {"group": name, "method": GROUPS[name][0], "seeds": len(densities), "published": False}
    return shared | {"metrics": metrics, "train_seconds": seconds, "images_per_second": speed}


def entry(value: float) -> dict:
    return {"mean": value, "spread": None, "low": None, "high": None}


def compare(row: dict, against: dict, metric: str) -> dict:
    ours, theirs = row["metrics"][metric], against["metrics"][metric]
    difference = ours["mean"] - theirs["mean"]
    half = None if ours["low"] is None else (ours["high"] - ours["low"]) / 3
    return {
        "group": row["group"],
        "against": against["group"],
        "metric": metric,
        "difference": difference,
        "low": None if half is None else difference - half,
        "high": None if half is None else difference + half,
        "p": 0.5 if half is None else None,
    }


def write_json(path: Path, document: dict) -> None:
    path.write_text(json.dumps(document, indent=2))
