"""The checks of assignments: what counts as equal, what crosses over from the student's side, what is said."""

import json

import numpy as np
import pytest

from course_utils import checking
from course_utils.checking import Check, Unanswered, answer, decode, difference, encode, read_answer


def exercise_on(code, points=4, language="en"):
    """An exercise whose student's side has run a piece of code, and the list of lines that it writes."""
    namespace, lines = {}, []
    exec(compile(code, "<cell>", "exec"), namespace)
    check = Check(lambda program, given: answer(program, given, namespace), language, lines.append)
    return check("double", points=points), lines


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        3,
        2**60,
        1.5,
        "text",
        [1, [2.5, "a"]],
        {"a": 1, 2: [True]},
        np.eye(2),
        np.float32(2),
        np.zeros((0, 3)),
    ],
)
def test_plain_data_survives_the_crossing(value):
    back = decode(encode(value))
    np.testing.assert_array_equal(back, value) if isinstance(value, np.ndarray | np.generic) else None
    assert difference(back, value) is None or value is None
    if isinstance(value, np.ndarray | np.generic):
        assert (back.dtype, back.shape) == (value.dtype, value.shape)


def test_sets_cross_in_an_order_of_their_own():
    assert decode(encode({"b", "a", "c"})) == ["a", "b", "c"]
    assert decode(encode(frozenset([(2, "x"), (1, "y")]))) == [[1, "y"], [2, "x"]]


def test_tensors_and_tuples_cross_as_arrays_and_lists():
    class Tensor:
        def numpy(self):
            return np.arange(3)

    assert decode(encode((1, {2}))) == [1, [2]]
    assert decode(encode(Tensor())).tolist() == [0, 1, 2]


@pytest.mark.parametrize("value", [object(), np.array([object()]), {1: object()}, lambda: 1])
def test_anything_else_does_not_cross(value):
    with pytest.raises(Unanswered):
        decode(encode(value))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no",
        "3",
        "[]",
        "{}",
        '{"value": {"array": ["|O", [1], "gASV"]}}',
        '{"value": {"array": ["<f8", [9], "AAAA"]}}',
        '{"value": {"dictionary": [[[1], 2]]}}',
        '{"problem": ["unknown", {}]}',
        '{"problem": ["raised", []]}',
        '{"problem": ["raised", {"error": [], "line": {}}]}',
        '{"problem": ["summary", {"passed": "x"}]}',
        '{"value": {"other": null}}',
        "{" * 5000,
        '{"value": ' + "[" * 5000,
    ],
)
def test_forged_answers_are_no_answers(text):
    exercise, lines = exercise_on("")
    exercise.check.ask = lambda program, given: text
    for hidden in (None, False, True):
        exercise.check.hidden = hidden
        assert not exercise.equal("part", "x", 1)
    assert len(lines) == 3
    assert exercise.score() == 0


EQUAL = [
    (3, 3.0),
    ([1, 2], np.array([1, 2])),
    ((1, 2), [1.0, 2.0]),
    (np.float32(0.1), np.float32(0.1)),
    (1 + 1e-8, 1),
    ([np.ones(2), np.ones((3, 1))], [np.ones(2), np.ones((3, 1))]),
    ({"a": [1]}, {"a": np.array([1])}),
    ("yes", "yes"),
    (None, None),
    (np.array(True), True),
    ([], []),
    (np.array([]), []),
]
DIFFERENT = [
    (1, True, "kind"),
    (True, 1, "kind"),
    ("1", 1, "kind"),
    (None, 1, "kind"),
    (1, None, "kind"),
    ([1, 2], [[1, 2]], "shape"),
    ([1, 1], 1, "shape"),
    (1.001, 1, "few"),
    (np.ones(9), np.zeros(9), "values"),
    (float("nan"), 1, "finite"),
    ([1, [2]], [1, 2], "kind"),
    ([1, 2, 3], [[1], [2, 3]], "length"),
    ({"a": 1}, {"b": 1}, "keys"),
    ("No", "no", "few"),
    ([True], [False], "few"),
    ([1, True], [1, 1], "kind"),
    ([1], [], "length"),
    (3, [], "kind"),
]


@pytest.mark.parametrize(("value", "expected"), EQUAL)
def test_equal(value, expected):
    assert difference(decode(encode(value)), expected) is None


@pytest.mark.parametrize(("value", "expected", "key"), DIFFERENT)
def test_different(value, expected, key):
    assert difference(decode(encode(value)), expected).key == key


def test_parts_earn_their_share_of_the_points():
    exercise, lines = exercise_on("def double(x):\n    return x + 2 if x < 3 else 0")
    assert exercise.equal("two", "double(x)", 4, given={"x": 2}, weight=1)
    assert not exercise.equal("five", "double(x)", 10, given={"x": 5}, weight=2, mistakes={"Always 0?": 0})
    assert exercise.test("a number", "double(1)", lambda value: value >= 0, weight=0)
    assert exercise.score() == 1.33
    assert lines == [
        "✓ two",
        "✗ five: expected 10, yours is 0. Always 0?",
        "✓ a number",
        "2 of 3 checks passed.",
    ]


def test_full_marks_are_exact_and_announce_further_checks():
    exercise, lines = exercise_on("", points=3)
    for _ in range(3):
        exercise.equal("part", "1", 1)
    assert exercise.score() == 3
    assert "Further checks" in lines[-1]


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("", "double is not defined: run the cell that defines it"),
        ("def double(x): raise NotImplementedError", "not written yet"),
        (
            "def double(x):\n    y = 1\n    return y / 0",
            "your code raised ZeroDivisionError: division by zero (line 3 of",
        ),
        ("import sys\ndef double(x): sys.exit()", "your code raised SystemExit"),
        ("def double(x): return object()", "a object came back"),
        ("def double(x): return 'a' * 30_000_000", "too large"),
        ("def double(x): return helper(x)", "NameError: name 'helper' is not defined"),
    ],
)
def test_problems_are_told(code, says):
    exercise, lines = exercise_on(code)
    assert not exercise.equal("part", "double(1)", 2)
    assert says in lines[0]


def test_messages_have_both_languages():
    exercise, lines = exercise_on("def double(x): return [x]", language="zh")
    exercise.equal("部分", "double(1)", 2, mistakes={"多了一层。": lambda value: len(value) == 1})
    exercise.score()
    assert lines == ["✗ 部分：形状应为 ()，你的是 (1,)。多了一层。", "1 项检查通过 0 项。"]


def test_hidden_tests_pass_nothing_on_that_the_code_could_choose():
    """The code has seen the hidden numbers; it must not be able to send them to its author through a message."""
    leaks = [
        "raise ValueError(str(x))",
        "class Secret7(Exception): pass\n    raise Secret7()",
        "return 7",
        "return [0] * x",
        "return {x: 1}",
        "return 'seven'",
        "return type('Type7', (), {})()",
        "return double(x)",
        "raise NotImplementedError(7)",
    ]
    for leak in leaks:
        for expected in (2, [1, 2], {"a": 1}, "a", np.zeros(9)):
            exercise, lines = exercise_on(f"def double(x):\n    {leak}")
            exercise.check.hidden = True
            exercise.equal("part", "double(x)", expected, given={"x": 7})
            assert "7" not in lines[0]
            assert "seven" not in lines[0]


def test_students_code_gets_copies_and_leaves_no_names():
    namespace = {"changed": []}
    given = {"x": np.zeros(2)}
    text = answer("x += 1\ny = x\nchanged.append(1)\nx", encode(given), namespace)
    assert read_answer(text).tolist() == [1, 1]
    assert given["x"].tolist() == [0, 0]
    assert namespace == {"changed": [1]}


def test_conditions_that_do_not_apply_are_not_fulfilled():
    exercise, _ = exercise_on("double = 'text'")
    assert not exercise.test("falls", "double", lambda values: values[0] / 2 < 1)


def test_interrupt_goes_through():
    with pytest.raises(KeyboardInterrupt):
        answer("f()", encode({}), {"f": lambda: (_ for _ in ()).throw(KeyboardInterrupt())})


def test_every_message_has_two_languages_with_the_same_fields():
    from string import Formatter

    for english, chinese in [*checking.MESSAGES.values(), *checking.KINDS.values()]:
        fields = [{field for _, field, _, _ in Formatter().parse(text) if field} for text in (english, chinese)]
        assert fields[0] == fields[1]


def test_set_up_cell_makes_a_check_of_the_notebooks_variables(capsys):
    namespace = {"double": lambda x: 2 * x}
    exec('from course_utils.checking import start_assignment\ncheck = start_assignment("en")', namespace)
    exercise = namespace["check"]("double", points=1)
    assert exercise.equal("two", "double(1)", 2)
    assert json.loads(json.dumps(exercise.score())) == 1
