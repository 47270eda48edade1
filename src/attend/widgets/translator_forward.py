"""The trained translator in NumPy: what the widget's JavaScript computes, for pages where no script runs.

One number at a time, with no batch axis and no cache: a translation takes a dozen short passes. Axis letters:
h heads, k source tokens, q target tokens. `attend.nn.translator` is the model itself.
"""

from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from safetensors.numpy import load_file

from attend.attention import causal_mask, merge_heads, scaled_dot_product_attention, split_heads
from attend.block import feed_forward, layer_norm
from attend.data import translation
from attend.data.numerals import english
from attend.data.vocabulary import BEGIN, END
from attend.encoder import part
from attend.position import rotary

Array = np.ndarray
Arrays = dict[str, Array]

WEIGHTS = Path(__file__).parents[1] / "nn" / "translator.safetensors"
NUM_HEADS = 4
NUM_LAYERS = 2  # of the encoder; the decoder has one
MOST_TOKENS = 20  # nobody waits for a translation without an end


class Translation(NamedTuple):
    """What the model wrote, always the likeliest token, and where each head looked when it did."""

    words: list[str]  # the source, with its end token
    tokens: list[str]  # what was written, with its end token
    probabilities: Float[Array, "q vocabulary"]
    encoder: list[Float[Array, "h k k"]]  # a layer each
    cross: Float[Array, "h q k"]
    decoder: Float[Array, "h q q"]


def translate(number: int) -> Translation:
    """Translate a number below a million. Raises as `attend.data.numerals.english`."""
    source = translation.encode_english([english(number)])[0]  # (k,)
    memory, encoder = encode(source)
    target = [BEGIN]
    while target[-1] != END and len(target) <= MOST_TOKENS:
        logits, decoder, cross = decode(np.array(target), memory)
        target.append(int(logits[-1].argmax()))
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return Translation(
        [translation.SOURCE.tokens[i] for i in source],
        [translation.TARGET.tokens[i] for i in target[1:]],
        raised / raised.sum(axis=-1, keepdims=True), encoder, cross, decoder,
    )  # fmt: skip


def encode(source: Array) -> tuple[Float[Array, "k d_model"], list[Float[Array, "h k k"]]]:
    """Read the source's ids. Returns (memory, weights of each layer)."""
    stack, weights = part(_weights(), "transformer.encoder"), []
    x = _embed(_weights()["source_embedding.tokens.weight"], source)
    for i in range(NUM_LAYERS):
        layer = part(stack, f"layers.{i}")
        x, seen = _self_attention(x, layer)
        x = _feed_forward(x, layer)
        weights.append(seen)
    return _norm(x, part(stack, "norm")), weights


def decode(
    target: Array, memory: Float[Array, "k d_model"]
) -> tuple[Float[Array, "q vocabulary"], Float[Array, "h q q"], Float[Array, "h q k"]]:
    """Read the target's ids so far. Returns (logits, weights on the target, weights on the source)."""
    stack = part(_weights(), "transformer.decoder")
    layer = part(stack, "layers.0")
    table = _weights()["target_embedding.tokens.weight"]
    x, decoder = _self_attention(_embed(table, target), layer, causal_mask(len(target)))
    x, cross = _cross_attention(x, memory, layer)
    x = _norm(_feed_forward(x, layer), part(stack, "norm"))
    return x @ table.T, decoder, cross  # the embedding, turned round, is the output layer


@cache
def _weights() -> Arrays:
    return {name: array.astype(float) for name, array in load_file(WEIGHTS).items()}


def _embed(table: Array, ids: Array) -> Array:
    return table[ids] * np.sqrt(table.shape[1])


def _self_attention(x: Array, layer: Arrays, visible: Array | None = None) -> tuple[Array, Array]:
    weights = part(layer, "attention")
    normed = _norm(x, part(layer, "attention_residual.norm"))
    query, key, value = np.split(_affine(normed, part(weights, "in_projection")), 3, axis=-1)
    query, key, value = (split_heads(projected, NUM_HEADS) for projected in (query, key, value))
    positions = np.arange(len(x))
    heads, seen = scaled_dot_product_attention(
        rotary(query, positions), rotary(key, positions), value, visible
    )
    return x + _affine(merge_heads(heads), part(weights, "output_projection")), seen


def _cross_attention(x: Array, memory: Array, layer: Arrays) -> tuple[Array, Array]:
    weights = part(layer, "cross_attention")
    normed = _norm(x, part(layer, "cross_attention_residual.norm"))
    query, _, _ = np.split(_affine(normed, part(weights, "in_projection")), 3, axis=-1)
    _, key, value = np.split(_affine(memory, part(weights, "in_projection")), 3, axis=-1)
    heads, seen = scaled_dot_product_attention(
        *(split_heads(projected, NUM_HEADS) for projected in (query, key, value))
    )
    return x + _affine(merge_heads(heads), part(weights, "output_projection")), seen


def _feed_forward(x: Array, layer: Arrays) -> Array:
    up, down = part(layer, "feed_forward.expand"), part(layer, "feed_forward.contract")
    normed = _norm(x, part(layer, "feed_forward_residual.norm"))
    return x + feed_forward(normed, up["weight"].T, up["bias"], down["weight"].T, down["bias"])


def _norm(x: Array, norm: Arrays) -> Array:
    return layer_norm(x, norm["weight"], norm["bias"])


def _affine(x: Array, layer: Arrays) -> Array:
    return x @ layer["weight"].T + layer["bias"]
