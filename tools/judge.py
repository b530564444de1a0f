"""Run the check of an exercise where it cannot be tampered with: outside the process that runs the student's code."""

from collections.abc import Callable
from dataclasses import dataclass

from build_assignments import BEGIN_HIDDEN, END_HIDDEN

from course_utils.checking import Check


@dataclass(frozen=True)
class Verdict:
    """What a check says: the points earned, and its lines of text."""

    score: float
    text: str


class BrokenCheck(Exception):
    """The check itself failed: its author's mistake, not the student's."""


def judge(check_code: str, ask: Callable[[str, str], str], language: str = "en") -> Verdict:
    """Run a check cell, hidden tests included.

    Args:
        check_code: the cell's source.
        ask: takes a program and encoded values to the student's side and returns what
            `course_utils.checking.answer` says there.
        language: of the messages.

    Raises:
        BrokenCheck: the check's own code raised an error.
    """
    lines: list[str] = []
    check = Check(ask, language, lines.append)
    check.hidden = False
    body, score = check_code.rstrip().rsplit("\n", 1)
    body = body.replace(BEGIN_HIDDEN, "check.hidden = True").replace(END_HIDDEN, "check.hidden = False")
    scope = {"check": check, "__name__": "check"}
    try:
        exec(compile(body, "<check>", "exec"), scope)
        return Verdict(eval(score, scope), "\n".join(lines))
    except Exception as error:
        raise BrokenCheck(f"{type(error).__name__}: {error}") from error
