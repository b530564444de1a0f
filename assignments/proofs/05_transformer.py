# Answers of imagined students to assignment 05, and what each must get. tests/test_assignments.py grades them.

# %% exercise="on_paper" points=1.29 what="does not divide by the root of d" says="Were the products divided"
weights = [9 / 13, 4 / 13, 0]
answer_of_last = 170 / 13
answer_of_first = 10

# %% exercise="on_paper" points=1.29 what="lets padding take part" says="What does the padding mask do"
weights = [3 / 11, 2 / 11, 6 / 11]
answer_of_last = 6070 / 11
answer_of_first = 10

# %% exercise="on_paper" points=1.29 what="divides the scores by their sum" says="What does softmax take of each score first"
weights = [0.613, 0.387, 0]
answer_of_last = 13.87
answer_of_first = 10

# %% exercise="on_paper" points=2.14 what="forgets the causal mask" says="What stands before the first"
weights = [0.6, 0.4, 0]
answer_of_last = 14
answer_of_first = 14

# %% exercise="on_paper" points=3 what="computes it with NumPy after all"
weights = softmax(np.array([np.log(3), np.log(2), -1e9]))
answer_of_last = weights @ [10, 20, 1000]
answer_of_first = np.float32(10)


# %% exercise="mend_the_listing" points=1 what="mends the positions only" says="Along which axis are the tokens that are looked"
def embed(ids, table, positions):
    return table[ids] + positions[: ids.shape[1]]


def attention_weights(x):
    scores = x @ x.swapaxes(1, 2) / np.sqrt(x.shape[-1])
    may_look = np.ones((x.shape[1], x.shape[1]), dtype=bool)
    return softmax(np.where(may_look, scores, -1e9), axis=1)


def cross_entropy(scores, targets):
    log_probabilities = np.log(softmax(scores, axis=1))
    return -np.take_along_axis(log_probabilities, targets[..., None], axis=2).mean()


# %% exercise="mend_the_listing" points=2.5 what="masks after the softmax" says="*after* the softmax"
def embed(ids, table, positions):
    return table[ids] + positions[: ids.shape[1]]


def attention_weights(x):
    scores = x @ x.swapaxes(1, 2) / np.sqrt(x.shape[-1])
    return softmax(scores, axis=2) * np.tril(np.ones(scores.shape))


def cross_entropy(scores, targets):
    log_probabilities = np.log(softmax(scores, axis=2))
    return -np.take_along_axis(log_probabilities, targets[..., None], axis=2).mean()


# %% exercise="mend_the_listing" points=2.5 what="turns the mask upside down" says="This is the mask upside down"
def embed(ids, table, positions):
    return table[ids] + positions[: ids.shape[1]]


def attention_weights(x):
    scores = x @ x.swapaxes(1, 2) / np.sqrt(x.shape[-1])
    return softmax(np.where(np.triu(np.ones(scores.shape[1:])), scores, -1e9), axis=2)


def cross_entropy(scores, targets):
    log_probabilities = np.log(softmax(scores, axis=2))
    return -np.take_along_axis(log_probabilities, targets[..., None], axis=2).mean()


# %% exercise="mend_the_listing" points=3 what="leaves the loss as it was" says="over the *places*"
def embed(ids, table, positions):
    return table[ids] + positions[: ids.shape[1]]


def attention_weights(x):
    scores = x @ x.swapaxes(1, 2) / np.sqrt(x.shape[-1])
    return softmax(np.where(np.tril(np.ones(scores.shape[1:])), scores, -1e9), axis=2)


def cross_entropy(scores, targets):
    log_probabilities = np.log(softmax(scores, axis=1))
    return -np.take_along_axis(log_probabilities, targets[..., None], axis=2).mean()


# %% exercise="mend_the_listing" points=2.5 what="looks at earlier tokens, not at itself" says="No token looks at itself"
def embed(ids, table, positions):
    return np.array([[table[token] + positions[place] for place, token in enumerate(text)] for text in ids])


def attention_weights(x):
    powers = np.tril(np.exp(x @ x.swapaxes(1, 2) / np.sqrt(x.shape[-1])), -1)
    return powers / np.maximum(powers.sum(axis=2, keepdims=True), 1e-9)


def cross_entropy(scores, targets):
    return np.mean([np.log(np.exp(s).sum()) - s[t] for s, t in zip(np.concatenate(scores), np.concatenate(targets))])


# %% exercise="mend_the_listing" points=4 what="writes loops and lists"
def embed(ids, table, positions):
    return np.array([[table[token] + positions[place] for place, token in enumerate(text)] for text in ids])


def attention_weights(x):
    result = []
    for text in x:
        rows = [np.exp([text[i] @ text[j] / len(text[i]) ** 0.5 for j in range(i + 1)]) for i in range(len(text))]
        result.append([list(row / row.sum()) + [0] * (len(text) - len(row)) for row in rows])
    return result


def cross_entropy(scores, targets):
    losses = [np.log(np.exp(s).sum()) - s[t] for s, t in zip(np.concatenate(scores), np.concatenate(targets))]
    return sum(losses) / len(losses)


# %% exercise="shift" points=0.5 what="turns the wrong way" says="The rows move the other way"
def shift(k, width):
    matrix = np.zeros((width, width))
    for i in range(0, width, 2):
        a = k / 10_000 ** (i / width)
        matrix[i : i + 2, i : i + 2] = [[np.cos(a), np.sin(a)], [-np.sin(a), np.cos(a)]]
    return matrix


# %% exercise="shift" points=1 what="turns all pairs by the same angle" says="By which angle does pair"
def shift(k, width):
    return np.kron(np.eye(width // 2), [[np.cos(k), -np.sin(k)], [np.sin(k), np.cos(k)]])


# %% exercise="shift" points=1 what="puts the sines first and the cosines after them" says="what is multiplied by the old"
def shift(k, width):
    a = k / 10_000 ** (np.arange(0, width, 2) / width)
    return np.block([[np.diag(np.cos(a)), np.diag(-np.sin(a))], [np.diag(np.sin(a)), np.diag(np.cos(a))]])


# %% exercise="shift" points=0 what="adds the angle instead of turning" says="Which matrix does that"
def shift(k, width):
    a = k / 10_000 ** (np.arange(0, width, 2) / width)
    return np.diag(np.stack([np.sin(a), np.cos(a)], axis=-1).ravel())


# %% exercise="shift" points=3 what="takes a power of the shift by one, and returns lists"
def shift(k, width):
    from scipy.linalg import block_diag

    angles = [1 / 10_000 ** (2 * i / width) for i in range(width // 2)]
    one = block_diag(*([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]] for a in angles))
    return np.linalg.matrix_power(one, k).tolist()


# %% exercise="causal_self_attention" points=0.71 what="reshapes without moving an axis, which keeps causality" says="what moves an axis"
class CausalSelfAttention(keras.layers.Layer):
    def __init__(self, heads):
        super().__init__()
        self.heads = heads
        self.supports_masking = True

    def build(self, shape):
        parts = [keras.layers.Dense(shape[-1], use_bias=False) for _ in range(4)]
        self.query, self.key, self.value, self.mix = parts
        for part in parts:
            part.build(shape)

    def split(self, x):
        return keras.ops.reshape(x, (-1, self.heads, keras.ops.shape(x)[1], x.shape[-1] // self.heads))

    def call(self, x, mask=None):
        q, k, v = (self.split(layer(x)) for layer in (self.query, self.key, self.value))
        scores = keras.ops.einsum("nhid,nhjd->nhij", q, k) / q.shape[-1] ** 0.5
        may_look = keras.ops.tril(keras.ops.ones_like(scores[:1, :1])) > 0
        if mask is not None:
            may_look = keras.ops.logical_and(may_look, mask[:, None, None])
        weights = keras.ops.softmax(keras.ops.where(may_look, scores, -1e9))
        return self.mix(keras.ops.reshape(keras.ops.matmul(weights, v), keras.ops.shape(x)))


# %% exercise="causal_self_attention" points=2.14 what="forgets the causal mask" says="Which scores must vanish"
class CausalSelfAttention(keras.layers.Layer):
    def __init__(self, heads):
        super().__init__()
        self.heads = heads
        self.supports_masking = True

    def build(self, shape):
        parts = [keras.layers.Dense(shape[-1], use_bias=False) for _ in range(4)]
        self.query, self.key, self.value, self.mix = parts
        for part in parts:
            part.build(shape)

    def split(self, x):
        parts = keras.ops.reshape(x, (-1, keras.ops.shape(x)[1], self.heads, x.shape[-1] // self.heads))
        return keras.ops.transpose(parts, (0, 2, 1, 3))

    def call(self, x, mask=None):
        q, k, v = (self.split(layer(x)) for layer in (self.query, self.key, self.value))
        scores = keras.ops.einsum("nhid,nhjd->nhij", q, k) / q.shape[-1] ** 0.5
        if mask is not None:
            scores = keras.ops.where(mask[:, None, None], scores, -1e9)
        answers = keras.ops.einsum("nhij,nhjd->nihd", keras.ops.softmax(scores), v)
        return self.mix(keras.ops.reshape(answers, keras.ops.shape(x)))


# %% exercise="causal_self_attention" points=2.86 what="forgets the padding" says="Who hides it"
class CausalSelfAttention(keras.layers.Layer):
    def __init__(self, heads):
        super().__init__()
        self.heads = heads
        self.supports_masking = True

    def build(self, shape):
        parts = [keras.layers.Dense(shape[-1], use_bias=False) for _ in range(4)]
        self.query, self.key, self.value, self.mix = parts
        for part in parts:
            part.build(shape)

    def split(self, x):
        parts = keras.ops.reshape(x, (-1, keras.ops.shape(x)[1], self.heads, x.shape[-1] // self.heads))
        return keras.ops.transpose(parts, (0, 2, 1, 3))

    def call(self, x, mask=None):
        q, k, v = (self.split(layer(x)) for layer in (self.query, self.key, self.value))
        scores = keras.ops.einsum("nhid,nhjd->nhij", q, k) / q.shape[-1] ** 0.5
        may_look = keras.ops.tril(keras.ops.ones_like(scores[:1, :1])) > 0
        weights = keras.ops.softmax(keras.ops.where(may_look, scores, -1e9))
        answers = keras.ops.einsum("nhij,nhjd->nihd", weights, v)
        return self.mix(keras.ops.reshape(answers, keras.ops.shape(x)))


# %% exercise="causal_self_attention" points=2.86 what="divides by the root of the whole width" says="the square root of which width"
class CausalSelfAttention(keras.layers.Layer):
    def __init__(self, heads):
        super().__init__()
        self.heads = heads
        self.supports_masking = True

    def build(self, shape):
        parts = [keras.layers.Dense(shape[-1], use_bias=False) for _ in range(4)]
        self.query, self.key, self.value, self.mix = parts
        for part in parts:
            part.build(shape)

    def split(self, x):
        parts = keras.ops.reshape(x, (-1, keras.ops.shape(x)[1], self.heads, x.shape[-1] // self.heads))
        return keras.ops.transpose(parts, (0, 2, 1, 3))

    def call(self, x, mask=None):
        q, k, v = (self.split(layer(x)) for layer in (self.query, self.key, self.value))
        scores = keras.ops.einsum("nhid,nhjd->nhij", q, k) / x.shape[-1] ** 0.5
        may_look = keras.ops.tril(keras.ops.ones_like(scores[:1, :1])) > 0
        if mask is not None:
            may_look = keras.ops.logical_and(may_look, mask[:, None, None])
        weights = keras.ops.softmax(keras.ops.where(may_look, scores, -1e9))
        answers = keras.ops.einsum("nhij,nhjd->nihd", weights, v)
        return self.mix(keras.ops.reshape(answers, keras.ops.shape(x)))


# %% exercise="causal_self_attention" points=2.86 what="makes NaN of 0 times infinity" says="What is 0 times infinity"
class CausalSelfAttention(keras.layers.Layer):
    def __init__(self, heads):
        super().__init__()
        self.heads = heads
        self.supports_masking = True

    def build(self, shape):
        parts = [keras.layers.Dense(shape[-1], use_bias=False) for _ in range(4)]
        self.query, self.key, self.value, self.mix = parts
        for part in parts:
            part.build(shape)

    def split(self, x):
        parts = keras.ops.reshape(x, (-1, keras.ops.shape(x)[1], self.heads, x.shape[-1] // self.heads))
        return keras.ops.transpose(parts, (0, 2, 1, 3))

    def call(self, x, mask=None):
        q, k, v = (self.split(layer(x)) for layer in (self.query, self.key, self.value))
        scores = keras.ops.einsum("nhid,nhjd->nhij", q, k) / q.shape[-1] ** 0.5
        scores = scores - 1e9 * (1 - keras.ops.tril(keras.ops.ones_like(scores[:1, :1])))
        if mask is not None:
            scores = scores + (1 - keras.ops.cast(mask, "float32"))[:, None, None] * -np.inf
        answers = keras.ops.einsum("nhij,nhjd->nihd", keras.ops.softmax(scores), v)
        return self.mix(keras.ops.reshape(answers, keras.ops.shape(x)))


# %% exercise="causal_self_attention" points=5 what="loops over the heads and masks with minus infinity"
class CausalSelfAttention(keras.layers.Layer):
    def __init__(self, heads):
        super().__init__()
        self.heads = heads
        self.supports_masking = True

    def build(self, shape):
        parts = [keras.layers.Dense(shape[-1], use_bias=False) for _ in range(4)]
        self.query, self.key, self.value, self.mix = parts
        for part in parts:
            part.build(shape)

    def split(self, x):
        return keras.ops.stack(keras.ops.split(x, self.heads, axis=-1), axis=1)

    def call(self, x, mask=None):
        q, k, v = (self.split(layer(x)) for layer in (self.query, self.key, self.value))
        places, answers = keras.ops.arange(keras.ops.shape(x)[1]), []
        for head in range(self.heads):
            scores = keras.ops.matmul(q[:, head], keras.ops.transpose(k[:, head], (0, 2, 1))) / np.sqrt(q.shape[-1])
            scores = keras.ops.where(places[None] > places[:, None], -np.inf, scores)
            if mask is not None:
                scores = keras.ops.where(mask[:, None], scores, -np.inf)
            answers.append(keras.ops.matmul(keras.ops.softmax(scores), v[:, head]))
        return self.mix(keras.ops.concatenate(answers, axis=-1))


# %% exercise="phoneme_errors" points=2.22 what="compares place by place" says="Which of the three edits repairs that"
def edit_distance(first, second):
    return sum(a != b for a, b in zip(first, second)) + abs(len(first) - len(second))


def phoneme_error_rate(answers, listed):
    nearest = [min(known, key=lambda sounds: edit_distance(answer, sounds)) for answer, known in zip(answers, listed)]
    return sum(map(edit_distance, answers, nearest)) / sum(map(len, nearest))


# %% exercise="phoneme_errors" points=1.33 what="counts a substitution twice" says="not a deletion and an insertion"
def edit_distance(first, second):
    row = list(range(len(second) + 1))
    for i, a in enumerate(first, 1):
        old, row[0] = row[0], i
        for j, b in enumerate(second, 1):
            old, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, old + 2 * (a != b))
    return row[-1]


def phoneme_error_rate(answers, listed):
    nearest = [min(known, key=lambda sounds: edit_distance(answer, sounds)) for answer, known in zip(answers, listed)]
    return sum(map(edit_distance, answers, nearest)) / sum(map(len, nearest))


# %% exercise="phoneme_errors" points=2.67 what="averages the words' rates" says="weighs as much as one of eight"
def edit_distance(first, second):
    row = list(range(len(second) + 1))
    for i, a in enumerate(first, 1):
        old, row[0] = row[0], i
        for j, b in enumerate(second, 1):
            old, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, old + (a != b))
    return row[-1]


def phoneme_error_rate(answers, listed):
    return np.mean([min(edit_distance(a, s) / len(s) for s in known) for a, known in zip(answers, listed)])


# %% exercise="phoneme_errors" points=2.67 what="looks at the first pronunciation only" says="Only the first listed pronunciation"
def edit_distance(first, second):
    row = list(range(len(second) + 1))
    for i, a in enumerate(first, 1):
        old, row[0] = row[0], i
        for j, b in enumerate(second, 1):
            old, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, old + (a != b))
    return row[-1]


def phoneme_error_rate(answers, listed):
    first = [known[0] for known in listed]
    return sum(map(edit_distance, answers, first)) / sum(map(len, first))


# %% exercise="phoneme_errors" points=1.78 what="leaves the borders at zero" says="Look at the first row and column"
def edit_distance(first, second):
    D = np.zeros((len(first) + 1, len(second) + 1))
    for i in range(len(first)):
        for j in range(len(second)):
            D[i + 1, j + 1] = min(D[i, j + 1] + 1, D[i + 1, j] + 1, D[i, j] + (first[i] != second[j]))
    return D[-1, -1]


def phoneme_error_rate(answers, listed):
    nearest = [min(known, key=lambda sounds: edit_distance(answer, sounds)) for answer, known in zip(answers, listed)]
    return sum(map(edit_distance, answers, nearest)) / sum(map(len, nearest))


# %% exercise="phoneme_errors" points=4 what="calls itself and remembers"
from functools import lru_cache


def edit_distance(first, second):
    @lru_cache(None)
    def distance(i, j):
        if i == 0 or j == 0:
            return i + j
        if first[i - 1] == second[j - 1]:
            return distance(i - 1, j - 1)
        return 1 + min(distance(i - 1, j - 1), distance(i - 1, j), distance(i, j - 1))

    return np.int64(distance(len(first), len(second)))


def phoneme_error_rate(answers, listed):
    edits = phonemes = 0
    for answer, known in zip(answers, listed):
        distances = [edit_distance(answer, sounds) for sounds in known]
        edits += min(distances)
        phonemes += len(known[int(np.argmin(distances))])
    return np.float32(edits / phonemes)


# %% exercise="split_families" points=2 what="takes the first families, whatever the generator" says="gave the same split"
def split_families(words, family, share, rng):
    families = list(dict.fromkeys(family.tolist()))
    chosen = families[: round(share * len(families))]
    train = [word for word, number in zip(words, family) if number not in chosen]
    return train, [word for word, number in zip(words, family) if number in chosen]


# %% exercise="split_families" points=0 what="keeps one word of each family" says="A word is missing"
def split_families(words, family, share, rng):
    one = {number: word for word, number in zip(words, family.tolist())}
    families = rng.permutation(list(one)).tolist()
    count = round(share * len(families))
    return [one[number] for number in families[count:]], [one[number] for number in families[:count]]


# %% exercise="split_families" points=0 what="draws among all numbers up to the largest" says="the largest number in"
def split_families(words, family, share, rng):
    count = family.max() + 1
    chosen = rng.permutation(count)[: round(share * count)]
    inside = np.isin(family, chosen)
    return [w for w, i in zip(words, inside) if not i], [w for w, i in zip(words, inside) if i]


# %% exercise="split_families" points=0 what="draws words, as many as there should be families" says="Some family stands on both sides"
def split_families(words, family, share, rng):
    order = rng.permutation(len(words))
    count = round(share * len(set(family.tolist())))
    return [words[row] for row in order[count:]], [words[row] for row in order[:count]]


# %% exercise="split_families" points=3 what="lets scikit-learn split the groups"
def split_families(words, family, share, rng):
    from sklearn.model_selection import GroupShuffleSplit

    count = round(share * len(np.unique(family)))
    splitter = GroupShuffleSplit(1, test_size=count, random_state=int(rng.integers(2**31)))
    train, test = next(splitter.split(words, groups=family))
    return np.array(words)[train].tolist(), np.array(words)[test].tolist()
