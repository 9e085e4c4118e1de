import h5py
import numpy as np
import pytest

from slipher.density.file import DensityFile, is_densities, read
from slipher.errors import InputError

qp = pytest.importorskip("qp")
N = 6
X = np.linspace(0, 1, 21)


@pytest.fixture
def ensemble():
    rng = np.random.default_rng(0)
    ancil = {
        "id": np.arange(N) + 2**62,
        "redshift": np.linspace(0.1, 0.8, N),
        "name": np.array(["a", "bb", "c", "d", "e", "f"]),
        "zmode": np.full((N, 1), 0.3),
        "two": np.zeros((N, 2)),
    }
    return qp.Ensemble(qp.interp, data={"xvals": X, "yvals": rng.uniform(0.5, 1, (N, 21))}, ancil=ancil)


def check(path, ensemble):
    """Densities and columns are those of the ensemble."""
    assert is_densities(path)
    with DensityFile(path) as file:
        assert len(file) == N
        assert file.grid is None
        assert {"id", "redshift", "zmode", "name"} <= set(file.ancil)
        np.testing.assert_array_equal(file.ancil["id"].values, ensemble.ancil["id"])
        np.testing.assert_array_equal(file.ancil["zmode"].numbers(), np.full(N, 0.3))
        assert file.ancil["name"].values.tolist() == ["a", "bb", "c", "d", "e", "f"]
        parts = list(file.blocks(4))
    whole = read(path)
    assert whole.cdf(0.37) == pytest.approx(
        [
            np.trapezoid(np.interp(np.r_[X[X < 0.37], 0.37], X, y), np.r_[X[X < 0.37], 0.37])
            for y in ensemble.objdata["yvals"]
        ]
    )
    np.testing.assert_array_equal(np.concatenate([part.mean() for part in parts]), whole.mean())
    np.testing.assert_array_equal(whole.redshift, ensemble.ancil["redshift"])


@pytest.mark.parametrize("suffix", ["hdf5", "hf5", "fits", "fit", "pq", "parq", "parquet"])
def test_whatever_qp_writes(tmp_path, ensemble, suffix):
    ensemble.write_to(str(tmp_path / f"d.{suffix}"))
    check(tmp_path / f"d.{suffix}", ensemble)


def test_any_of_the_three_files_of_parquet(tmp_path, ensemble):
    ensemble.write_to(str(tmp_path / "d.pq"))
    for name in ("dmeta.pq", "ddata.pq", "dancil.pq"):
        check(tmp_path / name, ensemble)
    (tmp_path / "dancil.pq").unlink()
    assert read(tmp_path / "d.pq").redshift is None
    (tmp_path / "ddata.pq").unlink()
    assert not is_densities(tmp_path / "d.pq")


def test_columns_of_another_number_of_galaxies(tmp_path, ensemble):
    ensemble.write_to(str(tmp_path / "d.pq"))
    ensemble[np.arange(3)].write_to(str(tmp_path / "e.pq"))
    (tmp_path / "eancil.pq").rename(tmp_path / "dancil.pq")
    with pytest.raises(InputError, match="3 rows beside 6 densities"):
        read(tmp_path / "d.pq")


def test_what_stands_for_a_missing_number_is_no_density(tmp_path):
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    parquet.write_table(arrow.table({"pdf_name": [b"norm"], "pdf_version": [0]}), tmp_path / "dmeta.pq")
    parquet.write_table(arrow.table({"loc": [[0.5], None], "scale": [[0.1], [0.1]]}), tmp_path / "ddata.pq")
    with DensityFile(tmp_path / "d.pq") as file:
        assert file.block(0, 2).good.tolist() == [True, False]


def test_the_only_ensemble_of_a_dictionary(tmp_path, ensemble):
    qp.write_dict(str(tmp_path / "one.hdf5"), {"mine": ensemble})
    check(tmp_path / "one.hdf5", ensemble)
    qp.write_dict(str(tmp_path / "two.hdf5"), {"mine": ensemble, "yours": ensemble})
    with pytest.raises(InputError, match=r"2 ensembles \(mine, yours\)"):
        is_densities(tmp_path / "two.hdf5")


def test_text_as_objects(tmp_path, ensemble):
    ensemble.write_to(str(tmp_path / "d.hdf5"))
    with h5py.File(tmp_path / "d.hdf5", "r+") as file:
        del file["ancil/name"], file["meta/pdf_name"]
        file["ancil/name"] = np.array(["a", "bb", "c", "d", "e", "f"], object)
        file["meta"].create_dataset("pdf_name", data="interp")
    check(tmp_path / "d.hdf5", ensemble)


def test_one_galaxy(tmp_path):
    one = qp.Ensemble(qp.stats.norm, data={"loc": np.array([[0.5]]), "scale": np.array([[0.1]])})
    for suffix in ("hdf5", "fits"):
        one.write_to(str(tmp_path / f"d.{suffix}"))
        assert read(tmp_path / f"d.{suffix}").mean() == pytest.approx(0.5)


def test_what_pandas_pickles_is_never_loaded(tmp_path, ensemble):
    pytest.importorskip("tables")
    ensemble.set_ancil({"redshift": np.zeros(N)})
    with pytest.warns(Warning, match="(?i)performance"):
        ensemble.write_to(str(tmp_path / "d.h5"))
    with pytest.raises(InputError, match="pickled Python objects that are never loaded"):
        is_densities(tmp_path / "d.h5")


def test_other_fits_files_are_none(tmp_path):
    from astropy.table import Table

    Table({"z": np.zeros(3)}).write(tmp_path / "t.fits")
    assert not is_densities(tmp_path / "t.fits")


def damage(file):
    """Ways to spoil an ensemble, each with a word of the sentence that it gets."""

    def replaced(name, values):
        del file[name]
        if values is not None:
            file[name] = values

    return {
        "no pdf_name": (lambda: replaced("meta/pdf_name", None), "pdf_name"),
        "empty pdf_name": (lambda: replaced("meta/pdf_name", np.array([b""])), "does not say"),
        "pdf_name a number": (lambda: replaced("meta/pdf_name", np.array([3])), "does not say"),
        "no xvals": (lambda: replaced("meta/xvals", None), "no 'xvals'"),
        "xvals of NaN": (lambda: replaced("meta/xvals", np.full((1, 21), np.nan)), "no finite 'xvals'"),
        "xvals that fall": (lambda: replaced("meta/xvals", X[None, ::-1]), "do not increase"),
        "xvals of another length": (lambda: replaced("meta/xvals", X[None, :-1]), "21 numbers of 'yvals'"),
        "xvals of text": (lambda: replaced("meta/xvals", np.array([b"a"] * 21)), "not numbers"),
        "no yvals": (lambda: replaced("data/yvals", None), "none at all"),
        "other rows": (lambda: file.__setitem__("data/more", np.zeros(4)), "different numbers of rows"),
        "yvals of text": (lambda: replaced("data/yvals", np.full((N, 21), b"x")), "not numbers"),
        "data no group": (lambda: replaced("data", np.zeros(3)), "no table"),
        "meta no group": (lambda: replaced("meta", np.zeros(3)), "no table"),
        "ancil no group": (lambda: replaced("ancil", np.zeros(3)), "no table"),
    }


@pytest.mark.parametrize("way", damage(None))
def test_damaged_ensembles(tmp_path, ensemble, way):
    ensemble.write_to(str(tmp_path / "d.hdf5"))
    with h5py.File(tmp_path / "d.hdf5", "r+") as file:
        spoil, words = damage(file)[way]
        spoil()
    with pytest.raises(InputError, match=words) as caught:
        read(tmp_path / "d.hdf5")
    assert "d.hdf5" in str(caught.value)


@pytest.mark.parametrize("share", [0.3, 0.7, 0.97])
@pytest.mark.parametrize("suffix", ["hdf5", "fits"])
def test_files_that_are_cut_off(tmp_path, ensemble, suffix, share):
    path = tmp_path / f"d.{suffix}"
    ensemble.write_to(str(path))
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(InputError, match=r"d\.(hdf5|fits)"):
        read(path)
