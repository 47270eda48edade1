"""What each head of a running model looks at, and what it adds to the output."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn

from attend.analysis.intervene import find
from attend.nn.attention import split_heads
from attend.nn.multihead import MultiHeadAttention


class HeadRecord(NamedTuple):
    """One attention's weights, and what each head adds to its output; with the bias the sum is the output."""

    weights: Float[Tensor, "batch h q k"]
    contributions: Float[Tensor, "batch h q d_model"]


def head_contributions(
    merged: Float[Tensor, "batch q hd"], output_matrix: Float[Tensor, "d_model hd"], num_heads: int
) -> Float[Tensor, "batch h q d_model"]:
    r"""Split what the output projection makes of the heads, side by side in `merged`, into one part a head.

    $[H_1 \dots H_h]\,W^O = \sum_i H_i W^O_i$: Elhage et al. (2021). `output_matrix` lies as PyTorch keeps it.
    Raises ValueError unless `num_heads` divides the features.
    """
    heads = split_heads(merged, num_heads)  # (batch, h, q, d)
    blocks = output_matrix.unflatten(1, (num_heads, -1)).movedim(1, 0)  # (h, m, d)
    return heads @ blocks.mT


@contextmanager
def record_heads(model: nn.Module, names: Collection[str]) -> Iterator[dict[str, HeadRecord]]:
    """Collect what the heads of the named attentions do while the block runs; the last run counts.

    The weights are computed a second time, by the path that shows them, so a cache cannot be used. Raises
    ValueError for a name that is no attention, or a call with a cache.
    """
    found: dict[str, HeadRecord] = {}
    handles = []

    def keep(name: str) -> Callable[..., None]:
        def hook(module: MultiHeadAttention, args: tuple, kwargs: dict, output: tuple) -> None:
            if kwargs.get("cache") is not None:
                raise ValueError("cache: expected None while heads are recorded, received a cache")
            last, inputs = module.output_projection, []
            tap = last.register_forward_pre_hook(lambda _, given: inputs.append(given[0]))
            try:
                with torch.no_grad():
                    weights = module.forward(*args, **{**kwargs, "need_weights": True})[1]
                    parts = head_contributions(inputs[-1], last.weight, module.num_heads)
            finally:
                tap.remove()
            found[name] = HeadRecord(weights, parts)

        return hook

    try:
        for name in names:
            attention = find(model, name, MultiHeadAttention)
            handles.append(attention.register_forward_hook(keep(name), with_kwargs=True))
        yield found
    finally:
        for handle in handles:
            handle.remove()
