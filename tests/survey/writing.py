"""A process that writes a small store and may be killed; run by test_writer."""

import importlib.util
import os
import signal
import sys
import time
from pathlib import Path

spec = importlib.util.spec_from_file_location("test_writer", Path(__file__).with_name("test_writer.py"))
tests = importlib.util.module_from_spec(spec)
spec.loader.exec_module(tests)


def write(path, galaxies, pause=0.0):
    if not tests.already_made(path, "one"):
        with tests.StoreWriter(path, tests.small_schema(galaxies), "one") as writer:
            for start, stop in writer.missing():
                writer.write(start, tests.rows(writer.schema, start, stop))
                time.sleep(pause)
            tests.fill(writer)


def die_at(step):
    """Be killed before the step-th call that changes a file."""
    left = step

    def counted(function):
        def call(*arguments, **options):
            nonlocal left
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            left -= 1
            return function(*arguments, **options)

        return call

    for name in ("pwrite", "fsync", "fdatasync", "ftruncate"):
        setattr(os, name, counted(getattr(os, name)))
    for name in ("replace", "unlink"):
        setattr(Path, name, counted(getattr(Path, name)))
    tests.h5py.File.__init__ = counted(tests.h5py.File.__init__)


def killed_at(path, step):
    """Whether a forked child died at the step."""
    child = os.fork()
    if child == 0:
        die_at(step)
        write(path, 9)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


def every(folder, expected):
    step = 0
    path = folder / "a.h5"
    while killed_at(path, step):
        write(path, 9)
        assert tests.sha(path) == expected, f"killed at step {step}"
        assert [item.name for item in folder.glob("*.*")] == ["a.h5"], f"killed at step {step}"
        path.unlink()
        step += 1
    sys.stdout.write(str(step))


if __name__ == "__main__":
    if sys.argv[1] == "every":
        every(Path(sys.argv[2]), sys.argv[3])
    else:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        write(Path(sys.argv[2]), 21, pause=0.01)
