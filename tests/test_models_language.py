"""course_utils.models.language."""

import json

import numpy as np
import pytest

from course_utils.notebook import native_stderr_silenced

with native_stderr_silenced():
    import keras

from course_utils import datasets, models, paths
from course_utils.gpt import token_losses
from course_utils.models.language import LanguageRecipe, window_dataset
from course_utils.ngrams import NGrams


@pytest.fixture(scope="module")
def plays():
    return models.prepare_plays()


TINY = LanguageRecipe(16, 2, 32, 1, 32, dropout=0.0, epochs=0.01, batch_size=8, peak=1e-2)


def test_the_parts_of_the_plays_do_not_overlap(plays):
    places = [set(range(part.start, part.stop)) for part in (plays.validation, plays.test)]
    assert [len(part) for part in places] == [30_000, 30_000]
    assert not places[0] & places[1]
    assert plays.test.start == len(plays.text) * 9 // 10
    assert len(plays.train) == plays.test.start - 30_000
    np.testing.assert_array_equal(plays.train[: plays.validation.start], plays.numbers[: plays.validation.start])
    np.testing.assert_array_equal(
        plays.train[plays.validation.start :], plays.numbers[plays.validation.stop : plays.test.start]
    )


def test_characters_and_numbers(plays):
    assert len(plays.characters) == 75
    assert plays.decode(plays.numbers[:2000]) == plays.text[:2000]
    np.testing.assert_array_equal(plays.encode("To be"), plays.numbers[[plays.text.index(c) for c in "To be"]])
    with pytest.raises(ValueError, match="no character '€'"):
        plays.encode("5 €")


def test_windows_cover_the_text_once_a_round():
    numbers = np.arange(1000, dtype=np.int32)
    batches = list(window_dataset(numbers, length=10, batch_size=7, steps=14, seed=3))
    assert len(batches) == 14
    inputs, targets = (np.concatenate([batch[side].numpy() for batch in batches]) for side in (0, 1))
    np.testing.assert_array_equal(targets, inputs + 1)
    np.testing.assert_array_equal(np.diff(inputs, axis=1), 1)
    assert len(np.unique(inputs)) == inputs.size  # 98 windows of a round hold 980 different places
    again = list(window_dataset(numbers, length=10, batch_size=7, steps=14, seed=3))
    np.testing.assert_array_equal(again[0][0], batches[0][0])


def test_a_text_that_is_too_short_for_windows_is_refused():
    with pytest.raises(ValueError, match="too few for windows of 10"):
        window_dataset(np.arange(20, dtype=np.int32), length=10, batch_size=7, steps=1, seed=3)


def test_reports_do_not_change_the_training(plays):
    for reports in (3, 7):  # 40 steps, in groups of 20
        with pytest.raises(ValueError, match=f"40 steps .* {reports} equal parts"):
            models.train_on_plays(plays, TINY, reports=reports)


@pytest.mark.notebook
def test_a_short_training_learns_and_survives_saving(plays, tmp_path, capsys):
    model, history = models.train_on_plays(plays, TINY, seed=1, reports=2)
    assert history["loss"][-1] < 3.5 < np.log(75)
    part = slice(plays.validation.start, plays.validation.start + 2000)
    loss = models.loss_on(model, plays, part)
    assert loss < 3.5
    models.save_weights(model, tmp_path / "gpt.npz")
    again = models.load_gpt((tmp_path / "gpt.npz").read_bytes())
    assert models.loss_on(again, plays, part) == pytest.approx(loss, abs=2e-3)
    assert again.sizes == model.sizes
    keras.backend.clear_session()


@pytest.fixture(scope="module")
def poems():
    return models.prepare_poems()


def test_poems_are_parted_by_poet_and_near_duplicates(poems):
    quatrains = datasets.load_tang_quatrains()
    own = set(quatrains.text[quatrains.author == models.POET])
    rows = [{row.tobytes() for row in part} for part in (*poems.others, *poems.poet)]
    assert sum(map(len, rows)) == len(set().union(*rows))
    assert sum(len(part) for part in poems.poet) == (quatrains.author == models.POET).sum()
    known = [poem for part in poems.poet for poem in poems.decode(part) if "□" not in poem]
    assert set(known) <= own
    assert not own & set(poems.decode(poems.others[0]))
    assert all(models.is_well_formed(poem) for poem in poems.decode(poems.others[1]))


def test_poem_batches_are_moved_by_one(poems):
    inputs, targets = next(iter(models.poem_dataset(poems.poet[0], 8, 3, seed=1)))
    assert inputs.shape == targets.shape == (8, models.QUATRAIN_LENGTH - 1)
    np.testing.assert_array_equal(inputs[:, 1:], targets[:, :-1])
    assert (inputs[:, 0].numpy() == poems.line_end).all()


def test_losses_of_poems_count_characters_alone(poems):
    rows = poems.poet[1][:20]
    kept = models.poem_characters(poems, rows)
    assert kept.sum() == sum(len("".join(models.poem_lines(poem))) for poem in poems.decode(rows))
    model = models.new_gpt(TINY._replace(longest=models.QUATRAIN_LENGTH - 1), len(poems.vocabulary))
    expected = token_losses(model, rows)[kept].mean()
    assert models.poem_loss(model, poems, rows) == pytest.approx(expected, abs=1e-5)
    uniform = NGrams(np.array([0]), len(poems.vocabulary), 1)
    assert models.poem_ngram_loss(uniform, poems, rows) == pytest.approx(np.log(2 * len(poems.vocabulary)))


def test_copied_lines_are_counted():
    known = ["床前明月光，疑是地上霜。", "举头望明月，低头思故乡。"]
    assert models.copied_share(["低头思故乡，床前明月光。", "白日依山尽，黄河入海流。"], known) == 0.5


@pytest.mark.parametrize(
    ("poem", "expected"),
    [
        ("床前看月光，疑是地上霜。举头望山月，低头思故乡。", True),
        ("朝辞白帝彩云间，千里江陵一日还。两岸猿声啼不住，轻舟已过万重山。", True),
        ("床前看月光，疑是地上霜。举头望山月，低头思故乡", False),
        ("床前看月光，千里江陵一日还。举头望山月，低头思故乡。", False),
        ("床前看月光。疑是地上霜，举头望山月，低头思故乡。", False),
        ("", False),
    ],
)
def test_the_form_of_a_quatrain(poem, expected):
    assert models.is_well_formed(poem) is expected


def test_poems_begin_as_they_are_told(poems):
    model = models.new_gpt(TINY._replace(longest=models.QUATRAIN_LENGTH - 1), len(poems.vocabulary))
    written = models.write_poems(model, poems, 3, "白日", seed=2)
    assert len(written) == 3
    assert all(poem.startswith("白日") and "□" not in poem for poem in written)
    with pytest.raises(ValueError, match="'Q' occurs in too few"):
        models.write_poems(model, poems, 1, "Q")


def test_samples_are_described_and_limits_counted(plays):
    judge = NGrams(plays.numbers[:5000], len(plays.characters), 2)
    prompts, samples = plays.numbers[None, :10], plays.encode("to be to be to be ")[None]
    described = models.describe_samples(plays, prompts, samples, judge)
    assert described.repetition == 4 / 6  # of six words, the four of the run that begins third: the first run again
    assert described.variety == 2 / 5
    assert described.judged == pytest.approx(judge.losses(np.append(prompts, samples), 10).mean())
    model = models.new_gpt(TINY, len(plays.characters))
    windows = plays.numbers[:600].reshape(20, 30)
    loss, never = models.held_out_by(model, windows)
    assert loss == pytest.approx(token_losses(model, windows).mean(), abs=1e-4)
    assert never == 0
    loss, never = models.held_out_by(model, windows, temperature=0)
    best = model(windows[:, :-1]).numpy().argmax(-1)
    assert loss == np.inf
    assert never == pytest.approx(np.mean(best != windows[:, 1:]))
    shares = [models.held_out_by(model, windows, top_k=k)[1] for k in (1, 20, 60, 75)]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > shares[2] > shares[3] == 0


@pytest.mark.notebook
def test_a_short_training_on_poems_learns(poems, capsys):
    recipe = TINY._replace(longest=models.QUATRAIN_LENGTH - 1, epochs=2)
    keras.utils.set_random_seed(0)
    model = models.new_gpt(recipe, len(poems.vocabulary))
    before = models.poem_loss(model, poems, poems.poet[1])
    models.train_on_poems(model, poems.poet[0], recipe, reports=1)
    assert models.poem_loss(model, poems, poems.poet[1]) < before - 0.3


def record(name):
    return json.loads((paths.data() / "checkpoints" / name).read_text(encoding="utf-8"))


def test_the_shipped_gpt_is_what_its_record_says(plays):
    described = record("shakespeare_gpt.json")
    model = models.load_gpt()
    assert models.loss_on(model, plays, plays.validation) == pytest.approx(
        described["validation_nats_a_character"], abs=1e-3
    )
    loss = models.loss_on(model, plays, plays.test)
    assert loss == pytest.approx(described["test_nats_a_character"], abs=1e-3)
    assert loss < 1.47
    assert model.sizes["width"] == described["recipe"]["width"]
    assert described["command"].startswith("python benchmarks/train_07_shakespeare.py")
    assert [entry["round"] for entry in described["curve"]] == list(range(1, described["rounds"] + 1))
    assert (paths.data() / models.PLAY_CHECKPOINT).stat().st_size < 4e6


def test_the_shipped_poet_is_what_its_record_says(poems):
    described = record("quatrains_gpt.json")
    model = models.load_gpt(datasets.read_verified(models.QUATRAIN_CHECKPOINT))
    loss = models.poem_loss(model, poems, poems.others[1])
    assert loss == pytest.approx(described["validation_nats_a_character"], abs=1e-3)
    assert described["command"].startswith("python benchmarks/train_07_quatrains.py")
