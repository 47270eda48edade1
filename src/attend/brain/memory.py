"""Associative memory in NumPy: Hopfield networks from 1982 to 2020, which give a whole pattern for a part.

Axis letters: k stored patterns, d neurons (the entries of a pattern). `...` stands for any batch axes. A
state is what the neurons hold now: the query, where the patterns are both keys and values. The patterns of
the first two networks hold -1 and 1; a state may also hold 0, for what is not known.
"""

from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Float, Int

from attend._arguments import check_floats, check_positive, check_shapes, check_whole

Array = np.ndarray
Order = Int[Array, " order"] | Sequence[int] | None
Energy = Float[Array, "*batch"] | np.floating  # one number a state


def overlap(state: Float[Array, "*batch d"], patterns: Float[Array, "k d"]) -> Float[Array, "*batch k"]:
    r"""Say how alike a state and each pattern are: $m_j = \sum_i \xi_{ji} x_i / d$.

    1 for the pattern itself, -1 for its negative, about $\pm 1/\sqrt{d}$ for a random one. Raises TypeError
    or ValueError unless both are finite floating point arrays with the same d.
    """
    check_floats(state=state, patterns=patterns)
    check_shapes(state=(state, "... d"), patterns=(patterns, "k d"))
    return state @ patterns.T / patterns.shape[-1]  # (..., k)


# ---------------------------------------------------------------- Hopfield (1982)


def hopfield_weights(patterns: Float[Array, "k d"]) -> Float[Array, "d d"]:
    r"""Store patterns by Hebb's rule: $W_{ij} = \sum_k \xi_{ki}\xi_{kj}$ for $i \neq j$, and $W_{ii} = 0$.

    Hopfield (1982), there for neurons of 0 and 1; many later texts divide by d. The weights are whole
    numbers, so that no sum is rounded. Raises TypeError or ValueError for patterns that hold anything but -1
    and 1.
    """
    _check_signs(patterns)
    weights = patterns.T @ patterns  # (d, d)
    np.fill_diagonal(weights, 0.0)
    return weights


def hopfield_energy(state: Float[Array, "*batch d"], weights: Float[Array, "d d"]) -> Energy:
    r"""Say how little the state agrees with the weights: $E = -\frac{1}{2} \sum_{ij} W_{ij} x_i x_j$.

    No asynchronous update raises it, as long as the weights are symmetric with a diagonal of zeros. Hopfield
    (1982). Raises TypeError or ValueError for arrays that do not fit.
    """
    check_floats(state=state, weights=weights)
    check_shapes(state=(state, "... d"), weights=(weights, "d d"))
    return -0.5 * ((state @ weights) * state).sum(axis=-1)


def hopfield_sweep(
    state: Float[Array, "*batch d"], weights: Float[Array, "d d"], order: Order = None
) -> Float[Array, "*batch d"]:
    r"""Let one neuron after the other take the sign of its input, seeing what those before it have become.

    $x_i \leftarrow \mathrm{sign} \sum_j W_{ij} x_j$, the asynchronous update of Hopfield (1982); where the
    sum is zero, the neuron stays as it is. `order` lists the neurons, from first to last if left out; it may
    name only some of them. Raises TypeError or ValueError for arrays that do not fit.
    """
    check_floats(state=state, weights=weights)
    check_shapes(state=(state, "... d"), weights=(weights, "d d"))
    state = state.copy()
    for i in _neurons(order, state.shape[-1]):
        field = state @ weights[i]  # (...)
        state[..., i] = np.where(field == 0, state[..., i], np.sign(field))
    return state


# ---------------------------------------------------------------- Krotov and Hopfield (2016)


def dense_energy(state: Float[Array, "*batch d"], patterns: Float[Array, "k d"], power: int) -> Energy:
    r"""Sum a steep function of the overlaps: $E = -\sum_k (\xi_k \cdot x)^p$, where p is the `power`.

    With p = 2 this is twice Hopfield's energy and a constant. Krotov and Hopfield (2016), section 2, with
    $F(z) = z^p$. Raises TypeError or ValueError for arrays that do not fit, or a power below 2.
    """
    _check_dense(state, patterns, power)
    return -((state @ patterns.T) ** power).sum(axis=-1)


def dense_sweep(
    state: Float[Array, "*batch d"], patterns: Float[Array, "k d"], power: int, order: Order = None
) -> Float[Array, "*batch d"]:
    r"""Let every neuron in turn take the sign that gives the lower energy.

    $x_i \leftarrow \mathrm{sign} \sum_k [(c_k + \xi_{ki})^p - (c_k - \xi_{ki})^p]$ with $c_k = \sum_{j \neq
    i} \xi_{kj} x_j$: Krotov and Hopfield (2016), section 2, with $F(z) = z^p$. A tie leaves the neuron as it
    is. `order` as in `hopfield_sweep`. Raises TypeError or ValueError as `dense_energy`.
    """
    _check_dense(state, patterns, power)
    state = state.copy()
    products = state @ patterns.T  # (..., k), kept up to date as neurons change
    for i in _neurons(order, state.shape[-1]):
        others = products - state[..., i, None] * patterns[:, i]  # (..., k), without neuron i
        gain = ((others + patterns[:, i]) ** power - (others - patterns[:, i]) ** power).sum(axis=-1)
        state[..., i] = np.where(gain == 0, state[..., i], np.sign(gain))
        products = others + state[..., i, None] * patterns[:, i]
    return state


def settle(
    sweep: Callable[[Float[Array, "*batch d"]], Float[Array, "*batch d"]],
    state: Float[Array, "*batch d"],
    most_sweeps: int = 100,
) -> Float[Array, "*batch d"]:
    """Sweep until no neuron changes any more, but no more than `most_sweeps` times.

    For example `settle(lambda x: hopfield_sweep(x, weights), cue)`. Raises TypeError or ValueError for a
    number of sweeps that is not whole and positive.
    """
    check_whole("most_sweeps", most_sweeps)
    for _ in range(most_sweeps):
        before, state = state, sweep(state)
        if np.array_equal(before, state):
            break
    return state


# ---------------------------------------------------------------- Ramsauer et al. (2020)


def modern_update(
    state: Float[Array, "*batch d"], patterns: Float[Array, "k d"], beta: float | int
) -> tuple[Float[Array, "*batch d"], Float[Array, "*batch k"]]:
    r"""Replace the state by a blend of the patterns, weighted by their fit. Returns (state, weights).

    $x \leftarrow \sum_k w_k \xi_k$ with $w = \mathrm{softmax}_k(\beta\,\xi_k \cdot x)$: Ramsauer et al.
    (2020). A high $\beta$ takes the best pattern, a low one averages them all; $\beta = 1/\sqrt{d}$ is
    scaled dot-product attention. Patterns may hold any real numbers. Raises TypeError or ValueError for
    arrays that do not fit, or a `beta` that is not above zero.
    """
    scores = _scores(state, patterns, beta)
    weights = np.exp(scores - _log_sum_exp(scores)[..., None])  # (..., k)
    return weights @ patterns, weights


def modern_energy(
    state: Float[Array, "*batch d"], patterns: Float[Array, "k d"], beta: float | int
) -> Energy:
    r"""Say how badly the state fits the patterns; no `modern_update` raises it.

    $E = -\beta^{-1}\ln\sum_k\exp(\beta\,\xi_k \cdot x) + \frac12 x \cdot x + \beta^{-1}\ln K + \frac12 M^2$
    for K patterns, the longest of length M: Ramsauer et al. (2020). Raises as `modern_update`.
    """
    scores = _scores(state, patterns, beta)
    longest = (patterns**2).sum(axis=-1).max()
    constant = np.log(len(patterns)) / beta + 0.5 * longest
    return -_log_sum_exp(scores) / beta + 0.5 * (state**2).sum(axis=-1) + constant


def _scores(
    state: Float[Array, "*batch d"], patterns: Float[Array, "k d"], beta: float | int
) -> Float[Array, "*batch k"]:
    check_floats(state=state, patterns=patterns)
    check_shapes(state=(state, "... d"), patterns=(patterns, "k d"))
    check_positive("beta", beta)
    return beta * (state @ patterns.T)


def _log_sum_exp(scores: Float[Array, "*batch k"]) -> Float[Array, "*batch"]:
    """Take the logarithm of the sum of exponentials, starting from the largest so that nothing overflows."""
    peak = scores.max(axis=-1, keepdims=True)  # (..., 1)
    return (peak + np.log(np.exp(scores - peak).sum(axis=-1, keepdims=True)))[..., 0]


# ---------------------------------------------------------------- arguments


def _neurons(order: Order, d: int) -> Int[Array, " order"]:
    """The neurons in the order given, by default from first to last."""
    neurons = np.arange(d) if order is None else np.asarray(order)
    if not np.issubdtype(neurons.dtype, np.integer) or neurons.min() < 0 or neurons.max() >= d:
        raise ValueError(f"order: expected whole numbers from 0 to {d - 1}, received {neurons.tolist()}")
    return neurons


def _check_signs(patterns: object) -> None:
    check_floats(patterns=patterns)
    check_shapes(patterns=(patterns, "k d"))
    if not np.isin(patterns, (-1, 1)).all():
        other = patterns[~np.isin(patterns, (-1, 1))][0]
        raise ValueError(f"patterns: expected entries of -1 and 1, received {other:g}")


def _check_dense(state: object, patterns: object, power: object) -> None:
    check_floats(state=state)
    _check_signs(patterns)
    check_shapes(state=(state, "... d"), patterns=(patterns, "k d"))
    check_whole("power", power, at_least=2)
