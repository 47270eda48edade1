"""Counts by hand, published counts, and what the counts must do when a size changes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attend import cost

GPT2 = {
    "small": (12, 768, 12, 124_439_808),
    "medium": (24, 1024, 16, 354_823_168),
    "large": (36, 1280, 20, 774_030_080),
    "XL": (48, 1600, 25, 1_557_611_200),
}
LLAMA_STYLE = {"gated": True, "bias": False, "norm_bias": False}
few = st.integers(1, 8)


def gpt2(name):
    """The sizes of a GPT-2 as `decoder_only_parameters` and `decoder_only_flops` take them."""
    num_layers, d_model, num_heads, _ = GPT2[name]
    return num_layers, d_model, num_heads, 4 * d_model, 50_257


# ---------------------------------------------------------------- parameters


@pytest.mark.parametrize("name", GPT2)
def test_gpt2(name):
    """Sizes as in Radford et al. (2019), table 2; counts as in the published checkpoints."""
    assert cost.decoder_only_parameters(*gpt2(name), 1024) == GPT2[name][-1]


def test_the_papers_base_and_big_model():
    """Vaswani et al. (2017), table 3, in millions, with about 37,000 tokens (section 5.1)."""
    base = cost.encoder_decoder_parameters(6, 512, 8, 2048, 37_000)
    big = cost.encoder_decoder_parameters(6, 1024, 16, 4096, 37_000)
    assert round(base / 1e6, 1) == 63.1
    assert round(big / 1e6) == 214
    assert base / 65e6 == pytest.approx(1, abs=0.03)
    assert big / 213e6 == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize(
    ("expected", "sizes", "variant"),
    [
        (134_515_008, (30, 576, 9, 1536, 49_152), {"num_kv_heads": 3}),  # SmolLM2-135M: counted in its file
        (361_821_120, (32, 960, 15, 2560, 49_152), {"num_kv_heads": 5}),  # SmolLM2-360M
        (6_738_415_616, (32, 4096, 32, 11_008, 32_000), {"tied": False}),  # Llama 2 7B
        (8_030_261_248, (32, 4096, 32, 14_336, 128_256), {"tied": False, "num_kv_heads": 8}),  # Llama 3 8B
    ],
)
def test_llama_style_models(expected, sizes, variant):
    assert cost.decoder_only_parameters(*sizes, **LLAMA_STYLE, **variant) == expected


def test_parts_by_hand():
    assert cost.linear_parameters(3, 5) == 20
    assert cost.linear_parameters(3, 5, bias=False) == 15
    assert cost.norm_parameters(7) == 14
    assert cost.norm_parameters(7, norm_bias=False) == 7
    assert cost.attention_parameters(8, 2) == 4 * (64 + 8)
    assert cost.attention_parameters(8, 4, num_kv_heads=1, bias=False) == 2 * 64 + 2 * 8 * 2
    assert cost.feed_forward_parameters(4, 10) == 40 + 10 + 40 + 4
    assert cost.feed_forward_parameters(4, 10, gated=True, bias=False) == 3 * 40
    assert cost.feed_forward_parameters(4, 10, gated=True) == 3 * 40 + 2 * 10 + 4
    assert cost.embedding_parameters(11, 4) == 44
    assert cost.embedding_parameters(11, 4, 6) == 68


@given(few, few)
def test_a_layer_with_four_times_the_width_inside_has_12_squares(heads, d):
    m = heads * d
    assert cost.encoder_layer_parameters(m, heads, 4 * m) == 12 * m * m + 13 * m
    assert cost.decoder_layer_parameters(m, heads, 4 * m) == 16 * m * m + 19 * m


@given(few, few, few, few)
def test_models_are_their_layers_and_what_stands_around_them(num_layers, heads, d, vocabulary):
    m, f = heads * d, 3 * d
    sizes = (num_layers, m, heads, f, vocabulary)
    layers = num_layers * cost.encoder_layer_parameters(m, heads, f)
    assert cost.decoder_only_parameters(*sizes) == layers + vocabulary * m + 2 * m
    assert cost.decoder_only_parameters(*sizes, 5, tied=False) == layers + (2 * vocabulary + 5) * m + 2 * m
    both = layers + num_layers * cost.decoder_layer_parameters(m, heads, f)
    assert cost.encoder_decoder_parameters(*sizes) == both + vocabulary * m
    apart = cost.encoder_decoder_parameters(*sizes, tied=False, final_norms=True)
    assert apart == both + 3 * vocabulary * m + 4 * m


def test_a_gated_network_of_two_thirds_the_width_is_as_large():
    """Shazeer (2020), section 3: three matrices instead of two."""
    gated = cost.feed_forward_parameters(768, 2048, gated=True, bias=False)
    assert gated == cost.feed_forward_parameters(768, 3072, bias=False)


# ---------------------------------------------------------------- floating point operations


def test_flops_of_parts_by_hand():
    assert cost.linear_flops(3, 4, 5) == 2 * 3 * 4 * 5
    assert cost.attention_projection_flops(3, 5, 8, 4) == 2 * 64 * (2 * 3 + 2 * 5)
    assert cost.attention_projection_flops(3, 5, 8, 4, num_kv_heads=1) == 2 * 64 * 2 * 3 + 2 * 8 * 2 * 2 * 5
    assert cost.attention_projection_flops(3, 0, 8, 4) == 2 * 64 * 2 * 3  # all keys come from a cache
    assert cost.attention_mixing_flops(3, 5, 8) == 2 * (2 * 3 * 5 * 8)
    assert cost.feed_forward_flops(3, 4, 10) == 2 * (2 * 3 * 4 * 10)
    assert cost.feed_forward_flops(3, 4, 10, gated=True) == 3 * (2 * 3 * 4 * 10)
    assert cost.training_flops(7) == 21


@given(few, few, few)
def test_the_quadratic_term_takes_over_at_six_times_the_width(length, heads, d):
    m = heads * d
    layer = cost.encoder_layer_flops(length, m, heads, 4 * m)
    assert layer == 24 * length * m**2 + 4 * length**2 * m
    at_6m = cost.encoder_layer_flops(6 * m, m, heads, 4 * m)
    assert cost.attention_mixing_flops(6 * m, 6 * m, m) == at_6m / 2


@given(few, few, few, few)
def test_outside_attention_a_token_costs_two_flops_for_each_parameter_of_a_matrix(length, heads, d, layers):
    m = heads * d
    for variant in ({}, {"gated": True}, {"num_kv_heads": 1}):
        parameters = cost.encoder_layer_parameters(m, heads, 3 * m, bias=False, **variant)
        matrices = layers * (parameters - 2 * cost.norm_parameters(m)) + 11 * m  # and the output projection
        flops = cost.decoder_only_flops(length, layers, m, heads, 3 * m, 11, **variant)
        mixing = layers * cost.attention_mixing_flops(length, length, m)
        assert flops - mixing == 2 * matrices * length


@given(few, few, few, few)
def test_a_cache_saves_all_but_the_new_token(length, heads, d, layers):
    """A step costs what one position costs in a full pass, whose mixing has as many keys in every row."""
    sizes = (layers, heads * d, heads, 3 * d, 11)
    step = cost.decoder_only_flops(1, *sizes, cached=length - 1)
    assert step * length == cost.decoder_only_flops(length, *sizes)


def test_an_encoder_decoder_by_hand():
    source, target, m, f = 5, 3, 8, 12
    encoder = 8 * source * m * m + 4 * source**2 * m + 4 * source * m * f
    itself = 8 * target * m * m + 4 * target**2 * m + 4 * target * m * f
    across = 4 * (target + source) * m * m + 4 * target * source * m
    flops = cost.encoder_decoder_flops(source, target, 2, m, 2, f, 11)
    assert flops == 2 * (encoder + itself + across) + 2 * target * m * 11
    assert cost.decoder_layer_flops(target, source, m, 2, f) == itself + across


@pytest.mark.parametrize(
    ("name", "exact", "rule"), [("small", 284.8, 170.1), ("medium", 807.6, 604.6), ("XL", 3424.5, 2951.1)]
)
def test_the_rule_of_thumb_beside_the_exact_count(name, exact, rule):
    """Millions of FLOPs a token at 1,024 tokens. Of what it leaves out, nearly all is mixing and logits."""
    num_layers, d_model, *_, vocabulary = gpt2(name)
    parameters = GPT2[name][-1] - cost.embedding_parameters(vocabulary, d_model, 1024)
    per_token = cost.decoder_only_flops(1024, *gpt2(name)) / 1024
    assert round(per_token / 1e6, 1) == exact
    assert round(cost.approximate_flops(parameters) / 1e6, 1) == rule
    left_out = num_layers * cost.attention_mixing_flops(1, 1024, d_model)
    left_out += cost.linear_flops(1, d_model, vocabulary)
    assert cost.approximate_flops(parameters) == pytest.approx(per_token - left_out, rel=2e-3)
    training = cost.approximate_flops(parameters, 10, training=True)
    assert training == 6 * 10 * parameters == cost.training_flops(cost.approximate_flops(parameters, 10))


# ---------------------------------------------------------------- bytes


def test_bytes_by_hand():
    assert cost.weight_bytes(1000) == 4000
    assert [cost.weight_bytes(1000, dtype) for dtype in ("float64", "bfloat16", "float16")] == [
        8000,
        2000,
        2000,
    ]
    assert [cost.weight_bytes(1001, dtype) for dtype in ("int8", "int4")] == [1001, 501]
    assert cost.training_bytes(1000) == 16_000
    assert cost.attention_weight_bytes(10, 3, "float16", 2) == 2 * 3 * 100 * 2
    assert cost.kv_cache_bytes(10, 2, 8, 4, "float32", 3) == 2 * 3 * 2 * 10 * 8 * 4
    assert cost.kv_cache_bytes(10, 2, 8, 4, num_kv_heads=1) == 2 * 2 * 10 * 2 * 2


def test_bytes_of_any_size_are_exact():
    """A float has 53 bits; a count that does not fit in them must not be rounded."""
    odd = 2**80 + 1
    assert cost.weight_bytes(odd) == 4 * odd
    assert cost.weight_bytes(odd, "int4") == (odd + 1) // 2
    assert cost.weight_bytes(odd, "Q8_0") == (17 * odd + 15) // 16


def test_the_cache_of_llama_2_7b_at_4096_tokens_takes_two_gibibytes():
    assert cost.kv_cache_bytes(4096, 32, 4096, 32) == 2 * 2**30


def test_quantised_weights_of_smollm2_as_in_its_file():
    """Its GGUF has the table in Q8_0, other matrices in Q4_1, norms in float32: 96,576,768 bytes."""
    table, norms = 49_152 * 576, 61 * 576
    matrices = 134_515_008 - table - norms
    parts = ((matrices, "Q4_1"), (table, "Q8_0"), (norms, "float32"))
    assert sum(cost.weight_bytes(n, dtype) for n, dtype in parts) == 96_576_768


def test_activations_beside_korthikanti_et_al():
    """At 2 bytes: 34·n·m + 5·h·n² less dropout's 2·n·m + 3·h·n², and the norms' 4 numbers a token."""
    n, m, h = 128, 64, 4
    without_dropout = 32 * n * m + 2 * h * n * n
    assert cost.activation_bytes(n, m, h, 4 * m, "float16") == without_dropout + 2 * 4 * n
    assert cost.activation_bytes(n, m, h, 4 * m, "float16", 3) == 3 * (without_dropout + 2 * 4 * n)
