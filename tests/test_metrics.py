"""course_utils.metrics: each measure against numbers worked out by hand."""

import numpy as np
import pytest

from course_utils import metrics


def test_paired_difference_of_four_items():
    difference = metrics.paired_difference([1, 1, 1, 0], [1, 0, 0, 0])
    assert difference.mean == 0.5
    assert difference.standard_error == pytest.approx(np.sqrt(1 / 3) / 2)  # differences 0, 1, 1, 0
    assert difference.in_errors == pytest.approx(np.sqrt(3))
    assert str(difference) == "+0.5000 ± 0.2887"


def test_pairing_makes_a_small_difference_visible():
    rng = np.random.default_rng(0)
    first = (rng.random(1000) < 0.8).astype(float)
    second = first.copy()
    second[np.flatnonzero(first)[:20]] = 0
    unpaired = np.sqrt(first.var() / 1000 + second.var() / 1000)
    assert metrics.paired_difference(first, second).in_errors > 4 > 2 > 0.02 / unpaired


def test_equal_systems_have_no_difference():
    assert metrics.paired_difference([1, 0], [1, 0]).mean == 0
    assert metrics.paired_difference([1, 1], [0, 0]).in_errors == np.inf


@pytest.mark.parametrize(("first", "second"), [([1, 0], [1]), ([1], [1]), ([[1, 0]], [[0, 1]])])
def test_paired_difference_needs_pairs(first, second):
    with pytest.raises(ValueError, match="same items"):
        metrics.paired_difference(first, second)


def test_balanced_accuracy_weighs_classes_equally():
    labels = [0, 0, 0, 0, 1, 1]
    assert metrics.balanced_accuracy(labels, [0, 0, 0, 0, 0, 1]) == pytest.approx(0.75)
    assert metrics.balanced_accuracy(labels, [0] * 6) == 0.5  # a constant answer
    assert np.mean(np.equal(labels, 0)) > 0.6  # which plain accuracy rewards
