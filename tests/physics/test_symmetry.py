import pytest
import torch

from slipher.physics.symmetry import SYMMETRIES, apply_symmetry, compose, inverse, turned

IMAGE = torch.arange(2 * 9.0).reshape(1, 2, 3, 3)
ALL = range(SYMMETRIES)


def moved(symmetry, image=IMAGE):
    return apply_symmetry(image, torch.tensor([symmetry]))


def test_the_eight_are_the_rotations_and_their_mirror_images():
    turns = [torch.rot90(IMAGE, k, (-2, -1)) for k in range(4)]
    expected = {tuple(image.flatten().tolist()) for image in turns + [turn.flip(-1) for turn in turns]}
    assert {tuple(moved(symmetry).flatten().tolist()) for symmetry in ALL} == expected
    assert len(expected) == SYMMETRIES


def test_zero_is_the_identity():
    assert torch.equal(moved(0), IMAGE)


@pytest.mark.parametrize("first", ALL)
def test_the_group_is_closed(first):
    for second in ALL:
        assert torch.equal(moved(second, moved(first)), moved(compose(first, second)))
    assert {compose(first, second) for second in ALL} == set(ALL)


@pytest.mark.parametrize("symmetry", ALL)
def test_every_symmetry_has_its_inverse(symmetry):
    assert torch.equal(moved(inverse(symmetry), moved(symmetry)), IMAGE)
    assert compose(inverse(symmetry), symmetry) == 0


def test_a_batch_is_its_images_one_by_one():
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(32, 5, 8, 8, generator=generator)
    which = torch.randint(SYMMETRIES, (32,), generator=generator)
    alone = torch.cat([moved(int(symmetry), image[None]) for symmetry, image in zip(which, images, strict=True)])
    assert torch.equal(apply_symmetry(images, which), alone)


def test_images_that_are_not_square_keep_their_shape_and_four_symmetries():
    image = torch.arange(12.0).reshape(1, 1, 3, 4).expand(SYMMETRIES, 1, 3, 4)
    turned = apply_symmetry(image, torch.arange(SYMMETRIES))
    assert turned.shape == image.shape
    kinds = [image[0], image[0].flip(-2), image[0].flip(-1), image[0].flip(-2, -1)]
    assert all(torch.equal(turned[2 * kind + odd], kinds[kind]) for kind in range(4) for odd in (0, 1))


def test_turning_a_batch_is_the_symmetry_of_each_image():
    for images in (torch.randn(2, 3, 6, 6), torch.randn(2, 3, 4, 6)):
        for symmetry in range(SYMMETRIES):
            which = torch.full((2,), symmetry)
            assert torch.equal(turned(images, symmetry), apply_symmetry(images, which))
