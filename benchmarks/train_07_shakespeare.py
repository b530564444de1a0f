"""Train the GPT on Shakespeare's plays that chapter 07 ships: the chapter's GPT, larger and longer.

    python benchmarks/train_07_shakespeare.py

Writes data/models/shakespeare_gpt.npz (the weights as float16) and data/checkpoints/shakespeare_gpt.json: the command,
the settings, the training curve and the losses. What is saved is the moving average of the weights at the round whose
loss on the validation part is lowest. The held-out part is opened once, at the end. The file's size and SHA-256, which
are printed, belong into data/manifest.toml.

The learning rate rises for a fiftieth of the steps, stays, and falls to zero over the last rounds (`--cool-down`; a
round reads the training text once). A training that must end sooner can do so well: create the file that --stop names,
and the fall begins with the next round.
"""

import argparse
import hashlib
import json
import os
import sys
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from train_05_phonemes import Trapezoid, write_record

from course_utils import models, paths

AVERAGING = 0.995  # about the last 200 steps


class Keep(keras.callbacks.Callback):
    """Record the curve, save the best weights so far, and begin the fall early on request."""

    def __init__(self, loss, schedule, arguments, description: dict):
        super().__init__()
        self.loss, self.schedule, self.arguments = loss, schedule, arguments
        self.description, self.curve = description, []

    def on_epoch_end(self, epoch, logs=None):
        entry = {
            "round": epoch + 1,
            "cpu_seconds": round(time.process_time()),
            "learning_rate": float(self.schedule(self.model.optimizer.iterations)),
            "loss": round(logs["loss"], 4),
            "validation_loss": round(self.loss(self.model), 5),
        }
        self.curve.append(entry)
        print(json.dumps(entry), flush=True)
        if entry["validation_loss"] == min(e["validation_loss"] for e in self.curve):
            models.save_weights(self.model, self.arguments.target)
            self.description["saved_round"] = epoch + 1
        self.description |= {"rounds": epoch + 1, "curve": self.curve}
        write_record(self.arguments.record, self.description)
        steps = self.model.optimizer.iterations.numpy()
        if self.arguments.stop and self.arguments.stop.exists() and float(self.schedule.fall_at) > steps:
            self.schedule.fall_at.assign(steps)
            self.description["fall_after_round"] = epoch + 1
        if steps >= float(self.schedule.fall_at) + self.schedule.cool_down:
            self.model.stop_training = True


def train(description: str, recipe, tokens: int, a_round: int, batches, losses: dict, target: str, ignore=None) -> None:
    """Read the command line, train a GPT, save its best weights, and record how it was made.

    Args:
        description: the script's, for --help.
        recipe: what `models.new_gpt` and `models.compile_gpt` take.
        tokens: of the alphabet.
        a_round: steps in which the training text is read once.
        batches: a function of the number of steps and the seed: the training batches.
        losses: a function of the model for each part; "validation" chooses the round, the others are opened at the end.
        target: the weights' file below data/.
        ignore: see `models.compile_gpt`.
    """
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=int(recipe.epochs))
    parser.add_argument("--cool-down", type=int, default=5, help="rounds in which the learning rate falls to zero")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--target", type=Path, default=paths.data() / target)
    record = paths.data() / "checkpoints" / Path(target).with_suffix(".json").name
    parser.add_argument("--record", type=Path, default=record)
    parser.add_argument("--stop", type=Path, help="a file whose existence makes the fall begin at once")
    arguments = parser.parse_args()

    steps, cool_down = arguments.rounds * a_round, arguments.cool_down * a_round
    schedule = Trapezoid(recipe.peak, steps // 50, steps - cool_down, cool_down)
    record = {
        "command": f"python benchmarks/{Path(sys.argv[0]).name} --rounds {arguments.rounds} "
        f"--cool-down {arguments.cool_down} --seed {arguments.seed}",
        "seed": arguments.seed,
        "recipe": recipe._asdict(),
        "averaging": AVERAGING,
        "keras": keras.__version__,
        "numpy": np.__version__,
    }
    keras.utils.set_random_seed(arguments.seed)
    model = models.new_gpt(recipe, tokens)
    models.compile_gpt(model, recipe, schedule, AVERAGING, ignore)
    swap = keras.callbacks.SwapEMAWeights(swap_on_epoch=True)  # the average is what is validated and saved
    callbacks = [swap, Keep(losses["validation"], schedule, arguments, record)]
    options = {"steps_per_epoch": a_round, "epochs": arguments.rounds, "verbose": 0, "shuffle": False}
    model.fit(batches(steps, arguments.seed), **options, callbacks=callbacks)

    content = arguments.target.read_bytes()
    model = models.load_gpt(content)
    for part, loss in losses.items():
        record[f"{part}_nats_a_character"] = round(loss(model), 5)
        print(part, record[f"{part}_nats_a_character"])
    write_record(arguments.record, record)
    print(f"bytes = {len(content)}\nsha256 = {hashlib.sha256(content).hexdigest()}")


def main():
    recipe, data = models.PLAY_RECIPES["checkpoint"], models.prepare_plays()
    train(
        __doc__,
        recipe,
        len(data.characters),
        models.steps_of(recipe._replace(epochs=1), len(data.train)),
        lambda steps, seed: models.window_dataset(data.train, recipe.longest, recipe.batch_size, steps, seed),
        {
            part: lambda model, part=part: models.loss_on(model, data, getattr(data, part))
            for part in ("validation", "test")
        },
        models.PLAY_CHECKPOINT,
    )


if __name__ == "__main__":
    main()
