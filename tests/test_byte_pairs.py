"""course_utils.byte_pairs."""

import itertools
import random
from collections import Counter

import pytest

from course_utils import datasets
from course_utils.byte_pairs import BytePairs, byte_alphabet, join_pair, learn_merges, split_words, to_bytes


@pytest.fixture(scope="module")
def gpt2():
    encoding = datasets.load_gpt2_encoding()
    return BytePairs(encoding.merges, encoding.token_ids)


def any_text(seed):
    """Up to 60 characters from all of Unicode: frequent ranges, spaces, marks, astral planes, even lone surrogates."""
    draw = random.Random(seed)
    ranges = [(32, 126), (9, 13), (0, 0x10FFFF), (0x4E00, 0x9FFF), (0x300, 0x36F), (0x1F300, 0x1FAFF), (0xD800, 0xDFFF)]
    ranges += [(0xB2, 0xBE), (0x2000, 0x200F), (0x1C, 0x1F)]
    return "".join(chr(draw.randint(*draw.choice(ranges))) for _ in range(draw.randint(0, 60)))


@pytest.mark.parametrize("merges", [0, 300])
def test_round_trip_for_any_unicode_string(merges):
    training = Counter(map(to_bytes, split_words(datasets.load_shakespeare()[:50_000])))
    tokenizer = BytePairs(learn_merges(training, merges))
    for seed in range(1000):
        text = any_text(seed)
        numbers = tokenizer.encode(text)
        assert tokenizer.decode(numbers) == text
        assert all(0 <= number < len(tokenizer) for number in numbers)
        assert "".join(split_words(text)) == text


def test_gpt2_round_trip_and_published_numbers(gpt2):
    for seed in range(300):
        assert gpt2.decode(gpt2.encode(any_text(seed))) == any_text(seed)
    assert len(gpt2) == 50_257
    assert gpt2.encode("Hello, my dog is cute") == [15496, 11, 616, 3290, 318, 13779]  # the Transformers documentation
    assert gpt2.split(" lower") == ["Ġlower"]


def test_words_are_cut_as_gpt2_cuts_them():
    pieces = ["I", "'ve", " 12²", " ", " o", "'", "clock", "!", "\n\n", " x"]
    assert split_words("I've 12²  o'clock!\n\n x") == pieces
    assert split_words("") == []
    assert split_words("四时é") == ["四时é"]


def test_the_published_example():
    """Sennrich et al. (2016), algorithm 1: the first merges of low, lower, newest, widest."""
    merges = learn_merges({"low_": 5, "lower_": 2, "newest_": 6, "widest_": 3}, 4)
    assert merges == [("e", "s"), ("es", "t"), ("est", "_"), ("l", "o")]


def test_learning_equals_counting_everything_anew():
    counts = Counter(map(to_bytes, split_words(datasets.load_shakespeare()[:20_000])))
    words, expected = {word: list(word) for word in counts}, []
    for _ in range(60):
        pairs = Counter()
        for word, symbols in words.items():
            for pair in itertools.pairwise(symbols):
                pairs[pair] += counts[word]
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        expected.append(best)
        words = {word: join_pair(symbols, best) for word, symbols in words.items()}
    assert learn_merges(counts, 60) == expected


def test_merges_end_when_no_pair_is_left():
    assert learn_merges({"aaa": 2}, 10) == [("a", "a"), ("aa", "a")]
    assert learn_merges({}, 10) == []
    with pytest.raises(ValueError, match="count is -1"):
        learn_merges({"ab": 1}, -1)


def test_pairs_are_joined_from_the_left():
    assert join_pair(list("aaaa"), ("a", "a")) == ["aa", "aa"]
    assert join_pair(list("aaa"), ("a", "a")) == ["aa", "a"]
    assert join_pair([], ("a", "a")) == []


def test_a_torn_character_is_shown_as_such(gpt2):
    numbers = BytePairs([]).encode("é")
    assert BytePairs([]).decode(numbers[:1]) == "�"
    assert gpt2.decode([]) == ""


def test_every_byte_has_its_own_character():
    alphabet = byte_alphabet()
    assert sorted(alphabet) == list(range(256))
    assert len(set(alphabet.values())) == 256
    assert all(character.isprintable() and not character.isspace() for character in alphabet.values())


def test_a_token_without_number_is_refused():
    ids = {character: byte for byte, character in byte_alphabet().items()}
    with pytest.raises(ValueError, match="'th' has no number"):
        BytePairs([("t", "h")], ids)
