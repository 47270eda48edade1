"""Whole models, from token numbers to scores for the next token: encoder–decoder and decoder-only."""

import math
from collections.abc import Callable
from typing import Any

from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from attend.nn.block import DecoderLayer, EncoderLayer, make_norm
from attend.nn.cache import Cache
from attend.nn.embedding import TokenEmbedding, inside_attention
from attend.nn.stack import Decoder, Encoder, Transformer


class EncoderDecoder(nn.Module):
    """Read a source, then write a target one token at a time (Vaswani et al. 2017, figure 1).

    `pad_id` marks padding of the source, which nobody sees. `layer` holds further options of `EncoderLayer`
    and `DecoderLayer`. The output layer shares the target embedding's matrix (section 3.4 there).
    """

    def __init__(
        self,
        source_vocabulary: int,
        target_vocabulary: int,
        *,
        d_model: int,
        num_heads: int,
        d_ff: int,
        num_encoder_layers: int,
        num_decoder_layers: int,
        position: str = "sinusoidal",
        max_length: int = 512,
        pad_id: int = 0,
        dropout: float = 0.0,
        **layer: Any,
    ) -> None:
        super().__init__()

        def options() -> dict[str, Any]:
            inside = inside_attention(position, d_model, num_heads)  # a module of its own for each layer
            return {"position": inside, "dropout": dropout, **layer}

        embedding = {"position": position, "max_length": max_length, "scale": True, "dropout": dropout}
        self.pad_id = pad_id
        self.source_embedding = TokenEmbedding(source_vocabulary, d_model, **embedding)
        self.target_embedding = TokenEmbedding(target_vocabulary, d_model, **embedding)
        encoder = [EncoderLayer(d_model, num_heads, d_ff, **options()) for _ in range(num_encoder_layers)]
        decoder = [DecoderLayer(d_model, num_heads, d_ff, **options()) for _ in range(num_decoder_layers)]
        self.transformer = Transformer(
            Encoder(encoder, last_norm(d_model, layer)), Decoder(decoder, last_norm(d_model, layer))
        )
        self.output = nn.Linear(d_model, target_vocabulary, bias=False)
        self.output.weight = self.target_embedding.tokens.weight
        initialise(self, d_model**-0.5)

    def source_visible(self, source: Int[Tensor, "batch k"]) -> Bool[Tensor, "batch 1 k"]:
        """Which tokens of the source are no padding."""
        return (source != self.pad_id)[:, None, :]

    def encode(self, source: Int[Tensor, "batch k"]) -> Float[Tensor, "batch k d_model"]:
        """Read the source once; its vectors serve every token that is written."""
        visible = self.source_visible(source)
        return self.transformer.encoder(self.source_embedding(source), visible=visible)

    def decode(
        self,
        target: Int[Tensor, "batch q"],
        memory: Float[Tensor, "batch k d_model"],
        source_visible: Bool[Tensor, "batch 1 k"],
        cache: Cache | None = None,
    ) -> Float[Tensor, "batch q vocabulary"]:
        """Give logits for the token after each target token. With a cache, pass the new tokens only."""
        start = 0 if cache is None else cache.length
        x = self.target_embedding(target, start)
        x = self.transformer.decoder(x, memory, memory_visible=source_visible, cache=cache)
        if cache is not None:
            cache.length += target.shape[1]
        return self.output(x)

    def writer(self, source: Int[Tensor, "batch k"]) -> Callable[[Tensor, Cache | None], Tensor]:
        """Read the source and give the step that `attend.nn.generate` asks again and again.

        Raises ValueError for a model in training mode.
        """
        if self.training:
            raise ValueError("model: expected evaluation mode (model.eval()), received training mode")
        memory, visible = self.encode(source), self.source_visible(source)

        def step(target: Tensor, cache: Cache | None) -> Tensor:
            rows = (len(target), -1, -1)  # one source may serve several hypotheses
            return self.decode(target, memory.expand(rows), visible.expand(rows), cache)

        return step

    def forward(
        self, source: Int[Tensor, "batch k"], target: Int[Tensor, "batch q"]
    ) -> Float[Tensor, "batch q vocabulary"]:
        """Give logits for the token after each target token, all at once: teacher forcing."""
        return self.decode(target, self.encode(source), self.source_visible(source))


class DecoderOnly(nn.Module):
    """Continue a text: causal self-attention alone (Radford et al. 2019).

    `layer` holds further options of `EncoderLayer`, which with a causal mask is this model's layer. The
    output layer shares the embedding's matrix unless `tied` is false. A larger `rotary_base` lets the slowest
    pairs tell apart positions that are farther from each other.
    """

    def __init__(
        self,
        vocabulary_size: int,
        *,
        d_model: int,
        num_heads: int,
        d_ff: int,
        num_layers: int,
        position: str = "rotary",
        rotary_base: float | int = 10000.0,
        max_length: int = 512,
        tied: bool = True,
        dropout: float = 0.0,
        **layer: Any,
    ) -> None:
        super().__init__()
        self.embedding = TokenEmbedding(
            vocabulary_size, d_model, position=position, max_length=max_length, dropout=dropout
        )
        layers = [
            EncoderLayer(
                d_model, num_heads, d_ff, dropout=dropout,
                position=inside_attention(position, d_model, num_heads, rotary_base), **layer,
            )
            for _ in range(num_layers)
        ]  # fmt: skip
        self.stack = Encoder(layers, last_norm(d_model, layer))
        self.output = nn.Linear(d_model, vocabulary_size, bias=False)
        if tied:
            self.output.weight = self.embedding.tokens.weight
        initialise(self, 0.02)
        for block in layers:  # what adds to the residual stream starts smaller, the more there is of it
            for last in (block.attention.output_projection, block.feed_forward.contract):
                nn.init.normal_(last.weight, std=0.02 / math.sqrt(2 * num_layers))

    def forward(
        self, ids: Int[Tensor, "batch n"], cache: Cache | None = None
    ) -> Float[Tensor, "batch n vocabulary"]:
        """Give logits for the token after each of `ids`. With a cache, pass the new tokens only."""
        x = self.embedding(ids, 0 if cache is None else cache.length)
        x = self.stack(x, causal=True, cache=cache)
        if cache is not None:
            cache.length += ids.shape[1]
        return self.output(x)


def last_norm(d_model: int, layer: dict[str, Any]) -> nn.Module | None:
    """Pre-LN layers leave their sum as it is, so the stack needs a norm at its end; post-LN layers do not."""
    if not layer.get("norm_first", True):
        return None
    return make_norm(d_model, layer.get("norm", "layer"), layer.get("eps", 1e-5), layer.get("bias", True))


def initialise(model: nn.Module, embedding_std: float) -> None:
    """Draw the weights anew: Glorot and Bengio's (2010) uniform for matrices, zero for biases."""
    for module in model.modules():
        if isinstance(module, nn.Linear):
            nn.init.xavier_uniform_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    for module in model.modules():  # second, since an output layer may share an embedding's matrix
        if isinstance(module, nn.Embedding):
            nn.init.normal_(module.weight, std=embedding_std)
