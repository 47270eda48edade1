"""What heads look at and what they add, recorded from a running model, is what the model computed."""

import pytest
import torch

from attend.analysis.heads import head_contributions, record_heads
from attend.analysis.intervene import ablate_heads
from attend.nn.cache import Cache
from attend.nn.models import EncoderDecoder
from attend.nn.multihead import MultiHeadAttention

CROSS = "transformer.decoder.layers.0.cross_attention"
SELF = "transformer.decoder.layers.0.attention"


@pytest.fixture
def model():
    torch.manual_seed(0)
    return EncoderDecoder(
        9, 7, d_model=12, num_heads=3, d_ff=16, num_encoder_layers=1, num_decoder_layers=1, position="rotary"
    ).double()


@pytest.fixture
def ids():
    return torch.tensor([[3, 4, 5, 0], [6, 7, 8, 2]]), torch.tensor([[1, 2, 3], [4, 5, 6]])


def test_parts_add_up_to_the_output_projection():
    torch.manual_seed(1)
    merged, matrix = torch.randn(2, 5, 12).double(), torch.randn(8, 12).double()
    parts = head_contributions(merged, matrix, 3)
    assert parts.shape == (2, 3, 5, 8)
    torch.testing.assert_close(parts.sum(dim=1), merged @ matrix.T, rtol=0, atol=1e-12)
    torch.testing.assert_close(parts[:, 1], merged[..., 4:8] @ matrix[:, 4:8].T, rtol=0, atol=1e-12)


@pytest.mark.parametrize("num_kv_heads", [None, 2, 1])
def test_weights_and_sum_are_those_of_the_module(num_kv_heads):
    torch.manual_seed(2)
    module = MultiHeadAttention(16, 4, num_kv_heads=num_kv_heads).double()
    x = torch.randn(2, 5, 16).double()
    with record_heads(module, [""]) as found:
        output, _ = module(x, causal=True)
    wanted = module(x, causal=True, need_weights=True)[1]
    torch.testing.assert_close(found[""].weights, wanted.detach(), rtol=0, atol=1e-12)
    summed = found[""].contributions.sum(dim=1) + module.output_projection.bias
    torch.testing.assert_close(summed, output, rtol=0, atol=1e-12)


def test_a_model_answers_as_before_and_keeps_no_hook(model, ids):
    before = model(*ids)
    with record_heads(model, [CROSS, SELF]) as found:
        during = model(*ids)
    assert torch.equal(before, during)
    assert found[CROSS].weights.shape == (2, 3, 3, 4)
    assert found[CROSS].contributions.shape == (2, 3, 3, 12)
    assert (found[CROSS].weights[0, ..., 3] == 0).all(), "padding is hidden here too"
    assert torch.equal(found[SELF].weights, found[SELF].weights.tril())
    assert not found[SELF].weights.requires_grad
    model(*ids)
    assert sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in model.modules()) == 0


def test_a_silenced_head_adds_nothing(model, ids):
    with ablate_heads(model, {CROSS: [1]}), record_heads(model, [CROSS]) as found:
        model(*ids)
    sizes = found[CROSS].contributions.abs().amax(dim=(0, 2, 3))
    assert sizes[1] == 0
    assert (sizes[[0, 2]] > 0).all()


def test_a_cache_and_an_unknown_name_are_refused_and_leave_nothing_behind(model, ids):
    message = "cache: expected None while heads are recorded, received a cache"
    with pytest.raises(ValueError, match=message), record_heads(model, [SELF]):
        model.decode(ids[1], model.encode(ids[0]), model.source_visible(ids[0]), Cache())
    with pytest.raises(ValueError, match="name: expected one of"), record_heads(model, ["output"]):
        pass
    assert sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in model.modules()) == 0
