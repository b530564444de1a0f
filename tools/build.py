"""Build both editions of the notebooks from their sources.

    python tools/build.py               every chapter
    python tools/build.py 01 03         these chapters
    python tools/build.py 01 --execute  run the chapter and store its outputs in both editions
    python tools/build.py --check       change nothing; fail when a committed file is not what its source builds
    python tools/build.py 01 --accept-translations
                                        say that you have read and mended the Chinese of every changed English cell

A source, `notebooks/sources/NN_name.py`, is in jupytext's percent format with two languages (see tools/percent.py). A
cell marked `tags=["picture"]` gives notebooks/pictures/NN_name.png for the README. Prose writes `{claim:NAME}` for a
measured figure (course_utils.claims.fill).
"""

import argparse
import base64
import hashlib
import json
import os
import re
import sys
from pathlib import Path

from percent import (
    LANGUAGES,
    BuildError,
    Source,
    chinese_typography,
    chinese_units,
    nbformat,  # where it is missing, percent says what to do
    read_cells,
    record_translations,
    relative,
    serialise,
    source_names,
)

from course_utils import claims, paths
from course_utils.files import read_toml, write_atomically
from course_utils.notebook import SEED_VARIABLE

DOCUMENTS = ("README.md", "README.zh.md")  # hand-written pages with measured figures between comments
DOCUMENT_FIGURE = re.compile(r"(<!-- figure (\{[^}]+\}) -->).*?(<!-- end -->)", re.DOTALL)
CLAIM_CALL = re.compile(r"""\bclaim\(\s*["']([A-Za-z0-9_]+)["']""")


class Chapter(Source):
    """A parsed source of a chapter."""

    @property
    def claim_names(self) -> list[str]:
        """The claims that the chapter's code makes."""
        return [name for cell in self.cells if cell.kind == "code" for name in CLAIM_CALL.findall(cell.text["en"])]


def source_path(name: str) -> Path:
    return paths.notebooks() / "sources" / f"{name}.py"


def notebook_path(name: str, language: str) -> Path:
    folder = paths.notebooks() if language == "en" else paths.notebooks() / language
    return folder / f"{name}.ipynb"


def picture_path(name: str) -> Path:
    return paths.notebooks() / "pictures" / f"{name}.png"


def chapter_names(selected: list[str] | None = None) -> list[str]:
    """The names of all chapters, or of the selected ones; see `source_names`."""
    return source_names(paths.notebooks() / "sources", selected)


def parse(name: str, accept_translations: bool = False) -> Chapter:
    """Read a chapter's source.

    Raises:
        BuildError: a translation is missing or stale, or a cell's marker is wrong.
    """
    return Chapter(name, *read_cells(source_path(name), f"python tools/build.py {name[:2]}", accept_translations))


def accept_translations(name: str) -> None:
    """Record in every Chinese cell of a source the id of the English cell that it translates."""
    record_translations(source_path(name))


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
    """Changes with the code and the claims of a chapter, whose outputs then have to be made anew.

    It does not see `course_utils` and `data`: when results change there, run the chapters with `--execute`.
    """
    section = read_toml(claims.claims_file()).get(chapter.name, {}).get("claims", {})
    code = [[cell.text["en"], cell.tags] for cell in chapter.cells if cell.kind == "code"]
    return hashlib.sha256(json.dumps([code, section], sort_keys=True).encode()).hexdigest()[:16]


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
        BuildError: a cell failed, the message shows the cell and its error; or the kernel died or took too long.
    """
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

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
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
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
