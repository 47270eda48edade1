"""See inside a model while it runs: attention weights, collected by PyTorch's own hooks."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn

from attend.nn.multihead import MultiHeadAttention


@contextmanager
def attention_weights(model: nn.Module) -> Iterator[dict[str, Tensor]]:
    """Collect the weights (batch, h, q, k) of every attention module that runs inside the block.

        with attention_weights(model) as weights:
            model(ids)
        weights["stack.layers.0.attention"]

    A module that runs more than once keeps its last weights. Raises ValueError for a model without attention.
    """
    modules = {n: m for n, m in model.named_modules() if isinstance(m, MultiHeadAttention)}
    if not modules:
        raise ValueError(f"model: expected a model with attention in it, received {type(model).__name__}")
    weights: dict[str, Tensor] = {}

    def ask(module: nn.Module, args: tuple, kwargs: dict[str, Any]) -> tuple[tuple, dict[str, Any]]:
        return args, {**kwargs, "need_weights": True}

    def keep(name: str) -> Any:
        def hook(module: nn.Module, args: tuple, output: tuple[Tensor, Tensor]) -> None:
            weights[name] = output[1].detach()

        return hook

    handles = [m.register_forward_pre_hook(ask, with_kwargs=True) for m in modules.values()]
    handles += [m.register_forward_hook(keep(name)) for name, m in modules.items()]
    try:
        yield weights
    finally:
        for handle in handles:
            handle.remove()
