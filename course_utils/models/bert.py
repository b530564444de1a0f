"""BERT (Devlin et al., 2019): the encoder, real pre-trained weights, sentence vectors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import keras
import numpy as np
from keras import ops

from course_utils import datasets, text
from course_utils.transformer import EncoderBlock, TokenEmbedding, padding_mask


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
        """Layer 0: numbers (batch, length), segments 0 or 1 of the same shape or None for 0 → (batch, length, width)."""
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


def build_minilm(dropout: float = 0.1) -> Bert:
    """all-MiniLM-L6-v2 (Wang et al., 2020; Reimers and Gurevych, 2019) as a `Bert`: 22.6 million real weights.

    The mean of the last layer's vectors over the tokens, scaled to length 1, is the sentence vector it was trained for.
    """
    weights = datasets.load_minilm()
    tokens, width = weights["embeddings.word_embeddings.weight"].shape
    longest = len(weights["embeddings.position_embeddings.weight"])
    blocks = 1 + max(int(name.split(".")[2]) for name in weights if name.startswith("encoder"))
    bert = Bert(tokens, width, 12, len(weights["encoder.layer.0.intermediate.dense.bias"]), blocks, longest, dropout)
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
