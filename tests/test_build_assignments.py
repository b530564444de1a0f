"""tools/build_assignments.py on a small assignment: what it builds, and what it refuses."""

import re

import build_assignments
import nbformat
import prove
import pytest
from percent import BuildError

SOURCE = '''\
# %% [markdown] lang="en"
# # Doubling ({total})

# %% [markdown] lang="zh" of=""
# # 加倍（{total}）

# %%
from course_utils.checking import start_assignment

check = start_assignment("{language}")

# %% [markdown] lang="en"
# ## Double it ({exercise:double})

# %% [markdown] lang="zh" of=""
# ## 加倍（{exercise:double}）


# %% answer="double"
def double(x):
    """Twice x."""
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION


# %% check="double" minutes=5
exercise = check("double", points=2)
exercise.equal("three", "double(3)", 6, mistakes={"{hint:square}": 9})
### BEGIN HIDDEN TESTS
exercise.equal("seven", "double(7)", 14)
### END HIDDEN TESTS
exercise.score()

# %% [markdown] lang="en" role="hints"
# - square: You squared it.

# %% [markdown] lang="zh" role="hints" of=""
# - square: 你算成了平方。

# %% answer="rate"
### BEGIN SOLUTION
rate = 2
### GIVEN
# rate = None  # your choice
### END SOLUTION

# %% check="rate" minutes=1
exercise = check("rate", points=1)
### BEGIN HIDDEN TESTS
exercise.equal("rate", "rate", 2)
### END HIDDEN TESTS
exercise.score()

# %% [markdown] lang="en" answer="why" points=3 minutes=4
# ### BEGIN SOLUTION
# Because.
# ### END SOLUTION

# %% [markdown] lang="zh" answer="why" points=3 minutes=4 of=""
# ### BEGIN SOLUTION
# 因为。
# ### END SOLUTION
'''

PROOF = """\
# %% exercise="double" points=0 what="squares" says="You squared it"
def double(x):
    return x**2

# %% exercise="double" points=1 what="knows three only"
double = {3: 6}.get

# %% exercise="double" points=2 what="adds"
double = lambda x: x + x
"""

NAME = "99_tiny"


@pytest.fixture
def source(repository):
    path = build_assignments.source_path(NAME)
    path.parent.mkdir(parents=True)
    path.write_text(SOURCE, encoding="utf-8")
    build_assignments.proof_path(NAME).parent.mkdir()
    build_assignments.proof_path(NAME).write_text(PROOF, encoding="utf-8")
    build_assignments.record_translations(path)
    return path


def cells(language):
    release = build_assignments.release_path(NAME, language).read_text(encoding="utf-8")
    return nbformat.reads(release, as_version=4).cells


def test_release_has_what_was_given_and_the_sums(source, capsys):
    assert build_assignments.main([]) == 0
    english, chinese = cells("en"), cells("zh")
    assert english[0].source == "# Doubling (6 points, about 10 minutes)"
    assert chinese[2].source == "## 加倍（2 分，约 5 分钟）"
    assert 'start_assignment("zh")' in chinese[1].source
    assert english[3].source.endswith('"""Twice x."""\n    raise NotImplementedError  # your code here')
    assert english[5].source == "rate = None  # your choice"
    assert "You squared it." in english[4].source
    assert "你算成了平方。" in chinese[4].source
    assert "seven" not in english[4].source
    assert [cell.source for cell in (english[7], chinese[7])] == list(build_assignments.ANSWER_HERE.values())
    marks = [cell.metadata.get("nbgrader", {}) for cell in english]
    assert [mark.get("grade_id") for mark in marks[3:]] == ["double", "double_check", "rate", "rate_check", "why"]
    assert [mark.get("points") for mark in marks[4:]] == [2, None, 1, 3]
    assert [mark.get("locked") for mark in marks[1:2] + marks[3:]] == [True, False, True, False, True, False]
    assert build_assignments.main(["--check"]) == 0


def test_edited_release_is_found(source, capsys, edit):
    build_assignments.main([])
    edit(build_assignments.release_path(NAME, "zh"), "你算成了平方。", "")
    assert build_assignments.main(["--check"]) == 1
    assert "assignments/zh/99_tiny.ipynb is not what its source builds" in capsys.readouterr().err


def test_solution_code_is_what_a_good_student_hands_in():
    text = "a = 1\n### BEGIN SOLUTION\nb = 2\n### GIVEN\n# b = 0\n#\n### END SOLUTION\nc = 3"
    assert build_assignments.solution_code(text) == "a = 1\nb = 2\nc = 3"
    assert build_assignments.released_code(text) == "a = 1\nb = 0\n\nc = 3"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('# %% check="rate"', '# %% check="rat"', "these checks have no answer cell: rat"),
        ('# %% check="rate"', '# %% check="double"', "one answer cell and one check cell"),
        ('answer="why" points=3 minutes=4\n', 'answer="why" minutes=4\n', "points=… .* and minutes=…"),
        ('check("rate", points=1)', 'check("double", points=1)', 'its check begins with `exercise = check\\("rate"'),
        ('# %% check="rate" minutes=1', '# %% check="rate"', "minutes=… as whole numbers"),
        ("    ### END SOLUTION\n", "", "needs ### BEGIN SOLUTION and, behind it, ### END SOLUTION"),
        ('6, mistakes={"{hint:square}": 9})', "6)", "hints used and hints in en differ: square"),
        ("# - square: 你算成了平方。", "# - squares: 你算成了平方。", "hints in zh differ: square, squares"),
        ('### BEGIN HIDDEN TESTS\nexercise.equal("rate"', 'exercise.equal("rate"', "one line ### BEGIN HIDDEN TESTS"),
        ("# ## Double it ({exercise:double})", "# ## Double it ({exercise:treble})", "there is no such exercise"),
    ],
)
def test_faults_of_a_source_are_named(source, edit, capsys, old, new, says):
    edit(source, old, new)
    assert build_assignments.main(["--accept-translations"]) == 1
    said = capsys.readouterr().err
    assert re.search(says, said), said


def test_stale_translation_is_named(source, edit, capsys):
    edit(source, "# # Doubling", "# # Doubling up")
    assert build_assignments.main([]) == 1
    assert "python tools/build_assignments.py 99 --accept-translations" in capsys.readouterr().err


def test_unknown_assignment_is_named(source, capsys):
    with pytest.raises(SystemExit):
        build_assignments.main(["07"])
    assert "There is no source assignments/sources/07*.py. Sources: 99_tiny." in capsys.readouterr().err


def test_names_that_a_check_takes_from_the_notebook_are_found(source, edit):
    check = build_assignments.parse(NAME).exercises["double"].check
    assert build_assignments.given_names(check) == set()
    check.text["en"] += "\nfor x in range(3):\n    np.zeros(inputs)"
    assert build_assignments.given_names(check) == {"np", "inputs"}


def test_proof_is_graded_and_its_gaps_are_named(source, capsys):
    assert prove.main(["99"]) == 1
    said = capsys.readouterr().out
    assert "✗ double has 2 wrong answers (of at least 3) and 1 right ones" in said
    assert "✗ rate has 0 wrong answers" in said
    assert "✓  1.00 double: knows three only" in said


def test_wrong_expectation_of_a_proof_is_found(source, edit, capsys):
    edit(build_assignments.proof_path(NAME), 'points=1 what="knows', 'points=2 what="knows')
    prove.main(["99"])
    assert "✗  1.00 double: knows three only" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("mark", "says"),
    [('exercise="treble" points=1 what="x"', "no exercise treble"), ('exercise="double" what="x"', "points")],
)
def test_faults_of_a_proof_are_named(source, mark, says):
    build_assignments.proof_path(NAME).write_text(f"# %% {mark}\n1\n")
    with pytest.raises(BuildError, match=says):
        prove.proofs(build_assignments.parse(NAME))
