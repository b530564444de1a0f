"""Grade the answers of imagined students, so that the grading itself is known to be right.

    python tools/prove.py 01        a table of assignment 01: what each answer gets, and whether that is right

`assignments/proofs/NN_name.py` holds the answers in the percent format, one a cell:

    # %% exercise="tanh_gradient" points=2 what="sums over the rows" says="the loss is their mean"

`points` is what the answer must get, to a hundredth; `says` is a piece of the text that the check must print. The model
solution and the untouched release are graded too and need no cell.
"""

import contextlib
import io
import sys
from dataclasses import dataclass

from build_assignments import (
    Assignment,
    BuildError,
    Exercise,
    assignment_names,
    code_of,
    parse,
    proof_path,
    released_code,
)
from judge import Verdict, judge
from percent import jupytext

from course_utils.checking import answer


@dataclass(frozen=True)
class Proof:
    """An answer to an exercise, the points that it must get, and what its check must say."""

    exercise: str
    what: str
    code: str
    points: float
    says: str = ""

    def __str__(self) -> str:
        return f"{self.exercise}: {self.what}"


def proofs(assignment: Assignment) -> list[Proof]:
    """All answers of an assignment's proof, the model solutions and untouched answers first.

    Raises:
        BuildError: there is no proof, or a cell's marks are wrong or name no exercise.
    """
    path = proof_path(assignment.name)
    graded = {name: exercise for name, exercise in assignment.exercises.items() if exercise.check}
    found = []
    for exercise in graded.values():
        code = exercise.answer.text["en"]
        found.append(Proof(exercise.name, "the model solution", code, exercise.points))
        found.append(Proof(exercise.name, "the untouched release", released_code(code), 0))
    if not path.exists():
        raise BuildError(f"assignments/proofs/{path.name} is missing: write answers of imagined students.")
    for cell in jupytext.reads(path.read_text(encoding="utf-8"), fmt="py:percent").cells:
        if cell.cell_type != "code" or "exercise" not in cell.metadata:
            continue
        marks = {key: value for key, value in cell.metadata.items() if not key.startswith("lines_to_")}  # jupytext's
        try:
            proof = Proof(code=cell.source, **marks)
        except TypeError as error:
            raise BuildError(f"assignments/proofs/{path.name}, {marks}: {error}") from None
        if proof.exercise not in graded:
            raise BuildError(f"assignments/proofs/{path.name}: there is no exercise {proof.exercise} with a check.")
        found.append(proof)
    return found


def missing_proofs(assignment: Assignment, found: list[Proof]) -> list[str]:
    """What a proof lacks: for each exercise, three wrong answers that lose points and an unusual right one."""
    problems = []
    for exercise in assignment.exercises.values():
        own = [proof for proof in found if proof.exercise == exercise.name and proof.what not in MADE]
        wrong = sum(proof.points < exercise.points for proof in own)
        if exercise.check and (wrong < 3 or wrong == len(own)):
            problems.append(
                f"{exercise.name} has {wrong} wrong answers (of at least 3) and {len(own) - wrong} right ones"
            )
    return problems


MADE = ("the model solution", "the untouched release")


def grade(assignment: Assignment, proof: Proof, language: str = "en") -> Verdict:
    """Run the notebook up to an exercise, with a proof's answer in its place and model solutions before, and judge it.

    The cells run in this process in a namespace of their own; an answer that fails leaves what it had defined.
    """
    namespace = {"__name__": "__main__"}
    exercise: Exercise = assignment.exercises[proof.exercise]
    with quiet_figures():
        for cell in assignment.cells:
            if cell is exercise.check:
                break
            if cell.kind == "code" and "check" not in cell.marks:
                code = proof.code if cell is exercise.answer else code_of(cell, language)
                try:
                    exec(compile(code, "<cell>", "exec"), namespace)
                except Exception:
                    if cell is not exercise.answer:
                        raise
    return judge(code_of(exercise.check, language), lambda program, given: answer(program, given, namespace), language)


@contextlib.contextmanager
def quiet_figures():
    """Draw figures without showing them, and keep cells from printing."""
    import matplotlib.pyplot as plt

    backend = plt.get_backend()
    plt.switch_backend("agg")
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        plt.close("all")
        plt.switch_backend(backend)


def main(arguments: list[str]) -> int:
    if not arguments or arguments[0] in ("-h", "--help"):
        print(__doc__)
        return 0
    failed = False
    for name in assignment_names(arguments):
        assignment = parse(name)
        found = proofs(assignment)
        for problem in missing_proofs(assignment, found):
            failed = True
            print("✗", problem)
        for proof in found:
            verdict = grade(assignment, proof)
            right = abs(verdict.score - proof.points) < 0.006 and proof.says in verdict.text
            failed |= not right
            print(
                f"{'✓' if right else '✗'} {verdict.score:5.2f} {proof}" + ("" if right else f" (wanted {proof.points})")
            )
            if not right:
                print("   " + verdict.text.replace("\n", "\n   "))
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
