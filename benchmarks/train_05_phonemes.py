"""Train the pronouncer that chapter 05 ships: the chapter's Transformer with convolutions, larger and longer.

    python benchmarks/train_05_phonemes.py

Writes data/models/phonemes_transformer.npz (the weights as float16) and data/checkpoints/phonemes_transformer.json: the
command, the settings, the training curve and the error rates. What is saved is the moving average of the weights at the
epoch whose phoneme error rate on the validation part is lowest. The test part is opened once, at the end. Takes 46
minutes of processor time. The file's new size and SHA-256, which are printed, belong into data/manifest.toml.

    python benchmarks/train_05_phonemes.py --words-at-random

does the same on another split, which published figures use: relatives of a test word may be in the training part. Only
its record stays, as data/checkpoints/phonemes_words_at_random.json; 05_transformer.py shows it.

The learning rate rises for half an epoch, stays, and falls to zero over the last epochs (`--cool-down`); see
checkpoint_training.py for a training that must end sooner.
"""

import argparse
import json
import shutil
import tempfile
from pathlib import Path

from course_utils.notebook import native_stderr_silenced

with native_stderr_silenced():
    import keras

import numpy as np
from checkpoint_training import Keep, Trapezoid, add_output_options, print_manifest_entry, write_record

from course_utils import metrics, models, paths

AVERAGING = 0.999  # about the last 1,000 steps, an epoch


def errors_of(model, data, rows) -> metrics.PronunciationErrors:
    return metrics.pronunciation_errors(models.pronounce(model, data.spelled(rows)), data.listed(rows))


def evaluate(data, arguments) -> None:
    """Add what the saved weights reach on the validation and the test part to the record."""
    record = json.loads(arguments.record.read_text(encoding="utf-8"))
    model = models.load_pronouncer(arguments.target.read_bytes())
    for part in ("validation", "test"):
        errors = errors_of(model, data, getattr(data.parts, part))
        record[part] = {
            "words": len(errors.edits),
            "phoneme_error_rate": round(errors.phoneme_error_rate, 5),
            "word_error_rate": round(errors.word_error_rate, 5),
        }
        print(part, record[part])
    write_record(arguments.record, record)


def validation_errors(model, data) -> dict:
    errors = errors_of(model, data, data.parts.validation)
    return {
        "validation_phoneme_error_rate": errors.phoneme_error_rate,
        "validation_word_error_rate": errors.word_error_rate,
    }


def main():
    recipe = models.PRONUNCIATION_RECIPES["checkpoint"]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=recipe.epochs)
    parser.add_argument("--cool-down", type=int, default=10, help="epochs in which the learning rate falls to zero")
    parser.add_argument("--words-at-random", action="store_true", help="split by word; replaces --target, --record")
    add_output_options(parser, paths.data() / models.PRONOUNCER)
    arguments = parser.parse_args()

    data = models.prepare_pronunciations(by_family=not arguments.words_at_random)
    if arguments.words_at_random:
        arguments.record = arguments.record.with_name("phonemes_words_at_random.json")
        arguments.target = Path(tempfile.mkdtemp()) / arguments.target.name
    recipe = recipe._replace(epochs=arguments.epochs)
    steps = -(-len(data.parts.train) // recipe.batch_size)
    fall_at = (arguments.epochs - arguments.cool_down) * steps
    schedule = Trapezoid(recipe.peak, steps // 2, fall_at, arguments.cool_down * steps)
    description = {
        "command": f"python benchmarks/train_05_phonemes.py --epochs {arguments.epochs} "
        f"--cool-down {arguments.cool_down} --seed {arguments.seed}" + " --words-at-random" * arguments.words_at_random,
        "seed": arguments.seed,
        "recipe": recipe._asdict(),
        "cool_down_epochs": arguments.cool_down,
        "averaging": AVERAGING,
        "keras": keras.__version__,
        "numpy": np.__version__,
    }
    keep = Keep(lambda model: validation_errors(model, data), schedule, arguments, description)
    swap = keras.callbacks.SwapEMAWeights(swap_on_epoch=True)  # the average is what is validated and saved
    models.train_pronouncer(data, recipe, arguments.seed, [swap, keep], schedule, AVERAGING)
    evaluate(data, arguments)
    if arguments.words_at_random:
        shutil.rmtree(arguments.target.parent)
    else:
        print_manifest_entry(arguments.target.read_bytes())


if __name__ == "__main__":
    main()
