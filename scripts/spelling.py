"""Check the spelling of the prose: ``python scripts/spelling.py`` prints unknown words and where they stand.

A word is known if the dictionary of ``pyspellchecker`` has it, or ``book/words.txt``, the names and terms of
this book. Code, formulas, links and roles are left out; quizzes, captions and alt texts count.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from spellchecker import SpellChecker

ROOT = Path(__file__).resolve().parent.parent
OWN_WORDS = ROOT / "book" / "words.txt"
# Latin letters, pinyin's included: a spelling check has nothing to say about other scripts.
_LETTERS = r"[A-Za-z\u00c0-\u024f]+"
_WORD = re.compile(rf"{_LETTERS}(?:['’]{_LETTERS})*")
_NOT_PROSE = re.compile(
    r"```.*?```|`+[^`]*`+"  # code
    r"|\$\$.*?\$\$|\$[^$]*\$"  # formulas
    r"|\{[\w:-]+\}|(?<=\])\([^)]*\)|<[^>]*>|https?://\S+"  # roles, targets of links, tags, addresses
    r"|^---\n.*?\n---\n",
    re.DOTALL,
)


def sources(root: Path = ROOT) -> list[Path]:
    """Return the files with prose in them."""
    book = (path for suffix in ("md", "ipynb", "quiz.json") for path in (root / "book").rglob(f"*.{suffix}"))
    return [path for path in sorted([*root.glob("*.md"), *book]) if ".ipynb_checkpoints" not in path.parts]


def words(path: Path) -> list[str]:
    """Return the words of the prose in a Markdown file, a notebook or a quiz, in order."""
    return _WORD.findall(_NOT_PROSE.sub(" ", _text(path)))


def _text(path: Path) -> str:
    raw = path.read_text(encoding="utf-8")
    if path.suffix == ".json":
        return "\n".join(_strings(json.loads(raw)))
    if path.suffix != ".ipynb":
        return raw
    cells = json.loads(raw)["cells"]
    prose = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
    shown = [cell["metadata"].get("mystnb", {}) for cell in cells]
    captions = [
        text for about in shown for kind in ("figure", "image") for text in _said(about.get(kind, {}))
    ]
    return "\n\n".join([*prose, *captions])


def _said(about: dict[str, str]) -> list[str]:
    return [about[key] for key in ("caption", "alt") if key in about]


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _strings(item)


def own_words() -> set[str]:
    """Return the book's own words, in lower case."""
    return {line.lower() for line in OWN_WORDS.read_text(encoding="utf-8").split()}


@cache
def _dictionary() -> SpellChecker:
    return SpellChecker()


def is_in_dictionary(word: str) -> bool:
    """Say whether plain English has the word; a possessive counts as its noun."""
    plain = word.lower().replace("’", "'")
    return len(plain) == 1 or plain in _dictionary() or plain.removesuffix("'s") in _dictionary()


def is_known(word: str) -> bool:
    """Say whether plain English or this book has the word."""
    plain = word.lower().replace("’", "'")
    return is_in_dictionary(word) or plain in _own() or plain.removesuffix("'s") in _own()


@cache
def _own() -> set[str]:
    return own_words()


def unknown(path: Path) -> list[str]:
    """Return the words of a file's prose that are not known, each once."""
    return [word for word in dict.fromkeys(words(path)) if not is_known(word)]


def main() -> int:
    found = {path: unknown(path) for path in sources()}
    for path, wrong in found.items():
        for word in wrong:
            print(f"{path.relative_to(ROOT)}: {word}")
    count = sum(map(len, found.values()))
    print(f"{len(found)} files, {count} unknown words; one that is right goes into book/words.txt")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
