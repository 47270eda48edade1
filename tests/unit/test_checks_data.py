"""The chapter's own checks: right answers pass, each well-known slip meets the hint that names it."""

import numpy as np
import pytest

from attend.checks import data as checks


def slope(a, b):
    return np.polyfit(a, b, 1)[0]


def grams(text, n):
    words = text.split()
    return {tuple(words[i : i + n]) for i in range(len(words) - n + 1)}


def overlap(train, test, n):
    known = set().union(*(grams(text, n) for text in train))
    return np.mean([bool(grams(text, n) & known) for text in test])


@pytest.mark.parametrize(
    ("candidate", "hint"),
    [
        (lambda x, y: slope(np.log(x), np.log(y)), "the sign"),
        (lambda x, y: -slope(np.log(x), y), "logarithm of the loss too"),
        (lambda x, y: -slope(x, np.log(y)), "logarithm of x too"),
        (lambda x, y: -slope(x, y), "logarithm of both"),
        (lambda x, y: -1 / slope(np.log(x), np.log(y)), "axes changed places"),
        (lambda x, y: -slope(np.log(y), np.log(x)), "axes changed places"),
        (lambda x, y: -1 / slope(np.log(y), np.log(x)), "another line"),
        (lambda x, y: -np.log(y[-1] / y[0]) / np.log(x[-1] / x[0]), "first and the last point"),
        (lambda x, y: -np.mean(np.diff(np.log(y)) / np.diff(np.log(x))), "slopes between neighbours"),
        (lambda x, y: [1.0, 2.0], "expected the shape ()"),
        (lambda x, y: ..., "where the three dots stand"),
        (None, "Nothing to check yet"),
    ],
)
def test_slips_in_the_exponent_are_named(candidate, hint):
    result = checks.exponent(candidate)
    assert not result
    assert hint in result.message


@pytest.mark.parametrize(
    ("candidate", "hint"),
    [
        (lambda train, test, n: np.mean([text in train for text in test]), "equal as a whole"),
        (lambda train, test, n: len(test) * overlap(train, test, n), "divide by how many"),
        (lambda train, test, n: overlap(train, test, 1), "single words"),
        (lambda train, test, n: overlap(test, train, n), "of the training texts"),
        (lambda train, test, n: overlap([" ".join(train)], test, n), "from one training text into the next"),
        (
            lambda train, test, n: np.mean(
                [
                    gram in set().union(*(grams(t, n) for t in train))
                    for text in test
                    for gram in grams(text, n)
                ]
            ),
            "share of word groups",
        ),
        (lambda train, test, n: max(overlap(train, test, n), 0.25), "a text shorter than n"),
        (lambda train, test, n: ..., "where the three dots stand"),
        (None, "Nothing to check yet"),
    ],
)
def test_slips_in_the_overlap_are_named(candidate, hint):
    result = checks.overlap(candidate)
    assert not result
    assert hint in result.message


def test_right_answers_pass():
    assert checks.exponent(lambda x, loss: -slope(np.log(x), np.log(loss)))
    assert checks.exponent(lambda x, loss: -slope(np.log10(x), np.log10(loss)))
    assert checks.overlap(overlap)
