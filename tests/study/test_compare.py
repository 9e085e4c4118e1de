from pathlib import Path

import numpy as np
import pytest

from slipher.density.bootstrap import Draws
from slipher.density.scores import METRICS
from slipher.study.compare import Comparison, baseline_of, compare, seed_half_width, sentence, to_markdown
from slipher.study.table import Result, Scored


def scored(groups: dict[str, list[float]], noise: float = 0.01, seeded: dict[str, bool] | None = None) -> Scored:
    """Groups whose every metric has these values by seed, and draws that scatter about them."""
    values = np.array([value for seeds in groups.values() for value in seeds])
    rng = np.random.default_rng(0)
    draws = {name: values[:, None] + noise * rng.normal(size=(len(values), 400)) for name in METRICS}
    results = tuple(
        Result(name, "neural", (Path(name),) * len(seeds), seeded=(seeded or {}).get(name, True))
        for name, seeds in groups.items()
    )
    return Scored(results, Draws(dict.fromkeys(METRICS, values), draws))


def one(found: list[Comparison], metric: str = "crps") -> Comparison:
    return next(each for each in found if each.metric == metric)


def test_the_difference_is_of_the_means_over_seeds():
    found = one(compare(scored({"baseline": [1.0, 1.2], "mine": [2.0, 2.2]}), "baseline"))
    assert found.difference == pytest.approx(1.0)
    assert found.low < 1.0 < found.high
    assert (found.group, found.against, found.one_seed) == ("mine", "baseline", False)


def test_chance_in_training_widens_the_interval():
    def width(spread: float) -> float:
        found = one(compare(scored({"baseline": [1, 1 + spread], "mine": [2, 2 + spread]}), "baseline"))
        return found.high - found.low

    assert width(0.0) < width(0.01) < width(0.1)


def test_the_interval_of_seeds_covers_a_true_difference_as_often_as_it_says():
    rng = np.random.default_rng(1)
    covered = 0
    for _ in range(2000):
        ours, theirs = rng.normal(0, 1, 3), rng.normal(0, 2, 4)
        covered += abs(ours.mean() - theirs.mean()) <= seed_half_width(ours, theirs)
    assert 0.93 < covered / 2000 < 0.985


def test_one_seed_cannot_tell():
    found = one(compare(scored({"baseline": [1.0], "mine": [2.0]}), "baseline"))
    assert found.one_seed
    assert sentence(found).startswith("One seed: cannot tell whether mine differs from baseline in CRPS")


@pytest.mark.parametrize(
    ("mine", "said"),
    [(0.5, "mine is better than baseline"), (2.0, "mine is worse"), (1.0, "mine and baseline do not differ")],
)
def test_several_seeds_can_tell(mine, said):
    found = one(compare(scored({"baseline": [1.0, 1.001], "mine": [mine, mine + 0.001]}), "baseline"))
    assert sentence(found).startswith(said)


def test_a_method_without_chance_is_judged_but_the_networks_one_seed_is_mentioned():
    found = compare(scored({"baseline": [1.0], "trainz": [2.0]}, seeded={"trainz": False}), "baseline")
    assert sentence(one(found)).startswith("trainz is worse than baseline in CRPS, by +1.0")
    assert "one seed of baseline" in sentence(one(found))


def test_a_metric_with_a_best_value_is_not_judged():
    found = one(compare(scored({"baseline": [1.0, 1.001], "mine": [2.0, 2.001]}), "baseline"), "bias")
    assert sentence(found).startswith("mine differs from baseline in bias by")


def test_an_infinite_score_is_said_to_be_one():
    found = compare(scored({"baseline": [1.0, 1.0], "mine": [np.inf, 1.0]}), "baseline")
    assert one(found).difference is None
    assert "cannot be compared" in sentence(one(found))


def test_the_baseline_is_the_group_of_that_name_else_the_first_network():
    assert baseline_of(scored({"mine": [1.0], "baseline": [1.0]})) == "baseline"
    assert baseline_of(scored({"trainz": [1.0], "mine": [1.0]}, seeded={"trainz": False})) == "mine"
    assert baseline_of(scored({"trainz": [1.0]}, seeded={"trainz": False})) == "trainz"


def test_rows_have_the_keys_of_table_json():
    found = compare(scored({"baseline": [1.0], "mine": [2.0]}), "baseline")
    assert [list(each.as_row()) for each in found] == [
        ["group", "against", "metric", "difference", "low", "high"]
    ] * len(METRICS)


def test_every_group_gets_a_heading_and_its_sentences():
    found = compare(scored({"baseline": [1.0], "mine": [2.0], "beck": [1.5]}), "baseline")
    text = to_markdown(found)
    assert "## mine against baseline" in text
    assert text.count("\n- ") == 2 * 9
    assert "nothing to compare" in to_markdown([])
