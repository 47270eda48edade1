"""How fast our models train and write, side by side with others in one run; figures are ratios of medians.

The two sides take turns, so that whatever else the machine does hits both alike.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

import torch
from torch import nn

from attend.nn import generate
from attend.nn.convert import from_torch
from attend.nn.models import DecoderOnly
from attend.nn.train import cross_entropy, make_optimizer
from benchmarks.references.small_gpt import BATCH, BLOCK, HEADS, LAYERS, WIDTH, SmallGPT

ROUNDS = 60
VOCABULARY = 65
NEW_TOKENS = 256


def take_turns(sides: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """The median time of each side in seconds, after a few rounds that do not count."""
    times: dict[str, list[float]] = {name: [] for name in sides}
    for turn in range(rounds + 3):
        for name, work in sides.items():
            start = time.perf_counter()
            work()
            if turn >= 3:
                times[name].append(time.perf_counter() - start)
    return {name: statistics.median(seconds) for name, seconds in times.items()}


def step_of(model: nn.Module, loss: Callable[[], torch.Tensor]) -> Callable[[], None]:
    """A whole training step: forward, backward, clip, AdamW."""
    optimizer = make_optimizer(model.train(), (0.9, 0.99), 0.1)

    def step() -> None:
        loss().backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

    return step


def bytes_kept(loss: Callable[[], torch.Tensor]) -> int:
    """What the forward pass keeps in memory for the backward pass, parameters not counted."""
    kept: dict[int, int] = {}

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        if not (isinstance(tensor, nn.Parameter) or (tensor.is_leaf and tensor.requires_grad)):
            storage = tensor.untyped_storage()
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        value = loss()
    del value
    return sum(kept.values())


def against_torch_transformer() -> tuple[float, float]:
    """Our encoder and decoder against nn.Transformer, same weights. Returns (time, memory) ratios."""
    torch.manual_seed(0)
    theirs = nn.Transformer(64, 4, 2, 2, 256, dropout=0.0, batch_first=True, norm_first=True)
    ours = from_torch(theirs)
    source, target = torch.randn(64, 12, 64), torch.randn(64, 14, 64)
    hidden = torch.arange(12) >= torch.randint(6, 13, (64, 1))  # padding, (batch, k)
    future = nn.Transformer.generate_square_subsequent_mask(14)

    def our_loss() -> torch.Tensor:
        return ours(source, target, source_visible=~hidden[:, None]).square().mean()

    def their_loss() -> torch.Tensor:
        out = theirs(
            source, target, tgt_mask=future, tgt_is_causal=True,
            src_key_padding_mask=hidden, memory_key_padding_mask=hidden,
        )  # fmt: skip
        return out.square().mean()

    torch.testing.assert_close(our_loss(), their_loss())
    memory = bytes_kept(our_loss) / bytes_kept(their_loss)
    medians = take_turns({"ours": step_of(ours, our_loss), "theirs": step_of(theirs, their_loss)}, ROUNDS)
    return medians["ours"] / medians["theirs"], memory


def against_small_gpt() -> tuple[float, float]:
    """Our decoder-only model in the same shape against the same architecture on PyTorch's parts."""
    torch.manual_seed(0)
    theirs = SmallGPT(VOCABULARY)
    ours = DecoderOnly(
        VOCABULARY, d_model=WIDTH, num_heads=HEADS, d_ff=4 * WIDTH, num_layers=LAYERS, position="learned",
        max_length=BLOCK, activation="gelu", bias=False,
    )  # fmt: skip
    assert sum(p.numel() for p in ours.parameters()) == sum(p.numel() for p in theirs.parameters())
    ids = torch.randint(VOCABULARY, (BATCH, BLOCK + 1))

    def loss_of(model: nn.Module) -> Callable[[], torch.Tensor]:
        def loss() -> torch.Tensor:
            total, count = cross_entropy(model(ids[:, :-1]), ids[:, 1:])
            return total / count

        return loss

    our_loss, their_loss = loss_of(ours), loss_of(theirs)
    memory = bytes_kept(our_loss) / bytes_kept(their_loss)
    medians = take_turns({"ours": step_of(ours, our_loss), "theirs": step_of(theirs, their_loss)}, ROUNDS)
    return medians["ours"] / medians["theirs"], memory


def cache_against_recomputing() -> float:
    """How many times faster 256 tokens are written with a cache, by 256 features in 6 layers; same text."""
    torch.manual_seed(0)
    model = DecoderOnly(VOCABULARY, d_model=256, num_heads=8, d_ff=1024, num_layers=6).eval()
    prompt = torch.zeros(1, 1, dtype=torch.int64)

    def write(use_cache: bool) -> torch.Tensor:
        return generate.greedy(model, prompt, max_new=NEW_TOKENS, use_cache=use_cache)

    assert torch.equal(write(True), write(False))
    medians = take_turns({"cached": lambda: write(True), "not": lambda: write(False)}, 3)
    return medians["not"] / medians["cached"]


def main() -> int:
    torch.set_num_threads(1)
    transformer, transformer_memory = against_torch_transformer()
    gpt, gpt_memory = against_small_gpt()
    cache = cache_against_recomputing()
    rows = [
        ("training step / torch.nn.Transformer's", transformer, "at most", 1.0),
        ("  memory kept for backward / its", transformer_memory, "at most", 1.0),
        ("training step / nanoGPT-shaped model's", gpt, "at most", 1.0),
        ("  memory kept for backward / its", gpt_memory, "at most", 1.0),
        (f"{NEW_TOKENS} tokens: recomputing / KV cache", cache, "at least", 5.0),
    ]
    met = True
    for what, ratio, how, budget in rows:
        good = ratio <= budget if how == "at most" else ratio >= budget
        met &= good
        print(f"{what:<42} {ratio:6.2f}   budget {how} {budget:g}   {'met' if good else 'MISSED'}")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
