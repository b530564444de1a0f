# %% [markdown] lang="en"
# # Assignment 07 · GPT and generating text
#
# {total} in all, after [chapter 07](../notebooks/07_gpt_text_generation.ipynb).
#
# 1. Run the cells from top to bottom; the first one sets up the assignment.
# 2. In an answer cell, put your code in place of `raise NotImplementedError`, or change the code that is there. You may add cells.
# 3. Run the check below it, as often as you like. It answers at once, often with a hint. When your work is graded, the same
#    check runs with further numbers, and each part of it earns its share of the points.
# 4. Before you hand in: *Kernel → Restart Kernel and Run All Cells*. Leave the file's name as it is.

# %% [markdown] lang="zh" of="2a2c05fc"
# # 作业 07 · GPT 与文本生成
#
# 共 {total}，配合[第 07 章](../../notebooks/zh/07_gpt_text_generation.ipynb)。
#
# 1. 从上到下逐格运行；第一格负责准备。
# 2. 在答题格里，把 `raise NotImplementedError` 换成你的代码，或修改里面已有的代码。可以自己加单元格。
# 3. 运行下面的检查格，次数不限。它立刻给出结果，常常还有提示。评分时，同一份检查会再用别的数据运行，每通过一项得一份分。
# 4. 提交之前，请选菜单 Kernel → Restart Kernel and Run All Cells 从头运行一遍。不要改文件名。

# %%
from course_utils.checking import start_assignment

check = start_assignment("{language}")

from collections import Counter
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np

np.set_printoptions(precision=3, suppress=True)


def softmax(z, axis=-1):
    powers = np.exp(z - z.max(axis=axis, keepdims=True))
    return powers / powers.sum(axis=axis, keepdims=True)


# %% [markdown] lang="en"
# ## 1. Mend the listing ({exercise:mend_the_listing})
#
# Article A2 (§1.4.2) prints a "simple GPT" that never looks at any token but the last. Here are three pieces of a language model with
# such faults: one in `embed`, two in `attend`, one in `next_losses`. Mend them.
#
# - `embed`: the vector of *each* token plus the vector of its *place*. `tokens` (length,), `table` (tokens, width), `positions` (longest, width).
# - `attend`: one head of causal attention. `x` has shape (length, width).
# - `next_losses`: $-\ln p$ of each token but the first. Row $t$ of `logits` (length, tokens) is what the model says after it has seen
#   the tokens 0 … t.

# %% [markdown] lang="zh" of="824b862b"
# ## 1. 修好这段代码（{exercise:mend_the_listing}）
#
# 文章 A2（§1.4.2）的“简单的 GPT”，除了最后一个词元，什么也不看。下面是语言模型的三个零件，带着同类的毛病：`embed` 里一处，`attend` 里两处，
# `next_losses` 里一处。请修好。
#
# - `embed`：**每个**词元的向量，加上它所在**位置**的向量。`tokens` 的形状是（长度，），`table` 是（词元数，宽度），`positions` 是（最大长度，宽度）。
# - `attend`：一个因果注意力头。`x` 的形状是（长度，宽度）。
# - `next_losses`：除第一个以外，每个词元的 $-\ln p$。`logits`（长度，词元数）的第 $t$ 行，是模型看过词元 0 … t 之后的预测。


# %% answer="mend_the_listing"
def embed(tokens, table, positions):
    """Input vectors, shape (length, width)."""
    x = table[tokens]
    ### BEGIN SOLUTION
    return x + positions[: len(tokens)]
    ### GIVEN
    # x[0] = positions[0]
    # return x
    ### END SOLUTION


def attend(x, W_q, W_k, W_v):
    """What each position gathers from itself and the positions before it, shape (length, values)."""
    query, key, value = x @ W_q, x @ W_k, x @ W_v
    scores = query @ key.T / np.sqrt(key.shape[1])
    ### BEGIN SOLUTION
    scores = np.where(np.tri(len(x), dtype=bool), scores, -np.inf)
    return softmax(scores, axis=1) @ value
    ### GIVEN
    # return softmax(scores, axis=0) @ value
    ### END SOLUTION


def next_losses(logits, tokens):
    """The loss of each token but the first, shape (length - 1,)."""
    ### BEGIN SOLUTION
    p = softmax(logits[:-1])
    return -np.log(p[np.arange(len(tokens) - 1), tokens[1:]])
    ### GIVEN
    # p = softmax(logits)
    # return -np.log(p[np.arange(len(tokens)), tokens])
    ### END SOLUTION


# %% check="mend_the_listing" minutes=12
import numpy as np

exercise = check("mend_the_listing", points=4)
exercise.equal(
    "embed adds the places",
    "embed(tokens, table, positions)",
    np.array([[11.0, 1.0], [21.0, 0.0], [30.0, 1.0]]),
    given={
        "tokens": np.array([2, 0, 1]),
        "table": np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]),
        "positions": np.array([[10.0, 0.0], [20.0, 0.0], [30.0, 0.0], [40.0, 0.0]]),
    },
    mistakes={
        "{hint:overwritten}": np.array([[10.0, 0.0], [1.0, 0.0], [0.0, 1.0]]),
        "{hint:by_token}": np.array([[31.0, 1.0], [11.0, 0.0], [20.0, 1.0]]),
    },
)
heads = {"W_q": np.array([[1.0, 0], [0, 1], [0, 0]]), "W_k": np.array([[1.0, 1], [0, 1], [0, 0]])}
x = np.array([[1.0, 0, 1], [0, 2, 1], [1, -1, 1], [3, 1, 1]])
exercise.test(
    "a later token changes nothing that was gathered before it",
    """import numpy as np
changed = x.copy()
changed[2:] += 1
before, after = (np.asarray(attend(version, W_q, W_k, W_v))[:2] for version in (x, changed))
np.abs(before - after).max()""",
    lambda answer: answer < 1e-9,
    given={**heads, "W_v": np.array([[2.0, 0], [1, -1], [0, 0]]), "x": x},
    hint="{hint:later}",
)
exercise.equal(
    "each position's weights add up to 1: where all values are 1, it gathers 1",
    "attend(x, W_q, W_k, W_v)",
    np.ones((4, 1)),
    given={**heads, "W_v": np.array([[0.0], [0.0], [1.0]]), "x": x},
    hint="{hint:axis}",
)
exercise.equal(
    "the losses of the second and the third token",
    "next_losses(logits, tokens)",
    np.array([0.6931472, 0.2231436]),
    given={
        "logits": np.log([[0.5, 0.25, 0.25], [0.1, 0.8, 0.1], [0.2, 0.2, 0.6]]),
        "tokens": np.array([2, 0, 1]),
    },
    mistakes={
        "{hint:given_away}": lambda answer: np.shape(answer) == (3,),
        "{hint:direction}": np.array([2.3025851, 1.6094379]),
        "{hint:each}": lambda answer: np.ndim(answer) == 0,
        "{hint:sign}": np.array([-0.6931472, -0.2231436]),
    },
)
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(1)
tokens, table, positions = rng.integers(0, 9, 6), rng.standard_normal((9, 5)), rng.standard_normal((20, 5))
exercise.equal(
    "embed six tokens",
    "embed(tokens, table, positions)",
    np.array([table[token] + positions[place] for place, token in enumerate(tokens)]),
    given={"tokens": tokens, "table": table, "positions": positions},
)
x, W_q, W_k, W_v = (rng.standard_normal(shape) for shape in [(7, 5), (5, 4), (5, 4), (5, 3)])
gathered = []
for place in range(7):
    weights = np.exp([x[place] @ W_q @ W_k.T @ x[other] / 2 for other in range(place + 1)])
    gathered.append(weights @ x[: place + 1] @ W_v / weights.sum())
exercise.equal(
    "causal attention over seven positions",
    "attend(x, W_q, W_k, W_v)",
    np.array(gathered),
    given={"x": x, "W_q": W_q, "W_k": W_k, "W_v": W_v},
    weight=2,
)
logits = rng.standard_normal((6, 9))
exercise.equal(
    "the losses of five tokens",
    "next_losses(logits, tokens)",
    [np.log(np.exp(logits[t]).sum()) - logits[t, tokens[t + 1]] for t in range(5)],
    given={"logits": logits, "tokens": tokens},
)
### END HIDDEN TESTS
exercise.score()

# %% [markdown] lang="en" role="hints"
# - overwritten: Where is the first token now? And how would the model know at which place the others stand?
# - by_token: You look the place's vector up with the token's number. What is the number of its place?
# - later: A position still sees the future, or is influenced by it. Which scores must not count, and over what is the softmax taken?
# - axis: For each position, the weights over what it looks at should add up to 1. Along which axis of `scores` do those lie?
# - given_away: There are as many losses as tokens: each row is asked for a token that it has already seen. Which one should it predict?
# - direction: Here a row is asked for the token *before* it. In which direction does a language model predict?
# - each: One number came back. A loss for each predicted token is wanted.
# - sign: A probability is below 1; what sign has its logarithm, and what sign should a loss have?

# %% [markdown] lang="zh" role="hints" of="49d984ac"
# - overwritten: 第一个词元到哪里去了？其余的词元各在什么位置，模型又怎么知道？
# - by_token: 你用词元的编号去查位置向量。它所在位置的编号是多少？
# - later: 某个位置仍然看得到未来，或者受到未来的影响。哪些分数不该算数？softmax 又是对什么取的？
# - axis: 对每个位置来说，它看向各处的权重之和应为 1。这些权重排在 `scores` 的哪一条轴上？
# - given_away: 损失与词元一样多：每一行被问的，是它已经看过的词元。它该预测的是哪一个？
# - direction: 现在每一行被问的是它**前面**的词元。语言模型往哪个方向预测？
# - each: 返回的是一个数。这里要的是每个被预测的词元各一个损失。
# - sign: 概率小于 1，它的对数是正是负？损失又该是正是负？

# %% [markdown] lang="en"
# ## 2. Byte pairs ({exercise:byte_pairs})
#
# Two halves of byte-pair encoding.
#
# - *Learning*: `best_pair(words)`. `words` maps each word, its symbols separated by spaces, to how often it occurs, such as
#   `{"lo w _": 5}`. Return the pair of neighbouring symbols that occurs most often in the text; of equally frequent pairs, the first in alphabetical order.
# - *Using*: `encode(word, merges)`. Begin with single characters. Join the pair that was *learnt first*, everywhere and from the left; then the
#   second, and so on. `merges` is a list of pairs in the order in which they were learnt; return the list of symbols.
#
# On paper: merges (b, c), (a, b). What becomes of "abc"?

# %% [markdown] lang="zh" of="0e2fefd5"
# ## 2. 字节对（{exercise:byte_pairs}）
#
# 字节对编码的两半。
#
# - **学**：`best_pair(words)`。`words` 的键是词（符号之间用空格隔开），值是它出现的次数，例如 `{"lo w _": 5}`。请返回文本中相邻次数最多的一对符号；
#   次数相同时，取字母顺序在前的。
# - **用**：`encode(word, merges)`。从单个字符开始。先合并**最早学到**的一对，处处合并，从左到右；然后是第二对，依此类推。`merges` 是按学到的先后
#   排列的若干对；返回符号的列表。
#
# 先在纸上算：合并依次为 (b, c)、(a, b)。“abc” 变成什么？


# %% answer="byte_pairs"
def best_pair(words):
    """The most frequent pair of neighbouring symbols."""
    ### BEGIN SOLUTION
    counts = Counter()
    for word, times in words.items():
        symbols = word.split()
        for pair in pairwise(symbols):
            counts[pair] += times
    return min(counts, key=lambda pair: (-counts[pair], pair))
    ### END SOLUTION


def encode(word, merges):
    """The symbols of a word after all merges, in the order in which they were learnt."""
    ### BEGIN SOLUTION
    symbols = list(word)
    for first, second in merges:
        joined = []
        for symbol in symbols:
            if joined and (joined[-1], symbol) == (first, second):
                joined[-1] += symbol
            else:
                joined.append(symbol)
        symbols = joined
    return symbols
    ### END SOLUTION


# %% check="byte_pairs" minutes=15
exercise = check("byte_pairs", points=3)
call = "encode(word, [tuple(pair) for pair in merges])"
exercise.equal(
    "the most frequent pair",
    "best_pair(words)",
    ["o", "f"],
    given={"words": {"o f": 9, "a n d": 4, "h a n d": 3, "s a n d": 1}},
    mistakes={
        "{hint:times}": lambda answer: list(answer) in (["a", "n"], ["n", "d"]),
        "{hint:pair}": lambda answer: isinstance(answer, str),
    },
)
exercise.equal(
    "one of two equally frequent pairs",
    "best_pair(words)",
    ["a", "b"],
    given={"words": {"b a": 2, "a b": 2}},
    mistakes={"{hint:tie}": ["b", "a"]},
    weight=0.5,
)
exercise.equal(
    "four merges on a word",
    call,
    ["low", "er_"],
    given={"word": "lower_", "merges": ["lo", "er", ("lo", "w"), ("er", "_")]},
)
exercise.equal(
    "the merges (b, c), (a, b) on abc",
    call,
    ["a", "bc"],
    given={"word": "abc", "merges": ["bc", "ab"]},
    mistakes={"{hint:order}": ["ab", "c"], "{hint:boundary}": ["abc"]},
)
### BEGIN HIDDEN TESTS
exercise.equal(
    "the most frequent pair of longer symbols",
    "best_pair(words)",
    ["lo", "st"],
    given={"words": {"lo w e st": 3, "w e": 2, "lo st": 7}},
    mistakes={"{hint:symbols}": lambda answer: "l" in answer or "o" in answer or "s" in answer},
)
exercise.equal(
    "a letter that repeats",
    call,
    ["aa", "aa", "a"],
    given={"word": "aaaaa", "merges": ["aa"]},
    mistakes={
        "{hint:everywhere}": ["aa", "a", "a", "a"],
        "{hint:left}": lambda answer: list(answer) in (["a", "aa", "aa"], ["aaaa", "a"], ["aaaaa"]),
    },
    weight=0.5,
)
exercise.equal(
    "a pair that appears inside a joined symbol only",
    call,
    ["ab", "c", "ab", "d"],
    given={"word": "abcabd", "merges": ["ab", "bc", "bd"]},
    mistakes={"{hint:boundary}": lambda answer: "abc" in answer or "abd" in answer},
)
### END HIDDEN TESTS
exercise.score()

# %% [markdown] lang="en" role="hints"
# - times: This pair stands in the most *words*. How often does each word occur in the text?
# - pair: Two symbols are wanted, one after the other, not one text.
# - tie: Both occur equally often. Which one comes first in the alphabet?
# - order: You took the longest symbol that begins the word. Which pair was learnt first?
# - boundary: The letters b and c are neighbours, but are the *symbols* b and c neighbours, once another pair has been joined?
# - symbols: You count characters. What are the symbols of a word whose first merges are already made?
# - everywhere: The pair occurs once more further on.
# - left: A symbol can be joined only once in each merge. Go from the left; what is left over at the end?

# %% [markdown] lang="zh" role="hints" of="164fa413"
# - times: 含有这一对的**词**最多。可是每个词在文本里出现多少次？
# - pair: 要返回先后两个符号，而不是一段文本。
# - tie: 两对次数相同。按字母顺序，哪一对在前？
# - order: 你取了词头最长的符号。最早学到的是哪一对？
# - boundary: 字母 b 和 c 相邻；但另一对合并之后，**符号** b 和 c 还相邻吗？
# - symbols: 你数的是字符。一个词已经做过几次合并之后，它的符号是什么？
# - everywhere: 后面还有同样的一对。
# - left: 每次合并中，一个符号只能用一次。从左往右做，最后剩下什么？

# %% [markdown] lang="en"
# ## 3. What may be drawn ({exercise:next_distribution})
#
# Write the distribution from which a sampler draws. First the temperature: divide the logits by it. Then *top-p*: of the
# probabilities that result, keep the fewest most probable tokens that together *reach* $p$; the others get 0, and what is kept is divided by its sum.
# Each probability stays at its token's place. No two tokens are equally probable.
#
# On paper first: probabilities .1, .4, .2, .3 and p = .6. Which tokens are kept, and with what probabilities?

# %% [markdown] lang="zh" of="891c8614"
# ## 3. 哪些可以抽（{exercise:next_distribution}）
#
# 请写出采样所用的分布。先是温度：logits 除以它。再是 **top-p**：在由此得到的概率中，只留概率最大的若干个，个数最少而合计**达到** $p$；
# 其余为 0，留下的再除以它们的和。每个概率留在它的词元原来的位置。没有两个词元概率相同。
#
# 先在纸上算：概率 .1、.4、.2、.3，p = .6。留下哪些词元，概率各是多少？


# %% answer="next_distribution"
def next_distribution(logits, temperature, top_p):
    """Probabilities, shape (tokens,), after temperature and top-p."""
    ### BEGIN SOLUTION
    p = softmax(logits / temperature)
    order = np.argsort(-p)
    above = np.cumsum(p[order]) - p[order]  # the probability of all tokens that are more probable
    kept = np.zeros(len(p))
    kept[order] = np.where(above < top_p, p[order], 0)
    return kept / kept.sum()
    ### END SOLUTION


# %% check="next_distribution" minutes=12
import numpy as np

exercise = check("next_distribution", points=4)
call = "next_distribution(logits, temperature, top_p)"
logits = np.log([0.1, 0.4, 0.2, 0.3])
exercise.equal(
    "temperature 1 and p = 0.6",
    call,
    np.array([0, 0.5714286, 0, 0.4285714]),
    given={"logits": logits, "temperature": 1.0, "top_p": 0.6},
    mistakes={
        "{hint:reach}": np.array([0.0, 1, 0, 0]),
        "{hint:sum}": np.array([0, 0.4, 0, 0.3]),
        "{hint:place}": lambda answer: np.isclose(answer[0], 4 / 7),
        "{hint:fewest}": lambda answer: np.count_nonzero(answer) > 2,
    },
)
exercise.equal(
    "temperature 0.5 and p = 0.8",
    call,
    np.array([0, 0.64, 0, 0.36]),
    given={"logits": logits, "temperature": 0.5, "top_p": 0.8},
    mistakes={
        "{hint:first}": np.array([0, 0.5517241, 0.137931, 0.3103448]),
        "{hint:divide}": lambda answer: abs(answer[1] - 0.3886) < 1e-3,
        "{hint:reach}": np.array([0.0, 1, 0, 0]),
        "{hint:sum}": lambda answer: np.isclose(answer[1], 0.16 / 0.3),
    },
)
exercise.equal(
    "temperature 2 and p = 1",
    call,
    np.array([0.16270045, 0.32540091, 0.23009319, 0.28180545]),
    given={"logits": logits, "temperature": 2.0, "top_p": 1.0},
    weight=0.5,
)
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(3)
logits = 2 * rng.standard_normal(50)
p = np.exp(logits / 1.7) / np.exp(logits / 1.7).sum()
kept = np.zeros(50)
for token in sorted(range(50), key=lambda token: -p[token]):
    kept[token] = p[token]
    if kept.sum() >= 0.75:
        break
exercise.equal(
    "fifty tokens",
    call,
    kept / kept.sum(),
    given={"logits": logits, "temperature": 1.7, "top_p": 0.75},
    weight=0.5,
)
exercise.equal(
    "a very small p leaves the most probable token",
    call,
    np.eye(50)[np.argmax(logits)],
    given={"logits": logits, "temperature": 1.0, "top_p": 1e-6},
    mistakes={
        "{hint:one}": lambda answer: np.isnan(answer).any() or not np.any(answer),
        "{hint:sum}": lambda answer: np.sum(answer) < 0.999,
    },
    weight=0.5,
)
exercise.equal(
    "large logits",
    call,
    np.array([0.7310586, 0, 0.2689414]),
    given={"logits": np.array([1000.0, 0.0, 999.0]), "temperature": 1.0, "top_p": 0.9},
    mistakes={"{hint:large}": lambda answer: np.isnan(answer).any()},
    weight=0.5,
)
### END HIDDEN TESTS
exercise.score()

# %% [markdown] lang="en" role="hints"
# - reach: The first token alone has less than p. Do the kept ones reach p together?
# - sum: What is kept is what one draws from. What do these numbers add up to, and what should they?
# - place: You return them sorted. How would one know which probability belongs to which token?
# - fewest: Fewer tokens reach p already. Which are the most probable ones?
# - first: You chose the tokens before the temperature had changed their probabilities. Which comes first?
# - divide: Below 1, a temperature should make the probable more probable. What do you do with it?
# - one: "The fewest tokens that reach p": can that be none at all?
# - large: e^1000 is no number that a computer can hold. Which number may be subtracted from all logits without changing the softmax?

# %% [markdown] lang="zh" role="hints" of="949e424d"
# - reach: 单单第一个词元还不到 p。留下的合起来达到 p 了吗？
# - sum: 要从它们当中抽取。它们的和是多少，又应当是多少？
# - place: 你返回的是排好序的。怎么知道哪个概率属于哪个词元？
# - fewest: 更少的词元就已经达到 p 了。概率最大的是哪几个？
# - first: 温度还没有改变概率，你就先选好了词元。哪一步在先？
# - divide: 温度小于 1，应当让大概率更大。你对它做的是什么运算？
# - one: “达到 p 的最少几个”，可以是一个也没有吗？
# - large: e^1000 是计算机存不下的数。从所有 logits 里减去哪个数，不会改变 softmax？

# %% [markdown] lang="en"
# ## 4. A fair comparison ({exercise:fair_loss})
#
# Three models read the same text, cut into different pieces: letters, pairs, words. Whose loss is lower? A loss *per token* cannot
# tell, because a token may be one letter or nine.
#
# - `nats_a_character(pieces, probabilities)`: the loss over a text in nats a character. `pieces` are the tokens as text, `probabilities` what the model gave to each.
# - `choose(validation, test)`: the name of the model that is best on the validation text, and *its* loss on the test text, both in nats a character. Both
#   arguments map a model's name to a list of two things, pieces and probabilities.

# %% [markdown] lang="zh" of="c8d5d3dd"
# ## 4. 公平的比较（{exercise:fair_loss}）
#
# 三个模型读同一段文字，切法不同：字母、字母对、词。谁的损失更低？**每词元**的损失说明不了，因为一个词元可以是一个字母，也可以是九个。
#
# - `nats_a_character(pieces, probabilities)`：整段文字的损失，以每字符的奈特数计。`pieces` 是各词元的文字，`probabilities` 是模型给每个词元的概率。
# - `choose(validation, test)`：返回在验证文本上最好的模型的名字，以及**它**在测试文本上的损失，都以每字符的奈特数计。两个参数都把模型的名字对应到
#   一个列表，里面是词元和概率两样东西。


# %% answer="fair_loss"
def nats_a_character(pieces, probabilities):
    """The loss in nats a character."""
    ### BEGIN SOLUTION
    return -np.sum(np.log(probabilities)) / sum(map(len, pieces))
    ### END SOLUTION


def choose(validation, test):
    """Name of the best model, and its loss on the test text."""
    ### BEGIN SOLUTION
    best = min(validation, key=lambda name: nats_a_character(*validation[name]))
    return best, nats_a_character(*test[best])
    ### END SOLUTION


# %% check="fair_loss" minutes=10
import numpy as np

exercise = check("fair_loss", points=3)
exercise.equal(
    "three tokens, six characters",
    "nats_a_character(pieces, probabilities)",
    0.4620981,
    given={"pieces": ["ab", "cde", "f"], "probabilities": [0.25, 0.5, 0.5]},
    mistakes={
        "{hint:token}": 0.9241962,
        "{hint:bits}": 0.6666667,
        "{hint:total}": 2.7725887,
        "{hint:guess}": 1.5874011,
        "{hint:log}": lambda answer: answer < 0,
    },
)
given = {
    "validation": {
        "letters": [["n", "o", "n", "o"], [0.5, 0.5, 0.5, 0.5]],
        "words": [["no", "no"], [0.4, 0.4]],
        "pairs": [["no", "no"], [0.3, 0.3]],
    },
    "test": {"letters": [["o", "n"], [0.6, 0.6]], "words": [["on"], [0.2]], "pairs": [["on"], [0.9]]},
}
exercise.equal(
    "the name of the best of three models",
    "choose(validation, test)[0]",
    "words",
    given=given,
    mistakes={"{hint:token}": "letters", "{hint:test}": "pairs"},
)
exercise.equal(
    "its loss on the test text",
    "choose(validation, test)[1]",
    0.804719,
    given=given,
    mistakes={
        "{hint:validation}": 0.4581454,
        "{hint:test}": 0.0526803,
        "{hint:token}": lambda answer: abs(answer - 0.5108256) < 1e-6 or abs(answer - 1.6094379) < 1e-6,
    },
    weight=0.5,
)
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(4)
pieces = [str(10 ** int(digits)) for digits in rng.integers(0, 6, 80)]
p = rng.uniform(0.01, 0.9, 80)
loss = -sum(map(np.log, p)) / len("".join(pieces))
given = {"pieces": pieces, "probabilities": p}
exercise.equal("eighty tokens", "nats_a_character(pieces, probabilities)", loss, given=given)
text, chances = "abcdefghijkl" * 4, {1: (0.31, 0.3), 2: (0.08, 0.2), 3: (0.05, 0.005), 4: (0.005, 0.6)}
parts = [
    {
        f"model {size}": [
            [text[at : at + size] for at in range(0, 48, size)],
            np.full(48 // size, chances[size][part]),
        ]
        for size in chances
    }
    for part in (0, 1)
]
exercise.equal(
    "the best of four models, and its loss",
    "choose(validation, test)",
    ["model 3", -np.log(0.005) / 3],
    given={"validation": parts[0], "test": parts[1]},
)
exercise.equal(
    "Chinese characters",
    "nats_a_character(pieces, probabilities)",
    -np.log(0.05) / 5,
    given={"pieces": ["低头", "思故乡"], "probabilities": [0.5, 0.1]},
    mistakes={"{hint:bytes}": -np.log(0.05) / 15},
    weight=0.5,
)
### END HIDDEN TESTS
exercise.score()

# %% [markdown] lang="en" role="hints"
# - token: This is a loss a *token*. How many characters does a token of each model hold?
# - bits: These are bits. Which logarithm is measured in nats?
# - total: This is the loss of the whole text. How long is the text?
# - guess: This is "as good as guessing among so many". What is its logarithm?
# - log: A probability is below 1, so its logarithm is negative. And a loss?
# - test: You chose with the test text. Then its loss is no honest estimate any more. Which text is there for choosing?
# - validation: This loss has been used for the choice. On which text should the chosen model be judged?
# - bytes: In UTF-8 a Chinese character has three bytes. The question is about characters.

# %% [markdown] lang="zh" role="hints" of="d7f609a7"
# - token: 这是每个**词元**的损失。每个模型的一个词元有几个字符？
# - bits: 这是比特数。以奈特计，用的是哪种对数？
# - total: 这是整段文字的损失。文字有多长？
# - guess: 这是“相当于在这么多个里面瞎猜”。它的对数是多少？
# - log: 概率小于 1，对数是负的。损失呢？
# - test: 你是用测试文本挑的。这样一来，它的损失就不再是诚实的估计。该用哪一段文本来挑？
# - validation: 这个损失已经用来挑选过了。选出的模型该在哪一段文本上评判？
# - bytes: 在 UTF-8 里，一个汉字是三个字节。问的是字符。

# %% [markdown] lang="en"
# ## 5. A head that remembers ({exercise:cached_head})
#
# When a text is drawn, each new position asks all earlier ones, but those do not change any more. Write one head of causal attention
# that is given *one position at a time* and computes keys and values only for the new one:
#
# - `step(x)`, where `x` (width,) is the input at the next position, returns what this position gathers from itself and all before it, shape (values,);
#   the scores are divided by the square root of the number of channels of a key, as in exercise 1;
# - `self.keys` and `self.values` hold one entry for each position so far.

# %% [markdown] lang="zh" of="e72d2cd8"
# ## 5. 有记性的头（{exercise:cached_head}）
#
# 生成文本时，每个新位置都要询问此前的所有位置，而它们已经不再变化。请写一个因果注意力头，**一次只给它一个位置**，它只为新位置计算键和值：
#
# - `step(x)`：`x`（宽度，）是下一个位置的输入；返回这个位置从自己和此前各位置得到的结果，形状为（值的通道数，）；
#   分数要除以键的通道数的平方根，与第 1 题一样；
# - `self.keys` 和 `self.values`：迄今每个位置各占一项。


# %% answer="cached_head"
class CachedHead:
    """A head of causal attention with W_q, W_k (width, channels) and W_v (width, values)."""

    def __init__(self, W_q, W_k, W_v):
        self.W_q, self.W_k, self.W_v = W_q, W_k, W_v
        ### BEGIN SOLUTION
        self.keys, self.values = [], []
        ### END SOLUTION

    def step(self, x):
        """What the next position gathers."""
        ### BEGIN SOLUTION
        self.keys.append(x @ self.W_k)
        self.values.append(x @ self.W_v)
        scores = np.array(self.keys) @ (x @ self.W_q) / np.sqrt(self.W_k.shape[1])
        return softmax(scores) @ np.array(self.values)
        ### END SOLUTION


# %% check="cached_head" minutes=15
import numpy as np

exercise = check("cached_head", points=4)
given = {
    "W_q": np.array([[1.0, 0.0], [0.0, 1.0]]),
    "W_k": np.array([[1.0, 1.0], [0.0, 1.0]]),
    "W_v": np.array([[2.0, 0.0], [1.0, -1.0]]),
    "x": np.array([[1.0, 0.0], [0.0, 2.0], [1.0, -1.0]]),
}
exercise.equal(
    "what three positions gather",
    "head = CachedHead(W_q, W_k, W_v)\n[head.step(row) for row in x]",
    np.array([[2.0, 0.0], [2.0, -1.6088594], [1.3800149, 0.4713459]]),
    given=given,
    mistakes={
        "{hint:scale}": np.array([[2.0, 0.0], [2.0, -1.7615942], [1.2946155, 0.6351465]]),
        "{hint:own_value}": np.array([[2.0, 0.0], [2.0, -2.0], [1.0, 1.0]]),
        "{hint:mean}": np.array([[2.0, 0.0], [2.0, -1.0], [5 / 3, -1 / 3]]),
        "{hint:itself}": lambda answer: np.allclose(answer[1], [2.0, 0.0]),
    },
)
exercise.equal(
    "keys and values after three positions",
    "head = CachedHead(W_q, W_k, W_v)\nfor row in x:\n    head.step(row)\n[len(head.keys), len(head.values)]",
    [3, 3],
    given=given,
    mistakes={"{hint:shared}": lambda answer: max(answer) > 3, "{hint:stored}": lambda answer: min(answer) < 3},
)
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(5)
W_q, W_k, W_v = (rng.standard_normal(shape) for shape in [(6, 4), (6, 4), (6, 3)])


def gathered(x):
    """Causal attention over a whole text at once."""
    scores = np.where(np.tri(len(x)) > 0, x @ W_q @ (x @ W_k).T / 2, -np.inf)
    weights = np.exp(scores)
    return weights / weights.sum(axis=1, keepdims=True) @ x @ W_v


first, second = rng.standard_normal((12, 6)), rng.standard_normal((5, 6))
given = {"W_q": W_q, "W_k": W_k, "W_v": W_v, "first": first, "second": second}
exercise.equal(
    "twelve positions, wider",
    "head = CachedHead(W_q, W_k, W_v)\n[head.step(row) for row in first]",
    gathered(first),
    given=given,
)
exercise.equal(
    "two texts by turns, each with a head of its own",
    """one, other = CachedHead(W_q, W_k, W_v), CachedHead(W_q, W_k, W_v)
pairs = [(one.step(a), other.step(b)) for a, b in zip(first, second)]
[b for _, b in pairs]""",
    gathered(second),
    given=given,
    hint="{hint:shared}",
)
### END HIDDEN TESTS
exercise.score()

# %% [markdown] lang="en" role="hints"
# - scale: Are the scores divided by the square root of the number of channels?
# - own_value: Each position gathers its own value only. Which keys does its query meet?
# - mean: All positions count alike. What decides how much of each value is taken?
# - itself: The second position does not see itself. When are its key and value stored, before or after it looks?
# - shared: There is more in the cache than this text has put there. Does every head have lists of its own?
# - stored: Fewer entries than positions. What must be kept after each step?

# %% [markdown] lang="zh" role="hints" of="598c6b8c"
# - scale: 分数除以通道数的平方根了吗？
# - own_value: 每个位置只得到了自己的值。它的查询应当与哪些键相遇？
# - mean: 所有位置一视同仁。每个值取多少，由什么决定？
# - itself: 第二个位置没有看到自己。它的键和值是在查看之前还是之后存下的？
# - shared: 缓存里的东西比这段文本放进去的多。每个头都有自己的列表吗？
# - stored: 项数比位置少。每一步之后要留下什么？

# %% [markdown] lang="en"
# ## 6. Windows that overlap ({exercise:clean_windows})
#
# Somebody cuts a text into windows, shuffles them, and takes a tenth for validation. The loss is wonderful, because most validation
# windows share characters with training windows. Which ones may stay?
#
# A window that starts at $s$ has `length` inputs, the characters $s, \dots, s + \text{length} - 1$, and `length` targets, $s + 1, \dots, s + \text{length}$.
# Write `clean_windows`: the starts of the validation windows that share *no* character with any training window, inputs and targets included, in their given order.

# %% [markdown] lang="zh" of="0ad0d33c"
# ## 6. 重叠的窗口（{exercise:clean_windows}）
#
# 有人把文本切成许多窗口，打乱，取十分之一作验证。损失好得出奇，因为大多数验证窗口都与训练窗口共用字符。哪些窗口可以留下？
#
# 起点为 $s$ 的窗口有 `length` 个输入，即字符 $s, \dots, s + \text{length} - 1$；还有 `length` 个目标，即 $s + 1, \dots, s + \text{length}$。
# 请写 `clean_windows`：返回与任何训练窗口都**不**共用字符（输入和目标都算）的验证窗口的起点，按给定的顺序排列。


# %% answer="clean_windows"
def clean_windows(train_starts, validation_starts, length):
    """Starts of the validation windows that share no character with a training window."""
    ### BEGIN SOLUTION
    distance = np.abs(np.subtract.outer(validation_starts, train_starts)).min(axis=1)
    return validation_starts[distance > length]
    ### END SOLUTION


# %% check="clean_windows" minutes=10
import numpy as np

exercise = check("clean_windows", points=3)
call = "clean_windows(train_starts, validation_starts, length)"
exercise.equal(
    "five validation windows of length 5",
    call,
    [26, 40],
    given={"train_starts": np.array([0, 10, 20]), "validation_starts": np.array([4, 7, 25, 26, 40]), "length": 5},
    mistakes={
        "{hint:target}": [25, 26, 40],
        "{hint:before}": lambda answer: 7 in answer and 4 not in answer,
        "{hint:equal}": [4, 7, 25, 26, 40],
        "{hint:starts}": lambda answer: list(answer) in ([3, 4], [0, 0, 0, 1, 1]),
        "{hint:clean}": [4, 7, 25],
    },
)
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(6)
train, others = rng.choice(60_000, 120, replace=False), rng.choice(60_000, 150, replace=False)
validation = np.sort(np.concatenate([others, train[:4] + np.array([64, -64, 65, -65])]))
covered = {place for start in train.tolist() for place in range(start, start + 65)}
clean = [start for start in validation.tolist() if not covered & set(range(start, start + 65))]
exercise.equal(
    "154 validation windows of length 64",
    call,
    clean,
    given={"train_starts": train, "validation_starts": validation, "length": 64},
)
exercise.equal(
    "the order of the validation windows",
    call,
    [300, 10, 50],
    given={"train_starts": np.array([100]), "validation_starts": np.array([300, 10, 50]), "length": 5},
    mistakes={"{hint:order}": [10, 50, 300]},
    weight=0.5,
)
exercise.equal(
    "no window is clean",
    call,
    [],
    given={"train_starts": np.array([0, 6]), "validation_starts": np.array([3, 4]), "length": 5},
    weight=0.5,
)
### END HIDDEN TESTS
exercise.score()

# %% [markdown] lang="en" role="hints"
# - target: The window at 25 begins with the character 25. Which is the last target of the window at 20?
# - before: A window can also begin *before* a training window and reach into it. Look at 7.
# - equal: Windows overlap even if they do not start at the same place. Which characters does each one cover?
# - starts: The starts of the windows are wanted, not their places in the list or truth values.
# - clean: These are the ones that overlap.
# - order: The windows are sorted now. In which order were they given?

# %% [markdown] lang="zh" role="hints" of="fa3e0cfd"
# - target: 起点为 25 的窗口从字符 25 开始。起点为 20 的窗口，最后一个目标是哪个字符？
# - before: 窗口也可以从训练窗口**之前**开始，一直伸进去。看看 7。
# - equal: 起点不同的窗口也会重叠。每个窗口覆盖哪些字符？
# - starts: 要的是窗口的起点，不是它们在列表里的位置，也不是真假值。
# - clean: 这些正是重叠的。
# - order: 现在的顺序是排过的。给定的顺序是什么？

# %% [markdown] lang="en"
# ## 7. Read the figure ({exercise:counting_curves})
#
# A machine writes a text of six letters; what it writes next depends on the last three letters, by chances that we know. So we know its *entropy* too, the
# mean of $-\ln p$ with the true chances: the dashed line. N-grams learn from what it has written, 1,000 letters or 25,000, and are measured on 3,000 later letters, or on
# the 1,000 letters from which they learnt. Which curve is which is for you to find out.

# %% [markdown] lang="zh" of="c3782e97"
# ## 7. 读图（{exercise:counting_curves}）
#
# 一台机器用六个字母写文章；下一个字母取决于前三个字母，概率是我们知道的。所以它的**熵**也知道，即用真实概率算出的 $-\ln p$ 的均值，图中的虚线。
# n 元模型从它写的东西里学，学 1000 个字母或 25000 个，然后在后来的 3000 个字母上测量，或者就在学过的那 1000 个字母上测量。哪条曲线是哪一种，要你自己看出来。

# %%
rng = np.random.default_rng(0)
by_context = [rng.dirichlet([0.2] * 6, size=6**k) for k in (1, 2, 3)]  # after the last one, two, three letters
chances = sum(np.tile(table, (216 // len(table), 1)) for table in by_context) / 3
machine, true_losses = [0, 0, 0], []
for lot in np.random.default_rng(1).random(30_000):
    p = chances[36 * machine[-3] + 6 * machine[-2] + machine[-1]]
    machine.append(int(np.searchsorted(p.cumsum()[:-1], lot)))
    true_losses.append(-np.log(p[machine[-1]]))
written = "".join("abcdef"[letter] for letter in machine)


def ngram_loss(learnt, text, n):
    """Mean loss of an n-gram in which the shorter context always has one vote."""
    counts = Counter(learnt[at : at + k] for k in range(n + 1) for at in range(len(learnt) - k + 1))
    losses = []
    for end in range(n, len(text)):
        p = 1 / 6
        for k in range(n):
            p = (counts[text[end - k : end + 1]] + p) / (counts[text[end - k : end]] + 1)
        losses.append(-np.log(p))
    return np.mean(losses)


little, much, later = written[:1000], written[:25_000], written[-3000:]
measured = [(little, later), (much, later), (little, little)]
figure, axes = plt.subplots()
for name, marker, place in zip("ABC", "os^", np.random.default_rng(7).permutation(3), strict=True):
    axes.plot(range(1, 8), [ngram_loss(*measured[place], n) for n in range(1, 8)], marker + "-", label=name)
axes.axhline(np.mean(true_losses), color="grey", linestyle="--", label="entropy of the machine")
axes.set(xlabel="n", ylabel="loss (nats a letter)", ylim=(0, None))
axes.legend()
plt.show()

# %% [markdown] lang="en" role="alt"
# Loss in nats a letter against n from 1 to 7 for A, B and C. All begin at 1.78. A falls to 1.69 at n = 3 and rises to 2.4. B falls all the way, to 0.2, and crosses the dashed
# line at 1.47 between n = 3 and 4. C falls to 1.50 at n = 4 and rises to 2.2.

# %% [markdown] lang="zh" role="alt" of="4884882c"
# A、B、C 的损失（每字母的奈特数）随 n（1 到 7）的变化。三条都从 1.78 开始。A 在 n = 3 时降到 1.69，然后升到 2.4；B 一路下降到 0.2，在 n = 3 与 4 之间穿过 1.47 处的虚线；
# C 在 n = 4 时降到 1.50，然后升到 2.2。

# %% [markdown] lang="en"
# Answer in a few sentences. Which curve is which, and how do you know? B lies below the entropy of the machine; has it found something better than the truth? Which n would you choose for A and
# for C, and why is it not the same? What would happen to the curve C if there were still more text to learn from?

# %% [markdown] lang="zh" of="5e48e15c"
# 用几句话回答：哪条曲线是哪一种，你凭什么知道？B 落到了机器的熵以下，它难道找到了比真相更好的东西？A 和 C 各该选哪个 n，为什么不一样？如果可学的文本再多一些，
# C 会怎样变？

# %% [markdown] lang="en" answer="counting_curves" points=4 minutes=10
# ### BEGIN SOLUTION
# B is measured on the letters from which it learnt: it falls without end. A learnt from 1,000 letters and C from 25,000: with more text, the loss on later
# letters is lower, and longer contexts pay. No: on unseen text, nobody's mean loss can be below the entropy (except by luck); B has learnt its text by heart, which is
# worth nothing on another text. For A n = 3, for C n = 4, each the lowest loss on letters that were not learnt. The machine looks back three letters, so n = 4 can say all; but
# 1,000 letters are too few for 216 contexts, most were seen a few times only. With more text C would come closer to the dashed line at n = 4, and would rise less steeply behind
# it; n = 4 stays best, since a longer context has nothing to add.
#
# One point each for: A, B and C with a reason; B has learnt by heart and proves nothing; n = 3 and n = 4 because contexts must have been seen often enough; C approaches the
# entropy at n = 4 and does not fall below it.
# ### END SOLUTION

# %% [markdown] lang="zh" answer="counting_curves" points=4 minutes=10 of="35b41151"
# ### BEGIN SOLUTION
# B 是在学过的字母上测量的，所以一路下降。A 学了 1000 个字母，C 学了 25000 个：文本越多，在后来的字母上损失越低，长的上文也越管用。没有：在没见过的文本上，谁的平均损失也不会低于熵
# （除非碰巧）；B 不过是把文本背了下来，换一段文本就毫无用处。A 选 n = 3，C 选 n = 4，都是在没学过的字母上损失最低的。机器只看前三个字母，n = 4 就足够了；
# 但 1000 个字母应付不了 216 种上文，大多数只见过几次。文本更多时，C 在 n = 4 处会更接近虚线，后面升得也更缓；n = 4 仍然最好，因为更长的上文没有新东西可说。
#
# 四点各一分：A、B、C 认对并说明理由；B 是死记硬背，证明不了什么；n = 3 和 n = 4，因为上文要见过足够多次；C 在 n = 4 处接近熵，而不会低于它。
# ### END SOLUTION
