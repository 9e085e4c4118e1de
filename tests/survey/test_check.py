"""No byte of a store can change unnoticed."""

import json
import os

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slipher.errors import InputError
from slipher.survey import check as library
from slipher.survey.check import check, check_text
from slipher.survey.schema import Column, Schema, galaxy_schema
from slipher.survey.store import open_store
from slipher.survey.writer import StoreWriter

N, BLOCK = 70, 16


def make(path, **changes):
    schema = galaxy_schema(
        N,
        ("g", "r"),
        source="a test",
        shape=(8, 8),
        loglam0=3.58,
        pixels=9,
        truth={"mass": Column("float64")},
        catalogue={"ra": Column("float64"), "dec": Column("float64"), "note": Column("S7")},
        attributes={"sample": "paper", "dereddened": False},
    )
    schema = Schema(N, schema.bands, schema.columns, schema.tables, schema.attributes, BLOCK)
    rng = np.random.default_rng(2)
    columns = {name: rng.integers(0, 2, (N, *column.shape)) for name, column in schema.columns.items()}
    columns |= {"id": 1000 + np.arange(N), "photometry/flux_error": np.ones((N, 2))}
    columns["catalogue/note"] = np.array([f"n{row}".encode() for row in range(N)])
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
@settings(max_examples=15, deadline=None)
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
        assert entry["ids"] == ([] if name == "id" else list(range(1000 + first, 1001 + last)))
    assert f"{name} is damaged" in check_text(report)
    assert "Copy the store again from where it is whole, or import it again with --overwrite" in check_text(report)
    json.dumps(report, allow_nan=False)


def damage_of(name, within, size, shape):
    """How a flipped byte of a dataset must be reported."""
    row = within // (size // shape[0])
    if name.startswith("checksums/"):
        return name, None if name.endswith("correlation") else row
    return name, None if name == "sky/correlation" else row // BLOCK


@pytest.mark.parametrize("what", ["data", "checksums"])
def test_every_one_of_hundreds_of_flipped_bytes_is_named(path, what):
    """Twenty at a time, anywhere in the datasets, and each block and no other is named."""
    rng = np.random.default_rng(11)
    held = {name: place for name, place in places(path).items() if name != "metadata_checksum"}
    held = {name: place for name, place in held.items() if name.startswith("checksums/") == (what == "checksums")}
    ends = np.cumsum([size for _, size, _ in held.values()])
    for _ in range(20):
        content, expected = bytearray(path.read_bytes()), set()
        for chosen in rng.choice(ends[-1], 20, replace=False).tolist():
            number = int(np.searchsorted(ends, chosen, side="right"))
            name, (offset, size, shape) = list(held.items())[number]
            within = chosen - (ends[number] - size)
            content[offset + within] ^= 1 << int(rng.integers(8))
            expected.add(damage_of(name, within, size, shape))
        target = path.with_name("flipped.h5")
        target.write_bytes(content)
        assert {(entry["dataset"], entry["block"]) for entry in check(target)["damaged"]} == expected


def test_every_kind_of_byte_is_vouched_for(path):
    """One flipped byte in the middle of each dataset and of each gap between them, and at both ends of the file."""
    datasets = sorted((offset, offset + size, name) for name, (offset, size, _) in places(path).items())
    assert {name.split("/")[0] for *_, name in datasets} >= {"checksums", "catalogue", "spectrum", "truth", "sky", "id"}
    ends = [0, *(stop for _, stop, _ in datasets)]
    starts = [*(start for start, *_ in datasets), path.stat().st_size]
    gaps = [(end, start, "structure") for end, start in zip(ends, starts, strict=True) if start > end]
    for start, stop, name in [*datasets, *gaps, (0, 1, "structure"), (stop_of(path) - 1, stop_of(path), None)]:
        try:
            report = check(flipped(path, (start + stop) // 2))
        except InputError:
            assert name in ("structure", None)
            continue
        # the metadata's own checksum cannot be told from the metadata
        expected = {"metadata_checksum": "structure"}.get(name, name)
        assert expected is None or [entry["dataset"] for entry in report["damaged"]] == [expected]
        assert not report["ok"]


def stop_of(path):
    return path.stat().st_size


def test_a_damaged_checksum_is_told_from_damaged_data(path):
    offset, *_ = places(path)["checksums/images"]
    text = check_text(check(flipped(path, offset + 16)))
    assert "checksums/images is damaged in block 1, rows 16 to 31 (id 1016, 1017, 1018, ...)" in text
    assert "The galaxies themselves are whole" in text
    both = check(flipped(flipped(path, offset + 16), places(path)["images"][0]))
    assert {(entry["dataset"], entry["block"]) for entry in both["damaged"]} == {("images", 0), ("images", 1)}


def test_damaged_ids_are_not_given_as_names(path):
    offset, *_ = places(path)["id"]
    target = flipped(flipped(path, offset + 8 * 20), places(path)["images"][0] + 20 * places(path)["images"][1] // N)
    text = check_text(check(target))
    assert "id is damaged in block 1, rows 16 to 31 (their ids are damaged too)" in text
    assert "images is damaged in block 1, rows 16 to 31 (their ids are damaged too)" in text


@pytest.mark.parametrize("tail", [b"\0", b"x" * 5000])
def test_bytes_behind_the_end(path, tmp_path, tail):
    target = tmp_path / "longer.h5"
    target.write_bytes(path.read_bytes() + tail)
    assert [entry["dataset"] for entry in check(target)["damaged"]] == ["structure"]


def test_a_damaged_attribute_makes_no_other_file_of_it(path):
    content = path.read_bytes()
    with pytest.raises(InputError, match=r"is damaged \(its HDF5 structure"):
        check(flipped(path, content.index(b"slipher-store")))
    assert check(flipped(path, content.index(b"a test")))["damaged"][0]["dataset"] == "structure"


def test_many_pieces_are_as_one(path, monkeypatch):
    whole = check(path)
    monkeypatch.setattr(library, "PIECE", 1)
    assert check(path) == whole
    monkeypatch.setattr(library, "available_cores", lambda: 3)
    assert check(path) == whole


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
    assert "Nothing in it can be vouched for" in check_text(report)


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


@pytest.mark.parametrize("cut", [1, 700, 0.5, 0.99])
def test_a_truncated_store_is_refused_wherever_it_ends(path, tmp_path, cut):
    target, size = tmp_path / "cut.h5", path.stat().st_size
    target.write_bytes(path.read_bytes()[: size - cut if cut >= 1 else int(cut * size)])
    with pytest.raises(InputError, match="truncated"):
        check(target)


@pytest.mark.parametrize(
    ("column", "change", "words"),
    [
        ("redshift", lambda values: values - 5, "70 of 70 values of redshift are wrong: each must be a redshift"),
        (
            "images",
            lambda values: np.where(values > 0, np.inf, values),
            "values of images are wrong: each must be finite",
        ),
        ("redshift", lambda values: values + 30, "of redshift are wrong: each must be a redshift, or NaN"),
        ("photometry/flux", lambda values: values + 1e12, "wrong: each must be finite and no brighter than 1e+09 nano"),
        ("ebv", lambda values: values - 1, "of ebv are wrong: each must be not negative"),
        (
            "catalogue/ra",
            lambda values: values + 360,
            "of catalogue/ra are wrong: each must be degrees from -180 to 360",
        ),
        ("catalogue/dec", lambda values: values * -91, "of catalogue/dec are wrong: each must be degrees from -90"),
        ("sky/level", lambda values: values + np.inf, "of sky/level are wrong: each must be finite, or NaN"),
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
