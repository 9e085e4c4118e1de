"""Memory in which a block of images is turned: read with the bands last, stored with the bands before y and x."""

import numpy as np
import torch
from jaxtyping import Bool, Float, Float32, Shaped

from slipher.survey.padding import Unmeasured, blank_out

__all__ = ["BlockBuffer"]


class BlockBuffer:
    """A block's images on their way into a store; made once and used for many blocks, since fresh memory is slow.

    Args:
        galaxies: most galaxies that a block has.
        shape: (y, x, bands) of one galaxy's images as they are read.
        dtype: float16 or float32, in which they are stored.
    """

    def __init__(self, galaxies: int, shape: tuple[int, int, int], dtype: str) -> None:
        rows, columns, bands = shape
        self.raw: Float32[np.ndarray, "galaxies y x bands"] = np.empty((galaxies, *shape), np.float32)
        """The images as they are read."""
        self._stored = np.empty((galaxies, bands, rows, columns), dtype)
        self._narrow = None if dtype == "float32" else np.empty(self.raw.shape, dtype)
        all_good = np.packbits(np.ones(columns, bool))
        self._all_good = np.broadcast_to(all_good, (galaxies, bands, rows, len(all_good))).copy()
        self._largest = float(np.finfo(dtype).max)

    def blank_out(self, count: int) -> Unmeasured:
        """Turn the pixels of the first ``count`` galaxies that are padding into NaN; tells how many."""
        return blank_out(self.images(count), codes=False)

    def finite(self, count: int) -> bool:
        """Whether no pixel of the first ``count`` galaxies is bad."""
        low, high = self._range(count)
        return bool(np.isfinite(low) and np.isfinite(high))

    def good(self, count: int) -> Bool[np.ndarray, "count bands y x"]:
        """Which pixels of the first ``count`` galaxies are good, one by one."""
        return np.asarray(np.isfinite(self.images(count)))

    def images(self, count: int) -> Float32[np.ndarray, "count bands y x"]:
        """The first ``count`` galaxies as they were read, the axes turned; a view."""
        return self.raw[:count].transpose(0, 3, 1, 2)

    def columns(self, count: int) -> dict[str, Shaped[np.ndarray, "count bands y ..."]]:
        """Images and good pixels of the first ``count`` galaxies, in a form that the store's writer takes.

        They lie in this buffer: write them before it is filled again.
        """
        low, high = self._range(count)
        if -self._largest <= low and high <= self._largest:
            return {"images": self._turned(count), "valid": self._all_good[:count]}
        good = self.good(count)
        # Slow, but rare; a value that the store's type cannot hold is the writer's to refuse.
        return {"images": np.where(good, self.images(count), np.float32(0)), "valid": good}

    def _range(self, count: int) -> tuple[float, float]:
        """The least and the largest pixel; NaN if one is."""
        low, high = torch.aminmax(torch.from_numpy(self.raw[:count]))
        return float(low), float(high)

    def _turned(self, count: int) -> Float[np.ndarray, "count bands y x"]:
        """The images in the store's type and order."""
        source, target = self.raw[:count], self._stored[:count]
        if self._narrow is None:
            np.copyto(target, source.transpose(0, 3, 1, 2))
            return target
        # torch narrows with the processor's own instruction, ten times as fast as numpy; half the bytes turn faster.
        narrow = torch.from_numpy(self._narrow[:count]).copy_(torch.from_numpy(source))
        torch.from_numpy(target).copy_(narrow.permute(0, 3, 1, 2))
        return target
