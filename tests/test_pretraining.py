"""course_utils.pretraining."""

import numpy as np
import pytest

from course_utils.pretraining import corrupt, halves, sentence_pairs
from course_utils.wordpiece import SPECIAL, WordPiece

PIECES = WordPiece([*SPECIAL, *(f"w{number}" for number in range(200))])
FIRST = len(SPECIAL)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def texts(rng):
    """4,000 texts of [CLS], 20 ordinary tokens, [SEP] and padding."""
    ids = rng.integers(FIRST, len(PIECES), (4000, 25))
    ids[:, 0], ids[:, 21], ids[:, 22:] = PIECES.cls, PIECES.sep, 0
    return ids


def test_fifteen_percent_are_chosen_and_never_a_special_token(texts, rng):
    corrupted = corrupt(texts, PIECES, rng)
    assert np.all(corrupted.is_chosen.sum(axis=1) == 3)
    assert not np.any(corrupted.is_chosen & np.isin(texts, PIECES.special))
    by_place = corrupted.is_chosen[:, 1:21].mean(axis=0)
    assert np.abs(by_place - 0.15).max() < 5 * np.sqrt(0.15 * 0.85 / len(texts))  # no place is preferred


def test_eighty_ten_ten(texts, rng):
    seen, is_chosen, original = corrupt(texts, PIECES, rng)
    assert np.array_equal(seen[~is_chosen], original[~is_chosen])
    fates = seen[is_chosen]
    is_masked, is_same = fates == PIECES.mask, fates == original[is_chosen]
    for share, expected in [(is_masked, 0.8), (is_same, 0.1), (~is_masked & ~is_same, 0.1)]:
        assert share.mean() == pytest.approx(expected, abs=5 * np.sqrt(expected * (1 - expected) / len(fates)))
    assert not np.isin(fates[~is_masked], PIECES.special).any()


def test_a_text_without_words_is_left_alone(rng):
    ids = np.array([[PIECES.cls, PIECES.sep, 0]])
    seen, is_chosen, _ = corrupt(ids, PIECES, rng)
    assert np.array_equal(seen, ids)
    assert not is_chosen.any()


def test_pairs_are_half_true_and_never_true_by_accident(rng):
    firsts = [[FIRST + number % 200, FIRST] for number in range(3000)]
    seconds = [[number] for number in range(10_000, 13_000)]  # each is unlike all others
    pairs = sentence_pairs(firsts, seconds, PIECES, rng, longest=8)
    is_own = pairs.ids[:, 4] == np.arange(10_000, 13_000)
    assert np.array_equal(is_own, pairs.follows)
    assert pairs.follows.mean() == pytest.approx(0.5, abs=5 * 0.5 / np.sqrt(3000))


def test_the_length_of_the_second_gives_nothing_away(rng):
    """Pairs as long as each other: a rule that compares lengths would know every exchanged second."""
    lengths = rng.integers(1, 20, 3000)
    texts = [[FIRST] * length for length in lengths]
    pairs = sentence_pairs(texts, texts, PIECES, rng, longest=48)
    of_second = pairs.segments.sum(axis=1) - 1
    of_first = (pairs.ids > 0).sum(axis=1) - of_second - 3
    assert np.mean((of_first == of_second) == pairs.follows) < 0.55


def test_layout_segments_and_length(rng):
    pairs = sentence_pairs([[7, 8, 9, 10, 11], [7]], [[12, 13], [12, 13]], PIECES, rng, longest=8)
    cls, sep = PIECES.cls, PIECES.sep
    assert pairs.ids.tolist() == [[cls, 9, 10, 11, sep, 12, 13, sep], [cls, 7, sep, 12, 13, sep, 0, 0]]
    assert pairs.segments.tolist() == [[0, 0, 0, 0, 0, 1, 1, 1], [0, 0, 0, 1, 1, 1, 0, 0]]


def test_pairs_need_partners(rng):
    with pytest.raises(ValueError, match="two pairs at least"):
        sentence_pairs([[7]], [[8]], PIECES, rng, longest=8)
    with pytest.raises(ValueError, match="equally many"):
        sentence_pairs([[7], [8]], [[8]], PIECES, rng, longest=8)


def test_halves():
    assert halves([1, 2, 3]) == ([1], [2, 3])
