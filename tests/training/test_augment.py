from dataclasses import replace

import numpy as np
import pytest
import torch

from slipher.physics.reddening import reddening_coefficients
from slipher.redshift import Grid
from slipher.training.augment import JITTER, Augmenter
from slipher.training.config import AUGMENTATIONS, VIEWS
from slipher.training.examples import Recipe, pixels
from slipher.training.step import chosen

FULL = Augmenter(size=(8, 8), sigma=torch.full((3,), 0.1), reddening=reddening_coefficients(tuple("gri")))


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


@pytest.mark.parametrize("operations", [(), *((name,) for name in AUGMENTATIONS), AUGMENTATIONS, VIEWS])
def test_whatever_is_done_the_network_sees_its_size(examples, operations):
    seen = FULL(examples, operations, generator())
    assert seen.shape == (90, 3, 8, 8)
    again = FULL(examples, operations, generator())
    assert torch.equal(seen.nan_to_num(nan=9e9), again.nan_to_num(nan=9e9))
    if set(operations) - {"background"}:
        middle = examples.inputs[:, :, 4:12, 4:12]
        changed = (seen.nan_to_num(nan=9e9) != middle.nan_to_num(nan=9e9)).flatten(1).any(dim=1)
        assert changed.float().mean() > 0.8


def test_the_middle_is_seen_when_nothing_is_asked(examples):
    seen = FULL(examples, (), generator())
    assert torch.equal(seen[:-1], examples.inputs[:-1, :, 4:12, 4:12])


def test_jitter_moves_by_whole_pixels_and_both_ways(examples):
    places = torch.arange(16.0).repeat(90, 3, 16, 1)
    moved = Augmenter(size=(2, 2))(replace(examples, inputs=places), ("jitter",), generator())
    shift = moved[:, 0, 0, 0] - 7
    assert torch.equal(moved[:, 0, 0, 1] - moved[:, 0, 0, 0], torch.ones(90))
    assert shift.min() == -JITTER
    assert shift.max() == JITTER
    assert abs(shift.mean()) < 1.5


def test_without_a_margin_the_corners_are_bad_and_nothing_is_wrapped(examples):
    whole = Augmenter()
    turned = whole(examples, ("rotation",), generator())
    assert turned[:, :, 0, 0].isnan().float().mean() > 0.05
    assert turned[:-1, :, 4:12, 4:12].isfinite().all()
    moved = whole(examples, ("jitter",), generator())
    bad = moved[:-1].isnan()
    assert bad.any(dim=3).any(dim=2).any()
    assert not moved[:-1, :, 7:9, 7:9].isnan().any()
    assert (moved[~moved.isnan()] != 0).all()


def test_photometry_is_no_image(survey, examples):
    features = replace(examples, inputs=torch.zeros(90, 3))
    assert FULL(features, (), generator()) is features.inputs
