"""Files of single galaxies as the cutout services of surveys write them, of simulated pixels."""

import numpy as np
from astropy.io import fits


def pixels(seed, bands=3, size=24):
    """A galaxy in noise."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    galaxy = rng.uniform(2, 5, bands)[:, None, None] * np.exp(-(x**2 + y**2) / 8)
    return (galaxy + 0.05 * rng.normal(size=(bands, size, size))).astype(np.float32)


def legacy(path, images, bands="grz", ivar=False):
    """The Legacy Surveys' viewer: one image (B, y, x), or (y, x) of one band, in nanomaggies without saying so."""
    header = fits.Header({"SURVEY": "LegacySurvey", "VERSION": "ls-dr10", "BANDS": bands})
    for number, band in enumerate(bands):
        header[f"BAND{number}"] = band
    units = [fits.PrimaryHDU(images if len(bands) > 1 else images[0], header)]
    if ivar:
        units.append(fits.ImageHDU(np.ones_like(images), header, name="INVVAR"))
    fits.HDUList(units).writeto(path)


def hsc(path, image, band, no_data=None):
    """HSC's cutouts: an empty primary extension with the zero point, then image, mask and variance."""
    primary = fits.PrimaryHDU()
    primary.header["FLUXMAG0"], primary.header["FILTER"] = 63095734448.0194, f"HSC-{band.upper()}"
    mask = np.full(image.shape, 32, np.int32)
    if no_data is not None:
        mask[no_data] |= 1 << 8
    units = [primary]
    for kind, values in (("IMAGE", image), ("MASK", mask), ("VARIANCE", np.full_like(image, 0.01))):
        unit = fits.ImageHDU(values)
        unit.header["EXTTYPE"] = kind
        if kind == "MASK":
            unit.header["HIERARCH MP_NO_DATA"], unit.header["HIERARCH MP_DETECTED"] = 8, 5
        units.append(unit)
    fits.HDUList(units).writeto(path)


def pan_starrs(path, counts, band, seconds=900.0, compressed=False):
    """Pan-STARRS 1's stacks: compressed by an inverse hyperbolic sine, in whole numbers, BLANK where there is nothing."""
    offset, softening, scale, zero = 3.0, 40.0, 2.5e-4, 1.0
    stretched = 2.5 / np.log(10) * np.arcsinh((counts - offset) / (2 * softening))
    whole = np.round((np.nan_to_num(stretched) - zero) / scale)
    stored = np.where(np.isfinite(stretched), whole, -32768).astype(np.int16)
    header = fits.Header({"BSOFTEN": softening, "BOFFSET": offset, "EXPTIME": seconds})
    header["HIERARCH FPA.FILTERID"], header["HIERARCH FPA.ZP"] = f"{band}.00000", 25.0
    unit = fits.CompImageHDU(stored, header) if compressed else fits.PrimaryHDU(stored, header)
    unit.header["BSCALE"], unit.header["BZERO"], unit.header["BLANK"] = scale, zero, -32768
    fits.HDUList([fits.PrimaryHDU(), unit] if compressed else [unit]).writeto(path)
