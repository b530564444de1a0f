"""The teacher's commands on a class of hostile, unlucky and honest students."""

import contextlib
import csv
import hashlib
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import build_assignments
import grade
import hostile
import nbformat
import pytest
import sandbox
import workers
from hostile import CLASS, RIGHT
from preflight import Assigned, Refused, preflight
from restless import restless
from sandbox import Limits, SandboxError

NAME = "01_feedforward_xor"
MANUAL = "I would train for longer."
TIGHT = Limits(cell_seconds=8, total_seconds=120, memory=600 << 20, processes=100, files=50 << 20)


pytestmark = pytest.mark.skipif(os.name == "nt", reason="grading wants Linux, or macOS with --unsafe")


def missing_sandbox() -> str:
    try:
        sandbox.bubblewrap()
    except SandboxError as error:
        return str(error)
    return ""


needs_sandbox = pytest.mark.skipif(bool(missing_sandbox()), reason=missing_sandbox())


def solved(assignment, language="en"):
    """The release with the model's answers, as a good student hands it in."""
    release = nbformat.reads(build_assignments.release_path(assignment.name, language).read_text(encoding="utf-8"), 4)
    answers = {name: exercise.answer for name, exercise in assignment.exercises.items()}
    for cell in release.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        if name in answers:
            code = build_assignments.solution_code(answers[name].text["en"])
            cell.source = code if cell.cell_type == "code" else MANUAL
    return release


@pytest.fixture(scope="session")
def assignment():
    return build_assignments.parse(NAME)


@pytest.fixture(scope="session")
def released_class(tmp_path_factory, assignment):
    """A class folder with the assignment released; copy it, do not change it."""
    folder = tmp_path_factory.mktemp("class")
    grade.release(grade.Classroom(folder), NAME, "en")
    return folder


@pytest.fixture
def classroom(released_class, tmp_path):
    shutil.copytree(released_class, tmp_path / "class")
    return grade.Classroom(tmp_path / "class")


@pytest.fixture
def submit(classroom, assignment):
    """Hand in a notebook: `submit("ada", "honest")` as a student of hostile.py does, or `submit("ada", notebook)`."""

    def hand_in(student, what="honest"):
        folder = classroom.path("submitted", student, NAME)
        folder.mkdir(parents=True)
        if isinstance(what, str):
            chosen = next(one for one in CLASS if one.name == what)
            hostile.hand_in(chosen, folder, solved(assignment), NAME)
        else:
            nbformat.write(what, folder / f"{NAME}.ipynb")
        return folder

    return hand_in


def quick_engine(fail=()):
    """An engine that runs no code: every check's score is half of its points."""

    def engine(todo):
        for task in todo:
            if task.student in fail:
                yield task, None, workers.Lost("ended unexpectedly")
                continue
            result = grade.Result(task.student, task.key, grade.MARKED)
            try:
                notebook = preflight(
                    Path(task.folder), grade._assigned(task.name, (task.master, *task.releases))
                ).notebook
            except Refused as refused:
                yield task, replace(result, status=grade.REFUSED, reason=str(refused)), None
                continue
            for cell in notebook.cells:
                if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("grade"):
                    half = {"text/plain": str(cell.metadata.nbgrader.points / 2)}
                    cell.outputs = [nbformat.v4.new_output("execute_result", half, execution_count=1)]
            yield task, replace(result, notebook=nbformat.writes(notebook, version=4)), None

    return engine


@pytest.fixture
def no_sandbox_needed(monkeypatch):
    """For tests whose engine runs no student code."""
    monkeypatch.setattr(grade, "bubblewrap", lambda: "/bin/true")


def grades(classroom):
    """Score by student, from the grade book."""
    with classroom.grade_book() as book:
        return {one.student.id: one.score for one in book.assignment_submissions(NAME)}


# The pre-flight ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("student", hostile.IN_THE_FILE, ids=lambda student: student.name)
def test_preflight_mends_a_file_or_says_why_not(classroom, submit, student):
    folder = submit(student.name, student.name)
    assigned = classroom.assigned(NAME)
    if student.score is None:
        with pytest.raises(Refused, match=student.says):
            preflight(folder, assigned)
        return
    mended = preflight(folder, assigned)
    nbformat.validate(mended.notebook)
    if student.says:
        assert any(student.says in note for note in mended.notes)
    else:
        assert mended.notes == []
    marked = [cell for cell in mended.notebook.cells if "nbgrader" in cell.metadata]
    masters = [cell for cell in assigned.master.cells if "nbgrader" in cell.metadata]
    assert [cell.metadata for cell in marked] == [cell.metadata for cell in masters]
    for cell, master in zip(marked, masters, strict=True):
        assert cell.metadata.nbgrader.solution or cell.source == master.source


def test_preflight_keeps_own_cells_where_they_stood(classroom, submit, assignment):
    notebook = solved(assignment)
    place = next(
        i
        for i, cell in enumerate(notebook.cells)
        if cell.metadata.get("nbgrader", {}).get("grade_id") == hostile.EXERCISE
    )
    notebook.cells.insert(place, nbformat.v4.new_code_cell("helper = 1"))
    notebook.cells.insert(place + 2, nbformat.v4.new_markdown_cell("My thoughts."))
    mended = preflight(submit("ada", notebook), classroom.assigned(NAME))
    sources = [cell.source for cell in mended.notebook.cells]
    answer = next(source for source in sources if source.startswith("def gradients"))
    assert sources.index("helper = 1") < sources.index(answer) < sources.index("My thoughts.")
    assert mended.notes == []


def test_other_edition_is_graded_as_well(classroom, submit, assignment):
    mended = preflight(submit("ada", solved(assignment, "zh")), classroom.assigned(NAME))
    assert mended.notes == []
    assert not any("练习" in cell.source or "作业" in cell.source for cell in mended.notebook.cells)


def test_untouched_written_answer_is_the_stub_of_the_class(classroom, submit, assignment):
    notebook = solved(assignment, "zh")
    for cell in notebook.cells:
        if cell.source == MANUAL:
            cell.source = build_assignments.ANSWER_HERE["zh"]
    mended = preflight(submit("ada", notebook), classroom.assigned(NAME))
    assert build_assignments.ANSWER_HERE["en"] in [cell.source for cell in mended.notebook.cells]


# Collecting, recording, resuming ------------------------------------------------------------------------------------


def test_collect_takes_folders_and_files_and_follows_no_link(classroom, tmp_path, released_class):
    downloads, secret = tmp_path / "downloads", tmp_path / "secret"
    (downloads / "ada").mkdir(parents=True)
    (downloads / "ada" / "anything.ipynb").write_text("{}")
    (downloads / "bob__late_homework.ipynb").write_text("{}")
    (downloads / "../downloads/José 三").mkdir()
    (downloads / "José 三" / NAME).mkdir()
    (downloads / "José 三" / NAME / f"{NAME}.ipynb").write_text("{}")
    secret.write_text("secret")
    (downloads / "eve.ipynb").symlink_to(secret)
    (downloads / "mallory").symlink_to(released_class / "source")
    students = grade.collect(classroom, NAME, downloads)
    assert students == ["José 三 → José_三", "ada", "bob", "eve", "mallory"]
    assert classroom.students(NAME) == ["José_三", "ada", "bob", "eve", "mallory"]
    assert classroom.path("submitted", "bob", NAME, f"{NAME}.ipynb").read_text() == "{}"
    assert classroom.path("submitted", "José_三", NAME, f"{NAME}.ipynb").read_text() == "{}"
    for student in ("eve", "mallory"):
        assert not any(path.exists() for path in classroom.path("submitted", student, NAME).iterdir())


@pytest.fixture
def downloads(tmp_path):
    (tmp_path / "downloads").mkdir()
    return tmp_path / "downloads"


def test_collect_keeps_all_files_of_a_student_and_the_preflight_chooses(classroom, downloads, assignment):
    (downloads / "ada").mkdir()
    for name in ("ada__1.ipynb", "ada__2.ipynb", "ada/ada__1.ipynb"):
        nbformat.write(solved(assignment), downloads / name)
    assert grade.collect(classroom, NAME, downloads) == ["ada"]
    names = {path.name for path in classroom.path("submitted", "ada", NAME).iterdir()}
    assert names == {"ada__1.ipynb", "ada__2.ipynb", "ada__1__ada__1.ipynb"}
    reason, notes = grade.preflight_all(classroom, NAME)["ada"]
    assert not reason
    assert any("these were not" in note for note in notes)


def test_collect_mixes_up_no_two_students(classroom, submit, downloads):
    submit("ada")
    for name in ("ada", "o'neil", "o_neil"):
        (downloads / f"{name}.ipynb").write_text("{}")
    with pytest.raises(grade.GradeError, match="o'neil and o_neil would both become o_neil"):
        grade.collect(classroom, NAME, downloads)
    assert classroom.students(NAME) == ["ada"]
    assert classroom.path("submitted", "ada", NAME, f"{NAME}.ipynb").read_text() != "{}"  # nothing was replaced


def test_too_large_a_notebook_is_called_so(classroom, downloads, monkeypatch):
    monkeypatch.setattr(grade, "LARGEST_FILE", 10)
    monkeypatch.setattr(sys.modules["preflight"], "LARGEST_FILE", 10)
    (downloads / "ada.ipynb").write_text("{" + " " * 20 + "}")
    grade.collect(classroom, NAME, downloads)
    assert "Clear its outputs" in grade.preflight_all(classroom, NAME)["ada"][0]
    key = grade.key_of(classroom.path("submitted", "ada", NAME))
    (downloads / "ada.ipynb").write_text("{" + " " * 30 + "}")
    grade.collect(classroom, NAME, downloads)
    assert grade.key_of(classroom.path("submitted", "ada", NAME)) != key


def test_every_submission_ends_with_a_grade_or_a_reason(classroom, submit, no_sandbox_needed):
    for student in ("honest", "not_json", "symbolic_link", "deleted_check"):
        submit(student, student)
    submit("unlucky")
    results = grade.grade(classroom, NAME, quick_engine(fail={"unlucky"}))
    assert {result.student: result.status for result in results} == {
        "honest": "graded",
        "deleted_check": "graded",
        "not_json": "refused",
        "symbolic_link": "refused",
        "unlucky": "failed",
    }
    assert all(result.recorded and (result.status == "graded") != bool(result.reason) for result in results)
    assert grades(classroom) == {"honest": RIGHT / 2, "deleted_check": RIGHT / 2}


class Stopped(Exception):
    """Stands for Ctrl-C or a power cut."""


def test_stopping_anywhere_loses_and_repeats_nothing(classroom, submit, no_sandbox_needed, monkeypatch):
    for number in range(5):
        submit(f"student{number}")
    log = []

    def logging(inner):
        for task, result, error in quick_engine()(inner):
            log.append(task.student)
            yield task, result, error

    def stopping_engine(todo):
        yield from list(logging(todo[:2]))
        raise Stopped

    with pytest.raises(Stopped):
        grade.grade(classroom, NAME, stopping_engine)
    assert len(grades(classroom)) == 2

    with monkeypatch.context() as patch:  # stopped after the result was stored, before the grade book has it
        patch.setattr(grade.Recorder, "record", lambda *_: (_ for _ in ()).throw(Stopped()))
        with pytest.raises(Stopped):
            grade.grade(classroom, NAME, logging)
    assert len(grades(classroom)) == 2

    results = grade.grade(classroom, NAME, logging)
    assert sorted(log) == [f"student{number}" for number in range(5)]
    assert all(result.status == "graded" and result.recorded for result in results)
    assert set(grades(classroom).values()) == {RIGHT / 2}
    assert [grade.grade(classroom, NAME, logging), len(log)] == [results, 5]


def test_new_version_of_a_submission_is_graded_anew_and_failures_are_tried_again(classroom, submit, no_sandbox_needed):
    folder, seen = submit("ada"), []

    def engine(todo):
        seen.append([task.student for task in todo])
        return quick_engine(fail={"bob"} if len(seen) == 1 else ())(todo)

    submit("bob")
    grade.grade(classroom, NAME, engine)
    path = folder / f"{NAME}.ipynb"
    path.write_text(path.read_text(encoding="utf-8").replace(MANUAL, "Changed."), encoding="utf-8")
    grade.grade(classroom, NAME, engine)
    grade.grade(classroom, NAME, engine)
    assert seen == [["ada", "bob"], ["ada", "bob"]]


def test_manual_grade_survives_grading_again(classroom, submit, no_sandbox_needed):
    folder = submit("ada")
    grade.grade(classroom, NAME, quick_engine())
    with classroom.grade_book() as book:
        written = book.find_grade("failed_or_slow", NAME, NAME, "ada")
        assert written.needs_manual_grade
        written.manual_score = 2
        book.db.commit()
    (folder / "note.txt").write_text("sorry, forgot this")
    grade.grade(classroom, NAME, quick_engine())
    assert grades(classroom) == {"ada": RIGHT / 2 + 2}


def test_two_commands_at_once_are_refused(classroom, submit, no_sandbox_needed, downloads):
    submit("ada")
    again = grade.Classroom(classroom.folder)
    for command in (
        lambda: grade.grade(again, NAME, quick_engine()),
        lambda: grade.collect(again, NAME, downloads),
        lambda: grade.release(again, NAME, "en"),
    ):
        with classroom.alone(), pytest.raises(grade.GradeError, match="Another command"):
            command()


def test_grading_before_the_release_says_what_to_do(tmp_path, no_sandbox_needed):
    with pytest.raises(grade.GradeError, match=r"has not been released: python tools/grade.py release 01"):
        grade.grade(grade.Classroom(tmp_path / "class"), NAME, quick_engine())


def test_an_earlier_grade_stands_when_a_later_submission_is_refused(classroom, submit, no_sandbox_needed, tmp_path):
    folder = submit("ada")
    grade.grade(classroom, NAME, quick_engine())
    (folder / f"{NAME}.ipynb").write_text("broken")
    assert grade.grade(classroom, NAME, quick_engine())[0].status == "refused"
    grade.export(classroom, tmp_path / "grades.csv")
    with open(tmp_path / "grades.csv", encoding="utf-8-sig", newline="") as stream:
        (row,) = csv.DictReader(stream)
    assert (row["status"], row["score"]) == ("refused", f"{RIGHT / 2:g}")
    assert row["notes"].endswith("The grade is that of an earlier submission.")


@pytest.mark.parametrize("arguments", [["--folder", "X", "grade", "01"], ["grade", "01", "--folder", "X"]])
def test_the_folder_may_stand_before_or_after_the_command(arguments):
    assert grade.parse_arguments(arguments).folder == Path("X")
    assert grade.parse_arguments(["grade", "01"]).folder.name == "class"


@pytest.mark.parametrize("text", ["=1", "+1", "-1+1|cmd", "@a", "\t=1", "\r=1"])
def test_no_text_is_a_formula(text):
    assert grade._harmless(text) == f"'{text}"
    assert grade._harmless(f"a{text}") == f"a{text}"


def test_grading_refuses_to_start_without_a_sandbox_unless_told(classroom, submit, monkeypatch):
    submit("ada")
    monkeypatch.setattr(sandbox.shutil, "which", lambda name: None)
    sandbox.bubblewrap.cache_clear()
    try:
        with pytest.raises(SandboxError, match=r"bubblewrap is missing.*--unsafe"):
            grade.grade(classroom, NAME, quick_engine())
        with pytest.raises(SandboxError), sandbox.Kernel():
            pass
        assert grade.grade(classroom, NAME, quick_engine(), unsafe=True)[0].status == "graded"
    finally:
        sandbox.bubblewrap.cache_clear()


def test_released_assignment_does_not_change_under_its_submissions(classroom, submit):
    submit("ada")
    with pytest.raises(grade.GradeError, match="handed in already"):
        grade.release(classroom, NAME, "en")


def test_class_keeps_its_language(classroom):
    with pytest.raises(grade.GradeError, match="language en"):
        grade.release(classroom, NAME, "zh")


def test_export_lists_everybody_and_writes_no_formulas(classroom, submit, no_sandbox_needed, tmp_path):
    submit("=1+1")
    submit("honest")
    submit("not_json", "not_json")
    grade.grade(classroom, NAME, quick_engine())
    assert grade.export(classroom, tmp_path / "grades.csv") == 3
    with open(tmp_path / "grades.csv", encoding="utf-8-sig", newline="") as stream:
        rows = {row["student"]: row for row in csv.DictReader(stream)}
    assert rows["honest"]["score"] == "9.5"
    assert rows["honest"]["max_score"] == "22"
    assert rows["honest"]["needs_manual_grade"] == "yes"
    assert "tanh_gradient 2/4" in rows["honest"]["exercises"]
    assert "not JSON" in rows["not_json"]["notes"]
    assert rows["not_json"]["score"] == ""
    assert "'=1+1" in rows


def test_feedback_has_the_grades_and_neither_hidden_tests_nor_other_outputs(classroom, submit, no_sandbox_needed):
    submit("ada")

    def engine(todo):
        for task, result, error in quick_engine()(todo):
            notebook = nbformat.reads(result.notebook, as_version=4)
            stolen = nbformat.v4.new_output("stream", name="stdout", text="STOLEN NUMBERS")
            next(cell for cell in notebook.cells if cell.source.startswith("def gradients")).outputs = [stolen]
            yield task, replace(result, notebook=nbformat.writes(notebook, version=4)), error

    grade.grade(classroom, NAME, engine)
    (page,) = grade.feedback(classroom, NAME)
    text = page.read_text(encoding="utf-8")
    assert "2.0 / 4" in text
    assert "STOLEN NUMBERS" in classroom.path("autograded", "ada", NAME, f"{NAME}.ipynb").read_text()
    assert "STOLEN NUMBERS" not in text
    assert "HIDDEN" not in text
    assert "right_step" not in text


# Workers -----------------------------------------------------------------------------------------------------------


def test_worker_that_dies_hangs_or_fails_costs_its_task_only():
    todo = ["a", "die", "b", "hang", "c", "fail", "d"]
    found = {task: (value, error) for task, value, error in workers.work(restless, todo, jobs=2, seconds=3)}
    assert set(found) == set(todo)
    assert all(found[task][1] is None for task in "abcd")
    assert "unexpectedly" in str(found["die"][1])
    assert "longer" in str(found["hang"][1])
    assert isinstance(found["fail"][1], ValueError)


def test_workers_end_with_the_iteration():
    iteration = workers.work(restless, ["a", "hang", "hang"], jobs=1, seconds=60)
    _, process, _ = next(iteration)
    iteration.close()
    time.sleep(0.2)
    assert not Path(f"/proc/{process}").exists() or sys.platform != "linux"


# The hostile class, in the sandbox ----------------------------------------------------------------------------------


def digests(folder, *parts):
    return {
        path: hashlib.sha256(path.read_bytes()).digest()
        for part in parts
        for path in folder.glob(part)
        if path.is_file()
    }


@pytest.fixture(scope="module")
def graded_class(released_class, assignment, tmp_path_factory):
    """The whole hostile class, graded: the class, its results by student, and whoever knocked at a port."""
    folder = tmp_path_factory.mktemp("hostile") / "class"
    shutil.copytree(released_class, folder)
    knocks = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        port = server.getsockname()[1]
        for student in CLASS:
            submission = folder / "submitted" / student.name / NAME
            submission.mkdir(parents=True)
            code = student.code.replace("TARGET", str(folder)).replace("PORT", str(port))
            hostile.hand_in(replace(student, code=code), submission, solved(assignment), NAME)
        before = digests(folder, "submitted/**/*", "source/**/*", "release/**/*")
        classroom = grade.Classroom(folder)
        results = grade.grade(classroom, NAME, grade.in_processes(2), TIGHT)
        with contextlib.suppress(BlockingIOError):
            knocks.append(server.accept())
    assert digests(folder, "submitted/**/*", "source/**/*", "release/**/*") == before
    return classroom, {result.student: result for result in results}, knocks


@pytest.mark.notebook
@needs_sandbox
@pytest.mark.parametrize("student", CLASS, ids=lambda student: student.name)
def test_hostile_student_gets_what_is_deserved(graded_class, student):
    classroom, results, _ = graded_class
    result = results[student.name]
    if student.score is None:
        assert (result.status, student.name in grades(classroom)) == ("refused", False)
        assert student.says in result.reason
        return
    assert result.status == "graded", result.reason
    assert grades(classroom)[student.name] == student.score
    notebook = classroom.path("autograded", student.name, NAME, f"{NAME}.ipynb").read_text(encoding="utf-8")
    assert student.says in notebook + " ".join(result.notes)
    assert "UNLIMITED" not in notebook


def orphaned_sandboxes() -> int:
    """How many sandboxes run whose grading process has ended."""
    running = subprocess.run(["ps", "-eo", "ppid=,comm="], capture_output=True, text=True).stdout.split("\n")
    return sum(line.split() == ["1", "bwrap"] for line in running)


@pytest.mark.notebook
@needs_sandbox
def test_hostile_class_leaves_nothing_behind(graded_class):
    classroom, results, knocks = graded_class
    assert len(results) == len(CLASS)
    assert knocks == []
    book = sqlite3.connect(classroom.path("gradebook.db"))
    assert book.execute("pragma integrity_check").fetchone() == ("ok",)
    assert book.execute("select count(*) from grade where manual_score is not null").fetchone() == (0,)
    sizes = [path.stat().st_size for path in classroom.path("autograded").rglob("*.ipynb")]
    assert max(sizes) < 2_000_000
    deadline = time.monotonic() + 10  # a sandbox dies with its grading process, but not in the same moment
    while orphaned_sandboxes() and time.monotonic() < deadline:
        time.sleep(0.2)
    assert orphaned_sandboxes() == 0


@pytest.mark.notebook
@needs_sandbox
@pytest.mark.parametrize("student", ["output_flood_in_one_line", "tells_the_hidden_numbers"])
def test_feedback_of_a_hostile_student_is_small_and_tells_no_hidden_number(graded_class, student):
    classroom, _, _ = graded_class
    (page,) = grade.feedback(classroom, NAME, student)
    assert page.stat().st_size < 3_000_000
    text = page.read_text(encoding="utf-8")
    assert "HIDDEN TESTS" not in text
    assert "nine rows of numbers" not in text  # what the student's code says when it sees a hidden test


def marked_by(variable):
    """Processes with a variable in their environment."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if variable.encode() in (folder / "environ").read_bytes().split(b"\0"):
                found.append(int(folder.name))
    return found


@pytest.mark.notebook
@needs_sandbox
def test_killed_grading_goes_on_where_it_was(classroom, submit):
    for number in range(6):
        submit(f"student{number}")
    mark = f"COURSE_TEST={classroom.folder}"
    command = [
        sys.executable,
        build_assignments.paths.repository() / "tools" / "grade.py",
        "--folder",
        classroom.folder,
    ]
    variables = os.environ | dict([mark.split("=", 1)])
    process = subprocess.Popen([*command, "grade", "01", "--jobs", "2"], env=variables, stdout=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 300
        while len(list(classroom.path("results", NAME).glob("*.json"))) < 2:
            assert process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.05)
    finally:
        process.kill()
        process.wait()
    time.sleep(1)
    assert marked_by(mark) == []  # neither workers nor kernels
    before = digests(classroom.folder, "marked/**/*.ipynb")
    times = {path: path.stat().st_mtime_ns for path in before}
    assert 2 <= len(before) < 6
    subprocess.run([*command, "grade", "01"], env=variables, check=True, stdout=subprocess.DEVNULL)
    assert grades(classroom) == {f"student{number}": RIGHT for number in range(6)}
    assert {path: path.stat().st_mtime_ns for path in before} == times


@pytest.mark.notebook
@pytest.mark.parametrize("name", build_assignments.assignment_names())
def test_model_solution_and_untouched_release_in_a_real_kernel(name, tmp_path):
    from marking import mark

    assignment = build_assignments.parse(name)
    release = nbformat.reads(build_assignments.release_path(name, "zh").read_text(encoding="utf-8"), as_version=4)
    assigned = Assigned(name, build_assignments.assemble(assignment, "en"), [release])
    for notebook, right in ((solved(assignment), True), (release, False)):
        folder = tmp_path / str(right)
        folder.mkdir()
        nbformat.write(notebook, folder / f"{name}.ipynb")
        text = nbformat.writes(preflight(folder, assigned).notebook, version=4)
        marked = mark(text, "en", slot=9, unsafe=bool(missing_sandbox()))  # these two notebooks are our own
        points = {f"{one.name}_check": one.points if right else 0 for one in assignment.exercises.values() if one.check}
        assert marked.scores == points
        assert marked.notes == []
