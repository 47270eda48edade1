"""A Transformer encoder in NumPy, forward and backward: embedding, layers on a residual stream, the stack.

Parameters are a flat dict of arrays with dotted names, such as "layers.0.attention.query_matrix". A forward
pass returns its output and its trace, a dict of the arrays that the backward pass needs; a backward pass
returns gradients under the parameters' names. Axis letters: n positions, m features of the model, f features
inside the feed-forward network, h heads.
"""

import math

import numpy as np
from jaxtyping import Bool, Float, Int

from attend._arguments import check_floats, check_indices, check_shapes, check_whole
from attend.attention import multi_head_attention, multi_head_attention_backward
from attend.block import feed_forward, feed_forward_backward, layer_norm, layer_norm_backward

Array = np.ndarray
Arrays = dict[str, Float[Array, "..."]]

# The parameters of one layer and their axes; its parts; what its trace holds.
LAYER_AXES = {
    "norm1.gain": "m", "norm1.bias": "m",
    "attention.query_matrix": "m h·d", "attention.query_bias": "h·d",
    "attention.key_matrix": "m h·d", "attention.key_bias": "h·d",
    "attention.value_matrix": "m h·v", "attention.value_bias": "h·v",
    "attention.output_matrix": "h·v m", "attention.output_bias": "m",
    "norm2.gain": "m", "norm2.bias": "m",
    "feed_forward.up_matrix": "m f", "feed_forward.up_bias": "f",
    "feed_forward.down_matrix": "f m", "feed_forward.down_bias": "m",
}  # fmt: skip
PARTS = ("norm1", "attention", "norm2", "feed_forward")
TRACE = {*PARTS, "weights"}


def part(arrays: Arrays, name: str) -> Arrays:
    """Take what belongs to one part, under the names it has there: "norm1.gain" in part "norm1" is "gain"."""
    return {key.removeprefix(f"{name}."): a for key, a in arrays.items() if key.startswith(f"{name}.")}


def prefixed(name: str, arrays: Arrays) -> Arrays:
    """Put arrays under a part's name, the inverse of `part`: "gain" becomes "norm1.gain"."""
    return {f"{name}.{key}": array for key, array in arrays.items()}


# ---------------------------------------------------------------- tokens become vectors


def embedding(
    tokens: Int[Array, "*batch n"], table: Float[Array, "vocabulary m"]
) -> Float[Array, "*batch n m"]:
    """Give each token its row of the table.

    Raises TypeError or ValueError unless the tokens are whole numbers that name a row.
    """
    check_floats(table=table)
    check_shapes(table=(table, "vocabulary m"))
    check_indices("tokens", tokens, table.shape[0], "the rows of table")
    return table[tokens]  # (..., n, m)


def embedding_backward(
    d_output: Float[Array, "*batch n m"], tokens: Int[Array, "*batch n"], table: Float[Array, "vocabulary m"]
) -> Float[Array, "vocabulary m"]:
    """Carry a loss's gradient back to the table: a row gathers it from every place where its token stood.

    Raises TypeError or ValueError as `embedding`, or when the shapes differ.
    """
    check_floats(d_output=d_output, table=table)
    check_indices("tokens", tokens, table.shape[0], "the rows of table")
    check_shapes(d_output=(d_output, "... n m"), tokens=(tokens, "... n"), table=(table, "vocabulary m"))
    d_table = np.zeros_like(table)
    np.add.at(d_table, tokens, d_output)  # `d_table[tokens] += d_output` would keep one of several
    return d_table


# ---------------------------------------------------------------- one layer


def init_encoder_layer(d_model: int, d_ff: int, rng: np.random.Generator) -> Arrays:
    r"""Draw the parameters of a layer: gains 1, biases 0, and matrices that neither blow up nor fade.

    A matrix from a to b features is uniform within $\pm\sqrt{6/(a + b)}$: Glorot & Bengio (2010), eq. 16.
    Raises TypeError or ValueError unless the widths are positive whole numbers.
    """
    check_whole("d_model", d_model)
    check_whole("d_ff", d_ff)
    length = {"m": d_model, "h·d": d_model, "h·v": d_model, "f": d_ff}
    parameters = {}
    for name, axes in LAYER_AXES.items():
        shape = tuple(length[axis] for axis in axes.split())
        if name.endswith("_matrix"):
            bound = math.sqrt(6 / sum(shape))
            parameters[name] = rng.uniform(-bound, bound, shape)
        else:
            parameters[name] = np.ones(shape) if name.endswith("gain") else np.zeros(shape)
    return parameters


def encoder_layer(
    x: Float[Array, "*batch n m"],
    parameters: Arrays,
    num_heads: int,
    visible: Bool[Array, "..."] | None = None,
    activation: str = "relu",
    norm_first: bool = True,
    epsilon: float | int = 1e-5,
) -> tuple[Float[Array, "*batch n m"], Arrays]:
    r"""Add to each position what attention brings it, then what the feed-forward network makes of that.

    With `norm_first` (pre-LN), each part f reads a normalised copy: $x + f(\mathrm{norm}(x))$. Without it
    (post-LN), the sum is normalised: $\mathrm{norm}(x + f(x))$. Vaswani et al. (2017), section 3.1, have
    post-LN; Xiong et al. (2020), figure 1, compare the two. `visible` broadcasts to (..., n, n).

    Returns (output, trace). The trace holds the input of each part, under the part's name ("norm1",
    "attention", "norm2", "feed_forward"), and the attention "weights" (..., h, n, n). Raises TypeError or
    ValueError for arrays that do not fit, are missing or unknown.
    """
    _check_layer(parameters, x=x)
    norm1, attention, norm2, network = (part(parameters, name) for name in PARTS)
    if norm_first:
        normed = layer_norm(x, **norm1, epsilon=epsilon)
        attended, weights = multi_head_attention(
            normed, normed, normed, num_heads=num_heads, visible=visible, **attention
        )
        middle = x + attended
        read = layer_norm(middle, **norm2, epsilon=epsilon)
        output = middle + feed_forward(read, **network, activation=activation)
        inputs = {"norm1": x, "attention": normed, "norm2": middle, "feed_forward": read}
    else:
        attended, weights = multi_head_attention(x, x, x, num_heads=num_heads, visible=visible, **attention)
        first_sum = x + attended
        middle = layer_norm(first_sum, **norm1, epsilon=epsilon)
        second_sum = middle + feed_forward(middle, **network, activation=activation)
        output = layer_norm(second_sum, **norm2, epsilon=epsilon)
        inputs = {"attention": x, "norm1": first_sum, "feed_forward": middle, "norm2": second_sum}
    return output, {**inputs, "weights": weights}


def encoder_layer_backward(
    d_output: Float[Array, "*batch n m"],
    trace: Arrays,
    parameters: Arrays,
    num_heads: int,
    activation: str = "relu",
    norm_first: bool = True,
    epsilon: float | int = 1e-5,
) -> tuple[Float[Array, "*batch n m"], Arrays]:
    """Carry a loss's gradient back through `encoder_layer`. Returns (d_x, gradients).

    `trace` is that of the forward pass, and the other arguments are what it was given. A sum hands the
    gradient to each of its terms as it is; with `norm_first`, d_x is therefore `d_output` and, added to it,
    what came back through the parts. Raises TypeError or ValueError for arrays that do not fit, are missing
    or unknown.
    """
    _check_layer(parameters, d_output=d_output)
    _check_names("trace", trace, TRACE)
    gradients = {}

    def through_norm(name: str, d: Array) -> Array:
        d_x, d_gain, d_bias = layer_norm_backward(d, trace[name], parameters[f"{name}.gain"], epsilon)
        gradients[f"{name}.gain"], gradients[f"{name}.bias"] = d_gain, d_bias
        return d_x

    def through_attention(d: Array) -> Array:
        x = trace["attention"]
        d_query, d_key, d_value, found = multi_head_attention_backward(
            d, x, x, x, num_heads=num_heads, weights=trace["weights"], **part(parameters, "attention")
        )
        gradients.update(prefixed("attention", found))
        return d_query + d_key + d_value

    def through_feed_forward(d: Array) -> Array:
        d_x, found = feed_forward_backward(
            d, trace["feed_forward"], **part(parameters, "feed_forward"), activation=activation
        )
        gradients.update(prefixed("feed_forward", found))
        return d_x

    if norm_first:
        d_middle = d_output + through_norm("norm2", through_feed_forward(d_output))
        d_x = d_middle + through_norm("norm1", through_attention(d_middle))
    else:
        d_second_sum = through_norm("norm2", d_output)
        d_middle = d_second_sum + through_feed_forward(d_second_sum)
        d_first_sum = through_norm("norm1", d_middle)
        d_x = d_first_sum + through_attention(d_first_sum)
    return d_x, gradients


def _check_layer(parameters: object, **stream: object) -> None:
    """The parameters of a layer must be there and fit each other and what passes through."""
    _check_names("parameters", parameters, set(LAYER_AXES))
    check_floats(**stream, **parameters)
    check_shapes(
        **{name: (array, "... n m") for name, array in stream.items()},
        **{name: (parameters[name], axes) for name, axes in LAYER_AXES.items()},
    )


def _check_names(argument: str, arrays: object, expected: set[str]) -> None:
    """A dict must hold the arrays of these names and no others."""
    if not isinstance(arrays, dict):
        raise TypeError(f"{argument}: expected a dict of arrays, received {type(arrays).__name__}")
    sides = {"missing": expected - arrays.keys(), "unknown": arrays.keys() - expected}
    told = [f"{side}: {', '.join(sorted(names))}" for side, names in sides.items() if names]
    if told:
        raise ValueError(f"{argument}: expected {len(expected)} arrays by name; {'; '.join(told)}")


# ---------------------------------------------------------------- the stack


def init_encoder(
    num_layers: int, d_model: int, d_ff: int, rng: np.random.Generator, final_norm: bool = True
) -> Arrays:
    """Draw the parameters of a stack of layers, and of the norm at its end, which pre-LN needs.

    Raises TypeError or ValueError unless the numbers are positive and whole.
    """
    check_whole("num_layers", num_layers)
    parameters = {}
    for i in range(num_layers):
        parameters |= prefixed(f"layers.{i}", init_encoder_layer(d_model, d_ff, rng))
    if final_norm:
        parameters |= {"norm.gain": np.ones(d_model), "norm.bias": np.zeros(d_model)}
    return parameters


def encoder(
    x: Float[Array, "*batch n m"],
    parameters: Arrays,
    num_heads: int,
    visible: Bool[Array, "..."] | None = None,
    activation: str = "relu",
    norm_first: bool = True,
    epsilon: float | int = 1e-5,
) -> tuple[Float[Array, "*batch n m"], Arrays]:
    """Pass x through the layers one after another, then through the final norm if it has parameters.

    As many layers as `parameters` names, from "layers.0" on. With pre-LN nothing has normalised the residual
    stream, which grows from layer to layer; hence the norm at the end (Xiong et al. 2020). Returns
    (output, trace): the trace of layer i is `part(trace, "layers.i")`, and "norm" is what the final norm
    received. Raises as `encoder_layer`.
    """
    num_layers = _count_layers(parameters)
    trace = {}
    for i in range(num_layers):
        x, layer_trace = encoder_layer(
            x, part(parameters, f"layers.{i}"), num_heads, visible, activation, norm_first, epsilon
        )
        trace |= prefixed(f"layers.{i}", layer_trace)
    if "norm.gain" in parameters:
        trace["norm"] = x
        x = layer_norm(x, **part(parameters, "norm"), epsilon=epsilon)
    return x, trace


def encoder_backward(
    d_output: Float[Array, "*batch n m"],
    trace: Arrays,
    parameters: Arrays,
    num_heads: int,
    activation: str = "relu",
    norm_first: bool = True,
    epsilon: float | int = 1e-5,
) -> tuple[Float[Array, "*batch n m"], Arrays]:
    """Carry a loss's gradient back through `encoder`, from the last layer to the first.

    Returns (d_x, gradients). Arguments and errors are as in `encoder_layer_backward`.
    """
    num_layers = _count_layers(parameters)
    expected = {f"layers.{i}.{name}" for i in range(num_layers) for name in TRACE}
    _check_names("trace", trace, expected | ({"norm"} if "norm.gain" in parameters else set()))
    gradients, d_x = {}, d_output
    if "norm.gain" in parameters:
        d_x, gradients["norm.gain"], gradients["norm.bias"] = layer_norm_backward(
            d_x, trace["norm"], parameters["norm.gain"], epsilon
        )
    for i in reversed(range(num_layers)):
        d_x, of_layer = encoder_layer_backward(
            d_x, part(trace, f"layers.{i}"), part(parameters, f"layers.{i}"), num_heads,
            activation, norm_first, epsilon,
        )  # fmt: skip
        gradients |= prefixed(f"layers.{i}", of_layer)
    return d_x, gradients


def _count_layers(parameters: object) -> int:
    """How many layers the names speak of; each must be whole, and nothing else be there but a final norm."""
    names = parameters if isinstance(parameters, dict) else {}
    num_layers = max(len({name.split(".")[1] for name in names if name.startswith("layers.")}), 1)
    expected = {f"layers.{i}.{name}" for i in range(num_layers) for name in LAYER_AXES}
    if {"norm.gain", "norm.bias"} & names.keys():
        expected |= {"norm.gain", "norm.bias"}
    _check_names("parameters", parameters, expected)
    return num_layers
