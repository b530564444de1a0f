"""course_utils.models.bert and .fine_tuning on a tiny BERT with random weights, and MiniLM's published numbers."""

import numpy as np
import pytest

from course_utils.notebook import native_stderr_silenced

with native_stderr_silenced():
    import keras

from course_utils import datasets, models, text
from course_utils.wordpiece import SPECIAL, WordPiece

PIECES = WordPiece([*SPECIAL, *(f"w{number}" for number in range(45))])


@pytest.fixture(scope="module")
def tiny():
    keras.utils.set_random_seed(0)
    bert = models.Bert(len(PIECES), width=16, heads=2, hidden=32, blocks=3, longest=20)
    bert.build()
    rng = np.random.default_rng(1)
    bert.set_weights([rng.normal(0, 0.5, weight.shape) for weight in bert.weights])
    return bert


@pytest.fixture(scope="module")
def sequences():
    rng = np.random.default_rng(2)
    return [[2, *rng.integers(5, 50, rng.integers(3, 12)).tolist(), 3] for _ in range(50)]


def test_padding_changes_nothing(tiny, sequences):
    alone = tiny(text.pad(sequences[:1], len(sequences[0])))
    padded = tiny(text.pad(sequences[:1], 20))[:, : len(sequences[0])]
    np.testing.assert_allclose(alone, padded, atol=1e-5)


def test_segments_and_positions_count(tiny):
    ids = np.array([[2, 7, 8, 3]])
    segments = np.array([[0, 0, 1, 1]])
    assert np.abs(tiny(ids) - tiny(ids, segments)).max() > 0.01
    assert np.abs(tiny(ids)[:, 1] - tiny(ids[:, [0, 2, 1, 3]])[:, 2]).max() > 0.01


def test_layers_end_in_the_output(tiny, sequences):
    ids = text.pad(sequences[:4], 14)
    layers = tiny.layers_of(ids)
    assert layers.shape == (4, 4, 14, 16)
    np.testing.assert_allclose(layers[-1], tiny(ids), atol=1e-5)
    np.testing.assert_allclose(layers[2], tiny(ids, blocks=2), atol=1e-5)


def test_a_bert_survives_saving(tiny, tmp_path):
    tiny(np.array([[2, 7, 3]]))
    tiny.save(tmp_path / "tiny.keras")
    again = keras.models.load_model(tmp_path / "tiny.keras")
    np.testing.assert_allclose(again(np.array([[2, 7, 3]])), tiny(np.array([[2, 7, 3]])), atol=1e-6)


def test_minilm_reproduces_its_published_similarities():
    pieces = WordPiece(datasets.load_bert_vocabulary())
    sentences = ["The weather is lovely today.", "It's so sunny outside!", "He drove to the stadium."]
    ids = text.pad([pieces.encode(sentence) for sentence in sentences], 16)
    bert = models.build_minilm()
    vectors = keras.utils.normalize(models.mean_of_tokens(bert(ids), ids != text.PADDING).numpy())
    cosines = vectors @ vectors.T
    assert cosines[[0, 0, 1], [1, 2, 2]] == pytest.approx([0.666, 0.105, 0.141], abs=0.01)


def test_pretraining_batches_ask_only_for_hidden_tokens(sequences):
    unmarked = [sequence[1:-1] for sequence in sequences]
    inputs, targets, weights = models.pretraining_batch(unmarked, PIECES, 20, np.random.default_rng(0))
    asked = weights["tokens"] > 0
    assert np.all(asked.sum(axis=1) >= 1)
    assert not np.isin(targets["tokens"][asked], PIECES.special).any()
    seen = np.take_along_axis(inputs["ids"], inputs["places"], axis=1)[asked]
    assert np.mean(seen == PIECES.mask) > 0.6
    assert set(targets["follows"]) == {0.0, 1.0}


def test_pretraining_gives_a_logit_for_each_token_and_pair(tiny, sequences):
    unmarked = [sequence[1:-1] for sequence in sequences]
    model = models.BertPretraining(tiny)
    model.build()
    inputs, targets, _ = models.pretraining_batch(unmarked, PIECES, 20, np.random.default_rng(0))
    answers = model(inputs)
    assert answers["tokens"].shape == (*targets["tokens"].shape, len(PIECES))
    assert answers["follows"].shape == targets["follows"].shape


def test_reading_once_is_the_same_as_reading_every_time(tiny, sequences):
    read = models.read_texts(tiny, sequences, frozen=2, batch_size=8)
    ids = text.pad(sequences, 20)
    layers = tiny.layers_of(ids)
    means = models.mean_of_tokens(layers, ids != text.PADDING)
    np.testing.assert_allclose(read.means, np.swapaxes(means, 0, 1), atol=1e-4)
    for row, states in enumerate(read.states):
        np.testing.assert_allclose(states, layers[2, row, : len(sequences[row])], atol=4e-3)  # kept as float16
    model = models.build_classifier_on(tiny, frozen=2)
    kernel, bias = model.get_layer("score").get_weights()
    scores = models.classify(model, read, np.arange(50))
    np.testing.assert_allclose(scores, (means[-1] @ kernel + bias)[:, 0], atol=1e-2)


@pytest.mark.notebook
def test_fine_tuning_learns_which_texts_hold_a_token():
    keras.utils.set_random_seed(0)
    bert = models.Bert(len(PIECES), width=32, heads=2, hidden=64, blocks=2, longest=20, dropout=0.0)
    bert.build()
    rng = np.random.default_rng(0)
    many = [[2, *rng.integers(5, 50, 6).tolist(), 3] for _ in range(2200)]
    target = np.array([min(sequence[1:-1]) < 10 for sequence in many])
    lower = bert.blocks[0].get_weights()
    read = models.read_texts(bert, many, frozen=1)
    settings = models.FineTuning(peak=5e-3, epochs=6)
    model = models.fine_tune(bert, read, np.arange(2000), target[:2000], settings)
    right = (models.classify(model, read, np.arange(2000, 2200)) > 0) == target[2000:]
    assert right.mean() > 0.85
    assert all(np.array_equal(a, b) for a, b in zip(lower, bert.blocks[0].get_weights(), strict=True))


def test_pretraining_needs_a_full_batch(tiny, sequences):
    with pytest.raises(ValueError, match="50 sentences do not fill a batch of 64"):
        models.pretrain(tiny, sequences, sequences, PIECES)


@pytest.mark.notebook
def test_pretraining_finds_what_the_context_tells():
    """Each sentence repeats one token: whoever looks at the others knows the hidden one."""
    rng = np.random.default_rng(0)
    sentences = [[token] * 8 for token in rng.integers(5, 50, 2000).tolist()]
    settings = models.TINY._replace(width=32, hidden=64, blocks=1, longest=16, epochs=4, peak=1e-2)
    bert = models.new_tiny_bert(len(PIECES), settings)
    _, history = models.pretrain(bert, sentences[:1900], sentences[1900:], PIECES, settings)
    assert history[-1]["nats"] < 1.0  # without the context: ln 45 = 3.8
    assert history[-1]["tokens"] > 0.8


@pytest.mark.notebook
def test_repeated_training_begins_anew_each_time():
    rng = np.random.default_rng(0)
    ids = np.pad(rng.integers(5, 50, (200, 6)), ((0, 0), (0, 2))).astype(np.int32)
    target = (ids[:, :6].min(axis=1) < 10).astype(np.float32)
    settings = models.TINY._replace(width=16, hidden=32, blocks=1, longest=8, labelled_epochs=3, labelled_peak=5e-3)
    training = models.RepeatedTraining(models.new_tiny_bert(len(PIECES), settings), 200, settings)
    starts = [models.new_tiny_bert(len(PIECES), settings, seed).get_weights() for seed in (1, 2)]
    answers = [training.run(starts[k], ids, target, seed=0).predict(ids, verbose=0) for k in (0, 1, 0)]
    assert np.abs(answers[0] - answers[1]).max() > 1e-3
    np.testing.assert_allclose(answers[0], answers[2], atol=1e-5)
