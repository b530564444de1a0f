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

from course_utils.training import EpochReport, Muon, OneCycle, fit_classifier, orthogonalised, shortest_time


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
    assert train(1, name="part")[0].startswith("part 1/1  loss")
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


def test_orthogonalised_has_singular_values_near_one():
    for shape in ((40, 90), (90, 40)):
        x = np.random.default_rng(0).normal(size=shape).astype("float32") @ np.diag(
            np.linspace(0.1, 3, shape[1])
        ).astype("float32")
        left, _, right = np.linalg.svd(x, full_matrices=False)
        found = keras.ops.convert_to_numpy(orthogonalised(x))
        assert found.shape == shape
        values = np.diag(left.T @ found @ right.T)  # the same singular vectors
        np.testing.assert_allclose(found, (left * values) @ right, atol=1e-4)
        assert 0.5 < np.median(values) < 1.3


def test_muon_moves_matrices_by_its_own_rule_and_the_rest_as_adam():
    rng = np.random.default_rng(1)
    start, gradients = rng.normal(size=(6, 4)).astype("float32"), rng.normal(size=(2, 6, 4)).astype("float32")
    matrix, bias = keras.Variable(start), keras.Variable(start[0])
    adam_bias = keras.Variable(start[0])
    muon = Muon(0.01, momentum=0.9, weight_decay=0.0)
    adam = keras.optimizers.AdamW(0.01, weight_decay=0.0)
    average, expected = np.zeros_like(start), start
    for gradient in gradients:
        muon.apply([keras.ops.convert_to_tensor(g) for g in (gradient, gradient[0])], [matrix, bias])
        adam.apply([keras.ops.convert_to_tensor(gradient[0])], [adam_bias])
        average = 0.9 * average + gradient
        step = keras.ops.convert_to_numpy(orthogonalised(gradient + 0.9 * average))
        expected = expected - 0.01 * 0.2 * 6**0.5 * step
    np.testing.assert_allclose(matrix.numpy(), expected, atol=1e-5)
    np.testing.assert_allclose(bias.numpy(), adam_bias.numpy(), atol=1e-6)


def test_muon_leaves_tables_to_adam_and_is_rebuilt_from_its_configuration():
    table = keras.Variable(np.ones((5, 3), "float32"), name="token_vectors")
    muon = Muon(0.01)
    muon.build([table])
    assert muon.is_matrix == [False]
    assert Muon.from_config(muon.get_config()).momentum == 0.95
