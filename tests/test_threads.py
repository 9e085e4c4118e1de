"""How threads wait, asked of the library itself, and how many there are."""

import os
import subprocess
import sys

import pytest
import torch
from threadpoolctl import threadpool_info

from slipher import threads
from slipher.cli import main
from slipher.errors import InputError
from slipher.methods.base import fit
from slipher.redshift import Grid
from slipher.survey.store import open_store

TOLD = "import slipher, torch; torch.ones(100_000).exp()"


def shown_by_the_library(**variables):
    """The variables as the library of threads read them, told by itself when it is loaded."""
    kept = {name: value for name, value in os.environ.items() if name not in (*threads.ASLEEP, *threads.OTHERS)}
    environment = kept | {"OMP_DISPLAY_ENV": "verbose"} | variables
    shown = subprocess.run([sys.executable, "-c", TOLD], env=environment, capture_output=True, text=True, check=True)
    if "GOMP_SPINCOUNT" not in shown.stderr:
        pytest.skip("torch uses another library of threads than GNU's")
    return shown.stderr


def test_torch_that_is_loaded_by_slipher_sleeps_while_it_waits():
    shown = shown_by_the_library()
    assert "OMP_WAIT_POLICY = 'PASSIVE'" in shown
    assert "GOMP_SPINCOUNT = '1000'" in shown


def test_what_a_user_has_set_stays():
    shown = shown_by_the_library(OMP_WAIT_POLICY="active")
    assert "OMP_WAIT_POLICY = 'ACTIVE'" in shown
    assert "GOMP_SPINCOUNT = '1000'" not in shown


@pytest.mark.parametrize("name", ["OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME"])
def test_any_of_a_users_words_on_waiting_is_enough(name, monkeypatch):
    monkeypatch.setattr(threads, "available_cores", lambda: threads._affinity())
    environment = {name: "7"}
    threads.prepare(environment)
    assert environment == {name: "7"}


@pytest.mark.parametrize(
    ("version2", "version1", "cores"),
    [
        ("200000 100000\n", None, 2),
        ("150000 100000\n", None, 2),
        ("20000 100000\n", None, 1),
        ("max 100000\n", None, 8),
        ("6400000 100000\n", None, 8),
        ("", None, 8),
        (None, ("300000\n", "100000\n"), 3),
        (None, ("-1\n", "100000\n"), 8),
        (None, None, 8),
    ],
)
def test_cores_of_a_container(version2, version1, cores, tmp_path, monkeypatch):
    """Eight, of which it gets a part, as the kernel's documentation of control groups writes it."""
    one, two = (tmp_path / "cpu.max",), (tmp_path / "quota", tmp_path / "period")
    for path, text in [*zip(one, [version2], strict=True), *zip(two, version1 or [None] * 2, strict=True)]:
        if text is not None:
            path.write_text(text)
    monkeypatch.setattr(threads, "QUOTA", one)
    monkeypatch.setattr(threads, "PERIOD", two)
    monkeypatch.setattr(threads, "_affinity", lambda: 8)
    assert threads.available_cores() == cores
    environment = {}
    threads.prepare(environment)
    assert environment.get("OMP_NUM_THREADS") == (None if cores == 8 else str(cores))
    threads.prepare(environment := {"OMP_NUM_THREADS": "5"})
    assert environment["OMP_NUM_THREADS"] == "5"


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="processes are not bound to cores here")
def test_cores_that_a_process_is_bound_to():
    program = "import os; os.sched_setaffinity(0, [min(os.sched_getaffinity(0))]); "
    program += "from slipher.threads import available_cores; print(available_cores())"
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout == "1\n"


def threads_of_libraries():
    return {each["filepath"]: each["num_threads"] for each in threadpool_info()}


def test_a_limit_holds_for_all_libraries_and_what_they_start_and_ends(monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    environment = dict(os.environ)
    before = torch.get_num_threads(), threads_of_libraries(), threads.available_cores()
    with threads.limited(1):
        assert torch.get_num_threads() == threads.available_cores() == 1
        assert set(threads_of_libraries().values()) == {1}
        assert {os.environ[name] for name in threads.VARIABLES} == {"1"}
        with threads.limited(None):
            assert torch.get_num_threads() == 1
    assert (torch.get_num_threads(), threads_of_libraries(), threads.available_cores()) == before
    assert dict(os.environ) == environment


def test_a_limit_ends_with_an_error_too():
    before = torch.get_num_threads()
    with pytest.raises(ZeroDivisionError), threads.limited(1):
        _ = 1 / 0
    assert torch.get_num_threads() == before


@pytest.mark.parametrize("count", [0, -1, 65, 10**12])
def test_a_number_of_threads_that_cannot_be(count, monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    with pytest.raises(InputError, match=f"^{count} threads were asked for, but there must be 1 to 64, "):
        threads.limited(count).__enter__()


VERBS = {
    "study": "slipher.study.plan.plan",
    "train": "slipher.study.single.train_one",
    "pretrain": "slipher.methods.network.pretraining.trunk_file",
    "predict": "slipher.study.predict.predict",
}


class ReachedError(Exception):
    """The library was called."""


def words(verb, catalogue_store, image_store, tmp_path):
    """A command line of each verb."""
    catalogue, images = str(catalogue_store), str(image_store)
    model = tmp_path / "model.safetensors"
    given = {
        "study": ["catalogue", "--data", catalogue, "--out", str(tmp_path / "study")],
        "train": [catalogue, "--from", "catalogue", "--group", "local-linear", "--out", str(model)],
        "pretrain": [images, "--out", str(model)],
        "predict": [str(model), catalogue, "--out", str(tmp_path / "densities.hdf5")],
    }
    if verb == "predict":
        fit(open_store(catalogue_store), method="trainz", grid=Grid(0.4, 10)).save(model)
    return [verb, *given[verb]]


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("count", ["1", "3", None])
def test_verbs_compute_with_the_threads_they_are_asked_for(
    verb, count, catalogue_store, image_store, tmp_path, monkeypatch
):
    seen = []

    def library(*args, **kwargs):
        seen.append(torch.get_num_threads())
        raise ReachedError

    line = words(verb, catalogue_store, image_store, tmp_path)
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    monkeypatch.setattr(VERBS[verb], library)
    before = torch.get_num_threads()
    with pytest.raises(ReachedError):
        main([*line, *(["--threads", count] if count else []), "--debug"])
    assert seen == [int(count or before)]
    assert torch.get_num_threads() == before


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("count", ["0", "-3", "5000", "two", "1.5"])
def test_verbs_refuse_a_number_of_threads_that_cannot_be(
    verb, count, catalogue_store, image_store, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(VERBS[verb], lambda *args, **kwargs: pytest.fail("it began"))
    line = words(verb, catalogue_store, image_store, tmp_path)
    assert main([*line, f"--threads={count}"]) == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith(f"slipher {verb}: ")
    assert count in said


def test_the_same_number_of_threads_gives_the_same_bytes(image_store, tmp_path):
    options = ["--from", "quickstart", "--group", "augmented", "--network.name", "henghes", "--training.epochs", "1"]
    options += ["--training.batch_size", "16", "--training.precision", "bf16", "--threads", "1"]
    for name in ("one", "other"):
        assert main(["train", str(image_store), "--out", str(tmp_path / f"{name}.safetensors"), *options]) == 0
    one, other = (tmp_path / f"{name}.safetensors" for name in ("one", "other"))
    assert one.read_bytes() == other.read_bytes()
