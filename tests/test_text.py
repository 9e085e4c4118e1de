import pytest

from slipher.text import scores_text


def said(**score):
    entry = {"value": 0.0344, "low": None, "high": None} | score
    return scores_text({"n": 1500, "point": "mean", "metrics": {"pit_ks": entry}}).splitlines()[-1].split()


def test_an_interval_is_in_brackets():
    assert said(low=0.03, high=0.04) == ["pit_ks", "0.0344", "[", "0.03,", "0.04]"]


@pytest.mark.parametrize(("p", "text"), [(0.061, "= 0.061"), (1e-120, "< 1e-06"), (0.0, "< 1e-06")])
def test_a_distance_stands_beside_what_is_expected_where_calibrated(p, text):
    words = " ".join(said(expected_low=0.0123, expected_high=0.0381, p=p))
    assert words == f"pit_ks 0.0344 ( 0.0123, 0.0381) where calibrated, p {text}"


def test_one_galaxy_has_dashes():
    assert said() == ["pit_ks", "0.0344", "[", "–,", "–]"]
