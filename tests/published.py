"""Small files in the formats of the published models, with random weights: what the loaders read."""

import json

import gguf
import tokenizers
import torch
from safetensors.torch import save_file
from tokenizers import models, normalizers, pre_tokenizers, processors

BERT = {
    "model_type": "bert", "hidden_act": "gelu", "position_embedding_type": "absolute", "vocab_size": 12,
    "max_position_embeddings": 10, "hidden_size": 12, "num_attention_heads": 3, "intermediate_size": 20,
    "num_hidden_layers": 2, "layer_norm_eps": 1e-12,
}  # fmt: skip
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "the", "cat", "sat", "##s", "on", "a", "mat", "."]

LLAMA = {"vocabulary": 300, "d_model": 24, "d_ff": 40, "heads": 6, "kv_heads": 2, "layers": 2, "base": 1e5}
MARKS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]


def draw(*shape: int) -> torch.Tensor:
    return torch.randn(shape) / 2


def bert_tensors() -> dict[str, torch.Tensor]:
    d, d_ff = BERT["hidden_size"], BERT["intermediate_size"]

    def norm(name: str) -> dict[str, torch.Tensor]:
        return {f"{name}.weight": draw(d), f"{name}.bias": draw(d)}

    def linear(name: str, rows: int, columns: int) -> dict[str, torch.Tensor]:
        return {f"{name}.weight": draw(rows, columns), f"{name}.bias": draw(rows)}

    tensors = {
        "embeddings.word_embeddings.weight": draw(BERT["vocab_size"], d),
        "embeddings.position_embeddings.weight": draw(BERT["max_position_embeddings"], d),
        "embeddings.token_type_embeddings.weight": draw(2, d),
        "embeddings.position_ids": torch.arange(BERT["max_position_embeddings"])[None],
        **norm("embeddings.LayerNorm"),
        **linear("pooler.dense", d, d),
    }
    for i in range(BERT["num_hidden_layers"]):
        layer = f"encoder.layer.{i}"
        for part in ("query", "key", "value"):
            tensors |= linear(f"{layer}.attention.self.{part}", d, d)
        tensors |= linear(f"{layer}.attention.output.dense", d, d) | norm(
            f"{layer}.attention.output.LayerNorm"
        )
        tensors |= linear(f"{layer}.intermediate.dense", d_ff, d) | linear(f"{layer}.output.dense", d, d_ff)
        tensors |= norm(f"{layer}.output.LayerNorm")
    return tensors


def write_minilm(folder, tensors, **changes) -> None:
    """Tensors, configuration and a tokenizer that pads to 8, as the published one pads to 128."""
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    (folder / "config.json").write_text(json.dumps({**BERT, **changes}))
    tokenizer = tokenizers.Tokenizer(models.WordPiece({w: i for i, w in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    tokenizer.enable_padding(length=8)
    tokenizer.enable_truncation(8)
    tokenizer.save(str(folder / "tokenizer.json"))


def llama_tensors() -> dict[str, torch.Tensor]:
    d, d_ff = LLAMA["d_model"], LLAMA["d_ff"]
    d_kv = d // LLAMA["heads"] * LLAMA["kv_heads"]
    tensors = {"token_embd": draw(LLAMA["vocabulary"], d), "output_norm": draw(d)}
    for i in range(LLAMA["layers"]):
        shapes = {
            "attn_norm": (d,), "attn_q": (d, d), "attn_k": (d_kv, d), "attn_v": (d_kv, d),
            "attn_output": (d, d), "ffn_norm": (d,), "ffn_gate": (d_ff, d), "ffn_up": (d_ff, d),
            "ffn_down": (d, d_ff),
        }  # fmt: skip
        tensors |= {f"blk.{i}.{name}": draw(*shape) for name, shape in shapes.items()}
    return {f"{name}.weight": tensor for name, tensor in tensors.items()}


def write_smollm2(path, tensors, *, architecture="llama", pre="smollm", leave_out="nothing") -> None:
    """Tensors as float32, sizes, and a vocabulary of bytes, a few words and the chat's marks."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    merges = ["Ġ t", "h e", "Ġt he", "a t", "c at", "2 0"]
    tokens = [*MARKS, *alphabet, *(merge.replace(" ", "") for merge in merges)]
    tokens += [f"<unused {i}>" for i in range(LLAMA["vocabulary"] - len(tokens))]
    writer = gguf.GGUFWriter(path, architecture)
    entries = {
        "embedding_length": LLAMA["d_model"], "feed_forward_length": LLAMA["d_ff"],
        "block_count": LLAMA["layers"], "attention.head_count": LLAMA["heads"],
        "attention.head_count_kv": LLAMA["kv_heads"],
    }  # fmt: skip
    for name, value in entries.items():
        if name != leave_out:
            writer.add_uint32(f"llama.{name}", value)
    writer.add_float32("llama.rope.freq_base", LLAMA["base"])
    writer.add_float32("llama.attention.layer_norm_rms_epsilon", 1e-5)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(pre)
    writer.add_token_list(tokens)
    writer.add_token_types([3 if token in MARKS else 1 for token in tokens])
    writer.add_token_merges(merges)
    for name, tensor in tensors.items():
        writer.add_tensor(name, tensor.numpy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
