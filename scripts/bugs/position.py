"""Bugs in position, in NumPy and in PyTorch."""

from scripts.bugs import Bug

P, NP = "position.py", "nn/position.py"
TESTS = {P: "tests/unit/test_position.py", NP: "tests/parity/test_position.py"}

BUGS = [
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
    Bug("twin: angles in float32", NP, "torch.arange(0, d_model, 2, dtype=_precise(device)",
        "torch.arange(0, d_model, 2, dtype=torch.float32"),
    Bug("twin: sine and cosine swapped", NP, "(angles.sin(), angles.cos())", "(angles.cos(), angles.sin())"),
    Bug("twin: shift turns the wrong way", NP, "angles = offset *", "angles = -offset *"),
    Bug("twin: rotary mirrors", NP, "first * sin + second * cos", "first * sin - second * cos"),
    Bug("twin: rotary forgets the base", NP,
        "exact_frequencies(x.shape[-1], base, x.device)",
        "exact_frequencies(x.shape[-1], 10000.0, x.device)"),
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
]  # fmt: skip
