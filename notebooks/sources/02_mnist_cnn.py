# %% [markdown] lang="en"
# # 02 · Convolutional networks: reading digits
#
# At the end you will have computed a convolution in three ways with the same numbers, trained both published networks, and
# built a small one that makes fewer mistakes than either. You will have seen every digit that it still gets wrong.
#
# | | |
# |---|---|
# | **You will build** | convolution by loops, by one matrix product and by Keras; pooling, padding and stride; three convolutional networks |
# | **You will learn** | why sharing weights pays, what a shift of the image does to a network, how batch normalisation and a changing learning rate work, and what slightly moved and turned training images do *not* teach |
# | **You need** | chapter [01](01_feedforward_xor.ipynb), or what a layer, a loss and an epoch are |
# | **Time and memory** | {run:seconds} s on two processor cores, {run:memory} GB |
# | **Follows** | A3 §1.3.3 and §1.4.2, A1 §3.2 and §4.2, A0 §1.3.2 ([which articles?](../README.md#the-articles)) |
#
# Chinese edition: [zh/02_mnist_cnn.ipynb](zh/02_mnist_cnn.ipynb). Errors of the articles: [ERRATA.md](ERRATA.md).
# Every line below that begins with ✓ is a promise: it was measured over several seeds, and the run stops if it no longer holds.

# %% [markdown] lang="zh" of="f7e6cfb0"
# # 02 · 卷积神经网络：认数字
#
# 读完本章，你会用三种方式算出同一个卷积，训练文章里的两个网络，再搭一个错误比它们更少的小网络，并且看过它仍然认错的每一个数字。
#
# | | |
# |---|---|
# | **动手做** | 用循环、一次矩阵乘法和 Keras 各算一遍卷积；池化、填充和步幅；三个卷积网络 |
# | **学到** | 共享权重好在哪里，图像平移时网络会怎样，批量归一化和变化的学习率是怎么回事，以及略微平移和旋转过的训练图像**教不会**什么 |
# | **准备** | 第 [01](01_feedforward_xor.ipynb) 章，或者知道什么是层、损失和轮 |
# | **时间与内存** | 两个处理器核心上 {run:seconds} 秒，{run:memory} GB |
# | **对应文章** | A3 §1.3.3、§1.4.2，A1 §3.2、§4.2，A0 §1.3.2（[是哪几篇？](../../README.zh.md#四篇文章)） |
#
# 英文版：[02_mnist_cnn.ipynb](../02_mnist_cnn.ipynb)。文章勘误：[ERRATA.md](ERRATA.md)。
# 下文凡以 ✓ 开头的输出都是一个承诺：它在多个随机种子下测量过，一旦不再成立，运行就会中止。

# %%
from course_utils.notebook import start_chapter  # not found? README.md, "Running the notebooks", tells what to do

seed, claim = start_chapter("02_mnist_cnn")  # seeds, quiet logs, figure style, the chapter's promises

import inspect
import time

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers
from numpy.lib.stride_tricks import sliding_window_view
from scipy import ndimage, signal

from course_utils import datasets, models, plotting
from course_utils.claims import caught
from course_utils.training import OneCycle, fit_classifier

# %% [markdown] lang="en"
# ## 1. The listing as published
#
# Article A3 stacks convolutions, poolings and two dense layers, and calls `fit` on `X_train`. Here is its network, layer by
# layer. Two things are ours: `keras.Input` (Keras 3 warns about `input_shape=`), and a first layer that can scale the pixels,
# which the article does not do (`scale=1` leaves them alone).

# %% [markdown] lang="zh" of="da0a389b"
# ## 1. 文章里的代码
#
# 文章 A3 依次叠放卷积层、池化层和两个全连接层，然后对 `X_train` 调用 `fit`。下面逐层照搬它的网络，只有两处是我们加的：
# `keras.Input`（Keras 3 见到 `input_shape=` 会发警告），以及可以缩放像素的第一层。原文没有缩放，`scale=1` 就是原样。


# %%
def network_of_a3(scale=1 / 255):
    """Article A3, section 1.4.2."""
    entrance = [keras.Input((28, 28, 1)), layers.Rescaling(scale)]
    first = [layers.Conv2D(32, (3, 3), activation="relu"), layers.MaxPooling2D((2, 2))]
    second = [layers.Conv2D(64, (3, 3), activation="relu"), layers.MaxPooling2D((2, 2))]
    head = [layers.Flatten(), layers.Dense(128, activation="relu"), layers.Dense(10, activation="softmax")]
    return keras.Sequential([*entrance, *first, *second, *head])


globals().pop("X_train", None)  # so that the cell behaves the same when you run it a second time
try:
    network_of_a3().fit(X_train, y_train, epochs=10, batch_size=32)
except NameError as error:
    print("as printed:", error)
kinds = [type(layer).__name__ for layer in network_of_a3().layers]
print(*(f"{kind}: {kinds.count(kind)}" for kind in ["Conv2D", "MaxPooling2D", "Dense"]), sep=", ")

# %% [markdown] lang="en"
# The data are never loaded. And the article says "3 convolution layers", where its listing has two. (A1 has it the other way
# round: "two convolution layers" in the text, three in the listing.)
#
# Let us give it MNIST: 28 × 28 grey pixels, 0 to 255, as in chapter 01. The last 10,000 training images are for *validation*:
# every choice of this chapter is made there. The 10,000 test images wait until section 8. What do the parts share? And does it
# matter that the article does not scale the pixels? Look at the loss *before the first step*. A network that knows nothing
# should give each of the ten digits about the same probability, and have a loss of $-\ln \frac{1}{10} \approx 2.3$.

# %% [markdown] lang="zh" of="3797a1aa"
# 数据从未载入。另外，文章说有“3 个卷积层”，代码里却只有两个。（A1 正好相反：文字说“两个卷积层”，代码里有三个。）
#
# 我们把 MNIST 给它：28 × 28 的灰度像素，取值 0 到 255，与第 01 章相同。训练集的最后 10000 张留作**验证集**，本章的一切选择都在那里做；
# 10000 张测试图像要等到第 8 节。各部分之间有没有相同的图像？文章没有缩放像素，这要紧吗？看看**迈第一步之前**的损失。
# 一个一无所知的网络，给十个数字的概率应当差不多，损失应为 $-\ln \frac{1}{10} \approx 2.3$。

# %%
digits = datasets.load_mnist()
images, labels = digits.train_images[..., None], digits.train_labels  # one channel: shape (60000, 28, 28, 1)
train, validation = (images[:50_000], labels[:50_000]), (images[50_000:], labels[50_000:])
test_images, test_labels = digits.test_images[..., None], digits.test_labels

shared = datasets.overlap(train[0], validation[0]), datasets.overlap(images, test_images)
print("images shared by training and validation:", shared[0])
print("images shared by training + validation and test:", shared[1])
assert shared == (0, 0)

for scale in [1, 1 / 255]:
    keras.utils.set_random_seed(seed)
    losses = keras.losses.sparse_categorical_crossentropy(labels[:1000], network_of_a3(scale)(images[:1000]))
    print(f"pixels times {scale:.4f}: loss {np.mean(losses):.1f} before the first step")
assert abs(np.mean(losses) - np.log(10)) < 0.2

# %% [markdown] lang="en"
# With raw pixels the untrained network is as good as certain of its random answers, and must first unlearn them. Nothing breaks,
# nothing warns; only a look at this first loss tells. From here on, every network divides by 255 in its first layer.
#
# Before we train anything longer, let us see what a convolution is. The articles' formulas will not tell us; section 3 shows
# why.

# %% [markdown] lang="zh" of="ea8b3a64"
# 像素不缩放，没训练过的网络对自己胡乱给出的答案几乎确信无疑，得先把这份自信改掉。程序不报错，也不警告，
# 只有看一眼最初的损失才会发现。从这里起，每个网络都在第一层里除以 255。
#
# 先不急着训练，看看卷积究竟是什么。文章的公式说不清楚，原因见第 3 节。

# %% [markdown] lang="en"
# ## 2. Convolution, three ways
#
# Lay a small *kernel* on the image, multiply the numbers that lie on each other, add them up: that is one number of the
# result. Move the kernel by one pixel and do it again. An image has one number a pixel and *channel* (grey: one channel, colour:
# three); a layer has several kernels, its *filters*. With image $g$ (height, width, channels), kernels $f$ (size, size, channels,
# filters) and one bias a filter, the number at place $(i, j)$ of filter $k$ is
#
# $$y_{ijk} = b_k + \sum_u \sum_v \sum_c f_{uvck}\; g_{i+u,\,j+v,\,c} .$$
#
# Here $u$ and $v$ run over the kernel's rows and columns, $c$ over the channels; $(i, j)$ is where the kernel's top left corner lies.
# The result is a *feature map* for each filter. A picture small enough for paper has five rows $0\;0\;1\;1\;1$, dark on the left and
# bright on the right; the kernel has three rows $-1\;0\;1$, so it subtracts the left column from the right one. At the top left
# corner: $3 \cdot (1 - 0) = 3$. Further right, where all is bright, $3 \cdot (1 - 1) = 0$. The kernel answers where an edge is.
#
# The loops below are the formula. The second way cuts out all the patches first (this is called *im2col*); then the whole
# convolution is a single matrix product, which is how many fast libraries compute it.

# %% [markdown] lang="zh" of="667dbaa9"
# ## 2. 卷积的三种算法
#
# 把一个小小的**卷积核**放在图像上，重叠的数两两相乘再加起来，得到结果里的一个数；把卷积核挪一个像素，再来一次。图像的每个像素在每个**通道**
# 里有一个数（灰度图一个通道，彩色图三个）；一层有若干个卷积核，也叫**滤波器**。设图像为 $g$（高，宽，通道），卷积核为 $f$
# （边长，边长，通道，滤波器），每个滤波器一个偏置，则第 $k$ 个滤波器在位置 $(i, j)$ 处的结果是
#
# $$y_{ijk} = b_k + \sum_u \sum_v \sum_c f_{uvck}\; g_{i+u,\,j+v,\,c} 。$$
#
# 其中 $u$、$v$ 遍历卷积核的行和列，$c$ 遍历通道，$(i, j)$ 是卷积核左上角所在的位置。每个滤波器得到一张**特征图**。先看一个可以在纸上算的例子：
# 图像的五行都是 $0\;0\;1\;1\;1$，左暗右亮；卷积核的三行都是 $-1\;0\;1$，即右列减左列。左上角是 $3 \cdot (1 - 0) = 3$；
# 再往右全是亮的，$3 \cdot (1 - 1) = 0$。哪里有边缘，卷积核就在哪里有反应。
#
# 下面的循环就是公式。第二种算法先把所有小块切出来（叫作 *im2col*），整个卷积就成了一次矩阵乘法，许多高速的库就是这样算的。


# %%
def convolve_by_loops(image, kernels, bias):
    """The formula, in loops. Shapes: (height, width, channels), (size, size, channels, filters), (filters,)."""
    size = len(kernels)
    result = np.zeros((len(image) - size + 1, image.shape[1] - size + 1, kernels.shape[-1]))
    for i, j, k in np.ndindex(result.shape):
        result[i, j, k] = bias[k] + np.sum(kernels[..., k] * image[i : i + size, j : j + size])
    return result


def patches(image, size):
    """Every patch of size × size pixels as a row: shape (height − size + 1, width − size + 1, size · size · channels)."""
    windows = np.moveaxis(sliding_window_view(image, (size, size), axis=(0, 1)), 2, -1)
    return windows.reshape(*windows.shape[:2], -1)


def convolve_by_matrix(image, kernels, bias):
    """The same by one matrix product."""
    return patches(image, len(kernels)) @ kernels.reshape(-1, kernels.shape[-1]) + bias


def convolve_by_keras(image, kernels, bias, **options):
    """The same by the Keras layer."""
    layer = layers.Conv2D(kernels.shape[-1], len(kernels), **options)
    layer.build((None, *image.shape))
    layer.set_weights([kernels, bias])
    return layer(image[None]).numpy()[0]


edge = np.array([[0, 0, 1, 1, 1]] * 5, dtype=float)[..., None]
right_minus_left = np.array([[-1, 0, 1]] * 3, dtype=float)[..., None, None]
three_ways = [convolve_by_loops, convolve_by_matrix, convolve_by_keras]
small = [convolve(edge, right_minus_left, np.zeros(1))[..., 0] for convolve in three_ways]
for rows in zip(*small, strict=True):
    print(*(row.astype(int) for row in rows), sep="    ")
assert np.ptp(small, axis=0).max() == 0  # all three agree

# %% [markdown] lang="en"
# Three times the same nine numbers. Now with a real digit and 32 random filters, as in the article's first layer. The numbers
# must agree again; the times will not.

# %% [markdown] lang="zh" of="e044bdeb"
# 同样的九个数出现了三遍。换成真正的数字图像和 32 个随机滤波器，即文章第一层的规模。数值仍须一致，时间就不一样了。

# %%
rng = np.random.default_rng(seed)
digit = images[0] / 255
kernels, bias = rng.standard_normal((3, 3, 1, 32)), rng.standard_normal(32)
results = []
for convolve in three_ways:
    started = time.perf_counter()
    results.append(convolve(digit, kernels, bias))
    print(f"{convolve.__name__:20} {results[-1].shape}  {1000 * (time.perf_counter() - started):7.2f} ms")
np.testing.assert_allclose(results[0], results[1], rtol=1e-10)
np.testing.assert_allclose(results[0], results[2], atol=1e-5)  # Keras computes in float32

# %% [markdown] lang="en"
# The loops run in Python, number by number; the matrix product does the same sums in compiled code. Most of Keras's time goes into
# making and starting a layer for a single small image. In training, one layer serves thousands of images.

# %% [markdown] lang="zh" of="fddeeb69"
# 循环由 Python 一个数一个数地算，矩阵乘法则在编译好的代码里做同样的求和。Keras 的时间大多花在为一张小图新建并启动一个层；
# 训练时，同一个层要处理成千上万张图。

# %% [markdown] lang="en"
# ## 3. What the articles' formulas say
#
# Article A3 writes $C(f \ast g) = f \ast (g \ast f)$ with $f$ the kernel and $g$ the image. Article A1 writes $C(f \ast g) = \sum_i
# \sum_j f_{ij} g_{ij}$, and for pooling $P(f) = \frac{1}{mn} \sum_i \sum_j f_{ij}$, where $i$ runs from 1 to $m$ and $j$ from 1 to
# $n$. In A0 the formula is lost. Let us take each at its word.
#
# In mathematics, $\ast$ is the *true* convolution: it turns the kernel by 180° before it multiplies. That makes it commute,
# $f \ast g = g \ast f$. The layer of every deep-learning library does not turn it; its proper name is *cross-correlation*. A
# network does not care, since it learns its kernels anyway. But whoever copies a kernel from a textbook must.

# %% [markdown] lang="zh" of="dbd41195"
# ## 3. 文章的公式说了什么
#
# 文章 A3 写的是 $C(f \ast g) = f \ast (g \ast f)$，其中 $f$ 是卷积核，$g$ 是图像。文章 A1 写的是 $C(f \ast g) =
# \sum_i \sum_j f_{ij} g_{ij}$，池化是 $P(f) = \frac{1}{mn} \sum_i \sum_j f_{ij}$，其中 $i$ 从 1 到 $m$，$j$ 从 1 到 $n$。A0 的公式已丢失。我们就按字面各算一遍。
#
# 在数学里，$\ast$ 是**真正的**卷积：先把卷积核旋转 180°，再相乘。这样它才满足交换律 $f \ast g = g \ast f$。各种深度学习库的卷积层并不旋转，
# 准确的名字是**互相关**。网络无所谓，反正卷积核是学出来的；可要是从教科书上抄一个卷积核来用，就非分清不可了。

# %%
f, g = right_minus_left[..., 0, 0], edge[..., 0]
print("cross-correlation (Keras)\n", signal.correlate2d(g, f, mode="valid"))
print("true convolution\n", signal.convolve2d(g, f, mode="valid"))
assert np.array_equal(signal.correlate2d(g, f, mode="valid"), small[0])
assert np.array_equal(signal.convolve2d(g, f, mode="valid"), signal.correlate2d(g, f[::-1, ::-1], mode="valid"))
np.testing.assert_allclose(signal.convolve2d(f, g), signal.convolve2d(g, f))  # it commutes

full = signal.convolve2d(f, g)
print("A3: f * g has shape", full.shape, "but f * (g * f) has shape", signal.convolve2d(f, full).shape)
print("A1: one number for the whole image,", np.sum(f * g[:3, :3]), "with the kernel in the top left corner")

# %% [markdown] lang="en"
# - **A3's formula** says that convolving twice gives the same as convolving once. It does not even have the same shape.
# - **A1's formula** is right for a single position. What makes it a convolution, the $i + u$ and $j + v$, is missing.
# - **The pooling formula** is the average. Both listings use `MaxPooling2D`, the maximum. Is that the same?
#
# Pooling cuts the map into squares and keeps one number of each. To compute it, split rows and columns in two axes each (which block,
# which place in the block) and take the maximum over the places. And two rules tell the size of every result. The *stride* $s$ is how
# far the kernel moves each time. For $n$ pixels in a row (not A1's $n$) and a kernel of $k$: with `valid` padding (none) the result has
# $\lfloor (n - k)/s \rfloor + 1$ pixels, with `same` padding (zeros around the image) $\lceil n/s \rceil$.

# %% [markdown] lang="zh" of="ebd30483"
# - **A3 的公式**是说：卷积两次等于卷积一次。可它们连形状都不同。
# - **A1 的公式**对单独一个位置是对的。使它成为卷积的 $i + u$、$j + v$ 却不见了。
# - **池化公式**是求平均，两篇文章的代码用的却是 `MaxPooling2D`，即取最大值。这是一回事吗？
#
# 池化把特征图切成小方块，每块只留一个数。算法是把行、列两个轴各拆成两个（第几块、块内第几个），再对块内的两个轴取最大值。
# 结果的尺寸由两条规则决定。**步幅** $s$ 是核每次挪动的距离；设一行有 $n$ 个像素（不是 A1 的 $n$），核的边长为 $k$：填充方式为 `valid`（不填充）时，
# 结果有 $\lfloor (n - k)/s \rfloor + 1$ 个像素；为 `same`（图像四周补零）时，有 $\lceil n/s \rceil$ 个。

# %%
corner = (digit[8:12, 8:12, 0] * 255).astype(int)
blocks = corner.reshape(2, 2, 2, 2)  # (block row, row within, block column, column within)
by_maximum, by_average = blocks.max(axis=(1, 3)), blocks.mean(axis=(1, 3))
print(corner, "maximum", by_maximum, "average (A1's formula)", by_average, sep="\n")
batch = corner[None, ..., None].astype("float32")
assert np.array_equal(layers.MaxPooling2D(2)(batch)[0, ..., 0], by_maximum)
assert np.array_equal(layers.AveragePooling2D(2)(batch)[0, ..., 0], by_average)

for size, stride, padding in [(3, 1, "valid"), (3, 1, "same"), (5, 2, "valid"), (5, 2, "same"), (4, 3, "valid")]:
    expected = (28 - size) // stride + 1 if padding == "valid" else -(-28 // stride)
    by_keras = convolve_by_keras(digit, np.zeros((size, size, 1, 1)), np.zeros(1), strides=stride, padding=padding)
    print(f"28 pixels, kernel {size}, stride {stride}, {padding:5}: {by_keras.shape[0]:2} pixels")
    assert by_keras.shape == (expected, expected, 1)

# %% [markdown] lang="en"
# Not the same: one bright pixel fixes a block's maximum, while the average dilutes it. The maximum tells *whether* something was found
# in the block, the average *how much* of it. And all five sizes follow the rules.

# %% [markdown] lang="zh" of="e485fac4"
# 不是一回事：块里只要有一个亮像素，最大值就由它决定，平均值却会被冲淡。最大值说的是块里**有没有**，平均值说的是**有多少**。
# 五种尺寸也都符合规则。

# %% [markdown] lang="en"
# ## 4. Why share weights?
#
# **Because there are fewer of them.** A convolution has $(\text{size}^2 \cdot \text{channels} + 1) \cdot \text{filters}$
# parameters, however large the image. Count both published networks by formula, and compare with Keras. A1's listing has a
# third convolution in the place of A3's dense layer of 128. What does that save?

# %% [markdown] lang="zh" of="63559dc4"
# ## 4. 为什么要共享权重
#
# **因为参数少。** 一个卷积层有 $(\text{边长}^2 \cdot \text{通道数} + 1) \cdot \text{滤波器数}$ 个参数，与图像大小无关。
# 用公式数一数两个网络的参数，再和 Keras 对照。A1 的代码用第三个卷积层代替了 A3 那个 128 个单元的全连接层，能省多少？


# %%
def network_of_a1():
    """Article A1, section 4.2, with scaled pixels."""
    entrance = [keras.Input((28, 28, 1)), layers.Rescaling(1 / 255)]
    first = [layers.Conv2D(32, (3, 3), activation="relu"), layers.MaxPooling2D((2, 2))]
    second = [layers.Conv2D(64, (3, 3), activation="relu"), layers.MaxPooling2D((2, 2))]
    third = [layers.Conv2D(64, (3, 3), activation="relu"), layers.Flatten(), layers.Dense(10, activation="softmax")]
    return keras.Sequential([*entrance, *first, *second, *third])


def convolution(channels, filters, size=3):
    """How many parameters a convolution has."""
    return (size**2 * channels + 1) * filters


def dense(inputs, units):
    """How many parameters a dense layer has."""
    return (inputs + 1) * units


parts_of_a3 = [convolution(1, 32), convolution(32, 64), dense(5 * 5 * 64, 128), dense(128, 10)]
parts_of_a1 = [convolution(1, 32), convolution(32, 64), convolution(64, 64), dense(3 * 3 * 64, 10)]
for name, network, parts in [("A3", network_of_a3(), parts_of_a3), ("A1", network_of_a1(), parts_of_a1)]:
    print(f"{name}: {' + '.join(f'{part:,}' for part in parts)} = {sum(parts):,}")
    assert network.count_params() == sum(parts)
print(f"a dense layer with as many outputs as the first convolution: {dense(28 * 28, 26 * 26 * 32):,}")

# %% [markdown] lang="en"
# Nine tenths of A3's parameters sit in one dense layer; with a convolution in its place, A1 saves nearly three quarters of them all.
# And a dense layer in the place of the first convolution would need seventeen million instead of 320.
#
# **And because a digit is the same digit one pixel further.** Move the image, and a convolution's answer moves with it, unchanged.
# This is called *equivariance*, and it is exact. Pooling keeps it only for moves by whole blocks; at the border of the image `same`
# padding breaks it, because zeros come in; and a dense layer does not have it at all: its outputs have no places that could move
# along, so we can only ask whether they stay the same. Let us look at each.

# %% [markdown] lang="zh" of="6a440fbd"
# A3 的参数有九成挤在一个全连接层里；A1 用卷积代替它，总数省了将近四分之三。而若用全连接层代替第一个卷积层，需要的就不是 320 个参数，而是一千七百万个。
#
# **也因为数字挪一个像素还是那个数字。** 图像平移，卷积的结果跟着平移，一个数也不变。这叫**等变性**，而且是精确的。池化之后，
# 只有按整块平移才保持；在图像边缘，`same` 填充补进了零，会破坏它；全连接层则根本没有这种性质：它的输出没有位置可言，无从跟着平移，只能看数值变不变。下面逐一来看。

# %%
wide = np.pad(digit, ((6, 6), (6, 6), (0, 0)))  # room to move in
weights = rng.standard_normal((wide.size, 50))


def convolve(image):
    return convolve_by_matrix(image, kernels, np.zeros(32))


def convolve_and_pool(image):
    maps = convolve(image)
    return maps.reshape(len(maps) // 2, 2, -1, 2, 32).max(axis=(1, 3))


def dense_layer(image):
    return image.reshape(1, -1) @ weights


def share_unchanged(function, pixels, result_pixels=None):
    """The share of numbers that are equal when the image is moved before the function or its result after it."""
    moved_before = function(np.roll(wide, pixels, axis=1))
    moved_after = np.roll(function(wide), pixels if result_pixels is None else result_pixels, axis=1)
    return np.mean(np.isclose(moved_before, moved_after))


print(f"convolution, moved by 3 pixels:              {share_unchanged(convolve, 3):.3f}")
print(f"convolution and pooling, moved by 2 pixels:  {share_unchanged(convolve_and_pool, 2, 1):.3f}")
print(f"convolution and pooling, moved by 1 pixel:   {share_unchanged(convolve_and_pool, 1, 0):.3f}")
print(f"dense layer, moved by 1 pixel:               {share_unchanged(dense_layer, 1, 0):.3f}")
assert share_unchanged(convolve, 3) == share_unchanged(convolve_and_pool, 2, 1) == 1
assert max(share_unchanged(convolve_and_pool, 1, 0), share_unchanged(dense_layer, 1, 0)) < 1

wide += 1  # now the border is not black, and the zeros of the padding show
before, after = (
    convolve_by_keras(image, kernels, np.zeros(32), padding="same") for image in (np.roll(wide, 3, 1), wide)
)
stays = np.isclose(before, np.roll(after, 3, axis=1), atol=1e-4).all(axis=(0, 2))
print("same padding, moved by 3 pixels: the columns that differ are", *np.flatnonzero(~stays), "of 0 to 39")

# %% [markdown] lang="en"
# The convolution passes without a single changed number. So a kernel that has learnt a stroke in one place finds it in every place:
# each kernel of the first layer is trained by hundreds of positions of every image. The dense layer must learn each place anew.
# After pooling and a move by one pixel, most numbers still agree, because most of the picture is empty. With `same` padding,
# columns differ where zeros come in: at the image's two borders (0 and 39), and where these borders lie after the move (3 and 2).
#
# Equivariance is about the *maps*. Whether the final answer stays the same is another question: the dense layer at the end
# sees positions again. Section 10 measures that.

# %% [markdown] lang="zh" of="d378ca25"
# 卷积一个数也没变。所以卷积核在一处学会的笔画，在每一处都找得出来：第一层里，每张图像都用几百个位置来训练同一个卷积核。全连接层则要在每个位置重新学起。
# 池化之后平移一个像素，大多数数值仍然相同，那是因为图上大部分是空白。用 `same` 填充时，补进零的地方会有差别：图像的左右两边（第 0、39 列），
# 以及这两边平移之后的位置（第 3、2 列）。
#
# 等变性说的是**特征图**。最后的回答变不变是另一回事，因为末尾的全连接层又看得见位置了。第 10 节会测量。

# %% [markdown] lang="en"
# ## 5. Baselines first
#
# Two networks without convolution: softmax regression, which has no hidden layer, and the best network of chapter 01, 784–64–64–10
# units with a decaying learning rate (in larger batches and with another rate here, to save time: on the test images it ends about
# half a point below its {claim:01_feedforward_xor/digit_test_accuracy} of chapter 01, hardly above the
# {claim:01_feedforward_xor/digit_test_accuracy.baseline} of the nearest training image). We call it the *dense network*. Same
# training images, same validation images. Whatever convolution is worth must show against these.

# %% [markdown] lang="zh" of="6cdafbf9"
# ## 5. 先立基线
#
# 两个不用卷积的网络：一个是没有隐藏层的 softmax 回归；一个是第 01 章最好的网络，784–64–64–10，学习率递减（这里为省时间用了更大的批和另一个学习率，
# 测试准确率因此比第 01 章的 {claim:01_feedforward_xor/digit_test_accuracy} 低约半个百分点，
# 仅略高于最近邻的 {claim:01_feedforward_xor/digit_test_accuracy.baseline}），下文称为**全连接网络**（dense network）。
# 训练图像相同，验证图像也相同。卷积究竟值多少，要和它们比才看得出来。


# %%
def dense_network(*hidden_units):
    """Chapter 01's network: it sees the image as 784 separate numbers."""
    entrance = [keras.Input((28, 28, 1)), layers.Rescaling(1 / 255), layers.Flatten()]
    hidden = [layers.Dense(units, activation="relu") for units in hidden_units]
    return keras.Sequential([*entrance, *hidden, layers.Dense(10, activation="softmax")])


def probabilities_of(network, images):
    """Ten probabilities for each image."""
    return np.concatenate([network(images[i : i + 1000]).numpy() for i in range(0, len(images), 1000)])


keras.utils.set_random_seed(seed)
histories = {}
networks = {"softmax regression": dense_network(), "dense network": dense_network(64, 64)}
falling = keras.optimizers.schedules.CosineDecay(0.004, decay_steps=5 * -(-len(train[0]) // 256))
for name, rate in [("softmax regression", 0.005), ("dense network", falling)]:
    print(name)
    optimizer = keras.optimizers.Adam(rate)
    histories[name] = fit_classifier(networks[name], optimizer, train, validation, batch_size=256, epochs=5)

# %% [markdown] lang="en"
# ## 6. Both published networks
#
# With the articles' own settings: Adam, batches of 32. Only, A3 asks for ten epochs and A1 for five, which would take several
# minutes; here each gets one. [The benchmark](../benchmarks/02_mnist_cnn.md) trains both in full. We expect that
# both beat the dense network at once.

# %% [markdown] lang="zh" of="59837d08"
# ## 6. 文章里的两个网络
#
# 照文章自己的设定：Adam，每批 32 个样本。只是 A3 要训练十轮，A1 五轮，要花好几分钟，这里各训练一轮；完整的训练在
# [基准测试](../../benchmarks/02_mnist_cnn.md)里。我们预计二者一上来就胜过全连接网络。

# %%
for name, build in [("A3", network_of_a3), ("A1", network_of_a1)]:
    keras.utils.set_random_seed(seed)
    networks[name] = build()
    print(name)
    histories[name] = fit_classifier(networks[name], "adam", train, validation, batch_size=32)

# %% [markdown] lang="en"
# One epoch of a convolutional network beats five of the dense one on the validation images. Between A3's network and A1's,
# which has about a quarter of its parameters, the difference is much smaller than this step. So more parameters are not
# the first thing to ask for. What is?

# %% [markdown] lang="zh" of="6e5d0fc3"
# 在验证图像上，卷积网络一轮就胜过全连接网络的五轮。A1 的参数只有 A3 的四分之一左右，两者的差距却明显小于这一步的提升。
# 可见，首先要添的不是参数。那该添什么？

# %% [markdown] lang="en"
# ## 7. A small network, better trained
#
# Three ideas that the articles' recipe lacks. None takes more than a few lines. We use all three at once; exercise 6 takes them
# apart.
#
# **Batch normalisation.** After a convolution, subtract each channel's mean $\mu$ over all images and places of the batch, divide by
# its standard deviation $\sigma$, then let the network learn scale $\gamma$ and offset $\beta$: $\;y = \gamma\,(x -
# \mu)/\sqrt{\sigma^2 + \varepsilon} + \beta$. (The small number $\varepsilon$ guards against a division by zero.) Every
# layer then receives numbers of a reasonable size, and larger steps become safe. When the network is used, the batch's $\mu$ and
# $\sigma$ are replaced by running averages from the training.
#
# **A learning rate in one cycle.** Small first steps, while everything is random; then large ones; then ever smaller ones
# down to zero.
#
# **Images that never look the same twice.** Every time a training image is used, it is moved by up to two pixels and turned
# by up to ten degrees. A moved seven is still a seven. To the network, it is a new image.

# %% [markdown] lang="zh" of="4d437d21"
# ## 7. 小网络，更好的训练
#
# 有三个主意，文章的做法里都没有，每个都只要几行代码。这里三个一起用，练习 6 再把它们拆开。
#
# **批量归一化。** 卷积之后，每个通道减去它在这一批所有图像、所有位置上的均值 $\mu$，除以标准差 $\sigma$，再由网络自己学出缩放 $\gamma$ 和平移 $\beta$：
# $\;y = \gamma\,(x - \mu)/\sqrt{\sigma^2 + \varepsilon} + \beta$（很小的 $\varepsilon$ 用来防止除以零）。这样每一层收到的数大小都合适，步子就可以迈大。
# 真正使用网络时，批的 $\mu$ 和 $\sigma$ 换成训练中积累的滑动平均。
#
# **学习率走一个周期。** 开头一切都是随机的，步子要小；然后迈大步；再逐渐缩小，直到零。
#
# **没有两次相同的图像。** 每次用到一张训练图像，都把它平移至多两个像素、旋转至多十度。挪动过的 7 还是 7，对网络来说却是一张新图像。

# %%
batch = rng.standard_normal((100, 5, 5, 3)).astype("float32")
by_hand = (batch - batch.mean(axis=(0, 1, 2))) / np.sqrt(batch.var(axis=(0, 1, 2)) + 0.001)  # γ = 1, β = 0, Keras's ε
np.testing.assert_allclose(layers.BatchNormalization()(batch, training=True), by_hand, atol=1e-5)

print(inspect.getsource(models.mnist_convnet))

# %% [markdown] lang="en"
# This is the network; it lives in `course_utils/models/digits.py`, because later chapters compress it, attack it and look inside. What
# do the learning rate and the moved images look like?

# %% [markdown] lang="zh" of="3f9f836d"
# 网络就是这个。它放在 `course_utils/models/digits.py` 里，因为后面的章节还要压缩它、攻击它、剖开它看。学习率和挪动过的图像是什么样子？

# %%
figure, (left, *panels) = plt.subplots(1, 7, figsize=(9, 1.9), width_ratios=[3, 1, 1, 1, 1, 1, 1])
steps_an_epoch = -(-len(train[0]) // 128)
steps = np.arange(4 * steps_an_epoch)
left.plot(steps / steps_an_epoch, OneCycle(peak=0.01, steps=len(steps))(steps))
left.set(xlabel="epoch", ylabel="learning rate")
move = models.random_movement(pixels=2, degrees=10)
for axes, image in zip(panels, [digit, *(move(digit[None], training=True)[0] for _ in range(5))], strict=True):
    axes.imshow(image[..., 0], cmap="gray_r")
    axes.axis("off")
panels[0].set_title("given", loc="center")
panels[3].set_title("as the network sees it", loc="center")
plt.show()

# %% [markdown] lang="en" role="alt"
# Left, the learning rate over four epochs: a straight rise to 0.01 during the first, then a straight fall to zero. Right, a
# handwritten 5 as given and five times as the network sees it, each time a little moved and turned.

# %% [markdown] lang="zh" role="alt" of="fb9e5fc1"
# 左：四轮训练中的学习率，第一轮里直线升到 0.01，此后直线降到零。右：一个手写的 5，先是原图，再是网络五次看到的样子，每次都略有平移和旋转。

# %% [markdown] lang="en"
# Two networks now: a control, whose training images stay in their place, for two epochs, and the real one, with moved images, for
# four. (To save time; the benchmark trains both for four.) All settings (widths, rates, movements, epochs) were chosen on the
# validation images, in trials that are not shown here. They choose here, too, which of all networks goes on.

# %% [markdown] lang="zh" of="a2841dbc"
# 现在训练两个网络。一个是对照组，训练图像原位不动，训练两轮；另一个是正式的，用挪动的图像，训练四轮。（这是为了省时间；基准测试里两者都训练四轮。）所有设定（宽度、学习率、挪动幅度、轮数）
# 都是在验证图像上选的，那些试验这里不再列出。哪一个网络胜出，这里也由验证图像来定。

# %%
recipes = {"images in place": {"epochs": 2, "pixels": 0, "degrees": 0}, "images moved": {"epochs": 4}}
for name, options in recipes.items():
    print(name)
    networks[name], histories[name] = models.mnist_convnet(train, validation, seed, **options)
chosen = max(histories, key=lambda name: histories[name]["val_accuracy"][-1])
print("chosen on the validation images:", chosen)
assert networks[chosen].count_params() <= 100_000

# %%
shown = {name: histories[name] for name in ["dense network", *recipes]}
plotting.learning_curves(shown, "accuracy", "accuracy").axes[0].set_ylim(0.92, 1)
plt.show()

# %% [markdown] lang="en" role="alt"
# Accuracy on training (dashed) and validation images (solid) by epoch: five epochs of the dense network, whose training accuracy
# climbs past its validation accuracy; two of the small network on images in their place; and four of it on moved images, whose
# training accuracy stays below its validation accuracy, which ends above 0.99.

# %% [markdown] lang="zh" role="alt" of="ed70ec9e"
# 各轮的训练（虚线）与验证（实线）准确率。全连接网络五轮，训练准确率升到验证准确率之上；小网络用原位图像训练两轮；用挪动的图像训练四轮，训练准确率始终低于验证准确率，
# 后者最后超过 0.99。

# %% [markdown] lang="en"
# The dense network ends better on the images that it has trained on than on new ones: it begins to learn them by heart. On moved
# images it is the other way round, to the last epoch. No image comes twice, so there is little to learn by heart, and they are
# harder than the validation images, which stay in their place. The curves alone do not prove this: in early epochs the training
# accuracy is low for any network, as with A3 above, because Keras averages it over the epoch while the network is still improving.
# The control, too, is still below its validation accuracy when it stops after two epochs.

# %% [markdown] lang="zh" of="96327175"
# 全连接网络最后在训练过的图像上比在新图像上好：它开始背了。用挪动的图像训练时正好相反，直到最后一轮都是如此：没有一张图像会出现两次，几乎无从背起；而且训练图像比不挪动的验证图像更难。
# 不过单凭这些曲线还证明不了这一点：最初几轮里，任何网络的训练准确率都偏低，上面的 A3 也是，因为 Keras 报告的是整轮的平均，而网络在这一轮里还在进步。对照组训练两轮就停，
# 停下时训练准确率也还低于验证准确率。

# %% [markdown] lang="en"
# ## 8. The test set, once
#
# All choices are made. Now the 10,000 test images, for every network. Since all of them read the same images, differences are
# paired: what counts is how often one is right where the other is wrong.

# %% [markdown] lang="zh" of="0bb26d89"
# ## 8. 测试集只用一次
#
# 一切都已选定。现在让每个网络读 10000 张测试图像。大家读的是同一批图像，所以差别可以配对比较：要看的是一个对、另一个错的图像有多少。

# %%
probabilities = {name: probabilities_of(network, test_images) for name, network in networks.items()}
right = {name: (p.argmax(axis=1) == test_labels).astype(float) for name, p in probabilities.items()}
print(f"                     parameters  accuracy  mistakes   minus '{chosen}'")
for name, network in networks.items():
    difference = right[name] - right[chosen]
    paired = f"{difference.mean():+.4f} ± {difference.std() / 100:.4f}"  # the standard error: 100 is the root of 10,000
    print(f"{name:20} {network.count_params():11,} {right[name].mean():9.4f} {np.sum(1 - right[name]):9.0f}   {paired}")

accuracy = {name: values.mean() for name, values in right.items()}
claim("dense_test_accuracy", accuracy["dense network"], baseline=accuracy["softmax regression"])
claim("a3_test_accuracy", accuracy["A3"], baseline=accuracy["dense network"])
claim("a1_test_accuracy", accuracy["A1"], baseline=accuracy["dense network"])
claim("in_place_test_accuracy", accuracy["images in place"], baseline=accuracy["dense network"])
claim("convnet_test_accuracy", accuracy[chosen], baseline=max(accuracy["A3"], accuracy["A1"]))
claim("gain_over_published", accuracy[chosen] - max(accuracy["A3"], accuracy["A1"]))

# %% [markdown] lang="en"
# Over {claim:convnet_test_accuracy.seeds} seeds, the small network reads {claim:convnet_test_accuracy.full} of the test digits,
# with about as many parameters as the dense network ({claim:dense_test_accuracy.full}) and about a quarter of A3's
# ({claim:a3_test_accuracy.full}; A1's: {claim:a1_test_accuracy.full}). These two have had one epoch only, so the gain of
# {claim:gain_over_published.full} over the better one is not the whole story. The page
# [benchmarks/02_mnist_cnn.md](../benchmarks/02_mnist_cnn.md) has all of them fully trained, and a published recipe of keras.io
# beside them: the gap is smaller, and it stays, with less time of training. Its script measures the same on your machine.
#
# How sure is the ranking? Over images: in the table, the lead over each published network is several times its standard error. Over
# seeds: the gain is {claim:gain_over_published.full}, and even four standard deviations below its mean there is
# {claim:gain_over_published.bound} left, more than nothing. (Three seeds give a standard deviation only roughly.)
#
# And moving the images? The control, with half of the epochs on images in their place, reads {claim:in_place_test_accuracy.full}.
# The benchmark trains it for all four, once: it stays behind by about nine images in 10,000, little more than one standard error.
# So on ordinary digits moving gains little, if anything. Where it matters most, section 10 shows.

# %% [markdown] lang="zh" of="1ada456e"
# {claim:convnet_test_accuracy.seeds} 个随机种子下，小网络认对了 {claim:convnet_test_accuracy.full} 的测试数字。它的参数与全连接网络
# （{claim:dense_test_accuracy.full}）相近，约为 A3（{claim:a3_test_accuracy.full}）的四分之一；A1 是 {claim:a1_test_accuracy.full}。
# 不过文章的网络只训练了一轮，所以 {claim:gain_over_published.full} 的优势还不能说明全部问题。
# [benchmarks/02_mnist_cnn.md](../../benchmarks/02_mnist_cnn.md) 一页里，它们都按原文完整训练，旁边还有 keras.io 公布的做法：差距缩小了，
# 但依然存在，而且我们的训练时间更短。同名脚本可以在你的机器上重测。
#
# 这个排名有多可靠？就图像而言，表中它领先文章两个网络的幅度都是标准误的好几倍；
# 就随机种子而言，优势是 {claim:gain_over_published.full}，从均值减去四个（随机种子间的）标准差，还剩 {claim:gain_over_published.bound}，仍大于零。（三个种子只能粗略估计标准差。）
#
# 挪动图像又带来了什么？对照组用原位图像训练了一半的轮数，结果是 {claim:in_place_test_accuracy.full}；基准测试里让它也训练四轮（只运行一次），一万张里多错约九张，
# 只比一个标准误略多。可见读普通的数字，挪动即使有好处，也很小。
# 它最要紧的地方，第 10 节会看到。

# %% [markdown] lang="en"
# ## 9. Look
#
# **Every mistake.** All test images that the chosen network gets wrong, the surest ones first: true label → answer, and how
# sure it is. How many of them would you have read correctly?

# %% [markdown] lang="zh" of="0a7fb1b0"
# ## 9. 看一看
#
# **所有的错误。** 选定的网络读错的全部测试图像，最自信的排在前面：真实标签 → 回答，以及它有多大把握。其中有多少是你能认对的？

# %%
answers, confidence = probabilities[chosen].argmax(axis=1), probabilities[chosen].max(axis=1)
wrong = np.flatnonzero(answers != test_labels)
wrong = wrong[np.argsort(-confidence[wrong])]
titles = [f"{test_labels[i]}→{answers[i]}  {confidence[i]:.0%}" for i in wrong]
plotting.image_grid(digits.test_images[wrong], titles, columns=12, size=0.75)
plt.show()

# %% [markdown] lang="en" role="alt"
# All test digits that the network misreads, about fifty, each with its label, the network's answer and its confidence. Many are
# strange: open loops, missing or doubled strokes, a 4 that closes like a 9, a 2 that looks like a 7.

# %% [markdown] lang="zh" role="alt" of="655b634b"
# 网络认错的全部测试数字，约五十个，各标有标签、网络的回答和把握。很多写得古怪：圈没有封口，笔画缺失或重叠，4 封口像 9，2 看上去像 7。

# %% [markdown] lang="en"
# **Which digits are confused?** The *confusion matrix* counts every pair of label and answer. The right answers stand on the
# diagonal; we leave it out, so that the mistakes show.

# %% [markdown] lang="zh" of="73e07c4c"
# **哪些数字容易混淆？** **混淆矩阵**统计每一对“标签—回答”的次数。对角线上是答对的，这里留空，好让错误显出来。

# %%
figure, panels = plt.subplots(1, 2, figsize=(8, 3.6), sharey=True)
for axes, name in zip(panels, ["dense network", chosen], strict=True):
    confusion = np.zeros((10, 10), dtype=int)
    np.add.at(confusion, (test_labels, probabilities[name].argmax(axis=1)), 1)
    np.fill_diagonal(confusion, 0)
    axes.imshow(confusion, cmap="Blues", vmax=20)
    for label, answer in np.argwhere(confusion):
        count = confusion[label, answer]
        axes.text(answer, label, count, ha="center", va="center", fontsize=8, color="white" if count > 12 else "black")
    axes.set(title=f"{name}: {confusion.sum()} mistakes", xlabel="answer", xticks=range(10), yticks=range(10))
panels[0].set_ylabel("true label")
plt.show()

# %% [markdown] lang="en" role="alt"
# Two tables of label against answer with the right answers left out. The dense network's mistakes are spread over most pairs, most
# of all 4 and 9, with more than ten in a cell. The chosen network makes about a sixth as many, with a single one in most cells; a
# few 5 read as 3 stand out.

# %% [markdown] lang="zh" role="alt" of="d6c44e01"
# 两张“标签—回答”的表，答对的留空。全连接网络的错误散布在大多数数字对上，4 与 9 之间最多，一格里超过十个；选定的网络错误约为它的六分之一，
# 多数格里只有一个，比较突出的是几个被认作 3 的 5。

# %% [markdown] lang="en"
# The dense network confuses most pairs of digits, and some of them often, such as 4 and 9. The chosen one has few such habits left:
# in most cells there is a single mistake, and only 5 read as 3 comes up more than three times.
#
# **What do the kernels look for?** The 16 kernels of the first layer (blue: negative, red: positive), and under each the map
# that it makes of one digit.

# %% [markdown] lang="zh" of="0401f567"
# 全连接网络把大多数数字对都混淆过，有些还很频繁，例如 4 和 9。选定的网络已很少有这种通病：有错的格子大多只有一个错误，超过三个的只有把 5 认作 3。
#
# **卷积核在找什么？** 第一层的 16 个卷积核（蓝为负，红为正），每个下面是它从一个数字得到的特征图。

# %% tags=["picture"]
first = next(layer for layer in networks[chosen].layers if isinstance(layer, layers.Conv2D))
learnt = first.get_weights()[0]
maps = first(test_images[:1] / 255)[0].numpy()
figure, panels = plt.subplots(4, 8, figsize=(9, 4.2), height_ratios=[1, 2, 1, 2])
for k, (top, bottom) in enumerate(zip(panels[::2].flat, panels[1::2].flat, strict=True)):
    for axes, image in [(top, learnt[:, :, 0, k]), (bottom, maps[..., k])]:
        axes.imshow(image / np.abs(image).max(), cmap=plotting.DIVERGING, vmin=-1, vmax=1)
        axes.axis("off")
plt.show()

# %% [markdown] lang="en" role="alt"
# Sixteen kernels of three by three pixels, and under each the map that it makes of a handwritten 7. Some kernels are positive
# on one side and negative on the other, and their maps show the edges of the strokes in one direction in red and the opposite
# edges in blue.

# %% [markdown] lang="zh" role="alt" of="5a65636a"
# 十六个 3 × 3 的卷积核，每个下面是它从一个手写的 7 得到的特征图。有些卷积核一侧为正、一侧为负，对应的特征图上，
# 笔画某个方向的边缘呈红色，相反方向的边缘呈蓝色。

# %% [markdown] lang="en"
# Nobody designed these kernels. Several of them are edge detectors like our `right_minus_left`, in different directions. The
# network found for itself what textbooks of image processing begin with.

# %% [markdown] lang="zh" of="46502115"
# 这些卷积核没有人设计过。其中好几个就是边缘检测器，和我们的 `right_minus_left` 一样，只是方向各异。图像处理教科书开篇讲的东西，网络自己找到了。

# %% [markdown] lang="en"
# ## 10. What happens when the digit moves?
#
# Convolution is equivariant (section 4). Are convolutional networks therefore safe against moved digits? We move test images by up
# to six pixels (left, right, up or down, a quarter each), turn them by up to 45° (half of them each way), and ask four networks.
# Every eighth test image will do; nothing is chosen any more. The empty border is narrow: moved by four pixels, about one digit in
# five already loses some of its ink, by six pixels three in five, and people would begin to make mistakes too.
#
# We expect: the dense network falls first, the convolutional ones later, and the one that has seen moved images last.

# %% [markdown] lang="zh" of="31635ab3"
# ## 10. 数字挪动了会怎样？
#
# 卷积有等变性（第 4 节），那么卷积网络就不怕数字挪动吗？把测试图像平移至多六个像素（左、右、上、下各占四分之一），旋转至多 45°
# （两个方向各一半），再去问四个网络。每八张测试图像取一张就够了，反正已经没有什么要选的。四周的空白不宽：平移四个像素，约五分之一的数字已有笔画被切掉；平移六个像素则有五分之三，人也会开始看错。
#
# 我们预计：全连接网络最先垮掉，卷积网络晚一些，见过挪动图像的那个最晚。


# %%
def shifted(images, pixels):
    """A quarter of the images is moved to each side."""
    result = np.empty_like(images)
    for k, (down, aside) in enumerate([(0, 1), (1, 0), (0, -1), (-1, 0)]):
        result[k::4] = ndimage.shift(images[k::4], (0, down * pixels, aside * pixels, 0), order=0)
    return result


def turned(images, degrees):
    """The images with even places are turned to the left, the others to the right."""
    result = np.empty_like(images)
    for k, sign in enumerate([1, -1]):
        result[k::2] = ndimage.rotate(images[k::2], sign * degrees, axes=(1, 2), reshape=False, order=1)
    return result


sample, sample_labels = test_images[::8], test_labels[::8]
experiments = {"pixels": (shifted, range(7)), "degrees": (turned, range(0, 46, 15))}
curves = {}
figure, panels = plt.subplots(1, 2, figsize=(9, 3.3), sharey=True)
for axes, (unit, (disturb, amounts)) in zip(panels, experiments.items(), strict=True):
    disturbed = {amount: disturb(sample, amount) for amount in amounts}
    for name, marker in zip(["dense network", "A3", *recipes], "os^D", strict=True):
        for amount in amounts:
            answers = probabilities_of(networks[name], disturbed[amount]).argmax(axis=1)
            curves[name, unit, amount] = np.mean(answers == sample_labels)
        axes.plot(amounts, [curves[name, unit, amount] for amount in amounts], marker=marker, label=name)
    axes.set(xlabel=f"test images are {disturb.__name__} by ({unit})", xticks=amounts, ylim=(0, 1))
panels[0].set_ylabel("accuracy")
panels[0].legend()
plt.show()

# %% [markdown] lang="en" role="alt"
# Accuracy against how far the test images are moved (left) and turned (right), for four networks. Left, at four pixels the dense
# network has fallen to about a quarter, A3's to a little over one half, the small network trained on images in their place to nearly
# three quarters; the one trained on moved images is still above 0.95 there and falls beyond. Right, all stay high up to 15 degrees and fall
# to between 0.4 and 0.7 at 45 degrees, in the same order.

# %% [markdown] lang="zh" role="alt" of="ed5b1a36"
# 四个网络的准确率随测试图像平移（左）和旋转（右）幅度的变化。左：平移四个像素时，全连接网络跌到约四分之一，A3 的网络略高于一半，
# 用原位图像训练的小网络不到四分之三；用挪动的图像训练的小网络仍在 0.95 以上，再往后才下降。右：15 度之内都很高，到 45 度时按同样的次序跌到 0.4 至 0.7 之间。

# %%
moved, in_place = "images moved", "images in place"
claim("dense_accuracy_shifted_4", curves["dense network", "pixels", 4])
claim("a3_accuracy_shifted_4", curves["A3", "pixels", 4], baseline=curves["dense network", "pixels", 4])
claim("in_place_accuracy_shifted_4", curves[in_place, "pixels", 4])
claim("moved_accuracy_shifted_4", curves[moved, "pixels", 4], baseline=curves[in_place, "pixels", 4])
claim("in_place_accuracy_turned_45", curves[in_place, "degrees", 45])
claim("moved_accuracy_turned_45", curves[moved, "degrees", 45])

# %% [markdown] lang="en"
# At four pixels, the dense network reads {claim:dense_accuracy_shifted_4.percent} of the digits, A3's network
# {claim:a3_accuracy_shifted_4.percent}, the small one {claim:in_place_accuracy_shifted_4.percent} or, trained on moved images,
# {claim:moved_accuracy_shifted_4.percent}.
#
# So *convolution alone does not make a network safe against moved images*. Its maps move along with the digit, exactly; but
# pooling follows only moves by whole blocks, and the dense layer at the end has a separate weight for every place in the maps
# (exercise 4 takes it away). Azulay and Weiss (2019) found the same in large networks. Movements of up to two pixels in the training
# repair most of it, even for four. More epochs alone do not (the benchmark's column "moved").
#
# Rotation is another matter. A convolution knows nothing of it. At 45° the networks read
# {claim:in_place_accuracy_turned_45.percent} and {claim:moved_accuracy_turned_45.percent}: the one that has seen 10° does better
# even there (it has also seen shifts, and twice the epochs), but far from well. A network handles what it has been shown and what
# lies near it, no more. (Turn a 6 far enough and it *is* a 9, so somewhere this must end.)

# %% [markdown] lang="zh" of="271fdf95"
# 平移四个像素时，全连接网络认对 {claim:dense_accuracy_shifted_4.percent}，A3 的网络 {claim:a3_accuracy_shifted_4.percent}，
# 小网络 {claim:in_place_accuracy_shifted_4.percent}；若用挪动的图像训练，则是 {claim:moved_accuracy_shifted_4.percent}。
#
# 可见，**单靠卷积，网络还经不起平移**。特征图确实跟着数字一起平移，分毫不差；但池化只有在平移整块时才跟得上，末尾的全连接层又对特征图的
# 每个位置各有一个权重（练习 4 会把它拿掉）。Azulay 和 Weiss（2019）在大网络上也看到了同样的现象。训练时最多平移两个像素，就补救了大半，
# 连平移四个像素也受益；只增加轮数则不行（见基准测试的 moved 一列）。
#
# 旋转是另一回事，卷积对它一无所知。转 45° 时，两个小网络分别认对 {claim:in_place_accuracy_turned_45.percent} 和
# {claim:moved_accuracy_turned_45.percent}：见过 10° 的那个到了 45° 仍然好一些（它还见过平移，训练轮数也多一倍），但还差得远。网络能应付的，是它见过的以及与之相近的，再远就不行了。
# （何况把 6 一直转下去，它就真成了 9，总得有个限度。）

# %% [markdown] lang="en"
# ## 11. Break it
#
# Four faults that are typical of images, each stopped by a check. The last is the most dangerous: *augmenting before
# splitting*. Copies that are moved by one pixel are new images to `overlap`, which compares whole images. To the network they
# are old friends. The check must therefore look at the digits without their position.

# %% [markdown] lang="zh" of="5b9ec250"
# ## 11. 故意弄坏
#
# 四个处理图像时的典型毛病，每个都由一项检验拦住。最后一个最危险：**先增广，后划分**。`overlap` 比较的是整张图像，平移一个像素的副本在它看来
# 是新图像，在网络看来却是老朋友。所以检验时必须抛开位置，只看数字本身。


# %%
def without_position(images):
    """Each digit rolled into the top left corner of its image."""
    rows, columns = (images > 0).any(axis=2).argmax(axis=1)[:, 0], (images > 0).any(axis=1).argmax(axis=1)[:, 0]
    return np.stack([np.roll(i, (-r, -c), (0, 1)) for i, r, c in zip(images, rows, columns, strict=True)])


def assert_independent(network, training=False):
    """An image's answer must not depend on the other images of its batch."""
    weights = network.get_weights()
    alone, in_company = (network(test_images[:count], training=training)[0].numpy() for count in (1, 64))
    network.set_weights(weights)  # a call in training mode also moves the running averages
    difference = np.abs(alone - in_company).max()
    assert difference < 1e-5, f"the answer changes by {difference:.2g} with the images beside it"


assert_independent(networks[in_place])  # passes when the network is used properly
with caught("batch normalisation takes its averages from the batch, as in training, when the network is used"):
    assert_independent(networks[in_place], training=True)

with caught("the kernel is turned by 180°, as in a true convolution"):
    difference = np.abs(convolve_by_matrix(digit, kernels[::-1, ::-1], bias) - results[2]).max()
    assert difference < 1e-4, f"the result differs from Keras by up to {difference:.2g}"

with caught("the pixels are divided by 255 before they reach a network that does it again"):
    answers = probabilities_of(networks[chosen], test_images / 255).argmax(axis=1)
    claim("convnet_test_accuracy", np.mean(answers == test_labels), baseline=max(accuracy["A3"], accuracy["A1"]))

known, unknown = train[0][:10_000], without_position(validation[0])
assert datasets.overlap(without_position(known), unknown) == 0
with caught("1,000 validation images, moved by a pixel, stand among the training images"):
    leaky = np.concatenate([known, np.roll(validation[0][:1000], 1, axis=2)])
    print("shared, comparing whole images:", datasets.overlap(leaky, validation[0]))
    shared = datasets.overlap(without_position(leaky), unknown)
    assert shared == 0, f"training and validation share {shared} digits apart from their position"

# %% [markdown] lang="en"
# Four faults, four lines with ✗. Note the line above the last: a comparison of whole images finds none of the thousand copies.

# %% [markdown] lang="zh" of="65cee157"
# 四个毛病，四个 ✗。请看最后一个 ✗ 的上一行：逐张比较整幅图像，一千个副本一个也没发现。

# %% [markdown] lang="en"
# ## 12. Why it matters for large models
#
# Many of today's large image models are Transformers. Has convolution gone? Look at the first layer of a Vision Transformer: it cuts
# the image into patches and multiplies every patch by the same matrix. That is a convolution whose stride is as long as its kernel. For
# our digit with patches of 7 × 7, both ways must give the same numbers.
#
# And sharing weights means that a small network can do a lot of work. In chapter 01, each weight was used once for an image. How
# often is each used here?

# %% [markdown] lang="zh" of="79367d71"
# ## 12. 与大模型有什么关系
#
# 今天的大型图像模型，许多用的是 Transformer。卷积过时了吗？看看 Vision Transformer 的第一层：它把图像切成小块，每块乘以同一个矩阵。
# 这就是步幅等于核边长的卷积。取我们的数字，切成 7 × 7 的小块，两种算法的数值必须相同。
#
# 而且，有了权重共享，小网络也能做很多计算。第 01 章里，每个权重对每张图像只用一次。在这里，每个权重用多少次？

# %%
embedding = rng.standard_normal((7, 7, 1, 64))
tokens = patches(digit, 7)[::7, ::7].reshape(16, 49) @ embedding.reshape(49, 64)  # 16 patches, 64 numbers each
by_convolution = convolve_by_keras(digit, embedding, np.zeros(64), strides=7)
np.testing.assert_allclose(tokens, by_convolution.reshape(16, 64), atol=1e-4)
print(f"first layer of ViT-B/16: (16 · 16 · 3 + 1) · 768 = {convolution(3, 768, size=16):,} parameters")

multiplications = 0
for layer in networks[chosen].layers:
    if isinstance(layer, layers.Conv2D | layers.Dense):  # a dense layer has one position: the product of nothing is 1
        multiplications += int(np.prod(layer.output.shape[1:-1]) * np.prod(layer.kernel.shape))
uses = multiplications / networks[chosen].count_params()
print(f"{multiplications:,} multiplications an image: each parameter is used {uses:.0f} times on average")
assert uses > 20

# %% [markdown] lang="en"
# Dozens of times on average, though very unequally: a weight of the first convolution 676 times, one of the last convolution four
# times, one of the dense layer once. So a network with about as many parameters as the dense one does dozens of times its work.
# Transformers share their weights in the same way, over all patches of an image or all words of a text.
#
# A Vision Transformer begins with a convolution. What follows is attention (chapter 05), which does not know which patches are
# neighbours and has to learn it from data. Dosovitskiy and others (2021) measured the price: trained on ImageNet's 1.3 million
# images alone, their Transformers stay behind convolutional networks of similar size; with 300 million images, they pass them. That
# is the trade behind the articles' "larger models, more data": *what is not built in must be learnt*. A convolution has built in
# that neighbouring pixels belong together and that a pattern means the same everywhere.

# %% [markdown] lang="zh" of="f3bdd2b7"
# 平均每个权重用了几十次，但很不均匀：第一个卷积层的权重用 676 次，最后一个卷积层的只用 4 次，全连接层的只用一次。所以参数与全连接网络差不多，计算量却是它的几十倍。
# Transformer 也这样共享权重，对一张图像的所有小块、一段文字的所有词都用同一组。
#
# Vision Transformer 以一个卷积开头。后面是注意力（第 05 章），它不知道哪些小块相邻，只能从数据里学。Dosovitskiy 等人（2021）测量过代价：
# 只用 ImageNet 的 130 万张图像训练，他们的 Transformer 不如规模相近的卷积网络；用上 3 亿张图像，就反超了。
# 文章所说的“模型规模的扩大”和更多的数据，背后就是这样一种取舍：**没有内置的，就得学**。卷积内置的是：相邻的像素彼此相关，同样的图案在哪里都是一个意思。

# %% [markdown] lang="en"
# ## Summary
#
# - A convolution multiplies one small kernel with every patch of the image. Loops, one matrix product and Keras give the same
#   numbers. What libraries call convolution is cross-correlation.
# - Few parameters serve all places, and a moved image gives moved maps, exactly. The final answer may still change.
# - Two published networks beat the dense one with ease. A small one with batch normalisation, a learning rate in one cycle and moved
#   training images reads {claim:convnet_test_accuracy.percent} of the test digits.
# - Moved training images gain little on ordinary digits and much on moved ones
#   ({claim:in_place_accuracy_shifted_4.percent} → {claim:moved_accuracy_shifted_4.percent} at four pixels).
# - Split first, move afterwards. And look for shared digits apart from their position, not only for equal images.
#
# ## Exercises
#
# 1. Give `convolve_by_loops` a stride and `same` padding. Let an assertion compare it with Keras. If the number of zeros is odd, the
#    additional one stands below and on the right. (20 minutes)
# 2. In A1's network, replace each pooling by a 3 × 3 convolution with stride 2 and as many filters as there are channels
#    coming in. Count the parameters on paper first. What happens to
#    the validation accuracy and to the time? (20 minutes)
# 3. Mirror half of the training images left to right, and train `mnist_convnet` on them. Which digits will suffer? Write your guess
#    down, then draw the confusion matrix of the validation images. (15 minutes)
# 4. Copy `mnist_convnet` into a cell (with `models.random_movement`), and put `GlobalAveragePooling2D` in the place of `Flatten`.
#    How does the left figure of section 10 change, and
#    why? (25 minutes)
# 5. On the validation images, find a network with at most 20,000 parameters that beats A3's single epoch. Test your best one
#    once. How sure are you that the difference is not luck? (40 minutes)
# 6. Copy `mnist_convnet` into a cell and take away one of section 7's ideas at a time (for the cycle: `Adam(0.001)` throughout).
#    Which costs most on the validation images? (30 minutes)
#
# ## References
#
# - Y. LeCun, L. Bottou, Y. Bengio, P. Haffner (1998). *Gradient-based learning applied to document recognition.* Proceedings of
#   the IEEE 86(11), 2278–2324. doi:10.1109/5.726791 (convolutional networks, and MNIST)
# - P. Y. Simard, D. Steinkraus, J. C. Platt (2003). *Best practices for convolutional neural networks applied to visual document
#   analysis.* ICDAR, 958–963. doi:10.1109/ICDAR.2003.1227801 (moved and distorted training digits)
# - S. Ioffe, C. Szegedy (2015). *Batch normalization: accelerating deep network training by reducing internal covariate shift.*
#   ICML, 448–456. arXiv:1502.03167
# - V. Dumoulin, F. Visin (2016). *A guide to convolution arithmetic for deep learning.* arXiv:1603.07285 (padding and stride)
# - I. Goodfellow, Y. Bengio, A. Courville (2016). *Deep Learning.* MIT Press, chapter 9.
# - L. N. Smith, N. Topin (2019). *Super-convergence: very fast training of neural networks using large learning rates.* Proceedings of
#   SPIE 11006. arXiv:1708.07120 (one cycle)
# - A. Azulay, Y. Weiss (2019). *Why do deep convolutional networks generalize so poorly to small image transformations?* Journal
#   of Machine Learning Research 20(184), 1–25. arXiv:1805.12177 (small moves change the answers of large networks)
# - A. Dosovitskiy et al. (2021). *An image is worth 16x16 words: transformers for image recognition at scale.* ICLR.
#   arXiv:2010.11929 (Vision Transformer)

# %% [markdown] lang="zh" of="499100b0"
# ## 小结
#
# - 卷积就是拿一个小卷积核与图像的每个小块相乘。循环、一次矩阵乘法和 Keras 给出相同的数。各种库所说的卷积其实是互相关。
# - 少量参数管所有位置；图像平移，特征图也跟着平移，分毫不差。但最后的回答仍可能改变。
# - 文章的两个网络轻松胜过全连接网络。一个小网络加上批量归一化、走一个周期的学习率和挪动的训练图像，认对了
#   {claim:convnet_test_accuracy.percent} 的测试数字。
# - 挪动训练图像，对没有挪动的数字益处不大，对平移过的数字益处很大（平移四个像素时 {claim:in_place_accuracy_shifted_4.percent} →
#   {claim:moved_accuracy_shifted_4.percent}）。
# - 先划分，后挪动。查有没有重复时，要抛开位置看数字，不能只比图像是否完全相同。
#
# ## 练习
#
# 1. 给 `convolve_by_loops` 加上步幅和 `same` 填充，用断言与 Keras 对照。要补的零若是奇数个，多出的一个补在下边和右边。（20 分钟）
# 2. 把 A1 网络里的每个池化换成步幅为 2 的 3 × 3 卷积，滤波器数与输入的通道数相同。先在纸上数参数。验证准确率和时间有什么变化？（20 分钟）
# 3. 把一半训练图像左右翻转，用来训练 `mnist_convnet`。哪些数字会吃亏？先写下猜测，再画验证图像的混淆矩阵。（15 分钟）
# 4. 把 `mnist_convnet` 抄进一个单元格（其中的函数写作 `models.random_movement`），用 `GlobalAveragePooling2D` 代替 `Flatten`。第 10 节左图会怎样变化？为什么？（25 分钟）
# 5. 在验证图像上找一个参数不超过 20000 个、又胜过只训练一轮的 A3 的网络，再用最好的那个测试一次。你有多大把握说差别不是运气？（40 分钟）
# 6. 把 `mnist_convnet` 抄进一个单元格，每次去掉第 7 节的一个主意（去掉学习率周期时，始终用 `Adam(0.001)`）。
#    少了哪一个，验证准确率损失最大？（30 分钟）
#
# ## 参考文献
#
# - Y. LeCun, L. Bottou, Y. Bengio, P. Haffner (1998). *Gradient-based learning applied to document recognition.* Proceedings of
#   the IEEE 86(11), 2278–2324. doi:10.1109/5.726791（卷积网络与 MNIST）
# - P. Y. Simard, D. Steinkraus, J. C. Platt (2003). *Best practices for convolutional neural networks applied to visual document
#   analysis.* ICDAR, 958–963. doi:10.1109/ICDAR.2003.1227801（平移和变形的训练数字）
# - S. Ioffe, C. Szegedy (2015). *Batch normalization: accelerating deep network training by reducing internal covariate shift.*
#   ICML, 448–456. arXiv:1502.03167
# - V. Dumoulin, F. Visin (2016). *A guide to convolution arithmetic for deep learning.* arXiv:1603.07285（填充与步幅）
# - I. Goodfellow, Y. Bengio, A. Courville (2016). *Deep Learning.* MIT Press. 第 9 章；中译本《深度学习》，人民邮电出版社，2017。
# - L. N. Smith, N. Topin (2019). *Super-convergence: very fast training of neural networks using large learning rates.* Proceedings of
#   SPIE 11006. arXiv:1708.07120（学习率走一个周期）
# - A. Azulay, Y. Weiss (2019). *Why do deep convolutional networks generalize so poorly to small image transformations?* Journal
#   of Machine Learning Research 20(184), 1–25. arXiv:1805.12177（微小的平移就会改变大网络的回答）
# - A. Dosovitskiy et al. (2021). *An image is worth 16x16 words: transformers for image recognition at scale.* ICLR.
#   arXiv:2010.11929（Vision Transformer）
