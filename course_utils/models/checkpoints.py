"""Trained weights as small files: sizes, and the weights as float16 in their order."""

import io
import json
from pathlib import Path

import keras
import numpy as np

from course_utils.files import write_atomically


def save_weights(model: keras.Model, path: Path) -> None:
    """Write sizes (`model.sizes`) and weights (as float16, in their order) of a model to an .npz file."""
    buffer = io.BytesIO()
    weights = [weight.numpy().astype(np.float16) for weight in model.trainable_variables]
    np.savez_compressed(buffer, *weights, sizes=json.dumps(model.sizes))
    write_atomically(path, buffer.getvalue())


def load_weights(kind: type[keras.Model], content: bytes) -> keras.Model:
    """The model of this kind in a file that `save_weights` wrote.

    The weights are found by their order: the names that Keras gives depend on how many models exist.
    """
    with np.load(io.BytesIO(content)) as archive:
        model = kind(**json.loads(str(archive["sizes"])))
        model.build()
        for number, weight in enumerate(model.trainable_variables):
            weight.assign(archive[f"arr_{number}"].astype(np.float32))
    return model
