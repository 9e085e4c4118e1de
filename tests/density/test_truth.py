import numpy as np
import pytest

from slipher.density.truth import true_redshifts
from slipher.errors import InputError
from slipher.formats.tables import open_table, write_table


@pytest.fixture
def table(tmp_path):
    def make(name="t.csv", **columns):
        write_table(tmp_path / name, {key: np.asarray(values) for key, values in columns.items()})
        return open_table(tmp_path / name)

    return make


def test_own_column(table):
    own = table(id=[1, 2], redshift=[0.1, 0.2], z_spec=[0.3, 0.4])
    assert true_redshifts(own, 2, None)[0].tolist() == [0.1, 0.2]
    redshift, match = true_redshifts(own, 2, "z_spec")
    assert (redshift.tolist(), match) == ([0.3, 0.4], None)


def test_other_file_by_id(table, tmp_path):
    own = table(id=[30, 10, 99, 20])
    table("other.parquet", id=[10, 20, 30], z=[0.1, 0.2, 0.3])
    found, match = true_redshifts(own, 4, f"{tmp_path}/other.parquet:z")
    np.testing.assert_array_equal(found, [0.3, 0.1, np.nan, 0.2])
    assert match.document() == {"by": "id", "of": 4, "n": 3}


def test_long_ids_are_not_confused(table, tmp_path):
    """In float64 these differ by less than one unit in the last place."""
    ids = np.array([1237648720693755918, 1237648720693755919])
    own = table("own.parquet", specObjID=ids.astype(np.uint64))
    table("other.parquet", specObjID=ids[::-1], z=[0.2, 0.1])
    assert true_redshifts(own, 2, f"{tmp_path}/other.parquet:z")[0].tolist() == [0.1, 0.2]


@pytest.mark.parametrize("suffix", ["csv", "parquet", "fits"])
def test_a_galaxy_twice_with_one_redshift(table, tmp_path, suffix):
    own = table(id=[2, 1])
    table(f"other.{suffix}", ID=[1, 2, 1], z=[0.1, 0.2, 0.1])
    assert true_redshifts(own, 2, f"{tmp_path}/other.{suffix}:z")[0].tolist() == [0.2, 0.1]


def test_ids_as_text(table, tmp_path):
    own = table("own.parquet", id=["b", "a"])
    table("other.csv", id=["a", "b"], z=[0.1, 0.2])
    assert true_redshifts(own, 2, f"{tmp_path}/other.csv:z")[0].tolist() == [0.2, 0.1]
    numbered = table("numbered.parquet", id=[7, 8])
    table("text.parquet", id=["8", "7"], z=[0.1, 0.2])
    assert true_redshifts(numbered, 2, f"{tmp_path}/text.parquet:z")[0].tolist() == [0.2, 0.1]


def test_row_by_row_without_ids(table, tmp_path):
    own = table(objid=[1, 2])
    table("other.csv", label=[5, 6], z=[0.1, 0.2])
    redshift, match = true_redshifts(own, 2, f"{tmp_path}/other.csv:z")
    assert (redshift.tolist(), match.by) == ([0.1, 0.2], "row")
    table("short.csv", z=[0.1])
    with pytest.raises(InputError, match="1 rows, but there are 2 galaxies"):
        true_redshifts(own, 2, f"{tmp_path}/short.csv:z")


@pytest.mark.parametrize(
    ("truth", "message"),
    [
        (None, "name the true redshifts by --truth"),
        ("z", "no column 'z'; it has id"),
        ("{}/other.csv:zz", "no column 'zz'; it has id, z"),
        ("{}/none.csv:z", "does not exist"),
        ("{}/double.csv:z", r"1 identifier stands several times \(1 2 times\) in column 'id' with different values"),
        ("{}/strange.csv:z", "no id of"),
        ("{}/empty.csv:z", "no id of"),
    ],
)
def test_what_cannot_be_used(table, tmp_path, truth, message):
    own = table(id=[1, 2])
    table("other.csv", id=[1, 2], z=[0.1, 0.2])
    table("double.csv", id=[1, 1], z=[0.1, 0.2])
    table("strange.csv", id=[3, 4], z=[0.1, 0.2])
    table("empty.csv", id=np.zeros(0, int), z=np.zeros(0))
    with pytest.raises(InputError, match=message):
        true_redshifts(own, 2, truth and truth.format(tmp_path))
