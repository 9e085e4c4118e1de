"""How weights start."""

from torch import nn

__all__ = ["he_normal", "xavier_uniform"]


def he_normal(module: nn.Module) -> None:
    """He-normal weights and zero biases; batch normalisation starts at γ = 1, β = 0 by itself.

    Convolutions go by fan-out, linear layers by fan-in: no batch normalisation follows these, and by fan-out the logits
    would start so far apart that the first epoch is spent on bringing them together.
    """
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    if isinstance(module, nn.Linear):
        nn.init.kaiming_normal_(module.weight, mode="fan_in", nonlinearity="relu")
    if isinstance(module, nn.Conv2d | nn.Linear) and module.bias is not None:
        nn.init.zeros_(module.bias)


def xavier_uniform(module: nn.Module) -> None:
    """Xavier-uniform weights (Glorot & Bengio 2010) and biases of 0.1, as Pasquet et al. (2019) start."""
    if isinstance(module, nn.Conv2d | nn.Linear):
        nn.init.xavier_uniform_(module.weight)
        if module.bias is not None:
            nn.init.constant_(module.bias, 0.1)
