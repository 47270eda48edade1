"""The glossary: enough terms, none twice, each with a page that exists, both ways of looking one up."""

from __future__ import annotations

import re

import pytest
from built_site import ROOT, SITE
from sphinx.errors import ExtensionError
from terms import read_terms

ENTRIES = read_terms(ROOT / "book/appendices/glossary.toml")
ENTRY = '[[term]]\nen = "key"\nzh = "键"\npinyin = "jian"\ntext = "What is found."\nsee = "notation.md"\n'


def test_there_are_at_least_120_terms_each_with_a_sentence_and_a_page():
    assert len(ENTRIES) >= 120
    for entry in ENTRIES:
        assert entry["text"].endswith("."), entry
        assert (ROOT / "book" / entry["see"]).is_file(), entry
        assert re.search(r"[\u4e00-\u9fff]", entry["zh"]), entry
        assert re.fullmatch(r"[a-zü' -]+", entry["pinyin"]), entry


def test_entries_come_in_the_order_of_their_english(tmp_path):
    file = tmp_path / "glossary.toml"
    file.write_text(ENTRY + ENTRY.replace("key", "ALiBi").replace("键", "线"), encoding="utf-8")
    assert [entry["en"] for entry in read_terms(file)] == ["ALiBi", "key"]


@pytest.mark.parametrize(
    ("second", "complaint"),
    [
        (ENTRY.replace("键", "值"), "more than one entry for key"),
        (ENTRY.replace('"key"', '"value"'), "more than one entry for 键"),
        (ENTRY.replace('"What is found."', '""').replace("key", "value"), "none empty"),
        (
            ENTRY.replace('pinyin = "jian"\n', "").replace("key", "value"),
            "must have en, pinyin, see",
        ),
    ],
)
def test_an_entry_that_is_there_twice_or_incomplete_stops_the_build(tmp_path, second, complaint):
    file = tmp_path / "glossary.toml"
    file.write_text(ENTRY + second, encoding="utf-8")
    with pytest.raises(ExtensionError, match=complaint):
        read_terms(file)


def test_the_page_leads_from_either_language_to_the_entry():
    page = (SITE / "book/appendices/glossary.html").read_text(encoding="utf-8")
    for entry in ENTRIES:
        chinese = f'<span lang="zh-Hans">{entry["zh"]}</span>'
        assert page.count(chinese) == 2, entry
        name = re.escape(entry["en"].replace("'", "’"))
        target = re.search(rf'<dt id="([^"]+)">{name} {re.escape(chinese)}', page)
        assert target, entry
        assert re.search(rf'{re.escape(chinese)} <a [^>]*href="#{re.escape(target[1])}"', page), entry


def test_a_bold_term_of_a_chapter_leads_to_its_entry_once(small_site):
    page = (small_site / "book/part/chapter.html").read_text(encoding="utf-8")
    bold = re.findall(
        r'(?:<a class="reference internal" href="([^"]*)"[^>]*>)?<strong>([^<]*)</strong>', page
    )
    glossary = "../appendices/glossary.html#term-"
    assert ("", "You will learn") in bold
    assert [link for link in bold if link[0]] == [
        (f"{glossary}key", "keys"), (f"{glossary}attention-score", "Attention Score")
    ]  # fmt: skip
    assert ("", "key") in bold
    assert ("", "lion") in bold


def test_bold_weights_are_left_to_their_writer():
    page = (SITE / "book/attention/similarity.html").read_text(encoding="utf-8")
    assert "<strong>weights</strong>" in page
    assert "<strong>weights</strong></a>" not in page
    assert "<strong>query</strong></a>" in page
