"""How a network with hidden units learns: backpropagation by hand, and with feedback it has not earned.

Axis letters: p patterns, one a row; a layer has a matrix of shape (units before it, its own units) and a
bias. Hidden units pass on the tanh of their sum, output units the sum itself. The loss is half the squared
error, summed over the outputs and averaged over the patterns.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from attend._arguments import check_floats, check_positive, check_shapes, check_whole

Array = np.ndarray


class Layer(NamedTuple):
    """The weights into one layer, or a loss's gradient with respect to them."""

    matrix: Float[Array, "d_in d_out"]
    bias: Float[Array, " d_out"]


def random_network(widths: Sequence[int], rng: np.random.Generator) -> list[Layer]:
    r"""Draw a network with the given numbers of units, from inputs to outputs; biases start at zero.

    A weight has the variance one over the number of units before it, so that sums neither swell nor fade.
    Raises TypeError or ValueError unless there are at least two widths, each a positive whole number.
    """
    if len(widths) < 2:
        raise ValueError(f"widths: expected at least two, inputs and outputs, received {len(widths)}")
    for place, width in enumerate(widths):
        check_whole(f"widths[{place}]", width)
    return [
        Layer(rng.normal(size=(before, after)) / np.sqrt(before), np.zeros(after))
        for before, after in pairwise(widths)
    ]


def random_feedback(layers: Sequence[Layer], rng: np.random.Generator) -> list[Float[Array, "_ _"]]:
    """Draw, for each layer after the first, a matrix that `backward` can use in place of the transpose.

    Independent of the network's weights, with their shape and variance. Lillicrap et al. (2016). Raises
    TypeError or ValueError for layers that do not fit together.
    """
    _check_network(layers)
    return [rng.normal(size=layer.matrix.shape[::-1]) / np.sqrt(len(layer.matrix)) for layer in layers[1:]]


def forward(layers: Sequence[Layer], inputs: Float[Array, "p d_in"]) -> list[Float[Array, "p _"]]:
    r"""Compute every layer's activity: [inputs, hidden, ..., output], each of shape (p, units).

    $h_{l} = \tanh(h_{l-1} W_l + b_l)$, without the tanh at the output. Raises TypeError or ValueError for
    arrays that do not fit.
    """
    _check_network(layers, inputs=(inputs, "p u0"))
    return _forward(layers, inputs)


def _forward(layers: Sequence[Layer], inputs: Array) -> list[Array]:
    """Compute as `forward`, on arguments that were checked."""
    activity = [inputs]
    for layer in layers[:-1]:
        activity.append(np.tanh(activity[-1] @ layer.matrix + layer.bias))  # (p, units)
    return [*activity, activity[-1] @ layers[-1].matrix + layers[-1].bias]


def loss(output: Float[Array, "p d_out"], target: Float[Array, "p d_out"]) -> float:
    r"""Give half the squared error, $L = \frac{1}{2P} \sum_{p,i} (y_{pi} - t_{pi})^2$.

    Raises TypeError or ValueError unless both are finite floating point arrays of one shape.
    """
    check_floats(output=output, target=target)
    check_shapes(output=(output, "p d_out"), target=(target, "p d_out"))
    return _loss(output, target)


def _loss(output: Array, target: Array) -> float:
    """Compute as `loss`, on arguments that were checked."""
    return float(0.5 * ((output - target) ** 2).sum() / len(output))


def backward(
    layers: Sequence[Layer],
    activity: Sequence[Float[Array, "p _"]],
    target: Float[Array, "p d_out"],
    feedback: Sequence[Float[Array, "_ _"]] | None = None,
) -> list[Layer]:
    r"""Carry the error from the output back to every weight: the gradient of `loss`, layer by layer.

    With $\delta_{out} = (y - t)/P$ and $\delta_{l-1} = (\delta_l W_l^\top) \odot (1 - h_{l-1}^2)$, the
    gradient with respect to $W_l$ is $h_{l-1}^\top \delta_l$, and that with respect to its bias is $\delta_l$
    summed over the patterns. Rumelhart, Hinton & Williams (1986). `activity` is what `forward` returned.

    `feedback` holds, for each layer after the first, a matrix of shape (its units, units before it) in place
    of $W_l^\top$. With fixed matrices that know nothing of the weights this is feedback alignment (Lillicrap
    et al. 2016), and what comes back is no gradient.

    Raises TypeError or ValueError for arrays that do not fit.
    """
    _check_network(layers, activity, feedback, target=(target, f"p u{len(layers)}"))
    return _backward(layers, activity, target, feedback)


def _backward(
    layers: Sequence[Layer], activity: Sequence[Array], target: Array, feedback: Sequence[Array] | None
) -> list[Layer]:
    """Compute as `backward`, on arguments that were checked."""
    if feedback is None:
        feedback = [layer.matrix.T for layer in layers[1:]]
    delta = (activity[-1] - target) / len(target)  # (p, outputs)
    gradient = [Layer(activity[-2].T @ delta, delta.sum(axis=0))]
    for back, hidden, before in zip(feedback[::-1], activity[-2:0:-1], activity[-3::-1], strict=True):
        delta = (delta @ back) * (1 - hidden**2)  # (p, hidden units)
        gradient.append(Layer(before.T @ delta, delta.sum(axis=0)))
    return gradient[::-1]


def train(
    layers: Sequence[Layer],
    inputs: Float[Array, "p d_in"],
    target: Float[Array, "p d_out"],
    rate: float | int,
    steps: int,
    feedback: Sequence[Float[Array, "_ _"]] | None = None,
) -> tuple[list[Layer], Float[Array, " t"]]:
    r"""Go down the gradient that `backward` gives, all patterns at once: $W \leftarrow W - \eta\,\Delta$.

    Returns (layers, the loss before the first step and after each). The network that comes in stays as it
    was. Raises as `backward`, and OverflowError when the rate is so large that the outputs run away.
    """
    _check_network(layers, feedback=feedback, inputs=(inputs, "p u0"), target=(target, f"p u{len(layers)}"))
    check_positive("rate", rate)
    check_whole("steps", steps)
    layers, losses = list(layers), np.empty(steps + 1)
    for step in range(steps + 1):
        activity = _forward(layers, inputs)
        losses[step] = _loss(activity[-1], target)
        if losses[step] > 1e100:
            raise OverflowError(
                f"rate: at {rate} the outputs ran away within {step} steps; choose a lower one"
            )
        if step < steps:
            gradient = _backward(layers, activity, target, feedback)
            layers = [
                Layer(old.matrix - rate * new.matrix, old.bias - rate * new.bias)
                for old, new in zip(layers, gradient, strict=True)
            ]
    return layers, losses


def _check_network(
    layers: Sequence[Layer],
    activity: Sequence[Array] | None = None,
    feedback: Sequence[Array] | None = None,
    **others: tuple[object, str],
) -> None:
    """Layers must chain, u0 units to u1 to u2 …, and activity, feedback and others must fit them."""
    if len(layers) == 0:
        raise ValueError("layers: expected at least one, received none")
    parts = {}
    for number, (matrix, bias) in enumerate(layers):
        parts[f"layers[{number}].matrix"] = (matrix, f"u{number} u{number + 1}")
        parts[f"layers[{number}].bias"] = (bias, f"u{number + 1}")
    for name, arrays, expected in (
        ("activity", activity, len(layers) + 1),
        ("feedback", feedback, len(layers) - 1),
    ):
        if arrays is not None and len(arrays) != expected:
            raise ValueError(f"{name}: expected {expected} arrays, received {len(arrays)}")
    for number, array in enumerate(activity or ()):
        parts[f"activity[{number}]"] = (array, f"p u{number}")
    for number, array in enumerate(feedback or ()):
        parts[f"feedback[{number}]"] = (array, f"u{number + 2} u{number + 1}")
    parts |= others
    check_floats(**{name: array for name, (array, _) in parts.items()})
    check_shapes(**parts)
