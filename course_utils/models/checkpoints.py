"""Trained weights as small files: sizes, and the weights in their order, as float16 or rounded to a byte each."""

import io
import json
import zipfile
from pathlib import Path

import keras
import numpy as np

from course_utils.files import write_atomically


def save_weights(model: keras.Model, path: Path, step: float | None = None) -> None:
    """Write sizes (`model.sizes`) and weights (in their order) of a model to an .npz file.

    Args:
        model: with `sizes`, the arguments that build it.
        path: of the file.
        step: None keeps all weights as float16. With a number, those of two and more dimensions are rounded to whole
            multiples of a unit, `step` times the standard deviation of their output channel (the last axis), and kept
            as int8 with these units. A Transformer hardly notices 0.15, and takes a third of the space.
    """
    arrays = {"sizes": np.array(json.dumps(model.sizes))}
    for number, weight in enumerate(model.trainable_variables):
        values = weight.numpy()
        if step is None or values.ndim < 2:
            arrays[f"arr_{number}"] = values.astype(np.float16)
        else:
            arrays[f"arr_{number}"], arrays[f"unit_{number}"] = _rounded(values, step)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_LZMA) as archive:  # a tenth smaller than NumPy's own compression
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w") as member:
                np.lib.format.write_array(member, array)
    write_atomically(path, buffer.getvalue())


def _rounded(values: np.ndarray, step: float) -> tuple[np.ndarray, np.ndarray]:
    """Whole numbers (int8), and the units (float32, one an output channel) of which they are multiples."""
    others = tuple(range(values.ndim - 1))
    unit = np.maximum(values.std(axis=others) * step, abs(values).max(axis=others) / 127)  # so that all fit into int8
    return np.rint(values / np.where(unit > 0, unit, 1)).astype(np.int8), unit.astype(np.float32)


def load_weights(kind: type[keras.Model], content: bytes) -> keras.Model:
    """The model of this kind in a file that `save_weights` wrote.

    The weights are found by their order: the names that Keras gives depend on how many models exist.
    """
    with np.load(io.BytesIO(content)) as archive:
        model = kind(**json.loads(str(archive["sizes"])))
        model.build()
        for number, weight in enumerate(model.trainable_variables):
            unit = archive.get(f"unit_{number}", 1)
            weight.assign(archive[f"arr_{number}"].astype(np.float32) * unit)
    return model
