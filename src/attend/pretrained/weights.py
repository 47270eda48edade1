"""From a model file to a module: read safetensors or GGUF, check every tensor, put each in its place.

A file is data and never code: a pickle, which runs whatever it holds, is refused.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn

PICKLES = (b"\x80", b"PK\x03\x04")  # a bare pickle, and the zip file that torch.save writes


def read_safetensors(path: Path) -> dict[str, Tensor]:
    """Return a safetensors file's tensors by name. Raises ValueError for any other file or a damaged one."""
    _refuse_pickle(path)
    try:
        return safetensors.torch.load_file(path)
    except safetensors.SafetensorError as error:
        raise ValueError(f"{path}: expected a whole safetensors file ({error})") from error


def read_gguf(path: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Return a GGUF file's metadata and its tensors by name, quantised ones turned into plain float32.

    GGUF is llama.cpp's format. Its Q4_1 holds 32 weights as a scale, an offset and 4 bits each. Raises
    ValueError for any other file or a damaged one.
    """
    _refuse_pickle(path)
    try:
        reader = gguf.GGUFReader(path)
        metadata = {name: field.contents() for name, field in reader.fields.items()}
        tensors = {
            tensor.name: torch.from_numpy(np.require(gguf.dequantize(tensor.data, tensor.tensor_type), None, "W"))
            for tensor in reader.tensors
        }  # what is not quantised is a view of the file, which "W" copies
    except OSError:
        raise
    except Exception as error:  # whatever garbage makes the reader stumble over
        raise ValueError(f"{path}: expected a whole GGUF file ({type(error).__name__}: {error})") from error
    return metadata, tensors


def _refuse_pickle(path: Path) -> None:
    with path.open("rb") as content:
        start = content.read(4)
    if start.startswith(PICKLES):
        raise ValueError(
            f"{path}: expected safetensors or GGUF, received a pickle, which can run any code when it is read"
        )


def fill(
    module: nn.Module,
    sources: Mapping[str, Sequence[str]],
    tensors: Mapping[str, Tensor],
    ignored: Iterable[str] = (),
) -> None:
    """Give each parameter of `module` its weights: the named tensors, set below one another.

    `sources` maps our parameters to the file's tensors. The module may be on the "meta" device, where it
    takes no memory before. Nothing is changed unless everything fits: raises ValueError for tensors that are
    missing, left over (`ignored` aside), of the wrong shape, or not finite.
    """
    used = [name for names in sources.values() for name in names]
    if missing := sorted(set(used) - tensors.keys()):
        raise ValueError(f"expected {len(used)} tensors, missing {_some(missing)}")
    if left_over := sorted(tensors.keys() - set(used) - set(ignored)):
        raise ValueError(f"expected {len(used)} tensors, received others too: {_some(left_over)}")
    for name in used:
        if not torch.isfinite(tensors[name]).all():
            raise ValueError(f"{name}: expected finite numbers, received NaN or infinity")
    weights = {}
    for parameter, names in sources.items():
        shape = tuple(module.get_parameter(parameter).shape)
        received = [tuple(tensors[name].shape) for name in names]
        fits = all(len(s) == len(shape) and s[1:] == shape[1:] for s in received)
        if not fits or sum(s[0] for s in received) != shape[0]:
            raise ValueError(f"{' + '.join(names)}: expected {shape}, received {' + '.join(map(str, received))}")
        weights[parameter] = torch.cat([tensors[name] for name in names]) if names[1:] else tensors[names[0]]
    module.load_state_dict(weights, strict=False, assign=True)


def _some(names: list[str]) -> str:
    """The first few names of many."""
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if names[3:] else "")
