"""Change one thing inside a running model and see what becomes of its answer: ablation and patching.

Everything goes through PyTorch's hooks, so the models need no code for it, and all is as before afterwards.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from attend._arguments import check_whole
from attend.nn.multihead import MultiHeadAttention


def find(model: nn.Module, name: str, kind: type[nn.Module] = nn.Module) -> nn.Module:
    """The part of a model with this name, of this kind. Raises ValueError, with the names there are."""
    parts = {n: part for n, part in model.named_modules() if isinstance(part, kind)}
    if name not in parts:
        raise ValueError(f"name: expected one of {', '.join(parts)}, received {name!r}")
    return parts[name]


@contextmanager
def ablate_heads(
    model: nn.Module, heads: Mapping[str, Collection[int]], replacement: Mapping[str, Tensor] | None = None
) -> Iterator[None]:
    """Silence heads while the block runs: `{"stack.layers.0.attention": [2, 5]}`.

    What a head computed becomes zero, or the vectors in `replacement` (heads · d_head features of the same
    module, broadcast over batch and positions), such as the mean over many texts, which disturbs the rest
    less. Michel et al. (2019) ask so how many heads are needed. Raises ValueError for a name that is no
    attention, or a head that is not there.
    """
    handles = []
    try:
        for name, chosen in heads.items():
            attention = find(model, name, MultiHeadAttention)
            for head in chosen:
                check_whole(f"heads[{name!r}]", head, at_least=0)
                last = attention.num_heads - 1
                if head > last:
                    raise ValueError(f"heads[{name!r}]: expected heads from 0 to {last}, received {head}")
            silenced = torch.zeros(attention.num_heads, dtype=torch.bool)
            silenced[list(chosen)] = True
            instead = replacement[name] if replacement else torch.zeros(())
            hook = _replace_heads(silenced, instead)
            handles.append(attention.output_projection.register_forward_pre_hook(hook))
        yield
    finally:
        for handle in handles:
            handle.remove()


def _replace_heads(silenced: Tensor, instead: Tensor) -> Callable[[nn.Module, tuple[Tensor, ...]], tuple]:
    """A hook before the output projection, whose input holds the heads side by side."""

    def hook(module: nn.Module, args: tuple[Tensor, ...]) -> tuple[Tensor]:
        features = silenced.repeat_interleave(args[0].shape[-1] // len(silenced)).to(args[0].device)
        return (torch.where(features, instead.to(args[0]), args[0]),)

    return hook


@contextmanager
def activations(model: nn.Module, names: Collection[str]) -> Iterator[dict[str, Tensor]]:
    """Collect the outputs of the named parts while the block runs; an attention's is its output alone.

    A part that runs more than once keeps its last output. Raises ValueError for a name that is not there.
    """
    found: dict[str, Tensor] = {}

    def keep(name: str) -> Callable[..., None]:
        def hook(module: nn.Module, args: tuple, output: Any) -> None:
            found[name] = (output[0] if isinstance(output, tuple) else output).detach()

        return hook

    handles = [find(model, name).register_forward_hook(keep(name)) for name in names]
    try:
        yield found
    finally:
        for handle in handles:
            handle.remove()


@contextmanager
def patch(
    model: nn.Module, name: str, value: Tensor, positions: Collection[int] | None = None
) -> Iterator[None]:
    """Put another run's activation in the place of a part's output, at all positions or at some.

    `value` is (batch, n, features), from `activations`. Meng et al. (2022) and Wang et al. (2023) find so
    where an answer is decided. Raises ValueError for a name that is not there, or a value of another shape.
    """

    def hook(module: nn.Module, args: tuple, output: Any) -> Any:
        old = output[0] if isinstance(output, tuple) else output
        if value.shape != old.shape:
            raise ValueError(f"value: expected shape {tuple(old.shape)}, received {tuple(value.shape)}")
        new = value.to(old)
        if positions is not None:
            chosen = list(positions)
            new = old.clone()
            new[:, chosen] = value.to(old)[:, chosen]
        return (new, *output[1:]) if isinstance(output, tuple) else new

    handle = find(model, name).register_forward_hook(hook)
    try:
        yield
    finally:
        handle.remove()


def restored(clean: float, corrupt: float, patched: float) -> float:
    """The share of an effect that a patch brings back: 0 as corrupted, 1 as clean.

    Raises ValueError when clean and corrupt do not differ, so that there is no effect to share.
    """
    if clean == corrupt:
        raise ValueError(f"clean: expected a value that differs from corrupt = {corrupt}, received {clean}")
    return (patched - corrupt) / (clean - corrupt)
