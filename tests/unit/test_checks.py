"""Exercise checks: right answers pass, every well-known slip gets its own hint, nothing ever raises."""

import math
import sys

import numpy as np
import pytest
import torch

from attend import attention, position
from attend.checks import judge
from attend.checks import position as spots
from attend.checks import similarity as checks


def naive_softmax(scores):
    raised = np.exp(scores)
    return raised / raised.sum(axis=-1, keepdims=True)


def right_temperature(scores, temperature):
    return attention.softmax(scores, temperature=temperature)


def halves(length, d_model):
    angles = np.arange(length)[:, None] * position.frequencies(d_model)
    return np.concatenate((np.sin(angles), np.cos(angles)), axis=-1)


def half_split_rotary(x, positions):
    angles = positions[:, None] * position.frequencies(x.shape[-1])
    a, b = np.split(x, 2, axis=-1)
    return np.concatenate(
        (a * np.cos(angles) - b * np.sin(angles), a * np.sin(angles) + b * np.cos(angles)), axis=-1
    )


def slow_pairs(length, d_model):
    i = np.arange(d_model) // 2
    angles = np.arange(length)[:, None] * 10000.0 ** (-i / d_model)
    return np.where(np.arange(d_model) % 2, np.cos(angles), np.sin(angles))


def own_frequencies(length, d_model):
    i = np.arange(d_model)
    angles = np.arange(length)[:, None] * 10000.0 ** (-i / d_model)
    return np.where(i % 2, np.cos(angles), np.sin(angles))


def swapped(length, d_model):
    angles = np.arange(length)[:, None] * position.frequencies(d_model)
    return np.stack((np.cos(angles), np.sin(angles)), axis=-1).reshape(length, d_model)


def lengths(x):
    return np.linalg.norm(x, axis=-1)


def undefined_cosine(query, key):
    return query @ key.swapaxes(-1, -2) / (lengths(query)[..., :, None] * lengths(key)[..., None, :])


def signed_alibi(num_heads, q_len, k_len):
    return position.alibi_slopes(num_heads)[:, None, None] * position.relative_offsets(q_len, k_len)


RIGHT = [
    (checks.softmax, attention.softmax),
    (checks.temperature, right_temperature),
    (checks.weighted_sum, attention.weighted_sum),
    (checks.weighted_sum, lambda weights, value: np.einsum("...qk,...kv->...qv", weights, value)),
    (checks.cosine_score, attention.cosine_score),
    (spots.sinusoidal, position.sinusoidal),
    (spots.shift_matrix, position.shift_matrix),
    (spots.rotary, position.rotary),
    (spots.alibi_bias, position.alibi_bias),
    (checks.softmax, lambda scores: torch.softmax(torch.from_numpy(scores), dim=-1)),
]


@pytest.mark.parametrize(("check", "candidate"), RIGHT)
def test_right_answers_pass(check, candidate):
    result = check(candidate)
    assert result, result.message
    assert result.message.startswith("Right. ")


SLIPS = [
    (checks.softmax, np.exp, "divide by the sum"),
    (checks.softmax, lambda s: s / s.sum(axis=-1, keepdims=True), "exp is missing"),
    (checks.softmax, lambda s: naive_softmax(s.T).T, "the columns sum to one"),
    (checks.softmax, lambda s: np.exp(s) / np.exp(s).sum(), "all the weights together"),
    (checks.softmax, naive_softmax, "exp overflowed"),
    (checks.temperature, lambda s, t: attention.softmax(s, temperature=1 / t), "must sharpen"),
    (checks.temperature, lambda s, t: attention.softmax(s), "has no effect"),
    (checks.temperature, lambda s, t: attention.softmax(s) / t, "before exp"),
    (checks.temperature, lambda s, t: naive_softmax(s / t), "exp overflowed"),
    (checks.weighted_sum, lambda w, v: w.swapaxes(-1, -2) @ v, "runs over the queries"),
    (checks.weighted_sum, lambda w, v: np.broadcast_to(v.sum(axis=-2), (len(w), 2)), "had no effect"),
    (checks.weighted_sum, lambda w, v: np.broadcast_to(v.mean(axis=-2), (len(w), 2)), "plain average"),
    (checks.weighted_sum, lambda w, v: (w @ v).sum(axis=-1), "expected the shape (3, 2), received (3,)"),
    (checks.cosine_score, attention.dot_score, "dot product; divide by both"),
    (checks.cosine_score, attention.scaled_dot_score, "scaled dot product"),
    (checks.cosine_score, lambda q, k: q @ k.T / lengths(q)[:, None], "divide by the keys"),
    (checks.cosine_score, lambda q, k: q @ k.T / lengths(k), "divide by the queries"),
    (checks.cosine_score, lambda q, k: q @ k.T / np.outer(lengths(q), lengths(k)) ** 2,
     "not by their squares"),
    (checks.cosine_score, undefined_cosine, "no direction"),
    (spots.sinusoidal, swapped, "changed places"),
    (spots.sinusoidal, halves, "all sines come first"),
    (spots.sinusoidal, own_frequencies, "share one frequency"),
    (spots.sinusoidal, slow_pairs, "the exponent is 2i/d_model"),
    (spots.sinusoidal, lambda n, d: position.sinusoidal(n + 1, d)[1:], "positions count from 0"),
    (spots.shift_matrix, lambda o, d: position.shift_matrix(-o, d), "moves positions back"),
    (spots.shift_matrix, lambda o, d: np.kron(np.eye(d // 2), position.shift_matrix(o, 2)), "same angle"),
    (spots.rotary, lambda x, p: position.rotary(x, -p), "the wrong way"),
    (spots.rotary, half_split_rotary, "i + d/2"),
    (spots.rotary, lambda x, p: position.rotary(x, p, 1.0), "same angle"),
    (spots.rotary, lambda x, p: x + position.sinusoidal(6, 8)[p.astype(int)], "rotary position"),
    (spots.alibi_bias, lambda h, q, k: -position.alibi_bias(h, q, k), "must be a penalty"),
    (spots.alibi_bias, lambda h, q, k: 2 * position.alibi_bias(h, q, k), "first head's slope is 1/2"),
    (spots.alibi_bias, lambda h, q, k: position.alibi_bias(h, q, k)[::-1], "opposite order"),
    (spots.alibi_bias, lambda h, q, k: np.repeat(position.alibi_bias(8, q, k)[:1], h, 0), "the same slope"),
    (spots.alibi_bias, signed_alibi, "keys ahead"),
    (spots.alibi_bias, lambda h, q, k: position.alibi_bias(8, q, k)[:h], "slopes are those for 8 heads"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("check", "candidate", "hint"), SLIPS, ids=[f"{c.__name__}: {h}" for c, _, h in SLIPS]
)
def test_each_slip_gets_its_own_hint(check, candidate, hint):
    result = check(candidate)
    assert not result
    assert hint in result.message


def in_place(scores):
    scores -= scores.max(axis=-1, keepdims=True)
    return naive_softmax(scores)


def unwritten(scores):
    raise NotImplementedError


UNFINISHED = [
    (None, "Nothing to check yet"),
    (..., "Nothing to check yet"),
    (
        np.ones(3),
        "Pass the function itself, without calling it; this check received a value of type ndarray.",
    ),
    (unwritten, "not written yet"),
    (lambda scores: None, "the function returned None"),
    (lambda scores: ..., "put your code where the three dots stand"),
    (lambda scores: 1 / 0, "the function stopped with ZeroDivisionError: division by zero"),
    (lambda scores: sys.exit("gone"), "the function stopped with SystemExit: gone"),
    (lambda: np.ones(3), "the function stopped with TypeError"),
    (lambda scores: (scores, scores), "returned 2 values"),
    (lambda scores: "softmax", "expected an array of real numbers, received str"),
    (lambda scores: [[1, 2], [3]], "expected an array of real numbers, received list"),
    (lambda scores: torch.ones(3, requires_grad=True), "expected an array of real numbers, received Tensor"),
    (lambda scores: scores * 1j, "expected an array of real numbers"),
    (lambda scores: scores.sum(), "expected the shape (3,), received ()"),
    (lambda scores: scores * math.nan, "at index 0 expected 0.04201, received nan"),
    (in_place, "changed its input in place"),
]


@pytest.mark.parametrize(("candidate", "hint"), UNFINISHED, ids=[hint for _, hint in UNFINISHED])
def test_whatever_is_passed_the_answer_is_a_sentence(candidate, hint):
    result = checks.softmax(candidate)
    assert not result
    assert hint in result.message


def test_a_result_is_its_message_and_its_truth():
    assert repr(judge.CheckResult(True, "Right.")) == "Right."
    assert bool(judge.CheckResult(True, "")) is True
    assert bool(judge.CheckResult(False, "Right.")) is False


def test_the_first_wrong_number_is_named():
    def almost(scores):
        weights = attention.softmax(scores)
        weights[..., -1] += 1e-3
        return weights

    assert (
        "for one row of scores: at index 2 expected 0.8438, received 0.8448."
        in checks.softmax(almost).message
    )


def test_a_check_is_the_same_every_time():
    assert checks.softmax(naive_softmax) == checks.softmax(naive_softmax)
