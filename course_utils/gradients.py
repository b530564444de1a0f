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


def gradient_by_distance(layer, forget_bias: float | None = None, steps: int = 101) -> np.ndarray:
    """How large the gradient of a recurrent layer's last state is by the input so many steps earlier.

    Args:
        layer: a new `keras.layers.SimpleRNN` or `keras.layers.LSTM`; it reads 32 random sequences with 8 inputs a step.
        forget_bias: sets the bias of an LSTM's forget gates.
        steps: the length of the sequences.

    Returns:
        The mean size by distance 0, 1, …, relative to the one at distance 0; shape (steps,).
    """
    import tensorflow as tf

    x = tf.random.normal((32, steps, 8))
    layer.build(x.shape)
    if forget_bias is not None:
        kernel, recurrent, bias = layer.get_weights()
        bias[layer.units : 2 * layer.units] = forget_bias  # the order is input, forget, candidate, output
        layer.set_weights([kernel, recurrent, bias])
    with tf.GradientTape() as tape:
        tape.watch(x)
        total = tf.reduce_sum(layer(x), axis=1)
    size = np.linalg.norm(tape.gradient(total, x), axis=-1).mean(axis=0)[::-1]
    return size / size[0]
