import json
from functools import partial
from itertools import pairwise

import h5py
import numpy as np
import pytest
from scipy import stats

from slipher.density import evaluate as module
from slipher.density import file as densities
from slipher.density import scores
from slipher.density.evaluate import evaluate
from slipher.density.histogram import Density
from slipher.errors import InputError
from slipher.formats.tables import write_table
from slipher.redshift import Grid

POINTS = ["bias", "mad", "mad_centred", "outliers_0.05", "outliers_0.15"]


@pytest.fixture(autouse=True)
def few_resamples(monkeypatch):
    monkeypatch.setattr(module, "score_columns", partial(scores.score_columns, resamples=20))


@pytest.fixture
def density():
    rng = np.random.default_rng(0)
    grid = Grid()
    redshift = rng.uniform(0.1, 0.3, 200)
    mu = redshift + 0.015 * rng.normal(size=200)
    mass = np.diff(stats.norm.cdf(grid.edges, mu[:, None], 0.015), axis=1)
    return Density(grid, mass / mass.sum(axis=1, keepdims=True), np.arange(200), redshift)


@pytest.fixture
def file(tmp_path, density):
    path = tmp_path / "densities.hdf5"
    densities.write(path, density, {"ebv": np.linspace(0, 0.2, 200), "r": np.linspace(14, 17.7, 200)})
    return path


@pytest.fixture
def table(tmp_path, density):
    path = tmp_path / "table.parquet"
    columns = {"id": density.id, "redshift": density.redshift, "z_mean": density.mean(), "z_mode": density.mode()}
    write_table(path, columns)
    return path


def test_densities(file, density):
    document = evaluate(file)
    assert list(document) == ["n", "point", "metrics"]
    assert (document["n"], document["point"]) == (200, "mean")
    expected = {name: score.as_dict() for name, score in scores.scores(density, resamples=20).items()}
    assert list(document["metrics"]) == list(expected)
    for name, score in expected.items():
        assert document["metrics"][name] == pytest.approx(score, rel=1e-9)
    json.dumps(document, allow_nan=False)


def test_table_of_points(table, density):
    document = evaluate(table)
    assert (document["n"], document["point"]) == (200, "z_mean")
    assert list(document["metrics"]) == POINTS
    expected = scores.point_scores(density.mean(), density.redshift, resamples=20)
    assert document["metrics"] == {name: score.as_dict() for name, score in expected.items()}


def test_point_by_name(file, table, density):
    bias = np.mean(scores.residuals(density.mode(), density.redshift))
    for path, point, name in [
        (file, "mode", "mode"),
        (file, "zmode", "zmode"),
        (table, "mode", "z_mode"),
        (table, "z_mode", "z_mode"),
    ]:
        document = evaluate(path, point=point)
        assert document["point"] == name
        assert document["metrics"]["bias"]["value"] == pytest.approx(bias)


def test_truth_of_another_file(file, tmp_path, density):
    write_table(tmp_path / "truth.fits", {"id": density.id[::-2], "z": density.redshift[::-2]})
    document = evaluate(file, f"{tmp_path}/truth.fits:z")
    assert document["n"] == 100
    known = density[1::2]
    assert document["metrics"]["crps"]["value"] == pytest.approx(known.crps().mean())


def test_unknown_redshifts_are_left_out(tmp_path, density):
    redshift = np.where(np.arange(200) % 3, density.redshift, np.nan)
    densities.write(tmp_path / "d.hdf5", Density(density.grid, density.mass, redshift=redshift))
    document = evaluate(tmp_path / "d.hdf5")
    assert document["n"] == 133
    expected = scores.columns(density[np.isfinite(redshift)])
    assert document["metrics"]["pit_ks"]["value"] == pytest.approx(scores.pit_ks(expected["pit"]))


@pytest.mark.parametrize("by", ["redshift", "r", "ebv"])
def test_by(file, by):
    document = evaluate(file, by=by)
    parts = document["by"]
    assert [part["n"] for part in parts] == [40] * 5
    assert all(first["high"] < second["low"] for first, second in pairwise(parts))
    assert all(list(part["metrics"]) == list(document["metrics"]) for part in parts)
    mean = np.mean([part["metrics"]["crps"]["value"] for part in parts])
    assert mean == pytest.approx(document["metrics"]["crps"]["value"])


def test_by_a_column_with_gaps_and_few_values(tmp_path, density):
    ebv = np.where(np.arange(200) < 150, 0.1, 0.2)
    ebv[:5] = np.nan
    densities.write(tmp_path / "d.hdf5", density, {"ebv": ebv})
    parts = evaluate(tmp_path / "d.hdf5", by="ebv")["by"]
    assert [(part["low"], part["high"], part["n"]) for part in parts] == [(0.1, 0.1, 145), (0.2, 0.2, 50)]


def test_rail(file):
    document = evaluate(file, convention="rail")
    assert document["convention"] == "rail"
    assert "sigma_iqr" in document["metrics"]


def test_float32_edge_of_the_grid_lies_inside(tmp_path):
    mass = np.zeros((2, 180))
    mass[:, -1] = 1
    with h5py.File(tmp_path / "d.hdf5", "w") as file:
        file["meta/pdf_name"] = np.array([b"hist"])
        file["meta/bins"] = Grid().edges[None, :]
        file["data/pdfs"] = mass / Grid().width
        file["ancil/redshift"] = np.array([0.4, 0.399], dtype=np.float32)
    score = evaluate(tmp_path / "d.hdf5")["metrics"]["log_score"]["value"]
    assert score == pytest.approx(np.log(Grid().width))


def test_truth_of_zero_density_is_null_and_said(tmp_path, density, capsys):
    redshift = density.redshift.copy()
    redshift[:3] = 0.5
    densities.write(tmp_path / "d.hdf5", Density(density.grid, density.mass, redshift=redshift))
    document = evaluate(tmp_path / "d.hdf5")
    assert document["metrics"]["log_score"] == {"value": None, "low": None, "high": None}
    assert document["metrics"]["crps"]["value"] > 0
    assert "3 of 200 true redshifts" in capsys.readouterr().err


def test_foreign_densities(tmp_path, density):
    qp = pytest.importorskip("qp")
    ensemble = qp.Ensemble(
        qp.interp,
        data={"xvals": density.grid.centres, "yvals": density.mass / density.grid.width},
        ancil={"zmode": density.mode(), "z_true": density.redshift},
    )
    ensemble.write_to(str(tmp_path / "rail.hdf5"))
    document = evaluate(tmp_path / "rail.hdf5", "z_true")
    assert document["metrics"]["crps"]["value"] == pytest.approx(density.crps().mean(), rel=0.02)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"convention": "hubble"}, "paper and rail"),
        ({"by": "mass"}, "redshift, r, ebv"),
        ({"by": "r"}, "no column 'r'; it has id, redshift, z_mean, z_mode"),
        ({"point": "zz"}, "nor a column 'zz'; name its column"),
        ({"truth": "zz"}, "no column 'zz'"),
        ({"truth": "id_text"}, "not numbers"),
    ],
)
def test_wrong_options(tmp_path, density, options, message):
    columns = {"id": density.id, "redshift": density.redshift, "z_mean": density.mean(), "z_mode": density.mode()}
    if options.get("truth") == "id_text":
        columns["id_text"] = density.id.astype(str) + np.full(200, "x")
    write_table(tmp_path / "t.csv", columns)
    with pytest.raises(InputError, match=message):
        evaluate(tmp_path / "t.csv", **options)


def test_point_that_densities_do_not_have(file):
    with pytest.raises(InputError, match="has mean, median, mode and the columns"):
        evaluate(file, point="best")


def test_bad_files(tmp_path, file, density):
    (tmp_path / "text.hdf5").write_text("no")
    (tmp_path / "cut.hdf5").write_bytes(file.read_bytes()[:4000])
    with h5py.File(tmp_path / "store.h5", "w") as store:
        store["images"] = np.zeros((3, 5, 4, 4))
        store["redshift"] = np.zeros(3)
    for name, message in {
        "none.hdf5": "does not exist",
        "text.hdf5": "damaged or not hdf5",
        "cut.hdf5": "damaged or truncated",
        "store.h5": "neither densities .* it has redshift",
        "table.xyz": "allowed are .csv",
    }.items():
        with pytest.raises(InputError, match=message):
            evaluate(tmp_path / name)


def test_galaxies_that_cannot_be_scored(tmp_path):
    write_table(tmp_path / "t.csv", {"z_mean": np.array([0.1, np.nan]), "redshift": np.array([0.1, 0.2])})
    with pytest.raises(InputError, match="infinite for 1 galaxies"):
        evaluate(tmp_path / "t.csv")
    write_table(tmp_path / "u.csv", {"z_mean": np.array([0.1, 0.2]), "redshift": np.array([np.nan, np.nan])})
    with pytest.raises(InputError, match="has a known true redshift"):
        evaluate(tmp_path / "u.csv")
    np.savez(tmp_path / "w.npz", z_mean=np.zeros(3), redshift=np.zeros(2))
    with pytest.raises(InputError, match="3 values for 2 redshifts"):
        evaluate(tmp_path / "w.npz")
    np.savez(tmp_path / "x.npz", z_mean=np.full(3, 0.1), redshift=np.full(3, 0.1), r=np.zeros(2))
    with pytest.raises(InputError, match=r"'r' of .* 2 values for 3 galaxies"):
        evaluate(tmp_path / "x.npz", by="r")


def test_blocks_without_a_known_redshift(tmp_path, density, monkeypatch):
    redshift = np.where(np.arange(200) < 150, np.nan, density.redshift)
    densities.write(tmp_path / "d.hdf5", Density(density.grid, density.mass, redshift=redshift))
    whole = evaluate(tmp_path / "d.hdf5")
    blocks = densities.DensityFile.blocks
    monkeypatch.setattr(densities.DensityFile, "blocks", lambda self: blocks(self, 40))
    assert evaluate(tmp_path / "d.hdf5") == whole
    assert whole["n"] == 50
