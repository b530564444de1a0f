# Answers of imagined students to assignment 04, and what each must get. tests/test_assignments.py grades them.

# %% exercise="mend_the_classifier" points=1 what="gives the last word its row, and no more" says="Which argument forbids the table to learn"
def build_classifier(words, classes):
    return keras.Sequential(
        [
            keras.Input((None,), dtype="int32"),
            keras.layers.Embedding(words + 1, 8, trainable=False),
            keras.layers.LSTM(8),
            keras.layers.Dense(classes, activation="sigmoid"),
        ]
    )


# %% exercise="mend_the_classifier" points=3 what="forgets the mask" says="Who tells the LSTM where the text ends"
def build_classifier(words, classes):
    return keras.Sequential(
        [
            keras.Input((None,), dtype="int32"),
            keras.layers.Embedding(words + 1, 8),
            keras.layers.LSTM(8),
            keras.layers.Dense(classes, activation="softmax"),
        ]
    )


# %% exercise="mend_the_classifier" points=3 what="forgets that 0 needs a row too" says="how many are these"
def build_classifier(words, classes):
    return keras.Sequential(
        [
            keras.Input((None,), dtype="int32"),
            keras.layers.Embedding(words, 8, mask_zero=True),
            keras.layers.LSTM(8),
            keras.layers.Dense(classes, activation="softmax"),
        ]
    )


# %% exercise="mend_the_classifier" points=3 what="leaves each class on its own" says="makes all classes share one whole"
def build_classifier(words, classes):
    return keras.Sequential(
        [
            keras.Input((None,), dtype="int32"),
            keras.layers.Embedding(words + 1, 8, mask_zero=True),
            keras.layers.LSTM(8),
            keras.layers.Dense(classes, activation="sigmoid"),
        ]
    )


# %% exercise="mend_the_classifier" points=4 what="uses the functional style, a spare row and an explicit mask"
def build_classifier(words, classes):
    ids = keras.Input((None,), dtype="int32")
    vectors = keras.layers.Embedding(words + 2, 8)(ids)
    state = keras.layers.LSTM(8)(vectors, mask=keras.ops.not_equal(ids, 0))
    return keras.Model(ids, keras.layers.Softmax()(keras.layers.Dense(classes)(state)))


# %% exercise="table_gradient" points=2 what="adds with fancy indexing" says="np.add.at"
def table_gradient(ids, table, d_average):
    mask = ids != 0
    shares = mask / mask.sum(axis=1, keepdims=True)
    gradient = np.zeros(table.shape)
    gradient[ids] += shares[..., None] * d_average[:, None]
    return gradient


# %% exercise="table_gradient" points=0.5 what="averages over the padding too" says="How many of them take part in the average"
def table_gradient(ids, table, d_average):
    gradient = np.zeros(table.shape)
    for text, slope in zip(ids, d_average):
        for token in text:
            gradient[token] += slope / len(text)
    return gradient


# %% exercise="table_gradient" points=1.5 what="forgets to divide" says="What share of the average is one token's"
def table_gradient(ids, table, d_average):
    gradient = np.zeros(table.shape)
    for text, slope in zip(ids, d_average):
        for token in text[text != 0]:
            gradient[token] += slope
    return gradient


# %% exercise="table_gradient" points=3 what="lets padding have a gradient" says="With what weight did padding enter"
def table_gradient(ids, table, d_average):
    gradient = np.zeros(table.shape)
    for text, slope in zip(ids, d_average):
        for token in text:
            gradient[token] += slope / np.count_nonzero(text)
    return gradient


# %% exercise="table_gradient" points=0 what="starts from the table" says="Where should a row without visits start"
def table_gradient(ids, table, d_average):
    gradient = table.copy()
    for text, slope in zip(ids, d_average):
        for token in text[text != 0]:
            gradient[token] += slope / (text != 0).sum()
    return gradient


# %% exercise="table_gradient" points=4 what="multiplies by one-hot vectors and returns lists"
def table_gradient(ids, table, d_average):
    one_hot = np.eye(len(table))[ids]
    one_hot[..., 0] = 0
    shares = one_hot.sum(axis=1) / one_hot.sum(axis=(1, 2))[:, None]
    return (shares.T @ d_average).tolist()


# %% exercise="masked_average" points=1 what="ignores the mask" says="Do you use `mask`"
class MaskedAverage(keras.layers.Layer):
    def call(self, vectors, mask=None):
        return keras.ops.mean(vectors, axis=1)

    def compute_mask(self, vectors, mask=None):
        return None


# %% exercise="masked_average" points=1 what="divides by the length" says="How many vectors are in the sum"
class MaskedAverage(keras.layers.Layer):
    def call(self, vectors, mask=None):
        if mask is not None:
            vectors = vectors * keras.ops.cast(mask, "float32")[..., None]
        return keras.ops.mean(vectors, axis=1)

    def compute_mask(self, vectors, mask=None):
        return None


# %% exercise="masked_average" points=3 what="inherits Keras's layer" says="divides 0 by 0"
class MaskedAverage(keras.layers.GlobalAveragePooling1D):
    pass


# %% exercise="masked_average" points=3 what="expects a mask always" says="your code raised"
class MaskedAverage(keras.layers.Layer):
    def call(self, vectors, mask=None):
        weights = keras.ops.cast(mask, "float32")[..., None]
        return keras.ops.sum(weights * vectors, 1) / keras.ops.maximum(keras.ops.sum(weights, 1), 1)

    def compute_mask(self, vectors, mask=None):
        return None


# %% exercise="masked_average" points=3 what="loops over the texts" says="in a model, more padding changes nothing: your code raised"
class MaskedAverage(keras.layers.Layer):
    def call(self, vectors, mask=None):
        rows = []
        for row in range(vectors.shape[0]):
            weights = np.ones(vectors.shape[1]) if mask is None else keras.ops.cast(mask[row], "float32")
            weights = keras.ops.convert_to_tensor(weights, dtype="float32")[:, None]
            rows.append(keras.ops.sum(weights * vectors[row], 0) / keras.ops.maximum(keras.ops.sum(weights), 1))
        return keras.ops.stack(rows)

    def compute_mask(self, vectors, mask=None):
        return None


# %% exercise="masked_average" points=4 what="writes einsum and where, and declares that it supports masks"
class MaskedAverage(keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.supports_masking = True

    def call(self, vectors, mask=None):
        mask = keras.ops.ones_like(vectors[..., 0], dtype=bool) if mask is None else mask
        weights = keras.ops.cast(mask, self.compute_dtype)
        weights = keras.ops.divide(weights, keras.ops.sum(weights, axis=-1, keepdims=True) + 1e-9)
        return keras.ops.einsum("tl,tln->tn", weights, vectors)

    def compute_mask(self, *_, **__):
        return None


# %% exercise="naive_bayes" points=1 what="counts places instead of texts" says="Does the formula count places, or texts"
from collections import Counter


def log_count_ratios(texts, labels):
    p, q = Counter(), Counter()
    for text, label in zip(texts, labels):
        (p if label else q).update(text)
    tokens = set(p) | set(q)
    p_sum, q_sum = sum(p[g] + 1 for g in tokens), sum(q[g] + 1 for g in tokens)
    return {g: np.log((p[g] + 1) / p_sum / ((q[g] + 1) / q_sum)) for g in tokens}


def score(text, ratios):
    return sum(ratios.get(g, 0) for g in text)


# %% exercise="naive_bayes" points=2 what="does not smooth" says="What does the 1 in"
from collections import Counter


def log_count_ratios(texts, labels):
    p, q = Counter(), Counter()
    for text, label in zip(texts, labels):
        (p if label else q).update(set(text))
    tokens = set(p) | set(q)
    with np.errstate(divide="ignore"):
        fraction = {g: np.float64(p[g]) / p.total() / (np.float64(q[g]) / q.total()) for g in tokens}
        return {g: np.log(value) for g, value in fraction.items()}


def score(text, ratios):
    return sum(ratios.get(g, 0) for g in set(text))


# %% exercise="naive_bayes" points=2 what="leaves out the sums" says="ten times as many positive texts"
from collections import Counter


def log_count_ratios(texts, labels):
    p, q = Counter(), Counter()
    for text, label in zip(texts, labels):
        (p if label else q).update(set(text))
    return {g: np.log((p[g] + 1) / (q[g] + 1)) for g in set(p) | set(q)}


def score(text, ratios):
    return sum(ratios.get(g, 0) for g in set(text))


# %% exercise="naive_bayes" points=2 what="turns the fraction upside down" says="The fraction stands upside down"
from collections import Counter


def log_count_ratios(texts, labels):
    p, q = Counter(), Counter()
    for text, label in zip(texts, labels):
        (q if label else p).update(set(text))
    tokens = set(p) | set(q)
    p_sum, q_sum = sum(p[g] + 1 for g in tokens), sum(q[g] + 1 for g in tokens)
    return {g: np.log((p[g] + 1) / p_sum / ((q[g] + 1) / q_sum)) for g in tokens}


def score(text, ratios):
    return sum(ratios.get(g, 0) for g in set(text))


# %% exercise="naive_bayes" points=3 what="stumbles over unknown tokens" says="What should it add to the sum"
def log_count_ratios(texts, labels):
    tokens = sorted({g for text in texts for g in text})
    holds = np.array([[g in text for g in tokens] for text in texts])
    is_positive = np.array(labels)
    p, q = holds[is_positive].sum(axis=0) + 1, holds[~is_positive].sum(axis=0) + 1
    return dict(zip(tokens, np.log(p / p.sum()) - np.log(q / q.sum())))


def score(text, ratios):
    return sum(ratios[g] for g in set(text))


# %% exercise="naive_bayes" points=4 what="counts with scikit-learn"
def log_count_ratios(texts, labels):
    counting = CountVectorizer(analyzer=list, binary=True)
    holds = counting.fit_transform(texts).toarray()
    p, q = (holds[np.array(labels) == kind].sum(axis=0) + 1.0 for kind in (True, False))
    return {
        str(g): value
        for g, value in zip(counting.get_feature_names_out(), np.log(p) - np.log(q) - np.log(p.sum() / q.sum()))
    }


def score(text, ratios):
    total = 0
    for g in dict.fromkeys(text):
        if g in ratios:
            total += ratios[g]
    return np.float32(total)


# %% exercise="compare" points=0 what="chooses the rival on the test part" says="What is the validation part for"
def compare(network_test, rivals_validation, rivals_test):
    best = max(rivals_test, key=lambda name: rivals_test[name].mean())
    d = network_test - rivals_test[best]
    return best, d.mean(), d.std(ddof=1) / np.sqrt(len(d))


# %% exercise="compare" points=2 what="treats both as independent" says="Here both read the *same* texts"
def compare(network_test, rivals_validation, rivals_test):
    best = max(rivals_validation, key=lambda name: rivals_validation[name].mean())
    rival = rivals_test[best]
    variance = network_test.var(ddof=1) + rival.var(ddof=1)
    return best, network_test.mean() - rival.mean(), np.sqrt(variance / len(rival))


# %% exercise="compare" points=2 what="divides by n" says="What does NumPy's `std` divide by"
def compare(network_test, rivals_validation, rivals_test):
    best = max(rivals_validation, key=lambda name: rivals_validation[name].mean())
    d = network_test - rivals_test[best]
    return best, d.mean(), d.std() / np.sqrt(len(d))


# %% exercise="compare" points=2 what="reports the spread of single texts" says="How much does the mean of"
def compare(network_test, rivals_validation, rivals_test):
    best = max(rivals_validation, key=lambda name: rivals_validation[name].mean())
    d = network_test - rivals_test[best]
    return best, d.mean(), d.std(ddof=1)


# %% exercise="compare" points=1 what="compares test with validation" says="What is it that should be known"
def compare(network_test, rivals_validation, rivals_test):
    best = max(rivals_validation, key=lambda name: rivals_validation[name].mean())
    lead = network_test.mean() - rivals_validation[best].mean()
    return best, lead, network_test.std(ddof=1) / np.sqrt(len(network_test))


# %% exercise="compare" points=3 what="uses the statistics module and returns a list"
def compare(network_test, rivals_validation, rivals_test):
    import statistics

    ranked = sorted(rivals_validation, key=lambda name: -sum(rivals_validation[name]) / len(rivals_validation[name]))
    differences = [int(a) - int(b) for a, b in zip(network_test, rivals_test[ranked[0]])]
    return [ranked[0], statistics.mean(differences), statistics.stdev(differences) / len(differences) ** 0.5]


# %% exercise="near_duplicates" points=0.38 what="compares texts at the same place" says="Which training texts do you compare"
def near_duplicates(train, test, threshold):
    pairs = enumerate(zip(train, test))
    return [place for place, (a, b) in pairs if len(set(a) & set(b)) / len(set(a) | set(b)) >= threshold]


# %% exercise="near_duplicates" points=1.13 what="divides by the shorter text" says="what share are they of all words"
def near_duplicates(train, test, threshold):
    def alike(a, b):
        return len(set(a) & set(b)) / min(len(set(a)), len(set(b))) >= threshold

    return [place for place, text in enumerate(test) if any(alike(text, other) for other in train)]


# %% exercise="near_duplicates" points=1.13 what="counts repeated words" says="How often do they stand in its *set*"
def near_duplicates(train, test, threshold):
    def alike(a, b):
        common = len(set(a) & set(b))
        return common / (len(a) + len(b) - common) >= threshold

    return [place for place, text in enumerate(test) if any(alike(text, other) for other in train)]


# %% exercise="near_duplicates" points=1.88 what="wants more than the threshold" says="include 0.6"
def near_duplicates(train, test, threshold):
    def alike(a, b):
        return len(set(a) & set(b)) / len(set(a) | set(b)) > threshold

    return [place for place, text in enumerate(test) if any(alike(text, other) for other in train)]


# %% exercise="near_duplicates" points=3 what="compares everything with everything in one array"
def near_duplicates(train, test, threshold):
    words = {word: place for place, word in enumerate({word for text in train + test for word in text})}
    holds = np.zeros((len(train) + len(test), len(words)))
    for row, text in enumerate(train + test):
        holds[row, [words[word] for word in text]] = 1
    common = holds[len(train) :] @ holds[: len(train)].T
    union = holds[len(train) :].sum(axis=1)[:, None] + holds[: len(train)].sum(axis=1) - common
    return np.flatnonzero((common / union >= threshold).any(axis=1))
