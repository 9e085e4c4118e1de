import json
import pickle
import re
import subprocess
import sys
import time

import h5py
import numpy as np
import pytest

from slipher import cli
from slipher.cli import main
from slipher.density.file import read
from slipher.errors import InputError
from slipher.formats.tables import read_table
from slipher.methods.base import METHODS
from slipher.progress import track
from slipher.survey.store import open_store
from slipher.verbs.answer import Answer

TRAINZ = "groups: {trainz: {method: trainz}, beck: {method: local-linear}}"


@pytest.fixture
def run(capsys):
    """Run a command; gives its status and what it wrote to either stream."""

    def command(*words):
        capsys.readouterr()
        status = main([str(word) for word in words])
        said = capsys.readouterr()
        return status, said.out, said.err

    return command


@pytest.fixture
def refused(run):
    """Run a command that must fail with one sentence and nothing on standard output; gives the sentence."""

    def command(*words):
        status, out, err = run(*words)
        assert (status, out) == (2, "")
        assert err.count("\n") == 1, err
        assert "Traceback" not in err
        assert err.startswith("slipher")
        return err

    return command


@pytest.fixture(scope="module")
def model(catalogue_store, tmp_path_factory):
    out = tmp_path_factory.mktemp("model") / "model.safetensors"
    study = out.with_name("study.yaml")
    study.write_text(TRAINZ)
    assert main(["train", str(catalogue_store), "--out", str(out), "--from", str(study), "--group", "beck"]) == 0
    return out


def test_help_is_quick_and_names_every_verb():
    best = 9.0
    for _ in range(3):
        started = time.perf_counter()
        found = subprocess.run([sys.executable, "-m", "slipher", "--help"], capture_output=True, text=True, check=True)
        best = min(best, time.perf_counter() - started)
    assert all(verb in found.stdout for verb in cli.VERBS)
    assert best < 0.5


@pytest.mark.parametrize("verb", cli.VERBS)
def test_every_verb_explains_every_option(verb, capsys):
    with pytest.raises(SystemExit) as ended:
        main([*verb.split(), "--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    assert text.startswith(f"usage: slipher {verb}")
    options = text.partition("options:")[2]
    for option in re.findall(r"^  (--[a-z-]+)", options, re.MULTILINE):
        about = options.partition(f"  {option} ")[2].strip()
        assert about, option


GROUPS = {
    "": [*cli.VERBS],
    "data": [verb for verb in cli.VERBS if verb.startswith("data ")],
    "data import": ["data import images", "data import pasquet", "data import hayat", "data import catalog"],
}


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("asked", ["{}", "{} --help", "{} -h", "help {}"])
def test_every_group_names_its_verbs(run, group, asked):
    status, out, err = run(*asked.format(group).split())
    assert (status, err) == (0, "")
    assert [line.split("  ")[1] for line in out.splitlines() if line.startswith("  ")] == GROUPS[group]
    assert out.startswith(f"usage: slipher {group} VERB".replace("  ", " "))


@pytest.mark.parametrize("verb", ["flux", "data import catalog"])
def test_help_of_a_verb(verb, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["help", *verb.split()])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: slipher {verb} ")


def test_the_version(run):
    assert run("--version")[:2] == (0, "slipher 0.1.0\n")


def test_list_has_every_named_configuration(run):
    status, out, err = run("list", "--json")
    document = json.loads(out)
    assert (status, err) == (0, "")
    assert list(document) == ["networks", "methods", "constraints", "presets"]
    parameters = {each["name"]: each["parameters"] for each in document["networks"]}
    assert parameters["resnet50"] == 25_797_160
    assert parameters["hayat"] == 23_883_124
    assert document["methods"] == list(METHODS)
    assert {"neural", "trainz", "local-linear", "beck"} <= set(METHODS)
    assert {each["name"]: list(each["options"]) for each in document["constraints"]} == {
        "flux": ["uncovered", "min_coverage", "deredden"],
        "invariance": ["on", "fraction", "detach"],
        "cde": ["form"],
    }
    assert document["presets"] == ["quickstart", "paper", "as-printed", "catalogue", "comparison", "fraction"]
    text = run("list")[1]
    assert "25,797,160" in text
    assert "quickstart" in text


def test_print_config_writes_out_every_default_and_takes_flags(run, tmp_path):
    status, out, _ = run("study", "paper", "--print-config", "--training.epochs", "5", "--seeds=2", "--data", "x.h5")
    assert status == 0
    assert "epochs: 5" in out
    assert "patience: 2" in out
    assert "uncovered: mask" in out
    (tmp_path / "study.yaml").write_text(out)
    assert run("study", tmp_path / "study.yaml", "--print-config")[1] == out


def test_a_flag_without_a_value_means_true(run):
    assert "drop_outside: true" in run("study", "--drop-outside", "--print-config")[1]
    assert "drop_outside: false" in run("study", "paper", "--print-config", "--drop-outside", "false")[1]


def test_a_study_from_the_command_line_ends_on_its_report(run, catalogue_store, tmp_path, monkeypatch):
    from slipher.report import page

    monkeypatch.setattr(page, "write_report", lambda folder: folder / "report.html")
    (tmp_path / "mine.yaml").write_text(TRAINZ)
    words = ("study", tmp_path / "mine.yaml", "--data", catalogue_store, "--out", tmp_path / "out")
    planned = run(*words, "--dry-run")
    assert planned[0] == 0
    assert "trainz/seed-0" in planned[1]
    assert "Altogether about" in planned[1]
    assert not (tmp_path / "out").exists()
    status, out, err = run(*words)
    assert (status, out) == (0, f"{tmp_path / 'out' / 'report.html'}\n")
    assert "Altogether about" in err
    assert json.loads((tmp_path / "out/table.json").read_text())["rows"][0]["group"] == "trainz"


def test_train_predict_evaluate(run, catalogue_store, model, tmp_path):
    densities, table = tmp_path / "densities.hdf5", tmp_path / "catalogue.csv"
    status, out, _ = run("predict", model, catalogue_store, "--out", densities, "--catalog", table)
    assert (status, out) == (0, f"{densities}\n")
    assert np.array_equal(read_table(table)["id"].values, open_store(catalogue_store).id)
    status, out, _ = run("evaluate", densities, "--json")
    document = json.loads(out)
    assert (status, document["n"], document["point"]) == (0, 100, "mean")
    assert (document["split"], document["left_out"]) == ("test", {"part": 500})
    assert document["metrics"]["mad"]["low"] < document["metrics"]["mad"]["value"] < 0.02
    words = ("evaluate", table, "--truth", f"{catalogue_store}:redshift", "--point", "z_median", "--by", "redshift")
    text = run(*words)[1]
    assert "100 galaxies of the part test, point estimate z_median" in text
    assert text.count("outliers_0.05") == 6
    status, text, err = run(*words, "--split", "all")
    assert (status, text[:32]) == (0, "600 galaxies, point estimate z_m")
    assert f"600 of 600 galaxies of {table} are matched with {catalogue_store} by id." in err
    document = json.loads(run(*words, "--json")[1])
    assert document["matched"] == {"by": "id", "of": 600, "n": 600}


def test_a_network_is_trained_and_nothing_but_the_model_and_its_history_is_left(run, catalogue_store, tmp_path):
    out = tmp_path / "there" / "model.safetensors"
    words = ("train", catalogue_store, "--out", out, "--network.name", "colours", "--training.epochs", 1)
    assert run(*words, "--grid.bins", 20, "--training.precision", "float32")[0] == 0
    assert sorted(path.name for path in out.parent.iterdir()) == ["model.history.csv", "model.safetensors"]
    assert "is there already" in run(*words)[2]


def test_interrupting_says_how_to_continue(run, monkeypatch):
    def interrupted():
        raise KeyboardInterrupt

    monkeypatch.setitem(cli.VERBS, "list", interrupted)
    status, out, err = run("list")
    assert (status, out) == (130, "")
    assert "the same command continues" in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["fly"], "there is no command 'fly'; there are study, report, train"),
        (["data", "eat"], "there is no command 'data eat'; there are data simulate, data import images"),
        (
            ["data", "import", "gals.csv"],
            "there is no command 'data import gals.csv'; there are data import images, data",
        ),
        (["help", "fly"], "there is no command 'fly'; there are study"),
        (["data", "imports", "--help"], "there is no command 'data imports'; there are data simulate"),
        (["predict", "model"], "the following arguments are required: store, out"),
        (
            ["evaluate", "x.hdf5", "--convention", "best"],
            "--convention is 'best', but must be one of paper, rail; --help shows",
        ),
        (["evaluate", "x.hdf5", "--nope"], "unrecognized arguments: --nope"),
        (["data", "simulate", "many", "--out", "x.h5"], "count"),
        (["study", "fast"], "fast is neither a study file nor a preset; the presets are quickstart"),
        (["study", "--training.epoch", "5"], "unknown key training.epoch; allowed: epochs, batch_size"),
        (["study", "--network.name", "resnet51"], "network.name is 'resnet51', but must be one of resnet18"),
        (["train", "x.h5", "--out", "m.safetensors", "--group", "best"], "there is no group 'best' in the study"),
        (["report", "nowhere"], "is no finished study"),
    ],
)
def test_a_command_that_makes_no_sense_is_one_sentence(refused, words, said):
    assert said in refused(*words)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("training: {epoch: 5}", "unknown key training.epoch; allowed: epochs"),
        ("groups: {mine: {method: magic}}", "no method 'magic'"),
        ("groups: {mine: {constraints: {flux: {weight: 0.1, uncovered: odd}}}}", "uncovered is 'odd'"),
        ("data: [", "not a YAML document"),
    ],
)
def test_an_error_in_a_study_file_names_key_and_what_is_allowed(tmp_path, text, said):
    path = tmp_path / "study.yaml"
    path.write_text(text)
    # without the type checks of tests, as a user runs it
    found = subprocess.run(
        [sys.executable, "-m", "slipher", "study", str(path), "--out", str(tmp_path / "out")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (found.returncode, found.stdout) == (2, "")
    assert said in found.stderr
    assert found.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()


def spoiled(kind: str, path, store):
    """A file that is no store, for one of many reasons."""
    whole = store.read_bytes()
    if kind == "foreign":
        with h5py.File(path, "w") as file:
            file["cube"] = np.zeros(3)
    else:
        path.write_bytes({"truncated": whole[: len(whole) // 2], "text": b"hello", "empty": b""}[kind])
    return path


@pytest.mark.parametrize("kind", ["truncated", "foreign", "text", "empty"])
def test_a_spoiled_store_leaves_nothing_behind(refused, catalogue_store, model, tmp_path, kind):
    store = spoiled(kind, tmp_path / "store.h5", catalogue_store)
    commands = [
        ("predict", model, store, "--out", tmp_path / "densities.hdf5"),
        ("train", store, "--out", tmp_path / "model.safetensors"),
    ]
    for words in commands:
        assert "store.h5" in refused(*words)
    assert [path.name for path in tmp_path.iterdir()] == ["store.h5"]


def test_a_pickle_is_never_loaded(refused, catalogue_store, tmp_path):
    class Evil:
        def __reduce__(self):
            return (open, (str(tmp_path / "owned"), "w"))

    (tmp_path / "model.safetensors").write_bytes(pickle.dumps(Evil()))
    said = refused("predict", tmp_path / "model.safetensors", catalogue_store, "--out", tmp_path / "densities.hdf5")
    assert "pickle" in said
    assert [path.name for path in tmp_path.iterdir()] == ["model.safetensors"]


def test_destinations_are_checked_before_any_work(refused, catalogue_store, model, tmp_path):
    there = tmp_path / "file.hdf5"
    there.write_text("mine")
    assert "is there already" in refused("predict", model, catalogue_store, "--out", there)
    assert "not a folder" in refused("predict", model, catalogue_store, "--out", there / "densities.hdf5")
    study = tmp_path / "study.yaml"
    study.write_text(f"data: {catalogue_store}\n{TRAINZ}")
    assert "not a folder" in refused("study", study, "--out", there / "study")
    assert "is not empty" in refused("study", study, "--out", tmp_path)
    assert "is not empty" in refused("study", study, "--out", tmp_path, "--overwrite")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file.hdf5", "study.yaml"]


def test_a_store_in_other_bands_is_refused(refused, image_store, model, tmp_path):
    said = refused("predict", model, image_store, "--out", tmp_path / "densities.hdf5")
    assert "has bands g r i, but the model was fitted on u g r i z" in said
    assert list(tmp_path.iterdir()) == []


def test_predicting_is_deterministic(run, catalogue_store, model, tmp_path):
    for name in ("a.hdf5", "b.hdf5"):
        assert run("predict", model, catalogue_store, "--out", tmp_path / name)[0] == 0
    assert (tmp_path / "a.hdf5").read_bytes() == (tmp_path / "b.hdf5").read_bytes()
    assert len(read(tmp_path / "a.hdf5")) == 600


def test_cutouts_become_a_store_that_is_described_and_checked(run, refused, tmp_path):
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:24, :24] - 11.5
    profile = np.exp(-np.hypot(x, y) / 3)[None, :, :, None] * np.array([2.0, 4.0, 6.0])
    cube = (profile + 0.02 * rng.normal(size=(30, 24, 24, 3))).astype(np.float32)
    np.savez(tmp_path / "cutouts.npz", cube=cube, z=rng.uniform(0.05, 0.3, 30))
    words = ("data", "import", "images", tmp_path / "cutouts.npz", "--images", "cube", "--redshift", "z")
    words += ("--bands", "gri", "--pixel-scale", 0.396, "--ebv", 0.03)
    status, out, _ = run(*words)
    store = tmp_path / "cutouts.store.h5"
    assert (status, out) == (0, f"{store}\n")
    assert open_store(store).ebv == pytest.approx(0.03)
    assert json.loads(run("data", "info", store, "--json")[1])["galaxies"] == 30
    assert "30" in run("data", "info", store, "--page", tmp_path / "page.png")[1]
    assert (tmp_path / "page.png").stat().st_size > 1000
    assert run("data", "check", store)[0] == 0
    assert json.loads(run("data", "check", store, "--json")[1])["ok"] is True
    with store.open("r+b") as file:
        file.seek(store.stat().st_size // 2)
        byte = file.read(1)
        file.seek(-1, 1)
        file.write(bytes([byte[0] ^ 1]))
    assert run("data", "check", store)[0] == 2
    assert json.loads(run("data", "check", store, "--json")[1])["damaged"]
    said = refused(*words, "--unit", "count", "--out", tmp_path / "other.h5")
    assert "zero" in said
    assert not (tmp_path / "other.h5").exists()


def test_an_impossible_survey_is_refused(refused, tmp_path):
    assert "5 galaxies were asked for" in refused("data", "simulate", "5", "--out", tmp_path / "mock.h5")
    assert list(tmp_path.iterdir()) == []


def test_every_spectrum_is_reported_and_one_bad_file_sets_the_status(run, monkeypatch):
    from slipher.survey.spectra import report as spectra

    bands = {
        "g": {"synthetic": 2.0, "catalogue": 4.0, "coverage": 0.5},
        "u": {"synthetic": None, "catalogue": 1.0, "coverage": 0.0},
    }
    good = {"file": "a.fits", "redshift": 0.1, "warnings": ["ZWARNING is 16"], "error": None, "bands": bands}
    bad = {"file": "b.fits", "redshift": None, "warnings": [], "error": "b.fits is empty.", "bands": None}
    monkeypatch.setattr(spectra, "flux_report", lambda paths: [good, bad, good][: len(paths)])
    status, out, _ = run("flux", "a.fits")
    assert status == 0
    assert "a.fits  z = 0.1000  (ZWARNING is 16)" in out
    assert "g: synthetic 2 nMgy, catalogue 4 nMgy, ratio 0.5000, coverage 50.0 %" in out
    status, out, _ = run("flux", "a.fits", "b.fits", "--json")
    assert (status, json.loads(out)) == (2, [good, bad])
    assert run("flux", "a.fits", "b.fits")[1].endswith("b.fits is empty.\n")
    assert run("flux", "a.fits", "b.fits", "c.fits")[1].endswith("median ratio of 2 spectra: g 0.5000\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("evaluate d.hdf5 --by mag_i", "--by is 'mag_i', but must be one of redshift, r, ebv;"),
        ("evaluate d.hdf5 --bins 1.5", "--bins is '1.5', but must be a whole number;"),
        ("evaluate d.hdf5 --z-max far", "--z-max is 'far', but must be a number;"),
        ("data simulate many --out s.h5", "--count is 'many', but must be a whole number;"),
        ("predict m s --out d.hdf5 --engine steam", "--engine is 'steam', but must be one of auto, eager,"),
        ("data import catalog c.csv --unit mJy", "--unit is 'mJy', but must be one of nanomaggy, nJy, uJy, count;"),
    ],
)
def test_what_an_option_takes_is_said_in_words(words, said, capsys):
    assert cli.main(words.split()) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["data", "info", ""], "an argument is empty"),
        (["data", "info", "caf\udce9.h5"], r"the argument 'caf\udce9.h5' is no text in UTF-8"),
        (["data", "info", "a\0b"], "is no text in UTF-8"),
        (["data", "info", "line\nbreak.h5"], r"line\nbreak.h5 does not exist"),
        (["data", "info", "n" * 300], "File name too long"),
        (["data", "info", "\x1b[31mred.h5"], r"\x1b[31mred.h5 does not exist"),
    ],
)
def test_names_that_are_none(refused, words, why):
    assert why in refused(*words)


def test_a_sentence_begins_a_line_where_a_bar_was_left(monkeypatch, capsys):
    def broken():
        for number in track(range(3), "counting"):
            if number:
                raise InputError("this cannot be read; give another.")
        return Answer("")

    monkeypatch.setitem(cli.VERBS, "list", broken)
    assert main(["list"]) == 2
    assert capsys.readouterr().err.endswith("\nslipher list: this cannot be read; give another.\n")
