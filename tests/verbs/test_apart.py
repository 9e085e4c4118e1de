"""No verb writes over what it reads, told to overwrite or not."""

import shutil

import numpy as np
import pytest

from slipher import cli
from slipher.formats.tables import write_table
from slipher.survey.catalogs.catalog import import_catalogue
from slipher.survey.catalogs.mapping import CatalogueColumns


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A catalogue, its store, a model, and a file of cutouts."""
    folder, rng = tmp_path_factory.mktemp("made"), np.random.default_rng(0)
    redshift = rng.uniform(0.05, 0.35, 200)
    flux = {f"f_{band}": rng.lognormal(3, 0.5, 200) for band in "gr"}
    error = {f"e_{band}": np.ones(200) for band in "gr"}
    write_table(folder / "c.csv", {"z": redshift, **flux, **error})
    columns = CatalogueColumns(flux="f_{band}", flux_error="e_{band}", bands="gr", redshift="z")
    import_catalogue(folder / "c.csv", folder / "s.h5", columns)
    (folder / "s.yaml").write_text("data: s.h5\ngroups: {t: {method: trainz}}\n")
    assert cli.main(["train", str(folder / "s.h5"), "--out", str(folder / "m.safetensors"), *TRAINZ(folder)]) == 0
    np.savez(folder / "i.npz", cube=rng.normal(1, 0.1, (3, 2, 9, 9)), z=redshift[:3])
    return folder


def TRAINZ(folder):  # noqa: N802
    return ["--from", str(folder / "s.yaml"), "--group", "t"]


CATALOG = "data import catalog {0} {1} --flux f_{{band}} --flux-error e_{{band}} --bands gr --redshift z"
PREDICT = "predict m.safetensors s.h5 --out {0} --catalog {1}"


@pytest.mark.parametrize(
    ("words", "over"),
    [
        (CATALOG.format("c.csv", "c.csv"), "c.csv"),
        (CATALOG.format("c.csv", "./x/../c.csv"), "c.csv"),
        (CATALOG.format("c.csv", "link.csv"), "c.csv"),
        ("data import images i.npz i.npz --bands gr --pixel-scale 0.4", "i.npz"),
        ("data import images i.npz c.csv --bands gr --pixel-scale 0.4 --catalog c.csv --redshift z", "c.csv"),
        ("predict m.safetensors s.h5 --out s.h5", "s.h5"),
        (PREDICT.format("d.hdf5", "link.csv") + " ", None),
        ("predict same.h5 s.h5 --out same.h5", "same.h5"),
        ("train s.h5 --out s.h5 --from s.yaml --group t", "s.h5"),
        ("data info s.h5 --page s.h5", "s.h5"),
    ],
)
def test_what_is_read_stays_as_it_is(made, tmp_path, monkeypatch, words, over):
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    (tmp_path / "x").mkdir()
    (tmp_path / "link.csv").symlink_to("c.csv")
    shutil.copy(tmp_path / "m.safetensors", tmp_path / "same.h5")
    monkeypatch.chdir(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    overwrite = [] if "info" in words else ["--overwrite"]
    assert cli.main([*words.split(), *overwrite]) == (0 if over is None else 2)
    kept = ["c.csv", "s.h5", "m.safetensors", "same.h5", "i.npz"]
    assert all((tmp_path / name).read_bytes() == before[name] for name in kept)
