"""Which arithmetic and which device a training uses."""

from typing import Any

import torch

from slipher.errors import InputError
from slipher.extras import require
from slipher.training.config import TrainingConfig

__all__ = ["check_device", "device_of", "fabric_of", "native_bf16", "precision_of", "processor_bf16"]


def device_of(config: TrainingConfig) -> str:
    """The device: the one asked for, or for ``auto`` an accelerator where there is one."""
    if config.device != "auto":
        return config.device
    return "cuda" if torch.cuda.is_available() else "cpu"


def precision_of(config: TrainingConfig) -> str:
    """``float32`` or ``bf16``: the one asked for, or for ``auto`` bf16 where the device computes it natively."""
    if config.precision != "auto":
        return config.precision
    return "bf16" if native_bf16(device_of(config)) else "float32"


def check_device(config: TrainingConfig) -> None:
    """See that the device that is asked for is there.

    Raises:
        InputError: if it is not.
    """
    if config.device == "cuda" and not torch.cuda.is_available():
        raise InputError("training.device is cuda, but torch finds none here; set it to auto or cpu.")


def fabric_of(config: TrainingConfig) -> Any:
    """Lightning Fabric for the device and the arithmetic of a training.

    Raises:
        InputError: if it is not installed.
    """
    fabric = require("lightning_fabric", "train")
    device = device_of(config)
    # handed over ready-made, precision is not announced on standard error
    plugins = fabric.plugins
    bf16 = precision_of(config) == "bf16"
    arithmetic = plugins.MixedPrecision("bf16-mixed", device) if bf16 else plugins.Precision()
    return fabric.Fabric(accelerator=device, devices=1, plugins=arithmetic)


def native_bf16(device: str) -> bool:
    """Whether a device multiplies bf16 numbers in hardware; elsewhere they are emulated, and slower than float32."""
    if device == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return device == "cpu" and bool(processor_bf16())


def processor_bf16() -> str:
    """What of the processor multiplies bf16 numbers: ``AMX``, which is the fastest, ``AVX-512``, or nothing."""
    # older releases of torch cannot say what the processor is capable of
    capabilities: dict[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()
    units = {"AMX": "amx_bf16", "AVX-512": "avx512_bf16"}
    return next((name for name, key in units.items() if capabilities.get(key)), "")
