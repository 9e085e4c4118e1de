"""Real pixels are no padding, whatever their form; real pixels that were padded are found."""

import gzip
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from slipher.survey.padding import padding

FRAME = Path(__file__).resolve().parents[3] / "shared" / "data" / "stripe82" / "fpC-004192-r4-0300.fit.gz"
pytestmark = pytest.mark.skipif(not FRAME.is_file(), reason="the real SDSS frames are not beside the repository")

FORMS = {
    "counts": lambda counts, sky: counts,
    "counts without sky": lambda counts, sky: counts - round(sky),
    "quarters of counts without sky": lambda counts, sky: np.floor((counts - sky) / 4),
    "half floats": lambda counts, sky: ((counts - sky) * 0.005).astype(np.float16),
    "floats": lambda counts, sky: ((counts - sky) * 0.005).astype(np.float32),
}


@pytest.fixture(scope="module")
def tiles():
    """Pieces of a frame of Stripe 82, 64 pixels a side, and the level of their sky."""
    with gzip.open(FRAME) as stream, fits.open(stream) as units:
        frame = np.asarray(units[0].data, np.float64)
    cut = frame[: 64 * 8, : 64 * 16].reshape(8, 64, 16, 64).swapaxes(1, 2).reshape(-1, 64, 64)
    return cut, float(np.median(frame))


@pytest.mark.parametrize("form", FORMS)
def test_real_pixels(tiles, form):
    cut, sky = tiles
    assert not any(padding(FORMS[form](tile, sky)).any() for tile in cut)


@pytest.mark.parametrize("form", FORMS)
def test_real_pixels_beside_padding(tiles, form):
    cut, sky = tiles
    y, x = np.mgrid[:64, :64]
    there = (y < 14) | (x + y > 110)
    for tile in cut[::8]:
        found = padding(np.where(there, 0, FORMS[form](tile, sky)))
        assert found[y < 14].all()
        assert found[there].mean() > 0.98
        assert found[~there].mean() < 0.04
