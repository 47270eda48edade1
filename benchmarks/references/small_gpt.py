"""GPT-2's architecture in the shape that nanoGPT publishes for small machines, on PyTorch's own parts.

Karpathy (2022), github.com/karpathy/nanoGPT, README, "i only have a macbook": 4 layers, 4 heads, 128 wide,
blocks of 64 tokens, batches of 12, no dropout; and from its configuration for Shakespeare: no biases, a
learning rate of 1e-3 that falls to 1e-4 by a cosine after 100 steps of warm-up, betas 0.9 and 0.99, weight
decay 0.1 on matrices, gradients clipped at 1. Written here from that description.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

WIDTH, HEADS, LAYERS, BLOCK, BATCH = 128, 4, 4, 64, 12
TRAINING = {
    "steps": 2000, "learning_rate": 1e-3, "warmup_steps": 100, "schedule": "cosine",
    "betas": (0.9, 0.99), "weight_decay": 0.1,
}  # fmt: skip


class Layer(nn.Module):
    """Pre-LN, one product for queries, keys and values, PyTorch's fused causal attention, GELU."""

    def __init__(self) -> None:
        super().__init__()
        self.norm_1, self.norm_2 = nn.LayerNorm(WIDTH, bias=False), nn.LayerNorm(WIDTH, bias=False)
        self.to_qkv = nn.Linear(WIDTH, 3 * WIDTH, bias=False)
        self.to_residual = nn.Linear(WIDTH, WIDTH, bias=False)
        self.widen, self.narrow = (
            nn.Linear(WIDTH, 4 * WIDTH, bias=False), nn.Linear(4 * WIDTH, WIDTH, bias=False),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        batch, n, _ = x.shape
        qkv = self.to_qkv(self.norm_1(x)).split(WIDTH, dim=2)
        query, key, value = (part.view(batch, n, HEADS, WIDTH // HEADS).transpose(1, 2) for part in qkv)
        heads = F.scaled_dot_product_attention(query, key, value, is_causal=True)
        x = x + self.to_residual(heads.transpose(1, 2).contiguous().view(batch, n, WIDTH))
        return x + self.narrow(F.gelu(self.widen(self.norm_2(x))))


class SmallGPT(nn.Module):
    """Token numbers in, logits for the next token out; the output shares the embedding's matrix."""

    def __init__(self, vocabulary_size: int) -> None:
        super().__init__()
        self.tokens, self.places = nn.Embedding(vocabulary_size, WIDTH), nn.Embedding(BLOCK, WIDTH)
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))
        self.norm = nn.LayerNorm(WIDTH, bias=False)
        self.output = nn.Linear(WIDTH, vocabulary_size, bias=False)
        self.output.weight = self.tokens.weight
        for parameter in self.parameters():
            if parameter.ndim == 2:
                nn.init.normal_(parameter, std=0.02)
        for layer in self.layers:
            for last in (layer.to_residual, layer.narrow):
                nn.init.normal_(last.weight, std=0.02 / math.sqrt(2 * LAYERS))

    def forward(self, ids: Tensor) -> Tensor:
        x = self.tokens(ids) + self.places(torch.arange(ids.shape[1], device=ids.device))
        for layer in self.layers:
            x = layer(x)
        return self.output(self.norm(x))
