"""The examples in the docstrings of course_utils."""

import doctest
import importlib

import pytest

from course_utils import paths

ROOT = paths.repository()
MODULES = [
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for path in sorted((ROOT / "course_utils").rglob("*.py"))
    if ">>>" in path.read_text(encoding="utf-8")
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_are_true(name):
    outcome = doctest.testmod(importlib.import_module(name))
    assert (outcome.failed, outcome.attempted > 0) == (0, True)


def test_examples_are_found():
    assert {"course_utils.text", "course_utils.models.language"} <= set(MODULES)
