"""Distances and rank correlation: values known by hand, agreement with the definitions, errors that name."""

import math
import re

import numpy as np
import pytest
import torch

from attend.analysis import compare


@pytest.fixture
def rows():
    generator = torch.Generator().manual_seed(0)
    return tuple(torch.rand(5, 7, generator=generator, dtype=torch.float64).softmax(-1) for _ in range(2))


def test_distances_of_distributions_with_nothing_or_all_in_common():
    left, right = torch.tensor([1.0, 0.0, 0.0]).double(), torch.tensor([0.0, 0.5, 0.5]).double()
    assert compare.total_variation(left, right).item() == 1
    assert compare.jensen_shannon(left, right).item() == pytest.approx(math.log(2), abs=1e-12)
    assert compare.total_variation(right, right).item() == 0
    assert compare.jensen_shannon(right, right).item() == pytest.approx(0, abs=1e-12)


def test_jensen_shannon_is_the_mean_divergence_from_the_mixture(rows):
    p, q = rows
    m = (p + q) / 2
    expected = ((p * (p / m).log()).sum(-1) + (q * (q / m).log()).sum(-1)) / 2
    np.testing.assert_allclose(compare.jensen_shannon(p, q), expected, atol=1e-12)
    np.testing.assert_allclose(compare.jensen_shannon(q, p), expected, atol=1e-12)


def test_total_variation_is_the_largest_difference_of_any_event(rows):
    p, q = rows
    np.testing.assert_allclose(compare.total_variation(p, q), (p - q).clamp(min=0).sum(-1), atol=1e-12)


def test_rank_correlation_sees_order_alone():
    x = torch.tensor([0.1, 0.7, 0.3, 5.0], dtype=torch.float64)
    assert compare.rank_correlation(x, x.exp()) == pytest.approx(1, abs=1e-12)
    assert compare.rank_correlation(x, -(x**3)) == pytest.approx(-1, abs=1e-12)


def test_rank_correlation_without_ties_is_spearmans_formula():
    x, y = (torch.randperm(9, generator=torch.Generator().manual_seed(s)).double() for s in (1, 2))
    expected = 1 - 6 * ((x - y) ** 2).sum().item() / (9 * (81 - 1))
    assert compare.rank_correlation(x, y) == pytest.approx(expected, abs=1e-12)


def test_equal_scores_share_a_rank():
    x = torch.tensor([1.0, 2.0, 2.0, 3.0], dtype=torch.float64)
    ranks = torch.tensor([0.0, 1.5, 1.5, 3.0])
    y = torch.tensor([4.0, 1.0, 3.0, 2.0], dtype=torch.float64)
    expected = np.corrcoef(ranks, y)[0, 1]
    assert compare.rank_correlation(x, y) == pytest.approx(expected, abs=1e-12)


@pytest.mark.usefixtures("unchecked_shapes")
@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: compare.total_variation(torch.ones(2, 3), torch.ones(2, 4)),
         "q: expected the shape of p, (2, 3), received (2, 4)"),
        (lambda: compare.jensen_shannon(torch.ones(3), torch.ones(1, 3)),
         "q: expected the shape of p, (3,), received (1, 3)"),
        (lambda: compare.rank_correlation(torch.ones(3), torch.arange(3.0)),
         "x: expected at least two different entries, received [1.0, 1.0, 1.0]"),
        (lambda: compare.rank_correlation(torch.arange(3.0), torch.arange(4.0)), "y: expected axis n = 3"),
    ],
)  # fmt: skip
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        call()
