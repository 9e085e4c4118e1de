"""The parts depend on the identifier alone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slipher.errors import InputError
from slipher.survey.split import (
    TEST,
    TRAIN,
    VALIDATION,
    check_two_files,
    split_as_given,
    split_by_id,
    split_by_rank,
    with_validation,
)


def test_shares():
    split = split_by_id(np.arange(20_000))
    assert np.mean(split == TEST) == pytest.approx(0.20, abs=0.01)
    assert np.mean(split == VALIDATION) == pytest.approx(0.05, abs=0.005)
    assert np.mean(split == TRAIN) == pytest.approx(0.75, abs=0.01)


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=50))
def test_order_and_company_do_not_matter(numbers):
    identifiers = np.array(numbers, np.int64)
    together = split_by_id(identifiers)
    assert together.tolist() == [int(split_by_id(identifiers[i : i + 1])[0]) for i in range(len(numbers))]


def test_pinned():
    """A survey keeps its parts from one release to the next."""
    assert split_by_id(np.arange(24)).tolist() == [
        0,
        0,
        2,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        2,
        2,
        0,
        0,
        2,
        2,
        0,
        2,
        1,
        0,
        0,
        0,
    ]


def test_text():
    assert split_by_id(np.array(["a", "b"])).shape == (2,)
    assert split_by_id(np.array(["a", "b"], "S1")).tolist() == split_by_id(np.array(["a", "b"])).tolist()


def test_wider_validation():
    identifiers = np.arange(5000)
    narrow, wide = split_by_id(identifiers), split_by_id(identifiers, validation=0.10)
    assert ((narrow == TEST) == (wide == TEST)).all()
    assert np.mean(wide == VALIDATION) == pytest.approx(0.10, abs=0.02)


@given(
    numbers=st.lists(st.integers(0, 2**63 - 1), min_size=1, max_size=60, unique=True),
    validation=st.integers(0, 20),
    test=st.integers(0, 30),
    seed=st.integers(0, 100),
)
@settings(max_examples=50, deadline=None)
def test_ranks_follow_the_same_digest_in_any_order(numbers, validation, test, seed):
    identifiers = np.array(numbers, np.int64)
    if len(numbers) <= validation + test:
        with pytest.raises(InputError, match=f"the sample has {len(numbers)} galaxies"):
            split_by_rank(identifiers, validation, test)
        return
    split = split_by_rank(identifiers, validation, test)
    assert np.bincount(split, minlength=3).tolist() == [len(numbers) - validation - test, validation, test]
    shuffled = np.random.default_rng(seed).permutation(len(numbers))
    assert split_by_rank(identifiers[shuffled], validation, test).tolist() == split[shuffled].tolist()
    for share in (0.1, 0.3, 0.7):
        # Whoever tests by a threshold ranks before whoever does not.
        first = split_by_id(identifiers, 0.0, share) == TEST
        assert split[first].min(initial=TEST) >= split[~first].max(initial=TRAIN)


@pytest.mark.parametrize("test", range(1, 12))
def test_a_galaxy_that_stands_twice_is_not_parted(test):
    identifiers = np.repeat(np.arange(20), 2)[np.random.default_rng(1).permutation(40)]
    split = split_by_rank(identifiers, 5, test)
    assert all(len(set(split[identifiers == name])) == 1 for name in range(20))
    assert (split == TEST).sum() - test in (0, 1)
    assert (split == VALIDATION).sum() in (4, 5, 6)


def test_ranks_of_the_paper_are_pinned():
    split = split_by_rank(np.arange(1000), 33, 200)
    assert np.flatnonzero(split == VALIDATION)[:5].tolist() == [20, 33, 37, 47, 84]


def test_a_split_of_its_own_stays_and_is_said(capsys):
    given = np.array([0, 1, 2, 2, 0], np.uint8)
    assert split_as_given(given, np.arange(5), "a.csv, column 'part'").tolist() == [0, 1, 2, 2, 0]
    assert "a.csv, column 'part': 2 train, 1 validation, 2 test." in capsys.readouterr().err


def test_where_nobody_validates_a_share_of_those_that_train_does(capsys):
    given = np.repeat(np.array([0, 2], np.uint8), [8000, 2000])
    identifiers = np.array([f"g{number}" for number in range(10_000)], "S5")
    split = split_as_given(given, identifiers, "train.csv with test.csv")
    drawn = int((split == VALIDATION).sum())
    assert drawn == pytest.approx(0.05 * 8000, abs=60)
    assert (split[8000:] == TEST).all()
    assert f"8,000 train, 0 validation, 2,000 test; {drawn} of those that train" in capsys.readouterr().err
    order = np.random.default_rng(2).permutation(10_000)[:500]
    assert with_validation(given[order], identifiers[order]).tolist() == split[order].tolist()


def test_a_split_that_was_drawn_by_the_same_digest_gets_validating_galaxies_too():
    identifiers = np.arange(10_000)
    given = split_by_id(identifiers, validation=0)
    split = with_validation(given, identifiers)
    assert np.mean(split[given == TRAIN] == VALIDATION) == pytest.approx(0.05, abs=0.01)
    assert ((split == TEST) == (given == TEST)).all()


def test_one_file_twice(tmp_path):
    file, copy, link, other = (tmp_path / name for name in ("a.csv", "b.csv", "c.csv", "d.csv"))
    for path, text in ((file, "id\n1\n"), (copy, "id\n1\n"), (other, "id\n2\n")):
        path.write_text(text)
    link.symlink_to(file)
    for test in (file, tmp_path / "." / "a.csv", copy, link):
        with pytest.raises(InputError, match="hold the same galaxies, but those that test must not train"):
            check_two_files(file, test)
    for test in (other, tmp_path / "none.csv"):
        check_two_files(file, test)
    fits = tmp_path / "a.fits"
    fits.write_bytes(b"")
    check_two_files(f"{fits}[1]", f"{fits}[2]")
    with pytest.raises(InputError, match="hold the same galaxies"):
        check_two_files(f"{fits}[1]", f"{fits}[1]")
    with pytest.raises(InputError, match="hold the same galaxies"):
        check_two_files(tmp_path, tmp_path)
