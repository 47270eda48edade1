"""Bugs in the exercise checks of the chapter on an encoder in NumPy."""

from scripts.bugs import Bug

C = "checks/encoder.py"
TESTS = {C: "tests/unit/test_checks_encoder.py"}

BUGS = [
    Bug("check: gradient without gain is right", C, "_GAIN * _D_OUTPUT\n", "_D_OUTPUT\n"),
    Bug("check: the mean may be forgotten", C, "u - u.mean(axis=-1, keepdims=True) - normal", "u - normal"),
    Bug("check: the norm at one epsilon only", C, "_GAIN, 1e-5)", "_GAIN, 0.1)"),
    Bug("check: no token stands twice", C, "np.array([3, 0, 3])", "np.array([3, 0, 4])"),
    Bug("check: one sequence only", C, "(d_batch, batch, table), encoder.embedding_backward(d_batch, batch,",
        "(_D_OUTPUT, tokens, table), encoder.embedding_backward(_D_OUTPUT, tokens,"),
    Bug("check: everything counts", C, "np.array([True, True, False])", "np.array([True, True, True])"),
    Bug("check: small logits only", C, "large = (1000 * _X", "large = (_X"),
]  # fmt: skip
