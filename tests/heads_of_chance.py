"""Weights and scores by chance, for tests of the widget that shows real heads: no model has to be fetched."""

import numpy as np

from attend.attention import causal_mask, softmax
from attend.widgets import RealHeads

TOKENS = ["[CLS]", "it", "was", "too", "wide", "too"]


def weights(layers=3, heads=4, n=6, causal=False, seed=0):
    scores = 2 * np.random.default_rng(seed).normal(size=(layers, heads, n, n))
    return softmax(scores, causal_mask(n) if causal else None)


def scores(layers=3, heads=4, seed=0, names=("token before", "first token")):
    rng = np.random.default_rng(seed)
    return {name: rng.random((layers, heads)).round(3) for name in names}


def two_texts(**traits):
    """A text with everything visible, and one of another size with a causal mask and one score more."""
    widget = RealHeads(TOKENS, weights(), scores(), name="Small: too wide")
    causal = scores(5, 2, seed=1, names=("token before", "induction"))
    widget.add(list("abca"), weights(5, 2, 4, causal=True, seed=1), causal, name="Deep: abca", causal=True)
    return widget.set(**traits)
