"""What ``evaluate`` is given: densities, in whatever file, or a table of point estimates."""

from contextlib import ExitStack
from pathlib import Path

from slipher.density.file import DensityFile
from slipher.density.sources import ensemble
from slipher.density.sources.asked import Asked
from slipher.density.sources.gridded import gridded
from slipher.formats.tables import Table, open_table

__all__ = ["open_scorable"]


def open_scorable(
    path: str | Path, asked: Asked, point: str | None, stack: ExitStack
) -> tuple[DensityFile | None, Table]:
    """Open densities, if the file holds some, and the columns that go with them, or else its table.

    Args:
        path: an ensemble of qp, a table with a column of densities, or one of point estimates.
        asked: what the user says of densities.
        point: the point estimate that is asked for.
        stack: closes the file.

    Raises:
        InputError: if the file cannot be read, or something is asked of densities that are not there.
    """
    stored = ensemble(path, stack)
    table = open_table(path) if stored is None else stored.ancil
    if stored is not None:
        asked.refuse_columns(f"{path} is an ensemble of qp, which knows its own redshifts")
    else:
        stored = gridded(table, asked, _has_point(table, point))
    if stored is None:
        asked.refuse(f"{path} holds no densities")
        return None, table
    return stack.enter_context(DensityFile(stored, asked.wanted(stored.meta.get("bins")))), table


def _has_point(table: Table, point: str | None) -> bool:
    """Whether the point estimate, or the mean, is a column."""
    name = point or "mean"
    return name in table or f"z_{name}" in table
