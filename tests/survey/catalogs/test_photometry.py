"""Photometry of some rows, against the definitions."""

from pathlib import Path

import numpy as np
import pytest

from slipher.errors import InputError
from slipher.formats.column import Column
from slipher.formats.tables import Held
from slipher.survey.catalogs.mapping import CatalogueColumns
from slipher.survey.catalogs.photometry import find_photometry

FLUX = np.array([[1.0, 2.0], [3.0, np.nan], [-5.0, 6.0]])


def found(arrays, **columns):
    table = Held.of(Path("t"), arrays)
    photometry = find_photometry(table, CatalogueColumns(bands="gr", **columns))
    light = photometry.of(table.read(photometry.names), np.ones(table.count, bool))
    return light.flux, light.error


def test_what_is_not_usable_is_zero_with_an_infinite_error():
    flux, error = found({"F": FLUX, "E": np.array([[0.1, 0.2], [0.3, 0.4], [0.0, -0.6]])}, flux="F", flux_error="E")
    np.testing.assert_array_equal(flux, [[1, 2], [3, 0], [0, 0]])
    np.testing.assert_array_equal(error, [[0.1, 0.2], [0.3, np.inf], [np.inf, np.inf]])


def test_inverse_variances_and_more_values_than_bands():
    flux, error = found({"F": np.hstack([FLUX, FLUX]), "I": np.full((3, 4), 4.0)}, flux="F", ivar="I", unit="nJy")
    np.testing.assert_allclose(flux, np.nan_to_num(FLUX) / 3631)
    np.testing.assert_allclose(error, np.where(np.isnan(FLUX), np.inf, 0.5 / 3631))


def test_magnitudes():
    columns = {"m_g": np.array([22.5, 99.0]), "m_r": np.array([20.0, 21.0]), "s_g": np.full(2, 0.1), "s_r": np.ones(2)}
    flux, error = found(columns, magnitude="m_{band}", magnitude_error="s_{band}")
    np.testing.assert_allclose(flux, [[1, 10], [0, 10**0.6]])
    np.testing.assert_allclose(
        error, [[0.1 * np.log(10) / 2.5, 10 * np.log(10) / 2.5], [np.inf, 10**0.6 * np.log(10) / 2.5]]
    )


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"F": FLUX[:, :1], "E": FLUX}, r"column 'F' has the shape \(3,\), but 2 bands need 2 numbers a row"),
        ({"F": FLUX, "E": FLUX[:, 0]}, r"column 'E' has the shape \(3,\), but 2 bands"),
        ({"F": FLUX.astype(str), "E": FLUX}, "'F' has the shape"),
        ({"F": FLUX}, "has no column 'E'"),
    ],
)
def test_shapes(arrays, message):
    with pytest.raises(InputError, match=message):
        found(arrays, flux="F", flux_error="E")
    with pytest.raises(InputError, match=r"column 'F' has the shape \(3, 2\), but one value a row is needed"):
        found({"F": FLUX, "E": FLUX}, flux="F,F", flux_error="E,E")


@pytest.mark.parametrize(
    ("unit", "given", "said"),
    [
        (None, None, "fluxes are taken to be in nanomaggies, since nothing else is said (--unit)."),
        ("nJy", None, "fluxes are in nJy, as the file says."),
        (None, "nJy", ""),
    ],
)
def test_the_unit_that_nobody_named_is_said(capsys, unit, given, said):
    columns = [Column(name, "t", np.ones(3), unit=unit) for name in ("f_g", "f_r", "e_g", "e_r")]
    named = CatalogueColumns(bands="gr", flux="f_{band}", flux_error="e_{band}", unit=given)
    find_photometry(Held(Path("t"), columns), named)
    assert capsys.readouterr().err == (f"t: {said}\n" if said else "")
