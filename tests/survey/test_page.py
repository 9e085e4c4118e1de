"""A page of colour cutouts."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from slipher.errors import InputError
from slipher.survey.page import cutout_page

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


def test_what_is_shown_is_said(tmp_path, monkeypatch):
    said = []
    monkeypatch.setattr("matplotlib.figure.Figure.suptitle", lambda self, text, **_: said.append(text))
    monkeypatch.setattr("matplotlib.axes.Axes.set_title", lambda self, text, **_: said.append(text))
    valid = np.ones((stores.N, 3, 16, 20), bool)
    valid[0, 1] = False
    store = stores.make(tmp_path / "a.h5", valid=valid, redshift=np.where(np.arange(stores.N) % 2, 0.1234, np.nan))
    cutout_page(store, tmp_path / "page.png", count=2)
    assert said == [
        "a.h5: red i, green r, blue g; 20 × 16 pixels, 8.0″ × 6.4″; hatched: bad pixels",
        "0\nz unknown, no r",
        "49\nz = 0.123",
    ]


def test_misuse(tmp_path):
    with pytest.raises(InputError, match="has no images"):
        cutout_page(stores.make(tmp_path / "a.h5", False), tmp_path / "page.png")
    store = stores.make(tmp_path / "b.h5")
    with pytest.raises(InputError, match=r"suffix '\.jpg'"):
        cutout_page(store, tmp_path / "page.jpg")
    with pytest.raises(InputError, match="at least 1"):
        cutout_page(store, tmp_path / "page.png", count=0)


def test_it_is_drawn_again_but_never_over_something_else(tmp_path):
    store, page = stores.make(tmp_path / "a.h5"), tmp_path / "page.png"
    before = cutout_page(store, page, count=2).read_bytes()
    assert cutout_page(store, page, count=2).read_bytes() == before
    page.write_bytes(b"a holiday")
    with pytest.raises(InputError, match="is there already and is no figure of slipher's"):
        cutout_page(store, page, count=2)
    assert page.read_bytes() == b"a holiday"
    with pytest.raises(InputError, match=r"is a file, not a folder"):
        cutout_page(store, page / "page.png", count=2)
