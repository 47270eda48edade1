"""Scaling laws: known exponents come back from made-up losses, and no other plan is better."""

from functools import partial

import numpy as np
import pytest

from attend.analysis.scaling import (
    LossSurface,
    PowerLaw,
    bootstrap,
    compute_optimal,
    fit_power_law,
    fit_surface,
)

HOFFMANN = LossSurface(1.69, 406.4, 0.34, 410.7, 0.28)
X = np.geomspace(1e3, 1e6, 7)
N, D = (grid.ravel() for grid in np.meshgrid(np.geomspace(1e7, 1e10, 5), np.geomspace(1e9, 1e12, 5)))


@pytest.mark.parametrize(
    "law", [PowerLaw(1.5, 20.0, 0.3), PowerLaw(0.2, 3.0, 0.05), PowerLaw(2.0, 900.0, 1.2)]
)
def test_a_law_with_a_floor_comes_back(law):
    np.testing.assert_allclose(fit_power_law(X, law(X)), law, rtol=1e-4)


def test_a_law_without_a_floor_comes_back_and_is_the_line_through_the_logarithms():
    law = PowerLaw(0.0, 7.0, 0.09)
    found = fit_power_law(X, law(X), floor=False)
    np.testing.assert_allclose(found, law, rtol=1e-6)
    slope = np.polyfit(np.log(X), np.log(law(X)), 1)[0]
    np.testing.assert_allclose(found.exponent, -slope, rtol=1e-6)


def test_the_floor_is_never_below_zero():
    bent_down = 5 - 0.3 * np.log(X)  # falls faster than any power law with a floor
    assert fit_power_law(X, bent_down).floor == 0


def test_no_neighbour_fits_better():
    rng = np.random.default_rng(0)
    loss = PowerLaw(1.5, 20.0, 0.3)(X) + rng.normal(0, 0.01, 7)
    best = fit_power_law(X, loss)
    error = ((best(X) - loss) ** 2).sum()
    for field in PowerLaw._fields:
        for factor in (0.999, 1.001):
            other = best._replace(**{field: getattr(best, field) * factor})
            assert ((other(X) - loss) ** 2).sum() > error


def test_the_unit_of_x_changes_the_scale_alone():
    rng = np.random.default_rng(1)
    loss = PowerLaw(1.5, 20.0, 0.3)(X) + rng.normal(0, 0.01, 7)
    one, thousand = fit_power_law(X, loss), fit_power_law(X / 1000, loss)
    np.testing.assert_allclose(thousand.exponent, one.exponent, rtol=1e-6)
    np.testing.assert_allclose(thousand.scale * 1000**one.exponent, one.scale, rtol=1e-5)


def test_the_surface_comes_back():
    np.testing.assert_allclose(fit_surface(N, D, HOFFMANN(N, D)), HOFFMANN, rtol=1e-3)


def test_the_two_sides_of_the_surface_are_not_mixed_up():
    lopsided = LossSurface(1.0, 50.0, 0.2, 9000.0, 0.5)
    np.testing.assert_allclose(fit_surface(N, D, lopsided(N, D)), lopsided, rtol=1e-3)


def test_the_plan_uses_the_compute_and_no_other_split_is_better():
    flops = 5.76e23
    parameters, tokens = compute_optimal(HOFFMANN, flops)
    np.testing.assert_allclose(6 * parameters * tokens, flops)
    others = parameters * np.geomspace(0.01, 100, 2001)
    best = others[HOFFMANN(others, flops / 6 / others).argmin()]
    np.testing.assert_allclose(best, parameters, rtol=0.01)


def test_the_plan_grows_with_the_power_that_the_exponents_give():
    small, large = (compute_optimal(HOFFMANN, flops)[0] for flops in (1e20, 1e22))
    np.testing.assert_allclose(np.log(large / small) / np.log(100), 0.28 / (0.34 + 0.28))


def test_bootstrap_draws_within_a_setting_and_repeats():
    runs = np.array([[1.0, 10.0], [2.0, 20.0], [3.0, 30.0]])
    seen = []
    fits = bootstrap(lambda loss: seen.append(loss) or PowerLaw(*loss, 0.0), runs, samples=300, seed=5)
    means = np.array(seen)
    assert len(fits) == 300
    assert 1 <= means[:, 0].min() < 1.5 < 2.5 < means[:, 0].max() <= 3
    assert 10 <= means[:, 1].min() < 15 < 25 < means[:, 1].max() <= 30
    assert abs(np.corrcoef(means.T)[0, 1]) < 0.2  # each setting draws on its own
    again = bootstrap(lambda loss: PowerLaw(*loss, 0.0), runs, samples=300, seed=5)
    assert fits == again


def test_runs_that_agree_leave_no_spread():
    runs = np.tile(PowerLaw(1.5, 20.0, 0.3)(X), (3, 1))
    first, second = bootstrap(partial(fit_power_law, X), runs, samples=2)
    assert first == second


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: fit_power_law(X[:2], X[:2]), "x: expected at least 3 different values, received 2"),
        (
            lambda: fit_power_law(X[:1], X[:1], floor=False),
            "x: expected at least 2 different values, received 1",
        ),
        (lambda: fit_power_law(X - X[0], X), "x: expected numbers above zero, received 0.0"),
        (
            lambda: fit_surface(N, np.full(25, 1e9), N),
            "tokens: expected at least 3 different values, received 1",
        ),
        (lambda: compute_optimal(HOFFMANN, 0.0), "flops: expected"),
        (lambda: compute_optimal(HOFFMANN._replace(data_scale=0.0), 1e20), "surface.data_scale: expected"),
        (lambda: bootstrap(max, np.ones((3, 2)), samples=0), "samples: expected"),
    ],
)
def test_errors_name_the_argument(call, message):
    with pytest.raises(ValueError, match=message):
        call()
