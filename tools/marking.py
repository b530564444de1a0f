"""Mark one submission: run the student's cells in a sandbox, and the checks here.

`mark` needs no grade book and writes no file, so it can run in any process on any machine with a clone of the course.
"""

import json
import time
from dataclasses import dataclass, field, replace

import nbformat
from judge import judge
from sandbox import Kernel, KernelLost, Limits

MOST_KERNELS = 4  # a submission that has lost so many gets no further one


@dataclass
class Marked:
    """A submission's notebook with the outputs of its run and the verdicts of its checks."""

    notebook: str  # JSON
    scores: dict[str, float]  # by the check's grade id
    notes: list[str] = field(default_factory=list)
    seconds: float = 0


def is_check(cell: nbformat.NotebookNode) -> bool:
    return cell.cell_type == "code" and bool(cell.metadata.get("nbgrader", {}).get("grade"))


LOST = {
    "late": "A cell took longer than allowed and could not be interrupted",
    "flood": "A cell printed without end and could not be interrupted",
    "memory": "A cell used more memory than allowed",
    "files": "A cell wrote more to files than allowed",
    "total": "The notebook as a whole took longer than allowed",
    "died": "A cell ended the Python process",
    "start": "Python could not be started",
}


def mark(notebook: str, language: str, slot: int = 0, limits: Limits | None = None, unsafe: bool = False) -> Marked:
    """Run a notebook that has passed the pre-flight, and judge it.

    A cell that ends its kernel costs what depends on it and no more: the others run again in a new kernel without it.

    Args:
        notebook: its JSON text, with complete checks.
        language: of the checks' messages.
        slot, limits, unsafe: see `sandbox.Kernel`.

    Raises:
        SandboxError: student code cannot be shut in here.
        BrokenCheck: a check has a fault of its own.
    """
    limits = limits or Limits()
    started = time.monotonic()
    content = nbformat.reads(notebook, as_version=4)
    run = _Run(content, language, limits)
    for _ in range(MOST_KERNELS):
        left = limits.total_seconds - (time.monotonic() - started)
        if left <= 0 or not run.open_checks():
            break
        if run.attempt(Kernel(slot, replace(limits, total_seconds=left), unsafe)):
            break
    late = time.monotonic() - started >= limits.total_seconds
    run.close("total" if late else "died")
    return Marked(nbformat.writes(content, version=4), run.scores, run.notes, round(time.monotonic() - started, 2))


class _Run:
    def __init__(self, content: nbformat.NotebookNode, language: str, limits: Limits):
        self.content, self.language, self.limits = content, language, limits
        self.scores: dict[str, float] = {}
        self.notes: list[str] = []
        self.skipped: set[str] = set()  # ids of cells that ended a kernel
        for cell in content.cells:
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None

    def open_checks(self) -> list[nbformat.NotebookNode]:
        checks = [cell for cell in self.content.cells if is_check(cell)]
        return [cell for cell in checks if cell.metadata.nbgrader.grade_id not in self.scores]

    def attempt(self, kernel: Kernel) -> bool:
        """Run the cells in a new kernel. Returns whether it reached the end."""
        cell = None
        try:
            with kernel:
                for number, cell in enumerate(self.content.cells, 1):
                    if cell.cell_type != "code":
                        continue
                    if is_check(cell):
                        if cell.metadata.nbgrader.grade_id not in self.scores and not self.judge(cell, kernel):
                            return False
                    elif cell.id not in self.skipped:
                        outcome = kernel.run(cell.source)
                        cell.outputs, cell.execution_count = outcome.outputs, number
                        if any(output.get("ename") == "MemoryError" for output in outcome.outputs):
                            raise KernelLost("memory")  # what it holds would starve the cells behind it
                return True
        except KernelLost as lost:
            reason = str(lost)
            if cell is None:
                self.notes.append(f"{LOST[reason]}.")
            else:
                self.skipped.add(cell.id)
                self.notes.append(f"{LOST[reason]}: {_name(cell)}. The rest was run again without it.")
                cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text=f"{LOST[reason]}.\n")]
            return False

    def judge(self, cell: nbformat.NotebookNode, kernel: Kernel | None, reason: str = "") -> bool:
        """Judge a check. Returns whether the kernel has survived it; without a kernel, every question has the answer
        that there is none, for the given reason."""
        lost = reason
        until = time.monotonic() + self.limits.cell_seconds

        def ask(program: str, given: str) -> str:
            nonlocal lost
            left = until - time.monotonic()
            if not lost and left > 0:
                try:
                    return kernel.ask(program, given, left)
                except KernelLost as error:
                    lost = str(error)
            return json.dumps({"problem": [lost or "late", {}]})

        verdict = judge(cell.source, ask, self.language)
        self.scores[cell.metadata.nbgrader.grade_id] = verdict.score
        number = nbformat.v4.new_output("execute_result", {"text/plain": repr(float(verdict.score))}, execution_count=1)
        cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text=verdict.text + "\n"), number]
        cell.execution_count = 1
        return not lost

    def close(self, reason: str) -> None:
        """Judge what no kernel has reached."""
        for cell in self.open_checks():
            self.judge(cell, None, reason)


def _name(cell: nbformat.NotebookNode) -> str:
    """How a person finds a cell."""
    grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
    return f"the cell {grade_id}" if grade_id else f'the own cell "{cell.source.strip().splitlines()[0][:40]}"'
