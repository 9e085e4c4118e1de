"""Galaxies and stars cut out of real SDSS frames of both forms."""

import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial import cKDTree

from slipher.survey.check import check
from slipher.survey.frames.cutouts import cut_out
from slipher.survey.frames.frame import Frame, find_fields, read_frame
from slipher.survey.frames.resample import Stamp, resample
from slipher.survey.store import open_store

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
FRAMES, CATALOGUE = DATA / "stripe82", DATA / "catalogs" / "stripe82-specz.fits"
CLUSTER = DATA / "frames"
pytestmark = pytest.mark.skipif(
    not (CATALOGUE.is_file() and FRAMES.is_dir() and CLUSTER.is_dir()),
    reason="the real SDSS frames are not beside the repository",
)
sep = pytest.importorskip("sep")
fits = pytest.importorskip("astropy.io.fits")
wcs = pytest.importorskip("astropy.wcs")

SIZE, CENTRE = 64, 31.5
SEEING = 1.6
"""Width of the window that centroids are taken in, pixels (SDSS's seeing is 1.3 to 1.5 of them in standard deviation)."""
GALAXY = 4.0
"""The same for galaxies: 2 / 2.35 times their half-light radius of 4.7 to 5.2 pixels, as SExtractor takes it."""
BANDS = "ugriz"


@dataclass
class Opened:
    """A frame and the file that it is from."""

    path: Path
    frame: Frame

    @property
    def image(self):
        return self.frame.image

    @property
    def geometry(self):
        return self.frame.geometry


@pytest.fixture(scope="module")
def galaxies(tmp_path_factory):
    out = tmp_path_factory.mktemp("cutouts") / "stripe82.h5"
    return open_store(cut_out(FRAMES, CATALOGUE, out, dtype="float32", workers=1))


@pytest.fixture(scope="module")
def plain(galaxies):
    """The nearest-pixel cutouts, in the order of the store."""
    with np.load(FRAMES / "cutouts.npz") as archive:
        found = {name: archive[name] for name in archive.files}
    order = [int(np.argmin(np.abs(found["ra"] - ra))) for ra in galaxies.column("catalogue/ra")]
    return {name: values[order] for name, values in found.items()}


@pytest.fixture(scope="module", params=["stripe82", "frames"])
def frames(request):
    """The frames of a field, by band."""
    paths = find_fields(DATA / request.param)[0].paths
    return {band: Opened(paths[band], read_frame(paths[band])) for band in BANDS}


@pytest.fixture(scope="module")
def stars(frames):
    """Stamps of the field's stars, their S/N and their centroids."""
    ra, dec = bright_stars(frames["r"])
    stamps = [Stamp(float(a), float(d), SIZE, 0.396, frames["r"].geometry) for a, d in zip(ra, dec, strict=True)]
    cut = [[resample(frames[band].frame, stamp) for band in BANDS] for stamp in stamps]
    images, valid = (np.array([[each[part] for each in one] for one in cut]) for part in (0, 1))
    ratio, centre = measured(images, valid)
    return {"ra": ra, "dec": dec, "images": images, "ratio": ratio, "centre": centre}


def header_wcs(path):
    """The projection of a file as astropy reads it, which complains about keywords of their time."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return wcs.WCS(fits.getheader(path))


def aperture(image, valid, radius=5.0, window=SEEING):
    """Flux and its error inside a circle at the centre, above the median of the stamp, and the windowed centroid."""
    sky = np.median(image[valid])
    noise = 1.4826 * np.median(np.abs(image[valid] - sky))
    clean = np.ascontiguousarray(image - sky, dtype=np.float64)
    flux, error, _ = sep.sum_circle(clean, [CENTRE], [CENTRE], radius, err=noise, mask=~valid, subpix=0)
    x, y, _ = sep.winpos(clean, [CENTRE], [CENTRE], window, mask=~valid)
    return flux[0], error[0], np.array([x[0], y[0]])


def measured(images, valid, window=SEEING):
    """S/N and centroid of every stamp and band."""
    found = [
        [aperture(*each, window=window) for each in zip(*one, strict=True)] for one in zip(images, valid, strict=True)
    ]
    ratio = np.array([[flux / error for flux, error, _ in one] for one in found])
    return ratio, np.array([[centre for _, _, centre in one] for one in found])


def bright_stars(frame):
    """Positions of unsaturated, round, lone stars of a frame, with S/N above 100."""
    image = frame.image.astype(np.float64)
    sky = sep.Background(image)
    image -= sky.back()
    sep.set_sub_object_limit(20000)
    found = sep.extract(image, 20, err=sky.globalrms, minarea=8, deblend_cont=1.0)
    x, y, width = found["x"], found["y"], np.sqrt(found["a"] * found["b"])
    apart = cKDTree(np.c_[x, y]).query(np.c_[x, y], k=2)[0][:, 1]
    good = (found["flag"] == 0) & (found["peak"] < 20) & (found["a"] < 1.25 * found["b"]) & (apart > 20)
    good &= (np.abs(x - 1024) < 970) & (np.abs(y - 744) < 690) & (found["flux"] > 600 * sky.globalrms)
    good &= np.abs(width - np.median(width[good])) < 0.2 * np.median(width[good])
    return frame.geometry.sky(x[good], y[good])


def test_every_galaxy_in_the_field_is_cut_out(galaxies, plain):
    assert galaxies.redshift.tolist() == pytest.approx(plain["z"].tolist(), abs=1e-4)
    np.testing.assert_allclose(galaxies.column("catalogue/ra"), plain["ra"], atol=1e-5)
    np.testing.assert_allclose(galaxies.column("catalogue/dec"), plain["dec"], atol=1e-5)
    names = ("run", "camcol", "field")
    assert [set(galaxies.column(f"catalogue/{name}")) for name in names] == [{4192}, {4}, {300}]
    assert galaxies.attributes["outside"] == 31_920
    assert check(galaxies.path)["ok"]


def test_the_edge_is_bad_and_nothing_else(galaxies):
    """Six rows in r and three in i lie off the frame, as in the nearest-pixel cutouts."""
    bad = ~galaxies.valid()
    assert bad.sum(axis=(2, 3)).tolist() == [[0, 0, 384, 192, 0]] + [[0] * 5] * 3
    assert bad[0, 2, :6].all()
    assert bad[0, 3, :3].all()
    assert not galaxies.images()[bad].any()


def test_galaxies_lie_in_one_place_in_all_bands(galaxies):
    """Relative to r, wherever a band has S/N > 20; and that is where the catalogue has them, to half a pixel."""
    ratio, centre = measured(galaxies.images(), galaxies.valid(), GALAXY)
    good = (ratio > 20) & (ratio[:, 2:3] > 20)
    distance = np.hypot(*np.moveaxis(centre - centre[:, 2:3], -1, 0))
    assert good.sum() >= 10
    assert distance[good].max() < 0.3
    assert np.hypot(*(centre[good] - CENTRE).T).max() < 0.5


def test_stars_lie_in_one_place_in_all_bands(frames, stars):
    """Relative to r, wherever a band has S/N > 20; in the crowded cluster a neighbour may pull at one in a hundred."""
    ratio, centre = stars["ratio"], stars["centre"]
    bright = ratio > 20
    assert (bright.sum(axis=0)[1:4] >= 20).all()
    distance = np.hypot(*np.moveaxis(centre - centre[:, 2:3], -1, 0))[bright]
    crowded = frames["r"].path.parent.name == "frames"
    assert (distance < 0.3).mean() >= (0.99 if crowded else 1.0)
    assert np.median(np.abs(centre[:, 2] - CENTRE)) < 0.05, "the stamp is centred on the star"


def test_stars_lie_where_the_frames_have_them(frames, stars):
    """Centroids on the frames themselves, through astropy's own reading of their headers, differ by nothing."""
    for band, name in enumerate(BANDS):
        bright = stars["ratio"][:, band] > 20
        x, y = header_wcs(frames[name].path).wcs_world2pix(stars["ra"][bright], stars["dec"][bright], 0)
        image = frames[name].image.astype(np.float64)
        for star, at_x, at_y in zip(np.flatnonzero(bright), x, y, strict=True):
            left, low = round(at_x) - 32, round(at_y) - 32
            around = image[low : low + SIZE, left : left + SIZE] - np.median(stars["images"][star, band])
            found_x, found_y, _ = sep.winpos(around, [at_x - left], [at_y - low], SEEING)
            shift = [found_x[0] - at_x + left, found_y[0] - at_y + low]
            np.testing.assert_allclose(stars["centre"][star, band] - CENTRE, shift, atol=0.01)


def test_apertures_hold_what_nearest_pixels_hold(galaxies, plain):
    """Within 3 % wherever a band has S/N > 20; resampling centres them half a pixel better, so they hold a little more."""
    cube = plain["cube"].transpose(0, 3, 1, 2)
    ratio, _ = measured(galaxies.images(), galaxies.valid())
    for row, band in np.argwhere(ratio > 20):
        good = np.isfinite(cube[row, band])
        nearest, _, _ = aperture(np.where(good, cube[row, band], 0), good)
        flux, _, _ = aperture(galaxies.images()[row, band], galaxies.valid()[row, band])
        assert flux == pytest.approx(nearest, rel=0.03)


def test_fluxes_are_those_of_the_catalogue(galaxies):
    """The catalogue's are of fitted models, which go on beyond every aperture, and dereddened (by 4 to 15 %)."""
    maggies = fits.getdata(CATALOGUE)["MAGGIES"][galaxies.column("catalogue/row"), :5]
    ratio = (galaxies.flux / maggies)[galaxies.flux > 30 * galaxies.flux_error]
    assert len(ratio) >= 8
    assert ratio.min() > 0.7
    assert ratio.max() < 1.0
    assert np.ptp(ratio) < 0.2, "the same share in all bands: the colours agree"


def test_the_sky_of_calibrated_frames_is_subtracted(frames):
    for frame in frames.values():
        middle = np.median(frame.image)
        noise = 1.4826 * np.median(np.abs(frame.image - middle))
        assert np.isfinite(frame.image).all()
        assert abs(middle) < 0.7 * noise, "the crowded cluster lifts the median a little"
        assert 0.01 < noise < 0.4, "nanomaggies a pixel"
