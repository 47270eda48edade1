"""What a Transformer costs: its parameters, floating point operations (FLOPs) and bytes, counted exactly.

Symbols in the docstrings: n tokens, m = `d_model`, f = `d_ff`, h heads, g key/value heads, d = m/h features a
head, V = `vocabulary`, L layers. A multiplication and the addition that goes with it are 2 FLOPs. Counted are
matrix products, where nearly all the work is; norms, softmax, activations, biases and sums are left out.

Keyword arguments choose the variant. `num_kv_heads`: heads of keys and values, shared by groups of query
heads (Ainslie et al. 2023), else as many as heads. `gated`: a feed-forward network with a gate, such as
SwiGLU (Shazeer 2020). `bias`: whether projections have one. `norm_bias`: True for layer norm, False for RMS
norm, which has a gain alone.

Every function raises TypeError or ValueError for a size that is not a positive whole number, and for heads
that do not divide the features they share.
"""

from attend._arguments import check_divides, check_whole

# ---------------------------------------------------------------- parameters of the parts


def linear_parameters(inputs: int, outputs: int, bias: bool = True) -> int:
    """Count a projection's parameters: a matrix and, if it has one, a bias. inputs · outputs + outputs."""
    _check_sizes(inputs=inputs, outputs=outputs)
    return inputs * outputs + bias * outputs


def norm_parameters(d_model: int, norm_bias: bool = True) -> int:
    """Count a norm's parameters: a gain for each feature and, in layer norm, a bias. 2m, or m."""
    _check_sizes(d_model=d_model)
    return (1 + norm_bias) * d_model


def attention_parameters(
    d_model: int, num_heads: int, *, num_kv_heads: int | None = None, bias: bool = True
) -> int:
    """Count multi-head attention's parameters: four projections, 4m² + 4m.

    The heads share the m features, so their number changes nothing, unless groups of heads share keys and
    values: these then have g·d features instead of m. Vaswani et al. (2017), section 3.2.2, there without
    biases.
    """
    d_kv = _kv_features(d_model, num_heads, num_kv_heads)
    queries_and_output = 2 * linear_parameters(d_model, d_model, bias)
    return queries_and_output + 2 * linear_parameters(d_model, d_kv, bias)


def feed_forward_parameters(d_model: int, d_ff: int, *, gated: bool = False, bias: bool = True) -> int:
    """Count the position-wise network's parameters: up and down, 2mf + f + m; a gate is a second way up.

    Vaswani et al. (2017), eq. 2; with a gate, Shazeer (2020).
    """
    ways_up = 2 if gated else 1
    return ways_up * linear_parameters(d_model, d_ff, bias) + linear_parameters(d_ff, d_model, bias)


def embedding_parameters(vocabulary: int, d_model: int, max_length: int = 0) -> int:
    """Count the table of tokens and, if positions are learned, that of positions: (V + max_length) · m."""
    _check_sizes(vocabulary=vocabulary, d_model=d_model)
    check_whole("max_length", max_length, at_least=0)
    return (vocabulary + max_length) * d_model


# ---------------------------------------------------------------- parameters of layers and models


def encoder_layer_parameters(
    d_model: int,
    num_heads: int,
    d_ff: int,
    *,
    num_kv_heads: int | None = None,
    gated: bool = False,
    bias: bool = True,
    norm_bias: bool = True,
) -> int:
    """Count a layer of attention, feed-forward network and two norms: with f = 4m, 12m² + 13m.

    A layer of a decoder-only model has the same: its causal mask has no parameters.
    """
    return (
        attention_parameters(d_model, num_heads, num_kv_heads=num_kv_heads, bias=bias)
        + feed_forward_parameters(d_model, d_ff, gated=gated, bias=bias)
        + 2 * norm_parameters(d_model, norm_bias)
    )


def decoder_layer_parameters(
    d_model: int, num_heads: int, d_ff: int, *, bias: bool = True, norm_bias: bool = True
) -> int:
    """Count a layer that also attends to an encoder: a second attention and a third norm."""
    cross = attention_parameters(d_model, num_heads, bias=bias) + norm_parameters(d_model, norm_bias)
    return encoder_layer_parameters(d_model, num_heads, d_ff, bias=bias, norm_bias=norm_bias) + cross


def encoder_decoder_parameters(
    num_layers: int,
    d_model: int,
    num_heads: int,
    d_ff: int,
    vocabulary: int,
    *,
    tied: bool = True,
    final_norms: bool = False,
    bias: bool = True,
) -> int:
    """Count an encoder and a decoder of L layers each, with their embeddings and output projection.

    `tied`: source, target and output share one table, as in Vaswani et al. (2017), section 3.4; else there
    are three. Their base model (L = 6, m = 512, f = 2048, h = 8, V about 37,000) has 63.1 million, given as
    65 in their table 3; the big one (m = 1024, f = 4096, h = 16) has 214 million, given as 213.
    `final_norms`: one at the end of each stack, as pre-LN needs.
    """
    _check_sizes(num_layers=num_layers)
    layers = encoder_layer_parameters(d_model, num_heads, d_ff, bias=bias)
    layers += decoder_layer_parameters(d_model, num_heads, d_ff, bias=bias)
    tables = (1 if tied else 3) * embedding_parameters(vocabulary, d_model)
    return num_layers * layers + tables + final_norms * 2 * norm_parameters(d_model)


def decoder_only_parameters(
    num_layers: int,
    d_model: int,
    num_heads: int,
    d_ff: int,
    vocabulary: int,
    max_length: int = 0,
    *,
    tied: bool = True,
    num_kv_heads: int | None = None,
    gated: bool = False,
    bias: bool = True,
    norm_bias: bool = True,
) -> int:
    """Count a language model: tables, L layers, a final norm, and the output projection unless it is `tied`.

    `tied`: the output projection is the token table itself. `max_length`: rows of learned positions, 0 for
    rotary or sinusoidal ones. GPT-2 small (12, 768, 12, 3072, 50257, 1024) has 124,439,808 (Radford et al.
    2019); SmolLM2-135M (30, 576, 9, 1536, 49152, with three key/value heads, gates, RMS norm and no biases)
    has 134,515,008.
    """
    _check_sizes(num_layers=num_layers)
    layer = encoder_layer_parameters(
        d_model, num_heads, d_ff, num_kv_heads=num_kv_heads, gated=gated, bias=bias, norm_bias=norm_bias
    )
    output = 0 if tied else linear_parameters(d_model, vocabulary, bias=False)
    tables = embedding_parameters(vocabulary, d_model, max_length)
    return tables + num_layers * layer + norm_parameters(d_model, norm_bias) + output


# ---------------------------------------------------------------- floating point operations


def linear_flops(tokens: int, inputs: int, outputs: int) -> int:
    """Count a projection: each of its n · outputs numbers is a sum of `inputs` products. 2 · n · in · out.

    So a parameter of a matrix costs 2 FLOPs a token.
    """
    _check_sizes(tokens=tokens, inputs=inputs, outputs=outputs)
    return 2 * tokens * inputs * outputs


def attention_projection_flops(
    q_len: int, k_len: int, d_model: int, num_heads: int, *, num_kv_heads: int | None = None
) -> int:
    """Count attention's four projections: queries and output for `q_len`, keys and values for `k_len`.

    Linear in the number of tokens. `k_len` counts keys that are computed, not those in a cache.
    """
    d_kv = _kv_features(d_model, num_heads, num_kv_heads)
    check_whole("k_len", k_len, at_least=0)
    keys_and_values = 2 * linear_flops(k_len, d_model, d_kv) if k_len else 0
    return 2 * linear_flops(q_len, d_model, d_model) + keys_and_values


def attention_mixing_flops(q_len: int, k_len: int, d_model: int) -> int:
    """Count what is quadratic in attention: scores and weighted sum, each 2·q·k·m over all heads. 4·q·k·m.

    A score sums d products in each of h heads, and h·d = m. Sharing keys and values saves nothing here. A
    causal mask is not counted as a saving: a kernel that skips what is hidden does about half.
    """
    _check_sizes(q_len=q_len, k_len=k_len, d_model=d_model)
    return 4 * q_len * k_len * d_model


def feed_forward_flops(tokens: int, d_model: int, d_ff: int, *, gated: bool = False) -> int:
    """Count the position-wise network: up and down, 4·n·m·f, or 6·n·m·f with a gate."""
    return (3 if gated else 2) * linear_flops(tokens, d_model, d_ff)


def encoder_layer_flops(
    length: int,
    d_model: int,
    num_heads: int,
    d_ff: int,
    cached: int = 0,
    *,
    num_kv_heads: int | None = None,
    gated: bool = False,
) -> int:
    """Count a forward pass of `length` tokens through one layer, on top of `cached` ones with keys kept.

    With f = 4m, nothing cached and no sharing: 24·n·m² + 4·n²·m. The quadratic term takes over at n = 6m.
    """
    check_whole("cached", cached, at_least=0)
    return (
        attention_projection_flops(length, length, d_model, num_heads, num_kv_heads=num_kv_heads)
        + attention_mixing_flops(length, cached + length, d_model)
        + feed_forward_flops(length, d_model, d_ff, gated=gated)
    )


def decoder_layer_flops(target_len: int, source_len: int, d_model: int, num_heads: int, d_ff: int) -> int:
    """Count a forward pass through one layer that also attends to `source_len` vectors of an encoder."""
    cross = attention_projection_flops(target_len, source_len, d_model, num_heads)
    cross += attention_mixing_flops(target_len, source_len, d_model)
    return encoder_layer_flops(target_len, d_model, num_heads, d_ff) + cross


def encoder_decoder_flops(
    source_len: int,
    target_len: int,
    num_layers: int,
    d_model: int,
    num_heads: int,
    d_ff: int,
    vocabulary: int,
) -> int:
    """Count a forward pass of a source and a target through an encoder–decoder, to the target's logits."""
    _check_sizes(num_layers=num_layers)
    layers = encoder_layer_flops(source_len, d_model, num_heads, d_ff)
    layers += decoder_layer_flops(target_len, source_len, d_model, num_heads, d_ff)
    return num_layers * layers + linear_flops(target_len, d_model, vocabulary)


def decoder_only_flops(
    length: int,
    num_layers: int,
    d_model: int,
    num_heads: int,
    d_ff: int,
    vocabulary: int,
    cached: int = 0,
    *,
    num_kv_heads: int | None = None,
    gated: bool = False,
) -> int:
    """Count a forward pass of `length` tokens through a language model, to the logits of each.

    Divided by `length` it is the mean cost of a token. One more token after n others, their keys and values
    kept, costs `decoder_only_flops(1, …, cached=n)`. Looking up an embedding costs nothing.
    """
    _check_sizes(num_layers=num_layers)
    layer = encoder_layer_flops(
        length, d_model, num_heads, d_ff, cached, num_kv_heads=num_kv_heads, gated=gated
    )
    return num_layers * layer + linear_flops(length, d_model, vocabulary)


def training_flops(forward_flops: int) -> int:
    """Count a forward and a backward pass: three times the forward.

    Each product C = AB of the forward pass has two in the backward pass, dA = dC·Bᵀ and dB = Aᵀ·dC, each of
    the same size. Recomputing activations to save memory is not counted.
    """
    check_whole("forward_flops", forward_flops, at_least=0)
    return 3 * forward_flops


def approximate_flops(non_embedding_parameters: int, tokens: int = 1, *, training: bool = False) -> int:
    """Estimate by the rule of thumb: 2N a token forward, 6N in training. Kaplan et al. (2020), section 2.1.

    N counts parameters without embeddings. The rule leaves out what is quadratic in attention and the logits.
    For GPT-2 small at 1,024 tokens it gives 170 million FLOPs a token forward, where the exact count is 285;
    for GPT-2 XL, 2.95 billion of 3.42.
    """
    _check_sizes(non_embedding_parameters=non_embedding_parameters, tokens=tokens)
    return (6 if training else 2) * non_embedding_parameters * tokens


# ---------------------------------------------------------------- bytes

BITS = {
    "float64": 64, "float32": 32, "bfloat16": 16, "float16": 16, "int8": 8, "int4": 4,
    "Q8_0": 8.5,  # GGUF: blocks of 32 whole numbers of 8 bits and one scale in float16
    "Q4_1": 5,  # GGUF: blocks of 32 whole numbers of 4 bits, a scale and a minimum in float16
}  # fmt: skip


def weight_bytes(parameters: int, dtype: str = "float32") -> int:
    """Give the memory that holds the weights: bits a parameter by dtype, one of `BITS`, over 8."""
    _check_sizes(parameters=parameters)
    return _bytes(parameters, dtype)


def training_bytes(parameters: int, dtype: str = "float32") -> int:
    """Give the memory that training with Adam holds besides activations: four numbers a parameter.

    The weight, its gradient, and the running means of the gradient and its square. Kingma & Ba (2015).
    """
    return 4 * weight_bytes(parameters, dtype)


def kv_cache_bytes(
    length: int,
    num_layers: int,
    d_model: int,
    num_heads: int,
    dtype: str = "float16",
    batch: int = 1,
    *,
    num_kv_heads: int | None = None,
) -> int:
    """Give the memory of the keys and values of `length` tokens: 2·L·n·g·d numbers for each sequence."""
    _check_sizes(length=length, num_layers=num_layers, batch=batch)
    return _bytes(2 * batch * num_layers * length * _kv_features(d_model, num_heads, num_kv_heads), dtype)


def attention_weight_bytes(length: int, num_heads: int, dtype: str = "float32", batch: int = 1) -> int:
    """Give the memory of one layer's attention weights, if they are written down: h·n² numbers a sequence.

    Dao et al. (2022) compute attention without writing them down.
    """
    _check_sizes(length=length, num_heads=num_heads, batch=batch)
    return _bytes(batch * num_heads * length**2, dtype)


def activation_bytes(
    length: int, d_model: int, num_heads: int, d_ff: int, dtype: str = "float32", batch: int = 1
) -> int:
    """Give the memory that one pre-LN layer keeps for its backward pass: 8·n·m + 2·n·f + h·n² + 4·n numbers.

    Kept are, for each of two norms, its input (m) and its mean and deviation (2); queries, keys and values
    (3m) and the input they came from (m); the weights (h·n); the heads side by side (m); the input of the way
    up (m), and f features before and after the activation. Dropout's masks would come on top, and a ReLU
    could do with f less. With f = 4m and 2 bytes a number this is the 34·n·m + 5·h·n² bytes of Korthikanti
    et al. (2023) without their dropout (2·n·m + 3·h·n²), and with the norms' means and deviations.
    """
    _check_sizes(length=length, d_model=d_model, d_ff=d_ff, batch=batch)
    check_divides("num_heads", num_heads, "d_model", d_model)
    numbers = 8 * length * d_model + 2 * length * d_ff + num_heads * length**2 + 4 * length
    return _bytes(batch * numbers, dtype)


# ---------------------------------------------------------------- shared


def _kv_features(d_model: int, num_heads: int, num_kv_heads: int | None) -> int:
    """Features of the keys of one token, all heads together: g·d, or m where no heads share."""
    _check_sizes(d_model=d_model)
    check_divides("num_heads", num_heads, "d_model", d_model)
    num_kv_heads = num_heads if num_kv_heads is None else num_kv_heads
    check_divides("num_kv_heads", num_kv_heads, "num_heads", num_heads)
    return d_model // num_heads * num_kv_heads


def _bytes(numbers: int, dtype: str) -> int:
    if dtype not in BITS:
        raise ValueError(f"dtype: expected one of {', '.join(BITS)}, received {dtype!r}")
    half_bits = int(2 * BITS[dtype])  # whole numbers alone, or large sizes would be rounded
    return -(-numbers * half_bits // 16)


def _check_sizes(**sizes: object) -> None:
    for name, size in sizes.items():
        check_whole(name, size)
