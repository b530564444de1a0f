"""One figure style for the course, and the figures that more than one chapter draws."""

from collections.abc import Callable, Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from cycler import cycler

# Okabe and Ito's palette ("Color universal design", 2008): told apart by every common kind of colour vision. Yellow is
# left out, since it is too pale for lines on white.
COLOURS = {
    "blue": "#0072B2",
    "orange": "#D55E00",
    "green": "#009E73",
    "purple": "#CC79A7",
    "sky": "#56B4E9",
    "amber": "#E69F00",
    "black": "#222222",
}
DIVERGING = "RdBu_r"
SEQUENTIAL = "cividis"


def use_style() -> None:
    """Set the course's figure style: an opaque white page (readable on light and dark themes), dark text, no box."""
    plt.rcParams.update(
        {
            "figure.facecolor": "white",
            "savefig.facecolor": "white",
            "figure.figsize": (7.0, 3.5),
            "figure.dpi": 110,
            "figure.constrained_layout.use": True,
            "axes.prop_cycle": cycler(color=list(COLOURS.values())),
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.titlesize": "medium",
            "axes.titlelocation": "left",
            "axes.edgecolor": "#555555",
            "axes.labelcolor": "#222222",
            "text.color": "#222222",
            "xtick.color": "#444444",
            "ytick.color": "#444444",
            "font.family": "DejaVu Sans",
            "font.size": 9.5,
            "image.cmap": SEQUENTIAL,
            "legend.frameon": False,
            "lines.linewidth": 1.8,
        }
    )


def learning_curves(histories: Mapping[str, Mapping[str, Sequence[float]]], metric: str, label: str) -> plt.Figure:
    """Training (dashed) and validation (solid) values of a metric by epoch, a colour a model.

    Args:
        histories: for each model's name a Keras `history.history` with `metric` and perhaps `val_<metric>`.
        metric: the key in the histories, such as "loss" or "accuracy".
        label: the metric's name and unit for the axis.
    """
    figure, axes = plt.subplots()
    for name, history in histories.items():
        epochs = np.arange(1, len(history[metric]) + 1)
        (line,) = axes.plot(epochs, history[metric], "--", alpha=0.7, label=f"{name}, training")
        if f"val_{metric}" in history:
            axes.plot(epochs, history[f"val_{metric}"], color=line.get_color(), label=f"{name}, validation")
    axes.set(xlabel="epoch", ylabel=label)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
    return figure


def output_map(axes: plt.Axes, model: Callable, limits: tuple[float, float], points: np.ndarray, labels: np.ndarray):
    """A model's output over a square as colours, its border at ½ as a line, and the labelled points.

    Args:
        axes: where to draw.
        model: maps an array of points, shape (count, 2), to outputs between 0 and 1, shape (count, 1).
        limits: the square's lower and upper end in both directions.
        points: shape (count, 2); drawn as circles (label 0) and squares (label 1).
        labels: zeros and ones, `count` of them.

    Returns:
        The coloured map, for `figure.colorbar`.
    """
    x, y = np.meshgrid(*2 * [np.linspace(*limits, 120)])
    output = np.asarray(model(np.stack([x.ravel(), y.ravel()], axis=1))).reshape(x.shape)
    image = axes.contourf(x, y, output, levels=np.linspace(0, 1, 21), cmap=DIVERGING)
    if output.min() < 0.5 < output.max():
        axes.contour(x, y, output, levels=[0.5], colors="black", linewidths=1.2)
    for label, marker in [(0, "o"), (1, "s")]:
        rows = np.ravel(labels) == label
        axes.scatter(*points[rows].T, s=24, marker=marker, color="white", edgecolor="black", zorder=3)
    axes.set(xlabel="$x_1$", ylabel="$x_2$", aspect="equal")
    axes.label_outer()
    return image


def image_grid(images: np.ndarray, titles: Sequence[str], columns: int = 10, size: float = 0.9) -> plt.Figure:
    """Grey images in rows of `columns`, each under its title. `images` has shape (count, height, width)."""
    rows = -(-len(images) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(size * columns, 1.25 * size * rows), squeeze=False)
    for position, axis in enumerate(axes.flat):
        axis.axis("off")
        if position < len(images):
            axis.imshow(images[position], cmap="gray_r")
            axis.set_title(titles[position], fontsize=8, loc="center", pad=2)
    return figure


def attention_map(axes: plt.Axes, weights: np.ndarray, queries: Sequence[str], keys: Sequence[str]):
    """Attention weights as shades: a row a query, a column a key, white for 0 and dark for 1.

    Args:
        axes: where to draw.
        weights: shape (queries, keys).
        queries, keys: the tokens, drawn beside the rows and above the columns.

    Returns:
        The shaded map, for `figure.colorbar`.

    Raises:
        ValueError: the weights do not have a row for each query and a column for each key.
    """
    if np.shape(weights) != (len(queries), len(keys)):
        sizes = f"{len(queries)} queries and {len(keys)} keys"
        raise ValueError(f"{sizes} do not fit weights of shape {np.shape(weights)}.")
    image = axes.imshow(weights, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    axes.set_xticks(range(len(keys)), keys)
    axes.set_yticks(range(len(queries)), queries)
    axes.tick_params(length=0, top=False, labeltop=True, labelbottom=False)
    return image
