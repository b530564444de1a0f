"""course_utils.recommendation: each formula against a second way to compute it."""

import numpy as np
import pytest

from course_utils import recommendation


@pytest.fixture(scope="module")
def made_up():
    """A table of 60 × 80 with three real factors, noise, and a fifth of the cells known; and the truth everywhere."""
    rng = np.random.default_rng(3)
    truth = 3 + rng.normal(0, 0.7, (60, 3)) @ rng.normal(0, 0.9, (3, 80))
    user, film = np.nonzero(rng.random((60, 80)) < 0.4)
    values = truth[user, film] + rng.normal(0, 0.3, len(user))
    return recommendation.rating_table(user, film, values, (60, 80)), truth


def test_a_stored_zero_is_known_and_a_doubled_rating_is_refused():
    table = recommendation.rating_table(np.array([0, 1]), np.array([2, 0]), np.array([0.0, 1.0]), (2, 3))
    rows, columns = recommendation.known_pairs(table)
    assert rows.tolist() == [0, 1]
    assert columns.tolist() == [2, 0]
    with pytest.raises(ValueError, match="same user and film"):
        recommendation.rating_table(np.array([0, 0]), np.array([1, 1]), np.array([2.0, 3.0]), (2, 3))


def test_biases_are_at_the_minimum_of_the_penalised_error(made_up):
    table, _ = made_up
    biases = recommendation.fit_biases(table, strength=4.0, rounds=50)
    residuals = recommendation.residual_table(table, biases)
    np.testing.assert_allclose(residuals.sum(axis=1), 4 * biases.user, atol=1e-8)
    np.testing.assert_allclose(residuals.sum(axis=0), 4 * biases.film, atol=1e-8)
    assert not np.allclose(residuals.sum(axis=1), 5 * biases.user, atol=1e-8)  # another strength has another minimum


def test_biases_without_ratings_are_zero_even_without_strength():
    table = recommendation.rating_table(np.array([0]), np.array([0]), np.array([4.0]), (2, 2))
    biases = recommendation.fit_biases(table, strength=0)
    assert biases.predict(np.array([1]), np.array([1])).tolist() == [4.0]


def test_ridge_solves_one_regression_a_row():
    rng = np.random.default_rng(0)
    factors = rng.normal(size=(6, 3))
    table = recommendation.rating_table(np.array([0, 0, 2]), np.array([1, 4, 5]), np.array([1.0, 0.0, -2.0]), (3, 6))
    answer = recommendation.ridge(table, factors, strength=0.7)
    known = factors[[1, 4]]  # the rating of 0 counts
    by_hand = np.linalg.solve(known.T @ known + 0.7 * np.eye(3), known.T @ [1.0, 0.0])
    np.testing.assert_allclose(answer[0], by_hand)
    assert not answer[1].any()


def test_least_squares_by_turns_lowers_the_penalised_error(made_up):
    table, _ = made_up
    rows, columns = recommendation.known_pairs(table)

    def objective(rounds):
        user, film = recommendation.alternating_least_squares(table, 3, 1.0, rounds)
        errors = table.data - recommendation.products(user, film, rows, columns)
        return errors @ errors + np.sum(user**2) + np.sum(film**2)

    values = [objective(rounds) for rounds in (1, 2, 5, 20)]
    assert values == sorted(values, reverse=True)


def soft_impute_objective(table, parts, strength):
    left, values, right = parts
    errors = table.data - recommendation.products(left * values, right.T, *recommendation.known_pairs(table))
    return errors @ errors / 2 + strength * values.sum()


def test_other_values_stand_in_the_same_known_cells(made_up):
    table, _ = made_up
    doubled = recommendation.with_values(table, 2 * table.data)
    assert np.array_equal(doubled.toarray(), 2 * table.toarray())
    zeros = recommendation.with_values(table, np.zeros(table.nnz))
    assert np.array_equal(recommendation.known_pairs(zeros), recommendation.known_pairs(table))


@pytest.mark.parametrize("rank", [2, 60])
def test_no_round_of_soft_impute_raises_the_objective(made_up, rank):
    table, _ = made_up
    parts, objectives = None, []
    for _ in range(40):
        parts = recommendation.soft_impute(table, 3.0, rank, rounds=1, start=parts)
        objectives.append(soft_impute_objective(table, parts, 3.0))
    assert np.all(np.diff(objectives) < 1e-9)
    assert objectives[-1] < 0.9 * objectives[0]


def test_soft_impute_ends_where_filling_and_shrinking_the_dense_table_does(made_up):
    table, _ = made_up
    known = np.zeros(table.shape, bool)
    known[recommendation.known_pairs(table)] = True
    dense = np.zeros(table.shape)
    for _ in range(500):
        left, values, right = np.linalg.svd(np.where(known, table.toarray(), dense), full_matrices=False)
        dense = (left * np.maximum(values - 3, 0)) @ right
    left, values, right = recommendation.soft_impute(table, 3.0, rounds=500)
    assert np.count_nonzero(values) < 60  # the limit of the rank does not bind
    np.testing.assert_allclose((left * values) @ right, dense, atol=1e-6)
    warm = recommendation.soft_impute(table, 3.0, rounds=300, start=recommendation.soft_impute(table, 6.0))
    np.testing.assert_allclose((warm[0] * warm[1]) @ warm[2], dense, atol=1e-6)


def test_soft_impute_and_least_squares_with_enough_factors_have_the_same_minimum(made_up):
    table, _ = made_up
    user, film = recommendation.alternating_least_squares(table, 30, 3.0, rounds=500)
    left, values, right = recommendation.soft_impute(table, 3.0, rounds=500)
    np.testing.assert_allclose(user @ film.T, (left * values) @ right, atol=1e-3)


def test_without_unknown_cells_soft_impute_is_the_svd_with_shrunk_values():
    full = np.random.default_rng(4).normal(size=(7, 5))
    table = recommendation.rating_table(*np.nonzero(full), full.ravel(), full.shape)
    left, values, right = np.linalg.svd(full, full_matrices=False)
    parts = recommendation.soft_impute(table, strength=values[2], rounds=1)
    np.testing.assert_allclose(parts[1], np.maximum(values - values[2], 0), atol=1e-12)
    np.testing.assert_allclose((parts[0] * parts[1]) @ parts[2], (left * parts[1]) @ right, atol=1e-12)


def test_from_the_largest_singular_value_on_soft_impute_leaves_nothing(made_up):
    table, _ = made_up
    largest = np.linalg.norm(table.toarray(), 2)
    assert not recommendation.soft_impute(table, 1.0001 * largest)[1].any()
    assert recommendation.soft_impute(table, 0.99 * largest)[1].any()
    with pytest.raises(ValueError, match="-1"):
        recommendation.soft_impute(table, -1)


def test_svd_factors_give_the_best_table_of_their_rank(made_up):
    table, _ = made_up
    user, film = recommendation.svd_factors(table, 4)
    left, values, right = np.linalg.svd(table.toarray())
    np.testing.assert_allclose(user @ film.T, (left[:, :4] * values[:4]) @ right[:4], atol=1e-8)
    np.testing.assert_allclose(np.sum(user**2, axis=0), values[:4])  # the largest first


def test_biased_factors_add_up(made_up):
    table, _ = made_up
    fitted = recommendation.fit_svd(table, 2, bias_strength=3)
    assert fitted.predict(np.array([5]), np.array([7])) == pytest.approx(
        fitted.biases.mean + fitted.biases.user[5] + fitted.biases.film[7] + fitted.user[5] @ fitted.film[7]
    )


def test_fitted_soft_impute_adds_biases_and_shrunk_factors(made_up):
    table, truth = made_up
    biases = recommendation.fit_biases(table, 3)
    left, values, right = recommendation.soft_impute(recommendation.residual_table(table, biases), 1.0)
    fitted = recommendation.fit_soft_impute(table, 1.0, bias_strength=3)
    expected = biases.mean + biases.user[5] + biases.film[7] + (left * values)[5] @ right[:, 7]
    assert fitted.predict(np.array([5]), np.array([7])) == pytest.approx(expected)
    unknown = np.nonzero(table.toarray() == 0)
    errors = [np.mean((model.predict(*unknown) - truth[unknown]) ** 2) for model in (fitted, biases)]
    assert errors[0] < 0.5 * errors[1]


def test_averaged_samples_beat_the_other_methods_where_the_truth_is_known(made_up):
    table, truth = made_up
    unknown = np.nonzero(table.toarray() == 0)

    def error(predicted):
        return np.sqrt(np.mean((predicted - truth[unknown]) ** 2))

    samples = recommendation.sample_factors(table, rank=3, burn_in=20, samples=60)
    bayes = error(samples.predict(*unknown))
    assert bayes < error(recommendation.fit_als(table, 3, 1.0, 3).predict(*unknown))
    assert bayes < 0.6 * error(recommendation.fit_biases(table, 3).predict(*unknown))
    assert samples.precision.mean() ** -0.5 == pytest.approx(0.3, rel=0.15)  # the noise that was put in
    np.testing.assert_allclose(samples.scores()[unknown], samples.predict(*unknown), atol=1e-4)


def test_folding_a_known_user_in_gives_what_training_gave(made_up):
    table, _ = made_up
    samples = recommendation.sample_factors(table, rank=3, burn_in=5, samples=10)
    row = table[[4]]
    folded = samples.fold_in(row.indices, row.data)
    np.testing.assert_allclose(folded, samples.scores()[4], atol=1e-4)
    np.testing.assert_allclose(samples.fold_in(row.indices, row.data, np.array([3, 9])), folded[[3, 9]], rtol=1e-6)
    average = samples.mean + np.einsum("sfk,sk->f", samples.film, samples.prior_mean) / 10
    np.testing.assert_allclose(samples.fold_in([], []), average, rtol=1e-6)


def test_same_seed_same_samples_and_every_step_is_reported(made_up):
    table, _ = made_up
    steps = []
    first = recommendation.sample_factors(table, 2, 2, 3, seed=1, on_step=lambda step, user, film: steps.append(step))
    again = recommendation.sample_factors(table, 2, 2, 3, seed=1)
    other = recommendation.sample_factors(table, 2, 2, 3, seed=2)
    assert steps == [0, 1, 2, 3, 4]
    assert np.array_equal(first.film, again.film)
    assert not np.array_equal(first.film, other.film)


def test_a_drawn_prior_lies_around_the_factors():
    rng = np.random.default_rng(0)
    factors = rng.multivariate_normal([1.0, -2.0], [[0.5, 0.2], [0.2, 0.3]], size=4000)
    means, precisions = zip(*(recommendation._draw_prior(factors, rng) for _ in range(300)), strict=True)
    np.testing.assert_allclose(np.mean(means, axis=0), factors.mean(axis=0), atol=0.01)
    average = np.mean([half @ half.T for half in precisions], axis=0)
    np.testing.assert_allclose(np.linalg.inv(average), np.cov(factors.T), atol=0.01)


@pytest.mark.parametrize("strength", [0.5, 20.0])
def test_item_regression_is_the_regression_of_each_film_on_the_others(strength):
    seen = (np.random.default_rng(1).random((30, 12)) < 0.3).astype(float)
    weights = np.zeros((12, 12))
    for film in range(12):
        others = np.delete(np.arange(12), film)
        X = seen[:, others]
        weights[others, film] = np.linalg.solve(X.T @ X + strength * np.eye(11), X.T @ seen[:, film])
    np.testing.assert_allclose(recommendation.item_regression(seen, strength), seen @ weights, atol=1e-10)


def test_subspace_scores_are_the_truncated_svd():
    seen = (np.random.default_rng(2).random((8, 6)) < 0.4).astype(float)
    left, values, right = np.linalg.svd(seen, full_matrices=False)
    assert values[1] - values[2] > 0.1  # else the truncated SVD would not be unique
    expected = (left[:, :2] * values[:2]) @ right[:2]
    np.testing.assert_allclose(recommendation.subspace_scores(seen, 2), expected, atol=1e-10)
    np.testing.assert_allclose(recommendation.subspace_scores(seen, 6), seen, atol=1e-10)
