"""What cannot be trained is told before anything is made, whichever group it stands in."""

import dataclasses

import numpy as np
import pytest

from slipher.errors import InputError
from slipher.methods import annz, flexcode, local_linear
from slipher.methods.base import METHODS, NETWORKS, Job, fit, module
from slipher.networks.config import NetworkConfig
from slipher.redshift import Grid
from slipher.study import run as library
from slipher.study.config import StudyConfig, read_config
from slipher.study.folder import Folder
from slipher.study.jobs import check_runs, runs_of, untrained
from slipher.study.plan import plan
from slipher.study.run import run_study
from slipher.survey.schema import galaxy_schema
from slipher.survey.store import open_store
from slipher.survey.writer import StoreWriter
from slipher.training.config import TrainingConfig

COLOURS = {"network": {"name": "colours"}}
BAD_OPTIONS = {
    "neural": {"members": [0, 1.5, "two"], "views": [2, "all"]},
    "pretrained": {"members": [0], "views": [3], "pretrain": [3, {"epochs": 0}, {"epoch": 3}, {"augment": ["blur"]}]},
    "trainz": {},
    "local-linear": {"neighbours": [3, 10.5, "many"], "scale": [1, "yes"], "density": ["kernel"]},
    "beck": {"neighbours": [0], "scale": ["no"], "density": [1]},
    "annz": {
        "members": [0, True, "six"],
        "hidden": [10, [0], ["wide"]],
        "decay": [-1.0, "much"],
        "iterations": [0, 2.5],
        "density": ["kernel"],
    },
    "flexcode": {
        "on": [3, "nowhere.safetensors"],
        "regressor": ["Forest", 3],
        "regressor_options": [3, {"trees": 5}, {"n_estimators": -3}, {"min_samples_leaf": "few"}],
        "basis": [0, 3.5],
    },
}
"""Values that an option of each method does not take."""
BAD_GROUPS = [
    *({"method": name, "options": {"colour": 1}} for name in METHODS),
    *(
        {"method": name, "options": {option: value}}
        for name, options in BAD_OPTIONS.items()
        for option, values in options.items()
        for value in values
    ),
    {"method": "local-linear", "options": {"neighbours": 1001}},
    {"constraints": {"flux": {"weight": 0.1, "min_coverage": 1.5}}},
    {"constraints": {"flux": {"weight": 0.1, "uncovered": "guess"}}},
    {"constraints": {"flux": {"weight": 0.1, "deredden": 1}}},
    {"constraints": {"invariance": {"weight": 0.1, "fraction": 0}}},
    {"constraints": {"invariance": {"weight": 0.1, "on": "features"}}},
    {"constraints": {"invariance": {"weight": 0.1, "detach": "no"}}},
    {"constraints": {"cde": {"weight": 0.1, "form": "square"}}},
    {"constraints": {"cde": {"weight": 0.1, "power": 2}}},
    {"constraints": {"cde": -0.1}},
    {"constraints": {"cde": {"weight": float("inf")}}},
    {"constraints": {"cde": {"weight": float("nan")}}},
    {"constraints": {"cde": {"weight": "much"}}},
    {"constraints": {"smooth": 0.1}},
    {"constraints": {"absent.py:Smooth": 0.1}},
    {"constraints": {"flux": 0.1}, **COLOURS, "augment": ["symmetry"]},
    {"constraints": {"invariance": 0.1}, **COLOURS},
    {"network": {"name": "resnet51"}},
    {"network": {"name": "timm:no_such_network"}},
    {"network": {"stem": "tall"}},
    {"network": {"head": "none"}},
    {"network": {"stretch": "log"}},
    {"network": {"size": 7}},
    {"network": {"size": 65}},
    {"network": {"deredden": "yes"}},
    {"network": {"depth": 18}},
    {"augment": ["blur"]},
    {"augment": ["symmetry", "symmetry"]},
    {"training": {"start": "absent.safetensors"}},
    {"training": {"frozen": "trunk"}},
    {"training": {"learning_rate": 0}},
    {"training": {"schedule_factor": 2}},
    {"training": {"schedule": "linear"}},
    {"training": {"patience": -1}},
    {"training": {"milestones": [1.5]}},
    {"training": {"epoch": 5}},
    {"method": "pretrained", "training": {"start": "absent.safetensors"}},
    {"method": "pretrained", "network": {"name": "colours"}},
    {"method": "magic"},
    *(
        {"method": name, **told}
        for name in sorted(set(METHODS) - NETWORKS)
        for told in (
            {"constraints": {"cde": 0.1}},
            {"augment": ["symmetry"]},
            {"network": {"name": "colours"}},
            {"training": {"epochs": 3}},
        )
    ),
    {"method": "flexcode", "options": {"basis": 100_000}},
]


def named(group):
    """What a case is called."""
    return " ".join(f"{key}={value}" for key, value in group.items())


def study(folder, last, data="{simulate: 1500}"):
    """A study whose last group is the one that matters, after one that can be trained."""
    path = folder / "asked.yaml"
    path.write_text(f"data: {data}\n")
    overrides = [("groups", {"first": {"method": "trainz"}, "last": last})]
    return read_config(path, overrides)


@pytest.fixture
def nothing_is_made(monkeypatch):
    """No galaxy is simulated or read, and nothing is trained."""

    def forbidden(*_, **__):
        raise AssertionError("work was begun")

    monkeypatch.setattr(library, "open_data", forbidden)
    monkeypatch.setattr(library._Study, "_trained", forbidden)
    monkeypatch.setattr("slipher.study.plan.measured", forbidden)


@pytest.mark.parametrize("group", BAD_GROUPS, ids=named)
def test_a_mistake_in_the_last_group_is_told_before_anything_is_made(tmp_path, nothing_is_made, group):
    out = tmp_path / "out"
    for begin in (plan, run_study):
        with pytest.raises(InputError) as error:
            begin(study(tmp_path, group), out)
        assert "last" in str(error.value)
        assert "\n" not in str(error.value)
        assert not out.exists()


def test_every_option_of_every_method_has_its_wrong_values_here():
    assert set(BAD_OPTIONS) == set(METHODS)
    kinds = {"annz": annz.Options, "flexcode": flexcode.Options, "local-linear": local_linear.Options}
    for name, kind in kinds.items():
        assert set(BAD_OPTIONS[name]) == {field.name for field in dataclasses.fields(kind)}


@pytest.mark.parametrize("name", METHODS)
def test_what_a_check_refuses_a_fit_refuses_alike(catalogue_store, name):
    galaxies, job = open_store(catalogue_store), Job(grid=Grid(0.4, 10), options={"colour": 1})
    said = []
    for call in (lambda: module(name).check(galaxies, job), lambda: module(name).fit(galaxies, job)):
        with pytest.raises(InputError) as error:
            call()
        said.append(str(error.value))
    assert said[0] == said[1]


@pytest.fixture(scope="module")
def bare_store(tmp_path_factory):
    """A few cutouts in bands without a filter; no sky, photometry or spectra."""
    path = tmp_path_factory.mktemp("bare") / "bare.h5"
    schema = galaxy_schema(6, ("b", "v"), source="a test", shape=(16, 16), photometry=False, sky=False)
    rng = np.random.default_rng(0)
    columns = {
        "id": np.arange(6),
        "redshift": np.linspace(0.1, 0.3, 6),
        "ebv": np.zeros(6, np.float32),
        "split": np.array([0, 0, 1, 1, 2, 2], np.uint8),
        "images": rng.normal(size=(6, 2, 16, 16)).astype(schema.columns["images"].dtype),
        "valid": np.ones((6, 2, 16, 16), bool),
    }
    with StoreWriter(path, schema, "bare") as writer:
        writer.write(0, columns)
        writer.finish()
    return path


NO_PHOTOMETRY = [{"method": name} for name in ("local-linear", "beck", "annz", "flexcode")]
LACKING = [
    *((group, "has no photometry") for group in [*NO_PHOTOMETRY, COLOURS, {"network": {"name": "henghes"}}]),
    ({"constraints": {"flux": 0.1}}, "has no spectra, which the flux constraint needs"),
    ({"constraints": {"invariance": 0.1}}, "holds no measured sky, which the background operator needs"),
    ({"augment": ["background"]}, "holds no measured sky"),
    ({"augment": ["reddening"]}, "no filter 'b'"),
    ({"network": {"deredden": True}}, "no filter 'b'"),
    ({"network": {"size": 24}}, "has cutouts of 16×16 pixels, but the network sees 24×24"),
    ({"method": "pretrained", "options": {"pretrain": {"augment": ["background"]}}}, "which the view background needs"),
    ({"method": "pretrained"}, "no filter 'b'"),
]


@pytest.mark.parametrize(("group", "lacks"), LACKING, ids=lambda value: named(value) if isinstance(value, dict) else "")
def test_what_a_store_lacks_for_the_last_group_is_told_first(bare_store, tmp_path, nothing_is_made, group, lacks):
    for begin in (plan, run_study):
        with pytest.raises(InputError, match=r"^groups\.last: ") as error:
            begin(study(tmp_path, group, bare_store), tmp_path / "out")
        assert lacks in str(error.value)
        assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("data", ["{catalogue: kcorrect}", "STORE"])
@pytest.mark.parametrize(
    ("group", "lacks"),
    [
        ({}, "has no images"),
        ({"method": "pretrained"}, "has no images"),
        ({**COLOURS, "constraints": {"flux": 0.1}}, "has no spectra"),
    ],
    ids=["neural", "pretrained", "flux"],
)
def test_what_a_catalogue_lacks_is_told_first(catalogue_store, tmp_path, nothing_is_made, data, group, lacks):
    data = data.replace("STORE", str(catalogue_store))
    with pytest.raises(InputError, match=rf"^groups\.last: .* {lacks}"):
        run_study(study(tmp_path, group, data), tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("group", [*NO_PHOTOMETRY, COLOURS], ids=named)
def test_bands_of_a_catalogue_that_have_no_filter_are_told_first(tmp_path, group):
    names = ["f_b", "f_v", "e_b", "e_v", "z"]
    (tmp_path / "two.csv").write_text("\n".join([",".join(names), *["1,1,1,1,0.1"] * 200]))
    data = "{catalogue: two.csv, columns: {flux: 'f_{band}', flux_error: 'e_{band}', redshift: z, bands: 'b,v'DUST}}"
    dusty = study(tmp_path, group, data.replace("DUST", ", ebv: 0.1"))
    with pytest.raises(InputError, match=r"^groups\.last: .*no filter 'b'"):
        check_runs(dusty, runs_of(dusty, Folder(tmp_path / "out")))
    # what is not dereddened needs none
    for dust in ("", ", ebv: 0.1, dereddened: true"):
        clean = study(tmp_path, group, data.replace("DUST", dust))
        check_runs(clean, runs_of(clean, Folder(tmp_path / "out")))


def test_a_start_of_another_architecture_or_of_no_network_is_told_first(
    catalogue_store, tmp_path, nothing_is_made, monkeypatch
):
    # the overrides of a study are relative to where one is
    monkeypatch.chdir(tmp_path)
    one = TrainingConfig(epochs=1, precision="float32", device="cpu")
    galaxies, grid = open_store(catalogue_store), Grid(0.4, 10)
    fit(galaxies, network=NetworkConfig("colours"), training=one, grid=grid, progress=False).save(
        tmp_path / "c.safetensors"
    )
    fit(galaxies, method="trainz", grid=grid).save(tmp_path / "t.safetensors")
    for group, words in (
        ({"training": {"start": "c.safetensors"}}, "holds a network colours, whose layers do not fit"),
        ({"training": {"start": "asked.yaml"}}, "asked.yaml"),
        ({"method": "flexcode", "options": {"on": "t.safetensors"}}, "is a model of method trainz"),
        ({"method": "flexcode", "options": {"on": "asked.yaml"}}, "asked.yaml"),
    ):
        with pytest.raises(InputError, match=r"^groups\.last: ") as error:
            run_study(study(tmp_path, group), tmp_path / "out")
        assert words in str(error.value)


USERS = """
from dataclasses import dataclass
from slipher.constraints import Constraint


@dataclass(frozen=True)
class Smooth(Constraint):
    {}

    def penalty(self, p, batch):
        return p.sum(dim=1)
"""


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("needs = frozenset({'weather'})", "needs weather, but a batch can hold response and views"),
        ("needs = frozenset({'response'})", "needs the response table, which comes with flux"),
        ("power: float", "Smooth cannot be made with"),
        ("__post_init__ = lambda self: int('never')", "Smooth cannot be made with {}: invalid literal"),
        ("oh no", "does not run: SyntaxError"),
    ],
)
def test_a_constraint_of_the_users_own_is_tried_first(tmp_path, nothing_is_made, line, says):
    (tmp_path / "mine.py").write_text(USERS.format(line))
    with pytest.raises(InputError) as error:
        run_study(study(tmp_path, {"constraints": {f"{tmp_path / 'mine.py'}:Smooth": 0.1}}), tmp_path / "out")
    assert says in str(error.value)
    assert "groups.last" in str(error.value)


@pytest.mark.parametrize("name", METHODS)
def test_a_simulated_survey_has_all_that_a_method_needs(name, tmp_path):
    config = StudyConfig(groups=study(tmp_path, {"method": name}).groups)
    check_runs(config, runs_of(config, Folder(tmp_path / "out")))


def test_what_is_trained_needs_no_check(tmp_path):
    config = study(tmp_path, {"training": {"start": str(tmp_path / "gone.safetensors")}})
    runs = runs_of(config, Folder(tmp_path / "out"))
    runs[-1].folder.mkdir(parents=True)
    runs[-1].model.touch()
    check_runs(config, untrained(runs))
    with pytest.raises(InputError, match=r"^groups\.last: "):
        check_runs(config, untrained(runs, overwrite=True))
