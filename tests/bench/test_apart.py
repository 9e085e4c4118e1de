import os
import resource
import time

import numpy as np
import pytest

from slipher.bench.apart import Apart
from slipher.errors import InputError


def counting(start):
    count = [start]

    def function():
        count[0] += 1
        return count[0], os.getpid()

    return function


def sleeping(seconds):
    return lambda: time.sleep(seconds)


def failing():
    return lambda: 1 / 0


def refusing():
    raise InputError("a library is missing; install it.")


def dying():
    return lambda: os._exit(3)


def holding(megabytes):
    return lambda: float(np.ones(megabytes * 125_000).sum())


def test_a_function_keeps_what_it_prepared_in_a_process_of_its_own():
    with Apart(counting, 5) as counted:
        first, second = counted().answer, counted().answer
        assert counted.last.answer == second
    assert (first[0], second[0]) == (6, 7)
    assert first[1] == second[1] != os.getpid()


def test_only_the_call_is_timed():
    with Apart(sleeping, 0.2) as slept:
        started = time.perf_counter()
        assert 0.2 <= slept().seconds <= time.perf_counter() - started


def test_memory_is_the_process_s_own():
    held = np.ones(60_000_000)
    with Apart(holding, 1) as little, Apart(holding, 400) as much:
        few, many = little().peak, much().peak
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 > held.nbytes
    assert few < held.nbytes
    assert many > few + 300e6


def test_a_failure_is_told_with_its_traceback():
    with Apart(failing) as failed, pytest.raises(RuntimeError, match="ZeroDivisionError"):
        failed()


def test_input_that_cannot_be_used_is_told_in_one_sentence():
    apart = Apart(refusing)
    with pytest.raises(InputError, match=r"^a library is missing; install it\.$"):
        apart.__enter__()
    assert not apart.process.is_alive()


def test_a_process_that_died_is_told():
    with Apart(dying) as died, pytest.raises(RuntimeError, match="status 3"):
        died()


def test_the_process_ends_with_its_context():
    with Apart(counting, 0) as counted:
        counted()
    assert not counted.process.is_alive()
