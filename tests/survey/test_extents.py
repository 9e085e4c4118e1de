"""Of every form that HDF5 knows, only plain values in one stretch of the file are told where they lie."""

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from slipher.errors import InputError
from slipher.survey.extents import extents, plain_attributes

ROWS = 7
PLAIN = ["<f2", "<f4", ">f8", "i1", "<i2", ">i4", "<i8", "u1", "<u4", "?", "S1", "S9"]
OTHER = {
    "vlen": h5py.vlen_dtype(np.int32),
    "text": h5py.string_dtype(),
    "reference": h5py.ref_dtype,
    "region": h5py.regionref_dtype,
    "table": np.dtype([("a", "f4"), ("b", "S3")]),
    "complex": np.dtype("c16"),
    "opaque": np.dtype("V8"),
    "array": np.dtype(("f8", (3,))),
    "long double": np.dtype("longdouble"),
}


def opened(path, make):
    with h5py.File(path, "w") as file:
        make(file)
    return h5py.File(path)


@given(data=st.data(), kind=st.sampled_from(PLAIN), user=st.sampled_from([0, 512]))
@settings(max_examples=30, deadline=None)
def test_the_bytes_at_an_extent_are_the_values(tmp_path_factory, data, kind, user):
    values = data.draw(npst.arrays(np.dtype(kind), npst.array_shapes(max_dims=3, max_side=5)))
    path = tmp_path_factory.mktemp("extents") / "a.h5"
    with h5py.File(path, "w", userblock_size=user) as file:
        file["b"], file["g/x"] = np.arange(3), values
    with h5py.File(path) as file:
        place = extents(file)["g/x"]
    found = np.frombuffer(path.read_bytes()[place.offset : place.end], place.dtype).reshape(place.shape)
    assert found.tobytes() == values.tobytes()
    assert place.dtype == values.dtype


@pytest.mark.parametrize("kind", OTHER)
def test_types_of_which_bytes_are_no_values(tmp_path, kind):
    made = opened(tmp_path / "a.h5", lambda file: file.create_dataset("g/x", (ROWS,), OTHER[kind]))
    with made as file, pytest.raises(InputError, match=r"a\.h5 holds g/x as .*, not as plain numbers or text; make"):
        extents(file)


def compact(file):
    how = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    how.set_layout(h5py.h5d.COMPACT)
    h5py.h5d.create(file.id, b"x", h5py.h5t.NATIVE_DOUBLE, h5py.h5s.create_simple((ROWS,)), how)


def virtual(file):
    layout = h5py.VirtualLayout((ROWS,), "f8")
    layout[:] = h5py.VirtualSource("other.h5", "x", (ROWS,))
    file.create_virtual_dataset("x", layout)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda file: file.create_dataset("x", data=np.zeros(ROWS), chunks=(2,)), "in pieces"),
        (lambda file: file.create_dataset("x", data=np.zeros(ROWS), compression="gzip"), "in pieces"),
        (compact, "in pieces"),
        (virtual, "in other files"),
        (lambda file: file.create_dataset("x", (2,), "f8", external=[("/etc/passwd", 0, 16)]), "in other files"),
        (lambda file: file.create_dataset("x", (2**60,), "f8"), "without a byte of it"),
        (lambda file: file.create_dataset("x", (0, 3), "f8"), r"with the shape \(0, 3\)"),
        (lambda file: file.create_dataset("x", (), "f8"), r"with the shape \(\)"),
        (lambda file: file.create_dataset("x", data=h5py.Empty("f8")), "with the shape None"),
        (lambda file: file.create_dataset("x", data=np.zeros([1] * 9)), r"with the shape"),
    ],
)
def test_what_lies_in_no_stretch_of_the_file(tmp_path, make, words):
    with opened(tmp_path / "a.h5", make) as file, pytest.raises(InputError, match=rf"a\.h5 holds x {words}"):
        extents(file)


def test_links_to_elsewhere_are_not_followed(tmp_path):
    def make(file):
        file["x"] = np.zeros(ROWS)
        file["soft"], file["circle"] = h5py.SoftLink("/x"), h5py.SoftLink("/circle")
        file["outside"] = h5py.ExternalLink("/etc/passwd", "/x")
        file.create_group("g")["up"] = file["/"]

    with opened(tmp_path / "a.h5", make) as file:
        assert list(extents(file)) == ["x"]


def moved(path, name, shift):
    """The address of a dataset in its file moved by some bytes."""
    with h5py.File(path) as file:
        offset = file[name].id.get_offset()
    content = path.read_bytes()
    assert content.count(offset.to_bytes(8, "little")) == 1
    path.write_bytes(content.replace(offset.to_bytes(8, "little"), (offset + shift).to_bytes(8, "little")))


@pytest.mark.parametrize(
    ("shift", "words"),
    [
        # newer HDF5 libraries see it themselves
        (2**40, "is truncated|invalid dataset size"),
        (2**62, "is truncated|invalid dataset size"),
        (-8, "holds x and y in the same bytes"),
    ],
)
def test_places_outside_and_over_each_other(tmp_path, shift, words):
    path = tmp_path / "a.h5"
    with h5py.File(path, "w", libver="earliest") as file:
        file["x"], file["y"] = np.arange(ROWS), np.arange(ROWS)
    moved(path, "y", shift)
    with h5py.File(path) as file, pytest.raises((InputError, KeyError), match=words):
        extents(file)


@pytest.mark.parametrize("name", [b"a\nb", b"\xff\xfe", b"a\x1b[31m"])
def test_names_that_are_no_text(tmp_path, name):
    made = opened(tmp_path / "a.h5", lambda file: h5py.h5g.create(file.id, name))
    with made as file, pytest.raises(InputError, match="is no text"):
        extents(file)


def test_more_datasets_than_a_store_has(tmp_path, monkeypatch):
    monkeypatch.setattr("slipher.survey.extents.MOST_OBJECTS", 3)
    made = opened(tmp_path / "a.h5", lambda file: [file.create_group(f"g{each}") for each in range(4)])
    with made as file, pytest.raises(InputError, match="more than 3 datasets"):
        extents(file)


def test_attributes_as_python_has_them(tmp_path):
    known = {"text": "η", "short": "a", "count": 3, "share": 0.5, "truth": True, "none": ""}
    with opened(tmp_path / "a.h5", lambda file: file.attrs.update({**known, "bytes": np.bytes_(b"ab")})) as file:
        found = plain_attributes(file)
    assert found == {**known, "bytes": "ab"}
    assert {name: type(value) for name, value in found.items()} == {
        "bytes": str,
        **{name: type(value) for name, value in known.items()},
    }


@pytest.mark.parametrize(
    "value",
    [
        *(np.arange(3), np.ones(1), np.nan, np.inf, 1j, np.void(b"abc"), h5py.Empty("f4"), np.longdouble(1)),
        *(np.bytes_(b"\xff"), "a" * 70_000, np.zeros((), [("a", "f4")]), np.array(["a"], h5py.string_dtype())),
    ],
)
def test_attributes_that_are_neither_text_nor_a_number(tmp_path, value):
    with h5py.File(tmp_path / "a.h5", "w", libver="latest") as file:
        file.attrs["x"] = value
    with h5py.File(tmp_path / "a.h5") as file, pytest.raises(InputError, match="an attribute 'x' that is neither"):
        plain_attributes(file)


def test_more_attributes_than_a_store_has(tmp_path):
    def make(file):
        for number in range(1001):
            file.attrs[f"a{number}"] = 1

    with opened(tmp_path / "a.h5", make) as file, pytest.raises(InputError, match="has 1,001 attributes"):
        plain_attributes(file)
