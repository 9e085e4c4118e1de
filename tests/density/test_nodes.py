import numpy as np
import pytest

from slipher.density import nodes


@pytest.mark.parametrize("count", [1, 2, 4, 6])
def test_values_tell_the_polynomial_and_its_integral(count):
    rng = np.random.default_rng(count)
    curves = [np.polynomial.Polynomial(rng.normal(size=count)) for _ in range(20)]
    values = np.stack([curve(nodes.nodes(count)) for curve in curves])
    s = rng.random(20)
    assert nodes.value_at(values, s) == pytest.approx([curve(x) for curve, x in zip(curves, s, strict=True)])
    areas = [curve.integ()(x) for curve, x in zip(curves, s, strict=True)]
    assert nodes.integral_to(values, s) == pytest.approx(areas)
    assert values @ nodes.weights(count) == pytest.approx([curve.integ()(1) for curve in curves])
    assert values**2 @ nodes.weights(count) == pytest.approx([(curve**2).integ()(1) for curve in curves])


def test_matrices_give_the_same_as_the_functions():
    values = np.random.default_rng(0).normal(size=4)
    places = np.array([0.0, 0.3, 1.0])
    many = np.tile(values, (3, 1))
    assert nodes.value_matrix(4, places) @ values == pytest.approx(nodes.value_at(many, places))
    area = nodes.integral_to(np.tile(values, (5, 1)), nodes.nodes(5))
    assert nodes.antiderivative_at(4, 5) @ values == pytest.approx(area)
