"""Checks for the exercises of chapter 15, compute."""

import numpy as np

from attend.attention import softmax
from attend.checks.judge import Case, CheckResult, judge
from attend.quantize import dequantize, quantize


def merged_total(candidate: object) -> CheckResult:
    """Check a function `(peaks, totals) -> total`: of all blocks together, at the largest of their peaks."""

    def case(about: str, peaks: list[float], totals: list[float]) -> Case:
        peak, total = np.array(peaks), np.array(totals)
        factor = np.exp(peak - peak.max())
        joined = (total * factor).sum()
        with np.errstate(all="ignore"):
            slips = {
                "the totals belong to different peaks; bring each to the largest.": total.sum(),
                "the exponent has the wrong sign; a lower peak must shrink.": np.sum(total / factor),
                "that is the total at peak zero, which overflows.": (total * np.exp(peak)).sum(),
                "that is the total at the first block's peak; take the largest.":
                (total * np.exp(peak - peak[0])).sum(),
                "each block's total is missing; you added the factors alone.": factor.sum(),
                "that is the mean of the blocks; add them.": joined / total.size,
                "that is the logarithm of what is asked, plus the peak.": peak.max() + np.log(joined),
            }  # fmt: skip
        arrays = {hint: np.asarray(slip) for hint, slip in slips.items()}
        return Case(about, (peak, total), np.asarray(joined), arrays)

    cases = [
        case("three blocks", [1.0, 3.0, 2.0], [2.5, 1.2, 4.0]),
        case("peaks of a thousand", [1000.0, 998.0], [1.5, 3.0]),
        case("a block in which all is hidden", [-np.inf, 0.5], [0.0, 2.0]),
    ]
    return judge(candidate, cases, "This one line lets a softmax be computed in pieces, in any order.")


def quantized_rows(candidate: object) -> CheckResult:
    """Check a function `matrix -> matrix`: rounded to the codes -127 … 127 with one step for each row."""
    rng = np.random.default_rng(15)
    matrix = rng.normal(size=(3, 6)) * np.array([[1.0], [20.0], [0.01]])

    def rounded(step: np.ndarray, how=np.rint) -> np.ndarray:
        return how(matrix / step) * step

    largest = np.abs(matrix).max(axis=1, keepdims=True)
    span = matrix.max(axis=1, keepdims=True) - matrix.min(axis=1, keepdims=True)
    with_zeros = np.array([[0.0, 0.0], [3.0, -1.0]])
    cases = [
        Case("rows of very different size", (matrix,), dequantize(quantize(matrix)),
             {"one step serves the whole matrix; give each row its own.":
              dequantize(quantize(matrix, 8, "matrix")),
              "one step serves each column; a row is what one output reads.":
              dequantize(quantize(np.ascontiguousarray(matrix.T))).T,
              "those are the codes; multiply them by the step again.": np.rint(matrix / largest * 127),
              "the largest code is 127, not 128; -128 has no opposite.": rounded(largest / 128),
              "the codes run from -255 to 255; they need nine bits.": rounded(largest / 255),
              "the numbers were cut off, not rounded.": rounded(largest / 127, np.trunc),
              "the numbers were rounded down, not to the nearest.": rounded(largest / 127, np.floor),
              "the step came from the signed maximum; take the largest magnitude.":
              rounded(matrix.max(axis=1, keepdims=True) / 127),
              "the step came from largest minus smallest; take the largest magnitude.": rounded(span / 255),
              "nothing was rounded.": matrix}),
        Case("a row of zeros", (with_zeros,), dequantize(quantize(with_zeros))),
    ]  # fmt: skip
    return judge(candidate, cases, "Eight bits a weight, and no weight moves by more than half a step.")


def weights_again(candidate: object) -> CheckResult:
    """Check a function `(query, key, log_total) -> weights`: from scores and one number for each query."""
    rng = np.random.default_rng(7)
    cases = []
    for about, size in (("three queries, five keys", 1.0), ("scores above a thousand", 60.0)):
        query, key = size * rng.normal(size=(3, 4)), size * rng.normal(size=(5, 4))
        scores = query @ key.T / 2
        log_total = np.log(np.exp(scores - scores.max(axis=1, keepdims=True)).sum(axis=1)) + scores.max(
            axis=1
        )
        with np.errstate(all="ignore"):
            slips = {"the scores are not divided by the root of d.": np.exp(2 * scores - log_total[:, None]),
                     "the logarithm is divided by, not subtracted in the exponent.":
                     np.exp(scores) / log_total[:, None],
                     "those are the logarithms of the weights.": scores - log_total[:, None]}  # fmt: skip
        cases.append(Case(about, (query, key, log_total), softmax(scores), slips))
    return judge(candidate, cases, "One number a query is enough to bring any tile of weights back.")
