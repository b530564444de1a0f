"""The Transformer (Vaswani et al., 2017, "Attention is all you need"): attention, positions, blocks, and a cache.

Masks are explicit everywhere: boolean, True where a query may look at a key, and of a shape that broadcasts to (batch,
queries, keys). `padding_mask` and `causal_mask` make the two usual ones; `&` combines them.

An encoder (BERT) is a `TokenEmbedding` and `EncoderBlock`s. A language model (GPT) is a `TokenEmbedding` and
`DecoderBlock`s with `cross_attention=False`. `Transformer` puts both together and translates one sequence into another.
"""

import math
from collections.abc import Sequence

import keras
import numpy as np
from keras import ops

from course_utils.text import PADDING

NORMALISATIONS = ("before", "after")
POSITIONS = ("sinusoidal", "learnt", "none")


def padding_mask(numbers):
    """Let queries look at tokens and not at padding: numbers (batch, keys) → bool (batch, 1, keys)."""
    return ops.not_equal(numbers, PADDING)[:, None, :]


def causal_mask(queries: int, keys: int | None = None, first=0):
    """Let a query look at itself and at what stands before it.

    Args:
        queries: how many queries there are.
        keys: how many keys there are; None for as many as queries.
        first: the place of the first query among the keys, a number or a scalar tensor.

    Returns:
        bool, shape (1, queries, keys).
    """
    places = ops.arange(queries if keys is None else keys)
    return (places[None, :] <= first + ops.arange(queries)[:, None])[None]


def attention_weights(query, key, mask=None):
    """How strongly each query looks at each key: softmax(q kᵀ / √d) (section 3.2.1, equation 1).

    Args:
        query: shape (..., queries, d).
        key: shape (..., keys, d).
        mask: bool, broadcasts to (..., queries, keys); what is False gets weight 0. A query that may look at nothing
            looks at everything alike.

    Returns:
        Shape (..., queries, keys); every row sums to 1.

    Raises:
        ValueError: query and key differ in d.
    """
    if query.shape[-1] != key.shape[-1]:
        raise ValueError(f"A query of {query.shape[-1]} channels cannot be compared with a key of {key.shape[-1]}.")
    scores = ops.matmul(query * query.shape[-1] ** -0.5, ops.swapaxes(key, -1, -2))
    if mask is not None:
        lowest = -3e4 if keras.backend.standardize_dtype(scores.dtype) == "float16" else -1e9
        scores = ops.where(mask, scores, ops.cast(lowest, scores.dtype))
    powers = ops.exp(scores - ops.max(scores, axis=-1, keepdims=True))  # without the maximum, e^score may overflow
    return powers / ops.sum(powers, axis=-1, keepdims=True)


def scaled_dot_product_attention(query, key, value, mask=None):
    """The means of the values, weighted by how well their keys fit the query (section 3.2.1, equation 1).

    Args:
        query, key, mask: see `attention_weights`.
        value: shape (..., keys, channels).

    Returns:
        Shape (..., queries, channels), and the weights, shape (..., queries, keys).
    """
    weights = attention_weights(query, key, mask)
    return ops.matmul(weights, value), weights


def sinusoidal_positions(longest: int, width: int) -> np.ndarray:
    """Sines and cosines of geometrically growing wavelengths, 2π to 10,000 · 2π (section 3.5).

    P[p, 2i] = sin(p / 10000^(2i / width)), P[p, 2i + 1] = the cosine of the same angle. The dot product of two rows
    depends on their distance alone.

    Returns:
        float32, shape (longest, width).

    Raises:
        ValueError: `width` is odd, so that a sine would lack its cosine.
    """
    if width % 2:
        raise ValueError(f"width is {width}; sines and cosines come in pairs, so it must be even.")
    angles = np.arange(longest)[:, None] / 10_000 ** (np.arange(0, width, 2) / width)
    return np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(longest, width).astype(np.float32)


@keras.saving.register_keras_serializable("course_utils")
class MultiHeadAttention(keras.layers.Layer):
    """Several attentions side by side, each on its own projection of the channels (section 3.2.2).

    The four projections keep the width; heads are cut out of it by a reshape. Computes the same as
    `keras.layers.MultiHeadAttention(heads, width // heads)` with the same weights.

    Args:
        heads: how many attentions.
        dropout: the share of attention weights that are dropped in training.

    Raises:
        ValueError: the width is not divisible by `heads`.
    """

    def __init__(self, heads: int, dropout: float = 0.0, **options):
        super().__init__(**options)
        self.heads, self.dropout = heads, dropout
        self.drop = keras.layers.Dropout(dropout)

    def build(self, query_shape, source_shape=None):
        width = query_shape[-1]
        if self.heads < 1 or width % self.heads:
            raise ValueError(f"{width} channels cannot be divided into {self.heads} heads of equal width.")
        self.query, self.key, self.value, self.output_projection = (
            keras.layers.Dense(width, dtype=self.dtype_policy, name=name)
            for name in ("query", "key", "value", "output")
        )
        source_shape = source_shape or query_shape
        for layer, shape in [
            (self.query, query_shape),
            (self.key, source_shape),
            (self.value, source_shape),
            (self.output_projection, query_shape),
        ]:
            layer.build(shape)

    def _split(self, x):
        """(batch, length, width) → (batch, heads, length, width / heads)."""
        length = ops.shape(x)[1]
        return ops.transpose(ops.reshape(x, (-1, length, self.heads, x.shape[-1] // self.heads)), (0, 2, 1, 3))

    def keys_and_values(self, source):
        """What queries will look at: source (batch, keys, channels) → two of (batch, heads, keys, width / heads)."""
        return self._split(self.key(source)), self._split(self.value(source))

    def attend(self, query, keys, values, attention_mask=None, training=None):
        """The same as `call`, for keys and values that are projected already.

        Returns:
            Shape (batch, queries, width), and the weights, shape (batch, heads, queries, keys).
        """
        mask = None if attention_mask is None else attention_mask[:, None]  # the same for every head
        weights = attention_weights(self._split(self.query(query)), keys, mask)
        mixed = ops.transpose(ops.matmul(self.drop(weights, training=training), values), (0, 2, 1, 3))
        joined = ops.reshape(mixed, (-1, ops.shape(query)[1], query.shape[-1]))
        return self.output_projection(joined), weights

    def call(self, query, source=None, attention_mask=None, training=None, return_weights=False):
        """
        Args:
            query: shape (batch, queries, width).
            source: what is looked at, shape (batch, keys, channels); None for the query itself (self-attention).
            attention_mask: bool, broadcasts to (batch, queries, keys).
            return_weights: whether the weights of all heads are returned too.

        Returns:
            Shape (batch, queries, width); with `return_weights` also (batch, heads, queries, keys).
        """
        keys, values = self.keys_and_values(query if source is None else source)
        mixed, weights = self.attend(query, keys, values, attention_mask, training)
        return (mixed, weights) if return_weights else mixed

    def compute_output_shape(self, query_shape, source_shape=None):
        return query_shape

    def get_config(self):
        return {**super().get_config(), "heads": self.heads, "dropout": self.dropout}


@keras.saving.register_keras_serializable("course_utils")
class TokenEmbedding(keras.layers.Layer):
    """A vector for each token plus a vector for its position (sections 3.4 and 3.5).

    With sinusoidal positions the token vectors are multiplied by √width, so that the sines do not drown them. Learnt
    positions are those of GPT and BERT: a second table, no factor.

    Args:
        tokens: how many different tokens there are.
        width: channels of a vector.
        longest: how many positions there are.
        positions: "sinusoidal", "learnt" or "none".
        dropout: the share of channels that are dropped in training.

    Raises:
        ValueError: `positions` is none of the three, or a sequence is longer than `longest`.
    """

    def __init__(
        self, tokens: int, width: int, longest: int, positions: str = "sinusoidal", dropout: float = 0.0, **options
    ):
        super().__init__(**options)
        if positions not in POSITIONS:
            raise ValueError(f"positions is {positions!r}; there are {', '.join(POSITIONS)}.")
        self.tokens, self.width, self.longest, self.positions, self.dropout = tokens, width, longest, positions, dropout
        self.drop = keras.layers.Dropout(dropout)
        self.factor = math.sqrt(width) if positions == "sinusoidal" else 1.0
        if positions == "sinusoidal":
            self.position_vectors = sinusoidal_positions(longest, width)

    def build(self, input_shape):
        spread = self.width**-0.5 if self.positions == "sinusoidal" else 0.02
        normal = keras.initializers.RandomNormal(stddev=spread)
        self.token_vectors = self.add_weight(shape=(self.tokens, self.width), initializer=normal, name="token_vectors")
        if self.positions == "learnt":
            shape = (self.longest, self.width)
            self.position_vectors = self.add_weight(shape=shape, initializer="random_normal", name="position_vectors")

    def call(self, numbers, first=0, training=None):
        """
        Args:
            numbers: whole numbers below `tokens`, shape (batch, length).
            first: the position of the first token, a number or a scalar tensor.

        Returns:
            Shape (batch, length, width).
        """
        length = numbers.shape[1]
        if length is not None and length + (first if isinstance(first, int) else 0) > self.longest:
            raise ValueError(f"A sequence of {length} tokens is longer than the {self.longest} positions.")
        x = ops.take(ops.convert_to_tensor(self.token_vectors), numbers, axis=0) * self.factor
        if self.positions != "none":
            table = ops.cast(self.position_vectors, x.dtype)
            x = x + ops.take(table, first + ops.arange(ops.shape(numbers)[1]), axis=0)
        return self.drop(x, training=training)

    def logits(self, x):
        """The same table as output layer (section 3.4): (batch, length, width) → (batch, length, tokens)."""
        return ops.matmul(x, ops.transpose(ops.convert_to_tensor(self.token_vectors)))

    def compute_output_shape(self, input_shape):
        return (*input_shape, self.width)

    def get_config(self):
        names = ("tokens", "width", "longest", "positions", "dropout")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


class _Block(keras.layers.Layer):
    """What encoder and decoder blocks share: residual connections around sublayers, normalised before or after."""

    def __init__(
        self,
        heads: int,
        hidden: int,
        dropout: float = 0.1,
        normalisation: str = "before",
        activation: str = "relu",
        epsilon: float = 1e-6,
        attention_dropout: float = 0.0,
        **options,
    ):
        super().__init__(**options)
        if normalisation not in NORMALISATIONS:
            raise ValueError(f'normalisation is {normalisation!r}; write "before" or "after".')
        self.heads, self.hidden, self.dropout, self.normalisation = heads, hidden, dropout, normalisation
        self.activation, self.epsilon, self.attention_dropout = activation, epsilon, attention_dropout
        self.drop = keras.layers.Dropout(dropout)
        self.attention = MultiHeadAttention(heads, attention_dropout, dtype=self.dtype_policy, name="attention")
        self.attention_norm = self._normalisation("attention_norm")
        self.feed_forward_norm = self._normalisation("feed_forward_norm")

    def _normalisation(self, name):
        return keras.layers.LayerNormalization(epsilon=self.epsilon, dtype=self.dtype_policy, name=name)

    def build(self, x_shape):
        width = x_shape[-1]
        self.expand = keras.layers.Dense(self.hidden, self.activation, dtype=self.dtype_policy, name="expand")
        self.contract = keras.layers.Dense(width, dtype=self.dtype_policy, name="contract")
        for layer in (self.attention, self.attention_norm, self.feed_forward_norm, self.expand):
            layer.build(x_shape)
        self.contract.build((*x_shape[:-1], self.hidden))

    def _residual(self, x, sublayer, norm, training):
        """x + sublayer(x), normalised at the entrance (Xiong et al., 2020) or after the sum (section 3.1)."""
        if self.normalisation == "before":
            return x + self.drop(sublayer(norm(x)), training=training)
        return norm(x + self.drop(sublayer(x), training=training))

    def _feed_forward(self, x, training):
        """The same two dense layers at every position (section 3.3)."""
        return self._residual(x, lambda x: self.contract(self.expand(x)), self.feed_forward_norm, training)

    def compute_output_shape(self, x_shape, *other_shapes):
        return x_shape

    def get_config(self):
        names = ("heads", "hidden", "dropout", "normalisation", "activation", "epsilon", "attention_dropout")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


@keras.saving.register_keras_serializable("course_utils")
class ConvolutionBlock(keras.layers.Layer):
    """A residual convolution: what stands side by side is joined before attention looks further.

    Attention has to learn from data which positions are neighbours; a convolution knows it. Both together: Gulati et
    al. (2020), "Conformer: convolution-augmented Transformer for speech recognition", arXiv:2005.08100.

    Args:
        kernel_size: how many neighbouring tokens are joined, the token itself included.
        dropout: the share of outputs that are dropped in training.
    """

    def __init__(self, kernel_size: int = 5, dropout: float = 0.1, **options):
        super().__init__(**options)
        self.kernel_size, self.dropout = kernel_size, dropout
        self.norm = keras.layers.LayerNormalization(epsilon=1e-6, dtype=self.dtype_policy, name="norm")
        self.drop = keras.layers.Dropout(dropout)

    def build(self, x_shape):
        options = {"padding": "same", "activation": "relu", "dtype": self.dtype_policy, "name": "convolution"}
        self.convolution = keras.layers.Conv1D(x_shape[-1], self.kernel_size, **options)
        self.norm.build(x_shape)
        self.convolution.build(x_shape)

    def call(self, x, is_token, training=None):
        """x (batch, length, width), is_token bool (batch, length), False for padding → (batch, length, width)."""
        seen = self.norm(x) * ops.cast(is_token, x.dtype)[..., None]  # padding is 0, as beyond the ends
        return x + self.drop(self.convolution(seen), training=training)

    def compute_output_shape(self, x_shape, *other_shapes):
        return x_shape

    def get_config(self):
        return {**super().get_config(), "kernel_size": self.kernel_size, "dropout": self.dropout}


@keras.saving.register_keras_serializable("course_utils")
class EncoderBlock(_Block):
    """Self-attention, then a feed-forward network, each with a residual connection (section 3.1, left of figure 1).

    BERT's block is `EncoderBlock(heads, 4 * width, normalisation="after", activation="gelu", epsilon=1e-12)`.

    Args:
        heads: of the attention.
        hidden: channels of the feed-forward network's hidden layer.
        dropout: the share of a sublayer's outputs that are dropped in training.
        normalisation: "before" each sublayer, or "after" each sum as published.
        activation: of the hidden layer, by Keras' names; "gelu" is the exact one.
        epsilon: of the layer normalisation.
        attention_dropout: the share of attention weights that are dropped in training.

    Raises:
        ValueError: `normalisation` is neither of the two, or the width is not divisible by `heads`.
    """

    def call(self, x, attention_mask=None, training=None):
        """x (batch, length, width), mask bool that broadcasts to (batch, length, length) → (batch, length, width)."""

        def attend(x):
            return self.attention(x, attention_mask=attention_mask, training=training)

        x = self._residual(x, attend, self.attention_norm, training)
        return self._feed_forward(x, training)


@keras.saving.register_keras_serializable("course_utils")
class DecoderBlock(_Block):
    """Causal self-attention, attention to a source, feed-forward network (section 3.1, right of figure 1).

    Without cross-attention it is GPT's block.

    Args:
        heads, hidden, dropout, normalisation, activation, epsilon, attention_dropout: see `EncoderBlock`.
        cross_attention: whether there is a source to look at.
    """

    def __init__(self, *arguments, cross_attention: bool = True, **options):
        super().__init__(*arguments, **options)
        self.cross_attention = cross_attention
        if cross_attention:
            self.source_attention = MultiHeadAttention(
                self.heads, self.attention_dropout, dtype=self.dtype_policy, name="source_attention"
            )
            self.source_norm = self._normalisation("source_norm")

    def build(self, x_shape, source_shape=None):
        super().build(x_shape)
        if self.cross_attention:
            self.source_attention.build(x_shape, source_shape)
            self.source_norm.build(x_shape)

    def _sublayers(self, x, attend, attend_source, training):
        x = self._residual(x, attend, self.attention_norm, training)
        if self.cross_attention:
            x = self._residual(x, attend_source, self.source_norm, training)
        return self._feed_forward(x, training)

    def call(self, x, source=None, source_mask=None, attention_mask=None, training=None, return_weights=False):
        """
        Args:
            x: shape (batch, length, width).
            source: what the cross-attention looks at, shape (batch, source length, channels).
            source_mask: bool, broadcasts to (batch, length, source length).
            attention_mask: bool, broadcasts to (batch, length, length); added to the causal mask.
                Padding on the right needs none.
            return_weights: whether the weights of the cross-attention are returned too.

        Returns:
            Shape (batch, length, width); with `return_weights` also (batch, heads, length, source length).

        Raises:
            ValueError: there is cross-attention and no source, or the reverse.
        """
        if self.cross_attention != (source is not None):
            raise ValueError("A source is needed with cross_attention=True, and only then.")
        causal = causal_mask(ops.shape(x)[1])
        mask = causal if attention_mask is None else causal & attention_mask
        weights = None

        def attend(x):
            return self.attention(x, attention_mask=mask, training=training)

        def attend_source(x):
            nonlocal weights
            mixed, weights = self.source_attention(x, source, source_mask, training=training, return_weights=True)
            return mixed

        x = self._sublayers(x, attend, attend_source, training)
        return (x, weights) if return_weights else x

    def start_cache(self, batch, capacity: int, source=None) -> dict:
        """An empty key–value cache for `step`; the block must be built.

        Args:
            batch: how many sequences.
            capacity: how many positions it can hold.
            source: as in `call`; its keys and values are computed once, here.

        Returns:
            "keys" and "values" of shape (batch, heads, capacity, width / heads), and the source's.
        """
        width = self.attention.query.units
        empty = ops.zeros((batch, self.heads, capacity, width // self.heads), self.compute_dtype)
        cache = {"keys": empty, "values": empty}
        if self.cross_attention:
            cache["source_keys"], cache["source_values"] = self.source_attention.keys_and_values(source)
        return cache

    def step(self, x, cache: dict, first, source_mask=None, attention_mask=None) -> tuple:
        """Some further positions, the keys and values of all earlier ones being in the cache.

        Args:
            x: the new positions, shape (batch, new, width).
            cache: from `start_cache` or the last step.
            first: the place of the first new position, a number or a scalar tensor; `first` + new ≤ capacity.
            source_mask: as in `call`.
            attention_mask: bool, broadcasts to (batch, new, capacity); added to the causal mask.

        Returns:
            The same as `call` at these positions, and the new cache.
        """
        cache = dict(cache)
        causal = causal_mask(ops.shape(x)[1], cache["keys"].shape[2], first)
        mask = causal if attention_mask is None else causal & attention_mask

        def attend(x):
            for name, new in zip(("keys", "values"), self.attention.keys_and_values(x), strict=True):
                cache[name] = ops.slice_update(cache[name], (0, 0, first, 0), new)
            return self.attention.attend(x, cache["keys"], cache["values"], mask)[0]

        def attend_source(x):
            return self.source_attention.attend(x, cache["source_keys"], cache["source_values"], source_mask)[0]

        return self._sublayers(x, attend, attend_source, training=False), cache

    def get_config(self):
        return {**super().get_config(), "cross_attention": self.cross_attention}


@keras.saving.register_keras_serializable("course_utils")
class Transformer(keras.Model):
    """An encoder and a decoder: from one sequence of tokens to the logits of another (section 3.1).

    The number 0 is padding, on the right. The target's token vectors serve as output layer too.

    Args:
        source_tokens, target_tokens: how many different tokens there are on each side.
        width: channels.
        heads: of every attention.
        hidden: channels of the feed-forward networks' hidden layer.
        encoder_blocks, decoder_blocks: how many.
        longest: the longest sequence on either side.
        dropout, normalisation, activation, attention_dropout: see `EncoderBlock`.
        positions: see `TokenEmbedding`.
        convolutions: how many `ConvolutionBlock`s stand before the encoder's blocks; the paper has none.
    """

    def __init__(
        self,
        source_tokens: int,
        target_tokens: int,
        width: int = 128,
        heads: int = 4,
        hidden: int = 512,
        encoder_blocks: int = 2,
        decoder_blocks: int = 2,
        longest: int = 64,
        dropout: float = 0.1,
        normalisation: str = "before",
        activation: str = "relu",
        attention_dropout: float = 0.0,
        positions: str = "sinusoidal",
        convolutions: int = 0,
        **options,
    ):
        super().__init__(**options)
        self.sizes = {
            "source_tokens": source_tokens,
            "target_tokens": target_tokens,
            "width": width,
            "heads": heads,
            "hidden": hidden,
            "encoder_blocks": encoder_blocks,
            "decoder_blocks": decoder_blocks,
            "longest": longest,
            "dropout": dropout,
            "normalisation": normalisation,
            "activation": activation,
            "attention_dropout": attention_dropout,
            "positions": positions,
            "convolutions": convolutions,
        }
        block = {"heads": heads, "hidden": hidden, "dropout": dropout, "normalisation": normalisation}
        block |= {"activation": activation, "attention_dropout": attention_dropout}
        self.source_embedding = TokenEmbedding(source_tokens, width, longest, positions, dropout)
        self.target_embedding = TokenEmbedding(target_tokens, width, longest, positions, dropout)
        self.convolutions = [ConvolutionBlock(dropout=dropout) for _ in range(convolutions)]
        self.encoder = [EncoderBlock(**block) for _ in range(encoder_blocks)]
        self.decoder = [DecoderBlock(**block) for _ in range(decoder_blocks)]
        # Blocks that normalise at their entrances leave the sum as it grew, so it is normalised once more at the end.
        self.encoder_norm, self.decoder_norm = (
            keras.layers.LayerNormalization(epsilon=1e-6) if normalisation == "before" else keras.layers.Identity()
            for _ in range(2)
        )

    def build(self, input_shape=None):
        shape = (None, None, self.sizes["width"])
        for embedding in (self.source_embedding, self.target_embedding):
            embedding.build((None, None))
        for block in (*self.convolutions, *self.encoder):
            block.build(shape)
        for block in self.decoder:
            block.build(shape, shape)
        self.encoder_norm.build(shape)
        self.decoder_norm.build(shape)
        self.built = True

    def encode(self, source, training=None):
        """Source numbers (batch, source length) → (batch, source length, width)."""
        mask = padding_mask(source)
        x = self.source_embedding(source, training=training)
        for block in self.convolutions:
            x = block(x, mask[:, 0], training=training)
        for block in self.encoder:
            x = block(x, attention_mask=mask, training=training)
        return self.encoder_norm(x)

    def call(self, inputs, training=None, return_weights=False):
        """
        Args:
            inputs: source numbers, shape (batch, source length), and target numbers, shape (batch, target length), each
                target beginning with its start token.
            return_weights: whether the weights of the cross-attention are returned too.

        Returns:
            The logits of each next target token, shape (batch, target length, target_tokens); with `return_weights`
            also a list with the weights of each decoder block, (batch, heads, target length, source length).
        """
        source, target = inputs
        encoded, source_mask = self.encode(source, training), padding_mask(source)
        x, weights = self.target_embedding(target, training=training), []
        for block in self.decoder:
            x, of_block = block(x, encoded, source_mask, training=training, return_weights=True)
            weights.append(of_block)
        logits = self.target_embedding.logits(self.decoder_norm(x))
        return (logits, weights) if return_weights else logits

    def start_cache(self, encoded, capacity: int) -> list[dict]:
        """An empty cache for `step` a decoder block; `encoded` comes from `encode`."""
        return [block.start_cache(ops.shape(encoded)[0], capacity, encoded) for block in self.decoder]

    def step(self, target, cache: list[dict], first, source_mask):
        """The logits after some further target tokens.

        Args:
            target: numbers of the new tokens, shape (batch, new).
            cache: from `start_cache` or the last step.
            first: the position of the first new token, a number or a scalar tensor.
            source_mask: `padding_mask` of the source.

        Returns:
            Logits of shape (batch, new, target_tokens), equal to those of `call`, and the new cache.
        """
        x, new_cache = self.target_embedding(target, first=first), []
        for block, of_block in zip(self.decoder, cache, strict=True):
            x, of_block = block.step(x, of_block, first, source_mask)
            new_cache.append(of_block)
        return self.target_embedding.logits(self.decoder_norm(x)), new_cache

    def compute_output_shape(self, input_shape):
        return (*input_shape[1], self.sizes["target_tokens"])

    def get_config(self):
        return {**super().get_config(), **self.sizes}


class Ensemble(keras.Model):
    """Several Transformers of one size that decide together, by the mean of their logits.

    So a token's probability is the geometric mean of theirs, scaled so that all add up to 1 (Hinton, 2002, "Training
    products of experts by minimizing contrastive divergence", section 1): what one finds impossible, none can save.

    What one of them got wrong by the chance of its training, the others outvote (Dietterich, 2000, "Ensemble methods in
    machine learning").

    Args:
        count: how many Transformers.
        sizes: see `Transformer`.

    Attributes:
        members: the Transformers.
    """

    def __init__(self, count: int, **sizes):
        super().__init__()
        self.members = [Transformer(**sizes) for _ in range(count)]
        self.sizes = {"count": count, **self.members[0].sizes}

    @classmethod
    def of(cls, members: Sequence[Transformer]) -> "Ensemble":
        """The trained Transformers together; their weights are copied."""
        together = cls(len(members), **members[0].sizes)
        together.build()
        for copy, member in zip(together.members, members, strict=True):
            copy.set_weights(member.get_weights())
        return together

    def build(self, input_shape=None):
        for member in self.members:
            member.build()
        self.built = True

    def call(self, inputs, training=None):
        """Inputs as of a `Transformer` → logits of each next token, (batch, target length, tokens)."""
        return sum(member(inputs, training=training) for member in self.members) / len(self.members)

    def encode(self, source, training=None):
        """Source numbers (batch, source length) → (batch, source length, count · width)."""
        return ops.concatenate([member.encode(source, training) for member in self.members], axis=-1)

    def start_cache(self, encoded, capacity: int) -> list[dict]:
        """See `Transformer.start_cache`; the first member's blocks come first."""
        parts = zip(self.members, ops.split(encoded, len(self.members), axis=-1), strict=True)
        return [of_block for member, part in parts for of_block in member.start_cache(part, capacity)]

    def step(self, target, cache: list[dict], first, source_mask):
        """See `Transformer.step`."""
        logits, new_cache = [], []
        for member in self.members:
            blocks = cache[len(new_cache) : len(new_cache) + len(member.decoder)]
            of_member, blocks = member.step(target, blocks, first, source_mask)
            logits.append(of_member)
            new_cache += blocks
        return sum(logits) / len(logits), new_cache

    def compute_output_shape(self, input_shape):
        return self.members[0].compute_output_shape(input_shape)


def beam_search(model: Transformer | Ensemble, source, start: int, end: int, steps: int, beams: int = 1):
    """The target that the model finds most probable, found step by step; with one beam this is greedy search.

    The `beams` most probable beginnings are kept at each step (Sutskever, Vinyals and Le, 2014, section 3.2). A target
    that has ended stays as it is. Wrap it in `tf.function` to make it fast.

    Args:
        model: the Transformer, or several.
        source: numbers, shape (batch, source length).
        start, end: the numbers of the target's first and last token.
        steps: the most tokens that are wanted, the end included.
        beams: how many beginnings are kept.

    Returns:
        Numbers of shape (batch, beams, steps), the most probable target first, padding behind the end; and the natural
        logarithms of their probabilities, shape (batch, beams).
    """
    batch, tokens = ops.shape(source)[0], model.sizes["target_tokens"]
    mask = padding_mask(ops.repeat(source, beams, axis=0))
    cache = model.start_cache(ops.repeat(model.encode(source), beams, axis=0), steps)
    ended_goes_on = ops.where(ops.arange(tokens) == PADDING, 0.0, -1e9)  # an end is followed by padding for nothing
    never = ops.where((ops.arange(tokens) == PADDING) | (ops.arange(tokens) == start), -1e9, 0.0)
    last = ops.full((batch, beams), start, dtype="int32")
    found = ops.zeros((batch, beams, steps), "int32")
    scores = ops.where(ops.arange(beams) == 0, 0.0, -1e9) + ops.zeros((batch, 1))  # all beams begin alike: use one

    def has_ended(last):
        return (last == end) | (last == PADDING)

    def goes_on(place, last, found, scores, cache):
        return (place < steps) & ops.logical_not(ops.all(has_ended(last)))

    def one_step(place, last, found, scores, cache):
        logits, cache = model.step(ops.reshape(last, (-1, 1)), cache, place, mask)
        following = ops.reshape(ops.log_softmax(logits, axis=-1), (batch, beams, tokens)) + never
        following = ops.where(has_ended(last)[..., None], ended_goes_on, following)
        scores, best = ops.top_k(ops.reshape(scores[..., None] + following, (batch, beams * tokens)), beams)
        origin, last = best // tokens, ops.cast(best % tokens, "int32")
        found = ops.take_along_axis(found, origin[..., None], axis=1)
        found = ops.where(ops.arange(steps) == place, last[..., None], found)
        rows = ops.reshape(ops.arange(batch)[:, None] * beams + ops.cast(origin, "int32"), (-1,))
        cache = [
            {name: x if name.startswith("source") else ops.take(x, rows, axis=0) for name, x in of_block.items()}
            for of_block in cache
        ]
        return place + 1, last, found, scores, cache

    first = (ops.convert_to_tensor(0, "int32"), last, found, scores, cache)
    _, _, found, scores, _ = ops.while_loop(goes_on, one_step, first)
    return found, scores
