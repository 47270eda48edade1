"""Labelled sentences of four topics, made from frames and words, with words held out for the test.

A frame says nothing about the topic; only the word in it does. So a classifier that has never met a test's
words has nothing to go by but what it knew of them before. The sentences were made for this book: they are
plainer and more alike than what people write, and no measure of how a model does on real texts.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Int

from attend._arguments import check_whole

Array = np.ndarray

TOPICS = ("cooking", "weather", "music", "money")

_SEEN = {
    "cooking": "oven saucepan whisk kettle flour onion garlic butter recipe dough soup pepper",
    "weather": "rain thunder sunshine frost breeze fog storm drizzle snow cloud hail gale",
    "music": "guitar melody piano violin choir rhythm concert drum trumpet singer opera flute",
    "money": "bank loan salary tax invoice budget rent debt mortgage coin pension wage",
}
_HELD_OUT = {
    "cooking": "blender spatula vinegar carrot noodle gravy stew cinnamon toaster omelette ladle broth",
    "weather": "blizzard mist heatwave downpour lightning hurricane sleet humidity rainbow drought thaw ice",
    "music": "orchestra cello chord ballad harp conductor symphony clarinet lullaby saxophone quartet tune",
    "money": "cheque dividend refund deposit currency wallet interest receipt savings auction fee banknote",
}
_TRAIN_FRAMES = (
    "Yesterday we talked about the {}.",
    "He remembers the {} very well.",
    "She wrote a short letter about the {}.",
    "The {} was not what they had expected.",
    "Nobody mentioned the {} until the evening.",
    "My neighbour has strong views about the {}.",
    "Without the {} it would have been a dull day.",
    "They laughed when they heard of the {}.",
)
_TEST_FRAMES = (
    "What happened to the {} in the end?",
    "I had a dream about the {} last night.",
    "Their quarrel began with the {}.",
    "It was the {} that surprised him most.",
    "We could not agree about the {}.",
    "Somebody brought up the {} again.",
    "Children never forget the {}.",
    "For once the {} came first.",
)
_PARTS = {
    "train": (_SEEN, _TRAIN_FRAMES),
    "test": (_SEEN, _TEST_FRAMES),
    "held out": (_HELD_OUT, _TEST_FRAMES),
}


class Labelled(NamedTuple):
    """Sentences, and for each the index of its topic in `TOPICS`."""

    sentences: list[str]
    labels: Int[Array, " b"]


def draw(part: str, count: int, seed: int) -> Labelled:
    """Draw different sentences, as many of each topic as of the others, the topics taking turns.

    The parts share no sentence. "train" and "test" have their own frames and the same words; "held out" has
    the test's frames and words that are in no training sentence. Raises ValueError for another part, or for a
    `count` that the topics do not divide or that is larger than the number of sentences.
    """
    if part not in _PARTS:
        raise ValueError(f"part: expected one of {', '.join(_PARTS)}, received {part!r}")
    check_whole("count", count)
    check_whole("seed", seed, at_least=0)
    vocabulary, frames = _PARTS[part]
    rng = np.random.default_rng(seed)
    by_topic = []
    for topic in TOPICS:
        sentences = [frame.format(word) for word in vocabulary[topic].split() for frame in frames]
        by_topic.append([sentences[i] for i in rng.permutation(len(sentences))])
    most = len(TOPICS) * len(sentences)
    if count % len(TOPICS) or count > most:
        raise ValueError(f"count: expected a multiple of {len(TOPICS)} up to {most}, received {count}")
    each = count // len(TOPICS)
    labels = np.tile(np.arange(len(TOPICS)), each)
    return Labelled([by_topic[topic][i // len(TOPICS)] for i, topic in enumerate(labels)], labels)
