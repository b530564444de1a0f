"""tools/build.py on a repository with one tiny chapter: what it builds, and what it refuses."""

import json
import re
import subprocess
import sys
import time

import build
import nbformat
import pytest

from course_utils import claims

SECOND = '# %% [markdown] lang="en"\n# Second.\n\n'
TRANSLATION = '# %% [markdown] lang="zh"\n# 第二段。\n\n'


@pytest.fixture
def source(tiny):
    return build.source_path(tiny)


@pytest.fixture
def built(tiny):
    """The tiny chapter with stored outputs: those that a run would leave behind, without the time of a kernel."""
    chapter = build.parse(tiny)
    code = [cell for cell in chapter.cells if cell.kind == "code"]
    figure = nbformat.v4.new_output("display_data", {"image/png": "iVBORw0KGgo="})
    outputs = {cell.id: ([figure] if cell.alt else [], number) for number, cell in enumerate(code, 1)}
    for language in build.LANGUAGES:
        path = build.notebook_path(tiny, language)
        build.write_atomically(path, build.serialise(build.assemble(chapter, language, outputs)))
    build.build(tiny)
    return tiny


@pytest.fixture
def run(capsys):
    """Run the command: its exit status and what it says."""

    def command(*arguments):
        capsys.readouterr()
        status = build.main(list(arguments))
        return status, "".join(capsys.readouterr())

    return command


def read(name, language="en"):
    return build.read_notebook(build.notebook_path(name, language))


def have_outputs(name):
    return [any(cell.get("outputs") for cell in read(name, language).cells) for language in build.LANGUAGES]


def test_editions_differ_in_their_prose_only(built):
    english, chinese = read(built), read(built, "zh")
    assert english.cells[0].source == "# The answer is 42.5 ± 0.5"
    assert chinese.cells[0].source == "# 答案是 42.5 ± 0.5"
    assert [cell.id for cell in english.cells] == [cell.id for cell in chinese.cells]
    assert [cell.source for cell in english.cells[1:]] == [cell.source for cell in chinese.cells[1:]]


def test_equal_cells_have_ids_of_their_own(built):
    cells = read(built).cells
    assert cells[2].source == cells[3].source == "1 + 1"
    assert len({cell.id for cell in cells}) == len(cells)


def test_tagged_figure_becomes_the_picture_of_the_chapter(built, repository):
    assert (repository / "notebooks" / "pictures" / "99_tiny.png").read_bytes() == b"\x89PNG\r\n\x1a\n"


def test_edit_changes_one_id(tiny, source, edit):
    before = [cell.id for cell in build.parse(tiny).cells]
    edit(source, "baseline=40", "baseline=39")
    after = [cell.id for cell in build.parse(tiny).cells]
    assert [old == new for old, new in zip(before, after, strict=True)] == [True] * 5 + [False]


def test_alt_text_stands_at_the_figure_and_is_no_cell_of_its_own(built):
    alts = {"en": "One grey pixel that stands for the answer 42.5.", "zh": "一个灰色像素，代表答案 42.5。"}
    for language, alt in alts.items():
        cells = read(built, language).cells
        assert cells[4].metadata.alt == alt
        assert cells[4].outputs[0].metadata == {"image/png": {"alt": alt}}
        assert len(cells) == 6


def test_rebuild_gives_the_same_bytes_also_after_an_edit_by_hand(built, repository, snapshot, run):
    before = snapshot(repository)
    assert run() == (0, "built 99_tiny\n")
    assert snapshot(repository) == before
    edit_cell("zh", 2, "1 + 2")(lambda language: build.notebook_path(built, language))
    assert run("99")[0] == 0
    assert snapshot(repository) == before


def test_chapter_that_was_not_run_is_built_within_a_second_and_fails_the_check(tiny, run):
    started = time.perf_counter()
    assert run("99")[0] == 0
    assert time.perf_counter() - started < 1
    assert have_outputs(tiny) == [False, False]
    status, message = run("--check")
    assert status == 1
    assert re.search(r"stored outputs are missing, or older.*python tools/build\.py 99 --execute", message)


def test_chapter_without_any_chinese_has_an_english_edition_and_fails_the_check(tiny, source, run):
    source.write_text(f'{SECOND}# %%\nclaim("answer", 1)\n', encoding="utf-8")
    assert run("99")[0] == 0
    assert build.notebook_path(tiny, "en").exists()
    assert not build.notebook_path(tiny, "zh").exists()
    assert "99_tiny has no Chinese edition. Translate notebooks/sources/99_tiny" in run("--check")[1]


@pytest.mark.parametrize(
    ("added", "message"),
    [
        (SECOND, 'cell "Second.": the Chinese cell after this English cell is missing'),
        (SECOND + TRANSLATION, 'cell "Second.": the English has changed since its translation'),
        ("# %%\n2\n\n" + TRANSLATION, "a Chinese cell follows the English cell that it translates"),
        ("# %% [markdown]\n# Second.\n", 'cell "Second.": a text cell needs lang="en" or lang="zh"'),
        ('# %% [markdown] lang="fr"\n# Deuxième.\n', 'needs lang="en" or lang="zh"'),
        (SECOND + '# %% [markdown] lang="en" role="alt"\n# A\n', 'cell "A": an alt text stands right after the code'),
        ("# %%\n\n# %%\n1\n", "has an empty cell"),
    ],
)
def test_faulty_source_is_named_with_its_cell(tiny, source, added, message):
    source.write_text(f"{source.read_text(encoding='utf-8')}\n{added}", encoding="utf-8")
    with pytest.raises(build.BuildError) as caught:
        build.parse(tiny)
    assert message in str(caught.value)
    assert "notebooks/sources/99_tiny.py" in str(caught.value)


def test_stale_translation_is_mended_by_accepting_it(built, source, edit, run):
    edit(source, "The answer is", "The true answer is")
    before = source.read_text(encoding="utf-8").splitlines()
    status, message = run("--check")
    assert status == 1
    assert re.search(r'cell "# The true answer.*python tools/build\.py 99 --accept-translations', message)
    assert run("99", "--accept-translations")[0] == run("--check")[0] == 0
    (changed,) = set(source.read_text(encoding="utf-8").splitlines()) - set(before)
    assert re.fullmatch(r'# %% \[markdown\] lang="zh" of="[0-9a-f]{8}"', changed)


def test_accepting_finds_markers_whatever_the_order_of_their_fields(tiny, source):
    text = source.read_text(encoding="utf-8").replace('lang="zh" role="alt"', 'role="alt" lang="zh"')
    source.write_text(text.replace("grey pixel", "pixel"), encoding="utf-8")
    build.accept_translations(tiny)
    build.parse(tiny)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("claims.answer", "claims.other", "does not make the claim other.*; makes the claim answer, which .*not know"),
        ("bound = 40.5\n", "", "has the claim answer, which has not been measured"),
    ],
)
def test_claims_of_code_and_table_must_agree(tiny, edit, old, new, message):
    edit(claims.claims_file(), old, new)
    with pytest.raises(build.BuildError, match=rf"Chapter 99_tiny {message}.*python tools/measure\.py 99"):
        build.check_claims(build.parse(tiny))


@pytest.mark.parametrize(
    ("old", "new", "kept"),
    [
        ("42 + seed", "43 + seed", False),
        ("答案是", "谜底是", True),
        ("bound = 40.5", "bound = 40.6", False),
        ("seconds = 3.4", "seconds = 9.9", True),
    ],
    ids=["code", "prose", "claim", "cost"],
)
def test_outputs_are_kept_unless_code_or_claims_change(built, source, edit, run, old, new, kept):
    edit(claims.claims_file() if " = " in old else source, old, new)
    assert have_outputs(built) == [True, True]
    assert run()[0] == 0
    assert have_outputs(built) == [kept, kept]


def test_check_accepts_what_was_built(built, run):
    assert run("--check") == (0, "1 chapters are what their sources build.\n")


def edit_cell(language, number, text):
    def change(path):
        notebook = json.loads(path(language).read_text(encoding="utf-8"))
        notebook["cells"][number]["source"] = text
        path(language).write_text(json.dumps(notebook), encoding="utf-8")

    return change


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (edit_cell("en", 0, "# Other"), "notebooks/99_tiny.ipynb is not what its source builds"),
        (edit_cell("zh", 2, "1 + 2"), "notebooks/zh/99_tiny.ipynb is not what its source builds"),
        (lambda path: path("zh").unlink(), "notebooks/zh/99_tiny.ipynb is missing"),
        (lambda path: path("en").write_text("<<<<<<< HEAD"), "notebooks/99_tiny.ipynb is not a valid notebook"),
    ],
    ids=["English prose", "Chinese code", "missing", "merge conflict"],
)
def test_check_names_the_faulty_edition_and_the_command_and_changes_nothing(
    built, run, repository, snapshot, damage, message
):
    damage(lambda language: build.notebook_path(built, language))
    before = snapshot(repository)
    status, said = run("--check")
    assert status == 1
    assert message in said
    assert "python tools/build.py 99" in said
    assert snapshot(repository) == before


def test_old_figure_in_a_page_is_found_and_mended(built, repository, run):
    text = "It is <!-- figure {claim:99_tiny/answer} -->%s<!-- end -->, in <!-- end --> 3 s."
    (repository / "README.md").write_text(text % 41, encoding="utf-8")
    assert run("--check") == (
        1,
        "README.md shows figures that are not those of claims.toml. Run: python tools/build.py\n",
    )
    assert run()[0] == run("--check")[0] == 0
    assert (repository / "README.md").read_text() == text % 42.5


def test_claims_and_notebooks_without_a_source_are_found(built, run):
    for language in build.LANGUAGES:
        stray = build.notebook_path("98_gone", language)
        stray.write_text("{}")
        assert f"{build.relative(stray)} has no source" in run("--check")[1]
        stray.unlink()
    with claims.claims_file().open("a", encoding="utf-8") as stream:
        stream.write('["98_gone".claims]\n')
    assert "sections without a source: 98_gone" in run("--check")[1]


def test_unknown_chapter_is_refused_with_those_that_exist(tiny, capsys):
    with pytest.raises(SystemExit):
        build.main(["98"])
    assert "no source notebooks/sources/98*.py. Sources: 99_tiny." in capsys.readouterr().err


@pytest.mark.notebook
def test_execution_stores_outputs_in_both_editions_or_writes_nothing(tiny, source, edit, repository, snapshot, run):
    assert run("--execute")[0] == run("--check")[0] == 0
    for language in build.LANGUAGES:
        cells = read(tiny, language).cells
        assert cells[2].outputs[0].data["text/plain"] == "2"
        assert "alt" in cells[4].outputs[0].metadata["image/png"]
        assert cells[5].outputs[0].text.startswith("✓ the answer: 42.0")
        assert "execution" not in cells[5].metadata  # it would hold time stamps
    edit(source, "42 + seed", "4 + seed")  # breaks the promise
    before = snapshot(repository)
    status, message = run("--execute")
    assert status == 1
    assert "Chapter 99_tiny failed while it ran; nothing was written." in message
    assert "ClaimBroken" in message
    assert snapshot(repository) == before


@pytest.mark.parametrize(
    ("source", "built"),
    [
        ("第一行的末尾，\n第二行", "第一行的末尾，第二行"),
        ("两个汉字\n之间", "两个汉字之间"),
        ("列表：\n- 一项。\n- 又一项", "列表：\n- 一项。\n- 又一项"),
        ("公式：\n\n$$x$$\n文字", "公式：\n\n$$x$$\n文字"),
        ("1. 一项，\n   接着写\n2. 又一项", "1. 一项，接着写\n2. 又一项"),
        ("| 甲，|\n| 乙。|", "| 甲，|\n| 乙。|"),
        ("汉字\nKeras", "汉字\nKeras"),
        ("问：*答案会变吗？*不会。", "问：**答案会变吗**？不会。"),
        ("这叫*平台*，那叫**高原**。", "这叫**平台**，那叫**高原**。"),
        ("**先立基线。** 永远", "**先立基线**。永远"),
        ("$a * b$ 与 $c * d$", "$a * b$ 与 $c * d$"),
        ("*Nature* 323，`*x*`", "*Nature* 323，`*x*`"),
        ("（*isn't* 切成 *is n't*），给*训练集*编号", "（*isn't* 切成 *is n't*），给**训练集**编号"),
        ("占 70 %", "占 70%"),
    ],
)
def test_chinese_typography(source, built):
    assert build.chinese_typography(source) == built


def test_python_without_the_courses_packages_is_told_which_one_to_use():
    run = subprocess.run([sys.executable, "-S", build.__file__, "--check"], capture_output=True, text=True)
    assert run.returncode == 1
    assert ".venv/bin/python" in run.stderr
    assert "Traceback" not in run.stderr
