import json
import os

import pytest

from slipher.errors import InputError
from slipher.extras import require
from slipher.files import nearest_writable, partial_path, replacing, write_json, write_text


def test_partial_path_keeps_folder_and_suffix(tmp_path):
    partial = partial_path(tmp_path / "d.hdf5")
    assert partial.parent == tmp_path
    assert partial.suffix == ".hdf5"
    assert partial.name != "d.hdf5"


def test_replacing_renames_at_the_end(tmp_path):
    path = tmp_path / "new" / "folder" / "t.txt"
    with replacing(path) as temporary:
        temporary.write_text("whole")
        assert not path.exists()
    assert path.read_text() == "whole"
    assert [each.name for each in path.parent.iterdir()] == ["t.txt"]


def test_replacing_keeps_the_old_file_on_failure(tmp_path):
    path = tmp_path / "t.txt"
    write_text(path, "old")

    def fail():
        with replacing(path) as temporary:
            temporary.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert path.read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["t.txt"]


def test_replacing_says_what_the_system_said(tmp_path):
    def fail():
        with replacing(tmp_path / "t.txt"):
            raise OSError(28, "No space left on device")

    with pytest.raises(InputError, match="No space left on device; choose another destination"):
        fail()


def test_nothing_written_is_no_success(tmp_path):
    with pytest.raises(InputError, match="cannot be written"), replacing(tmp_path / "t.txt"):
        pass


def test_destination_below_a_file(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="is a file, not a folder"):
        nearest_writable(tmp_path / "file" / "deep" / "t.txt")


def test_destination_without_permission(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(InputError, match="no permission to write"):
        nearest_writable(tmp_path / "t.txt")


def test_json(tmp_path):
    write_json(tmp_path / "t.json", {"a": [1.5, None]})
    assert json.loads((tmp_path / "t.json").read_text()) == {"a": [1.5, None]}
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "u.json", {"a": float("nan")})
    assert not (tmp_path / "u.json").exists()


def test_require():
    assert require("json", "all") is json
    with pytest.raises(InputError, match=r"slipher\[qp\]"):
        require("no_such_library", "qp")


def test_an_input_error_is_a_value_error():
    assert issubclass(InputError, ValueError)
