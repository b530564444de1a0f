"""course_utils.wordpiece."""

import numpy as np
import pytest

from course_utils import datasets, wordpiece
from course_utils.wordpiece import SPECIAL, WordPiece, learn_pieces, merged, pair_scores, words


@pytest.fixture(scope="module")
def bert_pieces():
    return WordPiece(datasets.load_bert_vocabulary())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello, my dog is cute", ["hello", ",", "my", "dog", "is", "cute"]),
        ("naïve  Zoë\t-- $5!", ["naive", "zoe", "-", "-", "$", "5", "!"]),
        ("北京2024", ["北", "京", "2024"]),
        ("a\u200bb\x00c\ufffd", ["abc"]),
        ("«quoted» … it’s", ["«", "quoted", "»", "…", "it", "’", "s"]),
        ("", []),
    ],
)
def test_words(text, expected):
    assert words(text) == expected


def test_the_numbers_are_those_of_bert(bert_pieces):
    """Published by the makers of BERT's tokenizers for the article's sentence, and the splits of Devlin et al."""
    assert bert_pieces.encode("Hello, my dog is cute") == [101, 7592, 1010, 2026, 3899, 2003, 10140, 102]
    assert bert_pieces.split("unaffable") == ["una", "##ffa", "##ble"]
    assert bert_pieces.split("playing embeddings") == ["playing", "em", "##bed", "##ding", "##s"]


def test_decoding_gives_the_words_back(bert_pieces):
    text = "a gripping , unsentimental tale"
    assert bert_pieces.decode([*bert_pieces.encode(text), 0, 0]) == f"[CLS] {text} [SEP]"


def test_a_word_that_cannot_be_cut_is_unknown_as_a_whole():
    pieces = WordPiece([*SPECIAL, "a", "##b", "##bc", "##d"])
    assert pieces.split_word("abcd") == ("a", "##bc", "##d")  # the longest piece first
    assert pieces.split_word("abx") == ("[UNK]",)
    assert pieces.split_word("b") == ("[UNK]",)  # only as the continuation of a word
    assert pieces.split_word("a" * 101) == ("[UNK]",)


def test_cutting_keeps_both_ends(bert_pieces):
    numbers = bert_pieces.encode("one two three four five", longest=4)
    assert bert_pieces.decode(numbers) == "[CLS] one two [SEP]"
    with pytest.raises(ValueError, match="longest is 1"):
        bert_pieces.encode("one", longest=1)


@pytest.mark.parametrize("pieces", [["a", "b"], ["[UNK]", "[PAD]", "[CLS]", "[SEP]", "[MASK]"], [*SPECIAL, "a", "a"]])
def test_a_vocabulary_that_cannot_work_is_refused(pieces):
    with pytest.raises(ValueError, match="WordPiece vocabulary"):
        WordPiece(pieces)


def test_a_restricted_vocabulary_keeps_what_occurs(bert_pieces):
    small = bert_pieces.restricted(["good good film", "good plot"], minimum_count=2)
    assert small.pieces == [*SPECIAL, "good"]
    assert small.split("good film") == ["good", "[UNK]"]


def test_scores_on_paper():
    """hug 10, pug 5, pun 12, bun 4, hugs 5: 113 pieces; u 36 times, g 20 times, neighbours 20 times."""
    counts = {"hug": 10, "pug": 5, "pun": 12, "bun": 4, "hugs": 5}
    split_words = {(word[0], *("##" + c for c in word[1:])): count for word, count in counts.items()}
    scores = pair_scores(split_words)
    assert scores["##u", "##g"] == pytest.approx(20 * np.log(20 * 113 / (36 * 20)))
    assert scores["##g", "##s"] == pytest.approx(5 * np.log(5 * 113 / (20 * 5)))
    pieces, joined = learn_pieces(counts, merges=3)
    assert joined == [("##u", "##g"), ("##u", "##n"), ("h", "##ug")]
    assert pieces == ["##g", "##n", "##s", "##u", "b", "h", "p", "##ug", "##un", "hug"]
    assert WordPiece([*SPECIAL, *pieces]).split("hugs bugs") == ["hug", "##s", "b", "##ug", "##s"]


def test_learning_ends_when_nothing_is_left_to_join():
    pieces, joined = learn_pieces({"ab": 1}, merges=5)
    assert (pieces, joined) == (["##b", "a", "ab"], [("a", "##b")])


def test_a_pair_of_equal_pieces_is_joined_from_the_left():
    assert merged(("##a", "##a", "##a"), ("##a", "##a")) == ("##aa", "##a")


def test_special_tokens_are_no_pieces_of_a_text(bert_pieces):
    assert bert_pieces.split("[MASK]") == ["[", "mask", "]"]
    assert bert_pieces.pieces[0] == wordpiece.PAD
