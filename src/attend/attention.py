"""Attention in NumPy: scores, softmax, masks, the weighted sum, many heads, and the gradients by hand.

Axis letters, the same in the whole book: q queries, k keys (as many as values), d features of a query or key,
v features of a value, n positions, h heads. `...` stands for any batch axes. Arrays hold floating point
numbers. A mask is called `visible`: True where a query may look at a key.
"""

import math
from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float, Int

from attend._arguments import (
    check_divides,
    check_floats,
    check_positive,
    check_shapes,
    check_visible,
    check_whole,
)

Array = np.ndarray


# ---------------------------------------------------------------- from scores to weights


def softmax(
    scores: Float[Array, "*batch k"],
    visible: Bool[Array, "..."] | None = None,
    temperature: float | int = 1.0,
) -> Float[Array, "*batch k"]:
    r"""Turn each row of scores into weights that are not negative and sum to one.

    $w_j = \exp(s_j/T) \, / \sum_l \exp(s_l/T)$, the sum over the visible keys. A low temperature T sharpens,
    a high one flattens. A hidden key has a weight of exactly zero, and so has every key of a row where all is
    hidden. Subtracting the row's maximum changes no weight and keeps exp from overflowing.

    Raises TypeError or ValueError for scores that are not finite floating point numbers, a mask that does not
    broadcast to them, or a temperature that is not above zero. Temperature as in Hinton et al. (2015).
    """
    check_floats(scores=scores)
    check_shapes(scores=(scores, "... k"))
    check_visible(visible, scores.shape)
    check_positive("temperature", temperature)
    if visible is not None:
        scores = np.where(visible, scores, -np.inf)
    peak = scores.max(axis=-1, keepdims=True)  # (..., 1)
    peak = np.where(np.isfinite(peak), peak, 0.0)  # -inf where all is hidden, and -inf - -inf is not a number
    with np.errstate(over="ignore"):  # a gap too wide for a float becomes -inf, and exp(-inf) is the right 0
        raised = np.exp((scores - peak) / temperature)  # (..., k), the largest is 1
    total = raised.sum(axis=-1, keepdims=True)  # (..., 1)
    return raised / np.where(total > 0, total, 1.0)


def softmax_jacobian(weights: Float[Array, "*batch k"]) -> Float[Array, "*batch k k"]:
    r"""Say how much weight i changes when score j does, for every pair of them.

    $\partial w_i / \partial s_j = w_i(\delta_{ij} - w_j)$ for temperature 1; divide by T for another. Raises
    TypeError or ValueError for weights that are not finite floating point numbers.
    """
    check_floats(weights=weights)
    check_shapes(weights=(weights, "... k"))
    diagonal = weights[..., :, None] * np.eye(weights.shape[-1], dtype=weights.dtype)  # (..., k, k)
    return diagonal - weights[..., :, None] * weights[..., None, :]


def softmax_backward(
    d_weights: Float[Array, "*batch k"], weights: Float[Array, "*batch k"], temperature: float | int = 1.0
) -> Float[Array, "*batch k"]:
    r"""Carry a loss's gradient from the weights back to the scores, without building the Jacobian.

    $\partial L/\partial s_j = w_j \, (g_j - \sum_i g_i w_i) / T$ with $g = \partial L/\partial w$. Masked
    keys have weight zero and so gradient zero. Raises TypeError or ValueError as `softmax`, or when the
    shapes differ.
    """
    check_floats(d_weights=d_weights, weights=weights)
    check_shapes(d_weights=(d_weights, "... k"), weights=(weights, "... k"))
    check_positive("temperature", temperature)
    mean = (d_weights * weights).sum(axis=-1, keepdims=True)  # (..., 1)
    return weights * (d_weights - mean) / temperature


# ---------------------------------------------------------------- how well a key answers a query


def dot_score(
    query: Float[Array, "*batch q d"], key: Float[Array, "*batch k d"]
) -> Float[Array, "*batch q k"]:
    r"""Score by the inner product: $s_{ij} = q_i \cdot k_j$. Luong et al. (2015), "dot" in section 3.1.

    Raises TypeError or ValueError unless both are finite floating point arrays with the same d and batch
    shape.
    """
    check_floats(query=query, key=key)
    check_shapes(query=(query, "... q d"), key=(key, "... k d"))
    return query @ key.swapaxes(-1, -2)  # (..., q, k)


def scaled_dot_score(
    query: Float[Array, "*batch q d"], key: Float[Array, "*batch k d"]
) -> Float[Array, "*batch q k"]:
    r"""Score by the inner product over $\sqrt{d}$, so that its spread does not grow with d.

    $s_{ij} = q_i \cdot k_j / \sqrt{d}$. Vaswani et al. (2017), section 3.2.1. Raises as `dot_score`.
    """
    return dot_score(query, key) / math.sqrt(query.shape[-1])  # (..., q, k)


def cosine_score(
    query: Float[Array, "*batch q d"], key: Float[Array, "*batch k d"]
) -> Float[Array, "*batch q k"]:
    r"""Score by the angle alone: $s_{ij} = q_i \cdot k_j / (|q_i||k_j|)$, between -1 and 1.

    A vector of zeros has no direction; its score is 0. Content addressing in Graves et al. (2014). Raises as
    `dot_score`.
    """
    check_floats(query=query, key=key)
    check_shapes(query=(query, "... q d"), key=(key, "... k d"))
    return _unit(query) @ _unit(key).swapaxes(-1, -2)  # (..., q, k)


def _unit(x: Float[Array, "*batch n d"]) -> Float[Array, "*batch n d"]:
    """Scale each vector to length one; a vector of zeros stays."""
    largest = np.abs(x).max(axis=-1, keepdims=True)
    x = x / np.where(largest > 0, largest, 1.0)  # first to about one, or the squares may overflow or vanish
    length = np.linalg.norm(x, axis=-1, keepdims=True)
    return x / np.where(length > 0, length, 1.0)


def bilinear_score(
    query: Float[Array, "*batch q d"], key: Float[Array, "*batch k e"], matrix: Float[Array, "d e"]
) -> Float[Array, "*batch q k"]:
    r"""Score through a learned matrix: $s_{ij} = q_i^\top M k_j$, so that query and key may differ in length.

    Luong et al. (2015), "general" in section 3.1. Raises TypeError or ValueError when the lengths do not
    chain.
    """
    check_floats(query=query, key=key, matrix=matrix)
    check_shapes(query=(query, "... q d"), key=(key, "... k e"), matrix=(matrix, "d e"))
    return query @ matrix @ key.swapaxes(-1, -2)  # (..., q, k)


def additive_score(
    query: Float[Array, "*batch q d"],
    key: Float[Array, "*batch k e"],
    query_matrix: Float[Array, "d a"],
    key_matrix: Float[Array, "e a"],
    vector: Float[Array, " a"],
) -> Float[Array, "*batch q k"]:
    r"""Score by a small network with one hidden layer: $s_{ij} = v^\top \tanh(q_i W + k_j U)$.

    Bahdanau et al. (2015), appendix A.1.2, there with column vectors. Raises TypeError or ValueError when the
    lengths do not chain.
    """
    check_floats(query=query, key=key, query_matrix=query_matrix, key_matrix=key_matrix, vector=vector)
    check_shapes(
        query=(query, "... q d"), key=(key, "... k e"),
        query_matrix=(query_matrix, "d a"), key_matrix=(key_matrix, "e a"), vector=(vector, "a"),
    )  # fmt: skip
    from_query = (query @ query_matrix)[..., :, None, :]  # (..., q, 1, a)
    from_key = (key @ key_matrix)[..., None, :, :]  # (..., 1, k, a)
    return np.tanh(from_query + from_key) @ vector  # (..., q, k)


# ---------------------------------------------------------------- masks: True permits


def causal_mask(q_len: int, k_len: int | None = None) -> Bool[Array, "q k"]:
    """Let each position see itself and what came before, never what comes after.

    The queries are the last `q_len` of `k_len` positions, as when a model continues a text whose keys it has
    kept; with one argument both lengths are the same. Vaswani et al. (2017), section 3.2.3. Raises TypeError
    or ValueError for a length that is not a positive whole number, or more queries than keys.
    """
    check_whole("q_len", q_len)
    k_len = q_len if k_len is None else k_len
    check_whole("k_len", k_len, at_least=q_len)
    return np.tri(q_len, k_len, k_len - q_len, dtype=bool)  # (q, k)


def padding_mask(lengths: Int[Array, " batch"] | Sequence[int], k_len: int) -> Bool[Array, "batch 1 k"]:
    """Let every query of sequence b see its first `lengths[b]` keys; the rest is padding.

    Raises TypeError or ValueError unless the lengths are whole numbers between 0 and `k_len`.
    """
    check_whole("k_len", k_len)
    lengths = np.asarray(lengths)
    if not np.issubdtype(lengths.dtype, np.integer):
        raise TypeError(f"lengths: expected whole numbers, received dtype {lengths.dtype}")
    check_shapes(lengths=(lengths, "batch"))
    if lengths.min() < 0 or lengths.max() > k_len:
        raise ValueError(
            f"lengths: expected numbers between 0 and k_len = {k_len}, received {lengths.tolist()}"
        )
    return (np.arange(k_len) < lengths[:, None])[:, None, :]  # (batch, 1, k)


# ---------------------------------------------------------------- attention, forward and backward


def weighted_sum(
    weights: Float[Array, "*batch q k"], value: Float[Array, "*batch k v"]
) -> Float[Array, "*batch q v"]:
    r"""Blend the values, as much of each as its weight says.

    $o_i = \sum_j w_{ij} v_j$: the sum runs over the keys. Raises TypeError or ValueError unless both are
    finite floating point arrays with the same k and batch shape.
    """
    check_floats(weights=weights, value=value)
    check_shapes(weights=(weights, "... q k"), value=(value, "... k v"))
    return weights @ value  # (..., q, v)


def scaled_dot_product_attention(
    query: Float[Array, "*batch q d"],
    key: Float[Array, "*batch k d"],
    value: Float[Array, "*batch k v"],
    visible: Bool[Array, "..."] | None = None,
) -> tuple[Float[Array, "*batch q v"], Float[Array, "*batch q k"]]:
    r"""Blend the values, weighting each by how well its key answers the query. Returns (output, weights).

    $\mathrm{softmax}(QK^\top/\sqrt{d})\,V$: Vaswani et al. (2017), eq. 1. `visible` broadcasts to (..., q,
    k); a query that may see nothing has an output of zeros. Raises TypeError or ValueError for arrays that do
    not fit.
    """
    check_floats(query=query, key=key, value=value)
    check_shapes(query=(query, "... q d"), key=(key, "... k d"), value=(value, "... k v"))
    weights = softmax(scaled_dot_score(query, key), visible)  # (..., q, k)
    return weighted_sum(weights, value), weights


def scaled_dot_product_attention_backward(
    d_output: Float[Array, "*batch q v"],
    query: Float[Array, "*batch q d"],
    key: Float[Array, "*batch k d"],
    value: Float[Array, "*batch k v"],
    weights: Float[Array, "*batch q k"],
) -> tuple[Float[Array, "*batch q d"], Float[Array, "*batch k d"], Float[Array, "*batch k v"]]:
    r"""Carry a loss's gradient from the output back. Returns (d_query, d_key, d_value).

    `weights` are those of the forward pass. $dV = W^\top dO$, $dW = dO\,V^\top$, $dS$ by `softmax_backward`,
    $dQ = dS\,K/\sqrt{d}$, $dK = dS^\top Q/\sqrt{d}$. No mask is needed: hidden keys have weight zero. Raises
    TypeError or ValueError for arrays that do not fit.
    """
    check_floats(d_output=d_output, query=query, key=key, value=value, weights=weights)
    check_shapes(
        d_output=(d_output, "... q v"), query=(query, "... q d"), key=(key, "... k d"),
        value=(value, "... k v"), weights=(weights, "... q k"),
    )  # fmt: skip
    d_value = weights.swapaxes(-1, -2) @ d_output  # (..., k, v)
    d_weights = d_output @ value.swapaxes(-1, -2)  # (..., q, k)
    d_scores = softmax_backward(d_weights, weights) / math.sqrt(query.shape[-1])  # (..., q, k)
    return d_scores @ key, d_scores.swapaxes(-1, -2) @ query, d_value


# ---------------------------------------------------------------- many heads


def linear_backward(
    d_output: Float[Array, "*batch o"], x: Float[Array, "*batch i"], matrix: Float[Array, "i o"]
) -> tuple[Float[Array, "*batch i"], Float[Array, "i o"], Float[Array, " o"]]:
    r"""Carry a loss's gradient back through a projection $y = xW + b$. Returns (d_x, d_matrix, d_bias).

    $dx = dy\,W^\top$, $dW = x^\top dy$ and $db = \sum dy$: every position has used the same W and b, so their
    gradients are sums over all of them. Raises TypeError or ValueError for arrays that do not fit.
    """
    check_floats(d_output=d_output, x=x, matrix=matrix)
    check_shapes(d_output=(d_output, "... o"), x=(x, "... i"), matrix=(matrix, "i o"))
    every_x, every_d = x.reshape(-1, x.shape[-1]), d_output.reshape(-1, d_output.shape[-1])
    return d_output @ matrix.T, every_x.T @ every_d, every_d.sum(axis=0)


def split_heads(x: Float[Array, "*batch n features"], num_heads: int) -> Float[Array, "*batch h n d"]:
    """Cut the features into `num_heads` equal parts, each with its own row of positions.

    Raises ValueError unless `num_heads` divides the number of features.
    """
    check_floats(x=x)
    check_shapes(x=(x, "... n features"))
    *batch, n, features = x.shape
    check_divides("num_heads", num_heads, "the number of features", features)
    return x.reshape(*batch, n, num_heads, features // num_heads).swapaxes(-3, -2)  # (..., h, n, d)


def merge_heads(x: Float[Array, "*batch h n d"]) -> Float[Array, "*batch n features"]:
    """Set the heads' features side by side again, as they were before `split_heads`.

    Raises ValueError for fewer than three axes.
    """
    check_floats(x=x)
    check_shapes(x=(x, "... h n d"))
    *batch, h, n, d = x.shape
    return x.swapaxes(-3, -2).reshape(*batch, n, h * d)  # (..., n, h·d)


def share_heads(x: Float[Array, "*batch g n d"], num_heads: int) -> Float[Array, "*batch h n d"]:
    """Let each of g heads of keys or values serve a group of neighbouring queries' heads, h in all.

    Grouped-query attention (Ainslie et al. 2023); with g = 1 multi-query attention (Shazeer 2019). Raises
    ValueError unless g divides `num_heads`.
    """
    check_floats(x=x)
    check_shapes(x=(x, "... g n d"))
    check_whole("num_heads", num_heads)
    check_divides("the heads of x", x.shape[-3], "num_heads", num_heads)
    return np.repeat(x, num_heads // x.shape[-3], axis=-3)  # (..., h, n, d)


def share_heads_backward(
    d_shared: Float[Array, "*batch h n d"], num_kv_heads: int
) -> Float[Array, "*batch g n d"]:
    """Carry a loss's gradient back through `share_heads`: each head gets the sum of those of its group.

    Raises ValueError unless `num_kv_heads` divides the heads of `d_shared`.
    """
    check_floats(d_shared=d_shared)
    check_shapes(d_shared=(d_shared, "... h n d"))
    *batch, h, n, d = d_shared.shape
    check_divides("num_kv_heads", num_kv_heads, "the heads of d_shared", h)
    return d_shared.reshape(*batch, num_kv_heads, h // num_kv_heads, n, d).sum(axis=-3)  # (..., g, n, d)


def multi_head_attention(
    query: Float[Array, "*batch q d_query"],
    key: Float[Array, "*batch k d_key"],
    value: Float[Array, "*batch k d_value"],
    query_matrix: Float[Array, "d_query hd"],
    key_matrix: Float[Array, "d_key hd"],
    value_matrix: Float[Array, "d_value hv"],
    output_matrix: Float[Array, "hv d_model"],
    num_heads: int,
    visible: Bool[Array, "..."] | None = None,
    query_bias: Float[Array, " hd"] | None = None,
    key_bias: Float[Array, " hd"] | None = None,
    value_bias: Float[Array, " hv"] | None = None,
    output_bias: Float[Array, " d_model"] | None = None,
) -> tuple[Float[Array, "*batch q d_model"], Float[Array, "*batch h q k"]]:
    r"""Project, attend in every head on its own, set the heads side by side, project once more.

    Head i is $\mathrm{Attention}(QW^Q_i, KW^K_i, VW^V_i)$, where $W_i$ is the i-th block of columns of the
    matrix. `visible` broadcasts to (..., q, k) and is the same for every head. The paper has no
    biases; that of the keys shifts a query's scores all alike and so changes nothing. Returns (output,
    weights). Vaswani et al. (2017), section 3.2.2. Raises TypeError or ValueError for arrays that do not fit,
    or unless `num_heads` divides the columns of the matrices.
    """
    _check_multi_head(
        num_heads, query=query, key=key, value=value, query_matrix=query_matrix, key_matrix=key_matrix,
        value_matrix=value_matrix, output_matrix=output_matrix, query_bias=query_bias, key_bias=key_bias,
        value_bias=value_bias, output_bias=output_bias,
    )  # fmt: skip
    check_visible(visible, (*query.shape[:-1], key.shape[-2]))
    if visible is not None and visible.ndim > 2:
        visible = visible[..., None, :, :]  # (..., 1, q, k): the same mask for every head
    heads, weights = scaled_dot_product_attention(
        _to_heads(query, query_matrix, query_bias, num_heads),  # (..., h, q, d)
        _to_heads(key, key_matrix, key_bias, num_heads),  # (..., h, k, d)
        _to_heads(value, value_matrix, value_bias, num_heads),  # (..., h, k, v)
        visible,
    )
    output = merge_heads(heads) @ output_matrix  # (..., q, d_model)
    return output if output_bias is None else output + output_bias, weights


def multi_head_attention_backward(
    d_output: Float[Array, "*batch q d_model"],
    query: Float[Array, "*batch q d_query"],
    key: Float[Array, "*batch k d_key"],
    value: Float[Array, "*batch k d_value"],
    query_matrix: Float[Array, "d_query hd"],
    key_matrix: Float[Array, "d_key hd"],
    value_matrix: Float[Array, "d_value hv"],
    output_matrix: Float[Array, "hv d_model"],
    num_heads: int,
    weights: Float[Array, "*batch h q k"],
    query_bias: Float[Array, " hd"] | None = None,
    key_bias: Float[Array, " hd"] | None = None,
    value_bias: Float[Array, " hv"] | None = None,
    output_bias: Float[Array, " d_model"] | None = None,
) -> tuple[
    Float[Array, "*batch q d_query"],
    Float[Array, "*batch k d_key"],
    Float[Array, "*batch k d_value"],
    dict[str, Float[Array, "..."]],
]:
    """Carry a loss's gradient from the output back. Returns (d_query, d_key, d_value, gradients).

    The arguments are those of the forward pass, its `weights` in place of its mask; the projections are
    computed anew. `gradients` holds an array for each matrix and bias, under the argument's name; a bias that
    was not given counts as zeros. Where one array served as query, key and value, its gradient is the sum of
    the three. Raises TypeError or ValueError for arrays that do not fit.
    """
    _check_multi_head(
        num_heads, d_output=d_output, query=query, key=key, value=value, query_matrix=query_matrix,
        key_matrix=key_matrix, value_matrix=value_matrix, output_matrix=output_matrix, weights=weights,
        query_bias=query_bias, key_bias=key_bias, value_bias=value_bias, output_bias=output_bias,
    )  # fmt: skip
    query_heads = _to_heads(query, query_matrix, query_bias, num_heads)  # (..., h, q, d)
    key_heads = _to_heads(key, key_matrix, key_bias, num_heads)  # (..., h, k, d)
    value_heads = _to_heads(value, value_matrix, value_bias, num_heads)  # (..., h, k, v)
    merged = merge_heads(weighted_sum(weights, value_heads))  # (..., q, h·v)
    d_merged, d_output_matrix, d_output_bias = linear_backward(d_output, merged, output_matrix)
    d_heads = scaled_dot_product_attention_backward(
        split_heads(d_merged, num_heads), query_heads, key_heads, value_heads, weights
    )
    d_queries, d_keys, d_values = (merge_heads(d_head) for d_head in d_heads)  # (..., q, h·d), (..., k, h·d)
    d_query, d_query_matrix, d_query_bias = linear_backward(d_queries, query, query_matrix)
    d_key, d_key_matrix, d_key_bias = linear_backward(d_keys, key, key_matrix)
    d_value, d_value_matrix, d_value_bias = linear_backward(d_values, value, value_matrix)
    gradients = {
        "query_matrix": d_query_matrix, "key_matrix": d_key_matrix, "value_matrix": d_value_matrix,
        "output_matrix": d_output_matrix, "query_bias": d_query_bias, "key_bias": d_key_bias,
        "value_bias": d_value_bias, "output_bias": d_output_bias,
    }  # fmt: skip
    return d_query, d_key, d_value, gradients


def _to_heads(
    x: Float[Array, "*batch n i"],
    matrix: Float[Array, "i hd"],
    bias: Float[Array, " hd"] | None,
    num_heads: int,
) -> Float[Array, "*batch h n d"]:
    """Project and split."""
    projected = x @ matrix  # (..., n, h·d)
    return split_heads(projected if bias is None else projected + bias, num_heads)


# What each argument's axes mean, for the PyTorch twin as well.
MULTI_HEAD_AXES = {
    "d_output": "... q d_model", "query": "... q d_query", "key": "... k d_key", "value": "... k d_value",
    "query_matrix": "d_query h·d", "key_matrix": "d_key h·d", "value_matrix": "d_value h·v",
    "output_matrix": "h·v d_model", "weights": "... h q k",
    "query_bias": "h·d", "key_bias": "h·d", "value_bias": "h·v", "output_bias": "d_model",
}  # fmt: skip


def _check_multi_head(num_heads: int, **arrays: object) -> None:
    """The arrays of multi-head attention must fit together and split into heads; a bias may be None."""
    given = {name: array for name, array in arrays.items() if array is not None}
    check_floats(**given)
    check_shapes(**{name: (array, MULTI_HEAD_AXES[name]) for name, array in given.items()})
    for name in ("query_matrix", "value_matrix"):
        check_divides("num_heads", num_heads, f"the columns of {name}", given[name].shape[1])
    if "weights" in given and given["weights"].shape[-3] != num_heads:
        received = given["weights"].shape
        raise ValueError(f"weights: expected axis h = num_heads = {num_heads}, received shape {received}")
