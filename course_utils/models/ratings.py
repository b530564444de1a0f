"""The data and the trained models of chapter 06."""

from collections.abc import Sequence
from typing import NamedTuple

import keras
import numpy as np
from keras import layers
from scipy.sparse import csr_array

from course_utils import datasets, metrics, recommendation


class FilmRatings(NamedTuple):
    """MovieLens with users and films numbered from 0; the first four arrays have one entry a rating."""

    user: np.ndarray  # int64, 0…670
    film: np.ndarray  # int64, a place in `title`
    rating: np.ndarray  # float64, 0.5…5
    time: np.ndarray  # datetime64[s]
    title: np.ndarray  # of each film that was rated, with its year
    genres: list[tuple[str, ...]]  # of each film
    shape: tuple[int, int]  # users, films

    def table(self, rows: np.ndarray) -> csr_array:
        """The rating table of some rows."""
        return recommendation.rating_table(self.user[rows], self.film[rows], self.rating[rows], self.shape)

    def seen(self, rows: np.ndarray) -> np.ndarray:
        """bool (users, films): which films the users have rated in some rows."""
        return recommendation.seen_table(self.user[rows], self.film[rows], self.shape).astype(bool)

    def find(self, *beginnings: str) -> np.ndarray:
        """The films whose titles begin so.

        Raises:
            ValueError: no title begins so, or more than one does.
        """
        found = []
        for start in beginnings:
            places = [place for place, title in enumerate(self.title) if title.startswith(start)]
            if len(places) != 1:
                raise ValueError(f"{len(places)} titles begin with {start!r}: {list(self.title[places][:5])}")
            found += places
        return np.array(found, dtype=int)


def prepare_film_ratings() -> FilmRatings:
    """Load MovieLens and number its users and the films that were rated."""
    data = datasets.load_movielens()
    users, user = np.unique(data.user, return_inverse=True)
    films, film = np.unique(data.film, return_inverse=True)
    place = {number: row for row, number in enumerate(data.film_id.tolist())}
    rows = [place[number] for number in films.tolist()]
    title = [f"{data.title[row]} ({data.year[row]})" if data.year[row] else data.title[row] for row in rows]
    return FilmRatings(
        user,
        film,
        data.rating,
        data.time,
        np.array(title, dtype=object),
        [data.genres[row] for row in rows],
        (len(users), len(films)),
    )


def recommend(
    ratings: FilmRatings,
    samples: recommendation.FactorSamples,
    stars: dict[str, float],
    candidates: np.ndarray,
    count: int = 6,
) -> str:
    """Films for somebody who has rated a few, with the stars that they can be expected to give, as text.

    Args:
        ratings, samples: the films, and their factors.
        stars: the beginning of each title with stars, 0 for not seen.
        candidates: films that may be recommended; those that were rated are left out.
        count: of films.
    """
    known = ratings.find(*(title for title, value in stars.items() if value))
    expected = samples.fold_in(known, [value for value in stars.values() if value])
    unseen = np.setdiff1d(candidates, known)
    best = unseen[np.argsort(-expected[unseen])[:count]]
    return "; ".join(f"{ratings.title[place]} {expected[place]:.1f}" for place in best)


def cold_start_errors(
    ratings: FilmRatings,
    samples: recommendation.FactorSamples,
    biases: recommendation.Biases,
    new_users: np.ndarray,
    known_counts: Sequence[int],
    strength: float,
    first_predicted: int = 15,
    predicted: int = 30,
) -> dict[str, list[float]]:
    """How well ratings of new users are predicted after they have given a few, by folding in and by biases alone.

    Args:
        ratings: what `prepare_film_ratings` returns.
        samples, biases: fitted without any rating of the new users.
        new_users: their numbers.
        known_counts: how many ratings are given, one after the other; none more than `first_predicted`.
        strength: of the new user's bias.
        first_predicted: in a random order of a user's ratings, those from this place on are predicted, always the same,
        predicted: and at most so many of each user, so that the busiest do not decide everything.

    Returns:
        For "folded in" and "biases" the root mean squared errors, one for each count.
    """
    errors: dict[str, list[float]] = {"folded in": [], "biases": []}
    orders = [np.random.default_rng(u).permutation(np.flatnonzero(ratings.user == u)) for u in new_users]
    hidden = slice(first_predicted, first_predicted + predicted)
    wanted = np.concatenate([order[hidden] for order in orders])
    for count in known_counts:
        folded, biased = [], []
        for order in orders:
            given, film = order[:count], ratings.film[order[hidden]]
            folded.append(samples.fold_in(ratings.film[given], ratings.rating[given], film))
            rest = ratings.rating[given] - biases.mean - biases.film[ratings.film[given]]
            biased.append(biases.mean + biases.film[film] + rest.sum() / max(strength + count, 1e-12))
        for name, parts in (("folded in", folded), ("biases", biased)):
            stars = np.clip(np.concatenate(parts), 0.5, 5)
            errors[name].append(metrics.root_mean_squared_error(stars, ratings.rating[wanted]))
    return errors


def build_rating_network(shape: tuple[int, int], mean: float, rank: int = 10, strength: float = 2e-4) -> keras.Model:
    """Matrix factorisation with biases as a network: mean + b_u + b_f + p_u · q_f (Koren, Bell and Volinsky, 2009).

    Args:
        shape: users, films.
        mean: of all ratings, where the answers start.
        rank: factors a user and a film.
        strength: of the penalty on squared factors, summed over both tables; on the biases it is a quarter of that.

    Returns:
        A network that maps users and films, both int32 of shape (ratings,), to ratings of shape (ratings, 1).
    """
    inputs = [keras.Input((), dtype="int32", name=name) for name in ("user", "film")]

    def looked_up(rank, deviation, strength):
        start = keras.initializers.RandomNormal(stddev=deviation) if deviation else "zeros"
        penalty = keras.regularizers.L2(strength)
        return [
            layers.Embedding(size, rank, embeddings_initializer=start, embeddings_regularizer=penalty)(ids)
            for size, ids in zip(shape, inputs, strict=True)
        ]

    product = layers.Dot(axes=-1)(looked_up(rank, 0.1, strength))  # row by row: no rating sees another
    return keras.Model(inputs, layers.Add()([product, *looked_up(1, 0, strength / 4)]) + mean)


class TrainedRatingNetwork(NamedTuple):
    """A factorisation network and the history of its training."""

    network: keras.Model
    history: dict[str, list[float]]

    def predict(self, user: np.ndarray, film: np.ndarray) -> np.ndarray:
        """The expected ratings of these pairs, shape (pairs,); not yet limited to the scale."""
        pairs = [user.astype("int32"), film.astype("int32")]
        return self.network.predict(pairs, batch_size=max(len(user), 1), verbose=0)[:, 0]


def train_rating_network(
    ratings: FilmRatings,
    train: np.ndarray,
    validation: np.ndarray | None = None,
    seed: int = 0,
    rank: int = 10,
    strength: float = 2e-4,
    epochs: int = 15,
    callbacks=(),
) -> TrainedRatingNetwork:
    """Chapter 06's factorisation network, trained on some rows.

    Args:
        ratings: what `prepare_film_ratings` returns.
        train: rows to train on.
        validation: rows to watch, or None.
        seed: of start values and order.
        rank, strength: see `build_rating_network`.
        epochs, callbacks: of `fit`.

    Returns:
        Trained on 80 % of the ratings, its error (RMSE) on the others is about 0.880.
    """
    keras.utils.set_random_seed(seed)
    network = build_rating_network(ratings.shape, ratings.rating[train].mean(), rank, strength)
    batch_size = 2048
    steps = -(-len(train) // batch_size)
    network.compile(
        keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(0.01, steps * epochs)),
        "mse",
        metrics=[keras.metrics.RootMeanSquaredError(name="rmse")],
        steps_per_execution=steps,
    )

    def data(rows):
        return [ratings.user[rows].astype("int32"), ratings.film[rows].astype("int32")], ratings.rating[rows][:, None]

    history = network.fit(
        *data(train),
        validation_data=None if validation is None else data(validation),
        validation_batch_size=len(ratings.user),
        batch_size=batch_size,
        epochs=epochs,
        verbose=0,
        callbacks=list(callbacks),
    )
    return TrainedRatingNetwork(network, history.history)
