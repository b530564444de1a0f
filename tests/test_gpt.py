"""course_utils.gpt."""

import numpy as np
import pytest

from course_utils.notebook import native_stderr_silenced

with native_stderr_silenced():
    import keras
    import tensorflow as tf

from course_utils.gpt import GPT, generate, restrict, sliding_losses, step_seconds


@pytest.fixture(scope="module")
def model():
    """Large weights, so that the answers differ."""
    model = GPT(11, width=16, heads=2, hidden=32, blocks=2, longest=12)
    model.build()
    rng = np.random.default_rng(3)
    model.set_weights([rng.normal(0, 0.4, w.shape) for w in model.weights])
    return model


NUMBERS = np.random.default_rng(0).integers(0, 11, (3, 12)).astype(np.int32)


def test_the_cache_changes_no_logit(model):
    expected, cache = model(NUMBERS).numpy(), model.start_cache(3, 12)
    first, found = 0, []
    for count in (4, 1, 1, 3, 1, 2):
        logits, cache = model.step(NUMBERS[:, first : first + count], cache, first)
        found.append(logits)
        first += count
    np.testing.assert_allclose(np.concatenate(found, axis=1), expected, atol=1e-4)


def test_no_token_sees_a_later_one(model):
    changed = NUMBERS.copy()
    changed[:, 7] = (changed[:, 7] + 1) % 11
    difference = np.abs(model(changed).numpy() - model(NUMBERS).numpy()).max(axis=(0, 2))
    assert difference[:7].max() == 0
    assert difference[7:].min() > 1e-3


def test_a_model_is_rebuilt_from_its_configuration(model):
    twin = GPT.from_config(model.get_config())
    twin.build()
    twin.set_weights(model.get_weights())
    np.testing.assert_array_equal(twin(NUMBERS), model(NUMBERS))


def test_sliding_losses_are_those_of_the_windows(model):
    numbers = np.random.default_rng(1).integers(0, 11, 40)
    losses = sliding_losses(model, numbers, start=9, batch_size=2)
    assert losses.shape == (31,)
    for place in range(9, 40):
        begin = 9 + (place - 9) // 6 * 6 - 6  # windows of 12, moved by 6
        window = numbers[begin:place].astype(np.int32)
        logits = model(window[None]).numpy()[0, -1]
        expected = np.log(np.exp(logits).sum()) - logits[numbers[place]]
        assert losses[place - 9] == pytest.approx(expected, abs=1e-4)
        assert len(window) >= 6
    with pytest.raises(ValueError, match="start is 5"):
        sliding_losses(model, numbers, start=5)


def kept(logits, **settings):
    return [sorted(np.flatnonzero(row > -1e8)) for row in np.asarray(restrict(tf.constant(logits), **settings))]


def test_restrict_by_hand():
    logits = np.log(np.array([[0.1, 0.5, 0.15, 0.25], [0.97, 0.01, 0.01, 0.01]], np.float32))
    assert kept(logits) == [[0, 1, 2, 3], [0, 1, 2, 3]]
    assert kept(logits, top_k=2)[0] == [1, 3]
    assert kept(logits, top_k=1) == [[1], [0]]
    assert kept(logits, top_k=9) == kept(logits)
    assert kept(logits, top_p=0.5) == [[1], [0]]  # the first token alone reaches ½
    assert kept(logits, top_p=0.7) == [[1, 3], [0]]
    assert kept(logits, top_p=0.8) == [[1, 2, 3], [0]]
    assert kept(logits, top_k=2, top_p=0.6)[0] == [1]  # ⅔ of what top-k leaves
    left = np.asarray(restrict(tf.constant(logits), top_k=2))
    assert left[0, 1] == logits[0, 1]
    for bad in ({"top_k": 0}, {"top_p": 0.0}, {"top_p": 1.5}):
        with pytest.raises(ValueError, match="at least 1, and in"):
            restrict(tf.constant(logits), **bad)


@pytest.mark.parametrize("rounding", [-(2.0**-20), 2.0**-20])
def test_restrict_does_not_hang_on_rounding(monkeypatch, rounding):
    softmax = keras.ops.softmax  # probabilities whose sum ends below or above 1, as it does on some processors
    monkeypatch.setattr(keras.ops, "softmax", lambda *inputs, **options: softmax(*inputs, **options) * (1 + rounding))
    logits = np.array([[20.0, 3.0, 2.0, 1.0]], np.float32)
    assert kept(logits, top_k=1) == [[0]]
    assert kept(logits, top_k=2) == [[0, 1]]
    assert kept(logits) == [[0, 1, 2, 3]]


def test_greedy_is_the_most_probable_token_at_every_step(model):
    found = generate(model, NUMBERS[:, :3], 9, temperature=0)
    text = NUMBERS[:, :3]
    for _ in range(9):
        text = np.concatenate([text, model(text).numpy()[:, -1:].argmax(-1).astype(np.int32)], axis=1)
    np.testing.assert_array_equal(found, text[:, 3:])


def test_draws_follow_the_distribution(model):
    start = np.repeat(NUMBERS[:1, :5], 4000, axis=0)
    for temperature, top_k, top_p in ((1.0, None, 1.0), (0.5, None, 1.0), (1.0, 3, 1.0), (2.0, None, 0.8)):
        found = generate(model, start, 1, temperature, top_k, top_p, seed=5)[:, 0]
        logits = restrict(model(start[:1])[:, -1] / temperature, top_k, top_p)
        expected = np.asarray(tf.nn.softmax(logits))[0]
        shares = np.bincount(found, minlength=11) / len(found)
        assert np.abs(shares - expected).max() < 0.03
        assert set(found) <= set(np.flatnonzero(expected > 0))


def test_texts_longer_than_the_window_go_on_from_its_last_half(model):
    long = generate(model, NUMBERS[:, :3], 40, temperature=0)
    assert long.shape == (3, 40)
    text = np.concatenate([NUMBERS[:, :3], long], axis=1)
    context = text[:, 13 - 6 : 13]  # 12 cached places hold 12 tokens, and the 13th is predicted from them
    np.testing.assert_array_equal(text[:, 13], model(context).numpy()[:, -1].argmax(-1))


def test_seeds_and_banned_tokens(model):
    one, same, other = (generate(model, NUMBERS[:, :2], 20, seed=seed) for seed in (1, 1, 2))
    assert (one == same).all()
    assert (one != other).any()
    assert not np.isin(generate(model, NUMBERS[:, :2], 30, banned=(0, 1, 2, 3)), [0, 1, 2, 3]).any()
    assert generate(model, NUMBERS, 0).shape == (3, 0)


def test_bad_requests_are_refused(model):
    with pytest.raises(ValueError, match="start has shape"):
        generate(model, np.zeros((2, 0), np.int32), 3)
    with pytest.raises(ValueError, match="temperature is -1"):
        generate(model, NUMBERS, 3, temperature=-1)
    with pytest.raises(ValueError, match="top_k is 0"):
        generate(model, NUMBERS, 3, top_k=0)


def test_steps_are_timed_with_and_without_a_cache(model):
    seconds = step_seconds(model, [4, 12])
    assert seconds.shape == (2, 2)
    assert (seconds > 0).all()
