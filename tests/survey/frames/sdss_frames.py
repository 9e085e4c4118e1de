"""Frames as SDSS writes them, of stars whose fluxes and places are known."""

import bz2
import gzip

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS
from scipy.special import erf

SCALE = 0.396 / 3600
HEIGHT, WIDTH = 300, 400
SHIFTS = {"u": (1.3, -2.2), "g": (-3.4, 4.6), "r": (0.0, 0.0), "i": (2.5, 0.7), "z": (-0.2, -1.9)}
"""By how many pixels each band's frame is shifted."""
FLUX = {"u": 30.0, "g": 90.0, "r": 150.0, "i": 200.0, "z": 240.0}


def projection(ra=150.0, dec=2.0, angle=90.0, scale=SCALE, shift=(0.0, 0.0), shape=(HEIGHT, WIDTH), dec_first=False):
    """A tangent projection with its y axis ``angle`` degrees from north over east, as a WCS."""
    wcs = WCS(naxis=2)
    cosine, sine = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    cd, axes, value = np.array([[-cosine, sine], [sine, cosine]]) * scale, ["RA---TAN", "DEC--TAN"], [ra, dec]
    wcs.wcs.ctype, wcs.wcs.crval, wcs.wcs.cd = axes, value, cd
    if dec_first:
        wcs.wcs.ctype, wcs.wcs.crval, wcs.wcs.cd = axes[::-1], value[::-1], cd[::-1]
    wcs.wcs.crpix = [(shape[1] + 1) / 2 + shift[0], (shape[0] + 1) / 2 + shift[1]]
    return wcs


def star(shape, x, y, flux=1.0, sigma=1.4):
    """A Gaussian integrated over pixels."""

    def along(length, centre):
        edges = (np.arange(length + 1) - 0.5 - centre) / sigma / np.sqrt(2)
        return np.diff(erf(edges)) / 2

    return flux * along(shape[0], y)[:, None] * along(shape[1], x)[None, :]


def header_of(wcs, band, run, camcol, field):
    """A frame's header, with keywords of its time that nobody should stumble over."""
    header = fits.Header({"RUN": run, "CAMCOL": camcol, "FRAME": field + 2, "FILTER": band, "RADECSYS": "ICRS"})
    header["DATE-OBS"] = "2001-09-20"
    for axis in (1, 2):
        header[f"CTYPE{axis}"] = wcs.wcs.ctype[axis - 1]
        header[f"CRPIX{axis}"], header[f"CRVAL{axis}"] = wcs.wcs.crpix[axis - 1], wcs.wcs.crval[axis - 1]
        for other in (1, 2):
            header[f"CD{axis}_{other}"] = wcs.wcs.cd[axis - 1, other - 1]
    return header


def write_frame(folder, band, image, wcs, run=2583, camcol=2, field=136, suffix="", **more):
    """A frame of data release 8: nanomaggies."""
    path = folder / f"frame-{band}-{run:06d}-{camcol}-{field:04d}.fits"
    header = header_of(wcs, band, run, camcol, field)
    header.update(BUNIT="nanomaggy", **more)
    extra = fits.ImageHDU(np.ones(7, np.float32))
    fits.HDUList([fits.PrimaryHDU(image.astype(np.float32), header), extra]).writeto(path)
    return compressed(path, suffix)


def write_fpc(folder, band, image, wcs, run=4192, camcol=4, field=300, suffix="", sky=95.4, flux20=2703.57, **more):
    """A frame of earlier releases: whole counts with sky and bias."""
    path = folder / f"fpC-{run:06d}-{band}{camcol}-{field:04d}.fit"
    counts = np.round(image * flux20 / 10 + 1000 + sky).astype(np.uint16)
    header = header_of(wcs, band, run, camcol, field)
    header.update(SOFTBIAS=1000, SKY=sky, FLUX20=flux20, **more)
    fits.PrimaryHDU(counts, header).writeto(path)
    return compressed(path, suffix)


def compressed(path, suffix):
    """The file, or a compressed one in its place."""
    if not suffix:
        return path
    pack = {".gz": gzip.compress, ".bz2": bz2.compress}[suffix]
    packed = path.with_name(path.name + suffix)
    packed.write_bytes(pack(path.read_bytes()))
    path.unlink()
    return packed


def write_field(folder, ra, dec, bands="ugriz", seed=0, centre=(150.0, 2.0), noise=0.02, suffix="", **name):
    """The frames of a field with stars at positions, each band shifted and turned a little."""
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    for band in bands:
        wcs = projection(*centre, angle=90 + 0.01 * SHIFTS[band][0], shift=SHIFTS[band])
        image = noise * rng.normal(size=(HEIGHT, WIDTH))
        for x, y in zip(*wcs.wcs_world2pix(ra, dec, 0), strict=True):
            image += star(image.shape, x, y, FLUX[band])
        write_frame(folder, band, image, wcs, suffix=suffix, **name)
    return folder


def sky_of(x, y, wcs=None):
    """Positions of pixels of the r frame, degrees."""
    return (wcs or projection()).wcs_pix2world(x, y, 0)
