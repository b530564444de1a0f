"""Time series: parts in the order of time, lags, windows, and a check that no input knows the future."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


class Parts(NamedTuple):
    """Three slices of one series, in the order of time: each begins where the one before it ends."""

    train: slice
    validation: slice
    test: slice


def split_by_time(count: int, train: float = 0.7, validation: float = 0.1) -> Parts:
    """The first 70 % of `count` values for training, the next 10 % for validation, the last 20 % for the test.

    Raises:
        ValueError: a part would be empty.
    """
    first, second = int(round(train * count, 6)), int(round((train + validation) * count, 6))
    if not 0 < first < second < count:
        raise ValueError(f"Shares of {train} and {validation} leave a part of {count} values empty.")
    return Parts(slice(0, first), slice(first, second), slice(second, count))


def lagged(values: np.ndarray, steps: int) -> np.ndarray:
    """The value `steps` earlier at every place (later, if negative), shape (count,); NaN where there is none.

    NaN, not zero: a place that is used by mistake then spoils what is computed from it, and is noticed.
    """
    result = np.full(len(values), np.nan)
    if steps >= 0:
        result[steps:] = values[: len(values) - steps]
    else:
        result[:steps] = values[-steps:]
    return result


def standardised(values: np.ndarray, train: slice) -> tuple[np.ndarray, float, float]:
    """All values with the mean and standard deviation of the training part alone; then these two numbers."""
    mean, deviation = float(np.mean(values[train])), float(np.std(values[train]))
    return (values - mean) / deviation, mean, deviation


def origins(part: slice, history: int, horizon: int) -> np.ndarray:
    """The places o of a part from which its next values o … o + horizon − 1 can be forecast.

    All targets lie in the part; the `history` values before o may lie in an earlier part, since they are known.
    """
    return np.arange(max(part.start, history), part.stop - horizon + 1)


def past(values: np.ndarray, places: np.ndarray, length: int) -> np.ndarray:
    """The `length` values before each place, oldest first; shape (places, length).

    Raises:
        ValueError: there are fewer before a place. (NumPy would count on from the end, which is the future.)
    """
    return future(values, np.asarray(places) - length, length)


def future(values: np.ndarray, places: np.ndarray, length: int) -> np.ndarray:
    """The `length` values from each place on; shape (places, length).

    Raises:
        ValueError: a place lies before the first value, or has fewer values after it.
    """
    places = np.asarray(places)
    if places.size and not 0 <= places.min() <= places.max() <= len(values) - length:
        raise ValueError(f"The windows at {places.min()} to {places.max()} leave the {len(values)} values.")
    return sliding_window_view(values, length)[places]


def fit_ridge(train: tuple, validation: tuple, strengths: Sequence[float] = (0.1, 1, 10, 100, 1000)):
    """Linear regression with an L2 penalty (Hoerl and Kennard, 1970) whose strength is chosen on the validation part.

    Args:
        train, validation: inputs of shape (rows, inputs) and targets of shape (rows,) or (rows, outputs).
        strengths: the penalties to try, on inputs with standard deviation 1.

    Returns:
        The fitted model with the smallest mean absolute error on the validation part; it has `predict`.
    """
    from sklearn.linear_model import Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    models = [make_pipeline(StandardScaler(), Ridge(strength)).fit(*train) for strength in strengths]
    inputs, targets = validation
    # reshape: for targets of one column, predict returns a plain row, and the difference would be a table
    errors = [np.abs(model.predict(inputs).reshape(targets.shape) - targets).mean() for model in models]
    return models[int(np.argmin(errors))]


def change_by_future(make_inputs: Callable, series: NamedTuple, origin: int, names: Sequence[str], seed: int = 0):
    """How far inputs change at most when everything from `origin` on becomes noise: 0 if they know only the past.

    Args:
        make_inputs: maps such a series to the inputs of forecasts that are made at `origin` or before, an array.
        series: a named tuple of arrays.
        origin: the first place that is unknown.
        names: the fields to replace, such as demand and temperature; a calendar is known in advance.
        seed: of the noise.

    Returns:
        The largest absolute change of an input; infinity if one is not finite.
    """
    rng = np.random.default_rng(seed)
    replaced = {}
    for name in names:
        values = np.array(getattr(series, name), dtype=float)
        values[origin:] = rng.normal(values.mean(), values.std(), len(values) - origin)
        replaced[name] = values
    before, after = make_inputs(series), make_inputs(series._replace(**replaced))
    change = np.abs(after - before).max()
    return float(change) if np.isfinite(change) else float("inf")
