"""Spelling to sound by counting: letters are aligned with their phonemes, and pairs of both form an n-gram model.

A graphone is a letter with the phonemes that it stands for, none, one or two: (x, K S). A word is a sequence of
graphones, and an n-gram model of them is the classic way from letters to phonemes (Bisani and Ney, 2008,
"Joint-sequence models for grapheme-to-phoneme conversion"; here a graphone has one letter, and the alignment is found
first).
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

import numpy as np

Graphone = tuple[str, tuple[str, ...]]
MOST_PHONEMES = 2  # of a letter
BOUNDARY: Graphone = ("", ())


class Alignment:
    """Which letter stands for which phonemes, learnt without supervision by expectation maximisation.

    P(letter stands for chunk) is estimated from all ways to cut the phonemes of a word into a chunk a letter, each way
    weighted by how probable it is under the last estimate (Dempster, Laird and Rubin, 1977).

    Args:
        pairs: words and their phonemes. Those with more than two phonemes a letter (abbreviations) are left out.
        rounds: how often the estimate is renewed.
    """

    def __init__(self, pairs: Sequence[tuple[str, tuple[str, ...]]], rounds: int = 8):
        self.letters = {letter: n for n, letter in enumerate(sorted({letter for word, _ in pairs for letter in word}))}
        self.phonemes = {sound: n for n, sound in enumerate(sorted({sound for _, sounds in pairs for sound in sounds}))}
        count = len(self.phonemes)
        self.probability = np.full((len(self.letters), 1 + count + count**2), 1.0)  # no phoneme, one, two
        self.probability /= self.probability.sum(axis=1, keepdims=True)
        groups = self._groups(pairs)
        for _ in range(rounds):
            counts = np.full(self.probability.shape, 1e-6)
            for _, letters, sounds in groups:
                self._add_expected(counts, letters, sounds)
            self.probability = counts / counts.sum(axis=1, keepdims=True)

    def _groups(self, pairs) -> list[tuple[list[int], np.ndarray, np.ndarray]]:
        """Words with the same numbers of letters and phonemes together: rows, letters, phonemes."""
        members = defaultdict(list)
        for row, (word, sounds) in enumerate(pairs):
            if 0 < len(sounds) <= MOST_PHONEMES * len(word):
                members[len(word), len(sounds)].append(row)
        return [
            (
                rows,
                np.array([[self.letters[letter] for letter in pairs[row][0]] for row in rows]),
                np.array([[self.phonemes[sound] for sound in pairs[row][1]] for row in rows]),
            )
            for rows in members.values()
        ]

    def _arcs(self, letters, sounds) -> Iterator[tuple]:
        """All (letter place i, phoneme place j, phonemes k, chunk number, probability) that can be part of a way."""
        (_, length), (_, total), one = letters.shape, sounds.shape, len(self.phonemes)
        for i in range(length):
            for j in range(max(0, total - MOST_PHONEMES * (length - i)), min(total, MOST_PHONEMES * i) + 1):
                for k in range(min(MOST_PHONEMES, total - j) + 1):
                    if k == 0:
                        chunk = np.zeros(len(letters), int)
                    elif k == 1:
                        chunk = 1 + sounds[:, j]
                    else:
                        chunk = 1 + one + sounds[:, j] * one + sounds[:, j + 1]
                    yield i, j, k, chunk, self.probability[letters[:, i], chunk]

    def _add_expected(self, counts, letters, sounds) -> None:
        (words, length), total = letters.shape, sounds.shape[1]
        forward, backward = (np.zeros((length + 1, total + 1, words)) for _ in range(2))
        forward[0, 0], backward[length, total] = 1, 1
        arcs = list(self._arcs(letters, sounds))
        for i, j, k, _, p in arcs:
            forward[i + 1, j + k] += forward[i, j] * p
        for i, j, k, _, p in reversed(arcs):
            backward[i, j] += backward[i + 1, j + k] * p
        for i, j, k, chunk, p in arcs:
            share = forward[i, j] * p * backward[i + 1, j + k] / forward[length, total]
            np.add.at(counts, (letters[:, i], chunk), share)

    def align(self, pairs: Sequence[tuple[str, tuple[str, ...]]]) -> list[list[Graphone]]:
        """The most probable graphones of each word; an empty list for those with too many phonemes."""
        answers: list[list[Graphone]] = [[] for _ in pairs]
        for rows, letters, sounds in self._groups(pairs):
            (words, length), total = letters.shape, sounds.shape[1]
            best = np.full((length + 1, total + 1, words), -1.0)
            taken = np.zeros((length + 1, total + 1, words), int)
            best[0, 0] = 1
            for i, j, k, _, p in self._arcs(letters, sounds):
                better = best[i, j] * p > best[i + 1, j + k]
                best[i + 1, j + k] = np.where(better, best[i, j] * p, best[i + 1, j + k])
                taken[i + 1, j + k] = np.where(better, k, taken[i + 1, j + k])
            for number, row in enumerate(rows):
                word, phonemes = pairs[row]
                j = total
                for i in range(length, 0, -1):
                    k = taken[i, j, number]
                    answers[row].append((word[i - 1], phonemes[j - k : j]))
                    j -= k
                answers[row].reverse()
        return answers


def commonest_chunks(aligned: Sequence[list[Graphone]]) -> dict[str, tuple[str, ...]]:
    """For each letter the phonemes that it stands for most often."""
    counts = defaultdict(Counter)
    for word in aligned:
        for letter, chunk in word:
            counts[letter][chunk] += 1
    return {letter: chunks.most_common(1)[0][0] for letter, chunks in counts.items()}


class GraphoneModel:
    """An n-gram model of graphones with interpolated Kneser–Ney smoothing, and a search for the best phonemes.

    P(g | h) = max(c(hg) − D, 0) / c(h) + D · N(h) / c(h) · P(g | h without its first), where N(h) counts the different
    graphones behind h and D = n₁ / (n₁ + 2 n₂) (Ney, Essen and Kneser, 1994). Below the highest order, c counts in how
    many different contexts a sequence stands (Kneser and Ney, 1995).

    Args:
        aligned: the graphones of each word.
        order: n; a graphone depends on n − 1 before it.
        most_chunks: how many chunks are tried for a letter.
    """

    def __init__(self, aligned: Sequence[list[Graphone]], order: int = 7, most_chunks: int = 20):
        self.order = order
        chunks = defaultdict(Counter)
        raw = [defaultdict(Counter) for _ in range(order)]  # by length of the context
        for word in filter(None, aligned):
            for letter, chunk in word:
                chunks[letter][(letter, chunk)] += 1
            sequence = (*[BOUNDARY] * (order - 1), *word, BOUNDARY)
            for place in range(order - 1, len(sequence)):
                raw[-1][sequence[place - order + 1 : place]][sequence[place]] += 1
        for length in range(order - 1, 0, -1):
            for context, following in raw[length].items():
                for graphone in following:
                    raw[length - 1][context[1:]][graphone] += 1
        self.levels = []
        for level in raw:
            ones, twos = (sum(n == k for following in level.values() for n in following.values()) for k in (1, 2))
            discount = ones / (ones + 2 * twos) if ones else 0.5
            self.levels.append(
                {
                    context: (
                        {graphone: (count - discount) / total for graphone, count in following.items()},
                        discount * len(following) / total,
                    )
                    for context, following in level.items()
                    if (total := sum(following.values()))
                }
            )
        self.floor = 1 / len(self.levels[0][()][0])
        self.candidates = {letter: [g for g, _ in found.most_common(most_chunks)] for letter, found in chunks.items()}

    def _probabilities(self, history: tuple[Graphone, ...], candidates: list[Graphone]) -> list[float]:
        p = [self.floor] * len(candidates)
        for length in range(self.order):
            entry = self.levels[length].get(history[len(history) - length :])
            if entry is None:
                break  # a longer context has not been seen either
            following, rest = entry
            p = [following.get(graphone, 0.0) + rest * lower for graphone, lower in zip(candidates, p, strict=True)]
        return p

    def pronounce(self, word: str, beams: int = 8) -> tuple[str, ...]:
        """The phonemes of the most probable graphones that spell the word; `beams` beginnings are kept at each letter.

        Raises:
            KeyError: a letter of the word is not in any aligned word.
        """
        kept = [(0.0, (BOUNDARY,) * (self.order - 1), ())]
        for letter in word:
            grown = {}
            for score, history, sounds in kept:
                candidates = self.candidates[letter]
                for graphone, p in zip(candidates, self._probabilities(history, candidates), strict=True):
                    new_history = (*history[1:], graphone)
                    new = (score + math.log(p), new_history, sounds + graphone[1])
                    if new_history not in grown or grown[new_history][0] < new[0]:
                        grown[new_history] = new
            kept = sorted(grown.values(), reverse=True, key=lambda beginning: beginning[0])[:beams]
        return max(kept, key=lambda k: k[0] + math.log(self._probabilities(k[1], [BOUNDARY])[0]))[2]


def nearest_spellings(known: Sequence[str], words: Sequence[str], batch_size: int = 250) -> np.ndarray:
    """For each word the known word that is spelled most like it: the place in `known`, int64, shape (words,).

    Likeness is the cosine of the weighted counts (TF-IDF) of all runs of two to four characters, word ends included.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectors = TfidfVectorizer(analyzer="char", ngram_range=(2, 4), sublinear_tf=True, dtype=np.float32)
    columns = vectors.fit_transform(f"<{word}>" for word in known).T.tocsr()
    rows = vectors.transform(f"<{word}>" for word in words)
    starts = range(0, len(words), batch_size)
    return np.concatenate([(rows[at : at + batch_size] @ columns).toarray().argmax(axis=1) for at in starts])
