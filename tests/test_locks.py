"""Processes that meet at one destination."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from slipher.errors import InputError
from slipher.locks import held, hidden_name, holder_of

HOLD = """
import sys; from pathlib import Path; from slipher.locks import held
with held(Path(sys.argv[1])):
    print("held", flush=True); sys.stdin.readline()
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that holds the lock of a destination."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "t")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_nothing_is_left(tmp_path):
    with held(tmp_path / "t"):
        assert len(list(tmp_path.iterdir())) == 1
    assert not list(tmp_path.iterdir())


def test_who_holds_it_is_said(tmp_path, holder):
    with pytest.raises(InputError, match=f"is being written by process {holder.pid} on"), held(tmp_path / "t"):
        pass
    with held(tmp_path / "u"):
        pass


def test_what_a_killed_holder_left_is_removed_where_one_asks_who_holds_it(tmp_path, holder):
    assert f"process {holder.pid} on" in holder_of(tmp_path / "t")
    holder.kill()
    holder.wait()
    assert list(tmp_path.iterdir())
    assert holder_of(tmp_path / "t") is None
    assert not list(tmp_path.iterdir())
    assert holder_of(tmp_path / "none" / "t") is None


def test_one_that_waits_gets_it(tmp_path, holder):
    waiting = threading.Timer(0.2, lambda: holder.communicate("go\n"))
    waiting.start()
    with held(tmp_path / "t", wait=True):
        assert holder.wait(10) == 0
    waiting.join()
    assert not list(tmp_path.iterdir())


def test_a_killed_holder_holds_nothing(tmp_path, holder):
    holder.kill()
    holder.wait()
    with held(tmp_path / "t"):
        pass
    assert not list(tmp_path.iterdir())


def test_who_holds_it_may_take_it_again(tmp_path):
    with held(tmp_path / "t"):
        with held(tmp_path / "t"):
            pass
        assert len(list(tmp_path.iterdir())) == 1


def test_another_thread_may_not(tmp_path):
    refused = []

    def try_it():
        try:
            with held(tmp_path / "t"):
                pass
        except InputError as error:
            refused.append(error)

    with held(tmp_path / "t"):
        thread = threading.Thread(target=try_it)
        thread.start()
        thread.join()
    assert len(refused) == 1


@pytest.mark.parametrize("kind", ["file", "nested", "folder", "link", "pipe"])
def test_what_is_no_lock_of_ours_is_left_alone(tmp_path, kind):
    lock = tmp_path / hidden_name(".lock-", "t")
    if kind == "file":
        lock.write_text("mine")
    elif kind == "nested":
        lock.write_text("[" * 20_000)
    elif kind == "folder":
        lock.mkdir()
    elif kind == "link":
        lock.symlink_to(tmp_path / "elsewhere")
    else:
        os.mkfifo(lock)
    with pytest.raises(InputError, match="remove it, or choose another destination"), held(tmp_path / "t"):
        pass
    assert [each.name for each in tmp_path.iterdir()] == [lock.name]
    assert kind != "file" or lock.read_text() == "mine"


def test_only_temporary_files_beside_it_are_cleared(tmp_path):
    (tmp_path / "folder").mkdir()
    for name in (".partial-t", "mine", "folder/.partial-t"):
        (tmp_path / name).write_text("x")
    (tmp_path / "folder" / ".lock-t").write_text(
        '{"slipher": {}, "temporary": [".partial-t", "../mine", "../.partial-t", 3, ".partial-/../../mine"]}'
    )
    with held(tmp_path / "folder" / "t"):
        pass
    assert sorted(each.name for each in tmp_path.rglob("*")) == [".partial-t", "folder", "mine"]


@pytest.mark.parametrize("name", ["m.safetensors", "x" * 250 + ".h5", "é" * 125 + ".hdf5", "x" * 255])
def test_hidden_names_are_short_enough_and_keep_the_suffix(name):
    hidden = hidden_name(".lock-", name)
    assert len(hidden.encode()) <= 255
    assert hidden.startswith(".lock-")
    assert Path(hidden).suffix == Path(name).suffix


def test_long_names_that_begin_alike_have_locks_of_their_own():
    assert hidden_name(".lock-", "x" * 254 + "a") != hidden_name(".lock-", "x" * 254 + "b")


def test_many_processes_one_at_a_time(tmp_path):
    count = tmp_path / "count"
    count.write_text("0")
    program = (
        "import sys; from pathlib import Path; from slipher.locks import held\n"
        "count = Path(sys.argv[1])\n"
        "for _ in range(50):\n"
        "    with held(count, wait=True): count.write_text(str(int(count.read_text()) + 1))"
    )
    several = [subprocess.Popen([sys.executable, "-c", program, str(count)]) for _ in range(3)]
    assert [each.wait(60) for each in several] == [0, 0, 0]
    assert count.read_text() == "150"
    assert [each.name for each in tmp_path.iterdir()] == ["count"]


def test_a_lock_that_is_being_written_is_nobody_else_s(tmp_path):
    """Who holds it writes into it; who looks at it in that moment is told that it is held."""
    program = (
        "import sys; from pathlib import Path; from slipher.locks import held\n"
        "with held(Path(sys.argv[1])) as lock:\n"
        "    print('held', flush=True)\n"
        "    while True: lock.say()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "t")], stdout=subprocess.PIPE, text=True
    ) as writing:
        assert writing.stdout.readline() == "held\n"
        try:
            assert all(holder_of(tmp_path / "t") for _ in range(3000))
        finally:
            writing.kill()
