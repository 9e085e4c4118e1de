from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from slipher.density.bootstrap import resample
from slipher.density.scores import METRICS
from slipher.study.compare import Comparison, baseline_of, compare, sentence, to_markdown
from slipher.study.table import Result, Scored

SHARED = ("cde_loss", "crps", "log_score", "dz")


def member(value: float, rng, noise: float, galaxies: int = 200) -> dict[str, np.ndarray]:
    """Columns whose means are about a value, and a calibrated PIT."""
    inside = {f"in_{level}_hpd": (rng.random(galaxies) < level / 100).astype(float) for level in (68, 95)}
    return {name: value + noise * rng.normal(size=galaxies) for name in SHARED} | inside | {"pit": rng.random(galaxies)}


def scored(
    groups: dict[str, list[float]], noise: float = 0.01, seeded: dict[str, bool] | None = None, **columns
) -> Scored:
    """Groups whose scores have these values by seed, and scatter from galaxy to galaxy."""
    rng = np.random.default_rng(2)
    members = [member(value, rng, noise) for seeds in groups.values() for value in seeds]
    for name, values in columns.items():
        members = [each | {name: column} for each, column in zip(members, values, strict=True)]
    results = tuple(
        Result(
            name, "neural", (Path(name),) * len(seeds), (), (), (seeded or {}).get(name, True), tuple(range(len(seeds)))
        )
        for name, seeds in groups.items()
    )
    return Scored(results, resample(members, METRICS, 100))


def one(found: list[Comparison], metric: str = "crps") -> Comparison:
    return next(each for each in found if each.metric == metric)


def test_the_difference_is_of_the_means_over_seeds():
    found = one(compare(scored({"baseline": [1.0, 1.2], "mine": [2.0, 2.2]}), "baseline"))
    assert found.difference == pytest.approx(1.0, abs=0.01)
    assert found.low < found.difference < found.high
    assert (found.group, found.against, found.one_seed) == ("mine", "baseline", False)


def test_groups_with_the_same_seeds_are_paired_by_seed():
    """The seeds scatter by 0.2, both groups alike: seen seed by seed the difference is sure."""
    groups = {"baseline": [1.0, 1.2, 0.8, 1.1], "mine": [0.9, 1.1, 0.7, 1.0]}
    together = scored(groups)
    apart = replace(together, results=(together.results[0], replace(together.results[1], seeds=(4, 5, 6, 7))))
    paired, unpaired = (one(compare(each, "baseline")) for each in (together, apart))
    assert paired.difference == unpaired.difference
    assert paired.high < 0 < unpaired.high


def test_pairing_that_would_widen_the_interval_is_left():
    groups = {"baseline": [1.0, 1.2, 0.8, 1.1], "mine": [1.1, 0.7, 1.0, 0.9]}
    together = scored(groups)
    apart = replace(together, results=(together.results[0], replace(together.results[1], seeds=(4, 5, 6, 7))))
    first, second = (one(compare(each, "baseline")) for each in (together, apart))
    assert (first.low, first.high) == (second.low, second.high)


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


@pytest.mark.parametrize(("baseline", "mine"), [(0.2, -0.1), (-0.2, -0.1), (-0.2, 0.1), (0.2, 0.1)])
def test_a_bias_nearer_to_0_is_better_whatever_its_sign(baseline, mine):
    found = one(compare(scored({"baseline": [baseline] * 2, "mine": [mine] * 2}, noise=0.1), "baseline"), "bias")
    assert found.difference == pytest.approx(-0.1, abs=0.02)
    assert found.low < found.difference < found.high < 0
    assert sentence(found).startswith("mine is better than baseline in bias (its distance from 0), by −0.")
    other = one(compare(scored({"baseline": [mine] * 2, "mine": [baseline] * 2}, noise=0.1), "baseline"), "bias")
    assert "mine is worse" in sentence(other)


def test_opposite_biases_of_one_size_do_not_differ():
    found = one(compare(scored({"baseline": [0.2] * 2, "mine": [-0.2] * 2}, noise=0.1), "baseline"), "bias")
    assert found.low < 0 < found.high
    assert "do not differ" in sentence(found)


def test_a_coverage_nearer_to_its_level_is_better():
    """68 % of a uniform PIT lie in the middle; of one squeezed towards 1/2 all, of one pushed to the ends few."""
    uniform = (np.arange(200) + 0.5) / 200
    middle, ends = 0.5 + (uniform - 0.5) * 0.6, np.where(np.arange(200) % 2, 0.02, 0.98)
    for wrong in (middle, ends):
        found = compare(
            scored({"baseline": [1.0] * 2, "mine": [1.0] * 2}, pit=[wrong, wrong, uniform, uniform]), "baseline"
        )
        assert sentence(one(found, "coverage_68")).startswith(
            "mine is better than baseline in coverage of the 68 % interval"
        )
        assert one(found, "coverage_68").difference < -0.3


def test_distances_of_the_pit_are_told_apart_by_p():
    uniform = (np.arange(200) + 0.5) / 200
    groups = {"baseline": [1.0] * 2, "mine": [1.0] * 2}
    found = one(compare(scored(groups, pit=[uniform**2, uniform**2, uniform, uniform]), "baseline"), "pit_ks")
    assert (found.low, found.high) == (None, None)
    assert found.p < 0.001
    assert sentence(found) == "mine is better than baseline in KS distance of the PIT, by −0.25 (p < 0.001)."
    same = one(compare(scored(groups, pit=[uniform] * 4), "baseline"), "pit_ks")
    assert (same.p, same.differs) == (1.0, False)


def test_an_infinite_score_is_said_to_be_one():
    infinite, finite = np.full(200, np.inf), np.ones(200)
    groups = {"baseline": [1.0, 1.0], "mine": [1.0, 1.0]}
    found = compare(scored(groups, crps=[finite, finite, infinite, finite]), "baseline")
    assert one(found).difference is None
    assert "cannot be compared in CRPS: it is infinite" in sentence(one(found))


def test_the_baseline_is_the_group_of_that_name_else_the_first_network():
    assert baseline_of(scored({"mine": [1.0], "baseline": [1.0]})) == "baseline"
    assert baseline_of(scored({"trainz": [1.0], "mine": [1.0]}, seeded={"trainz": False})) == "mine"
    assert baseline_of(scored({"trainz": [1.0]}, seeded={"trainz": False})) == "trainz"


@pytest.mark.parametrize(
    ("groups", "seeded", "words"),
    [
        (("mine", "baseline"), {}, "compared with baseline, the group of that name."),
        (("trainz", "mine"), {"trainz": False}, "compared with mine, the first group of the study whose training"),
        (("a", "b"), {"a": False, "b": False}, "compared with a, the first group of the study whose training"),
    ],
)
def test_which_group_is_the_reference_is_said_with_the_reason(groups, seeded, words):
    found = scored({name: [1.0] for name in groups}, seeded=seeded)
    text = to_markdown(compare(found, baseline_of(found)))
    assert words in text
    assert ("since none is called baseline" in text) == ("baseline" not in groups)


def test_rows_have_the_keys_of_table_json():
    found = compare(scored({"baseline": [1.0], "mine": [2.0]}), "baseline")
    keys = ["group", "against", "metric", "difference", "low", "high", "p", "target"]
    assert [list(each.as_row()) for each in found] == [keys] * len(METRICS)
    assert {each.metric for each in found if each.p is None} == {
        name for name in METRICS if METRICS[name].distance is None
    }
    assert one(found, "coverage_95").target == 0.95


def test_every_group_gets_a_heading_and_its_sentences():
    found = compare(scored({"baseline": [1.0], "mine": [2.0], "beck": [1.5]}), "baseline")
    text = to_markdown(found)
    assert "## mine against baseline" in text
    assert text.count("\n- ") == 2 * len(METRICS)
    assert "nothing to compare" in to_markdown([])
