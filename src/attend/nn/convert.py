"""From PyTorch's own modules to ours, weights and all: the two then compute the same."""

from copy import deepcopy
from functools import singledispatch

import torch.nn.functional as F
from torch import nn

from attend.nn.block import DecoderLayer, EncoderLayer
from attend.nn.multihead import MultiHeadAttention
from attend.nn.stack import Decoder, Encoder, Transformer

# Where the parts of PyTorch's layers live in ours.
ATTENTION = {"in_proj_": "in_projection.", "out_proj.": "output_projection."}
ENCODER_LAYER = {
    **{f"self_attn.{old}": f"attention.{new}" for old, new in ATTENTION.items()},
    "linear1.": "feed_forward.expand.",
    "linear2.": "feed_forward.contract.",
    "norm1.": "attention_residual.norm.",
    "norm2.": "feed_forward_residual.norm.",
}
DECODER_LAYER = {
    **ENCODER_LAYER,
    **{f"multihead_attn.{old}": f"cross_attention.{new}" for old, new in ATTENTION.items()},
    "norm2.": "cross_attention_residual.norm.",
    "norm3.": "feed_forward_residual.norm.",
}


@singledispatch
def from_torch(module: nn.Module) -> nn.Module:
    """Build our module that computes what a module of `torch.nn` does, with a copy of its weights.

    Takes MultiheadAttention, TransformerEncoderLayer, TransformerDecoderLayer, TransformerEncoder,
    TransformerDecoder and Transformer. Ours always take (batch, n, d_model), as theirs do with
    `batch_first=True`. Raises TypeError for another module, and ValueError for one with an option that
    ours do not have.
    """
    raise TypeError(
        "module: expected MultiheadAttention or one of the Transformer modules of torch.nn, "
        f"received {type(module).__name__}"
    )


@from_torch.register
def _(module: nn.MultiheadAttention) -> MultiHeadAttention:
    if not module._qkv_same_embed_dim or module.bias_k is not None or module.add_zero_attn:
        raise ValueError(
            "module: expected keys and values as wide as the queries, without add_bias_kv and add_zero_attn"
        )
    bias = module.in_proj_bias is not None
    ours = MultiHeadAttention(module.embed_dim, module.num_heads, bias=bias, dropout=module.dropout)
    return _load(ours, module, ATTENTION)


@from_torch.register
def _(module: nn.TransformerEncoderLayer) -> EncoderLayer:
    return _load(EncoderLayer(**_options(module)), module, ENCODER_LAYER)


@from_torch.register
def _(module: nn.TransformerDecoderLayer) -> DecoderLayer:
    return _load(DecoderLayer(**_options(module)), module, DECODER_LAYER)


@from_torch.register
def _(module: nn.TransformerEncoder) -> Encoder:
    return Encoder([from_torch(layer) for layer in module.layers], deepcopy(module.norm))


@from_torch.register
def _(module: nn.TransformerDecoder) -> Decoder:
    return Decoder([from_torch(layer) for layer in module.layers], deepcopy(module.norm))


@from_torch.register
def _(module: nn.Transformer) -> Transformer:
    return Transformer(from_torch(module.encoder), from_torch(module.decoder))


def _options(layer: nn.TransformerEncoderLayer | nn.TransformerDecoderLayer) -> dict:
    activations = {F.relu: "relu", F.gelu: "gelu"}
    activation = layer.activation
    if isinstance(activation, nn.ReLU | nn.GELU):
        activation = F.relu if isinstance(activation, nn.ReLU) else F.gelu
    if activation not in activations or getattr(layer.activation, "approximate", "none") != "none":
        raise ValueError(f"module: expected the activation relu or gelu, received {layer.activation}")
    return {
        "d_model": layer.linear1.in_features,
        "num_heads": layer.self_attn.num_heads,
        "d_ff": layer.linear1.out_features,
        "activation": activations[activation],
        "norm_first": layer.norm_first,
        "eps": layer.norm1.eps,
        "bias": layer.linear1.bias is not None,
        "dropout": layer.dropout.p,
    }


def _load(ours: nn.Module, theirs: nn.Module, names: dict[str, str]) -> nn.Module:
    """Copy the weights under their new names, in the dtype and on the device of the original."""
    example = next(theirs.parameters())
    ours.to(example.device, example.dtype)
    state = {}
    for name, tensor in theirs.state_dict().items():
        old = next(old for old in names if name.startswith(old))
        state[names[old] + name.removeprefix(old)] = tensor
    ours.load_state_dict(state)
    return ours.train(theirs.training)
