"""What is doubtful about a galaxy's spectrum, and which of several observations is taken."""

from collections.abc import Sequence
from enum import IntFlag

import numpy as np

from slipher.survey.spectra.file import SdssSpectrum

__all__ = ["AGREEMENT", "UNFIT", "SpectrumFlag", "best", "judge"]

AGREEMENT = 0.003
"""|Δz|/(1 + z) by which a spectrum's redshift and the store's may differ: 900 km/s, far above any error of either."""


class SpectrumFlag(IntFlag):
    """The bits of ``catalogue/spectrum_flags``."""

    ZWARNING = 1
    """The pipeline warns about its redshift. The spectrum is used: the redshift that counts is the store's, and one
    that disagrees with it is flagged by itself."""
    EMPTY = 2
    """Nothing was measured, or all is zero."""
    NOT_GALAXY = 4
    """The pipeline takes it for a quasar or a star."""
    REDSHIFT = 8
    """The spectrum's redshift disagrees with the store's by more than `AGREEMENT`."""
    REPEATED = 16
    """Several files are of this galaxy; the best was taken."""
    DAMAGED = 32
    """A file of this galaxy could not be read."""


UNFIT = SpectrumFlag.EMPTY | SpectrumFlag.NOT_GALAXY | SpectrumFlag.REDSHIFT
"""With any of these a spectrum is left out, as if the galaxy had none: it is none, or not of this galaxy's light."""


def judge(spectrum: SdssSpectrum, redshift: float) -> SpectrumFlag:
    """What one observation is to be flagged with.

    Args:
        spectrum: what its file says.
        redshift: the store's; NaN where unknown, with which nothing disagrees.
    """
    flags = SpectrumFlag(0)
    if spectrum.zwarning:
        flags |= SpectrumFlag.ZWARNING
    if spectrum.empty:
        flags |= SpectrumFlag.EMPTY
    if spectrum.kind != "GALAXY":
        flags |= SpectrumFlag.NOT_GALAXY
    if not np.isnan(redshift) and not abs(spectrum.redshift - redshift) <= AGREEMENT * (1 + redshift):
        flags |= SpectrumFlag.REDSHIFT
    return flags


def best(observations: Sequence[SdssSpectrum], redshift: float) -> tuple[SdssSpectrum | None, SpectrumFlag]:
    """The observation to take, and its flags: of those fit for use the one with the most signal for its noise.

    Args:
        observations: of one galaxy.
        redshift: the store's.

    Returns:
        None if there is none fit for use.
    """
    if not observations:
        return None, SpectrumFlag(0)
    judged = [(spectrum, judge(spectrum, redshift)) for spectrum in observations]
    taken, flags = max(judged, key=lambda pair: (not pair[1] & UNFIT, _signal_to_noise(pair[0])))
    repeated = SpectrumFlag.REPEATED if len(observations) > 1 else SpectrumFlag(0)
    return None if flags & UNFIT else taken, flags | repeated


def _signal_to_noise(spectrum: SdssSpectrum) -> float:
    """The median over the measured pixels."""
    used = spectrum.used
    return float(np.median(spectrum.flux[used] * np.sqrt(spectrum.ivar[used]))) if used.any() else 0.0
