"""Train four smaller GPTs on Shakespeare's plays for chapter 07's scaling curve; its own network is the fifth.

    python benchmarks/train_07_sizes.py

Writes data/checkpoints/plays_by_size.json: the command, the settings and the validation loss of each. All read the
training text as often as the chapter's network, in the same windows and batches. About three minutes.
"""

import argparse
import json
import time
from pathlib import Path

from course_utils.notebook import native_stderr_silenced

with native_stderr_silenced():
    import keras

import numpy as np

from course_utils import models, paths
from course_utils.files import write_atomically


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--record", type=Path, default=paths.data() / "checkpoints" / "plays_by_size.json")
    arguments = parser.parse_args()
    data, sizes = models.prepare_plays(), []
    for width in models.SMALLER_WIDTHS:
        started = time.perf_counter()
        recipe = models.smaller_recipe(width)
        model, _ = models.train_on_plays(data, recipe, arguments.seed, reports=0)
        entry = {
            "width": width,
            "parameters": model.count_params(),
            "validation_loss": round(models.loss_on(model, data, data.validation), 5),
            "recipe": recipe._asdict(),
            "seconds": round(time.perf_counter() - started),
        }
        print(json.dumps(entry), flush=True)
        sizes.append(entry)
    record = {
        "command": f"python benchmarks/train_07_sizes.py --seed {arguments.seed}",
        "seed": arguments.seed,
        "keras": keras.__version__,
        "numpy": np.__version__,
        "sizes": sizes,
    }
    write_atomically(arguments.record, json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
