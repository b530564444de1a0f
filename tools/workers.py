"""Processes that work through tasks, where one that dies or hangs costs its task and nothing else."""

import multiprocessing
import queue
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress

LARGEST = 8 << 30  # bytes of memory of a worker for itself; beyond, it dies rather than the machine


class Lost(Exception):
    """What a task yields when its process died or took too long; the message says which."""


def _serve(connection, function: Callable) -> None:
    """A worker: answer each task with the function's value or its error."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the main process decides what Ctrl-C means
    _die_with_parent()
    while True:
        try:
            task = connection.recv()
        except EOFError:
            return
        try:
            connection.send((function(task), None))
        except Exception as error:
            connection.send((None, error if type(error).__module__ == "builtins" else RuntimeError(str(error))))


def _die_with_parent() -> None:
    if sys.platform.startswith("linux"):
        import ctypes
        import resource

        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: not left over when the main process is killed
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_DATA, (LARGEST, LARGEST))


class _Worker:
    """A process and the pipe to it; started when needed, and again after a loss."""

    def __init__(self, function: Callable):
        self.function, self.process, self.connection = function, None, None

    def start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, inner = context.Pipe()
        self.process = context.Process(target=_serve, args=(inner, self.function), daemon=True)
        self.process.start()
        inner.close()

    def run(self, task, seconds: float):
        if self.process is None or not self.process.is_alive():
            self.start()
        try:
            self.connection.send(task)
            if not self.connection.poll(seconds):
                raise Lost(f"took longer than {seconds:.0f} s")
            value, error = self.connection.recv()
        except (EOFError, OSError):
            self.stop()
            raise Lost("ended unexpectedly") from None
        except Lost:
            self.stop()
            raise
        if error is not None:
            raise error
        return value

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.join()
            self.connection.close()
            self.process = None


def work(function: Callable, tasks: Iterable, jobs: int, seconds: float) -> Iterator[tuple]:
    """Run a function over tasks in several processes.

    Args:
        function: importable by name; takes a task and returns something that can be pickled.
        tasks: what it is called with.
        jobs: number of processes.
        seconds: a task that takes longer is lost.

    Yields:
        Task, value and error (None, or what the function raised, or `Lost`), in the order in which they are ready. When
        the iteration is left, the processes end at once.
    """
    waiting: queue.SimpleQueue = queue.SimpleQueue()
    ready: queue.SimpleQueue = queue.SimpleQueue()
    count = 0
    for task in tasks:
        waiting.put(task)
        count += 1
    workers = [_Worker(function) for _ in range(max(1, min(jobs, count)))]
    stopping = threading.Event()

    def drive(worker: _Worker) -> None:
        while not stopping.is_set():
            try:
                task = waiting.get_nowait()
            except queue.Empty:
                break
            try:
                ready.put((task, worker.run(task, seconds), None))
            except Exception as error:
                ready.put((task, None, error))
        worker.stop()

    threads = [threading.Thread(target=drive, args=(worker,), daemon=True) for worker in workers]
    for thread in threads:
        thread.start()
    try:
        for _ in range(count):
            yield ready.get()
    finally:
        stopping.set()
        for worker in workers:
            if worker.process is not None:
                worker.process.kill()
        for thread in threads:
            thread.join(timeout=10)
