"""Which galaxies are scored."""

import numpy as np
import pytest

from slipher.density.scored import scored_galaxies
from slipher.errors import InputError
from slipher.formats.tables import open_table, write_table


@pytest.fixture
def table(tmp_path):
    write_table(tmp_path / "t.parquet", {"split": np.array(["test", "test", "test", "val", "train", "test"])})
    return open_table(tmp_path / "t.parquet")


REDSHIFT = np.array([0.1, -99, 0.3, 0.4, np.nan, 0.6])
POINT = np.array([0.1, np.nan, np.inf, -99, 0.5, 0.7])


def test_each_galaxy_is_left_out_for_the_first_reason(table):
    scored = scored_galaxies(table, REDSHIFT, POINT, None)
    assert scored.rows.tolist() == [True, False, False, False, False, True]
    assert scored.document() == {"split": "test", "left_out": {"part": 2, "redshift": 1, "point": 1}}


def test_no_points_and_every_part(table):
    scored = scored_galaxies(table, REDSHIFT, None, "all")
    assert scored.rows.tolist() == [True, False, True, True, False, True]
    assert scored.document() == {"split": "all", "left_out": {"redshift": 2}}


def test_codes_of_other_parts_are_not_counted(table, capsys):
    scored_galaxies(table, np.where(np.arange(6) < 3, REDSHIFT, 0.2), None, "test")
    assert "true redshift: 1 of 4 values, such as -99, say that there is none" in capsys.readouterr().err


def test_none_left(table):
    with pytest.raises(InputError, match="that is to be scored has a known true redshift"):
        scored_galaxies(table, REDSHIFT, None, "train")
    with pytest.raises(InputError, match="that is to be scored has a known point estimate"):
        scored_galaxies(table, REDSHIFT, POINT, "validation")


@pytest.mark.parametrize("point", [-0.02, -0.5, 0.0, 3.0, 25.0])
def test_an_estimate_that_is_only_wrong_is_scored(table, point):
    scored = scored_galaxies(table, REDSHIFT, np.where(np.arange(6) == 0, point, 0.2), None)
    assert scored.rows.tolist() == [True, False, True, False, False, True]


@pytest.mark.parametrize("point", [-1.0, -9.0, -99.0, 99.0, 999.0, -9999.0, 1e20, np.nan, np.inf])
def test_what_says_that_there_is_no_estimate_is_not_scored(table, point):
    scored = scored_galaxies(table, REDSHIFT, np.where(np.arange(6) == 0, point, 0.2), None)
    assert scored.rows.tolist() == [False, False, True, False, False, True]
