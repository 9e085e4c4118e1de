"""Doubts about spectra, and the choice between several."""

import numpy as np
import pytest

from slipher.survey.spectra.file import SdssSpectrum
from slipher.survey.spectra.flags import AGREEMENT, UNFIT, SpectrumFlag, best, judge


def spectrum(flux=10.0, ivar=1.0, redshift=0.1, kind="GALAXY", zwarning=0):
    return SdssSpectrum(35800, np.full(50, flux), np.full(50, ivar), redshift, kind, zwarning, np.full(5, np.nan))


@pytest.mark.parametrize(
    ("change", "flag"),
    [
        ({}, SpectrumFlag(0)),
        ({"zwarning": 4}, SpectrumFlag.ZWARNING),
        ({"flux": 0.0}, SpectrumFlag.EMPTY),
        ({"ivar": 0.0}, SpectrumFlag.EMPTY),
        ({"flux": np.nan}, SpectrumFlag.EMPTY),
        ({"kind": "QSO"}, SpectrumFlag.NOT_GALAXY),
        ({"redshift": 0.1 + 1.2 * 1.1 * AGREEMENT}, SpectrumFlag.REDSHIFT),
        ({"redshift": 0.1 - 0.8 * 1.1 * AGREEMENT}, SpectrumFlag(0)),
        ({"redshift": np.nan}, SpectrumFlag.REDSHIFT),
    ],
)
def test_what_is_doubtful_is_flagged(change, flag):
    assert judge(spectrum(**change), 0.1) == flag
    taken, flags = best([spectrum(**change)], 0.1)
    assert flags == flag
    assert (taken is None) == bool(flag & UNFIT)


def test_nothing_disagrees_with_an_unknown_redshift():
    assert judge(spectrum(redshift=0.3), np.nan) == 0


def test_of_two_the_one_with_more_signal_is_taken():
    noisy, good = spectrum(ivar=1.0), spectrum(ivar=4.0, zwarning=1)
    for order in ([noisy, good], [good, noisy]):
        taken, flags = best(order, 0.1)
        assert taken is good
        assert flags == SpectrumFlag.REPEATED | SpectrumFlag.ZWARNING


def test_signal_does_not_make_a_quasar_fit():
    fit = spectrum()
    assert best([spectrum(ivar=100.0, kind="QSO"), fit], 0.1) == (fit, SpectrumFlag.REPEATED)


def test_no_observation_is_no_spectrum():
    assert best([], 0.1) == (None, 0)
