"""tools/measure.py: what runs over several seeds write to claims.toml."""

import sys

import build
import measure
import pytest
import tomlkit

from course_utils import claims
from course_utils.files import read_toml


def update(name, *values):
    """Update the committed claims from runs with these values (and baseline 40); returns the report."""
    table = tomlkit.parse(claims.claims_file().read_text(encoding="utf-8"))
    cost = [{"seconds": 10.0 + n, "cpu_seconds": 8.0, "peak_memory_mb": 700.4 + n} for n in range(len(values))]
    runs = [({"answer": [value, 40.0]}, spent) for value, spent in zip(values, cost, strict=True)]
    report = measure.update(table, name, runs)
    claims.claims_file().write_text(tomlkit.dumps(table), encoding="utf-8")
    return "\n".join(report)


def test_update_writes_spread_bound_baseline_mean_cost_and_highest_peak(tiny):
    update(tiny, 43.0, 44.0, 45.0)
    claim, run = claims.load_claims(tiny)["answer"], read_toml(claims.claims_file())[tiny]["run"]
    assert (claim.mean, claim.sd, claim.seeds, claim.bound, claim.baseline_mean) == (44, 1, 3, 40, 40)
    assert (run["seconds"], run["cpu_seconds"], run["peak_memory_mb"], run["seeds"]) == (11, 8, 702, 3)
    assert "TensorFlow" in run["measured_with"]


def test_update_keeps_comments_and_other_chapters(tiny):
    other = '["98_next".claims.time]\nwhat = "time"\npromise = "at most" # a comment\n'
    with claims.claims_file().open("a", encoding="utf-8") as stream:
        stream.write(f"\n{other}")
    update(tiny, 42.0, 43.0)
    text = claims.claims_file().read_text(encoding="utf-8")
    assert text.startswith("# What the tiny chapter promises.\n")
    assert 'what = "the answer" # to everything\n' in text
    assert other in text


def test_first_measurement_adds_the_fields(tiny, edit):
    for line in ("mean = 42.5\n", "sd = 0.5\n", "seeds = 5\n", "bound = 40.5\n", "baseline_mean = 40.0\n"):
        edit(claims.claims_file(), line, "")
    assert "(before: none)" in update(tiny, 42.0, 43.0)
    assert claims.load_claims(tiny)["answer"].is_measured


@pytest.mark.parametrize(("values", "is_weaker"), [((40.0, 41.0), True), ((42.4, 42.5), False)])
def test_weaker_promise_is_pointed_out(tiny, values, is_weaker):
    assert ("weaker than before" in update(tiny, *values)) == is_weaker


@pytest.mark.parametrize("step", range(1, 5))
def test_same_runs_again_are_not_called_weaker(tiny, step):
    runs = [42 + step / 7, 42 + step / 3, 42 + step / 11]
    update(tiny, *runs)
    assert "weaker" not in update(tiny, *runs)


def test_bound_that_does_not_clear_the_baseline_is_pointed_out(tiny):
    assert "does not clear the baseline" in update(tiny, 41.0, 44.0)
    assert "does not clear the baseline" not in update(tiny, 43.9, 44.0)


@pytest.mark.notebook
def test_run_once_returns_the_seeds_values_and_costs_and_changes_nothing(tiny, snapshot, repository):
    before = snapshot(repository)
    values, cost = measure.run_once(build.parse(tiny), seed=3)
    assert values == {"answer": [45, 40]}
    assert 0 < cost["cpu_seconds"] < 60
    assert 20 < cost["peak_memory_mb"] < 2000
    assert cost["seconds"] > 0
    assert snapshot(repository) == before


@pytest.mark.notebook
def test_claim_that_the_run_does_not_make_is_named(tiny):
    with claims.claims_file().open("a", encoding="utf-8") as stream:
        stream.write('["99_tiny".claims.forgotten]\nwhat = "nothing"\npromise = "at least"\n')
    with pytest.raises(build.BuildError, match=r"has answer, forgotten\. Each must be made exactly once"):
        measure.run_once(build.parse(tiny), seed=0)


def test_one_seed_has_no_spread(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["measure.py", "99", "--seeds", "1"])
    with pytest.raises(SystemExit):
        measure.main()
    assert "a spread needs at least --seeds 2" in capsys.readouterr().err
