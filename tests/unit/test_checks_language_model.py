"""The chapter's own checks: right answers pass, each well-known slip meets the hint that names it."""

import math

import numpy as np
import pytest

from attend.checks import language_model as checks


def bits(logits, next_ids, characters, *, per=None, base=2.0, safe=True):
    shifted = logits - logits.max(axis=-1, keepdims=True) if safe else logits
    total = np.log(np.exp(shifted).sum(axis=-1))
    nats = total - shifted[np.arange(len(next_ids)), next_ids]
    return nats.sum() / math.log(base) / (per or characters)


def entropy(logits, next_ids, characters):
    p = np.exp(logits - logits.max(axis=-1, keepdims=True))
    p /= p.sum(axis=-1, keepdims=True)
    return -(p * np.log2(p)).sum() / characters


def by_probabilities(logits, next_ids, characters):
    p = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    return -np.log2(p[np.arange(len(next_ids)), next_ids]).sum() / characters


def nucleus(probabilities, top_p, *, reached=False, renormalise=True):
    order = np.argsort(-probabilities)
    ordered = probabilities[order]
    before = np.cumsum(ordered) - (0 if reached else ordered)
    kept = np.zeros_like(probabilities)
    kept[order] = np.where(before <= top_p + 1e-12 if reached else before < top_p - 1e-12, ordered, 0)
    return kept / kept.sum() if renormalise and kept.sum() else kept


def unsorted_nucleus(probabilities, top_p):
    kept = np.where(np.cumsum(probabilities) - probabilities < top_p, probabilities, 0)
    return kept / kept.sum()


def sorted_nucleus(probabilities, top_p):
    return np.sort(nucleus(probabilities, top_p))[::-1]


def test_right_answers_pass():
    assert checks.bits_per_character(bits)
    assert checks.nucleus(nucleus)


@pytest.mark.parametrize(
    ("candidate", "hint"),
    [
        (lambda s, i, c: bits(s, i, c, per=len(i)), "divide the sum by the characters"),
        (lambda s, i, c: bits(s, i, c, base=math.e), "these are nats"),
        (lambda s, i, c: bits(s, i, c, base=math.e) * math.log(2), "not by multiplying"),
        (lambda s, i, c: -bits(s, i, c), "the sign is wrong"),
        (entropy, "the entropy of the model's own distribution"),
        (lambda s, i, c: 2 ** bits(s, i, c), "that is the perplexity"),
        (lambda s, i, c: bits(s, i, c, safe=False), "the exponentials overflow"),
        (by_probabilities, "infinity over infinity"),
        (lambda s, i, c: bits(s, i, c) + 0.1, "expected"),
        (lambda s, i, c: ..., "where the three dots stand"),
        (None, "Nothing to check yet"),
    ],
)
def test_a_slip_in_the_bits_meets_its_hint(candidate, hint):
    result = checks.bits_per_character(candidate)
    assert not result
    assert hint in result.message


@pytest.mark.parametrize(
    ("candidate", "hint"),
    [
        (lambda p, t: nucleus(p, t, renormalise=False), "do not sum to one"),
        (lambda p, t: nucleus(p, t, reached=True), "belongs to the nucleus"),
        (sorted_nucleus, "give each token its own place"),
        (unsorted_nucleus, "sort first"),
        (lambda p, t: p, "nothing was cut"),
        (lambda p, t: p[:2], "expected the shape (4,)"),
        (lambda p, t: ..., "where the three dots stand"),
    ],
)
def test_a_slip_in_the_nucleus_meets_its_hint(candidate, hint):
    result = checks.nucleus(candidate)
    assert not result
    assert hint in result.message
