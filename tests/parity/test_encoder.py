"""The NumPy encoder is torch.nn.TransformerEncoder: output to 1e-12, every gradient to 1e-10, in float64."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from attend import attention, encoder

FORWARD, GRADIENT = {"rtol": 0, "atol": 1e-12}, {"rtol": 0, "atol": 1e-10}
D_MODEL, D_FF, HEADS, LAYERS = 8, 12, 2, 2
BATCH, LENGTH = 3, 5

# Where each of our arrays lies in PyTorch's layer. Its matrices are ours transposed.
NAMES = {
    "norm1.gain": "norm1.weight", "norm1.bias": "norm1.bias",
    "norm2.gain": "norm2.weight", "norm2.bias": "norm2.bias",
    "attention.output_matrix": "self_attn.out_proj.weight",
    "attention.output_bias": "self_attn.out_proj.bias",
    "feed_forward.up_matrix": "linear1.weight", "feed_forward.up_bias": "linear1.bias",
    "feed_forward.down_matrix": "linear2.weight", "feed_forward.down_bias": "linear2.bias",
}  # fmt: skip


def in_pytorch(layer: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """A layer's arrays, parameters or gradients, under PyTorch's names: query, key and value in one."""
    renamed = {theirs: layer[ours].T for ours, theirs in NAMES.items()}
    three = ("query", "key", "value")
    renamed["self_attn.in_proj_weight"] = np.concatenate([layer[f"attention.{n}_matrix"].T for n in three])
    renamed["self_attn.in_proj_bias"] = np.concatenate([layer[f"attention.{n}_bias"] for n in three])
    return renamed


def stack_in_pytorch(stack: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    renamed = {}
    for i in range(LAYERS):
        renamed |= encoder.prefixed(f"layers.{i}", in_pytorch(encoder.part(stack, f"layers.{i}")))
    if "norm.gain" in stack:
        renamed |= {"norm.weight": stack["norm.gain"], "norm.bias": stack["norm.bias"]}
    return renamed


def load(module: torch.nn.Module, arrays: dict[str, np.ndarray]) -> None:
    module.load_state_dict({name: torch.from_numpy(array.copy()) for name, array in arrays.items()})


def layer_in_pytorch(activation: str, norm_first: bool) -> torch.nn.TransformerEncoderLayer:
    return torch.nn.TransformerEncoderLayer(
        D_MODEL, HEADS, D_FF, 0.0, activation, batch_first=True, norm_first=norm_first, dtype=torch.float64
    )


def masks(name: str, rng: np.random.Generator) -> np.ndarray | None:
    """What a position may look at; in the last, one sees nothing at all."""
    causal, padding = attention.causal_mask(LENGTH), attention.padding_mask([5, 2, 4], LENGTH)
    scattered = rng.random((BATCH, LENGTH, LENGTH)) < 0.6
    scattered[1, 2] = False
    return {"none": None, "causal": causal, "padding": padding, "both": causal & padding,
            "scattered": scattered}[name]  # fmt: skip


def drawn(rng: np.random.Generator, final_norm: bool) -> dict[str, np.ndarray]:
    parameters = encoder.init_encoder(LAYERS, D_MODEL, D_FF, rng, final_norm)
    return {name: array + 0.3 * rng.normal(size=array.shape) for name, array in parameters.items()}


def agree(module, x, d_output, visible, output, d_x, gradients) -> None:
    """Run PyTorch's module forward and back; compare its output and every gradient with ours."""
    tensor, hidden = torch.from_numpy(x).requires_grad_(), None
    if visible is not None:  # PyTorch's masks say what is hidden; one for each sequence and head
        hidden = ~np.broadcast_to(visible, (BATCH, LENGTH, LENGTH)).repeat(HEADS, axis=0)
        hidden = torch.from_numpy(hidden)
    theirs = module(tensor, hidden)
    theirs.backward(torch.from_numpy(d_output))
    assert np.isfinite(output).all()  # NaN would be equal to NaN below
    np.testing.assert_allclose(output, theirs.detach(), **FORWARD)
    np.testing.assert_allclose(d_x, tensor.grad, **GRADIENT)
    of_theirs = {name: parameter.grad for name, parameter in module.named_parameters()}
    assert gradients.keys() == of_theirs.keys()
    for name, gradient in of_theirs.items():
        np.testing.assert_allclose(gradients[name], gradient, **GRADIENT, err_msg=name)


@pytest.mark.parametrize("norm_first", [True, False], ids=["pre-LN", "post-LN"])
@pytest.mark.parametrize("activation", ["relu", "gelu"])
@pytest.mark.parametrize("mask", ["none", "causal", "padding", "both", "scattered"])
def test_a_layer_is_pytorchs_layer(norm_first, activation, mask, rng):
    x, d_output = rng.normal(size=(2, BATCH, LENGTH, D_MODEL))
    layer, visible = encoder.part(drawn(rng, False), "layers.0"), masks(mask, rng)
    output, trace = encoder.encoder_layer(x, layer, HEADS, visible, activation, norm_first)
    d_x, gradients = encoder.encoder_layer_backward(d_output, trace, layer, HEADS, activation, norm_first)
    if mask == "scattered":
        np.testing.assert_array_equal(trace["weights"][1, :, 2], 0)
    module = layer_in_pytorch(activation, norm_first)
    load(module, in_pytorch(layer))
    agree(module, x, d_output, visible, output, d_x, in_pytorch(gradients))


@pytest.mark.parametrize("norm_first", [True, False], ids=["pre-LN", "post-LN"])
@pytest.mark.parametrize("activation", ["relu", "gelu"])
@pytest.mark.parametrize("mask", ["none", "both", "scattered"])
def test_the_stack_is_pytorchs_stack(norm_first, activation, mask, rng):
    """With the norm at the end for pre-LN, without it for post-LN."""
    x, d_output = rng.normal(size=(2, BATCH, LENGTH, D_MODEL))
    parameters, visible = drawn(rng, final_norm=norm_first), masks(mask, rng)
    output, trace = encoder.encoder(x, parameters, HEADS, visible, activation, norm_first)
    d_x, gradients = encoder.encoder_backward(d_output, trace, parameters, HEADS, activation, norm_first)
    norm = torch.nn.LayerNorm(D_MODEL, dtype=torch.float64) if norm_first else None
    module = torch.nn.TransformerEncoder(
        layer_in_pytorch(activation, norm_first), LAYERS, norm, enable_nested_tensor=False
    )
    load(module, stack_in_pytorch(parameters))
    agree(module, x, d_output, visible, output, d_x, stack_in_pytorch(gradients))


def test_embedding(rng):
    table, tokens = rng.normal(size=(7, 4)), rng.integers(7, size=(2, 9))
    d_output = rng.normal(size=(2, 9, 4))
    tensor = torch.from_numpy(table).requires_grad_()
    theirs = F.embedding(torch.from_numpy(tokens), tensor)
    theirs.backward(torch.from_numpy(d_output))
    np.testing.assert_array_equal(encoder.embedding(tokens, table), theirs.detach())
    np.testing.assert_allclose(encoder.embedding_backward(d_output, tokens, table), tensor.grad, **GRADIENT)
