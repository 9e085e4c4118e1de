from pathlib import Path

import pytest

from slipher.report.folder import Group, StudyFolder
from slipher.report.table import duration, make_table
from slipher.study.config import StudyConfig


def row(group, mad, seeds=3, published=False):
    entry = {"mean": mad, "spread": 1e-4, "low": mad - 1e-3, "high": mad + 1e-3}
    known = {"group": group, "method": "neural", "seeds": seeds, "published": published}
    return known | {"metrics": {"mad": entry}, "train_seconds": 71.0, "images_per_second": 1234.0}


def compared(group, low, high):
    return {
        "group": group,
        "against": "baseline",
        "metric": "mad",
        "difference": (low + high) / 2,
        "low": low,
        "high": high,
    }


def study(rows, comparisons, published=()):
    groups = tuple(Group(row["group"], "neural", row, ()) for row in rows)
    return StudyFolder(Path(), groups, published, tuple(comparisons), (), {}, {}, StudyConfig(), "")


def bold(table):
    return [line.group for line in table.own if line.cells[0].bold]


def test_the_best_is_bold_only_if_its_difference_excludes_zero():
    rows = [row("baseline", 0.012), row("better", 0.010)]
    assert bold(make_table(study(rows, [compared("better", -3e-3, -1e-3)]))) == ["better"]
    assert bold(make_table(study(rows, [compared("better", -3e-3, 1e-3)]))) == []


def test_the_baseline_is_best_only_if_all_others_differ():
    rows = [row("baseline", 0.010), row("a", 0.012), row("b", 0.012)]
    clear, unclear = compared("a", 1e-3, 3e-3), compared("b", -1e-3, 3e-3)
    assert bold(make_table(study(rows, [clear, unclear]))) == []
    assert bold(make_table(study(rows, [clear, compared("b", 1e-3, 3e-3)]))) == ["baseline"]


def with_metric(line, key, mean, **beside):
    return line | {"metrics": {key: {"mean": mean, "spread": 1e-4} | beside}}


@pytest.mark.parametrize(
    ("key", "best", "other", "further"),
    [("bias", -0.001, 0.002, -0.003), ("coverage_68", 0.66, 0.60, 0.75), ("coverage_95", 0.96, 0.99, 0.80)],
)
def test_the_nearest_to_the_best_value_is_bold(key, best, other, further):
    values = {"baseline": other, "near": best, "far": further}
    rows = [
        with_metric(row(name, 0.01), key, value, low=value - 1e-4, high=value + 1e-4) for name, value in values.items()
    ]
    found = [compared("near", -2e-3, -1e-4) | {"metric": key}, compared("far", 1e-4, 2e-3) | {"metric": key}]
    assert bold(make_table(study(rows, found))) == ["near"]


@pytest.mark.parametrize(("p", "expected"), [(0.01, ["better"]), (0.2, [])])
def test_a_pit_distance_is_bold_by_its_p(p, expected):
    rows = [with_metric(row(name, 0.01), "pit_ks", value) for name, value in (("baseline", 0.05), ("better", 0.02))]
    found = {
        "group": "better",
        "against": "baseline",
        "metric": "pit_ks",
        "difference": -0.03,
        "low": None,
        "high": None,
        "p": p,
    }
    assert bold(make_table(study(rows, [found]))) == expected


def test_a_pit_distance_stands_beside_what_is_expected():
    expected = {"low": None, "high": None, "expected_low": 0.012, "expected_high": 0.038, "p": 0.003}
    cell = make_table(study([with_metric(row("baseline", 0.01), "pit_ks", 0.051, **expected)], [])).own[0].cells[0]
    assert (cell.text, cell.interval) == ("51", "(12–38)")


def test_trainz_is_never_the_best():
    reference = row("trainz", 0.001) | {"method": "trainz"}
    rows = [row("baseline", 0.012), row("better", 0.010), reference]
    assert bold(make_table(study(rows, [compared("better", -3e-3, -1e-3), compared("trainz", -9e-3, -8e-3)]))) == [
        "better"
    ]


def test_one_seed_ranks_nothing():
    rows = [row("baseline", 0.012, seeds=1), row("better", 0.010, seeds=1)]
    assert bold(make_table(study(rows, [compared("better", -3e-3, -1e-3)]))) == []


def test_cells_are_in_thousandths_with_spread_and_interval():
    cell = make_table(study([row("baseline", 0.0117)], [])).own[0].cells[0]
    assert cell.text == "11.7"
    assert cell.spread == "± 0.1"
    assert cell.interval == "[10.7, 12.7]"


def test_published_rows_keep_their_digits_and_have_no_interval():
    published = {"group": "paper", "published": True, "metrics": {"mad": {"mean": 8.98e-3}}, "train_seconds": 25776.0}
    table = make_table(study([row("baseline", 0.0117)], [], (published, published | {"beside": "baseline"})))
    assert [line.published for line in table.own] == [False, True]
    line = table.published[0]
    assert line.published
    assert line.cells[0].text == "8.98"
    assert line.cells[0].interval == ""
    assert line.cells[1].text == "7 h 10 min"


def test_the_cost_says_what_it_counts():
    meaning = make_table(study([row("baseline", 0.0117)], [])).columns[-1].meaning
    for words in ("epochs, without validation", "of all members and of pretraining included"):
        assert words in meaning


def test_the_cost_is_a_time_with_its_rate_below():
    table = make_table(study([row("baseline", 0.0117)], []))
    assert table.columns[-1].unit == "time"
    assert (table.own[0].cells[-1].text, table.own[0].cells[-1].interval) == ("71 s", "1,234 galaxies/s")


def test_families_span_their_columns():
    table = make_table(study([row("baseline", 0.0117)], []))
    assert table.families == (("Point estimate", 1), ("Cost", 1))
    assert len(table.columns) == 2


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, "–"), (0.004, "< 0.1 s"), (3.21, "3.2 s"), (71.0, "71 s"), (400.0, "7 min"), (25776.0, "7 h 10 min")],
)
def test_durations_read_as_a_person_would_say_them(seconds, text):
    assert duration(seconds) == text
