"""What the sources of chapters and of assignments have in common: the percent format in two languages.

    # %% [markdown] lang="en"                   English text
    # %% [markdown] lang="zh" of="1a2b3c4d"     its translation: `of` is the id of the English cell that it translates
    # %%                                        code, shared by both editions
    # %% [markdown] lang="en" role="alt"        text that belongs to the code cell above it: its figure's alt text

A cell's id is the hash of its text, so a rebuild gives the same bytes, an edit changes one id, and a translation whose
English was edited is found by its `of`.
"""

import hashlib
import re
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

try:
    import jupytext
    import nbformat
except ModuleNotFoundError as missing:
    sys.exit(
        f"{missing}: this is not the course's Python. Run `python3 course.py test` once, then use .venv/bin/python "
        "(on Windows .venv\\Scripts\\python)."
    )

from course_utils import paths
from course_utils.files import write_atomically

LANGUAGES = ("en", "zh")
ROLES = {  # of texts that belong to the code cell above them
    "alt": "an alt text stands right after the code cell of its figure",
    "hints": "hints stand right after the code cell of their check",
}
CHINESE_MARKER = re.compile(r'^# %% \[markdown\](?=.* lang="zh").*$', re.MULTILINE)
RECORDED_ID = re.compile(r' of="[^"]*"')
# A line break in Markdown shows as a space. Chinese has none, so breaks between Chinese characters, and those after
# full-width punctuation, are taken out, but not before a list item, table row, heading, quote or displayed formula.
CHINESE_BREAK = re.compile(
    r"(?<=[\u4e00-\u9fff])\n[ ]*(?=[\u4e00-\u9fff“‘（《])"
    r"|(?<=[，。；：、！？）》”’])\n[ ]*(?!\s|[-+|#>]|\d+\. |\* |\$\$|```)"
)
# Chinese is not slanted: emphasis is bold. Markdown needs the final punctuation outside, or it does not see the end.
# Every emphasis is matched, English too, since its closing star must not be taken for an opening one.
EMPHASIS = re.compile(r"(?<!\*)(\*\*?)([^*$`\n\s][^*$`\n]*?)(?:([，。；：、！？])\1[ ]?|\1)(?!\*)")


class BuildError(Exception):
    """A source or a committed file is wrong; the message names the chapter, the place and the mend."""


@dataclass
class Cell:
    """One cell of a source: code, or text in one or two languages."""

    kind: str  # "code" or "markdown"
    text: dict[str, str]  # by language; code has the same text in both
    id: str
    marks: dict = field(default_factory=dict)  # what else its `# %%` line says: tags=["picture"], minutes=10
    attached: dict[str, dict[str, str]] = field(default_factory=dict)  # texts that belong to a code cell, by role

    @property
    def tags(self) -> list[str]:
        return self.marks.get("tags", [])

    @property
    def alt(self) -> dict[str, str]:
        """The alt text of a code cell's figure, by language."""
        return self.attached.get("alt", {})


@dataclass
class Source:
    """A parsed source: its name, cells and the ids that its Chinese cells should record, in order."""

    name: str
    cells: list[Cell]
    translated_ids: list[str]

    @property
    def languages(self) -> tuple[str, ...]:
        """Both languages, or English alone while the source has not been translated at all."""
        return LANGUAGES if self.translated_ids else LANGUAGES[:1]


def source_names(folder: Path, selected: list[str] | None = None) -> list[str]:
    """The names of all numbered sources in a folder, or of those whose names begin with one of the selected numbers.

    Raises:
        BuildError: there is none with such a number.
    """
    names = sorted(path.stem for path in folder.glob("[0-9][0-9]_*.py"))
    for number in selected or []:
        if not any(name.startswith(number) for name in names):
            raise BuildError(f"There is no source {relative(folder)}/{number}*.py. Sources: {', '.join(names)}.")
    return [name for name in names if not selected or name.startswith(tuple(selected))]


def relative(path: Path) -> str:
    return path.relative_to(paths.repository()).as_posix()


def read_cells(path: Path, command: str, accept_translations: bool = False) -> tuple[list[Cell], list[str]]:
    """Read a source.

    Args:
        path: the source.
        command: what builds it; with `--accept-translations` behind it, the mend of a stale translation.
        accept_translations: do not compare what the Chinese cells translate.

    Returns:
        The cells, and the ids that the Chinese cells should record, in order.

    Raises:
        BuildError: a translation is missing or stale, or a cell's marker is wrong.
    """
    notebook = jupytext.reads(path.read_text(encoding="utf-8"), fmt="py:percent")
    cells: list[Cell] = []
    seen: Counter[str] = Counter()
    translated_ids: list[str] = []
    english = None  # the English cell that waits for its translation

    def place(text: str) -> str:
        return f'{relative(path)}, cell "{text.strip().splitlines()[0][:60]}"'

    for raw in notebook.cells:
        text = raw["source"].strip("\n")
        if not text.strip():
            raise BuildError(f"{relative(path)} has an empty cell. Remove its `# %%` line.")
        language, role = raw["metadata"].get("lang"), raw["metadata"].get("role")
        if raw["cell_type"] == "markdown" and language not in LANGUAGES:
            raise BuildError(f'{place(text)}: a text cell needs lang="en" or lang="zh" in its `# %%` line.')
        if raw["cell_type"] == "markdown" and language == "zh":
            if english is None:
                raise BuildError(f"{place(text)}: a Chinese cell follows the English cell that it translates.")
            if raw["metadata"].get("of") != english.id and not accept_translations:
                raise BuildError(
                    f"{place(english.text['en'])}: the English has changed since its translation was made. Bring the "
                    f"Chinese cell below it up to date, then run: {command} --accept-translations"
                )
            english.text["zh"] = text
            translated_ids.append(english.id)
            english = None
            continue
        key = f"{raw['cell_type']}\n{text}"
        identity = hashlib.sha256(f"{key}\n{seen[key]}".encode()).hexdigest()[:8]
        seen[key] += 1
        marks = {key: value for key, value in raw["metadata"].items() if key not in ("lang", "of", "role")}
        if raw["cell_type"] == "code":
            cells.append(Cell("code", {"en": text, "zh": text}, identity, marks))
            continue
        english = Cell("markdown", {"en": text}, identity, marks)
        if role in ROLES:
            if not cells or cells[-1].kind != "code" or role in cells[-1].attached:
                raise BuildError(f"{place(text)}: {ROLES[role]}.")
            cells[-1].attached[role] = english.text
        else:
            cells.append(english)

    for text in [text for cell in cells for text in (cell.text, *cell.attached.values())]:
        if translated_ids and "zh" not in text:
            raise BuildError(f"{place(text['en'])}: the Chinese cell after this English cell is missing. Write it.")
    return cells, translated_ids


def record_translations(path: Path) -> None:
    """Record in every Chinese cell of a source the id of the English cell that it translates."""
    ids = iter(read_cells(path, "", accept_translations=True)[1])

    def record(marker: re.Match) -> str:
        return f'{RECORDED_ID.sub("", marker.group()).rstrip()} of="{next(ids)}"'

    text = CHINESE_MARKER.sub(record, path.read_text(encoding="utf-8"))
    write_atomically(path, text)


def chinese_typography(text: str) -> str:
    """Join the lines of Chinese paragraphs, make emphasis bold, and set the units of figures: 70%, 0.9 星."""

    def embolden(emphasis: re.Match) -> str:
        has_chinese = re.search(r"[\u4e00-\u9fff]", emphasis.group(2))
        return f"**{emphasis.group(2)}**{emphasis.group(3) or ''}" if has_chinese else emphasis.group()

    text = EMPHASIS.sub(embolden, CHINESE_BREAK.sub("", text))
    return chinese_units(text)


def chinese_units(text: str) -> str:
    for unit, chinese in {"stars": "星", "nats": "奈特"}.items():
        text = re.sub(rf"(?<=\d) {unit}", f" {chinese}", text)
    return re.sub(r"(?<=[\d}]) %", "%", text)


def serialise(notebook: nbformat.NotebookNode) -> str:
    return nbformat.writes(notebook, version=4) + "\n"
