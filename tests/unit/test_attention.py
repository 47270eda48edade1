"""Attention's properties: what must hold for any numbers, whatever a reference implementation says."""

import math

import numpy as np
import pytest
from differences import CLOSE, central_differences
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from attend import attention


def matrices(rows: st.SearchStrategy | int, columns: st.SearchStrategy | int, size: float = 30.0):
    """Matrices of moderate numbers, of a shape that is drawn too."""
    draw = lambda n: n if isinstance(n, st.SearchStrategy) else st.just(n)  # noqa: E731
    return st.tuples(draw(rows), draw(columns)).flatmap(
        lambda shape: arrays(float, shape, elements=st.floats(-size, size, width=32))
    )


few = st.integers(1, 6)
score_arrays = arrays(
    float, array_shapes(min_dims=1, max_dims=3, max_side=6), elements=st.floats(-1e300, 1e300)
)


@st.composite
def attention_inputs(draw):
    """Query, key, value and mask that fit together; some rows of the mask may hide everything."""
    batch = draw(st.sampled_from([(), (2,), (2, 3)]))
    q, k, d, v = draw(few), draw(few), draw(few), draw(few)
    numbers = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    visible = numbers.random((*batch, q, k)) < draw(st.sampled_from([0.2, 0.5, 0.9]))
    shapes = ((*batch, q, d), (*batch, k, d), (*batch, k, v))
    return *(numbers.normal(size=shape) for shape in shapes), visible


# ---------------------------------------------------------------- softmax


@given(score_arrays, st.floats(1e-3, 1e3))
def test_weights_are_a_distribution_for_scores_of_any_size(scores, temperature):
    weights = attention.softmax(scores, temperature=temperature)
    assert np.all((weights >= 0) & (weights <= 1))
    np.testing.assert_allclose(weights.sum(axis=-1), 1.0, atol=1e-12)


@given(matrices(few, few), st.floats(-100, 100))
def test_shifting_a_row_of_scores_changes_nothing(scores, shift):
    np.testing.assert_allclose(
        attention.softmax(scores + shift), attention.softmax(scores), rtol=1e-11, atol=1e-14
    )


def test_softmax_of_known_scores():
    weights = attention.softmax(np.log([[1.0, 2.0, 5.0], [3.0, 3.0, 2.0]]))
    np.testing.assert_allclose(weights, [[0.125, 0.25, 0.625], [0.375, 0.375, 0.25]], atol=1e-15)


def test_huge_scores_do_not_overflow():
    """The limit is a hard choice; a gap too wide for a float is a weight of zero."""
    np.testing.assert_array_equal(attention.softmax(np.array([1e4, 0.0, -1e4])), [1.0, 0.0, 0.0])
    np.testing.assert_array_equal(attention.softmax(np.array([1.7e308, -1.7e308])), [1.0, 0.0])
    np.testing.assert_array_equal(attention.softmax(np.array([2.0, 1.0]), temperature=1e-310), [1.0, 0.0])


def test_temperature_divides_the_scores():
    scores = np.array([[0.3, -1.0, 2.0]])
    np.testing.assert_allclose(
        attention.softmax(scores, temperature=0.25), attention.softmax(4 * scores), atol=1e-15
    )


def test_temperature_limits_are_argmax_and_average():
    scores = np.array([[0.3, -1.0, 2.0], [5.0, 4.9, 0.0]])
    cold, hot = (attention.softmax(scores, temperature=t) for t in (1e-4, 1e9))
    np.testing.assert_array_equal(cold, np.eye(3)[scores.argmax(axis=-1)])
    np.testing.assert_allclose(hot, 1 / 3, atol=1e-8)


def test_equal_scores_share_equally_when_cold():
    np.testing.assert_array_equal(
        attention.softmax(np.array([1.0, 1.0, 0.0]), temperature=1e-6), [0.5, 0.5, 0.0]
    )


def test_hidden_keys_weigh_exactly_nothing_and_the_rest_is_softmax_of_what_is_left():
    scores = np.array([[1.0, 700.0, 2.0, -3.0]])
    visible = np.array([[True, False, True, True]])
    weights = attention.softmax(scores, visible)
    assert weights[0, 1] == 0.0
    np.testing.assert_allclose(weights[0, [0, 2, 3]], attention.softmax(scores[0, [0, 2, 3]]), atol=1e-15)


def test_float32_stays_float32():
    scores = np.ones((2, 3), dtype=np.float32)
    visible = np.array([True, True, False])
    assert attention.softmax(scores, visible, temperature=2).dtype == np.float32
    output, weights = attention.scaled_dot_product_attention(scores, scores, scores)
    assert output.dtype == weights.dtype == np.float32
    assert attention.cosine_score(scores, scores).dtype == np.float32
    assert attention.softmax_jacobian(scores).dtype == np.float32


def test_inputs_are_left_as_they_were(rng):
    query, key, value = rng.normal(size=(3, 4, 2))
    before = [x.copy() for x in (query, key, value)]
    attention.scaled_dot_product_attention(query, key, value, attention.causal_mask(4))
    attention.cosine_score(query, key)
    for x, copy in zip((query, key, value), before, strict=True):
        np.testing.assert_array_equal(x, copy)


@given(matrices(few, few, size=5.0), st.floats(0.2, 5.0))
def test_softmax_backward_is_the_jacobian_applied(scores, temperature):
    weights = attention.softmax(scores, temperature=temperature)
    d_weights = np.cos(np.arange(scores.size)).reshape(scores.shape)
    slowly = np.einsum("...i,...ij->...j", d_weights, attention.softmax_jacobian(weights)) / temperature
    np.testing.assert_allclose(
        attention.softmax_backward(d_weights, weights, temperature), slowly, rtol=1e-10, atol=1e-12
    )


def test_rows_of_the_jacobian_sum_to_zero(rng):
    """The weights sum to one whatever the scores, so a nudge to one score moves weight about, no more."""
    jacobian = attention.softmax_jacobian(attention.softmax(rng.normal(size=(2, 5))))
    np.testing.assert_allclose(jacobian.sum(axis=-1), 0.0, atol=1e-15)
    np.testing.assert_allclose(jacobian, jacobian.swapaxes(-1, -2), atol=1e-15)


def test_jacobian_agrees_with_finite_differences(rng):
    scores, step = rng.normal(size=6), 1e-6
    jacobian = attention.softmax_jacobian(attention.softmax(scores))
    for j, nudge in enumerate(np.eye(6) * step):
        difference = (attention.softmax(scores + nudge) - attention.softmax(scores - nudge)) / (2 * step)
        np.testing.assert_allclose(jacobian[:, j], difference, atol=1e-9)


# ---------------------------------------------------------------- scores


def test_scores_of_small_vectors_by_hand():
    query, key = np.array([[1.0, 2.0], [0.0, -1.0]]), np.array([[3.0, 4.0], [1.0, 0.0], [0.0, 0.0]])
    np.testing.assert_allclose(attention.dot_score(query, key), [[11, 1, 0], [-4, 0, 0]])
    np.testing.assert_allclose(
        attention.scaled_dot_score(query, key), np.array([[11, 1, 0], [-4, 0, 0]]) / math.sqrt(2)
    )
    np.testing.assert_allclose(
        attention.cosine_score(query, key), [[11 / (5 * math.sqrt(5)), 1 / math.sqrt(5), 0], [-0.8, 0, 0]]
    )


def test_bilinear_score_lets_query_and_key_differ_in_length():
    query, key = np.array([[1.0, 2.0]]), np.array([[1.0, 0.0, 2.0], [0.0, 1.0, 0.0]])
    matrix = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    np.testing.assert_allclose(attention.bilinear_score(query, key, matrix), [[9 + 2 * 15 + 0, 12]])
    np.testing.assert_allclose(
        attention.bilinear_score(query, query, np.eye(2)), attention.dot_score(query, query)
    )


def test_additive_score_is_a_small_network(rng):
    query, key = rng.normal(size=(2, 3, 4)), rng.normal(size=(2, 5, 6))
    query_matrix, key_matrix, vector = rng.normal(size=(4, 7)), rng.normal(size=(6, 7)), rng.normal(size=7)
    scores = attention.additive_score(query, key, query_matrix, key_matrix, vector)
    by_hand = vector @ np.tanh(query_matrix.T @ query[1, 2] + key_matrix.T @ key[1, 4])
    assert scores.shape == (2, 3, 5)
    assert scores[1, 2, 4] == pytest.approx(by_hand, abs=1e-14)


@given(matrices(few, 3), matrices(few, 3), st.sampled_from([1e-200, 1e-3, 1e200]))
def test_cosine_depends_on_direction_alone(query, key, size):
    scores = attention.cosine_score(query, key)
    assert np.all(np.abs(scores) <= 1 + 1e-12)
    np.testing.assert_allclose(attention.cosine_score(query * size, key), scores, atol=1e-9)


def test_a_zero_vector_scores_zero_against_everything():
    np.testing.assert_array_equal(attention.cosine_score(np.zeros((2, 3)), np.ones((4, 3))), np.zeros((2, 4)))


# ---------------------------------------------------------------- masks


def test_causal_mask_shows_the_past_and_hides_the_future():
    np.testing.assert_array_equal(
        attention.causal_mask(3), [[True, False, False], [True, True, False], [True, True, True]]
    )
    np.testing.assert_array_equal(
        attention.causal_mask(2, 4), [[True, True, True, False], [True, True, True, True]]
    )


def test_padding_mask_shows_the_first_keys_of_each_sequence():
    expected = [[[True, True, False]], [[False, False, False]], [[True, True, True]]]
    np.testing.assert_array_equal(attention.padding_mask(np.array([2, 0, 3]), 3), expected)
    np.testing.assert_array_equal(attention.padding_mask([2, 0, 3], 3), expected)


# ---------------------------------------------------------------- attention


@given(attention_inputs())
def test_rows_sum_to_one_or_see_nothing(inputs):
    query, key, value, visible = inputs
    output, weights = attention.scaled_dot_product_attention(query, key, value, visible)
    sees = visible.any(axis=-1)
    np.testing.assert_allclose(weights.sum(axis=-1), sees.astype(float), atol=1e-12)
    assert np.all(weights[~visible] == 0.0)
    assert np.all(output[~sees] == 0.0)


@given(attention_inputs(), st.data())
def test_a_mask_leaks_nothing(inputs, data):
    """Rewrite the keys and values that a query may not see: its output stays the same, bit for bit."""
    query, key, value, _ = inputs
    hidden = data.draw(st.integers(0, key.shape[-2] - 1))
    visible = np.ones((query.shape[-2], key.shape[-2]), dtype=bool)
    visible[:, hidden:] = False
    visible[-1] = True
    before, _ = attention.scaled_dot_product_attention(query, key, value, visible)
    other_key, other_value = key.copy(), value.copy()
    other_key[..., hidden:, :] = 1e3 - other_key[..., hidden:, :]
    other_value[..., hidden:, :] = -1e3 * other_value[..., hidden:, :] + 7
    after, _ = attention.scaled_dot_product_attention(query, other_key, other_value, visible)
    np.testing.assert_array_equal(before[..., :-1, :], after[..., :-1, :])
    assert not np.array_equal(
        before[..., -1, :], after[..., -1, :]
    )  # the last query sees all, so it must notice


def test_the_future_never_reaches_the_past(rng):
    query, key, value = rng.normal(size=(3, 6, 4))
    before, _ = attention.scaled_dot_product_attention(query, key, value, attention.causal_mask(6))
    key[4:], value[4:] = rng.normal(size=(2, 2, 4))
    after, _ = attention.scaled_dot_product_attention(query, key, value, attention.causal_mask(6))
    np.testing.assert_array_equal(before[:4], after[:4])
    assert np.all(before[4:] != after[4:])


@given(attention_inputs(), st.randoms(use_true_random=False))
def test_order_of_keys_is_nothing_and_order_of_queries_is_order_of_outputs(inputs, random):
    query, key, value, visible = inputs
    keys = random.sample(range(key.shape[-2]), key.shape[-2])
    queries = random.sample(range(query.shape[-2]), query.shape[-2])
    output, weights = attention.scaled_dot_product_attention(query, key, value, visible)
    shuffled, shuffled_weights = attention.scaled_dot_product_attention(
        query[..., queries, :], key[..., keys, :], value[..., keys, :], visible[..., queries, :][..., keys]
    )
    np.testing.assert_allclose(shuffled, output[..., queries, :], atol=1e-12)
    np.testing.assert_allclose(shuffled_weights, weights[..., queries, :][..., keys], atol=1e-12)


def test_if_every_key_matches_equally_attention_is_an_average(rng):
    keys, values = rng.normal(size=(5, 3)), rng.normal(size=(5, 2))
    output, weights = attention.scaled_dot_product_attention(np.zeros((1, 3)), keys, values)
    np.testing.assert_allclose(output[0], values.mean(axis=0), atol=1e-15)
    np.testing.assert_allclose(weights, 0.2, atol=1e-15)


def test_weighted_sum_by_hand():
    weights, value = np.array([[0.25, 0.75], [1.0, 0.0], [0.5, 0.5]]), np.array([[4.0, 0.0], [8.0, 2.0]])
    np.testing.assert_array_equal(
        attention.weighted_sum(weights, value), [[7.0, 1.5], [4.0, 0.0], [6.0, 1.0]]
    )


@given(attention_inputs())
def test_gradients_agree_with_finite_differences(inputs):
    query, key, value, visible = inputs
    output, weights = attention.scaled_dot_product_attention(query, key, value, visible)
    d_output = np.sin(np.arange(output.size)).reshape(output.shape)
    gradients = attention.scaled_dot_product_attention_backward(d_output, query, key, value, weights)
    direction, step = [np.cos(np.arange(x.size)).reshape(x.shape) for x in (query, key, value)], 1e-5

    def loss(t: float) -> float:
        moved = (x + t * towards for x, towards in zip((query, key, value), direction, strict=True))
        return float((d_output * attention.scaled_dot_product_attention(*moved, visible)[0]).sum())

    along = sum((g * towards).sum() for g, towards in zip(gradients, direction, strict=True))
    assert along == pytest.approx((loss(step) - loss(-step)) / (2 * step), rel=1e-6, abs=1e-6)


def test_a_query_that_sees_nothing_has_no_gradient(rng):
    query, key, value = rng.normal(size=(3, 3, 4))
    visible = np.array([[False, False, False], [True, False, True], [False, False, False]])
    output, weights = attention.scaled_dot_product_attention(query, key, value, visible)
    d_query, d_key, d_value = attention.scaled_dot_product_attention_backward(
        np.ones_like(output), query, key, value, weights
    )
    assert np.all(output[[0, 2]] == 0)
    assert np.all(d_query[[0, 2]] == 0)
    assert np.all(d_key[1] == 0)
    assert np.all(d_value[1] == 0)
    assert np.all(np.isfinite([d_query, d_key, d_value]))


# ---------------------------------------------------------------- many heads


def test_splitting_gives_each_head_its_own_block_of_features():
    x = np.arange(12.0).reshape(2, 6)
    np.testing.assert_array_equal(
        attention.split_heads(x, 3), [[[0, 1], [6, 7]], [[2, 3], [8, 9]], [[4, 5], [10, 11]]]
    )


@given(st.integers(1, 4), st.integers(1, 4), st.integers(1, 3), st.sampled_from([(), (2,), (2, 3)]))
def test_merging_undoes_splitting(heads, n, d, batch):
    x = np.random.default_rng(0).normal(size=(*batch, n, heads * d))
    split = attention.split_heads(x, heads)
    assert split.shape == (*batch, heads, n, d)
    np.testing.assert_array_equal(attention.merge_heads(split), x)


def test_many_heads_are_single_heads_side_by_side(rng):
    """The loop that the book's equation reads like, against the one batched product."""
    heads, query, key, value = 2, rng.normal(size=(3, 5)), rng.normal(size=(4, 6)), rng.normal(size=(4, 7))
    query_matrix, key_matrix = rng.normal(size=(5, 8)), rng.normal(size=(6, 8))
    value_matrix, output_matrix = rng.normal(size=(7, 6)), rng.normal(size=(6, 5))
    visible = attention.causal_mask(3, 4)
    outputs = []
    for i in range(heads):
        qk, v = slice(4 * i, 4 * i + 4), slice(3 * i, 3 * i + 3)
        head, _ = attention.scaled_dot_product_attention(
            query @ query_matrix[:, qk], key @ key_matrix[:, qk], value @ value_matrix[:, v], visible
        )
        outputs.append(head)
    output, weights = attention.multi_head_attention(
        query, key, value, query_matrix, key_matrix, value_matrix, output_matrix, heads, visible
    )
    np.testing.assert_allclose(output, np.concatenate(outputs, axis=-1) @ output_matrix, atol=1e-12)
    assert weights.shape == (2, 3, 4)


def test_one_mask_serves_every_head(rng):
    x, matrix = rng.normal(size=(2, 3, 4)), rng.normal(size=(4, 4))
    padding = attention.padding_mask([2, 3], 3)
    _, weights = attention.multi_head_attention(x, x, x, matrix, matrix, matrix, matrix, 2, padding)
    assert weights.shape == (2, 2, 3, 3)
    assert np.all(weights[0, :, :, 2] == 0)
    assert np.all(weights[1] > 0)


@pytest.fixture
def projections(rng):
    """Matrices and biases of two heads, all widths different: 2, 3, 5 in; 4 and 6 in the heads; 7 out."""
    shapes = {
        "query_matrix": (2, 4), "key_matrix": (3, 4), "value_matrix": (5, 6), "output_matrix": (6, 7),
        "query_bias": (4,), "key_bias": (4,), "value_bias": (6,), "output_bias": (7,),
    }  # fmt: skip
    return {name: rng.normal(size=shape) / 2 for name, shape in shapes.items()}


def test_a_bias_is_a_matrix_row_for_a_feature_that_is_always_one(projections, rng):
    """Append a 1 to every query, key and value, and each bias to its matrix: nothing changes."""
    query, key, value = rng.normal(size=(3, 2)), rng.normal(size=(4, 3)), rng.normal(size=(4, 5))
    output, weights = attention.multi_head_attention(query, key, value, num_heads=2, **projections)
    inputs = [np.concatenate([x, np.ones((len(x), 1))], axis=1) for x in (query, key, value)]
    matrices = [
        np.concatenate([projections[f"{name}_matrix"], projections[f"{name}_bias"][None]])
        for name in ("query", "key", "value")
    ]
    same, same_weights = attention.multi_head_attention(*inputs, *matrices, projections["output_matrix"], 2)
    np.testing.assert_allclose(output, same + projections["output_bias"], atol=1e-12)
    np.testing.assert_allclose(weights, same_weights, atol=1e-12)


def test_linear_backward_agrees_with_finite_differences(rng):
    x, matrix, bias = rng.normal(size=(2, 3, 4)), rng.normal(size=(4, 5)), rng.normal(size=5)
    d_output = rng.normal(size=(2, 3, 5))
    d_x, d_matrix, d_bias = attention.linear_backward(d_output, x, matrix)
    loss = lambda x, matrix, bias: float((d_output * (x @ matrix + bias)).sum())  # noqa: E731
    np.testing.assert_allclose(d_x, central_differences(lambda t: loss(t, matrix, bias), x), **CLOSE)
    np.testing.assert_allclose(d_matrix, central_differences(lambda t: loss(x, t, bias), matrix), **CLOSE)
    np.testing.assert_allclose(d_bias, central_differences(lambda t: loss(x, matrix, t), bias), **CLOSE)


@pytest.mark.parametrize("batch", [(), (2,)], ids=str)
def test_multi_head_gradients_agree_with_finite_differences(batch, projections, rng):
    inputs = {
        name: rng.normal(size=(*batch, *shape))
        for name, shape in {"query": (3, 2), "key": (4, 3), "value": (4, 5)}.items()
    }
    visible = attention.causal_mask(3, 4)
    visible[0] = False  # the first query sees nothing
    output, weights = attention.multi_head_attention(**inputs, **projections, num_heads=2, visible=visible)
    d_output = rng.normal(size=output.shape)
    d_query, d_key, d_value, gradients = attention.multi_head_attention_backward(
        d_output, **inputs, **projections, num_heads=2, weights=weights
    )
    assert gradients.keys() == projections.keys()

    def loss(**changed):
        arguments = inputs | projections | changed
        moved, _ = attention.multi_head_attention(**arguments, num_heads=2, visible=visible)
        return float((d_output * moved).sum())

    for name, gradient in {"query": d_query, "key": d_key, "value": d_value, **gradients}.items():
        tried = central_differences(lambda x, name=name: loss(**{name: x}), (inputs | projections)[name])
        np.testing.assert_allclose(gradient, tried, **CLOSE, err_msg=name)
    np.testing.assert_allclose(gradients["key_bias"], 0, atol=1e-12)  # adding to all scores moves no weight


def test_a_missing_bias_has_the_gradient_of_one_of_zeros(projections, rng):
    query, key, value = rng.normal(size=(3, 2)), rng.normal(size=(4, 3)), rng.normal(size=(4, 5))
    matrices = {name: array for name, array in projections.items() if name.endswith("matrix")}
    zeros = {n: np.zeros_like(array) for n, array in projections.items() if n.endswith("bias")}
    output, weights = attention.multi_head_attention(query, key, value, **matrices, num_heads=2)
    with_zeros, _ = attention.multi_head_attention(query, key, value, **matrices, **zeros, num_heads=2)
    np.testing.assert_array_equal(output, with_zeros)
    *_, without = attention.multi_head_attention_backward(
        output, query, key, value, **matrices, num_heads=2, weights=weights
    )
    *_, gradients = attention.multi_head_attention_backward(
        output, query, key, value, **matrices, **zeros, num_heads=2, weights=weights
    )
    for name in projections:
        np.testing.assert_array_equal(without[name], gradients[name])
