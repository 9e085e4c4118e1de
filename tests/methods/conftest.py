import pytest

from slipher.survey.store import open_store


@pytest.fixture(scope="session")
def survey(image_store):
    """Ninety small images in three bands, opened."""
    return open_store(image_store)
