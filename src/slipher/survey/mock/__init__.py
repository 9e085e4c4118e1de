"""The mock survey: SDSS galaxies simulated from real redshifts, fluxes, dust and optics."""

from slipher.survey.mock.simulate import simulate

__all__ = ["simulate"]
