"""Chapter 03's forecasters beside the published network and their strongest simple rivals, in the same run.

    python benchmarks/03_lstm_time_series.py          writes benchmarks/03_lstm_time_series.md; about eight minutes
    python benchmarks/03_lstm_time_series.py --quick  one seed, two epochs of the published network; writes nothing

Nothing else should run meanwhile. Everything is trained on the first 70 % of 2014, chosen on the next 10 %, and
judged on the last 20 %.
"""

import argparse
import os
import platform
import time
from importlib.metadata import version
from pathlib import Path

from course_utils.notebook import native_stderr_silenced

with native_stderr_silenced():
    import keras
    import tensorflow as tf

    tf.constant(0)

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor

from course_utils import claims, datasets, metrics, models
from course_utils.files import write_atomically
from course_utils.series import fit_ridge, future, lagged, origins, past, split_by_time, standardised

PAGE = Path(__file__).with_suffix(".md")
TEXT = """# Chapter 03: forecasting electricity demand, measured beside others

Written by `python benchmarks/03_lstm_time_series.py` on {machine}. Half-hourly demand of Victoria in 2014, training on
the first 70 %, choices on the next 10 %, errors on the last 20 % (20 October to 31 December). MASE divides by what
"the same as a week ago" costs within the training part. Time is the training alone. We know of no published figure on
these data with this split; the network of the article is therefore run here, with the settings that it prints.

## The next half-hour

{one_step}

## The next 48 half-hours, from every half-hour

{next_day}

Gradient boosting is scikit-learn's `HistGradientBoostingRegressor` (absolute error, 300 rounds, untuned) on the very
inputs and target of the LSTM; for the next day it also knows the lead time, and learns from every tenth
origin too.
"""

SERIES = datasets.load_electricity_demand()
TRAIN, VALIDATION, TEST = PARTS = split_by_time(len(SERIES.demand))
DEMAND, MEAN, DEVIATION = standardised(SERIES.demand, TRAIN)


class Table:
    """Rows of results, printed as they come."""

    def __init__(self, truth: np.ndarray):
        self.truth = truth
        self.lines = ["| method | test error, GW | MASE | training | runs |", "|---|---|---|---|---|"]

    def add(self, name: str, runs: list[tuple[np.ndarray, float]]) -> None:
        """One method: a forecast in GW and the seconds of its training for each run."""
        error, sd = claims.spread([metrics.mean_absolute_error(forecast, self.truth) for forecast, _ in runs])
        scale = metrics.mean_absolute_scaled_error(runs[0][0], self.truth, SERIES.demand[TRAIN], models.WEEK)
        scaled = error * scale / metrics.mean_absolute_error(runs[0][0], self.truth)
        seconds, _ = claims.spread([seconds for _, seconds in runs])
        spread = f" ± {sd:.4f}" if len(runs) > 1 else ""
        self.lines.append(f"| {name} | {error:.4f}{spread} | {scaled:.3f} | {seconds:.1f} s | {len(runs)} |")
        print(self.lines[-1], flush=True)

    def __str__(self) -> str:
        return "\n".join(self.lines)


def timed(make_forecast, *arguments) -> tuple[np.ndarray, float]:
    """What `make_forecast` returns, a forecast and the time at which its training was over, with the seconds taken."""
    started = time.perf_counter()
    forecast, trained = make_forecast(*arguments)
    return forecast, trained - started


def ridge(make_inputs, horizon: int, history: int) -> tuple[np.ndarray, float]:
    places = [origins(part, history, horizon) for part in PARTS]
    inputs = [make_inputs(o) for o in places]
    targets = [future(DEMAND, o, horizon) for o in places]
    model = fit_ridge((inputs[0], targets[0]), (inputs[1], targets[1]))
    trained = time.perf_counter()
    return model.predict(inputs[2]).reshape(targets[2].shape) * DEVIATION + MEAN, trained


def published(batch_size: int, epochs: int) -> tuple[np.ndarray, float]:
    """Article A3 §1.4.3 on standardised windows of 100 values."""
    keras.utils.set_random_seed(0)
    layers = [keras.layers.LSTM(50, return_sequences=True), keras.layers.LSTM(50), keras.layers.Dense(1)]
    network = keras.Sequential([keras.Input((100, 1)), *layers])
    network.compile("adam", "mean_squared_error", steps_per_execution=20)
    train, _, test = (origins(part, 100, 1) for part in PARTS)
    network.fit(past(DEMAND, train, 100)[..., None], DEMAND[train], batch_size=batch_size, epochs=epochs, verbose=0)
    trained = time.perf_counter()
    return network.predict(past(DEMAND, test, 100)[..., None], verbose=0) * DEVIATION + MEAN, trained


def boosting(seed: int) -> HistGradientBoostingRegressor:
    return HistGradientBoostingRegressor(loss="absolute_error", max_iter=300, random_state=seed)


def one_step_boosting(seed: int) -> tuple[np.ndarray, float]:
    inputs = models.one_step_inputs(SERIES, TRAIN)
    rows = np.arange(models.ONE_STEP_HISTORY, TRAIN.stop - 1)
    model = boosting(seed).fit(inputs[rows], (lagged(DEMAND, -1) - DEMAND)[rows])
    trained = time.perf_counter()
    before = np.arange(TEST.start - 1, TEST.stop - 1)
    return (SERIES.demand[before] + model.predict(inputs[before]) * DEVIATION)[:, None], trained


def one_step_lstm(seed: int) -> tuple[np.ndarray, float]:
    network, _ = models.one_step_forecaster(SERIES, TRAIN, seed=seed)
    trained = time.perf_counter()
    return models.one_step_forecast(network, SERIES, TRAIN)[TEST][:, None], trained


def next_day_boosting(seed: int, places: np.ndarray) -> tuple[np.ndarray, float]:
    learnt = origins(TRAIN, models.NEXT_DAY_HISTORY, models.DAY)[::10]
    off_week = DEMAND - lagged(DEMAND, models.WEEK)

    def rows(o: np.ndarray) -> np.ndarray:
        inputs = models.next_day_inputs(SERIES, TRAIN, o)
        return inputs.reshape(-1, inputs.shape[-1])

    model = boosting(seed).fit(rows(learnt), future(off_week, learnt, models.DAY).ravel())
    trained = time.perf_counter()
    off = model.predict(rows(places)).reshape(-1, models.DAY)
    return (off + future(lagged(DEMAND, models.WEEK), places, models.DAY)) * DEVIATION + MEAN, trained


def next_day_lstms(seed: int, places: np.ndarray) -> tuple[np.ndarray, float]:
    networks = [models.next_day_forecaster(SERIES, TRAIN, seed=10 * seed + member)[0] for member in range(3)]
    trained = time.perf_counter()
    return models.next_day_forecast(networks, SERIES, TRAIN, places), trained


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a quick look; nothing is written")
    options = parser.parse_args()
    seeds, epochs = (range(1), 2) if options.quick else (range(3), 10)

    print("the next half-hour", flush=True)
    one_step = Table(SERIES.demand[TEST][:, None])
    one_step.add("last value", [(lagged(SERIES.demand, 1)[TEST][:, None], 0.0)])
    one_step.add("ridge, 337 values", [timed(ridge, lambda o: past(DEMAND, o, 337), 1, 700)])
    strong = timed(ridge, lambda o: models.one_step_ridge_inputs(SERIES, TRAIN, o), 1, 700)
    one_step.add("ridge, 700 values and all inputs of the LSTM", [strong])
    one_step.add("gradient boosting, the LSTM's inputs", [timed(one_step_boosting, seed) for seed in seeds])
    one_step.add("**LSTM of chapter 03**", [timed(one_step_lstm, seed) for seed in seeds])
    one_step.add("A3's network, batch 256, 2 epochs", [timed(published, 256, 2)])
    one_step.add(f"A3's network as published, batch 32, {epochs} epochs", [timed(published, 32, epochs)])

    print("the next day", flush=True)
    places = origins(TEST, models.NEXT_DAY_HISTORY, models.DAY)
    next_day = Table(future(SERIES.demand, places, models.DAY))
    next_day.add("as a week ago", [(future(SERIES.demand, places - models.WEEK, models.DAY), 0.0)])
    history = models.NEXT_DAY_HISTORY
    next_day.add("ridge, 700 values", [timed(ridge, lambda o: past(DEMAND, o, 700), models.DAY, history)])
    calendar = timed(ridge, lambda o: models.next_day_ridge_inputs(SERIES, TRAIN, o), models.DAY, history)
    next_day.add("ridge, 700 values and calendar", [calendar])
    weather = timed(ridge, lambda o: models.next_day_ridge_inputs(SERIES, TRAIN, o, True), models.DAY, history)
    next_day.add("the same, told the coming weather (no forecast)", [weather])
    next_day.add("gradient boosting, the LSTMs' inputs", [timed(next_day_boosting, seed, places) for seed in seeds])
    next_day.add("**three LSTMs of chapter 03, averaged**", [timed(next_day_lstms, seed, places) for seed in seeds])

    if not options.quick:
        machine = f"{os.cpu_count()} cores, {platform.machine()}, TensorFlow {version('tensorflow')}"
        write_atomically(PAGE, TEXT.format(machine=machine, one_step=one_step, next_day=next_day))
        print(f"written to {PAGE.name}")


if __name__ == "__main__":
    main()
