"""Gradient checks: right on functions whose gradient is known, and able to notice a wrong one."""

import numpy as np
import pytest

from course_utils.gradients import central_differences, gradient_by_distance, relative_error


def cubic(arrays):
    first, second = arrays
    return float((first**3).sum() + first.sum() * second.sum())


def cubic_gradient(arrays):
    first, second = arrays
    return [3 * first**2 + second.sum(), np.full_like(second, first.sum())]


@pytest.fixture
def arrays():
    rng = np.random.default_rng(0)
    return [rng.standard_normal((2, 3)), rng.standard_normal(4)]


def test_central_differences_agree_with_a_known_gradient(arrays):
    assert relative_error(central_differences(cubic, arrays), cubic_gradient(arrays)) < 1e-8


def test_central_differences_leave_the_arrays_as_they_were(arrays):
    before = [array.copy() for array in arrays]
    central_differences(cubic, arrays)
    assert all(np.array_equal(a, b) for a, b in zip(arrays, before, strict=True))


def test_a_wrong_gradient_is_noticed(arrays):
    wrong = cubic_gradient(arrays)
    wrong[0][1, 2] *= 1.001
    assert relative_error(central_differences(cubic, arrays), wrong) > 1e-5


def test_single_precision_is_refused(arrays):
    with pytest.raises(TypeError, match="float64"):
        central_differences(cubic, [array.astype(np.float32) for array in arrays])


def test_relative_error_of_zeros_is_zero():
    assert relative_error([np.zeros(3)], [np.zeros(3)]) == 0.0


def test_gradient_of_a_linear_recurrence_falls_by_its_weight_a_step():
    import keras

    weights = {"kernel_initializer": "ones", "recurrent_initializer": keras.initializers.Constant(0.5)}
    layer = keras.layers.SimpleRNN(1, activation="linear", **weights)
    np.testing.assert_allclose(gradient_by_distance(layer, steps=11), 0.5 ** np.arange(11), rtol=1e-4)


def test_open_forget_gates_keep_the_gradient():
    import keras

    keras.utils.set_random_seed(0)
    fresh, opened = (gradient_by_distance(keras.layers.LSTM(8), bias, steps=41)[-1] for bias in (None, 6.0))
    assert opened > 100 * fresh
