"""Grade 200 generated submissions on this machine and write benchmarks/classroom.md.

    python benchmarks/classroom.py             in processes
    python benchmarks/classroom.py --ray       on a local Ray cluster, one worker of which is killed in the middle

Each submission answers every exercise of assignment 01 with one of the answers of its proof, chosen at random, so what
it must get is known. Each run renews its own line of the page.
"""

import argparse
import contextlib
import os
import platform
import random
import signal
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]

import build_assignments
import grade
import nbformat
import prove
from sandbox import family

from course_utils.files import write_atomically

NAME, COUNT = "01_feedforward_xor", 200
PAGE = ROOT / "benchmarks" / "classroom.md"
TEXT = """\
# Grading a class

Made by `python benchmarks/classroom.py` and `python benchmarks/classroom.py --ray` on {cores} cores, {machine}.
{count} submissions to assignment 01 answer every exercise with one of the answers of its proof, chosen at random, so
the grade that each must get is known. All of them got it, and every grade stands once in the grade book.

| engine | submissions | time | a minute | one sandboxed run, median |
|---|---|---|---|---|
{rows}

The time holds everything: start of the processes, pre-flight, a sandboxed kernel of its own for every submission, all
its cells, the checks with their hidden tests, and the entry into the grade book.
"""


def generate(classroom: grade.Classroom, count: int) -> dict[str, float]:
    """Hand in so many submissions; returns what the checks must give each."""
    assignment = build_assignments.parse(NAME)
    release = build_assignments.release_path(NAME, "en").read_text(encoding="utf-8")
    choices: dict[str, list[prove.Proof]] = {}
    for proof in prove.proofs(assignment):
        choices.setdefault(proof.exercise, []).append(proof)
    generator, wanted = random.Random(0), {}
    for number in range(count):
        notebook = nbformat.reads(release, as_version=4)
        chosen = {exercise: generator.choice(answers) for exercise, answers in choices.items()}
        for cell in notebook.cells:
            name = cell.metadata.get("nbgrader", {}).get("grade_id")
            if name in chosen:
                cell.source = chosen[name].code
        student = f"student{number:03}"
        folder = classroom.path("submitted", student, NAME)
        folder.mkdir(parents=True)
        nbformat.write(notebook, folder / f"{NAME}.ipynb")
        wanted[student] = sum(proof.points for proof in chosen.values())
    return wanted


def run(folder: Path, engine, count: int) -> tuple[float, list[grade.Result]]:
    """Grade a generated class; returns seconds and results, after comparing every grade with what it must be."""
    classroom = grade.Classroom(folder)
    grade.release(classroom, NAME, "en")
    wanted = generate(classroom, count)
    started = time.perf_counter()
    results = grade.grade(classroom, NAME, engine)
    seconds = time.perf_counter() - started
    with classroom.grade_book() as book:
        found = {one.student.id: one.score for one in book.assignment_submissions(NAME)}
    assert set(found) == set(wanted)
    wrong = {
        student: (found[student], points) for student, points in wanted.items() if abs(found[student] - points) > 0.03
    }
    assert not wrong, wrong
    return seconds, results


def workers_of_ray() -> list[int]:
    """Processes that grade for this process's Ray at this moment."""
    found = []
    for process in family(os.getpid()):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            if b"ray::grade_parcel" in Path(f"/proc/{process}/cmdline").read_bytes():
                found.append(process)
    return found


def killing_engine(after: float):
    """Ray's engine, one worker of which is killed after so many seconds."""
    from grade_with_ray import engine

    killed = []

    def kill() -> None:
        until = time.monotonic() + 60
        while not killed and time.monotonic() < until:
            for process in workers_of_ray()[:1]:
                os.kill(process, signal.SIGKILL)
                killed.append(process)
            time.sleep(0.1)

    def run_and_kill(todo):
        timer = threading.Timer(after, kill)
        timer.start()
        yield from engine(todo)
        timer.join()
        assert killed, "no worker was killed"

    return run_and_kill


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ray", action="store_true", help="on a local Ray cluster")
    parser.add_argument("--count", type=int, default=COUNT, help="with another number, the page is not written")
    options = parser.parse_args()
    cores = len(os.sched_getaffinity(0))
    if options.ray:
        what, engine = "Ray on this machine, a worker killed after 40 s", killing_engine(40)
    else:
        what, engine = "processes", grade.in_processes(cores)
    with tempfile.TemporaryDirectory() as folder:
        seconds, results = run(Path(folder), engine, options.count)
    each = statistics.median(result.seconds for result in results)
    rate = 60 * len(results) / seconds
    row = f"| {what} | {len(results)} | {seconds:.0f} s | {rate:.0f} | {each:.1f} s |"
    print(row)
    if options.count == COUNT:
        known = PAGE.read_text(encoding="utf-8").splitlines() if PAGE.exists() else []
        rows = {line.split("|")[1]: line for line in [*known, row] if line.startswith(("| processes", "| Ray"))}
        page = TEXT.format(count=COUNT, cores=cores, machine=platform.machine(), rows="\n".join(rows.values()))
        write_atomically(PAGE, page)


if __name__ == "__main__":
    main()
