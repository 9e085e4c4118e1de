import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from slipher.training.sampler import (
    batches,
    dropout_numbers,
    permutation,
    pieces,
    train_generator,
    validation_generator,
)

CPU = torch.device("cpu")


@given(seed=st.integers(0, 99), epoch=st.integers(0, 99), count=st.integers(1, 60), size=st.integers(2, 20))
@settings(max_examples=50, deadline=None)
def test_an_epoch_goes_through_every_galaxy_once(seed, epoch, count, size):
    cut = batches(permutation(seed, epoch, count), size)
    seen = np.concatenate(cut)
    dropped = count % size == 1 and count > size
    assert len(seen) == count - dropped
    assert len(np.unique(seen)) == len(seen)
    assert all(len(batch) == size for batch in cut[:-1])


def test_everything_is_a_function_of_seed_epoch_and_step():
    np.testing.assert_array_equal(permutation(1, 2, 50), permutation(1, 2, 50))
    orders = {tuple(permutation(seed, epoch, 50)) for seed in range(3) for epoch in range(3)}
    assert len(orders) == 9
    draws = {
        torch.rand(1, generator=train_generator(seed, epoch, step, CPU)).item()
        for seed in range(3)
        for epoch in range(3)
        for step in range(3)
    }
    assert len(draws) == 27
    again = torch.rand(1, generator=train_generator(0, 0, 0, CPU)).item()
    assert again in draws
    assert torch.rand(1, generator=validation_generator(0, CPU)).item() not in draws


def test_dropout_has_numbers_of_its_own():
    def draw(seed, epoch):
        with dropout_numbers(seed, epoch, CPU):
            return torch.rand(1).item()

    state = torch.get_rng_state()
    draws = {draw(seed, epoch) for seed in range(3) for epoch in range(3)}
    assert len(draws) == 9
    torch.rand(5)
    assert draw(2, 1) in draws
    torch.set_rng_state(state)
    draw(0, 0)
    assert torch.equal(torch.get_rng_state(), state)


@given(count=st.integers(2, 60), wanted=st.integers(1, 70))
@settings(max_examples=40, deadline=None)
def test_pieces_are_a_batch_and_none_is_a_single_galaxy(count, wanted):
    cut = pieces(count, wanted)
    assert [place for piece in cut for place in range(count)[piece]] == list(range(count))
    sizes = [piece.stop - piece.start for piece in cut]
    assert len(cut) == min(wanted, count // 2)
    assert min(sizes) >= 2
    assert max(sizes) - min(sizes) <= 1
