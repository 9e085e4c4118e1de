from pathlib import Path

import numpy as np
import pytest

from slipher.errors import InputError
from slipher.methods import trainz
from slipher.methods.base import Job
from slipher.methods.expansion.features import Embedding, Photometry, restored_features
from slipher.methods.file import ModelFile
from slipher.methods.photometry.features import magnitude_and_colours
from slipher.methods.photometry.system import MagnitudeSystem
from slipher.survey.store import open_store

HEAD = {"format": "slipher-model", "format_version": 2}


def test_photometry_is_magnitude_colours_and_what_they_have_in_common(catalogue_store):
    galaxies = open_store(catalogue_store)
    features, known = Photometry.of(galaxies.train)(galaxies.train)
    magnitudes, _ = MagnitudeSystem.of(galaxies.train, "a test needs").magnitudes(galaxies.train, "a test needs")
    first = magnitude_and_colours(magnitudes, galaxies.bands)
    assert np.allclose(features[:, :5], first, atol=1e-5)
    assert np.allclose(np.cov(features[:, 5:], rowvar=False), np.eye(5), atol=0.01)
    assert known.all()


def test_they_come_back_from_a_file(catalogue_store):
    galaxies = open_store(catalogue_store)
    own = Photometry.of(galaxies.train)
    again = restored_features(ModelFile(Path("m"), HEAD | own.header, own.tensors))
    assert np.array_equal(again(galaxies)[0], own(galaxies)[0])
    assert own(galaxies)[0].shape[1] == own.count
    weights = {"layers.0.weight": np.ones((2, 2), np.float32)}
    network = Embedding(ModelFile(Path("m"), HEAD | {"method": "neural", "bands": ["g"]}, weights))
    back = restored_features(ModelFile(Path("m"), network.header, network.tensors | {"features": np.zeros(3)}))
    assert isinstance(back, Embedding)
    assert back.file.header == network.file.header
    assert list(back.file.tensors) == list(weights)


def test_only_a_network_has_layers(catalogue_store, tmp_path):
    trainz.fit(open_store(catalogue_store), Job()).save(tmp_path / "m.safetensors")
    with pytest.raises(
        InputError, match=r"m\.safetensors: this is a model of method trainz, which has no layers; name a network's"
    ):
        Embedding.of(tmp_path / "m.safetensors")
