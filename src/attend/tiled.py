"""Attention a tile at a time: softmax in one pass, exact, and no matrix of weights anywhere.

Some of a query's keys give a `Partial`; two partials merge into that of all their keys; the last step
divides. Axis letters as in `attend.attention`: q queries, k keys, d features of a query or key, v of a value.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from attend._arguments import check_floats, check_shapes, check_visible, check_whole
from attend.attention import scaled_dot_score

Array = np.ndarray


class Partial(NamedTuple):
    r"""What a softmax knows after some of its keys.

    `peak` is the largest score so far, $-\infty$ if no key was visible. `total` is $\sum_j \exp(s_j - peak)$,
    and `blend` is $\sum_j \exp(s_j - peak)\, v_j$.
    """

    peak: Float[Array, "*batch q 1"]
    total: Float[Array, "*batch q 1"]
    blend: Float[Array, "*batch q v"]


def attend_to_part(
    query: Float[Array, "*batch q d"],
    key: Float[Array, "*batch k d"],
    value: Float[Array, "*batch k v"],
    visible: Bool[Array, "..."] | None = None,
) -> Partial:
    """Attend to these keys alone, and do not divide yet.

    Raises TypeError or ValueError for arrays that do not fit, or scores too large for a float.
    """
    check_floats(query=query, key=key, value=value)
    check_shapes(query=(query, "... q d"), key=(key, "... k d"), value=(value, "... k v"))
    scores = scaled_dot_score(query, key)  # (..., q, k)
    check_floats(scores=scores)
    check_visible(visible, scores.shape)
    if visible is not None:
        scores = np.where(visible, scores, -np.inf)
    peak = scores.max(axis=-1, keepdims=True)  # (..., q, 1)
    raised = _shrink(scores, peak)  # (..., q, k)
    return Partial(peak, raised.sum(axis=-1, keepdims=True), raised @ value)


def merge(one: Partial, other: Partial) -> Partial:
    r"""Join what is known of two sets of keys: bring both to the larger peak, then add.

    $m = \max(m_1, m_2)$ and $Z = e^{m_1 - m} Z_1 + e^{m_2 - m} Z_2$, the blends alike. In any order, in
    groups of any size, the result is the same up to rounding. Milakov & Gimelshein (2018), section 3.1.
    """
    peak = np.maximum(one.peak, other.peak)
    ours, theirs = _shrink(one.peak, peak), _shrink(other.peak, peak)
    total = ours * one.total + theirs * other.total
    return Partial(peak, total, ours * one.blend + theirs * other.blend)


def finish(part: Partial) -> Float[Array, "*batch q v"]:
    """Divide by the total, once; a query that saw nothing has an output of zeros."""
    return part.blend / np.where(part.total > 0, part.total, 1.0)


def tiled_attention(
    query: Float[Array, "*batch q d"],
    key: Float[Array, "*batch k d"],
    value: Float[Array, "*batch k v"],
    visible: Bool[Array, "..."] | None = None,
    *,
    causal: bool = False,
    block_q: int = 64,
    block_k: int = 64,
) -> Float[Array, "*batch q v"]:
    """Compute scaled dot-product attention without ever holding more than one tile of its weights.

    A tile is `block_q` queries by `block_k` keys; the last ones may be smaller. `visible` broadcasts to (...,
    q, k). `causal` needs no mask: it builds that of each tile, and leaves out tiles where all is hidden. The
    queries are then the last ones, as in `causal_mask`. Dao et al. (2022), algorithm 1, with the loops in the
    order of Dao (2024). Raises TypeError or ValueError for arrays that do not fit, a block that is not a
    positive whole number, or, if causal, more queries than keys.
    """
    check_floats(query=query, key=key, value=value)
    check_shapes(query=(query, "... q d"), key=(key, "... k d"), value=(value, "... k v"))
    q_len, k_len = query.shape[-2], key.shape[-2]
    check_visible(visible, (*query.shape[:-1], k_len))
    if visible is not None:
        visible = np.broadcast_to(visible, (*query.shape[:-1], k_len))  # a view, no copy
    output = np.empty((*query.shape[:-1], value.shape[-1]), value.dtype)
    for rows, tiles in _walk(q_len, k_len, causal, block_q, block_k):
        some_queries, known = query[..., rows, :], None
        for columns in tiles:
            some_keys, some_values = key[..., columns, :], value[..., columns, :]
            mask = _mask_of(rows, columns, k_len - q_len, visible, causal)
            part = attend_to_part(some_queries, some_keys, some_values, mask)
            known = part if known is None else merge(known, part)
        output[..., rows, :] = finish(known)
    return output


def tiled_traffic(
    q_len: int,
    k_len: int,
    d: int,
    v: int,
    *,
    causal: bool = False,
    block_q: int = 64,
    block_k: int = 64,
) -> int:
    """Count the numbers that `tiled_attention` reads from its arguments and writes to its output.

    Each query and each output passes once, each key and value once for every block of queries that may see
    it. What is larger than a tile lies in slow memory and what is in a tile in fast memory, which has to hold
    `tile_size` numbers. Raises TypeError or ValueError for a size that is not a positive whole number.
    """
    _check_sizes(d=d, v=v)
    keys = sum(
        columns.stop - columns.start
        for _, tiles in _walk(q_len, k_len, causal, block_q, block_k)
        for columns in tiles
    )
    return q_len * (d + v) + keys * (d + v)


def naive_traffic(q_len: int, k_len: int, d: int, v: int) -> int:
    """Count the numbers that pass if scores and weights are written down: each once out and once in.

    Query, key, value and output pass once, scores and weights twice. Dao et al. (2022), algorithm 0. Products
    of matrices are taken to read each number once, which favours this side. Raises as `tiled_traffic`.
    """
    _check_sizes(q_len=q_len, k_len=k_len, d=d, v=v)
    return (q_len + k_len) * (d + v) + 4 * q_len * k_len


def tile_size(d: int, v: int, *, block_q: int = 64, block_k: int = 64) -> int:
    """Count the numbers that fast memory holds at once: a block of each argument, a tile, and the `Partial`.

    Raises TypeError or ValueError for a size that is not a positive whole number.
    """
    _check_sizes(d=d, v=v, block_q=block_q, block_k=block_k)
    return block_q * d + block_k * (d + v) + block_q * block_k + block_q * (v + 2)


def _walk(
    q_len: int, k_len: int, causal: bool, block_q: int, block_k: int
) -> Iterator[tuple[slice, list[slice]]]:
    """Go through the blocks of queries; for each, name the blocks of keys that it may see."""
    _check_sizes(q_len=q_len, block_q=block_q, block_k=block_k)
    check_whole("k_len", k_len, at_least=q_len if causal else 1)
    for rows in _blocks(q_len, block_q):
        reach = k_len - q_len + rows.stop if causal else k_len
        yield rows, [columns for columns in _blocks(k_len, block_k) if columns.start < reach]


def _blocks(length: int, size: int) -> list[slice]:
    return [slice(start, min(start + size, length)) for start in range(0, length, size)]


def _mask_of(
    rows: slice, columns: slice, offset: int, visible: Array | None, causal: bool
) -> Bool[Array, "..."] | None:
    """Cut a tile out of the mask; a causal one is built, since it follows from the places alone."""
    tile = None if visible is None else visible[..., rows, columns]
    if not causal or columns.stop <= offset + rows.start + 1:  # every key is in every query's past
        return tile
    shape = (rows.stop - rows.start, columns.stop - columns.start)
    past = np.tri(*shape, offset + rows.start - columns.start, dtype=bool)  # (block_q, block_k)
    return past if tile is None else tile & past


def _shrink(scores: Float[Array, "... k"], peak: Float[Array, "... 1"]) -> Float[Array, "... k"]:
    r"""$\exp(s - peak)$, and zero where nothing was visible."""
    peak = np.where(np.isfinite(peak), peak, 0.0)  # -inf - -inf is not a number
    with np.errstate(over="ignore"):  # a gap too wide for a float becomes -inf, and exp(-inf) is the right 0
        return np.exp(scores - peak)


def _check_sizes(**sizes: object) -> None:
    for name, size in sizes.items():
        check_whole(name, size)
