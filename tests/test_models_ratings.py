"""course_utils.models.ratings: numbering, cold start and the network, without long training."""

import numpy as np
import pytest

from course_utils import datasets, models, recommendation


@pytest.fixture(scope="module")
def ratings():
    return models.prepare_film_ratings()


def test_users_and_films_are_numbered_without_gaps(ratings):
    data = datasets.load_movielens()
    assert ratings.shape == (671, 9066)
    assert np.array_equal(np.unique(ratings.film), np.arange(9066))
    row = 12_345
    (place,) = np.flatnonzero(data.film_id == data.film[row])
    assert ratings.title[ratings.film[row]].startswith(data.title[place])
    assert ratings.genres[ratings.film[row]] == data.genres[place]
    assert ratings.table(np.arange(100)).nnz == ratings.seen(np.arange(100)).sum() == 100


def test_titles_are_found_by_their_beginning_or_refused(ratings):
    assert ratings.title[ratings.find("Toy Story (1995)", "Fargo")].tolist() == ["Toy Story (1995)", "Fargo (1996)"]
    assert ratings.find().shape == (0,)
    with pytest.raises(ValueError, match="4 titles begin with 'Toy Story'"):
        ratings.find("Toy Story")
    with pytest.raises(ValueError, match="0 titles"):
        ratings.find("No such film")


def test_network_computes_the_formula_row_by_row():
    network = models.build_rating_network((5, 7), mean=3.0, rank=4)
    user, film = np.array([0, 4, 2], "int32"), np.array([6, 0, 3], "int32")
    p, q, b_user, b_film = (weight.numpy() for weight in network.weights)
    expected = 3 + np.sum(p[user] * q[film], axis=1) + b_user[user, 0] + b_film[film, 0]
    np.testing.assert_allclose(network([user, film]).numpy()[:, 0], expected, rtol=1e-5)
    np.testing.assert_allclose(network([user[:1], film[:1]]).numpy()[:, 0], expected[:1], rtol=1e-5)


@pytest.mark.notebook
def test_trained_network_beats_the_mean_and_repeats_itself(ratings):
    rows = np.random.default_rng(0).permutation(len(ratings.user))
    train, test = rows[:50_000], rows[50_000:60_000]
    where = ratings.user[test], ratings.film[test]
    first, again = (models.train_rating_network(ratings, train, seed=1, epochs=4) for _ in range(2))
    error = np.sqrt(np.mean((first.predict(*where) - ratings.rating[test]) ** 2))
    assert error < ratings.rating[test].std() - 0.08
    np.testing.assert_array_equal(first.predict(*where), again.predict(*where))
    assert len(first.history["rmse"]) == 4


def test_recommendations_leave_out_what_was_rated_and_follow_the_stars(ratings):
    table = ratings.table(np.arange(len(ratings.user)))
    samples = recommendation.sample_factors(table, rank=2, burn_in=2, samples=3)
    candidates = ratings.find("Toy Story (1995)", "Fargo", "Titanic (1997)", "Matrix, The")
    text = models.recommend(ratings, samples, {"Fargo": 5, "Heat (1995)": 1, "Jumanji": 0}, candidates, count=10)
    assert "Fargo" not in text
    assert text.count(";") == 2


def test_cold_start_errors_without_ratings_are_those_of_the_films_alone(ratings):
    rows = np.flatnonzero(ratings.user >= 5)
    table = ratings.table(rows)
    samples = recommendation.sample_factors(table, rank=2, burn_in=2, samples=3)
    biases = recommendation.fit_biases(table)
    errors = models.cold_start_errors(ratings, samples, biases, np.arange(5), (0, 15), strength=5.0)
    assert {name: len(values) for name, values in errors.items()} == {"folded in": 2, "biases": 2}
    wanted = []
    for newcomer in range(5):
        wanted.append(np.random.default_rng(newcomer).permutation(np.flatnonzero(ratings.user == newcomer))[15:45])
    wanted = np.concatenate(wanted)
    by_hand = np.clip(biases.mean + biases.film[ratings.film[wanted]], 0.5, 5)
    assert errors["biases"][0] == pytest.approx(np.sqrt(np.mean((by_hand - ratings.rating[wanted]) ** 2)))
