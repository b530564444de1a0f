# %% [markdown] lang="en"
# # Assignment 03 · Recurrent networks and time series
#
# {total} in all, after [chapter 03](../notebooks/03_lstm_time_series.ipynb).
#
# 1. Run the cells from top to bottom; the first one sets up the assignment.
# 2. In an answer cell, put your code in place of `raise NotImplementedError`, or change the code that is there. You may add cells.
# 3. Run the check below it, as often as you like. It answers at once, often with a hint. When your work is graded, the same
#    check runs with further numbers, and each part of it earns its share of the points.
# 4. Before you hand in: *Kernel → Restart Kernel and Run All Cells*. Leave the file's name as it is.

# %% [markdown] lang="zh" of="adaa606a"
# # 作业 03 · 循环神经网络与时间序列
#
# 共 {total}，配合[第 03 章](../../notebooks/zh/03_lstm_time_series.ipynb)。
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
from keras import layers
from numpy.lib.stride_tricks import sliding_window_view
from scipy.special import expit as sigmoid

from course_utils import datasets
from course_utils.series import split_by_time

series = datasets.load_electricity_demand()  # half-hourly, of 2014: .time, .demand, .is_working_day, .temperature
validation = np.arange(len(series.demand))[split_by_time(len(series.demand)).validation]


def rnn(x, W_xh, W_hh, b_h):
    """The hidden states of a simple recurrent network, shape (steps, units), as in section 2 of the chapter.

    Shapes: x (steps, inputs), W_xh (inputs, units), W_hh (units, units), b_h (units,).
    """
    h, states = np.zeros(len(b_h)), []
    for x_t in x:
        h = np.tanh(x_t @ W_xh + h @ W_hh + b_h)
        states.append(h)
    return np.array(states)


# %% [markdown] lang="en"
# ## 1. Mend the preparation ({exercise:mend_the_preparation})
#
# Article A3, §1.4.3, fits its network to `X_train` and `y_train` and never says where they come from. Here somebody made them: from
# one series, windows of `length` values, each with the value that follows right after it as its target. The first 80 % of the series are for
# training; a target belongs to the part in which it lies. The code runs, the test scores are splendid, and three
# faults are in it: one in the scaling, one in the windows, one in the split. Mend them.

# %% [markdown] lang="zh" of="6fe57b06"
# ## 1. 修好数据准备（{exercise:mend_the_preparation}）
#
# 文章 A3 §1.4.3 用 `X_train` 和 `y_train` 训练网络，却没说它们从哪里来。下面有人补上了：从一个序列里切出长度为 `length` 的窗口，
# 紧跟在窗口后面的那个值就是它的目标。序列的前 80% 用来训练；目标落在哪一部分，就归哪一部分。代码能跑，测试成绩好得出奇，里面却有三处毛病：
# 缩放一处，窗口一处，划分一处。请修好。


# %% answer="mend_the_preparation"
def prepare(values, length):
    """X_train (windows, length, 1), y_train (windows,), X_test and y_test, for the network of article A3."""
    cut = int(0.8 * len(values))
    ### BEGIN SOLUTION
    scaled = (values - values[:cut].mean()) / values[:cut].std()
    ### GIVEN
    # scaled = (values - values.mean()) / values.std()
    ### END SOLUTION
    targets = scaled[length:]
    ### BEGIN SOLUTION
    windows = sliding_window_view(scaled, length)[:-1]
    ### GIVEN
    # windows = sliding_window_view(scaled, length)[1:]
    # order = np.random.default_rng(0).permutation(len(targets))
    # windows, targets = windows[order], targets[order]
    ### END SOLUTION
    first_test = cut - length
    return windows[:first_test, :, None], targets[:first_test], windows[first_test:, :, None], targets[first_test:]


# %% check="mend_the_preparation" minutes=10
import numpy as np

exercise = check("mend_the_preparation", points=4)


def places(arrays):
    """Where in a rising series the numbers of the four arrays come from; scaling does not matter."""
    numbers = np.unique(np.concatenate([np.ravel(array) for array in arrays]))
    return [np.searchsorted(numbers, array) for array in arrays]


def follows(arrays, length):
    """Whether each target is the value right after its window."""
    X_train, y_train, X_test, y_test = places(arrays)
    inputs, targets = np.concatenate([X_train, X_test])[..., 0], np.concatenate([y_train, y_test])
    return inputs.shape[1] == length and np.array_equal(
        inputs + length - np.arange(length), targets[:, None] + 0 * inputs
    )


def largest(arrays):
    """The three largest numbers of the four arrays."""
    return np.unique(np.concatenate([np.ravel(array) for array in arrays]))[-3:]


def examine(what, count, length, seed):
    """The three parts for a series that rises from step to step."""
    values = np.cumsum(np.random.default_rng(seed).exponential(size=count)) ** 1.5
    given = {"values": values, "length": length}
    program = "[part for part in prepare(values, length)]"
    known = values[: int(0.8 * count)]
    exercise.test(
        f"{what}: scaled with mean and standard deviation of the training part",
        program,
        lambda arrays: np.allclose(largest(arrays), (values[-3:] - known.mean()) / known.std(), atol=1e-5),
        given=given,
        mistakes={
            "{hint:whole}": lambda arrays: np.allclose(largest(arrays), (values[-3:] - values.mean()) / values.std()),
        },
        hint="{hint:scale}",
    )
    exercise.test(
        f"{what}: each target is the value right after its window",
        program,
        lambda arrays: follows(arrays, length),
        given=given,
        mistakes={
            "{hint:axis}": lambda arrays: arrays[0].ndim != 3,
            "{hint:inside}": lambda arrays: (places(arrays)[0][..., 0] == places(arrays)[1][:, None]).any(),
        },
        hint="{hint:after}",
    )
    exercise.test(
        f"{what}: every training target lies before every test target, and none is lost",
        program,
        lambda arrays: (
            places(arrays)[1].max() < places(arrays)[3].min()
            and len(np.unique(arrays[1])) == int(0.8 * count) - length
            and len(np.unique(arrays[3])) == count - int(0.8 * count)
        ),
        given=given,
        mistakes={"{hint:mixed}": lambda arrays: places(arrays)[1].max() > places(arrays)[3].min()},
        hint="{hint:lost}",
    )


examine("forty values", count=40, length=5, seed=1)
### BEGIN HIDDEN TESTS
examine("three hundred values", count=301, length=12, seed=2)
### END HIDDEN TESTS
exercise.score()

# %% [markdown] lang="en" role="hints"
# - whole: These are mean and standard deviation of the whole series. Which of its values are unknown when the network is trained?
# - scale: The training part alone should have mean 0 and standard deviation 1 after the scaling. Has it?
# - axis: In which shape does an LSTM take its inputs?
# - inside: Write down one window and its target for the series 0, 1, 2, 3, … Where does the target stand?
# - after: Write down one window and its target for the series 0, 1, 2, 3, … Does the target follow at once?
# - mixed: A test value has training values on both sides of it. What does the network know of it then?
# - lost: Count the targets: all values but the first few have a window before them. Which ones are missing?

# %% [markdown] lang="zh" role="hints" of="cdc1e550"
# - whole: 这是整个序列的均值和标准差。训练网络的时候，其中哪些值还不知道？
# - scale: 缩放之后，单看训练部分，均值应为 0，标准差应为 1。是这样吗？
# - axis: LSTM 要求输入是什么形状？
# - inside: 拿序列 0、1、2、3……写出一个窗口和它的目标。目标在哪里？
# - after: 拿序列 0、1、2、3……写出一个窗口和它的目标。目标是紧跟着的吗？
# - mixed: 测试值的前后都是训练用过的值。这样一来，网络已经知道些什么？
# - lost: 数一数目标：除了开头几个，每个值前面都有一个窗口。缺了哪些？

# %% [markdown] lang="en"
# ## 2. Another cell ({exercise:gated_unit})
#
# The *gated recurrent unit*, GRU (Cho and others 2014), has two gates instead of three and no second state. With an update gate $z$, a reset gate
# $r$ and a candidate $g$ (in Keras: `GRU(…, reset_after=False)`):
#
# $$z = \sigma(x_t W_z + h_{t-1} U_z + b_z), \quad r = \sigma(x_t W_r + h_{t-1} U_r + b_r),$$
# $$g = \tanh(x_t W_g + (r \odot h_{t-1})\, U_g + b_g), \qquad h_t = z \odot h_{t-1} + (1 - z) \odot g .$$
#
# Write `gru`, which returns the states after every step. `W` (inputs, 3 · units), `U` (units, 3 · units) and `b` (3 · units,) hold the
# parts for $z$, $r$ and $g$ side by side, in this order. The first state before any input is zero.

# %% [markdown] lang="zh" of="3116b304"
# ## 2. 另一种单元（{exercise:gated_unit}）
#
# **门控循环单元** GRU（Cho 等，2014）只有两个门，也没有第二个状态。更新门 $z$、重置门 $r$、候选状态 $g$（相当于 Keras 的 `GRU(…, reset_after=False)`）：
#
# $$z = \sigma(x_t W_z + h_{t-1} U_z + b_z), \quad r = \sigma(x_t W_r + h_{t-1} U_r + b_r),$$
# $$g = \tanh(x_t W_g + (r \odot h_{t-1})\, U_g + b_g), \qquad h_t = z \odot h_{t-1} + (1 - z) \odot g 。$$
#
# 请写 `gru`，返回每一步之后的状态。`W`（输入数，3 · 单元数）、`U`（单元数，3 · 单元数）和 `b`（3 · 单元数）里，$z$、$r$、$g$ 的部分依次并排。
# 没有输入之前，状态为零。


# %% answer="gated_unit"
def gru(x, W, U, b):
    """The states of a gated recurrent unit after every step, shape (steps, units)."""
    ### BEGIN SOLUTION
    h, states = np.zeros(len(U)), []
    W_z, W_r, W_g = np.split(W, 3, axis=1)
    U_z, U_r, U_g = np.split(U, 3, axis=1)
    b_z, b_r, b_g = np.split(b, 3)
    for x_t in x:
        z = sigmoid(x_t @ W_z + h @ U_z + b_z)
        r = sigmoid(x_t @ W_r + h @ U_r + b_r)
        h = z * h + (1 - z) * np.tanh(x_t @ W_g + (r * h) @ U_g + b_g)
        states.append(h)
    return np.array(states)
    ### END SOLUTION


# %% check="gated_unit" minutes=15
import numpy as np

exercise = check("gated_unit", points=3)
given = {
    "x": np.array([[1.0], [-2.0], [0.5]]),
    "W": np.array([[0.5, -1.0, 1.0, 0.5, 2.0, -1.0]]),
    "U": np.array([[1.0, 0.0, 0.5, -1.0, 1.0, 0.5], [0.0, -1.0, 1.0, 0.5, -0.5, 2.0]]),
    "b": np.array([0.0, 0.5, 0.0, -0.5, 0.1, 0.0]),
}
states = np.array([[0.36638507, -0.47406139], [-0.52568348, -0.40447604], [0.19726615, -0.55389389]])
exercise.equal(
    "the state after the first step",
    "gru(x, W, U, b)[0]",
    states[0],
    given=given,
    mistakes={
        "{hint:update}": np.array([0.60406686, -0.28753277]),
        "{hint:order}": np.array([0.26099472, -0.38079708]),
    },
    hint="{hint:formula}",
)
exercise.equal(
    "the states after all three steps",
    "gru(x, W, U, b)",
    states,
    given=given,
    mistakes={
        "{hint:reset}": np.array([[0.36638507, -0.47406139], [-0.52449894, -0.40998627], [0.14454696, -0.61301903]]),
        "{hint:where}": np.array([[0.36638507, -0.47406139], [-0.52568829, -0.40446354], [0.19417284, -0.55635262]]),
        "{hint:last}": states[-1],
    },
    hint="{hint:formula}",
)
### BEGIN HIDDEN TESTS


def right_gru(x, W, U, b):
    units = len(U)
    h, result = np.zeros(units), np.zeros((len(x), units))
    for step, row in enumerate(x):
        z, r = np.split(1 / (1 + np.exp(-(row @ W + h @ U + b)[..., : 2 * units])), 2)
        candidate = np.tanh((row @ W + b)[2 * units :] + (r * h) @ U[:, 2 * units :])
        h = result[step] = candidate + z * (h - candidate)
    return result


rng = np.random.default_rng(3)
for steps, inputs, units in [(1, 4, 3), (25, 2, 5)]:
    x, W, U, b = (
        rng.standard_normal(s) for s in [(steps, inputs), (inputs, 3 * units), (units, 3 * units), (3 * units,)]
    )
    exercise.equal(
        f"{steps} steps, {inputs} inputs, {units} units",
        "gru(x, W, U, b)",
        right_gru(x, W, U, b),
        given={"x": x, "W": W, "U": U, "b": b},
        hint="{hint:formula}",
    )
### END HIDDEN TESTS
exercise.score()

# %% [markdown] lang="en" role="hints"
# - update: When $z$ is near 1, should the state stay or change?
# - order: In which order do the three parts stand in `W`, `U` and `b`?
# - reset: Later states are wrong. Where does $r$ come in?
# - where: You are close. Is $r$ multiplied with the state, or with what $U_g$ made of it?
# - last: This is the last state only; the states after every step are wanted.
# - formula: Print $z$, $r$ and $g$ of the first step and compare each with the formula, by a pocket calculator.

# %% [markdown] lang="zh" role="hints" of="7a4aa00e"
# - update: $z$ 接近 1 时，状态应该保持还是改变？
# - order: `W`、`U`、`b` 里的三部分按什么顺序排列？
# - reset: 后面的状态不对。$r$ 用在哪里？
# - where: 很接近了。$r$ 是与状态相乘，还是与经过 $U_g$ 之后的结果相乘？
# - last: 这只是最后一个状态，要的是每一步之后的状态。
# - formula: 打印第一步的 $z$、$r$、$g$，用计算器逐个与公式对照。

# %% [markdown] lang="en"
# ## 3. Back through time ({exercise:through_time})
#
# The chapter followed a gradient back through the states. Now to the weights. A simple recurrent network (`rnn` in the
# first cell) reads a sequence; its loss is $L = \frac12 \lVert h_T - \text{target} \rVert^2$, for the last state $h_T$. Write `gradients`, the derivatives
# of $L$ by `W_xh`, `W_hh` and `b_h`. The same weights work at every step, so every step contributes to their derivative.

# %% [markdown] lang="zh" of="bd8c3ea2"
# ## 3. 沿时间往回走（{exercise:through_time}）
#
# 正文沿着各个状态追踪过梯度，现在要一直追到权重。一个简单循环网络（第一格里的 `rnn`）读完一个序列，损失取最后一个状态 $h_T$：
# $L = \frac12 \lVert h_T - \text{target} \rVert^2$。请写 `gradients`：$L$ 对 `W_xh`、`W_hh` 和 `b_h` 的导数。每一步用的是同一组权重，
# 所以每一步都对它们的导数有贡献。


# %% answer="through_time"
def gradients(x, target, W_xh, W_hh, b_h):
    """The derivatives of the loss by W_xh, W_hh and b_h, in this order and in their shapes."""
    states = rnn(x, W_xh, W_hh, b_h)
    ### BEGIN SOLUTION
    before = np.vstack([np.zeros(len(b_h)), states[:-1]])
    d_W_xh, d_W_hh, d_b = np.zeros(W_xh.shape), np.zeros(W_hh.shape), np.zeros(b_h.shape)
    d_h = states[-1] - target
    for t in reversed(range(len(x))):
        d_z = d_h * (1 - states[t] ** 2)
        d_W_xh += np.outer(x[t], d_z)
        d_W_hh += np.outer(before[t], d_z)
        d_b += d_z
        d_h = d_z @ W_hh.T
    return d_W_xh, d_W_hh, d_b
    ### END SOLUTION


# %% check="through_time" minutes=20
import numpy as np

from course_utils.gradients import central_differences

exercise = check("through_time", points=4)
names = ["W_xh", "W_hh", "b_h"]
call = "gradients(x, target, W_xh, W_hh, b_h)"
given = {
    "x": np.array([[1.0], [0.5], [-1.0]]),
    "target": np.array([1.0, -1.0]),
    "W_xh": np.array([[0.5, -1.0]]),
    "W_hh": np.array([[0.8, 0.3], [-0.5, 0.6]]),
    "b_h": np.array([0.1, 0.0]),
}
wrong = {
    "{hint:last}": [
        [[0.34003539, -0.8840875]],
        [[-0.279231, 0.72599688], [0.22500332, -0.58500564]],
        [-0.34003539, 0.8840875],
    ],
    "{hint:turned}": [
        [[0.00569362, -0.73227327]],
        [[-0.40411898, 0.85534354], [0.40210793, -0.76843313]],
        [-0.79064946, 1.15632512],
    ],
    "{hint:slope}": [
        [[0.54133377, -0.11016925]],
        [[-0.28288404, 1.1021841], [0.23018373, -1.11847964]],
        [-0.14213804, 2.00824084],
    ],
}
right = [[[0.42172541, -0.58751613]], [[-0.28042065, 0.93746891], [0.22669037, -0.88489577]], [-0.25945295, 1.37754203]]
for place, name in enumerate(names):
    exercise.equal(
        f"three steps: the derivative by {name}",
        f"{call}[{place}]",
        np.array(right[place]),
        given=given,
        mistakes={
            **{text: np.array(arrays[place]) for text, arrays in wrong.items()},
            "{hint:now}": np.array([[-0.13699688, 0.84396404], [-0.29646162, 0.27417756]]),
            "{hint:sign}": -np.array(right[place]),
            "{hint:half}": 2 * np.array(right[place]),
            "{hint:shape}": lambda answer, place=place: np.shape(answer) != np.shape(right[place]),
        },
        hint="{hint:step}",
    )
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(4)


def loss_of(x, target):
    """The loss as a function of the list of weights."""

    def loss(weights):
        h = 0 * weights[2]
        for row in x:
            h = np.tanh(row @ weights[0] + h @ weights[1] + weights[2])
        return 0.5 * np.sum((h - target) ** 2)

    return loss


for steps, inputs, units in [(1, 3, 2), (9, 2, 4)]:
    weights = [0.7 * rng.standard_normal(shape) for shape in [(inputs, units), (units, units), (units,)]]
    x, target = rng.standard_normal((steps, inputs)), rng.standard_normal(units)
    for place, slope in enumerate(central_differences(loss_of(x, target), weights)):
        exercise.equal(
            f"{steps} steps, {inputs} inputs, {units} units: the derivative by {names[place]}",
            f"{call}[{place}]",
            slope,
            given={"x": x, "target": target, **dict(zip(names, weights, strict=True))},
            tolerance=1e-7,
            hint="{hint:step}",
        )
### END HIDDEN TESTS
exercise.score()

# %% [markdown] lang="en" role="hints"
# - last: This is the last step's share. The same weights worked at the steps before; how does the error get there?
# - turned: Forward, a state passes `W_hh` as `h @ W_hh`. Which axis of `W_hh` does the way back sum over?
# - slope: At the earlier steps something is missing. What does the way back pass first, the weights or tanh?
# - now: At step $t$, which state goes into the product with `W_hh`: the one that comes out, or the one that comes in?
# - sign: The sign is turned round. If the last state is above its target, is the derivative by that state positive or negative?
# - half: Twice too large. What does the ½ in the loss do to its derivative?
# - shape: A derivative has the shape of its weights.
# - step: Try a sequence of one step, then of two, and compare with `central_differences` of `course_utils.gradients`. At which length does it go wrong?

# %% [markdown] lang="zh" role="hints" of="a0c3cdae"
# - last: 这只是最后一步的份。前面各步用的也是这组权重，误差怎样传到那里？
# - turned: 向前时，状态以 `h @ W_hh` 经过权重。往回走，要沿 `W_hh` 的哪个轴求和？
# - slope: 前面各步少了点什么。往回走，先经过的是权重还是 tanh？
# - now: 在第 $t$ 步，与 `W_hh` 相乘的是哪个状态：出来的那个，还是进去的那个？
# - sign: 符号反了。最后的状态若高于目标，损失对它的导数是正还是负？
# - half: 正好大了一倍。损失里的 ½，求导之后起什么作用？
# - shape: 导数的形状与它的权重相同。
# - step: 先试只有一步的序列，再试两步的，与 `course_utils.gradients` 的 `central_differences` 比较。到多长时开始出错？

# %% [markdown] lang="en"
# ## 4. Build it to measure ({exercise:build_labeller})
#
# Build a Keras network that labels every step *as it comes in*: from sequences of shape (sequences, steps, 5), of any number of steps,
# ten probabilities for each step. It has one recurrent layer, an LSTM, and one dense layer; the label of a step must not depend on later steps; and it
# has exactly 5,194 parameters. How many units does that take? (Section 2 of the chapter counts an LSTM's parameters.)

# %% [markdown] lang="zh" of="4e69e308"
# ## 4. 按尺寸搭网络（{exercise:build_labeller}）
#
# 请用 Keras 搭一个网络，数据**来一步、标一步**：输入形状为（序列数，步数，5），步数不限，每一步输出十个概率。只用一个循环层（LSTM）和一个全连接层；
# 每一步的标签不得取决于后面的步；参数恰好 5194 个。需要多少个单元？（正文第 2 节数过 LSTM 的参数。）


# %% answer="build_labeller"
def build_labeller():
    """A network from (sequences, steps, 5) to (sequences, steps, 10)."""
    ### BEGIN SOLUTION
    recurrent = layers.LSTM(32, return_sequences=True)  # 4 (5 · 32 + 32² + 32) + 10 (32 + 1) parameters
    return keras.Sequential([keras.Input((None, 5)), recurrent, layers.Dense(10, activation="softmax")])
    ### END SOLUTION


# %% check="build_labeller" minutes=10
import numpy as np

exercise = check("build_labeller", points=3)
x = np.random.default_rng(1).standard_normal((2, 7, 5)).astype("float32")
build = "import keras\nkeras.utils.set_random_seed(1)\nnetwork = build_labeller()\n"
exercise.equal(
    "ten numbers for each of seven steps",
    build + "list(network(x).shape)",
    [2, 7, 10],
    given={"x": x},
    mistakes={"{hint:once}": [2, 10]},
)
exercise.test(
    "the ten numbers of a step are probabilities",
    build + "network(x)",
    lambda output: output.ndim == 3 and np.allclose(output.sum(axis=-1), 1, atol=1e-4) and output.min() > 0,
    given={"x": x},
    mistakes={"{hint:once}": lambda output: output.ndim == 2},
    hint="{hint:sum}",
)
exercise.equal(
    "the number of parameters",
    build + "network.count_params()",
    5194,
    mistakes={"{hint:kind}": lambda count: count in (1546, 3978, 4074)},
    hint="{hint:count}",
)
late = x.copy()
late[:, 4:] *= -3
exercise.test(
    "the labels of four steps when the later ones change",
    build + "[network(x)[:, :4], network(late)[:, :4], network(x)[:, 4:], network(late)[:, 4:]]",
    lambda parts: np.allclose(parts[0], parts[1], atol=1e-5) and not np.allclose(parts[2], parts[3], atol=1e-4),
    given={"x": x, "late": late},
    hint="{hint:later}",
)
### BEGIN HIDDEN TESTS
long = np.random.default_rng(2).standard_normal((3, 40, 5)).astype("float32")
exercise.test(
    "the labels of a longer sequence begin with those of its first half",
    build + "[network(x[:, :20]), network(x)]",
    lambda parts: parts[1].shape == (3, 40, 10) and np.allclose(parts[0], parts[1][:, :20], atol=1e-5),
    given={"x": long},
    hint="{hint:later}",
)
early = long.copy()
early[:, 2] += 2
exercise.test(
    "earlier steps are remembered",
    build + "[network(x)[:, 3], network(early)[:, 3]]",
    lambda parts: np.ndim(parts[0]) == 2 and np.abs(parts[0] - parts[1]).max() > 1e-4,
    given={"x": long, "early": early},
    hint="{hint:memory}",
)
### END HIDDEN TESTS
exercise.score()

# %% [markdown] lang="en" role="hints"
# - once: It answers once a sequence. Which argument of the recurrent layer makes it give its state at every step?
# - sum: Which activation makes ten positive numbers with the sum 1?
# - kind: As many as another kind of recurrent layer would have. Which one have you taken?
# - count: The parameters of both layers are a quadratic equation for the number of units. What is its positive solution?
# - later: Change a late step, and the labels of early steps change, or the network insists on one length. From which directions does it read?
# - memory: A step should count for the labels of later ones. Through what can it pass in your network?

# %% [markdown] lang="zh" role="hints" of="55569f05"
# - once: 它每个序列只答一次。循环层的哪个参数能让它每一步都给出状态？
# - sum: 哪个激活函数给出十个正数，而且和为 1？
# - kind: 这正好是另一种循环层的参数个数。你用的是哪一种？
# - count: 两层的参数合起来，是单元数的一个二次方程。它的正根是多少？
# - later: 改动后面的步，前面的标签就变了，或者网络只接受一种长度。它是从哪几个方向读的？
# - memory: 每一步都应当影响后面的标签。在你的网络里，它能通过什么传下去？

# %% [markdown] lang="en"
# ## 5. The honest rival ({exercise:honest_rival})
#
# "The same as `lag` steps ago" costs nothing, and a network must beat the best such rule. But a forecast that is made `horizon` steps ahead may
# not use everything. Write `honest_rival`: among the `lags` whose value is *known when the forecast is made*, choose the one
# with the smallest mean absolute error on the validation part. Return this lag and its mean absolute error on the test part.
#
# `validation` and `test` are pairs (start, stop) of places in `values`, stop not included. At the time of a forecast of the value at `t`,
# made `horizon` steps ahead, `values[t - horizon]` is the last known one.

# %% [markdown] lang="zh" of="870eb474"
# ## 5. 公道的对手（{exercise:honest_rival}）
#
# “照搬 `lag` 步之前的值”不费分文，网络至少要胜过其中最好的一条。但提前 `horizon` 步作的预测，不是什么值都能用。请写 `honest_rival`：
# 在 `lags` 中，只考虑**作预测时已经知道**的值，选出验证部分平均绝对误差最小的那个，返回它和它在测试部分的平均绝对误差。
#
# `validation` 和 `test` 是 `values` 里的一对位置（起点，终点），不含终点。提前 `horizon` 步预测 `t` 处的值时，最后一个已知的值是
# `values[t - horizon]`。


# %% answer="honest_rival"
def honest_rival(values, validation, test, horizon, lags):
    """The best lag that is known in time, chosen on the validation part, and its mean absolute error on the test part."""
    ### BEGIN SOLUTION

    def error(lag, part):
        start, stop = part
        return np.abs(values[start:stop] - values[start - lag : stop - lag]).mean()

    best = min((lag for lag in lags if lag >= horizon), key=lambda lag: error(lag, validation))
    return best, error(best, test)
    ### END SOLUTION


# %% check="honest_rival" minutes=10
import numpy as np

exercise = check("honest_rival", points=3)
call = "honest_rival(values, validation, test, horizon, lags)"
values = np.array([2, 9, 6, 1, 2, 3, 2, 1, 1, 5, 3, 8, 9, 9, 9, 2, 3, 2, 2, 3], dtype=float)
given = {"values": values, "validation": (8, 14), "test": (14, 20), "horizon": 3, "lags": [1, 3, 4, 8]}
exercise.equal(
    "twenty values, three steps ahead: the lag",
    call + "[0]",
    4,
    given=given,
    mistakes={"{hint:known}": 1, "{hint:test}": 8, "{hint:squared}": 3},
)
exercise.equal(
    "twenty values, three steps ahead: its error",
    call + "[1]",
    5.5,
    given=given,
    mistakes={"{hint:validation}": 23 / 6, "{hint:test}": 19 / 6, "{hint:known}": 5 / 3},
    hint="{hint:absolute}",
)
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(5)
step = np.arange(1500)
values = (
    np.sin(2 * np.pi * step / 24) + 0.2 * np.sin(2 * np.pi * step / 168) + 0.05 * rng.standard_normal(1500).cumsum()
)
values[1200:] = values[1200:] + 2 * np.sin(2 * np.pi * step[1200:] / 40)


def mean_error(lag, start, stop):
    return np.mean([abs(values[t] - values[t - lag]) for t in range(start, stop)])


given = {"values": values, "validation": [1000, 1200], "test": [1200, 1500], "lags": [1, 12, 24, 40, 48, 168]}
for horizon, lag in [(1, 1), (2, 24), (168, 168)]:
    exercise.equal(
        f"1,500 values, {horizon} ahead: the lag",
        call + "[0]",
        lag,
        given=given | {"horizon": horizon},
        mistakes={"{hint:known}": lambda answer, horizon=horizon: answer < horizon, "{hint:test}": 40},
        hint="{hint:table}",
    )
    exercise.equal(
        f"1,500 values, {horizon} ahead: its error",
        call + "[1]",
        mean_error(lag, 1200, 1500),
        given=given | {"horizon": horizon},
        mistakes={"{hint:validation}": mean_error(lag, 1000, 1200)},
        hint="{hint:table}",
    )
### END HIDDEN TESTS
exercise.score()

# %% [markdown] lang="en" role="hints"
# - known: Take this lag, and a forecast made three steps ahead. Has the value that it copies been measured yet?
# - test: You chose on the test part. What is its error worth as an estimate after that?
# - squared: The mean of which function of the difference did you take? The task says which one decides.
# - validation: This error belongs to the part that served for the choice. Which one goes into the report?
# - table: Write down for every lag whether it is known in time and its error on the validation part. Which one remains, and with what test error?
# - absolute: Compute the six errors of this lag in the test part by hand. What do you take the mean of?

# %% [markdown] lang="zh" role="hints" of="fa121ef0"
# - known: 用这个 lag，提前三步作预测。它要照搬的那个值，那时测到了吗？
# - test: 你是在测试部分挑的。挑过之后，这个误差作为估计还有多少价值？
# - squared: 你取的是差的什么函数的平均？题目说了以哪个为准。
# - validation: 这是用来挑选的那一部分的误差。报告里该写哪一部分的？
# - table: 给每个 lag 写出：来得及知道吗，验证部分的误差是多少。留下的是哪个？它的测试误差呢？
# - absolute: 把这个 lag 在测试部分的六个误差用手算出来。你是对什么取的平均？

# %% [markdown] lang="en"
# ## 6. Which column knows the future? ({exercise:leaking_columns})
#
# A table of inputs has a row for each time and a column for each input. Row `t` serves a forecast of `demand[t]` and what follows: it may know
# everything measured *before* `t`. The calendar is known long in advance; demand and temperature are not.
#
# Write `leaking_columns`, which finds the columns that break this rule, in rising order. You get `make_inputs`, a function from a series to
# such a table; a `series`, a dictionary of the arrays `"demand"`, `"temperature"` and `"working_day"`; an `origin`; and `rng`, a
# `np.random.Generator`. Put noise in place of what nobody can know at `origin`, and see which columns change in rows that may not
# change. A column may begin with NaN, where there is no past. Leave the arrays in `series` as they are.

# %% [markdown] lang="zh" of="55f39e2c"
# ## 6. 哪一列知道未来？（{exercise:leaking_columns}）
#
# 一张输入表，每个时刻一行，每个输入一列。第 `t` 行用来预测 `demand[t]` 及以后的值，只可以知道 `t` **之前**测到的一切。日历早就知道；
# 需求和气温不行。
#
# 请写 `leaking_columns`，找出违反这条规则的列，从小到大返回。给你的有：`make_inputs`，一个由序列算出输入表的函数；`series`，一个字典，内有数组
# `"demand"`、`"temperature"` 和 `"working_day"`；`origin`；以及 `rng`，一个 `np.random.Generator`。把在 `origin` 时谁也不可能知道的值换成噪声，
# 看看在不该变的那些行里，哪些列变了。没有过去可用的地方，列的开头可以是 NaN。`series` 里的数组请保持原样。


# %% answer="leaking_columns"
def leaking_columns(make_inputs, series, origin, rng):
    """The columns of the inputs that know the future."""
    ### BEGIN SOLUTION
    changed = dict(series)
    for name in ("demand", "temperature"):
        unknown = len(series[name]) - origin
        changed[name] = np.concatenate([series[name][:origin], 100 + rng.standard_normal(unknown)])
    before, after = (make_inputs(one)[: origin + 1] for one in (series, changed))
    same = (before == after) | (np.isnan(before) & np.isnan(after))
    return np.flatnonzero(~same.all(axis=0))
    ### END SOLUTION


# %% check="leaking_columns" minutes=15
import numpy as np

exercise = check("leaking_columns", points=4)
inputs = """import numpy as np
def late(values, steps):
    return np.concatenate([np.full(steps, np.nan), values[:len(values) - steps]])
def make_inputs(series):
    demand, temperature = series["demand"], series["temperature"]
    columns = [
        np.append(demand[:1], demand[:-1]),                                # 0: the last known demand
        demand,                                                            # 1: the demand to be forecast
        np.append(temperature[1:], 0),                                     # 2: the temperature one step later
        series["working_day"],                                             # 3: the calendar of the day
        (np.append(demand[:1], demand[:-1]) - demand.mean()) / demand.std(),   # 4: scaled
        late(demand, 6),                                                   # 5: six steps ago, at first unknown
    ]
    return np.stack(columns, axis=1).astype(float)
"""
call = "list(leaking_columns(make_inputs, series, origin, np.random.default_rng(7)))"


def make_series(count, seed):
    rng = np.random.default_rng(seed)
    return {
        "demand": rng.normal(5, 1, count),
        "temperature": rng.normal(15, 4, count),
        "working_day": rng.integers(0, 2, count),
    }


given = {"series": make_series(60, seed=1), "origin": 40}
exercise.equal(
    "six columns",
    inputs + call,
    [1, 2, 4],
    given=given,
    weight=2,
    mistakes={
        "{hint:row}": [2, 4],
        "{hint:temperature}": [1, 4],
        "{hint:demand}": [2],
        "{hint:calendar}": [1, 2, 3, 4],
        "{hint:nan}": [1, 2, 4, 5],
        "{hint:after}": [0, 1, 2, 4, 5],
        "{hint:mask}": lambda answer: len(answer) == 6,
    },
    hint="{hint:one}",
)
exercise.equal(
    "the series is the same as before",
    inputs
    + "kept = {name: values.copy() for name, values in series.items()}\nfound = "
    + call
    + "\n[len(found) > 0] + [bool(np.array_equal(kept[name], series[name])) for name in kept]",
    [True, True, True, True],
    given=given,
    mistakes={"{hint:copy}": lambda answer: answer[0]},
    weight=0.5,
)
### BEGIN HIDDEN TESTS
others = """import numpy as np
def make_inputs(series):
    demand, temperature, working_day = series["demand"], series["temperature"], series["working_day"]
    blank = np.zeros(len(demand))
    weekly = np.append(np.full(9, np.nan), demand[:-9])
    centred = np.convolve(demand, [0.2, 0.2, 0.2, 0.2, 0.2], mode="same")
    trailing = np.array([demand[max(0, t - 4):t].mean() if t else 0 for t in range(len(demand))])
    last_only = np.where(np.arange(len(demand)) == origin, temperature, 0)
    wrapped = np.roll(demand, 3)
    return np.stack([weekly, centred, trailing, np.append(working_day[1:], 0), last_only, blank, wrapped], axis=1)
"""
for origin, count, seed in [(50, 80, 2), (33, 90, 3)]:
    exercise.equal(
        f"seven other columns, origin {origin}",
        others + call,
        [1, 4, 6],
        given={"series": make_series(count, seed), "origin": origin},
        mistakes={
            "{hint:after}": lambda answer: {0, 2} <= set(map(int, answer)),
            "{hint:nan}": lambda answer: 0 in list(answer),
            "{hint:calendar}": lambda answer: 3 in list(answer),
        },
        hint="{hint:one}",
    )
two = """import numpy as np
def make_inputs(series):
    return np.stack([np.append(0, series["demand"][:-1]), scale * np.append(series["temperature"][1:], 0)], axis=1)
"""
given = {"series": make_series(70, 4), "origin": 20}
exercise.equal(
    "a column that knows the future by a very small number",
    two + call,
    [1],
    given=given | {"scale": 1e-10},
    mistakes={"{hint:small}": []},
    hint="{hint:one}",
)
exercise.equal("a table without a leak", two + call, [], given=given | {"scale": 0}, weight=0)
### END HIDDEN TESTS
exercise.score()

# %% [markdown] lang="en" role="hints"
# - row: A column with a leak was not found. Which is the last row that may know only what was measured before `origin`?
# - temperature: Which arrays of the series hold what somebody must measure first?
# - demand: Which arrays of the series hold what somebody must measure first? Have you replaced all of them?
# - calendar: Is the calendar of tomorrow known today?
# - nan: A column that begins with NaN was found by mistake. What does `np.nan == np.nan` say?
# - after: Rows after `origin` may change. Which rows do you compare?
# - mask: The numbers of the columns are wanted, not one answer for each of them.
# - one: Print the table before and after the replacement, a few rows around `origin`. What may change, and what does?
# - copy: The check finds its own series changed. What does `values[origin:] = …` do to an array that somebody else still uses?
# - small: How large must a change be to count as one? A leak can be small.

# %% [markdown] lang="zh" role="hints" of="9233f1b0"
# - row: 有一列泄漏没有找到。只可以知道 `origin` 之前的值的，最后是哪一行？
# - temperature: `series` 的哪些数组，是要先测量才知道的？
# - demand: `series` 的哪些数组，是要先测量才知道的？都换成噪声了吗？
# - calendar: 明天的日历，今天知道吗？
# - nan: 误报了开头是 NaN 的列。`np.nan == np.nan` 的结果是什么？
# - after: `origin` 之后的行变了也无妨。你比较的是哪些行？
# - mask: 要的是列号，不是每列一个答案。
# - one: 把替换前后的表打印出来，看 `origin` 附近几行。哪些可以变？实际变的是哪些？
# - copy: 检查格发现自己的序列被改了。`values[origin:] = …` 对别人还在用的数组做了什么？
# - small: 变化多大才算变化？泄漏可以很小。

# %% [markdown] lang="en"
# ## 7. Read the figure ({exercise:lead_time})
#
# Three rules forecast the electricity demand of the chapter's validation part, from half an hour to a day ahead: "as now", "as yesterday" and "as a
# week ago". ("As now" copies the last value that is known when the forecast is made.)

# %% [markdown] lang="zh" of="47f78c16"
# ## 7. 读图（{exercise:lead_time}）
#
# 三条规则在正文的验证部分预测用电需求，提前量从半小时到一天：“和现在一样”“和昨天一样”“和一周前一样”。（“和现在一样”照搬作预测时最后一个已知的值。）

# %%
lead = np.arange(1, 49)
rules = [np.full(48, 336), lead, np.full(48, 48)]  # how many half-hours before the forecast value the copied one lies
figure, axes = plt.subplots()
for name, style, lags in zip("ABC", ["-", "--", ":"], rules, strict=True):
    errors = [np.abs(series.demand[validation] - series.demand[validation - lag]).mean() for lag in lags]
    axes.plot(lead / 2, errors, style, label=name)
axes.set(xlabel="lead time, hours", ylabel="mean absolute error, GW", ylim=(0, None), xticks=range(0, 25, 3))
axes.legend()
plt.show()

# %% [markdown] lang="en" role="alt"
# Line plot of the mean absolute error against the lead time of 0.5 to 24 hours. A is level at 0.22 gigawatts, C level at 0.32. B starts at 0.1, crosses A
# after about an hour, rises to nearly 0.8 at 15 hours, and falls to C's 0.32 at 24 hours.

# %% [markdown] lang="zh" role="alt" of="968eb0c9"
# 平均绝对误差随提前量（0.5 到 24 小时）的折线图。A 水平，0.22 吉瓦；C 水平，0.32 吉瓦。B 从 0.1 起，约一小时后越过 A，15 小时处升到将近 0.8，
# 24 小时处降到与 C 相同的 0.32。

# %% [markdown] lang="en"
# Which letter is which rule? Why does B come down again, and why does it end exactly at C? Somebody writes: "Twelve hours ahead, our network
# has an error of 0.30 GW; it beats the naive forecast by more than half." What do you answer, and which rule is the honest rival
# half an hour ahead, and which twelve hours ahead? Four to six sentences.

# %% [markdown] lang="zh" of="eca08553"
# 哪个字母是哪条规则？B 为什么又降下来，又为什么恰好停在 C 上？有人写道：“提前十二小时，我们的网络误差是 0.30 吉瓦，比朴素预测小了一半还多。”
# 你怎样回答？提前半小时，公道的对手是哪条规则？提前十二小时呢？用四到六句话写出。

# %% [markdown] lang="en" answer="lead_time" points=4 minutes=10
# ### BEGIN SOLUTION
# A is "as a week ago", B "as now", C "as yesterday". A and C copy a value from a fixed time before the one that is forecast, so the lead time does not
# matter to them. B copies from another time of the day, and is worst where day meets night; towards 24 hours, the copied value comes
# from the same time of the day again, and at 24 hours "now" *is* yesterday at this time. The network's 0.30 GW is compared with
# B alone, at about 0.75 the weakest rule there; "as a week ago" has 0.22 without any training, so the network loses. The honest rival is "as
# now" half an hour ahead (0.1), and "as a week ago" twelve hours ahead; the ridge regression of the chapter should stand beside both.
#
# One point each for: the three letters; B's return and its end at C; the network loses to A although it beats B; the honest
# rival at each lead time, chosen on validation.
# ### END SOLUTION

# %% [markdown] lang="zh" answer="lead_time" points=4 minutes=10 of="c83e72a6"
# ### BEGIN SOLUTION
# A 是“和一周前一样”，B 是“和现在一样”，C 是“和昨天一样”。A 和 C 照搬的值与要预测的值相隔固定的时间，所以与提前量无关。B 照搬的是一天中别的时刻，
# 白天碰上黑夜时最差；接近 24 小时，照搬的又是差不多同一时刻的值，到 24 小时，“现在”就是昨天的这个时刻。网络的 0.30 吉瓦只和 B 比，而 B 在那里约为 0.75，
# 是最弱的规则；“和一周前一样”不用训练就有 0.22，所以网络输了。公道的对手：提前半小时是“和现在一样”（0.1），提前十二小时是“和一周前一样”；
# 此外还应与正文里的岭回归相比。
#
# 四点各一分：三个字母；B 的回落和它停在 C 上的原因；网络虽胜过 B，却输给 A；两个提前量上各自公道的对手（在验证部分挑选）。
# ### END SOLUTION
