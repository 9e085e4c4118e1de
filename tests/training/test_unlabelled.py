"""Galaxies without redshifts."""

import numpy as np

from slipher.redshift import Grid
from slipher.survey.store import open_store
from slipher.training.examples import Reader, pixels
from slipher.training.unlabelled import UNKNOWN, UnlabelledRecipe


def test_redshifts_are_never_read(survey, monkeypatch):
    galaxies = open_store(survey.path)
    asked = []
    monkeypatch.setattr(type(galaxies), "redshift", property(lambda self: asked.append(self)))
    examples = Reader(galaxies, UnlabelledRecipe(Grid(), pixels))(np.array([3, 1]))
    assert not asked
    assert examples.label.tolist() == [UNKNOWN] * 2
    assert examples.redshift.isnan().all()
    np.testing.assert_array_equal(examples.inputs.numpy(), pixels(survey[np.array([3, 1])]))
    assert examples.sources is None
    assert UnlabelledRecipe(Grid(), pixels, sky=True).read(galaxies[:2]).sources.shape == (2, 16, 16)
