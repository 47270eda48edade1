"""What every page of the built site owes its reader."""

import gzip
import re
from urllib.parse import urlsplit

import pytest
from built_site import SITE
from readers import PHONE, wcag_violations

MOST_KILOBYTES = 200
PICTURES = (".png", ".jpg", ".gif", ".webp")
COMPRESSED = (".html", ".css", ".js", ".json", ".svg", ".webmanifest", "")
MOST_TABS = 1500
# Notes the widget that has the focus, and what shows no sign of it; true once the focus has left the page.
WHERE_FOCUS_IS = """() => {
  const here = document.activeElement;
  if (!here || here === document.body) return true;
  const widget = here.closest(".attend-widget[data-widget]");
  if (widget) met.add(widget);
  const style = getComputedStyle(here);
  const ring = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
  if (!ring && style.boxShadow === "none") bare.push(here.outerHTML.slice(0, 120));
  return false;
}"""


def test_asks_no_other_host_and_reports_no_error(visit, base, path):
    seen = visit().open(base + path)
    assert {urlsplit(url).netloc for url in seen.requests} == {urlsplit(base).netloc}
    assert seen.problems == []


def test_weighs_little(visit, base, path):
    """What comes with the page, compressed as a host would, pictures aside."""
    seen = visit().open(base + path)
    seen.page.wait_for_load_state("networkidle")
    files = {SITE / urlsplit(url).path.removeprefix(urlsplit(base).path) for url in seen.requests}
    bodies = {file: file.read_bytes() for file in files if file.suffix not in PICTURES}
    weights = {
        file.name: len(gzip.compress(body, 9) if file.suffix in COMPRESSED else body)
        for file, body in bodies.items()
    }
    assert path.rpartition("/")[2] in weights
    assert sum(weights.values()) <= 1000 * MOST_KILOBYTES, weights


def test_a_strict_policy_is_in_force(path):
    page = (SITE / path).read_text(encoding="utf-8")
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)[1]
    directives = dict(part.split(maxsplit=1) for part in policy.replace("&#39;", "'").split("; "))
    assert directives["default-src"] == "'self' file:"
    assert directives["object-src"] == directives["base-uri"] == "'none'"
    assert "unsafe" not in policy
    assert "http" not in policy


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_meets_wcag(visit, base, path, scheme):
    seen = visit(color_scheme=scheme, reduced_motion="reduce").open(base + path)
    # Folded parts count as well.
    seen.page.evaluate("document.querySelectorAll('details').forEach((fold) => (fold.open = true))")
    assert wcag_violations(seen.page) == []


def test_a_chosen_theme_is_there_before_the_page_is_drawn(visit, base, path):
    seen = visit(color_scheme="light")
    # Reads the theme at the first moment at which anything could have been drawn.
    seen.page.add_init_script(
        "try { localStorage.setItem('theme', 'dark') } catch {}"
        "requestAnimationFrame(function look() {"
        "  const body = document.body;"
        "  if (!body?.querySelector('.page')) return requestAnimationFrame(look);"
        "  window.firstTheme = body.dataset.theme;"
        "})"
    )
    seen.open(base + path)
    seen.page.wait_for_function("window.firstTheme")
    assert seen.page.evaluate("window.firstTheme") == "dark"


def test_does_not_scroll_sideways_on_a_phone(visit, base, path):
    page = visit(**PHONE).open(base + path).page
    page.evaluate("document.querySelectorAll('details').forEach((fold) => (fold.open = true))")
    # Furo lets the whole column of text scroll and hides what sticks out of <html>, so the width of the page
    # alone says nothing: whatever is wider must scroll in a box of its own.
    wide = page.evaluate(
        """() => {
          const boxed = ["auto", "scroll", "hidden", "clip"];
          const scrolls = (node) => node && !node.matches(".content, body") &&
            (boxed.includes(getComputedStyle(node).overflowX) || scrolls(node.parentElement));
          return [...document.querySelectorAll("article *, footer *")]
            .filter((node) => node.getClientRects().length)
            .filter((node) => node.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
            .filter((node) => !scrolls(node.parentElement) && !node.closest("math, svg"))
            .map((node) => node.outerHTML.slice(0, 120));
        }"""
    )
    assert wide == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_reads_without_javascript(visit, base, path):
    page = visit(java_script_enabled=False).page
    page.goto(base + path)
    assert page.locator("article h1").is_visible()
    for formula in page.locator("article math").all():
        assert formula.bounding_box() or not formula.is_visible()
    for picture in page.locator("article img").all():
        assert picture.get_attribute("alt")
    for widget in page.locator(".attend-widget").all():
        # Its still picture, or its text, stands in its place, with a line that says what is missing.
        assert widget.locator("noscript, p").first.is_visible()
        assert widget.bounding_box()["height"] > 60


def test_works_from_disk(visit, path):
    seen = visit().open((SITE / path).as_uri())
    assert seen.problems == []
    assert all(url.startswith(("file:", "data:")) for url in seen.requests)
    assert seen.page.evaluate(
        "[...document.querySelectorAll('.attend-widget[data-widget]')].every(w => w.dataset.state === 'live')"
    )
    # The style sheet has come: Furo's column for the text is in effect.
    assert seen.page.evaluate("getComputedStyle(document.querySelector('.page')).display") == "flex"


def test_shows_focus_and_starts_with_a_skip_link(visit, base, path):
    page = visit().open(base + path).page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent.trim()") == "Skip to content"
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#furo-main-content"


def test_the_tab_key_goes_through_the_page_and_into_every_widget(visit, base, path):
    """From the first link to the last control, never caught, with a visible ring."""
    page = visit().open(base + path).page
    page.evaluate("document.querySelectorAll('details').forEach((fold) => (fold.open = true))")
    controls = page.locator(":is(button, input, select, summary, [tabindex='0'])")
    widgets = page.locator(".attend-widget[data-widget]", has=controls).count()  # others are text alone
    page.evaluate("window.met = new Set(); window.bare = []")
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if page.evaluate(WHERE_FOCUS_IS):
            break
    else:
        pytest.fail(f"{MOST_TABS} presses of Tab did not lead through the page")
    assert page.evaluate("met.size") == widgets
    assert page.evaluate("bare") == []
