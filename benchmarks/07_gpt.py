"""Chapter 07's GPT beside nanoGPT's recipe for a processor, n-grams and compressors, in the same run.

    python benchmarks/07_gpt.py          writes benchmarks/07_gpt.md; about a quarter of an hour
    python benchmarks/07_gpt.py --quick  a tenth of the training, one seed; writes nothing

Nothing else should run meanwhile. All learn from the same 983,533 characters of Shakespeare's plays and are judged on
the same 30,000 others.
"""

import argparse
import json
import os
import platform
import time
from importlib.metadata import version
from pathlib import Path
from unittest.mock import patch

from course_utils.notebook import native_stderr_silenced

with native_stderr_silenced():
    import keras
    import tensorflow as tf

    tf.constant(0)

import numpy as np

from course_utils import claims, models, paths
from course_utils.files import write_atomically
from course_utils.gpt import GPT
from course_utils.ngrams import COMPRESSORS, NGrams, compressed_nats

PAGE = Path(__file__).with_suffix(".md")
TEXT = """# Chapter 07: predicting Shakespeare, measured beside others

Written by `python benchmarks/07_gpt.py` on {machine}. Nine plays; {training:,} characters to learn from, {test:,} to be
judged on, which are read once a run, at the end. The loss is in nats a character. Networks see windows that move on by
half their length, and only the second half of each is scored. Time is the training, with the compilation by XLA.

{table}

nanoGPT's recipe (A. Karpathy, github.com/karpathy/nanoGPT, "I only have a macbook") is restated in Keras with its
settings: four blocks of 128 channels, learnt positions, exact GELU, windows of 64 characters drawn at random, 12 a
step, 2,000 steps of AdamW (β₂ = .99, weight decay .1 on matrices, gradients clipped to length 1), 100 steps of warm-up
to 10⁻³ and a cosine down to 10⁻⁴; unlike there, the layers have biases. Its page reports 1.88 for another file of
Shakespeare, which cannot be compared with this one. Chapter 07's own windows have 32 characters; with longer ones a
batch has fewer, so that a step reads as much.
"Its network, AdamW" is chapter 07's network and steps with AdamW in place of Muon, at the best of three rates on the
validation text. Both read 2,048 characters a step, in 480 steps.

The shipped checkpoint was trained with `{command}`; its training took {minutes} minutes of one processor core.
"""


class Table:
    """Rows of results, printed as they come."""

    def __init__(self):
        self.lines = [
            "| method | parameters | nats a character | bits | training | runs |",
            "|---|---|---|---|---|---|",
        ]

    def add(self, name: str, losses: list[float], seconds: float, parameters: int | None = None) -> None:
        mean, sd = claims.spread(losses)
        spread = f" ± {sd:.4f}" if len(losses) > 1 else ""
        size = f"{parameters:,}" if parameters else "–"
        took = f"{seconds:.1f} s" if seconds else "–"
        self.lines.append(f"| {name} | {size} | {mean:.4f}{spread} | {mean / np.log(2):.3f} | {took} | {len(losses)} |")
        print(self.lines[-1], flush=True)

    def __str__(self) -> str:
        return "\n".join(self.lines)


def nano_gpt(data: models.Plays, seed: int, steps: int) -> GPT:
    """nanoGPT's network after its training."""
    keras.utils.set_random_seed(seed)
    model = GPT(len(data.characters), 128, 4, 512, 4, longest=64, activation="gelu", positions="learnt")
    model.build()
    rng = np.random.default_rng(seed)
    for weight in model.trainable_variables:
        if len(weight.shape) == 2:
            is_last = weight.path.split("/")[-2] in ("output", "contract")  # the ends of the residual branches
            weight.assign(rng.normal(0, 0.02 / (8**0.5 if is_last else 1), weight.shape))
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, max(1, steps - 100), alpha=0.1, warmup_target=1e-3, warmup_steps=min(100, steps // 2)
    )
    optimizer = keras.optimizers.AdamW(schedule, weight_decay=0.1, beta_2=0.99, global_clipnorm=1.0)
    optimizer.exclude_from_weight_decay(var_list=[w for w in model.trainable_variables if len(w.shape) != 2])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer, loss, jit_compile=True, steps_per_execution=20)
    starts = rng.integers(0, len(data.train) - 65, steps * 12)
    windows = data.train[starts[:, None] + np.arange(65)]
    model.fit(windows[:, :-1], windows[:, 1:], batch_size=12, verbose=0, shuffle=False)
    return model


def ours_with_adam(data: models.Plays, recipe, peak: float, seed: int) -> GPT:
    """Chapter 07's training with AdamW in place of Muon."""
    with patch.object(models.language, "Muon", keras.optimizers.AdamW):
        return models.train_on_plays(data, recipe._replace(peak=peak), seed, 0)[0]


def timed(train, *arguments) -> tuple:
    """What `train` returns, and the seconds it took."""
    started = time.perf_counter()
    result = train(*arguments)
    return result, time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a quick look; nothing is written")
    options = parser.parse_args()
    data, recipe, seeds = models.prepare_plays(), models.PLAY_RECIPES["notebook"], range(3)
    steps, rates = 2000, (1e-3, 2e-3, 4e-3)
    if options.quick:
        recipe, seeds, steps, rates = recipe._replace(epochs=recipe.epochs / 10), range(1), 200, (2e-3,)
    table, tokens = Table(), len(data.characters)

    training, test = (part.astype(np.uint8).tobytes() for part in (data.train, data.numbers[data.test]))
    for name in COMPRESSORS:
        value, seconds = timed(compressed_nats, training, test, name)
        table.add(name, [value], seconds)
    for order in (1, 2, 5, 6):
        model, seconds = timed(NGrams, data.train, tokens, order)
        table.add(f"{order}-gram", [model.losses(data.numbers[: data.test.stop], data.test.start).mean()], seconds)

    runs = [timed(nano_gpt, data, seed, steps) for seed in seeds]
    losses = [models.loss_on(model, data, data.test) for model, _ in runs]
    table.add("nanoGPT's recipe", losses, np.mean([seconds for _, seconds in runs]), runs[0][0].count_params())
    runs = [timed(models.train_on_plays, data, recipe, seed, 0) for seed in seeds]
    losses = [models.loss_on(model, data, data.test) for (model, _), _ in runs]
    seconds = np.mean([seconds for _, seconds in runs])
    table.add("**GPT of chapter 07**", losses, seconds, runs[0][0][0].count_params())
    for longest in (64, 128):
        longer = recipe._replace(longest=longest, batch_size=recipe.batch_size * recipe.longest // longest)
        (model, _), seconds = timed(models.train_on_plays, data, longer, 0, 0)
        losses = [models.loss_on(model, data, data.test)]
        table.add(f"the same, windows of {longest} characters", losses, seconds, model.count_params())
    with_adam = [timed(ours_with_adam, data, recipe, rate, 0) for rate in rates]
    model, seconds = min(with_adam, key=lambda run: models.loss_on(run[0], data, data.validation))
    table.add("its network, AdamW", [models.loss_on(model, data, data.test)], seconds, model.count_params())
    shipped = models.load_gpt()
    name = "**shipped checkpoint of chapter 07**"
    table.add(name, [models.loss_on(shipped, data, data.test)], 0, shipped.count_params())

    if not options.quick:
        record = paths.data() / "checkpoints" / "shakespeare_gpt.json"
        record = json.loads(record.read_text(encoding="utf-8"))
        machine = f"{os.cpu_count()} cores, {platform.machine()}, TensorFlow {version('tensorflow')}"
        minutes = round(record["curve"][-1]["cpu_seconds"] / 60)
        sizes = {"training": len(data.train), "test": models.HELD_OUT, "command": record["command"], "minutes": minutes}
        write_atomically(PAGE, TEXT.format(machine=machine, table=table, **sizes))
        print(f"written to {PAGE.name}")


if __name__ == "__main__":
    main()
