# %% [markdown] lang="en"
# # 07 · GPT: generating text
#
# At the end you will have trained a GPT on Shakespeare's plays, found out that a table of counts beats it after two minutes of training
# and loses to it later, compared ways of drawing text from it, and taught another one the quatrains of the Tang dynasty.
#
# | | |
# |---|---|
# | **You will build** | byte-pair encoding; n-grams; GPT in NumPy and Keras; greedy, temperature, top-k and top-p sampling; a key–value cache; a poet |
# | **You will learn** | how text becomes numbers, what a loss in nats a character means, what pre-training buys, how loss falls with size |
# | **You need** | chapter 05 (attention, causal mask, decoder blocks) |
# | **Time and memory** | {run:seconds} s on two processor cores, {run:memory} GB |
# | **Follows** | A2 §1.1–1.2, §1.3.2, §1.4.2 and §3.1, A1 §5.1 ([which articles?](../README.md#the-articles)) |
#
# Chinese edition: [zh/07_gpt_text_generation.ipynb](zh/07_gpt_text_generation.ipynb). Errors of the articles: [ERRATA.md](ERRATA.md).
# Lines that begin with ✓ are promises, measured over several seeds; the run stops if one no longer holds.

# %% [markdown] lang="zh" of="6ac0cfc2"
# # 07 · GPT：生成文本
#
# 读完本章，你会用莎士比亚的剧本训练一个 GPT；会看到它训练两分钟时还输给一张计数表，练得久了才反超；会比较从模型里抽取文字的各种办法；
# 还会教另一个 GPT 写唐人绝句。
#
# | | |
# |---|---|
# | **动手做** | 字节对编码；n 元模型；用 NumPy 和 Keras 写 GPT；贪心、温度、top-k、top-p 采样；键值缓存；一位“诗人” |
# | **学到** | 文字怎样变成数，“每字符多少奈特”的损失是什么意思，预训练换来了什么，损失怎样随规模下降 |
# | **准备** | 第 05 章（注意力、因果掩码、解码器块） |
# | **时间与内存** | 两个处理器核心上 {run:seconds} 秒，{run:memory} GB |
# | **对应文章** | A2 §1.1–1.2、§1.3.2、§1.4.2、§3.1，A1 §5.1（[是哪几篇？](../../README.zh.md#四篇文章)） |
#
# 英文版：[07_gpt_text_generation.ipynb](../07_gpt_text_generation.ipynb)。文章勘误：[ERRATA.md](ERRATA.md)。
# 以 ✓ 开头的输出是承诺：它在多个随机种子下测量过，一旦不再成立，运行就会中止。

# %%
from course_utils.notebook import start_chapter  # not found? README.md, "Running the notebooks", tells what to do

seed, claim = start_chapter("07_gpt_text_generation")  # seeds, quiet logs, figure style, the chapter's promises

import json
import time
from collections import Counter
from itertools import pairwise

import keras
import matplotlib.pyplot as plt
import numpy as np
from scipy.special import log_softmax, softmax

from course_utils import byte_pairs, datasets, models, paths, text
from course_utils.claims import caught
from course_utils.gpt import GPT, generate, restrict, sliding_losses, step_seconds, token_losses
from course_utils.metrics import block_bootstrap
from course_utils.ngrams import COMPRESSORS, NGrams, compressed_nats
from course_utils.notebook import text_box
from course_utils.transformer import EncoderBlock, causal_mask, sinusoidal_positions

# %% [markdown] lang="en"
# ## 1. The listing as published
#
# Article A2 prints a "simple GPT" in PyTorch. It stops at its first step: `new_zero_tensor` does not exist, `F` is never imported, and
# the output layer is an `Embedding`, which looks up numbers and cannot take vectors. We restate the class in Keras with the smallest
# repairs (a dense output layer, no extra axis) and half its width, and feed it the plays that this chapter reads.
# *What does this network look at when it predicts the next character?* Read `call` and guess before you run it.

# %% [markdown] lang="zh" of="746295e0"
# ## 1. 文章里的代码
#
# 文章 A2 用 PyTorch 写了一个“简单的 GPT 实例”。它第一步就停下了：`new_zero_tensor` 并不存在，`F` 没有导入，输出层又是 `Embedding`，只会按编号查表，接不了向量。
# 我们用 Keras 重述这个类，只做最小的修补（输出换成全连接层，去掉多余的轴），宽度减半，喂给它本章要读的剧本。
# **它预测下一个字符的时候，究竟看了什么？** 先读 `call` 猜一猜，再运行。


# %%
class PublishedGPT(keras.Model):
    """The forward pass of A2 §1.4.2. `n_head` and `d_ff` are arguments there, too, and are not used either."""

    def __init__(self, vocab_size, d_model, n_layer, n_head=8, d_ff=2048):
        super().__init__()
        self.embeddings = keras.layers.Embedding(vocab_size, d_model)
        self.first = self.add_weight(shape=(1, 1, d_model), initializer="random_normal")  # token type 0 + position 0
        self.encoder = [keras.layers.Dense(d_model, activation="relu") for _ in range(n_layer)]
        self.dropout, self.layer_norm = keras.layers.Dropout(0.1), keras.layers.LayerNormalization()
        self.output_layer = keras.layers.Dense(vocab_size)

    def call(self, input_ids, training=None):
        x = self.embeddings(input_ids)
        x = keras.ops.where(keras.ops.arange(x.shape[1])[:, None] == 0, self.first, x)  # place 0 is overwritten
        for layer in self.encoder:
            x = self.layer_norm(self.dropout(layer(x), training=training) + x)
        return self.output_layer(x[:, -1])


plays = models.prepare_plays()
tokens, validation, test = len(plays.characters), plays.validation, plays.test
places = np.random.default_rng(seed).integers(3, len(plays.train), 60_000)
published = PublishedGPT(tokens, 128, n_layer=6)
cross_entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
published.compile(keras.optimizers.Adam(2e-3), cross_entropy, steps_per_execution=50)
published.fit(plays.train[places[:, None] + [-3, -2, -1]], plays.train[places], batch_size=500, epochs=2, verbose=0)

sentence, other = (plays.encode(text)[None] for text in ("Now is the winter of our discontent", "t" * 35))
print("sees only the last character:", np.array_equal(published(sentence), published(other)))
assert np.array_equal(published(sentence), published(other))
before = np.arange(validation.start, validation.stop)[:, None] + [-3, -2, -1]
published_loss = float(cross_entropy(plays.numbers[validation], published(plays.numbers[before])))
pairs_loss = NGrams(plays.train, tokens, order=2).losses(plays.numbers[: validation.stop], validation.start).mean()
print(f"loss on unseen text: six layers {published_loss:.3f}, a table of character pairs {pairs_loss:.3f}")
claim("published_loss", published_loss)

# %% [markdown] lang="en"
# The last character, and nothing else. Position 0 is overwritten, the layers treat every position for itself, and only the last one is
# read: there is no attention, so the "GPT" is a table of character pairs with many parameters, and its loss is about that of the
# table. The article's data, random tokens with random answers, hide this: nothing can be learnt there anyway.
#
# | A2 §1.4.2 | what is wrong | here | section |
# |---|---|---|---|
# | `new_zero_tensor`, `F` | does not exist, not imported: two ways to stop | | – |
# | `nn.ModuleList([nn.Linear(...)])` | no attention; `n_head` and `d_ff` are never used | decoder blocks | 4 |
# | `embeddings[:, 0, :] = ...` | one position gets a position vector and loses its token | every token plus its position | 4 |
# | `input_ids.unsqueeze(1)` | an axis too many: `[:, 0, :]` then overwrites all 100 tokens, and nothing is left to see | (batch, length) | 4 |
# | `self.output = output_embedding` | an `Embedding` cannot take vectors | the embedding table, transposed | 4 |
# | `self.output(embeddings[:, -1, :])` | one prediction a text | one at every position, behind a causal mask | 4 |
# | one layer norm for six layers | all share one gain and shift; usually each has its own | two for each block | 4 |
# | `torch.randint(...)` as data and target | nothing to learn | nine plays | 3, 5 |
# | no tokenizer | the text never appears | characters, byte pairs | 2 |
# | no baseline, no held-out text, nothing is generated | "coherent, interesting text" stays a promise | | 3, 5–9 |

# %% [markdown] lang="zh" of="a875d387"
# 只看了最后一个字符。位置 0 被覆盖，各层对每个位置各算各的，最后又只读末尾那个位置：没有注意力，这个“GPT”不过是一张参数很多的字符对表，损失也和那张表差不多。
# 文章用随机词元配随机答案，恰好把这一点遮住了：那里本来就没什么可学。
#
# | A2 §1.4.2 | 毛病 | 本章 | 节 |
# |---|---|---|---|
# | `new_zero_tensor`、`F` | 不存在、未导入：两种停法 | | – |
# | `nn.ModuleList([nn.Linear(...)])` | 没有注意力；`n_head` 和 `d_ff` 从未用到 | 解码器块 | 4 |
# | `embeddings[:, 0, :] = ...` | 只有一个位置得到位置向量，还丢了词元 | 每个词元都加上自己的位置 | 4 |
# | `input_ids.unsqueeze(1)` | 多出一条轴：`[:, 0, :]` 于是把 100 个词元全部覆盖，什么也看不到了 | （批，长度） | 4 |
# | `self.output = output_embedding` | `Embedding` 接不了向量 | 嵌入表的转置 | 4 |
# | `self.output(embeddings[:, -1, :])` | 一段文本只预测一次 | 因果掩码之下，每个位置都预测 | 4 |
# | 六层共用一个层归一化 | 增益和平移只有一套；通常各层各有一套 | 每块两个 | 4 |
# | `torch.randint(...)` 当数据和答案 | 没什么可学 | 九部剧本 | 3、5 |
# | 没有分词器 | 文字根本没有出场 | 字符，字节对 | 2 |
# | 没有基线，没有留出的文本，什么也没生成 | “连贯、有趣的文本”只是一句空话 | | 3、5–9 |

# %% [markdown] lang="en"
# ## 2. From text to numbers
#
# A network reads numbers. Characters are the simplest: 75 of them write all nine plays, and this chapter trains on them. But a page is then
# thousands of steps long, and a Chinese text needs thousands of characters. Words are the other end: few steps, but no vocabulary
# holds them all. *Byte-pair encoding* learns what lies between (Sennrich, Haddow and Birch, 2016): begin with characters, join the
# most frequent pair of neighbours everywhere, and repeat. Their example, small enough for paper: e and s meet in
# newest (6 times) and widest (3 times), which makes 9, and no pair has more. *Which pair comes next?*

# %% [markdown] lang="zh" of="8cd067c6"
# ## 2. 从文字到数
#
# 网络读的是数。最简单的办法是按字符编号：九部剧本只用到 75 个字符，本章就在字符上训练。可是这样一页就有几千步，而中文要几千个字符。另一头是按词：
# 步数少了，却没有哪张词汇表装得下所有的词。**字节对编码**学的是两者之间的单位（Sennrich、Haddow 和 Birch，2016）：从字符出发，把最常相邻的一对处处合并，如此反复。
# 论文里的例子小到可以在纸上算：e 和 s 在 newest 里相遇 6 次，在 widest 里 3 次，共 9 次，没有哪一对更多。**下一对会是谁？**

# %%
words = {"low_": 5, "lower_": 2, "newest_": 6, "widest_": 3}  # how often each occurs; _ ends a word
pieces = {word: list(word) for word in words}
merges = []
for _ in range(5):
    counts = Counter()
    for word, symbols in pieces.items():
        for pair in pairwise(symbols):
            counts[pair] += words[word]
    best = min(counts, key=lambda pair: (-counts[pair], pair))  # of equals the first in the alphabet
    pieces = {word: byte_pairs.join_pair(symbols, best) for word, symbols in pieces.items()}
    merges.append(best)
    print(f"{'+'.join(best):6} {counts[best]} times:", "   ".join(" ".join(symbols) for symbols in pieces.values()))
assert merges == byte_pairs.learn_merges(words, 5)

# %% [markdown] lang="en"
# It has found "est_", though nobody told it what a superlative is. GPT-2 begins one level lower, with the 256 *bytes* of UTF-8
# (Radford et al., 2019), so that every string in every script can be written and nothing is ever unknown. We learn 1,000 merges
# from the plays, read GPT-2's own 50,000, and ask of both: *does every string come back unharmed, and how many characters does a
# token hold?*

# %% [markdown] lang="zh" of="d2dbacab"
# 没有人告诉它什么是最高级，它自己找出了“est_”。GPT-2 再往下退一级，从 UTF-8 的 256 个**字节**出发（Radford 等，2019），任何文字的任何字符串都写得出来，永远没有“未知”。
# 我们从剧本里学 1000 次合并，再读入 GPT-2 自己的五万次，问两件事：**每个字符串都能原样还原吗？一个词元装得下几个字符？**

# %%
word_counts = Counter(map(byte_pairs.to_bytes, byte_pairs.split_words(plays.decode(plays.train))))
merges = byte_pairs.learn_merges(word_counts, 1000)
published_encoding = datasets.load_gpt2_encoding()
gpt2 = byte_pairs.BytePairs(published_encoding.merges, published_encoding.token_ids)
ours = byte_pairs.BytePairs(merges)
print("first merges:", *map("".join, merges[:16]), " last:", *map("".join, merges[-5:]))
for name, tokenizer in {"ours": ours, "GPT-2": gpt2}.items():
    cut = [tokenizer.tokens[number] for number in tokenizer.encode("Wherefore art thou unforgettable, Romeo?")]
    print(f"{name:6}", " | ".join(cut))
assert gpt2.encode("Hello, my dog is cute") == [15496, 11, 616, 3290, 318, 13779]  # as published

rng = np.random.default_rng(seed)
for _ in range(500):  # any Unicode at all, lone halves of surrogate pairs included
    string = "".join(map(chr, rng.integers(0, rng.choice([128, 0x3000, 0x110000]), rng.integers(0, 40))))
    assert ours.decode(ours.encode(string)) == string == gpt2.decode(gpt2.encode(string))

# %%
texts = {"Shakespeare": plays.text[validation], "Tang poems": "".join(datasets.load_tang_quatrains().text[:500])}
steps, characters_a_token = [0, 30, 100, 300, 1000], {}
figure, axes = plt.subplots()
for label, sample in texts.items():
    held = [len(sample) / len(byte_pairs.BytePairs(merges[:count]).encode(sample)) for count in steps]
    (line,) = axes.plot(np.maximum(steps, 10), held, "o-", label=f"{label}, merges of the plays")
    characters_a_token[label] = held[-1], len(sample) / len(gpt2.encode(sample))
    axes.axhline(characters_a_token[label][1], color=line.get_color(), linestyle=":", label=f"{label}, GPT-2's merges")
axes.set(xscale="log", xlabel="merges (0 is drawn at 10)", ylabel="characters a token", ylim=(0, 4.8))
axes.legend()
plt.show()
for label, (of_ours, of_gpt2) in characters_a_token.items():
    print(f"{label}: {of_ours:.2f} characters a token with 1,000 merges of the plays, {of_gpt2:.2f} with GPT-2's")
claim("merges_shakespeare", characters_a_token["Shakespeare"][0])
claim("gpt2_chinese", characters_a_token["Tang poems"][1])

# %% [markdown] lang="en" role="alt"
# Characters a token against the number of merges, from 0 to 1,000. For Shakespeare's text the curve rises from 1 to about 2.5, and
# GPT-2's own merges stand a little above 3. For Chinese poems the curve stays at about a third, a character being three bytes; with
# GPT-2's merges it is still below a half.

# %% [markdown] lang="zh" role="alt" of="3822a95f"
# 每个词元的字符数随合并次数（0 到 1000）的变化。莎士比亚的文字从 1 升到约 2.5，GPT-2 自己的合并略高于 3。中文诗始终停在约三分之一（一个汉字三个字节），
# 用 GPT-2 的合并也不到二分之一。

# %% [markdown] lang="en"
# All 500 random strings came back unharmed, by both. (`Ġ` in the lists is GPT-2's sign for a space: it belongs to the word behind
# it.) A thousand merges put {claim:merges_shakespeare} characters into a token. GPT-2's merges, learnt from mostly English web
# pages, cut a Chinese character into more than two tokens ({claim:gpt2_chinese} characters a token): a poem takes more than twice
# as many steps as it has characters. It also means that a loss per token says nothing before we know how much text a token holds.
# All losses below are in *nats a character* (a nat belongs to the natural logarithm as a bit belongs to that of base 2).

# %% [markdown] lang="zh" of="d26219ab"
# 500 个随机字符串，两者都能原样还原。（`Ġ` 是 GPT-2 表示空格的记号，空格归它后面的词。）一千次合并，让一个词元装下 {claim:merges_shakespeare} 个字符。
# GPT-2 的合并是从以英文为主的网页学来的，一个汉字要两个多词元（每个词元 {claim:gpt2_chinese} 个字符）：
# 一首诗的步数是字数的两倍多。这也说明，不知道一个词元装多少文字，“每个词元的损失”就毫无意义。
# 下文的损失一律以**每字符的奈特数**计（奈特之于自然对数，正如比特之于以 2 为底的对数）。

# %% [markdown] lang="en"
# ## 3. Baseline: counting
#
# A language model gives every possible next character a probability; its loss is the mean of $-\ln p$, where $p$ went to the
# character that came, on text that it has not seen. A guess among 75 costs $\ln 75 = 4.317$ nats. An *n-gram* model counts what
# followed the last $n-1$ characters (Shannon, 1948). Long contexts $h$ have rarely been seen, so each is mixed with $h'$, the same
# without its first character. Witten and Bell's rule (Bell, Cleary and Witten, 1990; Chen and Goodman, 1999) gives $h'$ as many
# votes as there were *different* followers $T(h)$, since that is how often something new turned up. With $N$ for the number of
# occurrences,
#
# $$P(c \mid h) = \frac{N(hc) + T(h)\, P(c \mid h')}{N(h) + T(h)}.$$
#
# On paper, "abac abad" after "aba": seen twice, followed by c and by d, so $T = 2$, and $P(c \mid aba) = (1 + 2 P(c \mid ba)) / 4$.
# The plays are split by place: the test text is the first 30,000 characters of the last tenth, the validation text the last 30,000
# of the eighth tenth; training is the rest of the first nine tenths, and what remains of the last is not used. *Which n is best?*
# We expect a larger n to help until its contexts are too rare. *And a compressor?* It spends about $-\ln p$ on each character, so
# it is a language model too. We take what its output grows by when the text follows the training text.

# %% [markdown] lang="zh" of="cd596ca8"
# ## 3. 基线：数一数
#
# 语言模型给每个可能的下一个字符一个概率；设实际出现的那个字符得到的是 $p$，损失就是 $-\ln p$ 在没见过的文字上的均值。在 75 个字符里瞎猜，要 $\ln 75 = 4.317$ 奈特。
# **n 元模型**只是数一数：前 $n-1$ 个字符之后都跟过什么（Shannon，1948）。长的上文 $h$ 很少见过，所以要与去掉首字符的上文 $h'$ 混合。
# Witten 和 Bell 的规则（Bell、Cleary 和 Witten，1990；Chen 和 Goodman，1999）是：$h$ 有过多少**种**后继 $T(h)$，就给 $h'$ 多少票，因为新东西冒出来过这么多次。
# 记出现次数为 $N$，则
#
# $$P(c \mid h) = \frac{N(hc) + T(h)\, P(c \mid h')}{N(h) + T(h)} 。$$
#
# 在纸上算一算“abac abad”：“aba”出现两次，后面一次是 c，一次是 d，于是 $T = 2$，$P(c \mid aba) = (1 + 2 P(c \mid ba)) / 4$。剧本按位置划分：
# 测试文本是最后十分之一的头三万个字符，验证文本是第八个十分之一的末三万个；前九个十分之一里其余的用来训练，最后十分之一余下的不用。**n 取几最好？** 我们预计 n 先是越大越好，直到上文变得太罕见。
# **压缩程序又如何？** 它为每个字符花的也约是 $-\ln p$，所以也是一种语言模型；我们把文本接在训练文本之后，看压缩结果增大多少。

# %%
print(f"{len(plays.train):,} characters to train on; validation text:", repr(plays.text[validation][:50]))
passages = [np.lib.stride_tricks.sliding_window_view(part, 100) for part in (plays.train, plays.numbers[test])]
shared = datasets.overlap(*passages)
print(f"passages of 100 characters that training and test share: {shared}")
assert shared == 0


def counted(order, part):
    return ngrams[order].losses(plays.numbers[: part.stop], part.start)


p_ba, p_aba = (np.exp(-NGrams(plays.encode("abac abad"), tokens, n).losses(plays.encode("abac"), 3)) for n in (3, 4))
np.testing.assert_allclose(p_aba, (1 + 2 * p_ba) / 4)  # as on paper
ngrams = {order: NGrams(plays.train, tokens, order) for order in range(1, 9)}
by_order = {order: counted(order, validation).mean() for order in ngrams}
on_training = [counted(order, slice(100_000, 130_000)).mean() for order in ngrams]
best_order = min(by_order, key=by_order.get)
as_bytes = [part.astype(np.uint8).tobytes() for part in (plays.train, plays.numbers[validation], plays.numbers[test])]
by_compressor = {name: compressed_nats(*as_bytes[:2], name) for name in COMPRESSORS}

figure, axes = plt.subplots()
axes.plot(list(by_order), list(by_order.values()), "o-", label="n-gram, validation text")
axes.plot(list(by_order), on_training, "o--", label="n-gram, text it was counted on")
for (name, value), style in zip(by_compressor.items(), (":", "-."), strict=True):
    axes.axhline(value, color="grey", linestyle=style, label=f"{name}, validation text")
axes.set(xlabel="n", ylabel="loss (nats a character)", ylim=0)
axes.legend()
plt.show()
print("validation:", {f"{n}-gram": round(float(value), 3) for n, value in by_order.items()})
print(plays.decode(ngrams[best_order].sample(plays.encode("DUKE.\nWhat"), 300, seed)))

# %% [markdown] lang="en" role="alt"
# Loss of n-gram models against n, from 1 to 8. On the validation text it falls from 3.3 to 1.5 at n = 5 and rises again; on the
# text that was counted it falls on and on, to 0.6. The compressors bz2 and lzma are horizontal lines at 1.50 and 1.67.

# %% [markdown] lang="zh" role="alt" of="8bd43ed3"
# n 元模型的损失随 n（1 到 8）的变化。在验证文本上从 3.3 降到 n = 5 时的 1.5，随后回升；在数过的文本上一路降到 0.6。压缩程序 bz2 和 lzma 是两条水平线，分别在 1.50 和 1.67。

# %% [markdown] lang="en"
# n = 5, four characters of context: beyond that the table knows its own text ever better by heart, which helps nobody. Counting
# takes less than a second, the table is level with bz2 and ahead of lzma, and its sample has words, lines and speakers, if no
# sense. That is the one to beat. (bz2 works in blocks of 900,000 bytes and forgets everything at their end, so it is given the last
# 860,000 characters of the training text only.)
#
# ## 4. GPT by hand
#
# GPT is the decoder of chapter 05 without the encoder and without the attention to it (Radford et al., 2018): each character's
# vector plus its position, and blocks of causal attention and feed-forward network. (Theirs had learnt positions, another
# activation, GELU, and normalised after each sum.) The table $E$ of the characters' vectors serves once more as output layer; with
# $c_1, c_2, \dots$ for the characters, $m$ for how many are predicted, $x_t$ for the normalised output of the last block at place
# $t$, and the scores $E\, x_t$ before the softmax called *logits*,
#
# $$p(c_{t+1} \mid c_1 \dots c_t) = \mathrm{softmax}(E\, x_t), \qquad L = -\frac{1}{m} \sum_{t=1}^{m} \ln p(c_{t+1} \mid c_1 \dots c_t).$$
#
# The causal mask makes the training cheap: one pass gives a prediction at *every* position, none of which can see its answer. We
# write it in NumPy, and compute the loss three ways: NumPy, the packaged model once, and the packaged model on each beginning of
# the text separately. Do they agree?

# %% [markdown] lang="zh" of="b1a7638c"
# n = 5，即四个字符的上文：再长，表只是越来越会背自己的文本，对谁也没有帮助。数一遍不到一秒，成绩与 bz2 不相上下，胜过 lzma；它写出来的东西有词、有分行、有说话的人，只是不知所云。
# 要打败的就是它。（bz2 以 90 万字节为一块，块一满就全忘，所以只给它训练文本最后的 86 万个字符。）
#
# ## 4. 手写 GPT
#
# GPT 就是第 05 章的解码器，去掉编码器，也去掉对它的注意力（Radford 等，2018）：每个字符的向量加上位置，再是若干块因果注意力与前馈网络。
# （原作用的是可学习的位置表和另一种激活函数 GELU，并且先相加再归一化。）字符的向量表 $E$ 最后再用一次，作输出层；记各字符为 $c_1, c_2, \dots$，预测 $m$ 个；记最后一块在位置 $t$ 的输出归一化之后为 $x_t$，
# softmax 之前的分数 $E\, x_t$ 叫作 **logits**，则
#
# $$p(c_{t+1} \mid c_1 \dots c_t) = \mathrm{softmax}(E\, x_t), \qquad L = -\frac{1}{m} \sum_{t=1}^{m} \ln p(c_{t+1} \mid c_1 \dots c_t) 。$$
#
# 有了因果掩码，训练就便宜了：算一遍，**每个**位置都给出预测，谁也看不到自己的答案。我们用 NumPy 写出来，再用三种办法算损失：NumPy；库里的模型算一遍；
# 库里的模型对文本的每个开头各算一遍。三者一致吗？


# %%
def dense(layer, x):
    return x @ layer.kernel.numpy() + layer.bias.numpy()


def normalised(layer, x):
    x = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + layer.epsilon)
    return x * layer.gamma.numpy() + layer.beta.numpy()


def gpt_by_hand(model, numbers):
    """Logits (length, tokens) of one text."""
    table, length = model.embedding.token_vectors.numpy(), len(numbers)
    width = table.shape[1]
    x = table[numbers] * np.sqrt(width) + sinusoidal_positions(length, width)
    later = np.triu(np.ones((length, length), bool), k=1)  # what a position must not see
    for block in model.blocks:
        y, attention = normalised(block.attention_norm, x), block.attention
        query, key, value = (
            dense(layer, y).reshape(length, attention.heads, -1).transpose(1, 0, 2)
            for layer in (attention.query, attention.key, attention.value)
        )
        scores = query @ key.transpose(0, 2, 1) / np.sqrt(query.shape[-1])
        mixed = softmax(np.where(later, -np.inf, scores), axis=-1) @ value  # (heads, length, width / heads)
        x = x + dense(attention.output_projection, mixed.transpose(1, 0, 2).reshape(length, width))
        x = x + dense(block.contract, np.maximum(dense(block.expand, normalised(block.feed_forward_norm, x)), 0))
    return normalised(model.norm, x) @ table.T


small = GPT(tokens, width=32, heads=4, hidden=64, blocks=2, longest=40)
small.build()
line = plays.encode("Friends, Romans, countrymen, lend me")
logits = gpt_by_hand(small, line[:-1])
by_numpy = -log_softmax(logits, axis=-1)[np.arange(len(line) - 1), line[1:]]
at_once = token_losses(small, line[None])[0]
one_by_one = [token_losses(small, line[None, : end + 1])[0, -1] for end in range(1, len(line))]
print(f"untrained: NumPy {by_numpy.mean():.6f}, at once {at_once.mean():.6f}, one by one {np.mean(one_by_one):.6f}")
np.testing.assert_allclose(by_numpy, at_once, atol=1e-4)
np.testing.assert_allclose(one_by_one, at_once, atol=1e-4)

# %% [markdown] lang="en"
# The three agree. (Untrained, the network is worse than a guess among 75: its first logits are not equal, but sure of nothing true.)
#
# ## 5. Two minutes of training
#
# Now the real thing. Windows of 32 characters, each character to be predicted from those before it in its window; one cycle of the
# learning rate (chapter 02); XLA, a compiler, makes one program of a whole step. Weight matrices move by Muon (Jordan et al., 2024;
# Liu et al., 2025), which goes about as far along weak directions of the averaged gradient as along strong ones; tables and vectors
# move by AdamW, Adam with weights that shrink a little at every step. Unseen text is judged in windows that move on by half their
# length, of which only the second half is scored, so that every character has context. (With nothing else running, the training
# takes about a minute; we allow two, and call it the two-minute GPT.) *Will reading the plays once beat the table of counts?* We
# expect not.

# %% [markdown] lang="zh" of="12c6766c"
# 三者一致。（没有训练过的网络比在 75 个字符里瞎猜还差：它最初的 logits 并不相等，有偏好，却毫无根据。）
#
# ## 5. 训练两分钟
#
# 正式开始。从剧本里切出 32 个字符的窗口，每个字符都由窗口内它前面的字符来预测；学习率走一个周期（第 02 章）；编译器 XLA 把整整一步编译成一个程序。
# 权重矩阵用 Muon 更新（Jordan 等，2024；Liu 等，2025），它沿平均梯度的弱方向和强方向走得差不多一样远；各种表和向量用 AdamW，即每一步都让权重略微收缩的 Adam。
# 在没见过的文字上，窗口每次移动半个窗长，只计后半段，这样每个字符都有上文。（没有别的程序占用时，一分钟左右就够；我们按两分钟算，就叫它“两分钟的 GPT”。）**把剧本读上一遍，赢得了计数表吗？** 我们预计赢不了。

# %%
recipe = models.PLAY_RECIPES["notebook"]
started = time.perf_counter()
two_minutes, history = models.train_on_plays(plays, recipe, seed, reports=8)
print(f"{two_minutes.count_params():,} parameters, {time.perf_counter() - started:.0f} s")

read = np.arange(1, 9) / 8 * recipe.epochs
validation_loss = models.loss_on(two_minutes, plays, validation)
figure, axes = plt.subplots()
axes.plot(read, history["loss"], "o-", label="GPT, mean training loss since the last point")
axes.plot(read[-1], validation_loss, "s", label=f"GPT, validation text: {validation_loss:.3f}")
for order, style in [(2, ":"), (best_order, "--")]:
    axes.axhline(by_order[order], color="grey", linestyle=style, label=f"{order}-gram, validation text")
axes.set(xlabel="times the training text was read", ylabel="loss (nats a character)")
axes.legend()
plt.show()
print(plays.decode(generate(two_minutes, plays.encode("DUKE.\nWhat")[None], 200, seed=seed)[0]))

# %% [markdown] lang="en" role="alt"
# The training loss of the GPT against how often the text was read, falling from 3.8 to about 1.6; its validation loss at the end
# lies between the horizontal lines of the 2-gram at 2.5 and the 5-gram at 1.51, close to the latter.

# %% [markdown] lang="zh" role="alt" of="8628703a"
# GPT 的训练损失随读过文本的遍数变化，从 3.8 降到约 1.6；最后的验证损失落在两条水平线之间：2 元模型的 2.5 和 5 元模型的 1.51，离后者不远。

# %% [markdown] lang="en"
# It is far better than the table of character pairs, and still behind the 5-gram. Longer windows would not have helped: windows of
# 64 characters, half as many in a batch, so that a step reads as much, come out worse, those of 128 worse still
# ([benchmark](../benchmarks/07_gpt.md)). A likely reason: at first, attention has to find out which places matter, and among fewer
# it finds out sooner. *Is that the end of it?*
#
# ## 6. With more training
#
# The repository carries a GPT that was trained longer with the same code: more readings, one more block, longer windows, dropout,
# and the moving average of the weights. Its record holds the command, the seed and the curve; nothing of it is computed here except
# what counts, its loss. Now the loss on the test text is measured, once, for all models.

# %% [markdown] lang="zh" of="c612a42f"
# 它比字符对表好得多，却还是落在 5 元模型后面。窗口长一些也没有用：窗口取 64 个字符、每批的窗口数减半（一步读的字符一样多），结果更差；取 128 个字符还要差
# （[基准测试](../../benchmarks/07_gpt.md)）。一个可能的原因：训练之初，注意力要先弄清哪些位置要紧，位置少，弄清得就快。**就这样了吗？**
#
# ## 6. 练得更久
#
# 仓库里带了一个用同样的代码练得更久的 GPT：多读几遍，多一个块，窗口更长，加了随机丢弃，权重取滑动平均。它的记录里有命令、种子和训练曲线；
# 这里不重新训练，只重新计算要紧的那个数：它的损失。现在来测测试文本上的损失，只此一次，所有模型一起。

# %%
trained = models.load_gpt()
record = json.loads((paths.data() / "checkpoints" / "shakespeare_gpt.json").read_text(encoding="utf-8"))
print(record["command"], f" {record['curve'][-1]['cpu_seconds'] / 60:.0f} minutes of one core")

test_losses = {f"{order}-gram": counted(order, test) for order in (1, 2, best_order)}
for name, model in {"GPT, two minutes": two_minutes, "GPT, longer": trained}.items():
    test_losses[name] = sliding_losses(model, plays.numbers[: test.stop], test.start)
table = {name: compressed_nats(as_bytes[0], as_bytes[2], name) for name in COMPRESSORS}
table |= {name: float(losses.mean()) for name, losses in test_losses.items()}
for name, value in sorted(table.items(), key=lambda entry: -entry[1]):
    print(f"{name:18} {value:.3f} nats, {value / np.log(2):.2f} bits, as good as a guess among {np.exp(value):.1f}")
counts = f"{best_order}-gram"
claim("gpt_test_loss", table["GPT, two minutes"])
claim("two_minutes_behind", table["GPT, two minutes"] - table[counts])
claim("checkpoint_test_loss", table["GPT, longer"], baseline=table[counts])
print("longer training − counting:", block_bootstrap(test_losses["GPT, longer"] - test_losses[counts], block=500))

# %% tags=["picture"]
curve = record["curve"]
rounds, losses = [entry["round"] for entry in curve], [entry["validation_loss"] for entry in curve]
figure, axes = plt.subplots()
axes.plot(rounds, losses, "o-", markersize=3, label="validation text")
axes.plot(rounds, [entry["loss"] for entry in curve], "--", label="training windows, with dropout")
axes.axhline(by_order[best_order], color="grey", linestyle=":", label=f"{counts}, validation text")
axes.set(xlabel="times the training text was read", ylabel="loss (nats a character)", ylim=(1.2, 2.6))
axes.legend()
plt.show()

# %% [markdown] lang="en" role="alt"
# The recorded training curve of the longer GPT. The validation loss falls from 2.5 after the first reading to 1.36 after the eighth
# and crosses the line of the 5-gram, 1.51, between the third and the fourth. The loss on the training windows, measured with
# dropout, lies above it until the seventh reading and just below it at the eighth.

# %% [markdown] lang="zh" role="alt" of="7b5978c5"
# 练得更久的 GPT 的训练曲线（有记录可查）。验证损失从第一遍后的 2.5 降到第八遍后的 1.36，在第三遍与第四遍之间穿过 5 元模型的水平线 1.51。
# 训练窗口上的损失是带着随机丢弃测的，到第七遍为止都高于它，第八遍略低于它。

# %% [markdown] lang="en"
# Two minutes: {claim:gpt_test_loss.full} a character, behind the 5-gram by {claim:two_minutes_behind}. Longer:
# {claim:checkpoint_test_loss}, ahead of it ({claim:checkpoint_test_loss.baseline}); the line "longer training − counting" shows how
# sure the lead is, by blocks of 500 characters (chapter 03). Figures published for another Shakespeare file cannot be compared with
# ours; nanoGPT's recipe (Karpathy, 2022) is restated on our text in [benchmarks/07_gpt.md](../benchmarks/07_gpt.md). *Where is the
# gain?* We expect it late in long words, whose beginning the 5-gram no longer sees, and look at the loss by the place of a letter
# in its word.

# %% [markdown] lang="zh" of="312bca2b"
# 两分钟：每字符 {claim:gpt_test_loss.full}，比 5 元模型差 {claim:two_minutes_behind}。练得更久：
# {claim:checkpoint_test_loss}，超过了它（{claim:checkpoint_test_loss.baseline}）；
# “longer training − counting”一行以 500 个字符为一块，用分块自助法（第 03 章）看这一领先有多可靠。别人在另一份莎士比亚文本上报告的数，不能拿来和我们的相比；
# [benchmarks/07_gpt.md](../../benchmarks/07_gpt.md) 把 nanoGPT 的配方（Karpathy，2022）搬到我们的文本上重跑。
# **赢在哪里？** 我们预计在长词的后半，那里 5 元模型已看不到词头；于是按字母在词中的位置来看损失。

# %%
place = text.places_in_words(plays.text[test])  # 1 for the first letter of a word; 0 for everything else
figure, axes = plt.subplots()
for name in (counts, "GPT, two minutes", "GPT, longer"):
    axes.plot(range(10), [test_losses[name][np.minimum(place, 9) == p].mean() for p in range(10)], "o-", label=name)
axes.set_xticks(range(10), ["none", *range(1, 9), "9+"])
axes.set(xlabel="place of the letter in its word (none: spaces, marks, line ends)", ylabel="loss (nats)", ylim=0)
axes.legend()
plt.show()
lead = test_losses[counts] - test_losses["GPT, longer"]
outside, first, late = (lead[rows].mean() for rows in (place == 0, place == 1, place >= 6))
print(f"GPT ahead by {outside:.2f} outside words, {first:.2f} at first letters, {late:.2f} from the sixth letter on")
assert outside > 0.15 > 0 > late

# %% [markdown] lang="en" role="alt"
# Loss by the place of a letter in its word for the 5-gram and both GPTs. All are highest at the first letter, near 3, and much
# lower from the second on. The longer trained GPT is lowest outside words and at the first two letters; from the fourth to the
# eighth letter the 5-gram is the lowest of the three, and the two-minute GPT the highest.

# %% [markdown] lang="zh" role="alt" of="3f0d734d"
# 5 元模型和两个 GPT 的损失随字母在词中位置的变化。三者都在首字母最高（接近 3），从第二个字母起低得多。词外和头两个字母处，练得更久的 GPT 最低；
# 第四到第八个字母，5 元模型最低，只练两分钟的 GPT 最高。

# %% [markdown] lang="en"
# We were wrong. Inside long words the *table* is ahead, even of the longer trained GPT: four letters nearly give away a word that
# has been counted, and the table forgets none, while the net has to learn rare spellings by many small steps. The net wins outside
# words and at their beginnings: where a word, a line or a speech ends, and which word comes next, hangs on what stands further back
# than four characters. (Shown only four characters, the GPT keeps about a quarter of this lead; with eight, more than half.) Such
# places are more than a third of the text. (Exercise 3 lets the two work together.)

# %% [markdown] lang="zh" of="a0ebc65f"
# 我们猜错了。在长词内部，领先的是**计数表**，连练得更久的 GPT 也不如它：一个数过的词，四个字母就差不多泄了底，而表什么都不会忘，网络却要一小步一小步地学会少见的拼法。
# 网络赢在词外和词头：一个词、一行、一段台词到哪里结束，下一个词是什么，要看四个字符以外的上文。（只给它看四个字符，领先还剩四分之一左右；给八个，就有一半以上。）这样的地方占文本的三分之一以上。（练习 3 让两者合作。）

# %% [markdown] lang="en"
# ## 7. Drawing text (sampling)
#
# A model gives probabilities; a text needs decisions. *Greedy* takes the most probable character. *Temperature* $\tau$ draws from
# $\mathrm{softmax}(z/\tau)$, $z$ being the logits: below 1 the probable gains, above 1 the improbable. *Top-k* draws among the k
# most probable (Fan et al., 2018), *top-p* among the fewest that together have at least probability p (Holtzman et al., 2020).
# First with numbers that fit on paper: probabilities .5, .25, .15, .1. *What do τ = ½, k = 2 and p = .7 make of them?* (At τ = ½
# the probabilities are squared and divided by their sum, .345.)

# %% [markdown] lang="zh" of="fbe67f34"
# ## 7. 抽取文字（采样）
#
# 模型给的是概率，写文字却要拿主意。**贪心**总取概率最大的字符。**温度** $\tau$ 从 $\mathrm{softmax}(z/\tau)$ 中抽取，$z$ 是 logits：小于 1 时更偏向大概率，大于 1 时更平。
# **top-k** 只在概率最大的 k 个里抽（Fan 等，2018），**top-p** 只在合计概率达到 p 的最少几个里抽（Holtzman 等，2020）。先看纸上算得清的数：概率 .5、.25、.15、.1。
# **τ = ½、k = 2、p = .7 各把它们变成什么？**（τ = ½ 就是各概率平方，再除以总和 .345。）

# %%
z = np.log(np.array([[0.5, 0.25, 0.15, 0.1]], np.float32))
drawn_from = {"τ = ½": z / 0.5, "τ = 2": z / 2, "k = 2": restrict(z, top_k=2), "p = .7": restrict(z, top_p=0.7)}
for name, logits in drawn_from.items():
    print(f"{name:7}", softmax(np.asarray(logits)[0]).round(3))
p = np.array([0.5, 0.25, 0.15, 0.1])
by_hand = {"τ = ½": p**2, "τ = 2": p**0.5, "k = 2": p * (np.arange(4) < 2), "p = .7": p * (np.cumsum(p) - p < 0.7)}
for name, kept in by_hand.items():
    np.testing.assert_allclose(kept / kept.sum(), softmax(np.asarray(drawn_from[name])[0]), atol=1e-6)

# %% [markdown] lang="en"
# τ = ½ sharpens, τ = 2 flattens. Here k = 2 and p = .7 keep the same two; after a surer distribution top-p would keep fewer, top-k
# still two. Now the plays. Each method continues sixteen passages of the validation text by 240 characters. What is a good sample?
# We measure *repetition*: the share of words inside a run of four words that the sample has had before; *variety*: different pairs
# of words among all pairs; the *judge's loss*: what the 5-gram, an outside judge, gives to it (low is likely). The other way round,
# we measure the *loss* of the method on 128 characters of Shakespeare's own text from the beginning of each passage, and what it
# *cannot say*: the share of its characters that the method would never draw. A single one makes the loss infinite. The last line is
# what Shakespeare wrote. *Which method comes closest to it?* We expect greedy to be too likely, and τ = 1.5 not likely enough.

# %% [markdown] lang="zh" of="ef2dc67f"
# τ = ½ 使分布更尖，τ = 2 使它更平。这里 k = 2 和 p = .7 留下的恰好是同样两个；分布更有把握时，top-p 会留得更少，top-k 照旧留两个。轮到剧本。
# 每种办法都为验证文本中的十六个片段各续写 240 个字符。怎样才算好？我们量**重复**（repetition），即落在本段已经出现过的四词连串里的词所占比例；
# **丰富**（variety），即不同的词对占全部词对的比例；**裁判的损失**（judge's loss），即请 5 元模型作旁观的裁判，看它给出多大的损失，越低表示它越不觉得意外。
# 反过来，再量这种办法在各片段开头的 128 个莎士比亚原文字符上的**损失**（loss），以及它**说不出**（cannot say）的：原文里有多少字符是它绝不会抽到的；只要有一个，损失就是无穷大。
# 最后一行是莎士比亚自己写的下文。**哪种办法最接近他？** 我们预计贪心太不出裁判所料，τ = 1.5 则太出其所料。

# %%
methods = {"greedy": {"temperature": 0}, "τ = 0.5": {"temperature": 0.5}, "τ = 1": {}, "τ = 1.5": {"temperature": 1.5}}
methods |= {"top-k, k = 5": {"top_k": 5}, "top-p, p = 0.9": {"top_p": 0.9}}
begins = np.random.default_rng(seed).integers(validation.start, validation.stop - 304, 16)
prompts, windows, truth = (plays.numbers[begins[:, None] + np.arange(*span)] for span in [(64,), (128,), (64, 304)])
samples = {name: generate(trained, prompts, 240, seed=seed, **method) for name, method in methods.items()}
measured = {}
for name, sample in {**samples, "Shakespeare": truth}.items():
    measured[name] = models.describe_samples(plays, prompts, sample, ngrams[best_order])
    loss, cannot_say = models.held_out_by(trained, windows, **methods.get(name, {}))
    print("{:15} repetition {:4.2f}  variety {:4.2f}  judge's loss {:4.2f}".format(name, *measured[name]), end="")
    print(f"   loss {loss:4.2f}  cannot say {cannot_say:5.1%}" if name in methods else "")
claim("greedy_repetition", measured["greedy"].repetition)
assert measured["τ = 1"].repetition < 0.02
claim("plain_judged", abs(measured["τ = 1"].judged - measured["Shakespeare"].judged))

# %%
figure, axes = plt.subplots()
for name, (_, variety, judged) in measured.items():
    marker, size = ("*", 14) if name == "Shakespeare" else ("o", 8)
    axes.plot(judged, variety, marker, markersize=size, label=name)
axes.set(xlabel="loss by the 5-gram (nats a character)", ylabel="different word pairs / all", ylim=(0, 1.1))
axes.legend(loc="center right")
plt.show()
for name in ("greedy", "τ = 1", "top-p, p = 0.9"):
    print(f"--- {name}\n{plays.decode(prompts[3][-30:])}|{plays.decode(samples[name][3])}")

# %% [markdown] lang="en" role="alt"
# Each sampling method as a point: the 5-gram's loss on its text against the share of different pairs of words. Greedy stands at the
# lower left, τ = 1.5 far to the right and high; τ = 1 lies next to the star of Shakespeare's own text, top-p and top-k between it
# and greedy.

# %% [markdown] lang="zh" role="alt" of="58eb061d"
# 每种采样办法一个点：横轴是 5 元模型给的损失，纵轴是不同的词对所占比例。贪心在左下，τ = 1.5 在右上远处；τ = 1 紧挨着代表莎士比亚原文的星号，top-p 和 top-k 在它与贪心之间。

# %% [markdown] lang="en"
# Greedy runs in circles: {claim:greedy_repetition.percent} of its words repeat a run of four. The most probable continuation is not
# what people write, for people say what is not expected (Holtzman et al., 2020). Plain drawing, τ = 1, repeats less than one word
# in fifty, and the judge's loss differs from that of the original by {claim:plain_judged}: it draws what the model believes, so
# that its faults are the model's. As expected, greedy text is too likely for the judge, and text at τ = 1.5 far from likely enough.
# τ = 0.5, top-k and top-p, too, write text that is likelier than Shakespeare's: τ = 0.5 pays with variety; top-k and top-p are
# about as varied as Shakespeare, but can no longer say part of what he said. So τ = 1 comes closest in the judge's loss; in variety
# it is above him.

# %% [markdown] lang="zh" of="f5791d02"
# 贪心在兜圈子：它的词有 {claim:greedy_repetition.percent} 落在重复的四词连串里。概率最大的续文并不是人会写的，因为人说的正是意料之外的话（Holtzman 等，2020）。
# 直接按概率抽（τ = 1），重复的不到五十分之一，裁判给的损失与原文的相差 {claim:plain_judged}：它抽的就是模型所信的，毛病也都是模型的毛病。
# 与预计的一样，在裁判看来，贪心太容易猜中，τ = 1.5 则太难。τ = 0.5、top-k 和 top-p 写出来的也比莎士比亚的原文更容易猜中：τ = 0.5 的代价是少了丰富；
# top-k 和 top-p 与莎士比亚差不多一样丰富，可是他说过的话，有一部分它们再也说不出了。所以论裁判给的损失，τ = 1 离他最近；论丰富，τ = 1 反而高出他。

# %% [markdown] lang="en"
# ## 8. The key–value cache
#
# To draw character 101, must the network read the hundred before it again? Under the causal mask their keys and values cannot
# change any more, so they are kept, and only the new character passes through the blocks. Below it is done by hand for one
# attention; chapter 05's blocks do it with `step`. *Same logits? And how much faster, as the text grows?* Without a cache, step $t$
# costs about in proportion to $t$; with it, little more than the one new position. We time single steps of a network with our sizes
# and room for 512 characters.

# %% [markdown] lang="zh" of="970b532b"
# ## 8. 键值缓存
#
# 要抽第 101 个字符，前面一百个得再读一遍吗？在因果掩码之下，它们的键和值不会再变，存下来就行，只让新字符穿过各块。下面先为一个注意力手写一遍；第 05 章的块用 `step` 来做。**logits 一样吗？文本越长，能快多少？**
# 没有缓存，第 $t$ 步的开销大致与 $t$ 成正比；有了缓存，几乎只剩那一个新位置。我们用同样大小、容得下 512 个字符的网络，测单独一步的时间。

# %%
attention, x = small.blocks[0].attention, small.embedding(line[None])[0].numpy()
keys, values, by_cache = [], [], []
for new in x:  # only the new character is projected
    layers = (attention.query, attention.key, attention.value)
    query, key, value = (dense(layer, new).reshape(attention.heads, -1) for layer in layers)
    keys, values = [*keys, key], [*values, value]
    weights = softmax(np.einsum("hd,thd->ht", query, keys) / np.sqrt(query.shape[-1]), axis=-1)
    by_cache.append(dense(attention.output_projection, np.einsum("ht,thd->hd", weights, values).reshape(-1)))
np.testing.assert_allclose(by_cache, attention(x[None], attention_mask=causal_mask(len(x)))[0], atol=1e-4)

logits, cache = trained.step(windows[:, :100], trained.start_cache(16, 128), first=0)
by_step = [logits]
for place in range(100, 128):
    logits, cache = trained.step(windows[:, place : place + 1], cache, place)
    by_step.append(logits)
largest = np.abs(np.concatenate(by_step, axis=1) - trained(windows).numpy()).max()
print(f"largest difference between cached and uncached logits: {largest:.1e}")
assert largest < 1e-4

lengths = [32, 64, 128, 256, 512]
longer_window = GPT(**{**trained.sizes, "longest": 512})
longer_window.build()
seconds = step_seconds(longer_window, lengths)
figure, axes = plt.subplots()
axes.plot(lengths, 1000 * seconds, "o-", label=["without a cache", "with a cache"])
axes.set(xlabel="characters so far", ylabel="time of one more character (ms)", ylim=0)
axes.legend()
plt.show()
speed_up = seconds[:, 0] / seconds[:, 1]
print("speed-up:", ", ".join(f"{value:.1f} at {length}" for value, length in zip(speed_up, lengths, strict=True)))
assert speed_up[-1] > max(2, speed_up[0])

# %% [markdown] lang="en" role="alt"
# Time of one more character against the length of the text so far, from 32 to 512. Without a cache it rises, before long about in proportion to the length; with the cache it hardly changes, so that the gap widens.

# %% [markdown] lang="zh" role="alt" of="31a2e9d1"
# 再生成一个字符的时间随已有文本长度（32 到 512）的变化。没有缓存时不断上升，不久就约与长度成正比；有缓存时几乎不变，差距越拉越大。

# %% [markdown] lang="en"
# The logits are the same, and the longer the text, the more a step saves. With the cache a step hardly depends on the length here:
# the new query is still compared with every key that was kept, but at these lengths the fixed costs of a step outweigh that. The
# price is memory: two vectors for each position and block. And when the window is full, all positions shift: `generate` then builds
# the cache anew from the last half window.
#
# ## 9. Your turn
#
# Write a beginning and press Enter; the model goes on. In JupyterLab you get a box; anywhere else, call `go_on("...")`. Try a speaker's
# name in capitals with a full stop, as in the plays (there a line end follows, `\n`), and with `temperature=` a τ of your own.

# %% [markdown] lang="zh" of="6d3dd6a5"
# logits 一样，而文本越长，一步省得越多。有了缓存，这里一步的时间几乎与长度无关：新的查询仍要与存下的每个键比较，但在这样的长度上，每一步的固定开销更大。代价是内存：每个位置、每一块要存两个向量。
# 此外，窗口一满，所有位置都要挪动：`generate` 这时从后半个窗口重建缓存。
#
# ## 9. 轮到你了
#
# 写个开头，按回车，模型接着写。在 JupyterLab 里会出现一个输入框；在别处，调用 `go_on("...")` 即可。试试像剧本那样，用大写的人名加句号开头（剧本里后面跟着换行 `\n`），再用 `temperature=` 换个 τ。


# %%
def go_on(beginning, temperature=0.8, top_p=0.95, count=240):
    new = generate(trained, plays.encode(beginning)[None], count, temperature, top_p=top_p, seed=seed)
    return beginning + plays.decode(new[0])


box, answer = text_box("Beginning:", "MACBETH. To be", go_on)
print(go_on("DUKE.\nWhat is"))

# %% [markdown] lang="en"
# ## 10. Pre-training, fine-tuning: Tang quatrains
#
# Now characters of another kind, in a strict form: four lines of five or of seven, ended by the marks ，。，。 in turn. The articles
# say that a GPT is pre-trained on much text and fine-tuned on the text that one wants. *What does that buy?* The repository carries
# a GPT pre-trained on the quatrains of all Tang poets but one, with a record as above. The one is Bai Juyi (白居易), of whom we have
# about 500 quatrains to learn from, and others to test on; near-duplicates stay on one side. First: does the pre-trained net know
# the form? Nothing enforces it; padding and "unknown" are all that is banned. (Well formed means right in lengths and marks; rhyme
# and tones are not checked.) In such a form every place has a part of its own, so the net learns a vector for each, as GPT did,
# instead of sinusoids.

# %% [markdown] lang="zh" of="06d72b59"
# ## 10. 预训练与微调：唐人绝句
#
# 换一种字符，换一种严格的形式：四句，每句五字或七字，句末标点依次为“，。，。”。文章说，GPT 先在大量文本上预训练，再在想要的文本上微调。**这样换来了什么？**
# 仓库里带了一个 GPT，用除一人之外全部唐代诗人的绝句预训练而成，记录同前。那一个人是白居易：他有约 500 首绝句可学，另有一些留作测试；近似重复的诗放在同一边。
# 先问：预训练的网络懂得形式吗？没有任何强制，只禁止抽到填充和“未知”词元。（这里的“合乎形式”只看字数和标点，不管押韵和平仄。）
# 这种形式里每个位置各有分工，所以网络不用正弦，而像 GPT 那样为每个位置学一个向量。

# %%
poems = models.prepare_poems()
poet_train, poet_validation, poet_test = poems.poet
pretrained = models.load_gpt(datasets.read_verified(models.QUATRAIN_CHECKPOINT))
written = models.write_poems(pretrained, poems, 400, seed=seed)
known, others = (poems.decode(part) for part in poems.others[:2])
well_formed = np.mean([models.is_well_formed(poem) for poem in written])
print(*written[:4], sep="\n")
shares = [models.copied_share(texts, known) for texts in (written, others)]
print(f"well formed {well_formed:.1%}; lines from training poems {shares[0]:.1%}, in the poets' own {shares[1]:.1%}")
claim("well_formed", well_formed)
assert shares[0] < 0.01

# %% [markdown] lang="en"
# It has learnt the form from examples alone: {claim:well_formed.percent} of its poems are well formed. Of its lines, fewer than one
# in a hundred stand in the poems that it read; beside it stands how often the poets share lines themselves. Now Bai Juyi, with the
# same budget for both: five readings of his poems, once from the pre-trained weights, once from fresh ones. Beside them n-grams,
# which need no training budget and may count everything: all poets and his poems. The loss counts characters only, not the marks,
# which are easy (the progress lines count them too and are therefore lower). *Who predicts his unseen quatrains best?*

# %% [markdown] lang="zh" of="03527f31"
# 光靠例子它就学会了形式：它的诗有 {claim:well_formed.percent} 合乎形式。它写的诗句，在读过的诗里原样出现过的不到百分之一；旁边列出的是验证部分里诗人自己的诗句的这一比例，供对照。
# 轮到白居易，两边预算相同：都把他的诗读五遍，一个从预训练的权重出发，一个从零开始。
# 旁边放上 n 元模型，它不需要训练预算，什么都可以数：所有诗人的诗加上他的诗。损失只计汉字，不计容易猜的标点（训练中打印的把标点也算在内，所以较低）。**谁最会预测他那些没见过的绝句？**

# %%
models_of_poems = {"GPT pre-trained": pretrained}
models_of_poems["GPT fine-tuned"] = models.load_gpt(datasets.read_verified(models.QUATRAIN_CHECKPOINT))
models_of_poems["GPT from scratch"] = models.new_gpt(models.QUATRAIN_RECIPES["one poet"], len(poems.vocabulary))
for name in ("GPT fine-tuned", "GPT from scratch"):
    models.train_on_poems(models_of_poems[name], poet_train, seed=seed, reports=1)
poem_test = {name: models.poem_loss(model, poems, poet_test) for name, model in models_of_poems.items()}

all_poems = np.concatenate([poems.others[0], poet_train])
counted_poems = {n: NGrams(all_poems[all_poems > 0], len(poems.vocabulary), n) for n in (1, 2, 3)}
n = min(counted_poems, key=lambda n: models.poem_ngram_loss(counted_poems[n], poems, poet_validation))
poem_test[f"{n}-gram, all poets and his"] = models.poem_ngram_loss(counted_poems[n], poems, poet_test)
his = NGrams(poet_train[poet_train > 0], len(poems.vocabulary), n)
poem_test[f"{n}-gram, his poems alone"] = models.poem_ngram_loss(his, poems, poet_test)
for name, value in poem_test.items():
    print(f"{name:26} {value:.3f} nats a character")
claim("fine_tuned_loss", poem_test["GPT fine-tuned"], baseline=poem_test["GPT from scratch"])
claim("fine_tuning_gain", poem_test["GPT pre-trained"] - poem_test["GPT fine-tuned"])
claim("poem_counting_gap", poem_test[f"{n}-gram, all poets and his"] - poem_test["GPT fine-tuned"])

# %%
fine_tuned = models_of_poems["GPT fine-tuned"]


def go_on_in_chinese(beginning):
    return "\n".join(models.write_poems(fine_tuned, poems, 4, beginning, temperature=0.8, seed=seed))


poem_box, poem_answer = text_box("开头：", "白日", go_on_in_chinese)
print(go_on_in_chinese("白日"))

# %% [markdown] lang="en"
# The budget on his poems is equal, the outcome is not: from scratch, five readings of a few hundred poems, some eighty steps, do
# not even reach an n-gram that has counted the same few hundred poems (the last line printed): {claim:fine_tuned_loss.baseline} a
# character; after pre-training on more than ten thousand others it is {claim:fine_tuned_loss.full}. Most of that was there before
# the first poem by Bai Juyi was read: fine-tuning itself gains {claim:fine_tuning_gain}. The n-gram of all poets has counted the
# same poems as the fine-tuned net and stays {claim:poem_counting_gap} behind. (± over seeds of the fine-tuning; other test poems
# would move the level by about 0.04.)
#
# ## 11. Size
#
# "模型规模的扩大", larger models, is what article A1 expects progress from (§5.1). *How does the loss fall with the number $N$ of
# parameters?* Five GPTs of three blocks, 16 to 192 channels wide, read the plays once, the narrower with the higher learning rate.
# The fifth is the one of section 5; the four smaller ones stand on record, each trained once, so that $b$ comes without a spread,
# and the smallest is trained again here to see whether the record holds. Kaplan et al. (2020) found power laws, $L = a\, N^{-b}$,
# straight lines on logarithmic axes. A law is worth what it predicts, so we fit it to the four smaller ones and let it foretell the
# largest.

# %% [markdown] lang="zh" of="d27a3d86"
# 在他的诗上预算一样，结果却不一样：从零开始，几百首诗读五遍，总共八十步左右，连只数过这几百首诗的 n 元模型都没赶上（见打印的最后一行），每字 {claim:fine_tuned_loss.baseline}；
# 先在别人的一万多首诗上预训练，则是 {claim:fine_tuned_loss.full}。
# 其中大半在读到白居易的第一首诗之前就有了：微调本身的贡献是 {claim:fine_tuning_gain}。数过所有诗人的 n 元模型，读的诗与微调的网络一样多，
# 却落后 {claim:poem_counting_gap}。（± 只反映微调的随机种子；换一批测试诗，数值会变动约 0.04。）
#
# ## 11. 规模
#
# 文章 A1（§5.1）把进步寄托在“模型规模的扩大”上。**损失随参数量 $N$ 怎样下降？** 五个 GPT 都是三个块，宽 16 到 192 个通道，都把剧本读一遍，越窄的学习率越高。
# 第五个就是第 5 节的那个；较小的四个有记录可查，各训练了一次，所以 $b$ 没有离散程度；最小的在这里重新训练一次，看记录是否属实。Kaplan 等（2020）发现的是幂律 $L = a\, N^{-b}$，在对数坐标上是直线。
# 一条规律值多少，要看它能预言什么：我们只用较小的四个来拟合，让它预言最大的那个。

# %%
by_size = json.loads((paths.data() / "checkpoints" / "plays_by_size.json").read_text(encoding="utf-8"))
smallest, _ = models.train_on_plays(plays, models.smaller_recipe(16), seed, reports=0, compiled=False)
again = models.loss_on(smallest, plays, validation)
print(f"the smallest, trained again: {again:.3f}; on record: {by_size['sizes'][0]['validation_loss']:.3f}")
assert abs(again - by_size["sizes"][0]["validation_loss"]) < 0.05

sizes = np.array([*(entry["parameters"] for entry in by_size["sizes"]), two_minutes.count_params()])
size_losses = np.array([*(entry["validation_loss"] for entry in by_size["sizes"]), validation_loss])
slope, start = np.polyfit(np.log(sizes[:-1]), np.log(size_losses[:-1]), 1)
law = np.exp(start) * sizes**slope
for size, loss, expected in zip(sizes, size_losses, law, strict=True):
    print(f"{size:9,} parameters: {loss:.3f}, power law {expected:.3f}")
claim("scaling_exponent", -slope)
claim("scaling_miss", abs(law[-1] - size_losses[-1]))
figure, axes = plt.subplots()
axes.plot(sizes, law, "--", color="grey", label=f"power law of the first four, $b$ = {-slope:.3f}")
axes.plot(sizes, size_losses, "o", label="validation text")
axes.set(xscale="log", yscale="log", xlabel="parameters", ylabel="loss (nats a character)")
axes.set_yticks([1.5, 1.75, 2.0, 2.25], ["1.50", "1.75", "2.00", "2.25"])
axes.minorticks_off()
axes.legend()
plt.show()

# %% [markdown] lang="en" role="alt"
# Loss against the number of parameters for five networks on logarithmic axes, with a straight line fitted to the four smaller ones
# and drawn on to the largest.

# %% [markdown] lang="zh" role="alt" of="2a7653f3"
# 五个网络的损失与参数量，对数坐标，外加一条由较小的四个拟合、延长到最大者的直线。

# %% [markdown] lang="en"
# Each doubling of the parameters takes the share $1 - 2^{-b}$, about 6 %, off the loss, $b$ = {claim:scaling_exponent}. For the
# largest the law is too hopeful: it stays {claim:scaling_miss} above the line. Already the four bend away from it: between
# neighbours $b$ falls from 0.105 over 0.098 to 0.061, and to about 0.04 at the last. One reading of a small text is little for more
# than a million parameters. How should more computing be spent? Hoffmann et al. (2022) found that text should grow in step with the
# parameters, about 20 tokens for each. Our shipped model has more parameters than its plays have characters and reads them many
# times; dropout is to keep it from learning them by heart.
#
# ## 12. Break it
#
# Five faults, none of which stops the program, and the checks that do.

# %% [markdown] lang="zh" of="d7113e90"
# 参数每翻一番，损失就减少 $1 - 2^{-b}$，约 6 %，$b$ = {claim:scaling_exponent}。对最大的那个，这条规律过于乐观：
# 它比直线高出 {claim:scaling_miss}；其实较小的四个也已越来越平：相邻两个之间的 $b$ 依次是 0.105、0.098、0.061，到最大的只剩 0.04 左右。对一百多万个参数来说，文本这么少，只读一遍是不够的。
# 算力更多，该怎么用？Hoffmann 等（2022）发现，文本应与参数同步增长，每个参数约 20 个词元。随仓库附带的模型，参数比剧本的字符还多，又把剧本读了许多遍，随机丢弃就是为了不让它死记硬背。
#
# ## 12. 故意弄坏
#
# 五个毛病，哪一个都不会让程序停下；拦住它们的是检验。


# %%
with caught("there is no causal mask"):
    seeing, later_changed = GPT(**small.sizes), np.where(np.arange(len(line)) < 20, line, 0)
    seeing.blocks = [EncoderBlock(4, 64, 0.0) for _ in range(2)]  # as in BERT
    seeing.build()
    change = np.abs(seeing(later_changed[None]) - seeing(line[None]))[0, :20].max()
    assert change == 0, f"characters 20 and later change the predictions before them by {change:.2f}"

with caught("the targets are not moved by one"):
    inputs, targets = next(iter(models.window_dataset(plays.train, 64, 32, 1, seed)))
    targets = inputs
    assert np.array_equal(inputs[:, 1:], targets[:, :-1]), "the network is asked for the character that it is given"

with caught("the cache forgets at which position it is"):
    cache = trained.start_cache(16, 128)
    for place in range(3):
        logits, cache = trained.step(windows[:, place : place + 1], cache, first=0)
    difference = np.abs(logits[:, 0] - trained(windows[:, :3])[:, -1]).max()
    assert difference < 1e-4, f"cached and uncached logits differ by {difference:.2f}"

with caught("the test text was counted as well"):
    leaky = NGrams(plays.numbers, tokens, best_order).losses(plays.numbers[: test.stop], test.start)
    claim("checkpoint_test_loss", table["GPT, longer"], baseline=leaky.mean())

with caught("tokens are decoded one at a time and then joined"):
    numbers = gpt2.encode("低头思故乡")
    joined = "".join(gpt2.decode([number]) for number in numbers)
    assert joined == "低头思故乡", f"the line comes back as {joined}"

# %% [markdown] lang="en"
# The first two give a wonderfully low training loss, the first even on unseen text. Without the checks, one notices only when the
# samples are nonsense.

# %% [markdown] lang="zh" of="8328c15e"
# 头两个毛病会让训练损失低得喜人，第一个连没见过的文字上也一样。没有检验，要到抽出来的全是胡话时才会发觉。

# %% [markdown] lang="en"
# ## 13. Why it matters for large models
#
# Article A2 tells a history in which DeepMind's DQN dates from 2012 and GPT from 2017. In truth AlexNet is of 2012, DQN of 2013
# (Nature 2015), the Transformer of 2017 (Vaswani et al.), GPT of June 2018, BERT of October 2018, GPT-2 of 2019 and GPT-3 of 2020.
# DQN plays Atari by reading the screen, without any limbs; "some hundred millions" of parameters fits BERT, not GPT-2 (1.5
# billion); a system "SeaWorld" by Facebook we cannot find ([ERRATA.md](ERRATA.md)). But for details, GPT, GPT-2 and GPT-3 are this
# network: wider, deeper, with byte pairs, and with more text. *How much more?* Training costs about six floating-point operations
# for each parameter and token, two forwards and four backwards (Kaplan et al., 2020). Let us count ours and theirs.

# %% [markdown] lang="zh" of="040993bf"
# ## 13. 与大模型有什么关系
#
# 文章 A2 讲的历史里，DeepMind 的 DQN 是 2012 年的，GPT 是 2017 年的。实际上 AlexNet 是 2012 年，DQN 是 2013 年（《自然》2015 年），
# Transformer 是 2017 年（Vaswani 等），
# GPT 是 2018 年 6 月，BERT 是 2018 年 10 月，GPT-2 是 2019 年，GPT-3 是 2020 年。DQN 靠读屏幕玩 Atari，没有四肢；
# “数亿”参数说 BERT 可以，GPT-2 已有 15 亿；Facebook 的“SeaWorld”则查无此物（[ERRATA.md](ERRATA.md)）。
# 除去细节，GPT、GPT-2、GPT-3 就是这个网络：更宽，更深，用字节对，文本更多。**多多少？**训练时，每个参数、每个词元约要六次浮点运算，前向两次，反向四次（Kaplan 等，2020）。数一数我们的，再数一数他们的。

# %%
runs = {
    "two minutes": (two_minutes.count_params(), recipe.epochs * len(plays.train)),
    "longer training": (trained.count_params(), record["rounds"] * len(plays.train)),
    "GPT-3 (Brown et al., 2020)": (175e9, 300e9),
    "Chinchilla (Hoffmann et al., 2022)": (70e9, 1.4e12),
}
for name, (size, read) in runs.items():
    print(f"{name:34} {size:8.2g} parameters, {read:8.2g} tokens, {read / size:5.2f} for each")
ratio = 175e9 * 300e9 / np.prod(runs["two minutes"])
print(f"GPT-3 took {ratio:.0e} times our two minutes: {ratio * 2 / 60 / 24 / 365:,.0f} years of this machine")

# %% [markdown] lang="en"
# Forty billion times our computation: at two minutes a training, some 150,000 years of this machine. Yet the mechanism is the same,
# and so are the questions: compare with counting, per character, on text that was not read; look at what is drawn; ask how much was
# copied.
#
# ## Summary
#
# - The published "GPT" has no attention: it is a table of character pairs.
# - Byte pairs write any string; a vocabulary learnt on English makes Chinese expensive ({claim:gpt2_chinese} characters a token).
# - Two minutes: {claim:gpt_test_loss} a character, behind a 5-gram by {claim:two_minutes_behind}; longer,
#   {claim:checkpoint_test_loss} against {claim:checkpoint_test_loss.baseline}.
# - Greedy text repeats itself ({claim:greedy_repetition.percent} of the words); to the 5-gram, text drawn at τ = 1 is about as likely
#   as Shakespeare's.
# - The key–value cache changes no logit and saves more the longer the text.
# - Pre-training on other poets: {claim:fine_tuned_loss} against {claim:fine_tuned_loss.baseline} from scratch; of the quatrains drawn
#   before fine-tuning, {claim:well_formed.percent} are well formed.
#
# ## Exercises
#
# 1. Do the next merge of section 2 on paper. Then add "lowest_", seen 3 times: do the merges change, or only their counts? (10 minutes)
# 2. At which τ is the loss of `models.held_out_by(trained, windows, temperature=τ)` lowest? What does that say about the model? (15 minutes)
# 3. Mix the probabilities of the 5-gram and of the longer GPT, weight chosen on the validation text. Is the mixture better than both
#    on the test text? Why? (20 minutes)
# 4. Train the two-minute network on our byte pairs instead of characters, in the same time, and compare in nats a character. (40 minutes)
# 5. Fine-tune on 李商隐 (247 quatrains) instead. Change `POET` in `course_utils/models/language.py`, pre-train anew with
#    `benchmarks/train_07_quatrains.py --target li.npz --record li.json`, since the shipped network has read him, and load with
#    `models.load_gpt(Path("li.npz").read_bytes())`. The promises of section 10 do not hold for him. (60 minutes)
# 6. Draw 400 poems at τ = 1.2. Which lines break the form first, and at which place? (15 minutes)
#
# ## References
#
# - C. E. Shannon (1948). *A mathematical theory of communication.* Bell System Technical Journal 27, 379–423.
#   doi:10.1002/j.1538-7305.1948.tb01338.x
# - T. C. Bell, J. G. Cleary, I. H. Witten (1990). *Text compression.* Prentice Hall.
# - S. F. Chen, J. Goodman (1999). *An empirical study of smoothing techniques for language modeling.* Computer Speech & Language
#   13(4), 359–394. doi:10.1006/csla.1999.0128
# - R. Sennrich, B. Haddow, A. Birch (2016). *Neural machine translation of rare words with subword units.* ACL, 1715–1725. arXiv:1508.07909
# - A. Vaswani et al. (2017). *Attention is all you need.* NeurIPS 30, 5998–6008. arXiv:1706.03762
# - A. Radford, K. Narasimhan, T. Salimans, I. Sutskever (2018). *Improving language understanding by generative pre-training.*
#   OpenAI. (A2's reference [2] does not exist.)
# - A. Radford et al. (2019). *Language models are unsupervised multitask learners.* OpenAI. (GPT-2)
# - T. B. Brown et al. (2020). *Language models are few-shot learners.* NeurIPS 33, 1877–1901. arXiv:2005.14165 (GPT-3)
# - A. Fan, M. Lewis, Y. Dauphin (2018). *Hierarchical neural story generation.* ACL, 889–898. arXiv:1805.04833 (top-k)
# - A. Holtzman, J. Buys, L. Du, M. Forbes, Y. Choi (2020). *The curious case of neural text degeneration.* ICLR. arXiv:1904.09751 (top-p)
# - V. Mnih et al. (2015). *Human-level control through deep reinforcement learning.* Nature 518, 529–533. doi:10.1038/nature14236 (DQN)
# - J. Kaplan et al. (2020). *Scaling laws for neural language models.* arXiv:2001.08361
# - J. Hoffmann et al. (2022). *Training compute-optimal large language models.* arXiv:2203.15556
# - K. Jordan et al. (2024). *Muon: an optimizer for hidden layers in neural networks.* kellerjordan.github.io/posts/muon
# - J. Liu et al. (2025). *Muon is scalable for LLM training.* arXiv:2502.16982
# - A. Karpathy (2022). *nanoGPT.* github.com/karpathy/nanoGPT

# %% [markdown] lang="zh" of="3a7491e0"
# 四百亿倍的计算：按一次训练两分钟算，这台机器要算大约十五万年。机制却是同一个，要问的也一样：和计数比，按每个字符算，用没读过的文字；看它写出来的东西；问它抄了多少。
#
# ## 小结
#
# - 文章里的“GPT”没有注意力，只是一张字符对表。
# - 字节对写得出任何字符串；但从英文学来的词表让中文很贵（每个词元 {claim:gpt2_chinese} 个字符）。
# - 两分钟：每字符 {claim:gpt_test_loss}，比 5 元模型差 {claim:two_minutes_behind}；练得更久：{claim:checkpoint_test_loss}，5 元模型是 {claim:checkpoint_test_loss.baseline}。
# - 贪心来回说车轱辘话（{claim:greedy_repetition.percent} 的词）；τ = 1 抽出来的文本，5 元模型给的损失与莎士比亚的原文差不多。
# - 键值缓存不改变任何 logit，文本越长省得越多。
# - 先用别的诗人的诗预训练：{claim:fine_tuned_loss}，从零开始是 {claim:fine_tuned_loss.baseline}；微调之前抽出的绝句，{claim:well_formed.percent} 合乎形式。
#
# ## 练习
#
# 1. 在纸上做出第 2 节的下一次合并。再加入出现 3 次的“lowest_”：变的是合并，还是只有次数？（10 分钟）
# 2. τ 取多大，`models.held_out_by(trained, windows, temperature=τ)` 给出的损失最低？这说明模型怎么样？（15 分钟）
# 3. 把 5 元模型和练得更久的 GPT 的概率加权混合，权重在验证文本上选。测试文本上，混合比两者都好吗？为什么？（20 分钟）
# 4. 用同样的时间，让第 5 节的网络在我们的字节对上而不是字符上训练，按每字符的奈特数比较。（40 分钟）
# 5. 换成李商隐（247 首）来微调：改 `course_utils/models/language.py` 里的 `POET`，运行 `benchmarks/train_07_quatrains.py --target li.npz --record li.json` 重新预训练，因为附带的网络读过他，再用 `models.load_gpt(Path("li.npz").read_bytes())` 读入。第 10 节的承诺对他不适用。（60 分钟）
# 6. 取 τ = 1.2 抽 400 首诗。形式最先在哪一句、哪个位置被打破？（15 分钟）
#
# ## 参考文献
#
# - C. E. Shannon (1948). *A mathematical theory of communication.* Bell System Technical Journal 27, 379–423. doi:10.1002/j.1538-7305.1948.tb01338.x
# - T. C. Bell, J. G. Cleary, I. H. Witten (1990). *Text compression.* Prentice Hall.
# - S. F. Chen, J. Goodman (1999). *An empirical study of smoothing techniques for language modeling.* Computer Speech & Language 13(4), 359–394. doi:10.1006/csla.1999.0128
# - R. Sennrich, B. Haddow, A. Birch (2016). *Neural machine translation of rare words with subword units.* ACL, 1715–1725. arXiv:1508.07909
# - A. Vaswani et al. (2017). *Attention is all you need.* NeurIPS 30, 5998–6008. arXiv:1706.03762
# - A. Radford, K. Narasimhan, T. Salimans, I. Sutskever (2018). *Improving language understanding by generative pre-training.* OpenAI.（A2 的参考文献 [2] 并不存在。）
# - A. Radford et al. (2019). *Language models are unsupervised multitask learners.* OpenAI.（GPT-2）
# - T. B. Brown et al. (2020). *Language models are few-shot learners.* NeurIPS 33, 1877–1901. arXiv:2005.14165（GPT-3）
# - A. Fan, M. Lewis, Y. Dauphin (2018). *Hierarchical neural story generation.* ACL, 889–898. arXiv:1805.04833（top-k）
# - A. Holtzman, J. Buys, L. Du, M. Forbes, Y. Choi (2020). *The curious case of neural text degeneration.* ICLR. arXiv:1904.09751（top-p）
# - V. Mnih et al. (2015). *Human-level control through deep reinforcement learning.* Nature 518, 529–533. doi:10.1038/nature14236（DQN）
# - J. Kaplan et al. (2020). *Scaling laws for neural language models.* arXiv:2001.08361
# - J. Hoffmann et al. (2022). *Training compute-optimal large language models.* arXiv:2203.15556
# - K. Jordan et al. (2024). *Muon: an optimizer for hidden layers in neural networks.* kellerjordan.github.io/posts/muon
# - J. Liu et al. (2025). *Muon is scalable for LLM training.* arXiv:2502.16982
# - A. Karpathy (2022). *nanoGPT.* github.com/karpathy/nanoGPT
