import numpy as np
import pytest

from slipher.errors import InputError
from slipher.methods.network.morphology import morphology
from slipher.physics.extinction import extinction_coefficients
from slipher.survey.schema import Column, galaxy_schema
from slipher.survey.store import open_store
from slipher.survey.writer import StoreWriter

EBV = np.array([0.0, 0.0, 0.2, 0.2, 0.0], np.float32)


def store(path, bands=("u", "g", "r"), catalogue=None, photometry=None):
    """Five galaxies without images."""
    catalogue = {name: np.asarray(values) for name, values in (catalogue or {}).items()}
    columns = {f"catalogue/{name}": values for name, values in catalogue.items()}
    if photometry is not None:
        columns |= dict(zip(("photometry/flux", "photometry/flux_error"), photometry, strict=True))
    schema = galaxy_schema(
        5,
        bands,
        source="test",
        photometry=photometry is not None,
        catalogue={name: Column(values.dtype.str.lstrip("<|")) for name, values in catalogue.items()},
    )
    common = {"id": np.arange(5), "redshift": np.full(5, 0.1), "ebv": EBV, "split": np.zeros(5, np.uint8)}
    with StoreWriter(path / "store.h5", schema, "test") as writer:
        writer.write(0, common | columns)
        writer.finish()
    return open_store(path / "store.h5")


def fluxes(u_minus_r, bands=3):
    """Bright galaxies of dereddened colours, as observed through their dust."""
    flux = np.full((5, bands), 1000.0)
    flux[:, 0] = 1000 * 10 ** (-0.4 * np.asarray(u_minus_r))
    flux *= 10 ** (-0.4 * EBV[:, None] * extinction_coefficients(("u", "g", "r"))[:bands])
    return flux.astype(np.float32), np.full((5, bands), 0.01, np.float32)


def test_colour_stands_in_dereddened(tmp_path):
    colours = [2.21, 2.23, 2.21, 2.23, 3.0]
    assert morphology(store(tmp_path, photometry=fluxes(colours))).tolist() == [1, 0, 1, 0, 0]


def test_a_galaxy_without_u_is_of_unknown_class(tmp_path):
    flux, error = fluxes([3.0] * 5)
    flux[1, 0], error[1, 0] = 0, np.inf
    assert morphology(store(tmp_path, photometry=(flux, error))).tolist() == [0, -1, 0, 0, 0]


@pytest.mark.parametrize("scale", [1, 1e-4, 100])
def test_what_is_not_seen_in_u_is_red_in_any_unit(tmp_path, scale):
    flux = np.array([[-1, 0, 9], [0, 0, 9], [9, 0, -1], [-1, 0, -1], [1, 0, 9]], np.float32)
    found = morphology(store(tmp_path, photometry=(scale * flux, np.ones_like(flux))))
    assert found.tolist() == [0, 0, 1, -1, 0]


@pytest.mark.parametrize("values", [np.array([0, 1, -1, 2, 1], np.int32), np.array([0, 1, np.nan, 0.5, 1])])
def test_classes_of_the_store_come_first(tmp_path, values):
    catalogue = {"morphology": values, "p_el_debiased": np.ones(5), "p_cs_debiased": np.zeros(5)}
    found = morphology(store(tmp_path, catalogue=catalogue, photometry=fluxes([3.0] * 5)))
    assert found.tolist() == [0, 1, -1, -1, 1]
    assert found.dtype == np.int64


def test_votes_decide_where_four_fifths_agree(tmp_path):
    votes = {"p_el_debiased": [0.8, 0.1, 0.79, 0.3, np.nan], "p_cs_debiased": [0.1, 0.95, 0.21, 0.7, np.nan]}
    found = morphology(store(tmp_path, catalogue=votes, photometry=fluxes([3.0] * 5)))
    assert found.tolist() == [0, 1, -1, -1, -1]


def test_nothing_known_is_nothing_guessed(tmp_path):
    assert morphology(store(tmp_path)).tolist() == [-1] * 5


def test_other_bands_say_nothing_either(tmp_path):
    found = morphology(store(tmp_path, bands=("g", "r", "i"), photometry=fluxes([3.0] * 5)))
    assert found.tolist() == [-1] * 5


def test_words_are_refused(tmp_path):
    galaxies = store(tmp_path, catalogue={"morphology": np.array([b"E", b"S", b"E", b"S", b"?"])})
    with pytest.raises(InputError, match=r"catalogue/morphology must hold one number a galaxy"):
        morphology(galaxies)
