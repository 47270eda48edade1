"""From token numbers to vectors: embeddings, with positions added where a scheme asks for it."""

import math

from jaxtyping import Float, Int
from torch import Tensor, nn

from attend._arguments import check_whole
from attend.nn._arguments import check_ids
from attend.nn.position import sinusoidal
from attend.nn.relative import Alibi, RelativeBias, Rotary

ADDED = ("none", "sinusoidal", "learned")  # to the embeddings
INSIDE = ("rotary", "alibi", "relative")  # attention
POSITIONS = ADDED + INSIDE


def check_position(position: str) -> None:
    """`position` must name a scheme."""
    if position not in POSITIONS:
        raise ValueError(f"position: expected one of {', '.join(POSITIONS)}, received {position!r}")


def inside_attention(
    position: str, d_model: int, num_heads: int, rotary_base: float | int = 10000.0
) -> Rotary | Alibi | RelativeBias | None:
    """Give a new module for a scheme that works inside attention, None for the others."""
    check_position(position)
    if position == "rotary":
        return Rotary(d_model // num_heads, rotary_base)
    if position == "alibi":
        return Alibi(num_heads)
    return RelativeBias(num_heads) if position == "relative" else None


class TokenEmbedding(nn.Module):
    r"""Look up a vector for each token and, for "sinusoidal" and "learned", add one for its position.

    Vaswani et al. (2017), sections 3.4 and 3.5: vectors times $\sqrt{d_{model}}$ if `scale`. `max_length` is
    the number of rows of a learned table; the other schemes have no limit. Raises ValueError for an unknown
    scheme, and in a call for token numbers outside the vocabulary or positions beyond the learned table.
    """

    def __init__(
        self,
        vocabulary_size: int,
        d_model: int,
        *,
        position: str = "none",
        max_length: int = 512,
        scale: bool = False,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        check_whole("vocabulary_size", vocabulary_size)
        check_whole("d_model", d_model)
        check_whole("max_length", max_length)
        check_position(position)
        self.tokens = nn.Embedding(vocabulary_size, d_model)
        self.positions = nn.Embedding(max_length, d_model) if position == "learned" else None
        self.position, self.scale = position, math.sqrt(d_model) if scale else 1.0
        self.dropout = nn.Dropout(dropout)
        self._table: Tensor | None = None  # sinusoids, kept between calls

    def forward(self, ids: Int[Tensor, "batch n"], start: int = 0) -> Float[Tensor, "batch n d_model"]:
        """Embed tokens that stand at the positions `start`, `start + 1`, …"""
        check_ids(self.tokens.weight, ids=ids)
        try:
            x = self.tokens(ids) * self.scale
        except IndexError:  # on a GPU the lookup itself stops the program
            size = self.tokens.num_embeddings
            row, column = ((ids < 0) | (ids >= size)).nonzero()[0].tolist()
            raise ValueError(
                f"ids: expected token numbers from 0 to {size - 1}, "
                f"received {ids[row, column].item()} at index {(row, column)}"
            ) from None
        end = start + ids.shape[1]
        if self.position == "sinusoidal":
            x = x + self._sinusoids(end, x)[start:end]
        elif self.positions is not None:
            if end > self.positions.num_embeddings:
                raise ValueError(
                    f"ids: expected at most {self.positions.num_embeddings} positions, the rows of the "
                    f"learned table, received {end}"
                )
            x = x + self.positions.weight[start:end]
        return self.dropout(x)

    def _sinusoids(self, length: int, like: Tensor) -> Tensor:
        table = self._table
        if table is None or len(table) < length or (table.dtype, table.device) != (like.dtype, like.device):
            table = sinusoidal(max(64, 2 * length), like.shape[-1], dtype=like.dtype, device=like.device)
            self._table = table
        return table
