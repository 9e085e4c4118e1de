"""The machine that a benchmark ran on, in one line."""

import os
import platform
from pathlib import Path

from slipher.study.environment import processor

__all__ = ["machine"]

MEMORY = Path("/proc/meminfo")


def machine() -> str:
    """Processor, cores that this process may use, memory where it is told, bf16, system, Python and torch."""
    import torch

    from slipher.training.precision import processor_bf16

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    names = (
        processor() or platform.machine(),
        f"{cores} cores",
        _memory(),
        f"bf16 by {processor_bf16() or 'no hardware'}",
    )
    software = f"{platform.system()}, Python {platform.python_version()}, torch {torch.__version__}"
    return ", ".join([*(name for name in names if name), software])


def _memory() -> str:
    kibibytes = _after("MemTotal", MEMORY).removesuffix("kB").strip()
    return f"{int(kibibytes) / 2**20:.0f} GiB" if kibibytes else ""


def _after(key: str, file: Path) -> str:
    """What a line of the form "key : value" says, or nothing."""
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(key)), "")
