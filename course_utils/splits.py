"""Splits that do not leak: near-duplicates are found first and stay on the same side."""

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import chain
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
    group = np.arange(len(documents))

    def first_of(document: int) -> int:
        while group[document] != document:
            group[document] = group[group[document]]  # halve the way for the next question
            document = group[document]
        return document

    for pair in similar_pairs(documents, threshold):
        low, high = sorted(map(first_of, pair))
        group[high] = low
    return np.array([first_of(document) for document in range(len(documents))])


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
