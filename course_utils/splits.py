"""Splits that do not leak: near-duplicates are found first and stay on the same side."""

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import chain, pairwise
from typing import NamedTuple

import numpy as np


class Parts(NamedTuple):
    """The rows of each part, int64, ascending."""

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray


def similar_pairs(documents: Iterable[Iterable[str]], threshold: float) -> list[tuple[int, int]]:
    """All pairs of documents whose sets of tokens have a Jaccard similarity |A ∩ B| / |A ∪ B| of at least `threshold`.

    Exact, and fast through the prefix filter (Chaudhuri, Ganti and Kaushik, 2006): two sets that similar share one of
    the |A| − ⌈threshold · |A|⌉ + 1 rarest tokens of each, so only documents with a rare token in common are compared.

    Args:
        documents: the tokens of each document; documents without tokens are similar to none.
        threshold: more than 0, at most 1.
    """
    sets = [frozenset(document) for document in documents]
    counts = Counter(chain.from_iterable(sets))
    rank = {token: place for place, token in enumerate(sorted(counts, key=counts.get))}
    sets = [frozenset(map(rank.__getitem__, tokens)) for tokens in sets]  # numbers, the rarest token is 0
    with_token, pairs = defaultdict(list), []
    for second, tokens in enumerate(sets):
        size = len(tokens)
        prefix = sorted(tokens)[: size - math.ceil(threshold * size - 1e-9) + 1]
        for first in {first for token in prefix for first in with_token[token]}:
            if not threshold * size <= len(sets[first]) <= size / threshold:
                continue  # too different in size
            shared = len(tokens & sets[first])
            if shared >= threshold * (size + len(sets[first]) - shared):
                pairs.append((first, second))
        for token in prefix:
            with_token[token].append(second)
    return pairs


def near_duplicate_groups(documents: Sequence[Iterable[str]], threshold: float) -> np.ndarray:
    """A group number for each document; documents that a chain of similar pairs connects share it.

    Args:
        documents, threshold: see `similar_pairs`. For words 0.6 is usual, for Chinese the pairs of neighbouring
            characters serve as tokens.

    Returns:
        int64, shape (documents,): the position of the group's first document.
    """
    return connected_groups(len(documents), similar_pairs(documents, threshold))


def connected_groups(count: int, pairs: Iterable[tuple[int, int]]) -> np.ndarray:
    """A group number for each of `count` items; items that a chain of pairs connects share it.

    Returns:
        int64, shape (count,): the position of the group's first item.
    """
    group = list(range(count))

    def first_of(item: int) -> int:
        while group[item] != item:
            group[item] = group[group[item]]  # halve the way for the next question
            item = group[item]
        return item

    for pair in pairs:
        low, high = sorted(map(first_of, pair))
        group[high] = low
    return np.array([first_of(item) for item in range(count)], dtype=np.int64)


# Endings and beginnings that make a new word of the same family; names such as McDonald and O'Brien count as well.
SUFFIXES = (
    *("'s", "s'", "'", "'d", "'ll", "'re", "'ve", "n't", "s", "es", "ed", "d", "er", "ers", "or", "ors", "est", "ing"),
    *("ings", "ly", "y", "ie", "ies", "ied", "ier", "iers", "iest", "ily", "ness", "nesses", "less", "ful", "fully"),
    *("ment", "ments", "al", "ally", "ation", "ations", "ion", "ions", "able", "ably", "ible", "ability", "ic", "ical"),
    *("ically", "ism", "ist", "ists", "ity", "ive", "ively", "ize", "ized", "izes", "izing", "izer", "ise", "ised"),
    *("ises", "ising", "ish", "ance", "ence", "ant", "ent", "ous", "ously", "en", "ened", "ening", "ship", "ships"),
    *("man", "men", "ian", "ians", "an"),
)
PREFIXES = (
    *(
        "un",
        "re",
        "in",
        "im",
        "dis",
        "mis",
        "non",
        "over",
        "under",
        "out",
        "pre",
        "de",
        "anti",
        "super",
        "inter",
        "sub",
    ),
    *(
        "semi",
        "counter",
        "micro",
        "multi",
        "mega",
        "self",
        "up",
        "down",
        "back",
        "mid",
        "fore",
        "co",
        "en",
        "mc",
        "mac",
    ),
    *("o'", "van", "la", "le"),
)


def word_stems(word: str, endings: int = 2) -> set[str]:
    """What may remain of an English word without up to `endings` of the `SUFFIXES`: three letters or more.

    Spelling changes are undone: a dropped e (making, make), a doubled consonant (running, run), y as i (tries, try).

    >>> sorted(word_stems("making", 1))
    ['mak', 'make', 'maky']
    """
    stems, last = {word}, {word}
    for _ in range(endings):
        cut = [
            (w.removesuffix(end), end) for w in last for end in SUFFIXES if w.endswith(end) and len(w) > len(end) + 2
        ]
        last = {form for stem, end in cut for form in _spellings(stem, end)} - stems
        stems |= last
    return stems - {word}


def _spellings(stem: str, ending: str) -> list[str]:
    forms = [stem, stem + "e"]
    if len(stem) > 3 and stem[-1] == stem[-2]:
        forms.append(stem[:-1])
    if stem[-1] == "i":
        forms.append(stem[:-1] + "y")
    if ending[0] == "i":
        forms.append(stem + "y")
    return forms


def word_families(words: Sequence[str], sounds: Sequence[Sequence[tuple[str, ...]]]) -> np.ndarray:
    """A family number for each word; walk, walks, walking, walker's and sleepwalk's homophones are one family each.

    Four rules join two words, and chains of joined words are a family:

    1. one is a stem of the other (`word_stems`), and both begin with the same sounds;
    2. they are neighbours, in the order of `words`, among those with one stem of four letters or more that is no word
       itself, and begin with the same sounds;
    3. one is the other behind one of the `PREFIXES`, four letters or more, and both end in the same sounds;
    4. both have a pronunciation of four phonemes or more in common (Smith, Smyth).

    "The same sounds" are all phonemes of the shorter word but one, at least two: "car" is no stem of "caring". The
    rules join rather too much than too little, since a family that is torn apart makes a test easier than it looks.

    Args:
        words: in lower case, each once.
        sounds: the pronunciations of each word.

    Returns:
        int64, shape (words,): the position of the family's first word.
    """
    place = {word: number for number, word in enumerate(words)}

    def alike(long: int, short: int, at_end: bool) -> bool:
        for a in sounds[long]:
            for b in sounds[short]:
                shared = max(len(b) - 1, 2)
                if a[-shared:] == b[-shared:] if at_end else a[:shared] == b[:shared]:
                    return True
        return False

    pairs, siblings, homophones = [], defaultdict(list), defaultdict(list)
    for word, number in place.items():
        bases = [place[stem] for stem in word_stems(word) if stem in place]
        pairs += [(number, base) for base in bases if alike(number, base, at_end=False)]
        for stem in word_stems(word, endings=1):
            if len(stem) > 3 and stem not in place:
                siblings[stem].append(number)
        rests = [word.removeprefix(prefix) for prefix in PREFIXES if word.startswith(prefix)]
        bases = [place[rest] for rest in rests if len(rest) > 3 and rest in place]
        pairs += [(number, base) for base in bases if alike(number, base, at_end=True)]
        for pronunciation in sounds[number]:
            if len(pronunciation) > 3:
                homophones[pronunciation].append(number)
    for numbers in siblings.values():
        neighbours = pairwise(numbers)
        pairs += [(a, b) for a, b in neighbours if alike(a, b, at_end=False) or alike(b, a, at_end=False)]
    for numbers in homophones.values():
        pairs += [(numbers[0], other) for other in numbers[1:]]
    return connected_groups(len(words), pairs)


def split_by_group(keys: Sequence[str], group: np.ndarray, validation: int = 10, test: int = 20) -> Parts:
    """Training, validation and test rows; a group is never divided.

    A group's part follows from the SHA-256 of its alphabetically first key. So it depends neither on the order of the
    rows nor on a seed, and stays when other rows are added.

    Args:
        keys: a text for each row.
        group: a group number for each row.
        validation, test: about so many of a hundred groups.
    """
    first_key: dict[int, str] = {}
    for key, number in zip(keys, group.tolist(), strict=True):
        first_key[number] = min(key, first_key.get(number, key))
    percentile = {number: int(hashlib.sha256(key.encode()).hexdigest(), 16) % 100 for number, key in first_key.items()}
    percent = np.array([percentile[number] for number in group.tolist()])
    bounds = [(test + validation, 100), (test, test + validation), (0, test)]
    return Parts(*(np.flatnonzero((percent >= low) & (percent < high)) for low, high in bounds))


def random_split(count: int, seed: int, validation: float = 0.08, test: float = 0.2) -> Parts:
    """Rows 0…count − 1 dealt out at random: right only where they do not depend on each other."""
    order = np.random.default_rng(seed).permutation(count)
    first, second = round(test * count), round((test + validation) * count)
    return Parts(np.sort(order[second:]), np.sort(order[first:second]), np.sort(order[:first]))


def last_of_each(group: np.ndarray, time: np.ndarray, count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Each group's rows in the order of time, without the last `count`, and the last `count`.

    Args:
        group: the number of each row's group, shape (rows,).
        time: when it happened, shape (rows,). The order of the same moment is drawn: that of the file would tell
            something, such as the films' numbers.
        count: rows to hold out of each group.
        seed: of that order.

    Returns:
        The earlier and the last rows, int64, ascending.
    """
    order = np.lexsort((np.random.default_rng(seed).random(len(time)), time, group))
    _, sizes = np.unique(group, return_counts=True)
    from_end = np.repeat(np.cumsum(sizes), sizes) - np.arange(len(order))  # 1 for the last of its group
    return np.sort(order[from_end > count]), np.sort(order[from_end <= count])
