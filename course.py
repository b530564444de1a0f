"""Set up the course and use it. Needs Python 3.10 to 3.13 and nothing else.

    python3 course.py lab          open JupyterLab at chapter 01 (lab 03: at chapter 03; lab 03 --zh: Chinese edition)
    python3 course.py run 01       run a chapter without a browser and show its results
    python3 course.py test         run all tests, every notebook among them

The first use makes a virtual environment in .venv and installs requirements.lock into it; later uses start at once.
Arguments that `test` does not know go to pytest: python3 course.py test -m "not notebook".
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent
ENVIRONMENT = ROOT / ".venv"
REQUIREMENTS = ROOT / "requirements.lock"
PYTHON = ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = ENVIRONMENT / "course-installed"  # written last: its presence says that the installation was completed
ENCRYPT = "--KernelManager.transport_encryption=auto"  # what goes between Jupyter and its kernels; else Jupyter warns
OLDEST, NEWEST = (3, 10), (3, 13)


class SetUpError(Exception):
    """The course cannot be set up here; the message says what is missing and how to get it."""


def supported_python() -> str:
    """A Python that TensorFlow has wheels for: this one, or another one on the PATH."""
    if OLDEST <= sys.version_info[:2] <= NEWEST:
        return sys.executable
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        candidate = shutil.which(f"python3.{minor}")
        if candidate and subprocess.run([candidate, "-c", ""], capture_output=True).returncode == 0:
            return candidate
    raise SetUpError(
        f"TensorFlow needs Python 3.{OLDEST[1]} to 3.{NEWEST[1]}; this is Python {sys.version.split()[0]}, and no "
        f"other one is on the PATH. Install Python 3.{NEWEST[1]} (python.org, or your system's packages) and try "
        f"again; on Windows, write py -3.{NEWEST[1]} instead of python3."
    )


def fingerprint() -> str:
    """Changes when what is to be installed changes."""
    files = [REQUIREMENTS, ROOT / "pyproject.toml"]
    return f"{ROOT}\n{hashlib.sha256(b''.join(path.read_bytes() for path in files)).hexdigest()}"


def is_usable() -> bool:
    """Whether packages can be installed into the environment: it has a pip, and the clone was not moved since."""
    if not PYTHON.exists() or (STAMP.exists() and STAMP.read_text(encoding="utf-8").split("\n")[0] != str(ROOT)):
        return False
    return subprocess.run([str(PYTHON), "-m", "pip", "--version"], capture_output=True).returncode == 0


def set_up() -> None:
    """Make the virtual environment and install the locked packages and the course's own, unless that is done."""
    if STAMP.exists() and STAMP.read_text(encoding="utf-8") == fingerprint():
        return
    python = supported_python()
    print(
        f"Setting up the course in {ENVIRONMENT} (about 1 GB to download once, 3 GB on disk; a few minutes) ...",
        flush=True,
    )
    started = time.monotonic()
    if not is_usable():
        shutil.rmtree(ENVIRONMENT, ignore_errors=True)
        made = subprocess.run([python, "-m", "venv", str(ENVIRONMENT)], capture_output=True, text=True)
        if made.returncode:
            raise SetUpError(
                f"Python could not make a virtual environment: {(made.stdout + made.stderr).strip()[-400:]}\n"
                "On Debian and Ubuntu the module for it is a package of its own: sudo apt install python3-venv"
            )
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--prefer-binary"]
    for arguments in (["-r", str(REQUIREMENTS)], ["--no-deps", "-e", str(ROOT)]):
        if subprocess.run(pip + arguments, cwd=ROOT).returncode:
            raise SetUpError("The installation failed; pip says why above. Run the same command again to go on.")
    STAMP.write_text(fingerprint(), encoding="utf-8")
    print(f"Ready after {time.monotonic() - started:.0f} s.", flush=True)


def notebook(number: str, chinese: bool = False) -> Path:
    """The notebook of a chapter, by its number."""
    folder = ROOT / "notebooks" / ("zh" if chinese else "")
    found = sorted(folder.glob(f"{int(number):02d}_*.ipynb")) if number.isdecimal() else []
    if not found:
        known = ", ".join(path.name[:2] for path in sorted(folder.glob("[0-9][0-9]_*.ipynb")))
        raise SetUpError(f"There is no chapter {number}. Chapters: {known}.")
    return found[0]


def lab(options: argparse.Namespace, rest: list[str]) -> int:
    """Open JupyterLab at a chapter."""
    path = notebook(options.chapter, options.zh).relative_to(ROOT)
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0  # as in most containers; Jupyter wants to be told
    rest = [ENCRYPT, *(["--allow-root"] if is_root else []), *rest]
    return subprocess.run([str(PYTHON), "-m", "jupyter", "lab", str(path), *rest], cwd=ROOT).returncode


def run(options: argparse.Namespace, rest: list[str]) -> int:
    """Run a chapter in a fresh kernel, print what its cells print, and keep the executed copy in build/."""
    source = notebook(options.chapter, options.zh)
    target = ROOT / "build" / ("zh" if options.zh else "") / source.name  # each edition has a copy of its own
    target.parent.mkdir(parents=True, exist_ok=True)
    command = ["nbconvert", "--to=notebook", "--execute", "--ExecutePreprocessor.timeout=600", "--log-level=ERROR"]
    command += [ENCRYPT, "--output-dir", str(target.parent), str(source), *rest]
    outcome = subprocess.run([str(PYTHON), "-m", "jupyter", *command], cwd=ROOT)
    if outcome.returncode == 0:
        for cell in json.loads(target.read_text(encoding="utf-8"))["cells"]:
            for output in cell.get("outputs", []):
                for line in filter(None, "".join(output.get("text", [])).split("\n")):
                    print(line.split("\r")[-1].rstrip())  # without the progress that was overwritten
        print(f"\nThe executed notebook, with its figures: {target.relative_to(ROOT)}")
    return outcome.returncode


def test(options: argparse.Namespace, rest: list[str]) -> int:
    """Run the tests."""
    return subprocess.run([str(PYTHON), "-m", "pytest", *rest], cwd=ROOT).returncode


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True, metavar="lab | run | test")
    for action in (lab, run, test):
        command = commands.add_parser(action.__name__, help=action.__doc__)
        command.set_defaults(action=action)
        if action is not test:
            command.add_argument("chapter", nargs="?" if action is lab else None, default="01", help="such as 01")
            command.add_argument("--zh", action="store_true", help="the Chinese edition")
    options, rest = parser.parse_known_args()
    try:
        if "chapter" in options:
            notebook(options.chapter, options.zh)
        set_up()
        return options.action(options, rest)
    except SetUpError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. Run the same command again to go on.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="replace")  # where there is no ✓, Windows shows a ?
    sys.exit(main())
