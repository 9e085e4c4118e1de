"""The folder of a study: what may be removed from it, and what never."""

import pytest

from slipher.errors import InputError
from slipher.study.config import GroupConfig, StudyConfig
from slipher.study.folder import HEADER, OWN, open_folder

STUDY = StudyConfig(groups={"t": GroupConfig(method="trainz")})


@pytest.fixture
def thesis(tmp_path):
    """A folder of the user's that has nothing to do with slipher."""
    chapter = tmp_path / "home" / "thesis" / "seed-0" / "chapter.tex"
    chapter.parent.mkdir(parents=True)
    chapter.write_text("years of work")
    return chapter


@pytest.fixture
def finished(tmp_path):
    """A study's folder with a run in it."""
    folder = open_folder(tmp_path / "out", STUDY)
    run = folder.run("t", 0)
    run.folder.mkdir(parents=True)
    run.model.write_text("model")
    folder.table.write_text("{}")
    return folder


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("group", ["{thesis}", "../home/thesis", "..", ".", "home/../../home/thesis", "[1, 2]"])
def test_a_foreign_study_file_removes_nothing(tmp_path, thesis, group, overwrite):
    out = tmp_path / "out"
    out.mkdir()
    named = group.format(thesis=thesis.parent.parent)
    (out / "study.yaml").write_text(f"{HEADER}\ngroups: {{? {named} : {{}}}}\n")
    with pytest.raises(InputError, match=r"holds a study\.yaml that slipher did not write"):
        open_folder(out, STUDY, overwrite)
    assert thesis.read_text() == "years of work"


@pytest.mark.parametrize("text", ["groups: [t]", "[]", "", "groups: {t: {}"])
def test_a_study_file_that_is_none(tmp_path, text):
    out = tmp_path / "out"
    out.mkdir()
    (out / "study.yaml").write_text(f"{HEADER}\n{text}\n")
    with pytest.raises(InputError):
        open_folder(out, STUDY, overwrite=True)
    assert (out / "study.yaml").is_file()


@pytest.mark.parametrize("where", ["t", "t/seed-1", "figures", "survey.h5.responses", "t/seed-0/checkpoint"])
def test_links_are_not_followed(tmp_path, thesis, finished, where):
    link = finished.path / where
    if where == "t":
        (finished.path / "t").rename(tmp_path / "moved")
    link.symlink_to(thesis.parent.parent)
    open_folder(finished.path, STUDY, overwrite=True)
    assert thesis.read_text() == "years of work"


def test_only_a_study_goes(finished):
    notes, plan = finished.path / "notes.txt", finished.path / "t" / "plan.txt"
    for path in (notes, plan):
        path.write_text("mine")
    (finished.path / "figures").mkdir()
    open_folder(finished.path, STUDY, overwrite=True)
    assert sorted(path.name for path in finished.path.iterdir()) == ["notes.txt", "study.yaml", "t"]
    assert [path.name for path in (finished.path / "t").iterdir()] == ["plan.txt"]


def test_nothing_of_a_study_is_left(finished):
    for name in OWN:
        (finished.path / name).touch()
    open_folder(finished.path, STUDY, overwrite=True)
    assert [path.name for path in finished.path.iterdir()] == ["study.yaml"]


def test_the_same_study_keeps_everything(finished):
    open_folder(finished.path, STUDY)
    assert finished.run("t", 0).model.read_text() == "model"
