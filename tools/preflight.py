"""Make of what a student handed in a notebook that can be graded, or say in a sentence why not.

The graded notebook has every cell of the assignment once and in order: locked cells and checks as they were released,
the student's answers, and the student's own cells where they stood. What was mended is told in a sentence each.
"""

import json
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

import nbformat

LARGEST_FILE = 30_000_000  # bytes; a notebook with all its figures has less than a tenth
MOST_CELLS = 1000


class Refused(Exception):
    """A submission cannot be graded; the message is the reason, a sentence."""


@dataclass
class Mended:
    """A notebook that can be graded, and what was mended, a sentence each."""

    notebook: nbformat.NotebookNode
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Assigned:
    """What the class was given: nbgrader's source notebook, and the release in the class's language, then in others."""

    name: str
    master: nbformat.NotebookNode
    releases: list[nbformat.NotebookNode]

    def released(self, grade_id: str) -> list[str]:
        """The text of a cell as released, by edition."""
        return [
            cell.source
            for release in self.releases
            for cell in release.cells
            if cell.metadata.get("nbgrader", {}).get("grade_id") == grade_id
        ]


def preflight(folder: Path, assigned: Assigned) -> Mended:
    """Read what one student handed in for one assignment.

    Raises:
        Refused: nothing in it can be graded.
    """
    notes: list[str] = []
    path = _find(folder, assigned.name, notes)
    cells = _cells(_read(path))
    return Mended(_merge(cells, assigned, notes), notes)


def _is_plain(path: Path) -> bool:
    return stat.S_ISREG(os.lstat(path).st_mode)


def _find(folder: Path, name: str, notes: list[str]) -> Path:
    """The notebook among the files of a submission, whatever it is called."""
    if folder.is_symlink() or not folder.is_dir():
        raise Refused("The submission is not a folder of files.")
    entries = sorted(path for path in folder.iterdir() if path.suffix.lower() == ".ipynb" or path.is_symlink())
    links = [path for path in entries if path.is_symlink()]
    found = [path for path in entries if path not in links and _is_plain(path)]
    if links:
        notes.append(f"{links[0].name} is a link to another file; links are not followed.")
    if not found:
        if links:
            raise Refused(f"{links[0].name} is a link to another file, and there is no notebook beside it.")
        others = ", ".join(sorted(path.name for path in folder.iterdir())[:3])
        raise Refused(f"There is no notebook (.ipynb) in the submission, only: {others or 'nothing'}.")
    exact = [path for path in found if path.name == f"{name}.ipynb"]
    chosen = exact[0] if exact else max(found, key=lambda path: (os.lstat(path).st_mtime, path.name))
    if not exact:
        notes.append(f"{chosen.name} was graded as {name}.ipynb.")
    if len(found) > 1:
        others = ", ".join(path.name for path in found if path != chosen)
        notes.append(f"{chosen.name} was graded; these were not: {others}.")
    return chosen


def _read(path: Path) -> dict:
    """A notebook file as JSON."""
    size = os.lstat(path).st_size
    if size == 0:
        raise Refused(f"{path.name} is empty.")
    if size > LARGEST_FILE:
        raise Refused(f"{path.name} has {size / 1e6:.0f} MB, more than {LARGEST_FILE / 1e6:.0f} MB. Clear its outputs.")
    try:
        content = json.loads(path.read_bytes().decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise Refused(f"{path.name} is not a notebook: it is not JSON ({str(error)[:60]}).") from None
    if not isinstance(content, dict) or not isinstance(content.get("cells"), list):
        raise Refused(f"{path.name} is not a notebook: it has no list of cells.")
    return content


@dataclass
class _Cell:
    """What counts of a student's cell."""

    kind: str
    source: str
    grade_id: str | None


def _cells(content: dict) -> list[_Cell]:
    """The student's cells. Outputs, metadata and whatever is malformed are dropped."""
    cells = []
    for raw in content["cells"][:MOST_CELLS]:
        if not isinstance(raw, dict) or raw.get("cell_type") not in ("code", "markdown", "raw"):
            continue
        source = raw.get("source", "")
        if isinstance(source, list):
            source = "".join(line for line in source if isinstance(line, str))
        metadata = raw.get("metadata") if isinstance(raw.get("metadata"), dict) else {}
        marks = metadata.get("nbgrader") if isinstance(metadata.get("nbgrader"), dict) else {}
        grade_id = marks.get("grade_id")
        source = source.encode("utf-8", "replace").decode("utf-8") if isinstance(source, str) else ""
        cells.append(_Cell(raw["cell_type"], source, grade_id if isinstance(grade_id, str) else None))
    return cells


def _merge(cells: list[_Cell], assigned: Assigned, notes: list[str]) -> nbformat.NotebookNode:
    """The master's cells with the student's answers, each followed by the student's own cells that stood behind it."""
    master = assigned.master
    marked = {cell.metadata.nbgrader.grade_id: cell for cell in master.cells if "nbgrader" in cell.metadata}
    texts = {
        cell.source.strip()
        for release in assigned.releases
        for cell in release.cells
        if "nbgrader" not in cell.metadata
    }
    if not any(cell.grade_id in marked for cell in cells):
        raise Refused("The notebook has none of this assignment's cells. Was it made from another one?")
    answers: dict[str, list[_Cell]] = {}
    own: dict[str | None, list[_Cell]] = {}
    seen: list[str] = []
    changed: set[str] = set()
    last: str | None = None
    for cell in cells:
        grade_id = cell.grade_id if cell.grade_id in marked else None
        if grade_id is None:
            if cell.source.strip() and cell.source.strip() not in texts:
                own.setdefault(last, []).append(cell)
            continue
        last = grade_id
        seen.append(grade_id)
        shown = {text.strip() for text in assigned.released(grade_id)}
        if marked[grade_id].metadata.nbgrader.solution:
            answers.setdefault(grade_id, []).append(cell)
        elif cell.source.strip() not in shown:
            changed.add(grade_id)
    for which, what in [
        (changed, "changed; run as released"),
        ({grade_id for grade_id in seen if seen.count(grade_id) > 1}, "there several times; graded once"),
        (set(marked) - set(seen), "missing; put back as released"),
    ]:
        if which:
            notes.append(f"Cells {what}: {', '.join(grade_id for grade_id in marked if grade_id in which)}.")
    merged = nbformat.from_dict(master)
    merged.cells = []
    for cell in own.get(None, []):
        merged.cells.append(_own_cell(cell, len(merged.cells)))
    for original in master.cells:
        cell = nbformat.from_dict(original)
        merged.cells.append(cell)
        marks = original.metadata.get("nbgrader")
        if marks is None:
            continue
        grade_id = marks.grade_id
        if marks.solution:
            copies = answers.get(grade_id, [])
            cell.source, others = _answer(original.cell_type, copies, assigned.released(grade_id))
            for other in others:
                merged.cells.append(_own_cell(other, len(merged.cells)))
        for other in own.get(grade_id, []):
            merged.cells.append(_own_cell(other, len(merged.cells)))
    return merged


def _answer(kind: str, copies: list[_Cell], released: list[str]) -> tuple[str, list[_Cell]]:
    """The text of an answer, and what is left of its copies.

    Copies of code all run, in their order, as they did for the student. Of a written answer, the longest one counts.
    """
    if kind == "code":
        return (copies[0].source, copies[1:]) if copies else (released[0], [])
    written = [copy.source for copy in copies if copy.source.strip() not in {text.strip() for text in released}]
    return max(written, key=len, default=released[0]), []


def _own_cell(cell: _Cell, place: int) -> nbformat.NotebookNode:
    identity = f"own-{place}"
    if cell.kind == "code":
        return nbformat.v4.new_code_cell(cell.source, id=identity)
    return nbformat.v4.new_markdown_cell(cell.source, id=identity)
