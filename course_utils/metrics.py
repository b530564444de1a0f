"""Measures of quality, each with its formula."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


class Difference(NamedTuple):
    """A mean difference and its standard error; `in_errors` is their ratio."""

    mean: float
    standard_error: float

    @property
    def in_errors(self) -> float:
        return self.mean / self.standard_error if self.standard_error else float(np.sign(self.mean) * np.inf)

    def __str__(self) -> str:
        return f"{self.mean:+.4f} ± {self.standard_error:.4f}"


def paired_difference(first: np.ndarray, second: np.ndarray, group: np.ndarray | None = None) -> Difference:
    """The mean of first − second over the same items, and its standard error, sd / √n.

    Both systems meet the same easy and hard items, so the difference is far more certain than either score. Items of
    one group, such as ratings by one user, are not independent; then the standard error is that of the groups' sums
    (Liang and Zeger, 1986, "Longitudinal data analysis using generalized linear models").

    Args:
        first, second: one score an item, such as 1 for right and 0 for wrong, or a mean over seeds. Shape (items,).
        group: the number of each item's group, from 0, shape (items,); without it every item is its own.

    Raises:
        ValueError: the shapes differ, or there are fewer than two items or groups.
    """
    first, second = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    if first.shape != second.shape or first.ndim != 1 or len(first) < 2:
        raise ValueError(f"Both need one score for each of the same items, not {first.shape} and {second.shape}.")
    difference = first - second
    mean = float(difference.mean())
    if group is None:
        return Difference(mean, float(difference.std(ddof=1) / np.sqrt(len(difference))))
    groups, number = np.unique(group, return_inverse=True)
    if len(number) != len(difference) or len(groups) < 2:
        raise ValueError(f"{len(difference)} items need a group each and two groups at least, not {len(groups)}.")
    deviations = np.bincount(number, difference - mean)
    variance = len(groups) / (len(groups) - 1) * (deviations @ deviations)
    return Difference(mean, float(np.sqrt(variance) / len(difference)))


def balanced_accuracy(labels: np.ndarray, predicted: np.ndarray) -> float:
    """The mean over the classes of the share of their items that is recognised: 1 / classes for a constant answer."""
    labels, predicted = np.asarray(labels), np.asarray(predicted)
    return float(np.mean([np.mean(predicted[labels == label] == label) for label in np.unique(labels)]))


def root_mean_squared_error(predicted: np.ndarray, truth: np.ndarray) -> float:
    """The square root of the mean of (predicted − truth)², in the unit of the values.

    Raises:
        ValueError: the shapes differ; NumPy would silently pair values that do not belong together.
    """
    return float(np.sqrt(np.mean(_deviations(predicted, truth) ** 2)))


def _deviations(predicted: np.ndarray, truth: np.ndarray) -> np.ndarray:
    predicted, truth = np.asarray(predicted, dtype=float), np.asarray(truth, dtype=float)
    if predicted.shape != truth.shape:
        raise ValueError(f"Prediction and truth need the same shape, not {predicted.shape} and {truth.shape}.")
    return predicted - truth


class Ranking(NamedTuple):
    """For each user who has something to find: the share found, and how high in the list. Both in 0…1."""

    user: np.ndarray  # the rows that were scored
    top: np.ndarray  # (users, count): the recommended items, best first
    recall: np.ndarray
    ndcg: np.ndarray


def ranking_scores(scores: np.ndarray, seen: np.ndarray, relevant: np.ndarray, count: int = 10) -> Ranking:
    """Recall and nDCG of the `count` highest scores of each row, after what is known already was taken out.

    recall = hits / min(count, relevant items); nDCG = Σ over the hits of 1 / log₂(1 + place), divided by the sum that a
    perfect list has (after Järvelin and Kekäläinen, 2002, "Cumulated gain-based evaluation of IR techniques"; with the
    discount now usual, that of Burges et al., 2005, "Learning to rank using gradient descent").

    Args:
        scores: shape (users, items); only their order counts.
        seen: bool, the items that must not be recommended to a user again.
        relevant: bool, the items that are to be found. Rows without any are left out.
        count: the length of the list.

    Raises:
        ValueError: an item is both seen and relevant: it could never be found.
    """
    if np.any(seen & relevant):
        raise ValueError(f"{np.sum(seen & relevant)} relevant items are marked as seen and could never be found.")
    users = np.flatnonzero(relevant.any(axis=1))
    candidates = np.where(seen[users], -np.inf, scores[users])
    top = np.sort(np.argpartition(-candidates, count - 1, axis=1)[:, :count], axis=1)
    order = np.argsort(-np.take_along_axis(candidates, top, axis=1), axis=1, kind="stable")
    top = np.take_along_axis(top, order, axis=1)
    hits = np.take_along_axis(relevant[users], top, axis=1)
    reachable = np.minimum(relevant[users].sum(axis=1), count)
    discount = 1 / np.log2(np.arange(2, count + 2))
    perfect = np.cumsum(discount)[reachable - 1]
    return Ranking(users, top, hits.sum(axis=1) / reachable, hits @ discount / perfect)


def mean_absolute_error(forecast: np.ndarray, truth: np.ndarray) -> float:
    """The mean of |forecast − truth|, in the unit of the values.

    Raises:
        ValueError: the shapes differ; NumPy would silently pair values that do not belong together.
    """
    return float(np.abs(_deviations(forecast, truth)).mean())


def mean_absolute_scaled_error(forecast: np.ndarray, truth: np.ndarray, training: np.ndarray, season: int = 1) -> float:
    """The mean absolute error in units of what repeating the season costs within the training part.

    MASE = mean |forecast − truth| / mean over the training part of |y_t − y_{t − season}| (Hyndman and Koehler, 2006,
    "Another look at measures of forecast accuracy", section 3; the scale is always that of one season).

    Args:
        forecast, truth: of the same shape.
        training: the series of the training part, shape (count,).
        season: values in a season; 1 compares with the last value.

    Raises:
        ValueError: the shapes differ, the training part is no longer than a season, or it repeats itself exactly.
    """
    training = np.asarray(training, dtype=float)
    if not 0 < season < len(training):
        raise ValueError(f"A season of {season} needs a training part longer than that, not {len(training)} values.")
    scale = np.abs(training[season:] - training[:-season]).mean()
    if scale == 0:
        raise ValueError("The training part repeats itself exactly, so its error is no scale.")
    return mean_absolute_error(forecast, truth) / scale


def interval_coverage(lower: np.ndarray, upper: np.ndarray, truth: np.ndarray) -> float:
    """The share of true values that lie in their interval, ends included."""
    return float(np.mean((np.asarray(lower) <= truth) & (truth <= np.asarray(upper))))


class BlockBootstrap(NamedTuple):
    """A mean with its standard error and 95 % interval."""

    mean: float
    standard_error: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.mean:+.4f} ± {self.standard_error:.4f} (95 %: {self.low:+.4f} … {self.high:+.4f})"


def block_bootstrap(values: np.ndarray, block: int, seed: int = 0, resamples: int = 2000) -> BlockBootstrap:
    """The mean of values that depend on their neighbours, and how uncertain it is.

    Neighbouring half-hours err alike, so they are drawn in whole blocks that do not overlap (Carlstein, 1986, "The use
    of subseries values for estimating the variance of a general statistic from a stationary sequence").

    Args:
        values: in the order of time, shape (count,), such as the differences of two forecasts' errors.
        block: values in a block, for example a week.
        seed, resamples: of the bootstrap.

    Raises:
        ValueError: there are fewer than two blocks.
    """
    values = np.asarray(values, dtype=float)
    blocks = [values[start : start + block] for start in range(0, len(values), block)]
    if len(blocks) < 2:
        raise ValueError(f"{len(values)} values are fewer than two blocks of {block}.")
    sums, counts = np.array([b.sum() for b in blocks]), np.array([len(b) for b in blocks])
    drawn = np.random.default_rng(seed).integers(0, len(blocks), (resamples, len(blocks)))
    means = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    return BlockBootstrap(float(values.mean()), float(means.std()), *map(float, np.quantile(means, [0.025, 0.975])))


def conformal_half_widths(
    errors: np.ndarray, places: np.ndarray, first: int, growing: bool = True, step: float = 0.0, share: float = 0.9
) -> np.ndarray:
    """Half-widths of prediction intervals from the absolute errors of earlier forecasts, a column a lead time.

    The half-width is the ⌈level · (n + 1)⌉-th smallest of the n errors that may be used (Vovk, Gammerman and Shafer,
    2005); where that is more than n, the largest, which is too narrow for a guarantee. The level starts at `share` and
    moves by step · (missed − (1 − share)) after each forecast that is over (Gibbs and Candès, 2021, equation 2).

    Args:
        errors: absolute errors in the order of their origins, shape (origins, horizon).
        places: the origins; a row may be used at an origin once all its targets lie before it.
        first: the row from which half-widths are wanted.
        growing: whether rows from `first` on are used, too, once they are over (they join at every 48th row), or only
            those before.
        step: how fast the level adapts; 0 leaves it alone.
        share: the coverage that is wanted.

    Returns:
        Shape (origins − first, horizon).

    Raises:
        ValueError: no forecast is over at the first origin.
    """
    horizon = errors.shape[1]
    finished = np.searchsorted(places + horizon, places, side="right")  # rows that are over at each origin
    if not finished[first]:
        raise ValueError(f"No forecast is over at row {first}, so there are no errors to learn from.")
    level, half_widths, judged = np.full(horizon, share), np.zeros_like(errors), first
    for row in range(first, len(places)):
        while judged < finished[row]:
            missed = errors[judged] > half_widths[judged]
            level = np.clip(level + step * (missed - (1 - share)), 0.5, 1.0)
            judged += 1
        if row == first or (growing and (row - first) % 48 == 0):  # sorting at every origin would change little
            pool = np.sort(errors[: finished[row]], axis=0)
        rank = np.ceil(level * (len(pool) + 1)).astype(int) - 1
        half_widths[row] = pool[np.minimum(rank, len(pool) - 1), np.arange(horizon)]
    return half_widths[first:]


def edit_distance(first: Sequence, second: Sequence) -> int:
    """The fewest insertions, deletions and substitutions that turn one sequence into the other (Levenshtein, 1966).

    >>> edit_distance("kitten", "sitting")
    3
    """
    row = list(range(len(second) + 1))  # distances of an empty beginning of `first` to all beginnings of `second`
    for place, item in enumerate(first, start=1):
        diagonal, row[0] = row[0], place
        for column, other in enumerate(second, start=1):
            diagonal, row[column] = row[column], min(row[column] + 1, row[column - 1] + 1, diagonal + (item != other))
    return row[-1]


class PronunciationErrors(NamedTuple):
    """Errors of each word, shape (words,): `edits` to its nearest listed pronunciation, and that one's `length`."""

    edits: np.ndarray
    length: np.ndarray

    @property
    def phoneme_error_rate(self) -> float:
        """All edits over all phonemes of the nearest listed pronunciations."""
        return float(self.edits.sum() / self.length.sum())

    @property
    def word_error_rate(self) -> float:
        """The share of words that equal none of their listed pronunciations."""
        return float(np.mean(self.edits > 0))

    def __str__(self):
        return f"PER {self.phoneme_error_rate:.4f}   WER {self.word_error_rate:.4f}"


def pronunciation_errors(
    predicted: Sequence[Sequence[str]], listed: Sequence[Sequence[Sequence[str]]]
) -> PronunciationErrors:
    """Compare pronunciations with a dictionary's, which may list several; the nearest counts, of equals the longest.

    Args:
        predicted: the phonemes of each word.
        listed: the pronunciations of each word.

    Raises:
        ValueError: the numbers of words differ, or a word has no listed pronunciation.
    """
    if len(predicted) != len(listed) or not all(map(len, listed)):
        raise ValueError("Each predicted pronunciation needs a word with at least one listed pronunciation.")
    nearest = [
        min((edit_distance(answer, truth), -len(truth)) for truth in truths)
        for answer, truths in zip(predicted, listed, strict=True)
    ]
    edits, negative_length = np.array(nearest).reshape(-1, 2).T
    return PronunciationErrors(edits, -negative_length)


def repeated_share(words: Sequence, run: int = 4) -> float:
    """The share of words inside a run that occurred before in the same text: how much it repeats itself.

    Args:
        words: the words of one text.
        run: how many neighbouring words make a run.
    """
    runs = [tuple(words[start : start + run]) for start in range(len(words) - run + 1)]
    seen, repeated = set(), set()
    for start, words_of_run in enumerate(runs):
        if words_of_run in seen:
            repeated.update(range(start, start + run))
        seen.add(words_of_run)
    return len(repeated) / len(words) if words else 0.0


def distinct_share(words: Sequence, run: int = 1) -> float:
    """Different runs of neighbouring words among all of them (distinct-n; Li et al., 2016, arXiv:1510.03055)."""
    runs = [tuple(words[start : start + run]) for start in range(len(words) - run + 1)]
    return len(set(runs)) / len(runs) if runs else 0.0
