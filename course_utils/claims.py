"""The contract between the text of a chapter and what it computes.

`notebooks/claims.toml` holds each chapter's claims. People write what a claim is about (`what`), which way it points
(`promise`: "at least" or "at most"), its `unit` and the name of the `baseline` that it must beat, if it has one.
`tools/measure.py` writes the rest from runs over several seeds: `mean`, `sd`, `seeds`, `bound`, and the baseline's
`baseline_mean` and `baseline_sd`. The bound is four standard deviations on the unfavourable side of the mean, so an
unlucky seed passes and a fault does not. A notebook says `claim("test_accuracy", accuracy)`; the call prints one line,
and raises when the promise is broken.
"""

import json
import math
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from course_utils import paths
from course_utils.files import read_toml

RECORD_VARIABLE = "COURSE_RECORD"  # tools/measure.py sets it: values are then recorded in this file, not compared
STANDARD_DEVIATIONS = 4.0
PROCESSOR_TOLERANCE = 1e-3  # results differ between instruction sets from about the third digit on


class ClaimBroken(AssertionError):
    """A measured value breaks its promise or does not beat its baseline."""


class ClaimError(LookupError):
    """A claim is unknown, unmeasured or wrongly described in `claims.toml`."""


@dataclass(frozen=True)
class Claim:
    """One row of `claims.toml`; the measured fields are None until `tools/measure.py` has filled them in."""

    chapter: str
    name: str
    what: str
    promise: str
    unit: str = ""
    baseline: str = ""
    mean: float | None = None
    sd: float | None = None
    seeds: int | None = None
    bound: float | None = None
    baseline_mean: float | None = None
    baseline_sd: float | None = None

    def __post_init__(self):
        if self.promise not in ("at least", "at most"):
            raise ClaimError(
                f'{self}: promise is "{self.promise}" in notebooks/claims.toml; write "at least" or "at most".'
            )

    def __str__(self) -> str:
        return f"chapter {self.chapter}, claim {self.name}"

    @property
    def is_measured(self) -> bool:
        return self.bound is not None

    def keeps(self, value: float, limit: float) -> bool:
        """Whether `value` is on the promised side of `limit`. Exactly on it counts; NaN and infinity never do."""
        return math.isfinite(value) and (value >= limit if self.promise == "at least" else value <= limit)

    def format(self, value: float) -> str:
        """The number with as many digits as its spread supports, and its unit."""
        return with_unit(rounded(value, self.sd), self.unit)


def with_unit(number: str, unit: str) -> str:
    return f"{number} {unit}" if unit else number


def rounded(value: float, sd: float | None) -> str:
    """`value` with as many decimals as its standard deviation supports: the sd's first digit, the second too if the
    first is 1. Without a spread, or with one that is no more than rounding, four significant digits.

    >>> rounded(0.97513, 0.0009), rounded(0.97513, 0.0012), rounded(31.26, 2.5), rounded(1 / 3, 3e-17)
    ('0.9751', '0.9751', '31', '0.3333')
    """
    if sd and sd > 1e-9 * abs(value):
        first_digit = math.floor(math.log10(sd))
        decimals = -first_digit + (1 if sd < 2 * 10.0**first_digit else 0)
        return f"{value:,.{max(decimals, 0)}f}"
    if value == 0 or 1e-4 <= abs(value) < 1e6:
        return f"{value:,.4g}" if abs(value) < 1e4 else f"{value:,.0f}"
    return f"{value:.1e}"


def spread(values) -> tuple[float, float]:
    """Mean and standard deviation (n − 1 in the denominator; 0 if all values are equal)."""
    mean = math.fsum(values) / len(values)
    if min(values) == max(values):
        return values[0], 0.0  # no spread, not even that of rounding
    return mean, math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1))


def derive_bound(mean: float, sd: float, promise: str) -> float:
    """The promised limit: four standard deviations from the mean, and never closer than processors agree (0.1 %).

    With mean and sd of n normal runs a fresh seed breaks it as often as Student's t with n − 1 degrees of freedom
    exceeds 4 / √(1 + 1/n): about once in 90 times for five runs, in 480 for ten, and in 27 for three.
    """
    margin = max(STANDARD_DEVIATIONS * sd, PROCESSOR_TOLERANCE * abs(mean))
    return mean - margin if promise == "at least" else mean + margin


def claims_file() -> Path:
    """Where the claims stand."""
    return paths.notebooks() / "claims.toml"


def load_claims(chapter: str) -> dict[str, Claim]:
    """The claims of a chapter by name.

    Raises:
        ClaimError: the chapter is not in `claims.toml`, or an entry lacks a field or has one too many.
    """
    table = read_toml(claims_file())
    if chapter not in table:
        known = ", ".join(table) or "none"
        raise ClaimError(f'notebooks/claims.toml has no section ["{chapter}"]. Chapters there: {known}.')
    claims = {}
    for name, fields in table[chapter].get("claims", {}).items():
        try:
            claims[name] = Claim(chapter, name, **fields)
        except TypeError as error:
            raise ClaimError(f"chapter {chapter}, claim {name} in notebooks/claims.toml: {error}") from None
    return claims


class ClaimChecker:
    """Compares a chapter's values with their promises: `claim = ClaimChecker("01_feedforward_xor")`."""

    def __init__(self, chapter: str):
        self.chapter = chapter
        self.claims = load_claims(chapter)

    def __call__(self, name: str, value: float, baseline: float | None = None) -> None:
        """Print one line with value, promise, spread and baseline.

        Args:
            name: the claim's name in `claims.toml`.
            value: what this run measured.
            baseline: what the baseline reached in this run; given exactly when the claim names a baseline.

        Raises:
            ClaimError: the claim is unknown or unmeasured, or a baseline is missing or superfluous.
            ClaimBroken: the value is not on the promised side of the bound, or does not beat the baseline.
        """
        value = float(value)
        baseline = None if baseline is None else float(baseline)
        if name not in self.claims:
            raise ClaimError(
                f"chapter {self.chapter} makes the claim {name}, which notebooks/claims.toml does not know. Describe "
                f"it there (what, promise), then run: python tools/measure.py {self.chapter[:2]}"
            )
        claim = self.claims[name]
        if (baseline is None) == bool(claim.baseline):
            fault = f"names the baseline {claim.baseline}, so pass" if claim.baseline else "names no baseline, so drop"
            raise ClaimError(f"{claim}: notebooks/claims.toml {fault} `baseline=` in the call.")
        record = os.environ.get(RECORD_VARIABLE)
        if record and not _inside_caught:
            with open(record, "a", encoding="utf-8") as stream:
                stream.write(json.dumps({"name": name, "value": value, "baseline": baseline}) + "\n")
            print(f"recorded {name} = {value:.6g}")
            return
        if not claim.is_measured:
            problem = f"{claim} has not been measured yet. Run: python tools/measure.py {self.chapter[:2]}"
            raise ClaimBroken(problem) if record else ClaimError(problem)
        if not claim.keeps(value, claim.bound):
            raise ClaimBroken(
                f"{claim} ({claim.what}): {value:.6g} breaks the promise of {claim.promise} {claim.bound:.6g} "
                f"(measured {claim.mean:.6g} ± {claim.sd:.2g} over {claim.seeds} seeds). If you changed the chapter, "
                f"either the change made it worse, or its claims need measuring again: "
                f"python tools/measure.py {self.chapter[:2]}"
            )
        if baseline is not None and (value == baseline or not claim.keeps(value, baseline)):
            raise ClaimBroken(
                f"{claim} ({claim.what}): {value:.6g} does not beat its baseline, {claim.baseline}, "
                f"which reached {baseline:.6g} in this run."
            )
        against = "" if baseline is None else f"; {claim.baseline} {claim.format(baseline)}"
        print(
            f"✓ {claim.what}: {claim.format(value)}\n"
            f"  promised {claim.promise} {claim.format(claim.bound)} "
            f"(over {claim.seeds} seeds {'' if claim.sd else 'always '}{_with_spread(claim)}{against})"
        )


def _with_spread(claim: Claim) -> str:
    """Mean ± sd; the mean alone where every seed gave the same, since "± 0" would look like certainty."""
    mean = rounded(claim.mean, claim.sd)
    return f"{mean} ± {rounded(claim.sd, claim.sd)}" if claim.sd else mean


_inside_caught = False  # a broken variant's values are compared even while tools/measure.py records


@contextmanager
def caught(fault: str) -> Iterator[None]:
    """Around a broken variant: print the check that stops it.

    Args:
        fault: what is broken in the block.

    Raises:
        AssertionError: nothing in the block failed, so the check that should have caught the fault cannot fail.
    """
    global _inside_caught
    _inside_caught = True
    try:
        yield
    except AssertionError as error:
        message = " ".join(str(error).split()) or "an assertion failed"
        print(f"✗ {fault}\n  caught: {message}")
    else:
        raise AssertionError(f"No check noticed this fault: {fault}")
    finally:
        _inside_caught = False


PLACEHOLDER = re.compile(r"\{(claim|run):([A-Za-z0-9_/]+)(?:\.(\w+))?\}")


def fill(text: str, chapter: str | None = None) -> str:
    """Replace the placeholders of a chapter's prose by measured figures from `claims.toml`.

    `{claim:NAME}` is the mean, `{claim:NAME.full}` "mean ± sd" (the mean alone where nothing varies),
    `{claim:NAME.percent}` the mean in per cent; `.sd`, `.bound`, `.seeds` and `.baseline` (the baseline's mean) are
    there too. What has not been measured yet is "?". `{run:seconds}`, `{run:cpu_seconds}` and `{run:memory}` (in GB)
    tell what a run of the chapter costs. `{claim:CHAPTER/NAME}` and `{run:CHAPTER/seconds}` speak of another chapter.

    Raises:
        ClaimError: a placeholder names a claim, chapter or field that is unknown.
    """

    def replace(match: re.Match) -> str:
        kind, name, field = match.groups()
        where, _, name = name.rpartition("/")
        where = where or chapter
        if where is None:
            raise ClaimError(f"{match.group()}: outside a chapter, write {{{kind}:CHAPTER/{name}}}.")
        if kind == "run":
            return _run_figure(where, name)
        claim = load_claims(where).get(name)
        if claim is None:
            raise ClaimError(f"{match.group()}: chapter {where} has no claim {name} in notebooks/claims.toml.")
        if not claim.is_measured:
            return "?"
        return _claim_figure(claim, field or "mean", match.group())

    return PLACEHOLDER.sub(replace, text)


def _run_figure(chapter: str, name: str) -> str:
    table = read_toml(claims_file())
    if chapter not in table:
        raise ClaimError(f"{{run:{chapter}/{name}}}: notebooks/claims.toml has no chapter {chapter}.")
    run = table[chapter].get("run", {})
    if name not in ("seconds", "cpu_seconds", "memory"):
        raise ClaimError(f"{{run:{name}}}: a run has seconds, cpu_seconds and memory, not {name}.")
    if not run:
        return "?"
    return f"{run['peak_memory_mb'] / 1000:.1f}" if name == "memory" else f"{run[name]:.0f}"


def _claim_figure(claim: Claim, field: str, placeholder: str) -> str:
    figures = {
        "mean": lambda: claim.format(claim.mean),
        "sd": lambda: claim.format(claim.sd),
        "full": lambda: with_unit(_with_spread(claim), claim.unit),
        "percent": lambda: f"{rounded(100 * claim.mean, 100 * claim.sd)} %",
        "bound": lambda: claim.format(claim.bound),
        "seeds": lambda: str(claim.seeds),
        "baseline": lambda: with_unit(rounded(claim.baseline_mean, claim.baseline_sd), claim.unit),
    }
    if field not in figures or (field == "baseline" and claim.baseline_mean is None):
        raise ClaimError(f"{placeholder}: a claim has {', '.join(figures)}, not {field} (baseline: only where named).")
    return figures[field]()
