"""The translator in JavaScript: the numbers, words and characters that Python has."""

import base64

import numpy as np
import pytest
import torch
from javascript import evaluate_all

from attend.data import numerals, translation
from attend.data.vocabulary import BEGIN
from attend.nn import translator
from attend.widgets.base import FOLDER

NUMERALS = "translator_numerals"
# Kept between the calls of one test: the weights are read once.
KEPT = """
let kept;
export function open(base64) {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  kept = makeTranslator(readTensors(new DataView(bytes.buffer)));
}
export function translate(text) {
  const writer = makeWriter(kept, splitEnglish(text));
  writer.writeUpTo(Infinity);
  return {
    answer: writer.steps.slice(0, -1).map(({ token }) => TARGET[token]).join(""),
    logits: writer.steps.map(({ logits }) => Array.from(logits)),
  };
}
export function answer(text) {
  return translate(text).answer;
}
"""


@pytest.fixture(scope="module")
def model():
    return translator.load().double()


def in_javascript(name, texts):
    weights = base64.b64encode((FOLDER.parent / "nn" / "translator.safetensors").read_bytes()).decode()
    tensors = (FOLDER / "translator_tensors.js").read_text(encoding="utf-8")
    calls = [("open", weights), *((name, text) for text in texts)]
    return evaluate_all("translator_writer", calls, tensors + KEPT)[1:]


NUMBERS = [0, 7, 10, 12, 100, 105, 342_017, 100_000, 101_010, 999_999]


@torch.no_grad()
def test_logits_are_python_s(model, rng):
    numbers = [*NUMBERS, *rng.integers(0, 1_000_000, 60).tolist()]
    for number, found in zip(
        numbers, in_javascript("translate", map(numerals.english, numbers)), strict=True
    ):
        source = torch.from_numpy(translation.encode_english([numerals.english(number)]))
        target = torch.from_numpy(translation.encode_chinese([found["answer"]]))[:, :-1]
        assert target[0, 0] == BEGIN
        np.testing.assert_allclose(found["logits"], model(source, target)[0].numpy(), rtol=0, atol=1e-9)


def test_a_thousand_translations_are_python_s(model, rng):
    texts = [numerals.english(n) for n in [*NUMBERS, *rng.integers(0, 1_000_000, 1000).tolist()]]
    assert in_javascript("answer", texts) == translator.translate(model, texts)


def test_numerals_in_both_languages_are_python_s(rng):
    numbers = [*range(1200), *NUMBERS, *rng.integers(0, 1_000_000, 2000).tolist()]
    texts = [numerals.english(n) for n in numbers]
    assert evaluate_all(NUMERALS, [("english", n) for n in numbers]) == texts
    assert evaluate_all(NUMERALS, [("chinese", n) for n in numbers]) == [numerals.chinese(n) for n in numbers]
    read = evaluate_all(NUMERALS, [("readNumber", text) for text in texts])
    assert read == [{"number": n} for n in numbers]
    assert evaluate_all(NUMERALS, [("splitEnglish", t) for t in texts]) == [
        numerals.split_english(t) for t in texts
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Type a number"),
        ("1000000", "from 0 to 999,999, got “1000000”"),
        ("-5", "from 0 to 999,999"),
        ("3.5", "from 0 to 999,999"),
        ("fourty two", "Unknown word “fourty”. Did you mean “forty”?"),
        ("zebra", "Unknown word “zebra”. Expected words such as"),
        ("one million", "has not learned “million”"),
        ("twenty eleven", "not one number"),
        ("hundred", "not one number"),
        ("and", "not one number"),
    ],
)
def test_what_is_no_number_is_explained(text, message):
    assert message in evaluate_all(NUMERALS, [("readNumber", text)])[0]["problem"]
