"""Many files: everything good arrives once, everything bad is named, a rerun fetches only what is not there."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from slipher.errors import InputError
from slipher.survey.fetch import fetch as module
from slipher.survey.fetch.addresses import Remote
from slipher.survey.fetch.fetch import URLS, fetch
from slipher.survey.fetch.partial import part_path


@pytest.fixture
def survey(server, act):
    """Twenty files on the server."""
    names = [f"{plate:04d}/spec-{plate:04d}-51602-{fiber:04d}.fits" for plate in (266, 267) for fiber in range(1, 11)]
    server.files |= {f"/{name}": act.fits_bytes(number) for number, name in enumerate(names)}
    return [Remote(name, f"{server.base}/{name}", "fits") for name in names]


def manifest(folder):
    entries = [json.loads(line) for line in (folder / "manifest.jsonl").read_text().splitlines()]
    assert len({entry["file"] for entry in entries}) == len(entries)
    return {entry["file"]: entry for entry in entries}


WORK = ".unfinished-manifest.jsonl"


def files(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_everything_at_once(survey, server, act, tmp_path):
    """One server that drops, truncates, serves wrong bytes, 404, 429 with Retry-After, 503, and stalls."""
    gone, page, short, silent, *good = survey
    del server.files[f"/{gone.name}"]
    misbehaviour = [
        [act.serve(cut=3000)],
        [act.serve(cut=100), act.serve(cut=100)],
        [act.serve(ranges=False, cut=3000)],
        [act.serve(cut=4000, stall=True)],
        [act.status(429, Retry_After="1")],
        [act.status(503)],
        [act.claim(2880)],
        [act.hang_up()],
        [act.claim(0, b"<html>Try again</html>")],
    ]
    for remote, script in zip(good, misbehaviour, strict=False):
        server.script[f"/{remote.name}"] = script
    server.script[f"/{page.name}"] = [act.claim(0, b"<html>Welcome</html>")] * 9
    server.script[f"/{short.name}"] = [act.claim(-2880)] * 9
    server.script[f"/{silent.name}"] = [act.serve(cut=0, stall=True)] * 9
    document = fetch(survey, tmp_path, 4, act.QUICK)

    assert (document["files"], document["good"], document["fetched"]) == (20, 16, 16)
    assert document["absent"] == {"missing": 1, "bad": 2, "failed": 1}
    assert {each["file"]: each["status"] for each in document["errors"]} == {
        gone.name: "missing", page.name: "bad", short.name: "bad", silent.name: "failed"
    }  # fmt: skip
    entries = manifest(tmp_path)
    assert {name for name, entry in entries.items() if entry["status"] == "good"} == {remote.name for remote in good}
    assert all(entry["error"] for entry in entries.values() if entry["status"] != "good")
    for remote in good:
        assert (tmp_path / remote.name).read_bytes() == server.files[f"/{remote.name}"]
    untouched = good[len(misbehaviour) :]
    assert all(server.sent(f"/{each.name}") == len(server.files[f"/{each.name}"]) for each in untouched)
    assert files(tmp_path) - {remote.name for remote in good} == {
        "manifest.jsonl", "urls.txt"
    }  # fmt: skip
    assert (tmp_path / "urls.txt").read_text().splitlines() == [each.address for each in (page, short, silent)]

    server.log.clear()
    server.script.clear()
    server.files[f"/{gone.name}"] = act.fits_bytes(99)
    document = fetch(survey, tmp_path, 4, act.QUICK)
    assert (document["good"], document["fetched"], document["errors"]) == (20, 4, [])
    assert sorted(each.path for each in server.log) == sorted(f"/{each.name}" for each in (gone, page, short, silent))
    assert files(tmp_path) == {remote.name for remote in survey} | {"manifest.jsonl"}

    server.log.clear()
    assert fetch(survey, tmp_path, 4, act.QUICK)["fetched"] == 0
    assert server.log == []


def test_a_pause_that_one_is_asked_for_holds_all(survey, server, act, tmp_path):
    server.script[f"/{survey[0].name}"] = [act.status(429, Retry_After="1")]
    fetch(survey, tmp_path, 2, act.QUICK)
    asked = server.asked(f"/{survey[0].name}")[0].time
    # what was under way already may still be answered
    assert sum(0 < each.time - asked < 0.9 for each in server.log) <= 2


def test_no_more_connections_than_allowed(survey, server, act, tmp_path):
    busy, most, lock = [0], [0], threading.Lock()

    def counted(handler, body):
        with lock:
            busy[0] += 1
            most[0] = max(most[0], busy[0])
        time.sleep(0.01)
        with lock:
            busy[0] -= 1
        act.serve()(handler, body)

    for remote in survey:
        server.script[f"/{remote.name}"] = [counted]
    fetch(survey, tmp_path, 3, act.QUICK)
    assert 1 < most[0] <= 3


def test_files_that_are_there_are_looked_at(survey, server, act, tmp_path):
    """Brought by other means: whole ones count, and what is something else stays until its owner moves it."""
    whole, broken, *_ = survey
    (tmp_path / "0266").mkdir()
    (tmp_path / whole.name).write_bytes(server.files[f"/{whole.name}"])
    (tmp_path / broken.name).write_bytes(server.files[f"/{broken.name}"][:-2880])
    document = fetch(survey, tmp_path, 2, act.QUICK)
    assert (document["good"], document["fetched"], document["absent"]) == (19, 18, {"occupied": 1})
    assert "11,520 by its headers; move it away" in document["errors"][0]["error"]
    assert manifest(tmp_path)[whole.name]["attempts"] == 0
    assert not server.asked(f"/{whole.name}")
    assert (tmp_path / broken.name).read_bytes() == server.files[f"/{broken.name}"][:-2880]
    assert not (tmp_path / URLS).exists()
    (tmp_path / broken.name).unlink()
    assert fetch(survey, tmp_path, 2, act.QUICK)["fetched"] == 1
    assert (tmp_path / broken.name).read_bytes() == server.files[f"/{broken.name}"]


@pytest.mark.parametrize(
    "kind", ["text", "empty", "folder", "pipe", "broken link", "link to text", "link to device", "huge"]
)
def test_what_lies_in_a_files_place_stays(survey, server, act, tmp_path, kind):
    path, mine = tmp_path / survey[0].name, tmp_path / "mine"
    path.parent.mkdir()
    mine.write_text("the user's own")
    make = {
        "text": lambda: path.write_text("the user's own"),
        "empty": path.touch,
        "folder": path.mkdir,
        "pipe": lambda: os.mkfifo(path),
        "broken link": lambda: path.symlink_to("nowhere"),
        "link to text": lambda: path.symlink_to(mine),
        "link to device": lambda: path.symlink_to("/dev/zero"),
        "huge": lambda: (path.touch(), os.truncate(path, 10**12)),
    }
    make[kind]()
    before = path.lstat()
    document = fetch(survey[:2], tmp_path, 1, act.QUICK)
    assert (document["good"], document["absent"]) == (1, {"occupied": 1})
    assert path.lstat().st_mtime_ns == before.st_mtime_ns
    assert path.lstat().st_ino == before.st_ino
    assert mine.read_text() == "the user's own"
    assert not server.asked(f"/{survey[0].name}")
    assert files(tmp_path) - {survey[0].name} == {survey[1].name, "mine", "manifest.jsonl"}


def test_a_link_to_the_file_counts(survey, server, act, tmp_path):
    """A large file on another disk, say."""
    (tmp_path / "0266").mkdir()
    (tmp_path / "mine").write_bytes(server.files[f"/{survey[0].name}"])
    (tmp_path / survey[0].name).symlink_to(tmp_path / "mine")
    assert fetch(survey[:1], tmp_path, 1, act.QUICK)["good"] == 1
    assert server.log == []
    assert (tmp_path / survey[0].name).is_symlink()


@pytest.mark.parametrize("name", ["manifest.jsonl", "urls.txt", WORK, ".lock-manifest.jsonl"])
@pytest.mark.parametrize("kind", ["text", "folder", "link"])
def test_a_users_own_files_of_our_names_stay(survey, server, act, tmp_path, name, kind):
    out, mine = tmp_path / "out", tmp_path / "mine"
    out.mkdir()
    mine.write_text("the user's own")
    if kind == "text":
        (out / name).write_text("the user's own")
    elif kind == "folder":
        (out / name).mkdir()
        (out / name / "mine").write_text("the user's own")
    else:
        (out / name).symlink_to(mine)
    before = (out / name).lstat()
    with pytest.raises(InputError, match=re.escape(name)):
        fetch(survey, out, 1, act.QUICK)
    assert (out / name).lstat() == before
    assert mine.read_text() == "the user's own"
    assert server.log == []
    assert {each.name for each in out.iterdir()} - {"manifest.jsonl"} <= {name}


def test_our_own_list_goes(survey, server, act, tmp_path):
    """Also when the files come from another server the next time, and a run was killed before it wrote its list."""
    fetch([replace(each, address=f"{server.base}/x/{each.name}") for each in survey[:1]], tmp_path, 1, act.QUICK)
    server.script[f"/{survey[0].name}"] = [act.status(403)]
    fetch(survey[:1], tmp_path, 1, act.QUICK)
    assert (tmp_path / URLS).read_text() == f"{survey[0].address}\n"
    assert fetch(survey[:1], tmp_path, 1, act.QUICK)["good"] == 1
    assert files(tmp_path) == {survey[0].name, "manifest.jsonl"}


def test_a_file_that_was_lost_must_come_back_the_same(survey, server, act, tmp_path):
    fetch(survey[:2], tmp_path, 1, act.QUICK)
    (tmp_path / survey[0].name).unlink()
    server.files[f"/{survey[0].name}"] = act.fits_bytes(77)
    for _ in range(2):
        document = fetch(survey[:2], tmp_path, 1, act.QUICK)
        assert (document["good"], document["absent"]) == (1, {"bad": 1})
        assert document["errors"][0]["error"] == "its sha256 digest is not the one that is known"


def test_an_unreachable_server_is_noticed_at_once(act, tmp_path, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    remotes = [Remote(f"{number}.fits", f"http://127.0.0.1:9/{number}.fits", "fits") for number in range(2000)]
    document = fetch(remotes, tmp_path, 4, act.Patience(connect=2))
    assert not document["reachable"]
    assert "refused" in document["stopped"].lower()
    assert document["absent"] == {"waiting": 2000}
    assert len((tmp_path / "urls.txt").read_text().splitlines()) == 2000


def test_a_server_that_spoils_everything_is_left_alone(server, act, tmp_path):
    remotes = [Remote(f"{number}.fits", f"{server.base}/{number}.fits", "fits") for number in range(100)]
    for remote in remotes:
        server.script[f"/{remote.name}"] = [act.status(403)]
    document = fetch(remotes, tmp_path, 2, act.QUICK)
    assert 14 <= document["absent"]["refused"] <= 17
    assert document["absent"]["waiting"] == 100 - document["absent"]["refused"]
    assert "files in a row failed, the last with: HTTP status 403" in document["stopped"]


def test_a_long_pause_ends_the_run(survey, server, act, tmp_path):
    server.script[f"/{survey[0].name}"] = [act.status(503, Retry_After="3600")]
    document = fetch(survey, tmp_path, 1, act.QUICK)
    assert document["absent"] == {"waiting": 20}
    assert document["stopped"] == "the server asks to come again in 3,600 s"


def test_too_small_a_disk(survey, tmp_path, act, monkeypatch, server):
    class Usage:
        free = 10**6

    monkeypatch.setattr(module.shutil, "disk_usage", lambda _: Usage)
    large = [
        Remote("a.fits", f"{server.base}/a.fits", "fits", size=700_000),
        Remote("b.fits", "", "fits", about=700_000),
    ]
    with pytest.raises(InputError, match=r"2 files take about 1\.4 MB, but .* has 1\.0 MB free"):
        fetch(large, tmp_path, 1, act.QUICK)
    assert server.log == []


def test_one_run_at_a_time(survey, server, act, tmp_path):
    def meanwhile(handler, body):
        with pytest.raises(InputError, match=f"being written by process {os.getpid()} on"):
            fetch(survey, tmp_path, 1, act.QUICK)
        act.serve()(handler, body)

    server.script[f"/{survey[0].name}"] = [meanwhile]
    assert fetch(survey, tmp_path, 1, act.QUICK)["good"] == 20


def test_no_connections(survey, tmp_path):
    with pytest.raises(InputError, match="give 1 or more"):
        fetch(survey, tmp_path, 0)


CHILD = """
import signal
import sys
from pathlib import Path
from slipher.survey.fetch.addresses import Remote
from slipher.survey.fetch.fetch import URLS, fetch
from slipher.survey.fetch.partial import part_path
# what a shell starts in the background ignores interrupts, and passes that on
signal.signal(signal.SIGINT, signal.default_int_handler)
base, folder, *names = sys.argv[1:]
fetch([Remote(name, f"{base}/{name}", "fits") for name in names], Path(folder), 2)
"""


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGINT])
def test_killed_and_continued(survey, server, act, tmp_path, sign):
    """A process that is killed while two files are under way: the next run asks for their rest alone."""
    held = survey[5:7]
    for remote in held:
        server.script[f"/{remote.name}"] = [act.serve(cut=5000, stall=True)]
    command = [sys.executable, "-c", CHILD, server.base, str(tmp_path), *(remote.name for remote in survey)]
    child = subprocess.Popen(command, stderr=subprocess.DEVNULL, env={**os.environ, "NO_PROXY": "127.0.0.1"})
    parts = [part_path(tmp_path / WORK, remote.name) for remote in held]
    deadline = time.monotonic() + 20
    while not all(part.exists() and part.stat().st_size == 5000 for part in parts):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    child.send_signal(sign)
    assert child.wait(5) != 0
    server.over.set()
    server.log.clear()
    document = fetch(survey, tmp_path, 2, act.QUICK)
    assert document["good"] == 20
    assert document["fetched"] == 15
    assert {each.path for each in server.log if each.range == "bytes=5000-"} == {f"/{each.name}" for each in held}
    assert all(not server.asked(f"/{remote.name}") for remote in survey[:5])
    for remote in survey:
        assert (tmp_path / remote.name).read_bytes() == server.files[f"/{remote.name}"]
    assert files(tmp_path) == {remote.name for remote in survey} | {"manifest.jsonl"}


LIMITED = CHILD.replace(
    "import signal\n", "import signal\nimport resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (8000, 8000))\n", 1
)


def test_a_limit_on_the_size_of_files(survey, server, act, tmp_path):
    """One sentence, and the same command continues once there is room."""
    command = [sys.executable, "-c", LIMITED, server.base, str(tmp_path / "out"), *(remote.name for remote in survey)]
    child = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "NO_PROXY": "127.0.0.1"})
    assert child.stderr.splitlines()[-1].endswith("File too large; make room, or choose another destination.")
    server.log.clear()
    assert fetch(survey, tmp_path / "out", 2, act.QUICK)["good"] == 20
    assert "bytes=8000-" in {each.range for each in server.log}
    assert files(tmp_path / "out") == {remote.name for remote in survey} | {"manifest.jsonl"}
    assert not (tmp_path / "out" / WORK).exists()


def test_a_folder_that_vanishes(survey, server, act, tmp_path):
    def vanish(handler, body):
        shutil.rmtree(tmp_path / "out")
        act.serve()(handler, body)

    server.script[f"/{survey[4].name}"] = [vanish]
    with pytest.raises(InputError, match="cannot be written"):
        fetch(survey, tmp_path / "out", 1, act.QUICK)
    assert fetch(survey, tmp_path / "out", 1, act.QUICK)["good"] == 20


def test_a_folder_that_is_none(survey, act, tmp_path):
    (tmp_path / "file").touch()
    for out in (
        tmp_path / "file",
        tmp_path / "file/below",
        Path("/dev/null"),
        Path("/proc/nowhere/a"),
        tmp_path / ("a" * 300),
    ):
        with pytest.raises(InputError, match="cannot be written"):
            fetch(survey, out, 1, act.QUICK)
    assert [each.name for each in tmp_path.iterdir()] == ["file"]
