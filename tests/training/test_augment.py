import numpy as np
import pytest
import torch

from slipher.redshift import Grid
from slipher.training.augment import Augmenter
from slipher.training.examples import Recipe, pixels
from slipher.training.step import chosen


@pytest.fixture
def examples(survey):
    return Recipe(Grid(), pixels, sky=True).read(survey)


def generator():
    return torch.Generator().manual_seed(3)


def test_nothing_asked_nothing_done(examples):
    assert Augmenter()(examples, (), generator()) is examples.inputs


def test_symmetries_keep_every_pixel_value(examples):
    turned = Augmenter()(examples, ("symmetry",), generator())
    same = (
        torch.sort(turned.flatten(2).nan_to_num(9e9)).values
        == torch.sort(examples.inputs.flatten(2).nan_to_num(9e9)).values
    )
    assert same.all()
    moved = (turned.nan_to_num() != examples.inputs.nan_to_num()).flatten(1).any(dim=1).float().mean()
    assert 0.7 < moved < 1


@pytest.mark.parametrize("sky", ["robust", "paper"])
def test_the_background_is_new_and_the_galaxy_is_not(examples, sky):
    new = Augmenter(sky)(examples, ("background",), generator())
    centre = (..., slice(6, 10), slice(6, 10))
    assert (new[centre] == examples.inputs[centre]).float().mean() > 0.97
    corner = (..., slice(0, 2), slice(0, 2))
    assert (new[corner] != examples.inputs[corner]).float().mean() > 0.5
    if sky == "robust":
        redrawn = new[:, 1, 0, 2:14]
        assert redrawn.std().item() == pytest.approx(0.03, rel=0.1)
    assert torch.equal(new.isnan(), examples.inputs.isnan())


def test_bad_pixels_are_told_by_nan(survey, examples):
    np.testing.assert_array_equal(examples.inputs.isnan().numpy(), ~survey.valid())


def test_a_fraction_of_the_batch_but_at_least_one():
    assert len(chosen(16, 0.125, generator())) == 2
    assert len(chosen(3, 0.125, generator())) == 1
    assert len(chosen(3, 0.0, generator())) == 0
    assert sorted(chosen(5, 1.0, generator()).tolist()) == [0, 1, 2, 3, 4]
