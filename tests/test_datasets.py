"""course_utils.datasets: the data that the repository carries, and what happens when a file is damaged."""

import hashlib

import numpy as np
import pytest

from course_utils import datasets, paths

FOLDER = paths.data()
MANIFEST = datasets.manifest()
LOADERS = sorted(name for name in vars(datasets) if name.startswith("load_"))
DEMAND = "elecdemand_victoria_2014.csv.gz"  # a small file: the one that is damaged below


@pytest.fixture(scope="module")
def data():
    """What every loader returns, by the loader's name; `written` tells whether a file under data/ was touched."""

    def files():
        return {(path, path.stat().st_mtime_ns, path.stat().st_size) for path in FOLDER.rglob("*")}

    before = files()
    loaded = {name: getattr(datasets, name)() for name in LOADERS}
    return {**loaded, "written": files() ^ before}


# For each file the count that the manifest calls `rows`.
ROWS = {
    "mnist.npz": lambda data: len(data["load_mnist"].train_images) + len(data["load_mnist"].test_images),
    DEMAND: lambda data: len(data["load_electricity_demand"].time),
    "movie_snippets_en.csv.gz": lambda data: len(data["load_movie_snippets"].text),
    "reviews_sentiment_zh.csv.gz": lambda data: len(data["load_chinese_reviews"].text),
    "shakespeare_1mb.txt.gz": lambda data: len(data["load_shakespeare"].splitlines()),
    "tang_quatrains_zh.csv.gz": lambda data: len(data["load_tang_quatrains"].text),
    "cmudict.dict.gz": lambda data: sum(len(listed) for listed in data["load_cmudict"].values()),
    "movielens_ratings.csv.gz": lambda data: len(data["load_movielens"].rating),
    "movielens_movies.csv.gz": lambda data: len(data["load_movielens"].film_id),
    "models/glove_6b_50d_top20k.npz": lambda data: len(data["load_glove"].words),
    "models/gpt2_encoder.json.gz": lambda data: len(data["load_gpt2_encoding"].token_ids),
    "models/gpt2_vocab.bpe.gz": lambda data: len(data["load_gpt2_encoding"].merges),
    "models/bert_uncased_vocab.txt.gz": lambda data: len(data["load_bert_vocabulary"]),
    "models/phonemes_transformer.npz": lambda _: len(np.load(FOLDER / "models/phonemes_transformer.npz").files),
    "models/shakespeare_gpt.npz": lambda _: len(np.load(FOLDER / "models/shakespeare_gpt.npz").files),
    "models/quatrains_gpt.npz": lambda _: len(np.load(FOLDER / "models/quatrains_gpt.npz").files),
    # every matrix is two arrays in the file: its int8 values and their scales
    "models/minilm_l6_v2_int8.npz": lambda data: sum(2 if v.ndim == 2 else 1 for v in data["load_minilm"].values()),
}


def cosine(glove, first, second):
    first, second = (glove.vectors[list(glove.words).index(word)] for word in (first, second))
    return first @ second / np.linalg.norm(first) / np.linalg.norm(second)


# What is known about each set: loader, fact, value.
FACTS = [
    ("load_mnist", lambda mnist: mnist.train_images.shape, (60_000, 28, 28)),
    ("load_mnist", lambda mnist: mnist.test_images.shape, (10_000, 28, 28)),
    ("load_mnist", lambda mnist: {array.dtype.name for array in mnist}, {"uint8"}),
    ("load_mnist", lambda mnist: np.bincount(mnist.test_labels)[:5].tolist(), [980, 1135, 1032, 1010, 982]),
    ("load_electricity_demand", lambda s: {array.shape for array in s}, {(17_520,)}),
    ("load_electricity_demand", lambda s: set(np.diff(s.time)), {np.timedelta64(30, "m")}),
    ("load_electricity_demand", lambda s: s.is_working_day.dtype, bool),
    ("load_electricity_demand", lambda s: s.is_working_day.sum() / 48, 251),  # ten public holidays
    ("load_electricity_demand", lambda s: 2.5 < s.demand.min() < s.demand.max() < 10, True),
    ("load_electricity_demand", lambda s: 40 < s.temperature.max() < 46, True),  # the heat wave of January 2014
    ("load_movie_snippets", lambda s: np.unique(np.sign(s.rating), return_counts=True)[1].tolist(), [5326, 37, 5242]),
    ("load_movie_snippets", lambda s: np.abs(s.rating).max() <= 4, True),
    ("load_chinese_reviews", lambda reviews: (reviews.is_positive.dtype, reviews.is_positive.sum()), (bool, 8_305)),
    ("load_chinese_reviews", lambda reviews: len(set(reviews.text)), 17_319),
    ("load_shakespeare", len, 1_126_148),
    ("load_shakespeare", lambda text: "I have given suck, and know" in text, True),
    ("load_tang_quatrains", lambda q: set(q.characters_a_line), {5, 7}),
    ("load_tang_quatrains", lambda q: {"不详", "无名氏"} <= set(q.author), True),
    ("load_cmudict", lambda words: words["a"], [("AH0",), ("EY1",)]),
    ("load_cmudict", lambda words: [word for word in words if "(" in word or "#" in word], []),
    ("load_movielens", lambda films: len(set(films.user)), 671),
    ("load_movielens", lambda films: len(set(zip(films.user, films.film, strict=True))), 100_004),
    ("load_movielens", lambda films: set(films.film) ^ set(films.film_id), set()),
    ("load_movielens", lambda films: set(films.rating), {half / 2 for half in range(1, 11)}),
    ("load_movielens", lambda films: {str(time)[:4] for time in (min(films.time), max(films.time))}, {"1995", "2016"}),
    ("load_glove", lambda glove: (glove.vectors.shape, glove.vectors.dtype), ((20_000, 50), np.float32)),
    ("load_glove", lambda glove: cosine(glove, "king", "queen") > cosine(glove, "king", "bread"), True),
    ("load_gpt2_encoding", lambda encoding: sorted(encoding.token_ids.values()), list(range(50_257))),
    ("load_gpt2_encoding", lambda encoding: {"".join(pair) for pair in encoding.merges} <= set(encoding[0]), True),
    ("load_bert_vocabulary", lambda tokens: [tokens.index(t) for t in ("[PAD]", "[UNK]", "[CLS]")], [0, 100, 101]),
    ("load_minilm", lambda weights: {array.dtype.name for array in weights.values()}, {"float32"}),
    ("load_minilm", lambda weights: weights["embeddings.word_embeddings.weight"].shape, (30_522, 384)),
    ("load_minilm", lambda weights: sum("self.query.weight" in name for name in weights), 6),
]


@pytest.mark.parametrize(("loader", "fact", "value"), FACTS)
def test_loaded_data_agree_with_what_is_known(data, loader, fact, value):
    assert fact(data[loader]) == value


def test_every_loader_has_facts():
    assert {loader for loader, _, _ in FACTS} == set(LOADERS)


def test_loading_writes_nothing(data):
    assert data["written"] == set()


@pytest.mark.parametrize("name", MANIFEST)
class TestFile:
    def test_has_the_recorded_size_and_hash(self, name):
        content = (FOLDER / name).read_bytes()
        assert len(content) == MANIFEST[name]["bytes"]
        assert hashlib.sha256(content).hexdigest() == MANIFEST[name]["sha256"]

    def test_has_the_recorded_rows(self, name, data):
        assert ROWS[name](data) == MANIFEST[name]["rows"]

    def test_has_a_licence_and_an_origin(self, name):
        assert (FOLDER / MANIFEST[name]["licence_file"]).is_file()
        assert all(MANIFEST[name][field] for field in ("content", "origin", "licence", "citation"))

    def test_is_read_by_the_course(self, name):
        """Its name stands in a module of the package; that each loader is used is tested below."""
        sources = [path.read_text(encoding="utf-8") for path in (paths.repository() / "course_utils").rglob("*.py")]
        assert any(name in source for source in sources)

    def test_has_a_row_in_the_readme(self, name):
        lines = (FOLDER / "README.md").read_text(encoding="utf-8").splitlines()
        assert any(line.startswith("|") and name.split("/")[-1] in line for line in lines)


def test_every_data_file_is_in_the_manifest():
    found = {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*") if path.is_file()}
    assert set(MANIFEST) == {n for n in found if not n.startswith(("README", "manifest", "licences/", "checkpoints/"))}


@pytest.mark.parametrize("loader", LOADERS)
def test_every_loader_is_used_by_a_chapter_or_a_model(loader):
    root = paths.repository()
    sources = [*(root / "notebooks" / "sources").glob("*.py"), *(root / "course_utils" / "models").glob("*.py")]
    assert any(f"{loader}(" in path.read_text(encoding="utf-8") for path in sources)


@pytest.fixture
def demand(repository):
    """A copy of a small file in a repository of its own, to be damaged."""
    for name in (DEMAND, "manifest.toml"):
        (repository / "data" / name).write_bytes((FOLDER / name).read_bytes())
    assert len(datasets.load_electricity_demand().time) == 17_520
    return repository / "data" / DEMAND


@pytest.mark.parametrize(
    ("damage", "fault", "mend"),
    [
        (lambda content: content[:999] + bytes([content[999] ^ 1]) + content[1000:], "altered", "git checkout --"),
        (lambda content: content + b"more", "altered", "git checkout --"),
        (lambda content: content[:1000], "truncated: 1,000 bytes of 147,973", "git checkout --"),
        (lambda content: b"", "truncated", "git checkout --"),
        (lambda content: None, "missing", "git checkout --"),
        (lambda content: b"version https://git-lfs.github.com/spec/v1\n", "Git-LFS pointer", "git lfs pull --include"),
    ],
    ids=["one bit", "longer", "shorter", "empty", "missing", "pointer"],
)
def test_damaged_file_is_named_with_its_mend(demand, damage, fault, mend):
    content = damage(demand.read_bytes())
    demand.unlink() if content is None else demand.write_bytes(content)
    with pytest.raises(datasets.DataError, match=rf"^data/{DEMAND} (is|was) .*{fault}.*{mend} data/{DEMAND}"):
        datasets.load_electricity_demand()


def test_file_outside_the_manifest_is_refused(demand):
    (demand.parent / "private.csv").write_text("a,b\n")
    with pytest.raises(datasets.DataError, match=rf"private\.csv is not in data/manifest\.toml.*{DEMAND}"):
        datasets.read_verified("private.csv")


@pytest.mark.parametrize(
    ("first", "second", "count"),
    [
        (["a", "b"], ["c"], 0),
        (["a", "b"], ["b", "b", "c"], 2),
        (np.arange(6).reshape(3, 2), np.array([[2, 3], [3, 2]]), 1),
        (np.array(["甲", "乙"], dtype=object), np.array(["乙"], dtype=object), 1),
        ([3], np.array([3, 4]), 1),
        (np.array([["a", "x" * 9]], object), np.array([["a", "".join("x" * 9)]], object), 1),
    ],
    ids=["none", "repeated", "rows", "texts", "list and array", "rows of texts"],
)
def test_overlap_counts_the_items_of_the_second_that_are_in_the_first(first, second, count):
    assert datasets.overlap(first, second) == count


def test_overlap_refuses_arrays_of_different_types():
    with pytest.raises(ValueError, match="float32 and float64"):
        datasets.overlap(np.ones(3, "float32"), np.ones(3, "float64"))
