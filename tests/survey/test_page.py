"""A page of colour cutouts."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from slipher.errors import InputError
from slipher.survey.page import colour, cutout_page

spec = importlib.util.spec_from_file_location("test_info", Path(__file__).with_name("test_info.py"))
stores = importlib.util.module_from_spec(spec)
spec.loader.exec_module(stores)

pytest.importorskip("matplotlib")


def pixels(path):
    from matplotlib.image import imread

    return imread(path)


def test_it_is_drawn(tmp_path):
    store = stores.make(tmp_path / "a.h5", redshift=np.where(np.arange(stores.N) % 2, np.nan, 0.1))
    page = cutout_page(store, tmp_path / "page.png", count=9)
    assert page == tmp_path / "page.png"
    height, width = pixels(page).shape[:2]
    assert width > height, "eight in a row, two rows"
    assert pixels(page)[..., :3].std() > 0.05
    assert sorted(item.name for item in tmp_path.iterdir()) == ["a.h5", "page.png"]


def test_pdf(tmp_path):
    page = cutout_page(stores.make(tmp_path / "a.h5"), tmp_path / "page.pdf", count=3)
    assert page.read_bytes().startswith(b"%PDF")


def test_red_is_red():
    y, x = np.mgrid[:20, :20] - 9.5
    blob = np.exp(-(x**2 + y**2) / 8).astype(np.float32)
    flux = np.array([1, 2, 5, 20, 5], np.float32)
    image = (flux[:, None, None] * blob)[None]
    (picture,) = colour(image, np.full(5, 0.1), ("u", "g", "r", "i", "z"))
    red, green, blue = picture[10, 10].astype(int)
    assert red > green > blue
    assert picture[0, 0].max() < 20
    (two,) = colour(image[:, 2:4], np.full(2, 0.1), ("J", "H"))
    assert two[10, 10, 0] >= two[10, 10, 2]


def test_misuse(tmp_path):
    with pytest.raises(InputError, match="has no images"):
        cutout_page(stores.make(tmp_path / "a.h5", False), tmp_path / "page.png")
    store = stores.make(tmp_path / "b.h5")
    with pytest.raises(InputError, match=r"suffix '\.jpg'"):
        cutout_page(store, tmp_path / "page.jpg")
    with pytest.raises(InputError, match="at least 1"):
        cutout_page(store, tmp_path / "page.png", count=0)
