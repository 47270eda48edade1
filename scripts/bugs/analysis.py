"""Bugs in the analysis of models."""

from scripts.bugs import Bug

FLOW, INTERVENE, READ = "analysis/flow.py", "analysis/intervene.py", "analysis/read.py"
COMPARE, HEADS = "analysis/compare.py", "analysis/heads.py"
TESTS = {
    **dict.fromkeys((FLOW, INTERVENE, READ), "tests/unit/test_analysis.py"),
    COMPARE: "tests/unit/test_analysis_compare.py",
    HEADS: "tests/unit/test_analysis_heads.py",
}

BUGS = [
    Bug("layers multiplied the other way round", FLOW, "(layer.mean(dim=1) + one) / 2 @ flow",
        "flow @ (layer.mean(dim=1) + one) / 2"),
    Bug("rollout without the residual", FLOW, "(layer.mean(dim=1) + one) / 2", "layer.mean(dim=1)"),
    Bug("rollout with the strongest head", FLOW, "layer.mean(dim=1)", "layer.amax(dim=1)"),
    Bug("induction looks at the token itself", FLOW, "weights.diagonal(1 - length",
        "weights.diagonal(-length"),
    Bug("induction counts the first half", FLOW, "ahead[..., 1:]", "ahead"),
    Bug("the previous token is the next", FLOW, "weights.diagonal(-1,", "weights.diagonal(1,"),
    Bug("the other heads are silenced", INTERVENE, "silenced[list(chosen)] = True",
        "silenced[list(chosen)] = False"),
    Bug("heads are interleaved", INTERVENE, "silenced.repeat_interleave(args[0].shape[-1] // len(silenced))",
        "silenced.repeat(args[0].shape[-1] // len(silenced))"),
    Bug("a patch is everywhere", INTERVENE, "        if positions is not None:", "        if False:"),
    Bug("a patch changes nothing", INTERVENE, "        new = value.to(old)\n", "        new = old\n"),
    Bug("restored is upside down", INTERVENE, "(patched - corrupt) / (clean - corrupt)",
        "(clean - patched) / (clean - corrupt)"),
    Bug("heads meet the columns in turn", HEADS, "output_matrix.unflatten(1, (num_heads, -1)).movedim(1, 0)",
        "output_matrix.unflatten(1, (-1, num_heads)).movedim(2, 0)"),
    Bug("a recorded head keeps its hook", HEADS, "            handle.remove()", "            pass"),
    Bug("a tap is left in the projection", HEADS, "                tap.remove()", "                pass"),
    Bug("recording forgets the mask", HEADS, '**{**kwargs, "need_weights": True}', "need_weights=True"),
    Bug("a cache is filled twice", HEADS, 'kwargs.get("cache") is not None', "False"),
    Bug("the lens has no norm", READ, "model.output(model.stack.norm(found[name]))",
        "model.output(found[name])"),
    Bug("the lens forgets the embedding", READ, 'for name in ("embedding", *layers)]', "for name in layers]"),
    Bug("the probe does not centre", READ, "x, y = x - x_mean, y - y_mean", "x, y = x, y"),
    Bug("the probe ignores the ridge", READ, "+ ridge * identity", "+ 1e-9 * identity"),
    Bug("control labels by place", READ, ".to(tokens.device)[tokens]",
        ".to(tokens.device)[torch.arange(len(tokens)) % kinds]"),
    Bug("total variation is not halved", COMPARE, ".abs().sum(dim=-1) / 2", ".abs().sum(dim=-1)"),
    Bug("the mixture is a sum", COMPARE, "((p + q) / 2, p, q)", "((p + q), p, q)"),
    Bug("equal scores do not share a rank", COMPARE, "below + (same - 1) / 2", "below + (same - 1)"),
]  # fmt: skip
