from contextlib import ExitStack
from functools import partial
from pathlib import Path

import h5py
import numpy as np
import pytest
from scipy import stats

from slipher.density import evaluate as module
from slipher.density import scores
from slipher.density.evaluate import evaluate
from slipher.density.opening import open_scorable
from slipher.density.sources.asked import Asked
from slipher.errors import InputError
from slipher.redshift import Grid

N, M = 40, 61
Z = np.linspace(0, 1.2, M)
RNG = np.random.default_rng(0)
TRUTH = RNG.uniform(0.3, 0.9, N)
MEAN = TRUTH + 0.05 * RNG.normal(size=N)
PDF = stats.norm.pdf(Z, MEAN[:, None], 0.05)
EDGES = np.linspace(0, 1.2, M + 1)
HIST = np.diff(stats.norm.cdf(EDGES, MEAN[:, None], 0.05), axis=1) / np.diff(EDGES)
COLUMNS = {"id": np.arange(N), "redshift": TRUTH, "flux": RNG.normal(size=(N, 5))}
LINES = stats.norm.pdf(TRUTH, MEAN, 0.05)


@pytest.fixture(autouse=True)
def few_resamples(monkeypatch):
    monkeypatch.setattr(module, "score_columns", partial(scores.score_columns, resamples=20))


def write(path, columns, header=None, **arrays):
    """Columns and arrays of other lengths, in any of the formats."""
    if path.suffix == ".npz":
        np.savez(path, **columns, **arrays)
    elif path.suffix == ".hdf5":
        with h5py.File(path, "w") as file:
            for name, values in (columns | arrays).items():
                file[name] = values
            file.attrs.update(header or {})
    elif path.suffix == ".fits":
        from astropy.io import fits
        from astropy.table import Table

        units = [fits.PrimaryHDU(), fits.table_to_hdu(Table(columns))]
        units += [fits.table_to_hdu(Table({name: values})) for name, values in arrays.items()]
        units[1].header.update(header or {})
        fits.HDUList(units).writeto(path)
    else:
        import pyarrow
        from pyarrow import parquet

        listed = {name: values if values.ndim == 1 else list(values) for name, values in columns.items()}
        parquet.write_table(pyarrow.table(listed), path)
    return path


def cde(path, **options):
    return evaluate(path, **options)["metrics"]["cde_loss"]["value"]


def of_lines(knots, heights):
    """The CDE loss of densities that go straight, by numpy alone."""
    fine = np.linspace(knots[..., :-1], knots[..., 1:], 50, axis=-1).reshape(*knots.shape[:-1], -1)
    fine, knots = np.broadcast_to(fine, (N, fine.shape[-1])), np.broadcast_to(knots, (N, knots.shape[-1]))
    heights = heights / np.trapezoid(heights, knots, axis=1)[:, None]
    rho = [np.interp(x, k, h, left=0, right=0) for x, k, h in zip(fine, knots, heights, strict=True)]
    at = [np.interp(z, k, h, left=0, right=0) for z, k, h in zip(TRUTH, knots, heights, strict=True)]
    return float(np.mean(np.trapezoid(np.square(rho), fine, axis=1)) - 2 * np.mean(at))


LOSS = of_lines(Z, PDF)
STEPS = float(
    np.mean(
        [
            np.sum(h**2 * np.diff(EDGES)) / np.sum(h * np.diff(EDGES)) ** 2
            - 2 * h[np.searchsorted(EDGES, z) - 1] / np.sum(h * np.diff(EDGES))
            for h, z in zip(HIST, TRUTH, strict=True)
        ]
    )
)


@pytest.mark.parametrize("suffix", ["npz", "hdf5", "fits"])
@pytest.mark.parametrize("name", ["zgrid", "z_grid", "Z_BINS", "bins"])
def test_a_column_and_the_redshifts_beside_it(tmp_path, suffix, name):
    assert cde(write(tmp_path / f"t.{suffix}", COLUMNS | {"pdf": PDF}, **{name: Z})) == pytest.approx(LOSS, rel=1e-3)
    assert cde(write(tmp_path / f"h.{suffix}", COLUMNS | {"PDF": HIST}, **{name: EDGES})) == pytest.approx(
        STEPS, rel=1e-9
    )


@pytest.mark.parametrize("suffix", ["npz", "hdf5", "fits", "parquet"])
def test_redshifts_of_each_galaxy(tmp_path, suffix):
    own = MEAN[:, None] + 0.05 * np.linspace(-4, 4, 21)
    heights = stats.norm.pdf(own, MEAN[:, None], 0.05)
    loss = of_lines(own, heights)
    assert cde(write(tmp_path / f"t.{suffix}", COLUMNS | {"pzbins": own, "pz": heights})) == pytest.approx(
        loss, rel=1e-3
    )
    edges = np.concatenate([own, own[:, -1:] + 0.02], axis=1)
    assert cde(write(tmp_path / f"h.{suffix}", COLUMNS | {"pzbins": edges, "pz": heights})) < -4


@pytest.mark.parametrize("suffix", ["npz", "hdf5", "fits"])
def test_redshifts_that_fall(tmp_path, suffix, capsys):
    path = write(tmp_path / f"t.{suffix}", COLUMNS | {"pdf": PDF[:, ::-1].copy()}, zgrid=Z[::-1].copy())
    assert cde(path) == pytest.approx(LOSS, rel=1e-3)
    assert "fall: both are turned round" in capsys.readouterr().err
    assert cde(path, grid="zgrid") == pytest.approx(LOSS, rel=1e-3)
    path = write(tmp_path / f"h.{suffix}", COLUMNS | {"pdf": HIST[:, ::-1].copy()}, edges=EDGES[::-1].copy())
    assert cde(path) == pytest.approx(STEPS, rel=1e-9)
    own = COLUMNS | {"pzbins": np.tile(Z[::-1], (N, 1)), "pz": PDF[:, ::-1].copy()}
    assert cde(write(tmp_path / f"o.{suffix}", own)) == pytest.approx(LOSS, rel=1e-3)


@pytest.mark.parametrize("factor", [100, 1000, 299792.458])
def test_knots_that_are_no_redshifts(tmp_path, factor):
    for each in (
        write(tmp_path / "t.npz", COLUMNS | {"pdf": PDF}, zgrid=factor * Z),
        write(tmp_path / "h.npz", COLUMNS | {"pdf": HIST}, edges=factor * EDGES),
        write(tmp_path / "o.npz", COLUMNS | {"pzbins": np.tile(factor * Z, (N, 1)), "pz": PDF}),
    ):
        with pytest.raises(InputError, match=rf"knots up to {1.2 * factor:g}, which are no redshifts"):
            cde(each)


@pytest.mark.parametrize("suffix", ["npz", "hdf5", "fits", "parquet"])
def test_redshifts_that_are_named(tmp_path, suffix):
    path = write(tmp_path / f"t.{suffix}", COLUMNS | {"likelihood": PDF.astype(np.float32)})
    np.savez(tmp_path / "g.npz", here=Z)
    write(tmp_path / "g.fits", {"there": Z})
    for grid in (f"{tmp_path}/g.npz:here", f"{tmp_path}/g.fits:there"):
        assert cde(path, grid=grid) == pytest.approx(LOSS, rel=1e-3)
    np.savez(tmp_path / "short.npz", here=Z[:60])
    with pytest.raises(InputError, match="60 redshifts, which fit no column"):
        cde(path, grid=f"{tmp_path}/short.npz:here")
    with pytest.raises(InputError, match="does not hold redshifts that rise"):
        cde(path, grid="redshift")
    with pytest.raises(InputError, match="no column or array 'nowhere'"):
        cde(path, grid="nowhere")


@pytest.mark.parametrize("suffix", ["npz", "hdf5", "fits", "parquet"])
def test_equal_bins_from_0(tmp_path, suffix):
    path = write(tmp_path / f"t.{suffix}", COLUMNS | {"pdf": HIST})
    assert cde(path, z_max=1.2) == pytest.approx(STEPS, rel=1e-9)
    assert cde(path, z_max=1.2, bins=M) == pytest.approx(STEPS, rel=1e-9)
    with pytest.raises(InputError, match=r"at which redshifts the 61 numbers of 'pdf' are; name .* by --grid"):
        cde(path)
    with pytest.raises(InputError, match="at which redshifts"):
        cde(path, z_max=1.2, bins=7)


@pytest.mark.parametrize("suffix", ["hdf5", "fits"])
def test_redshifts_that_a_header_tells(tmp_path, suffix):
    path = write(tmp_path / f"t.{suffix}", COLUMNS | {"pdf": PDF}, {"ZMIN": 0.0, "ZMAX": 1.2})
    assert cde(path) == pytest.approx(LOSS, rel=1e-3)
    path = write(tmp_path / f"h.{suffix}", COLUMNS | {"pdf": HIST}, {"ZMIN": 0.0, "ZMAX": 1.2, "DZ": 1.2 / M})
    assert cde(path) == pytest.approx(STEPS, rel=1e-9)


def test_redshifts_in_an_attribute(tmp_path):
    path = write(tmp_path / "t.hdf5", COLUMNS | {"pdf": PDF})
    with h5py.File(path, "r+") as file:
        file["pdf"].attrs["z_grid"] = Z
    assert cde(path) == pytest.approx(LOSS, rel=1e-3)


def test_a_grid_that_is_wanted(tmp_path):
    path = write(tmp_path / "t.npz", COLUMNS | {"pdf": PDF}, zgrid=Z)
    coarse = Grid(2.0, 10)
    area = np.trapezoid(PDF, Z, axis=1)
    total = (
        np.stack(
            [
                np.array(
                    [
                        np.trapezoid(*(np.interp(c, Z, p), c)) if len(c) > 1 else 0
                        for c in (np.unique(np.r_[Z[e > Z], min(e, 1.2)]) for e in coarse.edges)
                    ]
                )
                for p in PDF
            ]
        )
        / area[:, None]
    )
    mass = np.diff(total, axis=1)
    loss = np.mean((mass**2).sum(axis=1) / 0.2 - 2 * mass[np.arange(N), np.searchsorted(coarse.edges, TRUTH) - 1] / 0.2)
    assert cde(path, z_max=2.0, bins=10) == pytest.approx(loss, rel=1e-9)
    for half in ({"z_max": 2.0}, {"bins": 10}):
        with pytest.raises(InputError, match="give both, or neither"):
            cde(path, **half)


def test_probabilities_in_unequal_bins(tmp_path, capsys):
    edges = np.concatenate([np.linspace(0, 0.6, 41), np.linspace(0.65, 1.2, 12)])
    mass = np.diff(stats.norm.cdf(edges, MEAN[:, None], 0.05), axis=1)
    density = mass / np.diff(edges)
    assert cde(write(tmp_path / "m.npz", COLUMNS | {"pdf": mass}, edges=edges)) == pytest.approx(
        cde(write(tmp_path / "d.npz", COLUMNS | {"pdf": density}, edges=edges))
    )
    assert "taken for probabilities" in capsys.readouterr().err


def test_which_column_is_meant(tmp_path):
    other = {"first": PDF, "second": PDF[::-1].copy()}
    path = write(tmp_path / "t.npz", COLUMNS | other, zgrid=Z)
    with pytest.raises(InputError, match="first, second; name one by --pdf"):
        cde(path)
    assert cde(path, pdf="first") == pytest.approx(LOSS, rel=1e-3)
    assert cde(write(tmp_path / "u.npz", COLUMNS | other | {"pdf": PDF}, zgrid=Z)) == pytest.approx(LOSS, rel=1e-3)
    with pytest.raises(InputError, match="no column 'third' of an array a row; it has flux, first, second"):
        cde(path, pdf="third")


def test_columns_that_are_no_densities(tmp_path, capsys):
    """A catalogue of fluxes and points stays one of points, whatever else lies beside."""
    points = COLUMNS | {"z_mean": TRUTH}
    assert evaluate(write(tmp_path / "t.npz", points, zgrid=Z))["point"] == "z_mean"
    assert capsys.readouterr().err.count("densities") == 0
    assert evaluate(write(tmp_path / "u.npz", points | {"pdf": PDF}))["point"] == "z_mean"
    assert "may hold densities" in capsys.readouterr().err
    for option in ({"grid": "zgrid"}, {"z_max": 1.0, "bins": 10}):
        with pytest.raises(InputError, match=r"which fit no column|holds no densities; leave out"):
            evaluate(tmp_path / "t.npz", **option)


def test_rows_that_hold_no_density_are_left_out(tmp_path, capsys):
    spoilt = PDF.copy()
    spoilt[3, 5], spoilt[4] = np.nan, 0
    document = evaluate(write(tmp_path / "t.npz", COLUMNS | {"pdf": spoilt}, zgrid=Z))
    assert document["n"] == N - 2
    assert document["left_out"] == {"density": 2}
    assert "row 3 (id 3), 4 (id 4)" in capsys.readouterr().err


def test_a_point_beside_the_densities(tmp_path):
    path = write(tmp_path / "t.npz", COLUMNS | {"pdf": PDF, "z_best": TRUTH + 0.01}, zgrid=Z)
    document = evaluate(path, point="z_best")
    assert document["metrics"]["bias"]["value"] == pytest.approx(np.mean(0.01 / (1 + TRUTH)))
    assert document["metrics"]["cde_loss"]["value"] == pytest.approx(LOSS, rel=1e-3)


def test_an_ensemble_has_no_columns_to_choose(tmp_path):
    with h5py.File(tmp_path / "d.hdf5", "w") as file:
        file["meta/pdf_name"] = np.array([b"norm"])
        file["data/loc"], file["data/scale"] = MEAN[:, None], np.full((N, 1), 0.05)
        file["ancil/redshift"] = TRUTH
    with pytest.raises(InputError, match="knows its own redshifts; leave out --grid zgrid"):
        cde(tmp_path / "d.hdf5", grid="zgrid")
    exact = 1 / (2 * 0.05 * np.sqrt(np.pi)) - 2 * LINES.mean()
    assert cde(tmp_path / "d.hdf5", z_max=2.0, bins=2000) == pytest.approx(exact, rel=1e-3)


def test_blocks_are_read_in_order(tmp_path):
    for suffix in ("npz", "hdf5", "fits", "parquet"):
        path = write(tmp_path / f"t.{suffix}", COLUMNS | {"pdf": HIST})
        with ExitStack() as stack:
            file, _ = open_scorable(path, Asked(z_max=1.2), None, stack)
            means = np.concatenate([density.mean() for density in file.blocks(7)])
        assert means == pytest.approx(MEAN, abs=0.01)


@pytest.mark.parametrize("suffix", ["hdf5", "fits"])
@pytest.mark.parametrize("header", [{"ZMIN": "a", "ZMAX": 1.2}, {"ZMIN": 0.0, "ZMAX": 1.2, "DZ": 0.0}, {"ZMIN": 0.0}])
def test_headers_that_tell_no_redshifts(tmp_path, suffix, header):
    with pytest.raises(InputError, match="at which redshifts"):
        cde(write(tmp_path / f"t.{suffix}", COLUMNS | {"pdf": PDF}, header))


def test_redshifts_of_text(tmp_path):
    np.savez(tmp_path / "g.npz", here=np.full(M, "abc"))
    with pytest.raises(InputError, match="not numbers"):
        cde(write(tmp_path / "t.npz", COLUMNS | {"pdf": PDF}), grid=f"{tmp_path}/g.npz:here")


def test_ids_of_another_length_name_nobody(tmp_path, capsys):
    spoilt = np.where(np.arange(N)[:, None] == 3, 0, PDF)
    columns = {**COLUMNS, "id": np.arange(2), "pdf": spoilt}
    assert evaluate(write(tmp_path / "t.npz", columns, zgrid=Z))["n"] == N - 1
    assert "left out: row 3." in capsys.readouterr().err


@pytest.mark.parametrize("suffix", ["npz", "hdf5", "fits"])
def test_a_folder_is_never_taken_for_the_network(tmp_path, monkeypatch, suffix):
    monkeypatch.chdir(tmp_path)
    folder = Path("http:", "server")
    folder.mkdir(parents=True)
    assert cde(write(folder / f"t.{suffix}", COLUMNS | {"pdf": PDF}, zgrid=Z)) == pytest.approx(LOSS, rel=1e-3)
