"""How a reader may come to a page, and what axe says of it, for the tests of the site."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

PHONE = {"viewport": {"width": 375, "height": 812}, "has_touch": True, "is_mobile": True}
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


def wcag_violations(page: Page) -> list[tuple[str, str]]:
    """Return each rule of WCAG 2.2 AA that the page breaks, with the element at fault."""
    found = Axe().run(page, options=RULES).response["violations"]
    return [(rule["id"], node["html"][:200]) for rule in found for node in rule["nodes"]]
