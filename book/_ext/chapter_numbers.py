"""Number chapters by the number they carry, not by their place in the table of contents.

A chapter's metadata says ``chapter: 5``. Its sections become 5.1, 5.2 and so on, its figures Figure 5.1 and
its equations (5.1), whether or not the chapters before it are on the site. Other pages stay unnumbered.
"""

from __future__ import annotations

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.environment.collectors.toctree import TocTreeCollector
from sphinx.errors import ExtensionError
from sphinx_external_toc.collectors import TocTreeCollectorWithStyles

DEPTH = 2  # chapter and section; anything deeper reads better without a number


def chapter_of(env: BuildEnvironment, docname: str) -> int | None:
    """Return the chapter number in the page's metadata, or None; raises ExtensionError if it is no number."""
    value = env.metadata.get(docname, {}).get("chapter")
    if value is None:
        return None
    try:
        return int(value)
    except ValueError:
        raise ExtensionError(f"{docname}: 'chapter' must be a whole number, not {value!r}.") from None


def assign_section_numbers(collector: TocTreeCollector, env: BuildEnvironment) -> list[str]:
    """Fill ``env.toc_secnumbers``, from which Sphinx numbers headings, figures and equations.

    Stands in for the method of the same name in Sphinx, and like it returns the pages to write again.
    """
    before, env.toc_secnumbers = env.toc_secnumbers, {}
    owner: dict[int, str] = {}
    for docname in sorted(env.tocs):
        chapter = chapter_of(env, docname)
        if chapter is None:
            continue
        if chapter in owner:
            raise ExtensionError(f"{docname} and {owner[chapter]} both say that they are chapter {chapter}.")
        owner[chapter] = docname
        numbers: dict[str, tuple[int, ...]] = {}
        _number(env.tocs[docname], (), chapter, numbers)
        env.titles[docname]["secnumber"] = (chapter,)
        env.toc_secnumbers[docname] = numbers
    changed = env.toc_secnumbers.keys() ^ before.keys()
    return sorted(
        docname
        for docname in env.tocs
        if docname in changed or env.toc_secnumbers.get(docname) != before.get(docname)
    )


def _number(
    bullets: nodes.Element, prefix: tuple[int, ...], first: int, numbers: dict[str, tuple[int, ...]]
) -> None:
    items = (item for item in bullets.children if isinstance(item, nodes.list_item))
    for count, item in enumerate(items, start=first):
        number = (*prefix, count) if len(prefix) < DEPTH else ()
        for child in item.children:
            if isinstance(child, addnodes.compact_paragraph):
                reference = child[0]
                numbers[reference["anchorname"]] = number
                reference["secnumber"] = number or None
            elif isinstance(child, nodes.bullet_list):
                _number(child, number or prefix, 1, numbers)


def setup(app: Sphinx) -> dict[str, bool]:
    # Jupyter Book's table of contents brings a collector of its own, which would number once more.
    TocTreeCollectorWithStyles.assign_section_numbers = assign_section_numbers
    return {"parallel_read_safe": True, "parallel_write_safe": True}
