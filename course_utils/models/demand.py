"""The trained models of chapter 03."""

from collections.abc import Sequence

import keras
import numpy as np

from course_utils.datasets import ElectricityDemand
from course_utils.series import future, lagged, origins, past, standardised

CHANGE_SCALE = 3.0  # a change within half an hour is about a third of the demand's spread: brings it near 1
ONE_STEP_HISTORY = 672  # half-hours that the inputs look back: two weeks
NEXT_DAY_HISTORY = 720  # two weeks and a day
DAY, WEEK = 48, 336  # in half-hours
FADES = (3.0, 12.0)  # half-hours after which the news at the origin has faded to 1 / e


def _compile(network: keras.Model, rate: float, steps: int, loss: str = "mae") -> None:
    """Adam for so many steps; the rate rises for up to 50 of them, then falls along a cosine.

    The weights are averaged over about the last fifth of the steps (Polyak and Juditsky, 1992).
    """
    warm_up = min(50, steps // 4)
    schedule = keras.optimizers.schedules.CosineDecay(
        rate / 10, steps - warm_up, alpha=0.01, warmup_target=rate, warmup_steps=warm_up
    )
    optimizer = keras.optimizers.Adam(schedule, use_ema=True, ema_momentum=1 - 5 / steps, clipnorm=1.0)
    network.compile(optimizer, loss)


def half_hour_and_weekday(series: ElectricityDemand) -> tuple[np.ndarray, np.ndarray]:
    """Half-hour of the day (0…47) and weekday (0 = Monday) of every place."""
    minutes = series.time.astype("datetime64[m]").astype(int)
    return minutes // 30 % DAY, (minutes // 1440 + 3) % 7  # 1 January 1970 was a Thursday


def one_step_inputs(series: ElectricityDemand, train: slice) -> np.ndarray:
    """Row t: what is known after half-hour t about the change of demand from t to t + 1.

    Args:
        series: see `datasets.load_electricity_demand`.
        train: the training part; its mean and standard deviation scale all values.

    Returns:
        float32, shape (count, 82). Rows that lack a lag or the next day's calendar have NaN.
    """
    demand, temperature = (standardised(values, train)[0] for values in (series.demand, series.temperature))
    half_hour, weekday = half_hour_and_weekday(series)
    change = CHANGE_SCALE * (demand - lagged(demand, 1))
    columns = [demand, change, lagged(change, 1), lagged(change, 2)]
    columns += [lagged(change, days * DAY - 1) for days in (1, 2, 3, 4, 5, 6, 7, 14)]  # the same change on earlier days
    for lag in (DAY, WEEK):
        columns += [lagged(change, lag - 2), lagged(change, lag), demand - lagged(demand, lag)]
    columns += [temperature, 2 * (temperature - lagged(temperature, 1)), temperature - lagged(temperature, DAY)]
    next_half_hour = (half_hour + 1) % DAY  # the calendar of the target is known
    for waves in (1, 2, 3, 4):
        angle = 2 * np.pi * waves * next_half_hour / DAY
        columns += [np.sin(angle), np.cos(angle)]
    next_weekday = np.where(next_half_hour == 0, weekday + 1, weekday) % 7
    columns += [np.sin(2 * np.pi * next_weekday / 7), np.cos(2 * np.pi * next_weekday / 7)]
    columns += [lagged(series.is_working_day, lag - 1) for lag in (0, DAY, WEEK)]
    return np.column_stack([*columns, np.eye(DAY)[next_half_hour]]).astype("float32")


def one_step_network(input_count: int, units: int = 64) -> keras.Model:
    """Maps sequences of shape (batch, time, input_count) to (batch, time, 1): an LSTM beside a linear path."""
    sequence = keras.Input((None, input_count))
    memory = keras.layers.LSTM(units, return_sequences=True)(sequence)
    both = keras.layers.Concatenate()([memory, sequence])
    return keras.Model(sequence, keras.layers.Dense(1)(both))


def one_step_forecaster(
    series: ElectricityDemand, train: slice, validation: slice | None = None, seed: int = 0, epochs: int = 6
) -> tuple[keras.Model, dict[str, list[float]]]:
    """Chapter 03's LSTM for the next half-hour, trained: about 0.018 GW of mean absolute error on the test part.

    It forecasts the *change* of demand, on subsequences of 96 half-hours whose first 24 are not judged.

    Args:
        series, train: see `one_step_inputs`; only the training part is learnt from.
        validation: a part whose loss is followed during the training, or None.
        seed: of the first weights and the order of the subsequences.
        epochs: how often each subsequence is seen.

    Returns:
        The network (37,779 parameters) and the history of losses: mean absolute errors in thirds of the training part's
        standard deviation, times 72 / 96, since the steps that are not judged count as errors of 0.
    """
    keras.utils.set_random_seed(seed)
    length, warm_up, batch_size = 96, 24, 32
    inputs = one_step_inputs(series, train)
    demand = standardised(series.demand, train)[0]
    target = CHANGE_SCALE * (lagged(demand, -1) - demand)

    def subsequences(first: int, last: int, stride: int) -> tuple:
        rows = np.arange(first, last - length, stride)[:, None] + np.arange(length)
        judged = np.broadcast_to((np.arange(length) >= warm_up).astype("float32"), rows.shape)
        return inputs[rows], target[rows][..., None].astype("float32"), judged

    network = one_step_network(inputs.shape[1])
    x, y, judged = subsequences(ONE_STEP_HISTORY, train.stop - 1, stride=8)
    _compile(network, rate=0.02, steps=-(-len(x) // batch_size) * epochs)
    watched = validation and subsequences(validation.start - warm_up, validation.stop - 1, stride=length - warm_up)
    history = network.fit(
        x, y, sample_weight=judged, batch_size=batch_size, epochs=epochs, validation_data=watched, verbose=0
    )
    return network, history.history


def one_step_forecast(network: keras.Model, series: ElectricityDemand, train: slice) -> np.ndarray:
    """Forecasts of every half-hour from the one before it, in GW, shape (count,); NaN for the first two weeks.

    The network reads the year once, from the left; each forecast uses only what it has read.
    """
    inputs = one_step_inputs(series, train)[ONE_STEP_HISTORY:-1]
    change = network.predict(inputs[None], verbose=0)[0, :, 0] / CHANGE_SCALE * standardised(series.demand, train)[2]
    forecast = np.full(len(series.demand), np.nan)
    forecast[ONE_STEP_HISTORY + 1 :] = series.demand[ONE_STEP_HISTORY:-1] + change
    return forecast


def _mean_of_last_day(values: np.ndarray) -> np.ndarray:
    """The mean of the value and the 47 before it; the first 47 places lack some and have NaN."""
    return np.concatenate([np.full(DAY - 1, np.nan), np.convolve(values, np.ones(DAY) / DAY, "valid")])


def _about_the_target(series: ElectricityDemand, demand: np.ndarray, temperature: np.ndarray) -> np.ndarray:
    """Row u: what is known a day ahead about half-hour u: earlier days, calendar, yesterday's weather."""
    half_hour, weekday = half_hour_and_weekday(series)
    working = series.is_working_day.astype(float)
    week_ago, warmth = lagged(demand, WEEK), _mean_of_last_day(temperature)
    columns = [week_ago]
    for days in (1, 2, 3, 4, 5, 6, 7, 14):
        columns += [lagged(demand, days * DAY) - week_ago, lagged(working, days * DAY) - working]
    columns += [lagged(demand, DAY + 1) - lagged(demand, DAY), lagged(demand, WEEK + 1) - week_ago]
    columns += [working, np.append(working[DAY:], np.zeros(DAY))]  # and the day after; 1 January is a holiday
    columns += [lagged(temperature, DAY), lagged(warmth, DAY), lagged(warmth, 2 * DAY)]
    columns += [lagged(temperature, WEEK) - lagged(temperature, DAY)]
    return np.column_stack([*columns, np.eye(DAY)[half_hour], np.eye(7)[weekday]]).astype("float32")


def _news_at_the_origin(demand: np.ndarray, temperature: np.ndarray) -> np.ndarray:
    """Row o: how the last known values, those before o, differ from a day and a week ago."""
    off_week, off_day = demand - lagged(demand, WEEK), demand - lagged(demand, DAY)
    level, warmth = _mean_of_last_day(demand), _mean_of_last_day(temperature)
    columns = [off_week, off_day, temperature, temperature - lagged(temperature, DAY), warmth]
    columns += [level - lagged(level, DAY), level - lagged(level, WEEK), lagged(level, WEEK)]
    columns += [lagged(off_week, lag) - off_week for lag in (1, 2)]
    return np.column_stack([lagged(column, 1) for column in columns]).astype("float32")


def next_day_inputs(series: ElectricityDemand, train: slice, places: np.ndarray) -> np.ndarray:
    """For each origin, one row for each of the 48 half-hours to come; nothing in it is measured at the origin or later.

    A row holds what is known about its half-hour, the news at the origin (plain, and fading with the lead time), and
    the lead time.

    Args:
        series, train: see `one_step_inputs`.
        places: origins, at least `NEXT_DAY_HISTORY`; shape (origins,).

    Returns:
        float32, shape (origins, 48, 111).
    """
    demand, temperature = (standardised(values, train)[0] for values in (series.demand, series.temperature))
    lead = np.arange(DAY)
    news = np.repeat(_news_at_the_origin(demand, temperature)[places][:, None], DAY, axis=1)
    faded = [news * np.exp(-lead / fade)[:, None].astype("float32") for fade in FADES]
    position = np.broadcast_to(((lead + 1) / DAY).astype("float32")[:, None], (len(places), DAY, 1))
    about = _about_the_target(series, demand, temperature)[np.asarray(places)[:, None] + lead]
    return np.concatenate([about, news, *faded, position], axis=-1)


def next_day_network(input_count: int, units: int = 32) -> keras.Model:
    """Maps the rows of a day, shape (batch, 48, input_count), to (batch, 48, 1): an LSTM in both directions.

    Reading backwards is honest here: all rows of the coming day are known at the origin.
    """
    day = keras.Input((DAY, input_count))
    x = keras.layers.Dropout(0.1)(day)
    memory = keras.layers.Bidirectional(keras.layers.LSTM(units, return_sequences=True))(x)
    both = keras.layers.Concatenate()([keras.layers.Dropout(0.2)(memory), x])
    return keras.Model(day, keras.layers.Dense(1)(both))


def next_day_forecaster(
    series: ElectricityDemand, train: slice, validation: slice | None = None, seed: int = 0, epochs: int = 10
) -> tuple[keras.Model, dict[str, list[float]]]:
    """One of chapter 03's networks for the next 48 half-hours, trained: about 0.19 GW on the test part, three of them
    averaged about 0.183 GW.

    It forecasts how far demand is off a week ago. Every tenth origin is learnt from, beginning at the seed's last
    digit: neighbours share 47 of 48 targets, and networks of different seeds see different origins.

    Args:
        series, train, validation: see `one_step_forecaster`.
        seed: of the first weights, the dropout, the order and the choice of origins.
        epochs: how often each origin is seen.

    Returns:
        The network (37,040 parameters) and the history of losses, in units of the training part's standard deviation.
    """
    keras.utils.set_random_seed(seed)
    stride, batch_size = 10, 32
    demand = standardised(series.demand, train)[0]
    off_week = demand - lagged(demand, WEEK)

    def examples(places: np.ndarray) -> tuple:
        return next_day_inputs(series, train, places), future(off_week, places, DAY)[..., None].astype("float32")

    x, y = examples(origins(train, NEXT_DAY_HISTORY, DAY)[seed % stride :: stride])
    network = next_day_network(x.shape[-1])
    _compile(network, rate=0.003, steps=-(-len(x) // batch_size) * epochs)
    watched = validation and examples(origins(validation, NEXT_DAY_HISTORY, DAY)[::stride])
    history = network.fit(x, y, batch_size=batch_size, epochs=epochs, validation_data=watched, verbose=0)
    return network, history.history


def next_day_forecast(
    networks: Sequence[keras.Model], series: ElectricityDemand, train: slice, places: np.ndarray
) -> np.ndarray:
    """The networks' average forecast of the 48 half-hours from each origin on, in GW, shape (origins, 48)."""
    demand, mean, deviation = standardised(series.demand, train)
    inputs = next_day_inputs(series, train, places)
    off_week = np.mean([network(inputs, training=False)[..., 0] for network in networks], axis=0)
    return (off_week + future(lagged(demand, WEEK), places, DAY)) * deviation + mean


def one_step_ridge_inputs(series: ElectricityDemand, train: slice, places: np.ndarray) -> np.ndarray:
    """What the strongest linear rival of `one_step_forecaster` gets: more than the network.

    Returns:
        The last 700 values, the row of `one_step_inputs`, the half-hour apart for working days; shape (places, 830).
    """
    demand = standardised(series.demand, train)[0]
    half_hour, _ = half_hour_and_weekday(series)
    apart = np.eye(DAY)[half_hour[places]] * series.is_working_day[places, None]
    return np.hstack([past(demand, places, 700), one_step_inputs(series, train)[places - 1], apart])


def next_day_ridge_inputs(
    series: ElectricityDemand, train: slice, places: np.ndarray, knows_the_weather: bool = False
) -> np.ndarray:
    """What the linear rivals of `next_day_forecaster` get: 700 values, calendar, and the hour apart for working days.

    Args:
        series, train, places: see `next_day_inputs`.
        knows_the_weather: add the temperatures of the coming day, measured later. That is no forecast.

    Returns:
        Shape (places, 935), or (places, 1079).
    """
    demand, temperature = (standardised(values, train)[0] for values in (series.demand, series.temperature))
    half_hour, weekday = half_hour_and_weekday(series)
    hour = np.eye(DAY)[half_hour[places]]
    target, yesterday, week_ago = (
        future(series.is_working_day.astype(float), places - lag, DAY) for lag in (0, DAY, WEEK)
    )
    flags = [working[:, ::4] for working in (target, yesterday, week_ago)]
    apart = [hour * working for working in (target[:, :1], target[:, -1:], yesterday[:, :1])]
    columns = [past(demand, places, 700), hour, np.eye(7)[weekday[places]], *flags, *apart]
    if knows_the_weather:
        coming = future(temperature, places, DAY)
        columns += [coming, np.maximum(coming, 0) ** 2, np.minimum(coming, 0) ** 2]
    return np.hstack(columns)


def demand_label_inputs(series: ElectricityDemand, train: slice) -> np.ndarray:
    """Temperature, working day, half-hour and weekday of every place, but no demand; float32, shape (count, 57)."""
    half_hour, weekday = half_hour_and_weekday(series)
    temperature = standardised(series.temperature, train)[0]
    columns = [temperature, series.is_working_day, np.eye(DAY)[half_hour], np.eye(7)[weekday]]
    return np.column_stack(columns).astype("float32")


def demand_tenths(series: ElectricityDemand, train: slice) -> np.ndarray:
    """The tenth that each value of demand falls into, 0 (lowest) to 9; the edges are those of the training part."""
    return np.digitize(series.demand, np.quantile(series.demand[train], np.arange(1, 10) / 10))


def demand_labeller(
    series: ElectricityDemand, train: slice, seed: int = 0, length: int = 96, unjudged: int = 48, epochs: int = 6
) -> keras.Model:
    """Chapter 03's network that names the tenth of demand from weather and calendar, trained: about 0.4 right.

    Two LSTM(64) and ten softmax outputs at every step, after article A1 §4.3.

    Args:
        series, train: see `one_step_inputs`; only the training part is learnt from.
        seed: of the first weights, the dropout and the order of the subsequences.
        length: steps of a subsequence; they begin 12 apart, or follow each other if they are shorter.
        unjudged: first steps of a subsequence whose labels do not count.
        epochs: how often each subsequence is seen.

    Returns:
        The network, which maps inputs of shape (batch, time, 57) to probabilities of shape (batch, time, 10).
    """
    keras.utils.set_random_seed(seed)
    inputs, labels, batch_size = demand_label_inputs(series, train), demand_tenths(series, train), 32
    network = keras.Sequential([keras.Input((None, inputs.shape[1]))])
    for _ in range(2):
        network.add(keras.layers.LSTM(64, return_sequences=True))
        network.add(keras.layers.Dropout(0.2))
    network.add(keras.layers.Dense(10, activation="softmax"))
    rows = np.arange(train.start, train.stop - length + 1, min(12, length))[:, None] + np.arange(length)
    judged = np.broadcast_to((np.arange(length) >= unjudged).astype("float32"), rows.shape)
    steps = -(-len(rows) // batch_size) * epochs
    _compile(network, rate=0.01, steps=steps, loss="sparse_categorical_crossentropy")
    network.fit(inputs[rows], labels[rows], sample_weight=judged, batch_size=batch_size, epochs=epochs, verbose=0)
    return network
