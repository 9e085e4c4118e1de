"""Gradients of convolutions' weights in bf16, a part of the batch to each thread.

Left to itself the library of convolutions, oneDNN, lets its threads wait for each other once a galaxy there, turning
round and round: neither does it sleep nor can it be told to. Beside other work each such wait lasts until the system
takes the processor from who waits, some milliseconds, and the gradient of one layer half a second. Here each part of
the batch is a call of its own, of one thread, and only its end is waited for.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional
from torch.overrides import TorchFunctionMode

__all__ = ["LEAST", "SharedOut"]

LEAST = 4
"""Galaxies of the smallest part."""


class SharedOut(TorchFunctionMode):
    """As long as it lasts, convolutions share the gradients of their weights out among the threads that torch has.

    Only those that are computed in bf16 on processors. The gradients are then sums over parts of the batch, in order:
    the same for the same number of threads.
    """

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        # in that order, for this is asked of everything that a network does
        if func is torch.conv2d and not kwargs and _shared(*args):
            return _convolved(*args)
        return func(*args, **(kwargs or {}))


def _shared(maps: Tensor, weight: Tensor, *options: Any) -> bool:
    """Whether the gradient of weights is to be shared out; what is padded by name is left to torch."""
    return (
        torch.is_autocast_enabled("cpu")
        and torch.get_autocast_dtype("cpu") == torch.bfloat16
        and maps.device.type == "cpu"
        and weight.requires_grad
        and torch.is_grad_enabled()
        and not any(isinstance(option, str) for option in options)
        and _parts(len(maps)) > 1
    )


def _parts(galaxies: int) -> int:
    return min(torch.get_num_threads(), galaxies // LEAST)


def _convolved(
    maps: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Any = 1, padding: Any = 0, *options: Any
) -> Tensor:
    """As torch's convolution under autocast."""
    dilation, groups = (*options, 1, 1)[:2]
    pairs = tuple((each, each) if isinstance(each, int) else tuple(each) for each in (stride, padding, dilation))
    found: Tensor = _Convolution.apply(maps.to(torch.bfloat16), weight, bias, *pairs, groups)  # type: ignore[no-untyped-call]
    return found


class _Convolution(torch.autograd.Function):
    """Torch's convolution forwards, and shared out backwards."""

    @staticmethod
    def forward(ctx: Any, maps: Tensor, weight: Tensor, bias: Tensor | None, *options: Any) -> Tensor:
        narrow = weight.to(torch.bfloat16)
        ctx.save_for_backward(maps, narrow)
        ctx.options, ctx.wide = options, weight.dtype
        return functional.conv2d(maps, narrow, None if bias is None else bias.to(torch.bfloat16), *options)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        maps, weight = ctx.saved_tensors
        of_maps, _, of_bias = ctx.needs_input_grad[:3]
        parts = zip(*(each.tensor_split(_parts(len(maps))) for each in (gradient, maps)), strict=True)
        pool = _threads(torch.get_num_threads())
        waiting = [pool.submit(_backward, one, other, weight, ctx.options, 1) for one, other in parts]
        first, *others = [each.result().to(ctx.wide) for each in waiting]
        return (
            _backward(gradient, maps, weight, ctx.options, 0) if of_maps else None,
            sum(others, first),
            gradient.sum(dim=(0, 2, 3), dtype=ctx.wide) if of_bias else None,
            *[None] * len(ctx.options),
        )


@torch.no_grad()
def _backward(gradient: Tensor, maps: Tensor, weight: Tensor, options: Sequence[Any], by: int) -> Tensor:
    """Torch's gradient of a convolution by its maps (0) or its weights (1)."""
    *pairs, groups = options
    wanted = [place == by for place in range(3)]
    found: Tensor = torch.ops.aten.convolution_backward(
        gradient, maps, weight, None, *pairs, False, [0, 0], groups, wanted
    )[by]
    return found


@cache
def _threads(count: int) -> ThreadPoolExecutor:
    """Threads, each of which computes alone."""
    together = threading.Barrier(count + 1)
    pool = ThreadPoolExecutor(count, "weights", _alone)
    for _ in range(count):
        pool.submit(together.wait)
    together.wait()
    # each of them has told torch of one thread, which goes for threads that are yet to come too
    torch.set_num_threads(count)
    return pool


def _alone() -> None:
    """Let the thread that this is called in compute without others."""
    # torch sets the number of a thread that is new to it when it is first asked
    torch.get_num_threads()
    torch.set_num_threads(1)
