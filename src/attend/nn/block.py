"""The Transformer's block: feed-forward network, residual connection and norm, encoder and decoder layer."""

from collections.abc import Callable

import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn

from attend._arguments import check_whole
from attend.nn.cache import Cache
from attend.nn.multihead import MultiHeadAttention
from attend.nn.relative import Alibi, RelativeBias, Rotary

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": F.relu,
    "gelu": F.gelu,
    "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"),
    "swiglu": F.silu,  # times a second projection: see FeedForward
}


class FeedForward(nn.Module):
    """The same small network at every position: widen, bend, narrow.

    $f(xW_1 + b_1)W_2 + b_2$: Vaswani et al. (2017), equation 2, with ReLU; GELU as in Devlin et al. (2019).
    "swiglu" multiplies the bent projection by a second, plain one: Shazeer (2020). Raises ValueError for an
    unknown activation.
    """

    def __init__(
        self, d_model: int, d_ff: int, *, activation: str = "relu", bias: bool = True, dropout: float = 0.0
    ) -> None:
        super().__init__()
        check_whole("d_model", d_model)
        check_whole("d_ff", d_ff)
        if activation not in ACTIVATIONS:
            raise ValueError(f"activation: expected one of {', '.join(ACTIVATIONS)}, received {activation!r}")
        self.activation, self.is_gated = ACTIVATIONS[activation], activation == "swiglu"
        self.expand = nn.Linear(d_model, 2 * d_ff if self.is_gated else d_ff, bias)
        self.contract = nn.Linear(d_ff, d_model, bias)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Float[Tensor, "batch n d_model"]) -> Float[Tensor, "batch n d_model"]:
        hidden = self.expand(x)  # (batch, n, d_ff), twice that wide if gated
        if self.is_gated:
            gate, hidden = hidden.chunk(2, dim=-1)
            hidden = self.activation(gate) * hidden
        else:
            hidden = self.activation(hidden)
        return self.contract(self.dropout(hidden))


class Residual(nn.Module):
    r"""Add what a sublayer computes to what it was given, and normalise: before it, or after the addition.

    Post-LN, $\mathrm{LN}(x + f(x))$, is Vaswani et al. (2017), section 3.1; pre-LN, $x + f(\mathrm{LN}(x))$,
    leaves a path from input to output that nothing rescales: Xiong et al. (2020). `norm` is "layer" (Ba et
    al. 2016) or "rms" (Zhang and Sennrich 2019). Raises ValueError for another.
    """

    def __init__(
        self,
        d_model: int,
        *,
        norm_first: bool,
        norm: str = "layer",
        eps: float = 1e-5,
        bias: bool = True,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.norm = make_norm(d_model, norm, eps, bias)
        self.norm_first = norm_first
        self.dropout = nn.Dropout(dropout)

    def forward(
        self, x: Float[Tensor, "batch n d_model"], sublayer: Callable[[Tensor], Tensor]
    ) -> Float[Tensor, "batch n d_model"]:
        if self.norm_first:
            return x + self.dropout(sublayer(self.norm(x)))
        return self.norm(x + self.dropout(sublayer(x)))


def make_norm(d_model: int, norm: str = "layer", eps: float = 1e-5, bias: bool = True) -> nn.Module:
    """Give a norm over the features of each position: "layer" or "rms". Raises ValueError for another."""
    if norm == "layer":
        return nn.LayerNorm(d_model, eps, bias=bias)
    if norm == "rms":
        return nn.RMSNorm(d_model, eps)
    raise ValueError(f"norm: expected 'layer' or 'rms', received {norm!r}")


class EncoderLayer(nn.Module):
    """Self-attention, then the feed-forward network, each inside a residual connection.

    Vaswani et al. (2017), section 3.1. With `causal=True` in the call it is the layer of a decoder-only
    model: Radford et al. (2019). `dropout` acts where the paper's does, on each sublayer's output, and on the
    attention weights and the hidden features, as in PyTorch. Raises as its parts.
    """

    def __init__(
        self,
        d_model: int,
        num_heads: int,
        d_ff: int,
        *,
        num_kv_heads: int | None = None,
        position: Rotary | Alibi | RelativeBias | None = None,
        activation: str = "relu",
        norm_first: bool = True,
        norm: str = "layer",
        eps: float = 1e-5,
        bias: bool = True,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        residual = {"norm_first": norm_first, "norm": norm, "eps": eps, "bias": bias, "dropout": dropout}
        self.attention = MultiHeadAttention(
            d_model, num_heads, num_kv_heads=num_kv_heads, bias=bias, dropout=dropout, position=position
        )
        self.attention_residual = Residual(d_model, **residual)
        self.feed_forward = FeedForward(d_model, d_ff, activation=activation, bias=bias, dropout=dropout)
        self.feed_forward_residual = Residual(d_model, **residual)

    def forward(
        self,
        x: Float[Tensor, "batch n d_model"],
        *,
        visible: Bool[Tensor, "..."] | None = None,
        causal: bool = False,
        cache: Cache | None = None,
    ) -> Float[Tensor, "batch n d_model"]:
        def attend(x: Tensor) -> Tensor:
            return self.attention(x, visible=visible, causal=causal, cache=cache)[0]

        x = self.attention_residual(x, attend)
        return self.feed_forward_residual(x, self.feed_forward)


class DecoderLayer(nn.Module):
    """Causal self-attention, attention to the encoder's output, then the feed-forward network.

    Vaswani et al. (2017), section 3.1. The options are those of `EncoderLayer`.
    """

    def __init__(
        self,
        d_model: int,
        num_heads: int,
        d_ff: int,
        *,
        num_kv_heads: int | None = None,
        position: Rotary | Alibi | RelativeBias | None = None,
        activation: str = "relu",
        norm_first: bool = True,
        norm: str = "layer",
        eps: float = 1e-5,
        bias: bool = True,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        residual = {"norm_first": norm_first, "norm": norm, "eps": eps, "bias": bias, "dropout": dropout}
        heads = {"num_kv_heads": num_kv_heads, "bias": bias, "dropout": dropout}
        self.attention = MultiHeadAttention(d_model, num_heads, position=position, **heads)
        self.attention_residual = Residual(d_model, **residual)
        self.cross_attention = MultiHeadAttention(d_model, num_heads, **heads)
        self.cross_attention_residual = Residual(d_model, **residual)
        self.feed_forward = FeedForward(d_model, d_ff, activation=activation, bias=bias, dropout=dropout)
        self.feed_forward_residual = Residual(d_model, **residual)

    def forward(
        self,
        x: Float[Tensor, "batch q d_model"],
        memory: Float[Tensor, "batch k d_model"],
        *,
        visible: Bool[Tensor, "..."] | None = None,
        memory_visible: Bool[Tensor, "..."] | None = None,
        causal: bool = True,
        cache: Cache | None = None,
    ) -> Float[Tensor, "batch q d_model"]:
        def attend(x: Tensor) -> Tensor:
            return self.attention(x, visible=visible, causal=causal, cache=cache)[0]

        def attend_to_memory(x: Tensor) -> Tensor:
            return self.cross_attention(x, memory, visible=memory_visible, cache=cache)[0]

        x = self.attention_residual(x, attend)
        x = self.cross_attention_residual(x, attend_to_memory)
        return self.feed_forward_residual(x, self.feed_forward)
