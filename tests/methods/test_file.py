"""Model files from anywhere: each method's own file with one thing altered is a right model, or one sentence."""

import copy
import json
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import save_file

from slipher.errors import InputError
from slipher.methods.base import Job, load, module
from slipher.methods.file import read_model, write_model
from slipher.methods.network.start import Start
from slipher.networks.config import NetworkConfig
from slipher.redshift import Grid
from slipher.survey.store import open_store
from slipher.training.config import TrainingConfig

GRID = Grid(0.4, 24)
KNN = {"regressor": "KNeighborsRegressor", "regressor_options": {"n_neighbors": 9}, "basis": 6}
TRAINING = TrainingConfig(epochs=1, device="cpu", precision="float32")
COLOURS = NetworkConfig("colours")
JOBS: dict[str, tuple[str, dict[str, Any]]] = {
    "trainz": ("trainz", {}),
    "local-linear": ("local-linear", {}),
    "beck": ("beck", {"options": {"neighbours": 40}}),
    "annz": ("annz", {"options": {"members": 2, "iterations": 5, "hidden": [3]}}),
    "flexcode": ("flexcode", {"options": KNN}),
    "flexcode on a network": ("flexcode", {"options": KNN | {"on": "colours"}}),
    "colours": ("neural", {"network": COLOURS, "training": TRAINING}),
    "ensemble": ("neural", {"network": COLOURS, "training": TRAINING, "options": {"members": 2}}),
}


OPTIONAL = {"format", "format_version", "members", "network", "software", "unit"}
"""Keys that older files lack, that say of what kind the file is, or that nobody reads."""


@dataclass(frozen=True)
class Whole:
    """A model file of a method, and what it says of some galaxies."""

    header: dict[str, Any]
    tensors: dict[str, np.ndarray]
    expected: np.ndarray


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def galaxies(catalogue_store):
    return open_store(catalogue_store)


@pytest.fixture(scope="module")
def files(galaxies, folder):
    """A file of every method."""
    found = {}
    for name in sorted(JOBS, key=lambda name: "on a network" in name):
        method, told = JOBS[name]
        model = module(method).fit(galaxies, Job(grid=GRID, progress=False, base=folder, **told))
        model.save(folder / name)
        file = read_model(folder / name)
        found[name] = Whole(dict(file.header), dict(file.tensors), model.predict(galaxies.test, progress=False).mass)
    return found


def keys(header, *above):
    """The path of every key, those of tables within too."""
    for key, value in header.items():
        yield (*above, key)
        if isinstance(value, dict):
            yield from keys(value, *above, key)


def with_key(header, path, change):
    """A header in which the table that holds a key was changed."""
    header = copy.deepcopy(header)
    table = header
    for key in path[:-1]:
        table = table[key]
    change(table, path[-1])
    return header


def written(path: Path, header, tensors):
    """As `write_model` would, were it told to write such a thing."""
    save_file(
        {name: np.ascontiguousarray(each) for name, each in tensors.items()}, path, {"slipher": json.dumps(header)}
    )
    return path


def said(call):
    """What a call gives, and the sentence that it ends in otherwise."""
    try:
        return call(), ""
    except InputError as error:
        return None, str(error)


def right_or_said(path, galaxies):
    """A model's masses, or None where its file, or what it needs of galaxies, was refused in a sentence."""
    model, refused = said(lambda: load(path))
    assert str(path) in refused or not refused
    found, unsuited = (None, "") if model is None else said(lambda: model.predict(galaxies, progress=False).mass)
    assert "\n" not in refused + unsuited
    return found


@pytest.mark.parametrize("name", JOBS)
def test_the_file_as_it_is_is_the_model(files, galaxies, folder, name):
    one = files[name]
    np.testing.assert_array_equal(
        right_or_said(written(folder / "as it is", one.header, one.tensors), galaxies.test), one.expected
    )


@pytest.mark.parametrize("name", JOBS)
def test_a_key_that_is_missing_is_named(files, folder, name):
    one = files[name]
    for key in set(one.header) - OPTIONAL:
        left = {other: value for other, value in one.header.items() if other != key}
        with pytest.raises(InputError, match=f"the header lacks {key}; copy or train the model again"):
            load(written(folder / "lacking", left, one.tensors))
    assert "grid" in one.header


@pytest.mark.parametrize("name", [name for name in JOBS if name != "trainz"])
def test_bands_in_another_order_than_the_tensors_are_refused(files, folder, name):
    one = files[name]
    path = next(path for path in keys(one.header) if path[-1] == "bands")
    header = with_key(one.header, path, lambda table, key: table.__setitem__(key, table[key][::-1]))
    with pytest.raises(
        InputError, match=r"bands is .*, but seen.system.bands .*, and the order is that of the tensors"
    ):
        load(written(folder / "reversed", header, one.tensors))


@pytest.mark.parametrize("name", JOBS)
@pytest.mark.parametrize("key", ["grid", "options"])
def test_no_default_stands_for_what_a_table_lacks(files, folder, name, key):
    one = files[name]
    for inner in one.header.get(key, {}):
        header = with_key(one.header, (key, inner), lambda table, key: table.pop(key))
        with pytest.raises(InputError, match=f"the header's {key} lacks {inner}; copy or train"):
            load(written(folder / "lacking", header, one.tensors))


def test_a_model_without_a_range_says_that_nothing_counts_as_far(files, folder, capsys):
    one = files["local-linear"]
    load(written(folder / "no range", one.header | {"seen": None}, one.tensors))
    assert "is not known, so that none counts as far" in capsys.readouterr().err


VALUES = (
    st.none()
    | st.booleans()
    | st.sampled_from([0, 1, 2, -1, 10**9, 2**63, 10**400, float("nan"), float("inf"), -0.5, 1e-300, 1e300])
    | st.integers(-5, 50)
    | st.floats()
    | st.sampled_from(["", "neural", "pretrained", "resnet18", "u", "asinh", "gaussian", "timm:none", "x" * 1000])
    | st.sampled_from([[], {}, [[]], ["u"], ["u", "u"], list("ugriz"), [1.0] * 5, [0] * 5, [10**9], {"x": 1}])
)


@pytest.mark.parametrize("name", JOBS)
def test_any_key_of_any_value(files, galaxies, folder, name):
    one = files[name]

    @settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(sorted(keys(one.header))), VALUES)
    def check(path, value):
        header = with_key(one.header, path, lambda table, key: table.__setitem__(key, value))
        found = right_or_said(written(folder / "altered", header, one.tensors), galaxies.test)
        assert found is None or np.isfinite(found).all()

    check()


ALTERED = {
    "longer": lambda tensor: np.concatenate([tensor, tensor]),
    "shorter": lambda tensor: tensor[:-1],
    "none": lambda tensor: tensor[:0],
    "deeper": lambda tensor: tensor[None],
    "flat": lambda tensor: np.concatenate([tensor.ravel(), [1.0]]),
    "whole numbers": lambda tensor: tensor.astype(np.int8),
    "truth": lambda tensor: tensor.astype(bool),
    "unknown": lambda tensor: np.full_like(tensor, np.nan),
    "one unknown": lambda tensor: np.where(np.arange(tensor.size).reshape(tensor.shape) == 0, np.nan, tensor),
    "infinite": lambda tensor: np.full_like(tensor, np.inf),
    "negative": lambda tensor: -np.abs(tensor) - 1,
}


@pytest.mark.parametrize("name", JOBS)
@pytest.mark.parametrize("how", ALTERED)
def test_a_tensor_that_is_another_is_named(files, galaxies, folder, name, how):
    one = files[name]
    for tensor in list(one.tensors)[:8]:
        path = written(folder / "altered", one.header, one.tensors | {tensor: ALTERED[how](one.tensors[tensor])})
        _, refused = said(lambda path=path: load(path))
        # nothing tells numbers from those of another training
        if how == "negative":
            found = right_or_said(path, galaxies.test)
            assert found is None or np.isfinite(found).all()
        else:
            assert str(path) in refused
            assert "tensor" in refused
            assert "\n" not in refused


@pytest.mark.parametrize("name", JOBS)
def test_a_tensor_that_is_missing_is_named(files, folder, name):
    one = files[name]
    for tensor in list(one.tensors)[:8]:
        left = {key: value for key, value in one.tensors.items() if key != tensor}
        with pytest.raises(InputError, match=r"tensors? (\S+ is missing|are not those of)"):
            load(written(folder / "lacking", one.header, left or {"x": np.zeros(1)}))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "the header's slipher is no JSON"),
        ("", "the header's slipher is no JSON"),
        ("[" * 100_000, "the header's slipher is no JSON"),
        ('{"format": ' + "9" * 5000 + "}", "the header's slipher is no JSON"),
        ("[]", "no slipher model"),
        ("null", "no slipher model"),
        ("3", "no slipher model"),
        ("{}", "no slipher model"),
        ('{"format": ["slipher-model"]}', "no slipher model"),
        ('{"format": "slipher-model"}', "format_version is None, but this slipher reads 1 to 2"),
        ('{"format": "slipher-model", "format_version": true}', "format_version is True"),
        ('{"format": "slipher-model", "format_version": 3}', "format_version is 3, but this slipher reads 1 to 2"),
        ('{"format": "slipher-model", "format_version": 2}', "the header lacks method"),
        ('{"format": "slipher-model", "format_version": 2, "method": "x"}', "there is no method 'x'"),
        (
            '{"format": "slipher-model", "format_version": 2, "method": ["neural"]}',
            r"method is \['neural'\], but must be",
        ),
        ('{"format": "slipher-model", "format_version": 2, "method": "pretrained"}', "holds a pretrained trunk"),
    ],
)
def test_a_header_that_is_none_is_one_sentence(tmp_path, text, why):
    path = tmp_path / "model.safetensors"
    save_file({"mass": np.zeros(4)}, path, {"slipher": text})
    with pytest.raises(InputError, match=why) as caught:
        load(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", ["BF16", "F8_E4M3"])
def test_numbers_that_numpy_does_not_have_are_named(files, tmp_path, kind):
    mass, path = files["trainz"].tensors["mass"], tmp_path / "model.safetensors"
    size = {"BF16": 2, "F8_E4M3": 1}[kind] * len(mass)
    document = {
        "__metadata__": {"slipher": json.dumps(files["trainz"].header)},
        "mass": {"dtype": kind, "shape": [len(mass)], "data_offsets": [0, size]},
    }
    text = json.dumps(document).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + bytes(size))
    with pytest.raises(InputError, match=f"model.safetensors: the tensor mass is of type {kind}, which no model"):
        load(path)


def test_a_start_is_looked_at_as_a_model_is(tmp_path):
    for network in ([], "resnet18", {"name": 3}, {"stem": "none"}, {"depth": 3}):
        path = tmp_path / "trunk.safetensors"
        write_model(path, {"method": "pretrained", "network": network}, {"weight": np.zeros(3)})
        with pytest.raises(InputError, match=r"trunk\.safetensors: network"):
            Start(str(path))


@pytest.mark.parametrize("room", [0, 100, 5000])
def test_a_full_disk_is_said_in_one_sentence(tmp_path, files_of_at_most, room):
    with (
        files_of_at_most(room),
        pytest.raises(InputError, match=r"m.safetensors cannot be written: File too large; make"),
    ):
        write_model(tmp_path / "m.safetensors", {"method": "trainz"}, {"mass": np.zeros(4000)})
    assert not list(tmp_path.iterdir())
