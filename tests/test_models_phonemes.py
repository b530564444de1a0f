"""course_utils.models.phonemes and the searches of course_utils.transformer."""

import json
from itertools import product

import numpy as np
import pytest

from course_utils.notebook import native_stderr_silenced

with native_stderr_silenced():
    import keras
    import tensorflow as tf

from course_utils import datasets, metrics, models, paths, splits
from course_utils.transformer import Ensemble, Transformer, beam_search, padding_mask

pytestmark = pytest.mark.notebook  # compiles and trains

START, END = models.START, models.END


@pytest.fixture(scope="module")
def data():
    return models.prepare_pronunciations()


@pytest.fixture(scope="module")
def tiny_model():
    """Five target tokens: padding, start, end and two more; large weights, so that the answers differ."""
    model = Transformer(8, 5, width=8, heads=2, hidden=16, encoder_blocks=1, decoder_blocks=2, longest=6)
    model.build()
    rng = np.random.default_rng(3)
    model.set_weights([rng.normal(0, 0.7, w.shape) for w in model.weights])
    return model


SOURCE = np.array([[1, 2, 3, 4], [5, 6, 0, 0], [7, 7, 1, 0]], np.int32)
STEPS = 4


def log_probability(model, source, target):
    """The logarithm of P(target | source). Padding and start keep their share of it, although no search takes them."""
    logits = model((source[None], np.array([[START, *target[:-1]]])))[0].numpy()
    scores = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    return sum(scores[place, token] for place, token in enumerate(target))


def all_targets():
    for length in range(1, STEPS + 1):
        for body in product([3, 4], repeat=length - 1):
            yield (*body, END)
    yield from product([3, 4], repeat=STEPS)


def test_enough_beams_find_the_most_probable_of_all_targets(tiny_model):
    found, scores = (np.asarray(x) for x in beam_search(tiny_model, SOURCE, START, END, STEPS, beams=16))
    for source, row, of_row in zip(SOURCE, found, scores, strict=True):
        ranked = sorted(((log_probability(tiny_model, source, t), t) for t in all_targets()), reverse=True)
        for beam in range(3):
            assert tuple(row[beam][row[beam] > 0]) == ranked[beam][1]
            assert of_row[beam] == pytest.approx(ranked[beam][0], abs=1e-4)


def test_one_beam_is_greedy_search(tiny_model):
    found, _ = beam_search(tiny_model, SOURCE, START, END, STEPS)
    for source, row in zip(SOURCE, np.asarray(found)[:, 0], strict=True):
        target = [START]
        while len(target) <= STEPS and target[-1] != END:
            logits = tiny_model((source[None], np.array([target])))[0, -1].numpy()
            logits[[0, START]] = -np.inf
            target.append(int(logits.argmax()))
        assert row[row > 0].tolist() == target[1:]


def test_a_compiled_search_finds_the_same(tiny_model):
    search = tf.function(beam_search)
    expected, compiled = (f(tiny_model, tf.constant(SOURCE), START, END, STEPS, 3) for f in (beam_search, search))
    np.testing.assert_array_equal(expected[0], compiled[0])
    np.testing.assert_allclose(expected[1], compiled[1], atol=1e-5)


def test_letters_and_phonemes_become_numbers_and_back():
    assert models.encode_words(["ab", "it's"]).tolist() == [[2, 3, 0, 0], [10, 21, 1, 20]]
    sounds = [("K", "AE", "T"), ("AH",)]
    numbers = models.encode_sounds(sounds)
    assert numbers[1].tolist() == [START, 5, END, 0, 0]
    assert models.decode_sounds(numbers) == sounds
    assert models.decode_sounds(numbers[:, :3]) == [("K", "AE"), ("AH",)]  # without an end


@pytest.mark.parametrize("word", ["", "naïve", "Upper", "two words", "a" * 21])
def test_words_that_cannot_be_spelled_are_refused(word):
    with pytest.raises(ValueError, match="is not a word of 1 to 20 letters"):
        models.encode_words(["fine", word])


def test_no_family_is_in_two_parts(data):
    train, validation, test = data.parts
    assert sum(map(len, data.parts)) == len(data.words) == len(set(data.words))
    for first, second in [(train, validation), (train, test), (validation, test)]:
        assert datasets.overlap(data.family[first], data.family[second]) == 0
        assert datasets.overlap(data.spelled(first), data.spelled(second)) == 0
    assert 0.04 < len(test) / len(data.words) < 0.06
    assert 0.02 < len(validation) / len(data.words) < 0.04
    place = {word: row for row, word in enumerate(data.words)}
    for word, relative in [("walk", "walking"), ("nation", "nations"), ("smith", "smyth"), ("able", "unable")]:
        assert data.family[place[word]] == data.family[place[relative]]


def test_a_random_split_tears_families_apart(data):
    torn = models.prepare_pronunciations(by_family=False).parts
    assert datasets.overlap(data.family[torn.train], data.family[torn.test]) > len(torn.test) / 3


def test_pronunciations_are_listed_once_and_without_stress(data):
    assert {sound for listed in data.sounds for word in listed for sound in word} == set(models.PHONEMES)
    assert all(len(set(listed)) == len(listed) for listed in data.sounds)


def test_batches_hold_every_word_once_and_little_padding(data):
    rows = data.parts.validation
    batches = models.PronunciationBatches(data.spelled(rows), data.listed(rows), batch_size=64)
    seen, padding, total = [], 0, 0
    for (letters, before), after in batches.dataset():
        letters, before, after = letters.numpy(), before.numpy(), after.numpy()
        np.testing.assert_array_equal(before[:, 1:], np.where(before[:, 1:] == END, END, after[:, :-1]))
        assert len(letters) == len(before) == len(after) <= 64
        seen += ["".join(models.LETTERS[n - 1] for n in row if n) for row in letters]
        padding, total = padding + (letters == 0).sum() + (after == 0).sum(), total + letters.size + after.size
    assert sorted(seen) == sorted(data.spelled(rows))
    assert padding / total < 0.2


def test_batches_are_mixed_anew_each_round(data):
    rows = data.parts.validation
    dataset = models.PronunciationBatches(data.spelled(rows), data.listed(rows), batch_size=64).dataset()
    first, second = ([letters.numpy().tobytes() for (letters, _), _ in dataset] for _ in range(2))
    assert len(first) == len(second) == len(dataset)
    assert set(first) != set(second)


def small(data, words):
    return data._replace(parts=splits.Parts(data.parts.train[:words], data.parts.validation[:100], data.parts.test))


TINY = models.PronunciationRecipe(16, 2, 32, 1, 1, dropout=0.1, epochs=2, batch_size=64, peak=3e-3)


def test_training_is_repeatable_and_learns(data):
    runs = [models.train_pronouncer(small(data, 2000), TINY, seed=1) for _ in range(2)]
    assert runs[0][1] == runs[1][1]
    assert runs[0][1]["loss"][1] < runs[0][1]["loss"][0]
    answers = [models.pronounce(model, ["hello", "a", "worlds"]) for model, _ in runs]
    assert answers[0] == answers[1]
    assert len(answers[0]) == 3


def test_words_are_pronounced_in_their_order(data):
    model, _ = models.train_pronouncer(small(data, 2000), TINY)
    words = data.spelled(data.parts.validation[:40])
    alone = [models.pronounce(model, [word])[0] for word in words]
    assert models.pronounce(model, words, batch_size=16) == alone


def test_cross_attention_tells_where_each_sound_looks():
    model = models.new_pronouncer(TINY)
    weights = models.cross_attention(model, ["at", "the"], [("AE", "T"), ("DH", "AH")])
    assert weights.shape == (TINY.decoder_blocks, 2, TINY.heads, 3, 3)
    np.testing.assert_allclose(weights.sum(axis=-1), 1, rtol=1e-5)
    assert np.all(weights[:, 0, ..., 2] == 0)  # the padding behind "at"
    other_end = models.cross_attention(model, ["at", "the"], [("AE", "D"), ("DH", "AH")])
    np.testing.assert_allclose(other_end[:, :, :, :2], weights[:, :, :, :2], atol=1e-6)  # T has not been said yet


def test_members_of_an_ensemble_decide_by_the_mean_of_their_logits(tiny_model):
    other, rng = Transformer(**tiny_model.sizes), np.random.default_rng(4)
    other.build()
    other.set_weights([rng.normal(0, 0.7, w.shape) for w in other.weights])
    together = Ensemble.of([tiny_model, other])
    target = np.array([[START, 3, 4], [START, 4, 4], [START, 3, 3]])
    odds = [np.exp(np.log(keras.ops.softmax(member((SOURCE, target)))) / 2) for member in (tiny_model, other)]
    expected = np.prod(odds, axis=0) / np.prod(odds, axis=0).sum(axis=-1, keepdims=True)  # the geometric mean, scaled
    found = together((SOURCE, target))
    np.testing.assert_allclose(keras.ops.softmax(found), expected, rtol=1e-4)

    cache = together.start_cache(together.encode(SOURCE), capacity=STEPS)
    first, cache = together.step(target[:, :2], cache, 0, padding_mask(SOURCE))
    second, _ = together.step(target[:, 2:], cache, 2, padding_mask(SOURCE))
    np.testing.assert_allclose(np.concatenate([first, second], axis=1), found, atol=1e-5)

    beams, scores = (np.asarray(x) for x in beam_search(together, SOURCE, START, END, STEPS, beams=16))
    for source, row, score in zip(SOURCE, beams[:, 0], scores[:, 0], strict=True):
        ranked = sorted(((log_probability(together, source, t), t) for t in all_targets()), reverse=True)
        assert (score, tuple(row[row > 0])) == (pytest.approx(ranked[0][0], abs=1e-4), ranked[0][1])


def test_an_ensemble_of_one_searches_as_its_member(tiny_model):
    searched = (tiny_model, Ensemble.of([tiny_model]))
    expected, found = (beam_search(model, SOURCE, START, END, STEPS, beams=3) for model in searched)
    np.testing.assert_array_equal(expected[0], found[0])
    np.testing.assert_allclose(expected[1], found[1], atol=1e-5)


def test_consistency_adds_the_divergences_of_two_predictions_under_different_dropout():
    def in_training(consistency):
        keras.utils.set_random_seed(5)
        model = models.new_pronouncer(TINY._replace(dropout=0.5, consistency=consistency))
        model.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=0))
        return model

    letters, sounds = models.encode_words(["to", "tee"]), models.encode_sounds([("T", "UW"), ("T",)])
    inputs, truth = (letters, sounds[:, :-1]), sounds[:, 1:]
    model = in_training(consistency=0.5)
    loss = model.compute_loss(inputs, truth, model(inputs, training=True))

    plain = in_training(consistency=0.0)  # makes the same two predictions, one after the other
    predictions = [plain(inputs, training=True) for _ in range(2)]
    first, second = (np.array(keras.ops.softmax(logits), float) for logits in predictions)
    divergences = np.sum(first * np.log(first / second) + second * np.log(second / first), axis=-1)
    expected = np.mean([plain.compute_loss(inputs, truth, logits) for logits in predictions])
    expected += 0.5 * divergences[truth > 0].mean()
    assert divergences.max() > 0.01
    assert float(loss) == pytest.approx(expected, rel=1e-4)
    assert model.compute_loss(inputs, truth, model(inputs), training=False) == plain.compute_loss(
        inputs, truth, plain(inputs), training=False
    )


def test_training_goes_on_from_the_weights_of_a_start(data):
    few = data._replace(parts=splits.Parts(*(rows[:64] for rows in data.parts)))
    start = models.new_pronouncer(TINY)
    model, _ = models.train_pronouncer(few, TINY._replace(peak=0.0, epochs=1), seed=9, start=start)
    for trained, original in zip(model.get_weights(), start.get_weights(), strict=True):
        np.testing.assert_array_equal(trained, original)


def test_saved_weights_are_those_of_the_model(tmp_path):
    model = models.new_pronouncer(TINY)
    models.save_weights(model, tmp_path / "tiny.npz")
    loaded = models.load_weights(Transformer, (tmp_path / "tiny.npz").read_bytes())
    assert loaded.sizes == model.sizes
    for saved, original in zip(loaded.trainable_variables, model.trainable_variables, strict=True):
        np.testing.assert_allclose(saved, original, rtol=1e-3, atol=1e-6)


def test_rounded_weights_are_half_a_unit_off_at_most_and_take_less_space(tmp_path):
    model, step = models.new_pronouncer(models.PRONUNCIATION_RECIPES["notebook"]), 0.1
    for name, of_file in (("exact", None), ("rounded", step)):
        models.save_weights(model, tmp_path / name, of_file)
    exact, rounded = ((tmp_path / name).read_bytes() for name in ("exact", "rounded"))
    assert len(rounded) < 0.5 * len(exact)
    loaded = models.load_weights(Transformer, rounded)
    assert loaded.sizes == model.sizes
    for saved, original in zip(loaded.trainable_variables, model.trainable_variables, strict=True):
        saved, original = saved.numpy(), original.numpy()
        spread = original.std(axis=tuple(range(original.ndim - 1)))  # of each output channel
        allowed = 0.501 * step * spread if original.ndim > 1 else 1e-3 * abs(original) + 1e-6
        assert np.all(abs(saved - original) <= allowed)


def test_the_shipped_weights_make_the_errors_that_their_record_states(data):
    """`benchmarks/train_05_phonemes.py` wrote both files; the validation part is read again with its greedy search."""
    record = json.loads((paths.data() / "checkpoints" / "phonemes_transformer.json").read_text(encoding="utf-8"))
    assert len(datasets.read_verified(models.PRONOUNCER)) <= 4_000_000
    shipped = models.load_pronouncer()
    assert len(shipped.members) == len(record["members"])
    for member in record["members"].values():
        assert member["command"].startswith("python benchmarks/train_05_phonemes.py")
        assert "seed" in member
        curve = member["curve"]
        assert [entry["epoch"] for entry in curve] == list(range(1, member["epochs"] + 1))
        best = min(entry["validation_phoneme_error_rate"] for entry in curve)
        assert curve[member["saved_epoch"] - 1]["validation_phoneme_error_rate"] == best
    rows = data.parts.validation
    errors = metrics.pronunciation_errors(models.pronounce(shipped, data.spelled(rows)), data.listed(rows))
    stated = record["validation"]["phoneme_error_rate"]
    assert errors.phoneme_error_rate == pytest.approx(stated, abs=5e-4)  # other processors
    assert stated < min(member["validation"]["phoneme_error_rate"] for member in record["members"].values())
