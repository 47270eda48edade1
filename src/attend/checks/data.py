"""Checks for the exercises of chapter 17, data."""

import numpy as np

from attend.checks.judge import Case, CheckResult, judge


def exponent(candidate: object) -> CheckResult:
    """Check a function `(x, loss) -> exponent`: minus the slope of a straight line through the logarithms."""
    x = np.array([1e3, 3e3, 1e4, 3e4, 1e5])
    exact = 5.0 * x**-0.3
    noisy = exact * np.array([1.02, 0.97, 1.01, 1.03, 0.96])

    def falls(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Minus the slope of b against a, by least squares."""
        a, b = a - a.mean(), b - b.mean()
        return np.asarray(-(a * b).sum() / (a * a).sum())

    log_x, log_loss = np.log(x), np.log(noisy)
    cases = [
        Case("a law with exponent 0.3", (x, exact), np.asarray(0.3),
             {"the sign: the slope of a falling loss is negative, its exponent positive.": np.asarray(-0.3),
              "that is the slope of the loss against log x; take the logarithm of the loss too.":
              falls(log_x, exact),
              "that is the slope of log loss against x; take the logarithm of x too.":
              falls(x, np.log(exact)),
              "that is a straight line through loss and x; take the logarithm of both.": falls(x, exact),
              "the axes changed places: x explains the loss, not the other way round.": np.asarray(1 / 0.3)}),
        Case("five losses with noise", (x, noisy), falls(log_x, log_loss),
             {"only the first and the last point took part; fit a line through all.":
              np.asarray((log_loss[0] - log_loss[-1]) / (log_x[-1] - log_x[0])),
              "that is the mean of the slopes between neighbours, in which the inner points cancel out.":
              np.asarray(-(np.diff(log_loss) / np.diff(log_x)).mean()),
              "the axes changed places: least squares in x is another line than in the loss.":
              np.asarray(1 / falls(log_loss, log_x))}),
    ]  # fmt: skip
    return judge(candidate, cases, "A power law is a straight line for whoever takes logarithms.")


def overlap(candidate: object) -> CheckResult:
    """Check a function `(train, test, n) -> share` of test texts with n words in a row from training."""
    train = ["the cat sat on the mat", "a dog ran over the hill", "it rained all day long"]
    test = [
        "we saw the cat sat on a chair",
        "a dog ran over the hill",
        "the hill on the cat",
        "day in day out it was",
    ]
    grams = [_grams(text, 3) for text in test]
    known = set().union(*(_grams(text, 3) for text in train))
    all_grams = [gram for some in grams for gram in sorted(some)]
    cases = [
        Case("four texts and three words in a row", (train, test, 3), np.asarray(0.5),
             {"only texts that are equal as a whole were counted; look for parts.": np.asarray(0.25),
              "that is the number of texts; divide by how many test texts there are.": np.asarray(2.0),
              "that is the share of word groups; count the texts that have at least one.":
              np.asarray(sum(gram in known for gram in all_grams) / len(all_grams)),
              "single words were compared; take n in a row.": np.asarray(1.0),
              "the share was taken of the training texts.": np.asarray(2 / 3)}),
        Case("words that end and begin two texts",
             (["one two", "three four"], ["two three", "three four"], 2), np.asarray(0.5),
             {"no group of words may reach from one training text into the next.": np.asarray(1.0)}),
        Case("a text shorter than n", (["yes"], ["yes", "the cat sat on the mat"], 3), np.asarray(0.0)),
    ]  # fmt: skip
    return judge(
        candidate, cases, "It finds what is shared word for word, and nothing that was put differently."
    )


def _grams(text: str, n: int) -> set[tuple[str, ...]]:
    words = text.split()
    return {tuple(words[i : i + n]) for i in range(len(words) - n + 1)}
