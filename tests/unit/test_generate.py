"""Writing token by token: the same with and without a cache, and each way of choosing does what it says."""

import itertools
import re

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from attend.nn import generate
from attend.nn.embedding import POSITIONS
from attend.nn.models import DecoderOnly, EncoderDecoder

VOCABULARY, STOP = 6, 0
SIZES = {"d_model": 16, "num_heads": 4, "d_ff": 24}


def language_model(seed: int = 0, **options) -> DecoderOnly:
    torch.manual_seed(seed)
    model = DecoderOnly(VOCABULARY, num_layers=2, **SIZES, **options).double().eval()
    return sharpen(model)


def translator(seed: int = 0, **options) -> EncoderDecoder:
    torch.manual_seed(seed)
    sizes = {"num_encoder_layers": 1, "num_decoder_layers": 2, **SIZES}
    return sharpen(EncoderDecoder(9, VOCABULARY, pad_id=8, **sizes, **options).double().eval())


def sharpen(model: torch.nn.Module) -> torch.nn.Module:
    """Larger weights, so that the tokens differ clearly in probability."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.2)
    return model


def writers() -> dict[str, generate.Step]:
    torch.manual_seed(5)
    source = torch.randint(0, 8, (1, 5))
    return {
        **{f"language model, {p}": language_model(position=p) for p in POSITIONS},
        "language model, grouped": language_model(num_kv_heads=2),
        **{f"translator, {p}": translator(position=p).writer(source) for p in ("sinusoidal", "rotary")},
    }


WRITERS = writers()
PROMPT = torch.tensor([[1, 2, 3]])


@pytest.mark.parametrize("step", WRITERS.values(), ids=WRITERS)
def test_with_and_without_a_cache_the_text_is_the_same(step):
    for write in (
        lambda **how: generate.greedy(step, PROMPT, max_new=12, **how),
        lambda **how: generate.sample(
            step, PROMPT, max_new=12, temperature=1.5, generator=torch.Generator().manual_seed(1), **how
        ),
        lambda **how: generate.beam_search(
            step, PROMPT, num_beams=3, max_new=8, stop_id=STOP, length_penalty=0.6, **how
        )[0].ids[None],
    ):
        assert torch.equal(write(use_cache=True), write(use_cache=False))


def test_greedy_takes_the_likeliest_each_time():
    model = language_model()
    text = generate.greedy(model, PROMPT, max_new=6)
    for n in range(3, 9):
        assert text[0, n] == model(text[:, :n])[0, -1].argmax()


def test_a_row_that_has_stopped_stays_stopped():
    def counts_down(ids, cache):
        """The next token is one less than the last, then any but zero."""
        return torch.nn.functional.one_hot((ids - 1) % VOCABULARY, VOCABULARY).double()

    text = generate.greedy(counts_down, torch.tensor([[2], [5]]), max_new=20, stop_id=0, use_cache=False)
    assert text.tolist() == [[2, 1, 0, 0, 0, 0], [5, 4, 3, 2, 1, 0]]


def test_batch_rows_do_not_touch_each_other():
    model, prompts = language_model(), torch.tensor([[1, 2, 3], [4, 5, 1]])
    together = generate.greedy(model, prompts, max_new=8)
    for row, prompt in zip(together, prompts, strict=True):
        assert torch.equal(generate.greedy(model, prompt[None], max_new=8)[0], row)


# ---------------------------------------------------------------- sampling


def test_sampling_follows_the_distribution():
    logits = torch.tensor([0.0, 1.0, 2.0, -1.0, 0.5, 0.0], dtype=torch.float64)

    def step(ids, cache):
        return logits.expand(*ids.shape, VOCABULARY)

    prompts = torch.zeros(20000, 1, dtype=torch.int64)
    how = {"temperature": 0.7, "top_k": 4, "top_p": 0.9}
    drawn = generate.sample(step, prompts, max_new=1, generator=torch.Generator().manual_seed(0), **how)
    shares = torch.bincount(drawn[:, 1], minlength=VOCABULARY) / len(prompts)
    expected = generate.distribution(logits, **how)
    np.testing.assert_allclose(shares, expected, atol=0.012)  # more than 3 standard errors
    assert torch.equal(shares == 0, expected == 0)


def test_the_same_generator_writes_the_same_text():
    model = language_model()
    texts = [
        generate.sample(model, PROMPT, max_new=10, generator=torch.Generator().manual_seed(seed))
        for seed in (3, 3, 4)
    ]
    assert torch.equal(texts[0], texts[1])
    assert not torch.equal(texts[0], texts[2])


def test_temperature_sharpens():
    logits = torch.tensor([1.0, 2.0, 0.0])
    np.testing.assert_allclose(generate.distribution(logits, 0.5), torch.softmax(2 * logits, -1), atol=1e-7)
    cold = generate.distribution(logits, 1e-3)
    assert cold.tolist() == [0.0, 1.0, 0.0]


def test_top_k_and_top_p_by_hand():
    logits = torch.log(torch.tensor([0.1, 0.4, 0.2, 0.3], dtype=torch.float64))
    for how, expected in [
        ({"top_k": 2}, [0, 4 / 7, 0, 3 / 7]),
        ({"top_k": 9}, [0.1, 0.4, 0.2, 0.3]),
        ({"top_p": 0.39}, [0, 1, 0, 0]),
        ({"top_p": 0.5}, [0, 4 / 7, 0, 3 / 7]),
        ({"top_p": 0.8}, [0, 4 / 9, 2 / 9, 3 / 9]),
        ({"top_p": 1.0}, [0.1, 0.4, 0.2, 0.3]),
        ({"top_k": 3, "top_p": 0.6}, [0, 4 / 7, 0, 3 / 7]),
    ]:
        np.testing.assert_allclose(generate.distribution(logits, **how), expected, atol=1e-12)
    ties = generate.distribution(torch.zeros(4), top_k=2)
    assert ties.tolist() == [0.5, 0.5, 0.0, 0.0]


@given(
    st.lists(st.floats(-20, 20), min_size=1, max_size=12),
    st.floats(0.1, 5),
    st.none() | st.integers(1, 15),
    st.none() | st.floats(0.01, 1),
)
def test_what_is_drawn_from_is_a_distribution_of_the_likeliest(logits, temperature, top_k, top_p):
    logits = torch.tensor(logits, dtype=torch.float64)
    p = generate.distribution(logits, temperature, top_k, top_p)
    assert abs(p.sum().item() - 1) < 1e-9
    assert (p >= 0).all()
    assert p[logits.argmax()] > 0
    if top_k is not None:
        assert (p > 0).sum() <= top_k
    kept, dropped = logits[p > 0], logits[p == 0]
    assert len(dropped) == 0 or kept.min() >= dropped.max() or temperature < 1  # tiny ones underflow to zero


# ---------------------------------------------------------------- beam search


def all_texts(step, max_new: int) -> list[tuple[float, tuple[int, ...]]]:
    """Every text of up to `max_new` tokens that ends with the stop or is full, with its log-probability."""
    texts, tree = [], torch.tensor(list(itertools.product(range(VOCABULARY), repeat=max_new)))
    logits = step(torch.cat((PROMPT.expand(len(tree), -1), tree), dim=1), None).log_softmax(-1)
    for tokens, row in zip(tree.tolist(), logits[:, PROMPT.shape[1] - 1 : -1].tolist(), strict=True):
        length = tokens.index(STOP) + 1 if STOP in tokens else max_new
        if not any(tokens[length:]):  # of all ways to fill up behind the stop, one counts
            texts.append(
                (sum(p[t] for p, t in zip(row[:length], tokens, strict=False)), tuple(tokens[:length]))
            )
    return texts


@pytest.mark.parametrize("length_penalty", [0.0, 0.6, 2.0])
@pytest.mark.parametrize("seed", [0, 1])
def test_a_beam_as_wide_as_the_tree_finds_the_best_text_there_is(seed, length_penalty):
    model, max_new = language_model(seed), 3
    texts = all_texts(model, max_new)
    ranked = sorted(((p / ((5 + len(t)) / 6) ** length_penalty, p, t) for p, t in texts), reverse=True)
    found = generate.beam_search(
        model, PROMPT, num_beams=VOCABULARY**2, max_new=max_new, stop_id=STOP, length_penalty=length_penalty
    )
    score, log_probability, tokens = ranked[0]
    assert tuple(found[0].ids[3:].tolist()) == tokens
    np.testing.assert_allclose(found[0][1:], (log_probability, score), atol=1e-9)
    assert [h.score for h in found] == sorted((h.score for h in found), reverse=True)


@pytest.mark.parametrize("step", WRITERS.values(), ids=WRITERS)
def test_one_beam_is_greedy(step):
    text = generate.greedy(step, PROMPT, max_new=10, stop_id=STOP)
    assert torch.equal(
        generate.beam_search(step, PROMPT, num_beams=1, max_new=10, stop_id=STOP)[0].ids, text[0]
    )


def test_a_wider_beam_never_does_worse_here():
    scores = [
        generate.beam_search(language_model(2), PROMPT, num_beams=n, max_new=6, stop_id=STOP)[0].score
        for n in (1, 4, 36)
    ]
    assert scores[0] <= scores[1] <= scores[2]
    assert scores[0] < scores[2]


def test_without_a_stop_all_beams_run_to_the_end():
    found = generate.beam_search(language_model(), PROMPT, num_beams=4, max_new=5)
    assert [len(h.ids) for h in found] == [8] * 4
    assert len({tuple(h.ids.tolist()) for h in found}) == 4


# ---------------------------------------------------------------- saying no

MODEL = language_model()
DAMAGED = language_model()
DAMAGED.stack.layers[0].feed_forward.expand.weight.data[0, 0] = torch.nan
LIMITED = language_model(position="learned", max_length=5)
LOGITS = torch.zeros(4)
BAD = [
    (lambda: generate.greedy(MODEL, PROMPT, max_new=0), "max_new: expected a whole number of at least 1"),
    (lambda: generate.greedy(MODEL, PROMPT[0], max_new=1), "prompt: expected shape (batch, n)"),
    (lambda: generate.greedy(MODEL, PROMPT[:, :0], max_new=1), "with at least one token, received (1, 0)"),
    (lambda: generate.greedy(language_model().train(), PROMPT, max_new=1), "evaluation mode (model.eval())"),
    (lambda: translator().train().writer(PROMPT), "model: expected evaluation mode"),
    (lambda: generate.greedy(DAMAGED, PROMPT, max_new=1),
     "received NaN or infinity; are the weights damaged?"),
    (lambda: generate.greedy(LIMITED, PROMPT, max_new=9), "expected at most 5 positions"),
    (lambda: generate.beam_search(MODEL, PROMPT, num_beams=0, max_new=1),
     "num_beams: expected a whole number"),
    (lambda: generate.beam_search(MODEL, PROMPT.expand(2, 3), num_beams=2, max_new=1),
     "prompt: expected one row, shape (1, n), received (2, 3)"),
    (lambda: generate.distribution(LOGITS, 0.0),
     "temperature: expected a number above zero, received 0.0"),
    (lambda: generate.distribution(LOGITS, top_k=0),
     "top_k: expected a whole number of at least 1, received 0"),
    (lambda: generate.distribution(LOGITS, top_p=1.5),
     "top_p: expected a number above 0 and at most 1, received 1.5"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "message"), BAD, ids=[message for _, message in BAD])
@pytest.mark.usefixtures("unchecked_shapes")
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        call()
