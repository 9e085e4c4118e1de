"""A killed writer, called again, ends with the same bytes."""

import errno
import hashlib
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slipher.errors import InputError
from slipher.survey.schema import Column, Schema, galaxy_schema
from slipher.survey.store import open_store, truth
from slipher.survey.writer import StoreWriter, making

CHILD = Path(__file__).parent / "writing.py"


def small_schema(galaxies=21, block=4):
    schema = galaxy_schema(
        galaxies, ("g", "r"), source="test", shape=(6, 10), loglam0=3.58, pixels=7, truth={"mass": Column("float64")}
    )
    return Schema(schema.galaxies, schema.bands, schema.columns, schema.tables, schema.attributes, block)


def rows(schema, start, stop):
    """Values that depend on the row alone."""
    columns = {}
    for name, column in schema.columns.items():
        rng = np.random.default_rng([len(name), start])
        values = rng.integers(0, 2 if column.dtype == "bits" else 100, (stop - start, *column.shape))
        columns[name] = values
    columns["id"] = np.arange(start, stop)
    return columns


def fill(writer):
    for start, stop in writer.missing():
        writer.write(start, rows(writer.schema, start, stop))
    writer.put("sky/correlation", np.ones((2, 5, 5)))
    return writer.finish()


def make(path, identity="one", schema=None):
    with StoreWriter(path, schema or small_schema(), identity) as writer:
        return fill(writer)


def sha(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_what_is_written_is_read(tmp_path):
    fingerprint = make(tmp_path / "a.h5")
    galaxies = open_store(tmp_path / "a.h5")
    expected = [rows(small_schema(), start, stop) for start, stop in small_schema().blocks]
    assert galaxies.fingerprint == fingerprint
    assert [path.name for path in tmp_path.iterdir()] == ["a.h5"]
    np.testing.assert_array_equal(galaxies.images(), np.concatenate([part["images"] for part in expected]))
    np.testing.assert_array_equal(galaxies.valid(), np.concatenate([part["valid"] for part in expected]))
    np.testing.assert_array_equal(galaxies.sources(), np.concatenate([part["sources"] for part in expected]))
    mass = np.concatenate([part["truth/mass"] for part in expected])
    np.testing.assert_array_equal(truth(tmp_path / "a.h5")["mass"], mass)


def test_the_file_is_plain_hdf5(tmp_path):
    make(tmp_path / "a.h5")
    with h5py.File(tmp_path / "a.h5") as file:
        assert file["images"].shape == (21, 2, 6, 10)
        assert file["images"].chunks is None
        assert file["spectrum/flux"].dtype == np.float32
        assert file.attrs["format"] == b"slipher-store"


def test_bytes_do_not_depend_on_the_clock_or_the_order(tmp_path):
    make(tmp_path / "a.h5")
    time.sleep(1.1)
    with StoreWriter(tmp_path / "b.h5", small_schema(), "one") as writer:
        for start, stop in reversed(writer.missing()):
            writer.write(start, rows(writer.schema, start, stop))
        fill(writer)
    assert sha(tmp_path / "a.h5") == sha(tmp_path / "b.h5")


def test_fingerprint_follows_the_content(tmp_path):
    assert make(tmp_path / "a.h5", "one") == make(tmp_path / "b.h5", "two")
    assert make(tmp_path / "c.h5", schema=small_schema(20)) != make(tmp_path / "d.h5")


def test_killed_at_random_moments_it_ends_the_same(tmp_path):
    undisturbed = tmp_path / "undisturbed"
    undisturbed.mkdir()
    make(undisturbed / "a.h5")
    chance = random.Random(5)
    path = tmp_path / "a.h5"
    for _ in range(6):
        child = subprocess.Popen([sys.executable, str(CHILD), str(path)], stdout=subprocess.PIPE)
        child.stdout.readline()
        time.sleep(chance.uniform(0.0, 0.08))
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
    subprocess.run([sys.executable, str(CHILD), str(path)], check=True, stdout=subprocess.DEVNULL)
    assert sha(path) == sha(undisturbed / "a.h5")
    assert sorted(item.name for item in tmp_path.iterdir()) == ["a.h5", "undisturbed"]


def stop_after(path, blocks, identity="one"):
    """Leave an interrupted run behind."""
    with StoreWriter(path, small_schema(), identity) as writer:
        for start, stop in writer.missing()[:blocks]:
            writer.write(start, rows(writer.schema, start, stop))


def test_a_run_continues(tmp_path):
    stop_after(tmp_path / "a.h5", 3)
    with StoreWriter(tmp_path / "a.h5", small_schema(), "one") as writer:
        assert writer.done == 12
        assert [start for start, _ in writer.missing()] == [12, 16, 20]
        np.testing.assert_array_equal(writer.read("images", 4, 8), rows(writer.schema, 4, 8)["images"])
        np.testing.assert_array_equal(writer.read("valid", 4, 8), rows(writer.schema, 4, 8)["valid"])
    assert not (tmp_path / "a.h5").exists()


@pytest.mark.parametrize("other", ["identity", "schema"])
def test_another_run_starts_anew(tmp_path, other):
    stop_after(tmp_path / "a.h5", 3, "two" if other == "identity" else "one")
    schema = small_schema(22) if other == "schema" else small_schema()
    with StoreWriter(tmp_path / "a.h5", schema, "one") as writer:
        assert writer.done == 0


def test_a_damaged_block_is_written_again(tmp_path):
    stop_after(tmp_path / "a.h5", 3)
    partial = tmp_path / ".unfinished-a.h5" / "store.h5"
    with h5py.File(partial) as file:
        offset = file["images"].id.get_offset() + 5 * 240
    content = bytearray(partial.read_bytes())
    content[offset] ^= 1
    partial.write_bytes(content)
    with StoreWriter(tmp_path / "a.h5", small_schema(), "one") as writer:
        assert [start for start, _ in writer.missing()] == [4, 12, 16, 20]


@pytest.mark.parametrize("damage", ["structure", "truncated", "gone", "journal"])
def test_a_damaged_partial_file_starts_anew(tmp_path, damage):
    stop_after(tmp_path / "a.h5", 3)
    partial = tmp_path / ".unfinished-a.h5" / "store.h5"
    journal = partial.with_name("journal")
    content = bytearray(partial.read_bytes())
    match damage:
        case "structure":
            content[40] ^= 255
            partial.write_bytes(content)
        case "truncated":
            partial.write_bytes(content[: len(content) // 2])
        case "gone":
            partial.unlink()
        case "journal":
            journal.write_bytes(b"not a journal\n")
    with StoreWriter(tmp_path / "a.h5", small_schema(), "one") as writer:
        assert writer.done == 0
        fill(writer)
    make(tmp_path / "b.h5")
    assert sha(tmp_path / "a.h5") == sha(tmp_path / "b.h5")


def test_two_runs_do_not_write_one_file(tmp_path):
    """The second says who holds the destination, and the first goes on."""
    with StoreWriter(tmp_path / "a.h5", small_schema(), "one") as writer, ThreadPoolExecutor(1) as other:
        second = other.submit(make, tmp_path / "a.h5", "two")
        with pytest.raises(InputError, match=f"is being written by process {os.getpid()}"):
            second.result()
        fill(writer)
    make(tmp_path / "b.h5")
    assert sha(tmp_path / "a.h5") == sha(tmp_path / "b.h5")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("images", "too large for float16; write it as float32 (--dtype float32)."),
        ("ebv", "too large for float32; mend them, or their unit."),
    ],
)
def test_unusable_input_leaves_nothing(tmp_path, name, words):
    def bad():
        with StoreWriter(tmp_path / "a.h5", small_schema(), "one") as writer:
            columns = rows(writer.schema, 0, 4)
            columns[name] = columns[name].astype(np.float64) + (1e6 if name == "images" else 1e108)
            writer.write(0, columns)

    with pytest.raises(InputError, match=f"{name} holds values up to .*{re.escape(words)}"):
        bad()
    assert list(tmp_path.iterdir()) == []


def done(path, identity, **options):
    with making(path, identity, **options) as work:
        return work.done


def test_what_is_there_already(tmp_path):
    path = tmp_path / "a.h5"
    assert not done(path, "one")
    make(path)
    assert done(path, "one")
    assert not done(path, "one", overwrite=True)
    with pytest.raises(InputError, match="was made from something else"):
        done(path, "two")
    assert not done(path, "two", overwrite=True)
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match="is a folder"):
        done(tmp_path / "folder", "one")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.h5", "folder"]


def test_a_store_needs_galaxies_and_bands():
    with pytest.raises(InputError, match="at least one galaxy"):
        galaxy_schema(0, ("g",), source="test")
    with pytest.raises(InputError, match="without spaces"):
        galaxy_schema(1, ("g r",), source="test")
    with pytest.raises(InputError, match="each may stand there once"):
        galaxy_schema(1, ("g", "g"), source="test")


def test_booleans_may_come_packed(tmp_path):
    fingerprint = make(tmp_path / "a.h5")
    with StoreWriter(tmp_path / "b.h5", small_schema(), "one") as writer:
        for start, stop in writer.missing():
            columns = rows(writer.schema, start, stop)
            packed = {name: np.packbits(columns[name].astype(bool), axis=-1) for name in ("valid", "sources")}
            writer.write(start, columns | packed)
        assert fill(writer) == fingerprint


def test_several_threads_write_one_store(tmp_path):
    fingerprint = make(tmp_path / "a.h5")
    with StoreWriter(tmp_path / "b.h5", small_schema(), "one") as writer, ThreadPoolExecutor(4) as pool:
        for done in [
            pool.submit(writer.write, start, rows(writer.schema, start, stop)) for start, stop in writer.missing()
        ]:
            done.result()
        assert writer.done == 21
        assert fill(writer) == fingerprint


def test_only_blocks_are_written(tmp_path):
    with StoreWriter(tmp_path / "a.h5", small_schema(), "one") as writer:
        for start in (2, 24, -4):
            with pytest.raises(ValueError, match=f"no block begins at galaxy {start}"):
                writer.write(start, rows(writer.schema, 0, 4))


@given(galaxies=st.integers(1, 40), block=st.integers(1, 15), data=st.data())
@settings(max_examples=20, deadline=None)
def test_what_is_done_and_missing(tmp_path_factory, galaxies, block, data):
    folder = tmp_path_factory.mktemp("done")
    schema = Schema(galaxies, ("g",), {"id": Column("int64")}, block=block)
    with StoreWriter(folder / "a.h5", schema, "one") as writer:
        chosen = data.draw(st.sets(st.sampled_from(schema.blocks)))
        for start, stop in chosen:
            writer.write(start, {"id": np.arange(start, stop)})
        assert writer.done == sum(stop - start for start, stop in chosen)
        assert writer.missing() == [each for each in schema.blocks if each not in chosen]


@pytest.mark.parametrize("there", [False, True])
def test_what_came_to_the_destination_meanwhile_is_left_as_it_is(tmp_path, there):
    path = tmp_path / "a.h5"
    if there:
        path.write_text("old")

    def meet():
        with StoreWriter(path, small_schema(), "one") as writer:
            path.write_text("theirs, and newer")
            fill(writer)

    with pytest.raises(InputError, match=r"a\.h5 was written by somebody else meanwhile, and is left as it is"):
        meet()
    assert path.read_text() == "theirs, and newer"
    make(path)
    make(tmp_path / "b.h5")
    assert sha(path) == sha(tmp_path / "b.h5")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.h5", "b.h5"]


@pytest.mark.parametrize("room", [0, 50, 600, 2000, 20_000])
def test_a_file_that_may_not_be_as_large_is_absent(tmp_path, files_of_at_most, capfd, room):
    with files_of_at_most(room), pytest.raises(InputError, match=r"cannot be written.*: File too large; make room"):
        make(tmp_path / "a.h5", schema=small_schema(200))
    assert not list(tmp_path.iterdir())
    assert capfd.readouterr().err == ""
    make(tmp_path / "a.h5")


@pytest.mark.parametrize(("call", "room"), [("pwrite", 60), ("fsync", 0)])
def test_what_a_full_disk_took_is_kept(tmp_path, monkeypatch, call, room):
    path, able, left = tmp_path / "a.h5", getattr(os, call), iter(range(room))

    def full(*arguments):
        if next(left, None) is None:
            raise OSError(errno.ENOSPC, "No space left on device")
        return able(*arguments)

    said = r"a\.h5 cannot be written further: No space left on device; make room and run the same again to go on\.$"
    with monkeypatch.context() as patch:
        patch.setattr(os, call, full)
        with pytest.raises(InputError, match=said):
            make(path)
    with StoreWriter(path, small_schema(), "one") as writer:
        assert writer.done >= 8
    make(path)
    make(tmp_path / "b.h5")
    assert sha(path) == sha(tmp_path / "b.h5")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.h5", "b.h5"]


def test_a_folder_that_is_gone_is_said(tmp_path):
    folder = tmp_path / "gone"

    def vanish():
        with StoreWriter(folder / "a.h5", small_schema(), "one") as writer:
            shutil.rmtree(folder)
            fill(writer)

    with pytest.raises(InputError, match="No such file or directory"):
        vanish()
    assert not list(tmp_path.iterdir())


def test_a_disk_that_is_too_small_is_said_before_anything_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=5_000))
    with pytest.raises(InputError, match=r"a\.h5 would take 0\.\d MB, but only 0\.0 MB are free; choose another disk"):
        make(tmp_path / "a.h5", schema=small_schema(200))
    assert not list(tmp_path.iterdir())
