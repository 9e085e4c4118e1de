from slipher.bench import figures
from slipher.bench.result import alternating


def test_two_processes_draw_what_one_draws(monkeypatch, here):
    here(figures)
    monkeypatch.setattr(figures, "available_cores", lambda: 2)
    monkeypatch.setattr(figures, "alternating", lambda ours, other, runs: alternating(ours, other, runs, warm=0))
    # it raises where the files differ
    result = figures.report(200, ("baseline", "dey"), runs=1)
    assert (result.name, result.unit, result.runs) == ("figures", "figures/s", 1)
    assert result.value > 0
    assert "12 figures" in result.note
