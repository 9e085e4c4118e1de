"""Rendering: Sérsic galaxies and stars as the camera's optics image them, before the noise.

The profile is the same in all bands, so it is drawn once, in Fourier space, by galsim (Rowe et al. 2015), multiplied
by each band's point-spread function there and transformed back: about 1 ms for five bands.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from jaxtyping import Complex, Float
from scipy import fft

from slipher.extras import require
from slipher.survey.mock.camera import PIXEL_SCALE, Camera
from slipher.survey.mock.neighbours import Source
from slipher.survey.mock.population import TRUNCATION

__all__ = ["Renderer"]


class Renderer:
    """Renders noiseless cutouts.

    Args:
        camera: whose point-spread functions are used.
        size: side of the cutouts in pixels.

    Raises:
        InputError: if galsim is not installed.
    """

    def __init__(self, camera: Camera, size: int) -> None:
        require("galsim", "simulate")
        self.size = size
        # The Fourier transform is periodic: twice the cutout keeps what leaves at one side from returning at another.
        self._period = 2 * size
        self._psf = np.stack([_transform(_psf_profile(psf), self._period) for psf in camera.psf])

    def light(self, sources: Sequence[Source]) -> Float[np.ndarray, "bands y x"]:
        """The light of some sources in each pixel of a cutout.

        Args:
            sources: what shines.

        Returns:
            Nanomaggies a pixel, without noise and sky.
        """
        bands = len(self._psf)
        if not sources:
            return np.zeros((bands, self.size, self.size))
        total = sum(source.flux[:, None, None] * self._source(source) for source in sources) * self._psf
        whole = fft.irfft2(total, s=(self._period, self._period))
        return np.asarray(whole[:, : self.size, : self.size])

    def _source(self, source: Source) -> Complex[np.ndarray, "ky kx"]:
        """The transform of one source of unit flux at its place, pixel (0, 0) being the origin."""
        galsim = require("galsim", "simulate")
        profile = galsim.DeltaFunction()
        if source.shape is not None:
            shape = source.shape
            profile = _sersic(shape.sersic_index).dilate(shape.half_light_radius)
            profile = profile.shear(q=shape.axis_ratio, beta=shape.angle * galsim.degrees)
        x, y = ((self.size - 1) / 2 + offset for offset in source.position)
        return _transform(profile.shift(PIXEL_SCALE * x, PIXEL_SCALE * y), self._period)


@lru_cache(maxsize=32)
def _sersic(index: float) -> Any:
    """A profile of unit flux and half-light radius; galsim tabulates each index once."""
    return require("galsim", "simulate").Sersic(index, half_light_radius=1.0, trunc=TRUNCATION)


def _psf_profile(psf: Float[np.ndarray, "psf_y psf_x"]) -> Any:
    """A point-spread function, which already holds the pixel's response, as a continuous profile."""
    galsim = require("galsim", "simulate")
    return galsim.InterpolatedImage(galsim.Image(np.ascontiguousarray(psf), scale=PIXEL_SCALE), flux=1.0)


def _transform(profile: Any, period: int) -> Complex[np.ndarray, "ky kx"]:
    """The Fourier transform of a profile in the order of ``scipy.fft.irfft2``, up to the pixels' Nyquist frequency."""
    galsim = require("galsim", "simulate")
    image = galsim.ImageCD(period + 1, period + 1, scale=2 * np.pi / (period * PIXEL_SCALE))
    profile.drawKImage(image)
    half = period // 2
    # galsim's rows run from −half to +half, those of the transform from 0 to half − 1 and then from −half to −1.
    return np.roll(image.array[:-1, half:], half, axis=0)
