"""Grade on the machines of a Ray cluster: `python tools/grade.py grade 01 --engine ray`.

Without further words, Ray starts a cluster on this machine; the environment variable RAY_ADDRESS names another one,
whose machines need bubblewrap and this clone, with its environment, at the same path. The submissions travel with the
tasks, so no folder is shared. A task whose worker or machine dies is run again elsewhere. The grade book stays here and
has one writer.
"""

import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from grade import GradeError, Result, Task, grade_one
from preflight import LARGEST_FILE

from course_utils import paths

RETRIES = 3  # of a task whose worker has died


@dataclass(frozen=True)
class Parcel:
    """A task with the files of its submission: None for a link, and for a file that is too large its size."""

    task: Task
    files: dict[str, bytes | int | None]


def pack(task: Task) -> Parcel:
    files = {}
    for path in sorted(Path(task.folder).iterdir()):
        if path.is_symlink():
            files[path.name] = None
        elif path.is_file():
            size = path.stat().st_size
            files[path.name] = path.read_bytes() if size <= LARGEST_FILE else size
    return Parcel(task, files)


def grade_parcel(parcel: Parcel) -> Result:
    """A Ray worker's work."""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in parcel.files.items():
            path = Path(folder, name)
            if content is None:
                path.symlink_to("nowhere")
            elif isinstance(content, int):
                path.touch()
                os.truncate(path, content)  # empty, and as long
            else:
                path.write_bytes(content)
        return grade_one(replace(parcel.task, folder=folder))


def engine(todo: list[Task]) -> Iterator[tuple]:
    """Yield (task, result, error) as they are ready.

    Raises:
        GradeError: Ray is not installed.
    """
    try:
        import ray
    except ModuleNotFoundError:
        raise GradeError('Ray is an optional extra: pip install -e ".[grading]"') from None
    root = paths.repository()
    modules = os.pathsep.join([str(root), str(root / "tools")])
    started = not ray.is_initialized()
    if started:
        ray.init(
            runtime_env={"env_vars": {"PYTHONPATH": modules}},
            log_to_driver=False,
            logging_level="ERROR",
            include_dashboard=False,
        )
    try:
        remote = ray.remote(num_cpus=1, max_retries=RETRIES)(grade_parcel)
        waiting = {remote.remote(pack(task)): task for task in todo}
        while waiting:
            (ready,), _ = ray.wait(list(waiting), num_returns=1)
            task = waiting.pop(ready)
            try:
                yield task, ray.get(ready), None
            except ray.exceptions.RayError as error:
                yield task, None, error
    finally:
        if started:
            ray.shutdown()
