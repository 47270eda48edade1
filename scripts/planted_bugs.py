"""Plant one bug at a time in a copy of the package and see whether the tests notice.

    python scripts/planted_bugs.py            every bug, about ten minutes on two cores
    python scripts/planted_bugs.py softmax    the bugs whose description or file holds that word

Prints each bug as caught or MISSED, then the share that was caught; exits with 1 below 95 %. The working tree
is never touched. A test that no bug can make fail proves nothing: this is the test of the tests.
"""

import io
import multiprocessing
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src"
TARGET = 0.95


class Bug(NamedTuple):
    """A slip that a person could make: in `file`, `original` becomes `planted`."""

    slip: str
    file: str
    original: str
    planted: str


A, P, NA, NP = "attention.py", "position.py", "nn/attention.py", "nn/position.py"
ARGUMENTS, TENSORS, CHECKS = "_arguments.py", "nn/_arguments.py", "checks.py"

# All of these run for every bug, until the first failure: those that know the bug's file best come first.
TESTS_BY_FILE = {
    A: "tests/unit/test_attention.py",
    P: "tests/unit/test_position.py",
    NA: "tests/parity/test_attention.py",
    NP: "tests/parity/test_position.py",
    ARGUMENTS: "tests/unit/test_arguments.py",
    TENSORS: "tests/unit/test_arguments.py",
    CHECKS: "tests/unit/test_checks.py",
}

BUGS = [
    # softmax
    Bug("softmax without the maximum", A, "np.where(np.isfinite(peak), peak, 0.0)", "np.zeros_like(peak)"),
    Bug("maximum of the whole array", A, "scores.max(axis=-1, keepdims=True)", "scores.max(keepdims=True)"),
    Bug("softmax over the wrong axis", A,
        "raised.sum(axis=-1, keepdims=True)", "raised.sum(axis=0, keepdims=True)"),
    Bug("temperature inverted", A, "(scores - peak) / temperature)", "(scores - peak) * temperature)"),
    Bug("temperature ignored", A, "(scores - peak) / temperature)", "scores - peak)"),
    Bug("mask inverted", A, "np.where(visible, scores, -np.inf)", "np.where(visible, -np.inf, scores)"),
    Bug("mask leaks a little", A, "np.where(visible, scores, -np.inf)", "np.where(visible, scores, -30.0)"),
    Bug("hidden row is uniform", A, "np.where(visible, scores, -np.inf)", "np.where(visible, scores, -1e9)"),
    Bug("mask forgotten in softmax", A,
        "scores = np.where(visible, scores, -np.inf)", "scores = scores + 0.0"),
    Bug("hidden row divides by zero", A, "np.where(total > 0, total, 1.0)", "total"),
    Bug("hidden row subtracts infinity", A, "np.where(np.isfinite(peak), peak, 0.0)", "peak + 0.0"),
    Bug("overflow warns", A, 'np.errstate(over="ignore")', 'np.errstate(over="warn")'),
    Bug("Jacobian without the outer product", A,
        "return diagonal - weights[..., :, None] * weights[..., None, :]", "return diagonal"),
    Bug("Jacobian with a wrong sign", A, "return diagonal - weights", "return diagonal + weights"),
    Bug("Jacobian without its diagonal", A, "return diagonal - weights", "return -weights"),
    Bug("softmax backward without the mean", A, "weights * (d_weights - mean)", "weights * d_weights"),
    Bug("softmax backward with a plain mean", A,
        "(d_weights * weights).sum(axis=-1, keepdims=True)", "d_weights.mean(axis=-1, keepdims=True)"),
    Bug("softmax backward times temperature", A,
        "(d_weights - mean) / temperature", "(d_weights - mean) * temperature"),
    # scores
    Bug("scores transposed", A, "return query @ key.swapaxes(-1, -2)", "return key @ query.swapaxes(-1, -2)"),
    Bug("missing 1/√d", A, "dot_score(query, key) / math.sqrt(query.shape[-1])", "dot_score(query, key)"),
    Bug("times √d", A, "dot_score(query, key) / math", "dot_score(query, key) * math"),
    Bug("divided by d", A, "dot_score(query, key) / math.sqrt(query.shape[-1])",
        "dot_score(query, key) / query.shape[-1]"),
    Bug("root of the number of keys", A, "dot_score(query, key) / math.sqrt(query.shape[-1])",
        "dot_score(query, key) / math.sqrt(key.shape[-2])"),
    Bug("cosine of one side", A, "_unit(query) @ _unit(key)", "query @ _unit(key)"),
    Bug("cosine of a zero vector", A, "np.where(length > 0, length, 1.0)", "length"),
    Bug("cosine of a long vector", A, "np.where(largest > 0, largest, 1.0)", "1.0"),
    Bug("cosine with the sum of magnitudes", A,
        "np.linalg.norm(x, axis=-1, keepdims=True)", "np.abs(x).sum(axis=-1, keepdims=True)"),
    Bug("cosine changes its input", A, "x = x / np.where(largest", "x /= np.where(largest"),
    Bug("bilinear without the matrix", A, "query @ matrix @ key", "query @ np.eye(*matrix.shape) @ key"),
    Bug("additive without tanh", A, "np.tanh(from_query + from_key)", "(from_query + from_key)"),
    Bug("additive multiplies", A, "from_query + from_key", "from_query * from_key"),
    # masks
    Bug("nobody sees themselves", A, "k_len - q_len, dtype=bool", "k_len - q_len - 1, dtype=bool"),
    Bug("queries stand at the start", A, "np.tri(q_len, k_len, k_len - q_len", "np.tri(q_len, k_len, 0"),
    Bug("causal mask transposed", A,
        "np.tri(q_len, k_len, k_len - q_len, dtype=bool)",
        "np.tri(k_len, q_len, q_len - k_len, dtype=bool).T"),
    Bug("padding shows one too many", A, "np.arange(k_len) < lengths", "np.arange(k_len) <= lengths"),
    Bug("padding inverted", A, "np.arange(k_len) < lengths", "np.arange(k_len) >= lengths"),
    # attention
    Bug("sum runs over the queries", A, "return weights @ value", "return weights.swapaxes(-1, -2) @ value"),
    Bug("mask forgotten in attention", A,
        "softmax(scaled_dot_score(query, key), visible)", "softmax(scaled_dot_score(query, key))"),
    Bug("attention without scaling", A,
        "softmax(scaled_dot_score(query, key), visible)", "softmax(dot_score(query, key), visible)"),
    Bug("backward: value by the untransposed weights", A,
        "weights.swapaxes(-1, -2) @ d_output", "weights @ d_output"),
    Bug("backward without 1/√d", A,
        "softmax_backward(d_weights, weights) / math.sqrt(query.shape[-1])",
        "softmax_backward(d_weights, weights)"),
    Bug("backward without the softmax", A, "softmax_backward(d_weights, weights) /", "d_weights /"),
    Bug("backward: key from the key", A,
        "d_scores.swapaxes(-1, -2) @ query", "d_scores.swapaxes(-1, -2) @ key"),
    # heads
    Bug("heads split without a transpose", A,
        "x.reshape(*batch, n, num_heads, features // num_heads).swapaxes(-3, -2)",
        "x.reshape(*batch, num_heads, n, features // num_heads)"),
    Bug("heads take every h-th feature", A,
        "x.reshape(*batch, n, num_heads, features // num_heads).swapaxes(-3, -2)",
        "np.moveaxis(x.reshape(*batch, n, features // num_heads, num_heads), -1, -3)"),
    Bug("heads merged without a transpose", A, "x.swapaxes(-3, -2).reshape(", "x.reshape("),
    Bug("no projection after the heads", A, "merge_heads(heads) @ output_matrix", "merge_heads(heads)"),
    Bug("values projected as keys", A, "value @ value_matrix, num_heads", "value @ key_matrix, num_heads"),
    Bug("mask meets the heads, not the batch", A, "visible[..., None, :, :]", "visible[None]"),
    Bug("mask forgotten by the heads", A, "visible = visible[..., None, :, :]", "visible = None"),
    # sinusoids
    Bug("half the exponent", P, "np.arange(0, d_model, 2) / d_model", "np.arange(d_model // 2) / d_model"),
    Bug("frequencies grow", P, "float(base) ** (-np", "float(base) ** (np"),
    Bug("base ignored", P, "float(base) ** (", "10000.0 ** ("),
    Bug("sine and cosine swapped", P,
        "encoding[:, 0::2] = np.sin(angles)\n    encoding[:, 1::2] = np.cos(angles)",
        "encoding[:, 0::2] = np.cos(angles)\n    encoding[:, 1::2] = np.sin(angles)"),
    Bug("halves instead of pairs", P,
        "encoding[:, 0::2] = np.sin(angles)\n    encoding[:, 1::2] = np.cos(angles)",
        "encoding[:, : d_model // 2] = np.sin(angles)\n    encoding[:, d_model // 2 :] = np.cos(angles)"),
    Bug("positions count from one", P, "np.arange(length)[:, None]", "np.arange(1, length + 1)[:, None]"),
    Bug("shift turns the wrong way", P,
        "offset * frequencies(d_model, base)", "-offset * frequencies(d_model, base)"),
    Bug("shift forgets the base", P, "offset * frequencies(d_model, base)", "offset * frequencies(d_model)"),
    Bug("shift is no rotation", P, "= -np.sin(angles)", "= np.sin(angles)"),
    # rotary
    Bug("rotary turns the wrong way", P,
        "positions[:, None] * frequencies", "-positions[:, None] * frequencies"),
    Bug("rotary mirrors", P, "first * cos - second * sin", "first * cos + second * sin"),
    Bug("rotary forgets the base", P, "frequencies(x.shape[-1], base)", "frequencies(x.shape[-1])"),
    Bug("rotary pairs far features", P, "x[..., 0::2], x[..., 1::2]", "np.split(x, 2, axis=-1)"),
    Bug("rotary changes its input", P, "turned = np.empty_like(x)", "turned = x"),
    # biases and tables
    Bug("slopes off by one", P, "np.arange(1, power + 1) / power", "np.arange(power) / power"),
    Bug("slopes half as steep", P, "-8.0 * np.arange(1, power + 1)", "-4.0 * np.arange(1, power + 1)"),
    Bug("the other half of the extra slopes", P,
        "np.arange(1, 2 * power + 1, 2)", "np.arange(2, 2 * power + 2, 2)"),
    Bug("next power of two", P, "bit_length() - 1", "bit_length()"),
    Bug("ALiBi rewards distance", P, "* -distance", "* distance"),
    Bug("ALiBi prints minus zero", P,
        "return alibi_slopes(num_heads)[:, None, None] * -distance",
        "return -alibi_slopes(num_heads)[:, None, None] * distance"),
    Bug("ALiBi rewards the future", P,
        "np.abs(relative_offsets(q_len, k_len))", "-relative_offsets(q_len, k_len)"),
    Bug("offsets from the start", P, "np.arange(k_len - q_len, k_len)", "np.arange(q_len)"),
    Bug("offsets with a wrong sign", P,
        "np.arange(k_len) - query_position[:, None]", "query_position[:, None] - np.arange(k_len)"),
    Bug("relative bias wraps round", P, "-farthest, farthest) + farthest]", "-farthest, farthest)]"),
    Bug("relative bias clips too soon", P, "-farthest, farthest) +", "-farthest, farthest - 1) +"),
    Bug("learned positions from the end", P, "return table[:length]", "return table[-length:]"),
    # twins
    Bug("twin: hidden row divides by zero", NA, "total.masked_fill(total == 0, 1.0)", "total"),
    Bug("twin: hidden row subtracts infinity", NA,
        "peak = peak.masked_fill(peak.isneginf(), 0.0)", "peak = peak * 1"),
    Bug("twin: mask leaks a little", NA, "masked_fill(~visible, -math.inf)", "masked_fill(~visible, -30.0)"),
    Bug("twin: mask inverted", NA, "masked_fill(~visible, -math.inf)", "masked_fill(visible, -math.inf)"),
    Bug("twin: temperature inverted", NA, "(scores - peak) / temperature", "(scores - peak) * temperature"),
    Bug("twin: wrong axis", NA, "raised.sum(dim=-1, keepdim=True)", "raised.sum(dim=0, keepdim=True)"),
    Bug("twin: softmax without the maximum", NA, "(scores - peak) / temperature", "scores / temperature"),
    Bug("twin: gradient lost", NA, "torch.exp((scores - peak)", "torch.exp((scores.detach() - peak)"),
    Bug("twin: missing 1/√d", NA,
        "dot_score(query, key) / math.sqrt(query.shape[-1])", "dot_score(query, key)"),
    Bug("twin: cosine of one side", NA, "_unit(query) @ _unit(key)", "query @ _unit(key)"),
    Bug("twin: cosine of a zero vector", NA, "length.masked_fill(length == 0, 1.0)", "length"),
    Bug("twin: additive without tanh", NA, "torch.tanh(from_query + from_key)", "(from_query + from_key)"),
    Bug("twin: bilinear without the matrix", NA,
        "query @ matrix @ key", "query @ torch.eye(5).double() @ key"),
    Bug("twin: causal mask looks ahead", NA, ".tril(k_len - q_len)", ".triu(k_len - q_len)"),
    Bug("twin: queries stand at the start", NA, ".tril(k_len - q_len)", ".tril()"),
    Bug("twin: padding shows one too many", NA,
        "device=lengths.device) < lengths", "device=lengths.device) <= lengths"),
    Bug("twin: mask forgotten", NA, "softmax(scaled_dot_score(query, key), visible)",
        "softmax(scaled_dot_score(query, key))"),
    Bug("twin: heads merged without a transpose", NA,
        "x.transpose(-3, -2).flatten(-2)", "x.reshape(*x.shape[:-3], x.shape[-2], -1)"),
    Bug("twin: heads take every h-th feature", NA,
        "x.unflatten(-1, (num_heads, -1)).transpose(-3, -2)",
        "x.unflatten(-1, (-1, num_heads)).movedim(-1, -3)"),
    Bug("twin: mask meets the heads", NA, "visible[..., None, :, :]", "visible[None]"),
    Bug("twin: angles in float32", NP, "torch.arange(0, d_model, 2, dtype=_precise(device)",
        "torch.arange(0, d_model, 2, dtype=torch.float32"),
    Bug("twin: sine and cosine swapped", NP, "(angles.sin(), angles.cos())", "(angles.cos(), angles.sin())"),
    Bug("twin: shift turns the wrong way", NP, "angles = offset *", "angles = -offset *"),
    Bug("twin: rotary mirrors", NP, "first * sin + second * cos", "first * sin - second * cos"),
    Bug("twin: rotary forgets the base", NP,
        "_exact_frequencies(x.shape[-1], base, x.device)",
        "_exact_frequencies(x.shape[-1], 10000.0, x.device)"),
    Bug("twin: rotary pairs far features", NP, "x[..., 0::2], x[..., 1::2]", "x.chunk(2, dim=-1)"),
    Bug("twin: positions stay on their device", NP,
        "positions.to(x.device, _precise(x.device))", "positions.double()"),
    Bug("twin: slopes off by one", NP, "-8.0 * steps[:power] / power", "-8.0 * (steps[:power] - 1) / power"),
    Bug("twin: the other half of the extra slopes", NP, "steps[::2]", "steps[1::2]"),
    Bug("twin: ALiBi rewards distance", NP, "* -distance", "* distance"),
    Bug("twin: offsets from the start", NP,
        "torch.arange(k_len - q_len, k_len, device=device)", "torch.arange(q_len, device=device)"),
    Bug("twin: relative bias clips too soon", NP,
        "clamp(-farthest, farthest)", "clamp(-farthest, farthest - 1)"),
    Bug("twin: learned positions from the end", NP, "return table[:length]", "return table[-length:]"),
    # bad input
    Bug("NaN goes through", ARGUMENTS, "if not np.isfinite(array).all():", "if False:"),
    Bug("infinity goes through", ARGUMENTS, "if not np.isfinite(array).all():", "if np.isnan(array).any():"),
    Bug("integers go through", ARGUMENTS, "np.issubdtype(array.dtype, np.floating)",
        "np.issubdtype(array.dtype, np.number)"),
    Bug("nothing goes through", ARGUMENTS, "if array.size == 0:", "if False:"),
    Bug("axes may differ", ARGUMENTS, "if length != expected:", "if False:"),
    Bug("batches may differ", ARGUMENTS,
        "if length != expected:", 'if letter != "..." and length != expected:'),
    Bug("extra axes go through", ARGUMENTS,
        "batch_axes < 0 or (batch_axes > 0 and not has_batch)", "batch_axes < 0"),
    Bug("any mask goes through", ARGUMENTS, "m not in (1, n)", "m not in (1, n, m)"),
    Bug("a mask of numbers goes through", ARGUMENTS,
        'if getattr(visible, "dtype", None) != boolean:', 'if getattr(visible, "dtype", None) is None:'),
    Bug("zero is a length", ARGUMENTS, "if number < at_least:", "if number < at_least - 1:"),
    Bug("True is a length", ARGUMENTS, "if isinstance(value, bool | np.bool_):", "if False:"),
    Bug("odd widths go through", ARGUMENTS, "if value % 2:", "if False:"),
    Bug("zero is a temperature", ARGUMENTS, "if value <= 0:", "if value < 0:"),
    Bug("a base without end", ARGUMENTS, "if not math.isfinite(value):", "if False:"),
    Bug("heads need not divide", ARGUMENTS, "if whole % value:", "if False:"),
    Bug("twin: integers go through", TENSORS, "if not tensor.dtype.is_floating_point:", "if False:"),
    Bug("twin: nothing goes through", TENSORS, "if tensor.numel() == 0:", "if False:"),
    # exercise checks
    Bug("one right number is enough", CHECKS, "if close.all():", "if close.any():"),
    Bug("only the first case counts", CHECKS, "for case in cases:", "for case in cases[:1]:"),
    Bug("changed input goes unseen", CHECKS, "deepcopy(case.arguments)", "case.arguments"),
    Bug("exit ends the notebook", CHECKS,
        "except (Exception, SystemExit) as error", "except Exception as error"),
    Bug("a failed check is true", CHECKS, "return self.passed", "return True"),
    Bug("hints are never given", CHECKS, "equal_nan=True", "equal_nan=False"),
]  # fmt: skip


@contextmanager
def planted(bug: Bug | None) -> Iterator[Path]:
    """A folder with a copy of the package in which the bug, if any, has been planted."""
    with tempfile.TemporaryDirectory(prefix="planted-bug-") as folder:
        copy = Path(folder) / "src"
        shutil.copytree(SOURCE, copy, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        if bug:
            path = copy / "attend" / bug.file
            text = path.read_text(encoding="utf-8")
            if text.count(bug.original) != 1:
                found = text.count(bug.original)
                raise ValueError(f"{bug.slip}: expected {bug.original!r} once in {bug.file}, found {found}")
            path.write_text(text.replace(bug.original, bug.planted), encoding="utf-8")
        yield copy


def tests_fail(bug: Bug | None) -> tuple[bool, str]:
    """Run the tests on the copy, in a process of its own; say whether they fail, and which failed first."""
    os.chdir(ROOT)
    sys.dont_write_bytecode = True
    options = ["-x", "-q", "--tb=no", "-p", "no:cacheprovider", "--hypothesis-profile", "first failure"]
    options += [
        "-W",
        "ignore::pytest.PytestAssertRewriteWarning",
    ]  # Hypothesis is imported already, see main()
    first = [TESTS_BY_FILE[bug.file]] if bug else []
    tests = list(dict.fromkeys([*first, *TESTS_BY_FILE.values()]))
    with planted(bug) as copy, redirect_stdout(io.StringIO()) as printed:
        sys.path.insert(0, str(copy))
        code = pytest.main([*options, *tests])
        tested = Path(sys.modules["attend"].__file__)
    if not tested.is_relative_to(copy) or code in (
        pytest.ExitCode.INTERNAL_ERROR,
        pytest.ExitCode.USAGE_ERROR,
    ):
        raise RuntimeError(f"the tests did not run on the copy:\n{printed.getvalue()}")
    named = [line for line in printed.getvalue().splitlines() if line.startswith(("FAILED", "ERROR"))]
    return code != pytest.ExitCode.OK, named[0].split(" - ")[0] if named else ""


def main() -> int:
    words = [word.lower() for word in sys.argv[1:]]
    bugs = [b for b in BUGS if not words or any(w in f"{b.slip} {b.file}".lower() for w in words)]
    if not bugs:
        print(f"No bug is about {' or '.join(words)}.")
        return 1
    # Every run needs a fresh process whose time would go into these imports: load them once, then fork.
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["beartype", "hypothesis.extra.numpy", "jaxtyping", "pytest", "torch"])
    caught = 0
    with processes.Pool(2, maxtasksperchild=1) as pool:
        results = pool.imap(tests_fail, [None, *bugs], chunksize=1)
        broken, which = next(results)
        if broken:
            print(f"The tests fail before any bug is planted: {which}")
            return 1
        for bug, (failed, which) in zip(bugs, results, strict=True):
            caught += failed
            print(f"{'caught' if failed else 'MISSED'}  {bug.file}: {bug.slip}  {which}", flush=True)
    share = caught / len(bugs)
    print(f"{caught} of {len(bugs)} planted bugs caught ({share:.1%}); target {TARGET:.0%}.")
    return 0 if share >= TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
