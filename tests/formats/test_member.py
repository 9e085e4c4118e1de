"""Members of zip archives give the bytes that Python's own reader gives, and say when they are damaged."""

import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slipher.formats.member import Member

NOISE = np.random.default_rng(0).bytes(300_000)
CONTENTS = {"noise": NOISE, "zeros": bytes(5_000_000), "empty": b"", "mixed": NOISE[:1000] + bytes(3_000_000) + NOISE}
METHODS = {"stored": zipfile.ZIP_STORED, "deflated": zipfile.ZIP_DEFLATED}


@pytest.fixture(scope="module", params=list(METHODS))
def archive(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("zip") / "a.zip"
    with zipfile.ZipFile(path, "w", METHODS[request.param]) as file:
        for name, content in CONTENTS.items():
            with file.open(name, "w", force_zip64=name == "mixed") as stream:
                stream.write(content)
    return path


def member(path, name):
    with zipfile.ZipFile(path) as file:
        return Member(path, file.getinfo(name))


@pytest.mark.parametrize("name", list(CONTENTS))
@given(pieces=st.lists(st.tuples(st.booleans(), st.integers(0, 2_000_000)), max_size=6))
@settings(max_examples=15, deadline=None)
def test_any_pieces(archive, name, pieces):
    content = CONTENTS[name]
    with member(archive, name) as stream:
        assert stream.size == len(content)
        for skipped, wanted in pieces:
            before = stream.position
            count = min(wanted, stream.size - before)
            if skipped:
                stream.skip(count)
            else:
                assert stream.read(count) == content[before : before + count]
            assert stream.position == before + count
        with pytest.raises(EOFError, match="ends too early"):
            stream.readinto(memoryview(bytearray(stream.size - stream.position + 1)))


@pytest.mark.parametrize("skipped", [True, False])
def test_a_flipped_byte(archive, tmp_path, skipped):
    damaged = bytearray(archive.read_bytes())
    damaged[damaged.index(NOISE[200_000:200_016]) if NOISE[200_000:200_016] in damaged else 150_000] ^= 1
    path = tmp_path / "a.zip"
    path.write_bytes(damaged)
    with member(path, "noise") as stream, pytest.raises((zipfile.BadZipFile, EOFError)):
        stream.skip(stream.size) if skipped else stream.read(stream.size)


def test_other_compressions_and_places(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_BZIP2) as file:
        file.writestr("a", b"text")
    with pytest.raises(zipfile.BadZipFile, match="a is neither stored nor deflated"):
        member(tmp_path / "a.zip", "a")
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as file:
        file.writestr("a", b"text")
    with zipfile.ZipFile(tmp_path / "b.zip") as file:
        info = file.getinfo("a")
    info.file_size = 1032 * len("text") + 1
    with pytest.raises(zipfile.BadZipFile, match="promises 4129 bytes, more than are packed in it"):
        Member(tmp_path / "b.zip", info)
    info.file_size, info.header_offset = len("text"), 3
    with pytest.raises(zipfile.BadZipFile, match="does not lie where the archive says"):
        Member(tmp_path / "b.zip", info)
