"""The encoder: what must hold for any numbers, gradients by finite differences, and a task that it learns."""

import numpy as np
import pytest
from differences import CLOSE, central_differences, slope_along
from hypothesis import given
from hypothesis import strategies as st

from attend import attention, encoder
from attend.train import adam_step, cross_entropy, cross_entropy_backward

D_MODEL, D_FF, HEADS = 6, 10, 2
ORDERS = pytest.mark.parametrize("norm_first", [True, False], ids=["pre-LN", "post-LN"])


def drawn(rng, num_layers=2, final_norm=True):
    """Parameters of a small stack of which none is 0 or 1, so that each has something to say."""
    parameters = encoder.init_encoder(num_layers, D_MODEL, D_FF, rng, final_norm)
    return {name: array + 0.3 * rng.normal(size=array.shape) for name, array in parameters.items()}


# ---------------------------------------------------------------- embedding


def test_embedding_gives_each_token_its_row(rng):
    table = rng.normal(size=(5, 3))
    np.testing.assert_array_equal(
        encoder.embedding(np.array([[4, 0], [4, 2]]), table), table[[[4, 0], [4, 2]]]
    )


def test_a_row_gathers_the_gradient_from_every_place_of_its_token(rng):
    table, tokens, d_output = (
        rng.normal(size=(4, 3)),
        np.array([[2, 0, 2], [2, 1, 1]]),
        rng.normal(size=(2, 3, 3)),
    )
    d_table = encoder.embedding_backward(d_output, tokens, table)
    tried = central_differences(lambda t: float((d_output * encoder.embedding(tokens, t)).sum()), table)
    np.testing.assert_allclose(d_table, tried, **CLOSE)
    np.testing.assert_allclose(d_table[2], d_output[0, 0] + d_output[0, 2] + d_output[1, 0], atol=1e-15)
    np.testing.assert_array_equal(d_table[3], 0)


# ---------------------------------------------------------------- names and beginnings


def test_part_and_prefixed_undo_each_other(rng):
    parameters = drawn(rng, 12)
    layer = encoder.part(parameters, "layers.1")
    assert layer.keys() == encoder.LAYER_AXES.keys()
    assert layer["norm1.gain"] is parameters["layers.1.norm1.gain"]  # and not that of layer 10 or 11
    assert encoder.prefixed("layers.1", layer).items() <= parameters.items()
    assert encoder.part(parameters, "norm").keys() == {"gain", "bias"}


def test_fresh_parameters(rng):
    parameters = encoder.init_encoder(2, 40, 60, rng)
    assert len(parameters) == 2 * 16 + 2
    for name, array in parameters.items():
        if name.endswith("matrix"):
            bound = np.sqrt(6 / sum(array.shape))
            assert 0.98 * bound < np.abs(array).max() <= bound, name
            assert array.std() == pytest.approx(bound / np.sqrt(3), rel=0.05), name
        else:
            np.testing.assert_array_equal(array, 1 if name.endswith("gain") else 0, err_msg=name)
    assert encoder.init_encoder(1, 40, 60, rng, final_norm=False).keys() == {
        f"layers.0.{name}" for name in encoder.LAYER_AXES
    }
    drawn_first = {float(array[0, 0]) for name, array in parameters.items() if name.endswith("matrix")}
    assert len(drawn_first) == 2 * 6  # no two matrices begin alike
    again = encoder.init_encoder(2, 40, 60, np.random.default_rng(1))
    once_more = encoder.init_encoder(2, 40, 60, np.random.default_rng(1))
    assert all(np.array_equal(again[name], once_more[name]) for name in again)


# ---------------------------------------------------------------- what a layer does


@ORDERS
def test_a_layer_whose_parts_say_nothing_passes_the_residual_stream_on(norm_first, rng):
    x, layer = rng.normal(size=(3, D_MODEL)), encoder.init_encoder_layer(D_MODEL, D_FF, rng)
    layer["attention.output_matrix"][:] = layer["feed_forward.down_matrix"][:] = 0
    output, _ = encoder.encoder_layer(x, layer, HEADS, norm_first=norm_first)
    if norm_first:
        np.testing.assert_array_equal(output, x)
    else:
        np.testing.assert_allclose(output.mean(axis=-1), 0, atol=1e-12)
        np.testing.assert_allclose(output.var(axis=-1), 1, atol=1e-3)


@ORDERS
def test_the_trace_shows_what_each_part_received(norm_first, rng):
    x, layer = rng.normal(size=(2, 4, D_MODEL)), encoder.part(drawn(rng), "layers.0")
    output, trace = encoder.encoder_layer(x, layer, HEADS, norm_first=norm_first)
    assert trace.keys() == {"norm1", "attention", "norm2", "feed_forward", "weights"}
    read = trace["attention"]
    attended, weights = attention.multi_head_attention(
        read, read, read, num_heads=HEADS, **encoder.part(layer, "attention")
    )
    np.testing.assert_array_equal(trace["weights"], weights)
    np.testing.assert_array_equal(trace["norm1" if norm_first else "attention"], x)
    np.testing.assert_allclose(trace["norm2" if norm_first else "norm1"], x + attended, atol=1e-12)
    assert output.shape == x.shape


def test_the_stack_is_its_layers_one_after_another(rng):
    x, parameters = rng.normal(size=(4, D_MODEL)), drawn(rng)
    output, trace = encoder.encoder(x, parameters, HEADS)
    stream = x
    for i in range(2):
        stream, layer_trace = encoder.encoder_layer(stream, encoder.part(parameters, f"layers.{i}"), HEADS)
        assert encoder.part(trace, f"layers.{i}").keys() == layer_trace.keys()
        np.testing.assert_array_equal(trace[f"layers.{i}.weights"], layer_trace["weights"])
    np.testing.assert_array_equal(trace["norm"], stream)
    expected = (stream - stream.mean(-1, keepdims=True)) / np.sqrt(stream.var(-1, keepdims=True) + 1e-5)
    np.testing.assert_allclose(
        output, expected * parameters["norm.gain"] + parameters["norm.bias"], atol=1e-12
    )
    bare = {name: array for name, array in parameters.items() if not name.startswith("norm.")}
    without, trace = encoder.encoder(x, bare, HEADS)
    np.testing.assert_array_equal(without, stream)
    assert "norm" not in trace


# ---------------------------------------------------------------- properties


@ORDERS
@given(st.integers(1, 6), st.randoms(use_true_random=False))
def test_without_positions_and_masks_order_in_is_order_out(norm_first, n, random):
    rng = np.random.default_rng(n)
    x, parameters = rng.normal(size=(n, D_MODEL)), drawn(rng)
    order = random.sample(range(n), n)
    output, _ = encoder.encoder(x, parameters, HEADS, norm_first=norm_first)
    shuffled, _ = encoder.encoder(x[order], parameters, HEADS, norm_first=norm_first)
    np.testing.assert_allclose(shuffled, output[order], atol=1e-10)


@ORDERS
@given(st.integers(2, 6), st.data())
def test_a_causal_mask_leaks_nothing_forward_or_backward(norm_first, n, data):
    """Through both layers: the past does not hear of the future, nor does it send it a gradient."""
    rng, cut = np.random.default_rng(n), data.draw(st.integers(1, n - 1))
    x, parameters, visible = rng.normal(size=(n, D_MODEL)), drawn(rng), attention.causal_mask(n)
    output, trace = encoder.encoder(x, parameters, HEADS, visible, norm_first=norm_first)
    other = x.copy()
    other[cut:] = 50 * rng.normal(size=(n - cut, D_MODEL))
    after, _ = encoder.encoder(other, parameters, HEADS, visible, norm_first=norm_first)
    np.testing.assert_array_equal(after[:cut], output[:cut])
    assert np.all(after[cut:] != output[cut:])
    d_output = rng.normal(size=output.shape)
    d_output[cut:] = 0
    d_x, _ = encoder.encoder_backward(d_output, trace, parameters, HEADS, norm_first=norm_first)
    np.testing.assert_array_equal(d_x[cut:], 0)
    assert np.all(np.abs(d_x[:cut]).sum(axis=-1) > 0)


@ORDERS
def test_padding_changes_nothing_for_what_is_real(norm_first, rng):
    x, parameters = rng.normal(size=(2, 5, D_MODEL)), drawn(rng)
    visible = attention.padding_mask([3, 5], 5)
    padded, _ = encoder.encoder(x, parameters, HEADS, visible, norm_first=norm_first)
    alone, _ = encoder.encoder(x[0, :3], parameters, HEADS, norm_first=norm_first)
    np.testing.assert_allclose(padded[0, :3], alone, atol=1e-12)
    x[0, 3:] = 1e3
    again, _ = encoder.encoder(x, parameters, HEADS, visible, norm_first=norm_first)
    np.testing.assert_array_equal(again[0, :3], padded[0, :3])


@ORDERS
def test_a_position_that_may_look_nowhere_keeps_its_own_counsel(norm_first, rng):
    """Attention brings it the output projection's bias alone; outputs and gradients are finite."""
    x, parameters = rng.normal(size=(4, D_MODEL)), drawn(rng)
    visible = np.array([[True] * 4, [False] * 4, [True] * 4, [True] * 4])
    layer = encoder.part(parameters, "layers.0")
    _, trace = encoder.encoder_layer(x, layer, HEADS, visible, norm_first=norm_first)
    after_attention = trace["norm2" if norm_first else "norm1"]
    np.testing.assert_allclose(after_attention[1], x[1] + layer["attention.output_bias"], atol=1e-12)
    output, trace = encoder.encoder(x, parameters, HEADS, np.zeros((4, 4), dtype=bool), norm_first=norm_first)
    d_x, gradients = encoder.encoder_backward(
        np.ones_like(output), trace, parameters, HEADS, norm_first=norm_first
    )
    assert all(np.isfinite(array).all() for array in (output, d_x, *gradients.values()))
    np.testing.assert_array_equal(gradients["layers.0.attention.query_matrix"], 0)


# ---------------------------------------------------------------- gradients


@ORDERS
@pytest.mark.parametrize("activation", ["relu", "gelu"])
def test_gradients_agree_with_finite_differences(norm_first, activation, rng):
    """Each array of the stack is nudged along a direction of its own; the input, number by number."""
    x, parameters = rng.normal(size=(2, 3, D_MODEL)), drawn(rng)
    visible = attention.causal_mask(3) & attention.padding_mask([3, 2], 3)
    settings = {"activation": activation, "norm_first": norm_first, "epsilon": 1e-3}
    output, trace = encoder.encoder(x, parameters, HEADS, visible, **settings)
    d_output = rng.normal(size=output.shape)
    d_x, gradients = encoder.encoder_backward(d_output, trace, parameters, HEADS, **settings)

    def loss(x=x, **changed):
        return float(
            (d_output * encoder.encoder(x, parameters | changed, HEADS, visible, **settings)[0]).sum()
        )

    np.testing.assert_allclose(d_x, central_differences(lambda x: loss(x), x), **CLOSE)
    assert gradients.keys() == parameters.keys()
    for name, gradient in gradients.items():
        direction = rng.normal(size=gradient.shape)
        tried = slope_along(lambda p, name=name: loss(**{name: p}), parameters[name], direction)
        assert (gradient * direction).sum() == pytest.approx(tried, rel=1e-6, abs=1e-6), name


@ORDERS
def test_inputs_are_left_as_they_were_and_float32_stays_float32(norm_first, rng):
    x = rng.normal(size=(3, D_MODEL)).astype(np.float32)
    parameters = {name: array.astype(np.float32) for name, array in drawn(rng).items()}
    copies = [x.copy(), *(array.copy() for array in parameters.values())]
    output, trace = encoder.encoder(x, parameters, HEADS, norm_first=norm_first)
    traced = {name: array.copy() for name, array in trace.items()}
    d_x, gradients = encoder.encoder_backward(x, trace, parameters, HEADS, norm_first=norm_first)
    for array, copy in zip([x, *parameters.values()], copies, strict=True):
        np.testing.assert_array_equal(array, copy)
    for name, copy in traced.items():
        np.testing.assert_array_equal(trace[name], copy)
    assert {array.dtype for array in (output, d_x, *trace.values(), *gradients.values())} == {x.dtype}


# ---------------------------------------------------------------- a task


def model(tokens, parameters):
    """Tokens and positions in, logits out, and what the backward pass needs."""
    x = encoder.embedding(tokens, parameters["tokens"]) + parameters["positions"]  # (b, n, m)
    hidden, trace = encoder.encoder(x, encoder.part(parameters, "encoder"), HEADS)
    return hidden @ parameters["output"], hidden, trace


def gradients_of(tokens, targets, parameters):
    logits, hidden, trace = model(tokens, parameters)
    d_logits = cross_entropy_backward(logits, targets)
    d_hidden, d_output, _ = attention.linear_backward(d_logits, hidden, parameters["output"])
    d_x, d_encoder = encoder.encoder_backward(d_hidden, trace, encoder.part(parameters, "encoder"), HEADS)
    return cross_entropy(logits, targets), {
        "tokens": encoder.embedding_backward(d_x, tokens, parameters["tokens"]),
        "positions": d_x.sum(axis=0),
        "output": d_output,
        **encoder.prefixed("encoder", d_encoder),
    }


def test_an_encoder_learns_to_reverse_what_it_reads(rng):
    """Which no position can do without looking at another. Scored on sequences it has not been trained on."""
    vocabulary, length, d_model = 6, 5, 16
    parameters = {
        "tokens": 0.5 * rng.normal(size=(vocabulary, d_model)),
        "positions": 0.5 * rng.normal(size=(length, d_model)),
        "output": 0.1 * rng.normal(size=(d_model, vocabulary)),
        **encoder.prefixed("encoder", encoder.init_encoder(1, d_model, 32, rng)),
    }
    unseen = rng.integers(vocabulary, size=(200, length))
    state, losses = None, []
    for _ in range(70):
        tokens = rng.integers(vocabulary, size=(32, length))
        loss, gradients = gradients_of(tokens, tokens[:, ::-1].copy(), parameters)
        parameters, state = adam_step(parameters, gradients, state, learning_rate=0.01)
        losses.append(loss)
    logits, _, _ = model(unseen, parameters)
    assert losses[0] > 1.5  # chance is log 6 = 1.79
    assert cross_entropy(logits, unseen[:, ::-1].copy()) < 0.05
    assert np.mean(logits.argmax(axis=-1) == unseen[:, ::-1]) == 1
