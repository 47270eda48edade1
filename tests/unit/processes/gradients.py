"""Run by test_training.py under torchrun: write a process's gradients, and the weights after three steps."""

import sys
from pathlib import Path

import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel

from attend.nn.models import DecoderOnly
from attend.nn.train import cross_entropy, gradients, share, train
from attend.nn.weights import save_tensors


def model() -> DecoderOnly:
    torch.manual_seed(0)
    return DecoderOnly(7, d_model=8, num_heads=2, d_ff=16, num_layers=1)


def batch_at(step: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Rows of unequal length, so that the processes hold unequal numbers of tokens."""
    generator = torch.Generator().manual_seed(step)
    ids = torch.randint(1, 7, (5, 6), generator=generator)
    targets = torch.where(torch.arange(6) < torch.tensor([6, 1, 3, 2, 6])[:, None], ids, 0)
    return ids, targets


def loss(network: torch.nn.Module, batch: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, torch.Tensor]:
    return cross_entropy(network(batch[0]), batch[1], pad_id=0)


def results() -> dict[str, torch.Tensor]:
    """Gradients of the first batch, and the weights and losses of three steps."""
    torch.set_default_dtype(torch.float64)
    network = model()
    wrapped = DistributedDataParallel(network) if dist.is_initialized() else network
    mean = gradients(wrapped, share(batch_at(0), torch.device("cpu")), loss)
    found = {f"gradient.{name}": p.grad.clone() for name, p in network.named_parameters()}
    network = model()
    losses = train(network, batch_at, loss, steps=3, learning_rate=0.01, warmup_steps=1, progress=False)
    weights = {f"weight.{name}": p for name, p in network.named_parameters()}
    return {**found, **weights, "losses": torch.tensor([mean, *losses])}


if __name__ == "__main__":
    dist.init_process_group("gloo")
    save_tensors(Path(sys.argv[1]) / f"{dist.get_rank()}.safetensors", results(), {})
    dist.destroy_process_group()
