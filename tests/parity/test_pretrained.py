"""Published models in our modules against the reference library, and what they are known to do.

First small random models, where a weight in the wrong place shows at once; then the published weights, which
`make models` fetched.
"""

import json

import numpy as np
import pytest
import torch
from published import BERT, LLAMA, bert_tensors, llama_tensors, write_minilm, write_smollm2
from safetensors.torch import load_file
from transformers import BertConfig, BertModel, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from attend.nn.cache import Cache
from attend.nn.generate import greedy
from attend.nn.record import attention_weights
from attend.pretrained import files, minilm, smollm2
from attend.pretrained.weights import read_gguf

CLOSE = {"rtol": 0, "atol": 1e-10}
# The reference's decoder works in float32 inside its norms, softmax and angles, whatever its weights are.
CLOSE_TO_SINGLE = {"rtol": 0, "atol": 1e-5}


@pytest.fixture
def _double_precision():
    torch.manual_seed(0)
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


# ---------------------------------------------------------------- MiniLM


def bert(config: dict, tensors: dict[str, torch.Tensor]) -> BertModel:
    """The reference library's encoder with the file's weights, untouched."""
    model = BertModel(BertConfig(**config, attn_implementation="eager"))
    unexpected = model.load_state_dict(tensors, strict=False)
    assert unexpected.missing_keys == []
    return model.eval().requires_grad_(False)


def their_embedding(model: BertModel, ids: torch.Tensor, real: torch.Tensor) -> torch.Tensor:
    """The mean over real tokens, then length one, as the model's authors publish it."""
    hidden = model(ids, attention_mask=real.long()).last_hidden_state
    mean = (hidden * real[..., None]).sum(1) / real.sum(1, keepdim=True)
    return mean / mean.norm(dim=1, keepdim=True)


@pytest.mark.usefixtures("_double_precision")
def test_a_small_encoder_agrees_in_double_precision(tmp_path):
    tensors = bert_tensors()
    write_minilm(tmp_path, tensors)
    ours, theirs = minilm.load(tmp_path), bert(BERT, tensors)
    ids, visible = ours.read(["the cat sats on a mat.", "a cat"])
    assert ids.shape == (2, 10)
    assert ids[1].tolist() == [2, 9, 5, 3] + [0] * 6
    with attention_weights(ours) as weights:
        vectors = ours(ids, visible)
    expected = theirs(ids, attention_mask=visible[:, 0].long(), output_attentions=True)
    np.testing.assert_allclose(vectors[visible[:, 0]], expected.last_hidden_state[visible[:, 0]], **CLOSE)
    for i, their_weights in enumerate(expected.attentions):
        found = weights[f"encoder.layers.{i}.attention"]
        np.testing.assert_allclose(found[0], their_weights[0], **CLOSE)
        np.testing.assert_allclose(found[1, :, :4], their_weights[1, :, :4], **CLOSE)  # the rest is padding
    embedded = ours.embed(["the cat sats on a mat.", "a cat"])
    np.testing.assert_allclose(embedded, their_embedding(theirs, ids, visible[:, 0]), **CLOSE)


@pytest.fixture(scope="module")
def encoder():
    return minilm.load()


ANIMAL = "The animal didn't cross the street because it was too tired."
SENTENCES = [
    "A man is eating food.", "A man eats something.", "The girl is carrying a baby.", ANIMAL,
    "Ärger, naïve café — 漢字 and 😀!", "one two three " * 40,
]  # fmt: skip


def test_the_published_encoder_agrees(encoder):
    folder = files.find(files.MINILM)
    theirs = bert(json.loads((folder / "config.json").read_text()), load_file(folder / "model.safetensors"))
    ids, visible = encoder.read(SENTENCES)
    ours = encoder.embed(SENTENCES)
    assert ours.shape == (6, 384)
    np.testing.assert_allclose(ours, their_embedding(theirs, ids, visible[:, 0]), rtol=0, atol=1e-5)
    alone = torch.cat([encoder.embed([sentence]) for sentence in SENTENCES])
    np.testing.assert_allclose(ours, alone, rtol=0, atol=1e-5)


def test_sentences_that_mean_the_same_are_close(encoder):
    one, same, other = encoder.embed(SENTENCES[:3])
    assert one @ same > 0.8
    assert one @ other < 0.2


def test_known_heads_of_the_published_encoder(encoder):
    """One head looks at the token before; another sends most of "it" to the word it stands for."""
    tokens = encoder.tokens(ANIMAL)
    with attention_weights(encoder) as weights:
        encoder(*encoder.read([ANIMAL]))
    before = weights["encoder.layers.0.attention"][0, 2].diagonal(-1)
    assert before.min() > 0.9
    it = weights["encoder.layers.3.attention"][0, 1, tokens.index("it")]
    assert it.argmax() == tokens.index("animal")
    assert 0.6 < it.max() < 0.75


# ---------------------------------------------------------------- SmolLM2


def llama(options: dict, tensors: dict[str, torch.Tensor]) -> LlamaForCausalLM:
    """The reference library's decoder with the file's weights, rows of queries and keys in its own order."""
    with torch.device("meta"):
        model = LlamaForCausalLM(LlamaConfig(**options, attn_implementation="eager"))
    names = {
        "attn_norm": "input_layernorm", "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj",
        "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj",
        "ffn_norm": "post_attention_layernorm", "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj",
        "ffn_down": "mlp.down_proj",
    }  # fmt: skip
    d_head = options["hidden_size"] // options["num_attention_heads"]
    state = {
        "model.embed_tokens.weight": tensors["token_embd.weight"],
        "lm_head.weight": tensors["token_embd.weight"],
        "model.norm.weight": tensors["output_norm.weight"],
    }
    for i in range(options["num_hidden_layers"]):
        for theirs, reference in names.items():
            tensor = tensors[f"blk.{i}.{theirs}.weight"]
            if theirs in ("attn_q", "attn_k"):
                tensor = halves_from_pairs(tensor, d_head)
            state[f"model.layers.{i}.{reference}.weight"] = tensor
    model.load_state_dict(state, assign=True)
    base = options["rope_parameters"]["rope_theta"]
    model.model.rotary_emb.inv_freq = base ** (-torch.arange(0, d_head, 2) / d_head)  # no weight: not loaded
    return model.eval().requires_grad_(False)


def halves_from_pairs(rows: torch.Tensor, d_head: int) -> torch.Tensor:
    """Feature i turns with i + d/2 in the reference library, with its neighbour in the file and in ours."""
    return rows.unflatten(0, (-1, d_head // 2, 2)).transpose(1, 2).flatten(0, 2)


def sizes(vocabulary, d_model, d_ff, heads, kv_heads, layers, base) -> dict:
    return {
        "vocab_size": vocabulary, "hidden_size": d_model, "intermediate_size": d_ff,
        "num_attention_heads": heads, "num_key_value_heads": kv_heads, "num_hidden_layers": layers,
        "rms_norm_eps": float(np.float32(1e-5)), "tie_word_embeddings": True,
        "rope_parameters": {"rope_type": "default", "rope_theta": base},
    }  # fmt: skip


def test_a_small_decoder_agrees(tmp_path):
    torch.manual_seed(0)
    tensors = llama_tensors()
    write_smollm2(tmp_path / "model.gguf", tensors)
    ours, _ = smollm2.load(tmp_path / "model.gguf")
    theirs = llama(sizes(**LLAMA), {name: tensor.double() for name, tensor in tensors.items()})
    ours = ours.double()
    ids = torch.randint(0, LLAMA["vocabulary"], (2, 40))
    with attention_weights(ours) as weights:
        logits = ours(ids)
    expected = theirs(ids, output_attentions=True)
    np.testing.assert_allclose(logits, expected.logits, **CLOSE_TO_SINGLE)
    for i, their_weights in enumerate(expected.attentions):
        np.testing.assert_allclose(weights[f"stack.layers.{i}.attention"], their_weights, **CLOSE_TO_SINGLE)
    cache = Cache()
    pieces = torch.cat([ours(piece, cache) for piece in ids.split([7, 1, 32], dim=1)], dim=1)
    np.testing.assert_allclose(pieces, logits, **CLOSE)


@pytest.fixture(scope="module")
def published():
    """Our model, its tokenizer and the reference, from one reading of the file."""
    metadata, tensors = read_gguf(files.find(files.SMOLLM2) / "model.gguf")
    reference = llama(sizes(49152, 576, 1536, 9, 3, 30, 1e5), tensors)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(smollm2, "read_gguf", lambda path: (metadata, tensors))
        model, tokenizer = smollm2.load()
    assert sum(p.numel() for p in model.parameters()) == 134_515_008
    return model, tokenizer, reference, metadata


PARAGRAPH = (
    "Attention mechanisms let a model weigh different parts of its input. When Caesar crossed the Rubicon in "
    "49 BC, he knew that there was no way back; the Senate had ordered him to disband his army, and refusing "
    "meant war."
)


def test_the_published_decoder_agrees(published):
    model, tokenizer, reference, _ = published
    ids = tokenizer.encode(PARAGRAPH)[None]
    np.testing.assert_allclose(model(ids), reference(ids).logits, rtol=0, atol=1e-3)


def test_the_published_decoder_writes_the_same_text(published):
    """Token by token with a cache, ours writes what the reference finds likeliest at every place."""
    model, tokenizer, reference, _ = published
    prompt = tokenizer.encode("The capital of France is")
    ids = greedy(model, prompt[None], max_new=20)
    likeliest = reference(ids).logits[0].argmax(-1)
    assert ids[0, len(prompt) :].tolist() == likeliest[len(prompt) - 1 : -1].tolist()
    assert tokenizer.decode(ids[0]).startswith("The capital of France is Paris.")


def test_the_published_decoder_answers(published):
    model, tokenizer, _, _ = published
    prompt = tokenizer.chat([{"role": "user", "content": "Name three colors."}])[None]
    answer = greedy(model, prompt, max_new=30, stop_id=tokenizer.end_id)[0, prompt.shape[1] :]
    assert answer[-1] == tokenizer.end_id
    assert tokenizer.decode(answer) == "1. Red\n2. Blue\n3. Green"


def perplexity(model, ids: torch.Tensor) -> float:
    logits = model(ids)
    return torch.nn.functional.cross_entropy(logits[0, :-1], ids[0, 1:]).exp().item()


def test_neighbouring_features_turn_together(published):
    """If feature i turned with i + d/2, as in the reference library's files, every text would surprise."""
    model, tokenizer, _, _ = published
    ids = tokenizer.encode(PARAGRAPH)[None]
    right = perplexity(model, ids)
    projections = [layer.attention.in_projection for layer in model.stack.layers]
    kept = [projection.weight.clone() for projection in projections]
    for projection in projections:
        query, key, value = projection.weight.split((576, 192, 192))
        query, key = (x.unflatten(0, (-1, 2, 32)).transpose(1, 2).flatten(0, 2) for x in (query, key))
        projection.weight.copy_(torch.cat((query, key, value)))
    wrong = perplexity(model, ids)
    for projection, weight in zip(projections, kept, strict=True):
        projection.weight.copy_(weight)
    assert 60 < right < 75
    assert wrong > 3 * right


def test_known_induction_head(published):
    """On random tokens that come twice, a head looks behind the first appearance of the present token."""
    model, _, _, _ = published
    once = torch.randint(1000, 40_000, (1, 25), generator=torch.Generator().manual_seed(0))
    ids = torch.cat((once, once), dim=1)
    with attention_weights(model) as weights:
        logits = model(ids)
    losses = torch.nn.functional.cross_entropy(logits[0, :-1], ids[0, 1:], reduction="none")
    assert losses[:24].mean() > 11
    assert losses[25:].mean() < 5
    induction = weights["stack.layers.18.attention"][0, 6].diagonal(1 - 25)
    assert induction.mean() > 0.75


# Token numbers that llama.cpp gives for the same file.
GOLDEN = {
    "Hello, world!": [19556, 28, 905, 17],
    "The quick brown fox's 12345 jumps   over\n\n\tthe lazy dog.": [
        504,
        2365,
        6354,
        16438,
        506,
        216,
        33,
        34,
        35,
        36,
        37,
        27003,
        256,
        690,
        1116,
        197,
        1195,
        23790,
        2767,
        30,
    ],
    "wörld 漢字 ½ ² ³ Ⅻ ٣٤": [
        103,
        29989,
        400,
        17097,
        137,
        112,
        36518,
        216,
        16738,
        216,
        19133,
        216,
        39050,
        216,
        173,
        223,
        121,
        216,
        164,
        113,
        164,
        114,
    ],
    "don't I'll we've they're IT'S": [12420, 982, 339, 3060, 392, 3543, 502, 2316, 9627, 23, 67],
    " leading and trailing  ": [2899, 284, 35079, 256],
    "<|im_end|> <|endoftext|>": [44, 108, 306, 79, 486, 108, 46, 2067, 108, 486, 1714, 2692, 108, 46],
    "😀 👩‍👩‍👧 é é": [
        10813,
        242,
        218,
        15107,
        235,
        119,
        321,
        231,
        10813,
        235,
        119,
        321,
        231,
        10813,
        235,
        117,
        26411,
        297,
        151,
        219,
    ],
    "a\r\nb\r\n  c": [81, 201, 198, 82, 23799, 265],
    "x=1;y=22;z=3.14e-10": [104, 45, 33, 43, 105, 45, 34, 34, 43, 106, 45, 35, 30, 33, 36, 85, 29, 33, 32],
    " nbsp em": [15442, 94, 32093, 321, 221, 391],
    "1st 2nd": [33, 302, 216, 34, 268],
    "def f(x):\n    return x**2\n": [1604, 275, 24, 104, 727, 472, 1003, 1792, 828, 34, 198],
    "Привет мир": [155, 249, 46879, 16464, 32547, 41337, 7872, 9175],
    "ا ل ع": [10805, 216, 12667, 45704],
}


@pytest.mark.parametrize("text", GOLDEN)
def test_the_tokenizer_agrees_with_llama_cpp(published, text):
    tokenizer = published[1]
    assert tokenizer.encode(text).tolist() == GOLDEN[text]
    assert tokenizer.decode(GOLDEN[text]) == text


def test_a_chat_is_written_as_the_files_own_template_says(published):
    _, tokenizer, _, metadata = published
    theirs = PreTrainedTokenizerFast(tokenizer_object=tokenizer._bpe)
    theirs.add_special_tokens({"additional_special_tokens": [smollm2.START, smollm2.END]})
    question = {"role": "user", "content": "Why is the sky blue? 123"}
    chats = [
        [question],
        [{"role": "system", "content": "Be brief."}, question],
        [question, {"role": "assistant", "content": "Because.\n"}, {"role": "user", "content": ""}],
    ]
    for chat in chats:
        text = theirs.apply_chat_template(
            chat,
            chat_template=metadata["tokenizer.chat_template"],
            add_generation_prompt=True,
            tokenize=False,
        )
        assert tokenizer.chat(chat).tolist() == theirs(text)["input_ids"]
