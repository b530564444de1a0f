"""Chapter 02's network beside published recipes, on the same machine in the same run.

    python benchmarks/02_mnist_cnn.py            writes benchmarks/02_mnist_cnn.md; about nine minutes on two cores
    python benchmarks/02_mnist_cnn.py --seeds 3  three runs of every recipe

Nothing else should run meanwhile. The test images are used once a run, after the training.
"""

import argparse
import os
import platform
import time
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from course_utils.notebook import native_stderr_silenced

with native_stderr_silenced():
    import keras
    import tensorflow as tf

    tf.constant(0)

import numpy as np
from keras import layers
from scipy import ndimage

from course_utils import claims, datasets, models
from course_utils.files import write_atomically
from course_utils.training import fit_classifier

PAGE = Path(__file__).with_suffix(".md")
TEXT = """# Chapter 02: reading digits, measured beside others

Written by `python benchmarks/02_mnist_cnn.py` on {machine}.
MNIST; the 10,000 test images are used once a run, after the training. Time is the training alone, without any
evaluation. All recipes run through the same `fit` with 50 steps an execution, which makes the published ones faster
than with their own settings, and changes none of their numbers. "Moved" is the accuracy on the same test images,
moved by four pixels: a quarter of them to each side.

{table}

Chapter 02's network needs {ratio:.0%} of the training time of keras.io's and makes {mistakes:.0%} of its mistakes. The
figure published on keras.io's page is {published} (one run).
"""


class Recipe(NamedTuple):
    """One row: where it comes from, how many first training images it uses, batch size, epochs, seeds."""

    source: str
    images: int
    batch_size: int
    epochs: int
    seeds: int


RECIPES = {
    "keras.io, simple convnet": Recipe("keras.io/examples/vision/mnist_convnet, F. Chollet", 54_000, 128, 15, 1),
    "A3's network": Recipe("article A3 §1.4.2, pixels scaled", 60_000, 32, 10, 1),
    "A1's network": Recipe("article A1 §4.2, pixels scaled", 60_000, 32, 5, 1),
    "chapter 02": Recipe("`course_utils.models.mnist_convnet`", 50_000, 128, 4, 2),
    "chapter 02, images in place": Recipe("the same with `pixels=0, degrees=0`", 50_000, 128, 4, 1),
}
KERAS_IO_PUBLISHED = 0.9922


def published_network(name: str) -> keras.Model:
    """The published networks share two convolutions with pooling; what follows is their own."""
    endings = {
        "keras.io, simple convnet": [layers.Flatten(), layers.Dropout(0.5)],
        "A3's network": [layers.Flatten(), layers.Dense(128, activation="relu")],
        "A1's network": [layers.Conv2D(64, 3, activation="relu"), layers.Flatten()],
    }
    network = keras.Sequential([keras.Input((28, 28, 1)), layers.Rescaling(1 / 255)])
    for filters in (32, 64):
        network.add(layers.Conv2D(filters, 3, activation="relu"))
        network.add(layers.MaxPooling2D(2))
    for layer in [*endings[name], layers.Dense(10, activation="softmax")]:
        network.add(layer)
    return network


class Result(NamedTuple):
    """Of one training: parameters, accuracy on test images in place and moved by four pixels, seconds of training."""

    parameters: int
    accuracy: float
    moved: float
    seconds: float


def moved_by_four(images: np.ndarray) -> np.ndarray:
    """Images of shape (count, 28, 28, 1), a quarter of them moved to each side."""
    moved = np.empty_like(images)
    for k, (down, aside) in enumerate([(0, 4), (4, 0), (0, -4), (-4, 0)]):
        moved[k::4] = ndimage.shift(images[k::4], (0, down, aside, 0), order=0)
    return moved


def run(name: str, seed: int) -> Result:
    """Train one recipe once."""
    recipe, digits = RECIPES[name], datasets.load_mnist()
    train = digits.train_images[: recipe.images, ..., None], digits.train_labels[: recipe.images]
    print(f"{name}, seed {seed}")
    started = time.perf_counter()
    if name.startswith("chapter 02"):
        in_place = {"pixels": 0, "degrees": 0} if name.endswith("in place") else {}
        network, _ = models.mnist_convnet(train, seed=seed, **in_place)
    else:
        keras.utils.set_random_seed(seed)
        network = published_network(name)
        fit_classifier(network, "adam", train, batch_size=recipe.batch_size, epochs=recipe.epochs)
    seconds = time.perf_counter() - started
    in_place = digits.test_images[..., None]
    accuracies = [
        float(np.mean(network.predict(images, batch_size=500, verbose=0).argmax(axis=1) == digits.test_labels))
        for images in (in_place, moved_by_four(in_place))
    ]
    return Result(network.count_params(), *accuracies, seconds)


def table(results: dict[str, list[Result]]) -> str:
    """The results as a Markdown table."""
    lines = [
        "| recipe | source | images × epochs, batch | parameters | test accuracy | moved | training | runs |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, runs in results.items():
        recipe = RECIPES[name]
        settings = f"{recipe.images:,} × {recipe.epochs}, {recipe.batch_size}"
        accuracy, moved = (share([getattr(run, field) for run in runs]) for field in ("accuracy", "moved"))
        lines.append(
            f"| {name} | {recipe.source} | {settings} | {runs[0].parameters:,} | {accuracy} | {moved} "
            f"| {mean(runs, 'seconds'):.0f} s | {len(runs)} |"
        )
    return "\n".join(lines)


def mean(runs: list[Result], field: str) -> float:
    return claims.spread([getattr(run, field) for run in runs])[0]


def share(values: list[float]) -> str:
    """An accuracy, with its spread where there are several."""
    centre, sd = claims.spread(values)
    return f"{centre:.4f}" + (f" ± {sd:.4f}" if len(values) > 1 else "")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, help="so many runs of every recipe (default: one or two)")
    options = parser.parse_args()
    results = {
        name: [run(name, seed) for seed in range(options.seeds or recipe.seeds)] for name, recipe in RECIPES.items()
    }
    print(table(results))
    theirs, ours = results["keras.io, simple convnet"], results["chapter 02"]
    machine = f"{os.cpu_count()} cores, {platform.machine()}, TensorFlow {version('tensorflow')}"
    figures = {
        "ratio": mean(ours, "seconds") / mean(theirs, "seconds"),
        "mistakes": (1 - mean(ours, "accuracy")) / (1 - mean(theirs, "accuracy")),
        "published": KERAS_IO_PUBLISHED,
    }
    write_atomically(PAGE, TEXT.format(machine=machine, table=table(results), **figures))
    print(f"written to {PAGE.name}")


if __name__ == "__main__":
    main()
