"""Build the assignments: from one source, nbgrader's source notebook and what students receive, in both languages.

    python tools/build_assignments.py               every assignment
    python tools/build_assignments.py 01            this one
    python tools/build_assignments.py --check       change nothing; fail when a file is not what its source builds
    python tools/build_assignments.py 01 --accept-translations
                                        say that you have read and mended the Chinese of every changed English cell

A source, `assignments/sources/NN_name.py`, is in the percent format with two languages (see tools/percent.py). Besides
text and given code, which is locked, it has three kinds of cells, marked in their `# %%` line:

    # %% answer="tanh_gradient"                 what the student writes: the model solution stands between
                                                ### BEGIN SOLUTION and ### END SOLUTION; commented lines after ### GIVEN
                                                are what the student gets in its place
    # %% check="tanh_gradient" minutes=15       its check, a program with course_utils.checking; what stands between
                                                ### BEGIN HIDDEN TESTS and ### END HIDDEN TESTS runs in grading only
    # %% [markdown] lang="en" role="hints"      right after a check: the texts that it uses as "{hint:name}", hints and
                                                names of parts, one a line as `- name: text`; the Chinese partner has
                                                the same names
    # %% [markdown] lang="en" answer="why" points=2 minutes=5
                                                a question that a person grades; the model answer stands between
                                                ### BEGIN SOLUTION and ### END SOLUTION

Text writes `{exercise:tanh_gradient}` for "4 points, about 15 minutes", and `{total}` for the sum over the assignment.
`assignments/NN_name.ipynb` and `assignments/zh/NN_name.ipynb` are the release that nbgrader makes.
"""

import argparse
import ast
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from percent import (
    LANGUAGES,
    BuildError,
    Cell,
    Source,
    chinese_typography,
    nbformat,  # where it is missing, percent says what to do
    read_cells,
    record_translations,
    relative,
    serialise,
    source_names,
)

from course_utils import paths
from course_utils.files import write_atomically

BEGIN_SOLUTION, GIVEN, END_SOLUTION = "### BEGIN SOLUTION", "### GIVEN", "### END SOLUTION"
BEGIN_HIDDEN, END_HIDDEN = "### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS"
CHECK_CALL = re.compile(r'\bcheck\("(\w+)", points=(\d+)\)')
HINT = re.compile(r"^- (\w+): (.+(?:\n  .+)*)$", re.MULTILINE)
HINT_USE = re.compile(r"\{hint:(\w+)\}")
PLACEHOLDER = re.compile(r"\{(exercise:\w+|total)\}")
COST = {"en": "{points} points, about {minutes} minutes", "zh": "{points} 分，约 {minutes} 分钟"}
FOLDED = "# Run this cell to check the answer."
ANSWER_HERE = {"en": "*Write your answer here, in place of this line.*", "zh": "**在这里写下你的回答，替换这一行。**"}


@dataclass
class Exercise:
    """A question of an assignment: what the student answers, and the check where there is one."""

    name: str
    points: int
    minutes: int
    answer: Cell
    check: Cell | None  # None: a person grades it


class Assignment(Source):
    """A parsed source of an assignment."""

    @property
    def exercises(self) -> dict[str, Exercise]:
        """The exercises by name, in order.

        Raises:
            BuildError: an answer has no check, a check no answer, or one of their marks or delimiters is wrong.
        """
        answers = {cell.marks["answer"]: cell for cell in self.cells if "answer" in cell.marks}
        checks = {cell.marks["check"]: cell for cell in self.cells if "check" in cell.marks}
        counted = [name for cell in self.cells for key in ("answer", "check") if (name := cell.marks.get(key))]
        if len(counted) != len(answers) + len(checks):
            raise self.error("an exercise has one answer cell and one check cell, and a name of its own")
        if strays := set(checks) - set(answers):
            raise self.error(f"these checks have no answer cell: {', '.join(sorted(strays))}")
        exercises = {}
        for name, answer in answers.items():
            check = checks.get(name)
            if (check is None) != (answer.kind == "markdown"):
                raise self.error(f"{name}: an answer in code needs a check cell, and a written answer cannot have one")
            points = answer.marks.get("points") if check is None else self._points(name, check)
            minutes = (check or answer).marks.get("minutes")
            if type(points) is not int or type(minutes) is not int:
                raise self.error(f"{name}: give points=… (in a check: in its call) and minutes=… as whole numbers")
            self._check_delimiters(name, answer, check)
            exercises[name] = Exercise(name, points, minutes, answer, check)
        return exercises

    def error(self, problem: str) -> BuildError:
        return BuildError(f"assignments/sources/{self.name}.py: {problem}.")

    def _points(self, name: str, check: Cell) -> int:
        calls = CHECK_CALL.findall(check.text["en"])
        if [call[0] for call in calls] != [name]:
            raise self.error(f'{name}: its check begins with `exercise = check("{name}", points=…)`, once')
        return int(calls[0][1])

    def _check_delimiters(self, name: str, answer: Cell, check: Cell | None) -> None:
        for text in answer.text.values():
            marks = re.findall(f"{BEGIN_SOLUTION}|{END_SOLUTION}", text)
            if not marks or marks != [BEGIN_SOLUTION, END_SOLUTION] * (len(marks) // 2):
                raise self.error(f"{name}: its answer needs {BEGIN_SOLUTION} and, behind it, {END_SOLUTION}")
        if check is None:
            return
        lines = check.text["en"].split("\n")
        if lines.count(BEGIN_HIDDEN) != 1 or lines.count(END_HIDDEN) != 1:
            raise self.error(f"{name}: its check needs one line {BEGIN_HIDDEN} and one line {END_HIDDEN}, not indented")
        if lines[-1] != "exercise.score()":
            raise self.error(f"{name}: its check ends with `exercise.score()`")
        used = set(HINT_USE.findall(check.text["en"]))
        for language, text in check.attached.get("hints", dict.fromkeys(self.languages, "")).items():
            known = {hint for hint, _ in HINT.findall(text)}
            if known != used:
                raise self.error(
                    f"{name}: hints used and hints in {language} differ: {', '.join(sorted(used ^ known))}"
                )


def folder() -> Path:
    return paths.repository() / "assignments"


def source_path(name: str) -> Path:
    return folder() / "sources" / f"{name}.py"


def proof_path(name: str) -> Path:
    return folder() / "proofs" / f"{name}.py"


def release_path(name: str, language: str) -> Path:
    return (folder() if language == "en" else folder() / language) / f"{name}.ipynb"


def assignment_names(selected: list[str] | None = None) -> list[str]:
    """The names of all assignments, or of the selected ones; see `source_names`."""
    return source_names(folder() / "sources", selected)


def parse(name: str, accept_translations: bool = False) -> Assignment:
    """Read an assignment's source.

    Raises:
        BuildError: a translation is missing or stale, or a cell's marker is wrong.
    """
    command = f"python tools/build_assignments.py {name[:2]}"
    return Assignment(name, *read_cells(source_path(name), command, accept_translations))


def code_of(cell: Cell, language: str) -> str:
    """A code cell as the edition of a language has it: with that language's hints and setting."""
    text = cell.text["en"].replace("{language}", language)
    found = HINT.findall(cell.attached.get("hints", {}).get(language, ""))
    hints = {name: hint.replace("\n  ", " ") for name, hint in found}
    if language == "zh":
        hints = {name: chinese_typography(hint) for name, hint in hints.items()}
    return HINT_USE.sub(lambda use: hints[use.group(1)].replace("\\", "\\\\").replace('"', '\\"'), text)


def text_of(text: str, assignment: Assignment, language: str) -> str:
    """A text cell of an edition: costs filled in, and set as the language wants it."""
    exercises = assignment.exercises

    def cost(match: re.Match) -> str:
        name = match.group(1).removeprefix("exercise:")
        if name != "total" and name not in exercises:
            raise assignment.error(f"{match.group()}: there is no such exercise")
        chosen = exercises.values() if name == "total" else [exercises[name]]
        return COST[language].format(
            points=sum(exercise.points for exercise in chosen), minutes=sum(exercise.minutes for exercise in chosen)
        )

    filled = PLACEHOLDER.sub(cost, text)
    return chinese_typography(filled) if language == "zh" else filled


def assemble(assignment: Assignment, language: str) -> nbformat.NotebookNode:
    """nbgrader's source notebook of one edition, with solutions and hidden tests."""
    exercises = assignment.exercises
    notebook = nbformat.v4.new_notebook()
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
            "language_info": {"file_extension": ".py", "name": "python", "pygments_lexer": "ipython3"},
        }
    )
    for cell in assignment.cells:
        name = cell.marks.get("answer") or cell.marks.get("check")
        marks = {"schema_version": 3, "grade": False, "solution": False, "task": False, "locked": True}
        if cell.kind == "markdown":
            built = nbformat.v4.new_markdown_cell(text_of(cell.text[language], assignment, language), id=cell.id)
            marks = marks | {"grade": True, "solution": True, "locked": False} if name else None
        else:
            built = nbformat.v4.new_code_cell(code_of(cell, language), id=cell.id)
            if "check" in cell.marks:  # folded: the first line is seen, and no hint before its time
                built.source = f"{FOLDED}\n{built.source}"
                built.metadata["jupyter"] = {"source_hidden": True}
            marks |= {"solution": "answer" in cell.marks, "grade": "check" in cell.marks}
            marks["locked"] = not marks["solution"]
            if cell.tags:
                built.metadata["tags"] = cell.tags
            if cell.alt:
                built.metadata["alt"] = text_of(cell.alt[language], assignment, language).replace("\n", " ")
        if marks:
            suffix = "_check" if marks["grade"] and not marks["solution"] else ""
            marks["grade_id"] = f"{name}{suffix}" if name else f"given_{cell.id}"
            if marks["grade"]:
                marks["points"] = exercises[name].points
            built.metadata["nbgrader"] = marks
        notebook.cells.append(built)
    nbformat.validate(notebook)
    return notebook


def released_code(text: str) -> str:
    """An answer cell without its solutions: each gives way to the lines after its ### GIVEN, uncommented, or to a line
    that raises NotImplementedError."""
    lines, solving, given = [], False, None
    for line in text.split("\n"):
        mark, indent = line.strip(), line[: len(line) - len(line.lstrip())]
        if mark == BEGIN_SOLUTION:
            solving, given = True, None
        elif mark == GIVEN:
            given = []
        elif mark == END_SOLUTION:
            lines += [f"{indent}raise NotImplementedError  # your code here"] if given is None else given
            solving = False
        elif not solving:
            lines.append(line)
        elif given is not None:
            given.append(indent + mark.removeprefix("#").removeprefix(" "))
    return "\n".join(lines)


def release(assignment: Assignment, root: Path, language: str, grade_book: bool = True) -> Path:
    """Put an assignment into a class folder and let nbgrader make its release.

    Args:
        assignment: what to release.
        root: nbgrader's course folder; the assignment goes into `source/` and `release/` there.
        language: the edition.
        grade_book: also enter the assignment into the grade book there.

    Returns:
        The released notebook.

    Raises:
        BuildError: nbgrader could not make it; the message has its reason.
    """
    from nbgrader.apps import NbGraderAPI
    from nbgrader.converters import GenerateAssignment
    from nbgrader.preprocessors import ClearSolutions
    from traitlets.config import Config

    class ClearOrGive(ClearSolutions):
        """Put in place of a solution what ### GIVEN says, where it says something."""

        def _replace_solution_region(self, cell, language):
            if cell.cell_type == "markdown" or BEGIN_SOLUTION not in cell.source:
                return super()._replace_solution_region(cell, language)
            cell.source = released_code(cell.source)
            return True

    config = Config()
    config.CourseDirectory.root = str(root)
    steps = GenerateAssignment.preprocessors.default_args[0]
    config.GenerateAssignment.preprocessors = [ClearOrGive if step is ClearSolutions else step for step in steps]
    config.ClearOrGive.text_stub = ANSWER_HERE[language]
    config.GenerateAssignment.no_database = not grade_book
    config.SaveCells.enabled = grade_book
    source = root / "source" / assignment.name / f"{assignment.name}.ipynb"
    source.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(source, serialise(assemble(assignment, language)))
    with own_programs_on_the_path():
        outcome = NbGraderAPI(config=config).generate_assignment(assignment.name, force=True)
    if not outcome["success"]:
        raise BuildError(f"nbgrader could not release {assignment.name}: {outcome.get('log') or outcome['error']}")
    return root / "release" / assignment.name / f"{assignment.name}.ipynb"


def solution_code(text: str) -> str:
    """An answer cell as somebody who knows the solution hands it in."""
    kept = re.sub(rf"^ *{GIVEN}\n(.*\n)*? *(?={END_SOLUTION})", "", text, flags=re.MULTILINE)
    return re.sub(rf"^ *({BEGIN_SOLUTION}|{END_SOLUTION})(\n|\Z)", "", kept, flags=re.MULTILINE).rstrip()


@contextmanager
def own_programs_on_the_path() -> Iterator[None]:
    """nbgrader starts `alembic`, a program of its environment, which need not be the active one."""
    before = os.environ.get("PATH", "")
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), before])
    try:
        yield
    finally:
        os.environ["PATH"] = before


def released(assignment: Assignment, language: str) -> str:
    """The text of the notebook that students receive."""
    with tempfile.TemporaryDirectory() as root:
        return release(assignment, Path(root), language, grade_book=False).read_text(encoding="utf-8")


def build(name: str) -> None:
    """Write the release of an assignment in each of its languages."""
    assignment = parse(name)
    for language in assignment.languages:
        target = release_path(name, language)
        target.parent.mkdir(exist_ok=True)
        write_atomically(target, released(assignment, language))


def check(name: str) -> None:
    """Compare an assignment's releases with its source.

    Raises:
        BuildError: a translation is missing or stale, the source is wrong, or a release is not what it builds.
    """
    assignment = parse(name)
    if len(assignment.languages) < 2:
        raise BuildError(f"Assignment {name} has no Chinese edition. Translate assignments/sources/{name}.py.")
    for language in LANGUAGES:
        path = release_path(name, language)
        if not path.exists() or path.read_text(encoding="utf-8") != released(assignment, language):
            raise BuildError(
                f"{relative(path)} is not what its source builds. Make changes in assignments/sources/{name}.py, "
                f"then run: python tools/build_assignments.py {name[:2]}"
            )


def given_names(cell: Cell) -> set[str]:
    """The names that a check cell reads without defining them, other than `check` and Python's own."""
    import builtins

    tree = ast.parse(cell.text["en"])
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    made = {node.id for node in names if isinstance(node.ctx, ast.Store)}
    for node in ast.walk(tree):
        if isinstance(node, ast.arg):
            made.add(node.arg)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            made |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            made.add(node.name)
    return {node.id for node in names if isinstance(node.ctx, ast.Load)} - made - set(dir(builtins)) - {"check"}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description="Build the assignments.",
        epilog=__doc__.split("\n\n", 1)[1],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("assignments", nargs="*", metavar="NN", help="numbers of assignments; all when left out")
    parser.add_argument("--check", action="store_true", help="change nothing, fail when a file is not up to date")
    parser.add_argument("--accept-translations", action="store_true", help="the Chinese cells are up to date")
    options = parser.parse_args(arguments)
    problems = []
    try:
        names = assignment_names(options.assignments)
    except BuildError as error:
        parser.error(str(error))
    for name in names:
        try:
            if options.accept_translations:
                parse(name, accept_translations=True)
                record_translations(source_path(name))
            if options.check:
                check(name)
            else:
                build(name)
                print(f"built {name}")
        except BuildError as error:
            problems.append(str(error))
    for problem in problems:
        print(problem, file=sys.stderr)
    if options.check and not problems:
        print(f"{len(names)} assignments are what their sources build.")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
