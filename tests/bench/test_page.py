import json
import threading
from dataclasses import replace

import pytest

from slipher.bench.page import bench_text, check_place, keep
from slipher.bench.result import Result
from slipher.errors import InputError
from slipher.locks import held

STEP = Result(
    "step", 9.87, "images/s", "a plain loop", 2.0, 4.93, 4.71, 5.2, "times as fast", 3, "at least 4.5", "64×64"
)
START = Result("start", 0.21, "s", "python -c pass", 0.02, 10.5, 9.9, 12, "times the cost", 7, "at most 0.5 s")
GROWTH = Result("growth: import", 1.003, "exponent", "linear growth", 1, 1.003, 0.99, 1.02, "share", 1)


def test_a_line_a_result_says_everything():
    text = bench_text([STEP, START, GROWTH], "a machine, 2 cores")
    first, blank, *lines = text.splitlines()
    assert (first, blank, len(lines)) == ("a machine, 2 cores", "", 3)
    assert lines[0].split("  ")[0] == "step"
    assert "4.93 [4.71, 5.2]" in lines[0]
    assert "times as fast as a plain loop (2 images/s)" in lines[0]
    assert lines[0].endswith("goal: at least 4.5")
    assert len({line.index("[") - len(line.split("[")[0].split()[-1]) for line in lines}) == 1


def test_no_result_is_no_line():
    assert bench_text([], "a machine").strip() == "a machine"


def test_results_are_kept_by_name_in_the_order_of_the_benchmarks(tmp_path):
    for each in (START, GROWTH, STEP, replace(STEP, name="step: loader", ratio=0.01), replace(START, value=0.3)):
        keep(tmp_path / "docs", each, "here")
    found = json.loads((tmp_path / "docs/performance.json").read_text())
    assert [each["name"] for each in found] == ["step", "step: loader", "start", "growth: import"]
    assert found[2]["value"] == 0.3
    assert {each["machine"] for each in found} == {"here"}
    assert all(len(each["date"].split("-")) == 3 for each in found)
    assert sorted(path.name for path in (tmp_path / "docs").iterdir()) == ["performance.json", "performance.md"]


def test_the_page_has_a_table_a_benchmark_beside_its_command(tmp_path):
    for each in (STEP, replace(STEP, name="step: one | two"), START):
        keep(tmp_path, each, "a machine, 2 cores")
    page = (tmp_path / "performance.md").read_text()
    assert "- Machine A: a machine, 2 cores." in page
    assert page.index("## step") < page.index("## start")
    assert "`slipher bench step --out docs`" in page
    assert "| step | A | 9.87 images/s | a plain loop: 2 images/s | **4.93** [4.71, 5.2] | times as fast |" in page
    assert "| one \\| two |" in page
    widths = {line.replace("\\|", "").count("|") for line in page.splitlines() if line.startswith("|")}
    assert len(widths) == 1
    assert ".png" not in page


def test_the_page_shows_a_figure_that_is_there(tmp_path):
    (tmp_path / "growth.png").write_bytes(b"")
    keep(tmp_path, GROWTH, "here")
    assert "(growth.png)" in (tmp_path / "performance.md").read_text()


def test_results_of_several_machines_stand_side_by_side(tmp_path):
    for machine, ratio in (("there", 4.93), ("here", 2.68), ("there", 4.75)):
        keep(tmp_path, replace(STEP, ratio=ratio), machine)
    keep(tmp_path, START, "here")
    page = (tmp_path / "performance.md").read_text()
    assert "- Machine A: here.\n- Machine B: there.\n" in page
    rows = [[cell.strip() for cell in line.split("|")[1:6]] for line in page.splitlines() if line.startswith("| s")]
    assert [(row[0], row[1], row[4].split("*")[2]) for row in rows] == [
        ("step", "A", "2.68"),
        ("step", "B", "4.75"),
        ("start", "A", "10.5"),
    ]


def test_the_same_results_make_the_same_page(tmp_path):
    for folder, order in (("a", (STEP, START, GROWTH)), ("b", (GROWTH, STEP, START))):
        for each in order:
            keep(tmp_path / folder, each, "here")
    first, second = ((tmp_path / folder / "performance.md").read_text() for folder in "ab")
    assert first == second


@pytest.mark.parametrize("content", ["no JSON", "{}x", '{"step": {"ratio": 1}}', '[{"ratio": 1}]', "[3]", "3"])
def test_another_file_of_that_name_is_left_alone(tmp_path, content):
    (tmp_path / "performance.json").write_text(content)
    with pytest.raises(InputError, match="holds no results"):
        keep(tmp_path, STEP, "here")
    assert (tmp_path / "performance.json").read_text() == content
    assert not (tmp_path / "performance.md").exists()


def test_a_page_of_ours_may_be_brought_up_to_date(tmp_path):
    check_place(tmp_path / "docs")
    keep(tmp_path / "docs", STEP, "here")
    check_place(tmp_path / "docs")


@pytest.mark.parametrize("name", ["performance.md", "growth.png"])
@pytest.mark.parametrize("content", ["", "# Performance\n\nOf the choir.\n", "\ufffe"])
def test_a_page_of_somebody_elses_is_left_alone(tmp_path, name, content):
    (tmp_path / name).write_text(content)
    with pytest.raises(InputError, match=r"is there already and is no (page|figure) of slipher's"):
        check_place(tmp_path)
    assert (tmp_path / name).read_text() == content


def test_results_of_two_processes_at_once_are_both_kept(tmp_path):
    keep(tmp_path, START, "here")
    other = threading.Thread(target=keep, args=(tmp_path, STEP, "here"))
    with held(tmp_path / "performance.json"):
        other.start()
        other.join(0.2)
        assert other.is_alive()
        keep(tmp_path, GROWTH, "here")
    other.join(10)
    found = json.loads((tmp_path / "performance.json").read_text())
    assert [each["name"] for each in found] == ["step", "start", "growth: import"]
