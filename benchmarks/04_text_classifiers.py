"""Text classifiers of chapter 04 by five-fold cross-validation on the training and validation parts.

    python benchmarks/04_text_classifiers.py

Writes benchmarks/04_text_classifiers.md. The test part is not opened: this comparison is the ground for the choice of
the network's parts in the chapter. Folds keep near-duplicates together. Takes some minutes on two processor cores.
"""

import hashlib
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

from course_utils import baselines, models, splits
from course_utils.files import write_atomically
from course_utils.metrics import paired_difference

FOLDS = 5
NETWORKS = {
    "network: ratios only": ("ratios",),
    "network: tokens and ratios": ("tokens", "ratios"),
    "network: tokens, grams, ratios (chapter 04)": models.REVIEW_BRANCHES,
}
SOURCES = {
    "naive Bayes": "Wang and Manning (2012), section 2.1",
    "TF-IDF": "scikit-learn, words and pairs, logistic regression",
    "regression on r": "after Wang and Manning (2012), section 2.2",
}


def cross_validate(language: str) -> dict[str, tuple[np.ndarray, float]]:
    """For each method whether each review was classified rightly, and the mean seconds a fold."""
    chapter = models.prepare_reviews(language)
    pool = np.sort(np.concatenate([chapter.parts.train, chapter.parts.validation]))
    digests = [hashlib.sha256(f"f{number}".encode()).hexdigest() for number in chapter.group[pool]]
    fold = np.array([int(digest, 16) % FOLDS for digest in digests])
    right: dict[str, np.ndarray] = {}
    seconds: dict[str, float] = {}

    def record(name, values, duration):
        right.setdefault(name, np.zeros(len(pool)))[held_out] = values
        seconds[name] = seconds.get(name, 0) + duration / FOLDS

    for number in range(FOLDS):
        held_out = fold == number
        parts = splits.Parts(pool[~held_out], pool[held_out], chapter.parts.test)
        reviews = models.prepare_reviews(language, parts)
        started = time.perf_counter()
        counted = baselines.review_scores(reviews, strengths=(3, 10, 30))
        share = (time.perf_counter() - started) / len(counted)
        for name, scores in counted.items():
            record(name, reviews.is_right(scores[parts.validation], parts.validation), share)
        for name, branches in NETWORKS.items():
            started = time.perf_counter()
            network, _ = models.train_text_classifier(reviews, seed=number, branches=branches)
            scores = network.predict(reviews.inputs(parts.validation), batch_size=500, verbose=0)
            record(name, reviews.is_right(scores, parts.validation), time.perf_counter() - started)
    return {name: (values, seconds[name]) for name, values in right.items()}


def table(language: str, results: dict) -> str:
    chosen = list(NETWORKS)[-1]
    lines = [
        f"## {language}, {len(results[chosen][0]):,} reviews",
        "",
        "| method | source | accuracy ± standard error | chapter's network minus this | seconds a fold |",
        "|---|---|---|---|---|",
    ]
    for name, (values, seconds) in results.items():
        error = values.std() / np.sqrt(len(values))
        against = "" if name == chosen else str(paired_difference(results[chosen][0], values))
        source = SOURCES.get(name, "this course")
        lines.append(f"| {name} | {source} | {values.mean():.4f} ± {error:.4f} | {against} | {seconds:.1f} |")
    return "\n".join(lines) + "\n"


def main():
    tf.get_logger().setLevel("ERROR")
    started = time.perf_counter()
    tables = [table(name, cross_validate(language)) for name, language in [("English", "en"), ("Chinese", "zh")]]
    cores = f"{os.cpu_count()} cores, {platform.machine()}"
    minutes = (time.perf_counter() - started) / 60
    page = f"""# Text classifiers of chapter 04, cross-validated

Made by `python benchmarks/04_text_classifiers.py` on {cores}, TensorFlow {tf.__version__},
Keras {keras.__version__}, in {minutes:.0f} minutes. Five folds over the training and validation parts; near-duplicates
stay in one fold; the test part is not used. Vocabularies and ratios are made anew in each fold.

Three things to know when reading: the strength of each regression is chosen on the very fold that is scored, which
favours the regressions; the networks' settings were found on some of the same reviews, which favours the networks. All
networks train with the settings of the full one; with more epochs the ratios alone do better in Chinese. The time of
the three counting methods is shared evenly among them.

{chr(10).join(tables)}
Published on the sentences of Pang and Lee (2005) that the English set is made of (10,662 snippets with the reviewers'
labels and other splits; ours are 10,605 of them with VADER's ratings), so the range can be compared and the third
digit cannot: naive Bayes on words and pairs 0.790 and NBSVM 0.794 (Wang and Manning, 2012, table 2), a convolutional
network on 300-dimensional word2vec 0.815 (Kim, 2014, "Convolutional neural networks for sentence classification",
table 2).
"""
    write_atomically(Path(__file__).with_suffix(".md"), page)
    print(page)


if __name__ == "__main__":
    main()
