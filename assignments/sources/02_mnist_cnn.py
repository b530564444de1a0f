# %% [markdown] lang="en"
# # Assignment 02 · Convolutional networks
#
# {total} in all, after [chapter 02](../notebooks/02_mnist_cnn.ipynb).
#
# 1. Run the cells from top to bottom; the first one sets up the assignment.
# 2. In an answer cell, put your code in place of `raise NotImplementedError`, or change the code that is there. You may add cells.
# 3. Run the check below it, as often as you like. It answers at once, often with a hint. When your work is graded, the same
#    check runs with further numbers, and each part of it earns its share of the points.
# 4. Before you hand in: *Kernel → Restart Kernel and Run All Cells*. Leave the file's name as it is.

# %% [markdown] lang="zh" of="57fc0759"
# # 作业 02 · 卷积神经网络
#
# 共 {total}，配合[第 02 章](../../notebooks/zh/02_mnist_cnn.ipynb)。
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
from keras import layers, ops
from numpy.lib.stride_tricks import sliding_window_view

from course_utils import datasets

edge = np.array([[0, 0, 1, 1, 1]] * 5, dtype=float)[..., None]  # the chapter's small image, to try things on


def convolution(image, kernels, bias):
    """A convolutional layer as in chapter 02, without padding and with stride 1.

    Shapes: image (height, width, channels), kernels (size, size, channels, filters), bias (filters,).
    """
    windows = sliding_window_view(image, kernels.shape[:2], axis=(0, 1))
    return np.einsum("ijcuv,uvck->ijk", windows, kernels) + bias


def pool(maps):
    """The maximum of every block of 2 × 2 numbers; shape (height, width, channels) → (height / 2, width / 2, channels)."""
    height, width, channels = maps.shape
    return maps.reshape(height // 2, 2, width // 2, 2, channels).max(axis=(1, 3))


# %% [markdown] lang="en"
# ## 1. Mend the listing ({exercise:mend_the_listing})
#
# This is meant to be the chapter's `network_of_a1` (article A1, §4.2), ready for training. Somebody has typed it in from memory,
# and four things are wrong; some stop it, others only make it learn badly. The images come as numbers from 0 to 255, of shape
# (images, 28, 28, 1), the labels as whole numbers from 0 to 9. The mended network has 61,514 parameters, as the article's.

# %% [markdown] lang="zh" of="4d697ca2"
# ## 1. 修好这段代码（{exercise:mend_the_listing}）
#
# 这本该是正文里的 `network_of_a1`（文章 A1 §4.2），编译好就能训练。有人凭记忆敲了一遍，错了四处：有的会让程序中止，有的只是学不好。图像的像素是 0 到 255 的数，形状为
# （图像数，28，28，1）；标签是 0 到 9 的整数。修好之后，参数应与文章的网络一样，是 61514 个。


# %% answer="mend_the_listing"
def build_network():
    """The network of article A1, section 4.2, compiled."""
    network = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            ### BEGIN SOLUTION
            layers.Rescaling(1 / 255),
            ### GIVEN
            ### END SOLUTION
            layers.Conv2D(32, (3, 3), activation="relu"),
            layers.MaxPooling2D((2, 2)),
            layers.Conv2D(64, (3, 3), activation="relu"),
            layers.MaxPooling2D((2, 2)),
            layers.Conv2D(64, (3, 3), activation="relu"),
            ### BEGIN SOLUTION
            layers.Flatten(),
            layers.Dense(10, activation="softmax"),
            ### GIVEN
            # layers.Dense(10, activation="sigmoid"),
            ### END SOLUTION
        ]
    )
    ### BEGIN SOLUTION
    network.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    ### GIVEN
    # network.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
    ### END SOLUTION
    return network


# %% check="mend_the_listing" minutes=10
import numpy as np

exercise = check("mend_the_listing", points=4)
build = "import keras\nkeras.utils.set_random_seed(seed)\nnetwork = build_network()\n"


def examine(count, seed):
    """The parts that depend on images: `count` of them, random ones."""
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (count, 28, 28, 1)).astype("float32")
    labels = rng.integers(0, 10, count)
    given = {"images": images, "labels": labels, "seed": seed}
    exercise.test(
        f"{count} images: the ten numbers of each are probabilities",
        build + "network(images)",
        lambda output: np.allclose(output.sum(axis=-1), 1, atol=1e-4),
        given=given,
        hint="{hint:sum}",
    )
    exercise.test(
        f"{count} images: an untrained network is certain of nothing",
        build + "network(images)",
        lambda output: output.max() < 0.9,
        given=given,
        hint="{hint:certain}",
    )
    probabilities = rng.dirichlet(np.ones(10), count).astype("float32")
    exercise.equal(
        f"{count} images: the loss is the mean cross-entropy of labels and probabilities",
        build + "network.compute_loss(images, labels, probabilities)",
        np.mean(-np.log(probabilities[np.arange(count), labels])),
        given=given | {"probabilities": probabilities},
        tolerance=1e-4,
        hint="{hint:loss}",
    )


exercise.equal(
    "one row of ten numbers an image",
    build + "list(network(images).shape)",
    [3, 10],
    given={"images": np.zeros((3, 28, 28, 1), "float32"), "seed": 0},
    mistakes={"{hint:row}": [3, 3, 3, 10]},
)
exercise.equal(
    "the number of parameters",
    "build_network().count_params()",
    61514,
    mistakes={"{hint:row}": 56394},
    hint="{hint:rest}",
)
examine(count=4, seed=1)
### BEGIN HIDDEN TESTS
examine(count=9, seed=2)
### END HIDDEN TESTS
exercise.score()

# %% [markdown] lang="en" role="hints"
# - sum: Add up the ten numbers of one image. Which activation makes sure that the sum is 1?
# - certain: It has learnt nothing and is sure of its answer. How large are the numbers that go into its first convolution?
# - loss: What does the last layer give, and what does this loss take it for?
# - row: The last layer answers at each of 3 × 3 places. What makes one row of numbers out of a map?
# - rest: Leave the layers that are right as they are, with their sizes.

# %% [markdown] lang="zh" role="hints" of="24e7b06d"
# - sum: 把一张图像的十个数加起来看看。哪个激活函数能保证和为 1？
# - certain: 它什么也没学过，却对答案很有把握。送进第一个卷积层的数有多大？
# - loss: 最后一层给出的是什么？这个损失把它当成了什么？
# - row: 最后一层在 3 × 3 个位置上各答了一遍。用什么把特征图变成一行数？
# - rest: 没有错的层请保持原样，大小也不要动。

# %% [markdown] lang="en"
# ## 2. Back through a convolution ({exercise:convolution_gradient})
#
# The function `convolution` in the first cell goes forward: image, kernels and bias in, feature maps out. Training needs the way
# back. Write `gradients`: from `d_y`, the loss's derivative by the feature maps (and of their shape), compute the derivatives by
# the image, by the kernels and by the bias, each in the shape of what it belongs to. Two questions lead there: *which results does one
# weight take part in? And which results does one pixel take part in?*

# %% [markdown] lang="zh" of="73ea5771"
# ## 2. 卷积的反向传播（{exercise:convolution_gradient}）
#
# 第一格里的 `convolution` 是向前算：输入图像、卷积核和偏置，得到特征图。训练还需要回头路。请写 `gradients`：已知 `d_y`，即损失对特征图的导数
# （形状与特征图相同），求损失对图像、对卷积核、对偏置的导数，形状各与原物相同。想清楚两个问题就能写出来：**一个权重参与了哪些结果？
# 一个像素又参与了哪些结果？**


# %% answer="convolution_gradient"
def gradients(image, kernels, d_y):
    """The loss's derivatives by the image, the kernels and the bias of `convolution`."""
    ### BEGIN SOLUTION
    size = len(kernels)
    d_image, d_kernels = np.zeros(image.shape), np.zeros(kernels.shape)
    for i, j in np.ndindex(d_y.shape[:2]):
        d_kernels += image[i : i + size, j : j + size, :, None] * d_y[i, j]
        d_image[i : i + size, j : j + size] += kernels @ d_y[i, j]
    return d_image, d_kernels, d_y.sum(axis=(0, 1))
    ### END SOLUTION


# %% check="convolution_gradient" minutes=20
import numpy as np

from course_utils.gradients import central_differences

exercise = check("convolution_gradient", points=4)
given = {
    "image": np.array([[1.0, 2.0, 0.0], [0.0, 1.0, 3.0], [2.0, 1.0, 1.0]])[..., None],
    "kernels": np.array([[1.0, -1.0], [2.0, 3.0]])[..., None, None],
    "d_y": np.array([[1.0, 2.0], [-1.0, 3.0]])[..., None],
}
exercise.equal(
    "3 × 3 pixels: the derivative by the image",
    "gradients(image, kernels, d_y)[0]",
    np.array([[1.0, 1.0, -2.0], [1.0, 11.0, 3.0], [-2.0, 3.0, 9.0]])[..., None],
    given=given,
    mistakes={
        "{hint:pixel}": np.array([[1.0, 2.0, -2.0], [-1.0, 3.0, -3.0], [-2.0, 6.0, 9.0]])[..., None],
        "{hint:turned}": np.array([[3.0, 8.0, 4.0], [-4.0, 6.0, 8.0], [1.0, -4.0, 3.0]])[..., None],
        "{hint:shape}": lambda answer: np.shape(answer) != (3, 3, 1),
    },
    weight=2,
)
exercise.equal(
    "3 × 3 pixels: the derivative by the kernels",
    "gradients(image, kernels, d_y)[1]",
    np.array([[8.0, 10.0], [3.0, 9.0]])[..., None, None],
    given=given,
    mistakes={
        "{hint:weight}": np.array([[3.0, 9.0], [3.0, 3.0]])[..., None, None],
        "{hint:kernel}": np.array([[9.0, 3.0], [10.0, 8.0]])[..., None, None],
        "{hint:mean}": np.array([[2.0, 2.5], [0.75, 2.25]])[..., None, None],
        "{hint:shape}": lambda answer: np.shape(answer) != (2, 2, 1, 1),
    },
    weight=2,
)
exercise.equal(
    "3 × 3 pixels: the derivative by the bias",
    "gradients(image, kernels, d_y)[2]",
    np.array([5.0]),
    given=given,
    mistakes={"{hint:mean}": np.array([1.25]), "{hint:bias}": lambda answer: np.shape(answer) != (1,)},
)
### BEGIN HIDDEN TESTS


def compare(height, width, channels, size, filters, seed):
    """The three derivatives against central differences of a loss, the sum of d_y times the feature maps."""
    rng = np.random.default_rng(seed)
    image, bias = rng.standard_normal((height, width, channels)), rng.standard_normal(filters)
    kernels = rng.standard_normal((size, size, channels, filters))
    d_y = rng.standard_normal((height - size + 1, width - size + 1, filters))

    def loss(arrays):
        image, kernels, bias = arrays
        total = np.sum(d_y * bias)
        for i, j in np.ndindex(d_y.shape[:2]):
            patch = image[i : i + size, j : j + size]
            total += np.tensordot(patch, kernels, axes=3) @ d_y[i, j]
        return total

    slopes = central_differences(loss, [image, kernels, bias])
    for place, (name, weight) in enumerate({"image": 2, "kernels": 2, "bias": 1}.items()):
        exercise.equal(
            f"{height} × {width} pixels, {channels} channels, {filters} filters: the derivative by the {name}",
            f"gradients(image, kernels, d_y)[{place}]",
            slopes[place],
            given={"image": image, "kernels": kernels, "d_y": d_y},
            tolerance=1e-7,
            hint="{hint:several}",
            weight=weight,
        )


compare(height=5, width=6, channels=2, size=3, filters=3, seed=1)
### END HIDDEN TESTS
exercise.score()

# %% [markdown] lang="en" role="hints"
# - pixel: A pixel lies under the kernel more than once. What does its derivative collect?
# - turned: Each pixel got the wrong weight. With the kernel's corner at $(i, j)$, which weight lies on the pixel at $(i + u, j + v)$?
# - weight: One weight helps at every position of the kernel. Do all of them show in its derivative?
# - kernel: These are the right numbers at the wrong places. Which pixel does the weight at $(u, v)$ meet, with the kernel's corner at $(i, j)$?
# - mean: Does the formula of the layer take a mean over the positions anywhere?
# - bias: One bias serves a whole feature map; how many numbers does its derivative have?
# - several: With several channels and filters: over which of them does each of the three derivatives sum?
# - shape: A derivative has the shape of what it belongs to.

# %% [markdown] lang="zh" role="hints" of="01e2e68c"
# - pixel: 一个像素不止一次被卷积核盖住。它的导数要汇总些什么？
# - turned: 每个像素乘错了权重。卷积核的左上角在 $(i, j)$ 时，压在像素 $(i + u, j + v)$ 上的是哪个权重？
# - weight: 同一个权重在卷积核的每个位置都出力。它的导数里，这些位置都算进去了吗？
# - kernel: 数是对的，位置错了。卷积核的左上角在 $(i, j)$ 时，权重 $(u, v)$ 碰到的是哪个像素？
# - mean: 这一层的公式里，有哪一处对各个位置取平均了吗？
# - bias: 一个偏置管一整张特征图。它的导数有几个数？
# - several: 通道和滤波器有好几个时，三个导数各要对哪一个求和？
# - shape: 导数的形状与它所属的东西相同。

# %% [markdown] lang="en"
# ## 3. Back through a pooling ({exercise:pooling_gradient})
#
# Pooling has no weights, yet training must pass through it to reach the layers below. Write `pooling_gradient`: from the maps that
# went into a max-pooling with blocks of 2 × 2, and from `d_y`, the loss's derivative by its result, compute the derivative by the maps.
#
# - A last row or column that fills no block is left out by the pooling, as in Keras; `d_y` has shape (height // 2, width // 2,
#   channels).
# - Where several numbers of a block share the maximum, the first one in reading order counts, as in TensorFlow. After a
#   ReLU, this is frequent: think of a block of zeros.

# %% [markdown] lang="zh" of="b2340284"
# ## 3. 池化的反向传播（{exercise:pooling_gradient}）
#
# 池化没有权重，但梯度必须穿过它才能到达下面的层。请写 `pooling_gradient`：已知 2 × 2 最大池化的输入特征图，以及损失对池化结果的导数 `d_y`，
# 求损失对输入特征图的导数。
#
# - 最后一行或一列若凑不满一块，池化就不用它（与 Keras 一致）；`d_y` 的形状是（高 // 2，宽 // 2，通道数）。
# - 一块里若有几个数同为最大值，只算按阅读顺序（先左后右，先上后下）的第一个，与 TensorFlow 一致。ReLU 之后这很常见：想想一块全是零的情形。


# %% answer="pooling_gradient"
def pooling_gradient(maps, d_y):
    """The loss's derivative by the maps, shape (height, width, channels)."""
    ### BEGIN SOLUTION
    d_maps = np.zeros(maps.shape)
    for i, j, k in np.ndindex(d_y.shape):
        block = maps[2 * i : 2 * i + 2, 2 * j : 2 * j + 2, k]
        row, column = divmod(block.argmax(), 2)
        d_maps[2 * i + row, 2 * j + column, k] = d_y[i, j, k]
    return d_maps
    ### END SOLUTION


# %% check="pooling_gradient" minutes=15
import numpy as np

exercise = check("pooling_gradient", points=3)
maps = np.array([[1.0, 5.0, 2.0, 0.0], [3.0, 4.0, 1.0, 7.0]])[..., None]
exercise.equal(
    "two blocks",
    "pooling_gradient(maps, d_y)",
    np.array([[0.0, 10.0, 0.0, 0.0], [0.0, 0.0, 0.0, -6.0]])[..., None],
    given={"maps": maps, "d_y": np.array([[10.0, -6.0]])[..., None]},
    mistakes={
        "{hint:four}": np.array([[10.0, 10.0, -6.0, -6.0], [10.0, 10.0, -6.0, -6.0]])[..., None],
        "{hint:average}": np.array([[2.5, 2.5, -1.5, -1.5], [2.5, 2.5, -1.5, -1.5]])[..., None],
        "{hint:value}": np.array([[0.0, 50.0, 0.0, 0.0], [0.0, 0.0, 0.0, -42.0]])[..., None],
        "{hint:shape}": lambda answer: np.shape(answer) != (2, 4, 1),
    },
)
exercise.equal(
    "a block with two equal maxima",
    "pooling_gradient(maps, d_y)",
    np.array([[0.0, 8.0], [0.0, 0.0]])[..., None],
    given={"maps": np.array([[2.0, 6.0], [6.0, 1.0]])[..., None], "d_y": np.array([[[8.0]]])},
    mistakes={
        "{hint:tie}": np.array([[0.0, 8.0], [8.0, 0.0]])[..., None],
        "{hint:first}": lambda answer: np.array_equal(answer[..., 0], [[0, 0], [8, 0]]) or answer[0, 1, 0] == 4,
    },
)
exercise.equal(
    "three rows and three columns",
    "pooling_gradient(maps, d_y)",
    np.array([[0.0, 0.0, 0.0], [3.0, 0.0, 0.0], [0.0, 0.0, 0.0]])[..., None],
    given={
        "maps": np.array([[1.0, 0.0, 9.0], [4.0, 2.0, 9.0], [9.0, 9.0, 9.0]])[..., None],
        "d_y": np.array([[[3.0]]]),
    },
    mistakes={"{hint:odd}": lambda answer: np.shape(answer) != (3, 3, 1)},
)
### BEGIN HIDDEN TESTS


def scattered(maps, d_y):
    """Each derivative put at the place of its block's maximum, all at once."""
    rows, columns, channels = d_y.shape
    blocks = maps[: 2 * rows, : 2 * columns].reshape(rows, 2, columns, 2, channels).transpose(0, 2, 4, 1, 3)
    chosen = np.eye(4)[blocks.reshape(rows, columns, channels, 4).argmax(axis=-1)] * d_y[..., None]
    result = np.zeros(maps.shape)
    result[: 2 * rows, : 2 * columns] = (
        chosen.reshape(rows, columns, channels, 2, 2).transpose(0, 3, 1, 4, 2).reshape(2 * rows, 2 * columns, channels)
    )
    return result


rng = np.random.default_rng(7)
for what, height, width, channels, lowest in [
    ("many different numbers", 6, 8, 3, -np.inf),
    ("maps that come from a ReLU", 6, 4, 2, 0),
    ("odd sizes and three channels", 7, 5, 3, -np.inf),
]:
    maps = np.maximum(lowest, rng.standard_normal((height, width, channels)))
    if lowest == 0:
        maps[:2, :2] = 0
    d_y = rng.standard_normal((height // 2, width // 2, channels))
    exercise.equal(what, "pooling_gradient(maps, d_y)", scattered(maps, d_y), given={"maps": maps, "d_y": d_y})
### END HIDDEN TESTS
exercise.score()

# %% [markdown] lang="en" role="hints"
# - four: Raise one of the smaller numbers a little. Does the result of the pooling change?
# - average: This is the way back through an average. Which numbers of a block does the maximum depend on?
# - value: By how much does the maximum grow when its number grows by a little?
# - shape: The derivative has the shape of the maps.
# - tie: Both equal numbers received all of `d_y`. How much may come down in total?
# - first: Which of the equal numbers comes first, reading row by row?
# - odd: The derivative has the shape of the maps. What is it for numbers that the pooling has never seen?

# %% [markdown] lang="zh" role="hints" of="46acb09c"
# - four: 把较小的数稍微增大一点，池化的结果变吗？
# - average: 这是平均池化的回头路。最大值取决于一块里的哪些数？
# - value: 最大的那个数增大一点点，最大值增大多少？
# - shape: 导数的形状与输入的特征图相同。
# - tie: 两个相等的数都拿到了全部的 `d_y`。传下来的总量应该是多少？
# - first: 一行一行地读，相等的数里哪个在前？
# - odd: 导数的形状与输入的特征图相同。池化没有用到的数，导数是多少？

# %% [markdown] lang="en"
# ## 4. A layer with two lives ({exercise:normalisation_layer})
#
# Batch normalisation (section 7 of the chapter) behaves in one way during training and in another way in use. Write it as
# a Keras layer for maps of shape (images, height, width, channels), without `layers.BatchNormalization`:
#
# - *In training*, each channel is standardised with mean and variance over the batch, and running averages
#   of both are kept: new average = momentum · old average + (1 − momentum) · value of this batch.
# - *In use*, the running averages take the place of the batch's mean and variance, and nothing is changed.
# - In both, $y = \gamma\,(x - \mu)/\sqrt{\sigma^2 + \varepsilon} + \beta$.
#
# Make four weights with one number a channel each, by `self.add_weight(shape=…, initializer=…, trainable=…, name=…)`: `self.gamma`
# (starts at 1) and `self.beta` (at 0), which training changes, and `self.mean` (at 0) and `self.variance` (at 1), which no optimizer may
# touch. A weight takes a new value by `.assign(…)`. `ops.mean` and `ops.var` take `axis=`, as in NumPy.

# %% [markdown] lang="zh" of="9d4d5fdf"
# ## 4. 有两副面孔的层（{exercise:normalisation_layer}）
#
# 批量归一化（正文第 7 节）在训练时是一种做法，使用时是另一种做法。请把它写成一个 Keras 层，处理形状为（图像数，高，宽，通道数）的特征图，
# 不许用 `layers.BatchNormalization`：
#
# - **训练时**，每个通道用这一批的均值和方差来标准化，同时为两者积累滑动平均：新平均 = 动量 · 旧平均 +（1 − 动量）· 这一批的值。
# - **使用时**，用滑动平均代替这一批的均值和方差，什么也不改变。
# - 两种情况都是 $y = \gamma\,(x - \mu)/\sqrt{\sigma^2 + \varepsilon} + \beta$。
#
# 用 `self.add_weight(shape=…, initializer=…, trainable=…, name=…)` 建四个权重，各是每个通道一个数：`self.gamma`（初值 1）和 `self.beta`（初值 0）
# 由训练来改变；`self.mean`（初值 0）和 `self.variance`（初值 1），优化器不得改动。给权重赋新值用 `.assign(…)`。`ops.mean` 和 `ops.var`
# 与 NumPy 一样接受 `axis=`。


# %% answer="normalisation_layer"
class Normalisation(layers.Layer):
    """Batch normalisation of maps (images, height, width, channels)."""

    def __init__(self, momentum=0.99, epsilon=0.001):
        super().__init__()
        self.momentum, self.epsilon = momentum, epsilon

    def build(self, shape):
        """Make the weights; `shape` is that of the maps, with the channels last."""
        ### BEGIN SOLUTION
        per_channel = (shape[-1],)
        self.gamma = self.add_weight(shape=per_channel, initializer="ones", name="gamma")
        self.beta = self.add_weight(shape=per_channel, initializer="zeros", name="beta")
        self.mean = self.add_weight(shape=per_channel, initializer="zeros", trainable=False, name="mean")
        self.variance = self.add_weight(shape=per_channel, initializer="ones", trainable=False, name="variance")
        ### END SOLUTION

    def call(self, x, training=False):
        ### BEGIN SOLUTION
        mean, variance = self.mean, self.variance
        if training:
            mean, variance = ops.mean(x, axis=(0, 1, 2)), ops.var(x, axis=(0, 1, 2))
            self.mean.assign(self.momentum * self.mean + (1 - self.momentum) * mean)
            self.variance.assign(self.momentum * self.variance + (1 - self.momentum) * variance)
        return self.gamma * (x - mean) / ops.sqrt(variance + self.epsilon) + self.beta
        ### END SOLUTION


# %% check="normalisation_layer" minutes=20
import numpy as np

exercise = check("normalisation_layer", points=4)
x = np.random.default_rng(1).normal([3.0, -40.0], [2.0, 10.0], (6, 5, 4, 2)).astype("float32")
mean, variance = x.mean(axis=(0, 1, 2)), x.var(axis=(0, 1, 2))
build = "layer = Normalisation(momentum=momentum)\nlayer.build((None, None, None, 2))\n"
given = {"x": x, "momentum": 0.75}
exercise.test(
    "in training: each channel of the batch gets mean 0 and variance 1",
    build + "layer(x, training=True)",
    lambda y: (
        np.abs(y.mean(axis=(0, 1, 2))).max() < 0.001
        and np.abs(y.var(axis=(0, 1, 2)) - 1).max() < 0.001
        and np.abs(y.mean(axis=(1, 2))).max() > 0.1  # the single images need not have it
    ),
    given=given,
    mistakes={
        "{hint:image}": lambda y: np.abs(y.mean(axis=(1, 2))).max() < 0.001,
        "{hint:channel}": lambda y: abs(y.mean()) < 0.001 < np.abs(y.mean(axis=(0, 1, 2))).max(),
        "{hint:fresh}": lambda y: np.allclose(y, x, rtol=0.01),
        "{hint:square}": lambda y: np.allclose(y.std(axis=(0, 1, 2)) * np.sqrt(variance), 1, rtol=0.01),
    },
)
exercise.equal(
    "shapes of the weights that an optimizer changes, and of those that it leaves alone",
    build + "[[list(w.shape) for w in part] for part in (layer.trainable_weights, layer.non_trainable_weights)]",
    [[[2], [2]], [[2], [2]]],
    given=given,
    mistakes={"{hint:trainable}": [[[2], [2], [2], [2]], []]},
)
exercise.equal(
    "in training: the running averages after one batch",
    build + "layer(x, training=True)\n[layer.mean, layer.variance]",
    [0.25 * mean, 0.75 + 0.25 * variance],
    given=given,
    tolerance=1e-4,
    mistakes={
        "{hint:swapped}": lambda answer: np.allclose(answer[0], 0.75 * mean, rtol=1e-3),
        "{hint:kept}": lambda answer: np.allclose(answer[0], 0) or np.allclose(answer[0], mean, rtol=1e-3),
        "{hint:deviation}": lambda answer: np.allclose(answer[1], 0.75 + 0.25 * np.sqrt(variance), rtol=1e-3),
    },
)
exercise.equal(
    "in use: a fresh layer changes next to nothing",
    build + "layer(x)",
    x / np.sqrt(1.001),
    given=given,
    tolerance=1e-4,
    mistakes={"{hint:use}": lambda y: np.abs(y.mean(axis=(0, 1, 2))).max() < 0.001},
    hint="{hint:formula}",
)
exercise.test(
    "in use: an image's result does not depend on its company",
    build + "for _ in range(3):\n    layer(x, training=True)\n[layer(x[:1]), layer(x)[:1]]",
    lambda y: np.allclose(y[0], y[1], atol=1e-4) and not np.allclose(y[0], x[:1], atol=0.5),
    given=given,
    hint="{hint:use}",
)
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(2)
batches = rng.normal([1.0, 0.0, -5.0], [0.1, 1.0, 3.0], (3, 8, 3, 7, 3)).astype("float32")
gamma, beta = rng.normal(size=3).astype("float32"), rng.normal(size=3).astype("float32")
averages, spreads = np.zeros(3), np.ones(3)
for batch in batches:
    averages = 0.6 * averages + 0.4 * batch.mean(axis=(0, 1, 2))
    spreads = 0.6 * spreads + 0.4 * batch.var(axis=(0, 1, 2))
build = "layer = Normalisation(0.6, 0.05)\nlayer.build((None, 3, 7, 3))\nlayer.gamma.assign(gamma)\nlayer.beta.assign(beta)\n"
given = {"batches": batches, "gamma": gamma, "beta": beta}
last = batches[-1]
exercise.equal(
    "in training: another epsilon, with gamma and beta",
    build + "layer(batches[-1], training=True)",
    gamma * (last - last.mean(axis=(0, 1, 2))) / np.sqrt(last.var(axis=(0, 1, 2)) + 0.05) + beta,
    given=given,
    tolerance=1e-4,
    hint="{hint:formula}",
)
learn = build + "for batch in batches:\n    layer(batch, training=True)\n"
exercise.equal(
    "in training: the running averages after three batches",
    learn + "[layer.mean, layer.variance]",
    [averages, spreads],
    given=given,
    tolerance=1e-4,
)
exercise.equal(
    "in use: after three batches",
    learn + "layer(batches[0])",
    gamma * (batches[0] - averages) / np.sqrt(spreads + 0.05) + beta,
    given=given,
    tolerance=1e-4,
)
exercise.test(
    "in use: the running averages stay",
    learn + "kept = layer.mean.numpy()\nlayer(batches[0], training=False)\n[kept, layer.mean]",
    lambda answer: np.array_equal(answer[0], answer[1]) and np.abs(answer[0]).max() > 1,
    given=given,
    weight=0,
)
### END HIDDEN TESTS
exercise.score()

# %% [markdown] lang="en" role="hints"
# - image: Every image was standardised by itself. Over which axes does the batch's mean run?
# - channel: All channels together have mean 0, each one has not. Over which axes may the mean not run?
# - fresh: These are nearly the numbers that came in. Does the branch for training run?
# - square: The spread still differs from channel to channel. By what is a number divided to give a variance of 1: by the variance?
# - trainable: An optimizer would change the running averages. Which argument of `add_weight` prevents it?
# - swapped: With a momentum of 0.99, should the average follow every batch or hardly move?
# - kept: Old average and this batch must both count. What does `assign` receive?
# - deviation: The average of the variances is wanted. What did you average?
# - formula: Compare with the formula term by term: where do epsilon, gamma and beta stand in yours?
# - use: This result depends on the batch. When the layer is in use, where do mean and variance come from?

# %% [markdown] lang="zh" role="hints" of="8a157552"
# - image: 每张图像各自标准化了。批的均值是沿哪几个轴求的？
# - channel: 所有通道合起来均值为 0，单个通道却不是。求均值时，哪个轴不能算进去？
# - fresh: 结果几乎就是输入的数。训练的那个分支执行了吗？
# - square: 各通道的离散程度仍然不同。要让方差为 1，该除以什么？是方差吗？
# - trainable: 这样优化器会改动滑动平均。`add_weight` 的哪个参数能防止？
# - swapped: 动量是 0.99 时，滑动平均应该紧跟每一批，还是几乎不动？
# - kept: 旧平均和这一批都要算进去。`assign` 收到的是什么？
# - deviation: 要的是方差的滑动平均。你平均的是什么？
# - formula: 与公式逐项对照：ε、γ、β 在你的式子里各在什么地方？
# - use: 这个结果取决于同批的图像。使用这一层时，均值和方差从哪里来？

# %% [markdown] lang="en"
# ## 5. Split without a leak ({exercise:split_by_writer})
#
# One person's digits resemble each other. If a writer stands in both parts, the network is tested on a hand that it knows. (The
# makers of MNIST took care that no writer of the training set wrote a test digit.) Write `split_by_writer`:
# `writers` has one number an image, the writer's; `count` different writers, drawn at random by `rng` (a
# `np.random.Generator`), go to validation with *all* their images, and everybody else to training. Return the places of the training images
# and those of the validation images, each in rising order.

# %% [markdown] lang="zh" of="c38fa1ba"
# ## 5. 划分时不留泄漏（{exercise:split_by_writer}）
#
# 同一个人写的数字彼此相像。如果一个人的字迹两边都有，测试时看的就是熟悉的笔迹。（MNIST 的制作者特意保证：写训练集的人，没有写过测试集里的数字。）
# 请写 `split_by_writer`：`writers` 里每张图像对应一个数，即书写者的编号；用 `rng`（一个 `np.random.Generator`）随机抽 `count` 个不同的书写者，
# 他们的**全部**图像归验证集，其余的人归训练集。返回训练图像的位置和验证图像的位置，各按从小到大排列。


# %% answer="split_by_writer"
def split_by_writer(writers, count, rng):
    """Places of the training images and of the validation images; no writer is in both."""
    ### BEGIN SOLUTION
    chosen = rng.choice(np.unique(writers), size=count, replace=False)
    in_validation = np.isin(writers, chosen)
    return np.flatnonzero(~in_validation), np.flatnonzero(in_validation)
    ### END SOLUTION


# %% check="split_by_writer" minutes=10
import numpy as np

exercise = check("split_by_writer", points=3)
call = """import numpy as np
[[int(place) for place in part] for part in split_by_writer(writers, count, np.random.default_rng(seed))]"""


def examine(what, writers, count, seed):
    """The parts of the check for one list of writers."""
    given = {"writers": writers, "count": count, "seed": seed}

    def writers_of(answer):
        return [set(writers[np.asarray(part, int)].tolist()) for part in answer]

    exercise.test(
        f"{what}: every image in exactly one part",
        call,
        lambda answer: sorted(answer[0] + answer[1]) == list(range(len(writers))) and min(map(len, answer)) > 0,
        given=given,
        mistakes={
            "{hint:numbers}": lambda answer: set(answer[0] + answer[1]) == set(writers.tolist()),
            "{hint:empty}": lambda answer: min(map(len, answer)) == 0,
        },
        hint="{hint:every}",
    )
    exercise.test(
        f"{what}: no writer in both parts, and the right number of them in validation",
        call,
        lambda answer: writers_of(answer)[0].isdisjoint(writers_of(answer)[1]) and len(writers_of(answer)[1]) == count,
        given=given,
        mistakes={
            "{hint:numbers}": lambda answer: set(answer[0] + answer[1]) == set(writers.tolist()),
            "{hint:both}": lambda answer: not writers_of(answer)[0].isdisjoint(writers_of(answer)[1]),
            "{hint:order}": lambda answer: len(writers_of(answer)[0]) == count,
            "{hint:empty}": lambda answer: min(map(len, answer)) == 0,
            "{hint:count}": lambda answer: len(writers_of(answer)[1]) != count,
        },
        weight=2,
    )


writers = np.array([7, 7, 30, 12, 30, 7, 12, 5, 5, 30])
examine("ten images of four writers", writers, count=3, seed=3)
exercise.test(
    "each part in rising order",
    call,
    lambda answer: len(answer) == 2 and all(len(part) > 0 and part == sorted(part) for part in answer),
    given={"writers": writers, "count": 1, "seed": 3},
    hint="{hint:rising}",
    weight=0.5,
)
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(8)
many = rng.permutation(np.repeat(rng.choice(10_000, 40, replace=False), rng.integers(1, 30, 40)))
examine("forty writers", many, count=9, seed=1)
exercise.test(
    "who is drawn depends on the generator, and everybody can be",
    """import numpy as np
parts = [split_by_writer(writers, 1, np.random.default_rng(seed))[1] for seed in range(60)]
[[int(place) for place in part] for part in parts]""",
    lambda parts: (
        {tuple(part) for part in parts} == {tuple(np.flatnonzero(writers == one).tolist()) for one in writers}
    ),
    given={"writers": writers},
    hint="{hint:drawn}",
    weight=1.5,
)
### END HIDDEN TESTS
exercise.score()

# %% [markdown] lang="en" role="hints"
# - every: Put both parts together. Which image is missing, or stands there twice?
# - both: A writer stands in both parts. What did you draw by lot: images, or writers?
# - order: Is the training part the first one that you return?
# - numbers: Are these places of images, or numbers of writers?
# - empty: One part is empty. What numbers do the writers have, and what numbers did you draw?
# - count: Count the different writers in your validation part. Can the draw take one writer twice?
# - drawn: Does another generator draw other writers, and do all images of a drawn writer follow?
# - rising: Both parts are places in `writers`, from small to large.

# %% [markdown] lang="zh" role="hints" of="a1566457"
# - every: 把两部分合起来看。哪张图像漏掉了，或者出现了两次？
# - both: 有人两边都有。你抽签抽的是图像，还是书写者？
# - order: 你先返回的是训练的那部分吗？
# - numbers: 这是图像的位置，还是书写者的编号？
# - empty: 有一部分是空的。书写者的编号是哪些数？你抽的又是哪些数？
# - count: 数一数验证部分里不同的书写者。抽签会不会把一个人抽到两次？
# - drawn: 换一个生成器，抽到的人会变吗？抽到的人，他的图像全都跟过去了吗？
# - rising: 两部分都是 `writers` 里的位置，从小到大排列。

# %% [markdown] lang="en"
# ## 6. Read the figure ({exercise:read_the_figure})
#
# Four functions of an image: a convolution alone; a convolution and a pooling; this twice in a row (convolution, pooling,
# convolution, pooling); and a dense layer. None is trained, all weights are random. We move the image to the right by some pixels,
# and compare its result with the old result, moved along by as many whole places as fit. (The dense layer's result has no
# places to move along.) The curves show how large the difference is, relative to the result. At 0 the move makes no difference.

# %% [markdown] lang="zh" of="3a81f816"
# ## 6. 读图（{exercise:read_the_figure}）
#
# 四个以图像为输入的函数：只有一个卷积；一个卷积加一次池化；这样连做两遍（卷积、池化、卷积、池化）；一个全连接层。都没有训练过，权重全是随机的。
# 我们把图像向右平移，再把新结果与跟着平移的旧结果相比；旧结果只能挪整格，全连接层的结果没有位置可言，不挪。曲线画的是二者相差多少（相对于结果本身的大小）；0 表示平移不造成差别。


# %%
rng = np.random.default_rng(0)
digit = np.pad(datasets.load_mnist().train_images[0] / 255, 13)[..., None]
first, second = rng.standard_normal((3, 3, 1, 8)), rng.standard_normal((3, 3, 8, 8))
dense_weights = rng.standard_normal((digit.size, 50))
functions = [
    (lambda image: pool(convolution(image, first, 0)), 2),  # the function, and how many pixels its result counts as one
    (lambda image: image.reshape(1, -1) @ dense_weights, 1000),
    (lambda image: convolution(image, first, 0), 1),
    (lambda image: pool(convolution(pool(convolution(image, first, 0)), second, 0)), 4),
]
figure, axes = plt.subplots()
for name, style, (function, stride) in zip("ABCD", ["o-", "s--", "^-.", "d:"], functions, strict=True):
    before = function(digit)
    changes = [
        np.linalg.norm(function(np.roll(digit, pixels, axis=1)) - np.roll(before, pixels // stride, axis=1))
        for pixels in range(9)
    ]
    axes.plot(changes / np.linalg.norm(before), style, label=name)
axes.set(xlabel="image moved by … pixels", ylabel="relative difference")
axes.legend()
plt.show()

# %% [markdown] lang="en" role="alt"
# Line plot of the relative difference against moves of 0 to 8 pixels. A goes up and down: 0.4 at every odd move, 0 at every
# even one. B rises to about 1.2 within four pixels and stays near it. C stays at 0. D rises from 0 to 0.7 at three pixels, is 0 at four, and repeats this up to eight.

# %% [markdown] lang="zh" role="alt" of="fc3ec502"
# 相对差别随平移 0 到 8 个像素的折线图。A 上下跳动：平移奇数个像素时为 0.4，偶数个时为 0。B 在四个像素之内升到约 1.2，此后大致不变。C 始终为 0。D 从 0 升到三个像素处的 0.7，
# 四个像素时为 0，到八个像素再重复一遍。

# %% [markdown] lang="en"
# Which letter is the convolution alone, which one has two poolings, which one is the dense layer? And by how many pixels (at least one) must an
# image move so that, apart from the dense layer, no function shows a difference? Give the smallest number.

# %% [markdown] lang="zh" of="e96b88c1"
# 哪个字母只有卷积，哪个有两次池化，哪个是全连接层？图像至少平移多少个像素（不算 0），除全连接层之外的函数才会全都没有差别？请答最小的数。

# %% answer="read_the_figure"
### BEGIN SOLUTION
convolution_alone, two_poolings, dense_layer, pixels = "C", "D", "B", 4
### GIVEN
# convolution_alone, two_poolings, dense_layer, pixels = "?", "?", "?", 0
### END SOLUTION

# %% check="read_the_figure" minutes=5
exercise = check("read_the_figure", points=2)
for name in ("convolution_alone", "two_poolings", "dense_layer"):
    exercise.test(f"{name} is one of the letters", name, lambda answer: answer in list("ABCD"), weight=0)
exercise.test("pixels is a number on the axis", "pixels", lambda answer: answer in range(1, 9), weight=0)
### BEGIN HIDDEN TESTS
exercise.equal("convolution_alone", "convolution_alone", "C", hint="{hint:alone}")
exercise.equal("two_poolings", "two_poolings", "D", mistakes={"{hint:one}": "A"}, hint="{hint:poolings}")
exercise.equal("dense_layer", "dense_layer", "B", hint="{hint:dense}")
exercise.equal("pixels", "pixels", 4, mistakes={"{hint:all}": 2, "{hint:smallest}": 8}, hint="{hint:zero}")
### END HIDDEN TESTS
exercise.score()

# %% [markdown] lang="en" role="hints"
# - alone: What did section 4 of the chapter promise for a convolution, for every move?
# - one: This line returns to 0 every second pixel. How many pixels wide is the block behind one number, after one pooling and after two?
# - poolings: How many pixels wide is the block behind one number after two poolings?
# - dense: Which function has a separate weight for every pixel, and so no reason to return to 0?
# - all: Look at all three lines at this move.
# - smallest: True there as well. Is there a smaller one?
# - zero: Look for the move at which three lines are at 0.

# %% [markdown] lang="zh" role="hints" of="4e3220c1"
# - alone: 正文第 4 节说过，无论平移多少，卷积都能保证什么？
# - one: 这条线每两个像素回到 0 一次。一次池化之后，一个数背后的块有几个像素宽？两次之后呢？
# - poolings: 两次池化之后，一个数背后的块有几个像素宽？
# - dense: 哪个函数对每个像素各有一个权重，因而没有理由回到 0？
# - all: 请看这个平移处的全部三条线。
# - smallest: 那里也成立。还有更小的吗？
# - zero: 找三条线同时为 0 的平移。

# %% [markdown] lang="en"
# ## 7. What follows from it? ({exercise:shift_and_answer})
#
# On top of function D somebody puts `Flatten` and a dense layer of ten units, and trains the network on digits in their place. The image
# moves by exactly four pixels. "D shows no difference there, so the network's answer stays the same." Is that right? Write four
# or five sentences: what happens to the numbers that go into the dense layer, whether the answer must stay, one
# change to the network or its training that helps, and how you would measure that it does.

# %% [markdown] lang="zh" of="599f9c9f"
# ## 7. 由此能推出什么？（{exercise:shift_and_answer}）
#
# 有人在函数 D 之上接 `Flatten` 和十个单元的全连接层，用摆正的数字训练。现在图像恰好平移四个像素。“D 在那里没有差别，所以网络的回答不变。”
# 这话对吗？用四五句话回答：进入全连接层的数会怎样，回答是否必定不变，网络或训练上有哪一种改动能补救，以及你怎样测量它确实有效。

# %% [markdown] lang="en" answer="shift_and_answer" points=3 minutes=10
# ### BEGIN SOLUTION
# It is not right. No difference means that the maps move along with the image: at a move of four pixels, each of their numbers stands one place
# further. The dense layer has a weight of its own for each place, so the same numbers meet other weights, and the answer can change; it
# was trained only on maps in their old place. Training on moved images helps, or a global average or maximum over the places in the place of
# `Flatten`, which gives the same for moved maps. To measure it, choose on validation images, then compare the accuracy of both networks on
# the same test images moved by 0 to 8 pixels, over several seeds.
#
# One point each for: equal numbers at other places (equivariance is not invariance) and therefore other weights; a
# change that helps, with the reason; a comparison on the same moved images that could also come out against it.
# ### END SOLUTION

# %% [markdown] lang="zh" answer="shift_and_answer" points=3 minutes=10 of="e04389fe"
# ### BEGIN SOLUTION
# 不对。没有差别，是说特征图跟着图像一起平移：图像平移四个像素，特征图里的每个数都挪了一格。全连接层对每个位置各有一个权重，同样的数碰上了别的权重，
# 回答就可能改变；训练时它只见过原位的特征图。补救的办法：用平移过的图像训练；或者用对所有位置取平均（或最大值）的全局池化代替 `Flatten`，
# 特征图平移后它的结果不变。测量时先在验证图像上做选择，再让两个网络读同一批平移 0 到 8 个像素的测试图像，比较准确率，并换几个随机种子。
#
# 三点各一分：数相同、位置不同（等变不等于不变），因此碰上别的权重；一种有效的改动，并说出理由；在同一批平移过的图像上比较，而且结果也可能不支持它。
# ### END SOLUTION
