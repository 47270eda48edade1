"""The architecture diagrams: what they hold, that they link, follow the page's colours and never change."""

import re
from xml.etree import ElementTree

import pytest

from attend.plots import architecture
from attend.style import TOKENS

SVG = "{http://www.w3.org/2000/svg}"
DRAWINGS = (architecture.blocks, architecture.encoder_decoder, architecture.families)


def parse(drawing):
    return ElementTree.fromstring(drawing._repr_html_())


def words(tree):
    return [text.text for text in tree.iter(f"{SVG}text")]


@pytest.mark.parametrize("draw", DRAWINGS)
def test_a_drawing_is_whole_named_and_the_same_in_every_run(draw):
    tree = parse(draw())
    assert draw()._repr_html_() == draw()._repr_html_()
    ids = [node.get("id") for node in tree.iter() if node.get("id")]
    assert len(ids) == len(set(ids)) == 3
    assert set(tree.get("aria-labelledby").split()) <= set(ids)
    assert tree.find(f"{SVG}title").text
    assert len(tree.find(f"{SVG}desc").text) > 80
    assert repr(draw()) == f"Diagram: {tree.find(f'{SVG}title').text}"


@pytest.mark.parametrize("draw", DRAWINGS)
def test_everything_stays_within_the_drawing_and_boxes_do_not_overlap(draw):
    tree = parse(draw())
    _, _, width, height = map(float, tree.get("viewBox").split())
    assert width <= 343, "it must fit a phone of 375 pixels"
    boxes = [r for r in tree.iter(f"{SVG}rect") if not r.get("stroke-dasharray")]
    corners = [[float(r.get(side)) for side in ("x", "y", "width", "height")] for r in boxes]
    for x, y, w, h in corners:
        assert 0 <= x <= x + w <= width
        assert 0 <= y <= y + h <= height
    for i, (x, y, w, h) in enumerate(corners):
        for a, b, c, d in corners[:i]:
            assert x + w <= a or a + c <= x or y + h <= b or b + d <= y
    for line in tree.iter(f"{SVG}polyline"):
        for x, y in (map(float, point.split(",")) for point in line.get("points").split()):
            assert 0 <= x <= width
            assert 0 <= y <= height


@pytest.mark.parametrize("draw", DRAWINGS)
def test_nothing_that_the_site_s_policy_refuses_and_every_colour_a_token(draw):
    html = draw({"attention": "a.html"})._repr_html_()
    assert "style=" not in html
    assert "<style" not in html
    for colour in re.findall(r'(?:fill|stroke)="([^"]+)"', html):
        if colour != "none":
            token, light = re.fullmatch(r"var\(--attend-([\w-]+), (#\w+)\)", colour).groups()
            assert TOKENS[token][0] == light


def test_named_boxes_are_links_and_others_are_not():
    tree = parse(architecture.blocks({"norm": "x.html?a=1&b=2#n"}))
    links = list(tree.iter(f"{SVG}a"))
    assert [words(link) for link in links] == [["norm"]] * 4
    assert {link.get("href") for link in links} == {"x.html?a=1&b=2#n"}
    assert list(parse(architecture.blocks()).iter(f"{SVG}a")) == []


def order(tree, low, high):
    """The words in a band of x, from the bottom up."""
    found = [t for t in tree.iter(f"{SVG}text") if low <= float(t.get("x")) < high]
    return [t.text for t in sorted(found, key=lambda t: -float(t.get("y")))]


def test_post_ln_normalises_the_sum_and_pre_ln_what_is_read():
    tree = parse(architecture.blocks())
    assert order(tree, 0, 170) == ["post-LN", "self-attention", "add", "norm", "feed-forward", "add", "norm"]
    assert order(tree, 170, 340) == ["pre-LN", "norm", "self-attention", "add", "norm", "feed-forward", "add"]


def test_the_decoder_crosses_to_the_encoder_and_only_the_decoder_predicts():
    tree = parse(architecture.encoder_decoder())
    texts = words(tree)
    assert texts.count("cross-attention") == texts.count("masked self-attention") == 1
    assert texts.count("× 6") == texts.count("feed-forward") == 2
    right = [t for t in order(tree, 200, 340) if t != "× 6"]
    assert right == [
        "target so far", "embedding", "add position", "masked self-attention", "add, norm", "cross-attention",
        "add, norm", "feed-forward", "add, norm", "output layer", "softmax", "next token",
    ]  # fmt: skip


def test_two_drawings_on_a_page_need_two_names():
    first, second = architecture.blocks(), architecture.blocks(name="other")
    assert "diagram-blocks-head" in first._repr_html_()
    assert "diagram-blocks" not in second._repr_html_()


def test_text_is_escaped():
    drawing = architecture.Diagram("d", "<t>", "a & b", 100, 100)
    drawing.box("x", "<b>", 0, 0, 50)
    assert words(parse(drawing)) == ["<b>"]
