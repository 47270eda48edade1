"""Checks for the exercises of chapter 11, an encoder in NumPy: three steps of the way back."""

import numpy as np

from attend import block, encoder, train
from attend.checks.judge import Case, CheckResult, judge

_X = np.array([[1.0, 0.5, -0.3, 2.0], [0.2, -1.0, 0.8, 0.4], [2.0, 0.3, 0.1, -0.7]])
_D_OUTPUT = np.array([[0.5, -1.0, 0.3, 1.2], [2.0, 0.3, -0.6, 0.1], [-0.7, 1.1, 0.9, -0.4]])
_GAIN = np.array([1.5, 0.5, -1.0, 2.0])


def layer_norm_gradient(candidate: object) -> CheckResult:
    """Check a function `(d_output, x, gain, epsilon) -> d_x`: layer normalisation's way back."""
    epsilon = 0.1  # large, so that it cannot be forgotten unseen
    centred = _X - _X.mean(axis=-1, keepdims=True)
    deviation = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + epsilon)
    normal, u = centred / deviation, _GAIN * _D_OUTPUT

    def back(u: np.ndarray, normal: np.ndarray = normal, deviation: np.ndarray = deviation) -> np.ndarray:
        stretch = (u * normal).mean(axis=-1, keepdims=True)
        return (u - u.mean(axis=-1, keepdims=True) - normal * stretch) / deviation

    bare = np.sqrt((centred**2).mean(axis=-1, keepdims=True))
    by_sample = centred.std(axis=-1, ddof=1, keepdims=True)
    shift, stretch = u.mean(axis=-1, keepdims=True), normal * (u * normal).mean(axis=-1, keepdims=True)
    down = u - u.mean(axis=0) - normal * (u * normal).mean(axis=0)
    three_axes = (_D_OUTPUT[None, :, ::-1], _X[None] ** 2, _GAIN, 1e-5)
    cases = [
        Case("three vectors", (_D_OUTPUT, _X, _GAIN, epsilon), back(u),
             {"the gain is missing: what reaches the normalised vector is the gain times d_output.":
              back(_D_OUTPUT),
              "the mean was held constant; a nudge of one feature moves it, so subtract the mean of u.":
              (u - stretch) / deviation,
              "the deviation was held constant; a nudge moves it too.": (u - shift) / deviation,
              "mean and deviation were both held constant.": u / deviation,
              "the division by the deviation is missing.": u - shift - stretch,
              "the means run over the positions; they belong to one vector's features.": down / deviation,
              "epsilon is missing from the deviation.": back(u, centred / bare, bare),
              "the variance divides by the number of features, not by one less.":
              back(u, centred / by_sample, by_sample)}),
        Case("a batch", three_axes, block.layer_norm_backward(*three_axes)[0]),
    ]  # fmt: skip
    return judge(candidate, cases, "What would shift or stretch the whole vector is taken out.")


def table_gradient(candidate: object) -> CheckResult:
    """Check a function `(d_output, tokens, table) -> d_table`: a row gathers from all its places."""
    table = np.zeros((5, 4))
    tokens = np.array([3, 0, 3])
    right = encoder.embedding_backward(_D_OUTPUT, tokens, table)
    last_only, mean = np.zeros_like(table), right.copy()
    last_only[tokens] = _D_OUTPUT
    mean[3] /= 2
    batch = np.array([[1, 1, 4], [4, 1, 0]])
    d_batch = np.stack([_D_OUTPUT, -2 * _D_OUTPUT])
    cases = [
        Case("a token that stands in two places", (_D_OUTPUT, tokens, table), right,
             {"of several equal tokens only one was kept; their gradients add up.": last_only,
              "equal tokens were averaged; their gradients add up.": mean}),
        Case("a batch", (d_batch, batch, table), encoder.embedding_backward(d_batch, batch, table)),
    ]  # fmt: skip
    return judge(candidate, cases, "A row hears from every place where its token stood.")


def loss_gradient(candidate: object) -> CheckResult:
    """Check a function `(logits, targets, counted) -> d_logits`: mean cross-entropy without padding."""
    targets = np.array([1, 3, 0])
    counted = np.array([True, True, False])
    right = train.cross_entropy_backward(_X, targets, counted)
    everywhere = train.cross_entropy_backward(_X, targets)
    large = (1000 * _X, targets, counted)
    with np.errstate(over="ignore", invalid="ignore"):
        raised = np.exp(1000 * _X)
        overflown = raised / raised.sum(axis=-1, keepdims=True)
    batch = (np.stack([_X, _D_OUTPUT]), np.stack([targets, targets[::-1]]), np.array([counted, ~counted]))
    cases = [
        Case("three positions, one of them padding", (_X, targets, counted), right,
             {"padding counts; its gradient must be zero.": everywhere,
              "the mean is over what is counted, not over all positions.": right * 2 / 3,
              "the sum over the positions is the gradient of the sum; divide by how many count.": right * 2,
              "the sign is wrong: what was predicted minus what was true.": -right,
              "the predicted shares are missing.": -np.eye(4)[targets] * counted[:, None] / 2,
              "the truth is missing: subtract 1 at the target.":
              right + np.eye(4)[targets] * counted[:, None] / 2}),
        Case("logits in the thousands", large, train.cross_entropy_backward(*large),
             {"exp overflowed; subtract the largest logit of each row first.":
              (overflown - np.eye(4)[targets]) * counted[:, None] / 2}),
        Case("a batch", batch, train.cross_entropy_backward(*batch)),
    ]  # fmt: skip
    return judge(candidate, cases, "Predicted minus true, and padding has no say.")
