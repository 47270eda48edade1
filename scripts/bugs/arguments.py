"""Bugs in the checks on arguments."""

from scripts.bugs import Bug

ARGUMENTS, TENSORS = "_arguments.py", "nn/_arguments.py"
TESTS = {ARGUMENTS: "tests/unit/test_arguments.py", TENSORS: "tests/unit/test_arguments.py"}

BUGS = [
    # bad input
    Bug("NaN goes through", ARGUMENTS, "if not np.isfinite(array).all():", "if False:"),
    Bug("infinity goes through", ARGUMENTS, "if not np.isfinite(array).all():", "if np.isnan(array).any():"),
    Bug("integers go through", ARGUMENTS, "np.issubdtype(array.dtype, np.floating)",
        "np.issubdtype(array.dtype, np.number)"),
    Bug("nothing goes through", ARGUMENTS, "if array.size == 0:", "if False:"),
    Bug("axes may differ", ARGUMENTS, "if length != expected:", "if False:"),
    Bug("batches may differ", ARGUMENTS,
        "if length != expected:", 'if letter != "..." and length != expected:'),
    Bug("extra axes go through", ARGUMENTS,
        "batch_axes < 0 or (batch_axes > 0 and not has_batch)", "batch_axes < 0"),
    Bug("any mask goes through", ARGUMENTS, "m not in (1, n)", "m not in (1, n, m)"),
    Bug("a mask of numbers goes through", ARGUMENTS,
        'if getattr(visible, "dtype", None) != boolean:', 'if getattr(visible, "dtype", None) is None:'),
    Bug("zero is a length", ARGUMENTS, "if number < at_least:", "if number < at_least - 1:"),
    Bug("True is a length", ARGUMENTS, "if isinstance(value, bool | np.bool_):", "if False:"),
    Bug("odd widths go through", ARGUMENTS, "if value % 2:", "if False:"),
    Bug("zero is a temperature", ARGUMENTS, "if value <= 0:", "if value < 0:"),
    Bug("a base without end", ARGUMENTS, "if not math.isfinite(value):", "if False:"),
    Bug("heads need not divide", ARGUMENTS, "if whole % value:", "if False:"),
    Bug("indices below zero go through", ARGUMENTS, "(indices < 0) | (indices >= count)", "indices >= count"),
    Bug("indices past the end go through", ARGUMENTS, "(indices < 0) | (indices >= count)", "indices < 0"),
    Bug("the end is an index", ARGUMENTS, "(indices >= count)", "(indices > count)"),
    Bug("indices of real numbers", ARGUMENTS,
        "if not np.issubdtype(indices.dtype, np.integer):", "if False:"),
    Bug("no index at all", ARGUMENTS, "if indices.size == 0:", "if False:"),
    Bug("twin: integers go through", TENSORS, "if not tensor.dtype.is_floating_point:", "if False:"),
    Bug("twin: nothing goes through", TENSORS, "if tensor.numel() == 0:", "if False:"),
]  # fmt: skip
