"""What the attacks hold commands to is seen where a command does not keep it."""

import os
import sys
import time
import traceback
from pathlib import Path

import pytest

from slipher import cli
from slipher.errors import InputError
from slipher.verbs.answer import Answer

sys.path.append(str(Path(__file__).parent))
import running
from fuzz import misplaced


def refused():
    raise InputError("this cannot be read; give another.")


def twice():
    sys.stderr.write("slipher list: once.\n")
    refused()


def bare():
    try:
        refused()
    except InputError:
        traceback.print_exc()
    return Answer("")


def warned():
    sys.stderr.write("a.py:1: RuntimeWarning: division by zero\n")
    return Answer("")


def crashed():
    os.kill(os.getpid(), 9)


def waiting():
    time.sleep(60)


def working():
    sys.stderr.write("  3%| one of many\n")
    time.sleep(60)


def large():
    bytearray(1 << 30)
    return Answer("")


def parent():
    if not os.fork():
        time.sleep(60)
    return Answer("")


@pytest.fixture
def command(tmp_path, monkeypatch):
    """Run a function as the verb ``list``; gives how it ended and what is wrong with that."""
    import slipher.arguments  # noqa: F401  not within the patience

    def run(function, *words):
        if function in (waiting, working):
            monkeypatch.setattr(running, "PATIENCE", 2)
        monkeypatch.setitem(cli.VERBS, "list", function)
        root = running.fresh(tmp_path / "run")
        before = running.snapshot(root)
        outcome = running.run(["list", *words], root)
        return outcome, running.badly_ended(outcome) + misplaced(outcome, before, running.snapshot(root))

    return run


@pytest.mark.parametrize(
    ("function", "status", "fault"),
    [
        (refused, 2, None),
        (twice, 2, "2 sentences"),
        (bare, 0, "traceback"),
        (warned, 0, "warning"),
        (crashed, -9, "status -9"),
        (waiting, 130, "hang"),
        (working, 130, None),
        (large, 0, "memory"),
        (parent, 0, "processes live on"),
    ],
)
def test_how_a_command_ends_is_judged(command, function, status, fault):
    outcome, faults = command(function)
    assert outcome.status == status, outcome.err
    assert [each for each in faults if each.startswith(fault)] if fault else not faults


@pytest.mark.parametrize(
    ("path", "status", "words", "well"),
    [
        ("out.h5", 0, ("out.h5",), True),
        ("m.history.csv", 0, ("--out", "m.safetensors"), True),
        ("run/a/b.csv", 0, ("--out=run",), True),
        ("runs/quickstart/table.csv", 0, (), True),
        ("other.h5", 0, ("out.h5",), False),
        (".partial-out.h5", 0, ("out.h5",), False),
        ("../tmp/x", 0, (), False),
        ("out.h5", 2, ("out.h5",), False),
    ],
)
def test_where_a_command_writes_is_judged(path, status, words, well):
    outcome = running.Outcome(("train", *words), status, "", "", 0, 0, 0, False, False)
    written = str(Path(running.HERE, path)) if not path.startswith("..") else path.removeprefix("../")
    assert bool(misplaced(outcome, {}, {written: "new"})) is not well


def test_an_input_that_changed_is_told_from_what_was_left():
    outcome = running.Outcome(("data", "info", "a.h5"), 0, "", "", 0, 0, 0, False, False)
    assert misplaced(outcome, {"here/a.h5": "1"}, {"here/a.h5": "2"}) == ["input changed: here/a.h5"]
    assert misplaced(outcome, {"here/a.h5": "1"}, {}) == ["input changed: here/a.h5"]
