"""How long what took, kept by several at once."""

import json
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slipher.errors import InputError
from slipher.study.timings import Timings

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 9) | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
)


def test_what_several_note_at_once_is_all_kept(tmp_path):
    def note(number):
        for place in range(5):
            Timings(tmp_path / "timings.json").note(f"run-{number}-{place}", train_seconds=number + place)

    threads = [threading.Thread(target=note, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    runs = json.loads((tmp_path / "timings.json").read_text())["runs"]
    assert runs == {f"run-{n}-{k}": {"train_seconds": n + k} for n in range(3) for k in range(5)}
    assert [path.name for path in tmp_path.iterdir()] == ["timings.json"]


@settings(max_examples=50, deadline=None)
@given(stages=VALUES, runs=VALUES)
def test_a_file_of_any_form_is_gone_on_with(tmp_path_factory, stages, runs):
    timings = Timings(tmp_path_factory.mktemp("t") / "timings.json")
    timings.path.write_text(json.dumps({"stages": stages, "runs": runs}))
    timings.note("new", train_seconds=3)
    assert timings.of("new", "train_seconds") == 3
    with timings.stage("new"):
        pass
    assert json.loads(timings.path.read_text(), parse_constant=pytest.fail)["stages"]["new"] >= 0


@pytest.mark.parametrize("content", [b"", b"\xff", b"[" * 100_000, b"3", b"{}"])
def test_a_damaged_file_is_said_and_begun_anew(tmp_path, content, capfd):
    timings = Timings(tmp_path / "timings.json")
    timings.path.write_bytes(content)
    timings.note("t", train_seconds=1)
    assert "timings.json is damaged" in capfd.readouterr().err
    assert json.loads(timings.path.read_text()) == {"stages": {}, "runs": {"t": {"train_seconds": 1}}}


def test_what_went_wrong_in_a_stage_is_what_is_said(tmp_path):
    (tmp_path / "timings.json").mkdir()
    with pytest.raises(InputError, match="the store is empty"), Timings(tmp_path / "timings.json").stage("data"):
        raise InputError("the store is empty")
