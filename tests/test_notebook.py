"""course_utils.notebook: the parts that a chapter shows to its reader."""

import importlib
import os

import pytest

import course_utils
from course_utils import notebook


@pytest.fixture
def displayed(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    return shown


def test_tensorflow_is_prepared_as_the_user_wishes(monkeypatch):
    monkeypatch.delenv("TF_CPP_MIN_LOG_LEVEL", raising=False)
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0")
    importlib.reload(course_utils)
    assert (os.environ["TF_CPP_MIN_LOG_LEVEL"], os.environ["TF_ENABLE_ONEDNN_OPTS"]) == ("3", "0")


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


def test_a_text_box_answers_what_is_written(displayed):
    def respond(line):
        if not line:
            raise ValueError("An empty line.")
        return f"<{line}>"

    box, answer = notebook.text_box("begin", "To be", respond)
    assert answer.value == "<pre>&lt;To be&gt;</pre>"
    box.value = "or not"
    assert answer.value == "<pre>&lt;or not&gt;</pre>"
    box.value = ""
    assert answer.value == "<pre>An empty line.</pre>"
    assert displayed == []


def test_a_text_box_is_displayed_to_a_reader(displayed, monkeypatch):
    monkeypatch.setenv("JPY_SESSION_NAME", "chapter.ipynb")
    notebook.text_box("begin", "", lambda line: "")
    assert len(displayed) == 1
