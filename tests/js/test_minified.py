"""The site serves scripts through rjsmin, which must not change what they say."""

import re
from pathlib import Path

import pytest
import rjsmin

from attend.widgets.base import FOLDER

SCRIPTS = [*FOLDER.glob("*.js"), *(Path(__file__).parents[2] / "book" / "_static").glob("*.js")]
NESTED = re.compile(r"\$\{[^{}`]*`")


@pytest.mark.parametrize("path", sorted(SCRIPTS), ids=lambda path: path.stem)
def test_no_template_stands_inside_another(path):
    """rjsmin takes the inner one for code, and its blanks away."""
    assert NESTED.findall(path.read_text(encoding="utf-8")) == []


def test_why():
    nested = "x = `a${b ? `` : ` c`}`;"
    assert NESTED.search(nested)
    assert rjsmin.jsmin(nested) != nested
    plain = "x = `a ${b} c` + ` d`;"
    assert not NESTED.search(plain)
    assert "`a ${b} c`" in rjsmin.jsmin(plain)
