import shutil

import numpy as np
import pytest

from slipher.errors import InputError
from slipher.study.blocks import Blocks


def columns(start, stop):
    rows = np.arange(start, stop)
    return {"mass/mass": rows[:, None] * np.ones(3), "ancil/id": np.array([f"é{row}" for row in rows], "U4")}


def filled(folder, which):
    folder.mkdir(exist_ok=True)
    blocks = Blocks(folder, 10, 4)
    for start, stop in which:
        blocks.keep(start, stop, columns(start, stop))
    return blocks


def test_what_is_kept_is_joined_in_order(tmp_path):
    blocks = filled(tmp_path / "new", [(8, 10), (0, 4), (4, 8)])
    assert blocks.missing() == []
    assert np.array_equal(blocks.joined("mass")["mass"][:, 0], np.arange(10))
    assert blocks.joined("ancil")["id"].tolist() == [f"é{row}" for row in range(10)]
    assert [len(part["id"]) for part in blocks.parts("ancil")] == [4, 4, 2]


@pytest.mark.parametrize("harm", ["cut", "changed", "empty", "removed", "folder"])
def test_a_damaged_block_is_missing(tmp_path, harm):
    blocks = filled(tmp_path, [(0, 4), (4, 8)])
    path = tmp_path / "4-8.npz"
    whole = path.read_bytes()
    if harm in ("removed", "folder"):
        path.unlink()
    if harm == "folder":
        path.mkdir()
    elif harm != "removed":
        middle = len(whole) // 2
        changed = whole[: middle - 40] + bytes(80) + whole[middle + 40 :]
        path.write_bytes({"cut": whole[:middle], "changed": changed, "empty": b""}[harm])
    assert blocks.missing() == [(4, 8), (8, 10)]


def test_blocks_of_another_size_are_others(tmp_path):
    filled(tmp_path, [(0, 4), (4, 8), (8, 10)])
    assert Blocks(tmp_path, 10, 5).missing() == [(0, 5), (5, 10)]


def test_no_galaxies_are_one_block(tmp_path):
    blocks = Blocks(tmp_path, 0, 4)
    assert blocks.missing() == [(0, 0)]
    blocks.keep(0, 0, columns(0, 0))
    assert blocks.missing() == []
    assert blocks.joined("mass")["mass"].shape == (0, 3)


@pytest.mark.parametrize("room", [0, 100, 300])
def test_a_full_disk_keeps_nothing_of_a_block(tmp_path, files_of_at_most, room):
    blocks = filled(tmp_path, [(0, 4)])
    with files_of_at_most(room), pytest.raises(InputError, match="File too large; make room"):
        blocks.keep(4, 8, columns(4, 8))
    assert blocks.missing() == [(4, 8), (8, 10)]
    assert {path.name for path in tmp_path.iterdir()} <= {"0-4.npz", "4-8.new"}
    blocks.keep(4, 8, columns(4, 8))
    assert blocks.missing() == [(8, 10)]


def test_a_folder_that_is_gone_is_not_made_anew(tmp_path):
    blocks = filled(tmp_path / "folder", [(0, 4)])
    shutil.rmtree(tmp_path / "folder")
    with pytest.raises(InputError, match=r"4-8.npz cannot be written: No such file or directory"):
        blocks.keep(4, 8, columns(4, 8))
    assert not list(tmp_path.iterdir())
