"""Mixture of experts: the same as a loop over tokens, work only where it is sent, a loss that balances."""

import re

import pytest
import torch

from attend.nn.block import FeedForward
from attend.nn.experts import MixtureOfExperts, balancing_loss, keep_top, load


@pytest.fixture
def made():
    """A mixture in float64, and tokens for it."""
    torch.manual_seed(0)

    def make(top_k, num_experts=4):
        return MixtureOfExperts(6, 8, num_experts=num_experts, top_k=top_k).double(), torch.randn(
            2, 5, 6, dtype=torch.float64
        )

    return make


@pytest.mark.parametrize("top_k", [1, 2, 4])
def test_every_token_gets_the_weighted_sum_of_its_experts(made, top_k):
    model, x = made(top_k)
    output, probabilities = model(x)
    torch.testing.assert_close(probabilities, model.router(x).softmax(-1))
    for b in range(2):
        for n in range(5):
            chosen = probabilities[b, n].argsort(descending=True)[:top_k]
            gates = probabilities[b, n][chosen]
            gates = gates / gates.sum() if top_k > 1 else gates
            each = torch.stack([model.experts[e](x[b : b + 1, n : n + 1])[0, 0] for e in chosen.tolist()])
            torch.testing.assert_close(output[b, n], gates @ each, rtol=0, atol=1e-14)


def test_the_kept_gates_are_the_softmax_of_the_kept_scores():
    scores = torch.randn(7, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    gates = keep_top(scores.softmax(-1), 2)
    lowest = scores.topk(2).values[:, -1:]
    expected = scores.masked_fill(scores < lowest, -torch.inf).softmax(-1)
    torch.testing.assert_close(gates, expected, rtol=0, atol=1e-14)


def test_all_experts_alike_are_one_network(made):
    model, x = made(2)
    for expert in model.experts:
        expert.load_state_dict(model.experts[0].state_dict())
    torch.testing.assert_close(model(x)[0], model.experts[0](x), rtol=0, atol=1e-14)


def test_experts_that_receive_nothing_do_not_compute(made):
    model, x = made(1)
    with torch.no_grad():
        model.router.weight.zero_()
        model.router.weight[2] = 1
    seen = []
    for number, expert in enumerate(model.experts):
        expert.register_forward_hook(lambda module, args, out, n=number: seen.append((n, args[0].shape[1])))
    model(x.abs())
    assert seen == [(2, 10)]


def test_with_one_expert_kept_the_router_still_has_a_gradient(made):
    model, x = made(1)
    model(x)[0].square().sum().backward()
    assert model.router.weight.grad.abs().sum() > 0


def test_the_balancing_loss_is_one_when_even_and_the_number_of_experts_when_one_has_all():
    even = torch.eye(4, dtype=torch.float64)
    torch.testing.assert_close(balancing_loss(even, 1).item(), 1.0)
    torch.testing.assert_close(balancing_loss(even[:1].expand(6, -1), 1).item(), 4.0)
    torch.testing.assert_close(load(even[:1].expand(6, -1), 1), even[0])


def test_the_balancing_loss_by_hand():
    probabilities = torch.tensor([[0.6, 0.3, 0.1], [0.5, 0.2, 0.3]], dtype=torch.float64)
    torch.testing.assert_close(load(probabilities, 1), torch.tensor([1.0, 0, 0], dtype=torch.float64))
    torch.testing.assert_close(balancing_loss(probabilities, 1).item(), 3 * 0.55)
    # Two for each token: experts 0 and 1, then 0 and 2. f = (1/2, 1/4, 1/4), P = (0.55, 0.25, 0.2).
    torch.testing.assert_close(balancing_loss(probabilities, 2).item(), 3 * (0.275 + 0.0625 + 0.05))


def test_following_the_balancing_loss_evens_the_load():
    torch.manual_seed(3)
    scores = (torch.randn(200, 4) + torch.tensor([2.0, 1, 0, -1])).requires_grad_()
    before = load(scores.softmax(-1), 1).max()
    optimizer = torch.optim.SGD([scores], lr=20)
    for _ in range(100):
        optimizer.zero_grad()
        balancing_loss(scores.softmax(-1), 1).backward()
        optimizer.step()
    assert before > 0.5 > 0.4 > load(scores.softmax(-1), 1).max()


def test_options_reach_the_experts():
    model = MixtureOfExperts(6, 8, num_experts=2, top_k=1, activation="swiglu")
    assert all(isinstance(expert, FeedForward) and expert.is_gated for expert in model.experts)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: MixtureOfExperts(4, 4, num_experts=2, top_k=3), ValueError,
         "top_k: expected at most num_experts = 2, received 3"),
        (lambda: MixtureOfExperts(4, 4, num_experts=2, top_k=0), ValueError, "top_k: expected a whole"),
        (lambda: MixtureOfExperts(4, 4, num_experts=0, top_k=1), ValueError, "num_experts: expected a whole"),
        (lambda: keep_top(torch.ones(2, 3), 4), ValueError, "top_k: expected at most num_experts = 3"),
        (lambda: MixtureOfExperts(4, 4, num_experts=2, top_k=1)(torch.ones(1, 2, 3)), ValueError,
         "x: expected shape (batch, n, d_model = 4), received (1, 2, 3)"),
    ],
)  # fmt: skip
def test_wrong_arguments_are_named(call, error, message):
    with pytest.raises(error, match=re.escape(message)):
        call()
