"""The pool gives every block once, from one process or many, and its workers end with their parent."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from slipher.survey.mock.pool import available_cores, run

BLOCKS = [(0, 3), (3, 5), (5, 6)]


class Numbers:
    """A stand-in for the simulator."""

    def __call__(self, block):
        return {"id": np.arange(*block), "threads": np.array(os.environ.get("OMP_NUM_THREADS", ""))}


class Broken:
    def __call__(self, block):
        raise ZeroDivisionError(f"block {block}")


def test_one_worker_stays_in_this_process_and_in_order():
    assert [(block, list(columns["id"])) for block, columns in run(Numbers(), BLOCKS, 1)] == [
        ((0, 3), [0, 1, 2]),
        ((3, 5), [3, 4]),
        ((5, 6), [5]),
    ]


SCRIPT = """
import sys, time
import numpy as np
from slipher.survey.mock.pool import run

class Simulator:
    def __call__(self, block):
        import os
        if sys.argv[1] == "fail":
            raise ZeroDivisionError("no such block")
        if sys.argv[1] == "hang":
            print("worker", os.getpid(), flush=True)
            time.sleep(60)
        return {"id": np.arange(*block), "threads": np.array(os.environ["OMP_NUM_THREADS"])}

if __name__ == "__main__":
    for block, columns in run(Simulator(), [(0, 3), (3, 5), (5, 6)], 2):
        print("block", *block, *columns["id"], "threads", columns["threads"], flush=True)
"""


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "script.py"
    path.write_text(SCRIPT)
    return str(path)


def test_many_workers_give_every_block_once_with_one_thread_each(script):
    done = subprocess.run([sys.executable, script, "work"], capture_output=True, text=True, check=True)
    lines = sorted(line for line in done.stdout.splitlines() if line.startswith("block"))
    assert lines == ["block 0 3 0 1 2 threads 1", "block 3 5 3 4 threads 1", "block 5 6 5 threads 1"]


def test_an_error_in_a_worker_is_raised_here(script):
    failed = subprocess.run([sys.executable, script, "fail"], capture_output=True, text=True)
    assert failed.returncode == 1
    assert "no such block" in failed.stderr


def test_workers_end_when_their_parent_is_killed(script):
    with subprocess.Popen([sys.executable, script, "hang"], stdout=subprocess.PIPE, text=True) as parent:
        workers = [int(parent.stdout.readline().split()[1]) for _ in range(2)]
        parent.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 10
    while any(_alive(worker) for worker in workers) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not any(_alive(worker) for worker in workers)


def _alive(process: int) -> bool:
    try:
        with open(f"/proc/{process}/stat") as file:  # noqa: PTH123
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_an_error_in_this_process_is_raised():
    with pytest.raises(ZeroDivisionError):
        list(run(Broken(), BLOCKS, 1))


def test_there_is_a_core():
    assert available_cores() >= 1
