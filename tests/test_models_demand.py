"""The trained models of the course: shapes, honest inputs, and that they learn."""

import numpy as np
import pytest

from course_utils import datasets, models
from course_utils.series import change_by_future, future, origins, split_by_time


@pytest.fixture(scope="module")
def demand():
    return datasets.load_electricity_demand()


@pytest.fixture(scope="module")
def parts(demand):
    return split_by_time(len(demand.demand))


def test_calendar_agrees_with_the_times(demand):
    half_hour, weekday = models.half_hour_and_weekday(demand)
    assert half_hour[:3].tolist() == [0, 1, 2]
    assert half_hour[47:49].tolist() == [47, 0]
    assert weekday[0] == 2  # 1 January 2014 was a Wednesday
    assert not demand.is_working_day[weekday >= 5].any()


def test_inputs_are_complete_after_two_weeks(demand, parts):
    rows = models.one_step_inputs(demand, parts.train)
    assert rows.shape == (17_520, 82)
    assert rows.dtype == np.float32
    assert np.isfinite(rows[models.ONE_STEP_HISTORY : -1]).all()
    places = np.array([models.NEXT_DAY_HISTORY, parts.test.stop - models.DAY])
    day = models.next_day_inputs(demand, parts.train, places)
    assert day.shape == (2, 48, 111)
    assert day.dtype == np.float32
    assert np.isfinite(day).all()


@pytest.mark.parametrize("origin", [13_000, 15_013])
def test_inputs_do_not_know_the_future(demand, parts, origin):
    measured = ["demand", "temperature"]

    def one_step(series):
        return models.one_step_inputs(series, parts.train)[models.ONE_STEP_HISTORY : origin]

    def next_day(series):
        return models.next_day_inputs(series, parts.train, np.array([origin]))

    assert change_by_future(one_step, demand, origin, measured) == 0
    assert change_by_future(next_day, demand, origin, measured) == 0
    assert change_by_future(next_day, demand, origin - 1, measured) > 0  # the check can fail


def test_rivals_know_the_future_only_when_they_are_told(demand, parts):
    places, measured = np.array([13_000]), ["demand", "temperature"]

    def change(make_inputs, **options):
        return change_by_future(lambda s: make_inputs(s, parts.train, places, **options), demand, 13_000, measured)

    assert models.one_step_ridge_inputs(demand, parts.train, places).shape == (1, 830)
    assert models.next_day_ridge_inputs(demand, parts.train, places).shape == (1, 935)
    assert change(models.one_step_ridge_inputs) == change(models.next_day_ridge_inputs) == 0
    assert change(models.next_day_ridge_inputs, knows_the_weather=True) > 0


def test_tenths_are_equally_full_in_training_and_labels_see_no_demand(demand, parts):
    tenths = models.demand_tenths(demand, parts.train)
    assert np.allclose(np.bincount(tenths[parts.train]) / parts.train.stop, 0.1, atol=0.001)
    inputs = models.demand_label_inputs(demand, parts.train)
    assert inputs.shape == (17_520, 57)
    np.testing.assert_array_equal(inputs, models.demand_label_inputs(demand._replace(demand=0), parts.train))


@pytest.mark.notebook
@pytest.mark.parametrize(("length", "unjudged"), [(96, 48), (10, 0)])
def test_labeller_learns_and_has_a_label_for_every_step(demand, parts, length, unjudged):
    short = slice(0, 3000)
    network = models.demand_labeller(demand, short, 0, length, unjudged, epochs=2)
    probabilities = network(models.demand_label_inputs(demand, short)[None, :960]).numpy()
    np.testing.assert_allclose(probabilities.sum(axis=-1), np.ones((1, 960)), rtol=1e-4)
    right = probabilities[0].argmax(axis=-1) == models.demand_tenths(demand, short)[:960]
    assert right.mean() > 0.15


@pytest.mark.notebook
def test_one_step_forecaster_learns_and_repeats_itself(demand, parts):
    short = slice(0, 3000)
    network, history = models.one_step_forecaster(demand, short, seed=3, epochs=2)
    assert network.count_params() == 37_779
    assert history["loss"][-1] < history["loss"][0]
    forecast = models.one_step_forecast(network, demand, short)
    assert np.isnan(forecast[: models.ONE_STEP_HISTORY + 1]).all()
    assert np.isfinite(forecast[models.ONE_STEP_HISTORY + 1 :]).all()
    again, _ = models.one_step_forecaster(demand, short, seed=3, epochs=2)
    np.testing.assert_allclose(models.one_step_forecast(again, demand, short)[700:], forecast[700:], rtol=1e-4)
    stretch = slice(3000, 4000)
    last_value = np.abs(np.diff(demand.demand[2999:4000])).mean()
    assert np.abs(forecast - demand.demand)[stretch].mean() < last_value


@pytest.mark.notebook
def test_next_day_forecaster_learns_and_averages(demand, parts):
    short, validation = slice(0, 4000), slice(4000, 4400)
    trained = [models.next_day_forecaster(demand, short, validation, seed, epochs=2) for seed in (0, 1)]
    networks = [network for network, _ in trained]
    assert networks[0].count_params() == 37_040
    assert all(history["loss"][-1] < history["loss"][0] and "val_loss" in history for _, history in trained)
    places = origins(validation, models.NEXT_DAY_HISTORY, models.DAY)
    both = models.next_day_forecast(networks, demand, short, places)
    apart = [models.next_day_forecast([network], demand, short, places) for network in networks]
    np.testing.assert_allclose(both, np.mean(apart, axis=0), rtol=1e-4)
    assert both.shape == future(demand.demand, places, models.DAY).shape
