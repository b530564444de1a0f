# %% [markdown] lang="en"
# # 08 · BERT: pre-training and fine-tuning
#
# At the end you will have pre-trained a small BERT yourself, filled your own encoder with the 22.6 million weights of a real one,
# checked it against NumPy layer by layer, searched two thousand film reviews by meaning, and measured what pre-training buys.
#
# | | |
# |---|---|
# | **You will build** | WordPiece; texts with hidden words and exchanged sentences; a tiny BERT; an encoder that takes MiniLM's weights; a search by meaning; a fine-tuned classifier of film reviews |
# | **You will learn** | how to learn from text that nobody has labelled, what a layer of a language model knows, why the last layer is not the best one to read, when reading a model is not enough and fine-tuning pays |
# | **You need** | chapter 04 (the same reviews, the same split) and chapter 05 (attention, the encoder block) |
# | **Time and memory** | {run:seconds} s on two processor cores, {run:memory} GB |
# | **Follows** | A2 §1.3.3, §1.4.3 and §2.3 ([which articles?](../README.md#the-articles)) |
#
# Chinese edition: [zh/08_bert_pretrain_finetune.ipynb](zh/08_bert_pretrain_finetune.ipynb). Errors of the articles: [ERRATA.md](ERRATA.md).
# Lines that begin with ✓ are promises, measured over several seeds; the run stops if one no longer holds.

# %% [markdown] lang="zh" of="603d2dc8"
# # 08 · BERT：预训练与微调
#
# 读完本章，你就亲手预训练过一个小小的 BERT，把一个真实模型的 2260 万个权重装进自己写的编码器，用 NumPy 逐层核对，按意思搜索两千条影评，
# 并且量出预训练究竟值多少。
#
# | | |
# |---|---|
# | **动手做** | WordPiece 分词；藏起词、换掉句子的训练数据；一个微型 BERT；能装下 MiniLM 权重的编码器；按意思搜索；微调出来的影评分类器 |
# | **学到** | 没有人标注的文本怎样拿来学习，语言模型的一层知道些什么，为什么最后一层并不最好用，何时光读模型还不够，微调才划算 |
# | **准备** | 第 04 章（同样的影评，同样的划分）和第 05 章（注意力，编码器块） |
# | **时间与内存** | 两个处理器核心上 {run:seconds} 秒，{run:memory} GB |
# | **对应文章** | A2 §1.3.3、§1.4.3、§2.3（[是哪几篇？](../../README.zh.md#四篇文章)） |
#
# 英文版：[08_bert_pretrain_finetune.ipynb](../08_bert_pretrain_finetune.ipynb)。文章勘误：[ERRATA.md](ERRATA.md)。
# 以 ✓ 开头的输出是承诺：它在多个随机种子下测量过，一旦不再成立，运行就会中止。

# %%
from course_utils.notebook import start_chapter  # not found? README.md, "Running the notebooks", tells what to do

seed, claim = start_chapter("08_bert_pretrain_finetune")  # seeds, quiet logs, figure style, the chapter's promises

import inspect
from collections import Counter

import keras
import matplotlib.pyplot as plt
import numpy as np
from scipy.special import erf, softmax
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from course_utils import baselines, datasets, models, plotting, pretraining, text
from course_utils.claims import caught
from course_utils.metrics import paired_difference
from course_utils.notebook import text_box
from course_utils.training import EpochReport
from course_utils.wordpiece import WordPiece, learn_pieces, pair_scores, words

# %% [markdown] lang="en"
# ## 1. The listing as published
#
# Article A2 shows BERT as a text classifier in PyTorch: fetch a model, encode one sentence, train. Apart from lost indentation, one
# line cannot even be read by Python. We ask Python to *compile* it, which needs neither PyTorch nor a network.

# %% [markdown] lang="zh" of="c851dde7"
# ## 1. 文章里的代码
#
# 文章 A2 用 PyTorch 展示 BERT 文本分类：取来模型，给一个句子编码，训练。缩进丢失之外，还有一行，Python 连读都读不懂。我们只请 Python **编译**它，
# 这既不需要 PyTorch，也不需要网络。

# %%
published_line = (
    'attention_mask = torch.tensor(tokenizer.encode_plus("Hello, my dog is cute", add_special_tokens=True, '
    "max_length=50, pad_to_max_length=True, return_attention_mask=True, return_tensors='pt')[1]"
)
try:
    compile(published_line, "A2 section 1.4.3", "exec")
except SyntaxError as error:
    print("SyntaxError:", error.msg)

# %% [markdown] lang="en"
# A bracket is missing. With the bracket, the next fault would stop the listing: the table below has them all. We mend them, put
# MiniLM in the place of `bert-base-uncased` (six blocks instead of twelve, and the repository carries it), read the vector of the
# first token, and keep the rest: dropout of 0.3, two classes, Adam with its default rate of 0.001, and **one sentence with the
# label 1**, over and over again. The article takes 1,000 steps; 8 will do. *What do you expect the model to think of film reviews
# it has never seen?*

# %% [markdown] lang="zh" of="7a2f7921"
# 少了一个括号。补上括号，下一个毛病又会让它停下，下面的表里列全了。我们把这些都修好，用 MiniLM 代替 `bert-base-uncased`（六块而不是十二块，仓库里就有），读取第一个词元的向量，其余照旧：
# 随机丢弃率 0.3，两个类别，Adam 用默认学习率 0.001，**一个标签为 1 的句子**，反反复复地训练。文章训练 1000 步，这里 8 步就够了。**你猜，模型会怎样看待它从没见过的影评？**

# %%
pieces = WordPiece(datasets.load_bert_vocabulary())
reviews = models.prepare_reviews("en")  # texts, split and labels of chapter 04
train, validation, test = reviews.parts
sequences = [pieces.encode(review, longest=models.LONGEST_REVIEW) for review in reviews.texts]


def train_as_published(steps):
    """The classifier after so many steps on one sentence."""
    ids = keras.Input((None,), dtype="int32")
    first = models.build_minilm()(ids)[:, 0]  # the vector of [CLS]
    classifier = keras.Model(ids, keras.layers.Dense(2)(keras.layers.Dropout(0.3)(first)))
    classifier.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True), jit_compile=False)
    sentence = np.array([pieces.encode("Hello, my dog is cute")])
    losses = [classifier.train_on_batch(sentence, np.array([1])) for _ in range(steps)]
    print(f"loss {losses[0]:.3f} at the first step, {losses[-1]:.6f} after {steps} steps")
    return classifier


some = np.random.default_rng(seed).choice(validation, 100, replace=False)
padded = text.pad([sequences[row] for row in some], models.LONGEST_REVIEW)
answers = train_as_published(8).predict(padded, batch_size=100, verbose=0).argmax(axis=1)
print(f"{np.mean(reviews.is_positive[some]):.0%} of 100 reviews are positive, the model says {np.mean(answers):.0%}")
claim("published_says_positive", np.mean(answers))

# %% [markdown] lang="en"
# The loss is as good as zero, and *everything* is positive: the model has learnt to say "1". No data, no test, no baseline, and nobody
# would have noticed. The whole list:
#
# | The listing | What happens | Mended in |
# |---|---|---|
# | `attention_mask = torch.tensor(tokenizer.encode_plus(` … `)[1]` | a bracket is missing: SyntaxError | this section |
# | `encode_plus(…)[1]` | a dictionary has no entry 1; the mask is `["attention_mask"]` | section 4 |
# | ids of 8 tokens, a mask of 50 | the shapes do not fit | sections 1, 4 |
# | `from_pretrained('bert-base-uncased')` | weights from a hub: nothing works without a network, and what is fetched can change | section 4 |
# | `torch.tensor([1]).to('cuda')` | the labels are on the graphics card, model and ids are not | this section |
# | class, functions and loops without indentation | a syntax error | restated |
# | one sentence, one label, 10 × 100 steps | the model answers 1 to everything | sections 8, 9 |
# | `Adam(model.parameters())` | a rate of 0.001; the authors of BERT use 0.00002 to 0.00005, we 0.0002 for the upper half of a smaller model | section 9 |
# | no test, no baseline | success and failure look the same | sections 8–10 |

# %% [markdown] lang="zh" of="389ab3b8"
# 损失几乎为零，而**所有**影评都成了好评：模型学会的只是回答“1”。没有数据，没有测试，没有基线，谁也发现不了。毛病汇总：
#
# | 代码 | 后果 | 改正见 |
# |---|---|---|
# | `attention_mask = torch.tensor(tokenizer.encode_plus(` … `)[1]` | 少一个括号：语法错误 | 本节 |
# | `encode_plus(…)[1]` | 字典里没有 1 这一项，掩码是 `["attention_mask"]` | 第 4 节 |
# | 编号 8 个，掩码 50 个 | 形状对不上 | 第 1、4 节 |
# | `from_pretrained('bert-base-uncased')` | 权重来自网上：断网就不能用，取来的东西还会变 | 第 4 节 |
# | `torch.tensor([1]).to('cuda')` | 标签在显卡上，模型和编号却不在 | 本节 |
# | 类、函数和循环的内部没有缩进 | 语法错误 | 已重述 |
# | 一个句子、一个标签，训练 10 × 100 步 | 模型对什么都回答 1 | 第 8、9 节 |
# | `Adam(model.parameters())` | 学习率 0.001；BERT 的作者用 0.00002 到 0.00005，我们的模型较小，又只训练上面一半，用 0.0002 | 第 9 节 |
# | 没有测试，没有基线 | 成败看不出分别 | 第 8–10 节 |

# %% [markdown] lang="en"
# ## 2. WordPiece by hand
#
# Chapter 04 gave each word a number, and every word outside the vocabulary became "unknown". BERT's way out: a vocabulary of
# *pieces*. Frequent words are one piece, rare words are put together from several; `##` marks a piece that goes on with a word. Two
# questions. *Where do the pieces come from?* Begin with single characters and join, again and again, the pair of neighbours that
# raises the likelihood of the text the most. If $n_a$ of the $N$ pieces are $a$, each adds $\ln (n_a / N)$ to the log-likelihood.
# If $b$ follows $a$ within a word $n_{ab}$ times, joining puts about $\ln (n_{ab} / N)$ in the place of $\ln (n_a / N) + \ln (n_b /
# N)$ as often:
#
# $$\mathrm{score}(a, b) = n_{ab} \, \ln \frac{n_{ab} \, N}{n_a \, n_b}$$
#
# (Byte-pair encoding, chapter 07, joins the most *frequent* pair; here two pieces must meet more often than chance would bring
# them together.) On paper, with hug 10 times, pug 5, pun 12, bun 4, hugs 5: $N = 113$ letters, u 36 times, g 20, ug 20: $20
# \ln (20 \cdot 113 / (36 \cdot 20)) = 22.9$. With n and un 16 times: $16 \ln (16 \cdot 113 / (36 \cdot 16)) = 18.3$.

# %% [markdown] lang="zh" of="a0f9f058"
# ## 2. 手算 WordPiece
#
# 第 04 章给每个词一个编号，词汇表以外的词一律成了“未知”。BERT 的出路是：词汇表里放的是**片段**。常用词是一整片，罕见词由几片拼成；
# `##` 表示这一片接在前面的片段之后。两个问题。**片段从哪里来？**从单个字符开始，每次合并最能提高文本似然的一对相邻片段。设文本共有 $N$ 片，其中 $n_a$ 片是 $a$，
# 那么每个 $a$ 给对数似然添上 $\ln (n_a / N)$。设词内 $a$ 后面紧跟 $b$ 共 $n_{ab}$ 次，合并之后，
# $\ln (n_a / N) + \ln (n_b / N)$ 大致换成了 $\ln (n_{ab} / N)$，共换 $n_{ab}$ 次：
#
# $$\mathrm{score}(a, b) = n_{ab} \, \ln \frac{n_{ab} \, N}{n_a \, n_b}$$
#
# （第 07 章的字节对编码合并最**常见**的一对；而在这里，两片相遇的次数要比碰巧相遇更多才行。）在纸上算：hug 10 次，pug 5 次，
# pun 12 次，bun 4 次，hugs 5 次：$N = 113$ 个字母，u 36 次，g 20 次，ug 20 次：$20 \ln (20 \cdot 113 / (36 \cdot 20)) = 22.9$。n 和 un 各 16 次：
# $16 \ln (16 \cdot 113 / (36 \cdot 16)) = 18.3$。

# %%
word_counts = {"hug": 10, "pug": 5, "pun": 12, "bun": 4, "hugs": 5}
scores = pair_scores({(word[0], *(f"##{c}" for c in word[1:])): count for word, count in word_counts.items()})
for pair in sorted(scores, key=scores.get, reverse=True)[:3]:
    print(*pair, round(scores[pair], 1))
np.testing.assert_allclose(scores["##u", "##g"], 20 * np.log(20 * 113 / 720))
learnt, joined = learn_pieces(word_counts, merges=4)
print("joined, in this order:", ", ".join(map("+".join, joined)))

frequent = Counter(word for row in train for word in words(reviews.texts[row])).most_common(1500)
learnt, joined = learn_pieces(dict(frequent), merges=200)
print("from the reviews:", *learnt[-200:][::12])

# %% [markdown] lang="en"
# The second best, `p` with `##u`, is not joined second: once `##ug` is one piece, fewer `##u` are left, and all scores change. *How
# is a word cut?* From the left, the longest piece first. Four lines do it; `WordPiece` in `course_utils.wordpiece` does the same
# (only, if a rest cannot be cut, it calls the whole word unknown) and knows BERT's own 30,522 pieces. The ids of A2's sentence are
# published, so we can compare: 101 is [CLS], put before every text, and 102 is [SEP], put behind it.

# %% [markdown] lang="zh" of="744be143"
# 排第二的 `p` 和 `##u` 并没有第二个合并：`##ug` 成了一片，剩下的 `##u` 就少了，所有得分都变了。**词怎样切？**从左到右，每次取最长的片段。四行代码就够；
# `course_utils.wordpiece` 里的 `WordPiece` 做的是同一件事（只是余下的部分切不动时，它把整个词算作未知），用的是 BERT 自己的 30522 个片段。
# A2 那个句子的编号是公开的，可以核对：101 是放在每段文本之前的 [CLS]，102 是放在末尾的 [SEP]。


# %%
def cut(word, known, prefix=""):
    """The longest piece that begins the word, then the rest likewise."""
    for end in range(len(word), 0, -1):
        if prefix + word[:end] in known:
            return [prefix + word[:end], *(cut(word[end:], known, "##") if word[end:] else [])]
    return ["[UNK]"]


assert pieces.encode("Hello, my dog is cute") == [101, 7592, 1010, 2026, 3899, 2003, 10140, 102]
for word in ("film", "unsentimental", "spielberg", "uninspired", "schmaltzy", "zzxqj"):
    print(f"{word:14}", *cut(word, pieces.numbers))
seen = {word for row in train for word in words(reviews.texts[row])}
new = [word for row in validation for word in words(reviews.texts[row])]
assert all(cut(word, pieces.numbers) == list(pieces.split_word(word)) for word in set(new))
counts = np.array([len(pieces.split_word(word)) for word in new])
print(f"{np.mean([w not in seen for w in new]):.1%} of {len(new):,} validation words are in no training review")
unknown = [word for word in new if "[UNK]" in pieces.split_word(word)]
print(f"{np.mean(counts == 1):.1%} are one piece, {len(unknown) / len(new):.2%} unknown")
claim("words_of_one_piece", np.mean(counts == 1))

# %% [markdown] lang="en"
# In the validation reviews, {claim:words_of_one_piece.percent} of the words are a piece of their own; the others are spelled from
# parts, and hardly a word is lost. Parts of rare words are not always their roots: the cutting knows no grammar.
#
# ## 3. Exercises that cost nothing
#
# Labels are expensive, text is not. BERT sets itself two exercises whose answers stand in the text (Devlin et al., section 3.1);
# learning of this kind is called *self-supervised*.
#
# - **Masked language model.** Choose 15 % of the tokens; show 80 % of those as [MASK], 10 % as a random token, 10 % unchanged; guess all of
#   them from both sides. Why not always [MASK]? Because no later task contains a [MASK]: the model must be ready to be asked about any token.
# - **Next sentence.** Two sentences, [CLS] A [SEP] B [SEP]: does B follow A? Half of the time it does.
#
# Most of our reviews are single sentences, so we cut each in two halves and let the halves be A and B. The exchanged B is as long
# as the true one, or nearly; section 11 shows why. *Do the shares come out as ordered?* Up to one or two standard errors they
# should; the worst of four may be a little further off.

# %% [markdown] lang="zh" of="888e04be"
# 验证影评里，{claim:words_of_one_piece.percent} 的词自成一片，其余由几片拼成，几乎没有词丢失。罕见词的片段未必是词根：这样切词不懂语法。
#
# ## 3. 不要钱的习题
#
# 标注很贵，文本不贵。BERT 给自己出两种习题，答案就在文本里（Devlin 等，第 3.1 节），这叫**自监督**学习。
#
# - **掩码语言模型。**挑出 15 % 的词元，其中 80 % 换成 [MASK]，10 % 换成随机词元，10 % 原样不动；这些词元都要根据前后文猜出来。为什么不一律用 [MASK]？
#   因为以后的任务里没有 [MASK]：随便问到哪个词元，模型都得答得上来。
# - **下一句预测。**两个句子，[CLS] A [SEP] B [SEP]：B 是不是 A 的下一句？一半是，一半不是。
#
# 我们的影评大多只有一句，于是把每条切成两半，当作 A 和 B。换上的 B 与原来的一样长，或者几乎一样长，原因见第 11 节。
# **各种比例合乎规定吗？**偏差应该不过一两个标准误；四个里偏得最多的那个，也许再多一点。

# %%
unmarked = [sequence[1:-1] for sequence in sequences]  # without [CLS] and [SEP]
rng = np.random.default_rng(seed)
halves = [pretraining.halves(unmarked[row]) for row in train]
pairs = pretraining.sentence_pairs(*zip(*halves, strict=True), pieces, rng, longest=models.LONGEST_REVIEW)
hidden = pretraining.corrupt(pairs.ids, pieces, rng)
for row in (0, 1):
    print(f"B follows A: {pairs.follows[row]}\n  {pieces.decode(pairs.ids[row])}\n  {pieces.decode(hidden.ids[row])}")

ordinary = ~np.isin(pairs.ids, pieces.special)
chosen = hidden.ids[hidden.is_chosen]
same, masked = chosen == pairs.ids[hidden.is_chosen], chosen == pieces.mask
rows = [("of the tokens, chosen", hidden.is_chosen[ordinary], None), ("of those, [MASK]", masked, 0.8)]
rows += [("of those, unchanged", same, 0.1), ("of those, random", ~masked & ~same, 0.1)]
rows += [("of the pairs, B follows A", pairs.follows, 0.5)]
deviations = []
for name, happened, expected in rows:
    line = f"{name:27} {np.mean(happened):.4f}"
    if expected:
        deviations.append((np.mean(happened) - expected) / np.sqrt(expected * (1 - expected) / len(happened)))
        line += f"  expected {expected:.1f}, off by {deviations[-1]:+.1f} standard errors"
    print(line)
assert not np.any(hidden.is_chosen & ~ordinary)
np.testing.assert_array_equal(hidden.ids[~hidden.is_chosen], pairs.ids[~hidden.is_chosen])
claim("corruption_deviation", np.abs(deviations).max())

# %% [markdown] lang="en"
# The shares are what they should be: over the seeds the largest of the four deviations is {claim:corruption_deviation} standard
# errors. ("Chosen" is a little above 15 % because the number is rounded up for every review.) And one can see how hard it is: would
# you know the hidden words?
#
# ## 4. A real BERT, by hand
#
# Now the encoder. `EncoderBlock` is that of chapter 05. BERT normalises after each sum; its activation is the GELU, $x \, \Phi(x)$
# with the distribution function $\Phi$ of the standard normal; its positions are learnt; and it adds a vector for "first or second
# sentence", the *segment*. all-MiniLM-L6-v2 is a BERT of six blocks, 384 channels and 12 heads of 32. (Its file also holds a pooler
# of 147,840 weights, which we do not use.) It comes from a model that learnt to imitate a larger one (*distillation*; Wang et al.,
# 2020), and was then trained on over a billion pairs of sentences to give similar vectors to what belongs together (after Reimers
# and Gurevych, 2019). Our file keeps its matrices as whole numbers of 8 bits with one factor a row. The embedding is layer 0, the
# blocks' outputs are layers 1 to 6.
#
# *Does our encoder compute what it should?* Thirty lines of NumPy in double precision are the reference, layer by layer. Only the
# rounding of single precision should be left.

# %% [markdown] lang="zh" of="2a7261d3"
# 比例都对：多个种子下，四个偏差中最大的为 {claim:corruption_deviation} 个标准误。（“选中”略高于 15 %，因为每条影评的个数都向上取整。）
# 习题有多难，一看便知：藏起来的词，你猜得出吗？
#
# ## 4. 真实的 BERT，手算一遍
#
# 现在看编码器。`EncoderBlock` 就是第 05 章的那个。BERT 在每次相加之后归一化；激活函数用 GELU，即 $x \, \Phi(x)$，$\Phi$ 是标准正态分布的分布函数；位置是可学习的；
# 还要加上一个表示“第一句还是第二句”的向量，即**句段**向量。all-MiniLM-L6-v2 是六块、384 个通道、12 个头（每头 32 个通道）的 BERT。
# （文件里还有 147840 个权重的池化层，这里用不到。）它的前身是学着模仿更大模型的模型
# （**蒸馏**；Wang 等，2020），后来又用十亿多对句子训练，让彼此相配的句子得到相近的向量（方法出自 Reimers 和 Gurevych，2019）。我们的文件把矩阵存成 8 位整数，每行配一个系数。
# 嵌入层叫第 0 层，各块的输出叫第 1 到第 6 层。
#
# **我们的编码器算得对吗？**以三十行双精度的 NumPy 为准，逐层核对，剩下的差应该只是单精度的舍入误差。

# %%
weights = datasets.load_minilm()


def dense(x, name):
    return x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]


def normalise(x, name):
    scaled = (x - x.mean(axis=-1, keepdims=True)) / np.sqrt(x.var(axis=-1, keepdims=True) + 1e-12)
    return scaled * weights[f"{name}.weight"] + weights[f"{name}.bias"]


def layers_by_hand(ids):
    """What each of the seven layers says about one text: (length,) → a list of (length, 384)."""
    x = weights["embeddings.word_embeddings.weight"][ids].astype(np.float64)  # all that follows becomes double, too
    x = x + weights["embeddings.token_type_embeddings.weight"][0]
    layers = [normalise(x + weights["embeddings.position_embeddings.weight"][: len(ids)], "embeddings.LayerNorm")]
    for number in range(6):
        x, block = layers[-1], f"encoder.layer.{number}"
        query, key, value = (  # (heads, length, 32)
            dense(x, f"{block}.attention.self.{part}").reshape(len(ids), 12, 32).transpose(1, 0, 2)
            for part in ("query", "key", "value")
        )
        mixed = softmax(query @ key.transpose(0, 2, 1) / np.sqrt(32), axis=-1) @ value
        mixed = mixed.transpose(1, 0, 2).reshape(len(ids), 384)
        x = normalise(x + dense(mixed, f"{block}.attention.output.dense"), f"{block}.attention.output.LayerNorm")
        inner = dense(x, f"{block}.intermediate.dense")
        inner = inner * (1 + erf(inner / np.sqrt(2))) / 2  # GELU
        layers.append(normalise(x + dense(inner, f"{block}.output.dense"), f"{block}.output.LayerNorm"))
    return layers


minilm = models.build_minilm()
published = ["The weather is lovely today.", "It's so sunny outside!", "He drove to the stadium."]
encoded = [pieces.encode(sentence) for sentence in published]
by_keras = keras.ops.convert_to_numpy(minilm.layers_of(text.pad(encoded, 12)))  # (layer, text, place, channel)
by_hand = [layers_by_hand(np.array(sequence)) for sequence in encoded]
errors = [max(np.abs(by_keras[k, n, : len(x[k])] - x[k]).max() for n, x in enumerate(by_hand)) for k in range(7)]
print(f"{minilm.count_params():,} weights; largest difference by layer:", *(f"{error:.0e}" for error in errors))
assert max(errors) < 1e-5

# %% [markdown] lang="en"
# Over all seven layers no number differs by as much as 0.00001. The shorter sentences were padded, and the
# padding did not disturb them. *Is it the real MiniLM?* Its makers publish the cosines between these three sentences:
# 0.666, 0.105 and 0.141. The vector of a sentence is the mean of the last layer over its tokens.

# %% [markdown] lang="zh" of="f6fcb286"
# 七层之中，没有一个数相差到 0.00001。较短的句子经过填充，填充并没有干扰结果。**它真是 MiniLM 吗？**作者公布了这三个句子两两之间的余弦相似度：
# 0.666、0.105、0.141。句子的向量是最后一层在各词元上的平均。


# %%
def unit(vectors):
    """The same directions, length 1: dot products become cosines."""
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


vectors = unit(np.stack([of_text[-1].mean(axis=0) for of_text in by_hand]))
cosines = (vectors @ vectors.T)[np.triu_indices(3, k=1)]
print("by hand  ", cosines.round(3))
vectors = unit(models.mean_of_tokens(by_keras[-1], text.pad(encoded, 12) != text.PADDING).numpy())
cosines = (vectors @ vectors.T)[np.triu_indices(3, k=1)]
print("encoder  ", cosines.round(3), "\npublished", np.array([0.666, 0.105, 0.141]))
claim("similarity_error", np.abs(cosines - [0.666, 0.105, 0.141]).max())


# %% [markdown] lang="en"
# A difference of {claim:similarity_error} is what rounding the weights to 8 bits leaves. This is the real one.
#
# ## 5. A tiny BERT, pre-trained here
#
# Can we do the first step ourselves, in half a minute? We take a BERT with two blocks of 64 channels and room for 32 tokens, the
# pieces that occur at least eight times in the training reviews, and these 7,440 reviews as text: no label is looked at. Every
# epoch hides other words and exchanges other halves. Each exercise has its baseline: guess a hidden token by its frequency in the
# training part; toss a coin. A guess that gives the true token the probability $p$ costs $-\ln p$ *nats*. *What do we expect?* BERT
# had 3.3 billion words to read, we have about 140,000, so the model should learn what is frequent and some grammar. Printed are the
# cost, the share of hidden tokens guessed, and the share of pairs judged rightly.

# %% [markdown] lang="zh" of="969f2671"
# 相差 {claim:similarity_error}，是权重只存 8 位造成的。这确实是 MiniLM。
#
# ## 5. 自己预训练一个微型 BERT
#
# 第一步我们能不能自己做，而且半分钟做完？取一个两块、64 个通道、容得下 32 个词元的 BERT，词汇表是训练影评里至少出现八次的片段，文本就是那 7440 条影评：标签一眼也不看。每一轮都藏起别的词，换掉别的半句。
# 两种习题各有基线：按训练集里的频率去猜藏起来的词元；抛硬币。若给正确的词元概率 $p$，这一猜的代价就是 $-\ln p$ **奈特**（nat）。
# **结果会怎样？**BERT 有 33 亿个词可读，我们只有 14 万个左右，所以模型应该学会哪些词常见，再学到一点语法。打印的依次是：代价、猜中的词元比例、判对的句对比例。

# %%
small = pieces.restricted(reviews.texts[train], minimum_count=8)
unmarked = [small.encode(review)[1:-1] for review in reviews.texts]
known, held_out = ([unmarked[row] for row in rows] for rows in (train, validation))
counts = np.bincount(np.concatenate(known), minlength=len(small)) + 1
_, asked, weight = models.pretraining_batch(held_out, small, models.TINY.longest, np.random.default_rng(0))
by_frequency = -np.log(counts / counts.sum())[asked["tokens"][weight["tokens"] > 0]].mean()  # of what will be hidden
print(f"{len(small):,} pieces; guessing by frequency costs {by_frequency:.3f} nats a token")

tiny = models.new_tiny_bert(len(small), seed=seed)
pretrained, history = models.pretrain(tiny, known, held_out, small, seed=seed)
figure, panels = plt.subplots(1, 2, figsize=(8, 3))
for axes, key, baseline in zip(panels, ("nats", "follows"), (by_frequency, 0.5), strict=True):
    axes.plot(range(1, len(history) + 1), [scores[key] for scores in history], "o-", label="tiny BERT")
    axes.axhline(baseline, color=plotting.COLOURS["orange"], ls=":", label="baseline")
    axes.set_xlabel("epoch")
panels[0].set_ylabel("nats a hidden token")
panels[1].set(ylabel="share of pairs judged rightly", ylim=(0.4, 1))
panels[0].legend()
plt.show()
claim("hidden_token_nats", history[-1]["nats"], baseline=by_frequency)
claim("next_half_accuracy", history[-1]["follows"])

# %% [markdown] lang="en" role="alt"
# Two panels by epoch of pre-training. Left, the cross-entropy of a hidden token on validation reviews falls slowly and goes below
# the dotted line of guessing by frequency; right, the share of pairs judged rightly stays near the dotted line at one half.

# %% [markdown] lang="zh" role="alt" of="601b4b0a"
# 两幅随预训练轮数变化的曲线。左图：验证影评上藏起来的词元的交叉熵缓慢下降，低于表示按频率猜测的点线；右图：句对判对的比例停留在一半的点线附近。

# %% [markdown] lang="en"
# A hidden token costs {claim:hidden_token_nats.full}; guessing by frequency costs {claim:hidden_token_nats.baseline}. That is
# better, but not by much. The second exercise is not learnt at all: the share of pairs judged rightly is
# {claim:next_half_accuracy.full}, a coin's score. *What does the model fill in?* Look whether its guesses fit, or are only
# frequent.

# %% [markdown] lang="zh" of="ee6c74d1"
# 藏起来的词元，每个代价 {claim:hidden_token_nats.full}；按频率猜是 {claim:hidden_token_nats.baseline}。好一些，但好得不多。第二种习题根本没学会：句对判对的比例是
# {claim:next_half_accuracy.full}，与抛硬币无异。**模型会在空格里填什么？**看看填的词是合适，还是仅仅常见。

# %%
for sentence in ("it's a ? and funny film", "the performances ? wonderful", "one of the ? films of the year"):
    before, after = (small.encode(part)[1:-1] for part in sentence.split("?"))
    ids = np.array([[small.cls, *before, small.mask, *after, small.sep]])
    places = {"ids": ids, "segments": np.zeros_like(ids), "places": np.array([[len(before) + 1]])}
    guesses = keras.ops.convert_to_numpy(pretrained(places)["tokens"])[0, 0]
    print(f"{sentence:32}", *(small.pieces[number] for number in np.argsort(-guesses)[:6]))

# %% [markdown] lang="en"
# The guesses were merely frequent: commas, "the", "a".
#
# ## 6. Does that help? The control from scratch
#
# Now with labels: 1,000 training reviews, drawn five times. One model starts from the pre-trained weights, the control from fresh
# ones; all else is equal: the same reviews in the same order, as many steps, the same settings. Both are judged on the validation
# reviews. *If the pre-training has taught anything useful, the first must win.* Beside them counts chapter 04's naive Bayes.

# %% [markdown] lang="zh" of="18aa67ba"
# 它填的只是常见的：逗号、the、a。
#
# ## 6. 有用吗？从零开始的对照
#
# 现在用上标签：1000 条训练影评，抽五次。一个模型从预训练的权重出发，对照组从全新的权重出发，其余完全相同：同样的影评，同样的顺序，同样多的步数，同样的设置。
# 两者都在验证影评上评判。**如果预训练教会了什么有用的东西，前者就该赢。**旁边数词的是第 04 章的朴素贝叶斯。


# %%
longest = models.TINY.longest
ids = text.pad([small.encode(review, longest) for review in reviews.texts], longest)
training = models.RepeatedTraining(models.new_tiny_bert(len(small)), count=1000)
right = {"pre-trained": [], "from scratch": [], "naive Bayes": []}
for draw in range(5):
    rows = np.random.default_rng([seed, draw]).choice(train, 1000, replace=False)
    fresh = models.new_tiny_bert(len(small), seed=5 * seed + draw + 1)
    for name, start in (("pre-trained", tiny), ("from scratch", fresh)):
        model = training.run(start.get_weights(), ids[rows], reviews.target[rows], seed=draw)
        scores = model.predict(ids[validation], batch_size=len(validation), verbose=0)
        right[name].append(reviews.is_right(scores, validation))
    right["naive Bayes"].append(reviews.is_right(baselines.naive_bayes(reviews, rows)[validation], validation))
for name, of_draws in right.items():
    print(f"{name:13}", *(f"{of_draw.mean():.3f}" for of_draw in of_draws), f" mean {np.mean(of_draws):.4f}")
gain = paired_difference(np.mean(right["pre-trained"], axis=1), np.mean(right["from scratch"], axis=1))
print("pre-trained minus from scratch, and its standard error over the five draws:", gain)
claim("tiny_pretrained_accuracy", np.mean(right["pre-trained"]))
claim("tiny_scratch_accuracy", np.mean(right["from scratch"]))
claim("naive_bayes_beside_tiny", np.mean(right["naive Bayes"]))
claim("tiny_gain", gain.mean)

# %% [markdown] lang="en"
# Over the seeds: {claim:tiny_scratch_accuracy.full} from scratch, {claim:tiny_pretrained_accuracy.full} after pre-training, a gain
# of {claim:tiny_gain.full}. **Half a minute of pre-training has bought next to nothing here**: about one review in a hundred, give
# or take one (five other draws, in [benchmarks/08_bert.md](../benchmarks/08_bert.md), gave nearly two). And both lose to counting:
# naive Bayes gets {claim:naive_bayes_beside_tiny.full} from the same 1,000 reviews. (Nearly half of the reviews are longer than 32
# pieces and lose their end.) Why not more? The exercises were barely learnt: the model is a fraction of a nat better than guessing
# by frequency. And sentiment hangs on rarer words, of which it saw little: one that occurs 20 times was hidden about 15 times in
# five epochs. It is *not* a law that few sentences are useless: RoBERTa and ELECTRA, two relatives of BERT, were pre-trained for
# long on nothing but the texts of the task, and beat a pre-training on 10 to 500 times as much text on five and seven of ten tasks
# (Krishna et al., 2023). What we lack is size and training, and a laptop cannot give it. So let us take a model that somebody has
# trained for long.

# %% [markdown] lang="zh" of="dd5ab147"
# 多个种子下：从零开始 {claim:tiny_scratch_accuracy.full}，预训练之后 {claim:tiny_pretrained_accuracy.full}，
# 相差 {claim:tiny_gain.full}。**半分钟的预训练，在这里几乎什么也没换来**：一百条影评里大约一条，
# 上下差一条（[benchmarks/08_bert.md](../../benchmarks/08_bert.md) 另抽五次，接近两条）。而且两者都不如数词：同样的 1000 条，
# 朴素贝叶斯得到 {claim:naive_bayes_beside_tiny.full}。（将近一半的影评超过 32 个片段，末尾被截掉。）
# 为什么？习题几乎没学会：只比按频率猜好了零点几奈特。而褒贬要看较少见的词，这些词它练得不多：出现 20 次的词，五轮里总共只藏起来大约 15 次。这**并不**意味着句子少就一定没用：
# BERT 的两个近亲 RoBERTa 和 ELECTRA，只用任务自己的文本长时间预训练，就分别在十个任务中的五个和七个上胜过了用 10 到 500 倍文本的预训练（Krishna 等，2023）。
# 我们缺的是规模和训练量，笔记本电脑给不起。那就请来一个别人已经训练了很久的模型。


# %% [markdown] lang="en"
# ## 7. Searching by meaning
#
# Back to MiniLM. We let it read all reviews once and keep two things: for each of its seven layers the mean over the tokens, and the
# tokens' states after block 3 (section 9 needs them). *Does it find what is meant, even if no word is shared?* Type a query below in
# JupyterLab; a stored page cannot answer. The cell also changes the query by program, so that the tests know that the box works.

# %% [markdown] lang="zh" of="0cefd961"
# ## 7. 按意思搜索
#
# 回到 MiniLM。让它把所有影评读一遍，留下两样东西：七层之中每一层在词元上的平均，以及第 3 块之后各词元的状态（第 9 节要用）。**一个词都不相同，它也能找到意思相近的吗？**
# 在 JupyterLab 里，可以在下面的框里输入查询；静态页面不会回答。这一格还会用程序改动查询，好让测试知道这个框管用。

# %%
read = models.read_texts(minilm, sequences, frozen=3)
print("means", read.means.shape, " states of", f"{sum(map(len, read.states)):,} tokens")
of_reviews = unit(read.means[test, -1])


def search(query, count=3):
    """The test reviews whose vectors point most nearly in the direction of the query's."""
    ids = np.array([pieces.encode(query)])
    cosine = of_reviews @ unit(models.mean_of_tokens(minilm(ids), ids > 0).numpy()[0])
    best = np.argsort(-cosine)[:count]
    return "\n".join(f"{cosine[place]:.2f}  {reviews.texts[test[place]][:110]}" for place in best)


line, answer = text_box("search the reviews:", "I fell asleep in the cinema", search)
print(line.value, search(line.value), sep="\n")
shown_before = answer.value
line.value = "a tearful story about a soldier and his family"
assert answer.value != shown_before
print(line.value, search(line.value), sep="\n")

# %% [markdown] lang="en"
# The matches share few words with the query. They come near it in *topic*, an unpleasant visit to the cinema and stories of
# families; but neither sleep nor a soldier turns up. Do they also share the *opinion*? Two measurements. First, three sentences of
# our own: if opinion counts, "The film is good." lies nearer to "I enjoyed every minute." than to "The film is bad." Second, for
# every test review the most similar training review: how often do both have the same sentiment? The rival, TF-IDF, compares counted
# words.

# %% [markdown] lang="zh" of="b10d2303"
# 找到的影评与查询没有几个词相同，**题材**却相近：看得不舒服的电影，家庭的故事；不过既没有人睡着，也没有士兵。**看法**也相同吗？量两次。先用三个自己编的句子：如果看法算数，
# “The film is good.” 就该离 “I enjoyed every minute.” 较近，
# 离 “The film is bad.” 较远。再给每条测试影评找出最相似的训练影评，看两者的褒贬有多少次一致。对手按词的计数（TF-IDF）来找最相似的影评。

# %%
made_up = ["The film is good.", "The film is bad.", "I enjoyed every minute."]
ids = text.pad([pieces.encode(sentence) for sentence in made_up], 12)
good, bad, enjoyed = unit(models.mean_of_tokens(minilm(ids), ids > 0).numpy())
print(f"good and bad film: {good @ bad:.2f}, good film and enjoyed: {good @ enjoyed:.2f}")
claim("opposites_are_nearer", good @ bad - good @ enjoyed)

counted = TfidfVectorizer(analyzer=list, sublinear_tf=True).fit([reviews.tokens[row] for row in train])
counted = counted.transform(reviews.tokens)
nearest = {
    "MiniLM": (of_reviews @ unit(read.means[train, -1]).T).argmax(axis=1),
    "TF-IDF": (counted[test] @ counted[train].T).toarray().argmax(axis=1),
}
agree = {name: reviews.is_positive[train[found]] == reviews.is_positive[test] for name, found in nearest.items()}
print("neighbours that agree, MiniLM minus TF-IDF:", paired_difference(*agree.values()))
claim("neighbours_agree", np.mean(agree["MiniLM"]), baseline=np.mean(agree["TF-IDF"]))

# %% [markdown] lang="en"
# Of our three sentences, the opposite opinions on the same thing are closer than the same opinion in other words, by
# {claim:opposites_are_nearer} in cosine. The share of reviews whose nearest neighbour has the same sentiment is
# {claim:neighbours_agree}, no more than for TF-IDF ({claim:neighbours_agree.baseline}); a coin would have 0.5. The last layer was
# trained for *what a text is about*, and good or bad is a small part of that.
#
# ## 8. What does each layer know? The linear probe
#
# Leave MiniLM as it is and put a logistic regression on its vectors: a *linear probe* (Alain and Bengio, 2017). *Which layer knows
# most about sentiment?* We expect: not the embedding, which knows single words only; and, after the last section, not the last. And
# what if the regression may read all seven? How strongly it is regularised is chosen on the validation part.

# %% [markdown] lang="zh" of="c8b7d2d2"
# 这三个句子里，对同一件事的相反看法，比换一种说法的相同看法还要近，余弦相差 {claim:opposites_are_nearer}。最近邻褒贬一致的影评所占的比例为 {claim:neighbours_agree}，
# 并不比 TF-IDF（{claim:neighbours_agree.baseline}）高；抛硬币是 0.5。最后一层学的是“说的是什么”，好坏只占其中一小份。
#
# ## 8. 每一层知道些什么：线性探针
#
# MiniLM 原封不动，在它的向量上做逻辑回归，这叫**线性探针**（Alain 和 Bengio，2017）。**哪一层最懂褒贬？**我们估计：不会是嵌入层，它只认得单个的词；看了上一节，
# 也不会是最后一层。要是让回归同时读七层呢？正则化的强度在验证集上选。


# %%
def probe(features, rows, strength):
    """The scores of all reviews by a logistic regression that has learnt from `rows`."""
    scaled = StandardScaler().fit(features[rows]).transform(features)
    regression = LogisticRegression(C=strength, max_iter=300).fit(scaled[rows], reviews.is_positive[rows])
    return regression.decision_function(scaled)


def accuracy(scores, rows):
    return reviews.is_right(scores[rows], rows).mean()


all_layers = read.means.reshape(len(read.means), -1)
probes = {}
for name, features in {**{f"layer {n}": read.means[:, n] for n in range(7)}, "all layers": all_layers}.items():
    tried = {strength: probe(features, train, strength) for strength in (0.003, 0.01)}
    strength = max(tried, key=lambda candidate: accuracy(tried[candidate], validation))
    probes[name] = tried[strength]
in_probes = {name: accuracy(scores, validation) for name, scores in probes.items()}
figure, axes = plt.subplots()
bars = axes.bar(in_probes.keys(), in_probes.values())
bars[-1].set_color(plotting.COLOURS["orange"])
axes.bar_label(bars, fmt="%.3f")
axes.set(ylim=(0.7, 0.85), ylabel="accuracy on validation reviews")
plt.show()
claim("probe_validation", in_probes["all layers"], baseline=in_probes["layer 6"])

# %% [markdown] lang="en" role="alt"
# Bars: accuracy of a linear probe on the validation reviews for each of MiniLM's seven layers and for all together. It rises from
# 0.76 at the embedding to 0.80 at layer 5 and falls to 0.77 at the last; all layers together reach 0.81.

# %% [markdown] lang="zh" role="alt" of="d3795eab"
# 柱状图：MiniLM 七层各自以及全部合起来的线性探针在验证影评上的准确率。从嵌入层的 0.76 升到第 5 层的 0.80，最后一层回落到 0.77；七层合起来达到 0.81。


# %% [markdown] lang="en"
# The embedding alone, averaged, is made much like chapter 04's averaged word vectors and does far better than frozen GloVe did
# there and a little worse than vectors trained for the task. The bars tend upwards to the fifth and drop at the last; one bar is
# uncertain by about 0.012, so single steps mean little. All seven together, 2,688 numbers a review, reach {claim:probe_validation}
# (the last layer: {claim:probe_validation.baseline}).
#
# ## 9. Fine-tuning
#
# A probe reads what is there. Fine-tuning *changes* it: the label's gradient goes on into the encoder (Devlin et al., section 3.2).
# Training all six blocks would take twice as long as training three ([benchmarks/08_bert.md](../benchmarks/08_bert.md)); and the
# lower layers, which hold general knowledge of words, may stay frozen at little cost (Lee, Tang and Lin, 2019). So we read the
# reviews once through the lower three blocks, which section 7 has done already, and train only the upper three on what was kept:
# half of the forward and backward work of every step is saved. Texts of like length share a batch, so that little is padding. The
# targets are chapter 04's, the raters' mean as a probability; the output is one number from the mean over the tokens; AdamW's rate
# rises to 0.0002 and stays there for one pass over the reviews. What remains is not the last weights but their moving average over
# about the last fifth of the steps, which calms them as a falling rate would (Polyak and Juditsky, 1992; chapter 03 averages its weights, too). We compared both
# without the test part: five times over, four fifths of the training and validation reviews were learnt from and the other fifth
# was judged. This recipe, which does without dropout, too, got 84.3 % right; dropout of 0.1 and a rate that rises to 0.0003 and
# falls, 83.8 %: about two standard errors less.
#
# *Does changing beat reading?* The validation part tells.

# %% [markdown] lang="zh" of="f1fbda43"
# 单看嵌入层，取平均，做法与第 04 章的平均词向量大同小异，结果比那里冻结的 GloVe 好得多，比专为这个任务训练过的词向量略差。大体上直到第 5 层逐层升高，最后一层回落；
# 每根柱子的标准误约 0.012，单独一步说明不了什么。七层合起来，每条影评 2688 个数，达到 {claim:probe_validation}（最后一层：
# {claim:probe_validation.baseline}）。
#
# ## 9. 微调
#
# 探针只读现成的东西，微调则**改动**它：标签的梯度一直传进编码器（Devlin 等，第 3.2 节）。六块全部训练，
# 时间是只训练三块的两倍（[benchmarks/08_bert.md](../../benchmarks/08_bert.md)）；而下面几层装的是关于词的一般知识，
# 冻结它们代价很小（Lee、Tang 和 Lin，2019）。于是影评只通过下面三块一次，这在第 7 节已经做好了；上面三块就在留下的状态上训练，每一步都省掉一半的前向计算和一半的反向计算。
# 长度相近的文本放在同一批，填充就很少。目标与第 04 章相同，把评分者的平均当作概率；在词元上取平均，最后输出一个数；用 AdamW，学习率升到 0.0002 后保持不变，影评只过一遍。
# 最后留下的不是最后一步的权重，而是大约最后五分之一步数里权重的移动平均：它和降低学习率一样能让权重平静下来（Polyak 和 Juditsky，1992；第 03 章也对权重取平均）。
# 两种做法我们没有动用测试集就比较过：把训练集和验证集分成五份，轮流用四份训练，在剩下的一份上评判。现在这套做法（也不用随机丢弃）答对 84.3%；
# 随机丢弃率 0.1、学习率升到 0.0003 再降到零的，答对 83.8%，少了大约两个标准误。
#
# **改动胜得过只读吗？**用验证集来看。

# %%
for function in (models.build_classifier_on, models.fine_tune):
    print(inspect.getsource(function).split('"""')[0].strip(), "...", inspect.getsource(function).split('"""')[2])

# %%
fresh = models.build_minilm()  # section 7's search goes on with the other
classifier = models.fine_tune(fresh, read, train, reviews.target[train], seed=seed, callbacks=[EpochReport()])
fine_tuned = np.full(len(reviews.texts), np.nan)
for rows in (validation, test):
    fine_tuned[rows] = models.classify(classifier, read, rows)
print(f"validation: {accuracy(fine_tuned, validation):.4f} (probe {accuracy(probes['all layers'], validation):.4f})")


# %% [markdown] lang="en"
# ## 10. What pre-training buys
#
# All choices are made, on the validation part; now the test reviews decide. (Section 7 has looked at them, but nothing was chosen
# by it.) Beside the networks stand two ways of counting words and pairs of words, TF-IDF and naive Bayes, and chapter 04's best,
# trained here once more on the same split. All meet the same reviews, so we look at the paired differences. *Does the winner make
# counting superfluous?* The last row adds the scores of both, weighted by a logistic regression on the validation part (*stacking*,
# Wolpert, 1992).

# %% [markdown] lang="zh" of="07c9f1a3"
# ## 10. 预训练换来了什么
#
# 选择都在验证集上做完了，现在由测试集裁决。（第 7 节看过测试集，但没有根据它作任何选择。）与网络并列的是两种数词和词对的办法（TF-IDF 和朴素贝叶斯）以及第 04 章最好的模型，后者在同样的划分上重新训练一遍。
# 大家面对的是同样的影评，所以要看配对差。**有了胜者，计数就多余了吗？**最后一行把两者的得分加权相加，权重由验证集上的逻辑回归来定（**堆叠**；Wolpert，1992）。

# %%
print("reviews that training and test share:", datasets.overlap(reviews.group[train], reviews.group[test]))
of_04 = models.train_text_classifier(reviews, seed)[0].predict(reviews.inputs(slice(None)), batch_size=500, verbose=0)
both = np.stack([fine_tuned, baselines.tfidf_regression(reviews, train)], axis=1)
weighted = LogisticRegression().fit(both[validation], reviews.is_positive[validation])
in_table = {
    "TF-IDF": (both[:, 1], "nothing"),
    "naive Bayes": (baselines.naive_bayes(reviews, train), "nothing"),
    "chapter 04's three embeddings": (of_04, "GloVe vectors"),
    "probe, last layer": (probes["layer 6"], "MiniLM, frozen"),
    "probe, all layers": (probes["all layers"], "MiniLM, frozen"),
    "upper half fine-tuned": (fine_tuned, "MiniLM"),
    "the same and TF-IDF": (both @ weighted.coef_[0] + weighted.intercept_, "MiniLM"),
}
right = {name: reviews.is_right(np.ravel(scores)[test], test) for name, (scores, _) in in_table.items()}
best = right["upper half fine-tuned"]
print(f"{'':30} {'pre-trained':15} test     fine-tuned minus this")
for name, (_, source) in in_table.items():
    difference = "" if right[name] is best else paired_difference(best, right[name])
    print(f"{name:30} {source:15} {right[name].mean():.4f}   {difference}")
claim("fine_tuned_accuracy", best.mean(), baseline=right["naive Bayes"].mean())
over_04 = paired_difference(best, right["chapter 04's three embeddings"])
claim("fine_tuned_over_chapter_04", over_04.mean)
claim("fine_tuned_over_chapter_04_in_errors", over_04.in_errors)
claim("probe_accuracy", right["probe, all layers"].mean(), baseline=right["probe, last layer"].mean())
claim("with_counting", right["the same and TF-IDF"].mean(), baseline=best.mean())


# %% [markdown] lang="en"
# Over the seeds: {claim:fine_tuned_accuracy.full}; naive Bayes {claim:fine_tuned_accuracy.baseline}, TF-IDF {claim:tfidf_with_all}.
# Over chapter 04's network the gain is {claim:fine_tuned_over_chapter_04.full}, on average
# {claim:fine_tuned_over_chapter_04_in_errors} standard errors. The probe on all layers costs a few seconds of regression and gets
# {claim:probe_accuracy}: about as much as TF-IDF, less than naive Bayes, which is one division and one logarithm a word, and less
# than chapter 04: *reading* what the model knows is not enough here, *changing* it is what pays. And counting is not superfluous:
# both together get {claim:with_counting.full}. The last row tells how sure that is: fine-tuned minus both.
#
# Runs differ by their seed, and so do their mistakes. Three that judge together, by the mean of their scores, gain 0.002 over one of
# them, for three times the work ([benchmarks/08_bert.md](../benchmarks/08_bert.md)). With a rate that falls it was 0.005: the average
# of the weights seems to have taken a part of that for nothing. (The benchmark draws the order of the reviews otherwise, and its
# three runs got 0.836. So a mean over a few seeds has an error, too.)
#
# *And with fewer labels?* Pre-training is said to save labelled data (A2 §2.3). We give each method 100, 300, 1,000, 3,000 and all
# labelled reviews and measure on the test part; up to 1,000 are drawn three times. TF-IDF and the probe keep the regularisation
# that was best with all labels. (Fine-tuning on fewer reviews is in [benchmarks/08_bert.md](../benchmarks/08_bert.md).)

# %% [markdown] lang="zh" of="6d967fd9"
# 多个种子下：{claim:fine_tuned_accuracy.full}，朴素贝叶斯为 {claim:fine_tuned_accuracy.baseline}，TF-IDF 为 {claim:tfidf_with_all}。
# 比第 04 章的网络高出 {claim:fine_tuned_over_chapter_04.full}，平均
# {claim:fine_tuned_over_chapter_04_in_errors} 个标准误。全部七层的探针只花几秒钟做回归，得到 {claim:probe_accuracy}：
# 与 TF-IDF 不相上下，不如朴素贝叶斯（每个词只是一次除法、一次对数），也不如第 04 章：在这里，光**读**模型已知的东西还不够，
# **改动**它才划算。计数也并不多余：两者合起来得到 {claim:with_counting.full}；最后一行是“单独微调减去两者合起来”，说明这有多可靠。
#
# 种子不同，错的地方也不尽相同。三次微调一起判，取得分的平均，比单独一次高 0.002，代价是三倍的计算（见 [benchmarks/08_bert.md](../../benchmarks/08_bert.md)）。
# 学习率下降的那种做法，这一步曾值 0.005：看来权重的平均已经不花代价地拿走了一部分。（基准测试里影评的次序另外抽取，三次得到 0.836。可见几个种子的平均本身也有误差。）
#
# **标注更少时呢？**都说预训练能节省标注数据（A2 §2.3）。我们给每种方法 100、300、1000、3000 条和全部带标注的影评，在测试集上衡量；不超过 1000 条的，各抽三次。
# TF-IDF 和探针的正则化强度，都沿用全部标签时最好的。（用更少的影评微调，见 [benchmarks/08_bert.md](../../benchmarks/08_bert.md)。）

# %%
sizes = (100, 300, 1000, 3000)
learners = {"TF-IDF": baselines.tfidf_regression, "naive Bayes": baselines.naive_bayes}
learners["probe, all layers"] = lambda _, rows: probe(all_layers, rows, strength)
curves = {name: [] for name in learners}
for size in sizes:
    generators = map(np.random.default_rng, range(3 * seed, 3 * seed + (3 if size <= 1000 else 1)))
    draws = [generator.choice(train, size, replace=False) for generator in generators]
    for name, method in learners.items():
        curves[name].append(np.mean([accuracy(method(reviews, rows), test) for rows in draws]))
sizes = (*sizes, len(train))
for name, of_method in curves.items():
    of_method.append(right[name].mean())

# %% tags=["picture"]
figure, axes = plt.subplots()
for (name, values), marker in zip(curves.items(), "osv", strict=True):
    axes.plot(sizes, values, marker + "-", label=name)
axes.plot(len(train), best.mean(), "D", label="upper half fine-tuned")
axes.set(xscale="log", xlabel="labelled reviews", ylabel="accuracy on test reviews")
axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
axes.minorticks_off()
axes.legend()
plt.show()
for name, values in curves.items():
    print(f"{name:18}", *(f"{size:,}: {value:.3f}  " for size, value in zip(sizes, values, strict=True)))
claim("probe_with_100", curves["probe, all layers"][0], baseline=curves["TF-IDF"][0])
claim("probe_with_1000", curves["probe, all layers"][2], baseline=curves["naive Bayes"][2])
claim("naive_bayes_with_3000", curves["naive Bayes"][3])
claim("tfidf_with_all", curves["TF-IDF"][-1])

# %% [markdown] lang="en" role="alt"
# Accuracy on test reviews against the number of labelled reviews, 100 to 7,440, on a logarithmic axis. TF-IDF climbs from below 0.6
# to 0.78, naive Bayes from below 0.6 to 0.80, the probe on MiniLM from about 0.7 to 0.79, and the fine-tuned model, with all
# reviews, stands well above them at 0.84.

# %% [markdown] lang="zh" role="alt" of="19488fc8"
# 测试影评的准确率随带标注影评数目（100 到 7440，对数坐标）的变化。TF-IDF 从不到 0.6 升到 0.78，朴素贝叶斯从不到 0.6 升到 0.80，
# MiniLM 的探针从约 0.7 升到 0.79，用上全部影评的微调模型达到 0.84，明显高于它们。

# %% [markdown] lang="en"
# With 100 labels the probe gets {claim:probe_with_100.full}, TF-IDF {claim:probe_with_100.baseline}: words that counting has never
# met mean something to MiniLM already. With 1,000 labels the probe gets {claim:probe_with_1000.full}, about as much as naive Bayes
# with 3,000 ({claim:naive_bayes_with_3000}). The lead shrinks as labels come in, and in the end counting is ahead: with all 7,440
# the probe has {claim:probe_accuracy}, naive Bayes {claim:fine_tuned_accuracy.baseline}. So A2 is right about the saving, *for a
# model that has been pre-trained for long*; our own of section 5 saved next to nothing.
#
# *What has changed inside?* Each review is a point: its mean vector before and after fine-tuning, seen in the two directions of
# largest variance. Have the two colours parted?

# %% [markdown] lang="zh" of="bb994604"
# 只有 100 个标签时，探针得到 {claim:probe_with_100.full}，TF-IDF {claim:probe_with_100.baseline}：计数从没见过的词，
# MiniLM 已经懂得几分。有 1000 个标签时，探针得到 {claim:probe_with_1000.full}，
# 与朴素贝叶斯用 3000 个（{claim:naive_bayes_with_3000}）相当。标签越多，差距越小，最后反被计数超过：用上全部 7440 个，
# 探针是 {claim:probe_accuracy}，朴素贝叶斯是 {claim:fine_tuned_accuracy.baseline}。所以 A2 关于节省标注的说法是对的，**前提是模型经过长时间的预训练**；
# 第 5 节我们自己的那个几乎什么也没省下。
#
# **内部起了什么变化？**把每条影评画成一个点：微调前后的平均向量，在方差最大的两个方向上看。两种颜色分开了吗？

# %%
inner = keras.Model(classifier.inputs, classifier.get_layer("score").input)  # what the last layer sees
shown = np.random.default_rng(seed).choice(test, 600, replace=False)
figure, panels = plt.subplots(1, 2, figsize=(8, 3.4))
views, agreement = {"before": read.means[shown, -1], "after": models.run_on(inner, read, shown)}, []
for axes, (title, vectors) in zip(panels, views.items(), strict=True):
    centred = vectors - vectors.mean(axis=0)
    x, y = np.linalg.svd(centred, full_matrices=False)[2][:2] @ centred.T
    for name, label in (("positive", True), ("negative", False)):
        rows = reviews.is_positive[shown] == label
        axes.scatter(x[rows], y[rows], s=8, alpha=0.7, label=name)
    cosine = unit(centred) @ unit(centred).T - 2 * np.eye(len(shown))
    agreement.append(np.mean(reviews.is_positive[shown][cosine.argmax(axis=1)] == reviews.is_positive[shown]))
    axes.set_title(f"{title} fine-tuning: {agreement[-1]:.0%} of neighbours agree")
    axes.set(xlabel="first direction of variance", ylabel="second direction", xticks=[], yticks=[])
panels[1].legend()
plt.show()
claim("neighbours_agree_after", agreement[1], baseline=agreement[0])

# %% [markdown] lang="en" role="alt"
# Two clouds of 600 test reviews, positive and negative in two colours. Before fine-tuning both colours are mixed all over the
# cloud; after it they form an arch, with positive reviews along one arm, negative ones along the other, and both mixed at its top.

# %% [markdown] lang="zh" role="alt" of="025a1c35"
# 600 条测试影评的两幅点图，好评和差评各用一种颜色。微调之前，两种颜色混在一起；微调之后，点排成一道拱：好评在一支，差评在另一支，拱顶一带混杂。

# %% [markdown] lang="en"
# Fine-tuning has turned a map of topics into a scale of opinion: the share of nearest neighbours that agree has risen from
# {claim:neighbours_agree_after.baseline} to {claim:neighbours_agree_after} (among the 600 reviews shown, after subtracting their
# mean, on average over the seeds; section 7 looked among the training reviews). *And where does it still fail?* The reviews that it
# is surest about and wrong:

# %% [markdown] lang="zh" of="99f7a35a"
# 微调把一张题材的地图变成了一把好恶的尺子：
# 最近邻褒贬一致的比例从 {claim:neighbours_agree_after.baseline} 升到 {claim:neighbours_agree_after}（只在所画的 600 条之间找，
# 先减去平均，多个种子平均；第 7 节是在训练影评里找）。**还在哪里出错？**
# 看看它最有把握却判错的影评：

# %%
wrong = test[best == 0]
for row in wrong[np.argsort(-np.abs(fine_tuned[wrong]))[:6]]:
    says = "positive" if fine_tuned[row] > 0 else "negative"
    print(f"says {says}, raters {reviews.rating[row]:+.1f}: {reviews.texts[row][:130]}")

# %% [markdown] lang="en"
# Irony, praise for one thing in a review that condemns another, and ratings that one may doubt. Where a rating is near zero, the
# raters themselves were divided or lukewarm.
#
# ## 11. Break it
#
# Six faults that raise no error by themselves, each stopped by a check.

# %% [markdown] lang="zh" of="c7808130"
# 反话、褒中有贬，还有一些本身就可疑的评分。评分接近零的，评分者自己也意见不一，或者不冷不热。
#
# ## 11. 故意弄坏
#
# 六个自己不会报错的毛病，各由一个检验拦住。


# %%
with caught("every chosen token becomes [MASK]"):
    masked = np.where(hidden.is_chosen, pieces.mask, pairs.ids)[hidden.is_chosen] == pieces.mask
    claim("corruption_deviation", (masked.mean() - 0.8) / np.sqrt(0.8 * 0.2 / len(masked)))

with caught("the exchanged half is drawn from all, whatever its length"):
    lengths = np.array([(len(first), len(second)) for first, second in halves])
    exchanged = rng.random(len(lengths)) < 0.5
    second = np.where(exchanged, rng.permutation(lengths[:, 1]), lengths[:, 1])
    rule = np.isin(second - lengths[:, 0], [0, 1])  # halves are equally long, or the second has one piece more
    by_length = np.mean(rule == ~exchanged)
    assert by_length < 0.6, f"a rule that looks at nothing but the lengths judges {by_length:.0%} of the pairs rightly"

with caught("the text is not made lower-case for a vocabulary that is"):
    unknown = np.mean(["[UNK]" in pieces.split_word(word) for word in ["A", "Gripping", "Tale", "By", "Spielberg"]])
    assert unknown < 0.05, f"{unknown:.0%} of the words are unknown"

with caught("the vector of the first segment is left out: all segment numbers are 0, so it looks harmless"):
    without = minilm.norm(minilm.tokens(np.array(encoded[:1]))).numpy()
    assert np.allclose(without[0], by_hand[0][0], atol=1e-5), "layer 0 is not the reference's"

with caught("padding is looked at like words"):
    x, alone = minilm.embed(text.pad(encoded[:1], 24)), minilm(np.array(encoded[:1]))
    for block in minilm.blocks:
        x = block(x)
    assert np.allclose(x[:, : len(encoded[0])], alone, atol=1e-5), "padding has changed the words' vectors"

with caught("the test reviews are trained on as well"):
    leaked = datasets.overlap(reviews.group[np.concatenate([train, test[:50]])], reviews.group[test])
    assert leaked == 0, f"{leaked} test reviews, or near-duplicates of them, are in the training part"

# %% [markdown] lang="en"
# The second is the most instructive. Given such pairs, a model can get more than nine in ten right by counting alone; with the
# shortcut closed, ours is at a coin's score (section 5). Whenever an exercise makes itself, ask which cheap rule solves it.
# (RoBERTa later dropped the next-sentence task and was none the worse for it; Liu et al., 2019.)
#
# ## 12. Why it matters for large models
#
# How large is large? The number of weights follows from four sizes. With width $w$, $b$ blocks, $t$ tokens in the vocabulary and
# $p$ positions, a BERT has
#
# $$w (t + p + 4) + b \, (12 w^2 + 13 w)$$
#
# weights (tables, two segment vectors, a normalisation; in each block $4 w^2$ for the attention, $8 w^2$ for the feed-forward
# network of hidden width $4 w$, and $13 w$ for biases and two normalisations). *Does it count right?* For MiniLM we can check.
# GPT-3's blocks are built alike, so the formula holds for them too.

# %% [markdown] lang="zh" of="906d2ab2"
# 第二个最有教益。拿到这样的句对，模型只要数个数，就能判对九成以上；堵上这条捷径，我们的模型就与抛硬币无异（第 5 节）。凡是习题自己出自己答，都要问一句：有没有什么省事的规则也能答对？
# （RoBERTa 后来去掉了下一句预测，成绩一点没降；Liu 等，2019。）
#
# ## 12. 与大模型有什么关系
#
# 多大才算大？权重的个数由四个尺寸决定。宽度 $w$，$b$ 块，词汇表里 $t$ 个词元，$p$ 个位置，BERT 有
#
# $$w (t + p + 4) + b \, (12 w^2 + 13 w)$$
#
# 个权重（嵌入表、两个句段向量、一次归一化；每块里注意力占 $4 w^2$，隐藏层宽 $4 w$ 的前馈网络占 $8 w^2$，偏置和两次归一化占 $13 w$）。**数得对吗？**MiniLM 可以核对。GPT-3 的块结构相同，公式照样适用。


# %%
def weight_count(width, blocks, tokens=30_522, positions=512):
    return width * (tokens + positions + 4) + blocks * (12 * width**2 + 13 * width)


assert weight_count(384, 6) == minilm.count_params()
for name, count in {
    "tiny BERT of section 5": tiny.count_params(),
    "MiniLM": weight_count(384, 6),
    "BERT base (2018)": weight_count(768, 12),
    "BERT large (2018)": weight_count(1024, 24),
    "GPT-3 (2020)": weight_count(12_288, 96, tokens=50_257, positions=2048),
}.items():
    print(f"{name:24} {count:>18,}")


# %% [markdown] lang="en"
# The formula is exact for MiniLM (for BERT, the paper says 110 and 340 million). A2 gives "millions to some hundred millions" of
# weights as typical of large models: that was true of BERT in 2018; GPT-3 had 175 billion two years later. The first half of the
# recipe has stayed: *an exercise that makes itself from text.* The second, a little training for the task, GPT-3 could replace by a
# few examples in the prompt. This chapter has measured both ends: a small model and half a minute gave next to nothing (section 6);
# 22.6 million weights that others have trained for long gave {claim:fine_tuned_accuracy} on reviews. The history that the articles
# tell around it has several wrong years, names and systems; [ERRATA.md](ERRATA.md) puts them right.
#
# ## Summary
#
# - WordPiece: frequent words are one piece, rare ones several; almost nothing is unknown.
# - Hidden words and exchanged halves are exercises without labels. Check their shares, and look for the cheap rule that solves them.
# - An encoder of seven layers in our own code agrees with NumPy to 0.00001, and with MiniLM's published similarities to
#   {claim:similarity_error}.
# - A tiny BERT after half a minute on 7,440 sentences: better than guessing by frequency, and of hardly any use for the reviews
#   ({claim:tiny_gain.full} in accuracy).
# - MiniLM's last layer is not the best one to read: a probe on it gets {claim:probe_accuracy.baseline}, on all layers {claim:probe_accuracy}.
# - Fine-tuned: {claim:fine_tuned_accuracy.full}, naive Bayes {claim:fine_tuned_accuracy.baseline}; with TF-IDF added to the
#   fine-tuned model {claim:with_counting}. With 100 labels a probe gets {claim:probe_with_100}, TF-IDF
#   {claim:probe_with_100.baseline}.
#
# ## Exercises
#
# 1. Compute on paper the score of joining `##u` and `##n` after `##ug` has been joined (section 2). Which pair is next? Check with
#    `pair_scores`. (15 minutes)
# 2. Search for "not a good film" and for "a good film". How alike are the answers, and why? (10 minutes)
# 3. Probe the [CLS] token instead of the mean: `minilm.layers_of(ids)[:, :, 0]`, in batches of 64 reviews. Why is the embedding's
#    probe at chance level there? (20 minutes)
# 4. Give section 6 only 200 labelled reviews, then 5,000. Does the sign of the gain change? Is it more than two standard errors? (20 minutes)
# 5. Fine-tune only the upper two blocks (`frozen=4`). What does it save, what does it cost? Choose on the validation part. (25 minutes)
# 6. Give the weighted sum of section 10 chapter 04's network as a third score. Is the gain over two scores on the test part more than
#    two standard errors? (20 minutes)
#
# ## References
#
# - J. Devlin, M.-W. Chang, K. Lee, K. Toutanova (2019). *BERT: pre-training of deep bidirectional Transformers for language understanding.*
#   NAACL-HLT, 4171–4186. doi:10.18653/v1/N19-1423 (A2 and A0 give wrong authors and places)
# - M. Schuster, K. Nakajima (2012). *Japanese and Korean voice search.* ICASSP, 5149–5152. doi:10.1109/ICASSP.2012.6289079 (WordPiece)
# - W. Wang, F. Wei, L. Dong, H. Bao, N. Yang, M. Zhou (2020). *MiniLM: deep self-attention distillation for task-agnostic compression of
#   pre-trained Transformers.* NeurIPS 33. arXiv:2002.10957
# - N. Reimers, I. Gurevych (2019). *Sentence-BERT: sentence embeddings using Siamese BERT-networks.* EMNLP-IJCNLP, 3982–3992.
#   doi:10.18653/v1/D19-1410
# - D. H. Wolpert (1992). *Stacked generalization.* Neural Networks 5(2), 241–259. doi:10.1016/S0893-6080(05)80023-1
# - G. Alain, Y. Bengio (2017). *Understanding intermediate layers using linear classifier probes.* ICLR workshop. arXiv:1610.01644
# - J. Lee, R. Tang, J. Lin (2019). *What would Elsa do? Freezing layers during Transformer fine-tuning.* arXiv:1911.03090
# - B. T. Polyak, A. B. Juditsky (1992). *Acceleration of stochastic approximation by averaging.* SIAM Journal on Control and Optimization
#   30(4), 838–855.
# - Y. Liu et al. (2019). *RoBERTa: a robustly optimized BERT pretraining approach.* arXiv:1907.11692
# - K. Krishna, S. Garg, J. Bigham, Z. Lipton (2023). *Downstream datasets make surprisingly good pretraining corpora.* ACL, 12207–12222.
#   doi:10.18653/v1/2023.acl-long.682
# - D. Hendrycks, K. Gimpel (2016). *Gaussian error linear units (GELUs).* arXiv:1606.08415
# - T. B. Brown et al. (2020). *Language models are few-shot learners.* NeurIPS 33. arXiv:2005.14165
# - B. Pang, L. Lee (2005). *Seeing stars: exploiting class relationships for sentiment categorization with respect to rating scales.* ACL,
#   115–124. doi:10.3115/1219840.1219855 (the sentences)

# %% [markdown] lang="zh" of="e93a9401"
# 公式对 MiniLM 分毫不差（BERT 的论文里写的是 1.1 亿和 3.4 亿）。A2 说大模型的参数“在百万到数亿级别”：用来说 2018 年的 BERT 是对的，
# 可两年后的 GPT-3 已有 1750 亿。配方的前一半没有变：**让文本自己出题**；后一半“再为具体任务训练一点点”，GPT-3 已能用提示里的几个例子来代替。
# 本章量了两头：小模型练半分钟，几乎什么也没换来（第 6 节）；别人训练了很久的 2260 万个权重，在影评上换来了 {claim:fine_tuned_accuracy}。
# 文章围绕这些讲的历史，有好几处年份、人名和系统不对，[ERRATA.md](ERRATA.md) 一一作了更正。
#
# ## 小结
#
# - WordPiece：常用词一片，罕见词几片，几乎没有未知词。
# - 藏词、换半句，是不要标签的习题。要检验各种比例，还要提防能蒙对的省事规则。
# - 自己写的七层编码器与 NumPy 相差不到 0.00001，与 MiniLM 公布的相似度相差不过 {claim:similarity_error}。
# - 在 7440 个句子上预训练半分钟的微型 BERT：比按频率猜要好，对影评分类却几乎没有用处（准确率相差 {claim:tiny_gain.full}）。
# - MiniLM 的最后一层并不最好用：只读它的探针得到 {claim:probe_accuracy.baseline}，读全部各层的得到 {claim:probe_accuracy}。
# - 微调之后：{claim:fine_tuned_accuracy.full}，朴素贝叶斯为 {claim:fine_tuned_accuracy.baseline}；微调的模型加上 TF-IDF，{claim:with_counting}。只有 100 个标签时，探针 {claim:probe_with_100}，TF-IDF {claim:probe_with_100.baseline}。
#
# ## 练习
#
# 1. 在纸上算：合并 `##ug` 之后，`##u` 与 `##n` 的得分是多少（第 2 节）？接下来合并哪一对？用 `pair_scores` 核对。（15 分钟）
# 2. 分别搜索 “not a good film” 和 “a good film”。结果有多像，为什么？（10 分钟）
# 3. 把探针从平均改到 [CLS] 词元上：`minilm.layers_of(ids)[:, :, 0]`，每批 64 条影评。为什么嵌入层的探针在那里与瞎猜无异？（20 分钟）
# 4. 第 6 节只给 200 条带标注的影评，再给 5000 条。差值的正负号变不变？超过两个标准误吗？（20 分钟）
# 5. 只微调上面两块（`frozen=4`）。省了什么，赔了什么？在验证集上选择。（25 分钟）
# 6. 在第 10 节的加权和里，把第 04 章网络的得分作为第三项加进去。测试集上比只用两项的提高，超过两个标准误吗？（20 分钟）
#
# ## 参考文献
#
# - J. Devlin, M.-W. Chang, K. Lee, K. Toutanova (2019). *BERT: pre-training of deep bidirectional Transformers for language understanding.*
#   NAACL-HLT, 4171–4186. doi:10.18653/v1/N19-1423（A2 和 A0 把作者和出处都写错了）
# - M. Schuster, K. Nakajima (2012). *Japanese and Korean voice search.* ICASSP, 5149–5152. doi:10.1109/ICASSP.2012.6289079（WordPiece）
# - W. Wang, F. Wei, L. Dong, H. Bao, N. Yang, M. Zhou (2020). *MiniLM: deep self-attention distillation for task-agnostic compression of
#   pre-trained Transformers.* NeurIPS 33. arXiv:2002.10957
# - N. Reimers, I. Gurevych (2019). *Sentence-BERT: sentence embeddings using Siamese BERT-networks.* EMNLP-IJCNLP, 3982–3992. doi:10.18653/v1/D19-1410
# - D. H. Wolpert (1992). *Stacked generalization.* Neural Networks 5(2), 241–259. doi:10.1016/S0893-6080(05)80023-1
# - G. Alain, Y. Bengio (2017). *Understanding intermediate layers using linear classifier probes.* ICLR workshop. arXiv:1610.01644
# - J. Lee, R. Tang, J. Lin (2019). *What would Elsa do? Freezing layers during Transformer fine-tuning.* arXiv:1911.03090
# - B. T. Polyak, A. B. Juditsky (1992). *Acceleration of stochastic approximation by averaging.* SIAM Journal on Control and Optimization
#   30(4), 838–855.
# - Y. Liu et al. (2019). *RoBERTa: a robustly optimized BERT pretraining approach.* arXiv:1907.11692
# - K. Krishna, S. Garg, J. Bigham, Z. Lipton (2023). *Downstream datasets make surprisingly good pretraining corpora.* ACL, 12207–12222.
#   doi:10.18653/v1/2023.acl-long.682
# - D. Hendrycks, K. Gimpel (2016). *Gaussian error linear units (GELUs).* arXiv:1606.08415
# - T. B. Brown et al. (2020). *Language models are few-shot learners.* NeurIPS 33. arXiv:2005.14165
# - B. Pang, L. Lee (2005). *Seeing stars: exploiting class relationships for sentiment categorization with respect to rating scales.* ACL,
#   115–124. doi:10.3115/1219840.1219855（影评句子的来源）
