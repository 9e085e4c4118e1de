"""Spectra into a galaxy store."""

from pathlib import Path

from slipher.verbs.answer import Answer

__all__ = ["data_spectra"]


def data_spectra(store: Path, folder: Path, *, workers: int | None = None) -> Answer:
    """Fill a galaxy store with the SDSS spectra of its galaxies.

    The flux constraint needs them. Files are matched by plate, MJD and fibre, which the store's columns or specObjIDs
    tell, and others by position; what is doubtful is counted and flagged in catalogue/spectrum_flags. Where a spectrum
    does not reach, the constraint continues it by templates if asked to: flux: {uncovered: template}. The same command
    continues a killed run, and does nothing if FOLDER has not changed.

    Args:
        store: galaxy store; written anew beside itself, so twice its room is needed
        folder: spectrum files (spec-PLATE-MJD-FIBER.fits, or SDSS-V's; also .gz, .bz2), in it or in folders below
        workers: processes; one a core if left out
    """
    from slipher.survey.spectra.attach import attach_spectra, attached_text

    document = attach_spectra(store, folder, workers)
    return Answer(attached_text(document), document)
