import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from slipher.errors import InputError
from slipher.extras import require
from slipher.files import (
    MASK,
    keep_apart,
    nearest_writable,
    replacing,
    unreadable,
    write_json,
    write_text,
)


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


@pytest.fixture
def no_files(tmp_path, monkeypatch):
    """What may lie at a path and is no file, by its kind in words."""
    # the path of a socket has at most about a hundred bytes
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")
    Path("device").symlink_to("/dev/zero")
    Path("folder").mkdir()
    Path("loop").symlink_to("loop")
    Path("nowhere").symlink_to("absent")
    Path("file").touch()
    return tmp_path


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("pipe", "is a pipe, which cannot be read as a file"),
        ("socket", "is a socket, which cannot be read as a file"),
        ("device", "is a device, which cannot be read as a file"),
        ("folder", "is a folder"),
        ("loop", "cannot be read (Too many levels of symbolic links)"),
        ("nowhere", "does not exist"),
        ("absent", "does not exist"),
        ("file/below", "does not exist"),
        ("n" * 256, "cannot be read (File name too long)"),
        ("file", None),
    ],
)
def test_what_is_no_file(no_files, name, why):
    assert unreadable(no_files / name) == why


@pytest.mark.parametrize(
    ("name", "why"), [("pipe", "is a pipe"), ("device", "is a device"), ("file", "is a file"), ("folder", None)]
)
def test_what_is_no_folder(no_files, name, why):
    assert unreadable(no_files / name, folder=True) == why


def test_what_may_not_be_read(tmp_path, monkeypatch):
    monkeypatch.setattr("os.access", lambda path, mode: mode != os.R_OK)
    write_text(tmp_path / "secret", "x")
    assert unreadable(tmp_path / "secret") == "cannot be read (no permission)"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("pipe", "it is a pipe"),
        ("socket", "it is a socket"),
        ("device", "it is a device"),
        ("folder", "it is a folder"),
        ("loop", "it is a link that leads nowhere|levels of symbolic links"),
        ("nowhere", "it is a link that leads nowhere"),
        ("n" * 256, "File name too long"),
    ],
)
def test_no_file_of_ours_takes_the_place_of(no_files, name, why):
    before = sorted(path.name for path in no_files.iterdir())

    def write():
        write_text(no_files / name, "x")

    with pytest.raises(InputError, match=f"cannot be written: ({why}).*; "):
        write()
    assert sorted(path.name for path in no_files.iterdir()) == before
    assert (no_files / "device").is_symlink()


def test_a_folder_is_written_to_where_one_is_meant(no_files):
    nearest_writable(no_files / "folder", folder=True)
    with pytest.raises(InputError, match="it is a file; choose another"):
        nearest_writable(no_files / "file", folder=True)
