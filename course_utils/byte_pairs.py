"""Byte-pair encoding: learning merges, and GPT-2's tokenizer (Sennrich, Haddow and Birch, 2016; Radford et al., 2019).

Text becomes UTF-8 bytes, so that every string can be written with 256 first tokens. The bytes of a word are then joined
pair by pair, in the order in which the pairs were learnt. Tokens are shown in GPT-2's printable alphabet of bytes, in
which a space is Ġ and a line end Ċ.
"""

import itertools
import re
import sys
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache

Pair = tuple[str, str]


@cache
def byte_alphabet() -> dict[int, str]:
    """A printable character for each of the 256 bytes, GPT-2's choice.

    A byte that is itself printable in Latin-1 stands for itself; the others get the characters from code point 256 on.
    """
    printable = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [byte for byte in range(256) if byte not in printable]
    return {byte: chr(byte) for byte in printable} | {byte: chr(256 + place) for place, byte in enumerate(others)}


@cache
def _word_pattern() -> re.Pattern:
    """GPT-2's pattern with its \\p{L} and \\p{N}, which Python's `re` lacks, written out as ranges of code points."""
    ranges: dict[str, list[list[int]]] = {"L": [], "N": []}
    for point in range(sys.maxunicode + 1):
        kind = ranges.get(unicodedata.category(chr(point))[0])
        if kind is not None:
            if kind and kind[-1][1] == point - 1:
                kind[-1][1] = point
            else:
                kind.append([point, point])
    letters, digits = ("".join(f"\\U{a:08x}-\\U{b:08x}" for a, b in ranges[kind]) for kind in "LN")
    return re.compile(rf"'(?:s|t|re|ve|m|ll|d)| ?[{letters}]+| ?[{digits}]+| ?[^\s{letters}{digits}]+|\s+(?!\S)|\s+")


def split_words(text: str) -> list[str]:
    """The pieces inside which merges may happen: words and numbers with the space before them, punctuation, spaces.

    Nothing is lost: joined, the pieces are the text.

    >>> split_words("To be, or not to be?")
    ['To', ' be', ',', ' or', ' not', ' to', ' be', '?']
    """
    return _word_pattern().findall(text)


def to_bytes(text: str) -> str:
    """The UTF-8 bytes of a text, each as its character of `byte_alphabet`; a lone surrogate becomes three bytes."""
    alphabet = byte_alphabet()
    return "".join(alphabet[byte] for byte in text.encode("utf-8", errors="surrogatepass"))


def join_pair(symbols: Sequence[str], pair: Pair) -> list[str]:
    """The symbols with every occurrence of the pair joined, from the left.

    >>> join_pair(["l", "o", "w", "l", "o"], ("l", "o"))
    ['lo', 'w', 'lo']
    """
    joined, place = [], 0
    while place < len(symbols):
        if tuple(symbols[place : place + 2]) == pair:
            joined.append(symbols[place] + symbols[place + 1])
            place += 2
        else:
            joined.append(symbols[place])
            place += 1
    return joined


def learn_merges(word_counts: Mapping[str, int], count: int) -> list[Pair]:
    """The most frequent pair of neighbouring symbols, again and again, each joined before the next is counted.

    Only the words that hold the joined pair are counted anew. Of equally frequent pairs the first in alphabetical order
    is taken, so that the result does not depend on the order of the words.

    Args:
        word_counts: how often each word occurs; its characters are the first symbols.
        count: how many merges; fewer are returned when no pair is left.

    Raises:
        ValueError: `count` is negative.
    """
    if count < 0:
        raise ValueError(f"count is {count}; it must not be negative.")
    words = {word: list(word) for word in word_counts}
    pairs: Counter[Pair] = Counter()
    holders: dict[Pair, set[str]] = defaultdict(set)

    def tally(word: str, sign: int) -> None:
        for pair in zip(words[word], words[word][1:], strict=False):
            pairs[pair] += sign * word_counts[word]
            holders[pair].add(word)

    for word in words:
        tally(word, 1)
    merges: list[Pair] = []
    while len(merges) < count and pairs:
        most = max(pairs.values())
        if most < 1:
            break
        best = min(pair for pair, times in pairs.items() if times == most)
        merges.append(best)
        for word in holders.pop(best):
            tally(word, -1)
            words[word] = join_pair(words[word], best)
            tally(word, 1)
        del pairs[best]
    return merges


class BytePairs:
    """A tokenizer: text to numbers and back, without loss for any string.

    Args:
        merges: pairs by priority, in the alphabet of `byte_alphabet`, as `learn_merges` or GPT-2's file gives them.
        token_ids: the number of each token; None numbers the 256 bytes first and then the merged tokens in their order.

    Raises:
        ValueError: a byte or a merged token has no number, so that some text could not be encoded.
    """

    def __init__(self, merges: Iterable[Pair], token_ids: Mapping[str, int] | None = None):
        self.merges = list(merges)
        self.rank = {pair: rank for rank, pair in enumerate(self.merges)}
        tokens = dict.fromkeys([*byte_alphabet().values(), *("".join(pair) for pair in self.merges)])
        self.token_ids = dict(token_ids) if token_ids is not None else {t: number for number, t in enumerate(tokens)}
        without = [token for token in tokens if token not in self.token_ids]
        if without:
            raise ValueError(f"The token {without[0]!r} has no number.")
        self.tokens = {number: token for token, number in self.token_ids.items()}
        self._bytes = {character: byte for byte, character in byte_alphabet().items()}
        self._known: dict[str, list[int]] = {}

    def __len__(self) -> int:
        """How many tokens there are."""
        return len(self.token_ids)

    def split(self, word: str) -> list[str]:
        """The tokens of one piece of `split_words`: of the pairs in it, the one learnt first is joined, and so on."""
        symbols = list(to_bytes(word))
        while len(symbols) > 1:
            pair = min(itertools.pairwise(symbols), key=lambda pair: self.rank.get(pair, len(self.rank)))
            if pair not in self.rank:
                break
            symbols = join_pair(symbols, pair)
        return symbols

    def encode(self, text: str) -> list[int]:
        """The numbers of the text's tokens."""
        numbers: list[int] = []
        for word in split_words(text):
            if word not in self._known:
                self._known[word] = [self.token_ids[token] for token in self.split(word)]
            numbers += self._known[word]
        return numbers

    def decode(self, numbers: Iterable[int]) -> str:
        """The text behind the numbers. Bytes that are not valid UTF-8, as at a torn character, are shown as �."""
        content = bytes(self._bytes[character] for number in numbers for character in self.tokens[number])
        try:
            return content.decode("utf-8", errors="surrogatepass")
        except UnicodeDecodeError:
            return content.decode("utf-8", errors="replace")
