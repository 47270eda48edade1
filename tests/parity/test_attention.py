"""Agreement in float64: NumPy, its PyTorch twin, PyTorch's own functions, and autograd for every gradient."""

import inspect
import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from attend import attention as ours
from attend.nn import attention as twin
from attend.nn.multihead import MultiHeadAttention

FORWARD, GRADIENT = {"rtol": 0, "atol": 1e-12}, {"rtol": 0, "atol": 1e-10}
BATCHES = [(), (3,), (2, 3), (2, 1, 3)]


def tensor(array: np.ndarray, *, gradient: bool = False) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(array)).requires_grad_(gradient)


def masks(batch: tuple[int, ...], q: int, k: int, rng: np.random.Generator) -> dict[str, np.ndarray | None]:
    """No mask, a causal one, padding, and one at random in which a whole row is hidden."""
    scattered = rng.random((*batch, q, k)) < 0.6
    scattered[..., 0, :] = False
    padding = np.broadcast_to(np.arange(k) < k - 1, (q, k)).copy()
    return {"none": None, "causal": ours.causal_mask(q, k), "padding": padding, "scattered": scattered}


@pytest.fixture(params=BATCHES, ids=str)
def inputs(request, rng):
    """Query, key and value with three lengths, and the batch shape they share."""
    batch = request.param
    return rng.normal(size=(*batch, 4, 5)), rng.normal(size=(*batch, 6, 5)), rng.normal(size=(*batch, 6, 3))


def test_twins_have_the_same_names_and_arguments():
    """Backward functions excepted, which autograd writes; the twin may add keyword-only dtype and device."""
    public = {
        name: f
        for name, f in vars(ours).items()
        if inspect.isfunction(f) and f.__module__ == ours.__name__ and not name.startswith("_")
    }
    by_autograd = {name for name in public if name.endswith("_backward")} | {"softmax_jacobian"}
    for name in public.keys() - by_autograd:
        mine, theirs = (inspect.signature(getattr(module, name)).parameters for module in (ours, twin))
        positional = [p for p in theirs.values() if p.kind is not p.KEYWORD_ONLY]
        assert [(p.name, p.default) for p in mine.values()] == [(p.name, p.default) for p in positional], name


# ---------------------------------------------------------------- softmax


@pytest.mark.parametrize("temperature", [0.1, 1.0, 7.0])
@pytest.mark.parametrize("shape", [(5,), (4, 5), (2, 3, 5)], ids=str)
def test_softmax(shape, temperature, rng):
    scores, d_weights = 20 * rng.normal(size=shape), rng.normal(size=shape)
    weights = ours.softmax(scores, temperature=temperature)
    s, s_twin = tensor(scores, gradient=True), tensor(scores, gradient=True)
    theirs, twins = torch.softmax(s / temperature, dim=-1), twin.softmax(s_twin, temperature=temperature)
    np.testing.assert_allclose(weights, theirs.detach(), **FORWARD)
    np.testing.assert_allclose(weights, twins.detach(), **FORWARD)
    theirs.backward(tensor(d_weights))
    twins.backward(tensor(d_weights))
    d_scores = ours.softmax_backward(d_weights, weights, temperature)
    np.testing.assert_allclose(d_scores, s.grad, **GRADIENT)
    np.testing.assert_allclose(d_scores, s_twin.grad, **GRADIENT)


def test_softmax_jacobian(rng):
    scores = rng.normal(size=6)
    autograd = torch.autograd.functional.jacobian(lambda s: torch.softmax(s, dim=-1), tensor(scores))
    np.testing.assert_allclose(ours.softmax_jacobian(ours.softmax(scores)), autograd, **GRADIENT)


def test_masked_softmax_against_minus_infinity(rng):
    scores, visible = rng.normal(size=(3, 5)), rng.random((3, 5)) < 0.6
    visible[:, 0] = True
    theirs = torch.softmax(tensor(scores).masked_fill(~tensor(visible), -math.inf), dim=-1)
    np.testing.assert_allclose(ours.softmax(scores, visible), theirs, **FORWARD)
    np.testing.assert_array_equal(twin.softmax(tensor(scores), tensor(visible))[~tensor(visible)], 0)


def test_huge_scores_in_the_twin():
    weights = twin.softmax(torch.tensor([1.7e308, -1.7e308], dtype=torch.float64))
    np.testing.assert_array_equal(weights, [1.0, 0.0])


def test_a_hidden_row_is_zero_in_the_twin_and_so_are_its_gradients(rng):
    query, key, value = (tensor(x, gradient=True) for x in rng.normal(size=(3, 3, 4)))
    visible = torch.tensor([[False, False, False], [True, True, False], [False, False, False]])
    with torch.autograd.set_detect_anomaly(True):
        output, weights = twin.scaled_dot_product_attention(query, key, value, visible)
        output.square().sum().backward()
    for hidden in (output[[0, 2]], weights[[0, 2]], query.grad[[0, 2]], key.grad[2], value.grad[2]):
        np.testing.assert_array_equal(hidden.detach(), 0)
    assert query.grad[1].abs().sum() > 0


# ---------------------------------------------------------------- scores


def scorers(rng: np.random.Generator) -> dict[str, tuple[np.ndarray, ...]]:
    """Each score's name and the learned arrays it takes after query and key."""
    return {
        "dot_score": (),
        "scaled_dot_score": (),
        "cosine_score": (),
        "bilinear_score": (rng.normal(size=(5, 5)),),
        "additive_score": (rng.normal(size=(5, 8)), rng.normal(size=(5, 8)), rng.normal(size=8)),
    }


@pytest.mark.parametrize(
    "name", ["dot_score", "scaled_dot_score", "cosine_score", "bilinear_score", "additive_score"]
)
def test_scores(name, inputs, rng):
    query, key, _ = inputs
    learned = scorers(rng)[name]
    scores = getattr(ours, name)(query, key, *learned)
    assert scores.shape == (*query.shape[:-1], key.shape[-2])
    np.testing.assert_allclose(scores, getattr(twin, name)(*map(tensor, (query, key, *learned))), **FORWARD)


def test_cosine_against_pytorch(inputs):
    query, key, _ = inputs
    theirs = F.cosine_similarity(tensor(query)[..., :, None, :], tensor(key)[..., None, :, :], dim=-1)
    np.testing.assert_allclose(ours.cosine_score(query, key), theirs, **FORWARD)


def test_cosine_gradients_are_right_and_finite_at_zero(rng):
    query, key = (
        tensor(rng.normal(size=(2, 3)), gradient=True),
        tensor(rng.normal(size=(4, 3)), gradient=True),
    )
    assert torch.autograd.gradcheck(twin.cosine_score, (query, key))
    zero = torch.zeros(1, 3, dtype=torch.float64, requires_grad=True)
    twin.cosine_score(zero, key).sum().backward()
    assert torch.isfinite(zero.grad).all()
    assert torch.isfinite(key.grad).all()


def test_bilinear_against_pytorch(rng):
    query, key, matrix = rng.normal(size=(4, 5)), rng.normal(size=(6, 3)), rng.normal(size=(5, 3))
    pairs = tensor(query)[:, None, :].expand(4, 6, 5), tensor(key)[None].expand(4, 6, 3)
    theirs = F.bilinear(*(p.contiguous() for p in pairs), tensor(matrix)[None])[..., 0]
    np.testing.assert_allclose(ours.bilinear_score(query, key, matrix), theirs, **FORWARD)


# ---------------------------------------------------------------- masks


@pytest.mark.parametrize(("q", "k"), [(1, 1), (4, 4), (2, 5)])
def test_causal_mask(q, k):
    np.testing.assert_array_equal(ours.causal_mask(q, k), twin.causal_mask(q, k))
    np.testing.assert_array_equal(ours.causal_mask(k), torch.ones(k, k).tril().bool())
    np.testing.assert_array_equal(twin.causal_mask(k), torch.ones(k, k).tril().bool())


def test_padding_mask():
    lengths = np.array([3, 0, 5])
    np.testing.assert_array_equal(ours.padding_mask(lengths, 5), twin.padding_mask(tensor(lengths), 5))
    np.testing.assert_array_equal(twin.padding_mask([3, 0, 5], 5), twin.padding_mask(tensor(lengths), 5))


# ---------------------------------------------------------------- attention


@pytest.mark.parametrize("mask", ["none", "causal", "padding", "scattered"])
def test_scaled_dot_product_attention(mask, inputs, rng):
    """Forward to 1e-12 and all three gradients to 1e-10, against the twin and against PyTorch's own."""
    query, key, value = inputs
    visible = masks(query.shape[:-2], 4, 6, rng)[mask]
    output, weights = ours.scaled_dot_product_attention(query, key, value, visible)
    d_output = rng.normal(size=output.shape)
    gradients = ours.scaled_dot_product_attention_backward(d_output, query, key, value, weights)

    for attend in (twin.scaled_dot_product_attention, F.scaled_dot_product_attention):
        leaves = [tensor(x, gradient=True) for x in (query, key, value)]
        theirs = attend(*leaves, None if visible is None else tensor(visible))
        if attend is twin.scaled_dot_product_attention:
            theirs, their_weights = theirs
            np.testing.assert_allclose(weights, their_weights.detach(), **FORWARD)
        np.testing.assert_allclose(output, theirs.detach(), **FORWARD)
        theirs.backward(tensor(d_output))
        for gradient, leaf in zip(gradients, leaves, strict=True):
            np.testing.assert_allclose(gradient, leaf.grad, **GRADIENT)


def test_weighted_sum(inputs, rng):
    query, key, value = inputs
    weights = ours.softmax(ours.dot_score(query, key))
    by_index = np.einsum("...qk,...kv->...qv", weights, value)
    np.testing.assert_allclose(ours.weighted_sum(weights, value), by_index, **FORWARD)
    np.testing.assert_allclose(twin.weighted_sum(tensor(weights), tensor(value)), by_index, **FORWARD)


# ---------------------------------------------------------------- many heads


@pytest.mark.parametrize("num_heads", [1, 2, 4])
def test_heads(num_heads, rng):
    x = rng.normal(size=(2, 3, 8))
    split = ours.split_heads(x, num_heads)
    np.testing.assert_array_equal(split, twin.split_heads(tensor(x), num_heads))
    np.testing.assert_array_equal(twin.merge_heads(tensor(split)), x)


@pytest.mark.parametrize("num_heads", [1, 2, 4])
@pytest.mark.parametrize("causal", [False, True])
def test_multi_head_attention(num_heads, causal, rng):
    """Against nn.MultiheadAttention, whose matrices are ours transposed, forward and gradient."""
    d_model, query, key, value = 8, *rng.normal(size=(3, 2, 5, 8))
    matrices = [rng.normal(size=(d_model, d_model)) / math.sqrt(d_model) for _ in range(4)]
    visible = ours.causal_mask(5) if causal else None
    output, weights = ours.multi_head_attention(query, key, value, *matrices, num_heads, visible)

    reference = torch.nn.MultiheadAttention(
        d_model, num_heads, bias=False, batch_first=True, dtype=torch.float64
    )
    with torch.no_grad():
        reference.in_proj_weight.copy_(tensor(np.concatenate([m.T for m in matrices[:3]])))
        reference.out_proj.weight.copy_(tensor(matrices[3].T))
    their_leaves = [tensor(x, gradient=True) for x in (query, key, value)]
    theirs, their_weights = reference(
        *their_leaves, average_attn_weights=False, attn_mask=tensor(~visible) if causal else None
    )
    np.testing.assert_allclose(output, theirs.detach(), **FORWARD)
    np.testing.assert_allclose(weights, their_weights.detach(), **FORWARD)

    leaves = [tensor(x, gradient=True) for x in (query, key, value, *matrices)]
    twins, twin_weights = twin.multi_head_attention(*leaves, num_heads, tensor(visible) if causal else None)
    np.testing.assert_allclose(output, twins.detach(), **FORWARD)
    np.testing.assert_allclose(weights, twin_weights.detach(), **FORWARD)
    theirs.square().sum().backward()
    twins.square().sum().backward()
    for mine, other in zip(leaves, their_leaves, strict=False):
        np.testing.assert_allclose(mine.grad, other.grad, **GRADIENT)
    in_projection = torch.cat([leaf.grad.T for leaf in leaves[3:6]])
    np.testing.assert_allclose(in_projection, reference.in_proj_weight.grad, **GRADIENT)
    np.testing.assert_allclose(leaves[6].grad.T, reference.out_proj.weight.grad, **GRADIENT)


def test_multi_head_attention_over_padding(rng):
    """Cross-attention with widths that differ, against F.multi_head_attention_forward."""
    query, key, value = rng.normal(size=(2, 3, 8)), rng.normal(size=(2, 4, 5)), rng.normal(size=(2, 4, 6))
    query_matrix, key_matrix, value_matrix, output_matrix = (rng.normal(size=(n, 8)) for n in (8, 5, 6, 8))
    lengths = [4, 2]
    output, weights = ours.multi_head_attention(
        query, key, value, query_matrix, key_matrix, value_matrix, output_matrix, 2,
        ours.padding_mask(lengths, 4),
    )  # fmt: skip
    theirs, their_weights = F.multi_head_attention_forward(
        *(tensor(x.swapaxes(0, 1)) for x in (query, key, value)), 8, 2, None, None, None, None, False, 0.0,
        tensor(output_matrix.T), None, training=False, use_separate_proj_weight=True,
        key_padding_mask=~twin.padding_mask(lengths, 4)[:, 0], average_attn_weights=False,
        q_proj_weight=tensor(query_matrix.T), k_proj_weight=tensor(key_matrix.T),
        v_proj_weight=tensor(value_matrix.T),
    )  # fmt: skip
    np.testing.assert_allclose(output, theirs.transpose(0, 1), **FORWARD)
    np.testing.assert_allclose(weights, their_weights, **FORWARD)
    twins, _ = twin.multi_head_attention(
        *map(tensor, (query, key, value, query_matrix, key_matrix, value_matrix, output_matrix)), 2,
        twin.padding_mask(lengths, 4),
    )  # fmt: skip
    np.testing.assert_allclose(output, twins, **FORWARD)


@pytest.mark.parametrize("num_heads", [1, 2, 4])
@pytest.mark.parametrize("mask", ["none", "causal", "padding", "scattered"])
def test_multi_head_attention_with_biases_and_its_backward(num_heads, mask, rng):
    """Output to 1e-12, all eleven gradients to 1e-10, against nn.MultiheadAttention and the twin."""
    inputs = dict(zip(("query", "key", "value"), rng.normal(size=(3, 2, 5, 8)), strict=True))
    three = ("query", "key", "value")
    matrices = {f"{name}_matrix": rng.normal(size=(8, 8)) / 3 for name in (*three, "output")}
    biases = {f"{name}_bias": rng.normal(size=8) for name in (*three, "output")}
    visible = masks((2,), 5, 5, rng)[mask]
    arguments = {**inputs, **matrices, **biases, "num_heads": num_heads}
    output, weights = ours.multi_head_attention(**arguments, visible=visible)
    d_output = rng.normal(size=output.shape)
    *d_inputs, gradients = ours.multi_head_attention_backward(d_output, **arguments, weights=weights)

    leaves = {name: tensor(x, gradient=True) for name, x in (inputs | matrices | biases).items()}
    twins, twin_weights = twin.multi_head_attention(
        **leaves, num_heads=num_heads, visible=None if visible is None else tensor(visible)
    )
    twins.backward(tensor(d_output))
    np.testing.assert_allclose(output, twins.detach(), **FORWARD)
    np.testing.assert_allclose(weights, twin_weights.detach(), **FORWARD)
    for name, gradient in {**dict(zip(three, d_inputs, strict=True)), **gradients}.items():
        np.testing.assert_allclose(gradient, leaves[name].grad, **GRADIENT, err_msg=name)

    reference = torch.nn.MultiheadAttention(8, num_heads, batch_first=True, dtype=torch.float64)
    with torch.no_grad():
        reference.in_proj_weight.copy_(tensor(np.concatenate([matrices[f"{n}_matrix"].T for n in three])))
        reference.in_proj_bias.copy_(tensor(np.concatenate([biases[f"{n}_bias"] for n in three])))
        reference.out_proj.weight.copy_(tensor(matrices["output_matrix"].T))
        reference.out_proj.bias.copy_(tensor(biases["output_bias"]))
    hidden = None
    if visible is not None:  # one mask for each sequence and head, and True hides
        hidden = ~tensor(np.broadcast_to(visible, (2, 5, 5)).repeat(num_heads, axis=0))
    their_inputs = [tensor(x, gradient=True) for x in inputs.values()]
    theirs, _ = reference(*their_inputs, attn_mask=hidden, need_weights=False)
    theirs.backward(tensor(d_output))
    np.testing.assert_allclose(output, theirs.detach(), **FORWARD)
    for mine, other in zip(d_inputs, their_inputs, strict=True):
        np.testing.assert_allclose(mine, other.grad, **GRADIENT)
    of_inputs = [np.concatenate([gradients[f"{n}_{kind}"].T for n in three]) for kind in ("matrix", "bias")]
    np.testing.assert_allclose(of_inputs[0], reference.in_proj_weight.grad, **GRADIENT)
    np.testing.assert_allclose(of_inputs[1], reference.in_proj_bias.grad, **GRADIENT)
    np.testing.assert_allclose(gradients["output_matrix"].T, reference.out_proj.weight.grad, **GRADIENT)
    np.testing.assert_allclose(gradients["output_bias"], reference.out_proj.bias.grad, **GRADIENT)


@pytest.mark.parametrize("num_kv_heads", [1, 2, 4])
def test_grouped_query_attention_in_numpy(num_kv_heads, rng):
    """From the book's functions, with the gradients by hand, against the module's matrices and autograd."""
    module = MultiHeadAttention(16, 4, num_kv_heads=num_kv_heads, bias=False).double()
    x, d_output, g = rng.normal(size=(2, 5, 16)), rng.normal(size=(2, 5, 16)), num_kv_heads
    matrices = np.split(module.in_projection.weight.detach().numpy().T, [16, 16 + 4 * g], axis=1)
    query, key, value = (
        ours.split_heads(x @ matrix, heads) for matrix, heads in zip(matrices, (4, g, g), strict=True)
    )
    key, value = ours.share_heads(key, 4), ours.share_heads(value, 4)
    heads, weights = ours.scaled_dot_product_attention(query, key, value)
    last = module.output_projection.weight.detach().numpy().T
    leaf = tensor(x, gradient=True)
    theirs, their_weights = module(leaf, need_weights=True)
    np.testing.assert_allclose(ours.merge_heads(heads) @ last, theirs.detach(), **FORWARD)
    np.testing.assert_allclose(weights, their_weights.detach(), **FORWARD)
    np.testing.assert_allclose(key, twin.share_heads(tensor(key[:, :: 4 // g]), 4), rtol=0, atol=0)

    theirs.backward(tensor(d_output))
    d_heads = ours.split_heads(d_output @ last.T, 4)
    d_query, d_key, d_value = ours.scaled_dot_product_attention_backward(d_heads, query, key, value, weights)
    d_key, d_value = ours.share_heads_backward(d_key, g), ours.share_heads_backward(d_value, g)
    d_projected = [ours.merge_heads(d) for d in (d_query, d_key, d_value)]
    d_x = sum(d @ matrix.T for d, matrix in zip(d_projected, matrices, strict=True))
    np.testing.assert_allclose(d_x, leaf.grad, **GRADIENT)
    found = [ours.linear_backward(d, x, m)[1] for d, m in zip(d_projected, matrices, strict=True)]
    np.testing.assert_allclose(np.concatenate(found, axis=1).T, module.in_projection.weight.grad, **GRADIENT)
