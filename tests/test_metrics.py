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


def test_absolute_error_is_the_mean_distance_and_refuses_different_shapes():
    assert metrics.mean_absolute_error([1, 2, 4], [1, 4, 3]) == pytest.approx(1)
    with pytest.raises(ValueError, match="same shape"):
        metrics.mean_absolute_error(np.zeros((3, 1)), np.zeros(3))


@pytest.mark.parametrize(("season", "scale"), [(1, (1 + 2 + 1 + 2) / 4), (2, (3 + 1 + 1) / 3)])
def test_scaled_error_divides_by_what_repeating_the_season_costs(season, scale):
    training = [0, 1, 3, 2, 4]
    assert metrics.mean_absolute_scaled_error([5.0], [7.0], training, season) == pytest.approx(2 / scale)


def test_repeating_the_season_has_a_scaled_error_of_one_where_the_scale_was_taken():
    training = np.random.default_rng(0).standard_normal(60)
    assert metrics.mean_absolute_scaled_error(training[:-7], training[7:], training, 7) == pytest.approx(1)


@pytest.mark.parametrize(("training", "season"), [([1, 2, 3], 3), ([1, 2, 3], 0), ([1, 2, 1, 2, 1], 2)])
def test_scale_that_does_not_exist_is_refused(training, season):
    with pytest.raises(ValueError, match=r"season|repeats"):
        metrics.mean_absolute_scaled_error([1.0], [2.0], training, season)


def test_coverage_counts_the_ends():
    assert metrics.interval_coverage([0, 0, 0, 0], [1, 1, 1, 1], np.array([0, 1, 0.5, 1.1])) == 0.75


def test_bootstrap_of_blocks_knows_that_neighbours_agree():
    independent = np.random.default_rng(0).standard_normal(50)
    repeated = np.repeat(independent, 20)
    blocks, single = (metrics.block_bootstrap(repeated, block).standard_error for block in (20, 1))
    assert blocks == pytest.approx(independent.std() / np.sqrt(50), rel=0.1)
    assert single < blocks / 3
    result = metrics.block_bootstrap(repeated, 20)
    assert result.low < result.mean < result.high
    assert result.mean == pytest.approx(independent.mean())
    with pytest.raises(ValueError, match="two blocks"):
        metrics.block_bootstrap(repeated, 1000)


def test_conformal_intervals_cover_what_resembles_the_past():
    errors = np.abs(np.random.default_rng(0).standard_normal((3000, 2)))
    places = np.arange(3000)
    for options in ({"growing": False}, {}, {"step": 0.005}):
        inside = errors[1000:] <= metrics.conformal_half_widths(errors, places, 1000, **options)
        assert inside.mean() == pytest.approx(0.9, abs=0.02)


def test_only_the_adaptive_level_follows_a_change():
    errors = (
        np.abs(np.random.default_rng(0).standard_normal((4000, 1))) * np.where(np.arange(4000) < 1000, 1, 2)[:, None]
    )
    places = np.arange(4000)
    fixed, growing, adaptive = (
        np.mean(errors[1000:] <= metrics.conformal_half_widths(errors, places, 1000, **options))
        for options in ({"growing": False}, {}, {"step": 0.005})
    )
    assert fixed < 0.65 < growing < adaptive < 0.92


def test_conformal_intervals_use_no_error_before_its_target_is_over():
    rng = np.random.default_rng(0)
    errors, places = np.abs(rng.standard_normal((300, 5))), np.arange(300)
    widths = metrics.conformal_half_widths(errors, places, 100, step=0.01)
    changed = errors.copy()
    changed[196:] = 100  # at origin 200, forecasts from origin 196 on have targets at 200 or later
    assert np.array_equal(widths[:101], metrics.conformal_half_widths(changed, places, 100, step=0.01)[:101])
    with pytest.raises(ValueError, match="No forecast is over"):
        metrics.conformal_half_widths(errors, places, 3)


def test_errors_that_a_group_shares_do_not_count_as_independent():
    rng = np.random.default_rng(0)
    group = np.repeat(np.arange(40), 25)
    means = []
    for _ in range(400):  # what one group has in common is drawn once
        values = rng.normal(size=40)[group] + rng.normal(size=1000)
        means.append(metrics.paired_difference(values, np.zeros(1000), group))
    errors = np.mean([each.standard_error for each in means])
    assert errors == pytest.approx(np.std([each.mean for each in means]), rel=0.15)
    alone = metrics.paired_difference(values, np.zeros(1000))
    assert alone.standard_error < 0.5 * errors
    each_its_own = metrics.paired_difference(values, np.zeros(1000), np.arange(1000))
    assert each_its_own.standard_error == pytest.approx(alone.standard_error)


def test_groups_must_fit():
    with pytest.raises(ValueError, match="group each"):
        metrics.paired_difference(np.ones(3), np.zeros(3), np.zeros(3))


def test_root_mean_squared_error_on_paper_and_refuses_different_shapes():
    assert metrics.root_mean_squared_error([1, 2, 3], [1, 2, 6]) == pytest.approx(np.sqrt(3))
    with pytest.raises(ValueError, match="same shape"):
        metrics.root_mean_squared_error(np.zeros(3), np.zeros((3, 1)))


def test_ranking_on_paper():
    scores = np.array([[9.0, 8, 7, 6], [1, 2, 3, 4], [4, 3, 2, 1]])
    seen = np.array([[1, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]], dtype=bool)
    relevant = np.array([[0, 0, 1, 0], [1, 0, 0, 1], [0, 0, 0, 0]], dtype=bool)
    ranking = metrics.ranking_scores(scores, seen, relevant, count=2)
    assert ranking.user.tolist() == [0, 1]  # the third has nothing to find
    assert ranking.top.tolist() == [[1, 2], [3, 2]]
    assert ranking.recall.tolist() == [1.0, 0.5]
    second = 1 / np.log2(3)
    np.testing.assert_allclose(ranking.ndcg, [second, 1 / (1 + second)])


def test_what_was_seen_cannot_be_found():
    with pytest.raises(ValueError, match="1 relevant items are marked as seen"):
        metrics.ranking_scores(np.ones((1, 2)), np.array([[True, False]]), np.array([[True, False]]))


@pytest.mark.parametrize(
    ("first", "second", "distance"),
    [("kitten", "sitting", 3), ("", "abc", 3), ("abc", "", 3), ("abc", "abc", 0), ("ab", "ba", 2), ("flaw", "lawn", 2)],
)
def test_edit_distances(first, second, distance):
    assert metrics.edit_distance(first, second) == metrics.edit_distance(second, first) == distance
    assert metrics.edit_distance(tuple(first), list(second)) == distance


def test_the_nearest_listed_pronunciation_counts():
    listed = [[("K", "AE", "T")], [("R", "IY", "D"), ("R", "EH", "D", "IH", "NG")], [("AH",)]]
    errors = metrics.pronunciation_errors([("K", "AA", "T"), ("R", "EH", "D", "IH"), ("AH",)], listed)
    assert errors.edits.tolist() == [1, 1, 0]
    assert errors.length.tolist() == [3, 5, 1]
    assert errors.phoneme_error_rate == pytest.approx(2 / 9)
    assert errors.word_error_rate == pytest.approx(2 / 3)
    assert str(errors) == "PER 0.2222   WER 0.6667"
    with pytest.raises(ValueError, match="at least one listed"):
        metrics.pronunciation_errors([("K",)], [[]])


def test_repeated_share_by_hand():
    words = ["a", "b", "c", "d", "e", "a", "b", "c", "d", "f"]
    assert metrics.repeated_share(words) == 0.4  # the second "a b c d"
    assert metrics.repeated_share(words, run=2) == 0.4
    assert metrics.repeated_share(["a"] * 6) == 5 / 6  # runs 2 and 3 repeat the first
    assert metrics.repeated_share(["a", "b", "c"]) == metrics.repeated_share([]) == 0


def test_distinct_share_by_hand():
    words = ["a", "b", "a", "b", "c"]
    assert metrics.distinct_share(words) == 3 / 5
    assert metrics.distinct_share(words, run=2) == 3 / 4  # ab, ba, bc of four
    assert metrics.distinct_share([]) == metrics.distinct_share(["a"], run=2) == 0
