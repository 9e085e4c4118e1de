"""Wild commands and wild files over every verb, each in a folder of its own.

    python tests/hostile/fuzz.py --inputs 3000 --seed 0 --out report.json     goes on where it was stopped
    python tests/hostile/fuzz.py --seed 0 --only 17                           one input again, whose folder is kept

An input is determined by the seed and its number. Of each it is held: exit status 0 or 2, with 2 one sentence; no
traceback, no hang, no more than 1 GB; nothing but what was named is written, and nothing at all on failure.
"""

import argparse
import json
import random
import re
import shutil
from collections import Counter
from pathlib import Path, PurePosixPath

from attacking import prepared
from running import (
    HERE,
    Outcome,
    Snapshot,
    badly_ended,
    differences,
    fresh,
    hidden,
    run,
    say,
    snapshot,
    verb_of,
)
from samples import BASE, Example, examples
from wild import LINKED, file_of, occupy, words_of

AMENDING = {"data measure", "data spectra", "data dust"}
"""Verbs that change the store that they are given."""
DEFAULT_PLACES = ("runs", "downloads")
"""Where verbs write that are told no place."""
EVERY = 50
"""Inputs between two reports."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--only", type=int)
    asked = parser.parse_args()
    with prepared(keep=asked.only is not None) as (samples, root, address):
        if asked.only is not None:
            say(json.dumps(attack(samples, root, address, asked.seed, asked.only), indent=2))
            say(str(root))
        else:
            fuzz(samples, root, address, asked.seed, asked.inputs, asked.out)


def fuzz(samples: Path, root: Path, address: str, seed: int, inputs: int, out: Path | None = None) -> dict:
    """Many inputs, and the report of them."""
    report = _begun(out, seed) or {"seed": seed, "done": 0, "peak": 0.0, "statuses": {}, "verbs": {}, "faults": []}
    for number in range(report["done"], inputs):
        _count(report, attack(samples, root, address, seed, number))
        report["done"] = number + 1
        if number % EVERY == 0 or number + 1 == inputs:
            say(_in_words(report))
            if out:
                out.write_text(json.dumps(report, indent=1))
    return report


def _in_words(report: dict) -> str:
    kinds = Counter(re.split("[ :]", fault)[0] for found in report["faults"] for fault in found["faults"])
    return f"{report['done']} inputs, {report['statuses']}, at most {report['peak']:.0f} MB; faults: {dict(kinds)}"


def _begun(out: Path | None, seed: int) -> dict | None:
    """The report so far, of the same seed."""
    report = json.loads(out.read_text()) if out and out.exists() else None
    return report if report and report["seed"] == seed else None


def _count(report: dict, found: dict) -> None:
    for key, value in (("statuses", str(found["status"])), ("verbs", found["verb"])):
        report[key][value] = report[key].get(value, 0) + 1
    report["peak"] = max(report["peak"], found["peak"])
    if found["faults"]:
        report["faults"].append(found)


def attack(samples: Path, root: Path, address: str, seed: int, number: int) -> dict:
    """Make an input, run it, and say what is wrong with what came of it."""
    rng = random.Random(f"{seed}-{number}")
    example = _drawn(number, rng)
    others = sorted(samples.iterdir())
    fresh(root, [samples / name for name in example.inputs])
    words = _made_wild(example, root / HERE, others, rng)
    before = snapshot(root)
    outcome = run([word.replace(BASE, address) for word in words], root)
    faults = badly_ended(outcome) + misplaced(outcome, before, snapshot(root))
    return {
        "number": number,
        "verb": outcome.verb,
        "words": words,
        "status": outcome.status,
        "faults": faults,
        "said": outcome.last(),
        "seconds": round(outcome.seconds, 1),
        "busy": round(outcome.busy, 2),
        "peak": round(outcome.peak),
    }


def _drawn(number: int, rng: random.Random) -> Example:
    """An example of each verb in turn; one in three of those that are slow."""
    known = examples()
    verbs = list(dict.fromkeys(verb_of(example.line.split()) for example in known))
    drawn = rng.choice([each for each in known if verb_of(each.line.split()) == verbs[number % len(verbs)]])
    return drawn if not drawn.slow or rng.random() < 1 / 3 else rng.choice([each for each in known if not each.slow])


def _made_wild(example: Example, folder: Path, samples: list[Path], rng: random.Random) -> list[str]:
    """Wild words, or wild files, or both."""
    words, names = example.line.split(), [path.name for path in samples]
    actions = _actions(verb_of(words))
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        kind = rng.random()
        if kind < 0.5 and example.inputs:
            path = folder / rng.choice(example.inputs)
            file_of(path, samples, rng)
        elif kind < 0.6:
            occupy(folder / rng.choice(words).replace("/", "_"), samples, rng)
        else:
            words = words_of(words, actions, names, rng)
    _bring(words, folder, samples)
    return words


def _bring(words: list[str], folder: Path, samples: list[Path]) -> None:
    """Put samples that the words came to name into the folder."""
    for path in samples:
        if path.name in words and not (folder / path.name).is_symlink() and not (folder / path.name).exists():
            (shutil.copytree if path.is_dir() else shutil.copyfile)(path, folder / path.name)


def _actions(verb: str) -> list:
    """The options and arguments that a verb's own parser knows."""
    from slipher.arguments import _parser
    from slipher.cli import JSON, VERBS

    return _parser(verb, VERBS[verb], verb in JSON)._actions


def misplaced(outcome: Outcome, before: Snapshot, after: Snapshot) -> list[str]:
    """Paths that were written though nobody named them, or though the command failed."""
    wrong = [path for path in differences(before, after) if not _may_write(outcome, path, before)]
    if outcome.stopped:
        # what was interrupted keeps what it continues from
        wrong = [path for path in wrong if path in before]
    if not wrong:
        return []
    kind = "input changed" if any(path in before for path in wrong) else "leftover"
    return [f"{kind}: {', '.join(wrong[:3])}"]


def _may_write(outcome: Outcome, path: str, before: Snapshot) -> bool:
    """Whether a command may have made, changed or removed a path."""
    named = _named(outcome.words, path.replace(LINKED, f"{HERE}/") if outcome.verb in AMENDING else path)
    if outcome.status or not named or (path in hidden({path: ""}) and path not in before):
        # a verb that answers in spite of bad input wrote its answer
        return outcome.status == 2 and bool(outcome.out) and named
    return path not in before or "--overwrite" in outcome.words or outcome.verb in (*AMENDING, "report", "data fetch")


def _named(words: tuple[str, ...], path: str) -> bool:
    """Whether a path is what a word names, lies in it, or has its name with another suffix."""
    places = [f"{HERE}/{place}" for place in DEFAULT_PLACES]
    for word in words:
        place = PurePosixPath(HERE, word.partition("=")[2] or word)
        places += [str(place), str(place.with_suffix("")) if place.name.strip(".") else str(place)]
    return any(path == place or path.startswith((f"{place}/", f"{place}.")) for place in places)


if __name__ == "__main__":
    main()
