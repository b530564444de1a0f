"""A compact report of a training run."""

import math
import time

import keras


class EpochReport(keras.callbacks.Callback):
    """Print one line an epoch: metrics, and the seconds since the training began.

    While an epoch runs, its line shows the progress and is overwritten: a reader in Jupyter sees the training live, and
    a stored notebook keeps one line an epoch. Use it with `fit(..., verbose=0, callbacks=[EpochReport()])`.

    Args:
        every: print each `every`-th epoch, and the first and last.
        refresh_seconds: how often the running line is renewed.
    """

    def __init__(self, every: int = 1, refresh_seconds: float = 0.5):
        super().__init__()
        if every < 1:
            raise ValueError(f"every is {every}; it counts epochs and must be at least 1.")
        self.every = every
        self.refresh_seconds = refresh_seconds

    def on_train_begin(self, logs=None):
        self.started = self.refreshed = time.perf_counter()

    def on_epoch_begin(self, epoch, logs=None):
        self.prefix = f"epoch {epoch + 1:{len(str(self.params['epochs']))}}/{self.params['epochs']}"
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
