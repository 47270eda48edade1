"""How one neuron learns: Hebb, Oja, spike timing, the perceptron, and how much it can hold.

Axis letters: p patterns, one a row, in the order in which the neuron meets them; d inputs of the neuron, each
with its weight. A label is 1 or -1. Networks with hidden units are in `backpropagation`.
"""

import math
from collections.abc import Callable

import numpy as np
from jaxtyping import Float, Int

from attend._arguments import check_floats, check_positive, check_shapes, check_whole

Array = np.ndarray


# ---------------------------------------------------------------- no teacher: correlations


def hebb(
    weights: Float[Array, " d"], inputs: Float[Array, "p d"], rate: float | int
) -> Float[Array, "p+1 d"]:
    r"""Strengthen each weight by the product of its input and the output, pattern after pattern.

    $\Delta\mathbf{w} = \eta\, y\, \mathbf{x}$ with $y = \mathbf{w} \cdot \mathbf{x}$. Returns the weights
    before the first pattern and after each. Nothing holds them back: they grow without bound. Hebb (1949)
    gives the rule in words; this is its usual form for rates. Raises TypeError or ValueError for arrays that
    do not fit or a rate that is not above zero, and OverflowError when the weights outgrow floating point.
    """
    return _follow(weights, inputs, rate, lambda w, x: (w @ x) * x)


def oja(weights: Float[Array, " d"], inputs: Float[Array, "p d"], rate: float | int) -> Float[Array, "p+1 d"]:
    r"""Strengthen as `hebb` does, and let every weight decay with the square of the output.

    $\Delta\mathbf{w} = \eta\, y\, (\mathbf{x} - y\,\mathbf{w})$: to first order in the rate, Hebb's rule
    followed by scaling the weights to length one. For inputs of mean zero the weights turn to the first
    principal component. Oja (1982). Raises as `hebb`; a rate that is too large makes these weights grow too.
    """
    return _follow(weights, inputs, rate, lambda w, x: (w @ x) * (x - (w @ x) * w))


def _follow(
    weights: Array, inputs: Array, rate: float | int, change: Callable[[Array, Array], Array]
) -> Array:
    """Give the path of the weights under a rule for their change at one pattern."""
    check_floats(weights=weights, inputs=inputs)
    check_shapes(inputs=(inputs, "p d"), weights=(weights, "d"))
    check_positive("rate", rate)
    path = np.empty((len(inputs) + 1, len(weights)), dtype=np.result_type(weights, inputs))
    path[0] = weights
    with np.errstate(over="ignore", invalid="ignore"):  # said below, in words
        for step, x in enumerate(inputs):
            path[step + 1] = path[step] + rate * change(path[step], x)
    if not np.isfinite(path[-1]).all():
        pattern = int(np.isfinite(path).all(axis=1).sum())  # the start is finite, and stands first
        raise OverflowError(
            f"rate: {rate} makes the weights overflow at pattern {pattern}; choose a lower rate"
        )
    return path


# ---------------------------------------------------------------- no teacher: spike timing


def stdp(
    delay: Float[Array, "..."],
    potentiation: float | int = 1.0,
    depression: float | int = 1.05,
    potentiation_time: float | int = 20.0,
    depression_time: float | int = 20.0,
) -> Float[Array, "..."]:
    r"""Say how a pair of spikes changes a synapse, given how long after the input's spike the neuron's came.

    With $\Delta t = t_{post} - t_{pre}$ in milliseconds: $A_+ e^{-\Delta t/\tau_+}$ when the input came first
    ($\Delta t > 0$), $-A_- e^{\Delta t/\tau_-}$ when it came too late, and 0 for a tie. Amplitudes are in any
    unit of weight; the defaults have the ratio and the time constants of Song, Miller & Abbott (2000), who
    write the delay with the opposite sign. Raises TypeError or ValueError for delays that are not finite
    floating point numbers, or an amplitude or a time that is not above zero.
    """
    check_floats(delay=delay)
    check_positive("potentiation", potentiation)
    check_positive("depression", depression)
    check_positive("potentiation_time", potentiation_time)
    check_positive("depression_time", depression_time)
    distance = np.abs(delay)
    gain = potentiation * np.exp(-distance / potentiation_time)
    loss = -depression * np.exp(-distance / depression_time)
    return np.where(delay > 0, gain, np.where(delay < 0, loss, 0.0)).astype(delay.dtype)


# ---------------------------------------------------------------- a teacher: the perceptron


def perceptron(
    inputs: Float[Array, "p d"], labels: Float[Array, " p"], max_epochs: int = 100
) -> tuple[Float[Array, " d"], Int[Array, " epochs"]]:
    r"""Learn from mistakes alone: whenever a label comes out wrong, add label times input to the weights.

    $\Delta\mathbf{w} = t\,\mathbf{x}$ if $t\,(\mathbf{w} \cdot \mathbf{x}) \le 0$, from weights of zero.
    Returns (weights, mistakes in each pass through the patterns) and stops after a pass without a mistake, or
    after `max_epochs`. For a threshold, give the patterns an input that is always one. If weights of length
    one exist with $t\,(\mathbf{w} \cdot \mathbf{x}) \ge \gamma$ for every pattern, and no pattern is longer
    than R, there are at most $(R/\gamma)^2$ mistakes (Novikoff 1962); if no weights fit, it never settles.
    Rosenblatt (1958), in today's form. Raises TypeError or ValueError for arrays that do not fit, or labels
    other than 1 and -1.
    """
    _check_patterns(inputs, labels)
    check_whole("max_epochs", max_epochs)
    weights, mistakes = np.zeros(inputs.shape[1], dtype=inputs.dtype), []
    for _ in range(max_epochs):
        mistakes.append(0)
        for x, label in zip(inputs, labels, strict=True):
            if label * (weights @ x) <= 0:
                weights = weights + label * x
                mistakes[-1] += 1
        if mistakes[-1] == 0:
            break
    return weights, np.array(mistakes)


def _check_patterns(inputs: object, labels: object) -> None:
    """Patterns in rows, and for each a label that is 1 or -1."""
    check_floats(inputs=inputs, labels=labels)
    check_shapes(inputs=(inputs, "p d"), labels=(labels, "p"))
    if not (np.abs(labels) == 1).all():
        wrong = int(np.argmax(np.abs(labels) != 1))
        raise ValueError(f"labels: expected 1 or -1, received {labels[wrong]} at index {wrong}")


# ---------------------------------------------------------------- how much one neuron can hold


def separable_count(num_patterns: int, num_inputs: int) -> int:
    r"""Count the labellings of P patterns that one neuron with N weights, and no threshold, can produce.

    $C(P, N) = 2 \sum_{k=0}^{N-1} \binom{P-1}{k}$ of the $2^P$ labellings, for any patterns in general
    position: no N of them, nor fewer, are linearly dependent. Cover (1965), theorem 1. Raises TypeError or
    ValueError unless both are positive whole numbers.
    """
    check_whole("num_patterns", num_patterns)
    check_whole("num_inputs", num_inputs)
    num_patterns, num_inputs = int(num_patterns), int(num_inputs)  # NumPy's integers would overflow
    return 2 * sum(math.comb(num_patterns - 1, k) for k in range(num_inputs))


def separable_share(num_patterns: int, num_inputs: int) -> float:
    """Give the probability that a labelling by fair coins can be produced: `separable_count` over all.

    Exactly one half at twice as many patterns as inputs, which Cover (1965) calls the capacity. Raises as
    `separable_count`.
    """
    return separable_count(num_patterns, num_inputs) / 2 ** int(num_patterns)


def separate(
    inputs: Float[Array, "p d"], labels: Float[Array, " p"], tolerance: float = 1e-9
) -> tuple[bool, Float[Array, "..."]]:
    r"""Decide whether one neuron without threshold can produce the labels, and prove the answer.

    Returns (True, weights) or (False, shares). The weights, of shape d and length one, have
    $t\,(\mathbf{w} \cdot \mathbf{x}) > 0$ for every pattern. The shares, of shape p, are not negative, sum
    to one, and blend the $t\,\mathbf{x}$, each scaled to length one, into nothing. One of the two always
    exists and never both (Gordan 1873): where all $t\,(\mathbf{w} \cdot \mathbf{x})$ are positive, so is
    $\mathbf{w}$ times any blend, which then cannot be nothing.

    Both come from one least-squares problem, solved in finitely many steps: the blend, by shares that are not
    negative, that is nearest to nothing while the shares sum to one. If it gets there, the shares are the
    proof; if not, the blend itself points to the weights. A gap narrower than `tolerance` counts as none.
    Raises ArithmeticError when rounding spoils both proofs, so that an answer is never a guess, and TypeError
    or ValueError as `perceptron`.
    """
    _check_patterns(inputs, labels)
    check_positive("tolerance", tolerance)
    length = np.linalg.norm(inputs, axis=1, keepdims=True)
    signed = labels[:, None] * inputs / np.where(length > 0, length, 1.0)  # (p, d)
    shares = _nearest_blend(signed)
    blend = shares @ signed  # (d,)
    weights = blend / max(np.linalg.norm(blend), np.finfo(float).tiny)
    if (signed @ weights).min() > tolerance:
        return True, weights
    if np.linalg.norm(blend) <= tolerance * shares.sum():
        return False, shares / shares.sum()
    raise ArithmeticError("inputs: too close to call, neither answer could be proved")


def _nearest_blend(signed: Float[Array, "p d"]) -> Float[Array, " p"]:
    """Find shares, none negative, whose (blend, sum) is nearest to (0, 1): Lawson & Hanson (1974), ch. 23."""
    system = np.vstack([signed.T, np.ones(len(signed))])  # (d + 1, p)
    wanted = np.append(np.zeros(signed.shape[1]), 1.0)
    shares, used = np.zeros(len(signed)), np.zeros(len(signed), dtype=bool)
    for _ in range(100 * len(signed)):  # it ends by itself; rounding must not make it run for ever
        pull = system.T @ (wanted - system @ shares)  # (p,): which share would bring us closer
        pull[used] = -np.inf
        if pull.max() <= 1e-13:
            break
        used[pull.argmax()] = True
        while True:
            best = np.zeros_like(shares)
            best[used] = np.linalg.lstsq(system[:, used], wanted)[0]
            falling = used & (best <= 0)
            if not falling.any():
                break
            # Walk towards the best shares until the first would turn negative; that pattern drops out.
            step = (shares[falling] / (shares[falling] - best[falling])).min()
            shares = shares + step * (best - shares)
            used &= shares > 1e-15
            shares[~used] = 0.0
        shares = best
    return shares
