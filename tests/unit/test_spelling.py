"""The prose is spelled right, and the check sees it when it is not."""

import json

import pytest

from scripts import spelling


@pytest.mark.parametrize("path", spelling.sources(), ids=lambda path: path.name)
def test_every_word_is_known(path):
    assert spelling.unknown(path) == []


def test_the_book_s_own_words_are_in_order_needed_and_used():
    listed = spelling.OWN_WORDS.read_text(encoding="utf-8").split()
    assert listed == sorted(set(listed))
    assert [word for word in listed if spelling.is_in_dictionary(word)] == []
    prose = (word.lower().replace("’", "'") for path in spelling.sources() for word in spelling.words(path))
    used = set().union(*({word, word.removesuffix("'s")} for word in prose))
    assert sorted(set(listed) - used) == []


@pytest.mark.parametrize("word", ["recieve", "attenion", "wieght", "softmaxx", "Hopfeild's"])
def test_a_misspelt_word_is_not_known(word):
    assert not spelling.is_known(word)


@pytest.mark.parametrize("word", ["attention", "neighbour", "Hopfield’s", "it's", "PyTorch", "a"])
def test_a_right_word_is_known(word):
    assert spelling.is_known(word)


def test_prose_is_found_wherever_a_reader_meets_it_and_code_is_not(tmp_path):
    shown = {"figure": {"caption": "Captionn", "name": "nott"}, "image": {"alt": "Altt"}}
    text = ["A wordd, $x_{nott}$ and `nott`.\n", "```\nnott\n```"]
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": text},
        {"cell_type": "code", "metadata": {"mystnb": shown}, "source": ["nott = 1"]},
    ]
    notebook, page, quiz = tmp_path / "a.ipynb", tmp_path / "a.md", tmp_path / "a.quiz.json"
    notebook.write_text(json.dumps({"cells": cells}))
    page.write_text("Textt with [a linkk](nott.md), {term}`nott` and https://nott.example.\n")
    quiz.write_text(json.dumps({"questions": [{"text": "Questionn", "answers": [["Answerr", True]]}]}))
    assert spelling.unknown(notebook) == ["wordd", "Captionn", "Altt"]
    assert spelling.unknown(page) == ["Textt", "linkk"]
    assert spelling.unknown(quiz) == ["Questionn", "Answerr"]
