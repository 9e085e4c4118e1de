"""Figures as files."""

import os

import pytest
from matplotlib.figure import Figure

from slipher.errors import InputError
from slipher.figures import check_own, save_figure


@pytest.fixture
def figure():
    drawn = Figure(figsize=(1, 1))
    drawn.subplots().plot([0, 1], [1, 0])
    return drawn


@pytest.mark.parametrize("suffix", [".png", ".pdf"])
def test_the_same_figure_is_the_same_bytes_and_may_be_drawn_again(tmp_path, figure, suffix, monkeypatch):
    path = tmp_path / f"a{suffix}"
    save_figure(figure, path, 50)
    check_own(path)
    before = path.read_bytes()
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")  # what matplotlib takes for the time, if it writes one
    save_figure(figure, path, 50)
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("suffix", [".png", ".pdf"])
@pytest.mark.parametrize(
    "make",
    [
        lambda path: path.write_bytes(b"a holiday"),
        lambda path: path.touch(),
        lambda path: path.mkdir(),
        lambda path: path.symlink_to("elsewhere"),
        os.mkfifo,
    ],
    ids=["file", "empty", "folder", "link", "pipe"],
)
def test_a_file_of_somebody_elses_is_refused(tmp_path, suffix, make):
    path = tmp_path / f"a{suffix}"
    make(path)
    with pytest.raises(InputError, match="is there already and is no figure of slipher's; choose another name"):
        check_own(path)


def test_a_figure_drawn_by_another_program_is_refused(tmp_path, figure):
    figure.savefig(tmp_path / "a.png")
    with pytest.raises(InputError, match="no figure of slipher's"):
        check_own(tmp_path / "a.png")


def test_a_new_name_is_free(tmp_path):
    check_own(tmp_path / "a.png")
