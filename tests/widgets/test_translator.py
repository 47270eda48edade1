"""The translator: what Python refuses and says, and the page by mouse, touch and keyboard."""

import base64
import re

import numpy as np
import pytest
import traitlets
from page import axe_violations, load_module, mount, set_traits, sideways_overflow, small_targets, trait

from attend.data.numerals import chinese
from attend.widgets import Translator
from attend.widgets.translator_forward import WEIGHTS, translate

TRAITS = ("text", "step", "tokens_per_second", "view", "layer", "head", "drawing")

# ---------------------------------------------------------------- Python


@pytest.mark.parametrize(
    ("traits", "message"),
    [
        ({"text": "1000000"}, "text must be a whole number from 0 to 999,999 in digits or English words;"),
        ({"text": "1000000"}, "got '1000000'"),
        ({"text": "three three hundred"}, "in digits or English words; got 'three three hundred'"),
        ({"text": "one million"}, "got 'one million'"),
        ({"text": ""}, "got ''"),
        ({"text": -5}, "got '-5'"),
        ({"text": "12,34"}, "got '12,34'"),
        ({"step": -1}, "step must be a whole number from 0 to 20 or None; got -1"),
        ({"step": 21}, "step must be a whole number from 0 to 20 or None; got 21"),
        ({"layer": 2}, "layer must be a whole number from 0 to 1; got 2"),
        ({"head": 4}, "head must be a whole number from 0 to 3 or None; got 4"),
        ({"view": "self"}, "view must be one of cross, encoder, decoder; got 'self'"),
        ({"drawing": "circles"}, "drawing must be one of lines, heat map; got 'circles'"),
        ({"tokens_per_second": 0.1}, "tokens_per_second must be a number from 0.5 to 20; got 0.1"),
        ({"tokens_per_second": float("nan")}, "tokens_per_second must be a number from 0.5 to 20; got nan"),
    ],
)  # fmt: skip
def test_a_bad_trait_is_named_with_its_value_and_what_was_expected(traits, message):
    with pytest.raises(traitlets.TraitError, match=re.escape(message)):
        Translator(**traits)


@pytest.mark.parametrize(
    "text", ["342017", "342,017", " 342 017 ", "Three hundred forty-two thousand seventeen", 342017]
)
def test_digits_and_words_are_one_number(text):
    assert Translator(text).number == 342_017
    assert Translator(text).answer == "三十四万二千零一十七"


def test_weights_follow_the_view():
    result = translate(342_017)
    widget = Translator(step=4)
    np.testing.assert_array_equal(widget.weights, result.cross.mean(axis=0)[:4])
    widget.head, widget.view, widget.step = 2, "decoder", None
    np.testing.assert_array_equal(widget.weights, result.decoder[2])
    widget.view, widget.layer = "encoder", 1
    np.testing.assert_array_equal(widget.weights, result.encoder[1][2])
    np.testing.assert_allclose(widget.weights.sum(axis=-1), 1)


def test_words_and_still_picture_are_the_same_in_every_run():
    widget, twin = Translator("10", step=1), Translator("10", step=1)
    assert (
        repr(widget)
        == repr(twin)
        == (
            "Translator: a trained model translates 10, ten, as 十, which is right (after 1 tokens); "
            "cross-attention, mean of 4 heads"
        )
    )
    (data, _), (twin_data, _) = widget._repr_mimebundle_(), twin._repr_mimebundle_()
    assert data["text/html"] == twin_data["text/html"]
    assert "image/png" not in data


def test_the_still_picture_holds_every_token_and_no_style(page):
    html = Translator().fallback_html()
    assert "style=" not in html
    page.set_content(f'<!doctype html><html lang="en"><title>Still</title><main><h1>Still</h1>{html}</main>')
    texts = page.locator("svg text").all_text_contents()
    assert texts == ["written", "read", *"三十四万二千零一十七", "end",
                     "three", "hundred", "forty", "two", "thousand", "seventeen", "end"]  # fmt: skip
    weights = translate(342_017).cross.mean(axis=0)
    assert page.locator("svg path").count() == (weights >= 0.03).sum()
    opacities = page.locator("svg path").evaluate_all(
        "paths => paths.map((p) => Number(p.getAttribute('stroke-opacity')))"
    )
    np.testing.assert_allclose(opacities, weights[weights >= 0.03], atol=5.1e-3)
    assert axe_violations(page) == []


def test_python_answers_for_the_weights_and_for_nothing_else(monkeypatch):
    widget, sent = Translator(), []
    monkeypatch.setattr(widget, "send", lambda content, buffers=None: sent.append((content, buffers)))
    for message in ({"ask": "translator.safetensors"}, {"ask": "../secret"}, {"hello": 1}, "ask"):
        widget._handle_custom_msg(message, [])
    assert sent == [
        ({"file": "translator.safetensors"}, [WEIGHTS.read_bytes()]),
        ({"missing": "../secret"}, None),
    ]


# ---------------------------------------------------------------- the page


def show(page, theme="light", files=True, **traits):
    mount(page, Translator(**traits), theme=theme, files=files)
    if files:
        page.locator(".attend-tr-drawing").wait_for(state="visible")


def render_again(page):
    """Show the model in a new widget; the 0 keeps what it returns from being called."""
    page.evaluate(
        "window.unmount = widget.render({ model: window.model, el: document.querySelector('#widget') }); 0"
    )


def entry(page):
    return page.get_by_role("textbox")


def answer(page):
    """What is written, without the end."""
    return "".join(page.locator(".attend-tr-character:not(.attend-tr-special)").all_inner_texts())


def verdict(page):
    return page.locator(".attend-tr-verdict").inner_text()


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click()


def python_s(page):
    """The Python widget with the traits that the page holds now; it refuses a state that is not valid."""
    return Translator(**{name: trait(page, name) for name in TRAITS})


def number(text):
    return float(text.replace("−", "-"))


def check_table(page):
    """The table holds Python's weights, whatever is drawn."""
    widget = python_s(page)
    if not page.locator("details[open]").count():
        page.get_by_text("The same as a table").click()
    page.locator("tbody tr").nth(len(widget.weights) - 1).wait_for()
    rows = page.locator("tbody tr").evaluate_all(
        "rows => rows.map((r) => [...r.querySelectorAll('td')].map((c) => c.textContent))"
    )
    assert len(rows) == len(widget.weights)
    for row, weights in zip(rows, widget.weights, strict=True):
        found = [0.0 if cell == "not yet written" else number(cell) for cell in row]
        np.testing.assert_allclose(found, weights[: len(found)], atol=5.1e-4)


def test_a_typed_number_is_translated_token_by_token(page):
    show(page, step=0, tokens_per_second=4.0)
    assert answer(page) == ""
    entry(page).fill("905006")
    assert page.locator(".attend-tr-source").inner_text().split("\n") == [
        "905,006",
        "nine hundred five thousand six",
    ]
    entry(page).press("Enter")
    assert answer(page).startswith("九"), "the first token comes at once"
    page.get_by_text("✓ Right: 905,006 is 九十万五千零六.").wait_for()
    assert answer(page) == "九十万五千零六"
    assert trait(page, "text") == "905006"
    assert trait(page, "step") == 8
    page.wait_for_function(
        "document.querySelector('[aria-live=polite]').textContent === 'Right: 905,006 is 九十万五千零六.'"
    )


def test_words_are_translated_too_and_their_digits_shown(page):
    show(page, step=0)
    entry(page).fill("Forty-two thousand and seven")
    assert page.locator(".attend-tr-digits").inner_text() == "42,007"
    press(page, "Translate")
    press(page, "Write all at once")
    assert answer(page) == chinese(42_007)
    assert verdict(page) == f"✓ Right: 42,007 is {chinese(42_007)}."


def test_tokens_come_at_the_chosen_speed(page):
    page.clock.install()
    show(page, step=0, tokens_per_second=4.0)
    page.clock.pause_at(page.evaluate("Date.now() + 1000"))
    press(page, "Translate")
    assert answer(page) == "三"
    page.clock.run_for(240)
    assert answer(page) == "三"
    page.clock.run_for(20)
    assert answer(page) == "三十"
    page.get_by_role("spinbutton", name="Tokens per second, number").fill("10")
    assert trait(page, "tokens_per_second") == 10
    page.clock.run_for(251)
    assert answer(page) == "三十四"
    page.clock.run_for(101)
    assert answer(page) == "三十四万"
    press(page, "Pause")
    page.clock.run_for(5000)
    assert answer(page) == "三十四万"
    press(page, "Play")
    assert answer(page) == "三十四万二"
    page.clock.run_for(5000)
    assert verdict(page).startswith("✓ Right")
    assert page.get_by_role("button", name="Play", exact=True).is_visible()


def test_with_reduced_motion_all_is_written_at_once(open_page):
    page = open_page(reduced_motion="reduce")
    show(page, step=0)
    press(page, "Translate")
    assert answer(page) == "三十四万二千零一十七"
    moving = page.evaluate("document.getAnimations().length")
    assert moving == 0


def test_step_back_and_forward(page):
    show(page, step=2)
    assert answer(page) == "三十"
    press(page, "Forward one token")
    assert (answer(page), trait(page, "step")) == ("三十四", 3)
    page.wait_for_function(
        "document.querySelector('[aria-live=polite]').textContent"
        ".startsWith('Token 3: 四, probability 1.00. Looked at forty 0.91')"
    )
    for _ in range(3):
        press(page, "Back one token")
    assert (answer(page), trait(page, "step")) == ("", 0)
    assert page.get_by_role("button", name="Back one token").get_attribute("aria-disabled") == "true"
    press(page, "Write all at once")
    assert trait(page, "step") is None
    forward = page.get_by_role("button", name="Forward one token")
    assert forward.get_attribute("aria-disabled") == "true"
    forward.press("Enter")
    assert trait(page, "step") is None
    press(page, "Back one token")
    assert (answer(page), trait(page, "step")) == ("三十四万二千零一十七", 10)
    assert verdict(page) == "10 tokens so far"


@pytest.mark.parametrize("drawing", ["lines", "heat map"])
def test_every_attention_is_python_s_and_drawn(drawing, page):
    show(page, drawing=drawing, step=6)
    for view, layers in (("Cross", 1), ("Encoder", 2), ("Decoder", 1)):
        page.get_by_role("radio", name=view).check()
        assert page.get_by_label("Layer").is_visible() == (layers == 2)
        for layer in range(layers):
            if layers == 2:
                page.get_by_label("Layer").select_option(str(layer))
            for head in ("mean", "3"):
                page.get_by_label("Head", exact=True).select_option(head)
                widget = python_s(page)
                assert (widget.view, widget.head) == (view.lower(), None if head == "mean" else 3)
                check_table(page)
                if drawing == "lines":
                    assert page.locator(".attend-tr-line").count() == (widget.weights >= 0.02).sum()
                else:
                    drawn = page.locator(".attend-tr-cell").evaluate_all(
                        "cells => cells.map((c) => Number(c.getAttribute('fill-opacity')))"
                    )
                    seen = widget.weights if view != "Decoder" else widget.weights[np.tri(6, 11, dtype=bool)]
                    np.testing.assert_allclose(drawn, seen.ravel(), atol=5.1e-4)


def test_a_token_under_the_pointer_or_the_focus_shows_its_row(page):
    show(page)
    numbers = page.locator(".attend-tr-columns .attend-tr-number")
    assert set(numbers.all_inner_texts()) == {""}
    weights = translate(342_017).cross.mean(axis=0)
    page.get_by_role("button", name="To write 万, the decoder looks at").hover()
    np.testing.assert_allclose([number(t) for t in numbers.all_inner_texts()], weights[3], atol=5.1e-3)
    assert (
        page.locator(".attend-tr-readout").inner_text()
        == "To write 万, the decoder looks at thousand 0.70, hundred 0.30."
    )
    assert (
        page.locator(".attend-tr-panel .attend-tr-caption").inner_text()
        == "Token 4: the likeliest candidates"
    )
    assert page.locator(".attend-tr-line-chosen").count() == (weights[3] >= 0.02).sum()
    page.mouse.move(1, 1)
    assert set(numbers.all_inner_texts()) == {""}

    first = page.locator(".attend-tr-rows .attend-tr-token").first
    first.focus()
    page.keyboard.press("ArrowDown")
    np.testing.assert_allclose([number(t) for t in numbers.all_inner_texts()], weights[1], atol=5.1e-3)
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    np.testing.assert_allclose([number(t) for t in numbers.all_inner_texts()], weights[1], atol=5.1e-3)
    assert page.locator(".attend-tr-rows [aria-pressed=true]").count() == 1
    assert page.locator(".attend-tr-rows [tabindex='0']").count() == 1

    page.get_by_role("button", name="thousand is looked at for").hover()
    column = page.locator(".attend-tr-rows .attend-tr-number")
    np.testing.assert_allclose([number(t) for t in column.all_inner_texts()], weights[:, 4], atol=5.1e-3)


def test_a_cell_of_the_heat_map_says_its_weight(page):
    show(page, drawing="heat map")
    box = page.locator(".attend-tr-cell").nth(3 * 7 + 4).bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    weight = translate(342_017).cross.mean(axis=0)[3, 4]
    assert page.locator(".attend-tr-readout").inner_text() == f"万 → thousand: {weight:.3f}"


def test_the_likeliest_tokens_of_the_step(page):
    show(page, step=1)
    probabilities = translate(342_017).probabilities[0]
    chances = [number(text) for text in page.locator(".attend-tr-chance").all_inner_texts()]
    np.testing.assert_allclose(chances, np.sort(probabilities)[::-1][:5], atol=5.1e-4)
    assert page.locator(".attend-tr-chance-name").first.inner_text() == "三"
    press(page, "Back one token")
    assert not page.locator(".attend-tr-chances").is_visible()


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("1,000,000", "Expected a whole number from 0 to 999,999, got “1,000,000”."),
        ("three three hundred", "These words are not one number: “three three hundred”."),
        ("fourty", "Unknown word “fourty”. Did you mean “forty”?"),
        ("xyz", "Unknown word “xyz”."),
        ("", "Type a number, such as 342017, or its English words."),
        ("-1", "Expected a whole number from 0 to 999,999, got “-1”."),
    ],
)
def test_bad_input_is_explained_in_place_and_the_widget_lives_on(typed, message, page):
    show(page)
    entry(page).fill(typed)
    entry(page).press("Enter")
    problem = page.get_by_role("alert").filter(visible=True)
    assert problem.inner_text().startswith(message)
    assert entry(page).get_attribute("aria-invalid") == "true"
    assert (trait(page, "text"), trait(page, "step")) == ("342017", None)
    assert axe_violations(page) == []
    entry(page).fill("12")
    assert problem.count() == 0
    entry(page).press("Enter")
    press(page, "Write all at once")
    assert answer(page) == "十二"


def test_a_word_that_is_half_typed_is_no_mistake_yet(page):
    page.clock.install()
    show(page)
    page.clock.pause_at(page.evaluate("Date.now() + 1000"))
    problem = page.get_by_role("alert").filter(visible=True)
    entry(page).fill("thre")
    page.clock.run_for(600)
    assert problem.count() == 0
    entry(page).fill("three")
    page.clock.run_for(2000)
    assert problem.count() == 0
    assert trait(page, "text") == "three"
    entry(page).fill("thirty thr")
    page.clock.run_for(750)
    assert problem.inner_text().startswith("Unknown word “thr”")


@pytest.mark.parametrize("text", ["342017", "100000", "10", "905006"])
def test_examples_translate(text, page):
    show(page, step=0, tokens_per_second=20.0)
    press(page, f"Translate {int(text):,}")
    page.get_by_text(f"✓ Right: {int(text):,} is {chinese(int(text))}.").wait_for()
    assert entry(page).input_value() == text


def test_by_keyboard_alone(page):
    show(page, step=0, tokens_per_second=20.0)
    page.keyboard.press("Tab")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("ten")
    page.keyboard.press("Enter")
    page.get_by_text("✓ Right: 10 is 十.").wait_for()
    seen = []
    for _ in range(25):
        page.keyboard.press("Tab")
        seen.append(
            page.evaluate("document.activeElement.textContent.trim() || document.activeElement.value")
        )
        if seen[-1] == "The same as a table":
            break
    assert seen[-1] == "The same as a table"
    page.keyboard.press("Enter")
    check_table(page)
    radios = page.get_by_role("radio", name="Cross")
    radios.focus()
    page.keyboard.press("ArrowRight")
    assert trait(page, "view") == "encoder"
    page.get_by_role("radio", name="Lines").focus()
    page.keyboard.press("ArrowRight")
    assert trait(page, "drawing") == "heat map"
    page.get_by_role("button", name="Back one token").press("Space")
    assert trait(page, "step") == 1


def test_what_python_sets_is_shown(page):
    show(page)
    set_traits(page, text="one hundred", step=None, view="decoder", drawing="heat map", head=2)
    assert entry(page).input_value() == "one hundred"
    assert answer(page) == "一百"
    assert page.get_by_role("radio", name="Decoder").is_checked()
    assert page.get_by_label("Head", exact=True).input_value() == "2"
    check_table(page)
    assert page.evaluate("window.model.saved") == 0


# ---------------------------------------------------------------- the weights


def test_the_weights_are_asked_for_once_and_only_near_the_window(page):
    mount(page, Translator())
    page.locator(".attend-tr-drawing").wait_for(state="visible")
    assert page.evaluate("window.asked") == ["translator.safetensors"]
    page.evaluate(
        """() => {
            const far = document.createElement("div");
            far.style.marginTop = "5000px";
            document.querySelector("main").append(far);
            window.unmountFar = window.widget.render({ model: window.model, el: far });
        }"""
    )
    far = page.locator(".attend-tr").nth(1)
    page.wait_for_timeout(100)
    assert far.get_by_text("Loading the model").count() == 1
    far.scroll_into_view_if_needed()
    far.locator(".attend-tr-drawing").wait_for(state="visible")
    assert page.evaluate("window.asked") == ["translator.safetensors"]


def test_nothing_is_asked_for_far_from_the_window_until_the_focus_comes(page):
    page.set_content("<!doctype html><html lang='en'><title>x</title><main id='far'></main>")
    widget = Translator()
    mount(page, widget, files=True)
    page.evaluate(
        """() => {
            window.unmount();
            document.querySelector("#widget").style.marginTop = "5000px";
            window.asked.length = 0;
            delete globalThis[Symbol.for("attend.files")];
        }"""
    )
    render_again(page)
    page.wait_for_timeout(200)
    assert page.evaluate("window.asked") == []
    page.get_by_role("textbox").evaluate("box => box.focus({ preventScroll: true })")
    assert page.evaluate("window.asked") == ["translator.safetensors"]


def test_missing_weights_are_said_and_one_may_try_again(page):
    mount(page, Translator("10"), files=False)
    alert = page.get_by_role("alert").filter(has_text="The model did not arrive")
    alert.wait_for()
    assert not page.locator(".attend-tr-drawing").is_visible()
    assert page.locator(".attend-tr-words").inner_text() == "ten"
    assert axe_violations(page) == []
    press(page, "Try again")
    page.wait_for_function("window.asked.length === 2")
    alert.wait_for()
    page.evaluate("(base64) => { window.files['translator.safetensors'] = base64; }", "AAAA")
    press(page, "Try again")
    page.wait_for_function("window.asked.length === 3")
    alert.wait_for()


def test_a_translation_asked_for_before_the_weights_are_there_waits_for_them(page):
    mount(page, Translator("10", step=0, tokens_per_second=20.0), files=False)
    page.get_by_role("alert").filter(has_text="The model did not arrive").wait_for()
    entry(page).fill("12")
    entry(page).press("Enter")
    page.wait_for_function("window.asked.length === 2")
    page.get_by_role("alert").filter(has_text="The model did not arrive").wait_for()
    page.evaluate(
        "(bytes) => { window.files['translator.safetensors'] = bytes; }",
        base64.b64encode(WEIGHTS.read_bytes()).decode(),
    )
    press(page, "Try again")
    page.get_by_text("✓ Right: 12 is 十二.").wait_for()


def test_a_wrong_translation_is_said_to_be_wrong(page):
    """The model makes no mistake on any number tried: one is made for it, by numbers that read otherwise."""
    show(page)
    source = load_module("translator")
    assert source.count('[1000, "千"], [100, "百"]') == 1
    page.evaluate("window.unmount(); window.widget = undefined;")
    planted = source.replace('[1000, "千"], [100, "百"]', '[1000, "百"], [100, "百"]').replace(
        "export default", "window.widget ="
    )
    page.add_script_tag(content=planted.replace("export ", ""), type="module")
    page.wait_for_function("window.widget !== undefined")
    render_again(page)
    page.get_by_text(
        "✗ Wrong: 342,017 is 三十四万二百零一十七; the model wrote 三十四万二千零一十七."
    ).wait_for()
    assert page.locator(".attend-tr-differs").all_inner_texts() == ["千"]
    assert axe_violations(page) == []


# ---------------------------------------------------------------- for every reader


def test_touch_at_phone_width(open_page):
    page = open_page(viewport={"width": 375, "height": 800}, has_touch=True, is_mobile=True)
    show(page)
    page.locator(".attend-tr-rows .attend-tr-token").nth(3).tap()
    assert page.locator(".attend-tr-readout").inner_text().startswith("To write 万")
    page.get_by_role("radio", name="Heat map").tap()
    assert small_targets(page) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("drawing", ["lines", "heat map"])
def test_no_violation_and_no_sideways_scroll(drawing, theme, page):
    page.set_viewport_size({"width": 375, "height": 800})
    show(page, theme=theme, drawing=drawing, text="999999", step=5)
    page.get_by_text("The same as a table").click()
    for view in ("cross", "encoder", "decoder"):
        set_traits(page, view=view)
        page.wait_for_function(
            "document.getAnimations().every((moves) => moves.effect.getTiming().iterations === Infinity)"
        )
        assert axe_violations(page) == [], view
        assert sideways_overflow(page) == 0, view
    set_traits(page, step=None)
    assert axe_violations(page) == []


def test_the_picture_keeps_its_size_while_it_is_written(page):
    show(page, text="999999", step=0)
    heights = set()
    for step in (0, 1, 5, None):
        set_traits(page, step=step)
        heights.add(page.locator(".attend-tr-frame").bounding_box()["height"])
    assert len(heights) == 1


def test_clean_up_leaves_nothing_behind(page):
    show(page, step=0)
    press(page, "Translate")
    assert page.evaluate("window.model.listening()") == len(TRAITS)
    page.evaluate("window.unmount()")
    page.wait_for_timeout(700)
    assert page.locator("#widget").inner_html() == ""
    assert page.evaluate("window.model.listening()") == 0
    assert trait(page, "step") == 1
