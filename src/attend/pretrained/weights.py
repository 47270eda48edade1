"""From a published file's tensors to ours: read GGUF, join what we keep as one matrix."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import torch
from torch import Tensor


def read_gguf(path: Path | str) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Return a GGUF file's metadata, and its tensors by name, quantised ones as plain float32 again.

    GGUF is llama.cpp's format. Its Q4_1 holds 32 weights as 4 bits each, a step and a smallest value. Raises
    FileNotFoundError if there is no file, and ValueError for one that is damaged or of another kind.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"path: expected a GGUF file, found nothing at {path}")
    try:
        reader = gguf.GGUFReader(path)
        metadata = {name: field.contents() for name, field in reader.fields.items()}
        tensors = {t.name: _plain(t.data, t.tensor_type) for t in reader.tensors}
    except Exception as error:  # the reader stumbles over damage in many ways
        raise ValueError(
            f"path: {path} is damaged, or not a GGUF file: {error}; only such files are read, since "
            "others can hold code"
        ) from error
    return metadata, tensors


def _plain(data: np.ndarray, kind: gguf.GGMLQuantizationType) -> Tensor:
    """Dequantise; what is plain already is copied ("W": until it may be written), as it lies in the file."""
    return torch.from_numpy(np.require(gguf.dequantize(data, kind), requirements="W"))


def field(metadata: Mapping[str, Any], name: str) -> Any:
    """Return an entry of a file's metadata. Raises ValueError if it is not there."""
    if name not in metadata:
        raise ValueError(f"metadata: expected an entry {name}, found none")
    return metadata[name]


def arrange(
    tensors: dict[str, Tensor], sources: Mapping[str, Sequence[str]], unused: Iterable[str] = ()
) -> dict[str, Tensor]:
    """Return the tensors under our names: several for one name are set below one another.

    `sources` maps each of our names to the file's. The tensors are taken out of `tensors`, so that memory
    never holds both forms of all. Raises ValueError for tensors that are missing, left over (`unused` aside),
    or of widths that differ.
    """
    wanted = [name for names in sources.values() for name in names]
    missing = sorted(set(wanted) - tensors.keys())
    foreign = sorted(tensors.keys() - set(wanted) - set(unused))
    for what, names in (("missing", missing), ("left over", foreign)):
        if names:
            more = " …" if len(names) > 3 else ""
            raise ValueError(f"tensors: expected {len(wanted)}; {what} {', '.join(names[:3])}{more}")
    arranged = {}
    for ours, names in sources.items():
        parts = [tensors.pop(name) for name in names]
        if len({part.shape[1:] for part in parts}) > 1:
            shapes = " and ".join(str(tuple(part.shape)) for part in parts)
            raise ValueError(f"tensors: expected the same width in {', '.join(names)}, received {shapes}")
        arranged[ours] = torch.cat(parts) if len(parts) > 1 else parts[0]
    return arranged
