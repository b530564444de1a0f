"""Build both editions of the notebooks from their sources.

    python tools/build.py               every chapter
    python tools/build.py 01 03         these chapters
    python tools/build.py 01 --execute  run the chapter and store its outputs in both editions
    python tools/build.py --check       change nothing; fail when a committed file is not what its source builds
    python tools/build.py 01 --accept-translations
                                        say that you have read and mended the Chinese of every changed English cell

A source, `notebooks/sources/NN_name.py`, is in jupytext's percent format:

    # %% [markdown] lang="en"                   English text
    # %% [markdown] lang="zh" of="1a2b3c4d"     its translation: `of` is the id of the English cell that it translates
    # %%                                        code, shared by both editions
    # %% [markdown] lang="en" role="alt"        alt text of the figure that the code cell above it draws
    # %% tags=["picture"]                       this cell's figure becomes notebooks/pictures/NN_name.png for the README

A cell's id is the hash of its text, so a rebuild gives the same bytes, an edit changes one id, and a translation whose
English was edited is found by its `of`. Prose writes `{claim:NAME}` for a measured figure (course_utils.claims.fill).
"""

import argparse
import base64
import hashlib
import json
import os
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

from course_utils import claims, paths
from course_utils.files import read_toml, write_atomically
from course_utils.notebook import SEED_VARIABLE

LANGUAGES = ("en", "zh")
DOCUMENTS = ("README.md", "README.zh.md")  # hand-written pages with measured figures between comments
DOCUMENT_FIGURE = re.compile(r"(<!-- figure (\{[^}]+\}) -->).*?(<!-- end -->)", re.DOTALL)
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
CLAIM_CALL = re.compile(r"""\bclaim\(\s*["']([A-Za-z0-9_]+)["']""")


class BuildError(Exception):
    """A source or a committed file is wrong; the message names the chapter, the place and the mend."""


@dataclass
class Cell:
    """One cell of a source: code, or text in one or two languages."""

    kind: str  # "code" or "markdown"
    text: dict[str, str]  # by language; code has the same text in both
    id: str
    tags: list[str] = field(default_factory=list)
    alt: dict[str, str] = field(default_factory=dict)  # alt text of a code cell's figure, by language


@dataclass
class Chapter:
    """A parsed source: its name, cells and the ids that its Chinese cells should record, in order."""

    name: str
    cells: list[Cell]
    translated_ids: list[str]

    @property
    def languages(self) -> tuple[str, ...]:
        """Both languages, or English alone while a chapter has not been translated at all."""
        return LANGUAGES if self.translated_ids else LANGUAGES[:1]

    @property
    def claim_names(self) -> list[str]:
        """The claims that the chapter's code makes."""
        return [name for cell in self.cells if cell.kind == "code" for name in CLAIM_CALL.findall(cell.text["en"])]


def relative(path: Path) -> str:
    return path.relative_to(paths.repository()).as_posix()


def source_path(name: str) -> Path:
    return paths.notebooks() / "sources" / f"{name}.py"


def notebook_path(name: str, language: str) -> Path:
    folder = paths.notebooks() if language == "en" else paths.notebooks() / language
    return folder / f"{name}.ipynb"


def picture_path(name: str) -> Path:
    return paths.notebooks() / "pictures" / f"{name}.png"


def chapter_names(selected: list[str] | None = None) -> list[str]:
    """The names of all sources, or of those whose names begin with one of the selected numbers."""
    names = sorted(path.stem for path in (paths.notebooks() / "sources").glob("[0-9][0-9]_*.py"))
    if not selected:
        return names
    for number in selected:
        if not any(name.startswith(number) for name in names):
            raise BuildError(f"There is no source notebooks/sources/{number}*.py. Sources: {', '.join(names)}.")
    return [name for name in names if any(name.startswith(number) for number in selected)]


def parse(name: str, accept_translations: bool = False) -> Chapter:
    """Read a chapter's source.

    Raises:
        BuildError: a translation is missing or stale, or a cell's marker is wrong.
    """
    path = source_path(name)
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
                    f"Chinese cell below it up to date, then run: "
                    f"python tools/build.py {name[:2]} --accept-translations"
                )
            english.text["zh"] = text
            translated_ids.append(english.id)
            english = None
            continue
        key = f"{raw['cell_type']}\n{text}"
        identity = hashlib.sha256(f"{key}\n{seen[key]}".encode()).hexdigest()[:8]
        seen[key] += 1
        if raw["cell_type"] == "code":
            cells.append(Cell("code", {"en": text, "zh": text}, identity, raw["metadata"].get("tags", [])))
            continue
        english = Cell("markdown", {"en": text}, identity)
        if role == "alt":
            if not cells or cells[-1].kind != "code" or cells[-1].alt:
                raise BuildError(f"{place(text)}: an alt text stands right after the code cell of its figure.")
            cells[-1].alt = english.text
        else:
            cells.append(english)

    chapter = Chapter(name, cells, translated_ids)
    for text in [text for cell in cells for text in (cell.text, cell.alt) if text]:
        if len(chapter.languages) == 2 and "zh" not in text:
            raise BuildError(f"{place(text['en'])}: the Chinese cell after this English cell is missing. Write it.")
    return chapter


def accept_translations(name: str) -> None:
    """Record in every Chinese cell of a source the id of the English cell that it translates."""
    ids = iter(parse(name, accept_translations=True).translated_ids)
    path = source_path(name)

    def record(marker: re.Match) -> str:
        return f'{RECORDED_ID.sub("", marker.group()).rstrip()} of="{next(ids)}"'

    text = CHINESE_MARKER.sub(record, path.read_text(encoding="utf-8"))
    write_atomically(path, text)


def check_claims(chapter: Chapter) -> None:
    """Compare the claims that a chapter makes with those that `claims.toml` knows.

    Raises:
        BuildError: a claim is unknown, unmeasured, made by no chapter, or uses a name that is not written out.
    """
    known = claims.load_claims(chapter.name)
    made = set(chapter.claim_names)
    problems = [
        f"makes the claim {name}, which claims.toml does not know. Describe it there" for name in made - set(known)
    ]
    problems += [
        f"does not make the claim {name}, which claims.toml promises. Make it, or delete it there"
        for name in set(known) - made
    ]
    problems += [f"has the claim {name}, which has not been measured" for name in known if not known[name].is_measured]
    if problems:
        raise BuildError(
            f"Chapter {chapter.name} {'; '.join(sorted(problems))}. "
            f"Then run: python tools/measure.py {chapter.name[:2]}"
        )


def fingerprint(chapter: Chapter) -> str:
    """What a chapter's outputs depend on: its code and its claims (not the cost of a run, which always varies)."""
    section = read_toml(claims.claims_file()).get(chapter.name, {}).get("claims", {})
    code = [[cell.text["en"], cell.tags] for cell in chapter.cells if cell.kind == "code"]
    return hashlib.sha256(json.dumps([code, section], sort_keys=True).encode()).hexdigest()[:16]


def chinese_typography(text: str) -> str:
    """Join the lines of Chinese paragraphs, make emphasis bold, and set the units of figures: 70%, 0.9 星."""

    def embolden(emphasis: re.Match) -> str:
        has_chinese = re.search(r"[\u4e00-\u9fff]", emphasis.group(2))
        return f"**{emphasis.group(2)}**{emphasis.group(3) or ''}" if has_chinese else emphasis.group()

    text = EMPHASIS.sub(embolden, CHINESE_BREAK.sub("", text))
    return chinese_units(text)


def chinese_units(text: str) -> str:
    return re.sub(r"(?<=\d) stars", " 星", text.replace(" %", "%"))


def prose(text: str, chapter: Chapter, language: str) -> str:
    """A text of a chapter as its edition shows it: figures filled in, and set as the language wants it."""
    filled = claims.fill(text, chapter.name)
    return chinese_typography(filled) if language == "zh" else filled


def assemble(chapter: Chapter, language: str, outputs: dict[str, tuple] | None) -> nbformat.NotebookNode:
    """The notebook of one edition; `outputs` holds for each code cell's id its outputs and execution count."""
    notebook = nbformat.v4.new_notebook()
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
            "language_info": {"file_extension": ".py", "name": "python", "pygments_lexer": "ipython3"},
            "course": {
                "source": relative(source_path(chapter.name)),
                "language": language,
                "executed": fingerprint(chapter) if outputs is not None else None,
            },
        }
    )
    for cell in chapter.cells:
        if cell.kind == "markdown":
            text = prose(cell.text[language], chapter, language)
            notebook.cells.append(nbformat.v4.new_markdown_cell(text, id=cell.id))
            continue
        built = nbformat.v4.new_code_cell(cell.text[language], id=cell.id)
        if cell.tags:
            built.metadata["tags"] = cell.tags
        alt = prose(cell.alt[language], chapter, language).replace("\n", " ") if cell.alt else None
        if alt:
            built.metadata["alt"] = alt
        if outputs is not None:
            stored, built.execution_count = outputs.get(cell.id, ([], None))
            built.outputs = [nbformat.from_dict(json.loads(json.dumps(output))) for output in stored]
            for output in built.outputs:
                if "image/png" in output.get("data", {}) and alt:
                    output.metadata["image/png"] = {**output.metadata.get("image/png", {}), "alt": alt}
        notebook.cells.append(built)
    nbformat.validate(notebook)
    return notebook


def serialise(notebook: nbformat.NotebookNode) -> str:
    return nbformat.writes(notebook, version=4) + "\n"


def committed_outputs(chapter: Chapter) -> dict[str, tuple] | None:
    """The stored outputs of the English edition, or None when its code or claims have changed since they were made."""
    path = notebook_path(chapter.name, "en")
    if not path.exists():
        return None
    notebook = read_notebook(path)
    if notebook.metadata.get("course", {}).get("executed") != fingerprint(chapter):
        return None
    return {cell.id: (cell.outputs, cell.execution_count) for cell in notebook.cells if cell.cell_type == "code"}


def read_notebook(path: Path) -> nbformat.NotebookNode:
    """Read a committed notebook.

    Raises:
        BuildError: the file is not a notebook.
    """
    try:
        return nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
    except Exception as error:
        raise BuildError(
            f"{relative(path)} is not a valid notebook ({str(error).splitlines()[0][:80]}). "
            f"Rebuild it: python tools/build.py {path.name[:2]}"
        ) from None


def run_notebook(notebook: nbformat.NotebookNode, name: str, variables: dict[str, str]) -> None:
    """Run a chapter's notebook in a fresh kernel, in the notebooks' folder; its outputs are put into its cells.

    Args:
        notebook: what to run.
        name: the chapter's name, for the message.
        variables: environment variables for the kernel. The course's own are otherwise unset.

    Raises:
        BuildError: a cell failed; the message shows the cell and its error.
    """
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    own = (claims.RECORD_VARIABLE, SEED_VARIABLE)
    environment = {key: value for key, value in os.environ.items() if key not in own} | variables
    client = NotebookClient(
        notebook,
        timeout=1200,
        kernel_name="python3",
        coalesce_streams=True,
        record_timing=False,
        resources={"metadata": {"path": str(paths.notebooks())}},
    )
    try:
        client.execute(env=environment)
    except CellExecutionError as error:
        raise BuildError(f"Chapter {name} failed while it ran; nothing was written.\n{error}") from None


def execute(chapter: Chapter) -> dict[str, tuple]:
    """Run the English edition in a fresh kernel and return the outputs of its code cells.

    Raises:
        BuildError: a cell failed; the message shows the cell and its error.
    """
    notebook = assemble(chapter, "en", None)
    run_notebook(notebook, chapter.name, {})
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            output.pop("transient", None)
            if output.output_type == "stream":  # the epoch report pads its lines
                output.text = "\n".join(line.rstrip() for line in output.text.split("\n"))
    return {cell.id: (cell.outputs, cell.execution_count) for cell in notebook.cells if cell.cell_type == "code"}


def filled_document(path: Path) -> str:
    """A page with every `<!-- figure {claim:...} -->old<!-- end -->` brought up to date."""

    def fill(match: re.Match) -> str:
        figure = claims.fill(match.group(2))
        return match.group(1) + (chinese_units(figure) if ".zh." in path.name else figure) + match.group(3)

    return DOCUMENT_FIGURE.sub(fill, path.read_text(encoding="utf-8"))


def picture(chapter: Chapter, outputs: dict[str, tuple]) -> bytes | None:
    """The figure of the cell that is tagged "picture", as PNG."""
    for cell in chapter.cells:
        if "picture" in cell.tags:
            for output in outputs[cell.id][0]:
                if "image/png" in output.get("data", {}):
                    return base64.b64decode(output["data"]["image/png"])
    return None


def build(name: str, run: bool = False) -> None:
    """Write both editions of a chapter; outputs are kept while code and claims are unchanged."""
    chapter = parse(name)
    outputs = execute(chapter) if run else committed_outputs(chapter)
    for language in chapter.languages:
        write_atomically(notebook_path(name, language), serialise(assemble(chapter, language, outputs)))
    if outputs and (image := picture(chapter, outputs)):
        write_atomically(picture_path(name), image)


def build_documents() -> None:
    """Bring the measured figures in the hand-written pages up to date."""
    for document in DOCUMENTS:
        path = paths.repository() / document
        if path.exists() and (filled := filled_document(path)) != path.read_text(encoding="utf-8"):
            write_atomically(path, filled)


def essence(notebook: nbformat.NotebookNode) -> list:
    """What a build determines: ids, kinds, text, tags and alt texts; not what a run leaves behind."""
    return [
        (cell.id, cell.cell_type, cell.source, cell.metadata.get("tags", []), cell.metadata.get("alt"))
        for cell in notebook.cells
    ]


def check(name: str) -> None:
    """Compare a chapter's committed editions with its source.

    Raises:
        BuildError: a translation is missing or stale, a claim is unknown or unmeasured, an edition is missing or edited
            by hand, or its outputs are missing or older than its code.
    """
    chapter = parse(name)
    if len(chapter.languages) < 2:
        raise BuildError(f"Chapter {name} has no Chinese edition. Translate notebooks/sources/{name}.py.")
    check_claims(chapter)
    for language in LANGUAGES:
        path = notebook_path(name, language)
        if not path.exists():
            raise BuildError(f"{relative(path)} is missing. Run: python tools/build.py {name[:2]} --execute")
        committed = read_notebook(path)
        if essence(committed) != essence(assemble(chapter, language, None)):
            raise BuildError(
                f"{relative(path)} is not what its source builds. Make changes in notebooks/sources/{name}.py, "
                f"then run: python tools/build.py {name[:2]}"
            )
        if committed.metadata.get("course", {}).get("executed") != fingerprint(chapter):
            raise BuildError(
                f"{relative(path)}: the stored outputs are missing, or older than the code or its claims. "
                f"Run: python tools/build.py {name[:2]} --execute"
            )
    if any("picture" in cell.tags for cell in chapter.cells) and not picture_path(name).exists():
        raise BuildError(f"{relative(picture_path(name))} is missing. Run: python tools/build.py {name[:2]} --execute")


def check_documents() -> None:
    """Compare the figures in the hand-written pages with `claims.toml`.

    Raises:
        BuildError: a page shows an old figure.
    """
    for document in DOCUMENTS:
        path = paths.repository() / document
        if path.exists() and filled_document(path) != path.read_text(encoding="utf-8"):
            raise BuildError(f"{document} shows figures that are not those of claims.toml. Run: python tools/build.py")


def check_catalogue() -> None:
    """Every section of `claims.toml` and every notebook belongs to a source.

    Raises:
        BuildError: one does not.
    """
    names = set(chapter_names())
    if strays := set(read_toml(claims.claims_file())) - names:
        raise BuildError(f"claims.toml has sections without a source: {', '.join(sorted(strays))}. Delete them.")
    for language in LANGUAGES:
        for path in notebook_path("", language).parent.glob("*.ipynb"):
            if path.stem not in names:
                raise BuildError(f"{relative(path)} has no source in notebooks/sources. Write one, or delete it.")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description="Build both editions of the notebooks from their sources.",
        epilog=__doc__.split("\n\n", 1)[1],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("chapters", nargs="*", metavar="NN", help="chapter numbers; all when left out")
    parser.add_argument("--execute", action="store_true", help="run the chapters and store their outputs")
    parser.add_argument("--check", action="store_true", help="change nothing, fail when a file is not up to date")
    parser.add_argument("--accept-translations", action="store_true", help="the Chinese cells are up to date")
    options = parser.parse_args(arguments)
    problems = []
    try:
        names = chapter_names(options.chapters)
    except BuildError as error:
        parser.error(str(error))
    for name in names:
        try:
            if options.accept_translations:
                accept_translations(name)
            if options.check:
                check(name)
            else:
                build(name, run=options.execute)
                print(f"built {name}")
        except (BuildError, claims.ClaimError) as error:
            problems.append(str(error))
    try:
        if options.check:
            check_catalogue()
            check_documents()
        else:
            build_documents()
    except (BuildError, claims.ClaimError) as error:
        problems.append(str(error))
    for problem in problems:
        print(problem, file=sys.stderr)
    if options.check and not problems:
        print(f"{len(names)} chapters are what their sources build.")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
