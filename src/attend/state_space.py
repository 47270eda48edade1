r"""State-space models: a state of fixed size that every token changes and that every token reads.

Axis letters: n positions (steps in time), d numbers of the state, v features of a value. `...` stands for any
batch axes. With constants the same output comes out of a recurrence and of a convolution; with numbers that
depend on the token, out of a recurrence and of a masked product of queries and keys.
"""

import numpy as np
from jaxtyping import Float

from attend._arguments import check_floats, check_positive, check_shapes, check_whole

Array = np.ndarray


def discretize(
    rate: Float[Array, " d"], write: Float[Array, " d"], step: float | int
) -> tuple[Float[Array, " d"], Float[Array, " d"]]:
    r"""Turn $h'(t) = r \odot h(t) + b\, x(t)$ into steps, with the input held still for one step.

    Returns (decay, write): $e^{\Delta r}$ and $(e^{\Delta r} - 1)\, b / r$, for steps of length $\Delta$.
    Zero-order hold with one rate for each number of the state, as in Gu and Dao (2023), equation 4. Raises
    TypeError or ValueError for arrays that do not fit, a rate that is not below zero, or a step that is not
    above it.
    """
    check_floats(rate=rate, write=write)
    check_shapes(rate=(rate, "d"), write=(write, "d"))
    check_positive("step", step)
    if (rate >= 0).any():
        raise ValueError(f"rate: expected numbers below zero, so that the past fades, received {rate.max()}")
    decay = np.exp(step * rate)
    return decay, np.expm1(step * rate) / rate * write


def recurrence(
    signal: Float[Array, "*batch n"],
    decay: Float[Array, " d"],
    write: Float[Array, " d"],
    read: Float[Array, " d"],
) -> tuple[Float[Array, "*batch n"], Float[Array, "*batch d"]]:
    r"""Change a state of d numbers at each step, then read it. Returns (output, last state).

    $h_i = a \odot h_{i-1} + b\, x_i$ and $y_i = c \cdot h_i$, from $h = 0$: Gu et al. (2022), section 2.3,
    here with a diagonal matrix. Raises TypeError or ValueError for arrays that do not fit.
    """
    check_floats(signal=signal, decay=decay, write=write, read=read)
    check_shapes(signal=(signal, "... n"), decay=(decay, "d"), write=(write, "d"), read=(read, "d"))
    state = np.zeros((*signal.shape[:-1], len(decay)))  # (..., d)
    output = np.empty(signal.shape)
    for i in range(signal.shape[-1]):
        state = decay * state + write * signal[..., i, None]
        output[..., i] = state @ read
    return output, state


def kernel(
    decay: Float[Array, " d"], write: Float[Array, " d"], read: Float[Array, " d"], length: int
) -> Float[Array, " n"]:
    r"""What one input adds to the outputs from its own step on: $K_j = \sum_d c_d\, a_d^j\, b_d$.

    Gu et al. (2022), equation 5. Raises TypeError or ValueError for arrays that do not fit or no length.
    """
    check_floats(decay=decay, write=write, read=read)
    check_shapes(decay=(decay, "d"), write=(write, "d"), read=(read, "d"))
    check_whole("length", length)
    return decay ** np.arange(length)[:, None] @ (read * write)  # (n, d) @ (d,)


def convolve(signal: Float[Array, "*batch n"], kernel: Float[Array, " n"]) -> Float[Array, "*batch n"]:
    r"""Add to each position what all before it left: $y_i = \sum_{j \le i} K_{i-j}\, x_j$.

    All positions at once, by the fast Fourier transform, with zeros behind so that the end does not wrap
    round to the start. Raises TypeError or ValueError for arrays that do not fit.
    """
    check_floats(signal=signal, kernel=kernel)
    check_shapes(signal=(signal, "... n"), kernel=(kernel, "n"))
    n = signal.shape[-1]
    return np.fft.irfft(np.fft.rfft(signal, 2 * n) * np.fft.rfft(kernel, 2 * n), 2 * n)[..., :n]


def selective_scan(
    query: Float[Array, "*batch n d"],
    key: Float[Array, "*batch n d"],
    value: Float[Array, "*batch n v"],
    decay: Float[Array, "*batch n"],
) -> tuple[Float[Array, "*batch n v"], Float[Array, "*batch d v"]]:
    r"""Let each token say how much of the state to keep, what to write, and what to read. (output, state).

    $S_i = a_i S_{i-1} + k_i v_i^\top$ and $o_i = q_i S_i$, with one decay for the whole state: Dao and Gu
    (2024), who call the query C, the key B and the value X. With every decay equal it is
    `attend.brain.fast_weights.hebbian_memory`. Raises TypeError or ValueError for arrays that do not fit, or
    decays outside 0 to 1.
    """
    _check(query, key, value, decay)
    state = np.zeros((*key.shape[:-2], key.shape[-1], value.shape[-1]))  # (..., d, v)
    output = np.empty(value.shape)
    for i in range(key.shape[-2]):
        written = key[..., i, :, None] * value[..., i, None, :]
        state = decay[..., i, None, None] * state + written
        output[..., i, :] = (query[..., i, None, :] @ state)[..., 0, :]
    return output, state


def gated_attention(
    query: Float[Array, "*batch n d"],
    key: Float[Array, "*batch n d"],
    value: Float[Array, "*batch n v"],
    decay: Float[Array, "*batch n"],
) -> tuple[Float[Array, "*batch n v"], Float[Array, "*batch n n"]]:
    r"""Compute what `selective_scan` does as attention without softmax. Returns (output, weights).

    $w_{ij} = (q_i \cdot k_j) \prod_{l=j+1}^{i} a_l$ for $j \le i$: a score counts for as much as is left of
    it. Dao and Gu (2024) call the mask of products 1-semiseparable. Raises as `selective_scan`.
    """
    _check(query, key, value, decay)
    weights = query @ key.swapaxes(-1, -2) * _left_over(decay)  # (..., n, n)
    return weights @ value, weights


def _left_over(decay: Float[Array, "*batch n"]) -> Float[Array, "*batch n n"]:
    """What is left at step i of what step j wrote: the product of the decays after j, up to i."""
    n = decay.shape[-1]
    left = np.zeros((*decay.shape, n))
    for i in range(n):  # each row is the row before, faded once more
        if i:
            left[..., i, :] = decay[..., i, None] * left[..., i - 1, :]
        left[..., i, i] = 1
    return left


def _check(query: object, key: object, value: object, decay: object) -> None:
    check_floats(query=query, key=key, value=value, decay=decay)
    check_shapes(
        query=(query, "... n d"), key=(key, "... n d"), value=(value, "... n v"), decay=(decay, "... n")
    )
    if (decay < 0).any() or (decay > 1).any():
        worst = decay.min() if (decay < 0).any() else decay.max()
        raise ValueError(f"decay: expected numbers from 0 to 1, received {worst}")
