"""Bands without a filter are told."""

import pytest
import speclite.filters

from slipher.physics.filters import curve_names, load_filter
from slipher.survey.bands import tell_unknown_filters


@pytest.mark.parametrize("bands", ["ugriz", ["lsst2016-u", "lsst2016-y"], ["g", "wise2010-W1", "Euclid-VIS"]])
def test_known_filters_are_no_matter(bands, capsys):
    tell_unknown_filters(bands)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("bands", "words"),
    [
        ("ugrizy", ["band y has no filter curve", "such as ", "lsst2016-y", "hsc2017-y", "decam2014-Y"]),
        (["g", "J", "Ks"], ["bands J, Ks have no filter curve", "twomass-J", "twomass-Ks"]),
        (["g", "F606W"], ["band F606W has no filter curve", "GROUP-BAND with a group of BASS", "wise2010"]),
        (["lsst-g"], ["band lsst-g has no filter curve", "the flux constraint needs"]),
    ],
)
def test_unknown_filters_are_told_with_names_that_are_known(bands, words, capsys):
    tell_unknown_filters(bands)
    said = capsys.readouterr().err
    assert all(word in said for word in words)
    assert said.count("\n") == 1


def test_every_curve_can_be_loaded():
    names = curve_names()
    assert {*(f"sdss2010-{band}" for band in "ugriz"), *(f"lsst2016-{band}" for band in "ugrizy")} <= set(names)
    assert {name.rpartition("-")[0] for name in names} == set(speclite.filters.filter_group_names)
    for name in names[::7]:
        assert load_filter(name).total > 0
