import subprocess
import sys

import pytest

import slipher

FEW = "import sys, slipher; sys.exit(any(name in sys.modules for name in ('torch', 'numpy', 'h5py', 'jsonargparse')))"


@pytest.mark.parametrize("name", slipher.__all__)
def test_every_public_name_is_there(name):
    assert getattr(slipher, name) is not None
    assert name in dir(slipher)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'Hubble'"):
        _ = slipher.Hubble


def test_importing_it_imports_nothing_heavy():
    assert subprocess.run([sys.executable, "-c", FEW], check=False).returncode == 0


def test_the_ten_lines_of_the_readme(catalogue_store, tmp_path):
    galaxies = slipher.open(catalogue_store)
    model = slipher.fit(galaxies, method="local-linear", grid=slipher.Grid(0.4, 40))
    density = model.predict(galaxies.test)
    low, high = density.interval(0.95)
    assert (low <= high).all()
    found = slipher.scores(density, galaxies.test.redshift)
    assert found["mad"].value < 0.02
    model.save(tmp_path / "model.safetensors")
    slipher.predict(slipher.load(tmp_path / "model.safetensors"), galaxies.test, tmp_path / "densities.hdf5")
    document = slipher.evaluate(tmp_path / "densities.hdf5")
    assert document["metrics"]["mad"]["value"] == pytest.approx(found["mad"].value)


def test_constraints_add_and_scale():
    terms = 0.1 * slipher.Flux() + 0.2 * slipher.Invariance(fraction=1.0) + 0.3 * slipher.CDELoss()
    assert [weight for weight, _ in terms.parts] == [0.1, 0.2, 0.3]
