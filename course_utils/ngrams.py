"""Language models by counting: n-grams with Witten–Bell smoothing, and compressors.

Source: Bell, Cleary and Witten (1990), "Text compression"; Chen and Goodman (1999), "An empirical study of smoothing
techniques for language modeling", section 2.5.
"""

import bz2
import lzma
import math

import numpy as np


def _codes(numbers: np.ndarray, length: int, tokens: int) -> np.ndarray:
    """A number for every run of `length` tokens, the last token being its lowest digit."""
    codes = np.zeros(len(numbers) - length + 1, np.int64)
    for offset in range(length):
        codes = codes * tokens + numbers[offset : len(numbers) - length + 1 + offset]
    return codes


class NGrams:
    """P(token | the n − 1 tokens before it), each order mixed with the shorter one (Witten–Bell).

    P(t | h) = (c(h t) + T(h) P(t | h without its first)) / (c(h) + T(h)): c counts occurrences, and T(h) how many
    different tokens were seen after h, the measure of how often something new is to be expected. Below the first order
    all tokens are equally probable. A context that was never seen says nothing, and the shorter one stands for it.

    Args:
        numbers: the tokens of the training text, whole numbers below `tokens`.
        tokens: how many different ones there are.
        order: n.

    Raises:
        ValueError: `order` is below 1, or so large that a run of tokens no longer fits 63 bits.
    """

    def __init__(self, numbers: np.ndarray, tokens: int, order: int):
        if order < 1 or order * math.log2(tokens) >= 63:
            raise ValueError(f"order is {order}; it must be at least 1 and {tokens}^order below 2^63.")
        self.tokens, self.order, self.levels = tokens, order, []
        for length in range(1, order + 1):
            runs, counts = np.unique(_codes(np.asarray(numbers, np.int64), length, tokens), return_counts=True)
            contexts, first, followers = np.unique(runs // tokens, return_index=True, return_counts=True)
            self.levels.append((runs, counts, contexts, np.add.reduceat(counts, first), followers))

    def _mixed(self, runs_by_length) -> np.ndarray:
        p = 1 / self.tokens
        for runs, (known, counts, contexts, totals, followers) in zip(runs_by_length, self.levels, strict=True):
            place = np.minimum(np.searchsorted(known, runs), len(known) - 1)
            count = np.where(known[place] == runs, counts[place], 0)
            context = np.minimum(np.searchsorted(contexts, runs // self.tokens), len(contexts) - 1)
            is_seen = contexts[context] == runs // self.tokens
            total, new = totals[context], followers[context]
            p = np.where(is_seen, (count + new * p) / (total + new), p)
        return p

    def losses(self, numbers: np.ndarray, start: int) -> np.ndarray:
        """−ln P of each token from place `start` on, in nats; float64, shape (len(numbers) − start,).

        Raises:
            ValueError: fewer than n − 1 tokens stand before `start`.
        """
        if start < self.order - 1:
            raise ValueError(f"start is {start}; {self.order - 1} tokens of context must stand before it.")
        numbers = np.asarray(numbers, np.int64)
        runs = (_codes(numbers[start - length :], length + 1, self.tokens) for length in range(self.order))
        return -np.log(self._mixed(runs))

    def following(self, context: np.ndarray) -> np.ndarray:
        """The probability of every token after a context of at least n − 1 tokens; float64, shape (tokens,)."""
        context = np.asarray(context, np.int64)
        ends = (_codes(context[len(context) - length :], length, self.tokens)[0] for length in range(1, self.order))
        return self._mixed([end * self.tokens + np.arange(self.tokens) for end in (0, *ends)])

    def sample(self, context: np.ndarray, count: int, seed: int = 0) -> np.ndarray:
        """`count` tokens that follow the context, drawn one after another; int64."""
        random, found = np.random.default_rng(seed), list(context)
        for _ in range(count):
            found.append(random.choice(self.tokens, p=self.following(np.array(found[-max(self.order, 1) :]))))
        return np.array(found[len(context) :])


COMPRESSORS = {
    "bz2": lambda content: bz2.compress(content, 9),
    "lzma": lambda content: lzma.compress(content, preset=9 | lzma.PRESET_EXTREME),
}
BZ2_BLOCK = 890_000  # bytes; a block holds 900,000 after a first step that lengthens some texts a little


def compressed_nats(training: bytes, text: bytes, compressor: str) -> float:
    """How many nats a byte of `text` costs a compressor that has read the training text: what its output grows by.

    A compressor is a language model: an optimal code spends −log p on each token (Shannon, 1948). bz2 begins anew after
    every 900,000 bytes, so it is given as much of the end of the training text as fits into one block with the text.

    Args:
        training, text: what is compressed together.
        compressor: "bz2" or "lzma".
    """
    compress = COMPRESSORS[compressor]
    if compressor == "bz2":
        training = training[max(0, len(training) + len(text) - BZ2_BLOCK) :]
    return (len(compress(training + text)) - len(compress(training))) * 8 * math.log(2) / len(text)
