"""The repository as a whole: size, licences, nothing that belongs to one machine."""

import shutil

import pytest
import structure

from course_utils import paths

ROOT = paths.repository()
PRIVATE = ["/wo" + "rk/", "/tmp" + "/venv", "local" + "host:"]  # in two parts, since this file is read as well

pytestmark = pytest.mark.skipif(
    not (ROOT / ".git").exists() or shutil.which("git") is None, reason="needs a git clone: git lists the files"
)


@pytest.fixture(scope="module")
def files():
    return structure.repository_files(ROOT)


def test_repository_is_smaller_than_70_megabytes(files):
    assert sum(path.stat().st_size for path in files) < 70 * structure.MEGABYTE


def test_files_name_no_private_machine(files):
    problems = {}
    for path in files:
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # an image or compressed data
        if found := structure.private_words(text, PRIVATE):
            problems[path.relative_to(ROOT).as_posix()] = found
    assert problems == {}


@pytest.mark.parametrize("word", PRIVATE)
def test_private_words_are_found(word):
    assert structure.private_words(f'path = "{word}x"', PRIVATE) == [f"contains {word}"]


def test_files_to_be_committed_are_listed(files):
    names = {path.relative_to(ROOT).as_posix() for path in files}
    assert {"course.py", "data/manifest.toml", "tests/test_repository.py"} <= names
    assert not any(name.startswith((".venv/", "build/")) for name in names)


def test_repository_has_a_licence():
    assert [path for path in ROOT.glob("LICENSE*") if path.stat().st_size > 200]
