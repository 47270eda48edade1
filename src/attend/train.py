"""What training needs besides gradients, in NumPy: a loss and a step.

Axis letters: c classes, such as the tokens of a vocabulary. `...` stands for any axes in front.
"""

import numpy as np
from jaxtyping import Bool, Float, Int

from attend._arguments import check_floats, check_indices, check_positive, check_real, check_shapes
from attend.attention import softmax

Array = np.ndarray
Arrays = dict[str, Float[Array, "..."]]


def cross_entropy(
    logits: Float[Array, "*batch c"],
    targets: Int[Array, "*batch"],
    counted: Bool[Array, "*batch"] | None = None,
) -> float:
    r"""Say how much the targets surprise a model that gives class j the probability $\mathrm{softmax}(z)_j$.

    $L = -\overline{\log \mathrm{softmax}(z)_{t}}$ in nats, the mean over the positions, or over those that
    are `counted` (True counts; padding does not). Guessing among c classes costs log c. Raises TypeError or
    ValueError for arrays that do not fit, targets that are no class, or when nothing is counted.
    """
    counted = _counted(logits, targets, counted)
    shifted = logits - logits.max(axis=-1, keepdims=True)  # (..., c), the largest is 0: exp cannot overflow
    log_total = np.log(np.exp(shifted).sum(axis=-1))  # (...)
    at_target = np.take_along_axis(shifted, targets[..., None], axis=-1)[..., 0]  # (...)
    return float((log_total - at_target)[counted].mean())


def cross_entropy_backward(
    logits: Float[Array, "*batch c"],
    targets: Int[Array, "*batch"],
    counted: Bool[Array, "*batch"] | None = None,
) -> Float[Array, "*batch c"]:
    r"""Give the gradient of `cross_entropy` at the logits: what was predicted minus what was true.

    $\partial L/\partial z = (\mathrm{softmax}(z) - \mathrm{onehot}(t))/N$ at the N counted positions, zero
    elsewhere, because the gradient of $\log \sum_j \exp z_j$ is the softmax. Raises as `cross_entropy`.
    """
    counted = _counted(logits, targets, counted)
    truth = np.eye(logits.shape[-1], dtype=logits.dtype)[targets]  # (..., c)
    return (softmax(logits) - truth) * counted[..., None] / counted.sum(dtype=logits.dtype)


def _counted(logits: Array, targets: Array, counted: Array | None) -> Bool[Array, "..."]:
    """Check the arguments; give the mask of what counts."""
    check_floats(logits=logits)
    check_shapes(logits=(logits, "... c"))
    check_indices("targets", targets, logits.shape[-1], "the classes of logits")
    counted = np.ones(targets.shape, dtype=bool) if counted is None else counted
    if getattr(counted, "dtype", None) != np.bool_:
        received = getattr(counted, "dtype", type(counted).__name__)
        raise TypeError(f"counted: expected booleans, True where a position counts, received {received}")
    for name, array in (("targets", targets), ("counted", counted)):
        if array.shape != logits.shape[:-1]:
            raise ValueError(
                f"{name}: expected shape {logits.shape[:-1]} as in logits, received {array.shape}"
            )
    if not counted.any():
        raise ValueError("counted: expected at least one True, received none")
    return counted


def adam_step(
    parameters: Arrays,
    gradients: Arrays,
    state: dict | None = None,
    learning_rate: float | int = 1e-3,
    beta1: float | int = 0.9,
    beta2: float | int = 0.999,
    epsilon: float | int = 1e-8,
) -> tuple[Arrays, dict]:
    r"""Move each parameter against its gradient's running mean, measured by the gradient's running size.

    $\theta \leftarrow \theta - \alpha\,\hat m/(\sqrt{\hat v} + \epsilon)$, where m and v are running means of
    the gradient and of its square, and the hats undo that both began at zero. `state` holds the number of
    steps, m and v; leave it out in the first step. Returns (parameters, state), both new. Kingma & Ba (2015),
    algorithm 1. Raises TypeError or ValueError for arrays that do not fit or numbers out of range.
    """
    _check_adam(parameters, gradients, learning_rate, beta1, beta2, epsilon)
    if state is None:
        zeros = {name: np.zeros_like(gradient) for name, gradient in gradients.items()}
        state = {"steps": 0, "mean": zeros, "square": zeros}
    steps = state["steps"] + 1
    mean = {n: beta1 * state["mean"][n] + (1 - beta1) * g for n, g in gradients.items()}
    square = {n: beta2 * state["square"][n] + (1 - beta2) * g * g for n, g in gradients.items()}
    moved = {}
    for name, parameter in parameters.items():
        direction, size = mean[name] / (1 - beta1**steps), np.sqrt(square[name] / (1 - beta2**steps))
        moved[name] = parameter - learning_rate * direction / (size + epsilon)
    return moved, {"steps": steps, "mean": mean, "square": square}


def _check_adam(
    parameters: Arrays,
    gradients: Arrays,
    learning_rate: object,
    beta1: object,
    beta2: object,
    epsilon: object,
) -> None:
    for name in sorted(parameters.keys() | gradients.keys()):
        if name not in parameters or name not in gradients:
            holder = "gradients" if name in parameters else "parameters"
            raise ValueError(f"{holder}: expected an array named {name!r}, received none")
        parameter, gradient = parameters[name], gradients[name]
        check_floats(**{f"parameters[{name!r}]": parameter, f"gradients[{name!r}]": gradient})
        if gradient.shape != parameter.shape:
            raise ValueError(
                f"gradients[{name!r}]: expected shape {parameter.shape} as in parameters, "
                f"received {gradient.shape}"
            )
    check_positive("learning_rate", learning_rate)
    check_positive("epsilon", epsilon)
    for name, beta in (("beta1", beta1), ("beta2", beta2)):
        check_real(name, beta)
        if not 0 <= beta < 1:
            raise ValueError(f"{name}: expected a number from 0 up to but not including 1, received {beta}")
