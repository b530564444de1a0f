"""course_utils.text: tokens, vocabularies, padding and masks."""

import numpy as np
import pytest

from course_utils import text


@pytest.mark.parametrize(
    ("sentence", "tokens"),
    [
        ("I don't know", ["i", "do", "n't", "know"]),
        ("They’re HERE!", ["they", "'re", "here", "!"]),
        ("''café'' in 1999; no.", ['"', "café", '"', "in", "1999", ";", "no", "."]),
        ("---", []),
        ("", []),
    ],
)
def test_words_are_cut_as_glove_cuts_them(sentence, tokens):
    assert text.word_tokens(sentence) == tokens


def test_characters_are_kept_but_white_space_is_not():
    assert text.character_tokens(" 很 好A\n！") == ["很", "好", "a", "！"]


def test_texts_that_differ_in_punctuation_are_the_same_letters():
    assert text.letters_only("A_gem -- truly!") == text.letters_only("  a GEM, truly") == "a gem truly"


@pytest.mark.parametrize(
    ("string", "pairs"), [("", []), ("好", ["好"]), ("很好", ["很好"]), ("很 好看", ["很好", "好看"])]
)
def test_character_pairs(string, pairs):
    assert text.character_pairs(string) == pairs


def test_n_grams_of_a_text_shorter_than_they_are():
    assert text.n_grams(["a"], 3) == ["a"]
    assert text.n_grams(["a", "b", "c"], 3) == ["a", "b", "c", "a_b", "b_c", "a_b_c"]


@pytest.fixture
def vocabulary():
    return text.Vocabulary([["b", "a", "b"], ["b", "c"]], minimum_count=1)


def test_vocabulary_counts_from_the_most_frequent(vocabulary):
    assert vocabulary.encode(["b", "a", "c", "z"]) == [2, 3, 4, text.UNKNOWN]
    assert len(vocabulary) == 5
    assert "a" in vocabulary
    assert "z" not in vocabulary


def test_vocabulary_as_a_set_has_every_known_token_once(vocabulary):
    assert vocabulary.encode_known(["c", "z", "b", "c"]) == [4, 2]


def test_decoding_gives_the_tokens_back(vocabulary):
    assert vocabulary.decode([2, 4, 1, 0, 0]) == ["b", "c", "<unknown>"]


def test_vocabulary_leaves_out_rare_tokens_and_takes_extra_ones():
    vocabulary = text.Vocabulary([["b", "a", "b"]], minimum_count=2, extra=["x", "b"])
    assert vocabulary.tokens[2:] == ["b", "x"]


def test_padding_right_and_left():
    assert text.pad([[5, 6], [7, 8, 9, 10], []], 3).tolist() == [[5, 6, 0], [7, 8, 9], [0, 0, 0]]
    assert text.pad([[5, 6], [7, 8, 9, 10], []], 3, side="left").tolist() == [[0, 5, 6], [7, 8, 9], [0, 0, 0]]
    assert text.pad([[5]], 2).dtype == np.int32


def test_padding_on_an_unknown_side():
    with pytest.raises(ValueError, match='"left" or "right"'):
        text.pad([[1]], 2, side="top")


def test_mask_is_true_where_tokens_stand():
    assert text.padding_mask(np.array([[5, 1, 0]])).tolist() == [[True, True, False]]


def test_batches_hold_each_row_once_and_little_padding():
    lengths = np.random.default_rng(0).integers(1, 60, 500)
    for rng in (None, np.random.default_rng(1)):
        batches = text.batches_of_like_length(lengths, 32, rng)
        assert sorted(np.concatenate(batches)) == list(range(500))
        assert max(np.ptp(lengths[rows]) for rows in batches) < 12
