"""What became of each file, whatever happens to the run."""

import json

import pytest

from slipher.errors import InputError
from slipher.survey.fetch.manifest import Entry, Manifest


def test_notes_of_a_killed_run_are_kept(tmp_path):
    first = Manifest(tmp_path)
    first.__enter__()
    first.note(Entry("b.fits", "http://b", "good", 3, "ff", 1))
    first.note(Entry("a.fits", "http://a", "failed", error="why"))
    first._stream.close()
    (tmp_path / ".manifest-notes.jsonl").write_text((tmp_path / ".manifest-notes.jsonl").read_text() + '{"file": "c.fi')
    with Manifest(tmp_path) as second:
        assert sorted(second.entries) == ["a.fits", "b.fits"]
        second.note(Entry("d.fits", "http://d", "missing"))
    lines = [json.loads(line) for line in (tmp_path / "manifest.jsonl").read_text().splitlines()]
    assert [line["file"] for line in lines] == ["a.fits", "b.fits", "d.fits"]
    assert [path.name for path in tmp_path.iterdir()] == ["manifest.jsonl"]


def test_only_whole_files_count(tmp_path):
    with Manifest(tmp_path) as manifest:
        manifest.note(Entry("a.fits", "http://a", "good", 3, "ff", 1))
        manifest.note(Entry("b.fits", "http://b", "bad", 3))
        assert not manifest.has("a.fits")
        for name, content in (("a.fits", b"abc"), ("b.fits", b"abc")):
            (tmp_path / name).write_bytes(content)
        assert [manifest.has(name) for name in ("a.fits", "b.fits", "c.fits")] == [True, False, False]
        (tmp_path / "a.fits").write_bytes(b"abcd")
        assert not manifest.has("a.fits")


def test_the_first_digest_stays(tmp_path):
    with Manifest(tmp_path) as manifest:
        manifest.note(Entry("a.fits", "http://a", "good", 3, "ff", 1))
        manifest.note(Entry("a.fits", "http://a", "failed"))
        assert manifest.entries["a.fits"].sha256 == "ff"


def test_a_manifest_of_another_shape_is_looked_past(tmp_path):
    (tmp_path / "manifest.jsonl").write_text('[1, 2]\n{"other": 1}\nnot json\n')
    with Manifest(tmp_path) as manifest:
        assert manifest.entries == {}


def test_one_at_a_time(tmp_path):
    with Manifest(tmp_path), pytest.raises(InputError, match="another run fetches into"), Manifest(tmp_path):
        pass
