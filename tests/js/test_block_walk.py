"""The block walk in JavaScript: the numbers of Python, and of the PyTorch model itself."""

import re

import numpy as np
import pytest
import torch
from javascript import JavaScriptError, evaluate, evaluate_all

from attend.data import translation
from attend.data.numerals import english
from attend.nn import translator
from attend.widgets.base import load_module
from attend.widgets.block_walk import STEPS, BlockWalk, tokens_of, unpack

ARITHMETIC = "block_walk_arithmetic"
TRAITS = ("number", "token", "head", "block", "step", "residual", "normalised", "feature", "factor")
STATES = [
    {},
    {"number": 999_999, "token": 9, "head": 3, "block": 1},
    {"number": 0, "token": 1, "block": 1},
    {"token": 2, "head": 1, "residual": False},
    {"token": 5, "head": 2, "block": 1, "normalised": False},
    {"token": 3, "block": 1, "residual": False, "normalised": False, "factor": -2.5, "feature": 7},
    {"token": 1, "head": 3, "factor": 10.0},
    {"number": 70_015, "token": 0, "factor": 0.0},
    {"number": 70_015, "token": 2, "factor": 3.0, "feature": 63, "normalised": False},
]


@pytest.fixture(scope="module")
def model():
    return translator.load().double()


def state(widget):
    return {name: getattr(widget, name) for name in TRAITS}


def rounded(model, widget):
    """The PyTorch model with the weights that the widget carries."""
    weights = {k: torch.from_numpy(v) for k, v in unpack(widget._tensors).items()}
    embedding = weights.pop("embedding")
    twin = translator.make().double().eval()
    names = {f"transformer.encoder.{name}": value for name, value in weights.items()}
    twin.load_state_dict({**model.state_dict(), **names, "source_embedding.tokens.weight": embedding})
    return twin


def in_javascript(widget, given):
    more = "export function go(packed, state) { return walk(readWeights(packed), state); }"
    return evaluate_all(ARITHMETIC, [("go", widget._tensors, given)], more)[0]


@pytest.mark.parametrize("traits", STATES)
def test_every_stage_is_python_s(traits, model):
    widget = BlockWalk(model, **traits)
    trace, found = widget.trace, in_javascript(widget, state(widget))
    size = 64 // 4
    mine = slice(widget.head * size, (widget.head + 1) * size)
    for name in (
        "input",
        "normed",
        "merged",
        "attended",
        "middle",
        "read",
        "before",
        "hidden",
        "change",
        "output",
    ):
        np.testing.assert_allclose(found[name], trace[name][widget.token], rtol=1e-9, atol=1e-9, err_msg=name)
    for name, stage in {"query": "query", "key": "key", "value": "value", "headOutput": "merged"}.items():
        np.testing.assert_allclose(
            found[name], trace[stage][widget.token, mine], rtol=1e-9, atol=1e-9, err_msg=name
        )
    for name in ("scores", "weights"):
        np.testing.assert_allclose(found[name], trace[name][widget.head, widget.token], rtol=1e-9, atol=1e-9)
    as_trained = BlockWalk(model, **{k: v for k, v in traits.items() if k in TRAITS[:5]}).trace["output"][
        widget.token
    ]
    moved = np.linalg.norm(trace["output"][widget.token] - as_trained) / np.linalg.norm(as_trained)
    assert found["moved"] == pytest.approx(moved, rel=1e-9, abs=1e-12)
    assert found["lengths"]["output"] == pytest.approx(
        np.linalg.norm(trace["output"][widget.token]), rel=1e-9
    )


@torch.no_grad()
@pytest.mark.parametrize("number", [0, 17, 342_017, 999_999])
@pytest.mark.parametrize("block", [0, 1])
def test_the_block_as_trained_is_pytorch_s(number, block, model):
    widget = BlockWalk(model, number=number, block=block)
    twin, seen = rounded(model, widget), []
    layer = twin.transformer.encoder.layers[block]
    layer.register_forward_hook(lambda module, args, output: seen.append(output))
    twin.encode(torch.from_numpy(translation.encode_english([english(number)])))
    np.testing.assert_allclose(widget.trace["output"], seen[0][0].numpy(), rtol=0, atol=1e-10)
    last = len(tokens_of(number)) - 1
    found = in_javascript(widget, {**state(widget), "token": last})
    np.testing.assert_allclose(found["output"], seen[0][0, last].numpy(), rtol=0, atol=1e-9)


def test_rounding_the_weights_leaves_the_translations_as_they_were(model):
    numbers = translation.split(0).test[:1000]
    assert translator.exact_match(rounded(model, BlockWalk(model)), numbers) >= 0.999


def test_numbers_become_the_same_tokens(rng):
    numbers = [0, 7, 21, 100, 342_017, 999_999, *rng.integers(0, 1_000_000, 200).tolist()]
    assert evaluate_all(ARITHMETIC, [("walkTokens", n) for n in numbers]) == [tokens_of(n) for n in numbers]


def test_scaling_everything_leaves_a_pre_ln_block_s_changes_alone(model):
    plain, large = (BlockWalk(model, token=2, factor=f) for f in (1.0, 10.0))
    np.testing.assert_allclose(large.trace["attended"], plain.trace["attended"], atol=1e-4)
    assert in_javascript(large, state(large))["moved"] > 1
    raw = BlockWalk(model, token=2, factor=10.0, normalised=False)
    assert (
        np.abs(raw.trace["attended"] - BlockWalk(model, token=2, normalised=False).trace["attended"]).max()
        > 0.1
    )


# ---------------------------------------------------------------- words


def shown(widget, step):
    result = in_javascript(widget, state(widget))
    return evaluate("block_walk_words", "stepOf", step, state(widget), result, widget.tokens)


@pytest.mark.parametrize("step", range(len(STEPS)))
def test_each_step_has_a_title_an_equation_shapes_a_sentence_and_strips(step, model):
    widget = BlockWalk(model, token=3, head=2, block=1)
    words = shown(widget, step)
    assert words["title"] == f"{step + 1} of 12: {STEPS[step]}"
    assert words["happened"].endswith(".")
    assert "NaN" not in str(words)
    assert "undefined" not in str(words)
    assert words["equation"]
    assert re.fullmatch(r"[\d(), →+·a-z]+", words["shapes"])
    table = evaluate("block_walk_words", "walkTable", words)
    assert len(table["rows"]) == max(len(strip["values"]) for strip in words["strips"])
    assert {len(row) for row in table["rows"]} == {len(table["header"])}


def test_the_sentences_hold_the_numbers(model):
    widget = BlockWalk(model, token=0, head=0)
    trace, words = widget.trace, widget.tokens
    weights = trace["weights"][0, 0]
    assert f"“{words[weights.argmax()]}” gets {weights.max():.2f}" in shown(widget, 4)["happened"]
    active = (trace["hidden"][0] > 0).sum()
    assert f"Of 128 hidden features, {active} are above zero" in shown(widget, 9)["happened"]
    off = BlockWalk(model, residual=False, normalised=False)
    assert "is lost" in shown(off, 7)["happened"]
    assert "as it is" in shown(off, 1)["happened"]


def test_the_effect_says_what_was_changed(model):
    widget = BlockWalk(model, residual=False, factor=2.0, feature=5)
    result = in_javascript(widget, state(widget))
    text = evaluate("block_walk_words", "walkEffect", state(widget), result)
    assert "without the residual, with input feature 5 times 2 it is off by" in text
    trained = BlockWalk(model)
    text = evaluate("block_walk_words", "walkEffect", state(trained), in_javascript(trained, state(trained)))
    assert text.endswith("This is the block as it was trained.")


@pytest.mark.parametrize(
    ("place", "key", "expected"),
    [
        (0, "ArrowRight", 1), (0, "ArrowLeft", 0), (63, "ArrowRight", 63), (5, "ArrowDown", 37),
        (40, "ArrowUp", 8), (9, "Home", 0), (9, "End", 63), (9, "Enter", None),
    ],
)  # fmt: skip
def test_keys_move_along_a_strip(place, key, expected):
    assert evaluate("block_walk_strips", "nextPlace", place, key, 64) == expected


def test_a_shorter_number_takes_the_token_along():
    given = {"number": 7, "token": 6}
    assert evaluate("block_walk", "fitToken", given) == {"number": 7, "token": 1}


def test_a_missing_weight_is_an_error(model):
    widget = BlockWalk(model)
    packed = {name: tensor for name, tensor in widget._tensors.items() if "expand" not in name}
    more = "export function go(packed, state) { return walk(readWeights(packed), state); }"
    with pytest.raises(JavaScriptError):
        evaluate_all(ARITHMETIC, [("go", packed, state(widget))], more)


def test_both_languages_name_the_same_steps():
    assert evaluate_all("block_walk_words", [("names",)], "export function names() { return STEP_NAMES; }")[
        0
    ] == list(STEPS)
    assert "const NUM_HEADS = 4" in load_module("block_walk")
