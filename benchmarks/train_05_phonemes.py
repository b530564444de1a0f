"""Train the pronouncer that chapter 05 ships: the chapter's Transformer, larger and longer.

    python benchmarks/train_05_phonemes.py

Writes data/models/phonemes_transformer.npz (the weights as float16) and data/checkpoints/phonemes_transformer.json: the
command, the settings, the training curve and the error rates. What is saved is the moving average of the weights at the
epoch whose phoneme error rate on the validation part is lowest. The test part is opened once, at the end. Takes 37
minutes of processor time. The file's new size and SHA-256, which are printed, belong into data/manifest.toml.

The learning rate rises for half an epoch, stays, and falls to zero over the last epochs (`--cool-down`). A training
that must end sooner can do so well: create the file that --stop names, and the fall begins with the next epoch.
"""

import argparse
import hashlib
import json
import os
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

from course_utils import metrics, models, paths
from course_utils.files import write_atomically

AVERAGING = 0.999  # about the last 1,000 steps, an epoch


class Trapezoid(keras.optimizers.schedules.LearningRateSchedule):
    """A learning rate that rises, stays, and falls to zero; when it begins to fall can still be changed."""

    def __init__(self, peak: float, warm_up: int, fall_at: int, cool_down: int):
        self.peak, self.warm_up, self.cool_down = peak, warm_up, cool_down
        self.fall_at = keras.Variable(fall_at, dtype="float32", trainable=False)

    def __call__(self, step):
        step = keras.ops.cast(step, "float32")
        falling = 1 - (step - self.fall_at) / self.cool_down
        return self.peak * keras.ops.clip(keras.ops.minimum((step + 1) / self.warm_up, falling), 0.0, 1.0)


def errors_of(model, data, rows) -> metrics.PronunciationErrors:
    return metrics.pronunciation_errors(models.pronounce(model, data.spelled(rows)), data.listed(rows))


def write_record(path: Path, record: dict) -> None:
    write_atomically(path, json.dumps(record, indent=1) + "\n")


def evaluate(data, arguments) -> None:
    """Add what the saved weights reach on the validation and the test part to the record; print the file's hash."""
    content = arguments.target.read_bytes()
    record = json.loads(arguments.record.read_text(encoding="utf-8"))
    model = models.load_pronouncer(content)
    for part in ("validation", "test"):
        errors = errors_of(model, data, getattr(data.parts, part))
        record[part] = {
            "words": len(errors.edits),
            "phoneme_error_rate": round(errors.phoneme_error_rate, 5),
            "word_error_rate": round(errors.word_error_rate, 5),
        }
        print(part, record[part])
    write_record(arguments.record, record)
    print(f"bytes = {len(content)}\nsha256 = {hashlib.sha256(content).hexdigest()}")


class Keep(keras.callbacks.Callback):
    """Record the curve, save the best weights so far, and begin the fall early on request."""

    def __init__(self, data, schedule, arguments, description: dict):
        super().__init__()
        self.data, self.schedule, self.arguments = data, schedule, arguments
        self.description, self.curve = description, []

    def on_epoch_end(self, epoch, logs=None):
        errors = errors_of(self.model, self.data, self.data.parts.validation)
        entry = {
            "epoch": epoch + 1,
            "cpu_seconds": round(time.process_time()),
            "learning_rate": float(self.schedule(self.model.optimizer.iterations)),
            "loss": round(logs["loss"], 4),
            "validation_loss": round(logs["val_loss"], 4),
            "validation_phoneme_error_rate": round(errors.phoneme_error_rate, 5),
            "validation_word_error_rate": round(errors.word_error_rate, 5),
        }
        self.curve.append(entry)
        print("\n", json.dumps(entry), flush=True)
        if entry["validation_phoneme_error_rate"] == min(e["validation_phoneme_error_rate"] for e in self.curve):
            models.save_weights(self.model, self.arguments.target)
            self.description["saved_epoch"] = epoch + 1
        self.description |= {"epochs": epoch + 1, "curve": self.curve}
        write_record(self.arguments.record, self.description)
        steps = self.model.optimizer.iterations.numpy()
        if self.arguments.stop and self.arguments.stop.exists() and float(self.schedule.fall_at) > steps:
            self.schedule.fall_at.assign(steps)
            self.description["fall_after_epoch"] = epoch + 1
        if steps >= float(self.schedule.fall_at) + self.schedule.cool_down:
            self.model.stop_training = True


def main():
    recipe = models.PRONUNCIATION_RECIPES["checkpoint"]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=recipe.epochs)
    parser.add_argument("--cool-down", type=int, default=7, help="epochs in which the learning rate falls to zero")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--target", type=Path, default=paths.data() / models.PRONOUNCER)
    parser.add_argument("--record", type=Path, default=paths.data() / "checkpoints" / "phonemes_transformer.json")
    parser.add_argument("--stop", type=Path, help="a file whose existence makes the fall begin at once")
    arguments = parser.parse_args()

    data = models.prepare_pronunciations()
    recipe = recipe._replace(epochs=arguments.epochs)
    steps = -(-len(data.parts.train) // recipe.batch_size)
    fall_at = (arguments.epochs - arguments.cool_down) * steps
    schedule = Trapezoid(recipe.peak, steps // 2, fall_at, arguments.cool_down * steps)
    description = {
        "command": f"python benchmarks/train_05_phonemes.py --epochs {arguments.epochs} "
        f"--cool-down {arguments.cool_down} --seed {arguments.seed}",
        "seed": arguments.seed,
        "recipe": recipe._asdict(),
        "cool_down_epochs": arguments.cool_down,
        "averaging": AVERAGING,
        "keras": keras.__version__,
        "numpy": np.__version__,
    }
    keep = Keep(data, schedule, arguments, description)
    swap = keras.callbacks.SwapEMAWeights(swap_on_epoch=True)  # the average is what is validated and saved
    models.train_pronouncer(data, recipe, arguments.seed, [swap, keep], schedule, AVERAGING)
    evaluate(data, arguments)


if __name__ == "__main__":
    main()
