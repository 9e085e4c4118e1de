"""Cutouts and the rows of a catalogue."""

from pathlib import Path

import numpy as np
import pytest

from slipher.errors import InputError
from slipher.formats.column import Column
from slipher.formats.table import Held
from slipher.survey.stamps.joined import joined

OWN = Held.of(Path("cutouts.npz"), {"id": np.array([5, 3, 9]), "x": np.zeros(3)})
CATALOGUE = Held.of(
    Path("z.csv"), {"id": np.array([9, 4, 3, 5]), "z": np.array([0.9, 0.4, 0.3, 0.5]), "name": np.array([*"abcd"])}
)
FOLDER = Held(Path("folder"), [])


def files(*names):
    return Column("file names", "folder", np.array(names))


@pytest.mark.parametrize("id_", ["id", None])
def test_by_identifiers_that_are_named_or_looked_for(capsys, id_):
    table, used = joined(OWN, None, CATALOGUE, id_, "z")
    np.testing.assert_array_equal(table["z"].numbers(), [0.5, 0.3, 0.9])
    assert table["name"].values.tolist() == ["d", "c", "a"]
    assert used.values.tolist() == [5, 3, 9]
    told = capsys.readouterr().err
    assert "3 of 3 galaxies of cutouts.npz are matched with z.csv by id" in told
    assert "1 of 4 rows of z.csv have no cutout" in told


def test_galaxies_that_the_catalogue_lacks_stay_without(capsys):
    own = Held.of(Path("cutouts.npz"), {"id": np.array([5, 77])})
    table, _ = joined(own, None, CATALOGUE, "id", "z")
    np.testing.assert_array_equal(table["z"].numbers(), [0.5, np.nan])
    assert table["name"].lacking.tolist() == [False, True]
    assert table.read(["z"], 1, 2)["z"].lacking.tolist() == [True]
    assert "1 of 2 galaxies" in capsys.readouterr().err


def test_row_by_row(capsys):
    own = Held.of(Path("cutouts.npz"), {"x": np.zeros(4)})
    table, used = joined(own, None, CATALOGUE, "id", "z")
    np.testing.assert_array_equal(table["z"].numbers(), [0.9, 0.4, 0.3, 0.5])
    assert used is None
    assert "4 of 4 galaxies of cutouts.npz are matched with z.csv row by row" in capsys.readouterr().err
    with pytest.raises(InputError, match=r"z.csv has 4 rows, but there are 3 galaxies in cutouts.npz"):
        joined(Held.of(Path("cutouts.npz"), {"x": np.zeros(3)}), None, CATALOGUE, None, "z")


@pytest.mark.parametrize("names", [("5", "3", "9"), ("galaxy_5", "galaxy_3", "galaxy_9"), ("5-hsc", "3-hsc", "9-hsc")])
def test_names_of_files(names):
    table, used = joined(FOLDER, files(*names), CATALOGUE, "id", "z")
    np.testing.assert_array_equal(table["z"].numbers(), [0.5, 0.3, 0.9])
    assert used.values.tolist() == ["5", "3", "9"]


def test_names_of_files_as_the_catalogue_has_them():
    catalogue = Held.of(Path("z.csv"), {"id": np.array(["galaxy_3", "galaxy_5"]), "z": np.array([0.3, 0.5])})
    table, used = joined(FOLDER, files("galaxy_5", "galaxy_3"), catalogue, "id", "z")
    np.testing.assert_array_equal(table["z"].numbers(), [0.5, 0.3])
    assert used.values.tolist() == ["galaxy_5", "galaxy_3"]


def test_what_cannot_be_joined():
    with pytest.raises(InputError, match=r"nothing says which column has their names; name it \(--id\)"):
        joined(FOLDER, files("5", "3"), CATALOGUE, None, "z")
    with pytest.raises(InputError, match=r"no file names of folder stands in id of z\.csv"):
        joined(FOLDER, files("x", "y"), CATALOGUE, "id", "z")
    twice = Held.of(Path("z.csv"), {"id": np.array([5, 5]), "z": np.array([0.1, 0.2])})
    with pytest.raises(InputError, match="with different values"):
        joined(OWN, None, twice, "id", "z")
