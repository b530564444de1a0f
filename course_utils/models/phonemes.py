"""The trained model of chapter 05: English spelling to phonemes."""

from collections.abc import Sequence
from functools import lru_cache, partial
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from course_utils import datasets, splits, text
from course_utils.models.checkpoints import load_weights
from course_utils.training import EpochReport, Muon, OneCycle
from course_utils.transformer import Ensemble, Transformer, beam_search

LETTERS = "'abcdefghijklmnopqrstuvwxyz"
PHONEMES = (
    *(
        "AA",
        "AE",
        "AH",
        "AO",
        "AW",
        "AY",
        "B",
        "CH",
        "D",
        "DH",
        "EH",
        "ER",
        "EY",
        "F",
        "G",
        "HH",
        "IH",
        "IY",
        "JH",
        "K",
    ),
    *("L", "M", "N", "NG", "OW", "OY", "P", "R", "S", "SH", "T", "TH", "UH", "UW", "V", "W", "Y", "Z", "ZH"),
)
START, END = 1, 2  # 0 is padding; the phonemes follow
LONGEST_WORD, LONGEST_SOUND = 20, 24  # letters, and phonemes with the end
PRONOUNCER = "models/phonemes_transformer.npz"  # the course's own weights, in data/

_LETTER_NUMBERS = {letter: number for number, letter in enumerate(LETTERS, start=1)}
_PHONEME_NUMBERS = {phoneme: number for number, phoneme in enumerate(PHONEMES, start=END + 1)}


class PronunciationRecipe(NamedTuple):
    """Sizes and training settings of a pronouncer, chosen on the validation part."""

    width: int
    heads: int
    hidden: int
    encoder_blocks: int
    decoder_blocks: int
    dropout: float
    epochs: int
    batch_size: int
    peak: float  # of the learning rate
    convolutions: int = 0  # before the encoder's blocks
    consistency: float = 0.0  # how much two predictions of a word under different dropout have to agree


PRONUNCIATION_RECIPES = {
    "notebook": PronunciationRecipe(128, 4, 256, 2, 1, dropout=0.0, epochs=2, batch_size=256, peak=4e-3),
    "checkpoint": PronunciationRecipe(160, 4, 640, 3, 2, 0.2, epochs=24, batch_size=256, peak=3e-3, convolutions=2),
}


class Pronunciations(NamedTuple):
    """CMUdict as chapter 05 sees it; one entry a word."""

    words: list[str]
    sounds: list[list[tuple[str, ...]]]  # the listed pronunciations without stress, each once
    family: np.ndarray  # int64; words of a family share a number
    parts: splits.Parts  # no family is in two parts

    def listed(self, rows: np.ndarray) -> list[list[tuple[str, ...]]]:
        """The listed pronunciations of these words."""
        return [self.sounds[row] for row in rows]

    def spelled(self, rows: np.ndarray) -> list[str]:
        """These words."""
        return [self.words[row] for row in rows]


def prepare_pronunciations(by_family: bool = True) -> Pronunciations:
    """Load CMUdict, leave the stress away, and split it by word family: about 92 % training, 3 % validation, 5 % test.

    Kept are words of 2 to 20 letters and apostrophes.

    Args:
        by_family: False splits by word, as published figures do: relatives of a test word may be in training.
    """
    dictionary = {}
    for word, pronunciations in datasets.load_cmudict().items():
        if 2 <= len(word) <= LONGEST_WORD and _LETTER_NUMBERS.keys() >= set(word):
            without_stress = (tuple(sound.rstrip("012") for sound in listed) for listed in pronunciations)
            dictionary[word] = list(dict.fromkeys(without_stress))
    words, sounds = list(dictionary), list(dictionary.values())
    family = splits.word_families(words, sounds)
    group = family if by_family else np.arange(len(words))
    return Pronunciations(words, sounds, family, splits.split_by_group(words, group, validation=3, test=5))


def encode_words(words: Sequence[str]) -> np.ndarray:
    """Letters as numbers, int32, padded on the right to the longest of these words.

    Raises:
        ValueError: a word has none or more than 20 letters, or a character that is neither a–z nor an apostrophe.
    """
    for word in words:
        if not 1 <= len(word) <= LONGEST_WORD or not _LETTER_NUMBERS.keys() >= set(word):
            raise ValueError(f"{word!r} is not a word of 1 to {LONGEST_WORD} letters a–z and apostrophes.")
    return text.pad([[_LETTER_NUMBERS[letter] for letter in word] for word in words], max(map(len, words), default=0))


def encode_sounds(sounds: Sequence[Sequence[str]]) -> np.ndarray:
    """Phonemes as numbers between START and END, int32, padded on the right to the longest of these."""
    numbers = [[START, *(_PHONEME_NUMBERS[sound] for sound in word), END] for word in sounds]
    return text.pad(numbers, max(map(len, numbers)))


def decode_sounds(numbers: np.ndarray) -> list[tuple[str, ...]]:
    """The phonemes of each row up to its END; START and padding are left out."""
    rows = (row[: row.index(END)] if END in row else row for row in np.asarray(numbers).tolist())
    return [tuple(PHONEMES[number - END - 1] for number in row if number > END) for row in rows]


class PronunciationBatches:
    """Batches of words of about equal length, so that little is padding: (letters, sounds), the next sounds.

    Every round through them draws one of a word's listed pronunciations, and mixes the words anew.

    Args:
        words, sounds: as in `Pronunciations`.
        batch_size: words a step.
        seed: of the order and the draws.
    """

    def __init__(self, words, sounds, batch_size: int, seed: int = 0):
        self.words, self.sounds, self.batch_size = words, sounds, batch_size
        self.random = np.random.default_rng(seed)

    def __len__(self) -> int:
        return -(-len(self.words) // self.batch_size)

    def __iter__(self):
        drawn = self.random.random(len(self.words))
        sounds = [listed[int(d * len(listed))] for d, listed in zip(drawn, self.sounds, strict=True)]
        length = np.array([len(word) + len(answer) for word, answer in zip(self.words, sounds, strict=True)])
        order = np.argsort(length + self.random.uniform(0, 2, len(length)))  # neighbours differ by two at most
        batches = np.array_split(order, len(self))
        self.random.shuffle(batches)
        for rows in batches:
            numbers = encode_sounds([sounds[row] for row in rows])
            yield (encode_words([self.words[row] for row in rows]), numbers[:, :-1]), numbers[:, 1:]

    def dataset(self) -> tf.data.Dataset:
        """For `fit`, which would otherwise take the lengths of the first batches for those of all."""
        some = tf.TensorSpec((None, None), tf.int32)
        dataset = tf.data.Dataset.from_generator(lambda: iter(self), output_signature=((some, some), some))
        return dataset.apply(tf.data.experimental.assert_cardinality(len(self))).prefetch(4)


class ConsistentTransformer(Transformer):
    """A Transformer that is trained to predict alike whatever channels dropout leaves it.

    A batch is predicted twice, and the two predictions' Kullback–Leibler divergences from each other are added to the
    mean of their losses. Source: L. Wu et al. (2021), "R-Drop: regularized dropout for neural networks",
    arXiv:2106.14448, section 2.1.

    Args:
        consistency: the weight of the sum of the two divergences (α / 4 in the paper).
        options: see `Transformer`.
    """

    def __init__(self, *arguments, consistency: float, **options):
        super().__init__(*arguments, **options)
        self.consistency = consistency

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        loss = super().compute_loss(x, y, y_pred, sample_weight, training)
        if not training:
            return loss
        again = self(x, training=True)
        first, second = ops.log_softmax(y_pred), ops.log_softmax(again)
        divergences = ops.sum((ops.exp(first) - ops.exp(second)) * (first - second), axis=-1)  # KL both ways
        is_token = ops.cast(ops.not_equal(y, text.PADDING), divergences.dtype)
        divergence = ops.sum(divergences * is_token) / ops.sum(is_token)
        return (loss + super().compute_loss(x, y, again, sample_weight, training)) / 2 + self.consistency * divergence


def new_pronouncer(recipe: PronunciationRecipe) -> Transformer:
    """An untrained Transformer from letters to phonemes."""
    sizes = recipe._asdict()
    for name in ("epochs", "batch_size", "peak", "consistency"):
        del sizes[name]
    kind = partial(ConsistentTransformer, consistency=recipe.consistency) if recipe.consistency else Transformer
    model = kind(len(LETTERS) + 1, len(PHONEMES) + END + 1, longest=LONGEST_SOUND, **sizes)
    model.build()
    return model


def train_pronouncer(
    data: Pronunciations,
    recipe: str | PronunciationRecipe = "notebook",
    seed: int = 0,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    learning_rate: keras.optimizers.schedules.LearningRateSchedule | None = None,
    averaging: float | None = None,
    start: Transformer | None = None,
) -> tuple[Transformer, dict[str, list[float]]]:
    """Train a Transformer from letters to phonemes on the training part.

    Args:
        data: what `prepare_pronunciations` returns.
        recipe: a name in `PRONUNCIATION_RECIPES`, or the settings themselves.
        seed: of the first weights, the order of the words and dropout.
        callbacks: further callbacks of the training.
        learning_rate: another schedule than one cycle over the recipe's epochs.
        averaging: None, or how much of the moving average of the weights a step keeps; the average is what remains.
        start: None, or a trained model from whose weights the training goes on.

    Returns:
        The model and the history of its losses: the cross-entropy of the next phoneme, in nats.
    """
    recipe = PRONUNCIATION_RECIPES[recipe] if isinstance(recipe, str) else recipe
    keras.utils.set_random_seed(seed)
    model = new_pronouncer(recipe)
    if start:
        model.set_weights(start.get_weights())
    train, validation, _ = data.parts
    batches = PronunciationBatches(data.spelled(train), data.listed(train), recipe.batch_size, seed)
    schedule = learning_rate or OneCycle(recipe.peak, steps=recipe.epochs * len(batches), warm_up=0.1)
    average = {"use_ema": True, "ema_momentum": averaging} if averaging else {}
    model.compile(
        Muon(schedule, beta_2=0.98, weight_decay=0.0, **average),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=text.PADDING),
        jit_compile=False,  # batches of many lengths: compiling each of them would cost more than it saves
    )
    watched = PronunciationBatches(data.spelled(validation), data.listed(validation), 512)
    callbacks = [*callbacks, EpochReport()]
    options = {"validation_data": watched.dataset(), "epochs": recipe.epochs, "callbacks": callbacks}
    return model, model.fit(batches.dataset(), verbose=0, shuffle=False, **options).history


@lru_cache(maxsize=4)
def _search(model: Transformer | Ensemble, beams: int):
    """The compiled search of a model, for batches and words of any length: building its graph takes seconds."""
    signature = [tf.TensorSpec((None, None), tf.int32)]
    return tf.function(lambda letters: beam_search(model, letters, START, END, LONGEST_SOUND, beams)[0], signature)


def pronounce(
    model: Transformer | Ensemble, words: Sequence[str], beams: int = 1, batch_size: int = 512
) -> list[tuple[str, ...]]:
    """The phonemes of each word, by greedy search or, with more than one beam, by beam search.

    Args:
        model: a trained Transformer from letters to phonemes, or several.
        words: of 1 to 20 letters a–z and apostrophes.
        beams: see `beam_search`.
        batch_size: words that are searched together; those of like length are.
    """
    answers: list[tuple[str, ...]] = [()] * len(words)
    for numbers in text.batches_of_like_length([len(word) for word in words], batch_size):
        found = _search(model, beams)(tf.constant(encode_words([words[number] for number in numbers])))
        for number, sounds in zip(numbers, decode_sounds(found[:, 0]), strict=True):
            answers[number] = sounds
    return answers


def cross_attention(model: Transformer, words: Sequence[str], sounds: Sequence[Sequence[str]]) -> np.ndarray:
    """Where each decoder block looks while each of these sounds, and then the end, is said.

    Returns:
        The weights of the cross-attention, shape (blocks, words, heads, longest sounds + 1, longest word).
    """
    inputs = encode_words(words), encode_sounds(sounds)[:, :-1]  # at each place, what was said before
    return np.stack(model(inputs, return_weights=True)[1])


def load_pronouncer() -> Ensemble:
    """The course's own trained Transformers, which decide together.

    Raises:
        DataError: see `course_utils.datasets.read_verified`.
    """
    return load_weights(Ensemble, datasets.read_verified(PRONOUNCER))
