"""The chapter's own checks: right answers pass, each well-known slip meets the hint that names it."""

import numpy as np
import pytest
import torch

from attend.analysis import compare, flow
from attend.checks import interpretability as checks


def product(layers):
    result = np.eye(layers[0].shape[-1])
    for layer in layers:
        result = layer @ result
    return result


def mixed(weights):
    return [(w.mean(axis=0) + np.eye(w.shape[-1])) / 2 for w in weights]


def divergence(p, q):
    return np.where(p > 0, p * np.log(np.where(p > 0, p, 1) / np.where(p > 0, q, 1)), 0).sum(axis=-1)


def right(p, q):
    return (divergence(p, (p + q) / 2) + divergence(q, (p + q) / 2)) / 2


@pytest.mark.parametrize(
    ("candidate", "hint"),
    [
        (lambda w: product(list(w.mean(axis=1))), "residual connection is missing"),
        (lambda w: product(mixed(w)[::-1]), "first layer acts first"),
        (lambda w: product([a * 2 for a in mixed(w)]), "not halved"),
        (lambda w: product([a.mean(axis=0) + np.eye(4) / 2 for a in w]), "only if the weights are halved"),
        (lambda w: np.prod(mixed(w), axis=0), "entry by entry"),
        (lambda w: np.mean(mixed(w), axis=0), "mean over layers"),
        (lambda w: product(mixed(w[:, :1])), "first head alone"),
        (lambda w: product([(a.sum(axis=0) + np.eye(4)) / 2 for a in w]), "heads were added"),
        (lambda w: mixed(w)[-1], "last layer alone"),
        (lambda w: w[0], "expected the shape (4, 4)"),
        (lambda w: ..., "where the three dots stand"),
        (None, "Nothing to check yet"),
    ],
)
def test_slips_in_rollout_are_named(candidate, hint):
    result = checks.rollout(candidate)
    assert not result
    assert hint in result.message


@pytest.mark.parametrize(
    ("candidate", "hint"),
    [
        (divergence, "of p from q"),
        (lambda p, q: divergence(q, p), "of q from p"),
        (lambda p, q: (divergence(p, q) + divergence(q, p)) / 2, "halfway between"),
        (lambda p, q: 2 * right(p, q), "were added"),
        (lambda p, q: divergence(p, (p + q) / 2), "p's divergence"),
        (lambda p, q: divergence(q, (p + q) / 2), "q's divergence"),
        (lambda p, q: right(p, q) / np.log(2), "in bits"),
        (lambda p, q: np.sqrt(right(p, q)), "the root"),
        (lambda p, q: np.full(len(p), right(p, q).sum()), "one for each row"),
        (lambda p, q: np.abs(p - q).sum(axis=-1) / 2, "total variation"),
        (lambda p, q: ((p * np.log(2 * p / (p + q)) + q * np.log(2 * q / (p + q))).sum(axis=-1)) / 2,
         "is no number"),
        (lambda p, q: np.where((p == q).all(axis=-1), 0, np.where((p > 0).all(axis=-1), right(p, q), np.nan)),
         "made the first row no number"),
        (lambda p, q: np.where((p + q > 0).all(axis=-1), right(p, q), np.nan),
         "made the second row no number"),
        (lambda p, q: p, "expected the shape (3,)"),
        (None, "Nothing to check yet"),
    ],
)  # fmt: skip
def test_slips_in_the_divergence_are_named(candidate, hint):
    result = checks.jensen_shannon(candidate)
    assert not result
    assert hint in result.message


def test_right_answers_pass():
    assert checks.rollout(lambda w: product(mixed(w)))
    assert checks.jensen_shannon(right)


def test_the_package_passes_the_readers_checks():
    assert checks.rollout(lambda w: flow.rollout(list(torch.from_numpy(w)[:, None]))[0].numpy())
    assert checks.jensen_shannon(
        lambda p, q: compare.jensen_shannon(torch.from_numpy(p), torch.from_numpy(q)).numpy()
    )
