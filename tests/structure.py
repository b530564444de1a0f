"""Rules for the committed notebooks and pages. Each returns a list of problems; it is empty when all is well."""

import json
import re
import subprocess
from pathlib import Path
from urllib.parse import unquote

import nbformat

MEGABYTE = 1_000_000
CODE_LINES = 350  # "about 300"
SHORTEST_ALT = 20  # characters
SECONDS = {"01": 45, "02": 120, "03": 120, "04": 100, "05": 150, "06": 60}  # later chapters 180
MEGABYTES = dict.fromkeys(SECONDS, 2500)  # later chapters 3000

ANSI_COLOUR = re.compile(r"\x1b\[[\d;]*m")
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:home|root|Users|tmp)/|\b[A-Z]:\\\\?(?:Users|Windows|Temp)", re.IGNORECASE)
REMOTE_IMAGE = re.compile(r"""!\[[^\]]*\]\(\s*<?https?:|<img[^>]*\bsrc=["']?https?:""", re.IGNORECASE)
PLACEHOLDER = re.compile(r"\{(?:claim|run):")
CODE_OR_MATHS = re.compile(r"```.*?```|`[^`\n]+`|\$\$.*?\$\$|\$[^$\n]+\$|<!--.*?-->", re.DOTALL)
LINK = re.compile(r"""\]\(\s*<?([^()<>\s]+)|^\[[^\]]+\]:\s*(\S+)|\b(?:src|href)=["']([^"']+)["']""", re.MULTILINE)
HALF_WIDTH = re.compile(r"[\u4e00-\u9fff][,.;:?!]")


def lines_of_code(notebook) -> int:
    """Lines that are neither blank nor a comment."""
    lines = [line.strip() for cell in notebook.cells if cell.cell_type == "code" for line in cell.source.splitlines()]
    return sum(bool(line) and not line.startswith("#") for line in lines)


def _output_texts(output):
    yield output.get("text", "")
    yield "\n".join(output.get("traceback", []))
    for kind, value in output.get("data", {}).items():
        if kind.startswith("text/"):
            yield value


def format_problems(notebook, name: str) -> list[str]:
    """Valid nbformat 4.5, every cell with an id of its own."""
    ids = [cell.get("id") for cell in notebook.cells]
    if len(set(ids)) < len(ids) or None in ids:
        return ["cell ids are missing or not unique"]
    try:
        nbformat.validate(notebook)
    except nbformat.ValidationError as error:
        return [f"not valid: {str(error).splitlines()[0]}"]
    return []


def output_problems(notebook, name: str) -> list[str]:
    """No error, no red text, nothing that belongs to one machine or one run."""
    problems = []
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            text = ANSI_COLOUR.sub("", "\n".join(_output_texts(output)))
            if output.output_type == "error":
                problems.append(f"{cell.id}: the error {output.ename} is stored")
            if output.get("name") == "stderr":
                problems.append(f"{cell.id}: text on stderr is stored: {text[:60]}")
            if " at 0x" in text:
                problems.append(f"{cell.id}: a memory address is stored")
            if MACHINE_PATH.search(text):
                problems.append(f"{cell.id}: a path of one machine is stored")
            if REMOTE_IMAGE.search(text):
                problems.append(f"{cell.id}: an output shows a remote image")
    return problems


def text_problems(notebook, name: str) -> list[str]:
    """Prose that needs no network and no particular machine, and whose figures are filled in."""
    problems = []
    for cell in notebook.cells:
        if MACHINE_PATH.search(cell.source):
            problems.append(f"{cell.id}: a path of one machine")
        if cell.cell_type == "markdown":
            if "](data:" in cell.source or re.search(r"""src=["']?data:""", cell.source):
                problems.append(f"{cell.id}: an image inside a data: address")
            if REMOTE_IMAGE.search(cell.source):
                problems.append(f"{cell.id}: a remote image")
        if PLACEHOLDER.search(cell.source + cell.metadata.get("alt", "")):
            problems.append(f"{cell.id}: a placeholder that the build does not understand")
    return problems


def alt_problems(notebook, name: str) -> list[str]:
    """Every stored image has an alt text, and every alt text an image."""
    problems = []
    for cell in notebook.cells:
        images = [
            (kind, output.get("metadata", {}).get(kind, {}).get("alt", ""))
            for output in cell.get("outputs", [])
            for kind in output.get("data", {})
            if kind.startswith("image/")
        ]
        problems += [
            f"{cell.id}: {kind} has the alt text '{alt}', shorter than {SHORTEST_ALT} characters"
            for kind, alt in images
            if len(alt.strip()) < SHORTEST_ALT
        ]
        if "alt" in cell.metadata and not images:
            problems.append(f"{cell.id}: an alt text, but no image")
    return problems


def length_problems(notebook, name: str) -> list[str]:
    """Short enough to be read in one sitting."""
    count = lines_of_code(notebook)
    return [f"{count} lines of code, more than {CODE_LINES}"] if count > CODE_LINES else []


def set_up_problems(notebook, name: str) -> list[str]:
    """The first code cell starts the chapter by its own name."""
    first = next((cell.source for cell in notebook.cells if cell.cell_type == "code"), "")
    started = re.findall(r"""^seed, claim = start_chapter\(["'](\w+)["']\)""", first, re.MULTILINE)
    return [] if started == [name] else [f'the first code cell has no line `seed, claim = start_chapter("{name}")`']


NOTEBOOK_RULES = (format_problems, output_problems, text_problems, alt_problems, length_problems, set_up_problems)


def edition_problems(english, chinese) -> list[str]:
    """Both editions have the same cells, code and outputs; only prose and alt texts differ."""

    def without_alt(outputs):
        return re.sub(r'"alt": "(?:[^"\\]|\\.)*"', "", json.dumps(outputs, sort_keys=True))

    if [cell.id for cell in english.cells] != [cell.id for cell in chinese.cells]:
        return ["the editions do not have the same cells"]
    problems = []
    for cell, partner in zip(english.cells, chinese.cells, strict=True):
        if cell.cell_type == "code" and cell.source != partner.source:
            problems.append(f"{cell.id}: the code differs between the editions")
        if without_alt(cell.get("outputs", [])) != without_alt(partner.get("outputs", [])):
            problems.append(f"{cell.id}: the outputs differ between the editions")
    return problems


def link_problems(text: str, folder: Path, root: Path) -> list[str]:
    """Every relative link of a Markdown text in `folder` leads to a file of the repository."""
    problems = []
    for groups in LINK.findall(CODE_OR_MATHS.sub("", text)):
        link = "".join(groups)
        target = unquote(link.split("#")[0])
        if not target or re.match(r"[a-z][a-z0-9+.-]*:", target, re.IGNORECASE):
            continue
        path = (folder / target).resolve()
        if not path.exists() or not path.is_relative_to(root.resolve()):
            problems.append(f"the link {link} leads to no file of the repository")
    return problems


def punctuation_problems(text: str) -> list[str]:
    """Chinese prose has full-width punctuation."""
    prose = re.sub(r"\]\([^)]*\)", "]", CODE_OR_MATHS.sub("x", text))
    return [f"half-width punctuation in {prose[max(0, m.start() - 9) : m.end()]!r}" for m in HALF_WIDTH.finditer(prose)]


def cost_problems(chapter: str, run: dict) -> list[str]:
    """A run's measured cost is within the budget of the chapter."""
    if not run:
        return ["its cost has not been measured"]
    seconds, megabytes = SECONDS.get(chapter[:2], 180), MEGABYTES.get(chapter[:2], 3000)
    budget = [("a run takes", run["seconds"], seconds, "s"), ("a run needs", run["peak_memory_mb"], megabytes, "MB")]
    return [f"{what} {used} {unit}, more than {most} {unit}" for what, used, most, unit in budget if used > most]


def private_words(text: str, words: list[str]) -> list[str]:
    """Words that belong to one machine and not to the course."""
    return [f"contains {word}" for word in words if word in text]


def repository_files(root: Path) -> list[Path]:
    """The files that are committed, or would be by `git add --all`."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
    return [path for path in (root / name for name in listed.split("\0") if name) if path.is_file()]
