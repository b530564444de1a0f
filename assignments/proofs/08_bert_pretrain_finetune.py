# Answers of imagined students to assignment 08, and what each must get. tests/test_assignments.py grades them.

# %% exercise="mend_the_listing" points=2 what="mends batch only" says="What do the others add up to now"
def batch(sequences, longest):
    rows = [row if len(row) <= longest else [*row[: longest - 1], row[-1]] for row in sequences]
    length = max(map(len, rows))
    ids = np.array([[*row, *[0] * (length - len(row))] for row in rows])
    return ids, ids > 0


def attention_weights(scores, mask):
    return softmax(scores) * mask[:, None, :]


def mean_state(states, mask):
    return states.mean(axis=1)


# %% exercise="mend_the_listing" points=3 what="loses the end of a text that is cut" says="taught to find there"
def batch(sequences, longest):
    rows = [row[:longest] for row in sequences]
    length = max(map(len, rows))
    ids = np.array([[*row, *[0] * (length - len(row))] for row in rows])
    return ids, ids > 0


def attention_weights(scores, mask):
    return softmax(np.where(mask[:, None, :], scores, -np.inf))


def mean_state(states, mask):
    return (states * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)


# %% exercise="mend_the_listing" points=3 what="masks the rows" says="says what is looked *at*"
def batch(sequences, longest):
    rows = [row if len(row) <= longest else [*row[: longest - 1], row[-1]] for row in sequences]
    length = max(map(len, rows))
    ids = np.array([[*row, *[0] * (length - len(row))] for row in rows])
    return ids, ids > 0


def attention_weights(scores, mask):
    return softmax(np.where(mask[:, :, None], scores, -1e9))


def mean_state(states, mask):
    return (states * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)


# %% exercise="mend_the_listing" points=3 what="divides by the padded length" says="By how many tokens is it to be divided"
def batch(sequences, longest):
    rows = [row if len(row) <= longest else [*row[: longest - 1], row[-1]] for row in sequences]
    length = max(map(len, rows))
    ids = np.array([[*row, *[0] * (length - len(row))] for row in rows])
    return ids, ids > 0


def attention_weights(scores, mask):
    return softmax(np.where(mask[:, None, :], scores, -np.inf))


def mean_state(states, mask):
    return (states * mask[:, :, None]).mean(axis=1)


# %% exercise="mend_the_listing" points=3 what="returns a mask of numbers" says="The mask should hold truth values"
def batch(sequences, longest):
    rows = [row if len(row) <= longest else [*row[: longest - 1], row[-1]] for row in sequences]
    length = max(map(len, rows))
    ids = np.array([[*row, *[0] * (length - len(row))] for row in rows])
    return ids, np.sign(ids)


def attention_weights(scores, mask):
    return softmax(np.where(mask[:, None, :], scores, -np.inf))


def mean_state(states, mask):
    return (states * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)


# %% exercise="mend_the_listing" points=3 what="adds up the states" says="What makes a mean of it"
def batch(sequences, longest):
    rows = [row if len(row) <= longest else [*row[: longest - 1], row[-1]] for row in sequences]
    length = max(map(len, rows))
    ids = np.array([[*row, *[0] * (length - len(row))] for row in rows])
    return ids, ids > 0


def attention_weights(scores, mask):
    return softmax(np.where(mask[:, None, :], scores, -np.inf))


def mean_state(states, mask):
    return (states * mask[:, :, None]).sum(axis=1)


# %% exercise="mend_the_listing" points=4 what="fills arrays text by text and writes the softmax out"
def batch(sequences, longest):
    ids = np.zeros((len(sequences), min(longest, max(len(row) for row in sequences))), int)
    for row, sequence in zip(ids, sequences):
        kept = list(sequence)
        while len(kept) > longest:
            del kept[-2]
        row[: len(kept)] = kept
    return ids, ids.astype(bool)


def attention_weights(scores, mask):
    powers = np.exp(scores) * mask[:, np.newaxis]
    return powers / powers.sum(axis=2)[..., np.newaxis]


def mean_state(states, mask):
    return [text[real].mean(axis=0) for text, real in zip(states, mask)]


# %% exercise="word_pieces" points=2.25 what="keeps the pieces before an unknown rest" says="Can a reader make anything of half a word"
def tokenize(word, pieces):
    found, start = [], 0
    while start < len(word):
        prefix = "##" if start else ""
        for end in range(len(word), start, -1):
            if prefix + word[start:end] in pieces:
                break
        else:
            return [*found, "[UNK]"]
        found.append(prefix + word[start:end])
        start = end
    return found


def fewest(word, pieces):
    needed = {0: 0}
    for end in range(1, len(word) + 1):
        ways = [needed[start] for start in needed if ("##" if start else "") + word[start:end] in pieces]
        if ways:
            needed[end] = 1 + min(ways)
    return needed.get(len(word))


# %% exercise="word_pieces" points=1.75 what="counts WordPiece's own pieces" says="Which other beginning is there"
def tokenize(word, pieces):
    found, start = [], 0
    while start < len(word):
        prefix = "##" if start else ""
        for end in range(len(word), start, -1):
            if prefix + word[start:end] in pieces:
                break
        else:
            return ["[UNK]"]
        found.append(prefix + word[start:end])
        start = end
    return found


def fewest(word, pieces):
    return len(tokenize(word, pieces))


# %% exercise="word_pieces" points=0.25 what="forgets the marks" says="How is a piece marked that goes on with a word"
def tokenize(word, pieces):
    found = []
    while word:
        end = next((end for end in range(len(word), 0, -1) if word[:end] in pieces), None)
        if end is None:
            return ["[UNK]"]
        found, word = [*found, word[:end]], word[end:]
    return found


def fewest(word, pieces):
    found = tokenize(word, pieces)
    return None if found == ["[UNK]"] else len(found)


# %% exercise="word_pieces" points=2.25 what="takes the shortest piece first" says="In which order do you try the ends"
def tokenize(word, pieces):
    found, start = [], 0
    while start < len(word):
        prefix = "##" if start else ""
        for end in range(start + 1, len(word) + 1):
            if prefix + word[start:end] in pieces:
                break
        else:
            return ["[UNK]"]
        found.append(prefix + word[start:end])
        start = end
    return found


def fewest(word, pieces):
    needed = {0: 0}
    for end in range(1, len(word) + 1):
        ways = [needed[start] for start in needed if ("##" if start else "") + word[start:end] in pieces]
        if ways:
            needed[end] = 1 + min(ways)
    return needed.get(len(word))


# %% exercise="word_pieces" points=2 what="puts the mark behind the piece" says="Where does your search look for"
def tokenize(word, pieces):
    found, start = [], 0
    while start < len(word):
        mark = "##" if start else ""
        for end in range(len(word), start, -1):
            if word[start:end] + mark in pieces:
                break
        else:
            return ["[UNK]"]
        found.append(word[start:end] + mark)
        start = end
    return found


def fewest(word, pieces):
    needed = {0: 0}
    for end in range(1, len(word) + 1):
        ways = [needed[start] for start in needed if ("##" if start else "") + word[start:end] in pieces]
        if ways:
            needed[end] = 1 + min(ways)
    return needed.get(len(word))


# %% exercise="word_pieces" points=3 what="recurses, and tries every way"
def tokenize(word, pieces, prefix=""):
    if not word:
        return ()
    for end in reversed(range(1, len(word) + 1)):
        if prefix + word[:end] in pieces:
            rest = tokenize(word[end:], pieces, "##")
            return ("[UNK]",) if "[UNK]" in rest else (prefix + word[:end], *rest)
    return ("[UNK]",)


def fewest(word, pieces, prefix=""):
    if not word:
        return 0
    ends = [end for end in range(1, len(word) + 1) if prefix + word[:end] in pieces]
    ways = [fewest(word[end:], pieces, "##") for end in ends]
    return min((1 + way for way in ways if way is not None), default=None)


# %% exercise="corrupt" points=2.5 what="hides every chosen token" says="Everything chosen is hidden"
def corrupt(ids, special, mask_id, lots, fate, others):
    is_free = ~np.isin(ids, special)
    rank = np.argsort(np.argsort(np.where(is_free, lots, np.inf), axis=1), axis=1)
    is_chosen = is_free & (rank < np.ceil(0.15 * is_free.sum(axis=1, keepdims=True)))
    return np.where(is_chosen, mask_id, ids), is_chosen


# %% exercise="corrupt" points=1.5 what="lets special tokens into the draw" says="kept out of the draw"
def corrupt(ids, special, mask_id, lots, fate, others):
    rank = np.argsort(np.argsort(lots, axis=1), axis=1)
    is_chosen = rank < np.ceil(0.15 * ids.shape[1])
    shown = np.where(fate < 0.8, mask_id, np.where(fate < 0.9, others, ids))
    return np.where(is_chosen, shown, ids), is_chosen


# %% exercise="corrupt" points=3 what="forgets chosen tokens that are shown as they are" says="Must the model guess it"
def corrupt(ids, special, mask_id, lots, fate, others):
    is_free = ~np.isin(ids, special)
    rank = np.argsort(np.argsort(np.where(is_free, lots, np.inf), axis=1), axis=1)
    is_chosen = is_free & (rank < np.ceil(0.15 * is_free.sum(axis=1, keepdims=True)))
    shown = np.where(fate < 0.8, mask_id, np.where(fate < 0.9, others, ids))
    seen = np.where(is_chosen, shown, ids)
    return seen, seen != ids


# %% exercise="corrupt" points=3.5 what="writes into the ids" says="✗ ids are left as they were"
def corrupt(ids, special, mask_id, lots, fate, others):
    is_free = ~np.isin(ids, special)
    rank = np.argsort(np.argsort(np.where(is_free, lots, np.inf), axis=1), axis=1)
    is_chosen = is_free & (rank < np.ceil(0.15 * is_free.sum(axis=1, keepdims=True)))
    ids[is_chosen] = np.where(fate < 0.8, mask_id, np.where(fate < 0.9, others, ids))[is_chosen]
    return ids, is_chosen


# %% exercise="corrupt" points=0.5 what="rounds down" says="How many should be chosen"
def corrupt(ids, special, mask_id, lots, fate, others):
    is_free = ~np.isin(ids, special)
    rank = np.argsort(np.argsort(np.where(is_free, lots, np.inf), axis=1), axis=1)
    is_chosen = is_free & (rank < np.floor(0.15 * is_free.sum(axis=1, keepdims=True)))
    shown = np.where(fate < 0.8, mask_id, np.where(fate < 0.9, others, ids))
    return np.where(is_chosen, shown, ids), is_chosen


# %% exercise="corrupt" points=1.5 what="takes 15 % of the padded length" says="15 % of *which* tokens"
def corrupt(ids, special, mask_id, lots, fate, others):
    is_free = ~np.isin(ids, special)
    rank = np.argsort(np.argsort(np.where(is_free, lots, np.inf), axis=1), axis=1)
    is_chosen = is_free & (rank < np.ceil(0.15 * ids.shape[1]))
    shown = np.where(fate < 0.8, mask_id, np.where(fate < 0.9, others, ids))
    return np.where(is_chosen, shown, ids), is_chosen


# %% exercise="corrupt" points=1.5 what="takes the largest lots" says="These have the largest lots"
def corrupt(ids, special, mask_id, lots, fate, others):
    is_free = ~np.isin(ids, special)
    rank = np.argsort(np.argsort(np.where(is_free, -lots, np.inf), axis=1), axis=1)
    is_chosen = is_free & (rank < np.ceil(0.15 * is_free.sum(axis=1, keepdims=True)))
    shown = np.where(fate < 0.8, mask_id, np.where(fate < 0.9, others, ids))
    return np.where(is_chosen, shown, ids), is_chosen


# %% exercise="corrupt" points=2.5 what="exchanges the two tenths" says="Which comes from 0.8 to 0.9"
def corrupt(ids, special, mask_id, lots, fate, others):
    is_free = ~np.isin(ids, special)
    rank = np.argsort(np.argsort(np.where(is_free, lots, np.inf), axis=1), axis=1)
    is_chosen = is_free & (rank < np.ceil(0.15 * is_free.sum(axis=1, keepdims=True)))
    shown = np.where(fate < 0.8, mask_id, np.where(fate < 0.9, ids, others))
    return np.where(is_chosen, shown, ids), is_chosen


# %% exercise="corrupt" points=3 what="counts 0.8 as below 0.8" says="is it below 0.8"
def corrupt(ids, special, mask_id, lots, fate, others):
    is_free = ~np.isin(ids, special)
    rank = np.argsort(np.argsort(np.where(is_free, lots, np.inf), axis=1), axis=1)
    is_chosen = is_free & (rank < np.ceil(0.15 * is_free.sum(axis=1, keepdims=True)))
    shown = np.where(fate <= 0.8, mask_id, np.where(fate < 0.9, others, ids))
    return np.where(is_chosen, shown, ids), is_chosen


# %% exercise="corrupt" points=2.5 what="applies the fates everywhere" says="Tokens that were not chosen have changed as well"
def corrupt(ids, special, mask_id, lots, fate, others):
    is_free = ~np.isin(ids, special)
    rank = np.argsort(np.argsort(np.where(is_free, lots, np.inf), axis=1), axis=1)
    is_chosen = is_free & (rank < np.ceil(0.15 * is_free.sum(axis=1, keepdims=True)))
    shown = np.where(fate < 0.8, mask_id, np.where(fate < 0.9, others, ids))
    return shown, is_chosen


# %% exercise="corrupt" points=4 what="goes through the texts place by place and returns lists"
def corrupt(ids, special, mask_id, lots, fate, others):
    import math

    seen, chosen = ids.tolist(), []
    for text, row in enumerate(seen):
        free = [place for place, token in enumerate(row) if token not in special]
        free.sort(key=lambda place: lots[text][place])
        taken = set(free[: math.ceil(len(free) * 0.15)])
        for place in taken:
            if fate[text][place] < 0.8:
                row[place] = mask_id
            elif fate[text][place] < 0.9:
                row[place] = others[text][place]
        chosen.append([place in taken for place in range(len(row))])
    return seen, chosen


# %% exercise="loss_and_baseline" points=1.2 what="counts all tokens" says="Tokens that nobody has hidden are counted too"
def masked_loss(logits, original, is_chosen):
    p = np.take_along_axis(softmax(logits), original[..., None], axis=-1)
    return -np.log(p).mean()


def frequency_logits(train_ids, special, tokens):
    logits = np.log(np.bincount(train_ids.ravel(), minlength=tokens) + 1)
    logits[special] = -1e9
    return logits


# %% exercise="loss_and_baseline" points=1.2 what="takes a mean of each text first" says="Does every chosen token count alike then"
def masked_loss(logits, original, is_chosen):
    losses = -np.log(np.take_along_axis(softmax(logits), original[..., None], axis=-1)[..., 0])
    return np.mean([row[chosen].mean() for row, chosen in zip(losses, is_chosen) if chosen.any()])


def frequency_logits(train_ids, special, tokens):
    logits = np.log(np.bincount(train_ids.ravel(), minlength=tokens) + 1)
    logits[special] = -1e9
    return logits


# %% exercise="loss_and_baseline" points=1.2 what="gives unseen tokens no chance" says="Token 6 has probability 0"
def masked_loss(logits, original, is_chosen):
    p = softmax(logits[is_chosen])
    return -np.log(np.maximum(p[np.arange(len(p)), original[is_chosen]], 1e-300)).mean()


def frequency_logits(train_ids, special, tokens):
    with np.errstate(divide="ignore"):
        logits = np.log(np.bincount(train_ids.ravel(), minlength=tokens))
    logits[special] = -1e9
    return logits


# %% exercise="loss_and_baseline" points=1.2 what="returns counts" says="What are logits of a count"
def masked_loss(logits, original, is_chosen):
    p = softmax(logits[is_chosen])
    return -np.log(np.maximum(p[np.arange(len(p)), original[is_chosen]], 1e-300)).mean()


def frequency_logits(train_ids, special, tokens):
    counts = np.bincount(train_ids.ravel(), minlength=tokens) + 1.0
    counts[special] = -1e9
    return counts


# %% exercise="loss_and_baseline" points=1.2 what="takes logits for log-probabilities" says="Are logits log-probabilities already"
def masked_loss(logits, original, is_chosen):
    return -np.take_along_axis(logits, original[..., None], axis=-1)[..., 0][is_chosen].mean()


def frequency_logits(train_ids, special, tokens):
    logits = np.log(np.bincount(train_ids.ravel(), minlength=tokens) + 1)
    logits[special] = -1e9
    return logits


# %% exercise="loss_and_baseline" points=1.2 what="lets special tokens be guessed" says="Are they ever among the chosen"
def masked_loss(logits, original, is_chosen):
    p = softmax(logits[is_chosen])
    return -np.log(p[np.arange(len(p)), original[is_chosen]]).mean()


def frequency_logits(train_ids, special, tokens):
    return np.log(np.bincount(train_ids.ravel(), minlength=tokens) + 1)


# %% exercise="loss_and_baseline" points=1.2 what="adds up the losses" says="Over how many tokens is the mean"
def masked_loss(logits, original, is_chosen):
    p = softmax(logits[is_chosen])
    return -np.log(p[np.arange(len(p)), original[is_chosen]]).sum()


def frequency_logits(train_ids, special, tokens):
    logits = np.log(np.bincount(train_ids.ravel(), minlength=tokens) + 1)
    logits[special] = -1e9
    return logits


# %% exercise="loss_and_baseline" points=1.2 what="divides by all tokens" says="Is it divided by the chosen tokens"
def masked_loss(logits, original, is_chosen):
    losses = -np.log(np.take_along_axis(softmax(logits), original[..., None], axis=-1)[..., 0])
    return np.mean(losses * is_chosen)


def frequency_logits(train_ids, special, tokens):
    logits = np.log(np.bincount(train_ids.ravel(), minlength=tokens) + 1)
    logits[special] = -1e9
    return logits


# %% exercise="loss_and_baseline" points=3 what="uses Keras for the loss and normalises the frequencies"
def masked_loss(logits, original, is_chosen):
    losses = keras.ops.sparse_categorical_crossentropy(original, logits.astype("float64"), from_logits=True)
    losses = keras.ops.convert_to_numpy(losses)
    return np.average(losses, weights=is_chosen)


def frequency_logits(train_ids, special, tokens):
    counts = [0 if t in special else 1 + int((train_ids == t).sum()) for t in range(tokens)]
    return [float(np.log(count / sum(counts))) if count else -1e9 for count in counts]


# %% exercise="cheap_rule" points=1.5 what="learns from the test pairs" says="From which pairs may it learn"
def length_rule_accuracy(train_lengths, train_follows, test_lengths, test_follows):
    gaps, right = np.diff(test_lengths)[:, 0], 0
    for gap in np.unique(gaps):
        own = test_follows[gaps == gap]
        right += max(own.sum(), (~own).sum())
    return right / len(gaps)


def exchange(lengths):
    distance = np.abs(np.subtract.outer(lengths, lengths)) + np.eye(len(lengths)) * 1e9
    return distance.argmin(axis=1)


# %% exercise="cheap_rule" points=2.25 what="says False where both are equally frequent" says="where both answers were equally frequent"
def length_rule_accuracy(train_lengths, train_follows, test_lengths, test_follows):
    gaps, test_gaps = np.diff(train_lengths)[:, 0], np.diff(test_lengths)[:, 0]
    answers = [train_follows[gaps == gap].mean() > 0.5 if gap in gaps else True for gap in test_gaps]
    return np.mean(answers == test_follows)


def exchange(lengths):
    distance = np.abs(np.subtract.outer(lengths, lengths)) + np.eye(len(lengths)) * 1e9
    return distance.argmin(axis=1)


# %% exercise="cheap_rule" points=2.25 what="ignores which one is longer" says="three longer than A the same case"
def length_rule_accuracy(train_lengths, train_follows, test_lengths, test_follows):
    gaps, test_gaps = abs(np.diff(train_lengths)[:, 0]), abs(np.diff(test_lengths)[:, 0])
    answers = [train_follows[gaps == gap].mean() >= 0.5 if gap in gaps else True for gap in test_gaps]
    return np.mean(answers == test_follows)


def exchange(lengths):
    distance = np.abs(np.subtract.outer(lengths, lengths)) + np.eye(len(lengths)) * 1e9
    return distance.argmin(axis=1)


# %% exercise="cheap_rule" points=1.5 what="exchanges a sentence with itself" says="How can that be ruled out"
def length_rule_accuracy(train_lengths, train_follows, test_lengths, test_follows):
    gaps, test_gaps = np.diff(train_lengths)[:, 0], np.diff(test_lengths)[:, 0]
    answers = [train_follows[gaps == gap].mean() >= 0.5 if gap in gaps else True for gap in test_gaps]
    return np.mean(answers == test_follows)


def exchange(lengths):
    return np.abs(np.subtract.outer(lengths, lengths)).argmin(axis=1)


# %% exercise="cheap_rule" points=1.5 what="takes the next shorter sentence always" says="there is a nearer one"
def length_rule_accuracy(train_lengths, train_follows, test_lengths, test_follows):
    gaps, test_gaps = np.diff(train_lengths)[:, 0], np.diff(test_lengths)[:, 0]
    answers = [train_follows[gaps == gap].mean() >= 0.5 if gap in gaps else True for gap in test_gaps]
    return np.mean(answers == test_follows)


def exchange(lengths):
    order = np.argsort(lengths)
    places = np.empty(len(lengths), int)
    places[order] = np.roll(order, 1)
    return places


# %% exercise="cheap_rule" points=1.5 what="judges the rule where it learnt" says="Where should a rule be judged"
def length_rule_accuracy(train_lengths, train_follows, test_lengths, test_follows):
    gaps = np.diff(train_lengths)[:, 0]
    return np.mean([(train_follows[gaps == gap].mean() >= 0.5) == f for gap, f in zip(gaps, train_follows)])


def exchange(lengths):
    distance = np.abs(np.subtract.outer(lengths, lengths)) + np.eye(len(lengths)) * 1e9
    return distance.argmin(axis=1)


# %% exercise="cheap_rule" points=2.25 what="says False of a new difference" says="a difference that it has never seen"
def length_rule_accuracy(train_lengths, train_follows, test_lengths, test_follows):
    gaps, test_gaps = np.diff(train_lengths)[:, 0], np.diff(test_lengths)[:, 0]
    return np.mean([gap in gaps and train_follows[gaps == gap].mean() >= 0.5 for gap in test_gaps] == test_follows)


def exchange(lengths):
    distance = np.abs(np.subtract.outer(lengths, lengths)) + np.eye(len(lengths)) * 1e9
    return distance.argmin(axis=1)


# %% exercise="cheap_rule" points=1.5 what="returns the share of wrong answers" says="This is the share of wrong answers"
def length_rule_accuracy(train_lengths, train_follows, test_lengths, test_follows):
    gaps, test_gaps = np.diff(train_lengths)[:, 0], np.diff(test_lengths)[:, 0]
    answers = [train_follows[gaps == gap].mean() >= 0.5 if gap in gaps else True for gap in test_gaps]
    return np.mean(answers != test_follows)


def exchange(lengths):
    distance = np.abs(np.subtract.outer(lengths, lengths)) + np.eye(len(lengths)) * 1e9
    return distance.argmin(axis=1)


# %% exercise="cheap_rule" points=1.5 what="returns lengths" says="The places of the sentences are wanted"
def length_rule_accuracy(train_lengths, train_follows, test_lengths, test_follows):
    gaps, test_gaps = np.diff(train_lengths)[:, 0], np.diff(test_lengths)[:, 0]
    answers = [train_follows[gaps == gap].mean() >= 0.5 if gap in gaps else True for gap in test_gaps]
    return np.mean(answers == test_follows)


def exchange(lengths):
    distance = np.abs(np.subtract.outer(lengths, lengths)) + np.eye(len(lengths)) * 1e9
    return lengths[distance.argmin(axis=1)]


# %% exercise="cheap_rule" points=3 what="counts with a Counter and sorts for each sentence"
def length_rule_accuracy(train_lengths, train_follows, test_lengths, test_follows):
    from collections import Counter

    seen = Counter((int(b - a), bool(f)) for (a, b), f in zip(train_lengths, train_follows))
    right = 0
    for (a, b), f in zip(test_lengths, test_follows):
        right += (seen[b - a, False] <= seen[b - a, True]) == f
    return right / len(test_follows)


def exchange(lengths):
    everybody = range(len(lengths))
    return [sorted(everybody, key=lambda j: (j == i, abs(int(lengths[j]) - int(lengths[i]))))[0] for i in everybody]


# %% exercise="low_rank_dense" points=2.4 what="trains the kernel as well" says="How does Keras know that a weight is not to be trained"
class LowRankDense(keras.layers.Layer):
    def __init__(self, kernel, bias, rank):
        super().__init__()
        self.kernel = self.add_weight(shape=kernel.shape)
        self.bias = self.add_weight(shape=bias.shape)
        self.down = self.add_weight(shape=(kernel.shape[0], rank))
        self.up = self.add_weight(shape=(rank, kernel.shape[1]), initializer="zeros")
        self.kernel.assign(kernel)
        self.bias.assign(bias)

    def call(self, x):
        return x @ self.kernel + self.bias + (x @ self.down) @ self.up


# %% exercise="low_rank_dense" points=2.4 what="begins with two random matrices" says="must change nothing"
class LowRankDense(keras.layers.Layer):
    def __init__(self, kernel, bias, rank):
        super().__init__()
        self.kernel = self.add_weight(shape=kernel.shape, trainable=False)
        self.bias = self.add_weight(shape=bias.shape, trainable=False)
        self.down = self.add_weight(shape=(kernel.shape[0], rank))
        self.up = self.add_weight(shape=(rank, kernel.shape[1]))
        self.kernel.assign(kernel)
        self.bias.assign(bias)

    def call(self, x):
        return x @ self.kernel + self.bias + (x @ self.down) @ self.up


# %% exercise="low_rank_dense" points=3.2 what="begins with two matrices of zeros" says="what is the gradient of each"
class LowRankDense(keras.layers.Layer):
    def __init__(self, kernel, bias, rank):
        super().__init__()
        self.kernel = self.add_weight(shape=kernel.shape, trainable=False)
        self.bias = self.add_weight(shape=bias.shape, trainable=False)
        self.down = self.add_weight(shape=(kernel.shape[0], rank), initializer="zeros")
        self.up = self.add_weight(shape=(rank, kernel.shape[1]), initializer="zeros")
        self.kernel.assign(kernel)
        self.bias.assign(bias)

    def call(self, x):
        return x @ self.kernel + self.bias + (x @ self.down) @ self.up


# %% exercise="low_rank_dense" points=0.8 what="keeps the matrices as plain tensors" says="Keras does not know both matrices as weights"
class LowRankDense(keras.layers.Layer):
    def __init__(self, kernel, bias, rank):
        super().__init__()
        self.kernel, self.bias = kernel, bias
        self.down = keras.random.normal((kernel.shape[0], rank))
        self.up = keras.ops.zeros((rank, kernel.shape[1]))

    def call(self, x):
        return x @ self.kernel + self.bias + (x @ self.down) @ self.up


# %% exercise="low_rank_dense" points=2.4 what="turns both matrices round" says="What are their shapes"
class LowRankDense(keras.layers.Layer):
    def __init__(self, kernel, bias, rank):
        super().__init__()
        self.kernel = self.add_weight(shape=kernel.shape, trainable=False)
        self.bias = self.add_weight(shape=bias.shape, trainable=False)
        self.down = self.add_weight(shape=(rank, kernel.shape[0]))
        self.up = self.add_weight(shape=(kernel.shape[1], rank), initializer="zeros")
        self.kernel.assign(kernel)
        self.bias.assign(bias)

    def call(self, x):
        change = keras.ops.transpose(self.up @ self.down)
        return x @ self.kernel + self.bias + x @ change


# %% exercise="low_rank_dense" points=4 what="keeps kernel and bias as constants and begins with zeros in the other matrix"
class LowRankDense(keras.Layer):
    def __init__(self, kernel, bias, rank):
        super().__init__()
        self.given = keras.ops.convert_to_tensor(kernel), keras.ops.convert_to_tensor(bias)
        self.down = keras.Variable(np.zeros((len(kernel), rank), "float32"))
        self.up = keras.Variable(keras.random.uniform((rank, len(bias)), -0.5, 0.5))

    def call(self, x):
        kernel, bias = self.given
        change = keras.ops.matmul(keras.ops.matmul(x, self.down), self.up)
        return keras.ops.add(keras.ops.matmul(x, kernel), bias) + change
