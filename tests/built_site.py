"""The site that `make book` has built: where it lies and which pages it has."""

import os
from pathlib import Path

ROOT = Path(__file__).parents[1]
# The variable names another build to test.
SITE = Path(os.environ.get("BUILT_SITE", ROOT / "_build" / "html"))


def built_pages() -> list[str]:
    """Return every page but the redirect at the top, as paths within the site; none if it is not built."""
    pages = sorted(path.relative_to(SITE).as_posix() for path in SITE.rglob("*.html"))
    return [page for page in pages if page != "index.html"]
