import json
import os
import subprocess
import sys

import pytest

from slipher.errors import InputError
from slipher.extras import require
from slipher.files import MASK, keep_apart, nearest_writable, partial_path, replacing, write_json, write_text


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

    with pytest.raises(InputError, match="No space left on device; make room, or choose another destination"):
        fail()


def test_a_new_file_is_readable_as_the_mask_allows(tmp_path):
    """Also where a library makes the file anew with permissions of its own, as safetensors does."""
    path = tmp_path / "t.txt"
    with replacing(path) as temporary:
        temporary.write_text("whole")
        temporary.chmod(0o600)
    assert path.stat().st_mode & 0o777 == 0o666 & ~MASK


def test_no_name_of_a_temporary_file_can_be_foreseen(tmp_path):
    names = set()
    for _ in range(3):
        with replacing(tmp_path / "m.safetensors") as temporary:
            names.add(temporary.name)
            assert temporary.suffix == ".safetensors"
            temporary.write_text("whole")
    assert len(names) == 3


def test_a_file_that_came_meanwhile_is_left_as_it_is(tmp_path):
    path = tmp_path / "t.txt"

    def meet():
        with replacing(path) as temporary:
            temporary.write_text("ours")
            path.write_text("theirs")

    with pytest.raises(InputError, match="by somebody else meanwhile"):
        meet()
    assert path.read_text() == "theirs"
    assert [each.name for each in tmp_path.iterdir()] == ["t.txt"]


def test_a_link_is_replaced_and_not_followed(tmp_path):
    (tmp_path / "theirs").write_text("theirs")
    (tmp_path / "t.txt").symlink_to(tmp_path / "theirs")
    write_text(tmp_path / "t.txt", "ours")
    assert (tmp_path / "theirs").read_text() == "theirs"
    assert not (tmp_path / "t.txt").is_symlink()


@pytest.mark.parametrize("length", [200, 240, 250])
def test_names_may_be_as_long_as_the_system_takes(tmp_path, length):
    path = tmp_path / ("é" * (length // 2 - 3) + ".txt")
    write_text(path, "whole")
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_what_a_killed_process_left_is_removed(tmp_path):
    program = (
        "import os, signal, sys; from pathlib import Path; from slipher.files import replacing\n"
        "with replacing(Path(sys.argv[1])) as temporary:\n"
        "    temporary.write_text('half'); os.kill(os.getpid(), signal.SIGKILL)"
    )
    path = tmp_path / "t.txt"
    subprocess.run([sys.executable, "-c", program, str(path)], check=False)
    assert len(list(tmp_path.iterdir())) == 2
    write_text(path, "whole")
    assert [each.name for each in tmp_path.iterdir()] == ["t.txt"]


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


@pytest.mark.parametrize("way", ["name", "link", "hard link", "dots"])
def test_what_is_read_is_not_written_over(tmp_path, way):
    path, other = tmp_path / "a.h5", tmp_path / "b.h5"
    path.write_text("input")
    if way == "link":
        other.symlink_to(path)
    elif way == "hard link":
        other.hardlink_to(path)
    elif way == "dots":
        other = tmp_path / "x" / ".." / "a.h5"
    with pytest.raises(InputError, match="which is read; choose another destination"):
        keep_apart(path if way == "name" else other, tmp_path / "c", path)
    keep_apart(tmp_path / "d.h5", path, None)
    keep_apart(None, path)
