from slipher.bench import figures


def test_a_report_is_drawn_the_same_by_one_process_and_by_several(tmp_path, monkeypatch):
    monkeypatch.setattr("slipher.report.style.DOTS_PER_INCH", 50)
    figures.write_study(tmp_path / "study", 300, ("baseline", "dey"))
    pages = []
    for _ in range(2):
        figures.drawn(tmp_path / "study", 1)()
        pages.append((tmp_path / "study" / "report.html").read_bytes())
    assert pages[0] == pages[1]
    names = {path.name for path in (tmp_path / "study" / "figures").glob("*.png")}
    assert {"pit-dey.png", "errorbars-baseline.png", "losses-dey.png", "comparison.png", "nz.png"} <= names


def test_the_benchmark_gives_figures_a_second(monkeypatch):
    monkeypatch.setattr(figures, "available_cores", lambda: 2)
    result = figures.report(200, ("baseline", "dey"), runs=1)
    assert result.name == "figures"
    assert result.unit == "figures/s"
    assert result.value > 0
    assert "12 figures" in result.note
