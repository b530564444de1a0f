"""course_utils.models.digits: each model of the course trains from its function, on a few examples."""

import numpy as np
import pytest

from course_utils import datasets
from course_utils.notebook import native_stderr_silenced

with native_stderr_silenced():
    import keras  # noqa: F401 (its first import is noisy)

from course_utils import models


@pytest.fixture(scope="module")
def digits():
    images, labels, *_ = datasets.load_mnist()
    return images[:256, ..., None], labels[:256]


@pytest.mark.notebook
def test_mnist_convnet_has_the_stated_size_and_repeats_itself(digits, capsys):
    network, history = models.mnist_convnet(digits, validation=digits, seed=3, epochs=1)
    assert network.count_params() == 63_226
    assert list(history) == ["accuracy", "loss", "val_accuracy", "val_loss"]
    probabilities = network(digits[0][:5]).numpy()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    again, _ = models.mnist_convnet(digits, seed=3, epochs=1)
    np.testing.assert_array_equal(again(digits[0][:5]), probabilities)
    other, _ = models.mnist_convnet(digits, seed=4, epochs=1)
    assert not np.array_equal(other(digits[0][:5]), probabilities)


@pytest.mark.notebook
def test_mnist_convnet_learns(digits, capsys):
    _, history = models.mnist_convnet(digits, epochs=20, pixels=0, degrees=0)
    assert history["accuracy"][-1] > 0.95


def test_images_are_moved_only_while_training(digits):
    move = models.random_movement(pixels=2, degrees=10)
    images = digits[0][:32].astype("float32")
    np.testing.assert_array_equal(move(images, training=False), images)
    moved = move(images, training=True).numpy()
    assert not np.array_equal(moved, images)
    copies = move(np.repeat(images[:1], 32, axis=0), training=True).numpy()
    assert len({copy.tobytes() for copy in copies}) > 20  # each image of a batch goes its own way


def test_images_are_moved_by_no_more_than_the_given_pixels():
    point = np.zeros((500, 28, 28, 1), dtype="float32")
    point[:, 14, 14] = 1
    moved = models.random_movement(pixels=2, degrees=0)(point, training=True).numpy()
    _, rows, columns, _ = np.nonzero(moved)
    assert {*rows, *columns} == {12, 13, 14, 15, 16}
