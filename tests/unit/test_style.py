"""The palette reads: letters reach WCAG AA contrast, controls too, and the CSS says what the table says."""

import re

import pytest
from matplotlib.colors import to_rgb

from attend import style


def luminance(colour: str) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted(map(luminance, (one, other)))
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_computed_as_wcag_defines_it():
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("shade", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("ground", ["paper", "surface"])
@pytest.mark.parametrize(
    "name", ["ink", "muted", "good", "bad", *(n for n in style.TOKENS if n.endswith("-text"))]
)
def test_letters_reach_4_5_to_1(name, ground, shade):
    assert contrast(style.TOKENS[name][shade], style.TOKENS[ground][shade]) >= 4.5


@pytest.mark.parametrize("shade", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("name", ["control", "focus", *(f"head-{n + 1}" for n in range(style.HEAD_COLOURS))])
def test_controls_focus_rings_and_heads_reach_3_to_1(name, shade):
    assert contrast(style.TOKENS[name][shade], style.TOKENS["paper"][shade]) >= 3


def test_css_defines_every_token_light_and_dark():
    css = style.css()
    for name, (light, dark) in style.TOKENS.items():
        values = re.findall(rf"--attend-{name}:(#\w+);", css)
        assert values == [light, dark, dark], name


def test_paper_is_never_dark():
    """Each rule with dark values stands within a condition that begins with the screen."""
    dark = style.TOKENS["paper"][1]
    outside = re.sub(r"@media screen( and \([^)]*\))?\{.*?\}\}", "", style.css())
    assert dark not in outside
    assert style.TOKENS["paper"][0] in outside


def test_query_key_value_are_okabe_and_ito_s():
    assert (style.QUERY, style.KEY, style.VALUE) == ("#0072B2", "#E69F00", "#009E73")


def test_no_other_file_names_a_colour():
    from pathlib import Path

    root = Path(style.__file__).parents[2]
    places = [*root.glob("src/attend/**/*.*"), *root.glob("book/_static/*.css"), *root.glob("book/_ext/*.py")]
    sources = [p for p in places if p.suffix in {".py", ".js", ".css"} and p.name != "style.py"]
    assert len(sources) > 5
    # Not preceded by "&": an HTML entity such as &#8722; is no colour.
    named = [
        p.name for p in sources if re.search(r"(?<!&)#[0-9A-Fa-f]{6}\b|\brgba?\(\s*\d", p.read_text("utf-8"))
    ]
    assert named == []
