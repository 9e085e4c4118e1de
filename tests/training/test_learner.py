"""A whole step of training waits for the device nowhere: on an accelerator its operations are only queued."""

from collections import Counter

import pytest
import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from slipher.constraints import CDELoss, Flux, Invariance
from slipher.networks.build import build
from slipher.networks.config import NetworkConfig
from slipher.redshift import Grid
from slipher.training.augment import Augmenter
from slipher.training.config import TrainingConfig
from slipher.training.examples import Examples
from slipher.training.history import Meter
from slipher.training.learner import Learner
from slipher.training.step import Objective

GRID = Grid(0.4, 12)
TERMS = 0.1 * Flux() + 0.1 * Invariance(fraction=0.25) + 0.1 * CDELoss(form="brier")
WAITING = {"_local_scalar_dense", "nonzero", "is_nonzero", "equal", "masked_select", "_unique2"}
READING = {"item", "tolist", "cpu", "numpy", "__bool__", "__int__", "__float__", "__index__", "__array__", "equal"}


def holds_booleans(places):
    return any(isinstance(each, torch.Tensor) and each.dtype == torch.bool for each in places or ())


class Operations(TorchDispatchMode):
    """Counts the operations whose result the host must know before it goes on."""

    def __init__(self):
        super().__init__()
        self.waits = Counter()

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        name = function._schema.name.removeprefix("aten::")
        masked = name in ("index", "index_put", "index_put_", "_index_put_impl_") and holds_booleans(args[1])
        if name in WAITING or masked:
            self.waits[name] += 1
        return function(*args, **(kwargs or {}))


class Readings(TorchFunctionMode):
    """Counts what Python reads of tensors; on the CPU some of it is no operation at all."""

    def __init__(self):
        super().__init__()
        self.waits = Counter()

    def __torch_function__(self, function, types, args=(), kwargs=None):
        name = getattr(function, "__name__", "")
        if name in READING or (name == "to" and "cpu" in [each for each in args if isinstance(each, str)]):
            self.waits[name] += 1
        return function(*args, **(kwargs or {}))


def waits(work):
    with Readings() as readings, Operations() as operations:
        work()
    return readings.waits + operations.waits


@pytest.mark.parametrize(
    "work",
    [
        lambda x: x.sum().item(),
        lambda x: bool(x.sum() > 0),
        lambda x: float(x.sum()),
        lambda x: x[x > 0],
        lambda x: x.nonzero(),
        lambda x: torch.equal(x, x),
        lambda x: x.numpy(),
        lambda x: x.cpu(),
        lambda x: x.tolist(),
        lambda x: x.to("cpu", torch.float64),
    ],
)
def test_the_counting_itself(work):
    assert waits(lambda: work(torch.ones(3)))


def galaxies(count, bands=3, side=16):
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(count, bands, side, side, generator=generator)
    images[0, 0, 0, 0] = torch.nan
    redshift = 0.4 * torch.rand(count, generator=generator)
    return Examples(
        inputs=images,
        ebv=torch.rand(count, generator=generator),
        redshift=redshift,
        label=(redshift / GRID.width).long(),
        sources=torch.rand(count, side, side, generator=generator) < 0.2,
        sky_level=torch.zeros(count, bands),
        sky_sigma=torch.ones(count, bands),
        response=torch.rand(count, GRID.bins, bands, generator=generator),
        counting=torch.tensor([[False, True, True]]).repeat(count, 1),
    )


def correlation(neighbour):
    table = torch.zeros(3, 5, 5)
    table[:, 2, 2] = 1
    table[:, 2, 1] = table[:, 2, 3] = neighbour
    return table


@pytest.mark.parametrize("neighbour", [0.0, 0.2])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"accumulate": 2, "reduction": "sum"},
        {"sky": "paper", "loss": "crps", "optimizer": "sgd"},
    ],
)
def test_a_constrained_step_never_waits(options, neighbour):
    config = TrainingConfig(batch_size=8, precision="bf16", device="cpu", **options)
    augmenter = Augmenter(
        sky=config.sky, correlation=correlation(neighbour), sigma=torch.ones(3), reddening=torch.ones(3)
    )
    objective = Objective(GRID, TERMS, config.reduction, augmenter, config.loss)
    augment = ("symmetry", "background", "jitter", "rotation", "reddening", "noise")
    network = build(NetworkConfig("resnet18"), tuple("gri"), GRID.bins)
    learner, meter, found = Learner(network, objective, config, augment, 0.25), Meter(), galaxies(8)
    generator = torch.Generator().manual_seed(1)

    def step():
        learner.step(found, generator, meter)

    # the first step makes the optimiser's memory, and looks at the noise's correlation
    step()
    before = [parameter.detach().clone() for parameter in network.parameters()]
    assert waits(step) == {}
    assert any(not torch.equal(new, old) for new, old in zip(network.parameters(), before, strict=True))
    assert meter.means()["total"] > 0


@pytest.mark.parametrize("name", ["pasquet", "disanto", "dey", "hoyle"])
def test_other_networks_do_not_wait_either(name):
    config = TrainingConfig(batch_size=4, precision="float32", device="cpu")
    network = build(NetworkConfig(name), tuple("gri"), GRID.bins)
    objective = Objective(GRID, 0.1 * CDELoss(form="brier"), "mean", Augmenter())
    learner, meter = Learner(network, objective, config), Meter()
    found, generator = galaxies(4, side=32), torch.Generator().manual_seed(1)
    if name == "dey":
        found = Examples(**{**vars(found), "classes": torch.tensor([0, 1, -1, 0])})
    learner.step(found, generator, meter)
    assert waits(lambda: learner.step(found, generator, meter)) == {}
