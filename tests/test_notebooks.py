"""Every committed notebook, in both editions, against the rules of structure.py; and every rule against a breach."""

import re

import build
import nbformat
import pytest
import structure
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from course_utils import claims, paths
from course_utils.files import read_toml

ROOT = paths.repository()
CHAPTERS = build.chapter_names()
NOTEBOOKS = sorted(paths.notebooks().glob("*.ipynb")) + sorted(paths.notebooks().glob("zh/*.ipynb"))
EXPECTED = {"README.md", "README.zh.md", "CONTRIBUTING.md", "notebooks/ERRATA.md", "data/README.md"}
FOUND = [*ROOT.glob("*.md"), *ROOT.glob("assignments/*.md"), *paths.notebooks().rglob("*.md")]
PAGES = sorted(EXPECTED | {build.relative(path) for path in FOUND if ".ipynb_checkpoints" not in path.parts})


def read(path):
    return nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)


@pytest.fixture
def sound():
    """A short notebook that keeps every rule."""
    alt = "A blue line that rises from one to two."
    figure = new_output("display_data", {"image/png": "iVBORw0KGgo="}, metadata={"image/png": {"alt": alt}})
    greeting = new_output("stream", name="stdout", text="seed 0\n")
    return new_notebook(
        cells=[
            new_markdown_cell("# Title\n\nAt home/work, see [the data](data/README.md).", id="a"),
            new_code_cell('seed, claim = start_chapter("99_tiny")', id="b", outputs=[greeting]),
            new_code_cell("plot()", id="c", outputs=[figure], metadata={"alt": alt}),
        ]
    )


@pytest.mark.parametrize("rule", structure.NOTEBOOK_RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("path", NOTEBOOKS, ids=build.relative)
def test_notebook_keeps(path, rule):
    assert rule(read(path), path.stem) == []


@pytest.mark.parametrize("rule", structure.NOTEBOOK_RULES, ids=lambda rule: rule.__name__)
def test_rule_accepts_a_sound_notebook(sound, rule):
    assert rule(sound, "99_tiny") == []


def output(*arguments, **fields):
    """A breach that adds an output to the second cell."""
    return lambda cells: cells[1].outputs.append(new_output(*arguments, **fields))


def prose(text):
    """A breach that puts a text into the first cell."""
    return lambda cells: cells[0].update(source=text)


def printed(text):
    return output("stream", name="stdout", text=text)


BREACHES = [
    ("format", "unique", lambda cells: cells[1].update(id="a")),
    ("format", "not valid", lambda cells: cells[1].update(cell_type="program")),
    ("output", "error ValueError", output("error", ename="ValueError", evalue="no", traceback=[])),
    ("output", "stderr", output("stream", name="stderr", text="WARNING")),
    ("output", "memory address", output("execute_result", {"text/plain": "<object at 0x7f0c>"}, execution_count=1)),
    ("output", "one machine", printed("saved to /home/ada/model.keras")),
    ("output", "one machine", printed("\x1b[32m/root/course/x.py")),
    ("output", "one machine", printed("C:\\Users\\ada\\x.py")),
    ("output", "remote image", output("display_data", {"text/html": '<img src="https://example.org/a.png">'})),
    ("text", "one machine", prose("Open /Users/ada/course.")),
    ("text", "one machine", lambda cells: cells[2].update(source='open("/home/ada/x.csv")')),
    ("text", "data:", prose("![alt](data:image/png;base64,iVBO)")),
    ("text", "remote image", prose("![alt](https://example.org/a.png)")),
    ("text", "remote image", prose('<img width="3" src="http://example.org/a.png">')),
    ("text", "placeholder", prose("It reaches {claim:test-accuracy}.")),
    ("alt", "''", lambda cells: cells[2].outputs[0].update(metadata={})),
    ("alt", "'A line.'", lambda cells: cells[2].outputs[0].metadata["image/png"].update(alt="A line.")),
    ("alt", "no image", lambda cells: cells[2].update(outputs=[])),
    ("length", "351 lines", lambda cells: cells[2].update(source="# not counted\n\n" + "x = 1\n" * 350)),
    ("set_up", "99_tiny", lambda cells: cells[1].update(source='seed, claim = start_chapter("98_other")')),
    ("set_up", "99_tiny", lambda cells: cells.pop(1)),
]


@pytest.mark.parametrize(("rule", "message", "breach"), BREACHES)
def test_rule_finds_a_breach(sound, rule, message, breach):
    breach(sound.cells)
    problems = getattr(structure, f"{rule}_problems")(sound, "99_tiny")
    assert len(problems) == 1
    assert message in problems[0]


@pytest.mark.parametrize("name", CHAPTERS)
def test_chapter_is_what_its_source_builds(name):
    build.check(name)


def test_every_notebook_and_every_claim_has_a_source():
    build.check_catalogue()


def test_pages_show_the_measured_figures():
    build.check_documents()


@pytest.mark.parametrize("name", CHAPTERS)
def test_editions_differ_in_their_prose_only(name):
    editions = [read(build.notebook_path(name, language)) for language in build.LANGUAGES]
    assert structure.edition_problems(*editions) == []


@pytest.mark.parametrize(
    ("message", "breach"),
    [
        ("same cells", lambda cells: cells.pop()),
        ("code differs", lambda cells: cells[2].update(source="plot(2)")),
        ("outputs differ", lambda cells: cells[1].outputs[0].update(text="seed 1\n")),
    ],
)
def test_difference_between_editions_is_found(sound, message, breach):
    chinese = nbformat.from_dict(sound)
    chinese.cells[0].source = "# 题目"
    chinese.cells[2].outputs[0].metadata["image/png"]["alt"] = '一条"蓝线"'
    assert structure.edition_problems(sound, chinese) == []
    breach(chinese.cells)
    assert [message in problem for problem in structure.edition_problems(sound, chinese)] == [True]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=build.relative)
def test_notebook_is_small_its_links_lead_to_files_and_its_chinese_is_well_set(path):
    assert path.stat().st_size < 1.5 * structure.MEGABYTE
    notebook = read(path)
    texts = [c.source if c.cell_type == "markdown" else c.metadata.get("alt", "") for c in notebook.cells]
    assert structure.link_problems("\n\n".join(texts), path.parent, ROOT) == []
    assert structure.punctuation_problems("\n\n".join(texts)) == []


@pytest.mark.parametrize("page", PAGES)
def test_links_of_a_page_lead_to_files_and_its_chinese_is_well_set(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    assert structure.link_problems(text, (ROOT / page).parent, ROOT) == []
    assert structure.punctuation_problems(text) == []


LINKS = [
    ("[a](page%20one.md#part) ![b](page%20one.md) [c](https://example.org/x) [d](#part) <a href='page%20one.md'>", 0),
    ("`[a](code.md)` and $f[i](x)$ and <!-- [a](comment.md) -->", 0),
    ("[a](gone.md) [![b](gone.png)](page%20one.md)", 2),
    ("[text][1]\n\n[1]: gone.md", 1),
    ('<img src="gone.png">', 1),
    ("[outside](../..)", 1),
]


@pytest.mark.parametrize(("text", "count"), LINKS)
def test_dead_links_are_found(tmp_path, text, count):
    (tmp_path / "page one.md").touch()
    assert len(structure.link_problems(text, tmp_path, tmp_path)) == count


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("训练三轮，准确率 97.1 %。见 [第二章](zh/二.ipynb) 和 `表,格` 与 $数,x$。", 0),
        ("训练三轮,准确率很高.", 2),
        ("为什么?因为:见下; 好!", 4),
    ],
)
def test_half_width_punctuation_is_found(text, count):
    assert len(structure.punctuation_problems(text)) == count


@pytest.mark.parametrize("name", CHAPTERS)
def test_run_of_a_chapter_is_within_its_budget(name):
    assert structure.cost_problems(name, read_toml(claims.claims_file()).get(name, {}).get("run", {})) == []


@pytest.mark.parametrize(
    ("chapter", "run", "count"),
    [
        ("02_a", {"seconds": 120, "peak_memory_mb": 2500}, 0),
        ("02_a", {"seconds": 121, "peak_memory_mb": 2501}, 2),
        ("08_b", {"seconds": 180, "peak_memory_mb": 3000}, 0),
        ("08_b", {"seconds": 181, "peak_memory_mb": 900}, 1),
        ("01_a", {}, 1),
    ],
)
def test_run_beyond_the_budget_is_found(chapter, run, count):
    assert len(structure.cost_problems(chapter, run)) == count


def test_pytest_collects_every_english_notebook_once_and_marks_it(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    quiet = ["-q", "-p", "no:cacheprovider", "-p", "no:faulthandler"]
    pytest.main(["--collect-only", *quiet, "-m", "notebook", "notebooks"])
    assert re.findall(r"^notebooks/(\S+)\.ipynb::", capsys.readouterr().out, re.MULTILINE) == CHAPTERS
