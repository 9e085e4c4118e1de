import numpy as np

from slipher.methods import beck, local_linear
from slipher.methods.base import METHODS, Job
from slipher.redshift import Grid
from slipher.survey.store import open_store


def test_it_is_local_linear_with_the_published_distance(catalogue_store):
    galaxies, job = open_store(catalogue_store), Job(grid=Grid(0.4, 40))
    published, ours = beck.fit(galaxies, job), local_linear.fit(galaxies, job)
    assert (published.name, ours.name) == ("beck", "local-linear")
    every = np.ones(5, bool)
    assert (published.among(every).scale == 1).all()
    assert (ours.among(every).scale != 1).all()
    assert published.options.neighbours == ours.options.neighbours == 100
    assert beck.restore is local_linear.restore
    assert {"beck", "local-linear"} <= set(METHODS)
