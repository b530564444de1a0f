"""Recommending from ratings: biases, factors of a table that is mostly empty, folding in, ranking without ratings.

A rating table is a `scipy.sparse.csr_array` of shape (users, films). A stored value is a known rating (or what biases
leave of it, which may be 0); everything else is *unknown*, not zero.
"""

from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.linalg import svds


def rating_table(user: np.ndarray, film: np.ndarray, value: np.ndarray, shape: tuple[int, int]) -> csr_array:
    """The table with `value` at (user, film); values that are 0 stay stored.

    Raises:
        ValueError: a user rates a film twice. SciPy would silently add the two ratings.
    """
    table = csr_array((np.asarray(value, dtype=float), (user, film)), shape=shape)
    if table.nnz < len(value):
        raise ValueError(f"{len(value) - table.nnz} of {len(value)} ratings have the same user and film as another.")
    return table


class Biases(NamedTuple):
    """What a rating owes to its user and its film alone: mean + user[u] + film[f]."""

    mean: float
    user: np.ndarray  # (users,)
    film: np.ndarray  # (films,)

    def predict(self, user: np.ndarray, film: np.ndarray) -> np.ndarray:
        """The expected ratings of these pairs, shape (pairs,)."""
        return self.mean + self.user[user] + self.film[film]


def fit_biases(table: csr_array, strength: float = 5.0, rounds: int = 10) -> Biases:
    """Biases close to the minimum of Σ (r − mean − b_u − b_f)² + strength · (Σ b_u² + Σ b_f²), by alternating steps.

    With the films' biases fixed, a user's is Σ (r − mean − b_f) / (strength + number of their ratings): the mean of
    what is left, pulled towards 0 where there are few ratings (Koren, Bell and Volinsky, 2009, "Biases").
    """
    user, film = known_pairs(table)
    rest = table.data - table.data.mean()
    of_user, of_film = np.zeros(table.shape[0]), np.zeros(table.shape[1])
    for _ in range(rounds):
        of_film = _shrunk_means(film, rest - of_user[user], len(of_film), strength)
        of_user = _shrunk_means(user, rest - of_film[film], len(of_user), strength)
    return Biases(float(table.data.mean()), of_user, of_film)


def _shrunk_means(place, value, size, strength):
    counts = np.bincount(place, minlength=size)
    return np.bincount(place, value, minlength=size) / np.maximum(counts + strength, 1e-12)


def known_pairs(table: csr_array) -> tuple[np.ndarray, np.ndarray]:
    """Row and column of every stored value, in the order of `table.data` (`nonzero` would leave stored zeros out)."""
    return np.repeat(np.arange(table.shape[0]), np.diff(table.indptr)), table.indices


def with_values(table: csr_array, values: np.ndarray) -> csr_array:
    """Other values in the same known cells, in the order of `table.data`."""
    return csr_array((values, table.indices, table.indptr), shape=table.shape)


def residual_table(table: csr_array, biases: Biases) -> csr_array:
    """The same table with what the biases leave of each rating."""
    return with_values(table, table.data - biases.predict(*known_pairs(table)))


def svd_factors(table: csr_array, rank: int) -> tuple[np.ndarray, np.ndarray]:
    """The first terms of the singular value decomposition of a table whose unknown cells are taken as 0.

    Returns:
        U √Σ, shape (users, rank), and V √Σ, shape (films, rank), the largest singular value first.
    """
    left, values, right = svds(table, k=rank, v0=np.ones(min(table.shape)))  # v0: where its iteration starts
    return (left * np.sqrt(values))[:, ::-1], (right.T * np.sqrt(values))[:, ::-1]


def products(user_factors: np.ndarray, film_factors: np.ndarray, user: np.ndarray, film: np.ndarray) -> np.ndarray:
    """p_u · q_f for pairs of user and film, shape (pairs,)."""
    return np.einsum("pk,pk->p", user_factors[user], film_factors[film])


class BiasedFactors(NamedTuple):
    """Biases, and factors of what they leave: mean + b_u + b_f + p_u · q_f."""

    biases: Biases
    user: np.ndarray  # (users, rank)
    film: np.ndarray  # (films, rank)

    def predict(self, user: np.ndarray, film: np.ndarray) -> np.ndarray:
        """The expected ratings of these pairs, shape (pairs,); not yet limited to the scale."""
        return self.biases.predict(user, film) + products(self.user, self.film, user, film)


def fit_svd(table: csr_array, rank: int, bias_strength: float) -> BiasedFactors:
    """Biases, and the SVD of the residuals with 0 in every unknown cell. On MovieLens (chapter 06) an RMSE of 0.88."""
    biases = fit_biases(table, bias_strength)
    return BiasedFactors(biases, *svd_factors(residual_table(table, biases), rank))


def fit_soft_impute(table: csr_array, strength: float, bias_strength: float) -> BiasedFactors:
    """Biases, and soft-impute on the known residuals. On MovieLens (chapter 06) an RMSE of 0.873."""
    biases = fit_biases(table, bias_strength)
    left, values, right = soft_impute(residual_table(table, biases), strength)
    return BiasedFactors(biases, left * values, right.T)


def fit_als(table: csr_array, rank: int, strength: float, bias_strength: float, seed: int = 0) -> BiasedFactors:
    """Biases, and alternating least squares on the known residuals. On MovieLens (chapter 06) an RMSE of 0.875."""
    biases = fit_biases(table, bias_strength)
    factors = alternating_least_squares(residual_table(table, biases), rank, strength, seed=seed)
    return BiasedFactors(biases, *factors)


def soft_impute(
    table: csr_array, strength: float, rank: int = 60, rounds: int = 30, start: tuple[np.ndarray, ...] | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The table Z that minimises ½ Σ (value − z)² over the known cells + strength · (sum of Z's singular values).

    Each round fills the unknown cells with those of Z, takes the filled table apart and shrinks its singular values by
    the strength, down to 0 at most (Mazumder, Hastie and Tibshirani, 2010, algorithm 1). The filled table is never
    built: it is Z, of low rank, plus a sparse table, value − z in the known cells (their section 5). Nor is its whole
    decomposition computed: a round multiplies it once from each side by the directions of the round before, as Hastie,
    Mazumder, Lee and Zadeh (2015, softImpute-ALS) do with ridge regressions. No round raises the objective.

    Args:
        table: what is known, shape (users, films).
        strength: of the shrinking. From the largest singular value of the zero-filled table on, Z is 0.
        rank: most singular values that Z can have; how many it has follows from the strength.
        rounds: how often to fill and shrink.
        start: the answer for another strength, to begin there (a warm start). Without it Z begins at 0.

    Returns:
        Z as (left * values) @ right with shapes (users, rank), (rank,), (rank, films); the largest value first, those
        that were shrunk to 0 kept.

    Raises:
        ValueError: the strength is negative.
    """
    if strength < 0:
        raise ValueError(f"The strength is {strength}; it must not be negative.")
    if start is None:
        right = np.linalg.qr(np.random.default_rng(0).standard_normal((table.shape[1], rank)))[0].T
        start = np.zeros((table.shape[0], len(right))), np.zeros(len(right)), right
    left, values, right = start
    user, film = known_pairs(table)
    for _ in range(rounds):
        low_rank = left * values  # times `right` it is Z
        rest = with_values(table, table.data - products(low_rank, right.T, user, film))
        basis = np.linalg.qr(rest @ right.T + low_rank)[0]  # (rest + Z) rightᵀ
        turned = rest.T @ basis + right.T @ (low_rank.T @ basis)  # (rest + Z)ᵀ basis
        directions, values, turn = np.linalg.svd(turned, full_matrices=False)
        left, values, right = basis @ turn.T, np.maximum(values - strength, 0), directions.T
    return left, values, right


def normal_equations(table: csr_array, factors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each row of the table, what its regression on the factors of its known columns needs.

    Args:
        table: shape (rows, columns).
        factors: of the columns, shape (columns, rank).

    Returns:
        Σ q qᵀ, shape (rows, rank, rank), and Σ value · q, shape (rows, rank), summed over the row's known columns.
    """
    rank = factors.shape[1]
    known = with_values(table, np.ones_like(table.data))
    first, second = np.triu_indices(rank)  # q qᵀ is symmetric: half of it is enough
    products = known @ (factors[:, first] * factors[:, second])
    squares = np.empty((table.shape[0], rank, rank))
    squares[:, first, second] = squares[:, second, first] = products
    return squares, table @ factors


def ridge(table: csr_array, factors: np.ndarray, strength: float) -> np.ndarray:
    """The factors of all rows that minimise Σ (value − p·q)² + strength · |p|², given those of the columns.

    One small linear system a row, (Σ q qᵀ + strength · I) p = Σ value · q; a row without known values gets zeros.

    Returns:
        Shape (rows, rank).
    """
    squares, right = normal_equations(table, factors)
    return np.linalg.solve(squares + strength * np.eye(factors.shape[1]), right[..., None])[..., 0]


def alternating_least_squares(
    table: csr_array, rank: int, strength: float, rounds: int = 10, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Factors of users and films by turns, each by `ridge` (Zhou, Wilkinson, Schreiber and Pan, 2008, section 3).

    The strength is the same for every user; the paper multiplies it by the number of ratings.

    Returns:
        Shapes (users, rank) and (films, rank).
    """
    film = np.random.default_rng(seed).normal(0, 0.1, (table.shape[1], rank))
    turned = table.T.tocsr()
    for _ in range(rounds):
        user = ridge(table, film, strength)
        film = ridge(turned, user, strength)
    return user, film


class FactorSamples(NamedTuple):
    """Draws from what the ratings leave possible. A prediction is the average over all of them."""

    mean: float  # of all ratings
    user: np.ndarray  # float32 (samples, users, rank): each the best answer to the films of the same sample
    film: np.ndarray  # float32 (samples, films, rank)
    precision: np.ndarray  # (samples,): 1 / variance of a rating around p·q
    prior_mean: np.ndarray  # (samples, rank): where users lie before they rate anything
    prior_precision: np.ndarray  # (samples, rank, rank)

    def predict(self, user: np.ndarray, film: np.ndarray) -> np.ndarray:
        """The expected ratings of these pairs, shape (pairs,); not yet limited to the scale."""
        total = np.zeros(len(user))
        for users, films in zip(self.user, self.film, strict=True):
            total += products(users, films, user, film)
        return self.mean + total / len(self.user)

    def scores(self) -> np.ndarray:
        """The expected ratings of all users for all films, float32 (users, films)."""
        total = np.zeros((self.user.shape[1], self.film.shape[1]), np.float32)
        for users, films in zip(self.user, self.film, strict=True):
            total += users @ films.T
        return self.mean + total / len(self.user)

    def fold_in(self, film: np.ndarray, rating: np.ndarray, wanted: np.ndarray | None = None) -> np.ndarray:
        """The expected ratings of a new user, from the few that they have given. Nothing is retrained.

        In each sample the new user's factors solve (α Σ q qᵀ + Λ) p = α Σ (rating − mean) q + Λ m, as every other
        user's do. Without any rating p = m, the average user.

        Args:
            film, rating: shape (ratings,), both may be empty.
            wanted: the films to predict; all without it.

        Returns:
            Shape (films,) or that of `wanted`.
        """
        film = np.asarray(film, dtype=int)
        known = self.film[:, film].astype(float)  # (samples, ratings, rank)
        squares = known.transpose(0, 2, 1) @ known
        right = np.einsum("srk,r->sk", known, np.asarray(rating, dtype=float) - self.mean)
        alpha = self.precision[:, None]
        right = alpha * right + np.einsum("skl,sl->sk", self.prior_precision, self.prior_mean)
        system = alpha[..., None] * squares + self.prior_precision
        factors = np.linalg.solve(system, right[..., None])[..., 0]
        films = self.film if wanted is None else self.film[:, wanted]
        return self.mean + np.einsum("sfk,sk->f", films, factors) / len(films)


def sample_factors(
    table: csr_array, rank: int = 10, burn_in: int = 20, samples: int = 80, seed: int = 0, on_step=None
) -> FactorSamples:
    """Bayesian probabilistic matrix factorisation by Gibbs sampling (Salakhutdinov and Mnih, 2008).

    Each step is one of alternating least squares with two changes. The strength is not chosen but drawn, as a matrix,
    from what the factors themselves suggest. And noise of the right size is added to ratings and prior before the
    systems are solved, which turns the best answer into a random possible one (Papandreou and Yuille, 2010, "Gaussian
    sampling by local perturbations").

    On MovieLens (chapter 06, random split) its RMSE is about 0.865.

    Args:
        table: ratings, shape (users, films).
        rank: factors a user and a film.
        burn_in: first steps that are not kept.
        samples: steps that are kept.
        seed: of all draws.
        on_step: called after each step with its number and the factors of users and films.
    """
    rng = np.random.default_rng(seed)
    mean = float(table.data.mean())
    centred = with_values(table, table.data - mean)
    turned = centred.T.tocsr()
    user, film = svd_factors(centred, rank)
    rows, columns = known_pairs(centred)
    precision, kept = 1.0, []

    def draw(table, others, current):
        """Possible factors of all rows, and the best ones, under a prior that is drawn as well."""
        m, half = _draw_prior(current, rng)
        prior_precision = half @ half.T
        squares, right = normal_equations(table, others)
        noise = with_values(table, rng.standard_normal(table.nnz)) @ others
        system = precision * squares + prior_precision
        best = precision * right + prior_precision @ m
        perturbed = best + np.sqrt(precision) * noise + rng.standard_normal(current.shape) @ half.T
        solutions = np.linalg.solve(system, np.stack([best, perturbed], axis=-1))
        return solutions[..., 1], solutions[..., 0], m, prior_precision

    for step in range(burn_in + samples):
        film, _, _, _ = draw(turned, user, film)
        user, best_user, m, prior_precision = draw(centred, film, user)
        if step >= burn_in:
            kept.append((best_user.astype(np.float32), film.astype(np.float32), precision, m, prior_precision))
        errors = centred.data - products(user, film, rows, columns)
        precision = rng.gamma(1 + len(errors) / 2) / (1 + errors @ errors / 2)
        if on_step:
            on_step(step, user, film)
    return FactorSamples(mean, *map(np.array, zip(*kept, strict=True)))


def _draw_prior(factors, rng, certainty=2.0):
    """Mean m and half H of the precision H Hᵀ, from the normal–Wishart distribution that the factors leave.

    Equation 14 of Salakhutdinov and Mnih (2008) with μ₀ = 0, β₀ = `certainty`, ν₀ = rank, W₀ = I; the Wishart draw by
    Bartlett's decomposition.
    """
    count, rank = factors.shape
    average = factors.mean(axis=0)
    scatter = (factors - average).T @ (factors - average)
    scatter += count * certainty / (certainty + count) * np.outer(average, average)
    scale = np.linalg.inv(np.eye(rank) + scatter)
    chi = np.sqrt(rng.chisquare(rank + count - np.arange(rank)))
    half = np.linalg.cholesky(scale) @ (np.tril(rng.standard_normal((rank, rank)), -1) + np.diag(chi))
    m = count * average / (certainty + count)
    return m + np.linalg.solve(half.T, rng.standard_normal(rank)) / np.sqrt(certainty + count), half


def seen_table(user: np.ndarray, film: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """1.0 where a user has rated a film, whatever the rating, else 0.0; dense, shape (users, films)."""
    seen = np.zeros(shape)
    seen[user, film] = 1
    return seen


def subspace_scores(seen: np.ndarray, rank: int) -> np.ndarray:
    """Scores of all films by the SVD of what was seen: U_k U_kᵀ X (Cremonesi, Koren and Turrin, 2010, "PureSVD")."""
    directions = np.linalg.eigh(seen @ seen.T)[1][:, -rank:]  # U_k, by way of the smaller side
    return directions @ (directions.T @ seen)


def item_regression(seen: np.ndarray, strength: float) -> np.ndarray:
    """Scores of all films for all users by EASE (Steck, 2019): each film is predicted from all others by ridge.

    The weights are B = I − P · diag(1 / diag P) with P = (XᵀX + strength · I)⁻¹, films by films. There are far fewer
    users than films, so P is never built: X P = (X Xᵀ + strength · I)⁻¹ X needs a system of the users' size only.

    Args:
        seen: X, shape (users, films).
        strength: of the ridge regression.

    Returns:
        X B, shape (users, films).
    """
    through = np.linalg.solve(seen @ seen.T + strength * np.eye(len(seen)), seen)  # X P
    diagonal = (1 - np.einsum("uf,uf->f", seen, through)) / strength  # of P
    return seen - through / diagonal
