"""The samples are those of the publications' words, and their counts are held against the published ones."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slipher.errors import InputError
from slipher.survey.pasquet.samples import SAMPLES, chosen, counted

magnitudes = st.one_of(st.floats(17.5, 18), st.sampled_from([17.77, 17.8, -9999.0, np.nan]))
redshifts = st.one_of(st.floats(0, 0.8), st.sampled_from([0.4, np.nan]))
galaxies = st.tuples(redshifts, magnitudes, st.floats(0, 0.2), st.sampled_from([0, 63, 64, 65, 128]), magnitudes)


def table(rows, names=("z", "dered_petro_r", "extinction_r", "primtarget", "petroMag_r")):
    return {name: np.array([row[number] for row in rows], float) for number, name in enumerate(names)}


def in_words(row, name, petro):
    """The publications' conditions for one galaxy, in plain numbers."""
    redshift, dered, _, target, _ = row
    if name == "all":
        return True
    if name == "paper":
        return -9000 < petro < 17.77 and redshift <= 0.4
    return -9000 < dered <= 17.8 and redshift <= 0.4 and target >= 64


@given(rows=st.lists(galaxies, min_size=1, max_size=20))
@settings(max_examples=100, deadline=None)
@pytest.mark.parametrize("name", list(SAMPLES))
def test_samples(rows, name):
    columns = table(rows)
    assert SAMPLES[name].of(columns).tolist() == [in_words(row, name, row[4]) for row in rows]
    del columns["petroMag_r"]
    assert SAMPLES[name].of(columns).tolist() == [in_words(row, name, row[1] + row[2]) for row in rows]


def test_published_counts():
    assert {name: sample.published for name, sample in SAMPLES.items()} == {
        "all": 659_857,
        "paper": 607_712,
        "pasquet": 516_525,
    }
    assert counted("paper", 607_712, 659_857).endswith("as published.")
    assert counted("paper", 607_710, 659_857).endswith("607,712 are published (2 more).")
    assert counted("pasquet", 516_530, 659_857).endswith("516,525 are published (5 fewer).")


def test_no_such_sample():
    with pytest.raises(InputError, match="sample is 'dey', but must be one of all, paper, pasquet"):
        chosen("dey", table([(0.1, 17.0, 0.1, 64, 17.0)]), "here")
