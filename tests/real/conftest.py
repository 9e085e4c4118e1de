"""Real catalogues as stores."""

from pathlib import Path

import pytest

from slipher.survey.catalogs.catalog import import_catalogue
from slipher.survey.catalogs.mapping import CatalogueColumns
from slipher.survey.store import open_store

STRIPE82 = Path(__file__).resolve().parents[3] / "shared" / "data" / "catalogs" / "stripe82-specz.fits"
STRIPE82_COLUMNS = CatalogueColumns(
    flux="MAGGIES",
    ivar="MAGGIES_IVAR",
    dereddened=True,
    redshift="REDSHIFT",
    ra="RA",
    dec="DEC",
    z_min=0.003,
    z_max=0.4,
)
KCORRECT_COLUMNS = CatalogueColumns(
    flux="MODELFLUX", ivar="MODELFLUX_IVAR", ebv="EXTINCTION", redshift="Z", ra="RA", dec="DEC", z_max=0.4
)


@pytest.fixture(scope="session")
def main_sample(tmp_path_factory):
    """kcorrect's catalogue, from the file itself."""
    package = pytest.importorskip("kcorrect", reason="the catalogue comes with kcorrect")
    file = Path(package.__file__).parent / "data" / "test" / "gst_tests_small.fits"
    return open_store(import_catalogue(file, tmp_path_factory.mktemp("main") / "main.h5", KCORRECT_COLUMNS))


@pytest.fixture(scope="session")
def stripe82(tmp_path_factory):
    """The galaxies of Stripe 82 at 0.003 < z < 0.4."""
    if not STRIPE82.is_file():
        pytest.skip(f"{STRIPE82.name} is not in ../shared/data")
    return open_store(import_catalogue(STRIPE82, tmp_path_factory.mktemp("s82") / "s82.h5", STRIPE82_COLUMNS))
