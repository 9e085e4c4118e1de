import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from slipher.survey.split import split_by_id
from slipher.training.labels import chosen_labels


@settings(max_examples=30, deadline=None)
@given(count=st.integers(2, 300), small=st.floats(0.001, 1), large=st.floats(0.001, 1), seed=st.integers(0, 99))
def test_fractions_are_nested_and_the_order_plays_no_role(count, small, large, seed):
    small, large = sorted((small, large))
    ids = np.arange(count) * 7 + 10**15
    few, many = chosen_labels(ids, small), chosen_labels(ids, large)
    assert not (few & ~many).any()
    assert few.sum() == max(2, round(small * count))
    order = np.random.default_rng(seed).permutation(count)
    np.testing.assert_array_equal(chosen_labels(ids[order], small), few[order])
    np.testing.assert_array_equal(chosen_labels(ids.astype(str), small), few)


def test_the_choice_is_none_of_the_splits():
    ids = np.arange(20000)
    kept = chosen_labels(ids, 0.1)
    part = split_by_id(ids)
    for which in range(3):
        assert abs(kept[part == which].mean() - 0.1) < 0.02
