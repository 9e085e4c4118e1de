"""An array whose bytes lie in a file as they are, read in pieces along any of its axes, never as a whole."""

import math
import os
from typing import Any

import numpy as np

__all__ = ["Laid"]


class Laid:
    """An array in an open file, in C or in Fortran order.

    Pieces along the axis that varies slowest lie in one stretch; along any other, in many short ones that are gathered.

    Args:
        descriptor: of the open file.
        offset: the byte at which the array begins.
        shape: its shape.
        dtype: its type.
        fortran: whether the first axis varies fastest.
    """

    def __init__(
        self, descriptor: int, offset: int, shape: tuple[int, ...], dtype: np.dtype[Any], fortran: bool
    ) -> None:
        self._descriptor = descriptor
        self._offset = offset
        self._shape = shape
        self._dtype = dtype
        self._fortran = fortran

    def read(self, start: int, stop: int, axis: int = 0) -> np.ndarray:
        """Entries ``start`` to ``stop`` along an axis.

        Raises:
            EOFError: if the file ends before.
        """
        if not self._fortran:
            return self._gathered(self._shape, start, stop, axis)
        # the same bytes are the transposed array in C order
        return self._gathered(self._shape[::-1], start, stop, len(self._shape) - 1 - axis).transpose()

    def _gathered(self, shape: tuple[int, ...], start: int, stop: int, axis: int) -> np.ndarray:
        """As `read`, for an array in C order."""
        inner = math.prod(shape[axis + 1 :]) * self._dtype.itemsize
        out = np.empty((*shape[:axis], stop - start, *shape[axis + 1 :]), self._dtype)
        if out.size:
            stretches = out.reshape(-1).view(np.uint8).reshape(math.prod(shape[:axis]), -1)
            for number, stretch in enumerate(stretches):
                self._fill(stretch, self._offset + (number * shape[axis] + start) * inner)
        return out

    def _fill(self, out: np.ndarray, offset: int) -> None:
        """Bytes from an offset on."""
        done = 0
        while done < len(out):
            count = os.preadv(self._descriptor, [out[done:].data], offset + done)
            if not count:
                raise EOFError("the file ends too early")
            done += count
