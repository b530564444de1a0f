"""course_utils.files and course_utils.paths."""

import os

import pytest

from course_utils import files, paths


def test_interrupted_write_leaves_the_old_file_alone(tmp_path, monkeypatch):
    path = tmp_path / "page.md"
    files.write_atomically(path, "一\n")
    assert path.read_bytes() == b"\xe4\xb8\x80\n"
    monkeypatch.setattr(os, "replace", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        files.write_atomically(path, "new")
    assert [file.read_bytes() for file in tmp_path.iterdir()] == [b"\xe4\xb8\x80\n"]


def test_bad_or_missing_toml_is_named(tmp_path):
    path = tmp_path / "claims.toml"
    with pytest.raises(FileNotFoundError, match=r"claims\.toml is missing.*git checkout"):
        files.read_toml(path)
    path.write_text('a = 1\nb = "\n')
    with pytest.raises(ValueError, match=r"claims\.toml is not valid TOML.*line 2"):
        files.read_toml(path)


def test_repository_is_found_from_any_folder_below_it(repository, monkeypatch):
    monkeypatch.undo()  # the real search, but for a package that is installed elsewhere
    monkeypatch.setattr(paths, "__file__", str(repository.parent / "elsewhere" / "course_utils" / "paths.py"))
    monkeypatch.chdir(repository / "notebooks" / "sources")
    assert paths.repository.__wrapped__() == repository
    monkeypatch.chdir(repository.parent)
    with pytest.raises(FileNotFoundError, match=r"inside a clone of the course, or run `pip install -e \.`"):
        paths.repository.__wrapped__()
