# Answers of imagined students to assignment 07, and what each must get. tests/test_assignments.py grades them.

# %% exercise="mend_the_listing" points=1 what="mends embed only" says="Which one should it predict"
def embed(tokens, table, positions):
    return table[tokens] + positions[: len(tokens)]


def attend(x, W_q, W_k, W_v):
    query, key, value = x @ W_q, x @ W_k, x @ W_v
    return softmax(query @ key.T / np.sqrt(key.shape[1]), axis=0) @ value


def next_losses(logits, tokens):
    return -np.log(softmax(logits)[np.arange(len(tokens)), tokens])


# %% exercise="mend_the_listing" points=2 what="masks, but normalises each column" says="Along which axis of `scores`"
def embed(tokens, table, positions):
    return table[tokens] + positions[: len(tokens)]


def attend(x, W_q, W_k, W_v):
    query, key, value = x @ W_q, x @ W_k, x @ W_v
    scores = np.where(np.tri(len(x), dtype=bool), query @ key.T / np.sqrt(key.shape[1]), -np.inf)
    return softmax(scores, axis=0) @ value


def next_losses(logits, tokens):
    return -np.log(softmax(logits)[np.arange(len(tokens) - 1), tokens[1:]])


# %% exercise="mend_the_listing" points=2.5 what="normalises rows, but does not mask" says="still sees the future"
def embed(tokens, table, positions):
    return table[tokens] + positions[: len(tokens)]


def attend(x, W_q, W_k, W_v):
    query, key, value = x @ W_q, x @ W_k, x @ W_v
    return softmax(query @ key.T / np.sqrt(key.shape[1])) @ value


def next_losses(logits, tokens):
    return -np.log(softmax(logits)[np.arange(len(tokens) - 1), tokens[1:]])


# %% exercise="mend_the_listing" points=3 what="predicts the token before" says="In which direction does a language model predict"
def embed(tokens, table, positions):
    return table[tokens] + positions[: len(tokens)]


def attend(x, W_q, W_k, W_v):
    query, key, value = x @ W_q, x @ W_k, x @ W_v
    scores = np.where(np.tri(len(x), dtype=bool), query @ key.T / np.sqrt(key.shape[1]), -np.inf)
    return softmax(scores) @ value


def next_losses(logits, tokens):
    return -np.log(softmax(logits[1:])[np.arange(len(tokens) - 1), tokens[:-1]])


# %% exercise="mend_the_listing" points=3 what="looks the places up by token" says="What is the number of its place"
def embed(tokens, table, positions):
    return table[tokens] + positions[tokens]


def attend(x, W_q, W_k, W_v):
    query, key, value = x @ W_q, x @ W_k, x @ W_v
    scores = np.where(np.tri(len(x), dtype=bool), query @ key.T / np.sqrt(key.shape[1]), -np.inf)
    return softmax(scores) @ value


def next_losses(logits, tokens):
    return -np.log(softmax(logits[:-1])[np.arange(len(tokens) - 1), tokens[1:]])


# %% exercise="mend_the_listing" points=3 what="returns the mean loss" says="A loss for each predicted token is wanted"
def embed(tokens, table, positions):
    return table[tokens] + positions[: len(tokens)]


def attend(x, W_q, W_k, W_v):
    query, key, value = x @ W_q, x @ W_k, x @ W_v
    scores = np.where(np.tri(len(x), dtype=bool), query @ key.T / np.sqrt(key.shape[1]), -np.inf)
    return softmax(scores) @ value


def next_losses(logits, tokens):
    return -np.log(softmax(logits)[np.arange(len(tokens) - 1), tokens[1:]]).mean()


# %% exercise="mend_the_listing" points=3 what="forgets the minus" says="what sign should a loss have"
def embed(tokens, table, positions):
    return table[tokens] + positions[: len(tokens)]


def attend(x, W_q, W_k, W_v):
    query, key, value = x @ W_q, x @ W_k, x @ W_v
    scores = np.where(np.tri(len(x), dtype=bool), query @ key.T / np.sqrt(key.shape[1]), -np.inf)
    return softmax(scores) @ value


def next_losses(logits, tokens):
    return np.log(softmax(logits)[np.arange(len(tokens) - 1), tokens[1:]])


# %% exercise="mend_the_listing" points=4 what="loops over places and returns lists"
def embed(tokens, table, positions):
    return [table[token] + positions[place] for place, token in enumerate(tokens)]


def attend(x, W_q, W_k, W_v):
    gathered = []
    for place in range(1, len(x) + 1):
        scores = (x[:place] @ W_k) @ (W_q.T @ x[place - 1]) * W_k.shape[1] ** -0.5
        gathered.append(softmax(scores) @ (x[:place] @ W_v))
    return gathered


def next_losses(logits, tokens):
    return [float(np.logaddexp.reduce(row) - row[token]) for row, token in zip(logits, tokens[1:])]


# %% exercise="byte_pairs" points=2 what="counts each word once" says="How often does each word occur"
def best_pair(words):
    counts = Counter(pair for word in words for pair in pairwise(word.split()))
    return min(counts, key=lambda pair: (-counts[pair], pair))


def encode(word, merges):
    symbols = list(word)
    for pair in merges:
        place = 0
        while place < len(symbols) - 1:
            if (symbols[place], symbols[place + 1]) == pair:
                symbols[place : place + 2] = ["".join(pair)]
            place += 1
    return symbols


# %% exercise="byte_pairs" points=2.5 what="takes the longest symbol from the left" says="Which pair was learnt first"
def best_pair(words):
    counts = Counter()
    for word, times in words.items():
        for pair in pairwise(word.split()):
            counts[pair] += times
    return min(counts, key=lambda pair: (-counts[pair], pair))


def encode(word, merges):
    known, symbols = {first + second for first, second in merges}, []
    while word:
        end = next((end for end in range(len(word), 1, -1) if word[:end] in known), 1)
        symbols, word = [*symbols, word[:end]], word[end:]
    return symbols


# %% exercise="byte_pairs" points=2 what="joins by replacing text" says="but are the *symbols* b and c neighbours"
def best_pair(words):
    counts = Counter()
    for word, times in words.items():
        for pair in pairwise(word.split()):
            counts[pair] += times
    return min(counts, key=lambda pair: (-counts[pair], pair))


def encode(word, merges):
    text = " ".join(word)
    for first, second in merges:
        text = text.replace(f"{first} {second}", first + second)
    return text.split()


# %% exercise="byte_pairs" points=2.75 what="takes the first of two equals in the text" says="Which one comes first in the alphabet"
def best_pair(words):
    counts = Counter()
    for word, times in words.items():
        for pair in pairwise(word.split()):
            counts[pair] += times
    return counts.most_common(1)[0][0]


def encode(word, merges):
    symbols = list(word)
    for pair in merges:
        place = 0
        while place < len(symbols) - 1:
            if (symbols[place], symbols[place + 1]) == pair:
                symbols[place : place + 2] = ["".join(pair)]
            place += 1
    return symbols


# %% exercise="byte_pairs" points=2.25 what="joins a pair only once in a word" says="once more further on"
def best_pair(words):
    counts = Counter()
    for word, times in words.items():
        for pair in pairwise(word.split()):
            counts[pair] += times
    return min(counts, key=lambda pair: (-counts[pair], pair))


def encode(word, merges):
    symbols = list(word)
    for pair in merges:
        for place in range(len(symbols) - 1):
            if (symbols[place], symbols[place + 1]) == pair:
                symbols[place : place + 2] = ["".join(pair)]
                break
    return symbols


# %% exercise="byte_pairs" points=1.75 what="joins the pair that it returns" says="Two symbols are wanted"
def best_pair(words):
    counts = Counter()
    for word, times in words.items():
        for pair in pairwise(word.split()):
            counts["".join(pair)] += times
    return min(counts, key=lambda pair: (-counts[pair], pair))


def encode(word, merges):
    symbols = list(word)
    for pair in merges:
        place = 0
        while place < len(symbols) - 1:
            if (symbols[place], symbols[place + 1]) == pair:
                symbols[place : place + 2] = ["".join(pair)]
            place += 1
    return symbols


# %% exercise="byte_pairs" points=2.5 what="counts characters" says="You count characters"
def best_pair(words):
    counts = Counter()
    for word, times in words.items():
        for pair in pairwise(word.replace(" ", "")):
            counts[pair] += times
    return min(counts, key=lambda pair: (-counts[pair], pair))


def encode(word, merges):
    symbols = list(word)
    for pair in merges:
        place = 0
        while place < len(symbols) - 1:
            if (symbols[place], symbols[place + 1]) == pair:
                symbols[place : place + 2] = ["".join(pair)]
            place += 1
    return symbols


# %% exercise="byte_pairs" points=2.75 what="joins from the right" says="what is left over at the end"
def best_pair(words):
    counts = Counter()
    for word, times in words.items():
        for pair in pairwise(word.split()):
            counts[pair] += times
    return min(counts, key=lambda pair: (-counts[pair], pair))


def encode(word, merges):
    symbols = list(word)
    for pair in merges:
        place = len(symbols) - 2
        while place >= 0:
            if (symbols[place], symbols[place + 1]) == pair:
                symbols[place : place + 2] = ["".join(pair)]
            place -= 1
    return symbols


# %% exercise="byte_pairs" points=3 what="joins the pair of the best rank until none is left"
def best_pair(words):
    text = [pair for word, times in words.items() for pair in list(pairwise(word.split(" "))) * times]
    return max(sorted(set(text)), key=text.count)


def encode(word, merges):
    rank, symbols = {pair: number for number, pair in enumerate(merges)}, tuple(word)
    while True:
        pairs = [(rank.get(pair, len(rank)), place) for place, pair in enumerate(pairwise(symbols))]
        if not pairs or min(pairs)[0] == len(rank):
            return symbols
        place = min(pairs)[1]
        symbols = (*symbols[:place], symbols[place] + symbols[place + 1], *symbols[place + 2 :])


# %% exercise="next_distribution" points=0.5 what="leaves out the token that crosses p" says="Do the kept ones reach p together"
def next_distribution(logits, temperature, top_p):
    p = softmax(logits / temperature)
    order = np.argsort(-p)
    kept = np.zeros(len(p))
    kept[order] = np.where(np.cumsum(p[order]) <= top_p + 1e-9, p[order], 0)
    return kept / max(kept.sum(), 1e-12)


# %% exercise="next_distribution" points=1 what="does not divide by the sum" says="What do these numbers add up to"
def next_distribution(logits, temperature, top_p):
    p = softmax(logits / temperature)
    order = np.argsort(-p)
    above = np.cumsum(p[order]) - p[order]
    kept = np.zeros(len(p))
    kept[order] = np.where(above < top_p, p[order], 0)
    return kept


# %% exercise="next_distribution" points=2.5 what="chooses before the temperature" says="Which comes first"
def next_distribution(logits, temperature, top_p):
    p = softmax(logits)
    order = np.argsort(-p)
    above = np.cumsum(p[order]) - p[order]
    kept = np.full(len(p), -np.inf)
    kept[order] = np.where(above < top_p, logits[order], -np.inf)
    return softmax(kept / temperature)


# %% exercise="next_distribution" points=2 what="multiplies by the temperature" says="What do you do with it"
def next_distribution(logits, temperature, top_p):
    p = softmax(logits * temperature)
    order = np.argsort(-p)
    above = np.cumsum(p[order]) - p[order]
    kept = np.zeros(len(p))
    kept[order] = np.where(above < top_p, p[order], 0)
    return kept / kept.sum()


# %% exercise="next_distribution" points=3.5 what="lets large logits overflow" says="may be subtracted from all logits"
def next_distribution(logits, temperature, top_p):
    with np.errstate(over="ignore", invalid="ignore"):
        p = np.exp(logits / temperature)
        p = p / p.sum()
        order = np.argsort(-p)
        above = np.cumsum(p[order]) - p[order]
        kept = np.zeros(len(p))
        kept[order] = np.where(above < top_p, p[order], 0)
        return kept / kept.sum()


# %% exercise="next_distribution" points=0 what="returns sorted probabilities" says="which probability belongs to which token"
def next_distribution(logits, temperature, top_p):
    p = np.sort(softmax(logits / temperature))[::-1]
    kept = np.where(np.cumsum(p) - p < top_p, p, 0)
    return kept / kept.sum()


# %% exercise="next_distribution" points=1 what="goes through the tokens in their order" says="Fewer tokens reach p already"
def next_distribution(logits, temperature, top_p):
    p = softmax(logits / temperature)
    kept = np.where(np.cumsum(p) - p < top_p, p, 0)
    return kept / kept.sum()


# %% exercise="next_distribution" points=4 what="takes tokens off a sorted list until p is reached"
def next_distribution(logits, temperature, top_p):
    z = [value / temperature for value in logits]
    powers = [2.718281828459045 ** (value - max(z)) for value in z]
    p = {token: power / sum(powers) for token, power in enumerate(powers)}
    waiting, kept = sorted(p, key=p.get), {}
    while waiting and sum(kept.values()) < top_p:
        token = waiting.pop()
        kept[token] = p[token]
    return [kept.get(token, 0) / sum(kept.values()) for token in p]


# %% exercise="fair_loss" points=0 what="takes the mean over the tokens" says="How many characters does a token"
def nats_a_character(pieces, probabilities):
    return -np.mean(np.log(probabilities))


def choose(validation, test):
    best = min(validation, key=lambda name: nats_a_character(*validation[name]))
    return best, nats_a_character(*test[best])


# %% exercise="fair_loss" points=1.5 what="chooses on the test text" says="Which text is there for choosing"
def nats_a_character(pieces, probabilities):
    return -np.sum(np.log(probabilities)) / len("".join(pieces))


def choose(validation, test):
    best = min(test, key=lambda name: nats_a_character(*test[name]))
    return best, nats_a_character(*test[best])


# %% exercise="fair_loss" points=0.6 what="counts in bits" says="Which logarithm is measured in nats"
def nats_a_character(pieces, probabilities):
    return -np.sum(np.log2(probabilities)) / len("".join(pieces))


def choose(validation, test):
    best = min(validation, key=lambda name: nats_a_character(*validation[name]))
    return best, nats_a_character(*test[best])


# %% exercise="fair_loss" points=2.7 what="counts bytes" says="In UTF-8 a Chinese character has three bytes"
def nats_a_character(pieces, probabilities):
    return -np.sum(np.log(probabilities)) / len("".join(pieces).encode())


def choose(validation, test):
    best = min(validation, key=lambda name: nats_a_character(*validation[name]))
    return best, nats_a_character(*test[best])


# %% exercise="fair_loss" points=2.1 what="reports the validation loss" says="On which text should the chosen model be judged"
def nats_a_character(pieces, probabilities):
    return -np.sum(np.log(probabilities)) / len("".join(pieces))


def choose(validation, test):
    losses = {name: nats_a_character(*both) for name, both in validation.items()}
    best = min(losses, key=losses.get)
    return best, losses[best]


# %% exercise="fair_loss" points=0.6 what="returns the loss of the whole text" says="How long is the text"
def nats_a_character(pieces, probabilities):
    return -np.log(probabilities).sum()


def choose(validation, test):
    best = min(validation, key=lambda name: nats_a_character(*validation[name]))
    return best, nats_a_character(*test[best])


# %% exercise="fair_loss" points=0.6 what="returns among how many one guesses" says="What is its logarithm"
def nats_a_character(pieces, probabilities):
    return np.prod(probabilities) ** (-1 / len("".join(pieces)))


def choose(validation, test):
    best = min(validation, key=lambda name: nats_a_character(*validation[name]))
    return best, nats_a_character(*test[best])


# %% exercise="fair_loss" points=0 what="forgets the minus" says="And a loss?"
def nats_a_character(pieces, probabilities):
    return np.log(probabilities).sum() / len("".join(pieces))


def choose(validation, test):
    best = min(validation, key=lambda name: nats_a_character(*validation[name]))
    return best, nats_a_character(*test[best])


# %% exercise="fair_loss" points=3 what="multiplies probabilities and sorts pairs"
def nats_a_character(pieces, probabilities):
    import math

    return sum(math.log(1 / float(p)) for p in probabilities) / sum(1 for piece in pieces for _ in piece)


def choose(validation, test):
    _, best = sorted((nats_a_character(pieces, p), name) for name, (pieces, p) in validation.items())[0]
    pieces, p = test[best]
    return [best, nats_a_character(pieces, p)]


# %% exercise="cached_head" points=1 what="does not scale the scores" says="square root of the number of channels"
class CachedHead:
    def __init__(self, W_q, W_k, W_v):
        self.W_q, self.W_k, self.W_v = W_q, W_k, W_v
        self.keys, self.values = [], []

    def step(self, x):
        self.keys.append(x @ self.W_k)
        self.values.append(x @ self.W_v)
        return softmax(np.array(self.keys) @ (x @ self.W_q)) @ np.array(self.values)


# %% exercise="cached_head" points=1 what="shares its lists with all heads" says="Does every head have lists of its own"
class CachedHead:
    keys, values = [], []

    def __init__(self, W_q, W_k, W_v):
        self.W_q, self.W_k, self.W_v = W_q, W_k, W_v

    def step(self, x):
        self.keys.append(x @ self.W_k)
        self.values.append(x @ self.W_v)
        scores = np.array(self.keys) @ (x @ self.W_q) / np.sqrt(self.W_k.shape[1])
        return softmax(scores) @ np.array(self.values)


# %% exercise="cached_head" points=1 what="looks before it stores" says="before or after it looks"
class CachedHead:
    def __init__(self, W_q, W_k, W_v):
        self.W_q, self.W_k, self.W_v = W_q, W_k, W_v
        self.keys, self.values = [], []

    def step(self, x):
        gathered = x @ self.W_v
        if self.keys:
            scores = np.array(self.keys) @ (x @ self.W_q) / np.sqrt(self.W_k.shape[1])
            gathered = softmax(scores) @ np.array(self.values)
        self.keys.append(x @ self.W_k)
        self.values.append(x @ self.W_v)
        return gathered


# %% exercise="cached_head" points=1 what="takes the mean of all values" says="What decides how much of each value is taken"
class CachedHead:
    def __init__(self, W_q, W_k, W_v):
        self.W_q, self.W_k, self.W_v = W_q, W_k, W_v
        self.keys, self.values = [], []

    def step(self, x):
        self.keys.append(x @ self.W_k)
        self.values.append(x @ self.W_v)
        return np.mean(self.values, axis=0)


# %% exercise="cached_head" points=3 what="stores nothing and reads the text again" says="What must be kept after each step"
class CachedHead:
    def __init__(self, W_q, W_k, W_v):
        self.W_q, self.W_k, self.W_v = W_q, W_k, W_v
        self.keys, self.values, self.text = [], [], []

    def step(self, x):
        self.text.append(x)
        text = np.array(self.text)
        scores = text @ self.W_k @ (x @ self.W_q) / np.sqrt(self.W_k.shape[1])
        return softmax(scores) @ text @ self.W_v


# %% exercise="cached_head" points=1 what="returns the position's own value" says="Which keys does its query meet"
class CachedHead:
    def __init__(self, W_q, W_k, W_v):
        self.W_q, self.W_k, self.W_v = W_q, W_k, W_v
        self.keys, self.values = [], []

    def step(self, x):
        self.keys.append(x @ self.W_k)
        self.values.append(x @ self.W_v)
        return softmax(np.array([x @ self.W_q @ self.keys[-1]])) @ np.array(self.values[-1:])


# %% exercise="cached_head" points=4 what="grows arrays and writes the softmax out"
class CachedHead:
    def __init__(self, W_q, W_k, W_v):
        self.W_q, self.W_k, self.W_v = W_q, W_k, W_v
        self.keys, self.values = np.zeros((0, W_k.shape[1])), np.zeros((0, W_v.shape[1]))

    def step(self, x):
        self.keys = np.vstack([self.keys, x @ self.W_k])
        self.values = np.vstack([self.values, x @ self.W_v])
        weights = np.exp(self.keys @ self.W_q.T @ x / self.W_k.shape[1] ** 0.5)
        return (weights[:, None] * self.values).sum(axis=0) / weights.sum()


# %% exercise="clean_windows" points=1 what="forgets the last target" says="Which is the last target of the window at 20"
def clean_windows(train_starts, validation_starts, length):
    distance = np.abs(np.subtract.outer(validation_starts, train_starts)).min(axis=1)
    return validation_starts[distance >= length]


# %% exercise="clean_windows" points=1 what="looks at training windows further left only" says="A window can also begin *before*"
def clean_windows(train_starts, validation_starts, length):
    covered = {start + offset for start in train_starts for offset in range(length + 1)}
    return [start for start in validation_starts if start not in covered]


# %% exercise="clean_windows" points=0.5 what="takes out equal starts only" says="Which characters does each one cover"
def clean_windows(train_starts, validation_starts, length):
    return validation_starts[~np.isin(validation_starts, train_starts)]


# %% exercise="clean_windows" points=0.5 what="returns places" says="not their places in the list"
def clean_windows(train_starts, validation_starts, length):
    distance = np.abs(np.subtract.outer(validation_starts, train_starts)).min(axis=1)
    return np.flatnonzero(distance > length)


# %% exercise="clean_windows" points=2.5 what="sorts the windows" says="In which order were they given"
def clean_windows(train_starts, validation_starts, length):
    distance = np.abs(np.subtract.outer(validation_starts, train_starts)).min(axis=1)
    return np.sort(validation_starts[distance > length])


# %% exercise="clean_windows" points=0 what="returns those that overlap" says="These are the ones that overlap"
def clean_windows(train_starts, validation_starts, length):
    distance = np.abs(np.subtract.outer(validation_starts, train_starts)).min(axis=1)
    return validation_starts[distance <= length]


# %% exercise="clean_windows" points=3 what="marks every character that was trained on"
def clean_windows(train_starts, validation_starts, length):
    covered = set()
    for start in train_starts.tolist():
        covered.update(range(start, start + length + 1))
    return [start for start in validation_starts.tolist() if covered.isdisjoint(range(start, start + length + 1))]
