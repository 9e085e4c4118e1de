"""The addresses of published data."""

from urllib.parse import urlsplit

import numpy as np
import pytest

from slipher.errors import InputError
from slipher.survey.fetch.addresses import KINDS, TREES, published, spectra
from slipher.survey.spectra.specobj import encode


@pytest.mark.parametrize(
    ("plate", "mjd", "fiber", "run2d", "address"),
    [  # as public programs and pages write them
        (532, 51993, 497, "26", "dr17/sdss/spectro/redux/26/spectra/lite/0532/spec-0532-51993-0497.fits"),
        (1960, 53289, 1, "103", "dr17/sdss/spectro/redux/103/spectra/lite/1960/spec-1960-53289-0001.fits"),
        (6413, 56336, 495, "v5_13_2", "dr17/eboss/spectro/redux/v5_13_2/spectra/lite/6413/spec-6413-56336-0495.fits"),
        (10235, 58127, 6, "v5_13_2", "dr17/eboss/spectro/redux/v5_13_2/spectra/lite/10235/spec-10235-58127-0006.fits"),
        (4055, 55359, 596, "v5_13_0", "dr16/eboss/spectro/redux/v5_13_0/spectra/lite/4055/spec-4055-55359-0596.fits"),
        (4055, 55359, 596, "v5_10_0", "dr14/eboss/spectro/redux/v5_10_0/spectra/lite/4055/spec-4055-55359-0596.fits"),
        (3655, 55240, 40, "v5_7_0", "dr12/boss/spectro/redux/v5_7_0/spectra/lite/3655/spec-3655-55240-0040.fits"),
    ],
)
def test_spectra(plate, mjd, fiber, run2d, address):
    (remote,) = spectra(np.array([encode(plate, mjd, fiber, run2d)], np.uint64))
    assert remote.address == f"https://data.sdss.org/sas/{address}"
    assert remote.name == "/".join(address.split("/")[-2:])
    assert remote.kind == "fits"


def test_signed_unsigned_and_text_are_the_same():
    ids = np.array([encode(plate, 58127, 6, "v5_13_2") for plate in (266, 10235, 10236)], np.uint64)
    assert spectra(ids) == spectra(ids.view(np.int64)[::-1]) or set(spectra(ids)) == set(spectra(ids.view(np.int64)))
    assert set(spectra(ids)) == set(spectra(ids.astype(str)))


def test_each_once():
    ids = np.array([encode(266, 51602, fiber, "26") for fiber in (1, 2, 2, 1)])
    assert [remote.name[-9:] for remote in spectra(ids)] == ["0001.fits", "0002.fits"]


def test_a_mirror():
    ids = np.array([encode(266, 51602, 1, "26")])
    assert spectra(ids, "https://mirror.example/sas/")[0].address == spectra(ids)[0].address.replace(
        "data.sdss.org", "mirror.example"
    )
    assert published("hayat", "http://mirror.example/x")[0].address == "http://mirror.example/x/sdss_w_specz_valid.h5"
    for mirrored, original in zip(published("dust", "http://m.example"), published("dust"), strict=True):
        assert (mirrored.name, mirrored.size, mirrored.shape) == (original.name, original.size, original.shape)


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        (np.array([], np.int64), "no specObjID in the list"),
        (np.array([1, 2, encode(266, 51602, 1, "26")]), "2 of 3 identifiers are no specObjIDs, 1 for one"),
        (np.array(["1237648720693755918", "x"]), "no specObjIDs"),
        (np.array([encode(266, 51602, 1, "v5_6_5")]), "of reduction v5_6_5, which .* not known to keep; .*26, 103"),
    ],
)
def test_what_is_no_spectrum(ids, message):
    with pytest.raises(InputError, match=message):
        spectra(ids)


def test_addresses_are_whole():
    for remotes in KINDS.values():
        for remote in remotes:
            assert urlsplit(remote.address).scheme == "https"
            assert "/" not in remote.name
    assert KINDS["dust"][0].size == 2880 * -(-4096 * 4096 * 4 // 2880) + 2 * 2880
    assert all(release.startswith("dr") for release in TREES.values())
