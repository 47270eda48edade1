"""Where a token stands: sinusoidal, learned, relative, rotary and linear-bias position in NumPy.

Axis letters: n positions, q queries, k keys, h heads, d or d_model features. Positions count from 0. Where
queries and keys differ in number, the queries are the last `q_len` of `k_len` positions, as in
`attention.causal_mask`.
"""

import numpy as np
from jaxtyping import Float, Int, Real

from attend._arguments import check_even, check_floats, check_positive, check_real, check_shapes, check_whole

Array = np.ndarray


# ---------------------------------------------------------------- sinusoids: a position is a set of hands


def frequencies(d_model: int, base: float | int = 10000.0) -> Float[Array, " pairs"]:
    r"""Give each pair of features its speed, in radians a position: $\omega_i = b^{-2i/d_{model}}$.

    The first pair turns at 1 radian a position, the last nearly `base` times slower. Vaswani et al. (2017),
    section 3.5. Raises TypeError or ValueError unless `d_model` is even and positive and `base` is above
    zero.
    """
    check_even("d_model", d_model)
    check_positive("base", base)
    return float(base) ** (-np.arange(0, d_model, 2) / d_model)  # (d_model / 2,)


def sinusoidal(length: int, d_model: int, base: float | int = 10000.0) -> Float[Array, "n d_model"]:
    r"""Encode each position by the sine and cosine of angles that grow with it, pair beside pair.

    $PE_{p,2i} = \sin(p\,\omega_i)$ and $PE_{p,2i+1} = \cos(p\,\omega_i)$. Vaswani et al. (2017), section 3.5.
    Raises TypeError or ValueError unless `length` is positive, and as `frequencies`.
    """
    check_whole("length", length)
    angles = np.arange(length)[:, None] * frequencies(d_model, base)  # (n, d_model / 2)
    encoding = np.empty((length, d_model))
    encoding[:, 0::2] = np.sin(angles)
    encoding[:, 1::2] = np.cos(angles)
    return encoding


def shift_matrix(
    offset: float | int, d_model: int, base: float | int = 10000.0
) -> Float[Array, "d_model d_model"]:
    r"""Give the rotation that moves every sinusoidal encoding by `offset` positions.

    $PE_{p+\mathrm{offset}} = R\,PE_p$ for every p: a shift is a rotation. Blocks $\begin{pmatrix}\cos &
    \sin\\ -\sin & \cos\end{pmatrix}$ of $\mathrm{offset}\cdot\omega_i$ on the diagonal, from the addition
    theorems; Vaswani et al. (2017), section 3.5, state that such a linear map exists. Raises TypeError or
    ValueError unless `offset` is a finite number, and as `frequencies`.
    """
    check_real("offset", offset)
    angles = offset * frequencies(d_model, base)  # (d_model / 2,)
    even = np.arange(0, d_model, 2)
    matrix = np.zeros((d_model, d_model))
    matrix[even, even] = matrix[even + 1, even + 1] = np.cos(angles)
    matrix[even, even + 1] = np.sin(angles)
    matrix[even + 1, even] = -np.sin(angles)
    return matrix


# ---------------------------------------------------------------- rotary: turn queries and keys


def rotary(
    x: Float[Array, "*batch n d"], positions: Real[Array, " n"], base: float | int = 10000.0
) -> Float[Array, "*batch n d"]:
    r"""Turn each neighbouring pair of features by an angle that grows with the position (RoPE).

    $(x_{2i}, x_{2i+1})$ turns by $p\,\omega_i$ against the clock. Queries and keys treated so have inner
    products that depend on the positions' difference alone; lengths stay. Su et al. (2021), section 3.4.2,
    the pairs interleaved as printed there. Raises TypeError or ValueError unless `positions` holds one number
    for each of the n vectors and d is even.
    """
    check_floats(x=x)
    positions = _as_positions(positions)
    check_shapes(x=(x, "... n d"), positions=(positions, "n"))
    check_even("d (the last axis of x)", x.shape[-1])
    angles = positions[:, None] * frequencies(x.shape[-1], base)  # (n, d / 2)
    cos, sin = np.cos(angles).astype(x.dtype), np.sin(angles).astype(x.dtype)
    first, second = x[..., 0::2], x[..., 1::2]  # (..., n, d / 2) each
    turned = np.empty_like(x)
    turned[..., 0::2] = first * cos - second * sin
    turned[..., 1::2] = first * sin + second * cos
    return turned


def _as_positions(positions: object) -> Float[Array, "..."]:
    """Positions may be whole or real numbers; as floating point numbers they pass the common check."""
    if not isinstance(positions, np.ndarray):
        raise TypeError(f"positions: expected a NumPy array of numbers, received {type(positions).__name__}")
    if np.issubdtype(positions.dtype, np.integer):
        positions = positions.astype(float)
    check_floats(positions=positions)
    return positions


# ---------------------------------------------------------------- biases on the scores


def relative_offsets(q_len: int, k_len: int) -> Int[Array, "q k"]:
    """Say how far each key stands from each query: positive ahead, negative behind.

    Raises TypeError or ValueError unless the lengths are positive whole numbers with `k_len` no less than
    `q_len`.
    """
    check_whole("q_len", q_len)
    check_whole("k_len", k_len, at_least=q_len)
    query_position = np.arange(k_len - q_len, k_len)
    return np.arange(k_len) - query_position[:, None]  # (q, k)


def alibi_slopes(num_heads: int) -> Float[Array, " h"]:
    r"""Give each head its slope: $2^{-8i/h}$ for head i = 1 … h when h is a power of two.

    Otherwise take the slopes for the next smaller power of two p, then every other slope for 2p, as the
    authors' published code does. Press et al. (2022), section 3. Raises TypeError or ValueError unless
    `num_heads` is positive.
    """
    check_whole("num_heads", num_heads)
    power = 2 ** (int(num_heads).bit_length() - 1)  # the largest power of two that is no more than num_heads
    slopes = 2.0 ** (-8.0 * np.arange(1, power + 1) / power)
    between = 2.0 ** (-8.0 * np.arange(1, 2 * power + 1, 2) / (2 * power))
    return np.concatenate([slopes, between])[:num_heads]  # (h,)


def alibi_bias(num_heads: int, q_len: int, k_len: int) -> Float[Array, "h q k"]:
    r"""Give the bias that ALiBi adds to the scaled scores: minus the distance times the head's slope.

    $b_{hij} = -m_h |i - j|$. Press et al. (2022), section 3, where a causal mask hides every key ahead; the
    absolute value serves encoders too. Raises as `alibi_slopes` and `relative_offsets`.
    """
    distance = np.abs(relative_offsets(q_len, k_len))  # (q, k)
    return alibi_slopes(num_heads)[:, None, None] * -distance  # (h, q, k)


def relative_bias(table: Float[Array, "h offsets"], q_len: int, k_len: int) -> Float[Array, "h q k"]:
    r"""Look up a learned bias for each head and each offset, clipped to the farthest offset in the table.

    $b_{hij} = \mathrm{table}_{h,\,\mathrm{clip}(j-i,\,-c,\,c)+c}$, with $2c+1$ columns. The clipping is that
    of Shaw et al. (2018), who learn a vector for each offset; one number for each head and offset follows
    Raffel et al. (2020), section 2.1. Raises TypeError or ValueError unless the columns are odd in number,
    and as `relative_offsets`.
    """
    check_floats(table=table)
    check_shapes(table=(table, "h offsets"))
    columns = table.shape[1]
    if columns % 2 == 0:
        raise ValueError(
            f"table: expected an odd number of columns, for -c … c, received {columns} (shape {table.shape})"
        )
    farthest = columns // 2
    return table[:, np.clip(relative_offsets(q_len, k_len), -farthest, farthest) + farthest]  # (h, q, k)


# ---------------------------------------------------------------- learned


def learned(table: Float[Array, "max_length d_model"], length: int) -> Float[Array, "n d_model"]:
    """Take the first `length` rows of a learned table: one vector a position, none beyond the table's end.

    Gehring et al. (2017); compared with sinusoids in Vaswani et al. (2017), table 3, row (E). Raises
    ValueError when `length` is more than the table holds.
    """
    check_floats(table=table)
    check_shapes(table=(table, "max_length d_model"))
    check_whole("length", length)
    if length > table.shape[0]:
        raise ValueError(f"length: expected at most {table.shape[0]}, the rows of table, received {length}")
    return table[:length]
