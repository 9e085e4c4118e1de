"""A store is what its format says, or a sentence that names the dataset or the attribute: never a crash."""

import contextlib
import json
import os
import shutil

import h5py
import numpy as np
import pytest

from slipher.errors import InputError
from slipher.survey.check import check, check_text
from slipher.survey.header import read_header
from slipher.survey.info import info, info_text
from slipher.survey.schema import Column, galaxy_schema
from slipher.survey.store import open_file, open_store
from slipher.survey.writer import StoreWriter

N, PIXELS = 6, 9


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    schema = galaxy_schema(
        N, ("g", "r"), source="a test", shape=(5, 7), loglam0=3.58, pixels=PIXELS, pixel_scale=0.396,
        truth={"mass": Column("float64")}, catalogue={"ra": Column("float64"), "note": Column("S7")},
    )  # fmt: skip
    columns = {name: np.ones((N, *column.shape)) for name, column in schema.columns.items()}
    columns["catalogue/note"] = np.full(N, b"note")
    made = tmp_path_factory.mktemp("header") / "survey.h5"
    with StoreWriter(made, schema, "x") as writer:
        writer.write(0, columns)
        writer.put("sky/correlation", np.ones((2, 5, 5)))
        writer.finish()
    return made


def changed(path, change):
    """A copy with a change."""
    target = path.with_name("changed.h5")
    shutil.copy(path, target)
    with h5py.File(target, "r+") as file:
        change(file)
    return target


def use(path):
    """Do with a store what every verb begins with; InputErrors are answers."""
    for call in (describe, verify, read_all):
        with contextlib.suppress(InputError):
            call(path)


def describe(path):
    document = info(path)
    json.dumps(document, allow_nan=False)
    info_text(document)


def verify(path):
    report = check(path)
    json.dumps(report, allow_nan=False)
    check_text(report)


def read_all(path):
    """Every byte of every dataset, and every column as a method has it."""
    file, galaxies = open_file(path), open_store(path)
    for name in file.places:
        file.read_all(name)
        if not name.startswith(("checksums/", "metadata", "truth/", "sky/correlation")):
            galaxies.column(name)


def test_a_store_as_it_is_written(path):
    attributes, places = read_header(path)
    assert attributes["bands"] == "g r"
    with h5py.File(path) as file:
        for name, place in places.items():
            assert (place.dtype, place.shape, place.offset) == (
                file[name].dtype, file[name].shape, file[name].id.get_offset(),
            )  # fmt: skip
    use(path)


def replaced(name, **how):
    def change(file):
        if name in file:
            del file[name]
        file.create_dataset(name, **how)

    return change


COLUMNS = {
    "redshift": [np.ones(N, "f4"), np.ones(N - 1), np.ones((N, 1)), np.ones(N, ">f8"), np.ones(1)],
    "ebv": [np.ones(N), np.ones(N + 1, "f4")],
    "id": [np.ones(N), np.ones(N, "u8"), np.ones((N, 2), "i8")],
    "split": [np.ones(N, "i1"), np.ones((N, 3), "u1")],
    "photometry/flux": [np.ones((N, 3), "f4"), np.ones((N, 2)), np.ones(N, "f4"), np.ones((2, N), "f4")],
    "images": [np.ones((N, 3, 5, 7), "f4"), np.ones((N, 2, 5), "f4"), np.ones((N, 2, 5, 7), "i2")],
    "valid": [np.ones((N, 2, 5, 7), bool), np.ones((N, 2, 5, 2), "u1"), np.ones((N, 5, 1), "u1")],
    "sources": [np.ones((N, 7, 1), "u1")],
    "sky/level": [np.ones((N, 5), "f4")],
    "sky/correlation": [np.ones((2, 3, 3), "f4"), np.ones((5, 5), "f4")],
    "spectrum/flux": [np.ones((N, PIXELS - 1), "f4"), np.ones(N, "f4")],
    "spectrum/have": [np.ones(N, bool)],
    "truth/mass": [np.ones(N + 1)],
    "catalogue/ra": [np.ones(2)],
    "checksums/id": [np.ones((1, 8), "u1"), np.ones((2, 16), "u1"), np.ones((1, 16))],
    "metadata_checksum": [np.ones(8, "u1"), np.ones(16)],
}


@pytest.mark.parametrize(("name", "values"), [(name, each) for name, every in COLUMNS.items() for each in every])
def test_a_dataset_of_another_form_is_named(path, name, values):
    target = changed(path, replaced(name, data=values))
    with pytest.raises(InputError, match=rf"^{target} .*(is .* × |has \d axes).*make or import it again\.$|{name} "):
        open_store(target)
    use(target)


@pytest.mark.parametrize("name", ["redshift", "images", "catalogue/ra", "checksums/id"])
@pytest.mark.parametrize(
    "how",
    [
        {"shape": (N,), "dtype": h5py.vlen_dtype(np.int32)},
        {"shape": (N,), "dtype": h5py.string_dtype()},
        {"shape": (N,), "dtype": h5py.ref_dtype},
        {"shape": (N,), "dtype": [("a", "f4")]},
        {"shape": (2**60,), "dtype": "f8"},
        {"shape": (2**60,), "dtype": "f8", "chunks": (1000,)},
        {"data": np.ones(N), "compression": "gzip"},
        {"shape": (N,), "dtype": "f8", "external": [("/dev/zero", 0, 8 * N)]},
    ],
)
def test_what_holds_no_plain_values_in_the_file_is_named(path, name, how):
    target = changed(path, replaced(name, **how))
    with pytest.raises(InputError, match=rf"^{target} holds {name} .*; make or import it again\.$"):
        open_store(target)
    use(target)


@pytest.mark.parametrize("name", ["ebv", "photometry/flux_error", "images"])
@pytest.mark.parametrize("other", [None, h5py.SoftLink("/redshift"), h5py.ExternalLink("/etc/passwd", "/x"), "group"])
def test_a_dataset_that_is_not_there_is_named(path, name, other):
    def change(file):
        del file[name]
        if other is not None:
            file[name] = file.create_group("g") if other == "group" else other

    target = changed(path, change)
    with pytest.raises(InputError, match=rf"^{target} lacks {name}"):
        open_store(target)
    use(target)


WILD = [
    -1, 0, 2**62, np.uint64(2**63), np.nan, np.inf, 1.5, True, "", "x", "g g", np.bytes_(b"\xff"), np.arange(3),
    np.ones(1), 1j, np.void(b"abc"), h5py.Empty("f4"), "a b c", "z" * 60_000,
]  # fmt: skip


@pytest.mark.parametrize("name", ["block", "bands", "unit", "pixel_scale", "loglam0", "simulated"])
@pytest.mark.parametrize("value", WILD, ids=repr)
def test_a_wild_attribute_is_named(path, name, value):
    target = changed(path, lambda file: file.attrs.create(name, value))
    fits = {"unit": str, "pixel_scale": float, "loglam0": float, "simulated": bool}.get(name, ())
    if not (isinstance(value, fits) and value == value and value not in (np.inf,)):
        with pytest.raises(InputError, match=rf"{name}|store format|bands|photometry/flux|images"):
            open_store(target)


@pytest.mark.parametrize("name", ["source", "anything"])
@pytest.mark.parametrize("value", WILD, ids=repr)
def test_any_other_attribute_is_shown_or_named(path, name, value):
    with contextlib.suppress(InputError):
        describe(changed(path, lambda file: file.attrs.create(name, value)))


@pytest.mark.parametrize("name", ["redshift", "ebv", "photometry/flux"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -3e38, 1e-40])
def test_any_value_is_described(path, name, value):
    def change(file):
        file[name][: N // 2] = value

    use(changed(path, change))


def test_redshifts_that_are_none_count_as_missing(path):
    def change(file):
        file["redshift"][:3] = [-1e308, 1e308, 1e308]

    target = changed(path, change)
    assert info(target)["missing"] == ["redshift of 3 galaxies"]
    assert info(target)["redshift"]["greatest"] == 1.0


def test_text_that_is_no_text(path):
    target = changed(path, lambda file: file["catalogue/note"].__setitem__(0, b"\xff\xfe"))
    with pytest.raises(InputError, match=r"is damaged \(catalogue/note holds text that is no UTF-8\)"):
        open_store(target).column("catalogue/note")


def test_a_column_of_words_is_no_column_of_numbers(path):
    with pytest.raises(InputError, match="catalogue/note must hold one number a galaxy"):
        open_store(path).numbers("catalogue/note")
    assert open_store(path).numbers("catalogue/ra").tolist() == [1.0] * N


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("/dev/zero"), lambda path: path.touch()])
def test_what_is_no_file(tmp_path, make):
    make(tmp_path / "a.h5")
    with pytest.raises(InputError, match=r"a\.h5 is (a pipe|a device|not an HDF5 file).*; give a galaxy store"):
        open_store(tmp_path / "a.h5")


def test_no_bytes_in_the_structure_crash_anything(path, check_survives):
    free = np.ones(path.stat().st_size, bool)
    for place in read_header(path)[1].values():
        free[place.offset : place.end] = False
    check_survives(use, path, 25, np.flatnonzero(free))
