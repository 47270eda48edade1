"""Where attention leads over many layers, and which heads look one back or find what came next last time."""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor

from attend._arguments import check_shapes, check_whole
from attend.nn._arguments import check_tensors


def rollout(weights: Sequence[Float[Tensor, "batch h n n"]]) -> Float[Tensor, "batch n n"]:
    r"""Multiply attention through the layers, the first layer first: how much of an input reaches an output.

    The heads are averaged, and the residual connection counts as attention to oneself:
    $\tilde A = \frac12 (\bar A + I)$, then $\tilde A_L \cdots \tilde A_1$. Rows sum to one. Abnar and
    Zuidema (2020), section 3. Raises TypeError or ValueError for no layer, or layers of different shapes.
    """
    if not weights:
        raise ValueError("weights: expected the weights of at least one layer, received none")
    for layer, tensor in enumerate(weights):
        check_tensors(**{f"weights[{layer}]": tensor})
        both = {"weights[0]": weights[0], f"weights[{layer}]": tensor}
        check_shapes(**{name: (each, "batch h n n") for name, each in both.items()})
    one = torch.eye(weights[0].shape[-1], dtype=weights[0].dtype, device=weights[0].device)
    flow = one.expand(len(weights[0]), -1, -1)  # (batch, n, n)
    for layer in weights:
        flow = (layer.mean(dim=1) + one) / 2 @ flow
    return flow


def repeated_tokens(
    vocabulary_size: int, length: int, batch_size: int = 1, seed: int = 0
) -> Int[Tensor, "batch twice"]:
    """Draw `length` tokens by chance and write them twice: only who looks back can know the second half.

    Olsson et al. (2022), "In-context learning and induction heads". Raises TypeError or ValueError for sizes
    below one.
    """
    check_whole("vocabulary_size", vocabulary_size)
    check_whole("length", length)
    check_whole("batch_size", batch_size)
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(vocabulary_size, (batch_size, length), generator=generator).repeat(1, 2)


def previous_token_score(weights: Float[Tensor, "batch h n n"]) -> Float[Tensor, " h"]:
    """How much each head looks from a position to the one before it, on average."""
    check_tensors(weights=weights)
    return weights.diagonal(-1, dim1=-2, dim2=-1).mean(dim=(0, 2))


def induction_score(weights: Float[Tensor, "batch h n n"], length: int) -> Float[Tensor, " h"]:
    """How much each head, over `repeated_tokens`, looks from a token to what followed it the first time.

    From position i to i - `length` + 1, averaged over the second half. Olsson et al. (2022). Raises
    ValueError unless the text is twice `length` long.
    """
    check_tensors(weights=weights)
    check_whole("length", length)
    if weights.shape[-1] != 2 * length:
        raise ValueError(
            f"weights: expected {2 * length} positions, twice length, received {weights.shape[-1]}"
        )
    ahead = weights.diagonal(1 - length, dim1=-2, dim2=-1)  # (batch, h, n - length + 1)
    return ahead[..., 1:].mean(dim=(0, 2))  # the first is the last of the first half
