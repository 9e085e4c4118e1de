"""The folder of a study: what may be removed from it, and what never."""

import os
import subprocess
import sys

import pytest

from slipher.errors import InputError
from slipher.study.config import GroupConfig, StudyConfig
from slipher.study.opening import HEADER, open_folder

STUDY = StudyConfig(groups={"t": GroupConfig(method="trainz")})
ANOTHER = StudyConfig(groups={"other": GroupConfig(method="trainz")})
AT_WORK = """
import sys; from pathlib import Path; from slipher.study.processes import present
with present(Path(sys.argv[1])):
    print("there", flush=True); sys.stdin.readline()
"""


def opened(path, study=STUDY, overwrite=False):
    """A folder that was opened and left."""
    with open_folder(path, study, overwrite) as folder:
        return folder


@pytest.fixture
def thesis(tmp_path):
    """A folder of the user's that has nothing to do with slipher."""
    chapter = tmp_path / "home" / "thesis" / "seed-0" / "model.safetensors"
    chapter.parent.mkdir(parents=True)
    chapter.write_text("years of work")
    return chapter


@pytest.fixture
def finished(tmp_path):
    """A study's folder with a run in it."""
    folder = opened(tmp_path / "out")
    run = folder.run("t", 0)
    run.folder.mkdir(parents=True)
    run.model.write_text("model")
    folder.table.write_text("{}")
    return folder


@pytest.fixture
def colleague(finished):
    """Another process that works at the study."""
    process = subprocess.Popen(
        [sys.executable, "-c", AT_WORK, str(finished.path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "there\n"
    yield process
    process.kill()
    process.communicate()


def names(path):
    return sorted(item.name for item in path.iterdir())


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("group", ["{thesis}", "../home/thesis", "..", ".", "home/../../home/thesis", "[1, 2]"])
def test_a_foreign_study_file_removes_nothing(tmp_path, thesis, group, overwrite):
    out = tmp_path / "out"
    out.mkdir()
    named = group.format(thesis=thesis.parent.parent)
    (out / "study.yaml").write_text(f"{HEADER}\ngroups: {{? {named} : {{}}}}\n")
    with pytest.raises(InputError, match=r"holds a study\.yaml that slipher did not write"):
        opened(out, STUDY, overwrite)
    assert thesis.read_text() == "years of work"


@pytest.mark.parametrize("text", [b"groups: [t]", b"[]", b"", b"groups: {t: {}", b"\xff\xfe", b"groups: {t\0: {}}"])
def test_a_study_file_that_is_none(tmp_path, text):
    out = tmp_path / "out"
    out.mkdir()
    (out / "study.yaml").write_bytes(HEADER.encode() + b"\n" + text + b"\n")
    with pytest.raises(InputError, match=r"holds a study\.yaml that slipher did not write"):
        opened(out, overwrite=True)
    assert names(out) == ["study.yaml"]


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize(
    "make",
    [
        os.mkfifo,
        os.mkdir,
        lambda path: path.symlink_to("nowhere"),
        lambda path: path.symlink_to(path),
        lambda path: path.symlink_to("/dev/zero"),
        lambda path: path.write_bytes(b"\xff\0"),
    ],
    ids=["pipe", "folder", "to-nothing", "to-itself", "device", "bytes"],
)
def test_a_study_file_that_is_no_file_of_ours_is_left_alone(tmp_path, make, overwrite):
    out = tmp_path / "out"
    out.mkdir()
    make(out / "study.yaml")
    before = (out / "study.yaml").lstat()
    with pytest.raises(InputError, match=r"is no study|study.yaml cannot be written: it is a"):
        opened(out, STUDY, overwrite)
    assert (out / "study.yaml").lstat() == before


@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_a_study_file_that_lies_elsewhere_too_stays_there(tmp_path, finished, link):
    elsewhere = tmp_path / "kept.yaml"
    (finished.path / "study.yaml").rename(elsewhere)
    link(elsewhere, finished.path / "study.yaml")
    before = elsewhere.read_text()
    opened(finished.path, ANOTHER, overwrite=True)
    assert elsewhere.read_text() == before
    assert "other" in (finished.path / "study.yaml").read_text()


@pytest.mark.parametrize("where", ["t", "t/seed-1", "figures", "survey.h5.responses", "t/seed-0/checkpoint"])
def test_links_are_removed_but_not_followed(tmp_path, thesis, finished, where):
    link = finished.path / where
    if where == "t":
        (finished.path / "t").rename(tmp_path / "moved")
    link.symlink_to(thesis.parent.parent)
    opened(finished.path, STUDY, overwrite=True)
    assert thesis.read_text() == "years of work"
    assert names(finished.path) == ["study.yaml"]


@pytest.mark.parametrize("name", ["survey.h5", "table.json", "t/seed-0/model.safetensors", "report.html"])
@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_files_that_lie_elsewhere_too_stay_there(finished, thesis, name, link):
    path = finished.path / name
    path.unlink(missing_ok=True)
    link(thesis, path)
    opened(finished.path, STUDY, overwrite=True)
    assert thesis.read_text() == "years of work"
    assert names(finished.path) == ["study.yaml"]


@pytest.mark.parametrize(
    "where", ["t", "t/seed-0", "t/seed-0/checkpoint", "t/seed-0/pretraining", "figures", "survey.h5.responses"]
)
def test_nothing_is_written_behind_a_link(tmp_path, thesis, finished, where):
    link = finished.path / where
    if link.exists():
        link.rename(tmp_path / "moved")
    link.symlink_to(thesis.parent.parent)
    with pytest.raises(InputError, match=f"{link} is a link, and a study writes nothing behind one; put what it"):
        opened(finished.path)
    assert thesis.read_text() == "years of work"
    assert [each.name for each in thesis.parent.parent.iterdir()] == ["seed-0"]


def test_only_a_study_goes(finished):
    mine = [
        "t/seed-0/copy/model.safetensors",
        "figures/old/comparison.png",
        "notes.txt",
        "t/plan.txt",
        "t/seed-0/why.md",
        "t/seed-notes/a",
        "figures/talk.pdf",
        "survey.h5.responses/b",
    ]
    for name in mine:
        path = finished.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("mine")
    (finished.path / "figures" / "pit-t.png").write_text("figure")
    opened(finished.path, STUDY, overwrite=True)
    left = {str(path.relative_to(finished.path)) for path in finished.path.rglob("*") if path.is_file()}
    assert left == {"study.yaml", *mine}


@pytest.mark.parametrize(("data", "stays"), [("elsewhere.h5", True), (None, False)])
def test_a_survey_that_the_study_did_not_make_stays(tmp_path, data, stays):
    study = STUDY if data is None else StudyConfig(groups=STUDY.groups, data=str(tmp_path / data))
    folder = opened(tmp_path / "out", study)
    folder.table.write_text("{}")
    folder.survey.write_text("galaxies")
    opened(folder.path, ANOTHER, overwrite=True)
    assert folder.survey.exists() == stays


def test_nothing_of_a_study_is_left(finished):
    files = ["environment.json", "timings.json", "table.json", "table.csv", "table.md", "comparisons.md", "report.html"]
    files += ["survey.h5", f"survey.h5.responses/{'0a' * 12}.h5", "figures/nz.pdf", "figures/losses-t.png"]
    files += [f"t/seed-0/{name}" for name in ("densities.hdf5", "history.csv", "checkpoint/best.safetensors")]
    files += ["t/seed-0/member-1/checkpoint/last.safetensors", "t/seed-0/pretraining/trunk.safetensors"]
    for name in files:
        path = finished.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    opened(finished.path, STUDY, overwrite=True)
    assert names(finished.path) == ["study.yaml"]


def test_the_same_study_keeps_everything(finished):
    opened(finished.path)
    assert finished.run("t", 0).model.read_text() == "model"


def test_a_study_at_which_a_process_works_is_not_replaced(finished, colleague):
    with pytest.raises(InputError, match=rf"is being worked on by process {colleague.pid} on .*--out"):
        opened(finished.path, STUDY, overwrite=True)
    with pytest.raises(InputError, match="holds another study"):
        opened(finished.path, ANOTHER)
    assert finished.run("t", 0).model.read_text() == "model"
    opened(finished.path)


def test_a_study_that_has_made_nothing_is_not_replaced_while_a_process_works_at_it(finished, colleague):
    finished.run("t", 0).model.unlink()
    finished.run("t", 0).folder.rmdir()
    (finished.path / "t").rmdir()
    finished.table.unlink()
    with pytest.raises(InputError, match=f"is being worked on by process {colleague.pid}"):
        opened(finished.path, ANOTHER)
    colleague.kill()
    colleague.wait()
    opened(finished.path, ANOTHER)
    assert "other" in finished.config.read_text()


def test_locks_of_killed_processes_go_and_others_stay(finished, colleague):
    colleague.kill()
    colleague.wait()
    seed = finished.run("t", 0).folder
    (seed / ".partial-model-x.safetensors").touch()
    (seed / ".lock-model.safetensors").write_text('{"slipher": {}, "temporary": [".partial-model-x.safetensors"]}')
    (seed / ".lock-mine").write_text("a lock of another program")
    opened(finished.path)
    assert names(finished.path) == ["study.yaml", "t", "table.json"]
    assert names(seed) == [".lock-mine", "model.safetensors"]
