"""What happened in each epoch, and the table of it."""

from dataclasses import dataclass, field
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from slipher.constraints.terms import Evaluation
from slipher.files import write_text

__all__ = ["History", "Meter"]


@dataclass(frozen=True)
class History:
    """One row an epoch.

    Learning rate; of train and validation the data term, every constraint raw, weighted and counted, and the total;
    seconds and rate.
    """

    rows: tuple[dict[str, float], ...] = ()

    def with_row(self, row: dict[str, float]) -> "History":
        """A history one epoch longer."""
        return History((*self.rows, row))

    def write(self, path: Path) -> None:
        """Write it as CSV, whole or not at all."""
        names = list(self.rows[0]) if self.rows else []
        lines = [",".join(names), *(",".join(f"{row[name]:.10g}" for name in names) for row in self.rows)]
        write_text(path, "\n".join(lines) + "\n")


@dataclass
class Meter:
    """Sums over batches; they stay on the device until they are asked for."""

    data: str = "ce"
    """What the data term is called."""
    sums: dict[str, Tensor] = field(default_factory=dict)

    def add(self, loss: Float[Tensor, ""], terms: Evaluation, galaxies: int) -> None:
        """Add a batch.

        Args:
            loss: its mean data term.
            terms: its constraints.
            galaxies: how many it has.
        """
        self._add("galaxies", loss.new_full((), galaxies))
        self._add(self.data, loss.detach() * galaxies)
        self._add("total", (loss + terms.total).detach() * galaxies)
        for name, value in terms.terms.items():
            self._add(f"{name}", value.penalties)
            self._add(f"{name}_count", value.count)
            self._add(f"{name}_weighted", value.weighted.detach() * galaxies)

    def means(self) -> dict[str, float]:
        """Means by galaxy so far: data term; constraints raw (where they apply), weighted and counted; total."""
        if not self.sums:
            return {}
        # all at once, for one wait instead of one each
        sums = dict(zip(self.sums, torch.stack(list(self.sums.values())).tolist(), strict=True))
        galaxies = max(sums.pop("galaxies", 0.0), 1.0)
        counts = {name.removesuffix("_count"): value for name, value in sums.items() if name.endswith("_count")}
        return {
            name: value if name.endswith("_count") else value / max(counts.get(name, galaxies), 1.0)
            for name, value in sums.items()
        }

    def _add(self, name: str, value: Tensor) -> None:
        self.sums[name] = self.sums[name] + value.double() if name in self.sums else value.double()
