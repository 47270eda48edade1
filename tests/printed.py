"""What can be read off a page of a PDF."""

from pypdf import PageObject

MARGIN = 19 / 25.4 * 72  # the bottom margin of the site's @page rule, in points


def foot(page: PageObject) -> str:
    """Return what stands in the bottom margin of a page, as large as the style sheet says.

    Chromium makes all that it prints smaller when something is wider than the page.
    """
    found: list[str] = []
    scales: set[float] = set()

    def see(text: str, matrix: list[float], own: list[float], font: object, size: float) -> None:
        if text.strip():
            scales.add(round(matrix[0], 3))
        if own[5] * matrix[3] + matrix[5] < MARGIN:
            found.append(text)

    page.extract_text(visitor_text=see)
    assert scales == {72 / 96}
    return "".join(found).strip()
