# %% [markdown] lang="en"
# # 05 · The Transformer: how English words sound
#
# At the end you will have built attention from three tokens up, assembled a whole Transformer from it, taught it to pronounce
# English words that it has never seen, and looked at how it lines up letters with sounds.
#
# | | |
# |---|---|
# | **You will build** | attention, multi-head attention, positions, masks and an encoder block in NumPy; an encoder–decoder in Keras that turns letters into phonemes; greedy and beam search |
# | **You will learn** | what queries, keys and values are, why scores are divided by $\sqrt d$, what each mask prevents and how to prove it, why word families must not be split, how to read an alignment |
# | **You need** | chapter 01 (gradients, cross-entropy); the embeddings of chapter 04 help |
# | **Time and memory** | {run:seconds} s on two processor cores, {run:memory} GB |
# | **Follows** | A2 §1.3.1, §1.4.1 and §2.1–2.2, A3 §1.3.5 ([which articles?](../README.md#the-articles)) |
#
# Chinese edition: [zh/05_transformer.ipynb](zh/05_transformer.ipynb). Errors of the articles: [ERRATA.md](ERRATA.md).
# Lines that begin with ✓ are promises, measured over several seeds; the run stops if one no longer holds.

# %% [markdown] lang="zh" of="43584778"
# # 05 · Transformer：英语单词怎么读
#
# 读完本章，你会从三个词元开始搭出注意力，再用它拼成一个完整的 Transformer，教它读从未见过的英语单词，并看清它怎样把字母和读音对应起来。
#
# | | |
# |---|---|
# | **动手做** | 用 NumPy 写注意力、多头注意力、位置编码、掩码和一个编码器块；用 Keras 搭一个把字母变成音素的编码器–解码器；贪心搜索与束搜索 |
# | **学到** | 查询、键、值是什么，分数为什么要除以 $\sqrt d$，每种掩码防的是什么、怎样证明它防住了，为什么不能把同族词拆到两边，怎样读对齐图 |
# | **准备** | 第 01 章（梯度、交叉熵）；读过第 04 章的嵌入更好 |
# | **时间与内存** | 两个处理器核心上 {run:seconds} 秒，{run:memory} GB |
# | **对应文章** | A2 §1.3.1、§1.4.1、§2.1–2.2，A3 §1.3.5（[是哪几篇？](../../README.zh.md#四篇文章)） |
#
# 英文版：[05_transformer.ipynb](../05_transformer.ipynb)。文章勘误：[ERRATA.md](ERRATA.md)。
# 以 ✓ 开头的输出是承诺：它在多个随机种子下测量过，一旦不再成立，运行就会中止。

# %%
from course_utils.notebook import start_chapter  # not found? README.md, "Running the notebooks", tells what to do

seed, claim = start_chapter("05_transformer")  # seeds, quiet logs, figure style, the chapter's promises

import inspect
import json
from collections import Counter
from unittest.mock import patch

import keras
import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf
from sklearn.feature_extraction.text import TfidfVectorizer

from course_utils import datasets, graphones, models, paths, plotting, text, transformer
from course_utils.claims import caught
from course_utils.metrics import edit_distance, paired_difference, pronunciation_errors
from course_utils.training import shortest_time

# %% [markdown] lang="en"
# ## 1. The listing as published
#
# Article A2 builds a "Transformer for text generation" in PyTorch: an embedding of 256 channels for 10,000 tokens, a factor for the
# positions, a table of learnt positions, six encoder layers with eight heads, and a linear layer with 100 outputs. It is trained
# on texts of 100 random tokens with 100 random answers each. The course has no PyTorch, so we restate its steps with
# the same shapes. The first two stop at once.

# %% [markdown] lang="zh" of="2a513289"
# ## 1. 文章里的代码
#
# 文章 A2 用 PyTorch 写了一个“用于文本生成的 Transformer”：一万个词元、256 个通道的嵌入，一个与位置有关的系数，一张可学习的位置表，六个八头的编码器层，
# 最后是 100 个输出的线性层；训练数据是长度为 100 的随机词元，答案也是随机数。本课程不用 PyTorch，我们照它的步骤和形状重述一遍。前两步当场就停下了。

# %%
rng = np.random.default_rng(seed)
source = rng.integers(0, 10_000, (1, 100))  # one text of 100 tokens
embedded = keras.layers.Embedding(10_000, 256)(source)  # (1, 100, 256)
six_layers = [keras.layers.Dense(256) for _ in range(6)]  # a list, like PyTorch's ModuleList

for step in (lambda: embedded * tf.exp(tf.range(100.0) * -1.0 / 10_000), lambda: six_layers(embedded)):
    try:
        step()
    except (tf.errors.InvalidArgumentError, TypeError) as error:
        print(str(error).split("}} ")[-1].split(" [Op")[0])

# %% [markdown] lang="en"
# A row of 100 numbers, one a position, meets 256 channels; and a list of layers is not a layer: it has to be gone through. Both faults
# are loud. Suppose we mend them. The next three are silent, and far worse. Ask of the rest: *how many different positions does
# the network see? How many tokens does each token attend to? And what does the loss compare?*

# %% [markdown] lang="zh" of="ffd0aed5"
# 一行 100 个数（每个位置一个）碰上了 256 个通道；列表里装的是层，列表本身却不是层，要逐层调用。这两处毛病都会报错。假设已经修好，接下来的三处却一声不响，也严重得多。
# 我们来问问剩下的代码：*网络看到几个不同的位置？每个词元注意到几个词元？损失比较的又是什么？*

# %%
position_table = np.zeros((1, 100, 256))
print("positions in pos_encoding[:, :src.size(0)]:", position_table[:, : source.shape[0]].shape[1])

# PyTorch's encoder layer reads (length, texts, channels) unless told batch_first=True; here the 1 becomes the length
as_read = tf.transpose(embedded, (1, 0, 2))
weights = tf.nn.softmax(as_read @ tf.transpose(as_read, (0, 2, 1)))
print("tokens that each token attends to:", weights.shape[-1], "- all weights are", np.unique(np.round(weights, 6)))

# PyTorch's CrossEntropyLoss takes axis 1 of (texts, length, classes) for the classes; both are 100, so the shapes fit
answer, place = rng.integers(0, 100, 100), np.arange(100)
perfect = 20.0 * np.eye(100)[answer][None]
by_class, by_axis_1 = (tf.nn.log_softmax(perfect, axis=axis).numpy()[0] for axis in (2, 1))
print(f"loss of a perfect answer: {-by_axis_1[answer, place].mean():.1f} as published, "
      f"{-by_class[place, answer].mean():.1f} with the classes on their own axis")  # fmt: skip
np.testing.assert_allclose(weights, np.ones((100, 1, 1)), rtol=1e-6)

# %% [markdown] lang="en"
# The published Transformer has *no attention*: with the axes swapped, every token attends to itself alone. It has no positions:
# `src.size(0)` is the number of texts, so one row of the table is added everywhere. Its loss rewards the wrong thing, because length
# and classes happen to be 100. And there is nothing to learn in random answers. Line by line:
#
# | A2 §1.4.1 | what is wrong | here | section |
# |---|---|---|---|
# | class and loops without indentation | a syntax error | indented | – |
# | `src * torch.exp(torch.arange(0., 100.) * -1. / 10000.)` | (100,) meets 256 channels; one factor a position, as if sines had been meant | sines and cosines, *added* | 5 |
# | `pos_encoding[:, :src.size(0)]` | the number of texts instead of their length: one position for all | `[:, :length]` | 5 |
# | `self.layers(src)` | a ModuleList cannot be called | `for block in blocks: x = block(x, mask)` | 6 |
# | `nn.TransformerEncoderLayer(...)` | reads (length, texts, channels): attention over one token | axes named and asserted | 4 |
# | no mask, "for text generation" | every position would see its answer, and padding would count | causal and padding masks | 7 |
# | `criterion(output, target)` | classes on the axis of the positions; both 100, so no error | classes last, padding not counted | 10 |
# | `output_dim = 100`, `input_dim = 10000` | 100 outputs cannot name 10,000 tokens | one output a phoneme | 8 |
# | `torch.randint(...)` as data and target | nothing to learn; the loss ends at ln 100 | a dictionary of real words | 8 |
# | `.to('cuda')` for the data only | the model stays on the processor: stops with an error | Keras places both | – |
# | `Adam(model.parameters())` | one rate from the first step; post-norm blocks need a warm-up | rising and falling rate, pre-norm | 6, 10 |
# | loss never printed, nothing held out | failure stays invisible | validation, test, baselines | 8–12 |

# %% [markdown] lang="zh" of="1bc15bc8"
# 文章发表的 Transformer *没有注意力*：轴弄反了，每个词元只注意它自己。它也没有位置：`src.size(0)` 是文本的条数，于是处处加的都是位置表的同一行。
# 它的损失奖励的是错误的东西，只因长度和类别数碰巧都是 100。何况随机的答案里本来就没有可学的。逐行对照：
#
# | A2 §1.4.1 | 毛病 | 本章 | 节 |
# |---|---|---|---|
# | 类和循环都没有缩进 | 语法错误 | 补上缩进 | – |
# | `src * torch.exp(torch.arange(0., 100.) * -1. / 10000.)` | (100,) 碰上 256 个通道；每个位置一个系数，原意大概是正弦 | 正弦和余弦，是*加上去*的 | 5 |
# | `pos_encoding[:, :src.size(0)]` | 取成了文本条数，不是长度：所有位置都一样 | `[:, :length]` | 5 |
# | `self.layers(src)` | ModuleList 不能调用 | `for block in blocks: x = block(x, mask)` | 6 |
# | `nn.TransformerEncoderLayer(...)` | 按（长度，文本，通道）来读：注意力只看一个词元 | 写明各轴并断言 | 4 |
# | 号称“文本生成”，却没有掩码 | 每个位置都看得到答案，填充也算数 | 因果掩码和填充掩码 | 7 |
# | `criterion(output, target)` | 类别放在了位置的轴上；都是 100，所以不报错 | 类别放在最后，填充不计 | 10 |
# | `output_dim = 100`、`input_dim = 10000` | 100 个输出说不出 10000 个词元 | 每个音素一个输出 | 8 |
# | 数据和目标都是 `torch.randint(...)` | 没有可学的，损失停在 ln 100 | 真实的词典 | 8 |
# | 只对数据用 `.to('cuda')` | 模型还留在处理器上：报错中止 | Keras 会把两者放在一处 | – |
# | `Adam(model.parameters())` | 从第一步起学习率就不变；后置归一化的块需要预热 | 先升后降的学习率，前置归一化 | 6、10 |
# | 从不打印损失，也没有留出数据 | 失败无从发现 | 验证集、测试集、基线 | 8–12 |

# %% [markdown] lang="en"
# ## 2. Attention on three tokens
#
# A token often cannot be understood alone: the *c* of *cat* is a K, that of *city* an S, and the letter after it decides. So each
# token should be able to *look at* the others, and to choose where. It gets three vectors, each by a matrix of its own:
#
# $$q = x W_Q \;\text{(what I look for)}, \quad k = x W_K \;\text{(what I offer)}, \quad v = x W_V \;\text{(what I hand over)},$$
# $$\mathrm{attention}(Q, K, V) = \mathrm{softmax}\!\left(\frac{Q K^\top}{\sqrt{d}}\right) V .$$
#
# The *score* $q_i \cdot k_j$ says how well token $j$ fits what token $i$ looks for; softmax turns a row of scores into positive
# weights that add up to 1; the answer is the *average of the values with these weights*. $d$ is how many entries $q$ and $k$ have.
#
# A2 says that keys and values are "transposes of the embedding matrix" (§1.3.1), and that the weights are "multiplied together"
# (§2.1). Check both on paper. Three tokens with four channels, $(1,0,1,0)$, $(0,1,0,1)$, $(1,1,0,0)$; the queries are twice the
# tokens, the keys the tokens themselves. Divided by $\sqrt 4 = 2$, the scores of the first token are 2, 0 and 1. With $e \approx
# 2.718$ the weights are $\frac{7.39}{11.11}, \frac{1}{11.11}, \frac{2.72}{11.11}$. The values are 10, 20, 30.

# %% [markdown] lang="zh" of="9d745193"
# ## 2. 三个词元的注意力
#
# 单看一个词元，往往弄不明白：*cat* 里的 *c* 读 K，*city* 里的 *c* 读 S，要看它后面的字母。所以应当让每个词元都能*看一看*其他词元，并且自己决定看哪里。
# 每个词元得到三个向量，各由一个矩阵算出：
#
# $$q = x W_Q \;\text{（查询：我在找什么）}, \quad k = x W_K \;\text{（键：我能提供什么）}, \quad v = x W_V \;\text{（值：我交出什么）},$$
# $$\mathrm{attention}(Q, K, V) = \mathrm{softmax}\!\left(\frac{Q K^\top}{\sqrt{d}}\right) V$$
#
# **分数** $q_i \cdot k_j$ 表示词元 $j$ 有多符合词元 $i$ 要找的东西；softmax 把一行分数变成和为 1 的正权重；结果是**以此为权的值的平均**。$d$ 是 $q$ 和 $k$ 的分量个数。
#
# A2 说键和值是“嵌入矩阵的转置”（§1.3.1），又说把权重“相乘”（§2.1）。在纸上验一验。三个词元，四个通道：$(1,0,1,0)$、$(0,1,0,1)$、$(1,1,0,0)$；
# 查询是词元的两倍，键就是词元本身。除以 $\sqrt 4 = 2$ 之后，第一个词元的分数是 2、0、1。$e \approx 2.718$，于是权重是 $\frac{7.39}{11.11}$、$\frac{1}{11.11}$、$\frac{2.72}{11.11}$。
# 三个值是 10、20、30。

# %%
tokens = np.array([[1.0, 0, 1, 0], [0, 1, 0, 1], [1, 1, 0, 0]])  # three tokens, four channels
W_query, W_key, W_value = 2 * np.eye(4), np.eye(4), np.array([[10.0], [20], [0], [0]])
query, key, value = tokens @ W_query, tokens @ W_key, tokens @ W_value

by_loop = np.zeros((3, 1))
for i in range(3):
    scores = [sum(query[i, c] * key[j, c] for c in range(4)) / np.sqrt(4) for j in range(3)]
    for j in range(3):
        by_loop[i] += np.exp(scores[j]) / np.exp(scores).sum() * value[j]


def softmax(scores):
    """Positive weights that add up to 1 along the last axis; the largest score is taken off first, so nothing overflows."""
    exponentials = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def attention(query, key, value, mask=True):
    """Values and weights; (..., queries, d), (..., keys, d), (..., keys, e) -> (..., queries, e), (..., queries, keys)."""
    scores = query @ key.swapaxes(-1, -2) / np.sqrt(query.shape[-1])
    weights = softmax(np.where(mask, scores, -1e9))  # a masked key gets weight 0
    return weights @ value, weights


by_matrix, weights = attention(query, key, value)
layer = keras.layers.MultiHeadAttention(num_heads=1, key_dim=4, value_dim=1, output_shape=1, use_bias=False)
layer(tokens[None], tokens[None])  # the first call makes the weights
layer.set_weights([W_query[:, None], W_key[:, None], W_value[:, None], np.ones((1, 1, 1))])
by_keras = layer(tokens[None], tokens[None]).numpy()[0]

print("scores\n", (query @ key.T / 2).astype(int), "\nweights\n", weights.round(3))
print("values averaged, by loop, matrix, Keras\n", np.hstack([by_loop, by_matrix, by_keras]).round(3))
print("the first token's weights multiplied together:", weights[0].prod().round(3), "- one number, and no average")
np.testing.assert_allclose(by_matrix, by_loop, rtol=1e-12)
np.testing.assert_allclose(by_keras, by_loop, rtol=1e-5)
assert key.shape == tokens.shape != tokens.T.shape  # one key a token; only the product transposes them

# %% [markdown] lang="en"
# Three ways, one result: the first token answers $0.665 \cdot 10 + 0.090 \cdot 20 + 0.245 \cdot 30 \approx 15.8$. Keys and values are one row a
# token, like the tokens themselves; the transpose belongs to the product $Q K^\top$ alone. The whole thing is a few
# matrix products, so all tokens are computed at once. A recurrent network would have to walk.
#
# It is also what A3's formula in §1.3.5 of an "embedding", $E(w) = \sum_i \alpha_i\, v(w_i)$, really describes: a weighted average of
# vectors. With weights that the tokens themselves choose, it is attention.

# %% [markdown] lang="zh" of="9dca419f"
# 三种算法，一个结果：第一个词元的答案是 $0.665 \cdot 10 + 0.090 \cdot 20 + 0.245 \cdot 30 \approx 15.8$。键和值都是每个词元一行，和词元本身一样；
# 转置只出现在乘积 $Q K^\top$ 里。整个计算不过是几次矩阵乘法，所以所有词元一次算完；循环神经网络则只能一步一步走。
#
# A3 §1.3.5 所谓“词嵌入”的公式 $E(w) = \sum_i \alpha_i\, v(w_i)$，其实说的就是这件事：向量的加权平均。权重若由词元自己来定，就是注意力。

# %% [markdown] lang="en"
# ## 3. Why divide by $\sqrt d$?
#
# Take $q$ and $k$ with $d$ independent entries of mean 0 and variance 1. Each product of two entries has variance 1, and $q \cdot k$
# adds up $d$ of them: variance $d$. At $d = 1024$ the scores are typically ±32, softmax gives nearly everything to one token, and its
# slope, $w (1 - w)$ for a weight $w$, dies. Dividing by $\sqrt d$ brings the variance back to 1. We expect variance $d$, and a slope that
# fades with $d$ unless we divide. Ten keys, a thousand queries:

# %% [markdown] lang="zh" of="873eda9c"
# ## 3. 为什么除以 $\sqrt d$？
#
# 设 $q$ 和 $k$ 各有 $d$ 个相互独立、均值为 0、方差为 1 的分量。两个分量之积的方差是 1，$q \cdot k$ 把 $d$ 个这样的积加起来，方差就是 $d$。$d = 1024$ 时，
# 分数动辄 ±32，softmax 把几乎全部权重给了一个词元，而它的斜率（权重为 $w$ 时是 $w (1 - w)$）趋于零。除以 $\sqrt d$，方差回到 1。我们预计：方差等于 $d$；
# 不除的话，斜率随 $d$ 增大而消失。取十个键、一千个查询：

# %%
print("   d   variance of q·k   largest weight: plain, scaled   slope w(1-w): plain, scaled")
for d in (4, 16, 64, 256, 1024):
    scores = np.einsum("nd,nkd->nk", rng.standard_normal((1000, d)), rng.standard_normal((1000, 10, d)))
    plain, scaled = softmax(scores), softmax(scores / np.sqrt(d))
    largest = [weights.max(axis=-1).mean() for weights in (plain, scaled)]
    slopes = [np.mean(weights * (1 - weights)) for weights in (plain, scaled)]
    print(f"{d:5} {scores.var():15.1f} {largest[0]:21.2f} {largest[1]:9.2f} {slopes[0]:20.3f} {slopes[1]:9.3f}")
    np.testing.assert_allclose([scores.var(), slopes[1]], [d, 0.08], rtol=0.15)

# %% [markdown] lang="en"
# The variance is $d$. Without the division, the largest of ten weights comes near 1 and nine tenths of the slope are gone at
# $d = 1024$; with it, nothing depends on $d$.
#
# ## 4. Several heads: a reshape
#
# One average can follow one relation. *Multi-head attention* cuts the channels of $q$, $k$ and $v$ into $h$ parts and lets each
# part attend on its own:
#
# $$\mathrm{head}_i = \mathrm{attention}(x W_Q^{(i)},\, x W_K^{(i)},\, x W_V^{(i)}), \qquad
# \mathrm{multihead}(x) = [\mathrm{head}_1, \dots, \mathrm{head}_h]\, W_O .$$
#
# The heads are *put side by side and mixed by* $W_O$. They are not added up, and there is no separate "self-attention score" to which the
# "multi-head score" would be added, as A2 §2.2 has it: self-attention is attention in which queries, keys and values come from the
# same sequence, with one head or with many.
#
# Nobody loops over heads. One product computes all queries, and a reshape cuts them up: (texts, length, $hd$) → (texts, length,
# $h$, $d$) → (texts, $h$, length, $d$). The loop, the reshape, Keras's layer and the course's layer should agree.

# %% [markdown] lang="zh" of="1ff789ca"
# 方差果然是 $d$。不除的话，到 $d = 1024$ 时，十个权重里最大的接近 1，斜率没了十分之九；除了以后，一切都与 $d$ 无关。
#
# ## 4. 多头：变一下形状而已
#
# 一次平均只能照顾一种关系。**多头注意力**把 $q$、$k$、$v$ 的通道切成 $h$ 份，每份各看各的：
#
# $$\mathrm{head}_i = \mathrm{attention}(x W_Q^{(i)},\, x W_K^{(i)},\, x W_V^{(i)}), \qquad
# \mathrm{multihead}(x) = [\mathrm{head}_1, \dots, \mathrm{head}_h]\, W_O$$
#
# 各头的结果**并排放好，再由 $W_O$ 混合**，不是相加。A2 §2.2 说把“自注意力分数”与“多头注意力分数”相加，并没有这样的两种分数：自注意力是指查询、键、值都出自同一个序列，
# 一个头如此，多个头也如此。
#
# 没有人真去对头循环。一次乘法算出所有查询，再变形切开：（文本，长度，$hd$）→（文本，长度，$h$，$d$）→（文本，$h$，长度，$d$）。循环、变形、Keras 的层、本课程的层，四者应当一致。


# %%
def split_heads(x, heads):
    """(texts, length, width) -> (texts, heads, length, width / heads)"""
    return x.reshape(*x.shape[:2], heads, -1).swapaxes(1, 2)


def multi_head(x, memory, kernels, heads, mask=True):
    """Queries from x, keys and values from memory; the kernels of query, key, value and output, each (width, width)."""
    projected = [a @ kernel for a, kernel in zip((x, memory, memory), kernels[:3], strict=True)]
    heads_out, weights = attention(*(split_heads(a, heads) for a in projected), mask)
    return heads_out.swapaxes(1, 2).reshape(x.shape) @ kernels[3], weights


x, kernels = rng.standard_normal((3, 5, 12)), rng.standard_normal((4, 12, 12)) / np.sqrt(12)
by_reshape, weights = multi_head(x, x, kernels, heads=3)

parts = [slice(4 * head, 4 * head + 4) for head in range(3)]
by_loop = np.concatenate([attention(*(x @ kernel[:, part] for kernel in kernels[:3]))[0] for part in parts], axis=-1)
by_loop = by_loop @ kernels[3]

by_keras = keras.layers.MultiHeadAttention(3, 4, use_bias=False)
by_keras(x, x)
by_keras.set_weights([*kernels[:3].reshape(3, 12, 3, 4), kernels[3].reshape(3, 4, 12)])
by_course = transformer.MultiHeadAttention(heads=3)
by_course.build(x.shape)
by_course.set_weights([array for kernel in kernels for array in (kernel, np.zeros(12))])  # kernels and biases

for name, result in [("loop", by_loop), ("Keras", by_keras(x, x)), ("course", by_course(x))]:
    difference = np.abs(by_reshape - result).max()
    print(f"largest difference to {name}: {difference:.0e}")
    assert difference < 1e-5

# %% [markdown] lang="en"
# The course's layer, which the model below and the next chapters use, computes what Keras's computes.
#
# ## 5. Positions: without them, *act* is *cat*
#
# Nothing in attention knows where a token stands. Shuffle the tokens, and the answers come out shuffled in the same way: it
# is *permutation-equivariant*. Letters need an order, so each position gets a vector of its own, *added to the embedding once, before
# the first block*; not in every feed-forward network, as A2 §1.3.1 has it. The paper takes sines and cosines of growing wavelengths:
#
# $$P_{p,\,2i} = \sin\!\left(p \,/\, 10000^{2i/\text{width}}\right), \qquad P_{p,\,2i+1} = \cos\!\left(p \,/\, 10000^{2i/\text{width}}\right).$$
#
# Since $\cos a \cos b + \sin a \sin b = \cos(a - b)$, the product of two rows depends only on their *distance*: "three letters
# away" looks the same everywhere. (Whether back or ahead is left to $W_Q$ and $W_K$.) We expect that a check which asks for the
# order fails without positions and passes with them, and equal products for equal distances.

# %% [markdown] lang="zh" of="4d6bdc0d"
# 本课程的层与 Keras 的层算出同样的数；下面的模型和后面几章用的就是它。
#
# ## 5. 位置：没有它，*act* 就是 *cat*
#
# 注意力本身不知道词元站在哪里。把词元打乱，答案就照样打乱：这叫**置换等变**。而字母是有次序的，所以每个位置要有自己的向量，*在第一个块之前加到嵌入上，只加一次*；
# 不是像 A2 §1.3.1 说的那样加在每个前馈网络里。原论文用的是波长逐渐增大的正弦和余弦：
#
# $$P_{p,\,2i} = \sin\!\left(p \,/\, 10000^{2i/\text{width}}\right), \qquad P_{p,\,2i+1} = \cos\!\left(p \,/\, 10000^{2i/\text{width}}\right)$$
#
# 由于 $\cos a \cos b + \sin a \sin b = \cos(a - b)$，两行的内积只取决于它们的*距离*：“相隔三个字母”在哪里看都一样（是往前还是往后，由 $W_Q$、$W_K$ 去分辨）。
# 我们预计：检验“次序是否有影响”时，没有位置通不过，有了位置就通过；
# 而且距离相等则内积相等。


# %%
def check_order(positions):
    """Does attention notice that the tokens were shuffled?"""
    order = [2, 0, 4, 1, 3]
    straight, shuffled = x + positions, x[:, order] + positions
    answers, shuffled_answers = (multi_head(given, given, kernels, heads=3)[0] for given in (straight, shuffled))
    difference = np.abs(shuffled_answers - answers[:, order]).max()
    assert difference > 1e-3, f"shuffled tokens get the same answers, shuffled: the difference is {difference:.0e}"
    print(f"with positions, a shuffle changes the answers by up to {difference:.2f}")


with caught("no positions"):
    check_order(positions=0)
positions = np.array([[f(p / 10_000 ** (2 * i / 64)) for i in range(32) for f in (np.sin, np.cos)] for p in range(50)])
np.testing.assert_allclose(transformer.sinusoidal_positions(50, 64), positions, atol=1e-6)
check_order(positions[:5, :12])

products = positions @ positions.T
assert all(np.ptp(np.diagonal(products, distance)) < 1e-9 for distance in range(50))  # equal along each diagonal
figure, (table_axes, product_axes) = plt.subplots(1, 2, figsize=(8.5, 3))
table_image = table_axes.imshow(positions, cmap=plotting.DIVERGING, aspect="auto")
table_axes.set(title="sine and cosine of each position", xlabel="channel", ylabel="position")
for position in (0, 20, 40):
    product_axes.plot(np.arange(50) - position, products[position], label=f"position {position}")
product_axes.set(title="product with another position", xlabel="distance", ylabel="product of the two rows")
product_axes.legend()
figure.colorbar(table_image, ax=table_axes, label="sine or cosine")
plt.show()

# %% [markdown] lang="en" role="alt"
# Left, a heat map of 50 positions by 64 channels: the first channels alternate quickly from position to position, the last ones
# hardly change. Right, the product of a position's row with all others against their distance: the curves of positions 0, 20 and 40
# lie on one another, with a peak of 32 at distance 0.

# %% [markdown] lang="zh" role="alt" of="e88ca92a"
# 左图是 50 个位置乘 64 个通道的热图：前面的通道随位置快速交替，后面的几乎不变。右图是某个位置的一行与其他各行的内积随距离的变化：位置 0、20、40 的曲线互相重合，
# 在距离 0 处有峰值 32。

# %% [markdown] lang="en"
# The three curves lie on one another. The alternative is a *learnt* table, one trained row a position, as in GPT and BERT; it is
# just as good up to the longest text that was trained on, and has nothing to say beyond. `transformer.TokenEmbedding` offers both.
#
# ## 6. The block
#
# One more part. *Layer normalisation* gives every token mean 0 and variance 1 over its channels, then a gain and a shift that
# are learnt; it looks at one token alone, never at the batch. A block of the encoder is then two *residual* steps, each of
# which adds something to $x$ instead of replacing it:
#
# $$x \leftarrow x + \mathrm{multihead}(\mathrm{norm}(x)), \qquad x \leftarrow x + \max(0,\, \mathrm{norm}(x) W_1 + b_1)\, W_2 + b_2 .$$
#
# The second is chapter 01's network, applied to each token alone. (The paper normalises *after* adding. Before is easier to train, since
# a straight path leads from the last block to the first.) By hand, with fresh weights, whose biases are 0 and gains 1:

# %% [markdown] lang="zh" of="923c4c37"
# 三条曲线互相重合。另一种办法是*可学习*的位置表：每个位置一行，随训练得到，GPT 和 BERT 都这样做；在训练过的最大长度之内，它一样好用，超出就无能为力了。
# 这两种，`transformer.TokenEmbedding` 都提供。
#
# ## 6. 一个块
#
# 还差一个零件。**层归一化**让每个词元在通道上的均值为 0、方差为 1，再乘一个增益、加一个平移（都是学来的）；它只看这一个词元，从不看批里的其他样本。
# 有了它，编码器的一个块就是两步**残差**：每一步都往 $x$ 上加一点，而不是把它换掉：
#
# $$x \leftarrow x + \mathrm{multihead}(\mathrm{norm}(x)), \qquad x \leftarrow x + \max(0,\, \mathrm{norm}(x) W_1 + b_1)\, W_2 + b_2$$
#
# 第二步就是第 01 章的网络，对每个词元单独作用。（原论文是*先加再*归一化；先归一化更容易训练，因为从最后一块到第一块有一条直通的路。）
# 手算一遍，权重是新初始化的，偏置全为 0，增益全为 1：


# %%
def layer_norm(x, epsilon=1e-6):
    return (x - x.mean(axis=-1, keepdims=True)) / np.sqrt(x.var(axis=-1, keepdims=True) + epsilon)


def encoder_block(x, kernels, expand, contract, mask=True):
    normed = layer_norm(x)
    x = x + multi_head(normed, normed, kernels, heads=3, mask=mask)[0]
    return x + np.maximum(0, layer_norm(x) @ expand) @ contract


block = transformer.EncoderBlock(heads=3, hidden=48, dropout=0.0)
block.build(x.shape)
kernels = [weight.numpy() for weight in block.attention.weights if weight.name == "kernel"]
by_hand = encoder_block(x, kernels, block.expand.kernel.numpy(), block.contract.kernel.numpy())
np.testing.assert_allclose(by_hand, block(x), atol=1e-5)
print("encoder block by hand and by the course: equal to 1e-5\n")
steps = (transformer._Block._residual, transformer._Block._feed_forward)
for part in (*steps, transformer.EncoderBlock.call, transformer.DecoderBlock._sublayers):
    print(inspect.getsource(part))

# %% [markdown] lang="en"
# The last listing is the decoder's block: self-attention, then *cross-attention*, then the feed-forward part. In cross-attention, queries
# come from the target (sounds so far), keys and values from the encoded source (letters). That is where the decoder reads.
#
# ## 7. Masks, and four properties that can be proved
#
# Two masks keep weights at 0. The *padding mask* hides the zeros that fill up short words. The *causal mask* hides the future
# in the decoder: position $i$ may look at positions $\le i$ only. In training the decoder sees the whole answer at once and
# predicts each next sound; without the mask it would read the answer instead of predicting it, its loss would be splendid, and it would
# be useless.
#
# A trained network shows such faults only as odd scores. So ask an untrained one. *Causality*: changing later targets must not change
# earlier outputs. *Padding invariance*: more padding changes nothing. *Batch independence*: a word's answer does not depend on
# its neighbours in the batch. (*Equivariance* was section 5.) Each check meets its fault; the third fault is the article's own
# swapped axes.

# %% [markdown] lang="zh" of="9a7f5296"
# 最后一段是解码器的块：先是自注意力，再是**交叉注意力**，最后是前馈部分。交叉注意力的查询来自目标（已经读出的音），键和值来自编码后的源（字母）；解码器就是从这里“看”单词的。
#
# ## 7. 掩码，以及四个可以证明的性质
#
# 两种掩码把权重压成 0。**填充掩码**遮住补齐短单词用的零。**因果掩码**在解码器里遮住未来：位置 $i$ 只能看位置 $\le i$。训练时，整个答案一次交给解码器，让它在每个位置预测下一个音；
# 没有这个掩码，它就不用预测，直接抄答案，损失漂亮极了，却毫无用处。
#
# 在训练好的网络里，这类毛病只表现为分数有点怪。所以不如去问没训练过的网络。*因果性*：改动后面的目标，不能影响前面的输出。*填充不变性*：多填充一些，什么都不变。
# *批独立性*：一个单词的答案与同批的其他单词无关。（*等变性*见第 5 节。）每个检验都配一个毛病；第三个毛病正是文章里弄反的轴。

# %%
network = transformer.Transformer(30, 30, width=32, heads=4, hidden=64, dropout=0.0)
source, target = rng.integers(1, 30, (2, 3, 8))  # three words and their sounds, as numbers; 0 would be padding


def assert_same(first, second):
    difference = np.abs(first - second).max()
    assert difference < 1e-5, f"the outputs differ by {difference:.2g}"


def check_causality():
    changed = np.where(np.arange(8) < 5, target, target % 29 + 1)
    assert_same(network((source, changed))[:, :5], network((source, target))[:, :5])


def check_padding():
    assert_same(network((np.pad(source, ((0, 0), (0, 4))), target)), network((source, target)))


def check_batch(function, *inputs):
    assert_same(function(*inputs)[:2], function(*(array[:2] for array in inputs)))


check_causality()
check_padding()
check_batch(lambda *inputs: network(inputs), source, target)
print("causal, blind to padding, independent of the batch")

with caught("no causal mask"), patch.object(transformer, "causal_mask", lambda length: np.ones((1, 1, length), bool)):
    check_causality()
with caught("no padding mask"), patch.object(transformer, "padding_mask", lambda numbers: np.ones((1, 1, 1), bool)):
    check_padding()
with caught("texts and positions swapped, as in the article"):
    check_batch(lambda x: tf.transpose(block(tf.transpose(x, (1, 0, 2))), (1, 0, 2)), x)

# %% [markdown] lang="en"
# ## 8. Words, sounds, families
#
# Now a task. The CMU Pronouncing Dictionary lists over a hundred thousand English words with their sounds, in 39 *phonemes*: K AE T for
# *cat*. (It marks stress too; we leave that out, as is usual.) English spelling is famously irregular, so a handful of rules will not do; yet
# everybody who knows enough words can read a new one aloud. Can a network?
#
# One trap first. *walk*, *walks* and *walker's* are three words of the dictionary. Put *walks* into training and *walk* into the
# test, and the test asks what the training has told. So words are joined to *families*: when one is the other with an ending or a
# prefix taken off, and they begin (or end) with the same sounds; when they have a stem in common that is no word itself; or when
# both have four sounds or more and sound the same, like *Smith* and *Smyth*. A chain of such words is a family, and a family goes
# to one side as a whole. The rule rather joins too much than too little.

# %% [markdown] lang="zh" of="5c876e17"
# ## 8. 单词、读音、词族
#
# 零件齐了，来做一件事。CMU 发音词典收了十多万个英语单词，用 39 个**音素**记录它们的读音：*cat* 是 K AE T。（词典还标了重音，这里照惯例去掉。）
# 英语拼写以不规则闻名，几条规则对付不了；可是认识的词够多的人，遇到生词照样能读出来。网络行吗？
#
# 先说一个陷阱。*walk*、*walks*、*walker's* 在词典里是三个词。把 *walks* 放进训练集、把 *walk* 放进测试集，测试问的就是训练时已经说过的东西。
# 所以要把单词归成**词族**：一个词去掉词尾或前缀就是另一个词，而且开头（或结尾）的读音相同；或者两个词有共同的词干，词干本身却不是词；或者两个词至少有四个音，而且读音完全一样，如 *Smith* 和 *Smyth*。
# 这样一环扣一环连起来的词是一个词族，整个词族放在同一边。这条规则宁可多并，不可漏并。

# %%
data = models.prepare_pronunciations()
train, validation, test = data.parts
held_out = np.concatenate([validation, test])
for word in ("cat", "city", "read", "colonel"):
    print(f"{word:8}", " or ".join(" ".join(sounds) for sounds in data.sounds[data.words.index(word)]))
print("family:", ", ".join(data.spelled(np.flatnonzero(data.family == data.family[data.words.index("walk")]))))

shared_words = datasets.overlap(data.spelled(train), data.spelled(held_out))
shared_families = datasets.overlap(data.family[train], data.family[held_out])
print(f"{len(data.words):,} words in {len(set(data.family.tolist())):,} families:", end=" ")
print(f"{len(train):,} for training, {len(validation):,} for validation, {len(test):,} for the test")
print("words, families in training and elsewhere:", shared_words, shared_families)
assert shared_words == shared_families == datasets.overlap(data.family[validation], data.family[test]) == 0

# %% [markdown] lang="en"
# ## 9. Baselines first
#
# Two error rates. The *phoneme error rate* (PER) counts the insertions, deletions and substitutions that turn the answers into the nearest
# listed pronunciations, and divides by the length of those; the *word error rate* (WER) is the share of words that are not exactly right.
#
# Three opponents, from cheap to strong. *Letters*: every letter says its most frequent sound. *Nearest spelling*: the
# pronunciation of the training word whose spelling is most similar. *Joint n-grams* (Bisani and Ney, 2008), the classic of the
# field: letters and sounds are aligned first, so that *phone* becomes a row of pairs, (p, F) (h, –) (o, OW) (n, N) (e, –); then one counts
# which pair follows which, and a search finds the most probable row of pairs that spells the word. No network, no gradient.

# %% [markdown] lang="zh" of="4c8ba100"
# ## 9. 先立基线
#
# 用两个错误率。**音素错误率**（PER）：把答案改成离它最近的词典读音，要插入、删除、替换多少个音素，再除以那些读音的总长；
# **词错误率**（WER）：没有完全读对的单词所占的比例。
#
# 三个对手，由弱到强。*逐字母*：每个字母都读它最常发的音。*最相近的拼写*：照搬训练集中拼写最相近的单词的读音。*联合 n 元模型*（Bisani 和 Ney，2008），
# 这个领域的经典：先把字母和音对齐，*phone* 就成了一串字母与音的对子：(p, F) (h, –) (o, OW) (n, N) (e, –)；再统计哪个对子后面跟哪个，
# 最后搜索拼得出这个单词、概率又最大的一串。没有网络，也没有梯度。

# %%
known = [(data.words[row], data.sounds[row][0]) for row in train]
aligned = graphones.Alignment(known, rounds=2).align(known)
commonest = graphones.commonest_chunks(aligned)
counting = graphones.GraphoneModel(aligned, order=5)
phone = aligned[data.spelled(train).index("phone")]
print("aligned:", " ".join(f"({letter}, {' '.join(chunk) or '–'})" for letter, chunk in phone))

spellings = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 3), use_idf=False).fit_transform(data.words).tocsr()


def nearest_spelling(known_rows, asked_rows):
    """The first pronunciation of the known word that shares the most letter triples, by cosine."""
    nearest = (spellings[asked_rows] @ spellings[known_rows].T).argmax(axis=1)
    return [data.sounds[row][0] for row in known_rows[np.asarray(nearest).ravel()]]


def baseline_answers(rows):
    return {
        "letters": [tuple(sound for letter in word for sound in commonest[letter]) for word in data.spelled(rows)],
        "nearest spelling": nearest_spelling(train, rows),
        "joint 5-grams": [counting.pronounce(word) for word in data.spelled(rows)],
    }


asked = np.sort(rng.choice(validation, 600, replace=False))  # a sample of the validation part, to save time
validation_errors = {name: pronunciation_errors(a, data.listed(asked)) for name, a in baseline_answers(asked).items()}
for name, errors in validation_errors.items():
    print(f"{name:18} {errors}")

mixed = rng.permutation(len(data.words))  # a random split, with as many words known: relatives on both sides
of_mixed = nearest_spelling(mixed[1000 : 1000 + len(train)], mixed[:1000])
flattered = pronunciation_errors(of_mixed, data.listed(mixed[:1000]))
of_families = validation_errors["nearest spelling"].phoneme_error_rate
claim("nearest_on_random_split", flattered.phoneme_error_rate, baseline=of_families)


# %% [markdown] lang="en"
# The random split makes the same method look better: {claim:nearest_on_random_split} instead of {claim:nearest_on_random_split.baseline},
# since it finds *walks* for *walk*. And note the third line. Counting pairs is an opponent to be taken seriously.
#
# ## 10. Training
#
# `transformer.Transformer` is the whole machine; the next cell prints how it is put together. The encoder reads the letters once.
# The decoder is given the sounds so far, beginning with a start token, and answers at each position with a score for every phoneme
# that could come next: the product with that phoneme's own embedding (Press and Wolf, 2017). In training it is given the true
# sounds (*teacher forcing*), so all positions of all words are asked at once; the causal mask keeps that honest. The loss is the
# cross-entropy of the next sound, padding left out. Words of like length share a batch, so that little is padding; the learning
# rate rises for a tenth of the steps and then falls to zero. Sizes and rates were chosen on the validation part.
#
# So was the optimiser. The gradient of a weight matrix is a sum of a few strong directions and many weak ones, and Adam mostly
# follows the strong. *Muon* (Jordan et al., 2024) keeps the directions of the momentum (a fading sum of the gradients so far;
# chapter 06 shows how a matrix splits into directions) and makes all of them about equally long, so that the weak ones are learnt
# too; tables, biases and gains move as with Adam. With AdamW in its place, at the best of four rates, the same two epochs end at 0.132 ±
# 0.003 errors a phoneme on the test words instead of 0.116 ± 0.002 (greedy search, three seeds), in four fifths of the time
# ([benchmark](../benchmarks/05_transformer.md)).

# %% [markdown] lang="zh" of="dc0c713e"
# 随机划分让同一种方法显得更好：{claim:nearest_on_random_split}，而不是 {claim:nearest_on_random_split.baseline}，因为它替 *walk* 找到了 *walks*。
# 再看第三行：靠数对子，也是个不容小看的对手。
#
# ## 10. 训练
#
# 整台机器就是 `transformer.Transformer`，下一格打印出它是怎样拼起来的。编码器把字母读一遍。解码器拿到已有的音（以一个起始词元开头），在每个位置上给所有可能的下一个音打分：
# 与那个音自己的嵌入作内积（Press 和 Wolf，2017）。
# 训练时给它的是正确的音（**教师强制**），于是所有单词的所有位置可以一次问完；因果掩码保证这样做不算作弊。损失是下一个音的交叉熵，填充不计。
# 长度相近的单词放在同一批，填充就少；学习率在前十分之一的步数里上升，然后降到零。各种大小和学习率都是在验证集上选的。
#
# 优化器也是这样选的。权重矩阵的梯度由少数几个强方向和许多弱方向叠加而成，Adam 基本上只顺着强的走。**Muon**（Jordan 等，2024）保留动量（历次梯度逐渐淡忘的累加）的各个方向（矩阵怎样拆成方向，见第 06 章），
# 但把它们拉到差不多一样长，弱的方向也就学得到了；嵌入表、偏置和增益仍按 Adam 更新。换成 AdamW（四种学习率中取最好的），同样两轮之后，
# 测试单词上平均每个音素出错 0.132 ± 0.003，而不是 0.116 ± 0.002（贪心搜索，三个随机种子），用时是它的五分之四（[基准测试](../../benchmarks/05_transformer.md)）。

# %%
for function in (transformer.Transformer.encode, transformer.Transformer.call, models.train_pronouncer):
    print(function.__name__ + ":" + inspect.getsource(function).split('"""')[2])
model, _ = models.train_pronouncer(data, "notebook", seed=seed)
print(f"{model.count_params():,} parameters")

# %% [markdown] lang="en"
# ## 11. From probabilities to a pronunciation
#
# The network gives probabilities for *one next sound*. *Greedy search* takes the most probable, appends it, and asks again. That
# can go wrong: a good first sound may lead into a dead end. *Beam search* keeps the best few beginnings at every step, judges them
# by the sum of their log-probabilities, and returns the best. Let both read the words of section 9, and watch greedy search say the
# first word on which they differ, sound by sound; then see its four best whole pronunciations, by beam search written out and by
# the course's. On all those words we expect beam search to be a little better.

# %% [markdown] lang="zh" of="a07b2b43"
# ## 11. 从概率到读音
#
# 网络给出的只是*下一个音*的概率。**贪心搜索**取概率最大的那个，接上去，再问。这样会走错：第一步看着不错，后面却是死胡同。
# **束搜索**每一步都保留最好的几个开头，按对数概率之和评判，最后交出最好的一个。让两种搜索都读一遍第 9 节的那些单词，找出第一个读得不一样的，看贪心搜索怎样一个音一个音地读它，
# 再看它最好的四种完整读法（束搜索先手写一遍，再与课程里的对照）。在全部那些单词上，我们预计：束搜索好一点点。

# %%
answers = {beams: models.pronounce(model, data.spelled(asked), beams) for beams in (1, 4)}
row = next(n for n, (greedy, best) in enumerate(zip(*answers.values(), strict=True)) if greedy != best)
word, sounds = data.spelled(asked)[row], []
print(f"{word}, in the dictionary {' or '.join(map(' '.join, data.listed(asked)[row]))}")
names = ["", "<start>", "<end>", *models.PHONEMES]


def next_sound(word, sounds):
    """The probability of each next sound."""
    so_far = models.encode_sounds([sounds])  # it adds an end, which stands in the future and cannot be seen
    return softmax(model((models.encode_words([word]), so_far)).numpy()[0, len(sounds)])


while "<end>" not in sounds:
    probabilities = next_sound(word, sounds)
    best = probabilities.argsort()[:-4:-1]
    print(f"{' '.join(sounds):24} then", "  ".join(f"{names[number]} {probabilities[number]:.2f}" for number in best))
    sounds.append(names[best[0]])

kept = [(0.0, [])]  # beam search with four beams: log-probability and sounds of each beginning
while not all("<end>" in sounds for _, sounds in kept):
    grown = [beam for beam in kept if "<end>" in beam[1]]
    for score, sounds in (beam for beam in kept if "<end>" not in beam[1]):
        more = np.log(next_sound(word, sounds))
        grown += [(score + more[number], [*sounds, names[number]]) for number in range(models.END, len(names))]
    kept = sorted(grown, reverse=True)[:4]
found, scores = transformer.beam_search(model, models.encode_words([word]), models.START, models.END, steps=24, beams=4)
for (by_hand, sounds), answer, score in zip(kept, models.decode_sounds(found[0]), scores[0].numpy(), strict=True):
    print(f"probability {np.exp(by_hand):.4f} by hand, {np.exp(score):.4f}  {' '.join(answer)}")
    assert (*answer, "<end>") == tuple(sounds)

for beams, of_beams in answers.items():
    print(f"beams {beams}: {pronunciation_errors(of_beams, data.listed(asked))}")

# %% [markdown] lang="en"
# ## 12. The test, once
#
# At each step greedy search took the sound that is most probable *next*, and still ended with a whole that is less probable than the
# first beam. (More probable is not always right: compare both with the dictionary.) On the 600 words four beams are a little
# better, so we take them. (The price is time: with five beams, all test words take about twice as long as with greedy search;
# [benchmark](../benchmarks/05_transformer.md).) Now the test words, once: the baselines and the network, each word a pair for
# comparison.

# %% [markdown] lang="zh" of="447d0b45"
# ## 12. 测试，只此一次
#
# 贪心搜索每一步都选了概率最大的*下一个*音，读完一看，整个读法的概率还是不如第一条束。（概率大也不一定就对：两者都和词典比一比。）在那 600 个单词上，
# 束宽 4 略好一些，就用它。（代价是时间：读完全部测试单词，束宽 5 用的时间大约是贪心的两倍，见[基准测试](../../benchmarks/05_transformer.md)。）
# 现在打开测试集，只用一次：基线和网络读同样的单词，逐词配对比较。

# %%
listed, spelled = data.listed(test), data.spelled(test)
test_answers = {**baseline_answers(test), "Transformer": models.pronounce(model, spelled, beams=4)}
test_errors = {name: pronunciation_errors(answers, listed) for name, answers in test_answers.items()}
for name, errors in test_errors.items():
    print(f"{name:18} {errors}")

ours, counted, nearest = (test_errors[name] for name in ("Transformer", "joint 5-grams", "nearest spelling"))
claim("test_per", ours.phoneme_error_rate, baseline=nearest.phoneme_error_rate)
claim("test_wer", ours.word_error_rate, baseline=nearest.word_error_rate)
difference = paired_difference(ours.edits > 0, counted.edits > 0)
claim("counting_per", counted.phoneme_error_rate)
claim("wer_over_counting", difference.mean)
claim("wer_over_counting_in_errors", difference.in_errors)

# %% [markdown] lang="en"
# In two epochs the network has learnt far more than the most similar spelling can tell: {claim:test_per.full} errors a phoneme,
# against {claim:test_per.baseline}. *It loses to counting all the same.* The joint 5-grams make {claim:counting_per} errors a
# phoneme (6-grams that have seen all pronunciations 0.104, says the [benchmark](../benchmarks/05_transformer.md)); the network gets
# another {claim:wer_over_counting.percent} of all test words wrong, {claim:wer_over_counting_in_errors} standard errors. Counting
# was handed the pairs by an alignment; gradient descent has to find them while it learns. Is the loss a matter of principle?

# %% [markdown] lang="zh" of="0078bbb9"
# 只训练两轮，网络学到的已经远不是“最相近的拼写”可比：平均每个音素出错 {claim:test_per.full}，后者是 {claim:test_per.baseline}。*但它还是输给了计数*。
# 联合 5 元模型平均每个音素出错 {claim:counting_per}（[基准测试](../../benchmarks/05_transformer.md)里学过全部读音的 6 元模型是 0.104）；
# 同样的单词，网络比它多读错了全部测试单词的 {claim:wer_over_counting.percent}，
# 相当于 {claim:wer_over_counting_in_errors} 个标准误。
# 计数的方法先由对齐得到了现成的对子；梯度下降却要一边学，一边自己把对子找出来。是输在原理上吗？

# %% [markdown] lang="en"
# ## 13. Neighbours, and more time
#
# Two things may hold the small network back. It has read every word only twice. And it has to learn from the data what every
# speller knows: letters that stand *side by side* make a sound together (*ph*, *tion*). To attention, all places are alike; which
# of them are neighbours must be read out of sines and cosines. A *convolution* (chapter 02) knows it. So we put two residual ones,
# over five letters each, before the encoder's first block:
#
# $$x \leftarrow x + \max(0,\, \mathrm{conv}(\mathrm{norm}(x))) .$$
#
# (Gulati et al., 2020, join convolution and attention for speech.) With them and nothing else changed, the network of section 10
# makes 0.0945 ± 0.0002 errors a phoneme after its two epochs instead of 0.116 ± 0.002, with greedy search and over three seeds
# ([benchmark](../benchmarks/05_transformer.md)). That alone overtakes counting: what was missing was not time, but a hint.
#
# And with more time? The repository carries the weights of two larger siblings with convolutions and dropout, trained by the
# same function for at least twelve times as many epochs. `benchmarks/train_05_phonemes.py` has the commands, and
# [the record](../data/checkpoints/phonemes_transformer.json) the curves. All choices were made on the same validation part.
#
# Why two? Each owes some of its mistakes to the chance of its training. Let them *decide together*, by the mean of their logits: a
# sound of which one is sure wins unless the other finds it impossible. That is an *ensemble* (Dietterich, 2000). It can gain only
# where its members err *differently*. So three were trained: networks 0 and 1 differ by their seed alone, and network 2 was taught
# in another way: every batch is predicted twice, under different dropout, and the two predictions have to agree (R-Drop; Wu et al.,
# 2021). The pair that was best on the validation part is the one that the repository carries.
#
# We expect each of them to be well ahead of counting, and a pair to be ahead of both its members. *And does a pair gain more if its
# members were taught differently?*

# %% [markdown] lang="zh" of="b92e1156"
# ## 13. 认识邻居，再多练一阵
#
# 拖住小网络的也许有两件事。每个单词它只读过两遍。而且，会拼写的人都知道的事，它得从数据里自己学：*挨在一起*的字母合发一个音（*ph*、*tion*）。在注意力眼里，所有位置都一样；谁和谁相邻，
# 要从正弦和余弦里读出来。**卷积**（第 02 章）却天生知道。所以在编码器的第一块之前放两层残差卷积，每层看五个字母：
#
# $$x \leftarrow x + \max(0,\, \mathrm{conv}(\mathrm{norm}(x)))$$
#
# （Gulati 等，2020，为识别语音把卷积与注意力结合起来。）只加这两层，别的都不变，第 10 节的网络训练两轮之后，用贪心搜索、三个随机种子，平均每个音素出错 0.0945 ± 0.0002，
# 而不是 0.116 ± 0.002（[基准测试](../../benchmarks/05_transformer.md)）。单凭这一点就超过了计数：缺的不是时间，而是一点提示。
#
# 要是再多些时间呢？仓库自带两个更大的兄弟的权重：有卷积，用了随机丢弃；训练函数相同，轮数至少是十二倍。命令都在 `benchmarks/train_05_phonemes.py` 里，
# 训练曲线在[记录](../../data/checkpoints/phonemes_transformer.json)里。所有选择都是在同一个验证集上做的。
#
# 为什么要两个？每个网络的错误里，都有一部分出自训练时的偶然。让它们**一起决定**，取两者 logits 的平均：一个网络有把握的音就算数，除非另一个认为绝无可能。
# 这叫**集成**（Dietterich，2000）。只有成员错在*不同*的地方，集成才有好处。所以一共训练了三个：网络 0 和 1 只有随机种子不同；网络 2 换了一种教法，每一批都在不同的随机丢弃下预测两次，
# 两次的预测必须一致（R-Drop；Wu 等，2021）。在验证集上最好的一对，就是仓库自带的这一对。
#
# 我们预计每个网络单独就远远超过计数，一对又胜过其中任何一个。*要是两个的教法不同，集成的好处会更大吗？*

# %%
print(inspect.getsource(transformer.ConvolutionBlock.call).split('"""')[2])
readers = models.load_pronouncer()
test_answers["checkpoint"] = models.pronounce(readers, spelled)
reader_errors = pronunciation_errors(test_answers["checkpoint"], listed)
claim("checkpoint_per", reader_errors.phoneme_error_rate, baseline=ours.phoneme_error_rate)
claim("checkpoint_wer", reader_errors.word_error_rate, baseline=ours.word_error_rate)
difference = paired_difference(reader_errors.edits > 0, counted.edits > 0)
claim("checkpoint_wer_over_counting", difference.mean)
claim("checkpoint_wer_over_counting_in_errors", difference.in_errors)

# %%
record = json.loads((paths.data() / "checkpoints" / "phonemes_transformer.json").read_text(encoding="utf-8"))
figure, axes = plt.subplots()
for name, rates in record["validation_phoneme_error_rate_by_epoch"].items():
    axes.plot(range(3, 1 + len(rates)), rates[2:], ".-", label=name)
# counting was judged on 600 of the words
axes.axhline(validation_errors["joint 5-grams"].phoneme_error_rate, color="grey", linestyle="--", label="joint 5-grams")
axes.set(xlabel="epoch", ylabel="phoneme error rate, validation part", ylim=0)
axes.legend()
plt.show()

for name, rates in record["phoneme_error_rates"].items():
    print(f"{name:26}", *(f"  {part} {rate:.4f}" for part, rate in rates.items()))

# %% [markdown] lang="en" role="alt"
# Three phoneme error rates on the validation words by epoch, from the third on. Networks 0 and 1 fall alike, cross the dashed line of
# the joint 5-grams at 0.098 by the fifth epoch, and end at 0.074 after 24. Network 2 falls more slowly and ends at 0.073 after 32.

# %% [markdown] lang="zh" role="alt" of="fa87b9d8"
# 三个大一些的网络在验证集上的音素错误率，从第三轮画起。网络 0 和 1 一路相仿，到第五轮降到联合 5 元模型的虚线 0.098 以下，24 轮之后是 0.074；网络 2 降得慢些，32 轮之后是 0.073。

# %% [markdown] lang="en"
# It was not a matter of principle: told who its neighbours are, larger and trained for longer, each network leaves counting far
# behind. (How much is owed to size and how much to time, this comparison cannot tell.) The learning rate of networks 0 and 1 falls
# from the fifteenth epoch on, and their error goes down to 0.074. Network 2 learns more slowly, but memorises less; after its
# twenty-second epoch it went on with another learning rate, and it ends at 0.073. (The first two epochs are not drawn: what is judged
# is the moving average of the weights, which still remembers the untrained ones.)
#
# Each pair is better than both its members, by 0.001 to 0.003. Whether unlike teachers help, three pairs cannot tell: of the two
# mixed pairs one gains the most and the other the least. Rounding the weights to a byte each, so that both fit into 4 MB, costs
# 0.0004. On the test words networks 1 and 2 make {claim:checkpoint_per} errors a phoneme and read
# {claim:checkpoint_wer.percent} of the words wrong. Against counting, the share of words read wrong changes by
# {claim:checkpoint_wer_over_counting.percent} of all words ({claim:checkpoint_wer_over_counting_in_errors} standard errors).
#
# A published Transformer has about 0.05 and 22 % on this dictionary (Yolchuyeva et al., 2019), after longer training and with words
# drawn at random. On such a split the training of network 0 ends at 0.059 and 25 % instead of 0.074
# and 31 %, and counting (the benchmark's 6-grams, a little stronger than ours), which lives on relatives, at 0.065 instead of 0.104
# ([benchmarks](../benchmarks/05_transformer.md)): a split alone can shrink a wide lead to a narrow one.
#
# ## 14. Where does it look?
#
# Every sound is made by looking at letters, and the weights of the cross-attention say at which. Nobody told the network which letters make
# which sound. Take network 1, and words of the test
# part with silent letters, and draw the weights of its last block, averaged over the heads: a row a sound, a column a letter. If the network has found out how spelling works, we expect a dark band from top left to bottom right that
# skips what is silent. As a number: in what share of the steps from one sound to the next does the most attended letter *not go back*? An
# untrained network tells what chance gives.

# %% [markdown] lang="zh" of="c54d4f51"
# 并不是输在原理上：认得邻居、大一些、训练久一些，每个网络都把计数远远甩在后面（规模和时间各占多少功劳，这个比较分不出来）。网络 0 和 1 从第十五轮起学习率下降，错误率一路降到 0.074。
# 网络 2 学得慢些，但死记硬背也少些；过了第二十二轮，换了学习率接着练，最后是 0.073。
# （前两轮没有画：评判的是权重的移动平均，那时里面还留着未经训练的权重。）
#
# 每一对都胜过自己的两个成员，错误率低 0.001 到 0.003。教法不同是不是更好，三对说明不了问题：两对混合的，一对得益最多，另一对得益最少。把每个权重四舍五入到一个字节，好让两个网络装进 4 MB，代价是 0.0004。
# 在测试集上，网络 1 和 2 平均每个音素出错 {claim:checkpoint_per}，读错 {claim:checkpoint_wer.percent} 的单词。与计数相比，
# 读错单词的比例变化了 {claim:checkpoint_wer_over_counting.percent}（{claim:checkpoint_wer_over_counting_in_errors} 个标准误）。
#
# 已发表的 Transformer 在这部词典上大约是 0.05 和 22%（Yolchuyeva 等，2019），训练更久，单词也是随机划分的。
# 换成这样的划分，网络 0 的那套训练得到 0.059 和 25%，而不是 0.074 和 31%；靠同族词取胜的计数（基准测试里的 6 元模型，比本章的略强）得到 0.065，
# 而不是 0.104（见[基准测试](../../benchmarks/05_transformer.md)）：单是换一种划分，就能把遥遥领先变成险胜。
#
# ## 14. 它在看哪里？
#
# 每个音都是看着字母读出来的，交叉注意力的权重说明看的是哪些。没有人告诉过网络哪些字母发哪个音。取网络 1，再取几个含有不发音字母的测试单词，画出最后一块的权重（对各头取平均）：
# 每行一个音，每列一个字母。如果网络真的摸清了拼写的门道，应当看到一条从左上到右下的深色带，跳过不发音的字母。再用一个数来说：从一个音到下一个音，
# 最受注意的字母*没有往回走*的步数占多大比例？没训练过的网络告诉我们，单凭偶然会有多少。


# %%
def share_in_order(network, rows):
    """Steps between neighbouring sounds in which the last block's most attended letter does not go back."""
    sounds = [listed[0] for listed in data.listed(rows)]
    places = models.cross_attention(network, data.spelled(rows), sounds)[-1].mean(axis=1).argmax(axis=-1)
    return np.mean(np.concatenate([np.diff(place[: len(s)]) >= 0 for place, s in zip(places, sounds, strict=True)]))


reader, untrained = readers.members[0], models.new_pronouncer(models.PRONUNCIATION_RECIPES["checkpoint"])
claim("share_in_order", share_in_order(reader, test[:1000]), baseline=share_in_order(untrained, test[:1000]))

# %% tags=["picture"]
figure, panels = plt.subplots(1, 4, figsize=(11.5, 3.2))
for axes, word in zip(panels, ["psychopathic", "straightaway", "gnarled", "technique"], strict=True):
    sounds = models.pronounce(reader, [word])[0]
    weights = models.cross_attention(reader, [word], [sounds])[-1, 0].mean(axis=0)[: len(sounds)]
    image = plotting.attention_map(axes, weights, sounds, word)
figure.colorbar(image, ax=panels, label="attention weight")
plt.show()

# %% [markdown] lang="en" role="alt"
# Four heat maps of attention weights, for psychopathic, straightaway, gnarled and technique: a row a sound, a column a letter. In each a
# dark band runs from top left to bottom right.

# %% [markdown] lang="zh" role="alt" of="7ddda192"
# psychopathic、straightaway、gnarled、technique 四个单词的注意力权重热图，每行一个音，每列一个字母。每幅图里都有一条深色带从左上走到右下。

# %% [markdown] lang="en"
# The band is there, and it is sharp. Where two letters make one sound, their weights share the row (*ps*, *gn*, *th*); most of what
# is silent is skipped, such as *ig* in *straightaway* and *ue* in *technique*. (Each place tells of its neighbours, too, since the
# convolutions have joined them; so a sound can be read off one place.) The share of steps in which attention does not go back is
# {claim:share_in_order}, against {claim:share_in_order.baseline} in an untrained network: reading order was learnt from the pairs
# alone.
#
# A weight is not a reason, though (Jain and Wallace, 2019). A stricter question for each head: *what if it is switched off?* Set
# its rows of $W_O$ to zero and count the errors on every second validation word. Voita et al. (2019) could prune most self-attention heads
# of a translator's encoder (38 of 48) with hardly any loss. Is that so here?

# %% [markdown] lang="zh" of="2c01486c"
# 深色带果然在那里，而且很清晰。两个字母合发一个音时，它们分享那一行的权重（*ps*、*gn*、*th*）；不发音的大多被跳过，如 *straightaway* 的 *ig*、*technique* 的 *ue*。
# （卷积已把相邻的字母合在一起，每个位置也带着邻居的消息，所以看一个位置就读得出一个音。）没有往回走的步子占 {claim:share_in_order}，
# 没训练过的网络只有 {claim:share_in_order.baseline}：从左往右读，是它单凭一对对单词和读音学会的。
#
# 不过，权重大不等于就是原因（Jain 和 Wallace，2019）。对每个头还可以问得更严：*把它关掉会怎样*？把它在 $W_O$ 里的那几行置零，再数一数一半验证单词（每隔一个取一个）上的错误。
# Voita 等（2019）从翻译模型编码器的 48 个自注意力头里剪掉 38 个，质量几乎不降。这里也是这样吗？


# %%
def without_head(block, head):
    """The errors on half of the validation words while one head of a decoder block's cross-attention is silent."""
    kernel = block.source_attention.output_projection.kernel
    kept = kernel.numpy()
    is_silent = np.arange(len(kept)) // (len(kept) // block.heads) == head
    kernel.assign(np.where(is_silent[:, None], 0, kept))
    answers = models.pronounce(reader, data.spelled(validation[::2]))
    kernel.assign(kept)
    return pronunciation_errors(answers, data.listed(validation[::2]))


whole = without_head(reader.decoder[0], head=None)  # no head is None, so none is silent
sounds = models.pronounce(reader, ["straightaway"])[0]
maps = models.cross_attention(reader, ["straightaway"], [sounds])[:, 0, :, : len(sounds)]
figure, grid = plt.subplots(*maps.shape[:2], figsize=(11.5, 2.9 * len(maps)))
for block, head in np.ndindex(maps.shape[:2]):
    difference = paired_difference(without_head(reader.decoder[block], head).edits, whole.edits)
    cost, error = np.array(difference) / whole.length.mean()  # additional errors a phoneme, and their standard error
    image = plotting.attention_map(grid[block, head], maps[block, head], sounds, "straightaway")
    grid[block, head].set_title(f"block {block + 1}, head {head + 1} off:\n{cost:+.4f} ± {error:.4f}", fontsize=9)
figure.colorbar(image, ax=grid, label="attention weight")
plt.show()

# %% [markdown] lang="en" role="alt"
# Eight attention maps for straightaway, two blocks of four heads, each with what switching the head off costs. In seven of them a
# dark band runs from top left to bottom right, with a jump over silent letters; one, in the first block, is scattered. The heads of
# the first block cost 0.002 at most; in the second, the first head costs 0.009 and the others 0.001 to 0.003.

# %% [markdown] lang="zh" role="alt" of="6b866ae4"
# straightaway 的八幅注意力图：两块，每块四个头，标题是关掉这个头的代价。其中七幅有一条从左上到右下的深色带，在不发音的字母处跳过去；第一块里有一幅比较散乱。第一块的头，代价最多 0.002；第二块的第一个头是 0.009，其余是 0.001 到 0.003。

# %% [markdown] lang="en"
# The title of each map says what silence costs in phoneme error rate, ± its standard error. No head of the first
# block is clearly missed (0.002 at most). In the second, one is: its first head costs 0.009, five standard errors; the others 0.001 to
# 0.003. So here, too, most heads can be spared one at a time: the others stand in. A map shows where a head looks; only the switch shows how far the answer depends on it.
#
# ## 15. Which mistakes?
#
# Take the test words that the checkpoint gets wrong. How wrong are they? Where a single edit separates answer and dictionary, its type is beyond
# doubt: one sound replaced, one too many, one missing. We expect vowels: English writes a dozen and more of them with six letters.

# %% [markdown] lang="zh" of="b7f05ee3"
# 每幅图的标题写着关掉这个头以后音素错误率升了多少，± 后面是标准误。第一块的头，关掉哪一个都看不出明显的代价（最多 0.002）；第二块里有一个少不得：第一个头值 0.009，是标准误的五倍，其余各值 0.001 到 0.003。
# 可见这里也是多数的头单独拿掉无妨：别的头会顶上来。图只说明一个头看哪里，关掉它才知道答案有多依靠它。
#
# ## 15. 错在哪里？
#
# 取出检查点读错的测试单词。错得有多厉害？如果答案与词典只差一步编辑，错误的类型就一目了然：换了一个音，多了一个，或者少了一个。我们预计错的多是元音：
# 英语要用六个字母写出十几个元音。

# %%
one_edit, kinds, swaps = reader_errors.edits == 1, Counter(), Counter()
for row in np.flatnonzero(one_edit):
    answer = test_answers["checkpoint"][row]
    truth = min(listed[row], key=lambda truth: edit_distance(answer, truth))
    if len(answer) == len(truth):
        (swap,) = [(t, a) for t, a in zip(truth, answer, strict=True) if t != a]
        vowels = sum(sound[0] in "AEIOU" for sound in swap)
        kinds[["consonant for consonant", "vowel and consonant", "vowel for vowel"][vowels]] += 1
        swaps[swap] += 1
    else:
        kinds["one sound too many" if len(answer) > len(truth) else "one sound missing"] += 1
wrong = np.sum(reader_errors.edits > 0)
print(f"{wrong} of {len(test)} words wrong, {one_edit.sum() / wrong:.0%} of them by one edit:")
for kind, count in kinds.most_common():
    print(f"  {kind:24} {count / one_edit.sum():.0%}")
claim("vowel_share", kinds["vowel for vowel"] / one_edit.sum())

figure, axes = plt.subplots(figsize=(7, 3.2))
pairs, counts = zip(*swaps.most_common(12), strict=True)
axes.barh([f"{truth} read as {answer}" for truth, answer in pairs][::-1], counts[::-1])
axes.set(xlabel="test words that are wrong by this alone")
plt.show()

# %% [markdown] lang="en" role="alt"
# Bars for the twelve most frequent single replacements of one sound by another in the test part. Ten are a vowel read as another
# vowel, the top three all with AH; two are S and Z confused.

# %% [markdown] lang="zh" role="alt" of="cbbd6cf7"
# 测试集中最常见的十二种“一个音读成另一个音”的条形图。其中十种是元音读成另一个元音，前三种都涉及 AH；另两种是 S 与 Z 相混。

# %% [markdown] lang="en"
# {claim:vowel_share.percent} of the one-edit mistakes read a vowel as another vowel, and the commonest pairs involve AH, above all
# as the weak vowel of *about*. Any vowel letter can be weakened; whether it is, and whether to AH or to IH, depends on the stress,
# which spelling does not show, and dictionaries themselves disagree. The worst of all, beside what the dictionary says:

# %% [markdown] lang="zh" of="07dad938"
# 只差一步的错误里，{claim:vowel_share.percent} 是一个元音读成另一个元音，最常见的几对都涉及 AH，多半是 *about* 里那样的弱元音。哪个元音字母都可能弱读；弱不弱，
# 弱成 AH 还是 IH，要看重音，而拼写不标重音，各家词典也各执一词。
# 再看错得最离谱的几个，旁边是词典的读法：

# %%
for row in np.argsort(-reader_errors.edits / reader_errors.length, kind="stable")[:8]:
    answer = " ".join(test_answers["checkpoint"][row])
    print(f"{spelled[row]:14} read as {answer:28} listed {' or '.join(' '.join(sounds) for sounds in listed[row])}")

# %% [markdown] lang="en"
# Names (*houghs*, *mattea*), French words (*quiche*, *chalets*, *d'etats*), and *ach* and *mhm*, of which the dictionary spells one
# out letter by letter and hums the other. The letters alone hardly give it away.
#
# ## 16. How does your name sound?
#
# Change the first line and run the cell again. Any word of at most twenty letters a to z goes, names in pinyin too. The network has learnt
# American English, so it reads your name as an American would who has only seen it on paper.

# %% [markdown] lang="zh" of="a3ceba0f"
# 人名（*houghs*、*mattea*），法语词（*quiche*、*chalets*、*d'etats*），还有 *ach* 和 *mhm*：前一个词典当缩写，一个字母一个字母念；后一个不过是哼一声。单看字母很难知道。
#
# ## 16. 你的名字怎么读？
#
# 改掉第一行，再运行一次。由字母 a 到 z 组成、不超过二十个字母的词都行，拼音也可以。网络学的是美国英语，所以读出来的，是只在纸上见过你名字的美国人会念的样子。

# %%
your_words = "Xiaoming Zhang Keras TensorFlow Transformer Hemingway"

your_words = your_words.lower().split()
for word, sounds in zip(your_words, models.pronounce(readers, your_words), strict=True):
    known = "in training" if word in set(data.spelled(train)) else "never seen"
    print(f"{word:14} {' '.join(sounds):34} {known}")

# %% [markdown] lang="en"
# ## 17. Break it
#
# Sections 5 and 7 broke the machinery; these three faults are about the data and their use, and none of them stops a program. The
# words are split at random, as most published comparisons do. The letters are padded on the *left*, as the article A3's
# `pad_sequences` does by default, so that every letter stands somewhere else than in training. And the network is used without its
# positions.

# %% [markdown] lang="zh" of="84cb1a53"
# ## 17. 故意弄坏
#
# 第 5、7 节弄坏的是机器本身；下面三个毛病出在数据和用法上，没有一个会让程序停下。其一，像大多数已发表的比较那样，随机划分单词。其二，把填充放在*左边*
# （A3 用的 `pad_sequences` 默认如此），于是每个字母的位置都与训练时不同。其三，用网络时丢掉了位置。

# %%
with caught("words are split at random"):
    shared = datasets.overlap(data.family[mixed[len(test) :]], data.family[mixed[: len(test)]])
    assert shared == 0, f"{shared / len(test):.0%} of the test words have relatives in training"

few = models.encode_words(spelled[:400])
unbroken = reader_errors.edits[:400].sum() / reader_errors.length[:400].sum()  # section 13, the same words


def check_reading(letters):
    """Are the first 400 test words read about as well as in section 13?"""
    found, _ = transformer.beam_search(reader, letters, models.START, models.END, steps=24)
    rate = pronunciation_errors(models.decode_sounds(found[:, 0]), listed[:400]).phoneme_error_rate
    assert rate < unbroken + 0.01, f"PER {rate:.3f} on words that were read with {unbroken:.3f}"


check_reading(few)  # without a fault, greedy search passes
with caught("the letters are padded on the left"):
    check_reading(text.pad([list(filter(None, row)) for row in few], length=20, side="left"))
with caught("no positions"), patch.object(reader.source_embedding, "positions", "none"):
    check_reading(few)

# %% [markdown] lang="en"
# The first check is the only one that can catch its fault: a leaky split makes every figure *better*, so no bound on a figure would
# ever complain. The other two spoil the figures: a network knows letters at the places where it has met them. Without positions the
# convolutions still see which letters are neighbours; that saves most words, but not all.

# %% [markdown] lang="zh" of="1167d2ab"
# 第一个毛病只有这种检验能抓住：划分泄漏会让所有数字变得*更好看*，对数字设的任何界限都不会报警。后两个坏的是数字本身：
# 网络认得的，是出现在熟悉位置上的字母；没有位置，卷积还看得出谁和谁相邻，这救得了大多数单词，却救不了全部。

# %% [markdown] lang="en"
# ## 18. Why it matters for large models
#
# GPT-3 is 96 of the decoder blocks of section 6, without cross-attention, 12,288 channels wide. Count: attention has four matrices of
# $d \times d$, the feed-forward part two of $d \times 4d$, twelve $d^2$ in all. Does that give the published 175 billion?
#
# And what does a long text cost? For each token, the matrices need $24 d^2$ operations (a product and a sum for each number)
# whatever the length $T$; scores and averages need $4 T d$. So attention proper has the share $T / (6d + T)$, and its cost for a
# whole text grows with $T^2$. We expect four times the time for twice the length, once it dominates.

# %% [markdown] lang="zh" of="5f488914"
# ## 18. 与大模型有什么关系
#
# GPT-3 就是 96 个第 6 节的解码器块，去掉交叉注意力，通道数 12288。数一数：注意力有四个 $d \times d$ 的矩阵，前馈部分有两个 $d \times 4d$ 的，合起来是十二个 $d^2$。
# 这样算得出公布的 1750 亿吗？
#
# 长文本又要多少代价？每个词元，乘那些矩阵要 $24 d^2$ 次运算（每个数一次乘、一次加），与长度 $T$ 无关；算分数、求平均要 $4 T d$ 次。所以注意力本身占 $T / (6d + T)$，处理整段文本的代价随 $T^2$ 增长。
# 我们预计：等它占了大头，长度加倍，时间就是四倍。

# %%
gpt_block = transformer.DecoderBlock(heads=4, hidden=256, dropout=0.0, cross_attention=False)
gpt_block.build((None, None, 64))
assert gpt_block.count_params() == 12 * 64**2 + 13 * 64  # 13 d: biases, gains and shifts
gpt3 = 96 * (12 * 12_288**2 + 13 * 12_288) + (50_257 + 2_048) * 12_288  # and a row for each token and position
print(f"96 blocks of 12,288 channels, and the embeddings: {gpt3 / 1e9:.1f} billion parameters")

attend = tf.function(lambda x: gpt_block.attention(x, attention_mask=transformer.causal_mask(x.shape[1])))
feed_forward = tf.function(lambda x: gpt_block.contract(gpt_block.expand(x)))
milliseconds = {}
print("length   attention   feed-forward   share of T / (6d + T): d = 64, d = 12,288")
for length in (256, 512, 1024, 2048):
    x = tf.random.normal((1, length, 64))
    milliseconds[length] = [1000 * shortest_time(lambda f=f, x=x: f(x)) for f in (attend, feed_forward)]
    shares = [length / (6 * width + length) for width in (64, 12_288)]
    print("{:6} {:8.1f} ms {:11.2f} ms {:27.0%} {:12.1%}".format(length, *milliseconds[length], *shares))
growth = [milliseconds[2048][part] / milliseconds[512][part] for part in (0, 1)]
print(f"four times the length: attention {growth[0]:.0f} times the time, feed-forward {growth[1]:.1f} times")
assert growth[0] > 1.5 * growth[1]

# %% [markdown] lang="en"
# It does: 175 billion, rounded, two thirds of them in the network of chapter 01. And attention's time runs away from that of the
# feed-forward network. Neither grew as the count says: from 512 tokens to 2,048, attention with its projections ($8 d^2$ and $4 T
# d$ operations a token) should take 13.6 times as long, the feed-forward network 4 times. Small products leave much of the
# processor idle; the larger ones get more operations done in a second. At GPT-3's width and 2,048 tokens, the scores that everybody
# speaks of are under three per cent of the work; at a hundred thousand tokens they would be most of it. That square is why long
# contexts are expensive, and why so much research goes into attention that skips, compresses or caches. The cache, which spares a
# generating model from computing old keys and values again, already sat in our beam search; chapter 07 measures what it saves.
#
# What you have built is not a model *of* a Transformer. It is one: blocks, masks, cross-attention and search are those of the first
# Transformer, a translator (only that we normalise before each step), and the same blocks, in other numbers, are GPT (chapter 07)
# and BERT (chapter 08).

# %% [markdown] lang="zh" of="71f7826b"
# 四舍五入正是 1750 亿，其中三分之二是第 01 章的那种网络。再看时间：注意力的用时涨得比前馈网络快得多。两者都没有按算出来的倍数增长：从 512 个词元到 2048 个，
# 注意力连同投影（每个词元 $8 d^2$ 和 $4 T d$ 次运算）应当是 13.6 倍，前馈网络应当是 4 倍。矩阵太小，处理器吃不饱；矩阵大了，每秒完成的运算也多了。以 GPT-3 的宽度、2048 个词元来算，
# 人人挂在嘴边的注意力分数只占不到百分之三的计算；到了十万个词元，它就占了大头。
# 这个平方正是长上下文昂贵的原因，也是那么多研究想让注意力跳着算、压缩着算、缓存着算的原因。缓存能让生成中的模型不必重算旧的键和值，我们的束搜索里已经用上了；
# 它省下多少，第 07 章来测。
#
# 你搭的不是仿制品，它就是 Transformer：块、掩码、交叉注意力和搜索，都与最早那个用来翻译的 Transformer 相同（只是归一化放在前面）；同样的块换个数目，就是 GPT（第 07 章）和 BERT（第 08 章）。

# %% [markdown] lang="en"
# ## Summary
#
# - Attention is an average of values. The weights come from products of queries and keys, divided by $\sqrt d$ so that their variance stays 1.
#   Several heads are one product and a reshape.
# - Attention alone does not know order: positions are added, once. Masks decide who sees what; four properties, each provable in
#   a line, show that they work, and the article's listing fails the third.
# - A Transformer trained for two epochs pronounces words of families that it has never met with a phoneme error rate of
#   {claim:test_per}; the nearest spelling has {claim:test_per.baseline}, and counting letter–sound pairs, the strongest baseline
#   here, {claim:counting_per}. The same code with two convolutions, larger and trained longer, reaches {claim:checkpoint_per}
#   when two networks decide together.
# - Split by family. A random split makes the same baseline look better than it is.
# - Cross-attention lines letters up with sounds though nobody told it to; switching a head off tells whether that head matters.
#
# ## Exercises
#
# 1. Repeat section 2 on paper for the third token. What happens to its answer when a fourth token $(0, 0, 0, 0)$ joins without a mask,
#    and why is
#    a row of zeros not the same as padding? (10 minutes)
# 2. In `split_heads`, leave out the `swapaxes` and reshape to (texts, heads, length, $d$) directly. Which assertion stops you? Which
#    is the only one of the four properties that survives? (15 minutes)
# 3. Write `decoder_block` in NumPy beside `encoder_block`, with causal mask and cross-attention, and assert that it equals
#    `transformer.DecoderBlock`. (20 minutes)
# 4. Give the network of section 7 a word of 70 letters, with learnt positions and with sinusoidal ones. Both stop. With which of the
#    two is that only a matter of the table's length, and what would you change? (10 minutes)
# 5. Find ten words of your own that the checkpoint gets wrong. Is the dictionary right each time? (15 minutes)
# 6. Teach the network the other direction, sounds to letters: swap source and target. Do you expect a higher or a lower error
#    rate, and why? Train for as long as here, and judge on the validation words. (40 minutes)
#
# ## References
#
# - A. Vaswani, N. Shazeer, N. Parmar, J. Uszkoreit, L. Jones, A. N. Gomez, Ł. Kaiser, I. Polosukhin (2017). *Attention is all you need.*
#   Advances in Neural Information Processing Systems 30, 5998–6008. arXiv:1706.03762
# - D. Bahdanau, K. Cho, Y. Bengio (2015). *Neural machine translation by jointly learning to align and translate.* ICLR.
#   arXiv:1409.0473 (where attention comes from)
# - J. L. Ba, J. R. Kiros, G. E. Hinton (2016). *Layer normalization.* arXiv:1607.06450
# - R. Xiong et al. (2020). *On layer normalization in the Transformer architecture.* ICML, PMLR 119, 10524–10533. arXiv:2002.04745
# - O. Press, L. Wolf (2017). *Using the output embedding to improve language models.* EACL, volume 2, 157–163. arXiv:1608.05859
# - L. N. Smith, N. Topin (2019). *Super-convergence: very fast training of neural networks using large learning rates.* arXiv:1708.07120
# - K. Jordan, Y. Jin, V. Boza, J. You, F. Cesista, L. Newhouse, J. Bernstein (2024). *Muon: an optimizer for hidden layers in neural networks.*
#   kellerjordan.github.io/posts/muon
# - J. Liu et al. (2025). *Muon is scalable for LLM training.* arXiv:2502.16982
# - V. I. Levenshtein (1966). *Binary codes capable of correcting deletions, insertions, and reversals.* Soviet Physics Doklady 10(8), 707–710.
# - The CMU Pronouncing Dictionary. Carnegie Mellon University.
# - M. Bisani, H. Ney (2008). *Joint-sequence models for grapheme-to-phoneme conversion.* Speech Communication 50(5), 434–451.
#   doi:10.1016/j.specom.2008.01.002
# - A. Gulati et al. (2020). *Conformer: convolution-augmented Transformer for speech recognition.* Interspeech, 5036–5040. arXiv:2005.08100
# - T. G. Dietterich (2000). *Ensemble methods in machine learning.* Multiple Classifier Systems, LNCS 1857, 1–15
# - L. Wu et al. (2021). *R-Drop: regularized dropout for neural networks.* NeurIPS. arXiv:2106.14448
# - S. Yolchuyeva, G. Németh, B. Gyires-Tóth (2019). *Transformer based grapheme-to-phoneme conversion.* Interspeech, 2095–2099.
#   doi:10.21437/Interspeech.2019-1954
# - S. Jain, B. C. Wallace (2019). *Attention is not explanation.* NAACL, 3543–3556. arXiv:1902.10186
# - E. Voita, D. Talbot, F. Moiseev, R. Sennrich, I. Titov (2019). *Analyzing multi-head self-attention: specialized heads do the heavy
#   lifting, the rest can be pruned.* ACL, 5797–5808. arXiv:1905.09418
# - T. B. Brown et al. (2020). *Language models are few-shot learners.* NeurIPS. arXiv:2005.14165 (GPT-3; table 2.1)

# %% [markdown] lang="zh" of="7246eb88"
# ## 小结
#
# - 注意力就是值的平均。权重来自查询与键的内积，除以 $\sqrt d$ 使方差保持为 1。多头不过是一次乘法加一次变形。
# - 注意力本身不懂次序：位置要加上去，只加一次。谁能看见谁由掩码决定；四个性质各用一行代码就能证明掩码有效，文章的代码在第三个上露了馅。
# - 训练两轮的 Transformer，读从未见过的词族里的单词，音素错误率是 {claim:test_per}；最相近的拼写是 {claim:test_per.baseline}，本章最强的基线（统计字母与音的对子）是
#   {claim:counting_per}。同样的代码，加上两层卷积，网络大些、训练久些，两个网络一起决定，达到 {claim:checkpoint_per}。
# - 要按词族划分。随机划分会让同一条基线显得比实际更好。
# - 没有人教，交叉注意力自己把字母和读音对上了；某个头要不要紧，关掉它就知道。
#
# ## 练习
#
# 1. 在纸上对第三个词元重做第 2 节。如果不加掩码，再添一个词元 $(0, 0, 0, 0)$，它的答案会怎样变？为什么一行零不等于填充？（10 分钟）
# 2. 在 `split_heads` 里去掉 `swapaxes`，直接变形为（文本，头，长度，$d$）。哪个断言会拦住你？四个性质里只有哪一个还在？（15 分钟）
# 3. 仿照 `encoder_block`，用 NumPy 写出带因果掩码和交叉注意力的 `decoder_block`，并断言它与 `transformer.DecoderBlock` 相等。（20 分钟）
# 4. 给第 7 节的网络输入一个 70 个字母的单词，位置表先用可学习的，再用正弦的。两次都会报错：哪一种只是表不够长？该改哪里？（10 分钟）
# 5. 自己找十个检查点读错的单词。每次都是词典对、网络错吗？（15 分钟）
# 6. 反过来教它：由读音写出字母，把源和目标对调即可。你预计错误率更高还是更低？为什么？训练同样长的时间，用验证集评判。（40 分钟）
#
# ## 参考文献
#
# - A. Vaswani, N. Shazeer, N. Parmar, J. Uszkoreit, L. Jones, A. N. Gomez, Ł. Kaiser, I. Polosukhin (2017). *Attention is all you need.*
#   Advances in Neural Information Processing Systems 30, 5998–6008. arXiv:1706.03762
# - D. Bahdanau, K. Cho, Y. Bengio (2015). *Neural machine translation by jointly learning to align and translate.* ICLR.
#   arXiv:1409.0473（注意力的由来）
# - J. L. Ba, J. R. Kiros, G. E. Hinton (2016). *Layer normalization.* arXiv:1607.06450
# - R. Xiong et al. (2020). *On layer normalization in the Transformer architecture.* ICML, PMLR 119, 10524–10533. arXiv:2002.04745
# - O. Press, L. Wolf (2017). *Using the output embedding to improve language models.* EACL, volume 2, 157–163. arXiv:1608.05859
# - L. N. Smith, N. Topin (2019). *Super-convergence: very fast training of neural networks using large learning rates.* arXiv:1708.07120
# - K. Jordan, Y. Jin, V. Boza, J. You, F. Cesista, L. Newhouse, J. Bernstein (2024). *Muon: an optimizer for hidden layers in neural networks.*
#   kellerjordan.github.io/posts/muon
# - J. Liu et al. (2025). *Muon is scalable for LLM training.* arXiv:2502.16982
# - V. I. Levenshtein (1966). *Binary codes capable of correcting deletions, insertions, and reversals.* Soviet Physics Doklady 10(8), 707–710.
# - The CMU Pronouncing Dictionary. Carnegie Mellon University.
# - M. Bisani, H. Ney (2008). *Joint-sequence models for grapheme-to-phoneme conversion.* Speech Communication 50(5), 434–451.
#   doi:10.1016/j.specom.2008.01.002
# - A. Gulati et al. (2020). *Conformer: convolution-augmented Transformer for speech recognition.* Interspeech, 5036–5040. arXiv:2005.08100
# - T. G. Dietterich (2000). *Ensemble methods in machine learning.* Multiple Classifier Systems, LNCS 1857, 1–15
# - L. Wu et al. (2021). *R-Drop: regularized dropout for neural networks.* NeurIPS. arXiv:2106.14448
# - S. Yolchuyeva, G. Németh, B. Gyires-Tóth (2019). *Transformer based grapheme-to-phoneme conversion.* Interspeech, 2095–2099.
#   doi:10.21437/Interspeech.2019-1954
# - S. Jain, B. C. Wallace (2019). *Attention is not explanation.* NAACL, 3543–3556. arXiv:1902.10186
# - E. Voita, D. Talbot, F. Moiseev, R. Sennrich, I. Titov (2019). *Analyzing multi-head self-attention: specialized heads do the heavy
#   lifting, the rest can be pruned.* ACL, 5797–5808. arXiv:1905.09418
# - T. B. Brown et al. (2020). *Language models are few-shot learners.* NeurIPS. arXiv:2005.14165（GPT-3；表 2.1）
