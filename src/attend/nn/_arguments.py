"""Checks on tensors; what needs only a shape or a number is shared with `attend._arguments`."""

import torch


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
