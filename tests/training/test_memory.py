import subprocess
import sys

import pytest

FAULTS = """
import resource, sys
import torch
from slipher.training.memory import keep_freed_memory

def faults():
    held = torch.ones(16_000_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    del held
    again = torch.ones(16_000_000)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

left_alone = [faults() for _ in range(3)][-1]
told = keep_freed_memory()
kept = [faults() for _ in range(3)][-1]
print(int(told), left_alone, kept)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc can be told")
def test_freed_memory_is_touched_for_the_first_time_only_once():
    answer = subprocess.run([sys.executable, "-c", FAULTS], capture_output=True, text=True, check=True)

    told, left_alone, kept = map(int, answer.stdout.split())

    if not told:
        pytest.skip("this C library has no mallopt")
    assert left_alone > 100
    assert kept < left_alone / 10
