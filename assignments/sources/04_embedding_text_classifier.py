# %% [markdown] lang="en"
# # Assignment 04 · Embeddings and text
#
# {total} in all, after [chapter 04](../notebooks/04_embedding_text_classifier.ipynb).
#
# 1. Run the cells from top to bottom; the first one sets up the assignment.
# 2. In an answer cell, put your code in place of `raise NotImplementedError`, or change the code that is there. You may add cells.
# 3. Run the check below it, as often as you like. It answers at once, often with a hint. When your work is graded, the same
#    check runs with further numbers, and each part of it earns its share of the points.
# 4. Before you hand in: *Kernel → Restart Kernel and Run All Cells*. Leave the file's name as it is.
#
# In all exercises the number 0 is padding, as in the chapter.

# %% [markdown] lang="zh" of="ea08d54c"
# # 作业 04 · 词嵌入与文本
#
# 共 {total}，配合[第 04 章](../../notebooks/zh/04_embedding_text_classifier.ipynb)。
#
# 1. 从上到下逐格运行；第一格负责准备。
# 2. 在答题格里，把 `raise NotImplementedError` 换成你的代码，或修改里面已有的代码。可以自己加单元格。
# 3. 运行下面的检查格，次数不限。它立刻给出结果，常常还有提示。评分时，同一份检查会再用别的数据运行，每通过一项得一份分。
# 4. 提交之前，请选菜单 Kernel → Restart Kernel and Run All Cells 从头运行一遍。不要改文件名。
#
# 各题中编号 0 都表示填充，与正文一致。

# %%
from course_utils.checking import start_assignment

check = start_assignment("{language}", tensorflow=True)

import keras
import matplotlib.pyplot as plt
import numpy as np
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.preprocessing import normalize

from course_utils import datasets

np.set_printoptions(precision=4, suppress=True)

# %% [markdown] lang="en"
# ## 1. Mend the listing ({exercise:mend_the_classifier})
#
# Article A1 (§4.4) puts an LSTM on an embedding, A3 (§1.4.4) freezes the embedding. Here is a classifier in the manner of both.
# The numbers 1 to `words` stand for words, 0 for padding behind the text; the answer is one probability for each class, and
# exactly one class is right. Four faults are in it. Three of them are silent: the network trains and answers, only badly. Mend all four; leave the
# layers and their sizes as they are.

# %% [markdown] lang="zh" of="a1a8f43b"
# ## 1. 修好这段代码（{exercise:mend_the_classifier}）
#
# 文章 A1（§4.4）在嵌入上接 LSTM，A3（§1.4.4）把嵌入冻结起来。下面是一个仿照两者写的分类器。编号 1 到 `words` 是词，0 是放在文本后面的填充；
# 答案是每一类的概率，而且恰有一类是对的。里面有四处毛病，其中三处一声不响：网络照样训练、照样回答，只是很差。请全部修好；层的种类和大小不要改。


# %% answer="mend_the_classifier"
def build_classifier(words, classes):
    """A network that turns numbers (texts, length) into probabilities (texts, classes)."""
    return keras.Sequential(
        [
            keras.Input((None,), dtype="int32"),
            ### BEGIN SOLUTION
            keras.layers.Embedding(words + 1, 8, mask_zero=True),
            ### GIVEN
            # keras.layers.Embedding(words, 8, trainable=False),
            ### END SOLUTION
            keras.layers.LSTM(8),
            ### BEGIN SOLUTION
            keras.layers.Dense(classes, activation="softmax"),
            ### GIVEN
            # keras.layers.Dense(classes, activation="sigmoid"),
            ### END SOLUTION
        ]
    )


# %% check="mend_the_classifier" minutes=12
import numpy as np

exercise = check("mend_the_classifier", points=4)
grown = """model = build_classifier(words, classes)
model.set_weights([10 * weights for weights in model.get_weights()])
"""
trained = """import numpy as np
model = build_classifier(words, classes)
model.compile("sgd", "sparse_categorical_crossentropy", run_eagerly=True)
before = model.get_weights()[0]
model.train_on_batch(ids, labels)
np.abs(model.get_weights()[0] - before).max(axis=1)[ids[0]]"""
highest = """model = build_classifier(words, classes)
try:
    answer = model(ids)
except Exception:
    answer = "no row"
answer"""
given = {"words": 6, "classes": 3, "ids": np.array([[1, 4, 2], [5, 5, 3]]), "labels": np.array([2, 0])}
exercise.test(
    "the last word has a row",
    highest,
    lambda answer: answer.shape == (1, 3) and np.isfinite(answer).all(),
    given=given | {"ids": np.array([[6, 1]])},
    mistakes={"{hint:rows}": "no row"},
)
exercise.test(
    "a step of training moves the rows of the words that were read",
    trained,
    lambda moved: (moved > 0).all(),
    given=given,
    mistakes={"{hint:frozen}": lambda moved: (moved == 0).all()},
)
exercise.test(
    "more padding changes nothing",
    grown + "[model(ids), model(padded)]",
    lambda answers: np.allclose(*answers, atol=1e-5),
    given=given | {"padded": np.array([[1, 4, 2, 0, 0, 0, 0], [5, 5, 3, 0, 0, 0, 0]])},
    hint="{hint:padding}",
)
exercise.test(
    "the probabilities of the classes add up to 1",
    grown + "model(ids)",
    lambda answer: np.allclose(answer.sum(axis=1), 1, atol=1e-5),
    given=given,
    hint="{hint:whole}",
)
### BEGIN HIDDEN TESTS
given = {"words": 9, "classes": 4, "ids": np.array([[8, 2, 7, 3]]), "labels": np.array([3])}
exercise.test(
    "the last word of another vocabulary",
    highest,
    lambda answer: answer.shape == (1, 4) and np.isfinite(answer).all(),
    given=given | {"ids": np.array([[9]])},
)
exercise.test("another step of training", trained, lambda moved: (moved > 0).all(), given=given)
exercise.test(
    "more padding in a batch of unequal texts",
    grown + "[model(ids), model(padded)]",
    lambda answers: np.allclose(*answers, atol=1e-5),
    given=given | {"ids": np.array([[8, 2], [3, 0]]), "padded": np.array([[8, 2, 0, 0, 0], [3, 0, 0, 0, 0]])},
)
exercise.test(
    "the probabilities of four classes",
    grown + "model(ids)",
    lambda answer: answer.shape == (1, 4) and np.allclose(answer.sum(axis=1), 1, atol=1e-5),
    given=given,
)
### END HIDDEN TESTS
exercise.score()

# %% [markdown] lang="en" role="hints"
# - rows: The table has no row for the highest number. The numbers run from 0 to `words`: how many are these?
# - frozen: No row has moved. Which argument forbids the table to learn?
# - padding: The answer depends on how far the text is filled up. Who tells the LSTM where the text ends (section 12 of the chapter)?
# - whole: With a sigmoid each unit decides for itself, yes or no. Which activation makes all classes share one whole?

# %% [markdown] lang="zh" role="hints" of="a5f5c6c9"
# - rows: 最大的编号在表里没有行。编号从 0 到 `words`，一共是几个？
# - frozen: 没有一行动过。哪个参数不许这张表学习？
# - padding: 填充多少，答案就变多少。谁来告诉 LSTM 文本到哪里为止（见正文第 12 节）？
# - whole: 用 sigmoid，每个单元各自回答“是或否”。哪种激活函数让各类共分一个整体？

# %% [markdown] lang="en"
# ## 2. The gradient of a table ({exercise:table_gradient})
#
# Section 4 of the chapter derived the gradient for one text. Now a batch. Each text becomes the masked average of its tokens' rows, and a
# network above has already computed `d_average`, the loss's derivative by these averages, shape (texts, numbers). Write
# `table_gradient`, the derivative by the table: as many rows as `table`, where row $w$ collects what comes back to token $w$ from
# *every place* where it stands. The padding, number 0, has no part in the averages. Every text has at least one token.
#
# The check does the small case on paper. Try it yourself first: `ids` = [[1, 3, 0], [2, 2, 0], [3, 0, 0]] and `d_average` =
# [[2, 4], [1, −1], [10, 20]].

# %% [markdown] lang="zh" of="3bc89026"
# ## 2. 一张表的梯度（{exercise:table_gradient}）
#
# 正文第 4 节推导的是一段文本的梯度，现在来一批。每段文本变成它各词元所在行的掩码平均，上面的网络已经算出损失对这些平均的导数 `d_average`，
# 形状是（文本数，维数）。请写 `table_gradient`，即对表的导数：行数与 `table` 相同，第 $w$ 行汇集词元 $w$ 在**每一个出现的位置**上传回来的量。
# 填充（编号 0）不参与平均。每段文本至少有一个词元。
#
# 检查格里的小例子可以在纸上算。请先自己试一试：`ids` = [[1, 3, 0], [2, 2, 0], [3, 0, 0]]，`d_average` = [[2, 4], [1, −1], [10, 20]]。


# %% answer="table_gradient"
def table_gradient(ids, table, d_average):
    """The loss's derivative by the table; shapes (texts, length), (tokens, numbers), (texts, numbers) -> that of table."""
    ### BEGIN SOLUTION
    mask = ids != 0
    shares = mask / mask.sum(axis=1, keepdims=True)
    gradient = np.zeros_like(table)
    np.add.at(gradient, ids, shares[..., None] * d_average[:, None])
    return gradient
    ### END SOLUTION


# %% check="table_gradient" minutes=15
import numpy as np

exercise = check("table_gradient", points=4)
given = {
    "ids": np.array([[1, 3, 0], [2, 2, 0], [3, 0, 0]]),
    "table": np.array([[9.0, 9.0], [7.0, 5.0], [0.0, 1.0], [3.0, 0.0], [5.0, 5.0]]),
    "d_average": np.array([[2.0, 4.0], [1.0, -1.0], [10.0, 20.0]]),
}
call = "import numpy as np\nnp.asarray(table_gradient(ids, table, d_average))"
exercise.equal(
    "a token that stands once",
    call + "[1]",
    np.array([1.0, 2.0]),
    given=given,
    mistakes={"{hint:undivided}": np.array([2.0, 4.0]), "{hint:length}": np.array([2, 4]) / 3},
)
exercise.equal(
    "a token that stands twice in a text",
    call + "[2]",
    np.array([1.0, -1.0]),
    given=given,
    mistakes={
        "{hint:last}": lambda row: np.allclose(row, [0.5, -0.5]) or np.allclose(row, np.array([1, -1]) / 3),
        "{hint:undivided}": np.array([2.0, -2.0]),
        "{hint:length}": np.array([2, -2]) / 3,
    },
)
exercise.equal(
    "a token that stands in two texts",
    call + "[3]",
    np.array([11.0, 22.0]),
    given=given,
    mistakes={
        "{hint:last}": lambda row: any(np.allclose(row, k * np.array([1, 2])) for k in (1, 2, 10, 2 / 3, 10 / 3)),
        "{hint:undivided}": np.array([12.0, 24.0]),
        "{hint:length}": np.array([4.0, 8.0]),
    },
)
exercise.equal(
    "padding, and a token that is absent",
    call + "[[0, 4]]",
    np.zeros((2, 2)),
    given=given,
    mistakes={"{hint:absent}": lambda rows: np.any(rows[1]), "{hint:padding}": lambda rows: np.any(rows[0])},
)
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(4)
ids, table, d_average = rng.integers(0, 7, (6, 9)), rng.standard_normal((8, 5)), rng.standard_normal((6, 5))
ids[:, 0], ids[3] = 5, [4] + 8 * [0]
expected = np.zeros((8, 5))
for text, slope in zip(ids, d_average, strict=True):
    for token in text[text != 0]:
        expected[token] += slope / (text != 0).sum()
given = {"ids": ids, "table": table, "d_average": d_average}
exercise.equal("tokens in a larger batch", call + "[1:]", expected[1:], given=given, weight=2)
exercise.equal("padding in a larger batch", call + "[0]", expected[0], given=given)
exercise.equal(
    "a table whose rows are long",
    call,
    np.array([np.zeros(12), np.zeros(12), np.arange(12)]),
    given={"ids": np.array([[2]]), "table": np.ones((3, 12)), "d_average": np.arange(12.0)[None]},
)
### END HIDDEN TESTS
exercise.score()

# %% [markdown] lang="en" role="hints"
# - undivided: Each token gets the whole derivative of the average. What share of the average is one token's?
# - length: The share counts all places of the text. How many of them take part in the average?
# - last: One visit was kept, the others are lost. Does `gradient[ids] += …` add twice when a number stands in `ids` twice? Try it on a small
#   array, then look up `np.add.at`, or write a loop.
# - padding: Row 0 has a gradient. With what weight did padding enter the average?
# - absent: A row has moved whose token stands in no text. Where should a row without visits start?

# %% [markdown] lang="zh" role="hints" of="4211bbb5"
# - undivided: 每个词元都拿到了平均值的全部导数。一个词元在平均里占多大份额？
# - length: 份额是按文本的所有位置算的。其中参与平均的有几个？
# - last: 只留下了一次，其余的丢了。`ids` 里某个编号出现两次时，`gradient[ids] += …` 会加两次吗？用一个小数组试试，再查查 `np.add.at`，或者写循环。
# - padding: 第 0 行有梯度。填充是以多大的权重进入平均的？
# - absent: 有一行的词元没在任何文本里出现，这一行却有值。没有出现过的行应当从什么值开始？

# %% [markdown] lang="en"
# ## 3. A layer that respects the mask ({exercise:masked_average})
#
# `keras.layers.GlobalAveragePooling1D` answers NaN for a text without a single token, such as an empty review. Write a layer that
# does better. `vectors` has the shape (texts, length, numbers). `mask`, shape (texts, length), is True where a token stands; Keras
# hands it over when the layer below makes one, and None when it does not.
#
# - Without a mask, the layer averages all vectors of a text.
# - With a mask, it averages those of the tokens.
# - A text without tokens gives zeros.
#
# Use functions of `keras.ops`, so that the layer works with every backend, and no loop over the texts: while a model is built, their number is
# not known.

# %% [markdown] lang="zh" of="f1c2e7c4"
# ## 3. 尊重掩码的层（{exercise:masked_average}）
#
# 一段文本若连一个词元都没有（比如空白评论），`keras.layers.GlobalAveragePooling1D` 的回答是 NaN。请写一个更周到的层。`vectors` 的形状是
# （文本数，长度，维数）；`mask` 的形状是（文本数，长度），有词元处为 True。下面的层若产生掩码，Keras 会自动传过来；若没有，就是 None。
#
# - 没有掩码时，对一段文本的所有向量取平均；
# - 有掩码时，只对词元的向量取平均；
# - 没有词元的文本，结果是零。
#
# 请用 `keras.ops` 里的函数，这样换哪种后端都能用；也不要对文本循环：搭建模型时还不知道有多少段。


# %% answer="masked_average"
class MaskedAverage(keras.layers.Layer):
    """The average of each text's vectors without the padding; (texts, length, numbers) -> (texts, numbers)."""

    def call(self, vectors, mask=None):
        ### BEGIN SOLUTION
        if mask is None:
            return keras.ops.mean(vectors, axis=1)
        weights = keras.ops.cast(mask, vectors.dtype)[..., None]
        count = keras.ops.sum(weights, axis=1)
        return keras.ops.sum(weights * vectors, axis=1) / keras.ops.maximum(count, 1)
        ### END SOLUTION

    def compute_mask(self, vectors, mask=None):
        return None  # one vector a text: nothing is left to mask


# %% check="masked_average" minutes=15
import numpy as np

exercise = check("masked_average", points=4)
vectors = np.array([[[1, 2], [3, 4], [80, 90]], [[5, 6], [70, 60], [40, 30]]], dtype="float32")
masked = "MaskedAverage()(vectors, mask=mask)"
in_model = """import keras
model = keras.Sequential([keras.Input((None,), dtype="int32"), keras.layers.Embedding(8, 4, mask_zero=True), MaskedAverage()])
model.set_weights([table])
"""
exercise.equal(
    "without a mask",
    "MaskedAverage()(vectors)",
    np.array([[28.0, 32.0], [115 / 3, 32.0]]),
    given={"vectors": vectors},
    tolerance=1e-5,
    mistakes={"{hint:axis}": lambda answer: np.shape(answer) != (2, 2)},
)
exercise.equal(
    "with a mask",
    masked,
    np.array([[2.0, 3.0], [5.0, 6.0]]),
    given={"vectors": vectors, "mask": np.array([[True, True, False], [True, False, False]])},
    tolerance=1e-5,
    mistakes={
        "{hint:ignored}": lambda answer: np.allclose(answer[0], [28, 32]),
        "{hint:length}": lambda answer: np.allclose(answer[0], [4 / 3, 2]),
        "{hint:sum}": lambda answer: np.allclose(answer[0], [4, 6]),
        "{hint:axis}": lambda answer: np.shape(answer) != (2, 2),
    },
)
exercise.equal(
    "a text without tokens",
    masked,
    np.array([[2.0, 3.0], [0.0, 0.0]]),
    given={"vectors": vectors, "mask": np.array([[True, True, False], [False, False, False]])},
    tolerance=1e-4,
    mistakes={
        "{hint:nothing}": lambda answer: np.isnan(answer).any(),
        "{hint:ignored}": lambda answer: np.allclose(answer[0], [28, 32]),
    },
)
table = np.arange(32, dtype="float32").reshape(8, 4)
exercise.test(
    "in a model, more padding changes nothing",
    in_model + "[model(ids), model(padded)]",
    lambda answers: np.allclose(*answers, atol=1e-4) and np.allclose(answers[0][0], [8, 9, 10, 11]),
    given={"ids": np.array([[1, 3], [2, 0]]), "padded": np.array([[1, 3, 0, 0], [2, 0, 0, 0]]), "table": table},
    hint="{hint:ignored}",
)
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(7)
vectors, mask = rng.standard_normal((5, 6, 3)).astype("float32"), rng.random((5, 6)) < 0.5
mask[:, 4], mask[2] = True, False
exercise.equal(
    "without a mask, larger",
    "MaskedAverage()(vectors)",
    vectors.mean(axis=1),
    given={"vectors": vectors},
    tolerance=1e-5,
)
rows = [0, 1, 3, 4]
expected = np.stack([vectors[row][mask[row]].mean(axis=0) for row in rows])
exercise.equal(
    "tokens and padding in any order",
    masked,
    expected,
    given={"vectors": vectors[rows], "mask": mask[rows]},
    tolerance=1e-5,
)
exercise.equal(
    "an empty text among others",
    masked,
    np.insert(expected, 2, 0, axis=0),
    given={"vectors": vectors, "mask": mask},
    tolerance=1e-5,
)
exercise.equal(
    "in a model, padding on the left",
    in_model + "model(ids)",
    np.array([table[[5, 7]].mean(axis=0), table[6]]),
    given={"ids": np.array([[0, 0, 5, 7], [0, 0, 0, 6]]), "table": table},
    tolerance=1e-5,
)
### END HIDDEN TESTS
exercise.score()

# %% [markdown] lang="en" role="hints"
# - axis: The shape should be (texts, numbers). Which axis holds the places of a text?
# - ignored: The padding's vectors are in the average. Do you use `mask`?
# - length: The sum is right, and divided by the length of the whole text. How many vectors are in the sum?
# - sum: This is the sum of the tokens' vectors. What turns it into an average?
# - nothing: A text without tokens divides 0 by 0. Which divisor would give 0 there and change nothing for the other texts?

# %% [markdown] lang="zh" role="hints" of="a297dbe3"
# - axis: 形状应为（文本数，维数）。文本里的各个位置在哪条轴上？
# - ignored: 填充的向量也算进了平均。`mask` 用上了吗？
# - length: 和是对的，却除以了整段的长度。这个和里有几个向量？
# - sum: 这是词元向量之和。怎样才成为平均？
# - nothing: 没有词元的文本成了 0 除以 0。除数取多少，能让它得 0，又不影响别的文本？

# %% [markdown] lang="en"
# ## 4. The baseline that is hard to beat ({exercise:naive_bayes})
#
# In the chapter the network could not be shown to beat naive Bayes. Build this rival. For every token $g$ of the training texts
#
# $$r_g = \ln \frac{(p_g + 1) / \sum_h (p_h + 1)}{(q_g + 1) / \sum_h (q_h + 1)} ,$$
#
# where $p_g$ and $q_g$ are the numbers of *texts* with label True and False that contain $g$; the sums run over all tokens of the training
# texts. `log_count_ratios` returns a dictionary from token to $r_g$. `score` adds up the ratios of a text's tokens, each token once;
# tokens that training did not have count nothing. Texts are lists of tokens.

# %% [markdown] lang="zh" of="ddb01af0"
# ## 4. 难以战胜的基线（{exercise:naive_bayes}）
#
# 正文里，网络是否胜过朴素贝叶斯，没能得到证明。请把这个对手造出来。对训练文本里的每个词元 $g$，
#
# $$r_g = \ln \frac{(p_g + 1) / \sum_h (p_h + 1)}{(q_g + 1) / \sum_h (q_h + 1)} ,$$
#
# 其中 $p_g$、$q_g$ 是标签为 True、False 的**文本**里含有 $g$ 的篇数；求和取遍训练文本的所有词元。`log_count_ratios` 返回一个字典，由词元得到 $r_g$。
# `score` 把一段文本里各词元的比值加起来，每个词元只算一次；训练时没有的词元不计。文本是词元的列表。


# %% answer="naive_bayes"
def log_count_ratios(texts, labels):
    """r_g of every token of the texts, as a dictionary; `labels` holds True or False for each text."""
    ### BEGIN SOLUTION
    tokens = {token for text in texts for token in text}
    positive, negative = (
        {
            token: 1 + sum(token in text for text, label in zip(texts, labels, strict=True) if label == kind)
            for token in tokens
        }
        for kind in (True, False)
    )
    offset = np.log(sum(negative.values()) / sum(positive.values()))
    return {token: np.log(positive[token] / negative[token]) + offset for token in tokens}
    ### END SOLUTION


def score(text, ratios):
    """Above 0 for a text that naive Bayes takes for positive."""
    ### BEGIN SOLUTION
    return sum(ratios.get(token, 0.0) for token in set(text))
    ### END SOLUTION


# %% check="naive_bayes" minutes=15
import numpy as np

exercise = check("naive_bayes", points=4)
given = {
    "texts": [["good", "fun"], ["good", "good", "plot"], ["bad", "plot"]],
    "labels": [True, True, False],
    "ratios": {"good": 1.5, "bad": -2.0, "plot": 0.25},
}
exercise.equal(
    "the ratios of three short texts",
    "log_count_ratios(texts, labels)",
    {"good": 0.8109302, "fun": 0.4054651, "plot": -0.2876821, "bad": -0.9808293},
    given=given,
    mistakes={
        "{hint:repeated}": lambda ratios: np.isclose(ratios["good"], 0.9808293),
        "{hint:smooth}": lambda ratios: not np.isfinite(list(ratios.values())).all(),
        "{hint:total}": lambda ratios: np.isclose(ratios["good"], 1.0986123),
        "{hint:unsmoothed_total}": lambda ratios: np.isclose(ratios["bad"], np.log((1 / 4) / (2 / 2)), atol=1e-5),
        "{hint:sign}": lambda ratios: np.isclose(ratios["good"], -0.8109302),
        "{hint:logarithm}": lambda ratios: np.isclose(ratios["good"], 2.25),
    },
)
exercise.equal(
    "the score of a text",
    'score(["bad", "plot"], ratios)',
    -1.75,
    given=given,
    hint="{hint:add}",
)
exercise.equal(
    "a token that stands twice counts once",
    'score(["plot", "good", "good"], ratios)',
    1.75,
    given=given,
    mistakes={"{hint:repeated}": 3.25},
)
exercise.equal(
    "a token without ratio counts nothing",
    """try:
    answer = score(["good", "ending"], ratios)
except KeyError:
    answer = "unknown"
answer""",
    1.5,
    given=given,
    mistakes={"{hint:unknown}": "unknown"},
)
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(8)
vocabulary = np.array([f"w{number}" for number in range(30)])
texts = [rng.choice(vocabulary, rng.integers(1, 12)).tolist() for _ in range(60)]
labels = (rng.random(60) < 0.3).tolist()
tokens = sorted({token for text in texts for token in text})
holds = np.array([[token in text for token in tokens] for text in texts])
p, q = holds[labels].sum(axis=0) + 1, holds[~np.array(labels)].sum(axis=0) + 1
exercise.equal(
    "the ratios of sixty texts, most of them False",
    "log_count_ratios(texts, labels)",
    dict(zip(tokens, np.log(p / p.sum() / (q / q.sum())).tolist(), strict=True)),
    given={"texts": texts, "labels": labels},
    weight=3,
)
exercise.equal(
    "another score", 'score(["a", "b", "a", "c", "d"], ratios)', 2.5, given={"ratios": {"a": 4.0, "c": -1.5, "e": 7.0}}
)
### END HIDDEN TESTS
exercise.score()

# %% [markdown] lang="en" role="hints"
# - repeated: A token that stands twice in one text was counted twice. Does the formula count places, or texts?
# - smooth: A ratio is infinite or not a number. What does the 1 in $p_g + 1$ do for a token that one label never has?
# - total: The numerator and the denominator are not yet divided by their sums. What would happen to the score if there were ten times as many positive texts?
# - unsmoothed_total: The sums are those of $p_h$ and $q_h$. What does the formula add up?
# - sign: The fraction stands upside down. Should *good*, which only positive texts have, be above or below zero?
# - logarithm: This is the fraction itself. Only its logarithm can be added up token by token.
# - add: Add the ratios of the tokens, −2 and 0.25.
# - unknown: There is no ratio for a token that training did not have. What should it add to the sum?

# %% [markdown] lang="zh" role="hints" of="3e3aaa1f"
# - repeated: 在一段文本里出现两次的词元，被数了两次。公式数的是位置，还是文本？
# - smooth: 有的比值是无穷大，或者不是数。对某一类从未出现的词元，$p_g + 1$ 里的 1 起什么作用？
# - total: 分子和分母还没有各自除以总和。如果正面文本多十倍，得分会怎样？
# - unsmoothed_total: 你除以的是 $p_h$ 与 $q_h$ 之和。公式里加起来的是什么？
# - sign: 分数上下颠倒了。*good* 只在正面文本里出现，它该大于零还是小于零？
# - logarithm: 这是分数本身。取了对数，才能一个词元一个词元地相加。
# - add: 把各词元的比值 −2 与 0.25 加起来。
# - unknown: 训练时没有的词元没有比值。它该给总和加上多少？

# %% [markdown] lang="en"
# ## 5. Better, or lucky? ({exercise:compare})
#
# A report says: "Our network beats the baseline." Find out whether it may. For each test text you know whether the network was right (1) or wrong (0), and
# the same for several rivals, on the validation part and on the test part. Write `compare`, which returns three things:
#
# 1. the name of the strongest rival, chosen without the test part;
# 2. the network's accuracy minus this rival's, on the test part;
# 3. the *standard error* of that difference. Both read the same texts, so take the difference text by text: with $d_i$ the network's 0 or 1 minus
#    the rival's, it is $\sqrt{\frac{1}{n-1} \sum_i (d_i - \bar d)^2} \, / \sqrt n$.

# %% [markdown] lang="zh" of="c85c2d53"
# ## 5. 更好，还是走运？（{exercise:compare}）
#
# 有份报告说：“我们的网络胜过了基线。”查一查，它能不能这么说。对每段测试文本，已知网络答对（1）还是答错（0）；几个对手也是如此，验证集和测试集上都有。
# 请写 `compare`，返回三样东西：
#
# 1. 最强的对手的名字，挑选时不看测试集；
# 2. 测试集上网络的准确率减去这个对手的准确率；
# 3. 这个差的*标准误*。两者读的是同样的文本，所以要逐篇求差：设 $d_i$ 是网络的 0 或 1 减去对手的，标准误就是
#    $\sqrt{\frac{1}{n-1} \sum_i (d_i - \bar d)^2} \, / \sqrt n$。


# %% answer="compare"
def compare(network_test, rivals_validation, rivals_test):
    """Strongest rival, the network's lead over it on the test part, and the lead's standard error.

    `network_test` is an array of 0 and 1; the other two map the names of rivals to such arrays.
    """
    ### BEGIN SOLUTION
    accuracy = {name: np.mean(right) for name, right in rivals_validation.items()}
    best = max(accuracy, key=accuracy.get)
    difference = network_test - rivals_test[best]
    return best, difference.mean(), difference.std(ddof=1) / np.sqrt(len(difference))
    ### END SOLUTION


# %% check="compare" minutes=10
import numpy as np

exercise = check("compare", points=3)
call = "compare(network_test, rivals_validation, rivals_test)"
given = {
    "network_test": np.array([1, 1, 1, 0, 1, 1, 0, 1, 0, 1]),
    "rivals_validation": {"majority": np.array([1, 0, 0, 1]), "TF-IDF": np.array([1, 1, 0, 1])},
    "rivals_test": {
        "majority": np.array([1, 1, 1, 1, 1, 1, 1, 0, 0, 1]),
        "TF-IDF": np.array([1, 1, 0, 0, 1, 0, 0, 1, 1, 0]),
    },
}
exercise.equal("the rival", call + "[0]", "TF-IDF", given=given, mistakes={"{hint:test}": "majority"})
exercise.equal(
    "the lead",
    call + "[1]",
    0.2,
    given=given,
    mistakes={"{hint:test}": -0.1, "{hint:sign}": -0.2, "{hint:validation}": -0.05, "{hint:count}": 2},
)
exercise.equal(
    "its standard error",
    call + "[2]",
    0.2,
    given=given,
    mistakes={
        "{hint:paired}": lambda error: 0.21 < error < 0.23,
        "{hint:alone}": lambda error: 0.14 < error < 0.17,
        "{hint:root}": lambda error: error > 0.55,
        "{hint:degrees}": lambda error: np.isclose(error, 0.1897367),
    },
)
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(9)
easy = rng.random(500)
right = {
    name: (easy < share) ^ (rng.random(500) < 0.05) for name, share in {"network": 0.8, "a": 0.75, "b": 0.95}.items()
}
right = {name: values.astype(int) for name, values in right.items()}
given = {
    "network_test": right.pop("network"),
    "rivals_validation": {"a": (rng.random(80) < 0.9).astype(int), "b": (rng.random(80) < 0.6).astype(int)},
    "rivals_test": right,
}
difference = given["network_test"] - right["a"]
exercise.equal("the rival on other data", call + "[0]", "a", given=given)
exercise.equal("the lead on other data", call + "[1]", difference.mean(), given=given)
exercise.equal(
    "the standard error on other data", call + "[2]", difference.std(ddof=1) / np.sqrt(500), given=given, tolerance=1e-7
)
### END HIDDEN TESTS
exercise.score()

# %% [markdown] lang="en" role="hints"
# - test: You chose the rival that does best on the test part. What is the validation part for?
# - sign: This is the rival's lead over the network.
# - validation: This compares the network's test texts with the rival's validation texts. Are these the same texts?
# - count: This is how many texts more are right. An accuracy is a share.
# - paired: This is about what two independent groups of texts would give. Here both read the *same* texts: take the difference first, then its spread.
# - alone: This is the standard error of one system's accuracy. What is it that should be known to within an error?
# - root: This is how far single texts spread. How much does the mean of $n$ of them?
# - degrees: Nearly: the formula divides by $n - 1$. What does NumPy's `std` divide by, unless it is told otherwise?

# %% [markdown] lang="zh" role="hints" of="aff413a6"
# - test: 你挑的是测试集上最好的对手。验证集是做什么用的？
# - sign: 这是对手领先网络多少。
# - validation: 这是拿网络在测试集上的成绩，与对手在验证集上的成绩相比。两边是同样的文本吗？
# - count: 这是多对了几篇。准确率是比例。
# - paired: 这差不多是两批互不相干的文本的算法。这里两者读的是**同样**的文本：先求差，再看差的离散程度。
# - alone: 这是一个系统自己的准确率的标准误。我们要知道的，是哪个量的误差？
# - root: 这是单篇文本的离散程度。$n$ 篇的平均，离散程度是多少？
# - degrees: 差一点：公式除以 $n - 1$。不特别说明的话，NumPy 的 `std` 除以什么？

# %% [markdown] lang="en"
# ## 6. Find the leak ({exercise:near_duplicates})
#
# In assignment 01 a leaked image was a copy, pixel for pixel. Texts leak with a comma changed. Write `near_duplicates`: the places in `test`,
# in rising order, of the texts whose Jaccard similarity with *some* training text is at least `threshold`. Texts are lists of words; the similarity
# compares their sets of words, $|A \cap B| / |A \cup B|$.

# %% [markdown] lang="zh" of="d4259399"
# ## 6. 找出泄漏（{exercise:near_duplicates}）
#
# 作业 01 里，泄漏的图像每个像素都相同。文本不必如此，换个逗号照样泄漏。请写 `near_duplicates`：`test` 里哪些文本与**某一段**训练文本的 Jaccard 相似度
# 不低于 `threshold`，按从小到大返回它们的位置。文本是词的列表，比较的是词的集合：$|A \cap B| / |A \cup B|$。


# %% answer="near_duplicates"
def near_duplicates(train, test, threshold):
    """Places in `test` of the texts that resemble a training text."""
    ### BEGIN SOLUTION
    known = [set(text) for text in train]

    def resembles(words):
        return any(len(words & other) >= threshold * len(words | other) for other in known)

    return [place for place, text in enumerate(test) if resembles(set(text))]
    ### END SOLUTION


# %% check="near_duplicates" minutes=10
import numpy as np

exercise = check("near_duplicates", points=3)
call = "near_duplicates(train, test, threshold)"
train = [text.split() for text in ("a film that moves", "not funny at all", "a plot without a plot")]
exercise.equal(
    "an exact copy and a stranger",
    call,
    [0],
    given={"train": train, "test": [["not", "funny", "at", "all"], ["what", "a", "gem"]], "threshold": 0.6},
    mistakes={
        "{hint:place}": [],
        "{hint:train}": [1],
        "{hint:mask}": [True, False],
        "{hint:common}": [0, 1],
    },
)
exercise.equal(
    "three of five words in common, threshold 0.6",
    call,
    [0],
    given={"train": train, "test": [["not", "funny", "all", "evening"]], "threshold": 0.6},
    hint="{hint:at_least}",
)
exercise.equal(
    "a short text inside a longer one",
    call,
    [],
    given={"train": train, "test": [["not", "funny"]], "threshold": 0.6},
    mistakes={"{hint:union}": [0]},
)
exercise.equal(
    "repeated words",
    call,
    [0],
    given={"train": train, "test": [["a", "plot", "without"]], "threshold": 0.9},
    hint="{hint:repeated}",
)
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(10)
words = [f"w{number}" for number in range(12)]
train, test = ([rng.choice(words, rng.integers(2, 9)).tolist() for _ in range(count)] for count in (15, 40))
for threshold in (0.5, 0.75):
    similarity = [max(len({*a} & {*b}) / len({*a} | {*b}) for b in train) for a in test]
    exercise.equal(
        f"forty texts, threshold {threshold}",
        call,
        [place for place, value in enumerate(similarity) if value >= threshold],
        given={"train": train, "test": test, "threshold": threshold},
        weight=2,
    )
### END HIDDEN TESTS
exercise.score()

# %% [markdown] lang="en" role="hints"
# - place: The copy stands at another place in `train`. Which training texts do you compare a test text with?
# - train: This is the place in `train`; the place in `test` is wanted.
# - mask: These are truth values; the places are wanted.
# - common: The stranger shares one word with a training text. How much must two texts share?
# - at_least: Three words in common, five in all: 0.6. Does "at least 0.6" include 0.6? And do you divide by the number of words in the *union*?
# - union: Both words stand in the longer text, but what share are they of all words of *both* texts?
# - repeated: The training text has "a" and "plot" twice. How often do they stand in its *set* of words?

# %% [markdown] lang="zh" role="hints" of="3d031bbd"
# - place: 那份副本在 `train` 里的位置不同。你拿一段测试文本与哪些训练文本相比？
# - train: 这是在 `train` 里的位置，要的是在 `test` 里的位置。
# - mask: 这是真假值，要的是位置。
# - common: 那段不相干的文本与训练文本只有一个词相同。要相同多少才算？
# - at_least: 三个词相同，一共五个词：0.6。“不低于 0.6”包不包括 0.6？另外，除数是**并集**的词数吗？
# - union: 两个词都在较长的文本里，可它们占**两段**文本所有词的多大比例？
# - repeated: 训练文本里 "a" 和 "plot" 各出现两次。在它的词的**集合**里，各有几个？

# %% [markdown] lang="en"
# ## 7. Read the figure ({exercise:rows_that_move})
#
# Ten thousand rated film sentences, averaged word vectors, one direction $u$ that stays fixed. All rows start at 0 and learn by gradient descent on all
# sentences; the figure shows, for each word, how far its row has moved along $u$ (up: towards positive). Nothing is tested here: we look at how
# a table learns.

# %% [markdown] lang="zh" of="0af7690b"
# ## 7. 读图（{exercise:rows_that_move}）
#
# 一万个打过分的电影句子，对词向量取平均，方向 $u$ 固定不动。所有行从 0 开始，在全部句子上做梯度下降；图中画的是每个词的那一行沿 $u$ 移动了多远（向上是正面）。
# 这里不做测试，只看一张表怎样学习。

# %%
snippets = datasets.load_movie_snippets()
is_rated = snippets.rating != 0
counter = CountVectorizer(token_pattern="[a-z]+")
counts = counter.fit_transform(snippets.text[is_rated])
shares, positive = normalize(counts, norm="l1"), snippets.rating[is_rated] > 0

along_u = np.zeros(counts.shape[1])
for _ in range(300):
    slopes = 1 / (1 + np.exp(-shares @ along_u)) - positive
    along_u -= 100 * shares.T @ slopes / len(positive)

frequency = np.asarray((counts > 0).sum(axis=0)).ravel()
figure, axes = plt.subplots(figsize=(7, 4))
axes.scatter(frequency, along_u, s=6, alpha=0.3, linewidths=0)
axes.axhline(0, color="grey", linewidth=0.8)
for word in ("the", "and", "movie", "bad", "too", "best", "dull", "moving", "seagal"):
    place = counter.vocabulary_[word]
    axes.plot(frequency[place], along_u[place], "k.", markersize=4)
    axes.annotate(
        word,
        (frequency[place], along_u[place]),
        xytext=(4, 3 if along_u[place] > 0 else -11),
        textcoords="offset points",
    )
axes.set(xscale="log", xlim=(0.8, 14_000), xlabel="sentences with the word", ylabel="how far its row has moved along u")
plt.show()

# %% [markdown] lang="en" role="alt"
# Scatter plot of 17,601 words: the number of sentences with the word on a logarithmic axis against the movement of its row. The cloud is a
# funnel: words of one to ten sentences lie within about 1 of zero, words of a hundred and more spread from −12 to 6. Marked: seagal
# at 17 sentences and −1, dull at 79 and −6, moving at 82 and 4, bad at 219 and −9, best at 238 and 6, too at 393 and −12.5, movie at
# 1,332 and −4, and at 4,943 and 4, the at 6,100 and −1.

# %% [markdown] lang="zh" role="alt" of="f63a02ab"
# 17601 个词的散点图：横轴是含有该词的句子数（对数），纵轴是它那一行移动的距离。点云像漏斗：只在一到十个句子里出现的词，都在零的上下约 1 以内；
# 出现一百次以上的词散布在 −12 到 6 之间。标出的词：seagal 在 17 句、−1 处，dull 在 79、−6，moving 在 82、4，bad 在 219、−9，best 在 238、6，
# too 在 393、−12.5，movie 在 1332、−4，and 在 4943、4，the 在 6100、−1。

# %% [markdown] lang="en"
# Use the formula of the chapter's section 4 to explain three things, in two or three sentences each:
#
# 1. *seagal* stands in 17 sentences, all of them negative; *dull* in 79, some of them positive. Why has *dull* moved so much further?
# 2. *the* stands in more sentences than any other word. Why has its row hardly moved?
# 3. The network reads a new sentence whose words all stand once or never in these data. What does it answer, how sure is it, and what would help?

# %% [markdown] lang="zh" of="7645cdd1"
# 请用正文第 4 节的公式解释三件事，每件两三句话：
#
# 1. *seagal* 出现在 17 个句子里，全是负面的；*dull* 出现在 79 个句子里，有些还是正面的。为什么 *dull* 移动得远得多？
# 2. *the* 出现的句子比谁都多。它那一行为什么几乎没动？
# 3. 网络读到一个新句子，里面的词在这批数据里都只出现过一次，或从未出现。它会怎样回答，有多大把握？有什么办法？

# %% [markdown] lang="en" answer="rows_that_move" points=3 minutes=12
# ### BEGIN SOLUTION
# 1. A row moves only in the steps of the sentences that contain its word, each time by (σ(s) − t) c/n. 17 sentences give 17 small terms, 79
#    give more than four times as many; that a few of them point the other way costs less than the number gains.
# 2. Its terms nearly cancel: about half of its sentences are positive, so as many terms push up as push down. Being frequent makes it
#    move only if its sentences lean to one side.
# 3. The rows are at or near their start, 0, so the score is near 0 and the probability near ½: it guesses, and says so. Rows learnt on other texts
#    (GloVe) would help, or more labelled sentences.
#
# One point each. For 1, the sum over sentences must be named; for 2, the cancelling; for 3, the score near 0 *and* a remedy.
# ### END SOLUTION

# %% [markdown] lang="zh" answer="rows_that_move" points=3 minutes=12 of="23539f84"
# ### BEGIN SOLUTION
# 1. 一行只在含有它那个词的句子里才移动，每次移动 (σ(s) − t) c/n。17 个句子只有 17 个小项，79 个句子有四倍多；其中几项方向相反，损失也小于数量上的所得。
# 2. 它的各项几乎抵消：含有它的句子约一半是正面的，往上推和往下推的项差不多一样多。只有所在的句子偏向一边，常见才会带来移动。
# 3. 这些行还在起点 0 或其附近，所以得分接近 0，概率接近 ½：它在猜，而且也承认自己在猜。用别的文本上学来的行（GloVe）会有帮助，或者增加带标签的句子。
#
# 每问一分。第 1 问要说到“对句子求和”，第 2 问要说到“抵消”，第 3 问要说出得分接近 0，**并且**给出一个办法。
# ### END SOLUTION
