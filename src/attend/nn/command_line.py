"""What `python -m attend.nn.train` does: train a model of the book, alone or as one of several processes."""

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import torch
import torch.distributed as dist
from torch import nn

from attend.data import text, translation
from attend.data.tokenizers import CharacterTokenizer
from attend.nn import language_model, translator
from attend.nn.train import Batch, Loss, train
from attend.nn.weights import save_weights


class Recipe(NamedTuple):
    """All that a run needs, and a sentence about the trained model."""

    model: nn.Module
    batch_at: Callable[[int], Batch]
    loss: Loss
    training: dict[str, Any]
    report: Callable[[nn.Module], str]


def translator_recipe(seed: int) -> Recipe:
    """The translator of chapter 10."""
    numbers = translation.split(seed)

    def report(model: nn.Module) -> str:
        share = translator.exact_match(model, numbers.test)
        return f"{share:.2%} of {len(numbers.test):,} unseen numbers are translated without an error"

    return Recipe(
        translator.make(seed), translator.batches(numbers.train, seed=seed), translator.loss,
        translator.TRAINING, report,
    )  # fmt: skip


def language_model_recipe(seed: int) -> Recipe:
    """The language model of chapter 14."""
    plays = text.load()
    tokenizer = CharacterTokenizer.train(plays)
    train_ids, validation_ids = text.split(tokenizer.encode(plays))

    def report(model: nn.Module) -> str:
        return (
            f"{language_model.mean_loss(model, validation_ids):.3f} nats a character on a play it never saw"
        )

    return Recipe(
        language_model.make(len(tokenizer), seed), language_model.batches(train_ids, seed=seed),
        language_model.loss, language_model.TRAINING, report,
    )  # fmt: skip


RECIPES: dict[str, Callable[[int], Recipe]] = {
    "translator": translator_recipe,
    "language-model": language_model_recipe,
}


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m attend.nn.train",
        description="Train a model of the book.",
        epilog="With several processes: torchrun --nproc-per-node=2 -m attend.nn.train MODEL --out FILE. "
        "A run with --checkpoint that was stopped goes on where it was when started again.",
    )
    parser.add_argument("model", choices=RECIPES, help="which model to train")
    parser.add_argument("--out", type=Path, required=True, help="the file for the trained weights")
    parser.add_argument("--checkpoint", type=Path, help="a file to save the run to, and to go on from")
    parser.add_argument("--steps", type=int, help="how many steps (default: the model's own recipe)")
    parser.add_argument("--seed", type=int, default=0, help="of weights, batches and dropout (default: 0)")
    parser.add_argument("--device", help="such as cpu or cuda (default: cuda where there is one)")
    parser.add_argument("--half", action="store_true", help="store the weights in half precision")
    chosen = parser.parse_args(arguments)
    for path in (chosen.out, chosen.checkpoint):
        if path and not path.parent.is_dir():
            parser.error(f"expected a file in a folder that exists, received {path}")
    if chosen.steps is not None and chosen.steps < 1:
        parser.error(f"--steps: expected at least 1, received {chosen.steps}")
    return chosen


def main(arguments: list[str] | None = None) -> None:
    """Train, write the weights, say how good they are."""
    chosen = parse(arguments)
    device = torch.device(chosen.device or ("cuda" if torch.cuda.is_available() else "cpu"))
    if processes := "WORLD_SIZE" in os.environ:  # torchrun sets it
        dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
        if device.type == "cuda":
            device = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
    recipe = RECIPES[chosen.model](chosen.seed)
    model = recipe.model.to(device)
    training = recipe.training | ({"steps": chosen.steps} if chosen.steps else {})
    train(model, recipe.batch_at, recipe.loss, seed=chosen.seed, checkpoint=chosen.checkpoint, **training)
    if not processes or dist.get_rank() == 0:
        about = {"model": chosen.model, "seed": str(chosen.seed), "steps": str(training["steps"])}
        if chosen.half:
            model.half().float()  # what is said below is true of the weights as they are stored
        save_weights(model, chosen.out, about, torch.float16 if chosen.half else None)
        print(f"{chosen.out}: {recipe.report(model)}")
    if processes:
        dist.destroy_process_group()
