"""What attention keeps of the positions it has seen, so that a new token costs one position and not all."""

from collections.abc import Callable

import torch
from torch import Tensor, nn


class Cache:
    """Keys and values, one entry for each attention module of a model.

    Pass the same cache with every call and only the new tokens: self-attention adds to its entry,
    cross-attention fills its own once. `length` counts the positions seen so far.
    """

    def __init__(self) -> None:
        self.length = 0
        self._kept: dict[nn.Module, tuple[Tensor, Tensor]] = {}

    def extend(self, module: nn.Module, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
        """Add keys and values (batch, h, n, d) of new positions; return those of all positions so far."""
        if module in self._kept:
            old_key, old_value = self._kept[module]
            if old_key.shape[0] != key.shape[0]:
                raise ValueError(
                    f"cache: expected a batch of {old_key.shape[0]}, as in the calls before, "
                    f"received {key.shape[0]}"
                )
            key, value = torch.cat((old_key, key), dim=-2), torch.cat((old_value, value), dim=-2)
        self._kept[module] = key, value
        return key, value

    def once(self, module: nn.Module, make: Callable[[], tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
        """Return the module's keys and values, made at its first call: those of a memory do not change."""
        if module not in self._kept:
            self._kept[module] = make()
        return self._kept[module]

    def select(self, rows: Tensor) -> None:
        """Keep these rows of the batch, in this order; beam search drops and doubles hypotheses so."""
        self._kept = {module: (key[rows], value[rows]) for module, (key, value) in self._kept.items()}
