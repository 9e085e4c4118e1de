import subprocess
import sys

import pytest

FAULTS = """
import resource, sys
import torch
from slipher.training.memory import keep_freed_memory

def faults():
    # a step that holds several large tensors at once
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    held = [torch.ones(millions * 1_000_000) for millions in (16, 9, 12, 10)]
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

left_alone = min(faults() for _ in range(6))
told = keep_freed_memory()
kept = min(faults() for _ in range(6))
print(int(told), left_alone, kept)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc can be told")
def test_freed_memory_is_touched_for_the_first_time_only_once():
    answer = subprocess.run([sys.executable, "-c", FAULTS], capture_output=True, text=True, check=True)

    told, left_alone, kept = map(int, answer.stdout.split())

    if not told:
        pytest.skip("this C library has no mallopt")
    assert left_alone > 100
    # the last of the four may lie at the end of the heap, next to what others gave back, and be touched anew
    assert kept < left_alone / 3
