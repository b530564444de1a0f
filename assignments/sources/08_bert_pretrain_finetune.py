# %% [markdown] lang="en"
# # Assignment 08 · BERT: pre-training and fine-tuning
#
# {total} in all, after [chapter 08](../notebooks/08_bert_pretrain_finetune.ipynb).
#
# 1. Run the cells from top to bottom; the first one sets up the assignment.
# 2. In an answer cell, put your code in place of `raise NotImplementedError`, or change the code that is there. You may add cells.
# 3. Run the check below it, as often as you like. It answers at once, often with a hint. When your work is graded, the same
#    check runs with further numbers, and each part of it earns its share of the points.
# 4. Before you hand in: *Kernel → Restart Kernel and Run All Cells*. Leave the file's name as it is.

# %% [markdown] lang="zh" of="48afefe2"
# # 作业 08 · BERT：预训练与微调
#
# 共 {total}，配合[第 08 章](../../notebooks/zh/08_bert_pretrain_finetune.ipynb)。
#
# 1. 从上到下逐格运行；第一格负责准备。
# 2. 在答题格里，把 `raise NotImplementedError` 换成你的代码，或修改里面已有的代码。可以自己加单元格。
# 3. 运行下面的检查格，次数不限。它立刻给出结果，常常还有提示。评分时，同一份检查会再用别的数据运行，每通过一项得一份分。
# 4. 提交之前，请选菜单 Kernel → Restart Kernel and Run All Cells 从头运行一遍。不要改文件名。

# %%
from course_utils.checking import start_assignment

check = start_assignment("{language}", tensorflow=True)

import keras
import matplotlib.pyplot as plt
import numpy as np

np.set_printoptions(precision=3, suppress=True)


def softmax(z, axis=-1):
    powers = np.exp(z - z.max(axis=axis, keepdims=True))
    return powers / powers.sum(axis=axis, keepdims=True)


# %% [markdown] lang="en"
# ## 1. Mend the listing ({exercise:mend_the_listing})
#
# Article A2 (§1.4.3) gives BERT ids without padding and a mask that does not fit them. Here is what stands around an encoder,
# with faults of this kind: two in `batch`, one in `attention_weights`, one in `mean_state`. Mend them.
#
# - `batch`: each sequence begins with [CLS] and ends with [SEP]. A longer one than `longest` is cut to that length, and [SEP] is still its end. Shorter
#   ones are padded with 0 on the right. The mask is True for real tokens; a real token is never 0.
# - `attention_weights`: softmax of `scores` (texts, length, length), in which no position looks at padding, and what each real position looks at adds up to 1.
# - `mean_state`: the mean of the states (texts, length, channels) over the real tokens of each text.

# %% [markdown] lang="zh" of="31d30175"
# ## 1. 修好这段代码（{exercise:mend_the_listing}）
#
# 文章 A2（§1.4.3）给 BERT 的编号没有填充，掩码又与它对不上。下面是编码器前后的几个零件，带着同类的毛病：`batch` 里两处，
# `attention_weights` 里一处，`mean_state` 里一处。请修好。
#
# - `batch`：每个序列以 [CLS] 开头，以 [SEP] 结尾。比 `longest` 长的截到这个长度，结尾仍是 [SEP]；短的在右边用 0 填充。真正的词元处，掩码为 True；
#   真正的词元绝不会是 0。
# - `attention_weights`：`scores`（文本数，长度，长度）的 softmax，任何位置都不看填充，每个真正的位置看向各处的权重之和为 1。
# - `mean_state`：状态（文本数，长度，通道数）在每段文本的真正词元上的均值。


# %% answer="mend_the_listing"
def batch(sequences, longest):
    """Ids and mask, both of shape (texts, length)."""
    ### BEGIN SOLUTION
    rows = [row if len(row) <= longest else [*row[: longest - 1], row[-1]] for row in sequences]
    ### GIVEN
    # rows = [row[:longest] for row in sequences]
    ### END SOLUTION
    length = max(map(len, rows))
    ids = np.array([[*row, *[0] * (length - len(row))] for row in rows])
    ### BEGIN SOLUTION
    return ids, ids != 0
    ### GIVEN
    # return ids, np.ones(ids.shape, dtype=bool)
    ### END SOLUTION


def attention_weights(scores, mask):
    """How much each position (second axis) looks at each position (third axis)."""
    ### BEGIN SOLUTION
    return softmax(np.where(mask[:, None, :], scores, -np.inf))
    ### GIVEN
    # return softmax(scores) * mask[:, None, :]
    ### END SOLUTION


def mean_state(states, mask):
    """The mean over the real tokens, shape (texts, channels)."""
    ### BEGIN SOLUTION
    return (states * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
    ### GIVEN
    # return states.mean(axis=1)
    ### END SOLUTION


# %% check="mend_the_listing" minutes=12
import numpy as np

exercise = check("mend_the_listing", points=4)
given = {"sequences": [[101, 7, 102], [101, 5, 6, 7, 8, 9, 102], [101, 5, 6, 102]]}
exercise.equal(
    "ids of three texts, the longest cut to five",
    "batch(sequences, 5)[0]",
    np.array([[101, 7, 102, 0, 0], [101, 5, 6, 7, 102], [101, 5, 6, 102, 0]]),
    given=given,
    mistakes={"{hint:end}": lambda answer: answer[1][4] != 102 and len(answer[1]) == 5},
)
exercise.equal(
    "the mask of the three texts",
    "batch(sequences, 5)[1]",
    np.array([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1], [1, 1, 1, 1, 0]]) == 1,
    given=given,
    mistakes={"{hint:padding}": np.ones((3, 5), bool), "{hint:truth}": lambda answer: answer.dtype != bool},
)
exercise.equal(
    "attention of two real positions beside one of padding",
    "attention_weights(scores, mask)[0][:2]",
    np.array([[0.25, 0.75, 0.0], [0.75, 0.25, 0.0]]),
    given={
        "scores": np.array([[[0.0, np.log(3), 5.0], [np.log(3), 0.0, 5.0], [0.0, 0.0, 0.0]]]),
        "mask": np.array([[True, True, False]]),
    },
    mistakes={
        "{hint:axis}": lambda answer: answer[0][2] > 0,
        "{hint:one}": lambda answer: answer[0][2] == 0 and sum(answer[0]) < 0.99,
    },
)
exercise.equal(
    "the mean of two real tokens beside one of padding",
    "mean_state(states, mask)",
    np.array([[2.0, 3.0]]),
    given={"states": np.array([[[1.0, 2.0], [3.0, 4.0], [100.0, 100.0]]]), "mask": np.array([[True, True, False]])},
    mistakes={
        "{hint:counted}": np.array([[104 / 3, 106 / 3]]),
        "{hint:divisor}": np.array([[4 / 3, 2.0]]),
        "{hint:sum}": np.array([[4.0, 6.0]]),
    },
)
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(1)
sequences = [[101, *rng.integers(1000, 2000, size).tolist(), 102] for size in (3, 11, 6, 7)]
expected = np.zeros((4, 8), int)
for row, sequence in zip(expected, sequences, strict=True):
    kept = [*sequence[: min(len(sequence), 8) - 1], 102]
    row[: len(kept)] = kept
given = {"sequences": sequences}
exercise.equal("ids of four texts, cut to eight", "batch(sequences, 8)[0]", expected, given=given)
exercise.equal("the mask of the four texts", "batch(sequences, 8)[1]", expected > 0, given=given)
lengths = (5, 2, 4)
mask = np.array([[place < length for place in range(5)] for length in lengths])
scores, states = rng.standard_normal((3, 5, 5)), rng.standard_normal((3, 5, 6))
weights = []
for text, length in enumerate(lengths):
    powers = np.exp(scores[text, :length, :length])
    weights.append((powers / powers.sum(axis=1, keepdims=True)).tolist())
exercise.equal(
    "attention in texts of five, two and four tokens",
    "[attention_weights(scores, mask)[text][:n, :n] for text, n in enumerate([5, 2, 4])]",
    weights,
    given={"scores": scores, "mask": mask},
)
exercise.equal(
    "means of five, two and four tokens",
    "mean_state(states, mask)",
    [states[text, :length].mean(axis=0) for text, length in enumerate(lengths)],
    given={"states": states, "mask": mask},
)
### END HIDDEN TESTS
exercise.score()

# %% [markdown] lang="en" role="hints"
# - end: Look at the end of the text that was cut. What has the encoder been taught to find there?
# - padding: According to this mask every token is real. Which ids show that they are not?
# - truth: The mask should hold truth values.
# - axis: Padding is still looked at. Which axis of the scores says what is looked *at*?
# - one: The padding's share has been taken away after the softmax. What do the others add up to now, and what should happen first?
# - counted: The padding's states are part of this mean. Which states should be summed, and by how many divided?
# - divisor: The sum is right. By how many tokens is it to be divided?
# - sum: This is the sum. What makes a mean of it?

# %% [markdown] lang="zh" role="hints" of="93203bbf"
# - end: 看看被截断的那段文本的结尾。编码器学会了在那里找什么？
# - padding: 照这个掩码，每个词元都是真的。哪些编号说明并非如此？
# - truth: 掩码里应当是真假值。
# - axis: 填充仍然被看到了。分数的哪一条轴表示**看向**哪里？
# - one: 填充的那一份是在 softmax 之后拿掉的。其余的现在加起来是多少？哪一步该在先？
# - counted: 这个均值里有填充的状态。应当对哪些状态求和，再除以几？
# - divisor: 和是对的。应当除以几个词元？
# - sum: 这是和。怎样变成均值？

# %% [markdown] lang="en"
# ## 2. Pieces of words ({exercise:word_pieces})
#
# WordPiece takes the longest piece that begins the word, then the longest that goes on (marked with `##`), and never goes back. If at some place no piece
# fits, the *whole word* is `["[UNK]"]`. Is that the best way to cut? Write both:
#
# - `tokenize(word, pieces)`: the pieces, as WordPiece cuts. `pieces` is a set.
# - `fewest(word, pieces)`: the smallest number of pieces with which the word can be written at all, whatever the way; `None` if there is no way.
#
# On paper: what do both say of "abcd", if the pieces are abc, ab and ##cd?

# %% [markdown] lang="zh" of="f29ed39b"
# ## 2. 词的片段（{exercise:word_pieces}）
#
# WordPiece 先取词头最长的片段，再取接得上的最长的片段（以 `##` 标记），从不回头。如果走到某处没有片段接得上，**整个词**就是 `["[UNK]"]`。
# 这样切是最好的吗？两样都写出来：
#
# - `tokenize(word, pieces)`：照 WordPiece 的切法得到的片段。`pieces` 是一个集合。
# - `fewest(word, pieces)`：不论怎样切，写出这个词最少要几个片段；无论如何都写不出时，返回 `None`。
#
# 先在纸上算：如果片段只有 abc、ab 和 ##cd，“abcd” 的两个答案各是什么？


# %% answer="word_pieces"
def tokenize(word, pieces):
    """The longest piece first, then the longest that goes on; ["[UNK]"] if one is missing."""
    ### BEGIN SOLUTION
    found, start = [], 0
    while start < len(word):
        prefix = "##" if start else ""
        ends = [end for end in range(len(word), start, -1) if prefix + word[start:end] in pieces]
        if not ends:
            return ["[UNK]"]
        found.append(prefix + word[start : ends[0]])
        start = ends[0]
    return found
    ### END SOLUTION


def fewest(word, pieces):
    """The smallest number of pieces that write the word, or None."""
    ### BEGIN SOLUTION
    needed = {0: 0}  # how many pieces write the first so many letters
    for end in range(1, len(word) + 1):
        ways = [needed[start] for start in needed if ("##" if start else "") + word[start:end] in pieces]
        if ways:
            needed[end] = 1 + min(ways)
    return needed.get(len(word))
    ### END SOLUTION


# %% check="word_pieces" minutes=15
exercise = check("word_pieces", points=3)
exercise.equal(
    "unaffected in pieces",
    "tokenize(word, set(pieces))",
    ["un", "##aff", "##ected"],
    given={"word": "unaffected", "pieces": ["un", "##a", "##aff", "##ff", "##ected", "aff", "ected"]},
    mistakes={
        "{hint:mark}": ["un", "aff", "ected"],
        "{hint:longest}": ["un", "##a", "##ff", "##ected"],
        "{hint:unknown}": ["[UNK]"],
    },
)
exercise.equal(
    "a word whose end has no piece",
    "tokenize(word, set(pieces))",
    ["[UNK]"],
    given={"word": "unzip", "pieces": ["un", "##z", "##i", "zip"]},
    mistakes={"{hint:whole}": lambda answer: len(answer) > 1},
)
exercise.equal(
    "the fewest pieces for abcd",
    "fewest(word, set(pieces))",
    2,
    given={"word": "abcd", "pieces": ["abc", "ab", "##cd"]},
    mistakes={"{hint:back}": lambda answer: answer is None or answer == 1},
)
### BEGIN HIDDEN TESTS
exercise.equal(
    "pieces that begin and pieces that go on",
    "[tokenize(word, set(pieces)) for word in words]",
    [["able", "##s"], ["s", "##able"], ["[UNK]"]],
    given={"words": ["ables", "sable", "tables"], "pieces": ["able", "##able", "s", "##s", "##t"]},
    mistakes={"{hint:mark}": lambda answer: not any("##" in piece for cut in answer for piece in cut)},
)
exercise.equal(
    "tokenize does not go back",
    "tokenize(word, set(pieces))",
    ["[UNK]"],
    given={"word": "abcd", "pieces": ["abc", "ab", "##cd"]},
    hint="{hint:never}",
    weight=0.5,
)
exercise.equal(
    "the fewest pieces for longer words",
    "[fewest(word, set(pieces)) for word in words]",
    [2, 1, 3],
    given={
        "words": ["abcdef", "abc", "abdef"],
        "pieces": ["a", "ab", "abc", "##b", "##d", "##e", "##f", "##cdef", "##ef"],
    },
    mistakes={"{hint:greedy}": lambda answer: answer[0] == 3},
)
exercise.equal(
    "a word that cannot be written",
    "fewest(word, set(pieces))",
    None,
    given={"word": "abx", "pieces": ["a", "ab", "##b", "x"]},
    weight=0.5,
)
### END HIDDEN TESTS
exercise.score()

# %% [markdown] lang="en" role="hints"
# - mark: How is a piece marked that goes on with a word? Only such pieces may be taken behind the first one.
# - longest: A longer piece would have fitted after "un". In which order do you try the ends?
# - unknown: All pieces are there. Where does your search look for "##aff"?
# - whole: Can a reader make anything of half a word? What does the rule say when the rest has no piece?
# - back: "abc" leads nowhere here. Which other beginning is there?
# - never: WordPiece takes the longest piece and never regrets it. What happens at "d"?
# - greedy: This is how many pieces WordPiece takes. Is there a shorter way with a shorter beginning?

# %% [markdown] lang="zh" role="hints" of="049e7641"
# - mark: 接在词中间的片段怎么标记？第一片之后，只能取这样的片段。
# - longest: “un” 之后本来接得上更长的片段。你是按什么顺序尝试结尾的？
# - unknown: 需要的片段都有。你的程序到哪里去找 “##aff”？
# - whole: 只剩半个词，读的人能明白什么？后面没有片段时，规则怎么说？
# - back: “abc” 在这里走不通。还有别的开头吗？
# - never: WordPiece 取了最长的片段，从不反悔。到了 “d” 会怎样？
# - greedy: 这是 WordPiece 用的片段数。换一个短一点的开头，有没有更省的切法？

# %% [markdown] lang="en"
# ## 3. What is hidden ({exercise:corrupt})
#
# Make the exercise from which BERT learns. So that everybody gets the same result, chance comes from outside: `lots` and `fate` hold
# random numbers between 0 and 1, `others` a random token for each place; all have the shape of `ids` (texts, length).
#
# - The tokens in `special` ([CLS], [SEP], padding …) are never chosen. Of the other tokens of each text 15 % are chosen, rounded up: those with the smallest `lots`.
# - A chosen token is shown as `mask_id` where its `fate` is below 0.8; as the token of `others` from 0.8 to below 0.9; as it is otherwise.
#
# Return what the model sees, and a truth table of what it must guess. Leave `ids` as it is.

# %% [markdown] lang="zh" of="7e6198b1"
# ## 3. 藏起什么（{exercise:corrupt}）
#
# 出一道 BERT 用来学习的题。为了让大家得到同样的结果，随机性从外面给：`lots` 和 `fate` 是 0 到 1 之间的随机数，`others` 给每个位置备好一个随机词元；
# 形状都与 `ids`（文本数，长度）相同。
#
# - `special` 里的词元（[CLS]、[SEP]、填充……）绝不会被选中。每段文本其余的词元中，选 15 %，向上取整：`lots` 最小的那几个。
# - 选中的词元，`fate` 小于 0.8 时显示为 `mask_id`；从 0.8 到不足 0.9，显示为 `others` 里的词元；其余照原样显示。
#
# 返回模型看到的编号，以及一张真假表，说明它要猜的是哪些。不要改动 `ids`。


# %% answer="corrupt"
def corrupt(ids, special, mask_id, lots, fate, others):
    """What the model sees, and which tokens it must guess; both of shape (texts, length)."""
    ### BEGIN SOLUTION
    is_free = ~np.isin(ids, special)
    rank = np.argsort(np.argsort(np.where(is_free, lots, np.inf), axis=1), axis=1)
    is_chosen = is_free & (rank < np.ceil(0.15 * is_free.sum(axis=1, keepdims=True)))
    shown = np.where(fate < 0.8, mask_id, np.where(fate < 0.9, others, ids))
    return np.where(is_chosen, shown, ids), is_chosen
    ### END SOLUTION


# %% check="corrupt" minutes=15
import numpy as np

exercise = check("corrupt", points=4)
call = "corrupt(ids, special, mask_id, lots, fate, others)"
lots = np.array(
    [[0.01, 0.5, 0.3, 0.9, 0.2, 0.7, 0.6, 0.02, 0.03, 0.04], [0.5, 0.9, 0.8, 0.7, 0.6, 0.4, 0.3, 0.2, 0.1, 0]]
)
given = {
    "ids": np.array([[1, 11, 12, 13, 14, 15, 16, 2, 0, 0], [1, 21, 22, 23, 24, 25, 26, 27, 28, 2]]),
    "special": [0, 1, 2, 3],
    "mask_id": 3,
    "lots": lots,
    "fate": np.full((2, 10), 0.5),
    "others": np.full((2, 10), 50),
}
right = np.zeros((2, 10), bool)
right[[0, 1, 1], [4, 7, 8]] = True
exercise.equal(
    "which tokens are chosen in texts of six and eight",
    call + "[1]",
    right,
    given=given,
    mistakes={
        "{hint:special}": lambda answer: answer[0][0] or answer[0][7] or answer[0][8] or answer[1][9],
        "{hint:share}": lambda answer: sum(answer[0]) > 1,
        "{hint:ceiling}": lambda answer: sum(answer[0]) == 0 or sum(answer[1]) == 1,
        "{hint:smallest}": lambda answer: answer[0][3] or answer[1][1],
    },
)
given = {
    "ids": np.array([[1, 11, 2]] * 4),
    "special": [0, 1, 2, 3],
    "mask_id": 3,
    "lots": np.array([[0.9, 0.1, 0.8]] * 4),
    "fate": np.array([[0.5, 0.1, 0.5], [0.1, 0.85, 0.1], [0.1, 0.95, 0.1], [0.1, 0.8, 0.1]]),
    "others": np.array([[61, 62, 63], [64, 65, 66], [67, 68, 69], [70, 71, 72]]),
}
exercise.equal(
    "what is shown by the fates 0.1, 0.85, 0.95 and 0.8",
    call + "[0]",
    np.array([[1, 3, 2], [1, 65, 2], [1, 11, 2], [1, 71, 2]]),
    given=given,
    mistakes={
        "{hint:always}": np.array([[1, 3, 2]] * 4),
        "{hint:swapped}": lambda answer: answer[1][1] == 11 and answer[2][1] == 68,
        "{hint:border}": lambda answer: answer[3][1] == 3 and answer[1][1] == 65,
        "{hint:unchosen}": lambda answer: answer[1][0] != 1 or answer[1][2] != 2,
    },
)
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(3)
ids = np.zeros((40, 30), int)
for row in ids:
    length = rng.integers(1, 28)
    row[: length + 2] = [1, *rng.integers(4, 100, length), 2]
given = {
    "ids": ids,
    "special": [0, 1, 2, 3],
    "mask_id": 3,
    "lots": rng.random((40, 30)),
    "fate": rng.random((40, 30)),
    "others": rng.integers(4, 100, (40, 30)),
}
seen, is_chosen = ids.copy(), np.zeros((40, 30), bool)
for text in range(40):
    free = sorted(np.flatnonzero(ids[text] > 3), key=lambda place: given["lots"][text, place])
    for place in free[: -(-15 * len(free) // 100)]:
        is_chosen[text, place] = True
        if given["fate"][text, place] < 0.8:
            seen[text, place] = 3
        elif given["fate"][text, place] < 0.9:
            seen[text, place] = given["others"][text, place]
exercise.equal(
    "which tokens are chosen in forty texts",
    call + "[1]",
    is_chosen,
    given=given,
    mistakes={"{hint:still}": (seen != ids)},
)
exercise.equal("what is shown of forty texts", call + "[0]", seen, given=given, weight=0.5)
exercise.equal(
    "ids are left as they were", f"before = ids.copy()\n{call}\n(ids == before).all()", True, given=given, weight=0.5
)
### END HIDDEN TESTS
exercise.score()

# %% [markdown] lang="en" role="hints"
# - special: A special token or padding was chosen. How can they be kept out of the draw?
# - share: Too many in the first text. 15 % of *which* tokens? Six of its ten are words.
# - ceiling: 15 % of six tokens is 0.9. How many should be chosen?
# - smallest: These have the largest lots.
# - always: Everything chosen is hidden. What happens to the tokens with a fate of 0.8 and more, and why does BERT want that?
# - swapped: Look at the two tenths again. Which comes from 0.8 to 0.9?
# - border: A fate of exactly 0.8: is it below 0.8?
# - unchosen: Tokens that were not chosen have changed as well. To which places does `fate` apply?
# - still: A token that is shown unchanged was chosen all the same. Must the model guess it?

# %% [markdown] lang="zh" role="hints" of="04653c9f"
# - special: 选中了特殊词元或填充。怎样把它们排除在抽签之外？
# - share: 第一段文本选多了。15 % 是对**哪些**词元而言？十个里面，词只有六个。
# - ceiling: 六个词元的 15 % 是 0.9。该选几个？
# - smallest: 选出的这些，`lots` 是最大的。
# - always: 选中的全都藏起来了。`fate` 在 0.8 及以上的词元该怎么办？BERT 为什么要这样？
# - swapped: 再看看那两个十分之一。从 0.8 到 0.9 的是哪一种？
# - border: `fate` 正好是 0.8：它小于 0.8 吗？
# - unchosen: 没有选中的词元也变了。`fate` 管的是哪些位置？
# - still: 照原样显示的词元也是选中的。模型要不要猜它？

# %% [markdown] lang="en"
# ## 4. The loss, and whom it must beat ({exercise:loss_and_baseline})
#
# The masked language model is asked for the chosen tokens only. And somebody who reads nothing, but knows how often each token occurs, is
# already better than chance: this is the baseline.
#
# - `masked_loss(logits, original, is_chosen)`: the mean of $-\ln p$ of the original tokens over *all chosen tokens* of all texts. `logits` (texts, length, tokens), the others (texts, length).
# - `frequency_logits(train_ids, special, tokens)`: one row (tokens,) of logits that predicts each token in proportion to how often it occurs in the training
#   texts, *plus one*, and never one of the `special` ones: give those −1e9.

# %% [markdown] lang="zh" of="52d780d5"
# ## 4. 损失，以及它要胜过谁（{exercise:loss_and_baseline}）
#
# 掩码语言模型只回答选中的词元。什么都不读、只知道每个词元多常见的人，已经胜过瞎猜：这就是基线。
#
# - `masked_loss(logits, original, is_chosen)`：在所有文本的**全部选中词元**上，原来词元的 $-\ln p$ 的均值。`logits` 的形状是（文本数，长度，词元数），
#   其余是（文本数，长度）。
# - `frequency_logits(train_ids, special, tokens)`：一行 logits（词元数，），它预测每个词元的概率，与该词元在训练文本中出现的次数**加一**成正比；
#   `special` 里的绝不预测，给它们 −1e9。


# %% answer="loss_and_baseline"
def masked_loss(logits, original, is_chosen):
    """Mean loss over all chosen tokens, in nats."""
    ### BEGIN SOLUTION
    p = softmax(logits[is_chosen])
    return -np.log(p[np.arange(len(p)), original[is_chosen]]).mean()
    ### END SOLUTION


def frequency_logits(train_ids, special, tokens):
    """Logits of the tokens' frequencies, shape (tokens,)."""
    ### BEGIN SOLUTION
    logits = np.log(np.bincount(train_ids.ravel(), minlength=tokens) + 1)
    logits[special] = -1e9
    return logits
    ### END SOLUTION


# %% check="loss_and_baseline" minutes=10
import numpy as np

exercise = check("loss_and_baseline", points=3)
p = np.array(
    [
        [[0.5, 0.2, 0.2, 0.1], [0.25, 0.25, 0.3, 0.2], [0.1, 0.1, 0.7, 0.1]],
        [[0.1, 0.8, 0.05, 0.05], [0.4, 0.2, 0.2, 0.2], [0.3, 0.3, 0.3, 0.1]],
    ]
)
exercise.equal(
    "the loss of two chosen tokens in one text and one in another",
    "masked_loss(logits, original, is_chosen)",
    0.7675284,
    given={
        "logits": np.log(p) + 2,
        "original": np.array([[0, 1, 2], [1, 0, 3]]),
        "is_chosen": np.array([[True, True, False], [True, False, False]]),
    },
    mistakes={
        "{hint:all}": lambda answer: abs(answer - 0.9797) < 1e-3,
        "{hint:texts}": 0.6314331,
        "{hint:sum}": 2.3025851,
        "{hint:softmax}": lambda answer: answer < 0,
        "{hint:divisor}": 0.3837642,
    },
)
shares = "import numpy as np\nrow = np.asarray(frequency_logits(train_ids, special, tokens), float)\n"
shares += "np.exp(row - row.max()) / np.exp(row - row.max()).sum()"
exercise.equal(
    "the probabilities of seven tokens, three of them special",
    shares,
    np.array([0, 0, 0, 4, 2, 2, 1]) / 9,
    given={"train_ids": np.array([[1, 3, 4, 2, 0], [1, 3, 3, 5, 2]]), "special": [0, 1, 2], "tokens": 7},
    mistakes={
        "{hint:special}": lambda answer: answer[0] > 0,
        "{hint:unseen}": np.array([0, 0, 0, 3, 1, 1, 0]) / 5,
        "{hint:logarithm}": lambda answer: answer[3] / answer[4] > 2.5,
    },
)
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(4)
logits, original, is_chosen = rng.normal(0, 2, (9, 12, 30)), rng.integers(0, 30, (9, 12)), rng.random((9, 12)) < 0.15
log_p = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
losses = [-log_p[text, place, original[text, place]] for text, place in zip(*np.nonzero(is_chosen), strict=True)]
given = {"logits": logits, "original": original, "is_chosen": is_chosen}
exercise.equal("the loss over nine texts", "masked_loss(logits, original, is_chosen)", np.mean(losses), given=given)
train_ids = rng.integers(0, 20, (50, 12)) * (rng.random((50, 12)) < 0.8)
counts = np.array([0 if token in (0, 1, 4) else 1 + np.sum(train_ids == token) for token in range(30)])
given |= {"train_ids": train_ids, "special": [0, 1, 4], "tokens": 30}
exercise.equal("the probabilities of thirty tokens", shares, counts / counts.sum(), given=given)
original = rng.integers(5, 30, (9, 12))
exercise.equal(
    "the loss of the baseline",
    """import numpy as np
row = np.asarray(frequency_logits(train_ids, special, tokens), float)
masked_loss(np.tile(row, (9, 12, 1)), original, is_chosen)""",
    -np.mean(np.log((counts / counts.sum())[original[is_chosen]])),
    given={**given, "original": original},
)
### END HIDDEN TESTS
exercise.score()

# %% [markdown] lang="en" role="hints"
# - all: Tokens that nobody has hidden are counted too. They stand in the input, so what would a loss on them say?
# - texts: You took a mean for each text first. Does every chosen token count alike then?
# - sum: This is a sum. Over how many tokens is the mean?
# - softmax: A mean of −ln p cannot be negative. Are logits log-probabilities already?
# - divisor: The sum is right. Is it divided by the chosen tokens, or by all?
# - special: Special tokens get a probability. Are they ever among the chosen?
# - unseen: Token 6 has probability 0. What would its loss be, if a validation text hides it?
# - logarithm: The softmax will take the exponential of these numbers. What are logits of a count, then?

# %% [markdown] lang="zh" role="hints" of="efda6a0e"
# - all: 没有藏起来的词元也算了进去。它们就在输入里，在它们身上的损失说明得了什么？
# - texts: 你先对每段文本取了均值。这样一来，每个选中的词元分量相同吗？
# - sum: 这是和。均值是对多少个词元取的？
# - softmax: −ln p 的均值不会是负数。logits 已经是对数概率了吗？
# - divisor: 和是对的。除以的是选中的词元数，还是全部词元数？
# - special: 特殊词元也得到了概率。它们会被选中吗？
# - unseen: 词元 6 的概率是 0。如果验证文本里藏起来的正是它，损失会是多少？
# - logarithm: softmax 还要对这些数取指数。那么，次数的 logits 应当是什么？

# %% [markdown] lang="en"
# ## 5. The cheap rule ({exercise:cheap_rule})
#
# "Does B follow A?" can be solved without reading, if exchanged sentences have other lengths than true ones. How well? And how to prevent it?
#
# - `length_rule_accuracy(train_lengths, train_follows, test_lengths, test_follows)`: `lengths` has shape (pairs, 2), the lengths of A and B; `follows` is True
#   where B really follows. The rule looks at the difference, B's length minus A's, only: it answers what is more frequent among the *training*
#   pairs with this difference, and True if both are equally frequent or the difference is new. Return the share of *test* pairs it answers rightly.
# - `exchange(lengths)`: for each sentence, the place of *another* one whose length is as near as possible (of several, any), shape (sentences,).

# %% [markdown] lang="zh" of="c4223692"
# ## 5. 省事的规则（{exercise:cheap_rule}）
#
# “B 是不是 A 的下一句？”如果换上的句子与真的下一句长度不同，不用读就答得出来。能答对多少？怎样防止？
#
# - `length_rule_accuracy(train_lengths, train_follows, test_lengths, test_follows)`：`lengths` 的形状是（句对数，2），即 A 和 B 的长度；B 真是下一句时，`follows` 为 True。
#   这条规则只看长度差，即 B 的长度减 A 的长度：在**训练**句对中，同样的差以哪种答案居多，就答哪一种；一样多，或者这个差没见过，就答 True。
#   返回它在**测试**句对上答对的比例。
# - `exchange(lengths)`：给每个句子找**另一个**长度尽可能接近的句子（有几个时任取），返回其位置，形状为（句子数，）。


# %% answer="cheap_rule"
def length_rule_accuracy(train_lengths, train_follows, test_lengths, test_follows):
    """Share of the test pairs that a rule answers rightly which knows only the difference of the lengths."""
    ### BEGIN SOLUTION
    votes = {}
    for (first, second), follows in zip(train_lengths, train_follows, strict=True):
        votes[second - first] = votes.get(second - first, 0) + (1 if follows else -1)
    answers = [votes.get(second - first, 0) >= 0 for first, second in test_lengths]
    return np.mean(np.array(answers) == test_follows)
    ### END SOLUTION


def exchange(lengths):
    """For each sentence the place of another one with the nearest length."""
    ### BEGIN SOLUTION
    distance = np.abs(np.subtract.outer(lengths, lengths)).astype(float)
    np.fill_diagonal(distance, np.inf)
    return distance.argmin(axis=1)
    ### END SOLUTION


# %% check="cheap_rule" minutes=12
import numpy as np

exercise = check("cheap_rule", points=3)


def pairs(text):
    """Lengths and answers from a text such as "0T 5F": difference and whether B follows."""
    cases = text.split()
    lengths = np.array([[10 + place, 10 + place + int(case[:-1])] for place, case in enumerate(cases)])
    return lengths, np.array([case[-1] == "T" for case in cases])


call = "length_rule_accuracy(train_lengths, train_follows, test_lengths, test_follows)"
train_lengths, train_follows = pairs("0T 0T 0F 1T 5F 5F 2T 2F")
test_lengths, test_follows = pairs("0T 0F 1T 5F 5T 2T 2T 9F 7T 7T")
exercise.equal(
    "a rule from eight pairs on ten others",
    call,
    0.7,
    given={
        "train_lengths": train_lengths,
        "train_follows": train_follows,
        "test_lengths": test_lengths,
        "test_follows": test_follows,
    },
    mistakes={
        "{hint:test}": 0.8,
        "{hint:train}": 0.75,
        "{hint:new}": 0.6,
        "{hint:tie}": 0.5,
        "{hint:wrong}": 0.3,
    },
)


def is_nearest(lengths, places):
    """Whether each place holds another sentence, none being nearer in length."""
    for own, place in enumerate(places):
        gaps = [abs(length - lengths[own]) for other, length in enumerate(lengths) if other != own]
        if place == own or abs(lengths[int(place)] - lengths[own]) > min(gaps):
            return False
    return len(places) == len(lengths)


lengths = [5, 9, 14, 6, 9, 20]
exercise.test(
    "the nearest of six sentences",
    "exchange(lengths)",
    lambda answer: is_nearest(lengths, answer),
    given={"lengths": np.array(lengths)},
    mistakes={
        "{hint:itself}": lambda answer: any(place == own for own, place in enumerate(answer)),
        "{hint:places}": lambda answer: max(answer) > 5,
    },
    hint="{hint:nearer}",
)
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(5)
cases = rng.integers(-6, 7, 500)
follows = rng.random(500) < np.where(cases > 2, 0.9, np.where(cases < -2, 0.3, 0.5))
lengths = np.column_stack([np.full(500, 20), 20 + cases]) + rng.integers(0, 9, (500, 1))
rule = {case: np.sum(follows[:300][cases[:300] == case]) * 2 >= np.sum(cases[:300] == case) for case in range(-6, 7)}
exercise.equal(
    "a rule from 300 pairs on 200 others",
    call,
    np.mean([rule[case] for case in cases[300:]] == follows[300:]),
    given={
        "train_lengths": lengths[:300],
        "train_follows": follows[:300],
        "test_lengths": lengths[300:],
        "test_follows": follows[300:],
    },
    hint="{hint:sign}",
)
many = rng.integers(3, 200, 80).tolist()
exercise.test(
    "the nearest of eighty sentences",
    "exchange(lengths)",
    lambda answer: is_nearest(many, answer),
    given={"lengths": np.array(many)},
    hint="{hint:nearer}",
)
### END HIDDEN TESTS
exercise.score()

# %% [markdown] lang="en" role="hints"
# - test: The rule has seen the answers of the test pairs. From which pairs may it learn?
# - train: This is its accuracy on the pairs from which it learnt. Where should a rule be judged?
# - new: What does the rule say of a difference that it has never seen?
# - tie: What does the rule say where both answers were equally frequent?
# - wrong: This is the share of wrong answers.
# - sign: Is a B that is three longer than A the same case as one that is three shorter? And does the length itself matter?
# - itself: A sentence is exchanged with itself: then B does follow A. How can that be ruled out?
# - places: The places of the sentences are wanted, not their lengths.
# - nearer: For some sentence there is a nearer one. Sentences of equal length count too.

# %% [markdown] lang="zh" role="hints" of="efe69828"
# - test: 这条规则见过测试句对的答案。它可以从哪些句对里学？
# - train: 这是它在学过的句对上的准确率。该在哪里评判一条规则？
# - new: 遇到从没见过的差，规则怎么说？
# - tie: 两种答案一样多时，规则怎么说？
# - wrong: 这是答错的比例。
# - sign: B 比 A 长三个，与短三个，是同一种情形吗？长度本身要不要紧？
# - itself: 有句子换成了它自己：那 B 就真是 A 的下一句。怎样排除？
# - places: 要的是句子的位置，不是它们的长度。
# - nearer: 对某个句子来说，还有更接近的。长度相等的也算。

# %% [markdown] lang="en"
# ## 6. Few numbers to train ({exercise:low_rank_dense})
#
# Fine-tuning all of a large model means a new copy of all its weights for each task. Low-rank adaptation (LoRA; Hu et al., 2022, arXiv:2106.09685) leaves the weights
# as they are and adds a product of two small matrices. Write the layer
#
# $$y = x\,W + b + (x\,D)\,U$$
#
# in Keras, for a given kernel $W$ (inputs, units) and bias $b$ (units,), both *not trainable*. `self.down` is $D$ (inputs, rank) and `self.up` is
# $U$ (rank, units), both trainable. A new layer must give exactly what the dense layer gives, and yet be able to learn. Which initial values do that?

# %% [markdown] lang="zh" of="d3cc940d"
# ## 6. 只训练几个数（{exercise:low_rank_dense}）
#
# 微调整个大模型，意味着每个任务都要另存一份全部权重。低秩适配（LoRA；Hu 等，2022，arXiv:2106.09685）让权重保持原样，另加两个小矩阵的乘积。请用 Keras 写出这样一层：
#
# $$y = x\,W + b + (x\,D)\,U$$
#
# 其中核 $W$（输入数，单元数）和偏置 $b$（单元数，）是给定的，都**不可训练**。`self.down` 是 $D$（输入数，秩），`self.up` 是 $U$（秩，单元数），都可训练。
# 新造的层必须与原来的全连接层输出完全相同，却又能够学习。初始值该怎么取？


# %% answer="low_rank_dense"
class LowRankDense(keras.layers.Layer):
    """A frozen dense layer with a trainable change of low rank. `kernel` and `bias` are float32 arrays."""

    def __init__(self, kernel, bias, rank):
        super().__init__()
        ### BEGIN SOLUTION
        inputs, units = kernel.shape
        self.kernel = self.add_weight(shape=kernel.shape, trainable=False, name="kernel")
        self.bias = self.add_weight(shape=bias.shape, trainable=False, name="bias")
        self.down = self.add_weight(shape=(inputs, rank), initializer="glorot_uniform", name="down")
        self.up = self.add_weight(shape=(rank, units), initializer="zeros", name="up")
        self.kernel.assign(kernel)
        self.bias.assign(bias)
        ### END SOLUTION

    def call(self, x):
        ### BEGIN SOLUTION
        return x @ self.kernel + self.bias + (x @ self.down) @ self.up
        ### END SOLUTION


# %% check="low_rank_dense" minutes=15
import numpy as np

exercise = check("low_rank_dense", points=4)
given = {
    "kernel": np.array([[1, 0, 2], [0, 1, -1], [1, 1, 0], [0, 0, 1]], "float32"),
    "bias": np.array([0.5, 0, -1], "float32"),
    "x": np.array([[1, 2, 3, 4], [0, -1, 1, 0]], "float32"),
}
exercise.equal(
    "a new layer gives what the dense layer gives",
    "LowRankDense(kernel, bias, rank=2)(x)",
    np.array([[4.5, 5.0, 3.0], [1.5, 0.0, 0.0]]),
    given=given,
    tolerance=1e-5,
    mistakes={"{hint:bias}": np.array([[4.0, 5.0, 4.0], [1.0, 0.0, 1.0]])},
    hint="{hint:start}",
)
exercise.equal(
    "the shapes of what is trained",
    "layer = LowRankDense(kernel, bias, rank=2)\nlayer(x)\nsorted(list(w.shape) for w in layer.trainable_weights)",
    [[2, 3], [4, 2]],
    given=given,
    mistakes={
        "{hint:frozen}": lambda answer: len(answer) > 2,
        "{hint:unknown}": lambda answer: len(answer) < 2,
    },
    hint="{hint:rank}",
)
exercise.equal(
    "the output with given matrices",
    """layer = LowRankDense(kernel, bias, rank=1)
layer(x)
layer.down.assign([[1.0], [0.0], [0.0], [1.0]])
layer.up.assign([[2.0, 0.0, -1.0]])
layer(x)""",
    np.array([[14.5, 5.0, -2.0], [1.5, 0.0, 0.0]]),
    given=given,
    tolerance=1e-5,
)
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(6)
kernel, bias, x = (rng.standard_normal(shape).astype("float32") for shape in [(8, 5), (5,), (40, 8)])
change = np.outer(rng.standard_normal(8), rng.standard_normal(5))
given = {"kernel": kernel, "bias": bias, "x": x, "y": (x @ (kernel + change) + bias).astype("float32")}
exercise.equal(
    "a wider new layer, and how many numbers it trains",
    """import numpy as np
layer = LowRankDense(kernel, bias, rank=3)
[layer(x), sum(int(np.prod(w.shape)) for w in layer.trainable_weights)]""",
    [x @ kernel + bias, 3 * (8 + 5)],
    given=given,
    tolerance=1e-5,
    hint="{hint:start}",
)
exercise.test(
    "training finds a change of rank 1",
    """import keras
keras.utils.set_random_seed(1)
model = keras.Sequential([keras.Input((8,)), LowRankDense(kernel, bias, rank=2)])
model.compile(keras.optimizers.Adam(0.1), "mse", jit_compile=False)
losses = [float(model.train_on_batch(x, y)) for _ in range(80)]
[losses[0], float(model.test_on_batch(x, y))]""",
    lambda answer: answer[1] < 0.1 * answer[0],
    given=given,
    mistakes={"{hint:stuck}": lambda answer: abs(answer[1] - answer[0]) < 1e-3 * answer[0]},
)
### END HIDDEN TESTS
exercise.score()

# %% [markdown] lang="en" role="hints"
# - bias: The bias is missing.
# - start: Before training, the product of `down` and `up` must change nothing. What must it be?
# - frozen: More than two weights are trained. How does Keras know that a weight is not to be trained?
# - unknown: Keras does not know both matrices as weights. How does a layer tell it?
# - rank: D maps the inputs to `rank` numbers, U maps these to the units. What are their shapes?
# - stuck: Nothing has been learnt. If both matrices are 0, what is the gradient of each?

# %% [markdown] lang="zh" role="hints" of="1d8e327d"
# - bias: 少了偏置。
# - start: 训练之前，`down` 与 `up` 的乘积不能改变任何东西。它应当是多少？
# - frozen: 训练的权重多于两个。怎样告诉 Keras 某个权重不训练？
# - unknown: Keras 不知道这两个矩阵都是权重。一个层怎样告诉它？
# - rank: D 把输入变成“秩”那么多个数，U 再把它们变成各单元。两者的形状是什么？
# - stuck: 什么也没学到。如果两个矩阵都是 0，它们各自的梯度是多少？

# %% [markdown] lang="en"
# ## 7. Read the figure ({exercise:ten_pairs})
#
# Three teams ask the same question: does pre-training on our own small text help? Each trains ten *pairs* of classifiers; both of a pair have the same split and the same seed, and one of them
# was pre-trained. A dot is the difference of the accuracies within a pair; the bar is the mean with two standard errors to each side. (The numbers are made up for this exercise; the
# mean is the same for all three.)

# %% [markdown] lang="zh" of="9245ae50"
# ## 7. 读图（{exercise:ten_pairs}）
#
# 三个小组问同一个问题：在自己的小文本上预训练，有用吗？每组训练十**对**分类器；一对之中，划分相同，随机种子相同，其中一个经过预训练。一个点是一对之内准确率的差；
# 横杠是均值，竖线向上向下各两个标准误。（这些数是为本题编的；三组的均值相同。）

# %%
rng = np.random.default_rng(0)


def spread(values, width):
    """The values moved and stretched to a mean of 0.012 and the given standard deviation."""
    return 0.012 + width * (values - values.mean()) / values.std(ddof=1)


gains = {
    "A": spread(rng.standard_normal(10), 0.045),
    "B": spread(rng.standard_normal(10), 0.010),
    "C": spread(np.append(0.1 * rng.standard_normal(9), 4), 0.038),
}
figure, axes = plt.subplots(figsize=(6, 3.6))
for place, values in enumerate(gains.values()):
    axes.plot(place + np.linspace(-0.25, -0.05, 10), values, "o", markersize=5)
    half = 2 * values.std(ddof=1) / len(values) ** 0.5
    axes.errorbar(place + 0.15, values.mean(), half, fmt="_", color="black", markersize=16, capsize=4)
axes.axhline(0, color="grey", linestyle=":")
axes.set_xticks(range(3), gains)
axes.set(xlabel="team", ylabel="gain in accuracy")
plt.show()

# %% [markdown] lang="en" role="alt"
# Ten dots for each of three teams, with the mean and a bar of two standard errors; all means are 0.012. A's dots reach from about −0.06 to 0.08, and its bar crosses 0. B's dots lie between
# −0.01 and 0.03, its bar above 0. C has nine dots close to 0 and one at 0.12; its bar crosses 0.

# %% [markdown] lang="zh" role="alt" of="f31f0b03"
# 三个小组各十个点，外加均值和两个标准误的竖线；三个均值都是 0.012。A 的点从约 −0.06 到 0.08，竖线跨过 0。B 的点在 −0.01 到 0.03 之间，竖线在 0 之上。
# C 有九个点紧挨着 0，一个在 0.12；竖线跨过 0。

# %% [markdown] lang="en"
# Answer in a few sentences. For which team may one say that pre-training helped, and why not for the others, though the mean is the same? Team A wants to settle the
# matter: about how many pairs does it need (the spread of its pairs stays 0.045) until 0.012 are two standard errors? What should team C do before anything else? And why are the runs paired at all?

# %% [markdown] lang="zh" of="ebc224e7"
# 用几句话回答：哪一组可以说预训练有用？另外两组均值相同，为什么不行？A 组想弄个明白：如果各对的标准差仍是 0.045，大约要多少对，0.012 才等于两个标准误？
# C 组首先该做什么？还有，为什么要成对地训练？

# %% [markdown] lang="en" answer="ten_pairs" points=4 minutes=8
# ### BEGIN SOLUTION
# B: its mean is nearly four standard errors above 0 (0.010 / √10 = 0.003). In A the pairs differ so much that 0.012 is less than one standard error (0.045 / √10 = 0.014); it
# could well be chance. A needs a standard error of 0.006, so (0.045 / 0.006)² ≈ 56 pairs. C's mean comes from a single pair, nine of ten gained nothing: look at this pair
# first (was its control badly trained? is there a fault, such as a leak?), and repeat it with other seeds, before one computes a mean. Pairs: the split and the seed move both runs of a pair
# alike, so their difference has a smaller spread than the accuracies have.
#
# One point each for: B with the standard errors; about 56 pairs (50 to 60); C's single pair is looked into; why pairs.
# ### END SOLUTION

# %% [markdown] lang="zh" answer="ten_pairs" points=4 minutes=8 of="479080c0"
# ### BEGIN SOLUTION
# B 组：均值比 0 高出将近四个标准误（0.010 / √10 = 0.003）。A 组各对相差太大，0.012 还不到一个标准误（0.045 / √10 = 0.014），很可能只是偶然。A 组需要标准误为 0.006，
# 即 (0.045 / 0.006)² ≈ 56 对。C 组的均值来自一对，十对里有九对毫无所得：先把这一对查清楚（是对照没有训练好？还是有毛病，比如泄漏？），换几个随机种子重做，再谈均值。
# 成对：划分和随机种子对一对中的两次训练影响相同，所以两者之差的离散程度，比准确率本身的小。
#
# 四点各一分：B 组，并用标准误说明；约 56 对（50 到 60）；C 组要查那一对；为什么成对。
# ### END SOLUTION
