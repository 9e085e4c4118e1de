import os
from dataclasses import replace

import pytest

from slipher.errors import InputError
from slipher.redshift import Grid
from slipher.study.config import Catalogue, GroupConfig, Simulate, StudyConfig, preset_names, preset_text, read_config
from slipher.study.normal import normalised
from slipher.study.opening import study_text


def test_the_quickstart_is_the_default():
    assert normalised(read_config("quickstart")) == normalised(StudyConfig())
    assert list(read_config().groups) == ["baseline", "augmented", "constrained", "local-linear", "trainz"]
    assert read_config().data == Simulate(6000, 0)


def test_every_preset_is_read_and_comments_its_choices():
    assert preset_names() == ["quickstart", "paper", "as-printed", "catalogue", "comparison", "fraction"]
    for name in preset_names():
        normalised(read_config(name))
        assert preset_text(name).startswith("# ")


@pytest.mark.parametrize("name", preset_names())
def test_trainz_is_in_every_table(name):
    config = read_config(name)
    assert list(config.groups)[-1] == "trainz"
    assert config.groups["trainz"] == GroupConfig(method="trainz")


def test_the_paper_is_its_table_2():
    config = normalised(read_config("paper"))
    assert list(config.groups) == ["baseline", "augmented", "constrained", "trainz"]
    assert (config.network.name, config.network.stem, config.network.head) == ("resnet50", "full", "paper")
    assert config.network.stretch == "none"
    training = config.training
    assert (training.epochs, training.batch_size, training.learning_rate) == (50, 128, 1e-3)
    assert (training.weight_decay, training.schedule_factor, training.patience) == (1e-6, 0.1, 2)
    assert (training.checkpoint, training.reduction, training.schedule) == ("last", "mean", "plateau")
    terms = config.groups["constrained"].constraints
    assert {name: term["weight"] for name, term in terms.items()} == {"flux": 0.1, "invariance": 0.1, "cde": 0.1}
    assert terms["invariance"]["fraction"] == 1


def test_as_printed_differs_from_the_paper_in_its_literal_readings_alone():
    paper, printed = normalised(read_config("paper")), normalised(read_config("as-printed"))
    assert printed.training == replace(paper.training, reduction="sum", sky="paper")
    terms = printed.groups["constrained"].constraints
    assert (terms["flux"]["uncovered"], terms["cde"]["form"], terms["invariance"]["fraction"]) == ("zero", "mass", 1)
    assert replace(printed, training=paper.training, groups=paper.groups) == paper
    comments = preset_text("as-printed").partition("data: ")[0]
    assert "were a weight_decay of 2e-6" in comments
    assert "the width of a bin" in comments


def test_the_catalogue_runs_the_colours_with_the_cde_constraint_off_and_on():
    config = read_config("catalogue")
    assert config.data == Catalogue("kcorrect")
    assert config.network.name == "colours"
    assert [bool(group.constraints) for group in config.groups.values()] == [False, True, False, False]
    assert len(config.seed_list) > 2


def test_what_is_written_out_reads_back_the_same(tmp_path):
    path = tmp_path / "study.yaml"
    for name in preset_names():
        config = normalised(read_config(name))
        path.write_text(study_text(config))
        assert normalised(read_config(path)) == config
        assert study_text(normalised(read_config(path))) == study_text(config)


def test_a_group_may_have_seeds_of_its_own(tmp_path):
    path = tmp_path / "study.yaml"
    path.write_text("seeds: 2\ngroups: {a: {}, b: {seeds: 4}, c: {seeds: [7, 3]}, d: {seeds: null}}")
    config = read_config(path)
    assert {name: config.seeds_of(name) for name in config.groups} == {
        "a": (0, 1),
        "b": (0, 1, 2, 3),
        "c": (7, 3),
        "d": (0, 1),
    }
    path.write_text("groups: {a: {seeds: 0}}")
    with pytest.raises(InputError, match=r"groups\.a.*seeds is \[\], but must be"):
        read_config(path)


def test_a_number_of_seeds_means_the_first_ones(tmp_path):
    path = tmp_path / "study.yaml"
    path.write_text("seeds: 3")
    assert read_config(path).seed_list == (0, 1, 2)
    path.write_text("seeds: [4, 2]")
    assert read_config(path).seed_list == (4, 2)


def test_a_group_is_the_study_but_for_what_it_says(tmp_path):
    path = tmp_path / "study.yaml"
    path.write_text(
        "training: {epochs: 9}\ngroups:\n  mine: {network: {name: resnet34}, training: {batch_size: 7}}\n  plain:"
    )
    config = read_config(path)
    assert config.network_of("mine").name == "resnet34"
    assert (config.training_of("mine").epochs, config.training_of("mine").batch_size) == (9, 7)
    assert config.groups["plain"] == GroupConfig()


def test_flags_replace_keys_of_the_file():
    overrides = [
        ("training.epochs", 5),
        ("seeds", 2),
        ("data.simulate", 500),
        ("groups.constrained.constraints.flux", 0.3),
        ("grid", {"z_max": 3, "bins": 300}),
    ]
    config = read_config("quickstart", overrides)
    assert config.training.epochs == 5
    assert config.seed_list == (0, 1)
    assert config.data == Simulate(500, 0)
    assert config.groups["constrained"].constraints["flux"] == 0.3
    assert config.grid == Grid(3.0, 300)


def test_paths_are_relative_to_the_study_file(tmp_path, monkeypatch):
    path = tmp_path / "there" / "study.yaml"
    path.parent.mkdir()
    path.write_text("data: sdss.h5\ngroups: {mine: {constraints: {mine.py:Smooth: 0.2, cde: 0.1}}}")
    monkeypatch.chdir(tmp_path)
    config = read_config(path)
    assert config.data == str(path.parent / "sdss.h5")
    assert list(config.groups["mine"].constraints) == [f"{path.parent / 'mine.py'}:Smooth", "cde"]
    assert read_config(path, [("data", "other.h5")]).data == str(tmp_path / "other.h5")
    path.write_text("training: {start: a.safetensors}\ngroups: {one: {}, two: {training: {start: b.safetensors}}}")
    config = read_config(path, [("training.epochs", 2)])
    starts = [config.training_of(group).start for group in config.groups]
    assert starts == [str(path.parent / name) for name in ("a.safetensors", "b.safetensors")]
    assert read_config(path, [("training.start", "c.safetensors")]).training.start == str(tmp_path / "c.safetensors")


def test_what_a_method_builds_on_is_found_beside_the_study(tmp_path):
    path = tmp_path / "study.yaml"
    path.write_text("groups: {one: {options: {on: m.safetensors}}, two: {options: {on: photometry}}}")
    groups = read_config(path).groups
    assert groups["one"].options == {"on": str(tmp_path / "m.safetensors")}
    assert groups["two"].options == {"on": "photometry"}


def test_constraints_of_a_users_own_file_are_written_out_with_their_options(tmp_path):
    (tmp_path / "mine.py").write_text(
        "from dataclasses import dataclass\nfrom slipher.constraints.base import Constraint\n\n\n@dataclass(frozen=True)\n"
        "class Smooth(Constraint):\n    power: float = 2.0\n\n    def penalty(self, p, batch):\n        return p.sum(dim=1)\n"
    )
    path = tmp_path / "study.yaml"
    path.write_text("groups: {mine: {constraints: {mine.py:Smooth: 0.2}}}")
    (term,) = normalised(read_config(path)).groups["mine"].constraints.values()
    assert term == {"weight": 0.2, "power": 2.0}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        *((text, "says nothing; write what differs") for text in ("", "\n", "# to be written\n", "---\n", "{}")),
        ("training: {epoch: 5}", "unknown key training.epoch; allowed: epochs, batch_size"),
        ("training: {epochs: 0}", "training.epochs is 0"),
        ("network: {name: resnet51}", "network.name is 'resnet51', but must be one of resnet18, resnet34"),
        ("data: {simulated: 5}", "data is {'simulated': 5}"),
        ("data: {catalogue: sdss}", "data.catalogue is 'sdss', but must be kcorrect, or a file and its columns"),
        ("grid: {bins: 1}", "grid.bins is 1"),
        ("seeds: 0", "seeds is []"),
        ("seeds: [1, 1]", "seeds is [1, 1]"),
        ("groups: {}", "groups is empty"),
        ("groups: {a/b: {}}", "groups.a/b"),
        ("groups: {figures: {}}", "groups.figures"),
        ("groups: {Figures: {}}", "groups.Figures"),
        ("groups: {1: {method: trainz}, '1': {method: annz}}", "key 1 stands twice"),
        ("groups: {a: {}, b: {}, a: {}}", "key a stands twice"),
        ("groups: {beck: {}, other: {}, Beck: {}}", "groups.beck and groups.Beck differ in case alone"),
        ("groups: {a: {constraints: {cde: 0.1, cde: 0.2}}}", "key cde stands twice"),
        (
            "groups: {mine: {augment: [shift]}}",
            "groups.mine.augment[0] is 'shift', but must be one of symmetry, background",
        ),
        ("groups: {mine: {augment: [symmetry, symmetry]}}", "groups.mine.augment names an operation twice"),
        ("groups: {mine: {training: {epochs: 0}}}", "groups.mine.training.epochs is 0"),
        ("groups: {mine: {training: {epoch: 5}}}", "unknown key groups.mine.training.epoch"),
        ("groups: {mine: {constraints: {flux: {uncovered: zero}}}}", "groups.mine.constraints.flux lacks its weight"),
        (
            "groups: {mine: {constraints: {fluxx: 0.1}}}",
            "constraints.fluxx is not known; there are flux, invariance, cde",
        ),
        (
            "groups: {mine: {constraints: {flux: {weight: 0.1, uncoverd: zero}}}}",
            "constraints.flux.uncoverd is not known",
        ),
        ("groups: {mine: {method: magic}}", "no method 'magic'; there are neural, "),
        ("colour: red", "unknown key colour; allowed: data, grid, seeds"),
    ],
)
def test_an_error_names_the_key_and_what_is_allowed(tmp_path, text, named):
    path = tmp_path / "study.yaml"
    path.write_text(text)
    with pytest.raises(InputError) as error:
        normalised(read_config(path))
    assert named in str(error.value)
    assert "\n" not in str(error.value)


def test_an_unknown_preset_is_named_with_those_there_are():
    with pytest.raises(
        InputError, match="fast is neither a study file nor a preset; the presets are quickstart, paper"
    ):
        read_config("fast")


def test_a_flag_that_is_no_key_is_an_error_of_the_command_line():
    with pytest.raises(InputError, match=r"command line: unknown key training\.epoch;"):
        read_config("quickstart", [("training.epoch", 5)])


@pytest.mark.parametrize("seeds", ["1000000000", "10001", "-1", "[]", "[1, 1]", "[9223372036854775808]", "9e99"])
def test_seeds_are_bounded(seeds, tmp_path):
    (tmp_path / "s.yaml").write_text(f"seeds: {seeds}")
    with pytest.raises(InputError, match="seeds"):
        read_config(tmp_path / "s.yaml")


def test_names_of_groups_are_bounded():
    with pytest.raises(InputError, match="at most 200 bytes"):
        StudyConfig(groups={"x" * 201: GroupConfig()})


@pytest.mark.parametrize("source", ["folder.yaml", "pipe.yaml", "device.yaml", "large.yaml", "n" * 300])
def test_what_is_no_study_file(tmp_path, source):
    (tmp_path / "folder.yaml").mkdir()
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "device.yaml").symlink_to("/dev/zero")
    with (tmp_path / "large.yaml").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(InputError, match=r"(is a|is no|cannot be read).*; give a YAML study file\."):
        read_config(tmp_path / source)
