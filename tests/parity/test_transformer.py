"""Our PyTorch modules against `torch.nn`'s: same weights, same output, same gradients, in float64."""

import numpy as np
import pytest
import torch
from torch import nn

from attend.nn.block import DecoderLayer, EncoderLayer
from attend.nn.convert import from_torch
from attend.nn.stack import Transformer

CLOSE = {"rtol": 0, "atol": 1e-10}
D_MODEL, NUM_HEADS, D_FF, BATCH, Q, K = 12, 3, 20, 3, 5, 7

pytestmark = pytest.mark.filterwarnings(
    "ignore:enable_nested_tensor is True", "ignore:The PyTorch API of nested tensors"
)


@pytest.fixture(autouse=True)
def _double_precision():
    torch.manual_seed(0)
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def shake(module: nn.Module) -> nn.Module:
    """Draw every parameter anew: fresh norms (all one) and biases (all zero) would hide a mix-up."""
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.randn_like(parameter) / 2)
    return module.eval()


def leaves(*shapes: tuple[int, ...]) -> list[torch.Tensor]:
    return [torch.randn(shape, requires_grad=True) for shape in shapes]


def agree(ours, theirs, our_output, their_output, our_inputs, their_inputs):
    """Outputs, and the gradients of all inputs and parameters for a loss that weighs outputs unequally."""
    np.testing.assert_allclose(our_output.detach(), their_output.detach(), **CLOSE)
    probe = torch.randn_like(our_output)
    (our_output * probe).sum().backward()
    (their_output * probe).sum().backward()
    for mine, other in zip(our_inputs, their_inputs, strict=True):
        np.testing.assert_allclose(mine.grad, other.grad, **CLOSE)
    gradients = from_torch(grad_as_weights(theirs)).state_dict()
    own = dict(ours.named_parameters())
    assert own.keys() == gradients.keys()
    for name, parameter in own.items():
        np.testing.assert_allclose(parameter.grad, gradients[name], err_msg=name, **CLOSE)


def grad_as_weights(module: nn.Module) -> nn.Module:
    """The module with its gradients in place of its weights, so that the conversion carries them over."""
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(parameter.grad)
    return module


def twice(*tensors: torch.Tensor) -> list[torch.Tensor]:
    return [tensor.detach().clone().requires_grad_() for tensor in tensors]


def padding() -> torch.Tensor:
    """True where a key of the source may be seen; the first sequence is whole."""
    return torch.arange(K) < torch.tensor([K, 4, 1])[:, None]  # (batch, k)


def causal(n: int = Q) -> torch.Tensor:
    return torch.ones(n, n, dtype=torch.bool).tril()


# ---------------------------------------------------------------- attention


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("need_weights", [True, False])
@pytest.mark.parametrize("mask", ["none", "causal", "padding"])
def test_self_attention(bias, need_weights, mask):
    theirs = shake(nn.MultiheadAttention(D_MODEL, NUM_HEADS, bias=bias, batch_first=True))
    ours = from_torch(theirs)
    (x,) = leaves((BATCH, K, D_MODEL))
    (y,) = twice(x)
    visible = padding()[:, None] if mask == "padding" else None
    output, weights = ours(x, visible=visible, causal=mask == "causal", need_weights=need_weights)
    expected, their_weights = theirs(
        y, y, y, average_attn_weights=False,
        key_padding_mask=~padding() if mask == "padding" else None,
        attn_mask=~causal(K) if mask == "causal" else None,
    )  # fmt: skip
    if need_weights:
        np.testing.assert_allclose(weights.detach(), their_weights.detach(), **CLOSE)
    else:
        assert weights is None
    agree(ours, theirs, output, expected, [x], [y])


@pytest.mark.parametrize("need_weights", [True, False])
def test_cross_attention(need_weights):
    theirs = shake(nn.MultiheadAttention(D_MODEL, NUM_HEADS, batch_first=True))
    ours = from_torch(theirs)
    x, memory = leaves((BATCH, Q, D_MODEL), (BATCH, K, D_MODEL))
    y, their_memory = twice(x, memory)
    output, _ = ours(x, memory, visible=padding()[:, None], need_weights=need_weights)
    expected, _ = theirs(y, their_memory, their_memory, key_padding_mask=~padding())
    agree(ours, theirs, output, expected, [x, memory], [y, their_memory])


# ---------------------------------------------------------------- layers and stacks


@pytest.mark.parametrize("norm_first", [True, False])
@pytest.mark.parametrize(("activation", "bias"), [("relu", True), ("gelu", False)])
@pytest.mark.parametrize("mask", ["none", "causal", "padding"])
def test_encoder_layer(norm_first, activation, bias, mask):
    theirs = shake(
        nn.TransformerEncoderLayer(
            D_MODEL,
            NUM_HEADS,
            D_FF,
            activation=activation,
            norm_first=norm_first,
            bias=bias,
            batch_first=True,
        )
    )
    ours = from_torch(theirs)
    assert isinstance(ours, EncoderLayer)
    (x,) = leaves((BATCH, K, D_MODEL))
    (y,) = twice(x)
    output = ours(x, visible=padding()[:, None] if mask == "padding" else None, causal=mask == "causal")
    expected = theirs(
        y,
        src_mask=~causal(K) if mask == "causal" else None,
        src_key_padding_mask=~padding() if mask == "padding" else None,
    )
    agree(ours, theirs, output, expected, [x], [y])


@pytest.mark.parametrize("norm_first", [True, False])
@pytest.mark.parametrize("activation", ["relu", "gelu"])
def test_decoder_layer(norm_first, activation):
    theirs = shake(
        nn.TransformerDecoderLayer(
            D_MODEL, NUM_HEADS, D_FF, activation=activation, norm_first=norm_first, batch_first=True
        )
    )
    ours = from_torch(theirs)
    assert isinstance(ours, DecoderLayer)
    x, memory = leaves((BATCH, Q, D_MODEL), (BATCH, K, D_MODEL))
    y, their_memory = twice(x, memory)
    output = ours(x, memory, memory_visible=padding()[:, None])
    expected = theirs(y, their_memory, tgt_mask=~causal(), memory_key_padding_mask=~padding())
    agree(ours, theirs, output, expected, [x, memory], [y, their_memory])


@pytest.mark.parametrize("norm_first", [True, False])
def test_whole_transformer(norm_first):
    theirs = shake(nn.Transformer(D_MODEL, NUM_HEADS, 2, 2, D_FF, norm_first=norm_first, batch_first=True))
    ours = from_torch(theirs)
    assert isinstance(ours, Transformer)
    source, target = leaves((BATCH, K, D_MODEL), (BATCH, Q, D_MODEL))
    their_source, their_target = twice(source, target)
    target_visible = torch.arange(Q) < torch.tensor([Q, 3, 2])[:, None]  # (batch, q)
    output = ours(source, target, source_visible=padding()[:, None], target_visible=target_visible[:, None])
    expected = theirs(
        their_source, their_target, tgt_mask=~causal(), src_key_padding_mask=~padding(),
        memory_key_padding_mask=~padding(), tgt_key_padding_mask=~target_visible,
    )  # fmt: skip
    agree(ours, theirs, output, expected, [source, target], [their_source, their_target])


def test_what_cannot_be_converted_is_said():
    with pytest.raises(TypeError, match=r"module: expected .* received Linear"):
        from_torch(nn.Linear(2, 2))
    with pytest.raises(ValueError, match="as wide as the queries"):
        from_torch(nn.MultiheadAttention(4, 2, kdim=3, vdim=3))
    with pytest.raises(ValueError, match="activation relu or gelu"):
        from_torch(nn.TransformerEncoderLayer(4, 2, activation=torch.tanh))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_conversion_keeps_dtype_mode_and_dropout(dtype):
    theirs = nn.TransformerEncoderLayer(D_MODEL, NUM_HEADS, D_FF, dropout=0.3, dtype=dtype).eval()
    ours = from_torch(theirs)
    assert not ours.training
    assert {p.dtype for p in ours.parameters()} == {dtype}
    assert ours.attention.dropout == ours.feed_forward.dropout.p == ours.attention_residual.dropout.p == 0.3
