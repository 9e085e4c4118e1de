"""Methods: everything that can be a row of the table; ``fit(galaxies, job)`` gives a model that predicts."""
