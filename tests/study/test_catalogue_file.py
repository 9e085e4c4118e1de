"""A study on a catalogue file of the user's."""

import numpy as np
import pytest

from slipher.errors import InputError
from slipher.formats.tables import read_table, write_table
from slipher.study.config import Catalogue, read_config
from slipher.study.document import dump, from_document, read_yaml, to_document
from slipher.study.folder import Folder
from slipher.study.plan import plan
from slipher.study.run import labelled, open_data
from slipher.survey.catalogs.mapping import CatalogueColumns
from slipher.survey.store import open_store

STUDY = """
data: {{catalogue: {file}, columns: {{flux: "f_{{band}}", flux_error: "e_{{band}}", redshift: z, {more}}}}}
groups: {{beck: {{method: beck, options: {{neighbours: 60}}}}, trainz: {{method: trainz}}}}
"""


@pytest.fixture
def study(catalogue_store, tmp_path):
    """Writes the study file beside the catalogue that it names."""
    galaxies = open_store(catalogue_store)
    table = {f"f_{band}": galaxies.flux[:, n] for n, band in enumerate("ugriz")}
    table |= {f"e_{band}": galaxies.flux_error[:, n] for n, band in enumerate("ugriz")}
    write_table(tmp_path / "galaxies.csv", table | {"z": galaxies.redshift, "name": galaxies.id})

    def write(file="galaxies.csv", more="id: name"):
        (tmp_path / "study.yaml").write_text(STUDY.format(file=file, more=more))
        return tmp_path / "study.yaml"

    return write


def test_it_is_found_beside_the_study_file_and_imported(study, catalogue_store, tmp_path):
    config = read_config(study())
    assert config.data == Catalogue(
        str(tmp_path / "galaxies.csv"),
        CatalogueColumns(flux="f_{band}", flux_error="e_{band}", redshift="z", id="name"),
    )
    galaxies = labelled(open_data(config, Folder(tmp_path / "out")), config)
    assert np.array_equal(galaxies.id, open_store(catalogue_store).id)
    assert "up to 600 galaxies of a catalogue" in str(plan(config, tmp_path / "again"))


@pytest.mark.parametrize("key", ["redshift", "id", "split", "ra: z, dec", "ebv"])
def test_a_column_that_is_not_there_is_told_by_the_plan(study, tmp_path, key):
    path = study(more=f"{key}: part")
    if key == "redshift":
        path.write_text(path.read_text().replace("redshift: z, ", "", 1))
    with pytest.raises(InputError, match=r"galaxies\.csv(: there is| has) no column 'part'"):
        plan(read_config(path), tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("method", "option", "words"),
    [
        ("beck", "neighbours", "has at most 600 training galaxies with a redshift"),
        ("local-linear", "neighbours", "has at most 600 training galaxies with a redshift"),
        ("flexcode", "basis", "has at most 600 training galaxies, which"),
    ],
)
def test_an_option_beyond_the_galaxies_is_told_by_the_plan(study, tmp_path, method, option, words):
    config = read_config(study(), [("groups", {"far": {"method": method, "options": {option: 601}}})])
    with pytest.raises(InputError, match=rf"^groups\.far: .*{words}"):
        plan(config, tmp_path / "out")


def test_written_out_it_is_the_same_study(study):
    config = read_config(study())
    again = from_document(type(config), read_yaml(dump(to_document(config)), "again"), "again")
    assert again == config


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"more": "redshfit: z"}, "unknown key data.columns.redshfit; allowed: flux, flux_error, ivar"),
        ({"more": "unit: Jy"}, "data.columns.unit is 'Jy', but must be one of nanomaggy"),
        ({"more": "ivar: e"}, "name either flux_error or ivar"),
        ({"file": "kcorrect"}, "columns belong to a file"),
    ],
)
def test_a_mistake_is_named(study, given, said):
    with pytest.raises(InputError, match=said):
        read_config(study(**given))


def test_a_file_that_is_not_there_is_named(study, tmp_path):
    with pytest.raises(InputError, match=r"other\.csv does not exist"):
        open_data(read_config(study("other.csv")), Folder(tmp_path / "out"))


def test_a_split_of_its_own(study, tmp_path):
    first = np.arange(600) < 450
    table = {name: each.values for name, each in read_table(study().with_name("galaxies.csv")).items()}
    write_table(tmp_path / "train.csv", {name: each[first] for name, each in table.items()})
    (tmp_path / "data").mkdir()
    write_table(tmp_path / "data/test.csv", {name: each[~first] for name, each in table.items()})
    config = read_config(study("train.csv", "id: name, test: data/test.csv"))
    assert config.data.columns.test == tmp_path / "data/test.csv"
    galaxies = open_data(config, Folder(tmp_path / "out"))
    assert np.array_equal(galaxies.id[galaxies.split == 2], table["name"][~first])
    assert from_document(type(config), read_yaml(dump(to_document(config)), "again"), "again") == config
    write_table(tmp_path / "galaxies.csv", table | {"part": np.where(first, "train", "test")})
    config = read_config(study(more="id: name, split: part"))
    again = open_data(config, Folder(tmp_path / "again"))
    assert np.array_equal(again.split, galaxies.split)
