"""Chapter 02's network beside published recipes, on the same machine in the same run.

    python benchmarks/02_mnist_cnn.py            writes benchmarks/02_mnist_cnn.md; about seven minutes on two cores
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

from keras import layers

from course_utils import claims, datasets, models
from course_utils.files import write_atomically
from course_utils.training import fit_classifier

PAGE = Path(__file__).with_suffix(".md")
TEXT = """# Chapter 02: reading digits, measured beside others

Written by `python benchmarks/02_mnist_cnn.py` on {machine}. MNIST; the 10,000 test images are used once a run, after
the training. Time is the training alone, without any evaluation. All recipes run through the same `fit` with 50 steps
an execution, which makes the published ones faster than with their own settings, and changes none of their numbers.

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


def run(name: str, seed: int) -> tuple[int, float, float]:
    """Train once; returns the number of parameters, the test accuracy and the seconds of training."""
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
    answers = network.predict(digits.test_images[..., None], batch_size=500, verbose=0).argmax(axis=1)
    return network.count_params(), float((answers == digits.test_labels).mean()), seconds


def table(results: dict[str, list[tuple[int, float, float]]]) -> str:
    """The results as a Markdown table."""
    lines = [
        "| recipe | source | images × epochs, batch | parameters | test accuracy | training | runs |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, runs in results.items():
        recipe, parameters = RECIPES[name], runs[0][0]
        accuracy, sd = claims.spread([accuracy for _, accuracy, _ in runs])
        seconds, _ = claims.spread([seconds for _, _, seconds in runs])
        spread = f" ± {sd:.4f}" if len(runs) > 1 else ""
        settings = f"{recipe.images:,} × {recipe.epochs}, {recipe.batch_size}"
        lines.append(
            f"| {name} | {recipe.source} | {settings} | {parameters:,} | {accuracy:.4f}{spread} | {seconds:.0f} s "
            f"| {len(runs)} |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, help="so many runs of every recipe (default: one or two)")
    options = parser.parse_args()
    results = {
        name: [run(name, seed) for seed in range(options.seeds or recipe.seeds)] for name, recipe in RECIPES.items()
    }
    print(table(results))
    (theirs, their_time), (ours, our_time) = (
        [claims.spread(values)[0] for values in list(zip(*results[name], strict=True))[1:]]
        for name in ("keras.io, simple convnet", "chapter 02")
    )
    machine = f"{os.cpu_count()} cores, {platform.machine()}, TensorFlow {version('tensorflow')}"
    figures = {"ratio": our_time / their_time, "mistakes": (1 - ours) / (1 - theirs), "published": KERAS_IO_PUBLISHED}
    write_atomically(PAGE, TEXT.format(machine=machine, table=table(results), **figures))
    print(f"written to {PAGE.name}")


if __name__ == "__main__":
    main()
