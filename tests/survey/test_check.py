"""No byte of a store can change unnoticed."""

import json
import os

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slipher.errors import InputError
from slipher.survey.check import check, check_text
from slipher.survey.schema import Column, Schema, galaxy_schema
from slipher.survey.store import open_store
from slipher.survey.writer import StoreWriter

N, BLOCK = 70, 16


def make(path, **changes):
    schema = galaxy_schema(
        N, ("g", "r"), source="a test", shape=(8, 8), loglam0=3.58, pixels=9, truth={"mass": Column("float64")}
    )
    schema = Schema(N, schema.bands, schema.columns, schema.tables, schema.attributes, BLOCK)
    rng = np.random.default_rng(2)
    columns = {name: rng.integers(0, 2, (N, *column.shape)) for name, column in schema.columns.items()}
    columns |= {"id": 1000 + np.arange(N), "photometry/flux_error": np.ones((N, 2))}
    columns |= {name: np.asarray(change(columns[name].astype(float))) for name, change in changes.items()}
    with StoreWriter(path, schema, "x") as writer:
        for start, stop in writer.missing():
            writer.write(start, {name: values[start:stop] for name, values in columns.items()})
        writer.put("sky/correlation", np.ones((2, 5, 5)))
        writer.finish()
    return path


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return make(tmp_path_factory.mktemp("check") / "survey.h5")


def places(path):
    with h5py.File(path) as file:
        found = {}
        file.visititems(
            lambda name, item: found.update({name: item}) if isinstance(item, h5py.Dataset) and item.shape else None
        )
        return {name: (item.id.get_offset(), item.id.get_storage_size(), item.shape) for name, item in found.items()}


def flipped(path, position, bit=0):
    """A copy with one bit turned."""
    content = bytearray(path.read_bytes())
    content[position] ^= 1 << bit
    target = path.with_name("flipped.h5")
    target.write_bytes(content)
    return target


def test_a_sound_store(path):
    report = check(path)
    assert report["ok"]
    assert report["galaxies"] == N
    assert report["blocks"] == 5
    assert report["damaged"] == []
    assert report["problems"] == []
    assert report["columns"]["images"] == {"finite": 1.0, "least": 0.0, "greatest": 1.0}
    assert check_text(report) == f"{path} is whole: 70 galaxies in 5 blocks."
    json.dumps(report, allow_nan=False)


@given(data=st.data())
@settings(max_examples=30, deadline=None)
def test_a_flipped_bit_in_the_data_is_found_and_located(path, data):
    columns = {name: place for name, place in places(path).items() if not name.startswith(("checksums/", "metadata"))}
    name = data.draw(st.sampled_from(sorted(columns)))
    offset, size, shape = columns[name]
    within = data.draw(st.integers(0, size - 1))
    report = check(flipped(path, offset + within, data.draw(st.integers(0, 7))))
    assert not report["ok"]
    (entry,) = report["damaged"]
    assert entry["dataset"] == name
    if name == "sky/correlation":
        assert entry["ids"] == []
    else:
        block = within // (size // shape[0]) // BLOCK
        first, last = block * BLOCK, min((block + 1) * BLOCK, N) - 1
        assert (entry["block"], entry["first"], entry["last"]) == (block, first, last)
        if name != "id":
            assert entry["ids"] == list(range(1000 + first, 1001 + last))
    assert f"{name} is damaged" in check_text(report)
    json.dumps(report, allow_nan=False)


@given(data=st.data())
@settings(max_examples=15, deadline=None)
def test_a_flipped_bit_in_a_checksum_is_found(path, data):
    names = {name: place for name, place in places(path).items() if name.startswith(("checksums/", "metadata"))}
    offset, size, _ = names[data.draw(st.sampled_from(sorted(names)))]
    report = check(flipped(path, offset + data.draw(st.integers(0, size - 1))))
    assert not report["ok"]
    assert report["damaged"]


@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_a_flipped_bit_in_the_structure_is_reported_or_refused(path, data):
    taken = np.zeros(path.stat().st_size, bool)
    for offset, size, _ in places(path).values():
        taken[offset : offset + size] = True
    position = data.draw(st.sampled_from(np.flatnonzero(~taken).tolist()))
    target = flipped(path, position, data.draw(st.integers(0, 7)))
    try:
        report = check(target)
    except InputError:
        return
    assert not report["ok"]
    assert [entry["dataset"] for entry in report["damaged"]] == ["structure"]
    assert "structure is damaged" in check_text(report)


def test_every_damaged_block_is_named(path):
    offset, size, _ = places(path)["images"]
    row = size // N
    target = flipped(flipped(path, offset + 3 * row), offset + 20 * row)
    target = flipped(target, places(path)["redshift"][0] + 8 * 69)
    damaged = {(entry["dataset"], entry["block"]) for entry in check(target)["damaged"]}
    assert damaged == {("images", 0), ("images", 1), ("redshift", 4)}
    assert open_store(target).images().shape == (N, 2, 8, 8), "the rest can still be read"


def test_a_truncated_store_is_refused(path, tmp_path):
    target = tmp_path / "cut.h5"
    target.write_bytes(path.read_bytes())
    os.truncate(target, 5000)
    with pytest.raises(InputError, match="truncated"):
        check(target)


def test_a_store_changed_by_another_program(path, tmp_path):
    target = tmp_path / "changed.h5"
    target.write_bytes(path.read_bytes())
    with h5py.File(target, "r+") as file:
        file.attrs["note"] = "mine"
    assert check(target)["damaged"][0]["dataset"] == "structure"


@pytest.mark.parametrize(
    ("column", "change", "words"),
    [
        ("redshift", lambda values: values - 5, "70 of 70 values of redshift are wrong: each must be a redshift"),
        (
            "images",
            lambda values: np.where(values > 0, np.inf, values),
            "values of images are wrong: each must be finite",
        ),
        ("ebv", lambda values: values - 1, "of ebv are wrong: each must be not negative"),
        ("split", lambda values: values + 2, "of split are wrong: each must be 0, 1 or 2"),
        ("photometry/flux_error", lambda values: values * 0, "140 of 140 values of photometry/flux_error"),
        ("spectrum/ivar", lambda values: values * np.nan, "of spectrum/ivar are wrong: each must be finite"),
    ],
)
def test_impossible_values(tmp_path, column, change, words):
    report = check(make(tmp_path / "odd.h5", **{column: change}))
    assert not report["ok"]
    assert report["damaged"] == []
    assert words in check_text(report)
    json.dumps(report, allow_nan=False)


def test_unknown_redshifts_are_fine(tmp_path):
    report = check(make(tmp_path / "unlabelled.h5", redshift=lambda values: values * np.nan))
    assert report["ok"]
    assert report["columns"]["redshift"] == {"finite": 0.0, "least": None, "greatest": None}
