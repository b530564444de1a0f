"""A class of hostile and unlucky students. Each breaks one exercise, or the file, of an otherwise right notebook.

Every attack is bounded by itself: where a limit is missing, it gives up and the test fails, and the machine stays.
"""

import json
import textwrap
from dataclasses import dataclass
from pathlib import Path

import nbformat

EXERCISE = "tanh_gradient"  # worth 4 of the 19 points that checks give
RIGHT = 19
REST = 15  # what the other exercises give
BEFORE = 3  # what the exercise before it gives, when its own kernel answers nothing sensible any more
CHECK = f"{EXERCISE}_check"


@dataclass(frozen=True)
class Student:
    """What one student's answer to the exercise is, or what happens to the whole file."""

    name: str
    score: float | None  # of the checks; None: no grade but a reason
    says: str  # stands in the reason, the notes or the outputs
    code: str = ""


def answer(body: str) -> str:
    """An answer cell whose function has this body."""
    return "def gradients(parameters, x, targets):\n" + textwrap.indent(textwrap.dedent(body).strip("\n"), "    ")


IN_THE_ANSWER = [
    Student(
        "endless_loop",
        REST,
        "took longer than allowed",
        answer("import time\nend = time.time() + 40\nwhile time.time() < end: pass"),
    ),
    Student(
        "endless_loop_at_top_level",
        REST,
        "KeyboardInterrupt",
        "import time\nend = time.time() + 40\nwhile time.time() < end: pass",
    ),
    Student(
        "loop_that_catches_interrupts",
        REST,
        "could not be interrupted",
        """
import time
end = time.time() + 40
while time.time() < end:
    try:
        while time.time() < end: pass
    except BaseException: pass
""",
    ),
    Student(
        "loop_in_the_check_that_catches_interrupts",
        REST,
        "took longer than allowed",
        answer(
            """
            import time
            end = time.time() + 40
            while time.time() < end:
                try:
                    while time.time() < end: pass
                except BaseException: pass
            """
        ),
    ),
    Student(
        "memory_hog",
        REST,
        "more memory than allowed",
        """
hoard = []
for _ in range(30):  # 3 GB, if nobody minds
    block = bytearray(100_000_000)
    block[::4096] = bytes([1]) * len(block[::4096])
    hoard.append(block)
print("UNLIM" + "ITED")
""",
    ),
    Student(
        "memory_hog_of_many_processes",
        REST,
        "more memory than allowed",
        """
import os, time
for _ in range(10):  # 3 GB in all
    if os.fork() == 0:
        block = bytearray(300_000_000)
        block[::4096] = bytes([1]) * len(block[::4096])
        time.sleep(3)
        os._exit(0)
time.sleep(4)
print("UNLIM" + "ITED")
""",
    ),
    Student(
        "process_flood",
        REST,
        "processes refused",
        """
import os, time
children = 0
try:
    for _ in range(150):
        if os.fork() == 0:
            time.sleep(2)
            os._exit(0)
        children += 1
except OSError:
    print("processes refused")
else:
    print("UNLIM" + "ITED")
""",
    ),
    Student(
        "file_flood",
        REST,
        "files refused",
        """
try:
    for number in range(60):  # 600 MB
        with open(f"file{number}", "wb") as stream: stream.write(bytes(10_000_000))
except OSError:
    print("files refused")
else:
    print("UNLIM" + "ITED")
""",
    ),
    Student("output_flood_in_lines", REST, "further output was dropped", "for _ in range(60_000): print('x' * 1000)"),
    Student("output_flood_in_one_line", REST, "further output was dropped", "print('x' * 60_000_000)"),
    Student("output_flood_in_the_check", REST, "", answer("print('x' * 60_000_000)")),
    Student("os_exit", REST, "ended the Python process", "import os\nos._exit(0)"),
    Student("os_exit_in_the_check", REST, "ended the Python process", answer("import os\nos._exit(0)")),
    Student(
        "kills_everybody",
        REST,
        "ended the Python process",
        """
import contextlib, os, signal
for process in (-1, 1, os.getppid(), os.getpid()):
    with contextlib.suppress(OSError):
        os.kill(process, signal.SIGKILL)
""",
    ),
    Student("sys_exit", REST, "", "import sys\nsys.exit(3)"),
    Student("sys_exit_in_the_check", REST, "SystemExit", answer("import sys\nsys.exit(3)")),
    Student("syntax_error", REST, "SyntaxError", "def gradients(parameters, x, targets:\n    return 1"),
    Student("raises_on_import", REST, "ZeroDivisionError", "1 / 0"),
    Student("infinite_recursion", REST, "RecursionError", answer("return gradients(parameters, x, targets)")),
    Student(
        "equals_everything",
        REST,
        "neither numbers nor text",
        """
class Anything:
    def __eq__(self, other): return True
    __ne__ = __lt__ = __gt__ = __le__ = __ge__ = lambda self, other: False
    def __getattr__(self, name): return self
    def __call__(self, *a, **k): return self
    def __getitem__(self, place): return self
    def __bool__(self): return True
    def __float__(self): return 0.0
    def __abs__(self): return self
    def __sub__(self, other): return 0
    __rsub__ = __sub__
gradients = Anything()
""",
    ),
    Student(
        "monkey_patched_numpy",
        REST,
        "",
        """
import numpy as np
np.allclose = np.array_equal = lambda *a, **k: True
np.abs = lambda x: np.zeros(())
np.ndarray.max = np.max = lambda *a, **k: 0.0
"""
        + answer("return [0 * p for p in parameters]"),
    ),
    Student(
        "monkey_patched_checks",
        BEFORE,
        "",
        """
import course_utils.checking as checking
from course_utils import claims, gradients as library
checking.difference = lambda *a, **k: None
checking.Exercise.equal = checking.Exercise.test = lambda *a, **k: True
checking.Exercise.score = lambda self: 1000.0
checking.encode = lambda value: "[0]"
claims.ClaimChecker.__call__ = lambda *a, **k: None
library.central_differences = lambda loss, arrays: [0 * array for array in arrays]
check = lambda *a, **k: checking.Exercise
"""
        + answer("return [0 * p for p in parameters]"),
    ),
    Student(
        "forged_answers",
        BEFORE,
        "",
        """
from IPython import get_ipython
import course_utils.checking as checking
def forged(program, given):
    for text in (
        '{"value": 4.0, "score": 1000}',
        "{" * 10000,
        '{"value": {"array": ["|O", [1], "gASV"]}}',
        '{"problem": ["summary", {"passed": "__class__"}]}',
        '{"problem": ["raised", {"error": [], "line": {}}]}',
        '{"value": {"other": null}}',
    ):
        get_ipython().display_pub.publish({checking.ANSWER_TYPE: text})
checking.publish_answer = forged
""",
    ),
    Student(
        "tells_the_hidden_numbers",
        REST,
        "nine rows of numbers",  # in the teacher's copy; not in the page for the student
        "seen = []\n"
        + answer(
            """
            if len(x) == 9:
                seen.append("nine rows" + " of numbers " + str(x))
                print(seen)
                raise type("Error with nine rows" + f" of numbers {x}", (Exception,), {})(seen)
            return seen
            """
        ),
    ),
    Student(
        "looks_for_what_is_expected",
        REST,
        "",
        answer(
            """
            import gc, inspect
            for frame in inspect.stack():
                for scope in (frame.frame.f_locals, frame.frame.f_globals):
                    for name in ("expected", "slope", "right", "moved"):
                        if name in scope: return scope[name]
            return [0 * p for p in parameters]
            """
        ),
    ),
    Student(
        "reads_the_sources",
        REST,
        "nothing to read",
        """
import os
found = []
for folder, folders, files in os.walk("/"):
    folders[:] = [name for name in folders if os.path.join(folder, name) not in ("/proc", "/usr", "/dev")]
    for name in files:
        path = os.path.join(folder, name)
        if name.startswith("0") and "feedforward" in name or name in ("gradebook.db", "judge.py", "class.json"):
            found.append(path)
print("read:" if found else "nothing to read", found)
""",
    ),
    Student(
        "writes_to_the_grade_book",
        REST,
        "no grade book",
        """
import os, sqlite3
done = []
for folder in (os.environ.get("HOSTILE_TARGET", ""), "TARGET", "/", "."):
    path = os.path.join(folder, "gradebook.db")
    if os.path.exists(path):
        sqlite3.connect(path).execute("update grade set manual_score = 300").connection.commit()
        done.append(path)
print("no grade book" if not done else "changed the grade book")
""",
    ),
    Student(
        "writes_to_the_course",
        REST,
        "nothing changed",
        """
import course_utils.checking, os, sys
changed = []
for path in (course_utils.checking.__file__, os.path.join(sys.prefix, "new.txt"), "/usr/new.txt"):
    try:
        open(path, "a").write("x = 1"); changed.append(path)
    except OSError:
        pass
print("nothing changed" if not changed else changed)
""",
    ),
    Student(
        "network",
        REST,
        "no network",
        """
import socket
reached = []
for address in (("127.0.0.1", PORT), ("10.0.0.1", 53), ("192.0.2.1", 80)):
    try:
        socket.create_connection(address, timeout=1); reached.append(address)
    except OSError:
        pass
print("no network" if not reached else reached)
""",
    ),
    Student(
        "other_processes",
        REST,
        "alone",
        "import os\nseen = [p for p in os.listdir('/proc') if p.isdigit()]\nprint('alone' if len(seen) < 6 else '')",
    ),
    Student("needs_input", REST, "StdinNotImplementedError", "input('name? ')"),
    Student("odd_text", REST, "", answer("return '\\ud800'")),
    Student("huge_answer", REST, "too large", answer("return [np.zeros((1500, 1500))] * 4")),
    Student("nan_answer", REST, "not finite", answer("return [np.nan * p for p in parameters]")),
    Student("shell_commands", REST, "ended the Python process", "!kill -9 -1\n%reset -f\n%cd /\n" + answer("return 0")),
]

IN_THE_FILE = [
    Student("honest", RIGHT, ""),
    Student("not_json", None, "not JSON"),
    Student("empty_file", None, "is empty"),
    Student("nothing_handed_in", None, "no notebook"),
    Student("no_list_of_cells", None, "no list of cells"),
    Student("other_notebook", None, "none of this assignment's cells"),
    Student("deep_json", None, "not JSON"),
    Student("huge_file", None, "more than 30 MB"),
    Student("not_utf8", None, "not JSON"),
    Student("malformed_cells", RIGHT, ""),
    Student("byte_order_mark", RIGHT, ""),
    Student("renamed_file", RIGHT, "was graded as"),
    Student("second_file", RIGHT, "these were not"),
    Student("duplicated_answer", RIGHT, "there several times"),
    Student("duplicated_check", RIGHT, "there several times"),
    Student("deleted_check", RIGHT, "missing; put back"),
    Student("deleted_answer", REST, "missing; put back"),
    Student("edited_check", REST, "changed; run as released"),
    Student("more_points", RIGHT, ""),
    Student("answer_as_text", RIGHT, ""),
    Student("moved_cells", RIGHT, ""),
    Student("stored_outputs", REST, ""),
    Student("symbolic_link", None, "is a link"),
    Student("link_to_the_source", None, "is a link"),
]

CLASS = IN_THE_ANSWER + IN_THE_FILE


def hand_in(student: Student, folder: Path, solved: nbformat.NotebookNode, name: str) -> None:
    """Write a student's submission.

    Args:
        student: whose.
        folder: where to, empty.
        solved: the release with right answers.
        name: the notebook's name without its ending.
    """
    notebook = json.loads(nbformat.writes(nbformat.from_dict(solved), version=4))
    target = folder / f"{name}.ipynb"
    cells = {
        cell["metadata"]["nbgrader"]["grade_id"]: cell for cell in notebook["cells"] if "nbgrader" in cell["metadata"]
    }
    order = notebook["cells"]
    if student.code:
        cells[EXERCISE]["source"] = student.code
    match student.name:
        case "tells_the_hidden_numbers":
            order.append({"cell_type": "code", "source": "print(seen)", "metadata": {}, "outputs": []})
        case "not_json":
            return _write(target, "PK\x03\x04 this was a word processor's file")
        case "empty_file":
            return _write(target, "")
        case "nothing_handed_in":
            return _write(folder / "readme.txt", "see my e-mail")
        case "no_list_of_cells":
            return _write(target, '{"worksheets": []}')
        case "other_notebook":
            notebook["cells"] = [{"cell_type": "code", "source": "1", "metadata": {}, "outputs": []}]
        case "deep_json":
            return _write(target, "[" * 200_000)
        case "huge_file":
            with open(target, "wb") as stream:
                stream.truncate(31_000_000)
            return None
        case "not_utf8":
            target.write_bytes('{"cells": ["é"]}'.encode("latin-1"))
            return None
        case "malformed_cells":
            order[0:0] = [
                None,
                3,
                {"cell_type": "video"},
                {"cell_type": "code"},
                {"cell_type": "code", "source": {"a": 1}},
            ]
            order.append(
                {"cell_type": "code", "source": ["1 + 1", 3], "metadata": {"nbgrader": [1]}, "outputs": "none"}
            )
            del notebook["nbformat_minor"], notebook["metadata"]
        case "byte_order_mark":
            target.write_bytes(b"\xef\xbb\xbf" + json.dumps(notebook).encode())
            return None
        case "renamed_file":
            target = folder / "homework final (1).IPYNB"
        case "second_file":
            _write(folder / f"{name}-Copy1.ipynb", "{}")
        case "duplicated_answer":
            order.insert(order.index(cells[EXERCISE]) + 1, json.loads(json.dumps(cells[EXERCISE])))
            cells[EXERCISE]["source"] = answer("return 'first try'")
        case "duplicated_check":
            order.append(json.loads(json.dumps(cells[CHECK])))
        case "deleted_check":
            order.remove(cells[CHECK])
        case "deleted_answer":
            order.remove(cells[EXERCISE])
        case "edited_check":
            cells[EXERCISE]["source"] = answer("return 0")
            cells[CHECK]["source"] = "4.0"
        case "more_points":
            cells[CHECK]["metadata"]["nbgrader"]["points"] = 400
            cells[CHECK]["metadata"]["nbgrader"]["locked"] = False
        case "answer_as_text":
            cells[EXERCISE]["cell_type"] = "markdown"
        case "moved_cells":
            order.remove(cells[CHECK])
            order.insert(0, cells[CHECK])
        case "stored_outputs":
            cells[EXERCISE]["source"] = answer("return 0")
            number = {
                "output_type": "execute_result",
                "data": {"text/plain": "4.0"},
                "metadata": {},
                "execution_count": 1,
            }
            cells[CHECK]["outputs"] = [number]
        case "symbolic_link":
            target.symlink_to("/etc/passwd")
            return None
        case "link_to_the_source":
            target.symlink_to(folder.parents[2] / "source" / name / f"{name}.ipynb")
            return None
    return _write(target, json.dumps(notebook))


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
