"""Checks for the exercises of chapter 16, interpretability."""

import numpy as np

from attend.checks.judge import Case, CheckResult, judge


def rollout(candidate: object) -> CheckResult:
    """Check a function `weights -> (n, n)` for weights (layers, h, n, n): attention through all layers."""
    rng = np.random.default_rng(16)
    weights = rng.exponential(size=(3, 3, 4, 4))  # (layers, h, n, n)
    weights /= weights.sum(axis=-1, keepdims=True)
    one = np.eye(4)

    def product(layers: list) -> np.ndarray:
        """The first layer acts first, so it stands on the right."""
        flow = np.eye(4)
        for layer in layers:
            flow = layer @ flow
        return flow

    mixed = [(w.mean(axis=0) + one) / 2 for w in weights]
    entrywise = np.prod(mixed, axis=0)
    lone = weights[:1, :1]
    cases = [
        Case("three layers of three heads", (weights,), product(mixed),
             {"the residual connection is missing; each layer also hands on what it was given.":
              product([w.mean(axis=0) for w in weights]),
              "the first layer acts first, so it stands on the right of the product.": product(mixed[::-1]),
              "weights and residual were added but not halved; rows must sum to one.":
              product([w.mean(axis=0) + one for w in weights]),
              "the residual is half of the sum only if the weights are halved too.":
              product([w.mean(axis=0) + one / 2 for w in weights]),
              "that multiplies entry by entry; flow through layers is a matrix product.": entrywise,
              "that is the mean over layers; flow through layers is a product.": np.mean(mixed, axis=0),
              "that follows the first head alone; take the mean of the heads.":
              product([(w[0] + one) / 2 for w in weights]),
              "the heads were added; take their mean.": product([(w.sum(axis=0) + one) / 2 for w in weights]),
              "that is the last layer alone.": mixed[-1]}),
        Case("one layer of one head", (lone,), (lone[0, 0] + one) / 2),
    ]  # fmt: skip
    return judge(candidate, cases, "Rows sum to one, and the first layer stands on the right.")


def jensen_shannon(candidate: object) -> CheckResult:
    """Check a function `(p, q) -> (b,)`: the divergence of the rows of two arrays (b, k), in nats."""
    rng = np.random.default_rng(2019)
    p, q = rng.dirichlet(np.ones(4), size=(2, 3))  # (b, k) each
    mixed = (p + q) / 2
    first, second = (p * np.log(p / mixed)).sum(axis=-1), (q * np.log(q / mixed)).sum(axis=-1)
    expected = (first + second) / 2
    zeros = np.array([[1.0, 0.0, 0.0], [0.5, 0.5, 0.0]]), np.array([[0.0, 0.3, 0.7], [0.5, 0.5, 0.0]])
    nothing = np.full(2, np.nan)
    cases = [
        Case("rows without zeros", (p, q), expected,
             {"that is the divergence of p from q; take both from their mean.":
              (p * np.log(p / q)).sum(axis=-1),
              "that is the divergence of q from p; take both from their mean.":
              (q * np.log(q / p)).sum(axis=-1),
              "that is the mean of both divergences, without the distribution halfway between.":
              ((p - q) * np.log(p / q)).sum(axis=-1) / 2,
              "the two divergences were added; take their mean.": first + second,
              "that is p's divergence from the mean alone.": first,
              "that is q's divergence from the mean alone.": second,
              "that is in bits; the natural logarithm gives nats.": expected / np.log(2),
              "that is the distance, the root of the divergence.": np.sqrt(expected),
              "that is one number for all; keep one for each row.": np.full(3, expected.sum()),
              "that is the total variation.": np.abs(p - q).sum(axis=-1) / 2}),
        Case("rows with zeros", zeros, np.array([np.log(2), 0.0]),
             {"a weight of zero adds nothing, but 0 times the logarithm of 0 is no number.": nothing,
              "a weight of zero adds nothing, but it made the first row no number.":
              np.array([np.nan, 0.0]),
              "a weight of zero adds nothing, but it made the second row no number.":
              np.array([np.log(2), np.nan])}),
    ]  # fmt: skip
    return judge(candidate, cases, "From 0, the same, to ln 2, nothing in common; zeros do no harm.")
