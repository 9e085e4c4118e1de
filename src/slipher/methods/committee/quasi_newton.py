"""Many small minimisations at once, each by L-BFGS (Liu & Nocedal 1989, Math. Programming 45, 503).

Every minimisation is a row; rows share the arithmetic but nothing else: each has its own curvature pairs, its own step
and its own end, so that a row comes out as it would alone.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

__all__ = ["minimise"]

PAIRS = 20
"""Curvature pairs remembered."""
SUFFICIENT = 1e-4
"""Share of the decrease which the slope promises that a step must bring (Nocedal & Wright 2006, equation 3.4)."""
HALVINGS = 12
"""How often a step is halved before its row is given up."""
PATIENCE = 25
"""Steps without a better check after which a row has ended."""

Rows = Float[Tensor, "rows parameters"]
PerRow = Float[Tensor, "rows"]
Objective = Callable[[Rows], tuple[PerRow, Rows]]


@dataclass
class _State:
    """The rows that still move."""

    where: Int[Tensor, "rows"]
    x: Rows
    value: PerRow
    gradient: Rows
    steps: list[Rows] = field(default_factory=list)
    turns: list[Rows] = field(default_factory=list)
    """Changes of the gradient over the steps."""

    def only(self, kept: Bool[Tensor, "rows"]) -> "_State":
        """Without the rows that have ended."""
        return _State(
            self.where[kept],
            self.x[kept],
            self.value[kept],
            self.gradient[kept],
            [each[kept] for each in self.steps],
            [each[kept] for each in self.turns],
        )

    def move(self, x: Rows, value: PerRow, gradient: Rows) -> None:
        """Take a step and remember its curvature."""
        self.steps = [*self.steps, x - self.x][-PAIRS:]
        self.turns = [*self.turns, gradient - self.gradient][-PAIRS:]
        self.x, self.value, self.gradient = x, value, gradient


def minimise(objective: Objective, check: Callable[[Rows], PerRow], start: Rows, iterations: int) -> Rows:
    """The parameters of each row for which ``check`` was least on the way to the minimum of the objective.

    Args:
        objective: value and gradient of each row given; it may be asked for some of the rows only.
        check: what decides, such as the loss on galaxies that are not trained on.
        start: where each row begins.
        iterations: steps at most.
    """
    best, least = start.clone(), check(start)
    since = torch.zeros(len(start), dtype=torch.int64)
    state = _State(torch.arange(len(start)), start, *objective(start))
    for _ in range(iterations):
        moved = _step(objective, state)
        found = check(state.x)
        better = found < least[state.where]
        best[state.where[better]], least[state.where[better]] = state.x[better], found[better]
        since[state.where] = torch.where(better, 0, since[state.where] + 1)
        state = state.only(moved & (since[state.where] < PATIENCE))
        if not len(state.where):
            break
    return best


def _step(objective: Objective, state: _State) -> Bool[Tensor, "rows"]:
    """Move each row downhill, by halving its step until the value falls enough; which rows could be moved."""
    direction = _direction(state)
    slope = (direction * state.gradient).sum(dim=1)
    first = 1 / state.gradient.abs().sum(dim=1).clamp(min=1.0)
    length = torch.ones_like(slope) if state.steps else first
    x, value, gradient = state.x.clone(), state.value.clone(), state.gradient.clone()
    pending = torch.arange(len(slope))
    for _ in range(HALVINGS):
        tried = state.x[pending] + length[pending, None] * direction[pending]
        at, turned = objective(tried)
        enough = at <= state.value[pending] + SUFFICIENT * length[pending] * slope[pending]
        done = pending[enough]
        x[done], value[done], gradient[done] = tried[enough], at[enough], turned[enough]
        pending = pending[~enough]
        if not len(pending):
            break
        length[pending] /= 2
    state.move(x, value, gradient)
    moved = torch.ones(len(slope), dtype=torch.bool)
    moved[pending] = False
    return moved


def _direction(state: _State) -> Rows:
    """−H g by the two-loop recursion (Nocedal & Wright 2006, algorithm 7.4); pairs without curvature count nothing."""
    both = zip(state.steps, state.turns, strict=True)
    pairs = [(step, turn, _inverse((step * turn).sum(dim=1))) for step, turn in both]
    q, weights = state.gradient.clone(), []
    for step, turn, rho in reversed(pairs):
        weights.append(rho * (step * q).sum(dim=1))
        q -= weights[-1][:, None] * turn
    if pairs:
        step, turn, rho = pairs[-1]
        scale = (step * turn).sum(dim=1) / (turn * turn).sum(dim=1).clamp(min=1e-300)
        q *= torch.where(rho > 0, scale, 1.0)[:, None]
    for (step, turn, rho), weight in zip(pairs, reversed(weights), strict=True):
        q += (weight - rho * (turn * q).sum(dim=1))[:, None] * step
    return -q


def _inverse(curvature: PerRow) -> PerRow:
    """1/(sᵀy), or 0 where it is not positive."""
    return torch.where(curvature > 1e-14, 1 / curvature.clamp(min=1e-14), 0.0)
