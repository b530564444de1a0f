"""Checks of an assignment: a student's code answers questions, and only what it answers is judged.

A check never compares a student's objects. It sends a small program to where the student's code lives, and gets plain
data back: numbers, texts, lists, dictionaries, arrays. So an object that claims to equal everything is no answer, and
the same check works in the student's notebook, where both sides share a process, and in grading, where they do not.

    exercise = check("output_gradient", points=3)
    exercise.equal("the gradient for one row", "output_gradient(h, y, t)", expected, given={"h": h, "y": y, "t": t},
                   mistakes={"You sum over the rows; the loss is their mean.": 4 * expected})
    exercise.test("the loss falls", "losses", lambda losses: losses[-1] < losses[0])
    exercise.score()
"""

import ast
import base64
import builtins
import contextlib
import json
import math
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

LARGEST_ANSWER = 20_000_000  # characters of an encoded answer
ANSWER_TYPE = "application/x-course-answer"  # of a kernel's message that carries one
FEW_NUMBERS = 6  # so many are shown beside what was expected

MESSAGES = {
    "unwritten": ("not written yet", "还没有写"),
    "undefined": (
        "{name} is not defined: run the cell that defines it",
        "没有定义 {name}：请先运行定义它的单元格",
    ),
    "raised": ("your code raised {error}{line}", "你的代码抛出了 {error}{line}"),
    "line": (" (line {line} of its cell)", "（所在单元格第 {line} 行）"),
    "other": ("a {kind} came back, which is neither numbers nor text", "返回的是 {kind}，既不是数也不是文本"),
    "large": ("the answer is too large to be read", "答案过大，无法读取"),
    "kind": ("expected {expected}, yours is {kind}", "应当是{expected}，你的是{kind}"),
    "shape": ("expected the shape {expected}, yours is {shape}", "形状应为 {expected}，你的是 {shape}"),
    "length": ("expected {expected} entries, yours has {length}", "应有 {expected} 项，你的有 {length} 项"),
    "keys": ("expected the keys {expected}, yours are {keys}", "键应为 {expected}，你的是 {keys}"),
    "finite": ("some numbers are not finite (NaN or infinity)", "有的数不是有限数（NaN 或无穷）"),
    "values": ("the values differ, by up to {difference:.3g}", "数值不符，最大相差 {difference:.3g}"),
    "few": ("expected {expected}, yours is {value}", "应为 {expected}，你的是 {value}"),
    "unfit": ("not what was expected", "不符合要求"),
    "late": ("it took longer than allowed and was stopped", "超过了允许的时间，已被停止"),
    "flood": ("it printed without end and was stopped", "输出没完没了，已被停止"),
    "memory": ("it used more memory than allowed and was ended", "超过了允许的内存，已被结束"),
    "files": ("it wrote more to files than allowed and was ended", "写入文件超过了允许的大小，已被结束"),
    "total": ("the notebook as a whole took longer than allowed", "整个笔记本超过了允许的时间"),
    "died": ("it ended the Python process", "Python 进程被它结束了"),
    "start": ("Python could not be started", "无法启动 Python"),
    "summary": ("{passed} of {count} checks passed", "{count} 项检查通过 {passed} 项"),
    "more": (
        "Further checks, with other numbers, follow when it is graded.",
        "评分时还会用别的数据再检查。",
    ),
    "points": ("{score:g} of {points:g} points", "得 {score:g} 分，满分 {points:g} 分"),
}
PROBLEMS = {  # those that can come from the student's side, with their fields
    "unwritten": (),
    "undefined": ("name",),
    "raised": ("error", "line"),
    "large": (),
} | dict.fromkeys(("late", "flood", "memory", "files", "total", "died", "start"), ())
KINDS = {
    "nothing": ("nothing (None)", "空（None）"),
    "a truth value": ("a truth value", "真假值"),
    "a number": ("a number", "一个数"),
    "text": ("text", "文本"),
    "a list": ("a list", "列表"),
    "a dictionary": ("a dictionary", "字典"),
    "numbers": ("an array of numbers", "数的数组"),
    "truth values": ("an array of truth values", "真假值的数组"),
}


class Unanswered(Exception):
    """The student's side gave no answer; its arguments are the key of a message and the message's fields."""


def encode(value) -> str:
    """Plain data as JSON text.

    Numbers, texts, None, lists, tuples, dictionaries and arrays go through; tensors, variables and whatever else has
    `.numpy()` or `.to_numpy()` become arrays. Anything else keeps its type's name only.
    """
    return json.dumps(_encodable(value))


def _encodable(value):
    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, np.generic | np.ndarray):
        array = np.ascontiguousarray(value).reshape(np.shape(value))
        if array.dtype.kind in "US":
            return _encodable(array.tolist())
        if array.dtype.kind not in "biuf":
            return {"other": f"array of {array.dtype}"}
        array = array.astype(array.dtype.newbyteorder("<"))
        return {"array": [array.dtype.str, list(array.shape), base64.b64encode(array.tobytes()).decode("ascii")]}
    if isinstance(value, list | tuple | range):
        return [_encodable(entry) for entry in value]
    if isinstance(value, set | frozenset):  # in an order that does not change from process to process
        return sorted(map(_encodable, value), key=json.dumps)
    if isinstance(value, dict):
        return {"dictionary": [[_encodable(key), _encodable(entry)] for key, entry in value.items()]}
    for method in ("numpy", "to_numpy"):
        if callable(getattr(value, method, None)):
            converted = getattr(value, method)()
            if isinstance(converted, np.generic | np.ndarray):
                return _encodable(converted)
    for plain in (bool, int, float, str):  # such as an int of a subclass
        if isinstance(value, plain):
            return plain(value)
    return {"other": type(value).__name__}


def decode(text: str):
    """The plain data behind `encode`'s text, whoever wrote it: nothing but the types that `encode` knows comes out.

    Raises:
        Unanswered: something else than plain data was encoded, or the text is no encoding.
    """
    try:
        return _decoded(json.loads(text))
    except Unanswered:
        raise
    except Exception:
        raise Unanswered("other", {"kind": "?"}) from None


def _decoded(value):
    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, list):
        return [_decoded(entry) for entry in value]
    if "array" in value:
        dtype, shape, data = value["array"]
        dtype = np.dtype(dtype)
        if dtype.kind not in "biuf":
            raise ValueError(dtype)
        return np.frombuffer(base64.b64decode(data), dtype=dtype).reshape(shape).copy()
    if "dictionary" in value:
        return {_decoded(key): _decoded(entry) for key, entry in value["dictionary"]}
    raise Unanswered("other", {"kind": str(value["other"])[:60]})


def answer(program: str, given: str, namespace: Mapping) -> str:
    """Run a program on the student's side and return what its last line evaluates to, or what went wrong, as JSON.

    Args:
        program: lines of Python; the last one is an expression.
        given: `encode`d dictionary of values that the program can use.
        namespace: the student's variables. The program's own do not get into it.
    """
    try:
        tree = ast.parse(program)
        last = ast.Expression(tree.body.pop().value)
        scope = {**namespace, **decode(given)}
        exec(compile(tree, "<check>", "exec"), scope)
        text = encode(eval(compile(last, "<check>", "eval"), scope))
        if len(text) > LARGEST_ANSWER:
            return json.dumps({"problem": ["large", {}]})
        return '{"value": ' + text + "}"
    except KeyboardInterrupt:
        raise
    except NotImplementedError:
        return json.dumps({"problem": ["unwritten", {}]})
    except NameError as error:
        if error.name and error.name not in namespace and error.name in program:
            return json.dumps({"problem": ["undefined", {"name": error.name}]})
        return json.dumps({"problem": _description(error)})
    except BaseException as error:  # SystemExit too: it must not end the check
        return json.dumps({"problem": _description(error)})


def publish_answer(program: str, given: str) -> None:
    """Within a kernel: publish what `answer` says about the notebook's variables."""
    from IPython import get_ipython

    shell = get_ipython()
    shell.display_pub.publish({ANSWER_TYPE: answer(program, given, shell.user_ns)})


def _description(error: BaseException) -> list:
    """Kind and text of an error, and the line of the student's cell where it came about."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_cell(frame.filename)]
    try:
        text = f"{type(error).__name__}: {error}"
    except Exception:
        text = type(error).__name__
    return ["raised", {"error": text[:300], "line": frames[-1].lineno if frames else None}]


def _is_cell(filename: str) -> bool:
    return filename.startswith("<cell") or "ipykernel_" in filename or "<ipython-input" in filename


def read_answer(text: str):
    """The value in what `answer` returned.

    Raises:
        Unanswered: there is none.
    """
    try:
        outcome = json.loads(text)
        if "problem" in outcome:
            key, fields = outcome["problem"]
            fields = {name: fields[name] for name in PROBLEMS[key]}
            if not all(isinstance(field, str | int | None) for field in fields.values()):
                raise TypeError(fields)
        else:
            value = _decoded(outcome["value"])
    except Unanswered:
        raise
    except Exception:
        raise Unanswered("other", {"kind": "?"}) from None
    if "problem" in outcome:
        raise Unanswered(key, fields)
    return value


def _kind(value) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "a truth value"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "text"
    if isinstance(value, dict):
        return "a dictionary"
    if isinstance(value, np.ndarray):
        single, many = ("a truth value", "truth values") if value.dtype == bool else ("a number", "numbers")
        return many if value.ndim else single
    return "a list"


def _as_array(value):
    """A list of equally long lists of numbers as an array; None where it is none."""
    with contextlib.suppress(ValueError, TypeError):
        array = np.asarray(value)
        if array.dtype.kind in "biuf" and not (array.dtype.kind in "iuf" and _has_truth_values(value)):
            return array
    return None


def _has_truth_values(value) -> bool:
    if isinstance(value, list):
        return any(_has_truth_values(entry) for entry in value)
    return isinstance(value, bool) or (isinstance(value, np.ndarray) and value.dtype == bool)


@dataclass(frozen=True)
class Difference:
    """Why a value is not the expected one; it holds the key of a message and the message's fields."""

    key: str
    fields: dict


def difference(value, expected, tolerance: float = 1e-6) -> Difference | None:
    """Compare plain data with plain data.

    Lists, tuples and arrays of the same numbers are equal, and so are 3 and 3.0; numbers and truth values are not, nor
    are arrays of different shapes. NaN equals nothing.

    Args:
        value: what the student's code answered.
        expected: what is right: a number, truth value, text, list, dictionary or array.
        tolerance: numbers may differ by this share of the largest expected one (of 1, where all are smaller).

    Returns:
        None when both agree.
    """
    if isinstance(expected, np.generic):
        expected = expected[()].item()
    if isinstance(expected, tuple):
        expected = list(expected)
    if isinstance(expected, dict):
        return _difference_of_dictionaries(value, expected, tolerance)
    if expected is None or isinstance(expected, str):
        if _kind(value) != _kind(expected):
            return Difference("kind", {"expected": _kind(expected), "kind": _kind(value)})
        same = value is None or value == expected
        return None if same else Difference("few", {"expected": repr(expected), "value": repr(value)[:80]})
    right, mine = _as_array(expected), _as_array(value)
    if right is None or (isinstance(expected, list) and expected == []):
        return _difference_of_lists(value, expected, tolerance)
    if mine is None or (mine.dtype == bool) != (right.dtype == bool):
        return Difference("kind", {"expected": _kind(right), "kind": _kind(value)})
    if mine.shape != right.shape:
        return Difference("shape", {"expected": right.shape, "shape": mine.shape})
    if right.dtype == bool or right.size == 0:
        same = np.array_equal(mine, right)
        gap = float((mine != right).sum())
    else:
        if not np.isfinite(mine).all():
            return Difference("finite", {})
        gap = float(np.abs(mine.astype(float) - right.astype(float)).max())
        same = gap <= tolerance * max(1.0, float(np.abs(right.astype(float)).max()))
    if same:
        return None
    if right.size <= FEW_NUMBERS:
        return Difference("few", {"expected": _shown(right), "value": _shown(mine)})
    return Difference("values", {"difference": gap})


def _difference_of_lists(value, expected: list, tolerance: float) -> Difference | None:
    if isinstance(value, np.ndarray) and value.ndim:
        value = list(value)
    if not isinstance(value, list):
        return Difference("kind", {"expected": "a list", "kind": _kind(value)})
    if len(value) != len(expected):
        return Difference("length", {"expected": len(expected), "length": len(value)})
    found = (difference(mine, right, tolerance) for mine, right in zip(value, expected, strict=True))
    return next(filter(None, found), None)


def _difference_of_dictionaries(value, expected: dict, tolerance: float) -> Difference | None:
    if not isinstance(value, dict):
        return Difference("kind", {"expected": "a dictionary", "kind": _kind(value)})
    if set(value) != set(expected):
        return Difference("keys", {"expected": sorted(map(str, expected)), "keys": sorted(map(str, value))[:20]})
    found = (difference(value[key], right, tolerance) for key, right in expected.items())
    return next(filter(None, found), None)


def _shown(array: np.ndarray) -> str:
    return np.array2string(array, precision=4, suppress_small=True, separator=", ").replace("\n", "")


class Check:
    """Begins the check of an exercise: `exercise = check("output_gradient", points=3)`.

    Args:
        ask: takes a program and `encode`d values, and returns what `answer` says on the student's side.
        language: "en" or "zh", of the messages.
        write: where the messages go.
    """

    def __init__(self, ask: Callable[[str, str], str], language: str = "en", write: Callable[[str], None] = print):
        self.ask = ask
        self.language = language
        self.write = write
        self.hidden: bool | None = None  # None in a student's notebook; else whether hidden tests are running

    def __call__(self, name: str, points: float) -> "Exercise":
        return Exercise(self, name, points)

    def message(self, key: str, fields: Mapping) -> str:
        """A message in the check's language. Of hidden tests, it tells nothing that the student's code could choose: it
        has seen their numbers, and could pass them on to its author."""
        if self.hidden and key == "raised":
            kind = str(fields["error"]).split(":")[0]
            known = isinstance(getattr(builtins, kind, None), type)
            fields = {"error": kind if known else "Exception", "line": None}
        elif self.hidden and key in ("few", "values", "shape", "length", "keys", "other"):
            key, fields = "unfit", {}
        column = ("en", "zh").index(self.language)
        fields = {name: KINDS[f][column] if isinstance(f, str) and f in KINDS else f for name, f in fields.items()}
        if key == "raised":
            fields["line"] = MESSAGES["line"][column].format(**fields) if fields["line"] else ""
        return MESSAGES[key][column].format(**fields)


class Exercise:
    """The check of one exercise. Each part that passes earns its share of the points."""

    def __init__(self, check: Check, name: str, points: float):
        self.check = check
        self.name = name
        self.points = points
        self.outcomes: list[tuple[bool, float]] = []  # passed, weight

    def ask(self, program: str, given: Mapping | None = None):
        """What a program says on the student's side, as plain data, for a check that needs several answers.

        Raises:
            Unanswered: the program failed or returned something else.
        """
        return read_answer(self.check.ask(program, encode(dict(given or {}))))

    def equal(
        self,
        what: str,
        program: str,
        expected,
        *,
        given: Mapping | None = None,
        mistakes: Mapping | None = None,
        hint: str = "",
        weight: float = 1,
        tolerance: float = 1e-6,
    ) -> bool:
        """A part: a program's answer must be the expected value.

        Args:
            what: what is checked, in a few words.
            program: what the student's side evaluates; its last line is an expression.
            expected: the right answer (see `difference`).
            given: values that the program may use.
            mistakes: hints by text, each with the wrong answer that it explains, or with a function that recognises it.
            hint: shown with any other wrong answer.
            weight: the part's share of the points, relative to the other parts. 0 informs only.
            tolerance: see `difference`.

        Returns:
            Whether it passed.
        """
        try:
            value = self.ask(program, given)
        except Unanswered as problem:
            return self._record(what, weight, self.check.message(*problem.args))
        found = difference(value, expected, tolerance)
        if found is None:
            return self._record(what, weight)
        problem = self.check.message(found.key, found.fields)
        return self._record(what, weight, problem, self._hint(value, mistakes, hint))

    def test(
        self,
        what: str,
        program: str,
        condition: Callable[[object], bool],
        *,
        given: Mapping | None = None,
        mistakes: Mapping | None = None,
        hint: str = "",
        weight: float = 1,
    ) -> bool:
        """A part: a program's answer must fulfil a condition, a function of plain data. Otherwise like `equal`."""
        try:
            value = self.ask(program, given)
        except Unanswered as problem:
            return self._record(what, weight, self.check.message(*problem.args))
        if _holds(condition, value):
            return self._record(what, weight)
        return self._record(what, weight, self.check.message("unfit", {}), self._hint(value, mistakes, hint))

    def _hint(self, value, mistakes: Mapping | None, hint: str) -> str:
        for text, wrong in (mistakes or {}).items():
            if _holds(wrong, value) if callable(wrong) else difference(value, wrong) is None:
                return text
        return hint

    def _record(self, what: str, weight: float, problem: str = "", hint: str = "") -> bool:
        self.outcomes.append((not problem, weight))
        colon, stop = (": ", ". ") if self.check.language == "en" else ("：", "。")
        self.check.write(f"✗ {what}{colon}{problem}{stop if hint else ''}{hint}" if problem else f"✓ {what}")
        return not problem

    def score(self) -> float:
        """Print how many parts passed, and return the points that they earn."""
        total = sum(weight for _, weight in self.outcomes)
        earned = sum(weight for passed, weight in self.outcomes if passed)
        everything = all(passed for passed, _ in self.outcomes)
        share = earned / total if total else float(everything)
        score = math.floor(100 * self.points * share + 0.5) / 100
        passed = sum(passed for passed, _ in self.outcomes)
        english = self.check.language == "en"
        line = self.check.message("summary", {"passed": passed, "count": len(self.outcomes)})
        if self.check.hidden is not None:
            points = self.check.message("points", {"score": score, "points": self.points})
            line += (", " if english else "，") + points
        line += "." if english else "。"
        if self.check.hidden is None and everything:
            line += (" " if english else "") + self.check.message("more", {})
        self.check.write(line)
        return score


def _holds(condition: Callable, value) -> bool:
    """Whether a condition is fulfilled; a value that it cannot be applied to does not fulfil it."""
    try:
        return bool(condition(value))
    except Exception:
        return False


def start_assignment(language: str = "en", *, seed: int = 0, tensorflow: bool = False) -> Check:
    """Set up an assignment's notebook: seed NumPy (and TensorFlow, when used), set the figure style, make `check`.

    Args:
        language: of the check's messages, "en" or "zh".
        seed: of the random numbers.
        tensorflow: also start TensorFlow, quietly, which takes a few seconds.
    """
    import random

    from course_utils import plotting

    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 (students may use it)
    if tensorflow:
        from course_utils.notebook import import_tensorflow

        import_tensorflow().keras.utils.set_random_seed(seed)
    plotting.use_style()
    namespace = sys._getframe(1).f_globals
    return Check(lambda program, given: answer(program, given, namespace), language)
