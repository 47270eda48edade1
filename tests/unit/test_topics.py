"""Sentences of four topics: the words that are held out are held out, and no part shares a sentence."""

import numpy as np
import pytest

from attend.data.topics import TOPICS, draw

MOST = 384


def words(part):
    return {word for text in draw(part, MOST, 0).sentences for word in text.lower().strip(".?").split()}


def test_topics_take_turns_and_sentences_differ():
    sentences, labels = draw("train", 40, 3)
    assert len(set(sentences)) == 40
    assert labels.tolist() == list(range(len(TOPICS))) * 10
    assert sentences[0] != draw("train", 40, 4).sentences[0] or sentences != draw("train", 40, 4).sentences


def test_a_word_tells_its_topic_and_a_frame_does_not():
    sentences, labels = draw("train", MOST, 0)
    topics_of = {}
    for sentence, label in zip(sentences, labels, strict=True):
        for word in sentence.lower().strip(".?").split():
            topics_of.setdefault(word, set()).add(int(label))
    sizes = np.array([len(topics) for topics in topics_of.values()])
    assert set(sizes) == {1, len(TOPICS)}  # a topic's own word, or a word of a frame
    assert (sizes == 1).sum() == 12 * len(TOPICS)


def test_held_out_words_are_in_no_training_sentence():
    frames = words("test") & words("held out")
    topical = words("held out") - frames
    assert len(topical) == 12 * len(TOPICS)
    assert not topical & words("train")
    assert not topical & words("test")


def test_parts_share_no_sentence():
    parts = [set(draw(part, MOST, 0).sentences) for part in ("train", "test", "held out")]
    assert len(set.union(*parts)) == 3 * MOST


def test_a_larger_draw_begins_with_the_smaller():
    assert draw("test", 80, 1).sentences[:20] == draw("test", 20, 1).sentences


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("tests", 4, 0), "part: expected one of train, test, held out, received 'tests'"),
        (("train", 6, 0), "count: expected a multiple of 4 up to 384, received 6"),
        (("train", 388, 0), "count: expected a multiple of 4 up to 384, received 388"),
        (("train", 4, -1), "seed: expected"),
    ],
)
def test_errors_name_the_argument(arguments, message):
    with pytest.raises(ValueError, match=message):
        draw(*arguments)
