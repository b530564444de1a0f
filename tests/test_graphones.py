"""course_utils.graphones: the alignment and the n-gram model against what they must find."""

import numpy as np
import pytest

from course_utils.graphones import Alignment, GraphoneModel, commonest_chunks, nearest_spellings

PAIRS = [
    (word, tuple(sounds.split()))
    for word, sounds in [
        ("cat", "K AE T"),
        ("cats", "K AE T S"),
        ("tax", "T AE K S"),
        ("ax", "AE K S"),
        ("phat", "F AE T"),
        ("pat", "P AE T"),
        ("hat", "HH AE T"),
        ("path", "P AE TH"),
        ("fat", "F AE T"),
        ("tap", "T AE P"),
        ("ac", "EY S IY EH L EF"),  # more than two phonemes a letter
    ]
]


@pytest.fixture(scope="module")
def alignment():
    return Alignment(PAIRS, rounds=20)


def test_letters_are_aligned_with_their_sounds(alignment):
    found = {word: aligned for (word, _), aligned in zip(PAIRS, alignment.align(PAIRS), strict=True)}
    assert found["tax"] == [("t", ("T",)), ("a", ("AE",)), ("x", ("K", "S"))]
    assert found["cats"] == [("c", ("K",)), ("a", ("AE",)), ("t", ("T",)), ("s", ("S",))]
    assert found["ac"] == []
    for word, sounds in PAIRS[:-1]:
        assert "".join(letter for letter, _ in found[word]) == word
        assert sum((chunk for _, chunk in found[word]), ()) == sounds


def test_probabilities_of_a_letter_sum_to_one(alignment):
    np.testing.assert_allclose(alignment.probability.sum(axis=1), 1)


def test_commonest_chunk_of_each_letter(alignment):
    chunks = commonest_chunks(alignment.align(PAIRS))
    assert (chunks["a"], chunks["x"], chunks["c"]) == (("AE",), ("K", "S"), ("K",))


def test_graphones_pronounce_words_that_they_have_not_seen(alignment):
    model = GraphoneModel(alignment.align(PAIRS), order=3)
    assert model.pronounce("tats") == ("T", "AE", "T", "S")
    assert model.pronounce("pax") == ("P", "AE", "K", "S")
    with pytest.raises(KeyError):
        model.pronounce("zoo")


def test_probabilities_behind_a_history_sum_to_one(alignment):
    model = GraphoneModel(alignment.align(PAIRS), order=3)
    everything = list(model.levels[0][()][0])
    for history in list(model.levels[2]):
        assert sum(model._probabilities(history, everything)) == pytest.approx(1)


def test_nearest_spelling_is_the_same_word_or_a_variant_of_it():
    known = ["walk", "talks", "colour", "smith", "graphone"]
    assert nearest_spellings(known, ["smith", "walks", "color", "graphones"], batch_size=3).tolist() == [3, 0, 2, 4]
