"""benchmarks/checkpoint_training.py: how the shipped checkpoints' trainings slow down, choose and stop."""

import json
from argparse import Namespace

import numpy as np
import pytest

from course_utils.notebook import native_stderr_silenced

with native_stderr_silenced():
    import keras

from benchmarks.checkpoint_training import Keep, Trapezoid

EPOCHS, STEPS = 4, 5  # steps an epoch


def test_rate_rises_stays_and_falls():
    schedule = Trapezoid(peak=2.0, warm_up=4, fall_at=10, cool_down=5)
    rates = [float(schedule(step)) for step in range(17)]
    np.testing.assert_allclose(rates[:5], [0.5, 1, 1.5, 2, 2])
    np.testing.assert_allclose(rates[9:], [2, 2, 1.6, 1.2, 0.8, 0.4, 0, 0], atol=1e-6)
    assert float(Trapezoid(2.0, warm_up=0, fall_at=1, cool_down=1)(0)) == 2  # too short for a warm-up


@pytest.fixture
def train(tmp_path):
    """Train a line with the callback, whose validation figures are given; returns the record and the saved weights."""

    def run(figures, stop=False, cool_down=STEPS):
        arguments = Namespace(target=tmp_path / "w.npz", record=tmp_path / "r.json", stop=tmp_path / "stop")
        if stop:
            arguments.stop.touch()
        model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        model.sizes = {}
        schedule = Trapezoid(0.1, 1, (EPOCHS - 1) * STEPS, cool_down)
        model.compile(keras.optimizers.SGD(schedule), "mse")
        kept = []

        def measure(model):
            kept.append([float(weight.numpy().squeeze()) for weight in model.trainable_variables])
            return {"error": figures[len(kept) - 1]}

        keep = Keep(measure, schedule, arguments, {"seed": 0})
        x = np.ones((STEPS, 1), np.float32)
        model.fit(x, 2 * x, batch_size=1, epochs=EPOCHS, verbose=0, callbacks=[keep])
        with np.load(arguments.target) as archive:
            saved = [float(archive[f"arr_{number}"].squeeze()) for number in range(2)]
        return json.loads(arguments.record.read_text(encoding="utf-8")), kept, saved

    return run


def test_weights_with_the_lowest_figure_are_saved(train):
    record, kept, saved = train([0.5, 0.2, 0.4, 0.3])
    assert (record["saved_epoch"], record["epochs"], record["seed"]) == (2, EPOCHS, 0)
    assert [entry["error"] for entry in record["curve"]] == [0.5, 0.2, 0.4, 0.3]
    np.testing.assert_allclose(saved, kept[1], rtol=1e-3)


def test_a_training_that_is_asked_to_stop_cools_down_first(train):
    record, _, _ = train([0.5, 0.4, 0.3, 0.2], stop=True)
    assert (record["fall_after_epoch"], record["epochs"], record["saved_epoch"]) == (1, 2, 2)
    assert [entry["learning_rate"] for entry in record["curve"]] == [pytest.approx(0.1), 0]
