"""Synthetic photometry of spectra."""

from pathlib import Path

from slipher.verbs.answer import BAD_INPUT, Answer

__all__ = ["flux"]


def flux(*spectra: Path) -> Answer:
    """Synthetic photometry of SDSS spectra beside the catalogue's own; the exit status is 2 if a file cannot be used.

    Args:
        spectra: spectrum files (spec-*.fits, also .gz and .bz2), and folders of them
    """
    from slipher.errors import InputError
    from slipher.survey.spectra.report import flux_report, spectrum_files
    from slipher.text import flux_text

    if not spectra:
        raise InputError("no spectrum is named; give one or more files, such as spec-*.fits, or their folder.")
    found = flux_report(spectrum_files(spectra))
    return Answer(flux_text(found), found, BAD_INPUT if any(each["error"] for each in found) else 0)
