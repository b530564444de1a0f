"""The trained models of chapter 02."""

import keras
import numpy as np

from course_utils.training import OneCycle, fit_classifier


def random_movement(pixels: int, degrees: float) -> keras.Sequential:
    """A layer that moves images of 28 × 28 pixels at random, each in its own way, when it is called in training.

    Args:
        pixels: how far an image is moved at most, in each direction.
        degrees: how far it is turned at most, either way.

    Returns:
        The layer; what comes in at the border is 0.
    """
    shift, turn = pixels / 28, degrees / 360  # Keras counts in shares of the image and of a full turn
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            keras.layers.RandomTranslation(shift, shift, fill_mode="constant", interpolation="nearest"),
            keras.layers.RandomRotation(turn, fill_mode="constant"),
        ]
    )


def mnist_convnet(
    train: tuple[np.ndarray, np.ndarray],
    validation: tuple[np.ndarray, np.ndarray] | None = None,
    seed: int = 0,
    epochs: int = 4,
    pixels: int = 2,
    degrees: float = 10,
) -> tuple[keras.Model, dict[str, list[float]]]:
    """Chapter 02's convolutional network, trained: 63,226 parameters, about 0.995 of the MNIST test digits.

    Four convolutions of 3 × 3, three of them with batch normalisation (Ioffe and Szegedy, 2015), a learning rate in one
    cycle (Smith and Topin, 2019), and training images that are moved a little, differently each time.

    Args:
        train: images uint8 in 0…255, shape (count, 28, 28, 1), and labels in 0…9, shape (count,).
        validation: the same for the digits that are watched during the training, or None.
        seed: of the first weights, the order of the images and their movements.
        epochs: how often each training image is seen.
        pixels, degrees: see `random_movement`; with 0 and 0 the images stay in their place.

    Returns:
        The network, which maps images of shape (count, 28, 28, 1) in 0…255 to ten probabilities each, and the history
        of losses and accuracies.
    """
    keras.utils.set_random_seed(seed)
    layers, batch_size = keras.layers, 128
    network = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(16, 3, use_bias=False),  # 26 × 26 × 16; the normalisation that follows has an offset
            layers.MaxPooling2D(),  # 13 × 13 × 16
            layers.BatchNormalization(momentum=0.9),
            layers.ReLU(),
            layers.Conv2D(32, 3, activation="relu"),  # 11 × 11 × 32
            layers.Conv2D(64, 3, use_bias=False),  # 9 × 9 × 64
            layers.MaxPooling2D(),  # 4 × 4 × 64
            layers.BatchNormalization(momentum=0.9),
            layers.ReLU(),
            layers.Conv2D(64, 3, use_bias=False),  # 2 × 2 × 64
            layers.BatchNormalization(momentum=0.9),
            layers.ReLU(),
            layers.Flatten(),
            layers.Dense(10, activation="softmax"),
        ]
    )
    steps = epochs * -(-len(train[0]) // batch_size)
    optimizer = keras.optimizers.Adam(OneCycle(peak=0.01, steps=steps))
    # The moving layer stands in front while the network learns, and is no part of it.
    trained = keras.Sequential([random_movement(pixels, degrees), network]) if pixels or degrees else network
    return network, fit_classifier(trained, optimizer, train, validation, batch_size, epochs)
