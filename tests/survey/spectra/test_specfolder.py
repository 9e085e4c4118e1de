"""The files of a folder, and what tells that they changed."""

import os

import pytest

from slipher.errors import InputError
from slipher.survey.spectra.folder import look_into


def test_spectra_are_found_below_and_others_left(tmp_path):
    below = tmp_path / "26" / "0266"
    below.mkdir(parents=True)
    for name in (
        "spec-0266-51602-0162.fits",
        "spec-0266-51602-0001.fits.gz",
        "notes.fits",
        ".partial-spec-0266-51602-0003.fits",
    ):
        (below / name).write_text(name)
    found = look_into(tmp_path)
    assert [file.name for file in found.files] == ["spec-0266-51602-0001.fits.gz", "spec-0266-51602-0162.fits"]
    assert found.names.fiber.tolist() == [1, 162]
    assert (found.names.key > 0).all()
    assert [file.name for file in found.ignored] == [".partial-spec-0266-51602-0003.fits", "notes.fits"]
    assert found.left_out == (
        f"{tmp_path}: 2 files that are not called as spectra are (.partial-spec-0266-51602-0003.fits, ...) are not read."
    )


def test_nothing_is_left_out(tmp_path):
    (tmp_path / "spec-0266-51602-0162.fits.bz2").touch()
    assert look_into(tmp_path).left_out == ""
    (tmp_path / "catalogue.csv").touch()
    assert look_into(tmp_path).left_out.endswith(
        ": 1 file that is not called as spectra are (catalogue.csv) is not read."
    )


def test_the_digest_changes_with_the_files(tmp_path):
    file = tmp_path / "spec-0266-51602-0162.fits"
    file.write_text("one")
    digests = [look_into(tmp_path).digest]
    assert look_into(tmp_path).digest == digests[0]
    os.utime(file, ns=(1, 1))
    digests.append(look_into(tmp_path).digest)
    file.write_text("more")
    os.utime(file, ns=(1, 1))
    digests.append(look_into(tmp_path).digest)
    (tmp_path / "spec-0266-51602-0163.fits").touch()
    digests.append(look_into(tmp_path).digest)
    assert len(set(digests)) == 4
    before = digests[-1]
    moved = tmp_path.with_name("moved")
    tmp_path.rename(moved)
    assert look_into(moved).digest == before
    moved.rename(tmp_path)


def test_folders_without_spectra_are_named(tmp_path):
    (tmp_path / "file").touch()
    for name, message in (
        ("none", "does not exist"),
        ("file", "is a file"),
        ("", r"holds no spectra.*; 1 file .*\(file\) is something else"),
    ):
        with pytest.raises(InputError, match=message):
            look_into(tmp_path / name)
