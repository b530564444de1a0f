"""The trained models of chapter 07: a GPT on Shakespeare's plays, and GPTs on Tang quatrains."""

import re
from collections.abc import Sequence
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from course_utils import datasets, splits, text
from course_utils.gpt import GPT, generate, restrict, sliding_losses, token_losses
from course_utils.metrics import distinct_share, repeated_share
from course_utils.models.checkpoints import load_weights
from course_utils.ngrams import NGrams
from course_utils.training import EpochReport, Muon, OneCycle


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
    positions: str = "sinusoidal"  # or "learnt", where each place has a part of its own, as in a quatrain


PLAY_RECIPES = {
    "notebook": LanguageRecipe(192, 6, 768, 3, 32, dropout=0.0, epochs=1, batch_size=64, peak=4e-3),
    "checkpoint": LanguageRecipe(192, 6, 768, 4, 128, dropout=0.1, epochs=8, batch_size=32, peak=3e-3),
}


SMALLER_WIDTHS = (16, 32, 64, 128)  # of the scaling curve, next to the notebook's network


def smaller_recipe(width: int) -> LanguageRecipe:
    """The notebook's recipe for a narrower GPT; the narrower, the higher its learning rate."""
    recipe = PLAY_RECIPES["notebook"]
    peak = recipe.peak * (recipe.width / width) ** 0.5
    return recipe._replace(width=width, heads=max(1, width // 32), hidden=4 * width, peak=peak)


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
PLAY_CHECKPOINT, QUATRAIN_CHECKPOINT = "models/shakespeare_gpt.npz", "models/quatrains_gpt.npz"


def prepare_plays() -> Plays:
    """Load the nine plays and part them; the alphabet has all 75 characters."""
    plays = datasets.load_shakespeare()
    characters = "".join(sorted(set(plays)))
    table = np.zeros(128, np.int32)
    table[[ord(character) for character in characters]] = np.arange(len(characters))
    numbers = table[np.frombuffer(plays.encode("ascii"), np.uint8)]
    end, start = len(plays) * 8 // 10, len(plays) * 9 // 10
    validation, test = slice(end - HELD_OUT, end), slice(start, start + HELD_OUT)
    train = np.concatenate([numbers[: validation.start], numbers[validation.stop : test.start]])
    return Plays(characters, plays, numbers, train, validation, test)


def window_dataset(numbers: np.ndarray, length: int, batch_size: int, steps: int, seed: int) -> tf.data.Dataset:
    """Batches of windows and of the same windows one token later: two int32 tensors (batch_size, length).

    The text is cut into windows at a new random place in every round, and the windows are mixed.

    Raises:
        ValueError: the text is not longer than two windows.
    """
    random = np.random.default_rng(seed)
    if len(numbers) <= 2 * length:
        raise ValueError(f"{len(numbers)} tokens are too few for windows of {length} at random places.")
    starts = []
    while len(starts) < steps * batch_size:
        starts.extend(random.permutation(np.arange(random.integers(length), len(numbers) - length, length)))
    whole = tf.constant(numbers)
    offsets = tf.range(length + 1)

    def cut(start):
        window = tf.gather(whole, start[:, None] + offsets)
        window = tf.ensure_shape(window, (batch_size, length + 1))
        return window[:, :-1], window[:, 1:]

    starts = np.array(starts[: steps * batch_size], np.int32)
    return tf.data.Dataset.from_tensor_slices(starts).batch(batch_size, drop_remainder=True).map(cut).prefetch(4)


def new_gpt(recipe: LanguageRecipe, tokens: int) -> GPT:
    """An untrained GPT over an alphabet of so many tokens."""
    names = ("width", "heads", "hidden", "blocks", "longest", "dropout", "positions")
    model = GPT(tokens, **{name: getattr(recipe, name) for name in names})
    model.build()
    return model


def compile_gpt(
    model: GPT,
    recipe: LanguageRecipe,
    learning_rate: keras.optimizers.schedules.LearningRateSchedule,
    averaging: float | None = None,
    ignore: int | None = None,
    compiled: bool = True,
) -> None:
    """Prepare `fit`: Muon, and gradients clipped to length 1.

    Args:
        model: a GPT.
        recipe: its weight decay is used.
        learning_rate: the schedule.
        averaging: None, or how much of the moving average of the weights a step keeps.
        ignore: the number of a token that is not to be predicted, such as padding; None for none.
        compiled: whether XLA compiles a step: ten seconds in the beginning for faster steps, and all batches must have
            one shape.
    """
    average = {"use_ema": True, "ema_momentum": averaging} if averaging else {}
    model.compile(
        Muon(learning_rate, weight_decay=recipe.weight_decay, beta_2=0.99, global_clipnorm=1.0, **average),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=ignore),
        jit_compile=compiled,
        steps_per_execution=20,
    )


def steps_of(recipe: LanguageRecipe, tokens: int) -> int:
    """Optimiser steps of a training on so many tokens, a multiple of 20."""
    return max(1, round(recipe.epochs * tokens / (recipe.longest * recipe.batch_size) / 20)) * 20


def train_on_plays(
    data: Plays, recipe: str | LanguageRecipe = "notebook", seed: int = 0, reports: int = 0, compiled: bool = True
) -> tuple[GPT, dict[str, list[float]]]:
    """Train a GPT on the training part of the plays, with one cycle of the learning rate.

    Args:
        data: what `prepare_plays` returns.
        recipe: a name in `PLAY_RECIPES`, or the settings themselves.
        seed: of the first weights and the order of the windows.
        reports: how many lines are printed on the way, each after as many steps; 0 for none.
        compiled: see `compile_gpt`; worth it for a training of more than about half a minute.

    Returns:
        The model and the history of its losses, in nats a character.

    Raises:
        ValueError: the steps, which are run in groups of 20, cannot be divided into so many parts.
    """
    recipe = PLAY_RECIPES[recipe] if isinstance(recipe, str) else recipe
    keras.utils.set_random_seed(seed)
    model = new_gpt(recipe, len(data.characters))
    steps, parts = steps_of(recipe, len(data.train)), max(1, reports)
    if steps % (20 * parts):
        raise ValueError(f"{steps} steps in groups of 20 cannot be divided into {reports} equal parts.")
    compile_gpt(model, recipe, OneCycle(recipe.peak, steps, warm_up=0.1), compiled=compiled)
    batches = window_dataset(data.train, recipe.longest, recipe.batch_size, steps, seed)
    options = {"steps_per_epoch": steps // parts, "epochs": parts, "verbose": 0, "shuffle": False}
    return model, model.fit(batches, **options, callbacks=[EpochReport(name="part")] if reports else []).history


def loss_on(model: GPT, data: Plays, part: slice) -> float:
    """The mean loss on the validation or the test part in nats a character, as `sliding_losses` measures it."""
    return float(sliding_losses(model, data.numbers[: part.stop], part.start).mean())


def load_gpt(content: bytes | None = None) -> GPT:
    """The trained GPT in a file that `save_weights` wrote; without one, the course's own on the plays.

    Raises:
        DataError: see `course_utils.datasets.read_verified`.
    """
    return load_weights(GPT, datasets.read_verified(PLAY_CHECKPOINT) if content is None else content)


POET = "白居易"  # Bai Juyi, who left the most quatrains; the pre-training never sees him
QUATRAIN_LENGTH = 34  # tokens of a quatrain of seven characters a line, with its marks and a line end on both sides

_ALL_POETS = LanguageRecipe(
    128, 4, 512, 3, QUATRAIN_LENGTH - 1, dropout=0.25, epochs=14, batch_size=64, peak=3e-3, positions="learnt"
)
QUATRAIN_RECIPES = {
    "checkpoint": _ALL_POETS,
    "one poet": _ALL_POETS._replace(dropout=0.1, epochs=5, batch_size=32, peak=1e-3),  # the same network
}


class Poems(NamedTuple):
    """Tang quatrains as numbers: a line end, the poem with its marks, a line end, and padding; int32 (poems, 34).

    Poems that are nearly alike are in the same part.
    """

    vocabulary: text.Vocabulary  # of the training poems of the other poets
    others: tuple[np.ndarray, np.ndarray]  # training and validation part of all poets but one
    poet: tuple[np.ndarray, np.ndarray, np.ndarray]  # training, validation and test part of Bai Juyi's

    @property
    def line_end(self) -> int:
        """The number of the token before and after a poem."""
        return self.vocabulary.numbers["\n"]

    def decode(self, rows: np.ndarray) -> list[str]:
        """The poems behind rows of numbers, up to the first line end; unknown characters as □."""
        poems = ("".join(self.vocabulary.decode(row)).replace("<unknown>", "□").strip("\n") for row in rows)
        return [poem.split("\n")[0] for poem in poems]


def prepare_poems(minimum_count: int = 3) -> Poems:
    """Load the Tang quatrains and part them by poet and near-duplicates.

    Args:
        minimum_count: characters that are rarer in the other poets' training poems become "unknown".
    """
    quatrains = datasets.load_tang_quatrains()
    group = splits.near_duplicate_groups(
        [text.character_pairs(text.letters_only(poem)) for poem in quatrains.text], threshold=0.5
    )
    is_poet = quatrains.author == POET
    other = np.flatnonzero(~is_poet & ~np.isin(group, group[is_poet]))
    own = np.flatnonzero(is_poet)
    parts_of_others = splits.split_by_group(quatrains.text[other].tolist(), group[other], validation=4, test=0)
    parts = splits.split_by_group(quatrains.text[own].tolist(), group[own], validation=12, test=25)
    documents = [["\n", *poem, "\n"] for poem in quatrains.text]
    train = other[parts_of_others.train]
    vocabulary = text.Vocabulary((documents[row] for row in train), minimum_count)

    def numbers(rows):
        return text.pad([vocabulary.encode(documents[row]) for row in rows], QUATRAIN_LENGTH)

    return Poems(
        vocabulary,
        (numbers(train), numbers(other[parts_of_others.validation])),
        tuple(numbers(own[rows]) for rows in parts),
    )


def poem_dataset(poems: np.ndarray, batch_size: int, steps: int, seed: int) -> tf.data.Dataset:
    """Batches of poems and of the tokens that come next, in a new order every round; padding as the last targets."""
    random = np.random.default_rng(seed)
    rounds = -(-steps * batch_size // len(poems))
    order = np.concatenate([random.permutation(len(poems)) for _ in range(rounds)])[: steps * batch_size]
    rows = tf.constant(poems)

    def take(places):
        batch = tf.ensure_shape(tf.gather(rows, places), (batch_size, poems.shape[1]))
        return batch[:, :-1], batch[:, 1:]

    places = tf.data.Dataset.from_tensor_slices(order.astype(np.int32)).batch(batch_size, drop_remainder=True)
    return places.map(take).prefetch(4)


def train_on_poems(
    model: GPT, poems: np.ndarray, recipe: str | LanguageRecipe = "one poet", seed: int = 0, reports: int = 1
) -> dict[str, list[float]]:
    """Train a GPT, fresh or pre-trained, on poems, with one cycle of the learning rate.

    Args:
        model: what `new_gpt` or `load_gpt` returns; it is changed.
        poems: int32, shape (poems, 34).
        recipe: a name in `QUATRAIN_RECIPES`, or the settings themselves.
        seed: of the order and dropout.
        reports: how many lines are printed on the way, each after as many steps.

    Returns:
        The history of the losses, in nats a token.

    Raises:
        ValueError: the steps cannot be divided into so many parts.
    """
    recipe = QUATRAIN_RECIPES[recipe] if isinstance(recipe, str) else recipe
    keras.utils.set_random_seed(seed)
    steps = max(1, round(recipe.epochs * len(poems) / recipe.batch_size))
    if steps % reports:
        raise ValueError(f"{steps} steps cannot be divided into {reports} equal parts.")
    compile_gpt(model, recipe, OneCycle(recipe.peak, steps, warm_up=0.1), ignore=text.PADDING, compiled=False)
    batches = poem_dataset(poems, recipe.batch_size, steps, seed)
    options = {"steps_per_epoch": steps // reports, "epochs": reports, "verbose": 0, "shuffle": False}
    return model.fit(batches, **options, callbacks=[EpochReport(name="part")]).history


def poem_loss(model: GPT, data: Poems, poems: np.ndarray) -> float:
    """The mean loss of the poems' characters in nats; marks, line ends and padding are not counted."""
    losses = np.concatenate([token_losses(model, poems[at : at + 256]) for at in range(0, len(poems), 256)])
    return float(losses[poem_characters(data, poems)].mean())


def poem_characters(data: Poems, poems: np.ndarray) -> np.ndarray:
    """Which tokens behind the first are characters, not marks, line ends or padding: bool, shape (poems, 33)."""
    return ~np.isin(poems[:, 1:], [text.PADDING, *(data.vocabulary.numbers[mark] for mark in "，。\n")])


def poem_ngram_loss(model: NGrams, data: Poems, poems: np.ndarray) -> float:
    """The mean loss of an n-gram model on the poems' characters, counted as `poem_loss` counts them.

    Args:
        model: counted on the tokens of poems, one after another and without padding.
        data, poems: see `poem_loss`.
    """
    begun = np.concatenate([np.full((len(poems), model.order), data.line_end), poems], axis=1)
    losses = [model.losses(row[row > 0], model.order + 1) for row in begun]
    kept = poem_characters(data, poems)[poems[:, 1:] > 0]
    return float(np.concatenate(losses)[kept].mean())


def poem_lines(poem: str) -> list[str]:
    """The lines of a poem without their marks."""
    return [line for line in re.split("[，。]", poem) if line]


def copied_share(poems: Sequence[str], known: Sequence[str]) -> float:
    """The share of the lines of these poems that stand in known ones, word for word."""
    known_lines = {line for poem in known for line in poem_lines(poem)}
    return float(np.mean([line in known_lines for poem in poems for line in poem_lines(poem)]))


def write_poems(
    model: GPT, data: Poems, count: int, beginning: str = "", temperature: float = 1.0, top_p: float = 1.0, seed=0
) -> list[str]:
    """Poems drawn from the model, from a beginning on; only padding and "unknown" are banned, no form is imposed.

    Args:
        model: a GPT on poems.
        data: what `prepare_poems` returns.
        count: how many poems.
        beginning: the first characters of each.
        temperature, top_p, seed: see `generate`.

    Raises:
        ValueError: a character of the beginning is not in the vocabulary.
    """
    unknown = [character for character in beginning if character not in data.vocabulary]
    if unknown:
        raise ValueError(f"{unknown[0]!r} occurs in too few of the poems to be known.")
    start = np.tile([data.line_end, *data.vocabulary.encode(beginning)], (count, 1))
    banned = (text.PADDING, text.UNKNOWN)
    new = generate(model, start, QUATRAIN_LENGTH - start.shape[1], temperature, top_p=top_p, seed=seed, banned=banned)
    return data.decode(np.concatenate([start, new], axis=1)[:, 1:])


def is_well_formed(poem: str) -> bool:
    """Whether a poem has four lines of five or of seven characters, ended by ，。，。

    >>> is_well_formed("床前看月光，疑是地上霜。举头望山月，低头思故乡。"), is_well_formed("床前看月光，疑是。")
    (True, False)
    """
    return any(re.fullmatch(f"(?:[^，。]{{{n}}}，[^，。]{{{n}}}。){{2}}", poem) for n in (5, 7))


class SampleStatistics(NamedTuple):
    """What texts drawn from a model are like."""

    repetition: float  # see `repeated_share`, the mean over the texts
    variety: float  # see `distinct_share`, of the pairs of words in all texts together
    judged: float  # nats a character that another model gives to them


def describe_samples(data: Plays, prompts: np.ndarray, samples: np.ndarray, judge: NGrams) -> SampleStatistics:
    """Repetition, variety and likelihood of texts that go on from prompts; prompts are int32 (texts, length) too."""
    words = [data.decode(sample).split() for sample in samples]
    pairs = zip(prompts, samples, strict=True)
    judged = [judge.losses(np.append(prompt, sample), len(prompt)).mean() for prompt, sample in pairs]
    repetition = np.mean([repeated_share(of_text) for of_text in words])
    variety = distinct_share([word for of_text in words for word in of_text], run=2)
    return SampleStatistics(float(repetition), variety, float(np.mean(judged)))


def held_out_by(model: GPT, windows: np.ndarray, temperature=1.0, top_k: int | None = None, top_p=1.0):
    """How a way of drawing would have written real texts, int32 (texts, length).

    Returns:
        The mean of −ln p of their tokens, infinite if one of them could never have been drawn; and the share of those.
    """
    logits = ops.reshape(model(windows[:, :-1]), (-1, model.sizes["tokens"]))
    top_k, temperature = (1, 1.0) if temperature == 0 else (top_k, temperature)
    logits = restrict(logits / temperature, top_k, top_p)
    of_truth = (np.arange(logits.shape[0]), windows[:, 1:].ravel())
    never = float(np.mean(ops.convert_to_numpy(logits)[of_truth] < -1e8))
    loss = -float(np.mean(ops.convert_to_numpy(ops.log_softmax(logits))[of_truth]))
    return (np.inf if never else loss), never
