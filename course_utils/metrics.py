"""Measures of quality, each with its formula."""

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


def paired_difference(first: np.ndarray, second: np.ndarray) -> Difference:
    """The mean of first − second over the same items, and its standard error, sd / √n.

    Both systems meet the same easy and hard items, so the difference is far more certain than either score.

    Args:
        first, second: one score an item, such as 1 for right and 0 for wrong, or a mean over seeds. Shape (items,).

    Raises:
        ValueError: the shapes differ, or there are fewer than two items.
    """
    first, second = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    if first.shape != second.shape or first.ndim != 1 or len(first) < 2:
        raise ValueError(f"Both need one score for each of the same items, not {first.shape} and {second.shape}.")
    difference = first - second
    return Difference(float(difference.mean()), float(difference.std(ddof=1) / np.sqrt(len(difference))))


def balanced_accuracy(labels: np.ndarray, predicted: np.ndarray) -> float:
    """The mean over the classes of the share of their items that is recognised: 1 / classes for a constant answer."""
    labels, predicted = np.asarray(labels), np.asarray(predicted)
    return float(np.mean([np.mean(predicted[labels == label] == label) for label in np.unique(labels)]))
