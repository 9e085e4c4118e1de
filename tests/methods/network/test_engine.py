"""Engines: each within its tolerance of the reference, or a refusal in one sentence."""

import sys
from importlib.util import find_spec
from typing import get_args, get_type_hints

import numpy as np
import pytest
import torch
from torch import nn

from slipher.cli import main
from slipher.density.file import read
from slipher.density.histogram import Density
from slipher.errors import InputError
from slipher.methods.base import Job
from slipher.methods.network import engine as engines
from slipher.methods.network import openvino
from slipher.methods.network.engine import ENGINES, TOLERANCE, Engine, checked_engine, with_engine
from slipher.methods.network.model import NeuralModel, mass
from slipher.methods.trainz import fit as fit_trainz
from slipher.networks.build import build
from slipher.networks.config import CONFIGURATIONS, NetworkConfig
from slipher.networks.ensemble import Ensemble
from slipher.networks.heads import last_layers
from slipher.physics.symmetry import SYMMETRIES, turned
from slipher.redshift import Grid
from slipher.verbs.study import predict

GRID = Grid()
BANDS = ("g", "r", "i")
SIDE, COUNT = 16, 6
NAMES = ("resnet18-reduced", "pasquet", "dey", "hoyle", "disanto", "henghes", "colours")
CASES = {name: CONFIGURATIONS[name] for name in NAMES} | {
    "hayat's head": NetworkConfig("resnet18", head="hayat", stretch="none", deredden=True)
}
REFUSED = ("dey", "disanto")
# importing it here would have it tell its makers
needs_openvino = pytest.mark.skipif(find_spec("openvino") is None, reason="openvino (extra export) is not installed")


def lived(name, seed=0):
    """A network with weights and statistics of all kinds, whose densities are about as narrow as trained ones."""
    torch.manual_seed(seed)
    network = build(CASES[name], BANDS, GRID.bins)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.3)
            module.running_var.uniform_(0.5, 2)
            nn.init.normal_(module.bias, 0, 0.2)
    if network.inputs != "photometry":
        network.calibrate(torch.tensor([0.02, 0.03, 0.05]))
    return sharpened(network.eval())


@torch.no_grad()
def sharpened(network):
    """Logits of a standard deviation of 4; those of mixtures have the widths that they have."""
    last = [each for layer in last_layers(network) for each in layer.modules() if isinstance(each, nn.Linear)]
    if last and last[-1].out_features == GRID.bins:
        inputs, beside = galaxies(network)
        factor = 4 / network(inputs, *beside).std()
        last[-1].weight.mul_(factor)
        last[-1].bias.mul_(factor)
    return network


def galaxies(network, count=COUNT, seed=1):
    """Blobs on noise, with a bad pixel, and what stands beside them."""
    generator = torch.Generator().manual_seed(seed)
    ebv = torch.rand(count, generator=generator) / 10
    photometry = torch.randn(count, len(BANDS), generator=generator)
    if network.inputs == "photometry":
        return photometry, [ebv]
    axis = torch.arange(SIDE) - (SIDE - 1) / 2
    blob = torch.exp(-(axis.square()[:, None] + 2 * axis.square()) / 20)
    flux = torch.rand(count, len(BANDS), 1, 1, generator=generator) * 5
    images = flux * blob + 0.03 * torch.randn(count, len(BANDS), SIDE, SIDE, generator=generator)
    images[0, 0, 3, 5] = torch.nan
    return images, [ebv, photometry] if network.inputs == "both" else [ebv]


def check(network, name, views=1, counts=(COUNT, 1)):
    """An engine's masses, mean redshifts and CRPS against the reference's, for batches of several sizes."""
    engine = Engine(network, name)
    for count in counts:
        inputs, beside = galaxies(network, count)
        expected, found = mass(network, inputs, beside, views), engine.mass(inputs, beside, views)
        assert found.shape == (count, GRID.bins)
        assert (found - expected).abs().max() <= TOLERANCE[name]
        reference, ours = (Density(GRID, each.numpy()) for each in (expected, found))
        # the logits of neighbouring bins have nothing to do with each other here, which is worse than trained
        limit = GRID.width * (0.001 if name == "openvino" else 1)
        assert np.abs(ours.mean() - reference.mean()).max() < limit
        truth = reference.mean()
        assert np.abs(ours.crps(truth) - reference.crps(truth)).max() < limit
    torch.testing.assert_close(engine.mass(inputs, beside, views), found, rtol=0, atol=0)


@pytest.mark.parametrize("name", CASES)
def test_bf16_is_near_the_reference(name):
    check(lived(name), "bf16")


@needs_openvino
@pytest.mark.parametrize("name", [name for name in CASES if name not in REFUSED])
def test_openvino_is_the_reference_to_float32(name):
    check(lived(name), "openvino")


@needs_openvino
def test_openvino_in_bf16_is_near_the_reference():
    check(lived("resnet18-reduced"), "openvino-bf16")


def test_members_are_averaged_by_every_engine():
    members = [lived("henghes", seed) for seed in (0, 1)]
    network = Ensemble(members)
    inputs, beside = galaxies(network)
    expected = network(inputs, *beside).softmax(dim=1).detach()
    torch.testing.assert_close(mass(network, inputs, beside), expected)
    check(network, "bf16", views=8)


@needs_openvino
def test_members_are_averaged_by_openvino_too():
    check(Ensemble([lived("colours", seed) for seed in (0, 1)]), "openvino")


def test_the_reference_is_the_network_itself():
    network = lived("resnet18-reduced")
    inputs, beside = galaxies(network)
    with torch.inference_mode():
        expected = network(inputs, *beside).double().softmax(dim=1)
    assert torch.equal(Engine(network).mass(inputs, beside), expected)
    assert (network.stretch_name, network.deredden) == ("asinh", False)


def test_views_are_the_symmetries_after_the_stretch():
    network = lived("hayat's head")
    inputs, beside = galaxies(network)
    views = [mass(network, turned(inputs, symmetry), beside) for symmetry in range(SYMMETRIES)]
    torch.testing.assert_close(mass(network, inputs, beside, 8), torch.stack(views).mean(dim=0), rtol=1e-4, atol=1e-7)


def test_features_of_photometry_are_not_turned():
    network = lived("colours")
    inputs, beside = galaxies(network)
    torch.testing.assert_close(mass(network, inputs, beside, 8), mass(network, inputs, beside, 1), rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", REFUSED)
def test_what_openvino_cannot_compute_is_said_in_one_sentence(name):
    network = lived(name)
    with pytest.raises(
        InputError, match=r"OpenVINO cannot compute this model's network: .*; choose engine bf16"
    ) as caught:
        Engine(Ensemble([network, network]), "openvino")
    assert "\n" not in str(caught.value)


@needs_openvino
def test_a_network_that_cannot_be_traced_is_said_in_one_sentence():

    class Moody(nn.Module):
        def forward(self, x):
            return x if x.sum() > 0 else -x

    with pytest.raises(InputError, match="OpenVINO cannot compute this model's network") as caught:
        openvino.OpenVino(Moody(), "f32")(torch.ones(2, 3))
    assert "\n" not in str(caught.value)


def test_without_the_library_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(InputError, match=r"pip install 'slipher\[export\]'"):
        Engine(lived("colours"), "openvino")


@needs_openvino
def test_nobody_is_told_that_openvino_is_used():
    openvino._library()
    telemetry = sys.modules["openvino.tools.ovc.telemetry_utils"].tm
    assert telemetry.__name__ == "openvino.tools.ovc.telemetry_stub"


@pytest.mark.parametrize(
    ("name", "bf16", "there", "expected"),
    [
        ("resnet18-reduced", True, True, "openvino-bf16"),
        ("resnet18-reduced", True, False, "bf16"),
        ("resnet18-reduced", False, True, "openvino"),
        ("resnet18-reduced", False, False, "eager"),
        ("disanto", True, True, "bf16"),
        ("colours", True, True, "eager"),
    ],
)
def test_auto_takes_the_fastest_there_is_and_says_so(name, bf16, there, expected, monkeypatch, capsys):
    monkeypatch.setattr(engines, "native_bf16", lambda device: bf16)
    monkeypatch.setattr(engines, "find_spec", lambda name: object() if there else None)
    network = build(CONFIGURATIONS[name], BANDS, GRID.bins)
    assert engines.fastest(network) == expected
    assert f"engine auto: {expected}, " in capsys.readouterr().err


def test_a_model_predicts_by_the_engine_it_is_told(survey):
    config = NetworkConfig("resnet18")
    model = NeuralModel(GRID, config, lived("resnet18-reduced"), survey.bands, survey.shape, survey.pixel_scale)
    reference = model.predict(survey.test, progress=False)
    rough = model.predict(survey.test, progress=False, engine="bf16")
    assert 0 < np.abs(rough.mass - reference.mass).max() < TOLERANCE["bf16"]
    told = with_engine(model, "bf16")
    np.testing.assert_array_equal(told.predict(survey.test, progress=False).mass, rough.mass)
    np.testing.assert_array_equal(told.predict(survey.test, progress=False, engine="eager").mass, reference.mass)
    # an engine is made once, however many blocks are predicted
    made = told._engines["bf16"]
    told.predict(survey.train, progress=False)
    assert told._engines == {"bf16": made}
    with pytest.raises(InputError, match="engine is 'gpu', but must be one of auto, eager, bf16"):
        model.predict(survey.test, progress=False, engine="gpu")


def test_a_model_that_is_no_network_has_no_engines(survey):
    model = fit_trainz(survey, Job(grid=GRID, progress=False))
    assert with_engine(model, "eager") is with_engine(model, "auto") is model
    with pytest.raises(InputError, match="engine is 'bf16', but only networks have engines"):
        with_engine(model, "bf16")


def test_every_engine_states_its_tolerance():
    assert set(TOLERANCE) == set(ENGINES) - {"auto"}
    assert [checked_engine(name) for name in ENGINES] == list(ENGINES)


def test_the_command_predicts_by_an_engine(survey, image_store, tmp_path, capsys):
    network = lived("resnet18-reduced")
    model = NeuralModel(GRID, CASES["resnet18-reduced"], network, survey.bands, survey.shape, survey.pixel_scale)
    model.save(tmp_path / "model.safetensors")
    words = ["predict", str(tmp_path / "model.safetensors"), str(image_store), "--out"]
    assert main([*words, str(tmp_path / "rough.hdf5"), "--engine", "bf16"]) == 0
    assert main([*words, str(tmp_path / "exact.hdf5")]) == 0
    rough, exact = (read(tmp_path / f"{name}.hdf5").mass for name in ("rough", "exact"))
    np.testing.assert_allclose(exact, model.predict(survey, progress=False).mass, rtol=1e-12, atol=1e-15)
    assert 0 < np.abs(rough - exact).max() <= TOLERANCE["bf16"]
    assert main([*words, str(tmp_path / "none.hdf5"), "--engine", "gpu"]) == 2
    assert not (tmp_path / "none.hdf5").exists()


def test_the_command_offers_every_engine():
    hints = get_type_hints(predict)
    assert get_args(hints["engine"]) == ENGINES
