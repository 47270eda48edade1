"""Checks on tensors; what needs only a shape or a number is shared with `attend._arguments`."""

import torch
from torch import Tensor


def check_tensors(**tensors: object) -> None:
    """Each argument must be a tensor of floating point numbers with at least one element.

    Unlike the NumPy side this does not look for NaN: reading values back would make a GPU wait at every call.
    """
    for name, tensor in tensors.items():
        if not isinstance(tensor, torch.Tensor):
            raise TypeError(
                f"{name}: expected a tensor of floating point numbers, received {type(tensor).__name__}"
            )
        if not tensor.dtype.is_floating_point:
            raise TypeError(
                f"{name}: expected floating point numbers, received dtype {tensor.dtype}; "
                f"if they are real numbers, convert with {name}.float()"
            )
        if tensor.numel() == 0:
            raise ValueError(
                f"{name}: expected at least one element, received the empty shape {tuple(tensor.shape)}"
            )


def check_inputs(weight: Tensor, **tensors: Tensor) -> None:
    """Each input must be (batch, n, d_model), with the dtype and on the device of the module's weights.

    Under autocast PyTorch converts dtypes by itself, so there they may differ.
    """
    check_tensors(**tensors)
    d_model = weight.shape[-1]
    for name, tensor in tensors.items():
        if tensor.ndim != 3 or tensor.shape[-1] != d_model:
            raise ValueError(
                f"{name}: expected shape (batch, n, d_model = {d_model}), received {tuple(tensor.shape)}"
            )
        check_device(weight, **{name: tensor})
        if tensor.dtype != weight.dtype and not torch.is_autocast_enabled(weight.device.type):
            raise TypeError(
                f"{name}: expected dtype {weight.dtype}, that of the weights, received {tensor.dtype}"
            )


def check_device(weight: Tensor, **tensors: Tensor) -> None:
    """Each input must lie where the weights lie."""
    for name, tensor in tensors.items():
        if tensor.device != weight.device:
            raise ValueError(
                f"{name}: expected a tensor on {weight.device}, where the weights are, "
                f"received one on {tensor.device}"
            )


def check_ids(weight: Tensor, **tensors: object) -> None:
    """Each argument must hold token numbers: whole numbers, (batch, n), at least one, where the weights are.

    Whether a number lies in the vocabulary is seen when it is looked up.
    """
    for name, ids in tensors.items():
        if not isinstance(ids, torch.Tensor):
            raise TypeError(f"{name}: expected a tensor of token numbers, received {type(ids).__name__}")
        if ids.dtype not in (torch.int64, torch.int32):
            raise TypeError(f"{name}: expected token numbers (int64), received dtype {ids.dtype}")
        if ids.ndim != 2 or ids.numel() == 0:
            raise ValueError(
                f"{name}: expected shape (batch, n) with at least one token, received {tuple(ids.shape)}"
            )
        check_device(weight, **{name: ids})
