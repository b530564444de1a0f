"""course_utils.claims: promises that are kept, broken, unknown or unmeasured; figures in the prose."""

import json
import re
from math import nan

import pytest

from course_utils import claims
from course_utils.claims import ClaimBroken, ClaimChecker, ClaimError, derive_bound, fill, load_claims, rounded

TABLE = """\
["99_tiny".claims]
unmeasured = { what = "not measured yet", promise = "at least" }
["99_tiny".claims.accuracy]
what = "accuracy on the test set"
promise = "at least"
baseline = "the commonest class"
mean = 0.9
sd = 0.01
seeds = 5
bound = 0.86
baseline_mean = 0.5
baseline_sd = 0.02
["99_tiny".claims.error]
what = "mean absolute error"
promise = "at most"
unit = "GW"
mean = 0.25
sd = 0.012
seeds = 3
bound = 0.3
["99_tiny".run]
seconds = 12.6
cpu_seconds = 20.2
peak_memory_mb = 1249
["98_new".claims]
"""


@pytest.fixture(autouse=True)
def table(repository):
    claims.claims_file().write_text(TABLE, encoding="utf-8")


@pytest.fixture
def claim():
    return ClaimChecker("99_tiny")


@pytest.mark.parametrize("call", [("accuracy", 0.91, 0.5), ("accuracy", 0.86, 0.5), ("error", 0.2), ("error", 0.3)])
def test_kept_promise_passes_also_when_the_bound_is_reached_exactly(claim, call):
    claim(*call)


@pytest.mark.parametrize("call", [("accuracy", 0.8599, 0.5), ("accuracy", nan, 0.5), ("error", 0.3001), ("error", nan)])
def test_broken_promise_raises(claim, call):
    with pytest.raises(ClaimBroken, match=rf"claim {call[0]} .*breaks the promise.*python tools/measure\.py 99"):
        claim(*call)


@pytest.mark.parametrize("baseline", [0.9, 0.95, nan])
def test_baseline_that_is_not_beaten_raises(claim, baseline):
    with pytest.raises(ClaimBroken, match="does not beat its baseline, the commonest class"):
        claim("accuracy", 0.9, baseline)


def test_kept_promise_prints_value_promise_spread_and_baseline(claim, capsys):
    claim("accuracy", 0.9123, 0.512)
    assert capsys.readouterr().out == (
        "✓ accuracy on the test set: 0.912\n"
        "  promised at least 0.860 (over 5 seeds 0.900 ± 0.010; the commonest class 0.512)\n"
    )


def test_promise_without_chance_shows_no_spread(claim, capsys):
    claims.claims_file().write_text(TABLE.replace("sd = 0.012", "sd = 0.0"), encoding="utf-8")
    ClaimChecker("99_tiny")("error", 0.2)
    assert "(over 3 seeds always 0.25)" in capsys.readouterr().out
    assert fill("{claim:error.full}", "99_tiny") == "0.25 GW"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (("precision", 0.2), r"which notebooks/claims\.toml does not know.*measure\.py 99"),
        (("unmeasured", 0.2), r"not been measured yet. Run: python tools/measure\.py 99"),
        (("accuracy", 0.2), "names the baseline the commonest class, so pass `baseline=`"),
        (("error", 0.2, 0.5), "names no baseline, so drop `baseline=`"),
    ],
)
def test_wrong_call_raises(claim, call, message):
    with pytest.raises(ClaimError, match=message):
        claim(*call)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ('what = "a", promise = "about"', 'claim x: promise is "about".*"at least" or "at most"'),
        ('what = "a", promise = "at most", maen = 3', "claim x .*'maen'"),
        ('what = "a"', "claim x .*'promise'"),
    ],
)
def test_wrong_entry_raises(entry, message):
    claims.claims_file().write_text(f'["99_tiny".claims]\nx = {{ {entry} }}\n', encoding="utf-8")
    with pytest.raises(ClaimError, match=message):
        load_claims("99_tiny")


def test_unknown_chapter_raises_but_one_without_claims_does_not():
    assert load_claims("98_new") == {}
    with pytest.raises(ClaimError, match=r'no section \["97_typo"\]\. Chapters there: 99_tiny, 98_new'):
        ClaimChecker("97_typo")


def test_record_mode_writes_values_and_compares_nothing_but_the_names(claim, tmp_path, monkeypatch, capsys):
    record = tmp_path / "record.jsonl"
    monkeypatch.setenv(claims.RECORD_VARIABLE, str(record))
    claim("accuracy", 0.1, 0.5)
    claim("unmeasured", 7)
    with pytest.raises(ClaimError):
        claim("precision", 0.2)
    assert [json.loads(line) for line in record.read_text().splitlines()] == [
        {"name": "accuracy", "value": 0.1, "baseline": 0.5},
        {"name": "unmeasured", "value": 7.0, "baseline": None},
    ]
    assert capsys.readouterr().out == "recorded accuracy = 0.1\nrecorded unmeasured = 7\n"


def test_caught_prints_the_check_that_stops_a_broken_variant(claim, capsys):
    with claims.caught("the network was not trained"):
        claim("error", 0.9)
    assert re.match(r"✗ the network was not trained\n  caught: .*claim error.*0\.9 breaks", capsys.readouterr().out)


def test_fault_that_no_check_notices_raises(claim):
    with pytest.raises(AssertionError, match="No check noticed this fault: nothing"), claims.caught("nothing"):
        claim("error", 0.2)


def test_caught_lets_other_errors_through(claim):
    with pytest.raises(ClaimError), claims.caught("a misspelt name"):
        claim("precision", 0.2)


@pytest.mark.parametrize("name", ["error", "unmeasured"])
def test_record_mode_does_not_record_a_broken_variant(claim, tmp_path, monkeypatch, name):
    monkeypatch.setenv(claims.RECORD_VARIABLE, str(tmp_path / "record.jsonl"))
    with claims.caught("the network was not trained"):
        claim(name, 0.9)
    claim("error", 0.2)
    assert [json.loads(line)["value"] for line in (tmp_path / "record.jsonl").read_text().splitlines()] == [0.2]


FIGURES = {
    "{claim:accuracy}": "0.900",
    "{claim:accuracy.mean}": "0.900",
    "{claim:accuracy.sd}": "0.010",
    "{claim:accuracy.full}": "0.900 ± 0.010",
    "{claim:accuracy.percent}": "90.0 %",
    "{claim:accuracy.bound}": "0.860",
    "{claim:accuracy.seeds}": "5",
    "{claim:accuracy.baseline}": "0.50",
    "{claim:error.full}": "0.250 ± 0.012 GW",
    "{claim:99_tiny/error}": "0.250 GW",
    "{claim:unmeasured}": "?",
    "{run:seconds}": "13",
    "{run:cpu_seconds}": "20",
    "{run:99_tiny/memory}": "1.2",
    "{run:98_new/seconds}": "?",
    "{accuracy}": "{accuracy}",
}


@pytest.mark.parametrize(("placeholder", "figure"), FIGURES.items())
def test_placeholder_is_filled_in(placeholder, figure):
    assert fill(f"from {placeholder} to", "99_tiny") == f"from {figure} to"


WRONG = ["claim:precision", "claim:accuracy.median", "claim:error.baseline", "claim:97_typo/accuracy", "run:minutes"]


@pytest.mark.parametrize("placeholder", [*WRONG, "run:97_typo/seconds"])
def test_wrong_placeholder_raises(placeholder):
    with pytest.raises(ClaimError):
        fill(f"{{{placeholder}}}", "99_tiny")


def test_placeholder_outside_a_chapter_must_name_one():
    with pytest.raises(ClaimError, match=r"outside a chapter, write \{claim:CHAPTER/accuracy\}"):
        fill("{claim:accuracy}")
    assert fill("{claim:99_tiny/accuracy}") == "0.900"


# fmt: off
DIGITS = [
    (0.97513, 0.0009, "0.9751"), (0.97513, 0.0012, "0.9751"), (0.97513, 0.0021, "0.975"), (31.26, 2.5, "31"),
    (1234.5, 250, "1,234"), (-0.5, 0.03, "-0.50"), (1 / 3, 0, "0.3333"), (1 / 3, None, "0.3333"), (0, 0, "0"),
    (1 / 3, 3e-17, "0.3333"),
    (123456.7, 0, "123,457"), (1e-9, None, "1.0e-09"),
]
BOUNDS = [
    (0.9, 0.01, "at least", 0.86), (0.9, 0.01, "at most", 0.94), (-2.0, 0.0, "at least", -2.002),
    (100.0, 0.001, "at most", 100.1), (0.0, 0.0, "at most", 0.0),
]
# fmt: on


@pytest.mark.parametrize(("value", "sd", "text"), DIGITS)
def test_digits_are_those_that_the_spread_supports(value, sd, text):
    assert rounded(value, sd) == text


def test_spread_is_the_sample_standard_deviation():
    assert claims.spread([1.0, 2.0, 3.0, 4.0]) == pytest.approx((2.5, (5 / 3) ** 0.5))
    assert claims.spread([7.0]) == (7.0, 0.0)


@pytest.mark.parametrize(("mean", "sd", "promise", "bound"), BOUNDS)
def test_bound_lies_four_deviations_or_a_thousandth_away(mean, sd, promise, bound):
    assert derive_bound(mean, sd, promise) == pytest.approx(bound)
