"""The one exception a user is meant to see."""

import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipher.errors import InputError, printable


@given(st.text(st.characters(exclude_categories=())))
def test_a_message_is_one_line_of_text(text):
    said = str(InputError(text))
    assert len(said.splitlines()) <= 1
    said.encode("utf-8")
    assert not any(ord(c) < 32 or ord(c) == 127 for c in said)


@pytest.mark.parametrize("text", ["E(B−V) of 1,000 galaxies", "a thin space", "no-break space"])
def test_text_stays_as_it_is(text):
    assert printable(text) == text


@pytest.mark.parametrize("text", ["a\nb", "\x1b[31mred", "\udcff", "bell\x07", "‮turned"])
def test_what_is_no_text_is_written_out(text):
    assert json.loads(f'"{printable(text)}"'.replace("\\x", "\\u00")) == text


def test_it_goes_through_a_pickle_as_workers_send_it():
    assert str(pickle.loads(pickle.dumps(InputError("a\nb")))) == "a\\nb"
