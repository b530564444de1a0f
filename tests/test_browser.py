"""The student's side in a real browser: open the release in JupyterLab, solve it, see the checks, press Validate.

Needs Chromium and playwright (`pip install playwright`). With COURSE_SCREENSHOTS=1, the pictures of the teacher's page
are taken anew.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import build_assignments
import grade
import pytest
from percent import LANGUAGES

NAME, EXERCISE = "01_feedforward_xor", "tanh_gradient"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

pytestmark = [
    pytest.mark.notebook,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
]

# What the page's scripts need: the open notebook, and its cells by grade id.
SCRIPT = """
const panel = jupyterapp.shell.currentWidget;
const cells = [...panel.content.widgets];
const place = name => cells.findIndex(cell => (cell.model.getMetadata('nbgrader') || {}).grade_id === name);
const printed = name => {
    const outputs = cells[place(name)].model.outputs.toJSON();
    return outputs.map(output => output.text || (output.data || {})['text/plain'] || output.ename).flat().join('\\n');
};
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@contextmanager
def jupyter_lab(folder: Path, settings: Path):
    """JupyterLab in a folder, with fresh settings: yields its address."""
    variables = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR")
    port = free_port()
    options = [
        "--no-browser",
        "--allow-root",
        "--IdentityProvider.token=t",
        "--LabApp.expose_app_in_browser=True",
        f"--ServerApp.port={port}",
        f"--ServerApp.root_dir={folder}",
        "--KernelManager.transport_encryption=auto",
    ]
    process = subprocess.Popen(
        [sys.executable, "-m", "jupyter", "lab", *options],
        env=os.environ | {name: str(settings / name) for name in variables},
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until = time.monotonic() + 60
        while socket.socket().connect_ex(("127.0.0.1", port)):
            assert time.monotonic() < until, "JupyterLab did not start"
            time.sleep(0.3)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture
def page():
    """An empty page of a browser."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with sync_api.sync_playwright() as playwright:
        options = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        page = browser.new_page(viewport={"width": 1180, "height": 860})
        page.set_default_timeout(120_000)
        yield page
        browser.close()


def run_all(page) -> None:
    page.evaluate("() => { jupyterapp.commands.execute('notebook:run-all-cells'); }")
    time.sleep(1)
    page.wait_for_function(
        "() => {" + SCRIPT + "return cells.filter(cell => cell.model.type === 'code')"
        ".every(cell => cell.model.executionCount !== null && cell.model.executionState !== 'running')}"
    )


def printed(page, name: str) -> str:
    return page.evaluate("name => {" + SCRIPT + "return printed(name)}", name)


def validate(page) -> str:
    """Press Validate; returns what the dialog says."""
    page.evaluate("() => jupyterapp.commands.execute('docmanager:save')")
    page.get_by_text("Validate", exact=True).first.click()
    dialog = page.locator(".jp-Dialog-content").first
    dialog.wait_for()
    page.wait_for_timeout(500)
    return dialog.inner_text()


@pytest.mark.parametrize("language", LANGUAGES)
def test_student_solves_the_assignment_and_validates_it(tmp_path, page, language):
    folder = tmp_path / "student"
    folder.mkdir()
    shutil.copy(build_assignments.release_path(NAME, language), folder / f"{NAME}.ipynb")
    with jupyter_lab(folder, tmp_path) as address:
        page.goto(f"{address}/lab/tree/{NAME}.ipynb?token=t&reset")
        page.wait_for_function("window.jupyterapp?.shell.currentWidget?.content?.model?.cells?.length > 10")
        page.wait_for_function("jupyterapp.shell.currentWidget.sessionContext?.session?.kernel?.status === 'idle'")
        page.get_by_role("button", name="No", exact=True).click()  # to news about Jupyter
        solve(page, language)


def solve(page, language: str) -> None:
    """What a student does: answer, see a hint, mend it, validate."""
    assignment = build_assignments.parse(NAME)
    unwritten, more, hint = {
        "en": ("not written yet", "Further checks", "the loss is their mean"),
        "zh": ("还没有写", "评分时还会", "损失是各行的平均"),
    }[language]

    def answer(name, text):
        page.evaluate(
            "([name, text]) => {" + SCRIPT + "cells[place(name)].model.sharedModel.setSource(text)}", [name, text]
        )

    page.evaluate("() => { jupyterapp.commands.execute('notebook:run-all-cells'); }")  # stops at the first answer
    for name, exercise in assignment.exercises.items():
        code = build_assignments.solution_code(exercise.answer.text["en"])
        answer(name, code if exercise.check else "It has not finished.")
    right = build_assignments.solution_code(assignment.exercises[EXERCISE].answer.text["en"])

    answer(EXERCISE, right.replace("(output - targets) / len(x)", "output - targets"))
    run_all(page)
    assert hint in printed(page, f"{EXERCISE}_check")
    show(page, language, "hint")
    assert "Success" not in (said := validate(page)), said
    page.keyboard.press("Escape")
    page.locator(".jp-Dialog").first.wait_for(state="hidden")

    answer(EXERCISE, right)
    run_all(page)
    assert printed(page, f"{EXERCISE}_check").count("✓") == 4
    assert more in printed(page, f"{EXERCISE}_check")
    assert unwritten not in printed(page, f"{EXERCISE}_check")
    show(page, language, "solved")
    assert "Success" in (said := validate(page)), said
    take_picture(page, language, "validated")


def test_teacher_reads_a_written_answer_in_formgrader(tmp_path, page):
    classroom = grade.Classroom(tmp_path / "class")
    grade.release(classroom, NAME, "en")
    submission = classroom.path("submitted", "ada", NAME)
    submission.mkdir(parents=True)
    notebook = classroom.path("release", NAME, f"{NAME}.ipynb").read_text(encoding="utf-8")
    written = "Longer training would tell: at rate 0.02 the same path takes 25 times as many epochs as at 0.5."
    assert notebook.count(build_assignments.ANSWER_HERE["en"]) == 1
    answered = notebook.replace(build_assignments.ANSWER_HERE["en"], written)
    (submission / f"{NAME}.ipynb").write_text(answered, encoding="utf-8")
    grade.grade(classroom, NAME, grade.in_processes(1), unsafe=True)  # the notebook is our own
    with classroom.grade_book() as book:
        identity = book.find_submission_notebook(NAME, NAME, "ada").id
    with jupyter_lab(classroom.folder, tmp_path) as address:
        page.goto(f"{address}/lab?token=t")  # signs in
        page.wait_for_selector("#jp-main-dock-panel")
        page.goto(f"{address}/formgrader/submissions/{identity}/")
        page.get_by_text(written).wait_for()
        box = page.locator("input.score#failed_or_slow")
        box.scroll_into_view_if_needed()
        page.wait_for_function("document.querySelector('input.score#failed_or_slow').offsetParent !== null")
        page.wait_for_timeout(1500)  # the page fills its boxes in
        box.fill("2")
        box.press("Tab")
        page.wait_for_timeout(1500)
        take_picture(page, "en", "formgrader")
    with classroom.grade_book() as book:
        assert book.find_grade("failed_or_slow", NAME, NAME, "ada").manual_score == 2


def show(page, language: str, what: str) -> None:
    """Bring the check into view, and take its picture."""
    page.evaluate(
        "async name => {" + SCRIPT + "panel.content.activeCellIndex = place(name); "
        "await panel.content.scrollToItem(place(name), 'end');"
        "cells[place(name)].node.scrollIntoView({block: 'end'});}",
        f"{EXERCISE}_check",
    )
    page.wait_for_timeout(1000)
    take_picture(page, language, what)


def take_picture(page, language: str, what: str) -> None:
    if os.environ.get("COURSE_SCREENSHOTS"):
        target = build_assignments.folder() / "pictures" / f"{what}_{language}.png"
        target.parent.mkdir(exist_ok=True)
        page.screenshot(path=str(target), timeout=120_000)
