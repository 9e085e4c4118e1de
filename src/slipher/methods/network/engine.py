"""What computes a trained network's densities, and how far that may be from the reference.

``eager`` is the reference: torch in float32, the network as it was trained. The others change the arithmetic, not the
model. What all galaxies go through, dereddening and stretch and the filling of bad pixels, is torch's in float32 for
every engine, and done once for all views, since it commutes with the symmetries.

How far the others go, seen on networks trained on simulated cutouts of 64 pixels: OpenVINO in float32 changed no mass
of ``resnet18`` by more than 3e-7. bf16 changed masses by up to 3e-3 where the largest were 0.1 (by OpenVINO the same),
mean redshifts by up to 1.2e-3, a twentieth of the densities' widths, and in the median by 6e-4 or less; the mean CRPS
of 128 galaxies by 0.1 per cent for ``resnet18``, and of 32 by 0.8 for ``dey``. ``TOLERANCE`` is what the tests hold
them to, on densities that are more jagged than trained ones and change masses by 0.01; untrained networks that are
shown nothing but noise went to 0.04.

``slipher bench prediction`` measures their speed. Two more were tried and are not offered: ONNX Runtime in float32, as
fast as OpenVINO; and torch.compile, which after 16 to 50 seconds of compiling gained at most a fifth in float32, and
nothing in bf16.
"""

import copy
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib.util import find_spec
from typing import Final, Literal, cast, get_args

import torch
from jaxtyping import Float
from torch import Tensor, nn

from slipher.errors import InputError
from slipher.methods.base import Model
from slipher.methods.network.openvino import OpenVino, takes
from slipher.networks.bfloat import in_bfloat
from slipher.networks.colours import Colours
from slipher.networks.ensemble import Ensemble
from slipher.networks.images import ImageNetwork
from slipher.options import check_choice
from slipher.physics.symmetry import turned
from slipher.progress import say
from slipher.training.memory import keep_freed_memory
from slipher.training.precision import native_bf16

__all__ = [
    "ENGINES",
    "TOLERANCE",
    "Engine",
    "EngineName",
    "Network",
    "checked_engine",
    "fastest",
    "with_engine",
]

EngineName = Literal["auto", "eager", "bf16", "openvino", "openvino-bf16"]
"""auto: the fastest that is there; eager: the reference; openvino: float32."""
ENGINES: Final[tuple[str, ...]] = get_args(EngineName)
TOLERANCE: Final = {"eager": 0.0, "openvino": 1e-5, "bf16": 0.03, "openvino-bf16": 0.03}
"""By how much a mass in any bin may differ from the reference's, where the largest are some tenths."""

Member = ImageNetwork | Colours
Network = Member | Ensemble
Run = Callable[..., Tensor]


class Engine:
    """A network, or the members of an ensemble, ready to predict by one of the engines.

    But for ``eager`` the weights are looked at when the engine is made, and not again.

    Args:
        network: in evaluation mode, where it computes.
        name: one of ``ENGINES``.

    Raises:
        InputError: if what the engine needs is not installed.
    """

    def __init__(self, network: Network, name: str = "eager") -> None:
        members = network.members if isinstance(network, Ensemble) else [network]
        self.members = [cast(Member, member) for member in members]
        self.name = fastest(network) if name == "auto" else name
        self.runs: list[Run] = [_run(_after_the_stretch(member), self.name) for member in self.members]
        keep_freed_memory()

    @torch.inference_mode()
    def mass(
        self, inputs: Float[Tensor, "batch ..."], beside: Sequence[Float[Tensor, "batch ..."]], views: int = 1
    ) -> Float[Tensor, "batch bins"]:
        """Mass in each bin, float64, averaged over the members and the first ``views`` symmetries of the images.

        Args:
            inputs: images in nanomaggies, NaN where bad, or features of photometry.
            beside: E(B−V), and features of photometry for a network that takes both.
            views: 1 or 8.

        Raises:
            InputError: if the engine cannot compute this network.
        """
        total = torch.zeros((), device=inputs.device)
        for member, run in zip(self.members, self.runs, strict=True):
            seen = member.stretched(inputs, beside[0]) if isinstance(member, ImageNetwork) else inputs
            for symmetry in range(views):
                total = total + run(turned(seen, symmetry) if seen.ndim == 4 else seen, *beside).double().softmax(dim=1)
        return total / (views * len(self.members))


def checked_engine(name: str) -> str:
    """The name of an engine.

    Raises:
        InputError: if there is none of that name.
    """
    check_choice(name, ENGINES, "engine")
    return name


def with_engine(model: Model, name: str) -> Model:
    """A model that predicts by an engine, if it is a network; every other predicts as it always does.

    Args:
        model: what ``slipher.load`` gives.
        name: one of ``ENGINES``.

    Raises:
        InputError: if there is no such engine, or one is asked for by name of a model that has none.
    """
    checked_engine(name)
    if hasattr(model, "engine"):
        return replace(model, engine=name)  # type: ignore[type-var]
    if name not in ("auto", "eager"):
        raise InputError(f"engine is {name!r}, but only networks have engines; leave it out for this model.")
    return model


def fastest(network: nn.Module) -> str:
    """The engine that ``auto`` takes, said on standard error: the fastest that is there for such a network."""
    name = _fastest(network)
    within = f"masses within {TOLERANCE[name]:g} of those of eager" if TOLERANCE[name] else "the reference"
    say(f"engine auto: {name}, {within}")
    return name


def _fastest(network: nn.Module) -> str:
    # without convolutions there is nothing to win
    if network.inputs == "photometry":
        return "eager"
    on_processor = next(network.parameters()).device.type == "cpu"
    compiled = on_processor and find_spec("openvino") is not None and takes(network)
    if native_bf16("cpu" if on_processor else "cuda"):
        return "openvino-bf16" if compiled else "bf16"
    return "openvino" if compiled else "eager"


def _run(network: nn.Module, name: str) -> Run:
    """What makes logits of stretched images, or of features, and what stands beside them."""
    if name == "eager":
        return network
    if name == "bf16":
        return in_bfloat(network)
    return OpenVino(network, "bf16" if name == "openvino-bf16" else "f32")


def _after_the_stretch(network: Member) -> Member:
    """The same network, with the same weights, of images that are dereddened and stretched already."""
    if not isinstance(network, ImageNetwork):
        return network
    # a shallow copy shares all modules and buffers
    rest = copy.copy(network)
    rest.deredden, rest.stretch_name = False, "none"
    return rest
