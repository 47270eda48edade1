"""Checks for the exercises of chapter 10, training and prediction."""

import numpy as np

from attend.attention import softmax
from attend.checks.judge import Case, CheckResult, judge


def smoothed_cross_entropy(candidate: object) -> CheckResult:
    """Check a function `(logits, targets, smoothing) -> loss`: the mean over positions, in nats."""
    logits = np.array([[2.0, -1.0, 0.5, 0.0], [0.3, 0.1, -2.0, 1.5], [-0.4, 0.9, 0.2, -1.1]])
    targets = np.array([0, 3, 2])
    cases = [
        _smoothed_case("smoothing 0", logits, targets, 0.0),
        _smoothed_case("smoothing 0.1", logits, targets, 0.1),
        _smoothed_case("smoothing 0.4", logits, targets, 0.4),
        _smoothed_case("logits of a thousand", 1000 * logits, targets, 0.1),
    ]
    return judge(candidate, cases, "A share of the probability goes to every class, the right one too.")


def _smoothed_case(about: str, logits: np.ndarray, targets: np.ndarray, smoothing: float) -> Case:
    """One amount of smoothing, with what the well-known slips make of it."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))  # (n, c)
    classes = logits.shape[-1]
    truth = np.eye(classes)[targets]
    wanted = (1 - smoothing) * truth + smoothing / classes
    right = -(wanted * log_p).sum(axis=-1)  # (n,)
    plain = -(truth * log_p).sum(axis=-1)
    others = (1 - smoothing) * truth + smoothing / (classes - 1) * (1 - truth)
    slips = {
        "exp overflowed; subtract each row's largest logit first.": np.array(np.nan),
        "the sign is wrong: a loss is minus a log-probability.": -right.mean(),
        "that is the sum over the positions; take the mean.": right.sum(),
        "smoothing has no effect.": plain.mean(),
        "only the right class counts here; the share that was taken from it must go to every class.":
            ((1 - smoothing) * plain).mean(),
        "the whole share went to the wrong classes; here every class gets its part, the right one too.":
            -(others * log_p).sum(axis=-1).mean(),
        "the share is divided by the number of classes, so that all of it together is `smoothing`.":
            -(((1 - smoothing) * truth + smoothing) * log_p).sum(axis=-1).mean(),
        "softmax is missing: logits are no log-probabilities.": -(wanted * logits).sum(axis=-1).mean(),
        "the logarithm is missing.": -(wanted * softmax(logits)).sum(axis=-1).mean(),
    }  # fmt: skip
    return Case(about, (logits, targets, smoothing), np.array(right.mean()), slips)


def warmup_schedule(candidate: object) -> CheckResult:
    """Check a function `(step, d_model, warmup) -> rate` of an array of steps from 1 on."""
    cases = []
    for d_model, warmup in ((512, 4000), (64, 100)):
        step = np.array([1.0, 10.0, 50.0, 100.0, 400.0, 4000.0, 40000.0])
        rise, fall, scale = step * warmup**-1.5, step**-0.5, d_model**-0.5
        slips = {
            "d_model has no effect; multiply by one over its root.": np.minimum(rise, fall),
            "take the smaller of the two, not the larger.": scale * np.maximum(rise, fall),
            "it rises for ever; the other part must take over after the warm-up.": scale * rise,
            "it falls from the first step on; the rate must rise during the warm-up.": scale * fall,
            "multiply by one over the root of d_model, not by the root.": np.minimum(rise, fall) / scale,
            "the exponent of the warm-up is -1.5, so that the two parts meet at its last step.":
                scale * np.minimum(step / warmup, fall),
        }  # fmt: skip
        cases.append(
            Case(f"d_model {d_model} and {warmup} steps of warm-up", (step, d_model, warmup),
                 scale * np.minimum(rise, fall), slips)
        )  # fmt: skip
    return judge(candidate, cases, "Up in a line, down with the root of the step; they meet at the peak.")


def beam_step(candidate: object) -> CheckResult:
    """Check a function `(so_far, logits, num_beams) -> log_probabilities`, the best first.

    `so_far` holds the log-probability of each beginning in the beam, `logits` a row for each.
    """
    so_far = np.array([-0.2, -1.9, -2.2])
    logits = np.array([[0.5, 0.1, 0.0, -0.2], [4.0, -1.0, 0.0, 0.5], [1.0, 1.2, 0.9, 1.1]])
    cases = [
        _beam_case("three beginnings", so_far, logits, 3),
        _beam_case("a beam of two", so_far, logits, 2),
        _beam_case("one beginning, the first step", so_far[:1], logits[:1], 3),
    ]
    return judge(candidate, cases, "All beginnings compete, and a good one may fill the whole beam.")


def _beam_case(about: str, so_far: np.ndarray, logits: np.ndarray, num_beams: int) -> Case:
    """One step of the beam, with what the well-known slips make of it."""
    log_p = np.log(softmax(logits))  # (beams, c)

    def best(scores: np.ndarray) -> np.ndarray:
        return np.sort(scores, axis=None)[::-1][:num_beams]

    total = so_far[:, None] + log_p
    slips = {
        "the likeliest must come first.": np.sort(best(total)),
        "softmax is missing: logits of different rows cannot be compared.": best(so_far[:, None] + logits),
        "what the beginnings cost so far is missing; add it.": best(log_p),
        "add log-probabilities to log-probabilities; here probabilities were added.":
            best(so_far[:, None] + softmax(logits)),
        "each beginning got one place; let the continuations of all of them compete.":
            best(total.max(axis=-1)),
    }  # fmt: skip
    return Case(about, (so_far, logits, num_beams), best(total), slips)
