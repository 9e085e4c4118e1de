"""Two and three processes on one destination at the same time.

    python tests/hostile/races.py --races 50 --seed 0 --out races.json

Whatever comes of them must be what comes of the ones that succeeded, one after the other in some order. One at least
succeeds; one that does not says in one sentence who was in its way.
"""

import json
import random
import re
import time
from collections.abc import Sequence
from itertools import permutations
from pathlib import Path

from attacking import attack
from running import (
    Outcome,
    Running,
    Snapshot,
    badly_ended,
    differences,
    fresh,
    hidden,
    run,
    say,
    snapshot,
    volatile,
)
from samples import BASE, COLUMNS, CUTOUTS, SLOW

CATALOGUE = f"data import catalog catalogue.csv out.h5 {COLUMNS}"
IMAGES = f"data import images cutouts.npz out.h5 {CUTOUTS} --redshift z --workers 1"
TRAIN = "train catalogue.store.h5 --out m.safetensors --from study.yaml --group"
FLUX = "train spectra.store.h5 --from flux.yaml --group flux --out"
PRETRAIN = "pretrain images.store.h5 --out m.safetensors --network.name resnet18 --epochs 1 --batch-size 8 --queue 8"
PREDICT = "predict {}.safetensors catalogue.store.h5 --out d.hdf5"
FETCH = f"data fetch spectra --ids two.csv:id --base {BASE} --out got"
RACES: list[tuple[tuple[str, ...], tuple[str, ...]]] = [
    ((CATALOGUE, f"{CATALOGUE} --z-max 0.2"), ("catalogue.csv",)),
    ((IMAGES, f"{IMAGES} --dtype float32"), ("cutouts.npz",)),
    (("data simulate 24 --out out.h5 --workers 1", "data simulate 24 --seed 1 --out out.h5 --workers 1"), ()),
    (("data spectra catalogue.store.h5 spectra --workers 1", "data dust catalogue.store.h5"),
     ("catalogue.store.h5", "spectra")),
    (("data measure bare.store.h5 --workers 1", "data dust bare.store.h5"), ("bare.store.h5",)),
    ((f"{TRAIN} trainz", f"{TRAIN} linear"), ("catalogue.store.h5", "study.yaml")),
    ((f"{TRAIN} network", f"{TRAIN} network --seed 1"), ("catalogue.store.h5", "study.yaml")),
    ((f"{FLUX} one.safetensors", f"{FLUX} two.safetensors"), ("spectra.store.h5", "flux.yaml")),
    ((PRETRAIN, f"{PRETRAIN} --seed 1"), ("images.store.h5", "image.yaml")),
    ((PREDICT.format("trainz"), f"{PREDICT.format('linear')} --catalog d.csv"),
     ("trainz.safetensors", "linear.safetensors", "catalogue.store.h5")),
    ((f"{PREDICT.format('network')} --catalog d.csv", f"{PREDICT.format('linear')} --catalog d.csv"),
     ("network.safetensors", "linear.safetensors", "catalogue.store.h5")),
    (("study small.yaml --out run", "study study.yaml --out run"), ("catalogue.store.h5", "small.yaml", "study.yaml")),
    (("report run", "report run --limit 0.15"), ("run",)),
    ((FETCH, f"{FETCH} --connections 1"), ("two.csv",)),
    (("data info images.store.h5 --page page.png", "data info bare.store.h5 --page page.png"),
     ("images.store.h5", "bare.store.h5")),
]  # fmt: skip
"""Two commands that meet, and what they read."""
IN_THE_WAY = re.compile(r"by process \d+|there already|meanwhile|another")
"""What a loser says."""


class InTurn:
    """What commands leave that run one after the other; each order is tried once.

    Args:
        root: folder to run them in.
        address: of the server.
    """

    def __init__(self, root: Path, address: str) -> None:
        self._root, self._address = root, address
        self._known: dict[tuple[str, ...], tuple[bool, Snapshot, frozenset[str]]] = {}

    def __call__(self, lines: tuple[str, ...], inputs: Sequence[Path]) -> tuple[bool, Snapshot, frozenset[str]]:
        """Whether all succeed, what there is in the end, and which of it differs from time to time."""
        if lines not in self._known:
            ends = [self._once(lines, inputs) for _ in range(2)]
            self._known[lines] = (ends[0][0], ends[0][1], volatile(ends[0][1], ends[1][1]))
        return self._known[lines]

    def _once(self, lines: tuple[str, ...], inputs: Sequence[Path]) -> tuple[bool, Snapshot]:
        fresh(self._root, inputs)
        well = all(run(line.replace(BASE, self._address).split(), self._root).status == 0 for line in lines)
        return well, snapshot(self._root)


def races(samples: Path, root: Path, address: str, seed: int, count: int, only: str = "", quick: bool = False) -> dict:
    """Many races, of all commands or of those that are quick, and the report of them."""
    known = [each for each in RACES if each[0][0].startswith(only) and not (quick and each[0][0].startswith(SLOW))]
    in_turn, faults = InTurn(root, address), []
    for number in range(count):
        lines, inputs = known[number % len(known)]
        rng = random.Random(f"{seed}-{number}")
        started = [rng.choice(lines), *lines, lines[0]][rng.randrange(2) : rng.choice((2, 3))]
        found = race(tuple(started), [samples / name for name in inputs], root, address, in_turn, rng)
        if found["faults"]:
            faults.append(found)
            say(json.dumps(found))
    say(f"{count} races, {len(faults)} with faults")
    return {"races": count, "faults": faults}


def race(
    lines: tuple[str, ...], inputs: Sequence[Path], root: Path, address: str, in_turn: InTurn, rng: random.Random
) -> dict:
    """Start commands together or one soon after the other, and say what is wrong with what came of it."""
    in_turn(lines[:1], inputs)
    fresh(root, inputs)
    running, pauses = [], [rng.choice((0.0, rng.uniform(0, 0.5))) for _ in lines]
    for line, pause in zip(lines, pauses, strict=True):
        running.append(Running(line.replace(BASE, address).split(), root))
        time.sleep(pause)
    outcomes = [each.end() for each in running]
    after = snapshot(root)
    faults = [fault for outcome in outcomes for fault in _badly_raced(outcome)]
    well = [line for line, outcome in zip(lines, outcomes, strict=True) if outcome.status == 0]
    if not well:
        faults.append("none succeeded")
    elif not any(_same(in_turn(order, inputs), after) for order in set(permutations(well))):
        faults.append("no order of those that succeeded leaves this")
    faults += [f"left: {path}" for path in hidden(after)]
    said = [f"{outcome.status}: {outcome.last()}" for outcome in outcomes]
    return {"lines": lines, "pauses": [round(each, 2) for each in pauses], "faults": faults, "said": said}


def _badly_raced(outcome: Outcome) -> list[str]:
    faults = badly_ended(outcome)
    if outcome.status == 2 and not IN_THE_WAY.search(outcome.last()):
        faults.append("does not say who was in its way")
    return faults


def _same(in_turn: tuple[bool, Snapshot, frozenset[str]], found: Snapshot) -> bool:
    well, after, volatile = in_turn
    return well and set(differences(after, found)) <= volatile


if __name__ == "__main__":
    attack(races, __doc__, 50)
