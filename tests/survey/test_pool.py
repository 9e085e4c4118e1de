"""The pool gives every block once, from one process or many, and its workers end with their parent."""

import signal
import subprocess
import sys
import time
from itertools import islice

import numpy as np
import pytest

from slipher.errors import InputError
from slipher.survey.pool import AHEAD, processes, run
from slipher.threads import available_cores

JOBS = [((0, 3), 0), ((3, 5), 10), ((5, 6), 20)]


class Numbers:
    """A stand-in for work: the galaxies' numbers beyond what was read."""

    def __call__(self, block, payload):
        return {"id": np.arange(*block) + payload}


class Broken:
    def __call__(self, block, payload):
        raise ZeroDivisionError(f"block {block}")


def test_one_worker_stays_in_this_process_and_in_order():
    assert [(block, list(columns["id"])) for block, columns in run(Numbers(), JOBS, 1)] == [
        ((0, 3), [0, 1, 2]),
        ((3, 5), [13, 14]),
        ((5, 6), [25]),
    ]


WORK = """
import os, sys, time
import numpy as np

class Work:
    def __init__(self, kind):
        self.kind = kind
        # more than a pipe holds, as real work is: a worker that dies before it has read this must not be waited for
        self.ballast = bytes(1 << 20)

    def __call__(self, block, payload):
        if self.kind == "fail":
            raise ZeroDivisionError("no such block")
        if self.kind == "hang":
            print("worker", os.getpid(), flush=True)
            time.sleep(60)
        return {"id": np.arange(*block) + payload, "threads": np.array(os.environ["OMP_NUM_THREADS"])}
"""

SCRIPT = """
import sys
from slipher.survey.pool import run
from work import Work

def jobs():
    for number in range(40):
        print("read", number, flush=True)
        yield (number, number + 1), 100

for block, columns in run(Work(sys.argv[1]), jobs(), 2):
    print("block", *block, *columns["id"], "threads", columns["threads"], flush=True)
"""
"""As people write them: nothing says ``if __name__ == "__main__":``."""


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "script.py"
    path.write_text(SCRIPT)
    (tmp_path / "work.py").write_text(WORK)
    return str(path)


def test_many_workers_give_every_block_once_with_one_thread_each(script):
    done = subprocess.run([sys.executable, script, "work"], capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    blocks = [line for line in lines if line.startswith("block")]
    assert sorted(blocks) == sorted(f"block {n} {n + 1} {n + 100} threads 1" for n in range(40))


def test_no_more_is_read_than_the_workers_soon_need(script):
    done = subprocess.run([sys.executable, script, "work"], capture_output=True, text=True, check=True)
    ahead = most = 0
    for line in done.stdout.splitlines():
        ahead += 1 if line.startswith("read") else -1
        most = max(most, ahead)
    assert 2 <= most <= 2 * AHEAD * 2


def test_an_error_in_a_worker_is_raised_here(script):
    failed = subprocess.run([sys.executable, script, "fail"], capture_output=True, text=True)
    assert failed.returncode == 1
    assert "no such block" in failed.stderr


def test_workers_end_when_their_parent_is_killed(script):
    with subprocess.Popen([sys.executable, script, "hang"], stdout=subprocess.PIPE, text=True) as parent:
        started = (line.split() for line in parent.stdout if line.startswith("worker"))
        workers = [int(words[1]) for words in islice(started, 2)]
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
        list(run(Broken(), JOBS, 1))


@pytest.mark.parametrize("workers", [0, -1, 10**9])
def test_no_number_of_processes(workers):
    with pytest.raises(
        InputError, match=f"{workers} workers were asked for, but there must be at least 1, and at most"
    ):
        processes(workers)


def test_numbers_of_processes():
    assert processes(None) == available_cores()
    assert processes(1024) == 1024
