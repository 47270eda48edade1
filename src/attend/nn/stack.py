"""Stacks of layers: encoder, decoder, and the two joined, from vectors to vectors."""

from collections.abc import Iterable

from jaxtyping import Bool, Float
from torch import Tensor, nn

from attend.nn.block import DecoderLayer, EncoderLayer
from attend.nn.cache import Cache


class Encoder(nn.Module):
    """Layers that all positions pass through in step, and a last norm, which pre-LN layers need.

    Vaswani et al. (2017), section 3.1.
    """

    def __init__(self, layers: Iterable[EncoderLayer], norm: nn.Module | None = None) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.norm = norm or nn.Identity()

    def forward(
        self,
        x: Float[Tensor, "batch n d_model"],
        *,
        visible: Bool[Tensor, "..."] | None = None,
        causal: bool = False,
        cache: Cache | None = None,
    ) -> Float[Tensor, "batch n d_model"]:
        for layer in self.layers:
            x = layer(x, visible=visible, causal=causal, cache=cache)
        return self.norm(x)


class Decoder(nn.Module):
    """Layers that look back at the target and across to the encoder's output, `memory`, and a last norm.

    Vaswani et al. (2017), section 3.1.
    """

    def __init__(self, layers: Iterable[DecoderLayer], norm: nn.Module | None = None) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.norm = norm or nn.Identity()

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
        for layer in self.layers:
            x = layer(
                x, memory, visible=visible, memory_visible=memory_visible, causal=causal, cache=cache
            )  # fmt: skip
        return self.norm(x)


class Transformer(nn.Module):
    """Encoder and decoder joined (Vaswani et al. 2017, figure 1, without embeddings and output layer)."""

    def __init__(self, encoder: Encoder, decoder: Decoder) -> None:
        super().__init__()
        self.encoder, self.decoder = encoder, decoder

    def forward(
        self,
        source: Float[Tensor, "batch k d_model"],
        target: Float[Tensor, "batch q d_model"],
        *,
        source_visible: Bool[Tensor, "..."] | None = None,
        target_visible: Bool[Tensor, "..."] | None = None,
        causal: bool = True,
    ) -> Float[Tensor, "batch q d_model"]:
        """`source_visible` hides padding of the source, from the encoder and from the decoder alike."""
        memory = self.encoder(source, visible=source_visible)
        return self.decoder(
            target, memory, visible=target_visible, memory_visible=source_visible, causal=causal
        )
