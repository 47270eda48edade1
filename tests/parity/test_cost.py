"""Counts against PyTorch: modules' parameters, its FLOP counter, what autograd keeps, a cache that exists."""

import itertools
import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from attend import cost
from attend.nn import attention

SIZES = list(itertools.product([(8, 2), (12, 4)], [10, 16]))
sizes = pytest.mark.parametrize(("width", "d_ff"), SIZES, ids=str)


def count(*modules: nn.Module) -> int:
    """Each parameter once, as modules that share one share its memory."""
    return sum(p.numel() for p in {p for module in modules for p in module.parameters()})


def flops(run) -> int:
    """What PyTorch's counter sees: matrix products, and those of attention if they are made in the open.

    It leaves out what we leave out: biases, norms, softmax, activations, sums, embeddings. On a CPU it also
    leaves out attention by PyTorch's fused kernel, so that one is turned off.
    """
    with FlopCounterMode(display=False) as counter, sdpa_kernel(SDPBackend.MATH):
        run()
    return counter.get_total_flops()


class GroupedLayer(nn.Module):
    """A layer in the style of Llama: RMS norms, grouped queries, a gated network, no biases."""

    def __init__(self, d_model: int, num_heads: int, num_kv_heads: int, d_ff: int) -> None:
        super().__init__()
        self.num_heads, self.groups = num_heads, num_heads // num_kv_heads
        d_kv = d_model // self.groups
        self.norm1, self.norm2 = nn.RMSNorm(d_model), nn.RMSNorm(d_model)
        self.query, self.output = nn.Linear(d_model, d_model, False), nn.Linear(d_model, d_model, False)
        self.key, self.value = nn.Linear(d_model, d_kv, False), nn.Linear(d_model, d_kv, False)
        self.gate, self.up = nn.Linear(d_model, d_ff, False), nn.Linear(d_model, d_ff, False)
        self.down = nn.Linear(d_ff, d_model, False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        read = self.norm1(x)
        query = attention.split_heads(self.query(read), self.num_heads)
        kv_heads = self.num_heads // self.groups
        key, value = (attention.split_heads(p(read), kv_heads) for p in (self.key, self.value))
        key, value = (x.repeat_interleave(self.groups, dim=1) for x in (key, value))
        heads, _ = attention.scaled_dot_product_attention(query, key, value)
        x = x + self.output(attention.merge_heads(heads))
        read = self.norm2(x)
        return x + self.down(F.silu(self.gate(read)) * self.up(read))


def encoder_layer(d_model: int, num_heads: int, d_ff: int, **options) -> nn.TransformerEncoderLayer:
    return nn.TransformerEncoderLayer(d_model, num_heads, d_ff, 0.0, batch_first=True, **options)


# ---------------------------------------------------------------- parameters


@sizes
def test_parameters_of_layers(width, d_ff):
    m, h = width
    assert cost.linear_parameters(m, d_ff) == count(nn.Linear(m, d_ff))
    assert cost.linear_parameters(m, d_ff, bias=False) == count(nn.Linear(m, d_ff, bias=False))
    assert cost.norm_parameters(m) == count(nn.LayerNorm(m))
    assert cost.norm_parameters(m, norm_bias=False) == count(nn.RMSNorm(m))
    assert cost.embedding_parameters(11, m, 7) == count(nn.Embedding(11, m), nn.Embedding(7, m))
    for bias in (True, False):
        assert cost.attention_parameters(m, h, bias=bias) == count(nn.MultiheadAttention(m, h, bias=bias))
        assert cost.encoder_layer_parameters(m, h, d_ff, bias=bias, norm_bias=bias) == count(
            encoder_layer(m, h, d_ff, bias=bias)
        )
        assert cost.decoder_layer_parameters(m, h, d_ff, bias=bias, norm_bias=bias) == count(
            nn.TransformerDecoderLayer(m, h, d_ff, bias=bias)
        )
    network = encoder_layer(m, h, d_ff)
    assert cost.feed_forward_parameters(m, d_ff) == count(network.linear1, network.linear2)
    grouped = {"num_kv_heads": 1, "gated": True, "bias": False, "norm_bias": False}
    assert cost.encoder_layer_parameters(m, h, d_ff, **grouped) == count(GroupedLayer(m, h, 1, d_ff))


@sizes
def test_parameters_of_models(width, d_ff):
    m, h = width
    tables = [nn.Embedding(11, m) for _ in range(3)]
    both = nn.Transformer(m, h, 2, 2, d_ff, batch_first=True)  # with a norm at the end of each stack
    tied = cost.encoder_decoder_parameters(2, m, h, d_ff, 11, final_norms=True)
    assert tied == count(both, tables[0])
    untied = cost.encoder_decoder_parameters(2, m, h, d_ff, 11, tied=False, final_norms=True)
    assert untied == count(both, *tables)
    output = nn.Linear(m, 11, bias=False)
    stack = nn.TransformerEncoder(
        encoder_layer(m, h, d_ff, norm_first=True), 3, nn.LayerNorm(m), enable_nested_tensor=False
    )
    parts = (stack, tables[0], nn.Embedding(7, m), output)
    assert cost.decoder_only_parameters(3, m, h, d_ff, 11, 7, tied=False) == count(*parts)
    output.weight = tables[0].weight
    assert cost.decoder_only_parameters(3, m, h, d_ff, 11, 7) == count(*parts)


# ---------------------------------------------------------------- floating point operations


@sizes
@pytest.mark.parametrize("batch", [1, 3])
def test_flops_of_an_encoder_layer(width, d_ff, batch):
    (m, h), n = width, 7
    layer = encoder_layer(m, h, d_ff)
    x = torch.randn(batch, n, m, requires_grad=True)
    forward = cost.encoder_layer_flops(n, m, h, d_ff)
    assert flops(lambda: layer(x)) == batch * forward
    assert flops(lambda: layer(x).sum().backward()) == batch * cost.training_flops(forward)


def test_flops_of_attention_and_of_what_is_quadratic_in_it():
    x, matrix = torch.randn(2, 7, 8), torch.randn(8, 8)
    run = lambda: attention.multi_head_attention(x[:, :3], x, x, *[matrix] * 4, 2)  # noqa: E731
    projections, mixing = cost.attention_projection_flops(3, 7, 8, 2), cost.attention_mixing_flops(3, 7, 8)
    assert flops(run) == 2 * (projections + mixing)
    query, key = torch.randn(2, 4, 3, 2), torch.randn(2, 4, 7, 2)
    assert flops(lambda: attention.scaled_dot_product_attention(query, key, key)) == 2 * mixing


def test_flops_of_a_grouped_and_gated_layer():
    layer, x = GroupedLayer(12, 6, 2, 10), torch.randn(2, 7, 12, requires_grad=True)
    forward = cost.encoder_layer_flops(7, 12, 6, 10, num_kv_heads=2, gated=True)
    assert flops(lambda: layer(x)) == 2 * forward
    assert flops(lambda: layer(x).sum().backward()) == 2 * cost.training_flops(forward)


def test_flops_of_an_encoder_decoder():
    model, output = nn.Transformer(8, 2, 2, 2, 12, 0.0, batch_first=True), nn.Linear(8, 11)
    source, target = torch.randn(1, 5, 8), torch.randn(1, 3, 8)
    assert flops(lambda: output(model(source, target))) == cost.encoder_decoder_flops(5, 3, 2, 8, 2, 12, 11)


def test_flops_of_a_language_model_in_training():
    """A causal mask saves nothing here: PyTorch's counter, like ours, counts hidden products as well."""
    table, stack = nn.Embedding(11, 8), nn.TransformerEncoder(encoder_layer(8, 2, 12), 2)
    tokens, hidden = torch.randint(11, (1, 7)), ~attention.causal_mask(7)
    run = lambda: stack(table(tokens), hidden) @ table.weight.T  # noqa: E731
    forward = cost.decoder_only_flops(7, 2, 8, 2, 12, 11)
    assert flops(run) == forward
    assert flops(lambda: run().sum().backward()) == cost.training_flops(forward)


# ---------------------------------------------------------------- bytes


@pytest.mark.parametrize("name", ["float64", "float32", "bfloat16", "float16", "int8"])
def test_bits_are_those_of_pytorchs_dtypes(name):
    assert cost.BITS[name] == 8 * getattr(torch, name).itemsize


def test_training_holds_four_numbers_a_parameter():
    layer = encoder_layer(8, 2, 12)
    optimiser = torch.optim.AdamW(layer.parameters())
    layer(torch.randn(1, 3, 8)).sum().backward()
    optimiser.step()
    held = [t for p in layer.parameters() for t in (p, p.grad, *optimiser.state[p].values())]
    counted = sum(t.nbytes for t in held if t.dim())  # the number of steps has no axes
    assert counted == cost.training_bytes(count(layer))


@pytest.mark.parametrize(("n", "m", "h", "f"), [(7, 8, 2, 12), (5, 12, 3, 48)])
def test_activations_are_what_autograd_keeps(n, m, h, f):
    """One pre-LN layer with attention in the open: each storage once, those of parameters not at all."""
    layer, x = encoder_layer(m, h, f, norm_first=True), torch.randn(2, n, m, requires_grad=True)
    kept = {}
    with torch.autograd.graph.saved_tensors_hooks(
        lambda t: kept.setdefault(t.untyped_storage().data_ptr(), t), lambda t: t
    ):
        read = layer.norm1(x)
        three = F.linear(read, layer.self_attn.in_proj_weight, layer.self_attn.in_proj_bias).chunk(3, dim=-1)
        query, key, value = (t.unflatten(-1, (h, -1)).transpose(1, 2) for t in three)
        weights = (query @ key.transpose(-1, -2) / math.sqrt(m / h)).softmax(dim=-1)
        middle = x + layer.self_attn.out_proj((weights @ value).transpose(1, 2).flatten(-2))
        output = middle + layer.linear2(F.gelu(layer.linear1(layer.norm2(middle))))
    assert output.shape == x.shape
    own = {p.untyped_storage().data_ptr() for p in layer.parameters()}
    kept = [t.untyped_storage() for pointer, t in kept.items() if pointer not in own]
    assert sum(storage.nbytes() for storage in kept) == cost.activation_bytes(n, m, h, f, batch=2)


def test_attention_weights_and_caches_are_as_large_as_they_are_counted():
    key = torch.randn(2, 3, 7, 4, dtype=torch.float64)
    _, weights = attention.scaled_dot_product_attention(key, key, key)
    assert weights.nbytes == cost.attention_weight_bytes(7, 3, "float64", 2)
    cache = [torch.empty(2, 3, 7, 4, dtype=torch.float16) for _ in range(5) for _ in ("keys", "values")]
    assert sum(t.nbytes for t in cache) == cost.kv_cache_bytes(7, 5, 24, 6, "float16", 2, num_kv_heads=3)
