# %% [markdown] lang="en"
# # 08 · BERT: pre-training and fine-tuning
#
# At the end you will have pre-trained a small BERT yourself, filled your own encoder with the 22.6 million weights of a real one,
# checked it against NumPy layer by layer, searched two thousand film reviews by meaning, and measured what pre-training buys.
#
# | | |
# |---|---|
# | **You will build** | WordPiece; texts with hidden words and exchanged sentences; a tiny BERT; an encoder that takes MiniLM's weights; a search by meaning; a fine-tuned classifier of film reviews |
# | **You will learn** | how to learn from text that nobody has labelled, what a layer of a language model knows, why the last layer is not the best one to read, when fine-tuning pays and when counting words is enough |
# | **You need** | chapter 04 (the same reviews, the same split) and chapter 05 (attention, the encoder block) |
# | **Time and memory** | {run:seconds} s on two processor cores, {run:memory} GB |
# | **Follows** | A2 §1.3.3, §1.4.3 and §2.3 ([which articles?](../README.md#the-articles)) |
#
# Chinese edition: [zh/08_bert_pretrain_finetune.ipynb](zh/08_bert_pretrain_finetune.ipynb). Errors of the articles: [ERRATA.md](ERRATA.md).
# Lines that begin with ✓ are promises, measured over several seeds; the run stops if one no longer holds.

# %% [markdown] lang="zh" of=""
# # 08 · BERT：预训练与微调
#
# 读完本章，你会亲手预训练一个小小的 BERT，把一个真实模型的 2260 万个权重装进自己写的编码器，用 NumPy 逐层核对，按意思搜索两千条影评，
# 并且量出预训练究竟值多少。
#
# | | |
# |---|---|
# | **动手做** | WordPiece 分词；藏起词、换掉句子的训练数据；一个微型 BERT；能装下 MiniLM 权重的编码器；按意思搜索；微调出来的影评分类器 |
# | **学到** | 没有人标注的文本怎样拿来学习，语言模型的一层知道些什么，为什么最后一层并不最好用，微调何时划算、何时数词就够了 |
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

from course_utils import baselines, datasets, models, plotting, pretraining, text
from course_utils.claims import caught
from course_utils.metrics import paired_difference
from course_utils.notebook import text_box
from course_utils.wordpiece import SPECIAL, WordPiece, learn_pieces, pair_scores, words

# %% [markdown] lang="en"
# ## 1. The listing as published
#
# Article A2 shows BERT as a text classifier in PyTorch: fetch a model, encode one sentence, train. One line cannot even be read
# by Python. We ask Python to *compile* it, which needs neither PyTorch nor a network.

# %% [markdown] lang="zh" of=""
# ## 1. 文章里的代码
#
# 文章 A2 用 PyTorch 展示 BERT 文本分类：取来模型，给一个句子编码，训练。其中有一行，Python 连读都读不懂。我们只请 Python **编译**它，
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
# A bracket is missing. What would happen with the bracket? The ids of the sentence are not padded, the mask is padded to 50, so the
# shapes would not fit; and the labels go to the graphics card while the model stays behind. We mend all that, put
# MiniLM in the place of `bert-base-uncased` (six layers instead of twelve, and the repository carries it), and keep the rest: dropout of 0.3, two
# classes, Adam with its default rate of 0.001, and **one sentence with the label 1**, over and over again. The article takes 1,000
# steps; 30 will do. *What do you expect the model to think of film reviews it has never seen?*

# %% [markdown] lang="zh" of=""
# 少了一个括号。补上括号又会怎样？句子的编号没有填充，掩码却填充到 50，形状对不上；标签送去了显卡，模型却没有搬过去。我们把这些都修好，用 MiniLM 代替
# `bert-base-uncased`（六层而不是十二层，仓库里就有），其余照旧：丢弃率 0.3，两个类别，Adam 用默认学习率 0.001，**一个标签为 1 的句子**，
# 反反复复地训练。文章训练 1000 步，这里 30 步就够了。**你猜，模型会怎样看待它从没见过的影评？**

# %%
pieces = WordPiece(datasets.load_bert_vocabulary())
reviews = models.prepare_reviews("en")  # texts, split and labels of chapter 04
train, validation, test = reviews.parts
sequences = [pieces.encode(review, longest=models.LONGEST_REVIEW) for review in reviews.texts]

encoder = models.build_minilm()
ids = keras.Input((None,), dtype="int32")
classifier = keras.Model(ids, keras.layers.Dense(2)(keras.layers.Dropout(0.3)(encoder(ids)[:, 0])))
classifier.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True), jit_compile=False)
sentence = np.array([pieces.encode("Hello, my dog is cute")])
losses = [classifier.train_on_batch(sentence, np.array([1])) for _ in range(30)]
print(f"loss {losses[0]:.3f} at the first step, {losses[-1]:.6f} after 30 steps")

some = validation[:200]
answers = classifier.predict(text.pad([sequences[row] for row in some], 48), batch_size=50, verbose=0).argmax(axis=1)
print(f"{np.mean(reviews.is_positive[some]):.0%} of 200 reviews are positive, the model says {np.mean(answers):.0%}")
claim("published_says_positive", np.mean(answers))

# %% [markdown] lang="en"
# The loss is as good as zero, and *everything* is positive: the model has learnt to say "1". No data, no test, no baseline, and nobody
# would have noticed. The whole list:
#
# | The listing | What happens | Mended in |
# |---|---|---|
# | `attention_mask = torch.tensor(tokenizer.encode_plus(` … `)[1]` | a bracket is missing: SyntaxError | this section |
# | `encode_plus(…)[1]` | the mask is an entry of a dictionary, `["attention_mask"]`; number 1 of it is not | section 4 |
# | ids of 8 tokens, a mask of 50 | the shapes do not fit | sections 1, 4 |
# | `from_pretrained('bert-base-uncased')` | weights from a hub: nothing works without a network, and what is fetched can change | section 4 |
# | `torch.tensor([1]).to('cuda')` | the labels are on the graphics card, model and ids are not | this section |
# | one sentence, one label, 10 × 100 steps | the model answers 1 to everything | sections 8, 9 |
# | `Adam(model.parameters())` | a rate of 0.001; the authors of BERT use 0.00002 to 0.00005, ours for half the layers is 0.0002 | section 9 |
# | no test, no baseline | success and failure look the same | sections 7–9 |

# %% [markdown] lang="zh" of=""
# 损失几乎为零，而**所有**影评都成了好评：模型学会的只是回答“1”。没有数据，没有测试，没有基线，谁也发现不了。毛病汇总：
#
# | 代码 | 后果 | 修在 |
# |---|---|---|
# | `attention_mask = torch.tensor(tokenizer.encode_plus(` … `)[1]` | 少一个括号：语法错误 | 本节 |
# | `encode_plus(…)[1]` | 掩码是字典里的一项，`["attention_mask"]`，不是“第 1 项” | 第 4 节 |
# | 编号 8 个，掩码 50 个 | 形状对不上 | 第 1、4 节 |
# | `from_pretrained('bert-base-uncased')` | 权重来自网上：断网就不能用，取来的东西还会变 | 第 4 节 |
# | `torch.tensor([1]).to('cuda')` | 标签在显卡上，模型和编号却不在 | 本节 |
# | 一个句子、一个标签，训练 10 × 100 步 | 模型对什么都回答 1 | 第 8、9 节 |
# | `Adam(model.parameters())` | 学习率 0.001；BERT 的作者用 0.00002 到 0.00005，我们只训练一半的层，用 0.0002 | 第 9 节 |
# | 没有测试，没有基线 | 成败看不出分别 | 第 7–9 节 |

# %% [markdown] lang="en"
# ## 2. WordPiece by hand
#
# Chapter 04 gave each word a number, and every word that was not in the training part became "unknown". BERT's way out: a
# vocabulary of *pieces*. Frequent words are one piece, rare words are put together from several; `##` marks a piece that goes on
# with a word. Two questions. *Where do the pieces come from?* Begin with single characters and join the pair that raises the
# likelihood of the text the most:
#
# $$\mathrm{score}(a, b) = n_{ab} \, \ln \frac{n_{ab} \, N}{n_a \, n_b}$$
#
# with $n$ the counts and $N$ all pieces. (Byte-pair encoding, chapter 07, joins the most *frequent* pair; here a pair of pieces that are
# frequent anyway must be still more frequent.) On paper, with hug 10 times, pug 5, pun 12, bun 4, hugs 5: $N = 113$, u 36, g 20, together 20 times: $20
# \ln (20 \cdot 113 / 720) = 22.9$. The u and n: $16 \ln (16 \cdot 113 / 576) = 18.3$.

# %% [markdown] lang="zh" of=""
# ## 2. 手算 WordPiece
#
# 第 04 章给每个词一个编号，训练集里没有的词一律成了“未知”。BERT 的出路是：词汇表里放的是**片段**。常用词是一整片，罕见词由几片拼成；
# `##` 表示这一片接在前面的片段之后。两个问题。**片段从哪里来？**从单个字符开始，每次合并最能提高文本似然的一对：
#
# $$\mathrm{score}(a, b) = n_{ab} \, \ln \frac{n_{ab} \, N}{n_a \, n_b}$$
#
# $n$ 是次数，$N$ 是片段总数。（第 07 章的字节对编码合并最**常见**的一对；而在这里，本来就常见的两片，要一起出现得更多才行。）在纸上算：hug 10 次，pug 5 次，
# pun 12 次，bun 4 次，hugs 5 次：$N = 113$，u 36 次，g 20 次，相邻 20 次：$20 \ln (20 \cdot 113 / 720) = 22.9$。u 与 n：
# $16 \ln (16 \cdot 113 / 576) = 18.3$。

# %%
word_counts = {"hug": 10, "pug": 5, "pun": 12, "bun": 4, "hugs": 5}
scores = pair_scores({(word[0], *(f"##{c}" for c in word[1:])): count for word, count in word_counts.items()})
for pair in sorted(scores, key=scores.get, reverse=True)[:3]:
    print(*pair, round(scores[pair], 1))
np.testing.assert_allclose(scores["##u", "##g"], 20 * np.log(20 * 113 / 720))
learnt, joined = learn_pieces(word_counts, merges=4)
print("joined, in this order:", ", ".join(map("+".join, joined)))

frequent = Counter(word for row in train for word in words(reviews.texts[row])).most_common(2000)
learnt, joined = learn_pieces(dict(frequent), merges=60)
print("from the reviews:", *learnt[-60:][::4])

# %% [markdown] lang="en"
# *How is a word cut?* From the left, the longest piece first. Four lines do it; `WordPiece` in `course_utils.wordpiece` does the same and
# knows BERT's own 30,522 pieces. The ids of A2's sentence are published, so we can compare: 101 7592 1010 2026 3899 2003 10140 102, where
# 101 is [CLS], put before every text, and 102 is [SEP], put behind it.

# %% [markdown] lang="zh" of=""
# **词怎样切？**从左到右，每次取最长的片段。四行代码就够；`course_utils.wordpiece` 里的 `WordPiece` 做的是同一件事，用的是 BERT 自己的 30522 个片段。
# A2 那个句子的编号是公开的，可以核对：101 7592 1010 2026 3899 2003 10140 102；其中 101 是放在每段文本之前的 [CLS]，102 是放在末尾的 [SEP]。


# %%
def cut(word, known, prefix=""):
    """The longest piece that begins the word, then the rest likewise."""
    for end in range(len(word), 0, -1):
        if prefix + word[:end] in known:
            return [prefix + word[:end], *(cut(word[end:], known, "##") if word[end:] else [])]
    return ["[UNK]"]


print(pieces.encode("Hello, my dog is cute"))
assert pieces.encode("Hello, my dog is cute") == [101, 7592, 1010, 2026, 3899, 2003, 10140, 102]
for word in ("film", "unsentimental", "spielberg", "uninspired", "schmaltzy", "zzxqj"):
    print(f"{word:14}", *cut(word, pieces.numbers))
seen = {word for row in train for word in words(reviews.texts[row])}
new = [word for row in validation for word in words(reviews.texts[row])]
assert all(cut(word, pieces.numbers) == list(pieces.split_word(word)) for word in set(new))
counts = np.array([len(pieces.split_word(word)) for word in new])
print(f"of {len(new):,} words in validation reviews, {np.mean([w not in seen for w in new]):.1%} occur in no training review")
print(f"{np.mean(counts == 1):.1%} are one piece, {np.mean(['[UNK]' in pieces.split_word(w) for w in new]):.2%} unknown")
claim("words_of_one_piece", np.mean(counts == 1))

# %% [markdown] lang="en"
# {claim:words_of_one_piece.percent} of the words are a piece of their own; the others are spelled from parts, and hardly a word is lost. Parts of rare words are not always their
# roots: the cutting knows no grammar.
#
# ## 3. Exercises that cost nothing
#
# Labels are expensive, text is not. BERT sets itself two exercises whose answers stand in the text (Devlin et al., section 3.1).
#
# - **Masked language model.** Choose 15 % of the tokens; show 80 % of those as [MASK], 10 % as a random token, 10 % unchanged; guess all of
#   them from both sides. Why not always [MASK]? Because no later task contains a [MASK]: the model must be ready to be asked about any token.
# - **Next sentence.** Two sentences, [CLS] A [SEP] B [SEP]: does B follow A? Half of the time it does.
#
# Our reviews are single sentences, so we cut each in two halves and let the halves be A and B. The exchanged B is one of the same length; section 11 shows why.

# %% [markdown] lang="zh" of=""
# {claim:words_of_one_piece.percent} 的词自成一片，其余由几片拼成，几乎没有词丢失。罕见词的片段未必是词根：切词的人不懂语法。
#
# ## 3. 不要钱的习题
#
# 标注很贵，文本不贵。BERT 给自己出两种习题，答案就在文本里（Devlin 等，第 3.1 节）。
#
# - **掩码语言模型。**挑出 15 % 的词元，其中 80 % 换成 [MASK]，10 % 换成随机词元，10 % 原样不动；这些词元都要根据前后文猜出来。为什么不一律用 [MASK]？
#   因为以后的任务里没有 [MASK]：模型得随时准备回答任何一个词元。
# - **下一句预测。**两个句子，[CLS] A [SEP] B [SEP]：B 是不是 A 的下一句？一半是，一半不是。
#
# 我们的影评都是单句，于是把每句切成两半，当作 A 和 B。换上的 B 与原来的一样长，原因见第 11 节。

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
assert not np.any(hidden.is_chosen & ~ordinary) and np.array_equal(hidden.ids[~hidden.is_chosen], pairs.ids[~hidden.is_chosen])
claim("corruption_deviation", np.abs(deviations).max())

# %% [markdown] lang="en"
# The shares are what they should be: over the seeds the largest of the four deviations is {claim:corruption_deviation} standard errors. ("Chosen" is a little above 15 % because a short
# review is asked for one token at least.) And one can see how hard it is: would you know the hidden words?
#
# ## 4. A real BERT, by hand
#
# Now the encoder. `EncoderBlock` is that of chapter 05; BERT normalises after each sum, uses the GELU $x \, \Phi(x)$, learnt positions, and
# adds a vector for "first or second sentence". all-MiniLM-L6-v2 is a BERT with six layers of 384 channels, distilled from a larger one (Wang et al.,
# 2020) and trained on over a billion pairs of sentences to give similar vectors to similar sentences (Reimers and Gurevych, 2019). Our file keeps its matrices as whole numbers of 8 bits with one factor a row.
#
# *Does our encoder compute what it should?* Thirty lines of NumPy in double precision are the reference, layer by layer.

# %% [markdown] lang="zh" of=""
# 比例都对：多个种子下，四个偏差中最大的为 {claim:corruption_deviation} 个标准误。（“选中”略高于 15 %，因为再短的影评也至少要猜一个词元。）
# 习题有多难，一看便知：藏起来的词，你猜得出吗？
#
# ## 4. 真实的 BERT，手算一遍
#
# 现在看编码器。`EncoderBlock` 就是第 05 章的那个；BERT 在每次相加之后归一化，激活函数用 GELU，即 $x \, \Phi(x)$，位置是可学习的，还要加上一个表示
# “第一句还是第二句”的向量。all-MiniLM-L6-v2 是六层、384 个通道的 BERT，由更大的模型蒸馏而来（Wang 等，2020），又用十亿多对句子训练，
# 让意思相近的句子得到相近的向量（Reimers 和 Gurevych，2019）。我们的文件把矩阵存成 8 位整数，每行配一个系数。
#
# **我们的编码器算得对吗？**以三十行双精度的 NumPy 为准，逐层核对。

# %%
weights = {name: value.astype(np.float64) for name, value in datasets.load_minilm().items()}


def dense(x, name):
    return x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]


def normalise(x, name):
    scaled = (x - x.mean(axis=-1, keepdims=True)) / np.sqrt(x.var(axis=-1, keepdims=True) + 1e-12)
    return scaled * weights[f"{name}.weight"] + weights[f"{name}.bias"]


def layers_by_hand(ids):
    """What each of the seven layers says about one text: (length,) → a list of (length, 384)."""
    x = weights["embeddings.word_embeddings.weight"][ids] + weights["embeddings.token_type_embeddings.weight"][0]
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
errors = [[np.abs(by_keras[k, n, : len(x)] - x).max() for n, x in enumerate(of_text[k] for of_text in by_hand)] for k in range(7)]
print(f"{sum(np.prod(w.shape) for w in minilm.weights):,} weights; largest difference by layer:")
print(*(f"{max(of_layer):.0e}" for of_layer in errors))
claim("largest_layer_error", np.max(errors))

# %% [markdown] lang="en"
# Single against double precision, seven layers, and the largest difference is {claim:largest_layer_error}. The shorter sentences were padded and their
# neighbours in the batch did not disturb them. *Is it the real MiniLM?* Its makers publish the cosines of these three sentences:
# .666, .105 and .141. The vector of a sentence is the mean of the last layer over its tokens.

# %% [markdown] lang="zh" of=""
# 单精度对双精度，七层，最大的差是 {claim:largest_layer_error}。较短的句子经过填充，也没有受到同批邻居的干扰。**它真是 MiniLM 吗？**作者公布了这三个句子的余弦相似度：
# .666、.105、.141。句子的向量是最后一层在各词元上的平均。


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
