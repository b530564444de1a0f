"""Training: a compact report of a run, a learning-rate schedule, and how the course fits a classifier."""

import math
import time
from collections.abc import Callable

import keras


class EpochReport(keras.callbacks.Callback):
    """Print one line an epoch: metrics, and the seconds since the training began.

    While an epoch runs, its line shows the progress and is overwritten: a reader in Jupyter sees the training live, and
    a stored notebook keeps one line an epoch. Use it with `fit(..., verbose=0, callbacks=[EpochReport()])`.

    Args:
        every: print each `every`-th epoch, and the first and last.
        refresh_seconds: how often the running line is renewed.
        name: what a line is called, if "epochs" are something else than rounds through the data.
    """

    def __init__(self, every: int = 1, refresh_seconds: float = 0.5, name: str = "epoch"):
        super().__init__()
        if every < 1:
            raise ValueError(f"every is {every}; it counts epochs and must be at least 1.")
        self.every = every
        self.refresh_seconds = refresh_seconds
        self.name = name

    def on_train_begin(self, logs=None):
        self.started = self.refreshed = time.perf_counter()

    def on_epoch_begin(self, epoch, logs=None):
        self.prefix = f"{self.name} {epoch + 1:{len(str(self.params['epochs']))}}/{self.params['epochs']}"
        self.is_reported = (epoch + 1) % self.every == 0 or epoch in (0, self.params["epochs"] - 1)

    def on_train_batch_end(self, batch, logs=None):
        now = time.perf_counter()
        if self.is_reported and now - self.refreshed > self.refresh_seconds:
            self.refreshed = now
            steps = self.params["steps"]
            progress = f"{min(1, (batch + 1) / steps):4.0%}" if steps else f"step {batch + 1}"
            self._write(f"{self.prefix}  {progress}  {_metrics(logs)}")

    def on_epoch_end(self, epoch, logs=None):
        if self.is_reported:
            self._write(f"{self.prefix}  {_metrics(logs)}  {time.perf_counter() - self.started:5.1f} s", end="\n")

    def _write(self, line: str, end: str = "") -> None:
        print("\r" + line.ljust(100), end=end, flush=True)  # padded, so that it covers a longer line before it


def _metrics(logs: dict | None) -> str:
    return "  ".join(f"{name} {_short(value)}" for name, value in (logs or {}).items() if name != "learning_rate")


def _short(value: float) -> str:
    value = float(value)
    return f"{value:.4f}" if not math.isfinite(value) or 1e-3 <= abs(value) < 1e3 or value == 0 else f"{value:.2e}"


def shortest_time(call: Callable[[], object], repeats: int = 3) -> float:
    """The shortest of several timed calls, in seconds. A first call, which may build a graph, is not timed."""
    call()
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        call()
        times.append(time.perf_counter() - started)
    return min(times)


@keras.saving.register_keras_serializable("course_utils")
class OneCycle(keras.optimizers.schedules.LearningRateSchedule):
    """A learning rate that rises in a straight line to its peak, and falls in a straight line to zero.

    Source: L. N. Smith and N. Topin (2019), "Super-convergence", arXiv:1708.07120; without their last, flat phase.

    Args:
        peak: the highest rate.
        steps: the length of the cycle in optimiser steps; the rate is 0 from there on.
        warm_up: the share of the cycle in which the rate rises.
        start: the first rate as a share of the peak.

    Raises:
        ValueError: `steps` is not positive, or `warm_up` is not between 0 and 1.
    """

    def __init__(self, peak: float, steps: int, warm_up: float = 0.25, start: float = 0.04):
        if steps < 1 or not 0 < warm_up < 1:
            raise ValueError(
                f"steps is {steps} and warm_up is {warm_up}; they must be at least 1, and between 0 and 1."
            )
        self.peak, self.steps, self.warm_up, self.start = peak, steps, warm_up, start

    def __call__(self, step):
        progress = keras.ops.cast(step, "float32") / self.steps
        rising = self.start + (1 - self.start) * progress / self.warm_up
        falling = (1 - progress) / (1 - self.warm_up)
        return self.peak * keras.ops.maximum(keras.ops.minimum(rising, falling), 0.0)

    def get_config(self):
        return {"peak": self.peak, "steps": self.steps, "warm_up": self.warm_up, "start": self.start}


def fit_classifier(
    model: keras.Model,
    optimizer: keras.optimizers.Optimizer | str,
    train: tuple,
    validation: tuple | None = None,
    batch_size: int = 128,
    epochs: int = 1,
) -> dict[str, list[float]]:
    """Train a classifier whose labels are whole numbers, with one line an epoch.

    Args:
        model: ends in a softmax; it is compiled here, with the cross-entropy as loss and the accuracy as metric.
        optimizer: as in `model.compile`.
        train: inputs and labels.
        validation: inputs and labels that are watched after each epoch, or None.
        batch_size: examples a step.
        epochs: how often each example is seen.

    Returns:
        The history: for each of loss, accuracy, val_loss and val_accuracy a value an epoch.
    """
    # steps_per_execution: fewer returns to Python between the steps, the same numbers in less time
    model.compile(optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"], steps_per_execution=50)
    options = {"validation_data": validation, "batch_size": batch_size, "epochs": epochs, "verbose": 0}
    return model.fit(*train, **options, callbacks=[EpochReport()]).history


@keras.saving.register_keras_serializable("course_utils")
class Muon(keras.optimizers.AdamW):
    """Weight matrices move by an orthogonalised momentum, everything else as in AdamW.

    The momentum of a matrix is a sum of a few strong and many weak directions; Muon takes all with about the same
    length, so that the weak ones are learnt too. Five rounds of a polynomial in X Xᵀ do it without a singular value
    decomposition.

    Sources: K. Jordan et al. (2024), "Muon: an optimizer for hidden layers in neural networks"; for the factor
    0.2 √(longer side), with which one learning rate fits both, J. Liu et al. (2025), "Muon is scalable for LLM
    training", arXiv:2502.16982.

    Args:
        learning_rate, weight_decay, and others: as in `keras.optimizers.AdamW`.
        momentum: of the matrices.
    """

    def __init__(self, learning_rate=1e-3, momentum: float = 0.95, **options):
        super().__init__(learning_rate, **options)
        self.momentum = momentum

    def build(self, variables):
        super().build(variables)
        self.is_matrix = [len(v.shape) == 2 and not v.path.endswith("_vectors") for v in variables]  # tables are not

    def update_step(self, gradient, variable, learning_rate):
        index = self._get_variable_index(variable)
        if not self.is_matrix[index]:
            return super().update_step(gradient, variable, learning_rate)
        average = self._momentums[index]
        self.assign(average, average * self.momentum + gradient)
        step = orthogonalised(gradient + self.momentum * average)  # one step ahead, as Nesterov's momentum
        rate = keras.ops.cast(learning_rate, variable.dtype) * 0.2 * max(variable.shape) ** 0.5
        self.assign_sub(variable, rate * step)

    def get_config(self):
        return {**super().get_config(), "momentum": self.momentum}


def orthogonalised(x, rounds: int = 5):
    """A matrix with the same singular vectors, and singular values near 1 (between about 0.7 and 1.2).

    Args:
        x: shape (rows, columns).
        rounds: of the iteration of Newton and Schulz, with the coefficients of Jordan et al. (2024).
    """
    is_tall = x.shape[0] > x.shape[1]
    x = keras.ops.transpose(x) if is_tall else x
    x = x / (keras.ops.norm(x) + 1e-7)
    for _ in range(rounds):
        square = keras.ops.matmul(x, keras.ops.transpose(x))
        x = 3.4445 * x + keras.ops.matmul(-4.7750 * square + 2.0315 * keras.ops.matmul(square, square), x)
    return keras.ops.transpose(x) if is_tall else x
