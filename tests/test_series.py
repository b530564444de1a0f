"""Parts in the order of time, lags, windows, and the check that no input knows the future."""

from typing import NamedTuple

import numpy as np
import pytest

from course_utils.series import (
    Parts,
    change_by_future,
    fit_ridge,
    future,
    lagged,
    origins,
    past,
    split_by_time,
    standardised,
)


class Series(NamedTuple):
    demand: np.ndarray
    is_working_day: np.ndarray


@pytest.fixture
def series():
    rng = np.random.default_rng(0)
    return Series(rng.standard_normal(100), rng.random(100) < 0.7)


@pytest.mark.parametrize(("count", "stops"), [(10, (7, 8, 10)), (17_520, (12_264, 14_016, 17_520)), (3, (2, 2, 3))])
def test_parts_follow_each_other_and_cover_everything(count, stops):
    if stops[0] == stops[1]:
        with pytest.raises(ValueError, match="empty"):
            split_by_time(count)
    else:
        first, second, last = stops
        assert split_by_time(count) == Parts(slice(0, first), slice(first, second), slice(second, last))


@pytest.mark.parametrize(
    ("steps", "expected"),
    [(0, [1, 2, 3, 4]), (1, [np.nan, 1, 2, 3]), (3, [np.nan] * 3 + [1]), (-1, [2, 3, 4, np.nan])],
)
def test_lag_is_the_earlier_value_and_nan_where_there_is_none(steps, expected):
    np.testing.assert_array_equal(lagged(np.array([1, 2, 3, 4]), steps), expected)


def test_scaling_knows_the_training_part_alone(series):
    scaled, mean, deviation = standardised(series.demand, slice(0, 70))
    assert scaled[:70].mean() == pytest.approx(0)
    assert scaled[:70].std() == pytest.approx(1)
    np.testing.assert_allclose(scaled * deviation + mean, series.demand)
    louder = np.append(series.demand[:70], 100 + series.demand[70:])
    np.testing.assert_array_equal(standardised(louder, slice(0, 70))[0][:70], scaled[:70])


def test_targets_of_all_origins_lie_in_their_part_and_their_past_exists():
    places = origins(slice(0, 20), history=5, horizon=3)
    assert list(places) == list(range(5, 18))
    assert list(origins(slice(20, 30), history=5, horizon=3)) == list(range(20, 28))
    values = np.arange(30)
    np.testing.assert_array_equal(past(values, places, 5)[0], [0, 1, 2, 3, 4])
    np.testing.assert_array_equal(future(values, places, 3)[-1], [17, 18, 19])


@pytest.mark.parametrize(("function", "place"), [(past, 4), (future, -1), (future, 28)])
def test_windows_do_not_wrap_around_the_ends(function, place):
    with pytest.raises(ValueError, match="leave the 30 values"):
        function(np.arange(30), [10, place], 5 if function is past else 3)


def test_ridge_chooses_its_strength_on_the_validation_part():
    rng = np.random.default_rng(1)
    weights = rng.standard_normal(8)
    train, validation = (rng.standard_normal((rows, 8)) for rows in (12, 500))
    noise = 2 * rng.standard_normal(12)
    given = (train, train @ weights + noise), (validation, validation @ weights)
    errors = {
        strength: np.abs(fit_ridge(*given, strengths=[strength]).predict(validation) - given[1][1]).mean()
        for strength in (0.01, 1, 100)
    }
    chosen = fit_ridge(*given, strengths=list(errors))
    assert chosen[-1].alpha == min(errors, key=errors.get)


def test_ridge_chooses_the_same_strength_for_targets_in_one_column():
    rng = np.random.default_rng(1)
    inputs = rng.standard_normal((100, 8))
    targets = inputs @ rng.standard_normal((8, 1))  # without noise: the weaker penalty is better
    assert fit_ridge((inputs, targets), (inputs, targets), strengths=[0.01, 1e6])[-1].alpha == 0.01


@pytest.mark.parametrize(
    ("make_inputs", "is_honest"),
    [
        (lambda s: past(s.demand, [60], 10), True),
        (lambda s: future(s.is_working_day.astype(float), [60], 10), True),  # a calendar is known in advance
        (lambda s: past(s.demand, [61], 10), False),
        (lambda s: (s.demand - s.demand.mean())[:60], False),
        (lambda s: lagged(s.demand, 1)[:60], False),  # its first value is NaN
    ],
)
def test_input_that_knows_the_future_changes_with_it(series, make_inputs, is_honest):
    assert (change_by_future(make_inputs, series, 60, ["demand"]) == 0) is is_honest
