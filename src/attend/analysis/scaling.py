"""Scaling laws: how a loss falls with parameters and data, fitted, bootstrapped and turned into a plan.

N counts parameters, D tokens of training data, L is a loss in nats. Given the exponents, a power law with a
floor is linear in its other numbers, so that a fit is a search over exponents with a small least-squares
problem at each: variable projection, Golub and Pereyra (1973).
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from attend._arguments import check_floats, check_positive, check_shapes, check_whole

Array = np.ndarray

_STEPS, _ZOOMS = 21, 10  # exponents tried on an axis, and how often the search narrows around the best
_RANGE = 0.01, 2.0  # of exponents


class PowerLaw(NamedTuple):
    """L(x) = floor + scale · x^(-exponent), called with x."""

    floor: float
    scale: float
    exponent: float

    def __call__(self, x: float | Float[Array, "..."]) -> float | Float[Array, "..."]:
        """Give the loss at x."""
        return self.floor + self.scale * x**-self.exponent


class LossSurface(NamedTuple):
    """L(N, D) = E + A / N^α + B / D^β, called with N and D. Hoffmann et al. (2022), equation 2."""

    floor: float
    parameter_scale: float
    parameter_exponent: float
    data_scale: float
    data_exponent: float

    def __call__(
        self, parameters: float | Float[Array, "..."], tokens: float | Float[Array, "..."]
    ) -> float | Float[Array, "..."]:
        """Give the loss of N parameters trained on D tokens."""
        by_parameters = self.parameter_scale * parameters**-self.parameter_exponent
        return self.floor + by_parameters + self.data_scale * tokens**-self.data_exponent


Law = PowerLaw | LossSurface


def fit_power_law(x: Float[Array, " n"], loss: Float[Array, " n"], *, floor: bool = True) -> PowerLaw:
    """Fit a power law by least squares in the loss, with a floor that is not below zero or without one.

    Exponents between 0.01 and 2 are searched. Raises TypeError or ValueError for what is no row of positive
    numbers, or for fewer different x than there are numbers to fit.
    """
    check_shapes(x=(x, "n"), loss=(loss, "n"))
    _check_enough(2 + floor, x=x)
    _check_positive_numbers(x=x, loss=loss)
    middle = _middle(x)

    def columns(exponents: Float[Array, "t 1"]) -> Float[Array, "t n c"]:
        power = (x / middle) ** -exponents  # (t, n)
        return np.stack([np.ones_like(power), power], axis=-1) if floor else power[..., None]

    (exponent,), numbers = _project(columns, loss, axes=1)
    lowest, scale = numbers if floor else (0.0, numbers[0])
    return PowerLaw(float(lowest), float(scale * middle**exponent), float(exponent))


def fit_surface(
    parameters: Float[Array, " n"], tokens: Float[Array, " n"], loss: Float[Array, " n"]
) -> LossSurface:
    """Fit E, A, α, B and β to the losses of n runs by least squares, none of them below zero.

    Hoffmann et al. (2022) fit the same form to logarithms with a Huber loss. Raises as `fit_power_law`; each
    of N and D must take at least three different values.
    """
    check_shapes(parameters=(parameters, "n"), tokens=(tokens, "n"), loss=(loss, "n"))
    _check_enough(3, parameters=parameters, tokens=tokens)
    _check_positive_numbers(parameters=parameters, tokens=tokens, loss=loss)
    middles = _middle(parameters), _middle(tokens)

    def columns(exponents: Float[Array, "t 2"]) -> Float[Array, "t n 3"]:
        by_parameters = (parameters / middles[0]) ** -exponents[:, :1]  # (t, n)
        by_data = (tokens / middles[1]) ** -exponents[:, 1:]
        return np.stack([np.ones_like(by_data), by_parameters, by_data], axis=-1)

    (alpha, beta), (lowest, first, second) = _project(columns, loss, axes=2)
    first, second = first * middles[0] ** alpha, second * middles[1] ** beta
    return LossSurface(*map(float, (lowest, first, alpha, second, beta)))


def compute_optimal(surface: LossSurface, flops: float | int) -> tuple[float, float]:
    """Split compute C = 6ND so that the loss is lowest. Returns (N, D), both powers of C.

    Hoffmann et al. (2022), equation 4. Raises TypeError or ValueError unless `flops` is above zero and both
    terms of the surface fall.
    """
    check_positive("flops", flops)
    for name, value in surface._asdict().items():
        if name != "floor":
            check_positive(f"surface.{name}", value)
    _, a, alpha, b, beta = surface
    balance = (alpha * a / (beta * b)) ** (1 / (alpha + beta))
    parameters = balance * (flops / 6) ** (beta / (alpha + beta))
    return parameters, flops / 6 / parameters


def bootstrap(
    fit: Callable[[Float[Array, " n"]], Law],
    runs: Float[Array, "runs n"],
    *,
    samples: int = 200,
    seed: int = 0,
) -> list[Law]:
    """Fit again and again to the mean of runs drawn with replacement, anew for each of the n settings.

    The spread of the fits says what the seeds leave open, not whether the form is right. Efron (1979).
    """
    check_floats(runs=runs)
    check_shapes(runs=(runs, "runs n"))
    check_whole("samples", samples)
    rng = np.random.default_rng(seed)
    fits = []
    for _ in range(samples):
        drawn = rng.integers(len(runs), size=runs.shape)  # (runs, n)
        fits.append(fit(np.take_along_axis(runs, drawn, axis=0).mean(axis=0)))
    return fits


def _project(
    columns: Callable[[Float[Array, "t axes"]], Float[Array, "t n c"]], loss: Float[Array, " n"], axes: int
) -> tuple[Float[Array, " axes"], Float[Array, " c"]]:
    """Search the exponents on a grid of logarithms that narrows; the rest is least squares."""
    low, high = (np.full(axes, np.log(end)) for end in _RANGE)
    for _ in range(_ZOOMS):
        grid = np.meshgrid(*np.linspace(low, high, _STEPS, axis=-1), indexing="ij")
        tried = np.exp(np.stack(grid, axis=-1).reshape(-1, axes))  # (t, axes)
        numbers, errors = _least_squares(columns(tried), loss)
        best = errors.argmin()
        step = (high - low) / (_STEPS - 1)
        centre = np.log(tried[best])
        low = np.maximum(centre - 2 * step, np.log(_RANGE[0]))
        high = np.minimum(centre + 2 * step, np.log(_RANGE[1]))
    return tried[best], numbers[best]


def _least_squares(
    columns: Float[Array, "t n c"], loss: Float[Array, " n"]
) -> tuple[Float[Array, "t c"], Float[Array, " t"]]:
    """Solve t problems at once, no coefficient below zero: the best of all choices of which may be used."""
    transposed = columns.swapaxes(-1, -2)
    gram, moments = transposed @ columns, transposed @ loss  # (t, c, c), (t, c)
    count = columns.shape[-1]
    numbers = np.zeros((len(columns), count))
    errors = np.full(len(columns), np.inf)
    for choice in range(1, 2**count):
        used = [c for c in range(count) if choice >> c & 1]
        part = gram[:, used][:, :, used] + 1e-12 * np.eye(len(used))
        solved = np.linalg.solve(part, moments[:, used, None])[..., 0]  # (t, used)
        error = loss @ loss - (solved * moments[:, used]).sum(axis=-1)
        better = (solved >= 0).all(axis=-1) & (error < errors)
        errors[better] = error[better]
        numbers[better] = 0
        numbers[np.ix_(better, used)] = solved[better]
    return numbers, errors


def _middle(x: Float[Array, " n"]) -> float:
    """The geometric mean: powers of x are taken relative to it, so that they stay near one."""
    return float(np.exp(np.log(x).mean()))


def _check_enough(count: int, **rows: Array) -> None:
    for name, row in rows.items():
        if len(np.unique(row)) < count:
            raise ValueError(
                f"{name}: expected at least {count} different values, received {len(np.unique(row))}"
            )


def _check_positive_numbers(**rows: object) -> None:
    check_floats(**rows)
    for name, row in rows.items():
        if (row <= 0).any():
            raise ValueError(f"{name}: expected numbers above zero, received {row.min()}")
