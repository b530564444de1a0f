"""Figures that more than one chapter draws."""

import matplotlib
import matplotlib.pyplot
import numpy as np
import pytest

from course_utils import plotting

matplotlib.use("Agg")


@pytest.fixture
def axes():
    figure, axes = matplotlib.pyplot.subplots()
    yield axes
    matplotlib.pyplot.close(figure)


def test_attention_map_labels_queries_and_keys(axes):
    plotting.attention_map(axes, np.eye(2, 3), ["K", "AE"], ["c", "a", "t"])
    assert [label.get_text() for label in axes.get_xticklabels()] == ["c", "a", "t"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["K", "AE"]


def test_attention_map_refuses_weights_of_another_shape(axes):
    with pytest.raises(ValueError, match="3 queries and 2 keys do not fit"):
        plotting.attention_map(axes, np.eye(2, 3), ["c", "a", "t"], ["K", "AE"])
