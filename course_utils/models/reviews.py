"""The trained models of chapter 04."""

from collections import Counter
from itertools import chain
from typing import NamedTuple

import keras
import numpy as np
from keras import layers, ops

from course_utils import datasets, splits, text


class ReviewRecipe(NamedTuple):
    """Sizes and training settings of the review classifier in one language, all chosen without the test part."""

    longest: int  # tokens kept of a review
    gram_tokens: int  # the n-grams are those of so many tokens
    most_grams: int  # different known n-grams kept of a review
    gram_length: int  # n-grams of 1 to so many tokens
    minimum_count: int  # rarer n-grams are left out
    dimension: int  # of a token vector
    gram_dropout: float
    ratio_dropout: float
    epochs: int
    learning_rate: float


REVIEW_RECIPES = {
    "en": ReviewRecipe(40, 80, 80, 2, 1, 50, gram_dropout=0.7, ratio_dropout=0.7, epochs=4, learning_rate=3e-3),
    "zh": ReviewRecipe(160, 160, 400, 3, 2, 64, gram_dropout=0.5, ratio_dropout=0.5, epochs=3, learning_rate=5e-3),
}


class Reviews(NamedTuple):
    """Film or shop reviews as the classifier of chapter 04 sees them; one entry or row a review."""

    recipe: ReviewRecipe
    texts: np.ndarray
    rating: np.ndarray  # float64: mean rating in −4…4; in Chinese −1 or 1
    is_positive: np.ndarray  # bool
    target: np.ndarray  # float32 in 0…1, what is trained on
    group: np.ndarray  # int64; near-duplicates share a number
    parts: splits.Parts
    tokens: list[list[str]]  # of the whole review
    grams: list[list[str]]  # n-grams of the first `gram_tokens` tokens
    token_vocabulary: text.Vocabulary
    gram_vocabulary: text.Vocabulary
    token_ids: np.ndarray  # int32 (reviews, longest), padded on the right
    gram_ids: np.ndarray  # int32 (reviews, most_grams), each known n-gram once, padded on the right
    token_vectors: np.ndarray  # float32 (tokens, dimension): start of the token embedding, zero for padding
    log_count_ratios: np.ndarray  # float32 (n-grams,): naive Bayes on the training part

    def inputs(self, rows: np.ndarray) -> list[np.ndarray]:
        """The classifier's two inputs for these rows."""
        return [self.token_ids[rows], self.gram_ids[rows]]

    def is_right(self, scores: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """1.0 where the score of a review in `rows` has the right sign, else 0.0."""
        return ((np.ravel(scores) > 0) == self.is_positive[rows]).astype(float)


def log_count_ratios(gram_ids: np.ndarray, is_positive: np.ndarray, size: int, smoothing: float = 1.0) -> np.ndarray:
    """Naive Bayes for texts as sets: ln (share of an n-gram in the positive / in the negative texts).

    r_g = ln [(p_g + s) / Σ (p + s)] − ln [(q_g + s) / Σ (q + s)], where p_g and q_g count the positive and the negative
    texts that contain g (Wang and Manning, 2012, section 2.1, the binarised variant).

    Args:
        gram_ids: numbers of the n-grams of each text, each once, padded with 0; shape (texts, longest).
        is_positive: bool, shape (texts,).
        size: the size of the vocabulary.
        smoothing: s, added to every count.

    Returns:
        float32, shape (size,); 0 for padding and unknown.
    """
    logarithms = []
    for rows in (is_positive, ~is_positive):
        counts = np.bincount(gram_ids[rows].ravel(), minlength=size) + smoothing
        counts[[text.PADDING, text.UNKNOWN]] = 0
        logarithms.append(np.log(np.maximum(counts, 1e-300) / counts.sum()))
    ratios = logarithms[0] - logarithms[1]
    ratios[[text.PADDING, text.UNKNOWN]] = 0
    return ratios.astype(np.float32)


def prepare_reviews(language: str, parts: splits.Parts | None = None) -> Reviews:
    """Load, group, split and encode the English or Chinese reviews.

    Vocabularies and log-count ratios come from the training part alone, except that a word with a pre-trained vector
    gets a number wherever it occurs.

    Args:
        language: "en" (film reviews, as words) or "zh" (reviews of hotels, books and laptops, as characters).
        parts: other parts than the chapter's, such as a fold of a cross-validation.

    Raises:
        ValueError: there is no such language.
    """
    if language not in REVIEW_RECIPES:
        raise ValueError(f'language is {language!r}; there are "en" and "zh".')
    recipe = REVIEW_RECIPES[language]
    if language == "en":
        texts, rating = datasets.load_movie_snippets()
        texts, rating = texts[rating != 0], rating[rating != 0]
        keys = [text.letters_only(review) for review in texts]
        group = splits.near_duplicate_groups([key.split() for key in keys], threshold=0.6)
        tokens = [text.word_tokens(review) for review in texts]
        target = 1 / (1 + np.exp(-2 * rating))  # the raters' mean as a probability: near 0 it is a soft example
        pretrained = dict(zip(*datasets.load_glove(), strict=True))
    else:
        texts, is_positive = datasets.load_chinese_reviews()
        rating = np.where(is_positive, 1.0, -1.0)
        keys = [text.letters_only(review) for review in texts]
        group = splits.near_duplicate_groups([text.character_pairs(key) for key in keys], threshold=0.6)
        tokens = [text.character_tokens(review) for review in texts]
        target, pretrained = is_positive, {}
    parts = parts or splits.split_by_group(keys, group)
    grams = [text.n_grams(review[: recipe.gram_tokens], recipe.gram_length) for review in tokens]

    seen = set(chain.from_iterable(tokens))
    with_vector = [word for word in pretrained if word in seen]  # numbered even if no training text has them
    token_vocabulary = text.Vocabulary([tokens[row] for row in parts.train], minimum_count=2, extra=with_vector)
    token_vectors = np.random.default_rng(0).normal(0, 0.05, (len(token_vocabulary), recipe.dimension))
    token_vectors[text.PADDING] = 0
    token_vectors[token_vocabulary.encode(with_vector)] = [pretrained[word] for word in with_vector] or 0.0

    gram_vocabulary = text.Vocabulary([grams[row] for row in parts.train], recipe.minimum_count)
    gram_ids = text.pad([gram_vocabulary.encode_known(review) for review in grams], recipe.most_grams)
    ratios = log_count_ratios(gram_ids[parts.train], rating[parts.train] > 0, len(gram_vocabulary))
    return Reviews(
        recipe=recipe,
        texts=texts,
        rating=rating,
        is_positive=rating > 0,
        target=target.astype(np.float32),
        group=group,
        parts=parts,
        tokens=tokens,
        grams=grams,
        token_vocabulary=token_vocabulary,
        gram_vocabulary=gram_vocabulary,
        token_ids=text.pad([token_vocabulary.encode(review) for review in tokens], recipe.longest),
        gram_ids=gram_ids,
        token_vectors=token_vectors.astype(np.float32),
        log_count_ratios=ratios,
    )


REVIEW_BRANCHES = ("tokens", "grams", "ratios")


def build_text_classifier(reviews: Reviews, branches: tuple[str, ...] = REVIEW_BRANCHES) -> keras.Model:
    """Three embeddings of one text, added up to one number: above 0 means positive.

    "tokens": pre-trained token vectors, averaged, trained on. "grams": vectors of words and word pairs, averaged
    (Joulin et al., 2017, fastText). "ratios": one number an n-gram, summed and divided by √count: a logistic
    regression, started at naive Bayes (Wang and Manning, 2012). Dropout removes whole tokens and n-grams.

    Args:
        reviews: what `prepare_reviews` returns.
        branches: some of the three, for comparisons.
    """
    inputs = [keras.Input((len(ids[0]),), dtype="int32") for ids in (reviews.token_ids, reviews.gram_ids)]
    token_mask, gram_mask = (ops.cast(ops.not_equal(ids, text.PADDING), "float32") for ids in inputs)

    def pooled(ids, mask, start, dropout, name, power=1.0):
        embedding = layers.Embedding(*start.shape, embeddings_initializer=keras.initializers.Constant(start), name=name)
        kept = layers.Dropout(dropout)(mask)
        return ops.sum(embedding(ids) * kept[..., None], axis=1) / (1 + ops.sum(mask, axis=1, keepdims=True)) ** power

    features, outputs = [], []
    if "tokens" in branches:
        features.append(pooled(inputs[0], token_mask, reviews.token_vectors, 0.3, "tokens"))
    if "grams" in branches:
        start = keras.random.uniform((len(reviews.gram_vocabulary), 16), -0.05, 0.05)
        features.append(pooled(inputs[1], gram_mask, start, reviews.recipe.gram_dropout, "grams"))
    if features:
        hidden = layers.Dense(64, activation="relu")(
            layers.Concatenate()(features) if len(features) > 1 else features[0]
        )
        outputs.append(layers.Dense(1)(layers.Dropout(0.3)(hidden)))
    if "ratios" in branches:
        start = reviews.log_count_ratios[:, None]
        outputs.append(pooled(inputs[1], gram_mask, start, reviews.recipe.ratio_dropout, "ratios", power=0.5))
    return keras.Model(inputs, layers.Add()(outputs) if len(outputs) > 1 else outputs[0])


def train_text_classifier(reviews: Reviews, seed: int = 0, branches=REVIEW_BRANCHES, callbacks=()):
    """The review classifier of chapter 04, trained on the training part.

    Args:
        reviews: what `prepare_reviews` returns.
        seed: for start values, order and dropout.
        branches: see `build_text_classifier`.
        callbacks: of `fit`.

    Returns:
        The model, which maps `reviews.inputs(rows)` to scores of shape (rows, 1), and the history of its training. On
        the test part about 0.81 of the English and 0.85 of the Chinese reviews get the right sign.
    """

    def accuracy(target, score):
        return ops.cast(ops.equal(ops.reshape(target, (-1, 1)) > 0.5, score > 0), "float32")

    keras.utils.set_random_seed(seed)
    model = build_text_classifier(reviews, branches)
    train, validation, _ = reviews.parts
    steps = reviews.recipe.epochs * -(-len(train) // 128)
    model.compile(
        keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(reviews.recipe.learning_rate, steps)),
        keras.losses.BinaryCrossentropy(from_logits=True),
        metrics=[accuracy],
        steps_per_execution=16,
    )
    history = model.fit(
        reviews.inputs(train),
        reviews.target[train],
        validation_data=(reviews.inputs(validation), reviews.target[validation]),
        batch_size=128,
        epochs=reviews.recipe.epochs,
        verbose=0,
        callbacks=list(callbacks),
    )
    return model, history.history


class Quatrains(NamedTuple):
    """Quatrains of the ten Tang poets who left the most; one entry a poem."""

    poets: list[str]  # the most prolific first
    texts: np.ndarray
    characters: np.ndarray  # strings: the text without punctuation
    author: np.ndarray  # int64, a place in `poets`
    group: np.ndarray  # int64; near-duplicates share a number
    parts: splits.Parts
    disputed: int  # poems of the ten that were left out, since a near-duplicate bears another name


def prepare_quatrains() -> Quatrains:
    """The poems of the ten, without those that the collection also gives to somebody else, grouped and split."""
    _, authors, _, texts = datasets.load_tang_quatrains()
    characters = np.array([text.letters_only(poem).replace(" ", "") for poem in texts], dtype=object)
    group = splits.near_duplicate_groups([text.character_pairs(poem) for poem in characters], threshold=0.5)
    counts = Counter(authors[~np.isin(authors, ["不详", "无名氏"])])  # both mean "unknown"
    poets = [poet for poet, _ in counts.most_common(10)]
    names: dict[int, set[str]] = {}
    for number, author in zip(group.tolist(), authors, strict=True):
        names.setdefault(number, set()).add(author)
    is_of_the_ten = np.isin(authors, poets)
    kept = is_of_the_ten & np.array([len(names[number]) == 1 for number in group.tolist()])
    return Quatrains(
        poets=poets,
        texts=texts[kept],
        characters=characters[kept],
        author=np.array([poets.index(author) for author in authors[kept]]),
        group=group[kept],
        parts=splits.split_by_group(characters[kept], group[kept]),
        disputed=int(is_of_the_ten.sum() - kept.sum()),
    )


def build_poet_classifier(
    quatrains: Quatrains, length: int = 32, masked: bool = True
) -> tuple[keras.Model, np.ndarray]:
    """Embedding (128), LSTM (64) and ten classes, and the poems as its input.

    Args:
        quatrains: what `prepare_quatrains` returns.
        length: the poems are padded to it on the right; the longest has 32 characters with punctuation.
        masked: whether the LSTM leaves the padding out.

    Returns:
        The untrained model, and int32 of shape (poems, length). The vocabulary comes from the training part.
    """
    vocabulary = text.Vocabulary([list(quatrains.texts[row]) for row in quatrains.parts.train])
    layers = [
        keras.Input((length,), dtype="int32"),
        keras.layers.Embedding(len(vocabulary), 128, mask_zero=masked, name="characters"),
        keras.layers.LSTM(64),
        keras.layers.Dense(10, activation="softmax"),
    ]
    return keras.Sequential(layers), text.pad([vocabulary.encode(poem) for poem in quatrains.texts], length)


def train_poet_classifier(
    quatrains: Quatrains, seed: int = 0, length=32, masked=True, epochs=5, batch_size=64, callbacks=()
):
    """The LSTM of chapter 04 that names the poet of a quatrain, trained on the training part.

    Args:
        quatrains, length, masked: see `build_poet_classifier`.
        seed: for start values and order.
        epochs, batch_size, callbacks: of `fit`.

    Returns:
        The model, its input for all poems, and the history. Test accuracy about 0.38; counting reaches about 0.50.
    """
    keras.utils.set_random_seed(seed)
    model, ids = build_poet_classifier(quatrains, length, masked)
    model.compile(keras.optimizers.Adam(3e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    known, new = ((ids[rows], quatrains.author[rows]) for rows in quatrains.parts[:2])
    options = {"epochs": epochs, "batch_size": batch_size, "verbose": 0, "callbacks": list(callbacks)}
    return model, ids, model.fit(*known, validation_data=new, **options).history
