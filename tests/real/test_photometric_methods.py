"""ANNz and FlexCode on real catalogues: kcorrect's 10,000 galaxies and those of Stripe 82."""

import numpy as np
import pytest
from scipy.stats import binomtest, spearmanr

from slipher.density.scores import columns, paired_difference, scores
from slipher.methods.base import Job, module
from slipher.redshift import Grid


def predicted(galaxies, name, **options):
    return module(name).fit(galaxies, Job(grid=Grid(), options=options)).predict(galaxies.test)


@pytest.mark.parametrize("name", ["annz", "flexcode"])
def test_on_the_main_sample(main_sample, name):
    found = {key: each.value for key, each in scores(predicted(main_sample, name)).items()}
    assert 0.011 < found["mad"] < 0.0146
    assert abs(found["bias"]) < 0.0016
    assert found["outliers_0.05"] < 0.025
    assert found["cde_loss"] < -17.3
    assert found["crps"] < 0.0109
    assert 0.61 < found["coverage_68"] < 0.75
    assert found["pit_ks"] < 0.06


def test_on_stripe_82_with_galaxies_that_have_no_u(stripe82):
    """Fewer trees than by default, for speed."""
    options = {"regressor_options": {"n_estimators": 25, "min_samples_leaf": 5}, "basis": 25}
    flexcode, beck = predicted(stripe82, "flexcode", **options), predicted(stripe82, "beck")
    found = {key: each.value for key, each in scores(flexcode).items()}
    assert found["mad"] < 0.0205
    assert abs(found["bias"]) < 0.002
    assert found["outliers_0.05"] < 0.07
    assert 0.64 < found["coverage_68"] < 0.76
    better = paired_difference("crps", columns(flexcode), columns(beck))
    assert better.high < 0.0001
    lacking = np.isinf(stripe82.test.flux_error).any(axis=1)
    assert scores(flexcode[lacking])["crps"].value < 0.04
    assert np.isfinite(flexcode.mean()).all()


def test_errors_of_annz_grow_with_the_photometric_ones(main_sample):
    """Galaxies whose errors are said to be larger are farther off, and the width of the densities says by how much."""
    model = module("annz").fit(main_sample, Job(grid=Grid(), options={"members": 3, "iterations": 200}))
    columns_ = model.details(main_sample.test)
    off, said = np.abs(columns_["fit_z"] - main_sample.test.redshift), columns_["fit_error"]
    # five standard deviations of what ranks that have nothing to do with each other give
    assert spearmanr(off, said).statistic > 5 / np.sqrt(len(off) - 1)
    worst = said > np.quantile(said, 0.8)
    assert np.median(off[worst]) > 1.2 * np.median(off[~worst])
    # against one error for all that holds 68 % of them: the own errors hold more of the worst, galaxy by galaxy (McNemar)
    own, one = off[worst] < said[worst], off[worst] < np.quantile(off, 0.683)
    gained, lost = int(np.sum(own & ~one)), int(np.sum(one & ~own))
    assert binomtest(gained, gained + lost, alternative="greater").pvalue < 1e-5
    # and they are not said to be larger than they are; they are a tenth too small among the worst (0.59 to 0.63)
    assert binomtest(int(own.sum()), len(own)).proportion_ci(0.999).low < 0.683
