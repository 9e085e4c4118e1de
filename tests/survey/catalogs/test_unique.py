"""Identifiers are compared share by share, whatever they are."""

from contextlib import nullcontext

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipher.errors import InputError
from slipher.survey.catalogs import unique
from slipher.survey.catalogs.unique import check_unique

NAMES = st.one_of(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1), st.lists(st.text(max_size=4), min_size=1))


@given(NAMES, st.integers(1, 5))
def test_repeated_ones_are_found(names, held):
    values = np.array(names)
    stored = np.char.encode(values, "utf-8") if values.dtype.kind == "U" else values
    different = len(np.unique(stored)) == len(stored)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(unique, "HELD", held)
        patch.setattr(unique, "PIECE", 3)
        with nullcontext() if different else pytest.raises(InputError, match="several times"):
            check_unique(lambda start, stop: stored[start:stop], len(stored), "t", "id")
