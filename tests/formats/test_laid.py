"""Arrays that lie in a file, read along any axis in either order, are numpy's own slices."""

import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slipher.formats.laid import Laid

CUBE = np.random.default_rng(4).normal(size=(7, 3, 5, 4)).astype(">f4")


@given(st.integers(0, 3), st.booleans(), st.data())
@settings(max_examples=60, deadline=None)
def test_any_piece_along_any_axis(tmp_path_factory, axis, fortran, data):
    path = tmp_path_factory.getbasetemp() / f"laid-{fortran}"
    path.write_bytes(b"header!" + CUBE.tobytes("F" if fortran else "C"))
    start, stop = sorted(data.draw(st.tuples(*[st.integers(0, CUBE.shape[axis])] * 2)))
    with path.open("rb") as stream:
        piece = Laid(stream.fileno(), 7, CUBE.shape, CUBE.dtype, fortran).read(start, stop, axis)
    np.testing.assert_array_equal(piece, np.take(CUBE, range(start, stop), axis))


def test_a_file_that_ends_too_early(tmp_path):
    (tmp_path / "a").write_bytes(CUBE.tobytes()[:-1])
    descriptor = os.open(tmp_path / "a", os.O_RDONLY)
    try:
        with pytest.raises(EOFError):
            Laid(descriptor, 0, CUBE.shape, CUBE.dtype, False).read(5, 7)
    finally:
        os.close(descriptor)
