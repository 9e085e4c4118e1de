"""What became of each file, whatever happens to the run."""

import json
import os

import pytest

from slipher.errors import InputError
from slipher.survey.fetch.manifest import Entry, Manifest


@pytest.fixture
def opened(tmp_path):
    """The manifest of a folder, whose work lies in another."""
    (tmp_path / "work").mkdir()
    return lambda: Manifest(tmp_path, tmp_path / "work")


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_notes_of_a_killed_run_are_kept(tmp_path, opened):
    first = opened()
    first.__enter__()
    first.note(Entry("b.fits", "http://b", "good", 3, "f" * 64, 1))
    first.note(Entry("a.fits", "http://a", "failed", error="why"))
    first._stream.close()
    notes = tmp_path / "work/notes.jsonl"
    notes.write_text(notes.read_text() + '{"file": "c.fi')
    with opened() as second:
        assert sorted(second.entries) == ["a.fits", "b.fits"]
        assert second.addresses == {"http://a", "http://b"}
        second.note(Entry("d.fits", "http://d", "missing"))
    lines = [json.loads(line) for line in (tmp_path / "manifest.jsonl").read_text().splitlines()]
    assert [line["file"] for line in lines] == ["a.fits", "b.fits", "d.fits"]
    assert (names(tmp_path), names(tmp_path / "work")) == (["manifest.jsonl", "work"], [])


def test_only_whole_files_count(tmp_path, opened):
    with opened() as manifest:
        manifest.note(Entry("a.fits", "http://a", "good", 3, "f" * 64, 1))
        manifest.note(Entry("b.fits", "http://b", "bad", 3))
        assert not manifest.has("a.fits")
        for name, content in (("a.fits", b"abc"), ("b.fits", b"abc")):
            (tmp_path / name).write_bytes(content)
        assert [manifest.has(name) for name in ("a.fits", "b.fits", "c.fits")] == [True, False, False]
        (tmp_path / "a.fits").write_bytes(b"abcd")
        assert not manifest.has("a.fits")


def test_the_first_digest_stays(opened):
    with opened() as manifest:
        manifest.note(Entry("a.fits", "http://a", "good", 3, "f" * 64, 1))
        manifest.note(Entry("a.fits", "http://a", "failed"))
        assert manifest.entries["a.fits"].sha256 == "f" * 64


GOOD_LINE = (
    '{"file": "a", "address": "http://a", "status": "good", "size": 3, "sha256": null, "attempts": 1, "error": null}'
)


@pytest.mark.parametrize(
    "line",
    ["[1, 2]", '{"other": 1}', "not json", "", "\x00", "[" * 50_000, '{"a":' * 9_000, "x" * 200_000, '"' + "9" * 5000,
     GOOD_LINE.replace('"a"', "1"), GOOD_LINE.replace('"a"', "[]"), GOOD_LINE.replace("3", '"3"'), GOOD_LINE.replace("3", "3.5"),
     GOOD_LINE.replace("3", "true"), GOOD_LINE.replace('"sha256": null', '"sha256": "x"'), GOOD_LINE[:-5],
     GOOD_LINE.replace("3", "9" * 5000), GOOD_LINE.replace("1,", "NaN,")],
)  # fmt: skip
def test_somebody_elses_manifest_is_left_alone(tmp_path, opened, line):
    """Also as notes, where what is none was cut off."""
    (tmp_path / "manifest.jsonl").write_text(f"{GOOD_LINE}\n{line}\n")
    with pytest.raises(InputError, match="no manifest of downloads"), opened():
        pass
    assert (tmp_path / "manifest.jsonl").read_text() == f"{GOOD_LINE}\n{line}\n"
    (tmp_path / "manifest.jsonl").rename(tmp_path / "work/notes.jsonl")
    with opened() as manifest:
        assert list(manifest.entries) == ["a"]


@pytest.mark.parametrize("kind", ["folder", "pipe", "link", "broken link"])
def test_what_is_no_file_is_left_alone(tmp_path, opened, kind):
    path, other = tmp_path / "manifest.jsonl", tmp_path / "other"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to(other)
    if kind == "link":
        other.write_text(GOOD_LINE)
    before = path.lstat()
    with pytest.raises(InputError, match="no manifest of downloads"), opened():
        pass
    assert path.lstat() == before


def test_names_of_any_letters_are_kept(opened):
    with opened() as manifest:
        manifest.note(Entry("\udcff", "http://\u2028", "good", 3, None))
    with opened() as manifest:
        assert list(manifest.entries) == ["\udcff"]
