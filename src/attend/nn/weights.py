"""Tensors on disk: safetensors files, which hold numbers and no code, written whole or not at all."""

import os
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn


def save_tensors(path: Path | str, tensors: Mapping[str, Tensor], about: Mapping[str, str]) -> None:
    """Write tensors and a few words about them to one file.

    The file is written beside its place and then moved there, so that whoever breaks in leaves the old file
    or the new one, never half of one.
    """
    path = Path(path)
    content = save({name: t.detach().contiguous().cpu() for name, t in tensors.items()}, dict(about))
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def load_tensors(path: Path | str) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Read a file of `save_tensors`. Returns (tensors, what was said about them).

    Raises FileNotFoundError if there is none, and ValueError for a file that is damaged or of another kind.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"path: expected a file of tensors, found nothing at {path}")
    try:
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise ValueError(
            f"path: {path} is damaged, or not a safetensors file: {error}; only such files are read, since "
            "others can hold code"
        ) from None


def save_weights(
    model: nn.Module, path: Path | str, about: Mapping[str, str] | None = None,
    dtype: torch.dtype | None = None,
) -> None:  # fmt: skip
    """Write a model's weights to a file, each once, also where two parts share them; rounded to `dtype`."""
    save_tensors(path, {name: p.to(dtype or p.dtype) for name, p in model.named_parameters()}, about or {})


def load_weights(model: nn.Module, path: Path | str) -> dict[str, str]:
    """Read a file of `save_weights` into a model of the same shape. Returns what was said about them.

    Raises as `load_tensors` and `set_weights`.
    """
    tensors, about = load_tensors(path)
    set_weights(model, tensors, str(path))
    return about


def set_weights(model: nn.Module, tensors: Mapping[str, Tensor], source: str) -> None:
    """Copy tensors into a model's weights of the same names: all of them, or none if one does not fit.

    A model on the "meta" device, which has shapes and no numbers, takes the tensors themselves. Raises
    ValueError that says what is missing, left over, of another shape, or not a finite number.
    """
    parameters = dict(model.named_parameters())
    missing, foreign = parameters.keys() - tensors.keys(), tensors.keys() - parameters.keys()
    if missing or foreign:
        raise ValueError(
            f"{source}: these are not the weights of this model: "
            + "; ".join(
                f"{what} {', '.join(sorted(names)[:3])}{' …' if len(names) > 3 else ''}"
                for what, names in (("missing", missing), ("left over", foreign))
                if names
            )
        )
    for name, parameter in parameters.items():
        if tensors[name].shape != parameter.shape:
            raise ValueError(
                f"{source}: expected shape {tuple(parameter.shape)} for {name}, "
                f"received {tuple(tensors[name].shape)}"
            )
        if not tensors[name].isfinite().all():
            raise ValueError(f"{source}: expected finite numbers in {name}, received NaN or infinity")
    with torch.no_grad():
        for name, parameter in parameters.items():
            if parameter.is_meta:
                torch.utils.swap_tensors(parameter, nn.Parameter(tensors[name]))
            else:
                parameter.copy_(tensors[name])
