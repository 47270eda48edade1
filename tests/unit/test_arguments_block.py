"""Bad input to the block, the encoder, the loss and the costs: messages name argument, received, expected."""

import re

import numpy as np
import pytest
import torch

from attend import attention, block, cost, encoder, train
from attend.nn import attention as twin

pytestmark = pytest.mark.usefixtures("unchecked_shapes")

A, B, C, E, T = attention, block, cost, encoder, train
ones = np.ones
X, G = ones((2, 3)), ones(3)  # two vectors of three features, and a gain
M, BIAS = ones((3, 4)), ones(4)  # multi-head attention from 3 to 4 features, in 2 heads
MATRICES = {"query_matrix": M, "key_matrix": M, "value_matrix": M, "output_matrix": ones((4, 3))}
NETWORK = {"up_matrix": M, "up_bias": BIAS, "down_matrix": ones((4, 3)), "down_bias": ones(3)}
LAYER = E.init_encoder_layer(4, 6, np.random.default_rng(0))
STACK = E.init_encoder(2, 4, 6, np.random.default_rng(0))
Z = ones((2, 4))  # what passes through a layer, or logits for 4 classes
_, TRACE = E.encoder_layer(Z, LAYER, 2)
TOKENS = np.array([0, 3])
W = {"w": ones(3)}


def but(arrays: dict, **changed: object) -> dict:
    """The arrays with some exchanged (dots written __), or left out where None is given."""
    changed = {name.replace("__", "."): array for name, array in changed.items()}
    return {name: array for name, array in (arrays | changed).items() if array is not None}


def attend(**changed: object) -> object:
    return A.multi_head_attention(**{"query": X, "key": X, "value": X, **MATRICES, "num_heads": 2, **changed})


def attend_back(**changed: object) -> object:
    arguments = {"d_output": X, "query": X, "key": X, "value": X, **MATRICES, "weights": ones((2, 2, 2))}
    return A.multi_head_attention_backward(**{**arguments, "num_heads": 2, **changed})


def nan_like(array: np.ndarray) -> np.ndarray:
    return np.full_like(array, np.nan)


BAD_CALLS = [
    # biases and gradients of attention
    (TypeError, "query_bias: expected a NumPy array of floating point numbers, received list",
     lambda: attend(query_bias=[0.0])),
    (ValueError, "key_bias: expected axis h·d = 4 as in query_matrix, received 3 (shape (3,))",
     lambda: attend(key_bias=ones(3))),
    (ValueError, "value_bias: expected shape (h·v,), received (1, 4)",
     lambda: attend(value_bias=ones((1, 4)))),
    (ValueError, "output_bias: expected axis d_model = 3 as in output_matrix, received 4",
     lambda: attend(output_bias=ones(4))),
    (ValueError, "output_bias: expected finite numbers, received nan at index (0,)",
     lambda: attend(output_bias=nan_like(G))),
    (ValueError, "d_output: expected finite numbers", lambda: attend_back(d_output=nan_like(X))),
    (ValueError, "output_matrix: expected axis d_model = 4 as in d_output, received 3",
     lambda: attend_back(d_output=ones((2, 4)))),
    (ValueError, "weights: expected axis q = 2 as in d_output, received 3",
     lambda: attend_back(weights=ones((2, 3, 2)))),
    (ValueError, "weights: expected batch shape = () as in d_output, received (1,)",
     lambda: attend_back(weights=ones((1, 2, 2, 2)))),
    (ValueError, "weights: expected axis h = num_heads = 2, received shape (4, 2, 2)",
     lambda: attend_back(weights=ones((4, 2, 2)))),
    (ValueError, "num_heads: expected a divisor of the columns of query_matrix = 4, received 3",
     lambda: attend_back(num_heads=3)),
    (ValueError, "output_bias: expected axis d_model = 3 as in d_output, received 2",
     lambda: attend_back(output_bias=ones(2))),
    (ValueError, "x: expected batch shape = (2,) as in d_output, received (3,)",
     lambda: A.linear_backward(ones((2, 4)), ones((3, 3)), M)),
    (ValueError, "matrix: expected axis o = 4 as in d_output, received 3",
     lambda: A.linear_backward(ones((2, 4)), X, ones((3, 3)))),
    (ValueError, "d_output: expected finite numbers", lambda: A.linear_backward(nan_like(Z), X, M)),
    # norms
    (TypeError, "x: expected floating point numbers, received dtype int64; if they are real numbers, convert",
     lambda: B.layer_norm(X.astype(int), G, G)),
    (ValueError, "gain: expected axis m = 3 as in x, received 4 (shape (4,))",
     lambda: B.layer_norm(X, ones(4), G)),
    (ValueError, "bias: expected shape (m,), received (2, 3)", lambda: B.layer_norm(X, G, X)),
    (ValueError, "x: expected shape (..., m), received ()", lambda: B.layer_norm(np.array(1.0), G, G)),
    (ValueError, "x: expected finite numbers, received nan at index (0, 0)",
     lambda: B.layer_norm(nan_like(X), G, G)),
    (ValueError, "epsilon: expected a number above zero, received 0", lambda: B.layer_norm(X, G, G, 0)),
    (ValueError, "epsilon: expected a number above zero, received -1",
     lambda: B.layer_norm_backward(X, X, G, -1)),
    (ValueError, "x: expected batch shape = (2,) as in d_output, received (1,)",
     lambda: B.layer_norm_backward(X, X[:1], G)),
    (ValueError, "d_output: expected finite numbers", lambda: B.layer_norm_backward(nan_like(X), X, G)),
    (ValueError, "gain: expected axis m = 3 as in x, received 2", lambda: B.rms_norm(X, ones(2))),
    (TypeError, "epsilon: expected a number, received '1e-5'", lambda: B.rms_norm(X, G, "1e-5")),
    (ValueError, "x: expected axis m = 3 as in d_output, received 4",
     lambda: B.rms_norm_backward(X, Z, BIAS)),
    # activations and the position-wise network
    (TypeError, "x: expected a NumPy array of floating point numbers, received Tensor",
     lambda: B.relu(torch.ones(2))),
    (ValueError, "x: expected finite numbers", lambda: B.gelu(nan_like(X))),
    (ValueError, "x: expected axis f = 3 as in d_output, received 4",
     lambda: B.relu_backward(ones(3), ones(4))),
    (ValueError, "x: expected batch shape = (2,) as in d_output, received ()",
     lambda: B.gelu_backward(X, G)),
    (ValueError, "d_output: expected finite numbers", lambda: B.gelu_backward(nan_like(X), X)),
    (ValueError, "activation: expected 'relu' or 'gelu', received 'swish'",
     lambda: B.feed_forward(X, **NETWORK, activation="swish")),
    (ValueError, "activation: expected 'relu' or 'gelu', received None",
     lambda: B.feed_forward_backward(X, X, **NETWORK, activation=None)),
    (ValueError, "up_matrix: expected axis m = 4 as in x, received 3",
     lambda: B.feed_forward(Z, **NETWORK)),
    (ValueError, "up_bias: expected axis f = 4 as in up_matrix, received 3",
     lambda: B.feed_forward(X, **but(NETWORK, up_bias=G))),
    (ValueError, "down_matrix: expected axis f = 4 as in up_matrix, received 5",
     lambda: B.feed_forward(X, **but(NETWORK, down_matrix=ones((5, 3))))),
    (ValueError, "down_bias: expected axis m = 3 as in x, received 4",
     lambda: B.feed_forward(X, **but(NETWORK, down_bias=BIAS))),
    (ValueError, "up_bias: expected finite numbers",
     lambda: B.feed_forward(X, **but(NETWORK, up_bias=nan_like(BIAS)))),
    (ValueError, "x: expected batch shape = (1,) as in d_output, received (2,)",
     lambda: B.feed_forward_backward(X[:1], X, **NETWORK)),
    # embedding
    (TypeError, "tokens: expected a NumPy array of whole numbers, received list",
     lambda: E.embedding([0, 1], M)),
    (TypeError, "tokens: expected whole numbers, received dtype float64", lambda: E.embedding(G, M)),
    (TypeError, "tokens: expected whole numbers, received dtype bool", lambda: E.embedding(G > 0, M)),
    (ValueError, "tokens: expected numbers between 0 and 2, for the rows of table, received 3 at index (1,)",
     lambda: E.embedding(TOKENS, M)),
    (ValueError, "tokens: expected numbers between 0 and 2, for the rows of table, received -1 at index ()",
     lambda: E.embedding(np.array(-1), M)),
    (ValueError, "tokens: expected at least one element, received the empty shape (0,)",
     lambda: E.embedding(TOKENS[:0], M)),
    (ValueError, "table: expected shape (vocabulary, m), received (3,)", lambda: E.embedding(TOKENS, G)),
    (ValueError, "tokens: expected axis n = 3 as in d_output, received 2",
     lambda: E.embedding_backward(ones((3, 4)), TOKENS, ones((4, 4)))),
    (ValueError, "table: expected axis m = 3 as in d_output, received 4",
     lambda: E.embedding_backward(X, TOKENS, ones((4, 4)))),
    (ValueError, "tokens: expected numbers between 0 and 2",
     lambda: E.embedding_backward(Z, TOKENS, M)),
    # encoder
    (ValueError, "d_model: expected a whole number of at least 1, received 0",
     lambda: E.init_encoder_layer(0, 4, np.random.default_rng(0))),
    (TypeError, "d_ff: expected a whole number, received 2.5",
     lambda: E.init_encoder_layer(4, 2.5, np.random.default_rng(0))),
    (ValueError, "num_layers: expected a whole number of at least 1, received 0",
     lambda: E.init_encoder(0, 4, 4, np.random.default_rng(0))),
    (TypeError, "parameters: expected a dict of arrays, received list", lambda: E.encoder_layer(Z, [], 2)),
    (TypeError, "parameters: expected a dict of arrays, received list", lambda: E.encoder(Z, [LAYER], 2)),
    (ValueError, "parameters: expected 16 arrays by name; missing: attention.key_bias, norm1.gain",
     lambda: E.encoder_layer(Z, but(LAYER, norm1__gain=None, attention__key_bias=None), 2)),
    (ValueError, "parameters: expected 16 arrays by name; unknown: norm3.gain",
     lambda: E.encoder_layer(Z, but(LAYER, norm3__gain=G), 2)),
    (ValueError, "parameters: expected 34 arrays by name; missing: norm.bias",
     lambda: E.encoder(Z, but(STACK, norm__bias=None), 2)),
    (ValueError, "parameters: expected 34 arrays by name; missing: layers.1.norm2.bias; unknown: nrom.bias",
     lambda: E.encoder(Z, but(STACK, layers__1__norm2__bias=None, nrom__bias=G), 2)),
    (ValueError, "parameters: expected 16 arrays by name; missing: layers.0.attention.key_bias",
     lambda: E.encoder(Z, {}, 2)),
    (ValueError, "attention.query_matrix: expected axis m = 4 as in x, received 3",
     lambda: E.encoder_layer(Z, but(LAYER, attention__query_matrix=ones((3, 4))), 2)),
    (ValueError, "norm1.gain: expected axis m = 3 as in x, received 4", lambda: E.encoder_layer(X, LAYER, 2)),
    (ValueError, "attention.output_matrix: expected axis m = 4 as in x, received 3",
     lambda: E.encoder_layer(Z, but(LAYER, attention__output_matrix=ones((4, 3))), 2)),
    (ValueError, "norm2.bias: expected finite numbers, received nan at index (0,)",
     lambda: E.encoder_layer(Z, but(LAYER, norm2__bias=nan_like(BIAS)), 2)),
    (ValueError, "x: expected shape (..., n, m), received (4,)", lambda: E.encoder_layer(Z[0], LAYER, 2)),
    (ValueError, "num_heads: expected a divisor of the columns of query_matrix = 4, received 3",
     lambda: E.encoder(Z, STACK, 3)),
    (ValueError, "visible: expected a shape that broadcasts to (2, 2), received (3, 3)",
     lambda: E.encoder(Z, STACK, 2, A.causal_mask(3))),
    (ValueError, "activation: expected 'relu' or 'gelu', received 'tanh'",
     lambda: E.encoder(Z, STACK, 2, activation="tanh")),
    (ValueError, "epsilon: expected a number above zero, received 0",
     lambda: E.encoder(Z, STACK, 2, epsilon=0)),
    (ValueError, "trace: expected 5 arrays by name; missing: weights",
     lambda: E.encoder_layer_backward(Z, but(TRACE, weights=None), LAYER, 2)),
    (ValueError, "trace: expected 11 arrays by name; missing: layers.0.attention, ",
     lambda: E.encoder_backward(Z, TRACE, STACK, 2)),
    (TypeError, "trace: expected a dict of arrays, received list",
     lambda: E.encoder_backward(Z, [TRACE], STACK, 2)),
    (ValueError, "d_output: expected finite numbers",
     lambda: E.encoder_layer_backward(nan_like(Z), TRACE, LAYER, 2)),
    (ValueError, "parameters: expected 16 arrays by name; missing: norm1.bias",
     lambda: E.encoder_layer_backward(Z, TRACE, but(LAYER, norm1__bias=None), 2)),
    # loss and step
    (ValueError, "targets: expected numbers between 0 and 3, for the classes of logits, received 4",
     lambda: T.cross_entropy(Z, np.array([0, 4]))),
    (TypeError, "targets: expected whole numbers, received dtype float64",
     lambda: T.cross_entropy(Z, ones(2))),
    (ValueError, "targets: expected shape (2,) as in logits, received (1,)",
     lambda: T.cross_entropy_backward(Z, TOKENS[:1])),
    (ValueError, "logits: expected finite numbers", lambda: T.cross_entropy(nan_like(Z), TOKENS)),
    (ValueError, "logits: expected shape (..., c), received ()",
     lambda: T.cross_entropy(np.array(1.0), TOKENS)),
    (TypeError, "counted: expected booleans, True where a position counts, received int64",
     lambda: T.cross_entropy(Z, TOKENS, np.array([0, 1]))),
    (TypeError, "counted: expected booleans, True where a position counts, received list",
     lambda: T.cross_entropy(Z, TOKENS, [True, False])),
    (ValueError, "counted: expected shape (2,) as in logits, received (1,)",
     lambda: T.cross_entropy(Z, TOKENS, TOKENS[:1] == 0)),
    (ValueError, "counted: expected at least one True, received none",
     lambda: T.cross_entropy_backward(Z, TOKENS, TOKENS > 3)),
    (ValueError, "gradients: expected an array named 'w', received none", lambda: T.adam_step(W, {})),
    (ValueError, "parameters: expected an array named 'v', received none",
     lambda: T.adam_step(W, W | {"v": G})),
    (ValueError, "gradients['w']: expected shape (3,) as in parameters, received (1,)",
     lambda: T.adam_step(W, {"w": ones(1)})),
    (ValueError, "gradients['w']: expected finite numbers, received nan at index (0,)",
     lambda: T.adam_step(W, {"w": nan_like(G)})),
    (TypeError, "parameters['w']: expected a NumPy array of floating point numbers, received float",
     lambda: T.adam_step({"w": 1.0}, W)),
    (ValueError, "learning_rate: expected a number above zero, received 0",
     lambda: T.adam_step(W, W, learning_rate=0)),
    (ValueError, "epsilon: expected a number above zero, received 0", lambda: T.adam_step(W, W, epsilon=0)),
    (ValueError, "beta1: expected a number from 0 up to but not including 1, received 1",
     lambda: T.adam_step(W, W, beta1=1)),
    (ValueError, "beta2: expected a number from 0 up to but not including 1, received -0.5",
     lambda: T.adam_step(W, W, beta2=-0.5)),
    # costs
    (ValueError, "inputs: expected a whole number of at least 1, received 0",
     lambda: C.linear_parameters(0, 1)),
    (TypeError, "outputs: expected a whole number, received 2.0", lambda: C.linear_parameters(1, 2.0)),
    (ValueError, "d_model: expected a whole number of at least 1, received -1",
     lambda: C.norm_parameters(-1)),
    (ValueError, "num_heads: expected a divisor of d_model = 8, received 3",
     lambda: C.attention_parameters(8, 3)),
    (ValueError, "num_kv_heads: expected a divisor of num_heads = 4, received 3",
     lambda: C.attention_parameters(8, 4, num_kv_heads=3)),
    (ValueError, "max_length: expected a whole number of at least 0, received -1",
     lambda: C.embedding_parameters(5, 8, -1)),
    (ValueError, "vocabulary: expected a whole number of at least 1, received 0",
     lambda: C.decoder_only_parameters(1, 8, 2, 8, 0)),
    (ValueError, "num_layers: expected a whole number of at least 1, received 0",
     lambda: C.decoder_only_parameters(0, 8, 2, 8, 5)),
    (TypeError, "num_layers: expected a whole number, received True",
     lambda: C.encoder_decoder_parameters(True, 8, 2, 8, 5)),
    (ValueError, "tokens: expected a whole number of at least 1, received 0",
     lambda: C.linear_flops(0, 1, 1)),
    (ValueError, "k_len: expected a whole number of at least 0, received -1",
     lambda: C.attention_projection_flops(1, -1, 8, 2)),
    (ValueError, "q_len: expected a whole number of at least 1, received 0",
     lambda: C.attention_mixing_flops(0, 1, 8)),
    (ValueError, "cached: expected a whole number of at least 0, received -1",
     lambda: C.decoder_only_flops(1, 1, 8, 2, 8, 5, cached=-1)),
    (ValueError, "num_layers: expected a whole number of at least 1, received 0",
     lambda: C.encoder_decoder_flops(1, 1, 0, 8, 2, 8, 5)),
    (ValueError, "num_layers: expected a whole number of at least 1, received 0",
     lambda: C.decoder_only_flops(1, 0, 8, 2, 8, 5)),
    (ValueError, "forward_flops: expected a whole number of at least 0, received -1",
     lambda: C.training_flops(-1)),
    (TypeError, "non_embedding_parameters: expected a whole number, received 1.5",
     lambda: C.approximate_flops(1.5)),
    (ValueError, "parameters: expected a whole number of at least 1, received 0",
     lambda: C.weight_bytes(0)),
    (ValueError, "dtype: expected one of float64, float32, bfloat16, float16, int8, int4, Q8_0, Q4_1, "
     "received 'fp8'", lambda: C.weight_bytes(1, "fp8")),
    (ValueError, "batch: expected a whole number of at least 1, received 0",
     lambda: C.kv_cache_bytes(1, 1, 8, 2, batch=0)),
    (ValueError, "length: expected a whole number of at least 1, received 0",
     lambda: C.attention_weight_bytes(0, 2)),
    (ValueError, "num_heads: expected a divisor of d_model = 8, received 3",
     lambda: C.activation_bytes(2, 8, 3, 8)),
    # the twin's biases
    (ValueError, "key_bias: expected axis h·d = 4 as in query_matrix, received 3",
     lambda: twin.multi_head_attention(
         *map(torch.from_numpy, (X, X, X, *MATRICES.values())), 2, key_bias=torch.ones(3))),
    (TypeError, "output_bias: expected a tensor of floating point numbers, received ndarray",
     lambda: twin.multi_head_attention(
         *map(torch.from_numpy, (X, X, X, *MATRICES.values())), 2, output_bias=G)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("error", "message", "call"), BAD_CALLS, ids=[f"{i}: {m[:50]}" for i, (_, m, _) in enumerate(BAD_CALLS)]
)
def test_messages(error, message, call):
    with pytest.raises(error, match="^" + re.escape(message)):
        call()
