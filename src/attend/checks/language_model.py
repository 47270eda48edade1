"""Checks for the exercises of chapter 14, a language model."""

import numpy as np

from attend.checks.judge import Case, CheckResult, judge


def bits_per_character(candidate: object) -> CheckResult:
    """Check a function `(logits, next_ids, num_characters) -> bits`: cross-entropy for each character."""
    rng = np.random.default_rng(1951)
    cases = []
    for about, length, size, characters in (
        ("four tokens of seven characters", 4, 3, 7), ("logits in the hundreds", 6, 5, 11),
    ):  # fmt: skip
        logits = rng.normal(size=(length, size))
        if "hundreds" in about:
            logits = 900 + 3 * logits
        next_ids = rng.integers(0, size, length)
        shifted = logits - logits.max(axis=-1, keepdims=True)
        log_probabilities = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
        nats = -log_probabilities[np.arange(length), next_ids]
        right = nats.sum() / np.log(2) / characters
        entropy = -(np.exp(log_probabilities) * log_probabilities).sum() / np.log(2) / characters
        slips = {
            "these are bits for each token; divide the sum by the characters.": nats.mean() / np.log(2),
            "these are nats; divide by the logarithm of 2.": nats.sum() / characters,
            "nats become bits by dividing by log 2, not by multiplying.":
                nats.sum() * np.log(2) / characters,
            "the sign is wrong: a probability below 1 has a negative logarithm.": -right,
            "that is the entropy of the model's own distribution; the text says which token came.": entropy,
            "that is the perplexity; its logarithm to the base 2 is asked for.": 2**right,
            "the exponentials overflow; subtract each row's largest logit first.": np.inf,
            "infinity over infinity is not a number; subtract each row's largest logit first.": np.nan,
        }  # fmt: skip
        cases.append(
            Case(about, (logits, next_ids, characters), np.asarray(right),
                 {hint: np.asarray(slip) for hint, slip in slips.items()})
        )  # fmt: skip
    return judge(candidate, cases, "Bits for each character, whatever the tokens are.")


def nucleus(candidate: object) -> CheckResult:
    """Check a function `(probabilities, top_p) -> probabilities`: the fewest tokens that hold `top_p`."""
    peaked = np.array([0.05, 0.6, 0.1, 0.25])
    flat = np.array([0.28, 0.24, 0.26, 0.22])
    cases = [
        _nucleus_case("one token that holds enough alone", peaked, 0.5),
        _nucleus_case("two tokens", peaked, 0.7),
        _nucleus_case("a flat distribution", flat, 0.6),
        _nucleus_case("a top_p of 1", peaked, 1.0),
    ]
    return judge(
        candidate, cases, "The nucleus grows where the model is unsure and shrinks where it is sure."
    )


def _nucleus_case(about: str, probabilities: np.ndarray, top_p: float) -> Case:
    """One distribution, with what the well-known slips make of it."""
    order = np.argsort(-probabilities)
    ordered = probabilities[order]
    reached = np.cumsum(ordered)

    def back(kept: np.ndarray, renormalise: bool = True) -> np.ndarray:
        cut = np.where(kept, ordered, 0.0)
        total = cut.sum()
        whole = np.zeros_like(cut)
        whole[order] = cut / total if renormalise and total > 0 else cut
        return whole

    right = reached - ordered < top_p - 1e-12
    sorted_out = np.where(right, ordered, 0.0)
    in_place = np.cumsum(probabilities) - probabilities < top_p - 1e-12
    slips = {
        "the probabilities do not sum to one; divide by what was kept.": back(right, renormalise=False),
        "the token that reaches top_p belongs to the nucleus; it was cut.": back(reached <= top_p + 1e-12),
        "the answer is sorted; give each token its own place back.": sorted_out / sorted_out.sum(),
        "sort first: the likeliest tokens are added up from the top.":
            np.where(in_place, probabilities, 0) / probabilities[in_place].sum(),
        "nothing was cut.": probabilities,
    }  # fmt: skip
    wrong = {hint: slip for hint, slip in slips.items() if not np.allclose(slip, back(right))}
    return Case(about, (probabilities, top_p), back(right), wrong)
