"""Previews of what a link leads to: here and on other pages, by mouse and by keyboard, never in the way."""

from __future__ import annotations

import shutil

import pytest
from readers import wcag_violations

CITATION = "article .bibtex-citation a"
HERE, THERE = "book/part/chapter.html", "book/part/other.html"
SHOWN = {
    (HERE, "a[href='#equation-eq-sum']"): "a=b+c(3.1)",
    (HERE, "a[href='#fig-dot']"): "Figure 3.1 A dot, and nothing else.",
    (HERE, "a.footnote-reference"): "A remark in a footnote.",
    (HERE, "a:has(.std-term)"): "What a query is compared with.",
    (HERE, "a:has(strong)"): "What a query is compared with.",
    (HERE, ".bibtex-citation a"): "Attention is all you need.",
    (THERE, "a[href$='#equation-eq-sum']"): "a=b+c(3.1)",
    (THERE, "a[href$='#fig-dot']"): "Figure 3.1 A dot, and nothing else.",
    (THERE, "a:has(.std-term)"): "What a query is compared with.",
    (THERE, ".bibtex-citation a"): "Attention is all you need.",
}


@pytest.fixture
def seen(visit, small_site):
    return visit().open((small_site / THERE).as_uri())


@pytest.mark.parametrize(("page", "link"), SHOWN)
def test_shows_what_a_link_leads_to(visit, small_site, page, link):
    seen = visit().open((small_site / page).as_uri())
    ids = "[...document.querySelectorAll('[id]')].map(node => node.id)"
    before = seen.page.evaluate(ids)
    assert len(before) == len(set(before))
    seen.page.locator(f"article {link}").first.hover()
    preview = seen.page.locator(".preview")
    preview.wait_for()
    assert SHOWN[page, link] in " ".join(preview.text_content().split())
    # A copy brings no second target of the same name, and no link that stands for the original.
    after = seen.page.evaluate(ids)
    assert len(after) == len(set(after))
    assert preview.locator(".headerlink, .backrefs").count() == 0
    assert seen.problems == []


def test_a_picture_and_a_link_from_another_page_keep_their_addresses(seen, small_site):
    seen.page.locator("article a[href$='#fig-dot']").hover()
    picture = seen.page.locator(".preview img")
    picture.wait_for()
    assert picture.evaluate("picture => picture.decode().then(() => picture.naturalWidth)") == 60
    seen.page.locator("article a:has(.std-term)").hover()
    link = seen.page.locator(".preview a")
    link.wait_for()
    assert link.evaluate("link => link.href") == (small_site / HERE).as_uri()


def test_stays_under_the_pointer_and_goes_when_it_leaves(seen):
    page = seen.page
    page.locator(CITATION).hover()
    preview = page.locator(".preview")
    preview.hover()
    page.wait_for_timeout(600)
    assert preview.is_visible()
    page.mouse.move(5, 5)
    preview.wait_for(state="hidden")


def test_escape_dismisses_it_while_pointer_and_focus_stay(seen):
    page = seen.page
    page.locator(CITATION).hover()
    page.locator(".preview").wait_for()
    page.keyboard.press("Escape")
    assert page.locator(".preview").is_hidden()
    link = page.locator("article a:has(.std-term)")
    page.locator("article a[href$='#fig-dot']").focus()
    page.keyboard.press("Tab")
    assert link.evaluate("link => link === document.activeElement")
    page.locator(".preview").wait_for()
    page.keyboard.press("Escape")
    assert page.locator(".preview").is_hidden()
    assert link.evaluate("link => link === document.activeElement")


def test_a_screen_reader_hears_it_as_the_links_description(seen):
    page = seen.page
    page.locator("article a[href$='#fig-dot']").focus()
    page.keyboard.press("Tab")
    page.locator(".preview").wait_for()
    link = page.locator("article a:has(.std-term)")
    assert link.get_attribute("aria-describedby") == page.locator(".preview").get_attribute("id")
    assert "What a query is compared with." in page.locator(".preview").text_content()
    page.keyboard.press("Tab")
    page.locator(".preview", has_text="Vaswani").wait_for()
    assert link.get_attribute("aria-describedby") is None
    # The preview adds no stops to the keyboard's way through the page.
    assert page.locator(".preview a").first.get_attribute("tabindex") == "-1"


def test_a_tap_follows_the_link(visit, small_site):
    page = visit(has_touch=True).open((small_site / HERE).as_uri()).page
    page.locator("a[href='#equation-eq-sum']").first.tap()
    page.wait_for_url("**#equation-eq-sum")
    page.wait_for_timeout(500)
    assert page.locator(".preview:visible").count() == 0


def test_lies_within_a_narrow_window(visit, small_site):
    page = visit(viewport={"width": 375, "height": 700}).open((small_site / THERE).as_uri()).page
    page.locator(CITATION).hover()
    page.locator(".preview").wait_for()
    box = page.locator(".preview").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 375
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_meets_wcag_while_it_is_open(visit, small_site, scheme):
    page = visit(color_scheme=scheme).open((small_site / THERE).as_uri()).page
    page.locator(CITATION).hover()
    page.locator(".preview").wait_for()
    assert wcag_violations(page) == []


def test_other_links_have_none_and_nothing_is_loaded_for_them(seen):
    page = seen.page
    page.get_by_role("link", name="link to a section").hover()
    page.wait_for_timeout(500)
    assert page.locator(".preview:visible").count() == 0
    assert not any("previews/" in url for url in seen.requests)


def test_where_a_file_is_missing_the_reference_on_the_page_serves(visit, small_site, tmp_path):
    site = shutil.copytree(small_site, tmp_path / "site")
    shutil.rmtree(site / "_static" / "previews")
    page = visit().open((site / THERE).as_uri()).page
    page.locator(CITATION).hover()
    page.locator(".preview", has_text="Attention is all you need.").wait_for()
    page.locator("article a:has(.std-term)").hover()
    page.locator(".preview").wait_for(state="hidden")
    page.locator(CITATION).click()
    page.wait_for_url("**/references.html#*")
