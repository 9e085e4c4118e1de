"""Files as bytes: unpacked by their content, and named when damaged."""

import bz2
import gzip
import lzma
import struct
import zlib

import pytest

from slipher.errors import InputError
from slipher.formats.opened import HOUSE, begins, damaged, opened

CONTENT = bytes(range(256)) * 100


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress, lzma.compress])
def test_content_is_unpacked_whatever_the_name(tmp_path, pack):
    (tmp_path / "t.anything").write_bytes(pack(CONTENT))
    with opened(tmp_path / "t.anything") as stream:
        assert stream.read() == CONTENT
        stream.seek(300)
        assert stream.read(3) == CONTENT[300:303]
    assert begins(tmp_path / "t.anything", 5) == CONTENT[:5]


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_what_cannot_be_unpacked(tmp_path, pack):
    packed = pack(CONTENT)
    (tmp_path / "t").write_bytes(packed[:8] + b"\0" * (len(packed) - 8))
    with pytest.raises(InputError, match="t is damaged or not a whole file"):
        begins(tmp_path / "t")


@pytest.mark.parametrize(
    "error",
    [
        OSError("a\nb"),
        EOFError(),
        zlib.error("x"),
        lzma.LZMAError("x"),
        struct.error("x"),
        UserWarning("x"),
        KeyError("x"),
        AttributeError("x"),
        OverflowError("x"),
        RecursionError("x"),
        StopIteration(),
        AssertionError("of a library"),
        Exception("x"),
    ],
)
def test_errors_of_libraries_are_one_sentence(tmp_path, error):
    with (
        pytest.raises(InputError, match=r"t is damaged or not fits \(.+\); give a whole table") as caught,
        damaged(tmp_path / "t", "fits"),
    ):
        raise error
    assert "\n" not in str(caught.value)


def test_a_file_that_asks_for_all_memory(tmp_path):
    with pytest.raises(InputError, match=r"t is damaged or not fits \(it asks for more memory than there is\)"):  # noqa: SIM117
        with damaged(tmp_path / "t", "fits"):
            raise MemoryError


def test_an_assertion_of_ours_passes(tmp_path):
    ours = compile("raise AssertionError('a fault of ours')", str(HOUSE / "any.py"), "exec")
    with pytest.raises(AssertionError, match="a fault of ours"), damaged(tmp_path / "t", "fits"):
        exec(ours)


@pytest.mark.parametrize("error", [InputError("said already"), KeyboardInterrupt("stop")])
def test_what_is_not_the_file_s_fault_passes(tmp_path, error):
    with pytest.raises(type(error), match=str(error)), damaged(tmp_path / "t", "fits"):
        raise error
