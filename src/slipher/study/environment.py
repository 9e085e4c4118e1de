"""What a study ran on, so that its numbers can be read years later."""

import json
import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from slipher import __version__
from slipher.errors import InputError
from slipher.files import content_of, write_json
from slipher.locks import held
from slipher.progress import say
from slipher.study.config import StudyConfig
from slipher.study.folder import Folder
from slipher.survey.store import Galaxies

__all__ = ["processor", "record"]

CPU = Path("/proc/cpuinfo")
SESSION = ("slipher", "python", "packages", "machine")
"""What may differ from session to session, and from process to process."""
OTHERS = "other_sessions"
"""Where these are kept when they do."""

_PACKAGES = (
    "torch",
    "numpy",
    "scipy",
    "h5py",
    "safetensors",
    "lightning-fabric",
    "astropy",
    "speclite",
    "kcorrect",
    "galsim",
    "sep",
    "pydl",
    "matplotlib",
)


def record(folder: Folder, config: StudyConfig, galaxies: Galaxies) -> None:
    """Write environment.json, in which every machine and release that works at the study is kept.

    Raises:
        InputError: if the folder's runs were made from galaxies or constraints that have changed since.
    """
    now = _environment(folder, config, galaxies)
    with held(folder.environment, wait=True):
        others = _others(_compared(folder, now), now) if folder.environment.is_file() else []
        write_json(folder.environment, now | ({OTHERS: others} if others else {}))


def _environment(folder: Folder, config: StudyConfig, galaxies: Galaxies) -> dict[str, Any]:
    inside = galaxies.path.parent == folder.path.absolute()
    return {
        "slipher": __version__,
        "python": platform.python_version(),
        "packages": {name: found for name in _PACKAGES if (found := _version(name))},
        "machine": _machine(),
        "store": galaxies.path.name if inside else str(galaxies.path),
        "fingerprint": galaxies.fingerprint,
        "source": galaxies.source,
        "simulated": galaxies.simulated,
        "seeds": list(config.seed_list),
        "constraints": _digests(config),
    }


def _compared(folder: Folder, now: dict[str, Any]) -> dict[str, Any]:
    """What was written before; refuses what would mix two studies, mentions what may change the last bits."""
    try:
        before = json.loads(folder.environment.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        before = None
    if not isinstance(before, dict):
        raise InputError(f"{folder.environment} is damaged; remove it, or start anew with --overwrite.")
    for key, what in (("fingerprint", "the galaxies"), ("constraints", "the constraints' files")):
        if before.get(key) != now[key]:
            raise InputError(
                f"{what} have changed since {folder.path} was begun; start anew with --overwrite or another --out."
            )
    machine = before.get("machine")
    threads, earlier = now["machine"]["threads"], machine.get("threads") if isinstance(machine, dict) else None
    if threads != earlier:
        say(f"This session has {threads} threads, the last one {earlier}: sums may differ in the last bits.")
    return before


def _others(before: dict[str, Any], now: dict[str, Any]) -> list[Any]:
    """On what else the study was worked at, each once."""
    known, this = before.get(OTHERS), {name: now[name] for name in SESSION}
    every = [*(known if isinstance(known, list) else []), {name: before.get(name) for name in SESSION}]
    return [each for place, each in enumerate(every) if each != this and each not in every[:place]]


def _machine() -> dict[str, Any]:
    import torch

    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else None
    return {
        "system": platform.platform(),
        "processor": processor(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "gpu": gpu,
    }


def processor() -> str:
    """The processor's name as Linux tells it, or what Python knows."""
    try:
        lines = CPU.read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())


def _digests(config: StudyConfig) -> dict[str, str]:
    """What users' own constraints contained."""
    names = {name for group in config.groups.values() for name in group.constraints if ":" in name}
    files = {Path(name.rpartition(":")[0]) for name in names}
    return {str(file): content_of(file) for file in sorted(files)}


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
