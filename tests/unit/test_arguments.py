"""Bad input: every message names the argument, what was received and what was expected."""

import re

import numpy as np
import pytest
import torch

from attend import attention, position
from attend.nn import attention as torch_attention
from attend.nn import position as torch_position

pytestmark = pytest.mark.usefixtures("unchecked_shapes")

A, P = attention, position
ones = np.ones
Q, K, V = ones((2, 3)), ones((4, 3)), ones((4, 5))
M = ones((3, 6))


def nan_at(shape: tuple[int, ...], index: tuple[int, ...], value: float = np.nan) -> np.ndarray:
    array = ones(shape)
    array[index] = value
    return array


BAD_CALLS = [
    # kinds of array
    (TypeError, "query: expected a NumPy array of floating point numbers, received list",
     lambda: A.dot_score([[1.0]], K)),
    (TypeError, "query: expected floating point numbers, received dtype int64; "
     "if they are real numbers, convert with query.astype(float)",
     lambda: A.scaled_dot_product_attention(Q.astype(int), K, V)),
    (TypeError, "key: expected floating point numbers, received dtype complex128",
     lambda: A.cosine_score(Q, K.astype(complex))),
    (TypeError, "value: expected floating point numbers, received dtype object",
     lambda: A.weighted_sum(ones((2, 4)), V.astype(object))),
    (TypeError, "scores: expected floating point numbers, received dtype bool", lambda: A.softmax(K > 0)),
    (TypeError, "scores: expected a NumPy array of floating point numbers, received Tensor",
     lambda: A.softmax(torch.ones(3))),
    (TypeError, "table: expected floating point numbers, received dtype int64",
     lambda: P.learned(ones((3, 2), dtype=int), 1)),
    (TypeError, "positions: expected a NumPy array of numbers, received range",
     lambda: P.rotary(V[:, :4], range(4))),
    (TypeError, "positions: expected floating point numbers, received dtype bool",
     lambda: P.rotary(V[:, :4], K[:, 0] > 0)),
    # numbers that are not
    (ValueError, "scores: expected finite numbers, received nan at index (1, 2)",
     lambda: A.softmax(nan_at((2, 3), (1, 2)))),
    (ValueError, "key: expected finite numbers, received -inf at index (0, 1)",
     lambda: A.dot_score(Q, nan_at((4, 3), (0, 1), -np.inf))),
    (ValueError, "value: expected finite numbers, received inf at index (3, 4)",
     lambda: A.scaled_dot_product_attention(Q, K, nan_at((4, 5), (3, 4), np.inf))),
    (ValueError, "matrix: expected finite numbers", lambda: A.bilinear_score(Q, K, nan_at((3, 3), (0, 0)))),
    (ValueError, "vector: expected finite numbers",
     lambda: A.additive_score(Q, K, M, M, nan_at((6,), (2,)))),
    (ValueError, "weights: expected finite numbers", lambda: A.softmax_jacobian(nan_at((3,), (0,)))),
    (ValueError, "d_weights: expected finite numbers",
     lambda: A.softmax_backward(nan_at((3,), (0,)), ones(3))),
    (ValueError, "d_output: expected finite numbers, received nan at index (0, 0)",
     lambda: A.scaled_dot_product_attention_backward(nan_at((2, 5), (0, 0)), Q, K, V, ones((2, 4)))),
    (ValueError, "output_matrix: expected finite numbers",
     lambda: A.multi_head_attention(Q, K, K, M, M, M, nan_at((6, 3), (0, 0)), 2)),
    (ValueError, "x: expected finite numbers", lambda: A.split_heads(nan_at((2, 4), (0, 0)), 2)),
    (ValueError, "x: expected finite numbers", lambda: A.merge_heads(nan_at((2, 2, 4), (0, 0, 0)))),
    (ValueError, "x: expected finite numbers", lambda: P.rotary(nan_at((2, 4), (0, 0)), np.arange(2))),
    (ValueError, "positions: expected finite numbers, received inf at index (1,)",
     lambda: P.rotary(ones((2, 4)), np.array([0, np.inf]))),
    (ValueError, "table: expected finite numbers", lambda: P.relative_bias(nan_at((2, 3), (0, 0)), 2, 2)),
    # nothing at all
    (ValueError, "scores: expected at least one element, received the empty shape (2, 0)",
     lambda: A.softmax(ones((2, 0)))),
    (ValueError, "key: expected at least one element, received the empty shape (0, 3)",
     lambda: A.dot_score(Q, ones((0, 3)))),
    # shapes
    (ValueError, "scores: expected shape (..., k), received ()", lambda: A.softmax(np.array(1.0))),
    (ValueError, "query: expected shape (..., q, d), received (3,)", lambda: A.dot_score(ones(3), K)),
    (ValueError, "key: expected axis d = 3 as in query, received 2 (shape (4, 2))",
     lambda: A.scaled_dot_product_attention(Q, ones((4, 2)), V)),
    (ValueError, "value: expected axis k = 4 as in key, received 3 (shape (3, 5))",
     lambda: A.scaled_dot_product_attention(Q, K, ones((3, 5)))),
    (ValueError, "key: expected batch shape = (7,) as in query, received () (shape (4, 3))",
     lambda: A.cosine_score(ones((7, 2, 3)), K)),
    (ValueError, "value: expected axis k = 4 as in weights, received 2 (shape (2, 5))",
     lambda: A.weighted_sum(ones((2, 4)), ones((2, 5)))),
    (ValueError, "weights: expected axis k = 3 as in d_weights, received 2",
     lambda: A.softmax_backward(ones(3), ones(2))),
    (ValueError, "weights: expected shape (..., k), received ()", lambda: A.softmax_jacobian(np.array(1.0))),
    (ValueError, "matrix: expected axis e = 3 as in key, received 2 (shape (3, 2))",
     lambda: A.bilinear_score(Q, K, ones((3, 2)))),
    (ValueError, "matrix: expected shape (d, e), received (1, 3, 3)",
     lambda: A.bilinear_score(Q, K, ones((1, 3, 3)))),
    (ValueError, "vector: expected axis a = 6 as in query_matrix, received 5",
     lambda: A.additive_score(Q, K, M, M, ones(5))),
    (ValueError, "vector: expected shape (a,), received (6, 1)",
     lambda: A.additive_score(Q, K, M, M, ones((6, 1)))),
    (ValueError, "weights: expected axis q = 2 as in d_output, received 4",
     lambda: A.scaled_dot_product_attention_backward(ones((2, 5)), Q, K, V, ones((4, 2)))),
    (ValueError, "output_matrix: expected axis h·v = 6 as in value_matrix, received 5",
     lambda: A.multi_head_attention(Q, K, K, M, M, M, ones((5, 3)), 2)),
    (ValueError, "x: expected shape (..., h, n, d), received (2, 4)", lambda: A.merge_heads(ones((2, 4)))),
    (ValueError, "x: expected shape (..., n, features), received (4,)", lambda: A.split_heads(ones(4), 2)),
    (ValueError, "positions: expected axis n = 2 as in x, received 3 (shape (3,))",
     lambda: P.rotary(ones((2, 4)), np.arange(3))),
    (ValueError, "table: expected shape (max_length, d_model), received (3,)", lambda: P.learned(ones(3), 1)),
    (ValueError, "table: expected shape (h, offsets), received (3,)", lambda: P.relative_bias(ones(3), 1, 1)),
    # masks
    (TypeError, "visible: expected booleans, True where a query may look, received float64",
     lambda: A.softmax(ones((2, 3)), ones((2, 3)))),
    (TypeError, "visible: expected booleans, True where a query may look, received list",
     lambda: A.softmax(ones(2), [True, False])),
    (ValueError, "visible: expected a shape that broadcasts to (2, 4), received (4, 2)",
     lambda: A.scaled_dot_product_attention(Q, K, V, ones((4, 2), dtype=bool))),
    (ValueError, "visible: expected a shape that broadcasts to (2, 4), received (1, 2, 4)",
     lambda: A.multi_head_attention(Q, K, K, M, M, M, ones((6, 3)), 2, ones((1, 2, 4), dtype=bool))),
    (ValueError, "lengths: expected numbers between 0 and k_len = 3, received [1, 4]",
     lambda: A.padding_mask([1, 4], 3)),
    (ValueError, "lengths: expected numbers between 0 and k_len = 3, received [-1]",
     lambda: A.padding_mask([-1], 3)),
    (TypeError, "lengths: expected whole numbers, received dtype float64",
     lambda: A.padding_mask(ones(2), 3)),
    (ValueError, "lengths: expected shape (batch,), received (1, 1)", lambda: A.padding_mask([[1]], 3)),
    (ValueError, "k_len: expected a whole number of at least 1, received 0", lambda: A.padding_mask([0], 0)),
    (ValueError, "q_len: expected a whole number of at least 1, received 0", lambda: A.causal_mask(0)),
    (ValueError, "k_len: expected a whole number of at least 5, received 3", lambda: A.causal_mask(5, 3)),
    (TypeError, "q_len: expected a whole number, received 2.0", lambda: A.causal_mask(2.0)),
    (TypeError, "q_len: expected a whole number, received True", lambda: A.causal_mask(True)),
    # heads
    (ValueError, "num_heads: expected a divisor of the number of features = 6, received 4",
     lambda: A.split_heads(ones((2, 6)), 4)),
    (ValueError, "num_heads: expected a divisor of the columns of query_matrix = 6, received 4",
     lambda: A.multi_head_attention(Q, K, K, M, M, M, ones((6, 3)), 4)),
    (ValueError, "num_heads: expected a divisor of the columns of value_matrix = 4, received 3",
     lambda: A.multi_head_attention(Q, K, K, M, M, ones((3, 4)), ones((4, 3)), 3)),
    (ValueError, "num_heads: expected a whole number of at least 1, received 0",
     lambda: A.split_heads(ones((2, 6)), 0)),
    (ValueError, "the heads of x: expected a divisor of num_heads = 4, received 3",
     lambda: A.share_heads(ones((3, 2, 6)), 4)),
    (ValueError, "num_heads: expected a whole number of at least 1, received 0",
     lambda: A.share_heads(ones((3, 2, 6)), 0)),
    (ValueError, "num_kv_heads: expected a divisor of the heads of d_shared = 4, received 3",
     lambda: A.share_heads_backward(ones((4, 2, 6)), 3)),
    (TypeError, "num_heads: expected a whole number, received 2.0", lambda: P.alibi_slopes(2.0)),
    (ValueError, "num_heads: expected a whole number of at least 1, received 0",
     lambda: P.alibi_bias(0, 2, 2)),
    # temperature, base, widths, lengths
    (ValueError, "temperature: expected a number above zero, received 0",
     lambda: A.softmax(Q, temperature=0)),
    (ValueError, "temperature: expected a number above zero, received -1.0",
     lambda: A.softmax_backward(Q, Q, temperature=-1.0)),
    (ValueError, "temperature: expected a finite number, received nan",
     lambda: A.softmax(Q, temperature=float("nan"))),
    (TypeError, "temperature: expected a number, received '1'", lambda: A.softmax(Q, temperature="1")),
    (ValueError, "base: expected a number above zero, received -2", lambda: P.sinusoidal(3, 4, -2)),
    (ValueError, "base: expected a finite number, received inf", lambda: P.frequencies(4, float("inf"))),
    (ValueError, "base: expected a number above zero, received 0",
     lambda: P.rotary(ones((2, 4)), np.arange(2), 0)),
    (ValueError, "d_model: expected an even number, because features turn in pairs, received 5",
     lambda: P.sinusoidal(3, 5)),
    (ValueError, "d_model: expected an even number", lambda: P.shift_matrix(1, 3)),
    (ValueError, "d_model: expected a whole number of at least 2, received 0", lambda: P.frequencies(0)),
    (ValueError, "d (the last axis of x): expected an even number, because features turn in pairs, "
     "received 3",
     lambda: P.rotary(ones((2, 3)), np.arange(2))),
    (ValueError, "length: expected a whole number of at least 1, received 0", lambda: P.sinusoidal(0, 4)),
    (ValueError, "length: expected a whole number of at least 1, received -1", lambda: P.learned(Q, -1)),
    (ValueError, "length: expected at most 2, the rows of table, received 3", lambda: P.learned(Q, 3)),
    (ValueError, "offset: expected a finite number, received nan", lambda: P.shift_matrix(float("nan"), 4)),
    (TypeError, "offset: expected a number, received None", lambda: P.shift_matrix(None, 4)),
    (ValueError, "table: expected an odd number of columns, for -c … c, received 4 (shape (2, 4))",
     lambda: P.relative_bias(ones((2, 4)), 2, 2)),
    (ValueError, "k_len: expected a whole number of at least 3, received 2",
     lambda: P.relative_offsets(3, 2)),
    (ValueError, "q_len: expected a whole number of at least 1, received 0", lambda: P.alibi_bias(2, 0, 2)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("error", "message", "call"), BAD_CALLS, ids=[f"{i}: {m[:50]}" for i, (_, m, _) in enumerate(BAD_CALLS)]
)
def test_messages(error, message, call):
    with pytest.raises(error, match="^" + re.escape(message)):
        call()


def t(*shape: int) -> torch.Tensor:
    return torch.ones(*shape, dtype=torch.float64)


BAD_TORCH_CALLS = [
    (TypeError, "query: expected a tensor of floating point numbers, received ndarray",
     lambda: torch_attention.dot_score(Q, t(4, 3))),
    (TypeError, "query: expected floating point numbers, received dtype torch.int64; "
     "if they are real numbers, convert with query.float()",
     lambda: torch_attention.scaled_dot_product_attention(t(2, 3).long(), t(4, 3), t(4, 5))),
    (ValueError, "scores: expected at least one element, received the empty shape (2, 0)",
     lambda: torch_attention.softmax(t(2, 0))),
    (ValueError, "scores: expected shape (..., k), received ()",
     lambda: torch_attention.softmax(torch.tensor(1.0))),
    (ValueError, "key: expected axis d = 3 as in query, received 2 (shape (4, 2))",
     lambda: torch_attention.scaled_dot_product_attention(t(2, 3), t(4, 2), t(4, 5))),
    (ValueError, "value: expected axis k = 4 as in key, received 3",
     lambda: torch_attention.scaled_dot_product_attention(t(2, 3), t(4, 3), t(3, 5))),
    (ValueError, "key: expected axis d = 3 as in query, received 2",
     lambda: torch_attention.cosine_score(t(2, 3), t(4, 2))),
    (ValueError, "matrix: expected axis e = 3 as in key, received 2",
     lambda: torch_attention.bilinear_score(t(2, 3), t(4, 3), t(3, 2))),
    (ValueError, "vector: expected axis a = 6 as in query_matrix, received 5",
     lambda: torch_attention.additive_score(t(2, 3), t(4, 3), t(3, 6), t(3, 6), t(5))),
    (ValueError, "value: expected axis k = 4 as in weights, received 3",
     lambda: torch_attention.weighted_sum(t(2, 4), t(3, 5))),
    (TypeError, "visible: expected booleans, True where a query may look, received torch.float64",
     lambda: torch_attention.softmax(t(2, 3), t(2, 3))),
    (ValueError, "visible: expected a shape that broadcasts to (2, 3), received (3, 2)",
     lambda: torch_attention.softmax(t(2, 3), t(3, 2).bool())),
    (ValueError, "visible: expected a shape that broadcasts to (2, 4), received (1, 2, 4)",
     lambda: torch_attention.multi_head_attention(
         t(2, 3), t(4, 3), t(4, 3), t(3, 6), t(3, 6), t(3, 6), t(6, 3), 2, t(1, 2, 4).bool())),
    (ValueError, "temperature: expected a number above zero, received 0",
     lambda: torch_attention.softmax(t(2), temperature=0)),
    (ValueError, "num_heads: expected a divisor of the number of features = 6, received 4",
     lambda: torch_attention.split_heads(t(2, 6), 4)),
    (ValueError, "the heads of x: expected a divisor of num_heads = 4, received 3",
     lambda: torch_attention.share_heads(t(3, 2, 6), 4)),
    (ValueError, "num_heads: expected a divisor of the columns of query_matrix = 6, received 4",
     lambda: torch_attention.multi_head_attention(
         t(2, 3), t(4, 3), t(4, 3), t(3, 6), t(3, 6), t(3, 6), t(6, 3), 4)),
    (ValueError, "num_heads: expected a divisor of the columns of value_matrix = 4, received 3",
     lambda: torch_attention.multi_head_attention(
         t(2, 3), t(4, 3), t(4, 3), t(3, 6), t(3, 6), t(3, 4), t(4, 3), 3)),
    (ValueError, "output_matrix: expected axis h·v = 6 as in value_matrix, received 5",
     lambda: torch_attention.multi_head_attention(
         t(2, 3), t(4, 3), t(4, 3), t(3, 6), t(3, 6), t(3, 6), t(5, 3), 2)),
    (ValueError, "x: expected shape (..., h, n, d), received (2, 4)",
     lambda: torch_attention.merge_heads(t(2, 4))),
    (ValueError, "k_len: expected a whole number of at least 5, received 3",
     lambda: torch_attention.causal_mask(5, 3)),
    (ValueError, "lengths: expected numbers between 0 and k_len = 3, received [4]",
     lambda: torch_attention.padding_mask(torch.tensor([4]), 3)),
    (TypeError, "lengths: expected whole numbers, received dtype torch.float64",
     lambda: torch_attention.padding_mask(t(2), 3)),
    (ValueError, "d_model: expected an even number", lambda: torch_position.sinusoidal(3, 5)),
    (ValueError, "length: expected a whole number of at least 1, received 0",
     lambda: torch_position.sinusoidal(0, 4)),
    (ValueError, "base: expected a number above zero, received 0", lambda: torch_position.frequencies(4, 0)),
    (ValueError, "offset: expected a finite number, received inf",
     lambda: torch_position.shift_matrix(float("inf"), 4)),
    (TypeError, "positions: expected a PyTorch tensor of numbers, received range",
     lambda: torch_position.rotary(t(2, 4), range(2))),
    (TypeError, "positions: expected a PyTorch tensor of numbers, received torch.bool",
     lambda: torch_position.rotary(t(2, 4), t(2).bool())),
    (ValueError, "positions: expected axis n = 2 as in x, received 3",
     lambda: torch_position.rotary(t(2, 4), t(3))),
    (ValueError, "d (the last axis of x): expected an even number",
     lambda: torch_position.rotary(t(2, 3), t(2))),
    (ValueError, "num_heads: expected a whole number of at least 1, received 0",
     lambda: torch_position.alibi_slopes(0)),
    (ValueError, "k_len: expected a whole number of at least 3, received 2",
     lambda: torch_position.alibi_bias(2, 3, 2)),
    (ValueError, "table: expected an odd number of columns, for -c … c, received 4 (shape (2, 4))",
     lambda: torch_position.relative_bias(t(2, 4), 2, 2)),
    (ValueError, "length: expected at most 2, the rows of table, received 3",
     lambda: torch_position.learned(t(2, 3), 3)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("error", "message", "call"),
    BAD_TORCH_CALLS,
    ids=[f"{i}: {m[:50]}" for i, (_, m, _) in enumerate(BAD_TORCH_CALLS)],
)
def test_messages_of_the_twins(error, message, call):
    with pytest.raises(error, match="^" + re.escape(message)):
        call()


def test_numpy_whole_numbers_and_real_numbers_count_as_such():
    """A length that comes out of an array is as good as one that was typed."""
    assert attention.causal_mask(np.int64(2)).shape == (2, 2)
    assert position.sinusoidal(np.int32(2), np.int64(4), np.float32(100)).shape == (2, 4)
    assert attention.softmax(Q, temperature=np.float32(2)).shape == Q.shape
