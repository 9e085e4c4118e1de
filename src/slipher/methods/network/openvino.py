"""OpenVINO, a library that compiles a network for processors of the x86 and ARM families (extra ``export``).

The network goes there in memory, by torch.export, with its batch normalisations folded; no file is written, nothing is
unpickled. The number of galaxies may be any, the size of the images is that of the first batch.
"""

import logging
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import Any, Literal, cast

import torch
from torch import Tensor, nn

from slipher.errors import InputError
from slipher.extras import require
from slipher.networks.alexnet import AlexNet
from slipher.networks.colours import Colours
from slipher.networks.dey import CapsuleBody
from slipher.networks.folding import folded
from slipher.networks.inception import InceptionNetwork
from slipher.networks.mixed import Mixed
from slipher.networks.mixture import MixtureNetwork
from slipher.networks.resnet import ResNet

__all__ = ["OpenVino", "takes"]

EXAMPLE = 7
"""Galaxies that the network is traced with."""
TAKEN = (ResNet, InceptionNetwork, Mixed, AlexNet, Colours)
"""The networks that are tested with it."""
REFUSED: dict[type[nn.Module], str] = {
    CapsuleBody: "its routing is not traced for any number of galaxies",
    MixtureNetwork: "it has no logarithm of the normal distribution's tail",
}
"""Those that are not computed, and why."""


class OpenVino:
    """A network that OpenVINO computes, compiled when it is first called.

    Args:
        network: from inputs that a batch is the first axis of to logits; it is left as it is.
        precision: of the arithmetic.

    Raises:
        InputError: if the library is not installed, or is known not to compute such a network.
    """

    def __init__(self, network: nn.Module, precision: Literal["f32", "bf16"]) -> None:
        _check(network)
        self.library = _library()
        self.network = folded(network).cpu()
        self.precision = precision
        self.compiled: Any = None

    def __call__(self, *inputs: Tensor) -> Tensor:
        """Logits, where the inputs are.

        Raises:
            InputError: if OpenVINO cannot compute this network.
        """
        if self.compiled is None:
            self.compiled = self._compiled([torch.zeros(EXAMPLE, *each.shape[1:]) for each in inputs])
        found = self.compiled([each.cpu().contiguous().numpy() for each in inputs], share_inputs=True)
        return torch.from_numpy(found[0]).to(inputs[0].device)

    def _compiled(self, example: Sequence[Tensor]) -> Any:
        """What computes the network."""
        try:
            model = _converted(self.library, self.network, tuple(example))
            options = {"INFERENCE_PRECISION_HINT": self.precision, "INFERENCE_NUM_THREADS": torch.get_num_threads()}
            return self.library.Core().compile_model(model, "CPU", options)
        except Exception as error:  # of torch's tracing or of OpenVINO's conversion, each of many kinds
            raise InputError(
                f"OpenVINO cannot compute this model's network ({type(error).__name__}); choose engine bf16 or eager."
            ) from error


def takes(network: nn.Module) -> bool:
    """Whether OpenVINO is known to compute a network, or each member of an ensemble."""
    bodies = [getattr(each, "body", each) for each in getattr(network, "members", [network])]
    return all(isinstance(body, TAKEN) for body in bodies)


def _check(network: nn.Module) -> None:
    """Refuse what is known to fail.

    Raises:
        InputError: says what.
    """
    for kind, why in REFUSED.items():
        if isinstance(getattr(network, "body", network), kind):
            raise InputError(f"OpenVINO cannot compute this model's network: {why}; choose engine bf16 or eager.")


def _library() -> ModuleType:
    """The library, kept from telling its makers about its use.

    It does so through openvino_telemetry as soon as it is imported, and goes without where that is absent.
    """
    if "openvino" not in sys.modules:
        sys.modules.setdefault("openvino_telemetry", cast(ModuleType, None))
    return require("openvino", "export")


def _converted(library: ModuleType, network: nn.Module, example: tuple[Tensor, ...]) -> Any:
    """OpenVINO's form of the network, for any number of galaxies."""
    galaxies = torch.export.Dim("galaxies")
    shapes = tuple({0: galaxies} for _ in example)
    # weights must not be tensors of inference mode, which know no gradients even of none
    with torch.inference_mode(False), torch.no_grad(), _quiet():
        return library.convert_model(torch.export.export(network, example, dynamic_shapes=shapes))


@contextmanager
def _quiet() -> Iterator[None]:
    """Without what the tracing and the conversion say of operations that no network of ours has."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
