import csv

import pytest
import torch

from slipher.constraints.terms import Evaluation, TermValue
from slipher.training.history import History, Meter


def evaluation(penalties, count, weighted):
    value = TermValue(torch.tensor(penalties), torch.tensor(count), torch.tensor(weighted))
    return Evaluation(torch.tensor(weighted), {"flux": value})


def test_means_are_by_galaxy_and_raw_terms_by_those_that_count():
    meter = Meter()
    meter.add(torch.tensor(2.0), evaluation(6.0, 3.0, 0.2), 4)
    meter.add(torch.tensor(5.0), evaluation(2.0, 1.0, 0.5), 2)
    means = meter.means()
    assert means["ce"] == pytest.approx((2 * 4 + 5 * 2) / 6)
    assert means["flux"] == pytest.approx(8 / 4)
    assert means["flux_count"] == 4
    assert means["flux_weighted"] == pytest.approx((0.2 * 4 + 0.5 * 2) / 6)
    assert means["total"] == pytest.approx(means["ce"] + means["flux_weighted"])


def test_a_history_is_a_table(tmp_path):
    history = History().with_row({"epoch": 1, "ce": 3.25}).with_row({"epoch": 2, "ce": 1 / 3})
    history.write(tmp_path / "history.csv")
    with (tmp_path / "history.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["1", "2"]
    assert float(rows[1]["ce"]) == pytest.approx(1 / 3, rel=1e-9)
    assert [path.name for path in tmp_path.iterdir()] == ["history.csv"]
