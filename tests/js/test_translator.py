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


def test_a_file_that_is_not_the_weights_is_refused():
    half = evaluate_all(
        "translator_tensors", [("fromHalf", bits) for bits in (0x3C00, 0xC000, 0x0001, 0x7C00)]
    )
    assert half == [1.0, -2.0, 2.0**-24, float("inf")]


# ---------------------------------------------------------------- what the picture says

PICTURE = {
    "rows": ["二", "<end>"],
    "columns": ["two", "hundred", "<end>"],
    "weights": [[0.625, 0.25, 0.125], [0.02, 0.03, 0.95]],
}
WORDS = "translator_words"


def test_sentences_name_the_strongest_first_and_leave_out_the_weak():
    calls = [
        ("rowSentence", PICTURE, "cross", 0),
        ("rowSentence", PICTURE, "cross", 1),
        ("rowSentence", PICTURE, "encoder", 1),
        ("columnSentence", PICTURE, "cross", 0),
        ("columnSentence", PICTURE, "encoder", 2),
    ]
    assert evaluate_all(WORDS, calls) == [
        "To write 二, the decoder looks at two 0.63, hundred 0.25, end 0.13",
        "To write end, the decoder looks at end 0.95",
        "end looks at end 0.95",
        "two is looked at for 二 0.63",
        "end is looked at by end 0.95, 二 0.13",
    ]


def test_the_readout_says_what_is_shown():
    cross, heat = {"view": "cross", "drawing": "lines"}, {"view": "cross", "drawing": "heat map"}
    nothing = {**PICTURE, "rows": [], "weights": []}
    said = evaluate_all(
        WORDS,
        [
            ("readoutSentence", nothing, cross, None),
            ("readoutSentence", PICTURE, cross, None),
            ("readoutSentence", PICTURE, heat, None),
            ("readoutSentence", PICTURE, cross, {"side": "row", "index": 1}),
        ],
    )
    assert said[0].startswith("Nothing is written yet")
    assert said[1].startswith("The thicker a line")
    assert said[2].startswith("The stronger a cell’s colour")
    assert said[3] == "To write end, the decoder looks at end 0.95."


def test_the_answer_is_compared_with_the_true_numeral():
    ids = {token: i for i, token in enumerate(translation.TARGET.tokens)}
    as_steps = [[{"token": ids[token]} for token in (*text, "<end>")] for text in ("二百", "三百", "二百零")]
    right, wrong, longer = evaluate_all(WORDS, [("judge", steps, 200) for steps in as_steps])
    assert right == {"right": True, "text": "Right: 200 is 二百.", "differs": [False, False]}
    assert wrong == {
        "right": False, "text": "Wrong: 200 is 二百; the model wrote 三百.", "differs": [True, False],
    }  # fmt: skip
    assert longer["right"] is False
    assert longer["differs"] == [False, False, True]
    no_end = [{"token": ids[token]} for token in "二百"]
    assert evaluate_all(WORDS, [("judge", no_end, 200)])[0]["right"] is False


def test_the_table_says_what_is_not_yet_there():
    picture = {"rows": ["二", "<end>"], "columns": ["<begin>", "二"], "weights": [[1.0], [0.25, 0.75]]}
    (table,) = evaluate_all(
        WORDS, [("attentionTable", picture, {"view": "decoder", "layer": 0, "head": None})]
    )
    assert table == {
        "caption": "The decoder's attention, mean of all heads; each row adds up to 1",
        "header": ["writes", "begin", "二"],
        "rows": [["二", "1.000", "not yet written"], ["end", "0.250", "0.750"]],
    }
