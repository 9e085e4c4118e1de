import numpy as np
import pytest
import torch

from slipher.methods import neural
from slipher.methods.base import Job, load
from slipher.methods.expansion.embedding import embedding, width
from slipher.methods.file import read_model
from slipher.networks.config import NetworkConfig
from slipher.redshift import Grid
from slipher.survey.store import open_store
from slipher.training.config import TrainingConfig

GRID = Grid(0.4, 20)


def network(galaxies, path, name, **options):
    training = TrainingConfig(epochs=1, batch_size=32)
    job = Job(grid=GRID, network=NetworkConfig(name), training=training, progress=False, options=options)
    model = neural.fit(galaxies, job)
    model.save(path)
    return load(path), read_model(path).tensors


@pytest.mark.parametrize(("name", "store"), [("colours", "catalogue_store"), ("resnet18", "image_store")])
def test_the_last_layer_makes_the_logits_of_it(name, store, request, tmp_path):
    galaxies = open_store(request.getfixturevalue(store))
    model, tensors = network(galaxies, tmp_path / "m.safetensors", name)
    found = embedding(model, galaxies.test)
    weight, bias = (torch.from_numpy(tensors[key]).double() for key in last(model))
    logits = torch.from_numpy(found) @ weight.T + bias
    assert np.allclose(logits.softmax(dim=1).numpy(), model.predict(galaxies.test, views=1).mass, atol=1e-5)
    assert embedding(model, galaxies.test[:0]).shape == (0, found.shape[1]) == (0, width(model))
    assert np.array_equal(embedding(model, galaxies.test), found)


def last(model):
    """Names of the weight and the bias that have one row a bin."""
    return [name for name, value in model.network.state_dict().items() if value.shape[:1] == (GRID.bins,)]


def test_members_stand_side_by_side(catalogue_store, tmp_path):
    galaxies = open_store(catalogue_store)
    model, _ = network(galaxies, tmp_path / "m.safetensors", "colours", members=2)
    assert embedding(model, galaxies.test).shape == (len(galaxies.test), 512)
