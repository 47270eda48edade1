"""The translator in NumPy, for still pages, is the one in PyTorch: logits and every attention weight."""

import numpy as np
import pytest
import torch

from attend.data import numerals, translation
from attend.nn import translator
from attend.nn.record import attention_weights
from attend.widgets.translator_forward import MOST_TOKENS, NUM_HEADS, NUM_LAYERS, decode, encode, translate

NUMBERS = [0, 10, 105, 100_000, 342_017, 905_006, 999_999]


@pytest.fixture(scope="module")
def model():
    return translator.load().double()


@pytest.mark.parametrize("number", NUMBERS)
@torch.no_grad()
def test_logits_and_weights_are_pytorch_s(model, number):
    source, target = translation.encode_numbers([number])
    target = target[:, :-1]
    with attention_weights(model) as weights:
        wanted = model(torch.from_numpy(source), torch.from_numpy(target))[0]
    memory, encoder = encode(source[0])
    logits, decoder, cross = decode(target[0], memory)
    np.testing.assert_allclose(logits, wanted, rtol=0, atol=1e-9)
    found = {f"encoder.layers.{i}.attention": seen for i, seen in enumerate(encoder)}
    found |= {"decoder.layers.0.attention": decoder, "decoder.layers.0.cross_attention": cross}
    assert {f"transformer.{name}" for name in found} == weights.keys()
    for name, seen in found.items():
        np.testing.assert_allclose(seen, weights[f"transformer.{name}"][0], rtol=0, atol=1e-9)


def test_translations_are_pytorch_s(model, rng):
    numbers = [*NUMBERS, *rng.integers(0, 1_000_000, 40).tolist()]
    answers = translator.translate(model, [numerals.english(n) for n in numbers])
    for number, answer in zip(numbers, answers, strict=True):
        result = translate(number)
        assert "".join(result.tokens) == f"{answer}<end>"
        assert result.words == [*numerals.split_english(numerals.english(number)), "<end>"]
        q, k = len(result.tokens), len(result.words)
        assert result.cross.shape == (NUM_HEADS, q, k)
        assert result.decoder.shape == (NUM_HEADS, q, q)
        assert [seen.shape for seen in result.encoder] == [(NUM_HEADS, k, k)] * NUM_LAYERS
        np.testing.assert_allclose(result.probabilities.sum(axis=-1), 1)
        best = [translation.TARGET.tokens[i] for i in result.probabilities.argmax(axis=-1)]
        assert best == result.tokens


def test_a_translation_without_end_stops(monkeypatch):
    def never_ends(target, memory):
        logits, decoder, cross = decode(target, memory)
        logits[:, 3] = 1000.0
        return logits, decoder, cross

    monkeypatch.setattr("attend.widgets.translator_forward.decode", never_ends)
    assert translate(7).tokens == ["零"] * MOST_TOKENS
