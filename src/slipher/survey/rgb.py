"""Colour pictures of cutouts in any bands, after Lupton et al. (2004), PASP 116, 133."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from jaxtyping import Bool, Float, UInt8

from slipher.errors import InputError
from slipher.physics.extinction import EFFECTIVE_WAVELENGTH, effective_wavelength
from slipher.physics.skynoise import sky_statistics
from slipher.survey.store import Galaxies

__all__ = ["channels", "lupton", "pictures"]

SHOWN = [EFFECTIVE_WAVELENGTH[band] for band in "gri"]
"""Wavelengths (Å) that are shown blue, green and red where a survey has bands near them."""
SOFTENING = 8.0
STRETCH = 10.0
"""Where the stretch turns from linear to logarithmic, in sky deviations."""
PEDESTAL = 3.0
"""Sky deviations by which all is lifted, so that noise is a dark grey of little colour, not cut to black."""
HATCH = (90, 125)
"""The greys of the stripes that stand for bad pixels."""
PERIOD = 4
"""Of the stripes, pixels."""

Images = Float[np.ndarray, "galaxies bands y x"]


def pictures(galaxies: Galaxies) -> UInt8[np.ndarray, "galaxies y x 3"]:
    """A picture of each galaxy, row 0 at the bottom as in the cutout.

    The bands shown are those nearest to i, r and g. Where a galaxy lacks one, it has the mean of the other channels
    in its place. Bad pixels are hatched in grey, and so is a galaxy that has none of the bands.

    Raises:
        InputError: if the store has no images.
    """
    good = galaxies.valid()
    there, weight = np.asarray(good.any(axis=(2, 3))), channels(galaxies.bands)
    scaled, noise = _scaled(galaxies, good, weight)
    mixed = _mixed(scaled, there, weight) / noise + PEDESTAL
    shown = there & weight.any(axis=0)
    none = np.asarray(~shown.any(axis=1))
    bad = np.asarray((~good & shown[..., None, None]).any(axis=1)) | none[:, None, None]
    drawn = np.stack([lupton(image) for image in mixed])
    return np.where(bad[..., None], _hatch(*good.shape[2:])[..., None], drawn)


def channels(bands: Sequence[str]) -> Float[np.ndarray, "3 bands"]:
    """The share of each band in red, green and blue.

    Of three bands or more those whose wavelengths are nearest to i, r and g, or the last, the middle and the first if a
    band's filter is not known; of two bands the mean is green; one band is grey.
    """
    count = len(bands)
    if count < 3:
        return np.array([[0.0, 1.0], [0.5, 0.5], [1.0, 0.0]]) if count == 2 else np.ones((3, 1))
    blue, green, red = _nearest(_wavelengths(bands)) or (0, count // 2, count - 1)
    return np.eye(count)[[red, green, blue]]


def lupton(
    image: Float[np.ndarray, "3 y x"], softening: float = SOFTENING, stretch: float = STRETCH
) -> UInt8[np.ndarray, "y x 3"]:
    """An RGB picture whose colours do not depend on brightness.

    The mean intensity I is mapped to asinh(Q I/s)/Q with Q = ``softening`` and s = ``stretch``; the three bands are
    scaled by the same factor, and where one exceeds 1 all three are divided by it (Lupton et al. 2004, eqs. 2 and 3).

    Args:
        image: red, green and blue cutouts, finite, in sky deviations.
        softening: Q, how early the stretch turns logarithmic.
        stretch: s, in sky deviations.

    Returns:
        8-bit picture.
    """
    intensity = image.mean(axis=0)
    mapped = np.arcsinh(softening * intensity / stretch) / softening
    picture = np.where(intensity > 0, image * mapped / np.where(intensity > 0, intensity, 1.0), 0.0)
    picture = np.clip(picture, 0.0, None)
    picture /= np.maximum(picture.max(axis=0), 1.0)
    return (np.moveaxis(picture, 0, -1) * 255).astype(np.uint8)


def _wavelengths(bands: Sequence[str]) -> list[float] | None:
    """Effective wavelengths (Å), or None if a band has no filter here."""
    try:
        return [effective_wavelength(band) for band in bands]
    except InputError:
        return None


def _nearest(wavelengths: list[float] | None) -> tuple[int, ...] | None:
    """The three bands, blue to red, that lie nearest to those shown, in log λ."""
    if wavelengths is None:
        return None
    triples = combinations(range(len(wavelengths)), 3)
    logs, shown = np.log(wavelengths), np.log(SHOWN)
    return min(triples, key=lambda triple: float(np.abs(logs[list(triple)] - shown).sum()))


def _scaled(
    galaxies: Galaxies, good: Bool[np.ndarray, "galaxies bands y x"], weight: Float[np.ndarray, "3 bands"]
) -> tuple[Images, float]:
    """Images above their sky, 0 where bad, each band times its factor; and the noise of their mean over the channels.

    The factor is 1/λ, near to what SDSS's pictures take; with bands of unknown wavelength one over the noise.
    """
    images = galaxies.images()
    sources = galaxies.sources() if galaxies.has("sources") else np.zeros((len(galaxies), *images.shape[2:]), bool)
    level, sigma = sky_statistics(images, sources, good)
    known = np.isfinite(sigma) & (sigma > 0)
    typical = np.array(
        [np.median(one[one_known]) if one_known.any() else 1.0 for one, one_known in zip(sigma.T, known.T, strict=True)]
    )
    wavelengths = _wavelengths(galaxies.bands)
    factor = 1 / (typical if wavelengths is None else np.array(wavelengths))
    noise = np.sqrt(np.square(weight.sum(axis=0) * factor * typical).sum()) / 3
    above = np.where(good, images - np.nan_to_num(level)[..., None, None], 0.0)
    return above * factor[:, None, None], float(noise)


def _mixed(
    images: Images, there: Bool[np.ndarray, "galaxies bands"], weight: Float[np.ndarray, "3 bands"]
) -> Float[np.ndarray, "galaxies 3 y x"]:
    """Red, green and blue of each galaxy from the bands that it has; a channel without any is the others' mean."""
    share = weight * there[:, None]
    total = share.sum(axis=2, keepdims=True)
    share = share / np.where(total > 0, total, 1.0)
    others = share.sum(axis=1, keepdims=True) / np.maximum((total > 0).sum(axis=1, keepdims=True), 1)
    return np.asarray(np.einsum("gcb,gbyx->gcyx", np.where(total > 0, share, others), images))


def _hatch(rows: int, columns: int) -> UInt8[np.ndarray, "y x"]:
    """Diagonal stripes in two greys."""
    y, x = np.indices((rows, columns))
    return np.where((y + x) % PERIOD < PERIOD // 2, *HATCH).astype(np.uint8)
