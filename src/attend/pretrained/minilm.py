"""all-MiniLM-L6-v2 in our encoder: six layers that turn a sentence into one vector of 384 numbers.

It began as a small encoder of the MiniLM family (Wang et al. 2020) and was trained further in the manner of
Reimers and Gurevych (2019), so that sentences that mean nearly the same lie in nearly the same direction. Its
layers are those of BERT (Devlin et al. 2019): post-LN, GELU, learned positions, a norm after the embedding.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import tokenizers
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from attend.nn.attention import padding_mask
from attend.nn.block import EncoderLayer
from attend.nn.embedding import TokenEmbedding
from attend.nn.stack import Encoder
from attend.nn.weights import load_tensors, set_weights
from attend.pretrained.files import MINILM, find
from attend.pretrained.weights import arrange, field

UNUSED = ("embeddings.position_ids", "pooler.dense.weight", "pooler.dense.bias")  # sentence vectors need none


class SentenceEncoder(nn.Module):
    """From sentences to vectors: a vector a token with a call, a vector a sentence with `embed`.

    `segment` is BERT's mark of the first of two texts that belong together; here there is one text.
    """

    def __init__(
        self, tokenizer: tokenizers.Tokenizer, *, vocabulary_size: int, max_length: int, d_model: int,
        num_heads: int, d_ff: int, num_layers: int, eps: float,
    ) -> None:  # fmt: skip
        super().__init__()
        self.tokenizer = tokenizer
        self.embedding = TokenEmbedding(vocabulary_size, d_model, position="learned", max_length=max_length)
        self.segment = nn.Embedding(2, d_model)
        self.norm = nn.LayerNorm(d_model, eps)
        layer = {"activation": "gelu", "norm_first": False, "eps": eps}
        self.encoder = Encoder([EncoderLayer(d_model, num_heads, d_ff, **layer) for _ in range(num_layers)])

    def read(self, sentences: Sequence[str]) -> tuple[Int[Tensor, "batch n"], Bool[Tensor, "batch 1 n"]]:
        """Return token numbers, padded to the longest sentence, and which of them are no padding.

        Raises TypeError for a single string, which would be read letter by letter.
        """
        if isinstance(sentences, str):
            raise TypeError("sentences: expected a list of strings, received one string")
        if not sentences:
            raise ValueError("sentences: expected at least one, received none")
        rows = [torch.tensor(encoding.ids) for encoding in self.tokenizer.encode_batch(list(sentences))]
        ids = nn.utils.rnn.pad_sequence(rows, batch_first=True)  # with 0, the number of [PAD]
        device = self.segment.weight.device
        return ids.to(device), padding_mask([len(row) for row in rows], ids.shape[1]).to(device)

    def tokens(self, sentence: str) -> list[str]:
        """Return the tokens of a sentence, to write beside its weights: `##` marks the middle of a word."""
        return self.tokenizer.encode(sentence).tokens

    def forward(
        self, ids: Int[Tensor, "batch n"], visible: Bool[Tensor, "batch 1 n"] | None = None
    ) -> Float[Tensor, "batch n d_model"]:
        """Return a vector for each token. Raises ValueError for more tokens than there are positions."""
        x = self.embedding(ids) + self.segment.weight[0]
        return self.encoder(self.norm(x), visible=visible)

    def embed(self, sentences: Sequence[str]) -> Float[Tensor, "batch d_model"]:
        """Return the mean of each sentence's token vectors, scaled to length one.

        The inner product of two is the cosine of their angle. Reimers and Gurevych (2019), section 3.
        """
        ids, visible = self.read(sentences)
        kept = visible.transpose(1, 2)  # (batch, n, 1)
        total = (self(ids, visible) * kept).sum(dim=1)  # (batch, d_model)
        return F.normalize(total / kept.sum(dim=1), dim=-1)


def load(folder: Path | str | None = None) -> SentenceEncoder:
    """Return the encoder, ready to run and frozen. `requires_grad_()` thaws it.

    Without a folder its files are those that `python -m attend.pretrained` fetched. Raises ModelFilesError
    when one is missing or damaged, and ValueError for files that hold another kind of model.
    """
    folder = Path(folder or find(MINILM))
    config = _configuration(folder / "config.json")
    encoder = SentenceEncoder(_tokenizer(folder / "tokenizer.json"), **_options(config))
    tensors, _ = load_tensors(folder / "model.safetensors")
    weights = arrange(tensors, _sources(config["num_hidden_layers"]), UNUSED)
    set_weights(encoder, weights, str(folder))
    return encoder.eval().requires_grad_(False)


def _configuration(path: Path) -> dict[str, Any]:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"path: {path} is damaged, or no configuration: {error}") from error


def _tokenizer(path: Path) -> tokenizers.Tokenizer:
    """WordPiece (Devlin et al. 2019), as the file describes it, which also asks for padding to 128 tokens."""
    try:
        tokenizer = tokenizers.Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises nothing more special
        raise ValueError(f"path: {path} is damaged, or not a tokenizer's file: {error}") from error
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def _options(config: Mapping[str, Any]) -> dict[str, Any]:
    """The options of `SentenceEncoder`, from the published configuration."""
    kind = field(config, "model_type"), field(config, "hidden_act"), field(config, "position_embedding_type")
    if kind != ("bert", "gelu", "absolute"):
        raise ValueError(f"config: expected a BERT encoder with GELU and absolute positions, received {kind}")
    return {
        "vocabulary_size": field(config, "vocab_size"),
        "max_length": field(config, "max_position_embeddings"),
        "d_model": field(config, "hidden_size"),
        "num_heads": field(config, "num_attention_heads"),
        "d_ff": field(config, "intermediate_size"),
        "num_layers": field(config, "num_hidden_layers"),
        "eps": field(config, "layer_norm_eps"),
    }


def _sources(num_layers: int) -> dict[str, list[str]]:
    """Say which of the file's tensors make up each of our parameters."""
    sources = {
        "embedding.tokens.weight": ["embeddings.word_embeddings.weight"],
        "embedding.positions.weight": ["embeddings.position_embeddings.weight"],
        "segment.weight": ["embeddings.token_type_embeddings.weight"],
        "norm.weight": ["embeddings.LayerNorm.weight"],
        "norm.bias": ["embeddings.LayerNorm.bias"],
    }
    for i in range(num_layers):
        ours, theirs = f"encoder.layers.{i}", f"encoder.layer.{i}"
        qkv = [f"{theirs}.attention.self.{part}" for part in ("query", "key", "value")]
        for kind in ("weight", "bias"):
            sources |= {
                f"{ours}.attention.in_projection.{kind}": [f"{part}.{kind}" for part in qkv],
                f"{ours}.attention.output_projection.{kind}": [f"{theirs}.attention.output.dense.{kind}"],
                f"{ours}.attention_residual.norm.{kind}": [f"{theirs}.attention.output.LayerNorm.{kind}"],
                f"{ours}.feed_forward.expand.{kind}": [f"{theirs}.intermediate.dense.{kind}"],
                f"{ours}.feed_forward.contract.{kind}": [f"{theirs}.output.dense.{kind}"],
                f"{ours}.feed_forward_residual.norm.{kind}": [f"{theirs}.output.LayerNorm.{kind}"],
            }
    return sources
