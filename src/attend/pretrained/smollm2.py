"""SmolLM2-135M-Instruct in our decoder-only model: 30 layers that continue a text and answer in a chat.

Ben Allal et al. (2025). Rotary positions, nine heads of queries for three of keys and values, RMSNorm before
each sublayer, SwiGLU, no biases, and one matrix for the embedding and the output: the recipe of Llama
(Touvron et al. 2023). The file holds its weights in 4 bits each; here they are plain float32 again.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import tokenizers
import torch
from jaxtyping import Int
from tokenizers import decoders, models, pre_tokenizers
from torch import Tensor

from attend.nn.models import DecoderOnly
from attend.nn.weights import set_weights
from attend.pretrained.files import SMOLLM2, find
from attend.pretrained.weights import arrange, field, read_gguf

START, END = "<|im_start|>", "<|im_end|>"  # around each message of a chat
SYSTEM = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"
CONTROL = 3  # the type of token that no text turns into: marks of the chat, of files, of the text's end


def load(path: Path | str | None = None) -> tuple[DecoderOnly, "Tokenizer"]:
    """Return the model, ready to run and frozen, and its tokenizer. `requires_grad_()` thaws it.

    Without a path the file is the one that `python -m attend.pretrained` fetched. Raises ModelFilesError when
    it is missing or damaged, and ValueError for a file that holds another kind of model.
    """
    path = path or find(SMOLLM2) / "model.gguf"
    metadata, tensors = read_gguf(path)
    options = _options(metadata)
    with torch.device("meta"):  # shapes alone: the numbers come from the file
        model = DecoderOnly(**options)
    set_weights(model, arrange(tensors, _sources(options["num_layers"])), str(path))
    return model.eval().requires_grad_(False), Tokenizer(metadata)


def _options(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """The options of `DecoderOnly`, from the file's metadata."""
    architecture = field(metadata, "general.architecture")
    if architecture != "llama":
        raise ValueError(f"general.architecture: expected 'llama', received {architecture!r}")
    return {
        "vocabulary_size": len(field(metadata, "tokenizer.ggml.tokens")),
        "d_model": field(metadata, "llama.embedding_length"),
        "num_heads": field(metadata, "llama.attention.head_count"),
        "num_kv_heads": field(metadata, "llama.attention.head_count_kv"),
        "d_ff": field(metadata, "llama.feed_forward_length"),
        "num_layers": field(metadata, "llama.block_count"),
        "rotary_base": field(metadata, "llama.rope.freq_base"),
        "eps": field(metadata, "llama.attention.layer_norm_rms_epsilon"),
        "norm": "rms",
        "activation": "swiglu",
        "bias": False,
    }


def _sources(num_layers: int) -> dict[str, list[str]]:
    """Say which of the file's tensors make up each of our parameters.

    llama.cpp stores the rows of queries and keys so that neighbouring features turn together, as ours do.
    """
    sources = {"embedding.tokens.weight": ["token_embd"], "stack.norm.weight": ["output_norm"]}
    for i in range(num_layers):
        ours, theirs = f"stack.layers.{i}", f"blk.{i}"
        sources |= {
            f"{ours}.attention_residual.norm.weight": [f"{theirs}.attn_norm"],
            f"{ours}.attention.in_projection.weight": [f"{theirs}.attn_{part}" for part in "qkv"],
            f"{ours}.attention.output_projection.weight": [f"{theirs}.attn_output"],
            f"{ours}.feed_forward_residual.norm.weight": [f"{theirs}.ffn_norm"],
            f"{ours}.feed_forward.expand.weight": [f"{theirs}.ffn_gate", f"{theirs}.ffn_up"],
            f"{ours}.feed_forward.contract.weight": [f"{theirs}.ffn_down"],
        }
    return {ours: [f"{name}.weight" for name in theirs] for ours, theirs in sources.items()}


class Tokenizer:
    """From text to token numbers and back: byte-pair encoding (Sennrich et al. 2016) over bytes.

    Vocabulary and merges are the file's. A text is cut into single digits, and then as in GPT-2 (Radford et
    al. 2019) into words with the blank before them, so that no token reaches over a word's edge.
    """

    def __init__(self, metadata: Mapping[str, Any]) -> None:
        kind = field(metadata, "tokenizer.ggml.model"), field(metadata, "tokenizer.ggml.pre")
        if kind != ("gpt2", "smollm"):
            raise ValueError(f"tokenizer.ggml.model, .pre: expected ('gpt2', 'smollm'), received {kind}")
        tokens, types = (field(metadata, f"tokenizer.ggml.{part}") for part in ("tokens", "token_type"))
        merges = [tuple(merge.split(" ")) for merge in field(metadata, "tokenizer.ggml.merges")]
        vocabulary = {token: i for i, token in enumerate(tokens)}
        self._marks = {token for token, kind in zip(tokens, types, strict=True) if kind == CONTROL}
        self._bpe = tokenizers.Tokenizer(models.BPE(vocabulary, merges))
        self._bpe.pre_tokenizer = pre_tokenizers.Sequence(
            [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
        )
        self._bpe.decoder = decoders.ByteLevel()
        self.start_id, self.end_id = vocabulary[START], vocabulary[END]

    def encode(self, text: str) -> Int[Tensor, " n"]:
        """Return the token numbers of a text. A mark such as `<|im_end|>` in it is text like any other.

        The vocabulary cannot spell six control characters (U+0004, U+0006, …): they vanish.
        """
        return torch.tensor(self._bpe.encode(text).ids, dtype=torch.int64)

    def decode(self, ids: Int[Tensor, " n"] | Sequence[int]) -> str:
        """Return the text of token numbers, without the marks. Half a character becomes `�`."""
        return self._bpe.decoder.decode([token for token in self._stored(ids) if token not in self._marks])

    def tokens(self, ids: Int[Tensor, " n"] | Sequence[int]) -> list[str]:
        """Return each token's own text, to write beside a row of numbers; the marks keep their names."""
        return [t if t in self._marks else self._bpe.decoder.decode([t]) for t in self._stored(ids)]

    def chat(self, messages: Sequence[Mapping[str, str]]) -> Int[Tensor, " n"]:
        """Return the token numbers of a chat that is about to be answered; the answer ends in `end_id`.

        Each message has a "role" ("system", "user" or "assistant") and a "content". Without a system message
        at the start, the model's own one goes before. Raises ValueError for another role or no message.
        """
        if not messages:
            raise ValueError("messages: expected at least one, received none")
        if messages[0]["role"] != "system":
            messages = [{"role": "system", "content": SYSTEM}, *messages]
        start, end = torch.tensor([self.start_id]), torch.tensor([self.end_id])
        parts = []
        for message in messages:
            if message["role"] not in ("system", "user", "assistant"):
                raise ValueError(f"role: expected system, user or assistant, received {message['role']!r}")
            parts += [start, self.encode(f"{message['role']}\n{message['content']}"), end, self.encode("\n")]
        return torch.cat([*parts, start, self.encode("assistant\n")])

    def _stored(self, ids: Tensor | Sequence[int]) -> list[str]:
        """The tokens as the vocabulary has them, bytes written as letters."""
        tokens, size = [], self._bpe.get_vocab_size()
        for i in ids.tolist() if isinstance(ids, Tensor) else ids:
            if i not in range(size):
                raise ValueError(f"ids: expected token numbers from 0 to {size - 1}, received {i}")
            tokens.append(self._bpe.id_to_token(i))
        return tokens
