# %% [markdown] lang="en"
# # 01 · Feedforward networks: XOR, and everything it teaches
#
# At the end you will have built, by hand and in Keras, a network that solves a problem which no straight line can
# solve, checked every gradient in it, and read handwritten digits with the same ideas.
#
# | | |
# |---|---|
# | **You will build** | a two-layer network in NumPy, its gradients, 1,000 such networks at once, the same network in Keras three ways, a digit reader |
# | **You will learn** | why a network needs activations, how backpropagation works and how to check it, what memorising looks like, why a baseline comes first |
# | **You need** | Python, arrays, the product of matrices, derivatives and the chain rule |
# | **Time and memory** | {run:seconds} s on two processor cores, {run:memory} GB |
# | **Follows** | A3 §1.3.1–1.3.2 and §1.4.1, A0 §1.3.1 and §1.4, A1 §3.1 and §4.1 ([which articles?](../README.md#the-articles)) |
#
# Chinese edition: [zh/01_feedforward_xor.ipynb](zh/01_feedforward_xor.ipynb). Errors of the articles: [ERRATA.md](ERRATA.md).
# Every line below that begins with ✓ is a promise: it was measured over several seeds, and the run stops if it no longer holds.

# %% [markdown] lang="zh" of="1af10927"
# # 01 · 前馈神经网络：从异或学起
#
# 读完本章，你会亲手搭出一个网络（先用 NumPy，再用 Keras），解决任何一条直线都解决不了的问题；你会检验其中的每一个梯度，
# 并用同样的思路认出手写数字。
#
# | | |
# |---|---|
# | **动手做** | 用 NumPy 写两层网络和它的梯度，一次训练 1000 个网络，用 Keras 的三种写法重写同一个网络，再做一个手写数字识别器 |
# | **学到** | 网络为什么离不开激活函数，反向传播怎样算、怎样检验，“死记硬背”是什么样子，为什么要先立基线 |
# | **准备** | 会 Python，知道数组、矩阵乘法、导数和链式法则 |
# | **时间与内存** | 两个处理器核心上 {run:seconds} 秒，{run:memory} GB |
# | **对应文章** | A3 §1.3.1–1.3.2、§1.4.1，A0 §1.3.1、§1.4，A1 §3.1、§4.1（[是哪几篇？](../../README.zh.md#四篇文章)） |
#
# 英文版：[01_feedforward_xor.ipynb](../01_feedforward_xor.ipynb)。文章勘误：[ERRATA.md](ERRATA.md)。
# 下文凡以 ✓ 开头的输出都是一个承诺：它在多个随机种子下测量过，一旦不再成立，运行就会中止。

# %%
from course_utils.notebook import start_chapter  # not found? README.md, "Running the notebooks", tells what to do

seed, claim = start_chapter("01_feedforward_xor")  # seeds, quiet logs, figure style, the chapter's promises

import time

import keras
import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import NearestNeighbors

from course_utils import datasets, plotting
from course_utils.claims import caught
from course_utils.gradients import central_differences, relative_error
from course_utils.metrics import paired_difference
from course_utils.training import EpochReport

# %% [markdown] lang="en"
# ## 1. The listing as published
#
# *Exclusive or* (XOR) answers 1 when exactly one of its two inputs is 1. Article A3 trains a network on its four rows. The
# cell below restates that listing: its steps, in its order, with nothing mended. It never prints a result, so let us ask for
# one. Four rows go in; we expect four answers, 0, 1, 1, 0.
#
# A few words first. A *layer* multiplies its inputs by *weights* $W$, adds a *bias* $b$, and passes each sum through an
# *activation*, a fixed nonlinear function. Often that is the *sigmoid* $\sigma(z) = 1/(1+e^{-z})$, which squeezes any number into
# (0, 1). A layer between input and output is *hidden*, and each of its numbers is a hidden *unit*. To *train* is to change all
# weights a little, many times, against the slope (the *gradient*) of a number that measures the error (the *loss*). The *learning
# rate* sets the size of a step; one pass over the data is an *epoch*.

# %% [markdown] lang="zh" of="7fa1fba5"
# ## 1. 文章里的代码
#
# **异或**（XOR）的规则是：两个输入中恰好有一个为 1 时，答案为 1。文章 A3 用它的四行数据训练网络。下面的单元格重述了那段代码：
# 步骤和顺序照旧，一处也不修补。原代码从不打印结果，那我们就来要一个结果。输入四行，我们期待四个答案：0、1、1、0。
#
# 先认识几个词。一**层**把输入乘以**权重** $W$，加上**偏置** $b$，再让每个和经过**激活函数**（一个固定的非线性函数）；常用的是
# sigmoid，$\sigma(z) = 1/(1+e^{-z})$，它把任何数压到 0 与 1 之间。夹在输入与输出之间的层叫**隐藏层**，其中每个数是一个**隐藏单元**。
# **训练**就是逆着误差（**损失**）的斜率（**梯度**），一次次微调所有权重。每次调多少由**学习率**决定，把数据过一遍叫一**轮**。

# %%
inputs = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float)
targets = np.array([[0], [1], [1], [0]], dtype=float)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def train_as_published(hidden_size, mended=False):
    """Article A3, section 1.4.1: a thousand steps and the prediction; `mended` concerns the faults of this section."""
    rng = np.random.default_rng(seed)
    W1, b1 = rng.standard_normal((2, hidden_size)), np.zeros((1, hidden_size))
    W2, b2 = rng.standard_normal((hidden_size, 1)), np.zeros((1, 1))
    for _ in range(1000):
        hidden = inputs @ W1 + b1
        d_output = (
            sigmoid(hidden @ W2 + b2) - targets
        )  # the article also computes the mean of its square, and never uses it
        d_hidden = d_output @ W2.T * sigmoid(hidden) * (1 - sigmoid(hidden))
        W2 -= learning_rate * (hidden if mended else inputs).T @ d_output
        b2 -= learning_rate * d_output.sum(axis=0, keepdims=True)
        W1 -= learning_rate * inputs.T @ d_hidden
        b1 -= learning_rate * d_hidden.sum(axis=0, keepdims=True)
    hidden = inputs @ W1 + b1
    return sigmoid(hidden @ W2 + b2) if mended else np.round(sigmoid(hidden))


learning_rate = 0.1  # never defined in the article: as printed, the listing stops here with a NameError
try:
    train_as_published(hidden_size=4)
except ValueError as error:
    print("four hidden units:", error)

prediction = train_as_published(hidden_size=2)
print("two hidden units:  no error, and a prediction of shape", prediction.shape)
print(prediction)

# %% [markdown] lang="en"
# Three faults, three lessons.
#
# 1. `learning_rate` was never set. Python would say so at once; we had to invent a value.
# 2. The gradient of the second layer is computed from `inputs` instead of from the hidden values. With four hidden units the
#    shapes do not fit, and NumPy refuses.
# 3. With *two* hidden units the shapes happen to fit. Nothing complains, the wrong gradient is used a thousand times, and
#    the answer has eight numbers for four questions, because the prediction stops after the first layer.
#
# The third is the dangerous one. A network with a fault in it still runs, still prints a loss, and is just worse than it
# should be. So this course does not trust code because it runs. It checks.

# %% [markdown] lang="zh" of="ef17365a"
# 三处毛病，三个教训。
#
# 1. `learning_rate` 从未定义，Python 会立刻指出来；我们只好自己定一个。
# 2. 第二层的梯度本该用隐藏层的值来算，代码却用了 `inputs`。隐藏单元为四个时形状对不上，NumPy 拒绝执行。
# 3. 隐藏单元改成**两个**，形状碰巧对上了。于是没有任何报错，错误的梯度被用了一千次；而且预测只算到第一层，四个问题得到了八个数。
#
# 最危险的是第三处。有毛病的网络照样能跑，照样能打印损失，只是比它应有的水平差。所以，本课程不因为代码能跑就相信它，而是逐一检验。

# %% [markdown] lang="en"
# ## 2. Why the published network cannot learn
#
# Let us mend these three faults and leave the rest as it is. Does it learn now?

# %% [markdown] lang="zh" of="d156109c"
# ## 2. 文章里的网络为什么学不会
#
# 把这三处修好，其余照旧。它现在能学会吗？

# %%
output = train_as_published(hidden_size=4, mended=True)
print("predicted", output.ravel().round(2), "  wanted", targets.ravel())

# %% [markdown] lang="en"
# All four answers sit near ½: the network has learnt to shrug. The reason takes one line of algebra. Without an activation,
# the two layers are
#
# $$(x W_1 + b_1)\, W_2 + b_2 \;=\; x \underbrace{(W_1 W_2)}_{w} + \underbrace{(b_1 W_2 + b_2)}_{b},$$
#
# one linear layer, however many hidden units there are. The network says "1" where $x w + b > 0$, so its border is a
# straight line. For XOR we would need
#
# $$b \le 0,\qquad w_2 + b > 0,\qquad w_1 + b > 0,\qquad w_1 + w_2 + b \le 0 .$$
#
# Add the first and the last: $w_1 + w_2 + 2b \le 0$. Add the two in the middle: $w_1 + w_2 + 2b > 0$. Both cannot be true.
#
# We said that we check. The next cell compares the two sides of the formula, and then tries 100,000 random lines.

# %% [markdown] lang="zh" of="d85e6afc"
# 四个答案都停在 ½ 附近：网络学会的只是“说不准”。原因只需一行代数。没有激活函数时，两层合起来是
#
# $$(x W_1 + b_1)\, W_2 + b_2 \;=\; x \underbrace{(W_1 W_2)}_{w} + \underbrace{(b_1 W_2 + b_2)}_{b},$$
#
# 不管有多少隐藏单元，它都只是一个线性层。网络在 $x w + b > 0$ 处回答“1”，分界线就是一条直线。要解出异或，必须有
#
# $$b \le 0,\qquad w_2 + b > 0,\qquad w_1 + b > 0,\qquad w_1 + w_2 + b \le 0$$
#
# 首尾两式相加，得 $w_1 + w_2 + 2b \le 0$；中间两式相加，得 $w_1 + w_2 + 2b > 0$。二者不能同时成立。
#
# 说好了要检验：下面先比较公式的两边，再随机试十万条直线。

# %%
rng = np.random.default_rng(seed)
W1, b1, W2, b2 = (rng.standard_normal(shape) for shape in [(2, 4), (1, 4), (4, 1), (1, 1)])
two_layers = (inputs @ W1 + b1) @ W2 + b2
one_layer = inputs @ (W1 @ W2) + (b1 @ W2 + b2)
np.testing.assert_allclose(two_layers, one_layer, rtol=1e-10, atol=1e-12)
print("two layers and one layer agree")

weights, offsets = rng.standard_normal((2, 100_000)), rng.standard_normal(100_000)
correct = ((inputs @ weights + offsets > 0) == targets).sum(axis=0)
for rows in range(5):
    print(f"{rows} of 4 rows right: {np.mean(correct == rows):6.1%} of the lines")
assert correct.max() == 3

# %% [markdown] lang="en"
# Three of four is the best that a line can do. Here is the whole list of what is wrong with the listing; the rest of the
# chapter mends it, point by point.
#
# | Fault | What happens | Mended in |
# |---|---|---|
# | `learning_rate` is undefined | stops with an error | section 1 |
# | `dW2` uses the inputs, not the hidden values | stops, or learns nonsense silently | sections 1, 5 |
# | the hidden layer has no activation | the network is one straight line | section 3 |
# | the backward pass has the derivative of an activation that the forward pass lacks | wrong gradient | section 5 |
# | `A2 - Y` is the gradient of cross-entropy; the loss computed is the mean squared error | what is computed is not what is minimised | section 4 |
# | the prediction skips the second layer | a 4 × 4 table instead of four answers | section 1 |

# %% [markdown] lang="zh" of="22780507"
# 一条直线最多对三行。这段代码的毛病汇总如下，本章余下的部分逐条修好。
#
# | 毛病 | 后果 | 改正见 |
# |---|---|---|
# | `learning_rate` 未定义 | 报错中止 | 第 1 节 |
# | `dW2` 用了输入，而不是隐藏层的值 | 报错中止，或者悄悄学成一团乱 | 第 1、5 节 |
# | 隐藏层没有激活函数 | 整个网络只是一条直线 | 第 3 节 |
# | 前向传播没有激活函数，反向传播却乘了它的导数 | 梯度是错的 | 第 5 节 |
# | `A2 - Y` 是交叉熵的梯度，算出的损失却是均方误差 | 算的不是所优化的 | 第 4 节 |
# | 预测时漏掉了第二层 | 得到 4 × 4 的表，而不是四个答案 | 第 1 节 |

# %% [markdown] lang="en"
# ## 3. One bend is enough: the forward pass by hand
#
# Article A3 writes a layer as $y = f(wX + b)$, A1 as $y = f(Wx + b)$, and in A0 the formulas are lost. With one example in
# each *row* of $x$, which is how every Keras layer sees its input, two layers read
#
# $$h = f(x W_1 + b_1), \qquad y = g(h W_2 + b_2).$$
#
# $x$ has shape (rows, inputs), $W_1$ (inputs, hidden), $b_1$ (hidden), $W_2$ (hidden, outputs), $b_2$ (outputs); $f$ and $g$
# are the activations, applied to each number alone.
#
# Take the simplest bend there is, $f(z) = \max(0, z)$, called ReLU, and leave the output as it is. Two hidden units will do.
# The first adds the inputs, $h_1 = \max(0, x_1 + x_2)$. The second notices when both are on, $h_2 = \max(0, x_1 + x_2 - 1)$.
# The output is $y = h_1 - 2 h_2$. Check it on paper with (1, 1): $h_1 = 2$, $h_2 = 1$, $y = 0$. Then compare: the same sums
# as a loop, as matrices, and as Keras layers.

# %% [markdown] lang="zh" of="6e27ccab"
# ## 3. 折一下就够了：手算前向传播
#
# 文章 A3 把一层写作 $y = f(wX + b)$，A1 写作 $y = f(Wx + b)$，A0 的公式则已丢失。若让 $x$ 的每一**行**是一个样本
# （Keras 的层正是这样看待输入的），两层写作
#
# $$h = f(x W_1 + b_1), \qquad y = g(h W_2 + b_2)$$
#
# $x$ 的形状是（行数，输入数），$W_1$ 是（输入数，隐藏单元数），$b_1$ 是（隐藏单元数），$W_2$ 是（隐藏单元数，输出数），
# $b_2$ 是（输出数）；$f$ 和 $g$ 是激活函数，对每个数单独作用。
#
# 取最简单的一折：$f(z) = \max(0, z)$，即 ReLU，输出层不加激活。两个隐藏单元就够了。第一个把输入相加，
# $h_1 = \max(0, x_1 + x_2)$；第二个只在两个输入都为 1 时才有反应，$h_2 = \max(0, x_1 + x_2 - 1)$；输出是 $y = h_1 - 2 h_2$。
# 在纸上验算 (1, 1)：$h_1 = 2$，$h_2 = 1$，$y = 0$。接着对照三种算法：循环、矩阵、Keras 层。

# %%
W1, b1 = np.array([[1.0, 1.0], [1.0, 1.0]]), np.array([0.0, -1.0])
W2, b2 = np.array([[1.0], [-2.0]]), np.array([0.0])

by_loop = []
for x in inputs:
    h = [max(0.0, x[0] * W1[0, unit] + x[1] * W1[1, unit] + b1[unit]) for unit in range(2)]
    by_loop.append(h[0] * W2[0, 0] + h[1] * W2[1, 0] + b2[0])

hidden_by_hand = np.maximum(0, inputs @ W1 + b1)
by_matrix = hidden_by_hand @ W2 + b2

relu_network = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2, activation="relu"), keras.layers.Dense(1)])
relu_network.set_weights([W1, b1, W2, b2])
by_keras = relu_network(inputs).numpy()

print("x1 x2 | h1 h2 | output by loop, matrix, Keras")
print(np.column_stack([inputs, hidden_by_hand, by_loop, by_matrix, by_keras]).astype(int))
for output in (np.reshape(by_loop, (4, 1)), by_matrix, by_keras):
    assert np.array_equal(output, targets)

# %% [markdown] lang="en"
# All three agree with XOR exactly. What has the hidden layer done? Draw the four points where the network's *last* layer
# sees them, at $(h_1, h_2)$ instead of $(x_1, x_2)$.

# %% [markdown] lang="zh" of="03e442d7"
# 三种算法都与异或完全一致。隐藏层究竟做了什么？把四个点画在网络**最后一层**看到的位置上，也就是 $(h_1, h_2)$，而不是 $(x_1, x_2)$。

# %%
figure, (left_axes, right_axes) = plt.subplots(1, 2, figsize=(7, 3.1))
for axes, points, names in [(left_axes, inputs, ("$x_1$", "$x_2$")), (right_axes, hidden_by_hand, ("$h_1$", "$h_2$"))]:
    for value, marker, colour in [(0, "o", plotting.COLOURS["blue"]), (1, "s", plotting.COLOURS["orange"])]:
        rows = targets[:, 0] == value
        axes.scatter(*points[rows].T, s=110, marker=marker, color=colour, label=f"XOR = {value}", zorder=3)
    axes.set(xlabel=names[0], ylabel=names[1], xlim=(-0.4, 2.4), ylim=(-0.4, 1.6))
left_axes.set_title("given: no line separates them")
right_axes.set_title("seen by the last layer: one line does")
right_axes.plot([0.1, 2.4], [-0.2, 0.95], "--", color=plotting.COLOURS["black"], label="output = ½")
right_axes.legend(loc="upper left")
right_axes.annotate("(0,1) and (1,0)\nfall together", (1, 0), (1.25, -0.3), fontsize=8)
left_axes.legend(loc="upper right")
plt.show()

# %% [markdown] lang="en" role="alt"
# Two scatter plots of the four XOR points. Left, in input space, the two points with answer 0 and the two with answer 1 lie
# on crossing diagonals, so no line separates them. Right, in hidden space, the two points with answer 1 coincide at (1, 0)
# and a dashed line separates them from the points (0, 0) and (2, 1).

# %% [markdown] lang="zh" role="alt" of="ff8a09d6"
# 异或四个点的两幅散点图。左图是输入空间：答案为 0 的两点与答案为 1 的两点各占一条对角线，没有直线能把它们分开。右图是隐藏空间：
# 答案为 1 的两点重合在 (1, 0)，一条虚线把它们与 (0, 0)、(2, 1) 分开。

# %% [markdown] lang="en"
# Adding the inputs squashes the square onto one line, at 0, 1, 1 and 2: (0, 1) and (1, 0) fall on the same spot, but the two kinds
# still alternate, 0 – 1 – 0. The ReLU *bends* this line at 1, and now one straight cut is enough. That is what every hidden layer
# is for: *move the points until the last layer's job is easy*.
#
# We chose these weights by thinking. From here on, the network must find them.

# %% [markdown] lang="zh" of="33db7185"
# 把两个输入相加，正方形就压成了一条线，四个点落在 0、1、1、2 处：(0, 1) 和 (1, 0) 重合，但两类仍是 0–1–0 相间。
# ReLU 在 1 处把这条线**折弯**，从此一刀就能切开。每一个隐藏层都是为此而设：**把点挪一挪，让最后一层的工作变得容易**。
#
# 这组权重是我们想出来的。从这里开始，要让网络自己去找。

# %% [markdown] lang="en"
# ## 4. What to minimise
#
# A network learns by making one number smaller, the *loss*. The article computes the mean squared error but follows the
# gradient of another loss, the cross-entropy. For one output $y = \sigma(z)$ and its target $t$:
#
# $$L_{\text{squared}} = (y - t)^2, \quad \frac{\partial L_{\text{squared}}}{\partial z} = 2\,(y - t)\,y\,(1 - y), \qquad
# L_{\text{cross-entropy}} = -t \ln y - (1 - t) \ln (1 - y), \quad \frac{\partial L_{\text{cross-entropy}}}{\partial z} = y - t .$$
#
# Which one does the article's `A2 - Y` belong to, and does it matter? Nudge $z$ a little and see how each loss moves.

# %% [markdown] lang="zh" of="0db3a9e8"
# ## 4. 要减小的是什么
#
# 网络的学习，就是把一个数变小，这个数叫**损失**。文章算的是均方误差，跟随的却是另一种损失（交叉熵）的梯度。
# 对单个输出 $y = \sigma(z)$ 和目标 $t$：
#
# $$L_{\text{平方}} = (y - t)^2, \quad \frac{\partial L_{\text{平方}}}{\partial z} = 2\,(y - t)\,y\,(1 - y), \qquad
# L_{\text{交叉熵}} = -t \ln y - (1 - t) \ln (1 - y), \quad \frac{\partial L_{\text{交叉熵}}}{\partial z} = y - t$$
#
# 文章里的 `A2 - Y` 属于哪一个？这有什么要紧？把 $z$ 轻轻推一下，看两种损失各自怎样变化。


# %%
def squared_error(z, target):
    return (sigmoid(z) - target) ** 2


def cross_entropy(z, target):
    return -target * np.log(sigmoid(z)) - (1 - target) * np.log(1 - sigmoid(z))


def slope(function, z, step=1e-6):
    """Central difference: the slope between two points on either side of z."""
    return (function(z + step) - function(z - step)) / (2 * step)


z, target = 1.5, 0.0
print(f"the article's y - t            {sigmoid(z) - target:.6f}")
print(f"slope of the cross-entropy     {slope(lambda z: cross_entropy(z, target), z):.6f}")
print(f"slope of the squared error     {slope(lambda z: squared_error(z, target), z):.6f}")

# %%
sums = np.linspace(-8, 8, 200)
figure, axes = plt.subplots()
axes.plot(sums, -slope(lambda z: cross_entropy(z, 1.0), sums), label="cross-entropy")
axes.plot(sums, -slope(lambda z: squared_error(z, 1.0), sums), "--", label="squared error")
axes.set(xlabel="z, the output before the sigmoid (target 1)", ylabel="pull towards the target")
axes.annotate("confidently wrong:\nonly the cross-entropy pulls", (-7.5, 0.9), (-7.8, 0.62), fontsize=8.5)
axes.legend()
plt.show()

# %% [markdown] lang="en" role="alt"
# Line plot of the pull towards the target against z when the target is 1. The cross-entropy pulls with strength 1 at z = -8
# and fades to 0 as z grows. The squared error pulls hardest, about 0.3, near z = -0.7 and hardly at all at z = -8.

# %% [markdown] lang="zh" role="alt" of="c78c18da"
# 折线图：目标为 1 时，两种损失把 z 拉向目标的力度。交叉熵在 z = -8 处力度为 1，随 z 增大减弱到 0；平方误差在 z 约为 -0.7 处力度最大，
# 约 0.3，在 z = -8 处几乎为零。

# %% [markdown] lang="en"
# `A2 - Y` is the cross-entropy's gradient, so the article computes one loss and follows the gradient of another. By luck it
# follows the one that pulls when the network is wrong. When it is confidently wrong (z = −8, target 1), the squared error
# hardly pulls at all: the factor $y(1-y)$ has died. The cross-entropy pulls with full strength. We keep the cross-entropy, for
# the gradient and for the number that we look at.

# %% [markdown] lang="zh" of="e85e65b5"
# `A2 - Y` 是交叉熵的梯度，所以文章算的是一种损失，优化的却是另一种，好在碰巧跟的是网络犯错时仍会使劲的那一种。当网络错得十分自信时
# （z = −8，目标为 1），平方误差几乎不拉它，因为因子 $y(1-y)$ 已趋于零；交叉熵则全力拉回。我们保留交叉熵：用它的梯度，看的也是它。

# %% [markdown] lang="en"
# ## 5. Backpropagation by hand
#
# Which way should each weight move? The chain rule answers from the back to the front. With $n$ rows and the sigmoid in both
# layers:
#
# $$\delta_2 = \frac{y - t}{n}, \quad \frac{\partial L}{\partial W_2} = h^\top \delta_2, \quad
# \delta_1 = (\delta_2 W_2^\top) \odot h \odot (1 - h), \quad \frac{\partial L}{\partial W_1} = x^\top \delta_1,$$
#
# and the gradient of each bias is the sum of its $\delta$ over the rows. Read it aloud: the error at the output, sent back
# through the weights, times the slope of the hidden activation, times the values that came in. $\odot$ multiplies entry by
# entry; $h(1-h)$ is the sigmoid's slope, written with its own value.
#
# Here are forward and backward pass, line by line the formulas. A leading axis is allowed: give every weight array the shape
# (networks, …) and the same lines work on a stack of networks. We will need that soon.

# %% [markdown] lang="zh" of="639d3b16"
# ## 5. 手算反向传播
#
# 每个权重该往哪边挪？链式法则从后往前给出答案。设有 $n$ 行，两层都用 sigmoid：
#
# $$\delta_2 = \frac{y - t}{n}, \quad \frac{\partial L}{\partial W_2} = h^\top \delta_2, \quad
# \delta_1 = (\delta_2 W_2^\top) \odot h \odot (1 - h), \quad \frac{\partial L}{\partial W_1} = x^\top \delta_1,$$
#
# 偏置的梯度是相应的 $\delta$ 对各行（各样本）求和。念一遍就懂：输出端的误差，沿权重传回来，乘上隐藏层激活函数的斜率，再乘上当初的输入值。
# $\odot$ 表示逐元素相乘；$h(1-h)$ 就是 sigmoid 的斜率，用它自己的值来表示。
#
# 下面的前向和反向传播与公式逐行对应。数组前面可以多一个轴：每个权重数组取形状（网络数，…），同样几行代码就能处理一摞网络，马上会用到。


# %%
def forward(parameters, x=inputs):
    """Hidden values and outputs of a network, or of a stack of networks."""
    W1, b1, W2, b2 = parameters
    hidden = sigmoid(x @ W1 + b1)
    return hidden, sigmoid(hidden @ W2 + b2)


def loss_of(parameters):
    """Mean cross-entropy over the four rows; one number a network."""
    _, output = forward(parameters)
    return -np.mean(targets * np.log(output) + (1 - targets) * np.log(1 - output), axis=(-2, -1))


def gradients(parameters):
    """The loss's derivative by each parameter array, in the order W1, b1, W2, b2."""
    hidden, output = forward(parameters)
    delta_2 = (output - targets) / len(inputs)
    delta_1 = (delta_2 @ parameters[2].swapaxes(-1, -2)) * hidden * (1 - hidden)
    d_W1, d_b1 = inputs.T @ delta_1, delta_1.sum(axis=-2, keepdims=True)
    d_W2, d_b2 = hidden.swapaxes(-1, -2) @ delta_2, delta_2.sum(axis=-2, keepdims=True)
    return [d_W1, d_b1, d_W2, d_b2]


def start_weights(hidden_units, rng, networks=()):
    """Standard normal weights and zero biases; `networks` is the shape of the stack, () for a single network."""
    W1 = rng.standard_normal((*networks, 2, hidden_units))
    W2 = rng.standard_normal((*networks, hidden_units, 1))
    return [W1, np.zeros((*networks, 1, hidden_units)), W2, np.zeros((*networks, 1, 1))]


# %% [markdown] lang="en"
# Are the formulas right? There are two independent ways to know. *Central differences* nudge one weight at a time and watch
# the loss. `tf.GradientTape` records the forward pass and differentiates it. We expect agreement to about nine digits with
# the first, which its step and rounding limit, and to about fifteen with the second.

# %% [markdown] lang="zh" of="3698185b"
# 公式对不对？有两种互不依赖的办法可以知道。**中心差分**每次只推动一个权重，观察损失的变化；`tf.GradientTape` 把前向传播记录下来，
# 再自动求导。我们预计：与前者大约有九位有效数字一致（受步长和舍入的限制），与后者大约有十五位。


# %%
parameters = start_weights(4, np.random.default_rng(seed))
by_hand = gradients(parameters)
nudged = central_differences(loss_of, parameters)  # `slope` of section 4, for every number in turn

variables = [tf.Variable(array) for array in parameters]
with tf.GradientTape(persistent=True) as tape:
    tape_hidden = tf.sigmoid(inputs @ variables[0] + variables[1])
    tape_output = tf.sigmoid(tape_hidden @ variables[2] + variables[3])
    loss = -tf.reduce_mean(targets * tf.math.log(tape_output) + (1 - targets) * tf.math.log(1 - tape_output))
automatic = [gradient.numpy() for gradient in tape.gradient(loss, variables)]

print("      shape   largest entry   largest difference to:  central differences   GradientTape")
for name, hand, nudge, auto in zip(["W1", "b1", "W2", "b2"], by_hand, nudged, automatic, strict=True):
    entry, by_nudging, by_tape = (np.abs(x).max() for x in (hand, hand - nudge, hand - auto))
    print(f"{name}    {hand.shape} {entry:14.2f} {by_nudging:42.0e} {by_tape:14.0e}")
assert relative_error(by_hand, nudged) < 1e-7
assert relative_error(by_hand, automatic) < 1e-12

# %% [markdown] lang="en"
# All three agree. Article A1 (§3.1) writes backpropagation as a sum over the outputs, $\frac{\partial L}{\partial W} = \sum_i
# \frac{\partial L}{\partial y_i} \frac{\partial y_i}{\partial W}$. That is the same chain rule before anyone multiplied it
# out. Check it: compute every $\partial y_i / \partial W_1$ on its own, weigh it with $\partial L / \partial y_i$, and add.

# %% [markdown] lang="zh" of="5fed11d4"
# 三者一致。文章 A1（§3.1）把反向传播写成对输出的求和：$\frac{\partial L}{\partial W} = \sum_i
# \frac{\partial L}{\partial y_i} \frac{\partial y_i}{\partial W}$。这是同一条链式法则，只是还没有乘开。检验一下：单独算出每个
# $\partial y_i / \partial W_1$，以 $\partial L / \partial y_i$ 为权相加。

# %%
loss_by_output = tape.gradient(loss, tape_output).numpy()  # shape (4, 1): one number an output
output_by_weight = tape.jacobian(tape_output, variables[0]).numpy()  # shape (4, 1, 2, 4): one matrix like W1 an output
summed = np.einsum("io,iowh->wh", loss_by_output, output_by_weight)
np.testing.assert_allclose(summed, by_hand[0], rtol=1e-10, atol=1e-15)
print("the sum agrees; it needed four matrices with", output_by_weight.size, "numbers")

# %% [markdown] lang="en"
# The same numbers, at a price: one matrix for every output. Backpropagation never forms them. It carries one row of $\delta$ an
# example backwards, with two matrix products a layer (one for the gradient, one for the next $\delta$) where the forward pass has
# one. So the way back costs about two forward passes, for eight weights or for a hundred billion.

# %% [markdown] lang="zh" of="74648162"
# 数字相同，代价却不同：每个输出都要存一个矩阵。反向传播从不构造它们，每个样本只把一行 $\delta$ 往回传；前向传播每层做一次矩阵乘法，
# 反向传播每层做两次（一次求梯度，一次求下一个 $\delta$）。所以往回走一趟大约等于两次前向传播，八个权重如此，千亿个权重也如此。

# %% [markdown] lang="en"
# ## 6. Gradient descent
#
# Articles A3 and A1 give the rule: $w_{\text{new}} = w_{\text{old}} - \alpha\, \partial L / \partial w$, with learning rate
# $\alpha$. That is one line of code. Train a network with four hidden units, and look at its border four times.

# %% [markdown] lang="zh" of="f03c368d"
# ## 6. 梯度下降
#
# 文章 A3 和 A1 给出的规则是 $w_{\text{new}} = w_{\text{old}} - \alpha\, \partial L / \partial w$，其中 $\alpha$ 是学习率。代码只有一行。
# 训练一个有四个隐藏单元的网络，在四个时刻看看分界线长什么样。


# %% tags=["picture"]
def train(parameters, learning_rate, epochs):
    """Gradient descent, every epoch on all four rows; returns the new parameters."""
    for _ in range(epochs):
        slopes = gradients(parameters)
        parameters = [p - learning_rate * slope for p, slope in zip(parameters, slopes, strict=True)]
    return parameters


figure, panels = plt.subplots(1, 4, figsize=(9, 2.7), sharey=True)
for axes, epochs in zip(panels, [0, 300, 600, 3000], strict=True):
    parameters = train(start_weights(4, np.random.default_rng(seed)), learning_rate=0.5, epochs=epochs)
    image = plotting.output_map(axes, lambda x: forward(parameters, x)[1], (-0.5, 1.5), inputs, targets)
    axes.set_title(f"epoch {epochs}, loss {loss_of(parameters):.3f}")
figure.colorbar(image, ax=panels, label="output", ticks=[0, 0.5, 1])
plt.show()

# %% [markdown] lang="en" role="alt"
# Four maps of the network's output over the input plane, after 0, 300, 600 and 3000 epochs. A nearly flat map at the start
# bends step by step, until a band with the two circles (answer 0) runs between the two squares (answer 1).

# %% [markdown] lang="zh" role="alt" of="baece7a4"
# 四幅图，分别是训练 0、300、600、3000 轮之后网络在输入平面上的输出。起初几乎是平的，后来逐步弯折，
# 最终一条带子穿过两个圆点（答案为 0），把两个方块（答案为 1）隔在两边。

# %% [markdown] lang="en"
# Circles are the rows with target 0, squares those with target 1. The network bends the plane on its own. Nobody told it where to
# bend.

# %% [markdown] lang="zh" of="4857961c"
# 圆点是目标为 0 的行，方块是目标为 1 的行。网络自己把平面弯了过来，没有人告诉它该在哪里弯。

# %% [markdown] lang="en"
# ## 7. One thousand networks at once
#
# Was that luck? One run answers nothing. Give the arrays a leading axis of 1,000, so that every line above trains 1,000
# networks from 1,000 different starts. First a check that the stack computes what single networks compute. Then the question:
# *what share of starts solves XOR in 1,000 epochs, by width and learning rate?* Solved means that all four answers, rounded,
# are right. We expect more hidden units to help. Two ReLU units were enough in section 3; whether two sigmoid units are, these
# runs will show.

# %% [markdown] lang="zh" of="7762eefa"
# ## 7. 一次训练一千个网络
#
# 刚才会不会是运气好？一次运行回答不了。让数组前面多一个长度为 1000 的轴，上面的每一行代码就同时训练 1000 个初始值各不相同的网络。
# 先检验：整摞计算与逐个计算结果相同。然后提问：**1000 轮之内，有多大比例的初始值能解出异或？它随宽度和学习率怎样变化**？
# 四个答案四舍五入后全对才算解出。我们预计隐藏单元越多越好。第 3 节里两个 ReLU 单元就够了；
# 两个 sigmoid 单元够不够，看这次的结果。

# %%
stack = start_weights(2, np.random.default_rng(seed), networks=(3,))
together = train(stack, learning_rate=0.5, epochs=50)
alone = train([array[1] for array in stack], learning_rate=0.5, epochs=50)
assert all(np.allclose(stacked[1], single, rtol=1e-10) for stacked, single in zip(together, alone, strict=True))


def solved(parameters):
    """For each network of a stack: are all four rounded answers right?"""
    return np.all((forward(parameters)[1] > 0.5) == targets, axis=(-2, -1))


widths, rates = [2, 3, 4, 8], [0.2, 2.0]
shares, trained = np.zeros((len(rates), len(widths))), {}
started = time.perf_counter()
for row, rate in enumerate(rates):
    for column, width in enumerate(widths):
        starts = start_weights(width, np.random.default_rng(seed), networks=(1000,))
        trained[width, rate] = train(starts, learning_rate=rate, epochs=1000)
        shares[row, column] = solved(trained[width, rate]).mean()
print(f"{shares.size * 1000:,} networks trained in {time.perf_counter() - started:.0f} s")
claim("solved_share_width_2", shares[1, 0])
claim("solved_share_width_8", shares[1, 3], baseline=shares[1, 0])

# %%
figure, axes = plt.subplots()
for row, (rate, marker) in enumerate(zip(rates, "ov", strict=True)):
    error = np.sqrt(shares[row] * (1 - shares[row]) / 1000)  # standard error of a share of 1,000
    axes.errorbar(widths, 100 * shares[row], yerr=200 * error, marker=marker, capsize=3, label=f"learning rate {rate}")
axes.axhline(0, color=plotting.COLOURS["black"], linestyle=":", label="no activation (section 2)")
axes.set(xlabel="hidden units", ylabel="networks that solve XOR, %", xticks=widths)
axes.legend(loc="center right")
plt.show()
# %% [markdown] lang="en" role="alt"
# Share of 1,000 networks that solve XOR within 1,000 epochs against the number of hidden units, one line a learning rate. At
# learning rate 2 the share rises from about 70 % with two units to 100 % with eight; at 0.2 it rises from about 10 % to almost
# 100 %. A dotted line at 0 marks the network without activation. Bars show two standard errors.

# %% [markdown] lang="zh" role="alt" of="e9f36b83"
# 1000 个网络中 1000 轮内解出异或的比例随隐藏单元数的变化，每个学习率一条线。学习率为 2 时，比例从两个单元的约 70% 升到八个单元的 100%；
# 学习率 0.2 时从约 10% 升到接近 100%。位于 0 的虚线表示没有激活函数的网络。误差线为两倍标准误。

# %% [markdown] lang="en"
# With two hidden units, {claim:solved_share_width_2.percent} of the starts succeed at learning rate 2; with eight,
# {claim:solved_share_width_8.percent}. *Two units can represent XOR, but gradient descent often does not find it.* Perhaps spare
# units are spare chances: Frankle and Carbin (2019) propose such an explanation for large networks, the lottery ticket. We have
# measured that width helps, not why.
#
# Learning rate 0.2 is slow, not worse: ten times as many epochs at 0.2 follow about the same path as the 1,000 at 2 (exercise 2).
#
# What do the networks that failed believe? Round their answers to one digit and count.

# %% [markdown] lang="zh" of="7c1ca1c9"
# 学习率取 2 时，两个隐藏单元有 {claim:solved_share_width_2.percent} 的初始值成功，八个则有
# {claim:solved_share_width_8.percent}。**两个单元足以表示异或，梯度下降却常常找不到它**。也许多出来的单元就是多出来的机会：对大网络，
# Frankle 和 Carbin（2019）提出过这样的解释，即“彩票假说”。我们测到的是宽了有用，没有测为什么。
#
# 学习率 0.2 只是走得慢，并不更差：用 0.2 走十倍的轮数，与用 2 走 1000 轮大致是同一条路（练习 2）。
#
# 失败的网络给出了什么答案？把它们的输出四舍五入到一位小数，数一数。

# %%
failed = ~solved(trained[2, 2.0])
answers = forward(trained[2, 2.0])[1][failed, :, 0].round(1) + 0.0
patterns, counts = np.unique(answers, axis=0, return_counts=True)
print(f"{failed.sum()} of 1,000 networks with two units failed at learning rate 2; their answers to 00, 01, 10, 11:")
for place in np.argsort(-counts)[:3]:
    print("  ", *patterns[place], f"  {counts[place]} networks")
undecided = np.abs(answers - 0.5) < 0.1
claim("stuck_in_two_patterns_share", np.mean(undecided.sum(axis=1) == 2))

stuck = [array[failed] for array in trained[2, 2.0]]
later = train(stuck, learning_rate=2.0, epochs=8000)
print(f"8,000 epochs later, {solved(later).sum()} of them are solved; median loss", end=" ")
print(f"{np.median(loss_of(stuck)):.4f} before, {np.median(loss_of(later)):.4f} after, ½ ln 2 = {np.log(2) / 2:.4f}")

# %% [markdown] lang="en"
# About nine in ten are stuck in the same two places: one row of each kind is right, the other two get ½, 0, ½, 1, ½ or 0, 1, ½, ½.
# In the first, the two hidden units have put (0, 1) and (1, 1) on the same spot, in the second (1, 0) and (1, 1), so the last layer
# cannot tell these rows apart, and its best answer is the average of 1 and 0. Most of the rest know only 00, and answer ⅔ three
# times.
#
# They are not quite at a standstill. The loss still falls, towards ½ ln 2, but the slope fades faster than the steps can use it.
# That is a *plateau*. It is often called a local minimum; for the squared error, Hamey (1998) proved that this small network has
# none. For our cross-entropy that proof says nothing. What we saw is that 8,000 more epochs freed only a few of our networks, while
# the rest crept on towards ½ ln 2.

# %% [markdown] lang="zh" of="74386f2f"
# 大约九成卡在同样的两个地方：两类各答对一行，另外两行都答 ½，即 0、½、1、½ 或 0、1、½、½。前一种里，两个隐藏单元把 (0, 1) 和 (1, 1) 放到了同一点上，
# 后一种里则是 (1, 0) 和 (1, 1)，最后一层分不清这两行，最好的答案只能是 1 与 0 的平均。其余的大多只认得 00，另外三行都答 ⅔。
#
# 它们并没有完全停住：损失仍在向 ½ ln 2 下降，只是斜率越来越小，几乎迈不动步。这叫**平台**。人们常称之为局部极小值；
# 但对平方误差，Hamey（1998）证明了这个小网络并没有局部极小值。对这里用的交叉熵，这个证明并不适用。我们看到的只是：再走 8000 轮，只有少数网络脱身，其余的仍在缓缓逼近 ½ ln 2。

# %% [markdown] lang="en"
# ## 8. The same network in Keras, three ways
#
# From now on, Keras does the bookkeeping. There are three ways to write a model: a *Sequential* list of layers, the
# *functional* style (layers called on symbolic inputs; it allows branches), and a *subclass* with a `call` of its own (it
# allows anything). With the same weights they must give the same outputs. And trained by the same rule from the same start,
# Keras must walk the very path of our NumPy loop.

# %% [markdown] lang="zh" of="4554886d"
# ## 8. 用 Keras 的三种写法重写
#
# 从这里起，琐事交给 Keras。模型有三种写法：*Sequential*，把层排成一列；**函数式**，对符号输入调用层，可以有分支；
# **子类**，自己写 `call`，什么都能做。权重相同，输出就必须相同；从同一起点按同一规则训练，Keras 走的路也必须和我们的 NumPy 循环一模一样。


# %%
def layers():
    return keras.layers.Dense(4, activation="sigmoid"), keras.layers.Dense(1, activation="sigmoid")


sequential = keras.Sequential([keras.Input((2,)), *layers()])

entrance = keras.Input((2,))
hidden_layer, output_layer = layers()
functional = keras.Model(entrance, output_layer(hidden_layer(entrance)))


class XorNetwork(keras.Model):
    def __init__(self):
        super().__init__()
        self.hidden_layer, self.output_layer = layers()

    def call(self, x):
        return self.output_layer(self.hidden_layer(x))


subclass = XorNetwork()
subclass(inputs)  # a subclass makes its weights when it is called first

start = start_weights(4, np.random.default_rng(seed))
W1, b1, W2, b2 = start
for model in (sequential, functional, subclass):
    model.set_weights([W1, b1[0], W2, b2[0]])
    np.testing.assert_allclose(model(inputs), forward(start)[1], rtol=1e-5)

sequential.compile(keras.optimizers.SGD(learning_rate=0.5), loss="binary_crossentropy")
by_keras = [sequential.train_on_batch(inputs, targets) for _ in range(60)]  # one step of `fit` each
by_numpy = [loss_of(train(start, learning_rate=0.5, epochs=epochs)) for epochs in range(60)]
np.testing.assert_allclose(by_keras, by_numpy, rtol=1e-4)
for after_keras, after_numpy in zip(sequential.get_weights(), train(start, learning_rate=0.5, epochs=60), strict=True):
    np.testing.assert_allclose(after_keras, after_numpy.reshape(after_keras.shape), atol=1e-5)
print("epoch    NumPy's loss   Keras's loss")
for epoch in [1, 20, 40, 60]:
    print(f"{epoch:5} {by_numpy[epoch - 1]:15.6f} {by_keras[epoch - 1]:14.6f}")

# %% [markdown] lang="en"
# Sixty steps, the same losses and the same weights: with one batch and plain gradient descent, Keras does what you have written
# yourself.

# %% [markdown] lang="zh" of="44f47b18"
# 六十步之后，损失和权重都相同：一个批、最朴素的梯度下降，Keras 做的正是你亲手写过的事。

# %% [markdown] lang="en"
# ## 9. A network that memorises
#
# Article A0 (§1.4) builds a "feedforward network" with one `Dense(1)` unit, trains it for 100 epochs on 100 random points
# with *random* labels, and predicts the points that it was trained on. Two questions. Is that a network with a hidden layer,
# as the article's §1.3.1 describes one? And what can be learnt from labels that a coin has chosen? Nothing, we expect.

# %% [markdown] lang="zh" of="ecdd9e09"
# ## 9. 死记硬背的网络
#
# 文章 A0（§1.4）用一个 `Dense(1)` 单元搭了“前馈神经网络”，在 100 个随机点、**随机**标签上训练 100 轮，再去预测训练用过的那些点。
# 两个问题：这是该文 §1.3.1 所说的带隐藏层的网络吗？标签是抛硬币定的，又能学到什么？我们预计：什么也学不到。

# %%
rng = np.random.default_rng(seed)
points, coins = rng.random((100, 2)), rng.integers(0, 2, 100)
fresh_points, fresh_coins = rng.random((10_000, 2)), rng.integers(0, 2, 10_000)


class SimpleNN(keras.Model):  # article A0, section 1.4.2
    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(1, activation="sigmoid")

    def call(self, x):
        return self.dense(x)


simple = SimpleNN()
simple.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
# as one long epoch, which has less overhead than a hundred short ones
hundred_epochs = tf.data.Dataset.from_tensor_slices((points, coins)).shuffle(100).batch(32).repeat(100)
simple.fit(hundred_epochs, shuffle=False, verbose=0)
print(f"one unit after 100 epochs: {simple.evaluate(points, coins, verbose=0)[1]:.2f} of the training labels right,")
print(
    f"                           {simple.evaluate(fresh_points, fresh_coins, verbose=0)[1]:.2f} of fresh labels right"
)

regression = LogisticRegression(C=1e9).fit(points, coins)
simple.set_weights([regression.coef_.T, regression.intercept_])
np.testing.assert_allclose(simple(points)[:, 0], regression.predict_proba(points)[:, 1], rtol=1e-4)
print("with the weights of scikit-learn's logistic regression, it gives the same probabilities")

# %% [markdown] lang="en"
# One sigmoid unit *is* logistic regression (Cox 1958), and it has no hidden layer. It gets about half right, as
# it should. Now give the coin tosses to a network with two hidden layers of 128 units and 2,000 steps.

# %% [markdown] lang="zh" of="5a4c5c77"
# 一个 sigmoid 单元**就是**逻辑回归（Cox 1958），没有隐藏层。它答对一半左右，理应如此。现在把这些硬币交给一个有两层、
# 每层 128 个单元的网络，训练 2000 步。

# %%
to_both_sides_of_zero = keras.layers.Rescaling(4.0, offset=-2.0)  # from 0…1 to −2…2, where tanh bends
hidden_layers = [keras.layers.Dense(128, activation="tanh") for _ in range(2)]
output_layer = keras.layers.Dense(1, activation="sigmoid")
memoriser = keras.Sequential([keras.Input((2,)), to_both_sides_of_zero, *hidden_layers, output_layer])
rate = keras.optimizers.schedules.CosineDecay(0.01, 2000)  # the learning rate falls to 0 over the 2,000 steps
memoriser.compile(keras.optimizers.Adam(rate), "binary_crossentropy", metrics=["accuracy"], steps_per_execution=100)
repeated = np.tile(points, (1000, 1)), np.tile(coins, 1000)  # an epoch of 1,000 copies costs less than 1,000 epochs
memoriser.fit(*repeated, batch_size=100, shuffle=False, epochs=2, verbose=0, callbacks=[EpochReport()])
claim("memorised_training_accuracy", memoriser.evaluate(points, coins, verbose=0)[1])
claim("memorised_fresh_accuracy", memoriser.evaluate(fresh_points, fresh_coins, verbose=0)[1])

# %%
figure, panels = plt.subplots(1, 2, figsize=(7.5, 3.4), sharey=True)
titles = ["one unit: a gentle slope", "128 + 128 units: every point on its side"]
for axes, model, title in zip(panels, [simple, memoriser], titles, strict=True):
    image = plotting.output_map(axes, model, (0, 1), points, coins)
    axes.set_title(title)
figure.colorbar(image, ax=panels, label="output", ticks=[0, 0.5, 1])
plt.show()

# %% [markdown] lang="en" role="alt"
# Two maps of predicted probability over 100 random points with random labels. The single unit's probability changes gently along
# one straight direction, and stays near ½. The network with two hidden layers draws a jagged border that winds around the points
# and puts every square on one side and every circle on the other.

# %% [markdown] lang="zh" role="alt" of="89825755"
# 100 个带随机标签的随机点上的两幅预测概率图。左图单个单元的概率沿一个方向缓缓变化，始终在 ½ 附近；右图两层隐藏层的网络画出曲折的分界，绕着每个点走，
# 把所有方块和所有圆点分在两边。

# %% [markdown] lang="en"
# The big network knows {claim:memorised_training_accuracy.percent} of the coin tosses by heart, and
# {claim:memorised_fresh_accuracy.percent} of the next ones: nothing. *Accuracy on training data is not evidence of
# learning.* The article predicts only its training points, so it could not have noticed. From here on, every result of this
# course comes from data that the model has not seen, and says which.

# %% [markdown] lang="zh" of="246e1c57"
# 大网络把 {claim:memorised_training_accuracy.percent} 的抛硬币结果背了下来，对下一批硬币却只猜中
# {claim:memorised_fresh_accuracy.percent}，等于什么也没学到。**训练数据上的准确率不能证明学会了什么**。文章只在训练点上预测，
# 所以不可能发现这一点。从这里起，本课程报告的每个结果都来自模型没见过的数据，并且说明是哪一份。

# %% [markdown] lang="en"
# ## 10. The same ideas read digits
#
# Article A1 (§4.1) stacks 784–64–64–10 units on handwritten digits. Its listing never loads or scales `x_train`. The data
# are MNIST: 28 × 28 grey pixels, 0 to 255. The model's first layer will divide them by 255. We keep the
# last 10,000 training images for *validation* (every choice is made there), and do not touch the 10,000
# test images before the end. A leak between the parts would flatter everything, so we count shared images first.

# %% [markdown] lang="zh" of="50453d8b"
# ## 10. 用同样的思路识别数字
#
# 文章 A1（§4.1）用 784–64–64–10 的网络识别手写数字，却从未载入 `x_train`，也没有缩放。数据是 MNIST：28 × 28 个灰度像素，取值 0 到 255。
# 除以 255 的事交给模型的第一层。我们留出训练集的最后 10000 张作**验证集**（一切选择都在那里做），10000 张测试图像到最后才碰。
# 各部分之间若有泄漏，所有结果都会虚高，所以先数一数有没有相同的图像。

# %%
digits = datasets.load_mnist()
images, test_images = digits.train_images.reshape(-1, 784), digits.test_images.reshape(-1, 784)
train_x, train_y = images[:50_000], digits.train_labels[:50_000]
validation_x, validation_y = images[50_000:], digits.train_labels[50_000:]

print("images shared by training and validation:", datasets.overlap(train_x, validation_x))
print("images shared by training + validation and test:", datasets.overlap(images, test_images))
assert datasets.overlap(images, test_images) == datasets.overlap(train_x, validation_x) == 0

# %% [markdown] lang="en"
# Three things are new. *Softmax* turns ten sums into probabilities, $p_k = e^{z_k} / \sum_j e^{z_j}$; the loss is $-\ln
# p_{\text{label}}$, the cross-entropy again, and its slope $\partial L / \partial z_k = p_k - t_k$ is the same again ($t_k$ is 1
# for the label and 0 for the other nine). A *batch* is the group of images that one step looks at. *Adam* is gradient descent that
# averages the gradient and its square over time, and so gives every weight a step size of its own.
#
# **Baselines first.** Always answering "1", the most common digit, is right about 11 times in 100. Take the hidden layers away and
# *softmax regression* is left: ten linear sums, turned into probabilities. And one rival needs no training: the label of the
# *nearest training image*, where both images are shrunk to 14 × 14 pixels by averaging. We take the single nearest one and choose
# nothing, so it waits for the test at the end. Whatever the network adds must show against these.

# %% [markdown] lang="zh" of="4be093f0"
# 有三样新东西。**softmax** 把十个和变成概率：$p_k = e^{z_k} / \sum_j e^{z_j}$；损失 $-\ln p_{\text{标签}}$ 仍是交叉熵，
# 斜率仍是 $\partial L / \partial z_k = p_k - t_k$（$t_k$ 在正确的那一类为 1，其余九类为 0）。**批**是每走一步所看的一组图像。**Adam** 也是梯度下降，
# 只是对梯度和它的平方取滑动平均，
# 让每个权重有自己的步长。
#
# **先立基线。** 永远回答最常见的数字“1”，一百次对十一次左右。去掉隐藏层，剩下的就是 **softmax 回归**：十个线性和，再变成概率。
# 还有一个对手根本不用训练：把图像都缩成 14 × 14 像素（每 2 × 2 个像素取平均），看**最近的那张训练图像**是什么标签，即最近邻。我们只看最近的一张，不作任何选择，所以留到最后测试时再比。网络究竟带来了什么，要和它们比才看得出来。


# %%
def digit_model(*hidden_units, scale=1 / 255):
    """A feedforward network with ReLU hidden layers and ten softmax outputs; its first layer scales the pixels."""
    hidden = [keras.layers.Dense(units, activation="relu") for units in hidden_units]
    entrance = [keras.Input((784,)), keras.layers.Rescaling(scale)]
    return keras.Sequential([*entrance, *hidden, keras.layers.Dense(10, activation="softmax")])


def fit_digits(model, learning_rate, batch_size):
    """Train for five epochs with Adam; returns the history of losses and accuracies."""
    optimizer, loss = keras.optimizers.Adam(learning_rate), "sparse_categorical_crossentropy"
    # fewer returns to Python between the steps: the same numbers in half the time
    model.compile(optimizer, loss, metrics=["accuracy"], steps_per_execution=50)
    validation = {"validation_data": (validation_x, validation_y), "validation_batch_size": 1000}
    settings = {"batch_size": batch_size, "epochs": 5, "verbose": 0, "callbacks": [EpochReport()], **validation}
    return model.fit(train_x, train_y, **settings).history


majority = np.bincount(train_y).argmax()
print(f"always {majority}: validation accuracy {np.mean(validation_y == majority):.4f}")
softmax_regression = digit_model()
softmax_history = fit_digits(softmax_regression, learning_rate=0.005, batch_size=256)

# %% [markdown] lang="en"
# Now the article's network. How many numbers does it learn? Each layer has inputs × units weights and one bias a unit; the
# assertion compares our sum with Keras. We train it as published: Adam with its default rate 0.001, batches of 32.

# %% [markdown] lang="zh" of="6d295b6e"
# 现在轮到文章里的网络。它有多少个参数要学？每层有“输入数 × 单元数”个权重，每个单元再加一个偏置；断言把我们的算式和 Keras 的计数相比。
# 按文章的设定训练：Adam，默认学习率 0.001，每批 32 个样本。

# %%
published = digit_model(64, 64)
parameter_count = (784 * 64 + 64) + (64 * 64 + 64) + (64 * 10 + 10)
assert published.count_params() == parameter_count
print(f"{parameter_count:,} parameters")
published_history = fit_digits(published, learning_rate=0.001, batch_size=32)

# %% [markdown] lang="en"
# Can the same network do better in the same five epochs? A standard recipe is to start with large steps and let them shrink
# to zero: the learning rate follows half a cosine, from 0.006 down to 0, with batches of 128. We compare on the validation
# images.

# %% [markdown] lang="zh" of="31229c67"
# 同样的网络、同样五轮，能不能更好？常用的办法是先迈大步，再逐渐缩小到零：学习率沿半个余弦曲线从 0.006 降到 0，每批 128 个样本。
# 在验证图像上比较。

# %%
decaying = digit_model(64, 64)
steps = 5 * -(-len(train_x) // 128)
decaying_history = fit_digits(decaying, keras.optimizers.schedules.CosineDecay(0.006, steps), batch_size=128)
names = ["softmax regression", "as published", "decaying rate"]
histories = dict(zip(names, [softmax_history, published_history, decaying_history], strict=True))
plotting.learning_curves(histories, "accuracy", "accuracy").axes[0].set_ylim(0.88, 1)
plt.show()
# %% [markdown] lang="en" role="alt"
# Accuracy on training (dashed) and validation images (solid) over five epochs. Softmax regression levels off at about 0.93;
# the published network climbs to about 0.97; the same network with a decaying learning rate ends highest, at about 0.976,
# with a larger gap to its training accuracy.

# %% [markdown] lang="zh" role="alt" of="2b62beb9"
# 五轮训练中训练集（虚线）与验证集（实线）的准确率。softmax 回归停在约 0.93；文章的网络升到约 0.97；同一网络配合递减的学习率最高，
# 约 0.976，与训练准确率的差距也更大。

# %% [markdown] lang="en"
# On the validation images, the decaying rate wins. So it is chosen, and only now do we open the test set, once.

# %% [markdown] lang="zh" of="c6c0228d"
# 在验证图像上，递减的学习率胜出，于是选它。到现在才打开测试集，只用一次。

# %%
assert decaying_history["val_accuracy"][-1] > published_history["val_accuracy"][-1]
models = dict(zip(names, [softmax_regression, published, decaying], strict=True))
predictions = {name: model.predict(test_images, batch_size=1000, verbose=0) for name, model in models.items()}
right = {name: p.argmax(axis=1) == digits.test_labels for name, p in predictions.items()}
shrunk, test_shrunk = (x.reshape(-1, 14, 2, 14, 2).mean((2, 4)).reshape(-1, 196) for x in (train_x, test_images))
nearest = NearestNeighbors(n_neighbors=4, algorithm="brute").fit(shrunk.astype("float32"))
distance, place = nearest.kneighbors(test_shrunk.astype("float32"))
votes = np.stack([np.sum((train_y[place] == digit) / distance, axis=1) for digit in range(10)], axis=1)
right["nearest image"] = train_y[place[:, 0]] == digits.test_labels
right["four nearest images"] = votes.argmax(axis=1) == digits.test_labels
for name, is_right in right.items():
    ahead = paired_difference(right["decaying rate"], is_right)
    print(f"{name:20} {is_right.mean():.4f}   decaying rate minus this {ahead}")
claim("digit_test_accuracy", right["decaying rate"].mean(), baseline=right["nearest image"].mean())
claim("published_digit_test_accuracy", right["as published"].mean(), baseline=right["softmax regression"].mean())

# %% [markdown] lang="en"
# Test accuracy: {claim:digit_test_accuracy.full} over {claim:digit_test_accuracy.seeds} seeds, against
# {claim:published_digit_test_accuracy.full} for the same network trained as published,
# {claim:published_digit_test_accuracy.baseline} for softmax regression and {claim:digit_test_accuracy.baseline} for the nearest
# training image. Trained as published, the network makes fewer than half of the mistakes of softmax regression; with the decaying
# rate and larger batches, about a third. The nearest image, which needs no training at all but keeps all 50,000 of them, is the
# harder rival. Trained as published, the network is no better: ahead with some seeds, slightly behind on average, and the gap is
# within the noise. With the decaying rate, it makes about a fifth fewer mistakes. That is against *one* nearest image. The last
# line lets the four nearest vote, each weighted by 1/distance (four was best among 1, 3, 4 and 5 on the validation images): 0.974.
# Behind the ± stands the standard error of the difference on the same ten thousand images; the lead is only about one of it.
#
# Which mistakes are left? Here are the twenty test digits that it gets wrong with the greatest confidence: true label, what
# the network says, and how sure it is.

# %% [markdown] lang="zh" of="98b2fa9d"
# 测试准确率为 {claim:digit_test_accuracy.full}（{claim:digit_test_accuracy.seeds} 个随机种子的均值 ± 标准差）；同一网络按文章的方式训练是
# {claim:published_digit_test_accuracy.full}，softmax 回归是 {claim:published_digit_test_accuracy.baseline}，最近邻是
# {claim:digit_test_accuracy.baseline}。按文章的方式训练，网络的错误不到 softmax 回归的一半；改用递减的学习率和更大的批，约为三分之一。
# 最近邻才是更难对付的对手，它根本不用训练，只是要把五万张图全留着。按文章的方式训练，网络并不比它强：有的种子略胜，平均略逊，差距在噪声之内。改用递减的学习率，错误比它少五分之一左右。
# 不过这只是和**一张**最近的图比。最后一行让最近的四张按距离的倒数加权投票（在验证图像上，1、3、4、5 张中四张最好）：0.974。
# ± 后面是在同样一万张图上两者之差的标准误，领先只有它的一倍左右。
#
# 还剩哪些错误？下面是它错得最自信的二十个测试数字：真实标签、网络的回答，以及它有多大把握。

# %%
probabilities = predictions["decaying rate"]
wrong = np.flatnonzero(~right["decaying rate"])
worst = wrong[np.argsort(-probabilities[wrong].max(axis=1))][:20]
titles = [f"{digits.test_labels[i]} read as {probabilities[i].argmax()}\n{probabilities[i].max():.0%}" for i in worst]
plotting.image_grid(digits.test_images[worst], titles)
plt.show()

# %% [markdown] lang="en" role="alt"
# Twenty handwritten test digits that the network misreads with the greatest confidence, each with its true label, the
# network's answer and its probability. Some are broken or ambiguous; others are plain, only slanted or with a crossbar or a stray dot.

# %% [markdown] lang="zh" role="alt" of="e099c54c"
# 网络错得最自信的二十个手写测试数字，各标有真实标签、网络的回答和概率。有些笔画断开或含糊；另一些很清楚，只是歪斜、多了一横或一个墨点。

# %% [markdown] lang="en"
# Some of these would fool you too. Others are plain apart from a slant, a flourish or a stray dot: a feedforward network sees
# 784 separate numbers and does not know which pixels are neighbours. Chapter 02 gives it that knowledge, and counts how many mistakes remain.

# %% [markdown] lang="zh" of="fa23ce5c"
# 其中有些连你也会认错。另一些其实很清楚，只是斜了、多了一笔或一个墨点：前馈网络看到的是 784 个互不相干的数，不知道哪些像素相邻。
# 第 02 章会把这个知识交给它，再数一数还剩多少错误。

# %% [markdown] lang="en"
# ## 11. Break it
#
# A check that cannot fail proves nothing. So let us put four typical faults in and watch checks catch them: three of this chapter
# and a new one. Each block under `with caught(...)` is broken on purpose. It prints what stopped it; if nothing does, the cell
# itself fails.

# %% [markdown] lang="zh" of="3821c462"
# ## 11. 故意弄坏
#
# 不会失败的检验什么也证明不了。所以我们故意放进四个典型的毛病，看检验能不能抓住它们：三个是本章用过的，一个是新的。每个 `with caught(...)` 里的代码都是
# 故意弄坏的。它会打印是什么拦住了它；如果什么也没拦住，这个单元格自己就会失败。


# %%
with caught("the activation is removed from 1,000 trained networks"):
    W1, b1, W2, b2 = trained[8, 2.0]
    bent_no_more = (inputs @ W1 + b1) @ W2 + b2 > 0
    claim("solved_share_width_8", np.all(bent_no_more == targets, axis=(-2, -1)).mean(), baseline=shares[1, 0])

with caught("the inputs stand in the place of the hidden values in the gradient of W2, where the shapes fit"):
    parameters = start_weights(2, np.random.default_rng(seed))
    faulty = gradients(parameters)
    faulty[2] = inputs.T @ (forward(parameters)[1] - targets) / len(inputs)
    error = relative_error(faulty, central_differences(loss_of, parameters))
    assert error < 1e-7, f"the gradient has a relative error of {error:.2g}, allowed is 1e-7"

with caught("100 test images stand among the training images"):
    leaky = np.concatenate([train_x, test_images[:100]])
    assert datasets.overlap(leaky, test_images) == 0, "training and test share images"

with caught("the pixels stay at 0 to 255, as in the article"):
    unscaled = digit_model(64, 64, scale=1)
    unscaled.compile(loss="sparse_categorical_crossentropy")
    loss = unscaled.evaluate(train_x[:1000], train_y[:1000], verbose=0)
    assert abs(loss - np.log(10)) < 1, f"before any training the loss is {loss:.1f}; ten equal guesses would give 2.3"

# %% [markdown] lang="en"
# Four faults, four lines with ✗. The last check costs nothing and is worth keeping: before any training, a classifier of ten
# classes should guess evenly, and its loss should be near $-\ln \frac{1}{10} \approx 2.3$. Ours, with scaled pixels, starts near
# 2.35 and passes. With unscaled pixels it starts out absurdly sure of itself. Nothing stops such a network from being trained; the
# check notices before that.

# %% [markdown] lang="zh" of="fd4db045"
# 四个毛病，四个 ✗。最后一个检验不费时间，值得常用：训练之前，十类的分类器应当平均地猜，损失应在 $-\ln \frac{1}{10} \approx 2.3$ 附近。
# 像素缩放之后，我们的网络起步约为 2.35，通过检验；不缩放时，它一上来就自信得离谱。这样的网络照样可以拿去训练，不会报错，检验却在训练之前就发现了。

# %% [markdown] lang="en"
# ## 12. Why it matters for large models
#
# Article A0 gives GPT-3 17.5 billion parameters (175亿). The paper says 175 billion, ten times as many. How much of it is what you
# built here? Each of its 96 layers has, beside attention, one feedforward network like ours: 12,288 inputs, 49,152 hidden units,
# 12,288 outputs. And training costs about 6 floating-point operations a parameter and training token: 2 forward (a multiplication
# and an addition for each weight) and, as section 5 found, twice that backward.

# %% [markdown] lang="zh" of="66d69a1a"
# ## 12. 与大模型有什么关系
#
# 文章 A0 说 GPT-3 有 175 亿个参数，少写了一个零：论文里是 1750 亿。其中有多少是你刚才亲手搭的东西？它有 96 层，每层除了注意力之外，就是一个和我们一样的前馈网络：
# 12288 个输入，49152 个隐藏单元，12288 个输出。训练的代价，每个参数、每个词元大约 6 次浮点运算：前向 2 次（每个权重一乘一加），反向是它的两倍，即 4 次（第 5 节）。

# %%
feedforward = 96 * ((12_288 * 49_152 + 49_152) + (49_152 * 12_288 + 12_288))
print(f"feedforward parameters of GPT-3: {feedforward / 1e9:.0f} billion, {feedforward / 175e9:.0%} of all")

large = digit_model(2048, 2048)
large.compile("sgd", "sparse_categorical_crossentropy")
large.train_on_batch(train_x[:1024], train_y[:1024])  # the first step also builds the graph
started = time.perf_counter()
for _ in range(5):
    large.train_on_batch(train_x[:1024], train_y[:1024])
speed = 5 * 6 * large.count_params() * 1024 / (time.perf_counter() - started)
operations = 3.14e23  # Brown et al. 2020, table D.1
print(f"this computer trains a large layer at {speed / 1e9:.0f} billion operations a second;")
print(f"at that speed, training GPT-3 takes about {round(operations / speed / (365 * 24 * 3600), -4):,.0f} years")
print(f"our digit network took {6 * parameter_count * 5 * 50_000 / 1e9:.0f} billion operations in all")

# %% [markdown] lang="en"
# Two thirds of GPT-3 is the network of this chapter, repeated 96 times. What differs is size, data, the attention layers that stand
# between these (chapter 05), and details such as the bend, the normalisation and Adam's step. Forward pass, cross-entropy and
# backpropagation follow the rules that you have checked.
#
# At full speed, our digit network would need well under a second (divide the last figure by the first speed). It took several,
# because steps on 32 or 128 images are too small to keep a processor busy.

# %% [markdown] lang="zh" of="cb3c6b14"
# GPT-3 的三分之二就是本章的网络，重复了 96 遍。不同的是规模、数据、夹在它们之间的注意力层（第 05 章会搭），
# 以及激活函数、归一化、Adam 步长等细节。前向传播、交叉熵和反向传播，遵循的就是你检验过的规则。
#
# 若一直全速，我们的数字网络不到一秒就能训完（用最后那个运算次数除以上面的速度）；实际用了好几秒，因为每步只有 32 或 128 张图，处理器吃不饱。

# %% [markdown] lang="en"
# ## Summary
#
# - Without an activation, any stack of layers is one linear layer. Its border is a straight line, and no line solves XOR.
# - A hidden layer moves the points until a line is enough. Gradient descent finds the move, along the gradient that backpropagation
#   computes; a gradient check tells whether that is right.
# - Two hidden units can solve XOR; at learning rate 2, {claim:solved_share_width_2.percent} of the starts do so within 1,000 epochs.
#   Eight nearly always do.
# - A network can know random labels by heart. Only data that it has not seen count.
# - 784–64–64–10 units reach a test accuracy of {claim:digit_test_accuracy} on MNIST after five epochs with a decaying learning rate
#   ({claim:published_digit_test_accuracy} trained as published); the nearest training image
#   {claim:digit_test_accuracy.baseline}, softmax regression {claim:published_digit_test_accuracy.baseline}.
#
# ## Exercises
#
# 1. Replace the sigmoid in the hidden layer by tanh. Which two lines of section 5's functions change, and which one of the
#    tape? Run up to section 5 only, and let the gradient check tell you whether you are right. (10 minutes)
# 2. In section 7, give learning rate 0.2 ten times as many epochs. Then follow the squared error instead of the cross-entropy. What
#    happens to the shares? Which part does section 4 explain, and which not? (15 minutes)
# 3. Take one network that is stuck and draw its hidden space as in section 3. Do the two points lie on top of each other that the text names?
#    `[array[i] for array in stuck]` is the i-th of them. (15 minutes)
# 4. Build the memoriser anew and train it on 100 points whose label is 1 where $x_1 > x_2$. What are its accuracies on training and fresh points
#    now, and why? (10 minutes)
# 5. On the validation images, find a network with at most 55,050 parameters that beats the decaying rate. Try five ideas;
#    then test your best one once. How sure are you that the difference is not luck? (30 minutes)
#
# ## References
#
# - D. E. Rumelhart, G. E. Hinton, R. J. Williams (1986). *Learning representations by back-propagating errors.* Nature 323,
#   533–536. doi:10.1038/323533a0
# - M. Minsky, S. Papert (1969). *Perceptrons.* MIT Press. (XOR and what one layer cannot do)
# - L. G. C. Hamey (1998). *XOR has no local minima: a case study in neural network error surface analysis.* Neural Networks 11(4),
#   669–681.
# - J. Frankle, M. Carbin (2019). *The lottery ticket hypothesis: finding sparse, trainable neural networks.* ICLR.
#   arXiv:1803.03635
# - D. R. Cox (1958). *The regression analysis of binary sequences.* Journal of the Royal Statistical Society B 20(2), 215–242.
#   (logistic regression)
# - I. Goodfellow, Y. Bengio, A. Courville (2016). *Deep Learning.* MIT Press, chapter 6.
# - C. Zhang, S. Bengio, M. Hardt, B. Recht, O. Vinyals (2017). *Understanding deep learning requires rethinking
#   generalization.* ICLR. arXiv:1611.03530 (networks that fit random labels)
# - D. P. Kingma, J. Ba (2015). *Adam: a method for stochastic optimization.* ICLR. arXiv:1412.6980
# - I. Loshchilov, F. Hutter (2017). *SGDR: stochastic gradient descent with warm restarts.* ICLR. arXiv:1608.03983 (the cosine)
# - Y. LeCun, L. Bottou, Y. Bengio, P. Haffner (1998). *Gradient-based learning applied to document recognition.* Proceedings of
#   the IEEE 86(11), 2278–2324. doi:10.1109/5.726791 (MNIST)
# - T. B. Brown et al. (2020). *Language models are few-shot learners.* NeurIPS. arXiv:2005.14165 (GPT-3; tables 2.1 and D.1)
# - J. Kaplan et al. (2020). *Scaling laws for neural language models.* arXiv:2001.08361 (six operations a parameter and token)

# %% [markdown] lang="zh" of="b0422166"
# ## 小结
#
# - 没有激活函数，叠多少层都等于一个线性层，分界线是一条直线，而直线解不了异或。
# - 隐藏层把点挪到一条直线就能分开的位置。怎么挪由梯度下降来找，梯度由反向传播来算，对不对由梯度检验来查。
# - 两个隐藏单元能解异或；学习率为 2 时，{claim:solved_share_width_2.percent} 的初始值在 1000 轮内做到了，八个几乎总能做到。
# - 网络能把随机标签背下来。只有没见过的数据才算数。
# - 784–64–64–10 的网络用递减的学习率训练五轮，MNIST 测试准确率为 {claim:digit_test_accuracy}（按文章的方式训练为 {claim:published_digit_test_accuracy}）；最近邻为 {claim:digit_test_accuracy.baseline}，
#   softmax 回归为 {claim:published_digit_test_accuracy.baseline}。
#
# ## 练习
#
# 1. 把隐藏层的 sigmoid 换成 tanh。第 5 节的函数要改哪两行，`GradientTape` 那格要改哪一行？只运行到第 5 节，让梯度检验告诉你改得对不对。
#    （10 分钟）
# 2. 在第 7 节里，先让学习率 0.2 走十倍的轮数，再改用平方误差的梯度。比例各有什么变化？哪些第 4 节能解释，哪些不能？（15 分钟）
# 3. 取一个卡住的网络，照第 3 节的样子画出它的隐藏空间。重合的是正文所说的那两个点吗？`[array[i] for array in stuck]` 是其中第 i 个。（15 分钟）
# 4. 重新建一个“死记硬背”的网络，让它学习 100 个点，标签在 $x_1 > x_2$ 处为 1。这时训练点和新点上的准确率各是多少？为什么？（10 分钟）
# 5. 在验证图像上找一个参数不超过 55050 个、又胜过“递减学习率”的网络。试五个主意，再用最好的那个测试一次。
#    你有多大把握说差别不是运气？（30 分钟）
#
# ## 参考文献
#
# - D. E. Rumelhart, G. E. Hinton, R. J. Williams (1986). *Learning representations by back-propagating errors.* Nature 323,
#   533–536. doi:10.1038/323533a0
# - M. Minsky, S. Papert (1969). *Perceptrons.* MIT Press.（异或，以及一层做不到的事）
# - L. G. C. Hamey (1998). *XOR has no local minima: a case study in neural network error surface analysis.* Neural Networks 11(4),
#   669–681.
# - J. Frankle, M. Carbin (2019). *The lottery ticket hypothesis: finding sparse, trainable neural networks.* ICLR.
#   arXiv:1803.03635（彩票假说）
# - D. R. Cox (1958). *The regression analysis of binary sequences.* Journal of the Royal Statistical Society B 20(2), 215–242.
#   （逻辑回归）
# - I. Goodfellow, Y. Bengio, A. Courville (2016). *Deep Learning.* MIT Press. 第 6 章；中译本《深度学习》，人民邮电出版社，2017。
# - C. Zhang, S. Bengio, M. Hardt, B. Recht, O. Vinyals (2017). *Understanding deep learning requires rethinking
#   generalization.* ICLR. arXiv:1611.03530（网络能背下随机标签）
# - D. P. Kingma, J. Ba (2015). *Adam: a method for stochastic optimization.* ICLR. arXiv:1412.6980
# - I. Loshchilov, F. Hutter (2017). *SGDR: stochastic gradient descent with warm restarts.* ICLR. arXiv:1608.03983（余弦学习率）
# - Y. LeCun, L. Bottou, Y. Bengio, P. Haffner (1998). *Gradient-based learning applied to document recognition.* Proceedings of
#   the IEEE 86(11), 2278–2324. doi:10.1109/5.726791（MNIST）
# - T. B. Brown et al. (2020). *Language models are few-shot learners.* NeurIPS. arXiv:2005.14165（GPT-3；表 2.1 和表 D.1）
# - J. Kaplan et al. (2020). *Scaling laws for neural language models.* arXiv:2001.08361（每个参数、每个词元六次运算）
