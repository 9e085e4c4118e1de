import json
import os
import re
import shutil
from contextlib import suppress
from functools import reduce
from operator import getitem

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slipher.density.file import write
from slipher.density.histogram import Density
from slipher.errors import InputError
from slipher.redshift import Grid
from slipher.report.facts import find_store, gather
from slipher.report.folder import Run, read_study
from slipher.report.page import _context
from slipher.report.table import make_table


@pytest.fixture
def copy(study_folder, tmp_path):
    """The folder without its heavy parts, to be damaged."""
    target = tmp_path / "study"
    shutil.copytree(study_folder, target, ignore=shutil.ignore_patterns("*.safetensors", "survey.h5", "figures"))
    return target


def test_a_study_is_read_whole(study_folder):
    study = read_study(study_folder)
    assert [group.name for group in study.groups] == ["baseline", "constrained", "trainz"]
    assert study.groups[0].runs[0].seed == 0
    assert study.published[0]["published"]
    assert study.configuration.training_of("baseline").epochs == 8
    history = study.groups[1].runs[0].history()
    assert history["validation_flux_weighted"].shape == (8,)
    assert study.groups[2].runs[0].history() is None


@pytest.mark.parametrize("name", ["table.json", "study.yaml", "environment.json", "timings.json"])
def test_a_missing_file_is_named(copy, name):
    (copy / name).unlink()
    with pytest.raises(InputError, match=name):
        read_study(copy)


@pytest.mark.parametrize("name", ["table.json", "environment.json"])
def test_a_damaged_file_is_named(copy, name):
    (copy / name).write_text('{"rows": [')
    with pytest.raises(InputError, match=f"{name} is not JSON"):
        read_study(copy)
    (copy / name).write_text("[]")
    with pytest.raises(InputError, match=name):
        read_study(copy)


def test_a_group_without_densities_is_named(copy):
    (copy / "trainz/seed-0/densities.hdf5").unlink()
    with pytest.raises(InputError, match="trainz holds no seed-K"):
        read_study(copy)


def test_a_table_of_another_study_is_refused(copy):
    table = json.loads((copy / "table.json").read_text())
    table["rows"][0]["group"] = "another"
    (copy / "table.json").write_text(json.dumps(table))
    with pytest.raises(InputError, match="does not hold the groups"):
        read_study(copy)


def test_a_history_with_words_is_named(copy):
    path = copy / "baseline/seed-0/history.csv"
    path.write_text("epoch,train_ce\n1,oops\n")
    with pytest.raises(InputError, match="column train_ce"):
        Run(0, path.parent).history()


def test_unlabelled_galaxies_are_left_out_and_none_is_an_error(tmp_path):
    mass = np.full((3, 4), 0.25)
    write(tmp_path / "densities.hdf5", Density(Grid(0.4, 4), mass, redshift=np.array([0.1, np.nan, 0.2])))
    assert len(Run(0, tmp_path).density()) == 2
    write(tmp_path / "densities.hdf5", Density(Grid(0.4, 4), mass, redshift=np.full(3, np.nan)))
    with pytest.raises(InputError, match="no spectroscopic redshift"):
        Run(0, tmp_path).density()


def test_no_folder_is_no_study(tmp_path):
    with pytest.raises(InputError, match="no finished study"):
        read_study(tmp_path / "absent")


DAMAGE = [None, True, 3, "x", [], {}, [3], {"a": 3}, float("nan"), [[]], {"a": {"b": [None]}}]


def places(document, before=()):
    """Where values stand in a JSON document, however deep."""
    yield before
    items = document.items() if isinstance(document, dict) else enumerate(document[:2])
    for key, value in items if isinstance(document, dict | list) else ():
        yield from places(value, (*before, key)) if isinstance(value, dict | list) else [(*before, key)]


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), name=st.sampled_from(["table.json", "timings.json", "environment.json"]))
def test_a_file_whose_values_are_others_is_drawn_or_named(study_folder, tmp_path, data, name):
    whole = json.loads((study_folder / name).read_text())
    place = data.draw(st.sampled_from(list(places(whole))), "place")
    value, document = data.draw(st.sampled_from(DAMAGE), "value"), [whole]
    *way, last = (0, *place)
    reduce(getitem, way, document)[last] = value
    folder = tmp_path / "folder"
    if not folder.exists():
        shutil.copytree(study_folder, folder)
    (folder / name).write_text(json.dumps(document[0]))
    named = pytest.raises(InputError, match=re.escape(str(folder / name)))
    with suppress(pytest.fail.Exception), named:
        study = read_study(folder)
        make_table(study)
        _context(study, gather(study, find_store(study), 1))
    (folder / name).write_bytes((study_folder / name).read_bytes())


@pytest.mark.parametrize("name", ["table.json", "timings.json", "environment.json"])
@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "9" * 5000, "\0", '{"rows": NaN}', "[]"])
def test_a_file_that_is_no_document_is_named(copy, name, text):
    (copy / name).write_text(text)
    with pytest.raises(InputError, match=rf"{re.escape(str(copy / name))} .*run the study"):
        read_study(copy)


@pytest.mark.parametrize("name", ["table.json", "timings.json", "environment.json", "study.yaml"])
def test_a_pipe_is_not_waited_for(copy, name):
    (copy / name).unlink()
    os.mkfifo(copy / name)
    with pytest.raises(InputError, match=f"{name} cannot be read"):
        read_study(copy)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"epoch,train_ce\n",
        b"epoch\n1\n",
        b"\xff\xfe",
        b"epoch,train_ce\n1\n",
        b"train_ce\n1,2\n",
        b"train_ce\n\0\n",
    ],
)
def test_a_damaged_history_is_named(tmp_path, content):
    (tmp_path / "history.csv").write_bytes(content)
    with pytest.raises(InputError, match=r"history\.csv "):
        Run(0, tmp_path).history()


def test_a_folder_that_is_no_seed_is_passed_over(copy):
    shutil.copytree(copy / "trainz/seed-0", copy / "trainz/seed-old")
    assert [run.seed for group in read_study(copy).groups for run in group.runs if group.name == "trainz"] == [0]
