"""Weights in few bits: errors within half a step, groups that share a step, bytes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from attend.quantize import dequantize, quantize, quantized_bytes

matrices = arrays(
    float, array_shapes(min_dims=2, max_dims=2, max_side=6), elements=st.floats(-1e6, 1e6, width=32)
)


@given(matrices, st.integers(2, 8), st.sampled_from(["matrix", "row", 1]))
def test_no_weight_moves_by_more_than_half_a_step(matrix, bits, group):
    quantized = quantize(matrix, bits, group)
    limit = 2 ** (bits - 1) - 1
    assert np.abs(quantized.codes.astype(int)).max() <= limit
    moved = np.abs(dequantize(quantized) - matrix).reshape(quantized.codes.shape)
    assert np.all(moved <= quantized.steps * (0.5 + 1e-6))


@given(matrices, st.integers(2, 8))
def test_finer_groups_have_smaller_steps_and_codes_survive_a_second_time(matrix, bits):
    per_matrix, per_row = quantize(matrix, bits, "matrix"), quantize(matrix, bits)
    zero = ~matrix.any(axis=1)
    assert np.all(per_row.steps[~zero] <= per_matrix.steps)
    again = quantize(dequantize(per_row), bits)
    np.testing.assert_array_equal(again.codes, per_row.codes)


def test_known_codes():
    matrix = np.array([[1.0, -0.5, 0.26, 0.0], [0.1, 0.2, -0.4, 0.4], [0.0, 0.0, 0.0, 0.0]])
    whole = quantize(matrix, 3, "matrix")  # codes from -3 to 3, a step of 1/3
    np.testing.assert_array_equal(whole.codes[:, 0], [[3, -2, 1, 0], [0, 1, -1, 1], [0, 0, 0, 0]])
    rows = quantize(matrix, 3)
    np.testing.assert_allclose(rows.steps[:, 0, 0], [1 / 3, 0.4 / 3, 1])
    np.testing.assert_array_equal(rows.codes[1, 0], [1, 2, -3, 3])
    pairs = quantize(matrix, 3, 2)
    assert pairs.codes.shape == (3, 2, 2)
    np.testing.assert_allclose(pairs.steps[0, :, 0], [1 / 3, 0.26 / 3])
    np.testing.assert_array_equal(dequantize(rows)[2], np.zeros(4))


def test_type_and_bytes():
    matrix = np.ones((4, 6), np.float32)
    assert dequantize(quantize(matrix)).dtype == np.float32
    assert quantize(matrix).codes.dtype == np.int8
    assert quantized_bytes(quantize(matrix, 8, "matrix")) == 24 + 4
    assert quantized_bytes(quantize(matrix)) == 24 + 4 * 4
    assert quantized_bytes(quantize(matrix, 4, 3), 4) == 12 + 8 * 4


def test_weights_too_small_for_a_step():
    tiny = np.array([[1e-45, 2e-44]], np.float32)
    assert np.isfinite(dequantize(quantize(tiny))).all()


def test_arguments_are_named():
    matrix = np.ones((2, 6))
    with pytest.raises(ValueError, match="bits: expected at most 8, received 9"):
        quantize(matrix, 9)
    with pytest.raises(ValueError, match="bits: expected a whole number of at least 2, received 1"):
        quantize(matrix, 1)
    for group in (4, "column"):
        with pytest.raises(
            ValueError, match=f"group: expected 'matrix', 'row' or a divisor of 6, received {group!r}"
        ):
            quantize(matrix, 8, group)
    with pytest.raises(ValueError, match="group: expected a whole number of at least 1, received 0"):
        quantize(matrix, 8, 0)


def test_only_matrices(unchecked_shapes):
    with pytest.raises(ValueError, match="matrix: expected shape"):
        quantize(np.ones(3))
    with pytest.raises(TypeError, match="matrix: expected floating point numbers"):
        quantize(np.ones((2, 2), int))
