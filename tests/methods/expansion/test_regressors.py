import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesRegressor

from slipher.errors import InputError
from slipher.methods.expansion import regressors
from slipher.methods.expansion.regressors import fitted, predicted


@pytest.fixture
def data():
    x = np.random.default_rng(0).normal(size=(300, 3))
    return x, np.column_stack([np.sin(x[:, 0]), x[:, 1] * x[:, 2]])


def test_it_is_scikit_learns_own(data):
    x, y = data
    found = predicted(fitted("ExtraTreesRegressor", {"n_estimators": 20}, 7, x, y), x, 2)
    expected = ExtraTreesRegressor(20, random_state=7).fit(x, y).predict(x)
    assert np.allclose(found, expected)


@pytest.mark.parametrize("name", ["KNeighborsRegressor", "SVR", "Ridge", "GradientBoostingRegressor", "KernelRidge"])
def test_many_regressors_take_several_targets(data, name):
    x, y = data
    found = predicted(fitted(name, {}, 0, x, y), x, 2)
    assert found.shape == (300, 2)
    assert np.mean((found[:, 0] - y[:, 0]) ** 2) < y[:, 0].var()


def test_a_single_target_keeps_its_axis(data):
    x, y = data
    for name in ("ExtraTreesRegressor", "SVR"):
        assert predicted(fitted(name, {}, 0, x, y[:, :1]), x, 1).shape == (300, 1)


def test_chunks_do_not_matter(data, monkeypatch):
    x, y = data
    model = fitted("RandomForestRegressor", {"n_estimators": 5}, 0, x, y)
    whole = predicted(model, x, 2)
    monkeypatch.setattr(regressors, "CHUNK", 17)
    assert np.array_equal(predicted(model, x, 2), whole)
    assert predicted(model, x[:0], 2).shape == (0, 2)


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("Forest", {}, "options.regressor is 'Forest', but scikit-learn has no such regressor"),
        ("BaseEnsemble", {}, "no such regressor"),
        ("RandomForestClassifier", {}, "no such regressor"),
        ("Ridge", {"trees": 1}, "options.regressor_options holds trees, which Ridge does not take; it takes alpha"),
        ("Ridge", {"alpha": "much"}, "options.regressor: Ridge cannot be fitted"),
        ("KNeighborsRegressor", {"n_neighbors": 0}, "KNeighborsRegressor cannot be fitted"),
    ],
)
def test_what_scikit_learn_does_not_take_is_refused(data, name, options, said):
    with pytest.raises(InputError, match=said):
        fitted(name, options, 0, *data)
