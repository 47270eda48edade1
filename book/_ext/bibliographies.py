"""Let every chapter list what it cites, while citations link to one place, the references page.

Two bibliographies with the same work would be two targets for one citation, which Sphinx refuses. Only the
references page makes targets; a ``{bibliography}`` elsewhere is a plain list.
"""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx
from sphinxcontrib.bibtex.directives import BibliographyDirective

REFERENCES = "book/references"


class PageBibliography(BibliographyDirective):
    """``{bibliography}``, a plain list on every page but one."""

    def run(self) -> list[nodes.Node]:
        if self.env.docname != REFERENCES:
            self.options.setdefault("list", "bullet")
        return super().run()


def setup(app: Sphinx) -> dict[str, bool]:
    app.setup_extension("sphinxcontrib.bibtex")
    app.add_directive("bibliography", PageBibliography, override=True)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
