"""Checks for the exercises of chapter 18, where it goes next."""

import numpy as np

from attend.checks.judge import Case, CheckResult, judge
from attend.state_space import selective_scan

Array = np.ndarray


def scan(candidate: object) -> CheckResult:
    """Check a function `(query, key, value, decay) -> (n, v)`: fade the state, write to it, read it."""
    rng = np.random.default_rng(18)
    query, key, value = rng.normal(size=(5, 3)), rng.normal(size=(5, 3)), rng.normal(size=(5, 2))
    decay = np.array([0.9, 0.5, 0.8, 0.3, 0.7])

    def right(decay: Array) -> Array:
        return selective_scan(query, key, value, decay)[0]

    own = (query * key).sum(axis=1, keepdims=True) * value  # what a token reads of what it wrote itself
    past = right(decay) - own
    emptied = np.array([1.0, 1.0, 0.0, 1.0, 1.0])
    cases = [
        Case("five tokens, each with a decay of its own", (query, key, value, decay), right(decay),
             {"nothing fades; multiply the state by this token's decay before you write.":
              right(np.ones(5)),
              "the state was read before this token wrote; write first, then read.":
              _read_too_early(query, key, value, decay),
              "what this token writes was faded too; fade the old state only.":
              _fade_all(query, key, value, decay),
              "that leaves out what the token itself wrote.": past,
              "only this token's pair was read; add it to what is left of the old state.": own}),
        Case("a decay of zero in the middle, which empties the state",
             (query, key, value, emptied), right(emptied)),
    ]  # fmt: skip
    return judge(candidate, cases, "One state, three lines a token, and no list of the past.")


def gates(candidate: object) -> CheckResult:
    """Check a function `(scores, top_k) -> like scores`: softmax over the largest, zero for the others."""
    rng = np.random.default_rng(2017)
    scores = 2 * rng.normal(size=(4, 6))

    def softmax(x: Array) -> Array:
        weights = np.exp(x - x.max(axis=-1, keepdims=True))
        return weights / weights.sum(axis=-1, keepdims=True)

    def kept(top_k: int) -> Array:
        return scores >= np.sort(scores, axis=-1)[:, -top_k, None]

    def right(top_k: int) -> Array:
        return softmax(np.where(kept(top_k), scores, -np.inf))

    cases = [
        Case("four tokens, six experts, two for each", (scores, 2), right(2),
             {"every expert has a share; set all but the largest to zero.": softmax(scores),
              "the kept shares do not sum to one; take the softmax over the kept scores only.":
              np.where(kept(2), softmax(scores), 0),
              "those are the raw scores; a softmax turns them into shares.": np.where(kept(2), scores, 0),
              "the smallest scores were kept; keep the largest.":
              softmax(np.where(scores <= np.sort(scores, axis=-1)[:, 1, None], scores, -np.inf)),
              "a score of zero still has a share; hide what is not kept with minus infinity.":
              softmax(np.where(kept(2), scores, 0)),
              "the shares are equal; let the scores decide.": kept(2) / 2}),
        Case("three experts for each token", (scores, 3), right(3)),
    ]  # fmt: skip
    return judge(candidate, cases, "Two experts compute, four rest, and the shares sum to one.")


def _read_too_early(query: Array, key: Array, value: Array, decay: Array) -> Array:
    """Each token reads what the one before it left, and fades and writes afterwards."""
    state, output = np.zeros((key.shape[1], value.shape[1])), np.empty_like(value)
    for i in range(len(key)):
        output[i] = query[i] @ state
        state = decay[i] * state + np.outer(key[i], value[i])
    return output


def _fade_all(query: Array, key: Array, value: Array, decay: Array) -> Array:
    """Each token writes first and fades the sum."""
    state, output = np.zeros((key.shape[1], value.shape[1])), np.empty_like(value)
    for i in range(len(key)):
        state = decay[i] * (state + np.outer(key[i], value[i]))
        output[i] = query[i] @ state
    return output
