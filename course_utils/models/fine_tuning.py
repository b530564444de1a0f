"""Fine-tuning the upper blocks of a pre-trained BERT on texts that it has read once."""

from collections.abc import Sequence
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

from course_utils import text
from course_utils.models.bert import Bert, mean_of_tokens

LONGEST_REVIEW = 48  # pieces kept of a film review, [CLS] and [SEP] included; one in thirty is longer


class Read(NamedTuple):
    """What a frozen BERT says about some texts."""

    means: np.ndarray  # float32 (texts, blocks + 1, width): each layer's mean over the tokens, the embedding first
    states: list[np.ndarray]  # float16 (tokens, width), a text each: the tokens after the first `frozen` blocks
    frozen: int


def read_texts(bert: Bert, sequences: Sequence[Sequence[int]], frozen: int = 3, batch_size: int = 64) -> Read:
    """Run a BERT once over texts that it will not learn from below block `frozen`, and keep what is needed later.

    Args:
        bert: the model.
        sequences: numbers of the pieces of each text, special tokens included.
        frozen: keep the states of all tokens after so many blocks.
        batch_size: texts that are read together; those of like length are.
    """

    @tf.function(input_signature=[tf.TensorSpec((None, None), tf.int32)])
    def read(ids):
        layers = bert.layers_of(ids)
        return mean_of_tokens(layers, ids != text.PADDING), layers[frozen]

    lengths = np.array([len(sequence) for sequence in sequences])
    means = np.empty((len(sequences), len(bert.blocks) + 1, bert.sizes["width"]), np.float32)
    states: list = [None] * len(sequences)
    for rows in text.batches_of_like_length(lengths, batch_size):
        of_layers, of_tokens = read(text.pad([sequences[row] for row in rows], lengths[rows].max()))
        means[rows] = np.swapaxes(of_layers, 0, 1)
        for row, x in zip(rows, of_tokens.numpy().astype(np.float16), strict=True):
            states[row] = x[: lengths[row]]
    return Read(means, states, frozen)


class FineTuning(NamedTuple):
    """Settings of the fine-tuning, all chosen without the test part."""

    peak: float = 2e-4  # learning rate, reached after a tenth of the steps
    averaged: float = 0.2  # the weights that remain are their moving average over about this share of the steps
    batch_size: int = 16
    epochs: int = 1
    weight_decay: float = 0.01


FINE_TUNING = FineTuning()


class StateBatches:
    """Frozen states with their masks, and targets, in batches of texts of like length."""

    def __init__(self, read: Read, rows: np.ndarray, targets=None, batch_size: int = 128, seed: int | None = None):
        self.read, self.rows, self.targets, self.batch_size = read, np.asarray(rows), targets, batch_size
        self.lengths = np.array([len(read.states[row]) for row in self.rows])
        self.rng = None if seed is None else np.random.default_rng(seed)

    def __len__(self) -> int:
        return -(-len(self.rows) // self.batch_size)

    def batches(self):
        """The places in `rows` of each batch, its states, float32 (batch, length, width), and mask (batch, length)."""
        for places in text.batches_of_like_length(self.lengths, self.batch_size, self.rng):
            lengths = self.lengths[places]
            mask = np.arange(lengths.max()) < lengths[:, None]
            states = np.zeros((*mask.shape, self.read.means.shape[-1]), np.float32)
            states[mask] = np.concatenate([self.read.states[row] for row in self.rows[places]])
            yield places, states, mask

    def dataset(self) -> tf.data.Dataset:
        """For `fit`: states and mask, then the targets, shape (batch,)."""

        def generate():
            for places, states, mask in self.batches():
                yield (states, mask), self.targets[places]

        width = self.read.means.shape[-1]
        inputs = tf.TensorSpec((None, None, width), tf.float32), tf.TensorSpec((None, None), tf.bool)
        dataset = tf.data.Dataset.from_generator(
            generate, output_signature=(inputs, tf.TensorSpec((None,), tf.float32))
        )
        return dataset.apply(tf.data.experimental.assert_cardinality(len(self))).prefetch(4)


def build_classifier_on(bert: Bert, frozen: int = 3) -> keras.Model:
    """The blocks of a BERT from number `frozen` on, the mean over the tokens, and one number: above 0 means yes.

    The blocks are the BERT's own; training the classifier changes them. Everything below stays as it is, so its output
    can be computed once (`read_texts`) instead of in every step.
    """
    states = keras.Input((None, bert.sizes["width"]), name="states")
    mask = keras.Input((None,), dtype="bool", name="mask")
    x = states
    for block in bert.blocks[frozen:]:
        x = block(x, attention_mask=mask[:, None, :])
    small = keras.initializers.RandomNormal(stddev=0.02)
    score = keras.layers.Dense(1, kernel_initializer=small, name="score")
    return keras.Model([states, mask], score(mean_of_tokens(x, mask)))


def fine_tune(
    bert: Bert,
    read: Read,
    rows: np.ndarray,
    targets: np.ndarray,
    settings: FineTuning = FINE_TUNING,
    seed: int = 0,
    callbacks=(),
):
    """Train the upper blocks of a BERT, and a number on top, to answer yes or no.

    Sources: Devlin et al. (2019), section 3.2; that the lower layers may stay frozen: Lee, Tang and Lin (2019), "What
    would Elsa do?"; the average of the last weights in the place of a falling learning rate: Polyak and Juditsky
    (1992). The loss is the cross-entropy with targets between 0 and 1.

    Args:
        bert: is changed from block `read.frozen` on.
        read: what `read_texts` returned for it.
        rows: texts to learn from.
        targets: the share of yes for each of these rows, shape (rows,).
        settings: of the training.
        seed: for the first weights and the order.
        callbacks: of `fit`.

    Returns:
        The classifier, see `build_classifier_on`.
    """
    keras.utils.set_random_seed(seed)
    model = build_classifier_on(bert, read.frozen)
    batches = StateBatches(read, rows, np.asarray(targets, np.float32), settings.batch_size, seed)
    steps = settings.epochs * len(batches)
    rate = keras.optimizers.schedules.PolynomialDecay(0.0, max(1, steps // 10), settings.peak)  # rises, and stays
    average = {"use_ema": True, "ema_momentum": 1 - 1 / (1 + settings.averaged * steps)}
    model.compile(
        keras.optimizers.AdamW(rate, weight_decay=settings.weight_decay, global_clipnorm=1.0, **average),
        keras.losses.BinaryCrossentropy(from_logits=True),
        jit_compile=False,  # batches of many lengths: compiling each of them would cost more than it saves
    )
    model.fit(batches.dataset(), epochs=settings.epochs, shuffle=False, verbose=0, callbacks=list(callbacks))
    return model


def run_on(model: keras.Model, read: Read, rows: np.ndarray) -> np.ndarray:
    """What a model on frozen states (`build_classifier_on`, or an inner layer of it) says: shape (rows, outputs)."""

    width = read.means.shape[-1]

    @tf.function(input_signature=[tf.TensorSpec((None, None, width)), tf.TensorSpec((None, None), tf.bool)])
    def run(states, mask):
        return model([states, mask], training=False)

    outputs = np.empty((len(rows), model.output_shape[-1]), np.float32)
    for places, states, mask in StateBatches(read, rows).batches():
        outputs[places] = run(states, mask)
    return outputs


def classify(model: keras.Model, read: Read, rows: np.ndarray) -> np.ndarray:
    """The scores of these rows, shape (rows,), by a model that `fine_tune` returned; above 0 means yes."""
    return run_on(model, read, rows)[:, 0]
