"""Folders as surveys' cutout services fill them."""

import bz2
import gzip
import importlib.util
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st

from slipher.errors import InputError
from slipher.survey.stamps.folder import FolderStamps, shortened
from slipher.survey.stamps.reading import Reading

spec = importlib.util.spec_from_file_location("survey_files", Path(__file__).with_name("survey_files.py"))
survey = importlib.util.module_from_spec(spec)
spec.loader.exec_module(survey)

NAMES = ["11", "12", "13"]
PIXELS = {name: survey.pixels(int(name)) for name in NAMES}
EVERY = np.stack([PIXELS[name] for name in NAMES])


def stamps(folder, bands="grz", **options):
    return FolderStamps(folder, Reading(tuple(bands), **options))


def read(found):
    return found(0, found.count)[0]


@pytest.mark.parametrize("ivar", [False, True])
def test_legacy_surveys(tmp_path, capsys, ivar):
    for name, images in PIXELS.items():
        survey.legacy(tmp_path / f"{name}.fits", images, ivar=ivar)
    (tmp_path / "list.txt").write_text("11 12 13")
    found = stamps(tmp_path)
    assert found.names.values.tolist() == NAMES
    np.testing.assert_array_equal(read(found), EVERY)
    np.testing.assert_array_equal(found(1, 3)[0], EVERY[1:])
    told = capsys.readouterr().err
    assert "has 3 galaxies, a file each, and 1 files that are no images" in told
    assert "is in nanomaggies, since nothing else is said" in told


def test_bands_by_name_and_not_by_place(tmp_path):
    for name, images in PIXELS.items():
        survey.legacy(tmp_path / f"{name}.fits", np.concatenate([images, images[:1]])[[0, 1, 3, 2]], "griz")
    np.testing.assert_array_equal(read(stamps(tmp_path)), EVERY)
    with pytest.raises(InputError, match=r"11.fits has the bands g r i z, but u y are named"):
        stamps(tmp_path, "uy")


@pytest.mark.parametrize(
    "notes",
    [
        {"FILTERS": "z,g,r"}, {"FILTER": "zgr"}, {"FILTER": "z g r"}, {"BANDS": "zgr"},
        *({f"{start}{number + first}": f"{survey}{band}" for number, band in enumerate("zgr")}
          for start, first, survey in (("FILTER", 1, ""), ("FILT", 0, "sdss_"), ("FILT_0", 1, "HSC-"), ("BAND", 1, ""))),
    ],
)  # fmt: skip
def test_every_keyword_that_orders_layers(tmp_path, notes):
    header = fits.Header(notes)
    fits.PrimaryHDU(PIXELS["11"][[2, 0, 1]], header).writeto(tmp_path / "11.fits")
    np.testing.assert_array_equal(read(stamps(tmp_path))[0], PIXELS["11"])


@pytest.mark.parametrize("notes", [{"FILTER": "clr"}, {"FILTER1": "CLEAR", "FILTER2": "F606W"}, {"FILTER": "HSC-G"}])
def test_keywords_that_order_no_layers(tmp_path, notes):
    fits.PrimaryHDU(PIXELS["11"], fits.Header(notes)).writeto(tmp_path / "11.fits")
    np.testing.assert_array_equal(read(stamps(tmp_path))[0], PIXELS["11"])


def test_a_band_that_some_lack(tmp_path, capsys):
    survey.legacy(tmp_path / "11.fits", PIXELS["11"])
    survey.legacy(tmp_path / "12.fits", PIXELS["12"][:2], "gr")
    images = read(stamps(tmp_path))
    np.testing.assert_array_equal(images[0], PIXELS["11"])
    np.testing.assert_array_equal(images[1, :2], PIXELS["12"][:2])
    assert np.isnan(images[1, 2]).all()
    assert "1 of 2 galaxies lack a band (z 1), which counts as missing" in capsys.readouterr().err
    with pytest.raises(InputError, match=r"no galaxy in .* has the band y; name the bands that there are"):
        stamps(tmp_path, "gry")


def test_arrays_of_numpy(tmp_path):
    for name, images in PIXELS.items():
        np.save(tmp_path / f"{name}.npy", images.transpose(1, 2, 0))
    np.testing.assert_array_equal(read(stamps(tmp_path)), EVERY)


def test_hyper_suprime_cam(tmp_path, capsys):
    none = np.zeros((24, 24), bool)
    none[:4] = True
    for number, name in enumerate(NAMES, start=2):
        for band, image in zip("grz", PIXELS[name], strict=True):
            survey.hsc(tmp_path / f"{number}-cutout-HSC-{band.upper()}-9813-pdr3_wide.fits", image, band, none)
    found = stamps(tmp_path)
    assert found.names.values.tolist() == [f"{number}-cutout-HSC-9813-pdr3_wide" for number in (2, 3, 4)]
    images = read(found)
    assert np.isnan(images[:, :, :4]).all()
    np.testing.assert_allclose(images[:, :, 4:], EVERY[:, :, 4:] * 10 ** (-0.4 * 4.5), rtol=1e-5)
    told = capsys.readouterr().err
    assert "a file for each band" in told
    assert "counts with the zero point 27 (FLUXMAG0)" in told


@pytest.mark.parametrize("compressed", [False, True])
def test_pan_starrs(tmp_path, compressed):
    seconds = {"g": 500.0, "r": 800.0, "z": 1100.0}
    counts = {name: 1000 * images for name, images in PIXELS.items()}
    counts["12"][1, 20:] = np.nan
    for name, images in counts.items():
        for band, image in zip("grz", images, strict=True):
            path = tmp_path / f"{name}.{band}.unconv.fits{'.fz' if compressed else ''}"
            survey.pan_starrs(path, image, band, seconds[band], compressed)
    found = stamps(tmp_path)
    assert shortened(found.names.values.tolist()) == NAMES
    images, expected = read(found), np.stack([counts[name] for name in NAMES])
    np.testing.assert_array_equal(np.isnan(images), np.isnan(expected))
    for band, time in enumerate(seconds.values()):
        factor = 10 ** (-0.4 * (25 + 2.5 * np.log10(time) - 22.5))
        np.testing.assert_allclose(images[:, band], expected[:, band] * factor, rtol=2e-3, atol=0.02 * factor)


@pytest.mark.parametrize("kind", ["names", "filters", "numbers", "compressed"])
def test_an_extension_for_each_band(tmp_path, kind):
    order = [0, 1, 2] if kind in ("numbers", "compressed") else [2, 0, 1]
    for name, images in PIXELS.items():
        units = [fits.PrimaryHDU()]
        for band in order:
            options = {"compression_type": "GZIP_2", "quantize_level": 0} if kind == "compressed" else {}
            unit = (fits.CompImageHDU if kind == "compressed" else fits.ImageHDU)(images[band], **options)
            if kind == "names":
                unit.header["EXTNAME"] = f"SCI_{'GRZ'[band]}"
            if kind == "filters":
                unit.header["FILTER"] = f"{'grz'[band]} DECam SDSS c0001"
            units.append(unit)
        fits.HDUList(units).writeto(tmp_path / f"{name}.fits")
    np.testing.assert_array_equal(read(stamps(tmp_path)), EVERY)


@pytest.mark.parametrize(("suffix", "pack"), [(".gz", gzip.compress), (".bz2", bz2.compress)])
def test_packed_files(tmp_path, suffix, pack):
    for name, images in PIXELS.items():
        path = tmp_path / f"{name}.fits"
        survey.legacy(path, images)
        path.with_name(path.name + suffix).write_bytes(pack(path.read_bytes()))
        path.unlink()
    found = stamps(tmp_path)
    assert found.names.values.tolist() == NAMES
    np.testing.assert_array_equal(read(found), EVERY)


@pytest.mark.parametrize("form", ["{name}/{band}.fits", "{band}/{name}.fits"])
def test_a_folder_for_each_galaxy_or_band(tmp_path, form):
    for name, images in PIXELS.items():
        for band, image in zip("grz", images, strict=True):
            path = tmp_path / form.format(name=name, band=band)
            path.parent.mkdir(exist_ok=True)
            fits.PrimaryHDU(image).writeto(path)
    found = stamps(tmp_path)
    assert found.names.values.tolist() == NAMES
    np.testing.assert_array_equal(read(found), EVERY)


@pytest.mark.parametrize("header", [{}, {"FILTER": "{band}"}, {"BANDS": "{band}", "BAND0": "{band}"}])
def test_images_with_an_axis_of_one_band(tmp_path, header):
    for name, images in PIXELS.items():
        for band, image in zip("grz", images, strict=True):
            cards = {key: value.format(band=band) for key, value in header.items()}
            fits.PrimaryHDU(image[None], fits.Header(cards)).writeto(tmp_path / f"{name}-{band}.fits")
    np.testing.assert_array_equal(read(stamps(tmp_path)), EVERY)


def test_one_band(tmp_path):
    for name, images in PIXELS.items():
        survey.hsc(tmp_path / f"{name}_g.fits", images[0], "g")
    found = stamps(tmp_path, "g")
    assert shortened(found.names.values.tolist()) == NAMES
    np.testing.assert_allclose(read(found), EVERY[:, :1] * 10**-1.8, rtol=1e-5)


def test_an_extension_that_is_named(tmp_path):
    for name, images in PIXELS.items():
        units = [fits.PrimaryHDU(), fits.ImageHDU(images + 1), fits.ImageHDU(images)]
        fits.HDUList(units).writeto(tmp_path / f"{name}.fits")
    np.testing.assert_array_equal(read(stamps(tmp_path, images="2")), EVERY)
    with pytest.raises(InputError, match=r"11.fits has no array '3'"):
        stamps(tmp_path, images="3")


def test_sizes_that_differ(tmp_path):
    for seed, size in enumerate((24, 24, 24, 23, 25)):
        survey.legacy(tmp_path / f"{seed}.fits", survey.pixels(seed, size=size))
    message = r"different sizes, 3 of 24 by 24, 1 of 23 by 23, 1 of 25 by 25 pixels \(such as 3\).* \(--size 23\)"
    with pytest.raises(InputError, match=message):
        stamps(tmp_path)
    found = stamps(tmp_path, size=16)
    assert found.shape == (16, 16)
    np.testing.assert_array_equal(found(4, 5)[0][0], survey.pixels(4, size=25)[:, 4:20, 4:20])
    with pytest.raises(InputError, match=r"1 of 5 cutouts are smaller than 24 pixels \(3\)"):
        stamps(tmp_path, size=24)


def images_of(path, *sizes):
    """A file with images that nothing names but the bands, if there are three."""
    path.unlink()
    names = "grz" if len(sizes) == 3 else [""] * len(sizes)
    units = [
        fits.ImageHDU(np.ones((size, size), np.float32), name=name) for name, size in zip(names, sizes, strict=True)
    ]
    fits.HDUList([fits.PrimaryHDU(), *units]).writeto(path)


SPOILT = {
    "cut off": (lambda path: path.write_bytes(path.read_bytes()[:3000]), r"12\.fits is damaged or truncated"),
    "no FITS": (lambda path: path.write_text("server busy"), r"12\.fits is neither npy, npz, HDF5 nor FITS"),
    "empty": (lambda path: images_of(path), r"12\.fits has no image of a galaxy, only nothing"),
    "twice": (
        lambda path: path.with_name("12.fits.gz").write_bytes(gzip.compress(path.read_bytes())),
        "several files of 12; leave one of each",
    ),
    "sizes": (
        lambda path: images_of(path, 24, 24, 20),
        "the images of '12' have different sizes, g 24 by 24, r 24 by 24, z 20 by 20 pixels",
    ),
    "too many": (
        lambda path: images_of(path, 24, 24, 24, 24),
        r"12\.fits has the images 1, 2, 3, 4, and nothing says which are the bands g r z",
    ),
    "none": (
        lambda path: [each.unlink() for each in path.parent.iterdir()],
        "holds no images; give a folder of FITS files",
    ),
}


@pytest.mark.parametrize("kind", SPOILT)
def test_what_cannot_be_read_is_named(tmp_path, kind):
    spoil, message = SPOILT[kind]
    for name, images in PIXELS.items():
        survey.legacy(tmp_path / f"{name}.fits", images)
    spoil(tmp_path / "12.fits")
    with pytest.raises(InputError, match=message) as caught:
        stamps(tmp_path)
    assert "\n" not in str(caught.value)


def test_names_that_say_no_band_or_another(tmp_path):
    survey.hsc(tmp_path / "1_g.fits", PIXELS["11"][0], "g")
    survey.hsc(tmp_path / "1_r.fits", PIXELS["11"][1], "z")
    with pytest.raises(InputError, match=r"1_r\.fits is called r, but holds z by its header"):
        stamps(tmp_path)
    survey.hsc(tmp_path / "2.fits", PIXELS["11"][1], "r")
    with pytest.raises(InputError, match=r"2\.fits holds one image, but its name says none of the bands g r z"):
        stamps(tmp_path)


def test_padding(tmp_path):
    cut = np.where(np.arange(24) < 6, 0, PIXELS["11"]).astype(np.float32)
    survey.legacy(tmp_path / "1.fits", cut)
    images, unmeasured = stamps(tmp_path)(0, 1)
    np.testing.assert_array_equal(images[0], np.where(np.arange(24) < 6, np.nan, PIXELS["11"]))
    assert (unmeasured.padded, unmeasured.values) == (1, {0.0})


@pytest.mark.parametrize(
    ("names", "short"),
    [
        (["galaxy_001", "galaxy_002"], ["001", "002"]),
        (["cutout_1_hsc", "cutout_12_hsc"], ["1", "12"]),
        (["100", "200"], ["100", "200"]),
        (["a"], ["a"]),
        (["2-cutout-HSC-9813", "3-cutout-HSC-9813"], ["2", "3"]),
        (["J01.5-02.stk", "J01.7-02.stk"], ["5", "7"]),
    ],
)
def test_what_all_names_share_is_left_out(names, short):
    assert shortened(names) == short


@given(st.lists(st.integers(0, 10**6), min_size=2, max_size=20, unique=True))
@settings(max_examples=60, deadline=None)
def test_numbers_amid_words_are_found(numbers):
    assert shortened([f"cut_{number}_r5" for number in numbers]) == [str(number) for number in numbers]
