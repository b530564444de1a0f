"""The set-up cell of a chapter: seeds, quiet native logs, figure style, claims."""

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence

from course_utils import plotting
from course_utils.claims import ClaimChecker

SEED_VARIABLE = "COURSE_SEED"


@contextlib.contextmanager
def native_stderr_silenced() -> Iterator[None]:
    """Send what is written to file descriptor 2 to the null device.

    In a Jupyter kernel, Python's own messages take another way and still appear. TensorFlow writes to the descriptor
    before its logging can be set up, and Jupyter stores the lines as red output.
    """
    saved = os.dup(2)
    null = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(null, 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(null)
        os.close(saved)


def read_seed() -> int:
    """The run's seed: 0, or what the environment variable COURSE_SEED says.

    Raises:
        ValueError: COURSE_SEED is not a whole number from 0 to 4294967295.
    """
    text = os.environ.get(SEED_VARIABLE, "0")
    if not (text.isdecimal() and int(text) < 2**32):
        raise ValueError(f"{SEED_VARIABLE} is {text!r}; set it to a whole number from 0 to 4294967295, or unset it.")
    return int(text)


def import_tensorflow():
    """Import TensorFlow and start it, without its greetings on file descriptor 2.

    Raises:
        ImportError: it is not installed in this kernel; the message says what to do.
    """
    try:
        with native_stderr_silenced():
            import tensorflow as tf

            tf.constant(0)  # starts the runtime, whose greetings go to descriptor 2 as well
    except ModuleNotFoundError:
        raise ImportError(
            "TensorFlow is not installed in this kernel. Start JupyterLab with `python3 course.py lab`, or install "
            "the course's packages into the kernel's environment: pip install -r requirements.txt"
        ) from None
    tf.get_logger().setLevel("ERROR")  # a second run of a cell may retrace functions, and that is no news for a reader
    return tf


def start_chapter(chapter: str) -> tuple[int, ClaimChecker]:
    """Seed Python, NumPy and TensorFlow, silence native logs, set the figure style, and load the chapter's claims.

    Args:
        chapter: the notebook's name without its ending, such as "01_feedforward_xor".

    Returns:
        The seed, and the function `claim(name, value, baseline=None)` for this chapter.

    Raises:
        ImportError: TensorFlow is not installed in this kernel; the message says what to do.
        ClaimError, ValueError: see `course_utils.claims.load_claims` and `read_seed`.
    """
    claim = ClaimChecker(chapter)
    seed = read_seed()
    tf = import_tensorflow()
    tf.keras.utils.set_random_seed(seed)
    plotting.use_style()
    print(f"seed {seed}, TensorFlow {tf.__version__}, Keras {tf.keras.__version__}")
    return seed, claim


def sliders(names: Sequence[str], respond: Callable[[dict[str, float]], str], highest: float = 5, step: float = 0.5):
    """A slider for each name, from 0 to `highest`; whenever one moves, `respond` gets all values and its text is shown.

    They appear where somebody sits in front of Jupyter. Elsewhere, as in a test, nothing is displayed, and moving a
    slider by program (`.value = 3`) has the same effect.

    Returns:
        The sliders by name, and the widget with the answer, whose `.value` is HTML.
    """
    import html

    import ipywidgets
    from IPython.display import display

    wide = {"style": {"description_width": "12em"}, "layout": {"width": "34em"}}
    widgets = {
        name: ipywidgets.FloatSlider(value=0, min=0, max=highest, step=step, description=name, **wide) for name in names
    }
    answer = ipywidgets.HTML()

    def renew(change=None):
        answer.value = html.escape(respond({name: widget.value for name, widget in widgets.items()}), quote=False)

    for widget in widgets.values():
        widget.observe(renew, "value")
    renew()
    if "JPY_SESSION_NAME" in os.environ:  # Jupyter sets it for a notebook that was opened
        display(ipywidgets.VBox([*widgets.values(), answer]))
    return widgets, answer


def text_box(label: str, beginning: str, respond: Callable[[str], str]):
    """A line to write in; whenever it is changed and Enter is pressed, `respond` gets it and its text is shown.

    When `respond` refuses the line with a ValueError, the error's message is shown instead.

    It appears where somebody sits in front of Jupyter. Elsewhere, as in a test, nothing is displayed, and setting the
    box by program (`.value = "To be"`) has the same effect.

    Returns:
        The box, and the widget with the answer, whose `.value` is HTML.
    """
    import html

    import ipywidgets
    from IPython.display import display

    box = ipywidgets.Text(
        value=beginning, description=label, continuous_update=False, style={"description_width": "auto"}
    )
    answer = ipywidgets.HTML()

    def renew(change=None):
        try:
            text = respond(box.value)
        except ValueError as error:
            text = str(error)
        answer.value = f"<pre>{html.escape(text, quote=False)}</pre>"

    box.observe(renew, "value")
    renew()
    if "JPY_SESSION_NAME" in os.environ:  # Jupyter sets it for a notebook that was opened
        display(ipywidgets.VBox([box, answer]))
    return box, answer
