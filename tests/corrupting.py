"""Files with some bytes changed, the same ones every time, read in a process of their own, which a library may end."""

import inspect
import re
import resource
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np

MEMORY = 1 << 30
"""Bytes that reading a file of some kilobytes may take, the interpreter and its libraries included."""
SECONDS = 120


def corrupted(content: bytes, seed: int, places: np.ndarray | None = None) -> bytes:
    """The content with one to five changes: a bit turned, a byte, eight of 255, or bytes from elsewhere.

    Args:
        content: of a whole file.
        seed: another one, another damage.
        places: the bytes that may be changed; all if left out.
    """
    rng, data = np.random.default_rng(seed), bytearray(content)
    places = np.arange(len(content)) if places is None else places
    for _ in range(rng.integers(1, 6)):
        place, other = rng.choice(places, 2).tolist()
        kind = rng.integers(4)
        if kind == 0:
            data[place] ^= 1 << int(rng.integers(8))
        elif kind == 1:
            data[place] = int(rng.integers(256))
        elif kind == 2:
            data[place : place + 8] = b"\xff" * 8
        else:
            data[place : place + 16] = data[other : other + 16]
    return bytes(data[: len(content)])


def check_survives(use, path: Path, count: int, places: np.ndarray | None = None) -> None:
    """See that a function of a test module raises nothing on any of so many damaged copies of a file."""
    chosen = path.with_suffix(".npy")
    np.save(chosen, np.arange(path.stat().st_size) if places is None else places)
    words = [sys.executable, __file__, inspect.getfile(use), use.__name__, str(path), str(chosen), str(count)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=SECONDS)
    assert done.returncode == 0, f"{done.stdout[-50:]} {done.stderr[-2000:]}"


def main(module: str, function: str, path: str, chosen: str, count: str) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (3 * MEMORY, 3 * MEMORY))
    spec = spec_from_file_location(Path(module).stem, module)
    loaded = module_from_spec(spec)
    spec.loader.exec_module(loaded)
    use, places = getattr(loaded, function), np.load(chosen)
    source = Path(path)
    target, content = source.with_stem("corrupted"), source.read_bytes()
    for seed in range(int(count)):
        sys.stdout.write(f"seed {seed}\n")
        sys.stdout.flush()
        target.write_bytes(corrupted(content, seed, places))
        use(target)
    # the system's ru_maxrss would count the process that started this one
    most = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    if int(most[1]) * 1024 > MEMORY:
        sys.exit(f"{most[0]}: too much memory")


if __name__ == "__main__":
    main(*sys.argv[1:])
