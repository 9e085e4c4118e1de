"""The galaxy store: simulate, info, check, measure."""

from pathlib import Path

from slipher.verbs.answer import BAD_INPUT, Answer

__all__ = ["data_check", "data_info", "data_measure", "data_simulate"]


def data_simulate(
    count: int = 6000, *, out: Path, seed: int = 0, workers: int | None = None, overwrite: bool = False
) -> Answer:
    """Make a mock survey from real SDSS measurements.

    Args:
        count: number of galaxies
        out: galaxy store to write
        seed: the survey depends on this and the number, on nothing else
        workers: processes; one a core if left out
        overwrite: replace a file that lies there
    """
    from slipher.survey.mock.simulate import simulate

    return Answer(str(simulate(out, count, seed, workers, overwrite)))


def data_measure(store: Path, *, workers: int | None = None) -> Answer:
    """Add source masks, sky and, where it has none, photometry to a store of cutouts.

    Args:
        store: galaxy store; written anew beside itself, which takes its room twice meanwhile
        workers: processes; one a core if left out
    """
    from slipher.survey.measure import measure_store

    measure_store(store, workers)
    return Answer(str(store))


def data_info(store: Path, *, page: Path | None = None) -> Answer:
    """Say what a galaxy store holds.

    Args:
        store: galaxy store
        page: draw a page of its galaxies (.png)
    """
    from slipher.survey.info import info, info_text

    document = info(store)
    if page is not None:
        from slipher.survey.page import cutout_page

        cutout_page(store, page)
    return Answer(info_text(document), document)


def data_check(store: Path) -> Answer:
    """Verify a galaxy store block by block; the exit status is 2 if any is damaged.

    Args:
        store: galaxy store
    """
    from slipher.survey.check import check, check_text

    document = check(store)
    return Answer(check_text(document), document, 0 if document["ok"] else BAD_INPUT)
