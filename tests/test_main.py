"""How the command begins and ends when it is interrupted."""

import subprocess
import sys

import pytest

DURING = """
import builtins, runpy, signal, sys
real = builtins.__import__

def interrupted(name, *rest, **named):
    if name == {module!r}:
        builtins.__import__ = real
        signal.raise_signal(signal.SIGINT)
    return real(name, *rest, **named)

builtins.__import__ = interrupted
sys.argv = ["slipher", *sys.argv[1:]]
runpy.run_module("slipher", run_name="__main__")
"""
AFTER = """
import atexit, runpy, signal, sys
atexit.register(signal.raise_signal, signal.SIGINT)
sys.argv = ["slipher", *sys.argv[1:]]
runpy.run_module("slipher", run_name="__main__")
"""
IN_A_CALLBACK = """
import runpy, signal, sys, time, weakref
from slipher import cli

def verb():
    '''Work.'''
    class Passing: pass
    passing = Passing()
    kept = weakref.ref(passing, lambda _: signal.raise_signal(signal.SIGINT))
    del passing
    time.sleep(60)

cli.VERBS["work"] = verb
sys.argv = ["slipher", "work"]
runpy.run_module("slipher", run_name="__main__")
"""


def python(program, *words):
    return subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True, timeout=50)


@pytest.mark.parametrize("module", ["slipher.cli", "slipher.verbs", "slipher.streams", "slipher.arguments"])
def test_an_interruption_while_modules_are_loaded_is_one_sentence(module):
    found = python(DURING.format(module=module), "list")
    assert (found.returncode, found.stdout) == (130, "")
    assert found.stderr == "\nInterrupted; the same command continues.\n"


def test_an_interruption_after_the_end_is_no_traceback():
    found = python(AFTER, "--version")
    assert found.stdout.startswith("slipher ")
    assert found.stderr == ""


def test_an_interruption_in_a_callback_is_not_lost():
    found = python(IN_A_CALLBACK)
    assert (found.returncode, found.stdout) == (130, "")
    assert found.stderr == "\nInterrupted; the same command continues.\n"


def test_an_ignored_interruption_stays_ignored():
    found = python("import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)" + AFTER, "--version")
    assert (found.returncode, found.stderr) == (0, "")
    assert found.stdout.startswith("slipher ")


def test_a_working_folder_that_is_gone_is_one_sentence(tmp_path):
    """Torch ends the process there, and says that its own files cannot be loaded."""
    gone = (
        "import os, sys, runpy; os.chdir(sys.argv.pop(1)); os.rmdir(os.getcwd()); "
        "sys.argv[0] = 'slipher'; runpy.run_module('slipher', run_name='__main__')"
    )
    found = python(gone, str(tmp_path), "list")
    assert (found.returncode, found.stdout) == (2, "")
    assert found.stderr == "slipher list: the folder that this was run in is gone; change to one that is there.\n"
