"""WordPiece, BERT's tokenizer: words as the longest pieces that the vocabulary holds, and how pieces are learnt.

Source: Schuster and Nakajima (2012), "Japanese and Korean voice search"; Wu et al. (2016), "Google's neural machine
translation system", section 4.1. Words are cut as in BERT's published code (Devlin et al., 2019).
"""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import pairwise
from math import log

PAD, UNK, CLS, SEP, MASK = "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"
SPECIAL = (PAD, UNK, CLS, SEP, MASK)
CONTINUES = "##"  # marks a piece that goes on with a word
LONGEST_WORD = 100  # longer ones are unknown; Hugging Face's tokenizer has the same limit, BERT's own code 200
# The blocks of Chinese characters that BERT's code sets apart as words of their own.
_CHINESE = (
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2CEAF),
    (0x2F800, 0x2FA1F),
)


def words(text: str) -> list[str]:
    """Lower-case words without accents; each punctuation mark and each Chinese character is a word of its own.

    >>> words("A café isn't a CAFÉ!")
    ['a', 'cafe', 'isn', "'", 't', 'a', 'cafe', '!']
    """
    spaced = []
    for character in unicodedata.normalize("NFD", text.lower()):
        kind = unicodedata.category(character)
        if kind == "Mn" or character == "\ufffd" or (kind.startswith("C") and character not in "\t\n\r"):
            continue  # accents, replacement and control characters
        stands_alone = _is_punctuation(character, kind) or any(a <= ord(character) <= b for a, b in _CHINESE)
        spaced.append(f" {character} " if stands_alone else character)
    return "".join(spaced).split()


def _is_punctuation(character: str, kind: str) -> bool:
    """Unicode's punctuation, and every other ASCII sign that is neither letter, digit nor space."""
    return kind.startswith("P") or (character.isascii() and not character.isalnum() and not character.isspace())


def pair_scores(split_words: Mapping[tuple[str, ...], int]) -> dict[tuple[str, str], float]:
    """By how much joining two pieces would raise the log-likelihood of the text, nearly.

    score(a, b) = count(ab) · ln (count(ab) · N / (count(a) · count(b))) with N pieces in all: each joined pair costs
    −ln P(ab) instead of −ln P(a) − ln P(b). That the remaining a and b become rarer is left out.

    Args:
        split_words: how often each word occurs, a word being a tuple of pieces.
    """
    pieces: Counter = Counter()
    pairs: Counter = Counter()
    for word, count in split_words.items():
        for piece in word:
            pieces[piece] += count
        for pair in pairwise(word):
            pairs[pair] += count
    total = pieces.total()
    return {(a, b): count * log(count * total / (pieces[a] * pieces[b])) for (a, b), count in pairs.items()}


def merged(word: tuple[str, ...], pair: tuple[str, str]) -> tuple[str, ...]:
    """The word with each occurrence of the pair as one piece.

    >>> merged(("h", "##u", "##g"), ("##u", "##g"))
    ('h', '##ug')
    """
    result: list[str] = []
    for piece in word:
        if result and (result[-1], piece) == pair:
            result[-1] += piece.removeprefix(CONTINUES)
        else:
            result.append(piece)
    return tuple(result)


def learn_pieces(word_counts: Mapping[str, int], merges: int) -> tuple[list[str], list[tuple[str, str]]]:
    """Begin with single characters and join, again and again, the pair of neighbours with the highest score.

    The likelihood criterion is that of Schuster and Nakajima (2012, section 3); byte-pair encoding joins the most
    frequent pair instead. Every round counts everything anew: easy to follow, and fast enough for some hundred merges.

    Args:
        word_counts: how often each word occurs.
        merges: rounds; fewer if nothing is left to join.

    Returns:
        The pieces, single characters first, and the pairs in the order of their joining.
    """
    split_words = {(word[0], *(CONTINUES + c for c in word[1:])): count for word, count in word_counts.items()}
    pieces = sorted({piece for word in split_words for piece in word})
    joined = []
    for _ in range(merges):
        scores = pair_scores(split_words)
        if not scores:
            break
        best = min(scores, key=lambda pair: (-scores[pair], pair))
        split_words = {merged(word, best): count for word, count in split_words.items()}
        joined.append(best)
        pieces.append(best[0] + best[1].removeprefix(CONTINUES))
    return list(dict.fromkeys(pieces)), joined


class WordPiece:
    """A tokenizer with a fixed vocabulary.

    Args:
        pieces: the vocabulary; a piece's place is its number. [PAD] must be number 0, as everywhere in this course, and
            [UNK], [CLS], [SEP] and [MASK] must be there.

    Raises:
        ValueError: a special token is missing, a piece stands there twice, or [PAD] is not the first.
    """

    def __init__(self, pieces: Sequence[str]):
        self.pieces = list(pieces)
        self.numbers = {piece: number for number, piece in enumerate(self.pieces)}
        missing = [token for token in SPECIAL if token not in self.numbers]
        if missing or len(self.numbers) < len(self.pieces) or self.pieces[0] != PAD:
            raise ValueError(
                f"A WordPiece vocabulary has each piece once, begins with {PAD} and holds {', '.join(SPECIAL)}; "
                f"missing: {', '.join(missing) or 'none'}, first: {self.pieces[:1]}."
            )
        self.longest = max(map(len, self.pieces))
        self.cls, self.sep, self.mask, self.unknown = (self.numbers[token] for token in (CLS, SEP, MASK, UNK))
        self.special = sorted(self.numbers[token] for token in SPECIAL)
        self.split_word = cache(self.split_word)  # texts repeat their words

    def __len__(self) -> int:
        return len(self.pieces)

    def split_word(self, word: str) -> tuple[str, ...]:
        """The longest piece that begins the word, then the longest that goes on, and so on; [UNK] if one is missing."""
        if len(word) > LONGEST_WORD:
            return (UNK,)
        found: list[str] = []
        start = 0
        while start < len(word):
            prefix = CONTINUES if start else ""
            for end in range(min(len(word), start + self.longest), start, -1):
                if prefix + word[start:end] in self.numbers:
                    break
            else:
                return (UNK,)
            found.append(prefix + word[start:end])
            start = end
        return tuple(found)

    def split(self, text: str) -> list[str]:
        """The pieces of a text, without special tokens."""
        return [piece for word in words(text) for piece in self.split_word(word)]

    def encode(self, text: str, longest: int = 512) -> list[int]:
        """[CLS], the text's pieces, [SEP], as numbers; cut so that no more than `longest` remain.

        Raises:
            ValueError: `longest` leaves no room for the two special tokens.
        """
        if longest < 2:
            raise ValueError(f"longest is {longest}; {CLS} and {SEP} alone are 2.")
        return [self.cls, *(self.numbers[piece] for piece in self.split(text)[: longest - 2]), self.sep]

    def decode(self, numbers: Iterable[int]) -> str:
        """The text behind the numbers in lower case, with single spaces; padding is left out."""
        shown = (self.pieces[number] for number in numbers if number)
        return " ".join(shown).replace(f" {CONTINUES}", "")

    def restricted(self, texts: Iterable[str], minimum_count: int = 1) -> "WordPiece":
        """The same pieces, but only those that occur in the texts so many times, and the special tokens.

        A rarer word is cut into smaller pieces by it, or unknown.
        """
        counts = Counter(piece for text in texts for piece in self.split(text))
        kept = (piece for piece in self.pieces if counts[piece] >= minimum_count and piece not in SPECIAL)
        return WordPiece([*SPECIAL, *kept])
