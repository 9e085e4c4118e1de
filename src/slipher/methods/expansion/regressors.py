"""scikit-learn's regressors by name, fitted to several targets at once and the same whenever they are fitted again."""

import inspect
import warnings
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import numpy as np
from jaxtyping import Float

from slipher.errors import InputError
from slipher.extras import require
from slipher.threads import available_cores

__all__ = ["check_regressor", "fitted", "predicted", "regressor_class"]

MODULES = ("ensemble", "neighbors", "neural_network", "linear_model", "tree", "kernel_ridge", "svm", "gaussian_process")
"""Where scikit-learn has regressors."""
CHUNK = 2048
"""Rows predicted at once by one thread."""


def fitted(
    name: str,
    options: Mapping[str, Any],
    seed: int,
    features: Float[np.ndarray, "galaxies features"],
    targets: Float[np.ndarray, "galaxies targets"],
) -> Any:
    """A regressor of that name, fitted; one that knows a single target only is fitted to each.

    Args:
        name: of a class of scikit-learn, such as ExtraTreesRegressor.
        options: its arguments; the random state is set here, and all cores are used.
        seed: of what it draws at random.
        features: of unit variance.
        targets: to regress on the features.

    Raises:
        InputError: if scikit-learn is not installed, has no such regressor, or it does not take the options.
    """
    check_regressor(name, options)
    kind = regressor_class(name)
    accepted = inspect.signature(kind).parameters
    own = {"random_state": seed, "n_jobs": available_cores()}
    with warnings.catch_warnings():
        # whether a network has been trained long enough is told by the score on validation galaxies
        warnings.simplefilter("ignore", require("sklearn.exceptions", "baselines").ConvergenceWarning)
        with _in_a_sentence(name):
            regressor = kind(**{key: value for key, value in own.items() if key in accepted} | dict(options))
            regressor = _fitted(regressor, features, targets)
            # some arguments are looked at by nothing before
            regressor.predict(features[:1])
    if "n_jobs" in regressor.get_params():
        # threads of its own would add up trees in whatever order they end
        regressor.set_params(n_jobs=1)
    return regressor


def check_regressor(name: str, options: Mapping[str, Any]) -> None:
    """See that there is such a regressor and that it takes the options.

    Raises:
        InputError: otherwise, or if scikit-learn is not installed.
    """
    kind = regressor_class(name)
    accepted = list(inspect.signature(kind).parameters)
    unknown = [key for key in options if key not in accepted]
    if unknown:
        raise InputError(
            f"options.regressor_options holds {unknown[0]}, which {name} does not take; it takes {', '.join(accepted)}."
        )
    with _in_a_sentence(name):
        regressor = kind(**options)
        # what every fit of scikit-learn begins with; a class of before there was such a thing is judged by its fit
        getattr(regressor, "_validate_params", lambda: None)()


@contextmanager
def _in_a_sentence(name: str) -> Iterator[None]:
    """What scikit-learn says of options that it does not take."""
    try:
        yield
    except (ValueError, TypeError) as error:
        first = (str(error).splitlines() or [""])[0].rstrip(".")
        raise InputError(f"options.regressor: {name} cannot be fitted ({first}); change its options.") from error


def predicted(
    regressor: Any, features: Float[np.ndarray, "galaxies features"], targets: int
) -> Float[np.ndarray, "galaxies targets"]:
    """What a regressor says, in chunks over threads.

    Args:
        regressor: a fitted one.
        features: as it was fitted on.
        targets: how many it was fitted to.
    """
    chunks = [features[start : start + CHUNK] for start in range(0, len(features), CHUNK)]
    with ThreadPoolExecutor(available_cores()) as pool:
        parts = list(pool.map(regressor.predict, chunks))
    return np.concatenate([np.zeros((0, targets)), *(part.reshape(-1, targets) for part in parts)])


def _fitted(
    regressor: Any, features: Float[np.ndarray, "galaxies features"], targets: Float[np.ndarray, "galaxies targets"]
) -> Any:
    """The regressor fitted to all targets, or one to each if it knows a single one only."""
    if not regressor.__sklearn_tags__().target_tags.multi_output:
        return require("sklearn.multioutput", "baselines").MultiOutputRegressor(regressor).fit(features, targets)
    # several warn of a single column, which they want flat
    return regressor.fit(features, targets if targets.shape[1] > 1 else targets[:, 0])


def regressor_class(name: str) -> Any:
    """A regressor's class.

    Raises:
        InputError: if scikit-learn is not installed, or has none of that name.
    """
    base = require("sklearn.base", "baselines").RegressorMixin
    for module in MODULES:
        found = getattr(require(f"sklearn.{module}", "baselines"), str(name), None)
        if inspect.isclass(found) and issubclass(found, base):
            return found
    raise InputError(
        f"options.regressor is {name!r}, but scikit-learn has no such regressor; name a class such as "
        "ExtraTreesRegressor, RandomForestRegressor, KNeighborsRegressor or MLPRegressor."
    )
