"""Small galaxy stores that several parts are tested on."""

import resource
from contextlib import contextmanager
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import pytest

from slipher.bench import ingraph
from slipher.survey.schema import galaxy_schema
from slipher.survey.writer import StoreWriter

CATALOGUE, IMAGES, SIDE = 600, 90, 16
SKY = np.array([0.02, 0.03, 0.05], np.float32)


@pytest.fixture(scope="session")
def catalogue_store(tmp_path_factory):
    """Six hundred galaxies without images, whose ugriz colours tell the redshift but for noise."""
    rng = np.random.default_rng(3)
    redshift = np.clip(rng.gamma(4, 0.03, CATALOGUE), 0.005, 0.399)
    magnitude = 17 + 4 * redshift[:, None] * np.array([4.0, 3.0, 1.5, 1.0, 0.8]) + rng.normal(0, 0.05, (CATALOGUE, 5))
    flux = 10 ** (-0.4 * (magnitude - 22.5))
    columns = common(CATALOGUE, redshift, rng) | {"photometry/flux": flux, "photometry/flux_error": 0.02 * flux}
    schema = galaxy_schema(CATALOGUE, tuple("ugriz"), source="colours of a test")
    return write_store(tmp_path_factory.mktemp("catalogue") / "catalogue.h5", schema, columns)


@pytest.fixture(scope="session")
def image_store(tmp_path_factory):
    """Ninety blobs; one has a bad pixel."""
    return blobs(tmp_path_factory.mktemp("images") / "images.h5", IMAGES)


@pytest.fixture(scope="session")
def larger_image_store(tmp_path_factory):
    """Blobs enough for some hundred to be held out."""
    return blobs(tmp_path_factory.mktemp("larger") / "images.h5", 600)


@pytest.fixture(scope="session")
def check_survives():
    """Sees that a reader raises nothing on damaged copies of a file, in a process of its own."""
    spec = spec_from_file_location("corrupting", Path(__file__).with_name("corrupting.py"))
    corrupting = module_from_spec(spec)
    spec.loader.exec_module(corrupting)
    return corrupting.check_survives


def blobs(path: Path, count: int) -> Path:
    """Round blobs in gri noise, redder with redshift; the last has a bad pixel."""
    rng = np.random.default_rng(5)
    redshift = rng.uniform(0.02, 0.38, count)
    y, x = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
    profile = np.exp(-np.hypot(x, y) / 2)
    flux = np.array([1.0, 1.5, 2.0]) * (1 + 4 * redshift[:, None]) ** np.arange(3)
    images = flux[:, :, None, None] * profile + SKY[:, None, None] * rng.normal(size=(count, 3, SIDE, SIDE))
    valid = np.ones(images.shape, bool)
    valid[-1, 0, 0, 0] = False
    total = images.sum(axis=(2, 3))
    columns = common(count, redshift, rng) | {
        "images": np.where(valid, images, 0),
        "valid": valid,
        "sources": np.broadcast_to(profile > 0.05, (count, SIDE, SIDE)),
        "sky/level": np.zeros((count, 3)),
        "sky/sigma": np.broadcast_to(SKY, (count, 3)),
        "photometry/flux": total,
        "photometry/flux_error": np.full_like(total, 0.5),
    }
    schema = galaxy_schema(count, tuple("gri"), source="blobs of a test", shape=(SIDE, SIDE), pixel_scale=0.396)
    return write_store(path, schema, columns)


def common(count: int, redshift: np.ndarray, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """The columns every store has; two thirds train, a sixth validates, a sixth tests."""
    split = np.repeat([0, 1, 2], [count - 2 * (count // 6), count // 6, count // 6])
    return {"id": np.arange(count) + 1000, "redshift": redshift, "ebv": rng.uniform(0, 0.1, count), "split": split}


def write_store(path: Path, schema, columns: dict[str, np.ndarray]) -> Path:
    """Write a store of columns that are all in memory."""
    typed = {
        name: values if schema.columns[name].dtype == "bits" else values.astype(schema.columns[name].dtype)
        for name, values in columns.items()
    }
    with StoreWriter(path, schema, "test") as writer:
        for start, stop in writer.missing():
            writer.write(start, {name: values[start:stop] for name, values in typed.items()})
        if "sky/correlation" in schema.tables:
            correlation = np.zeros((len(schema.bands), 5, 5), np.float32)
            correlation[:, 2, 2] = 1
            writer.put("sky/correlation", correlation)
        writer.finish()
    return path


@pytest.fixture(scope="session")
def flux_in_graph():
    """P_flux with every integral inside the graph: the paper's own way, against which tables are held."""
    return ingraph.flux_in_graph


@pytest.fixture
def files_of_at_most():
    """Within it the system lets no file grow beyond so many bytes: a full disk that needs no disk."""

    @contextmanager
    def limited(size):
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    return limited
