"""course_utils.training and course_utils.notebook, with TensorFlow; and what importing the package costs."""

import os
import random
import subprocess
import sys
import time

import numpy as np
import pytest

from course_utils import claims, notebook
from course_utils.notebook import native_stderr_silenced, read_seed, start_chapter

with native_stderr_silenced():
    import keras

from course_utils.training import EpochReport, OneCycle, fit_classifier, shortest_time


@pytest.fixture
def train(capsys):
    """What a reader sees of a training: a carriage return begins the line anew."""

    def lines(epochs, **options):
        model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        model.compile("sgd", "mse", metrics=["mae"])
        report = EpochReport(**options)
        model.fit(np.zeros((8, 2)), np.zeros(8), batch_size=2, epochs=epochs, verbose=0, callbacks=[report])
        lines.raw = capsys.readouterr().out
        return [line.split("\r")[-1].rstrip() for line in lines.raw.removesuffix("\n").split("\n")]

    return lines


def test_one_line_an_epoch_stays(train):
    first, second = train(2, refresh_seconds=0)
    assert first.startswith("epoch 1/2  loss 0.0000  mae 0.0000  ")
    assert second.endswith(" s")
    assert "75%" in train.raw
    assert {len(part.rstrip("\n")) for part in train.raw.split("\r")[1:]} == {100}  # a later line covers an earlier one


@pytest.mark.parametrize(("every", "reported"), [(1, "12345"), (2, "1245"), (9, "15")])
def test_every_nth_epoch_the_first_and_the_last_are_reported(train, every, reported):
    assert [line[6] for line in train(5, every=every)] == list(reported)


def test_every_counts_epochs():
    with pytest.raises(ValueError, match="every is 0"):
        EpochReport(every=0)


@pytest.fixture
def chapter(repository):
    claims.claims_file().write_text('["99_tiny".claims]\n', encoding="utf-8")
    return "99_tiny"


def random_values(chapter):
    start_chapter(chapter)
    weights = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4)]).get_weights()[0]
    return [weights.tolist(), np.random.rand(), random.random()]  # noqa: NPY002 (chapters may use it)


def test_same_seed_gives_the_same_weights_and_another_one_others(chapter, monkeypatch):
    before = random_values(chapter)
    assert random_values(chapter) == before
    monkeypatch.setenv(notebook.SEED_VARIABLE, "1")
    assert all(new != old for new, old in zip(random_values(chapter), before, strict=True))


def test_set_up_tells_seed_and_versions(chapter, monkeypatch, capsys):
    monkeypatch.setenv(notebook.SEED_VARIABLE, "7")
    seed, claim = start_chapter(chapter)
    assert (seed, claim.chapter) == (7, chapter)
    assert capsys.readouterr().out.startswith("seed 7, TensorFlow 2.")


def test_missing_tensorflow_is_explained(chapter, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(ImportError, match=r"`python3 course\.py lab`.*pip install -r requirements\.txt"):
        start_chapter(chapter)


@pytest.mark.parametrize("text", ["-1", "1.5", "one", "", "4294967296"])
def test_wrong_seed_is_refused(monkeypatch, text):
    monkeypatch.setenv(notebook.SEED_VARIABLE, text)
    with pytest.raises(ValueError, match="whole number from 0 to 4294967295"):
        read_seed()


def test_native_messages_are_silenced_and_then_heard_again(capfd):
    os.write(2, b"before ")
    with native_stderr_silenced():
        os.write(2, b"silenced ")
    os.write(2, b"between ")
    with pytest.raises(ZeroDivisionError), native_stderr_silenced():
        1 / 0  # noqa: B018
    os.write(2, b"after")
    assert capfd.readouterr().err == "before between after"


def test_import_takes_less_than_a_tenth_of_a_second_and_no_tensorflow():
    code = (
        "import sys, time, numpy; started = time.perf_counter()\n"
        "import course_utils, course_utils.claims, course_utils.datasets\n"
        "print(time.perf_counter() - started, *{'tensorflow', 'keras', 'matplotlib'} & set(sys.modules))"
    )
    runs = [subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True) for _ in range(3)]
    seconds, *loaded = min((run.stdout.split() for run in runs), key=lambda words: float(words[0]))
    assert loaded == []
    assert float(seconds) < 0.1


def test_shortest_time_leaves_the_first_call_out():
    waits = iter([0.001, 0.3, 0.1, 0.2])
    assert 0.1 <= shortest_time(lambda: time.sleep(next(waits))) < 0.2


def test_one_cycle_rises_to_its_peak_and_falls_to_zero():
    schedule = OneCycle(peak=0.1, steps=100, warm_up=0.2, start=0.5)
    rates = [float(schedule(step)) for step in (0, 10, 20, 60, 100, 150)]
    assert rates == pytest.approx([0.05, 0.075, 0.1, 0.05, 0, 0])
    assert OneCycle.from_config(schedule.get_config()).get_config() == schedule.get_config()


@pytest.mark.parametrize("options", [{"steps": 0}, {"steps": 9, "warm_up": 0}, {"steps": 9, "warm_up": 1}])
def test_one_cycle_refuses_a_cycle_without_length(options):
    with pytest.raises(ValueError, match="between 0 and 1"):
        OneCycle(peak=0.1, **options)


def test_fit_classifier_learns_and_returns_its_history(capsys):
    inputs = np.repeat(np.eye(3), 50, axis=0)
    labels = np.repeat(np.arange(3), 50)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(3, activation="softmax")])
    history = fit_classifier(model, keras.optimizers.Adam(0.1), (inputs, labels), (inputs, labels), 10, epochs=3)
    assert list(history) == ["accuracy", "loss", "val_accuracy", "val_loss"]
    assert len(history["loss"]) == 3
    assert history["val_accuracy"][-1] == 1
    assert capsys.readouterr().out.count("epoch 3/3") >= 1
