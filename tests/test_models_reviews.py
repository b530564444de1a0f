"""course_utils.models.reviews: the parts that can be checked without training for long."""

import numpy as np
import pytest

from course_utils import datasets, models, splits, text


@pytest.fixture(scope="module")
def english():
    return models.prepare_reviews("en")


def test_log_count_ratios_of_three_texts():
    gram_ids = np.array([[2, 3, 0], [2, 0, 0], [3, 4, 0]])
    ratios = models.log_count_ratios(gram_ids, np.array([True, True, False]), size=5)
    positive, negative = np.array([3, 2, 1]) / 6, np.array([1, 2, 2]) / 5  # counts + 1, over their sum
    np.testing.assert_allclose(ratios, [0, 0, *np.log(positive / negative)], rtol=1e-6)


def test_reviews_come_from_parts_that_share_no_group(english):
    assert sum(map(len, english.parts)) == len(english.texts) == 10_568
    assert datasets.overlap(english.group[english.parts.train], english.group[english.parts.test]) == 0
    assert not np.any(english.rating == 0)
    assert np.array_equal(english.target > 0.5, english.is_positive)


def test_vocabularies_know_nothing_of_the_test_part(english):
    trained_on = {gram for row in english.parts.train for gram in english.grams[row]}
    assert set(english.gram_vocabulary.numbers) == trained_on
    unknown = [row for row in english.parts.test if set(english.grams[row]) - trained_on]
    assert len(unknown) > 0.9 * len(english.parts.test)


def test_token_vectors_start_at_glove(english):
    glove = datasets.load_glove()
    number = english.token_vocabulary.numbers["film"]
    np.testing.assert_array_equal(english.token_vectors[number], glove.vectors[list(glove.words).index("film")])
    assert not english.token_vectors[text.PADDING].any()


@pytest.mark.notebook
def test_other_parts_are_used(english):
    rows = np.arange(100)
    parts = splits.Parts(rows[:60], rows[60:80], rows[80:])
    reviews = models.prepare_reviews("en", parts)
    assert len(reviews.gram_vocabulary) < len(english.gram_vocabulary) / 10


def test_network_ignores_padding_and_starts_at_naive_bayes(english):
    network = models.build_text_classifier(english, branches=("ratios",))
    rows = english.parts.test[:50]
    counts = text.padding_mask(english.gram_ids[rows]).sum(axis=1)
    bayes = english.log_count_ratios[english.gram_ids[rows]].sum(axis=1) / np.sqrt(1 + counts)
    scores = network(english.inputs(rows)).numpy()[:, 0]
    np.testing.assert_allclose(scores, bayes, rtol=1e-4, atol=1e-5)


@pytest.mark.notebook
def test_same_seed_gives_the_same_network(english):
    short = english._replace(recipe=english.recipe._replace(epochs=1))
    rows = english.parts.test[:100]
    first, second, other = (
        models.train_text_classifier(short, seed, branches=("ratios",))[0](short.inputs(rows)).numpy()
        for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, second)
    assert np.abs(first - other).max() > 0


def test_unknown_language():
    with pytest.raises(ValueError, match='"en" and "zh"'):
        models.prepare_reviews("fr")


@pytest.fixture(scope="module")
def quatrains():
    return models.prepare_quatrains()


def test_quatrains_of_ten_poets_without_the_disputed_ones(quatrains):
    everything = datasets.load_tang_quatrains()
    written = np.isin(everything.author, quatrains.poets).sum()
    assert len(quatrains.poets) == 10
    assert written - quatrains.disputed == len(quatrains.texts) == sum(map(len, quatrains.parts))
    assert 0 < quatrains.disputed < 100
    assert datasets.overlap(quatrains.group[quatrains.parts.train], quatrains.group[quatrains.parts.test]) == 0
    assert set(quatrains.author) == set(range(10))
    lengths = list(map(len, quatrains.characters))
    assert sum(length not in (20, 28) for length in lengths) <= 1  # one has two characters of Unicode's private area


@pytest.mark.notebook
@pytest.mark.parametrize(("masked", "is_same"), [(True, True), (False, False)])
def test_only_the_masked_lstm_ignores_how_far_a_poem_is_padded(quatrains, masked, is_same):
    short, ids = models.build_poet_classifier(quatrains, length=32, masked=masked)
    long, longer_ids = models.build_poet_classifier(quatrains, length=60, masked=masked)
    long.set_weights(short.get_weights())
    difference = np.abs(short(ids[:20]).numpy() - long(longer_ids[:20]).numpy()).max()
    assert (difference < 1e-6) == is_same


def test_right_counts_signs(english):
    rows = english.parts.validation[:4]
    signs = np.where(english.is_positive[rows], 1.0, -1.0)
    assert english.is_right(signs[:, None], rows).tolist() == [1, 1, 1, 1]
    assert english.is_right(-signs, rows).sum() == 0
