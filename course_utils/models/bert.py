"""BERT (Devlin et al., 2019): the encoder, MiniLM's weights, and a tiny one that is pre-trained here."""

import time
from collections.abc import Sequence
from typing import NamedTuple

import keras
import numpy as np
from keras import ops

from course_utils import datasets, pretraining, text
from course_utils.training import Muon, OneCycle
from course_utils.transformer import EncoderBlock, TokenEmbedding, padding_mask
from course_utils.wordpiece import WordPiece


@keras.saving.register_keras_serializable("course_utils")
class Bert(keras.Model):
    """An encoder: token, position and segment vectors, normalised, then blocks that normalise after each sum.

    Source: Devlin et al. (2019), sections 3 and A.2. The number 0 is padding, on the right.

    Args:
        tokens: how many different tokens there are.
        width: channels.
        heads: of the attention.
        hidden: channels of the feed-forward networks' hidden layer.
        blocks: how many.
        longest: the longest sequence.
        dropout: the share of a sublayer's outputs that are dropped in training.
    """

    def __init__(
        self,
        tokens: int,
        width: int,
        heads: int,
        hidden: int,
        blocks: int,
        longest: int,
        dropout: float = 0.1,
        **options,
    ):
        super().__init__(**options)
        self.sizes = {"tokens": tokens, "width": width, "heads": heads, "hidden": hidden, "blocks": blocks}
        self.sizes |= {"longest": longest, "dropout": dropout}
        self.tokens = TokenEmbedding(tokens, width, longest, positions="learnt")
        self.segments = keras.layers.Embedding(
            2, width, embeddings_initializer=keras.initializers.RandomNormal(stddev=0.02)
        )
        self.norm = keras.layers.LayerNormalization(epsilon=1e-12)
        self.drop = keras.layers.Dropout(dropout)
        options = {"dropout": dropout, "normalisation": "after", "activation": "gelu", "epsilon": 1e-12}
        self.blocks = [EncoderBlock(heads, hidden, name=f"block_{number}", **options) for number in range(blocks)]

    def build(self, input_shape=None):
        shape = (None, None, self.sizes["width"])
        self.tokens.build((None, None))
        self.segments.build((None, None))
        self.norm.build(shape)
        for block in self.blocks:
            block.build(shape)
        self.built = True

    def embed(self, ids, segments=None, training=None):
        """Layer 0: ids (batch, length), segments alike or None for all 0 → (batch, length, width)."""
        segments = ops.zeros_like(ids) if segments is None else segments
        return self.drop(self.norm(self.tokens(ids) + self.segments(segments)), training=training)

    def call(self, ids, segments=None, training=None, blocks: int | None = None):
        """
        Args:
            ids: numbers of the tokens, shape (batch, length).
            segments: 0 for the first sentence, 1 for the second, shape (batch, length); None for 0.
            blocks: stop after so many; None for all.

        Returns:
            Shape (batch, length, width).
        """
        x, mask = self.embed(ids, segments, training), padding_mask(ids)
        for block in self.blocks[:blocks]:
            x = block(x, attention_mask=mask, training=training)
        return x

    def layers_of(self, ids, segments=None):
        """What every layer says, the embedding first: shape (blocks + 1, batch, length, width)."""
        x, mask = self.embed(ids, segments), padding_mask(ids)
        found = [x]
        for block in self.blocks:
            found.append(block(found[-1], attention_mask=mask))
        return ops.stack(found)

    def compute_output_shape(self, input_shape):
        return (*input_shape, self.sizes["width"])

    def get_config(self):
        return {**super().get_config(), **self.sizes}


_DENSE = {
    "attention.query": "attention.self.query",
    "attention.key": "attention.self.key",
    "attention.value": "attention.self.value",
    "attention.output_projection": "attention.output.dense",
    "expand": "intermediate.dense",
    "contract": "output.dense",
}
_NORMS = {"attention_norm": "attention.output.LayerNorm", "feed_forward_norm": "output.LayerNorm"}


def build_minilm() -> Bert:
    """all-MiniLM-L6-v2 (Wang et al., 2020; Reimers and Gurevych, 2019) as a `Bert`: 22.6 million real weights.

    It has no dropout: fine-tuned on a few thousand reviews, it does no worse without (and is faster).

    The mean of the last layer's vectors over the tokens, scaled to length 1, is the sentence vector it was trained for.
    """
    weights = datasets.load_minilm()
    tokens, width = weights["embeddings.word_embeddings.weight"].shape
    longest = len(weights["embeddings.position_embeddings.weight"])
    blocks = 1 + max(int(name.split(".")[2]) for name in weights if name.startswith("encoder"))
    bert = Bert(
        tokens, width, 12, len(weights["encoder.layer.0.intermediate.dense.bias"]), blocks, longest, dropout=0.0
    )
    bert.build()
    bert.tokens.token_vectors.assign(weights["embeddings.word_embeddings.weight"])
    bert.tokens.position_vectors.assign(weights["embeddings.position_embeddings.weight"])
    bert.segments.set_weights([weights["embeddings.token_type_embeddings.weight"]])

    def norm(name):
        return [weights[f"{name}.weight"], weights[f"{name}.bias"]]

    bert.norm.set_weights(norm("embeddings.LayerNorm"))
    for number, block in enumerate(bert.blocks):
        prefix = f"encoder.layer.{number}."
        for ours, theirs in _DENSE.items():
            layer = block
            for part in ours.split("."):
                layer = getattr(layer, part)
            matrix, bias = norm(prefix + theirs)
            layer.set_weights([matrix.T, bias])  # PyTorch keeps (outputs, inputs)
        for ours, theirs in _NORMS.items():
            getattr(block, ours).set_weights(norm(prefix + theirs))
    return bert


def mean_of_tokens(x, mask):
    """The mean over the tokens but not the padding: x (…, texts, length, width), mask (texts, length)."""
    weight = ops.cast(mask, x.dtype)[..., None]
    return ops.sum(x * weight, axis=-2) / ops.sum(weight, axis=-2)


@keras.saving.register_keras_serializable("course_utils")
class BertPretraining(keras.Model):
    """A `Bert` with its two tasks: the hidden tokens, and whether the second sentence follows the first.

    Source: Devlin et al. (2019), section 3.1. The token vectors serve as output layer too, behind a dense layer.
    """

    def __init__(self, bert: Bert, **options):
        super().__init__(**options)
        self.bert = bert
        width = bert.sizes["width"]
        self.transform = keras.layers.Dense(width, "gelu")
        self.norm = keras.layers.LayerNormalization(epsilon=1e-12)
        self.pooler = keras.layers.Dense(width, "tanh")
        self.next_sentence = keras.layers.Dense(1)

    def build(self, input_shape=None):
        width = self.bert.sizes["width"]
        self.bias = self.add_weight(shape=(self.bert.sizes["tokens"],), initializer="zeros", name="token_bias")
        for layer in (self.transform, self.norm, self.pooler, self.next_sentence):
            layer.build((None, width))
        self.built = True

    def call(self, inputs, training=None):
        """
        Args:
            inputs: "ids" and "segments", shape (batch, length), and "places", the positions of the tokens to guess,
                shape (batch, places).

        Returns:
            "tokens": logits, shape (batch, places, tokens); "follows": a logit a pair, shape (batch,).
        """
        x = self.bert(inputs["ids"], inputs["segments"], training=training)
        hidden = ops.take_along_axis(x, inputs["places"][..., None], axis=1)
        logits = self.bert.tokens.logits(self.norm(self.transform(hidden))) + self.bias
        return {"tokens": logits, "follows": self.next_sentence(self.pooler(x[:, 0]))[:, 0]}


def pretraining_batch(sequences: Sequence[Sequence[int]], pieces: WordPiece, longest: int, rng: np.random.Generator):
    """Sentences as both tasks see them, with chances drawn anew: inputs, targets and weights for `fit`.

    Args:
        sequences: numbers of the pieces of each sentence, without special tokens.
        pieces: their vocabulary.
        longest: of a pair.
        rng: source of chance.
    """
    pairs = pretraining.sentence_pairs(*zip(*map(pretraining.halves, sequences), strict=True), pieces, rng, longest)
    hidden = pretraining.corrupt(pairs.ids, pieces, rng)
    most = int(np.ceil(pretraining.SHARE * (longest - 3)))
    places = np.argsort(~hidden.is_chosen, axis=1, kind="stable")[:, :most].astype(np.int32)
    is_chosen = np.take_along_axis(hidden.is_chosen, places, axis=1)
    inputs = {"ids": hidden.ids, "segments": pairs.segments, "places": places}
    targets = {"tokens": np.take_along_axis(pairs.ids, places, axis=1), "follows": pairs.follows.astype(np.float32)}
    weights = {"tokens": is_chosen.astype(np.float32), "follows": np.ones(len(places), np.float32)}
    return inputs, targets, weights


class TinySettings(NamedTuple):
    """Sizes and training settings of the chapter's own BERT."""

    width: int = 64
    heads: int = 4
    hidden: int = 256
    blocks: int = 2
    longest: int = 32
    epochs: int = 5  # of the pre-training
    batch_size: int = 64
    peak: float = 4e-3  # highest learning rate of the pre-training
    labelled_epochs: int = 6  # of the training with labels
    labelled_batch_size: int = 40
    labelled_peak: float = 2e-3


TINY = TinySettings()


def new_tiny_bert(tokens: int, settings: TinySettings = TINY, seed: int = 0) -> Bert:
    """An untrained BERT of the chapter's size."""
    keras.utils.set_random_seed(seed)
    bert = Bert(tokens, settings.width, settings.heads, settings.hidden, settings.blocks, settings.longest)
    bert.build()
    return bert


def pretrain(
    bert: Bert,
    sequences: Sequence[Sequence[int]],
    watched: Sequence[Sequence[int]],
    pieces: WordPiece,
    settings: TinySettings = TINY,
    seed: int = 0,
) -> tuple[BertPretraining, list[dict[str, float]]]:
    """Pre-train a BERT on sentences, with other words hidden and other halves exchanged in every epoch.

    Sentences that do not fill a batch wait for the next epoch.

    Args:
        bert: is changed.
        sequences: numbers of the pieces of each sentence, without special tokens.
        watched: sentences that are not learnt from, such as the validation part; the same words stay hidden.
        pieces: their vocabulary.
        settings: see `TinySettings`.
        seed: of the chances.

    Returns:
        The model of both tasks, and a dictionary an epoch: "nats", the cross-entropy of a hidden token, "tokens", the
        share of them that is guessed, and "follows", the share of pairs that is judged rightly; all on `watched`.

    Raises:
        ValueError: the sentences do not fill a batch.
    """
    if len(sequences) < settings.batch_size:
        raise ValueError(f"{len(sequences)} sentences do not fill a batch of {settings.batch_size}.")
    rng = np.random.default_rng(seed)
    model = BertPretraining(bert)
    model.build()
    steps = settings.epochs * (len(sequences) // settings.batch_size)
    losses = {
        "tokens": keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        "follows": keras.losses.BinaryCrossentropy(from_logits=True),
    }
    rate = OneCycle(settings.peak, steps, warm_up=0.1)
    optimizer = Muon(rate, weight_decay=0.01, beta_2=0.99, global_clipnorm=1.0)
    model.compile(optimizer, losses, jit_compile=False, steps_per_execution=10)
    held_out = pretraining_batch(watched, pieces, settings.longest, np.random.default_rng(0))
    history, started = [], time.perf_counter()
    for epoch in range(settings.epochs):
        kept = rng.permutation(len(sequences))[: len(sequences) // settings.batch_size * settings.batch_size]
        inputs, targets, weights = pretraining_batch([sequences[n] for n in kept], pieces, settings.longest, rng)
        weights["tokens"] /= weights["tokens"].mean()
        model.fit(inputs, targets, sample_weight=weights, batch_size=settings.batch_size, verbose=0)
        history.append(pretraining_scores(model, *held_out))
        shown = "  ".join(f"{name} {value:.3f}" for name, value in history[-1].items())
        print(f"epoch {epoch + 1}/{settings.epochs}  {shown}  {time.perf_counter() - started:5.1f} s", flush=True)
    return model, history


def pretraining_scores(model: BertPretraining, inputs, targets, weights) -> dict[str, float]:
    """Both tasks on data from `pretraining_batch`; see `pretrain`."""
    answers = model.predict(inputs, batch_size=len(inputs["ids"]), verbose=0)
    is_asked = weights["tokens"] > 0
    logits, truth = answers["tokens"][is_asked], targets["tokens"][is_asked]
    logits = logits - logits.max(axis=1, keepdims=True)
    nats = np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(len(truth)), truth]
    return {
        "nats": float(nats.mean()),
        "tokens": float(np.mean(logits.argmax(axis=1) == truth)),
        "follows": float(np.mean((answers["follows"] > 0) == (targets["follows"] > 0))),
    }


class RepeatedTraining:
    """A BERT with one number on top that is trained with labels again and again, from given weights each time.

    Its graph is built once: for so small a model that takes longer than a training.

    Args:
        bert: gives the sizes; its weights are replaced.
        count: how many texts each training has.
        settings: see `TinySettings`.
    """

    def __init__(self, bert: Bert, count: int, settings: TinySettings = TINY):
        self.bert, self.settings = bert, settings
        ids = keras.Input((settings.longest,), dtype="int32")
        self.score = keras.layers.Dense(1)
        pooled = mean_of_tokens(bert(ids), ops.not_equal(ids, text.PADDING))
        self.model = keras.Model(ids, self.score(keras.layers.Dropout(0.1)(pooled)))
        steps = settings.labelled_epochs * -(-count // settings.labelled_batch_size)
        self.optimizer = keras.optimizers.AdamW(OneCycle(settings.labelled_peak, steps, warm_up=0.1), weight_decay=0.01)
        self.model.compile(self.optimizer, keras.losses.BinaryCrossentropy(from_logits=True), jit_compile=False)
        self.optimizer.build(self.model.trainable_variables)
        self.chances = [(state, state.numpy()) for state in self.model.non_trainable_variables]  # of dropout

    def run(self, weights: Sequence[np.ndarray], ids: np.ndarray, targets: np.ndarray, seed: int = 0) -> keras.Model:
        """Train from these weights of the BERT, a fresh last layer and a fresh optimiser.

        Args:
            weights: what `bert.get_weights()` gave.
            ids: padded numbers of the pieces, shape (count, longest).
            targets: between 0 and 1, shape (count,).
            seed: of the last layer and the order.

        Returns:
            The classifier, valid until the next run: ids → scores of shape (texts, 1).
        """
        keras.utils.set_random_seed(seed)
        self.bert.set_weights(weights)
        kernel = np.random.default_rng(seed).normal(0, 0.02, self.score.kernel.shape)
        self.score.set_weights([kernel, np.zeros(1)])
        for variable in self.optimizer.variables:
            variable.assign(ops.zeros_like(variable))
        for state, first in self.chances:
            state.assign(first)
        batch_size, epochs = self.settings.labelled_batch_size, self.settings.labelled_epochs
        self.model.fit(ids, targets, batch_size=batch_size, epochs=epochs, verbose=0)
        return self.model
