"""A Jupyter kernel for a student's code, shut in by bubblewrap.

Inside there is no network, no grade book, no submission, no source of an assignment: only the system's programs, Python
with the course's packages, `course_utils`, `data/`, and an empty folder in memory. Time, memory, processes, files and
output are limited, and whoever exceeds a limit loses the kernel, not the grading.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import nbformat

from course_utils import checking, paths

MEGABYTE = 1 << 20
MESSAGE_LIMIT = 128 * MEGABYTE  # a longer message from a kernel is not received
FIRST_USER = 61_000  # grading as root, every kernel runs as a user of its own, so that the limit on processes counts
START_SECONDS = 60
CUT = "\n… (further output was dropped)\n"
HOME = "/tmp/student"  # inside
ANSWER_TYPE = checking.ANSWER_TYPE
INTERRUPT_SECONDS = 3  # so long a kernel has to stop what it does

# Runs inside, as the sandbox's user: limits first, then the kernel. What it imports cannot lift a hard limit.
LAUNCH = """\
import resource, runpy, sys
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
for name, value in zip(("DATA", "NPROC", "FSIZE"), map(int, sys.argv[1:4])):
    if value:
        resource.setrlimit(getattr(resource, "RLIMIT_" + name), (value, value))
sys.argv[1:4] = []
sys.argv[0] = "ipykernel_launcher"
runpy.run_module("ipykernel_launcher", run_name="__main__", alter_sys=True)
"""


class SandboxError(Exception):
    """Student code cannot be shut in on this machine; the message says what is missing."""


class KernelLost(Exception):
    """The kernel is gone, or had to be ended; its argument is the key of a message of `course_utils.checking`."""


@dataclass(frozen=True)
class Limits:
    """What the code of one submission may use."""

    cell_seconds: float = 60  # a cell, or all questions of a check
    total_seconds: float = 600  # the whole submission
    memory: int = 3000 * MEGABYTE  # of all its processes together, and of each
    processes: int = 200  # threads count too
    files: int = 200 * MEGABYTE  # in its folder, which is memory
    output: int = 20 * MEGABYTE  # a cell that writes more is stopped
    kept: int = 200_000  # characters of a cell's output that are kept


@dataclass
class Outcome:
    """What became of a cell."""

    outputs: list = field(default_factory=list)  # as in a notebook
    stopped: str = ""  # why it was interrupted, when it was: the key of a message of `course_utils.checking`
    answer: str = ""  # what `course_utils.checking.publish_answer` published


@cache
def bubblewrap() -> str:
    """The path of bubblewrap.

    Raises:
        SandboxError: it is missing or does not work here.
    """
    program = shutil.which("bwrap")
    if program is None or not sys.platform.startswith("linux"):
        raise SandboxError(
            "bubblewrap is missing, so student code would run unguarded. On Debian and Ubuntu: apt install bubblewrap. "
            "Elsewhere use a Linux machine or container, or say --unsafe if you trust every submission."
        )
    probe = [program, *_shell(), "--", *_as_other_user(0), "/usr/bin/env", "true"]
    outcome = subprocess.run(probe, capture_output=True, text=True)
    if outcome.returncode:
        raise SandboxError(
            f"bubblewrap does not work here ({outcome.stderr.strip()[:200]}). Most often a container forbids user "
            "namespaces; run the grading as root in it, or outside."
        )
    return program


def _is_root() -> bool:
    return os.geteuid() == 0


def _as_other_user(slot: int) -> list[str]:
    """Give up root inside, for good. Anybody else is nobody there anyway, by the user namespace."""
    if not _is_root():
        return []
    user = str(FIRST_USER + slot)
    drop = ["--clear-groups", "--inh-caps=-all", "--bounding-set=-all", "--no-new-privs"]
    return ["/usr/bin/setpriv", "--reuid", user, "--regid", user, *drop]


def _shell() -> list[str]:
    """bubblewrap's options: what is shared and what is seen, other than the course and the kernel's own folder."""
    options = ["--die-with-parent", "--new-session", "--clearenv"]
    options += ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"]
    options += ["--cap-drop", "ALL"]
    if _is_root():
        for capability in ("CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP"):
            options += ["--cap-add", capability]
    else:
        options += ["--unshare-user", "--uid", str(FIRST_USER), "--gid", str(FIRST_USER)]
    options += ["--ro-bind", "/usr", "/usr"]
    for name in ("bin", "sbin", "lib", "lib32", "lib64"):
        if os.path.islink(f"/{name}"):
            options += ["--symlink", f"usr/{name}", f"/{name}"]
        elif os.path.isdir(f"/{name}"):
            options += ["--ro-bind", f"/{name}", f"/{name}"]
    options += ["--perms", "0755", "--dir", "/etc"]
    for name in ("ld.so.cache", "fonts", "localtime", "alternatives"):
        options += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    return [*options, "--proc", "/proc", "--dev", "/dev"]


def _visible() -> list[Path]:
    """What student code may read beside the system: Python, the course's package and its data."""
    root = paths.repository()
    seen = [Path(sys.prefix), Path(sys.base_prefix), Path(os.path.realpath(sys.executable)).parent.parent]
    seen += [root / "course_utils", root / "data", root / "notebooks" / "claims.toml"]
    return list(dict.fromkeys(path for path in seen if not path.is_relative_to("/usr")))


def command(connection_file: Path, slot: int, limits: Limits) -> list[str]:
    """The command that starts a kernel inside bubblewrap."""
    options = _shell()
    for memory in ("/tmp", "/dev/shm"):
        options += ["--perms", "1777", "--size", str(limits.files), "--tmpfs", memory]
    made = {Path("/"), Path("/usr"), Path("/tmp")}
    for path in [*_visible(), connection_file.parent]:
        for folder in reversed(path.parents):  # made by bubblewrap itself, they would be closed to the other user
            if folder not in made:
                options += ["--perms", "0755", "--dir", str(folder)]
                made.add(folder)
        options += ["--bind" if path == connection_file.parent else "--ro-bind", str(path), str(path)]
    options += ["--perms", "0777", "--dir", HOME, "--chdir", HOME]
    for name, value in environment().items():
        options += ["--setenv", name, value]
    return [bubblewrap(), *options, "--", *_as_other_user(slot), *launch(connection_file, limits)]


def launch(connection_file: Path, limits: Limits, unsafe: bool = False) -> list[str]:
    """The command that limits itself and becomes a kernel. Unguarded, the teacher's own processes would count too."""
    numbers = [0, 0, 0] if unsafe else [limits.memory, limits.processes, limits.files]
    kernel = ["-f", str(connection_file), "--HistoryManager.enabled=False"]
    return [sys.executable, "-c", LAUNCH, *map(str, numbers), *kernel]


def environment() -> dict[str, str]:
    """A kernel's environment: one thread each, since several kernels share the machine."""
    return {
        "HOME": HOME,
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "PYTHONPATH": str(paths.repository()),
        "PYTHONDONTWRITEBYTECODE": "1",
        "LANG": "C.UTF-8",
        "MPLCONFIGDIR": HOME,
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "-1",
    } | dict.fromkeys(
        ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"), "1"
    )


class Kernel:
    """A kernel that runs cells and answers a check's questions: `with Kernel(slot=0) as kernel: kernel.run("1 + 1")`.

    Args:
        slot: a number that no other kernel has at the same time; as root it chooses the user.
        limits: see `Limits`.
        unsafe: start the kernel without bubblewrap, as the teacher's own user and with the teacher's rights.

    Raises:
        SandboxError: bubblewrap is missing or does not work, and `unsafe` was not said.
    """

    def __init__(self, slot: int = 0, limits: Limits | None = None, unsafe: bool = False):
        self.slot, self.limits, self.unsafe = slot, limits or Limits(), unsafe
        self.lost = ""  # the watch's reason for ending the kernel

    def __enter__(self) -> "Kernel":
        import zmq
        from jupyter_client import BlockingKernelClient
        from jupyter_client.connect import write_connection_file

        if not self.unsafe:
            bubblewrap()
        self.folder = Path(tempfile.mkdtemp(prefix="k"))  # short: a socket's path has at most 107 characters
        connection_file = self.folder / "c.json"
        write_connection_file(str(connection_file), transport="ipc", ip=str(self.folder / "s"))
        if _is_root() and not self.unsafe:
            for path in (self.folder, connection_file):
                os.chown(path, FIRST_USER + self.slot, FIRST_USER + self.slot)
        if self.unsafe:
            start = launch(connection_file, self.limits, unsafe=True)
        else:
            start = command(connection_file, self.slot, self.limits)
        self.process = subprocess.Popen(
            start,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=os.environ | environment() | {"HOME": str(self.folder), "MPLCONFIGDIR": str(self.folder)},
            cwd=self.folder,
            start_new_session=True,
        )
        self.deadline = time.monotonic() + START_SECONDS
        threading.Thread(target=self._watch, daemon=True).start()
        context = zmq.Context()
        context.MAXMSGSIZE = MESSAGE_LIMIT
        self.client = BlockingKernelClient(context=context)
        self.client.load_connection_file(str(connection_file))
        self.client.start_channels(hb=False, stdin=False)
        try:
            self._wait_until_ready()
        except BaseException:
            self.__exit__()
            raise
        self.deadline = time.monotonic() + self.limits.total_seconds
        return self

    def __exit__(self, *_) -> None:
        self._end()
        self.client.stop_channels()
        self.client.context.destroy(linger=0)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _end(self) -> None:
        """End all its processes: bubblewrap's child is the first of its process space and takes the others along."""
        if self.process.poll() is None:
            with_group = os.killpg if self.unsafe else os.kill
            with_group(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def _watch(self) -> None:
        """End the kernel when its processes together use too much memory, or its socket folder too much disk."""
        while self.process.poll() is None:
            members = family(self.process.pid)
            if sum(map(_private_memory, members)) > self.limits.memory:  # cheap; counts what forks share several times
                if sum(map(_proportional_memory, members)) > self.limits.memory:
                    self.lost = "memory"
            elif _size(self.folder) > self.limits.files:
                self.lost = "files"
            elif time.monotonic() > self.deadline:
                self.lost = "total"
            if self.lost:
                self._end()
                return
            time.sleep(0.1)

    def _wait_until_ready(self) -> None:
        while time.monotonic() < self.deadline:
            self.client.kernel_info()
            for _ in range(10):
                if self.process.poll() is not None:
                    raise KernelLost("start")
                if self._message(self.client.shell_channel, 0.1) is not None:
                    return
        raise KernelLost("start")

    def _message(self, channel, seconds: float):
        """The next message of a channel, or None. Whatever cannot be read as one is dropped."""
        try:
            return channel.get_msg(timeout=seconds)
        except Exception:  # Empty, when none has come, is one of them
            return None

    def run(self, code: str) -> Outcome:
        """Run a cell.

        Raises:
            KernelLost: the kernel ended, or had to be.
        """
        return self._execute(code, self.limits.cell_seconds)

    def ask(self, program: str, given: str, seconds: float | None = None) -> str:
        """Put a check's question (see `course_utils.checking.answer`); what it prints is dropped.

        Args:
            program, given: the question.
            seconds: for the answer; a cell's time when left out.

        Raises:
            KernelLost: the kernel ended, or had to be.
        """
        module = '__import__("course_utils.checking", fromlist=["checking"])'
        code = f"{module}.publish_answer({program!r}, {given!r})"
        outcome = self._execute(code, self.limits.cell_seconds if seconds is None else seconds)
        return json.dumps({"problem": [outcome.stopped, {}]}) if outcome.stopped else outcome.answer

    def _execute(self, code: str, seconds: float) -> Outcome:
        if self.process.poll() is not None:
            raise KernelLost(self.lost or "died")
        request = self.client.execute(code, allow_stdin=False, stop_on_error=False)
        outcome, received, until, interrupted = Outcome(), 0, time.monotonic() + seconds, 0.0
        while True:
            message = self._message(self.client.iopub_channel, 0.2)
            now = time.monotonic()
            if message is not None and message["parent_header"].get("msg_id") == request:
                kind, content = message["msg_type"], message["content"]
                if kind == "status" and content.get("execution_state") == "idle":
                    return outcome
                published = content.get("data", {}).get(ANSWER_TYPE) if kind == "display_data" else None
                if isinstance(published, str):
                    fits = len(published) <= checking.LARGEST_ANSWER + 100
                    outcome.answer = published if fits else '{"problem": ["large", {}]}'
                elif kind in ("stream", "display_data", "execute_result", "error"):
                    received += _length(content)
                    _keep(outcome.outputs, nbformat.v4.output_from_msg(message), self.limits.kept)
            elif message is None and self.process.poll() is not None:
                raise KernelLost(self.lost or "died")
            if not interrupted and (now > until or received > self.limits.output):
                outcome.stopped = "late" if now > until else "flood"
                interrupt = self.client.session.msg("interrupt_request", {})
                self.client.control_channel.send(interrupt)
                interrupted = now
            elif interrupted and now > interrupted + INTERRUPT_SECONDS:
                self._end()
                raise KernelLost(outcome.stopped)


def _length(content: dict) -> int:
    """The characters that a message shows."""
    data = content.get("data", {})
    texts = [content.get("text"), *content.get("traceback", []), *(data.values() if isinstance(data, dict) else [])]
    return sum(len(text) for text in texts if isinstance(text, str))


def _keep(outputs: list, output, limit: int) -> None:
    """Add an output to those of a cell, up to so many characters; where it was cut, say so."""
    left = limit - sum(map(_length, outputs))
    if outputs and outputs[-1].get("text", "").endswith(CUT) and output.output_type != "error":
        return
    if _length(output) > left:
        shown = output.get("text", "")[: max(left, 0)] if output.output_type == "stream" else ""
        if output.output_type == "error":
            output.traceback, output.evalue = [], output.evalue[:1000]
        else:
            output = nbformat.v4.new_output("stream", name="stdout", text=shown + CUT)
    last = outputs[-1] if outputs else {}
    if output.output_type == "stream" and last.get("name") == output.name:
        last.text += output.text
    else:
        outputs.append(output)


def family(process: int) -> list[int]:
    """A process and all its descendants."""
    found = [process]
    for member in found:  # grows while it is read
        try:
            for thread in os.listdir(f"/proc/{member}/task"):
                with open(f"/proc/{member}/task/{thread}/children") as stream:
                    found += map(int, stream.read().split())
        except OSError:
            continue  # it has ended meanwhile
    return found


def _private_memory(process: int) -> int:
    """Bytes of memory that a process has for itself: not the files that it has mapped."""
    try:
        with open(f"/proc/{process}/statm") as stream:
            _, resident, shared, *_ = map(int, stream.read().split())
    except OSError:
        return 0
    return (resident - shared) * os.sysconf("SC_PAGE_SIZE")


def _proportional_memory(process: int) -> int:
    """Like `_private_memory`, but what processes share is shared out among them. Takes longer to find out."""
    try:
        with open(f"/proc/{process}/smaps_rollup") as stream:
            return 1024 * sum(int(line.split()[1]) for line in stream if line.startswith("Pss_Anon"))
    except (OSError, IndexError):
        return _private_memory(process)


def _size(folder: Path) -> int:
    """Bytes of the files directly in a folder and below it."""
    total = 0
    for where, _, files in os.walk(folder):
        for name in files:
            try:
                total += os.lstat(os.path.join(where, name)).st_size
            except OSError:
                continue
    return total
