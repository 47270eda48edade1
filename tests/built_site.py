"""The site that `make book` has built: where it lies and which pages it has."""

import os
from pathlib import Path

ROOT = Path(__file__).parents[1]
# The variable names another build to test.
SITE = Path(os.environ.get("BUILT_SITE", ROOT / "_build" / "html"))


def built_pages() -> list[str]:
    """Return every page as a path within the site; none if it is not built.

    Not the redirect at the top, and not the page for what is not found, which test_not_found.py has.
    """
    pages = sorted(path.relative_to(SITE).as_posix() for path in SITE.rglob("*.html"))
    return [page for page in pages if page not in ("index.html", "404.html")]
