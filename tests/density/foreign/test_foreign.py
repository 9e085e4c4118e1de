import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from slipher.density import foreign
from slipher.density.foreign import KINDS, Record, piecewise
from slipher.errors import InputError

X = np.array([0.0, 0.5, 1.0, 1.5, 2.0])


def record(kind, meta, **data):
    return Record("d.hdf5", kind, meta, {name: np.asarray(values) for name, values in data.items()})


def interp(heights, knots=X):
    return record("interp", {"xvals": knots[None]}, yvals=heights)


def hist(heights, edges=X):
    return record("hist", {"bins": edges[None]}, pdfs=heights)


def normal(loc, scale):
    return record("norm", {}, loc=np.reshape(loc, (-1, 1)), scale=np.reshape(scale, (-1, 1)))


def test_mass_at_the_first_knot_is_kept():
    good, density = piecewise(interp(np.full((3, 5), 0.5)))
    assert good.all()
    assert density.mean() == pytest.approx(1.0)
    assert density.cdf(0.5) == pytest.approx(0.25)


def test_knots_of_each_galaxy():
    x = np.array([[0.4, 0.45, 0.5, 0.55, 0.6], [1.4, 1.5, 1.6, 1.9, 2.0]])
    y = np.array([[0.0, 5, 10, 5, 0], [0.0, 1, 1, 1, 0]])
    _, density = piecewise(record("interp_irregular", {}, xvals=x, yvals=y))
    assert density.mean() == pytest.approx([0.5, 1.7])
    assert density.pit(np.array([0.5, 1.6])) == pytest.approx([0.5, 0.15 / 0.5])


def test_bins_from_a_first_edge_of_their_own_stay():
    edges = 0.05 + 0.1 * np.arange(5)
    _, density = piecewise(hist(np.array([[1.0, 2, 3, 4]]), edges))
    assert density.edges[0] == pytest.approx(edges)
    assert density.cdf(edges[None])[0] == pytest.approx([0, 0.1, 0.3, 0.6, 1])


@pytest.mark.parametrize("ends", [(0.0, 1.0), (0.1, 0.9)])
def test_quantiles_are_where_they_are_stored(ends):
    quants = np.linspace(*ends, 9)
    locs = np.sort(np.random.default_rng(0).uniform(0, 2, (4, 9)), axis=1)
    _, density = piecewise(record("quant", {"quants": quants[None]}, locs=locs))
    for column, q in zip(locs.T, quants, strict=True):
        assert density.pit(column) == pytest.approx(q, abs=1e-12)


@pytest.mark.parametrize("ends", [(0.0, 1.0), (0.01, 0.99)])
@pytest.mark.parametrize("decimals", [2, 3])
def test_quantiles_that_rounding_puts_at_one_redshift(ends, decimals):
    quants, true = np.linspace(*ends, 61), stats.norm(np.array([[0.3], [0.7]]), 0.05)
    locs = np.round(true.ppf(np.clip(quants, 1e-4, 1 - 1e-4)), decimals)
    good, density = piecewise(record("quant", {"quants": quants}, locs=locs))
    assert good.all()
    assert density.mean() == pytest.approx([0.3, 0.7], abs=0.001)
    assert density.std() == pytest.approx([0.05, 0.05], rel=0.1)
    for z in (0.25, 0.33, 0.68):
        assert density.cdf(z) == pytest.approx(true.cdf(z)[:, 0], abs=0.015 if decimals == 3 else 0.05)
    away = (0.35 - true.mean()[:, 0]) / 0.05
    crps = 0.05 * (away * (2 * stats.norm.cdf(away) - 1) + 2 * stats.norm.pdf(away) - 1 / np.sqrt(np.pi))
    assert density.crps(np.full(2, 0.35)) == pytest.approx(crps, abs=0.002)
    assert density.cde_loss(np.array([0.3, 0.7])) == pytest.approx(
        stats.norm.pdf(0, 0, 0.05 * np.sqrt(2)) - 2 * stats.norm.pdf(0, 0, 0.05), rel=0.5
    )


@pytest.mark.parametrize("tie", [slice(0, 2), slice(3, 5), slice(2, 6), slice(7, 9)])
@pytest.mark.parametrize("ends", [(0.0, 1.0), (0.1, 0.9)])
def test_f_passes_through_the_middle_of_a_jump(ends, tie):
    quants, locs = np.linspace(*ends, 9), np.linspace(0.2, 1.0, 9)
    locs[tie] = locs[tie][0]
    good, density = piecewise(record("quant", {"quants": quants}, locs=locs[None]))
    same = [quants[locs == z] for z in locs]
    wanted = [0.0 if q[0] == 0 else 1.0 if q[-1] == 1 else (q[0] + q[-1]) / 2 for q in same]
    assert good.all()
    assert density.cdf(locs[None])[0] == pytest.approx(wanted, abs=1e-9)


def test_two_peaks_are_not_blurred_and_widths_do_not_mix():
    means, stds = np.array([[0.5, 2.5], [1.0, 1.0]]), np.array([[0.02, 0.02], [0.001, 0.5]])
    _, density = piecewise(record("mixmod", {}, means=means, stds=stds, weights=np.full((2, 2), 0.5)))
    for row in range(2):
        rho = stats.norm.pdf(means[row, 0], means[row], stds[row]).mean()
        assert density.pdf(means[:, 0])[row] == pytest.approx(rho)
    squared = [
        sum(stats.norm.pdf(a, b, np.hypot(s, t)) for a, s in zip(m, d, strict=True) for b, t in zip(m, d, strict=True))
        / 4
        for m, d in zip(means, stds, strict=True)
    ]
    loss = density.cde_loss(means[:, 0]) + 2 * density.pdf(means[:, 0])
    assert loss == pytest.approx(squared, rel=1e-5)


def test_a_component_of_no_weight_fills_a_row():
    data = {"means": [[0.5, 0.0]], "stds": [[0.1, 0.0]], "weights": [[2.0, 0.0]]}
    good, density = piecewise(record("mixmod", {}, **data))
    assert good.all()
    assert density.pit(np.array([0.6])) == pytest.approx(stats.norm.cdf(1), abs=1e-7)
    assert density.log_score(np.array([0.6])) == pytest.approx(-stats.norm.logpdf(0.6, 0.5, 0.1))


@pytest.mark.parametrize("filled", [(np.nan, np.nan), (np.nan, 0.0), (0.0, 0.0), (0.0, np.nan), (-99.0, -99.0)])
def test_rows_of_different_lengths(filled):
    x = np.stack([np.linspace(0.1, 0.5, 9), np.linspace(0.6, 1.8, 9)])
    y = stats.norm.pdf(x, [[0.3], [0.9]], 0.1)
    short = record("interp_irregular", {}, xvals=x[1:, :6], yvals=y[1:, :6])
    x[1, 6:], y[1, 6:] = filled
    good, density = piecewise(record("interp_irregular", {}, xvals=x, yvals=y))
    z = np.array([0.3, 1.0])
    assert good.all()
    assert density.pdf(z)[1:] == pytest.approx(piecewise(short)[1].pdf(z[1:]))
    assert density.crps(z)[1:] == pytest.approx(piecewise(short)[1].crps(z[1:]))
    assert density.mode() == pytest.approx([0.3, x[1, np.argmax(y[1, :6])]])
    own, histogram = piecewise(record(foreign.OWN_HIST, {}, bins=x, pdfs=y[:, 1:]))
    assert own.all()
    assert histogram.cdf(x[1, 2])[1] == pytest.approx(y[1, 1:3].sum() / y[1, 1:6].sum())
    assert histogram.cdf(x[1, 5])[1] == pytest.approx(1.0)


@pytest.mark.parametrize("filled", [np.nan, -99.0, 999.0])
def test_knots_that_fall(filled):
    x = np.stack([np.linspace(0.1, 0.5, 9), np.linspace(0.6, 1.8, 9)])
    y = np.where(np.arange(9) < [[9], [6]], stats.norm.pdf(x, [[0.3], [0.9]], 0.1), 0)
    _, rising = piecewise(record("interp_irregular", {}, xvals=x, yvals=np.where(y > 0, y, 0)))
    falling = x[:, ::-1].copy()
    falling[1] = [*x[1, 6::-1], filled, filled]
    heights = np.stack([y[0, ::-1], [*y[1, 6::-1], 0, 0]])
    good, density = piecewise(record("interp_irregular", {}, xvals=falling, yvals=heights))
    assert good.all()
    assert density.mean() == pytest.approx(rising.mean())
    assert density.cdf(0.77) == pytest.approx(rising.cdf(0.77))
    bins = piecewise(record(foreign.OWN_HIST, {}, bins=falling, pdfs=heights[:, 1:]))[1]
    assert bins.cdf(x[1, 1])[1] == pytest.approx(y[1, 0] / y[1, :6].sum())


def test_padding_is_at_the_end_and_empty():
    x = np.array([[0.1, np.nan, 0.3, 0.4], [0.1, 0.2, 0.3, 0.2], [0.1, np.nan, np.nan, np.nan], [0.1, 0.2, 0.3, 0.4]])
    y = np.array([[1, 0, 1, 1], [1, 1, 1, 1], [1, 0, 0, 0], [1, 1, 1, np.nan]])
    good, _ = piecewise(record("interp_irregular", {}, xvals=x, yvals=y))
    assert good.tolist() == [False, False, False, False]


@pytest.mark.parametrize("filled", [(np.nan, np.nan), (0.0, 1.0), (0.0, 0.0)])
def test_components_of_weight_nan_at_the_end_fill_a_row(filled):
    means, stds = [[0.5, filled[0]], [0.5, 0.7]], [[0.1, filled[1]], [0.1, 0.1]]
    good, density = piecewise(record("mixmod", {}, means=means, stds=stds, weights=[[1.0, np.nan], [np.nan, 1.0]]))
    assert good.tolist() == [True, False]
    assert density.log_score(np.array([0.6])) == pytest.approx(-stats.norm.logpdf(0.6, 0.5, 0.1))


def test_a_truth_far_in_the_tail_has_its_log_score():
    _, density = piecewise(normal([0.5], [0.01]))
    assert density.log_score(np.array([1.5])) == pytest.approx(-stats.norm.logpdf(1.5, 0.5, 0.01))


def test_mass_below_0_counts():
    _, density = piecewise(normal([0.05], [0.1]))
    assert density.mean() == pytest.approx(0.05)
    assert density.cdf(0.0) == pytest.approx(stats.norm.cdf(-0.5), abs=1e-7)


@pytest.mark.parametrize(
    ("kind", "shapes"),
    [
        ("cauchy", ()),
        ("laplace", ()),
        ("uniform", ()),
        ("expon", ()),
        ("t", (3.0,)),
        ("weibull_min", (0.7,)),
        ("johnsonsu", (1.0, 2.0)),
    ],
)
def test_distributions_of_scipy(kind, shapes):
    distribution = getattr(stats, kind)
    names = [name.strip() for name in (distribution.shapes or "").split(",") if name]
    data = {"loc": [[0.5]], "scale": [[0.2]], **{name: [[value]] for name, value in zip(names, shapes, strict=True)}}
    good, density = piecewise(record(kind, {}, **data))
    frozen = distribution(*shapes, loc=0.5, scale=0.2)
    assert good.all()
    for q in (1e-6, 0.01, 0.2, 0.5, 0.7, 0.99):
        z = frozen.ppf(q)
        assert density.cdf(z)[0] == pytest.approx(q, abs=2e-4)
        assert density.log_score(np.array([z]))[0] == pytest.approx(-frozen.logpdf(z))


def test_a_spline_is_integrated_with_its_swings_below_0_as_0():
    from scipy.interpolate import splrep

    x = np.linspace(0, 1, 31)
    y = stats.norm.pdf(x, 0.5, 0.02)
    t, c, k = splrep(x, y)
    data = {"splx": t[None], "sply": c[None], "spln": [[k]]}
    good, density = piecewise(record("spline", {}, **data))
    assert good.all()
    assert density.mean() == pytest.approx(0.5)
    assert density.pdf(np.array([[0.3, 0.5, 0.7]])).min() >= 0
    assert density.std() == pytest.approx(0.02, rel=0.1)


BAD = {
    "nan": np.array([0.1, np.nan, 0.2, 0.1]),
    "infinite": np.array([0.1, np.inf, 0.2, 0.1]),
    "negative": np.array([0.5, 0.5, -0.1, 0.5]),
    "zero": np.zeros(4),
}


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("make", [interp, hist])
def test_rows_that_are_no_density(bad, make):
    heights = np.full((5, 4), 0.7)
    heights[3] = BAD[bad]
    good, density = piecewise(make(heights, X[:4] if make is interp else X))
    assert good.tolist() == [True, True, True, False, True]
    assert len(density) == 4


@pytest.mark.parametrize(
    "bad",
    [
        record("norm", {}, loc=[[0.5], [np.nan]], scale=[[0.1], [0.1]]),
        record("norm", {}, loc=[[0.5], [0.5]], scale=[[0.1], [0.0]]),
        record("norm", {}, loc=[[0.5], [0.5]], scale=[[0.1], [-1.0]]),
        record("mixmod", {}, means=[[0.5], [0.5]], stds=[[0.1], [np.inf]], weights=[[1.0], [1.0]]),
        record("mixmod", {}, means=[[0.5], [0.5]], stds=[[0.1], [0.1]], weights=[[1.0], [0.0]]),
        record("gamma", {}, a=[[2.0], [-2.0]], scale=[[0.1], [0.1]]),
        record("quant", {"quants": np.array([0.0, 0.5, 1.0])}, locs=[[0.1, 0.2, 0.3], [0.2, 0.2, 0.2]]),
        record("quant", {"quants": np.array([0.1, 0.5, 0.9])}, locs=[[0.1, 0.2, 0.3], [0.2, 0.2, 0.2]]),
        record("quant", {"quants": np.array([0.0, 0.5, 1.0])}, locs=[[0.1, 0.2, 0.3], [0.3, 0.2, 0.4]]),
        record("interp_irregular", {}, xvals=[[0.0, 1.0], [1.0, 0.0]], yvals=[[1.0, 1.0], [1.0, 1.0]]),
    ],
)
def test_numbers_that_are_no_density(bad):
    good, density = piecewise(bad)
    assert good.tolist() == [True, False]
    assert len(density) == 1


def test_rounding_below_0_is_0():
    good, density = piecewise(interp(np.array([[0.0, -1e-12, 1, 0, 0]])))
    assert good.all()
    assert density.mode() == pytest.approx(1.0)


def test_what_stands_once_is_of_all():
    good, density = piecewise(record("norm", {}, loc=[[0.5], [0.7]], scale=[[0.1]]))
    assert good.all()
    assert density.std() == pytest.approx([0.1, 0.1])


def test_a_parameterisation_that_only_qp_knows(monkeypatch):
    pytest.importorskip("qp")
    rng = np.random.default_rng(0)
    x = np.linspace(0, 2, 201)
    heights = stats.norm.pdf(x, rng.uniform(0.5, 1.5, (7, 1)), 0.1)
    meta = {"pdf_name": np.array([b"interp"]), "pdf_version": np.array([0]), "xvals": x[None]}
    ours = piecewise(record("interp", meta, yvals=heights))[1]
    monkeypatch.delitem(foreign.KINDS, "interp")
    good, theirs = piecewise(record("interp", meta, yvals=heights))
    assert good.all()
    assert theirs.edges.shape[0] == 7
    z = np.full(7, 1.0)
    assert theirs.crps(z) == pytest.approx(ours.crps(z), abs=1e-4)


def test_a_parameterisation_that_nobody_knows():
    pytest.importorskip("qp")
    meta = {"pdf_name": np.array([b"spirals"]), "pdf_version": np.array([0])}
    with pytest.raises(InputError, match="not an ensemble that this qp can read"):
        piecewise(record("spirals", meta, arms=np.zeros((3, 2))))


def test_without_qp_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "qp", None)
    with pytest.raises(InputError, match=r"slipher\[qp\]"):
        piecewise(record("spirals", {}, arms=np.zeros((3, 2))))
    good, _ = piecewise(normal([0.5], [0.1]))
    assert good.all()


ARRAYS = (
    hnp.arrays(
        st.sampled_from([np.float64, np.float32, np.int64, np.bool_]),
        hnp.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=5),
        elements=st.integers(0, 1),
    )
    | hnp.arrays(
        np.float64, hnp.array_shapes(min_dims=1, max_dims=2, min_side=1, max_side=6), elements=st.floats(width=64)
    )
    | st.just(np.array(["a", "b"]))
)
NAMES = {
    "hist": (("bins",), ("pdfs",)),
    foreign.OWN_HIST: ((), ("bins", "pdfs")),
    "interp": (("xvals",), ("yvals",)),
    "interp_irregular": ((), ("xvals", "yvals")),
    "packed_interp": (("xvals", "packing_type", "log_floor"), ("ypacked", "ymax")),
    "sparse": (("xvals", "mu", "sig", "dims"), ("sparse_indices",)),
    "quant": (("quants",), ("locs",)),
    "mixmod": ((), ("means", "stds", "weights")),
    "norm": ((), ("loc", "scale")),
    "spline": ((), ("splx", "sply", "spln")),
    "gamma": ((), ("a", "loc", "scale")),
}


@settings(max_examples=150, deadline=None)
@given(kind=st.sampled_from(list(NAMES)), draw=st.data())
def test_whatever_the_numbers_densities_or_one_sentence(kind, draw):
    meta, data = NAMES[kind]
    given_meta = {name: draw.draw(ARRAYS) for name in meta if draw.draw(st.integers(0, 9))}
    given_data = {name: draw.draw(ARRAYS) for name in data if draw.draw(st.integers(0, 9))}
    lengths = {len(values) for values in given_data.values()}
    given_data = {name: values[: min(lengths)] for name, values in given_data.items()}
    said = "d.hdf5"
    try:
        good, density = piecewise(Record("d.hdf5", kind, given_meta, given_data))
        assert len(density) == good.sum()
        assert np.isfinite(density.cdf(0.5)).all()
    except InputError as error:
        said = str(error)
    assert "d.hdf5" in said


def test_every_kind_is_fuzzed():
    assert set(KINDS) <= set(NAMES)


def test_the_only_row_may_be_no_density():
    own = record("interp_irregular", {}, xvals=[[0.0, np.inf]], yvals=[[1.0, 1.0]])
    for bad in (own, interp(np.full((1, 5), np.nan)), normal([np.nan], [0.1])):
        good, density = piecewise(bad)
        assert good.tolist() == [False]
        assert len(density.cdf(0.5)) == 0
