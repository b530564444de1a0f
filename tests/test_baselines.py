"""course_utils.baselines: strong enough to be worth beating, and blind to the test part."""

import numpy as np
import pytest

from course_utils import baselines, models, splits


@pytest.fixture(scope="module")
def english():
    return models.prepare_reviews("en")


@pytest.fixture(scope="module")
def scores(english):
    return baselines.review_scores(english, strengths=(30,))


@pytest.mark.notebook
def test_counting_beats_the_majority_by_far(english, scores):
    validation = english.parts.validation
    assert set(scores) == {"naive Bayes", "TF-IDF", "regression on r"}
    for values in scores.values():
        assert english.is_right(values[validation], validation).mean() > 0.77


@pytest.mark.notebook
def test_what_is_learnt_from_all_rows_is_the_whole_baseline(english, scores):
    train = english.parts.train
    np.testing.assert_array_equal(baselines.naive_bayes(english, train), scores["naive Bayes"])
    np.testing.assert_array_equal(baselines.tfidf_regression(english, train), scores["TF-IDF"])


@pytest.mark.notebook
@pytest.mark.parametrize("method", [baselines.naive_bayes, baselines.tfidf_regression])
def test_few_rows_are_learnt_from_alone(english, method):
    mixed, validation = np.random.default_rng(0).permutation(english.parts.train), english.parts.validation
    few, rating = mixed[:1000], english.rating.copy()
    rating[mixed[1000:]] *= -1
    learnt = method(english, few)
    np.testing.assert_array_equal(method(english._replace(rating=rating, is_positive=rating > 0), few), learnt)
    assert 0.6 < english.is_right(learnt[validation], validation).mean() < 0.77


@pytest.mark.notebook
def test_labels_of_the_test_part_change_nothing(english, scores):
    rating = english.rating.copy()
    rating[english.parts.test] *= -1
    again = baselines.review_scores(english._replace(rating=rating, is_positive=rating > 0), strengths=(30,))
    for name, values in scores.items():
        np.testing.assert_array_equal(again[name], values)


@pytest.mark.notebook
def test_texts_of_the_test_part_change_no_other_score(english, scores):
    tokens = list(english.tokens)
    for row in english.parts.test:
        tokens[row] = ["unheard", "of"]
    again = baselines.review_scores(english._replace(tokens=tokens), strengths=(30,))
    kept = np.concatenate(english.parts[:2])
    np.testing.assert_allclose(again["TF-IDF"][kept], scores["TF-IDF"][kept])


def test_authors_with_characters_of_their_own_are_told_apart():
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1, 2], 40)
    documents = ["".join(rng.choice(list("abcdefghi"[3 * label : 3 * label + 4]), 12)) for label in labels]
    rows = rng.permutation(len(labels))
    parts = splits.Parts(rows[:60], rows[60:90], rows[90:])
    answers = baselines.author_answers(documents, labels, parts)
    assert set(answers) == {"naive Bayes", "TF-IDF"}
    for answer in answers.values():
        assert np.mean(answer[parts.test] == labels[parts.test]) > 0.9
