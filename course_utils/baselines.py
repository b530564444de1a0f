"""Opponents that need no network: texts as counted n-grams, on the same split as the networks."""

from collections.abc import Sequence

import numpy as np

from course_utils import text
from course_utils.models import Reviews, log_count_ratios
from course_utils.splits import Parts


def naive_bayes(reviews: Reviews, rows: np.ndarray) -> np.ndarray:
    """Scores of all reviews, above 0 for positive: the sum of the log-count ratios, learnt from these rows alone."""
    ratios = log_count_ratios(reviews.gram_ids[rows], reviews.is_positive[rows], len(reviews.gram_vocabulary))
    return ratios[reviews.gram_ids].sum(axis=1)


def tfidf_regression(reviews: Reviews, rows: np.ndarray, strength: float = 30) -> np.ndarray:
    """Scores of all reviews, above 0 for positive: logistic regression on damped counts, learnt from these rows alone.

    Args:
        reviews: what `prepare_reviews` returns.
        rows: what is learnt from.
        strength: C of the regression.
    """
    features = _damped_counts(reviews, rows)
    return _regression(features, reviews.is_positive, rows, strength).decision_function(features)


def review_scores(reviews: Reviews, strengths: Sequence[float]) -> dict[str, np.ndarray]:
    """Scores of all reviews, above 0 for positive, by three ways to count words and pairs of words.

    "naive Bayes": the sum of the log-count ratios r. "TF-IDF": logistic regression on damped counts of the whole
    review. "regression on r": logistic regression on the ratios that are present (Wang and Manning, 2012). The strength
    C of both regressions is chosen on the validation part; every trial is printed.

    Args:
        reviews: what `prepare_reviews` returns.
        strengths: the values of C that TF-IDF tries.
    """
    from scipy.sparse import csr_array

    train, validation, _ = reviews.parts
    ratios = reviews.log_count_ratios[reviews.gram_ids]
    present = np.nonzero(ratios)
    weighted = csr_array((ratios[present].astype(float), (present[0], reviews.gram_ids[present])))

    scores = {"naive Bayes": ratios.sum(axis=1)}
    print(
        f"naive Bayes: validation accuracy {reviews.is_right(scores['naive Bayes'][validation], validation).mean():.4f}"
    )
    for name, features, tried in [
        ("TF-IDF", _damped_counts(reviews, train), strengths),
        ("regression on r", weighted, (0.1, 0.3)),
    ]:
        answers = [_regression(features, reviews.is_positive, train, C).decision_function(features) for C in tried]
        scores[name] = _best(name, tried, answers, [reviews.is_right(a[validation], validation) for a in answers])
    return scores


def author_answers(documents: Sequence[str], labels: np.ndarray, parts: Parts) -> dict[str, np.ndarray]:
    """Predicted labels of all documents from their characters and pairs of characters.

    "naive Bayes" is the multinomial one, "TF-IDF" logistic regression on damped counts of those that occur twice.
    Smoothing and strength are chosen on the validation part; every trial is printed.
    """
    from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
    from sklearn.naive_bayes import MultinomialNB

    train, validation, _ = parts
    grams = [text.n_grams(document, 2) for document in documents]
    known = [grams[row] for row in train]
    counts = CountVectorizer(analyzer=list).fit(known).transform(grams)
    tfidf = TfidfVectorizer(analyzer=list, sublinear_tf=True, min_df=2).fit(known).transform(grams)
    smoothings, strengths = (0.03, 0.1, 0.3), (30, 100)
    bayes = [MultinomialNB(alpha=s).fit(counts[train], labels[train]).predict(counts) for s in smoothings]
    regression = [_regression(tfidf, labels, train, C).predict(tfidf) for C in strengths]
    return {
        name: _best(name, tried, answers, [answer[validation] == labels[validation] for answer in answers])
        for name, tried, answers in [("naive Bayes", smoothings, bayes), ("TF-IDF", strengths, regression)]
    }


def _damped_counts(reviews, rows):
    """The weighted counts of words and pairs of words of all reviews; words and weights come from these rows."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    grams = [text.n_grams(tokens, 2) for tokens in reviews.tokens]
    tfidf = TfidfVectorizer(analyzer=list, sublinear_tf=True, min_df=reviews.recipe.minimum_count)
    return tfidf.fit([grams[row] for row in rows]).transform(grams)


def _regression(features, labels, train, strength):
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=strength, max_iter=300).fit(features[train], labels[train])


def _best(name, tried, answers, right):
    """The answers of the setting that is right most often on the validation part; prints all."""
    accuracies = [np.mean(values) for values in right]
    trials = ", ".join(f"{accuracy:.4f} ({setting})" for setting, accuracy in zip(tried, accuracies, strict=True))
    print(f"{name}: validation accuracy (by setting) {trials}")
    return answers[int(np.argmax(accuracies))]
