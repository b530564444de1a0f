"""Checking gradients that were derived by hand."""

from collections.abc import Callable, Sequence

import numpy as np


def central_differences(loss: Callable, arrays: Sequence[np.ndarray], step: float = 1e-5) -> list[np.ndarray]:
    """The gradient of a loss by nudging every single number up and down, (L(x + step) − L(x − step)) / (2 step).

    Args:
        loss: maps the list of arrays to a number.
        arrays: float64 arrays; they are changed during the call and have their old values after it.
        step: the nudge. The formula's own error grows with step², its rounding error with 1 / step.

    Returns:
        One array for each of `arrays`, of the same shape.

    Raises:
        TypeError: an array is not float64; with fewer digits, rounding would swamp the differences.
    """
    if any(array.dtype != np.float64 for array in arrays):
        raise TypeError("A gradient check needs float64 arrays. Convert them with array.astype(float).")
    gradients = [np.empty_like(array) for array in arrays]
    for array, gradient in zip(arrays, gradients, strict=True):
        for index in np.ndindex(array.shape):
            kept = array[index]
            array[index] = kept + step
            above = loss(arrays)
            array[index] = kept - step
            gradient[index] = (above - loss(arrays)) / (2 * step)
            array[index] = kept
    return gradients


def relative_error(first: Sequence[np.ndarray], second: Sequence[np.ndarray]) -> float:
    """The largest difference between two lists of arrays, as a share of the largest absolute entry of either."""
    largest = max(np.abs(array).max() for array in [*first, *second])
    difference = max(np.abs(a - b).max() for a, b in zip(first, second, strict=True))
    return float(difference / largest) if largest else 0.0
