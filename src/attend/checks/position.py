"""Checks for the exercises of chapter 8, position."""

import numpy as np

from attend import position
from attend.checks.judge import Case, CheckResult, judge


def sinusoidal(candidate: object) -> CheckResult:
    """Check a function `(length, d_model) -> encoding`: sines and cosines, interleaved, base 10000."""
    length, d_model = 6, 8
    right = position.sinusoidal(length, d_model)
    angles = np.arange(length)[:, None] * position.frequencies(d_model)
    swapped = np.stack((np.cos(angles), np.sin(angles)), axis=-1).reshape(length, d_model)
    halves = np.concatenate((np.sin(angles), np.cos(angles)), axis=-1)
    wrong_angles = np.arange(length)[:, None] * 10000.0 ** (-np.arange(d_model) / d_model)
    each_own = np.where(np.arange(d_model) % 2, np.cos(wrong_angles), np.sin(wrong_angles))
    half_angles = np.arange(length)[:, None] * 10000.0 ** (-np.arange(d_model // 2) / d_model)
    half_speed = np.stack((np.sin(half_angles), np.cos(half_angles)), axis=-1).reshape(length, d_model)
    cases = [
        Case("6 positions and 8 features", (length, d_model), right,
             {"sine and cosine have changed places; sine goes to the even features 0, 2, 4, …": swapped,
              "all sines come first; let sine and cosine of one frequency stand side by side.": halves,
              "features 2i and 2i+1 share one frequency, with the exponent 2i/d_model for both.":
              each_own,
              "the exponent is 2i/d_model, where i counts pairs; here it is i/d_model.": half_speed,
              "positions count from 0, so the first row is 0, 1, 0, 1, …": position.sinusoidal(7, 8)[1:]}),
        Case("50 positions and 4 features", (50, 4), position.sinusoidal(50, 4)),
    ]  # fmt: skip
    return judge(candidate, cases, "Each pair of features turns at its own speed, sine beside cosine.")


def shift_matrix(candidate: object) -> CheckResult:
    """Check a function `(offset, d_model) -> matrix`: the rotation that moves an encoding by `offset`."""
    backwards = "this one moves positions back; look at the sign of the two sines."
    cases = [
        Case("offset 0 and 6 features", (0, 6), np.eye(6)),
        Case("offset 3 and 2 features", (3, 2), position.shift_matrix(3, 2),
             {backwards: position.shift_matrix(-3, 2)}),
        Case("offset 5 and 8 features", (5, 8), position.shift_matrix(5, 8),
             {backwards: position.shift_matrix(-5, 8),
              "every pair turns by the same angle; each has its own frequency.":
              np.kron(np.eye(4), position.shift_matrix(5, 2))}),
    ]  # fmt: skip
    return judge(
        candidate, cases, "A shift is a rotation: one matrix moves every position by the same offset."
    )


def rotary(candidate: object) -> CheckResult:
    """Check a function `(x, positions) -> turned`: each pair of neighbours turned by position × frequency."""
    x = np.arange(1.0, 25.0).reshape(3, 8) / 10
    positions = np.array([0.0, 1.0, 5.0])
    halves = np.argsort([0, 2, 4, 6, 1, 3, 5, 7])  # features whose partner stands half a vector away
    split = position.rotary(x[:, halves], positions)[:, np.argsort(halves)]
    cases = [
        Case("position 0", (x, np.zeros(3)), x,
             {"sinusoids are added; rotary position turns the vector and adds nothing.":
              x + position.sinusoidal(1, 8)}),
        Case("positions 0, 1 and 5", (x, positions), position.rotary(x, positions),
             {"the pairs turn the wrong way; look at the sign of the sines.": position.rotary(x, -positions),
              "feature i is paired with feature i + d/2; here neighbours 2i and 2i+1 make a pair.": split,
              "every pair turns by the same angle; each has its own frequency.":
              position.rotary(x.reshape(3, 4, 2).swapaxes(0, 1), positions).swapaxes(0, 1).reshape(3, 8)}),
        Case("two heads", (np.stack([x, -x]), positions), position.rotary(np.stack([x, -x]), positions)),
    ]  # fmt: skip
    return judge(candidate, cases, "Lengths stay, and inner products depend on the distance alone.")


def alibi_bias(candidate: object) -> CheckResult:
    """Check a function `(num_heads, q_len, k_len) -> bias`: minus distance times the head's slope."""
    right = position.alibi_bias(8, 5, 5)
    slopes = position.alibi_slopes(8)
    distance = np.abs(position.relative_offsets(5, 5))
    cases = [
        Case("8 heads and 5 positions", (8, 5, 5), right,
             {"the bias must be a penalty, zero or below; mind the sign.": -right,
              "the slopes start at 1; the first head's slope is 1/2 for 8 heads.":
              -2 * slopes[:, None, None] * distance,
              "the heads are in the opposite order; the first has the steepest slope.": right[::-1],
              "every head has the same slope; head h has the slope 2^(-8h/num_heads).":
              np.broadcast_to(-0.5 * distance, right.shape),
              "keys ahead of the query are favoured; the penalty grows with distance both ways.":
              slopes[:, None, None] * position.relative_offsets(5, 5)}),
        Case("4 heads and 6 positions", (4, 6, 6), position.alibi_bias(4, 6, 6),
             {"the slopes are those for 8 heads; for 4 they are 2^(-2), 2^(-4), …":
              position.alibi_bias(8, 6, 6)[:4]}),
        Case("one head", (1, 3, 3), position.alibi_bias(1, 3, 3)),
    ]  # fmt: skip
    return judge(candidate, cases, "The diagonal is zero and every head looks back with its own slope.")
