"""A class with this repository: release, collect, check, grade, tell, export.

    python tools/grade.py release 01            make the assignment and enter it into the grade book
    python tools/grade.py collect 01 DOWNLOADS  take in what students handed in: a folder a student, or a file a student
    python tools/grade.py preflight 01          say what will be mended, and what cannot be graded, before grading
    python tools/grade.py grade 01              grade what has not been graded; stop it with Ctrl-C and start it again
    python tools/grade.py feedback 01           write a page for each student
    python tools/grade.py export grades.csv     all grades as a table

The class is in assignments/class (or where --folder says) and is an ordinary nbgrader course: JupyterLab's Formgrader,
opened there, shows it, and is where written answers are graded. assignments/README.md tells more.
"""

import argparse
import csv
import hashlib
import io
import json
import os
import shutil
import sys
import time
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path

import build_assignments
import nbformat
import workers
from build_assignments import BuildError, own_programs_on_the_path
from judge import BrokenCheck
from marking import mark
from percent import LANGUAGES
from preflight import LARGEST_FILE, Assigned, Refused, preflight
from sandbox import Limits, SandboxError, bubblewrap
from sqlalchemy.exc import SAWarning

from course_utils.files import write_atomically

CONFIG = """\
# Made by tools/grade.py: JupyterLab's Formgrader, started in this folder, shows this class.
from pathlib import Path

c = get_config()
c.CourseDirectory.root = str(Path(__file__).resolve().parent)
c.CourseDirectory.course_id = "course"
"""
MARKED, REFUSED, FAILED = "graded", "refused", "failed"


class GradeError(Exception):
    """A command cannot be carried out; the message says why and what to do."""


@dataclass
class Result:
    """What became of a submission."""

    student: str
    key: str  # of what was handed in and how it was graded
    status: str
    reason: str = ""  # why it was not graded
    notes: list[str] = field(default_factory=list)
    seconds: float = 0
    recorded: bool = False  # in the grade book
    notebook: str = ""  # JSON, with outputs; kept in a file of its own


@dataclass(frozen=True)
class Task:
    """What a worker needs to grade a submission."""

    student: str
    folder: str
    key: str
    name: str
    language: str
    limits: Limits
    unsafe: bool
    master: str
    releases: tuple[str, ...]


class Classroom:
    """The folder of a class."""

    def __init__(self, folder: Path):
        self.folder = folder.absolute()

    def path(self, *parts: str) -> Path:
        return self.folder.joinpath(*parts)

    @property
    def language(self) -> str:
        try:
            return json.loads(self.path("class.json").read_text(encoding="utf-8"))["language"]
        except FileNotFoundError:
            raise GradeError(f"There is no class in {self.folder}. Release an assignment first.") from None

    def begin(self, language: str) -> None:
        """Make the folder, unless it is there already with this language."""
        if self.path("class.json").exists() and self.language != language:
            raise GradeError(f"The class in {self.folder} has the language {self.language}; give it another --folder.")
        self.folder.mkdir(parents=True, exist_ok=True)
        write_atomically(self.path("class.json"), json.dumps({"language": language}) + "\n")
        write_atomically(self.path("nbgrader_config.py"), CONFIG)

    def api(self, **converters):
        """nbgrader, working in this folder. `converters` are further settings, by class."""
        from nbgrader.apps import NbGraderAPI
        from traitlets.config import Config

        config = Config(converters)
        config.CourseDirectory.root = str(self.folder)
        config.CourseDirectory.course_id = "course"
        return NbGraderAPI(config=config)

    def grade_book(self):
        from nbgrader.api import Gradebook

        return Gradebook(f"sqlite:///{self.path('gradebook.db')}", "course")

    def assigned(self, name: str) -> Assigned:
        """What the class was given.

        Raises:
            GradeError: it has not been released.
        """
        texts = self.texts(name)
        master, *releases = (nbformat.reads(text, as_version=4) for text in texts)
        return Assigned(name, master, releases)

    def texts(self, name: str) -> list[str]:
        """The source notebook and the releases: the class's own, then the repository's in every language."""
        files = [self.path(part, name, f"{name}.ipynb") for part in ("source", "release")]
        if not all(path.exists() for path in files):
            raise GradeError(f"{name} has not been released: python tools/grade.py release {name[:2]}")
        others = [build_assignments.release_path(name, language) for language in LANGUAGES]
        return [path.read_text(encoding="utf-8") for path in files + others if path.exists()]

    def students(self, name: str) -> list[str]:
        """Who has handed in an assignment."""
        return sorted(path.parent.name for path in self.path("submitted").glob(f"*/{name}"))

    def result_path(self, student: str, name: str) -> Path:
        return self.path("results", name, f"{student}.json")

    def result(self, student: str, name: str) -> Result | None:
        try:
            return Result(**json.loads(self.result_path(student, name).read_text(encoding="utf-8")))
        except (FileNotFoundError, ValueError, TypeError):
            return None

    def save(self, result: Result, name: str) -> None:
        """Store a result and its notebook; the result comes last, so that it never speaks of a missing notebook."""
        if result.notebook:
            marked = self.path("marked", result.student, name)
            marked.mkdir(parents=True, exist_ok=True)
            write_atomically(marked / f"{name}.ipynb", result.notebook)
            stamp = self.path("submitted", result.student, name, "timestamp.txt")
            if stamp.is_file() and not stamp.is_symlink():
                text = stamp.read_text(encoding="utf-8", errors="replace")
                write_atomically(marked / "timestamp.txt", text[:100])
        path = self.result_path(result.student, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, json.dumps(asdict(result) | {"notebook": ""}, indent=1, ensure_ascii=False) + "\n")

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else writes into this class meanwhile."""
        import fcntl

        with open(self.path(".lock"), "w") as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise GradeError(f"Another command is writing into {self.folder}. Wait for it to end.") from None
            yield


def release(classroom: Classroom, name: str, language: str) -> Path:
    """Put an assignment into a class; returns the notebook for the students."""
    classroom.begin(language)
    with classroom.alone():
        if name in _released_names(classroom) and classroom.students(name):
            raise GradeError(f"{name} has been handed in already; a new release would change what is graded.")
        return build_assignments.release(build_assignments.parse(name), classroom.folder, language)


def _released_names(classroom: Classroom) -> list[str]:
    return sorted(path.name for path in classroom.path("release").glob("[0-9][0-9]_*"))


def collect(classroom: Classroom, name: str, downloads: Path) -> list[str]:
    """Copy what students handed in into the class.

    An entry of `downloads` is a student's folder of files, or a student's file called `STUDENT.ipynb` or, with two
    underscores, `STUDENT__anything.ipynb`. Of several entries of a student all files are taken, and the pre-flight
    chooses. Links are not followed. What was collected before is replaced.

    Returns:
        The students, and those whose names had to be changed as "old → new".

    Raises:
        GradeError: two names would become one student's; nothing is copied then.
    """
    classroom.texts(name)
    if not downloads.is_dir():
        raise GradeError(f"{downloads} is not a folder.")
    names: dict[str, str] = {}  # what each student is called in `downloads`
    entries = defaultdict(list)
    for entry in sorted(downloads.iterdir()):
        given = entry.name if entry.is_dir() else entry.stem.split("__")[0]
        student = "".join(letter if letter.isalnum() or letter in "-_.@" else "_" for letter in given).strip(".")
        if entry.name.startswith(".") or not student:
            continue
        if names.setdefault(student, given) != given:
            raise GradeError(f"{names[student]} and {given} would both become {student}. Rename one of them.")
        entries[student].append(entry)
    with classroom.alone():
        for student, of_student in entries.items():
            target = classroom.path("submitted", student, name)
            shutil.rmtree(target, ignore_errors=True)
            target.mkdir(parents=True)
            for entry in of_student:
                _take(entry, target, name, is_only=len(of_student) == 1)
    return [student if student == given else f"{given} → {student}" for student, given in names.items()]


def _take(entry: Path, target: Path, name: str, is_only: bool) -> None:
    """Copy an entry of the downloads into a student's folder."""
    inner = entry / name if entry.is_dir() and not entry.is_symlink() and (entry / name).is_dir() else entry
    is_folder = inner.is_dir() and not inner.is_symlink()
    for file in sorted(inner.iterdir()) if is_folder else [inner]:
        is_notebook = file.suffix.lower() == ".ipynb"
        copy = target / (f"{name}.ipynb" if is_only and is_notebook and not is_folder else file.name)
        if copy.exists() or copy.is_symlink():  # a folder and a file of the same student hold files of one name
            copy = target / f"{entry.stem}__{file.name}"
        if file.is_symlink():
            copy.symlink_to("nowhere")  # the pre-flight reports it
        elif file.is_file() and (is_notebook or file.stat().st_size <= LARGEST_FILE):  # it reports too large ones, too
            shutil.copy2(file, copy)


def preflight_all(classroom: Classroom, name: str) -> dict[str, tuple[str, list[str]]]:
    """For each student, the reason why nothing can be graded (or ""), and what will be mended."""
    assigned = classroom.assigned(name)
    found = {}
    for student in classroom.students(name):
        try:
            found[student] = "", preflight(classroom.path("submitted", student, name), assigned).notes
        except Refused as refused:
            found[student] = str(refused), []
    return found


def key_of(folder: Path, *settings: str) -> str:
    """Changes when the files of a submission or the settings change."""
    digest = hashlib.sha256("\0".join(settings).encode())
    if folder.is_dir() and not folder.is_symlink():
        for path in sorted(folder.iterdir()):
            digest.update(f"\0{path.name}\0".encode(errors="replace"))
            if path.is_file() and not path.is_symlink():
                size = path.stat().st_size
                digest.update(path.read_bytes() if size <= LARGEST_FILE else str(size).encode())
    return digest.hexdigest()[:24]


@cache
def _assigned(name: str, texts: tuple[str, ...]) -> Assigned:
    master, *releases = (nbformat.reads(text, as_version=4) for text in texts)
    return Assigned(name, master, releases)


def grade_one(task: Task) -> Result:
    """A worker's work: the pre-flight and the marking of a submission. Writes nothing."""
    result = Result(task.student, task.key, MARKED)
    try:
        mended = preflight(Path(task.folder), _assigned(task.name, (task.master, *task.releases)))
        marked = mark(
            nbformat.writes(mended.notebook, version=4),
            task.language,
            slot=os.getpid() % 4000,
            limits=task.limits,
            unsafe=task.unsafe,
        )
        result.notebook, result.seconds = marked.notebook, marked.seconds
        result.notes = mended.notes + marked.notes
    except Refused as refused:
        result.status, result.reason = REFUSED, str(refused)
    except BrokenCheck as broken:
        result.status, result.reason = FAILED, f"A check of the assignment is broken ({broken}); tell its author."
    return result


def tasks(classroom: Classroom, name: str, limits: Limits, unsafe: bool) -> list[Task]:
    """One task a submission that has not been graded as it stands."""
    master, *releases = classroom.texts(name)
    found = []
    for student in classroom.students(name):
        folder = classroom.path("submitted", student, name)
        key = key_of(folder, master, json.dumps(asdict(limits)), classroom.language)
        known = classroom.result(student, name)
        if known is None or known.key != key or known.status == FAILED:
            found.append(
                Task(student, str(folder), key, name, classroom.language, limits, unsafe, master, tuple(releases))
            )
    return found


class Recorder:
    """The one writer to the grade book: nbgrader's own autograding, without its running of the notebook."""

    def __init__(self, classroom: Classroom, name: str):
        from nbgrader import preprocessors as steps

        self.classroom, self.name = classroom, name
        self.api = classroom.api(
            CourseDirectory={"submitted_directory": "marked"},
            Autograde={
                "sanitize_preprocessors": [steps.OverwriteKernelspec, steps.OverwriteCells, steps.CheckCellMetadata],
                "autograde_preprocessors": [
                    steps.LimitOutput,
                    steps.SaveAutoGrades,
                    steps.AssignLatePenalties,
                    steps.CheckCellMetadata,
                ],
            },
            LimitOutput={"max_lines": 2000, "max_traceback": 200},
        )

    def record(self, result: Result) -> None:
        """Enter a stored result into the grade book, and then say so in it."""
        if result.status == MARKED:
            with own_programs_on_the_path(), warnings.catch_warnings():
                warnings.simplefilter("ignore", SAWarning)  # nbgrader's models, first submission of a student
                outcome = self.api.autograde(self.name, result.student, force=True)
            if not outcome["success"]:
                result.status = FAILED
                result.reason = f"nbgrader did not take it: {(outcome.get('log') or outcome['error']).strip()[-300:]}"
        result.recorded = True
        self.classroom.save(result, self.name)


def in_processes(jobs: int) -> Callable:
    """An engine: work through the tasks on this machine."""

    def engine(todo: list[Task]) -> Iterable[tuple]:
        seconds = max(task.limits.total_seconds for task in todo) + 180
        return workers.work(grade_one, todo, jobs, seconds)

    return engine


def grade(
    classroom: Classroom, name: str, engine: Callable, limits: Limits | None = None, unsafe: bool = False
) -> list[Result]:
    """Grade what has not been graded, and enter it into the grade book.

    Args:
        engine: takes the tasks and yields (task, result, error) as they are ready.

    Returns:
        The results of all submissions, old ones included.

    Raises:
        SandboxError: student code cannot be shut in here, and `unsafe` was not said.
    """
    if not unsafe:
        bubblewrap()
    classroom.texts(name)
    with classroom.alone():
        recorder = Recorder(classroom, name)
        students = classroom.students(name)
        todo = tasks(classroom, name, limits or Limits(), unsafe)
        waiting = {task.student for task in todo}
        for student in students:  # graded by a run that was stopped before it could record it
            known = classroom.result(student, name)
            if student not in waiting and known and not known.recorded:
                recorder.record(known)
        bar = Progress(len(students), len(students) - len(todo))
        for task, result, error in engine(todo) if todo else ():
            if error is not None:
                problem = (
                    f"The grading process {error}." if isinstance(error, workers.Lost) else f"Grading failed: {error}"
                )
                result = Result(task.student, task.key, FAILED, problem)
            classroom.save(result, name)
            recorder.record(result)
            bar.advance(task.student)
        bar.close()
        return [result for student in students if (result := classroom.result(student, name))]


class Progress:
    """A bar on a terminal, a line every 20 submissions elsewhere."""

    def __init__(self, count: int, done: int):
        self.count, self.done, self.began, self.fresh = count, done, time.monotonic(), 0
        if done:
            print(f"{done} of {count} are graded already.")

    def advance(self, student: str) -> None:
        self.done += 1
        self.fresh += 1
        rate = self.fresh / (time.monotonic() - self.began)
        left = (self.count - self.done) / rate
        filled = 30 * self.done // self.count
        line = f"{'█' * filled}{'░' * (30 - filled)} {self.done}/{self.count}, {left:.0f} s left, {student}"
        if sys.stdout.isatty():
            print(f"\r{line[:78]:78}", end="", flush=True)
        elif self.fresh % 20 == 0:
            print(line, flush=True)

    def close(self) -> None:
        if self.fresh and sys.stdout.isatty():
            print()
        if self.fresh:
            print(f"{self.fresh} graded in {time.monotonic() - self.began:.0f} s.")


def feedback(classroom: Classroom, name: str, student: str = "*") -> list[Path]:
    """Write a page for each graded student, or for one: answers, grades, what the checks said.

    Not the hidden tests, and no output of the student's own cells, which could repeat what they have seen of them.
    """
    from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor
    from nbgrader.preprocessors import ClearHiddenTests, GetGrades, NbGraderPreprocessor

    class KeepOutputsOfChecks(NbGraderPreprocessor):
        def preprocess_cell(self, cell, resources, index):
            marks = cell.metadata.get("nbgrader", {})
            if cell.cell_type == "code" and not (marks.get("grade") and marks.get("locked")):
                cell.outputs = []
            return cell, resources

    classroom.texts(name)
    steps = [GetGrades, ClearHiddenTests, KeepOutputsOfChecks, CSSHTMLHeaderPreprocessor]
    api = classroom.api(GenerateFeedback={"preprocessors": steps})
    with classroom.alone(), own_programs_on_the_path():
        outcome = api.generate_feedback(name, student, force=True)
    if not outcome["success"]:
        raise GradeError(f"nbgrader could not write the pages: {(outcome.get('log') or outcome['error'])[-500:]}")
    return sorted(classroom.path("feedback").glob(f"{student}/{name}/*.html"))


COLUMNS = (
    "assignment",
    "student",
    "status",
    "score",
    "max_score",
    "needs_manual_grade",
    "late_seconds",
    "exercises",
    "notes",
)


def export(classroom: Classroom, target: Path) -> int:
    """Write all grades as CSV, a line for each student and assignment; returns the number of lines."""
    rows = []
    for name in _released_names(classroom):
        with classroom.grade_book() as book:
            grades = {submission.student.id: submission for submission in book.assignment_submissions(name)}
            for student in sorted(set(grades) | set(classroom.students(name))):
                result, submission = classroom.result(student, name), grades.get(student)
                row = {"assignment": name, "student": student, "status": result.status if result else "not graded yet"}
                if result:
                    notes = [result.reason, *result.notes]
                    if submission is not None and result.status != MARKED:
                        notes.append("The grade is that of an earlier submission.")
                    row["notes"] = " ".join(notes).strip()
                if submission is not None:
                    parts = [grade for notebook in submission.notebooks for grade in notebook.grades]
                    row["score"], row["max_score"] = f"{submission.score:g}", f"{submission.max_score:g}"
                    row["needs_manual_grade"] = "yes" if submission.needs_manual_grade else "no"
                    row["late_seconds"] = f"{submission.total_seconds_late:.0f}"
                    row["exercises"] = "; ".join(
                        f"{part.name.removesuffix('_check')} {part.score:g}/{part.max_score:g}" for part in parts
                    )
                rows.append(row)
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, COLUMNS, restval="")
    writer.writeheader()
    writer.writerows({key: _harmless(value) for key, value in row.items()} for row in rows)
    write_atomically(target, stream.getvalue().encode("utf-8-sig"))  # with a mark, so that Excel reads Chinese
    return len(rows)


def _harmless(text: str) -> str:
    """A spreadsheet would take such a text for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def main(arguments: list[str] | None = None) -> int:
    options = parse_arguments(arguments)
    classroom = Classroom(options.folder)
    try:
        return options.action(classroom, options)
    except (GradeError, BuildError, SandboxError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. What was graded is kept; the same command goes on with the rest.", file=sys.stderr)
        return 130


def parse_arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    where = {"type": Path, "help": "where the class is"}
    parser.add_argument("--folder", default=build_assignments.folder() / "class", **where)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(action: Callable, text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(action.__name__.removesuffix("_command"), help=text, description=text)
        added.set_defaults(action=action)
        added.add_argument("--folder", default=argparse.SUPPRESS, **where)  # before or after the command
        return added

    one = command(release_command, "make an assignment for the students")
    one.add_argument("assignment", metavar="NN")
    one.add_argument("--language", choices=LANGUAGES, default="en", help="of the class")
    one = command(collect_command, "take in what students handed in")
    one.add_argument("assignment", metavar="NN")
    one.add_argument("downloads", type=Path, help="a folder with a folder or a file a student")
    one = command(preflight_command, "say what will be mended and what cannot be graded")
    one.add_argument("assignment", metavar="NN")
    one = command(grade_command, "grade what has not been graded")
    one.add_argument("assignment", metavar="NN")
    one.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes at the same time")
    one.add_argument("--engine", choices=("processes", "ray"), default="processes", help="what runs them")
    one.add_argument("--seconds", type=float, default=Limits.cell_seconds, help="for a cell")
    one.add_argument("--total-seconds", type=float, default=Limits.total_seconds, help="for a submission")
    one.add_argument("--memory", type=int, default=Limits.memory >> 20, help="for a submission, in MB")
    one.add_argument("--unsafe", action="store_true", help="run student code unguarded, with your own rights")
    one = command(feedback_command, "write a page for each student")
    one.add_argument("assignment", metavar="NN")
    one = command(export_command, "write all grades as a table")
    one.add_argument("file", type=Path, help="such as grades.csv")
    return parser.parse_args(arguments)


def _name(options: argparse.Namespace) -> str:
    names = build_assignments.assignment_names([options.assignment])
    if len(names) > 1:
        raise GradeError(f"{options.assignment} could be any of {', '.join(names)}.")
    return names[0]


def release_command(classroom: Classroom, options: argparse.Namespace) -> int:
    print(f"For the students: {release(classroom, _name(options), options.language)}")
    return 0


def collect_command(classroom: Classroom, options: argparse.Namespace) -> int:
    students = collect(classroom, _name(options), options.downloads)
    print(f"{len(students)} submissions: {', '.join(students[:12])}{' …' if len(students) > 12 else ''}")
    return 0


def preflight_command(classroom: Classroom, options: argparse.Namespace) -> int:
    found = preflight_all(classroom, _name(options))
    for student, (reason, notes) in found.items():
        for line in [f"✗ {reason}"] if reason else notes:
            print(f"{student}: {line}")
    refused = sum(bool(reason) for reason, _ in found.values())
    mended = sum(bool(notes) for _, notes in found.values())
    print(f"{len(found)} submissions: {mended} will be mended, {refused} cannot be graded.")
    return 0


def grade_command(classroom: Classroom, options: argparse.Namespace) -> int:
    limits = Limits(options.seconds, options.total_seconds, options.memory << 20)
    if options.engine == "ray":
        from grade_with_ray import engine
    else:
        engine = in_processes(options.jobs)
    results = grade(classroom, _name(options), engine, limits, options.unsafe)
    for result in results:
        for line in [f"✗ {result.reason}"] if result.reason else result.notes:
            print(f"{result.student}: {line}")
    count = sum(result.status == MARKED for result in results)
    print(f"{count} of {len(results)} submissions have a grade; the others have a reason.")
    return 0


def feedback_command(classroom: Classroom, options: argparse.Namespace) -> int:
    print(f"{len(feedback(classroom, _name(options)))} pages in {classroom.path('feedback')}")
    return 0


def export_command(classroom: Classroom, options: argparse.Namespace) -> int:
    print(f"{export(classroom, options.file)} lines in {options.file}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
