"""course_utils.ngrams."""

import math

import numpy as np
import pytest

from course_utils.ngrams import NGrams, compressed_nats

TEXT = np.random.default_rng(0).integers(0, 4, 300) * np.random.default_rng(1).integers(0, 2, 300)


def by_hand(text, tokens, order, context, token):
    """The recursion of Witten and Bell, spelled out."""
    p = 1 / tokens
    for length in range(order):
        h = list(context[len(context) - length :])
        seen = [text[i + length] for i in range(len(text) - length) if list(text[i : i + length]) == h]
        if seen:
            p = (seen.count(token) + len(set(seen)) * p) / (len(seen) + len(set(seen)))
    return p


@pytest.mark.parametrize("order", [1, 2, 3, 5])
def test_equals_the_recursion(order):
    text, model = TEXT.tolist(), NGrams(TEXT, 5, order)
    rng = np.random.default_rng(2)
    for _ in range(30):
        context = rng.integers(0, 5, 6)  # 4 never occurs
        expected = [by_hand(text, 5, order, context.tolist(), token) for token in range(5)]
        np.testing.assert_allclose(model.following(context), expected)
        assert model.following(context).sum() == pytest.approx(1)
        losses = model.losses(np.append(context, 4), start=6)
        assert losses == pytest.approx(-math.log(expected[4]))


def test_every_token_is_scored_once_with_its_own_context():
    model = NGrams(TEXT[:200], 5, 3)
    losses = model.losses(TEXT, start=200)
    assert losses.shape == (100,)
    for place in (200, 250, 299):
        assert losses[place - 200] == pytest.approx(-math.log(model.following(TEXT[:place])[TEXT[place]]))


def test_samples_follow_the_distribution():
    model = NGrams(TEXT, 5, 2)
    sample = model.sample(TEXT[:1], 4000, seed=1)
    after_zero = sample[1:][sample[:-1] == 0]
    shares = np.bincount(after_zero, minlength=5) / len(after_zero)
    assert np.abs(shares - model.following(np.array([0]))).max() < 0.04
    assert (model.sample(TEXT[:1], 50, seed=1) == sample[:50]).all()


def test_bad_sizes_are_refused():
    for order in (0, 40):
        with pytest.raises(ValueError, match="order is"):
            NGrams(TEXT, 5, order)
    with pytest.raises(ValueError, match="2 tokens of context"):
        NGrams(TEXT, 5, 3).losses(TEXT, start=1)


@pytest.mark.parametrize("compressor", ["bz2", "lzma"])
def test_compressors_use_what_they_have_read(compressor):
    rng = np.random.default_rng(0)
    training, new = (bytes(rng.integers(0, 256, 4000, dtype=np.uint8)) for _ in range(2))
    assert compressed_nats(training, new, compressor) == pytest.approx(math.log(256), rel=0.05)
    assert compressed_nats(training, training, compressor) < 1.5
