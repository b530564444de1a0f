"""course_utils.notebook: the parts that a chapter shows to its reader."""

import pytest

from course_utils import notebook


@pytest.fixture
def displayed(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    return shown


def test_sliders_answer_when_they_move_and_show_nothing_without_a_reader(displayed):
    slider, answer = notebook.sliders(["one", "two"], lambda values: f"<{values['one']:.0f} {values['two']:.0f}>")
    assert answer.value == "&lt;0 0&gt;"  # text, never HTML of its own
    slider["two"].value = 3
    assert answer.value == "&lt;0 3&gt;"
    assert displayed == []


def test_sliders_are_displayed_to_a_reader(displayed, monkeypatch):
    monkeypatch.setenv("JPY_SESSION_NAME", "chapter.ipynb")
    notebook.sliders(["one"], lambda values: "")
    assert len(displayed) == 1


def test_a_text_box_answers_when_its_text_changes(displayed, monkeypatch):
    line, answer = notebook.text_box("search", lambda query: f"<{query}>", "one")
    assert answer.value == "<pre>&lt;one&gt;</pre>"  # text, never HTML of its own
    line.value = "two"
    assert answer.value == "<pre>&lt;two&gt;</pre>"
    assert displayed == []
    monkeypatch.setenv("JPY_SESSION_NAME", "chapter.ipynb")
    notebook.text_box("search", lambda query: "")
    assert len(displayed) == 1
