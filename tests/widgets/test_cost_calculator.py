"""The cost calculator: what Python refuses and counts, and the page by mouse, touch and keyboard."""

import re
from pathlib import Path

import pytest
import traitlets
from page import axe_violations, mount, set_traits, sideways_overflow, small_targets, trait

from attend import cost
from attend.widgets.cost_calculator import (
    FORMATS,
    FRACTIONS,
    PRESETS,
    VARIANT,
    WHOLE,
    CostCalculator,
    bytes_text,
)

SETTINGS = (*WHOLE, *VARIANT, "dtype", *FRACTIONS)
BIBLIOGRAPHY = Path(__file__).parents[2] / "book" / "references.bib"

# ---------------------------------------------------------------- Python


@pytest.mark.parametrize(
    ("traits", "message"),
    [
        ({"num_layers": 0}, "num_layers: expected a whole number from 1 to 1000, got 0"),
        ({"d_model": 70_000}, "d_model: expected a whole number from 1 to 65536, got 70000"),
        ({"d_model": 100}, "num_heads: expected a divisor of d_model = 100, got 32"),
        ({"num_heads": 7}, "num_heads: expected a divisor of d_model = 4096, got 7"),
        ({"num_kv_heads": 5}, "num_kv_heads: expected a divisor of num_heads = 32, got 5"),
        ({"num_kv_heads": 0}, "num_kv_heads: expected a whole number from 1 to 1024, got 0"),
        ({"positions": -1}, "positions: expected a whole number from 0 to 10000000, got -1"),
        ({"context": 2**24 + 1}, "context: expected a whole number from 1 to 16777216, got 16777217"),
        ({"training_tokens": 1}, "expected a whole number from 1000 to 1000000000000000, got 1"),
        ({"batch": 1.5}, "'batch' trait of a CostCalculator instance expected an int, not the float 1.5"),
        ({"speed": 0.0}, "speed: expected a number from 0.001 to 1000000000, got 0"),
        ({"utilisation": 101.0}, "utilisation: expected a number from 0.1 to 100, got 101"),
        ({"power": float("nan")}, "power: expected a number from 0.1 to 1000000000, got nan"),
        ({"dtype": "float8"}, "dtype: expected one of float32, bfloat16, int8, int4, got 'float8'"),
        ({"preset": "GPT-5"}, "preset: expected one of SmolLM2-135M, BERT base, "),
    ],
)
def test_a_bad_trait_is_named_with_its_value_and_what_was_expected(traits, message):
    with pytest.raises(traitlets.TraitError, match=re.escape(message)):
        CostCalculator(**traits)


def test_a_trait_that_is_set_later_is_checked_against_the_others():
    widget = CostCalculator("GPT-2 small")
    with pytest.raises(traitlets.TraitError, match="num_heads: expected a divisor of d_model = 1000, got 12"):
        widget.d_model = 1000
    assert widget.preset == "GPT-2 small"
    with widget.hold_trait_notifications():
        widget.d_model, widget.num_heads, widget.num_kv_heads = 1000, 20, 4
    assert (widget.d_model, widget.preset) == (1000, None)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("SmolLM2-135M", 134_515_008),
        ("BERT base", 109_482_240 - 768 * 769),  # published with a layer on top of its first token
        ("GPT-2 small", 124_439_808),
        ("GPT-2 XL", 1_557_611_200),
        ("LLaMA-7B", 6_738_415_616),
        ("Llama 3 8B", 8_030_261_248),
        ("Llama 2 70B", 68_976_648_192),
    ],
)
def test_published_models_have_their_published_number_of_parameters(name, parameters):
    assert CostCalculator(name).costs.parameters == parameters


def test_gpt_3_comes_to_what_its_paper_gives_in_rounded_numbers():
    """Brown et al. (2020), tables 2.1 and D.1: 175.0 billion, 3.14e23 operations without looking back."""
    costs = CostCalculator("GPT-3 175B").costs
    assert costs.parameters == pytest.approx(174.6e9, rel=1e-3)
    without = costs.training_flops * (costs.token_flops - costs.mixing_flops) / costs.token_flops
    assert without == pytest.approx(3.14e23, rel=1e-2)


@pytest.mark.parametrize(("name", "hours"), [("LLaMA-7B", 82_432), ("Llama 2 70B", 1_720_320)])
def test_the_gpu_hours_of_two_papers(name, hours):
    """Touvron et al. (2023), table 15 and table 2: at 46 % of an A100's peak, within 1 %."""
    widget = CostCalculator(name)
    assert f"{hours:,} hours of A100" in PRESETS[name]["note"]
    assert widget.costs.training_seconds / 3600 == pytest.approx(hours, rel=0.01)
    assert widget.costs.training_joules == pytest.approx(widget.costs.training_seconds * 400)


@pytest.mark.parametrize("name", PRESETS)
def test_the_parts_make_the_whole_that_attend_cost_counts(name):
    widget = CostCalculator(name, context=777, batch=3, dtype="int4")
    costs, preset = widget.costs, PRESETS[name]
    sizes = [preset[size] for size in ("num_layers", "d_model", "num_heads", "d_ff", "vocabulary")]
    shared = {"num_kv_heads": preset["num_kv_heads"], "gated": preset["gated"]}
    variant = {option: preset[option] for option in ("tied", "bias", "norm_bias")}
    assert costs.parameters == cost.decoder_only_parameters(*sizes, preset["positions"], **variant, **shared)
    assert costs.parameters == costs.tables + costs.attention + costs.feed_forward + costs.norms
    flops = costs.projection_flops + costs.feed_forward_flops + costs.output_flops + costs.mixing_flops
    assert costs.token_flops == flops
    assert costs.reading_flops == 3 * cost.decoder_only_flops(777, *sizes, **shared)
    assert costs.training_flops == 3 * costs.token_flops * widget.training_tokens
    assert costs.weight_bytes == -(-costs.parameters // 2)
    assert costs.stored_bytes == 3 * preset["num_layers"] * preset["num_heads"] * 777**2 * 2


def test_every_published_model_has_a_reference_and_is_known_by_its_sizes():
    bibliography = BIBLIOGRAPHY.read_text(encoding="utf-8")
    for name, preset in PRESETS.items():
        assert f"{{{preset['reference']}," in bibliography, name
        assert CostCalculator(name).preset == name
    assert CostCalculator().preset == "LLaMA-7B"


@pytest.mark.parametrize("traits", [{}, {"preset": "GPT-2 small", "dtype": "int8", "batch": 64}])
def test_without_a_page_there_is_a_picture_the_same_in_every_run(traits):
    widget, twin = CostCalculator(**traits), CostCalculator(**traits)
    (data, metadata), (twin_data, _) = widget._repr_mimebundle_(), twin._repr_mimebundle_()
    assert data["image/png"] == twin_data["image/png"]
    assert metadata["image/png"]["alt"] == widget.describe()
    assert data["text/plain"] == repr(widget) == f"CostCalculator: {widget.describe()}"


def test_alt_text_says_what_is_shown():
    assert CostCalculator().describe() == (
        "LLaMA-7B: 6,738,415,616 parameters; in bfloat16 the weights take 13.5 GB and the key/value cache of "
        "1 × 2,048 tokens 1.07 GB; a token costs 1.43e+10 FLOPs, training on 1e+12 tokens 4.29e+22 FLOPs"
    )
    assert CostCalculator(num_layers=1).describe().startswith("own sizes: ")


# ---------------------------------------------------------------- the page


def python_s(page):
    """The Python widget with the traits that the page holds now; it refuses a state that is not valid."""
    return CostCalculator(**{name: trait(page, name) for name in SETTINGS})


def box(page, name):
    return page.get_by_role("spinbutton", name=name, exact=True)


def slider(page, name):
    return page.get_by_role("slider", name=name, exact=True)


def open_table(page):
    page.get_by_text("The same as a table, to the last digit").click()
    page.locator("tbody tr").first.wait_for()  # filled after the click, when the page says that it opened


def table_counts(page):
    cells = page.locator("tbody td:nth-child(2)").all_inner_texts()[:-2]
    return [int(cell.replace(",", "")) for cell in cells]


def check_page(page):
    """The open table, the bars and the readout say what Python says."""
    costs = python_s(page).costs
    assert table_counts(page) == [value for value in costs if isinstance(value, int)]
    names = page.locator(".attend-cc-name b").all_inner_texts()
    memory = (costs.weight_bytes, costs.cache_bytes, costs.stored_bytes, costs.training_bytes)
    assert names == [bytes_text(value) for value in memory]
    widths = page.locator(".attend-cc-part").evaluate_all(
        "n => n.map((r) => parseFloat(r.getAttribute('width')))"
    )
    parts = [
        *(100 * part / costs.parameters for part in costs[:4]),
        *(100 * part / costs.token_flops for part in (costs.output_flops, *costs[9:11], costs.mixing_flops)),
        *(100 * value / max(memory) for value in memory[:3]), *4 * [25 * memory[3] / max(memory)],
    ]  # fmt: skip
    assert widths == pytest.approx(parts, abs=6e-4)
    facts = page.locator(".attend-cc-facts").inner_text()
    assert f"{bytes_text(costs.weight_bytes)}" in facts


@pytest.mark.parametrize("name", PRESETS)
def test_a_published_model_is_chosen(name, page):
    mount(page, CostCalculator("GPT-2 XL" if name == "LLaMA-7B" else "LLaMA-7B"))
    open_table(page)
    page.get_by_label("Model", exact=True).select_option(name)
    assert python_s(page).preset == name
    assert page.locator(".attend-cc-title").inner_text().startswith(f"{name}: ")
    assert PRESETS[name]["source"] in page.locator(".attend-cc-note").first.inner_text()
    assert box(page, "Key/value heads").input_value() == str(PRESETS[name]["num_kv_heads"])
    assert trait(page, "context") == PRESETS[name]["context"]
    check_page(page)


@pytest.mark.parametrize(
    ("name", "key", "value"),
    [
        ("Layers", "num_layers", 13), ("Width, d_model", "d_model", 1536), ("Heads", "num_heads", 24),
        ("Key/value heads", "num_kv_heads", 4), ("Inner width, d_ff", "d_ff", 1),
        ("Vocabulary", "vocabulary", 10_000_000), ("Learned positions", "positions", 0),
        ("Context, tokens, number", "context", 4097), ("Batch, texts, number", "batch", 64),
    ],
)  # fmt: skip
def test_every_size_changes_the_numbers_while_the_reader_types(name, key, value, page):
    mount(page, CostCalculator("GPT-2 small"))
    open_table(page)
    before = table_counts(page)
    box(page, name).fill(str(value))
    assert trait(page, key) == value
    assert table_counts(page) != before
    check_page(page)
    model = "GPT-2 small" if key in ("context", "batch") else "own"
    assert page.get_by_label("Model", exact=True).input_value() == model


def test_one_layer_less_and_a_number_in_full(page):
    mount(page, CostCalculator("GPT-2 small"))
    open_table(page)
    box(page, "Layers").fill("11")
    layer = cost.encoder_layer_parameters(768, 12, 3072)
    assert page.locator("tbody tr").nth(4).locator("td").first.inner_text() == f"{124_439_808 - layer:,}"
    assert page.locator(".attend-cc-title").inner_text() == "Own sizes: 117 million parameters"


@pytest.mark.parametrize(
    "name", ["Output tied to the table of tokens", "Gated feed-forward network", "Biases"]
)
def test_every_tick_changes_the_numbers_and_back(name, page):
    mount(page, CostCalculator("GPT-2 small"))
    open_table(page)
    before = table_counts(page)
    page.get_by_label(name, exact=True).press("Space")
    assert table_counts(page) != before
    check_page(page)
    page.get_by_label(name, exact=True).press("Space")
    assert table_counts(page) == before


def test_rms_norm_has_half_the_parameters(page):
    mount(page, CostCalculator("GPT-2 small"))
    open_table(page)
    page.get_by_label("Layer norm (else RMS norm)", exact=True).uncheck()
    assert page.locator("tbody tr").nth(3).locator("td").first.inner_text() == f"{25 * 768:,}"
    check_page(page)


@pytest.mark.parametrize("dtype", FORMATS)
def test_the_format_changes_the_memory(dtype, page):
    mount(page, CostCalculator("SmolLM2-135M", dtype="int8" if dtype == "bfloat16" else "bfloat16"))
    open_table(page)
    page.get_by_role("radio", name=dtype, exact=True).check()
    assert trait(page, "dtype") == dtype
    cautions = page.locator(".attend-cc-cautions")
    assert cautions.is_visible() == dtype.startswith("int")
    check_page(page)


def test_sliders_climb_by_doubling_and_by_tenths_of_a_decade(page):
    mount(page, CostCalculator())
    open_table(page)
    slider(page, "Context, tokens").press("ArrowRight")
    slider(page, "Batch, texts").press("ArrowRight")
    assert (trait(page, "context"), trait(page, "batch")) == (4096, 2)
    slider(page, "Training, 10⁹ tokens").press("ArrowRight")
    assert trait(page, "training_tokens") == 1_300_000_000_000
    slider(page, "Context, tokens").press("End")
    assert trait(page, "context") == WHOLE["context"][1]
    check_page(page)
    for name in ("Context, tokens", "Batch, texts", "Training, 10⁹ tokens", "Power, W", "Used, % of peak"):
        for key in ("Home", "End"):
            slider(page, name).press(key)
            check_page(page)


def test_time_and_energy_follow_the_device(page):
    mount(page, CostCalculator())
    facts = page.locator(".attend-cc-facts")
    assert "about 83,000 hours of this device (9.46 years) and 33.2 MWh" in facts.inner_text()
    box(page, "Used, % of peak, number").fill("92")
    assert "about 41,500 hours of this device (4.73 years) and 16.6 MWh" in facts.inner_text()
    box(page, "Power, W, number").fill("800")
    assert "(4.73 years) and 33.2 MWh" in facts.inner_text()
    box(page, "Peak, TFLOP/s, number").fill("624")
    assert "(2.37 years) and 16.6 MWh" in facts.inner_text()
    box(page, "Training, 10⁹ tokens, number").fill("0.5")
    assert trait(page, "training_tokens") == 500_000_000
    assert "training on 500 million tokens" in facts.inner_text()


@pytest.mark.parametrize(
    ("name", "written", "message"),
    [
        ("Heads", "7", "Heads: expected a divisor of d_model = 768, got 7."),
        ("Width, d_model", "770", "Heads: expected a divisor of d_model = 770, got 12."),
        ("Key/value heads", "5", "Key/value heads: expected a divisor of heads = 12, got 5."),
        ("Layers", "0", "Layers: expected a whole number from 1 to 1000, got 0."),
        ("Layers", "2.5", "Layers: expected a whole number from 1 to 1000, got 2.5."),
        ("Vocabulary", "", "Vocabulary: expected a whole number from 1 to 10000000, got nothing that reads"),
        (
            "Context, tokens, number",
            "0",
            "Context, tokens: expected a whole number from 1 to 16777216, got 0.",
        ),
        ("Used, % of peak, number", "0", "Used, % of peak: expected a number from 0.1 to 100, got 0."),
        ("Training, 10⁹ tokens, number", "2e6", "expected a number from 0.000001 to 1000000, got 2e6."),
    ],
)
def test_bad_input_is_explained_in_place_and_the_widget_lives_on(name, written, message, page):
    mount(page, CostCalculator("GPT-2 small"))
    open_table(page)
    before = table_counts(page)
    box(page, name).fill(written)
    problem = page.get_by_role("alert").filter(visible=True)
    assert message in problem.inner_text()
    at_fault = page.locator("input[aria-invalid=true]")
    assert at_fault.get_attribute("aria-describedby") == problem.get_attribute("id")
    assert table_counts(page) == before
    assert axe_violations(page) == []
    page.get_by_role("radio", name="int4", exact=True).check()
    assert problem.count() == 1, "what is wrong stays wrong"
    check_page(page)
    page.get_by_label("Model", exact=True).select_option("Llama 3 8B")
    box(page, name).fill({"Heads": "16", "Width, d_model": "8192"}.get(name, "4"))
    assert page.get_by_role("alert").filter(visible=True).count() == 0
    check_page(page)


def test_letters_in_a_number_box(page):
    mount(page, CostCalculator())
    box(page, "Layers").press("Control+a")
    box(page, "Layers").press_sequentially("e")
    assert "got nothing that reads as a number" in page.get_by_role("alert").filter(visible=True).inner_text()
    assert trait(page, "num_layers") == 32


def test_two_sizes_that_fit_only_together_are_changed_one_after_the_other(page):
    mount(page, CostCalculator("GPT-2 small"))
    open_table(page)
    stale = page.get_by_text("The numbers below are still those of the last sizes")
    box(page, "Width, d_model").fill("1000")
    assert stale.is_visible()
    assert trait(page, "d_model") == 768
    box(page, "Heads").fill("20")
    assert (
        "Key/value heads: expected a divisor" in page.get_by_role("alert").filter(visible=True).inner_text()
    )
    box(page, "Key/value heads").fill("4")
    assert [trait(page, name) for name in ("d_model", "num_heads", "num_kv_heads")] == [1000, 20, 4]
    assert stale.is_hidden()
    assert page.get_by_role("alert").filter(visible=True).count() == 0
    check_page(page)


def test_python_s_changes_show_and_are_not_sent_back(page):
    mount(page, CostCalculator("GPT-2 small"))
    open_table(page)
    box(page, "Heads").fill("7")  # a draft that gives way
    set_traits(page, num_layers=2, dtype="float32", gated=True, batch=5)
    assert box(page, "Layers").input_value() == "2"
    assert box(page, "Heads").input_value() == "12"
    assert page.get_by_role("alert").filter(visible=True).count() == 0
    assert page.get_by_role("radio", name="float32", exact=True).is_checked()
    assert page.get_by_label("Gated feed-forward network").is_checked()
    check_page(page)
    assert page.evaluate("window.model.saved") == 0


def test_by_keyboard_alone(page):
    mount(page, CostCalculator("GPT-2 small"))
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    assert python_s(page).preset == "GPT-2 XL"
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowUp")
    assert trait(page, "num_layers") == 49
    assert page.locator(".attend-cc-title").inner_text().startswith("Own sizes: ")


def test_the_live_region_speaks_once_the_hand_rests(page):
    mount(page, CostCalculator("GPT-2 small"))
    box(page, "Layers").fill("24")
    page.wait_for_function(
        "document.querySelector('[aria-live=polite]').textContent.includes('209 million parameters')"
    )
    slider(page, "Context, tokens").press("ArrowRight")
    page.wait_for_function(
        "document.querySelector('[aria-live=polite]').textContent.includes('longer than the 1,024 learned')"
    )


def test_touch_at_phone_width(open_page):
    page = open_page(viewport={"width": 375, "height": 800}, has_touch=True, is_mobile=True)
    mount(page, CostCalculator())
    page.get_by_role("radio", name="int4", exact=True).tap()
    assert trait(page, "dtype") == "int4"
    page.get_by_label("Biases", exact=True).tap()
    assert trait(page, "bias") is True
    page.get_by_text("Where these numbers are rough").tap()
    assert page.get_by_text("Time is FLOPs over the used part of the peak").is_visible()
    assert small_targets(page) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_violation_and_no_sideways_scroll(theme, page):
    page.set_viewport_size({"width": 375, "height": 800})
    mount(page, CostCalculator("BERT base", dtype="int8"), theme=theme)
    open_table(page)
    page.get_by_text("Where these numbers are rough").click()
    largest = {name: high for name, (_, high) in (WHOLE | FRACTIONS).items()}
    for traits in ({}, {"context": 100_000}, largest):
        set_traits(page, **traits)
        assert axe_violations(page) == [], traits
        assert sideways_overflow(page) == 0, traits


def test_clean_up_leaves_nothing_behind(page):
    mount(page, CostCalculator())
    assert page.evaluate("window.model.listening()") == len(SETTINGS)
    page.evaluate("window.unmount()")
    assert page.locator("#widget").inner_html() == ""
    assert page.evaluate("window.model.listening()") == 0
    set_traits(page, batch=2)
    page.wait_for_timeout(450)
    assert page.locator("#widget").inner_html() == ""
