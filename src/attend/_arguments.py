"""Checks on arguments: every message names the argument, what was received and what was expected."""

import math
import operator

import numpy as np


def check_floats(**arrays: object) -> None:
    """Each argument must be a NumPy array of finite floating point numbers, with at least one element."""
    for name, array in arrays.items():
        if not isinstance(array, np.ndarray):
            raise TypeError(
                f"{name}: expected a NumPy array of floating point numbers, received {type(array).__name__}"
            )
        if not np.issubdtype(array.dtype, np.floating):
            raise TypeError(
                f"{name}: expected floating point numbers, received dtype {array.dtype}; "
                f"if they are real numbers, convert with {name}.astype(float)"
            )
        if array.size == 0:
            raise ValueError(f"{name}: expected at least one element, received the empty shape {array.shape}")
        if not np.isfinite(array).all():
            first = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
            raise ValueError(f"{name}: expected finite numbers, received {array[first]} at index {first}")


def check_shapes(**arguments: tuple[object, str]) -> None:
    """Axes of the same letter must have the same length: `query=(query, "... q d"), key=(key, "... k d")`.

    `...` stands for the batch axes, as many as the caller likes. Works on anything that has a shape.
    """
    known = {}  # letter -> (argument where it was first seen, its length)
    for name, (array, axes) in arguments.items():
        shape, letters = tuple(array.shape), axes.split()
        has_batch = letters[0] == "..."
        letters = letters[has_batch:]
        batch_axes = len(shape) - len(letters)
        if batch_axes < 0 or (batch_axes > 0 and not has_batch):
            expected = f"({', '.join(axes.split())}{',' if len(axes.split()) == 1 else ''})"
            raise ValueError(f"{name}: expected shape {expected}, received {shape}")
        lengths = list(zip(letters, shape[batch_axes:], strict=True))  # "x x", a square, holds x twice
        if has_batch:
            lengths.append(("...", shape[:batch_axes]))
        for letter, length in lengths:
            owner, expected = known.setdefault(letter, (name, length))
            if length != expected:
                axis = "batch shape" if letter == "..." else f"axis {letter}"
                raise ValueError(
                    f"{name}: expected {axis} = {expected} as in {owner}, received {length} (shape {shape})"
                )


def check_visible(visible: object, shape: tuple[int, ...], boolean: object = np.bool_) -> None:
    """A mask must hold booleans (True permits) and broadcast to `shape`, that of the scores."""
    if visible is None:
        return
    if getattr(visible, "dtype", None) != boolean:
        received = getattr(visible, "dtype", type(visible).__name__)
        raise TypeError(f"visible: expected booleans, True where a query may look, received {received}")
    padded = (1,) * (len(shape) - len(visible.shape)) + tuple(visible.shape)
    if len(padded) != len(shape) or any(m not in (1, n) for m, n in zip(padded, shape, strict=True)):
        raise ValueError(
            f"visible: expected a shape that broadcasts to {tuple(shape)}, received {tuple(visible.shape)}"
        )


def check_whole(name: str, value: object, at_least: int = 1) -> None:
    """A length or a count: a whole number, no smaller than `at_least`."""
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{name}: expected a whole number, received {value!r}") from None
    if isinstance(value, bool | np.bool_):
        raise TypeError(f"{name}: expected a whole number, received {value!r}")
    if number < at_least:
        raise ValueError(f"{name}: expected a whole number of at least {at_least}, received {value}")


def check_indices(name: str, indices: object, count: int, meaning: str) -> None:
    """Whole numbers from 0 to `count` - 1, each of which picks one of `meaning`, say the rows of a table."""
    if not isinstance(indices, np.ndarray):
        raise TypeError(f"{name}: expected a NumPy array of whole numbers, received {type(indices).__name__}")
    if not np.issubdtype(indices.dtype, np.integer):
        raise TypeError(f"{name}: expected whole numbers, received dtype {indices.dtype}")
    if indices.size == 0:
        raise ValueError(f"{name}: expected at least one element, received the empty shape {indices.shape}")
    outside = (indices < 0) | (indices >= count)
    if outside.any():
        first = tuple(int(i) for i in np.argwhere(outside)[0])
        raise ValueError(
            f"{name}: expected numbers between 0 and {count - 1}, for {meaning}, "
            f"received {indices[first]} at index {first}"
        )


def check_even(name: str, value: object) -> None:
    """A number of features that is taken in pairs: whole, positive and even."""
    check_whole(name, value, at_least=2)
    if value % 2:
        raise ValueError(f"{name}: expected an even number, because features turn in pairs, received {value}")


def check_real(name: str, value: object) -> None:
    """One finite real number."""
    is_real = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
    if not is_real:
        raise TypeError(f"{name}: expected a number, received {value!r}")
    if not math.isfinite(value):
        raise ValueError(f"{name}: expected a finite number, received {value}")


def check_positive(name: str, value: object) -> None:
    """One finite real number above zero."""
    check_real(name, value)
    if value <= 0:
        raise ValueError(f"{name}: expected a number above zero, received {value}")


def check_not_negative(name: str, value: object) -> None:
    """One finite real number, zero or above."""
    check_real(name, value)
    if value < 0:
        raise ValueError(f"{name}: expected a number of zero or above, received {value}")


def check_divides(name: str, value: int, whole_name: str, whole: int) -> None:
    """`value` heads must share `whole` features without a remainder."""
    check_whole(name, value)
    if whole % value:
        raise ValueError(f"{name}: expected a divisor of {whole_name} = {whole}, received {value}")
