"""The attention-weights widget: what Python refuses, and the page by mouse, touch and keyboard."""

import math
import re

import matplotlib.pyplot as plt
import numpy as np
import pytest
import traitlets
from page import axe_violations, mount, set_traits, sideways_overflow, trait
from playwright.sync_api import expect

from attend.widgets.attention_weights import DEFAULT_SENTENCE, AttentionWeights

PHONE = {"viewport": {"width": 375, "height": 800}, "has_touch": True, "is_mobile": True}
LONGEST = " ".join(f"w{i}" for i in range(64))


@pytest.fixture
def widget():
    return AttentionWeights()


# ---------------------------------------------------------------- Python


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("tokens", [], "tokens must hold 1 to 64 words, got 0"),
        ("tokens", " ,;", "tokens must hold 1 to 64 words, got 0"),
        ("tokens", ["w"] * 65, "tokens must hold 1 to 64 words, got 65"),
        ("tokens", ["a", ""], "none of them empty, got ['a', '']"),
        ("tokens", 3, "tokens must be a string or a list of words"),
        ("vectors", [[1, 2]] * 7, "vectors must have shape (8, 2), one row for each token, got shape (7, 2)"),
        ("vectors", np.zeros((8, 3)), "vectors must have shape (tokens, 2), got shape (8, 3)"),
        ("key_vectors", [1.0, 2.0], "key_vectors must have shape (tokens, 2), got shape (2,)"),
        ("value_vectors", [[0, math.nan]] * 8, "value_vectors must hold finite numbers"),
        ("value_vectors", [[0, 0]] * 7 + [[math.inf, 0]], "got [inf, 0.0] in row 7"),
        ("vectors", [[1001, 0]] * 8, "from −1000 to 1000, got [1001.0, 0.0] in row 0"),
        ("vectors", "north", "vectors must be numbers of shape (tokens, 2), got 'north'"),
        ("vectors", [[1, 2], [3]], "vectors must be numbers of shape (tokens, 2)"),
        ("score", "euclid", "score must be one of 'dot', 'scaled dot', 'cosine', 'additive', got 'euclid'"),
        ("mask", "full", "mask must be one of 'none', 'causal', 'padding', got 'full'"),
        ("view", "pie", "view must be one of 'matrix', 'lines', 'table', got 'pie'"),
        ("quantity", "logits", "quantity must be one of 'weights', 'scores', got 'logits'"),
        ("temperature", 0, "temperature must be from 0.01 to 100, got 0"),
        ("temperature", -1.0, "temperature must be from 0.01 to 100, got -1.0"),
        ("temperature", math.nan, "temperature must be from 0.01 to 100, got nan"),
        ("temperature", "warm", "temperature"),
        ("query", 8, "query must be the index of a token, 0 to 7, got 8"),
        ("query", -1, "query must be the index of a token, 0 to 7, got -1"),
        ("valid_length", 0, "valid_length must be None or 1 to 8, got 0"),
        ("valid_length", 9, "valid_length must be None or 1 to 8, got 9"),
    ],
)
@pytest.mark.usefixtures("unchecked_shapes")
def test_a_wrong_value_is_named_and_changes_nothing(widget, name, value, message):
    before = widget.get_state()
    with pytest.raises(traitlets.TraitError, match=re.escape(message)):
        setattr(widget, name, value)
    assert widget.get_state() == before
    with pytest.raises(traitlets.TraitError, match=name):
        AttentionWeights(**{name: value})


def test_an_unknown_trait_is_refused_by_name():
    with pytest.raises(TypeError, match="no trait 'temprature'"):
        AttentionWeights(temprature=2)


def test_arrays_are_taken_and_kept_as_lists_for_the_page(widget):
    widget.vectors = np.arange(16.0).reshape(8, 2)
    assert widget.vectors[1] == [2.0, 3.0]
    np.testing.assert_array_equal(widget.key_array, np.arange(16.0).reshape(8, 2))
    np.testing.assert_array_equal(widget.value_array, widget.query_array)
    widget.value_vectors = np.ones((8, 2), dtype=int)
    np.testing.assert_allclose(widget.output, 1)
    np.testing.assert_array_equal(widget.key_array, widget.query_array)


def test_new_words_keep_query_and_length_within_the_sentence(widget):
    widget.query, widget.mask, widget.valid_length = 7, "padding", 6
    widget.tokens = "two words"
    assert (widget.tokens, widget.query, widget.valid_length) == (["two", "words"], 1, None)


def test_words_that_no_longer_fit_given_vectors_are_refused_with_the_remedy(widget):
    widget.vectors = np.zeros((8, 2))
    with pytest.raises(
        traitlets.TraitError, match=r"2 words, but vectors has 8 rows; .*set vectors to None before"
    ):
        widget.tokens = "two words"
    widget.vectors = None
    widget.tokens = "two words"


def test_several_traits_in_one_message_from_the_page_are_taken_together(widget):
    widget.vectors = np.zeros((8, 2))
    widget.set_state({"vectors": [[1, 0], [0, 1]], "tokens": ["a", "b"], "query": 1, "valid_length": 2})
    assert (widget.tokens, widget.vectors, widget.query) == (["a", "b"], [[1, 0], [0, 1]], 1)


def test_weights_scores_and_output_by_hand():
    widget = AttentionWeights("a b", vectors=[[1, 0], [0, 2]], score="dot", temperature=2, mask="causal")
    np.testing.assert_array_equal(widget.scores, [[1, 0], [0, 4]])
    high = 1 / (1 + math.exp(-2))
    np.testing.assert_allclose(widget.weights, [[1, 0], [1 - high, high]], atol=1e-15)
    np.testing.assert_allclose(widget.output, [[1, 0], [1 - high, 2 * high]], atol=1e-15)
    np.testing.assert_array_equal(widget.visible, [[True, False], [True, True]])


def test_padding_hides_the_end_from_every_query(widget):
    widget.mask, widget.valid_length = "padding", 3
    assert (widget.weights[:, 3:] == 0).all()
    np.testing.assert_allclose(widget.weights.sum(axis=1), 1)
    widget.valid_length = None
    assert widget.visible.all()


def test_repr_and_picture_say_what_is_shown(widget):
    said = (
        "attention over 8 words, scaled dot score, temperature 1, no mask: cat attends most to itself, 0.43."
    )
    assert repr(widget) == repr(AttentionWeights(DEFAULT_SENTENCE)) == f"AttentionWeights: {said}"
    data, metadata = widget._repr_mimebundle_()
    assert data["image/png"][:4] == b"\x89PNG"
    assert metadata["image/png"]["alt"] == said
    assert plt.get_fignums() == []


@pytest.mark.parametrize("sentence", ["one", LONGEST])
def test_the_picture_bears_the_shortest_and_the_longest_sentence(sentence):
    assert AttentionWeights(sentence)._repr_mimebundle_()[0]["image/png"]


# ---------------------------------------------------------------- the page


def number(text):
    return float(text.replace("−", "-"))


def shown_walk(page):
    """The numbers of the step-by-step table, a dictionary for each key, read as a reader reads them."""
    rows = []
    for row in page.locator(".attend-aw-walk tbody tr").all():
        word, score, exp, weight, part = [cell.inner_text() for cell in row.locator("th, td").all()]
        point = re.search(r"\((\S+), (\S+)\)$", part)
        rows.append(
            {
                "word": word,
                "score": number(score),
                "exp": 0.0 if exp == "masked" else number(exp),
                "weight": number(weight),
                "part": (0.0, 0.0) if part == "nothing" else (number(point[1]), number(point[2])),
            }
        )
    return rows


def settle(page):
    """Wait until the numbers on the page have followed the model: one frame, and the rest of a long table."""
    page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)))")


def assert_shows(page, widget):
    """Every number on the page is what Python computes for the traits that the page's model holds."""
    settle(page)
    names = (
        "tokens",
        "vectors",
        "key_vectors",
        "value_vectors",
        "score",
        "temperature",
        "mask",
        "valid_length",
    )
    same = AttentionWeights(**{name: trait(page, name) for name in (*names, "query")})
    query = same.query
    rows = shown_walk(page)
    assert [row["word"] for row in rows] == same.tokens
    np.testing.assert_allclose([row["score"] for row in rows], same.scores[query], atol=5.001e-4)
    np.testing.assert_allclose([row["weight"] for row in rows], same.weights[query], atol=5.001e-4)
    parts = same.weights[query][:, None] * same.value_array
    np.testing.assert_allclose([row["part"] for row in rows], parts, atol=5.001e-3)
    total, weight, output = page.locator(".attend-aw-walk tfoot td").all_inner_texts()[1:]
    exps = np.array([row["exp"] for row in rows])
    np.testing.assert_allclose(exps / number(total), same.weights[query], atol=1.1e-3)
    assert weight == "1.000"
    np.testing.assert_allclose(
        [number(x) for x in output[1:-1].split(", ")], same.output[query], atol=5.001e-3
    )
    expect(page.locator(".attend-aw-headline")).to_have_text(same.sentence_about(query))
    chips = page.locator(".attend-aw-chip")
    assert chips.locator(".attend-aw-chip-word").all_inner_texts() == same.tokens
    for text, share, seen in zip(
        chips.locator(".attend-aw-chip-number").all_inner_texts(),
        same.weights[query],
        same.visible[query],
        strict=True,
    ):
        assert text == (f"{share:.2f}" if seen else "masked")
    assert chips.nth(query).get_attribute("aria-checked") == "true"


def chip(page, index):
    return page.locator(".attend-aw-chip").nth(index)


def plane(page, name):
    return page.locator(".attend-aw-plane").nth({"match": 0, "mix": 1}[name])


def spot(surface, point, reach=2):
    """Where a point of the plane lies on it, in CSS pixels."""
    half = math.floor(surface.evaluate("(node) => node.clientWidth")) / 2
    return {
        "x": half + point[0] / reach * (half - 14),
        "y": half - point[1] / reach * (half - 14),
    }


def drag(page, surface, start, end):
    surface.scroll_into_view_if_needed()
    box = surface.bounding_box()
    a, b = spot(surface, start), spot(surface, end)
    page.mouse.move(box["x"] + a["x"], box["y"] + a["y"])
    page.mouse.down()
    page.mouse.move(box["x"] + b["x"], box["y"] + b["y"], steps=4)
    page.mouse.up()


def test_the_first_picture_shows_pythons_numbers(widget, page):
    mount(page, widget)
    assert_shows(page, widget)
    assert page.locator(".attend-live").inner_text() == "", "nothing is announced before the reader acts"


def test_typing_a_sentence_places_its_words_and_syncs(widget, page):
    mount(page, widget)
    set_traits(page, vectors=[[1, 1]] * 8, query=7)
    page.get_by_label("Your sentence").fill("the zyzzyva ate my bread")
    assert trait(page, "tokens") == ["the", "zyzzyva", "ate", "my", "bread"]
    assert (trait(page, "vectors"), trait(page, "query")) == (None, 4)
    assert page.evaluate("window.model.saved") == 1
    assert_shows(page, widget)
    assert "Not on the map: zyzzyva" in page.locator(".attend-aw-origin").inner_text()


@pytest.mark.parametrize(
    ("text", "message"),
    [("", "Type at least one word"), (" ,.! ", "Type at least one word"), ("w " * 65, "65 words; this view")],
)
def test_a_sentence_that_cannot_be_shown_is_explained_and_the_last_one_stays(widget, page, text, message):
    mount(page, widget)
    page.get_by_label("Your sentence").fill(text)
    expect(page.get_by_role("alert")).to_contain_text(message)
    assert_shows(page, widget)
    assert trait(page, "tokens") == widget.tokens
    page.get_by_label("Your sentence").fill("back again")
    expect(page.get_by_role("alert")).to_have_count(0)
    assert_shows(page, widget)


@pytest.mark.parametrize("score", ["dot", "cosine", "additive", "scaled dot"])
def test_choosing_a_score(widget, page, score):
    mount(page, AttentionWeights(score="dot" if score == "scaled dot" else "scaled dot"))
    page.get_by_label("Score", exact=True).select_option(score)
    assert trait(page, "score") == score
    assert_shows(page, widget)


def test_temperature_by_slider_and_by_number(widget, page):
    mount(page, widget)
    slider, box = page.get_by_label("Temperature", exact=True), page.get_by_label("Temperature as a number")
    slider.focus()
    page.keyboard.press("End")
    assert trait(page, "temperature") == 10
    assert (box.input_value(), slider.get_attribute("aria-valuetext")) == ("10", "10")
    assert_shows(page, widget)
    box.fill("0.25")
    assert trait(page, "temperature") == 0.25
    assert float(slider.input_value()) == pytest.approx(math.log10(0.25), abs=0.011)
    assert_shows(page, widget)
    for wrong in ("0", "-2", "", "1000"):
        box.fill(wrong)
        expect(page.get_by_role("alert")).to_contain_text("Temperature must be a number from 0.01 to 100")
        assert trait(page, "temperature") == 0.25
    box.fill("2")
    expect(page.get_by_role("alert")).to_have_count(0)
    assert_shows(page, widget)


def test_masks_and_the_length_of_the_padding(widget, page):
    mount(page, widget)
    expect(page.get_by_label("Real words")).to_be_hidden()
    page.get_by_label("Mask").select_option("causal")
    assert_shows(page, widget)
    assert chip(page, 2).locator(".attend-aw-chip-number").inner_text() == "masked"
    page.get_by_label("Mask").select_option("padding")
    length = page.get_by_label("Real words")
    assert length.input_value() == "8"
    length.fill("3")
    assert trait(page, "valid_length") == 3
    assert_shows(page, widget)
    for wrong in ("0", "9", "1.5", ""):
        length.fill(wrong)
        expect(page.get_by_role("alert")).to_contain_text("whole number from 1 to 8")
        assert trait(page, "valid_length") == 3
    page.get_by_label("Mask").select_option("none")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_word_is_chosen_by_click_and_by_arrow_keys_and_looked_at_by_hover(widget, page):
    mount(page, widget)
    chip(page, 4).click()
    assert trait(page, "query") == 4
    assert_shows(page, widget)
    page.keyboard.press("ArrowRight")
    assert trait(page, "query") == 5
    assert page.evaluate("document.activeElement.textContent").startswith("under")
    assert page.locator(".attend-aw-chip[tabindex='0']").count() == 1
    page.keyboard.press("Home")
    page.keyboard.press("ArrowLeft")
    assert trait(page, "query") == 7
    assert_shows(page, widget)
    saved = page.evaluate("window.model.saved")
    chip(page, 2).hover()
    expect(page.locator(".attend-aw-headline")).to_have_text(widget.sentence_about(2))
    page.get_by_label("Your sentence").hover()
    expect(page.locator(".attend-aw-headline")).to_have_text(widget.sentence_about(7))
    assert (trait(page, "query"), page.evaluate("window.model.saved")) == (7, saved), "a look changes nothing"


def test_dragging_one_vector_moves_query_key_and_value(widget, page):
    mount(page, widget)
    drag(page, plane(page, "match"), widget.query_array[7], (-1.0, 1.2))
    moved = np.array(trait(page, "vectors"))
    np.testing.assert_allclose(moved[7], (-1.0, 1.2), atol=0.02)
    np.testing.assert_array_equal(moved[:7], widget.query_array[:7])
    assert trait(page, "key_vectors") is trait(page, "value_vectors") is None
    assert_shows(page, widget)
    assert page.locator(".attend-aw-origin").inner_text().startswith("Vectors set by hand")
    page.get_by_role("button", name="Put the vectors back").click()
    assert trait(page, "vectors") is None
    assert_shows(page, widget)


def test_a_drag_never_leaves_the_plane(widget, page):
    mount(page, widget)
    drag(page, plane(page, "match"), widget.query_array[7], (4, 5))
    assert trait(page, "vectors")[7] == [2, 2]


def test_separate_vectors_are_dragged_one_at_a_time(widget, page):
    mount(page, widget)
    page.get_by_label("separate queries, keys and values").check()
    for name in ("vectors", "key_vectors", "value_vectors"):
        assert trait(page, name) == widget.query_array.tolist()
    drag(page, plane(page, "match"), widget.query_array[1], (1, -1))
    np.testing.assert_allclose(trait(page, "vectors")[1], (1, -1), atol=0.02)
    assert trait(page, "key_vectors") == trait(page, "value_vectors") == widget.query_array.tolist()
    drag(page, plane(page, "match"), widget.query_array[1], (0.5, 1))
    np.testing.assert_allclose(trait(page, "key_vectors")[1], (0.5, 1), atol=0.02)
    drag(page, plane(page, "mix"), widget.query_array[2], (1, 1.5))
    np.testing.assert_allclose(trait(page, "value_vectors")[2], (1, 1.5), atol=0.02)
    assert_shows(page, widget)
    page.get_by_label("separate queries, keys and values").uncheck()
    assert trait(page, "key_vectors") is trait(page, "value_vectors") is None
    assert_shows(page, widget)


def test_arrows_move_by_keyboard(widget, page):
    mount(page, widget)
    surface = plane(page, "match")
    surface.focus()
    assert surface.get_attribute("aria-label") == "vector of table"
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Shift+ArrowUp")
    assert trait(page, "vectors")[7] == [1.5, 0.91]
    settle(page)
    assert surface.get_attribute("aria-valuetext") == "x 1.50, y 0.91"
    page.keyboard.press("PageUp")
    page.keyboard.press("PageUp")
    assert surface.get_attribute("aria-label") == "vector of under"
    page.keyboard.press("ArrowDown")
    assert trait(page, "vectors")[5] == [0.5, 0]
    assert_shows(page, widget)


def test_a_click_on_an_arrow_lets_its_word_ask(widget, page):
    mount(page, widget)
    surface = plane(page, "match")
    surface.click(position=spot(surface, widget.query_array[7]))
    assert (trait(page, "query"), trait(page, "vectors")) == (7, None)
    assert_shows(page, widget)


def test_the_matrix_by_mouse_and_by_keyboard(widget, page):
    mount(page, widget)
    page.locator(".attend-aw-matrix").scroll_into_view_if_needed()
    cells = page.locator(".attend-aw-cells").bounding_box()
    step = cells["width"] / 8
    at = lambda row, column: (cells["x"] + (column + 0.5) * step, cells["y"] + (row + 0.5) * step)  # noqa: E731
    readout = page.locator(".attend-aw-readout:visible")
    page.mouse.move(*at(5, 7))
    score, weight = widget.scores[5, 7], widget.weights[5, 7]
    expect(readout).to_have_text(f"under → table: score {score:.3f}, weight {weight:.3f}")
    assert trait(page, "query") == 1
    page.mouse.click(*at(7, 2))
    assert trait(page, "query") == 7
    expect(readout).to_contain_text("table → chased")
    matrix = page.locator(".attend-aw-matrix")
    matrix.focus()
    page.mouse.move(5, 5)
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert trait(page, "query") == 6
    expect(readout).to_contain_text(
        f"the (word 7) → mouse: score {widget.scores[6, 4]:.3f}".replace("-", "−")
    )
    expect(matrix).to_have_attribute("aria-label", re.compile("the \\(word 7\\) → mouse"))


def test_the_matrix_is_as_dark_as_its_weights(widget, page):
    mount(page, widget)
    pixels = page.evaluate(
        """() => { const cells = document.querySelector(".attend-aw-cells");
        return Array.from(cells.getContext("2d").getImageData(0, 0, 8, 8).data); }"""
    )
    red = np.array(pixels).reshape(8, 8, 4)[..., 0]
    low, high = 0xF5, 0x4B  # red of the two ends of the weights' scale in the light theme
    np.testing.assert_allclose(red, low + (high - low) * widget.weights, atol=1)


def test_masked_cells_are_left_open(page):
    mount(page, AttentionWeights(mask="causal"))
    pixels = page.evaluate(
        """() => { const cells = document.querySelector(".attend-aw-cells");
        return Array.from(cells.getContext("2d").getImageData(0, 0, 8, 8).data); }"""
    )
    np.testing.assert_array_equal(np.reshape(pixels, (8, 8, 4))[..., 3] > 0, np.tri(8, dtype=bool))


@pytest.mark.parametrize("quantity", ["weights", "scores"])
def test_the_table_says_what_the_picture_says(widget, page, quantity):
    widget.mask = "causal"
    mount(page, widget)
    page.get_by_label("Table", exact=True).check()
    page.get_by_label("Show").select_option(quantity)
    assert (trait(page, "view"), trait(page, "quantity")) == ("table", quantity)
    table = page.get_by_role("table").last
    settle(page)
    texts = [row.locator("td").all_inner_texts() for row in table.locator("tbody tr").all()]
    expected = widget.weights if quantity == "weights" else widget.scores
    for i in range(8):
        for j in range(8):
            assert texts[i][j] == (f"{expected[i, j]:.3f}".replace("-", "−") if j <= i else "masked")
    assert table.locator("tbody th").all_inner_texts() == widget.tokens


def test_the_lines_by_mouse_and_keyboard(widget, page):
    mount(page, AttentionWeights(view="lines"))
    surface = page.locator(".attend-aw-lines")
    surface.scroll_into_view_if_needed()
    box = surface.locator("canvas").bounding_box()
    step = (box["height"] - 28) / 8
    page.mouse.click(box["x"] + 40, box["y"] + 28 + 4.5 * step)
    assert trait(page, "query") == 4
    page.mouse.move(box["x"] + box["width"] - 40, box["y"] + 28 + 2.5 * step)
    readout = page.locator(".attend-aw-readout:visible")
    expect(readout).to_contain_text(f"mouse → chased: score {widget.scores[4, 2]:.3f}".replace("-", "−"))
    surface.focus()
    page.keyboard.press("ArrowDown")
    assert trait(page, "query") == 5


def test_a_change_from_python_redraws_without_announcing(widget, page):
    mount(page, widget)
    changes = {
        "tokens": ["a", "b", "c"],
        "vectors": [[1, 0], [0, 1], [1, 1]],
        "key_vectors": [[0, 1], [1, 1], [-1, 0]],
        "value_vectors": [[3, 0], [0, 3], [1, 2]],
        "query": 2,
        "temperature": 0.5,
        "score": "dot",
        "mask": "padding",
        "valid_length": 2,
    }
    set_traits(page, **changes)
    assert_shows(page, widget)
    assert page.get_by_label("Your sentence").input_value() == "a b c"
    assert page.get_by_label("Score", exact=True).input_value() == "dot"
    assert page.get_by_label("Temperature as a number").input_value() == "0.5"
    assert page.get_by_label("Real words").input_value() == "2"
    assert page.get_by_label("separate queries, keys and values").is_checked()
    set_traits(page, view="table")
    expect(page.get_by_role("table")).to_have_count(2)
    page.wait_for_timeout(500)
    assert page.evaluate("window.model.saved") == 0
    assert page.locator(".attend-live").inner_text() == ""


def test_traits_that_do_not_fit_yet_leave_the_last_picture(widget, page):
    mount(page, widget)
    page.evaluate("window.model.set('vectors', [[1, 2]])")
    settle(page)
    expect(page.locator(".attend-aw-headline")).to_have_text(widget.sentence_about(1))
    set_traits(page, tokens=["alone"], query=0)
    assert_shows(page, widget)


def test_one_short_sentence_is_announced_when_the_hand_rests(widget, page):
    mount(page, widget)
    page.evaluate(
        """() => { window.said = []; new MutationObserver(() => window.said.push(
        document.querySelector(".attend-live").textContent)).observe(
        document.querySelector(".attend-live"), { childList: true, characterData: true, subtree: true }); }"""
    )
    for index in (2, 3, 4):
        chip(page, index).click()
    page.wait_for_function("window.said.length > 0")
    page.wait_for_timeout(600)
    assert page.evaluate("window.said") == [widget.sentence_about(4)]


def test_sixty_four_words_show_every_number(page):
    widget = AttentionWeights(LONGEST, mask="causal", query=60)
    mount(page, widget)
    page.wait_for_timeout(400)  # the rows out of sight follow when the hand rests
    assert_shows(page, widget)
    set_traits(page, temperature=3, query=62)
    page.wait_for_timeout(400)
    assert_shows(page, widget)
    box = page.locator(".attend-aw-walk-box .attend-aw-table-box")
    box.evaluate("(node) => node.scrollTo(0, node.scrollHeight)")
    settle(page)
    set_traits(page, temperature=5)
    settle(page)
    last = page.locator(".attend-aw-walk tbody tr").nth(62).locator("td").nth(2).inner_text()
    widget.temperature, widget.query = 5, 62
    assert last == f"{widget.weights[62, 62]:.3f}", "rows in sight follow at once"
    mount(page, AttentionWeights(LONGEST, view="lines"), theme="dark")
    settle(page)
    assert sideways_overflow(page) == 0


def test_touch_on_a_phone(widget, open_page):
    page = open_page(**PHONE)
    mount(page, widget)
    chip(page, 4).tap()
    assert trait(page, "query") == 4
    surface = plane(page, "match")
    surface.scroll_into_view_if_needed()
    box = surface.bounding_box()
    start, end = spot(surface, widget.query_array[7]), spot(surface, (1, -1))
    touch = page.context.new_cdp_session(page)

    def send(kind, at=None):
        points = [] if at is None else [{"x": box["x"] + at["x"], "y": box["y"] + at["y"]}]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    scrolled = page.evaluate("scrollY")
    send("touchStart", start)
    for part in (0.3, 0.6, 1):
        send("touchMove", {axis: start[axis] + part * (end[axis] - start[axis]) for axis in "xy"})
    send("touchEnd")
    np.testing.assert_allclose(trait(page, "vectors")[7], (1, -1), atol=0.03)
    assert page.evaluate("scrollY") == scrolled, "a finger on an arrow drags it and does not scroll"
    assert_shows(page, widget)
    page.get_by_label("Lines").tap()
    assert trait(page, "view") == "lines"


@pytest.mark.parametrize("view", ["matrix", "lines", "table"])
def test_a_phone_never_scrolls_sideways(open_page, view):
    page = open_page(**PHONE)
    for sentence in (
        DEFAULT_SENTENCE,
        LONGEST,
        "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen " * 2,
    ):
        mount(page, AttentionWeights(sentence, view=view, mask="padding", score="cosine"))
        settle(page)
        assert sideways_overflow(page) == 0
    targets = page.locator("button:visible, input:visible, select:visible")
    sizes = [targets.nth(i).bounding_box() for i in range(targets.count())]
    assert min(min(size["width"], size["height"]) for size in sizes) >= 24


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("view", ["matrix", "lines", "table"])
def test_axe_finds_nothing(page, theme, view):
    mount(page, AttentionWeights(mask="causal", view=view), theme=theme)
    settle(page)
    page.get_by_label("Your sentence").fill("")
    assert axe_violations(page) == []


def test_pictures_follow_the_theme(widget, page):
    mount(page, widget)
    shade = """() => Array.from(document.querySelector(".attend-aw-cells")
        .getContext("2d").getImageData(0, 0, 1, 1).data).slice(0, 3)"""
    light = page.evaluate(shade)
    page.evaluate("document.body.dataset.theme = 'dark'")
    settle(page)
    dark = page.evaluate(shade)
    assert sum(light) > 500 > 250 > sum(dark)


def test_clean_up_leaves_nothing_behind(widget, page):
    mount(page, widget)
    assert page.evaluate("window.model.listening()") > 0
    chip(page, 3).click()
    page.evaluate("window.unmount()")
    assert page.evaluate("window.model.listening()") == 0
    assert page.locator("#widget").inner_html() == ""
    set_traits(page, query=2)
    page.evaluate("document.body.dataset.theme = 'dark'")
    page.wait_for_timeout(500)
    assert page.locator("#widget").inner_html() == ""


def test_two_on_one_page_keep_their_own_state(widget, page):
    mount(page, widget)
    page.evaluate(
        """(state) => { const second = document.createElement("div");
        second.id = "second"; document.querySelector("main").append(second);
        const model = { get: (n) => state[n], set: (n, v) => (state[n] = v), on() {}, off() {},
          save_changes() {} };
        window.widget.render({ model, el: second }); }""",
        {name: value for name, value in widget.get_state().items() if name not in ("_esm", "_css")},
    )
    page.locator("#second .attend-aw-chip").nth(5).click()
    assert trait(page, "query") == 1
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map((node) => node.id)")
    assert len(ids) == len(set(ids))
