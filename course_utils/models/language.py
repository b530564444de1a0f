"""The trained models of chapter 07: a GPT on Shakespeare's plays, and GPTs on Tang quatrains."""

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

from course_utils import datasets
from course_utils.files import write_atomically
from course_utils.gpt import GPT, sliding_losses
from course_utils.training import EpochReport, OneCycle


class LanguageRecipe(NamedTuple):
    """Sizes and training settings of a GPT, chosen on the validation part."""

    width: int
    heads: int
    hidden: int
    blocks: int
    longest: int  # tokens of a window
    dropout: float
    epochs: float
    batch_size: int
    peak: float  # of the learning rate
    weight_decay: float = 0.1


PLAY_RECIPES = {
    "notebook": LanguageRecipe(128, 4, 512, 4, 64, dropout=0.0, epochs=2, batch_size=16, peak=3e-3),
    "checkpoint": LanguageRecipe(192, 6, 768, 4, 256, dropout=0.1, epochs=15, batch_size=16, peak=1.5e-3),
}


class Plays(NamedTuple):
    """Nine plays of Shakespeare as numbers of their characters; int32 arrays, one after another in the plays.

    The test part is the first 30,000 characters of the last tenth (from Measure for Measure, whose first 13,000 belong
    to the training part); the validation part is the last 30,000 of the eighth tenth (the end of As You Like It).
    Training is the rest of the first nine tenths.
    """

    characters: str  # the alphabet: a character's number is its place
    text: str
    numbers: np.ndarray
    train: np.ndarray
    validation: slice  # of `text` and `numbers`
    test: slice

    def encode(self, text: str) -> np.ndarray:
        """Characters as int32 numbers.

        Raises:
            ValueError: a character does not occur in the plays.
        """
        unknown = sorted(set(text) - set(self.characters))
        if unknown:
            raise ValueError(f"The plays have no character {unknown[0]!r}; they have {self.characters!r}.")
        return np.array([self.characters.index(character) for character in text], np.int32)

    def decode(self, numbers: Sequence[int]) -> str:
        """The text behind the numbers."""
        return "".join(self.characters[number] for number in numbers)


HELD_OUT = 30_000  # characters
PLAY_CHECKPOINT = "models/shakespeare_gpt.npz"


def prepare_plays() -> Plays:
    """Load the nine plays and part them; the alphabet has all 75 characters."""
    text = datasets.load_shakespeare()
    characters = "".join(sorted(set(text)))
    table = np.zeros(128, np.int32)
    table[[ord(character) for character in characters]] = np.arange(len(characters))
    numbers = table[np.frombuffer(text.encode("ascii"), np.uint8)]
    end, start = len(text) * 8 // 10, len(text) * 9 // 10
    validation, test = slice(end - HELD_OUT, end), slice(start, start + HELD_OUT)
    train = np.concatenate([numbers[: validation.start], numbers[validation.stop : test.start]])
    return Plays(characters, text, numbers, train, validation, test)


def window_dataset(numbers: np.ndarray, length: int, batch_size: int, steps: int, seed: int) -> tf.data.Dataset:
    """Batches of windows and of the same windows one token later: two int32 tensors (batch_size, length).

    The text is cut into windows at a new random place in every round, and the windows are mixed.
    """
    random = np.random.default_rng(seed)
    starts = []
    while len(starts) < steps * batch_size:
        starts.extend(random.permutation(np.arange(random.integers(length), len(numbers) - length, length)))
    text = tf.constant(numbers)
    offsets = tf.range(length + 1)

    def cut(start):
        window = tf.gather(text, start[:, None] + offsets)
        window = tf.ensure_shape(window, (batch_size, length + 1))
        return window[:, :-1], window[:, 1:]

    starts = np.array(starts[: steps * batch_size], np.int32)
    return tf.data.Dataset.from_tensor_slices(starts).batch(batch_size, drop_remainder=True).map(cut).prefetch(4)


def new_gpt(recipe: LanguageRecipe, tokens: int) -> GPT:
    """An untrained GPT over an alphabet of so many tokens."""
    sizes = {name: getattr(recipe, name) for name in ("width", "heads", "hidden", "blocks", "longest", "dropout")}
    model = GPT(tokens, **sizes)
    model.build()
    return model


def compile_gpt(
    model: GPT,
    recipe: LanguageRecipe,
    learning_rate: keras.optimizers.schedules.LearningRateSchedule,
    averaging: float | None = None,
    ignore: int | None = None,
) -> None:
    """Prepare `fit`: AdamW, gradients clipped to length 1, and XLA, for which all batches must have one shape.

    Args:
        model: a GPT.
        recipe: its weight decay is used.
        learning_rate: the schedule.
        averaging: None, or how much of the moving average of the weights a step keeps.
        ignore: the number of a token that is not to be predicted, such as padding; None for none.
    """
    average = {"use_ema": True, "ema_momentum": averaging} if averaging else {}
    model.compile(
        keras.optimizers.AdamW(
            learning_rate, weight_decay=recipe.weight_decay, beta_2=0.99, global_clipnorm=1.0, **average
        ),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=ignore),
        jit_compile=True,
        steps_per_execution=20,
    )


def steps_of(recipe: LanguageRecipe, tokens: int) -> int:
    """Optimiser steps of a training on so many tokens, a multiple of 20."""
    return max(1, round(recipe.epochs * tokens / (recipe.longest * recipe.batch_size) / 20)) * 20


def train_on_plays(
    data: Plays, recipe: str | LanguageRecipe = "notebook", seed: int = 0, reports: int = 5
) -> tuple[GPT, dict[str, list[float]]]:
    """Train a GPT on the training part of the plays, with one cycle of the learning rate.

    Args:
        data: what `prepare_plays` returns.
        recipe: a name in `PLAY_RECIPES`, or the settings themselves.
        seed: of the first weights and the order of the windows.
        reports: how many lines are printed on the way.

    Returns:
        The model and the history of its losses, in nats a character.
    """
    recipe = PLAY_RECIPES[recipe] if isinstance(recipe, str) else recipe
    keras.utils.set_random_seed(seed)
    model = new_gpt(recipe, len(data.characters))
    a_report = max(1, round(steps_of(recipe, len(data.train)) / reports / 20)) * 20
    steps = a_report * reports
    compile_gpt(model, recipe, OneCycle(recipe.peak, steps, warm_up=0.1))
    batches = window_dataset(data.train, recipe.longest, recipe.batch_size, steps, seed)
    options = {
        "steps_per_epoch": a_report,
        "epochs": reports,
        "verbose": 0,
        "shuffle": False,
        "callbacks": [EpochReport()],
    }
    return model, model.fit(batches, **options).history


def loss_on(model: GPT, data: Plays, part: slice) -> float:
    """The mean loss on the validation or the test part in nats a character, as `sliding_losses` measures it."""
    return float(sliding_losses(model, data.numbers[: part.stop], part.start).mean())


def save_gpt(model: GPT, path: Path) -> None:
    """Write sizes and weights (as float16, in their order) of a model to an .npz file."""
    buffer = io.BytesIO()
    weights = [weight.numpy().astype(np.float16) for weight in model.trainable_variables]
    np.savez_compressed(buffer, *weights, sizes=json.dumps(model.sizes))
    write_atomically(path, buffer.getvalue())


def load_gpt(content: bytes | None = None) -> GPT:
    """The trained GPT in a file that `save_gpt` wrote; without one, the course's own on the plays.

    The weights are found by their order: the names that Keras gives depend on how many models exist.

    Raises:
        DataError: see `course_utils.datasets.read_verified`.
    """
    content = datasets.read_verified(PLAY_CHECKPOINT) if content is None else content
    with np.load(io.BytesIO(content)) as archive:
        model = GPT(**json.loads(str(archive["sizes"])))
        model.build()
        for number, weight in enumerate(model.trainable_variables):
            weight.assign(archive[f"arr_{number}"].astype(np.float32))
    return model
