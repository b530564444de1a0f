"""course_utils.transformer: equal to Keras and to a float64 reference, causal, blind to padding, cached."""

import numpy as np
import pytest

from course_utils.notebook import native_stderr_silenced

with native_stderr_silenced():
    import keras
    import tensorflow as tf

from course_utils.transformer import (
    ConvolutionBlock,
    DecoderBlock,
    EncoderBlock,
    MultiHeadAttention,
    TokenEmbedding,
    Transformer,
    attention_weights,
    causal_mask,
    padding_mask,
    scaled_dot_product_attention,
    sinusoidal_positions,
)

WIDTH, HEADS = 12, 3


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def randomised(layer, *inputs, **options):
    """The layer, built, with weights that are far from their start (biases and gains too), and its output."""
    layer(*inputs, **options)
    layer.set_weights([normal(*w.shape, seed=n) * 0.4 for n, w in enumerate(layer.weights)])
    return layer, np.asarray(layer(*inputs, **options))


def small_transformer(**options):
    model = Transformer(11, 9, width=WIDTH, heads=HEADS, hidden=20, longest=10, **options)
    model.build()
    model.set_weights([normal(*w.shape, seed=n) * 0.4 for n, w in enumerate(model.weights)])
    return model


@pytest.fixture
def pairs():
    source = np.array([[3, 4, 5, 6, 7], [8, 2, 1, 0, 0]], np.int32)
    target = np.array([[1, 4, 2, 5], [1, 3, 8, 0]], np.int32)
    return source, target


def softmax(scores):
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def test_attention_of_three_tokens_on_paper():
    query = np.array([[2.0, 0.0]])
    key = value = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])
    expected = softmax(np.array([[2.0, 0.0, -2.0]]) / np.sqrt(2))
    mixed, weights = scaled_dot_product_attention(query, key, value)
    np.testing.assert_allclose(weights, expected, rtol=1e-6)
    np.testing.assert_allclose(mixed, expected @ value, rtol=1e-6)


def test_masked_keys_get_no_weight_and_an_empty_row_is_uniform():
    mask = np.array([[True, False, True], [False, False, False]])
    weights = np.asarray(attention_weights(normal(2, 4), normal(3, 4, seed=1), mask))
    assert weights[0, 1] == 0
    np.testing.assert_allclose(weights[0].sum(), 1, rtol=1e-6)
    np.testing.assert_allclose(weights[1], 1 / 3, rtol=1e-6)


def test_masks():
    assert np.asarray(padding_mask(np.array([[5, 0], [1, 2]]))).tolist() == [[[True, False]], [[True, True]]]
    assert np.asarray(causal_mask(3))[0].astype(int).tolist() == [[1, 0, 0], [1, 1, 0], [1, 1, 1]]
    assert np.asarray(causal_mask(2, keys=4, first=1))[0].astype(int).tolist() == [[1, 1, 0, 0], [1, 1, 1, 0]]


@pytest.mark.parametrize("own_source", [True, False])
def test_multi_head_attention_equals_keras_and_float64(own_source):
    query, source = normal(2, 5, WIDTH), normal(2, 7, 8, seed=1)
    if own_source:
        source = query
    mask = np.random.default_rng(2).random((2, 5, source.shape[1])) < 0.7
    mask[..., 0] = True
    layer, output = randomised(MultiHeadAttention(HEADS), query, source, attention_mask=mask)

    reference = keras.layers.MultiHeadAttention(HEADS, WIDTH // HEADS)
    reference(query, source)
    kernels = [np.asarray(w) for w in layer.get_weights()]
    shaped = []
    for kernel, bias in zip(kernels[0:6:2], kernels[1:6:2], strict=True):
        shaped += [kernel.reshape(-1, HEADS, WIDTH // HEADS), bias.reshape(HEADS, -1)]
    reference.set_weights([*shaped, kernels[6].reshape(HEADS, -1, WIDTH), kernels[7]])
    assert np.abs(output - reference(query, source, attention_mask=mask)).max() < 1e-5

    q, k, v = (
        (x.astype(float) @ w + b).reshape(2, -1, HEADS, WIDTH // HEADS).swapaxes(1, 2)
        for x, w, b in [(query, *kernels[0:2]), (source, *kernels[2:4]), (source, *kernels[4:6])]
    )
    scores = np.where(mask[:, None], q @ k.swapaxes(-1, -2) / np.sqrt(WIDTH // HEADS), -np.inf)
    expected = (softmax(scores) @ v).swapaxes(1, 2).reshape(2, -1, WIDTH) @ kernels[6].astype(float) + kernels[7]
    assert np.abs(output - expected).max() < 1e-5

    again, weights = layer(query, source, attention_mask=mask, return_weights=True)
    np.testing.assert_array_equal(again, output)
    np.testing.assert_allclose(np.asarray(weights), softmax(scores), atol=1e-6)


def gelu(x):
    from scipy.special import erf

    return x * (1 + erf(x / np.sqrt(2))) / 2


def test_post_norm_encoder_block_equals_float64():
    """BERT's block: normalisation after the sum, the exact GELU, epsilon 1e-12."""
    x = normal(2, 5, WIDTH)
    block = EncoderBlock(HEADS, 20, normalisation="after", activation="gelu", epsilon=1e-12)
    block, output = randomised(block, x)

    def norm(x, layer):
        gain, offset = (w.astype(float) for w in layer.get_weights())
        return (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-12) * gain + offset

    def dense(x, layer):
        kernel, bias = (w.astype(float) for w in layer.get_weights())
        return x @ kernel + bias

    y = norm(x + np.asarray(block.attention(x), dtype=float), block.attention_norm)
    expected = norm(y + dense(gelu(dense(y, block.expand)), block.contract), block.feed_forward_norm)
    assert np.abs(output - expected).max() < 1e-5


def test_convolution_block_joins_neighbours_and_takes_padding_for_nothing():
    x, is_token = normal(2, 6, WIDTH), np.array([[True] * 6, [True] * 4 + [False] * 2])
    block, found = randomised(ConvolutionBlock(3), x, is_token)
    gain, shift, kernel, bias = (weight.numpy().astype(float) for weight in block.weights)
    centred = x - x.mean(axis=-1, keepdims=True)
    normed = (centred / np.sqrt(x.var(axis=-1, keepdims=True) + 1e-6) * gain + shift) * is_token[..., None]
    beside = np.pad(normed, ((0, 0), (1, 1), (0, 0)))
    joined = sum(beside[:, place : place + 6] @ kernel[place] for place in range(3)) + bias
    np.testing.assert_allclose(found, x + np.maximum(joined, 0), atol=1e-5)


def test_pre_norm_starts_as_the_identity_when_the_sublayers_are_silent():
    x = normal(2, 5, WIDTH)
    block = EncoderBlock(HEADS, 20)
    block(x)
    for layer in (block.attention.output_projection, block.contract):
        layer.set_weights([np.zeros_like(w) for w in layer.get_weights()])
    np.testing.assert_array_equal(block(x), x)


def test_sinusoids_are_as_published_and_depend_on_distance():
    table = sinusoidal_positions(50, 8)
    np.testing.assert_allclose(table[0], [0, 1] * 4)
    np.testing.assert_allclose(table[3, 2:4], [np.sin(3 / 10), np.cos(3 / 10)], rtol=1e-6)  # 10000^(2/8) = 10
    products = table @ table.T
    np.testing.assert_allclose(products[5, 9], products[30, 34], rtol=1e-5)


def test_decoder_is_causal_and_an_encoder_is_not():
    x = normal(2, 6, WIDTH)
    changed = x.copy()
    changed[:, 4:] *= -1
    decoder, before = randomised(DecoderBlock(HEADS, 20, cross_attention=False), x)
    np.testing.assert_allclose(decoder(changed)[:, :4], before[:, :4], atol=1e-6)
    encoder, before = randomised(EncoderBlock(HEADS, 20), x)
    assert np.abs(np.asarray(encoder(changed))[:, :4] - before[:, :4]).max() > 1e-2


@pytest.mark.parametrize("convolutions", [0, 2])
def test_more_padding_changes_nothing(pairs, convolutions):
    model, (source, target) = small_transformer(convolutions=convolutions), pairs
    logits = np.asarray(model(pairs))
    longer = [np.pad(numbers, ((0, 0), (0, 3))) for numbers in pairs]
    np.testing.assert_allclose(np.asarray(model(longer))[:, : target.shape[1]], logits, atol=1e-5)
    source[1, 3] = 5  # a letter in the place of padding does change the answer
    assert np.abs(np.asarray(model(pairs)) - logits)[1].max() > 1e-3


def test_without_positions_the_encoder_is_permutation_equivariant():
    order = np.random.default_rng(0).permutation(6)
    numbers = np.array([[3, 1, 4, 5, 9, 2]])
    for positions, is_equivariant in [("none", True), ("sinusoidal", False), ("learnt", False)]:
        model = small_transformer(positions=positions)
        difference = np.abs(np.asarray(model.encode(numbers[:, order])) - np.asarray(model.encode(numbers))[:, order])
        assert (difference.max() < 1e-5) == is_equivariant


def test_sequences_of_a_batch_do_not_mix(pairs):
    model = small_transformer()
    alone = [np.asarray(model([numbers[row : row + 1] for numbers in pairs])) for row in range(2)]
    np.testing.assert_allclose(np.asarray(model(pairs)), np.concatenate(alone), atol=1e-5)


@pytest.mark.parametrize("options", [{}, {"normalisation": "after", "activation": "gelu", "positions": "learnt"}])
@pytest.mark.parametrize("cuts", [(1, 2, 3, 4), (3, 4), (4,)])
def test_cached_steps_equal_the_whole(pairs, cuts, options):
    model, (source, target) = small_transformer(**options), pairs
    expected, mask = np.asarray(model(pairs)), padding_mask(source)
    cache, first, logits = model.start_cache(model.encode(source), capacity=7), 0, []
    step = tf.function(model.step, jit_compile=True) if len(cuts) == 1 else model.step
    for end in cuts:
        some, cache = step(tf.constant(target[:, first:end]), cache, tf.constant(first), mask)
        logits.append(some)
        first = end
    assert np.abs(np.concatenate(logits, axis=1) - expected).max() < 1e-5


def test_cached_language_model_equals_the_whole():
    x = normal(2, 6, WIDTH)
    block, expected = randomised(DecoderBlock(HEADS, 20, cross_attention=False), x)
    cache = block.start_cache(2, capacity=6)
    for place in range(6):
        y, cache = block.step(x[:, place : place + 1], cache, place)
        np.testing.assert_allclose(np.asarray(y)[:, 0], expected[:, place], atol=1e-5)


def test_saved_model_computes_the_same(pairs, tmp_path):
    model = small_transformer(normalisation="after", activation="gelu", positions="learnt", dropout=0.2, convolutions=1)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.get_config() == model.get_config()
    np.testing.assert_allclose(loaded(pairs), model(pairs), atol=1e-6)


def test_blocks_work_in_a_functional_model_and_are_saved_with_it(tmp_path):
    numbers = keras.Input((None,), dtype="int32")
    x = TokenEmbedding(11, WIDTH, 10, positions="learnt")(numbers)
    x = EncoderBlock(HEADS, 20)(x, padding_mask(numbers))
    x = DecoderBlock(HEADS, 20, cross_attention=False)(x)
    model = keras.Model(numbers, x)
    model.save(tmp_path / "blocks.keras")
    loaded = keras.saving.load_model(tmp_path / "blocks.keras")
    example = np.array([[3, 4, 5, 0]])
    np.testing.assert_allclose(loaded(example), model(example), atol=1e-6)


def test_dropout_acts_in_training_only():
    x = normal(2, 5, WIDTH)
    block = EncoderBlock(HEADS, 20, dropout=0.5, attention_dropout=0.5)
    np.testing.assert_array_equal(block(x), block(x))
    assert np.abs(np.asarray(block(x, training=True)) - block(x)).max() > 1e-3


def test_every_weight_learns(pairs):
    model = small_transformer(convolutions=2)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(model(pairs, training=True) ** 2)
    gradients = tape.gradient(loss, model.trainable_variables)
    silent = [w.path for w, g in zip(model.trainable_variables, gradients, strict=True) if g is None]
    assert silent == []


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (lambda: MultiHeadAttention(5)(normal(1, 3, WIDTH)), "12 channels cannot be divided into 5 heads"),
        (lambda: attention_weights(normal(3, 4), normal(3, 5)), "query of 4 channels .* key of 5"),
        (lambda: sinusoidal_positions(5, 7), "width is 7"),
        (lambda: TokenEmbedding(5, 4, 3)(np.ones((1, 4), int)), "4 tokens is longer than the 3 positions"),
        (lambda: TokenEmbedding(5, 4, 3, positions="rotary"), "positions is 'rotary'"),
        (lambda: EncoderBlock(2, 8, normalisation="never"), "normalisation is 'never'"),
        (lambda: DecoderBlock(2, 8)(normal(1, 3, 4)), "A source is needed"),
        (lambda: DecoderBlock(2, 8, cross_attention=False)(normal(1, 3, 4), normal(1, 3, 4)), "A source is needed"),
    ],
)
def test_errors_say_what_is_wrong(action, message):
    with pytest.raises(ValueError, match=message):
        action()
