"""Every assignment: its release is what its source builds and gives nothing away, and its grading grades."""

import re

import build
import build_assignments
import nbformat
import prove
import pytest
import structure
from percent import LANGUAGES

NAMES = build_assignments.assignment_names()
PROOFS = [(name, proof) for name in NAMES for proof in prove.proofs(build_assignments.parse(name))]
EDITIONS = [(name, language) for name in NAMES for language in LANGUAGES]


def read(name, language):
    return nbformat.reads(build_assignments.release_path(name, language).read_text(encoding="utf-8"), as_version=4)


@pytest.mark.parametrize("name", NAMES)
def test_release_is_what_its_source_builds(name):
    build_assignments.check(name)


@pytest.mark.notebook
@pytest.mark.parametrize(("name", "proof"), PROOFS, ids=[f"{name[:2]}-{proof}" for name, proof in PROOFS])
def test_answer_gets_what_it_deserves(name, proof):
    verdict = prove.grade(build_assignments.parse(name), proof)
    assert verdict.score == pytest.approx(proof.points, abs=0.006), verdict.text
    assert proof.says in verdict.text


@pytest.mark.parametrize("name", NAMES)
def test_every_exercise_has_wrong_answers_and_an_unusual_right_one(name):
    assignment = build_assignments.parse(name)
    assert prove.missing_proofs(assignment, prove.proofs(assignment)) == []


@pytest.mark.parametrize("name", NAMES)
def test_assignment_has_four_to_seven_exercises_and_one_that_a_person_grades(name):
    exercises = build_assignments.parse(name).exercises.values()
    assert 4 <= sum(exercise.check is not None for exercise in exercises) <= 7
    assert any(exercise.check is None for exercise in exercises)


@pytest.mark.parametrize("name", NAMES)
def test_checks_need_nothing_from_the_notebook(name):
    for exercise in build_assignments.parse(name).exercises.values():
        if exercise.check:
            assert build_assignments.given_names(exercise.check) == set()


def secret_lines(name, language):
    """Lines of solutions and hidden tests that a student must not receive, unless the given code has them too."""
    assignment = build_assignments.parse(name)
    lines, public = set(), []
    for cell in assignment.cells:
        text = build_assignments.code_of(cell, language) if cell.kind == "code" else cell.text[language]
        if "answer" in cell.marks:
            shown = build_assignments.released_code(text) if cell.kind == "code" else ""
        elif "check" in cell.marks:
            before, rest = text.split(build_assignments.BEGIN_HIDDEN)
            shown = before + rest.split(build_assignments.END_HIDDEN)[1]
        else:
            shown = text
        public.append(shown)
        lines |= {line.strip() for line in text.splitlines()}
    return {line for line in lines if len(line) > 12 and line not in "\n".join(public)}


@pytest.mark.parametrize(("name", "language"), EDITIONS)
def test_release_contains_no_solution_and_no_hidden_test(name, language):
    release = build_assignments.release_path(name, language).read_text(encoding="utf-8")
    everything = "\n".join(texts_of(nbformat.reads(release, as_version=4)))  # metadata and outputs too, unescaped
    secret = secret_lines(name, language)
    assert len(secret) > 10
    assert [line for line in secret if line in everything] == []
    for trace in ("BEGIN SOLUTION", "END SOLUTION", "### GIVEN", "HIDDEN TESTS", "{hint:", "{exercise:", "{total}"):
        assert trace not in everything


def texts_of(node):
    """Every text in a notebook, wherever it stands."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield key
            yield from texts_of(value)
    elif isinstance(node, list):
        for value in node:
            yield from texts_of(value)
    elif isinstance(node, str):
        yield node


def test_a_leak_would_be_found():
    name = NAMES[0]
    source = build_assignments.assemble(build_assignments.parse(name), "en")
    everything = "\n".join(texts_of(source))
    assert all(line in everything for line in secret_lines(name, "en"))


@pytest.mark.parametrize(("name", "language"), EDITIONS)
def test_release_is_well_formed(name, language):
    notebook = read(name, language)
    for rule in (structure.format_problems, structure.text_problems):
        assert rule(notebook, name) == []
    path = build_assignments.release_path(name, language)
    text = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    assert structure.link_problems(text, path.parent, build.paths.repository()) == []
    assert structure.punctuation_problems(text) == []
    assert all(not cell.get("outputs") for cell in notebook.cells)


@pytest.mark.parametrize("name", NAMES)
def test_editions_differ_in_prose_hints_and_language_only(name):
    texts = re.compile(r'"(?:[^"\\]|\\.)*"')
    editions = [read(name, language) for language in LANGUAGES]
    for cells in zip(*(edition.cells for edition in editions), strict=True):
        first, second = cells
        assert first.metadata.get("nbgrader", {}).get("grade_id") == second.metadata.get("nbgrader", {}).get("grade_id")
        if first.cell_type == "code":
            assert texts.sub('""', first.source) == texts.sub('""', second.source)
