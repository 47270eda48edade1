"""The language model of chapter 14: plays by Shakespeare, one character after another.

python -m attend.nn.train language-model --out language_model.safetensors
"""

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor, nn

from attend.data import text
from attend.nn.models import DecoderOnly
from attend.nn.train import Batch, cross_entropy

BLOCK, BATCH_SIZE = 64, 12
TRAINING = {
    "steps": 2000, "learning_rate": 4e-3, "warmup_steps": 100, "schedule": "cosine",
    "betas": (0.9, 0.99), "weight_decay": 0.1,
}  # fmt: skip


def make(vocabulary_size: int, seed: int = 0) -> DecoderOnly:
    """Make the model before training: a modern decoder of four layers, 0.8 million parameters.

    Rotary position, RMS norms, a gated feed-forward network, no biases: the parts of Touvron et al. (2023).
    """
    torch.manual_seed(seed)
    return DecoderOnly(
        vocabulary_size, d_model=128, num_heads=4, d_ff=336, num_layers=4,
        position="rotary", norm="rms", activation="swiglu", bias=False,
    )  # fmt: skip


def batches(
    ids: Int[np.ndarray, " n"], block: int = BLOCK, batch_size: int = BATCH_SIZE, seed: int = 0
) -> Callable[[int], Batch]:
    """Give the batch of each training step: (inputs, targets), pieces of the text from anywhere."""
    return lambda step: tuple(map(torch.from_numpy, text.batch(ids, block, batch_size, step, seed)))


def loss(model: nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
    """The cross-entropy of the next token at every place."""
    inputs, targets = batch
    return cross_entropy(model(inputs), targets)


@torch.no_grad()
def mean_loss(model: nn.Module, ids: Int[np.ndarray, " n"], block: int = BLOCK) -> float:
    """The mean cross-entropy of a whole text, in nats a token, cut into pieces of `block` tokens."""
    device = next(model.parameters()).device
    total = count = 0.0
    for batch in zip(*(torch.from_numpy(side).split(64) for side in text.windows(ids, block)), strict=True):
        piece, tokens = loss(model, tuple(part.to(device) for part in batch))
        total, count = total + piece.item(), count + tokens.item()
    return total / count
