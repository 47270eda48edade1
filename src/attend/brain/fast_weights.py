"""Memory in weights that change at every step: linear attention is Hebb's rule; the delta rule mends it.

Axis letters: n positions (steps in time), d features of a query or key, v features of a value. `...` stands
for any batch axes. A matrix (d, v) is written by keys and values and read by queries: read = query @ matrix.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from attend._arguments import check_floats, check_real, check_shapes

Array = np.ndarray


def positive_features(x: Float[Array, "*batch d"]) -> Float[Array, "*batch d"]:
    r"""Make every feature positive: $\phi(x) = \mathrm{elu}(x) + 1$, $x + 1$ from zero up, else $e^x$.

    With positive features no score is negative and no sum of scores is zero. Katharopoulos et al. (2020),
    section 3.2. Raises TypeError or ValueError for anything but finite floating point numbers.
    """
    check_floats(x=x)
    return np.where(x > 0, x + 1, np.exp(np.minimum(x, 0)))


def linear_attention(
    query: Float[Array, "*batch n d"], key: Float[Array, "*batch n d"], value: Float[Array, "*batch n v"]
) -> tuple[Float[Array, "*batch n v"], Float[Array, "*batch n n"]]:
    r"""Attend to this position and those before it, with products for weights. Returns (output, weights).

    $w_{ij} = q_i \cdot k_j / \sum_{l \le i} q_i \cdot k_l$ for $j \le i$: causal attention without the
    exponential. Queries and keys are taken as they are; pass them through `positive_features` first, or the
    sum may come near zero. Katharopoulos et al. (2020), section 3.3. Raises TypeError or ValueError for
    arrays that do not fit, or products that sum to zero.
    """
    _check(query, key, value)
    scores = np.tril(query @ key.swapaxes(-1, -2))  # (..., n, n)
    weights = _divide(scores, scores.sum(axis=-1, keepdims=True))
    return weights @ value, weights


def linear_attention_by_steps(
    query: Float[Array, "*batch n d"], key: Float[Array, "*batch n d"], value: Float[Array, "*batch n v"]
) -> Float[Array, "*batch n v"]:
    r"""Compute what `linear_attention` does with a memory of fixed size: a matrix and the sum of the keys.

    $S_i = S_{i-1} + k_i v_i^\top$ and $z_i = z_{i-1} + k_i$, read as $q_i S_i / (q_i \cdot z_i)$:
    Katharopoulos et al. (2020), section 3.4. The sum of keys is Hebb's rule for a value that is always 1.
    Raises TypeError or ValueError as `linear_attention`.
    """
    _check(query, key, value)
    with_one = np.concatenate([value, np.ones_like(value[..., :1])], axis=-1)  # (..., n, v + 1)
    read, _ = hebbian_memory(query, key, with_one)
    return _divide(read[..., :-1], read[..., -1:])


def hebbian_memory(
    query: Float[Array, "*batch n d"],
    key: Float[Array, "*batch n d"],
    value: Float[Array, "*batch n v"],
    decay: float | int = 1.0,
) -> tuple[Float[Array, "*batch n v"], Float[Array, "*batch d v"]]:
    r"""Write key and value into a matrix by Hebb's rule, then read it, at each step. Returns (read, matrix).

    $S_i = \lambda S_{i-1} + k_i v_i^\top$ and $o_i = q_i S_i$, where the `decay` $\lambda$ lets old pairs
    fade. With $\lambda = 1$ these are outer-product fast weights as in Schmidhuber (1992); with keys that
    are their own values, the fast weights of Ba et al. (2016) at rate 1. The matrix returned is the last.
    Raises TypeError or ValueError for arrays that do not fit, or a decay outside 0 to 1.
    """
    _check(query, key, value)
    _check_share("decay", decay)
    return _write_and_read(query, key, value, lambda matrix, k, v: decay * matrix + _outer(k, v))


def delta_memory(
    query: Float[Array, "*batch n d"],
    key: Float[Array, "*batch n d"],
    value: Float[Array, "*batch n v"],
    rate: float | int = 1.0,
) -> tuple[Float[Array, "*batch n v"], Float[Array, "*batch d v"]]:
    r"""Write what is missing, not the whole value: read the key first, then add the difference.

    $S_i = S_{i-1} + \eta\, k_i (v_i - k_i S_{i-1})^\top$ and $o_i = q_i S_i$, where $\eta$ is the `rate`. A
    key of length 1 at rate 1 then reads exactly its newest value. The rule of Widrow and Hoff (1960), put
    into linear attention by Schlag et al. (2021). Returns (read, matrix). Raises as `hebbian_memory`.
    """
    _check(query, key, value)
    _check_share("rate", rate)
    return _write_and_read(
        query, key, value, lambda matrix, k, v: matrix + rate * _outer(k, v - _read(k, matrix))
    )


def _write_and_read(
    query: Float[Array, "*batch n d"],
    key: Float[Array, "*batch n d"],
    value: Float[Array, "*batch n v"],
    write: Callable[..., Array],
) -> tuple[Float[Array, "*batch n v"], Float[Array, "*batch d v"]]:
    """Start from an empty matrix; at each position write one key and value, then read one query."""
    matrix = np.zeros((*key.shape[:-2], key.shape[-1], value.shape[-1]), value.dtype)  # (..., d, v)
    read = np.empty_like(value)
    for i in range(key.shape[-2]):
        matrix = write(matrix, key[..., i, :], value[..., i, :])
        read[..., i, :] = _read(query[..., i, :], matrix)
    return read, matrix


def _outer(key: Float[Array, "*batch d"], value: Float[Array, "*batch v"]) -> Float[Array, "*batch d v"]:
    """What Hebb's rule adds: each weight grows by the product of the two activities that it joins."""
    return key[..., :, None] * value[..., None, :]


def _read(query: Float[Array, "*batch d"], matrix: Float[Array, "*batch d v"]) -> Float[Array, "*batch v"]:
    return (query[..., None, :] @ matrix)[..., 0, :]


def _divide(
    part: Float[Array, "*batch n v"], total: Float[Array, "*batch n 1"]
) -> Float[Array, "*batch n v"]:
    if not total.all():
        first = int(np.argwhere(total == 0)[0][-2])
        raise ValueError(
            "query: expected products with the keys that do not sum to zero, "
            f"received a sum of 0 at position {first}; positive_features gives none"
        )
    return part / total


def _check(query: object, key: object, value: object) -> None:
    check_floats(query=query, key=key, value=value)
    check_shapes(query=(query, "... n d"), key=(key, "... n d"), value=(value, "... n v"))


def _check_share(name: str, share: object) -> None:
    check_real(name, share)
    if not 0 <= share <= 1:
        raise ValueError(f"{name}: expected a number from 0 to 1, received {share}")
