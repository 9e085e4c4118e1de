"""The benchmark of a training step, on sizes at which it takes no time and its figures mean nothing."""

import time
from dataclasses import replace

import pytest
import torch
from torch.nn import functional

from slipher.bench import step
from slipher.bench.plain import PlainNetwork, PlainTraining, augmented
from slipher.bench.step import GRID, LARGE, QUICK, Sizes, flops, of_peak, read_share, speed
from slipher.bench.synthetic import BANDS, correlation, synthetic
from slipher.constraints.terms import Terms
from slipher.training.augment import Augmenter
from slipher.training.config import TrainingConfig
from slipher.training.history import Meter
from slipher.training.learner import Learner
from slipher.training.step import Objective

TINY = Sizes("resnet18-reduced", 4, side=16, steps=1, runs=1)


def test_both_take_the_same_step():
    """In the same arithmetic and without augmentation."""
    sizes, found = replace(TINY, batch=8, side=32), synthetic(8, 32, GRID)
    network, other = step._network(sizes), step._network(sizes)
    objective = Objective(GRID, Terms(), "mean", Augmenter())
    learner, meter = Learner(network, objective, TrainingConfig(precision="float32", device="cpu")), Meter()
    plain = PlainTraining(PlainNetwork(other.body, other.sigma))
    learner.step(found, torch.Generator(), meter)
    loss = plain.step(found, lambda galaxies: galaxies.inputs)
    assert loss == pytest.approx(meter.means()["ce"], rel=1e-4)
    ours, theirs = (
        torch.cat([parameter.grad.flatten() for parameter in body.parameters()]) for body in (network.body, other.body)
    )
    assert functional.cosine_similarity(ours, theirs, dim=0) > 0.999
    assert ours.norm() == pytest.approx(theirs.norm().item(), rel=0.01)


def test_the_plain_augmentation_is_ours():
    found = synthetic(64, 16, GRID)
    torch.manual_seed(0)
    kinds = augmented(found), Augmenter()(found, ("symmetry", "background"), torch.Generator().manual_seed(0))
    for seen in kinds:
        assert seen.shape == found.inputs.shape
        corners = seen[:, :, ::15, ::15]
        assert corners.std().item() == pytest.approx(0.03, rel=0.1)
        assert torch.equal(
            seen[:, :, 7:9, 7:9].flatten(2).sort().values, found.inputs[:, :, 7:9, 7:9].flatten(2).sort().values
        )


def test_flops_are_those_of_the_layers():
    """Torch's count is that of the layers one by one: three times the way forwards, but for the images' gradient."""
    macs = counted(replace(LARGE, batch=1)) / 2
    assert flops(LARGE) == 32 * flops(replace(LARGE, batch=1))
    assert macs == pytest.approx(5.25e9, rel=0.01)
    stem = 5 * 64 * 49 * 64 * 64
    assert flops(replace(LARGE, batch=1)) == 2 * (3 * macs - stem)


def counted(sizes):
    """FLOP of a forward pass, layer by layer."""
    total = 0

    def convolution(module, inputs, output):
        nonlocal total
        total += 2 * output.numel() * module.weight[0].numel()

    def linear(module, inputs, output):
        nonlocal total
        total += 2 * output.numel() * module.in_features

    with torch.device("meta"):
        network = step.build(step.CONFIGURATIONS[sizes.network], BANDS, GRID.bins)
        for module in network.modules():
            if isinstance(module, torch.nn.Conv2d):
                module.register_forward_hook(convolution)
            if isinstance(module, torch.nn.Linear):
                module.register_forward_hook(linear)
        network(torch.empty(sizes.batch, len(BANDS), sizes.side, sizes.side), torch.empty(sizes.batch))
    return total


def test_speed():
    result = speed(TINY, "at least 1")
    assert result.meaning == "times as fast"
    assert result.value > 0
    assert 0 < result.low <= result.ratio <= result.high
    assert "batch of 4, 5 bands, 16×16 pixels" in result.note


def test_of_peak():
    result = of_peak(TINY, products=(64, 128))
    assert result.meaning == "share"
    assert 0 < result.ratio < 1
    assert "64², 128² matrices" in result.against


def test_read_share():
    result = read_share(TINY, 3, kept=False)
    assert 0 < result.ratio < 1
    assert 0 < result.value < result.baseline


@pytest.mark.parametrize("kept", [True, False])
def test_reading(tmp_path, kept):
    epoch = step.reading(TINY, 3, kept, tmp_path)
    started = time.perf_counter()
    assert 0 < epoch() < time.perf_counter() - started


def test_what_is_measured_is_the_papers_and_the_quickstarts():
    assert (LARGE.network, LARGE.side) == ("resnet50", 64)
    assert (QUICK.network, QUICK.batch) == ("resnet18-reduced", 128)


def test_the_noise_is_correlated():
    table = correlation()
    assert (table[:, 2, 2] == 1).all()
    # a power spectrum, so nowhere negative
    power = torch.fft.fft2(functional.pad(table, (0, 11, 0, 11)).roll((-2, -2), (1, 2))).real
    assert power.min() > 0
