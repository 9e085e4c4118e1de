import json
import shutil

import numpy as np
import pytest

from slipher.density.file import write
from slipher.density.histogram import Density
from slipher.errors import InputError
from slipher.redshift import Grid
from slipher.report.folder import Run, read_study


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
