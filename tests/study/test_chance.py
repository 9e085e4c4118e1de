import numpy as np
import pytest

from slipher.density.bootstrap import Draws, resample
from slipher.density.scores import METRICS
from slipher.study.chance import estimated

GALAXIES = 100
CRPS = {"crps": METRICS["crps"]}
RESAMPLES = np.random.default_rng(9).multinomial(GALAXIES, np.full(GALAXIES, 1 / GALAXIES), 400) / GALAXIES


def drawn(rng, seeds: int, shared: float, luck: float, own: float, truth: float = 0.0) -> Draws:
    """The scores of two groups, as many seeds each, that truly differ by ``truth``.

    Luck in training moves all galaxies of a seed, of which the two groups share a part; each seed sees the galaxies in
    its own way. In units of the noise by the choice of galaxies.
    """
    galaxies = rng.normal(size=(2, 1, GALAXIES)) / np.sqrt(2)
    common, each = rng.normal(size=(1, seeds, 1)), rng.normal(size=(2, seeds, 1))
    trained = luck * (np.sqrt(shared) * common + np.sqrt(1 - shared) * each) / np.sqrt(GALAXIES)
    scores = galaxies + trained + own * rng.normal(size=(2, seeds, GALAXIES))
    scores[0] += truth
    members = scores.reshape(2 * seeds, GALAXIES)
    return Draws(CRPS, GALAXIES, {"crps": members.mean(axis=1)}, {"crps": members @ RESAMPLES.T}, {})


def covered(seeds: int, shared: float, luck: float, own: float, trials: int) -> float:
    """How often the interval of the difference holds the truth."""
    rng, held = np.random.default_rng(0), 0
    for _ in range(trials):
        draws = drawn(rng, seeds, shared, luck, own, 0.1)
        found = estimated(draws, "crps", range(seeds), range(seeds, 2 * seeds), same_seeds=True)
        held += found.low <= 0.1 <= found.high
    return held / trials


@pytest.mark.parametrize("shared", [0.0, 0.9])
@pytest.mark.parametrize(("luck", "own"), [(0.0, 1.0), (2.0, 0.3)])
def test_intervals_cover_the_truth_as_often_as_they_say(shared, luck, own):
    assert 0.91 < covered(3, shared, luck, own, 200) < 0.999


def width(seeds: int, shared: float, same_seeds: bool, sign: int = -1) -> float:
    rng, widths = np.random.default_rng(1), []
    for _ in range(50):
        draws = drawn(rng, seeds, shared, 2.0, 0.3)
        found = estimated(draws, "crps", range(seeds), range(seeds, 2 * seeds), sign, same_seeds)
        widths.append(found.high - found.low)
    return float(np.mean(widths))


def test_pairing_by_seed_narrows_the_interval_where_seeds_have_luck_in_common():
    assert width(4, 0.9, same_seeds=True) < 0.7 * width(4, 0.9, same_seeds=False)


def test_luck_in_common_makes_a_sum_less_sure_and_a_difference_surer():
    assert width(4, 0.9, same_seeds=True) < width(4, 0.9, same_seeds=True, sign=1)


def test_one_seed_has_the_interval_of_galaxies():
    draws = drawn(np.random.default_rng(2), 1, 0.0, 1.0, 0.3)
    found, plain = estimated(draws, "crps", [0], [1], same_seeds=True), draws.difference("crps", [0], [1])
    assert (found.value, found.low, found.high) == pytest.approx((plain.value, plain.low, plain.high))


def test_seeds_that_do_not_scatter_add_nothing():
    one = {"crps": np.random.default_rng(3).normal(size=GALAXIES)}
    other = {"crps": np.random.default_rng(4).normal(size=GALAXIES)}
    draws = resample([one, one, other, other], CRPS, 200)
    found, plain = estimated(draws, "crps", [0, 1], [2, 3]), draws.difference("crps", [0], [2])
    assert (found.low, found.high) == pytest.approx((plain.low, plain.high))


def test_seeds_of_a_metric_that_is_infinite_say_nothing():
    draws = resample([{"crps": np.array([1.0, np.inf])}] * 4, CRPS, 10)
    found = estimated(draws, "crps", [0, 1], [2, 3], same_seeds=True)
    assert (found.value, found.low, found.high, found.p) == (None, None, None, None)


@pytest.mark.parametrize("seeds", [1, 2, 3])
def test_p_of_distances_counts_luck_in_training(seeds):
    """Two groups that are equally far off on the whole, but whose seeds scatter: seldom told apart."""
    rng, told = np.random.default_rng(5), 0
    for _ in range(60):
        shifts = rng.normal(0.3, 0.1 if seeds > 1 else 0.0, 2 * seeds)
        pits = [{"pit": rng.random(300) ** np.exp(shift)} for shift in shifts]
        draws = resample(pits, {"pit_ks": METRICS["pit_ks"]}, 1)
        found = estimated(draws, "pit_ks", range(seeds), range(seeds, 2 * seeds), same_seeds=True)
        assert found.low is None
        told += found.p < 0.05
    assert told / 60 < 0.12
