"""What the trainings of the shipped checkpoints share: the learning rate's course and the record of a training.

The learning rate rises, stays, and falls to zero at the end. A training that must end sooner can do so well: create the
file that --stop names, and the fall begins with the next pass over the training data.
"""

import argparse
import hashlib
import json
import time
from collections.abc import Callable
from pathlib import Path

import keras

from course_utils import models
from course_utils.files import write_atomically


class Trapezoid(keras.optimizers.schedules.LearningRateSchedule):
    """A learning rate that rises, stays, and falls to zero; when it begins to fall can still be changed."""

    def __init__(self, peak: float, warm_up: int, fall_at: int, cool_down: int):
        self.peak, self.warm_up, self.cool_down = peak, warm_up, cool_down
        self.fall_at = keras.Variable(fall_at, dtype="float32", trainable=False)

    def __call__(self, step):
        step = keras.ops.cast(step, "float32")
        falling = 1 - (step - self.fall_at) / self.cool_down
        return self.peak * keras.ops.clip(keras.ops.minimum((step + 1) / max(1, self.warm_up), falling), 0.0, 1.0)


class Keep(keras.callbacks.Callback):
    """Record the curve, save the best weights so far, and begin the fall early on request.

    Args:
        measure: a function of the model that returns its figures on the validation part, by name; the weights with the
            lowest first figure are kept.
        schedule: the learning rate's course.
        arguments: the command line, with `target` (the weights' file), `record` and `stop`.
        description: the record's beginning; it is completed and written after every pass.
        a_pass: what the record calls a pass over the training data.
    """

    def __init__(self, measure: Callable, schedule: Trapezoid, arguments, description: dict, a_pass: str = "epoch"):
        super().__init__()
        self.measure, self.schedule, self.arguments = measure, schedule, arguments
        self.description, self.a_pass, self.curve, self.best = description, a_pass, [], float("inf")

    def on_epoch_end(self, epoch, logs=None):
        figures = self.measure(self.model)
        entry = {
            self.a_pass: epoch + 1,
            "cpu_seconds": round(time.process_time()),
            "learning_rate": float(self.schedule(self.model.optimizer.iterations)),
            "loss": round(logs["loss"], 4),
        }
        if "val_loss" in logs:
            entry["validation_loss"] = round(logs["val_loss"], 4)
        entry |= {name: round(value, 5) for name, value in figures.items()}
        self.curve.append(entry)
        print("\n", json.dumps(entry), flush=True)
        chosen_by = next(iter(figures.values()))
        if chosen_by < self.best:
            self.best = chosen_by
            models.save_weights(self.model, self.arguments.target)
            self.description[f"saved_{self.a_pass}"] = epoch + 1
        self.description |= {f"{self.a_pass}s": epoch + 1, "curve": self.curve}
        write_record(self.arguments.record, self.description)
        steps = self.model.optimizer.iterations.numpy()
        if self.arguments.stop and self.arguments.stop.exists() and float(self.schedule.fall_at) > steps:
            self.schedule.fall_at.assign(steps)
            self.description[f"fall_after_{self.a_pass}"] = epoch + 1
        if steps >= float(self.schedule.fall_at) + self.schedule.cool_down:
            self.model.stop_training = True


def add_output_options(parser: argparse.ArgumentParser, target: Path) -> None:
    """Add the options that every training of a checkpoint has; `target` is where the chapter looks for its weights."""
    record = target.parents[1] / "checkpoints" / target.with_suffix(".json").name
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--target", type=Path, default=target)
    parser.add_argument("--record", type=Path, default=record)
    parser.add_argument("--stop", type=Path, help="a file whose existence makes the fall begin at once")


def write_record(path: Path, record: dict) -> None:
    write_atomically(path, json.dumps(record, indent=1) + "\n")


def print_manifest_entry(content: bytes) -> None:
    """Print what data/manifest.toml needs about new weights."""
    print(f"bytes = {len(content)}\nsha256 = {hashlib.sha256(content).hexdigest()}")
