"""The members of an ensemble: a seed and a folder for each, and one history of them all."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from slipher.errors import InputError
from slipher.methods.base import Job
from slipher.training.history import History

__all__ = ["mean_history", "member_jobs"]


def member_jobs(job: Job) -> list[Job]:
    """What each member is told; a single one is the job itself.

    A member's seed is a function of the job's and its number alone, so that a larger ensemble begins with the networks
    of a smaller one.

    Raises:
        InputError: if the number of members makes no sense.
    """
    members = job.options.get("members", 1)
    if type(members) is not int or members < 1:
        raise InputError(f"members is {members!r}, but must be a whole number of at least 1.")
    return [job] if members == 1 else [_member(job, number, members) for number in range(1, members + 1)]


def _member(job: Job, number: int, members: int) -> Job:
    seed = int(np.random.SeedSequence(job.seed, spawn_key=(number,)).generate_state(1)[0])
    folder = None if job.folder is None else job.folder / f"member-{number}"
    return replace(job, seed=seed, folder=folder, label=f"{job.label}, member {number} of {members}")


def mean_history(histories: Sequence[History]) -> History:
    """Means over the members, epoch by epoch; seconds are those of all together."""
    if len(histories) == 1:
        return histories[0]
    return History(tuple(_mean(rows) for rows in zip(*(history.rows for history in histories), strict=True)))


def _mean(rows: Sequence[dict[str, float]]) -> dict[str, float]:
    """One epoch of all members."""
    seconds = sum(row["seconds"] for row in rows)
    images = sum(row["seconds"] * row["images_per_second"] for row in rows)
    means = {name: sum(row[name] for row in rows) / len(rows) for name in rows[0]}
    return means | {"seconds": seconds, "images_per_second": images / seconds}
