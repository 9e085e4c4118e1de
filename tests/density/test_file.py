from itertools import pairwise

import h5py
import numpy as np
import pytest

from slipher.density import file as densities
from slipher.density.histogram import Density
from slipher.errors import InputError
from slipher.redshift import Grid

GRID = Grid(0.4, 30)


def make(galaxies=11, grid=GRID, seed=0):
    rng = np.random.default_rng(seed)
    mass = rng.gamma(0.5, size=(galaxies, grid.bins))
    redshift = rng.uniform(0.01, grid.z_max, galaxies)
    redshift[::4] = np.nan
    names = np.array([f"galaxy-{10**k if k < 5 else k}" for k in range(galaxies)])
    return Density(grid, mass / mass.sum(axis=1, keepdims=True), names, redshift)


def test_round_trip(tmp_path):
    density = make()
    densities.write(tmp_path / "d.hdf5", density)
    back = densities.read(tmp_path / "d.hdf5")
    assert back.grid == density.grid
    np.testing.assert_allclose(back.mass, density.mass, rtol=1e-14)
    assert np.abs(back.mass.sum(axis=1) - 1).max() < 1e-14
    np.testing.assert_array_equal(back.id, density.id)
    np.testing.assert_array_equal(back.redshift, density.redshift)


@pytest.mark.parametrize("name", ["a", "b"])
def test_integer_ids_come_back(tmp_path, name):
    ids = np.array([1237648720693755918, 2**63 + 5, 3], dtype=np.uint64)
    densities.write(tmp_path / f"{name}.hdf5", Density(GRID, make(3).mass, ids))
    back = densities.read(tmp_path / f"{name}.hdf5")
    np.testing.assert_array_equal(back.id, ids)
    assert back.redshift is None


def test_qp_opens_it(tmp_path):
    qp = pytest.importorskip("qp")
    density = make()
    densities.write(tmp_path / "d.hdf5", density)
    ensemble = qp.read(str(tmp_path / "d.hdf5"))
    assert ensemble.metadata["pdf_name"][0] == b"hist"
    assert ensemble.cdf(0.21).ravel() == pytest.approx(density.cdf(0.21))
    assert sorted(ensemble.ancil) == ["id", "redshift", "zmean", "zmedian", "zmode"]
    for name in ("mean", "median", "mode"):
        np.testing.assert_allclose(ensemble.ancil[f"z{name}"], density.point(name))


def test_layout(tmp_path):
    densities.write(tmp_path / "d.hdf5", make())
    with h5py.File(tmp_path / "d.hdf5") as file:
        assert file["meta/bins"].shape == (1, 31)
        assert file["meta/pdf_name"].shape == file["meta/pdf_version"].shape == (1,)
        assert file["data/pdfs"].shape == (11, 30)
        assert file["data/pdfs"].dtype == np.float64
        assert file["data/pdfs"].chunks is None


def test_same_bytes_whatever_the_blocks(tmp_path):
    density = make(50)
    densities.write(tmp_path / "whole.hdf5", density)
    for name, starts in {"forth": [0, 7, 20, 50], "back": [0, 1, 25, 50]}.items():
        pieces = list(pairwise(starts))
        with densities.DensityWriter(tmp_path / f"{name}.hdf5", GRID, 50) as writer:
            for a, b in pieces if name == "forth" else pieces[::-1]:
                writer.write(a, density.mass[a:b], density.id[a:b], density.redshift[a:b])
        assert (tmp_path / f"{name}.hdf5").read_bytes() == (tmp_path / "whole.hdf5").read_bytes()


def test_further_columns(tmp_path):
    densities.write(tmp_path / "d.hdf5", make(3), {"r": np.array([17.0, 17.5, 16.0])})
    with densities.DensityFile(tmp_path / "d.hdf5") as file:
        assert file.ancil["r"].values.tolist() == [17.0, 17.5, 16.0]
        assert set(file.ancil) == {"id", "r", "redshift", "zmean", "zmedian", "zmode"}


def test_blocks_join_to_the_whole(tmp_path):
    density = make(50)
    densities.write(tmp_path / "d.hdf5", density)
    with densities.DensityFile(tmp_path / "d.hdf5") as file:
        assert len(file) == 50
        blocks = list(file.blocks(8))
    np.testing.assert_array_equal(np.concatenate([b.mass for b in blocks]), densities.read(tmp_path / "d.hdf5").mass)
    np.testing.assert_array_equal(np.concatenate([b.id for b in blocks]), density.id)


def test_nothing_is_left_by_a_failure(tmp_path):
    path = tmp_path / "d.hdf5"

    def fail():
        with densities.DensityWriter(path, GRID, 20) as writer:
            writer.write(0, make(10).mass)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("room", [0, 100, 3000, 5000])
def test_a_full_disk_is_said_in_one_sentence(tmp_path, files_of_at_most, capfd, room):
    with (
        files_of_at_most(room),
        pytest.raises(InputError, match=r"d.hdf5 cannot be written: File too large; make room"),
    ):
        densities.write(tmp_path / "d.hdf5", make(30))
    assert not list(tmp_path.iterdir())
    assert capfd.readouterr().err == ""


def test_missing_galaxies_are_noticed(tmp_path):
    with (
        pytest.raises(ValueError, match="was to hold 20"),
        densities.DensityWriter(tmp_path / "d.hdf5", GRID, 20) as writer,
    ):
        writer.write(0, make(10).mass)
    assert list(tmp_path.iterdir()) == []


def test_unwritable_destination(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="is a file, not a folder"):
        densities.write(tmp_path / "file" / "d.hdf5", make())


def test_no_galaxies(tmp_path):
    with densities.DensityWriter(tmp_path / "d.hdf5", GRID, 0):
        pass
    assert len(densities.read(tmp_path / "d.hdf5")) == 0


def test_foreign_histogram_in_float32(tmp_path):
    density = make()
    with h5py.File(tmp_path / "f.hdf5", "w") as file:
        file["meta/pdf_name"] = np.array([b"hist"])
        file["meta/bins"] = GRID.edges[None, :]
        file["data/pdfs"] = (density.mass / GRID.width).astype(np.float32)
    np.testing.assert_allclose(densities.read(tmp_path / "f.hdf5").mass, density.mass, rtol=1e-5, atol=1e-8)


def test_another_grid_may_be_asked_for(tmp_path):
    density = make()
    densities.write(tmp_path / "d.hdf5", density)
    coarse = densities.read(tmp_path / "d.hdf5", Grid(0.4, 10))
    np.testing.assert_allclose(coarse.mass, density.mass.reshape(11, 10, 3).sum(axis=2))
    wide = densities.read(tmp_path / "d.hdf5", Grid(0.8, 60))
    np.testing.assert_allclose(wide.mass[:, :30], density.mass, atol=1e-15)


def test_no_hdf5(tmp_path):
    (tmp_path / "d.hdf5").write_text("not at all")
    with pytest.raises(InputError, match="not an HDF5 file"):
        densities.read(tmp_path / "d.hdf5")
    with pytest.raises(InputError, match="does not exist"):
        densities.read(tmp_path / "none.hdf5")


@pytest.mark.parametrize("share", [0.05, 0.5, 0.95])
def test_truncated_file(tmp_path, share):
    densities.write(tmp_path / "d.hdf5", make(50))
    content = (tmp_path / "d.hdf5").read_bytes()
    (tmp_path / "d.hdf5").write_bytes(content[: int(share * len(content))])
    with pytest.raises(InputError, match="damaged or truncated"):
        densities.read(tmp_path / "d.hdf5")


def test_foreign_hdf5(tmp_path):
    with h5py.File(tmp_path / "d.hdf5", "w") as file:
        file["images"] = np.zeros((3, 5))
    with pytest.raises(InputError, match="meta and data are wanted, it has images"):
        densities.read(tmp_path / "d.hdf5")


@pytest.mark.parametrize("bad", [np.nan, -1.0, 0.0])
def test_rows_that_hold_no_density(tmp_path, bad):
    densities.write(tmp_path / "d.hdf5", make())
    with h5py.File(tmp_path / "d.hdf5", "r+") as file:
        file["data/pdfs"][7] = bad
    with pytest.raises(InputError, match="row 7"):
        densities.read(tmp_path / "d.hdf5")
    with densities.DensityFile(tmp_path / "d.hdf5") as file, pytest.raises(InputError, match="row 7"):
        list(file.blocks(4))


def test_edges_that_do_not_fit(tmp_path):
    for bins in (GRID.edges[None, :-1], GRID.edges[None, ::-1]):
        with h5py.File(tmp_path / "d.hdf5", "w") as file:
            file["meta/pdf_name"] = np.array([b"hist"])
            file["meta/bins"] = bins
            file["data/pdfs"] = make().mass
        with pytest.raises(InputError, match="damaged"):
            densities.read(tmp_path / "d.hdf5")


@pytest.mark.parametrize("edges", [0.05 + 0.1 * np.arange(5), np.array([0, 0.02, 0.03, 0.1, 0.4])])
def test_other_bins_stay_as_they_are(tmp_path, edges):
    pdfs = np.array([[1.0, 2, 3, 4], [0, 1, 0, 1]])
    with h5py.File(tmp_path / "d.hdf5", "w") as file:
        file["meta/pdf_name"] = np.array([b"hist"])
        file["meta/bins"] = edges[None]
        file["data/pdfs"] = pdfs
    own = densities.read(tmp_path / "d.hdf5")
    mass = pdfs * np.diff(edges)
    total = np.cumsum(mass / mass.sum(axis=1, keepdims=True), axis=1)
    assert own.cdf(edges[None, 1:]) == pytest.approx(total)
    assert own.pdf(edges[None, 1:]) == pytest.approx(pdfs / mass.sum(axis=1, keepdims=True))
    wished = densities.read(tmp_path / "d.hdf5", Grid(1.0, 100))
    assert isinstance(wished, Density)
    assert wished.cdf(edges[None, 1:]) == pytest.approx(total)


def test_is_densities(tmp_path):
    densities.write(tmp_path / "d.hdf5", make())
    with h5py.File(tmp_path / "t.hdf5", "w") as file:
        file["z"] = np.zeros(3)
    (tmp_path / "t.csv").write_text("z\n1\n")
    assert [densities.is_densities(tmp_path / name) for name in ("d.hdf5", "t.hdf5", "t.csv")] == [True, False, False]


def test_text_of_any_script_and_the_bytes_of_ascii(tmp_path):
    mass = make(3).mass
    for name, texts, charset in (("u", ["NGC-é0", "銀河", "x"], "utf-8"), ("a", ["NGC-0", "galaxy", "x"], "ascii")):
        densities.write(tmp_path / f"{name}.hdf5", Density(GRID, mass, np.array(texts)))
        assert densities.read(tmp_path / f"{name}.hdf5").id.tolist() == texts
        with h5py.File(tmp_path / f"{name}.hdf5") as file:
            assert h5py.check_string_dtype(file["ancil/id"].dtype).encoding == charset
            assert file["ancil/id"].asstr()[:].tolist() == texts


def test_qp_reads_and_writes_text_of_any_script(tmp_path):
    qp = pytest.importorskip("qp")
    texts = ["NGC-é0", "銀河", "x"]
    densities.write(tmp_path / "d.hdf5", Density(GRID, make(3).mass, np.array(texts)))
    ensemble = qp.read(str(tmp_path / "d.hdf5"))
    assert ensemble.ancil["id"].tolist() == texts
    ensemble.write_to(str(tmp_path / "again.hdf5"))
    assert densities.read(tmp_path / "again.hdf5").id.tolist() == texts


def test_text_that_is_no_utf8(tmp_path):
    densities.write(tmp_path / "d.hdf5", Density(GRID, make(2).mass, np.array([b"\xe9", b"a"])))
    with pytest.raises(InputError, match="column 'id' holds text that is no UTF-8"):
        densities.read(tmp_path / "d.hdf5")
