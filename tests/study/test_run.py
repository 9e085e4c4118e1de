import json
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import h5py
import numpy as np
import pytest

from slipher.density.bootstrap import resample
from slipher.errors import InputError
from slipher.study import run as library
from slipher.study import table as table_library
from slipher.study.config import read_config
from slipher.study.normal import normalised
from slipher.study.opening import open_folder
from slipher.study.run import labelled, run_study
from slipher.survey.store import open_store

STUDY = """
data: {data}
grid: {{z_max: 0.4, bins: 40}}
seeds: {seeds}
network: {{name: colours}}
training: {{epochs: {epochs}, batch_size: 100, precision: float32, device: cpu}}
groups:
  colours: {{}}
  colours-cde: {{constraints: {{cde: 0.1}}}}
  local-linear: {{method: local-linear}}
  trainz: {{method: trainz}}
"""


def config(folder: Path, store: Path, seeds: int = 2, epochs: int = 3, **more):
    path = folder / "asked.yaml"
    path.write_text(STUDY.format(data=store, seeds=seeds, epochs=epochs))
    return read_config(path, more.items())


@pytest.fixture(autouse=True)
def few_resamples(monkeypatch):
    """Few resamples suffice."""
    monkeypatch.setattr(table_library, "resample", partial(resample, resamples=40))


@pytest.fixture(scope="module")
def finished(catalogue_store, tmp_path_factory):
    """An undisturbed study."""
    folder = tmp_path_factory.mktemp("studies")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(table_library, "resample", partial(resample, resamples=40))
        run_study(config(folder, catalogue_store), folder / "whole")
    return folder / "whole"


def artefacts(folder: Path) -> dict[str, bytes]:
    names = ("model.safetensors", "densities.hdf5")
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.glob("*/seed-*/*")) if p.name in names}


def table(folder: Path) -> dict:
    document = json.loads((folder / "table.json").read_text())
    for row in document["rows"]:
        for name in [name for name in row if "seconds" in name or "per_second" in name]:
            del row[name]
    return document


def test_a_study_leaves_what_was_promised(finished):
    there = {str(path.relative_to(finished)) for path in finished.rglob("*") if path.is_file()}
    expected = {
        "study.yaml",
        "environment.json",
        "timings.json",
        "table.csv",
        "table.md",
        "table.json",
        "comparisons.md",
    }
    assert expected <= there
    for group, seeds in {"colours": 2, "colours-cde": 2, "local-linear": 1, "trainz": 1}.items():
        for seed in range(seeds):
            assert {f"{group}/seed-{seed}/model.safetensors", f"{group}/seed-{seed}/densities.hdf5"} <= there
        assert f"{group}/seed-{seeds}/densities.hdf5" not in there
    assert "colours/seed-1/history.csv" in there


def test_the_table_has_its_rows_and_comparisons(finished):
    document = json.loads((finished / "table.json").read_text())
    own = [row for row in document["rows"] if not row["published"]]
    assert [(row["group"], row["method"], row["seeds"]) for row in own] == [
        ("colours", "neural", 2),
        ("colours-cde", "neural", 2),
        ("local-linear", "local-linear", 1),
        ("trainz", "trainz", 1),
    ]
    assert {each["against"] for each in document["comparisons"]} == {"colours"}
    assert len(document["sentences"]) == len(document["comparisons"]) == 3 * len(own[0]["metrics"])
    crps = {row["group"]: row["metrics"]["crps"]["mean"] for row in own}
    assert crps["local-linear"] < crps["trainz"]
    assert own[0]["train_seconds"] > 0
    assert own[0]["images_per_second"] > 0
    assert own[0]["metrics"]["mad"]["spread"] is not None
    assert own[2]["metrics"]["mad"]["spread"] is None


def test_densities_are_of_the_test_galaxies_in_store_order(finished, catalogue_store):
    with h5py.File(catalogue_store) as store, h5py.File(finished / "trainz/seed-0/densities.hdf5") as found:
        assert np.array_equal(found["ancil/id"][:], store["id"][:][store["split"][:] == 2])


def test_environment_and_timings_say_what_ran(finished, catalogue_store):
    environment = json.loads((finished / "environment.json").read_text())
    assert environment["store"] == str(catalogue_store)
    assert environment["seeds"] == [0, 1]
    assert environment["packages"]["torch"]
    timings = json.loads((finished / "timings.json").read_text())
    assert {"data", "response tables", "train", "predict", "evaluate", "compare"} == set(timings["stages"])
    assert set(timings["runs"]["colours/seed-1"]) == {"train_seconds", "images_per_second"}


def test_finished_runs_are_not_run_again(finished, catalogue_store, monkeypatch):
    def forbidden(*_):
        raise AssertionError("a finished run was trained again")

    monkeypatch.setattr(library._Study, "_trained", forbidden)
    before, stamps = table(finished), {path: path.stat().st_mtime_ns for path in finished.glob("*/seed-*/*")}
    run_study(config(finished.parent, catalogue_store), finished)
    assert table(finished) == before
    assert {path: path.stat().st_mtime_ns for path in finished.glob("*/seed-*/*")} == stamps


def test_a_study_killed_while_training_continues_to_the_same_bytes(finished, catalogue_store, tmp_path):
    asked = config(tmp_path, catalogue_store)
    out = tmp_path / "killed"
    command = [sys.executable, "-m", "slipher", "study", str(tmp_path / "asked.yaml"), "--out", str(out)]
    # it inherits the number of threads, on which the last bits of a sum depend
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    checkpoint = out / "colours-cde/seed-0/checkpoint/last.safetensors"
    deadline = time.monotonic() + 100
    while not checkpoint.exists() and child.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert not (out / "table.json").exists()
    run_study(asked, out)
    assert artefacts(out) == artefacts(finished)
    assert table(out) == table(finished)


def test_another_study_in_the_folder_is_refused_and_replaced_when_told(catalogue_store, tmp_path):
    out = tmp_path / "out"
    only = {"groups": {"trainz": {"method": "trainz"}}}
    run_study(config(tmp_path, catalogue_store, **only), out)
    before = artefacts(out)
    (out / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match=r"holds another study \(its study.yaml differs: 'grid: .*--overwrite"):
        run_study(config(tmp_path, catalogue_store, **only, **{"grid.bins": 20}), out)
    assert artefacts(out) == before
    run_study(config(tmp_path, catalogue_store, **only, **{"grid.bins": 20}), out, overwrite=True)
    assert artefacts(out) != before
    assert (out / "notes.txt").read_text() == "mine"


def test_a_folder_that_is_no_study_is_never_touched(catalogue_store, tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").write_text("cat")
    for overwrite in (False, True):
        with pytest.raises(InputError, match=r"holds asked.yaml"):
            run_study(config(tmp_path, catalogue_store), tmp_path, overwrite)
        with pytest.raises(InputError, match=r"is not empty \(it holds cat.jpg\) and is no study"):
            run_study(config(tmp_path, catalogue_store), tmp_path / "photos", overwrite)
    assert [path.name for path in (tmp_path / "photos").iterdir()] == ["cat.jpg"]


def test_labelled_galaxies_outside_the_grid_are_an_error_or_dropped(catalogue_store, tmp_path, capfd):
    only = {"groups": {"trainz": {"method": "trainz"}}, "grid.z_max": 0.1}
    with pytest.raises(
        InputError, match=r"have a redshift outside the grid \(0, 0.1\], the first is 10.*--drop-outside"
    ):
        run_study(config(tmp_path, catalogue_store, **only), tmp_path / "a")
    # the study that failed made nothing: the mended one takes its place, unasked
    run_study(config(tmp_path, catalogue_store, **only, drop_outside=True), tmp_path / "a")
    assert "are outside the grid and are left out" in capfd.readouterr().err
    with h5py.File(tmp_path / "a/trainz/seed-0/densities.hdf5") as found:
        assert found["ancil/redshift"][:].max() <= 0.1


def test_a_model_for_another_grid_is_refused(finished, catalogue_store, tmp_path):
    asked = config(tmp_path, catalogue_store, **{"grid.bins": 20})
    model = tmp_path / "out/colours/seed-0/model.safetensors"
    with open_folder(tmp_path / "out", normalised(asked)):
        model.parent.mkdir(parents=True)
    model.write_bytes((finished / "colours/seed-0/model.safetensors").read_bytes())
    with pytest.raises(InputError, match=r"is a model for 40 bins to redshift 0\.4, not 20 bins"):
        run_study(asked, tmp_path / "out")


def test_galaxies_that_changed_under_a_study_are_noticed(finished, catalogue_store):
    path = finished / "environment.json"
    kept = path.read_text()
    path.write_text(kept.replace(json.loads(kept)["fingerprint"], "0" * 32))
    try:
        with pytest.raises(InputError, match="the galaxies have changed since"):
            run_study(config(finished.parent, catalogue_store), finished)
    finally:
        path.write_text(kept)


def test_another_number_of_threads_is_mentioned(finished, catalogue_store, capfd):
    path = finished / "environment.json"
    kept = path.read_text()
    path.write_text(kept.replace('"threads": ', '"threads": 9'))
    run_study(config(finished.parent, catalogue_store), finished)
    assert "threads" in capfd.readouterr().err
    found = json.loads(path.read_text())
    assert {**found.pop("other_sessions")[0]["machine"], "threads": 0} == {**found["machine"], "threads": 0}
    assert found == json.loads(kept)
    path.write_text(kept)


def test_galaxies_inside_the_folder_are_never_replaced(catalogue_store, tmp_path):
    out = tmp_path / "out"
    run_study(config(tmp_path, catalogue_store, groups={"trainz": {"method": "trainz"}}), out)
    (out / "survey.h5").write_bytes(catalogue_store.read_bytes())
    with pytest.raises(InputError, match="lies in the folder that --overwrite would replace"):
        run_study(config(tmp_path, out / "survey.h5"), out, overwrite=True)
    assert (out / "survey.h5").is_file()


def test_a_part_of_the_split_that_is_empty_is_named(catalogue_store, tmp_path):
    galaxies = open_store(catalogue_store)
    with pytest.raises(InputError, match="no labelled galaxies in its validation split"):
        labelled(galaxies[galaxies.split != 1], config(tmp_path, catalogue_store))
