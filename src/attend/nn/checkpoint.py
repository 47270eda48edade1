"""A training run on disk: weights, the optimiser's memory, every loss so far, the settings it ran with."""

import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from attend.nn.weights import load_tensors, save_tensors, set_weights

KIND = "attend training run"


def save_run(
    path: Path | str, model: nn.Module, optimizer: torch.optim.Optimizer, settings: dict[str, Any],
    losses: list[float],
) -> None:  # fmt: skip
    """Write weights, the optimiser's memory and all losses so far to one file, whole or not at all."""
    tensors = {"losses": torch.tensor(losses, dtype=torch.float64)}
    for name, parameter in model.named_parameters():
        tensors[f"model.{name}"] = parameter
        for key, value in optimizer.state[parameter].items():
            tensors[f"optimizer.{key}.{name}"] = value
    save_tensors(path, tensors, {"kind": KIND, "settings": json.dumps(settings)})


def load_run(
    path: Path | str, model: nn.Module, optimizer: torch.optim.Optimizer, settings: dict[str, Any]
) -> list[float]:
    """Read a file of `save_run` back. Returns the losses so far: none if there is no file yet.

    Raises ValueError for a damaged file, another kind of file, another model, or other settings.
    """
    if not Path(path).is_file():
        return []
    tensors, about = load_tensors(path)
    if about.get("kind") != KIND:
        raise ValueError(f"checkpoint: {path} holds something else than a training run")
    before = json.loads(about["settings"])
    other = [key for key in settings if settings[key] != before.get(key)]
    if other:
        raise ValueError(
            f"checkpoint: {path} is of a run with {other[0]} = {before.get(other[0])}, expected "
            f"{settings[other[0]]}; choose another file, or the same settings"
        )
    groups: dict[str, dict[str, Tensor]] = {"model": {}, "optimizer": {}}
    losses = tensors.pop("losses")
    for name, tensor in tensors.items():
        group, rest = name.split(".", 1)
        groups[group][rest] = tensor
    set_weights(model, groups["model"], f"checkpoint: {path}")
    for name, parameter in model.named_parameters():
        for key in ("step", "exp_avg", "exp_avg_sq"):
            if (value := groups["optimizer"].get(f"{key}.{name}")) is not None:  # none where no gradient came
                optimizer.state[parameter][key] = value.to(parameter.device)
    return losses.tolist()
