"""Which galaxies make up each step, and its random numbers: pure functions of (seed, epoch, step).

Nothing is carried from one step to the next, so a training that was stopped continues as if it never had been.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise

import numpy as np
import torch
from jaxtyping import Int

__all__ = ["batches", "dropout_numbers", "permutation", "pieces", "train_generator", "validation_generator"]

ORDER, TRAIN, VALIDATION, DROPOUT = 0, 1, 2, 3


def permutation(seed: int, epoch: int, count: int) -> Int[np.ndarray, "count"]:
    """The order in which an epoch goes through its galaxies."""
    return np.random.default_rng(_sequence(seed, ORDER, epoch)).permutation(count)


def batches(order: Int[np.ndarray, "count"], size: int) -> list[Int[np.ndarray, "_"]]:
    """Cut an order into batches; the last may be smaller, but one of a single galaxy is left out.

    Batch normalisation cannot be trained on one galaxy.
    """
    cut = [order[start : start + size] for start in range(0, len(order), size)]
    return cut[:-1] if len(cut) > 1 and len(cut[-1]) == 1 else cut


def pieces(count: int, wanted: int) -> tuple[slice, ...]:
    """Places in a batch, cut into as many pieces of nearly equal size, but none of a single galaxy."""
    number = max(1, min(wanted, count // 2))
    size, rest = divmod(count, number)
    edges = [size * piece + min(piece, rest) for piece in range(number + 1)]
    return tuple(slice(start, stop) for start, stop in pairwise(edges))


def train_generator(seed: int, epoch: int, step: int, device: torch.device) -> torch.Generator:
    """Random numbers of one training step: augmentation and second views."""
    return _generator(_sequence(seed, TRAIN, epoch, step), device)


def validation_generator(step: int, device: torch.device) -> torch.Generator:
    """Random numbers of one validation step, the same in every epoch and for every seed."""
    return _generator(_sequence(0, VALIDATION, step), device)


@contextmanager
def dropout_numbers(seed: int, epoch: int, device: torch.device) -> Iterator[None]:
    """Make torch's global random numbers, which dropout takes, those of this epoch; what they were comes back after."""
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(_state(_sequence(seed, DROPOUT, epoch)))
        yield


def _sequence(seed: int, *key: int) -> np.random.SeedSequence:
    return np.random.SeedSequence(seed, spawn_key=key)


def _generator(sequence: np.random.SeedSequence, device: torch.device) -> torch.Generator:
    return torch.Generator(device).manual_seed(_state(sequence))


def _state(sequence: np.random.SeedSequence) -> int:
    return int(sequence.generate_state(1, np.uint64)[0])
