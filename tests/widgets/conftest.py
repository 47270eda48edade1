"""A page a test, in the browser that all tests share; the test fails on any error that the page reports."""

import pytest


@pytest.fixture
def open_page(browser):
    """A function that opens a page, with the options of Playwright's ``new_context``."""
    contexts, errors = [], []

    def open_(**options):
        context = browser.new_context(**{"viewport": {"width": 1000, "height": 900}, **options})
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture
def page(open_page):
    return open_page()
