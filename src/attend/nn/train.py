"""One training loop for every model of the book, and the command line `python -m attend.nn.train`.

A run is a pure function of its settings: the batch is a function of the step's number, and so is the seed of
dropout. Whoever stops at step 700 and goes on gets the numbers of a run that never stopped.
"""

import math
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
import torch.distributed as dist
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from tqdm import tqdm

from attend._arguments import check_positive, check_real, check_whole
from attend.nn.checkpoint import load_run, save_run

Batch = tuple[Tensor, ...]
# The loss of a batch, summed, and over how many tokens.
Loss = Callable[[nn.Module, Batch], tuple[Tensor, Tensor]]


def cross_entropy(
    logits: Float[Tensor, "batch n vocabulary"],
    targets: Int[Tensor, "batch n"],
    *,
    pad_id: int = -100,
    label_smoothing: float = 0.0,
) -> tuple[Float[Tensor, ""], Int[Tensor, ""]]:
    """Sum the cross-entropy over all targets that are not padding. Returns (sum, number of targets).

    Label smoothing spreads that share of the probability evenly: Szegedy et al. (2016), section 7.
    """
    total = F.cross_entropy(
        logits.flatten(0, -2), targets.flatten(),
        ignore_index=pad_id, label_smoothing=label_smoothing, reduction="sum",
    )  # fmt: skip
    return total, (targets != pad_id).sum()


def learning_rate_at(
    step: int, *, steps: int, peak: float, warmup_steps: int, schedule: str = "cosine"
) -> float:
    """Rise linearly to the peak, then fall.

    "cosine" falls to a tenth of the peak at the last step (Loshchilov and Hutter 2017, without restarts);
    "inverse_sqrt" falls with the root of the step (Vaswani et al. 2017, equation 3); "linear" to zero.
    """
    warmup_steps = max(warmup_steps, 1)
    if step < warmup_steps:
        return peak * (step + 1) / warmup_steps
    done = (step - warmup_steps) / max(steps - warmup_steps, 1)
    if schedule == "cosine":
        return peak * (0.1 + 0.9 * (1 + math.cos(math.pi * done)) / 2)
    if schedule == "inverse_sqrt":
        return peak * math.sqrt(warmup_steps / (step + 1))
    if schedule == "linear":
        return peak * (1 - done)
    raise ValueError(f"schedule: expected cosine, inverse_sqrt or linear, received {schedule!r}")


def train(
    model: nn.Module,
    batch_at: Callable[[int], Batch],
    loss: Loss,
    *,
    steps: int,
    learning_rate: float,
    warmup_steps: int = 100,
    schedule: str = "cosine",
    betas: tuple[float, float] = (0.9, 0.99),
    weight_decay: float = 0.1,
    clip: float = 1.0,
    seed: int = 0,
    checkpoint: Path | str | None = None,
    checkpoint_every: int = 500,
    after_step: Callable[[int, float], None] | None = None,
    progress: bool = True,
) -> list[float]:
    """Train a model in place with AdamW (Loshchilov and Hutter 2019). Returns the loss of every step.

    `batch_at(step)` gives the batch of a step, always the same for the same step. Matrices decay, biases and
    norms do not. Gradients longer than `clip` are shortened to it (Pascanu et al. 2013). On a GPU that can,
    the forward pass runs in bfloat16. Under `torchrun` each process takes its share of every batch, and the
    gradients are those of the whole. `after_step(step, loss)` is called after every step, to look on.

    With `checkpoint`, a file that is written every `checkpoint_every` steps and at the end, a run goes on
    where it stopped, with the same numbers on the same machine. An interrupt (Ctrl-C) lets the step finish,
    saves, and then stops. Raises FloatingPointError when the loss is no number, with the last checkpoint
    kept, and ValueError for a checkpoint that is damaged or of another run.
    """
    check_whole("steps", steps)
    check_whole("checkpoint_every", checkpoint_every)
    check_positive("learning_rate", learning_rate)
    check_real("weight_decay", weight_decay)
    check_positive("clip", clip)
    settings = {
        "steps": steps, "learning_rate": learning_rate, "warmup_steps": warmup_steps, "schedule": schedule,
        "betas": list(betas), "weight_decay": weight_decay, "clip": clip, "seed": seed,
    }  # fmt: skip
    optimizer = make_optimizer(model, betas, weight_decay)
    losses = load_run(checkpoint, model, optimizer, settings) if checkpoint else []
    device = next(model.parameters()).device
    is_first = not dist.is_initialized() or dist.get_rank() == 0
    parallel = DistributedDataParallel(model) if dist.is_initialized() else model
    model.train()
    bar = tqdm(total=steps, initial=len(losses), disable=not (progress and is_first), unit="step")
    with bar, _interrupts_wait() as interrupted:
        for step in range(len(losses), steps):
            torch.manual_seed(seed + step)  # for dropout
            rate = learning_rate_at(
                step, steps=steps, peak=learning_rate, warmup_steps=warmup_steps, schedule=schedule
            )
            for group in optimizer.param_groups:
                group["lr"] = rate
            value = gradients(parallel, share(batch_at(step), device), loss)
            if not math.isfinite(value):
                raise FloatingPointError(
                    f"loss: {value} at step {step}; try a lower learning rate than {learning_rate:g}"
                    + (f" (the last checkpoint is kept in {checkpoint})" if checkpoint else "")
                )
            nn.utils.clip_grad_norm_(model.parameters(), clip)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            losses.append(value)
            bar.set_postfix_str(f"loss {value:.3f}", refresh=False)
            bar.update()
            if after_step:
                after_step(step, value)
            is_last = step + 1 == steps
            if checkpoint and is_first and ((step + 1) % checkpoint_every == 0 or is_last or interrupted):
                save_run(checkpoint, model, optimizer, settings, losses)
            if interrupted and not is_last:
                raise KeyboardInterrupt
    model.eval()
    return losses


def make_optimizer(model: nn.Module, betas: tuple[float, float], weight_decay: float) -> torch.optim.AdamW:
    """AdamW with one fused kernel; only what has two axes or more decays."""
    parameters = list(model.parameters())
    groups = [
        {"params": [p for p in parameters if p.ndim >= 2], "weight_decay": weight_decay},
        {"params": [p for p in parameters if p.ndim < 2], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=0.0, betas=betas, fused=True)


def gradients(model: nn.Module, batch: Batch, loss: Loss) -> float:
    """Leave the gradients of the mean loss in the parameters. Returns it, over all processes' tokens."""
    kind = batch[0].device.type
    with torch.autocast(kind, torch.bfloat16, enabled=kind == "cuda" and torch.cuda.is_bf16_supported()):
        total, count = loss(model, batch)
    processes = dist.get_world_size() if dist.is_initialized() else 1
    everywhere = torch.stack((total.detach().double(), count.double()))
    if processes > 1:
        dist.all_reduce(everywhere)
    # DDP averages gradients over processes; times their number, this is the mean over all tokens.
    (total * (processes / everywhere[1].to(total.dtype))).backward()
    return (everywhere[0] / everywhere[1]).item()


def share(batch: Batch, device: torch.device) -> Batch:
    """This process's rows of a batch, on its device: every n-th row where there are n processes."""
    rank, processes = (dist.get_rank(), dist.get_world_size()) if dist.is_initialized() else (0, 1)
    if len(batch[0]) < processes:
        raise ValueError(
            f"batch: expected at least {processes} rows, one a process, received {len(batch[0])}"
        )
    return tuple(part[rank::processes].to(device) for part in batch)


@contextmanager
def _interrupts_wait() -> Iterator[list[int]]:
    """Collect Ctrl-C in a list instead of stopping in the middle of an update."""
    seen: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield seen  # only the main thread receives signals
        return
    before = signal.signal(signal.SIGINT, lambda number, frame: seen.append(number))
    try:
        yield seen
    finally:
        signal.signal(signal.SIGINT, before)


if __name__ == "__main__":
    from attend.nn.command_line import main  # it imports the models, and they this module

    main()
