"""What pre-training buys on the film reviews, with fewer labels and with other parts of MiniLM trained.

    python benchmarks/08_bert.py

Writes benchmarks/08_bert.md. Everything was chosen on the validation part; this script opens the test part. It repeats
the tiny BERT of chapter 08 with a control that gets the examples of the pre-training too, and fine-tunes MiniLM with
100 to all labels and with two to six trained blocks. Takes about half an hour on two processor cores.
"""

import os
import platform
import time
from pathlib import Path

from course_utils.notebook import native_stderr_silenced

with native_stderr_silenced():
    import keras
    import tensorflow as tf

    tf.constant(0)

import numpy as np

from course_utils import baselines, datasets, models, text
from course_utils.files import write_atomically
from course_utils.metrics import paired_difference
from course_utils.wordpiece import WordPiece

SEEDS = range(3)
PIECES = WordPiece(datasets.load_bert_vocabulary())
REVIEWS = models.prepare_reviews("en")
TRAIN, VALIDATION, TEST = REVIEWS.parts
FEWER = {100: 12, 300: 8, 1000: 3, 3000: 2}  # labelled reviews: passes over them


def spread(values) -> str:
    return f"{np.mean(values):.4f} ± {np.std(values, ddof=1):.4f}"


def fine_tuned(read: models.Read, count: int, epochs: int, seed: int) -> np.ndarray:
    """The scores of the test reviews by a freshly fine-tuned MiniLM."""
    rows = np.random.default_rng([seed, count]).permutation(TRAIN)[:count]
    settings = models.FINE_TUNING._replace(epochs=epochs)
    model = models.fine_tune(models.build_minilm(), read, rows, REVIEWS.target[rows], settings, seed)
    return models.classify(model, read, TEST)


def accuracy(scores: np.ndarray, rows: np.ndarray = TEST) -> float:
    return REVIEWS.is_right(scores, rows).mean()


def of_minilm() -> list[str]:
    """Tables of fine-tuning by trained blocks and with fewer labelled reviews."""
    sequences = [PIECES.encode(review, models.LONGEST_REVIEW) for review in REVIEWS.texts]
    counted = REVIEWS.is_right(baselines.review_scores(REVIEWS, strengths=(30,))["TF-IDF"][TEST], TEST)
    lines = [
        "| blocks trained | processor seconds | test accuracy | minus TF-IDF with all labels | judging together |",
        "|---|---|---|---|---|",
    ]
    reads = {frozen: models.read_texts(models.build_minilm(), sequences, frozen) for frozen in (4, 3, 0)}
    for frozen, read in reads.items():
        started = time.process_time()
        scores = [fine_tuned(read, len(TRAIN), 1, seed) for seed in SEEDS]
        seconds = (time.process_time() - started) / len(SEEDS)
        right = np.mean([REVIEWS.is_right(of_seed, TEST) for of_seed in scores], axis=0)
        of_one, together = spread([accuracy(of_seed) for of_seed in scores]), accuracy(np.mean(scores, axis=0))
        difference = paired_difference(right, counted)
        lines.append(f"| {6 - frozen} | {seconds:.0f} | {of_one} | {difference} | {together:.4f} |")
    lines += [
        "",
        f'"Judging together": the mean of the scores of {len(SEEDS)} networks, one a seed, at as many times the cost.',
        "",
        "| labelled reviews | passes | upper half fine-tuned, test accuracy |",
        "|---|---|---|",
    ]
    for count, epochs in FEWER.items():
        scores = [fine_tuned(reads[3], count, epochs, seed) for seed in SEEDS]
        lines.append(f"| {count:,} | {epochs} | {spread([accuracy(of_seed) for of_seed in scores])} |")
    return lines


def of_tiny_bert() -> list[str]:
    """The chapter's tiny BERT with 1,000 labels, and a control that also gets the examples of the pre-training."""
    small = PIECES.restricted(REVIEWS.texts[TRAIN], minimum_count=8)
    unmarked = [small.encode(review)[1:-1] for review in REVIEWS.texts]
    longest = models.TINY.longest
    ids = text.pad([[small.cls, *sequence[: longest - 2], small.sep] for sequence in unmarked], longest)
    passes = models.TINY.epochs * len(TRAIN) // models.TINY.batch_size * models.TINY.batch_size // 1000
    longer = models.TINY._replace(labelled_epochs=models.TINY.labelled_epochs + passes)
    once, long = (models.RepeatedTraining(models.new_tiny_bert(len(small)), 1000, s) for s in (models.TINY, longer))
    accuracies: dict[str, list] = {"pre-trained": [], "from scratch": [], "from scratch, as many examples in all": []}
    for seed in range(5):
        tiny = models.new_tiny_bert(len(small), seed=seed)
        fresh = tiny.get_weights()
        models.pretrain(tiny, [unmarked[r] for r in TRAIN], [unmarked[r] for r in VALIDATION], small, seed=seed)
        rows = np.random.default_rng([seed, 0]).choice(TRAIN, 1000, replace=False)
        runs = [(once, tiny.get_weights()), (once, fresh), (long, fresh)]
        for of_name, (training, start) in zip(accuracies.values(), runs, strict=True):
            model = training.run(start, ids[rows], REVIEWS.target[rows], seed)
            scores = model.predict(ids[VALIDATION], batch_size=256, verbose=0)
            of_name.append(accuracy(scores, VALIDATION))
    lines = ["| tiny BERT, 1,000 labels, five seeds | validation accuracy |", "|---|---|"]
    return lines + [f"| {name} | {spread(values)} |" for name, values in accuracies.items()]


def main():
    tf.get_logger().setLevel("ERROR")
    tables = ["\n".join(lines) for lines in (of_tiny_bert(), of_minilm())]
    page = f"""# What pre-training buys: chapter 08

Made by `python benchmarks/08_bert.py` on {os.cpu_count()} cores, {platform.machine()}, TensorFlow {tf.__version__},
Keras {keras.__version__}. Reviews, split and labels are those of chapter 04.

{(chr(10) * 2).join(tables)}

Published on the sentences of Pang and Lee (2005) that the reviews are made of (the reviewers' labels and other splits,
so the range can be compared and the third digit cannot): a convolutional network on word2vec 0.815 (Kim, 2014).
"""
    write_atomically(Path(__file__).with_suffix(".md"), page)
    print(page)


if __name__ == "__main__":
    main()
