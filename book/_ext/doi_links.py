"""When links to other sites are checked, ask the DOI registry whether a DOI is there.

A publisher's page, to which https://doi.org leads, often refuses programs, and that says nothing about the
link.
"""

from __future__ import annotations

from sphinx.application import Sphinx

RESOLVER, REGISTRY = "https://doi.org/", "https://doi.org/api/handles/"


def ask_registry(app: Sphinx, uri: str) -> str | None:
    """Return the registry's address for a DOI's link; None leaves the link as it is."""
    return REGISTRY + uri.removeprefix(RESOLVER) if uri.startswith(RESOLVER) else None


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("linkcheck-process-uri", ask_registry)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
