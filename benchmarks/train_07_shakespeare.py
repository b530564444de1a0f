"""Train the GPT on Shakespeare's plays that chapter 07 ships: the chapter's GPT, larger and longer.

    python benchmarks/train_07_shakespeare.py

Writes data/models/shakespeare_gpt.npz (the weights as float16) and data/checkpoints/shakespeare_gpt.json: the command,
the settings, the training curve and the losses. What is saved is the moving average of the weights at the round whose
loss on the validation part is lowest. The held-out part is opened once, at the end. The file's size and SHA-256, which
are printed, belong into data/manifest.toml.

The learning rate rises for a fiftieth of the steps, stays, and falls to zero over the last rounds (`--cool-down`; a
round reads the training text once); see checkpoint_training.py for a training that must end sooner.
"""

import argparse
import sys
from pathlib import Path

from course_utils.notebook import native_stderr_silenced

with native_stderr_silenced():
    import keras

import numpy as np
from checkpoint_training import Keep, Trapezoid, add_output_options, print_manifest_entry, write_record

from course_utils import models, paths

AVERAGING = 0.995  # about the last 200 steps


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
    add_output_options(parser, paths.data() / target)
    arguments = parser.parse_args()

    steps, cool_down = arguments.rounds * a_round, arguments.cool_down * a_round
    schedule = Trapezoid(recipe.peak, steps // 50, steps - cool_down, cool_down)
    record = {
        "command": f"python benchmarks/{Path(sys.argv[0]).name} --rounds {arguments.rounds} "
        f"--cool-down {arguments.cool_down} --seed {arguments.seed}",
        "seed": arguments.seed,
        "recipe": recipe._replace(epochs=arguments.rounds)._asdict(),
        "averaging": AVERAGING,
        "keras": keras.__version__,
        "numpy": np.__version__,
    }
    keras.utils.set_random_seed(arguments.seed)
    model = models.new_gpt(recipe, tokens)
    models.compile_gpt(model, recipe, schedule, AVERAGING, ignore)
    swap = keras.callbacks.SwapEMAWeights(swap_on_epoch=True)  # the average is what is validated and saved
    keep = Keep(lambda model: {"validation_loss": losses["validation"](model)}, schedule, arguments, record, "round")
    options = {"steps_per_epoch": a_round, "epochs": arguments.rounds, "verbose": 0, "shuffle": False}
    model.fit(batches(steps, arguments.seed), **options, callbacks=[swap, keep])

    content = arguments.target.read_bytes()
    model = models.load_gpt(content)
    for part, loss in losses.items():
        record[f"{part}_nats_a_character"] = round(loss(model), 5)
        print(part, record[f"{part}_nats_a_character"])
    write_record(arguments.record, record)
    print_manifest_entry(content)


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
