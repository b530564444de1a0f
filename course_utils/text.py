"""Text as numbers: tokens, n-grams, vocabularies, padding and masks."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain

import numpy as np

PADDING, UNKNOWN = 0, 1  # the first two numbers of every vocabulary
_WORD = re.compile(r"n't|'(?:s|re|ve|ll|d|m)\b|[a-zà-ÿ]+(?=n't)|[a-zà-ÿ]+|\d+|[.,;:!?\"]")


def word_tokens(text: str) -> list[str]:
    """Lower-case words, numbers and punctuation, cut as GloVe cuts them.

    >>> word_tokens("It's good, isn't it?")
    ['it', "'s", 'good', ',', 'is', "n't", 'it', '?']
    """
    return _WORD.findall(text.lower().replace("''", '"').replace("’", "'"))


def character_tokens(text: str) -> list[str]:
    """Every character but white space, in lower case: for Chinese, which puts no spaces between words."""
    return [character for character in text.lower() if not character.isspace()]


def letters_only(text: str) -> str:
    """Letters (Chinese characters too) and digits in lower case, all else as single spaces: for comparing texts.

    >>> letters_only("A gem -- truly!"), letters_only("好！ 很好……")
    ('a gem truly', '好 很好')
    """
    return re.sub(r"[\W_]+", " ", text.lower()).strip()


def places_in_words(text: str) -> np.ndarray:
    """Where each character stands in its word, a run of letters and apostrophes: from 1 on; 0 outside words. int64.

    >>> places_in_words("I'll go.").tolist()
    [1, 2, 3, 4, 0, 1, 2, 0]
    """
    places = []
    for character in text:
        is_inside = character.isalpha() or character == "'"
        places.append((places[-1] if places else 0) + 1 if is_inside else 0)
    return np.array(places, np.int64)


def n_grams(tokens: Sequence[str], longest: int) -> list[str]:
    """All runs of one to `longest` neighbouring tokens, joined by underscores.

    >>> n_grams(["not", "too", "bad"], 2)
    ['not', 'too', 'bad', 'not_too', 'too_bad']
    """
    grams = list(tokens)
    for length in range(2, longest + 1):
        grams += map("_".join, zip(*(tokens[start:] for start in range(length)), strict=False))
    return grams


def character_pairs(text: str) -> list[str]:
    """All pairs of neighbouring characters without the spaces; a single character stays as it is.

    >>> character_pairs("很 好 看")
    ['很好', '好看']
    """
    text = text.replace(" ", "")
    return [text[i : i + 2] for i in range(max(1, len(text) - 1))] if text else []


class Vocabulary:
    """Numbers for tokens: 0 is padding, 1 every unknown token, 2 the most frequent token, and so on.

    Args:
        documents: lists of tokens. Give those of the training part only; otherwise the test part leaks into the model.
        minimum_count: rarer tokens are left out.
        extra: further tokens that get a number after the counted ones, such as words that have a pre-trained vector.
    """

    def __init__(self, documents: Iterable[Sequence[str]], minimum_count: int = 1, extra: Iterable[str] = ()):
        counts = Counter(chain.from_iterable(documents))
        kept = dict.fromkeys(token for token, count in counts.most_common() if count >= minimum_count)
        kept.update(dict.fromkeys(extra))
        self.tokens = ["", "<unknown>", *kept]
        self.numbers = {token: number for number, token in enumerate(self.tokens) if number > UNKNOWN}

    def __len__(self) -> int:
        """How many numbers there are, padding and unknown included: the rows of an embedding."""
        return len(self.tokens)

    def __contains__(self, token: str) -> bool:
        return token in self.numbers

    def encode(self, tokens: Iterable[str]) -> list[int]:
        """The tokens' numbers; 1 for those that have none."""
        return [self.numbers.get(token, UNKNOWN) for token in tokens]

    def encode_known(self, tokens: Iterable[str]) -> list[int]:
        """The numbers of the known tokens, each once, in the order of their first appearance: a text as a set."""
        return [number for number in map(self.numbers.get, dict.fromkeys(tokens)) if number is not None]

    def decode(self, numbers: Iterable[int]) -> list[str]:
        """The tokens behind the numbers, without padding."""
        return [self.tokens[number] for number in numbers if number != PADDING]


def pad(sequences: Sequence[Sequence[int]], length: int, side: str = "right") -> np.ndarray:
    """Sequences of numbers as one int32 array of shape (count, length): cut after `length`, filled up with zeros.

    Args:
        sequences: the numbers of each text.
        length: the common length.
        side: where the zeros stand, "right" or "left".

    Raises:
        ValueError: `side` is neither of the two.
    """
    if side not in ("left", "right"):
        raise ValueError(f'side is {side!r}; write "left" or "right".')
    padded = np.full((len(sequences), length), PADDING, dtype=np.int32)
    for row, sequence in zip(padded, sequences, strict=True):
        kept = sequence[:length]
        start = 0 if side == "right" else length - len(kept)
        row[start : start + len(kept)] = kept
    return padded


def batches_of_like_length(lengths: Sequence[int], batch_size: int, rng: np.random.Generator | None = None):
    """Row numbers in batches of nearly equal length, so that little is padding; with `rng` in a new random order."""
    order = np.argsort(lengths if rng is None else lengths + rng.normal(0, 1.5, len(lengths)), kind="stable")
    batches = [order[start : start + batch_size] for start in range(0, len(order), batch_size)]
    return batches if rng is None else [batches[number] for number in rng.permutation(len(batches))]


def padding_mask(numbers: np.ndarray) -> np.ndarray:
    """True where a token stands, False where padding does; the shape of `numbers`."""
    return numbers != PADDING
