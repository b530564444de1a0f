"""Measure what a chapter promises: run it over several seeds and write means, spreads and bounds to claims.toml.

    python tools/measure.py 01               five seeds
    python tools/measure.py 01 --seeds 10

Nothing else should run on the machine meanwhile, since the time and memory of a run are recorded too. Read the change
with `git diff notebooks/claims.toml` before you commit it: a promise that got weaker needs a reason.
"""

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from pathlib import Path

import build
import nbformat
import tomlkit

from course_utils import claims
from course_utils.files import write_atomically
from course_utils.notebook import SEED_VARIABLE

# Runs last, in the chapter's kernel: its processor time and peak memory.
COST_CELL = """
import json as _json, resource as _resource, sys as _sys
_usage = _resource.getrusage(_resource.RUSAGE_SELF)
_peak = _usage.ru_maxrss / (1024**2 if _sys.platform == "darwin" else 1024)
_cost = {{"cpu_seconds": _usage.ru_utime + _usage.ru_stime, "peak_memory_mb": _peak}}
open({record!r}, "a").write(_json.dumps(_cost) + "\\n")
"""


def run_once(chapter: build.Chapter, seed: int) -> tuple[dict[str, list], dict[str, float]]:
    """Run a chapter in a fresh kernel with a seed.

    Returns:
        For each claim its value and its baseline's (None without one), and the run's cost: wall and processor seconds
        (the start of the kernel included) and peak memory in MB.

    Raises:
        build.BuildError: a cell failed, or the chapter made a claim twice or not at all.
    """
    with tempfile.TemporaryDirectory() as folder:
        record = Path(folder) / "record.jsonl"
        notebook = build.assemble(chapter, "en", None)
        notebook.cells.append(nbformat.v4.new_code_cell(COST_CELL.format(record=str(record)), id="cost"))
        started = time.perf_counter()
        build.run_notebook(
            notebook,
            f"{chapter.name} with seed {seed}",
            {SEED_VARIABLE: str(seed), claims.RECORD_VARIABLE: str(record)},
        )
        seconds = time.perf_counter() - started
        lines = [json.loads(line) for line in record.read_text(encoding="utf-8").splitlines()]
    *values, cost = lines
    names = [line["name"] for line in values]
    if sorted(names) != sorted(claims.load_claims(chapter.name)):
        raise build.BuildError(
            f"Chapter {chapter.name} made the claims {', '.join(names)}; claims.toml has "
            f"{', '.join(claims.load_claims(chapter.name))}. Each must be made exactly once."
        )
    return {line["name"]: [line["value"], line["baseline"]] for line in values}, {"seconds": seconds, **cost}


def six_digits(value: float) -> float:
    """Rounded as `claims.toml` shows it, so that equal runs give an equal bound."""
    return float(f"{value:.6g}")


def update(table: tomlkit.TOMLDocument, name: str, runs: list[tuple[dict, dict]]) -> list[str]:
    """Put means, spreads and bounds of the runs into a chapter's section; returns a line a claim for the reader."""
    report = []
    section = table[name]
    for claim_name, claim in claims.load_claims(name).items():
        values = [values[claim_name][0] for values, _ in runs]
        mean, sd = map(six_digits, claims.spread(values))
        bound = six_digits(claims.derive_bound(mean, sd, claim.promise))
        fields = {"mean": mean, "sd": sd, "seeds": len(runs), "bound": bound}
        verdict = ""
        if claim.baseline:
            baseline = map(six_digits, claims.spread([values[claim_name][1] for values, _ in runs]))
            fields["baseline_mean"], fields["baseline_sd"] = baseline
            if not claim.keeps(bound, fields["baseline_mean"]):
                verdict += "  !! the bound does not clear the baseline"
        if claim.is_measured and not claim.keeps(bound, claim.bound):
            verdict += "  !! weaker than before: say why when you commit it"
        for key, value in fields.items():
            section["claims"][claim_name][key] = value
        before = f"{claim.bound:.6g}" if claim.is_measured else "none"
        report.append(
            f"{claim_name}: {mean:.6g} ± {sd:.2g}, {claim.promise} {bound:.6g} (before: {before}){verdict}\n"
            f"    {' '.join(f'{value:.6g}' for value in values)}"
        )
    costs = [cost for _, cost in runs]
    section["run"] = {
        "seconds": round(claims.spread([cost["seconds"] for cost in costs])[0], 1),
        "cpu_seconds": round(claims.spread([cost["cpu_seconds"] for cost in costs])[0], 1),
        "peak_memory_mb": round(max(cost["peak_memory_mb"] for cost in costs)),
        "seeds": len(runs),
        "measured_with": measured_with(),
    }
    return report


def measured_with() -> str:
    from importlib.metadata import version

    return f"TensorFlow {version('tensorflow')}, Python {platform.python_version()}, {os.cpu_count()} cores"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("chapter", metavar="NN", help="the chapter's number")
    parser.add_argument("--seeds", type=int, default=5, help="how many seeds, from 0 (default 5; 3 for slow chapters)")
    options = parser.parse_args()
    if options.seeds < 2:
        parser.error("a spread needs at least --seeds 2")
    try:
        (name,) = build.chapter_names([options.chapter])
        chapter = build.parse(name)
        runs = []
        for seed in range(options.seeds):
            runs.append(run_once(chapter, seed))
            cost = runs[-1][1]
            print(f"seed {seed}: {cost['seconds']:.1f} s, {cost['peak_memory_mb']:.0f} MB", flush=True)
    except (build.BuildError, claims.ClaimError) as error:
        print(error, file=sys.stderr)
        return 1
    table = tomlkit.parse(claims.claims_file().read_text(encoding="utf-8"))
    report = update(table, name, runs)
    write_atomically(claims.claims_file(), tomlkit.dumps(table))
    print("\n".join(report))
    print(f"Written to notebooks/claims.toml. Next: python tools/build.py {name[:2]} --execute")
    return 0


if __name__ == "__main__":
    sys.exit(main())
