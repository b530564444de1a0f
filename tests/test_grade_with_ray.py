"""Grading on a local Ray cluster, one worker of which is killed in the middle: no grade is lost, and none is wrong."""

import sys
from pathlib import Path

import grade
import pytest
from sandbox import SandboxError, bubblewrap


@pytest.mark.notebook
def test_killed_worker_loses_no_grade(tmp_path):
    pytest.importorskip("ray", reason='the optional extra is missing: pip install -e ".[grading]"')
    try:
        bubblewrap()
    except SandboxError as error:
        pytest.skip(str(error))
    from benchmarks.classroom import killing_engine, run

    _, results = run(tmp_path, killing_engine(after=1), 6)  # compares every grade with what it must be
    assert [result.status for result in results] == ["graded"] * 6


def test_missing_extra_is_named(monkeypatch):
    from grade_with_ray import engine

    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(grade.GradeError, match=r"pip install -e \"\.\[grading\]\""):
        list(engine([]))


def test_parcel_carries_files_and_links_without_their_targets(tmp_path, monkeypatch):
    import grade_with_ray
    from grade_with_ray import pack
    from sandbox import Limits

    monkeypatch.setattr(grade_with_ray, "LARGEST_FILE", 10)
    monkeypatch.setattr(grade_with_ray, "grade_one", lambda task: (Path(task.folder) / "large.ipynb").stat().st_size)
    (tmp_path / "large.ipynb").write_bytes(b" " * 11)

    (tmp_path / "a.ipynb").write_text("{}")
    (tmp_path / "link.ipynb").symlink_to(tmp_path / "a.ipynb")
    (tmp_path / "folder").mkdir()
    task = grade.Task("ada", str(tmp_path), "key", "name", "en", Limits(), False, "", ())
    assert pack(task).files == {"a.ipynb": b"{}", "large.ipynb": 11, "link.ipynb": None}
    assert grade_with_ray.grade_parcel(pack(task)) == 11
