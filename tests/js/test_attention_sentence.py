"""The sentence widget's JavaScript says what Python says, and its arcs run from word to word."""

import re

import pytest
from javascript import evaluate, evaluate_all

from attend.widgets import AttentionSentence
from attend.widgets.attention_sentence import DEFAULT_SENTENCE
from attend.widgets.attention_weights import WORD_MAP

SENTENCE, ARCS = "attention_sentence", "attention_arcs"


@pytest.mark.parametrize(
    "widget",
    [
        AttentionSentence(),
        AttentionSentence(query=7),
        AttentionSentence("the cat chased the mouse under the table", query=4),
        AttentionSentence("one"),
        AttentionSentence("the the the"),
        AttentionSentence("cat mouse cat", query=0),
        AttentionSentence("cat mouse table", query=0, mask="causal"),
        AttentionSentence("cat mouse table", query=2, mask="causal", score="dot"),
        AttentionSentence("a b c", vectors=[[1, 0], [1, 0], [0, 3]], query=2, temperature=0.2),
    ],
    ids=lambda widget: f"{len(widget.tokens)} words, {widget.query}",
)
def test_it_says_of_every_word_what_python_says(widget):
    count = len(widget.tokens)
    calls = [
        ("sentenceAboutTwo", widget.tokens, widget.weights, widget.visible, query) for query in range(count)
    ]
    assert evaluate_all(SENTENCE, calls) == [widget.sentence_about(query) for query in range(count)]


def test_it_names_the_second_only_where_there_is_one():
    assert AttentionSentence("one").sentence_about(0) == "one attends most to itself, 1.00."
    assert (
        AttentionSentence("the the").sentence_about(0) == "the (word 1) attends to 2 words alike, 0.50 each."
    )
    masked = AttentionSentence("cat mouse", mask="causal")
    assert masked.sentence_about(0) == "cat attends most to itself, 1.00."
    assert re.fullmatch(r"mouse attends most to .*, then to .*\.", masked.sentence_about(1))


def test_examples_follow_one_another_and_every_word_is_on_the_map():
    seen, tokens = [], ["my", "own", "words"]
    for _ in range(4):
        example = evaluate(SENTENCE, "nextExample", tokens)
        tokens = example["tokens"]
        assert 0 <= example["query"] < len(tokens)
        assert [word for word in tokens if word not in WORD_MAP] == []
        seen.append(" ".join(tokens))
    assert seen[0] == DEFAULT_SENTENCE
    assert len(set(seen)) == 4
    assert evaluate(SENTENCE, "nextExample", tokens)["tokens"] == DEFAULT_SENTENCE.split()


def test_lines_are_told_by_the_words_upper_edges():
    assert evaluate(ARCS, "linesOf", [10, 10.5, 10, 60, 60, 110]) == [0, 0, 0, 1, 1, 2]
    assert evaluate(ARCS, "linesOf", [3]) == [0]


def place(x, line=0):
    return {"x": x, "top": 100 + 80 * line, "bottom": 140 + 80 * line, "line": line}


def arc(start, end, room=90.0, reach=400.0):
    """The path's eight numbers, two for each of its points: start, two that it leans to, end."""
    path = evaluate(ARCS, "arcPath", start, end, room, reach)
    found = re.fullmatch(r"M(\S+) (\S+)C(\S+) (\S+) (\S+) (\S+) (\S+) (\S+)", path)
    return [float(number) for number in found.groups()]


def test_arcs_of_one_line_join_upper_edges_and_rise_with_the_distance_up_to_the_room():
    arcs = [arc(place(50), place(50 + distance)) for distance in (20, 100, 250, 400)]
    assert [(a[0], a[1], a[6], a[7]) for a in arcs] == [(50, 100, x, 100) for x in (70, 150, 300, 450)]
    rises = [(100 - a[3]) * 3 / 4 for a in arcs]
    assert rises == sorted(rises)
    assert rises[-1] == pytest.approx(90, abs=0.1)
    back = arc(place(450), place(50))
    assert (back[3], back[5]) == (arcs[-1][3], arcs[-1][5])


def test_a_word_answers_itself_with_a_loop_above_it():
    x0, y0, x1, y1, x2, y2, x3, y3 = arc(place(50), place(50))
    assert (y0, y3) == (100, 100)
    assert x1 < x0 < 50 < x3 < x2
    assert (x0 + x3, x1 + x2, y1) == (100, 100, y2)
    assert 0 < (100 - y1) * 3 / 4 <= 90


def test_lines_are_joined_across_the_gap_between_them():
    assert arc(place(50), place(90, line=1)) == [50, 140, 50, 160, 90, 160, 90, 180]
    assert arc(place(90, line=1), place(50)) == [90, 180, 90, 160, 50, 160, 50, 140]


def test_width_is_in_proportion_to_the_weight():
    none, half, all_ = evaluate_all(ARCS, [("arcWidth", weight) for weight in (0, 0.5, 1)])
    assert none > 0
    assert half - none == pytest.approx(all_ - half)
