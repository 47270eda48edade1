"""Attention in PyTorch: the twin of `attend.attention`, same names, same argument order.

The backward functions have no twin, because autograd writes them. The mathematics, the sources and the errors
are those of the NumPy docstrings; only the search for NaN and infinity is left out, which would make a GPU
wait.
"""

import math
from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from attend._arguments import check_divides, check_positive, check_shapes, check_visible, check_whole
from attend.attention import MULTI_HEAD_AXES
from attend.nn._arguments import check_tensors


def softmax(
    scores: Float[Tensor, "*batch k"],
    visible: Bool[Tensor, "..."] | None = None,
    temperature: float | int = 1.0,
) -> Float[Tensor, "*batch k"]:
    """Turn each row of scores into weights that are not negative and sum to one; zero where hidden.

    Unlike `torch.softmax`, a row where all is hidden has weights and gradients of zero, not NaN.
    """
    check_tensors(scores=scores)
    check_shapes(scores=(scores, "... k"))
    check_visible(visible, scores.shape, torch.bool)
    check_positive("temperature", temperature)
    if visible is not None:
        scores = scores.masked_fill(~visible, -math.inf)
    peak = scores.detach().amax(
        dim=-1, keepdim=True
    )  # (..., 1); a constant: shifting a row changes no weight
    peak = peak.masked_fill(peak.isneginf(), 0.0)
    raised = torch.exp((scores - peak) / temperature)  # (..., k)
    total = raised.sum(dim=-1, keepdim=True)  # (..., 1)
    return raised / total.masked_fill(total == 0, 1.0)


def dot_score(
    query: Float[Tensor, "*batch q d"], key: Float[Tensor, "*batch k d"]
) -> Float[Tensor, "*batch q k"]:
    """Score by the inner product."""
    check_tensors(query=query, key=key)
    check_shapes(query=(query, "... q d"), key=(key, "... k d"))
    return query @ key.transpose(-1, -2)  # (..., q, k)


def scaled_dot_score(
    query: Float[Tensor, "*batch q d"], key: Float[Tensor, "*batch k d"]
) -> Float[Tensor, "*batch q k"]:
    """Score by the inner product over the square root of d."""
    return dot_score(query, key) / math.sqrt(query.shape[-1])  # (..., q, k)


def cosine_score(
    query: Float[Tensor, "*batch q d"], key: Float[Tensor, "*batch k d"]
) -> Float[Tensor, "*batch q k"]:
    """Score by the angle alone; a vector of zeros scores 0."""
    check_tensors(query=query, key=key)
    check_shapes(query=(query, "... q d"), key=(key, "... k d"))
    return _unit(query) @ _unit(key).transpose(-1, -2)  # (..., q, k)


def _unit(x: Float[Tensor, "*batch n d"]) -> Float[Tensor, "*batch n d"]:
    """Scale each vector to length one; a vector of zeros stays."""
    largest = x.detach().abs().amax(dim=-1, keepdim=True)
    x = x / largest.masked_fill(largest == 0, 1.0)
    length = torch.linalg.vector_norm(x, dim=-1, keepdim=True)
    return x / length.masked_fill(length == 0, 1.0)


def bilinear_score(
    query: Float[Tensor, "*batch q d"], key: Float[Tensor, "*batch k e"], matrix: Float[Tensor, "d e"]
) -> Float[Tensor, "*batch q k"]:
    """Score through a learned matrix."""
    check_tensors(query=query, key=key, matrix=matrix)
    check_shapes(query=(query, "... q d"), key=(key, "... k e"), matrix=(matrix, "d e"))
    return query @ matrix @ key.transpose(-1, -2)  # (..., q, k)


def additive_score(
    query: Float[Tensor, "*batch q d"],
    key: Float[Tensor, "*batch k e"],
    query_matrix: Float[Tensor, "d a"],
    key_matrix: Float[Tensor, "e a"],
    vector: Float[Tensor, " a"],
) -> Float[Tensor, "*batch q k"]:
    """Score by a small network with one hidden layer."""
    check_tensors(query=query, key=key, query_matrix=query_matrix, key_matrix=key_matrix, vector=vector)
    check_shapes(
        query=(query, "... q d"), key=(key, "... k e"),
        query_matrix=(query_matrix, "d a"), key_matrix=(key_matrix, "e a"), vector=(vector, "a"),
    )  # fmt: skip
    from_query = (query @ query_matrix)[..., :, None, :]  # (..., q, 1, a)
    from_key = (key @ key_matrix)[..., None, :, :]  # (..., 1, k, a)
    return torch.tanh(from_query + from_key) @ vector  # (..., q, k)


def causal_mask(
    q_len: int, k_len: int | None = None, *, device: torch.device | str | None = None
) -> Bool[Tensor, "q k"]:
    """Let each position see itself and what came before.

    The queries are the last `q_len` of `k_len` positions.
    """
    check_whole("q_len", q_len)
    k_len = q_len if k_len is None else k_len
    check_whole("k_len", k_len, at_least=q_len)
    return torch.ones(q_len, k_len, dtype=torch.bool, device=device).tril(k_len - q_len)  # (q, k)


def padding_mask(lengths: Int[Tensor, " batch"] | Sequence[int], k_len: int) -> Bool[Tensor, "batch 1 k"]:
    """Let every query of sequence b see its first `lengths[b]` keys, on the device where `lengths` lies."""
    check_whole("k_len", k_len)
    lengths = torch.as_tensor(lengths)
    if lengths.dtype.is_floating_point or lengths.dtype.is_complex or lengths.dtype == torch.bool:
        raise TypeError(f"lengths: expected whole numbers, received dtype {lengths.dtype}")
    check_shapes(lengths=(lengths, "batch"))
    if lengths.min() < 0 or lengths.max() > k_len:
        raise ValueError(
            f"lengths: expected numbers between 0 and k_len = {k_len}, received {lengths.tolist()}"
        )
    return (torch.arange(k_len, device=lengths.device) < lengths[:, None])[:, None, :]  # (batch, 1, k)


def weighted_sum(
    weights: Float[Tensor, "*batch q k"], value: Float[Tensor, "*batch k v"]
) -> Float[Tensor, "*batch q v"]:
    """Blend the values, as much of each as its weight says."""
    check_tensors(weights=weights, value=value)
    check_shapes(weights=(weights, "... q k"), value=(value, "... k v"))
    return weights @ value  # (..., q, v)


def scaled_dot_product_attention(
    query: Float[Tensor, "*batch q d"],
    key: Float[Tensor, "*batch k d"],
    value: Float[Tensor, "*batch k v"],
    visible: Bool[Tensor, "..."] | None = None,
) -> tuple[Float[Tensor, "*batch q v"], Float[Tensor, "*batch q k"]]:
    """Blend the values, weighting each by how well its key answers the query. Returns (output, weights)."""
    check_tensors(query=query, key=key, value=value)
    check_shapes(query=(query, "... q d"), key=(key, "... k d"), value=(value, "... k v"))
    weights = softmax(scaled_dot_score(query, key), visible)  # (..., q, k)
    return weighted_sum(weights, value), weights


def split_heads(x: Float[Tensor, "*batch n features"], num_heads: int) -> Float[Tensor, "*batch h n d"]:
    """Cut the features into `num_heads` equal parts, each with its own row of positions."""
    check_tensors(x=x)
    check_shapes(x=(x, "... n features"))
    check_divides("num_heads", num_heads, "the number of features", x.shape[-1])
    return x.unflatten(-1, (num_heads, -1)).transpose(-3, -2)  # (..., h, n, d)


def merge_heads(x: Float[Tensor, "*batch h n d"]) -> Float[Tensor, "*batch n features"]:
    """Set the heads' features side by side again: the inverse of `split_heads`."""
    check_tensors(x=x)
    check_shapes(x=(x, "... h n d"))
    return x.transpose(-3, -2).flatten(-2)  # (..., n, h·d)


def share_heads(x: Float[Tensor, "*batch g n d"], num_heads: int) -> Float[Tensor, "*batch h n d"]:
    """Let each of g heads of keys or values serve a group of neighbouring queries' heads, h in all."""
    check_tensors(x=x)
    check_shapes(x=(x, "... g n d"))
    check_whole("num_heads", num_heads)
    check_divides("the heads of x", x.shape[-3], "num_heads", num_heads)
    return x.repeat_interleave(num_heads // x.shape[-3], dim=-3)  # (..., h, n, d)


def multi_head_attention(
    query: Float[Tensor, "*batch q d_query"],
    key: Float[Tensor, "*batch k d_key"],
    value: Float[Tensor, "*batch k d_value"],
    query_matrix: Float[Tensor, "d_query hd"],
    key_matrix: Float[Tensor, "d_key hd"],
    value_matrix: Float[Tensor, "d_value hv"],
    output_matrix: Float[Tensor, "hv d_model"],
    num_heads: int,
    visible: Bool[Tensor, "..."] | None = None,
    query_bias: Float[Tensor, " hd"] | None = None,
    key_bias: Float[Tensor, " hd"] | None = None,
    value_bias: Float[Tensor, " hv"] | None = None,
    output_bias: Float[Tensor, " d_model"] | None = None,
) -> tuple[Float[Tensor, "*batch q d_model"], Float[Tensor, "*batch h q k"]]:
    """Project, attend in every head on its own, set the heads side by side, project once more.

    Returns (output, weights). `torch.nn.MultiheadAttention` stores its matrices transposed.
    """
    arrays = {
        "query": query, "key": key, "value": value, "query_matrix": query_matrix, "key_matrix": key_matrix,
        "value_matrix": value_matrix, "output_matrix": output_matrix, "query_bias": query_bias,
        "key_bias": key_bias, "value_bias": value_bias, "output_bias": output_bias,
    }  # fmt: skip
    given = {name: tensor for name, tensor in arrays.items() if tensor is not None}
    check_tensors(**given)
    check_shapes(**{name: (tensor, MULTI_HEAD_AXES[name]) for name, tensor in given.items()})
    check_divides("num_heads", num_heads, "the columns of query_matrix", query_matrix.shape[1])
    check_divides("num_heads", num_heads, "the columns of value_matrix", value_matrix.shape[1])
    check_visible(visible, (*query.shape[:-1], key.shape[-2]), torch.bool)
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


def _to_heads(
    x: Float[Tensor, "*batch n i"],
    matrix: Float[Tensor, "i hd"],
    bias: Float[Tensor, " hd"] | None,
    num_heads: int,
) -> Float[Tensor, "*batch h n d"]:
    """Project and split."""
    projected = x @ matrix  # (..., n, h·d)
    return split_heads(projected if bias is None else projected + bias, num_heads)
