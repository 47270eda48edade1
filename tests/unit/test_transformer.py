"""The PyTorch modules by themselves: what they may see, what they keep, how they say no."""

import re
import subprocess
import sys

import numpy as np
import pytest
import torch
from processes import compiled
from torch import nn

from attend import attention as numpy_attention
from attend import position as numpy_position
from attend.nn.block import EncoderLayer, FeedForward, Residual
from attend.nn.cache import Cache
from attend.nn.embedding import POSITIONS, TokenEmbedding
from attend.nn.models import DecoderOnly, EncoderDecoder
from attend.nn.multihead import MultiHeadAttention
from attend.nn.record import attention_weights
from attend.nn.relative import Alibi, RelativeBias, Rotary
from attend.nn.stack import Encoder

D_MODEL, NUM_HEADS, VOCABULARY, LENGTH = 16, 4, 11, 9
SIZES = {"d_model": D_MODEL, "num_heads": NUM_HEADS, "d_ff": 24}
VARIANTS = [
    *({"position": name} for name in POSITIONS),
    {"num_kv_heads": 2},
    {"num_kv_heads": 1, "norm": "rms", "activation": "swiglu", "bias": False},
    {"norm_first": False, "activation": "gelu_tanh"},
]


@pytest.fixture(autouse=True)
def _double_precision():
    torch.manual_seed(0)
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def name_of(variant: dict) -> str:
    return " ".join(f"{key}={value}" for key, value in variant.items())


def language_model(**options) -> DecoderOnly:
    return shake(DecoderOnly(VOCABULARY, num_layers=2, **SIZES, **options))


def translator(**options) -> EncoderDecoder:
    sizes = {"num_encoder_layers": 2, "num_decoder_layers": 2, **SIZES}
    return shake(EncoderDecoder(VOCABULARY, VOCABULARY + 2, **sizes, **options))


def shake(model: nn.Module) -> nn.Module:
    """Make every parameter matter, tables that begin at zero too."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.3)
    return model.eval()


def tokens(length: int = LENGTH, batch: int = 2) -> torch.Tensor:
    return torch.randint(1, VOCABULARY, (batch, length))


def same(a: torch.Tensor, b: torch.Tensor, tolerance: float = 1e-12) -> None:
    np.testing.assert_allclose(a.detach(), b.detach(), rtol=0, atol=tolerance)


# ---------------------------------------------------------------- what may be seen


@pytest.mark.parametrize("variant", VARIANTS, ids=name_of)
def test_no_future_token_changes_any_past_output(variant):
    """Exactly: not one bit, at any position before the token that was changed."""
    model, ids = language_model(**variant), tokens()
    with torch.no_grad():
        before = model(ids)
        for place in range(LENGTH):
            changed = ids.clone()
            changed[:, place] = changed[:, place] % (VOCABULARY - 1) + 1
            after = model(changed)
            assert torch.equal(after[:, :place], before[:, :place])
            assert not torch.allclose(after[:, place], before[:, place])


def test_no_future_token_has_a_gradient_in_the_past():
    model = language_model()
    x = torch.randn(1, LENGTH, D_MODEL, requires_grad=True)
    for place in range(LENGTH):
        (gradient,) = torch.autograd.grad(model.stack(x, causal=True)[0, place].sum(), x)
        assert torch.equal(gradient[:, place + 1 :], torch.zeros_like(gradient[:, place + 1 :]))
        assert gradient[:, : place + 1].abs().sum(-1).min() > 0


@pytest.mark.parametrize("position", POSITIONS)
def test_a_target_sees_its_past_and_the_whole_source(position):
    model, source, target = translator(position=position), tokens(), tokens(6)
    with torch.no_grad():
        before = model(source, target)
        target[:, 4] = target[:, 4] % (VOCABULARY - 1) + 1
        after = model(source, target)
        assert torch.equal(after[:, :4], before[:, :4])
        assert not torch.allclose(after[:, 4], before[:, 4])
        source[:, -1] = source[:, -1] % (VOCABULARY - 1) + 1
        assert not torch.allclose(model(source, target)[:, 0], after[:, 0])


@pytest.mark.parametrize("position", POSITIONS)
def test_padding_of_the_source_changes_nothing(position):
    model, source, target = translator(position=position), tokens(5), tokens(6)
    padded = torch.cat((source, torch.zeros(2, 3, dtype=torch.int64)), dim=1)
    same(model(padded, target), model(source, target))


def test_without_positions_an_encoder_is_blind_to_order():
    layers = [EncoderLayer(**SIZES) for _ in range(2)]
    encoder, x = shake(Encoder(layers, nn.LayerNorm(D_MODEL))), torch.randn(2, LENGTH, D_MODEL)
    order = torch.randperm(LENGTH)
    same(encoder(x[:, order]), encoder(x)[:, order])


@pytest.mark.parametrize("need_weights", [True, False])
def test_a_query_that_may_see_nothing_gets_the_bias_and_finite_gradients(need_weights):
    attention = shake(MultiHeadAttention(D_MODEL, NUM_HEADS))
    x = torch.randn(2, 4, D_MODEL, requires_grad=True)
    visible = torch.ones(2, 4, 4, dtype=torch.bool)
    visible[0, 1] = False
    output, weights = attention(x, visible=visible, need_weights=need_weights)
    same(output[0, 1], attention.output_projection.bias)
    if need_weights:
        assert torch.equal(weights[0, :, 1], torch.zeros(NUM_HEADS, 4))
    output.square().sum().backward()
    assert all(p.grad.isfinite().all() for p in [x, *attention.parameters()])


# ---------------------------------------------------------------- heads and positions inside attention


@pytest.mark.parametrize("position", [None, Rotary(4), Alibi(NUM_HEADS), RelativeBias(NUM_HEADS, 3)])
@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("masked", [True, False])
@pytest.mark.parametrize("num_kv_heads", [4, 2, 1])
def test_the_fused_kernel_and_the_open_weights_agree(position, causal, masked, num_kv_heads):
    attention = shake(MultiHeadAttention(D_MODEL, 4, num_kv_heads=num_kv_heads, position=position))
    x = torch.randn(2, LENGTH, D_MODEL)
    visible = torch.rand(2, LENGTH, LENGTH) < 0.7 if masked else None
    fused, nothing = attention(x, visible=visible, causal=causal)
    opened, weights = attention(x, visible=visible, causal=causal, need_weights=True)
    same(fused, opened)
    assert nothing is None
    seen = torch.ones(2, LENGTH, LENGTH, dtype=torch.bool) if visible is None else visible
    seen = seen.tril() if causal else seen
    assert torch.equal(weights > 0, seen[:, None].expand_as(weights))
    same(weights.sum(-1), seen.any(-1)[:, None].expand(2, 4, LENGTH).double())


@pytest.mark.parametrize("num_kv_heads", [2, 1])
def test_grouped_query_attention_is_multi_head_attention_with_shared_rows(num_kv_heads):
    grouped = shake(MultiHeadAttention(D_MODEL, NUM_HEADS, num_kv_heads=num_kv_heads))
    full = MultiHeadAttention(D_MODEL, NUM_HEADS)
    d_head, shared = D_MODEL // NUM_HEADS, NUM_HEADS // num_kv_heads

    def repeat(rows: torch.Tensor) -> torch.Tensor:
        return rows.unflatten(0, (num_kv_heads, d_head)).repeat_interleave(shared, dim=0).flatten(0, 1)

    with torch.no_grad():
        for ours, theirs in zip(
            full.in_projection.parameters(), grouped.in_projection.parameters(), strict=True
        ):
            query, key, value = theirs.split([d_head * heads for heads in grouped.heads])
            ours.copy_(torch.cat((query, repeat(key), repeat(value))))
    full.output_projection = grouped.output_projection
    x = torch.randn(2, LENGTH, D_MODEL)
    same(full(x)[0], grouped(x)[0])
    parameters = sum(p.numel() for p in grouped.in_projection.parameters())
    assert parameters == (D_MODEL + 1) * (D_MODEL + 2 * num_kv_heads * d_head)


def test_rotary_is_the_numpy_function_from_any_start():
    x, rotary = torch.randn(2, 3, 70, 8), Rotary(8, base=100.0)
    for start in (0, 5, 200):
        expected = numpy_position.rotary(x.numpy(), np.arange(start, start + 70), 100.0)
        np.testing.assert_allclose(rotary(x, start), expected, rtol=0, atol=1e-12)
    assert rotary(x.float()).dtype == torch.float32


def test_a_model_turns_with_the_base_it_is_given():
    sizes = {"d_model": D_MODEL, "num_heads": NUM_HEADS, "d_ff": 16, "num_layers": 2}
    model = DecoderOnly(9, rotary_base=100.0, **sizes)
    assert [layer.attention.position.base for layer in model.stack.layers] == [100.0, 100.0]
    assert DecoderOnly(9, **sizes).stack.layers[0].attention.position.base == 10000.0


def test_rotary_attention_is_the_numpy_one():
    """Queries and keys of every head turned, values not, then attention as in `attend.attention`."""
    attention = shake(MultiHeadAttention(D_MODEL, NUM_HEADS, bias=False, position=Rotary(4)))
    x = torch.randn(2, LENGTH, D_MODEL)
    query, key, value = (
        numpy_attention.split_heads(x.numpy() @ rows.detach().numpy().T, NUM_HEADS)
        for rows in attention.in_projection.weight.chunk(3)
    )
    query, key = (numpy_position.rotary(side, np.arange(LENGTH)) for side in (query, key))
    heads, _ = numpy_attention.scaled_dot_product_attention(query, key, value)
    expected = numpy_attention.merge_heads(heads) @ attention.output_projection.weight.detach().numpy().T
    np.testing.assert_allclose(attention(x)[0].detach(), expected, rtol=0, atol=1e-12)


def test_rotary_scores_depend_on_the_distance_alone():
    rotary, query, key = Rotary(8), torch.randn(1, 1, 1, 8), torch.randn(1, 1, 1, 8)
    scores = [(rotary(query, p) * rotary(key, p + 3)).sum() for p in (0, 1, 50)]
    same(scores[1], scores[0])
    same(scores[2], scores[0])


def test_biases_are_the_numpy_ones():
    like = torch.zeros(1)
    np.testing.assert_allclose(Alibi(3)(4, 6, like), numpy_position.alibi_bias(3, 4, 6), atol=1e-12)
    bias = shake(RelativeBias(2, 2))
    expected = numpy_position.relative_bias(bias.table.detach().numpy(), 4, 6)
    np.testing.assert_allclose(bias(4, 6, like).detach(), expected, atol=1e-12)


def test_sinusoids_are_the_numpy_ones_whatever_was_asked_before():
    embedding = shake(TokenEmbedding(VOCABULARY, 8, position="sinusoidal", scale=True))
    ids = tokens(5)
    expected = embedding.tokens(ids).detach().numpy() * np.sqrt(8)
    for start in (0, 100, 2):
        table = numpy_position.sinusoidal(start + 5, 8)[start:]
        np.testing.assert_allclose(embedding(ids, start).detach(), expected + table, rtol=0, atol=1e-12)


def test_swiglu_is_its_equation():
    network, x = shake(FeedForward(6, 10, activation="swiglu")), torch.randn(2, 3, 6)
    gate, plain = network.expand(x).chunk(2, dim=-1)
    same(network(x), network.contract(gate * torch.sigmoid(gate) * plain))


@pytest.mark.parametrize("norm", ["layer", "rms"])
def test_residual_before_and_after(norm):
    x, double = torch.randn(2, 3, 6), torch.nn.Linear(6, 6)
    pre, post = (shake(Residual(6, norm_first=first, norm=norm)) for first in (True, False))
    same(pre(x, double), x + double(pre.norm(x)))
    same(post(x, double), post.norm(x + double(x)))


def test_tables_grow_by_the_one_row_that_is_missing():
    """Both keep 64 rows at first, so position 64, the 65th, is the first that they lack."""
    rotary, x = Rotary(4), torch.randn(1, 1, 65, 4)
    rotary(x[:, :, :3])
    same(rotary(x), Rotary(4)(x))
    embedding = TokenEmbedding(VOCABULARY, 4, position="sinusoidal")
    embedding(tokens(3))
    ids = tokens(65)
    same(
        embedding(ids) - embedding.tokens(ids),
        torch.from_numpy(numpy_position.sinusoidal(65, 4)).expand(2, -1, -1),
    )


def test_a_table_of_single_precision_does_not_serve_double():
    rotary, x = Rotary(4), torch.randn(1, 1, 9, 4)
    rotary(x.float())
    same(rotary(x), Rotary(4)(x))


def test_norms_take_their_eps():
    """On numbers so small that eps decides."""
    x, eps = torch.randn(2, 3, 6) / 10, 0.5
    centred = x - x.mean(-1, keepdim=True)
    layer = EncoderLayer(6, 2, 8, eps=eps).attention_residual.norm
    same(layer(x), centred / (centred.square().mean(-1, keepdim=True) + eps).sqrt())
    rms = EncoderLayer(6, 2, 8, eps=eps, norm="rms").attention_residual.norm
    same(rms(x), x / (x.square().mean(-1, keepdim=True) + eps).sqrt())


def test_the_compiler_gets_one_graph_and_changing_lengths_cost_one_more():
    """In a process of its own: checked shapes are no part of the model, and would break the graph."""
    done = subprocess.run([sys.executable, compiled.__file__], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.split() == ["1", "2", "2", "2"]


# ---------------------------------------------------------------- cache


@pytest.mark.parametrize("variant", VARIANTS, ids=name_of)
@pytest.mark.parametrize("pieces", [[1] * LENGTH, [4, 1, 4], [LENGTH]])
def test_a_language_model_with_a_cache_computes_the_same(variant, pieces):
    model, ids, cache = language_model(**variant), tokens(), Cache()
    steps = [model(piece, cache) for piece in ids.split(pieces, dim=1)]
    same(torch.cat(steps, dim=1), model(ids))
    assert cache.length == LENGTH


@pytest.mark.parametrize("position", POSITIONS)
def test_a_translator_with_a_cache_computes_the_same(position):
    model, source, target, cache = translator(position=position), tokens(5), tokens(6), Cache()
    source[1, 3:] = 0
    memory, visible = model.encode(source), model.source_visible(source)
    steps = [model.decode(piece, memory, visible, cache) for piece in target.split([2, 1, 3], dim=1)]
    same(torch.cat(steps, dim=1), model(source, target))


def test_a_cache_follows_the_rows_that_are_kept():
    model, ids, cache = language_model(), tokens(batch=3), Cache()
    model(ids[:, :5], cache)
    rows = torch.tensor([2, 0, 2])
    cache.select(rows)
    same(model(ids[rows, 5:], cache), model(ids[rows])[:, 5:])


def test_a_memory_is_projected_once():
    cache, module, made = Cache(), MultiHeadAttention(4, 2), []

    def make():
        made.append((torch.randn(1, 2, 3, 2), torch.randn(1, 2, 3, 2)))
        return made[-1]

    first, again = cache.once(module, make), cache.once(module, make)
    assert len(made) == 1
    assert first[0] is again[0]
    assert first[1] is again[1]


def test_a_cache_of_another_batch_is_refused():
    model, cache = language_model(), Cache()
    model(tokens(batch=2), cache)
    with pytest.raises(ValueError, match="cache: expected a batch of 2, as in the calls before, received 3"):
        model(tokens(batch=3), cache)


# ---------------------------------------------------------------- records


def test_recording_gives_every_weight_and_changes_nothing():
    model, source, target = translator(), tokens(5), tokens(6)
    before = model(source, target)
    with attention_weights(model) as weights:
        same(model(source, target), before)
    shapes = {name.removeprefix("transformer."): tuple(w.shape) for name, w in weights.items()}
    assert shapes == {
        **{f"encoder.layers.{i}.attention": (2, NUM_HEADS, 5, 5) for i in range(2)},
        **{f"decoder.layers.{i}.attention": (2, NUM_HEADS, 6, 6) for i in range(2)},
        **{f"decoder.layers.{i}.cross_attention": (2, NUM_HEADS, 6, 5) for i in range(2)},
    }
    for w in weights.values():
        same(w.sum(-1), torch.ones(w.shape[:-1]))
    weights.clear()
    model(source, target)
    assert weights == {}


# ---------------------------------------------------------------- saying no

ATTENTION, EMBEDDING = MultiHeadAttention(8, 2), TokenEmbedding(5, 8, position="learned", max_length=4)
X = torch.zeros(1, 3, 8, dtype=torch.float32)
IDS = torch.tensor([[1, 2, 3]])
BAD = [
    (lambda: MultiHeadAttention(8, 3), ValueError,
     "num_heads: expected a divisor of d_model = 8, received 3"),
    (lambda: MultiHeadAttention(8, 4, num_kv_heads=3), ValueError,
     "num_kv_heads: expected a divisor of num_heads = 4, received 3"),
    (lambda: MultiHeadAttention(0, 1), ValueError, "d_model: expected a whole number of at least 1"),
    (lambda: Rotary(3), ValueError, "d_head: expected an even number"),
    (lambda: Rotary(4, base=0.0), ValueError, "base: expected a number above zero"),
    (lambda: Alibi(0), ValueError, "num_heads: expected a whole number of at least 1, received 0"),
    (lambda: RelativeBias(2, 0), ValueError, "farthest: expected a whole number of at least 1, received 0"),
    (lambda: FeedForward(4, 8, activation="tanh"), ValueError,
     "activation: expected one of relu, gelu, gelu_tanh, swiglu, received 'tanh'"),
    (lambda: Residual(4, norm_first=True, norm="batch"), ValueError,
     "norm: expected 'layer' or 'rms', received 'batch'"),
    (lambda: DecoderOnly(5, **SIZES, num_layers=1, position="rotatory"), ValueError,
     "position: expected one of none, sinusoidal, learned, rotary, alibi, relative, received 'rotatory'"),
    (lambda: ATTENTION(X[0]), ValueError, "query: expected shape (batch, n, d_model = 8), received (3, 8)"),
    (lambda: ATTENTION(X[..., :7]), ValueError,
     "query: expected shape (batch, n, d_model = 8), received (1, 3, 7)"),
    (lambda: ATTENTION(X, X[..., :7]), ValueError, "memory: expected shape (batch, n, d_model = 8)"),
    (lambda: ATTENTION(X[:, :0]), ValueError, "query: expected at least one element"),
    (lambda: ATTENTION(X.long()), TypeError,
     "query: expected floating point numbers, received dtype torch.int64"),
    (lambda: ATTENTION(X.double()), TypeError,
     "query: expected dtype torch.float32, that of the weights, received torch.float64"),
    (lambda: ATTENTION(X.to("meta")), ValueError,
     "query: expected a tensor on cpu, where the weights are, received one on meta"),
    (lambda: ATTENTION(X, visible=torch.ones(3, 4, dtype=torch.bool)), ValueError,
     "visible: expected a shape that broadcasts to (1, 3, 3), received (3, 4)"),
    (lambda: ATTENTION(X, visible=torch.ones(3, 3)), TypeError, "visible: expected booleans"),
    (lambda: EMBEDDING(torch.tensor([[1, 2], [5, 0]])), ValueError,
     "ids: expected token numbers from 0 to 4, received 5 at index (1, 0)"),
    (lambda: EMBEDDING(torch.tensor([[1, -1]])), ValueError, "received -1 at index (0, 1)"),
    (lambda: EMBEDDING(torch.ones(1, 5, dtype=torch.int64)), ValueError,
     "ids: expected at most 4 positions, the rows of the learned table, received 5"),
    (lambda: EMBEDDING(IDS, 2), ValueError, "expected at most 4 positions"),
    (lambda: EMBEDDING(IDS[0]), ValueError,
     "ids: expected shape (batch, n) with at least one token, received (3,)"),
    (lambda: EMBEDDING(IDS[:, :0]), ValueError, "with at least one token, received (1, 0)"),
    (lambda: EMBEDDING(IDS.float()), TypeError,
     "ids: expected token numbers (int64), received dtype torch.float32"),
    (lambda: EMBEDDING([[1]]), TypeError, "ids: expected a tensor of token numbers, received list"),
    (lambda: EMBEDDING(IDS.to("meta")), ValueError, "ids: expected a tensor on cpu"),
    (lambda: attention_weights(nn.Linear(2, 2)).__enter__(), ValueError,
     "model: expected a model with attention in it, received Linear"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "error", "message"), BAD, ids=[message for _, _, message in BAD])
@pytest.mark.usefixtures("unchecked_shapes")
def test_bad_input_is_named(call, error, message):
    torch.set_default_dtype(torch.float32)
    with pytest.raises(error, match=re.escape(message)):
        call()


def test_sizes_of_whole_models():
    """Tied matrices count once; every variant's logits have the vocabulary's width."""
    model = language_model(position="learned", max_length=20)
    layer = 4 * D_MODEL**2 + 4 * D_MODEL + 2 * D_MODEL * 24 + 24 + D_MODEL + 4 * D_MODEL
    assert sum(p.numel() for p in model.parameters()) == (VOCABULARY + 20 + 2) * D_MODEL + 2 * layer
    assert model(tokens()).shape == (2, LENGTH, VOCABULARY)
    assert language_model(tied=False).output.weight.shape == (VOCABULARY, D_MODEL)
    assert translator()(tokens(), tokens(3)).shape == (2, 3, VOCABULARY + 2)
