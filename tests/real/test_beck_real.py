"""Beck's local linear regression on real catalogues: kcorrect's 10,000 galaxies and those of Stripe 82."""

import numpy as np
import pytest

from slipher.density.scores import scores
from slipher.methods.base import Job, module
from slipher.redshift import Grid


def fitted(galaxies, name, **options):
    return module(name).fit(galaxies, Job(grid=Grid(), options=options))


def values(density, galaxies):
    found = scores(density, galaxies.redshift)
    return {name: each.value for name, each in found.items()}, found


def test_the_catalogues_are_whole(main_sample, stripe82):
    assert len(main_sample) == 9998
    assert len(stripe82) == 28_602
    assert (stripe82.ebv == 0).all()
    assert np.allclose(np.nanmedian(main_sample.ebv), 0.03, atol=0.01)


@pytest.mark.parametrize(("name", "mad", "cde"), [("beck", 0.0145, -17.8), ("local-linear", 0.014, -18.8)])
def test_on_the_main_sample(main_sample, name, mad, cde):
    density = fitted(main_sample, name).predict(main_sample.test)
    found, intervals = values(density, main_sample.test)
    assert 0.011 < found["mad"] < mad
    assert intervals["mad"].low < found["mad"] < intervals["mad"].high
    assert abs(found["bias"]) < 0.0013
    assert found["outliers_0.05"] < 0.025
    assert found["cde_loss"] < cde
    assert found["crps"] < 0.0108
    assert 0.64 < found["coverage_68"] < 0.72
    assert found["pit_ks"] < 0.035


def test_residuals_make_better_densities_than_a_gaussian(main_sample, stripe82):
    for galaxies in (main_sample, stripe82):
        by_density = {
            kind: values(fitted(galaxies, "beck", density=kind).predict(galaxies.test), galaxies.test)[0]
            for kind in ("residuals", "gaussian")
        }
        assert by_density["residuals"]["cde_loss"] < by_density["gaussian"]["cde_loss"]
        assert by_density["residuals"]["crps"] < by_density["gaussian"]["crps"]
        assert by_density["residuals"]["pit_ks"] < by_density["gaussian"]["pit_ks"]


def test_on_stripe_82_with_galaxies_that_have_no_u(stripe82):
    model = fitted(stripe82, "beck")
    found, _ = values(model.predict(stripe82.test), stripe82.test)
    assert found["mad"] < 0.0205
    assert abs(found["bias"]) < 0.001
    assert found["outliers_0.05"] < 0.07
    assert found["cde_loss"] < -12.2
    assert found["crps"] < 0.0172
    assert 0.64 < found["coverage_68"] < 0.71
    assert found["crps"] < 0.3 * values(fitted(stripe82, "trainz").predict(stripe82.test), stripe82.test)[0]["crps"]
    lacking = np.isinf(stripe82.test.flux_error).any(axis=1)
    assert 0.03 < lacking.mean() < 0.05
    assert (model.details(stripe82.test)["error_class"][lacking] != 0).all()


def test_outside_of_its_neighbours_box_an_estimate_is_worse(stripe82):
    columns, redshift = fitted(stripe82, "beck").details(stripe82.test), stripe82.test.redshift
    outliers = np.abs(columns["fit_z"] - redshift) / (1 + redshift) > 0.05
    outside = columns["error_class"] < 0
    assert outliers[outside].mean() > 2 * outliers[~outside].mean()
