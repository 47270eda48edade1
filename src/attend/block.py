"""What a block holds besides attention, in NumPy: normalisation, activations and the position-wise network.

Axis letters: n positions, m features of the model, f features inside the feed-forward network. `...` stands
for any axes in front. Every function is followed by its `_backward`, which takes the gradient of a loss with
respect to the output, then the forward pass's arguments, and gives the gradients with respect to those.
"""

import math

import numpy as np
from jaxtyping import Float

from attend._arguments import check_floats, check_positive, check_shapes
from attend.attention import linear_backward

Array = np.ndarray


# ---------------------------------------------------------------- normalisation


def layer_norm(
    x: Float[Array, "*batch m"],
    gain: Float[Array, " m"],
    bias: Float[Array, " m"],
    epsilon: float | int = 1e-5,
) -> Float[Array, "*batch m"]:
    r"""Bring each vector to mean 0 and variance 1 over its features, then scale and shift each feature.

    $y = g \odot \hat x + b$ with $\hat x = (x - \mu)/\sqrt{\sigma^2 + \epsilon}$, where $\mu$ and $\sigma^2$
    are the mean and the variance of the one vector: neither the batch nor the other positions matter. A
    vector whose features are all alike becomes b. Ba et al. (2016), section 3; the small epsilon, which keeps
    such a vector from a division by zero, is customary. Raises TypeError or ValueError for arrays that do not
    fit or an epsilon that is not above zero.
    """
    _check_norm(epsilon, x=x, gain=gain, bias=bias)
    normal, _ = _standardise(x, epsilon)
    return gain * normal + bias


def layer_norm_backward(
    d_output: Float[Array, "*batch m"],
    x: Float[Array, "*batch m"],
    gain: Float[Array, " m"],
    epsilon: float | int = 1e-5,
) -> tuple[Float[Array, "*batch m"], Float[Array, " m"], Float[Array, " m"]]:
    r"""Carry a loss's gradient back through `layer_norm`. Returns (d_x, d_gain, d_bias).

    $dx = (u - \bar u - \hat x\,\overline{u \odot \hat x}) / \sqrt{\sigma^2 + \epsilon}$ with $u = g \odot dy$
    and bars for means over the features: what would shift or stretch the whole vector is taken out, since
    the output does not see it. $dg = \sum dy \odot \hat x$ and $db = \sum dy$ over all vectors. Raises as
    `layer_norm`.
    """
    _check_norm(epsilon, d_output=d_output, x=x, gain=gain)
    normal, deviation = _standardise(x, epsilon)
    d_normal = d_output * gain  # (..., m), the u above
    shift = d_normal.mean(axis=-1, keepdims=True)  # (..., 1)
    stretch = (d_normal * normal).mean(axis=-1, keepdims=True)  # (..., 1)
    d_x = (d_normal - shift - normal * stretch) / deviation
    return d_x, _sum_over_vectors(d_output * normal), _sum_over_vectors(d_output)


def rms_norm(
    x: Float[Array, "*batch m"], gain: Float[Array, " m"], epsilon: float | int = 1e-5
) -> Float[Array, "*batch m"]:
    r"""Bring each vector to a root mean square of 1, then scale each feature; the mean stays where it is.

    $y = g \odot x/\sqrt{\overline{x^2} + \epsilon}$. Zhang & Sennrich (2019), eq. 4, there without epsilon.
    Raises as `layer_norm`.
    """
    _check_norm(epsilon, x=x, gain=gain)
    return gain * x / _root_mean_square(x, epsilon)


def rms_norm_backward(
    d_output: Float[Array, "*batch m"],
    x: Float[Array, "*batch m"],
    gain: Float[Array, " m"],
    epsilon: float | int = 1e-5,
) -> tuple[Float[Array, "*batch m"], Float[Array, " m"]]:
    r"""Carry a loss's gradient back through `rms_norm`. Returns (d_x, d_gain).

    As in `layer_norm_backward`, without the term for the mean. Raises as `layer_norm`.
    """
    _check_norm(epsilon, d_output=d_output, x=x, gain=gain)
    size = _root_mean_square(x, epsilon)  # (..., 1)
    normal, d_normal = x / size, d_output * gain  # (..., m)
    stretch = (d_normal * normal).mean(axis=-1, keepdims=True)  # (..., 1)
    return (d_normal - normal * stretch) / size, _sum_over_vectors(d_output * normal)


def _standardise(
    x: Float[Array, "*batch m"], epsilon: float | int
) -> tuple[Float[Array, "*batch m"], Float[Array, "*batch 1"]]:
    """Each vector at mean 0 and variance 1, and the deviation it was divided by."""
    centred = x - x.mean(axis=-1, keepdims=True)  # (..., m)
    deviation = _root_mean_square(centred, epsilon)  # (..., 1)
    return centred / deviation, deviation


def _root_mean_square(x: Float[Array, "*batch m"], epsilon: float | int) -> Float[Array, "*batch 1"]:
    return np.sqrt((x * x).mean(axis=-1, keepdims=True) + epsilon)


def _sum_over_vectors(x: Float[Array, "*batch m"]) -> Float[Array, " m"]:
    """Gradients of what every vector shares, such as a bias, add up."""
    return x.reshape(-1, x.shape[-1]).sum(axis=0)


def _check_norm(epsilon: object, **arrays: Array) -> None:
    check_floats(**arrays)
    axes = {"x": "... m", "d_output": "... m", "gain": "m", "bias": "m"}
    check_shapes(**{name: (array, axes[name]) for name, array in arrays.items()})
    check_positive("epsilon", epsilon)


# ---------------------------------------------------------------- activations


def relu(x: Float[Array, "*batch f"]) -> Float[Array, "*batch f"]:
    r"""Let what is positive pass and nothing else: $\max(0, x)$.

    Vaswani et al. (2017), eq. 2. Raises TypeError or ValueError for anything but finite floating point
    numbers.
    """
    check_floats(x=x)
    return np.maximum(x, 0)


def relu_backward(
    d_output: Float[Array, "*batch f"], x: Float[Array, "*batch f"]
) -> Float[Array, "*batch f"]:
    """Let the gradient pass where x is positive. At 0, where there is no slope, it counts as 0.

    Raises as `relu`, or when the shapes differ.
    """
    check_floats(d_output=d_output, x=x)
    check_shapes(d_output=(d_output, "... f"), x=(x, "... f"))
    return d_output * (x > 0)


def gelu(x: Float[Array, "*batch f"]) -> Float[Array, "*batch f"]:
    r"""Let each number pass by the share of a standard normal distribution that lies below it: $x\,\Phi(x)$.

    $\Phi(x) = \tfrac12(1 + \mathrm{erf}(x/\sqrt2))$. This is the exact form of Hendrycks & Gimpel (2016),
    section 2; their approximation by tanh, which GPT-2 uses, is off by less than 0.0005. Raises as `relu`.
    """
    check_floats(x=x)
    return x * _normal_below(x)


def gelu_backward(
    d_output: Float[Array, "*batch f"], x: Float[Array, "*batch f"]
) -> Float[Array, "*batch f"]:
    r"""Multiply by the slope, $\Phi(x) + x\,\varphi(x)$, where $\varphi = \Phi'$ is the bell curve.

    Raises as `relu_backward`.
    """
    check_floats(d_output=d_output, x=x)
    check_shapes(d_output=(d_output, "... f"), x=(x, "... f"))
    bell = np.exp(-x * x / 2) / math.sqrt(2 * math.pi)
    return d_output * (_normal_below(x) + x * bell)


def _normal_below(x: Float[Array, "*batch f"]) -> Float[Array, "*batch f"]:
    """The share of a standard normal distribution below x; NumPy has no erf, so one number at a time."""
    return (0.5 * np.vectorize(math.erfc, otypes=[float])(-x / math.sqrt(2))).astype(x.dtype)


ACTIVATIONS = {"relu": (relu, relu_backward), "gelu": (gelu, gelu_backward)}


def _check_activation(activation: object) -> None:
    if not isinstance(activation, str) or activation not in ACTIVATIONS:
        names = " or ".join(f"'{name}'" for name in ACTIVATIONS)
        raise ValueError(f"activation: expected {names}, received {activation!r}")


# ---------------------------------------------------------------- the position-wise network


def feed_forward(
    x: Float[Array, "*batch m"],
    up_matrix: Float[Array, "m f"],
    up_bias: Float[Array, " f"],
    down_matrix: Float[Array, "f m"],
    down_bias: Float[Array, " m"],
    activation: str = "relu",
) -> Float[Array, "*batch m"]:
    r"""Pass each vector through the same small network: up to f features, an activation, back down.

    $\mathrm{FFN}(x) = a(xW_1 + b_1)W_2 + b_2$: Vaswani et al. (2017), eq. 2, with a = `activation`, "relu" or
    "gelu". Positions do not meet here. Raises TypeError or ValueError for arrays that do not fit or an
    unknown activation.
    """
    _check_feed_forward(
        activation, x=x, up_matrix=up_matrix, up_bias=up_bias, down_matrix=down_matrix, down_bias=down_bias
    )
    activate, _ = ACTIVATIONS[activation]
    inner = activate(x @ up_matrix + up_bias)  # (..., f)
    return inner @ down_matrix + down_bias


def feed_forward_backward(
    d_output: Float[Array, "*batch m"],
    x: Float[Array, "*batch m"],
    up_matrix: Float[Array, "m f"],
    up_bias: Float[Array, " f"],
    down_matrix: Float[Array, "f m"],
    down_bias: Float[Array, " m"],
    activation: str = "relu",
) -> tuple[Float[Array, "*batch m"], dict[str, Float[Array, "..."]]]:
    """Carry a loss's gradient back through `feed_forward`. Returns (d_x, gradients).

    `gradients` holds an array for each matrix and bias, under the argument's name. What the forward pass had
    inside is computed anew. Raises as `feed_forward`.
    """
    _check_feed_forward(
        activation, d_output=d_output, x=x,
        up_matrix=up_matrix, up_bias=up_bias, down_matrix=down_matrix, down_bias=down_bias,
    )  # fmt: skip
    activate, activate_backward = ACTIVATIONS[activation]
    before = x @ up_matrix + up_bias  # (..., f)
    d_inner, d_down_matrix, d_down_bias = linear_backward(d_output, activate(before), down_matrix)
    d_before = activate_backward(d_inner, before)  # (..., f)
    d_x, d_up_matrix, d_up_bias = linear_backward(d_before, x, up_matrix)
    gradients = {
        "up_matrix": d_up_matrix, "up_bias": d_up_bias,
        "down_matrix": d_down_matrix, "down_bias": d_down_bias,
    }  # fmt: skip
    return d_x, gradients


def _check_feed_forward(activation: object, **arrays: Array) -> None:
    _check_activation(activation)
    check_floats(**arrays)
    axes = {
        "d_output": "... m", "x": "... m",
        "up_matrix": "m f", "up_bias": "f", "down_matrix": "f m", "down_bias": "m",
    }  # fmt: skip
    check_shapes(**{name: (array, axes[name]) for name, array in arrays.items()})
