"""Ours, qp's and exact scores of the same galaxies in every parameterisation of qp."""

import runpy
import warnings
from pathlib import Path

import pytest

pytest.importorskip("qp")
measure = runpy.run_path(str(Path(__file__).with_name("measure_parameterisations.py")))
KINDS = [
    "hist",
    "interp",
    "interp_irregular",
    "quant",
    "mixmod",
    "spline",
    "packed_interp",
    "packed_interp (log)",
    "sparse",
    "norm",
    "lognorm",
    "gamma",
    "beta",
]
WRONG_IN_QP = {"interp_irregular": "pit_ks", "beta": "cde_loss"}
"""qp shifts the cdf of an irregular interp by half a knot, and has no pdf of beta at some places."""


@pytest.fixture(scope="module")
def ensembles():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return measure["ensembles"](measure["Galaxies"](40))


def test_every_parameterisation_of_qp_is_measured(ensembles):
    from qp import stats as known
    from scipy import stats

    own = {name for name in known if not hasattr(stats, name)}
    assert own == {name.removesuffix(" (log)") for name in KINDS if not hasattr(stats, name)}
    assert list(ensembles) == KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_scores_are_exact(ensembles, kind, tmp_path):
    ensemble, z, knots, density = ensembles[kind]
    with warnings.catch_warnings():
        # what qp and numpy say of qp's own arithmetic is not ours to mend
        warnings.simplefilter("ignore")
        exact, theirs = measure["exact"](knots, density, z), measure["by_qp"](ensemble, z)
        ensemble.write_to(str(tmp_path / "densities.hdf5"))
    found = measure["ours"](tmp_path / "densities.hdf5", z)
    assert found == pytest.approx(exact, rel=2e-4, abs=2e-6)
    for score in set(theirs) - {WRONG_IN_QP.get(kind)}:
        assert found[score] == pytest.approx(theirs[score], rel=0.03, abs=1e-4)
