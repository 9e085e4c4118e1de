import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from slipher.errors import InputError
from slipher.files import MASK
from slipher.unfinished import unfinished

NAME = "m.json"
FOLDER = ".unfinished-m.json"


def identity_of(path):
    """Of a product: what it says."""
    try:
        return json.loads(path.read_text())["identity"]
    except (ValueError, KeyError, TypeError):
        return None


def places_of(folder):
    return {"model": folder / NAME, "history": folder / "m.history.csv"}


def make(folder, identity="one", stop=None, **options):
    """A work of three steps that are kept, and two products."""
    with unfinished(places_of(folder), identity, identity_of, **options) as work:
        if work.done:
            return "done"
        steps = work.path("steps")
        steps.touch()
        while len(steps.read_text()) < 3:
            with steps.open("a") as stream:
                stream.write("x")
            if stop == len(steps.read_text()):
                raise KeyboardInterrupt
        work.path("model").write_text(json.dumps({"identity": identity}))
        work.path("history").write_text("1,2,3")
        work.publish()
    return "made"


def content(folder):
    return {path.name: path.read_text() for path in folder.iterdir() if path.is_file()}


WHOLE = {NAME: '{"identity": "one"}', "m.history.csv": "1,2,3"}


def test_products_get_their_names_and_nothing_else_stays(tmp_path):
    assert make(tmp_path) == "made"
    assert content(tmp_path) == WHOLE
    assert len(list(tmp_path.iterdir())) == 2
    assert (tmp_path / NAME).stat().st_mode & 0o777 == 0o666 & ~MASK


def test_what_is_there_already_is_left_as_it_is(tmp_path):
    make(tmp_path)
    before = (tmp_path / NAME).stat().st_mtime_ns
    assert make(tmp_path) == "done"
    assert (tmp_path / NAME).stat().st_mtime_ns == before


def test_a_lacking_product_is_made_again(tmp_path):
    make(tmp_path)
    (tmp_path / "m.history.csv").unlink()
    assert make(tmp_path) == "made"
    assert content(tmp_path) == WHOLE


def test_work_is_taken_up_where_it_stopped(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        make(tmp_path, stop=2)
    assert (tmp_path / FOLDER / "steps").read_text() == "xx"
    assert (tmp_path / FOLDER).stat().st_mode & 0o777 == 0o700
    with unfinished(places_of(tmp_path), "one", identity_of) as work:
        assert work.path("steps").read_text() == "xx"
    assert make(tmp_path) == "made"
    assert len(list(tmp_path.iterdir())) == 2


def test_another_work_is_not_given_up_unasked(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        make(tmp_path, stop=2)
    with pytest.raises(InputError, match="something else was begun there and can go on"):
        make(tmp_path, "two")
    assert (tmp_path / FOLDER / "steps").read_text() == "xx"


@pytest.mark.parametrize("option", ["overwrite", "restart"])
def test_another_work_is_given_up_where_that_is_said(tmp_path, option):
    with pytest.raises(KeyboardInterrupt):
        make(tmp_path, stop=2)
    assert make(tmp_path, "two", **{option: True}) == "made"
    assert identity_of(tmp_path / NAME) == "two"
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("name", [NAME, "m.history.csv"])
@pytest.mark.parametrize("kind", ["file", "folder", "link"])
def test_what_others_have_there_is_left_alone(tmp_path, name, kind):
    theirs = tmp_path / name
    {
        "file": lambda: theirs.write_text("mine"),
        "folder": theirs.mkdir,
        "link": lambda: theirs.symlink_to(tmp_path / "elsewhere"),
    }[kind]()
    with pytest.raises(InputError, match=r"is a folder|is a link|is there already"):
        make(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert kind != "file" or theirs.read_text() == "mine"


def test_what_others_have_there_is_replaced_where_that_is_said(tmp_path):
    (tmp_path / NAME).write_text("old")
    assert make(tmp_path, overwrite=True) == "made"
    assert content(tmp_path) == WHOLE


def test_what_came_there_meanwhile_is_left_as_it_is(tmp_path):
    with unfinished(places_of(tmp_path), "one", identity_of) as work:
        work.path("model").write_text("ours")
        (tmp_path / NAME).write_text("theirs")
        with pytest.raises(InputError, match="written by somebody else meanwhile"):
            work.publish()
    assert (tmp_path / NAME).read_text() == "theirs"
    assert (tmp_path / FOLDER / "model").read_text() == "ours"


def test_nothing_stays_where_nothing_was_made(tmp_path):
    with unfinished(places_of(tmp_path), "one", identity_of):
        pass
    assert not list(tmp_path.iterdir())


def test_a_folder_that_somebody_removed_is_not_left_behind(tmp_path):
    with unfinished(places_of(tmp_path), "one", identity_of) as work:
        shutil.rmtree(tmp_path / FOLDER)
        (tmp_path / FOLDER).mkdir()
        work.path("steps").write_text("of no use without those that are gone")
    assert not list(tmp_path.iterdir())


def test_what_is_whole_gets_its_name_though_somebody_removed_the_folder(tmp_path):
    with unfinished(places_of(tmp_path), "one", identity_of) as work:
        shutil.rmtree(tmp_path / FOLDER)
        (tmp_path / FOLDER).mkdir()
        work.path("model").write_text('{"identity": "one"}')
        work.publish()
    assert content(tmp_path) == {NAME: '{"identity": "one"}'}


@pytest.mark.parametrize(
    "kind", ["file", "folder", "link", "others' marker", "nested marker", "open to all", "marker is a link"]
)
def test_a_folder_that_is_none_of_ours_is_refused(tmp_path, kind):
    folder, elsewhere = tmp_path / FOLDER, tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "slipher.json").write_text('{"slipher": {"identity": "one"}}')
    if kind == "file":
        folder.write_text("mine")
    elif kind == "link":
        folder.symlink_to(elsewhere)
    else:
        folder.mkdir()
        (folder / "mine").write_text("mine")
    if kind == "others' marker":
        (folder / "slipher.json").write_text("[1]")
    elif kind == "nested marker":
        (folder / "slipher.json").write_text("[" * 100_000)
    elif kind == "open to all":
        (folder / "slipher.json").write_text('{"slipher": {"identity": "one"}}')
        folder.chmod(0o777)
    elif kind == "marker is a link":
        (folder / "slipher.json").symlink_to(elsewhere / "slipher.json")
    with pytest.raises(InputError, match="none of slipher's; remove it, or choose another destination"):
        make(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [FOLDER, "elsewhere"]
    assert not folder.is_dir() or kind == "link" or (folder / "mine").read_text() == "mine"


def test_a_full_disk_is_said_in_one_sentence(tmp_path, monkeypatch):
    def full(*_args, **_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(InputError, match="No space left on device; make room"):
        make(tmp_path)


def test_another_file_system_gets_a_copy(tmp_path, monkeypatch):
    moved = os.rename, os.replace

    def across(source, target):
        if Path(source).name == "history":
            raise OSError(18, "Invalid cross-device link")
        return moved[1](source, target)

    monkeypatch.setattr(Path, "replace", lambda self, target: across(self, target))
    assert make(tmp_path) == "made"
    assert content(tmp_path) == WHOLE
    assert len(list(tmp_path.iterdir())) == 2


KILLED = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from dying import Dying, ended
from test_unfinished import FOLDER, WHOLE, content, make

identity = sys.argv[3]

def killed(folder, calls):
    Dying(calls).watch("mkdir", "rename", "replace", "unlink", "rmdir", "open", "chmod")
    make(folder, identity, overwrite=identity == "two")

for calls in range(200):
    folder = Path(sys.argv[2], str(calls))
    folder.mkdir()
    if identity == "two":
        make(folder)
        (folder / FOLDER).mkdir(mode=0o700)
    status = ended(lambda: killed(folder, calls))
    if not status:
        break
    assert status == -9, status
    make(folder, identity, overwrite=identity == "two")
    assert content(folder) == {**WHOLE, "m.json": '{"identity": "%s"}' % identity}, calls
    assert len(list(folder.iterdir())) == 2, calls
print(calls)
"""


@pytest.mark.parametrize("identity", ["one", "two"])
def test_killed_anywhere_the_next_run_ends_well(tmp_path, identity):
    """At each call to the system that changes a name: new, and in place of an older work and its products."""
    given = [str(Path(__file__).parent), str(tmp_path), identity]
    ended = subprocess.run([sys.executable, "-c", KILLED, *given], check=True, capture_output=True, text=True)
    assert 15 < int(ended.stdout) < 199
