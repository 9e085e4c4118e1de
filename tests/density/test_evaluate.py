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


def known(score):
    return {name: value for name, value in score.items() if value is not None}


def test_densities(file, density):
    document = evaluate(file)
    assert list(document) == ["n", "point", "metrics"]
    assert (document["n"], document["point"]) == (200, "mean")
    expected = {name: score.as_dict() for name, score in scores.scores(density, resamples=20).items()}
    assert list(document["metrics"]) == list(expected)
    for name, score in expected.items():
        assert known(document["metrics"][name]) == pytest.approx(known(score), rel=1e-9)
        assert set(document["metrics"][name]) == set(score)
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
        "store.h5": "neither densities .* it has images, redshift",
        "table.xyz": "allowed are .csv",
    }.items():
        with pytest.raises(InputError, match=message):
            evaluate(tmp_path / name)


@pytest.mark.parametrize("code", [-1, -9, -99, -999, -9999, 99, np.nan, np.inf])
@pytest.mark.parametrize("column", ["z_mean", "redshift"])
def test_codes_of_tables_are_left_out_and_counted(table, tmp_path, density, capsys, code, column):
    columns = {"redshift": density.redshift.copy(), "z_mean": density.mean(), "z_mode": density.mode()}
    columns[column] = np.where(np.arange(200) % 5, columns[column], code)
    write_table(tmp_path / "codes.parquet", columns)
    document = evaluate(tmp_path / "codes.parquet")
    assert document["n"] == 160
    assert document["left_out"] == {"point" if column == "z_mean" else "redshift": 40}
    kept = np.arange(200) % 5 > 0
    expected = scores.point_scores(density.mean()[kept], density.redshift[kept], resamples=20)
    assert document["metrics"] == {name: score.as_dict() for name, score in expected.items()}
    assert "40 of 200 galaxies have no known" in capsys.readouterr().err


def test_codes_of_densities_are_left_out_and_counted(tmp_path, density):
    redshift, best = density.redshift.copy(), density.mode()
    redshift[:10], best[5:20] = -9999, -99
    densities.write(tmp_path / "d.hdf5", Density(density.grid, density.mass, redshift=redshift), {"best": best})
    assert evaluate(tmp_path / "d.hdf5")["left_out"] == {"redshift": 10}
    document = evaluate(tmp_path / "d.hdf5", point="best")
    assert (document["n"], document["left_out"]) == (180, {"redshift": 10, "point": 10})
    assert document["metrics"]["crps"]["value"] == pytest.approx(density[20:].crps().mean())
    assert document["metrics"]["bias"]["value"] == pytest.approx(
        np.mean(scores.residuals(best[20:], density.redshift[20:]))
    )


def test_galaxies_that_cannot_be_scored(tmp_path):
    write_table(tmp_path / "t.csv", {"z_mean": np.array([-99.0, np.nan]), "redshift": np.array([0.1, 0.2])})
    with pytest.raises(InputError, match=r"no galaxy of .* has a known point estimate; name another by --point"):
        evaluate(tmp_path / "t.csv")
    write_table(tmp_path / "u.csv", {"z_mean": np.array([0.1, 0.2]), "redshift": np.array([np.nan, -9])})
    with pytest.raises(InputError, match="has a known true redshift; give some by --truth"):
        evaluate(tmp_path / "u.csv")
    write_table(tmp_path / "v.csv", {"z_mean": np.array([16.2, 17.1]), "redshift": np.array([0.1, 0.2])})
    with pytest.raises(InputError, match=r"v\.csv: point estimate holds no redshifts.*look like magnitudes"):
        evaluate(tmp_path / "v.csv")
    np.savez(tmp_path / "w.npz", z_mean=np.zeros(3), redshift=np.zeros(2))
    with pytest.raises(InputError, match=r"'redshift' of .* has 2 values for 3 galaxies"):
        evaluate(tmp_path / "w.npz")
    np.savez(tmp_path / "x.npz", z_mean=np.full(3, 0.1), redshift=np.full(3, 0.1), r=np.zeros(2))
    with pytest.raises(InputError, match=r"'r' of .* 2 values for 3 galaxies"):
        evaluate(tmp_path / "x.npz", by="r")


SPLIT = np.arange(200) % 4
"""Parts 0, 1, 2, and 0 again."""


@pytest.fixture
def parted(tmp_path, density):
    parts = np.where(SPLIT == 3, 0, SPLIT).astype(np.uint8)
    densities.write(tmp_path / "parted.hdf5", density, {"split": parts})
    return tmp_path / "parted.hdf5"


@pytest.mark.parametrize(
    ("split", "rows"), [(None, 2), ("test", 2), ("validation", 1), ("train", [0, 3]), ("all", range(4))]
)
def test_only_the_part_is_scored(parted, density, capsys, split, rows):
    document = evaluate(parted, split=split)
    chosen = density[np.isin(SPLIT, rows)]
    assert document["n"] == len(chosen)
    assert document["split"] == split or (split is None and document["split"] == "test")
    assert document["metrics"]["crps"]["value"] == pytest.approx(chosen.crps().mean())
    said = capsys.readouterr().err
    if split == "all":
        assert "left_out" not in document
        assert "scored" not in said
    else:
        assert document["left_out"] == {"part": 200 - len(chosen)}
        assert (
            f"{len(chosen)} of 200 galaxies are scored, the part {split or 'test'} of 100 train, 50 validation, 50"
            in said
        )


@pytest.mark.parametrize("suffix", ["csv", "parquet", "fits"])
def test_parts_in_words_of_a_table(tmp_path, density, suffix):
    words = np.array(["Training", "val", "TEST", "train"])[SPLIT]
    columns = {"Split": words, "redshift": density.redshift, "z_mean": density.mean()}
    write_table(tmp_path / f"t.{suffix}", columns)
    assert evaluate(tmp_path / f"t.{suffix}")["n"] == 50
    assert evaluate(tmp_path / f"t.{suffix}", split="train")["n"] == 100


def test_a_column_split_of_another_meaning_is_said(tmp_path, density, capsys):
    columns = {"split": SPLIT, "redshift": density.redshift, "z_mean": density.mean()}
    write_table(tmp_path / "t.csv", columns)
    document = evaluate(tmp_path / "t.csv")
    assert document["n"] == 200
    assert "split" not in document
    assert "Every galaxy is scored, since" in capsys.readouterr().err
    with pytest.raises(InputError, match="column 'split' names no part of a split in row 3, which is '3'"):
        evaluate(tmp_path / "t.csv", split="test")


def test_parts_that_are_not_there(tmp_path, file, density):
    with pytest.raises(InputError, match="has no column 'split' that says who is in test"):
        evaluate(file, split="test")
    with pytest.raises(InputError, match="allowed are train, validation, test, all"):
        evaluate(file, split="tset")
    assert evaluate(file, split="all")["n"] == 200
    densities.write(tmp_path / "train.hdf5", density, {"split": np.zeros(200, np.uint8)})
    with pytest.raises(InputError, match="no galaxies of the part test, only 200 train; choose by --split"):
        evaluate(tmp_path / "train.hdf5")


def test_how_true_redshifts_were_found_is_in_the_document(file, tmp_path, density):
    write_table(tmp_path / "truth.parquet", {"ID": density.id[::2], "z": density.redshift[::2]})
    document = evaluate(file, f"{tmp_path}/truth.parquet:z")
    assert document["matched"] == {"by": "id = ID", "of": 200, "n": 100}
    assert document["left_out"] == {"redshift": 100}
    write_table(tmp_path / "rows.parquet", {"z": density.redshift})
    assert evaluate(file, f"{tmp_path}/rows.parquet:z")["matched"] == {"by": "row", "of": 200, "n": 200}


def test_columns_as_qp_makes_them(tmp_path, density, capsys):
    """Ensemble.mode and qp.concatenate write one value a galaxy as (N, 1)."""
    qp = pytest.importorskip("qp")
    order = np.random.default_rng(1).permutation(200)
    both = [
        qp.Ensemble(
            qp.hist,
            data={"bins": density.grid.edges, "pdfs": density.mass[part] / density.grid.width},
            ancil={"zmode": density.mode()[part], "object_id": density.id[part], "z_true": density.redshift[part]},
        )
        for part in (slice(0, 90), slice(90, 200))
    ]
    qp.concatenate(both).write_to(str(tmp_path / "rail.hdf5"))
    with h5py.File(tmp_path / "rail.hdf5", "r+") as ensemble:
        for name in ensemble["ancil"]:
            values = ensemble["ancil"][name][:].reshape(-1, 1)
            del ensemble["ancil"][name]
            ensemble["ancil"][name] = values
    bias = pytest.approx(np.mean(scores.residuals(density.mode(), density.redshift)))
    assert evaluate(tmp_path / "rail.hdf5", "z_true", "zmode")["metrics"]["bias"]["value"] == bias
    write_table(tmp_path / "truth.csv", {"object_id": density.id[order], "z": density.redshift[order]})
    document = evaluate(tmp_path / "rail.hdf5", f"{tmp_path}/truth.csv:z", "zmode")
    assert document["metrics"]["bias"]["value"] == bias
    assert document["matched"]["by"] == "object_id"


def test_blocks_without_a_known_redshift(tmp_path, density, monkeypatch):
    redshift = np.where(np.arange(200) < 150, np.nan, density.redshift)
    densities.write(tmp_path / "d.hdf5", Density(density.grid, density.mass, redshift=redshift))
    whole = evaluate(tmp_path / "d.hdf5")
    blocks = densities.DensityFile.blocks
    monkeypatch.setattr(densities.DensityFile, "blocks", lambda self: blocks(self, 40))
    assert evaluate(tmp_path / "d.hdf5") == whole
    assert whole["n"] == 50


def test_each_bootstrap_bar_names_the_bin_that_it_is_of(file, capsys):
    parts = evaluate(file, by="ebv")["by"]
    said = capsys.readouterr().err
    assert "bootstrap: " in said
    assert all(f"bootstrap, {part['low']:.4g} to {part['high']:.4g}: " in said for part in parts)


@pytest.mark.parametrize(("by", "code"), [("r", 99), ("r", -9999), ("ebv", -99), ("ebv", 1e30)])
def test_codes_are_in_no_bin(tmp_path, density, capsys, by, code):
    values = np.where(np.arange(200) < 20, code, np.linspace(0.1, 0.2, 200))
    densities.write(tmp_path / "d.hdf5", density, {by: values})
    parts = evaluate(tmp_path / "d.hdf5", by=by)["by"]
    assert [part["n"] for part in parts] == [36] * 5
    assert (parts[0]["low"], parts[-1]["high"]) == (values[20], values[-1])
    said = capsys.readouterr().err
    assert f"d.hdf5: '{by}': 20 of 200 values, such as {code:g}, say that there is none" in said
    assert f"20 of 200 galaxies have no known {by} and are in no bin" in said


def test_bins_of_nothing(tmp_path, density):
    densities.write(tmp_path / "d.hdf5", density, {"r": np.full(200, -99.0)})
    with pytest.raises(InputError, match=r"no galaxy of .* that is scored has a known r; split by another column"):
        evaluate(tmp_path / "d.hdf5", by="r")


@pytest.mark.parametrize("code", [-1.0, -9.0, -99.0, -9999.0, 99.0, 9999.0])
def test_codes_of_normal_distributions_are_no_densities(tmp_path, capsys, code):
    truth = np.linspace(0.01, 0.5, 40)
    loc = np.where(np.arange(40) == 3, code, truth + 0.01)
    loc[0] = -0.3
    with h5py.File(tmp_path / "n.hdf5", "w") as file:
        file["meta/pdf_name"], file["meta/pdf_version"] = np.array([b"norm"]), np.array([0])
        file["data/loc"], file["data/scale"] = loc[:, None], np.full((40, 1), 0.05)
        file["ancil/redshift"] = truth
    document = evaluate(tmp_path / "n.hdf5")
    assert (document["n"], document["left_out"]) == (39, {"density": 1})
    assert document["metrics"]["bias"]["value"] == pytest.approx(
        np.mean(scores.residuals(np.delete(loc, 3), np.delete(truth, 3))), abs=1e-6
    )
    assert "1 of 40 densities of" in capsys.readouterr().err
