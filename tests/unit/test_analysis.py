"""Analysis of models: each measure on a case whose answer is known, each intervention undone afterwards."""

import re

import numpy as np
import pytest
import torch
from torch import nn

from attend.analysis import flow, intervene, read
from attend.nn.models import DecoderOnly
from attend.nn.record import attention_weights

VOCABULARY, LAYERS, HEADS, D_MODEL = 10, 3, 4, 16
FIRST, LAST = "stack.layers.0.attention", f"stack.layers.{LAYERS - 1}"


@pytest.fixture
def model():
    torch.manual_seed(0)
    made = DecoderOnly(VOCABULARY, d_model=D_MODEL, num_heads=HEADS, d_ff=24, num_layers=LAYERS).double()
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.3)
    return made.eval()


@pytest.fixture
def ids():
    return torch.randint(VOCABULARY, (2, 7), generator=torch.Generator().manual_seed(1))


def close(a, b, atol: float = 1e-12) -> None:
    np.testing.assert_allclose(a.detach(), b.detach(), rtol=0, atol=atol)


# ---------------------------------------------------------------- flow


def test_rollout_by_hand():
    first = torch.tensor([[[1.0, 0.0], [0.5, 0.5]]], dtype=torch.float64)
    second = torch.tensor([[[0.0, 1.0], [1.0, 0.0]]], dtype=torch.float64)
    # With the residual: first [[1, 0], [.25, .75]], second [[.5, .5], [.5, .5]]; the second times the first.
    expected = torch.tensor([[[0.625, 0.375], [0.625, 0.375]]], dtype=torch.float64)
    close(flow.rollout([first[:, None], second[:, None]]), expected)


def test_rollout_of_a_model_sums_to_one_and_sees_no_future(model, ids):
    with attention_weights(model) as weights:
        model(ids)
    reached = flow.rollout(list(weights.values()))
    close(reached.sum(-1), torch.ones(2, 7))
    assert torch.equal(reached, reached.tril())
    close(flow.rollout([torch.eye(4).expand(2, 3, 4, 4)] * 5), torch.eye(4).expand(2, 4, 4))


def test_induction_and_previous_token_heads_are_told_apart():
    length, n = 5, 10
    weights = torch.zeros(2, 3, n, n)
    for i in range(n):
        weights[:, 0, i, max(i - 1, 0)] = 1  # looks one back
        weights[:, 1, i, max(i - length + 1, 0)] = 1  # looks at what came next last time
        weights[:, 2, i, : i + 1] = 1 / (i + 1)  # looks everywhere
    induction = flow.induction_score(weights, length)
    close(induction[:2], torch.tensor([0.0, 1.0]), 1e-6)
    close(induction[2], torch.tensor([1 / (i + 1) for i in range(length, n)]).mean(), 1e-6)
    previous = flow.previous_token_score(weights)
    close(previous[:2], torch.tensor([1.0, 1 / 9]), 1e-6)  # the second has nothing else to look at once


def test_repeated_tokens_repeat():
    ids = flow.repeated_tokens(50, 6, batch_size=3, seed=2)
    assert torch.equal(ids[:, :6], ids[:, 6:])
    assert torch.equal(ids, flow.repeated_tokens(50, 6, batch_size=3, seed=2))
    assert not torch.equal(ids, flow.repeated_tokens(50, 6, batch_size=3, seed=3))


# ---------------------------------------------------------------- interventions


def test_ablating_a_head_is_removing_its_columns(model, ids):
    before = model(ids)
    with intervene.ablate_heads(model, {FIRST: [1, 3]}):
        ablated = model(ids)
    close(model(ids), before)
    weight = intervene.find(model, FIRST).output_projection.weight
    with torch.no_grad():
        weight.view(D_MODEL, HEADS, -1)[:, [1, 3]] = 0
    close(ablated, model(ids))
    assert not torch.allclose(ablated, before)


def test_ablating_to_the_mean_uses_the_mean(model, ids):
    mean = torch.randn(D_MODEL, dtype=torch.float64)
    name = f"{FIRST}.output_projection"
    with (
        intervene.ablate_heads(model, {FIRST: range(HEADS)}, {FIRST: mean}),
        intervene.activations(model, [name]) as found,
    ):
        model(ids)
    projection = intervene.find(model, name)
    close(found[name], projection(mean).expand(2, 7, D_MODEL))


def test_patching_the_last_layer_brings_everything_back(model, ids):
    corrupt = (ids + 1) % VOCABULARY
    with intervene.activations(model, [LAST]) as clean:
        expected = model(ids)
    before = model(corrupt)
    with intervene.patch(model, LAST, clean[LAST]):
        patched = model(corrupt)
    close(patched, expected)
    close(model(corrupt), before)


def test_patching_some_positions_changes_them_alone(model, ids):
    corrupt = (ids + 1) % VOCABULARY
    with intervene.activations(model, [LAST]) as clean:
        expected = model(ids)
    with intervene.patch(model, LAST, clean[LAST], positions=[2, 5]):
        patched = model(corrupt)
    close(patched[:, [2, 5]], expected[:, [2, 5]])
    others = [0, 1, 3, 4, 6]
    close(patched[:, others], model(corrupt)[:, others])


def test_an_early_patch_reaches_later_positions_only(model, ids):
    with intervene.activations(model, [FIRST]) as found:
        before = model(ids)
    with intervene.patch(model, FIRST, found[FIRST] + torch.randn(D_MODEL), positions=[3]):
        after = model(ids)
    assert torch.equal(after[:, :3], before[:, :3])
    assert (after[:, 3:] - before[:, 3:]).abs().amax(dim=(0, 2)).min() > 1e-6


def test_what_a_patch_restores():
    assert intervene.restored(clean=3.0, corrupt=1.0, patched=2.5) == 0.75


# ---------------------------------------------------------------- reading


def test_the_lens_ends_at_the_model_and_starts_at_the_embedding(model, ids):
    lens = read.logit_lens(model, ids)
    assert lens.shape == (LAYERS + 1, 2, 7, VOCABULARY)
    close(lens[-1], model(ids))
    close(lens[0], model.output(model.stack.norm(model.embedding(ids))))


def test_a_probe_finds_a_direction_and_nothing_in_noise():
    torch.manual_seed(0)
    features, direction = torch.randn(2000, 6, dtype=torch.float64), torch.randn(6, dtype=torch.float64)
    labels = (features @ direction > 0).long()
    probe = read.fit_probe(features[:1000], labels[:1000])
    assert probe.accuracy(features[1000:], labels[1000:]) > 0.95
    noise = torch.randint(2, (2000,))
    assert (
        abs(read.fit_probe(features[:1000], noise[:1000]).accuracy(features[1000:], noise[1000:]) - 0.5)
        < 0.06
    )


def test_a_probe_is_ridge_regression():
    torch.manual_seed(0)
    features, labels = torch.randn(30, 4, dtype=torch.float64), torch.arange(30) % 3
    probe = read.fit_probe(features, labels, ridge=0.2)
    x, y = features - features.mean(0), nn.functional.one_hot(labels).double()
    rows = torch.cat((x, (0.2 * 30) ** 0.5 * torch.eye(4, dtype=torch.float64)))
    wanted = torch.linalg.lstsq(
        rows, torch.cat((y - y.mean(0), torch.zeros(4, 3, dtype=torch.float64)))
    ).solution
    close(probe.matrix, wanted)
    close(features.mean(0) @ probe.matrix + probe.bias, y.mean(0))


def test_control_labels_belong_to_tokens():
    tokens = torch.randint(40, (500,), generator=torch.Generator().manual_seed(0))
    labels = read.control_labels(tokens, 3, seed=1)
    assert all(len(labels[tokens == kind].unique()) == 1 for kind in tokens.unique())
    assert sorted(labels.unique().tolist()) == [0, 1, 2]
    assert torch.equal(labels, read.control_labels(tokens, 3, seed=1))
    assert not torch.equal(labels, read.control_labels(tokens, 3, seed=2))


# ---------------------------------------------------------------- saying no

WEIGHTS = torch.full((1, 2, 4, 4), 0.25)
BAD = [
    (lambda m: flow.rollout([]), "weights: expected the weights of at least one layer, received none"),
    (lambda m: flow.rollout([WEIGHTS, WEIGHTS[..., :3, :3]]),
     "weights[1]: expected axis n = 4 as in weights[0]"),
    (lambda m: flow.induction_score(WEIGHTS, 3), "weights: expected 6 positions, twice length, received 4"),
    (lambda m: flow.repeated_tokens(0, 3), "vocabulary_size: expected a whole number of at least 1"),
    (lambda m: intervene.ablate_heads(m, {"layers.7": [0]}).__enter__(),
     "name: expected one of stack.layers.0"),
    (lambda m: intervene.ablate_heads(m, {FIRST: [4]}).__enter__(), "expected heads from 0 to 3, received 4"),
    (lambda m: intervene.ablate_heads(m, {FIRST: [-1]}).__enter__(),
     "expected a whole number of at least 0"),
    (lambda m: intervene.activations(m, ["nowhere"]).__enter__(), "received 'nowhere'"),
    (lambda m: intervene.restored(1.0, 1.0, 0.0), "clean: expected a value that differs from corrupt = 1.0"),
    (lambda m: read.fit_probe(torch.ones(3, 2), torch.ones(4).long()),
     "labels: expected axis b = 3 as in features"),
    (lambda m: read.fit_probe(torch.ones(3, 2), torch.ones(3).long(), ridge=0.0),
     "ridge: expected a number above"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "message"), BAD, ids=[message for _, message in BAD])
@pytest.mark.usefixtures("unchecked_shapes")
def test_bad_input_is_named(call, message, model):
    with pytest.raises(ValueError, match=re.escape(message)):
        call(model)


def test_a_patch_of_another_shape_is_named_and_removed(model, ids):
    with (
        pytest.raises(ValueError, match=re.escape("value: expected shape (2, 7, 16), received (2, 6, 16)")),
        intervene.patch(model, LAST, torch.zeros(2, 6, 16)),
    ):
        model(ids)
    model(ids)
