"""The checkpoints that Hayat et al. (2021) published, as weights of our ``hayat`` network.

Three files lie at portal.nersc.gov/project/dasrepo/self-supervised-learning-sdss/checkpoints: the pretrained trunk
(``pretrained_paper_model.pth.tar``), the fine-tuned and the supervised photo-z network. Their names of weights are
those of torchvision's ResNet50, below ``state_dict`` (the pretrained one: momentum contrast, of which only
``module.encoder_q`` counts) or ``model_state``, with ``module.`` before them where several devices trained (facts of
github.com/mahayat/ssl-sky-surveys at 3433ab9: models/resnet.py, train.py, utils/load_trained_model.py).

They are pickles: lists of instructions that may call anything. This is the one place where any is followed. They are
gone through first, and a file that names anything but what tensors and plain containers are made of is refused before
one is followed; torch's own restricted reader (``weights_only``), which calls nothing else either, follows them then.
"""

import pickletools
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from zipfile import ZIP_STORED, ZipFile

import torch
from torch import Tensor

from slipher.errors import InputError
from slipher.files import unreadable
from slipher.networks.build import build
from slipher.networks.config import CONFIGURATIONS
from slipher.networks.resnet import LAYERS as BLOCKS

__all__ = ["HEAD", "is_pickle", "read_released"]

BELOW = ("model_state", "state_dict")
"""The keys under which weights lie; a file of nothing but weights is one such."""
QUERY = "encoder_q."
"""What the names of the encoder that learned hold, in a file of momentum contrast."""
HEAD = "body.head."
LAYERS = {"conv1": "0", "bn1": "1", "conv2": "3", "bn2": "4", "conv3": "6", "bn3": "7"}
"""Their names of the layers of a bottleneck, and our numbers."""
MADE_OF = re.compile(
    r"collections (?:OrderedDict|Counter)|torch\._utils _rebuild_(?:tensor|tensor_v2|parameter)"
    r"|torch\.storage \w+Storage|torch (?:\w+Storage|Size|device|float16|bfloat16|float32|float64|int64)"
    r"|(?:builtins|__builtin__) set|_codecs encode"
)
"""What instructions may name: nothing that runs a program, or takes memory that the file does not."""
NAMING = ("STACK_GLOBAL", "INST", "OBJ", "EXT1", "EXT2", "EXT4")
"""Instructions that name things in other ways than torch writes."""
OLDER = 4
"""Pickles at the beginning of a file of torch before 1.6, the last of which are the weights."""
COUNTER = "num_batches_tracked"
"""A number that older releases of torch did not write, and nobody needs."""


def is_pickle(path: Path) -> bool:
    """Whether a file begins as those of torch.save do: an archive of pickles, or a pickle."""
    if unreadable(path):
        return False
    with path.open("rb") as file:
        start = file.read(9)
    # a safetensors file opens with the length of its header, then the brace of the JSON
    return start[8:] != b"{" and (start.startswith(b"PK") or start[:1] == b"\x80")


def read_released(path: Path) -> dict[str, Tensor]:
    """The weights of a published checkpoint, by our names; without those of a projection.

    Args:
        path: a file such as photoz_finetuned_model.pth.tar.

    Returns:
        Name to tensor: the trunk, and the head (180 bins) if the file has one.

    Raises:
        InputError: if it is absent, damaged, holds anything but tensors and plain containers, or another network.
    """
    found = _ours(_plain_names(_weights(path, _loaded(path))))
    _check(path, found)
    return found


def _loaded(path: Path) -> Any:
    """What the file holds, if that is tensors and plain containers."""
    if why := unreadable(path):
        raise InputError(f"{path} {why}; give a model file, or a checkpoint that Hayat et al. published.")
    try:
        for name in _named(path):
            if not MADE_OF.fullmatch(name):
                raise ValueError(f"it names {name}")
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged pickle may raise anything
        raise InputError(
            f"{path} is refused: it is damaged, or a pickle of more than tensors and plain containers, which could "
            "run any program; give a model.safetensors, or a checkpoint as Hayat et al. published it."
        ) from error


def _named(path: Path) -> Iterator[str]:
    """Whatever the instructions in a file name; none of them is followed.

    Raises:
        ValueError: if they are packed, or damaged.
    """
    with path.open("rb") as file:
        if file.read(2) != b"PK":
            file.seek(0)
            for _ in range(OLDER):
                yield from _named_in(file)
            return
        with ZipFile(file) as archive:
            if any(entry.compress_type != ZIP_STORED for entry in archive.infolist()):
                raise ValueError("it is packed, as torch packs no file")
            for name in archive.namelist():
                if name.endswith(".pkl"):
                    with archive.open(name) as stream:
                        yield from _named_in(stream)


def _named_in(stream: Any) -> Iterator[str]:
    """The same of one pickle."""
    for code, argument, _ in pickletools.genops(stream):
        if code.name == "GLOBAL" or code.name in NAMING:
            yield str(argument) if code.name == "GLOBAL" else code.name


def _weights(path: Path, document: Any) -> Mapping[str, Tensor]:
    """The weights in what was loaded."""
    below = document
    if isinstance(document, Mapping):
        below = next((document[key] for key in BELOW if key in document), document)
    named = isinstance(below, Mapping) and below and all(isinstance(name, str) for name in below)
    if not named or not all(isinstance(value, Tensor) for value in below.values()):
        raise InputError(
            f"{path} holds no weights by name under {' or '.join(BELOW)}; give a checkpoint as Hayat et al. published "
            "it, or a model.safetensors."
        )
    return {name: _plain(path, name, value) for name, value in below.items()}


def _plain(path: Path, name: str, value: Tensor) -> Tensor:
    """A tensor of numbers in memory, as numpy can hold it."""
    numbers = value.layout is torch.strided and value.device.type == "cpu" and not value.is_complex()
    # one number may be spread over any shape, which takes no memory until it is converted
    if not numbers or (value.dtype is not torch.float32 and value.numel() > value.untyped_storage().nbytes()):
        raise InputError(f"{path} holds {name} in a form that no published checkpoint has; give one of these.")
    return value.detach().float() if value.is_floating_point() else value.detach()


def _plain_names(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights of the network alone, without what several devices and momentum contrast put before its names."""
    bare = {name.removeprefix("module."): value for name, value in weights.items()}
    learned = {name.removeprefix(QUERY): value for name, value in bare.items() if name.startswith(QUERY)}
    return learned or bare


def _ours(theirs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Weights by our names; a projection (``fc.0``, ``fc.2``) is left out, and what we do not know keeps its name."""
    return {_renamed(name): value for name, value in theirs.items() if not re.match(r"fc\.\d", name)}


def _renamed(name: str) -> str:
    """Our name of one of torchvision's weights."""
    layer, _, kind = name.rpartition(".")
    stem = {"conv1": "body.stem.0", "bn1": "body.stem.1", "fc": "body.head"}
    if layer in stem:
        return f"{stem[layer]}.{kind}"
    block = re.fullmatch(r"layer([1-4])\.(\d+)\.(?:(conv[123]|bn[123])|downsample\.([01]))", layer)
    if block is None:
        return name
    stage, index, inside, shortcut = block.groups()
    place = f"branch.{LAYERS[inside]}" if inside else f"shortcut.{shortcut}"
    return f"body.stages.{_number(int(stage), int(index))}.{place}.{kind}"


def _number(stage: int, index: int) -> int:
    """A block's number among all of a ResNet50."""
    return sum(BLOCKS[50][: stage - 1]) + index


def _check(path: Path, found: Mapping[str, Tensor]) -> None:
    """Refuse another network.

    Raises:
        InputError: names the first weight that differs.
    """
    expected = _expected()
    for name, shape in expected.items():
        if name.startswith(HEAD) and name not in found:
            continue
        if name not in found and not name.endswith(COUNTER):
            raise _other(path, f"{name} is missing")
        if name in found and not _fits(name, found[name].shape, shape):
            raise _other(path, f"{name} has shape {tuple(found[name].shape)}, not {tuple(shape)}")
    strange = [name for name in found if name not in expected]
    if strange:
        raise _other(path, f"it has {strange[0]}, which that network has not")


def _expected() -> dict[str, torch.Size]:
    """The weights of our network, and their shapes; nothing is allocated."""
    with torch.device("meta"):
        network = build(CONFIGURATIONS["hayat"], tuple("ugriz"), 180)
    return {name: value.shape for name, value in network.state_dict().items() if name.startswith("body.")}


def _fits(name: str, shape: torch.Size, expected: torch.Size) -> bool:
    """Whether a shape is as expected; a head may have any number of bins."""
    if name.startswith(HEAD):
        return len(shape) == len(expected) and shape[1:] == expected[1:]
    return shape == expected


def _other(path: Path, why: str) -> InputError:
    return InputError(
        f"{path} is a checkpoint of another network than that of Hayat et al. (ResNet50, five bands): {why}; give one "
        "that they published, or a model.safetensors."
    )
