"""course.py, the launcher: nothing is installed here; a script plays the part of the environment's Python."""

import importlib.util
import os
import shutil
import subprocess
import sys
from types import SimpleNamespace

import pytest
from packaging.requirements import Requirement

from course_utils import paths

ROOT = paths.repository()
PYTHONS = ["3.10", "3.11", "3.12", "3.13"]

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the stand-in for Python is a shell script")


def lines(name):
    return [line.split(" #")[0].strip() for line in (ROOT / name).read_text(encoding="utf-8").splitlines()]


def script(path, commands):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{commands}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def clone(tmp_path):
    """A folder with the launcher, what it installs from, and one chapter."""
    for name in ("course.py", "requirements.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    for notebook in ("notebooks/zh/01_first.ipynb", "notebooks/01_first.ipynb"):
        script(tmp_path / notebook, "")
    return tmp_path


@pytest.fixture
def course(clone):
    """The launcher of that folder as a module."""
    specification = importlib.util.spec_from_file_location("course_of_clone", clone / "course.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.fixture
def installed(clone, course, capfd):
    """The folder after an installation; its Python prints the arguments that it is given."""
    script(course.PYTHON, 'echo "$@"')
    course.set_up()
    capfd.readouterr()
    return clone


def launch(folder, *arguments):
    return subprocess.run([sys.executable, folder / "course.py", *arguments], capture_output=True, text=True)


@pytest.mark.parametrize("arguments", [("run", "77"), ("lab", "one")])
def test_wrong_chapter_is_answered_with_those_that_exist(installed, arguments):
    outcome = launch(installed, *arguments)
    assert (outcome.returncode, outcome.stdout) == (1, "")
    assert outcome.stderr == f"There is no chapter {arguments[1]}. Chapters: 01.\n"


def test_wrong_chapter_is_answered_before_anything_is_installed(clone):
    script(clone / ".venv" / "bin" / "python", "exit 1")
    assert "There is no chapter 77" in launch(clone, "run", "77").stderr


@pytest.mark.parametrize(
    ("arguments", "started"),
    [
        (["lab"], "-m jupyter lab notebooks/01_first.ipynb"),
        (["lab", "1", "--zh", "--no-browser"], "-m jupyter lab notebooks/zh/01_first.ipynb --no-browser"),
        (["test", "-m", "not notebook", "tests"], "-m pytest -m not notebook tests"),
    ],
)
def test_command_starts_the_environments_python(installed, arguments, started):
    words = launch(installed, *arguments).stdout.split()
    own = ("--allow-root", "--KernelManager.transport_encryption=auto")  # for containers, and against a warning
    assert [word for word in words if word not in own] == started.split()


def test_complete_installation_is_left_alone_until_the_lock_changes(installed, course, capfd):
    course.set_up()
    assert capfd.readouterr().out == ""
    with (installed / "requirements.lock").open("a") as stream:
        stream.write("# changed\n")
    assert course.STAMP.read_text() != course.fingerprint()
    course.set_up()
    assert "-m pip install" in capfd.readouterr().out
    assert course.STAMP.read_text() == course.fingerprint()


def test_failed_installation_is_not_taken_for_complete(clone, course):
    script(course.PYTHON, 'case "$*" in *install*) exit 1;; esac')
    with pytest.raises(course.SetUpError, match="Run the same command again"):
        course.set_up()
    assert not course.STAMP.exists()


def test_failed_environment_is_explained_again_at_the_next_attempt(clone, course, monkeypatch):
    # as on Debian without python3-venv: the environment's Python is there already when the step for pip fails
    failing = script(clone / "python3", 'mkdir -p "$3/bin" && cp "$0" "$3/bin/python"; echo no ensurepip; exit 1')
    monkeypatch.setattr(course, "supported_python", lambda: str(failing))
    for _ in range(2):
        with pytest.raises(course.SetUpError, match=r"no ensurepip\nOn Debian .*sudo apt install python3-venv"):
            course.set_up()


def test_this_python_is_taken_when_it_is_supported(course):
    assert course.supported_python() == sys.executable


@pytest.mark.parametrize("version", [(3, 9, 18), (3, 14, 0)])
def test_unsupported_python_gives_way_to_one_that_starts_or_is_explained(course, monkeypatch, tmp_path, version):
    text = ".".join(map(str, version))
    monkeypatch.setattr(course, "sys", SimpleNamespace(version_info=version, version=f"{text} (main)"))
    monkeypatch.setenv("PATH", str(tmp_path / "programs"))
    with pytest.raises(course.SetUpError, match=rf"needs Python 3\.10 to 3\.13; this is Python {text}, .*Install"):
        course.supported_python()
    script(tmp_path / "programs" / "python3.13", "exit 127")  # a version manager's empty promise
    script(tmp_path / "programs" / "python3.10", "exit 0")
    expected = script(tmp_path / "programs" / "python3.12", "exit 0")
    assert course.supported_python() == str(expected)


def unpinned(lock):
    """The lines of a lock file that are other than one exact version."""
    plain = [line for line in lock if "://" not in line and "--hash" not in line]
    pinned = {line for line in plain if [pin.operator for pin in Requirement(line).specifier] == ["=="]}
    return [line for line in lock if line not in pinned]


def out_of_range(lock, ranges, python):
    """The requirements that the lock file, read by a version of Python, does not meet."""
    environment = {"python_version": python, "python_full_version": f"{python}.5", "sys_platform": "linux"}

    def applying(texts):
        requirements = [Requirement(text) for text in texts if text and not text.startswith("#")]
        return [needed for needed in requirements if needed.marker is None or needed.marker.evaluate(environment)]

    locked = {needed.name: next(iter(needed.specifier)).version for needed in applying(lock)}
    return [str(n) for n in applying(ranges) if n.name not in locked or not n.specifier.contains(locked[n.name])]


def test_lock_has_plain_pinned_lines():
    assert unpinned(lines("requirements.lock")) == []


@pytest.mark.parametrize("line", ["a>=2", "a", "a @ https://example.org/a.whl", "a==2.0 --hash=sha256:00"])
def test_line_that_is_no_plain_pin_is_found(line):
    assert unpinned([line, "b==1.17.1"]) == [line]


@pytest.mark.parametrize("python", PYTHONS)
def test_lock_is_within_the_tested_ranges(python):
    assert out_of_range(lines("requirements.lock"), lines("requirements.txt"), python) == []


@pytest.mark.parametrize(("python", "found"), [("3.10", ["c"]), ("3.12", ["a<2", "c"])])
def test_version_outside_the_ranges_is_found(python, found):
    lock = ["a==1.0 ; python_version < '3.11'", "a==3.0 ; python_version >= '3.11'", "b==1.0"]
    assert out_of_range(lock, ["# a comment", "a<2", "b>=1", "", "c"], python) == found


def test_conda_environment_installs_the_same_requirements():
    environment = set(lines("environment.yml"))
    assert {"- -r requirements.txt", "- -e ."} <= environment
    assert environment & {f"- python={version}" for version in PYTHONS}
