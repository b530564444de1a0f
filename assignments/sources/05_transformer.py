# %% [markdown] lang="en"
# # Assignment 05 · The Transformer
#
# {total} in all, after [chapter 05](../notebooks/05_transformer.ipynb).
#
# 1. Run the cells from top to bottom; the first one sets up the assignment.
# 2. In an answer cell, put your code in place of `raise NotImplementedError`, or change the code that is there. You may add cells.
# 3. Run the check below it, as often as you like. It answers at once, often with a hint. When your work is graded, the same
#    check runs with further numbers, and each part of it earns its share of the points.
# 4. Before you hand in: *Kernel → Restart Kernel and Run All Cells*. Leave the file's name as it is.

# %% [markdown] lang="zh" of="9b399e03"
# # 作业 05 · Transformer
#
# 共 {total}，配合[第 05 章](../../notebooks/zh/05_transformer.ipynb)。
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
import tensorflow as tf

np.set_printoptions(precision=4, suppress=True)


def softmax(scores, axis=-1):
    """Positive weights that add up to 1 along an axis."""
    exponentials = np.exp(scores - scores.max(axis=axis, keepdims=True))
    return exponentials / exponentials.sum(axis=axis, keepdims=True)


# %% [markdown] lang="en"
# ## 1. Attention on paper ({exercise:on_paper})
#
# No computer is needed here. Four channels, so $\sqrt d = 2$. The last token of a text asks with the query $q = (2 \ln 3,\, 0,\, 2 \ln 2,\, 0)$.
# The text has three places, with these keys and values:
#
# | place | key | value |
# |---|---|---|
# | 1, the first token | (1, 0, 0, 0) | 10 |
# | 2, the last token | (0, 0, 1, 0) | 20 |
# | 3, padding | (1, 1, 1, 1) | 1000 |
#
# Fill in the three attention weights of the last token, its answer, and the answer of the *first* token, whatever its query is, when a causal
# mask is used. Fractions may be written as fractions.

# %% [markdown] lang="zh" of="28d8589e"
# ## 1. 在纸上算注意力（{exercise:on_paper}）
#
# 这一题不用计算机。四个通道，所以 $\sqrt d = 2$。一段文本的最后一个词元拿查询 $q = (2 \ln 3,\, 0,\, 2 \ln 2,\, 0)$ 去问。文本有三个位置，键和值如下：
#
# | 位置 | 键 | 值 |
# |---|---|---|
# | 1，第一个词元 | (1, 0, 0, 0) | 10 |
# | 2，最后一个词元 | (0, 0, 1, 0) | 20 |
# | 3，填充 | (1, 1, 1, 1) | 1000 |
#
# 请填写：最后一个词元的三个注意力权重、它的答案，以及使用因果掩码时**第一个**词元的答案（不管它的查询是什么）。分数可以直接写成分数。

# %% answer="on_paper"
### BEGIN SOLUTION
weights = [3 / 5, 2 / 5, 0]
answer_of_last = 14
answer_of_first = 10
### GIVEN
# weights = [0, 0, 0]
# answer_of_last = 0
# answer_of_first = 0
### END SOLUTION

# %% check="on_paper" minutes=8
import numpy as np

exercise = check("on_paper", points=3)
wrong_weights = {
    "{hint:padding}": lambda weights: weights[2] > 0.01,
    "{hint:scale}": lambda weights: np.allclose(weights, [9 / 13, 4 / 13, 0], atol=0.01),
    "{hint:exponential}": lambda weights: np.allclose(weights, [0.613, 0.387, 0], atol=0.01),
    "{hint:one}": lambda weights: abs(sum(weights) - 1) > 0.01,
}
exercise.test(
    "the weights are weights, and none of the usual mistakes",
    "weights",
    lambda weights: len(weights) == 3 and not any(wrong(weights) for wrong in wrong_weights.values()),
    mistakes=wrong_weights,
)
exercise.test(
    "the last token's answer is the average with these weights",
    "[weights, answer_of_last]",
    lambda both: abs(sum(both[0]) - 1) < 0.01 and abs(np.dot(both[0], [10, 20, 1000]) - both[1]) < 0.2,
    mistakes={"{hint:one}": lambda both: abs(sum(both[0]) - 1) > 0.01},
    hint="{hint:average}",
)
exercise.test(
    "the first token's answer is not the last one's",
    "[answer_of_first, answer_of_last]",
    lambda both: both[0] > 0 and abs(both[0] - both[1]) > 0.2,
    mistakes={"{hint:causal}": lambda both: both[0] > 0},
)
### BEGIN HIDDEN TESTS
exercise.equal("the weights", "weights", [0.6, 0.4, 0.0], tolerance=0.006, hint="{hint:scale}", weight=2)
exercise.equal("the last token's answer", "answer_of_last", 14, tolerance=0.006)
exercise.equal("the first token's answer", "answer_of_first", 10, tolerance=0.006, hint="{hint:causal}")
### END HIDDEN TESTS
exercise.score()

# %% [markdown] lang="en" role="hints"
# - padding: Padding gets a weight. What does the padding mask do to its score before the softmax?
# - scale: Were the products divided by $\sqrt d$? Then $e$ to the score undoes the logarithm.
# - exponential: These are the scores, divided by their sum. What does softmax take of each score first?
# - one: The three weights should add up to 1. What are they divided by?
# - average: The answer should be the values, each times its weight, added up.
# - causal: The causal mask lets a token look at itself and at what stands before it. What stands before the first?

# %% [markdown] lang="zh" role="hints" of="3b268e4f"
# - padding: 填充也分到了权重。在 softmax 之前，填充掩码对它的分数做了什么？
# - scale: 内积除以 $\sqrt d$ 了吗？除过以后，以 $e$ 为底取指数，正好消去对数。
# - exponential: 这是分数除以分数之和。softmax 首先要对每个分数做什么？
# - one: 三个权重之和应当是 1。它们该除以什么？
# - average: 答案应当是各个值乘以各自的权重，再加起来。
# - causal: 因果掩码让一个词元看自己和它前面的。第一个词元前面有什么？

# %% [markdown] lang="en"
# ## 2. Mend the listing ({exercise:mend_the_listing})
#
# Here are three pieces of a language model in the manner of article A2 (§1.4.1), in NumPy. They run, the shapes fit, and a loss comes out. Four
# faults are in them: one in `embed`, two in `attention_weights`, one in `cross_entropy`. Mend them.
#
# Shapes: `ids` and `targets` (texts, length), `table` (tokens, width), `positions` (longest length, width), `x` (texts, length, width),
# `scores` (texts, length, tokens). A token may look at itself and at what stands before it.

# %% [markdown] lang="zh" of="9bb402cd"
# ## 2. 修好这段代码（{exercise:mend_the_listing}）
#
# 下面是用 NumPy 仿照文章 A2（§1.4.1）写的语言模型的三个零件。它们能跑，形状也对得上，还能算出损失。里面有四处毛病：`embed` 里一处，
# `attention_weights` 里两处，`cross_entropy` 里一处。请修好。
#
# 形状：`ids` 和 `targets` 是（文本数，长度），`table` 是（词元数，宽度），`positions` 是（最大长度，宽度），`x` 是（文本数，长度，宽度），
# `scores` 是（文本数，长度，词元数）。每个词元可以看自己和它前面的。


# %% answer="mend_the_listing"
def embed(ids, table, positions):
    """The tokens' rows plus the rows of their positions."""
    ### BEGIN SOLUTION
    return table[ids] + positions[: ids.shape[1]]
    ### GIVEN
    # return table[ids] + positions[: len(ids)]
    ### END SOLUTION


def attention_weights(x):
    """How strongly each token looks at each; row i of the last two axes belongs to token i, which looks."""
    scores = x @ x.swapaxes(1, 2) / np.sqrt(x.shape[-1])
    ### BEGIN SOLUTION
    may_look = np.tril(np.ones((x.shape[1], x.shape[1]), dtype=bool))
    return softmax(np.where(may_look, scores, -1e9), axis=2)
    ### GIVEN
    # may_look = np.ones((x.shape[1], x.shape[1]), dtype=bool)
    # return softmax(np.where(may_look, scores, -1e9), axis=1)
    ### END SOLUTION


def cross_entropy(scores, targets):
    """The mean over all places of minus the logarithm of the right token's probability."""
    ### BEGIN SOLUTION
    log_probabilities = np.log(softmax(scores, axis=2))
    ### GIVEN
    # log_probabilities = np.log(softmax(scores, axis=1))
    ### END SOLUTION
    return -np.take_along_axis(log_probabilities, targets[..., None], axis=2).mean()


# %% check="mend_the_listing" minutes=12
import numpy as np

exercise = check("mend_the_listing", points=4)
table, positions = (
    np.array([[0.0, 0.0], [1.0, 2.0], [3.0, 4.0]]),
    np.array([[0.1, 0.2], [0.3, 0.4], [0.5, 0.6], [0.7, 0.8]]),
)
exercise.equal(
    "embed: one text of three tokens",
    "embed(ids, table, positions)[0]",
    np.array([[1.1, 2.2], [1.3, 2.4], [3.5, 4.6]]),
    given={"ids": np.array([[1, 1, 2]]), "table": table, "positions": positions},
    mistakes={"{hint:texts}": lambda answer: np.allclose(answer[1], [1.1, 2.2])},
)
looking = "import numpy as np\nnp.asarray(attention_weights(x))"
given = {"x": np.random.default_rng(1).standard_normal((2, 4, 3))}
exercise.test(
    "attention_weights: the weights of each looking token add up to 1",
    looking,
    lambda weights: weights.shape == (2, 4, 4) and np.allclose(weights.sum(axis=2), 1),
    given=given,
    mistakes={
        "{hint:axis}": lambda weights: np.allclose(weights.sum(axis=1), 1),
        "{hint:itself}": lambda weights: np.allclose(np.diagonal(weights, axis1=1, axis2=2), 0),
    },
    hint="{hint:after}",
)
exercise.test(
    "attention_weights: nobody looks ahead",
    looking,
    lambda weights: np.allclose(np.triu(weights, 1), 0) and (np.tril(weights).sum(axis=(1, 2)) > 0.5).all(),
    given=given,
    mistakes={"{hint:back}": lambda weights: np.allclose(np.tril(weights, -1), 0)},
    hint="{hint:ahead}",
)
exercise.equal(
    "cross_entropy: one text of three places, three tokens",
    "cross_entropy(scores, targets)",
    0.4757057,
    given={"scores": np.log(np.array([[[1.0, 2, 1], [6, 2, 2], [1, 1, 8]]])), "targets": np.array([[1, 0, 2]])},
    mistakes={"{hint:classes}": 0.5074757},
)
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(2)
ids, table, positions = rng.integers(0, 9, (2, 6)), rng.standard_normal((9, 5)), rng.standard_normal((20, 5))
given = {"ids": ids, "table": table, "positions": positions}
exercise.equal(
    "embed: two texts of six tokens",
    "embed(ids, table, positions)",
    table[ids] + positions[:6],
    given=given,
)
x = rng.standard_normal((3, 5, 4))
powers = np.tril(np.exp(x @ x.swapaxes(1, 2) / 2))
exercise.equal(
    "attention_weights: three other texts",
    "attention_weights(x)",
    powers / powers.sum(axis=2, keepdims=True),
    given={"x": x},
    weight=2,
)
probabilities = rng.dirichlet(np.ones(7), (2, 5))
targets = rng.integers(0, 7, (2, 5))
exercise.equal(
    "cross_entropy: two texts",
    "cross_entropy(scores, targets)",
    -np.mean([np.log(probabilities[t, p, targets[t, p]]) for t in range(2) for p in range(5)]),
    given={"scores": np.log(probabilities) + 3, "targets": targets},
)
### END HIDDEN TESTS
exercise.score()

# %% [markdown] lang="en" role="hints"
# - texts: Every token got the same position. What does `len(ids)` count, texts or tokens?
# - axis: The columns add up to 1, not the rows. Along which axis are the tokens that are looked *at*?
# - itself: No token looks at itself. May it? And what would the first token look at otherwise?
# - after: Neither rows nor columns add up to 1. Is anything multiplied by 0 *after* the softmax?
# - ahead: Some token gives weight to a later one. Which entries of `may_look` must be False?
# - back: This is the mask upside down: every token looks at itself and *ahead*. Try `np.tril` and `np.triu` on a small array.
# - classes: The probabilities add up to 1 over the *places*. Over what should they add up to 1 at each place?

# %% [markdown] lang="zh" role="hints" of="1962cf6b"
# - texts: 每个词元都得到同一个位置。`len(ids)` 数的是文本，还是词元？
# - axis: 加起来等于 1 的是列，不是行。**被看**的词元排在哪条轴上？
# - itself: 没有一个词元看自己。允许看吗？不然的话，第一个词元看什么？
# - after: 行和列加起来都不是 1。是不是在 softmax **之后**才乘 0？
# - ahead: 有的词元把权重给了后面的。`may_look` 里哪些元素该是 False？
# - back: 掩码上下颠倒了：每个词元看的是自己和**后面**的。用一个小数组试试 `np.tril` 和 `np.triu`。
# - classes: 概率是对**位置**加起来等于 1。在每个位置上，应当对什么加起来等于 1？

# %% [markdown] lang="en"
# ## 3. Why sines? ({exercise:shift})
#
# The chapter showed that the product of two rows of sinusoidal positions depends on their distance alone. More is true: to move by
# $k$ places, multiply by *one matrix that is the same everywhere*. A layer that learns this matrix can look "three letters back". With the angles
# $\omega_i = 1 / 10000^{2i/\text{width}}$ and the row of place $p$
#
# $$P_p = (\sin \omega_0 p,\; \cos \omega_0 p,\; \sin \omega_1 p,\; \cos \omega_1 p,\; \dots)$$
#
# write `shift(k, width)`, the matrix $M$ with $P_p\, M = P_{p+k}$ for every $p$. The addition theorems of sine and cosine tell it:
# $\sin(a + b) = \sin a \cos b + \cos a \sin b$, $\;\cos(a + b) = \cos a \cos b - \sin a \sin b$.

# %% [markdown] lang="zh" of="e9d84260"
# ## 3. 为什么用正弦？（{exercise:shift}）
#
# 正文说明了：正弦位置编码两行的内积只取决于距离。其实还不止如此：要移动 $k$ 个位置，只需乘**一个处处相同的矩阵**。哪一层学会了这个矩阵，就能“往前数第三个字母”。
# 记 $\omega_i = 1 / 10000^{2i/\text{width}}$，位置 $p$ 的那一行是
#
# $$P_p = (\sin \omega_0 p,\; \cos \omega_0 p,\; \sin \omega_1 p,\; \cos \omega_1 p,\; \dots)$$
#
# 请写 `shift(k, width)`，返回矩阵 $M$，使得对每个 $p$ 都有 $P_p\, M = P_{p+k}$。用得上的是两角和公式：
# $\sin(a + b) = \sin a \cos b + \cos a \sin b$，$\;\cos(a + b) = \cos a \cos b - \sin a \sin b$。


# %% answer="shift"
def shift(k, width):
    """The matrix, shape (width, width), that moves a row of positions by k places; width is even."""
    ### BEGIN SOLUTION
    matrix = np.zeros((width, width))
    for i in range(width // 2):
        angle = k / 10_000 ** (2 * i / width)
        pair = slice(2 * i, 2 * i + 2)
        matrix[pair, pair] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    return matrix
    ### END SOLUTION


# %% check="shift" minutes=10
import numpy as np

exercise = check("shift", points=3)


def rows(places, width):
    """Sinusoidal positions, sine and cosine in turn."""
    angles = np.asarray(places)[:, None] / 10_000 ** (np.arange(0, width, 2) / width)
    return np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(len(places), width)


exercise.equal(
    "a shift by nothing",
    "shift(0, 4)",
    [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]],
    hint="{hint:identity}",
)
exercise.equal(
    "places 0, 1, 7 and 30, three places on",
    "positions @ shift(3, 6)",
    rows([3, 4, 10, 33], 6),
    given={"positions": rows([0, 1, 7, 30], 6)},
    mistakes={
        "{hint:backwards}": lambda moved: np.allclose(moved, rows([-3, -2, 4, 27], 6), atol=1e-6),
        "{hint:slow}": lambda moved: np.allclose(moved[:, :2], rows([3, 4, 10, 33], 6)[:, :2]),
        "{hint:shape}": lambda moved: np.shape(moved) != (4, 6),
    },
    hint="{hint:pairs}",
)
exercise.equal(
    "place 9, two places back",
    "positions @ shift(-2, 4)",
    rows([7], 4),
    given={"positions": rows([9], 4)},
    mistakes={"{hint:backwards}": lambda moved: np.allclose(moved, rows([11], 4), atol=1e-6)},
    hint="{hint:pairs}",
)
### BEGIN HIDDEN TESTS
places = np.arange(40)
for k, width in ((1, 2), (12, 16), (-5, 10)):
    exercise.equal(
        f"forty places moved by {k}, width {width}",
        f"positions @ shift({k}, {width})",
        rows(places + k, width),
        given={"positions": rows(places, width)},
    )
### END HIDDEN TESTS
exercise.score()

# %% [markdown] lang="en" role="hints"
# - identity: A shift by nothing leaves every row as it is. Which matrix does that, and what are cosine and sine of 0?
# - backwards: The rows move the other way. The row stands on the *left* of the matrix: which entries make the new sine, those of a row or of a column?
# - slow: The first pair is right, the others are not. By which angle does pair $i$ turn when the place grows by $k$?
# - shape: The matrix should have the shape (width, width).
# - pairs: Each new pair of sine and cosine comes from the old pair at the same channels. Write $\sin(\omega p + \omega k)$ out; what is multiplied by the old
#   sine, what by the old cosine?

# %% [markdown] lang="zh" role="hints" of="fcc56237"
# - identity: 移动 0 个位置，每一行保持原样。哪个矩阵能做到？0 的余弦和正弦是多少？
# - backwards: 移动的方向反了。这一行乘在矩阵的**左边**：新的正弦由矩阵的一行算出，还是由一列算出？
# - slow: 第一对是对的，其余不对。位置增加 $k$ 时，第 $i$ 对转过多大的角？
# - shape: 矩阵的形状应为 (width, width)。
# - pairs: 每一对新的正弦、余弦，只由同样通道上的旧的那一对算出。把 $\sin(\omega p + \omega k)$ 展开：旧的正弦乘的是什么，旧的余弦乘的是什么？

# %% [markdown] lang="en"
# ## 4. Causal self-attention as a layer ({exercise:causal_self_attention})
#
# The heart of GPT in one layer. `build` is there. Write the rest:
#
# - `split(x)` cuts the channels into heads: (texts, length, width) → (texts, heads, length, width / heads). The first head gets the first
#   channels.
# - `call(x, mask)` computes queries, keys and values, lets every head attend on its own, puts the heads side by side again and returns
#   `self.mix` of them. Token $i$ looks at no later token, and nobody looks at padding. `mask`, shape (texts, length), is True at
#   tokens; it is None when nothing is padding. What padding itself answers does not matter.
#
# Use `keras.ops`. The numbers of texts and of tokens may be unknown while a model is built: take the length from `keras.ops.shape(x)[1]`, and
# write −1 for the texts in a reshape.

# %% [markdown] lang="zh" of="1a2d775d"
# ## 4. 因果自注意力层（{exercise:causal_self_attention}）
#
# GPT 的心脏，就是这样一层。`build` 已经写好，请写其余部分：
#
# - `split(x)` 把通道切给各个头：（文本数，长度，宽度）→（文本数，头数，长度，宽度 / 头数）。第一个头拿最前面的通道。
# - `call(x, mask)` 算出查询、键和值，让每个头各看各的，再把各头的结果并排放好，返回经过 `self.mix` 的结果。词元 $i$ 不看后面的词元，谁也不看填充。
#   `mask` 的形状是（文本数，长度），有词元处为 True；没有填充时它是 None。填充自己的答案是什么都无所谓。
#
# 请用 `keras.ops`。搭建模型时，文本数和长度可能还不知道：长度取 `keras.ops.shape(x)[1]`，变形时文本数写 −1。


# %% answer="causal_self_attention"
class CausalSelfAttention(keras.layers.Layer):
    """Every token looks at itself and at the tokens before it; (texts, length, width) -> the same shape."""

    def __init__(self, heads):
        super().__init__()
        self.heads = heads
        self.supports_masking = True  # hands the mask on to the next layer

    def build(self, shape):
        parts = [keras.layers.Dense(shape[-1], use_bias=False) for _ in range(4)]
        self.query, self.key, self.value, self.mix = parts
        for part in parts:
            part.build(shape)

    def split(self, x):
        """(texts, length, width) -> (texts, heads, length, width / heads)"""
        ### BEGIN SOLUTION
        length, width = keras.ops.shape(x)[1], x.shape[-1]
        parts = keras.ops.reshape(x, (-1, length, self.heads, width // self.heads))
        return keras.ops.transpose(parts, (0, 2, 1, 3))
        ### END SOLUTION

    def call(self, x, mask=None):
        ### BEGIN SOLUTION
        query, key, value = self.split(self.query(x)), self.split(self.key(x)), self.split(self.value(x))
        scores = keras.ops.matmul(query, keras.ops.swapaxes(key, -1, -2)) / query.shape[-1] ** 0.5
        places = keras.ops.arange(keras.ops.shape(x)[1])
        may_look = places[None, :] <= places[:, None]
        if mask is not None:
            may_look = keras.ops.logical_and(may_look, mask[:, None, None, :])
        weights = keras.ops.softmax(keras.ops.where(may_look, scores, -1e9), axis=-1)
        answers = keras.ops.transpose(keras.ops.matmul(weights, value), (0, 2, 1, 3))
        return self.mix(keras.ops.reshape(answers, (-1, keras.ops.shape(x)[1], x.shape[-1])))
        ### END SOLUTION


# %% check="causal_self_attention" minutes=22
import numpy as np

exercise = check("causal_self_attention", points=5)
rng = np.random.default_rng(3)
made = """layer = CausalSelfAttention(heads)
layer.build(x.shape)
layer.set_weights(list(kernels))
"""
keras_made = """import keras
other = keras.layers.MultiHeadAttention(heads, 6 // heads, use_bias=False)
other(x, x)
other.set_weights([*kernels[:3].reshape(3, 6, heads, 6 // heads), kernels[3].reshape(heads, 6 // heads, 6)])
[layer(x), other(x, x, use_causal_mask=True)]"""
given = {
    "heads": 2,
    "x": rng.standard_normal((2, 5, 6)).astype("float32"),
    "kernels": rng.standard_normal((4, 6, 6)) / 2,
}
exercise.equal(
    "split: three tokens of four channels, two heads",
    "import keras\nCausalSelfAttention(2).split(keras.ops.convert_to_tensor(x))",
    [[[[0, 1], [4, 5], [8, 9]], [[2, 3], [6, 7], [10, 11]]]],
    given={"x": np.arange(12.0).reshape(1, 3, 4)},
    mistakes={
        "{hint:axes}": lambda heads: np.shape(heads) == (1, 3, 2, 2),
        "{hint:mixed}": lambda heads: np.shape(heads) == (1, 2, 3, 2),
    },
)
exercise.test(
    "the same as Keras's layer with the same weights",
    made + keras_made,
    lambda both: np.allclose(*both, atol=1e-4),
    given=given,
    hint="{hint:recipe}",
)
exercise.test(
    "a later token changes nothing before it",
    made + "[layer(x)[:, :3], layer(changed)[:, :3]]",
    lambda both: both[0].shape == (2, 3, 6) and np.allclose(*both, atol=1e-5),
    given=given | {"changed": np.concatenate([given["x"][:, :3], 5 - given["x"][:, 3:]], axis=1)},
    hint="{hint:ahead}",
)
exercise.test(
    "padding before the text changes nothing",
    made + "[layer(x), layer(padded, mask=mask)[:, 2:]]",
    lambda both: both[0].shape == (2, 5, 6) and np.allclose(*both, atol=1e-5),
    given=given
    | {
        "padded": np.concatenate([np.ones((2, 2, 6), "float32"), given["x"]], axis=1),
        "mask": np.array([[False] * 2 + [True] * 5] * 2),
    },
    mistakes={"{hint:not_finite}": lambda both: np.isnan(both[1]).any()},
    hint="{hint:left}",
)
### BEGIN HIDDEN TESTS
heads, x, kernels = 3, rng.standard_normal((3, 6, 12)).astype("float32"), rng.standard_normal((4, 12, 12)) / 3
mask = np.array([[True] * 6, [False] * 2 + [True] * 4, [True, False, True, False, True, True]])


def answers_of(x, kernels, heads, mask):
    """The layer in loops over texts, heads and tokens."""
    query, key, value = (x @ kernel for kernel in kernels[:3])
    result, d = np.zeros(x.shape), x.shape[2] // heads
    for text in range(len(x)):
        for part in (slice(d * head, d * head + d) for head in range(heads)):
            for i in range(x.shape[1]):
                seen = [j for j in range(i + 1) if mask[text, j]]
                powers = np.exp([query[text, i, part] @ key[text, j, part] / np.sqrt(d) for j in seen])
                result[text, i, part] = sum(p * value[text, j, part] for p, j in zip(powers, seen, strict=True)) / (
                    powers.sum() if seen else 1
                )
    return result @ kernels[3]


given = {"heads": heads, "x": x, "kernels": kernels, "mask": mask}
exercise.equal(
    "three heads, no padding",
    made + "layer(x)",
    answers_of(x, kernels, heads, np.ones((3, 6), bool)),
    given=given,
    tolerance=1e-4,
)
exercise.equal(
    "three heads, padding anywhere",
    made + "import numpy as np\nnp.asarray(layer(x, mask=mask))[mask]",
    answers_of(x, kernels, heads, mask)[mask],
    given=given,
    tolerance=1e-4,
)
exercise.test(
    "in a model for texts of any length",
    """import keras
model = keras.Sequential([keras.Input((None,), dtype="int32"), keras.layers.Embedding(9, 6, mask_zero=True), CausalSelfAttention(2)])
[model(ids), model(padded)[:, 3:]]""",
    lambda both: both[0].shape == (1, 4, 6) and np.allclose(*both, atol=1e-5) and np.ptp(both[0]) > 1e-3,
    given={"ids": np.array([[3, 8, 1, 8]]), "padded": np.array([[0, 0, 0, 3, 8, 1, 8]])},
)
### END HIDDEN TESTS
exercise.score()

# %% [markdown] lang="en" role="hints"
# - axes: The axes are (texts, length, heads, …). Which two must change places?
# - mixed: The shape is right, but a head holds channels of the wrong tokens. After the reshape to (texts, length, heads, …), what moves an axis
#   without reading the numbers in a new order?
# - recipe: Go through section 4 of the chapter: the square root of which width divides the scores? Along which axis does the softmax run? Are the heads put
#   side by side in the same order, and then mixed?
# - ahead: An answer depends on a token that comes later. Which scores must vanish before the softmax?
# - left: Behind a text the causal mask hides padding by itself. Who hides it *before* the text?
# - not_finite: NaN came out. What is 0 times infinity, and what does softmax make of a row of nothing but minus infinity? Which finite number
#   would do?

# %% [markdown] lang="zh" role="hints" of="5f3a2c39"
# - axes: 现在的轴是（文本数，长度，头数，…）。哪两条轴该对调？
# - mixed: 形状是对的，但头里装的是别的词元的通道。变形为（文本数，长度，头数，…）之后，用什么办法移动一条轴，而不是把数重新排列？
# - recipe: 对照正文第 4 节：分数除以的是哪个宽度的平方根？softmax 沿哪条轴？各头是否按原来的次序并排，然后混合？
# - ahead: 有的答案取决于后面的词元。哪些分数要在 softmax 之前压下去？
# - left: 文本后面的填充，因果掩码自己就遮住了。文本**前面**的填充由谁来遮？
# - not_finite: 出现了 NaN。0 乘无穷是多少？一行分数全是负无穷，softmax 又会得到什么？换成怎样的有限数就行？

# %% [markdown] lang="en"
# ## 5. How wrong is a pronunciation? ({exercise:phoneme_errors})
#
# Write the two measures of section 9 yourself, without `course_utils.metrics`.
#
# - `edit_distance(first, second)`: the fewest insertions, deletions and substitutions that turn one list into the other. Let $D_{ij}$ be the
#   distance of the first $i$ entries of one from the first $j$ of the other. Then $D_{i0} = i$, $D_{0j} = j$, and $D_{ij}$ is the smallest of
#   three: $D_{i-1,j} + 1$, $D_{i,j-1} + 1$, and $D_{i-1,j-1}$ plus 0 or 1, as the two last entries agree or not.
# - `phoneme_error_rate(answers, listed)`: for each word a list of phonemes, and the list of all pronunciations in the dictionary. The nearest of these counts (the
#   first, if two are equally near). The rate is *all* edits over *all* phonemes of these nearest pronunciations.

# %% [markdown] lang="zh" of="d49e91e6"
# ## 5. 读错了多少？（{exercise:phoneme_errors}）
#
# 请自己写出正文第 9 节的两个量，不用 `course_utils.metrics`。
#
# - `edit_distance(first, second)`：把一个列表变成另一个，最少要几次插入、删除、替换。设 $D_{ij}$ 是前者的前 $i$ 项与后者的前 $j$ 项的距离。那么 $D_{i0} = i$，
#   $D_{0j} = j$，而 $D_{ij}$ 是三个数里最小的：$D_{i-1,j} + 1$，$D_{i,j-1} + 1$，以及 $D_{i-1,j-1}$ 加 0 或 1（两个末项相同加 0，不同加 1）。
# - `phoneme_error_rate(answers, listed)`：每个单词有一个回答（音素列表），以及词典里它的所有读音。以离回答最近的读音为准（一样近取前一个）。
#   错误率是**所有**改动次数除以这些最近读音的**所有**音素数。


# %% answer="phoneme_errors"
def edit_distance(first, second):
    """The fewest edits that turn one list into the other."""
    ### BEGIN SOLUTION
    distance = np.zeros((len(first) + 1, len(second) + 1), dtype=int)
    distance[:, 0], distance[0] = np.arange(len(first) + 1), np.arange(len(second) + 1)
    for i in range(1, len(first) + 1):
        for j in range(1, len(second) + 1):
            replaced = distance[i - 1, j - 1] + (first[i - 1] != second[j - 1])
            distance[i, j] = min(distance[i - 1, j] + 1, distance[i, j - 1] + 1, replaced)
    return distance[-1, -1]
    ### END SOLUTION


def phoneme_error_rate(answers, listed):
    """All edits over all phonemes of the nearest listed pronunciations."""
    ### BEGIN SOLUTION
    nearest = [
        min(known, key=lambda sounds: edit_distance(answer, sounds))
        for answer, known in zip(answers, listed, strict=True)
    ]
    edits = sum(edit_distance(answer, sounds) for answer, sounds in zip(answers, nearest, strict=True))
    return edits / sum(len(sounds) for sounds in nearest)
    ### END SOLUTION


# %% check="phoneme_errors" minutes=15
import numpy as np

exercise = check("phoneme_errors", points=4)
cases = [
    (
        "one sound in front is missing",
        "AE T",
        "K AE T",
        1,
        {"{hint:place}": lambda answer: answer > 1, "{hint:empty}": 0},
    ),
    ("one sound is another", "K AE T", "K AH T", 1, {"{hint:substitution}": 2, "{hint:length}": 0}),
    ("nothing was said", "", "R EH D", 3, {"{hint:empty}": lambda answer: answer != 3}),
]
for what, first, second, expected, mistakes in cases:
    exercise.equal(
        f"edit_distance: {what}",
        "edit_distance(first, second)",
        expected,
        given={"first": first.split(), "second": second.split()},
        mistakes=mistakes,
    )
exercise.equal(
    "phoneme_error_rate: four words",
    "phoneme_error_rate(answers, listed)",
    3 / 17,
    given={
        "answers": [text.split() for text in ("K AE T", "SH EH JH UH L", "F AH N EH T IH K S T AH", "AE")],
        "listed": [
            [text.split() for text in known]
            for known in (["K AE T"], ["S K EH JH UH L", "SH EH JH UH L"], ["F AH N EH T IH K S"], ["AH", "EY"])
        ],
    },
    mistakes={
        "{hint:mean}": lambda rate: np.isclose(rate, 0.3125),
        "{hint:first}": lambda rate: np.isclose(rate, 5 / 18),
        "{hint:answers}": lambda rate: np.isclose(rate, 3 / 19),
        "{hint:words}": 0.5,
        "{hint:edits}": 3,
    },
)
### BEGIN HIDDEN TESTS
exercise.equal(
    "edit_distance: a letter less in front, a letter more behind",
    "edit_distance(first, second)",
    2,
    given={"first": list("station"), "second": list("tations")},
    mistakes={"{hint:place}": lambda answer: answer > 2, "{hint:length}": 0},
)
exercise.equal(
    "edit_distance: many lists",
    "[edit_distance(first, second) for first, second in pairs]",
    [0, 0, 1, 2, 3, 5, 4],
    given={
        "pairs": [
            ([], []),
            ([1, 2, 3], [1, 2, 3]),
            ([1, 2, 3], [1, 3]),
            ([1, 2, 3, 4], [2, 3, 4, 5]),
            (list("kitten"), list("sitting")),
            (list("intention"), list("execution")),
            ([1, 1, 1, 1], []),
        ]
    },
    weight=2,
)
exercise.equal(
    "phoneme_error_rate: nearest, not shortest",
    "phoneme_error_rate(answers, listed)",
    0.3,
    given={
        "answers": [list("abcd"), list("xy"), list("pqr")],
        "listed": [[list("ab"), list("abcde")], [list("xz"), list("yy")], [list("pqs")]],
    },
    weight=2,
)
### END HIDDEN TESTS
exercise.score()

# %% [markdown] lang="en" role="hints"
# - place: One sound more in front, and every later sound is compared with a wrong partner. Which of the three edits repairs that?
# - substitution: A substitution is one edit here, not a deletion and an insertion.
# - empty: How many insertions make a list out of an empty one? Look at the first row and column of $D$.
# - length: This is the difference of the lengths. Do lists of the same length have distance 0?
# - mean: This is the mean of the words' own rates, in which a word of one sound weighs as much as one of eight. The rate divides once, at the end.
# - first: Only the first listed pronunciation was compared. Is a word read wrongly when it sounds as the dictionary lists it second?
# - answers: You divide by the length of the answers. Could a network make its rate smaller by chattering?
# - words: This is the share of words that are wrong. What does the phoneme error rate count?
# - edits: These are the edits. A rate divides them; by what?

# %% [markdown] lang="zh" role="hints" of="950d224f"
# - place: 前面多一个音，后面每个音就都找错了搭档。三种改动里，哪一种能纠正？
# - substitution: 这里替换算一次改动，而不是删除加插入两次。
# - empty: 从空列表出发，插入几次能得到另一个列表？看看 $D$ 的第一行和第一列。
# - length: 这是长度之差。长度相同的两个列表，距离就是 0 吗？
# - mean: 这是各单词错误率的平均，只有一个音的词与有八个音的词分量相同。错误率只在最后除一次。
# - first: 只比较了词典里的第一种读音。照词典的第二种读，算错吗？
# - answers: 你除以的是回答的长度。那样的话，网络啰嗦几句，错误率不就变小了吗？
# - words: 这是读错的单词所占的比例。音素错误率数的是什么？
# - edits: 这是改动的次数。错误率还要除以什么？

# %% [markdown] lang="en"
# ## 6. A split that tears no family apart ({exercise:split_families})
#
# The function below splits words at random, as most published comparisons do. *walk* may come into training and *walks* into the test.
# Rewrite it so that every family stands on one side as a whole. `family` holds a number for each word, equal for relatives. Exactly
# `round(share * F)` of the `F` families go to the test, drawn with `rng`, so that another generator makes another split. Return the
# training words and the test words, as two lists; no word may be lost.

# %% [markdown] lang="zh" of="0b721ba1"
# ## 6. 不拆散词族的划分（{exercise:split_families}）
#
# 下面的函数像大多数已发表的比较那样，随机划分单词。于是 *walk* 可能进训练集，*walks* 却进了测试集。请改写，让每个词族整个站在一边。`family` 给每个单词一个编号，
# 同族的编号相同。`F` 个词族里，恰好有 `round(share * F)` 个进测试集，用 `rng` 抽取，所以换一个生成器就是另一种划分。返回训练单词和测试单词两个列表，
# 一个单词也不能丢。


# %% answer="split_families"
def split_families(words, family, share, rng):
    """Training words and test words."""
    ### BEGIN SOLUTION
    families = rng.permutation(np.unique(family))
    chosen = set(families[: round(share * len(families))].tolist())
    train = [word for word, number in zip(words, family, strict=True) if number not in chosen]
    test = [word for word, number in zip(words, family, strict=True) if number in chosen]
    return train, test
    ### GIVEN
    # order = rng.permutation(len(words))
    # count = round(share * len(words))
    # return [words[row] for row in order[count:]], [words[row] for row in order[:count]]
    ### END SOLUTION


# %% check="split_families" minutes=10
import numpy as np

exercise = check("split_families", points=3)
program = """import numpy as np
[split_families(words, family, share, np.random.default_rng(seed)) for seed in seeds]"""


def families_of(words, family):
    """A function from a list of words to the set of their families."""
    number_of = dict(zip(words, family.tolist(), strict=True))
    return lambda some: {number_of[word] for word in some}


def right(splits, words, family, share):
    """No family on both sides, no word lost or doubled, and as many families in the test as asked for."""
    of, count = families_of(words, family), round(share * len(set(family.tolist())))
    return all(
        not of(train) & of(test) and sorted(train + test) == sorted(words) and len(of(test)) == count
        for train, test in splits
    )


line = "walk walks walked walker city cities cat cats read reader reading phone phones gem moon moons"
words = line.split()
family = np.array([7, 7, 7, 7, 2, 2, 5, 5, 9, 9, 9, 4, 4, 0, 3, 3])
of = families_of(words, family)
given = {"words": words, "family": family, "share": 0.25, "seeds": [0, 1, 2]}
mistakes = {
    "{hint:torn}": lambda splits: any(of(train) & of(test) for train, test in splits),
    "{hint:lost}": lambda splits: any(sorted(train + test) != sorted(words) for train, test in splits),
    "{hint:count}": lambda splits: any(len(of(test)) != 2 for _, test in splits),
}
exercise.test(
    "sixteen words in seven families, a quarter for the test",
    program,
    lambda splits: right(splits, words, family, 0.25),
    given=given,
    mistakes=mistakes,
    weight=2,
)
exercise.test(
    "other generators make other splits of whole families",
    program,
    lambda splits: right(splits, words, family, 0.25) and len({frozenset(of(test)) for _, test in splits}) > 3,
    given=given | {"seeds": list(range(12))},
    mistakes=mistakes | {"{hint:same}": lambda splits: True},
)
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(6)
many = [f"word{number}" for number in range(400)]
numbers = rng.integers(0, 150, 400) * 3
exercise.test(
    "four hundred words",
    program,
    lambda splits: right(splits, many, numbers, 0.1),
    given={"words": many, "family": numbers, "share": 0.1, "seeds": [5, 6, 7, 8, 9]},
    weight=2,
)
exercise.test(
    "every family has its chance of the test",
    program,
    lambda splits: (
        right(splits, many, numbers, 0.5)
        and len(set.union(*(families_of(many, numbers)(test) for _, test in splits))) > 0.9 * len(set(numbers.tolist()))
    ),
    given={"words": many, "family": numbers, "share": 0.5, "seeds": list(range(8))},
)
### END HIDDEN TESTS
exercise.score()

# %% [markdown] lang="en" role="hints"
# - torn: Some family stands on both sides. What should be drawn at random, words or families?
# - lost: A word is missing, or stands twice. Does each word go to exactly one side?
# - count: The number of families in the test is not `round(share * F)`. Is `F` the number of words, or the largest number in `family`?
# - same: Several generators gave the same split. Where do you use `rng`?

# %% [markdown] lang="zh" role="hints" of="34ebd2a4"
# - torn: 有的词族两边都有。该随机抽取的是单词，还是词族？
# - lost: 少了一个单词，或者有一个出现了两次。每个单词是否恰好去一边？
# - count: 测试集里的词族数不是 `round(share * F)`。`F` 是单词数吗？是 `family` 里最大的编号吗？
# - same: 几个生成器给出了同样的划分。`rng` 用在了哪里？

# %% [markdown] lang="en"
# ## 7. Read the figure ({exercise:too_good})
#
# Two small networks, A and B, learn to name the next token. Their attention knows positions only: one learnt score for each pair of places.
# **All tokens are drawn at random from eight**, independently. Of nine tokens the network reads the first eight, and is asked for the second to the ninth. A has a causal mask,
# B has none. The right panel shows the attention of B after training.

# %% [markdown] lang="zh" of="2f62044c"
# ## 7. 读图（{exercise:too_good}）
#
# 两个小网络 A 和 B 学着说出下一个词元。它们的注意力只认位置：每一对位置有一个可学习的分数。**所有词元都是从八个里独立随机抽取的。** 每段九个词元，网络读前八个，
# 要答的是第二个到第九个。A 有因果掩码，B 没有。右图是 B 训练后的注意力。


# %%
def train(may_look, steps=200):
    """Losses of all steps and the attention weights after the last one."""
    rng = np.random.default_rng(0)
    scores, output = tf.Variable(tf.zeros((8, 8))), tf.Variable(tf.eye(8))
    optimizer = keras.optimizers.Adam(0.1)

    @tf.function
    def step(ids):
        with tf.GradientTape() as tape:
            weights = tf.nn.softmax(tf.where(may_look, scores, -1e9))
            answers = weights @ tf.one_hot(ids[:, :-1], 8) @ output
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(ids[:, 1:], answers)
            loss = tf.reduce_mean(losses)
        optimizer.apply_gradients(zip(tape.gradient(loss, [scores, output]), [scores, output], strict=True))
        return loss

    losses = [float(step(tf.constant(rng.integers(0, 8, (64, 9))))) for _ in range(steps)]
    return losses, tf.nn.softmax(tf.where(may_look, scores, -1e9)).numpy()


everywhere = np.ones((8, 8), dtype=bool)
losses_a, _ = train(np.tril(everywhere))
losses_b, attention_b = train(everywhere)

figure, (curves, picture) = plt.subplots(1, 2, figsize=(8, 3.2), width_ratios=(3, 2))
curves.plot(losses_a, label="A: causal mask")
curves.plot(losses_b, "--", label="B: no mask")
curves.axhline(np.log(8), color="grey", linestyle=":", label="ln 8")
curves.set(xlabel="step", ylabel="loss on fresh tokens, nats", ylim=(0, None))
curves.legend(loc="center right")
image = picture.imshow(attention_b, vmin=0, vmax=1, extent=(0.5, 8.5, 8.5, 0.5))
picture.set(title="attention weights of B", xlabel="place that is looked at", ylabel="place that looks")
figure.colorbar(image)
plt.show()

# %% [markdown] lang="en" role="alt"
# Left: the loss over 200 steps. A stays at the dotted line ln 8, about 2.08, throughout. B falls from there to about 0.3 and levels off. Right: the
# attention weights of B, eight places by eight. Each of the places 1 to 7 gives nearly all its weight to the place after it, so that a bright diagonal
# stands one above the main one; the weights of place 8 are spread over all places.

# %% [markdown] lang="zh" role="alt" of="e291c97f"
# 左图：200 步的损失。A 自始至终停在虚线 ln 8（约 2.08）上；B 从那里降到 0.3 左右，然后走平。右图：B 的注意力权重，八个位置乘八个位置。位置 1 到 7 都把几乎全部权重
# 给了紧跟其后的位置，于是在主对角线上方一格有一条亮线；位置 8 的权重则分散在所有位置上。

# %% [markdown] lang="en"
# Answer in two or three sentences each:
#
# 1. What is the lowest loss that an honest network can reach on these tokens? Which of the two is suspect, although its loss is better?
# 2. Read the right panel: where does B look, and what does it do with what it finds there? Why does its loss end near 0.3 and not at 0?
# 3. In a real project no ln 8 is known. Which check, done in a line or two on an *untrained* network, tells A from B?

# %% [markdown] lang="zh" of="cd362de3"
# 每问用两三句话回答：
#
# 1. 在这样的词元上，诚实的网络最低能达到多大的损失？两个网络里，哪个的损失虽好却可疑？
# 2. 看右图：B 在看哪里？看到了之后做什么？它的损失为什么停在 0.3 附近，而不是 0？
# 3. 真正的项目里没有现成的 ln 8。在一个**没训练过**的网络上，用一两行代码做什么检验，就能分出 A 和 B？

# %% [markdown] lang="en" answer="too_good" points=3 minutes=10
# ### BEGIN SOLUTION
# 1. ln 8 ≈ 2.08: the tokens are independent, so what was read says nothing of the next one, and a probability of 1/8 for each is the best. B is
#    suspect: it is far below what can be known.
# 2. Each place looks at the place after it, which holds the very token that is asked for, and B copies it. Place 8 has no such place: its answer, the
#    ninth token, was not read. There it can only guess, so an eighth of the places still has the loss ln 8: 2.08 / 8 = 0.26.
# 3. Change a later token and compare the outputs before it: they must not change (causality, section 7). They change in B, not in A.
#
# One point each. For 2, both the copying and the last place are needed (half a point each).
# ### END SOLUTION

# %% [markdown] lang="zh" answer="too_good" points=3 minutes=10 of="3aba688d"
# ### BEGIN SOLUTION
# 1. ln 8 ≈ 2.08：词元相互独立，读到的东西对下一个毫无提示，最好的做法就是每个都给 1/8 的概率。可疑的是 B：它远低于可能知道的程度。
# 2. 每个位置都在看它后面的那个位置，那里正好放着要答的词元，B 照抄就行。位置 8 没有这样的位置：它要答的第九个词元没有读进来，只能猜。
#    于是八分之一的位置损失仍是 ln 8：2.08 / 8 = 0.26。
# 3. 改动后面的一个词元，比较它前面的输出：应当不变（因果性，第 7 节）。B 的会变，A 的不变。
#
# 每问一分。第 2 问要同时说出“照抄”和“最后一个位置”，各半分。
# ### END SOLUTION
