import os
import platform

import pytest
import torch

from slipher.bench import machine as machine_module
from slipher.bench.machine import machine
from slipher.study import environment


def test_the_machine_is_one_line_with_cores_and_software():
    said = machine()
    assert "\n" not in said
    assert f"{len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count()} core" in said
    assert said.endswith(f"Python {platform.python_version()}, torch {torch.__version__}")


@pytest.mark.parametrize("told", [True, False])
def test_processor_and_memory_are_said_where_the_system_tells(monkeypatch, tmp_path, told):
    cpu, memory = tmp_path / "cpuinfo", tmp_path / "meminfo"
    if told:
        cpu.write_text("processor\t: 0\nmodel name\t: Some CPU @ 3 GHz\n")
        memory.write_text("MemFree:  1 kB\nMemTotal:       16777216 kB\n")
    monkeypatch.setattr(environment, "CPU", cpu)
    monkeypatch.setattr(machine_module, "MEMORY", memory)
    said = machine()
    assert said.startswith("Some CPU @ 3 GHz, ") == told
    assert (", 16 GiB, " in said) == told
