"""Studies that are killed, that run out of disk, and that several processes work at: real processes all."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

STUDY = """
data: {data}
grid: {{z_max: 0.4, bins: 20}}
seeds: 2
network: {{name: colours}}
training: {{epochs: 2, batch_size: 200, precision: float32, device: cpu}}
groups:
  trainz: {{method: trainz}}
  local: {{method: local-linear}}
  colours: {{}}
"""
TIMED = {"table.json", "table.csv", "table.md", "timings.json", "history.csv", "last.safetensors", "environment.json"}
"""Files that hold times."""
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)


@pytest.fixture(scope="module")
def jobs(tmp_path_factory):
    """Does jobs at once in processes of their own."""
    logs = tmp_path_factory.mktemp("logs")
    command = [sys.executable, "-W", "ignore", str(Path(__file__).with_name("forked.py")), str(logs)]
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def do(*asked: dict) -> list[dict]:
        server.stdin.write(json.dumps(asked) + "\n")
        server.stdin.flush()
        return json.loads(server.stdout.readline())

    yield do
    server.communicate()


@pytest.fixture(scope="module")
def study(catalogue_store, tmp_path_factory):
    path = tmp_path_factory.mktemp("asked") / "asked.yaml"
    path.write_text(STUDY.format(data=catalogue_store))
    return path


@pytest.fixture(scope="module")
def whole(jobs, study, tmp_path_factory):
    """What one undisturbed process leaves, and how many names it gives or takes."""
    out = tmp_path_factory.mktemp("whole") / "out"
    (found,) = jobs(job(study, out))
    assert found["status"] == 0, found["said"]
    return left(out), found["calls"]


def job(study, out, *words, **more):
    return {"words": ["study", str(study), "--out", str(out), *words], **more}


def left(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, hidden ones too; of those that hold times that they are there."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {str(path.relative_to(folder)): b"" if path.name in TIMED else path.read_bytes() for path in files}


def sentence(said: str) -> str:
    """The last line, which is all that an error may say."""
    assert "Traceback" not in said
    return said.rstrip().splitlines()[-1]


@pytest.mark.parametrize("share", range(5))
def test_a_study_killed_at_any_name_ends_well(jobs, study, whole, tmp_path, share):
    expected, calls = whole
    at, out = 1 + (calls - 1) * share // 4, tmp_path / "out"
    killed, again = jobs(job(study, out, at=at, do=SIGNALS[share % 3])), jobs(job(study, out))
    assert killed[0]["status"] != 0
    assert again[0]["status"] == 0, again[0]["said"]
    assert left(out) == expected


@pytest.mark.parametrize("share", range(3))
def test_a_study_killed_while_it_replaces_another_ends_well(jobs, study, whole, tmp_path, share):
    out, words = tmp_path / "out", ("--overwrite",)
    jobs(job(study, out, "--seeds", "1", "--grid.bins", "30"))
    (out / "notes.txt").write_text("mine")
    jobs(job(study, out, *words, at=8 + 9 * share, do=SIGNALS[share % 3]))
    (again,) = jobs(job(study, out, *words))
    assert again["status"] == 0, again["said"]
    assert left(out) == {**whole[0], "notes.txt": b"mine"}


def test_three_processes_share_a_study(jobs, study, whole, tmp_path):
    out = tmp_path / "out"
    found = jobs(*[job(study, out)] * 3)
    assert [each["status"] for each in found] == [0, 0, 0], found
    assert left(out) == whole[0]
    said = "".join(each["said"] for each in found)
    assert said.count(": training") == 4
    assert "left to process" in said or "finished before" in said
    assert set(json.loads((out / "timings.json").read_text())["runs"]) == {
        "trainz/seed-0",
        "local/seed-0",
        "colours/seed-0",
        "colours/seed-1",
    }


@pytest.mark.parametrize("number", SIGNALS)
def test_a_process_that_ends_leaves_the_others_alone_and_its_run_to_them(jobs, study, whole, tmp_path, number):
    expected, calls = whole
    out = tmp_path / "out"
    _, *others = jobs(job(study, out, at=calls // 4 + number, do=number), job(study, out), job(study, out))
    assert [each["status"] for each in others] == [0, 0], others
    assert left(out) == expected


def test_of_two_that_would_replace_a_study_one_does(jobs, study, whole, tmp_path):
    out = tmp_path / "out"
    jobs(job(study, out, "--seeds", "1"))
    found = jobs(*[job(study, out, "--overwrite")] * 2)
    assert 0 in [each["status"] for each in found]
    for each in found:
        assert each["status"] == 0 or "is being worked on by process" in sentence(each["said"])
    assert left(out) == whole[0]


@pytest.mark.parametrize("limit", [1000, 12_000])
def test_a_study_without_room_says_so_and_goes_on_when_there_is(jobs, study, whole, tmp_path, limit):
    out = tmp_path / "out"
    (short,) = jobs(job(study, out, limit=limit))
    assert short["status"] == 2, short["said"]
    assert "cannot be written: File too large; make room" in sentence(short["said"])
    (again,) = jobs(job(study, out))
    assert again["status"] == 0, again["said"]
    assert left(out) == whole[0]


@pytest.mark.parametrize("share", range(1, 3))
def test_a_study_whose_folder_is_removed_says_so_and_begins_anew(jobs, study, whole, tmp_path, share):
    expected, calls = whole
    out = tmp_path / "out"
    (gone,) = jobs(job(study, out, at=calls * share // 3, do="vanish"))
    assert gone["status"] == 2, gone["said"]
    assert str(out) in sentence(gone["said"])
    (again,) = jobs(job(study, out))
    assert again["status"] == 0, again["said"]
    assert left(out) == expected


@pytest.mark.parametrize("content", [b"\0" * 100, b'{"stages": 3}'])
def test_what_can_be_made_again_is_when_it_is_damaged(jobs, study, whole, tmp_path, content):
    out = tmp_path / "out"
    jobs(job(study, out))
    for name in ("timings.json", "table.json", "trainz/seed-0/densities.hdf5"):
        (out / name).write_bytes(content)
    (again,) = jobs(job(study, out))
    assert again["status"] == 0, again["said"]
    assert left(out) == whole[0]


@pytest.mark.parametrize(
    ("name", "missing"),
    [
        ("environment.json", None),
        ("colours/seed-1/model.safetensors", "densities.hdf5"),
        ("colours/seed-1/checkpoint/last.safetensors", "model.safetensors"),
    ],
)
def test_what_cannot_is_named_with_what_to_do(jobs, study, whole, tmp_path, name, missing):
    out = tmp_path / "out"
    jobs(job(study, out))
    if missing:
        for path in (out / "colours/seed-1").iterdir():
            if path.name in (missing, "densities.hdf5"):
                path.unlink()
    size = (out / name).stat().st_size
    os.truncate(out / name, size // 2)
    (damaged,) = jobs(job(study, out))
    assert damaged["status"] == 2
    assert str(out / name) in sentence(damaged["said"])
    assert "remove" in sentence(damaged["said"])
