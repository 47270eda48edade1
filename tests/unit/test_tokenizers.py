"""Tokenizers: nothing is lost, a library finds the same tokens, a plain recount the same pairs."""

import json
import re
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Regex, models, pre_tokenizers
from tokenizers import Tokenizer as Library

from attend.data import text
from attend.data.tokenizers import PATTERN, BytePairTokenizer, CharacterTokenizer

# Every character but lone surrogates, which are no characters; some with a risk of their own come more often.
any_text = st.text(
    st.characters(exclude_categories=["Cs"]) | st.sampled_from(" \n\t'st_1é²中\u200d👩\x1c\xa0")
)
SAMPLE = (
    "It's 10 o'clock:\n\n  'tis the_end,   we'll say—naïve 中文 déjà-vu ½ ²  \U0001f469\u200d\U0001f52c \t\n"
)


@pytest.fixture(scope="module")
def trained():
    """300 merges from 150,000 characters, and a little of other scripts."""
    return BytePairTokenizer.train(text.load()[:150_000] + "中文中文中文的的的 naïve naïve", 300)


# ---------------------------------------------------------------- characters


def test_characters_have_ids_in_order():
    tokenizer = CharacterTokenizer.train("hello, 中")
    assert tokenizer.tokens == (" ", ",", "e", "h", "l", "o", "中")
    ids = tokenizer.encode("hello")
    assert ids.dtype == np.int64
    np.testing.assert_array_equal(ids, [3, 2, 4, 4, 5])
    assert tokenizer.decode([6, 1, 1]) == "中,,"
    assert len(tokenizer) == 7
    assert repr(tokenizer) == "CharacterTokenizer of 7 tokens"


@given(st.text(min_size=1))
def test_characters_come_back_lone_surrogates_too(string):
    tokenizer = CharacterTokenizer.train(string)
    assert tokenizer.decode(tokenizer.encode(string)) == string
    assert len(tokenizer.encode(string)) == len(string)
    assert tokenizer.encode("").shape == (0,)
    assert tokenizer.decode(np.array([], np.int64)) == ""


@given(st.text(min_size=1))
def test_a_saved_character_tokenizer_is_the_same(tmp_path_factory, string):
    path = tmp_path_factory.mktemp("saved") / "tokenizer.json"
    CharacterTokenizer.train(string).save(path)
    assert CharacterTokenizer.load(path).tokens == CharacterTokenizer.train(string).tokens


# ---------------------------------------------------------------- where a text is cut


@given(any_text)
def test_the_pieces_are_the_text(string):
    assert "".join(re.findall(PATTERN, string)) == string


@pytest.mark.parametrize(
    ("string", "pieces"),
    [
        ("Hello, world", ["Hello", ",", " world"]),
        ("we'll don't I'd", ["we", "'ll", " don", "'t", " I", "'d"]),
        ("a  b\n\nc ", ["a", " ", " b", "\n", "\n", "c", " "]),
        ("in 1601: 3x", ["in", " 1601", ":", " 3", "x"]),
        ("snake_case", ["snake", "_", "case"]),
        ("naïve 中文!", ["naïve", " 中文", "!"]),
    ],
)
def test_texts_are_cut_into_words(string, pieces):
    assert re.findall(PATTERN, string) == pieces


# ---------------------------------------------------------------- learning pairs


def test_the_papers_example():
    """Sennrich et al. (2016), algorithm 1: es and est first, then lo and low (the paper also marks ends)."""
    words = ["low"] * 5 + ["lower"] * 2 + ["newest"] * 6 + ["widest"] * 3
    tokenizer = BytePairTokenizer.train("\n".join(words), 4)
    assert tokenizer.tokens[256:] == [b"es", b"est", b"lo", b"low"]
    assert tokenizer.merges == ((101, 115), (256, 116), (108, 111), (258, 119))
    assert [tokenizer.tokens[i] for i in tokenizer.encode("lowest")] == [b"low", b"est"]
    assert repr(tokenizer) == "BytePairTokenizer of 260 tokens"


def test_equally_frequent_pairs_are_learned_in_the_order_of_their_ids():
    for string in ("zx\nzx\nab\nab\nay\nay", "ay\nay\nzx\nzx\nab\nab"):
        assert BytePairTokenizer.train(string, 3).tokens[256:] == [b"ab", b"ay", b"zx"]


def test_a_pair_must_come_twice():
    assert BytePairTokenizer.train("abcd", 5).merges == ()
    assert BytePairTokenizer.train("ab\nab", 5).tokens[256:] == [b"ab"]
    assert len(BytePairTokenizer.train("", 5)) == 256
    assert len(BytePairTokenizer.train("abab", 0)) == 256


def recounted(string, num_merges):
    """The definition, word for word: count all pairs anew before each merge."""
    words = [list(piece.encode()) for piece in re.findall(PATTERN, string)]
    merges = []
    for new in range(256, 256 + num_merges):
        counts = Counter(pair for word in words for pair in pairwise(word))
        if not counts or max(counts.values()) < 2:
            break
        best = min(counts, key=lambda pair: (-counts[pair], pair))
        merges.append(best)
        for word in words:
            i = 0
            while i < len(word) - 1:
                if (word[i], word[i + 1]) == best:
                    word[i : i + 2] = [new]
                i += 1
    return tuple(merges)


@given(st.text(" \nabc", max_size=60) | st.text("aé中 ", max_size=40), st.integers(0, 12))
def test_counting_as_we_go_learns_what_recounting_does(string, num_merges):
    assert BytePairTokenizer.train(string, num_merges).merges == recounted(string, num_merges)


def test_pairs_of_a_real_text_are_those_of_recounting():
    string = text.load()[:20_000]
    assert BytePairTokenizer.train(string, 60).merges == recounted(string, 60)


# ---------------------------------------------------------------- encoding


@given(any_text)
def test_byte_pairs_come_back(trained, string):
    ids = trained.encode(string)
    assert ids.dtype == np.int64
    assert trained.decode(ids) == string
    assert b"".join(trained.tokens[i] for i in ids) == string.encode()


def printable():
    """A letter for each byte, as the library writes tokens: printable bytes stand for themselves."""
    shown = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [byte for byte in range(256) if byte not in shown]
    return {byte: chr(byte) for byte in shown} | {byte: chr(256 + i) for i, byte in enumerate(hidden)}


@pytest.fixture(scope="module")
def library(trained):
    """The same merges and the same cuts in the `tokenizers` library."""
    letter = printable()
    names = ["".join(letter[byte] for byte in token) for token in trained.tokens]
    assert len(set(names)) == len(names), "the library cannot hold two tokens of the same bytes"
    merges = [(names[a], names[b]) for a, b in trained.merges]
    theirs = Library(models.BPE({name: i for i, name in enumerate(names)}, merges))
    theirs.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PATTERN), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    return theirs


def test_the_library_finds_the_same_tokens(trained, library):
    for string in (SAMPLE, text.load()[150_000:300_000]):
        np.testing.assert_array_equal(trained.encode(string), library.encode(string).ids)


@given(st.text(st.sampled_from("thesandou 'é中\n,.1"), max_size=80))
def test_the_library_finds_the_same_tokens_in_any_text(trained, library, string):
    assert trained.encode(string).tolist() == library.encode(string).ids


def test_a_pair_is_joined_from_the_left_and_early_pairs_come_first():
    tokenizer = BytePairTokenizer([(97, 97), (98, 97), (256, 98)])
    assert tokenizer.encode("aaaaa").tolist() == [256, 256, 97]
    assert tokenizer.encode("baab").tolist() == [98, 258]
    assert tokenizer.encode("bab").tolist() == [257, 98]


def test_a_piece_that_came_before_has_the_same_ids(trained):
    ids = trained.encode("the end the end the end").tolist()
    assert ids == trained.encode("the").tolist() + trained.encode(" end the end the end").tolist()
    assert ids == trained.encode("the end the end the end").tolist()


def test_tokens_save_room(trained):
    sample = text.load()[200_000:300_000]
    assert len(trained.encode(sample)) < 0.6 * len(sample)


def test_broken_bytes_read_as_replacement_characters(trained):
    half = [int(i) for i in trained.encode("é")] if len(trained.encode("é")) == 2 else [0xC3, 0xA9]
    assert trained.decode(half[:1]) == "\ufffd"
    assert trained.decode([97, 0xFF, 98]) == "a\ufffdb"
    assert trained.decode([]) == ""


# ---------------------------------------------------------------- files


def test_a_saved_byte_pair_tokenizer_is_the_same(trained, tmp_path):
    path = tmp_path / "tokenizer.json"
    trained.save(path)
    loaded = BytePairTokenizer.load(path)
    assert loaded.merges == trained.merges
    assert loaded.tokens == trained.tokens
    np.testing.assert_array_equal(loaded.encode(SAMPLE), trained.encode(SAMPLE))


PAIRS = {"tokenizer": "byte pair", "pattern": PATTERN, "merges": [[97, 98], [256, 99]]}
LETTERS = {"tokenizer": "character", "tokens": ["a", "b"]}
DAMAGED = [
    (BytePairTokenizer, b"", "expected a tokenizer's JSON file"),
    (BytePairTokenizer, b"\xff\xfe\x00", "expected a tokenizer's JSON file"),
    (BytePairTokenizer, json.dumps(PAIRS).encode()[:-9], "expected a tokenizer's JSON file"),
    (BytePairTokenizer, LETTERS, "expected a byte pair tokenizer as `save` writes it"),
    (BytePairTokenizer, [1, 2], "expected a byte pair tokenizer as `save` writes it"),
    (BytePairTokenizer, PAIRS | {"pattern": "."}, "expected the pattern"),
    (BytePairTokenizer, PAIRS | {"merges": 3}, "damaged; expected a list of merges"),
    (BytePairTokenizer, PAIRS | {"merges": [[97, 256]]}, "damaged; merges: expected two ids from 0 to 255"),
    (BytePairTokenizer, PAIRS | {"merges": [[97]]}, "damaged; merges: expected two ids from 0 to 255"),
    (
        BytePairTokenizer,
        PAIRS | {"merges": [7]},
        "damaged; merges: expected two ids from 0 to 255, received 7",
    ),
    (BytePairTokenizer, PAIRS | {"merges": [[97, -1]]}, "damaged; merges: expected two ids"),
    (BytePairTokenizer, PAIRS | {"merges": [[97, 1.0]]}, "damaged; merges: expected two ids"),
    (BytePairTokenizer, PAIRS | {"merges": [[97, True]]}, "damaged; merges: expected two ids"),
    (BytePairTokenizer, PAIRS | {"merges": [[97, 98]] * 2}, "damaged; merges: expected each pair once"),
    (CharacterTokenizer, PAIRS, "expected a character tokenizer as `save` writes it"),
    (CharacterTokenizer, {"tokenizer": "character"}, "damaged; expected a list of tokens"),
    (CharacterTokenizer, LETTERS | {"tokens": ["a", "a"]}, "damaged; tokens: expected each character once"),
    (CharacterTokenizer, LETTERS | {"tokens": ["ab"]}, "damaged; tokens: expected single characters"),
    (
        CharacterTokenizer,
        LETTERS | {"tokens": [7]},
        "damaged; tokens: expected single characters, received 7",
    ),
    (CharacterTokenizer, LETTERS | {"tokens": []}, "damaged; tokens: expected at least one character"),
]


@pytest.mark.parametrize(("kind", "content", "message"), DAMAGED)
def test_a_damaged_file_is_said(kind, content, message, tmp_path, unchecked_shapes):
    path = tmp_path / "tokenizer.json"
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    with pytest.raises(ValueError, match=r"tokenizer\.json: ") as caught:
        kind.load(path)
    assert message in str(caught.value)


def test_the_undamaged_files_load(tmp_path):
    for kind, content in ((BytePairTokenizer, PAIRS), (CharacterTokenizer, LETTERS)):
        (tmp_path / "tokenizer.json").write_text(json.dumps(content))
        assert kind.load(tmp_path / "tokenizer.json").encode("ab").size in (1, 2)


# ---------------------------------------------------------------- bad input

BAD = [
    (
        lambda: CharacterTokenizer.train("abc").encode("abXcY"), ValueError,
        "text: unknown character 'X' at index 2; expected one of the 3 characters",
    ),
    (
        lambda: CharacterTokenizer.train(""), ValueError,
        "tokens: expected at least one character, received none",
    ),
    (lambda: CharacterTokenizer(["ab"]), TypeError, "tokens: expected single characters, received 'ab'"),
    (lambda: CharacterTokenizer("aa"), ValueError, "tokens: expected each character once, received 'a' more"),
    (lambda: CharacterTokenizer("ab").decode([0, 2]), ValueError, "from 0 to 1, received 2 at index 1"),
    (lambda: CharacterTokenizer("ab").decode([-1]), ValueError, "from 0 to 1, received -1 at index 0"),
    (lambda: BytePairTokenizer([]).decode([256]), ValueError, "from 0 to 255, received 256 at index 0"),
    (
        lambda: BytePairTokenizer([]).decode([0.5]), TypeError,
        "ids: expected a row of whole numbers, received float",
    ),
    (lambda: BytePairTokenizer([]).decode([[1]]), TypeError, "received int64 of shape (1, 1)"),
    (
        lambda: BytePairTokenizer([]).encode("ab \udc00"), ValueError,
        "text: expected characters, received the lone surrogate '\\udc00' at index 3",
    ),
    (lambda: BytePairTokenizer.train("a\ud800", 3), ValueError, "lone surrogate '\\ud800' at index 1"),
    (
        lambda: BytePairTokenizer.train("ab", -1), ValueError,
        "num_merges: expected a whole number of at least 0",
    ),
    (
        lambda: BytePairTokenizer.train("ab", 2.0), TypeError,
        "num_merges: expected a whole number, received 2.0",
    ),
    (
        lambda: BytePairTokenizer([(97, 256)]), ValueError,
        "merges: expected two ids from 0 to 255, received (97, 256)",
    ),
    (
        lambda: BytePairTokenizer([(97, 98)] * 2), ValueError,
        "merges: expected each pair once, received (97, 98)",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("call", "error", "message"), BAD)
def test_bad_input_is_named(call, error, message, unchecked_shapes):
    with pytest.raises(error) as caught:
        call()
    assert message in str(caught.value)
