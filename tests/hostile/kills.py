"""Every verb that writes, killed at every moment; then the same command again.

    python tests/hostile/kills.py --kills 200 --seed 0 --out kills.json

It is killed by SIGKILL, SIGINT or SIGTERM, between two changes of the file system or at some moment of its duration. At
no moment may a file lie under its name that is not whole. The same command then ends well, with the bytes of a run that
nobody disturbed, and nothing else is left.
"""

import json
import os
import random
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from attacking import attack
from moments import Moments
from running import (
    TEMPORARY,
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
from samples import BASE, Example, writing

SIGNALS = (signal.SIGKILL, signal.SIGINT, signal.SIGTERM)
INTERRUPTED = 130


@dataclass(frozen=True)
class Undisturbed:
    """What a command does if it is left alone."""

    words: tuple[str, ...]
    inputs: tuple[Path, ...]
    before: Snapshot
    after: Snapshot
    volatile: frozenset[str]
    """Paths whose content differs from run to run, such as times."""
    moments: int
    seconds: float

    def wrong(self, found: Snapshot) -> list[str]:
        """Paths that are not as this run leaves them."""
        return [
            path
            for path in differences(self.after, found)
            if path not in self.volatile or path not in found or path not in self.after
        ]

    def broken(self, found: Snapshot) -> list[str]:
        """Paths under their names that are neither as before nor as in the end."""
        known = {path: state for path, state in found.items() if path in self.after and path not in self.volatile}
        return [path for path, state in known.items() if state not in (self.before.get(path), self.after[path])]


def undisturbed(example: Example, samples: Path, root: Path, address: str) -> Undisturbed:
    """Run a command twice, to see what stays the same."""
    words = tuple(word.replace(BASE, address) for word in example.line.split())
    inputs = tuple(samples / name for name in example.inputs)
    ends = []
    for _ in range(2):
        before, moments = snapshot(fresh(root, inputs)), Moments(root)
        outcome = run(words, root, moments.watch)
        if outcome.status:
            raise RuntimeError(f"{example.line}: {outcome.err}")
        ends.append(snapshot(root))
    return Undisturbed(words, inputs, before, ends[0], volatile(*ends), moments.count, outcome.seconds)


def kills(samples: Path, root: Path, address: str, seed: int, count: int, only: str = "", quick: bool = False) -> dict:
    """Many kills, spread over the commands, or over those that are quick, and the report of them."""
    examples = [each for each in writing() if each.line.startswith(only) and not (quick and each.slow)][:count]
    found = [undisturbed(example, samples, root, address) for example in examples]
    report = {"kills": 0, "commands": [" ".join(each.words) for each in found], "faults": []}
    report["volatile"] = {" ".join(each.words): sorted(each.volatile) for each in found if each.volatile}
    for number in range(count):
        what, turn = found[number % len(found)], number // len(found)
        fault = kill(what, root, seed, turn)
        report["kills"] += 1
        if fault["faults"]:
            report["faults"].append(fault)
            say(json.dumps(fault))
    say(f"{report['kills']} kills of {len(found)} commands, {len(report['faults'])} with faults")
    return report


def kill(what: Undisturbed, root: Path, seed: int, turn: int) -> dict:
    """Kill a command once, run it again, and say what is wrong."""
    rng = random.Random(f"{seed}-{what.words}")
    order = rng.sample(range(1, what.moments + 1), what.moments)
    number = SIGNALS[turn % len(SIGNALS)]
    fresh(root, what.inputs)
    if turn % 4 == 3 or not order:
        share = random.Random(f"{seed}-{turn}-{what.words}").random()
        when, outcome = f"after {share:.2f} of its time", _after(what, root, number, share * what.seconds)
    else:
        # every moment has its turn, in an order of its own
        moment = order[(turn - turn // 4) % len(order)]
        when, outcome = f"before moment {moment} of {what.moments}", _at(what, root, number, moment)
    between = snapshot(root)
    again = run(what.words, root)
    return {
        "words": " ".join(what.words),
        "signal": number.name,
        "when": when,
        "faults": _faults(what, outcome, number, between, again, snapshot(root)),
        "said": [outcome.last(), again.last()],
    }


def _at(what: Undisturbed, root: Path, number: int, moment: int) -> Outcome:
    return run(what.words, root, Moments(root, moment, lambda: os.kill(os.getpid(), number)).watch)


def _after(what: Undisturbed, root: Path, number: int, seconds: float) -> Outcome:
    running = Running(what.words, root)
    time.sleep(seconds)
    running.kill(number)
    return running.end()


def _faults(
    what: Undisturbed, killed: Outcome, number: int, between: Snapshot, again: Outcome, after: Snapshot
) -> list[str]:
    faults = [f"killed: {fault}" for fault in badly_ended(killed) if not fault.startswith("status")]
    if killed.status not in (0, -number, INTERRUPTED if number == signal.SIGINT else 0):
        faults.append(f"killed: status {killed.status}")
    faults += [f"not whole: {path}" for path in what.broken(between)]
    faults += [f"again: {fault}" for fault in badly_ended(again)]
    if again.status == 2:
        faults.append("again: status 2")
    wrong = what.wrong(after)
    if number != signal.SIGINT:
        # one that is killed outright can clear up nowhere but where the next one looks: beside its destination
        wrong = [path for path in wrong if not path.startswith(f"{TEMPORARY}/")]
    faults += [f"left: {path}" for path in wrong if path in hidden(after) or path not in what.after]
    faults += [f"not as undisturbed: {path}" for path in wrong if path in what.after]
    return faults[:4]


if __name__ == "__main__":
    attack(kills, __doc__, 200)
