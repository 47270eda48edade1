"""Position inside attention: modules that turn queries and keys, or add a bias to their scores."""

import torch
from jaxtyping import Complex, Float
from torch import Tensor, nn

from attend._arguments import check_even, check_positive, check_whole
from attend.nn.position import alibi_bias, exact_dtype, relative_bias, turn_pairs, turns


class Rotary(nn.Module):
    """Turn queries and keys by angles that grow with their positions (Su et al. 2021, section 3.4.2).

    The twin of `attend.position.rotary`, with the turns of past calls kept.
    """

    def __init__(self, d_head: int, base: float | int = 10000.0) -> None:
        super().__init__()
        check_even("d_head", d_head)
        check_positive("base", base)
        self.d_head, self.base = d_head, base
        self._turns: Complex[Tensor, "positions pairs"] | None = None

    def forward(self, x: Float[Tensor, "batch h n d"], start: int = 0) -> Float[Tensor, "batch h n d"]:
        """Turn the vectors of positions `start`, `start + 1`, …"""
        end = start + x.shape[-2]
        kept, dtype = self._turns, torch.complex128 if x.dtype == torch.float64 else torch.complex64
        if kept is None or len(kept) < end or (kept.dtype, kept.device) != (dtype, x.device):
            positions = torch.arange(max(64, 2 * end), dtype=exact_dtype(x.device), device=x.device)
            kept = self._turns = turns(positions, self.d_head, self.base).to(dtype)
        return turn_pairs(x, kept[start:end])


class Alibi(nn.Module):
    """Lower each score by the distance times the head's slope (Press et al. 2022, section 3)."""

    def __init__(self, num_heads: int) -> None:
        super().__init__()
        check_whole("num_heads", num_heads)
        self.num_heads = num_heads

    def forward(self, q_len: int, k_len: int, like: Tensor) -> Float[Tensor, "h q k"]:
        """The bias for the last `q_len` of `k_len` positions, in the dtype and on the device of `like`."""
        return alibi_bias(self.num_heads, q_len, k_len, dtype=like.dtype, device=like.device)


class RelativeBias(nn.Module):
    """Add a learned number for each head and each offset, clipped at `farthest` positions.

    Clipping as in Shaw et al. (2018); one number a head and offset as in Raffel et al. (2020), section 2.1.
    """

    def __init__(self, num_heads: int, farthest: int = 32) -> None:
        super().__init__()
        check_whole("num_heads", num_heads)
        check_whole("farthest", farthest)
        self.table = nn.Parameter(torch.zeros(num_heads, 2 * farthest + 1))

    def forward(self, q_len: int, k_len: int, like: Tensor) -> Float[Tensor, "h q k"]:
        """The bias for the last `q_len` of `k_len` positions, in the dtype of `like`."""
        return relative_bias(self.table, q_len, k_len).to(like.dtype)
