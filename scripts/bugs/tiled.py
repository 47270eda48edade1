"""Bugs in attention by tiles and in weights of few bits."""

from scripts.bugs import Bug

T, Q = "tiled.py", "quantize.py"
TESTS = {T: "tests/unit/test_tiled.py", Q: "tests/unit/test_quantize.py"}

BUGS = [
    Bug(
        "old total not shrunk",
        T,
        "total = ours * one.total + theirs * other.total",
        "total = one.total + theirs * other.total",
    ),
    Bug(
        "future tiles computed", T, "reach = k_len - q_len + rows.stop if causal else k_len", "reach = k_len"
    ),
    Bug(
        "tile's mask looks one ahead",
        T,
        "offset + rows.start - columns.start, dtype=bool",
        "offset + rows.start - columns.start + 1, dtype=bool",
    ),
    Bug("nothing visible is not a number", T, "np.where(np.isfinite(peak), peak, 0.0)", "peak"),
    Bug("scores go out and never come back", T, "+ 4 * q_len * k_len", "+ 2 * q_len * k_len"),
    Bug("largest code of 128", Q, "2 ** (bits - 1) - 1\n", "2 ** (bits - 1)\n"),
    Bug("cut off, not rounded", Q, "np.rint(codes, out=codes)", "np.trunc(codes, out=codes)"),
    Bug("steps left out of the bytes", Q, " + quantized.steps.nbytes", " + 0 * quantized.steps.nbytes"),
]
