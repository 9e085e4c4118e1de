"""From SDSS frames and a catalogue to a galaxy store: every galaxy in all bands on one pixel grid."""

from pathlib import Path

from slipher.errors import InputError
from slipher.extras import require
from slipher.formats.tables import file_of
from slipher.progress import say
from slipher.survey.dustmaps import map_files
from slipher.survey.filling import fill, finish
from slipher.survey.frames.cutter import BlockReader, Cutter, cached_frame
from slipher.survey.frames.frame import DamagedFrameError, find_fields
from slipher.survey.frames.plan import Options, Plan, identity_of, make_plan, read_headers
from slipher.survey.frames.positions import Positions, read_positions
from slipher.survey.importing import column_of
from slipher.survey.pool import processes
from slipher.survey.schema import Schema, galaxy_schema
from slipher.survey.writer import StoreWriter, making
from slipher.unfinished import Unfinished

__all__ = ["cut_out"]

PIXEL_SCALE = 0.396


def cut_out(
    frames: str | Path,
    catalog: str | Path,
    out: str | Path,
    *,
    size: int = 64,
    pixel_scale: float = PIXEL_SCALE,
    id: str | None = None,  # noqa: A002 - the name of the option
    ra: str | None = None,
    dec: str | None = None,
    redshift: str | None = None,
    ebv: float | str | None = None,
    maps: str | Path | None = None,
    dtype: str = "float16",
    workers: int | None = None,
    skip_bad: bool = False,
    overwrite: bool = False,
) -> Path:
    """Make a galaxy store of SDSS frames and a catalogue of positions.

    All bands of a galaxy lie on one grid that is centred on the catalogue's position (`resample`). A galaxy in
    several fields is cut from the one in which it lies farthest from the edges; one in none is left out. Pixels
    outside of a frame or not measured are bad; a band that a field lacks is wholly bad. The store goes by field (run,
    camcol, field), and within a field by the catalogue, so that every frame is opened once and the work grows with
    the number of frames and of galaxies; ``catalogue/row`` leads back to the catalogue's order. Sources, sky and
    photometry are measured on the cutouts. A killed run continues when called again; a store that is already there
    from the same input is left alone.

    Args:
        frames: folder of frames, also in folders below.
        catalog: .fits, .csv, .parquet, .vot, .npz or .hdf5.
        out: where the store shall lie.
        size: pixels on a side.
        pixel_scale: arcseconds a pixel.
        id: column of identifiers; without, the rows are numbered.
        ra: column of right ascensions, degrees (ICRS).
        dec: column of declinations, degrees.
        redshift: column of spectroscopic redshifts.
        ebv: E(B−V): one value for all, a column of it or of extinctions, or ``"sfd"``.
        maps: folder of the full SFD98 maps for ``"sfd"``.
        dtype: float16 or float32, in which the store keeps the cutouts.
        workers: number of processes; None takes every core that this process may use.
        skip_bad: whether frames that cannot be read count as missing, and galaxies whose centre or half of whose pixels
            lie outside of the frames are dropped.
        overwrite: whether another file at ``out`` may be replaced.

    Returns:
        The path of the store.

    Raises:
        InputError: if the frames, the catalogue or an option cannot be used; says what is wrong, where, and what to do.
    """
    frames, out = Path(frames), Path(out)
    options = Options(size, pixel_scale, dtype)
    number = processes(workers)
    for module in ("astropy.wcs", "sep"):
        require(module, "cutouts")
    maps = None if maps is None else Path(maps)
    positions = read_positions(Path(catalog), id=id, ra=ra, dec=dec, redshift=redshift, ebv=ebv, maps=maps)
    fields = find_fields(frames)
    plan = make_plan(read_headers(fields, skip_bad), positions, options, skip_bad, frames)
    identity = identity_of(plan, options)
    read = [file_of(catalog), *map_files(maps), *(path for field in fields for path in field.paths.values())]
    with making(out, identity, overwrite, read) as work:
        if not work.done:
            _write(plan, options, out, identity, number, skip_bad, work)
            _tell(plan, positions)
    return out


def _schema(plan: Plan, options: Options) -> Schema:
    """What the store will hold."""
    catalogue = {
        name.removeprefix("catalogue/"): column_of(values)
        for name, values in plan.columns.items()
        if name.startswith("catalogue/")
    }
    return galaxy_schema(
        len(plan.which),
        plan.bands,
        source="SDSS frames",
        shape=(options.size, options.size),
        image_dtype=options.dtype,
        pixel_scale=options.pixel_scale,
        id_dtype=column_of(plan.columns["id"]).dtype,
        catalogue=catalogue,
        attributes={"ebv_source": plan.ebv_source, "outside": plan.outside, "dropped": plan.dropped},
    )


def _write(
    plan: Plan, options: Options, out: Path, identity: str, workers: int, skip_bad: bool, work: Unfinished
) -> None:
    """Write the store, or what is missing of it.

    Raises:
        InputError: if a frame turns out damaged and may not be left out, or the destination cannot be written.
    """
    cutter, read = Cutter(plan.bands, options, skip_bad), BlockReader(plan)
    with StoreWriter(out, _schema(plan, options), identity, work) as writer:
        try:
            fill(writer, cutter, label="cutting out", workers=workers, read=read)
        except DamagedFrameError as error:
            # What is written is good: as after a full disk, the next run goes on from there.
            raise InputError(f"{str(error).removesuffix('.')} and run the same again to go on.") from OSError(error)
        finally:
            cached_frame.cache_clear()
        finish(writer)


def _tell(plan: Plan, positions: Positions) -> None:
    """Say what was left out."""
    if plan.outside:
        say(f"{plan.outside} of {len(positions.ra)} galaxies lie in no field and were left out.")
    if plan.dropped:
        say(f"{plan.dropped} galaxies were dropped: their centre or half of their pixels lie outside of the frames.")
    if plan.without:
        say(f"{plan.without} of {len(plan.which)} galaxies lie in fields that lack a band.")
