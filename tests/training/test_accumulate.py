"""A batch in pieces has the gradient of the batch, where no batch statistics stand between them."""

from dataclasses import replace

import pytest
import torch

from slipher.constraints import CDELoss
from slipher.methods.base import fit
from slipher.networks.config import NetworkConfig
from slipher.redshift import Grid
from slipher.survey.store import open_store
from slipher.training.config import TrainingConfig

TRAINING = TrainingConfig(
    epochs=2, batch_size=50, optimizer="sgd", learning_rate=0.05, precision="float32", device="cpu"
)


def run(store, training):
    return fit(
        open_store(store),
        0.1 * CDELoss(form="brier"),
        grid=Grid(0.4, 10),
        network=NetworkConfig("colours"),
        training=training,
        progress=False,
    )


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_pieces_add_up_to_the_batch(catalogue_store, reduction):
    whole = run(catalogue_store, replace(TRAINING, reduction=reduction))
    pieces = run(catalogue_store, replace(TRAINING, reduction=reduction, accumulate=7))
    for name, value in whole.network.state_dict().items():
        torch.testing.assert_close(pieces.network.state_dict()[name], value, atol=2e-5, rtol=1e-4)
    for row, other in zip(whole.history.rows, pieces.history.rows, strict=True):
        for name in (
            "train_ce",
            "train_cde",
            "train_cde_weighted",
            "train_cde_count",
            "train_total",
            "validation_total",
        ):
            assert other[name] == pytest.approx(row[name], rel=1e-4), name
