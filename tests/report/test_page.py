import base64
import re
import shutil
import threading
from html.parser import HTMLParser

import pytest
from jinja2 import Template

from slipher.errors import InputError
from slipher.locks import held
from slipher.report import page as library
from slipher.report.page import write_report

KINDS = ("pit", "redshifts", "errorbars", "views")


class Reader(HTMLParser):
    """Collects what a page is made of."""

    def __init__(self):
        super().__init__()
        self.tags, self.open = [], []

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in {"meta", "img", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def page(study_folder):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("slipher.report.style.DOTS_PER_INCH", 50)
        path = write_report(study_folder, workers=1)
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def tags(page):
    reader = Reader()
    reader.feed(page)
    assert reader.open == []
    return reader.tags


@pytest.mark.usefixtures("page")
def test_every_group_has_the_papers_figures(study_folder):
    expected = {f"{kind}-{group}" for kind in KINDS for group in ("baseline", "constrained", "trainz")}
    expected |= {"losses-baseline", "losses-constrained", "comparison", "nz"}
    for suffix, start in ((".png", b"\x89PNG"), (".pdf", b"%PDF")):
        found = {path.stem: path for path in (study_folder / "figures").glob(f"*{suffix}")}
        assert set(found) == expected
        assert all(path.read_bytes().startswith(start) for path in found.values())
    assert not list(study_folder.rglob(".partial-*"))


def test_the_page_needs_nothing_outside_itself(page, tags):
    assert not re.search(r"https?://", page)
    assert {"script", "link", "iframe"}.isdisjoint(tag for tag, _ in tags)
    links = [attributes["href"] for tag, attributes in tags if tag == "a"]
    anchors = {attributes["id"] for _, attributes in tags if "id" in attributes}
    assert {link.removeprefix("#") for link in links} <= anchors


def test_pictures_are_embedded_and_described(study_folder, tags):
    pictures = [attributes for tag, attributes in tags if tag == "img"]
    saved = {path.read_bytes() for path in (study_folder / "figures").glob("*.png")}
    head = "data:image/png;base64,"
    assert {base64.b64decode(picture["src"].removeprefix(head)) for picture in pictures} == saved
    assert all(len(picture["alt"]) > 30 for picture in pictures)


def test_it_says_what_ran_and_what_it_cannot_say(page):
    for words in (
        "simulated galaxies",
        "240 training galaxies and one seed cannot rank the groups",
        "With one seed no value is set in bold",
        '<span class="mark">published</span>',
        "Figure 1 of the paper.",
        "Figure 12 of the paper.",
        "trainz sees no images that could be turned.",
        "slipher study study.yaml",
        "constrained: {constraints: {flux: 0.1, invariance: 0.1, cde: 0.1}}",
        "simulated for a test",
        "Every group is compared with baseline, the group of that name.",
    ):
        assert words in page
    assert "<strong>" not in page
    assert "the ablation of Engel" not in page


def test_one_density_each_is_said_of_a_group_without_views(page):
    assert "12 galaxies with one density each from trainz" in page
    assert " 1 densities" not in page


def test_metrics_stand_in_columns_with_intervals(page):
    body = page.split("<tbody>")[1]
    assert re.search(r"<td>1\d\.\d<small>\[1\d\.\d, [12]\d\.\d\]</small></td>", body)


@pytest.mark.parametrize("limit", [0.0, -0.05, float("nan"), 1e-300, 1e308, float("inf")])
def test_a_limit_that_is_none_is_refused(study_folder, limit):
    with pytest.raises(InputError, match="limit"):
        write_report(study_folder, limit)


def test_a_folder_that_is_no_study_is_left_alone(tmp_path):
    with pytest.raises(InputError, match="no finished study"):
        write_report(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_page_that_another_process_draws_is_waited_for(study_folder, tmp_path, monkeypatch):
    folder, drawn = tmp_path / "study", []
    shutil.copytree(study_folder, folder, ignore=shutil.ignore_patterns("*.safetensors", "survey.h5", "figures"))
    monkeypatch.setattr(library, "_draw", lambda *_: drawn.append("page") or {})
    monkeypatch.setattr(library, "_template", lambda: Template("page"))
    other = threading.Thread(target=write_report, args=(folder,))
    with held(folder / "report.html"):
        other.start()
        other.join(0.3)
        assert not drawn
    other.join(20)
    assert drawn == ["page"]
    assert (folder / "report.html").read_text() == "page"
