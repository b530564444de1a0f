"""GPT: a decoder-only Transformer, its loss with long contexts, and sampling with a key–value cache.

Sources: Radford et al. (2018), "Improving language understanding by generative pre-training"; for top-k Fan, Lewis and
Dauphin (2018), arXiv:1805.04833; for top-p Holtzman et al. (2020), "The curious case of neural text degeneration".
"""

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from course_utils.training import shortest_time
from course_utils.transformer import DecoderBlock, TokenEmbedding


@keras.saving.register_keras_serializable("course_utils")
class GPT(keras.Model):
    """Token embedding, decoder blocks without cross-attention, and the embedding once more as output layer.

    Args:
        tokens: how many different tokens there are.
        width: channels.
        heads: of every attention.
        hidden: channels of the feed-forward networks' hidden layer.
        blocks: how many.
        longest: the longest sequence.
        dropout, activation: see `EncoderBlock`.
        positions: see `TokenEmbedding`.
    """

    def __init__(
        self,
        tokens: int,
        width: int = 128,
        heads: int = 4,
        hidden: int = 512,
        blocks: int = 4,
        longest: int = 128,
        dropout: float = 0.0,
        activation: str = "relu",
        positions: str = "sinusoidal",
        **options,
    ):
        super().__init__(**options)
        self.sizes = {
            "tokens": tokens,
            "width": width,
            "heads": heads,
            "hidden": hidden,
            "blocks": blocks,
            "longest": longest,
            "dropout": dropout,
            "activation": activation,
            "positions": positions,
        }
        self.embedding = TokenEmbedding(tokens, width, longest, positions, dropout)
        self.blocks = [
            DecoderBlock(heads, hidden, dropout, activation=activation, cross_attention=False) for _ in range(blocks)
        ]
        self.norm = keras.layers.LayerNormalization(epsilon=1e-6)

    def build(self, input_shape=None):
        shape = (None, None, self.sizes["width"])
        self.embedding.build((None, None))
        for block in self.blocks:
            block.build(shape)
        self.norm.build(shape)
        self.built = True

    def call(self, numbers, training=None):
        """Token numbers (batch, length) → the logits of each next token, (batch, length, tokens)."""
        x = self.embedding(numbers, training=training)
        for block in self.blocks:
            x = block(x, training=training)
        return self.embedding.logits(self.norm(x))

    def start_cache(self, batch, capacity: int) -> list[dict]:
        """An empty key–value cache for `step`, a dictionary a block."""
        return [block.start_cache(batch, capacity) for block in self.blocks]

    def step(self, numbers, cache: list[dict], first):
        """The logits after some further tokens, the keys and values of all earlier ones being in the cache.

        Args:
            numbers: the new tokens, shape (batch, new).
            cache: from `start_cache` or the last step.
            first: the position of the first new token, a number or a scalar tensor; `first` + new ≤ capacity.

        Returns:
            Logits of shape (batch, new, tokens), equal to those of `call`, and the new cache.
        """
        x, new_cache = self.embedding(numbers, first=first), []
        for block, of_block in zip(self.blocks, cache, strict=True):
            x, of_block = block.step(x, of_block, first)
            new_cache.append(of_block)
        return self.embedding.logits(self.norm(x)), new_cache

    def compute_output_shape(self, input_shape):
        return (*input_shape, self.sizes["tokens"])

    def get_config(self):
        return {**super().get_config(), **self.sizes}


@tf.function(reduce_retracing=True)
def _token_losses(model, numbers):
    logits = model(numbers[:, :-1], training=False)
    return tf.nn.sparse_softmax_cross_entropy_with_logits(numbers[:, 1:], logits)


def token_losses(model: GPT, numbers: np.ndarray) -> np.ndarray:
    """−ln p of every token but the first, given those before it, in nats: (batch, length) → (batch, length − 1)."""
    return _token_losses(model, tf.constant(numbers, tf.int32)).numpy()


def sliding_losses(model: GPT, numbers: np.ndarray, start: int, batch_size: int = 64) -> np.ndarray:
    """The loss of every token from `start` on, each predicted from at least half a window of context.

    Windows of the model's longest sequence move on by half their length, and the second half of each is scored.

    Args:
        model: a trained GPT.
        numbers: the tokens of a text, those before `start` included, which serve as context only.
        start: the first token to score; at least half a window.
        batch_size: windows that are computed together.

    Returns:
        float32, shape (len(numbers) - start,): −ln p of each token, in nats.

    Raises:
        ValueError: fewer tokens than half a window stand before `start`.
    """
    half = model.sizes["longest"] // 2
    if start < half:
        raise ValueError(f"start is {start}; half a window of {half} tokens must stand before it.")
    count = len(numbers) - start
    windows = -(-count // half)
    padded = np.concatenate([numbers[start - half :], np.zeros(windows * half - count, numbers.dtype)])
    places = np.arange(windows)[:, None] * half + np.arange(2 * half)[None]
    # a window holds its tokens and the one before: the first scored token is predicted from `half` tokens
    rows = padded[places].astype(np.int32)
    losses = [token_losses(model, rows[at : at + batch_size])[:, half - 1 :] for at in range(0, windows, batch_size)]
    return np.concatenate(losses).reshape(-1)[:count]


def restrict(logits, top_k: int | None = None, top_p: float = 1.0):
    """Logits with −1e9 in place of the improbable tokens.

    Args:
        logits: shape (batch, tokens).
        top_k: keep the k most probable tokens (Fan, Lewis and Dauphin, 2018); None keeps all. May be a scalar tensor.
        top_p: keep the fewest most probable tokens whose probabilities add up to at least p (Holtzman et al., 2020);
            after `top_k`. May be a scalar tensor.

    Returns:
        Shape (batch, tokens); at least one token of each row is kept, and with equal logits possibly more than k.

    Raises:
        ValueError: `top_k` is below 1, or `top_p` is not in (0, 1].
    """
    if (isinstance(top_k, int) and top_k < 1) or (isinstance(top_p, float | int) and not 0 < top_p <= 1):
        raise ValueError(f"top_k is {top_k} and top_p is {top_p}; they must be at least 1, and in (0, 1].")
    descending = ops.flip(ops.sort(logits, axis=-1), axis=-1)
    if top_k is not None:
        descending = ops.where(ops.arange(logits.shape[-1]) < top_k, descending, -1e9)
    probabilities = ops.softmax(descending, axis=-1)
    more_probable = ops.cumsum(probabilities, axis=-1) - probabilities  # the probability of all tokens above this one
    # Sums of float32 may end beside 1: what top_k has dropped must not come back, and top_p = 1 must drop nothing.
    is_kept = (descending > -1e8) & ((more_probable < top_p) | (top_p >= 1))
    least = ops.min(ops.where(is_kept, descending, 1e9), axis=-1, keepdims=True)
    return ops.where(logits < least, -1e9, logits)


@tf.function(reduce_retracing=True)
def _continue(model, start, steps, seed, temperature, banned, top_k, top_p):
    """`steps` further tokens in one graph: the start fills the cache, then a token at a time."""
    batch, length = ops.shape(start)[0], ops.shape(start)[1]
    never = banned * -1e9

    def draw(logits, place):
        logits = logits[:, -1] + never
        logits = restrict(logits / temperature, top_k, top_p)
        return tf.random.stateless_categorical(logits, 1, tf.stack([seed, place]), dtype=tf.int32)[:, 0]

    logits, cache = model.step(start, model.start_cache(batch, model.sizes["longest"]), 0)
    first = draw(logits, 0)
    found = ops.where(ops.arange(steps) == 0, first[:, None], ops.zeros((batch, steps), "int32"))

    def one_step(place, last, found, cache):
        logits, cache = model.step(last[:, None], cache, length + place - 1)
        last = draw(logits, place)
        return place + 1, last, ops.where(ops.arange(steps) == place, last[:, None], found), cache

    place = ops.convert_to_tensor(1, "int32")
    return ops.while_loop(lambda place, *_: place < steps, one_step, (place, first, found, cache))[2]


def generate(
    model: GPT,
    start: np.ndarray,
    count: int,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float = 1.0,
    seed: int = 0,
    banned: tuple[int, ...] = (),
) -> np.ndarray:
    """Continue sequences of tokens, each new token drawn from the model's distribution.

    Past tokens stay in the key–value cache. When the model's longest sequence is full, the cache is built anew from the
    last half of it, so that a text may have any length.

    Args:
        model: a trained GPT.
        start: the beginnings, shape (batch, at least 1).
        count: how many tokens to add.
        temperature: the logits are divided by it; 0 takes the most probable token (greedy).
        top_k, top_p: see `restrict`; they apply after the temperature.
        seed: of the draws.
        banned: tokens that are never drawn.

    Returns:
        The new tokens, int32, shape (batch, count).

    Raises:
        ValueError: `start` is empty, or `temperature` negative.
    """
    found = np.asarray(start, np.int32)
    if found.ndim != 2 or not found.size:
        raise ValueError(f"start has shape {found.shape}; it must be (batch, at least 1).")
    if temperature < 0:
        raise ValueError(f"temperature is {temperature}; it must not be negative.")
    restrict(np.zeros((1, 2), np.float32), top_k, top_p)  # complain here rather than inside the graph
    longest, wanted = model.sizes["longest"], found.shape[1] + count
    mask = np.zeros(model.sizes["tokens"], np.float32)
    mask[list(banned)] = 1
    if temperature == 0:
        temperature, top_k = 1.0, 1
    settings = [tf.constant(temperature, tf.float32), tf.constant(mask)]
    settings += [tf.constant(top_k or len(mask)), tf.constant(top_p, tf.float32)]
    while found.shape[1] < wanted:
        context = found if found.shape[1] < longest else found[:, -(longest // 2) :]
        steps = min(wanted - found.shape[1], longest + 1 - context.shape[1])
        new = _continue(model, tf.constant(context), tf.constant(steps), tf.constant(seed, tf.int32), *settings)
        found, seed = np.concatenate([found, new.numpy()], axis=1), seed + 1
    return found[:, -count:] if count else found[:, :0]


def step_seconds(model: GPT, lengths: list[int]) -> np.ndarray:
    """How long one more token takes after so many, in seconds.

    Args:
        model: a GPT; what it has learnt does not matter.
        lengths: of the text with the new token.

    Returns:
        Shape (lengths, 2): without a cache, the whole text being computed again; and with one.
    """
    whole, step = (tf.function(call, reduce_retracing=True) for call in (model.call, model.step))
    seconds = []
    for length in lengths:
        text, cache = tf.zeros((1, length), tf.int32), model.start_cache(1, length)
        last, place = text[:, -1:], tf.constant(length - 1)
        without = shortest_time(lambda text=text: whole(text))
        seconds.append([without, shortest_time(lambda new=last, cache=cache, place=place: step(new, cache, place))])
    return np.array(seconds)
