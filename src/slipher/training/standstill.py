"""Whether a training stopped learning before its end, in words that its progress and its report share."""

from collections.abc import Sequence

__all__ = ["standstill"]

SLOW = 1e-3
"""Part of the first learning rate with which the weights of an epoch hardly move."""
END = 0.9
"""Part of the epochs after which a rate as low as that is meant: every schedule ends low."""
LONG, SHORTEST = 0.25, 5
"""Part of the epochs, and how many at least, without a lower validation loss that are no accident."""


def standstill(rates: Sequence[float], totals: Sequence[float], epochs: int) -> list[str]:
    """Why nothing more is learnt after the epochs that are done; nothing while something is.

    Args:
        rates: the learning rate of each epoch done.
        totals: the total validation loss after each.
        epochs: that are to be done.
    """
    slow = next((place for place, rate in enumerate(rates) if rate <= 1.001 * SLOW * rates[0]), epochs)
    found = []
    if slow + 1 <= END * epochs:
        found.append(
            f"from epoch {slow + 1} of {epochs} on the learning rate is a thousandth of what it was, or less, so that "
            "nothing more is learnt; set training.patience to auto, or to more epochs."
        )
    best = min(range(len(totals)), key=totals.__getitem__, default=0)
    if len(totals) - 1 - best >= max(SHORTEST, LONG * epochs):
        found.append(
            f"the validation loss has not fallen since epoch {best + 1} of {epochs}, so that more epochs do not help; "
            "more galaxies or augmentation might."
        )
    return found
