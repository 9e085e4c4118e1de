"""Studies in processes forked from one that has imported everything: cheap enough to be killed many times.

Reads from standard input, line by line, lists of jobs that begin at once, and answers each with their exit statuses,
what they said, and how many names they gave or took. A job is ``{"words": [...], "at": n, "do": what, "limit": bytes}``:
before it gives or takes a name for the n-th time, it gets a signal of that number, or its study is removed ("vanish").
"""

import json
import os
import resource
import shutil
import signal
import sys
from functools import partial
from pathlib import Path

import torch

from slipher.cli import main
from slipher.density.bootstrap import resample
from slipher.files import write_text
from slipher.methods import local_linear, neural, trainz  # noqa: F401
from slipher.report import page
from slipher.study import plan, processes, run, table  # noqa: F401

CALLS = ("replace", "rename", "unlink", "remove", "mkdir", "rmdir")


def draw(folder: Path) -> Path:
    """A page that takes no time."""
    write_text(folder / "report.html", "page")
    return folder / "report.html"


def watch(job: dict, count: list[int]) -> None:
    """Count what gives or takes names, and do what is asked before one of them."""

    def counted(true, *arguments, **options):
        count[0] += 1
        if count[0] == job.get("at"):
            happen(job)
        return true(*arguments, **options)

    for name in CALLS:
        setattr(os, name, partial(counted, getattr(os, name)))


def happen(job: dict) -> None:
    """What is asked."""
    if job["do"] == "vanish":
        shutil.rmtree(job["words"][job["words"].index("--out") + 1])
    else:
        os.kill(os.getpid(), job["do"])


def begin(job: dict, log: Path) -> int:
    """Fork a process that does a job."""
    if (process := os.fork()) != 0:
        return process
    status, count = 99, [0]
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(descriptor, 1)
        os.dup2(descriptor, 2)
        if "limit" in job:
            resource.setrlimit(resource.RLIMIT_FSIZE, (job["limit"], resource.RLIM_INFINITY))
        watch(job, count)
        status = main(job["words"])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        log.with_suffix(".count").write_text(str(count[0]))
        os._exit(status)


def answer(jobs: list[dict], logs: Path) -> list[dict]:
    """Do jobs at once."""
    places = [logs / f"{number}.log" for number in range(len(jobs))]
    for place in places:
        place.with_suffix(".count").write_text("0")
    children = [begin(job, place) for job, place in zip(jobs, places, strict=True)]
    statuses = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    return [
        {"status": status, "said": place.read_text(), "calls": int(place.with_suffix(".count").read_text())}
        for status, place in zip(statuses, places, strict=True)
    ]


if __name__ == "__main__":
    torch.set_num_threads(1)
    table.resample, page.write_report, processes.PAUSE = partial(resample, resamples=20), draw, 0.02
    plan.measured = lambda *_: (1e-4, 1000)
    for line in sys.stdin:
        sys.stdout.write(json.dumps(answer(json.loads(line), Path(sys.argv[1]))) + "\n")
        sys.stdout.flush()
