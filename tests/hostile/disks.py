"""Every verb that writes, on disks that take no more and in folders that are gone.

    python tests/hostile/disks.py --seed 0 --out disks.json

A small disk in memory (where that may be mounted) that is full sooner or later, a limit to the size of files, a folder
that cannot be written to, a working folder that is gone, a destination that goes while it is written to, a standard
output that takes nothing. Each ends well, or in one sentence with nothing under its name that is not whole; and when
there is room again, the same command ends with the bytes of an undisturbed run and leaves nothing else.
"""

import json
import os
import random
import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from attacking import attack
from kills import Undisturbed, undisturbed
from moments import Moments
from running import (
    HERE,
    Outcome,
    badly_ended,
    differences,
    fresh,
    hidden,
    run,
    say,
    snapshot,
)
from samples import Example, writing

ROOM = "64m"
PAGE = 4096
GONE, ELSEWHERE = "gone", "elsewhere"
SHARES = (0.0, 0.3, 0.7, 0.95)
"""Of what a command writes, what there is room for."""


def disks(samples: Path, root: Path, address: str, seed: int, count: int, only: str = "", quick: bool = False) -> dict:
    """Every attack on every command, or on those that are quick, and the report of them."""
    examples = [each for each in writing() if each.line.startswith(only) and not (quick and each.slow)]
    with small_disk(root) as mounted:
        attacks = ATTACKS if mounted else {name: attack for name, attack in ATTACKS.items() if attack not in MOUNTED}
        pairs = [(example, name) for example in examples for name in attacks]
        pairs = random.Random(seed).sample(pairs, min(count, len(pairs)))
        known: dict[Example, Undisturbed] = {}
        faults = []
        for example, name in sorted(pairs, key=lambda pair: examples.index(pair[0])):
            what = known.get(example) or undisturbed(example, samples, root, address)
            known[example] = what
            for found in ATTACKS[name](what, root, random.Random(f"{seed}-{example.line}-{name}")):
                faults.append({"words": example.line, "disk": name, "found": found})
                say(json.dumps(faults[-1]))
    skipped = "" if mounted else "; nothing can be mounted here, so no disk was full or without permission"
    say(f"{len(pairs)} attacks on {len(examples)} commands, {len(faults)} faults{skipped}")
    return {"attacks": len(pairs), "mounted": mounted, "faults": faults}


@contextmanager
def small_disk(root: Path) -> Iterator[bool]:
    """A disk in memory at a folder; False if the system does not let us mount one."""
    root.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs", root], capture_output=True)
    try:
        yield made.returncode == 0
    finally:
        if made.returncode == 0:
            subprocess.run(["umount", "--lazy", root], check=True)


def _remount(root: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", root], check=True, capture_output=True)


def _full(what: Undisturbed, root: Path, _: random.Random) -> Iterator[str]:
    """A disk that has room for a part of what is written."""
    need = _written(what, root)
    for share in SHARES:
        fresh(root, what.inputs)
        used = shutil.disk_usage(root).used
        _remount(root, f"size={used + PAGE * round(share * need / PAGE)}")
        outcome = run(what.words, root)
        _remount(root, f"size={ROOM}")
        yield from (f"{share:.0%}: {fault}" for fault in _and_again(what, root, outcome))


def _limited(what: Undisturbed, root: Path, _: random.Random) -> Iterator[str]:
    """A limit to the size of a file."""
    need = _written(what, root)
    for share in SHARES:
        size = int(share * need)
        fresh(root, what.inputs)
        outcome = run(what.words, root, lambda size=size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)))
        yield from (f"{share:.0%}: {fault}" for fault in _and_again(what, root, outcome))


def _read_only(what: Undisturbed, root: Path, _: random.Random) -> Iterator[str]:
    """A disk that cannot be written to."""
    before = snapshot(fresh(root, what.inputs))
    _remount(root, "ro")
    outcome = run(what.words, root)
    _remount(root, "rw")
    yield from badly_ended(outcome)
    yield from (f"changed: {path}" for path in differences(before, snapshot(root)))


def _no_working_folder(what: Undisturbed, root: Path, _: random.Random) -> Iterator[str]:
    """A working folder that is gone; inputs lie elsewhere."""
    fresh(root)
    elsewhere = fresh(root / ELSEWHERE, what.inputs) / HERE
    words = [_absolute(word, elsewhere) for word in what.words]
    before = snapshot(root)
    outcome = run(words, root, lambda: shutil.rmtree(root / HERE))
    yield from badly_ended(outcome)
    new = [path for path in differences(before, snapshot(root)) if path != HERE]
    if outcome.status or any(path not in before for path in new):
        yield from (f"left: {path}" for path in new)


def _absolute(word: str, folder: Path) -> str:
    """A word that begins with an input's name, made to name it wherever one is."""
    name = word.partition(":")[0]
    return str(folder / word) if name and (folder / name).exists() else word


def _going(what: Undisturbed, root: Path, rng: random.Random) -> Iterator[str]:
    """A folder that is removed while it is written to."""
    made = {Path(path).parts[1] for path in differences(what.before, what.after) if path not in what.before}
    words = [f"{GONE}/{word}" if word in made else word for word in what.words]
    if not made:
        return
    for moment in sorted(rng.sample(range(1, what.moments + 1), min(4, what.moments))):
        fresh(root, what.inputs)
        (root / HERE / GONE).mkdir()
        before = snapshot(root)
        action = Moments(root, moment, lambda: shutil.rmtree(root / HERE / GONE, ignore_errors=True))
        outcome = run(words, root, action.watch)
        found = badly_ended(outcome)
        found += [f"changed: {path}" for path in differences(before, snapshot(root)) if GONE not in path]
        again = run(words, root)
        found += [f"again: status {again.status}: {again.last()}"] if again.status else []
        found += [f"again, left: {path}" for path in hidden(snapshot(root))]
        yield from (f"moment {moment} of {what.moments}: {fault}: {outcome.last()}" for fault in found)


def _full_output(what: Undisturbed, root: Path, _: random.Random) -> Iterator[str]:
    """A standard output that takes nothing."""
    fresh(root, what.inputs)
    outcome = run(what.words, root, lambda: os.dup2(os.open("/dev/full", os.O_WRONLY), 1))
    yield from _and_again(what, root, outcome)


def _closed_output(what: Undisturbed, root: Path, _: random.Random) -> Iterator[str]:
    """A standard output that nobody reads."""
    fresh(root, what.inputs)
    outcome = run(what.words, root, _unread)
    yield from _and_again(what, root, outcome)


def _unread() -> None:
    reading, written = os.pipe()
    os.close(reading)
    os.dup2(written, 1)


def _written(what: Undisturbed, root: Path) -> int:
    """Bytes of the largest file that a command leaves."""
    fresh(root, what.inputs)
    run(what.words, root)
    new = differences(what.before, what.after)
    return max([PAGE, *((root / path).stat().st_size for path in new if (root / path).is_file())])


def _and_again(what: Undisturbed, root: Path, outcome: Outcome) -> Iterator[str]:
    """What is wrong with how a command ended, with what it left, and with the same command afterwards."""
    between = snapshot(root)
    yield from (f"{fault}: {outcome.last()}" for fault in badly_ended(outcome))
    yield from (f"not whole: {path}" for path in what.broken(between))
    if outcome.status == 0:
        yield from (f"ended well without: {path}" for path in what.wrong(between))
    again = run(what.words, root)
    after = snapshot(root)
    if again.status:
        yield f"again: status {again.status}: {again.last()}"
    yield from (f"again, left: {path}" for path in what.wrong(after) if path not in what.after)
    yield from (f"again, not as undisturbed: {path}" for path in what.wrong(after) if path in what.after)


Attack = Callable[[Undisturbed, Path, random.Random], Iterator[str]]
ATTACKS: dict[str, Attack] = {
    "full": _full,
    "limited": _limited,
    "read-only": _read_only,
    "no working folder": _no_working_folder,
    "going": _going,
    "full output": _full_output,
    "closed output": _closed_output,
}
MOUNTED = (_full, _read_only)
"""Attacks that need a disk of their own."""


if __name__ == "__main__":
    attack(disks, __doc__, 10_000)
