"""course_utils.splits: near-duplicates are found and never divided by a split."""

import numpy as np
import pytest

from course_utils import datasets, splits

TEXTS = [
    "one of the best movies of the year",
    "one of the worst movies of the year",  # similar to the first
    "one of the worst movies of the century",  # similar to the second, so in one chain with the first
    "a glorious mess",
    "a glorious mess",
    "",
    "",
    "nothing like the others at all",
]


def jaccard(first, second):
    first, second = set(first.split()), set(second.split())
    return len(first & second) / len(first | second) if first | second else 0


def test_similar_pairs_are_those_that_comparing_everything_finds():
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice(list("abcdefghij"), rng.integers(0, 9))) for _ in range(120)]
    for threshold in (0.3, 0.6, 1.0):
        slow = {(i, j) for j in range(len(texts)) for i in range(j) if jaccard(texts[i], texts[j]) >= threshold - 1e-12}
        fast = splits.similar_pairs([text.split() for text in texts], threshold)
        assert len(fast) == len(set(fast))
        assert set(fast) == slow


def test_chains_of_near_duplicates_are_one_group():
    group = splits.near_duplicate_groups([text.split() for text in TEXTS], 0.6)
    assert group.tolist() == [0, 0, 0, 3, 3, 5, 6, 7]  # texts without words are alone


@pytest.fixture(scope="module")
def film_sentences():
    snippets = datasets.load_movie_snippets()
    keys = [text.lower() for text in snippets.text]
    return keys, splits.near_duplicate_groups([key.split() for key in keys], 0.6)


def test_split_covers_every_row_once_and_divides_no_group(film_sentences):
    keys, group = film_sentences
    parts = splits.split_by_group(keys, group, validation=10, test=20)
    assert np.array_equal(np.sort(np.concatenate(parts)), np.arange(len(keys)))
    shares = [len(rows) / len(keys) for rows in parts]
    np.testing.assert_allclose(shares, [0.7, 0.1, 0.2], atol=0.02)
    for first, second in [(parts.train, parts.validation), (parts.train, parts.test), (parts.validation, parts.test)]:
        assert datasets.overlap(group[first], group[second]) == 0


def test_plain_random_split_divides_groups(film_sentences):
    _, group = film_sentences
    rows = np.random.default_rng(0).permutation(len(group))
    assert datasets.overlap(group[rows[:8000]], group[rows[8000:]]) > 0


def test_split_does_not_depend_on_the_order(film_sentences):
    keys, group = film_sentences
    order = np.random.default_rng(1).permutation(len(keys))
    expected = {keys[row] for row in splits.split_by_group(keys, group).test}
    shuffled = [keys[row] for row in order]
    assert {shuffled[row] for row in splits.split_by_group(shuffled, group[order]).test} == expected


def test_near_duplicate_pair_lands_on_one_side_whatever_its_text():
    keys = [f"{number} {end}" for number in range(300) for end in ("good", "bad")]
    group = np.repeat(np.arange(300), 2)
    for rows in splits.split_by_group(keys, group, validation=30, test=30):
        assert len(rows) % 2 == 0
        assert np.array_equal(rows[::2] + 1, rows[1::2])


def test_keys_and_groups_of_different_length():
    with pytest.raises(ValueError):
        splits.split_by_group(["a"], np.array([0, 1]))


def test_random_split_deals_every_row_once_and_follows_its_seed():
    first, again, other = (splits.random_split(1000, seed) for seed in (1, 1, 2))
    assert [len(rows) for rows in first] == [720, 80, 200]
    assert np.array_equal(np.sort(np.concatenate(first)), np.arange(1000))
    assert np.array_equal(first.test, again.test)
    assert not np.array_equal(first.test, other.test)


def test_last_of_each_group_are_the_latest():
    group, time = np.array([1, 0, 1, 0, 1, 0]), np.array([5, 1, 4, 3, 6, 2])
    earlier, last = splits.last_of_each(group, time, count=2)
    assert last.tolist() == [0, 3, 4, 5]
    assert earlier.tolist() == [1, 2]


def test_order_of_the_same_moment_is_drawn():
    group, time = np.zeros(50, int), np.zeros(50)
    drawn = [splits.last_of_each(group, time, 10, seed)[1].tolist() for seed in (0, 0, 1)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert drawn[0] != list(range(40, 50))


def test_connected_groups_follow_chains_of_pairs():
    assert splits.connected_groups(6, [(4, 5), (1, 3), (5, 1)]).tolist() == [0, 1, 2, 1, 1, 1]


@pytest.mark.parametrize(
    ("word", "stem"),
    [
        ("walking", "walk"),
        ("making", "make"),
        ("running", "run"),
        ("tries", "try"),
        ("walkers'", "walk"),
        ("dog's", "dog"),
    ],
)
def test_stems(word, stem):
    assert stem in splits.word_stems(word)


def test_short_words_have_no_stem():
    assert splits.word_stems("is") == splits.word_stems("bed") == set()


# word: pronunciation
WORDS = {
    "walk": "W AO K",
    "walks": "W AO K S",
    "walker's": "W AO K ER Z",
    "sidewalk": "S AY D W AO K",
    "unlock": "AH N L AA K",
    "lock": "L AA K",
    "smith": "S M IH TH",
    "smyth": "S M IH TH",
    "caring": "K EH R IH NG",
    "car": "K AA R",
    "fernald": "F ER N AH L D",
    "fernalds": "F ER N AH L D Z",
    "nudged": "N AH JH D",
    "nudging": "N AH JH IH NG",  # without "nudge"
}


def test_word_families_join_what_sounds_and_looks_alike():
    words = list(WORDS)
    family = dict(zip(words, splits.word_families(words, [[tuple(p.split())] for p in WORDS.values()]), strict=True))
    alike = [("walk", "walks"), ("walk", "walker's"), ("unlock", "lock"), ("smith", "smyth"), ("nudged", "nudging")]
    assert [pair for pair in alike if family[pair[0]] != family[pair[1]]] == []
    apart = [("caring", "car"), ("walk", "lock"), ("smith", "fernald"), ("walk", "sidewalk")]  # side- is no prefix
    assert [pair for pair in apart if family[pair[0]] == family[pair[1]]] == []
