"""How well our language model learns, beside nanoGPT's published recipe: same text, same steps, three seeds.

Takes about a quarter of an hour on one core. `SEEDS=1 python -m benchmarks learning` runs one seed.
"""

from __future__ import annotations

import os
import statistics
import sys

import torch

from attend.data import text
from attend.data.tokenizers import CharacterTokenizer
from attend.nn import language_model
from attend.nn.train import train
from benchmarks.references import small_gpt

MOST_PARAMETERS = 800_000


def main() -> int:
    torch.set_num_threads(1)
    seeds = range(int(os.environ.get("SEEDS", "3")))
    plays = text.load()
    tokenizer = CharacterTokenizer.train(plays)
    train_ids, validation_ids = text.split(tokenizer.encode(plays))
    losses: dict[str, list[float]] = {"ours": [], "nanoGPT's": []}
    for seed in seeds:
        ours = language_model.make(len(tokenizer), seed)
        assert sum(p.numel() for p in ours.parameters()) <= MOST_PARAMETERS
        torch.manual_seed(seed)
        theirs = small_gpt.SmallGPT(len(tokenizer))
        batch_at = language_model.batches(train_ids, small_gpt.BLOCK, small_gpt.BATCH, seed)
        for name, model, settings in (
            ("ours", ours, language_model.TRAINING),
            ("nanoGPT's", theirs, small_gpt.TRAINING),
        ):
            train(model, batch_at, language_model.loss, seed=seed, **settings)
            losses[name].append(language_model.mean_loss(model, validation_ids))
            print(f"seed {seed}, {name}: {losses[name][-1]:.3f} nats a character on the validation split")
    ours, theirs = (statistics.mean(found) for found in losses.values())
    good = max(losses["ours"]) < min(losses["nanoGPT's"])
    print(f"mean of {len(seeds)}: {ours:.3f}, nanoGPT's recipe {theirs:.3f}   {'met' if good else 'MISSED'}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
