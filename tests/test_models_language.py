"""course_utils.models.language."""

import numpy as np
import pytest

from course_utils.notebook import native_stderr_silenced

with native_stderr_silenced():
    import keras

from course_utils import models
from course_utils.models.language import LanguageRecipe, window_dataset


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


@pytest.mark.notebook
def test_a_short_training_learns_and_survives_saving(plays, tmp_path, capsys):
    model, history = models.train_on_plays(plays, TINY, seed=1, reports=2)
    assert history["loss"][-1] < 3.5 < np.log(75)
    part = slice(plays.validation.start, plays.validation.start + 2000)
    loss = models.loss_on(model, plays, part)
    assert loss < 3.5
    models.save_gpt(model, tmp_path / "gpt.npz")
    again = models.load_gpt((tmp_path / "gpt.npz").read_bytes())
    assert models.loss_on(again, plays, part) == pytest.approx(loss, abs=2e-3)
    assert again.sizes == model.sizes
    keras.backend.clear_session()
