"""The Transformer of chapter 05 against its opponents, on words of families that no training has seen.

    python benchmarks/05_transformer.py

Writes benchmarks/05_transformer.md. Everything was chosen on the validation part; this script opens the test part. It
takes about a quarter of an hour on two processor cores.
"""

import json
import os
import platform
import time
from pathlib import Path
from unittest.mock import patch

from course_utils.notebook import native_stderr_silenced

with native_stderr_silenced():
    import keras
    import tensorflow as tf

    tf.constant(0)

import numpy as np

from course_utils import graphones, metrics, models, paths
from course_utils.files import write_atomically

SEEDS = 3
BEAMS = 5
ADAM_PEAKS = (1e-3, 2e-3, 4e-3, 8e-3)  # learning rates, Muon's among them; the best on the validation part is taken
PUBLISHED = """\
| published | data | PER | WER |
|---|---|---|---|
| Phonetisaurus, n-gram of graphones | CMUdict of 2007, random split | | 0.244 |
| Transformer, 2 layers of 256 | CMUdict of 2007, random split | | 0.202 |
| Phonetisaurus, n-gram of graphones | today's CMUdict, no stress, random split | | 0.339 |
| Transformer, 2 layers of 256 | today's CMUdict, no stress, random split | | about 0.31 |
| Transformer, 4 + 4 blocks | CMUdict, random split | 0.052 | 0.221 |"""


class Table:
    """Lines of a Markdown table: a method, its error rates, and how long it took."""

    def __init__(self, listed):
        self.listed, self.lines, self.errors = listed, [], {}

    def add(self, name: str, answers: list[list], seconds: str = "") -> None:
        """One or more runs (seeds) of a method."""
        errors = [metrics.pronunciation_errors(run, self.listed) for run in answers]
        self.errors[name] = errors
        rates = [np.array([getattr(e, f"{unit}_error_rate") for e in errors]) for unit in ("phoneme", "word")]
        cells = [f"{r.mean():.4f}" + (f" ± {r.std(ddof=1):.4f}" if len(r) > 1 else "") for r in rates]
        self.lines.append(f"| {name} | {' | '.join(cells)} | {seconds} |")
        print(self.lines[-1], flush=True)

    def __str__(self):
        return "\n".join(["| method | PER | WER | seconds |", "|---|---|---|---|", *self.lines])


def timed(call):
    started = time.perf_counter()
    result = call()
    return result, time.perf_counter() - started


def graphone_answers(words, sounds, train, tested):
    """Pronunciations by the commonest phonemes of each letter, and by graphones; what both took."""
    pairs = [(words[row], listed) for row in train for listed in sounds[row]]

    def align():
        return graphones.Alignment(pairs).align(pairs)

    aligned, of_alignment = timed(align)
    chunks = graphones.commonest_chunks(aligned)
    model, of_model = timed(lambda: graphones.GraphoneModel(aligned, order=6))
    answers, of_answers = timed(lambda: [model.pronounce(words[row]) for row in tested])
    simple = [tuple(sound for letter in words[row] for sound in chunks[letter]) for row in tested]
    return simple, answers, (of_alignment, of_alignment + of_model + of_answers)


def trained(data, recipe) -> tuple[list, str]:
    """A network for each seed, and the mean seconds of a training."""
    runs = [timed(lambda seed=seed: models.train_pronouncer(data, recipe, seed)[0]) for seed in range(SEEDS)]
    return [model for model, _ in runs], f"{np.mean([spent for _, spent in runs]):.0f}"


def trained_by_adam(data, recipe) -> tuple[list, str, float]:
    """The same with AdamW in the place of Muon; also its learning rate, chosen with the first seed."""
    with patch.object(models.phonemes, "Muon", keras.optimizers.AdamW):
        histories = {
            peak: models.train_pronouncer(data, recipe._replace(peak=peak))[1]["val_loss"][-1] for peak in ADAM_PEAKS
        }
        peak = min(histories, key=histories.get)
        return *trained(data, recipe._replace(peak=peak)), peak


def main():
    tf.get_logger().setLevel("ERROR")
    began = time.perf_counter()
    data = models.prepare_pronunciations()
    words, sounds, (train, validation, test) = data.words, data.sounds, data.parts
    tested, table = data.spelled(test), Table(data.listed(test))

    simple, counted, seconds = graphone_answers(words, sounds, train, test)
    table.add("commonest phonemes of each letter", [simple], f"{seconds[0]:.0f}")
    nearest, spent = timed(lambda: graphones.nearest_spellings(data.spelled(train), tested))
    table.add("the word that is spelled most alike", [[sounds[train[n]][0] for n in nearest]], f"{spent:.0f}")
    table.add("graphones, 6-gram", [counted], f"{seconds[1]:.0f}")

    recipe = models.PRONUNCIATION_RECIPES["notebook"]
    networks, spent = trained(data, recipe)
    table.add("Transformer of the chapter, greedy", [models.pronounce(m, tested) for m in networks], spent)
    table.add(f"Transformer of the chapter, {BEAMS} beams", [models.pronounce(m, tested, BEAMS) for m in networks])
    networks, spent, peak = trained_by_adam(data, recipe)
    table.add("the same with AdamW instead of Muon, greedy", [models.pronounce(m, tested) for m in networks], spent)
    networks, spent = trained(data, recipe._replace(convolutions=2))
    table.add("the same with two convolutions, greedy", [models.pronounce(m, tested) for m in networks], spent)

    shipped = models.load_pronouncer()
    alone = [models.pronounce(member, tested) for member in shipped.members]
    table.add("shipped Transformers, each alone, greedy", alone)
    for name, beams in [("greedy", 1), (f"{BEAMS} beams", BEAMS)]:
        answers, spent = timed(lambda beams=beams: models.pronounce(shipped, tested, beams))
        table.add(f"shipped Transformers together, {name}", [answers], f"{spent:.0f} to answer")
    edits = {name: errors[0].edits for name, errors in table.errors.items()}
    network = f"Transformer of the chapter, {BEAMS} beams"
    difference = metrics.paired_difference(edits[network], edits["graphones, 6-gram"])
    of_shipped = metrics.paired_difference(edits["shipped Transformers together, greedy"], edits["graphones, 6-gram"])

    torn = models.prepare_pronunciations(by_family=False).parts
    of_torn = Table([sounds[row] for row in torn.test])
    _, flattered, _ = graphone_answers(words, sounds, torn.train, torn.test)
    of_torn.add("graphones, 6-gram, words at random", [flattered])
    record = json.loads((paths.data() / "checkpoints" / "phonemes_words_at_random.json").read_text(encoding="utf-8"))
    rates = record["test"]["phoneme_error_rate"], record["test"]["word_error_rate"]
    of_torn.lines.append(
        f"| Transformer as the first shipped, greedy, words at random | {rates[0]:.4f} | {rates[1]:.4f} |  |"
    )
    torn_words = len(set(data.family[torn.train].tolist()) & set(data.family[torn.test].tolist()))

    page = f"""# Letters to phonemes: chapter 05 against its opponents

Made by `python benchmarks/05_transformer.py` on {os.cpu_count()} cores, {platform.machine()},
TensorFlow {tf.__version__}, Keras {keras.__version__}, in {(time.perf_counter() - began) / 60:.0f} minutes.

CMUdict without stress: {len(words):,} words of 2 to 20 letters in {len(set(data.family.tolist())):,} families;
{len(train):,} words to learn from, {len(validation):,} for all choices, {len(test):,} tested; no family is in two
parts. PER: edits to the nearest listed pronunciation over its phonemes; WER: words that equal none. The chapter's
Transformer: mean ± sd of {SEEDS} seeds.

{table}

The three baselines are not quite those of the notebook, which saves time: there the alignment has 2 rounds instead of 8
and sees only the first pronunciation, counting has 5-grams, and likeness of spelling is the cosine of letter triples.
AdamW's learning rate, {peak}, was the best of {", ".join(map(str, ADAM_PEAKS))} on the validation part.
"Two convolutions" stand before the encoder's first block (`convolutions=2`); all else is as in the notebook. The
shipped Transformers have them too, are larger and were trained for longer; together they decide by the mean of their
logits. Seconds are those of this machine; on the two processors at hand, the chapter's training takes from 54 to 108.

Edits a word, Transformer of the chapter (seed 0, {BEAMS} beams) minus graphones: {difference}.
The shipped Transformers together (greedy) minus graphones: {of_shipped}.

How much a random split flatters: with words drawn at random, {torn_words:,} families stand on both sides. There, on
{len(torn.test):,} test words, the same graphones, and one Transformer trained like the first of those shipped
(`{record["command"]}`), reach

{of_torn}

Counting lives on relatives: they help it more than the network. Among strange words the network is far ahead.

Published figures, on other splits, other editions of the dictionary and partly other sets of phonemes, so that only
their range can be compared. None of them keeps families together. The first four come from the documentation of
g2p-seq2seq (github.com/cmusphinx/g2p-seq2seq); the last is that of S. Yolchuyeva, G. Németh and B. Gyires-Tóth (2019),
"Transformer based grapheme-to-phoneme conversion", Interspeech, arXiv:2004.06338 (figures not looked up again).

{PUBLISHED}
"""
    write_atomically(Path(__file__).with_suffix(".md"), page)
    print(page)


if __name__ == "__main__":
    main()
