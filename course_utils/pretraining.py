"""What BERT learns from before anybody labels anything: hidden words, and pairs of sentences.

Source: Devlin et al. (2019), "BERT: pre-training of deep bidirectional Transformers", sections 3.1 and A.1.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from course_utils.wordpiece import WordPiece

SHARE = 0.15  # of the tokens are to be guessed
MASKED, REPLACED = 0.8, 0.1  # of those; the rest stays as it is


class Corrupted(NamedTuple):
    """Texts with hidden words; all arrays have the shape (texts, length)."""

    ids: np.ndarray  # what the model sees
    is_chosen: np.ndarray  # bool: what it has to guess
    original: np.ndarray


def corrupt(ids: np.ndarray, pieces: WordPiece, rng: np.random.Generator, share: float = SHARE) -> Corrupted:
    """Choose 15 % of the tokens; of those show 80 % as [MASK], 10 % as a random token, 10 % unchanged.

    Each text has ⌈share · tokens⌉ of its tokens chosen. Special tokens and padding are never chosen, and a random
    token is never special.

    Args:
        ids: numbers of the tokens, padded with 0, shape (texts, length).
        pieces: their vocabulary.
        rng: source of chance.
        share: of the tokens to choose.
    """
    is_free = ~np.isin(ids, pieces.special)
    wanted = np.ceil(share * is_free.sum(axis=1, keepdims=True))
    lots = np.where(is_free, rng.random(ids.shape), np.inf)
    is_chosen = is_free & (np.argsort(np.argsort(lots, axis=1), axis=1) < wanted)
    fate = rng.random(ids.shape)
    ordinary = np.setdiff1d(np.arange(len(pieces)), pieces.special)
    seen = np.where(is_chosen & (fate < MASKED), pieces.mask, ids)
    is_replaced = is_chosen & (fate >= MASKED) & (fate < MASKED + REPLACED)
    seen = np.where(is_replaced, rng.choice(ordinary, ids.shape), seen)
    return Corrupted(seen.astype(ids.dtype), is_chosen, ids)


class Pairs(NamedTuple):
    """Pairs of sentences, [CLS] first [SEP] second [SEP]; one row a pair."""

    ids: np.ndarray  # int32 (pairs, length), padded on the right
    segments: np.ndarray  # int32 (pairs, length): 0 up to the first [SEP], 1 behind it, 0 for padding
    follows: np.ndarray  # bool (pairs,): whether the second sentence really follows the first


def sentence_pairs(
    firsts: Sequence[Sequence[int]],
    seconds: Sequence[Sequence[int]],
    pieces: WordPiece,
    rng: np.random.Generator,
    longest: int,
) -> Pairs:
    """Half of the firsts with their own second, half with that of another pair.

    The other second is, up to ties drawn at random, the one that is next in length. Drawn from all, its length would
    give it away wherever the lengths of two sentences that belong together are related.

    Args:
        firsts, seconds: numbers of the pieces, without special tokens; `seconds[i]` follows `firsts[i]`.
        pieces: their vocabulary.
        rng: source of chance.
        longest: until the pair is no longer than this, the longer of both loses a piece: the first its beginning, the
            second its end, so that what is left still meets where they join.

    Raises:
        ValueError: the lists differ in length, or there are fewer than two pairs to exchange.
    """
    count = len(firsts)
    if count != len(seconds) or count < 2:
        raise ValueError(f"{count} firsts and {len(seconds)} seconds: two pairs at least are needed, and equally many.")
    follows = rng.random(count) < 0.5
    by_length = np.lexsort((rng.random(count), [len(second) for second in seconds]))
    another = np.empty(count, int)
    another[by_length] = np.roll(by_length, 1)  # never its own
    partner = np.where(follows, np.arange(count), another)
    ids, segments = np.zeros((2, count, longest), np.int32)
    for row in range(count):
        first, second = list(firsts[row]), list(seconds[partner[row]])
        while len(first) + len(second) > longest - 3:
            if len(first) > len(second):
                first.pop(0)
            else:
                second.pop()
        joined = [pieces.cls, *first, pieces.sep, *second, pieces.sep]
        ids[row, : len(joined)] = joined
        segments[row, len(first) + 2 : len(joined)] = 1
    return Pairs(ids, segments, follows)


def halves(sequence: Sequence[int]) -> tuple[list[int], list[int]]:
    """A sentence cut in the middle: the course's stand-in for two sentences that follow each other."""
    middle = len(sequence) // 2
    return list(sequence[:middle]), list(sequence[middle:])
