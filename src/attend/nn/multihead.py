"""Multi-head attention as a module with weights of its own: self, cross, multi-query and grouped-query."""

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn

from attend._arguments import check_divides, check_visible, check_whole
from attend.nn._arguments import check_inputs
from attend.nn.attention import (
    causal_mask,
    merge_heads,
    scaled_dot_score,
    share_heads,
    softmax,
    split_heads,
    weighted_sum,
)
from attend.nn.cache import Cache
from attend.nn.relative import Alibi, RelativeBias, Rotary


class MultiHeadAttention(nn.Module):
    """Project, attend in every head on its own, set the heads side by side, project once more.

    Vaswani et al. (2017), section 3.2.2. With `num_kv_heads` fewer than `num_heads`, several query heads
    share each head of keys and values: grouped-query attention (Ainslie et al. 2023); with one, multi-query
    attention (Shazeer 2019). `position` turns queries and keys (`Rotary`) or adds to the scores (`Alibi`,
    `RelativeBias`). One matrix holds all three input projections, its rows those of the queries, the keys
    and the values, since one large product is faster than three.

    Raises TypeError or ValueError unless the heads divide d_model and the key/value heads the heads.
    """

    def __init__(
        self,
        d_model: int,
        num_heads: int,
        *,
        num_kv_heads: int | None = None,
        bias: bool = True,
        dropout: float = 0.0,
        position: Rotary | Alibi | RelativeBias | None = None,
    ) -> None:
        super().__init__()
        num_kv_heads = num_heads if num_kv_heads is None else num_kv_heads
        check_whole("d_model", d_model)
        check_divides("num_heads", num_heads, "d_model", d_model)
        check_divides("num_kv_heads", num_kv_heads, "num_heads", num_heads)
        self.num_heads, self.num_kv_heads, self.dropout = num_heads, num_kv_heads, dropout
        self.heads = (num_heads, num_kv_heads, num_kv_heads)  # of queries, keys, values, in this order
        self.in_projection = nn.Linear(d_model, d_model // num_heads * sum(self.heads), bias)
        self.output_projection = nn.Linear(d_model, d_model, bias)
        self.position = position

    def forward(
        self,
        query: Float[Tensor, "batch q d_model"],
        memory: Float[Tensor, "batch k d_model"] | None = None,
        *,
        visible: Bool[Tensor, "..."] | None = None,
        causal: bool = False,
        cache: Cache | None = None,
        need_weights: bool = False,
    ) -> tuple[Float[Tensor, "batch q d_model"], Float[Tensor, "batch h q k"] | None]:
        """Attend from `query` to `memory`, or to itself and what `cache` holds. Returns (output, weights).

        `visible` broadcasts to (batch, q, k) and serves every head; `causal` hides what comes after. The
        weights are None unless asked for: without them, PyTorch's fused kernel does the work. A query that
        may see nothing gets the output projection's bias, and weights of zero.

        Raises TypeError or ValueError for inputs of another width, dtype or device than the weights, or a
        mask that does not fit.
        """
        query, key, value = self._project(query, memory, cache)
        q_len, k_len = query.shape[-2], key.shape[-2]
        check_visible(visible, (query.shape[0], q_len, k_len), torch.bool)
        if visible is not None and visible.ndim == 3:
            visible = visible[:, None]  # (batch, 1, q, k): the same mask for every head
        kernel_is_causal = False
        if causal and q_len > 1:  # a single query, the last, sees all
            unmasked = visible is None and self._bias_module is None
            kernel_is_causal = unmasked and q_len == k_len and not need_weights
            if not kernel_is_causal:
                before = causal_mask(q_len, k_len, device=query.device)
                visible = before if visible is None else visible & before
        bias = self._bias_module(q_len, k_len, query) if self._bias_module else None  # (h, q, k)
        if need_weights:
            heads, weights = self._attend(query, key, value, visible, bias)
        else:
            mask = visible if bias is None else _hide(bias, visible)
            dropout = self.dropout if self.training else 0.0
            heads, weights = F.scaled_dot_product_attention(
                query, key, value, mask, dropout, is_causal=kernel_is_causal
            ), None  # fmt: skip
        return self.output_projection(merge_heads(heads)), weights

    @property
    def _bias_module(self) -> Alibi | RelativeBias | None:
        return None if isinstance(self.position, Rotary) else self.position

    def _project(
        self, query: Tensor, memory: Tensor | None, cache: Cache | None
    ) -> tuple[Float[Tensor, "batch h q d"], Float[Tensor, "batch h k d"], Float[Tensor, "batch h k d"]]:
        """Give each head its queries, keys and values, with those that the cache holds."""
        weight, bias = self.in_projection.weight, self.in_projection.bias
        if memory is None:
            check_inputs(weight, query=query)
            heads = split_heads(self.in_projection(query), sum(self.heads))  # (batch, h + 2·kv, q, d)
            if isinstance(self.position, Rotary):
                turned, value = heads.split((sum(self.heads[:2]), self.num_kv_heads), dim=1)
                turned = self.position(turned, 0 if cache is None else cache.length)
                query, key = turned.split(self.heads[:2], dim=1)
            else:
                query, key, value = heads.split(self.heads, dim=1)
            if cache is not None:
                key, value = cache.extend(self, key, value)
        else:
            check_inputs(weight, query=query, memory=memory)
            d_model = weight.shape[1]

            def keys_and_values() -> tuple[Tensor, Tensor]:
                both = F.linear(memory, weight[d_model:], None if bias is None else bias[d_model:])
                return split_heads(both, 2 * self.num_kv_heads).chunk(2, dim=1)

            query = F.linear(query, weight[:d_model], None if bias is None else bias[:d_model])
            query = split_heads(query, self.num_heads)
            key, value = keys_and_values() if cache is None else cache.once(self, keys_and_values)
        if self.num_kv_heads < self.num_heads:
            key, value = (share_heads(x, self.num_heads) for x in (key, value))
        return query, key, value

    def _attend(
        self, query: Tensor, key: Tensor, value: Tensor, visible: Tensor | None, bias: Tensor | None
    ) -> tuple[Float[Tensor, "batch h q d"], Float[Tensor, "batch h q k"]]:
        """Attend with the weights in the open. Dropout, in training, drops weights after they are read."""
        scores = scaled_dot_score(query, key)  # (batch, h, q, k)
        weights = softmax(scores if bias is None else scores + bias, visible)
        return weighted_sum(F.dropout(weights, self.dropout, self.training), value), weights


def _hide(bias: Float[Tensor, "h q k"], visible: Bool[Tensor, "..."] | None) -> Float[Tensor, "..."]:
    """Join a bias and a mask into the one tensor that PyTorch's kernel adds to the scores."""
    if visible is None:
        return bias
    return bias.masked_fill(~visible, -torch.inf)  # (h, q, k) or (batch, h, q, k)
